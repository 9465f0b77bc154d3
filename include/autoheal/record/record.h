/* SPDX-License-Identifier: MIT */
/*
 * REMEMBER. Turns results and decisions into state, events and counters. Works on a state in memory; pass loads and saves
 * it under the store's lock.
 */
#ifndef AUTOHEAL_RECORD_RECORD_H
#define AUTOHEAL_RECORD_RECORD_H

#include "autoheal/model/hook.h"
#include "autoheal/model/state.h"
#include "autoheal/util/error.h"

/* Events made in one turn, to be appended to events.json. */
struct event_list {
        struct event *items;
        size_t n, cap;
        struct arena *arena;
};
#define EVENT_LIST_INIT(a)                                                                                                         \
        { .items = NULL, .n = 0, .cap = 0, .arena = (a) }
void event_list_add(struct event_list *l, const struct event *e); /* copies the strings */

/* A line of the log about an event. */
void record_log(const struct event *e);
/* ... about a hook that has ended; one that failed is an event, too. */
void record_log_hook(const struct hook_result *r);
/* ... and about what came of a message: see record/notify.h. */
void record_log_notified(const char *service, enum notified what, const char *why, int64_t again_s);

/* What one action came to: the restart or stop event, and in the state what follows from it (a stop of ours quarantines; a restart that the engine never did is taken back). Fills the result's restarts and quarantined. */
void record_result(struct state *state, struct event_list *events, struct result *result);

/*
 * What a run of a check of ours came to. One that is about another start of the container, or about a check that is not the same
 * any more, is only counted.
 */
void record_check(struct state *state, const struct check_result *result);
/* What the metrics count of it; one that could not be run is none. */
void record_count_check(struct counters *c, const struct check_result *result);
/* It says something else than what is remembered. */
bool record_is_news(const struct state *state, const struct check_result *result);

/* Counters of a pass from its last plan and its results; whom its turns quarantined and released is known to the pass. */
void record_summary(struct pass_summary *ret, const struct plan *plan, const struct result *results, size_t n_results,
                    int64_t duration_ms);

/* What the metrics count. Restarts that were done or not, and quarantines that no person asked for. */
void record_count_events(struct counters *c, const struct event *events, size_t n);
/* Health states of monitored containers that run: to be called once for each whole list. */
void record_count_health(struct counters *c, const struct plan *plan);
/* Both of one turn, the health only if it was about a new list; and forgets what was counted of containers that are gone. */
void record_count_turn(struct counters *c, const struct plan *plan, bool listed);

/* A person's quarantine or release of one stable id. Returns false (and says nothing) if it was so already. c may be NULL (gone). */
bool record_quarantine(struct state *state, struct event_list *events, const char *stable_id, const struct container *c,
                       struct now now);
bool record_unquarantine(struct state *state, struct event_list *events, const char *stable_id, const struct container *c,
                         struct now now);

/*
 * A person asks for a restart: the intent, which begins the cooldown and counts for no limit. ERR_AMBIGUOUS: an earlier action of
 * ours on it is not settled.
 */
MUST_USE int record_request(struct state *state, const char *stable_id, const struct container *c, struct now now,
                            struct error *err);

#define RECORD_SCOPES_MAX 500 /* scopes under maintenance at once */
/* Global maintenance or that of a scope has come to its end. An end of 0 never comes. */
bool record_maintenance_is_over(int64_t until_us, struct now now);
/* Everything is under maintenance. */
bool record_maintenance_is_on(const struct maintenance *m, struct now now);
/* "all containers" (NULL), "web", "project:shop", "label:tier=db". Lives in a, or is the scope's own. */
const char *record_scope_name(const struct maintenance_scope *scope, struct arena *a);
/*
 * A person begins maintenance of everything (scope NULL) or of one scope, of which kind and value count: now, until until_us
 * (0: no end), for a reason ("" none). Where it was on already, start, end and reason are these from now on. Ending what was not on
 * returns false and says nothing. Either forgets, when it changes a scope, the scopes that are over.
 */
void record_maintenance_on(struct state *state, struct event_list *events, const struct maintenance_scope *scope, int64_t until_us,
                           const char *reason, struct now now);
bool record_maintenance_off(struct state *state, struct event_list *events, const struct maintenance_scope *scope, struct now now);

/* Forgets one whose container is gone, and its quarantine with it (which is an event then). False if nothing is remembered of it. */
bool record_prune(struct state *state, struct event_list *events, const char *stable_id, struct now now);

#endif
