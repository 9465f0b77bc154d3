/* SPDX-License-Identifier: MIT */
/* Variables of the most used shell tool: what each stands for, what wins over it, and where it is heeded at all. */
#include "fixture.h"

#include "autoheal/config/edit.h"

#define HEEDED                                                                                                                     \
        { "AUTOHEAL_OTHER_NAMES", "true" }
#define LOAD(f, text, ...)                                                                                                         \
        load_with(f, text, (const struct env_var[]){ __VA_ARGS__ },                                                                \
                  sizeof((const struct env_var[]){ __VA_ARGS__ }) / sizeof(struct env_var))

/* Nothing but the note about who chooses. */
static void check_good(const struct fixture *f) {
        for (size_t i = 0; i < f->issues.n; i++)
                if (!f->issues.items[i].is_note)
                        fail_msg("%s: %s", f->issues.items[i].where, f->issues.items[i].message);
}

static void each_stands_for_a_setting(void **data) {
        struct fixture *f = *data;

        assert_int_equal(LOAD(f, NULL, { "AUTOHEAL_CONTAINER_LABEL", "heal.me" }, { "AUTOHEAL_INTERVAL", "15" },
                              { "AUTOHEAL_START_PERIOD", "90" }, { "AUTOHEAL_DEFAULT_STOP_TIMEOUT", "60" },
                              { "AUTOHEAL_ONLY_MONITOR_RUNNING", "true" }),
                         0);
        check_good(f);
        assert_string_equal(f->cfg.monitor.label_key, "heal.me");
        assert_string_equal(f->cfg.monitor.label_value, "true");
        assert_false(f->cfg.monitor.include_all);
        assert_int_equal(f->cfg.monitor.interval_seconds, 15);
        assert_int_equal(f->cfg.monitor.start_period_seconds, 90);
        assert_int_equal(f->cfg.restart.stop_timeout_seconds, 60);
}

static void all_means_all(void **data) {
        struct fixture *f = *data;

        assert_int_equal(LOAD(f, NULL, { "AUTOHEAL_CONTAINER_LABEL", "all" }), 0);
        assert_true(f->cfg.monitor.include_all);
        assert_string_equal(f->cfg.monitor.label_key, "autoheal");
}

/* sleep takes them there. */
static void units_are_understood(void **data) {
        struct fixture *f = *data;

        assert_int_equal(LOAD(f, NULL, { "AUTOHEAL_INTERVAL", "1m" }, { "AUTOHEAL_START_PERIOD", "1h30m" }), 0);
        check_good(f);
        assert_int_equal(f->cfg.monitor.interval_seconds, 60);
        assert_int_equal(f->cfg.monitor.start_period_seconds, 5400);
}

static void an_empty_one_is_not_set(void **data) {
        struct fixture *f = *data;

        assert_int_equal(LOAD(f, NULL, HEEDED, { "AUTOHEAL_CONTAINER_LABEL", "" }, { "AUTOHEAL_INTERVAL", "" },
                              { "AUTOHEAL_START_PERIOD", "" }, { "AUTOHEAL_DEFAULT_STOP_TIMEOUT", "" },
                              { "AUTOHEAL_ONLY_MONITOR_RUNNING", "" }, { "WEBHOOK_URL", "" }, { "APPRISE_URL", "" },
                              { "WEBHOOK_JSON_KEY", "" }, { "POST_RESTART_SCRIPT", "" }),
                         0);
        assert_int_equal(f->issues.n, 0);
        assert_string_equal(f->cfg.monitor.label_key, "autoheal");
        assert_int_equal(f->cfg.monitor.interval_seconds, 30);
        assert_int_equal(f->cfg.restart.mode, MODE_BOTH);
        assert_int_equal(f->cfg.notifications.n_services, 0);
        assert_int_equal(f->cfg.hooks.post_restart.n, 0);
}

static void our_own_name_wins_and_the_file_does_not(void **data) {
        struct fixture *f = *data;

        assert_int_equal(LOAD(f, "{\"monitor\":{\"interval_seconds\":7}}", { "AUTOHEAL_INTERVAL", "15" }), 0);
        assert_int_equal(f->cfg.monitor.interval_seconds, 15);
        assert_int_equal(LOAD(f, NULL, { "AUTOHEAL_INTERVAL", "15" }, { "AUTOHEAL_MONITOR_INTERVAL_SECONDS", "20" }), 0);
        assert_int_equal(f->cfg.monitor.interval_seconds, 20);
        assert_int_equal(LOAD(f, NULL, { "AUTOHEAL_MONITOR_INCLUDE_ALL", "false" }, { "AUTOHEAL_CONTAINER_LABEL", "all" }), 0);
        assert_false(f->cfg.monitor.include_all);
}

static void who_chooses_containers_so_heals_the_unhealthy_only_unless_told(void **data) {
        static const struct env_var chooses = { "AUTOHEAL_CONTAINER_LABEL", "all" };
        struct fixture *f = *data;

        assert_int_equal(load_with(f, NULL, &chooses, 1), 0);
        assert_int_equal(f->cfg.restart.mode, MODE_HEALTH);
        assert_int_equal(load_with(f, "{\"restart\":{\"mode\":null}}", &chooses, 1), 0);
        assert_int_equal(f->cfg.restart.mode, MODE_HEALTH);
        assert_int_equal(load_with(f, "{\"restart\":{\"mode\":\"both\"}}", &chooses, 1), 0);
        assert_int_equal(f->cfg.restart.mode, MODE_BOTH);
        assert_int_equal(LOAD(f, NULL, chooses, { "AUTOHEAL_RESTART_MODE", "both" }), 0);
        assert_int_equal(f->cfg.restart.mode, MODE_BOTH);
        assert_int_equal(LOAD(f, NULL, { "AUTOHEAL_INTERVAL", "5" }), 0);
        assert_int_equal(f->cfg.restart.mode, MODE_BOTH);
}

static void both_are_said_in_one_line(void **data) {
        struct fixture *f = *data;

        assert_int_equal(LOAD(f, NULL, { "AUTOHEAL_CONTAINER_LABEL", "all" }), 0);
        check_issue(
                &f->issues, false, "AUTOHEAL_CONTAINER_LABEL",
                "it chooses the containers, and only unhealthy ones are restarted (restart.mode is health); what was restarted 3 "
                "times within 10m is quarantined");
        assert_true(f->issues.items[0].is_note);
        assert_int_equal(f->issues.n, 1);
        assert_int_equal(LOAD(f, "{\"restart\":{\"mode\":\"both\",\"max_restarts\":5}}", { "AUTOHEAL_CONTAINER_LABEL", "x" }), 0);
        check_issue(
                &f->issues, false, "AUTOHEAL_CONTAINER_LABEL",
                "it chooses the containers, and restart.mode is set to both; what was restarted 5 times within 10m is quarantined");
        assert_int_equal(LOAD(f, NULL, { "AUTOHEAL_INTERVAL", "5" }), 0);
        assert_int_equal(f->issues.n, 0);
}

static void what_does_not_parse_is_an_error_that_names_the_variable(void **data) {
        static const struct {
                const char *name, *value, *message;
        } bad[] = {
                { "AUTOHEAL_INTERVAL", "often", "must be an integer (is 'often')" },
                { "AUTOHEAL_INTERVAL", "0", "must be 1..31536000 (is 0)" },
                { "AUTOHEAL_START_PERIOD", "-1", "must be 0..31536000 (is -1)" },
                { "AUTOHEAL_DEFAULT_STOP_TIMEOUT", "10 s", "must be an integer or null (is '10 s')" },
                { "AUTOHEAL_ONLY_MONITOR_RUNNING", "maybe", "must be true or false (is 'maybe')" },
                { "AUTOHEAL_CONTAINER_LABEL", "a=b",
                  "must be the key of a label, or all (is 'a=b'); its value is AUTOHEAL_MONITOR_LABEL_VALUE" },
                { "WEBHOOK_URL", "chat.example/hunter2", "must be an address that begins with https:// or http://" },
                { "APPRISE_URL", "mailto:hunter2", "must be an address that begins with https:// or http://" },
                { "AUTOHEAL_OTHER_NAMES", "some", "must be true or false (is 'some')" },
        };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
                assert_int_equal(LOAD(f, "{}", { bad[i].name, bad[i].value }, HEEDED), -1);
                check_issue(&f->issues, true, bad[i].name, bad[i].message);
                assert_int_equal(count_errors(&f->issues), 1);
                assert_string_equal(f->err.msg, arena_printf(&f->arena, "environment: %s: %s", bad[i].name, bad[i].message));
        }
}

static void webhook_and_apprise_are_told_whatever_else_is_configured(void **data) {
        struct fixture *f = *data;
        const struct service *s;

        assert_int_equal(LOAD(f, "{\"notifications\":{\"services\":[{\"name\":\"mine\",\"type\":\"ntfy\",\"topic\":\"t\"}]}}",
                              HEEDED, { "WEBHOOK_URL", "https://h/x" }, { "WEBHOOK_JSON_KEY", "text" },
                              { "APPRISE_URL", "http://a/notify" }),
                         0);
        check_good(f);
        assert_false(f->cfg.notifications.enabled);
        assert_int_equal(f->cfg.notifications.n_services, 3);
        s = f->cfg.notifications.services;
        assert_string_equal(s[0].name, "mine");
        assert_false(s[0].always);
        assert_string_equal(s[1].name, "WEBHOOK_URL");
        assert_int_equal(s[1].type, SERVICE_WEBHOOK);
        assert_string_equal(s[1].url.text, "https://h/x");
        assert_string_equal(s[1].json_key, "text");
        assert_true(s[1].enabled && s[1].always && !s[1].wrong);
        assert_string_equal(s[2].name, "APPRISE_URL");
        assert_int_equal(s[2].type, SERVICE_APPRISE);
        assert_null(s[2].json_key);
        assert_int_equal(LOAD(f, NULL, HEEDED, { "WEBHOOK_URL", "https://h/x" }), 0);
        assert_string_equal(f->cfg.notifications.services[0].json_key, "content");
}

static void their_names_are_taken(void **data) {
        struct fixture *f = *data;

        assert_int_equal(
                load(f, "{\"notifications\":{\"services\":[{\"name\":\"WEBHOOK_URL\",\"type\":\"ntfy\",\"topic\":\"t\"}]}}"), 0);
        check_issue(&f->issues, false, "notifications.services[0].name", "must not be WEBHOOK_URL");
}

static void a_script_is_a_hook_with_that_tools_arguments(void **data) {
        struct fixture *f = *data;
        const struct string_list *argv = &f->cfg.hooks.post_restart;

        assert_int_equal(LOAD(f, NULL, HEEDED, { "POST_RESTART_SCRIPT", " /opt/tell  ops\t-q \n" }), 0);
        check_good(f);
        assert_int_equal(argv->n, 3);
        assert_string_equal(argv->items[0], "/opt/tell");
        assert_string_equal(argv->items[1], "ops");
        assert_string_equal(argv->items[2], "-q");
        assert_true(f->cfg.hooks.post_restart_args);
        assert_int_equal(LOAD(f, NULL, HEEDED, { "POST_RESTART_SCRIPT", "/a" }, { "AUTOHEAL_HOOKS_POST_RESTART", "/b" }), 0);
        assert_string_equal(f->cfg.hooks.post_restart.items[0], "/b");
        assert_false(f->cfg.hooks.post_restart_args);
}

/* They may be meant for somebody else. */
static void names_that_are_not_ours_alone_are_heeded_where_that_is_said(void **data) {
        static const char *const not_said[] = { "false", "0" };
        struct fixture *f = *data;

        for (size_t i = 0; i <= N_ELEMENTS(not_said); i++) {
                struct env_var env[] = { { "WEBHOOK_URL", "no address" },
                                         { "APPRISE_URL", "no address" },
                                         { "POST_RESTART_SCRIPT", "/opt/x" },
                                         { "AUTOHEAL_OTHER_NAMES", i < N_ELEMENTS(not_said) ? not_said[i] : "" } };

                assert_int_equal(load_with(f, NULL, env, N_ELEMENTS(env) - (i == N_ELEMENTS(not_said))), 0);
                assert_int_equal(f->issues.n, 0);
                assert_int_equal(f->cfg.notifications.n_services, 0);
                assert_int_equal(f->cfg.hooks.post_restart.n, 0);
        }
}

/* ---- Where it is shown what holds ---- */

static void check_shown(struct fixture *f, const char *path, struct env_var set, const char *json, const char *variable) {
        const struct env_var env[] = { set, HEEDED };
        struct config_value v;

        config_look_up(&v, config_find_setting(path), (struct json_value){ .doc = NULL }, env, N_ELEMENTS(env), false, &f->arena);
        assert_string_equal(v.json, json);
        assert_int_equal(v.origin, variable ? ORIGIN_VARIABLE : ORIGIN_DEFAULT);
        if (variable)
                assert_string_equal(v.variable, variable);
        else
                assert_null(v.variable);
}

static void it_is_shown_where_a_value_comes_from(void **data) {
        struct fixture *f = *data;

        check_shown(f, "monitor.interval_seconds", (struct env_var){ "AUTOHEAL_INTERVAL", "2m" }, "120", "AUTOHEAL_INTERVAL");
        check_shown(f, "monitor.include_all", (struct env_var){ "AUTOHEAL_CONTAINER_LABEL", "all" }, "true",
                    "AUTOHEAL_CONTAINER_LABEL");
        check_shown(f, "monitor.include_all", (struct env_var){ "AUTOHEAL_CONTAINER_LABEL", "x" }, "false", NULL);
        check_shown(f, "monitor.label_key", (struct env_var){ "AUTOHEAL_CONTAINER_LABEL", "x" }, "\"x\"",
                    "AUTOHEAL_CONTAINER_LABEL");
        check_shown(f, "monitor.label_key", (struct env_var){ "AUTOHEAL_CONTAINER_LABEL", "all" }, "\"autoheal\"", NULL);
        check_shown(f, "restart.mode", (struct env_var){ "AUTOHEAL_CONTAINER_LABEL", "x" }, "\"health\"",
                    "AUTOHEAL_CONTAINER_LABEL");
        check_shown(f, "restart.mode", (struct env_var){ "AUTOHEAL_RESTART_MODE", "both" }, "\"both\"", "AUTOHEAL_RESTART_MODE");
        check_shown(f, "hooks.post_restart", (struct env_var){ "POST_RESTART_SCRIPT", "/a b" }, "[\"/a\",\"b\"]",
                    "POST_RESTART_SCRIPT");
        check_shown(f, "restart.max_parallel", (struct env_var){ "AUTOHEAL_INTERVAL", "5" }, "16", NULL);
}

static void variables_are_told_from_paths(void **data) {
        (void)data;
        assert_true(config_is_variable("AUTOHEAL_ANYTHING"));
        assert_true(config_is_variable("WEBHOOK_URL"));
        assert_true(config_is_variable("POST_RESTART_SCRIPT"));
        assert_false(config_is_variable("restart.mode"));
        assert_false(config_is_variable("autoheal.mode"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(each_stands_for_a_setting),
                WITH_LOAD(all_means_all),
                WITH_LOAD(units_are_understood),
                WITH_LOAD(an_empty_one_is_not_set),
                WITH_LOAD(our_own_name_wins_and_the_file_does_not),
                WITH_LOAD(who_chooses_containers_so_heals_the_unhealthy_only_unless_told),
                WITH_LOAD(both_are_said_in_one_line),
                WITH_LOAD(what_does_not_parse_is_an_error_that_names_the_variable),
                WITH_LOAD(webhook_and_apprise_are_told_whatever_else_is_configured),
                WITH_LOAD(their_names_are_taken),
                WITH_LOAD(a_script_is_a_hook_with_that_tools_arguments),
                WITH_LOAD(names_that_are_not_ours_alone_are_heeded_where_that_is_said),
                WITH_LOAD(it_is_shown_where_a_value_comes_from),
                WITH_LOAD(variables_are_told_from_paths),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
