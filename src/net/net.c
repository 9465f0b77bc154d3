/* SPDX-License-Identifier: MIT */
/* Requests, watched descriptors and timers on one curl_multi_poll(). */
#include "autoheal/net/net.h"

#include "autoheal/os/clock.h"
#include "net/net_internal.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/queue.h>

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or newer is needed: before it, a name server that does not answer blocks everything (CURLOPT_QUICK_EXIT)"
#endif

#define MAX_WATCHES          8
#define MAX_HEADERS          ((size_t)64 * 1024)
#define MAX_IDLE_CONNECTIONS 16L
/* Longest single wait, and longest delay of a timer. Both only keep the arithmetic from overflowing. */
#define MAX_WAIT_MS  (INT64_C(60) * 60 * 1000)
#define MAX_DELAY_MS (INT64_MAX / 4)

struct net_request {
        LIST_ENTRY(net_request) link;
        CURL *easy;
        struct curl_slist *headers;
        struct buf body;
        size_t header_bytes, max_headers;
        bool header_complete;
        bool cut_body, ended;
        int64_t timeout_ms;
        net_done_fn *done;
        void *arg;
        char error_text[CURL_ERROR_SIZE];
};

struct watch {
        net_ready_fn *fn; /* NULL: the place is free */
        void *arg;
        int fd;
        uint64_t serial; /* tells a watch from a later one in the same place */
};

struct net {
        CURLM *multi;
        LIST_HEAD(request_list, net_request) requests;
        struct watch watches[MAX_WATCHES];
        uint64_t last_serial;
        struct timers timers;
};

int net_new(struct net **ret, struct error *err) {
        struct net *n;
        CURLM *multi;

        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                return error_set(err, ERR_FAILED, "cannot start libcurl");
        multi = curl_multi_init();
        if (!multi) {
                curl_global_cleanup();
                return error_set(err, ERR_FAILED, "cannot start libcurl");
        }
        (void)curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, MAX_IDLE_CONNECTIONS);
        n = xcalloc(1, sizeof(*n));
        n->multi = multi;
        LIST_INIT(&n->requests);
        *ret = n;
        return 0;
}

static void free_request(struct net_request *r) {
        curl_easy_cleanup(r->easy);
        curl_slist_free_all(r->headers);
        buf_release(&r->body);
        free(r);
}

void net_cancel(struct net *n, struct net_request *r) {
        if (!r || r->ended)
                return;
        LIST_REMOVE(r, link);
        (void)curl_multi_remove_handle(n->multi, r->easy);
        free_request(r);
}

void net_free(struct net *n) {
        if (!n)
                return;
        while (!LIST_EMPTY(&n->requests))
                net_cancel(n, LIST_FIRST(&n->requests));
        timers_release(&n->timers);
        (void)curl_multi_cleanup(n->multi);
        curl_global_cleanup();
        free(n);
}

static size_t take_body(char *data, size_t size, size_t count, void *arg) {
        struct net_request *r = arg;

        buf_add(&r->body, data, size * count);
        return r->body.overflowed ? CURL_WRITEFUNC_ERROR : size * count;
}

/* Called for each line: trailers and the headers of interim answers count as well. */
static size_t take_header(char *data, size_t size, size_t count, void *arg) {
        struct net_request *r = arg;
        struct slice line = { data, size * count };

        if (slice_eq(line, "\r\n") || slice_eq(line, "\n"))
                r->header_complete = true;
        else if (slice_skip(&line, "HTTP/"))
                r->header_complete = false;
        r->header_bytes += size * count;
        return r->header_bytes > r->max_headers ? CURL_WRITEFUNC_ERROR : size * count;
}

static long bounded_ms(int64_t ms) {
        return ms > INT_MAX ? INT_MAX : (long)ms;
}

/* As Go's rule, which docker follows: libcurl alone reads only the lower-case name, and $ALL_PROXY too. */
static const char *proxy_of(const struct net_ask *ask) {
        const char *proxy = NULL;

        if (ask->use_proxy && !ask->unix_socket) {
                proxy = getenv("HTTP_PROXY");
                if (!proxy || !*proxy)
                        proxy = getenv("http_proxy");
        }
        return proxy ? proxy : "";
}

/* CURLE_OK is 0: results that are or-ed together stay 0 if everything went well. */
static unsigned set_destination(CURL *easy, const struct net_ask *ask) {
        unsigned failed = 0;

        failed |= curl_easy_setopt(easy, CURLOPT_URL, ask->url);
        failed |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
        failed |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        failed |= curl_easy_setopt(easy, CURLOPT_PROXY, proxy_of(ask));
        if (ask->unix_socket && ask->unix_socket[0] == '@')
                failed |= curl_easy_setopt(easy, CURLOPT_ABSTRACT_UNIX_SOCKET, ask->unix_socket + 1);
        else if (ask->unix_socket)
                failed |= curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, ask->unix_socket);
        failed |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        /* Without it a name server that never answers holds up the whole loop: libcurl joins the thread that waits for it. */
        failed |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
        failed |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, bounded_ms(ask->timeout_ms));
        if (ask->connect_timeout_ms > 0)
                failed |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, bounded_ms(ask->connect_timeout_ms));
        return failed;
}

static bool add_header(struct net_request *r, const char *line) {
        struct curl_slist *longer = curl_slist_append(r->headers, line);

        if (longer)
                r->headers = longer;
        return longer;
}

static unsigned set_content(struct net_request *r, const struct net_ask *ask) {
        CURL *easy = r->easy;
        const char *body = ask->body ? ask->body : "";
        unsigned failed = 0;

        failed |= !add_header(r, "Expect:");
        failed |= !add_header(r, ask->body ? "Content-Type: application/json" : "Content-Type:");
        failed |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, r->headers);
        if (ask->user_agent)
                failed |= curl_easy_setopt(easy, CURLOPT_USERAGENT, ask->user_agent);
        if (str_eq(ask->method, "HEAD"))
                failed |= curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        if (!str_eq(ask->method, "POST"))
                return failed;
        failed |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
        failed |= curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body);
        /* A request that dies on a reused connection is sent again by libcurl, even if the peer has already acted on it: what
         * changes something gets a connection of its own. */
        failed |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        failed |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
        return failed;
}

static unsigned set_callbacks(struct net_request *r) {
        CURL *easy = r->easy;
        unsigned failed = 0;

        failed |= curl_easy_setopt(easy, CURLOPT_PRIVATE, r);
        failed |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, r->error_text);
        failed |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
        failed |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, r);
        failed |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
        failed |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, r);
        return failed;
}

static int check_ask(const struct net_ask *ask, struct error *err) {
        if (!str_eq(ask->method, "GET") && !str_eq(ask->method, "HEAD") && !str_eq(ask->method, "POST"))
                return error_set(err, ERR_INVALID, "HTTP method '%s' is not supported", ask->method);
        if (strncmp(ask->url, "http://", strlen("http://")) != 0)
                return error_set(err, ERR_INVALID, "'%s' is not an http:// URL", ask->url);
        if (ask->timeout_ms <= 0)
                return error_set(err, ERR_INVALID, "a request needs a time-out");
        return 0;
}

int net_ask(struct net *n, const struct net_ask *ask, net_done_fn *done, void *arg, struct net_request **ret, struct error *err) {
        struct net_request *r;

        if (check_ask(ask, err) < 0)
                return -1;
        r = xcalloc(1, sizeof(*r));
        r->body.max = ask->max_body;
        r->max_headers = ask->max_headers ? ask->max_headers : MAX_HEADERS;
        r->cut_body = ask->cut_body;
        r->timeout_ms = ask->timeout_ms;
        r->done = done;
        r->arg = arg;
        r->easy = curl_easy_init();
        if (!r->easy || set_destination(r->easy, ask) || set_content(r, ask) || set_callbacks(r) ||
            curl_multi_add_handle(n->multi, r->easy) != CURLM_OK) {
                free_request(r);
                return error_set(err, ERR_FAILED, "cannot prepare a request to '%s'", ask->url);
        }
        LIST_INSERT_HEAD(&n->requests, r, link);
        *ret = r;
        return 0;
}

static const char *reason_text(const struct net_request *r, CURLcode code) {
        return r->error_text[0] ? r->error_text : curl_easy_strerror(code);
}

static int unreachable(const struct net_request *r, CURLcode code, int sys_errno, struct error *err) {
        char text[128];

        if (sys_errno)
                (void)error_set(err, ERR_CONNECT, "cannot connect: %s", strerror_r(sys_errno, text, sizeof(text)));
        else
                (void)error_set(err, ERR_CONNECT, "cannot connect: %s", reason_text(r, code));
        err->sys_errno = sys_errno;
        return -1;
}

static int timed_out(const struct net_request *r, CURLcode code, struct error *err) {
        curl_off_t connected = 0;
        long sent = 0;

        (void)curl_easy_getinfo(r->easy, CURLINFO_CONNECT_TIME_T, &connected);
        (void)curl_easy_getinfo(r->easy, CURLINFO_REQUEST_SIZE, &sent);
        /* On a reused connection nothing is connected, but something is sent. */
        if (connected == 0 && sent == 0)
                return unreachable(r, code, ETIMEDOUT, err);
        return error_set(err, ERR_TIMEOUT, "no answer within %lld ms", (long long)r->timeout_ms);
}

/* 0 if there is an answer to hand over. */
static int outcome(const struct net_request *r, CURLcode code, struct error *err) {
        long sys_errno = 0, status = 0;

        (void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
        /* To libcurl an answer that breaks off within its header is one without a body. Taken for one, it would say of an
         * action that was cut off that it succeeded. */
        if (code == CURLE_OK && (!r->header_complete || status < 200))
                return error_set(err, ERR_PROTOCOL, "no proper HTTP answer: it ends within its header");
        if (code == CURLE_OK || (r->cut_body && r->body.overflowed))
                return 0;
        if (r->body.overflowed)
                return error_set(err, ERR_TOO_LARGE, "the answer is larger than %zu bytes", r->body.max);
        /* libcurl keeps one header line whole before it shows it, and calls one that is too long for it out of memory. */
        if (r->header_bytes > r->max_headers || code == CURLE_OUT_OF_MEMORY)
                return error_set(err, ERR_TOO_LARGE, "the header of the answer is too large");
        (void)curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &sys_errno);
        if (code == CURLE_OPERATION_TIMEDOUT)
                return timed_out(r, code, err);
        /* libcurl keeps the system's reason, but not that of a unix socket whose queue is full. */
        if (code == CURLE_COULDNT_CONNECT)
                return unreachable(r, code, sys_errno ? (int)sys_errno : EAGAIN, err);
        if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY)
                return unreachable(r, code, 0, err);
        if (code == CURLE_URL_MALFORMAT)
                return error_set(err, ERR_INVALID, "malformed URL: %s", reason_text(r, code));
        return error_set(err, ERR_PROTOCOL, "no proper HTTP answer: %s", reason_text(r, code));
}

static const char *header_value(CURL *easy, const char *name) {
        struct curl_header *header;

        if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
                return "";
        return header->value;
}

static void end_request(struct net *n, struct net_request *r, CURLcode code) {
        struct net_answer answer = { 0 };
        struct error err = ERROR_INIT;

        LIST_REMOVE(r, link);
        (void)curl_multi_remove_handle(n->multi, r->easy);
        r->ended = true;
        if (outcome(r, code, &err) < 0) {
                r->done(r->arg, NULL, &err);
        } else {
                (void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &answer.status);
                answer.body = (struct slice){ buf_str(&r->body), r->body.len };
                answer.truncated = r->body.overflowed;
                answer.content_type = header_value(r->easy, "Content-Type");
                answer.date = header_value(r->easy, "Date");
                answer.server = header_value(r->easy, "Server");
                answer.api_version = header_value(r->easy, "Api-Version");
                r->done(r->arg, &answer, NULL);
        }
        free_request(r);
}

static void run_requests(struct net *n) {
        const CURLMsg *message;
        int running, left;

        (void)curl_multi_perform(n->multi, &running);
        while ((message = curl_multi_info_read(n->multi, &left))) {
                CURLcode code = message->data.result;
                struct net_request *r = NULL;

                /* The message is gone once its handle is removed. */
                (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &r);
                end_request(n, r, code);
        }
}

int net_watch(struct net *n, int fd, net_ready_fn *fn, void *arg, struct error *err) {
        struct watch *place = NULL;

        for (size_t i = 0; i < MAX_WATCHES; i++) {
                struct watch *w = &n->watches[i];

                if (w->fn && w->fd == fd)
                        return error_set(err, ERR_INVALID, "descriptor %d is watched already", fd);
                if (!w->fn && !place)
                        place = w;
        }
        if (!place)
                return error_set(err, ERR_INVALID, "more than %d descriptors to watch", MAX_WATCHES);
        *place = (struct watch){ .fn = fn, .arg = arg, .fd = fd, .serial = ++n->last_serial };
        return 0;
}

void net_unwatch(struct net *n, int fd) {
        for (size_t i = 0; i < MAX_WATCHES; i++) {
                if (n->watches[i].fn && n->watches[i].fd == fd)
                        n->watches[i].fn = NULL;
        }
}

/* Runs the callbacks of readable descriptors: those that were watched before, and are still. */
static void run_watches(struct net *n) {
        struct pollfd fds[MAX_WATCHES];
        uint64_t serials[MAX_WATCHES];

        for (size_t i = 0; i < MAX_WATCHES; i++) {
                const struct watch *w = &n->watches[i];

                fds[i] = (struct pollfd){ .fd = w->fn ? w->fd : -1, .events = POLLIN };
                serials[i] = w->serial;
        }
        /* Asked once more because curl_multi_poll() does not tell when a peer has hung up. */
        if (poll(fds, MAX_WATCHES, 0) <= 0)
                return;
        for (size_t i = 0; i < MAX_WATCHES; i++) {
                const struct watch *w = &n->watches[i];

                if (fds[i].revents && w->fn && w->serial == serials[i])
                        w->fn(w->arg, w->fd);
        }
}

uint64_t net_timer(struct net *n, int64_t delay_ms, net_timer_fn *fn, void *arg) {
        if (delay_ms < 0)
                delay_ms = 0;
        if (delay_ms > MAX_DELAY_MS)
                delay_ms = MAX_DELAY_MS;
        return timers_add(&n->timers, clock_read().mono_ms + delay_ms, fn, arg);
}

void net_timer_cancel(struct net *n, uint64_t id) {
        timers_cancel(&n->timers, id);
}

static void wait_for_something(struct net *n) {
        struct curl_waitfd fds[MAX_WATCHES];
        unsigned n_fds = 0;
        int64_t wait_ms = timers_wait_ms(&n->timers, clock_read().mono_ms, MAX_WAIT_MS);

        for (size_t i = 0; i < MAX_WATCHES; i++) {
                if (n->watches[i].fn)
                        fds[n_fds++] = (struct curl_waitfd){ .fd = n->watches[i].fd, .events = CURL_WAIT_POLLIN };
        }
        (void)curl_multi_poll(n->multi, fds, n_fds, (int)wait_ms, NULL);
}

bool net_run(struct net *n) {
        if (LIST_EMPTY(&n->requests) && timers_empty(&n->timers))
                return false;
        wait_for_something(n);
        run_requests(n);
        run_watches(n);
        timers_run(&n->timers, clock_read().mono_ms);
        return true;
}
