/* SPDX-License-Identifier: MIT */
/* Base64 and encoded words. */
#include "autoheal/util/mime.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void check_base64(const char *text, const char *want) {
        struct buf b AUTO(buf_release) = BUF_INIT(1024);

        mime_base64(&b, text, strlen(text));
        assert_string_equal(buf_str(&b), want);
}

static void base64_of_the_rfc(void **state) {
        (void)state;
        check_base64("", "");
        check_base64("f", "Zg==");
        check_base64("fo", "Zm8=");
        check_base64("foo", "Zm9v");
        check_base64("foobar", "Zm9vYmFy");
        check_base64("\xff\xfe\xfd", "//79");
}

static void check_header(const char *text, const char *want) {
        struct buf b AUTO(buf_release) = BUF_INIT(4096);

        mime_header(&b, text, "|");
        assert_string_equal(buf_str(&b), want);
}

static void plain_text_stays(void **state) {
        (void)state;
        check_header("", "");
        check_header("Container Restarted: web (host)", "Container Restarted: web (host)");
}

static void other_text_is_encoded(void **state) {
        (void)state;
        check_header("gr\xC3\xBC\xC3\x9F", "=?UTF-8?B?Z3LDvMOf?=");
        /* What looks like an encoded word would be taken for one. */
        check_header("=?x", "=?UTF-8?B?PT94?=");
}

static void nothing_begins_a_line(void **state) {
        (void)state;
        check_header("a\r\nBcc: b", "=?UTF-8?B?YQ0KQmNjOiBi?=");
        check_header("a\nb\x7f", "=?UTF-8?B?YQpifw==?=");
}

/* 44 bytes, a character of two, and one more: the first word must not hold half of it. */
static void no_character_is_cut(void **state) {
        char text[64];
        struct buf b AUTO(buf_release) = BUF_INIT(4096);

        (void)state;
        memset(text, 'a', 44);
        memcpy(text + 44, "\xC3\xBC!", 4);
        mime_header(&b, text, "|");
        const char *bar = strchr(buf_str(&b), '|');
        assert_non_null(bar);
        assert_string_equal(bar, "|=?UTF-8?B?w7wh?=");
        assert_true(bar - buf_str(&b) <= 75);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(base64_of_the_rfc),     cmocka_unit_test(plain_text_stays),
                cmocka_unit_test(other_text_is_encoded), cmocka_unit_test(nothing_begins_a_line),
                cmocka_unit_test(no_character_is_cut),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
