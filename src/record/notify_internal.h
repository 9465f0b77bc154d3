/* SPDX-License-Identifier: MIT */
/*
 * What the files of notifications share: notify.c delivers, notify_try.c sends a test, notify_queue.c makes messages of events, notify_text.c puts them
 * into words, notify_send.c makes one attempt, notify_<kind>.c know what each service wants to be asked.
 */
#ifndef AUTOHEAL_NOTIFY_INTERNAL_H
#define AUTOHEAL_NOTIFY_INTERNAL_H

#include "autoheal/json/writer.h"
#include "autoheal/record/notify.h"
#include "autoheal/store/outbox.h"

/* ---- notify_queue.c: which events, to whom ---- */

#define EVENT_WORD_TEST "test"

/* How a message comes into the box; on_drop (may be NULL) is told of what had to go for it. */
struct queueing {
        struct outbox *box;
        const struct config *config;
        const char *host;
        struct now now;
        bool leaves; /* another process delivers */
        void (*on_drop)(void *arg, const char *service);
        void *arg;
};
/* Returns how many messages there are of it, new ones or in others. */
size_t queue_event(const struct queueing *q, const struct event *e, int64_t limit);
/* The announced events of a state that were never put into the box, by its `taken`. */
size_t queue_announced(const struct queueing *q, const struct state *before);
/* The last of these announced events is what was put in last. */
void queue_taken(const struct queueing *q, const struct event *events, size_t n);
/* Somebody is to be told something. */
bool queue_is_wanted(const struct config *config);
/* A message for that service may be sent now. */
bool queue_is_open(const struct config *config, const struct service *s);

/* ---- notify_box.c: the box in memory and the box on disk ---- */

struct box {
        struct arena arena;
        struct outbox o;
        struct arena base_arena;
        const char **base; /* ids that were on disk when it was last read or written */
        size_t n_base;
        char kept[NOTIFY_KEPT_SIZE]; /* what was set aside, and why, to be told as an event; "" nothing */
};
void box_init(struct box *b);
void box_release(struct box *b);
/* Gives back the memory of what was taken out. Invalidates pointers to messages. */
void box_tidy(struct box *b);
/*
 * Takes in what others have put into outbox.json; what was there at the last reading and is not here any more was taken out here.
 * Under the state lock (locked) a broken file is set aside, and the box begins empty; else, just to look, it is an error.
 */
MUST_USE int box_read(struct box *b, struct store *s, bool locked, struct now now, struct error *err);
/* Drops the oldest until it fits. */
MUST_USE int box_write(struct box *b, struct store *s, void (*on_drop)(void *arg, const char *service), void *arg,
                       struct error *err);

/* ---- notify_text.c: words ---- */

enum priority { PRIORITY_LOW, PRIORITY_NORMAL, PRIORITY_HIGH, PRIORITY_CRITICAL, PRIORITY_MAX_ };
const char *priority_name(enum priority p);
enum priority message_priority(const struct message *m);
/* Something went wrong, or has to be looked after. */
bool message_is_bad(const struct message *m);

/* How a service wants its text. */
struct style {
        const char *bold, *end_bold; /* around the name of a line; "" none */
        /* What keeps a text from being taken for more than it is; NULL: nothing is. The text is printable already. */
        void (*escape)(struct buf *out, const char *text);
};
extern const struct style style_plain;
/* &amp; &lt; &gt; */
void escape_angles(struct buf *out, const char *text);
/* "Container Quarantined: web (host)" at most max bytes, nothing escaped. */
const char *message_title(const struct message *m, size_t max, struct arena *a);
/* Lines of "Name: value", at most max bytes: a probe's output is cut first. */
const char *message_text(const struct message *m, const struct style *style, size_t max, struct arena *a);
/*
 * What may be shown by anything: characters that call people or make links there become ones that look alike and stand for nothing.
 */
const char *message_defused(const char *text, struct arena *a);
/* "2025-10-31T13:57:51.076821+00:00" */
const char *message_time(const struct message *m, struct arena *a);

/* ---- notify_send.c: one attempt ---- */

/* A service with its secrets at hand. Strings are NULL where nothing was set. */
struct target {
        const char *name, *json_key, *url, *password, *bot_token, *app_token, *user_key, *api_token;
        const char *username, *chat_id, *topic, *server_url, *from;
        struct string_list to;
        const char *const *headers; /* "Name: value"; ends with NULL */
        const char *content_type;   /* of those headers; NULL none */
        const char *user_agent;     /* the same */
};

/* What is to be sent. Everything lives in the arena of the attempt. */
struct letter {
        const char *url;
        const char *content_type; /* NULL: JSON */
        const char *body;
        const char *const *headers; /* ends with NULL; NULL none */
        const char *username, *password;
        bool mail;
};

/* Makes the letter for one service. ERR_INVALID: something is not set. */
struct notify_kind {
        int (*write)(struct letter *ret, const struct target *t, const struct message *m, struct arena *a, struct error *err);
        /* An answer of 2xx: has it been taken? why gets words of ours if the service has none. NULL: 2xx is enough. */
        bool (*took)(long status, struct json_value answer, const char **why);
        /* The member of an answer that says why it was not taken: a text, or the first of a list; NULL: none does. */
        const char *refusal;
        /* Where an answer says for how many seconds to wait; NULL: in the header only. */
        struct json_value (*wait)(struct json_value answer);
};
extern const struct notify_kind notify_webhook, notify_discord, notify_slack, notify_telegram, notify_ntfy, notify_gotify,
        notify_pushover, notify_apprise, notify_email, notify_alert;

/* What came of an attempt. */
struct sent {
        bool done;
        char why[256];  /* what went wrong */
        int64_t wait_s; /* what the service asked for; 0 nothing */
        bool rejected;  /* this message, not any other: the next one need not wait */
};
typedef void sent_fn(void *arg, const struct sent *sent);
struct attempt;
/* done is never called from within. -1: nothing was sent. */
MUST_USE int attempt_begin(struct net *net, const struct service *s, const struct message *m, sent_fn *done, void *arg,
                           struct attempt **ret, struct error *err);
/* The same without sending. */
MUST_USE int attempt_check(const struct service *s, const struct message *m, struct error *err);
void attempt_cancel(struct attempt *a); /* without calling done; NULL is fine */

/* ---- for the kinds ---- */

/* A writer of compact JSON into text, and its text at the end. */
struct json_text {
        struct buf text;
        struct json_writer w;
};
void json_text_begin(struct json_text *j);
const char *json_text_end(struct json_text *j, struct arena *a); /* releases it */
static inline void json_member(struct json_writer *w, const char *key, const char *value) {
        json_key(w, key);
        json_str(w, value);
}
/* ERR_INVALID "bot_token is not set" unless the value is there. */
MUST_USE int need(const char *value, const char *name, struct error *err);
/* base without a slash at its end, then the rest. */
const char *url_join(const char *base, const char *rest, struct arena *a);

#endif
