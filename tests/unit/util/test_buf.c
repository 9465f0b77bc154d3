/* SPDX-License-Identifier: MIT */
/* The byte buffer and its ceiling. */
#include "autoheal/util/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_empty(void **unused) {
        struct buf b AUTO(buf_release) = BUF_INIT(10);

        (void)unused;
        assert_string_equal(buf_str(&b), "");
        buf_add(&b, NULL, 0);
        buf_add_str(&b, "");
        buf_addf(&b, "%s", "");
        assert_int_equal(b.len, 0);
        assert_false(b.overflowed);
        assert_string_equal(buf_str(&b), "");
}

static void test_append(void **unused) {
        struct buf b AUTO(buf_release) = BUF_INIT(1000);

        (void)unused;
        buf_add_str(&b, "ab");
        buf_add_char(&b, 'c');
        buf_add(&b, "d\0e", 3);
        buf_addf(&b, "%d-%s", 7, "x");
        assert_int_equal(b.len, 9);
        assert_memory_equal(b.data, "abcd\0e7-x\0", 10);
        buf_clear(&b);
        assert_int_equal(b.len, 0);
        assert_string_equal(buf_str(&b), "");
        buf_add_str(&b, "again");
        assert_string_equal(buf_str(&b), "again");
}

static void test_growth(void **unused) {
        struct buf b AUTO(buf_release) = BUF_INIT(100000);
        size_t wanted = 0;

        (void)unused;
        for (int i = 0; i < 10000; i++) {
                buf_addf(&b, "%d,", i % 10);
                wanted += 2;
                assert_int_equal(b.len, wanted);
                assert_int_equal(b.data[wanted], '\0');
        }
        for (size_t i = 0; i < wanted; i += 2)
                assert_int_equal(b.data[i], '0' + (int)(i / 2 % 10));
}

static void test_ceiling(void **unused) {
        struct buf b AUTO(buf_release) = BUF_INIT(5);

        (void)unused;
        buf_add_str(&b, "12345");
        assert_false(b.overflowed);
        buf_add_str(&b, "");
        assert_false(b.overflowed);
        buf_add_char(&b, '6');
        assert_true(b.overflowed);
        assert_string_equal(buf_str(&b), "12345");
        buf_add_str(&b, "");
        assert_true(b.overflowed);
        buf_clear(&b);
        assert_false(b.overflowed);
        buf_addf(&b, "%s", "abcdefgh");
        assert_true(b.overflowed);
        assert_string_equal(buf_str(&b), "abcde");
        buf_release(&b);
        buf_add_str(&b, "abcdefgh");
        assert_true(b.overflowed);
        assert_string_equal(buf_str(&b), "abcde");
}

static void test_ceiling_of_nothing(void **unused) {
        struct buf b AUTO(buf_release) = BUF_INIT(0);

        (void)unused;
        buf_addf(&b, "%d", 1);
        buf_add_char(&b, 'x');
        assert_true(b.overflowed);
        assert_string_equal(buf_str(&b), "");
}

static void test_no_ceiling(void **unused) {
        struct buf b AUTO(buf_release) = BUF_INIT(SIZE_MAX);
        static const char chunk[1000] = { 'x' };

        (void)unused;
        for (int i = 0; i < 100; i++)
                buf_add(&b, chunk, sizeof(chunk));
        assert_int_equal(b.len, 100000);
        assert_false(b.overflowed);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_empty),
                cmocka_unit_test(test_append),
                cmocka_unit_test(test_growth),
                cmocka_unit_test(test_ceiling),
                cmocka_unit_test(test_ceiling_of_nothing),
                cmocka_unit_test(test_no_ceiling),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
