/* SPDX-License-Identifier: MIT */
/* Which name was probably meant. */
#include "config/config_internal.h"
#include "fixture.h"

static void paths(void **unused) {
        (void)unused;
        assert_string_equal(suggest_path("restart.mdoe"), "restart.mode");
        assert_string_equal(suggest_path("cooldown_seconds"), "restart.cooldown_seconds");
        assert_string_equal(suggest_path("restart.cooldown"), "restart.cooldown_seconds");
        assert_string_equal(suggest_path("brake.min_failling"), "brake.min_failing");
        assert_null(suggest_path("enabled"));     /* the end of several */
        assert_null(suggest_path("restart.max")); /* the beginning of several */
        assert_string_equal(suggest_path("hooks.pre_restrat"), "hooks.pre_restart");
        assert_null(suggest_path("harbour.depth"));
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
                cmocka_unit_test(paths),
                cmocka_unit_test(variables),
                cmocka_unit_test(labels),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
