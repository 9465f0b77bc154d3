/* SPDX-License-Identifier: MIT */
/* One connection: what comes goes to the parser, whole requests to the handler, answers to the socket. */
#include "autoheal/os/clock.h"
#include "autoheal/os/file.h"
#include "serve/http_internal.h"

#include <assert.h>
#include <errno.h>
#include <sys/uio.h>

#define READ_SIZE     ((size_t)16 * 1024)
#define HEAD_MAX      ((size_t)512 * 1024) /* of an answer, or what a stream's reader has not taken */
#define HEAD_KEEP     ((size_t)4 * 1024)
#define DISCARDED_MAX ((size_t)8 * 1024 * 1024)

static void ready(void *arg, int fd);

struct http_conn *http_conn_new(struct http_server *s, int fd, int which) {
        struct http_conn *c = xcalloc(1, sizeof(*c));

        if (net_watch(s->net, fd, ready, c, NULL) < 0) {
                (void)close(fd);
                free(c);
                return NULL;
        }
        c->server = s;
        c->fd = fd;
        c->which = which;
        c->watched_read = true;
        c->parser = http_parser_new();
        c->in = (struct buf)BUF_INIT(READ_SIZE);
        c->head = (struct buf)BUF_INIT(HEAD_MAX);
        LIST_INSERT_HEAD(&s->conns, c, link);
        s->n_conns++;
        http_conn_await(c, AWAIT_REQUEST);
        http_server_due(s, c->deadline_ms);
        return c;
}

static void free_conn(struct http_conn *c) {
        http_parser_free(c->parser);
        buf_release(&c->in);
        buf_release(&c->head);
        buf_release(&c->body);
        free(c);
}

void http_conn_close(struct http_conn *c) {
        void (*gone)(void *arg) = c->gone;

        if (c->closed)
                return;
        c->closed = true;
        c->gone = NULL;
        net_unwatch(c->server->net, c->fd);
        net_timer_cancel(c->server->net, c->turn);
        fd_close(&c->fd);
        LIST_REMOVE(c, link);
        if (c->phase == PHASE_LINGERING)
                c->server->n_lingering--;
        else
                c->server->n_conns--;
        c->busy++;
        if (gone)
                gone(c->gone_arg);
        http_conn_leave(c);
}

void http_conn_enter(struct http_conn *c) {
        c->busy++;
}

void http_conn_leave(struct http_conn *c) {
        bool untaken = c->phase == PHASE_WRITING || (c->phase == PHASE_STREAMING && http_conn_untaken(c) > 0);
        bool reading = (c->phase == PHASE_READING && !c->turn) || c->phase == PHASE_STREAMING || c->phase == PHASE_LINGERING;

        if (--c->busy > 0)
                return;
        if (c->closed) {
                free_conn(c);
                return;
        }
        if (reading != c->watched_read || untaken != c->watched_write)
                net_watch_for(c->server->net, c->fd, reading, untaken);
        c->watched_read = reading;
        c->watched_write = untaken;
        if (c->await != AWAIT_NOTHING)
                http_server_due(c->server, c->deadline_ms);
}

void http_conn_await(struct http_conn *c, enum http_await what) {
        c->await = what;
        c->deadline_ms = what == AWAIT_NOTHING ? INT64_MAX : clock_read().mono_ms + c->server->await_ms[what];
}

bool http_conn_is_idle(const struct http_conn *c) {
        return c->phase == PHASE_READING && c->await == AWAIT_REQUEST && !c->turn;
}

/* ---- writing ---- */

size_t http_conn_untaken(const struct http_conn *c) {
        return c->head.len + c->rest.n - c->sent;
}

/* True if something was taken. */
static bool send_once(struct http_conn *c) {
        struct slice head = { buf_str(&c->head), c->head.len }, rest = c->rest;
        size_t in_rest = c->sent > head.n ? c->sent - head.n : 0, in_head = c->sent - in_rest;
        struct iovec parts[2] = {
                { .iov_base = (void *)(uintptr_t)(head.p + in_head), .iov_len = head.n - in_head },
                { .iov_base = rest.n ? (void *)(uintptr_t)(rest.p + in_rest) : NULL, .iov_len = rest.n - in_rest },
        };
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = N_ELEMENTS(parts) };
        ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n > 0)
                c->sent += (size_t)n;
        return n > 0;
}

bool http_conn_send(struct http_conn *c) {
        while (http_conn_untaken(c) > 0) {
                errno = 0;
                if (send_once(c)) {
                        http_conn_await(c, AWAIT_TAKING);
                        continue;
                }
                if (errno == EAGAIN || errno == EINTR)
                        return true;
                http_conn_close(c);
                return false;
        }
        return true;
}

static void forget_answer(struct http_conn *c) {
        buf_clear(&c->head);
        if (c->head.cap > HEAD_KEEP)
                buf_release(&c->head);
        buf_release(&c->body);
        c->rest = (struct slice){ NULL, 0 };
        c->sent = 0;
}

/* Closed at once, a connection on which something comes that nobody reads would be reset, and the answer lost with it. */
static void linger(struct http_conn *c) {
        (void)shutdown(c->fd, SHUT_WR);
        http_parser_free(c->parser);
        c->parser = NULL;
        buf_release(&c->in);
        buf_release(&c->head);
        http_conn_await(c, AWAIT_CLOSING);
        http_server_let_linger(c->server, c);
}

void http_conn_finish(struct http_conn *c) {
        forget_answer(c);
        if (c->interim) {
                c->interim = false;
                c->phase = PHASE_READING;
                http_conn_await(c, AWAIT_BODY);
        } else if (c->ends) {
                linger(c);
        } else {
                c->phase = PHASE_READING;
                http_parser_reset(c->parser);
                http_conn_await(c, AWAIT_REQUEST);
        }
}

/* ---- answering ---- */

void http_conn_begin_answer(struct http_conn *c, struct http_reply *r, bool endless) {
        const struct http_request *rq = http_parser_request(c->parser);
        enum http_ending ending = rq->minor > 0 ? ENDING_KEEP : ENDING_KEEP_10;
        size_t length;

        if (r->body.overflowed || r->headers.overflowed) {
                http_reply_release(r);
                *r = (struct http_reply)HTTP_REPLY_INIT;
                http_reply_detail(r, 500, "the answer is too large");
        }
        if (!endless)
                c->gone = NULL;
        c->without_body = rq->method == HTTP_HEAD;
        /* What has not been read of a request would be taken for the next one. */
        c->ends = endless || r->close || c->server->stopped || !rq->keep_alive || http_parser_state(c->parser) != HTTP_WHOLE;
        c->body = r->body;
        r->body = (struct buf)BUF_INIT(r->body.max);
        c->rest = r->fixed ? (struct slice){ r->fixed, r->fixed_len } : (struct slice){ buf_str(&c->body), c->body.len };
        if (!r->content_type || r->status == 204 || r->status == 304)
                c->rest.n = 0;
        length = c->rest.n;
        http_reply_head(&c->head, r, endless ? NULL : &length, http_server_date(c->server), c->ends ? ENDING_CLOSE : ending);
        if (c->without_body || endless)
                c->rest.n = 0;
        c->phase = endless ? PHASE_STREAMING : PHASE_WRITING;
        http_conn_await(c, AWAIT_TAKING);
        if (c->server->on_answer)
                c->server->on_answer(c->server->on_answer_arg, r->status);
        http_reply_release(r);
}

void http_answer(struct http_conn *c, struct http_reply *r) {
        assert(c->phase == PHASE_ASKED);
        http_conn_enter(c);
        http_conn_begin_answer(c, r, false);
        http_conn_leave(c);
}

void http_conn_refuse(struct http_conn *c, int status, const char *detail) {
        struct http_reply r = HTTP_REPLY_INIT;

        http_reply_detail(&r, status, detail);
        if (status == 503)
                http_reply_header(&r, "Retry-After", "1");
        r.close = true;
        http_conn_begin_answer(c, &r, false);
        if (http_conn_send(c) && http_conn_untaken(c) == 0)
                http_conn_finish(c);
}

/* ---- reading ---- */

/* A header came whose body has not. */
static void begin_body(struct http_conn *c) {
        const struct http_request *rq = http_parser_request(c->parser);

        http_conn_await(c, AWAIT_BODY);
        if (c->server->on_header) {
                c->phase = PHASE_ASKED;
                c->server->on_header(c->server->arg, c, rq);
                if (c->phase != PHASE_ASKED)
                        return;
                c->phase = PHASE_READING;
                c->gone = NULL;
        }
        if (rq->expects_continue) {
                buf_add_str(&c->head, "HTTP/1.1 100 Continue\r\n\r\n");
                c->interim = true;
                c->phase = PHASE_WRITING;
        }
}

static void wants_more(struct http_conn *c) {
        bool in_body = http_parser_state(c->parser) == HTTP_WANTS_BODY;

        if (in_body && c->await != AWAIT_BODY)
                begin_body(c);
        else if (!in_body && c->await != AWAIT_HEAD && !http_parser_is_fresh(c->parser))
                http_conn_await(c, AWAIT_HEAD);
}

static void take_request(struct http_conn *c) {
        switch (http_parser_state(c->parser)) {
        case HTTP_WANTS_HEAD:
        case HTTP_WANTS_BODY:
                wants_more(c);
                break;
        case HTTP_WHOLE:
                c->phase = PHASE_ASKED;
                http_conn_await(c, AWAIT_NOTHING);
                c->server->handle(c->server->arg, c, http_parser_request(c->parser));
                break;
        case HTTP_BROKEN:
                http_conn_refuse(c, http_parser_status(c->parser), http_parser_reason(c->parser));
                break;
        }
        if (!c->closed && c->phase == PHASE_WRITING && http_conn_send(c) && http_conn_untaken(c) == 0)
                http_conn_finish(c);
}

static void my_turn(void *arg);

/* One request. The next one waits until everybody else had a turn, for a request can be dear to answer. */
static void take(struct http_conn *c, struct slice in) {
        size_t n = http_parser_feed(c->parser, in.p, in.n);

        take_request(c);
        if (n == in.n || c->closed || c->phase == PHASE_LINGERING)
                return;
        buf_add(&c->in, in.p + n, in.n - n);
        if (c->phase == PHASE_READING)
                c->turn = net_timer(c->server->net, 0, my_turn, c);
}

static void take_kept(struct http_conn *c) {
        struct buf in AUTO(buf_release) = c->in;

        c->in = (struct buf)BUF_INIT(READ_SIZE);
        take(c, (struct slice){ buf_str(&in), in.len });
}

static void my_turn(void *arg) {
        struct http_conn *c = arg;

        c->turn = 0;
        http_conn_enter(c);
        take_kept(c);
        http_conn_leave(c);
}

static void ended_early(struct http_conn *c) {
        if (http_conn_is_idle(c))
                http_conn_close(c);
        else
                http_conn_refuse(c, 400, "the request ends too early");
}

static void read_ready(struct http_conn *c) {
        char bytes[READ_SIZE];
        ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

        if (n > 0)
                take(c, (struct slice){ bytes, (size_t)n });
        else if (n == 0)
                ended_early(c);
        else if (errno != EAGAIN && errno != EINTR)
                http_conn_close(c);
}

static void write_ready(struct http_conn *c) {
        if (!http_conn_send(c) || http_conn_untaken(c) > 0)
                return;
        http_conn_finish(c);
        if (c->phase == PHASE_READING && c->in.len > 0)
                take_kept(c);
}

static void discard(struct http_conn *c) {
        char bytes[READ_SIZE];
        ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

        if (n > 0)
                c->discarded += (size_t)n;
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) || c->discarded > DISCARDED_MAX)
                http_conn_close(c);
}

static void ready(void *arg, int fd) {
        struct http_conn *c = arg;

        (void)fd;
        http_conn_enter(c);
        switch (c->phase) {
        case PHASE_READING:
                /* With its turn to come it is watched for nothing: it has hung up, which its next answer will find out. */
                if (!c->turn)
                        read_ready(c);
                break;
        case PHASE_ASKED:
                /* Watched for neither, so the peer has hung up for good. */
                http_conn_close(c);
                break;
        case PHASE_WRITING:
                write_ready(c);
                break;
        case PHASE_STREAMING:
                http_stream_ready(c);
                break;
        case PHASE_LINGERING:
                discard(c);
                break;
        }
        http_conn_leave(c);
}

void http_conn_expire(struct http_conn *c) {
        http_conn_enter(c);
        if (c->phase == PHASE_READING && c->await == AWAIT_HEAD)
                http_conn_refuse(c, 408, "the header did not come in time");
        else if (c->phase == PHASE_READING && c->await == AWAIT_BODY)
                http_conn_refuse(c, 408, "the body did not come in time");
        else
                http_conn_close(c);
        http_conn_leave(c);
}

/* ---- what a handler asks of it ---- */

int http_conn_listener(const struct http_conn *c) {
        return c->which;
}

bool http_conn_is_unix(const struct http_conn *c) {
        return c->is_unix;
}

bool http_conn_peer_is_loopback(const struct http_conn *c) {
        return c->peer_is_loopback;
}

bool http_conn_own_is_loopback(const struct http_conn *c) {
        return c->own_is_loopback;
}

const char *http_conn_peer(const struct http_conn *c) {
        return c->peer;
}

void http_conn_on_gone(struct http_conn *c, void (*gone)(void *arg), void *arg) {
        c->gone = gone;
        c->gone_arg = arg;
}
