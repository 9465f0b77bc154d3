/* SPDX-License-Identifier: MIT */
/* What the log writes to standard error. */
#include "autoheal/os/log.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static char captured[64 * 1024];
static int saved_stderr, read_end;

static void capture(void) {
        int ends[2];

        assert_int_equal(pipe(ends), 0);
        saved_stderr = dup(STDERR_FILENO);
        assert_true(saved_stderr >= 0);
        assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
        assert_int_equal(close(ends[1]), 0);
        read_end = ends[0];
}

/* Restores standard error. What one test writes fits into the pipe. */
static const char *captured_text(void) {
        size_t len = 0;
        ssize_t n;

        assert_int_equal(dup2(saved_stderr, STDERR_FILENO), STDERR_FILENO);
        assert_int_equal(close(saved_stderr), 0);
        while ((n = read(read_end, captured + len, sizeof(captured) - 1 - len)) > 0)
                len += (size_t)n;
        captured[len] = '\0';
        assert_int_equal(close(read_end), 0);
        return captured;
}

static void test_levels(void **unused) {
        (void)unused;
        capture();
        log_warn("disk is %d%% full", 99);
        log_error("cannot heal '%s'", "web");
        assert_string_equal(captured_text(), "WARNING: disk is 99% full\ncannot heal 'web'\n");
}

static void test_debug(void **unused) {
        (void)unused;
        capture();
        assert_false(log_debug_enabled());
        log_debug("not seen");
        log_set_debug(true);
        assert_true(log_debug_enabled());
        log_debug("seen %d", 1);
        log_set_debug(false);
        log_debug("not seen either");
        assert_string_equal(captured_text(), "DEBUG: seen 1\n");
}

static void test_hidden_warnings(void **unused) {
        (void)unused;
        capture();
        log_set_warnings(false);
        log_warn("not seen");
        log_error("seen");
        log_set_warnings(true);
        log_warn("seen");
        assert_string_equal(captured_text(), "seen\nWARNING: seen\n");
}

static void test_hostile(void **unused) {
        (void)unused;
        capture();
        log_error("name '%s'", "\x1b[2J\nWARNING: forged\r\xff");
        assert_string_equal(captured_text(), "name '\\x1b[2J\\nWARNING: forged\\r\\xff'\n");
}

static void test_long(void **unused) {
        static char text[30000];
        const char *line;
        size_t n;

        (void)unused;
        memset(text, '\x01', sizeof(text) - 1);
        capture();
        log_warn("%s", text);
        log_error("next");
        line = captured_text();
        n = strcspn(line, "\n");
        assert_true(n > 10000 && n <= 16 * 1024);
        assert_memory_equal(line, "WARNING: \\x01", 13);
        assert_string_equal(line + n, "\nnext\n");
}

static void test_keeps_errno(void **unused) {
        (void)unused;
        capture();
        errno = ENOSPC;
        log_error("x");
        assert_int_equal(errno, ENOSPC);
        (void)captured_text();
}

/* Nobody reads any more: not a reason to end. */
static void test_broken_pipe(void **unused) {
        (void)unused;
        assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
        capture();
        assert_int_equal(close(read_end), 0);
        log_error("x");
        log_error("y");
        assert_int_equal(dup2(saved_stderr, STDERR_FILENO), STDERR_FILENO);
        assert_int_equal(close(saved_stderr), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_levels),      cmocka_unit_test(test_debug), cmocka_unit_test(test_hidden_warnings),
                cmocka_unit_test(test_hostile),     cmocka_unit_test(test_long),  cmocka_unit_test(test_keeps_errno),
                cmocka_unit_test(test_broken_pipe),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
