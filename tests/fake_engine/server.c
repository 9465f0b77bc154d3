/* SPDX-License-Identifier: MIT */
/* The fake engine's connections: one poll loop that moves bytes, delays answers, applies faults and writes the request log. */
#include "fake_engine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CONNS     512
#define MAX_LISTENERS 2

enum conn_state { READING, DELAYED, HUNG, HELD, STREAM };

struct conn {
        int fd; /* -1: free */
        enum conn_state state;
        struct buf in, out;
        size_t out_pos;
        int64_t padding_left; /* blanks still to send after `out` */
        struct buf tail;      /* what follows the padding */
        bool close_after;
        int64_t drip_ms, drip_due_ms; /* one byte in that time; 0: all at once */
        uint64_t streamed;            /* number of the last event that went out */
        int64_t due_ms;
        /* the call that waits for due_ms */
        struct request req;
        struct fault fault;
        bool has_fault, is_action;
        struct reply held;
};

/* An action whose client did not wait for its end. */
struct orphan {
        bool used;
        struct request req;
        int64_t due_ms;
};
#define MAX_ORPHANS 64

struct server {
        struct orphan orphans[MAX_ORPHANS];
        uint64_t engine_restarts; /* those that have broken the connections already */
        uint64_t releases;        /* those that have ended the delays already */
        struct world *world;
        FILE *log;
        struct buf requests; /* the log again, for GET /_fake/requests */
        struct conn conns[MAX_CONNS];
        size_t peak_actions;
};

static int64_t mono_ms(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void conn_close(struct conn *c) {
        if (c->fd >= 0)
                close(c->fd);
        buf_release(&c->in);
        buf_release(&c->out);
        buf_release(&c->tail);
        buf_release(&c->held.body);
        *c = (struct conn){ .fd = -1 };
}

static void note(struct server *s, const struct request *req, const char *outcome) {
        struct buf line AUTO(buf_release) = BUF_INIT(16 * 1024);
        buf_addf(&line, "%s %s%s%s -> %s\n", req->method, req->path, *req->query ? "?" : "", req->query, outcome);
        buf_add(&s->requests, line.data, line.len);
        if (s->log) {
                fputs(buf_str(&line), s->log);
                fflush(s->log);
        }
}

static void count_actions(struct server *s) {
        size_t n = 0;
        for (size_t i = 0; i < MAX_CONNS; i++)
                n += s->conns[i].fd >= 0 && s->conns[i].is_action;
        if (n > s->peak_actions)
                s->peak_actions = n;
}

/* Queues the answer as the fault bends it. */
static void send_reply(struct conn *c, struct server *s, struct reply *r, const struct fault *f) {
        struct buf out AUTO(buf_release) = BUF_INIT(REPLY_MAX + 64 * 1024);
        if (f && f->garbage) {
                buf_clear(&r->body);
                buf_add_str(&r->body, "[{\"Id\": \x01\xff\xfe not json at all }]]]");
        }
        if (f && f->truncate >= 0 && (size_t)f->truncate < r->body.len)
                r->body.len = (size_t)f->truncate;
        if (f && f->not_http)
                buf_add_str(&out, "\x16\x03\x01 this is no HTTP\r\n\r\n");
        else
                http_write(&out, s->world, &c->req, r, f);
        c->close_after = !c->req.keep_alive || (f && (f->not_http || f->cut >= 0));
        size_t n = out.len;
        if (f && f->cut >= 0 && (size_t)f->cut < n)
                n = (size_t)f->cut;
        buf_add(&c->out, out.data, n);
        if (f && f->huge > 0 && !f->not_http) {
                c->padding_left = f->huge;
                buf_add(&c->tail, r->body.data, r->body.len);
        }
        if (f && f->stall >= 0 && (size_t)f->stall < c->out.len)
                c->out.len = (size_t)f->stall;
        c->drip_ms = f ? f->drip_ms : 0;
        c->state = f && f->stall >= 0 ? HUNG : r->stream ? STREAM : READING;
        c->streamed = s->world->n_events;
        c->is_action = false;
}

/* Answers, or does without an answer, what was asked: as the engine would, or half of it. */
static void carry_out(struct server *s, const struct request *req, const struct fault *f, struct reply *r) {
        struct call call;
        route(s->world, req, &call);
        bool starts = call.op == OP_START || call.op == OP_RESTART;
        if (!f || !f->half || !starts || !call.container) {
                answer(s->world, req, &call, r);
                return;
        }
        const char *why = f->message ? f->message : "cannot join network of a non running container";
        world_act_half(s->world, call.container, why);
        reply_message(r, f->status ? (int)f->status : 500, "Cannot restart container %s: %s", call.container->id, why);
        if (call.container->auto_remove)
                world_destroy(s->world, call.container);
}

/* The call's answer, now that nothing delays it. */
static void finish_call(struct server *s, struct conn *c) {
        const struct fault *f = c->has_fault ? &c->fault : NULL;
        struct reply r = { .body = BUF_INIT(REPLY_MAX) };
        char outcome[32];
        bool refused = f && f->status && !f->half;
        if (!refused || f->done)
                carry_out(s, &c->req, f, &r);
        if (refused)
                reply_message(&r, (int)f->status, "%s", f->message ? f->message : "scripted refusal");
        snprintf(outcome, sizeof(outcome), "%d", r.status);
        note(s, &c->req, f && (f->cut >= 0 || f->not_http) ? "cut" : outcome);
        if (r.hold_ms > 0) {
                c->state = HELD;
                c->due_ms = mono_ms() + r.hold_ms;
                c->held = r;
                return;
        }
        send_reply(c, s, &r, f);
        buf_release(&r.body);
}

static void hang_call(struct server *s, struct conn *c) {
        if (c->fault.done) {
                struct reply r = { .body = BUF_INIT(REPLY_MAX) };
                carry_out(s, &c->req, &c->fault, &r);
                buf_release(&r.body);
        }
        c->state = HUNG;
        note(s, &c->req, "hang");
}

/* "under-way N", then a line for each container: NAME STARTED_US and, for start and restart together and for stop, asked and done. */
static void list_actions(const struct server *s, struct buf *out) {
        size_t under_way = 0;
        for (size_t i = 0; i < MAX_CONNS; i++)
                under_way += s->conns[i].fd >= 0 && s->conns[i].is_action && s->conns[i].state == DELAYED;
        for (size_t i = 0; i < MAX_ORPHANS; i++)
                under_way += s->orphans[i].used;
        buf_addf(out, "under-way %zu\n", under_way);
        for (size_t i = 0; i < s->world->n; i++) {
                const struct fake_container *c = s->world->containers[i];
                buf_addf(out, "%s %lld %lld %lld %lld %lld\n", c->name, (long long)c->started_us,
                         (long long)(c->asked[OP_START] + c->asked[OP_RESTART]),
                         (long long)(c->done[OP_START] + c->done[OP_RESTART]), (long long)c->asked[OP_STOP],
                         (long long)c->done[OP_STOP]);
        }
}

static void control(struct server *s, struct conn *c) {
        struct reply r = { .status = 200, .content_type = "text/plain", .body = BUF_INIT(REPLY_MAX) };
        if (str_eq(c->req.path, "/_fake/script")) {
                AUTO_FREE char *lines = strndup(c->req.body.p, c->req.body.n);
                if (!lines || !script_run(s->world, lines, &r.body))
                        r.status = 400;
        } else if (str_eq(c->req.path, "/_fake/requests") && str_eq(c->req.method, "DELETE")) {
                buf_clear(&s->requests);
                s->peak_actions = 0;
        } else if (str_eq(c->req.path, "/_fake/requests")) {
                buf_add(&r.body, s->requests.data, s->requests.len);
        } else if (str_eq(c->req.path, "/_fake/actions")) {
                list_actions(s, &r.body);
        } else if (str_eq(c->req.path, "/_fake/peak-actions")) {
                buf_addf(&r.body, "%zu", s->peak_actions);
        } else {
                r.status = 404;
        }
        send_reply(c, s, &r, NULL);
        buf_release(&r.body);
}

static void start_call(struct server *s, struct conn *c) {
        struct call call;
        if (strncmp(c->req.path, "/_fake/", strlen("/_fake/")) == 0) {
                control(s, c);
                return;
        }
        route(s->world, &c->req, &call);
        const struct fault *f = call.op == OP_MAX_ ? NULL : world_fault(s->world, call.op, call.container);
        c->has_fault = f != NULL;
        if (f)
                c->fault = *f;
        c->is_action = call.op == OP_START || call.op == OP_STOP || call.op == OP_RESTART;
        count_actions(s);
        if (call.container && call.op != OP_MAX_)
                call.container->asked[call.op]++;
        if (f && f->hang) {
                hang_call(s, c);
        } else if (f && f->delay_ms > 0) {
                c->state = DELAYED;
                c->due_ms = mono_ms() + f->delay_ms;
        } else {
                finish_call(s, c);
        }
}

/* Takes complete requests out of what has been read, as long as nothing holds up this connection. */
static void take_requests(struct server *s, struct conn *c) {
        while (c->fd >= 0 && c->state == READING && !c->close_after && c->in.len > 0) {
                ssize_t used = http_parse((struct slice){ c->in.data, c->in.len }, &c->req);
                if (used == 0)
                        return;
                if (used < 0) {
                        conn_close(c);
                        return;
                }
                start_call(s, c);
                size_t left = c->in.len - (size_t)used;
                memmove(c->in.data, c->in.data + used, left + 1); /* the terminator too */
                c->in.len = left;
        }
}

/* The client is gone; what it asked for may happen all the same. */
static void keep_orphan(struct server *s, const struct conn *c) {
        if (c->state != DELAYED || !c->fault.done)
                return;
        for (size_t i = 0; i < MAX_ORPHANS; i++) {
                if (s->orphans[i].used)
                        continue;
                s->orphans[i] = (struct orphan){ .used = true, .req = c->req, .due_ms = c->due_ms };
                return;
        }
}

static void run_orphan(struct server *s, struct orphan *o, int64_t now) {
        if (!o->used || o->due_ms > now)
                return;
        struct reply r = { .body = BUF_INIT(REPLY_MAX) };
        carry_out(s, &o->req, NULL, &r);
        note(s, &o->req, "done, nobody waited");
        buf_release(&r.body);
        o->used = false;
}

static void read_some(struct server *s, struct conn *c) {
        char chunk[16 * 1024];
        ssize_t n = recv(c->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n <= 0) {
                keep_orphan(s, c);
                conn_close(c);
                return;
        }
        buf_add(&c->in, chunk, (size_t)n);
        take_requests(s, c);
}

static bool bytes_left(const struct conn *c) {
        return c->out_pos < c->out.len || c->padding_left > 0 || c->tail.len > 0;
}

static bool wants_write(const struct conn *c) {
        if (c->drip_ms > 0 && bytes_left(c) && mono_ms() < c->drip_due_ms)
                return false;
        return bytes_left(c) || c->close_after;
}

/* When the queue has run dry, the next piece of padding or the tail behind it. */
static void refill(struct conn *c) {
        if (c->out_pos < c->out.len)
                return;
        buf_clear(&c->out);
        c->out_pos = 0;
        if (c->padding_left > 0) {
                char blanks[64 * 1024];
                size_t n = c->padding_left < (int64_t)sizeof(blanks) ? (size_t)c->padding_left : sizeof(blanks);
                memset(blanks, ' ', n);
                buf_add(&c->out, blanks, n);
                c->padding_left -= (int64_t)n;
        } else {
                buf_add(&c->out, c->tail.data, c->tail.len);
                buf_clear(&c->tail);
        }
}

static void write_some(struct server *s, struct conn *c) {
        refill(c);
        if (c->out_pos < c->out.len) {
                size_t piece = c->drip_ms > 0 ? 1 : c->out.len - c->out_pos;
                ssize_t n = send(c->fd, c->out.data + c->out_pos, piece, MSG_NOSIGNAL | MSG_DONTWAIT);
                c->drip_due_ms = mono_ms() + c->drip_ms;
                if (n < 0 && errno != EAGAIN && errno != EINTR) {
                        conn_close(c);
                        return;
                }
                c->out_pos += n > 0 ? (size_t)n : 0;
        }
        if (bytes_left(c))
                return;
        buf_clear(&c->out);
        c->out_pos = 0;
        if (c->close_after)
                conn_close(c);
        else
                take_requests(s, c);
}

static void accept_one(struct server *s, int listener) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
                return;
        for (size_t i = 0; i < MAX_CONNS; i++) {
                if (s->conns[i].fd >= 0)
                        continue;
                s->conns[i] = (struct conn){ .fd = fd,
                                             .in = BUF_INIT(17 * 1024 * 1024),
                                             .out = BUF_INIT(REPLY_MAX + 64 * 1024),
                                             .tail = BUF_INIT(REPLY_MAX) };
                return;
        }
        close(fd);
}

static void run_due(struct server *s, struct conn *c, int64_t now) {
        if (c->fd < 0 || c->due_ms > now)
                return;
        if (c->state == DELAYED) {
                finish_call(s, c);
        } else if (c->state == HELD) {
                struct reply r = c->held;
                c->held = (struct reply){ 0 };
                send_reply(c, s, &r, NULL);
                buf_release(&r.body);
        }
}

static int64_t sooner(int64_t nearest, int64_t due_ms, int64_t now) {
        int64_t left = due_ms > now ? due_ms - now : 0;
        return nearest < 0 || left < nearest ? left : nearest;
}

static int wait_ms(const struct server *s, int64_t now) {
        int64_t nearest = -1;
        for (size_t i = 0; i < MAX_CONNS; i++) {
                const struct conn *c = &s->conns[i];
                if (c->fd >= 0 && (c->state == DELAYED || c->state == HELD))
                        nearest = sooner(nearest, c->due_ms, now);
                if (c->fd >= 0 && c->drip_ms > 0 && bytes_left(c))
                        nearest = sooner(nearest, c->drip_due_ms, now);
        }
        for (size_t i = 0; i < MAX_ORPHANS; i++)
                if (s->orphans[i].used)
                        nearest = sooner(nearest, s->orphans[i].due_ms, now);
        return (int)nearest;
}

/* Queues what happened since the last event that went out. */
static void push_events(struct server *s, struct conn *c) {
        const struct world *w = s->world;
        for (size_t i = 0; i < w->n_journal; i++) {
                const struct fake_event *e = &w->journal[i];
                if (e->number <= c->streamed)
                        continue;
                struct buf line AUTO(buf_release) = BUF_INIT(64 * 1024);
                struct json_writer jw;
                json_writer_init(&jw, &line, JSON_COMPACT);
                render_event(&jw, e);
                buf_addf(&c->out, "%zx\r\n%s\n\r\n", line.len + 1, buf_str(&line));
                c->streamed = e->number;
        }
}

/* Those who watch an engine end still get its last events. */
static void last_words(void *arg) {
        struct server *s = arg;
        for (size_t i = 0; i < MAX_CONNS; i++) {
                struct conn *c = &s->conns[i];
                if (c->fd < 0 || c->state != STREAM)
                        continue;
                push_events(s, c);
                if (c->out_pos < c->out.len)
                        (void)!send(c->fd, c->out.data + c->out_pos, c->out.len - c->out_pos, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
}

/* The engine that people were connected to is gone. The one who told us so gets its answer. */
static void break_connections(struct server *s) {
        for (size_t i = 0; i < MAX_CONNS; i++) {
                struct conn *c = &s->conns[i];
                if (c->fd >= 0 && c->state != READING)
                        conn_close(c);
                else if (c->fd >= 0 && bytes_left(c))
                        c->close_after = true;
                else if (c->fd >= 0)
                        conn_close(c);
        }
        for (size_t i = 0; i < MAX_ORPHANS; i++)
                s->orphans[i].used = false;
        s->engine_restarts = s->world->engine_restarts;
}

/* What is delayed is due now. */
static void end_delays(struct server *s) {
        for (size_t i = 0; i < MAX_CONNS; i++)
                if (s->conns[i].fd >= 0 && s->conns[i].state == DELAYED)
                        s->conns[i].due_ms = 0;
        for (size_t i = 0; i < MAX_ORPHANS; i++)
                s->orphans[i].due_ms = 0;
        s->releases = s->world->releases;
}

/* One round: wait, then serve what is ready. Signals arrive only during the wait. */
static void turn(struct server *s, const int *listeners, size_t n_listeners) {
        struct pollfd fds[MAX_LISTENERS + MAX_CONNS];
        struct conn *owner[MAX_LISTENERS + MAX_CONNS];
        nfds_t n = 0;
        for (size_t i = 0; i < n_listeners; i++)
                fds[n++] = (struct pollfd){ .fd = listeners[i], .events = POLLIN };
        for (size_t i = 0; i < MAX_CONNS; i++) {
                struct conn *c = &s->conns[i];
                if (c->fd < 0)
                        continue;
                owner[n] = c;
                fds[n++] = (struct pollfd){ .fd = c->fd, .events = (short)(POLLIN | (wants_write(c) ? POLLOUT : 0)) };
        }
        int timeout = wait_ms(s, mono_ms());
        struct timespec t = { timeout / 1000, (timeout % 1000) * 1000000L };
        sigset_t none;
        sigemptyset(&none);
        if (ppoll(fds, n, timeout < 0 ? NULL : &t, &none) < 0)
                return;
        for (nfds_t i = n_listeners; i < n; i++) {
                if (owner[i]->fd == fds[i].fd && (fds[i].revents & (POLLIN | POLLHUP | POLLERR)))
                        read_some(s, owner[i]);
                if (owner[i]->fd == fds[i].fd && wants_write(owner[i]))
                        write_some(s, owner[i]);
        }
        if (s->releases != s->world->releases)
                end_delays(s);
        for (size_t i = 0; i < MAX_CONNS; i++)
                run_due(s, &s->conns[i], mono_ms());
        for (size_t i = 0; i < MAX_ORPHANS; i++)
                run_orphan(s, &s->orphans[i], mono_ms());
        for (size_t i = 0; i < MAX_CONNS; i++)
                if (s->conns[i].fd >= 0 && s->conns[i].state == STREAM)
                        push_events(s, &s->conns[i]);
        if (s->engine_restarts != s->world->engine_restarts)
                break_connections(s);
        for (size_t i = 0; i < n_listeners; i++)
                if (fds[i].revents & POLLIN)
                        accept_one(s, listeners[i]);
}

void serve(struct world *w, const int *listeners, size_t n_listeners, FILE *log, const volatile int *stop) {
        struct server *s = xcalloc(1, sizeof(*s));
        s->world = w;
        s->log = log;
        s->requests = (struct buf)BUF_INIT(16 * 1024 * 1024);
        for (size_t i = 0; i < MAX_CONNS; i++)
                s->conns[i].fd = -1;
        w->last_words = last_words;
        w->last_words_arg = s;
        while (!*stop)
                turn(s, listeners, n_listeners);
        for (size_t i = 0; i < MAX_CONNS; i++)
                conn_close(&s->conns[i]);
        buf_release(&s->requests);
        free(s);
}
