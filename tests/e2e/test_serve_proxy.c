/* SPDX-License-Identifier: MIT */
/* `docker autoheal serve` whose way to a real engine is bad: cut, truncated, garbled, slow. Whoever else asks the engine reaches it. */
#include "support/engine.h"
#include "support/proxy.h"

/* Nothing but the engine's events and its return make it look. */
#define NO_INTERVAL "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600"
#define ASK         "curl -s --unix-socket \"$AUTOHEAL_DATA_DIR.sock\" http://localhost"

struct wish {
        struct world *w;
        const char *path, *text, *container;
        size_t n;
};

static bool says(void *arg) {
        const struct wish *wish = arg;
        return strstr(world_run(wish->w, ASK "%s", wish->path)->out, wish->text) != NULL;
}

static void await_said(struct world *w, const char *path, const char *text) {
        struct wish wish = { .w = w, .path = path, .text = text };
        if (!eventually(says, &wish, WORLD_AWAIT_MS))
                fail_msg("%s does not say '%s' but: %s", path, text, w->last.out);
}

static bool happened(void *arg) {
        const struct wish *wish = arg;
        return world_count_events(wish->w, wish->text, wish->container) >= wish->n;
}

static void await_events(struct world *w, const char *type, const char *container, size_t n) {
        struct wish wish = { .w = w, .text = type, .container = container, .n = n };
        if (eventually(happened, &wish, WORLD_AWAIT_MS))
                return;
        print_error("%s\n", world_run(w, "cat \"$AUTOHEAL_DATA_DIR/logs/autoheal.log\"; " ASK "/api/status")->out);
        fail_msg("not %zu events '%s' about '%s'", n, type, container ? container : "any");
}

static pid_t start_behind(struct world *w, const struct proxy *proxy) {
        char text[512];
        snprintf(text, sizeof(text), "AUTOHEAL_UI_LISTEN_ADDRESS=unix://%s.sock", w->data);
        world_env(w, text);
        snprintf(text, sizeof(text), "DOCKER_HOST=%s exec docker autoheal serve", proxy_host(proxy));
        pid_t pid = world_start(w, text);
        await_said(w, "/api/status", "\"events_watched\":true");
        return pid;
}

static void run_web(struct world *w) {
        world_do(w, "docker run -d --name web " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        world_await(w, "web", HEALTH, "healthy");
}

/* It gets sick while the engine is out of reach, and somebody is stopped by hand meanwhile. */
static void bear(struct world *w, struct proxy *proxy, enum proxy_mode mode, const char *word, size_t round) {
        print_message("%s\n", word);
        world_do(w, "docker run -d --name person-%s " MONITORED "autoheal-demo " OBEDIENT, word);
        await_said(w, "/api/containers", word);
        proxy_set(proxy, mode);
        world_do(w, SICKEN, "web");
        world_await(w, "web", HEALTH, "unhealthy");
        await_said(w, "/metrics", "\nautoheal_engine_up 0\n");
        await_said(w, "/health", "\"docker_connected\":false");
        await_said(w, "/health", "\"status\":\"healthy\"");
        await_said(w, "/api/status", "\"connected\":false");
        assert_null(strstr(w->last.out, "\"error\":null,\"version\""));
        world_do(w, "docker stop person-%s", word);
        assert_int_equal(world_count_events(w, "engine", NULL), 2 * round + 1);
        assert_int_equal(world_count_events(w, "restart", NULL), 2 * round);

        proxy_set(proxy, PROXY_PASS);
        await_events(w, "engine", NULL, 2 * round + 2);
        await_events(w, "restart", "web", 2 * round + 1);
        await_said(w, "/metrics", "\nautoheal_engine_up 1\n");
        await_said(w, "/health", "\"docker_connected\":true");
        world_await(w, "web", HEALTH, "healthy");
        /* And it hears what the engine tells as before. */
        await_said(w, "/api/status", "\"events_watched\":true");
        world_do(w, SICKEN, "web");
        await_events(w, "restart", "web", 2 * round + 2);
        world_await(w, "web", HEALTH, "healthy");
}

static void test_bad_ways(void **state) {
        static const struct {
                enum proxy_mode mode;
                const char *word;
        } ways[] = {
                { PROXY_CUT, "cut" },
                { PROXY_TRUNCATE, "truncated" },
                { PROXY_GARBLE, "garbled" },
                { PROXY_NOISE, "noise" },
        };
        struct world *w = *state;
        struct proxy *proxy = world_proxy(w);
        world_no_waits(w);
        world_env(w, NO_INTERVAL);
        world_env(w, "AUTOHEAL_RESTART_MAX_RESTARTS=20");
        run_web(w);
        pid_t pid = start_behind(w, proxy);
        for (size_t i = 0; i < N_ELEMENTS(ways); i++)
                bear(w, proxy, ways[i].mode, ways[i].word, i);
        assert_int_equal(world_serve_end(w, pid), 0);
        for (size_t i = 0; i < N_ELEMENTS(ways); i++) {
                char name[32];
                snprintf(name, sizeof(name), "person-%s", ways[i].word);
                check_inspect(w, name, STATUS, "exited");
        }
        assert_int_equal(world_count_events(w, "engine", NULL), 2 * N_ELEMENTS(ways));
        assert_int_equal(world_count_events(w, "restart", NULL), 2 * N_ELEMENTS(ways));
        assert_int_equal(world_count_events(w, "quarantine", NULL), 0);
        assert_int_equal(world_count_events(w, "storm", NULL), 0);
}

/* Late is not away. */
static void test_slow_way(void **state) {
        struct world *w = *state;
        struct proxy *proxy = world_proxy(w);
        world_no_waits(w);
        world_env(w, NO_INTERVAL);
        run_web(w);
        proxy_set(proxy, PROXY_DELAY);
        pid_t pid = start_behind(w, proxy);
        world_do(w, SICKEN, "web");
        await_events(w, "restart", "web", 1);
        world_await(w, "web", HEALTH, "healthy");
        await_events(w, "recovered", "web", 1);
        assert_int_equal(world_serve_end(w, pid), 0);
        assert_int_equal(world_count_events(w, "engine", NULL), 0);
}

/* The engine goes on with what it was asked for: its answer is lost, the restart is not, and nobody asks for another. */
static void test_cut_under_a_restart(void **state) {
        struct world *w = *state;
        struct proxy *proxy = world_proxy(w);
        world_no_waits(w);
        world_env(w, NO_INTERVAL);
        world_do(w, "docker run -d --name slow --stop-timeout 2 " MONITORED SHARED SICKENABLE "autoheal-demo " STUBBORN);
        world_await(w, "slow", HEALTH, "healthy");
        pid_t pid = start_behind(w, proxy);
        world_do(w, SICKEN, "slow");
        world_await_file(w->share, "asked");
        proxy_set(proxy, PROXY_CUT);
        await_said(w, "/metrics", "\nautoheal_engine_up 0\n");
        check_event(w, "restart", "slow", "status", "\"unknown\"");
        proxy_set(proxy, PROXY_PASS);
        await_events(w, "recovered", "slow", 1);
        assert_int_equal(world_serve_end(w, pid), 0);
        assert_int_equal(world_count_events(w, "quarantine", NULL), 0);
        world_do(w, "docker events --since 0 --until $(date +%%s) --filter container=slow --filter event=restart | wc -l");
        assert_string_equal(w->last.out, "1\n");
        world_do(w, "docker autoheal ps --format json");
        check_contains(w->last.out, "\"restarts\":1,");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_bad_ways),
                world_test(test_slow_way),
                world_test(test_cut_under_a_restart),
        };
        return cmocka_run_group_tests_name("serve behind a proxy", tests, engine_group_setup, engine_group_teardown);
}
