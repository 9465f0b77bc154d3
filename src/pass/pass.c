/* SPDX-License-Identifier: MIT */
/* The program's table of contents: look, decide, act, record, in turns, until nothing is in flight. */
#include "pass_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"
#include "autoheal/record/record.h"

bool pass_is_stopping(const struct pass *p) {
        return p->stop_asked || (p->setup.interrupted && *p->setup.interrupted);
}

static bool abandoned(const struct pass *p) {
        return p->setup.abandon && *p->setup.abandon;
}

size_t pass_in_flight(struct pass *p) {
        const struct in_flight *unused;
        return actor_in_flight(p->actor, &unused);
}

void pass_fail(struct pass *p, const struct error *err) {
        if (p->failure.code == ERR_NONE)
                p->failure = *err;
}

static void tell_only(const struct pass *p, const struct event *events, size_t n) {
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
        tell_only(p, events, n);
}

/* ---- Think, do ---- */

static bool is_action(const struct plan_item *item) {
        return item->decision == DECISION_RESTART || item->decision == DECISION_STOP;
}

static struct pass_summary summarize(struct pass *p, struct now now) {
        struct pass_summary s;
        int64_t began_ms = p->live ? p->look_mono_ms : p->began_mono_ms;
        record_summary(&s, &p->plan, p->results, p->n_results, now.mono_ms - began_ms);
        s.newly_quarantined = p->n_quarantined;
        s.released = p->n_released;
        s.under_way = (int64_t)pass_in_flight(p);
        return s;
}

/* Before what it decided is begun: if nothing more of the pass is written, that is what it leaves. */
static void remember_pass(struct pass *p, struct state *s, struct now now) {
        s->engine_endpoint = arena_strdup(&p->turn_arena, p->setup.endpoint->text);
        s->engine_id = arena_strdup(&p->turn_arena, p->engine_id);
        s->engine_api = arena_strdup(&p->turn_arena, engine_api_version(p->setup.engine));
        s->last_pass_us = now.wall_us;
        s->last_summary = summarize(p, now);
        for (size_t i = 0; i < p->plan.n; i++)
                s->last_summary.under_way += is_action(&p->plan.items[i]);
}

static void note_store_failure(struct pass *p, const struct error *err) {
        if (p->store_failure.code == ERR_NONE)
                p->store_failure = *err;
}

static void hold_unrecorded(struct pass *p, const struct error *why) {
        for (size_t i = 0; i < p->plan.n; i++) {
                struct plan_item *item = &p->plan.items[i];
                if (!is_action(item))
                        continue;
                item->detail = arena_printf(&p->turn_arena, "not done, because it cannot be recorded: %s", why->msg);
                item->decision = DECISION_HOLD;
                item->reason = REASON_UNRECORDED;
        }
}

static void start_actions(struct pass *p, struct now now) {
        for (size_t i = 0; i < p->plan.n; i++) {
                const struct plan_item *item = &p->plan.items[i];
                if (!is_action(item))
                        continue;
                if (p->setup.on_start)
                        p->setup.on_start(p->setup.arg, item);
                actor_start(p->actor, item, now);
        }
}

/* The plan and what it points into go together. */
static void begin_turn(struct pass *p) {
        look_take(p);
        p->plan = (struct plan){ .n = 0 };
        state_release(&p->prev);
        state_release(&p->next);
        arena_release(&p->turn_arena);
        p->turn_arena = (struct arena)ARENA_INIT(ARENA_BLOCK);
        state_init(&p->prev, &p->turn_arena);
        state_init(&p->next, &p->turn_arena);
}

static void think(struct pass *p, struct now now) {
        struct decide_input in = { .config = p->setup.config,
                                   .state = pass_remembered(p, &p->prev),
                                   .observation = p->seen.observation,
                                   .selection = p->seen.selection,
                                   .now = now,
                                   .want_trace = p->setup.want_trace };
        in.n_in_flight = actor_in_flight(p->actor, &in.in_flight);
        decide(&p->plan, &p->next, &in, &p->turn_arena);
        p->turns++;
        /* A pass that goes on tells of its last turn. */
        if (p->live)
                p->n_quarantined = p->n_released = 0;
        for (size_t i = 0; i < p->plan.n; i++) {
                p->n_quarantined += p->plan.items[i].decision == DECISION_QUARANTINE;
                p->n_released += p->plan.items[i].decision == DECISION_RELEASE;
        }
        record_count_turn(&p->next.counters, &p->plan, p->listed);
        remember_pass(p, &p->next, now);
}

/* A plan that nobody carries out: who is quarantined is what is on disk, and what would change is the decision. */
static void show_present_quarantines(struct pass *p) {
        for (size_t i = 0; i < p->plan.n; i++) {
                struct plan_item *item = &p->plan.items[i];
                if (item->decision == DECISION_QUARANTINE)
                        item->quarantined = false;
                else if (item->decision == DECISION_RELEASE)
                        item->quarantined = true;
        }
}

static int load_prev(struct pass *p, struct error *err) {
        if (store_reload(p->setup.store, &p->known, &p->prev, &p->turn_arena, err) < 0)
                return -1;
        return pass_check_engine(p, &p->prev, err);
}

/* Under the state lock. */
static void save_turn(struct pass *p) {
        struct error unsaved = ERROR_INIT;
        store_announce_events(&p->next, p->plan.events, p->plan.n_events);
        if (store_save(p->setup.store, &p->prev, &p->next, false, &unsaved) == 0) {
                if (p->live)
                        pass_forget_unsaved(p);
                pass_save_events(p, p->plan.events, p->plan.n_events);
                return;
        }
        note_store_failure(p, &unsaved);
        if (p->live) {
                pass_keep_unsaved(p, &p->next);
                tell_only(p, p->plan.events, p->plan.n_events);
                return;
        }
        hold_unrecorded(p, &unsaved);
        /* Half of it may be saved: a restart that was counted and will not be made must not count. */
        struct error again = ERROR_INIT;
        if (store_take_back(p->setup.store, &p->next, &p->prev, &again) < 0)
                log_debug("taking it back failed as well: %s", again.msg);
}

static int load_or_repair(struct pass *p, struct error *err) {
        struct error why = ERROR_INIT;
        if (load_prev(p, &why) == 0)
                return 0;
        if (p->live && why.code == ERR_CONFIG && pass_repair(p, NULL) == 0)
                return load_prev(p, err);
        if (err)
                *err = why;
        return -1;
}

/*
 * A file system that became read-only refuses even the lock, but what is on it can be read: a pass that goes on heals from
 * memory until it can be written again. Not where somebody else has the lock, who may just be writing something.
 */
static bool goes_on_without_lock(const struct pass *p, const struct error *why) {
        return p->live && why->code == ERR_IO;
}

static int turn_unlocked(struct pass *p, struct now now, const struct error *why, struct error *err) {
        if (load_prev(p, err) < 0)
                return -1;
        think(p, now);
        note_store_failure(p, why);
        pass_keep_unsaved(p, &p->next);
        tell_only(p, p->plan.events, p->plan.n_events);
        return 0;
}

static int turn_locked(struct pass *p, struct now now, struct error *err) {
        if (load_or_repair(p, err) < 0) {
                store_unlock_state(p->setup.store);
                return -1;
        }
        think(p, now);
        save_turn(p);
        store_unlock_state(p->setup.store);
        return 0;
}

static int turn(struct pass *p, struct error *err) {
        struct now now = clock_read();
        struct error why = ERROR_INIT;
        begin_turn(p);
        if (p->setup.read_only) {
                if (load_prev(p, err) < 0)
                        return -1;
                think(p, now);
                show_present_quarantines(p);
                return 0;
        }
        int r = store_lock_state(p->setup.store, &why);
        if (r == 0)
                r = turn_locked(p, now, err);
        else if (goes_on_without_lock(p, &why))
                r = turn_unlocked(p, now, &why, err);
        else if (err)
                *err = why;
        if (r < 0)
                return -1;
        start_actions(p, now);
        if (p->live)
                live_turned(p);
        return 0;
}

/* ---- Remember ---- */

static void action_ended(void *arg, const struct result *result) {
        struct pass *p = arg;
        if (p->n_results == p->cap_results) {
                p->cap_results = p->cap_results ? 2 * p->cap_results : 16;
                p->results = xrealloc(p->results, p->cap_results * sizeof(*p->results));
        }
        p->results[p->n_results++] = *result;
}

static bool plan_waits_for_room(const struct pass *p) {
        for (size_t i = 0; i < p->plan.n; i++)
                if (p->plan.items[i].reason == REASON_PARALLEL)
                        return true;
        return false;
}

/* What came of the actions since `first`, into a state that is as it was before. */
static void apply_results(struct pass *p, size_t first, struct state *after, struct event_list *events) {
        for (size_t i = first; i < p->n_results; i++)
                record_result(after, events, &p->results[i]);
        record_count_events(&after->counters, events->items, events->n);
        if (p->turns > 0)
                after->last_summary = summarize(p, clock_read());
        store_announce_events(after, events->items, events->n);
}

/* Under the state lock. What was not saved is still open, and the pass that settles it tells of it. */
static void save_results(struct pass *p, const struct state *before, const struct state *after, const struct event_list *events) {
        struct error unsaved = ERROR_INIT;
        if (store_save(p->setup.store, before, after, false, &unsaved) == 0) {
                if (p->live)
                        pass_forget_unsaved(p);
                pass_save_events(p, events->items, events->n);
                return;
        }
        note_store_failure(p, &unsaved);
        if (!p->live)
                return;
        pass_keep_unsaved(p, after);
        tell_only(p, events->items, events->n);
}

/* Without the lock, or without what is on disk: a pass that goes on knows it all the same. */
static void keep_results(struct pass *p, size_t first, const struct state *before, const struct error *why) {
        struct arena a AUTO(arena_release) = ARENA_INIT(ARENA_BLOCK);
        struct state after AUTO(state_release);
        struct event_list events = EVENT_LIST_INIT(&a);
        state_init(&after, &a);
        state_copy(&after, pass_remembered(p, before), &a);
        apply_results(p, first, &after, &events);
        note_store_failure(p, why);
        pass_keep_unsaved(p, &after);
        tell_only(p, events.items, events.n);
}

static int record_results(struct pass *p, size_t first, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(ARENA_BLOCK);
        struct state before AUTO(state_release), after AUTO(state_release);
        struct event_list events = EVENT_LIST_INIT(&a);
        state_init(&before, &a);
        state_init(&after, &a);
        if (store_lock_state(p->setup.store, err) < 0) {
                if (p->live && store_load(p->setup.store, &before, &a, NULL) == 0)
                        keep_results(p, first, &before, err);
                return -1;
        }
        int r = store_load(p->setup.store, &before, &a, err);
        if (r == 0) {
                state_copy(&after, pass_remembered(p, &before), &a);
                apply_results(p, first, &after, &events);
                save_results(p, &before, &after, &events);
        }
        store_unlock_state(p->setup.store);
        return r;
}

/* Writes down what came of the actions that ended since the last call. */
static int settle(struct pass *p, struct error *err) {
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

void pass_tell(struct pass *p, const struct event *event) {
        struct error err = ERROR_INIT;
        if (store_lock_state(p->setup.store, &err) < 0) {
                if (p->events_failure.code == ERR_NONE)
                        p->events_failure = err;
                tell_only(p, event, 1);
                return;
        }
        pass_save_events(p, event, 1);
        store_unlock_state(p->setup.store);
}

/* ---- The loop ---- */

int pass_advance(struct pass *p, struct error *err) {
        if (p->n_recorded < p->n_results && settle(p, err) < 0)
                return -1;
        if (pass_is_stopping(p) || p->failure.code != ERR_NONE)
                return 0;
        if (p->look_ready && !p->asking_engine && !p->engine_unknown && turn(p, err) < 0)
                return -1;
        if (!p->live && p->look_wanted && !p->looking && look_begin(p, err) < 0)
                return -1;
        if (pass_in_flight(p) > 0 && p->look_timer == 0)
                p->look_timer = net_timer(p->setup.net, p->setup.config->monitor.interval_seconds * 1000, look_again, p);
        return 0;
}

static bool finished(struct pass *p) {
        if (abandoned(p))
                return true;
        if (pass_in_flight(p) > 0 || p->n_recorded < p->n_results)
                return false;
        return p->failure.code != ERR_NONE || pass_is_stopping(p) || (!p->looking && !p->look_ready && !p->look_wanted);
}

static void run(struct pass *p) {
        struct error err = ERROR_INIT;
        if (pass_begin(p, &err) < 0)
                pass_fail(p, &err);
        while (!finished(p)) {
                (void)net_run(p->setup.net);
                if (pass_advance(p, &err) < 0)
                        pass_fail(p, &err);
        }
        net_timer_cancel(p->setup.net, p->look_timer);
        /* Nothing is recorded of these: the next pass sees what became of them. */
        if (abandoned(p))
                actor_abandon(p->actor);
        if (pass_is_stopping(p) && p->failure.code == ERR_NONE)
                (void)error_set(&p->failure, ERR_INTERRUPTED, "interrupted");
}

/* The last plan may have been made after an action ended: what was done is what the reader wants to see. */
static void show_results_in_plan(struct pass *p) {
        for (size_t r = 0; r < p->n_results; r++) {
                const struct result *result = &p->results[r];
                for (size_t i = 0; i < p->plan.n; i++) {
                        struct plan_item *item = &p->plan.items[i];
                        if (!str_eq(item->container->id, result->container_id))
                                continue;
                        item->decision = result->decision;
                        item->reason = result->verdict_reason;
                        item->detail = result->detail;
                        item->until_us = 0;
                        item->outcome = result->outcome;
                        item->error = result->error[0] ? result->error : NULL;
                        if (r >= p->n_recorded)
                                continue;
                        item->restarts = result->restarts;
                        item->quarantined = result->quarantined;
                }
        }
}

struct pass *pass_new(const struct pass_setup *setup) {
        struct pass *p = xcalloc(1, sizeof(*p));
        p->setup = *setup;
        look_forget(&p->seen);
        look_forget(&p->coming);
        p->turn_arena = (struct arena)ARENA_INIT(ARENA_BLOCK);
        p->known_arena = (struct arena)ARENA_INIT(ARENA_BLOCK);
        p->unsaved_arena = (struct arena)ARENA_INIT(ARENA_BLOCK);
        state_init(&p->known, &p->known_arena);
        state_init(&p->unsaved, &p->unsaved_arena);
        state_init(&p->prev, &p->turn_arena);
        state_init(&p->next, &p->turn_arena);
        p->began_mono_ms = clock_read().mono_ms;
        self_container_id(p->self_id);
        self_host_name(p->self_host, sizeof(p->self_host));
        p->observer = observer_new(setup->net, setup->engine);
        p->actor = actor_new(setup->engine, action_ended, p);
        return p;
}

int pass_run(const struct pass_setup *setup, struct pass **ret, struct error *err) {
        struct pass *p = pass_new(setup);
        *ret = p;
        run(p);
        show_results_in_plan(p);
        log_debug("%llu requests, %zu turns", (unsigned long long)engine_requests(setup->engine), p->turns);
        if (p->failure.code == ERR_NONE)
                return 0;
        if (err)
                *err = p->failure;
        return -1;
}

void pass_free(struct pass *p) {
        if (!p)
                return;
        actor_free(p->actor);
        observer_free(p->observer);
        engine_cancel(p->setup.engine, p);
        state_release(&p->prev);
        state_release(&p->next);
        state_release(&p->known);
        state_release(&p->unsaved);
        arena_release(&p->unsaved_arena);
        arena_release(&p->turn_arena);
        arena_release(&p->known_arena);
        look_forget(&p->seen);
        look_forget(&p->coming);
        live_free(p->live);
        free(p->results);
        free(p);
}

struct plan *pass_plan(struct pass *p) {
        return p->turns > 0 ? &p->plan : NULL;
}

const struct observation *pass_observation(const struct pass *p) {
        return p->seen.observation;
}

const struct selection *pass_selection(const struct pass *p) {
        return p->seen.selection;
}

const struct state *pass_state(const struct pass *p) {
        return p->turns > 0 ? &p->next : &p->known;
}

struct pass_summary pass_summary(struct pass *p) {
        return p->turns > 0 ? summarize(p, clock_read()) : (struct pass_summary){ 0 };
}

const struct error *pass_events_error(const struct pass *p) {
        return p->events_failure.code == ERR_NONE ? NULL : &p->events_failure;
}

const struct error *pass_store_error(const struct pass *p) {
        return p->store_failure.code == ERR_NONE ? NULL : &p->store_failure;
}
