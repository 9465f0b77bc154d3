/* SPDX-License-Identifier: MIT */
/*
 * The pass: look, decide, act, record, in turns, until nothing is in flight. The program's table of contents is pass.c.
 *
 * A turn is synchronous: under the store's lock the state is read afresh, every container
 * is judged, and what follows is saved; then the actions are started. Restarts are written down before the engine is asked
 * for them; if they cannot be written they are not done (decision hold, reason unrecorded). While actions are under way the
 * containers are looked at again every monitor.interval_seconds, so a container that fails meanwhile does not wait.
 */
#ifndef AUTOHEAL_PASS_PASS_H
#define AUTOHEAL_PASS_PASS_H

#include "autoheal/config/config.h"
#include "autoheal/decide/decide.h"
#include "autoheal/engine/engine.h"
#include "autoheal/model/state.h"
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
        /* Progress, while the pass runs; NULL: none. */
        void (*on_start)(void *arg, const struct plan_item *item);
        void (*on_result)(void *arg, const struct result *result);
        void (*on_event)(void *arg, const struct event *event); /* each one that was recorded, or could not be */
        void *arg;
};

struct pass;

/*
 * Runs a whole pass. 0: the pass ran (single actions may have failed: see the results). -1: it could not (no engine:
 * ERR_CONNECT and kin; data directory of another engine or broken: ERR_CONFIG; ERR_INTERRUPTED). *ret is to be freed in any case.
 */
MUST_USE int pass_run(const struct pass_setup *setup, struct pass **ret, struct error *err);
void pass_free(struct pass *p); /* NULL is fine */

/*
 * What the pass ended with; valid until pass_free(). Items of containers that were acted on carry that decision and its
 * outcome, even if later turns decided anew; what was abandoned has the outcome unknown.
 */
struct plan *pass_plan(struct pass *p);
const struct observation *pass_observation(const struct pass *p);
const struct selection *pass_selection(const struct pass *p);
struct pass_summary pass_summary(struct pass *p);
/* The first failure to append to events.json; NULL: none. What was done is done and remembered, only its history is not. */
const struct error *pass_events_error(const struct pass *p);
/* The first thing of the state that could not be saved; NULL: everything was. */
const struct error *pass_store_error(const struct pass *p);

#endif
