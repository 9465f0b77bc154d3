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

#include <sys/types.h>

struct net;
struct net_request; /* one HTTP exchange under way */

MUST_USE int net_new(struct net **ret, struct error *err);
/*
 * Cancels what is under way, without callbacks. Commands that do not end at once are waited for, 3 s at most, then killed; then
 * it takes as long as the kernel needs to end them. NULL is fine. Not to be called from a callback.
 */
void net_free(struct net *n);

/* Is it a program that is a connection? */
bool net_owns_process(const struct net *n, pid_t pid);

/*
 * An answer that never ends is handed over piece by piece. began: its header has come, with a status that means success (2xx);
 * piece: some more of its body, wherever it was cut. Both with the arg of net_ask(), inside net_run(), where anything may be
 * started or cancelled. Answers of another status are kept whole as ever.
 */
struct net_stream_fns {
        void (*began)(void *arg);
        void (*piece)(void *arg, struct slice piece);
};

/* How an https:// URL is asked for. TLS 1.2 at least. */
struct net_tls {
        bool verify;            /* check the peer's certificate and name */
        const char *ca;         /* PEM file of the only authorities that count; NULL: the system's */
        const char *cert, *key; /* PEM files of our own certificate, both or neither */
};

/* What to ask. All strings are copied. */
struct net_ask {
        const char *method;        /* "GET", "HEAD", "POST", "DELETE" */
        const char *url;           /* http://, or https:// with tls */
        const struct net_tls *tls; /* NULL: none */
        /*
         * A program whose standard input and output are the connection (ssh); ends with NULL; NULL: none. Each new connection
         * starts one, in a session of its own, so that a Ctrl-C does not reach it; it is told to end when the connection is
         * closed, and killed if it does not, or if we die. If it hangs up before there is an answer, the error tells its exit
         * status and what it printed on standard error (the end of it, as one line).
         */
        const char *const *command;
        const char *command_advice; /* what that error says beside it: "make sure that ..."; NULL: nothing */
        /*
         * "Name: value" to be sent as well; ends with NULL; NULL: none. Those that say who asks, whom, and how long it is
         * (User-Agent, Host, Content-Length, Content-Type and what changes the exchange itself) are left out.
         */
        const char *const *headers;
        const char *unix_socket; /* path, "@name" for an abstract one, or NULL for TCP */
        const char *address;     /* connect to this IP address, whatever host the URL names; its port holds; NULL: to that host */
        const char *host;        /* the Host header, where it is not to be the URL's host; NULL: it is */
        const char *user_agent;
        /* Basic authentication; both or neither. */
        const char *username, *password;
        const char *content_type; /* of the body; NULL: application/json */
        const char *body;         /* NULL: none (a POST then sends Content-Length: 0) */
        int64_t timeout_ms;       /* whole exchange, of a stream until it has begun; > 0 */
        int64_t connect_timeout_ms;
        const struct net_stream_fns *stream; /* NULL: the answer is handed over whole; else it ends with an empty body. Borrowed. */
        bool once;                           /* on a connection of its own, which is closed afterwards */
        bool fresh;                          /* on a connection of its own making, which may be used again afterwards */
        size_t max_body;                     /* ceiling of the answer, bytes; of a stream's single piece */
        size_t max_headers;                  /* 0: 64 KiB */
        bool cut_body;                       /* at max_body end the exchange and deliver what came, instead of ERR_TOO_LARGE */
        /*
         * Honour $HTTP_PROXY or $HTTPS_PROXY, in small letters too, and $NO_PROXY, as Go does; never for this machine
         * (localhost and loopback addresses), on a unix socket or through a command.
         */
        bool use_proxy;
};

struct net_answer {
        long status;              /* HTTP status */
        struct slice body;        /* valid during the callback only, as all text here */
        bool truncated;           /* cut_body, and the body was longer than max_body */
        const char *content_type; /* "" none */
        const char *date;         /* the Date header as sent, "" none */
        const char *server;       /* the Server header, "" none */
        const char *api_version;  /* the Api-Version header, "" none */
        const char *retry_after;  /* the Retry-After header as sent, "" none */
};

/*
 * Exactly one of answer and err is not NULL: err when no complete answer came. ERR_CONNECT: nothing of the request has reached
 * its peer (or it was a GET or HEAD, handed to a command that failed); ERR_TIMEOUT, ERR_TOO_LARGE, ERR_PROTOCOL: it may have.
 * err->sys_errno is set where the system named a cause, and is ETIMEDOUT where connecting took too long, EKEYREJECTED where the
 * peer refuses our certificate or wants one, EBADMSG where what came is no HTTP.
 */
typedef void net_done_fn(void *arg, const struct net_answer *answer, const struct error *err);

MUST_USE int net_ask(struct net *n, const struct net_ask *ask, net_done_fn *done, void *arg, struct net_request **ret,
                     struct error *err);
/*
 * A mail, handed to a server. All strings are copied. smtps:// speaks TLS from the beginning; with smtp:// STARTTLS is used where
 * the server offers it, and is a condition where there is a password to protect. A server on this machine that wants no password
 * is spoken to as it is. No proxy is asked.
 */
struct net_mail {
        const char *url; /* smtp://host:port or smtps://host:port */
        const struct net_tls *tls;
        const char *username, *password; /* NULL: none */
        const char *from;                /* addresses without anything around them */
        const char *const *to;           /* at least one; ends with NULL */
        const char *message;             /* header and body, in lines that end with CRLF */
        int64_t timeout_ms, connect_timeout_ms;
};
/* The answer's status is the server's last reply: 250. Errors as those of net_ask(). */
MUST_USE int net_send_mail(struct net *n, const struct net_mail *mail, net_done_fn *done, void *arg, struct net_request **ret,
                           struct error *err);

/* Connects to a TCP port of an IP address, and hangs up. The answer is empty, its status 0. Errors as those of net_ask(). */
MUST_USE int net_connect(struct net *n, const char *address, int64_t port, int64_t timeout_ms, net_done_fn *done, void *arg,
                         struct net_request **ret, struct error *err);

/* Ends it without a callback. NULL is fine, and so is, during its own callback, the one that just ended. */
void net_cancel(struct net *n, struct net_request *r);

/*
 * Calls fn whenever fd is readable (or closed by its peer), until net_unwatch(). At most NET_WATCHES_MAX descriptors, each once
 * (else ERR_INVALID).
 */
#define NET_WATCHES_MAX 256
typedef void net_ready_fn(void *arg, int fd);
MUST_USE int net_watch(struct net *n, int fd, net_ready_fn *fn, void *arg, struct error *err);
/* What a watched descriptor is watched for from now on: reading, writing, both or (a peer that hung up shows even so) neither. */
void net_watch_for(struct net *n, int fd, bool reading, bool writing);
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
