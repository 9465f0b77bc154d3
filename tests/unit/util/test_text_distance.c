/* SPDX-License-Identifier: MIT */
/* How near two names are. */
#include "autoheal/util/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void distances(void **unused) {
        static const struct {
                const char *a, *b;
                size_t distance;
        } cases[] = {
                { "", "", 0 },          { "mode", "mode", 0 }, { "Mode", "mODE", 0 }, { "mode", "mod", 1 },
                { "mode", "moder", 1 }, { "mode", "made", 1 }, { "mode", "mdoe", 1 }, { "restrat", "restart", 1 },
                { "ab", "ba", 1 },      { "ca", "abc", 3 },    { "", "ab", 2 },       { "", "abc", 3 },
                { "mode", "node!", 2 }, { "abcd", "wxyz", 3 },
        };

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                assert_int_equal(text_distance(cases[i].a, cases[i].b), cases[i].distance);
                assert_int_equal(text_distance(cases[i].b, cases[i].a), cases[i].distance);
        }
}

static void long_names_are_far(void **unused) {
        char name[200];

        (void)unused;
        memset(name, 'a', sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        assert_int_equal(text_distance(name, name), TEXT_DISTANCE_MAX + 1);
        name[64] = '\0';
        assert_int_equal(text_distance(name, name), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(distances), cmocka_unit_test(long_names_are_far) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
