/* SPDX-License-Identifier: MIT */
/* Maintenance and pruning in memory: what is kept, what is told, what is cleared away. */
#include "autoheal/record/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW_US (INT64_C(1767225600) * US_PER_S) /* 2026-01-01T00:00:00Z */

struct fixture {
        struct arena arena;
        struct state state;
        struct event_list events;
        struct now now;
};

static int setup(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));
        f->arena = (struct arena)ARENA_INIT(4096);
        state_init(&f->state, &f->arena);
        f->events = (struct event_list)EVENT_LIST_INIT(&f->arena);
        f->now = (struct now){ .wall_us = NOW_US };
        *state = f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;
        state_release(&f->state);
        arena_release(&f->arena);
        free(f);
        return 0;
}

static const struct maintenance_scope web = { .kind = SCOPE_CONTAINER, .value = "web" };
static const struct maintenance_scope shop = { .kind = SCOPE_PROJECT, .value = "shop" };
static const struct maintenance_scope shop_label = { .kind = SCOPE_LABEL, .value = "shop" };

static const struct event *last_event(const struct fixture *f) {
        assert_true(f->events.n > 0);
        return &f->events.items[f->events.n - 1];
}

static void test_an_end_of_zero_never_comes(void **state) {
        struct fixture *f = *state;
        assert_false(record_maintenance_is_over(0, f->now));
        assert_false(record_maintenance_is_over(NOW_US + 1, f->now));
        assert_true(record_maintenance_is_over(NOW_US, f->now));
        assert_true(record_maintenance_is_over(NOW_US - 1, f->now));
}

static void test_names_of_scopes(void **state) {
        struct fixture *f = *state;
        assert_string_equal(record_scope_name(NULL, &f->arena), "all containers");
        assert_string_equal(record_scope_name(&web, &f->arena), "web");
        assert_string_equal(record_scope_name(&shop, &f->arena), "project:shop");
        assert_string_equal(record_scope_name(&shop_label, &f->arena), "label:shop");
}

static void test_of_all_containers(void **state) {
        struct fixture *f = *state;
        const struct maintenance *m = &f->state.maintenance;
        record_maintenance_on(&f->state, &f->events, NULL, NOW_US + 3600 * US_PER_S, "upgrade", f->now);
        assert_true(m->enabled);
        assert_int_equal(m->start_us, NOW_US);
        assert_int_equal(m->until_us, NOW_US + 3600 * US_PER_S);
        assert_string_equal(m->reason, "upgrade");
        assert_int_equal(last_event(f)->type, EVENT_MAINTENANCE);
        assert_string_equal(last_event(f)->status, "enabled");
        assert_string_equal(last_event(f)->message,
                            "maintenance of all containers until 2026-01-01T01:00:00.000000+00:00: upgrade");
        assert_null(last_event(f)->stable_id);

        f->now.wall_us += US_PER_S;
        record_maintenance_on(&f->state, &f->events, NULL, 0, "", f->now);
        assert_int_equal(m->start_us, NOW_US + US_PER_S);
        assert_int_equal(m->until_us, 0);
        assert_string_equal(m->reason, "");

        assert_true(record_maintenance_off(&f->state, &f->events, NULL, f->now));
        assert_false(m->enabled);
        assert_int_equal(m->start_us, 0);
        assert_string_equal(last_event(f)->status, "disabled");
        assert_int_equal(f->events.n, 3);
        assert_false(record_maintenance_off(&f->state, &f->events, NULL, f->now));
        assert_int_equal(f->events.n, 3);
}

static void test_scopes_of_one_name_and_another_kind(void **state) {
        struct fixture *f = *state;
        const struct maintenance *m = &f->state.maintenance;
        record_maintenance_on(&f->state, &f->events, &shop, 0, "", f->now);
        record_maintenance_on(&f->state, &f->events, &shop_label, 0, "", f->now);
        record_maintenance_on(&f->state, &f->events, &web, 0, "", f->now);
        assert_string_equal(last_event(f)->stable_id, "web");
        assert_false(m->enabled);
        assert_int_equal(m->n_scopes, 3);
        assert_true(record_maintenance_off(&f->state, &f->events, &shop, f->now));
        assert_int_equal(m->n_scopes, 2);
        assert_int_equal(m->scopes[0].kind, SCOPE_LABEL);
        assert_false(record_maintenance_off(&f->state, &f->events, &shop, f->now));
        assert_int_equal(m->n_scopes, 2);
}

static void test_a_scope_again_is_moved_not_doubled(void **state) {
        struct fixture *f = *state;
        const struct maintenance *m = &f->state.maintenance;
        record_maintenance_on(&f->state, &f->events, &web, NOW_US + US_PER_S, "first", f->now);
        record_maintenance_on(&f->state, &f->events, &web, NOW_US + 9 * US_PER_S, "second", f->now);
        assert_int_equal(m->n_scopes, 1);
        assert_int_equal(m->scopes[0].until_us, NOW_US + 9 * US_PER_S);
        assert_string_equal(m->scopes[0].reason, "second");
}

static void test_what_is_over_is_cleared_away(void **state) {
        struct fixture *f = *state;
        const struct maintenance *m = &f->state.maintenance;
        record_maintenance_on(&f->state, &f->events, &web, NOW_US + US_PER_S, "", f->now);
        f->now.wall_us += US_PER_S;
        assert_false(record_maintenance_off(&f->state, &f->events, &web, f->now));
        record_maintenance_on(&f->state, &f->events, &shop, 0, "", f->now);
        assert_int_equal(m->n_scopes, 1);
        assert_int_equal(m->scopes[0].kind, SCOPE_PROJECT);
}

/* Whoever reads the file without knowing of an end would take it for on. */
static void test_global_maintenance_that_is_over_can_be_ended(void **state) {
        struct fixture *f = *state;
        record_maintenance_on(&f->state, &f->events, NULL, NOW_US, "", f->now);
        assert_true(record_maintenance_off(&f->state, &f->events, NULL, f->now));
        assert_false(f->state.maintenance.enabled);
}

static void test_prune(void **state) {
        struct fixture *f = *state;
        struct memory *m = state_get(&f->state, "web");
        m->quarantined = QUARANTINED_BY_PERSON;
        m->name = "shop-web-1";
        (void)state_get(&f->state, "db");
        (void)state_get(&f->state, "keep");
        assert_true(record_prune(&f->state, &f->events, "web", f->now));
        assert_int_equal(f->events.n, 1);
        assert_int_equal(last_event(f)->type, EVENT_UNQUARANTINE);
        assert_string_equal(last_event(f)->stable_id, "web");
        assert_string_equal(last_event(f)->container_name, "shop-web-1");
        assert_true(record_prune(&f->state, &f->events, "db", f->now));
        assert_false(record_prune(&f->state, &f->events, "db", f->now));
        assert_int_equal(f->events.n, 1);
        assert_int_equal(f->state.n, 1);
        assert_non_null(state_find(&f->state, "keep"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_an_end_of_zero_never_comes, setup, teardown),
                cmocka_unit_test_setup_teardown(test_names_of_scopes, setup, teardown),
                cmocka_unit_test_setup_teardown(test_of_all_containers, setup, teardown),
                cmocka_unit_test_setup_teardown(test_scopes_of_one_name_and_another_kind, setup, teardown),
                cmocka_unit_test_setup_teardown(test_a_scope_again_is_moved_not_doubled, setup, teardown),
                cmocka_unit_test_setup_teardown(test_what_is_over_is_cleared_away, setup, teardown),
                cmocka_unit_test_setup_teardown(test_global_maintenance_that_is_over_can_be_ended, setup, teardown),
                cmocka_unit_test_setup_teardown(test_prune, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
