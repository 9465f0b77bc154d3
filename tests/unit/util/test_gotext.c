/* SPDX-License-Identifier: MIT */
/* Quoted text, booleans and numbers as Go's strconv has them. */
#include "support/check.h"

#include "autoheal/util/gotext.h"

static void test_quote(void **state) {
        (void)state;
        const struct {
                const char *text, *quoted;
        } rows[] = { { "", "\"\"" },
                     { "plain text", "\"plain text\"" },
                     { "say \"hi\" \\ 'you'", "\"say \\\"hi\\\" \\\\ 'you'\"" },
                     { "\a\b\f\n\r\t\v", "\"\\a\\b\\f\\n\\r\\t\\v\"" },
                     { "\x01\x1b\x7f", "\"\\x01\\x1b\\x7f\"" },
                     { "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5", "\"gr\xc3\xbc\xc3\x9f \xe6\x97\xa5\"" },
                     { "\xff\xc3", "\"\\xff\\xc3\"" },
                     { "\xc2\x80\xc2\xa0\xc2\xad", "\"\\u0080\\u00a0\\u00ad\"" },
                     { "\xe2\x80\xae\xe2\x80\xa8", "\"\\u202e\\u2028\"" },
                     { "\xed\xa0\x80", "\"\\xed\\xa0\\x80\"" } };
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct buf out AUTO(buf_release) = BUF_INIT(200);
                gotext_quote(&out, rows[i].text);
                assert_string_equal(buf_str(&out), rows[i].quoted);
        }
}

static void test_quote_keeps_the_ceiling(void **state) {
        (void)state;
        struct buf out AUTO(buf_release) = BUF_INIT(8);
        gotext_quote(&out, "a long text that does not fit");
        assert_true(out.overflowed);
        assert_true(out.len <= 8);
}

static void test_quote_byte(void **state) {
        (void)state;
        const struct {
                unsigned char byte;
                const char *quoted;
        } rows[] = { { 'x', "'x'" },   { '\'', "'\\''" }, { '"', "'\"'" },        { '\\', "'\\\\'" },    { '\n', "'\\n'" },
                     { 1, "'\\x01'" }, { '=', "'='" },    { 0xc3, "'\xc3\x83'" }, { 0x80, "'\\u0080'" }, { 0xff, "'\xc3\xbf'" } };
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct buf out AUTO(buf_release) = BUF_INIT(20);
                gotext_quote_byte(&out, rows[i].byte);
                assert_string_equal(buf_str(&out), rows[i].quoted);
        }
}

static void test_bool(void **state) {
        (void)state;
        const char *yes[] = { "1", "t", "T", "TRUE", "true", "True" }, *no[] = { "0", "f", "F", "FALSE", "false", "False" };
        const char *neither[] = { "", "yes", "tRUE", "fALSE", " true", "true ", "01", "on" };
        bool on;
        for (size_t i = 0; i < N_ELEMENTS(yes); i++)
                assert_true(gotext_parse_bool(yes[i], &on) && on);
        for (size_t i = 0; i < N_ELEMENTS(no); i++)
                assert_true(gotext_parse_bool(no[i], &on) && !on);
        for (size_t i = 0; i < N_ELEMENTS(neither); i++)
                assert_false(gotext_parse_bool(neither[i], &on));
}

static void test_int(void **state) {
        (void)state;
        const struct {
                const char *text;
                int64_t number;
        } rows[] = { { "0", 0 },
                     { "7", 7 },
                     { "+7", 7 },
                     { "-7", -7 },
                     { "0x1F", 31 },
                     { "0X1f", 31 },
                     { "-0x10", -16 },
                     { "0b101", 5 },
                     { "0o17", 15 },
                     { "017", 15 },
                     { "00", 0 },
                     { "1_000", 1000 },
                     { "0x_ff", 255 },
                     { "0_7", 7 },
                     { "9223372036854775807", INT64_MAX },
                     { "-9223372036854775808", INT64_MIN },
                     { "0x7fffffffffffffff", INT64_MAX } };
        const char *bad[] = { "",   "-",   "+",   "x",  "7x", "1.5",  "1e3", " 7", "7 ",  "08",
                              "0x", "0b2", "0xg", "_1", "1_", "1__0", "--1", "0_", "\xff" };
        const char *far[] = { "9223372036854775808", "-9223372036854775809", "99999999999999999999", "0x8000000000000000" };
        int64_t n = 0;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                assert_int_equal(gotext_parse_int(rows[i].text, &n), GO_NUMBER);
                assert_true(n == rows[i].number);
        }
        n = 42;
        for (size_t i = 0; i < N_ELEMENTS(bad); i++)
                assert_int_equal(gotext_parse_int(bad[i], &n), GO_INVALID_SYNTAX);
        for (size_t i = 0; i < N_ELEMENTS(far); i++)
                assert_int_equal(gotext_parse_int(far[i], &n), GO_OUT_OF_RANGE);
        assert_int_equal(n, 42);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_quote),      cmocka_unit_test(test_quote_keeps_the_ceiling),
                cmocka_unit_test(test_quote_byte), cmocka_unit_test(test_bool),
                cmocka_unit_test(test_int),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
