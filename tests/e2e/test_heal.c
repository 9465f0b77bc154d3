/* SPDX-License-Identifier: MIT */
/* One pass starts or restarts what is unhealthy or crashed on a real engine, and nothing stands in its way. */
#include "support/engine.h"
#include "support/recorder.h"

#define ONCE(fate) "sh -c 'test -e /once && exec sleep 1000; touch /once; " fate "'"

static void test_unhealthy_is_restarted(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name sick " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name well " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        world_await(w, "sick", HEALTH, "healthy");
        world_await(w, "well", HEALTH, "healthy");
        world_do(w, SICKEN, "sick");
        world_await(w, "sick", HEALTH, "unhealthy");
        AUTO_FREE char *before = world_inspect(w, "sick", STARTED);
        AUTO_FREE char *well_before = world_inspect(w, "well", STARTED);

        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_contains(o->out, "sick: restarted in ");
        check_lacks(o->out, "well");
        assert_string_equal(o->err, "");

        AUTO_FREE char *after = world_inspect(w, "sick", STARTED);
        assert_string_not_equal(after, before);
        check_inspect(w, "well", STARTED, well_before);
        world_await(w, "sick", HEALTH, "healthy");
        check_event(w, "restart", "sick", "status", "\"success\"");

        o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_inspect(w, "sick", STARTED, after);
        assert_int_equal(world_count_events(w, "recovered", "sick"), 1);
        o = world_run(w, "docker autoheal check");
        check_exit(o, 0);
}

static void test_crashed_is_started(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_do(w, "docker run -d --name crashed " MONITORED "autoheal-demo " ONCE("exit 3"));
        world_do(w, "docker run -d --name memory " MONITORED
                    "--memory 16m --memory-swap 16m autoheal-demo " ONCE("exec tail /dev/zero"));
        world_await(w, "crashed", STATUS, "exited");
        world_await(w, "memory", STATUS, "exited");
        check_inspect(w, "memory", "{{.State.OOMKilled}} {{.State.ExitCode}}", "true 137");

        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_contains(o->out, "crashed: started in ");
        check_contains(o->out, "memory: started in ");
        check_inspect(w, "crashed", STATUS, "running");
        check_inspect(w, "memory", STATUS, "running");
        check_event(w, "restart", "crashed", "exit_code", "3");
        check_event(w, "restart", "memory", "oom_killed", "true");
}

/* The engine's own policy tried twice and left it down: nobody told it to. */
static void test_policy_that_gave_up(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_do(w, "docker run -d --name tried --restart on-failure:2 " MONITORED "autoheal-demo sh -c 'exit 3'");
        world_await(w, "tried", "{{.State.Status}} {{.RestartCount}}", "exited 2");
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_contains(o->out, "tried: started in ");
        check_event(w, "restart", "tried", "exit_code", "3");
}

static void test_exit_grace_is_waited_for(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name crashed " MONITORED "autoheal-demo sh -c 'exit 3'");
        world_await(w, "crashed", STATUS, "exited");
        world_env(w, "AUTOHEAL_RESTART_EXIT_GRACE_SECONDS=3600");
        const struct output *o = world_run(w, "docker autoheal --format json");
        check_exit(o, 0);
        struct json_lines lines;
        json_lines_parse(&lines, o->out);
        struct json_value crashed = json_line_where(&lines, "name", "crashed");
        check_json(crashed, "decision", "\"hold\"");
        check_json(crashed, "reason", "\"exit-grace\"");
        json_lines_release(&lines);
        check_inspect(w, "crashed", STATUS, "exited");
}

/* The container ignores SIGTERM: without its label the engine would wait ten seconds. */
static void test_stop_timeout_label(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name deaf --label autoheal.stop.timeout=1 " MONITORED SICKENABLE SHARED
                    "autoheal-demo " STUBBORN);
        world_await(w, "deaf", HEALTH, "healthy");
        world_do(w, SICKEN, "deaf");
        world_await(w, "deaf", HEALTH, "unhealthy");
        AUTO_FREE char *before = world_inspect(w, "deaf", STARTED);
        struct recorder *r = world_record(w);

        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        AUTO_FREE char *after = world_inspect(w, "deaf", STARTED);
        assert_string_not_equal(after, before);
        assert_true(file_there(w->share, "asked"));
        AUTO_FREE char *requests = recorder_requests(r);
        check_contains(requests, "/restart?t=1 ");
}

static void test_removed_while_it_is_restarted(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name deaf --label autoheal.stop.timeout=60 " MONITORED SICKENABLE SHARED
                    "autoheal-demo " STUBBORN);
        world_await(w, "deaf", HEALTH, "healthy");
        world_do(w, SICKEN, "deaf");
        world_await(w, "deaf", HEALTH, "unhealthy");
        pid_t pass = world_start(w, "exec docker autoheal");
        world_await_file(w->share, "asked");
        world_do(w, "docker rm -f deaf");
        assert_int_equal(run_end(pass, 0), 0);

        AUTO_FREE char *events = file_get(w->data, "events.json");
        check_lacks(events, "failure");
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_silent(o);
}

static void test_every_container_is_healed_in_one_pass(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_RESTART_MAX_PARALLEL=2");
        world_env(w, "AUTOHEAL_BRAKE_ENABLED=false");
        for (int i = 0; i < 5; i++)
                world_do(w, "docker run -d --name crashed%d " MONITORED "autoheal-demo " ONCE("exit 3"), i);
        for (int i = 0; i < 5; i++) {
                char name[32];
                snprintf(name, sizeof(name), "crashed%d", i);
                world_await(w, name, STATUS, "exited");
        }
        const struct output *o = world_run(w, "docker autoheal --format json");
        check_exit(o, 0);
        check_contains(o->out, "\"restarted\":5");
        o = world_run(w, "docker ps -q --filter status=running | grep -c .");
        assert_string_equal(o->out, "5\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_unhealthy_is_restarted),
                world_test(test_crashed_is_started),
                world_test(test_policy_that_gave_up),
                world_test(test_exit_grace_is_waited_for),
                world_test(test_stop_timeout_label),
                world_test(test_removed_while_it_is_restarted),
                world_test(test_every_container_is_healed_in_one_pass),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
