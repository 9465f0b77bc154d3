/* SPDX-License-Identifier: MIT */
/* The program's table of contents: look, decide, act, record, in turns, until nothing is in flight. */
#include "pass_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"
#include "autoheal/record/record.h"

static bool stopping(const struct pass *p) {
        return p->setup.interrupted && *p->setup.interrupted;
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

/* Adding to a history that is broken repairs it first, and a repair is told in the history: p->repairing ends the circle. */
static int repair(struct pass *p, struct error *err);

/* Events are given up before state: they are history, the state is what protects the containers. */
static void save_events(struct pass *p, const struct event *events, size_t n) {
        struct error err = ERROR_INIT;
        int64_t most = p->setup.config->ui.max_log_entries;
        int r = store_append_events(p->setup.store, events, n, most, &err);
        if (r < 0 && err.code == ERR_CONFIG && !p->repairing && repair(p, &err) == 0)
                r = store_append_events(p->setup.store, events, n, most, &err);
        if (r < 0 && p->events_failure.code == ERR_NONE)
                p->events_failure = err;
        for (size_t i = 0; p->setup.on_event && i < n; i++)
                p->setup.on_event(p->setup.arg, &events[i]);
}

/* ---- Whose engine is it? ---- */

static int check_engine(struct pass *p, const struct state *known, struct error *err) {
        const char *text = p->setup.endpoint->text;
        if (known->engine_endpoint[0] && !p->engine_id[0] && !str_eq(known->engine_endpoint, text))
                return error_set(
                        err, ERR_CONFIG,
                        "data directory '%s' belongs to the engine at %s, and the one at %s does not tell whether it is the "
                        "same: let it answer GET /info, or choose another directory with --data-dir",
                        store_path(p->setup.store), known->engine_endpoint, text);
        if (known->engine_id[0] && p->engine_id[0] && !str_eq(known->engine_id, p->engine_id))
                return error_set(err, ERR_CONFIG,
                                 "data directory '%s' belongs to engine %s at %s, not to engine %s at %s: choose another one with "
                                 "--data-dir",
                                 store_path(p->setup.store), known->engine_id, known->engine_endpoint, p->engine_id, text);
        return 0;
}

static void info_came(void *arg, const struct engine_info *info, const struct error *err) {
        struct pass *p = arg;
        p->asking_engine = false;
        if (err && err->code != ERR_ENGINE && err->code != ERR_NOT_FOUND) {
                pass_fail(p, err);
                return;
        }
        /* A socket proxy may forbid /info: then the endpoint alone tells whose directory it is. */
        if (err)
                log_debug("the engine does not tell its id: %s", err->msg);
        else
                (void)snprintf(p->engine_id, sizeof(p->engine_id), "%s", info->id);
}

static void tell_repairs(struct pass *p, const struct store_repair *repairs, size_t n, struct now now, struct arena *a) {
        struct event *events = arena_array(a, n, sizeof(*events));
        for (size_t i = 0; i < n; i++) {
                const struct store_repair *r = &repairs[i];
                events[i] = (struct event){ .at_us = now.wall_us,
                                            .type = EVENT_STORE,
                                            .status = "rebuilt",
                                            .message = arena_printf(a, "%s was broken (%s) and is kept as %s: %s", r->file,
                                                                    r->error, r->kept_as, r->outcome),
                                            .duration_ms = -1 };
        }
        save_events(p, events, n);
}

/* Broken files are set aside and rebuilt before anything is decided, under the state lock. */
static int repair(struct pass *p, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(ARENA_BLOCK);
        struct now now = clock_read();
        struct store_repair *repairs = NULL;
        size_t n = 0;
        p->repairing = true;
        int r = store_repair(p->setup.store, now, p->setup.config->restart.max_restarts_window_seconds, &a, &repairs, &n, err);
        if (n > 0)
                tell_repairs(p, repairs, n, now, &a);
        p->repairing = false;
        return r;
}

static int repair_locked(struct pass *p, struct error *err) {
        if (store_lock_state(p->setup.store, err) < 0)
                return -1;
        int r = repair(p, err);
        store_unlock_state(p->setup.store);
        return r;
}

static int load_known(struct pass *p, struct error *err) {
        struct error why = ERROR_INIT;
        if (store_load(p->setup.store, &p->known, &p->known_arena, &why) == 0)
                return 0;
        if (!p->setup.read_only && why.code == ERR_CONFIG && repair_locked(p, err) == 0)
                return store_load(p->setup.store, &p->known, &p->known_arena, err);
        if (err && err->code == ERR_NONE)
                *err = why;
        return -1;
}

/*
 * The engine works on its list while we read what is remembered. Its id is asked once, and again when the endpoint changes.
 * A data directory that cannot be read is the worse news, whatever the engine says.
 */
static int begin(struct pass *p, struct error *err) {
        if (look_begin(p, err) < 0)
                return -1;
        while (p->looking && engine_api_version(p->setup.engine)[0] == '\0' && !stopping(p))
                (void)net_run(p->setup.net);
        if (load_known(p, err) < 0) {
                error_clear(&p->failure);
                return -1;
        }
        if (str_eq(p->known.engine_endpoint, p->setup.endpoint->text)) {
                (void)snprintf(p->engine_id, sizeof(p->engine_id), "%s", p->known.engine_id);
                return 0;
        }
        p->asking_engine = p->failure.code == ERR_NONE;
        return p->asking_engine ? engine_get_info(p->setup.engine, info_came, p, err) : 0;
}

/* ---- Think, do ---- */

static bool is_action(const struct plan_item *item) {
        return item->decision == DECISION_RESTART || item->decision == DECISION_STOP;
}

static struct pass_summary summarize(struct pass *p, struct now now) {
        struct pass_summary s;
        record_summary(&s, &p->plan, p->results, p->n_results, now.mono_ms - p->began_mono_ms);
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
        p->look_ready = false;
        look_forget(&p->seen);
        p->seen = p->coming;
        p->coming = (struct seen){ .arena = ARENA_INIT(ARENA_BLOCK) };
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
                                   .state = &p->prev,
                                   .observation = p->seen.observation,
                                   .selection = p->seen.selection,
                                   .now = now,
                                   .want_trace = p->setup.want_trace };
        in.n_in_flight = actor_in_flight(p->actor, &in.in_flight);
        decide(&p->plan, &p->next, &in, &p->turn_arena);
        p->turns++;
        for (size_t i = 0; i < p->plan.n; i++) {
                p->n_quarantined += p->plan.items[i].decision == DECISION_QUARANTINE;
                p->n_released += p->plan.items[i].decision == DECISION_RELEASE;
        }
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
        return check_engine(p, &p->prev, err);
}

static int turn(struct pass *p, struct error *err) {
        struct now now = clock_read();
        begin_turn(p);
        if (p->setup.read_only) {
                if (load_prev(p, err) < 0)
                        return -1;
                think(p, now);
                show_present_quarantines(p);
                return 0;
        }
        if (store_lock_state(p->setup.store, err) < 0)
                return -1;
        if (load_prev(p, err) < 0) {
                store_unlock_state(p->setup.store);
                return -1;
        }
        think(p, now);
        store_announce_events(&p->next, p->plan.events, p->plan.n_events);
        struct error unsaved = ERROR_INIT;
        if (store_save(p->setup.store, &p->prev, &p->next, false, &unsaved) < 0) {
                note_store_failure(p, &unsaved);
                hold_unrecorded(p, &unsaved);
                /* Half of it may be saved: a restart that was counted and will not be made must not count. */
                struct error again = ERROR_INIT;
                if (store_take_back(p->setup.store, &p->next, &p->prev, &again) < 0)
                        log_debug("taking it back failed as well: %s", again.msg);
        } else {
                save_events(p, p->plan.events, p->plan.n_events);
        }
        store_unlock_state(p->setup.store);
        start_actions(p, now);
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

/* Writes down what came of the actions that ended since the last call. */
static int settle(struct pass *p, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(ARENA_BLOCK);
        struct state before AUTO(state_release), after AUTO(state_release);
        state_init(&before, &a);
        state_init(&after, &a);
        size_t first = p->n_recorded;
        p->n_recorded = p->n_results;
        for (size_t i = first; p->setup.on_result && i < p->n_results; i++)
                p->setup.on_result(p->setup.arg, &p->results[i]);
        if (plan_waits_for_room(p))
                p->look_wanted = true;

        if (store_lock_state(p->setup.store, err) < 0)
                return -1;
        if (store_load(p->setup.store, &before, &a, err) < 0) {
                store_unlock_state(p->setup.store);
                return -1;
        }
        state_copy(&after, &before, &a);
        struct event_list events = EVENT_LIST_INIT(&a);
        for (size_t i = first; i < p->n_results; i++)
                record_result(&after, &events, &p->results[i]);
        if (p->turns > 0)
                after.last_summary = summarize(p, clock_read());
        store_announce_events(&after, events.items, events.n);
        struct error unsaved = ERROR_INIT;
        /* What was not saved is still open, and the pass that settles it tells of it. */
        if (store_save(p->setup.store, &before, &after, false, &unsaved) < 0)
                note_store_failure(p, &unsaved);
        else
                save_events(p, events.items, events.n);
        store_unlock_state(p->setup.store);
        return 0;
}

/* ---- The loop ---- */

static int step(struct pass *p, struct error *err) {
        if (p->n_recorded < p->n_results && settle(p, err) < 0)
                return -1;
        if (stopping(p) || p->failure.code != ERR_NONE)
                return 0;
        if (p->look_ready && !p->asking_engine && turn(p, err) < 0)
                return -1;
        if (p->look_wanted && !p->looking && look_begin(p, err) < 0)
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
        return p->failure.code != ERR_NONE || stopping(p) || (!p->looking && !p->look_ready && !p->look_wanted);
}

static void run(struct pass *p) {
        struct error err = ERROR_INIT;
        if (begin(p, &err) < 0)
                pass_fail(p, &err);
        while (!finished(p)) {
                (void)net_run(p->setup.net);
                if (step(p, &err) < 0)
                        pass_fail(p, &err);
        }
        net_timer_cancel(p->setup.net, p->look_timer);
        /* Nothing is recorded of these: the next pass sees what became of them. */
        if (abandoned(p))
                actor_abandon(p->actor);
        if (stopping(p) && p->failure.code == ERR_NONE)
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

int pass_run(const struct pass_setup *setup, struct pass **ret, struct error *err) {
        struct pass *p = xcalloc(1, sizeof(*p));
        *ret = p;
        p->setup = *setup;
        p->seen.arena = p->coming.arena = (struct arena)ARENA_INIT(ARENA_BLOCK);
        p->turn_arena = (struct arena)ARENA_INIT(ARENA_BLOCK);
        p->known_arena = (struct arena)ARENA_INIT(ARENA_BLOCK);
        state_init(&p->known, &p->known_arena);
        state_init(&p->prev, &p->turn_arena);
        state_init(&p->next, &p->turn_arena);
        p->began_mono_ms = clock_read().mono_ms;
        self_container_id(p->self_id);
        self_host_name(p->self_host, sizeof(p->self_host));
        p->observer = observer_new(setup->net, setup->engine);
        p->actor = actor_new(setup->engine, action_ended, p);
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
        arena_release(&p->turn_arena);
        arena_release(&p->known_arena);
        arena_release(&p->seen.arena);
        arena_release(&p->coming.arena);
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

struct pass_summary pass_summary(struct pass *p) {
        return p->turns > 0 ? summarize(p, clock_read()) : (struct pass_summary){ 0 };
}

const struct error *pass_events_error(const struct pass *p) {
        return p->events_failure.code == ERR_NONE ? NULL : &p->events_failure;
}

const struct error *pass_store_error(const struct pass *p) {
        return p->store_failure.code == ERR_NONE ? NULL : &p->store_failure;
}
