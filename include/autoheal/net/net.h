/* SPDX-License-Identifier: MIT */
/*
 * The one wait of the program: HTTP requests, watched descriptors and timers on one curl_multi_poll(). Knows nothing of
 * Docker. Nothing here blocks but net_run(); everything else is told through callbacks, which run inside net_run() and may
 * start or cancel anything.
 */
#ifndef AUTOHEAL_NET_NET_H
#define AUTOHEAL_NET_NET_H

#include "autoheal/util/buf.h"
#include "autoheal/util/error.h"
#include "autoheal/util/slice.h"

struct net;
struct net_request; /* one HTTP exchange under way */

MUST_USE int net_new(struct net **ret, struct error *err);
/* Cancels what is under way, without callbacks. NULL is fine. Not to be called from a callback. */
void net_free(struct net *n);

/* What to ask. All strings are copied. */
struct net_ask {
        const char *method;      /* "GET", "HEAD", "POST" */
        const char *url;         /* http:// */
        const char *unix_socket; /* path, "@name" for an abstract one, or NULL for TCP */
        const char *user_agent;
        const char *body;   /* NULL: none (a POST then sends Content-Length: 0) */
        int64_t timeout_ms; /* whole exchange; > 0 */
        int64_t connect_timeout_ms;
        size_t max_body;    /* ceiling of the answer, bytes */
        size_t max_headers; /* 0: 64 KiB */
        bool cut_body;      /* at max_body end the exchange and deliver what came, instead of ERR_TOO_LARGE */
        bool use_proxy;     /* honour $HTTP_PROXY, $http_proxy and $NO_PROXY (never on a unix socket) */
};

struct net_answer {
        long status;              /* HTTP status */
        struct slice body;        /* valid during the callback only, as all text here */
        bool truncated;           /* cut_body, and the body was longer than max_body */
        const char *content_type; /* "" none */
        const char *date;         /* the Date header as sent, "" none */
        const char *server;       /* the Server header, "" none */
        const char *api_version;  /* the Api-Version header, "" none */
};

/* Exactly one of answer and err is not NULL: err when no complete answer came (ERR_CONNECT, ERR_TIMEOUT, ERR_TOO_LARGE, ERR_PROTOCOL). err->sys_errno is set where the system named a cause, ETIMEDOUT where connecting took too long. */
typedef void net_done_fn(void *arg, const struct net_answer *answer, const struct error *err);

MUST_USE int net_ask(struct net *n, const struct net_ask *ask, net_done_fn *done, void *arg, struct net_request **ret,
                     struct error *err);
/* Ends it without a callback. NULL is fine, and so is, during its own callback, the one that just ended. */
void net_cancel(struct net *n, struct net_request *r);

/* Calls fn whenever fd is readable (or closed by its peer), until net_unwatch(). At most 8 descriptors, each once (else ERR_INVALID). */
typedef void net_ready_fn(void *arg, int fd);
MUST_USE int net_watch(struct net *n, int fd, net_ready_fn *fn, void *arg, struct error *err);
void net_unwatch(struct net *n, int fd);

/* Timers, on the monotonic clock. One shot. The id is never 0. */
typedef void net_timer_fn(void *arg);
uint64_t net_timer(struct net *n, int64_t delay_ms, net_timer_fn *fn, void *arg);
void net_timer_cancel(struct net *n, uint64_t id); /* 0 and ended ones are fine */

/*
 * Waits for something to happen and runs its callbacks; returns after at most one round. False, without waiting, when nothing
 * is left that could ever happen (no request and no timer; watches alone do not count).
 */
bool net_run(struct net *n);

#endif
