/* SPDX-License-Identifier: MIT */
/* What /proc says is read as proc(5) has it. */
#include "autoheal/os/process.h"

#include "autoheal/util/now.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define AFTER_NAME " S 1 2 3 4 -1 4194304 10 20 30 40 250 50 7 8 20 0 1 0 1000 8192000 512 18446744073709551615 1 1 0\n"

static void fields_are_found_behind_any_name(void **state) {
        static const char *const names[] = { "42 (autoheal)", "42 (a) b 9 9)", "42 ()" };
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(names); i++) {
                char text[256];
                struct process_usage u = { 0 };
                (void)snprintf(text, sizeof(text), "%s%s", names[i], AFTER_NAME);
                assert_true(process_usage_parse(text, "cpu 1 2 3\nintr 5\nbtime 1700000000\n", 100, 4096, &u));
                assert_int_equal(u.cpu_ms, 3000);
                assert_int_equal(u.start_us, INT64_C(1700000010) * US_PER_S);
                assert_int_equal(u.virtual_size, 8192000);
                assert_int_equal(u.resident_size, 512 * 4096);
        }
}

static void what_is_not_there_is_not_known(void **state) {
        struct process_usage u = { -1, -1, -1, -1, -1, -1 };
        (void)state;
        assert_false(process_usage_parse("", "", 100, 4096, &u));
        assert_false(process_usage_parse("42 autoheal S 1", "", 100, 4096, &u));
        assert_false(process_usage_parse("42 (autoheal) S 1 2", "btime 5\n", 100, 4096, &u));
        assert_int_equal(u.cpu_ms, -1);
        assert_true(process_usage_parse("42 (autoheal)" AFTER_NAME, "cpu 1\nbtime x\n", 100, 4096, &u));
        assert_int_equal(u.start_us, -1);
        assert_int_equal(u.cpu_ms, 3000);
}

static void absurd_numbers_do_not_overflow(void **state) {
        char text[1024] = "1 (x) S";
        struct process_usage u = { 0 };
        (void)state;
        for (size_t n = 7; n < 500; n += 20)
                (void)snprintf(text + n, sizeof(text) - n, " 9223372036854775807");
        assert_true(process_usage_parse(text, "btime 9223372036854775807\n", 100, 4096, &u));
        assert_int_equal(u.cpu_ms, 0);
        assert_int_equal(u.start_us, -1);
}

static void this_process_is_there(void **state) {
        (void)state;
        struct process_usage before = process_usage();
        assert_true(before.cpu_ms >= 0 && before.start_us > 0 && before.resident_size > 0);
        assert_true(before.virtual_size >= before.resident_size);
        FILE *one = fopen("/dev/null", "r");
        assert_non_null(one);
        assert_int_equal(process_usage().open_fds, before.open_fds + 1);
        (void)fclose(one);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(fields_are_found_behind_any_name),
                cmocka_unit_test(what_is_not_there_is_not_known),
                cmocka_unit_test(absurd_numbers_do_not_overflow),
                cmocka_unit_test(this_process_is_there),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
