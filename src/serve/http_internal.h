/* SPDX-License-Identifier: MIT */
/*
 * The server's inside: http_server.c holds the connections together, http_conn.c reads, answers and writes on one,
 * http_stream.c is for answers without an end, http_listen.c opens addresses, http_reply.c makes headers.
 */
#ifndef AUTOHEAL_SERVE_HTTP_INTERNAL_H
#define AUTOHEAL_SERVE_HTTP_INTERNAL_H

#include "serve/http_server.h"

#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/types.h>

#define HTTP_LINGERING_MAX 32

/* What a connection waits for; struct http_server says for how long. */
enum http_await {
        AWAIT_NOTHING,
        AWAIT_REQUEST, /* its first byte */
        AWAIT_HEAD,
        AWAIT_BODY,
        AWAIT_TAKING, /* the peer takes more of the answer */
        AWAIT_CLOSING,
        AWAIT_MAX_
};

enum http_phase {
        PHASE_READING,
        PHASE_ASKED, /* the handler has the request */
        PHASE_WRITING,
        PHASE_STREAMING,
        PHASE_LINGERING, /* all is said; what still comes is thrown away */
};

struct http_conn {
        LIST_ENTRY(http_conn) link;
        struct http_server *server;
        int fd, which;
        enum http_phase phase;
        enum http_await await;
        int64_t deadline_ms;              /* for what it awaits */
        bool watched_read, watched_write; /* as net was told last */

        unsigned busy; /* functions of ours are at work on it: a closed one is freed when the outermost leaves */
        bool closed;

        struct http_parser *parser;
        struct buf in; /* what came behind the request that is being answered */
        uint64_t turn; /* timer: when the next one in there is taken; 0: it does not wait for that */

        /* The answer is head, then rest. What a stream's reader has not taken is in head. */
        struct buf head, body;
        struct slice rest; /* in body, or fixed */
        size_t sent;
        bool interim;      /* it is "100 Continue" */
        bool ends;         /* the connection ends after it */
        bool without_body; /* HEAD */

        size_t discarded; /* while lingering */

        void (*gone)(void *arg);
        void *gone_arg;

        bool is_unix, peer_is_loopback, own_is_loopback;
        char peer[48];
};

struct http_listener {
        LIST_ENTRY(http_listener) link;
        struct http_server *server;
        int fd, which, port;
        char *path; /* of a unix socket, and which file it is; NULL none */
        dev_t dev;
        ino_t ino;
};

struct http_server {
        struct net *net;
        http_request_fn *handle, *on_header;
        void *arg;
        void (*on_answer)(void *arg, int status);
        void *on_answer_arg;

        LIST_HEAD(http_listeners, http_listener) listeners;
        LIST_HEAD(http_conns, http_conn) conns, lingering;
        size_t n_conns, n_lingering;
        bool stopped;

        uint64_t sweep, resume; /* timers */
        int64_t sweep_ms;       /* when the first is due */
        int64_t await_ms[AWAIT_MAX_];
        int64_t pause_ms; /* for how long nobody is let in once descriptors are out */

        int64_t date_s; /* what date says */
        char date[32];
};

/* ---- http_listen.c ---- */

struct http_address {
        struct sockaddr_storage sa;
        socklen_t len;
        bool is_unix;
        char shown[160];
};
MUST_USE int http_address_parse(struct http_address *ret, const char *address, int port, struct error *err);
/* Fills fd, port, path, dev and ino. After a failure too l is to be freed. */
MUST_USE int http_listener_open(struct http_listener *l, const struct http_address *address, struct error *err);
/* Closes it and removes its socket file, if that is still ours. */
void http_listener_free(struct http_listener *l);
bool http_address_is_loopback(const struct sockaddr_storage *sa);
/* "10.0.0.7", "::1", "unix" */
void http_address_show(const struct sockaddr_storage *sa, char *ret, size_t size);

/* ---- http_reply.c ---- */

enum http_ending { ENDING_CLOSE, ENDING_KEEP, ENDING_KEEP_10 };
/* length NULL: an answer without an end. */
void http_reply_head(struct buf *out, const struct http_reply *r, const size_t *length, const char *date, enum http_ending ending);
/* {"detail": "..."} */
void http_reply_detail(struct http_reply *r, int status, const char *detail);
/* "Sun, 06 Nov 1994 08:49:37 GMT" */
void http_date(int64_t wall_s, char *ret, size_t size);

/* ---- http_server.c ---- */

/* Makes sure that deadlines are looked at when this time has come. */
void http_server_due(struct http_server *s, int64_t ms);
const char *http_server_date(struct http_server *s);
/* Takes the connection from the 128 to those that linger. */
void http_server_let_linger(struct http_server *s, struct http_conn *c);

/* ---- http_conn.c ---- */

/* Takes the descriptor. NULL: it cannot be watched and was closed. */
struct http_conn *http_conn_new(struct http_server *s, int fd, int which);
/*
 * Around everything that may close the connection or change what it waits for: when the outermost leaves, a closed one is freed,
 * another is watched for what it needs.
 */
void http_conn_enter(struct http_conn *c);
void http_conn_leave(struct http_conn *c);
/* Calls gone, if somebody is to be told. */
void http_conn_close(struct http_conn *c);
void http_conn_await(struct http_conn *c, enum http_await what);
bool http_conn_is_idle(const struct http_conn *c);
/* What it waits for has not come in time. */
void http_conn_expire(struct http_conn *c);
/* Answers by itself and ends. */
void http_conn_refuse(struct http_conn *c, int status, const char *detail);
/* Makes the header of an answer (endless: of a stream) and takes what the reply holds. */
void http_conn_begin_answer(struct http_conn *c, struct http_reply *r, bool endless);
size_t http_conn_untaken(const struct http_conn *c);
/* Sends what the socket takes. False: the peer is gone and the connection closed. */
bool http_conn_send(struct http_conn *c);
/* All is taken: ends the connection if it is to end. */
void http_conn_finish(struct http_conn *c);

/* ---- http_stream.c ---- */

void http_stream_ready(struct http_conn *c);
/* Tells whoever sends that it is over, and ends the connection when what there is was taken. */
void http_stream_stop(struct http_conn *c);

#endif
