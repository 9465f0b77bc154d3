/* SPDX-License-Identifier: MIT */
/* The engine was stopped, killed or cut off and started again: what it stopped is not what a person stopped. */
#include "support/engine.h"
#include "support/recorder.h"

/* Each of them runs at the last pass before the engine ends, and ends with it. */
static const struct {
        const char *name, *options, *command;
} services[] = {
        { "obedient", MONITORED, OBEDIENT },
        { "with-143", MONITORED, "sh -c 'trap \"exit 143\" TERM; sleep 1000 & wait'" },
        { "ignores", "--stop-timeout 1 " MONITORED, "sleep 1000" },
        { "silent", MONITORED SICKENABLE, OBEDIENT },
};

static void run_services(struct world *w) {
        for (size_t i = 0; i < N_ELEMENTS(services); i++)
                world_do(w, "docker run -d --name %s %s autoheal-demo %s", services[i].name, services[i].options,
                         services[i].command);
        /* These are not to be started again, each for a reason of its own. */
        world_do(w, "docker run -d --name by-person " MONITORED "autoheal-demo sleep 1000");
        world_do(w, "docker run -d --name by-person-always --restart unless-stopped " MONITORED "autoheal-demo sleep 1000");
        world_do(w, "docker run -d --name finished " MONITORED "autoheal-demo true");
        world_do(w, "docker run -d --name unlabelled --stop-timeout 1 autoheal-demo sleep 1000");
        world_do(w, "docker run -d --name refused --label autoheal=false --stop-timeout 1 autoheal-demo sleep 1000");
        world_do(w, "docker stop -t 0 by-person by-person-always");
        world_await(w, "finished", STATUS, "exited");
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_silent(o);
        /* As cron would have it. A pass in the very second in which the engine goes cannot tell what was up before. */
        world_age(w, 60);
}

static void check_services_are_down(struct world *w) {
        for (size_t i = 0; i < N_ELEMENTS(services); i++)
                world_await(w, services[i].name, STATUS, "exited");
}

/* All of them in one pass, without a brake, and nothing of it counts. */
static void check_services_are_started(struct world *w) {
        struct json_lines lines;
        const struct output *o = world_run(w, "docker autoheal --format json");
        check_exit(o, 0);
        json_lines_parse(&lines, o->out);
        for (size_t i = 0; i < N_ELEMENTS(services); i++) {
                struct json_value item = json_line_where(&lines, "name", services[i].name);
                check_json(item, "decision", "\"restart\"");
                check_json(item, "reason", "\"engine-restart\"");
        }
        json_lines_release(&lines);
        for (size_t i = 0; i < N_ELEMENTS(services); i++) {
                check_inspect(w, services[i].name, STATUS, "running");
                assert_int_equal(world_count_events(w, "restart", services[i].name), 1);
                check_event(w, "restart", services[i].name, "reason", "\"engine-restart\"");
        }
        o = world_run(w, "docker autoheal ps --format json");
        check_exit(o, 0);
        json_lines_parse(&lines, o->out);
        for (size_t i = 0; i < N_ELEMENTS(services); i++)
                check_json(json_line_where(&lines, "name", services[i].name), "restarts", "0");
        json_lines_release(&lines);
        assert_int_equal(world_count_events(w, "storm", NULL), 0);
}

static void check_others_stay_down(struct world *w) {
        static const char *const others[] = { "by-person", "by-person-always", "finished", "unlabelled", "refused" };
        for (size_t i = 0; i < N_ELEMENTS(others); i++) {
                check_inspect(w, others[i], STATUS, "exited");
                assert_int_equal(world_count_events(w, "restart", others[i]), 0);
        }
}

static void restart_engine_without_always(struct world *w, enum engine_end how) {
        world_no_waits(w);
        world_env(w, "AUTOHEAL_MONITOR_INCLUDE_ALL=true");
        run_services(w);
        world_engine_end(w, how);
        world_engine_start(w);
        check_services_are_down(w);
        check_services_are_started(w);
        check_others_stay_down(w);
        /* It may tell of a recovery meanwhile, and does nothing. */
        check_exit(world_run(w, "docker autoheal"), 0);
        for (size_t i = 0; i < N_ELEMENTS(services); i++)
                assert_int_equal(world_count_events(w, "restart", services[i].name), 1);
        check_others_stay_down(w);
}

/* What ended with 0 is no failure to its policy, nor to anybody who does not know why it ended. */
static void test_engine_stopped_and_started(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name on-failure --restart on-failure " MONITORED "autoheal-demo " OBEDIENT);
        restart_engine_without_always(w, ENGINE_HALT);
        check_event(w, "restart", "on-failure", "reason", "\"engine-restart\"");
        check_inspect(w, "on-failure", "{{.State.Status}} {{.RestartCount}}", "running 0");
}

static void test_engine_killed_and_started_with_containers_alive(void **state) {
        restart_engine_without_always(*state, ENGINE_CRASH);
}

static void test_power_lost(void **state) {
        restart_engine_without_always(*state, ENGINE_CUT);
}

/* What the engine brings back by itself is up again, and it is not what was up before. */
static void restart_engine_with_always(struct world *w, enum engine_end how) {
        world_do(w, "docker run -d --name always --restart always " MONITORED "autoheal-demo " OBEDIENT);
        restart_engine_without_always(w, how);
        check_inspect(w, "always", STATUS, "running");
        assert_int_equal(world_count_events(w, "restart", "always"), 0);
}

static void test_engine_stopped_beside_a_policy(void **state) {
        restart_engine_with_always(*state, ENGINE_HALT);
}

static void test_engine_killed_beside_a_policy(void **state) {
        restart_engine_with_always(*state, ENGINE_CRASH);
}

/* A stop soon after the engine's start is a person's where something that we know runs on, and where we started it ourselves. */
static void test_person_stops_what_was_started_again(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_do(w, "docker run -d --name web " MONITORED "autoheal-demo " OBEDIENT);
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        world_engine_end(w, ENGINE_HALT);
        world_engine_start(w);
        o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_contains(o->out, "web: started in ");
        world_do(w, "docker kill web");
        world_await(w, "web", "{{.State.Status}} {{.State.ExitCode}}", "exited 137");
        for (int pass = 0; pass < 2; pass++) {
                o = world_run(w, "docker autoheal");
                check_exit(o, 0);
                check_silent(o);
        }
        check_inspect(w, "web", STATUS, "exited");
        assert_int_equal(world_count_events(w, "restart", "web"), 1);
}

static void test_person_stops_all_of_a_young_engine(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_engine_end(w, ENGINE_HALT);
        world_engine_start(w);
        world_do(w, "docker run -d --name one " MONITORED "autoheal-demo sleep 1000");
        world_do(w, "docker run -d --name other " MONITORED "autoheal-demo sleep 1000");
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        world_do(w, "docker stop -t 0 one other");
        o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_silent(o);
        check_inspect(w, "one", STATUS, "exited");
        check_inspect(w, "other", STATUS, "exited");
        assert_int_equal(world_count_events(w, "restart", NULL), 0);
}

/*
 * Not one entry of the journal is older than the last pass, as after an engine's start, and nothing is up: yet it was a person who
 * stopped them all. Health probes had pushed the older entries out.
 */
#define PROBED 12

static bool is_flooded(void *arg) {
        struct world *w = arg;
        const struct output *o = world_run(w, "docker events --since 0 --until $(date +%%s) --filter type=container");
        check_exit(o, 0);
        return !strstr(o->out, " create ") && !strstr(o->out, " start ");
}

static void test_person_stops_all_and_the_journal_is_flooded(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        for (int i = 0; i < PROBED; i++)
                world_do(w,
                         "docker run -d --name probed-%d " MONITORED
                         "--health-cmd true --health-interval 1s autoheal-demo sh -c 'trap \"exit 0\" TERM; sleep 1000 & wait'",
                         i);
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        assert_true(eventually(is_flooded, w, WORLD_AWAIT_MS));
        world_age(w, 60);
        world_do(w, "docker stop $(docker ps -q)");
        AUTO_FREE char *before = world_starts(w);
        struct recorder *r = world_record(w);
        o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_only_reads(r);
        AUTO_FREE char *after = world_starts(w);
        assert_string_equal(before, after);
}

static void test_not_where_the_setting_forbids_it(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_RESTART_AFTER_ENGINE_RESTART=false");
        run_services(w);
        world_engine_end(w, ENGINE_HALT);
        world_engine_start(w);
        check_services_are_down(w);
        struct recorder *r = world_record(w);
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_only_reads(r);
        check_services_are_down(w);
        check_others_stay_down(w);
}

/* Nothing is remembered of a first pass to compare with: then nothing tells, and nobody is started. */
static void test_first_pass_after_an_engine_restart(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_do(w, "docker run -d --name web " MONITORED "--stop-timeout 1 autoheal-demo sleep 1000");
        world_engine_end(w, ENGINE_HALT);
        world_engine_start(w);
        world_await(w, "web", STATUS, "exited");
        struct recorder *r = world_record(w);
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_only_reads(r);
        check_inspect(w, "web", STATUS, "exited");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_engine_stopped_and_started),
                world_test(test_engine_killed_and_started_with_containers_alive),
                world_test(test_power_lost),
                world_test(test_engine_stopped_beside_a_policy),
                world_test(test_engine_killed_beside_a_policy),
                world_test(test_person_stops_what_was_started_again),
                world_test(test_person_stops_all_of_a_young_engine),
                world_test(test_person_stops_all_and_the_journal_is_flooded),
                world_test(test_not_where_the_setting_forbids_it),
                world_test(test_first_pass_after_an_engine_restart),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
