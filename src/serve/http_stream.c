/* SPDX-License-Identifier: MIT */
/* Answers without an end: what is sent waits here for a reader who may be slow, or gone. */
#include "serve/http_internal.h"

#include <assert.h>
#include <errno.h>

#define UNTAKEN_MAX ((size_t)256 * 1024)

void http_stream_begin(struct http_conn *c, struct http_reply *r) {
        assert(c->phase == PHASE_ASKED);
        http_conn_enter(c);
        http_conn_begin_answer(c, r, true);
        http_conn_leave(c);
}

static void flush(struct http_conn *c) {
        if (!http_conn_send(c) || http_conn_untaken(c) > 0)
                return;
        buf_clear(&c->head);
        c->sent = 0;
        http_conn_await(c, AWAIT_NOTHING);
}

bool http_stream_send(struct http_conn *c, struct slice data) {
        bool kept;

        assert(c->phase == PHASE_STREAMING);
        if (c->without_body)
                return true;
        http_conn_enter(c);
        if (http_conn_untaken(c) + data.n > UNTAKEN_MAX)
                flush(c);
        if (!c->closed && http_conn_untaken(c) + data.n > UNTAKEN_MAX)
                http_conn_close(c);
        if (!c->closed) {
                if (c->sent > 0) {
                        memmove(c->head.data, c->head.data + c->sent, c->head.len - c->sent);
                        c->head.len -= c->sent;
                        c->head.data[c->head.len] = '\0';
                        c->sent = 0;
                }
                /* Of a reader that had taken everything the ten seconds begin now. */
                if (c->head.len == 0)
                        http_conn_await(c, AWAIT_TAKING);
                buf_add(&c->head, data.p, data.n);
        }
        kept = !c->closed;
        http_conn_leave(c);
        return kept;
}

/* What there is goes its way, as the end of an ordinary answer. */
void http_stream_stop(struct http_conn *c) {
        void (*gone)(void *arg) = c->gone;

        assert(c->phase == PHASE_STREAMING);
        http_conn_enter(c);
        c->gone = NULL;
        c->phase = PHASE_WRITING;
        http_conn_await(c, AWAIT_TAKING);
        if (gone)
                gone(c->gone_arg);
        http_conn_leave(c);
}

/* What a reader still says nobody asked for; that it has hung up matters. */
static bool is_there(const struct http_conn *c) {
        char bytes[4096];
        ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

        return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

void http_stream_ready(struct http_conn *c) {
        if (!is_there(c)) {
                http_conn_close(c);
                return;
        }
        flush(c);
        if (!c->closed && c->without_body && http_conn_untaken(c) == 0)
                http_stream_stop(c);
}
