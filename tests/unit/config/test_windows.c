/* SPDX-License-Identifier: MIT */
/* Weekly windows: what the configuration may say of them, and when they are open where clocks never, or wildly, change. */
#include "fixture.h"

#include "autoheal/util/now.h"

#define WINDOWS(json) "{\"maintenance\":{\"windows\":[" json "]}}"
#define THURSDAY_NOON (INT64_C(1767268800) * US_PER_S) /* 2026-01-01T12:00:00Z */
#define HOUR          (3600 * US_PER_S)

static void a_window_is_read(void **data) {
        struct fixture *f = *data;
        const struct window *w;

        check_clean(f, WINDOWS("{\"days\":[\"sun\",\"MON\"],\"from\":\"02:05\",\"to\":\"24:00\",\"timezone\":\"utc\",\"scope\":"
                               "\"project:shop\"},"
                               "{\"days\":\"wed\",\"from\":\"00:00\",\"to\":\"23:59\"}"));
        assert_int_equal(f->cfg.maintenance.n_windows, 2);
        w = &f->cfg.maintenance.windows[0];
        assert_int_equal(w->days, 1U << 6 | 1U);
        assert_int_equal(w->from_s, 2 * 3600 + 5 * 60);
        assert_int_equal(w->to_s, 24 * 3600);
        assert_true(w->utc && w->has_scope);
        assert_int_equal(w->scope.kind, SCOPE_PROJECT);
        assert_string_equal(w->scope.value, "shop");
        w = &f->cfg.maintenance.windows[1];
        assert_int_equal(w->days, 1U << 2);
        assert_false(w->utc || w->has_scope);
}

static void without_days_it_is_each_day_and_null_is_as_good_as_nothing(void **data) {
        struct fixture *f = *data;

        check_clean(f, WINDOWS("{\"days\":null,\"from\":\"01:00\",\"to\":\"02:00\",\"timezone\":null,\"scope\":null}"));
        assert_int_equal(f->cfg.maintenance.windows[0].days, 0x7f);
        assert_false(f->cfg.maintenance.windows[0].utc || f->cfg.maintenance.windows[0].has_scope);
}

static void scopes_are_those_of_the_command(void **data) {
        struct fixture *f = *data;

        check_clean(f, WINDOWS("{\"from\":\"01:00\",\"to\":\"02:00\",\"scope\":\"label:tier=db\"},"
                               "{\"from\":\"01:00\",\"to\":\"02:00\",\"scope\":\"shop_web\"}"));
        assert_int_equal(f->cfg.maintenance.windows[0].scope.kind, SCOPE_LABEL);
        assert_string_equal(f->cfg.maintenance.windows[0].scope.value, "tier=db");
        assert_int_equal(f->cfg.maintenance.windows[1].scope.kind, SCOPE_CONTAINER);
        assert_string_equal(f->cfg.maintenance.windows[1].scope.value, "shop_web");
}

/* One that is misread would let restarts happen when nobody wants them. */
static void what_is_wrong_is_an_error_in_a_file_that_is_there(void **data) {
        static const struct {
                const char *text, *where, *message;
        } bad[] = {
                { "{\"to\":\"02:00\"}", "from", "must be set" },
                { "{\"from\":\"02:00\",\"to\":\"\"}", "to", "must be set" },
                { "{\"from\":\"24:00\",\"to\":\"02:00\"}", "from", "must be a time from 00:00 to 23:59 (is '24:00')" },
                { "{\"from\":\"2:00\",\"to\":\"02:00\"}", "from", "must be a time from 00:00 to 23:59 (is '2:00')" },
                { "{\"from\":\"01:60\",\"to\":\"02:00\"}", "from", "must be a time from 00:00 to 23:59 (is '01:60')" },
                { "{\"from\":\"01:00:00\",\"to\":\"02:00\"}", "from", "must be a time from 00:00 to 23:59 (is '01:00:00')" },
                { "{\"from\":\"+1:00\",\"to\":\"02:00\"}", "from", "must be a time from 00:00 to 23:59 (is '+1:00')" },
                { "{\"from\":\"01:00\",\"to\":\"24:01\"}", "to", "must be a time from 00:00 to 24:00 (is '24:01')" },
                { "{\"from\":\"01:00\",\"to\":2}", "to", "must be a string" },
                { "{\"from\":\"01:00\",\"to\":\"02:00\",\"days\":[\"sunday\"]}", "days",
                  "must be of mon, tue, wed, thu, fri, sat, sun (is 'sunday')" },
                { "{\"from\":\"01:00\",\"to\":\"02:00\",\"days\":[]}", "days", "must not be empty (without it: every day)" },
                { "{\"from\":\"01:00\",\"to\":\"02:00\",\"days\":[7]}", "days", "must be an array of strings" },
                { "{\"from\":\"01:00\",\"to\":\"02:00\",\"days\":7}", "days", "must be an array of strings" },
                { "{\"from\":\"01:00\",\"to\":\"02:00\",\"timezone\":\"Europe/Berlin\"}", "timezone",
                  "must be one of local, utc (is 'Europe/Berlin')" },
                { "{\"from\":\"01:00\",\"to\":\"02:00\",\"scope\":\"project:\"}", "scope",
                  "must be a container, project:NAME or label:KEY[=VALUE]; without it: all containers" },
                { "{\"from\":\"01:00\",\"to\":\"02:00\",\"scope\":\"\"}", "scope",
                  "must be a container, project:NAME or label:KEY[=VALUE]; without it: all containers" },
        };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
                const char *text = arena_printf(&f->arena, "{\"maintenance\":{\"windows\":[%s]}}", bad[i].text);

                assert_int_equal(load(f, text), -1);
                check_issue(&f->issues, true, arena_printf(&f->arena, "maintenance.windows[0].%s", bad[i].where), bad[i].message);
                assert_int_equal(count_errors(&f->issues), 1);
                assert_int_equal(f->issues.items[0].line, 1);
        }
        assert_int_equal(load(f, WINDOWS("7")), -1);
}

/* Nobody means to switch healing off for good by a window. */
static void one_that_never_closes_is_a_warning(void **data) {
        static const char *const always[] = {
                "{\"from\":\"02:00\",\"to\":\"02:00\"}", "{\"from\":\"00:00\",\"to\":\"24:00\"}",
                "{\"from\":\"00:00\",\"to\":\"00:00\",\"scope\":\"web\",\"days\":[\"mon\",\"tue\",\"wed\","
                "\"thu\",\"fri\",\"sat\",\"sun\"]}"
        };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(always); i++) {
                assert_int_equal(load(f, arena_printf(&f->arena, "{\"maintenance\":{\"windows\":[%s]}}", always[i])), 0);
                check_issue(&f->issues, false, "maintenance.windows[0]",
                            "is open at all times: what it is about is never restarted");
                assert_int_equal(f->issues.items[0].line, 1);
        }
        check_clean(f, WINDOWS("{\"from\":\"02:00\",\"to\":\"01:59\"},"
                               "{\"from\":\"02:00\",\"to\":\"02:00\",\"days\":[\"sun\"]}"));
}

static void a_key_that_is_unknown_is_a_warning(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, WINDOWS("{\"from\":\"01:00\",\"to\":\"02:00\",\"form\":\"x\"}")), 0);
        check_issue(&f->issues, false, "maintenance.windows[0]['form']", "unknown key (did you mean from?)");
}

static void there_is_a_limit_to_their_number(void **data) {
        struct fixture *f = *data;
        const char *list = "{\"from\":\"01:00\",\"to\":\"02:00\"}";

        for (int i = 1; i < 101; i++)
                list = arena_printf(&f->arena, "%s,{\"from\":\"01:00\",\"to\":\"02:00\"}", list);
        assert_int_equal(load(f, arena_printf(&f->arena, "{\"maintenance\":{\"windows\":[%s]}}", list)), -1);
        check_issue(&f->issues, true, "maintenance.windows", "must have at most 100 windows");
}

/* ---- When they are open ---- */

static int64_t fixed(void *arg, int64_t utc_s) {
        (void)utc_s;
        return *(const int64_t *)arg;
}

static struct window window(unsigned days, int64_t from_h, int64_t to_h) {
        return (struct window){ .days = days, .from_s = from_h * 3600, .to_s = to_h * 3600 };
}

static void the_next_period_is_told_up_to_a_week_ahead(void **data) {
        int64_t offset = 0;
        const struct zone zone = { fixed, &offset };
        const struct window w = window(1U << 3, 11, 12); /* Thursdays; it ends this moment */
        struct window_period p;

        (void)data;
        assert_true(window_next(&w, &zone, THURSDAY_NOON, &p));
        assert_int_equal(p.start_us, THURSDAY_NOON + 7 * 24 * HOUR - HOUR);
        assert_int_equal(p.until_us, THURSDAY_NOON + 7 * 24 * HOUR);
        assert_null(p.scope);
}

static void a_window_of_no_day_is_never_open(void **data) {
        int64_t offset = 0;
        const struct zone zone = { fixed, &offset };
        const struct window w = window(0, 0, 24);
        struct window_period p;

        (void)data;
        assert_false(window_next(&w, &zone, THURSDAY_NOON, &p));
}

static void the_open_ones_are_told_with_their_scopes(void **data) {
        struct fixture *f = *data;
        int64_t offset = 0;
        const struct zone zone = { fixed, &offset };
        struct window windows[] = { window(0x7f, 13, 14), window(0x7f, 12, 13), window(0x7f, 11, 13) };
        struct window_period *open;

        windows[2].has_scope = true;
        assert_int_equal(windows_open(windows, N_ELEMENTS(windows), &zone, THURSDAY_NOON, &f->arena, &open), 2);
        assert_null(open[0].scope);
        assert_ptr_equal(open[1].scope, &windows[2].scope);
        assert_int_equal(open[1].start_us, THURSDAY_NOON - HOUR);
        assert_int_equal(windows_open(NULL, 0, &zone, THURSDAY_NOON, &f->arena, &open), 0);
}

static void the_beginning_of_time_is_a_time(void **data) {
        int64_t offset = -10 * 3600;
        const struct zone zone = { fixed, &offset };
        const struct window w = window(1U << 2, 13, 15); /* it was Wednesday there */
        struct window_period p;

        (void)data;
        assert_true(window_next(&w, &zone, 0, &p));
        assert_int_equal(p.start_us, -HOUR);
        assert_int_equal(p.until_us, HOUR);
}

/* On 2011-12-30 there was no 2011-12-30 in Samoa: clocks went from 24:00 the day before, at 10:00Z, to 00:00 the day after. */
static int64_t samoa(void *arg, int64_t utc_s) {
        (void)arg;
        return (utc_s < INT64_C(1325239200) ? -10 : 14) * 3600;
}

static void a_day_that_is_left_out_has_no_window(void **data) {
        const struct zone zone = { samoa, NULL };
        const struct window friday = window(1U << 4, 9, 10), evening = window(1U << 3, 22, 2);
        int64_t jump_us = INT64_C(1325239200) * US_PER_S;
        struct window_period p;

        (void)data;
        assert_true(window_next(&friday, &zone, jump_us, &p));
        assert_int_equal(p.start_us, jump_us + (6 * 24 + 9) * HOUR);
        assert_true(window_next(&evening, &zone, jump_us - HOUR, &p));
        assert_int_equal(p.start_us, jump_us - 2 * HOUR);
        assert_int_equal(p.until_us, jump_us);
}

/* Whatever a zone does, a period is in order, and the one that is told has not ended. */
static int64_t wild(void *arg, int64_t utc_s) {
        uint64_t day = (uint64_t)(utc_s / 86400 + 7) * UINT64_C(6364136223846793005) + *(const uint64_t *)arg;

        return (int64_t)(day >> 40) % 50400 - 25200;
}

static void a_wild_zone_does_no_harm(void **data) {
        (void)data;
        for (uint64_t seed = 0; seed < 2000; seed++) {
                const struct zone zone = { wild, &seed };
                const struct window w = { .days = 0x7f,
                                          .from_s = (int64_t)(seed * 7919 % 86400),
                                          .to_s = (int64_t)(seed * 104729 % 86401) };
                int64_t now_us = THURSDAY_NOON + (int64_t)seed * 977 * US_PER_S;
                struct window_period p;

                if (!window_next(&w, &zone, now_us, &p))
                        continue;
                assert_true(p.start_us < p.until_us);
                assert_true(p.until_us > now_us);
        }
}

static void days_have_names(void **data) {
        (void)data;
        assert_string_equal(weekday_name(0), "mon");
        assert_string_equal(weekday_name(6), "sun");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(a_window_is_read),
                WITH_LOAD(without_days_it_is_each_day_and_null_is_as_good_as_nothing),
                WITH_LOAD(scopes_are_those_of_the_command),
                WITH_LOAD(what_is_wrong_is_an_error_in_a_file_that_is_there),
                WITH_LOAD(one_that_never_closes_is_a_warning),
                WITH_LOAD(a_key_that_is_unknown_is_a_warning),
                WITH_LOAD(there_is_a_limit_to_their_number),
                cmocka_unit_test(the_next_period_is_told_up_to_a_week_ahead),
                cmocka_unit_test(a_window_of_no_day_is_never_open),
                WITH_LOAD(the_open_ones_are_told_with_their_scopes),
                cmocka_unit_test(the_beginning_of_time_is_a_time),
                cmocka_unit_test(a_day_that_is_left_out_has_no_window),
                cmocka_unit_test(a_wild_zone_does_no_harm),
                cmocka_unit_test(days_have_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
