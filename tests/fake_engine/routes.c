/* SPDX-License-Identifier: MIT */
/* Which call of the engine's API a request is, and what the engine answers to it. */
#include "fake_engine.h"

#include "autoheal/util/timefmt.h"

/* "1.41" as 1041, 0 if it is none. */
static int version_number(struct slice in) {
        uint64_t major, minor;
        if (!slice_number(&in, 9, &major) || !slice_skip(&in, ".") || !slice_number(&in, 999, &minor) || in.n)
                return 0;
        return (int)(major * 1000 + minor);
}

/* Consumes "/v1.41". False if the engine refuses that version, or there is none. */
static bool take_version(const struct world *w, struct slice *path, struct call *ret) {
        struct slice rest = *path, version;
        if (!slice_skip(&rest, "/v"))
                return false;
        size_t n = 0;
        while (n < rest.n && rest.p[n] != '/')
                n++;
        version = (struct slice){ rest.p, n };
        int asked = version_number(version), have = version_number(slice_str(w->api));
        if (asked == 0)
                return false;
        if (asked > have)
                snprintf(ret->refusal, sizeof(ret->refusal), "client version %.*s is too new. Maximum supported API version is %s",
                         (int)version.n, version.p, w->api);
        *path = (struct slice){ rest.p + n, rest.n - n };
        return true;
}

static void route_container(struct world *w, struct slice path, bool post, struct call *ret) {
        struct slice ref;
        if (post && slice_eq(path, "create")) {
                ret->op = OP_CREATE;
                return;
        }
        if (!slice_split(&path, '/', &ref) || ref.n >= sizeof(ret->ref))
                return;
        snprintf(ret->ref, sizeof(ret->ref), "%.*s", (int)ref.n, ref.p);
        ret->container = world_find(w, ret->ref);
        if (!post && slice_eq(path, "json"))
                ret->op = OP_INSPECT;
        else if (post && slice_eq(path, "start"))
                ret->op = OP_START;
        else if (post && slice_eq(path, "stop"))
                ret->op = OP_STOP;
        else if (post && slice_eq(path, "restart"))
                ret->op = OP_RESTART;
        else if (post && slice_eq(path, "rename"))
                ret->op = OP_RENAME;
}

static void route_removal(struct world *w, struct slice path, struct call *ret) {
        if (!slice_skip(&path, "/containers/") || path.n >= sizeof(ret->ref))
                return;
        snprintf(ret->ref, sizeof(ret->ref), "%.*s", (int)path.n, path.p);
        ret->container = world_find(w, ret->ref);
        ret->op = OP_REMOVE;
}

void route(struct world *w, const struct request *req, struct call *ret) {
        struct slice path = slice_str(req->path);
        bool get = str_eq(req->method, "GET"), post = str_eq(req->method, "POST"), removes = str_eq(req->method, "DELETE");
        *ret = (struct call){ .op = OP_MAX_ };
        if (slice_eq(path, "/_ping") && (get || str_eq(req->method, "HEAD"))) {
                ret->op = OP_PING;
                return;
        }
        if ((!get && !post && !removes) || !take_version(w, &path, ret))
                return;
        if (removes) {
                route_removal(w, path, ret);
                return;
        }
        if (get && slice_eq(path, "/info"))
                ret->op = OP_INFO;
        else if (get && slice_eq(path, "/events"))
                ret->op = OP_EVENTS;
        else if (get && slice_eq(path, "/containers/json"))
                ret->op = OP_LIST;
        else if (slice_skip(&path, "/containers/"))
                route_container(w, path, post, ret);
}

/* Both shapes that the engine takes: {"health":["unhealthy"]} and {"health":{"unhealthy":true}}. */
static bool filter_matches(struct json_value values, const char *word) {
        struct json_iter it = json_iter(values);
        while (json_next(&it)) {
                if (json_type(values) == JSON_OBJECT ? slice_eq(it.key, word) : json_string_eq(it.value, word))
                        return true;
        }
        return false;
}

/* False with a 400 in r if a filter is not known. */
static bool check_filters(struct json_value filters, struct reply *r) {
        struct json_iter it = json_iter(filters);
        while (json_next(&it)) {
                if (!slice_eq(it.key, "health") && !slice_eq(it.key, "status")) {
                        reply_message(r, 400, "Invalid filter '%.*s'", (int)it.key.n, it.key.p);
                        return false;
                }
        }
        return true;
}

static bool listed(const struct fake_container *c, bool all, struct json_value filters) {
        struct json_value health = json_get(filters, "health"), status = json_get(filters, "status");
        if (json_present(health) && !filter_matches(health, c->health))
                return false;
        if (json_present(status))
                return filter_matches(status, c->state);
        return all || str_eq(c->state, "running") || str_eq(c->state, "paused") || str_eq(c->state, "restarting");
}

static void answer_list(const struct world *w, const struct request *req, struct reply *r) {
        char all_word[8] = "", text[2048] = "{}";
        bool all = false;
        AUTO_JSON struct json_doc *doc = NULL;
        (void)http_query(req->query, "all", all_word, sizeof(all_word));
        (void)http_query(req->query, "filters", text, sizeof(text));
        (void)parse_bool(all_word, &all);
        if (json_parse(text, strlen(text), 256, &doc, NULL) < 0) {
                reply_message(r, 400, "invalid filters");
                return;
        }
        struct json_value filters = json_root(doc);
        if (!check_filters(filters, r))
                return;
        struct json_writer jw;
        json_writer_init(&jw, &r->body, JSON_COMPACT);
        json_begin_array(&jw);
        for (size_t i = 0; i < w->n; i++)
                if (listed(w->containers[i], all, filters))
                        render_list(&jw, w, w->containers[i]);
        json_end_array(&jw);
}

static void answer_info(const struct world *w, struct reply *r) {
        struct json_writer jw;
        json_writer_init(&jw, &r->body, JSON_COMPACT);
        json_begin_object(&jw);
        json_key(&jw, "ID");
        json_str(&jw, w->engine_id);
        json_key(&jw, "Containers");
        json_num(&jw, (int64_t)w->n);
        json_key(&jw, "ServerVersion");
        json_str(&jw, w->version);
        json_key(&jw, "Name");
        json_str(&jw, "fake-host");
        json_end_object(&jw);
}

/* A query time as the engine takes it: seconds, seconds.fraction, or RFC 3339. */
static bool query_time(const char *query, const char *key, int64_t *ret_us) {
        char text[64];
        if (!http_query(query, key, text, sizeof(text)))
                return false;
        struct slice in = slice_str(text);
        uint64_t s;
        if (time_parse_iso(in, ret_us))
                return true;
        if (!slice_number(&in, UINT32_MAX, &s))
                return false;
        int64_t fraction = 0, weight = US_PER_S / 10;
        if (slice_skip(&in, ".")) {
                for (; in.n && weight; in.p++, in.n--, weight /= 10)
                        fraction += (*in.p - '0') * weight;
        }
        *ret_us = (int64_t)s * US_PER_S + fraction;
        return true;
}

/* Without an end the answer has none; with one in the engine's future the engine keeps it open that long. */
static void answer_events(const struct world *w, const struct request *req, struct reply *r) {
        int64_t since = INT64_MAX, until = INT64_MAX, now = world_now_us(w);
        struct json_writer jw;
        (void)query_time(req->query, "since", &since);
        if (!query_time(req->query, "until", &until))
                r->stream = true;
        else if (until > now)
                r->hold_ms = (until - now) / US_PER_MS;
        for (size_t i = 0; i < w->n_journal; i++) {
                const struct fake_event *e = &w->journal[i];
                if (e->at_us < since || e->at_us > until)
                        continue;
                json_writer_init(&jw, &r->body, JSON_COMPACT);
                render_event(&jw, e);
                buf_add_char(&r->body, '\n');
        }
}

static void answer_action(struct world *w, const struct request *req, const struct call *call, struct reply *r) {
        char text[32];
        int64_t t;
        if (strstr(req->query, "t=") &&
            (!http_query(req->query, "t", text, sizeof(text)) || !parse_int64(text, INT32_MIN, INT32_MAX, &t))) {
                reply_message(r, 400, "strconv.Atoi: invalid syntax");
                return;
        }
        const char *network = call->container->network;
        size_t n = strlen("container:");
        if (call->op != OP_STOP && strncmp(network, "container:", n) == 0 && !world_find(w, network + n)) {
                set_text(&call->container->error, "No such container: it shares a network that is gone");
                reply_message(r, 404, "No such container: %s", network + n);
                return;
        }
        int status = world_act(w, call->container, call->op);
        if (status == 409)
                reply_message(r, status, "container %s is %s", call->container->id, call->container->state);
        else
                r->status = status;
}

void answer(struct world *w, const struct request *req, const struct call *call, struct reply *r) {
        r->status = 200;
        r->content_type = "application/json";
        if (*call->refusal) {
                reply_message(r, 400, "%s", call->refusal);
                return;
        }
        bool needs_container = call->op == OP_INSPECT || call->op == OP_START || call->op == OP_STOP || call->op == OP_RESTART ||
                               call->op == OP_RENAME || call->op == OP_REMOVE;
        if (needs_container && !call->container) {
                reply_message(r, 404, "No such container: %s", call->ref);
                return;
        }
        struct json_writer jw;
        switch (call->op) {
        case OP_PING:
                r->content_type = "text/plain; charset=utf-8";
                buf_add_str(&r->body, "OK");
                break;
        case OP_INFO:
                answer_info(w, r);
                break;
        case OP_LIST:
                answer_list(w, req, r);
                break;
        case OP_INSPECT:
                json_writer_init(&jw, &r->body, JSON_COMPACT);
                render_inspect(&jw, w, call->container);
                break;
        case OP_EVENTS:
                answer_events(w, req, r);
                break;
        case OP_START:
        case OP_STOP:
        case OP_RESTART:
                answer_action(w, req, call, r);
                break;
        case OP_CREATE:
        case OP_RENAME:
        case OP_REMOVE:
                answer_making(w, req, call, r);
                break;
        case OP_MAX_:
                reply_message(r, 404, "page not found");
                break;
        }
}
