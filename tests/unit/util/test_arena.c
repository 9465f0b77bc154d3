/* SPDX-License-Identifier: MIT */
/* The arena: alignment, zeroes, large requests, and aborting on overflow. */
#include "autoheal/util/arena.h"

#include <setjmp.h>
#include <signal.h>
#include <stdalign.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool is_zero(const unsigned char *p, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (p[i])
                        return false;
        return true;
}

static void test_aligned_zeroed_distinct(void **unused) {
        struct arena a AUTO(arena_release) = ARENA_INIT(256);
        unsigned char *given[200];

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(given); i++) {
                size_t n = i % 37;

                given[i] = arena_alloc(&a, n);
                assert_non_null(given[i]);
                assert_int_equal((uintptr_t)given[i] % alignof(max_align_t), 0);
                assert_true(is_zero(given[i], n));
                memset(given[i], (int)(i % 255 + 1), n);
        }
        for (size_t i = 0; i < N_ELEMENTS(given); i++)
                for (size_t at = 0; at < i % 37; at++)
                        assert_int_equal(given[i][at], i % 255 + 1);
}

static void test_large(void **unused) {
        struct arena a AUTO(arena_release) = ARENA_INIT(128);
        char *before = arena_strdup(&a, "before");
        unsigned char *large = arena_alloc(&a, 100000);
        char *after = arena_strdup(&a, "after");

        (void)unused;
        assert_true(is_zero(large, 100000));
        memset(large, 'x', 100000);
        assert_string_equal(before, "before");
        assert_string_equal(after, "after");
}

static void test_large_first(void **unused) {
        struct arena a AUTO(arena_release) = ARENA_INIT(0);
        unsigned char *one = arena_alloc(&a, 1000), *two = arena_alloc(&a, 1);

        (void)unused;
        memset(one, 1, 1000);
        assert_int_equal(*two, 0);
}

static void test_strings(void **unused) {
        struct arena a AUTO(arena_release) = ARENA_INIT(64);

        (void)unused;
        assert_null(arena_strdup(&a, NULL));
        assert_string_equal(arena_strdup(&a, ""), "");
        assert_string_equal(arena_strndup(&a, "abcdef", 3), "abc");
        assert_string_equal(arena_strndup(&a, NULL, 0), "");
        assert_memory_equal(arena_strndup(&a, "a\0b", 3), "a\0b", 4);
        assert_string_equal(arena_printf(&a, "%s-%d", "container", 42), "container-42");
        assert_int_equal(strlen(arena_printf(&a, "%500s", "")), 500);
}

static void test_array(void **unused) {
        struct arena a AUTO(arena_release) = ARENA_INIT(64);
        int64_t *numbers = arena_array(&a, 100, sizeof(*numbers));

        (void)unused;
        assert_true(is_zero((unsigned char *)numbers, 100 * sizeof(*numbers)));
        assert_non_null(arena_array(&a, 0, 8));
        assert_non_null(arena_array(&a, 8, 0));
}

static void test_release_and_reuse(void **unused) {
        struct arena a = ARENA_INIT(64);

        (void)unused;
        arena_release(&a);
        assert_string_equal(arena_strdup(&a, "x"), "x");
        arena_release(&a);
        assert_null(a.blocks);
        assert_string_equal(arena_strdup(&a, "y"), "y");
        arena_release(&a);
}

static void ask_array(struct arena *a) {
        (void)!arena_array(a, SIZE_MAX / 2, 3);
}

static void ask_bytes(struct arena *a) {
        (void)!arena_alloc(a, SIZE_MAX);
}

static void ask_string(struct arena *a) {
        (void)!arena_strndup(a, "x", SIZE_MAX);
}

static void test_overflow_aborts(void **unused) {
        static void (*const asks[])(struct arena *) = { ask_array, ask_bytes, ask_string };

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(asks); i++) {
                pid_t pid = fork();
                int status;

                if (pid == 0) {
                        struct arena a = ARENA_INIT(64);

                        (void)signal(SIGABRT, SIG_DFL);
                        asks[i](&a);
                        _exit(0);
                }
                assert_true(pid > 0);
                assert_int_equal(waitpid(pid, &status, 0), pid);
                assert_true(WIFSIGNALED(status));
                assert_int_equal(WTERMSIG(status), SIGABRT);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_aligned_zeroed_distinct),
                cmocka_unit_test(test_large),
                cmocka_unit_test(test_large_first),
                cmocka_unit_test(test_strings),
                cmocka_unit_test(test_array),
                cmocka_unit_test(test_release_and_reuse),
                cmocka_unit_test(test_overflow_aborts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
