/* SPDX-License-Identifier: MIT */
/* Documents: every bound, every kind of mistake, what is read with a warning. */
#include "fixture.h"

static void no_file_and_an_empty_object_give_the_defaults(void **data) {
        static const char *const texts[] = { NULL, "{}", " {\"restart\":{\"backoff\":{}},\"ui\":{}}\n" };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
                check_clean(f, texts[i]);
                assert_int_equal(f->cfg.monitor.interval_seconds, 30);
                assert_string_equal(f->cfg.monitor.label_key, "autoheal");
                assert_int_equal(f->cfg.restart.mode, MODE_BOTH);
                assert_int_equal(f->cfg.restart.backoff_max_seconds, 300);
                assert_int_equal(f->cfg.ui.max_log_entries, 1000);
        }
}

/* ---- bounds ---- */

#define YEAR "31536000"
#define MORE "31536001"

static const struct {
        const char *path, *inside_low, *inside_high, *below, *above, *range;
} bounds[] = {
        { "monitor.interval_seconds", "1", YEAR, "0", MORE, "1.." YEAR },
        { "monitor.start_period_seconds", "0", YEAR, "-1", MORE, "0.." YEAR },
        { "restart.cooldown_seconds", "0", YEAR, "-1", MORE, "0.." YEAR },
        { "restart.max_restarts", "1", "9223372036854775807", "0", "9223372036854775808", ">= 1" },
        { "restart.max_restarts_window_seconds", "1", YEAR, "0", MORE, "1.." YEAR },
        { "restart.release_seconds", "0", YEAR, "-1", MORE, "0.." YEAR },
        { "restart.start_grace_seconds", "0", YEAR, "-1", MORE, "0.." YEAR },
        { "restart.backoff.initial_seconds", "1", YEAR, "0", MORE, "1.." YEAR },
        { "restart.backoff.multiplier", "1.0", "1e300", "0.99", "1e999", ">= 1.0" },
        { "restart.backoff.max_seconds", "1", YEAR, "0", MORE, "1.." YEAR },
        { "restart.exit_grace_seconds", "0", YEAR, "-1", MORE, "0.." YEAR },
        { "restart.max_exit_age_seconds", "0", YEAR, "-1", MORE, "0.." YEAR },
        { "restart.verify_seconds", "0", YEAR, "-1", MORE, "0.." YEAR },
        { "restart.stop_timeout_seconds", "0", YEAR, "-1", MORE, "0.." YEAR },
        { "restart.max_parallel", "1", "64", "0", "65", "1..64" },
        { "restart.deploy_hold_seconds", "0", "31536000", "-1", "31536001", "0..31536000" },
        { "brake.max_failing_percent", "1", "100", "0", "101", "1..100" },
        { "brake.min_failing", "1", "9223372036854775807", "0", "9223372036854775808", ">= 1" },
        { "brake.restarts_per_interval", "1", "9223372036854775807", "0", "9223372036854775808", ">= 1" },
        { "brake.max_unavailable", "1", "9223372036854775807", "0", "9223372036854775808", ">= 1" },
        { "ui.max_log_entries", "1", "10000", "0", "10001", "1..10000" },
        { "ui.listen_port", "1", "65535", "0", "65536", "1..65535" },
        { "ui.refresh_seconds", "1", YEAR, "0", MORE, "1.." YEAR },
        { "observability.metrics_port", "1", "65535", "0", "65536", "1..65535" },
        { "observability.log_max_bytes", "0", "9223372036854775807", "-1", "9223372036854775808", ">= 0" },
        { "hooks.timeout_seconds", "1", "3600", "0", "3601", "1..3600" },
        { "observability.log_keep", "0", "100", "-1", "101", "0..100" },
};

static void check_refused(struct fixture *f, const char *path, const char *value, const char *range) {
        const struct config_issue *issue;

        assert_int_equal(load(f, document(&f->arena, path, value)), -1);
        assert_int_equal(f->err.code, ERR_CONFIG);
        assert_int_equal(count_errors(&f->issues), 1);
        issue = find_issue(&f->issues, path);
        assert_non_null(issue);
        if (strncmp(issue->message, "must be ", 8) != 0 || !strstr(issue->message, range))
                fail_msg("%s = %s: '%s' does not name the range %s", path, value, issue->message, range);
}

static void bounds_hold_just_inside_and_just_outside(void **data) {
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(bounds); i++) {
                assert_int_equal(load(f, document(&f->arena, bounds[i].path, bounds[i].inside_low)), 0);
                assert_int_equal(load(f, document(&f->arena, bounds[i].path, bounds[i].inside_high)), 0);
                check_refused(f, bounds[i].path, bounds[i].below, bounds[i].range);
                check_refused(f, bounds[i].path, bounds[i].above, bounds[i].range);
        }
}

static void every_number_of_the_table_has_its_bounds_tested(void **data) {
        const struct setting_info *settings;
        size_t n = config_settings(&settings);

        (void)data;
        for (size_t i = 0; i < n; i++) {
                bool tested = strncmp(settings[i].type, "int", 3) != 0 && strcmp(settings[i].type, "number") != 0;

                for (size_t j = 0; !tested && j < N_ELEMENTS(bounds); j++)
                        tested = strcmp(bounds[j].path, settings[i].path) == 0;
                if (!tested)
                        fail_msg("the bounds of %s are not tested", settings[i].path);
        }
}

static void words_outside_the_list_are_refused(void **data) {
        static const char *const words[] = { "\"sometimes\"", "\"Both\"", "\"\"", "\"both, health\"", "\" both\"" };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(words); i++)
                check_refused(f, "restart.mode", words[i], "both, health, on-failure");
        check_refused(f, "observability.log_level", "\"TRACE\"", "DEBUG, INFO, WARNING, ERROR, CRITICAL");
        check_refused(f, "observability.log_format", "\"xml\"", "text, json");
        assert_int_equal(load(f, "{\"restart\":{\"mode\":\"sometimes\"}}"), -1);
        check_issue(&f->issues, true, "restart.mode", "must be one of both, health, on-failure (is 'sometimes')");
        assert_string_equal(f->err.msg,
                            "/data/config.json: restart.mode: must be one of both, health, on-failure (is 'sometimes')");
}

static void the_textfile_is_an_absolute_path(void **data) {
        static const char *const wrong[] = { "\"autoheal.prom\"", "\"./x.prom\"", "\"\"", "\"~/x.prom\"" };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(wrong); i++)
                check_refused(f, "observability.textfile", wrong[i], "an absolute path");
        check_clean(f, "{\"observability\":{\"textfile\":\"/srv/autoheal.prom\",\"metrics_address\":\"::1\"}}");
        assert_string_equal(f->cfg.observability.textfile, "/srv/autoheal.prom");
        assert_string_equal(f->cfg.observability.metrics_address, "::1");
        check_clean(f, "{\"observability\":{\"textfile\":null,\"metrics_address\":null}}");
        assert_null(f->cfg.observability.textfile);
        assert_null(f->cfg.observability.metrics_address);
}

static void an_address_to_listen_on_is_one(void **data) {
        static const char *const wrong[] = {
                "",           "nohost.invalid", "foo.bar",     "1.2.3",       "1.2.3.4:80",       "[::1]",     "::g",
                "unix://rel", "unix:///",       "unix:",       "unix:/run/s", "http://127.0.0.1", "Localhost", "*",
                "127.0.0.1 ", "0x7f.1",         "fe80::1%eth0"
        };
        static const char *const right[] = { "127.0.0.1", "0.0.0.0", "::", "::1", "localhost", "unix:///run/autoheal.sock" };
        struct fixture *f = *data;
        char text[160], longest[160] = "\"unix:///";

        for (size_t i = 0; i < N_ELEMENTS(wrong); i++) {
                (void)snprintf(text, sizeof(text), "\"%s\"", wrong[i]);
                check_refused(f, "ui.listen_address", text, "an IP address or localhost or unix:///path");
                check_refused(f, "observability.metrics_address", text, "an IP address or localhost or unix:///path");
        }
        for (size_t i = 0; i < N_ELEMENTS(right); i++) {
                (void)snprintf(text, sizeof(text), "{\"ui\":{\"listen_address\":\"%s\"}}", right[i]);
                check_clean(f, text);
                assert_string_equal(f->cfg.ui.listen_address, right[i]);
        }
        /* A path of a socket has 107 bytes at most. */
        memset(longest + strlen(longest), 'x', 107);
        longest[strlen("\"unix:///") + 107] = '"';
        check_refused(f, "ui.listen_address", longest, "an IP address or localhost or unix:///path");
}

static void label_key_must_not_be_empty(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, "{\"monitor\":{\"label_key\":\"\",\"label_value\":\"\"}}"), -1);
        assert_int_equal(f->issues.n, 1);
        check_issue(&f->issues, true, "monitor.label_key", "must not be empty");
}

/* ---- types ---- */

static bool fits(const char *type, const char *value) {
        static const struct {
                const char *type, *values;
        } accepted[] = {
                { "int", "1" },
                { "int or null", "1 null" },
                { "number", "1" },
                { "bool", "true" },
                { "string", "\"x\"" },
                { "string or null", "\"x\" null" },
                { "list of strings", "[]" },
                { "list of {label: value}", "[]" },
                { "list of objects", "[]" },
                { "{stable id: int}", "{}" },
                { "{stable id: object}", "{}" },
        };

        for (size_t i = 0; i < N_ELEMENTS(accepted); i++)
                if (strcmp(accepted[i].type, type) == 0)
                        return strstr(accepted[i].values, value) != NULL;
        fail_msg("no values known for type '%s'", type);
        return false;
}

static void every_setting_refuses_every_wrong_type(void **data) {
        static const char *const values[] = { "1", "true", "\"x\"", "[]", "{}" };
        struct fixture *f = *data;
        const struct setting_info *settings;
        size_t n = config_settings(&settings);

        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < N_ELEMENTS(values); j++) {
                        const char *text = document(&f->arena, settings[i].path, values[j]);
                        bool has_form = strchr(settings[i].range, ',') || strstr(settings[i].range, "path");
                        bool is_word = strcmp(values[j], "\"x\"") == 0 && has_form;

                        if (load(f, text) == (fits(settings[i].type, values[j]) && !is_word ? 0 : -1))
                                continue;
                        fail_msg("%s: %s", text, f->err.msg);
                }
}

static void wrong_types_are_named(void **data) {
        struct fixture *f = *data;

        assert_int_equal(
                load(f, "{\"restart\":{\"cooldown_seconds\":true,\"mode\":5,\"release_seconds\":{},\"respect_manual_stop\":[],"
                        "\"max_restarts\":2.5,\"backoff\":{\"multiplier\":\"fast\"}},"
                        "\"containers\":{\"selected\":\"web\"},\"ui\":[]}"),
                -1);
        check_issue(&f->issues, true, "restart.cooldown_seconds", "must be an integer (is true or false)");
        check_issue(&f->issues, true, "restart.mode", "must be a string (is a number)");
        check_issue(&f->issues, true, "restart.release_seconds", "must be an integer or null (is an object)");
        check_issue(&f->issues, true, "restart.respect_manual_stop", "must be true or false (is an array)");
        check_issue(&f->issues, true, "restart.max_restarts", "must be an integer (is 2.5)");
        check_issue(&f->issues, true, "restart.backoff.multiplier", "must be a number (is 'fast')");
        check_issue(&f->issues, true, "containers.selected", "must be an array of strings (is a string)");
        check_issue(&f->issues, true, "ui", "must be an object (is an array)");
        assert_int_equal(count_errors(&f->issues), 8);
}

static void patterns_that_never_end_are_refused(void **data) {
        static const char *const good[] = { "",      "*",   "shop_?",       "[a-z]*", "[]]",     "[!]a]",
                                            "[^]a]", "[[]", "[[:alpha:]]x", "\\\\[",  "[\\\\]]", "a]" };
        static const char *const bad[] = { "[", "web[", "[]", "[!]", "[a", "a[b]c[", "[[:alpha:]", "[\\\\]", "web\\\\" };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(good); i++)
                check_clean(f, arena_printf(&f->arena, "{\"filters\":{\"blacklist_names\":[\"%s\"]}}", good[i]));
        for (size_t i = 0; i < N_ELEMENTS(bad); i++)
                if (load(f, arena_printf(&f->arena, "{\"filters\":{\"whitelist_names\":[\"ok\",\"%s\"]}}", bad[i])) == 0)
                        fail_msg("'%s' is taken for a pattern", bad[i]);
        assert_int_equal(load(f, "{\"filters\":{\"blacklist_names\":[\"web[a-z\"]}}"), -1);
        assert_string_equal(f->err.msg,
                            "/data/config.json: filters.blacklist_names: 'web[a-z' is no pattern: a '[' without its ']', "
                            "or a backslash at its end");
        check_clean(f, "{\"containers\":{\"selected\":[\"web[\"]}}");
}

static void wrong_elements_are_named_by_their_place(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, "{\"containers\":{\"excluded\":[\"a\",7],\"restart_counts\":{\"a\":-1,\"b\":\"2\"}},"
                                 "\"filters\":{\"whitelist_labels\":[{\"a\":\"b\"},{\"c\":1}],\"blacklist_labels\":[\"env=dev\"]},"
                                 "\"notifications\":{\"services\":[{},\"x\"],\"event_filters\":[null]},"
                                 "\"custom_health_checks\":{\"web\":[]}}"),
                         -1);
        check_issue(&f->issues, true, "containers.excluded[1]", "must be a string (is a number)");
        check_issue(&f->issues, true, "containers.restart_counts['a']", "must be an integer >= 0");
        check_issue(&f->issues, true, "containers.restart_counts['b']", "must be an integer >= 0");
        check_issue(&f->issues, true, "filters.whitelist_labels[1]", "must be an object of strings (is a number)");
        check_issue(&f->issues, true, "filters.blacklist_labels[0]", "must be an object of strings (is a string)");
        check_issue(&f->issues, true, "notifications.services[1]", "must be an object (is a string)");
        check_issue(&f->issues, true, "notifications.event_filters[0]", "must be a string (is null)");
        check_issue(&f->issues, true, "custom_health_checks[0]", "must be an object (is an array)");
        assert_int_equal(count_errors(&f->issues), 8);
}

static void label_pairs_of_all_objects_are_taken(void **data) {
        struct fixture *f = *data;
        const struct label_list *list = &f->cfg.filters.whitelist_labels;

        check_clean(f, "{\"filters\":{\"whitelist_labels\":[{\"a\":\"1\",\"b\":\"2\"},{},{\"c\":\"\\u00e9\"}]}}");
        assert_int_equal(list->n, 3);
        assert_string_equal(list->items[0].key, "a");
        assert_string_equal(list->items[1].value, "2");
        assert_string_equal(list->items[2].key, "c");
        assert_string_equal(list->items[2].value, "\xc3\xa9");
}

/* ---- lax reading ---- */

static void numbers_and_booleans_as_text_are_read_with_a_warning(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, "{\"monitor\":{\"interval_seconds\":\"20\",\"include_all\":\"True\"},"
                                 "\"restart\":{\"backoff\":{\"multiplier\":\"1.5\"},\"release_seconds\":\"90\"}}"),
                         0);
        assert_int_equal(f->issues.n, 4);
        check_issue(&f->issues, false, "monitor.interval_seconds", "a number is written as text");
        check_issue(&f->issues, false, "monitor.include_all", "a boolean is written as text");
        check_issue(&f->issues, false, "restart.backoff.multiplier", "a number is written as text");
        assert_int_equal(f->cfg.monitor.interval_seconds, 20);
        assert_true(f->cfg.monitor.include_all);
        assert_true(f->cfg.restart.backoff_multiplier > 1.49 && f->cfg.restart.backoff_multiplier < 1.51);
        assert_int_equal(f->cfg.restart.release_seconds, 90);
}

static void numbers_as_text_have_the_same_bounds(void **data) {
        static const char *const strange[] = { "\"65\"", "\"0\"",   "\"\"",    "\" 5\"",
                                               "\"5s\"", "\"0x5\"", "\"5.0\"", "\"99999999999999999999\"" };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(strange); i++) {
                assert_int_equal(load(f, document(&f->arena, "restart.max_parallel", strange[i])), -1);
                assert_int_equal(count_errors(&f->issues), 1);
        }
        assert_int_equal(load(f, "{\"restart\":{\"backoff\":{\"multiplier\":\"inf\"}}}"), -1);
        assert_int_equal(load(f, "{\"restart\":{\"backoff\":{\"multiplier\":\"0x2\"}}}"), -1);
        assert_int_equal(load(f, "{\"restart\":{\"auto_unquarantine\":\"maybe\"}}"), -1);
}

static void integral_fractions_are_read_with_a_warning(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, "{\"monitor\":{\"interval_seconds\":20.0}}"), 0);
        check_issue(&f->issues, false, "monitor.interval_seconds", "20.0 is read as 20");
        assert_int_equal(f->cfg.monitor.interval_seconds, 20);
        assert_int_equal(load(f, "{\"monitor\":{\"interval_seconds\":2e1}}"), 0);
        assert_int_equal(f->cfg.monitor.interval_seconds, 20);
        assert_int_equal(load(f, "{\"monitor\":{\"interval_seconds\":1e400}}"), -1);
        assert_int_equal(load(f, "{\"monitor\":{\"interval_seconds\":-1e30}}"), -1);
        check_issue(&f->issues, true, "monitor.interval_seconds", "must be 1..31536000 (is -1e30)");
}

static void null_is_null_or_the_default(void **data) {
        struct fixture *f = *data;

        check_clean(f, "{\"restart\":{\"release_seconds\":null,\"stop_timeout_seconds\":null},\"alerts\":{\"webhook\":null}}");
        assert_true(f->cfg.restart.release_seconds == SECONDS_NULL);
        assert_true(f->cfg.restart.stop_timeout_seconds == SECONDS_NULL);
        assert_int_equal(load(f, "{\"monitor\":{\"label_key\":null},\"containers\":{\"selected\":null},\"restart\":null}"), 0);
        assert_int_equal(f->issues.n, 3);
        check_issue(&f->issues, false, "monitor.label_key", "null is read as the default");
        check_issue(&f->issues, false, "containers.selected", "null is read as the default");
        check_issue(&f->issues, false, "restart", "null is read as the default");
        assert_string_equal(f->cfg.monitor.label_key, "autoheal");
}

static void last_of_two_equal_keys_wins(void **data) {
        struct fixture *f = *data;

        check_clean(f, "{\"restart\":{\"max_parallel\":99},\"restart\":{\"max_parallel\":0,\"max_parallel\":3}}");
        assert_int_equal(f->cfg.restart.max_parallel, 3);
}

/* ---- unknown keys ---- */

static void misspelt_keys_get_a_suggestion(void **data) {
        struct fixture *f = *data;

        assert_int_equal(
                load(f, "{\"restrat\":{\"mode\":\"health\"},\"restart\":{\"cooldown_second\":5,\"Max_Restarts\":9,\"release\":1},"
                        "\"interval_seconds\":4}"),
                0);
        check_issue(&f->issues, false, "restrat.mode", "unknown key, kept as it is (did you mean restart.mode?)");
        check_issue(&f->issues, false, "restart.cooldown_second",
                    "unknown key, kept as it is (did you mean restart.cooldown_seconds?)");
        check_issue(&f->issues, false, "restart.Max_Restarts", "unknown key, kept as it is (did you mean restart.max_restarts?)");
        check_issue(&f->issues, false, "interval_seconds", "unknown key, kept as it is (did you mean monitor.interval_seconds?)");
        assert_int_equal(f->cfg.restart.mode, MODE_BOTH);
        assert_int_equal(f->cfg.restart.cooldown_seconds, 60);
        assert_int_equal(f->cfg.restart.max_restarts, 3);
}

static void keys_of_other_versions_are_kept(void **data) {
        struct fixture *f = *data;

        assert_int_equal(
                load(f, "{\"harbour\":{\"pre_restart\":[],\"timeout_seconds\":3},\"restart\":{\"harder\":true},\"x\":[1]}"), 0);
        assert_int_equal(f->issues.n, 3);
        check_issue(&f->issues, false, "harbour", "not known to this version, kept as it is");
        check_issue(&f->issues, false, "restart.harder", "not known to this version, kept as it is");
        check_issue(&f->issues, false, "x", "not known to this version, kept as it is");
}

static void a_dot_in_a_key_sets_nothing_and_says_so(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, "{\"restart.mode\":\"health\"}"), 0);
        check_issue(&f->issues, false, "restart.mode",
                    "not known, kept as it is (a section is an object of its own, a dot does not make one)");
        assert_int_equal(f->cfg.restart.mode, MODE_BOTH);
}

static void hostile_keys_are_made_printable_and_short(void **data) {
        struct fixture *f = *data;
        char *text = arena_alloc(&f->arena, 70000);

        memset(text, 'a', 69999);
        memcpy(text, "{\"\\u001b[31m\\u202e", 17);
        memcpy(text + 69999 - 4, "\":1}", 4);
        assert_int_equal(load(f, text), 0);
        assert_int_equal(f->issues.n, 1);
        assert_null(strchr(f->issues.items[0].where, '\x1b'));
        assert_null(strstr(f->issues.items[0].where, "\xe2\x80\xae"));
        assert_true(strlen(f->issues.items[0].where) < 200);
}

static void warnings_have_a_ceiling_that_no_error_is_lost_to(void **data) {
        struct fixture *f = *data;
        struct buf b AUTO(buf_release) = BUF_INIT(1 << 20);

        buf_add_str(&b, "{");
        for (int i = 0; i < 5000; i++)
                buf_addf(&b, "\"unknown-%d\":0,", i);
        buf_add_str(&b, "\"restart\":7}");
        assert_int_equal(load(f, buf_str(&b)), -1);
        assert_true(f->issues.n <= 1001);
        check_issue(&f->issues, true, "restart", "must be an object (is a number)");
}

/* ---- errors together ---- */

static void all_errors_are_collected_and_the_first_is_told(void **data) {
        struct fixture *f = *data;

        assert_int_equal(
                load(f, "{\"restart\":{\"mode\":\"x\",\"max_parallel\":65},\"monitor\":{\"interval_seconds\":0},\"typo\":1}"), -1);
        assert_int_equal(count_errors(&f->issues), 3);
        assert_int_equal(f->issues.n, 4);
        assert_int_equal(f->err.code, ERR_CONFIG);
        assert_int_equal(err_exit_status(f->err.code), 78);
        assert_string_equal(f->err.msg, "/data/config.json: monitor.interval_seconds: must be 1..31536000 (is 0) (and 2 more)");
}

static void a_failed_load_changes_nothing(void **data) {
        struct fixture *f = *data;
        struct config before;

        memset(&f->cfg, 0x5a, sizeof(f->cfg));
        memset(&before, 0x5a, sizeof(before));
        assert_int_equal(load(f, "{\"restart\":{\"mode\":\"x\"}}"), -1);
        assert_memory_equal(&f->cfg, &before, sizeof(before));
        assert_int_equal(load(f, "{"), -1);
        assert_memory_equal(&f->cfg, &before, sizeof(before));
}

static void earlier_issues_of_the_caller_do_not_fail_a_load(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, "{\"ui\":5}"), -1);
        assert_int_equal(config_load(&f->cfg, "x", NULL, 0, NULL, 0, &f->issues, &f->arena, NULL), 0);
        assert_int_equal(f->issues.n, 1);
}

static void text_that_is_no_json_is_placed(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, "{\n  \"restart\": {\"mode\" \"both\"}\n}"), -1);
        assert_int_equal(f->err.code, ERR_CONFIG);
        assert_memory_equal(f->err.msg, "/data/config.json: line 2, column 22: ", 38);
        assert_int_equal(load(f, ""), -1);
        assert_int_equal(f->err.code, ERR_CONFIG);
        assert_int_equal(load(f, "{} {}"), -1);
        assert_int_equal(config_load(&f->cfg, "x", "{}\0", 3, NULL, 0, &f->issues, &f->arena, NULL), -1);
}

static void a_document_that_is_no_object_is_refused(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, "[]"), -1);
        assert_string_equal(f->err.msg, "/data/config.json: the document: must be an object (is an array)");
        assert_int_equal(load(f, "null"), -1);
}

static void secrets_never_appear(void **data) {
        static const char *const documents[] = {
                "{\"alerts\":{\"webhook\":[\"hunter2\"]}}",
                "{\"uptime_kuma\":{\"api_token\":{\"hunter2\":1},\"username\":[\"hunter2\"]}}",
                "{\"uptime_kuma\":{\"api_tokn\":\"hunter2\"}}",
                "{\"notifications\":{\"services\":[\"hunter2\",{\"bot_token\":\"hunter2\"}]}}",
                "{\"alerts\":\"hunter2\",\"api_token\":\"hunter2\"}",
        };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(documents); i++) {
                (void)!load(f, documents[i]);
                assert_true(f->issues.n > 0);
                assert_null(strstr(f->err.msg, "hunter2"));
                for (size_t j = 0; j < f->issues.n; j++) {
                        assert_null(strstr(f->issues.items[j].message, "hunter2"));
                        assert_null(strstr(f->issues.items[j].where, "hunter2"));
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(no_file_and_an_empty_object_give_the_defaults),
                WITH_LOAD(bounds_hold_just_inside_and_just_outside),
                WITH_LOAD(every_number_of_the_table_has_its_bounds_tested),
                WITH_LOAD(words_outside_the_list_are_refused),
                WITH_LOAD(the_textfile_is_an_absolute_path),
                WITH_LOAD(an_address_to_listen_on_is_one),
                WITH_LOAD(label_key_must_not_be_empty),
                WITH_LOAD(every_setting_refuses_every_wrong_type),
                WITH_LOAD(wrong_types_are_named),
                WITH_LOAD(patterns_that_never_end_are_refused),
                WITH_LOAD(wrong_elements_are_named_by_their_place),
                WITH_LOAD(label_pairs_of_all_objects_are_taken),
                WITH_LOAD(numbers_and_booleans_as_text_are_read_with_a_warning),
                WITH_LOAD(numbers_as_text_have_the_same_bounds),
                WITH_LOAD(integral_fractions_are_read_with_a_warning),
                WITH_LOAD(null_is_null_or_the_default),
                WITH_LOAD(last_of_two_equal_keys_wins),
                WITH_LOAD(misspelt_keys_get_a_suggestion),
                WITH_LOAD(keys_of_other_versions_are_kept),
                WITH_LOAD(a_dot_in_a_key_sets_nothing_and_says_so),
                WITH_LOAD(hostile_keys_are_made_printable_and_short),
                WITH_LOAD(warnings_have_a_ceiling_that_no_error_is_lost_to),
                WITH_LOAD(all_errors_are_collected_and_the_first_is_told),
                WITH_LOAD(a_failed_load_changes_nothing),
                WITH_LOAD(earlier_issues_of_the_caller_do_not_fail_a_load),
                WITH_LOAD(text_that_is_no_json_is_placed),
                WITH_LOAD(a_document_that_is_no_object_is_refused),
                WITH_LOAD(secrets_never_appear),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
