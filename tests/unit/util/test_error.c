/* SPDX-License-Identifier: MIT */
/* Errors: codes, chaining, cutting, and text made printable. */
#include "autoheal/util/error.h"

#include "autoheal/util/slice.h"
#include "autoheal/util/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool is_utf8(const char *s) {
        size_t n = strlen(s), length;

        for (; n; s += length, n -= length)
                if ((length = utf8_sequence(s, n, NULL)) == 0)
                        return false;
        return true;
}

static bool ends_with(const char *s, const char *end) {
        size_t n = strlen(s), m = strlen(end);

        return n >= m && strcmp(s + n - m, end) == 0;
}

static void test_set(void **unused) {
        struct error err = { .code = ERR_ENGINE, .http_status = 500, .sys_errno = 5 };

        (void)unused;
        assert_int_equal(error_set(&err, ERR_INVALID, "'%s' is not one of %d", "x", 3), -1);
        assert_int_equal(err.code, ERR_INVALID);
        assert_int_equal(err.http_status, 0);
        assert_int_equal(err.sys_errno, 0);
        assert_string_equal(err.msg, "'x' is not one of 3");
        error_clear(&err);
        assert_int_equal(err.code, ERR_NONE);
        assert_string_equal(err.msg, "");
}

static void test_null(void **unused) {
        (void)unused;
        assert_int_equal(error_set(NULL, ERR_FAILED, "x"), -1);
        assert_int_equal(error_set_errno(NULL, EIO, "x"), -1);
        assert_int_equal(error_wrap(NULL, "x"), -1);
}

static void test_errno(void **unused) {
        struct error err = ERROR_INIT;

        (void)unused;
        assert_int_equal(error_set_errno(&err, EACCES, "opening '%s'", "f"), -1);
        assert_int_equal(err.code, ERR_IO);
        assert_int_equal(err.sys_errno, EACCES);
        assert_string_equal(err.msg, "opening 'f': Permission denied");
        (void)error_set_errno(&err, ENOENT, "opening '%s'", "f");
        assert_int_equal(err.code, ERR_NOT_FOUND);
        assert_int_equal(err.sys_errno, ENOENT);
}

static void test_wrap(void **unused) {
        struct error err = ERROR_INIT;

        (void)unused;
        (void)error_set(&err, ERR_ENGINE, "no such container");
        err.http_status = 404;
        assert_int_equal(error_wrap(&err, "restarting '%s'", "web"), -1);
        (void)error_wrap(&err, "healing");
        assert_string_equal(err.msg, "healing: restarting 'web': no such container");
        assert_int_equal(err.code, ERR_ENGINE);
        assert_int_equal(err.http_status, 404);
}

static void test_own_text_as_argument(void **unused) {
        struct error err = ERROR_INIT;

        (void)unused;
        (void)error_set(&err, ERR_FAILED, "inner");
        (void)error_set(&err, ERR_CONFIG, "outer (%s)", err.msg);
        assert_string_equal(err.msg, "outer (inner)");
}

static void test_hostile_text(void **unused) {
        struct error err = ERROR_INIT;

        (void)unused;
        (void)error_set(&err, ERR_ENGINE, "engine said '%s'", "\x1b[2J\n\xff");
        assert_string_equal(err.msg, "engine said '\\x1b[2J\\n\\xff'");
        (void)error_wrap(&err, "asking '%s'", "\x07");
        assert_string_equal(err.msg, "asking '\\x07': engine said '\\x1b[2J\\n\\xff'");
}

static void test_long_text(void **unused) {
        struct error err = ERROR_INIT;
        char text[3000];

        (void)unused;
        for (size_t i = 0; i < sizeof(text) - 1; i += 2)
                memcpy(text + i, "\xc3\xa4", 2);
        text[sizeof(text) - 2] = '\0';
        for (size_t shift = 0; shift < 2; shift++) {
                (void)error_set(&err, ERR_FAILED, "%s%s", shift ? "x" : "", text);
                assert_true(strlen(err.msg) >= sizeof(err.msg) - 4);
                assert_true(ends_with(err.msg, "\xc3\xa4..."));
                assert_true(is_utf8(err.msg));
        }
}

/* However long the name, what is wrong with it stays readable. */
static void test_cause_survives(void **unused) {
        struct error err = ERROR_INIT;
        char text[3000];

        (void)unused;
        memset(text, 'x', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        (void)error_set_errno(&err, ENOSPC, "writing '%s'", text);
        assert_true(ends_with(err.msg, "...: No space left on device"));
        (void)error_set(&err, ERR_FAILED, "the cause");
        (void)error_wrap(&err, "healing '%s'", text);
        assert_true(ends_with(err.msg, "...: the cause"));
        for (int i = 0; i < 20; i++)
                (void)error_wrap(&err, "layer %d of many, each adding to a chain that gets too long", i);
        assert_memory_equal(err.msg, "layer 19 ", 9);
        assert_true(ends_with(err.msg, "..."));
}

static void test_remedy(void **unused) {
        struct error err = ERROR_INIT;
        char long_path[600];

        (void)unused;
        assert_int_equal(error_set(&err, ERR_CONFIG, "'/data' may be written by others"), -1);
        assert_int_equal(err.remedy_at, 0);
        assert_int_equal(error_remedy(&err, "run 'chmod go-w %s'", "/da\nta"), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_string_equal(err.msg, "'/data' may be written by others: run 'chmod go-w /da\\nta'");
        assert_string_equal(err.msg + err.remedy_at, "run 'chmod go-w /da\\nta'");
        assert_int_equal(error_wrap(&err, "data\ndirectory"), -1);
        assert_string_equal(err.msg + err.remedy_at, "run 'chmod go-w /da\\nta'");
        memset(long_path, 'x', sizeof(long_path) - 1);
        long_path[sizeof(long_path) - 1] = '\0';
        assert_int_equal(error_wrap(&err, "%s", long_path), -1);
        assert_string_equal(err.msg + err.remedy_at, "run 'chmod go-w /da\\nta'");
        assert_int_equal(error_wrap(&err, "%s", long_path), -1);
        assert_int_equal(error_wrap(&err, "%s", long_path), -1);
        assert_int_equal(err.remedy_at, 0);
        assert_int_equal(error_set(&err, ERR_CONFIG, "%s", long_path), -1);
        assert_int_equal(error_remedy(&err, "run"), -1);
        assert_int_equal(err.remedy_at, 0);
        assert_int_equal(error_set_errno(&err, 2, "x"), -1);
        assert_int_equal(err.remedy_at, 0);
        assert_int_equal(error_remedy(NULL, "run"), -1);
}

static void test_exit_status(void **unused) {
        (void)unused;
        assert_int_equal(err_exit_status(ERR_NONE), 0);
        assert_int_equal(err_exit_status(ERR_FAILED), 1);
        assert_int_equal(err_exit_status(ERR_CONNECT), 1);
        assert_int_equal(err_exit_status(ERR_ARGUMENTS), 1);
        assert_int_equal(err_exit_status(ERR_LOCKED), 75);
        assert_int_equal(err_exit_status(ERR_CONFIG), 78);
        assert_int_equal(err_exit_status(ERR_USAGE), 125);
        assert_int_equal(err_exit_status(ERR_INTERRUPTED), 130);
}

static void test_names(void **unused) {
        (void)unused;
        for (int code = 0; code < ERR_MAX_; code++) {
                assert_string_not_equal(err_code_name((enum err_code)code), "unknown");
                for (int other = 0; other < code; other++)
                        assert_string_not_equal(err_code_name((enum err_code)code), err_code_name((enum err_code)other));
        }
        assert_string_equal(err_code_name(ERR_NOT_FOUND), "not-found");
        assert_string_equal(err_code_name(ERR_TOO_LARGE), "too-large");
        assert_non_null(err_code_name((enum err_code)4711));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_set),
                cmocka_unit_test(test_null),
                cmocka_unit_test(test_errno),
                cmocka_unit_test(test_wrap),
                cmocka_unit_test(test_own_text_as_argument),
                cmocka_unit_test(test_hostile_text),
                cmocka_unit_test(test_long_text),
                cmocka_unit_test(test_cause_survives),
                cmocka_unit_test(test_remedy),
                cmocka_unit_test(test_exit_status),
                cmocka_unit_test(test_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
