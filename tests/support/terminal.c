/* SPDX-License-Identifier: MIT */
/* Programs on pseudo terminals. */
#include "support/terminal.h"

#include "support/check.h"
#include "support/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)1024 * 1024)

/* ---- Starting ---- */

static int open_file(const char *dir, const char *name) {
        AUTO_FREE char *path = path_join(dir, name);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
        if (fd < 0)
                fail_msg("cannot make '%s': %s", path, strerror(errno));
        return fd;
}

/* In the child: becomes the program. slave: the terminal's path, NULL without one. */
static _Noreturn void become(const struct run_ask *ask, const char *slave, unsigned streams, int out, int err) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC), tty = -1;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)setsid();
        if (slave && ((tty = open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0 || ioctl(tty, TIOCSCTTY, 0) < 0))
                _exit(126);
        dup2(streams & TERMINAL_INPUT ? tty : null, 0);
        dup2(streams & TERMINAL_OUTPUT ? tty : out, 1);
        dup2(streams & TERMINAL_ERROR ? tty : err, 2);
        for (int i = 0; i < 4; i++)
                signal((int[]){ SIGPIPE, SIGHUP, SIGINT, SIGTERM }[i], SIG_DFL);
        execve(ask->argv[0], (char *const *)(const void *)ask->argv, (char *const *)(const void *)ask->env);
        _exit(127);
}

void terminal_start(struct terminal *t, const char *dir, const struct run_ask *ask, unsigned streams) {
        const char *slave = NULL;
        int out = open_file(dir, "out"), err = open_file(dir, "err");
        *t = (struct terminal){ .master = -1, .dir = xstrdup(dir), .text = BUF_INIT(TEXT_MAX) };
        if (streams) {
                t->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
                if (t->master < 0 || grantpt(t->master) < 0 || unlockpt(t->master) < 0 || !(slave = ptsname(t->master)))
                        fail_msg("no pseudo terminal: %s", strerror(errno));
        }
        (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
        t->pid = fork();
        if (t->pid < 0)
                fail_msg("fork: %s", strerror(errno));
        if (t->pid == 0)
                become(ask, slave, streams, out, err);
        close(out);
        close(err);
}

/* ---- Looking ---- */

static void read_screen(struct terminal *t) {
        char chunk[4096];
        ssize_t n;
        while (t->master >= 0 && (n = read(t->master, chunk, sizeof(chunk))) > 0)
                buf_add(&t->text, chunk, (size_t)n);
}

char *terminal_seen(struct terminal *t) {
        struct buf all = BUF_INIT(3 * TEXT_MAX);
        AUTO_FREE char *out = file_get(t->dir, "out"), *err = file_get(t->dir, "err");
        read_screen(t);
        buf_add_str(&all, buf_str(&t->text));
        buf_add_str(&all, out ? out : "");
        buf_add_str(&all, err ? err : "");
        char *text = xstrdup(buf_str(&all));
        buf_release(&all);
        return text;
}

struct awaited {
        struct terminal *t;
        const char *text;
        pid_t pid;
};

static bool was_shown(void *arg) {
        const struct awaited *a = arg;
        AUTO_FREE char *seen = terminal_seen(a->t);
        return strstr(seen, a->text) != NULL;
}

void terminal_await(struct terminal *t, const char *text) {
        struct awaited a = { .t = t, .text = text };
        if (eventually(was_shown, &a, TERMINAL_WAIT_MS))
                return;
        AUTO_FREE char *seen = terminal_seen(t);
        fail_msg("'%s' is not shown; this is:\n%s", text, seen);
}

void terminal_type(struct terminal *t, const char *keys) {
        if (write(t->master, keys, strlen(keys)) != (ssize_t)strlen(keys))
                fail_msg("cannot type: %s", strerror(errno));
}

void terminal_close(struct terminal *t) {
        read_screen(t);
        close(t->master);
        t->master = -1;
}

/* ---- Processes ---- */

/* Reads a small file of /proc; "" if it is not there (any more). NULs between words become blanks. */
static void read_proc(char *ret, size_t size, const char *fmt, ...) PRINTF(3, 4);
static void read_proc(char *ret, size_t size, const char *fmt, ...) {
        char path[128];
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(path, sizeof(path), fmt, ap);
        va_end(ap);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? 0 : read(fd, ret, size - 1);
        if (fd >= 0)
                close(fd);
        ret[n > 0 ? n : 0] = '\0';
        for (ssize_t i = 0; i + 1 < n; i++)
                if (ret[i] == '\0')
                        ret[i] = ' ';
}

/* State, parent and session of a process; false if it is not there. The name before them may hold anything but is in parentheses. */
static bool read_process(const char *pid, char *ret_state, int *ret_parent, int *ret_session) {
        char stat[1024];
        int group;
        read_proc(stat, sizeof(stat), "/proc/%s/stat", pid);
        const char *end = strrchr(stat, ')');
        return end && sscanf(end, ") %c %d %d %d", ret_state, ret_parent, &group, ret_session) == 4;
}

/* The first process for which fits() says so; 0 if there is none. */
static pid_t find_process(bool (*fits)(const struct awaited *a, const char *pid, char state, int parent, int session),
                          const struct awaited *a) {
        DIR *proc = opendir("/proc");
        pid_t found = 0;
        for (struct dirent *e; proc && !found && (e = readdir(proc));) {
                char state;
                int parent, session;
                if (e->d_name[0] >= '0' && e->d_name[0] <= '9' && read_process(e->d_name, &state, &parent, &session) &&
                    fits(a, e->d_name, state, parent, session))
                        found = (pid_t)strtol(e->d_name, NULL, 10);
        }
        if (proc)
                closedir(proc);
        return found;
}

static bool has_socket(const char *pid) {
        char dir[64], target[64];
        snprintf(dir, sizeof(dir), "/proc/%s/fd", pid);
        DIR *fds = opendir(dir);
        bool found = false;
        for (struct dirent *e; fds && !found && (e = readdir(fds));) {
                ssize_t n = readlinkat(dirfd(fds), e->d_name, target, sizeof(target) - 1);
                found = n > 0 && strncmp(target, "socket:", strlen("socket:")) == 0;
        }
        if (fds)
                closedir(fds);
        return found;
}

/* A child is a copy of its parent until it has become what it was forked for. */
static bool is_plugin(const struct awaited *a, const char *pid, char state, int parent, int session) {
        char own[4096], parents[4096];
        (void)state;
        (void)session;
        if (parent != a->t->pid)
                return false;
        read_proc(own, sizeof(own), "/proc/%s/cmdline", pid);
        read_proc(parents, sizeof(parents), "/proc/%d/cmdline", (int)parent);
        return own[0] && !str_eq(own, parents) && !strstr(own, "docker-cli-plugin-metadata") && has_socket(pid);
}

static bool is_of_session(const struct awaited *a, const char *pid, char state, int parent, int session) {
        (void)pid;
        (void)parent;
        return state != 'Z' && session == (int)a->t->pid;
}

static bool has_plugin(void *arg) {
        struct awaited *a = arg;
        a->pid = find_process(is_plugin, a);
        return a->pid != 0;
}

pid_t terminal_await_plugin(struct terminal *t) {
        struct awaited a = { .t = t };
        if (eventually(has_plugin, &a, TERMINAL_WAIT_MS))
                return a.pid;
        AUTO_FREE char *seen = terminal_seen(t);
        fail_msg("there is no plugin; docker says:\n%s", seen);
        return -1;
}

static bool session_is_empty(void *arg) {
        return find_process(is_of_session, arg) == 0;
}

/* ---- The end ---- */

struct ending {
        struct terminal *t;
        pid_t pid;
        int status;
};

/* Somebody has to read what is shown, or a program that shows much would never end. */
static bool has_ended(void *arg) {
        struct ending *e = arg;
        read_screen(e->t);
        return waitpid(e->pid, &e->status, WNOHANG) == e->pid;
}

static int await_end(struct terminal *t, pid_t pid) {
        struct ending e = { .t = t, .pid = pid };
        if (!eventually(has_ended, &e, TERMINAL_WAIT_MS)) {
                AUTO_FREE char *seen = terminal_seen(t);
                kill(pid, SIGKILL);
                fail_msg("process %d does not end; it says:\n%s", (int)pid, seen);
        }
        return WIFEXITED(e.status) ? WEXITSTATUS(e.status) : 128 + WTERMSIG(e.status);
}

int terminal_end_orphan(struct terminal *t, pid_t pid) {
        if (!t->ended)
                t->exit_code = await_end(t, t->pid);
        t->ended = true;
        return await_end(t, pid);
}

int terminal_end(struct terminal *t) {
        struct awaited a = { .t = t };
        if (!t->ended)
                t->exit_code = await_end(t, t->pid);
        bool alone = eventually(session_is_empty, &a, TERMINAL_WAIT_MS);
        (void)prctl(PR_SET_CHILD_SUBREAPER, 0);
        if (t->master >= 0)
                close(t->master);
        buf_release(&t->text);
        free(t->dir);
        if (!alone)
                fail_msg("a process of the program's session is left");
        return t->exit_code;
}
