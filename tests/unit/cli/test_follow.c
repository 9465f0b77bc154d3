/* SPDX-License-Identifier: MIT */
/* Which events are new in a history that grows, loses its oldest, is cleared, edited or written anew. */
#include "cli/follow.h"
#include "support/check.h"

/* A history as a word: each letter is an event, the same letter the same event. Its raw text differs with `spelling`. */
static struct stored_event *history(const char *letters, const char *spelling, struct arena *a, size_t *ret_n) {
        size_t n = strlen(letters);
        struct stored_event *events = arena_array(a, n, sizeof(*events));
        for (size_t i = 0; i < n; i++)
                events[i] = (struct stored_event){ .at_us = letters[i],
                                                   .type = "restart",
                                                   .container_id = "",
                                                   .container_name = arena_printf(a, "%c", letters[i]),
                                                   .stable_id = "",
                                                   .status = "success",
                                                   .message = "",
                                                   .reason = spelling,
                                                   .raw = slice_str(spelling) };
        *ret_n = n;
        return events;
}

static void expect(const char *before, const char *now, const char *fresh) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        const struct stored_event **ret = NULL;
        size_t n_before, n_now;
        const struct stored_event *b = history(before, "{}", &a, &n_before), *e = history(now, "{ }", &a, &n_now);
        size_t n = follow_new_events(b, n_before, e, n_now, &a, &ret);
        struct buf got AUTO(buf_release) = BUF_INIT(10000);
        for (size_t i = 0; i < n; i++)
                buf_add_str(&got, ret[i]->container_name);
        if (!str_eq(buf_str(&got), fresh))
                fail_msg("after '%s', of '%s': '%s' instead of '%s'", before, now, buf_str(&got), fresh);
}

static void test_what_was_appended_is_new(void **state) {
        (void)state;
        expect("", "", "");
        expect("", "abc", "abc");
        expect("abc", "abc", "");
        expect("abc", "abcd", "d");
        expect("abc", "abcde", "de");
}

static void test_dropping_the_oldest_makes_nothing_new(void **state) {
        (void)state;
        expect("abc", "bc", "");
        expect("abc", "bcd", "d");
        expect("abc", "cdef", "def");
        expect("abc", "def", "def");
}

static void test_after_clearing_all_are_new(void **state) {
        (void)state;
        expect("abc", "", "");
        expect("abc", "x", "x");
        expect("", "x", "x");
}

static void test_equal_events_count_as_often_as_they_are_there(void **state) {
        (void)state;
        expect("aa", "aaa", "a");
        expect("aab", "aabaab", "aab");
        expect("abab", "ababc", "c");
        expect("ab", "ba", "a");
        expect("aaaa", "aa", "");
        expect("abaab", "abx", "x");
}

static void test_editing_elsewhere_tells_nothing_twice(void **state) {
        (void)state;
        expect("abc", "ac", "");
        expect("abc", "acd", "d");
        expect("abcd", "ab", "");
        expect("abcd", "abx", "x");
        expect("abc", "zabc", "z");
        expect("aab", "abbx", "bx");
}

static void test_each_documented_key_tells_events_apart(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        const struct stored_event **ret = NULL;
        size_t n;
        (void)state;
        const struct stored_event *before = history("m", "{}", &a, &n);
        for (int key = 0; key < 7; key++) {
                struct stored_event now = before[0];
                const char **texts[] = { &now.type, &now.container_id, &now.container_name, &now.status, &now.message };
                if (key < 5)
                        *texts[key] = "other";
                else
                        *(key == 5 ? &now.at_us : &now.restart_count) = 77;
                assert_int_equal(follow_new_events(before, 1, &now, 1, &a, &ret), 1);
        }
}

/* A history of equal events must not cost more than another: every prefix of it looks like what was there before. */
static void test_a_long_history_of_equal_events(void **state) {
        AUTO_FREE char *before = xmalloc(5001), *now = xmalloc(5003);
        (void)state;
        memset(before, 'a', 5000);
        memset(now, 'a', 5002);
        before[5000] = now[5002] = '\0';
        expect(before, now, "aa");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_was_appended_is_new),
                cmocka_unit_test(test_dropping_the_oldest_makes_nothing_new),
                cmocka_unit_test(test_after_clearing_all_are_new),
                cmocka_unit_test(test_equal_events_count_as_often_as_they_are_there),
                cmocka_unit_test(test_editing_elsewhere_tells_nothing_twice),
                cmocka_unit_test(test_each_documented_key_tells_events_apart),
                cmocka_unit_test(test_a_long_history_of_equal_events),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
