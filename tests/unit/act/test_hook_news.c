/* SPDX-License-Identifier: MIT */
/* What a hook is told: its environment without our secrets, and the document that it reads. */
#include "act/hook_internal.h"
#include "support/check.h"

static const struct event an_event = { .at_us = INT64_C(1700000000000000),
                                       .type = EVENT_RESTART,
                                       .container_id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                                       .container_name = "web",
                                       .stable_id = "shop_web",
                                       .restart_count = 2,
                                       .status = "success",
                                       .reason = "unhealthy",
                                       .message = "restarted",
                                       .duration_ms = 12 };

static struct hook_news news_of(const struct event *event) {
        return (struct hook_news){ .event = event, .max_restarts = 3, .stop_timeout_s = STOP_TIMEOUT_UNSET, .host = "here" };
}

static const char *value_in(const char *const *env, const char *name) {
        size_t n = strlen(name);

        for (size_t i = 0; env[i]; i++)
                if (strncmp(env[i], name, n) == 0 && env[i][n] == '=')
                        return env[i] + n + 1;
        return NULL;
}

static void environment_is_ours_but_for_secrets(void **state) {
        static const char *const hidden[] = {
                "AUTOHEAL_API_TOKEN",       "AUTOHEAL_ALERTS_WEBHOOK", "WEBHOOK_URL", "APPRISE_URL", "NOTIFY_SOCKET",
                "DOCKER_CLI_PLUGIN_SOCKET", "AUTOHEAL_HOOK_EXIT_CODE"
        };
        struct event event = an_event;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct hook_news news = news_of(&event);

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(hidden); i++)
                assert_int_equal(setenv(hidden[i], "hunter2", 1), 0);
        assert_int_equal(setenv("AUTOHEAL_HOOK_CONTAINER", "another", 1), 0);
        assert_int_equal(setenv("AUTOHEAL_HOOKS_TIMEOUT_SECONDS", "5", 1), 0);

        const char *const *env = hook_environment(HOOK_ON_QUARANTINE, &news, &a);

        for (size_t i = 0; i < N_ELEMENTS(hidden); i++)
                assert_null(value_in(env, hidden[i]));
        assert_string_equal(value_in(env, "PATH"), getenv("PATH"));
        assert_string_equal(value_in(env, "AUTOHEAL_HOOKS_TIMEOUT_SECONDS"), "5");
        assert_string_equal(value_in(env, "AUTOHEAL_HOOK"), "on_quarantine");
        assert_string_equal(value_in(env, "AUTOHEAL_HOOK_CONTAINER"), "web");
        assert_string_equal(value_in(env, "AUTOHEAL_HOOK_CONTAINER_ID"), event.container_id);
        assert_string_equal(value_in(env, "AUTOHEAL_HOOK_HOST"), "here");
        assert_string_equal(value_in(env, "AUTOHEAL_HOOK_STATUS"), "success");
        assert_string_equal(value_in(env, "AUTOHEAL_HOOK_RESTARTS"), "2");
        assert_string_equal(value_in(env, "AUTOHEAL_HOOK_MAX_RESTARTS"), "3");
        for (size_t i = 0; i < N_ELEMENTS(hidden); i++)
                assert_int_equal(unsetenv(hidden[i]), 0);
        assert_int_equal(unsetenv("AUTOHEAL_HOOK_CONTAINER"), 0);
        assert_int_equal(unsetenv("AUTOHEAL_HOOKS_TIMEOUT_SECONDS"), 0);
}

static void values_are_one_printable_line(void **state) {
        struct event event = an_event;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct hook_news news = news_of(&event);
        char huge[10000];

        (void)state;
        memset(huge, 'x', sizeof(huge) - 1);
        huge[sizeof(huge) - 1] = '\0';
        event.stable_id = "a\nPATH=/evil\x1b[31m\xff";
        event.message = huge;
        event.reason = NULL;

        const char *const *env = hook_environment(HOOK_PRE_RESTART, &news, &a);

        assert_string_equal(value_in(env, "AUTOHEAL_HOOK_STABLE_ID"), "a\\nPATH=/evil\\x1b[31m\\xff");
        assert_string_equal(value_in(env, "AUTOHEAL_HOOK_REASON"), "");
        assert_in_range(strlen(value_in(env, "AUTOHEAL_HOOK_MESSAGE")), 1000, 4095);
}

static void document_has_all_of_it(void **state) {
        struct event event = an_event;
        struct buf text AUTO(buf_release) = BUF_INIT(4096);
        struct json_doc *doc AUTO_JSON = NULL;
        struct hook_news news = news_of(&event);

        (void)state;
        event.health_output = "a\n\x1b";
        event.has_exit_code = true;
        event.exit_code = 137;
        event.oom_killed = true;
        hook_document(&text, HOOK_POST_RESTART, &news);
        assert_int_equal(json_parse(buf_str(&text), text.len, 100, &doc, NULL), 0);
        check_json(json_root(doc), "hook", "\"post_restart\"");
        check_json(json_root(doc), "timestamp", "\"2023-11-14T22:13:20.000000+00:00\"");
        check_json(json_root(doc), "exit_code", "137");
        check_json(json_root(doc), "oom_killed", "true");
        check_json(json_root(doc), "health_output", "\"a\\n\\u001b\"");
        check_json(json_root(doc), "status", "\"success\"");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(environment_is_ours_but_for_secrets),
                cmocka_unit_test(values_are_one_printable_line),
                cmocka_unit_test(document_has_all_of_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
