/* SPDX-License-Identifier: MIT */
/* The two clocks. */
#include "autoheal/util/base.h"

#include "autoheal/os/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_units(void **unused) {
        struct timespec before, after;
        struct now now;

        (void)unused;
        assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &before), 0);
        now = clock_read();
        assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &after), 0);
        assert_true(now.mono_ms >= (int64_t)before.tv_sec * 1000 + before.tv_nsec / 1000000);
        assert_true(now.mono_ms <= (int64_t)after.tv_sec * 1000 + after.tv_nsec / 1000000);
        /* After 2024-01-01 and before 2100-01-01, in microseconds. */
        assert_true(now.wall_us > INT64_C(1704067200) * US_PER_S);
        assert_true(now.wall_us < INT64_C(4102444800) * US_PER_S);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_units),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
