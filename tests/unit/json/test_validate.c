/* SPDX-License-Identifier: MIT */
/* Which texts are JSON, and where and how the others are refused. */
#include "autoheal/json/reader.h"
#include "autoheal/util/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MANY 100000

/* Parses an exact copy, so that a sanitizer sees every byte read behind the end. */
static int parse_copy(const char *text, size_t len, size_t max_tokens, struct error *err) {
        char *copy AUTO_FREE = xmalloc(len);
        struct json_doc *doc AUTO_JSON = NULL;
        memcpy(copy, text, len);
        int r = json_parse(copy, len, max_tokens, &doc, err);
        assert_int_equal(r == 0, doc != NULL);
        return r;
}

struct malformed {
        const char *text;
        unsigned line, column;
        const char *expected; /* how the rest of the message begins */
};

static void assert_refused(const char *text, size_t len, unsigned line, unsigned column, const char *expected) {
        struct error err = ERROR_INIT;
        char want[256];
        if (parse_copy(text, len, MANY, &err) == 0)
                fail_msg("accepted: %s", text);
        assert_int_equal(err.code, ERR_INVALID);
        snprintf(want, sizeof(want), "line %u, column %u: expected %s", line, column, expected);
        if (strncmp(err.msg, want, strlen(want)) != 0)
                fail_msg("%s: message is \"%s\", should begin \"%s\"", text, err.msg, want);
}

static void refuse_all(const struct malformed *rows, size_t n) {
        for (size_t i = 0; i < n; i++)
                assert_refused(rows[i].text, strlen(rows[i].text), rows[i].line, rows[i].column, rows[i].expected);
}

static void test_malformed_structure(void **state) {
        (void)state;
        static const struct malformed rows[] = {
                { "", 1, 1, "a value, found the end of the text" },
                { " \n\t ", 2, 3, "a value, found the end of the text" },
                { "[", 1, 2, "a value or ']', found the end of the text" },
                { "{", 1, 2, "a key in double quotes or '}', found the end of the text" },
                { "]", 1, 1, "a value, found ']'" },
                { "}", 1, 1, "a value, found '}'" },
                { ",", 1, 1, "a value, found ','" },
                { ":", 1, 1, "a value, found ':'" },
                { "[1", 1, 3, "',' or ']' after a value, found the end of the text" },
                { "[1,", 1, 4, "a value, found the end of the text" },
                { "[1,]", 1, 4, "a value, found ']'" },
                { "[,1]", 1, 2, "a value or ']', found ','" },
                { "[1,,2]", 1, 4, "a value, found ','" },
                { "[1 2]", 1, 4, "',' or ']' after a value, found '2'" },
                { "[1:2]", 1, 3, "',' or ']' after a value, found ':'" },
                { "[1}", 1, 3, "',' or ']' after a value, found '}'" },
                { "[\"a\":1]", 1, 5, "',' or ']' after a value, found ':'" },
                { "[]]", 1, 3, "the end of the text after the value, found ']'" },
                { "[[]", 1, 4, "',' or ']' after a value, found the end of the text" },
                { "{]", 1, 2, "a key in double quotes or '}', found ']'" },
                { "{\"a\"}", 1, 5, "':' after a key, found '}'" },
                { "{\"a\":}", 1, 6, "a value, found '}'" },
                { "{\"a\" 1}", 1, 6, "':' after a key, found '1'" },
                { "{\"a\",1}", 1, 5, "':' after a key, found ','" },
                { "{\"a\"::1}", 1, 6, "a value, found ':'" },
                { "{\"a\":1:2}", 1, 7, "',' or '}' after a value, found ':'" },
                { "{\"a\":1 2}", 1, 8, "',' or '}' after a value, found '2'" },
                { "{\"a\":1,}", 1, 8, "a key in double quotes after ',', found '}'" },
                { "{,\"a\":1}", 1, 2, "a key in double quotes or '}', found ','" },
                { "{\"a\":1,,\"b\":2}", 1, 8, "a key in double quotes after ',', found ','" },
                { "{\"a\":1 \"b\":2}", 1, 8, "',' or '}' after a value, found '\"'" },
                { "{\"a\":1]", 1, 7, "',' or '}' after a value, found ']'" },
                { "{a:1}", 1, 2, "a key in double quotes or '}', found 'a'" },
                { "{'a':1}", 1, 2, "a key in double quotes or '}', found '''" },
                { "{1:1}", 1, 2, "a key in double quotes or '}', found '1'" },
                { "{null:1}", 1, 2, "a key in double quotes or '}', found 'n'" },
                { "{[]:1}", 1, 2, "a key in double quotes or '}', found '['" },
                { "{\"a\":1,{}:2}", 1, 8, "a key in double quotes after ',', found '{'" },
                { "{} {}", 1, 4, "the end of the text after the value, found '{'" },
                { "{\"a\":1}x", 1, 8, "the end of the text after the value, found 'x'" },
                { "1 2", 1, 3, "the end of the text after the value, found '2'" },
                { "1,", 1, 2, "the end of the text after the value, found ','" },
                { "\"a\" \"b\"", 1, 5, "the end of the text after the value, found '\"'" },
                { "[1] // one", 1, 5, "the end of the text after the value, found '/'" },
                { "/* one */ [1]", 1, 1, "a value, found '/'" },
                { "# one\n[1]", 1, 1, "a value, found '#'" },
                { "{\n  \"a\": 1\n  \"b\": 2\n}", 3, 3, "',' or '}' after a value, found '\"'" },
                { "{\r\n\"a\": [1,\r\n 2 3]}", 3, 4, "',' or ']' after a value, found '3'" },
                { "[\f1]", 1, 2, "a value or ']', found byte 0x0c" },
                { "[\xc2\xa0 1]", 1, 2, "a value or ']', found byte 0xc2" },
        };
        refuse_all(rows, N_ELEMENTS(rows));
}

static void test_malformed_scalars(void **state) {
        (void)state;
        static const struct malformed rows[] = {
                { "-", 1, 2, "a digit after '-', found the end of the text" },
                { "[-]", 1, 3, "a digit after '-', found ']'" },
                { "--1", 1, 2, "a digit after '-', found '-'" },
                { "- 1", 1, 2, "a digit after '-', found ' '" },
                { "+1", 1, 1, "a value, found '+'" },
                { ".5", 1, 1, "a value, found '.'" },
                { "01", 1, 2, "no digit after a leading zero, found '1'" },
                { "-01", 1, 3, "no digit after a leading zero, found '1'" },
                { "00", 1, 2, "no digit after a leading zero, found '0'" },
                { "0x10", 1, 2, "the end of the text after the value, found 'x'" },
                { "1.", 1, 3, "a digit after '.', found the end of the text" },
                { "[1.]", 1, 4, "a digit after '.', found ']'" },
                { "1.e5", 1, 3, "a digit after '.', found 'e'" },
                { "1.2.3", 1, 4, "the end of the text after the value, found '.'" },
                { "1e", 1, 3, "a digit in the exponent, found the end of the text" },
                { "1E+", 1, 4, "a digit in the exponent, found the end of the text" },
                { "1e-x", 1, 4, "a digit in the exponent, found 'x'" },
                { "1e5.5", 1, 4, "the end of the text after the value, found '.'" },
                { "1_000", 1, 2, "the end of the text after the value, found '_'" },
                { "NaN", 1, 1, "a value, found 'N'" },
                { "Infinity", 1, 1, "a value, found 'I'" },
                { "-Infinity", 1, 2, "a digit after '-', found 'I'" },
                { "nan", 1, 2, "'null', found 'a'" },
                { "t", 1, 2, "'true', found the end of the text" },
                { "[tru]", 1, 5, "'true', found ']'" },
                { "True", 1, 1, "a value, found 'T'" },
                { "truee", 1, 5, "the end of the text after the value, found 'e'" },
                { "fals", 1, 5, "'false', found the end of the text" },
                { "[falsy]", 1, 6, "'false', found 'y'" },
                { "nul", 1, 4, "'null', found the end of the text" },
                { "nulL", 1, 4, "'null', found 'L'" },
                { "undefined", 1, 1, "a value, found 'u'" },
                { "'a'", 1, 1, "a value, found '''" },
                { "[1a]", 1, 3, "',' or ']' after a value, found 'a'" },
        };
        refuse_all(rows, N_ELEMENTS(rows));
}

static void test_malformed_strings(void **state) {
        (void)state;
        static const struct malformed rows[] = {
                { "\"", 1, 2, "'\"' at the end of a string, found the end of the text" },
                { "\"a", 1, 3, "'\"' at the end of a string, found the end of the text" },
                { "{\"a", 1, 4, "'\"' at the end of a string, found the end of the text" },
                { "\"a\\\"", 1, 5, "'\"' at the end of a string, found the end of the text" },
                { "\"\\", 1, 3, "one of \" \\ / b f n r t u after a backslash, found the end of the text" },
                { "\"\\x41\"", 1, 3, "one of \" \\ / b f n r t u after a backslash, found 'x'" },
                { "\"\\'\"", 1, 3, "one of \" \\ / b f n r t u after a backslash, found '''" },
                { "\"\\U0041\"", 1, 3, "one of \" \\ / b f n r t u after a backslash, found 'U'" },
                { "\"\\\xc3\xa9\"", 1, 3, "one of \" \\ / b f n r t u after a backslash, found byte 0xc3" },
                { "\"\\u", 1, 4, "four hexadecimal digits after \\u, found the end of the text" },
                { "\"\\u\"", 1, 4, "four hexadecimal digits after \\u, found '\"'" },
                { "\"\\u004\"", 1, 7, "four hexadecimal digits after \\u, found '\"'" },
                { "\"\\u00g0\"", 1, 6, "four hexadecimal digits after \\u, found 'g'" },
                { "\"\\u-123\"", 1, 4, "four hexadecimal digits after \\u, found '-'" },
                { "\"\\ud83d\\u12\"", 1, 12, "four hexadecimal digits after \\u, found '\"'" },
                { "{\"\\x\":1}", 1, 4, "one of \" \\ / b f n r t u after a backslash, found 'x'" },
                { "\"a\nb\"", 1, 3, "an escape for a control character in a string, found byte 0x0a" },
                { "[\n\"\t\"]", 2, 2, "an escape for a control character in a string, found byte 0x09" },
                { "\"\x1f\"", 1, 2, "an escape for a control character in a string, found byte 0x1f" },
                { "{\"a\rb\":1}", 1, 4, "an escape for a control character in a string, found byte 0x0d" },
                { "\"\x80\"", 1, 2, "valid UTF-8, found byte 0x80" },
                { "\"abc\xff\"", 1, 5, "valid UTF-8, found byte 0xff" },
                { "\"\xc3\"", 1, 2, "valid UTF-8, found byte 0xc3" },
                { "\"\xc3", 1, 2, "valid UTF-8, found byte 0xc3" },
                { "\"\xc0\xaf\"", 1, 2, "valid UTF-8, found byte 0xc0" },
                { "\"\xe2\x82\"", 1, 2, "valid UTF-8, found byte 0xe2" },
                { "\"\xed\xa0\x80\"", 1, 2, "valid UTF-8, found byte 0xed" },
                { "\"\xf4\x90\x80\x80\"", 1, 2, "valid UTF-8, found byte 0xf4" },
                { "\"\xe2\x82\xac\xe9\"", 1, 5, "valid UTF-8, found byte 0xe9" },
                { "\xef\xbb\xbf{}", 1, 1, "a value, found a byte order mark" },
                { "\xff\xfe{", 1, 1, "a value, found byte 0xff" },
        };
        refuse_all(rows, N_ELEMENTS(rows));
}

static void test_nul_is_not_the_end(void **state) {
        (void)state;
        assert_refused("{}\0", 3, 1, 3, "the end of the text after the value, found byte 0x00");
        assert_refused("\0{}", 3, 1, 1, "a value, found byte 0x00");
        assert_refused("[\0]", 3, 1, 2, "a value or ']', found byte 0x00");
        assert_refused("[1\0]", 4, 1, 3, "',' or ']' after a value, found byte 0x00");
        assert_refused("\"a\0b\"", 5, 1, 3, "an escape for a control character in a string, found byte 0x00");
        assert_refused("\"\\\0\"", 4, 1, 3, "one of \" \\ / b f n r t u after a backslash, found byte 0x00");
        assert_refused("{\"a\0\":1}", 8, 1, 4, "an escape for a control character in a string, found byte 0x00");
}

static void test_valid(void **state) {
        (void)state;
        static const char *const texts[] = {
                "null",
                "true",
                "false",
                "0",
                "-0",
                "42",
                "-1",
                "\"\"",
                "\"a\"",
                "[]",
                "{}",
                " 42 ",
                "\n[ ]\r\n\t",
                "{ }",
                "\ttrue\n",
                "[1,2,3]",
                "[[],[[]],{}]",
                "{\"a\":1}",
                "{\"\":0}",
                "{\"a\":1,\"a\":2}",
                "{\"a\":{\"b\":[{}]},\"c\":null}",
                "0.0",
                "-0.0",
                "1.5e10",
                "1E5",
                "1e+5",
                "1e-5",
                "0e0",
                "0e+1",
                "123456789012345678901234567890",
                "1e9999",
                "[ 1 , 2 ]",
                "{ \"a\" : 1 , \"b\" : 2 }",
                "{\r\n\t\"a\"\r:\n1}",
                "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
                "\"\\uD83D\\uDE00\"",
                "\"\\ud83d\"",
                "\"\\ude00\\ud83d\"",
                "\"\\u0000\"",
                "\"\\uFFFF\"",
                "\"\\\\u12\"",
                "\"/\"",
                "\"\x7f\"",
                "\"\xc3\xa9\"",
                "\"\xe2\x82\xac\"",
                "\"\xf0\x9f\x98\x80\"",
                "\"\xef\xbb\xbf\"",
                "\"\xf4\x8f\xbf\xbf\"",
                "\"\xe2\x80\xa8\"",
                "{\"\xc3\xa9\\n\":[true,false,null]}",
        };
        for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
                struct error err = ERROR_INIT;
                if (parse_copy(texts[i], strlen(texts[i]), MANY, &err) < 0)
                        fail_msg("refused: %s: %s", texts[i], err.msg);
        }
}

static void test_every_truncation_is_refused(void **state) {
        (void)state;
        static const char text[] = "{\"a\": [1, -2.5e+3, true, false, null, \"x\\n\\u20ac\xe2\x82\xac\", {}, []],\n \"b\": {\"c\": "
                                   "\"\\\\\", \"d\": 0}}";
        for (size_t len = 0; len < sizeof(text) - 1; len++) {
                struct error err = ERROR_INIT;
                if (parse_copy(text, len, MANY, &err) == 0)
                        fail_msg("accepted the first %zu bytes", len);
                assert_int_equal(err.code, ERR_INVALID);
        }
        assert_int_equal(parse_copy(text, sizeof(text) - 1, MANY, NULL), 0);
}

/* "[[[...]]]" or {"a":{"a":...}}, closed only if asked. */
static char *nested(const char *begin, const char *end, unsigned depth, bool closed) {
        struct buf b = BUF_INIT(1024 * 1024);
        for (unsigned i = 0; i < depth; i++)
                buf_add_str(&b, begin);
        for (unsigned i = 0; closed && i < depth; i++)
                buf_add_str(&b, end);
        return b.data;
}

static void test_depth(void **state) {
        (void)state;
        static const char limit[] = "at most 64 levels of arrays and objects, found '['";
        char *arrays AUTO_FREE = nested("[", "]", JSON_MAX_DEPTH, true);
        char *mixed AUTO_FREE = nested("{\"a\":[", "]}", JSON_MAX_DEPTH / 2, true);
        char *arrays_above AUTO_FREE = nested("[", "]", JSON_MAX_DEPTH + 1, true);
        char *mixed_above AUTO_FREE = nested("[{\"a\":", "}]", JSON_MAX_DEPTH / 2 + 1, false);
        char *endless AUTO_FREE = nested("[", "]", 100000, false);
        assert_int_equal(parse_copy(arrays, strlen(arrays), MANY, NULL), 0);
        assert_int_equal(parse_copy(mixed, strlen(mixed), MANY, NULL), 0);
        assert_refused(arrays_above, strlen(arrays_above), 1, JSON_MAX_DEPTH + 1, limit);
        assert_refused(mixed_above, strlen(mixed_above), 1, 6 * JSON_MAX_DEPTH / 2 + 1, limit);
        assert_refused(endless, strlen(endless), 1, JSON_MAX_DEPTH + 1, limit);
}

static void test_depth_is_given_back(void **state) {
        (void)state;
        struct buf b AUTO(buf_release) = BUF_INIT(1024 * 1024);
        buf_add_str(&b, "[[]");
        for (int i = 0; i < 1000; i++)
                buf_add_str(&b, ",[{\"a\":{}}]");
        buf_add_str(&b, "]");
        assert_int_equal(parse_copy(b.data, b.len, MANY, NULL), 0);
}

static void test_max_tokens(void **state) {
        (void)state;
        static const char text[] = "{\"a\":[1,\"b\"],\n\"c\":null}"; /* object, a, array, 1, b, c, null */
        struct error err = ERROR_INIT;
        assert_int_equal(parse_copy(text, sizeof(text) - 1, 7, &err), 0);
        assert_int_equal(parse_copy(text, sizeof(text) - 1, 6, &err), -1);
        assert_int_equal(err.code, ERR_TOO_LARGE);
        assert_string_equal(err.msg, "line 2, column 5: expected at most 6 values and keys, found more");
        assert_int_equal(parse_copy(text, sizeof(text) - 1, 5, &err), -1);
        assert_string_equal(err.msg, "line 2, column 1: expected at most 5 values and keys, found more");
        assert_int_equal(parse_copy("0", 1, 0, &err), -1);
        assert_int_equal(err.code, ERR_TOO_LARGE);
}

static void test_text_above_the_tokenizers_range(void **state) {
        (void)state;
        struct json_doc *doc = NULL;
        struct error err = ERROR_INIT;
        assert_int_equal(json_parse("{}", SIZE_MAX, MANY, &doc, &err), -1);
        assert_int_equal(err.code, ERR_TOO_LARGE);
        assert_null(doc);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_malformed_structure),
                cmocka_unit_test(test_malformed_scalars),
                cmocka_unit_test(test_malformed_strings),
                cmocka_unit_test(test_nul_is_not_the_end),
                cmocka_unit_test(test_valid),
                cmocka_unit_test(test_every_truncation_is_refused),
                cmocka_unit_test(test_depth),
                cmocka_unit_test(test_depth_is_given_back),
                cmocka_unit_test(test_max_tokens),
                cmocka_unit_test(test_text_above_the_tokenizers_range),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
