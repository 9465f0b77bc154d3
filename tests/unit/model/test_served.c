/* SPDX-License-Identifier: MIT */
/* Restarts for the sake of a parent: for which of its starts, once, and counted only when they fail. */
#include "autoheal/model/state.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ID    "1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef"
#define OTHER "abcdef1234561234567890abcdef1234567890abcdef1234567890abcdef1234"

struct fixture {
        struct arena a;
        struct memory m;
};

static int make(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));

        f->a = (struct arena)ARENA_INIT(1024);
        f->m = (struct memory){ .stable_id = "app" };
        *state = f;
        return 0;
}

static int drop(void **state) {
        struct fixture *f = *state;

        arena_release(&f->a);
        free(f);
        return 0;
}

static void one_start_of_one_parent_is_served(void **state) {
        struct fixture *f = *state;

        assert_false(memory_has_served(&f->m, ID, 1000));
        memory_serve(&f->m, ID, 1000, 5, &f->a);
        assert_true(memory_has_served(&f->m, ID, 1000));
        assert_false(memory_has_served(&f->m, ID, 100));
        assert_false(memory_has_served(&f->m, ID, 10000));
        assert_false(memory_has_served(&f->m, OTHER, 1000));
        assert_true(memory_served_by(&f->m, 5));
        assert_false(memory_served_by(&f->m, 55));
        assert_false(memory_served_by(&f->m, 0));
}

static void the_next_start_takes_the_place_of_the_one_before(void **state) {
        struct fixture *f = *state;

        memory_say(&f->m, "something else", &f->a);
        memory_serve(&f->m, OTHER, 7, 4, &f->a);
        for (int64_t i = 1; i <= 100; i++)
                memory_serve(&f->m, ID, i, 1000 + i, &f->a);
        assert_int_equal(f->m.n_said, 3);
        assert_true(memory_has_served(&f->m, ID, 100));
        assert_false(memory_has_served(&f->m, ID, 99));
        assert_true(memory_has_served(&f->m, OTHER, 7));
        assert_true(memory_said(&f->m, "something else"));
}

static void what_has_failed_serves_nothing_and_counts(void **state) {
        struct fixture *f = *state;

        memory_serve(&f->m, ID, 1000, 5, &f->a);
        memory_serve(&f->m, OTHER, 2000, 5, &f->a);
        memory_restart_failed(&f->m, 5, &f->a);
        assert_false(memory_has_served(&f->m, ID, 1000));
        assert_false(memory_has_served(&f->m, OTHER, 2000));
        assert_int_equal(f->m.n_restarts, 1);
        assert_int_equal(f->m.restarts_us[0], 5);
        assert_int_equal(f->m.episode_restarts, 1);
        memory_restart_failed(&f->m, 5, &f->a);
        assert_int_equal(f->m.episode_restarts, 1);
}

static void another_failure_counts_as_it_was_counted(void **state) {
        struct fixture *f = *state;

        memory_serve(&f->m, ID, 1000, 5, &f->a);
        memory_restart_failed(&f->m, 6, &f->a);
        memory_restart_failed(&f->m, 0, &f->a);
        assert_int_equal(f->m.n_restarts, 0);
        assert_true(memory_has_served(&f->m, ID, 1000));
}

static void what_is_taken_back_serves_nothing(void **state) {
        struct fixture *f = *state;

        f->m.own_action_us = f->m.last_own_restart_us = f->m.last_restart_us = 5;
        f->m.lifetime_restarts = 1;
        memory_serve(&f->m, ID, 1000, 5, &f->a);
        memory_take_back_restart(&f->m, 5);
        assert_false(memory_has_served(&f->m, ID, 1000));
        assert_int_equal(f->m.n_restarts, 0);
        assert_int_equal(f->m.lifetime_restarts, 0);
        assert_int_equal(f->m.last_own_restart_us, 0);
        assert_int_equal(f->m.own_action_us, 0);
}

/* An id is what the engine says it is, and times are what files say. */
static void absurd_values_stay_apart(void **state) {
        struct fixture *f = *state;

        memory_serve(&f->m, "", INT64_MIN, INT64_MAX, &f->a);
        memory_serve(&f->m, ID, INT64_MAX, INT64_MIN, &f->a);
        assert_true(memory_has_served(&f->m, "", INT64_MIN));
        assert_true(memory_has_served(&f->m, ID, INT64_MAX));
        assert_true(memory_served_by(&f->m, INT64_MAX));
        memory_serve_nothing(&f->m, INT64_MIN);
        assert_false(memory_has_served(&f->m, ID, INT64_MAX));
        assert_true(memory_has_served(&f->m, "", INT64_MIN));
}

static void what_was_said_is_forgotten_by_its_ends(void **state) {
        struct fixture *f = *state;

        memory_say(&f->m, "aba", &f->a);
        memory_say(&f->m, "ab", &f->a);
        memory_say(&f->m, "b", &f->a);
        memory_unsay(&f->m, "ab", "ba");
        assert_int_equal(f->m.n_said, 3);
        memory_unsay(&f->m, "ab", "");
        assert_int_equal(f->m.n_said, 1);
        memory_unsay(&f->m, "", "");
        assert_int_equal(f->m.n_said, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(one_start_of_one_parent_is_served),         TEST(the_next_start_takes_the_place_of_the_one_before),
                TEST(what_has_failed_serves_nothing_and_counts), TEST(another_failure_counts_as_it_was_counted),
                TEST(what_is_taken_back_serves_nothing),         TEST(absurd_values_stay_apart),
                TEST(what_was_said_is_forgotten_by_its_ends),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
