/* SPDX-License-Identifier: MIT */
/* The size of a terminal, and being told of another one. */
#include "autoheal/os/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_the_size_of_a_terminal(void **state) {
        size_t columns = 1, rows = 2;
        int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        (void)state;
        assert_true(fd >= 0);
        assert_int_equal(ioctl(fd, TIOCSWINSZ, &(struct winsize){ .ws_col = 132, .ws_row = 43 }), 0);
        assert_true(terminal_size(fd, &columns, &rows));
        assert_int_equal(columns, 132);
        assert_int_equal(rows, 43);
        (void)close(fd);
}

static void test_no_terminal_or_no_size(void **state) {
        size_t columns = 1, rows = 2;
        int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        (void)state;
        assert_int_equal(ioctl(fd, TIOCSWINSZ, &(struct winsize){ .ws_col = 0, .ws_row = 43 }), 0);
        assert_false(terminal_size(fd, &columns, &rows));
        assert_false(terminal_size(null, &columns, &rows));
        assert_false(terminal_size(-1, &columns, &rows));
        assert_int_equal(columns, 1);
        assert_int_equal(rows, 2);
        (void)close(fd);
        (void)close(null);
}

static bool readable(int fd, int wait_ms) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        return poll(&p, 1, wait_ms) == 1;
}

static void test_another_size_is_told(void **state) {
        int fd = terminal_watch_size();
        (void)state;
        assert_true(fd >= 0);
        assert_false(readable(fd, 0));
        assert_int_equal(raise(SIGWINCH), 0);
        assert_true(readable(fd, 5000));
        terminal_size_seen(fd);
        assert_false(readable(fd, 0));
        (void)close(fd);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_size_of_a_terminal),
                cmocka_unit_test(test_no_terminal_or_no_size),
                cmocka_unit_test(test_another_size_is_told),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
