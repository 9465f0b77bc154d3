/* SPDX-License-Identifier: MIT */
/* Checks of our own on a real engine: what a container answers, what is run in it, and what is left behind in it. */
#include "support/engine.h"

#include <signal.h>

#define EXEC(command) "--label 'autoheal.check.exec=" command "' --label autoheal.check.interval=1 "
/* A container that has a program `timeout`. */
#define WITH_TIMEOUT "autoheal-demo sh -c 'busybox ln -s busybox /bin/timeout; trap \"exit 0\" TERM; sleep 1000 & wait'"

static int setup(void **state) {
        int r = world_setup(state);
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_RESTART_VERIFY_SECONDS=1");
        return r;
}

#define check_world_test(test) cmocka_unit_test_setup_teardown(test, setup, world_teardown)

/* Passes, until what is remembered of the container says so. */
struct said {
        struct world *w;
        const char *name, *says;
};

static bool passes_until(void *arg) {
        struct said *s = arg;
        (void)world_run(s->w, "docker autoheal");
        const struct output *o = world_run(s->w, "docker autoheal healthcheck ls --format '{{.Name}}={{.Says}}'");
        char wanted[64];
        (void)snprintf(wanted, sizeof(wanted), "%s=%s\n", s->name, s->says);
        return strstr(o->out, wanted) != NULL;
}

static void await_check(struct world *w, const char *name, const char *says) {
        struct said s = { w, name, says };
        if (!eventually(passes_until, &s, WORLD_AWAIT_MS))
                fail_msg("the check of %s never says %s: %s", name, says, w->last.out);
}

/* Processes of a container whose command line is that. */
static size_t processes(struct world *w, const char *name, const char *command) {
        const struct output *o = world_run(w, "docker top %s -eo pid,args", name);
        size_t n = 0;
        check_exit(o, 0);
        for (const char *at = o->out; (at = strstr(at, command)); at += strlen(command))
                n++;
        return n;
}

struct running {
        struct world *w;
        const char *name, *command;
};

static bool runs(void *arg) {
        struct running *r = arg;
        return processes(r->w, r->name, r->command) > 0;
}

static bool ran_again(void *arg) {
        struct said *s = arg;
        (void)world_run(s->w, "docker autoheal");
        return strcmp(world_run(s->w, "docker autoheal healthcheck ls --no-trunc --format '{{.LastRun}}'")->out, s->says) != 0;
}

/* Of the only check that there is. */
static void await_run(struct world *w) {
        AUTO_FREE char *last = xstrdup(world_run(w, "docker autoheal healthcheck ls --no-trunc --format '{{.LastRun}}'")->out);
        struct said s = { w, NULL, last };
        assert_true(eventually(ran_again, &s, WORLD_AWAIT_MS));
}

static bool was_restarted(void *arg) {
        struct world *w = arg;
        (void)world_run(w, "docker autoheal");
        return world_count_events(w, "restart", NULL) > 0;
}

static void test_it_is_restarted_once_and_recovers(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name db " MONITORED EXEC("test ! -e /run/sick") "--tmpfs /run autoheal-demo " OBEDIENT);
        await_check(w, "db", "passed");
        world_do(w, "docker exec db touch /run/sick");
        assert_true(eventually(was_restarted, w, WORLD_AWAIT_MS));
        await_check(w, "db", "passed");
        assert_int_equal(world_count_events(w, "restart", "db"), 1);
        assert_int_equal(world_count_events(w, "recovered", "db"), 1);
        check_event(w, "restart", "db", "reason", "\"check\"");
        assert_int_equal(world_count_events(w, "health_check", "db"), 2);
}

static void test_what_hangs_is_run_once(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name hang " MONITORED EXEC(
                            "sleep 555") "--label autoheal.check.timeout=1 autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name sick " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        world_await(w, "sick", HEALTH, "healthy");
        world_do(w, SICKEN, "sick");
        world_await(w, "sick", HEALTH, "unhealthy");
        /* It never passed: nothing follows for the container, however often it fails. */
        await_check(w, "hang", "unproven");
        assert_int_equal(processes(w, "hang", "sleep 555"), 1);
        assert_int_equal(world_count_events(w, "restart", "hang"), 0);
        assert_int_equal(world_count_events(w, "restart", "sick"), 1);
        check_contains(world_run(w, "docker autoheal events --container hang")->out, "cannot be ended from outside");
}

static void test_what_hangs_is_killed_by_timeout(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name hang " MONITORED EXEC("sleep 555") "--label autoheal.check.timeout=1 " WITH_TIMEOUT);
        await_check(w, "hang", "unproven");
        assert_int_equal(processes(w, "hang", "sleep 555"), 0);
        check_contains(world_run(w, "docker autoheal explain hang")->out, "killed after 1 s");
}

static void test_what_forks_is_not_run_again(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name forks " MONITORED EXEC("sleep 555 & exit 0") "autoheal-demo " OBEDIENT);
        await_check(w, "forks", "unknown");
        (void)world_run(w, "docker autoheal");
        assert_int_equal(processes(w, "forks", "sleep 555"), 1);
        check_judged(w, "forks", "starting", "check-unknown");
        assert_int_equal(world_count_events(w, "restart", "forks"), 0);
}

/* Its own failure counts once, however long what it left stands in the way of the next run. */
static void test_one_failure_stays_one(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name forks " MONITORED EXEC(
                            "test ! -e /run/sick || { sleep 555 & exit 1; }") "--label autoheal.check.retries=2 --tmpfs /run "
                                                                              "autoheal-demo " OBEDIENT);
        await_check(w, "forks", "passed");
        world_do(w, "docker exec forks touch /run/sick");
        await_check(w, "forks", "unknown");
        world_do(w, "docker exec forks rm /run/sick");
        for (int i = 0; i < 2; i++)
                await_run(w);
        assert_int_equal(processes(w, "forks", "sleep 555"), 1);
        assert_int_equal(world_count_events(w, "restart", "forks"), 0);
        check_data(w, "containers.json", "forks.check_streak", "1");
        world_do(w, "kill $(docker top forks -eo pid,args | sed -n 's/^\\([0-9]*\\) *sleep 555$/\\1/p')");
        await_check(w, "forks", "passed");
}

/* Runs that nobody remembers: by hand, and of a pass that was killed. */
static void test_whoever_runs_it_it_is_run_once(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name hang " MONITORED EXEC(
                            "sleep 555") "--label autoheal.check.timeout=2 autoheal-demo " OBEDIENT);
        pid_t test = world_start(w, "exec \"$DOCKER_CONFIG/cli-plugins/docker-autoheal\" healthcheck test hang");
        struct running r = { w, "hang", "sleep 555" };
        assert_true(eventually(runs, &r, WORLD_AWAIT_MS));
        (void)run_end(test, SIGKILL);
        for (int i = 0; i < 2; i++) {
                const struct output *o = world_run(w, "docker autoheal healthcheck test hang");
                check_exit(o, 1);
                check_contains(o->out, "no end within 2 s, and it cannot be ended from outside");
        }
        await_check(w, "hang", "unproven");
        assert_int_equal(processes(w, "hang", "sleep 555"), 1);
}

static void test_what_prints_a_lot(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name loud " MONITORED EXEC(
                            "head -c 300000000 /dev/zero") "--label autoheal.check.timeout=60 autoheal-demo " OBEDIENT);
        await_check(w, "loud", "passed");
}

static void test_what_prints_without_end(void **state) {
        struct world *w = *state;
        world_do(w,
                 "docker run -d --name loud " MONITORED EXEC("exec busybox yes") "--label autoheal.check.timeout=1 " WITH_TIMEOUT);
        await_check(w, "loud", "unproven");
        assert_int_equal(processes(w, "loud", "yes"), 0);
        check_contains(world_run(w, "docker autoheal healthcheck ls")->out, "killed after 1 s: y y y");
}

/* Without `timeout`. The engine says of one that it cannot hand its output to anybody that it has ended. */
static void test_what_prints_and_hangs_is_healed(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name loud " MONITORED EXEC(
                            "test ! -e /run/sick || while :; do echo y; sleep 0.2; done") "--label autoheal.check.timeout=1 "
                                                                                          "--tmpfs /run autoheal-demo " OBEDIENT);
        await_check(w, "loud", "passed");
        world_do(w, "docker exec loud touch /run/sick");
        await_run(w);
        await_run(w);
        assert_int_equal(processes(w, "loud", "while :; do echo y"), 1);
        assert_true(eventually(was_restarted, w, WORLD_AWAIT_MS));
        await_check(w, "loud", "passed");
        assert_int_equal(world_count_events(w, "restart", "loud"), 1);
}

static void test_what_is_not_there(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name none " MONITORED "--label 'autoheal.check.exec=[\"/no/such\"]' autoheal-demo " OBEDIENT);
        await_check(w, "none", "unknown");
        check_contains(world_run(w, "docker autoheal healthcheck ls")->out, "it could not be run");
        assert_int_equal(world_count_events(w, "restart", "none"), 0);
}

static void test_a_page_and_a_port(void **state) {
        struct world *w = *state;
        world_do(w, "docker network create net >/dev/null");
        world_do(w, "docker run -d --name web --network net " MONITORED
                    "--label autoheal.check.http=http://localhost:8080/ --label autoheal.check.expect=hello "
                    "--label autoheal.check.retries=1 --label autoheal.check.interval=1 autoheal-demo "
                    "sh -c 'busybox mkdir -p /w; echo hello >/w/index.html; exec httpd -f -p 8080 -h /w'");
        world_do(w, "docker run -d --name beside --network container:web " MONITORED
                    "--label autoheal.check.tcp=8080 autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name shut --network net " MONITORED "--label autoheal.check.tcp=81 autoheal-demo " OBEDIENT);
        await_check(w, "web", "passed");
        await_check(w, "beside", "passed");
        world_do(w, "docker exec web sh -c 'echo bye >/w/index.html'");
        assert_true(eventually(was_restarted, w, WORLD_AWAIT_MS));
        await_check(w, "web", "passed");
        assert_int_equal(world_count_events(w, "restart", "web"), 1);
        assert_int_equal(world_count_events(w, "restart", "shut"), 0);
        const struct output *o = world_run(w, "docker autoheal healthcheck test shut");
        check_exit(o, 1);
        check_contains(o->out, "cannot connect: Connection refused");
        world_do(w, "docker rm -f web beside shut >/dev/null; docker network rm net >/dev/null");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                check_world_test(test_it_is_restarted_once_and_recovers),
                check_world_test(test_what_hangs_is_run_once),
                check_world_test(test_what_hangs_is_killed_by_timeout),
                check_world_test(test_what_forks_is_not_run_again),
                check_world_test(test_one_failure_stays_one),
                check_world_test(test_whoever_runs_it_it_is_run_once),
                check_world_test(test_what_prints_a_lot),
                check_world_test(test_what_prints_without_end),
                check_world_test(test_what_prints_and_hangs_is_healed),
                check_world_test(test_what_is_not_there),
                check_world_test(test_a_page_and_a_port),
        };

        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
