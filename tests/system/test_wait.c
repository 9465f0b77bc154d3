/* SPDX-License-Identifier: MIT */
/* `run --wait`, `run --wait-lock` and `check --wait`: what they wait for, and how it ends. */
#include "support/scene.h"

#include <signal.h>

#define SICK "container web health=unhealthy label=autoheal=true\non-restart web health=starting\n"

static void await_lists(struct scene *s, size_t more) {
        fake_await(s->fake, "/containers/json", fake_count(s->fake, "/containers/json") + more);
}

/* ---- check --wait ---- */

static void test_check_waits_while_one_is_starting(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=starting label=autoheal=true\n");
        pid_t pid = scene_start(s, "check --wait=25s");
        await_lists(s, 2);
        scene_world(s, "container web health=healthy\n");
        assert_int_equal(run_end(pid, 0), 0);
        assert_int_equal(scene_posts(s), 0);
        assert_false(file_there(s->dir, "data"));
}

static void test_check_does_not_wait_for_a_failing_one(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=unhealthy label=autoheal=true\n");
        const struct output *o = scene_run(s, "check --wait");
        check_exit(o, 1);
        check_contains(o->out, "web: failing");
        assert_int_equal(fake_count(s->fake, "/containers/json"), 1);
}

static void test_check_gives_up(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=starting label=autoheal=true\n");
        const struct output *o = scene_run(s, "check --wait=0");
        check_exit(o, 1);
        check_contains(o->out, "web: starting");
        o = scene_run(s, "check --wait=1s");
        check_exit(o, 1);
        check_contains(o->out, "web: starting");
}

static void test_check_is_interrupted(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=starting label=autoheal=true\n");
        pid_t pid = scene_start(s, "check --wait");
        await_lists(s, 2);
        assert_int_equal(run_end(pid, SIGINT), 130);
}

/* ---- run --wait ---- */

static void test_run_waits_until_it_is_well(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK);
        pid_t pid = scene_start(s, "run --wait=25s");
        fake_await(s->fake, "/restart", 1);
        await_lists(s, 2);
        scene_world(s, "container web health=healthy\n");
        assert_int_equal(run_end(pid, 0), 0);
        assert_int_equal(scene_posts(s), 1);
}

static void test_run_fails_if_it_is_not_well_by_then(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK);
        const struct output *o = scene_run(s, "run --wait=1s");
        check_exit(o, 1);
        check_contains(o->out, "web: ");
        check_contains(o->err, "web is not well after 1s: starting");
        assert_int_equal(scene_posts(s), 1);
}

static void test_run_names_one_that_went_away(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK);
        pid_t pid = scene_start(s, "run --wait=1s");
        fake_await(s->fake, "/restart", 1);
        scene_world(s, "remove web\n");
        assert_int_equal(run_end(pid, 0), 1);
}

static void test_nothing_restarted_is_nothing_to_wait_for(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy label=autoheal=true\ncontainer slow health=starting label=autoheal=true\n");
        const struct output *o = scene_run(s, "run --wait");
        check_exit(o, 0);
        check_silent(o);
        assert_int_equal(fake_count(s->fake, "/containers/json"), 1);
}

/* Others go on healing meanwhile. */
static void test_waiting_keeps_no_other_pass_out(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK);
        pid_t pid = scene_start(s, "run --wait=25s");
        fake_await(s->fake, "/restart", 1);
        await_lists(s, 2);
        scene_world(s, "container db health=unhealthy label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 2);
        assert_int_equal(run_end(pid, SIGTERM), 130);
}

static void test_json_stays_json(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK);
        const struct output *o = scene_run(s, "run --format json --wait=0");
        check_exit(o, 1);
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        assert_int_equal(lines.n, 2);
        check_contains(o->err, "web is not well");
}

/* ---- run --wait-lock ---- */

static void test_wait_for_another_pass(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=unhealthy label=autoheal=true\nfault restart hang times=1\n");
        pid_t first = scene_start(s, "run");
        fake_await(s->fake, "/containers/json", 1);
        check_exit(scene_run(s, "run --wait-lock 0"), 75);
        check_silent(&s->last);
        check_exit(scene_run(s, "run -v --wait-lock 1s"), 75);
        check_contains(s->last.err, "another pass runs");
        pid_t second = scene_start(s, "run --wait-lock 25s"), third = scene_start(s, "run --wait-lock=25s");
        assert_int_equal(run_end(third, SIGINT), 130);
        assert_int_equal(run_end(first, SIGKILL), 128 + SIGKILL);
        assert_int_equal(run_end(second, 0), 0);
}

/* ---- The flags ---- */

static void test_the_value_of_wait_is_attached(void **state) {
        struct scene *s = *state;
        const struct {
                const char *arguments;
                int exit_code;
                const char *says;
        } cases[] = { { "run --wait 2m", 125, "--wait takes its value with '=': --wait=2m\n" },
                      { "--wait 2m", 125, "--wait takes its value with '=': --wait=2m\n" },
                      { "check --wait 2m", 125, "--wait takes its value with '=': --wait=2m\n" },
                      { "run --wait web", 1, "accepts no arguments" },
                      { "run --wait -- 2m", 1, "accepts no arguments" },
                      { "run --dry-run --wait=5s", 125, "--dry-run restarts nothing that --wait could wait for\n" },
                      { "run --dry-run --wait-lock=5s", 125, "--dry-run takes no lock that --wait-lock could wait for\n" },
                      { "run --wait=soon", 125, "time: invalid duration \"soon\"" },
                      { "run --wait=", 125, "time: invalid duration \"\"" },
                      { "run --wait-lock", 125, "flag needs an argument: --wait-lock" },
                      { "check --wait=soon", 125, "time: invalid duration \"soon\"" },
                      { "check --wait-lock 1s", 125, "unknown flag: --wait-lock" },
                      { "ps --wait", 125, "unknown flag: --wait" } };
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                const struct output *o = scene_run(s, "%s", cases[i].arguments);
                check_exit(o, cases[i].exit_code);
                check_contains(o->err, cases[i].says);
        }
        check_contains(scene_run(s, "run --help")->out, "--wait duration[=2m]");
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        check_exit(scene_run(s, "--wait check"), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_check_waits_while_one_is_starting),
                scene_test(test_check_does_not_wait_for_a_failing_one),
                scene_test(test_check_gives_up),
                scene_test(test_check_is_interrupted),
                scene_test(test_run_waits_until_it_is_well),
                scene_test(test_run_fails_if_it_is_not_well_by_then),
                scene_test(test_run_names_one_that_went_away),
                scene_test(test_nothing_restarted_is_nothing_to_wait_for),
                scene_test(test_waiting_keeps_no_other_pass_out),
                scene_test(test_json_stays_json),
                scene_test(test_wait_for_another_pass),
                scene_test(test_the_value_of_wait_is_attached),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
