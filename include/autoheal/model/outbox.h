/* SPDX-License-Identifier: MIT */
/*
 * What is still to be told: messages that wait for their service, and the rules of waiting. Pure: the time is passed in. Kept in
 * outbox.json; holds the names of services and what happened, never an address or a token.
 *
 * One container says one thing to one service once a minute at most. What comes sooner waits for the minute to end, and what
 * comes while a message waits becomes part of it: the message tells of the newest, and how many came before it. So a flood is
 * one message with a count, and a service that is away for long is not buried when it is back.
 *
 * The box is bounded in number and size. When it is full the oldest message goes, and is counted.
 */
#ifndef AUTOHEAL_MODEL_OUTBOX_H
#define AUTOHEAL_MODEL_OUTBOX_H

#include "autoheal/util/arena.h"
#include "autoheal/util/now.h"

#define OUTBOX_MESSAGES_MAX 500
#define OUTBOX_TEXT_MAX     1024 /* bytes of a message's text, and of a probe's output */
#define OUTBOX_NAME_MAX     256  /* bytes of any other field */
#define OUTBOX_QUIET_US     (INT64_C(60) * US_PER_S)
#define OUTBOX_GIVE_UP_US   (INT64_C(86400) * US_PER_S)
#define OUTBOX_TOLD_MAX     2000 /* what was said lately; the longest ago is forgotten beyond that */
/* Between attempts: twice as long each time, from the first to the longest. */
#define OUTBOX_RETRY_FIRST_S INT64_C(10)
#define OUTBOX_RETRY_MOST_S  INT64_C(3600)

/* Strings are NULL where there is nothing to say. */
struct message {
        const char *id;      /* of this message, among all that ever were in the box */
        const char *service; /* whom to tell */
        int64_t queued_us;   /* when it came into the box: a day later it is given up */
        int64_t due_us;      /* not before */
        int64_t attempts;    /* that have failed */
        bool under_way;      /* in this process; not stored */

        /* what happened */
        int64_t at_us;
        const char *host, *event, *status, *container_id, *container_name, *stable_id, *text, *reason, *health_output;
        int64_t restart_count, max_restarts; /* max_restarts 0: not known */
        bool has_exit_code, oom_killed;
        int64_t exit_code;

        /* what is summed up in it beside the newest */
        int64_t more, more_failed;
        int64_t more_since_us;
};

/* That something was said lately. */
struct said {
        const char *service, *container, *event;
        int64_t at_us;
};

struct outbox {
        struct arena *arena; /* owns everything below */
        struct message *messages;
        size_t n, cap;
        struct said *told;
        size_t n_told, told_cap;
        int64_t dropped;   /* in all times, because the box was full */
        const char *taken; /* which announced event was put in last: store's word for it; NULL none */
};

/* An empty box whose content will live in a. */
void outbox_init(struct outbox *o, struct arena *a);
/* A deep copy whose content lives in a. */
void outbox_copy(struct outbox *ret, const struct outbox *o, struct arena *a);

/*
 * Puts a message in, or makes it part of one that waits. id, queued_us, due_us and what is summed up are set here; long texts are
 * cut. Returns the service whose oldest message was dropped for it; NULL: none was. Invalidates earlier pointers.
 */
const char *outbox_add(struct outbox *o, const struct message *m, const char *id, struct now now);
/* The same for who does not deliver: never part of one that is there, which may be on its way in the process that does. */
const char *outbox_leave(struct outbox *o, const struct message *m, const char *id, struct now now);
/* What another process left: part of one that waits, or beside them. */
void outbox_take_in(struct outbox *o, const struct message *m);
/* As it is, from another copy of the box. */
void outbox_adopt(struct outbox *o, const struct message *m);
struct message *outbox_find(const struct outbox *o, const char *id);
/* The service whose message that was; NULL if there is none that is not on its way. It is counted. */
const char *outbox_drop_oldest(struct outbox *o);
void outbox_remove(struct outbox *o, const char *id);
/* Remembers that something was said, for the minute that follows. */
void outbox_note_told(struct outbox *o, const struct said *t);

/* An attempt begins: it counts as said now. */
void outbox_begin(struct outbox *o, struct message *m, struct now now);
/* It has failed. wait_s: what the service asked for; 0: nothing. Returns in how many seconds it is tried again. */
int64_t outbox_failed(struct message *m, int64_t wait_s, struct now now);
bool outbox_is_too_old(const struct message *m, struct now now);
/*
 * What a clock that was set back has left in the future is now, and what is due waits no longer than it can; forgets what was said
 * longer than a minute ago.
 */
void outbox_settle(struct outbox *o, struct now now);

#endif
