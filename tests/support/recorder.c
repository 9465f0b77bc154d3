/* SPDX-License-Identifier: MIT */
/* The recording socket: one child that accepts, and one child of it for each connection. */
#include "support/recorder.h"

#include "autoheal/util/buf.h"
#include "support/check.h"
#include "support/files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEAD_MAX  ((size_t)64 * 1024)
#define SOCKET    "recorder.sock"
#define LOG       "requests.log"
#define CHUNK     16384
#define LENGTH_IS "content-length:"

struct recorder {
        char *dir, *host;
        pid_t pid;
};

/* ---- In the children ---- */

/* Where in the client's bytes we are: in a request's head, or in a body of which so much is left. */
struct request {
        struct buf head;
        uint64_t body_left;
        int log_fd;
};

static void note(int log_fd, const char *line, size_t len) {
        struct buf text AUTO(buf_release) = BUF_INIT(HEAD_MAX);
        buf_add(&text, line, len);
        buf_add_char(&text, '\n');
        if (write(log_fd, text.data, text.len) != (ssize_t)text.len)
                _exit(1);
}

static void head_ended(struct request *r) {
        const char *head = buf_str(&r->head);
        size_t first = strcspn(head, "\r\n");
        const char *length = strcasestr(head, "\n" LENGTH_IS);
        r->body_left = length ? strtoull(length + 1 + strlen(LENGTH_IS), NULL, 10) : 0;
        if (strcasestr(head, "\ntransfer-encoding:") || strcasestr(head, "\nupgrade:"))
                note(r->log_fd, "UNREADABLE", strlen("UNREADABLE"));
        note(r->log_fd, head, first);
        buf_clear(&r->head);
}

static void take_bytes(struct request *r, const char *p, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (r->body_left > 0) {
                        r->body_left--;
                        continue;
                }
                buf_add_char(&r->head, p[i]);
                if (r->head.len >= 4 && memcmp(r->head.data + r->head.len - 4, "\r\n\r\n", 4) == 0)
                        head_ended(r);
                if (r->head.overflowed)
                        _exit(1);
        }
}

static bool hand_on(int from, int to, struct request *r) {
        char chunk[CHUNK];
        ssize_t n = read(from, chunk, sizeof(chunk));
        if (n <= 0)
                return false;
        if (r)
                take_bytes(r, chunk, (size_t)n);
        for (ssize_t done = 0, w; done < n; done += w)
                if ((w = write(to, chunk + done, (size_t)(n - done))) < 0)
                        return false;
        return true;
}

static int unix_socket(const char *path, struct sockaddr_un *ret) {
        *ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
        if (strlen(path) >= sizeof(ret->sun_path))
                return -1;
        memcpy(ret->sun_path, path, strlen(path));
        return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static _Noreturn void serve(int client, const char *engine, int log_fd) {
        struct sockaddr_un addr;
        int fd = unix_socket(engine, &addr);
        struct request r = { .head = BUF_INIT(HEAD_MAX), .log_fd = log_fd };
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (fd < 0 || connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
                _exit(1);
        struct pollfd fds[2] = { { .fd = client, .events = POLLIN }, { .fd = fd, .events = POLLIN } };
        for (;;) {
                if (poll(fds, 2, -1) < 0)
                        _exit(1);
                if (fds[0].revents && !hand_on(client, fd, &r))
                        _exit(0);
                if (fds[1].revents && !hand_on(fd, client, NULL))
                        _exit(0);
        }
}

static _Noreturn void accept_all(int listener, const char *engine, int log_fd) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGCHLD, SIG_IGN);
        signal(SIGPIPE, SIG_IGN);
        for (;;) {
                int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                if (client < 0)
                        _exit(1);
                if (fork() == 0)
                        serve(client, engine, log_fd);
                close(client);
        }
}

/* ---- In the test ---- */

struct recorder *recorder_start(const char *dir, const char *engine) {
        struct recorder *r = xcalloc(1, sizeof(*r));
        struct sockaddr_un addr;
        AUTO_FREE char *path = path_join(dir, SOCKET);
        AUTO_FREE char *log = path_join(dir, LOG);
        int listener = unix_socket(path, &addr);
        int log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (listener < 0 || log_fd < 0 || bind(listener, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ||
            listen(listener, 64) < 0)
                fail_msg("cannot listen on '%s': %s", path, strerror(errno));
        r->dir = xstrdup(dir);
        r->host = xmalloc(strlen(path) + 8);
        snprintf(r->host, strlen(path) + 8, "unix://%s", path);
        r->pid = fork();
        if (r->pid < 0)
                fail_msg("fork: %s", strerror(errno));
        if (r->pid == 0)
                accept_all(listener, engine, log_fd);
        close(listener);
        close(log_fd);
        return r;
}

void recorder_stop(struct recorder *r) {
        if (!r)
                return;
        kill(r->pid, SIGKILL);
        while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
                ;
        free(r->dir);
        free(r->host);
        free(r);
}

const char *recorder_host(const struct recorder *r) {
        return r->host;
}

char *recorder_requests(const struct recorder *r) {
        return file_get(r->dir, LOG);
}

void recorder_forget(struct recorder *r) {
        file_put(r->dir, LOG, "");
}

void check_only_reads_at(const struct recorder *r, const char *file, int line) {
        AUTO_FREE char *requests = recorder_requests(r);
        size_t n = 0;
        for (const char *p = requests; *p; p += strcspn(p, "\n") + 1, n++)
                if (strncmp(p, "GET ", 4) != 0 && strncmp(p, "HEAD ", 5) != 0) {
                        print_error("a request that may change something:\n%s", requests);
                        _fail(file, line);
                }
        if (n == 0) {
                print_error("the engine was not asked at all\n");
                _fail(file, line);
        }
}
