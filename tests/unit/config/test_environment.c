/* SPDX-License-Identifier: MIT */
/* Settings from variables: they win over the document, and what does not parse is an error. */
#include "fixture.h"

static int load_env(struct fixture *f, const char *text, const char *name, const char *value) {
        return load_with(f, text, &(struct env_var){ name, value }, 1);
}

static void every_type_can_be_set(void **data) {
        static const struct env_var env[] = {
                { "PATH", "/bin" },
                { "AUTOHEAL_MONITOR_INTERVAL_SECONDS", "5" },
                { "AUTOHEAL_MONITOR_LABEL_KEY", "com.example.heal" },
                { "AUTOHEAL_MONITOR_LABEL_VALUE", "" },
                { "AUTOHEAL_MONITOR_INCLUDE_ALL", "TRUE" },
                { "AUTOHEAL_CONTAINERS_EXCLUDED", " db ,,cache," },
                { "AUTOHEAL_FILTERS_WHITELIST_NAMES", "" },
                { "AUTOHEAL_RESTART_MODE", "health" },
                { "AUTOHEAL_RESTART_BACKOFF_MULTIPLIER", "1.25" },
                { "AUTOHEAL_RESTART_RELEASE_SECONDS", "90" },
                { "AUTOHEAL_RESTART_STOP_TIMEOUT_SECONDS", "null" },
        };
        struct fixture *f = *data;
        const struct config *c = &f->cfg;

        assert_int_equal(load_with(f, "{\"restart\":{\"stop_timeout_seconds\":7},\"filters\":{\"whitelist_names\":[\"a\"]}}", env,
                                   N_ELEMENTS(env)),
                         0);
        assert_int_equal(f->issues.n, 0);
        assert_int_equal(c->monitor.interval_seconds, 5);
        assert_string_equal(c->monitor.label_key, "com.example.heal");
        assert_string_equal(c->monitor.label_value, "");
        assert_true(c->monitor.include_all);
        assert_int_equal(c->containers.excluded.n, 2);
        assert_string_equal(c->containers.excluded.items[0], "db");
        assert_string_equal(c->containers.excluded.items[1], "cache");
        assert_int_equal(c->filters.whitelist_names.n, 0);
        assert_int_equal(c->restart.mode, MODE_HEALTH);
        assert_true(c->restart.backoff_multiplier > 1.24 && c->restart.backoff_multiplier < 1.26);
        assert_int_equal(c->restart.release_seconds, 90);
        assert_true(c->restart.stop_timeout_seconds == SECONDS_NULL);
}

static void variable_wins_over_document_wins_over_default(void **data) {
        struct fixture *f = *data;
        const char *text = "{\"restart\":{\"max_parallel\":2}}";

        assert_int_equal(load(f, NULL), 0);
        assert_int_equal(f->cfg.restart.max_parallel, 16);
        assert_int_equal(load(f, text), 0);
        assert_int_equal(f->cfg.restart.max_parallel, 2);
        assert_int_equal(load_env(f, text, "AUTOHEAL_RESTART_MAX_PARALLEL", "3"), 0);
        assert_int_equal(f->cfg.restart.max_parallel, 3);
}

static void every_variable_of_the_table_takes_its_default(void **data) {
        struct fixture *f = *data;
        const struct setting_info *settings;
        size_t n = config_settings(&settings);

        for (size_t i = 0; i < n; i++) {
                const char *value = settings[i].initial;

                if (!settings[i].env)
                        continue;
                if (strcmp(value, "[]") == 0)
                        value = "";
                else if (*value == '[') /* separated by commas there */
                        value = "restart,quarantine";
                if (*value == '"')
                        value = arena_strndup(&f->arena, value + 1, strlen(value) - 2);
                if (load_env(f, NULL, settings[i].env, value) < 0 || f->issues.n)
                        fail_msg("%s=%s: %s", settings[i].env, value, f->err.msg);
        }
}

static void malformed_values_are_errors_that_name_the_variable(void **data) {
        static const struct env_var bad[] = {
                { "AUTOHEAL_MONITOR_INTERVAL_SECONDS", "" },      { "AUTOHEAL_MONITOR_INTERVAL_SECONDS", "30s" },
                { "AUTOHEAL_MONITOR_INTERVAL_SECONDS", "0" },     { "AUTOHEAL_MONITOR_LABEL_KEY", "" },
                { "AUTOHEAL_MONITOR_INCLUDE_ALL", "yes please" }, { "AUTOHEAL_RESTART_MODE", "sometimes" },
                { "AUTOHEAL_RESTART_BACKOFF_MULTIPLIER", "nan" }, { "AUTOHEAL_RESTART_BACKOFF_MULTIPLIER", "0.5" },
                { "AUTOHEAL_RESTART_MAX_PARALLEL", "null" },      { "AUTOHEAL_RESTART_RELEASE_SECONDS", "-1" },
        };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
                assert_int_equal(load_with(f, "{}", &bad[i], 1), -1);
                assert_int_equal(f->err.code, ERR_CONFIG);
                assert_int_equal(count_errors(&f->issues), 1);
                assert_non_null(find_issue(&f->issues, bad[i].name));
        }
        assert_int_equal(load_env(f, NULL, "AUTOHEAL_MONITOR_INTERVAL_SECONDS", "30s"), -1);
        assert_string_equal(f->err.msg, "environment: AUTOHEAL_MONITOR_INTERVAL_SECONDS: must be an integer (is '30s')");
}

static void errors_of_both_sources_are_collected(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load_env(f, "{\"restart\":{\"mode\":\"x\"}}", "AUTOHEAL_RESTART_MODE", "y"), -1);
        assert_int_equal(count_errors(&f->issues), 2);
        assert_string_equal(f->err.msg,
                            "/data/config.json: restart.mode: must be one of both, health, on-failure (is 'x') (and 1 more)");
}

static void unknown_variables_are_warnings(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load_env(f, NULL, "AUTOHEAL_PORT_8080_TCP", "tcp://hunter2"), 0);
        check_issue(&f->issues, false, "AUTOHEAL_PORT_8080_TCP", "unknown variable, ignored");
        assert_int_equal(load_env(f, NULL, "AUTOHEAL_RESTRAT_MODE", "health"), 0);
        check_issue(&f->issues, false, "AUTOHEAL_RESTRAT_MODE", "unknown variable, ignored (did you mean AUTOHEAL_RESTART_MODE?)");
        assert_int_equal(f->cfg.restart.mode, MODE_BOTH);
        assert_int_equal(load_env(f, NULL, "AUTOHEAL_RESTART_COOLDOWN", "5"), 0);
        check_issue(&f->issues, false, "AUTOHEAL_RESTART_COOLDOWN",
                    "unknown variable, ignored (did you mean AUTOHEAL_RESTART_COOLDOWN_SECONDS?)");
}

static void variables_that_are_no_settings_are_silent(void **data) {
        static const struct env_var env[] = {
                { "AUTOHEAL_DATA_DIR", "/x" },      { "AUTOHEAL_CONTAINER_ID", "x" }, { "AUTOHEAL_API_TOKEN", "x" },
                { "AUTOHEAL_API_TOKEN_FILE", "x" }, { "autoheal_restart_mode", "x" }, { "AUTOHEAL", "x" },
        };
        struct fixture *f = *data;

        assert_int_equal(load_with(f, NULL, env, N_ELEMENTS(env)), 0);
        assert_int_equal(f->issues.n, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(every_type_can_be_set),
                WITH_LOAD(variable_wins_over_document_wins_over_default),
                WITH_LOAD(every_variable_of_the_table_takes_its_default),
                WITH_LOAD(malformed_values_are_errors_that_name_the_variable),
                WITH_LOAD(errors_of_both_sources_are_collected),
                WITH_LOAD(unknown_variables_are_warnings),
                WITH_LOAD(variables_that_are_no_settings_are_silent),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
