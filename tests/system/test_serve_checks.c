/* SPDX-License-Identifier: MIT */
/* Checks of our own while serve runs: none of them holds up its loop, and one can be run by hand over HTTP. */
#include "support/catcher.h"
#include "support/rest.h"
#include "support/service.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

static struct catcher *app;

static int setup(void **state) {
        int r = rest_scene_setup(state);
        struct scene *s = *state;
        app = catcher_start(s->dir);
        return r;
}

static int teardown(void **state) {
        catcher_stop(app);
        return rest_scene_teardown(state);
}

#define with_app(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* A container at this machine's own address, whose check asks the server for that path. */
static void container(struct scene *s, const char *name, const char *path, const char *more) {
        char lines[512];
        (void)snprintf(lines, sizeof(lines),
                       "container %s address=127.0.0.1 label=autoheal=true label=autoheal.check.http=http://localhost:%d%s %s\n",
                       name, catcher_port(app), path, more);
        scene_world(s, lines);
}

static void test_a_check_holds_up_nobody(void **state) {
        struct scene *s = *state;
        container(s, "slow", "/slow/x", "label=autoheal.check.timeout=600");
        scene_world(s, "container sick health=healthy label=autoheal=true\n");
        rest_start(s);
        catcher_await(app, "GET /slow/x", 1);
        check_status(rest_get("/api/status"), 200);
        scene_world(s, "container sick health=unhealthy\n");
        fake_await(s->fake, "/restart", 1);
        check_status(rest_get("/api/containers"), 200);
        assert_int_equal(catcher_count(app, "GET /slow/x"), 1);
}

/* With the next turn an hour away: nothing but the check brings one. */
static void test_what_a_check_says_outlives_the_lock(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600");
        scene_env(s, "AUTOHEAL_OBSERVABILITY_LOG_LEVEL=DEBUG");
        container(s, "web", "/slow/x",
                  "label=autoheal.check.timeout=2 label=autoheal.check.retries=1 label=autoheal.check.interval=3600");
        rest_start(s);
        catcher_await(app, "GET /slow/x", 1);
        AUTO_FREE char *path = path_join(s->data, "state.lock");
        int fd = open(path, O_RDWR | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(flock(fd, LOCK_EX), 0);
        service_await_log(s, "check of web: failed: ", 1);
        /* Answered in the rounds after that: it has tried to write it down. */
        check_status(rest_get("/api/status"), 200);
        check_status(rest_get("/api/status"), 200);
        close(fd);
        service_await_events(s, "health_check", "web", 1);
}

/* What was set is tried at once, however long the run that was under way may take. */
static void test_a_check_that_is_changed_waits_for_no_old_run(void **state) {
        struct scene *s = *state;
        container(s, "web", "/slow/x", "label=autoheal.check.timeout=3600");
        rest_start(s);
        catcher_await(app, "GET /slow/x", 1);
        container(s, "web", "/fine/", "label=autoheal.check.timeout=3600");
        check_status(rest_post("/api/pass", ""), 200);
        catcher_await(app, "GET /fine/", 1);
}

static void check_run(const char *name, const char *status, const char *message) {
        char path[128];
        (void)snprintf(path, sizeof(path), "/api/healthchecks/%s/test", name);
        const struct rest_answer *a = rest_post(path, "");
        check_status(a, 200);
        check_json(rest_root(a), "status", status);
        check_json(rest_root(a), "message", message);
        assert_true(json_type(json_get(rest_root(a), "duration_ms")) == JSON_NUMBER);
}

static void test_a_run_by_hand(void **state) {
        struct scene *s = *state;
        container(s, "well", "/fine/", "");
        container(s, "broken", "/500/x", "");
        container(s, "late", "/slow/x", "label=autoheal.check.timeout=1");
        scene_world(s, "container plain label=autoheal=true\n");
        rest_start(s);
        check_run("well", "\"passed\"", "\"HTTP 200\"");
        check_run("broken", "\"failed\"", "\"HTTP 500 in place of 200\"");
        check_run("late", "\"failed\"", "\"no answer within 1000 ms\"");
        check_status(rest_post("/api/healthchecks/plain/test", ""), 404);
        scene_world(s, "container well state=exited\n");
        check_status(rest_post("/api/healthchecks/well/test", ""), 409);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                with_app(test_a_check_holds_up_nobody),
                with_app(test_what_a_check_says_outlives_the_lock),
                with_app(test_a_check_that_is_changed_waits_for_no_old_run),
                with_app(test_a_run_by_hand),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
