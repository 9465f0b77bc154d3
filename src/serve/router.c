/* SPDX-License-Identifier: MIT */
/* A request finds its route in the tables; what the tables do not say is answered here: 404, 405, OPTIONS. */
#include "serve/api.h"
#include "serve/auth.h"
#include "serve/http_parse_internal.h"

#include "autoheal/os/log.h"

#define ARENA_BLOCK  ((size_t)4096)
#define SEGMENTS_MAX 8

struct segments {
        const char *items[SEGMENTS_MAX];
        size_t n;
};

/* A call and what only the router needs to know of it. */
struct ticket {
        struct call call; /* first */
        struct arena arena;
        void (*gone)(void *arg);
        void *gone_arg;
        bool in_handler, left;
};

static struct ticket *ticket_of(struct call *call) {
        return (struct ticket *)call;
}

/* ---- Paths ---- */

/* Of the path as it was sent: a slash that is part of a name comes as %2F. False if no route can have it: too many segments. */
static bool split(struct slice path, struct segments *ret, struct arena *a) {
        *ret = (struct segments){ .n = 0 };
        size_t begin = 1;
        for (size_t i = 1; i <= path.n; i++) {
                if (i < path.n && path.p[i] != '/')
                        continue;
                struct slice raw = { path.p + begin, i - begin };
                char *decoded = arena_alloc(a, raw.n + 1);
                if (ret->n == SEGMENTS_MAX || !http_percent_decode(raw, false, decoded))
                        return false;
                ret->items[ret->n++] = decoded;
                begin = i + 1;
        }
        return true;
}

/* params may be NULL. */
static bool fits(const struct route *route, const struct segments *s, const char *params[]) {
        struct slice rest = slice_str(route->path + 1), segment;
        size_t i = 0, n_params = 0;
        do {
                if (!slice_split(&rest, '/', &segment))
                        segment = slice_str("");
                if (i == s->n)
                        return false;
                bool is_param = segment.n > 0 && segment.p[0] == '{';
                if (is_param ? !s->items[i][0] : !slice_eq(segment, s->items[i]))
                        return false;
                if (is_param && params && n_params < CALL_PARAMS_MAX)
                        params[n_params] = s->items[i];
                n_params += is_param;
                i++;
        } while (rest.n > 0);
        return i == s->n;
}

/* "/api/containers/select" rather than "/api/containers/{id}". */
static bool is_more_exact(const struct route *a, const struct route *b) {
        return !b || (strchr(b->path, '{') && !strchr(a->path, '{'));
}

struct found {
        const struct route *route;
        bool methods[HTTP_METHOD_MAX_]; /* that the path knows */
        bool any;
};

static void find(struct found *ret, const struct segments *s, enum http_method method) {
        *ret = (struct found){ .route = NULL };
        for (size_t t = 0; api_tables[t]; t++)
                for (const struct route *r = api_tables[t]; r->path; r++) {
                        if (!fits(r, s, NULL))
                                continue;
                        ret->methods[r->method] = ret->any = true;
                        if (r->method == method && is_more_exact(r, ret->route))
                                ret->route = r;
                }
        if (ret->methods[HTTP_GET])
                ret->methods[HTTP_HEAD] = true;
        ret->methods[HTTP_OPTIONS] = ret->any;
}

static const char *allowed(const struct found *found, struct arena *a) {
        struct buf b AUTO(buf_release) = BUF_INIT(256);
        for (size_t m = 0; m < HTTP_METHOD_MAX_; m++)
                if (found->methods[m])
                        buf_addf(&b, "%s%s", b.len ? ", " : "", http_method_name((enum http_method)m));
        return arena_strdup(a, buf_str(&b));
}

/* ---- The life of a call ---- */

static struct call *begin(struct api *api, struct http_conn *c, const struct http_request *rq) {
        struct ticket *t = xcalloc(1, sizeof(*t));
        t->arena = (struct arena)ARENA_INIT(ARENA_BLOCK);
        t->call = (struct call){ .api = api, .conn = c, .rq = rq, .a = &t->arena, .reply = HTTP_REPLY_INIT, .params = { "", "" } };
        return &t->call;
}

static void forget(struct call *call) {
        struct ticket *t = ticket_of(call);
        http_reply_release(&call->reply);
        arena_release(&t->arena);
        free(t);
}

void api_leave(struct call *call) {
        struct ticket *t = ticket_of(call);
        call->later = t->left = true;
        if (!t->in_handler)
                forget(call);
}

static void client_gone(void *arg) {
        struct ticket *t = arg;
        if (t->gone)
                t->gone(t->gone_arg);
        forget(&t->call);
}

void api_later(struct call *call, void (*gone)(void *arg), void *arg) {
        struct ticket *t = ticket_of(call);
        call->later = true;
        t->gone = gone;
        t->gone_arg = arg;
        http_conn_on_gone(call->conn, client_gone, t);
}

void api_common_headers(struct call *call) {
        auth_cors_headers(call);
}

static void answer(struct call *call) {
        struct http_conn *c = call->conn;
        http_conn_on_gone(c, NULL, NULL);
        api_common_headers(call);
        log_note(LEVEL_DEBUG, "http", "%s %s from %s: %d", http_method_name(call->rq->method), call->rq->path, http_conn_peer(c),
                 call->reply.status);
        http_answer(c, &call->reply);
        forget(call);
}

/* What answers a call before its handler has returned is not to take it away under its feet. */
void api_answer(struct call *call) {
        call->later = false;
        if (!ticket_of(call)->in_handler)
                answer(call);
}

/* ---- A request ---- */

static void answer_options(struct call *call, const struct found *found) {
        const char *methods = allowed(found, call->a);
        call->reply.status = 204;
        call->reply.content_type = NULL;
        http_reply_header(&call->reply, "Allow", methods);
        auth_preflight_headers(call, methods);
}

static void refuse_method(struct call *call, const struct found *found) {
        api_error(call, 405, "Method Not Allowed");
        http_reply_header(&call->reply, "Allow", allowed(found, call->a));
}

static void handle(struct call *call) {
        struct segments s;
        struct found found = { .route = NULL };
        enum http_method method = call->rq->method == HTTP_HEAD ? HTTP_GET : call->rq->method;
        if (!api_may(call, RIGHT_FREE))
                return;
        if (split(call->rq->raw_path, &s, call->a))
                find(&found, &s, method);
        if (!found.any) {
                api_error(call, 404, "Not Found");
                return;
        }
        if (method == HTTP_OPTIONS) {
                answer_options(call, &found);
                return;
        }
        if (!found.route) {
                refuse_method(call, &found);
                return;
        }
        call->route = found.route;
        (void)fits(found.route, &s, call->params);
        if (!api_may(call, found.route->right))
                return;
        if (call->api->stopping && found.route->right == RIGHT_CHANGE)
                api_error(call, 503, API_STOPPING);
        else
                found.route->handle(call);
}

static void go_on(struct call *call) {
        struct ticket *t = ticket_of(call);
        t->in_handler = true;
        handle(call);
        t->in_handler = false;
        if (t->left)
                forget(call);
        else if (!call->later)
                answer(call);
}

void api_handle(void *arg, struct http_conn *c, const struct http_request *rq) {
        go_on(begin(arg, c, rq));
}

void api_again(struct call *call) {
        call->later = false;
        http_conn_on_gone(call->conn, NULL, NULL);
        go_on(call);
}

/* A token that may be wrong is looked at with the whole request, since the answer to a wrong one takes its time. */
static bool is_hopeless(const struct api *api, const struct http_conn *c, const struct http_request *rq) {
        struct arena a AUTO(arena_release) = ARENA_INIT(ARENA_BLOCK);
        struct segments s;
        struct found found = { .route = NULL };
        if (!split(rq->raw_path, &s, &a))
                return true;
        find(&found, &s, rq->method == HTTP_HEAD ? HTTP_GET : rq->method);
        if (!found.route)
                return rq->method != HTTP_OPTIONS;
        return found.route->right == RIGHT_CHANGE && !api->setup->no_auth && !http_conn_is_unix(c) &&
               http_header(rq, "Authorization").p == NULL;
}

void api_refuse_early(void *arg, struct http_conn *c, const struct http_request *rq) {
        if (is_hopeless(arg, c, rq))
                api_handle(arg, c, rq);
}
