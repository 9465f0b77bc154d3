/* SPDX-License-Identifier: MIT */
/* Signals as bytes in a pipe. */
#include "autoheal/os/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int wake_fd = -1;

static bool is_readable(void) {
        struct pollfd fd = { .fd = wake_fd, .events = POLLIN };

        return poll(&fd, 1, 0) == 1 && (fd.revents & POLLIN);
}

static int open_wake(void **unused) {
        struct error err = ERROR_INIT;

        (void)unused;
        assert_int_equal(wake_next(), 0);
        return wake_open(&wake_fd, &err);
}

static void test_nothing(void **unused) {
        (void)unused;
        assert_false(is_readable());
        assert_int_equal(wake_next(), 0);
        assert_int_equal(fcntl(wake_fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

static void test_signals_in_order(void **unused) {
        (void)unused;
        assert_int_equal(raise(SIGTERM), 0);
        assert_int_equal(raise(SIGINT), 0);
        assert_int_equal(raise(SIGHUP), 0);
        assert_true(is_readable());
        assert_int_equal(wake_next(), SIGTERM);
        assert_int_equal(wake_next(), SIGINT);
        assert_int_equal(wake_next(), SIGHUP);
        assert_int_equal(wake_next(), 0);
        assert_false(is_readable());
}

static void test_keeps_errno(void **unused) {
        (void)unused;
        errno = ENOSPC;
        assert_int_equal(raise(SIGINT), 0);
        assert_int_equal(errno, ENOSPC);
        assert_int_equal(wake_next(), SIGINT);
}

static void test_broken_pipe_is_no_death(void **unused) {
        int ends[2];

        (void)unused;
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(close(ends[0]), 0);
        assert_int_equal(write(ends[1], "x", 1), -1);
        assert_int_equal(errno, EPIPE);
        assert_int_equal(close(ends[1]), 0);
        assert_int_equal(wake_next(), 0);
}

/* More signals than the pipe holds: the handler must not block. */
static void test_flood(void **unused) {
        int n = 0;

        (void)unused;
        for (int i = 0; i < 70000; i++)
                assert_int_equal(raise(SIGHUP), 0);
        while (wake_next() == SIGHUP)
                n++;
        assert_true(n > 0 && n <= 70000);
        assert_int_equal(raise(SIGTERM), 0);
        assert_int_equal(wake_next(), SIGTERM);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_nothing),     cmocka_unit_test(test_signals_in_order),
                cmocka_unit_test(test_keeps_errno), cmocka_unit_test(test_broken_pipe_is_no_death),
                cmocka_unit_test(test_flood),
        };

        return cmocka_run_group_tests(tests, open_wake, NULL);
}
