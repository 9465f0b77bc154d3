/* SPDX-License-Identifier: MIT */
/* What is remembered of containers that are gone is bounded, and what counts is not forgotten for that. */
#include "autoheal/decide/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW_US  (INT64_C(1767268800) * US_PER_S)
#define HOUR_US (INT64_C(3600) * US_PER_S)
#define KEPT    1000

/* n that are gone, "gone-0" for the longest: each a second later than the one before, the last `ago_us` before now. */
static void add_gone(struct state *s, size_t n, int64_t ago_us) {
        for (size_t i = 0; i < n; i++) {
                struct memory *m = state_get(s, arena_printf(s->arena, "gone-%zu", i));

                m->container_id = m->name = m->stable_id;
                m->gone_us = NOW_US - ago_us - (int64_t)(n - 1 - i) * US_PER_S;
        }
}

/* One decision about an engine that has no containers. */
static struct state decided(const struct state *before, struct arena *a) {
        struct config config;
        struct observation obs = { .self_id = "", .self_host = "", .engine_host = "", .engine_now_us = NOW_US };
        struct plan plan;
        struct state next;

        config_defaults(&config);
        obs.at = (struct now){ .mono_ms = 1, .wall_us = NOW_US };
        decide(&plan, &next,
               &(struct decide_input){ .config = &config,
                                       .state = before,
                                       .observation = &obs,
                                       .selection = decide_select(&config, &obs, a),
                                       .now = obs.at },
               a);
        return next;
}

static bool knows(const struct state *s, const char *name) {
        return state_find(s, name) != NULL;
}

static void the_longest_gone_go_first(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct state before AUTO(state_release), after AUTO(state_release);

        (void)state;
        state_init(&before, &a);
        add_gone(&before, KEPT + 200, HOUR_US);
        after = decided(&before, &a);
        assert_int_equal(after.n, KEPT);
        assert_false(knows(&after, "gone-0"));
        assert_false(knows(&after, "gone-199"));
        assert_true(knows(&after, "gone-200"));
        assert_true(knows(&after, "gone-1199"));
}

static void as_many_as_that_are_kept(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct state before AUTO(state_release), after AUTO(state_release);

        (void)state;
        state_init(&before, &a);
        add_gone(&before, KEPT, 100 * HOUR_US);
        after = decided(&before, &a);
        assert_int_equal(after.n, KEPT);
}

/* Of an engine that lists nothing because its disk is not there yet, all may be back in a moment. */
static void none_is_forgotten_within_the_hour(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct state before AUTO(state_release), after AUTO(state_release);

        (void)state;
        state_init(&before, &a);
        add_gone(&before, 2 * KEPT, 10 * US_PER_S);
        after = decided(&before, &a);
        assert_int_equal(after.n, 2 * KEPT);
}

static void only_those_that_are_gone_for_an_hour(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct state before AUTO(state_release), after AUTO(state_release);

        (void)state;
        state_init(&before, &a);
        /* The oldest eleven are gone for an hour or longer. */
        add_gone(&before, 2 * KEPT, HOUR_US - (2 * KEPT - 11) * US_PER_S);
        after = decided(&before, &a);
        assert_int_equal(after.n, 2 * KEPT - 11);
        assert_false(knows(&after, "gone-10"));
        assert_true(knows(&after, "gone-11"));
}

static void what_counts_is_kept_and_takes_nobodys_place(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct state before AUTO(state_release), after AUTO(state_release);
        int64_t restart_us = NOW_US - 30 * US_PER_S;

        (void)state;
        state_init(&before, &a);
        add_gone(&before, KEPT + 4, 2 * HOUR_US);
        state_find(&before, "gone-0")->quarantined = QUARANTINED_BY_PERSON;
        state_find(&before, "gone-1")->lifetime_restarts = 1;
        state_find(&before, "gone-2")->restarts_us = &restart_us;
        state_find(&before, "gone-2")->n_restarts = 1;
        after = decided(&before, &a);
        assert_int_equal(after.n, KEPT + 3);
        assert_true(knows(&after, "gone-0") && knows(&after, "gone-1") && knows(&after, "gone-2"));
        assert_false(knows(&after, "gone-3"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_longest_gone_go_first),
                cmocka_unit_test(as_many_as_that_are_kept),
                cmocka_unit_test(none_is_forgotten_within_the_hour),
                cmocka_unit_test(only_those_that_are_gone_for_an_hour),
                cmocka_unit_test(what_counts_is_kept_and_takes_nobodys_place),
        };
        return cmocka_run_group_tests_name("containers that are gone", tests, NULL, NULL);
}
