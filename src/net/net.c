/* SPDX-License-Identifier: MIT */
/* Requests, watched descriptors and timers on one curl_multi_poll(). */
#include "autoheal/net/net.h"

#include "autoheal/os/clock.h"
#include "net/net_internal.h"

#include <poll.h>

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or newer is needed: before it, a name server that does not answer blocks everything (CURLOPT_QUICK_EXIT)"
#endif

#define MAX_HEADERS          ((size_t)64 * 1024)
#define MAX_IDLE_CONNECTIONS 16L
/* Longest single wait, and longest delay of a timer. Both only keep the arithmetic from overflowing. */
#define MAX_WAIT_MS  (INT64_C(60) * 60 * 1000)
#define MAX_DELAY_MS (INT64_MAX / 4)

struct watch {
        net_ready_fn *fn; /* NULL: the place is free */
        void *arg;
        int fd;
        short events;
        uint64_t serial; /* tells a watch from a later one in the same place */
};

struct net {
        CURLM *multi;
        LIST_HEAD(request_list, net_request) requests;
        struct watch watches[NET_WATCHES_MAX];
        size_t n_watches; /* places in use, and free ones before them */
        uint64_t last_serial;
        struct timers timers;
        struct commands commands;
        struct curl_waitfd *polled;
        size_t polled_room;
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
        LIST_INIT(&n->commands.list);
        LIST_INIT(&n->commands.programs);
        *ret = n;
        return 0;
}

void request_free(struct net_request *r) {
        timers_cancel(&r->net->timers, r->begin_timer);
        commands_disown(r);
        curl_easy_cleanup(r->easy);
        curl_slist_free_all(r->headers);
        curl_slist_free_all(r->recipients);
        curl_slist_free_all(r->connect_to);
        buf_release(&r->body);
        free(r->message);
        free(r->advice);
        free(r);
}

void net_cancel(struct net *n, struct net_request *r) {
        if (!r || r->ended)
                return;
        LIST_REMOVE(r, link);
        (void)curl_multi_remove_handle(n->multi, r->easy);
        request_free(r);
}

void net_free(struct net *n) {
        if (!n)
                return;
        while (!LIST_EMPTY(&n->requests))
                net_cancel(n, LIST_FIRST(&n->requests));
        timers_release(&n->timers);
        (void)curl_multi_cleanup(n->multi);
        commands_release(&n->commands);
        curl_global_cleanup();
        free(n->polled);
        free(n);
}

static size_t take_body(char *data, size_t size, size_t count, void *arg) {
        struct net_request *r = arg;

        buf_add(&r->body, data, size * count);
        r->news = r->news || r->streaming;
        return r->body.overflowed ? CURL_WRITEFUNC_ERROR : size * count;
}

static void header_came(struct net_request *r) {
        long status = 0;

        r->header_complete = true;
        (void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
        if (r->stream && !r->streaming && status >= 200 && status < 300)
                r->streaming = r->news = true;
}

/* libcurl takes it in lower case too. */
#define HTTP_NAME "HTTP/"

/* "1.1 200 OK" behind it. libcurl takes for 200 what it cannot read. */
static bool is_status_line(struct slice rest) {
        uint64_t number, status;

        if (!slice_number(&rest, 9, &number) || (slice_skip(&rest, ".") && !slice_number(&rest, 9, &number)) ||
            !slice_skip(&rest, " "))
                return false;
        slice_skip_blanks(&rest);
        return slice_number(&rest, 999, &status) && status >= 100 && rest.n > 0 && memchr(" \r\n", rest.p[0], 3);
}

/* Called for each line: trailers and the headers of interim answers count as well. */
static size_t take_header(char *data, size_t size, size_t count, void *arg) {
        struct net_request *r = arg;
        struct slice line = { data, size * count };

        if (slice_eq(line, "\r\n") || slice_eq(line, "\n"))
                header_came(r);
        else if (line.n >= strlen(HTTP_NAME) && strncasecmp(line.p, HTTP_NAME, strlen(HTTP_NAME)) == 0) {
                r->header_complete = false;
                r->no_http = r->no_http || !slice_skip(&line, HTTP_NAME) || !is_status_line(line);
        }
        r->header_bytes += size * count;
        return r->no_http || r->header_bytes > r->max_headers ? CURL_WRITEFUNC_ERROR : size * count;
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

static const char *header_value(CURL *easy, const char *name) {
        struct curl_header *header;

        if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
                return "";
        return header->value;
}

/* Takes it off the list and tells what became of it. */
static void end_request(struct net_request *r, const struct error *err) {
        struct net_answer answer = { 0 };

        LIST_REMOVE(r, link);
        r->ended = true;
        if (err) {
                r->done(r->arg, NULL, err);
        } else {
                (void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &answer.status);
                answer.body = (struct slice){ buf_str(&r->body), r->body.len };
                answer.truncated = r->body.overflowed;
                answer.content_type = header_value(r->easy, "Content-Type");
                answer.date = header_value(r->easy, "Date");
                answer.server = header_value(r->easy, "Server");
                answer.api_version = header_value(r->easy, "Api-Version");
                answer.retry_after = header_value(r->easy, "Retry-After");
                r->done(r->arg, &answer, NULL);
        }
        request_free(r);
}

static struct net_request *with_news(const struct net *n) {
        struct net_request *r;

        LIST_FOREACH(r, &n->requests, link)
        if (r->news)
                return r;
        return NULL;
}

/* Not from libcurl's own callbacks, in which nothing may be started or cancelled. Any of ours may end any request. */
static void tell_streams(struct net *n) {
        struct net_request *r;

        while ((r = with_news(n))) {
                r->news = false;
                if (!r->told_began) {
                        r->told_began = true;
                        net_timer_cancel(n, r->begin_timer);
                        r->news = r->body.len > 0;
                        r->stream->began(r->arg);
                        continue;
                }
                struct buf piece AUTO(buf_release) = r->body;

                r->body = (struct buf)BUF_INIT(piece.max);
                r->stream->piece(r->arg, (struct slice){ buf_str(&piece), piece.len });
        }
}

static void end_transfer(struct net *n, struct net_request *r, CURLcode code) {
        struct error err = ERROR_INIT;

        (void)curl_multi_remove_handle(n->multi, r->easy);
        if (outcome_of(r, code, &err) == 0) {
                end_request(r, NULL);
                return;
        }
        /* A program that hung up says best why, once it has ended. */
        if (err.code == ERR_PROTOCOL)
                r->awaited = commands_hung_up(r);
        if (!r->awaited)
                end_request(r, &err);
}

static void not_begun(void *arg) {
        struct net_request *r = arg;

        end_transfer(r->net, r, CURLE_OPERATION_TIMEDOUT);
}

static int check_ask(const struct net_ask *ask, struct error *err) {
        const char *scheme = ask->tls ? "https://" : "http://";

        if (!str_eq(ask->method, "GET") && !str_eq(ask->method, "HEAD") && !str_eq(ask->method, "POST") &&
            !str_eq(ask->method, "DELETE"))
                return error_set(err, ERR_INVALID, "HTTP method '%s' is not supported", ask->method);
        if (strncmp(ask->url, scheme, strlen(scheme)) != 0)
                return error_set(err, ERR_INVALID, "'%s' is not an %s URL", ask->url, scheme);
        if (ask->timeout_ms <= 0)
                return error_set(err, ERR_INVALID, "a request needs a time-out");
        return content_check(ask, err);
}

static int prepare(struct net *n, struct net_request *r, const struct net_ask *ask, struct error *err) {
        r->easy = curl_easy_init();
        if (!r->easy || destination_set(r, ask) || content_set(r, ask) || set_callbacks(r))
                return error_set(err, ERR_FAILED, "cannot prepare a request to '%s'", ask->url);
        if (commands_attach(&n->commands, r, ask, err) < 0)
                return -1;
        if (curl_multi_add_handle(n->multi, r->easy) != CURLM_OK)
                return error_set(err, ERR_FAILED, "cannot send a request to '%s'", ask->url);
        return 0;
}

struct net_request *request_new(struct net *n, net_done_fn *done, void *arg) {
        struct net_request *r = xcalloc(1, sizeof(*r));

        r->net = n;
        r->max_headers = MAX_HEADERS;
        r->done = done;
        r->arg = arg;
        return r;
}

int request_begin(struct net_request *r, struct error *err) {
        if (set_callbacks(r) || curl_multi_add_handle(r->net->multi, r->easy) != CURLM_OK)
                return error_set(err, ERR_FAILED, "cannot begin a request");
        LIST_INSERT_HEAD(&r->net->requests, r, link);
        return 0;
}

int net_ask(struct net *n, const struct net_ask *ask, net_done_fn *done, void *arg, struct net_request **ret, struct error *err) {
        struct net_request *r;

        if (check_ask(ask, err) < 0)
                return -1;
        r = request_new(n, done, arg);
        r->body.max = ask->max_body;
        if (ask->max_headers)
                r->max_headers = ask->max_headers;
        r->cut_body = ask->cut_body;
        r->changes = str_eq(ask->method, "POST") || str_eq(ask->method, "DELETE");
        r->tls = ask->tls;
        r->timeout_ms = ask->timeout_ms;
        r->stream = ask->stream;
        if (prepare(n, r, ask, err) < 0) {
                request_free(r);
                return -1;
        }
        if (r->stream)
                r->begin_timer = net_timer(n, r->timeout_ms, not_begun, r);
        LIST_INSERT_HEAD(&n->requests, r, link);
        *ret = r;
        return 0;
}

static void run_requests(struct net *n) {
        const CURLMsg *message;
        int running, left;

        n->commands.broken = NULL;
        (void)curl_multi_perform(n->multi, &running);
        commands_start(&n->commands);
        tell_streams(n);
        while ((message = curl_multi_info_read(n->multi, &left))) {
                CURLcode code = message->data.result;
                struct net_request *r = NULL;

                /* The message is gone once its handle is removed. */
                (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &r);
                end_transfer(n, r, code);
        }
}

static struct net_request *find_told(struct net *n) {
        struct net_request *r;

        for (r = LIST_FIRST(&n->requests); r; r = LIST_NEXT(r, link)) {
                if (r->awaited && command_is_over(r->awaited))
                        return r;
        }
        return NULL;
}

static void run_commands(struct net *n) {
        struct net_request *r;

        commands_run(&n->commands, clock_read().mono_ms);
        while ((r = find_told(n))) {
                struct error err = ERROR_INIT;

                /* What was handed to a program may have reached the other side before it ended. */
                (void)command_error(r->awaited, r->changes ? ERR_PROTOCOL : ERR_CONNECT, r->advice, &err);
                end_request(r, &err);
        }
        commands_sweep(&n->commands);
}

int net_watch(struct net *n, int fd, net_ready_fn *fn, void *arg, struct error *err) {
        struct watch *place = NULL;

        for (size_t i = 0; i < n->n_watches; i++) {
                struct watch *w = &n->watches[i];

                if (w->fn && w->fd == fd)
                        return error_set(err, ERR_INVALID, "descriptor %d is watched already", fd);
                if (!w->fn && !place)
                        place = w;
        }
        if (!place && n->n_watches < NET_WATCHES_MAX)
                place = &n->watches[n->n_watches++];
        if (!place)
                return error_set(err, ERR_INVALID, "more than %d descriptors to watch", NET_WATCHES_MAX);
        *place = (struct watch){ .fn = fn, .arg = arg, .fd = fd, .events = POLLIN, .serial = ++n->last_serial };
        return 0;
}

void net_watch_for(struct net *n, int fd, bool reading, bool writing) {
        for (size_t i = 0; i < n->n_watches; i++)
                if (n->watches[i].fn && n->watches[i].fd == fd)
                        n->watches[i].events = (short)((reading ? POLLIN : 0) | (writing ? POLLOUT : 0));
}

void net_unwatch(struct net *n, int fd) {
        for (size_t i = 0; i < n->n_watches; i++) {
                if (n->watches[i].fn && n->watches[i].fd == fd)
                        n->watches[i].fn = NULL;
        }
        while (n->n_watches > 0 && !n->watches[n->n_watches - 1].fn)
                n->n_watches--;
}

/* Runs the callbacks of readable descriptors: those that were watched before, and are still. */
static void run_watches(struct net *n) {
        struct pollfd fds[NET_WATCHES_MAX];
        uint64_t serials[NET_WATCHES_MAX];
        size_t n_fds = n->n_watches;

        for (size_t i = 0; i < n_fds; i++) {
                const struct watch *w = &n->watches[i];

                fds[i] = (struct pollfd){ .fd = w->fn ? w->fd : -1, .events = w->events };
                serials[i] = w->serial;
        }
        /* Asked once more because curl_multi_poll() does not tell when a peer has hung up. */
        if (poll(fds, n_fds, 0) <= 0)
                return;
        for (size_t i = 0; i < n_fds; i++) {
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

bool net_owns_process(const struct net *n, pid_t pid) {
        return commands_own(&n->commands, pid);
}

static void wait_for_something(struct net *n) {
        size_t room = n->n_watches + commands_count(&n->commands);
        int64_t wait_ms = timers_wait_ms(&n->timers, clock_read().mono_ms, MAX_WAIT_MS);
        unsigned n_fds;

        if (room > n->polled_room) {
                n->polled = xrealloc(n->polled, room * sizeof(*n->polled));
                n->polled_room = room;
        }
        n_fds = commands_poll(&n->commands, n->polled);
        for (size_t i = 0; i < n->n_watches; i++) {
                const struct watch *w = &n->watches[i];

                if (w->fn)
                        n->polled[n_fds++] = (struct curl_waitfd){
                                .fd = w->fd,
                                .events = (short)((w->events & POLLIN ? CURL_WAIT_POLLIN : 0) |
                                                  (w->events & POLLOUT ? CURL_WAIT_POLLOUT : 0)),
                        };
        }
        (void)curl_multi_poll(n->multi, n->polled, n_fds, (int)commands_wait_ms(&n->commands, wait_ms), NULL);
}

bool net_run(struct net *n) {
        if (LIST_EMPTY(&n->requests) && timers_empty(&n->timers))
                return false;
        wait_for_something(n);
        run_requests(n);
        run_commands(n);
        run_watches(n);
        timers_run(&n->timers, clock_read().mono_ms);
        return true;
}
