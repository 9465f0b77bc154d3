/* SPDX-License-Identifier: MIT */
/* How near two names are, and which name was probably meant. */
#include "config/config_internal.h"
#include "fixture.h"

static void distances(void **unused) {
        static const struct {
                const char *a, *b;
                size_t distance;
        } cases[] = {
                { "", "", 0 },          { "mode", "mode", 0 }, { "Mode", "mODE", 0 }, { "mode", "mod", 1 },
                { "mode", "moder", 1 }, { "mode", "made", 1 }, { "mode", "mdoe", 1 }, { "restrat", "restart", 1 },
                { "ab", "ba", 1 },      { "ca", "abc", 3 },    { "", "ab", 2 },       { "", "abc", 3 },
                { "mode", "node!", 2 }, { "abcd", "wxyz", 3 },
        };

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                assert_int_equal(suggest_distance(cases[i].a, cases[i].b), cases[i].distance);
                assert_int_equal(suggest_distance(cases[i].b, cases[i].a), cases[i].distance);
        }
}

static void long_names_are_far(void **unused) {
        char name[200];

        (void)unused;
        memset(name, 'a', sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        assert_int_equal(suggest_distance(name, name), SUGGEST_MAX + 1);
        name[64] = '\0';
        assert_int_equal(suggest_distance(name, name), 0);
}

static void paths(void **unused) {
        (void)unused;
        assert_string_equal(suggest_path("restart.mdoe"), "restart.mode");
        assert_string_equal(suggest_path("cooldown_seconds"), "restart.cooldown_seconds");
        assert_string_equal(suggest_path("restart.cooldown"), "restart.cooldown_seconds");
        assert_string_equal(suggest_path("brake.min_failling"), "brake.min_failing");
        assert_null(suggest_path("enabled"));     /* the end of several */
        assert_null(suggest_path("restart.max")); /* the beginning of several */
        assert_null(suggest_path("hooks.pre_restart"));
        assert_null(suggest_path(""));
}

static void variables(void **unused) {
        (void)unused;
        assert_string_equal(suggest_variable("AUTOHEAL_RESTART_MOD"), "AUTOHEAL_RESTART_MODE");
        assert_null(suggest_variable("AUTOHEAL_PORT"));
        assert_null(suggest_variable("AUTOHEAL_"));
}

static void labels(void **unused) {
        (void)unused;
        assert_string_equal(suggest_label("Cooldwon"), "cooldown");
        assert_string_equal(suggest_label("start_grace_seconds"), "start_grace");
        assert_null(suggest_label("max_restarts_window_seconds"));
        assert_null(suggest_label("colour"));
        assert_null(suggest_label(""));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(distances), cmocka_unit_test(long_names_are_far),
                cmocka_unit_test(paths),     cmocka_unit_test(variables),
                cmocka_unit_test(labels),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
