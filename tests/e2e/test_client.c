/* SPDX-License-Identifier: MIT */
/* The plugin behind the real docker client: how it is called, what it prints there, and its exit codes. */
#include "support/engine.h"
#include "support/recorder.h"

#include <signal.h>

static char *output_of(struct world *w, const char *command) {
        world_do(w, "%s", command);
        return xstrdup(w->last.out);
}

static void test_a_pass_over_nothing(void **state) {
        struct world *w = *state;
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_silent(o);
        o = world_run(w, "docker autoheal check");
        check_exit(o, 1);
        o = world_run(w, "docker autoheal check --allow-none");
        check_exit(o, 0);
}

static void test_help(void **state) {
        struct world *w = *state;
        AUTO_FREE char *by_flag = output_of(w, "docker autoheal --help");
        AUTO_FREE char *by_command = output_of(w, "docker help autoheal");
        check_contains(by_flag, "Usage:  docker autoheal ");
        check_contains(by_flag, "unquarantine");
        assert_string_equal(by_flag, by_command);

        AUTO_FREE char *ps_by_flag = output_of(w, "docker autoheal ps --help");
        AUTO_FREE char *ps_by_command = output_of(w, "docker help autoheal ps");
        check_contains(ps_by_flag, "Usage:  docker autoheal ps ");
        assert_string_equal(ps_by_flag, ps_by_command);
}

static void test_docker_lists_the_plugin(void **state) {
        struct world *w = *state;
        AUTO_FREE char *help = output_of(w, "docker --help | grep autoheal");
        check_contains(help, "autoheal*");
        check_contains(help, "Restart unhealthy and crashed containers");
        const struct output *o = world_run(w, "docker info");
        check_exit(o, 0);
        check_contains(o->out, "autoheal: Restart unhealthy and crashed containers");
        check_lacks(o->err, "not valid");
}

static void test_global_flags(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name web " MONITORED "autoheal-demo " OBEDIENT);
        world_env(w, "DOCKER_HOST=unix:///nowhere/docker.sock");
        world_do(w, "docker -H '%s' autoheal ps", w->host);
        check_contains(w->last.out, "web");
        world_do(w, "docker --host='%s' autoheal ps -q", w->host);
        assert_string_equal(w->last.out, "web\n");
        world_env(w, "DOCKER_HOST");
        world_do(w, "docker --context default autoheal version");
        check_contains(w->last.out, "docker-autoheal version ");
        world_do(w, "docker --config \"$DOCKER_CONFIG\" autoheal version");
        world_do(w, "docker -D -l debug -H '%s' autoheal ps", w->host);
        check_contains(w->last.out, "web");
}

static void test_usage_errors(void **state) {
        struct world *w = *state;
        const struct output *o = world_run(w, "docker autoheal nope");
        check_exit(o, 1);
        check_contains(o->err, "unknown command: docker autoheal nope");
        assert_string_equal(o->out, "");
        o = world_run(w, "docker autoheal --nope");
        check_exit(o, 125);
        check_contains(o->err, "unknown flag: --nope");
        assert_string_equal(o->out, "");
        o = world_run(w, "docker autoheal explain");
        check_exit(o, 1);
        check_contains(o->err, "requires 1 argument");
        assert_false(file_there(w->dir, "data"));
}

static void test_no_engine(void **state) {
        struct world *w = *state;
        world_env(w, "DOCKER_HOST=unix:///nowhere/docker.sock");
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 1);
        check_contains(o->err, "Cannot connect to the Docker daemon at unix:///nowhere/docker.sock. Is the docker daemon running?");
        assert_string_equal(o->out, "");
        o = world_run(w, "docker autoheal ps");
        check_exit(o, 1);
        check_contains(o->err, "Is the docker daemon running?");
        o = world_run(w, "docker autoheal check");
        check_exit(o, 125);
        o = world_run(w, "docker autoheal status");
        check_exit(o, 1);
        check_contains(o->out, "not reached");

        /* The socket is there, but nobody listens any more. */
        (void)world_record(w);
        recorder_stop(TAKE(w->recorder));
        o = world_run(w, "docker autoheal");
        check_exit(o, 1);
        check_contains(o->err, "Is the docker daemon running?");
}

static void test_broken_configuration(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name crashed " MONITORED "autoheal-demo sh -c 'exit 3'");
        world_await(w, "crashed", STATUS, "exited");
        world_no_waits(w);
        dir_put(w->data, 0700);
        file_put(w->data, "config.json", "{\n  \"restart\": {\n    \"cooldown_seconds\" 60\n  }\n}\n");
        AUTO_FREE char *before = dir_snapshot(w->data, "");

        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 78);
        check_contains(o->err, "config.json");
        check_contains(o->err, "line 3");
        check_contains(o->err, "column 24");
        AUTO_FREE char *after = dir_snapshot(w->data, "");
        assert_string_equal(before, after);
        check_inspect(w, "crashed", STATUS, "exited");

        file_put(w->data, "config.json", "{\"restart\": {\"cooldown_seconds\": -1, \"mode\": \"sometimes\"}}\n");
        o = world_run(w, "docker autoheal");
        check_exit(o, 78);
        check_contains(o->err, "restart.cooldown_seconds");
        check_contains(o->err, "restart.mode");
        check_inspect(w, "crashed", STATUS, "exited");
}

static void test_data_directory_of_another_engine(void **state) {
        struct world *w = *state;
        world_do(w, "docker autoheal");
        world_do(
                w,
                "sed -i 's/\\(\"[a-z_]*id\": *\\)\"[^\"]*\"/\\1\"SOME:OTHER:ENGINE\"/; s/unix:[^\"]*/unix:\\/\\/\\/elsewhere.sock/'"
                " \"$AUTOHEAL_DATA_DIR/pass.json\" && grep -q SOME:OTHER:ENGINE \"$AUTOHEAL_DATA_DIR/pass.json\"");
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 78);
        check_contains(o->err, "SOME:OTHER:ENGINE");
        check_contains(o->err, w->host);
}

/* A container that has to be killed keeps the first pass busy. */
static pid_t start_long_pass(struct world *w, const char *seconds) {
        world_do(w,
                 "docker run -d --name deaf --label autoheal.stop.timeout=%s " MONITORED SICKENABLE SHARED
                 "autoheal-demo " STUBBORN,
                 seconds);
        world_await(w, "deaf", HEALTH, "healthy");
        world_do(w, SICKEN, "deaf");
        world_await(w, "deaf", HEALTH, "unhealthy");
        pid_t pass = world_start(w, "exec docker autoheal");
        world_await_file(w->share, "asked");
        return pass;
}

static void test_second_pass_at_once(void **state) {
        struct world *w = *state;
        pid_t pass = start_long_pass(w, "60");
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 75);
        check_silent(o);
        o = world_run(w, "docker autoheal -v");
        check_exit(o, 75);
        assert_true(o->err_len > 0);
        o = world_run(w, "docker autoheal ps");
        check_exit(o, 0);
        world_do(w, "docker kill deaf");
        assert_int_equal(run_end(pass, 0), 0);
        o = world_run(w, "docker autoheal");
        check_exit(o, 0);
}

/* docker tells its plugin through a socket that it should end; before version 25 it had none, and only a signal to both does it. */
static bool docker_has_plugin_socket(struct world *w) {
        return world_docker_version(w) >= 25;
}

static void test_interrupted_in_mid_restart(void **state) {
        struct world *w = *state;
        bool has_socket = docker_has_plugin_socket(w);
        pid_t pass = start_long_pass(w, "3");
        AUTO_FREE char *before = world_inspect(w, "deaf", STARTED);
        if (!has_socket)
                world_do(w, "kill -TERM $(ps -o pid= --ppid %d)", (int)pass);
        assert_int_equal(run_end(pass, SIGTERM), 130);

        AUTO_FREE char *counts = file_get(w->data, "restart_counts.json");
        check_contains(counts, "\"deaf\"");
        world_await(w, "deaf", HEALTH, "healthy");
        AUTO_FREE char *after = world_inspect(w, "deaf", STARTED);
        assert_string_not_equal(before, after);

        const struct output *o = world_run(w, "docker autoheal ps --format json");
        check_exit(o, 0);
        struct json_lines lines;
        json_lines_parse(&lines, o->out);
        check_json(json_line_where(&lines, "name", "deaf"), "restarts", "1");
        json_lines_release(&lines);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_a_pass_over_nothing),
                world_test(test_help),
                world_test(test_docker_lists_the_plugin),
                world_test(test_global_flags),
                world_test(test_usage_errors),
                world_test(test_no_engine),
                world_test(test_broken_configuration),
                world_test(test_data_directory_of_another_engine),
                world_test(test_second_pass_at_once),
                world_test(test_interrupted_in_mid_restart),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
