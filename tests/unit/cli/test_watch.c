/* SPDX-License-Identifier: MIT */
/* ps --watch: what a frame leaves on a terminal, and which containers have changed between two looks. */
#include "cli/ps.h"
#include "support/check.h"

#include "autoheal/util/now.h"

static void frame_is(const char *text, size_t columns, size_t rows, const char *expected) {
        struct buf out AUTO(buf_release) = BUF_INIT(10000);
        watch_frame(&out, text, columns, rows);
        assert_string_equal(buf_str(&out), expected);
}

static void test_a_frame_overwrites_the_one_before(void **state) {
        (void)state;
        frame_is("ab\ncd\n", 0, 0, "\033[Hab\033[K\ncd\033[K\n\033[J");
        frame_is("ab\ncd\n", 80, 24, "\033[Hab\033[K\ncd\033[K\n\033[J");
        frame_is("", 80, 24, "\033[H\033[J");
        frame_is("\n\n", 80, 24, "\033[H\033[K\n\033[K\n\033[J");
}

/* In the last column a terminal waits there: erasing the rest of the line would erase that column. */
static void test_long_lines_are_cut_to_the_width(void **state) {
        (void)state;
        frame_is("abcdef\n", 5, 24, "\033[Habcd\u2026\n\033[J");
        frame_is("abcde\n", 5, 24, "\033[Habcde\n\033[J");
        frame_is("abcd\n", 5, 24, "\033[Habcd\033[K\n\033[J");
        frame_is("\u6f22\u5b57\u6f22\u5b57\n", 5, 24, "\033[H\u6f22\u5b57\u2026\n\033[J");
}

static void test_more_lines_than_fit_are_counted(void **state) {
        (void)state;
        frame_is("a\nb\nc\n", 80, 4, "\033[Ha\033[K\nb\033[K\nc\033[K\n\033[J");
        frame_is("a\nb\nc\nd\n", 80, 4, "\033[Ha\033[K\nb\033[K\n... and 2 more lines\033[K\n\033[J");
        frame_is("a\nb\nc\n", 80, 2, "\033[H... and 3 more lines\033[K\n\033[J");
        frame_is("a\nb\n", 80, 1, "\033[Ha\033[K\nb\033[K\n\033[J");
}

static struct container box;
static struct plan_item item;

static int reset(void **state) {
        (void)state;
        box = (struct container){ .id = "1", .name = "web", .image = "nginx", .state = CONTAINER_RUNNING };
        item = (struct plan_item){ .container = &box, .stable_id = "web", .detail = "held for 42s", .until_us = 100 * US_PER_S };
        return 0;
}

static void test_time_that_passes_is_no_change(void **state) {
        struct plan_item later = item;
        (void)state;
        later.detail = "held for 40s";
        later.until_us = 101 * US_PER_S;
        assert_false(watch_differs(&item, &later));
        later.until_us = 103 * US_PER_S;
        assert_true(watch_differs(&item, &later));
        later.until_us = 97 * US_PER_S;
        assert_true(watch_differs(&item, &later));
        later.until_us = 0;
        assert_true(watch_differs(&item, &later));
        later.until_us = INT64_MAX;
        assert_true(watch_differs(&item, &later));
}

static void test_what_a_row_says_is_a_change(void **state) {
        (void)state;
        for (int field = 0; field < 14; field++) {
                struct container other = box;
                struct plan_item now = item;
                now.container = &other;
                switch (field) {
                case 0:
                        other.name = "db";
                        break;
                case 1:
                        other.image = "redis";
                        break;
                case 2:
                        other.state = CONTAINER_EXITED;
                        break;
                case 3:
                        other.health = HEALTH_UNHEALTHY;
                        break;
                case 4:
                        now.stable_id = "db";
                        break;
                case 5:
                        now.verdict = VERDICT_FAILING;
                        break;
                case 6:
                        now.verdict_reason = REASON_UNHEALTHY;
                        break;
                case 7:
                        now.monitored = true;
                        break;
                case 8:
                        now.monitor_reason = REASON_EXCLUDED;
                        break;
                case 9:
                        now.quarantined = true;
                        break;
                case 10:
                        now.decision = DECISION_RESTART;
                        break;
                case 11:
                        now.reason = REASON_COOLDOWN;
                        break;
                case 12:
                        now.restarts = 1;
                        break;
                default:
                        now.max_restarts = 5;
                        break;
                }
                if (!watch_differs(&item, &now))
                        fail_msg("change %d is not seen", field);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_frame_overwrites_the_one_before),
                cmocka_unit_test(test_long_lines_are_cut_to_the_width),
                cmocka_unit_test(test_more_lines_than_fit_are_counted),
                cmocka_unit_test_setup(test_time_that_passes_is_no_change, reset),
                cmocka_unit_test_setup(test_what_a_row_says_is_a_change, reset),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
