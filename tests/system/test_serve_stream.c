/* SPDX-License-Identifier: MIT */
/* serve and the engine's stream of events: one that ends, says nothing any more or never begins, and whose engine is at its other end. */
#include "support/service.h"

#include <signal.h>
#include <unistd.h>

#define WELL "container web health=healthy label=autoheal=true\n"
#define SICK "container web health=unhealthy label=autoheal=true\nevent \"health_status: unhealthy\" web\n"
/* Exit code 1 is a crash's, unless it is known that a person stopped it. */
#define STOPPED_BY_A_PERSON                                                                                                        \
        "container by-person exit=1 finished=-1\nevent kill by-person -1 signal=15\n"                                              \
        "event die by-person -1 exitCode=1\nevent stop by-person -1\n"
#define CRASHED "container job exit=1 finished=-1\nevent die job -1 exitCode=1\n"
/* How a stream is asked for, unlike the journal. */
#define STREAM "/events?filters="
#define END_MS 30000

static pid_t start(struct scene *s, const char *interval, const char *world) {
        scene_no_waits(s);
        scene_env(s, "AUTOHEAL_RESTART_EXIT_GRACE_SECONDS=0");
        scene_env(s, interval);
        scene_world(s, world);
        return service_start(s, "");
}

static void await_stream(struct scene *s) {
        service_await(s, "/api/status", "\"events_watched\":true");
}

/* ---- Who stopped what ---- */

static void check_by_person_stays_down(struct scene *s, pid_t pid) {
        service_await_events(s, "restart", "job", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        assert_int_equal(count_events(s, "restart", "by-person"), 0);
}

static pid_t start_with_two(struct scene *s, const char *more) {
        char world[512];
        snprintf(world, sizeof(world), "container job label=autoheal=true\ncontainer by-person label=autoheal=true\n%s", more);
        pid_t pid = start(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1", world);
        await_stream(s);
        return pid;
}

/* The new engine's journal knows nothing of it: what was watched before the break tells. */
static void test_stopped_before_the_engine_restarts(void **state) {
        struct scene *s = *state;
        pid_t pid = start_with_two(s, "");
        scene_world(s, STOPPED_BY_A_PERSON "engine-restart\n");
        check_by_person_stays_down(s, pid);
}

static void test_stopped_before_the_engine_is_killed(void **state) {
        struct scene *s = *state;
        pid_t pid = start_with_two(s, "");
        scene_world(s, STOPPED_BY_A_PERSON);
        service_await(s, "/metrics", "autoheal_events_received_total{action=\"stop\"} 1\n");
        scene_world(s, "engine-restart killed\n");
        check_by_person_stays_down(s, pid);
}

/* ---- A stream that says nothing any more ---- */

/* The engine was away: what comes after it must not be believed to be watched by a stream that is dead. */
static void test_silent_while_the_engine_is_away(void **state) {
        struct scene *s = *state;
        pid_t pid = start_with_two(s, "fault events stall=4000 times=1\n");
        scene_world(s, "fault list 500\n");
        service_await(s, "/api/status", "\"connected\":false");
        service_await(s, "/api/status", "\"events_watched\":false");
        scene_world(s, "no-faults\n");
        service_await(s, "/api/status", "\"connected\":true");
        await_stream(s);
        fake_await(s->fake, STREAM, 2);
        scene_world(s, STOPPED_BY_A_PERSON CRASHED);
        check_by_person_stays_down(s, pid);
}

/* ---- A stream that never begins ---- */

static void test_without_headers(void **state) {
        struct scene *s = *state;
        pid_t pid = start(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600", WELL "fault events hang times=1\n");
        fake_await(s->fake, "-> hang", 1);
        await_stream(s);
        scene_world(s, SICK);
        service_await_events(s, "restart", "web", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        assert_int_equal(count_events(s, "engine", NULL), 0);
}

/* ---- Whose stream it is ---- */

/* Two engines behind one address, as behind a load balancer. */
struct address {
        char *path, *other_dir;
        struct fake *other;
};

static void point_at(struct address *a, const char *dir) {
        AUTO_FREE char *socket = path_join(dir, "docker.sock"), *fresh = path_join(a->other_dir, "link");
        assert_int_equal(symlink(socket, fresh), 0);
        assert_int_equal(rename(fresh, a->path), 0);
}

static void open_address(struct address *a, struct scene *s, const char *other_world) {
        char host[4200];
        a->path = path_join(s->dir, "either.sock");
        a->other_dir = path_join(s->dir, "other");
        dir_put(a->other_dir, 0755);
        a->other = fake_start(a->other_dir, other_world, false);
        point_at(a, s->dir);
        snprintf(host, sizeof(host), "DOCKER_HOST=unix://%s", a->path);
        scene_env(s, host);
}

static void close_address(struct address *a) {
        fake_stop(a->other);
        free(a->path);
        free(a->other_dir);
}

static void switch_engine(struct address *a, struct scene *s) {
        point_at(a, a->other_dir);
        fake_stop(s->fake);
        s->fake = NULL;
}

/* Nothing is done to the other engine's containers, and what is remembered stays the first one's. */
static void check_refusal(struct address *a, struct scene *s, pid_t pid) {
        assert_int_equal(run_await(pid, END_MS), 78);
        assert_int_equal(fake_count(a->other, "POST"), 0);
        AUTO_FREE char *pass = data_get(s, "pass.json"), *log = data_get(s, "logs/autoheal.log");
        check_contains(pass, "AAAA");
        check_lacks(pass, "BBBB");
        check_contains(log, "belongs to engine AAAA at unix://");
        check_contains(log, "not to engine BBBB at unix://");
}

#define OTHER_ENGINE "engine-id BBBB\ncontainer web health=unhealthy label=autoheal=true\n"

static void test_another_engine_takes_over(void **state) {
        struct scene *s = *state;
        struct address a;
        open_address(&a, s, OTHER_ENGINE);
        pid_t pid = start(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600", "engine-id AAAA\n" WELL);
        await_stream(s);
        switch_engine(&a, s);
        check_refusal(&a, s, pid);
        close_address(&a);
}

static void test_another_engine_at_the_start(void **state) {
        struct scene *s = *state;
        struct address a;
        open_address(&a, s, OTHER_ENGINE);
        pid_t pid = start(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600", "engine-id AAAA\n" WELL);
        await_stream(s);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        switch_engine(&a, s);
        check_refusal(&a, s, scene_start(s, "serve"));
        close_address(&a);
}

/* A socket proxy that forbids /info: then the address alone tells, and what was known of its engine stays known. */
static void test_an_engine_that_does_not_say(void **state) {
        struct scene *s = *state;
        pid_t pid = start(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600", "engine-id AAAA\n" WELL);
        await_stream(s);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        pid = start(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600", "fault info 403\n");
        await_stream(s);
        scene_world(s, "engine-restart\n" SICK);
        service_await_events(s, "restart", "web", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        AUTO_FREE char *pass = data_get(s, "pass.json");
        check_contains(pass, "AAAA");
}

/* While events are watched as well: what is under way is given back (the sanitizer looks). */
static void test_the_directory_becomes_another_engines(void **state) {
        struct scene *s = *state;
        pid_t pid = start(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600", "engine-id AAAA\n" WELL);
        await_stream(s);
        AUTO_FREE char *pass = data_get(s, "pass.json");
        char *id = strstr(pass, "AAAA");
        assert_non_null(id);
        memcpy(id, "CCCC", 4);
        data_put(s, "pass.json", pass);
        scene_world(s, SICK);
        assert_int_equal(run_await(pid, END_MS), 78);
        assert_int_equal(scene_posts(s), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_stopped_before_the_engine_restarts), scene_test(test_stopped_before_the_engine_is_killed),
                scene_test(test_silent_while_the_engine_is_away),    scene_test(test_without_headers),
                scene_test(test_another_engine_takes_over),          scene_test(test_another_engine_at_the_start),
                scene_test(test_an_engine_that_does_not_say),        scene_test(test_the_directory_becomes_another_engines),
        };
        return cmocka_run_group_tests_name("serve and the stream of events", tests, NULL, NULL);
}
