/* SPDX-License-Identifier: MIT */
/* Stable ids and sentences that no label, name or probe can spoil. */
#include "autoheal/decide/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define CHAIN 300

struct fixture {
        struct arena a;
        struct config config;
        struct observation obs;
        struct state state;
};

static int setup(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));

        f->a = (struct arena)ARENA_INIT(64 * 1024);
        config_defaults(&f->config);
        state_init(&f->state, &f->a);
        f->obs = (struct observation){
                .self_id = "", .self_host = "", .engine_host = "", .engine_now_us = INT64_C(1767268800) * US_PER_S
        };
        f->obs.containers = arena_array(&f->a, CHAIN + 1, sizeof(*f->obs.containers));
        *state = f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;

        state_release(&f->state);
        arena_release(&f->a);
        free(f);
        return 0;
}

static struct container *add(struct fixture *f, const char *name, const char *key, const char *value) {
        size_t at = f->obs.n++;
        struct container *c = &f->obs.containers[at];
        struct label *labels = arena_array(&f->a, 2, sizeof(*labels));

        labels[0] = (struct label){ "autoheal", "true" };
        labels[1] = (struct label){ key ? key : "other", value ? value : "" };
        *c = (struct container){
                .id = arena_printf(&f->a, "%064zu", at + 1),
                .name = name,
                .image = "",
                .image_id = "sha256:1",
                .labels = labels,
                .n_labels = 2,
                .network_mode = "default",
                .status = "",
                .state_error = "",
                .probe_output = "",
                .state = CONTAINER_RUNNING,
                .health = HEALTH_UNHEALTHY,
                .up_s = -1,
                .stop_timeout_s = STOP_TIMEOUT_UNSET,
                .stop_signal = 15,
        };
        return c;
}

static void decide_once(struct fixture *f, struct plan *plan, struct state *next) {
        struct decide_input in = { .config = &f->config,
                                   .state = &f->state,
                                   .observation = &f->obs,
                                   .selection = decide_select(&f->config, &f->obs, &f->a),
                                   .now = { .mono_ms = 1, .wall_us = f->obs.engine_now_us },
                                   .want_trace = true };

        decide(plan, next, &in, &f->a);
}

static void check_line(const char *text) {
        assert_non_null(text);
        assert_true(*text != '\0');
        assert_true(strlen(text) < 300);
        for (; *text; text++)
                assert_false((unsigned char)*text < 0x20 || *text == 0x7f);
}

static void a_chain_of_claims_ends_with_different_ids(void **state) {
        struct fixture *f = *state;
        struct strmap seen AUTO(strmap_release) = STRMAP_INIT;

        /* Each claims the next one's name; the last two claim the same. */
        for (int i = 0; i < CHAIN; i++)
                add(f, arena_printf(&f->a, "n%d", i), "monitoring.id", arena_printf(&f->a, "n%d", i + 1 < CHAIN ? i + 1 : 0));

        struct selection *sel = decide_select(&f->config, &f->obs, &f->a);

        for (size_t i = 0; i < f->obs.n; i++) {
                assert_int_equal(strmap_get(&seen, sel[i].stable_id), STRMAP_NONE);
                strmap_set(&seen, sel[i].stable_id, i);
        }
}

static void names_that_an_engine_gives_twice_are_told_apart_by_id(void **state) {
        struct fixture *f = *state;

        add(f, "web", NULL, NULL);
        add(f, "web", NULL, NULL);

        struct selection *sel = decide_select(&f->config, &f->obs, &f->a);

        assert_string_equal(sel[0].stable_id, "web");
        assert_string_equal(sel[1].stable_id, f->obs.containers[1].id);
}

static void a_stable_id_is_printable_and_short(void **state) {
        struct fixture *f = *state;
        char *long_text = arena_alloc(&f->a, 1000);
        struct container *c;
        struct label *labels = arena_array(&f->a, 3, sizeof(*labels));

        memset(long_text, 'x', 999);
        add(f, "a", "monitoring.id", long_text);
        add(f, "b", "monitoring.id", "evil\x1b[2J");
        c = add(f, "c", NULL, NULL);
        labels[0] = (struct label){ "autoheal", "true" };
        labels[1] = (struct label){ "com.docker.compose.project", "p\n" };
        labels[2] = (struct label){ "com.docker.compose.service", "\xff" };
        c->labels = labels;
        c->n_labels = 3;
        add(f, long_text, NULL, NULL);

        struct selection *sel = decide_select(&f->config, &f->obs, &f->a);

        assert_string_equal(sel[0].stable_id, "a");
        assert_string_equal(sel[1].stable_id, "b");
        assert_string_equal(sel[2].stable_id, "c");
        assert_string_equal(sel[3].stable_id, f->obs.containers[3].id);
}

static void sentences_stay_printable_lines_whatever_comes_from_outside(void **state) {
        struct fixture *f = *state;
        char *noise = arena_alloc(&f->a, 4097);
        struct container *c;
        struct plan plan;
        struct state next;

        for (size_t i = 0; i < 4096; i++)
                noise[i] = (char)(1 + i % 255);
        c = add(f, "web", "autoheal.cooldown", noise);
        c->inspected = true;
        c->probe_end_us = 1;
        c->probe_output = noise;
        c = add(f, noise, "autoheal.action", noise);
        c->state = CONTAINER_EXITED;
        c->inspected = true;
        c->exit_code = INT64_MIN;
        c->finished_us = 1;
        c->started_us = 1;
        decide_once(f, &plan, &next);
        for (size_t i = 0; i < plan.n; i++) {
                check_line(plan.items[i].detail);
                check_line(plan.items[i].verdict_detail);
                check_line(plan.items[i].monitor_detail);
                for (size_t k = 0; k < plan.items[i].n_trace; k++)
                        check_line(plan.items[i].trace[k].sentence);
        }
        assert_true(plan.n_events >= 2);
        for (size_t i = 0; i < plan.n_events; i++)
                check_line(plan.events[i].message);
        state_release(&next);
}

static void extreme_numbers_of_an_engine_overflow_nothing(void **state) {
        struct fixture *f = *state;
        struct container *c = add(f, "web", NULL, NULL);
        struct plan plan;
        struct state next;

        f->obs.engine_now_us = INT64_C(253402300799) * US_PER_S; /* the end of the year 9999 */
        c->inspected = true;
        c->stop_timeout_s = INT64_MAX;
        c->restart_count = INT64_MAX;
        c->exit_code = INT64_MAX;
        c->health = HEALTH_NONE;
        c->up_s = INT64_MAX;
        state_get(&f->state, "web")->own_action_us = 1;
        state_get(&f->state, "web")->lifetime_restarts = INT64_MAX;
        decide_once(f, &plan, &next);
        assert_int_equal(plan.items[0].verdict, VERDICT_RESTARTING);
        state_release(&next);
}

static void an_empty_engine_is_a_quiet_one(void **state) {
        struct fixture *f = *state;
        struct plan plan;
        struct state next;

        decide_once(f, &plan, &next);
        assert_int_equal(plan.n, 0);
        assert_int_equal(plan.n_events, 0);
        assert_int_equal(plan.next_due_us, 0);
        assert_int_equal(next.n, 0);
        state_release(&next);
}

static void a_quiet_fleet_needs_no_closer_look(void **state) {
        struct fixture *f = *state;
        size_t *needs;

        for (int i = 0; i < CHAIN; i++)
                add(f, arena_printf(&f->a, "n%d", i), NULL, NULL)->health = HEALTH_HEALTHY;
        f->obs.containers[7].health = HEALTH_UNHEALTHY;
        state_get(&f->state, "n3")->episode_us = 1;
        state_get(&f->state, "n5")->quarantined = QUARANTINED_BY_PERSON;

        struct selection *sel = decide_select(&f->config, &f->obs, &f->a);

        assert_int_equal(decide_needs(&f->state, &f->obs, sel, &f->a, &needs), 3);
        assert_int_equal(needs[0], 3);
        assert_int_equal(needs[1], 5);
        assert_int_equal(needs[2], 7);
}

int main(void) {
#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        const struct CMUnitTest tests[] = {
                WITH_FIXTURE(a_chain_of_claims_ends_with_different_ids),
                WITH_FIXTURE(names_that_an_engine_gives_twice_are_told_apart_by_id),
                WITH_FIXTURE(a_stable_id_is_printable_and_short),
                WITH_FIXTURE(sentences_stay_printable_lines_whatever_comes_from_outside),
                WITH_FIXTURE(extreme_numbers_of_an_engine_overflow_nothing),
                WITH_FIXTURE(an_empty_engine_is_a_quiet_one),
                WITH_FIXTURE(a_quiet_fleet_needs_no_closer_look),
        };

        return cmocka_run_group_tests_name("decide select", tests, NULL, NULL);
}
