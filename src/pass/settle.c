/* SPDX-License-Identifier: MIT */
/* REMEMBER: what came of the actions, and the events that tell of it. */
#include "pass_internal.h"

#include "autoheal/record/record.h"

/* ---- Events ---- */

void pass_tell_only(const struct pass *p, const struct event *events, size_t n) {
        for (size_t i = 0; p->setup.on_event && i < n; i++)
                p->setup.on_event(p->setup.arg, &events[i]);
}

/* Events are given up before state: they are history, the state is what protects the containers. */
void pass_save_events(struct pass *p, const struct event *events, size_t n) {
        struct error err = ERROR_INIT;
        int64_t most = p->setup.config->ui.max_log_entries;
        int r = store_append_events(p->setup.store, events, n, most, &err);
        /* Adding to a history that is broken repairs it first, and a repair is told in the history: p->repairing ends the circle. */
        if (r < 0 && err.code == ERR_CONFIG && !p->repairing && pass_repair(p, &err) == 0)
                r = store_append_events(p->setup.store, events, n, most, &err);
        if (r < 0 && p->events_failure.code == ERR_NONE)
                p->events_failure = err;
        /* A pass that goes on tells how it is now. */
        if (r == 0 && p->live)
                error_clear(&p->events_failure);
        pass_tell_only(p, events, n);
}

static void save_one(struct pass *p, const struct event *event, bool post) {
        struct error err = ERROR_INIT;
        if (store_lock_state(p->setup.store, &err) < 0) {
                if (p->events_failure.code == ERR_NONE)
                        p->events_failure = err;
                pass_tell_only(p, event, 1);
                if (post)
                        post_events(p, NULL, event, 1, false);
                return;
        }
        pass_save_events(p, event, 1);
        if (post)
                post_events(p, NULL, event, 1, true);
        store_unlock_state(p->setup.store);
}

void pass_tell(struct pass *p, const struct event *event) {
        save_one(p, event, true);
}

void pass_tell_quietly(struct pass *p, const struct event *event) {
        save_one(p, event, false);
}

/* ---- Results ---- */

void pass_action_ended(void *arg, const struct result *result) {
        struct pass *p = arg;
        if (p->n_results == p->cap_results) {
                p->cap_results = p->cap_results ? 2 * p->cap_results : 16;
                p->results = xrealloc(p->results, p->cap_results * sizeof(*p->results));
        }
        p->results[p->n_results++] = *result;
        flight_ended(p, result);
}

static bool plan_waits_for_room(const struct pass *p) {
        for (size_t i = 0; i < p->plan.n; i++)
                if (p->plan.items[i].reason == REASON_PARALLEL)
                        return true;
        return false;
}

/* A pass that goes on knows what came of its actions, whatever becomes of the disk: what cannot be written down now is later. */
static int record_results(struct pass *p, size_t first, struct error *err) {
        struct recall r AUTO(recall_end);
        struct state after AUTO(state_release);
        struct error why = ERROR_INIT;
        state_init(&after, &r.arena);
        if (recall_begin(p, &r, &why) < 0) {
                if (!p->live) {
                        *err = why;
                        return -1;
                }
                recall_from_memory(p, &r, &why);
        }
        struct event_list events = EVENT_LIST_INIT(&r.arena);
        state_copy(&after, r.state, &r.arena);
        for (size_t i = first; i < p->n_results; i++)
                record_result(&after, &events, &p->results[i]);
        record_count_events(&after.counters, events.items, events.n);
        if (p->turns > 0)
                after.last_summary = pass_summary(p);
        store_announce_events(&after, events.items, events.n);
        /* What a single pass did not save is still open, and the pass that settles it tells of it. */
        (void)recall_save(p, &r, &after, events.items, events.n);
        if (p->live)
                live_remember(p, &after);
        return 0;
}

int pass_settle(struct pass *p, struct error *err) {
        size_t first = p->n_recorded;
        p->n_recorded = p->n_results;
        for (size_t i = first; p->setup.on_result && i < p->n_results; i++)
                p->setup.on_result(p->setup.arg, &p->results[i]);
        if (plan_waits_for_room(p))
                p->look_wanted = true;
        int r = record_results(p, first, err);
        for (size_t i = first; p->live && i < p->n_results; i++)
                live_settled(p, &p->results[i]);
        /* A pass that goes on would keep them for ever. */
        if (p->live)
                p->n_results = p->n_recorded = 0;
        return r;
}
