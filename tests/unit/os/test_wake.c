/* SPDX-License-Identifier: MIT */
/* Signals as bytes in a pipe. What ends the process is tried in a child. */
#include "autoheal/os/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HELD 77 /* how a child ends that nothing has ended before */

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

static int close_wake(void **unused) {
        (void)unused;
        wake_close();
        wake_fd = -1;
        return 0;
}

/* The exit status of a child that does this; a signal that ends it fails the test. */
static int status_of(void (*what)(int n), int n) {
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                what(n);
                _exit(HELD);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

/* ---- The pipe ---- */

static void test_nothing(void **unused) {
        (void)unused;
        assert_false(is_readable());
        assert_int_equal(wake_next(), 0);
        assert_int_equal(fcntl(wake_fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

static void raise_in_order(int unused) {
        (void)unused;
        (void)raise(SIGTERM);
        (void)raise(SIGINT);
        (void)raise(SIGHUP);
        if (is_readable() && wake_next() == SIGTERM && wake_next() == SIGINT && wake_next() == SIGHUP && wake_next() == 0 &&
            !is_readable())
                _exit(0);
}

static void test_signals_in_order(void **unused) {
        (void)unused;
        assert_int_equal(status_of(raise_in_order, 0), 0);
}

static void test_keeps_errno(void **unused) {
        (void)unused;
        errno = ENOSPC;
        assert_int_equal(raise(SIGHUP), 0);
        assert_int_equal(errno, ENOSPC);
        assert_int_equal(wake_next(), SIGHUP);
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
        assert_int_equal(raise(SIGHUP), 0);
        assert_int_equal(wake_next(), SIGHUP);
}

/* ---- What ends the process ---- */

static void raise_terms(int n) {
        for (int i = 0; i < n; i++)
                (void)raise(i % 2 ? SIGINT : SIGTERM);
}

static void raise_hangups(int n) {
        for (int i = 0; i < n; i++)
                (void)raise(SIGHUP);
}

static void test_the_third_ends_at_once(void **unused) {
        (void)unused;
        assert_int_equal(status_of(raise_terms, 2), HELD);
        assert_int_equal(status_of(raise_terms, 3), 130);
        assert_int_equal(status_of(raise_hangups, 10), HELD);
}

static void test_unopened_each_ends_at_once(void **unused) {
        (void)unused;
        wake_catch();
        assert_int_equal(status_of(raise_terms, 1), 130);
        assert_int_equal(status_of(raise_hangups, 1), 130);
}

static void raise_after_closing(int signo) {
        struct error err = ERROR_INIT;

        if (wake_open(&wake_fd, &err) < 0)
                _exit(1);
        wake_close();
        (void)raise(signo);
}

static void test_closed_each_ends_at_once(void **unused) {
        (void)unused;
        assert_int_equal(status_of(raise_after_closing, SIGINT), 130);
        assert_int_equal(status_of(raise_after_closing, SIGHUP), 130);
}

static void raise_ignored(int signo) {
        struct error err = ERROR_INIT;

        (void)signal(signo, SIG_IGN);
        wake_catch();
        (void)raise(signo);
        if (wake_open(&wake_fd, &err) < 0)
                _exit(1);
        (void)raise(signo);
        (void)raise(signo);
        (void)raise(signo);
        if (wake_next() != 0)
                _exit(1);
}

static void test_ignored_stays_ignored(void **unused) {
        (void)unused;
        assert_int_equal(status_of(raise_ignored, SIGHUP), HELD);
        assert_int_equal(status_of(raise_ignored, SIGINT), HELD);
        assert_int_equal(status_of(raise_ignored, SIGTERM), HELD);
}

/* ---- Waiting for input ---- */

static void test_input_comes(void **unused) {
        int ends[2];

        (void)unused;
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], "y", 1), 1);
        assert_true(wake_await_input(ends[0]));
        assert_int_equal(raise(SIGHUP), 0);
        assert_false(wake_await_input(ends[0]));
        assert_int_equal(wake_next(), SIGHUP);
        assert_true(wake_await_input(ends[0]));
        assert_int_equal(close(ends[0]) | close(ends[1]), 0);
}

static void test_the_followed_socket_ends(void **unused) {
        int ends[2], input[2];

        (void)unused;
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        assert_int_equal(pipe(input), 0);
        wake_follow(ends[0]);
        assert_int_equal(close(ends[1]), 0);
        assert_false(wake_await_input(input[0]));
        wake_follow(-1);
        assert_int_equal(close(input[1]), 0);
        assert_true(wake_await_input(input[0]));
        assert_int_equal(close(input[0]) | close(ends[0]), 0);
}

#define opened(test) cmocka_unit_test_setup_teardown(test, open_wake, close_wake)

int main(void) {
        const struct CMUnitTest tests[] = {
                opened(test_nothing),
                opened(test_signals_in_order),
                opened(test_keeps_errno),
                opened(test_broken_pipe_is_no_death),
                opened(test_flood),
                opened(test_the_third_ends_at_once),
                cmocka_unit_test(test_unopened_each_ends_at_once),
                cmocka_unit_test(test_closed_each_ends_at_once),
                cmocka_unit_test(test_ignored_stays_ignored),
                opened(test_input_comes),
                opened(test_the_followed_socket_ends),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
