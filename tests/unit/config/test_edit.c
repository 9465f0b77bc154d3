/* SPDX-License-Identifier: MIT */
/* Editing the document as text: what is named changes, and every other byte stays where it is. */
#include "autoheal/config/edit.h"
#include "fixture.h"

#define EDITS(...) ((const struct config_edit[]){ __VA_ARGS__ })

/* The text after these edits; fails the test if they are refused. */
static const char *edited(struct fixture *f, const char *text, const struct config_edit *edits, size_t n) {
        struct buf out AUTO(buf_release) = BUF_INIT(CONFIG_MAX);
        struct json_doc *doc AUTO_JSON = NULL;

        error_clear(&f->err);
        if (config_edit(&out, "config.json", text, text ? strlen(text) : 0, edits, n, &f->err) < 0)
                fail_msg("'%s': %s", text, f->err.msg);
        if (json_parse(buf_str(&out), out.len, CONFIG_TOKENS_MAX, &doc, &f->err) < 0)
                fail_msg("'%s' became '%s': %s", text, buf_str(&out), f->err.msg);
        return arena_strdup(&f->arena, buf_str(&out));
}

static const char *set_one(struct fixture *f, const char *text, const char *path, const char *json) {
        return edited(f, text, EDITS({ path, json }), 1);
}

static const char *unset_one(struct fixture *f, const char *text, const char *path) {
        return edited(f, text, EDITS({ path, NULL }), 1);
}

static void check_refused(struct fixture *f, const char *text, const char *path, const char *json, enum err_code code,
                          const char *message) {
        struct buf out AUTO(buf_release) = BUF_INIT(CONFIG_MAX);

        error_clear(&f->err);
        assert_int_equal(config_edit(&out, "/data/config.json", text, strlen(text), EDITS({ path, json }), 1, &f->err), -1);
        assert_string_equal(f->err.msg, message);
        assert_int_equal(f->err.code, code);
        assert_int_equal(out.len, 0);
}

/* ---- Setting ---- */

static void without_a_file_one_is_made(void **data) {
        struct fixture *f = *data;

        assert_string_equal(set_one(f, NULL, "restart.backoff.max_seconds", "5"),
                            "{\n  \"restart\": {\n    \"backoff\": {\n      \"max_seconds\": 5\n    }\n  }\n}\n");
        assert_string_equal(set_one(f, "{}", "restart.mode", "\"health\""),
                            "{\n  \"restart\": {\n    \"mode\": \"health\"\n  }\n}");
}

static void a_value_is_replaced_and_every_other_byte_stays(void **data) {
        struct fixture *f = *data;

        assert_string_equal(
                set_one(f, " {\"a\" :1 ,\t\"restart\":\r\n{ \"mode\" : \"both\",\"x\":[ 1,2 ] } ,\"z\": {\"\\u0041\" :null}}\n\n",
                        "restart.mode", "\"health\""),
                " {\"a\" :1 ,\t\"restart\":\r\n{ \"mode\" : \"health\",\"x\":[ 1,2 ] } ,\"z\": {\"\\u0041\" :null}}\n\n");
}

static void a_new_key_is_laid_out_like_its_neighbours(void **data) {
        struct fixture *f = *data;

        assert_string_equal(set_one(f, "{\"restart\":{\"mode\":\"both\"}}", "restart.max_restarts", "5"),
                            "{\"restart\":{\"mode\":\"both\",\"max_restarts\":5}}");
        assert_string_equal(set_one(f, "{\"restart\": {\"mode\": \"both\"}}", "restart.max_restarts", "5"),
                            "{\"restart\": {\"mode\": \"both\", \"max_restarts\": 5}}");
        assert_string_equal(set_one(f, "{\n  \"a\": 1\n}", "ui.max_log_entries", "5"),
                            "{\n  \"a\": 1,\n  \"ui\": {\n    \"max_log_entries\": 5\n  }\n}");
        assert_string_equal(
                set_one(f, "{\n    \"restart\": {\n        \"mode\": \"both\"\n    }\n}\n", "restart.backoff.enabled", "false"),
                "{\n    \"restart\": {\n        \"mode\": \"both\",\n        \"backoff\": {\n            \"enabled\": "
                "false\n        }\n    }\n}\n");
        assert_string_equal(set_one(f, "{\n\t\"a\": 1\n}", "ui.max_log_entries", "5"),
                            "{\n\t\"a\": 1,\n\t\"ui\": {\n\t\t\"max_log_entries\": 5\n\t}\n}");
        assert_string_equal(set_one(f, "{\n  \"restart\": {},\n  \"z\": 1\n}", "restart.mode", "\"both\""),
                            "{\n  \"restart\": {\n    \"mode\": \"both\"\n  },\n  \"z\": 1\n}");
}

static void lists_are_laid_out_in_lines_where_the_file_is(void **data) {
        struct fixture *f = *data;

        assert_string_equal(
                set_one(f, "{\n  \"containers\": {\n    \"selected\": []\n  }\n}", "containers.selected", "[\"web\",\"db\"]"),
                "{\n  \"containers\": {\n    \"selected\": [\n      \"web\",\n      \"db\"\n    ]\n  }\n}");
        assert_string_equal(
                set_one(f, "{\n  \"containers\": {\"selected\": [\"web\"]}\n}", "containers.selected", "[\"web\",\"db\"]"),
                "{\n  \"containers\": {\"selected\": [\"web\",\"db\"]}\n}");
}

static void null_in_place_of_a_section_becomes_one(void **data) {
        struct fixture *f = *data;

        assert_string_equal(set_one(f, "{\"restart\":null,\"a\":1}", "restart.backoff.enabled", "true"),
                            "{\"restart\":{\"backoff\":{\"enabled\":true}},\"a\":1}");
}

static void of_a_key_that_stands_twice_the_one_that_counts_changes(void **data) {
        struct fixture *f = *data;

        assert_string_equal(set_one(f, "{\"ui\":{\"max_log_entries\":1},\"ui\":{\"max_log_entries\":2,\"max_log_entries\":3}}",
                                    "ui.max_log_entries", "9"),
                            "{\"ui\":{\"max_log_entries\":1},\"ui\":{\"max_log_entries\":2,\"max_log_entries\":9}}");
}

static void a_key_may_be_written_with_escapes(void **data) {
        struct fixture *f = *data;

        assert_string_equal(set_one(f, "{\"\\u0075i\":{\"max_log_entries\":1}}", "ui.max_log_entries", "9"),
                            "{\"\\u0075i\":{\"max_log_entries\":9}}");
}

/* ---- Taking out ---- */

static void what_is_taken_out_takes_one_comma_with_it(void **data) {
        struct fixture *f = *data;
        const char *text = "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}\n";

        assert_string_equal(unset_one(f, text, "a"), "{\n  \"b\": 2,\n  \"c\": 3\n}\n");
        assert_string_equal(unset_one(f, text, "b"), "{\n  \"a\": 1,\n  \"c\": 3\n}\n");
        assert_string_equal(unset_one(f, text, "c"), "{\n  \"a\": 1,\n  \"b\": 2\n}\n");
        assert_string_equal(unset_one(f, "{ \"a\": 1 }", "a"), "{}");
        assert_string_equal(unset_one(f, "{\"a\":{\"x\":1,\"y\":{\"z\":[1]}}}", "a.y"), "{\"a\":{\"x\":1}}");
}

static void sections_that_become_empty_go_too(void **data) {
        struct fixture *f = *data;

        assert_string_equal(unset_one(f, "{\"a\":1,\"restart\":{\"backoff\":{\"enabled\":true}}}", "restart.backoff.enabled"),
                            "{\"a\":1}");
        assert_string_equal(
                unset_one(f, "{\"restart\":{\"mode\":\"both\",\"backoff\":{\"enabled\":true}}}", "restart.backoff.enabled"),
                "{\"restart\":{\"mode\":\"both\"}}");
        assert_string_equal(unset_one(f, "{\"restart\":{\"mode\":\"both\"}}", "restart.mode"), "{}");
        assert_string_equal(unset_one(f, "{\"restart\":{\"mode\":\"both\"},\"ui\":{}}", "restart.mode"), "{\"ui\":{}}");
}

static void of_a_key_that_stands_twice_none_comes_back_to_life(void **data) {
        struct fixture *f = *data;

        assert_string_equal(unset_one(f, "{\"a\":1,\"b\":2,\"a\":3}", "a"), "{\"b\":2}");
        assert_string_equal(unset_one(f, "{\"restart\":{\"mode\":\"both\"},\"restart\":{\"mode\":\"health\"}}", "restart.mode"),
                            "{\"restart\":{\"mode\":\"both\"},\"restart\":{}}");
        assert_string_equal(unset_one(f, "{\"a\":{\"x\":1,\"x\":2},\"b\":3}", "a.x"), "{\"b\":3}");
}

static void what_is_not_there_changes_nothing(void **data) {
        struct fixture *f = *data;
        const char *text = "{ \"restart\" : 5,\n\n \"a\":{} }";

        assert_string_equal(unset_one(f, text, "restart.mode"), text);
        assert_string_equal(unset_one(f, text, "ui.max_log_entries"), text);
        assert_string_equal(unset_one(f, text, "a.b.c"), text);
        assert_string_equal(edited(f, text, NULL, 0), text);
}

static void what_was_set_and_taken_out_leaves_the_file_as_it_was(void **data) {
        static const char *const texts[] = { "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n", "{\"a\":{\"b\":1}}", "{\"a\": {\"b\": 1}}",
                                             "{\n\t\"a\": 1,\n\t\"restart\": {\n\t\t\"mode\": \"both\"\n\t}\n}" };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
                const char *more = set_one(f, texts[i], "restart.backoff.max_seconds", "7");

                assert_string_not_equal(more, texts[i]);
                assert_string_equal(unset_one(f, more, "restart.backoff.max_seconds"), texts[i]);
        }
}

/* ---- Several, and what is refused ---- */

static void several_edits_follow_each_other(void **data) {
        struct fixture *f = *data;

        assert_string_equal(edited(f, "{\"a\":1}", EDITS({ "b", "2" }, { "a", NULL }, { "b", "3" }, { "c.d", "[]" }), 4),
                            "{\"b\":3,\"c\":{\"d\":[]}}");
}

static void a_text_that_is_no_object_is_left_alone(void **data) {
        struct fixture *f = *data;

        check_refused(f, "{\"a\":1,\n}", "a", "2", ERR_CONFIG,
                      "/data/config.json: line 2, column 1: expected a key in double quotes after ',', found '}'");
        check_refused(f, "[1]", "a", "2", ERR_CONFIG, "/data/config.json: must be an object (is an array)");
        check_refused(f, "", "a", NULL, ERR_CONFIG,
                      "/data/config.json: line 1, column 1: expected a value, found the end of the text");
        check_refused(f, "{\"a\":1} x", "a", NULL, ERR_CONFIG,
                      "/data/config.json: line 1, column 9: expected the end of the text after the value, found 'x'");
}

static void a_path_through_a_value_is_refused(void **data) {
        struct fixture *f = *data;

        check_refused(f, "{\"restart\":{\"backoff\":5}}", "restart.backoff.enabled", "true", ERR_INVALID,
                      "restart.backoff: must be an object (is a number)");
        check_refused(f, "{\"restart\":[]}", "restart.mode", "\"both\"", ERR_INVALID, "restart: must be an object (is an array)");
}

static void a_value_that_is_no_json_or_too_deep_is_refused(void **data) {
        struct fixture *f = *data;
        struct buf deep AUTO(buf_release) = BUF_INIT(1024), out AUTO(buf_release) = BUF_INIT(CONFIG_MAX);

        for (size_t i = 0; i < JSON_MAX_DEPTH; i++)
                buf_add_char(&deep, '[');
        for (size_t i = 0; i < JSON_MAX_DEPTH; i++)
                buf_add_char(&deep, ']');
        assert_int_equal(config_edit(&out, "x", "{}", 2, EDITS({ "a", buf_str(&deep) }), 1, &f->err), -1);
        assert_int_equal(f->err.code, ERR_INVALID);
        check_refused(f, "{}", "a", "1,\"b\":2", ERR_INVALID,
                      "a: line 1, column 2: expected the end of the text after the value, found ','");
        check_refused(f, "{\"a\":3}", "a", "", ERR_INVALID, "a: line 1, column 1: expected a value, found the end of the text");
}

static void a_document_above_the_ceiling_is_refused(void **data) {
        struct fixture *f = *data;
        struct buf large AUTO(buf_release) = BUF_INIT(2 * CONFIG_MAX), out AUTO(buf_release) = BUF_INIT(2 * CONFIG_MAX);

        buf_add_char(&large, '"');
        while (large.len < CONFIG_MAX)
                buf_add_str(&large, "0123456789abcdef");
        buf_add_char(&large, '"');
        assert_int_equal(config_edit(&out, "x", "{}", 2, EDITS({ "a", buf_str(&large) }), 1, &f->err), -1);
        assert_int_equal(f->err.code, ERR_TOO_LARGE);
        assert_int_equal(out.len, 0);
}

static void paths_are_looked_up_member_by_member(void **data) {
        struct json_doc *doc AUTO_JSON = NULL;
        const char *text = "{\"a\":{\"b\":[{\"c\":1}],\"b.c\":2},\"a.b\":3}";

        (void)data;
        assert_int_equal(json_parse(text, strlen(text), 100, &doc, NULL), 0);
        assert_int_equal(json_type(config_at(json_root(doc), "a.b")), JSON_ARRAY);
        assert_int_equal(json_type(config_at(json_root(doc), "")), JSON_OBJECT);
        assert_false(json_present(config_at(json_root(doc), "a.b.c")));
        assert_false(json_present(config_at(json_root(doc), "a.x")));
        assert_false(json_present(config_at((struct json_value){ .doc = NULL }, "a")));
}

static void a_name_of_any_length_is_found(void **data) {
        struct fixture *f = *data;
        char name[400], text[500], want[500];

        memset(name, 'n', sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        (void)snprintf(text, sizeof(text), "{\"%s\":1}", name);
        (void)snprintf(want, sizeof(want), "{\"%s\":2}", name);
        assert_string_equal(set_one(f, text, name, "2"), want);
        assert_string_equal(unset_one(f, text, name), "{}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(without_a_file_one_is_made),
                WITH_LOAD(a_value_is_replaced_and_every_other_byte_stays),
                WITH_LOAD(a_new_key_is_laid_out_like_its_neighbours),
                WITH_LOAD(lists_are_laid_out_in_lines_where_the_file_is),
                WITH_LOAD(null_in_place_of_a_section_becomes_one),
                WITH_LOAD(of_a_key_that_stands_twice_the_one_that_counts_changes),
                WITH_LOAD(a_key_may_be_written_with_escapes),
                WITH_LOAD(what_is_taken_out_takes_one_comma_with_it),
                WITH_LOAD(sections_that_become_empty_go_too),
                WITH_LOAD(of_a_key_that_stands_twice_none_comes_back_to_life),
                WITH_LOAD(what_is_not_there_changes_nothing),
                WITH_LOAD(what_was_set_and_taken_out_leaves_the_file_as_it_was),
                WITH_LOAD(several_edits_follow_each_other),
                WITH_LOAD(a_text_that_is_no_object_is_left_alone),
                WITH_LOAD(a_path_through_a_value_is_refused),
                WITH_LOAD(a_value_that_is_no_json_or_too_deep_is_refused),
                WITH_LOAD(a_document_above_the_ceiling_is_refused),
                WITH_LOAD(paths_are_looked_up_member_by_member),
                WITH_LOAD(a_name_of_any_length_is_found),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
