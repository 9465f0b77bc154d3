/* SPDX-License-Identifier: MIT */
/* A notification service of the test's own: one child that accepts, one child of it for each connection. */
#include "support/catcher.h"

#include "autoheal/util/buf.h"
#include "autoheal/util/slice.h"
#include "support/check.h"
#include "support/files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUEST_MAX ((size_t)256 * 1024)
#define LOG         "catcher.log"
#define END         "\n=== end ===\n"
#define AWAIT_MS    20000

struct catcher {
        char *dir;
        int port;
        pid_t pid;
        _Atomic int *refuse;
};

/* ---- In the children ---- */

static void send_all(int fd, const char *text) {
        for (size_t n = strlen(text); n > 0;) {
                ssize_t sent = write(fd, text, n);

                if (sent <= 0)
                        _exit(0);
                text += sent;
                n -= (size_t)sent;
        }
}

static bool is_whole(const struct buf *b) {
        const char *end = strstr(buf_str(b), "\r\n\r\n"), *length = strcasestr(buf_str(b), "\r\nContent-Length: ");
        struct slice rest = slice_str(length ? length + strlen("\r\nContent-Length: ") : "0");
        uint64_t n = 0;

        return end && slice_number(&rest, REQUEST_MAX, &n) && b->len >= (size_t)(end + 4 - buf_str(b)) + n;
}

static void read_request(int fd, struct buf *b) {
        char chunk[4096];

        while (!is_whole(b)) {
                ssize_t n = read(fd, chunk, sizeof(chunk));

                if (n <= 0)
                        _exit(0);
                buf_add(b, chunk, (size_t)n);
        }
}

/* One write: requests that come at once do not mix. */
static void write_down(const char *dir, const struct buf *request) {
        struct buf b = BUF_INIT(2 * REQUEST_MAX);
        char *path = path_join(dir, LOG);
        int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

        buf_add(&b, request->data, request->len);
        buf_add_str(&b, END);
        if (fd < 0 || write(fd, b.data, b.len) != (ssize_t)b.len)
                _exit(1);
        close(fd);
        buf_release(&b);
        free(path);
}

static void reply(int fd, int status, const char *headers, const char *body) {
        struct buf b = BUF_INIT(2 * REQUEST_MAX);

        buf_addf(&b, "HTTP/1.1 %d Whatever\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n", status,
                 status == 204 ? (size_t)0 : strlen(body), headers);
        if (status != 204)
                buf_add_str(&b, body);
        send_all(fd, buf_str(&b));
        buf_release(&b);
}

static _Noreturn void never_end(int fd) {
        send_all(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
        for (;;)
                send_all(fd, "{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}\n");
}

static bool is_in(const char *line, const char *part) {
        return strstr(line, part) != NULL;
}

static void take(int fd, const char *line) {
        if (is_in(line, "/sendMessage"))
                reply(fd, 200, "", "{\"ok\":true,\"result\":{}}");
        else if (is_in(line, "/1/messages.json"))
                reply(fd, 200, "", "{\"status\":1,\"request\":\"x\"}");
        else if (is_in(line, "/gotify/message"))
                reply(fd, 200, "", "{\"id\":25,\"appid\":5}");
        else if (is_in(line, "/discord"))
                reply(fd, 204, "", "");
        else if (is_in(line, "/slack"))
                reply(fd, 200, "", "ok");
        else
                reply(fd, 200, "", "{\"id\":\"hwQ2YpKdmg\",\"event\":\"message\"}");
}

static void answer(int fd, const struct buf *request, int refuse) {
        AUTO_FREE char *line = xstrdup(buf_str(request));

        line[strcspn(line, "\r")] = '\0';
        if (refuse)
                reply(fd, refuse, "", "{}");
        else if (is_in(line, "/500/"))
                reply(fd, 500, "", "<html>oops</html>");
        else if (is_in(line, "/429/"))
                reply(fd, 429, "Retry-After: 3000\r\n", "{}");
        else if (is_in(line, "/busy/"))
                reply(fd, 429, "",
                      "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests: retry after 3000\","
                      "\"parameters\":{\"retry_after\":3000}}");
        else if (is_in(line, "/302/"))
                reply(fd, 302, "Location: /elsewhere\r\n", "");
        else if (is_in(line, "/400/"))
                reply(fd, 400, "", "{\"ok\":false,\"description\":\"Bad Request: chat not found\",\"error\":\"e\"}");
        else if (is_in(line, "/204/"))
                reply(fd, 204, "", "");
        else if (is_in(line, "/lie/"))
                reply(fd, 200, "Content-Type: text/html\r\n", "<html>please log in</html>");
        else if (is_in(line, "/no/"))
                reply(fd, 200, "", "{\"ok\":false,\"description\":\"not today\",\"status\":0,\"errors\":[\"not today\"]}");
        else if (is_in(line, "/garbage/"))
                send_all(fd, "\x16\x03\x01 this is no HTTP\r\n\r\n");
        else if (is_in(line, "/echo/")) {
                struct buf b = BUF_INIT(2 * REQUEST_MAX);
                int n = (int)strcspn(buf_str(request), "\r\n\"");
                buf_addf(&b, "{\"ok\":false,\"description\":\"%.*s\",\"error\":\"%.*s\"}", n, buf_str(request), n,
                         buf_str(request));
                reply(fd, 403, "", buf_str(&b));
        } else if (is_in(line, "/huge/"))
                never_end(fd);
        else
                take(fd, line);
}

static _Noreturn void serve(int fd, const struct catcher *c) {
        struct buf request = BUF_INIT(REQUEST_MAX);

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        read_request(fd, &request);
        write_down(c->dir, &request);
        if (memmem(request.data, strcspn(request.data, "\r"), "/slow/", strlen("/slow/")))
                (void)pause();
        answer(fd, &request, atomic_load(c->refuse));
        _exit(0);
}

static _Noreturn void accept_all(int listener, const struct catcher *c) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGCHLD, SIG_IGN);
        signal(SIGPIPE, SIG_IGN);
        for (;;) {
                int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

                if (fd < 0)
                        _exit(1);
                if (fork() == 0)
                        serve(fd, c);
                close(fd);
        }
}

/* ---- In the test ---- */

struct catcher *catcher_start(const char *dir) {
        struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
        socklen_t len = sizeof(addr);
        struct catcher *c = xcalloc(1, sizeof(*c));
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (listener < 0 || bind(listener, (const struct sockaddr *)&addr, len) < 0 || listen(listener, 128) < 0 ||
            getsockname(listener, (struct sockaddr *)&addr, &len) < 0)
                fail_msg("cannot listen: %s", strerror(errno));
        c->dir = xstrdup(dir);
        c->port = ntohs(addr.sin_port);
        c->refuse = mmap(NULL, sizeof(*c->refuse), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        c->pid = fork();
        if (c->pid < 0)
                fail_msg("fork: %s", strerror(errno));
        if (c->pid == 0)
                accept_all(listener, c);
        close(listener);
        return c;
}

void catcher_stop(struct catcher *c) {
        if (!c)
                return;
        kill(c->pid, SIGKILL);
        while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
                ;
        munmap(c->refuse, sizeof(*c->refuse));
        free(c->dir);
        free(c);
}

int catcher_port(const struct catcher *c) {
        return c->port;
}

void catcher_refuse(struct catcher *c, int status) {
        atomic_store(c->refuse, status);
}

static bool is_about(const char *request, const char *path) {
        AUTO_FREE char *line = xstrdup(request);

        line[strcspn(line, "\r")] = '\0';
        return is_in(line, path);
}

/* Counts those about path; the n-th is copied to *ret if ret is not NULL. */
static size_t look_for(const struct catcher *c, const char *path, size_t n, char **ret) {
        AUTO_FREE char *log = file_there(c->dir, LOG) ? file_get(c->dir, LOG) : xstrdup("");
        size_t found = 0;

        for (char *p = log, *end; (end = strstr(p, END)); p = end + strlen(END)) {
                *end = '\0';
                if (!is_about(p, path))
                        continue;
                if (ret && found == n)
                        *ret = xstrdup(p);
                found++;
        }
        return found;
}

char *catcher_request(const struct catcher *c, const char *path, size_t n) {
        char *request = NULL;

        (void)look_for(c, path, n, &request);
        return request;
}

size_t catcher_count(const struct catcher *c, const char *path) {
        return look_for(c, path, 0, NULL);
}

struct wish {
        const struct catcher *c;
        const char *path;
        size_t n;
};

static bool has_come(void *arg) {
        const struct wish *w = arg;

        return catcher_count(w->c, w->path) >= w->n;
}

void catcher_await(const struct catcher *c, const char *path, size_t n) {
        struct wish w = { c, path, n };

        if (!eventually(has_come, &w, AWAIT_MS))
                fail_msg("not %zu requests for '%s' but %zu", n, path, catcher_count(c, path));
}

const char *catcher_body(const char *request) {
        const char *end = strstr(request, "\r\n\r\n");

        return end ? end + 4 : "";
}
