/* SPDX-License-Identifier: MIT */
/* What a parsed document answers: lookups, iteration, strings, numbers, places. */
#include "autoheal/json/reader.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fixture {
        struct json_doc *doc;
        struct arena arena;
};

static int setup(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));
        f->arena = (struct arena)ARENA_INIT(4096);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;
        json_doc_free(f->doc);
        arena_release(&f->arena);
        free(f);
        return 0;
}

static struct json_value parse(struct fixture *f, const char *text) {
        struct error err = ERROR_INIT;
        json_doc_free(f->doc);
        f->doc = NULL;
        if (json_parse(text, strlen(text), 1000, &f->doc, &err) < 0)
                fail_msg("%s: %s", text, err.msg);
        return json_root(f->doc);
}

static void assert_raw(struct json_value v, const char *text) {
        if (!slice_eq(json_raw(v), text))
                fail_msg("raw is \"%.*s\", should be \"%s\"", (int)json_raw(v).n, json_raw(v).p, text);
}

static void test_types(void **state) {
        static const struct {
                const char *text;
                enum json_type type;
                const char *name;
        } rows[] = {
                { "null", JSON_NULL, "null" },     { "true", JSON_BOOL, "true or false" }, { "false", JSON_BOOL, "true or false" },
                { "-1", JSON_NUMBER, "a number" }, { "0.5", JSON_NUMBER, "a number" },     { "\"null\"", JSON_STRING, "a string" },
                { "[1]", JSON_ARRAY, "an array" }, { "{}", JSON_OBJECT, "an object" },
        };
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct json_value v = parse(*state, rows[i].text);
                assert_true(json_present(v));
                assert_int_equal(json_type(v), rows[i].type);
                assert_string_equal(json_type_name(json_type(v)), rows[i].name);
                assert_raw(v, rows[i].text);
        }
        assert_string_equal(json_type_name(JSON_MISSING), "nothing");
}

static void test_missing_value_answers_everything(void **state) {
        struct fixture *f = *state;
        struct json_value v = json_get(json_get(parse(f, "{\"a\":[]}"), "b"), "c");
        struct json_iter it = json_iter(v);
        int64_t i = 7;
        double d = 7;
        bool b = true;
        size_t line, column;
        assert_false(json_present(v));
        assert_int_equal(json_type(v), JSON_MISSING);
        assert_int_equal(json_count(v), 0);
        assert_false(json_next(&it));
        assert_false(json_present(json_get_nocase(v, "a")));
        assert_null(json_raw(v).p);
        assert_null(json_string(v, &f->arena));
        assert_false(json_string_eq(v, ""));
        assert_false(json_int(v, &i) || json_double(v, &d) || json_bool(v, &b));
        assert_true(i == 7 && d > 6.9 && b);
        json_position(v, &line, &column);
        assert_true(line == 1 && column == 1);
        assert_false(json_present(json_root(NULL)));
        json_doc_free(NULL);
}

static void test_getters_refuse_other_types(void **state) {
        struct fixture *f = *state;
        struct json_value root = parse(f, "[null, true, 1, \"1\", [1], {\"a\": 1}]");
        struct json_iter it = json_iter(root);
        int64_t i = 0;
        double d = 0;
        bool b = false;
        while (json_next(&it)) {
                enum json_type t = json_type(it.value);
                assert_int_equal(json_string(it.value, &f->arena) != NULL, t == JSON_STRING);
                assert_int_equal(json_int(it.value, &i), t == JSON_NUMBER);
                assert_int_equal(json_double(it.value, &d), t == JSON_NUMBER);
                assert_int_equal(json_bool(it.value, &b), t == JSON_BOOL);
                assert_int_equal(json_present(json_get(it.value, "a")), t == JSON_OBJECT);
                assert_int_equal(json_count(it.value), t == JSON_OBJECT || t == JSON_ARRAY);
        }
        assert_true(b);
}

static void test_get_skips_nested_values(void **state) {
        struct json_value root = parse(*state, "{\"x\":{\"a\":1,\"b\":[{\"a\":2}]},\"y\":[[],{\"a\":3}],\"a\":4,\"z\":{}}");
        assert_int_equal(json_count(root), 4);
        assert_raw(json_get(root, "a"), "4");
        assert_raw(json_get(root, "y"), "[[],{\"a\":3}]");
        assert_raw(json_get(root, "z"), "{}");
        assert_raw(json_get(json_get(root, "x"), "b"), "[{\"a\":2}]");
        assert_false(json_present(json_get(root, "b")));
        assert_false(json_present(json_get(root, "")));
        assert_false(json_present(json_get(root, "aa")));
}

static void test_get_compares_decoded_keys_and_the_last_wins(void **state) {
        struct json_value root =
                parse(*state, "{\"a\":1,\"\\u0061\":2,\"A\":3,\"\":4,\"a\\nb\":5,\"\\ud83d\\ude00\":6,\"a\\\\nb\":7}");
        assert_raw(json_get(root, "a"), "2");
        assert_raw(json_get(root, "A"), "3");
        assert_raw(json_get(root, ""), "4");
        assert_raw(json_get(root, "a\nb"), "5");
        assert_raw(json_get(root, "\xf0\x9f\x98\x80"), "6");
        assert_raw(json_get(root, "a\\nb"), "7");
        assert_false(json_present(json_get(root, "\\u0061")));
}

static void test_get_nocase(void **state) {
        struct json_value root = parse(*state, "{\"CliPluginsExtraDirs\":1,\"cliPluginsExtraDirs\":2,\"\xc3\x89\":3,\"a@[\":4}");
        assert_raw(json_get_nocase(root, "clipluginsextradirs"), "2");
        assert_raw(json_get_nocase(root, "CLIPLUGINSEXTRADIRS"), "2");
        assert_raw(json_get(root, "CliPluginsExtraDirs"), "1");
        assert_false(json_present(json_get_nocase(root, "\xc3\xa9")));
        assert_false(json_present(json_get_nocase(root, "a`{")));
}

static void test_iterate_object(void **state) {
        struct fixture *f = *state;
        static const char *const keys[] = { "a", "b\nc", "", "d" };
        static const char *const raw_keys[] = { "a", "b\\nc", "", "d" };
        static const char *const values[] = { "[1,[2]]", "{\"x\":{}}", "\"s\"", "0" };
        struct json_iter it = json_iter(parse(f, "{ \"a\" : [1,[2]] , \"b\\nc\":{\"x\":{}},\"\":\"s\",\"d\":0 }"));
        size_t n = 0;
        for (; json_next(&it); n++) {
                assert_true(n < N_ELEMENTS(keys));
                assert_true(slice_eq(it.key, raw_keys[n]));
                assert_string_equal(json_key_string(&it, &f->arena), keys[n]);
                assert_raw(it.value, values[n]);
        }
        assert_int_equal(n, N_ELEMENTS(keys));
        assert_false(json_next(&it));
}

static void test_iterate_array(void **state) {
        struct fixture *f = *state;
        static const char *const values[] = { "1", "[]", "[[2],3]", "{}", "{\"a\":[4]}", "\"x\"" };
        struct json_iter it = json_iter(parse(f, "[1, [], [[2],3], {}, {\"a\":[4]}, \"x\"]"));
        size_t n = 0;
        for (; json_next(&it); n++) {
                assert_true(n < N_ELEMENTS(values));
                assert_int_equal(it.key.n, 0);
                assert_null(json_key_string(&it, &f->arena));
                assert_raw(it.value, values[n]);
        }
        assert_int_equal(n, N_ELEMENTS(values));
        it = json_iter(parse(f, "\"abc\""));
        assert_false(json_next(&it));
}

static void test_strings(void **state) {
        struct fixture *f = *state;
        static const struct {
                const char *text, *decoded;
        } rows[] = {
                { "\"\"", "" },
                { "\"plain\"", "plain" },
                { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
                { "\"\\u0041\\u00e9\\u00E9\\u20aC\"", "A\xc3\xa9\xc3\xa9\xe2\x82\xac" },
                { "\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf" },
                { "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80" },
                { "\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
                { "\"a\\u0000b\"", "a\xef\xbf\xbd"
                                   "b" },
                { "\"\\ud83d\"", "\xef\xbf\xbd" },
                { "\"\\ud83dx\"", "\xef\xbf\xbdx" },
                { "\"\\ude00\"", "\xef\xbf\xbd" },
                { "\"\\ude00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd" },
                { "\"\\ud83d\\n\"", "\xef\xbf\xbd\n" },
                { "\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
                                        "A" },
                { "\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80" },
                { "\"\\\\u0041\"", "\\u0041" },
                { "\"\xe2\x82\xac\\n\"", "\xe2\x82\xac\n" },
        };
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct json_value v = parse(f, rows[i].text);
                assert_string_equal(json_string(v, &f->arena), rows[i].decoded);
                assert_true(json_string_eq(v, rows[i].decoded));
                assert_raw(v, rows[i].text);
        }
}

static void test_string_eq_is_exact(void **state) {
        struct json_value v = parse(*state, "\"healthy\"");
        assert_true(json_string_eq(v, "healthy"));
        assert_false(json_string_eq(v, "health"));
        assert_false(json_string_eq(v, "healthyy"));
        assert_false(json_string_eq(v, "Healthy"));
        assert_false(json_string_eq(v, ""));
        assert_false(json_string_eq(parse(*state, "\"a\\u0000\""), "a"));
        assert_false(json_string_eq(parse(*state, "1"), "1"));
}

static void test_int(void **state) {
        static const struct {
                const char *text;
                int64_t n;
        } good[] = {
                { "0", 0 },
                { "-0", 0 },
                { "137", 137 },
                { "-1", -1 },
                { "9223372036854775807", INT64_MAX },
                { "-9223372036854775807", -INT64_MAX },
                { "-9223372036854775808", INT64_MIN },
        };
        static const char *const bad[] = { "9223372036854775808",
                                           "-9223372036854775809",
                                           "18446744073709551616",
                                           "99999999999999999999",
                                           "1.0",
                                           "1e3",
                                           "1E0",
                                           "-0.0",
                                           "100000000000000000000000000000000000000000" };
        for (size_t i = 0; i < N_ELEMENTS(good); i++) {
                int64_t n = 5;
                assert_true(json_int(parse(*state, good[i].text), &n));
                assert_true(n == good[i].n);
        }
        for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
                int64_t n = 5;
                assert_false(json_int(parse(*state, bad[i]), &n));
                assert_true(n == 5);
        }
}

static void test_double(void **state) {
        static const struct {
                const char *text;
                double d;
        } good[] = { { "0", 0 },         { "-2.5", -2.5 }, { "1e3", 1000 },
                     { "1.5E-1", 0.15 }, { "1e-9999", 0 }, { "9007199254740993", 9007199254740992 } };
        for (size_t i = 0; i < N_ELEMENTS(good); i++) {
                double d = 5;
                assert_true(json_double(parse(*state, good[i].text), &d));
                assert_memory_equal(&d, &good[i].d, sizeof(d));
        }
        double d = 5;
        assert_false(json_double(parse(*state, "1e400"), &d));
        assert_false(json_double(parse(*state, "-1e400"), &d));
        assert_true(d > 4.9 && d < 5.1);
}

static void test_bool(void **state) {
        bool b = false;
        assert_true(json_bool(parse(*state, "true"), &b));
        assert_true(b);
        assert_true(json_bool(parse(*state, "false"), &b));
        assert_false(b);
        assert_false(json_bool(parse(*state, "null"), &b));
}

static void test_positions(void **state) {
        struct json_value root = parse(*state, "{\n  \"a\": 1,\r\n  \"\xc3\xa9\": [true,\n\"x\"]\n}");
        size_t line, column;
        json_position(root, &line, &column);
        assert_true(line == 1 && column == 1);
        json_position(json_get(root, "a"), &line, &column);
        assert_true(line == 2 && column == 8);
        struct json_value array = json_get(root, "\xc3\xa9");
        json_position(array, &line, &column);
        assert_true(line == 3 && column == 9);
        struct json_iter it = json_iter(array);
        assert_true(json_next(&it) && json_next(&it));
        json_position(it.value, &line, &column);
        assert_true(line == 4 && column == 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_types),
                TEST(test_missing_value_answers_everything),
                TEST(test_getters_refuse_other_types),
                TEST(test_get_skips_nested_values),
                TEST(test_get_compares_decoded_keys_and_the_last_wins),
                TEST(test_get_nocase),
                TEST(test_iterate_object),
                TEST(test_iterate_array),
                TEST(test_strings),
                TEST(test_string_eq_is_exact),
                TEST(test_int),
                TEST(test_double),
                TEST(test_bool),
                TEST(test_positions),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
