/* SPDX-License-Identifier: MIT */
/* Stopping `docker autoheal` in every way that people and systems have, through the real docker client. */
#include "support/engine.h"
#include "support/terminal.h"

#include <signal.h>

#define WAITING "interrupted: waiting for 1 restart under way"
#define PIPED   (TERMINAL_INPUT | TERMINAL_ERROR) /* docker autoheal | less */

struct session_of_docker {
        struct world *world;
        struct terminal terminal;
        pid_t plugin;
};

static void start_command(struct session_of_docker *d, struct world *w, const char *command, unsigned streams) {
        const char *argv[] = { "/bin/sh", "-c", command, NULL };
        d->world = w;
        terminal_start(&d->terminal, w->dir, &(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)w->env },
                       streams);
        d->plugin = terminal_await_plugin(&d->terminal);
}

static void start(struct session_of_docker *d, struct world *w, const char *arguments, unsigned streams) {
        char command[256];
        snprintf(command, sizeof(command), "exec docker autoheal %s", arguments);
        start_command(d, w, command, streams);
}

static void tell_docker(struct session_of_docker *d, int signo) {
        assert_int_equal(kill(d->terminal.pid, signo), 0);
}

/* ---- A restart under way: a container that takes a minute to stop, or until it is killed ---- */

static void prepare_restart(struct world *w) {
        world_do(w, "docker run -d --name deaf --label autoheal.stop.timeout=60 " MONITORED SICKENABLE SHARED
                    "autoheal-demo " STUBBORN);
        world_await(w, "deaf", HEALTH, "healthy");
        world_do(w, SICKEN, "deaf");
        world_await(w, "deaf", HEALTH, "unhealthy");
}

static void start_restart(struct session_of_docker *d, struct world *w, unsigned streams) {
        prepare_restart(w);
        start(d, w, "run", streams);
        world_await_file(w->share, "asked");
}

static void release(struct world *w) {
        world_do(w, "docker kill deaf");
}

/* One restart was made, counted and told of; no lock is held, and the next pass has nothing to do. */
static void check_recorded(struct world *w) {
        AUTO_FREE char *counts = file_get(w->data, "restart_counts.json");
        check_contains(counts, "\"deaf\"");
        world_await(w, "deaf", HEALTH, "healthy");
        AUTO_FREE char *before = world_starts(w);
        world_do(w, "docker autoheal run --format json");
        AUTO_FREE char *after = world_starts(w);
        assert_string_equal(before, after);
        assert_int_equal(world_count_events(w, "restart", "deaf"), 1);
        check_event(w, "restart", "deaf", "status", "\"success\"");
        AUTO_FREE char *memory = file_get(w->data, "containers.json");
        check_lacks(memory, "\"intent\":\"restart\"");
}

/* Told: the plugin says that it waits, and does. */
static void check_waits(struct session_of_docker *d, int docker_code) {
        struct world *w = d->world;
        terminal_await(&d->terminal, WAITING);
        release(w);
        assert_int_equal(terminal_end(&d->terminal), docker_code);
        check_event(w, "restart", "deaf", "status", "\"success\"");
        check_recorded(w);
}

/* Before version 25 docker had no socket for its plugins: it takes a signal for itself, and they hear nothing. */
static bool docker_tells(struct world *w) {
        return world_docker_version(w) >= 25;
}

/* Not told: it goes on to the end, with docker or without. */
static void check_goes_on(struct session_of_docker *d, int docker_code) {
        release(d->world);
        if (docker_code > 128)
                assert_int_equal(terminal_end_orphan(&d->terminal, d->plugin), 0);
        assert_int_equal(terminal_end(&d->terminal), docker_code);
        check_recorded(d->world);
}

/* docker is gone; the plugin ends by itself, when it has written down what it did. */
static void check_outlives(struct session_of_docker *d, int docker_code) {
        struct world *w = d->world;
        release(w);
        assert_int_equal(terminal_end_orphan(&d->terminal, d->plugin), 130);
        assert_int_equal(terminal_end(&d->terminal), docker_code);
        check_event(w, "restart", "deaf", "status", "\"success\"");
        check_recorded(w);
}

/* The intent stays open until a pass sees what became of it. */
static void check_left_to_the_engine(struct session_of_docker *d, int docker_code) {
        struct world *w = d->world;
        assert_int_equal(terminal_end(&d->terminal), docker_code);
        check_data(w, "containers.json", "deaf.intent", "\"restart\"");
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_data(w, "containers.json", "deaf.intent", "\"restart\"");
        release(w);
        world_await(w, "deaf", HEALTH, "healthy");
        world_do(w, "docker autoheal");
        check_recorded(w);
}

static void test_ctrl_c(void **state) {
        struct session_of_docker d;
        start_restart(&d, *state, TERMINAL_ALL);
        terminal_type(&d.terminal, CTRL_C);
        check_waits(&d, 130);
}

static void test_ctrl_c_twice(void **state) {
        struct session_of_docker d;
        start_restart(&d, *state, TERMINAL_ALL);
        terminal_type(&d.terminal, CTRL_C);
        terminal_await(&d.terminal, WAITING);
        terminal_type(&d.terminal, CTRL_C);
        check_left_to_the_engine(&d, 130);
}

static void test_ctrl_c_into_a_pipe(void **state) {
        struct session_of_docker d;
        start_restart(&d, *state, PIPED);
        terminal_type(&d.terminal, CTRL_C);
        check_waits(&d, 130);
}

static void test_ctrl_c_into_a_pipe_twice(void **state) {
        struct session_of_docker d;
        start_restart(&d, *state, PIPED);
        terminal_type(&d.terminal, CTRL_C);
        terminal_await(&d.terminal, WAITING);
        terminal_type(&d.terminal, CTRL_C);
        check_left_to_the_engine(&d, 130);
}

static void test_docker_is_terminated(void **state) {
        struct session_of_docker d;
        start_restart(&d, *state, 0);
        tell_docker(&d, SIGTERM);
        if (docker_tells(*state))
                check_waits(&d, 130);
        else
                check_goes_on(&d, 0);
}

static void test_docker_is_interrupted(void **state) {
        struct session_of_docker d;
        start_restart(&d, *state, 0);
        tell_docker(&d, SIGINT);
        if (docker_tells(*state))
                check_waits(&d, 130);
        else
                check_goes_on(&d, 0);
}

/* docker's third signal kills its plugin. */
static void test_docker_is_terminated_three_times(void **state) {
        struct session_of_docker d;
        start_restart(&d, *state, 0);
        tell_docker(&d, SIGTERM);
        if (!docker_tells(*state)) {
                check_goes_on(&d, 0);
                return;
        }
        terminal_await(&d.terminal, WAITING);
        tell_docker(&d, SIGINT);
        tell_docker(&d, SIGTERM);
        check_left_to_the_engine(&d, 1);
}

/* With its output on a terminal docker tells its plugin nothing. */
static void test_docker_is_terminated_on_a_terminal(void **state) {
        struct world *w = *state;
        struct session_of_docker d;
        start_restart(&d, w, TERMINAL_ALL);
        tell_docker(&d, SIGTERM);
        release(w);
        terminal_await(&d.terminal, "deaf: restarted in ");
        assert_int_equal(terminal_end(&d.terminal), 0);
        check_recorded(w);
}

static void test_docker_hangs_up(void **state) {
        struct session_of_docker d;
        start_restart(&d, *state, 0);
        tell_docker(&d, SIGHUP);
        if (!docker_tells(*state)) {
                check_goes_on(&d, 128 + SIGHUP);
                return;
        }
        terminal_await(&d.terminal, WAITING);
        check_outlives(&d, 128 + SIGHUP);
}

static void test_docker_is_killed(void **state) {
        struct session_of_docker d;
        start_restart(&d, *state, 0);
        tell_docker(&d, SIGKILL);
        if (!docker_tells(*state)) {
                check_goes_on(&d, 128 + SIGKILL);
                return;
        }
        terminal_await(&d.terminal, WAITING);
        check_outlives(&d, 128 + SIGKILL);
}

static void test_docker_is_killed_on_a_terminal(void **state) {
        struct session_of_docker d;
        start_restart(&d, *state, TERMINAL_ALL);
        tell_docker(&d, SIGKILL);
        check_outlives(&d, 128 + SIGKILL);
}

static void test_terminal_is_closed(void **state) {
        struct session_of_docker d;
        start_restart(&d, *state, TERMINAL_ALL);
        terminal_close(&d.terminal);
        check_outlives(&d, 128 + SIGHUP);
}

static void test_plugin_is_terminated(void **state) {
        struct session_of_docker d;
        start_restart(&d, *state, TERMINAL_ALL);
        assert_int_equal(kill(d.plugin, SIGTERM), 0);
        check_waits(&d, 130);
}

/* nohup docker autoheal: docker does not ask for SIGHUP, so it stays ignored in both. The terminal is gone, the work goes on. */
static void test_nohup(void **state) {
        struct world *w = *state;
        struct session_of_docker d;
        prepare_restart(w);
        start_command(&d, w, "trap '' HUP; exec docker autoheal run", TERMINAL_INPUT);
        world_await_file(w->share, "asked");
        terminal_close(&d.terminal);
        tell_docker(&d, SIGHUP);
        assert_int_equal(kill(d.plugin, SIGHUP), 0);
        release(w);
        assert_int_equal(terminal_end(&d.terminal), 0);
        check_recorded(w);
}

/* ---- Nothing under way ---- */

enum way { BY_CTRL_C, BY_CTRL_C_PIPED, BY_TERM, BY_INT, BY_HUP, BY_KILL, BY_CLOSING, BY_PLUGIN };

static const struct {
        unsigned streams;
        int docker_code;
} ways[] = {
        [BY_CTRL_C] = { TERMINAL_ALL, 130 },
        [BY_CTRL_C_PIPED] = { PIPED, 130 },
        [BY_TERM] = { 0, 130 },
        [BY_INT] = { 0, 130 },
        [BY_HUP] = { 0, 128 + SIGHUP },
        [BY_KILL] = { 0, 128 + SIGKILL },
        [BY_CLOSING] = { TERMINAL_ALL, 128 + SIGHUP },
        [BY_PLUGIN] = { TERMINAL_ALL, 130 },
};

static void stop(struct session_of_docker *d, enum way way) {
        static const int signals[] = { [BY_TERM] = SIGTERM, [BY_INT] = SIGINT, [BY_HUP] = SIGHUP, [BY_KILL] = SIGKILL };
        if (way == BY_CTRL_C || way == BY_CTRL_C_PIPED)
                terminal_type(&d->terminal, CTRL_C);
        else if (way == BY_CLOSING)
                terminal_close(&d->terminal);
        else if (way == BY_PLUGIN)
                assert_int_equal(kill(d->plugin, SIGTERM), 0);
        else
                tell_docker(d, signals[way]);
}

/* What was just being drawn on a terminal that is closed is lost: 1, if that is noticed before the signal comes. */
static void check_code_left_behind(int code, enum way way) {
        if (way != BY_CLOSING || code != 1)
                assert_int_equal(code, 130);
}

static void check_ends(struct world *w, const char *arguments) {
        bool tells = docker_tells(w);
        for (size_t way = 0; way < N_ELEMENTS(ways); way++) {
                struct session_of_docker d;
                /* Untold, what has no end of its own would have none. */
                if (!tells && (way == BY_TERM || way == BY_INT || way == BY_HUP || way == BY_KILL))
                        continue;
                print_message("%s, way %zu\n", arguments, way);
                start(&d, w, arguments, ways[way].streams);
                stop(&d, (enum way)way);
                if (ways[way].docker_code != 130)
                        check_code_left_behind(terminal_end_orphan(&d.terminal, d.plugin), (enum way)way);
                assert_int_equal(terminal_end(&d.terminal), ways[way].docker_code);
        }
}

static void test_watching_ends(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name web " MONITORED "--health-cmd true --health-interval 1h autoheal-demo " OBEDIENT);
        world_do(w, "docker autoheal");
        check_ends(w, "check --wait=9m");
        check_ends(w, "ps --watch");
        check_ends(w, "events --follow");
        check_quiet_pass(w);
}

static void test_waiting_for_the_lock_ends(void **state) {
        struct world *w = *state;
        world_do(w, "docker autoheal");
        pid_t holder = world_start(w, "exec 9>>\"$AUTOHEAL_DATA_DIR/pass.lock\"; flock 9; touch \"$SHARE/held\"; exec sleep 1000");
        world_await_file(w->share, "held");
        check_ends(w, "run --wait-lock 9m");
        (void)run_end(holder, SIGTERM);
        check_quiet_pass(w);
}

/* The restart is done; what is waited for is that the container becomes well, which it never does. */
static void test_waiting_for_health_ends(void **state) {
        struct world *w = *state;
        struct session_of_docker d;
        world_do(w, "docker run -d --name web " MONITORED
                    "--health-cmd false --health-interval 1s --health-retries 1 autoheal-demo " OBEDIENT);
        world_await(w, "web", HEALTH, "unhealthy");
        start(&d, w, "run --wait=9m", TERMINAL_ALL);
        terminal_await(&d.terminal, "Waiting for what was restarted to become well");
        terminal_type(&d.terminal, CTRL_C);
        assert_int_equal(terminal_end(&d.terminal), 130);
        check_event(w, "restart", "web", "status", "\"success\"");
        assert_int_equal(world_count_events(w, "restart", "web"), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_ctrl_c),
                world_test(test_ctrl_c_twice),
                world_test(test_ctrl_c_into_a_pipe),
                world_test(test_ctrl_c_into_a_pipe_twice),
                world_test(test_docker_is_terminated),
                world_test(test_docker_is_interrupted),
                world_test(test_docker_is_terminated_three_times),
                world_test(test_docker_is_terminated_on_a_terminal),
                world_test(test_docker_hangs_up),
                world_test(test_docker_is_killed),
                world_test(test_docker_is_killed_on_a_terminal),
                world_test(test_terminal_is_closed),
                world_test(test_plugin_is_terminated),
                world_test(test_nohup),
                world_test(test_watching_ends),
                world_test(test_waiting_for_the_lock_ends),
                world_test(test_waiting_for_health_ends),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
