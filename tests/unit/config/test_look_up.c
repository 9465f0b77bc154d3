/* SPDX-License-Identifier: MIT */
/* What holds for a key, and who says so: default, document or variable. */
#include "edit_fixture.h"

static void check_value(struct fixture *f, const char *path, const char *text, const char *variable, enum config_origin origin,
                        const char *json, const char *in_file) {
        struct json_doc *doc AUTO_JSON = text ? parsed(text) : NULL;
        const struct setting_info *s = config_find_setting(path);
        struct env_var env = { s->env, variable };
        struct config_value v;

        config_look_up(&v, s, doc ? json_root(doc) : (struct json_value){ .doc = NULL }, &env, variable != NULL, false, &f->arena);
        assert_int_equal(v.origin, origin);
        if (json)
                assert_string_equal(v.json, json);
        else
                assert_null(v.json);
        if (in_file)
                assert_string_equal(v.in_file, in_file);
        else
                assert_null(v.in_file);
}

static void the_default_holds_where_nothing_else_does(void **data) {
        struct fixture *f = *data;

        check_value(f, "restart.mode", NULL, NULL, ORIGIN_DEFAULT, "\"both\"", NULL);
        check_value(f, "restart.backoff.multiplier", "{\"restart\":{}}", NULL, ORIGIN_DEFAULT, "2.0", NULL);
        check_value(f, "restart.max_restarts", "{\"restart\":{\"max_restarts\":null}}", NULL, ORIGIN_DEFAULT, "3", "null");
        check_value(f, "uptime_kuma.server_url", "{}", NULL, ORIGIN_NOWHERE, NULL, NULL);
}

static void the_document_wins_over_the_default(void **data) {
        struct fixture *f = *data;

        check_value(f, "restart.max_restarts", "{\"restart\":{\"max_restarts\":7}}", NULL, ORIGIN_FILE, "7", "7");
        check_value(f, "restart.max_restarts", "{\"restart\":{\"max_restarts\":\"7\"}}", NULL, ORIGIN_FILE, "7", "7");
        check_value(f, "restart.max_restarts", "{\"restart\":{\"max_restarts\":7.0}}", NULL, ORIGIN_FILE, "7", "7");
        check_value(f, "restart.release_seconds", "{\"restart\":{\"release_seconds\":null}}", NULL, ORIGIN_FILE, "null", "null");
        check_value(f, "containers.selected", "{\"containers\":{\"selected\":[ \"a\" ]}}", NULL, ORIGIN_FILE, "[\"a\"]", "[\"a\"]");
        check_value(f, "alerts.webhook", "{\"alerts\":{\"webhook\":\"h\"}}", NULL, ORIGIN_FILE, "\"********\"", "\"********\"");
        check_value(f, "alerts.webhook", "{}", "https://h/secret", ORIGIN_VARIABLE, "\"********\"", NULL);
        check_value(f, "uptime_kuma.enabled", "{\"uptime_kuma\":{\"enabled\":null}}", NULL, ORIGIN_FILE, "null", "null");
}

static void a_variable_wins_over_both(void **data) {
        struct fixture *f = *data;

        check_value(f, "restart.max_restarts", "{\"restart\":{\"max_restarts\":7}}", "9", ORIGIN_VARIABLE, "9", "7");
        check_value(f, "containers.selected", NULL, "web, db", ORIGIN_VARIABLE, "[\"web\",\"db\"]", NULL);
        check_value(f, "containers.selected", NULL, "", ORIGIN_VARIABLE, "[]", NULL);
        check_value(f, "monitor.label_value", NULL, "", ORIGIN_VARIABLE, "\"\"", NULL);
        check_value(f, "restart.max_restarts", NULL, "nine", ORIGIN_VARIABLE, "\"nine\"", NULL);
        check_value(f, "restart.release_seconds", NULL, "null", ORIGIN_VARIABLE, "null", NULL);
}

static void values_for_people_lose_their_quotes_only(void **data) {
        struct fixture *f = *data;

        assert_string_equal(config_plain("\"a\\u0062\"", &f->arena), "ab");
        assert_string_equal(config_plain("[\"a\"]", &f->arena), "[\"a\"]");
        assert_string_equal(config_plain("null", &f->arena), "null");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(the_default_holds_where_nothing_else_does),
                WITH_LOAD(the_document_wins_over_the_default),
                WITH_LOAD(a_variable_wins_over_both),
                WITH_LOAD(values_for_people_lose_their_quotes_only),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
