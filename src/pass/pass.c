/* SPDX-License-Identifier: MIT */
/* The program's table of contents: look, decide, act, record, in turns, until nothing is in flight. */
#include "pass_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"
#include "autoheal/record/record.h"

#define LOCK_RETRY_MS 250

bool pass_is_stopping(const struct pass *p) {
        return p->stop_asked || (p->setup.interrupted && *p->setup.interrupted);
}

static bool abandoned(const struct pass *p) {
        return p->setup.abandon && *p->setup.abandon;
}

size_t pass_under_way(struct pass *p, const struct in_flight **ret) {
        return actor_in_flight(p->actor, ret);
}

size_t pass_in_flight(struct pass *p) {
        const struct in_flight *unused;
        return pass_under_way(p, &unused);
}

bool pass_is_busy(struct pass *p) {
        return pass_in_flight(p) > 0 || pass_hooks_under_way(p) > 0;
}

bool pass_waits(struct pass *p) {
        return pass_is_busy(p) || (!p->live && p->n_checks > 0);
}

void pass_fail(struct pass *p, const struct error *err) {
        if (p->failure.code == ERR_NONE)
                p->failure = *err;
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
        if (!str_eq(p->host, p->self_host))
                s->engine_name = arena_strdup(&p->turn_arena, p->host);
        s->last_pass_us = now.wall_us;
        s->last_summary = summarize(p, now);
        for (size_t i = 0; i < p->plan.n; i++)
                s->last_summary.under_way += is_action(&p->plan.items[i]);
}

static void hold_unrecorded(struct pass *p, const struct error *why) {
        for (size_t i = 0; i < p->plan.n; i++) {
                struct plan_item *item = &p->plan.items[i];
                if (!is_action(item) && !item->wants_hook)
                        continue;
                item->wants_hook = false;
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
        state_release(&p->next);
        arena_release(&p->turn_arena);
        state_init(&p->next, &p->turn_arena);
}

static void think(struct pass *p, const struct state *known, struct now now) {
        struct decide_input in = { .config = p->setup.config,
                                   .state = known,
                                   .observation = p->seen.observation,
                                   .selection = p->seen.selection,
                                   .now = now,
                                   .want_trace = p->setup.want_trace };
        in.n_in_flight = flight_as_seen(p, false, &in.in_flight);
        pass_add_windows(p, &in, &p->turn_arena);
        hook_add_asked(p, &in, &p->turn_arena);
        in.asks_nobody = p->setup.read_only;
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
        post_count(p, &p->next.counters);
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

static void save_turn(struct pass *p, struct recall *r) {
        store_announce_events(&p->next, p->plan.events, p->plan.n_events);
        if (recall_save(p, r, &p->next, p->plan.events, p->plan.n_events) || p->live)
                return;
        hold_unrecorded(p, &r->why);
        /* Half of it may be saved: a restart that was counted and will not be made must not count. */
        struct error again = ERROR_INIT;
        if (store_take_back(p->setup.store, &p->next, &r->disk, &again) < 0)
                log_debug("taking it back failed as well: %s", again.msg);
}

static void try_turn_again(void *arg) {
        struct pass *p = arg;
        p->turn_timer = 0;
}

/*
 * Somebody else has the lock, who may just be writing something: nothing is decided before what he wrote is known. What was
 * decided last stays in sight meanwhile.
 */
static int wait_for_lock(struct pass *p, const struct error *why) {
        p->store_failure = *why;
        p->turn_timer = net_timer(p->setup.net, LOCK_RETRY_MS, try_turn_again, p);
        return 0;
}

/* 1: it was made; 0: it could not be yet. What is remembered is read first: a turn that cannot be made changes nothing. */
static int decide_and_save(struct pass *p, struct now now, struct error *err) {
        struct recall r AUTO(recall_end);
        struct error why = ERROR_INIT;
        if (recall_begin(p, &r, &why) < 0) {
                if (p->live && why.code == ERR_LOCKED)
                        return wait_for_lock(p, &why);
                *err = why;
                return -1;
        }
        if (p->live && look_is_outdated(p)) {
                look_drop(p);
                return 0;
        }
        begin_turn(p);
        think(p, r.state, now);
        if (p->setup.read_only)
                show_present_quarantines(p);
        else
                save_turn(p, &r);
        return 1;
}

static int turn(struct pass *p, struct error *err) {
        struct now now = clock_read();
        int made = decide_and_save(p, now, err);
        if (made <= 0 || p->setup.read_only)
                return made < 0 ? -1 : 0;
        start_actions(p, now);
        hook_turned(p, now);
        if (p->live)
                live_turned(p);
        checks_begin(p);
        return 0;
}

/* ---- The loop ---- */

int pass_advance(struct pass *p, struct error *err) {
        if (p->n_recorded < p->n_results && pass_settle(p, err) < 0)
                return -1;
        if (pass_is_stopping(p)) {
                hook_stop(p);
                checks_cancel(p);
        } else if (checks_settle(p, err) < 0) {
                return -1;
        }
        if (pass_is_stopping(p) || p->failure.code != ERR_NONE)
                return 0;
        if (p->look_ready && !p->asking_engine && !p->engine_unknown && p->turn_timer == 0 && turn(p, err) < 0)
                return -1;
        if (!p->live && p->look_wanted && !p->looking && look_begin(p, err) < 0)
                return -1;
        if (pass_waits(p) && p->look_timer == 0)
                p->look_timer = net_timer(p->setup.net, p->setup.config->monitor.interval_seconds * 1000, look_again, p);
        return 0;
}

static bool finished(struct pass *p) {
        if (abandoned(p))
                return true;
        if (pass_is_busy(p) || p->n_recorded < p->n_results)
                return false;
        if (p->failure.code != ERR_NONE || pass_is_stopping(p))
                return true;
        return !p->looking && !p->look_ready && !p->look_wanted && !checks_are_busy(p);
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
        p->base_arena = (struct arena)ARENA_INIT(ARENA_BLOCK);
        state_init(&p->known, &p->known_arena);
        state_init(&p->base, &p->base_arena);
        state_init(&p->next, &p->turn_arena);
        p->began_mono_ms = clock_read().mono_ms;
        self_container_id(p->self_id);
        self_host_name(p->self_host, sizeof(p->self_host));
        (void)snprintf(p->host, sizeof(p->host), "%s", p->self_host);
        p->observer = observer_new(setup->net, setup->engine);
        p->actor = actor_new(setup->engine, pass_action_ended, p);
        post_open(p);
        hook_open(p);
        checks_init(p);
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
        notify_free(p->notify);
        checks_free(p);
        hook_close(p);
        actor_free(p->actor);
        observer_free(p->observer);
        engine_cancel(p->setup.engine, p);
        state_release(&p->next);
        state_release(&p->known);
        state_release(&p->base);
        arena_release(&p->base_arena);
        arena_release(&p->turn_arena);
        arena_release(&p->known_arena);
        look_forget(&p->seen);
        look_forget(&p->coming);
        live_free(p->live);
        flight_release(&p->flight);
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
