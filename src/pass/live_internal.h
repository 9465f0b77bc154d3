/* SPDX-License-Identifier: MIT */
/*
 * What the files of a pass that goes on share: live.c (when to look at what), stream.c (the engine's events), asked.c (what
 * people ask for by hand), foresee.c (what they ask about).
 */
#ifndef AUTOHEAL_LIVE_INTERNAL_H
#define AUTOHEAL_LIVE_INTERNAL_H

#include "pass_internal.h"

#define DIRTY_MAX   64
#define WATCHED_MAX 1024 /* events that are kept; older ones are forgotten */

/* An event of the engine as it is kept: the texts that matter, cut where they are absurd. */
struct watched {
        int64_t at_us;
        char action[32], id[65], project[128];
        int64_t exit_code;
        int signal;
};

struct refresh {
        pass_refresh_fn *done;
        void *arg;
        char id[65];
        bool taken; /* the look under way is for this one too */
        struct refresh *next;
};

/* A restart that a person asked for. */
struct asked {
        pass_restart_fn *done;
        void *arg;
        char id[65];
        bool waits; /* for what hooks.pre_restart says */
        struct asked *next;
};

/* What would be decided, as somebody asked for it last. */
struct foreseen {
        bool there, traced;
        size_t turns; /* after which turn */
        int64_t mono_ms;
        struct arena arena;
        struct plan plan;
};

struct live {
        bool up;
        unsigned failures; /* of looks, one after another */
        bool failed;       /* so has the look under way, which counts once */
        bool unreached;    /* the last action did not get there */
        char why[512];
        bool silent;      /* it did not answer in time */
        struct now since; /* up or down */
        struct now last_turn;
        int64_t next_look_us;

        /* what is to be looked at */
        bool want_list, want_turn;
        char dirty[DIRTY_MAX][65];
        size_t n_dirty, n_touches;
        int64_t listed_mono_ms, retry_ms;
        uint64_t list_timer, interval_timer, hold_timer, retry_timer;

        /* the stream of events */
        struct engine_stream *stream;
        bool stream_on;         /* the engine has taken the request */
        bool listed_watching;   /* the last list was begun after that: what happened later is watched */
        int64_t covered_us;     /* engine's clock: everything from then on was watched; 0: nothing is */
        int64_t last_event_us;  /* engine's clock: the newest that was watched */
        bool broke;             /* and the journal was not read since */
        bool stale;             /* and no list was begun since: what was seen before may be another engine's */
        int64_t broke_after_us; /* engine's clock: the newest event before it broke; 0: none was watched */
        int64_t down_us;        /* engine's clock: when the engine began to end its containers before that; 0: it did not */
        int64_t stream_retry_ms, stream_mono_ms;
        uint64_t stream_timer;
        struct watched *watched; /* a ring */
        size_t first, n_watched;

        struct refresh *refreshes;
        struct asked *asked;

        struct foreseen foreseen;
        struct arena changed; /* what is remembered, where a person has changed it since the last turn */
};

void live_init(struct live *l);

/* ---- live.c ---- */

void live_want_look(struct pass *p, const char *id);
void live_not_reached(struct pass *p);
void live_want_list_soon(struct pass *p);

/* ---- stream.c ---- */

/* Begins to watch, if nothing is watched and it is time to try. */
void live_watch(struct pass *p);
void live_unwatch(struct pass *p);
/* The engine is lost, or nothing more is heard of it: the stream, if there is one, has broken. */
void live_lose_stream(struct pass *p, const struct error *err);
/* The engine is back: its events are worth a try before the time has come. */
void live_watch_at_once(struct pass *p);
void live_stream_looked(struct pass *p, struct observation *obs);

/* ---- foresee.c ---- */

/* Something has changed that it follows from, or that it points into. */
void live_forget_foreseen(struct live *l);

/* ---- down.c ---- */

/* Engine's clock: by what was watched, when the engine began to end all its containers at the last; 0: it did not. */
int64_t live_down_us(const struct pass *p);
/* Notes who was among them. */
void live_mark_fallen(const struct pass *p, struct observation *obs);

/* ---- asked.c ---- */

/* The look that begins now is for those that wait. */
void live_take_waiters(struct live *l);
void live_answer_refreshes(struct pass *p);

#endif
