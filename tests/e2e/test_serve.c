/* SPDX-License-Identifier: MIT */
/* `docker autoheal serve` on a real engine: it heals at once, and outlives whatever becomes of the engine. */
#include "support/engine.h"

/* Nothing but the engine's events and its return make it look. */
#define NO_INTERVAL      "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600"
#define SOCKET_OF_ENGINE "$(dirname \"${DOCKER_HOST#unix://}\")"

static bool answers(void *arg) {
        return world_run(arg, "curl -s --unix-socket \"$AUTOHEAL_DATA_DIR.sock\" http://localhost/ready | grep -q '\"ready\"'")
                       ->exit_code == 0;
}

static pid_t start(struct world *w) {
        char pair[512];
        snprintf(pair, sizeof(pair), "AUTOHEAL_UI_LISTEN_ADDRESS=unix://%s.sock", w->data);
        world_env(w, pair);
        pid_t pid = world_start(w, "exec docker autoheal serve");
        assert_true(eventually(answers, w, WORLD_AWAIT_MS));
        return pid;
}

struct wish {
        struct world *w;
        const char *type, *container;
        size_t n;
};

static bool event_is_there(void *arg) {
        struct wish *wish = arg;
        return world_count_events(wish->w, wish->type, wish->container) >= wish->n;
}

static void await_events(struct world *w, const char *type, const char *container, size_t n) {
        struct wish wish = { w, type, container, n };
        if (!eventually(event_is_there, &wish, WORLD_AWAIT_MS))
                fail_msg("not %zu events '%s' about '%s'", n, type, container ? container : "any");
}

#define ASK "curl -s --unix-socket \"$AUTOHEAL_DATA_DIR.sock\" http://localhost"

static bool engine_is_down(void *arg) {
        return world_run(arg, ASK "/metrics | grep -q '^autoheal_engine_up 0'")->exit_code == 0;
}

/* It lives, and says what is the matter. */
static void check_says_down(struct world *w) {
        world_do(w, ASK "/health");
        check_contains(w->last.out, "\"status\":\"healthy\"");
        check_contains(w->last.out, "\"docker_connected\":false");
        world_do(w, ASK "/api/status");
        check_contains(w->last.out, "\"connected\":false");
        check_lacks(w->last.out, "\"error\":null");
}

static void check_says_up(struct world *w) {
        world_do(w, ASK "/health");
        check_contains(w->last.out, "\"docker_connected\":true");
        world_do(w, ASK "/metrics | grep -q '^autoheal_engine_up 1'");
}

/* Neither of the two is a restart more or less near its quarantine. */
static void check_nothing_counts(struct world *w) {
        struct json_lines lines;
        world_do(w, "docker autoheal ps --all --format json");
        json_lines_parse(&lines, w->last.out);
        check_json(json_line_where(&lines, "name", "service"), "restarts", "0");
        check_json(json_line_where(&lines, "name", "by-person"), "restarts", "0");
        json_lines_release(&lines);
        assert_int_equal(world_count_events(w, "quarantine", NULL), 0);
        assert_int_equal(world_count_events(w, "storm", NULL), 0);
}

static void test_heals_at_once(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, NO_INTERVAL);
        world_do(w, "docker run -d --name web " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name by-person " MONITORED "autoheal-demo " OBEDIENT);
        world_await(w, "web", HEALTH, "healthy");
        pid_t pid = start(w);
        world_do(w, SICKEN, "web");
        await_events(w, "restart", "web", 1);
        world_await(w, "web", HEALTH, "healthy");
        await_events(w, "recovered", "web", 1);
        world_do(w, "docker run -d --name job " MONITORED "autoheal-demo sh -c 'sleep 1; exit 3'");
        await_events(w, "restart", "job", 1);
        world_do(w, "docker rm -f job");
        world_do(w, "docker stop by-person");
        world_do(w, SICKEN, "web");
        await_events(w, "restart", "web", 2);
        assert_int_equal(world_serve_end(w, pid), 0);
        check_inspect(w, "by-person", STATUS, "exited");
        assert_int_equal(world_count_events(w, "restart", "by-person"), 0);
}

static pid_t start_with_services(struct world *w, const char *interval) {
        world_no_waits(w);
        world_env(w, interval);
        world_do(w, "docker run -d --name service " MONITORED "autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name by-person " MONITORED "autoheal-demo " OBEDIENT);
        pid_t pid = start(w);
        world_do(w, "docker stop by-person");
        return pid;
}

/* What the engine ended is started again, what a person ended is not, before or after, and nothing of it counts. */
static void check_after_engine(struct world *w, enum engine_end how) {
        pid_t pid = start_with_services(w, NO_INTERVAL);
        world_engine_end(w, how);
        assert_true(eventually(engine_is_down, w, WORLD_AWAIT_MS));
        check_says_down(w);
        world_engine_start(w);
        await_events(w, "restart", "service", 1);
        world_await(w, "service", STATUS, "running");
        check_says_up(w);
        check_event(w, "restart", "service", "reason", "\"engine-restart\"");
        check_nothing_counts(w);
        world_do(w, "docker stop service");
        world_do(w, ASK "/api/pass -f -X POST");
        assert_int_equal(world_serve_end(w, pid), 0);
        check_inspect(w, "service", STATUS, "exited");
        check_inspect(w, "by-person", STATUS, "exited");
        assert_int_equal(world_count_events(w, "restart", NULL), 1);
}

static void test_engine_halts(void **state) {
        check_after_engine(*state, ENGINE_HALT);
}

static void test_engine_crashes(void **state) {
        check_after_engine(*state, ENGINE_CRASH);
}

static void test_power_failure(void **state) {
        check_after_engine(*state, ENGINE_CUT);
}

static void test_engine_freezes(void **state) {
        struct world *w = *state;
        pid_t pid = start_with_services(w, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        world_do(w, "kill -STOP $(cat " SOCKET_OF_ENGINE "/dockerd.pid)");
        bool noticed = eventually(engine_is_down, w, WORLD_AWAIT_MS);
        AUTO_FREE char *health = xstrdup(world_run(w, ASK "/health")->out);
        world_do(w, "kill -CONT $(cat " SOCKET_OF_ENGINE "/dockerd.pid)");
        assert_true(noticed);
        check_contains(health, "\"status\":\"healthy\"");
        check_contains(health, "\"docker_connected\":false");
        await_events(w, "engine", NULL, 2);
        check_says_up(w);
        check_nothing_counts(w);
        world_do(w, "docker run -d --name job " MONITORED "autoheal-demo sh -c 'sleep 1; exit 3'");
        await_events(w, "restart", "job", 1);
        assert_int_equal(world_serve_end(w, pid), 0);
        assert_int_equal(world_count_events(w, "restart", "service"), 0);
        assert_int_equal(world_count_events(w, "restart", "by-person"), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_heals_at_once), world_test(test_engine_halts),   world_test(test_engine_crashes),
                world_test(test_power_failure), world_test(test_engine_freezes),
        };
        return cmocka_run_group_tests_name("serve", tests, engine_group_setup, engine_group_teardown);
}
