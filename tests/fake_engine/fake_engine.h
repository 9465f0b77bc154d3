/* SPDX-License-Identifier: MIT */
/*
 * What the files of the fake engine share. A world (containers, journal, faults) is made and changed by script lines and by
 * actions; routes turn one request into one reply from that world; the server moves bytes and applies the faults.
 *
 *         main.c     arguments, signals, listening sockets
 *         server.c   connections and the one poll loop
 *         http.c     bytes to a request, a reply to bytes
 *         routes.c   which call a request is, and its reply
 *         making.c   containers that are made, renamed and removed
 *         render.c   containers and events as the engine's JSON
 *         world.c    the population, and what start, stop and restart do to it
 *         script.c   the script language (described in docs/testing.md)
 */
#ifndef FAKE_ENGINE_H
#define FAKE_ENGINE_H

#include "autoheal/json/writer.h"
#include "autoheal/util/now.h"

/* ---- the world ---- */

enum op {
        OP_PING,
        OP_INFO,
        OP_LIST,
        OP_INSPECT,
        OP_START,
        OP_STOP,
        OP_RESTART,
        OP_EVENTS,
        OP_CREATE,
        OP_RENAME,
        OP_REMOVE,
        OP_MAX_
};
const char *op_name(enum op op);
enum op op_parse(const char *word); /* OP_MAX_ for other words */

struct words { /* a list of owned strings */
        char **items;
        size_t n;
};
void words_add(struct words *w, const char *word);
void words_clear(struct words *w);

struct fake_container {
        char *id, *name, *image, *image_id;
        struct words labels;                         /* "key=value" */
        char *state, *health;                        /* the engine's words; health "none" without a check */
        int64_t created_us, started_us, finished_us; /* the engine's clock, 0 never */
        int64_t exit_code, restart_count, stop_timeout, failing_streak, probe_exit, probe_end_us, policy_max;
        int64_t nameless, oom, auto_remove; /* booleans */
        char *policy, *error, *probe, *network, *address, *stop_signal;
        struct words on_restart;               /* settings applied after a start or restart */
        int64_t asked[OP_MAX_], done[OP_MAX_]; /* actions that were asked of it, and those that took effect */
};
#define FAKE_STOP_TIMEOUT_UNSET INT64_MIN

struct fake_event {
        int64_t at_us;
        uint64_t number; /* counts all events of this world, so that a stream knows where it is */
        char *action, *id, *name;
        char *attribute; /* "exitCode=3", "signal=15" or "" */
};
#define FAKE_JOURNAL_MAX 256 /* as the engine's own ring */

struct fault {
        enum op op;
        char *container;               /* NULL: any */
        int64_t skip, times;           /* how many matching calls it spares first; how many it then hits, -1 all */
        int64_t delay_ms, status, cut; /* cut: answer ends after that many bytes; -1 none */
        int64_t huge;                  /* bytes of padding in front of the answer's JSON */
        int64_t truncate;              /* the body ends after that many bytes, and the headers agree; -1 none */
        int64_t stall;                 /* after that many bytes of the answer nothing more comes; -1 none */
        int64_t drip_ms;               /* one byte of the answer in that time; 0 none */
        char *message;
        bool any; /* hits every operation */
        bool hang, garbage, not_http, chunked;
        bool done; /* the action takes effect although the answer says otherwise, or nobody waits for it any more */
        bool half; /* a start or restart whose start half fails */
};

struct world {
        struct fake_container **containers;
        size_t n;
        struct fake_event journal[FAKE_JOURNAL_MAX];
        size_t n_journal;
        uint64_t n_events;             /* since the world began */
        uint64_t engine_restarts;      /* each one breaks all connections */
        uint64_t releases;             /* each one ends all delays */
        void (*last_words)(void *arg); /* called when an engine that was told to end has written its last events; NULL none */
        void *last_words_arg;
        struct fault *faults;
        size_t n_faults;
        char *api, *server, *version, *engine_id;
        int64_t clock_shift_us;
};

void world_init(struct world *w);
void world_release(struct world *w);
/* The engine's clock. */
int64_t world_now_us(const struct world *w);
bool world_is_podman(const struct world *w);
/* By name, full id or unambiguous start of an id. */
struct fake_container *world_find(const struct world *w, const char *ref);
/* Makes it, running for an hour without a health check, if there is none of that name. */
struct fake_container *world_container(struct world *w, const char *name);
void world_remove(struct world *w, struct fake_container *c);
/* Gone, as the engine's journal tells it. */
void world_destroy(struct world *w, struct fake_container *c);
void world_event(struct world *w, const struct fake_container *c, const char *action, const char *attribute, int64_t at_us);
/* An engine that starts with nothing in its journal. */
void world_new_journal(struct world *w);
/*
 * The engine ends and is started again: what ran is stopped, and only `always` and `unless-stopped` bring it back. Told to
 * end, it stops the containers before; killed, the new one stops what it finds alive, and its journal tells so.
 */
void world_engine_restart(struct world *w, bool killed);
/* Sets one property of a container from its script word and value. False with *ret_why if there is no such property or the value does not fit. */
bool container_set(struct world *w, struct fake_container *c, const char *key, const char *value, const char **ret_why);
/* Fills in what follows from the state: an exit has a time, a running container has none. */
void container_settle(struct fake_container *c, int64_t default_finished_us);
/* 204, 304 or 409 as the engine would answer; the world is changed accordingly. */
int world_act(struct world *w, struct fake_container *c, enum op op);
/* A restart or start that ends it, if it ran, and then cannot start it: State.Error says why. */
void world_act_half(struct world *w, struct fake_container *c, const char *why);
/* The fault that hits this call, counted; NULL none. */
const struct fault *world_fault(struct world *w, enum op op, const struct fake_container *c);
void fault_release(struct fault *f);

/* ---- the script ---- */

/* Runs all lines. False with "line N: ..." in *ret_why; the lines before it hold. */
bool script_run(struct world *w, const char *text, struct buf *ret_why);
/* Replaces *where, which is freed. */
void set_text(char **where, const char *value);

/* ---- HTTP ---- */

struct request {
        char method[8];
        char path[2048];  /* decoded, without the query */
        char query[4096]; /* as sent */
        bool keep_alive;
        struct slice body; /* in the connection's buffer */
};
/* Bytes used by the first complete request in `in`, 0 if more must come, -1 if it is not HTTP. */
ssize_t http_parse(struct slice in, struct request *ret);
/* Value of a query parameter, decoded. False if it is not there or does not fit. */
bool http_query(const char *query, const char *key, char *ret, size_t size);

struct reply {
        int status; /* 0: do not answer at all (the rest waits for ever) */
        const char *content_type;
        struct buf body;
        int64_t hold_ms; /* answer that much later, as events?until= does */
        bool stream;     /* the answer has no end: events follow as they happen */
};
#define REPLY_MAX (64u * 1024 * 1024)
void reply_message(struct reply *r, int status, const char *fmt, ...) PRINTF(3, 4);
/* Status line, headers and body. body_len_extra: bytes of padding that will follow the headers. */
void http_write(struct buf *out, const struct world *w, const struct request *req, const struct reply *r, const struct fault *f);

/* ---- routes ---- */

struct call {
        enum op op;                       /* OP_MAX_: not a call of the engine */
        struct fake_container *container; /* NULL: none named, or not there */
        char ref[256];                    /* as named in the path */
        char refusal[256];                /* why the path itself is refused with 400, "" it is not */
};
void route(struct world *w, const struct request *req, struct call *ret);
void answer(struct world *w, const struct request *req, const struct call *call, struct reply *ret);

void answer_making(struct world *w, const struct request *req, const struct call *call, struct reply *r);

void render_list(struct json_writer *jw, const struct world *w, const struct fake_container *c);
void render_inspect(struct json_writer *jw, const struct world *w, const struct fake_container *c);
void render_event(struct json_writer *jw, const struct fake_event *e);

/* ---- the server ---- */

/* Serves on the descriptors until *stop is set. log may be NULL. */
void serve(struct world *w, const int *listeners, size_t n_listeners, FILE *log, const volatile int *stop);

#endif
