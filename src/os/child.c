/* SPDX-License-Identifier: MIT */
/* A program of our own, from fork to its end. */
#include "autoheal/os/child.h"

#include "autoheal/os/file.h"

#include "autoheal/util/slice.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_FREE_FD 3
#define FDS           "/proc/self/fd"
#define FDS_UNKNOWN   1023 /* the last one to look at where that is not there: what a process may have by default */

/* What it is started with; of the pipes, the end that is read and the one that is written. */
struct channels {
        int in, out, err;       /* what becomes 0, 1 and 2; -1: err is the pipe of errors */
        int errors[2];          /* -1: none */
        int verdict[2];         /* closed by a successful exec, else it carries errno */
        int last_fd;            /* the highest descriptor that is open */
        const char *const *env; /* NULL: ours */
};

static void close_pipes(struct channels *ch) {
        for (size_t i = 0; i < 2; i++) {
                fd_close(&ch->errors[i]);
                fd_close(&ch->verdict[i]);
        }
}

static int open_pipes(struct channels *ch, struct error *err) {
        bool wants_errors = ch->err < 0;

        if (pipe2(ch->verdict, O_CLOEXEC) < 0 || (wants_errors && pipe2(ch->errors, O_CLOEXEC) < 0) ||
            (wants_errors && fcntl(ch->errors[0], F_SETFL, O_NONBLOCK) < 0))
                return error_set_errno(err, errno, "making pipes for a program");
        if (wants_errors)
                ch->err = ch->errors[1];
        return 0;
}

static int find_last_fd(void) {
        DIR *dir = opendir(FDS);
        const struct dirent *entry;
        int64_t last = 0, fd;

        if (!dir)
                return FDS_UNKNOWN;
        while ((entry = readdir(dir))) {
                if (parse_int64(entry->d_name, 0, INT_MAX, &fd) && fd > last)
                        last = fd;
        }
        (void)closedir(dir);
        return (int)last;
}

/* ---- in the child, between fork and exec: only what is allowed in a signal handler ---- */

static _Noreturn void give_up(int verdict) {
        int why = errno;

        (void)!write(verdict, &why, sizeof(why));
        _exit(127);
}

/* Ignored signals stay ignored over exec, and so do blocked ones blocked. */
static void reset_signals(void) {
        struct sigaction action = { .sa_handler = SIG_DFL };
        sigset_t none;

        for (int signo = 1; signo < NSIG; signo++)
                (void)sigaction(signo, &action, NULL);
        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Linux before 5.11 cannot mark them all at once. */
static void close_others_at_exec(int last_fd) {
        if (close_range(FIRST_FREE_FD, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
                return;
        for (int fd = FIRST_FREE_FD; fd <= last_fd; fd++)
                (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static _Noreturn void become(const char *const *argv, const struct channels *ch, pid_t parent) {
        /* Any of these may have one of the numbers 0 to 2, if we were started with those closed. */
        int verdict = fcntl(ch->verdict[1], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
        int in = fcntl(ch->in, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
        int out = fcntl(ch->out, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
        int errors = fcntl(ch->err, F_DUPFD_CLOEXEC, FIRST_FREE_FD);

        (void)setsid();
        if (verdict < 0 || in < 0 || out < 0 || errors < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
                give_up(ch->verdict[1]);
        /* One that died before this was asked for sends no signal any more. */
        if (getppid() != parent)
                _exit(127);
        if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0)
                give_up(verdict);
        /* What was left open for us by whoever started us is none of its business either. */
        close_others_at_exec(ch->last_fd);
        reset_signals();
        (void)execvpe(argv[0], (char *const *)(const void *)argv, ch->env ? (char *const *)(const void *)ch->env : environ);
        give_up(verdict);
}

/* ---- in the parent ---- */

/* 0, or why the program could not be run. */
static int read_verdict(int fd) {
        int why = 0;
        ssize_t n;

        do
                n = read(fd, &why, sizeof(why));
        while (n < 0 && errno == EINTR);
        return n == (ssize_t)sizeof(why) ? why : 0;
}

static int not_run(const char *name, int why, struct error *err) {
        if (why == ENOENT && !strchr(name, '/'))
                return error_set(err, ERR_NOT_FOUND, "exec: \"%s\": executable file not found in $PATH", name);
        return error_set_errno(err, why, "running '%s'", name);
}

static pid_t fork_with_signals_blocked(const char *const *argv, const struct channels *ch) {
        pid_t parent = getpid(), pid;
        sigset_t all, before;

        /* Whoever ignores this signal hands that down, and the kernel then keeps nobody's exit status. */
        (void)signal(SIGCHLD, SIG_DFL);
        /* Our handlers write to a pipe that the child shares until its exec: they must not run there. */
        (void)sigfillset(&all);
        (void)sigprocmask(SIG_SETMASK, &all, &before);
        pid = fork();
        if (pid == 0)
                become(argv, ch, parent);
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
        return pid;
}

static int start(struct child *ret, const char *const *argv, struct channels *ch, struct error *err) {
        pid_t pid;

        if (open_pipes(ch, err) < 0)
                return -1;
        ch->last_fd = find_last_fd();
        pid = fork_with_signals_blocked(argv, ch);
        if (pid < 0)
                return error_set_errno(err, errno, "starting '%s'", argv[0]);
        fd_close(&ch->verdict[1]);
        *ret = (struct child){ .pid = pid, .errors = ch->errors[0] };
        ch->errors[0] = -1;
        return 0;
}

int child_start(struct child *ret, const char *const *argv, int connection, struct error *err) {
        struct channels ch AUTO(
                close_pipes) = { .in = connection, .out = connection, .err = -1, .errors = { -1, -1 }, .verdict = { -1, -1 } };
        struct child c;
        int why;

        if (start(&c, argv, &ch, err) < 0)
                return -1;
        why = read_verdict(ch.verdict[0]);
        if (why) {
                child_release(&c);
                return not_run(argv[0], why, err);
        }
        *ret = c;
        return 0;
}

int child_start_alone(struct child *ret, const char *const *argv, const char *const *env, int in, int out, int *ret_verdict,
                      struct error *err) {
        struct channels ch AUTO(
                close_pipes) = { .in = in, .out = out, .err = out, .errors = { -1, -1 }, .verdict = { -1, -1 }, .env = env };

        if (start(ret, argv, &ch, err) < 0)
                return -1;
        *ret_verdict = ch.verdict[0];
        ch.verdict[0] = -1;
        return 0;
}

int child_verdict(int verdict, const char *name, struct error *err) {
        int why = read_verdict(verdict);

        return why ? not_run(name, why, err) : 0;
}

static void wait_for(struct child *c, int flags) {
        pid_t got;

        if (c->pid == 0)
                return;
        do
                got = waitpid(c->pid, &c->wait_status, flags);
        while (got < 0 && errno == EINTR);
        if (got != 0)
                c->pid = 0;
}

bool child_ended(struct child *c) {
        wait_for(c, WNOHANG);
        return c->pid == 0;
}

void child_signal(const struct child *c, int signo) {
        if (c->pid > 0)
                (void)kill(c->pid, signo);
}

bool child_is_over(struct child *c) {
        siginfo_t info = { .si_pid = 0 };

        if (c->pid == 0)
                return true;
        if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
                return info.si_pid != 0;
        return errno != EINTR && child_ended(c);
}

/* It leads the group, so the number is nobody else's until it was waited for. Just begun it may lead none yet. */
void child_signal_group(const struct child *c, int signo) {
        if (c->pid > 0 && kill(-c->pid, signo) < 0)
                (void)kill(c->pid, signo);
}

bool child_group_is_gone(pid_t pid) {
        pid_t got;

        do
                got = waitpid(-pid, NULL, WNOHANG);
        while (got > 0 || (got < 0 && errno == EINTR));
        return got < 0;
}

pid_t child_first_ended(void) {
        siginfo_t info = { .si_pid = 0 };

        return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ? info.si_pid : 0;
}

bool child_forget(pid_t pid) {
        return waitpid(pid, NULL, WNOHANG) == pid;
}

void child_release(struct child *c) {
        fd_close(&c->errors);
        child_signal(c, SIGKILL);
        wait_for(c, 0);
}

const char *child_status_text(int wait_status, char ret[static CHILD_STATUS_SIZE]) {
        if (!WIFSIGNALED(wait_status)) {
                (void)snprintf(ret, CHILD_STATUS_SIZE, "exit status %d", WEXITSTATUS(wait_status));
                return ret;
        }
        (void)snprintf(ret, CHILD_STATUS_SIZE, "signal: %s", strsignal(WTERMSIG(wait_status)));
        ret[strlen("signal: ")] = (char)tolower((unsigned char)ret[strlen("signal: ")]);
        return ret;
}
