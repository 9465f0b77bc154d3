/* SPDX-License-Identifier: MIT */
/* Who may: where a request comes from, where it arrives, and what it carries. */
#include "serve/auth.h"
#include "serve/token.h"

#include <arpa/inet.h>

#define HOST_MAX 256

/* ---- Host and Origin ---- */

/* Without port and brackets; "" if it is none, or too long to be one of ours. */
static void bare_host(const char *host, char ret[static HOST_MAX]) {
        const char *begin = host, *end;
        ret[0] = '\0';
        if (*host == '[') {
                begin++;
                end = strchr(begin, ']');
                if (!end || (end[1] != '\0' && end[1] != ':'))
                        return;
        } else {
                end = strchr(begin, ':');
                if (!end)
                        end = begin + strlen(begin);
        }
        const char *port = strchr(end, ':');
        int64_t number;
        if (port && !parse_int64(port + 1, 0, 65535, &number))
                return;
        if ((size_t)(end - begin) < HOST_MAX)
                (void)snprintf(ret, HOST_MAX, "%.*s", (int)(end - begin), begin);
}

/* Four numbers: 127.1 is one only by courtesy, and a name such as 127.example.com is anybody's. */
static bool is_v4(const char *host, uint32_t *ret) {
        struct in_addr a;
        if (inet_pton(AF_INET, host, &a) != 1)
                return false;
        *ret = ntohl(a.s_addr);
        return true;
}

static bool is_loopback_name(const char *host) {
        char bare[HOST_MAX];
        uint32_t v4;
        bare_host(host, bare);
        if (*host == '[')
                return str_eq(bare, "::1");
        return slice_eq_nocase(slice_str(bare), "localhost") || (is_v4(bare, &v4) && v4 >> 24 == 127);
}

static bool is_address(const char *host) {
        char bare[HOST_MAX];
        struct in6_addr v6;
        uint32_t v4;
        bare_host(host, bare);
        return *host == '[' ? inet_pton(AF_INET6, bare, &v6) == 1 : is_v4(bare, &v4);
}

static bool skip_scheme(struct slice *origin) {
        return slice_skip_nocase(origin, "http://") || slice_skip_nocase(origin, "https://");
}

/* An origin is scheme, host and port: the page that we serve has the very host and port that it asks. */
static bool is_own_origin(struct slice origin, const char *host) {
        return skip_scheme(&origin) && *host && slice_eq_nocase(origin, host);
}

static bool is_named_origin(const struct config *cfg, struct slice origin) {
        for (size_t i = 0; i < cfg->ui.cors_origins.n; i++)
                if (slice_eq(origin, cfg->ui.cors_origins.items[i]))
                        return true;
        return false;
}

/* Whatever the port: the name alone leads here. */
static bool is_named_host(const struct call *call) {
        const struct string_list *origins = &call->api->config->ui.cors_origins;
        char bare[HOST_MAX], named[HOST_MAX];
        bare_host(call->rq->host, bare);
        for (size_t i = 0; bare[0] && i < origins->n; i++) {
                struct slice origin = slice_str(origins->items[i]);
                if (!skip_scheme(&origin))
                        continue;
                bare_host(origin.p, named);
                if (slice_eq_nocase(slice_str(named), bare))
                        return true;
        }
        return false;
}

static bool is_foreign(const struct call *call) {
        struct slice origin = http_header(call->rq, "Origin");
        return origin.p && !is_own_origin(origin, call->rq->host) && !is_named_origin(call->api->config, origin);
}

/* ---- The token ---- */

enum shown { SHOWN_NONE, SHOWN_WRONG, SHOWN_RIGHT };

static enum shown shown_token(const struct call *call) {
        struct slice value = http_header(call->rq, "Authorization");
        if (!value.p)
                return SHOWN_NONE;
        if (!slice_skip_nocase(&value, "Bearer "))
                return SHOWN_WRONG;
        slice_skip_blanks(&value);
        return token_is(call->api->token, value) ? SHOWN_RIGHT : SHOWN_WRONG;
}

static bool refuse_token(struct call *call, enum shown shown) {
        bool wrong = shown == SHOWN_WRONG;
        if (wrong && !token_slow_down(call)) {
                api_error(call, 429, "too many wrong tokens at once: wait a second");
                http_reply_header(&call->reply, "Retry-After", "1");
                call->reply.close = true;
                return false;
        }
        api_error(call, 401,
                  wrong ? "this is not the API's token" : "this needs the API's token: send it as 'Authorization: Bearer TOKEN'");
        http_reply_header(&call->reply, "WWW-Authenticate",
                          wrong ? "Bearer realm=\"docker-autoheal\", error=\"invalid_token\"" : "Bearer realm=\"docker-autoheal\"");
        return false;
}

/* ---- Who may ---- */

/*
 * Nobody is asked for a token, so a page in a browser must not be able to borrow the hands of whoever looks at it: neither by asking
 * from elsewhere nor by having its own name lead here, which makes it look like a page of ours.
 */
static bool may_without_token(struct call *call, enum right right) {
        const char *host = call->rq->host;
        if (!is_loopback_name(host) && !is_address(host) && !is_named_host(call)) {
                api_error(call, 403,
                          "without a token the request must name an IP address, a loopback host or a host of ui.cors_origins");
                return false;
        }
        if (right == RIGHT_CHANGE && is_foreign(call)) {
                api_error(call, 403, "a page of another origin may not change anything: ui.cors_origins does not name it");
                return false;
        }
        call->has_token = !is_foreign(call);
        return true;
}

static bool arrives_rightly(struct call *call, enum right right) {
        if (!http_conn_own_is_loopback(call->conn))
                return true;
        /* A probe of HTTP/1.0: a browser, which could be led here under another name, always names a host. */
        if (right == RIGHT_FREE && !http_header(call->rq, "Host").p && !call->rq->host[0] && !is_foreign(call))
                return true;
        if (!is_loopback_name(call->rq->host)) {
                api_error(call, 403, "on a loopback address the request must name a loopback host (localhost, 127.0.0.1, [::1])");
                return false;
        }
        if (is_foreign(call)) {
                api_error(call, 403, "a page of another origin may not ask here: ui.cors_origins does not name it");
                return false;
        }
        return true;
}

/* What proxies add: the one who asks is not the one whose connection it is. */
static bool is_passed_on(const struct http_request *rq) {
        static const char *const names[] = { "Forwarded",         "Via",      "X-Forwarded-For", "X-Forwarded-Host",
                                             "X-Forwarded-Proto", "X-Real-IP" };
        for (size_t i = 0; i < N_ELEMENTS(names); i++)
                if (http_header(rq, names[i]).p)
                        return true;
        return false;
}

/* Somebody on this host, and no page but our own. */
static bool is_near(const struct call *call) {
        struct slice origin = http_header(call->rq, "Origin");
        if (!http_conn_own_is_loopback(call->conn) || !http_conn_peer_is_loopback(call->conn))
                return false;
        return !is_passed_on(call->rq) && (!origin.p || is_own_origin(origin, call->rq->host));
}

bool api_may(struct call *call, enum right right) {
        if (http_conn_is_unix(call->conn)) {
                call->has_token = true;
                return true;
        }
        if (!arrives_rightly(call, right))
                return false;
        if (right == RIGHT_FREE)
                return true;
        if (call->api->setup->no_auth)
                return may_without_token(call, right);
        if (http_header(call->rq, "Authorization").p && !token_may_be_tried(call))
                return false;
        enum shown shown = shown_token(call);
        call->has_token = shown == SHOWN_RIGHT;
        if (shown == SHOWN_WRONG || (shown == SHOWN_NONE && !(right == RIGHT_READ && is_near(call))))
                return refuse_token(call, shown);
        return true;
}

/* ---- Pages of other origins ---- */

static const char *named_origin(const struct call *call) {
        struct slice origin = http_header(call->rq, "Origin");
        if (!origin.p || !is_named_origin(call->api->config, origin))
                return NULL;
        return arena_strndup(call->a, origin.p, origin.n);
}

void auth_cors_headers(struct call *call) {
        const char *origin = named_origin(call);
        if (call->api->config->ui.cors_origins.n > 0)
                http_reply_header(&call->reply, "Vary", "Origin");
        if (!origin)
                return;
        http_reply_header(&call->reply, "Access-Control-Allow-Origin", origin);
        http_reply_header(&call->reply, "Access-Control-Expose-Headers", "ETag, Content-Disposition");
}

void auth_preflight_headers(struct call *call, const char *methods) {
        if (!named_origin(call))
                return;
        http_reply_header(&call->reply, "Access-Control-Allow-Methods", methods);
        http_reply_header(&call->reply, "Access-Control-Allow-Headers",
                          "Authorization, Content-Type, If-None-Match, Last-Event-ID");
        http_reply_header(&call->reply, "Access-Control-Max-Age", "600");
}
