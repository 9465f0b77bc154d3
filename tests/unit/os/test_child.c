/* SPDX-License-Identifier: MIT */
/* A program at the other end of a socket: what it inherits, how it ends, and that it ends with us. */
#include "autoheal/os/child.h"

#include "support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_MS 20000

struct running {
        struct child child;
        int fd; /* our end */
        char out[4096], err[4096];
};

static int start(struct running *r, const char *const *argv, struct error *err) {
        int ends[2], result;

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        *r = (struct running){ .fd = ends[0] };
        result = child_start(&r->child, argv, ends[1], err);
        (void)close(ends[1]);
        return result;
}

static void start_shell(struct running *r, const char *script) {
        const char *const argv[] = { "sh", "-c", script, NULL };
        struct error err = ERROR_INIT;

        if (start(r, argv, &err) < 0)
                fail_msg("%s", err.msg);
}

static size_t read_all(int fd, char *text, size_t size) {
        size_t n = 0;
        ssize_t got;

        do {
                struct pollfd p = { .fd = fd, .events = POLLIN };

                assert_int_equal(poll(&p, 1, LIMIT_MS), 1);
                got = read(fd, text + n, size - 1 - n);
                n += got > 0 ? (size_t)got : 0;
        } while (got > 0);
        text[n] = '\0';
        return n;
}

static bool has_ended(void *arg) {
        return child_ended(arg);
}

/* Reads both outputs to their end and waits for the exit. */
static int finish(struct running *r) {
        read_all(r->fd, r->out, sizeof(r->out));
        read_all(r->child.errors, r->err, sizeof(r->err));
        assert_true(eventually(has_ended, &r->child, LIMIT_MS));
        child_release(&r->child);
        (void)close(r->fd);
        return r->child.wait_status;
}

static void talks_over_one_socket(void **state) {
        struct running r;

        (void)state;
        start_shell(&r, "read a; echo \"got $a\"; echo oops >&2; exit 3");
        assert_int_equal(write(r.fd, "hello\n", 6), 6);
        int status = finish(&r);
        assert_string_equal(r.out, "got hello\n");
        assert_string_equal(r.err, "oops\n");
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 3);
        assert_int_equal(r.child.pid, 0);
}

static void its_errors_do_not_block_us(void **state) {
        struct running r;
        char byte;

        (void)state;
        start_shell(&r, "read a");
        assert_int_equal(read(r.child.errors, &byte, 1), -1);
        assert_int_equal(errno, EAGAIN);
        assert_false(child_ended(&r.child));
        child_release(&r.child);
        (void)close(r.fd);
}

static void tells_how_it_ended(void **state) {
        static const struct {
                const char *script, *text;
        } rows[] = {
                { "exit 0", "exit status 0" },
                { "exit 255", "exit status 255" },
                { "kill -KILL $$", "signal: killed" },
                { "kill -TERM $$", "signal: terminated" },
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct running r;
                char text[CHILD_STATUS_SIZE];

                start_shell(&r, rows[i].script);
                assert_string_equal(child_status_text(finish(&r), text), rows[i].text);
        }
}

static void says_what_cannot_be_run(void **state) {
        static const struct {
                const char *program, *text;
                enum err_code code;
        } rows[] = {
                { "no-such-program", "exec: \"no-such-program\": executable file not found in $PATH", ERR_NOT_FOUND },
                { "/nowhere/ssh", "running '/nowhere/ssh': No such file or directory", ERR_NOT_FOUND },
                { "/etc/passwd", "running '/etc/passwd': Permission denied", ERR_IO },
                { "/", "running '/': Permission denied", ERR_IO },
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                const char *const argv[] = { rows[i].program, NULL };
                struct running r;
                struct error err = ERROR_INIT;

                assert_int_equal(start(&r, argv, &err), -1);
                assert_string_equal(err.msg, rows[i].text);
                assert_int_equal(err.code, rows[i].code);
                (void)close(r.fd);
        }
        /* Nothing is left of those that failed. */
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
}

static void inherits_no_descriptor(void **state) {
        struct running r;
        int extra = dup2(STDIN_FILENO, 77);

        (void)state;
        assert_int_equal(extra, 77);
        /* The shell's own listing needs one more. */
        start_shell(&r, "cd /proc/self/fd && for f in *; do [ -e $f ] && echo $f; done");
        (void)finish(&r);
        (void)close(extra);
        assert_string_equal(r.out, "0\n1\n2\n");
}

/* As Linux before 5.11, and sandboxes that were made before it, answer. */
static int refuse_close_range(void) {
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { .len = N_ELEMENTS(code), .filter = code };

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
                return -1;
        return close_range(~0U, ~0U, 0) < 0 ? 0 : -1;
}

static void inherits_no_descriptor_from_an_old_kernel(void **state) {
        pid_t pid = fork();
        int status = 0;

        (void)state;
        if (pid == 0) {
                if (dup2(STDIN_FILENO, 77) != 77 || refuse_close_range() < 0)
                        _exit(1);
                inherits_no_descriptor(NULL);
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

static void inherits_no_signal_settings(void **state) {
        /* Without 32 and 33, which belong to libc: whoever started us may have left them ignored, and nobody can change that. */
        const char *const argv[] = { "sed", "-n", "/^Sig[BI]/s/[0-9a-f][0-9a-f]*\\(.......\\)$/\\1/p", "/proc/self/status", NULL };
        struct running r;
        sigset_t some, before;

        (void)state;
        (void)sigemptyset(&some);
        (void)sigaddset(&some, SIGTERM);
        (void)sigaddset(&some, SIGUSR1);
        (void)sigprocmask(SIG_BLOCK, &some, &before);
        (void)signal(SIGPIPE, SIG_IGN);
        (void)signal(SIGHUP, SIG_IGN);
        (void)signal(SIGCHLD, SIG_IGN);
        assert_int_equal(start(&r, argv, NULL), 0);
        int status = finish(&r);
        assert_string_equal(r.out, "SigBlk:\t0000000\nSigIgn:\t0000000\n");
        assert_int_equal(status, 0);
        (void)signal(SIGPIPE, SIG_DFL);
        (void)signal(SIGHUP, SIG_DFL);
        (void)sigprocmask(SIG_SETMASK, &before, &some);
        /* And ours are as they were. */
        assert_true(sigismember(&some, SIGTERM));
}

static void has_a_session_of_its_own(void **state) {
        struct running r;

        (void)state;
        start_shell(&r, "read a");
        assert_int_equal(getsid(r.child.pid), r.child.pid);
        assert_int_not_equal(getsid(0), r.child.pid);
        child_release(&r.child);
        (void)close(r.fd);
}

/* In a process that is killed like ours might be; passes the child's pid on. */
static _Noreturn void be_killed(int fd) {
        struct running r;

        start_shell(&r, "trap '' TERM HUP INT; echo ready; exec sleep 1000");
        char ready[6];
        (void)!read(r.fd, ready, sizeof(ready));
        (void)!write(fd, &r.child.pid, sizeof(r.child.pid));
        for (;;)
                (void)pause();
}

static void dies_with_us(void **state) {
        int fds[2], status = 0;
        pid_t us, child = 0;

        (void)state;
        /* Orphans become ours, so that we learn how they ended. */
        assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
        assert_int_equal(pipe(fds), 0);
        us = fork();
        if (us == 0)
                be_killed(fds[1]);
        assert_int_equal(read(fds[0], &child, sizeof(child)), sizeof(child));
        assert_int_equal(kill(us, SIGKILL), 0);
        assert_int_equal(waitpid(us, &status, 0), us);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGKILL);
        assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
        (void)close(fds[0]);
        (void)close(fds[1]);
}

static void release_ends_what_will_not_end(void **state) {
        struct running r;
        char ready[6];
        pid_t pid;

        (void)state;
        start_shell(&r, "trap '' TERM; echo ready; exec sleep 1000");
        assert_int_equal(read(r.fd, ready, sizeof(ready)), sizeof(ready));
        pid = r.child.pid;
        child_signal(&r.child, SIGTERM);
        assert_false(child_ended(&r.child));
        child_release(&r.child);
        assert_int_equal(r.child.pid, 0);
        assert_int_equal(kill(pid, 0), -1);
        child_signal(&r.child, SIGKILL);
        child_release(&r.child);
        (void)close(r.fd);
}

static void needs_no_standard_descriptors_of_ours(void **state) {
        pid_t pid = fork();
        int status = 0;

        (void)state;
        if (pid == 0) {
                struct running r;
                const char *const argv[] = { "sh", "-c", "read a; echo \"got $a\"; echo oops >&2", NULL };
                int ends[2];

                for (int fd = 0; fd < 3; fd++)
                        (void)close(fd);
                r = (struct running){ .fd = -1 };
                if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 || child_start(&r.child, argv, ends[1], NULL) < 0)
                        _exit(1);
                (void)close(ends[1]);
                if (write(ends[0], "x\n", 2) != 2)
                        _exit(2);
                read_all(ends[0], r.out, sizeof(r.out));
                read_all(r.child.errors, r.err, sizeof(r.err));
                child_release(&r.child);
                _exit(str_eq(r.out, "got x\n") && str_eq(r.err, "oops\n") ? 0 : 3);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

/* ---- Left to itself ---- */

static void start_alone(struct child *ret, const char *script, const char *const *env, int in, int *ret_out) {
        const char *const argv[] = { "sh", "-c", script, NULL };
        struct error err = ERROR_INIT;
        int ends[2], verdict;

        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        if (child_start_alone(ret, argv, env, in, ends[1], &verdict, &err) < 0)
                fail_msg("%s", err.msg);
        (void)close(verdict);
        (void)close(ends[1]);
        *ret_out = ends[0];
}

static bool is_over(void *arg) {
        return child_is_over(arg);
}

static void has_the_descriptors_and_the_environment_of_the_caller(void **state) {
        static const char *const env[] = { "A=1", "B=two words", NULL };
        struct child c;
        char out[4096];
        int in, fd;

        (void)state;
        in = memfd_create("in", MFD_CLOEXEC);
        assert_int_equal(write(in, "hello\n", 6), 6);
        assert_int_equal(lseek(in, 0, SEEK_SET), 0);
        start_alone(&c, "read a </dev/stdin; echo \"got $a $A $B ${HOME-none}\"; echo oops >/dev/stderr", env, in, &fd);
        read_all(fd, out, sizeof(out));
        assert_string_equal(out, "got hello 1 two words none\noops\n");
        assert_int_equal(c.errors, -1);
        assert_true(eventually(is_over, &c, LIMIT_MS));
        assert_true(child_ended(&c));
        assert_int_equal(c.wait_status, 0);
        (void)close(fd);
        (void)close(in);
}

/* It is over, but its number is nobody else's before it was waited for: what it left behind can be reached by that. */
static void its_group_outlives_it(void **state) {
        static const char *const env[] = { "PATH=/usr/bin:/bin", NULL };
        struct pollfd p;
        struct child c;
        char byte;
        pid_t pid;
        int fd;

        (void)state;
        start_alone(&c, "sleep 1000 & exit 3", env, STDIN_FILENO, &fd);
        pid = c.pid;
        assert_true(eventually(is_over, &c, LIMIT_MS));
        assert_int_equal(c.pid, pid);
        p = (struct pollfd){ .fd = fd, .events = POLLIN };
        assert_int_equal(poll(&p, 1, 0), 0);
        child_signal_group(&c, SIGKILL);
        assert_int_equal(poll(&p, 1, LIMIT_MS), 1);
        assert_int_equal(read(fd, &byte, 1), 0);
        assert_true(child_ended(&c));
        assert_int_equal(WEXITSTATUS(c.wait_status), 3);
        assert_true(child_is_over(&c));
        child_signal_group(&c, SIGKILL);
        (void)close(fd);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(talks_over_one_socket),
                cmocka_unit_test(its_errors_do_not_block_us),
                cmocka_unit_test(tells_how_it_ended),
                cmocka_unit_test(says_what_cannot_be_run),
                cmocka_unit_test(inherits_no_descriptor),
                cmocka_unit_test(inherits_no_descriptor_from_an_old_kernel),
                cmocka_unit_test(inherits_no_signal_settings),
                cmocka_unit_test(has_a_session_of_its_own),
                cmocka_unit_test(dies_with_us),
                cmocka_unit_test(release_ends_what_will_not_end),
                cmocka_unit_test(needs_no_standard_descriptors_of_ours),
                cmocka_unit_test(has_the_descriptors_and_the_environment_of_the_caller),
                cmocka_unit_test(its_group_outlives_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
