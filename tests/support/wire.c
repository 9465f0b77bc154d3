/* SPDX-License-Identifier: MIT */
/* Connections of the test's own, and answers taken off them. */
#include "support/wire.h"

#include "autoheal/util/slice.h"
#include "support/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define IN_MAX   ((size_t)16 * 1024 * 1024)
#define LIMIT_MS 20000

static struct sockaddr_in address_of(const char *text, int port) {
        struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

        if (inet_pton(AF_INET, text, &a.sin_addr) != 1)
                fail_msg("'%s' is no address", text);
        return a;
}

void wire_open(struct wire *w, const char *from, const char *to, int port) {
        struct sockaddr_in ours = address_of(from ? from : "0.0.0.0", 0), theirs = address_of(to ? to : "127.0.0.1", port);

        *w = (struct wire){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .in = BUF_INIT(IN_MAX) };
        if (w->fd < 0 || (from && bind(w->fd, (struct sockaddr *)&ours, sizeof(ours)) < 0) ||
            connect(w->fd, (struct sockaddr *)&theirs, sizeof(theirs)) < 0)
                fail_msg("from %s to %s:%d: %s", from ? from : "anywhere", to ? to : "127.0.0.1", port, strerror(errno));
}

void wire_close(struct wire *w) {
        (void)close(w->fd);
        buf_release(&w->in);
}

void wire_say(struct wire *w, const char *text) {
        size_t left = strlen(text);

        while (left > 0) {
                ssize_t n = send(w->fd, text, left, MSG_NOSIGNAL);

                if (n <= 0)
                        fail_msg("cannot send: %s", strerror(errno));
                text += n;
                left -= (size_t)n;
        }
}

/* False at the end. */
static bool read_more(struct wire *w) {
        char bytes[16 * 1024];
        struct pollfd p = { .fd = w->fd, .events = POLLIN };
        ssize_t n;

        if (poll(&p, 1, LIMIT_MS) != 1)
                fail_msg("nothing comes behind: %s", buf_str(&w->in) + w->taken);
        n = read(w->fd, bytes, sizeof(bytes));
        if (n > 0)
                buf_add(&w->in, bytes, (size_t)n);
        return n > 0;
}

static void await(struct wire *w, size_t len) {
        while (w->in.len < w->taken + len)
                if (!read_more(w))
                        fail_msg("it ends within: %s", buf_str(&w->in) + w->taken);
}

static char *copy(const char *p, size_t n) {
        char *text = xmalloc(n + 1);

        memcpy(text, p, n);
        text[n] = '\0';
        return text;
}

void wire_answer_release(struct wire_answer *a) {
        free(a->head);
        free(a->body);
        *a = (struct wire_answer){ .status = 0 };
}

char *wire_header(const struct wire_answer *a, const char *name) {
        struct slice rest = slice_str(a->head), line, key;

        while (slice_split(&rest, '\n', &line)) {
                if (line.n > 0 && line.p[line.n - 1] == '\r')
                        line.n--;
                if (!slice_split(&line, ':', &key) || !slice_eq_nocase(key, name))
                        continue;
                slice_skip_blanks(&line);
                return copy(line.p, line.n);
        }
        return NULL;
}

static size_t body_length(const struct wire_answer *a) {
        AUTO_FREE char *length = wire_header(a, "Content-Length");
        struct slice digits = slice_str(length ? length : "0");
        uint64_t n = 0;

        if (!slice_number(&digits, IN_MAX, &n) || digits.n > 0)
                fail_msg("Content-Length: %s", length);
        return (size_t)n;
}

void wire_hear(struct wire *w, struct wire_answer *a, bool without_body) {
        const char *end;
        struct slice line;
        uint64_t status = 0;

        wire_answer_release(a);
        while (!(end = w->in.len > w->taken ? strstr(w->in.data + w->taken, "\r\n\r\n") : NULL))
                if (!read_more(w))
                        fail_msg("no answer, but: %s", buf_str(&w->in) + w->taken);
        a->head = copy(w->in.data + w->taken, (size_t)(end - (w->in.data + w->taken)) + 4);
        w->taken += strlen(a->head);
        line = slice_str(a->head);
        if (!slice_skip(&line, "HTTP/1.1 ") || !slice_number(&line, 999, &status))
                fail_msg("this is no answer: %s", a->head);
        a->status = (int)status;
        a->body_len = without_body || status < 200 || status == 204 || status == 304 ? 0 : body_length(a);
        await(w, a->body_len);
        a->body = copy(w->in.len ? w->in.data + w->taken : "", a->body_len);
        w->taken += a->body_len;
}

void wire_await_more(struct wire *w) {
        if (!read_more(w))
                fail_msg("it ends behind: %s", buf_str(&w->in) + w->taken);
}

bool wire_is_closed(struct wire *w) {
        return w->in.len == w->taken && !read_more(w);
}

bool wire_has_more(struct wire *w) {
        struct pollfd p = { .fd = w->fd, .events = POLLIN };

        return w->in.len > w->taken || poll(&p, 1, 0) == 1;
}
