/* SPDX-License-Identifier: MIT */
/* UTF-8, and hostile text made printable. */
#include "autoheal/util/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void check_escape(const char *in, size_t n, const char *wanted) {
        struct buf out AUTO(buf_release) = BUF_INIT(1000);

        text_escape(&out, (struct slice){ in, n });
        assert_string_equal(buf_str(&out), wanted);
        assert_false(out.overflowed);
}

static void test_sequence(void **unused) {
        static const struct {
                const char *bytes;
                size_t n, length;
                uint32_t cp;
        } cases[] = {
                { "", 0, 0, 0 },
                { "\0", 1, 1, 0 },
                { "a", 1, 1, 'a' },
                { "\x7f", 1, 1, 0x7f },
                { "\xc2\x80", 2, 2, 0x80 },
                { "\xdf\xbf", 2, 2, 0x7ff },
                { "\xe0\xa0\x80", 3, 3, 0x800 },
                { "\xed\x9f\xbf", 3, 3, 0xd7ff },
                { "\xee\x80\x80", 3, 3, 0xe000 },
                { "\xef\xbf\xbf", 3, 3, 0xffff },
                { "\xf0\x90\x80\x80", 4, 4, 0x10000 },
                { "\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff },
                { "\x80", 1, 0, 0 }, /* continuation alone */
                { "\xbf", 1, 0, 0 },
                { "\xc0\x80", 2, 0, 0 }, /* overlong */
                { "\xc1\xbf", 2, 0, 0 },
                { "\xe0\x9f\xbf", 3, 0, 0 },
                { "\xf0\x8f\xbf\xbf", 4, 0, 0 },
                { "\xed\xa0\x80", 3, 0, 0 }, /* surrogates */
                { "\xed\xbf\xbf", 3, 0, 0 },
                { "\xf4\x90\x80\x80", 4, 0, 0 }, /* above U+10FFFF */
                { "\xf5\x80\x80\x80", 4, 0, 0 },
                { "\xff", 1, 0, 0 },
                { "\xe2\x82", 2, 0, 0 }, /* cut */
                { "\xf0\x9f\x98", 3, 0, 0 },
                { "\xe2\x28\xa1", 3, 0, 0 }, /* continuation missing */
                { "\xe2\x82(", 3, 0, 0 },
        };

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                uint32_t cp = 0;

                assert_int_equal(utf8_sequence(cases[i].bytes, cases[i].n, &cp), cases[i].length);
                assert_int_equal(cp, cases[i].cp);
                assert_int_equal(utf8_sequence(cases[i].bytes, cases[i].n, NULL), cases[i].length);
        }
}

static void test_escape(void **unused) {
        static const struct {
                const char *in, *out;
        } cases[] = {
                { "", "" },
                { "plain 'text' \\ \"quoted\"", "plain 'text' \\ \"quoted\"" },
                { "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x98\x80" },
                { "a\nb\tc\rd", "a\\nb\\tc\\rd" },
                { "\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m" },
                { "\x1b]0;title\x07", "\\x1b]0;title\\x07" },
                { "\x01\x08\x0b\x7f", "\\x01\\x08\\x0b\\x7f" },
                { "\xc2\x9b"
                  "31m",
                  "\\u{009b}31m" },
                { "\xc2\x85", "\\u{0085}" },
                { "\xc2\xa0", "\xc2\xa0" },
                { "\x9b"
                  "31m",
                  "\\x9b31m" },
                { "\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}" },
                { "\xe2\x80\xae"
                  "cod.exe",
                  "\\u{202e}cod.exe" },
                { "\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "\\u{200e}\\u{200f}\\u{061c}" },
                { "\xe2\x81\xa6\xe2\x81\xa9", "\\u{2066}\\u{2069}" },
                { "\xe2\x81\xa5\xe2\x81\xaa", "\xe2\x81\xa5\xe2\x81\xaa" },
                { "\xff\xfe", "\\xff\\xfe" },
                { "\xe2\x82", "\\xe2\\x82" },
                { "\xc0\xaf", "\\xc0\\xaf" },
                { "\xed\xa0\x80", "\\xed\\xa0\\x80" },
                { "\xe2\x82\x1b[0m", "\\xe2\\x82\\x1b[0m" },
        };

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                check_escape(cases[i].in, strlen(cases[i].in), cases[i].out);
                /* What is printable stays as it is. */
                check_escape(cases[i].out, strlen(cases[i].out), cases[i].out);
        }
        check_escape("a\0b", 3, "a\\x00b");
        check_escape(NULL, 0, "");
}

static void test_escape_ceiling(void **unused) {
        struct buf out AUTO(buf_release) = BUF_INIT(6);

        (void)unused;
        text_escape(&out, slice_str("abcd\xe2\x82\xac"
                                    "e"));
        assert_true(out.overflowed);
        assert_string_equal(buf_str(&out), "abcd");
        text_escape(&out, slice_str("ef"));
        assert_string_equal(buf_str(&out), "abcdef");
}

static void test_escape_into(void **unused) {
        char small[8], large[64];

        (void)unused;
        assert_ptr_equal(text_escape_into(small, sizeof(small), "abcdefg"), small);
        assert_string_equal(small, "abcdefg");
        assert_string_equal(text_escape_into(small, sizeof(small), "abcdefgh"), "abcd...");
        assert_string_equal(text_escape_into(small, sizeof(small),
                                             "abc\xc3\xa4"
                                             "fgh"),
                            "abc...");
        assert_string_equal(text_escape_into(small, sizeof(small),
                                             "ab\xc3\xa4"
                                             "fgh"),
                            "ab\xc3\xa4"
                            "fgh");
        assert_string_equal(text_escape_into(small, sizeof(small), "abcd\x1b"), "abcd...");
        assert_string_equal(text_escape_into(small, sizeof(small), "\xe2\x80\xae"), "...");
        assert_string_equal(text_escape_into(small, sizeof(small), ""), "");
        assert_string_equal(text_escape_into(small, sizeof(small), NULL), "");
        assert_string_equal(text_escape_into(large, sizeof(large), "a\x1b[2J\xe2\x80\xae"), "a\\x1b[2J\\u{202e}");
}

/* Every pair of bytes: the result is printable UTF-8 without a control character. */
static void test_all_pairs(void **unused) {
        (void)unused;
        for (unsigned pair = 0; pair < 0x10000; pair++) {
                char bytes[2] = { (char)(pair >> 8), (char)(pair & 0xff) };
                struct buf out AUTO(buf_release) = BUF_INIT(100);

                text_escape(&out, (struct slice){ bytes, 2 });
                for (size_t i = 0, length; i < out.len; i += length) {
                        uint32_t cp = 0;

                        length = utf8_sequence(out.data + i, out.len - i, &cp);
                        assert_true(length > 0 && cp >= 0x20 && (cp < 0x7f || cp > 0x9f));
                }
        }
}

static void test_shell_word(void **unused) {
        static const struct {
                const char *text, *word;
        } cases[] = {
                { "web", "web" },
                { "/srv/a-b_c.d:1,2+3%=@x", "/srv/a-b_c.d:1,2+3%=@x" },
                { "", "''" },
                { "a b", "'a b'" },
                { "it's", "'it'\\''s'" },
                { "''", "''\\'''\\'''" },
                { "$(reboot)", "'$(reboot)'" },
                { "a;b\n`c`", "'a;b\n`c`'" },
                { "~", "'~'" },
                { "\xff*", "'\xff*'" },
        };
        struct arena a AUTO(arena_release) = ARENA_INIT(1024);

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++)
                assert_string_equal(text_shell_word(cases[i].text, &a), cases[i].word);
}

static void test_percent_encode(void **unused) {
        struct buf b AUTO(buf_release) = BUF_INIT(100);

        (void)unused;
        text_percent_encode(&b, "aZ9-._~ &=?#%/+\r\n\xff\"");
        assert_string_equal(buf_str(&b), "aZ9-._~%20%26%3D%3F%23%25%2F%2B%0D%0A%FF%22");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sequence),       cmocka_unit_test(test_escape),    cmocka_unit_test(test_escape_ceiling),
                cmocka_unit_test(test_escape_into),    cmocka_unit_test(test_all_pairs), cmocka_unit_test(test_shell_word),
                cmocka_unit_test(test_percent_encode),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
