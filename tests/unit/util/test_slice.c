/* SPDX-License-Identifier: MIT */
/* The cursor, and the numbers and booleans read with it. */
#include "autoheal/util/slice.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_equal(void **unused) {
        (void)unused;
        assert_true(slice_eq(slice_str("abc"), "abc"));
        assert_false(slice_eq(slice_str("abc"), "ab"));
        assert_false(slice_eq(slice_str("ab"), "abc"));
        assert_false(slice_eq(slice_str("ABC"), "abc"));
        assert_true(slice_eq(slice_str(""), ""));
        assert_true(slice_eq(slice_str(NULL), ""));
        assert_false(slice_eq(slice_str("abc"), NULL));
        assert_false(slice_eq((struct slice){ "a\0c", 3 }, "a"));
        assert_true(slice_eq_nocase(slice_str("Content-LENGTH"), "content-length"));
        assert_false(slice_eq_nocase(slice_str("a["), "a{"));
        assert_false(slice_eq_nocase(slice_str("\xc3\x84"), "\xc3\xa4"));
}

static void test_skip(void **unused) {
        struct slice in = slice_str("HTTP/1.1 \t 200");

        (void)unused;
        assert_false(slice_skip(&in, "http/"));
        assert_int_equal(in.n, 14);
        assert_true(slice_skip_nocase(&in, "http/"));
        assert_true(slice_skip(&in, "1.1"));
        slice_skip_blanks(&in);
        assert_true(slice_eq(in, "200"));
        assert_false(slice_skip(&in, "2000"));
        assert_true(slice_skip(&in, ""));
        assert_true(slice_skip(&in, "200"));
        assert_int_equal(in.n, 0);
        slice_skip_blanks(&in);
        assert_int_equal(in.n, 0);
}

static void test_trim(void **unused) {
        (void)unused;
        assert_true(slice_eq(slice_trim(slice_str(" \t a b\t ")), "a b"));
        assert_true(slice_eq(slice_trim(slice_str("a")), "a"));
        assert_int_equal(slice_trim(slice_str(" \t ")).n, 0);
        assert_int_equal(slice_trim((struct slice){ NULL, 0 }).n, 0);
        assert_true(slice_eq(slice_trim(slice_str("\na\r")), "\na\r"));
}

static void test_number(void **unused) {
        static const struct {
                const char *text;
                uint64_t max;
                bool fine;
                uint64_t value;
                const char *rest;
        } cases[] = {
                { "0", 0, true, 0, "" },
                { "1", 0, false, 0, "1" },
                { "5", 4, false, 0, "5" },
                { "255", 255, true, 255, "" },
                { "256", 255, false, 0, "256" },
                { "2555", 255, false, 0, "2555" },
                { "000255x", 255, true, 255, "x" },
                { "18446744073709551615", UINT64_MAX, true, UINT64_MAX, "" },
                { "18446744073709551616", UINT64_MAX, false, 0, "18446744073709551616" },
                { "99999999999999999999999", UINT64_MAX, false, 0, "99999999999999999999999" },
                { "9223372036854775808", INT64_MAX, false, 0, "9223372036854775808" },
                { "", 10, false, 0, "" },
                { "x1", 10, false, 0, "x1" },
                { "-1", 10, false, 0, "-1" },
                { " 1", 10, false, 0, " 1" },
        };

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                struct slice in = slice_str(cases[i].text);
                uint64_t value = 77;

                assert_int_equal(slice_number(&in, cases[i].max, &value), cases[i].fine);
                assert_true(value == (cases[i].fine ? cases[i].value : 77));
                assert_true(slice_eq(in, cases[i].rest));
        }
}

static void test_split(void **unused) {
        struct slice in = slice_str("a,,bc,"), head;

        (void)unused;
        assert_true(slice_split(&in, ',', &head));
        assert_true(slice_eq(head, "a"));
        assert_true(slice_split(&in, ',', &head));
        assert_true(slice_eq(head, ""));
        assert_true(slice_split(&in, ',', &head));
        assert_true(slice_eq(head, "bc"));
        assert_false(slice_split(&in, ',', &head));
        assert_true(slice_eq(head, "bc"));
        in = slice_str("whole");
        assert_true(slice_split(&in, ',', &head));
        assert_true(slice_eq(head, "whole"));
        assert_int_equal(in.n, 0);
        in = slice_str(NULL);
        assert_false(slice_split(&in, ',', &head));
}

static void test_int64(void **unused) {
        static const char *const bad[] = {
                "", "-", "+", "--1", "+-1", " 1", "1 ", "1x", "0x10", "9223372036854775808", "-9223372036854775809", "1.0", "1e3"
        };
        int64_t value = 77;

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(bad); i++)
                assert_false(parse_int64(bad[i], INT64_MIN, INT64_MAX, &value));
        assert_false(parse_int64(NULL, INT64_MIN, INT64_MAX, &value));
        assert_false(parse_int64("11", 1, 10, &value));
        assert_false(parse_int64("0", 1, 10, &value));
        assert_true(value == 77);
        assert_true(parse_int64("9223372036854775807", INT64_MIN, INT64_MAX, &value) && value == INT64_MAX);
        assert_true(parse_int64("-9223372036854775808", INT64_MIN, INT64_MAX, &value) && value == INT64_MIN);
        assert_true(parse_int64("-0", INT64_MIN, INT64_MAX, &value) && value == 0);
        assert_true(parse_int64("+10", 1, 10, &value) && value == 10);
        assert_true(parse_int64("-3", -3, -3, &value) && value == -3);
}

static void test_bool(void **unused) {
        static const char *const yes[] = { "true", "TRUE", "tRuE", "1", "t", "T" };
        static const char *const no[] = { "false", "False", "0", "f", "F" };
        static const char *const bad[] = { "", "yes", "on", "2", "true ", " true", "tr", "01" };
        bool value;

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(yes); i++) {
                value = false;
                assert_true(parse_bool(yes[i], &value) && value);
        }
        for (size_t i = 0; i < N_ELEMENTS(no); i++) {
                value = true;
                assert_true(parse_bool(no[i], &value) && !value);
        }
        value = true;
        for (size_t i = 0; i < N_ELEMENTS(bad); i++)
                assert_false(parse_bool(bad[i], &value));
        assert_false(parse_bool(NULL, &value));
        assert_true(value);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_equal),  cmocka_unit_test(test_skip),  cmocka_unit_test(test_trim),
                cmocka_unit_test(test_number), cmocka_unit_test(test_split), cmocka_unit_test(test_int64),
                cmocka_unit_test(test_bool),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
