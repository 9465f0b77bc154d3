/* SPDX-License-Identifier: MIT */
/* The list of timers, with made-up times. */
#include "net/net_internal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fixture {
        struct timers timers;
        char ran[16]; /* one letter for each that ran */
        uint64_t victim;
};

struct named {
        struct fixture *f;
        char name;
};

static void note(void *arg) {
        struct named *n = arg;

        n->f->ran[strlen(n->f->ran)] = n->name;
}

static void note_and_cancel(void *arg) {
        struct named *n = arg;

        note(arg);
        timers_cancel(&n->f->timers, n->f->victim);
}

static void note_and_add(void *arg) {
        struct named *n = arg;

        note(arg);
        (void)timers_add(&n->f->timers, 100, note_and_add, arg);
}

static void runs_in_order_of_time(void **state) {
        struct fixture f = { 0 };
        struct named a = { &f, 'a' }, b = { &f, 'b' }, c = { &f, 'c' }, d = { &f, 'd' };

        (void)state;
        assert_int_not_equal(timers_add(&f.timers, 300, note, &d), 0);
        (void)timers_add(&f.timers, 100, note, &a);
        (void)timers_add(&f.timers, 200, note, &b);
        (void)timers_add(&f.timers, 200, note, &c);
        timers_run(&f.timers, 99);
        assert_string_equal(f.ran, "");
        timers_run(&f.timers, 100);
        assert_string_equal(f.ran, "a");
        timers_run(&f.timers, 299);
        assert_string_equal(f.ran, "abc");
        assert_false(timers_empty(&f.timers));
        timers_run(&f.timers, 1000);
        assert_string_equal(f.ran, "abcd");
        assert_true(timers_empty(&f.timers));
        timers_run(&f.timers, 2000);
        assert_string_equal(f.ran, "abcd");
}

static void cancels_one(void **state) {
        struct fixture f = { 0 };
        struct named a = { &f, 'a' }, b = { &f, 'b' }, c = { &f, 'c' };
        uint64_t id_b;

        (void)state;
        (void)timers_add(&f.timers, 1, note, &a);
        id_b = timers_add(&f.timers, 2, note, &b);
        (void)timers_add(&f.timers, 3, note, &c);
        timers_cancel(&f.timers, id_b);
        timers_cancel(&f.timers, id_b);
        timers_cancel(&f.timers, 0);
        timers_run(&f.timers, 10);
        assert_string_equal(f.ran, "ac");
}

static void callback_cancels_the_next_and_itself(void **state) {
        struct fixture f = { 0 };
        struct named a = { &f, 'a' }, b = { &f, 'b' }, c = { &f, 'c' };
        uint64_t id_a;

        (void)state;
        (void)timers_add(&f.timers, 1, note_and_cancel, &a);
        f.victim = timers_add(&f.timers, 2, note, &b);
        (void)timers_add(&f.timers, 3, note, &c);
        timers_run(&f.timers, 10);
        assert_string_equal(f.ran, "ac");

        id_a = timers_add(&f.timers, 1, note_and_cancel, &a);
        f.victim = id_a;
        timers_run(&f.timers, 10);
        assert_string_equal(f.ran, "aca");
}

static void callback_that_adds_does_not_run_for_ever(void **state) {
        struct fixture f = { 0 };
        struct named a = { &f, 'a' }, b = { &f, 'b' };

        (void)state;
        (void)timers_add(&f.timers, 50, note_and_add, &a);
        (void)timers_add(&f.timers, 100, note, &b);
        timers_run(&f.timers, 100);
        assert_string_equal(f.ran, "ab");
        timers_run(&f.timers, 100);
        assert_string_equal(f.ran, "aba");
        timers_release(&f.timers);
        assert_true(timers_empty(&f.timers));
}

static void tells_how_long_to_wait(void **state) {
        struct fixture f = { 0 };
        struct named a = { &f, 'a' };

        (void)state;
        assert_int_equal(timers_wait_ms(&f.timers, 100, 5000), 5000);
        (void)timers_add(&f.timers, 400, note, &a);
        assert_int_equal(timers_wait_ms(&f.timers, 100, 5000), 300);
        assert_int_equal(timers_wait_ms(&f.timers, 100, 200), 200);
        assert_int_equal(timers_wait_ms(&f.timers, 400, 5000), 0);
        assert_int_equal(timers_wait_ms(&f.timers, 9000, 5000), 0);
        (void)timers_add(&f.timers, 200, note, &a);
        assert_int_equal(timers_wait_ms(&f.timers, 100, 5000), 100);
        timers_release(&f.timers);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(runs_in_order_of_time),
                cmocka_unit_test(cancels_one),
                cmocka_unit_test(callback_cancels_the_next_and_itself),
                cmocka_unit_test(callback_that_adds_does_not_run_for_ever),
                cmocka_unit_test(tells_how_long_to_wait),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
