/* SPDX-License-Identifier: MIT */
/* A pass that goes on: how long the engine was away, from when on its events are evidence, and how its containers grow older. */
#include "unit/pass/pass_fixture.h"

#include "autoheal/os/clock.h"

/* ---- Away ---- */

static void fail_to_look(struct fixture *f) {
        struct error err = ERROR_INIT;

        (void)error_set(&err, ERR_TIMEOUT, "the engine did not answer");
        assert_true(live_look_failed(f->pass, &err));
}

static void come_back(struct fixture *f) {
        f->pass->engine_unknown = false;
        f->pass->look_ready = true;
        live_engine_known(f->pass);
}

/* Meanwhile somebody sets the clock, by that much. */
static void check_absence(struct fixture *f, int64_t set_by_s) {
        struct live *l = f->pass->live;

        l->up = true;
        fail_to_look(f);
        assert_string_equal(f->status, "lost");
        assert_int_equal(f->last.duration_ms, -1);
        l->since.mono_ms -= 5000;
        l->since.wall_us -= (5 + set_by_s) * US_PER_S;
        come_back(f);
        assert_string_equal(f->status, "back");
        assert_in_range(f->last.duration_ms, 5000, 600000);
}

static void absence_is_told_in_real_time(void **state) {
        check_absence(*state, 0);
}

static void absence_is_no_matter_of_a_clock_set_back(void **state) {
        check_absence(*state, -86400);
}

static void absence_is_no_matter_of_a_clock_set_forward(void **state) {
        check_absence(*state, 86400);
}

/* What two questions of one look hear of an engine that is about to end is one failure. */
static void one_look_fails_once(void **state) {
        struct fixture *f = *state;
        struct error err = ERROR_INIT;

        f->pass->live->up = true;
        (void)error_set(&err, ERR_CONNECT, "refused");
        assert_true(live_look_failed(f->pass, &err));
        assert_true(live_look_failed(f->pass, &err));
        assert_true(f->pass->live->up);
        f->pass->live->failed = false;
        assert_true(live_look_failed(f->pass, &err));
        assert_false(f->pass->live->up);
        assert_string_equal(f->status, "lost");
}

/* ---- Events as evidence ---- */

static void end_look(struct fixture *f) {
        struct observation obs = { .engine_now_us = ENGINE_NOW };

        live_stream_looked(f->pass, &obs);
}

/* The stream may have begun long after the list of the look that ends now. */
static void a_stream_covers_nothing_before_a_list_that_is_younger(void **state) {
        struct fixture *f = *state;
        struct live *l = f->pass->live;

        l->stream_on = true;
        end_look(f);
        assert_int_equal(l->covered_us, 0);
        l->listed_watching = true;
        end_look(f);
        assert_int_equal(l->covered_us, ENGINE_NOW + 2 * US_PER_S);
}

/* ---- Growing older ---- */

static void look_again_after(struct fixture *f, int64_t ms) {
        struct pass *p = f->pass;

        p->seen.observation->at.mono_ms = clock_read().mono_ms - ms;
        assert_int_equal(look_touch(p, NULL, 0, NULL), 0);
        assert_true(p->look_ready);
        look_take(p);
}

/* However often it is looked at: no moment between two looks is forgotten. */
static void many_looks_make_it_older(void **state) {
        struct fixture *f = *state;
        struct pass *p = f->pass;
        struct observation *obs = arena_new(&p->seen.arena, struct observation);

        f->web = (struct container){ .id = "aaaa", .name = "web", .image = "", .state = CONTAINER_RUNNING, .up_s = 100 };
        *obs = (struct observation){
                .containers = &f->web, .n = 1, .at = clock_read(), .self_id = "", .self_host = "", .engine_host = ""
        };
        p->seen.observation = obs;
        for (int i = 0; i < 8; i++)
                look_again_after(f, 500);
        assert_in_range(f->web.up_s, 104, 10000);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                fixture_test(absence_is_told_in_real_time),
                fixture_test(absence_is_no_matter_of_a_clock_set_back),
                fixture_test(absence_is_no_matter_of_a_clock_set_forward),
                fixture_test(one_look_fails_once),
                fixture_test(a_stream_covers_nothing_before_a_list_that_is_younger),
                fixture_test(many_looks_make_it_older),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
