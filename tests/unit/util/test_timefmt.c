/* SPDX-License-Identifier: MIT */
/* Times and durations as text, both ways. */
#include "autoheal/util/timefmt.h"

#include "autoheal/util/now.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DAY_US (86400 * US_PER_S)

static void test_format(void **unused) {
        static const struct {
                int64_t us;
                const char *text;
        } cases[] = {
                { 0, "1970-01-01T00:00:00.000000+00:00" },
                { -5, "1970-01-01T00:00:00.000000+00:00" },
                { INT64_MIN, "1970-01-01T00:00:00.000000+00:00" },
                { 1, "1970-01-01T00:00:00.000001+00:00" },
                { INT64_C(951782399999999), "2000-02-28T23:59:59.999999+00:00" },
                { INT64_C(951782400000000), "2000-02-29T00:00:00.000000+00:00" },
                { INT64_C(951868800000000), "2000-03-01T00:00:00.000000+00:00" },
                { INT64_C(1761919071076821), "2025-10-31T13:57:51.076821+00:00" },
                { INT64_C(4107542400000000), "2100-03-01T00:00:00.000000+00:00" },
                { INT64_C(253402300799999999), "9999-12-31T23:59:59.999999+00:00" },
                { INT64_C(253402300800000000), "9999-12-31T23:59:59.999999+00:00" },
                { INT64_MAX, "9999-12-31T23:59:59.999999+00:00" },
        };
        char text[TIME_ISO_SIZE];

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                time_format_iso(cases[i].us, text);
                assert_string_equal(text, cases[i].text);
        }
}

/* Every day of two centuries and a half, and some times of it. */
static void test_round_trip(void **unused) {
        char text[TIME_ISO_SIZE];
        int64_t back;

        (void)unused;
        for (int64_t day = 0; day < 366 * 250; day++) {
                int64_t us = day * DAY_US + day * INT64_C(7919000013) % DAY_US;

                time_format_iso(us, text);
                assert_true(time_parse_iso(slice_str(text), &back));
                assert_true(back == us);
        }
}

static void test_parse(void **unused) {
        static const struct {
                const char *text;
                int64_t us;
        } cases[] = {
                { "2025-10-31T13:57:51.076821+00:00", INT64_C(1761919071076821) },
                { "2025-10-31T13:57:51.076821Z", INT64_C(1761919071076821) },
                { "2025-10-31t13:57:51.076821z", INT64_C(1761919071076821) },
                { "2025-10-31 13:57:51.076821", INT64_C(1761919071076821) },
                { "2025-10-31T13:57:51", INT64_C(1761919071000000) },
                { "2025-10-31T13:57:51Z", INT64_C(1761919071000000) },
                { "2025-10-31T13:57:51.5Z", INT64_C(1761919071500000) },
                { "2025-10-31T13:57:51.0768219999999999999999999999Z", INT64_C(1761919071076821) },
                { "2025-10-31T15:57:51.076821+02:00", INT64_C(1761919071076821) },
                { "2025-10-31T15:57:51.076821+0200", INT64_C(1761919071076821) },
                { "2025-10-31T15:57:51.076821+02", INT64_C(1761919071076821) },
                { "2025-10-31T08:27:51.076821-05:30", INT64_C(1761919071076821) },
                { "2016-12-31T23:59:60Z", INT64_C(1483228799000000) },
                { "2000-02-29T00:00:00Z", INT64_C(951782400000000) },
                { "1970-01-01T00:00:00.000001Z", 1 },
                { "1970-01-01T00:00:00Z", 0 },
                { "1970-01-01T01:00:00+02:00", 0 },
                { "1969-12-31T23:00:00-02:00", INT64_C(3600000000) },
                { "1969-12-31T23:59:59Z", 0 },
                { "0001-01-01T00:00:00Z", 0 },
                { "0000-01-01T00:00:00Z", 0 },
                { "9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999) },
        };

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                int64_t us = -1;

                assert_true(time_parse_iso(slice_str(cases[i].text), &us));
                assert_true(us == cases[i].us);
        }
}

static void test_parse_bad(void **unused) {
        static const char *const bad[] = {
                "",
                "x",
                "2025-10-31",
                "2025-10-31T",
                "2025-10-31T13:57",
                "2025-10-31T13:57:5",
                "2025-10-31T13:57:51.",
                "2025-10-31T13:57:51.Z",
                "2025-10-31T13:57:51,5Z",
                "2025-10-31T13:57:51Zx",
                "2025-10-31T13:57:51Z ",
                " 2025-10-31T13:57:51Z",
                "2025-10-31T13:57:51+",
                "2025-10-31T13:57:51+2",
                "2025-10-31T13:57:51+02:",
                "2025-10-31T13:57:51+02:0",
                "2025-10-31T13:57:51+02:000",
                "2025-10-31T13:57:51+24:00",
                "2025-10-31T13:57:51+02:60",
                "2025-10-31T13:57:51 +02:00",
                "2025-10-31T24:00:00Z",
                "2025-10-31T13:60:00Z",
                "2025-10-31T13:57:61Z",
                "2025-00-31T13:57:51Z",
                "2025-13-31T13:57:51Z",
                "2025-10-00T13:57:51Z",
                "2025-10-32T13:57:51Z",
                "2025-04-31T13:57:51Z",
                "2025-02-29T00:00:00Z",
                "1900-02-29T00:00:00Z",
                "25-10-31T13:57:51Z",
                "12025-10-31T13:57:51Z",
                "2025/10/31T13:57:51Z",
                "2025-10-31X13:57:51Z",
                "-025-10-31T13:57:51Z",
                "2025-1 -31T13:57:51Z",
                "1761919071",
        };
        int64_t us = 77;

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(bad); i++)
                assert_false(time_parse_iso(slice_str(bad[i]), &us));
        assert_false(time_parse_iso(slice_str(NULL), &us));
        assert_true(us == 77);
}

/* Reads no byte behind the slice, wherever it ends. */
static void test_parse_cut(void **unused) {
        static const char whole[] = "2025-10-31T13:57:51.076821+00:00";
        int64_t us;

        (void)unused;
        for (size_t n = 0; n < sizeof(whole) - 1; n++) {
                char *part = xmalloc(n);

                memcpy(part, whole, n);
                if (time_parse_iso((struct slice){ part, n }, &us))
                        assert_true(us / US_PER_S == 1761919071);
                else
                        assert_true(n != 19 && n != 29);
                free(part);
        }
}

static void test_http_date(void **unused) {
        static const char *const bad[] = {
                "",
                "Sun, 06 Nov 1994 08:49:37",
                "Sun, 06 Nov 1994 08:49:37 UTC",
                "Sun, 06 Nov 1994 08:49:37 GMT ",
                "Sun, 6 Nov 1994 08:49:37 GMT",
                "Sun, 31 Nov 1994 08:49:37 GMT",
                "Sun 06 Nov 1994 08:49:37 GMT",
                "Xxx, 06 Nov 1994 08:49:37 GMT",
                "Sun, 06 Xxx 1994 08:49:37 GMT",
                "Sunday, 06-Nov-94 08:49:37 GMT",
                "Sun Nov  6 08:49:37 1994",
                "Sun, 06 Nov 1994 25:49:37 GMT",
        };
        int64_t us = 77;

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(bad); i++)
                assert_false(time_parse_http_date(slice_str(bad[i]), &us));
        assert_true(us == 77);
        assert_true(time_parse_http_date(slice_str("Sun, 06 Nov 1994 08:49:37 GMT"), &us));
        assert_true(us == 784111777 * US_PER_S);
        assert_true(time_parse_http_date(slice_str("Fri, 31 Oct 2025 13:57:51 GMT"), &us));
        assert_true(us == 1761919071 * US_PER_S);
}

static void test_duration_parse(void **unused) {
        static const struct {
                const char *text;
                int64_t max, value; /* value -1: refused */
        } cases[] = {
                { "90", 1000, 90 },
                { "0", 1000, 0 },
                { "90s", 1000, 90 },
                { "5m", 1000, 300 },
                { "1h30m", 10000, 5400 },
                { "1h30s", 10000, 3630 },
                { "2d", INT64_MAX, 172800 },
                { "1d2h3m4s", INT64_MAX, 93784 },
                { "1000", 1000, 1000 },
                { "1001", 1000, -1 },
                { "16m40s", 1000, 1000 },
                { "16m41s", 1000, -1 },
                { "17m", 1000, -1 },
                { "9223372036854775807", INT64_MAX, INT64_MAX },
                { "9223372036854775808", INT64_MAX, -1 },
                { "9223372036854775807m", INT64_MAX, -1 },
                { "106751991167301d", INT64_MAX, -1 },
                { "", 1000, -1 },
                { "s", 1000, -1 },
                { "1h30", 10000, -1 },
                { "30m1h", 10000, -1 },
                { "5m5m", 10000, -1 },
                { "1hm", 10000, -1 },
                { "-5", 1000, -1 },
                { "+5", 1000, -1 },
                { " 5", 1000, -1 },
                { "5 ", 1000, -1 },
                { "5 s", 1000, -1 },
                { "5S", 1000, -1 },
                { "1.5h", 10000, -1 },
                { "5ms", 1000, -1 },
                { "5w", 1000, -1 },
                { "5", -1, -1 },
        };

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                int64_t value = -1;

                assert_int_equal(duration_parse(slice_str(cases[i].text), cases[i].max, &value), cases[i].value >= 0);
                assert_true(value == cases[i].value);
        }
}

static void test_duration_format(void **unused) {
        static const struct {
                int64_t s;
                const char *text;
        } cases[] = {
                { 0, "0s" },
                { -1, "0s" },
                { INT64_MIN, "0s" },
                { 45, "45s" },
                { 60, "1m" },
                { 90, "1m30s" },
                { 3599, "59m59s" },
                { 3600, "1h" },
                { 3605, "1h" },
                { 7500, "2h5m" },
                { 7559, "2h5m" },
                { 273600, "3d4h" },
                { 259200, "3d" },
                { 259260, "3d" },
                { 86399, "23h59m" },
                { 8640000, "100d" },
                { INT64_MAX, "106751991167300d15h" },
        };
        char text[DURATION_SIZE];

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                duration_format(cases[i].s, text);
                assert_string_equal(text, cases[i].text);
        }
}

/* The values of go-units' own test, and the borders. */
static void test_duration_human(void **unused) {
        const int64_t hour = 3600, day = 24 * hour, week = 7 * day, month = 30 * day, year = 365 * day;
        const struct {
                int64_t s;
                const char *text;
        } cases[] = {
                { INT64_MIN, "Less than a second" },
                { -1, "Less than a second" },
                { 0, "Less than a second" },
                { 1, "1 second" },
                { 45, "45 seconds" },
                { 59, "59 seconds" },
                { 60, "About a minute" },
                { 119, "About a minute" },
                { 120, "2 minutes" },
                { 3 * 60 + 40, "3 minutes" },
                { 3599, "59 minutes" },
                { 1 * hour, "About an hour" },
                { 1 * hour + 29 * 60, "About an hour" },
                { 1 * hour + 30 * 60, "2 hours" },
                { 1 * hour + 45 * 60, "2 hours" },
                { 3 * hour + 45 * 60, "4 hours" },
                { 47 * hour + 29 * 60, "47 hours" },
                { 47 * hour + 30 * 60, "2 days" },
                { 7 * day, "7 days" },
                { 13 * day + 5 * hour, "13 days" },
                { 2 * week, "2 weeks" },
                { 2 * week + 4 * day, "2 weeks" },
                { 1 * month, "4 weeks" },
                { 2 * month, "2 months" },
                { 2 * month + 2 * week, "2 months" },
                { 3 * month, "3 months" },
                { 23 * month, "23 months" },
                { 1 * year, "12 months" },
                { 2 * year - 60, "1 years" },
                { 2 * year, "2 years" },
                { 24 * month, "24 months" },
                { 24 * month + 2 * week, "2 years" },
                { 3 * year + 2 * month, "3 years" },
                { INT64_MAX, "292471208677 years" },
        };
        char text[DURATION_HUMAN_SIZE];

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                duration_human(cases[i].s, text);
                assert_string_equal(text, cases[i].text);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_format),         cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_parse),          cmocka_unit_test(test_parse_bad),
                cmocka_unit_test(test_parse_cut),      cmocka_unit_test(test_http_date),
                cmocka_unit_test(test_duration_parse), cmocka_unit_test(test_duration_format),
                cmocka_unit_test(test_duration_human),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
