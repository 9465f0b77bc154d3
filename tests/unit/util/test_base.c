/* SPDX-License-Identifier: MIT */
/* Allocation, hand-over and comparison. */
#include "autoheal/util/base.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_alloc(void **unused) {
        char *p = xmalloc(0), *zeroed = xcalloc(10, 3), *copy = xstrdup("text");

        (void)unused;
        assert_non_null(p);
        p = xrealloc(p, 100);
        memset(p, 'x', 100);
        p = xrealloc(p, 0);
        assert_non_null(p);
        for (size_t i = 0; i < 30; i++)
                assert_int_equal(zeroed[i], 0);
        assert_string_equal(copy, "text");
        free(p);
        free(zeroed);
        free(copy);
        p = xcalloc(0, 8);
        assert_non_null(p);
        free(p);
}

static void test_overflow_aborts(void **unused) {
        pid_t pid = fork();
        int status;

        (void)unused;
        if (pid == 0) {
                (void)signal(SIGABRT, SIG_DFL);
                (void)close(STDERR_FILENO); /* the sanitizer's report, where there is one */
                free(xcalloc(SIZE_MAX / 2, 4));
                _exit(0);
        }
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        /* A sanitizer that ends the program itself exits with a status of its own. */
        assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_take(void **unused) {
        AUTO_FREE char *p = xstrdup("x");
        char *taken = TAKE(p);

        (void)unused;
        assert_null(p);
        assert_string_equal(taken, "x");
        free(taken);
}

static void test_str_eq(void **unused) {
        (void)unused;
        assert_true(str_eq("a", "a"));
        assert_false(str_eq("a", "b"));
        assert_false(str_eq("a", NULL));
        assert_false(str_eq(NULL, "a"));
        assert_false(str_eq(NULL, NULL));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_alloc),
                cmocka_unit_test(test_overflow_aborts),
                cmocka_unit_test(test_take),
                cmocka_unit_test(test_str_eq),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
