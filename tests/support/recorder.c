/* SPDX-License-Identifier: MIT */
/* The recording socket: a relay that reads along. */
#include "support/recorder.h"

#include "autoheal/util/buf.h"
#include "support/check.h"
#include "support/files.h"
#include "support/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

#define HEAD_MAX  ((size_t)64 * 1024)
#define SOCKET    "recorder.sock"
#define LOG       "requests.log"
#define LENGTH_IS "content-length:"

/* Where in a client's bytes we are: in a request's head, or in a body of which so much is left. */
struct request {
        struct buf head;
        uint64_t body_left;
        int log_fd;
};

struct recorder {
        char *dir, *host;
        struct request request; /* each connection has a copy */
        pid_t pid;
};

/* ---- In the relay ---- */

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

static bool take_bytes(void *arg, char *p, size_t *n) {
        struct request *r = arg;
        for (size_t i = 0; i < *n; i++) {
                if (r->body_left > 0) {
                        r->body_left--;
                        continue;
                }
                buf_add_char(&r->head, p[i]);
                if (r->head.len >= 4 && memcmp(r->head.data + r->head.len - 4, "\r\n\r\n", 4) == 0)
                        head_ended(r);
                if (r->head.overflowed)
                        return false;
        }
        return true;
}

/* ---- In the test ---- */

struct recorder *recorder_start(const char *dir, const char *engine) {
        static const struct relay_fns fns = { .to_engine = take_bytes };
        struct recorder *r = xcalloc(1, sizeof(*r));
        AUTO_FREE char *path = path_join(dir, SOCKET);
        AUTO_FREE char *log = path_join(dir, LOG);
        int log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (log_fd < 0)
                fail_msg("cannot write '%s': %s", log, strerror(errno));
        r->dir = xstrdup(dir);
        r->host = relay_host(path);
        r->request = (struct request){ .head = BUF_INIT(HEAD_MAX), .log_fd = log_fd };
        r->pid = relay_start(path, engine, &fns, &r->request);
        close(log_fd);
        return r;
}

void recorder_stop(struct recorder *r) {
        if (!r)
                return;
        relay_stop(r->pid);
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
