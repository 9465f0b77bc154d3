/* SPDX-License-Identifier: MIT */
/* Where it listens, and what comes in there. */
#include "serve_internal.h"

#define UNIX_PREFIX "unix://"

static const char *metrics_address(const struct config *c) {
        return c->observability.metrics_address ? c->observability.metrics_address : c->ui.listen_address;
}

static bool is_unix(const char *address) {
        return strncmp(address, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0;
}

/* "http://127.0.0.1:8080", "http://[::1]:8080", "unix:///run/autoheal.sock": lives in ret. */
#define PLACE_SIZE 512
static const char *place(char ret[static PLACE_SIZE], const char *address, int64_t port) {
        bool v6 = strchr(address, ':') != NULL;
        if (is_unix(address))
                (void)snprintf(ret, PLACE_SIZE, "%s", address);
        else
                (void)snprintf(ret, PLACE_SIZE, "http://%s%s%s:%lld", v6 ? "[" : "", address, v6 ? "]" : "", (long long)port);
        return ret;
}

char *serve_places(const struct config *c) {
        struct buf b AUTO(buf_release) = BUF_INIT((size_t)64 * 1024);
        char text[PLACE_SIZE];
        if (c->ui.enable)
                buf_addf(&b, "api %s\n", place(text, c->ui.listen_address, c->ui.listen_port));
        if (c->observability.prometheus_enabled)
                buf_addf(&b, "metrics %s\n", place(text, metrics_address(c), c->observability.metrics_port));
        return xstrdup(buf_str(&b));
}

/* The API has /metrics too. */
static bool shares_a_place(const struct config *c) {
        char a[PLACE_SIZE], b[PLACE_SIZE];
        return c->ui.enable && str_eq(place(a, c->ui.listen_address, c->ui.listen_port),
                                      place(b, metrics_address(c), c->observability.metrics_port));
}

static void answer_not_found(struct http_conn *c) {
        struct http_reply reply = HTTP_REPLY_INIT;
        reply.status = 404;
        reply.content_type = "text/plain; charset=utf-8";
        buf_add_str(&reply.body, "only /metrics is here\n");
        http_answer(c, &reply);
        http_reply_release(&reply);
}

/* Whoever may reach the metrics need not reach the rest. */
static bool is_elsewhere(const struct http_conn *c, const struct http_request *rq) {
        return http_conn_listener(c) == LISTENER_METRICS && !str_eq(rq->path, "/metrics");
}

static void request_came(void *arg, struct http_conn *c, const struct http_request *rq) {
        struct serve *s = arg;
        if (is_elsewhere(c, rq))
                answer_not_found(c);
        else
                api_handle(&s->api, c, rq);
}

static void header_came(void *arg, struct http_conn *c, const struct http_request *rq) {
        struct serve *s = arg;
        if (is_elsewhere(c, rq))
                answer_not_found(c);
        else
                api_refuse_early(&s->api, c, rq);
}

static void answered(void *arg, int status) {
        struct serve *s = arg;
        metrics_http_answer(s->api.metrics, status);
}

struct wanted {
        enum listener which;
        const char *address;
        int64_t port;
        const char *address_key, *port_key; /* of the configuration, with their variables */
};

static int listen_at(struct serve *s, const struct wanted *w, struct error *err) {
        struct error why = ERROR_INIT;
        bool has_port = !is_unix(w->address);
        if (http_server_listen(s->api.http, w->address, (int)w->port, (int)w->which, &why) < 0)
                return error_set(err, why.code, "%s; choose another place with %s%s%s", why.msg, w->address_key,
                                 has_port ? " and " : "", has_port ? w->port_key : "");
        return 0;
}

int serve_listen(struct serve *s, struct error *err) {
        const struct config *c = &s->config;
        const struct wanted api = { .which = LISTENER_API,
                                    .address = c->ui.listen_address,
                                    .port = c->ui.listen_port,
                                    .address_key = "ui.listen_address (AUTOHEAL_UI_LISTEN_ADDRESS)",
                                    .port_key = "ui.listen_port (AUTOHEAL_UI_LISTEN_PORT)" };
        const struct wanted metrics = {
                .which = LISTENER_METRICS,
                .address = metrics_address(c),
                .port = c->observability.metrics_port,
                .address_key = "observability.metrics_address (AUTOHEAL_OBSERVABILITY_METRICS_ADDRESS)",
                .port_key = "observability.metrics_port (AUTOHEAL_OBSERVABILITY_METRICS_PORT)",
        };
        if (!c->ui.enable && !c->observability.prometheus_enabled)
                return 0;
        s->api.http = http_server_new(s->setup->net, request_came, s);
        http_server_on_answer(s->api.http, answered, s);
        http_server_on_header(s->api.http, header_came);
        if (c->ui.enable && listen_at(s, &api, err) < 0)
                return -1;
        if (!c->observability.prometheus_enabled || shares_a_place(c))
                return 0;
        return listen_at(s, &metrics, err);
}

void serve_say_places(const struct serve *s) {
        const struct config *c = &s->config;
        char text[PLACE_SIZE];
        if (c->ui.enable)
                log_note(LEVEL_INFO, "http", "API at %s", place(text, c->ui.listen_address, c->ui.listen_port));
        if (c->observability.prometheus_enabled)
                log_note(LEVEL_INFO, "http", "metrics at %s%s", place(text, metrics_address(c), c->observability.metrics_port),
                         shares_a_place(c) ? ", where the API is: /metrics" : "");
}

bool serve_is_reached_from_here_alone(const struct serve *s) {
        const char *host = s->config.ui.listen_address;
        return is_unix(host) || str_eq(host, "::1") || str_eq(host, "localhost") || strncmp(host, "127.", 4) == 0;
}
