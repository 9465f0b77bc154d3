/* SPDX-License-Identifier: MIT */
/*
 * Hands whatever parses as a request to the router, over each kind of connection: what changes something must not be reached
 * without the token, nothing on a loopback address under a foreign name, and each answer has to be one that a client can read.
 */
#include "autoheal/json/reader.h"
#include "unit/serve/fake_conn.h"

static const char TOKEN[] = "0123456789abcdef";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool shows_token(const struct http_request *rq) {
        struct slice value = http_header(rq, "Authorization");
        return value.p && memmem(value.p, value.n, TOKEN, strlen(TOKEN));
}

/* What is free for all is so for a probe of HTTP/1.0 as well, which names no host at all: a browser always names one. */
static bool names_this_host(const struct call *call) {
        const char *host = call->rq->host;
        if (!*host && !http_header(call->rq, "Host").p && call->route->right == RIGHT_FREE)
                return true;
        return strcasestr(host, "localhost") || strstr(host, "127.") || strstr(host, "::1");
}

static void check_right(const struct call *call) {
        bool asks = !call->conn->is_unix && !call->api->setup->no_auth;
        if (asks && call->route->right == RIGHT_CHANGE && !shows_token(call->rq))
                abort();
        if (asks && call->route->right == RIGHT_READ && !call->conn->peer_is_loopback && !shows_token(call->rq))
                abort();
        if (!call->conn->is_unix && call->conn->own_is_loopback && !names_this_host(call))
                abort();
}

static void say(struct call *call) {
        struct json_writer w;
        check_right(call);
        api_json(call, &w);
        json_begin_object(&w);
        json_key(&w, "first");
        json_str(&w, call->params[0]);
        json_key(&w, "second");
        json_str(&w, call->params[1]);
        json_end_object(&w);
}

static void echo(struct call *call) {
        struct json_doc *doc AUTO_JSON = NULL;
        bool flag = false;
        int64_t n = 0;
        check_right(call);
        if (api_body_optional(call, &doc) && api_query_bool(call, "flag", &flag) && api_query_int(call, "n", &n))
                api_success(call, "%d %lld %s", flag, (long long)n, doc ? "body" : "none");
}

static const struct route rows[] = {
        { .method = HTTP_GET, .path = "/", .handle = say, .right = RIGHT_FREE },
        { .method = HTTP_GET, .path = "/t", .handle = say, .right = RIGHT_READ },
        { .method = HTTP_GET, .path = "/t/{id}", .handle = say, .right = RIGHT_READ },
        { .method = HTTP_DELETE, .path = "/t/{id}", .handle = say, .right = RIGHT_CHANGE },
        { .method = HTTP_POST, .path = "/t/s", .handle = echo, .right = RIGHT_CHANGE },
        { .method = HTTP_GET, .path = "/t/{id}/p/{name}", .handle = say, .right = RIGHT_READ },
        { .path = NULL },
};
const struct route *const api_tables[] = { rows, NULL };

static void check_answer(const struct http_conn *c) {
        struct json_doc *doc AUTO_JSON = NULL;
        struct error err = ERROR_INIT;
        if (c->status < 200 || c->status > 599)
                abort();
        if (*c->body && json_parse(c->body, strlen(c->body), 10000, &doc, &err) < 0)
                abort();
        for (const char *line = c->headers; *line;) {
                const char *end = strstr(line, "\r\n"), *colon = strchr(line, ':');
                if (!end || !colon || colon > end || memchr(line, '\n', (size_t)(end - line)))
                        abort();
                line = end + 2;
        }
}

static void ask_as(const struct http_request *rq, uint8_t how) {
        static struct config config;
        struct serve_setup setup = { .no_auth = how & 1 };
        /* Without a guard nobody waits: a wrong token is answered at once. */
        struct api api = { .setup = &setup, .config = &config };
        struct http_conn c = { .is_unix = (how & 14) == 14, .peer_is_loopback = how & 2, .own_is_loopback = how & 4 };
        (void)snprintf(api.token, sizeof(api.token), "%s", TOKEN);
        api_handle(&api, &c, rq);
        if (!c.answered)
                abort();
        check_answer(&c);
        conn_forget(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct http_parser *p;
        if (size == 0)
                return 0;
        p = http_parser_new();
        (void)http_parser_feed(p, (const char *)data + 1, size - 1);
        if (http_parser_state(p) == HTTP_WHOLE)
                ask_as(http_parser_request(p), data[0]);
        http_parser_free(p);
        return 0;
}
