/* SPDX-License-Identifier: MIT */
/* serve and an engine that goes, comes back, hangs or lies: it stays up, says so, blames no container, and heals afterwards. */
#include "support/service.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#define WELL "container web health=healthy label=autoheal=true\n"
#define SICK "container web health=unhealthy label=autoheal=true\n"

static void start_watching(struct scene *s, pid_t *ret) {
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        scene_world(s, WELL);
        *ret = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        fake_await(s->fake, "/events", 1);
}

/* The engine ends, and another one is started in its place. */
static void renew_engine(struct scene *s, const char *world) {
        s->fake = fake_start(s->dir, world, true);
}

static void end_engine(struct scene *s) {
        fake_stop(s->fake);
        s->fake = NULL;
}

/* It has gone and come back once, and nothing else was told or counted than one restart afterwards. */
static void check_one_absence(struct scene *s, pid_t pid) {
        service_await_events(s, "engine", NULL, 2);
        service_await_events(s, "restart", "web", 1);
        service_await(s, "/metrics", "\nautoheal_engine_up 1\n");
        assert_int_equal(run_end(pid, SIGTERM), 0);
        assert_int_equal(count_events(s, "engine", NULL), 2);
        assert_int_equal(count_events(s, "restart", NULL), 1);
        assert_int_equal(count_events(s, "quarantine", NULL), 0);
        assert_int_equal(count_events(s, "storm", NULL), 0);
        assert_int_equal(service_count_log(s, " - engine - INFO - the engine is back"), 1);
        assert_int_equal(service_count_log(s, " - engine - ERROR - "), 1);
}

static void test_away_at_the_start(void **state) {
        struct scene *s = *state;
        end_engine(s);
        pid_t pid = service_start(s, "");
        service_await_log(s, " - engine - ERROR - Cannot connect to the Docker daemon at unix://", 1);
        service_await(s, "/health", "\"docker_connected\":false");
        service_await(s, "/metrics", "\nautoheal_engine_up 0\n");
        check_exit(scene_run(s, "ping"), 0);
        renew_engine(s, SICK);
        check_one_absence(s, pid);
}

static void test_stopped_and_started(void **state) {
        struct scene *s = *state;
        pid_t pid;
        start_watching(s, &pid);
        end_engine(s);
        service_await(s, "/metrics", "\nautoheal_engine_up 0\n");
        assert_int_equal(count_events(s, "restart", NULL), 0);
        renew_engine(s, SICK);
        check_one_absence(s, pid);
}

/* What only it can tell is refused at once; what was seen before is told with its age. */
static void test_questions_while_it_is_away(void **state) {
        struct scene *s = *state;
        pid_t pid;
        start_watching(s, &pid);
        service_await(s, "/api/containers/web/explain", "\"engine_connected\":true");
        end_engine(s);
        service_await(s, "/api/containers/web/explain", "\"engine_connected\":false");
        service_await(s, "/api/containers/web/explain", "\"as_of\":\"2");
        AUTO_FREE char *text = service_get(s, "/api/containers/web");
        check_contains(text, "Cannot connect to the Docker daemon");
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

/* Who waits when it is lost is not kept waiting. */
static void test_lost_while_somebody_waits(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *socket = path_join(s->dir, "api.sock"), *path = path_join(s->dir, "answer");
        const char *const argv[] = {
                "/usr/bin/curl", "-s", "--unix-socket", socket, "-X", "POST", "http://localhost/api/pass", NULL
        };
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        pid_t pid;
        start_watching(s, &pid);
        fake_forget(s->fake);
        scene_world(s, "fault list hang\n");
        pid_t client = run_background(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, fd);
        fake_await(s->fake, "/containers/json", 1);
        end_engine(s);
        assert_int_equal(run_await(client, 30000), 0);
        close(fd);
        AUTO_FREE char *answer = file_get(s->dir, "answer");
        check_contains(answer, "Cannot connect to the Docker daemon");
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

/* On its way down it takes no new connections, and answers on those that it has: an action that gets nowhere is not tried again. */
static void test_goes_down_with_open_connections(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *socket = path_join(s->dir, "docker.sock");
        AUTO_FREE char *away = path_join(s->dir, "away.sock");
        scene_no_waits(s);
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600");
        scene_world(s, WELL);
        pid_t pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        fake_await(s->fake, "/events", 1);
        fake_await(s->fake, "/containers/json", 2);
        scene_world(s, SICK);
        assert_int_equal(rename(socket, away), 0);
        assert_int_equal(kill(pid, SIGUSR1), 0);
        service_await(s, "/metrics", "\nautoheal_engine_up 0\n");
        assert_int_equal(count_events(s, "restart", "web"), 1);
        /* It is asked again, and what it answered on the old ones would not mean that it is back. */
        service_await(s, "/metrics", "autoheal_engine_requests_total{code=\"none\",operation=\"ping\"} 4\n");
        assert_int_equal(count_events(s, "engine", NULL), 1);
        assert_int_equal(rename(away, socket), 0);
        service_await_events(s, "restart", "web", 2);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        assert_int_equal(count_events(s, "engine", NULL), 2);
        assert_int_equal(service_count_log(s, "restart web: restart failed: Cannot connect"), 1);
        assert_int_equal(service_count_log(s, "restart web: restarted"), 1);
        assert_int_equal(service_count_log(s, " - engine - ERROR - "), 1);
}

/* Frozen: connections are taken, and nothing is ever answered. */
static void test_frozen(void **state) {
        struct scene *s = *state;
        pid_t pid;
        start_watching(s, &pid);
        fake_signal(s->fake, SIGSTOP);
        service_await_log(s, "did not answer within", 1);
        service_await(s, "/metrics", "\nautoheal_engine_up 0\n");
        fake_signal(s->fake, SIGCONT);
        service_await(s, "/metrics", "\nautoheal_engine_up 1\n");
        scene_world(s, SICK "event \"health_status: unhealthy\" web\n");
        check_one_absence(s, pid);
}

static void check_faulty_list(struct scene *s, const char *fault, const char *why) {
        pid_t pid;
        start_watching(s, &pid);
        scene_world(s, fault);
        service_await_log(s, why, 1);
        scene_world(s, SICK "event \"health_status: unhealthy\" web\n");
        service_await(s, "/metrics", "\nautoheal_engine_up 0\n");
        assert_int_equal(scene_posts(s), 0);
        scene_world(s, "no-faults\n");
        check_one_absence(s, pid);
}

static void test_garbage(void **state) {
        check_faulty_list(*state, "fault list garbage\n", "sent an answer that is not what its API promises");
}

static void test_truncated(void **state) {
        check_faulty_list(*state, "fault list truncate=300\n", "sent an answer that is not what its API promises");
}

static void test_cut(void **state) {
        check_faulty_list(*state, "fault list cut=300\n", "error during connect");
}

static void test_refused(void **state) {
        check_faulty_list(*state, "fault list 500\n", "Error response from daemon");
}

/* Engines that begin to end refuse now and then: that is no absence yet. */
static void test_refused_once(void **state) {
        struct scene *s = *state;
        pid_t pid;
        start_watching(s, &pid);
        scene_world(s, "fault list 500 times=1\n");
        fake_await(s->fake, "-> 500", 1);
        scene_world(s, SICK);
        service_await_events(s, "restart", "web", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        assert_int_equal(count_events(s, "engine", NULL), 0);
}

/* A list is worth nothing as long as nobody knows whose it is. */
static void test_list_of_nobody(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK "fault info garbage\n");
        pid_t pid = service_start(s, "");
        service_await_log(s, " - engine - ERROR - the engine at", 1);
        fake_await(s->fake, "/containers/json", 4);
        assert_int_equal(scene_posts(s), 0);
        assert_int_equal(count_events(s, "engine", NULL), 1);
        scene_world(s, "no-faults\n");
        check_one_absence(s, pid);
}

/* ---- The stream of events ---- */

/* What nobody tells of shows in the list that follows. */
static void test_missed_while_the_stream_was_cut(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600");
        scene_world(s, WELL "fault events cut=400 times=1\n");
        pid_t pid = service_start(s, "");
        fake_await(s->fake, "/events", 2);
        scene_world(s, "fault events hang\n" SICK "event \"health_status: unhealthy\" web\n");
        service_await_events(s, "restart", "web", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        assert_int_equal(count_events(s, "engine", NULL), 0);
}

/* A proxy may forbid the events: then there is a list every interval, and none for each refusal. */
static void test_forbidden_stream(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600");
        scene_world(s, WELL "fault events 403\n");
        pid_t pid = service_start(s, "");
        fake_await(s->fake, "/events", 4);
        assert_int_equal(fake_count(s->fake, "/containers/json"), 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

/* ---- The engine's own stops ---- */

static void check_engine_restart(struct scene *s, const char *how) {
        pid_t pid;
        scene_no_waits(s);
        scene_env(s, "AUTOHEAL_RESTART_EXIT_GRACE_SECONDS=0");
        scene_world(s, "container job label=autoheal=true\ncontainer by-person exit=137 finished=-60 label=autoheal=true\n"
                       "event kill by-person -61 signal=15\nevent die by-person -60 exitCode=137\nevent stop by-person -60\n");
        start_watching(s, &pid);
        /* One event is watched: what the journal of another engine cannot know. */
        scene_world(s, "container other\nevent start other\n");
        service_await(s, "/metrics", "autoheal_events_received_total{action=\"start\"} 1\n");
        scene_world(s, how);
        service_await_events(s, "restart", "job", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        assert_int_equal(count_events(s, "restart", "by-person"), 0);
        AUTO_FREE char *events = data_get(s, "events.json");
        check_contains(events, "\"engine-restart\"");
}

/* Just before the engine goes down a person stops one; another goes down with it. */
static void test_stopped_just_before_the_engine(void **state) {
        struct scene *s = *state;
        pid_t pid;
        scene_no_waits(s);
        scene_env(s, "AUTOHEAL_RESTART_EXIT_GRACE_SECONDS=0");
        scene_world(s, "container job label=autoheal=true\ncontainer by-person label=autoheal=true\n");
        start_watching(s, &pid);
        scene_world(s, "container by-person exit=143 finished=-1\nevent kill by-person -1 signal=15\n"
                       "event die by-person -1 exitCode=143\nevent stop by-person -1\n");
        scene_world(s, "engine-restart\n");
        service_await_events(s, "restart", "job", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        assert_int_equal(count_events(s, "restart", "by-person"), 0);
}

/* An engine that is killed ends nobody: who was stopped before was stopped by a person. */
static void test_stopped_just_before_the_engine_is_killed(void **state) {
        struct scene *s = *state;
        pid_t pid;
        scene_no_waits(s);
        scene_env(s, "AUTOHEAL_RESTART_EXIT_GRACE_SECONDS=0");
        scene_world(s, "container job label=autoheal=true\ncontainer by-person label=autoheal=true\n");
        start_watching(s, &pid);
        scene_world(s, "container by-person exit=143 finished=-1\nevent kill by-person -1 signal=15\n"
                       "event die by-person -1 exitCode=143\nevent stop by-person -1\n");
        service_await(s, "/metrics", "autoheal_events_received_total{action=\"stop\"} 1\n");
        scene_world(s, "engine-restart killed\n");
        service_await_events(s, "restart", "job", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        assert_int_equal(count_events(s, "restart", "by-person"), 0);
}

static void test_engine_restart(void **state) {
        check_engine_restart(*state, "engine-restart\n");
}

static void test_engine_killed(void **state) {
        check_engine_restart(*state, "engine-restart killed\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_away_at_the_start),
                scene_test(test_stopped_and_started),
                scene_test(test_questions_while_it_is_away),
                scene_test(test_lost_while_somebody_waits),
                scene_test(test_goes_down_with_open_connections),
                scene_test(test_frozen),
                scene_test(test_garbage),
                scene_test(test_truncated),
                scene_test(test_cut),
                scene_test(test_refused),
                scene_test(test_refused_once),
                scene_test(test_list_of_nobody),
                scene_test(test_missed_while_the_stream_was_cut),
                scene_test(test_forbidden_stream),
                scene_test(test_engine_restart),
                scene_test(test_stopped_just_before_the_engine),
                scene_test(test_stopped_just_before_the_engine_is_killed),
                scene_test(test_engine_killed),
        };
        return cmocka_run_group_tests_name("serve and its engine", tests, NULL, NULL);
}
