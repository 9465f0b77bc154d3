/* SPDX-License-Identifier: MIT */
/*
 * Connections that are no sockets: what the router is handed, and what it answers. Included by one file of a test, it takes the
 * place of the server's connections.
 */
#ifndef TEST_FAKE_CONN_H
#define TEST_FAKE_CONN_H

#include "serve/api.h"
#include "support/check.h"

struct http_conn {
        bool is_unix, peer_is_loopback, own_is_loopback;
        const char *peer; /* NULL: 127.0.0.1 */
        void (*gone)(void *arg);
        void *gone_arg;
        /* the answer */
        bool answered;
        int status;
        char *body, *headers;
};

int http_conn_listener(const struct http_conn *c) {
        (void)c;
        return LISTENER_API;
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
        return c->is_unix ? "unix" : c->peer ? c->peer : "127.0.0.1";
}
void http_conn_on_gone(struct http_conn *c, void (*gone)(void *arg), void *arg) {
        c->gone = gone;
        c->gone_arg = arg;
}
void http_answer(struct http_conn *c, struct http_reply *r) {
        assert_false(c->answered);
        c->answered = true;
        c->status = r->status;
        c->body = xstrdup(buf_str(&r->body));
        c->headers = xstrdup(buf_str(&r->headers));
        http_reply_release(r);
}

#define CONN_LOOPBACK                                                                                                              \
        { .peer_is_loopback = true, .own_is_loopback = true }
#define CONN_AFAR                                                                                                                  \
        { .peer_is_loopback = false }
#define CONN_UNIX                                                                                                                  \
        { .is_unix = true }

static void conn_forget(struct http_conn *c) {
        free(c->body);
        free(c->headers);
        c->body = c->headers = NULL;
        c->answered = false;
        c->status = 0;
}

/* The request's text with "\n" for line ends; what follows an empty line is its body. To be freed; request valid until then. */
static struct http_parser *request_parse(const char *text) {
        struct http_parser *p = http_parser_new();
        struct buf wire AUTO(buf_release) = BUF_INIT(64 * 1024);
        bool in_body = false;
        for (const char *c = text; *c; c++) {
                if (*c == '\n' && !in_body) {
                        in_body = c > text && c[-1] == '\n';
                        buf_add_str(&wire, "\r\n");
                } else {
                        buf_add_char(&wire, *c);
                }
        }
        if (!in_body)
                buf_add_str(&wire, "\r\n");
        assert_int_equal(http_parser_feed(p, wire.data, wire.len), wire.len);
        assert_int_equal(http_parser_state(p), HTTP_WHOLE);
        return p;
}

/* Hands the request over; what it answers at once is in c. */
static void ask(struct api *api, struct http_conn *c, const char *text) {
        struct http_parser *p = request_parse(text);
        conn_forget(c);
        api_handle(api, c, http_parser_request(p));
        /* What goes on may look at its request no more: then nobody may free it here. */
        assert_true(c->answered);
        http_parser_free(p);
}

#endif
