/* SPDX-License-Identifier: MIT */
/*
 * A server on real sockets, its handler, and clients that talk to it byte by byte, all in one thread: whoever waits for something
 * turns the server's loop meanwhile.
 */
#ifndef UNIT_SERVE_HTTP_CLIENT_H
#define UNIT_SERVE_HTTP_CLIENT_H

#include "serve/http_internal.h"
#include "support/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)64 * 1024 * 1024)
#define SPINS_MAX  20000 /* of at most a millisecond: a test that waits for what never comes fails */

struct site {
        struct net *net;
        struct http_server *server;
        int asked, gone, answered, last_status;
        struct http_conn *held; /* of the last request that was not answered at once */
        char last_path[64], last_body[64];
        bool last_peer_loopback, last_own_loopback, last_unix;
        char last_peer[48];
        int refuse_early; /* the status that is answered when the header has come; 0: none */
};

static void on_gone(void *arg) {
        struct site *site = arg;

        site->gone++;
        site->held = NULL;
}

static void say(struct http_conn *c, const char *text) {
        struct http_reply r = HTTP_REPLY_INIT;

        r.content_type = "text/plain";
        buf_add_str(&r.body, text);
        http_answer(c, &r);
        http_reply_release(&r);
}

static const char large_line[64] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n";

static void answer_large(struct http_conn *c, size_t n, size_t ceiling) {
        struct http_reply r = HTTP_REPLY_INIT;

        r.content_type = "text/plain";
        r.body.max = ceiling;
        for (size_t i = 0; i < n / sizeof(large_line); i++)
                buf_add(&r.body, large_line, sizeof(large_line));
        http_answer(c, &r);
}

static void answer_fixed(struct http_conn *c) {
        struct http_reply r = HTTP_REPLY_INIT;

        r.content_type = "text/html";
        r.fixed = "<p>";
        r.fixed_len = 3;
        http_reply_header(&r, "cache-control", "max-age=5");
        http_reply_header(&r, "X-Odd", "a\r\nSet-Cookie: b");
        http_answer(c, &r);
}

static void answer_empty(struct http_conn *c, int status, bool close) {
        struct http_reply r = HTTP_REPLY_INIT;

        r.status = status;
        r.close = close;
        http_answer(c, &r);
}

static void hold(struct site *site, struct http_conn *c) {
        site->held = c;
        http_conn_on_gone(c, on_gone, site);
}

static void handle(void *arg, struct http_conn *c, const struct http_request *rq) {
        struct site *site = arg;

        site->asked++;
        (void)snprintf(site->last_path, sizeof(site->last_path), "%s", rq->path);
        (void)snprintf(site->last_body, sizeof(site->last_body), "%.*s", (int)rq->body.n, rq->body.p);
        (void)snprintf(site->last_peer, sizeof(site->last_peer), "%s", http_conn_peer(c));
        site->last_peer_loopback = http_conn_peer_is_loopback(c);
        site->last_own_loopback = http_conn_own_is_loopback(c);
        site->last_unix = http_conn_is_unix(c);
        if (str_eq(rq->path, "/hold")) {
                hold(site, c);
        } else if (str_eq(rq->path, "/stream")) {
                struct http_reply r = HTTP_REPLY_INIT;

                r.content_type = "text/event-stream";
                hold(site, c);
                http_stream_begin(c, &r);
        } else if (str_eq(rq->path, "/large")) {
                answer_large(c, 16 * 1024 * 1024, ANSWER_MAX);
        } else if (str_eq(rq->path, "/cut")) {
                answer_large(c, 2048, 1024);
        } else if (str_eq(rq->path, "/fixed")) {
                answer_fixed(c);
        } else if (str_eq(rq->path, "/304") || str_eq(rq->path, "/204") || str_eq(rq->path, "/200")) {
                answer_empty(c, (int)strtol(rq->path + 1, NULL, 10), false);
        } else if (str_eq(rq->path, "/close")) {
                answer_empty(c, 200, true);
        } else {
                say(c, rq->path);
        }
}

static void note_answer(void *arg, int status) {
        struct site *site = arg;

        site->answered++;
        site->last_status = status;
}

static int open_site(void **state) {
        struct site *site = xcalloc(1, sizeof(*site));

        assert_int_equal(net_new(&site->net, NULL), 0);
        site->server = http_server_new(site->net, handle, site);
        http_server_on_answer(site->server, note_answer, site);
        *state = site;
        return 0;
}

static int close_site(void **state) {
        struct site *site = *state;

        http_server_free(site->server);
        net_free(site->net);
        free(site);
        return 0;
}

static void wake_up(void *arg) {
        (void)arg;
}

/* One turn of the loop, however little there is to do. */
static void turn(struct site *site) {
        uint64_t timer = net_timer(site->net, 1, wake_up, NULL);

        assert_true(net_run(site->net));
        net_timer_cancel(site->net, timer);
}

#define until(site, condition)                                                                                                     \
        do {                                                                                                                       \
                for (int spin_ = 0; !(condition); spin_++) {                                                                       \
                        assert_true(spin_ < SPINS_MAX);                                                                            \
                        turn(site);                                                                                                \
                }                                                                                                                  \
        } while (0)

/* ---- clients ---- */

static int connect_v4(struct site *site, int which) {
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        in.sin_port = htons((uint16_t)http_server_port(site->server, which));
        assert_int_equal(connect(fd, (const struct sockaddr *)&in, sizeof(in)), 0);
        return fd;
}

/* A client of a server that begins to listen with it. */
static int visit(struct site *site) {
        if (LIST_EMPTY(&site->server->listeners))
                assert_int_equal(http_server_listen(site->server, "127.0.0.1", 0, 1, NULL), 0);
        return connect_v4(site, 1);
}

static void tell_bytes(struct site *site, int fd, const char *bytes, size_t n) {
        while (n > 0) {
                ssize_t sent = send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);

                if (sent > 0) {
                        bytes += sent;
                        n -= (size_t)sent;
                        continue;
                }
                assert_int_equal(errno, EAGAIN);
                turn(site);
        }
}

static void tell(struct site *site, int fd, const char *text) {
        tell_bytes(site, fd, text, strlen(text));
}

/* True once the server has closed the connection; what came before is appended. A reset is no proper end. */
static bool hear_some(int fd, struct buf *out) {
        char bytes[16384];
        ssize_t n;

        while ((n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
                buf_add(out, bytes, (size_t)n);
        if (n < 0)
                assert_int_equal(errno, EAGAIN);
        return n == 0;
}

static void hear_end(struct site *site, int fd, struct buf *out) {
        until(site, hear_some(fd, out));
}

static const char *body_of(const struct buf *answer) {
        const char *end = strstr(buf_str(answer), "\r\n\r\n");

        return end ? end + 4 : "";
}

/* What is answered to the text, with the connection closed by the server afterwards. */
#define check_ends_with(site, text, ...)                                                                                           \
        do {                                                                                                                       \
                static const char *const needles_[] = { __VA_ARGS__ };                                                             \
                struct buf answer_ AUTO(buf_release) = BUF_INIT(ANSWER_MAX);                                                       \
                int fd_ = visit(site);                                                                                             \
                tell(site, fd_, text);                                                                                             \
                hear_end(site, fd_, &answer_);                                                                                     \
                for (size_t i_ = 0; i_ < N_ELEMENTS(needles_); i_++)                                                               \
                        check_contains(buf_str(&answer_), needles_[i_]);                                                           \
                (void)close(fd_);                                                                                                  \
        } while (0)

static size_t count(const char *text, const char *needle) {
        size_t n = 0;

        while ((text = strstr(text, needle))) {
                text += strlen(needle);
                n++;
        }
        return n;
}

#endif
