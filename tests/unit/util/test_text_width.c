/* SPDX-License-Identifier: MIT */
/* Columns of text on a terminal. */
#include "autoheal/util/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_width(void **unused) {
        static const struct {
                const char *text;
                size_t columns;
        } cases[] = {
                { "", 0 },
                { "web-1", 5 },
                { "gr\xc3\xbc\xc3\x9f", 4 },
                { "e\xcc\x81", 1 },                /* e and a combining acute */
                { "\xe6\x97\xa5\xe6\x9c\xac", 4 }, /* two ideographs */
                { "\xea\xb0\x80", 2 },             /* a Hangul syllable */
                { "\xe3\x81\x82", 2 },             /* hiragana */
                { "\xef\xbd\xb1", 1 },             /* halfwidth katakana */
                { "\xef\xbc\xa1", 2 },             /* fullwidth A */
                { "\xf0\x9f\x98\x80", 2 },         /* an emoji */
                { "\xf0\x9f\x90\xb3", 2 },         /* a whale */
                { "\xf0\xa0\x80\x80", 2 },         /* an ideograph of plane 2 */
                { "\xe2\x80\xa6", 1 },             /* an ellipsis */
                { "\xe2\x9c\x93", 1 },             /* a check mark */
                { "a\xe2\x80\x8b"
                  "b",
                  2 },                     /* zero width space */
                { "\xd7\xa9\xd6\xb8", 1 }, /* a Hebrew letter and its point */
                { "\xf3\xa0\x84\x80", 0 }, /* a variation selector of plane 14 */
                { "a\xff"
                  "b",
                  3 },
        };

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++)
                assert_int_equal(text_width(cases[i].text), cases[i].columns);
}

static void test_ellipsis(void **unused) {
        static const struct {
                const char *text;
                size_t max;
                const char *wanted;
        } cases[] = {
                { "abcdef", 6, "abcdef" },
                { "abcdef", 100, "abcdef" },
                { "abcdef", 5, "abcd\xe2\x80\xa6" },
                { "abcdef", 1, "\xe2\x80\xa6" },
                { "abcdef", 0, "" },
                { "", 0, "" },
                { "", 5, "" },
                { "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 6, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" },
                { "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 5, "\xe6\x97\xa5\xe6\x9c\xac\xe2\x80\xa6" },
                { "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 4, "\xe6\x97\xa5\xe2\x80\xa6" },
                { "ae\xcc\x81"
                  "bc",
                  3, "ae\xcc\x81\xe2\x80\xa6" },
        };

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                struct buf out AUTO(buf_release) = BUF_INIT(100);

                text_ellipsis(&out, cases[i].text, cases[i].max);
                assert_string_equal(buf_str(&out), cases[i].wanted);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_width),
                cmocka_unit_test(test_ellipsis),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
