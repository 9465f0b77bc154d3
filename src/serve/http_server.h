/* SPDX-License-Identifier: MIT */
/*
 * Connections: listening, reading requests, writing answers, with limits on number, time and size, on the program's one poll.
 * Knows nothing of what is asked.
 *
 * - at most 128 connections on all listeners together; for the next one the connection that has been idle longest is closed, and
 *   503 is answered only if none is idle
 * - a header has to come within 10 s of its first byte, a body within 10 s more; 60 s idle and the connection is closed (408 for
 *   what had begun)
 * - an answer that is not taken for 10 s ends its connection
 * - pipelined requests are answered one after another, in order, and one of a connection in a turn of the loop
 * - HEAD is answered as GET without its body; "Expect: 100-continue" is met before the body is read
 * - a peer that has only shut down its sending side still gets its answer
 *
 * A connection that ends after an answer is kept for at most 2 s more, so that a peer that is still sending gets to read it; up to
 * 32 such do not count among the 128. What the server answers by itself (the parser's refusals, 408, 503) is {"detail": "..."}.
 */
#ifndef AUTOHEAL_SERVE_HTTP_SERVER_H
#define AUTOHEAL_SERVE_HTTP_SERVER_H

#include "autoheal/net/net.h"
#include "serve/http_parse.h"

#define HTTP_CONNECTIONS_MAX 128

struct http_server;
struct http_conn;

struct http_reply {
        int status;
        const char *content_type; /* borrowed; NULL: no body is meant (204, 304) */
        struct buf body;
        const void *fixed; /* instead of body: lives as long as the program */
        size_t fixed_len;
        struct buf headers; /* more header lines, made with http_reply_header() */
        bool close;         /* end the connection afterwards */
};
#define HTTP_REPLY_INIT                                                                                                            \
        { .status = 200, .body = BUF_INIT((size_t)64 * 1024 * 1024), .headers = BUF_INIT((size_t)16 * 1024) }
void http_reply_release(struct http_reply *r);
/* Line breaks and control characters in the value become blanks. */
void http_reply_header(struct http_reply *r, const char *name, const char *value);
const char *http_status_text(int status); /* "Not Found" */

/*
 * A whole request has come. It is answered by http_answer() or http_stream_begin(), now or later: until then it, its bytes and the
 * connection stay as they are. If the peer goes away before, gone is called (see http_conn_on_gone()) and nothing may be
 * answered any more.
 */
typedef void http_request_fn(void *arg, struct http_conn *c, const struct http_request *rq);

struct http_server *http_server_new(struct net *net, http_request_fn *handle, void *arg);
/* Closes everything, gone callbacks included. NULL is fine. Not to be called from a handler. */
void http_server_free(struct http_server *s);
/*
 * "127.0.0.1" and "::" and so on with a port (0: the system chooses), or "unix:///path" (mode 0600; a socket file that nobody
 * listens on any more is replaced, another file is not). ERR_IO with the address and, for one in use, a sentence that says so.
 * "::" takes IPv4 as well; "localhost" is 127.0.0.1; other names are ERR_INVALID, for nobody is asked what they mean.
 * which: tells the listeners apart, see http_conn_listener().
 */
MUST_USE int http_server_listen(struct http_server *s, const char *address, int port, int which, struct error *err);
/*
 * Optional: called when a header has come whose body has not; what it answers right then is final: the body is not asked for
 * ("100 Continue") nor read, and the connection ends. If it does not answer, the request goes its way. NULL: none.
 */
void http_server_on_header(struct http_server *s, http_request_fn *fn);
/* The port that a listener got; 0 for unix sockets and what is not listened on. */
int http_server_port(const struct http_server *s, int which);
/* No new connections from now on; idle ones are closed, the others after their answer. Streams end: their gone is called. */
void http_server_stop(struct http_server *s);
/* Those whose last answer has not been sent yet. */
size_t http_server_connections(const struct http_server *s);

int http_conn_listener(const struct http_conn *c);
bool http_conn_is_unix(const struct http_conn *c);
bool http_conn_peer_is_loopback(const struct http_conn *c); /* the peer is 127.0.0.0/8 or ::1 (or ::ffff:127...) */
bool http_conn_own_is_loopback(const struct http_conn *c);  /* our end of it is */
const char *http_conn_peer(const struct http_conn *c);      /* "10.0.0.7", "unix" */
void http_conn_on_gone(struct http_conn *c, void (*gone)(void *arg), void *arg);

/* Takes what the reply holds. A body or header beyond its ceiling is never sent cut: the answer is 500 then. */
void http_answer(struct http_conn *c, struct http_reply *r);
/*
 * The header of an answer without an end (server-sent events), until http_server_stop() or the peer is gone: a reader that shuts
 * down its sending side counts as gone, and so does a HEAD once it has its header. Its end is the end of the connection.
 */
void http_stream_begin(struct http_conn *c, struct http_reply *r);
/* False if so much lies there untaken (256 KiB) that the reader is given up: its gone is called before this returns. */
bool http_stream_send(struct http_conn *c, struct slice data);

/* Answers by status since the beginning, for metrics: called once for each. NULL: none. */
void http_server_on_answer(struct http_server *s, void (*fn)(void *arg, int status), void *arg);

#endif
