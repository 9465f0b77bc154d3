/* SPDX-License-Identifier: MIT */
/*
 * Random families of containers that depend on one another, restarted by anybody at any time, under clocks that jump: for one start of
 * a parent each is restarted once, never while its network's owner is down, and when all are well it comes to rest.
 */
#include "autoheal/decide/decide.h"
#include "autoheal/util/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HISTORIES 400
#define STEPS     60
#define REST      200 /* steps without any event, after which nothing may happen any more: longer than the clocks jump */
#define FAMILY    7
#define SERVED    64 /* starts of parents that are remembered by the book, per container */
#define START_US  (INT64_C(1767268800) * US_PER_S)

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

struct child {
        struct container c;
        char name[32], id[96], network[112], depends[64];
        struct label labels[3];
        size_t parent; /* whose network it shares; SIZE_MAX */
        int64_t served[SERVED];
        size_t n_served;
};

struct world {
        uint64_t seed;
        struct config config;
        struct child family[FAMILY];
        struct container listed[FAMILY];
        size_t n;
        struct observation obs;
        struct now now;
        int64_t engine_skew_us;
        struct arena *arena;
        struct state state;
        size_t restarts;
};

static int64_t engine_now(const struct world *w) {
        return w->now.wall_us + w->engine_skew_us;
}

static void start(struct world *w, size_t at) {
        struct child *x = &w->family[at];

        w->engine_skew_us++; /* no two starts at one moment */
        x->c.state = CONTAINER_RUNNING;
        x->c.started_us = engine_now(w);
        x->c.health = x->c.health == HEALTH_NONE ? HEALTH_NONE : HEALTH_HEALTHY;
        x->c.probe_end_us = engine_now(w);
        x->c.state_error = "";
}

static void build_child(struct world *w, size_t at) {
        struct child *x = &w->family[at];

        (void)snprintf(x->name, sizeof(x->name), "c%zu", at);
        (void)snprintf(x->id, sizeof(x->id), "%zx%063x", at + 1, 0u);
        x->parent = SIZE_MAX;
        (void)snprintf(x->network, sizeof(x->network), "bridge");
        if (at > 0 && one_in(&w->seed, 2)) {
                x->parent = (size_t)below(&w->seed, (int64_t)at);
                (void)snprintf(x->network, sizeof(x->network), "container:%s", w->family[x->parent].id);
        }
        /* Circles too. */
        (void)snprintf(x->depends, sizeof(x->depends), "c%lld,c%lld", (long long)below(&w->seed, FAMILY),
                       (long long)below(&w->seed, FAMILY));
        x->labels[0] = (struct label){ "autoheal", one_in(&w->seed, 5) ? "false" : "true" };
        x->labels[1] = (struct label){ "autoheal.depends_on", x->depends };
        x->c = (struct container){ .id = x->id,
                                   .name = x->name,
                                   .image = "app",
                                   .image_id = "sha256:1",
                                   .labels = x->labels,
                                   .n_labels = one_in(&w->seed, 2) ? 2 : 1,
                                   .network_mode = x->network,
                                   .status = "",
                                   .state_error = "",
                                   .probe_output = "",
                                   .stop_timeout_s = STOP_TIMEOUT_UNSET,
                                   .stop_signal = 15,
                                   .health = one_in(&w->seed, 3) ? HEALTH_NONE : HEALTH_HEALTHY };
        start(w, at);
}

static void build(struct world *w, uint64_t seed) {
        *w = (struct world){ .seed = seed, .now = { .mono_ms = 1, .wall_us = START_US } };
        for (int i = 0; i < 10; i++)
                (void)random_next(&w->seed);
        config_defaults(&w->config);
        w->config.restart.cooldown_seconds = below(&w->seed, 2) * 30;
        /* Quarantine and the grace of exits are other tests'. */
        w->config.restart.max_restarts = 1000;
        w->config.restart.exit_grace_seconds = 0;
        w->config.brake.enabled = one_in(&w->seed, 2);
        w->n = FAMILY;
        w->arena = xcalloc(1, sizeof(*w->arena));
        *w->arena = (struct arena)ARENA_INIT(32 * 1024);
        state_init(&w->state, w->arena);
        for (size_t i = 0; i < w->n; i++)
                build_child(w, i);
}

/* ---- What others do ---- */

static void anybody_acts(struct world *w) {
        size_t at = (size_t)below(&w->seed, (int64_t)w->n);
        struct child *x = &w->family[at];

        switch (below(&w->seed, 5)) {
        case 0:
        case 1:
                if (x->c.state == CONTAINER_RUNNING)
                        start(w, at);
                break;
        case 2:
                if (x->c.health != HEALTH_NONE && x->c.state == CONTAINER_RUNNING)
                        x->c.health = HEALTH_UNHEALTHY;
                break;
        case 3:
                if (x->c.state == CONTAINER_RUNNING) {
                        x->c.state = CONTAINER_EXITED;
                        x->c.exit_code = 3;
                        x->c.finished_us = engine_now(w);
                }
                break;
        default:
                /* A clock jumps, either way. */
                if (one_in(&w->seed, 4))
                        w->engine_skew_us += (below(&w->seed, 1200) - 600) * US_PER_S;
        }
}

/* ---- A pass ---- */

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
                int64_t run_us = engine_now(w) - w->family[i].c.started_us;

                w->listed[i] = w->family[i].c;
                w->listed[i].inspected = false;
                w->listed[i].started_us = w->listed[i].finished_us = 0;
                w->listed[i].up_s = run_us < 0 ? 0 : run_us < 60 * US_PER_S ? run_us / US_PER_S : run_us / (60 * US_PER_S) * 60;
        }

        struct selection *sel = decide_select(&w->config, &w->obs, a);
        size_t n = decide_needs(&w->state, &w->obs, sel, a, &needs);

        for (size_t i = 0; i < n; i++) {
                w->listed[needs[i]] = w->family[needs[i]].c;
                w->listed[needs[i]].inspected = true;
        }
        w->obs.journal_read = decide_wants_journal(&w->state, &w->obs, sel);
        w->obs.journal_oldest_us = 1;
        for (size_t i = 0; w->obs.journal_read && i < w->n; i++)
                if (w->listed[i].state == CONTAINER_EXITED && w->listed[i].inspected)
                        w->listed[i].exit_told = TOLD_CRASHED;
        return sel;
}

static bool has_served(const struct child *x, int64_t started_us) {
        for (size_t i = 0; i < x->n_served; i++)
                if (x->served[i] == started_us)
                        return true;
        return false;
}

static void check_restart(struct world *w, struct child *x, const struct plan_item *item) {
        const struct child *p = x->parent == SIZE_MAX ? NULL : &w->family[x->parent];

        assert_string_equal(x->labels[0].value, "true");
        if (p)
                assert_int_equal(p->c.state, CONTAINER_RUNNING);
        if (item->verdict_reason != REASON_STALE_NETWORK)
                return;
        /* For each start once, whatever the clocks say. */
        assert_non_null(p);
        assert_false(has_served(x, p->c.started_us));
        assert_true(x->n_served < SERVED);
        x->served[x->n_served++] = p->c.started_us;
}

/* The action succeeds at once, as record would have it. */
static void act(struct world *w, size_t at, struct state *next) {
        struct memory *m = state_find(next, w->family[at].name);

        w->restarts++;
        if (w->family[at].c.state == CONTAINER_RUNNING)
                w->family[at].c.finished_us = engine_now(w);
        start(w, at);
        m->intent = DECISION_NONE;
}

static size_t pass(struct world *w) {
        struct arena *a = xcalloc(1, sizeof(*a));
        struct plan plan;
        struct state next;
        size_t acted = w->restarts;

        *a = (struct arena)ARENA_INIT(32 * 1024);

        const struct selection *sel = look(w, a);
        struct decide_input in = {
                .config = &w->config, .state = &w->state, .observation = &w->obs, .selection = sel, .now = w->now
        };

        decide(&plan, &next, &in, a);
        for (size_t i = 0; i < plan.n; i++) {
                assert_int_not_equal(plan.items[i].decision, DECISION_QUARANTINE);
                if (plan.items[i].decision == DECISION_RESTART)
                        check_restart(w, &w->family[i], &plan.items[i]);
        }
        for (size_t i = 0; i < plan.n; i++)
                if (plan.items[i].decision == DECISION_RESTART)
                        act(w, i, &next);
        next.last_pass_us = w->now.wall_us;
        state_release(&w->state);
        arena_release(w->arena);
        free(w->arena);
        w->arena = a;
        w->state = next;
        return w->restarts - acted;
}

static void pass_time(struct world *w) {
        int64_t s = 1 + below(&w->seed, 70);

        w->now.wall_us += s * US_PER_S;
        w->now.mono_ms += s * 1000;
        for (size_t i = 0; i < w->n; i++)
                w->family[i].c.probe_end_us = engine_now(w);
}

/* ---- What has to come true ---- */

/* As far as clocks can tell, no monitored one that runs beside a running parent lives in a network that is gone. */
static void check_nobody_is_left(const struct world *w) {
        for (size_t i = 0; i < w->n; i++) {
                const struct child *x = &w->family[i], *p = x->parent == SIZE_MAX ? NULL : &w->family[x->parent];

                if (!p || !str_eq(x->labels[0].value, "true") || x->c.state != CONTAINER_RUNNING || p->c.state != CONTAINER_RUNNING)
                        continue;
                assert_true(x->c.started_us > p->c.started_us || has_served(x, p->c.started_us));
        }
}

static size_t live_through(uint64_t seed) {
        struct world *w = xcalloc(1, sizeof(*w));
        size_t late = 0, restarts;

        build(w, seed);
        for (int i = 0; i < STEPS; i++) {
                if (one_in(&w->seed, 3))
                        anybody_acts(w);
                (void)pass(w);
                pass_time(w);
        }
        /* From now on nobody acts but us. */
        for (int i = 0; i < REST; i++) {
                late = pass(w);
                pass_time(w);
        }
        assert_int_equal(late, 0);
        check_nobody_is_left(w);
        restarts = w->restarts;
        state_release(&w->state);
        arena_release(w->arena);
        free(w->arena);
        free(w);
        return restarts;
}

static void families_come_to_rest(void **state) {
        size_t restarts = 0;

        (void)state;
        for (uint64_t seed = 1; seed <= HISTORIES; seed++)
                restarts += live_through(seed * UINT64_C(0x9e3779b97f4a7c15));
        assert_true(restarts > (size_t)HISTORIES * 5);
}

/* ---- Who may be said to depend on whom ---- */

static struct selection *select_all(struct container *list, size_t n, struct arena *a) {
        struct config cfg;
        struct observation obs = { .containers = list, .n = n, .self_id = "", .self_host = "", .engine_host = "" };

        config_defaults(&cfg);
        return decide_select(&cfg, &obs, a);
}

/* A chain as long as an engine may list, and one that bites its own tail: nothing is as deep as that. */
static void depth_is_no_recursion(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(1024 * 1024);
        size_t n = 40000;
        struct container *list = arena_array(&a, n, sizeof(*list));

        (void)state;
        for (size_t i = 0; i < n; i++) {
                struct label *label = arena_array(&a, 2, sizeof(*label));

                label[0] = (struct label){ "autoheal.depends_on", arena_printf(&a, "n%zu", (i + 1) % n) };
                label[1] = (struct label){ "autoheal", "true" };
                list[i] = (struct container){ .id = arena_printf(&a, "%064zx", i + 1),
                                              .name = arena_printf(&a, "n%zu", i),
                                              .image = "",
                                              .image_id = "",
                                              .network_mode = "bridge",
                                              .status = "",
                                              .state = CONTAINER_RUNNING,
                                              .health = HEALTH_HEALTHY,
                                              .state_error = "",
                                              .probe_output = "",
                                              .labels = label,
                                              .n_labels = i + 1 < n ? 2 : 1 };
        }
        list[n - 1].n_labels = 0;

        const struct selection *sel = select_all(list, n, &a);

        assert_int_equal(sel[0].n_parents, 1);
        assert_null(sel[0].circle);

        struct label *tail = arena_array(&a, 1, sizeof(*tail));

        tail[0] = (struct label){ "autoheal.depends_on", "n0" };
        list[n - 1].labels = tail;
        list[n - 1].n_labels = 1;
        sel = select_all(list, n, &a);
        assert_int_equal(sel[0].n_parents, 0);
        assert_non_null(sel[0].circle);
        assert_true(strlen(sel[0].circle) < 200);
}

/* Labels can come from anywhere: what they name is bounded. */
static void labels_are_bounded(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(1024 * 1024);
        struct buf names AUTO(buf_release) = BUF_INIT(64 * 1024);
        struct container list[100];
        struct label hostile[2];

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(list); i++) {
                list[i] = (struct container){ .id = arena_printf(&a, "%064zx", i + 1),
                                              .name = arena_printf(&a, "n%zu", i),
                                              .image = "",
                                              .image_id = "",
                                              .network_mode = "bridge",
                                              .status = "",
                                              .state = CONTAINER_RUNNING,
                                              .state_error = "",
                                              .probe_output = "" };
                buf_addf(&names, "%sn%zu", i ? "," : "", i);
        }
        hostile[0] = (struct label){ "autoheal.depends_on", buf_str(&names) };
        hostile[1] = (struct label){ "com.docker.compose.depends_on", ":::,,:,\xff:\x1b[2J:true,n1:::::true" };
        list[0].labels = hostile;
        list[0].n_labels = 2;
        list[1].network_mode = "container:";
        list[2].network_mode = "container:\x1b[2J";

        const struct selection *sel = select_all(list, N_ELEMENTS(list), &a);

        assert_int_equal(sel[0].n_parents, PARENTS_MAX);
        assert_non_null(sel[1].lost_parent);
        assert_non_null(sel[2].lost_parent);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(families_come_to_rest),
                cmocka_unit_test(depth_is_no_recursion),
                cmocka_unit_test(labels_are_bounded),
        };

        return cmocka_run_group_tests_name("decide dependents", tests, NULL, NULL);
}
