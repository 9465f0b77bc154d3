/* SPDX-License-Identifier: MIT */
/* Running programs under a ceiling and a deadline. */
#include "support/run.h"

#include "autoheal/util/buf.h"
#include "support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define END_MS 180000 /* then it hangs */

int64_t now_ms(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool eventually(bool (*condition)(void *arg), void *arg, int64_t limit_ms) {
        int64_t end = now_ms() + limit_ms;
        while (!condition(arg)) {
                if (now_ms() >= end)
                        return false;
                (void)poll(NULL, 0, 5);
        }
        return true;
}

static int exit_code_of(int status) {
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* In the child: becomes the program. fds are its standard input, output and error. */
static _Noreturn void become(const struct run_ask *ask, const int fds[3]) {
        /* Found before the user changes: the checkout may lie where that user may not even look. */
        int program = open(ask->argv[0], O_PATH | O_CLOEXEC);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int i = 0; i < 3; i++)
                if (dup2(fds[i], i) < 0)
                        _exit(126);
        if (ask->uid != 0 &&
            (setgroups(0, NULL) < 0 || setresgid(ask->uid, ask->uid, ask->uid) < 0 || setresuid(ask->uid, ask->uid, ask->uid) < 0))
                _exit(126);
        /* A shell that runs the tests in the background ignores SIGINT, and what is ignored is inherited. */
        for (int i = 0; i < 4; i++)
                signal((int[]){ SIGPIPE, SIGHUP, SIGINT, SIGTERM }[i], SIG_DFL);
        if (ask->disk_full)
                setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 0, 0 });
        if (program >= 0 && ask->uid != 0)
                fexecve(program, (char *const *)(const void *)ask->argv, (char *const *)(const void *)ask->env);
        else
                execve(ask->argv[0], (char *const *)(const void *)ask->argv, (char *const *)(const void *)ask->env);
        dprintf(2, "cannot run '%s': %s\n", ask->argv[0], strerror(errno));
        _exit(127);
}

static void make_pipe(int fds[2]) {
        if (pipe2(fds, O_CLOEXEC) < 0)
                fail_msg("pipe: %s", strerror(errno));
}

/* fds[0] is our end, fds[1] the program's. Raw: what the program writes is what we read. */
static void make_terminal(int fds[2]) {
        fds[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (fds[0] < 0 || grantpt(fds[0]) < 0 || unlockpt(fds[0]) < 0)
                fail_msg("no pseudo terminal: %s", strerror(errno));
        fds[1] = open(ptsname(fds[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (fds[1] < 0)
                fail_msg("no pseudo terminal: %s", strerror(errno));
        struct termios mode;
        tcgetattr(fds[1], &mode);
        cfmakeraw(&mode);
        tcsetattr(fds[1], TCSANOW, &mode);
}

/* A descriptor that holds the text; the whole fits into a pipe or a test asked for too much. */
static int make_stdin(const char *text) {
        int fds[2];
        if (!text)
                return open("/dev/null", O_RDONLY | O_CLOEXEC);
        make_pipe(fds);
        if (strlen(text) > 65536 || write(fds[1], text, strlen(text)) != (ssize_t)strlen(text))
                fail_msg("standard input is too long for a pipe");
        close(fds[1]);
        return fds[0];
}

/* Reads what is there. False at the end of the stream. A terminal whose other end is closed says EIO. */
static bool drain(int fd, struct buf *into) {
        char chunk[16 * 1024];
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return true;
        if (n <= 0)
                return false;
        buf_add(into, chunk, (size_t)n);
        return true;
}

/* Collects until both streams end. False at the deadline or above the ceiling. */
static bool collect(int out_fd, int err_fd, struct buf *out, struct buf *err, int64_t deadline) {
        struct pollfd fds[2] = { { .fd = out_fd, .events = POLLIN }, { .fd = err_fd, .events = POLLIN } };
        struct buf *into[2] = { out, err };
        while (fds[0].fd >= 0 || fds[1].fd >= 0) {
                int64_t left = deadline - now_ms();
                if (left <= 0 || out->overflowed || err->overflowed)
                        return false;
                if (poll(fds, 2, (int)left) < 0)
                        continue;
                for (int i = 0; i < 2; i++)
                        if (fds[i].fd >= 0 && fds[i].revents && !drain(fds[i].fd, into[i]))
                                fds[i].fd = -1;
        }
        return true;
}

static char *take_text(struct buf *b, size_t *ret_len) {
        *ret_len = b->len;
        return b->data ? TAKE(b->data) : xstrdup("");
}

void run_program(const struct run_ask *ask, struct output *ret) {
        int out[2], err[2] = { -1, -1 }, status;
        struct buf out_text = BUF_INIT(OUTPUT_MAX), err_text = BUF_INIT(OUTPUT_MAX);
        if (ask->on_terminal)
                make_terminal(out);
        else
                make_pipe(out);
        if (!ask->on_terminal)
                make_pipe(err);
        int in = make_stdin(ask->stdin_text);
        pid_t pid = fork();
        if (pid < 0)
                fail_msg("fork: %s", strerror(errno));
        if (pid == 0)
                become(ask, (int[3]){ in, out[1], ask->on_terminal ? out[1] : err[1] });
        close(in);
        close(out[1]);
        if (err[1] >= 0)
                close(err[1]);
        bool ended = collect(out[0], err[0], &out_text, &err_text, now_ms() + (ask->deadline_ms ? ask->deadline_ms : 30000));
        if (!ended)
                kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        close(out[0]);
        if (err[0] >= 0)
                close(err[0]);
        *ret = (struct output){ .exit_code = exit_code_of(status), .timed_out = !ended };
        ret->out = take_text(&out_text, &ret->out_len);
        ret->err = take_text(&err_text, &ret->err_len);
}

void output_release(struct output *o) {
        free(o->out);
        free(o->err);
        *o = (struct output){ 0 };
}

pid_t run_background(const struct run_ask *ask, int out_fd) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        pid_t pid = fork();
        if (null < 0 || pid < 0)
                fail_msg("cannot start '%s': %s", ask->argv[0], strerror(errno));
        if (pid == 0)
                become(ask, (int[3]){ null, out_fd >= 0 ? out_fd : null, out_fd >= 0 ? 2 : null });
        close(null);
        return pid;
}

struct ending {
        pid_t pid;
        int status;
};

static bool has_ended(void *arg) {
        struct ending *e = arg;
        return waitpid(e->pid, &e->status, WNOHANG) == e->pid;
}

int run_await(pid_t pid, int64_t limit_ms) {
        struct ending e = { .pid = pid };
        return eventually(has_ended, &e, limit_ms) ? exit_code_of(e.status) : -1;
}

int run_end(pid_t pid, int signo) {
        kill(pid, signo);
        int code = run_await(pid, END_MS);
        if (code < 0) {
                kill(pid, SIGKILL);
                fail_msg("process %d does not end", (int)pid);
        }
        return code;
}
