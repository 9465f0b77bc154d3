/* SPDX-License-Identifier: MIT */
/* What results and people's wishes leave in the state, in the events and in the summary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "autoheal/record/record.h"

#define NOW   (INT64_C(1700000000) * US_PER_S)
#define EARLY (NOW - 300 * US_PER_S)

struct fixture {
        struct arena arena;
        struct state state;
        struct event_list events;
        struct memory *web;
};

/* web was restarted once before, and once more just now, beforehand, as decide does it. */
static int set_up(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));
        f->arena = (struct arena)ARENA_INIT(4096);
        f->events = (struct event_list)EVENT_LIST_INIT(&f->arena);
        state_init(&f->state, &f->arena);
        f->web = state_get(&f->state, "web");
        memory_add_restart(f->web, EARLY, &f->arena);
        memory_add_restart(f->web, NOW, &f->arena);
        f->web->episode_us = EARLY;
        f->web->episode_restarts = 2;
        f->web->lifetime_restarts = 7;
        f->web->last_restart_us = f->web->last_own_restart_us = f->web->own_action_us = NOW;
        f->web->intent = DECISION_RESTART;
        *state = f;
        return 0;
}

static int tear_down(void **state) {
        struct fixture *f = *state;
        state_release(&f->state);
        arena_release(&f->arena);
        free(f);
        return 0;
}

static struct result result_of(enum decision decision, enum outcome outcome) {
        return (struct result){ .stable_id = "web",
                                .container_id = "abc",
                                .container_name = "web",
                                .decision = decision,
                                .verdict_reason = REASON_UNHEALTHY,
                                .outcome = outcome,
                                .error = "the engine's words",
                                .at_us = NOW,
                                .ended_us = NOW + 2 * US_PER_S,
                                .duration_ms = 2000,
                                .was_running = true,
                                .detail = "unhealthy" };
}

static void a_restart_that_was_done(void **state) {
        struct fixture *f = *state;
        struct result r = result_of(DECISION_RESTART, OUTCOME_SUCCESS);
        record_result(&f->state, &f->events, &r);
        assert_int_equal(f->events.n, 1);
        assert_int_equal(f->events.items[0].type, EVENT_RESTART);
        assert_string_equal(f->events.items[0].status, "success");
        assert_int_equal(f->events.items[0].restart_count, 2);
        assert_int_equal(f->events.items[0].at_us, NOW + 2 * US_PER_S);
        assert_int_equal(f->web->n_restarts, 2);
        assert_int_equal(r.restarts, 2);
        assert_false(r.quarantined);
}

static void a_failed_or_lost_restart_counts(void **state) {
        struct fixture *f = *state;
        struct result failed = result_of(DECISION_RESTART, OUTCOME_FAILURE), lost = result_of(DECISION_RESTART, OUTCOME_UNKNOWN);
        record_result(&f->state, &f->events, &failed);
        record_result(&f->state, &f->events, &lost);
        assert_int_equal(f->events.n, 2);
        assert_string_equal(f->events.items[0].status, "failure");
        assert_non_null(strstr(f->events.items[0].message, "the engine's words"));
        assert_string_equal(f->events.items[1].status, "unknown");
        assert_int_equal(f->web->n_restarts, 2);
        assert_int_equal(f->web->lifetime_restarts, 7);
}

static void what_came_to_something_is_no_intent_any_more(void **state) {
        struct fixture *f = *state;
        const enum outcome outcomes[] = { OUTCOME_SUCCESS, OUTCOME_FAILURE, OUTCOME_GONE, OUTCOME_NONE };
        for (size_t i = 0; i < N_ELEMENTS(outcomes); i++) {
                struct result r = result_of(DECISION_RESTART, outcomes[i]);
                f->web->intent = DECISION_RESTART;
                f->web->own_action_us = NOW;
                record_result(&f->state, &f->events, &r);
                assert_int_equal(f->web->intent, DECISION_NONE);
        }
        assert_int_equal(f->web->n_said, 0);
}

/* A failure bounds what the action explains; what was not even asked for explains nothing. */
static void what_failed_explains_nothing_later(void **state) {
        struct fixture *f = *state;
        struct result failed = result_of(DECISION_RESTART, OUTCOME_FAILURE), none = result_of(DECISION_RESTART, OUTCOME_NONE);
        record_result(&f->state, &f->events, &failed);
        assert_int_equal(f->web->own_action_us, NOW);
        assert_int_equal(f->web->own_action_end_us, NOW + 2 * US_PER_S);
        memory_begin_action(f->web, DECISION_RESTART, NOW);
        assert_int_equal(f->web->own_action_end_us, 0);
        record_result(&f->state, &f->events, &none);
        assert_int_equal(f->web->own_action_us, 0);
        assert_int_equal(f->web->own_action_end_us, 0);
}

/* One for the sake of a parent is not counted beforehand. */
static void what_a_parent_asked_for_counts_when_it_fails(void **state) {
        const enum outcome outcomes[] = { OUTCOME_SUCCESS, OUTCOME_UNKNOWN, OUTCOME_NONE, OUTCOME_GONE, OUTCOME_FAILURE };
        struct fixture *f = *state;
        for (size_t i = 0; i < N_ELEMENTS(outcomes); i++) {
                bool failed = outcomes[i] == OUTCOME_FAILURE,
                     done = outcomes[i] == OUTCOME_SUCCESS || outcomes[i] == OUTCOME_UNKNOWN;
                struct result r = result_of(DECISION_RESTART, outcomes[i]);
                f->web->n_restarts = 0;
                f->web->episode_restarts = 0;
                f->web->lifetime_restarts = 8;
                memory_begin_action(f->web, DECISION_RESTART, NOW);
                memory_serve(f->web, "abc", 77, NOW, &f->arena);
                record_result(&f->state, &f->events, &r);
                assert_int_equal(f->web->n_restarts, failed);
                assert_int_equal(f->web->episode_restarts, failed);
                assert_int_equal(r.restarts, failed);
                assert_int_equal(memory_has_served(f->web, "abc", 77), done);
                assert_int_equal(f->web->lifetime_restarts, done || failed ? 8 : 7);
        }
}

static void what_nobody_knows_the_outcome_of_stays_open(void **state) {
        struct fixture *f = *state;
        struct result restart = result_of(DECISION_RESTART, OUTCOME_UNKNOWN), stop = result_of(DECISION_STOP, OUTCOME_UNKNOWN);
        record_result(&f->state, &f->events, &restart);
        assert_int_equal(f->web->intent, DECISION_RESTART);
        assert_int_equal(f->web->own_action_us, NOW);
        assert_true(memory_said(f->web, "unknown:1700000000000000"));
        f->web->intent = DECISION_STOP;
        record_result(&f->state, &f->events, &stop);
        assert_int_equal(f->web->intent, DECISION_STOP);
        assert_int_equal(f->web->n_said, 1);
}

static void another_intent_is_left_alone(void **state) {
        struct fixture *f = *state;
        const enum outcome outcomes[] = { OUTCOME_SUCCESS, OUTCOME_FAILURE, OUTCOME_UNKNOWN };
        f->web->own_action_us = NOW + 1;
        for (size_t i = 0; i < N_ELEMENTS(outcomes); i++) {
                struct result restart = result_of(DECISION_RESTART, outcomes[i]), stop = result_of(DECISION_STOP, outcomes[i]);
                record_result(&f->state, &f->events, &restart);
                record_result(&f->state, &f->events, &stop);
                assert_int_equal(f->web->intent, DECISION_RESTART);
                assert_int_equal(f->web->own_action_us, NOW + 1);
        }
        assert_int_equal(f->web->n_said, 0);
}

static void a_stop_of_a_crash_loop_says_so(void **state) {
        struct fixture *f = *state;
        struct result r = result_of(DECISION_STOP, OUTCOME_SUCCESS);
        r.verdict_reason = REASON_CRASH_LOOP;
        record_result(&f->state, &f->events, &r);
        assert_int_equal(f->web->quarantine_reason, REASON_STOPPED);
        assert_non_null(strstr(f->events.items[0].message, "as the engine restarts it in vain"));
}

static void check_taken_back(const struct fixture *f) {
        assert_int_equal(f->web->n_restarts, 1);
        assert_int_equal(f->web->restarts_us[0], EARLY);
        assert_int_equal(f->web->episode_restarts, 1);
        assert_int_equal(f->web->lifetime_restarts, 6);
        assert_int_equal(f->web->last_restart_us, EARLY);
        assert_int_equal(f->web->last_own_restart_us, EARLY);
        assert_int_equal(f->web->own_action_us, 0);
}

static void what_counts_for_no_limit_is_taken_back_too(void **state) {
        struct fixture *f = *state;
        struct result gone = result_of(DECISION_RESTART, OUTCOME_GONE);
        f->web->n_restarts = 1;
        f->web->episode_restarts = 1;
        record_result(&f->state, &f->events, &gone);
        check_taken_back(f);
}

static void what_never_happened_is_taken_back(void **state) {
        struct fixture *f = *state;
        struct result gone = result_of(DECISION_RESTART, OUTCOME_GONE);
        record_result(&f->state, &f->events, &gone);
        check_taken_back(f);
        assert_int_equal(f->events.n, 0);
        assert_int_equal(gone.restarts, 1);
        /* and only once */
        record_result(&f->state, &f->events, &gone);
        check_taken_back(f);
}

static void an_engine_that_was_not_reached_did_nothing(void **state) {
        struct fixture *f = *state;
        struct result none = result_of(DECISION_RESTART, OUTCOME_NONE);
        record_result(&f->state, &f->events, &none);
        check_taken_back(f);
        assert_int_equal(f->events.n, 1);
        assert_string_equal(f->events.items[0].status, "failure");
}

static void a_stop_that_may_have_been_done_quarantines(void **state) {
        struct fixture *f = *state;
        const enum outcome outcomes[] = { OUTCOME_SUCCESS, OUTCOME_UNKNOWN };
        for (size_t i = 0; i < N_ELEMENTS(outcomes); i++) {
                struct result r = result_of(DECISION_STOP, outcomes[i]);
                f->web->quarantined = QUARANTINED_NOT;
                record_result(&f->state, &f->events, &r);
                assert_int_equal(f->web->quarantined, QUARANTINED_BY_AUTOHEAL);
                assert_int_equal(f->web->quarantine_reason, REASON_STOPPED);
                assert_true(r.quarantined);
        }
        assert_int_equal(f->events.n, 2);
}

static void a_stop_that_failed_does_not(void **state) {
        struct fixture *f = *state;
        struct result r = result_of(DECISION_STOP, OUTCOME_FAILURE);
        record_result(&f->state, &f->events, &r);
        assert_int_equal(f->web->quarantined, QUARANTINED_NOT);
        assert_string_equal(f->events.items[0].status, "failure");
}

static void by_hand(void **state) {
        struct fixture *f = *state;
        const struct now now = { .wall_us = NOW };
        const struct container c = { .id = "abc", .image_id = "sha256:1", .name = "web-1" };
        assert_true(record_quarantine(&f->state, &f->events, "web", &c, now));
        assert_false(record_quarantine(&f->state, &f->events, "web", &c, now));
        assert_int_equal(f->web->quarantined, QUARANTINED_BY_PERSON);
        assert_string_equal(f->web->container_id, "abc");
        f->web->restart_count = 9;
        assert_true(record_unquarantine(&f->state, &f->events, "web", NULL, now));
        assert_false(record_unquarantine(&f->state, &f->events, "web", NULL, now));
        assert_false(record_unquarantine(&f->state, &f->events, "nobody", NULL, now));
        assert_int_equal(f->web->quarantined, QUARANTINED_NOT);
        assert_int_equal(f->web->n_restarts, 0);
        assert_int_equal(f->web->episode_restarts, 0);
        assert_int_equal(f->web->restart_count, -1);
        assert_int_equal(f->web->lifetime_restarts, 7);
        assert_int_equal(f->events.n, 2);
        assert_int_equal(f->events.items[0].type, EVENT_QUARANTINE);
        assert_int_equal(f->events.items[1].type, EVENT_UNQUARANTINE);
        assert_string_equal(f->events.items[1].container_name, "web-1");
}

static void summary_counts(void **state) {
        struct plan_item items[] = {
                { .monitored = true, .verdict = VERDICT_OK },
                { .monitored = true, .verdict = VERDICT_FAILING, .decision = DECISION_HOLD, .reason = REASON_COOLDOWN },
                { .monitored = true, .verdict = VERDICT_FAILING, .decision = DECISION_HOLD, .reason = REASON_UNRECORDED },
                { .monitored = true, .verdict = VERDICT_UNKNOWN, .verdict_reason = REASON_UNSEEN },
                { .monitored = true, .verdict = VERDICT_OK, .decision = DECISION_RELEASE },
                { .monitored = true, .verdict = VERDICT_FAILING, .decision = DECISION_QUARANTINE, .quarantined = true },
                { .monitored = false, .verdict = VERDICT_FAILING, .decision = DECISION_SKIP },
        };
        const struct plan plan = { .items = items, .n = N_ELEMENTS(items) };
        struct result results[] = { result_of(DECISION_RESTART, OUTCOME_SUCCESS), result_of(DECISION_RESTART, OUTCOME_FAILURE),
                                    result_of(DECISION_RESTART, OUTCOME_UNKNOWN), result_of(DECISION_RESTART, OUTCOME_GONE),
                                    result_of(DECISION_STOP, OUTCOME_SUCCESS) };
        struct pass_summary s;
        (void)state;
        record_summary(&s, &plan, results, N_ELEMENTS(results), 12);
        assert_int_equal(s.monitored, 6);
        assert_int_equal(s.ok, 2);
        assert_int_equal(s.held, 2);
        assert_int_equal(s.quarantined, 1);
        assert_int_equal(s.failing, 3);
        assert_int_equal(s.restarted, 1);
        assert_int_equal(s.stopped, 1);
        assert_int_equal(s.unknown, 1);
        assert_int_equal(s.under_way, 0);
        assert_int_equal(s.failed, 3);
        assert_int_equal(s.duration_ms, 12);
}

#define WITH_WEB(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_WEB(a_restart_that_was_done),
                WITH_WEB(a_failed_or_lost_restart_counts),
                WITH_WEB(what_came_to_something_is_no_intent_any_more),
                WITH_WEB(what_failed_explains_nothing_later),
                WITH_WEB(what_a_parent_asked_for_counts_when_it_fails),
                WITH_WEB(what_nobody_knows_the_outcome_of_stays_open),
                WITH_WEB(another_intent_is_left_alone),
                WITH_WEB(what_counts_for_no_limit_is_taken_back_too),
                WITH_WEB(a_stop_of_a_crash_loop_says_so),
                WITH_WEB(what_never_happened_is_taken_back),
                WITH_WEB(an_engine_that_was_not_reached_did_nothing),
                WITH_WEB(a_stop_that_may_have_been_done_quarantines),
                WITH_WEB(a_stop_that_failed_does_not),
                WITH_WEB(by_hand),
                cmocka_unit_test(summary_counts),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
