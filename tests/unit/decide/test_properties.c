/* SPDX-License-Identifier: MIT */
/* Random histories of a small fleet, with an independent book of what was done: whatever happens, certain things never do. */
#include "autoheal/decide/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define HISTORIES   300
#define STEPS       300
#define FLEET       5
#define START_US    (INT64_C(1767268800) * US_PER_S)
#define BOOK_MAX    4096
#define UNHEARD_US  (40 * US_PER_S) /* what an action takes at most: 10 s to stop, and 30 s */
#define STOPPING_US (20 * US_PER_S) /* 10 s to stop, and 10 s */
#define SETTLING_US (60 * US_PER_S) /* longer than an action of ours can be taken for the cause of a stop */

/* ---- Chance ---- */

static uint64_t random_next(uint64_t *seed) {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        return *seed;
}

static int64_t below(uint64_t *seed, int64_t n) {
        return (int64_t)(random_next(seed) % (uint64_t)n);
}

static bool one_in(uint64_t *seed, int64_t n) {
        return below(seed, n) == 0;
}

/* ---- The world: what really is, and what really was done ---- */

struct ship {
        struct container c;
        char name[32], id[65], image_id[32];
        struct label labels[5];
        bool by_hand;      /* it was stopped by a person, beyond doubt */
        bool under_way;    /* an action of ours has begun and not ended */
        bool stops;        /* it is a stop */
        bool was_running;  /* when it was asked for */
        bool half_done;    /* its stop half is done */
        bool unheard;      /* the process that asked for it was killed: the engine is at it, and nobody is told */
        int64_t action_us; /* when the last one was decided */

        /* the book */
        int64_t restarts_us[BOOK_MAX];
        size_t n_restarts;      /* all */
        size_t n_since_release; /* since the counts were last cleared */
        size_t n_in_episode;
        bool quarantined;
};

struct world {
        uint64_t seed;
        struct config config;
        struct ship fleet[FLEET];
        size_t n;
        struct container listed[FLEET];
        struct observation obs;
        struct now now;
        int64_t engine_skew_us;
        struct arena *arena; /* of the current state */
        struct state state;
        int64_t n_ids;
};

static int64_t engine_now(const struct world *w) {
        return w->now.wall_us + w->engine_skew_us;
}

static void start(struct world *w, struct ship *s) {
        static const enum health healths[] = { HEALTH_STARTING, HEALTH_HEALTHY, HEALTH_UNHEALTHY };

        s->c.state = CONTAINER_RUNNING;
        s->c.started_us = engine_now(w);
        s->c.health = s->c.health == HEALTH_NONE ? HEALTH_NONE : healths[below(&w->seed, 3)];
        s->c.probe_end_us = engine_now(w);
        s->c.kill_us = 0;
        s->by_hand = false;
}

static void stop(struct world *w, struct ship *s, int64_t code, enum told told) {
        s->c.state = CONTAINER_EXITED;
        s->c.exit_told = told;
        s->c.kill_us = 0;
        s->c.finished_us = engine_now(w);
        s->c.exit_code = code;
}

/* New: another id; perhaps another image. */
static void create(struct world *w, struct ship *s, bool new_image) {
        (void)snprintf(s->id, sizeof(s->id), "%064lld", (long long)++w->n_ids);
        if (new_image)
                (void)snprintf(s->image_id, sizeof(s->image_id), "sha256:%lld", (long long)w->n_ids);
        s->c.created_us = engine_now(w);
        s->c.restart_count = 0;
        start(w, s);
        if (new_image) {
                s->n_since_release = s->n_in_episode = 0;
                s->quarantined = s->quarantined && state_find(&w->state, s->name) &&
                                 state_find(&w->state, s->name)->quarantined == QUARANTINED_BY_PERSON;
        }
}

static void build_ship(struct world *w, size_t i) {
        static const char *const actions[] = { "restart", "restart", "restart", "restart", "stop", "notify", "none" };
        static const enum restart_policy policies[] = { POLICY_NO, POLICY_NO, POLICY_ALWAYS, POLICY_UNLESS_STOPPED };
        struct ship *s = &w->fleet[i];

        (void)snprintf(s->name, sizeof(s->name), "c%zu", i);
        s->labels[0] = (struct label){ "autoheal", one_in(&w->seed, 5) ? "false" : "true" };
        s->labels[1] = (struct label){ "autoheal.action", actions[below(&w->seed, 7)] };
        s->labels[2] = (struct label){ "com.docker.compose.project", "shop" };
        s->labels[3] = (struct label){ "com.docker.compose.service", "web" };
        s->labels[4] = (struct label){ "monitoring.id", s->name };
        s->c = (struct container){
                .id = s->id,
                .name = s->name,
                .image = "app",
                .image_id = s->image_id,
                .labels = s->labels,
                .n_labels = one_in(&w->seed, 2) ? 5 : 2,
                .network_mode = "bridge",
                .status = "",
                .up_s = -1,
                .state_error = "",
                .policy = policies[below(&w->seed, 4)],
                .stop_timeout_s = STOP_TIMEOUT_UNSET,
                .stop_signal = 15,
                .probe_output = "",
                .health = one_in(&w->seed, 4) ? HEALTH_NONE : HEALTH_HEALTHY,
        };
        create(w, s, true);
}

static void build(struct world *w, uint64_t seed, struct arena *a) {
        *w = (struct world){ .seed = seed, .arena = a, .now = { .mono_ms = 1, .wall_us = START_US } };
        for (int i = 0; i < 10; i++)
                (void)random_next(&w->seed);
        config_defaults(&w->config);
        w->config.restart.cooldown_seconds = below(&w->seed, 3) * 30;
        w->config.restart.max_restarts = 1 + below(&w->seed, 4);
        w->config.restart.max_restarts_window_seconds = 60 + below(&w->seed, 20) * 60;
        w->config.restart.backoff_enabled = one_in(&w->seed, 2);
        w->config.restart.exit_grace_seconds = below(&w->seed, 15);
        w->config.restart.max_parallel = 1 + below(&w->seed, 3);
        w->config.brake.restarts_per_interval = 1 + below(&w->seed, 2);
        w->config.brake.max_failing_percent = 30 + below(&w->seed, 70);
        w->config.brake.max_unavailable = 1 + below(&w->seed, 2);
        w->config.restart.auto_unquarantine = !one_in(&w->seed, 3);
        w->engine_skew_us = (below(&w->seed, 3) - 1) * 3600 * US_PER_S;
        state_init(&w->state, a);
        w->n = 1 + (size_t)below(&w->seed, FLEET);
        for (size_t i = 0; i < w->n; i++)
                build_ship(w, i);
}

/* ---- What happens between two looks ---- */

/* What was asked for is done in its time, or never. */
static void end_unheard(struct world *w, struct ship *s) {
        s->under_way = s->unheard = false;
        if (s->stops && !one_in(&w->seed, 3)) {
                stop(w, s, 143, TOLD_STOPPED);
        } else if (!s->stops && (s->half_done || !one_in(&w->seed, 3))) {
                if (!s->half_done || !one_in(&w->seed, 4))
                        start(w, s);
        } else if (!s->stops) {
                s->n_restarts--;
                s->n_since_release -= s->n_since_release > 0;
                s->n_in_episode -= s->n_in_episode > 0;
        }
}

/* As record does it. */
static void hear_of_result(struct ship *s, struct memory *m) {
        m->intent = DECISION_NONE;
        if (!s->stops)
                return;
        m->quarantined = QUARANTINED_BY_AUTOHEAL;
        m->quarantine_reason = REASON_STOPPED;
        m->quarantined_us = s->action_us;
        s->quarantined = true;
}

static void go_on_with_action(struct world *w, struct ship *s) {
        struct memory *m = state_find(&w->state, s->name);

        if (s->unheard && w->now.wall_us - s->action_us >= UNHEARD_US) {
                end_unheard(w, s);
                return;
        }
        s->unheard |= w->now.wall_us - s->action_us < UNHEARD_US && one_in(&w->seed, 8);
        if (!s->half_done && !s->stops && s->c.state == CONTAINER_RUNNING && one_in(&w->seed, 3)) {
                stop(w, s, 143, TOLD_STOPPED);
                s->half_done = true;
        }
        if (!one_in(&w->seed, 3))
                return;
        if (s->unheard) {
                end_unheard(w, s);
                return;
        }
        s->under_way = false;
        if (m)
                hear_of_result(s, m);
        if (s->stops) {
                stop(w, s, 143, TOLD_STOPPED);
                return;
        }
        /* Or its start half fails. */
        if (!one_in(&w->seed, 6))
                start(w, s);
}

static void person_acts(struct world *w, struct ship *s) {
        static const int64_t codes[] = { 0, 137, 143 };
        struct memory *m = state_find(&w->state, s->name);

        switch (below(&w->seed, 7)) {
        case 0:
                if (s->c.state == CONTAINER_RUNNING) {
                        /* Under a policy that restarts, its very being down tells; without one, only these codes do. */
                        stop(w, s, s->c.policy == POLICY_NO ? codes[below(&w->seed, 3)] : below(&w->seed, 256), TOLD_STOPPED);
                        /* What a person does while we are at it can look like our doing. */
                        s->by_hand = w->now.wall_us - s->action_us > SETTLING_US;
                }
                break;
        case 5:
                if (s->c.state == CONTAINER_RUNNING)
                        s->c.kill_us = engine_now(w);
                break;
        case 1:
                if (s->c.state == CONTAINER_EXITED)
                        start(w, s);
                break;
        case 2:
                create(w, s, one_in(&w->seed, 2));
                break;
        case 3:
                if (!m)
                        break;
                m->quarantined = QUARANTINED_BY_PERSON;
                m->quarantine_reason = REASON_REQUESTED;
                s->quarantined = true;
                break;
        case 4:
                if (!m)
                        break;
                m->quarantined = QUARANTINED_NOT;
                m->quarantine_reason = REASON_NONE;
                m->n_restarts = 0;
                m->episode_restarts = 0;
                s->quarantined = false;
                s->n_since_release = s->n_in_episode = 0;
                break;
        default:
                w->state.maintenance.enabled = !w->state.maintenance.enabled;
                w->state.maintenance.until_us = one_in(&w->seed, 2) ? 0 : w->now.wall_us + below(&w->seed, 600) * US_PER_S;
        }
}

static void container_acts(struct world *w, struct ship *s) {
        if (s->c.state == CONTAINER_EXITED)
                return;
        if (s->c.state == CONTAINER_PAUSED || one_in(&w->seed, 12)) {
                s->c.state = s->c.state == CONTAINER_PAUSED ? CONTAINER_RUNNING : CONTAINER_PAUSED;
        } else if (one_in(&w->seed, 4) && s->c.policy == POLICY_NO) {
                stop(w, s, 1 + below(&w->seed, 3), TOLD_CRASHED);
        } else if (one_in(&w->seed, 2) && s->c.health != HEALTH_NONE) {
                s->c.health = one_in(&w->seed, 3) ? HEALTH_HEALTHY : HEALTH_UNHEALTHY;
                s->c.probe_end_us = engine_now(w);
        } else if (one_in(&w->seed, 8) && s->c.policy == POLICY_ALWAYS) {
                s->c.restart_count++;
                start(w, s);
        }
}

static void pass_time(struct world *w) {
        static const int64_t most_s[] = { 2, 15, 70, 70, 400, 4000 };
        int64_t us = below(&w->seed, most_s[below(&w->seed, 6)] * US_PER_S) + 1;

        if (one_in(&w->seed, 200))
                us += 86400 * US_PER_S;
        w->now.wall_us += us;
        w->now.mono_ms += us / US_PER_MS;
        for (size_t i = 0; i < w->n; i++) {
                struct ship *s = &w->fleet[i];

                if (s->under_way)
                        go_on_with_action(w, s);
                else if (one_in(&w->seed, 8))
                        person_acts(w, s);
                else if (one_in(&w->seed, 2))
                        container_acts(w, s);
        }
}

/* ---- Looking and deciding ---- */

static size_t list_in_flight(struct world *w, struct in_flight *ret) {
        size_t n = 0;

        for (size_t i = 0; i < w->n; i++)
                if (w->fleet[i].under_way && !w->fleet[i].unheard)
                        ret[n++] = (struct in_flight){ .stable_id = w->fleet[i].name,
                                                       .container_id = w->fleet[i].id,
                                                       .decision = DECISION_RESTART };
        return n;
}

static struct selection *look(struct world *w, struct arena *a) {
        size_t *needs;

        w->obs = (struct observation){ .containers = w->listed,
                                       .n = w->n,
                                       .at = w->now,
                                       .engine_now_us = engine_now(w),
                                       .self_id = "",
                                       .self_host = "",
                                       .engine_host = "" };
        for (size_t i = 0; i < w->n; i++) {
                w->listed[i] = w->fleet[i].c;
                w->listed[i].inspected = false;
                w->listed[i].exit_told = TOLD_NOTHING;
                w->listed[i].kill_us = 0;
                w->listed[i].up_s = (engine_now(w) - w->fleet[i].c.started_us) / US_PER_S;
        }

        struct selection *sel = decide_select(&w->config, &w->obs, a);
        size_t n = decide_needs(&w->state, &w->obs, sel, a, &needs);

        for (size_t i = 0; i < n; i++)
                w->listed[needs[i]].inspected = true;
        w->obs.journal_read = decide_wants_journal(&w->state, &w->obs, sel) && !one_in(&w->seed, 8);
        w->obs.journal_oldest_us = START_US - 86400 * US_PER_S;
        for (size_t i = 0; w->obs.journal_read && i < w->n; i++) {
                const struct container *c = &w->fleet[i].c;

                if (c->state == CONTAINER_RUNNING)
                        w->listed[i].kill_us = c->kill_us;
                /* Half of the ends are lost in the noise. */
                if (c->state == CONTAINER_EXITED && w->listed[i].inspected && one_in(&w->seed, 2))
                        w->listed[i].exit_told = c->exit_told;
        }
        return sel;
}

static void think(struct world *w, const struct state *state, const struct selection *sel, struct plan *plan, struct state *next,
                  struct arena *a) {
        struct in_flight in_flight[FLEET];
        struct decide_input in = { .config = &w->config,
                                   .state = state,
                                   .observation = &w->obs,
                                   .selection = sel,
                                   .in_flight = in_flight,
                                   .n_in_flight = list_in_flight(w, in_flight),
                                   .now = w->now };

        decide(plan, next, &in, a);
}

/* ---- What never happens ---- */

static size_t restarts_in_window(const struct world *w, const struct ship *s) {
        size_t n = 0;

        while (n < s->n_since_release &&
               w->now.wall_us - s->restarts_us[s->n_restarts - 1 - n] < w->config.restart.max_restarts_window_seconds * US_PER_S)
                n++;
        return n;
}

/* A person is stopping it, and the journal told so. Right after an action of ours the signal may be ours. */
static bool is_being_stopped(const struct world *w, const struct ship *s) {
        int64_t age_us = engine_now(w) - s->c.kill_us;

        return w->obs.journal_read && s->c.state == CONTAINER_RUNNING && s->c.kill_us && age_us <= STOPPING_US &&
               w->now.wall_us - age_us - s->action_us > SETTLING_US;
}

/* Replicas beside this one that are down because we restarted or stopped them while they ran. */
static int64_t replicas_down(const struct world *w, const struct ship *s) {
        int64_t n = 0;

        for (size_t i = 0; s->c.n_labels == 5 && i < w->n; i++) {
                const struct ship *other = &w->fleet[i];

                n += other != s && other->c.n_labels == 5 && other->under_way && other->was_running;
        }
        return n;
}

static int64_t restarts_in_interval(const struct world *w) {
        int64_t n = 0, since_us = w->now.wall_us - w->config.monitor.interval_seconds * US_PER_S;

        for (size_t i = 0; i < w->n; i++)
                for (size_t k = w->fleet[i].n_restarts; k > 0 && w->fleet[i].restarts_us[k - 1] > since_us; k--)
                        n++;
        return n;
}

static void check_brakes(const struct world *w, const struct ship *s, const struct plan_item *item, bool storm) {
        if (s->c.state == CONTAINER_RUNNING)
                assert_true(replicas_down(w, s) < w->config.brake.max_unavailable);
        if (!storm)
                return;
        assert_int_equal(item->decision, DECISION_RESTART);
        assert_true(restarts_in_interval(w) < w->config.brake.restarts_per_interval);
}

static void check_act(const struct world *w, const struct ship *s, const struct plan_item *item) {
        bool loop = item->verdict_reason == REASON_CRASH_LOOP;

        assert_false(is_being_stopped(w, s));
        const struct maintenance *m = &w->state.maintenance;

        assert_true(item->monitored);
        assert_string_equal(s->labels[0].value, "true");
        assert_false(s->quarantined);
        assert_false(m->enabled && (m->until_us == 0 || m->until_us > w->now.wall_us));
        assert_false(s->by_hand);
        assert_false(s->under_way);
        assert_true(s->c.state == CONTAINER_RUNNING || s->c.state == CONTAINER_EXITED);
        assert_true(s->c.state == CONTAINER_EXITED || s->c.health == HEALTH_UNHEALTHY || loop);
        assert_string_equal(s->labels[1].value, item->decision == DECISION_RESTART ? "restart" : "stop");
}

static void check_restart(const struct world *w, const struct ship *s) {
        size_t in_window = restarts_in_window(w, s);

        assert_true((int64_t)in_window < w->config.restart.max_restarts);
        assert_true((int64_t)s->n_in_episode < w->config.restart.max_restarts);
        if (s->n_restarts == 0)
                return;

        int64_t apart_s = w->now.wall_us / US_PER_S - s->restarts_us[s->n_restarts - 1] / US_PER_S;

        assert_true(apart_s >= w->config.restart.cooldown_seconds);
        assert_true(apart_s >= backoff_wait_s(&w->config, w->config.restart.cooldown_seconds, (int64_t)in_window + 1));
}

/* A stop of which nobody had heard turned out to be done. */
static bool tells_of_stop(const struct plan *plan, const char *stable_id) {
        for (size_t i = 0; i < plan->n_events; i++)
                if (plan->events[i].type == EVENT_QUARANTINE && str_eq(plan->events[i].status, "quarantined") &&
                    str_eq(plan->events[i].reason, "stopped") && str_eq(plan->events[i].stable_id, stable_id))
                        return true;
        return false;
}

static void write_down(struct world *w, struct ship *s, const struct plan_item *item, bool was_stopped, bool storm) {
        if (item->decision == DECISION_RESTART || item->decision == DECISION_STOP) {
                check_act(w, s, item);
                check_brakes(w, s, item, storm);
                s->under_way = true;
                s->was_running = s->c.state == CONTAINER_RUNNING;
                s->stops = item->decision == DECISION_STOP;
                s->half_done = false;
                s->action_us = w->now.wall_us;
        }
        if (item->decision == DECISION_RESTART) {
                check_restart(w, s);
                assert_true(s->n_restarts < BOOK_MAX);
                s->restarts_us[s->n_restarts++] = w->now.wall_us;
                s->n_since_release++;
                s->n_in_episode++;
        }
        assert_false(storm && item->decision == DECISION_QUARANTINE);
        if (item->decision == DECISION_QUARANTINE || was_stopped)
                s->quarantined = true;
        if (item->decision == DECISION_RELEASE) {
                assert_true(s->quarantined);
                s->quarantined = false;
                s->n_since_release = s->n_in_episode = 0;
        }
        if (item->verdict == VERDICT_OK && item->decision == DECISION_NONE)
                s->n_in_episode = 0;
        if (item->monitored)
                assert_int_equal(item->quarantined, s->quarantined);
}

static void check_items(const struct plan *plan) {
        for (size_t i = 0; i < plan->n; i++) {
                assert_int_not_equal(plan->items[i].reason, REASON_NONE);
                assert_true(plan->items[i].detail && *plan->items[i].detail);
                assert_true(strlen(plan->items[i].detail) < 300);
        }
}

static void check_same_plan(const struct plan *a, const struct plan *b) {
        assert_int_equal(a->n, b->n);
        assert_int_equal(a->n_events, b->n_events);
        for (size_t i = 0; i < a->n; i++) {
                assert_int_equal(a->items[i].decision, b->items[i].decision);
                assert_int_equal(a->items[i].reason, b->items[i].reason);
                assert_int_equal(a->items[i].until_us, b->items[i].until_us);
                assert_string_equal(a->items[i].detail, b->items[i].detail);
        }
}

static void check_same_memory(const struct memory *a, const struct memory *b) {
        struct memory x = *a, y = *b;

        assert_string_equal(x.stable_id, y.stable_id);
        assert_string_equal(x.container_id, y.container_id);
        assert_string_equal(x.image_id, y.image_id);
        assert_string_equal(x.config_hash, y.config_hash);
        assert_string_equal(x.name, y.name);
        assert_int_equal(x.n_restarts, y.n_restarts);
        if (x.n_restarts)
                assert_memory_equal(x.restarts_us, y.restarts_us, x.n_restarts * sizeof(*x.restarts_us));
        assert_int_equal(x.n_said, y.n_said);
        assert_int_equal(x.quarantined, y.quarantined);
        assert_int_equal(x.quarantine_reason, y.quarantine_reason);
        assert_int_equal(x.verdict, y.verdict);
        assert_int_equal(x.lifetime_known, y.lifetime_known);
        assert_int_equal(x.intent, y.intent);
        assert_int_equal(x.exit_told, y.exit_told);
        assert_int_equal(x.engine_stopped, y.engine_stopped);
        const int64_t numbers[][2] = {
                { x.quarantined_us, y.quarantined_us },
                { x.started_us, y.started_us },
                { x.finished_us, y.finished_us },
                { x.restart_count, y.restart_count },
                { x.lifetime_restarts, y.lifetime_restarts },
                { x.episode_us, y.episode_us },
                { x.episode_restarts, y.episode_restarts },
                { x.verdict_us, y.verdict_us },
                { x.ok_us, y.ok_us },
                { x.ok_started_us, y.ok_started_us },
                { x.paused_us, y.paused_us },
                { x.last_restart_us, y.last_restart_us },
                { x.last_own_restart_us, y.last_own_restart_us },
                { x.own_action_us, y.own_action_us },
                { x.own_action_end_us, y.own_action_end_us },
                { x.first_exited_us, y.first_exited_us },
                { x.gone_us, y.gone_us },
                { x.held_until_us, y.held_until_us },
        };
        for (size_t i = 0; i < N_ELEMENTS(numbers); i++)
                assert_int_equal(numbers[i][0], numbers[i][1]);
}

/* Once more, with what was decided under way: nothing is started, told or written again. */
static void check_settled(struct world *w, const struct state *next, const struct selection *sel, struct arena *a) {
        struct plan plan;
        struct state again;

        think(w, next, sel, &plan, &again, a);
        for (size_t i = 0; i < plan.n; i++) {
                assert_int_not_equal(plan.items[i].decision, DECISION_RESTART);
                assert_int_not_equal(plan.items[i].decision, DECISION_STOP);
                assert_int_not_equal(plan.items[i].decision, DECISION_QUARANTINE);
                assert_int_not_equal(plan.items[i].decision, DECISION_RELEASE);
                assert_int_not_equal(plan.items[i].decision, DECISION_NOTIFY);
        }
        assert_int_equal(plan.n_events, 0);
        assert_int_equal(again.n, next->n);
        for (size_t i = 0; i < next->n; i++)
                check_same_memory(&again.memories[i], &next->memories[i]);
        state_release(&again);
}

/* The state of each step lives in an arena of its own; the one before goes. */
static void turn(struct world *w) {
        struct arena *a = xcalloc(1, sizeof(*a));
        struct plan plan, twin;
        struct state next, twin_next;

        *a = (struct arena)ARENA_INIT(32 * 1024);

        const struct selection *sel = look(w, a);
        struct in_flight under_way[FLEET];
        think(w, &w->state, sel, &plan, &next, a);
        think(w, &w->state, sel, &twin, &twin_next, a);
        check_same_plan(&plan, &twin);
        check_items(&plan);
        for (size_t i = 0; i < plan.n; i++)
                write_down(w, &w->fleet[i], &plan.items[i], tells_of_stop(&plan, w->fleet[i].name), next.storm_us != 0);
        assert_true((int64_t)list_in_flight(w, under_way) <= w->config.restart.max_parallel);
        check_settled(w, &next, sel, a);
        state_release(&twin_next);
        state_release(&w->state);
        arena_release(w->arena);
        free(w->arena);
        w->arena = a;
        w->state = next;
}

static size_t live_through(uint64_t seed) {
        struct arena *a = xcalloc(1, sizeof(*a));
        struct world *w = xcalloc(1, sizeof(*w));
        size_t restarts = 0;

        *a = (struct arena)ARENA_INIT(32 * 1024);
        build(w, seed, a);
        for (int i = 0; i < STEPS; i++) {
                turn(w);
                pass_time(w);
        }
        for (size_t i = 0; i < w->n; i++)
                restarts += w->fleet[i].n_restarts;
        state_release(&w->state);
        arena_release(w->arena);
        free(w->arena);
        free(w);
        return restarts;
}

static void random_histories_break_no_promise(void **state) {
        size_t restarts = 0;

        (void)state;
        for (uint64_t seed = 1; seed <= HISTORIES; seed++)
                restarts += live_through(seed * UINT64_C(0x9e3779b97f4a7c15));
        /* A book without restarts would prove nothing. */
        assert_true(restarts > (size_t)HISTORIES * 5);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(random_histories_break_no_promise),
        };

        return cmocka_run_group_tests_name("decide properties", tests, NULL, NULL);
}
