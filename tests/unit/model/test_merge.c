/* SPDX-License-Identifier: MIT */
/* Two changes of one state: neither side's is lost, and where both changed the same, people's wishes hold. */
#include "autoheal/model/state.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fixture {
        struct arena arena;
        struct state base, ours, theirs, merged;
};

static void copy_base(struct fixture *f, struct state *ret) {
        state_release(ret);
        state_copy(ret, &f->base, &f->arena);
}

/* All three begin with "web": restarted at 10 and 20, in an episode. */
static int set_up(void **data) {
        struct fixture *f = xcalloc(1, sizeof(*f));

        f->arena = (struct arena)ARENA_INIT(4096);
        state_init(&f->base, &f->arena);
        state_init(&f->ours, &f->arena);
        state_init(&f->theirs, &f->arena);

        struct memory *m = state_get(&f->base, "web");

        memory_add_restart(m, 10, &f->arena);
        memory_add_restart(m, 20, &f->arena);
        m->container_id = "c0ffee";
        m->lifetime_known = true;
        m->lifetime_restarts = 7;
        m->episode_us = 9;
        m->episode_restarts = 2;
        m->restart_count = 4;
        copy_base(f, &f->ours);
        copy_base(f, &f->theirs);
        state_init(&f->merged, &f->arena);
        *data = f;
        return 0;
}

static int tear_down(void **data) {
        struct fixture *f = *data;

        state_release(&f->base);
        state_release(&f->ours);
        state_release(&f->theirs);
        state_release(&f->merged);
        arena_release(&f->arena);
        free(f);
        return 0;
}

static const struct memory *merge(struct fixture *f) {
        state_release(&f->merged);
        state_merge(&f->merged, &f->base, &f->ours, &f->theirs, &f->arena);
        return state_find(&f->merged, "web");
}

static void restart(struct fixture *f, struct state *s, int64_t us) {
        struct memory *m = state_get(s, "web");

        memory_add_restart(m, us, &f->arena);
        m->lifetime_restarts++;
        m->episode_restarts++;
        m->last_restart_us = m->last_own_restart_us = m->own_action_us = us;
        m->intent = DECISION_RESTART;
}

static void quarantine(struct state *s, const char *stable_id, enum quarantined_by by, int64_t us) {
        struct memory *m = state_get(s, stable_id);

        m->quarantined = by;
        m->quarantine_reason = by == QUARANTINED_BY_PERSON ? REASON_REQUESTED : REASON_MAX_RESTARTS;
        m->quarantined_us = us;
}

/* As a person's release does it. */
static void release(struct state *s) {
        struct memory *m = state_get(s, "web");

        m->quarantined = QUARANTINED_NOT;
        m->quarantine_reason = REASON_NONE;
        m->quarantined_us = 0;
        m->n_restarts = 0;
        m->episode_restarts = 0;
        m->restart_count = -1;
}

static void what_nobody_changed_stays(void **data) {
        struct fixture *f = *data;

        assert_true(memory_same(merge(f), state_find(&f->base, "web")));
        assert_int_equal(f->merged.n, 1);
}

static void what_one_side_changed_holds(void **data) {
        struct fixture *f = *data;

        restart(f, &f->ours, 30);
        assert_true(memory_same(merge(f), state_find(&f->ours, "web")));
        copy_base(f, &f->ours);
        quarantine(&f->theirs, "web", QUARANTINED_BY_PERSON, 40);
        assert_true(memory_same(merge(f), state_find(&f->theirs, "web")));
}

static void a_quarantine_and_a_restart_both_hold(void **data) {
        struct fixture *f = *data;

        restart(f, &f->ours, 30);
        quarantine(&f->theirs, "web", QUARANTINED_BY_PERSON, 40);

        const struct memory *m = merge(f);

        assert_int_equal(m->quarantined, QUARANTINED_BY_PERSON);
        assert_int_equal(m->quarantined_us, 40);
        assert_int_equal(m->n_restarts, 3);
        assert_int_equal(m->restarts_us[2], 30);
        assert_int_equal(m->lifetime_restarts, 8);
        assert_int_equal(m->episode_restarts, 3);
        assert_int_equal(m->intent, DECISION_RESTART);
        assert_int_equal(m->own_action_us, 30);
}

/* Its restarts are counted anew, but for the one that came since. */
static void a_release_takes_what_was_counted_before(void **data) {
        struct fixture *f = *data;

        quarantine(&f->base, "web", QUARANTINED_BY_AUTOHEAL, 25);
        copy_base(f, &f->ours);
        copy_base(f, &f->theirs);
        restart(f, &f->ours, 30);
        release(&f->theirs);

        const struct memory *m = merge(f);

        assert_int_equal(m->quarantined, QUARANTINED_NOT);
        assert_int_equal(m->quarantined_us, 0);
        assert_int_equal(m->n_restarts, 1);
        assert_int_equal(m->restarts_us[0], 30);
        assert_int_equal(m->episode_restarts, 1);
        assert_int_equal(m->restart_count, -1);
        assert_int_equal(m->lifetime_restarts, 8);
}

static void where_both_quarantine_the_person_is_right(void **data) {
        struct fixture *f = *data;

        quarantine(&f->ours, "web", QUARANTINED_BY_AUTOHEAL, 30);
        quarantine(&f->theirs, "web", QUARANTINED_BY_PERSON, 29);
        assert_int_equal(merge(f)->quarantined, QUARANTINED_BY_PERSON);
}

static void a_quarantine_of_ours_is_not_lost(void **data) {
        struct fixture *f = *data;

        quarantine(&f->ours, "web", QUARANTINED_BY_AUTOHEAL, 30);
        state_get(&f->theirs, "web")->held_until_us = 99;

        const struct memory *m = merge(f);

        assert_int_equal(m->quarantined, QUARANTINED_BY_AUTOHEAL);
        assert_int_equal(m->held_until_us, 99);
}

static void restarts_that_left_the_window_do_not_come_back(void **data) {
        struct fixture *f = *data;
        struct memory *ours = state_get(&f->ours, "web"), *theirs = state_get(&f->theirs, "web");

        ours->restarts_us++;
        ours->n_restarts = 1;
        memory_add_restart(theirs, 15, &f->arena);

        const struct memory *m = merge(f);

        assert_int_equal(m->n_restarts, 2);
        assert_int_equal(m->restarts_us[0], 15);
        assert_int_equal(m->restarts_us[1], 20);
}

static void what_both_added_alike_counts_once(void **data) {
        struct fixture *f = *data;

        restart(f, &f->ours, 30);
        memory_add_restart(state_get(&f->theirs, "web"), 30, &f->arena);
        assert_int_equal(merge(f)->n_restarts, 3);
}

static void counts_have_their_limits(void **data) {
        struct fixture *f = *data;

        restart(f, &f->ours, 30);
        state_get(&f->theirs, "web")->lifetime_restarts = INT64_MAX;
        state_get(&f->base, "web")->episode_restarts = INT64_MAX;

        const struct memory *m = merge(f);

        assert_int_equal(m->lifetime_restarts, INT64_MAX);
        assert_int_equal(m->episode_restarts, 0);
}

static void both_add_containers(void **data) {
        struct fixture *f = *data;

        quarantine(&f->theirs, "db", QUARANTINED_BY_PERSON, 40);
        quarantine(&f->ours, "cache", QUARANTINED_BY_AUTOHEAL, 41);
        state_get(&f->ours, "queue")->verdict_us = 5;
        state_get(&f->ours, "queue")->container_id = "beef";
        quarantine(&f->theirs, "queue", QUARANTINED_BY_PERSON, 42);
        (void)merge(f);
        assert_int_equal(f->merged.n, 4);
        assert_int_equal(state_find(&f->merged, "db")->quarantined, QUARANTINED_BY_PERSON);
        assert_int_equal(state_find(&f->merged, "cache")->quarantined, QUARANTINED_BY_AUTOHEAL);
        assert_int_equal(state_find(&f->merged, "queue")->quarantined, QUARANTINED_BY_PERSON);
        assert_int_equal(state_find(&f->merged, "queue")->verdict_us, 5);
        assert_string_equal(state_find(&f->merged, "queue")->container_id, "beef");
}

/* A person prunes it; that it is gone was noticed here too, which is no reason to keep it. A restart or a quarantine since is. */
static void what_they_forgot_stays_forgotten_unless_it_was_acted_on(void **data) {
        struct fixture *f = *data;

        state_get(&f->ours, "web")->gone_us = 30;
        state_drop(&f->theirs, "web");
        assert_null(merge(f));
        quarantine(&f->ours, "web", QUARANTINED_BY_AUTOHEAL, 31);
        assert_int_equal(merge(f)->quarantined, QUARANTINED_BY_AUTOHEAL);
        copy_base(f, &f->ours);
        restart(f, &f->ours, 32);

        const struct memory *m = merge(f);

        assert_non_null(m);
        assert_int_equal(m->n_restarts, 1);
        assert_int_equal(m->restarts_us[0], 32);
        assert_int_equal(m->lifetime_restarts, 1);
        assert_int_equal(m->intent, DECISION_RESTART);
}

static void what_we_forgot_stays_forgotten_unless_they_changed_it(void **data) {
        struct fixture *f = *data;

        state_drop(&f->ours, "web");
        assert_null(merge(f));
        quarantine(&f->theirs, "web", QUARANTINED_BY_PERSON, 40);
        assert_int_equal(merge(f)->quarantined, QUARANTINED_BY_PERSON);
}

static void what_was_said_by_either_is_not_said_again(void **data) {
        struct fixture *f = *data;

        memory_say(state_get(&f->ours, "web"), "ours", &f->arena);
        memory_say(state_get(&f->theirs, "web"), "theirs", &f->arena);

        const struct memory *m = merge(f);

        assert_true(memory_said(m, "ours"));
        assert_true(memory_said(m, "theirs"));
}

static void whom_it_depends_on_is_kept_from_either(void **data) {
        struct fixture *f = *data;
        struct memory *ours = state_get(&f->ours, "web"), *theirs = state_get(&f->theirs, "web");

        ours->verdict_us = 5;
        theirs->own_started_us = 7;
        theirs->parent = "vpn";
        theirs->parent_started_us = 6;

        const struct memory *m = merge(f);

        assert_int_equal(m->own_started_us, 7);
        assert_string_equal(m->parent, "vpn");
        assert_int_equal(m->parent_started_us, 6);
        ours->own_started_us = 9;
        ours->parent_started_us = 8;
        m = merge(f);
        assert_int_equal(m->own_started_us, 9);
        assert_int_equal(m->parent_started_us, 8);
        assert_string_equal(m->parent, "");
}

static void maintenance_is_as_they_left_it(void **data) {
        struct fixture *f = *data;
        static const struct maintenance_scope scope = { .kind = SCOPE_PROJECT, .value = "shop", .start_us = 3, .reason = "" };

        f->ours.maintenance.enabled = true;
        (void)merge(f);
        assert_true(f->merged.maintenance.enabled);
        f->theirs.maintenance.scopes = &scope;
        f->theirs.maintenance.n_scopes = 1;
        (void)merge(f);
        assert_false(f->merged.maintenance.enabled);
        assert_int_equal(f->merged.maintenance.n_scopes, 1);
        assert_string_equal(f->merged.maintenance.scopes[0].value, "shop");
        f->theirs.maintenance.n_scopes = 0;
        f->theirs.maintenance.reason = "new disks";
        (void)merge(f);
        assert_string_equal(f->merged.maintenance.reason, "new disks");
}

static void what_a_pass_knows_of_itself_is_ours(void **data) {
        struct fixture *f = *data;

        f->ours.last_pass_us = 50;
        f->ours.storm_us = 51;
        f->ours.engine_id = "ID";
        counters_get(&f->ours.counters, "web")->restarts = 3;
        f->theirs.last_pass_us = 1;
        f->theirs.held_until_us = 77;
        (void)merge(f);
        assert_int_equal(f->merged.last_pass_us, 50);
        assert_int_equal(f->merged.storm_us, 51);
        assert_string_equal(f->merged.engine_id, "ID");
        assert_int_equal(counters_find(&f->merged.counters, "web")->restarts, 3);
        assert_int_equal(f->merged.held_until_us, 77);
}

#define merge_test(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                merge_test(what_nobody_changed_stays),
                merge_test(what_one_side_changed_holds),
                merge_test(a_quarantine_and_a_restart_both_hold),
                merge_test(a_release_takes_what_was_counted_before),
                merge_test(where_both_quarantine_the_person_is_right),
                merge_test(a_quarantine_of_ours_is_not_lost),
                merge_test(restarts_that_left_the_window_do_not_come_back),
                merge_test(what_both_added_alike_counts_once),
                merge_test(counts_have_their_limits),
                merge_test(both_add_containers),
                merge_test(what_they_forgot_stays_forgotten_unless_it_was_acted_on),
                merge_test(what_we_forgot_stays_forgotten_unless_they_changed_it),
                merge_test(what_was_said_by_either_is_not_said_again),
                merge_test(whom_it_depends_on_is_kept_from_either),
                merge_test(maintenance_is_as_they_left_it),
                merge_test(what_a_pass_knows_of_itself_is_ours),
        };
        return cmocka_run_group_tests_name("two changes of one state", tests, NULL, NULL);
}
