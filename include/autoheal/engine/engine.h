/* SPDX-License-Identifier: MIT */
/*
 * The Docker Engine API as typed calls. Every call is asynchronous on a struct net, has a timeout and a ceiling for the
 * answer, and ends with exactly one callback (inside net_run()), unless the engine object is freed first. Answers are
 * decoded into plain data; nothing that the engine sends is trusted (bounded, validated; wrong types read as absent,
 * missing ids are refused).
 *
 * The API version is negotiated by the first call (GET /_ping): min(the engine's, ENGINE_API_MAX), or $DOCKER_API_VERSION.
 */
#ifndef AUTOHEAL_ENGINE_ENGINE_H
#define AUTOHEAL_ENGINE_ENGINE_H

#include "autoheal/engine/endpoint.h"
#include "autoheal/model/container.h"
#include "autoheal/net/net.h"

#define ENGINE_API_MAX "1.51" /* newest version whose answers were read for this client */
#define ENGINE_API_MIN "1.24"

struct engine;
/* endpoint is borrowed and must outlive the engine. */
struct engine *engine_new(struct net *net, const struct endpoint *endpoint);
void engine_free(struct engine *e); /* cancels what is under way, without callbacks; NULL is fine */

/* "" until negotiated. */
const char *engine_api_version(const struct engine *e);
/* True if the Server header of the negotiation names Podman's service, whose list carries no health. */
bool engine_is_podman(const struct engine *e);
/* No question waits longer for its answer, and no stream for its beginning, than so many seconds; actions do. 0: each as long as is its own. */
void engine_set_patience(struct engine *e, int64_t seconds);
/* Requests sent so far, by this object. */
uint64_t engine_requests(const struct engine *e);

/*
 * From now on fn is called for each request when its answer, or none (code 0), has come: "ping", "info", "list", "inspect", "start",
 * "stop", "restart", "events", "exec_create", "exec_start", "exec_inspect", "top", "create", "rename", "remove". A stream of events counts when it begins. fn may start or cancel nothing. NULL: none.
 */
void engine_on_request(struct engine *e, void (*fn)(void *arg, const char *operation, int code), void *arg);

/* Each done function gets exactly one of a result and an error. The error's text is what docker would print: "Cannot connect to the Docker daemon at ...", "Error response from daemon: ...". */

struct engine_info {
        const char *id;             /* of the engine; "" if it tells none */
        const char *name;           /* of its host; "" if it tells none */
        const char *server_version; /* "20.10.24" */
        int64_t engine_now_us;      /* Date header; 0 none */
};
typedef void engine_info_fn(void *arg, const struct engine_info *info, const struct error *err);
MUST_USE int engine_get_info(struct engine *e, engine_info_fn *done, void *arg, struct error *err);

struct engine_list {
        struct container *containers; /* in the arena of the call */
        size_t n;
        int64_t engine_now_us; /* Date header; 0 none */
};
typedef void engine_list_fn(void *arg, const struct engine_list *list, const struct error *err);
/* GET /containers/json?all=1, with health=unhealthy only if asked. Decoded into a, which must live until done was called. */
MUST_USE int engine_list_containers(struct engine *e, bool only_unhealthy, struct arena *a, engine_list_fn *done, void *arg,
                                    struct error *err);

/* *c is what the list said; on success its inspect fields are filled (and state and health updated) before done is called. done gets ERR_NOT_FOUND if it is gone. */
typedef void engine_inspect_fn(void *arg, struct container *c, const struct error *err);
MUST_USE int engine_inspect(struct engine *e, struct container *c, struct arena *a, engine_inspect_fn *done, void *arg,
                            struct error *err);

/* Ends the inspects that were asked with this arg, without callbacks: nobody waits any longer for a container that the engine cannot look at. */
void engine_cancel_inspects(struct engine *e, const void *arg);
/* The same for every call that was asked with this arg: before arg is gone, if the engine lives on. */
void engine_cancel(struct engine *e, const void *arg);

enum engine_action { ENGINE_START, ENGINE_STOP, ENGINE_RESTART };
/* err NULL: done (304 "nothing to do" included). ERR_NOT_FOUND: gone. ERR_ENGINE with http_status 409: conflict. ERR_TIMEOUT: unknown. */
typedef void engine_action_fn(void *arg, const struct error *err);
/* stop_timeout_s: what to send as t; STOP_TIMEOUT_UNSET sends none (the container's own or 10 s hold). wait_s: how long it may take to stop, the HTTP timeout is that plus 30 s. */
MUST_USE int engine_act(struct engine *e, enum engine_action what, const char *id, int64_t stop_timeout_s, int64_t wait_s,
                        engine_action_fn *done, void *arg, struct error *err);

/*
 * Is a call let through, or does something in front of the engine (a socket proxy) forbid it? Asked about a container that
 * cannot exist: every engine wants a letter or a digit at the begin of a name, and no id holds a '_'. So nothing is ever
 * started, stopped or restarted by it. done gets ERR_NOT_FOUND, in the engine's words, where the call is let through.
 */
#define ENGINE_NO_CONTAINER "_autoheal-doctor"
enum engine_trial { ENGINE_TRY_INSPECT, ENGINE_TRY_START, ENGINE_TRY_STOP, ENGINE_TRY_RESTART };
MUST_USE int engine_try(struct engine *e, enum engine_trial what, engine_action_fn *done, void *arg, struct error *err);

/* ---- Running something in a container ---- */

/* Something was made, and does not run yet. id has at most 64 digits. */
typedef void engine_created_fn(void *arg, const char *id, const struct error *err);
/* What is run: words that end with NULL. */
MUST_USE int engine_exec_create(struct engine *e, const char *container_id, const char *const *argv, engine_created_fn *done,
                                void *arg, struct error *err);

/*
 * Runs it and hands over what it prints, piece by piece, both streams as they come. `end` is called once, when nothing more will
 * be printed (err NULL) or it could not be run; it need not have ended by then: see engine_exec_look(). engine_cancel() stops
 * listening, and does not end what runs: nothing can from outside.
 */
struct engine_exec_fns {
        void (*output)(void *arg, struct slice piece);
        void (*end)(void *arg, const struct error *err);
        void (*began)(void *arg); /* the engine has agreed to run it, and nothing was printed yet; NULL: nobody wants to know */
};
MUST_USE int engine_exec_start(struct engine *e, const char *exec_id, const struct engine_exec_fns *fns, void *arg,
                               struct error *err);

struct engine_exec {
        bool running;
        int64_t exit_code;       /* -1: it is not known (yet) */
        int64_t pid;             /* as the engine's host counts; 0: it never ran */
        const char *const *argv; /* what it runs; ends with NULL; empty: the engine does not say */
};
/* ERR_NOT_FOUND: the engine knows nothing of it any more. */
typedef void engine_exec_fn(void *arg, const struct engine_exec *exec, const struct error *err);
MUST_USE int engine_exec_look(struct engine *e, const char *exec_id, engine_exec_fn *done, void *arg, struct error *err);

/* Which execs run in the container, whoever made them: those that the engine still listens to. */
#define ENGINE_EXECS_MAX 64
struct engine_execs {
        const char **ids;
        size_t n;
};
typedef void engine_execs_fn(void *arg, const struct engine_execs *execs, const struct error *err);
MUST_USE int engine_exec_list(struct engine *e, const char *container_id, engine_execs_fn *done, void *arg, struct error *err);

/* Does a process of that exec still run in the container? Each exec begins a session, whose number is its pid. */
typedef void engine_session_fn(void *arg, bool lives, const struct error *err);
MUST_USE int engine_find_session(struct engine *e, const char *container_id, int64_t pid, engine_session_fn *done, void *arg,
                                 struct error *err);

/* ---- Making a container anew ---- */

/* What an inspect says, as it is. Borrowed until done has returned. */
typedef void engine_text_fn(void *arg, struct slice text, const struct error *err);
MUST_USE int engine_inspect_text(struct engine *e, const char *id, engine_text_fn *done, void *arg, struct error *err);
/* Makes a container of that name, which does not run yet; body is what decode_recreation() made. done gets its id. */
MUST_USE int engine_create(struct engine *e, const char *name, const char *body, engine_created_fn *done, void *arg,
                           struct error *err);
MUST_USE int engine_rename(struct engine *e, const char *id, const char *name, engine_action_fn *done, void *arg,
                           struct error *err);
/* One that does not run. Its volumes stay. */
MUST_USE int engine_remove(struct engine *e, const char *id, engine_action_fn *done, void *arg, struct error *err);

/* One event of the journal. */
struct engine_event {
        int64_t at_us; /* engine's clock */
        const char *action, *id, *name;
        const char *project; /* Compose's, "" none */
        int64_t exit_code;   /* of a die, -1 none */
        int signal;          /* of a kill, 0 none */
};
struct engine_events {
        const struct engine_event *events; /* ascending */
        size_t n;
        int64_t oldest_us; /* oldest entry of any kind; 0: none */
        size_t n_entries;  /* entries of any kind */
        bool truncated;    /* the ceiling was reached: older ones are there, later ones are missing */
};
typedef void engine_events_fn(void *arg, const struct engine_events *events, const struct error *err);
/*
 * GET /events?since&until: what the engine's journal still holds about containers. The journal is a ring of 256 entries for
 * the whole engine that health probes flood, so not finding something proves nothing. It is asked for without a filter: its
 * oldest entry tells since when this engine runs. `until` must not lie in the engine's future: the call would wait for it.
 */
MUST_USE int engine_look_back(struct engine *e, int64_t since_us, int64_t until_us, struct arena *a, engine_events_fn *done,
                              void *arg, struct error *err);

/*
 * The engine's events about containers as they happen: GET /events that never ends, from since_us on (engine's clock; 0: from
 * now). Execs, attaches and the like are left out. Each event is handed to `event` in the order in which it comes; with a
 * since_us those that the journal still holds come first, some perhaps for the second time. `began`: the engine has taken the
 * request: from now on nothing is missed. `lost`: something came that cannot be read; it may have told of anything. `end` is
 * called once, with the reason (the engine closed it: ERR_PROTOCOL; it has not begun within 20 s: ERR_TIMEOUT), unless
 * engine_unwatch() came before. Callbacks come inside net_run() and may start or cancel anything.
 */
struct engine_stream;
struct engine_stream_fns {
        void (*began)(void *arg);
        void (*event)(void *arg, const struct engine_event *event);
        void (*lost)(void *arg);
        void (*end)(void *arg, const struct error *err);
};
MUST_USE int engine_watch(struct engine *e, int64_t since_us, const struct engine_stream_fns *fns, void *arg,
                          struct engine_stream **ret, struct error *err);
void engine_unwatch(struct engine_stream *s); /* NULL is fine; not to be called from end, which has ended it */

/*
 * It may have gone, and what comes in its place be another version: that is negotiated anew by the next call. An engine on its way
 * down still answers on connections from before: until one has answered on a new connection, each call makes its own.
 */
void engine_doubt(struct engine *e);

#endif
