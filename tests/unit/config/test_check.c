/* SPDX-License-Identifier: MIT */
/* Combinations that can hardly quarantine, with the numbers in the warning. */
#include "fixture.h"

static const char *settings(struct arena *a, int interval, int cooldown, const char *max_restarts, const char *window,
                            const char *backoff) {
        return arena_printf(a,
                            "{\"monitor\":{\"interval_seconds\":%d},\"restart\":{\"cooldown_seconds\":%d,\"max_restarts\":%s,"
                            "\"max_restarts_window_seconds\":%s,\"backoff\":%s}}",
                            interval, cooldown, max_restarts, window, backoff);
}

static void waits_are_rounded_up_to_passes(void **data) {
        struct fixture *f = *data;
        struct arena *a = &f->arena;

        /* Waits of 70, 80, 100 and 140 s end at passes after 90, 90, 120 and 150 s. */
        check_clean(f, settings(a, 30, 60, "5", "450", "{}"));
        assert_int_equal(load(f, settings(a, 30, 60, "5", "449", "{}")), 0);
        assert_int_equal(f->issues.n, 1);
        check_issue(&f->issues, false, "restart.max_restarts",
                    "5 restarts take at least 450 s with cooldown 60 s, back-off and a pass every 30 s, longer than "
                    "restart.max_restarts_window_seconds (449): only the limit per episode can quarantine");
}

static void without_back_off_only_cooldown_and_interval_count(void **data) {
        struct fixture *f = *data;
        struct arena *a = &f->arena;

        check_clean(f, settings(a, 30, 60, "11", "600", "{\"enabled\":false}"));
        assert_int_equal(load(f, settings(a, 30, 60, "12", "600", "{\"enabled\":false}")), 0);
        check_issue(&f->issues, false, "restart.max_restarts",
                    "12 restarts take at least 660 s with cooldown 60 s and a pass every 30 s, longer than "
                    "restart.max_restarts_window_seconds (600): only the limit per episode can quarantine");
}

static void even_without_a_wait_the_next_restart_is_a_pass_later(void **data) {
        struct fixture *f = *data;

        check_clean(f, settings(&f->arena, 30, 0, "3", "60", "{\"enabled\":false}"));
        assert_int_equal(load(f, settings(&f->arena, 30, 0, "3", "59", "{\"enabled\":false}")), 0);
        assert_int_equal(f->issues.n, 1);
}

static void the_longest_wait_bounds_the_back_off(void **data) {
        struct fixture *f = *data;

        /* 1, 10, 15, 15 instead of 1, 10, 100, 1000. */
        check_clean(f, settings(&f->arena, 1, 0, "5", "41", "{\"initial_seconds\":1,\"multiplier\":10,\"max_seconds\":15}"));
        assert_int_equal(
                load(f, settings(&f->arena, 1, 0, "5", "40", "{\"initial_seconds\":1,\"multiplier\":10,\"max_seconds\":15}")), 0);
        assert_int_equal(f->issues.n, 1);
}

static void one_restart_always_fits(void **data) {
        struct fixture *f = *data;

        check_clean(f, settings(&f->arena, 31536000, 31536000, "1", "1", "{}"));
}

static void extreme_numbers_neither_overflow_nor_take_long(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, settings(&f->arena, 31536000, 31536000, "9223372036854775807", "31536000",
                                          "{\"multiplier\":1.0000001,\"max_seconds\":31536000}")),
                         0);
        assert_int_equal(f->issues.n, 1);
        assert_int_equal(load(f, settings(&f->arena, 1, 0, "9223372036854775807", "1", "{\"multiplier\":1e308}")), 0);
        assert_int_equal(f->issues.n, 1);
}

static void on_failure_alone_is_doubtful(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, "{\"restart\":{\"mode\":\"on-failure\"}}"), 0);
        check_issue(&f->issues, false, "restart.mode", "on-failure: unhealthy containers are not healed");
        check_clean(f, "{\"restart\":{\"mode\":\"health\"}}");
}

static void a_variable_is_named_where_it_has_the_value(void **data) {
        struct fixture *f = *data;
        const struct env_var mode = { "AUTOHEAL_RESTART_MODE", "on-failure" },
                             other = { "AUTOHEAL_RESTART_COOLDOWN_SECONDS", "900" };

        assert_int_equal(load_with(f, "{\"restart\":{\"mode\":\"health\"}}", &mode, 1), 0);
        check_issue(&f->issues, false, "AUTOHEAL_RESTART_MODE", "on-failure: unhealthy containers are not healed");
        assert_int_equal(f->issues.n, 1);
        assert_int_equal(load_with(f, "{\"restart\":{\"mode\":\"on-failure\"}}", &other, 1), 0);
        check_issue(&f->issues, false, "restart.mode", "on-failure: unhealthy containers are not healed");
        assert_non_null(find_issue(&f->issues, "AUTOHEAL_RESTART_COOLDOWN_SECONDS"));
        assert_int_equal(f->issues.n, 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(waits_are_rounded_up_to_passes),
                WITH_LOAD(without_back_off_only_cooldown_and_interval_count),
                WITH_LOAD(even_without_a_wait_the_next_restart_is_a_pass_later),
                WITH_LOAD(the_longest_wait_bounds_the_back_off),
                WITH_LOAD(one_restart_always_fits),
                WITH_LOAD(extreme_numbers_neither_overflow_nor_take_long),
                WITH_LOAD(on_failure_alone_is_doubtful),
                WITH_LOAD(a_variable_is_named_where_it_has_the_value),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
