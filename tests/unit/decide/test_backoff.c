/* SPDX-License-Identifier: MIT */
/* The wait before the k-th restart in the window: the documented formula, and its edges. */
#include "autoheal/decide/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct config defaults(void) {
        struct config cfg;

        config_defaults(&cfg);
        return cfg;
}

static void follows_the_formula(void **state) {
        struct config cfg = defaults();
        const int64_t expected[] = { 0, 0, 70, 80, 100, 140, 220, 360, 360 };

        (void)state;
        for (size_t k = 0; k < N_ELEMENTS(expected); k++)
                assert_int_equal(backoff_wait_s(&cfg, 60, (int64_t)k), expected[k]);
}

static void without_backoff_the_cooldown_is_all(void **state) {
        struct config cfg = defaults();

        (void)state;
        cfg.restart.backoff_enabled = false;
        assert_int_equal(backoff_wait_s(&cfg, 60, 1), 0);
        assert_int_equal(backoff_wait_s(&cfg, 60, 2), 60);
        assert_int_equal(backoff_wait_s(&cfg, 60, 9), 60);
}

static void an_initial_wait_above_the_limit_is_cut(void **state) {
        struct config cfg = defaults();

        (void)state;
        cfg.restart.backoff_initial_seconds = 500;
        assert_int_equal(backoff_wait_s(&cfg, 0, 2), 300);
}

static void no_number_of_restarts_overflows(void **state) {
        struct config cfg = defaults();

        (void)state;
        cfg.restart.backoff_multiplier = 1e300;
        assert_int_equal(backoff_wait_s(&cfg, 60, INT64_MAX), 360);
        cfg.restart.backoff_multiplier = 1.0;
        assert_int_equal(backoff_wait_s(&cfg, 60, 1000000), 70);
        cfg.restart.backoff_initial_seconds = 0;
        assert_int_equal(backoff_wait_s(&cfg, 60, 1000000), 60);
}

static void a_fraction_of_a_second_is_cut(void **state) {
        struct config cfg = defaults();

        (void)state;
        cfg.restart.backoff_initial_seconds = 5;
        cfg.restart.backoff_multiplier = 1.5;
        assert_int_equal(backoff_wait_s(&cfg, 0, 3), 7);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(follows_the_formula),
                cmocka_unit_test(without_backoff_the_cooldown_is_all),
                cmocka_unit_test(an_initial_wait_above_the_limit_is_cut),
                cmocka_unit_test(no_number_of_restarts_overflows),
                cmocka_unit_test(a_fraction_of_a_second_is_cut),
        };

        return cmocka_run_group_tests_name("decide backoff", tests, NULL, NULL);
}
