/* SPDX-License-Identifier: MIT */
/* A fake engine of the test's own, and the way to talk to it while it runs. */
#include "support/fake.h"

#include "autoheal/util/buf.h"
#include "support/check.h"
#include "support/files.h"
#include "support/run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct fake {
        pid_t pid;
        char *socket;
        char host[256], tcp_host[64];
};

/* Reads "ready PORT" from the program's standard output. */
static unsigned await_ready(int fd) {
        char line[64] = "";
        size_t n = 0;
        struct pollfd p = { .fd = fd, .events = POLLIN };
        while (n < sizeof(line) - 1 && !strchr(line, '\n')) {
                if (poll(&p, 1, 20000) <= 0)
                        fail_msg("the fake engine did not get ready");
                ssize_t got = read(fd, line + n, 1);
                if (got <= 0)
                        fail_msg("the fake engine ended before it was ready");
                n += (size_t)got;
        }
        if (strncmp(line, "ready ", 6) != 0)
                fail_msg("the fake engine said '%s'", line);
        return (unsigned)strtoul(line + 6, NULL, 10);
}

struct fake *fake_start(const char *dir, const char *script, bool tcp) {
        int fds[2];
        const char *program = getenv("FAKE_ENGINE");
        struct fake *f = xcalloc(1, sizeof(*f));
        if (!program)
                fail_msg("FAKE_ENGINE does not name the fake engine");
        f->socket = path_join(dir, "docker.sock");
        file_put(dir, "fake.script", script);
        AUTO_FREE char *script_path = path_join(dir, "fake.script");
        const char *argv[] = { program, "--socket", f->socket, "--script", script_path, tcp ? "--tcp" : NULL, "0", NULL };
        const char *env[] = { "PATH=/usr/bin:/bin", NULL };
        if (pipe2(fds, O_CLOEXEC) < 0)
                fail_msg("pipe: %s", strerror(errno));
        f->pid = run_background(&(struct run_ask){ .argv = argv, .env = env }, fds[1]);
        close(fds[1]);
        unsigned port = await_ready(fds[0]);
        close(fds[0]);
        if (chmod(f->socket, 0666) < 0)
                fail_msg("cannot open '%s' for others: %s", f->socket, strerror(errno));
        snprintf(f->host, sizeof(f->host), "unix://%s", f->socket);
        snprintf(f->tcp_host, sizeof(f->tcp_host), "tcp://127.0.0.1:%u", port);
        return f;
}

void fake_stop(struct fake *f) {
        if (!f)
                return;
        int code = run_end(f->pid, SIGTERM);
        free(f->socket);
        free(f);
        if (code != 0)
                fail_msg("the fake engine ended with %d", code);
}

void fake_signal(struct fake *f, int signo) {
        if (kill(f->pid, signo) < 0)
                fail_msg("cannot send signal %d to the fake engine: %s", signo, strerror(errno));
}

const char *fake_host(const struct fake *f) {
        return f->host;
}

const char *fake_tcp_host(const struct fake *f) {
        return f->tcp_host;
}

static int connect_to(const char *path) {
        struct sockaddr_un addr = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
        if (fd < 0 || connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
                fail_msg("cannot reach the fake engine: %s", strerror(errno));
        return fd;
}

static void send_all(int fd, const char *text, size_t len) {
        while (len > 0) {
                ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
                if (n <= 0)
                        fail_msg("cannot write to the fake engine: %s", strerror(errno));
                text += n;
                len -= (size_t)n;
        }
}

/* One request on a connection of its own. Returns the answer's body, to be freed. */
static char *ask(struct fake *f, const char *method, const char *path, const char *body) {
        struct buf out AUTO(buf_release) = BUF_INIT(64 * 1024 * 1024), in AUTO(buf_release) = BUF_INIT(64 * 1024 * 1024);
        char chunk[16 * 1024];
        ssize_t n;
        int fd = connect_to(f->socket);
        buf_addf(&out, "%s %s HTTP/1.1\r\nHost: fake\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", method, path,
                 strlen(body));
        buf_add_str(&out, body);
        send_all(fd, out.data, out.len);
        while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
                buf_add(&in, chunk, (size_t)n);
        close(fd);
        const char *text = buf_str(&in), *end = strstr(text, "\r\n\r\n");
        if (!end)
                fail_msg("the fake engine gave no answer to %s %s", method, path);
        if (strncmp(text, "HTTP/1.1 200 ", 13) != 0)
                fail_msg("the fake engine refused %s %s: %s", method, path, end + 4);
        return xstrdup(end + 4);
}

void fake_script(struct fake *f, const char *lines) {
        free(ask(f, "POST", "/_fake/script", lines));
}

char *fake_requests(struct fake *f) {
        return ask(f, "GET", "/_fake/requests", "");
}

void fake_forget(struct fake *f) {
        free(ask(f, "DELETE", "/_fake/requests", ""));
}

size_t fake_peak_actions(struct fake *f) {
        AUTO_FREE char *text = ask(f, "GET", "/_fake/peak-actions", "");
        return (size_t)strtoul(text, NULL, 10);
}

size_t fake_count(struct fake *f, const char *what) {
        AUTO_FREE char *log = fake_requests(f);
        struct slice rest = slice_str(log), line;
        size_t n = 0;
        while (slice_split(&rest, '\n', &line)) {
                if (line.n > 0 && memmem(line.p, line.n, what, strlen(what)))
                        n++;
        }
        return n;
}

size_t fake_actions(struct fake *f, struct fake_action *ret, size_t max, size_t *ret_under_way) {
        /* What somebody sent who was killed then is read at the latest in the turn before the second answer. */
        free(ask(f, "GET", "/_fake/actions", ""));
        AUTO_FREE char *text = ask(f, "GET", "/_fake/actions", "");
        struct slice rest = slice_str(text), line;
        size_t n = 0, under_way;
        if (sscanf(text, "under-way %zu", &under_way) != 1)
                fail_msg("the fake engine's actions: %s", text);
        if (ret_under_way)
                *ret_under_way = under_way;
        (void)slice_split(&rest, '\n', &line);
        while (n < max && slice_split(&rest, '\n', &line) && line.n > 0) {
                AUTO_FREE char *copy = strndup(line.p, line.n);
                struct fake_action *a = &ret[n++];
                if (!copy || sscanf(copy, "%63s %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, a->name, &a->started_us,
                                    &a->asked, &a->done, &a->stops_asked, &a->stops_done) != 6)
                        fail_msg("the fake engine's actions: %s", text);
        }
        return n;
}

static bool is_idle(void *arg) {
        struct fake_action unused;
        size_t under_way;
        (void)fake_actions(arg, &unused, 0, &under_way);
        return under_way == 0;
}

void fake_await_idle(struct fake *f) {
        if (!eventually(is_idle, f, 20000))
                fail_msg("the fake engine is still busy with an action");
}

struct awaited {
        struct fake *fake;
        const char *what;
        size_t n;
};

static bool has_come(void *arg) {
        const struct awaited *a = arg;
        return fake_count(a->fake, a->what) >= a->n;
}

void fake_await(struct fake *f, const char *what, size_t n) {
        struct awaited a = { f, what, n };
        if (eventually(has_come, &a, 20000))
                return;
        AUTO_FREE char *log = fake_requests(f);
        fail_msg("no '%s' came; the requests were:\n%s", what, log);
}
