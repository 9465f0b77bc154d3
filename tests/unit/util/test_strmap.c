/* SPDX-License-Identifier: MIT */
/* The map from strings to indexes. */
#include "autoheal/util/strmap.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MANY 10000

static void test_empty(void **unused) {
        struct strmap m AUTO(strmap_release) = STRMAP_INIT;

        (void)unused;
        assert_true(strmap_get(&m, "x") == STRMAP_NONE);
        assert_true(strmap_get(&m, "") == STRMAP_NONE);
        strmap_release(&m);
}

static void test_set_get_replace(void **unused) {
        struct strmap m AUTO(strmap_release) = STRMAP_INIT;
        char same[] = "web";

        (void)unused;
        strmap_set(&m, "web", 1);
        strmap_set(&m, "", 2);
        strmap_set(&m, "webb", 3);
        assert_int_equal(strmap_get(&m, same), 1);
        assert_int_equal(strmap_get(&m, ""), 2);
        assert_int_equal(strmap_get(&m, "webb"), 3);
        assert_true(strmap_get(&m, "we") == STRMAP_NONE);
        strmap_set(&m, "web", 0);
        assert_int_equal(strmap_get(&m, "web"), 0);
        assert_int_equal(m.len, 3);
}

static void test_many(void **unused) {
        struct strmap m AUTO(strmap_release) = STRMAP_INIT;
        char(*keys)[24] = xcalloc(MANY, sizeof(*keys));

        (void)unused;
        for (size_t i = 0; i < MANY; i++) {
                (void)snprintf(keys[i], sizeof(keys[i]), "container-%zu", i);
                strmap_set(&m, keys[i], i);
        }
        assert_int_equal(m.len, MANY);
        assert_true(m.len <= m.cap * 7 / 10 + 1);
        for (size_t i = 0; i < MANY; i++)
                assert_int_equal(strmap_get(&m, keys[i]), i);
        assert_true(strmap_get(&m, "container-10000") == STRMAP_NONE);
        free(keys);
}

/* Keys of every length around the hash's words, differing in one byte at the end or at the front. */
static void test_lengths(void **unused) {
        struct strmap m AUTO(strmap_release) = STRMAP_INIT;
        char keys[2][33][34];

        (void)unused;
        for (size_t n = 1; n <= 32; n++) {
                for (size_t which = 0; which < 2; which++) {
                        memset(keys[which][n], 'a', n);
                        keys[which][n][n] = '\0';
                        if (which)
                                keys[which][n][n % 2 ? 0 : n - 1] = 'b';
                        strmap_set(&m, keys[which][n], which * 100 + n);
                }
        }
        assert_int_equal(m.len, 64);
        for (size_t n = 1; n <= 32; n++)
                for (size_t which = 0; which < 2; which++)
                        assert_int_equal(strmap_get(&m, keys[which][n]), which * 100 + n);
}

static void test_reuse(void **unused) {
        struct strmap m = STRMAP_INIT;

        (void)unused;
        strmap_set(&m, "a", 1);
        strmap_release(&m);
        assert_true(strmap_get(&m, "a") == STRMAP_NONE);
        strmap_set(&m, "a", 2);
        assert_int_equal(strmap_get(&m, "a"), 2);
        strmap_release(&m);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_empty),   cmocka_unit_test(test_set_get_replace), cmocka_unit_test(test_many),
                cmocka_unit_test(test_lengths), cmocka_unit_test(test_reuse),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
