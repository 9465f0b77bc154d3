/* SPDX-License-Identifier: MIT */
/* All connections together: who is let in, how many there are, and whose time is over. */
#include "serve/http_server.h"

#include "autoheal/os/clock.h"
#include "serve/http_internal.h"

#include <errno.h>

#define ACCEPTED_MAX 64 /* in one turn, so that those that are in are not kept waiting */

static void accept_ready(void *arg, int fd);

struct http_server *http_server_new(struct net *net, http_request_fn *handle, void *arg) {
        struct http_server *s = xcalloc(1, sizeof(*s));

        s->net = net;
        s->handle = handle;
        s->arg = arg;
        s->await_ms[AWAIT_REQUEST] = 60000;
        s->await_ms[AWAIT_HEAD] = 10000;
        s->await_ms[AWAIT_BODY] = 10000;
        s->await_ms[AWAIT_TAKING] = 10000;
        s->await_ms[AWAIT_CLOSING] = 2000;
        s->pause_ms = 1000;
        LIST_INIT(&s->listeners);
        LIST_INIT(&s->conns);
        LIST_INIT(&s->lingering);
        return s;
}

static void close_listeners(struct http_server *s) {
        while (!LIST_EMPTY(&s->listeners)) {
                struct http_listener *l = LIST_FIRST(&s->listeners);

                LIST_REMOVE(l, link);
                net_unwatch(s->net, l->fd);
                http_listener_free(l);
        }
}

/* What was answered last has not been sent yet. It goes as far as the socket takes it: nobody is waited for. */
static void say_last(struct http_conn *c) {
        http_conn_enter(c);
        if (c->phase == PHASE_WRITING)
                (void)http_conn_send(c);
        http_conn_close(c);
        http_conn_leave(c);
}

void http_server_free(struct http_server *s) {
        if (!s)
                return;
        close_listeners(s);
        while (!LIST_EMPTY(&s->conns))
                say_last(LIST_FIRST(&s->conns));
        while (!LIST_EMPTY(&s->lingering))
                http_conn_close(LIST_FIRST(&s->lingering));
        net_timer_cancel(s->net, s->sweep);
        net_timer_cancel(s->net, s->resume);
        free(s);
}

int http_server_listen(struct http_server *s, const char *address, int port, int which, struct error *err) {
        struct http_listener *l;
        struct http_address a;

        if (http_address_parse(&a, address, port, err) < 0)
                return -1;
        l = xcalloc(1, sizeof(*l));
        l->server = s;
        l->which = which;
        l->fd = -1;
        if (http_listener_open(l, &a, err) < 0 || net_watch(s->net, l->fd, accept_ready, l, err) < 0) {
                http_listener_free(l);
                return -1;
        }
        LIST_INSERT_HEAD(&s->listeners, l, link);
        return 0;
}

int http_server_port(const struct http_server *s, int which) {
        const struct http_listener *l;

        for (l = LIST_FIRST(&s->listeners); l; l = LIST_NEXT(l, link))
                if (l->which == which)
                        return l->port;
        return 0;
}

/* The first that has to go; each change begins anew, for whoever is told that a peer is gone may end others. */
static struct http_conn *to_stop(struct http_server *s) {
        struct http_conn *c;

        for (c = LIST_FIRST(&s->conns); c; c = LIST_NEXT(c, link))
                if (http_conn_is_idle(c) || c->phase == PHASE_STREAMING)
                        return c;
        return NULL;
}

void http_server_stop(struct http_server *s) {
        struct http_conn *c;

        s->stopped = true;
        close_listeners(s);
        while ((c = to_stop(s))) {
                if (c->phase == PHASE_STREAMING)
                        http_stream_stop(c);
                else
                        http_conn_close(c);
        }
        for (c = LIST_FIRST(&s->conns); c; c = LIST_NEXT(c, link))
                c->ends = true;
}

size_t http_server_connections(const struct http_server *s) {
        return s->n_conns;
}

void http_server_on_header(struct http_server *s, http_request_fn *fn) {
        s->on_header = fn;
}

void http_server_on_answer(struct http_server *s, void (*fn)(void *arg, int status), void *arg) {
        s->on_answer = fn;
        s->on_answer_arg = arg;
}

const char *http_server_date(struct http_server *s) {
        int64_t wall_s = clock_read().wall_us / US_PER_S;

        if (wall_s != s->date_s || !s->date[0])
                http_date(wall_s, s->date, sizeof(s->date));
        s->date_s = wall_s;
        return s->date;
}

/* ---- deadlines ---- */

static struct http_conn *first_due(const struct http_server *s) {
        struct http_conn *first = NULL, *c;

        for (c = LIST_FIRST(&s->conns); c; c = LIST_NEXT(c, link))
                if (!first || c->deadline_ms < first->deadline_ms)
                        first = c;
        for (c = LIST_FIRST(&s->lingering); c; c = LIST_NEXT(c, link))
                if (!first || c->deadline_ms < first->deadline_ms)
                        first = c;
        return first;
}

static void sweep(void *arg) {
        struct http_server *s = arg;
        int64_t now_ms = clock_read().mono_ms;
        struct http_conn *c;

        s->sweep = 0;
        while ((c = first_due(s)) && c->deadline_ms <= now_ms)
                http_conn_expire(c);
        if (c && c->await != AWAIT_NOTHING)
                http_server_due(s, c->deadline_ms);
}

/* A deadline mostly moves away before it is reached. So the timer is not set for each anew: it may come too early, and is then set
 * for what is due next. */
void http_server_due(struct http_server *s, int64_t ms) {
        if (s->sweep && s->sweep_ms <= ms)
                return;
        net_timer_cancel(s->net, s->sweep);
        s->sweep_ms = ms;
        s->sweep = net_timer(s->net, ms - clock_read().mono_ms, sweep, s);
}

/* ---- who is let in ---- */

void http_server_let_linger(struct http_server *s, struct http_conn *c) {
        struct http_conn *other, *oldest = NULL;

        LIST_REMOVE(c, link);
        s->n_conns--;
        c->phase = PHASE_LINGERING;
        LIST_INSERT_HEAD(&s->lingering, c, link);
        s->n_lingering++;
        if (s->n_lingering <= HTTP_LINGERING_MAX)
                return;
        for (other = LIST_FIRST(&s->lingering); other; other = LIST_NEXT(other, link))
                oldest = other;
        http_conn_close(oldest);
}

/* Its next request has come, but its turn to be read has not. */
static bool has_bytes(const struct http_conn *c) {
        char byte;

        return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* NULL: none is idle. *ret_soon: but some are about to be, for what they wait for has come. */
static struct http_conn *longest_idle(const struct http_server *s, bool *ret_soon) {
        struct http_conn *longest = NULL, *c;

        for (c = LIST_FIRST(&s->conns); c; c = LIST_NEXT(c, link)) {
                if (!http_conn_is_idle(c) || (longest && longest->deadline_ms <= c->deadline_ms))
                        continue;
                if (has_bytes(c))
                        *ret_soon = true;
                else
                        longest = c;
        }
        return longest;
}

static void watch_listeners(struct http_server *s, bool reading) {
        const struct http_listener *l;

        for (l = LIST_FIRST(&s->listeners); l; l = LIST_NEXT(l, link))
                net_watch_for(s->net, l->fd, reading, false);
}

static void resume(void *arg) {
        struct http_server *s = arg;

        s->resume = 0;
        watch_listeners(s, true);
}

/* Without descriptors the one who knocks cannot be let in, and would wake the loop for ever. */
static void pause_accepting(struct http_server *s) {
        watch_listeners(s, false);
        if (!s->resume)
                s->resume = net_timer(s->net, s->pause_ms, resume, s);
}

static void let_in(const struct http_listener *l, int fd, const struct sockaddr_storage *peer, bool full) {
        struct http_conn *c = http_conn_new(l->server, fd, l->which);
        struct sockaddr_storage own = { 0 };
        socklen_t len = sizeof(own);

        if (!c)
                return;
        http_address_show(peer, c->peer, sizeof(c->peer));
        c->is_unix = l->path;
        c->peer_is_loopback = http_address_is_loopback(peer);
        c->own_is_loopback = !c->is_unix && getsockname(fd, (struct sockaddr *)&own, &len) == 0 && http_address_is_loopback(&own);
        if (!full)
                return;
        http_conn_enter(c);
        http_conn_refuse(c, 503, "too many connections at once; try again in a moment");
        http_conn_leave(c);
}

static void accept_ready(void *arg, int fd) {
        struct http_listener *l = arg;
        struct http_server *s = l->server;

        for (unsigned i = 0; i < ACCEPTED_MAX; i++) {
                struct sockaddr_storage peer = { 0 };
                socklen_t len = sizeof(peer);
                struct http_conn *victim = NULL;
                bool full = s->n_conns >= HTTP_CONNECTIONS_MAX, soon = false;
                int accepted;

                if (full)
                        victim = longest_idle(s, &soon);
                if (!victim && soon)
                        return;
                accepted = accept4(fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
                if (accepted >= 0 && victim)
                        http_conn_close(victim);
                if (accepted >= 0)
                        let_in(l, accepted, &peer, full && !victim);
                else if (errno == EAGAIN)
                        return;
                else if (errno != ECONNABORTED && errno != EINTR) {
                        pause_accepting(s);
                        return;
                }
        }
}
