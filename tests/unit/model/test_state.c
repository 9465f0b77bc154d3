/* SPDX-License-Identifier: MIT */
/* The set of memories: finding, copying, renaming and dropping them, and what is done to one. */
#include "autoheal/model/state.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fixture {
        struct arena arena;
        struct state state;
};

static int set_up(void **data) {
        struct fixture *f = xcalloc(1, sizeof(*f));

        f->arena = (struct arena)ARENA_INIT(4096);
        state_init(&f->state, &f->arena);
        *data = f;
        return 0;
}

static int tear_down(void **data) {
        struct fixture *f = *data;

        state_release(&f->state);
        arena_release(&f->arena);
        free(f);
        return 0;
}

static void new_state_is_empty(void **data) {
        struct state *s = &((struct fixture *)*data)->state;

        assert_int_equal(s->n, 0);
        assert_null(state_find(s, "web"));
        assert_false(s->maintenance.enabled);
        assert_string_equal(s->engine_endpoint, "");
        assert_string_equal(s->engine_id, "");
        assert_string_equal(s->engine_api, "");
}

static void new_memory_knows_nothing(void **data) {
        struct state *s = &((struct fixture *)*data)->state;
        const struct memory *m = state_get(s, "web");

        assert_string_equal(m->stable_id, "web");
        assert_string_equal(m->container_id, "");
        assert_string_equal(m->image_id, "");
        assert_string_equal(m->config_hash, "");
        assert_string_equal(m->name, "");
        assert_int_equal(m->restart_count, -1);
        assert_int_equal(m->verdict, VERDICT_UNKNOWN);
        assert_int_equal(m->quarantined, QUARANTINED_NOT);
        assert_false(m->lifetime_known);
        assert_int_equal(m->n_restarts, 0);
        assert_null(m->raw.p);
}

static void get_makes_a_memory_once(void **data) {
        struct state *s = &((struct fixture *)*data)->state;

        state_get(s, "web")->lifetime_restarts = 7;
        assert_int_equal(state_get(s, "web")->lifetime_restarts, 7);
        assert_int_equal(s->n, 1);
}

static void get_keeps_its_own_copy_of_the_id(void **data) {
        struct state *s = &((struct fixture *)*data)->state;
        char id[] = "web";

        (void)state_get(s, id);
        id[0] = 'x';
        assert_non_null(state_find(s, "web"));
        assert_null(state_find(s, "xeb"));
}

static const char *numbered(struct arena *a, int i) {
        return arena_printf(a, "container-%d", i);
}

static void thousands_are_found_again_after_every_third_was_dropped(void **data) {
        struct fixture *f = *data;
        struct state *s = &f->state;

        for (int i = 0; i < 3000; i++)
                state_get(s, numbered(&f->arena, i))->lifetime_restarts = i;
        for (int i = 0; i < 3000; i += 3)
                state_drop(s, numbered(&f->arena, i));
        assert_int_equal(s->n, 2000);
        for (int i = 0; i < 3000; i++) {
                const struct memory *m = state_find(s, numbered(&f->arena, i));

                if (i % 3 == 0) {
                        assert_null(m);
                        continue;
                }
                assert_non_null(m);
                assert_int_equal(m->lifetime_restarts, i);
        }
}

static void dropped_memory_comes_back_empty(void **data) {
        struct state *s = &((struct fixture *)*data)->state;

        state_get(s, "web")->lifetime_restarts = 7;
        state_drop(s, "web");
        state_drop(s, "web");
        state_drop(s, "never seen");
        assert_int_equal(s->n, 0);
        assert_int_equal(state_get(s, "web")->lifetime_restarts, 0);
        assert_int_equal(s->n, 1);
}

static void copy_shares_nothing(void **data) {
        struct fixture *f = *data;
        struct state copy;
        struct arena other = ARENA_INIT(4096);
        char raw[] = "{\"x\":1}", name[] = "web-1", said[] = "label:autoheal.mode=x";
        const char *sayings[] = { said };
        int64_t times[] = { 10, 20 };
        struct memory *m = state_get(&f->state, "web");

        m->name = name;
        m->said = sayings;
        m->n_said = 1;
        m->restarts_us = times;
        m->n_restarts = 2;
        m->raw = slice_str(raw);
        m->quarantined = QUARANTINED_BY_PERSON;
        (void)state_get(&f->state, "db");
        f->state.engine_id = "ENGINE";
        f->state.last_pass_us = 99;
        f->state.last_summary.restarted = 3;
        f->state.maintenance = (struct maintenance){ .enabled = true, .start_us = 5 };

        state_copy(&copy, &f->state, &other);
        memset(raw, 'z', strlen(raw));
        memset(name, 'z', strlen(name));
        memset(said, 'z', strlen(said));
        times[0] = times[1] = 0;
        state_drop(&f->state, "web");

        assert_int_equal(copy.n, 2);
        m = state_find(&copy, "web");
        assert_non_null(m);
        assert_string_equal(m->name, "web-1");
        assert_true(memory_said(m, "label:autoheal.mode=x"));
        assert_int_equal(m->n_restarts, 2);
        assert_int_equal(m->restarts_us[0], 10);
        assert_int_equal(m->restarts_us[1], 20);
        assert_true(slice_eq(m->raw, "{\"x\":1}"));
        assert_int_equal(m->quarantined, QUARANTINED_BY_PERSON);
        assert_non_null(state_find(&copy, "db"));
        assert_string_equal(copy.engine_id, "ENGINE");
        assert_int_equal(copy.last_pass_us, 99);
        assert_int_equal(copy.last_summary.restarted, 3);
        assert_true(copy.maintenance.enabled);
        assert_int_equal(copy.maintenance.start_us, 5);
        state_release(&copy);
        arena_release(&other);
}

static void rename_moves_a_memory(void **data) {
        struct state *s = &((struct fixture *)*data)->state;

        state_get(s, "0123456789ab")->lifetime_restarts = 4;
        state_rename(s, "0123456789ab", "web");
        assert_null(state_find(s, "0123456789ab"));
        assert_int_equal(state_find(s, "web")->lifetime_restarts, 4);
        assert_string_equal(state_find(s, "web")->stable_id, "web");
        state_rename(s, "web", "web");
        state_rename(s, "nobody", "web");
        assert_int_equal(s->n, 1);
        assert_int_equal(state_find(s, "web")->lifetime_restarts, 4);
}

static void rename_merges_into_what_is_there(void **data) {
        struct fixture *f = *data;
        struct state *s = &f->state;
        struct memory *m = state_get(s, "old");

        memory_add_restart(m, 10, &f->arena);
        memory_add_restart(m, 30, &f->arena);
        m->lifetime_restarts = 2;
        m->lifetime_known = true;
        m->episode_us = 100;
        m->episode_restarts = 5;
        m->last_restart_us = 30;
        memory_say(m, "a", &f->arena);
        m->container_id = "old container";
        m = state_get(s, "web");
        memory_add_restart(m, 20, &f->arena);
        memory_add_restart(m, 30, &f->arena);
        m->lifetime_restarts = 3;
        m->episode_us = 200;
        m->episode_restarts = 1;
        m->last_restart_us = 20;
        memory_say(m, "b", &f->arena);
        m->container_id = "new container";
        m->raw = slice_str("{}");

        state_rename(s, "old", "web");
        assert_int_equal(s->n, 1);
        assert_null(state_find(s, "old"));
        m = state_find(s, "web");
        assert_string_equal(m->stable_id, "web");
        assert_int_equal(m->n_restarts, 3);
        assert_int_equal(m->restarts_us[0], 10);
        assert_int_equal(m->restarts_us[1], 20);
        assert_int_equal(m->restarts_us[2], 30);
        assert_int_equal(m->lifetime_restarts, 5);
        assert_true(m->lifetime_known);
        assert_int_equal(m->episode_us, 100);
        assert_int_equal(m->episode_restarts, 5);
        assert_int_equal(m->last_restart_us, 30);
        assert_true(memory_said(m, "a"));
        assert_true(memory_said(m, "b"));
        assert_string_equal(m->container_id, "new container");
        assert_true(slice_eq(m->raw, "{}"));
}

static void rename_keeps_the_version_where_only_the_old_name_had_one(void **data) {
        struct state *s = &((struct fixture *)*data)->state;
        struct memory *m = state_get(s, "old");

        m->container_id = "c1";
        m->image_id = "sha256:1";
        m->started_us = 77;
        m->verdict = VERDICT_FAILING;
        m = state_get(s, "web");
        m->quarantined = QUARANTINED_BY_AUTOHEAL;

        state_rename(s, "old", "web");
        m = state_find(s, "web");
        assert_string_equal(m->stable_id, "web");
        assert_string_equal(m->container_id, "c1");
        assert_string_equal(m->image_id, "sha256:1");
        assert_int_equal(m->started_us, 77);
        assert_int_equal(m->verdict, VERDICT_FAILING);
        assert_int_equal(m->quarantined, QUARANTINED_BY_AUTOHEAL);
}

static enum quarantined_by renamed_quarantine(struct state *s, enum quarantined_by from, enum quarantined_by to) {
        struct memory *m = state_get(s, "from");

        m->quarantined = from;
        m->quarantined_us = from == QUARANTINED_NOT ? 0 : 1;
        m = state_get(s, "to");
        m->quarantined = to;
        m->quarantined_us = to == QUARANTINED_NOT ? 0 : 2;
        state_rename(s, "from", "to");
        m = state_find(s, "to");
        assert_int_equal(m->quarantined_us != 0, m->quarantined != QUARANTINED_NOT);
        return m->quarantined;
}

static void rename_never_weakens_a_quarantine(void **data) {
        struct state *s = &((struct fixture *)*data)->state;

        for (int from = 0; from < (int)QUARANTINED_BY_MAX_; from++)
                for (int to = 0; to < (int)QUARANTINED_BY_MAX_; to++) {
                        enum quarantined_by got = renamed_quarantine(s, (enum quarantined_by)from, (enum quarantined_by)to);

                        assert_int_equal(got, from > to ? from : to);
                        state_drop(s, "to");
                }
}

static void rename_does_not_overflow_hostile_totals(void **data) {
        struct state *s = &((struct fixture *)*data)->state;

        state_get(s, "a")->lifetime_restarts = INT64_MAX;
        state_get(s, "b")->lifetime_restarts = INT64_MAX;
        state_rename(s, "a", "b");
        assert_true(state_find(s, "b")->lifetime_restarts == INT64_MAX);
}

static void restart_times_stay_ascending_and_unique(void **data) {
        static const int64_t times[] = { 50, 10, 30, 50, 20, 10, 40 };
        struct fixture *f = *data;
        struct memory *m = state_get(&f->state, "web");

        for (size_t i = 0; i < N_ELEMENTS(times); i++)
                memory_add_restart(m, times[i], &f->arena);
        assert_int_equal(m->n_restarts, 5);
        for (size_t i = 0; i < m->n_restarts; i++)
                assert_int_equal(m->restarts_us[i], (int64_t)(i + 1) * 10);
}

static void what_was_said_is_remembered_up_to_64(void **data) {
        struct fixture *f = *data;
        struct memory *m = state_get(&f->state, "web");

        for (int i = 0; i < 65; i++)
                memory_say(m, numbered(&f->arena, i), &f->arena);
        memory_say(m, numbered(&f->arena, 64), &f->arena);
        assert_int_equal(m->n_said, 64);
        assert_false(memory_said(m, "container-0"));
        for (int i = 1; i < 65; i++)
                assert_true(memory_said(m, numbered(&f->arena, i)));
}

/* Every field counts: one that did not would not be saved when it alone changes. */
static void every_field_makes_a_difference(void **data) {
        struct fixture *f = *data;
        struct memory *m = state_get(&f->state, "web");
        int64_t one[] = { 1 };
        const char *word[] = { "word" };

        assert_true(memory_same(m, m));
#define DIFFERS(field, value)                                                                                                      \
        do {                                                                                                                       \
                struct memory other = *m;                                                                                          \
                other.field = (value);                                                                                             \
                assert_false(memory_same(m, &other));                                                                              \
                assert_false(memory_same(&other, m));                                                                              \
        } while (0)
        DIFFERS(stable_id, "x");
        DIFFERS(container_id, "x");
        DIFFERS(image_id, "x");
        DIFFERS(config_hash, "x");
        DIFFERS(name, "x");
        DIFFERS(quarantined, QUARANTINED_BY_PERSON);
        DIFFERS(quarantine_reason, REASON_STOPPED);
        DIFFERS(quarantined_us, 1);
        DIFFERS(started_us, 1);
        DIFFERS(finished_us, 1);
        DIFFERS(restart_count, 1);
        DIFFERS(lifetime_restarts, 1);
        DIFFERS(lifetime_known, true);
        DIFFERS(episode_us, 1);
        DIFFERS(episode_restarts, 1);
        DIFFERS(verdict, VERDICT_OK);
        DIFFERS(verdict_us, 1);
        DIFFERS(ok_us, 1);
        DIFFERS(ok_started_us, 1);
        DIFFERS(paused_us, 1);
        DIFFERS(last_restart_us, 1);
        DIFFERS(last_own_restart_us, 1);
        DIFFERS(own_action_us, 1);
        DIFFERS(own_action_end_us, 1);
        DIFFERS(first_exited_us, 1);
        DIFFERS(intent, DECISION_RESTART);
        DIFFERS(exit_told, TOLD_CRASHED);
        DIFFERS(engine_stopped, true);
        DIFFERS(held_until_us, 1);
        DIFFERS(gone_us, 1);
        DIFFERS(intent, DECISION_RESTART);
        DIFFERS(exit_told, TOLD_CRASHED);
        DIFFERS(engine_stopped, true);
        DIFFERS(held_until_us, 1);
        DIFFERS(own_started_us, 1);
        DIFFERS(parent, "vpn");
        DIFFERS(parent_started_us, 1);
#undef DIFFERS
        struct memory other = *m;
        other.restarts_us = one;
        other.n_restarts = 1;
        assert_false(memory_same(m, &other));
        other = *m;
        other.said = word;
        other.n_said = 1;
        assert_false(memory_same(m, &other));
}

#define WITH_STATE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_STATE(new_state_is_empty),
                WITH_STATE(new_memory_knows_nothing),
                WITH_STATE(get_makes_a_memory_once),
                WITH_STATE(get_keeps_its_own_copy_of_the_id),
                WITH_STATE(thousands_are_found_again_after_every_third_was_dropped),
                WITH_STATE(dropped_memory_comes_back_empty),
                WITH_STATE(copy_shares_nothing),
                WITH_STATE(rename_moves_a_memory),
                WITH_STATE(rename_merges_into_what_is_there),
                WITH_STATE(rename_keeps_the_version_where_only_the_old_name_had_one),
                WITH_STATE(rename_never_weakens_a_quarantine),
                WITH_STATE(rename_does_not_overflow_hostile_totals),
                WITH_STATE(restart_times_stay_ascending_and_unique),
                WITH_STATE(what_was_said_is_remembered_up_to_64),
                WITH_STATE(every_field_makes_a_difference),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
