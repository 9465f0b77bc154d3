/* SPDX-License-Identifier: MIT */
/* What holds for one container: its labels over the configuration, both prefixes, and labels that make no sense. */
#include "fixture.h"

#define LABELS(...) ((const struct label[]){ __VA_ARGS__ })

static struct policy policy_of(struct fixture *f, const struct label *labels, size_t n) {
        struct container c = { .labels = labels, .n_labels = n };
        struct policy p;

        f->issues = (struct config_issues)CONFIG_ISSUES_INIT(&f->arena);
        policy_for(&p, &f->cfg, &c, &f->issues);
        return p;
}

static struct policy policy_with(struct fixture *f, const char *key, const char *value) {
        return policy_of(f, LABELS({ key, value }), 1);
}

static int set_up_defaults(void **data) {
        struct fixture *f;

        (void)set_up(data);
        f = *data;
        config_defaults(&f->cfg);
        return 0;
}

static void without_labels_the_configuration_holds(void **data) {
        struct fixture *f = *data;
        struct policy p;

        assert_int_equal(
                load(f, "{\"restart\":{\"mode\":\"health\",\"cooldown_seconds\":7,\"start_grace_seconds\":8,\"max_restarts\":9,"
                        "\"max_restarts_window_seconds\":900}}"),
                0);
        p = policy_of(f, NULL, 0);
        assert_int_equal(p.optin, OPTIN_NONE);
        assert_int_equal(p.action, ACTION_RESTART);
        assert_int_equal(p.mode, MODE_HEALTH);
        assert_int_equal(p.cooldown_s, 7);
        assert_int_equal(p.start_grace_s, 8);
        assert_int_equal(p.max_restarts, 9);
        assert_int_equal(p.window_s, 900);
        assert_int_equal(p.release_s, 900);
        assert_true(p.stop_timeout_s == STOP_TIMEOUT_UNSET);
        assert_null(p.stable_id);
}

static void labels_win_over_the_configuration(void **data) {
        struct fixture *f = *data;
        struct policy p =
                policy_of(f,
                          LABELS({ "autoheal", "true" }, { "autoheal.action", "notify" }, { "autoheal.mode", "on-failure" },
                                 { "autoheal.stop.timeout", "4m" }, { "autoheal.cooldown", "1h30m" },
                                 { "autoheal.start_grace", "0" }, { "autoheal.max_restarts", "12" }, { "autoheal.window", "90" },
                                 { "autoheal.priority", "-7" }, { "monitoring.id", "shop web" }),
                          10);

        assert_int_equal(f->issues.n, 0);
        assert_int_equal(p.optin, OPTIN_TRUE);
        assert_int_equal(p.action, ACTION_NOTIFY);
        assert_int_equal(p.mode, MODE_ON_FAILURE);
        assert_int_equal(p.stop_timeout_s, 240);
        assert_int_equal(p.cooldown_s, 5400);
        assert_int_equal(p.start_grace_s, 0);
        assert_int_equal(p.max_restarts, 12);
        assert_int_equal(p.window_s, 90);
        assert_int_equal(p.release_s, 90);
        assert_int_equal(p.priority, -7);
        assert_string_equal(p.stable_id, "shop web");
}

static void every_action_has_its_word(void **data) {
        struct fixture *f = *data;

        for (unsigned a = 0; a < ACTION_MAX_; a++)
                assert_int_equal(policy_with(f, "autoheal.action", heal_action_name(a)).action, a);
        for (unsigned m = 0; m < MODE_MAX_; m++)
                assert_int_equal(policy_with(f, "autoheal.mode", heal_mode_name(m)).mode, m);
}

static void opt_in_takes_any_letter_case(void **data) {
        static const char *const yes[] = { "true", "True", "TRUE", "1" }, *const no[] = { "false", "False", "FALSE", "0" };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(yes); i++) {
                assert_int_equal(policy_with(f, "autoheal", yes[i]).optin, OPTIN_TRUE);
                assert_int_equal(policy_with(f, "autoheal", no[i]).optin, OPTIN_FALSE);
                assert_int_equal(f->issues.n, 0);
        }
        assert_int_equal(policy_with(f, "autoheal", "maybe").optin, OPTIN_UNCLEAR);
        check_issue(&f->issues, false, "autoheal", "autoheal=maybe: must be true or false; the label is ignored");
}

static void opt_in_by_another_label_and_value(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, "{\"monitor\":{\"label_key\":\"tier\",\"label_value\":\"web\"}}"), 0);
        assert_int_equal(policy_with(f, "tier", "web").optin, OPTIN_TRUE);
        assert_int_equal(policy_with(f, "tier", "false").optin, OPTIN_FALSE);
        assert_int_equal(policy_with(f, "tier", "db").optin, OPTIN_NONE);
        assert_int_equal(f->issues.n, 0); /* the label serves others too */
        assert_int_equal(policy_with(f, "tiers", "web").optin, OPTIN_NONE);
        assert_int_equal(policy_with(f, "autoheal", "true").optin, OPTIN_TRUE);
        assert_int_equal(policy_with(f, "autoheal", "maybe").optin, OPTIN_UNCLEAR);
        assert_int_equal(f->issues.n, 1);
        assert_int_equal(load(f, "{\"monitor\":{\"label_value\":\"false\"}}"), 0);
        assert_int_equal(policy_with(f, "autoheal", "false").optin, OPTIN_TRUE);
}

static void configured_prefix_wins_over_the_usual_one(void **data) {
        struct fixture *f = *data;
        struct policy p;

        assert_int_equal(load(f, "{\"monitor\":{\"label_key\":\"com.example\"}}"), 0);
        p = policy_of(f,
                      LABELS({ "autoheal", "true" }, { "com.example", "false" }, { "com.example.cooldown", "5" },
                             { "autoheal.cooldown", "6" }, { "autoheal.window", "7" }),
                      5);
        assert_int_equal(p.optin, OPTIN_FALSE);
        assert_int_equal(p.cooldown_s, 5);
        assert_int_equal(p.window_s, 7);
        p = policy_of(f, LABELS({ "autoheal.cooldown", "6" }, { "com.example.cooldown", "x" }), 2);
        assert_int_equal(p.cooldown_s, 60);
        assert_int_equal(f->issues.n, 1);
        assert_int_equal(policy_with(f, "com.example.monitoring.id", "x").stable_id == NULL, true);
}

static void stop_timeout_falls_through_to_the_container(void **data) {
        struct fixture *f = *data;
        struct label label = { "autoheal.stop.timeout", "20" };
        struct container c = { .inspected = true, .stop_timeout_s = -1 };
        struct policy p;

        policy_for(&p, &f->cfg, &c, NULL);
        assert_true(p.stop_timeout_s == -1);
        c.inspected = false;
        policy_for(&p, &f->cfg, &c, NULL);
        assert_true(p.stop_timeout_s == STOP_TIMEOUT_UNSET);
        c.inspected = true;
        f->cfg.restart.stop_timeout_seconds = 0;
        policy_for(&p, &f->cfg, &c, NULL);
        assert_int_equal(p.stop_timeout_s, 0);
        c.labels = &label;
        c.n_labels = 1;
        policy_for(&p, &f->cfg, &c, NULL);
        assert_int_equal(p.stop_timeout_s, 20);
}

static void release_is_the_setting_or_the_window_that_holds(void **data) {
        struct fixture *f = *data;

        assert_int_equal(policy_with(f, "autoheal.window", "30").release_s, 30);
        f->cfg.restart.release_seconds = 0;
        assert_int_equal(policy_with(f, "autoheal.window", "30").release_s, 0);
}

static void bounds_are_those_of_the_settings(void **data) {
        static const struct {
                const char *key, *value;
                bool good;
        } cases[] = {
                { "autoheal.cooldown", "0", true },
                { "autoheal.cooldown", "31536000", true },
                { "autoheal.cooldown", "31536001", false },
                { "autoheal.cooldown", "365d", true },
                { "autoheal.cooldown", "366d", false },
                { "autoheal.cooldown", "-1", false },
                { "autoheal.cooldown", "", false },
                { "autoheal.cooldown", "1.5", false },
                { "autoheal.cooldown", "99999999999999999999999", false },
                { "autoheal.start_grace", "0", true },
                { "autoheal.start_grace", "soon", false },
                { "autoheal.stop.timeout", "0", true },
                { "autoheal.stop.timeout", "-1", false },
                { "autoheal.window", "1", true },
                { "autoheal.window", "0", false },
                { "autoheal.max_restarts", "1", true },
                { "autoheal.max_restarts", "0", false },
                { "autoheal.max_restarts", "9223372036854775808", false },
                { "autoheal.max_restarts", "3 ", false },
                { "autoheal.action", "Restart", false },
                { "autoheal.action", "", false },
                { "autoheal.mode", "unhealthy", false },
                { "monitoring.id", "", false },
                { "monitoring.id", "a\nb", false },
                { "monitoring.id", "a\x7f", false },
                { "monitoring.id", "\xc2\x9b", false },
                { "monitoring.id", "\xff", false },
                { "monitoring.id", "caf\xc3\xa9", true },
        };
        struct fixture *f = *data;
        struct policy plain = policy_of(f, NULL, 0);

        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                struct policy p = policy_with(f, cases[i].key, cases[i].value);

                if (f->issues.n != (cases[i].good ? 0U : 1U))
                        fail_msg("%s=%s", cases[i].key, cases[i].value);
                if (cases[i].good)
                        continue;
                assert_false(f->issues.items[0].is_error);
                assert_string_equal(f->issues.items[0].where, cases[i].key);
                assert_int_equal(p.action, plain.action);
                assert_int_equal(p.mode, plain.mode);
                assert_int_equal(p.cooldown_s, plain.cooldown_s);
                assert_int_equal(p.start_grace_s, plain.start_grace_s);
                assert_int_equal(p.max_restarts, plain.max_restarts);
                assert_int_equal(p.window_s, plain.window_s);
                assert_true(p.stop_timeout_s == plain.stop_timeout_s);
                assert_null(p.stable_id);
        }
}

static void stable_id_has_a_length(void **data) {
        struct fixture *f = *data;
        char id[202];

        memset(id, 'x', sizeof(id));
        id[200] = '\0';
        assert_string_equal(policy_with(f, "monitoring.id", id).stable_id, id);
        id[200] = 'x';
        id[201] = '\0';
        assert_null(policy_with(f, "monitoring.id", id).stable_id);
        assert_int_equal(f->issues.n, 1);
}

static void bad_values_are_shown_printable_and_short(void **data) {
        struct fixture *f = *data;
        char value[5000];

        memset(value, 'v', sizeof(value) - 1);
        value[sizeof(value) - 1] = '\0';
        memcpy(value, "\x1b[2J\n", 5);
        (void)policy_with(f, "autoheal.mode", value);
        assert_int_equal(f->issues.n, 1);
        assert_memory_equal(f->issues.items[0].message, "autoheal.mode=\\x1b[2J\\n", 22);
        assert_non_null(strstr(f->issues.items[0].message, ": must be one of both, health, on-failure"));
        assert_true(strlen(f->issues.items[0].message) < 300);
}

static void a_bad_value_tells_what_holds_instead(void **data) {
        static const struct {
                const char *key, *value, *message;
        } cases[] = {
                { "autoheal.action", "kill", "autoheal.action=kill: must be one of restart, stop, notify, none; 'restart' holds" },
                { "autoheal.mode", "x", "autoheal.mode=x: must be one of both, health, on-failure; 'health' holds" },
                { "autoheal.cooldown", "x", "autoheal.cooldown=x: must be a duration like 90, 90s, 5m or 1h30m; '1m30s' holds" },
                { "autoheal.window", "0", "autoheal.window=0: must be a duration like 90, 90s, 5m or 1h30m, above 0; '10m' holds" },
                { "autoheal.priority", "high", "autoheal.priority=high: must be an integer; '0' holds" },
                { "autoheal.priority", "9223372036854775808",
                  "autoheal.priority=9223372036854775808: must be an integer; '0' holds" },
                { "autoheal.max_restarts", "0", "autoheal.max_restarts=0: must be an integer >= 1; '3' holds" },
                { "autoheal.stop.timeout", "x",
                  "autoheal.stop.timeout=x: must be a duration like 90, 90s, 5m or 1h30m; the container's own holds" },
                { "monitoring.id", "",
                  "monitoring.id=: must be 1 to 200 bytes of text without control characters; the label is ignored" },
                { "autoheal.check.interval", "5s",
                  "autoheal.check.interval=5s: must be set beside check.http, check.tcp or check.exec; the label is ignored" },
                { "autoheal.check.retries", "2",
                  "autoheal.check.retries=2: must be set beside check.http, check.tcp or check.exec; the label is ignored" },
        };
        struct fixture *f = *data;

        assert_int_equal(load(f, "{\"restart\":{\"mode\":\"health\",\"cooldown_seconds\":90}}"), 0);
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                (void)policy_with(f, cases[i].key, cases[i].value);
                assert_int_equal(f->issues.n, 1);
                check_issue(&f->issues, false, cases[i].key, cases[i].message);
        }
        f->cfg.restart.stop_timeout_seconds = 20;
        (void)policy_with(f, "autoheal.stop.timeout", "x");
        check_issue(&f->issues, false, "autoheal.stop.timeout",
                    "autoheal.stop.timeout=x: must be a duration like 90, 90s, 5m or 1h30m; '20s' holds");
}

static void unknown_labels_below_the_prefix_are_told(void **data) {
        static const struct {
                const char *key, *message;
        } cases[] = {
                { "autoheal.max_restart", "autoheal.max_restart=5: unknown label (did you mean autoheal.max_restarts?)" },
                { "autoheal.stop_timeout", "autoheal.stop_timeout=5: unknown label (did you mean autoheal.stop.timeout?)" },
                { "autoheal.cooldown_seconds", "autoheal.cooldown_seconds=5: unknown label (did you mean autoheal.cooldown?)" },
                { "autoheal.colour", "autoheal.colour=5: unknown label" },
        };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                (void)policy_with(f, cases[i].key, "5");
                check_issue(&f->issues, false, cases[i].key, cases[i].message);
        }
}

static void labels_of_others_and_of_other_versions_are_not_told(void **data) {
        static const char *const keys[] = {
                "autoheal.depends_on", "autoheal.notify", "autohealer.mode", "autoheal-mode", "monitoring.idd", "maintainer", ""
        };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(keys); i++) {
                (void)policy_with(f, keys[i], "x");
                if (f->issues.n)
                        fail_msg("'%s': %s", keys[i], f->issues.items[0].message);
        }
}

static void below_a_configured_prefix_only_near_names_are_told(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, "{\"monitor\":{\"label_key\":\"com.example\"}}"), 0);
        (void)policy_of(f, LABELS({ "com.example.owner", "me" }, { "com.example.coldown", "1" }, { "autoheal.colour", "x" }), 3);
        assert_int_equal(f->issues.n, 2);
        check_issue(&f->issues, false, "com.example.coldown",
                    "com.example.coldown=1: unknown label (did you mean com.example.cooldown?)");
        check_issue(&f->issues, false, "autoheal.colour", "autoheal.colour=x: unknown label");
        assert_int_equal(load(f, "{\"monitor\":{\"label_key\":\"autoheal.enable\"}}"), 0);
        (void)policy_of(f, LABELS({ "autoheal.enable", "true" }, { "autoheal.enable.mode", "health" }), 2);
        assert_int_equal(f->issues.n, 0);
}

static void of_many_unknown_labels_a_few_are_told(void **data) {
        struct fixture *f = *data;
        struct label many[100];

        for (size_t i = 0; i < N_ELEMENTS(many); i++)
                many[i] = (struct label){ arena_printf(&f->arena, "autoheal.x%zu\n", i), "y" };
        (void)policy_of(f, many, N_ELEMENTS(many));
        assert_int_equal(f->issues.n, 8);
        assert_string_equal(f->issues.items[0].message, "autoheal.x0\\n=y: unknown label");
}

static void nobody_need_listen_to_issues(void **data) {
        struct fixture *f = *data;
        struct label label = { "autoheal.mode", "x" };
        struct container c = { .labels = &label, .n_labels = 1 };
        struct policy p;

        policy_for(&p, &f->cfg, &c, NULL);
        assert_int_equal(p.mode, MODE_BOTH);
}

#define WITH_DEFAULTS(f) cmocka_unit_test_setup_teardown(f, set_up_defaults, tear_down)

static const char *label_over(const struct fixture *f, const char *path, const struct label *labels, size_t n) {
        struct container c = { .labels = labels, .n_labels = n };
        const struct label *l = config_label_over(&f->cfg, &c, path);

        return l ? l->value : NULL;
}

static void a_label_that_wins_over_a_setting_is_found(void **data) {
        struct fixture *f = *data;
        const struct label *labels =
                LABELS({ "autoheal.cooldown", "5m" }, { "autoheal.window", "soon" }, { "autoheal.action", "stop" });

        assert_string_equal(label_over(f, "restart.cooldown_seconds", labels, 3), "5m");
        assert_null(label_over(f, "restart.max_restarts_window_seconds", labels, 3));
        assert_null(label_over(f, "restart.max_restarts", labels, 3));
        assert_null(label_over(f, "brake.enabled", labels, 3));
        f->cfg.monitor.label_key = "heal";
        labels = LABELS({ "autoheal.max_restarts", "5" }, { "heal.max_restarts", "6" });
        assert_string_equal(label_over(f, "restart.max_restarts", labels, 2), "6");
}

static void each_label_that_replaces_a_setting_names_one(void **data) {
        const struct label_info *labels;
        size_t n = config_labels(&labels), replacing = 0;

        (void)data;
        for (size_t i = 0; i < n; i++) {
                if (!labels[i].setting)
                        continue;
                replacing++;
                assert_non_null(config_find_setting(labels[i].setting));
        }
        assert_int_equal(replacing, 6);
}

/* ---- Labels of other tools, which heal what is unhealthy and nothing else ---- */

static const char *const other_optins[] = { "autoheal.monitor.enable", "deunhealth.restart.on.unhealthy" };

static void labels_of_other_tools_opt_in_for_what_is_unhealthy(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, "{\"restart\":{\"mode\":\"on-failure\"},\"monitor\":{\"label_key\":\"heal\"}}"), 0);
        for (size_t i = 0; i < N_ELEMENTS(other_optins); i++) {
                struct policy p = policy_with(f, other_optins[i], "TRUE");

                assert_int_equal(p.optin, OPTIN_TRUE);
                assert_string_equal(p.optin_by->key, other_optins[i]);
                assert_int_equal(p.mode, MODE_HEALTH);
                assert_int_equal(p.action, ACTION_RESTART);
                assert_int_equal(policy_with(f, other_optins[i], "false").optin, OPTIN_FALSE);
                assert_int_equal(f->issues.n, 0);
                assert_int_equal(policy_with(f, other_optins[i], "often").optin, OPTIN_NONE);
                check_issue(&f->issues, false, other_optins[i],
                            arena_printf(&f->arena, "%s=often: must be true or false; the label is ignored", other_optins[i]));
        }
}

static void our_own_labels_win_over_them(void **data) {
        struct fixture *f = *data;
        struct policy p;

        p = policy_of(f, LABELS({ "autoheal.monitor.enable", "true" }, { "autoheal", "false" }), 2);
        assert_int_equal(p.optin, OPTIN_FALSE);
        p = policy_of(f, LABELS({ "autoheal", "true" }, { "deunhealth.restart.on.unhealthy", "false" }), 2);
        assert_int_equal(p.optin, OPTIN_TRUE);
        assert_string_equal(p.optin_by->key, "autoheal");
        assert_int_equal(p.mode, MODE_BOTH);
        p = policy_of(f, LABELS({ "autoheal.mode", "both" }, { "deunhealth.restart.on.unhealthy", "true" }), 2);
        assert_int_equal(p.optin, OPTIN_TRUE);
        assert_int_equal(p.mode, MODE_BOTH);
        p = policy_of(f, LABELS({ "autoheal.action", "stop" }, { "autoheal.restart.enable", "false" }), 2);
        assert_int_equal(p.action, ACTION_STOP);
}

static void who_only_watches_is_notified(void **data) {
        struct fixture *f = *data;

        assert_int_equal(policy_with(f, "autoheal.restart.enable", "False").action, ACTION_NOTIFY);
        assert_int_equal(policy_with(f, "autoheal.restart.enable", "true").action, ACTION_RESTART);
        assert_int_equal(policy_with(f, "autoheal.restart.enable", "true").optin, OPTIN_NONE);
        assert_int_equal(f->issues.n, 0);
        assert_int_equal(policy_with(f, "autoheal.restart.enable", "no way").action, ACTION_RESTART);
        assert_int_equal(f->issues.n, 1);
}

/* Their keys are whole: below a prefix of somebody's own they are nothing. */
static void they_have_no_other_prefix(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, "{\"monitor\":{\"label_key\":\"heal\"}}"), 0);
        assert_int_equal(policy_with(f, "heal.monitor.enable", "true").optin, OPTIN_NONE);
        assert_int_equal(policy_with(f, "heal.deunhealth.restart.on.unhealthy", "true").optin, OPTIN_NONE);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_DEFAULTS(without_labels_the_configuration_holds),
                WITH_DEFAULTS(labels_win_over_the_configuration),
                WITH_DEFAULTS(every_action_has_its_word),
                WITH_DEFAULTS(opt_in_takes_any_letter_case),
                WITH_DEFAULTS(opt_in_by_another_label_and_value),
                WITH_DEFAULTS(configured_prefix_wins_over_the_usual_one),
                WITH_DEFAULTS(stop_timeout_falls_through_to_the_container),
                WITH_DEFAULTS(release_is_the_setting_or_the_window_that_holds),
                WITH_DEFAULTS(bounds_are_those_of_the_settings),
                WITH_DEFAULTS(stable_id_has_a_length),
                WITH_DEFAULTS(bad_values_are_shown_printable_and_short),
                WITH_DEFAULTS(a_bad_value_tells_what_holds_instead),
                WITH_DEFAULTS(unknown_labels_below_the_prefix_are_told),
                WITH_DEFAULTS(labels_of_others_and_of_other_versions_are_not_told),
                WITH_DEFAULTS(below_a_configured_prefix_only_near_names_are_told),
                WITH_DEFAULTS(of_many_unknown_labels_a_few_are_told),
                WITH_DEFAULTS(nobody_need_listen_to_issues),
                WITH_DEFAULTS(a_label_that_wins_over_a_setting_is_found),
                WITH_DEFAULTS(each_label_that_replaces_a_setting_names_one),
                WITH_DEFAULTS(labels_of_other_tools_opt_in_for_what_is_unhealthy),
                WITH_DEFAULTS(our_own_labels_win_over_them),
                WITH_DEFAULTS(who_only_watches_is_notified),
                WITH_DEFAULTS(they_have_no_other_prefix),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
