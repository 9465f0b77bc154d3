/* SPDX-License-Identifier: MIT */
/* What serve tells the system's manager, and what it leaves in the log. */
#include "support/service.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WELL "container web health=healthy label=autoheal=true\n"
#define SICK "container web health=unhealthy label=autoheal=true\n"

/* ---- Told to the manager ---- */

/* The manager's end: a socket with that name ("@..." is abstract), and NOTIFY_SOCKET set. */
static int listen_as_manager(struct scene *s, const char *name) {
        struct sockaddr_un addr = { .sun_family = AF_UNIX };
        char pair[256];
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        size_t len = strlen(name);
        memcpy(addr.sun_path, name, len);
        if (name[0] == '@')
                addr.sun_path[0] = '\0';
        assert_int_equal(bind(fd, (struct sockaddr *)&addr, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
        snprintf(pair, sizeof(pair), "NOTIFY_SOCKET=%s", name);
        scene_env(s, pair);
        return fd;
}

/* The next message but signs of life; fails the test if none comes. */
static const char *next_message(int fd) {
        static char text[4096];
        struct pollfd p = { .fd = fd, .events = POLLIN };
        do {
                if (poll(&p, 1, 30000) != 1)
                        fail_msg("nothing more was told");
                ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
                assert_true(n > 0);
                text[n] = '\0';
        } while (strcmp(text, "WATCHDOG=1") == 0);
        return text;
}

static void await_message(int fd, const char *wanted) {
        while (strcmp(next_message(fd), wanted) != 0)
                continue;
}

static void check_told(struct scene *s, const char *name) {
        int fd = listen_as_manager(s, name);
        scene_world(s, WELL);
        pid_t pid = service_start(s, "");
        await_message(fd, "STATUS=1 containers monitored, 0 failing, 0 quarantined");
        await_message(fd, "READY=1");
        assert_int_equal(kill(pid, SIGHUP), 0);
        await_message(fd, "RELOADING=1");
        await_message(fd, "READY=1");
        assert_int_equal(kill(pid, SIGTERM), 0);
        await_message(fd, "STOPPING=1");
        assert_int_equal(run_await(pid, 30000), 0);
        close(fd);
}

static void test_socket_with_a_path(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *path = path_join(s->dir, "notify");
        check_told(s, path);
}

static void test_abstract_socket(void **state) {
        struct scene *s = *state;
        char name[100];
        snprintf(name, sizeof(name), "@autoheal-test-%d", (int)getpid());
        check_told(s, name);
}

/* Ready is also who knows that the engine is away: it goes on trying. */
static void test_ready_without_an_engine(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *path = path_join(s->dir, "notify");
        int fd = listen_as_manager(s, path);
        scene_env(s, "DOCKER_HOST=unix:///nowhere/docker.sock");
        pid_t pid = service_start(s, "");
        check_contains(next_message(fd), "STATUS=the engine is away: Cannot connect to the Docker daemon");
        await_message(fd, "READY=1");
        assert_int_equal(run_end(pid, SIGTERM), 0);
        close(fd);
}

static void test_signs_of_life(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *path = path_join(s->dir, "notify");
        int fd = listen_as_manager(s, path);
        char text[4096];
        scene_env(s, "WATCHDOG_USEC=20000");
        pid_t pid = service_start(s, "");
        for (int n = 0; n < 5;) {
                ssize_t len = recv(fd, text, sizeof(text), 0);
                n += len == (ssize_t)strlen("WATCHDOG=1") && memcmp(text, "WATCHDOG=1", (size_t)len) == 0;
        }
        assert_int_equal(run_end(pid, SIGTERM), 0);
        close(fd);
}

/* A loop that does not turn sends none, and that is what the manager waits for. Its thread alone is stopped, not the process. */
static void test_no_life_without_the_loop(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *path = path_join(s->dir, "notify");
        int fd = listen_as_manager(s, path), status;
        char text[4096];
        scene_env(s, "WATCHDOG_USEC=20000");
        pid_t pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        assert_int_equal(ptrace(PTRACE_SEIZE, pid, NULL, NULL), 0);
        assert_int_equal(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        while (recv(fd, text, sizeof(text), MSG_DONTWAIT) > 0)
                continue;
        /* Somebody asks how it is, and gives up. */
        check_exit(scene_run(s, "ping"), 1);
        assert_true(recv(fd, text, sizeof(text), MSG_DONTWAIT) < 0);
        assert_int_equal(ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
        assert_int_equal(recv(fd, text, sizeof(text), 0), strlen("WATCHDOG=1"));
        assert_int_equal(run_end(pid, SIGTERM), 0);
        close(fd);
}

static void test_status_follows(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *path = path_join(s->dir, "notify");
        int fd = listen_as_manager(s, path);
        scene_env(s, "AUTOHEAL_RESTART_MODE=on-failure");
        scene_world(s, WELL);
        pid_t pid = service_start(s, "");
        await_message(fd, "STATUS=1 containers monitored, 0 failing, 0 quarantined");
        scene_world(s, "container web exit=3\nevent die web 0 exitCode=3\nfault start 500\n");
        await_message(fd, "STATUS=1 containers monitored, 1 failing, 0 quarantined");
        check_exit(scene_run(s, "quarantine web"), 0);
        assert_int_equal(kill(pid, SIGUSR1), 0);
        await_message(fd, "STATUS=1 containers monitored, 1 failing, 1 quarantined");
        fake_stop(s->fake);
        s->fake = NULL;
        while (strncmp(next_message(fd), "STATUS=the engine is away: ", 27) != 0)
                continue;
        assert_int_equal(kill(pid, SIGTERM), 0);
        await_message(fd, "STOPPING=1");
        assert_int_equal(run_await(pid, 30000), 0);
        close(fd);
}

/* The variables are inherited: they were meant for the parent. */
static void test_signs_of_life_of_another(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *path = path_join(s->dir, "notify");
        int fd = listen_as_manager(s, path);
        char text[4096];
        ssize_t len;
        scene_env(s, "WATCHDOG_USEC=20000");
        scene_env(s, "WATCHDOG_PID=1");
        pid_t pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        assert_int_equal(run_end(pid, SIGTERM), 0);
        while ((len = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
                text[len] = '\0';
                check_lacks(text, "WATCHDOG");
        }
        close(fd);
}

static void test_nobody_listens(void **state) {
        struct scene *s = *state;
        scene_env(s, "NOTIFY_SOCKET=/nowhere/notify");
        pid_t pid = service_start(s, "");
        assert_int_equal(run_end(pid, SIGTERM), 0);
        scene_env(s, "NOTIFY_SOCKET=relative");
        pid = service_start(s, "");
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

/* ---- The log ---- */

static void test_names_cannot_forge_lines(void **state) {
        struct scene *s = *state;
        scene_world(s,
                    "container \"web\\n2026-01-01 00:00:00,000 - pass - INFO - forged\\e[2J\" health=unhealthy label=autoheal=true "
                    "probe=\"out\\n2026-01-01 00:00:00,000 - pass - INFO - forged\\r\\e[2J\"\n");
        pid_t pid = service_start(s, "");
        service_await_log(s, "restarted in ", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        AUTO_FREE char *log = data_get(s, "logs/autoheal.log");
        check_lacks(log, "\n2026-01-01");
        check_lacks(log, "\x1b");
        check_lacks(log, "\r");
        check_contains(log, "forged");
}

static void test_token_is_not_in_the_log(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_OBSERVABILITY_LOG_LEVEL=DEBUG");
        pid_t pid = service_start(s, "");
        assert_int_equal(run_end(pid, SIGTERM), 0);
        AUTO_FREE char *token = data_get(s, "api_token"), *log = data_get(s, "logs/autoheal.log");
        token[strcspn(token, "\n")] = '\0';
        assert_true(strlen(token) >= 32);
        check_contains(log, "/api_token");
        check_lacks(log, token);
}

static void test_json_log(void **state) {
        struct scene *s = *state;
        struct json_lines lines;
        scene_env(s, "AUTOHEAL_OBSERVABILITY_LOG_FORMAT=json");
        scene_world(s, SICK);
        pid_t pid = service_start(s, "");
        service_await_events(s, "restart", "web", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        AUTO_FREE char *log = data_get(s, "logs/autoheal.log");
        json_lines_parse(&lines, log);
        assert_true(lines.n >= 4);
        json_lines_release(&lines);
}

static void test_log_of_a_pass(void **state) {
        struct scene *s = *state;
        scene_first_pass(s);
        scene_world(s, "container other\n");
        check_exit(scene_run(s, "run"), 0);
        assert_false(file_there(s->data, "logs"));
        scene_world(s, SICK);
        check_exit(scene_run(s, "run --dry-run"), 0);
        assert_false(file_there(s->data, "logs"));
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(service_count_log(s, " - pass - INFO - restart web: restarted in "), 1);
        check_lacks(s->last.out, " - pass - ");
        scene_env(s, "DOCKER_HOST=unix:///nowhere/docker.sock");
        check_exit(scene_run(s, "run"), 1);
        assert_int_equal(service_count_log(s, " - autoheal - ERROR - Cannot connect to the Docker daemon"), 1);
}

/* Whoever reads what it prints has stopped reading: the log goes on, and so does healing. */
static void test_reader_that_does_not_read(void **state) {
        struct scene *s = *state;
        int ends[2];
        AUTO_FREE char *listen = path_join(s->dir, "api.sock");
        char pair[256];
        const char *const argv[] = { getenv("AUTOHEAL_BIN"), "serve", NULL };
        snprintf(pair, sizeof(pair), "AUTOHEAL_UI_LISTEN_ADDRESS=unix://%s", listen);
        scene_env(s, pair);
        scene_world(s, "population 300 unhealthy label=autoheal=true\n");
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 0);
        pid_t pid = run_background(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, ends[1]);
        close(ends[1]);
        service_await_log(s, " - pass - INFO - restart member-0299: restarted in ", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        close(ends[0]);
}

/* No file can be written at all: it heals from memory, and says what it cannot do. */
static void test_full_disk(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *listen = path_join(s->dir, "api.sock");
        char pair[256];
        const char *const argv[] = { getenv("AUTOHEAL_BIN"), "serve", NULL };
        snprintf(pair, sizeof(pair), "AUTOHEAL_UI_LISTEN_ADDRESS=unix://%s", listen);
        scene_env(s, pair);
        scene_env(s, "AUTOHEAL_API_TOKEN=0123456789abcdef0123456789abcdef");
        scene_first_pass(s);
        scene_world(s, SICK);
        struct run_ask ask = { .argv = argv, .env = (const char *const *)(const void *)s->env, .disk_full = true };
        pid_t pid = run_background(&ask, -1);
        fake_await(s->fake, "/restart -> 204", 1);
        service_await(s, "/health", "\"state_saved\":false");
        assert_int_equal(run_end(pid, SIGTERM), 0);
        /* The cooldown was remembered without a disk. */
        assert_int_equal(scene_posts(s), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_socket_with_a_path),
                scene_test(test_abstract_socket),
                scene_test(test_ready_without_an_engine),
                scene_test(test_signs_of_life),
                scene_test(test_no_life_without_the_loop),
                scene_test(test_status_follows),
                scene_test(test_signs_of_life_of_another),
                scene_test(test_nobody_listens),
                scene_test(test_names_cannot_forge_lines),
                scene_test(test_token_is_not_in_the_log),
                scene_test(test_json_log),
                scene_test(test_log_of_a_pass),
                scene_test(test_reader_that_does_not_read),
                scene_test(test_full_disk),
        };
        return cmocka_run_group_tests_name("serve: manager and log", tests, NULL, NULL);
}
