/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share: a request, where it goes (destination.c, proxy.c), what is sent (content.c), what became
 * of it (outcome.c), the programs that are connections (program.c, command.c), and timers (timers.c).
 */
#ifndef AUTOHEAL_NET_NET_INTERNAL_H
#define AUTOHEAL_NET_NET_INTERNAL_H

#include "autoheal/net/net.h"
#include "autoheal/os/child.h"

#include <curl/curl.h>
#include <sys/queue.h>

/* ---- timers: apart from any clock so that they can be tested with made-up times, in milliseconds on whatever clock ---- */

struct timer;
struct timers {
        struct timer *first; /* the soonest; those due at the same time stand in the order in which they were added */
        uint64_t last_id;
};

uint64_t timers_add(struct timers *t, int64_t due_ms, net_timer_fn *fn, void *arg);
void timers_cancel(struct timers *t, uint64_t id);
bool timers_empty(const struct timers *t);
/* How long until the first one is due: 0 if it is already, max_ms if none is due before. */
int64_t timers_wait_ms(const struct timers *t, int64_t now_ms, int64_t max_ms);
/* Runs those that are due, but none that a callback added meanwhile. Callbacks may cancel any and add some that are due at now_ms or later. */
void timers_run(struct timers *t, int64_t now_ms);
void timers_release(struct timers *t);

/* ---- requests ---- */

struct command;
struct commands;
struct program;

struct net_request {
        LIST_ENTRY(net_request) link;
        CURL *easy;
        struct curl_slist *headers, *connect_to;
        struct buf body;
        size_t header_bytes, max_headers;
        bool header_complete;
        bool no_http; /* its status line is none */
        bool cut_body, ended;
        const struct net_stream_fns *stream;
        bool streaming, news; /* its header said success; something has come that was not told yet */
        bool told_began;
        struct net *net;
        uint64_t begin_timer; /* of a stream until it has begun; 0: none */
        bool changes;         /* it is a POST or DELETE: whoever got it may have acted on it */
        bool tls;
        int64_t timeout_ms;
        net_done_fn *done;
        void *arg;
        char error_text[CURL_ERROR_SIZE];

        bool connects; /* and does nothing else */

        /* Of a mail. */
        bool mail;
        struct curl_slist *recipients;
        char *message; /* NULL: it is no mail */
        size_t message_len, message_sent;

        /* Of one that goes through a command. */
        const struct program *program; /* NULL: none */
        struct commands *commands;
        char *advice;            /* "" none */
        struct command *awaited; /* the transfer is over, but not this one, which is to say why; NULL: none */
};

/* ---- net.c ---- */

/* One that goes nowhere yet. */
struct net_request *request_new(struct net *n, net_done_fn *done, void *arg);
/* Sets the callbacks of one whose other options are set, and begins it. */
MUST_USE int request_begin(struct net_request *r, struct error *err);
void request_free(struct net_request *r);

/* ---- destination.c ---- */

unsigned destination_set_tls(CURL *easy, const struct net_tls *tls);
/* What holds wherever it goes: that nothing blocks, and for how long. */
unsigned destination_set_limits(CURL *easy, int64_t timeout_ms, int64_t connect_timeout_ms);

/* Sets libcurl's options for where it goes, and how. 0 if everything went well: libcurl's results, or-ed. */
unsigned destination_set(struct net_request *r, const struct net_ask *ask);
/* "192.0.2.1", and "[2001:db8::1]" as it stands in a URL; false if it is no address. */
#define DESTINATION_ADDRESS_SIZE 64
bool destination_address(char ret[static DESTINATION_ADDRESS_SIZE], const char *address);

/* ---- content.c ---- */

/* Are the ask's headers such? ERR_INVALID names the one that is not. */
MUST_USE int content_check(const struct net_ask *ask, struct error *err);
/* The same for what is sent. */
unsigned content_set(struct net_request *r, const struct net_ask *ask);

/* ---- proxy.c ---- */

/*
 * The proxy for a URL: $HTTP_PROXY or $HTTPS_PROXY by the URL's scheme, in capitals or else in small letters. NULL if there is
 * none, for localhost and loopback addresses, and for what $NO_PROXY names: "*", names with their subdomains, ".name" or
 * "*.name" for those alone, addresses, all of these with a port if wanted, and CIDR ranges. Borrowed from get_env.
 */
const char *proxy_for(const char *url, const char *(*get_env)(const char *name));

/* ---- outcome.c ---- */

/* 0 if there is an answer to hand over, else the error that net_done_fn gets. */
MUST_USE int outcome_of(const struct net_request *r, CURLcode code, struct error *err);

/* ---- program.c ---- */

/* A command as it is written, and where libcurl connects for it. */
struct program {
        LIST_ENTRY(program) link;
        char **argv;
        int listener; /* not blocking */
        int handle;   /* what path leads to */
        char path[32];
};
LIST_HEAD(program_list, program);

/* The one with these words; it is made if there is none. */
MUST_USE int program_find(struct program_list *all, const char *const *argv, const struct program **ret, struct error *err);
void programs_release(struct program_list *all);

/* ---- command.c ---- */

LIST_HEAD(command_list, command);
struct commands {
        struct program_list programs;
        struct command_list list; /* one for each connection, and those that have not ended yet */
        struct command *broken;   /* of those that no request under way has opened, the last one that hung up in this round */
};

/* Makes each new connection of the request start the ask's command, if it has one. */
MUST_USE int commands_attach(struct commands *all, struct net_request *r, const struct net_ask *ask, struct error *err);
/* The request is over: connections that it has opened are anybody's from now on. */
void commands_disown(const struct net_request *r);
/*
 * The command that hung up on a request whose transfer has just ended; NULL: none. On a connection that another request had
 * opened it may be that of another one that ended in the same round: libcurl does not tell which connection it took.
 */
struct command *commands_hung_up(const struct net_request *r);
/* Starts those that libcurl has connected to. */
void commands_start(struct commands *all);
/* Reads what they print on standard error, waits for those that ended, and kills those that do not. */
void commands_run(struct commands *all, int64_t now_ms);
/* Forgets those whose connection is closed and that have ended. */
void commands_sweep(struct commands *all);
bool commands_own(const struct commands *all, pid_t pid);
/* Room that commands_poll() needs, and what is to be polled for them; returns how many. */
size_t commands_count(const struct commands *all);
unsigned commands_poll(const struct commands *all, struct curl_waitfd *ret);
/* When commands_run() is to be called again at the latest. */
int64_t commands_wait_ms(const struct commands *all, int64_t max_ms);
/* Ends all of them and waits for that, 3 s at most, then kills, and waits for the kernel. The connections must be closed. */
void commands_release(struct commands *all);

/* It has ended, or was killed because it did not: nobody need wait for its exit status any longer. */
bool command_is_over(const struct command *c);
/* "command [ssh ...] has exited with exit status 255, <advice>: stderr=..." Returns -1. */
int command_error(const struct command *c, enum err_code code, const char *advice, struct error *err);

#endif
