/* SPDX-License-Identifier: MIT */
/* What runs of our checks leave behind, and which of them count for nothing. */
#include "autoheal/record/record.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define START INT64_C(1700000000000000)

struct fixture {
        struct arena a;
        struct state state;
};

static int set_up(void **data) {
        struct fixture *f = xcalloc(1, sizeof(*f));
        struct memory *m;

        f->a = (struct arena)ARENA_INIT(4096);
        state_init(&f->state, &f->a);
        m = state_get(&f->state, "web");
        m->check.print = "0123456789abcdef";
        m->check.started_us = START;
        *data = f;
        return 0;
}

static int tear_down(void **data) {
        struct fixture *f = *data;

        counters_release(&f->state.counters);
        state_release(&f->state);
        arena_release(&f->a);
        free(f);
        return 0;
}

static struct check_result result(enum check_outcome outcome) {
        return (struct check_result){ .stable_id = "web",
                                      .container_name = "web-1",
                                      .print = "0123456789abcdef",
                                      .started_us = START,
                                      .began_us = START + 5,
                                      .outcome = outcome,
                                      .detail = "why" };
}

static const struct check_memory *after(struct fixture *f, enum check_outcome outcome) {
        struct check_result r = result(outcome);

        record_check(&f->state, &r);
        return &state_find(&f->state, "web")->check;
}

static void failures_are_counted_in_a_row(void **data) {
        struct fixture *f = *data;
        const struct check_memory *m = after(f, CHECK_FAILED);

        assert_int_equal(m->streak, 1);
        assert_false(m->proven);
        assert_int_equal(m->run_us, START + 5);
        assert_string_equal(m->detail, "why");
        assert_int_equal(after(f, CHECK_FAILED)->streak, 2);
        /* One that could not be run tells nothing. */
        m = after(f, CHECK_UNKNOWN);
        assert_int_equal(m->streak, 2);
        assert_int_equal(m->outcome, CHECK_UNKNOWN);
        assert_int_equal(after(f, CHECK_FAILED)->streak, 3);
        m = after(f, CHECK_PASSED);
        assert_int_equal(m->streak, 0);
        assert_true(m->proven);
        assert_true(after(f, CHECK_FAILED)->proven);
}

static void a_result_about_something_else_is_only_counted(void **data) {
        struct fixture *f = *data;
        struct check_result r = result(CHECK_FAILED);

        r.started_us = START - 1;
        record_check(&f->state, &r);
        r = result(CHECK_FAILED);
        r.print[0] = 'f';
        record_check(&f->state, &r);
        r = result(CHECK_FAILED);
        r.stable_id[0] = 'x';
        record_check(&f->state, &r);
        assert_int_equal(state_find(&f->state, "web")->check.outcome, CHECK_NOT_RUN);
        assert_int_equal(state_find(&f->state, "web")->check.streak, 0);
        assert_null(state_find(&f->state, "xeb"));
        assert_int_equal(f->state.counters.checks, 3);
        assert_int_equal(counters_find(&f->state.counters, "web-1")->checks_failed, 3);
}

static void what_could_not_be_run_is_not_counted(void **data) {
        struct fixture *f = *data;

        (void)after(f, CHECK_UNKNOWN);
        assert_int_equal(f->state.counters.checks, 0);
        (void)after(f, CHECK_PASSED);
        assert_int_equal(f->state.counters.checks, 1);
        assert_null(counters_find(&f->state.counters, "web-1"));
}

static void what_is_news(void **data) {
        struct fixture *f = *data;
        struct check_result r = result(CHECK_PASSED);

        assert_true(record_is_news(&f->state, &r));
        record_check(&f->state, &r);
        assert_false(record_is_news(&f->state, &r));
        r.lingers = true;
        assert_true(record_is_news(&f->state, &r));
        r = result(CHECK_FAILED);
        record_check(&f->state, &r);
        assert_true(record_is_news(&f->state, &r));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(failures_are_counted_in_a_row, set_up, tear_down),
                cmocka_unit_test_setup_teardown(a_result_about_something_else_is_only_counted, set_up, tear_down),
                cmocka_unit_test_setup_teardown(what_could_not_be_run_is_not_counted, set_up, tear_down),
                cmocka_unit_test_setup_teardown(what_is_news, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
