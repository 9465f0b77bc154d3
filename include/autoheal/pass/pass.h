/* SPDX-License-Identifier: MIT */
/*
 * The pass: look, decide, act, record, in turns, until nothing is in flight. The program's table of contents is pass.c.
 *
 * A turn is synchronous: under the store's lock the state is read afresh, every container
 * is judged, and what follows is saved; then the actions are started. Restarts are written down before the engine is asked
 * for them; if they cannot be written they are not done (decision hold, reason unrecorded). Where hooks.pre_restart is to be asked,
 * that comes first (decision hold, reason hook), and the turn after its end decides anew. While actions or hooks are under way the
 * containers are looked at again every monitor.interval_seconds, so a container that fails meanwhile does not wait.
 */
#ifndef AUTOHEAL_PASS_PASS_H
#define AUTOHEAL_PASS_PASS_H

#include "autoheal/config/config.h"
#include "autoheal/decide/decide.h"
#include "autoheal/engine/engine.h"
#include "autoheal/model/hook.h"
#include "autoheal/model/state.h"
#include "autoheal/record/notify.h"
#include "autoheal/store/store.h"

/* All borrowed. */
struct pass_setup {
        struct net *net;
        struct engine *engine;
        const struct endpoint *endpoint;
        struct store *store;
        const struct config *config;
        bool read_only;                   /* decide once and change nothing: dry run, ps, explain, check, status */
        bool want_trace;                  /* fill the trace of every item */
        const volatile bool *interrupted; /* set by a watch on net when somebody asks us to stop; NULL: never */
        const volatile bool *abandon;     /* set when somebody asks a second time: leave what is under way to the engine */
        bool notifies;                    /* people are told what happens: see record/notify.h */
        /* Progress, while the pass runs; NULL: none. */
        void (*on_start)(void *arg, const struct plan_item *item);
        void (*on_result)(void *arg, const struct result *result);
        void (*on_check)(void *arg, const struct check_result *result); /* a run of a check of ours has ended */
        void (*on_event)(void *arg, const struct event *event);         /* each one that was recorded, or could not be */
        void (*on_hook_start)(void *arg, enum hook hook, const struct event *about);
        void (*on_hook)(void *arg, const struct hook_result *result);
        /* As in record/notify.h. */
        void (*on_notified)(void *arg, const char *service, enum notified what, const char *why, int64_t again_s);
        void (*on_outbox)(void *arg, const struct error *why);
        /* Of a pass that goes on. */
        void (*on_turn)(void *arg);                             /* a turn has ended: plan and observation are new */
        void (*on_engine)(void *arg, bool up, const char *why); /* the connection is lost ("why"), or back ("") */
        void (*on_engine_event)(void *arg, const char *action); /* the engine told of something that matters */
        void *arg;
};

struct pass;
struct event_list;

/*
 * Runs a whole pass. 0: the pass ran (single actions may have failed: see the results). -1: it could not (no engine:
 * ERR_CONNECT and kin; data directory of another engine or broken: ERR_CONFIG; ERR_INTERRUPTED). *ret is to be freed in any case.
 */
MUST_USE int pass_run(const struct pass_setup *setup, struct pass **ret, struct error *err);
void pass_free(struct pass *p); /* NULL is fine */

/*
 * At the end: waits for messages that are under way or due, limit_ms at most, and writes down what came of them. What could not be
 * delivered is left to the next pass. -1: and what is left cannot be written, and is lost.
 */
MUST_USE int pass_deliver(struct pass *p, int64_t limit_ms, struct error *err);
/* The host whose containers these are, for people. */
const char *pass_host(const struct pass *p);

/*
 * A pass that goes on, for `serve`: it watches the engine's events, looks and decides again whenever something that matters
 * has happened, when a hold ends and every monitor.interval_seconds, and survives the engine's absence: then it tries again,
 * every 0.1 s at first and every 10 s at last (every second on a unix socket, where asking costs nothing), counts nothing
 * against containers, and begins with a whole list when the engine is back. Everything happens inside net_run() and
 * pass_step(), which is to be called after each net_run(). setup is copied, what it points to must outlive it; *setup->config may be exchanged between two steps, which pass_config_changed() tells.
 */
MUST_USE int pass_open(const struct pass_setup *setup, struct pass **ret, struct error *err);
/*
 * -1: it cannot go on (the data directory is another engine's: ERR_CONFIG; libcurl failed). A directory that cannot be written, or
 * read, is no such error: see pass_store_error(), which tells the present state then.
 */
MUST_USE int pass_step(struct pass *p, struct error *err);
/* Nothing new is begun from now on; pass_is_idle() tells when what was under way has ended and is recorded. */
void pass_stop(struct pass *p);
bool pass_is_idle(struct pass *p);
/* The actions that are under way; valid until the next step. */
size_t pass_under_way(struct pass *p, const struct in_flight **ret);
size_t pass_hooks_under_way(const struct pass *p);
/* Saves what could not be saved until now, if there is such. For a pass that has come to its end; -1: it is lost. */
MUST_USE int pass_save_rest(struct pass *p, struct error *err);
/* A whole list and a turn, as soon as may be. */
void pass_want_list(struct pass *p);
void pass_config_changed(struct pass *p);

struct pass_engine {
        bool up;
        const char *why;      /* what keeps it from being up; "" nothing */
        bool silent;          /* it does not answer, rather than that it cannot be reached */
        int64_t since_us;     /* our clock: up or down since; 0: not known yet */
        struct now since;     /* the same */
        bool stream;          /* its events are being watched */
        int64_t last_turn_us; /* our clock; 0: none yet */
        struct now last_turn; /* the same */
        int64_t next_look_us; /* our clock: when the next look begins by itself */
};
struct pass_engine pass_engine(const struct pass *p);

/* The last turn, for on_turn. */
struct pass_turn {
        bool listed;         /* it was about a new list of all containers */
        int64_t duration_ms; /* from the first question to the engine until it was saved */
};
struct pass_turn pass_last_turn(const struct pass *p);

/*
 * Restarts (or starts) a container because a person asks: no rule is asked but hooks.pre_restart, and it is written down, recorded and
 * begins the cooldown as any restart does; it counts for no limit. done gets the result, or the error that kept it from being begun.
 * ERR_NOT_FOUND: it is not in the last observation. ERR_AMBIGUOUS: an action of ours on it is under way, or
 * hooks.pre_restart says no.
 */
typedef void pass_restart_fn(void *arg, const struct result *result, const struct error *err);
void pass_restart(struct pass *p, const char *container_id, pass_restart_fn *done, void *arg);

/* Writes down an event that is about no decision and tells it to on_event, whether it could be written or not. */
void pass_tell(struct pass *p, const struct event *event);

/*
 * Changes what is remembered because a person asks: it is read afresh under the lock, apply changes it and may add events, and both
 * are saved and told. pass_state() knows of it at once, and a turn follows. What cannot be saved yet holds until it can be:
 * pass_store_error() tells. -1: apply's own error, or others hold the lock (ERR_LOCKED); then nothing was changed.
 */
typedef int pass_change_fn(void *arg, struct state *state, struct event_list *events, struct error *err);
MUST_USE int pass_change(struct pass *p, pass_change_fn *apply, void *arg, struct error *err);

/*
 * Looks closely at one container and calls done after the turn that follows; found: it is in the observation. NULL: the next turn is
 * waited for, and nobody looked at.
 */
typedef void pass_refresh_fn(void *arg, bool found);
void pass_refresh(struct pass *p, const char *container_id, pass_refresh_fn *done, void *arg);
/*
 * Runs the check of ours on a container of the last observation now, because a person asks. Nothing of it is remembered. -1:
 * ERR_NOT_FOUND, the container is not there or has no check; ERR_FAILED, it does not run.
 */
struct check_test;
typedef void check_test_fn(void *arg, const struct check_result *result);
MUST_USE int pass_test_check(struct pass *p, const char *container_id, check_test_fn *done, void *arg, struct check_test **ret,
                             struct error *err);
void pass_test_cancel(struct check_test *t); /* without calling done; NULL is fine */

/* Forgets whoever waits with this arg, without calling them. */
void pass_forget_waiters(struct pass *p, const void *arg);

/*
 * What would be decided now about what was last observed, with the trace of every rule. Changes nothing. Thought about anew after
 * each turn and change, and after a second; valid until the next call or step.
 */
MUST_USE int pass_explain(struct pass *p, const struct plan **ret, struct error *err);
/* The same, perhaps without the traces, which cost most of the time. */
MUST_USE int pass_foresee(struct pass *p, const struct plan **ret, struct error *err);

/*
 * What the pass ended with; valid until pass_free(). Items of containers that were acted on carry that decision and its
 * outcome, even if later turns decided anew; what was abandoned has the outcome unknown.
 */
struct plan *pass_plan(struct pass *p);
const struct observation *pass_observation(const struct pass *p);
const struct selection *pass_selection(const struct pass *p);
/* What is remembered as of the last turn, or of the beginning. Valid until the next step. */
const struct state *pass_state(const struct pass *p);
struct pass_summary pass_summary(struct pass *p);
/* The first failure to append to events.json; NULL: none. What was done is done and remembered, only its history is not. */
const struct error *pass_events_error(const struct pass *p);
/*
 * The first thing of the state that could not be saved; NULL: everything was. Of a pass that goes on the last one: it goes on from
 * memory, but with ERR_LOCKED, when it decides nothing until the lock is free.
 */
const struct error *pass_store_error(const struct pass *p);

/* ---- Weekly windows (maintenance.windows) in the time zone that we are in (windows.c) ---- */

/* Those that are open. *ret lives in a, scopes in the configuration. */
size_t pass_open_windows(const struct config *config, struct now now, struct arena *a, struct window_period **ret);
/* The one that is opened next, which may be one that is open now and will be again. False: there is none. */
bool pass_next_window(const struct config *config, struct now now, struct window_period *ret);
/* A window is in local time, and nobody knows what that is: the name that TZ has, which is taken for UTC. NULL: all is well. */
const char *pass_unknown_zone(const struct config *config);

#endif
