/* SPDX-License-Identifier: MIT */
/* How serve ends: at once with nothing in flight, whatever else is open; after what is in flight; and by kill -9, which loses nothing. */
#include "autoheal/util/buf.h"
#include "support/remembered.h"
#include "support/service.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Less than any limit for which it might wait instead: 15 s for an engine's answer, 60 s for an idle connection. */
#define AT_ONCE_MS 10000
#define N_SICK     5

static void check_ends_at_once(pid_t pid) {
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(run_await(pid, AT_ONCE_MS), 0);
}

static int knock(struct scene *s, const char *text) {
        struct sockaddr_un addr = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/api.sock", s->dir);
        assert_int_equal(connect(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
        assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
        return fd;
}

static bool is_at_its_end(int fd) {
        char bytes[16384];
        ssize_t n;
        while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
                continue;
        return n == 0;
}

/* ---- Nothing is in flight ---- */

static void test_open_connections_keep_nobody(void **state) {
        static const char *const texts[] = {
                "",
                "GET /api/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
        };
        struct scene *s = *state;
        int fds[N_ELEMENTS(texts)];
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        pid_t pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        for (size_t i = 0; i < N_ELEMENTS(texts); i++)
                fds[i] = knock(s, texts[i]);
        service_await(s, "/health", "\"healthy\"");
        check_ends_at_once(pid);
        for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
                assert_true(is_at_its_end(fds[i]));
                close(fds[i]);
        }
        assert_false(file_there(s->dir, "api.sock"));
}

/* Who is in the middle of a request, or does not take an answer, is no restart either. */
static void test_slow_clients_keep_nobody(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        pid_t pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        int head = knock(s, "GET /health HTTP/1.1\r\nHo"),
            body = knock(s, "PUT /api/config/ui HTTP/1.1\r\nContent-Length: 9\r\n\r\n{");
        struct buf many AUTO(buf_release) = BUF_INIT(65536);
        for (int i = 0; i < 300; i++)
                buf_add_str(&many, "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n");
        int reader = knock(s, buf_str(&many));
        service_await(s, "/health", "\"healthy\"");
        check_ends_at_once(pid);
        close(head);
        close(body);
        close(reader);
}

/* A question is no action: the list that never comes is not waited for. */
static void test_look_under_way_keeps_nobody(void **state) {
        struct scene *s = *state;
        scene_world(s, "fault list hang\n");
        pid_t pid = service_start(s, "");
        service_await(s, "/ready", "\"not ready\"");
        check_ends_at_once(pid);
        assert_int_equal(fake_count(s->fake, "/containers/json?all=1 -> 200"), 0);
}

static void test_frozen_engine_keeps_nobody(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        pid_t pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        fake_signal(s->fake, SIGSTOP);
        assert_int_equal(kill(pid, SIGUSR1), 0);
        assert_int_equal(kill(pid, SIGTERM), 0);
        int code = run_await(pid, AT_ONCE_MS);
        fake_signal(s->fake, SIGCONT);
        assert_int_equal(code, 0);
}

/* ---- Something is ---- */

static bool all_under_way(void *fake) {
        return fake_peak_actions(fake) == N_SICK;
}

static void start_with_sick(struct scene *s, const char *fault, pid_t *ret) {
        scene_no_waits(s);
        scene_world(s, "population 5 unhealthy label=autoheal=true\n");
        for (int i = 0; i < N_SICK; i++) {
                char line[64];
                snprintf(line, sizeof(line), "on-restart member-%04d health=healthy\n", i);
                scene_world(s, line);
        }
        scene_world(s, fault);
        *ret = service_start(s, "");
        assert_true(eventually(all_under_way, s->fake, 20000));
}

static void check_each_once(struct scene *s) {
        struct fake_action actions[N_SICK];
        assert_int_equal(fake_actions(s->fake, actions, N_SICK, NULL), N_SICK);
        for (size_t i = 0; i < N_SICK; i++) {
                assert_int_equal(actions[i].asked, 1);
                assert_int_equal(actions[i].done, 1);
                assert_int_equal(count_events(s, "restart", actions[i].name), 1);
        }
        assert_int_equal(count_events(s, "quarantine", NULL), 0);
}

static void check_remembered(struct scene *s, bool open) {
        struct remembered r;
        remembered_load(&r, s->data, "after the end");
        for (size_t i = 0; i < N_SICK; i++) {
                char name[32];
                snprintf(name, sizeof(name), "member-%04zu", i);
                const struct memory *m = remembered_of(&r, name);
                assert_int_equal(m->lifetime_restarts, 1);
                assert_int_equal(remembered_intent(m), open);
        }
        remembered_release(&r);
}

static void test_all_in_flight_are_waited_for(void **state) {
        struct scene *s = *state;
        pid_t pid;
        start_with_sick(s, "fault restart delay=700\n", &pid);
        assert_int_equal(kill(pid, SIGTERM), 0);
        /* Until the last is recorded it tells how it is, and begins nothing. */
        service_await_log(s, "stopping: waiting for what is under way: restart ", 1);
        assert_int_equal(run_await(pid, 30000), 0);
        check_each_once(s);
        check_remembered(s, false);
}

static bool one_under_way(void *fake) {
        return fake_peak_actions(fake) == 1;
}

static void test_questions_are_answered_until_the_end(void **state) {
        struct scene *s = *state;
        char answer[4096] = "";
        pid_t pid;
        start_with_sick(s, "fault restart hang\n", &pid);
        assert_int_equal(kill(pid, SIGTERM), 0);
        service_await_log(s, "stopping: waiting for what is under way", 1);
        service_await(s, "/api/status", "\"total_containers\"");
        service_await(s, "/metrics", "autoheal_engine_up 1");
        service_await(s, "/api/containers/member-0000", "serve is stopping");
        int fd = knock(s, "POST /api/maintenance/enable HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
        assert_true(recv(fd, answer, sizeof(answer) - 1, 0) > 0);
        close(fd);
        check_contains(answer, "HTTP/1.1 503 ");
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(run_await(pid, AT_ONCE_MS), 130);
}

/* Who asked for it by hand still gets an answer. */
static void test_client_of_a_restart_is_answered(void **state) {
        struct scene *s = *state;
        char answer[4096] = "";
        scene_world(s, "container web health=healthy label=autoheal=true\nfault restart delay=700\n");
        pid_t pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        int fd = knock(s, "POST /api/containers/web/restart HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
        assert_true(eventually(one_under_way, s->fake, 20000));
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(run_await(pid, 30000), 0);
        assert_true(recv(fd, answer, sizeof(answer) - 1, 0) > 0);
        close(fd);
        check_contains(answer, "HTTP/1.1 200 OK\r\n");
        assert_int_equal(count_events(s, "restart", "web"), 1);
}

static void test_second_signal_waits_for_nothing(void **state) {
        struct scene *s = *state;
        pid_t pid;
        start_with_sick(s, "fault restart hang\n", &pid);
        assert_int_equal(kill(pid, SIGTERM), 0);
        service_await_log(s, "stopping: waiting for what is under way", 1);
        assert_int_equal(run_await(pid, 0), -1);
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(run_await(pid, AT_ONCE_MS), 130);
        check_remembered(s, true);
}

/* ---- kill -9 ---- */

static bool all_settled(void *arg) {
        struct scene *s = arg;
        return count_events(s, "restart", NULL) >= N_SICK;
}

/* The engine goes on with what it was asked for; whoever comes next sees it, and asks for nothing twice. */
static void test_killed_with_restarts_in_flight(void **state) {
        struct scene *s = *state;
        pid_t pid;
        start_with_sick(s, "fault restart delay=1500 done\n", &pid);
        assert_int_equal(run_end(pid, SIGKILL), 128 + SIGKILL);
        check_remembered(s, true);
        assert_int_equal(count_events(s, "restart", NULL), 0);
        pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        fake_await_idle(s->fake);
        assert_int_equal(kill(pid, SIGUSR1), 0);
        assert_true(eventually(all_settled, s, 20000));
        check_ends_at_once(pid);
        check_each_once(s);
        check_remembered(s, false);
}

/* What was done before stands. */
static void test_killed_after_restarts(void **state) {
        struct scene *s = *state;
        pid_t pid;
        start_with_sick(s, "fault restart delay=100\n", &pid);
        assert_true(eventually(all_settled, s, 20000));
        assert_int_equal(run_end(pid, SIGKILL), 128 + SIGKILL);
        check_each_once(s);
        pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        check_ends_at_once(pid);
        check_each_once(s);
        check_remembered(s, false);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_open_connections_keep_nobody),    scene_test(test_slow_clients_keep_nobody),
                scene_test(test_look_under_way_keeps_nobody),     scene_test(test_frozen_engine_keeps_nobody),
                scene_test(test_all_in_flight_are_waited_for),    scene_test(test_client_of_a_restart_is_answered),
                scene_test(test_second_signal_waits_for_nothing), scene_test(test_killed_with_restarts_in_flight),
                scene_test(test_killed_after_restarts),           scene_test(test_questions_are_answered_until_the_end),
        };
        return cmocka_run_group_tests_name("serve: its end", tests, NULL, NULL);
}
