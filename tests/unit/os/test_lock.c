/* SPDX-License-Identifier: MIT */
/* Locks held by another process, and what their files tell of it. */
#include "autoheal/os/lock.h"

#include "autoheal/os/file.h"
#include "autoheal/os/self.h"

#include "temporary_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

static const struct now now = { .mono_ms = 1000, .wall_us = INT64_C(1761919071076821) };

struct other {
        pid_t pid;
        int go; /* closing it ends the other process */
};

/* A process that holds the lock until it is told to end. */
static struct other start_holder(const struct temporary_dir *dir, const char *name) {
        struct other other;
        int go[2], ready[2];
        char byte;

        assert_int_equal(pipe(go), 0);
        assert_int_equal(pipe(ready), 0);
        other.pid = fork();
        if (other.pid == 0) {
                struct error err = ERROR_INIT;
                int fd = -1;

                (void)close(go[1]);
                if (lock_try(dir->fd, name, now, &fd, NULL, &err) < 0 || write(ready[1], "x", 1) != 1)
                        _exit(1);
                (void)!read(go[0], &byte, 1);
                _exit(0);
        }
        assert_true(other.pid > 0);
        assert_int_equal(close(go[0]), 0);
        assert_int_equal(close(ready[1]), 0);
        assert_int_equal(read(ready[0], &byte, 1), 1);
        assert_int_equal(close(ready[0]), 0);
        other.go = go[1];
        return other;
}

static void end_holder(struct other other) {
        int status;

        assert_int_equal(close(other.go), 0);
        assert_int_equal(waitpid(other.pid, &status, 0), other.pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_contention(void **state) {
        struct temporary_dir *dir = *state;
        struct other other = start_holder(dir, "pass.lock");
        struct lock_holder holder = { 0 };
        struct error err = ERROR_INIT;
        char host[65], wanted[256];
        AUTO_CLOSE int fd = -1;

        self_host_name(host, sizeof(host));
        assert_int_equal(lock_try(dir->fd, "pass.lock", now, &fd, &holder, &err), -1);
        assert_int_equal(fd, -1);
        assert_int_equal(err.code, ERR_LOCKED);
        assert_int_equal(holder.pid, other.pid);
        assert_string_equal(holder.host, host);
        assert_true(holder.since_us == now.wall_us);
        (void)snprintf(wanted, sizeof(wanted), "another pass runs (pid %ld on '%s' since 2025-10-31T13:57:51.076821+00:00)",
                       (long)other.pid, host);
        assert_string_equal(err.msg, wanted);
        assert_int_equal(lock_try(dir->fd, "pass.lock", now, &fd, NULL, NULL), -1);
        end_holder(other);
        assert_int_equal(lock_try(dir->fd, "pass.lock", now, &fd, &holder, &err), 0);
        assert_true(fd >= 0);
}

static void test_killed_holder(void **state) {
        struct temporary_dir *dir = *state;
        struct other other = start_holder(dir, "pass.lock");
        struct error err = ERROR_INIT;
        AUTO_CLOSE int fd = -1;
        int status;

        assert_int_equal(kill(other.pid, SIGKILL), 0);
        assert_int_equal(waitpid(other.pid, &status, 0), other.pid);
        assert_int_equal(close(other.go), 0);
        assert_int_equal(lock_try(dir->fd, "pass.lock", now, &fd, NULL, &err), 0);
}

static void test_file(void **state) {
        struct temporary_dir *dir = *state;
        struct buf line AUTO(buf_release) = BUF_INIT(1000);
        struct error err = ERROR_INIT;
        char host[65], wanted[256];
        int fd = -1;

        put_file(dir, "pass.lock", "a much longer line of somebody who held it before, with a lot of words in it\n", 0600);
        assert_int_equal(lock_try(dir->fd, "pass.lock", now, &fd, NULL, &err), 0);
        assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        self_host_name(host, sizeof(host));
        (void)snprintf(wanted, sizeof(wanted), "%ld %s 2025-10-31T13:57:51.076821+00:00\n", (long)getpid(), host);
        assert_int_equal(file_read(dir->fd, "pass.lock", &line, &err), 0);
        assert_string_equal(buf_str(&line), wanted);
        fd_close(&fd);
        assert_int_equal(mode_of(dir, "pass.lock"), S_IFREG | 0600);
        assert_int_equal(lock_try(dir->fd, "pass.lock", now, &fd, NULL, &err), 0);
        fd_close(&fd);
}

/* What stands in the file may come from anybody who could write it once. */
static void test_hostile_holder(void **state) {
        static const struct {
                const char *line;
                int64_t pid;
                const char *host;
        } cases[] = {
                { "", 0, "" },
                { "\n", 0, "" },
                { "123 host 2025-10-31T13:57:51Z", 0, "" }, /* not yet whole */
                { "123\n", 0, "" },
                { "123 host\n", 0, "" },
                { "x host 2025-10-31T13:57:51Z\n", 0, "" },
                { "-1 host 2025-10-31T13:57:51Z\n", 0, "" },
                { "99999999999999999999 host 2025-10-31T13:57:51Z\n", 0, "" },
                { "123 host yesterday\n", 0, "" },
                { "123  2025-10-31T13:57:51Z\n", 123, "" },
                { "123 2025-10-31T13:57:51Z\n", 0, "" },
                { "123 two words 2025-10-31T13:57:51Z\n", 123, "two words" },
                { "123 \x1b[2J\xff 2025-10-31T13:57:51Z\n", 123, "\\x1b[2J\\xff" },
        };
        struct temporary_dir *dir = *state;
        struct other other = start_holder(dir, "pass.lock");

        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                struct lock_holder holder = { .pid = 77 };
                struct error err = ERROR_INIT;
                int fd = -1;

                put_file(dir, "pass.lock", cases[i].line, 0600);
                assert_int_equal(lock_try(dir->fd, "pass.lock", now, &fd, &holder, &err), -1);
                assert_int_equal(err.code, ERR_LOCKED);
                assert_int_equal(holder.pid, cases[i].pid);
                assert_string_equal(holder.host, cases[i].host);
                if (!cases[i].pid)
                        assert_string_equal(err.msg, "another pass runs");
        }
        end_holder(other);
}

#define SERVE "123 host 2025-10-31T13:57:51Z serve\n"

static void check_places(const struct temporary_dir *dir, const char *text, bool serves, const char *places) {
        struct lock_holder holder = { .pid = 77 };
        bool held = false;

        put_file(dir, "pass.lock", text, 0600);
        assert_int_equal(lock_look(dir->fd, "pass.lock", &held, &holder, NULL), 0);
        assert_true(held);
        assert_int_equal(holder.serves, serves);
        assert_string_equal(holder.places, places);
}

static void test_hostile_places(void **state) {
        struct temporary_dir *dir = *state;
        struct other other = start_holder(dir, "pass.lock");
        char text[2 * LOCK_PLACES_SIZE], most[LOCK_PLACES_SIZE];

        check_places(dir, SERVE, true, "");
        check_places(dir, SERVE "api x\nmetrics y\n", true, "api x\nmetrics y\n");
        check_places(dir, SERVE "api not yet whole", false, "");
        check_places(dir, "123 host 2025-10-31T13:57:51Z\napi x\n", false, "");
        check_places(dir, "\n" SERVE "api x\n", false, "");
        for (size_t more = 0; more < 2; more++) {
                size_t n = LOCK_PLACES_SIZE - 2 + more;

                memset(most, 'x', n);
                most[n] = '\0';
                (void)snprintf(text, sizeof(text), SERVE "%s\n", most);
                check_places(dir, text, true, more ? "" : text + strlen(SERVE));
        }
        memset(text, 'x', sizeof(text));
        memcpy(text + sizeof(text) - 2, "\n", 2);
        check_places(dir, text, false, "");
        end_holder(other);
}

/* Too much is as good as nothing, and the line before stays. */
static void test_places(void **state) {
        struct temporary_dir *dir = *state;
        struct buf line AUTO(buf_release) = BUF_INIT(10000);
        struct error err = ERROR_INIT;
        char most[LOCK_PLACES_SIZE + 1];
        AUTO_CLOSE int fd = -1;

        assert_int_equal(lock_try(dir->fd, "pass.lock", now, &fd, NULL, &err), 0);
        lock_say_serving(fd, now);
        memset(most, 'x', sizeof(most));
        most[LOCK_PLACES_SIZE] = '\0';
        lock_say_places(fd, most);
        lock_say_places(fd, "api x\n");
        assert_int_equal(file_read(dir->fd, "pass.lock", &line, &err), 0);
        assert_non_null(strstr(buf_str(&line), " serve\napi x\n"));
        assert_null(strstr(buf_str(&line), "xx"));
}

static void test_look(void **state) {
        struct temporary_dir *dir = *state;
        struct lock_holder holder = { .pid = 77 };
        struct error err = ERROR_INIT;
        bool held = true;
        AUTO_CLOSE int fd = -1;

        assert_int_equal(lock_look(dir->fd, "pass.lock", &held, &holder, &err), 0);
        assert_false(held);
        assert_int_equal(count_entries(dir), 0);

        struct other other = start_holder(dir, "pass.lock");
        assert_int_equal(lock_look(dir->fd, "pass.lock", &held, &holder, &err), 0);
        assert_true(held);
        assert_int_equal(holder.pid, other.pid);
        assert_true(holder.since_us == now.wall_us);
        end_holder(other);

        put_file(dir, "pass.lock", "left behind\n", 0400);
        assert_int_equal(lock_look(dir->fd, "pass.lock", &held, &holder, &err), 0);
        assert_false(held);
        assert_int_equal(holder.pid, other.pid);
        assert_int_equal(lock_try(dir->fd, "pass.lock", now, &fd, NULL, &err), 0);

        assert_int_equal(mkfifoat(dir->fd, "fifo", 0600), 0);
        assert_int_equal(lock_look(dir->fd, "fifo", &held, &holder, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_int_equal(symlinkat("pass.lock", dir->fd, "link"), 0);
        assert_int_equal(lock_look(dir->fd, "link", &held, &holder, &err), -1);
        assert_int_equal(err.sys_errno, ELOOP);
}

/* Whoever looks takes nobody's place, not even for the moment that it takes. */
static void test_lookers_are_outwaited(void **state) {
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;
        int go[2], status, fd = -1;
        pid_t pid;

        put_file(dir, "pass.lock", "", 0600);
        assert_int_equal(pipe2(go, O_NONBLOCK), 0);
        pid = fork();
        if (pid == 0) {
                struct lock_holder holder;
                bool held;
                char byte;

                (void)close(go[1]);
                while (read(go[0], &byte, 1) < 0) {
                        if (lock_look(dir->fd, "pass.lock", &held, &holder, NULL) < 0)
                                _exit(1);
                }
                _exit(0);
        }
        assert_true(pid > 0);
        for (int i = 0; i < 1000; i++) {
                if (lock_try(dir->fd, "pass.lock", now, &fd, NULL, &err) < 0)
                        fail_msg("at attempt %d: %s", i, err.msg);
                fd_close(&fd);
        }
        (void)close(go[0]);
        (void)close(go[1]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

/* No pass, and so nobody whose name stands in the file. */
static void test_a_looker_that_stays(void **state) {
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;
        AUTO_CLOSE int looker = -1;
        int fd = -1;

        put_file(dir, "pass.lock", "123 host 2025-10-31T13:57:51Z\n", 0600);
        looker = openat(dir->fd, "pass.lock", O_RDONLY | O_CLOEXEC);
        assert_int_equal(flock(looker, LOCK_SH), 0);
        assert_int_equal(lock_try(dir->fd, "pass.lock", now, &fd, NULL, &err), -1);
        assert_int_equal(err.code, ERR_LOCKED);
        assert_string_equal(err.msg, "'pass.lock' is still locked by another process after 1000 ms");
        assert_int_equal(fd, -1);
}

static void test_long_holder(void **state) {
        struct temporary_dir *dir = *state;
        struct other other = start_holder(dir, "pass.lock");
        struct lock_holder holder = { 0 };
        struct error err = ERROR_INIT;
        char line[600] = "123 ";
        int fd = -1;

        memset(line + 4, 'h', 200);
        memcpy(line + 204, " 2025-10-31T13:57:51Z\n", 23);
        put_file(dir, "pass.lock", line, 0600);
        assert_int_equal(lock_try(dir->fd, "pass.lock", now, &fd, &holder, &err), -1);
        assert_int_equal(strlen(holder.host), sizeof(holder.host) - 1);
        memset(line + 4, 'h', sizeof(line) - 5);
        put_file(dir, "pass.lock", line, 0600);
        assert_int_equal(lock_try(dir->fd, "pass.lock", now, &fd, &holder, &err), -1);
        assert_int_equal(holder.pid, 0);
        end_holder(other);
}

static void test_unusable(void **state) {
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;
        int fd = -1;

        put_file(dir, "target", "precious", 0600);
        assert_int_equal(symlinkat("target", dir->fd, "link"), 0);
        assert_int_equal(lock_try(dir->fd, "link", now, &fd, NULL, &err), -1);
        assert_int_equal(err.sys_errno, ELOOP);
        assert_int_equal(mkfifoat(dir->fd, "fifo", 0600), 0);
        assert_int_equal(lock_try(dir->fd, "fifo", now, &fd, NULL, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_int_equal(lock_wait(dir->fd, "missing/lock", 0, &fd, &err), -1);
        assert_int_equal(err.code, ERR_NOT_FOUND);
        assert_int_equal(fd, -1);
}

static void test_wait(void **state) {
        struct temporary_dir *dir = *state;
        struct other other = start_holder(dir, "state.lock");
        struct error err = ERROR_INIT;
        int fd = -1;

        assert_int_equal(lock_wait(dir->fd, "state.lock", 0, &fd, &err), -1);
        assert_int_equal(err.code, ERR_LOCKED);
        assert_string_equal(err.msg, "'state.lock' is still locked by another process after 0 ms");
        assert_int_equal(lock_wait(dir->fd, "state.lock", 30, &fd, &err), -1);
        assert_int_equal(err.code, ERR_LOCKED);
        assert_int_equal(fd, -1);
        end_holder(other);
        assert_int_equal(lock_wait(dir->fd, "state.lock", 0, &fd, &err), 0);
        fd_close(&fd);
}

/* The holder lets go while we wait: it is a child that ends by itself. */
static void test_wait_succeeds(void **state) {
        struct temporary_dir *dir = *state;
        struct other other = start_holder(dir, "state.lock");
        struct error err = ERROR_INIT;
        int fd = -1, status;

        assert_int_equal(close(other.go), 0);
        assert_int_equal(lock_wait(dir->fd, "state.lock", 60000, &fd, &err), 0);
        fd_close(&fd);
        assert_int_equal(waitpid(other.pid, &status, 0), other.pid);
}

static void test_wait_for_a_directory(void **state) {
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;
        int first = -1, second = -1;

        assert_int_equal(lock_wait_directory(dir->path, 0, &first, &err), 0);
        assert_int_equal(lock_wait_directory(dir->path, 50, &second, &err), -1);
        assert_int_equal(err.code, ERR_LOCKED);
        assert_int_equal(second, -1);
        fd_close(&first);
        assert_int_equal(lock_wait_directory(dir->path, 0, &second, &err), 0);
        fd_close(&second);
        assert_int_equal(lock_wait_directory("/nowhere", 0, &second, &err), -1);
        assert_int_equal(err.code, ERR_NOT_FOUND);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                with_dir(test_contention),
                with_dir(test_killed_holder),
                with_dir(test_file),
                with_dir(test_hostile_holder),
                with_dir(test_hostile_places),
                with_dir(test_places),
                with_dir(test_look),
                with_dir(test_long_holder),
                with_dir(test_unusable),
                with_dir(test_wait),
                with_dir(test_wait_succeeds),
                with_dir(test_lookers_are_outwaited),
                with_dir(test_a_looker_that_stays),
                with_dir(test_wait_for_a_directory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
