/* SPDX-License-Identifier: MIT */
/* The last bytes of what somebody prints, and the same as one line. */
#include "autoheal/util/tail.h"

#include "support/check.h"

static const char *line_of(const char *text, size_t n, char *ret, size_t size) {
        struct tail t = { .n = 0 };

        tail_add(&t, text, n);
        return tail_line(&t, ret, size);
}

static void keeps_the_end(void **state) {
        struct tail t = { .n = 0 };
        char line[16];

        (void)state;
        for (int i = 0; i < 3 * TAIL_MAX; i++)
                tail_add(&t, "x", 1);
        tail_add(&t, "the end", 7);
        assert_int_equal(t.n, TAIL_MAX);
        assert_string_equal(tail_line(&t, line, sizeof(line)), "...xxxxxthe end");
}

static void takes_more_than_it_keeps_at_once(void **state) {
        char text[2 * TAIL_MAX];
        struct tail t = { .n = 0 };

        (void)state;
        memset(text, 'a', TAIL_MAX);
        memset(text + TAIL_MAX, 'b', TAIL_MAX);
        tail_add(&t, "before", 6);
        tail_add(&t, text, sizeof(text));
        assert_int_equal(t.n, TAIL_MAX);
        assert_int_equal(t.bytes[0], 'b');
        assert_int_equal(t.bytes[TAIL_MAX - 1], 'b');
}

static void makes_one_line(void **state) {
        static const struct {
                const char *text, *line;
        } rows[] = {
                { "", "" },
                { "\n \t\r\n", "" },
                { "one\n", "one" },
                { "  one\r\n\n two\t\x1b[31m  three \n", "one two [31m three" },
        };
        char line[64];

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++)
                assert_string_equal(line_of(rows[i].text, strlen(rows[i].text), line, sizeof(line)), rows[i].line);
        assert_string_equal(line_of("a\0b", 3, line, sizeof(line)), "a b");
}

static void cuts_between_characters(void **state) {
        char line[8];

        (void)state;
        assert_string_equal(line_of("1234567", 7, line, sizeof(line)), "1234567");
        assert_string_equal(line_of("12345678", 8, line, sizeof(line)), "...5678");
        /* An ae of two bytes. */
        assert_string_equal(line_of("123456\xc3\xa4"
                                    "789",
                                    11, line, sizeof(line)),
                            "...789");
        assert_string_equal(line_of("\x80\x80\x80\x80\x80\x80\x80\x80\x80", 9, line, sizeof(line)), "...");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(keeps_the_end),
                cmocka_unit_test(takes_more_than_it_keeps_at_once),
                cmocka_unit_test(makes_one_line),
                cmocka_unit_test(cuts_between_characters),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
