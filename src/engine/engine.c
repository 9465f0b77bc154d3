/* SPDX-License-Identifier: MIT */
/* One engine: negotiates the API version, sends what waited for it, and says in docker's words what went wrong. */
#include "autoheal/engine/engine.h"

#include "autoheal/engine/decode.h"
#include "autoheal/util/slice.h"
#include "engine/engine_internal.h"
#include "metadata_json.h"

#include <errno.h>

#define CONNECT_TIMEOUT_MS 10000
#define PING_TIMEOUT_S     10
#define PING_MAX_BODY      ((size_t)64 * 1024)
/* What docker assumes of an engine that names no version. */
#define API_UNNAMED "1.24"

struct api_version {
        unsigned major, minor;
};

struct engine {
        struct net *net;
        const struct endpoint *endpoint;
        char version[24]; /* "" until known */
        bool podman;
        uint64_t requests;
        struct net_request *ping;        /* the negotiation under way */
        struct engine_call_list waiting; /* for the version */
        struct engine_call_list sent;    /* their answers are awaited */
        struct engine_call_list doomed;  /* those that fail with the negotiation */
        unsigned busy;                   /* callbacks that are running */
        bool freed;                      /* by one of them: the last one frees the memory */
};

struct engine *engine_new(struct net *net, const struct endpoint *endpoint) {
        struct engine *e = xcalloc(1, sizeof(*e));

        e->net = net;
        e->endpoint = endpoint;
        TAILQ_INIT(&e->waiting);
        TAILQ_INIT(&e->sent);
        TAILQ_INIT(&e->doomed);
        return e;
}

static void link_call(struct engine_call_list *list, struct engine_call *call) {
        call->list = list;
        TAILQ_INSERT_TAIL(list, call, link);
}

static void unlink_call(struct engine_call *call) {
        TAILQ_REMOVE(call->list, call, link);
        call->list = NULL;
}

static void free_call(struct engine_call *call) {
        free(call->path);
        free(call);
}

static void drop_call(struct engine_call *call) {
        unlink_call(call);
        net_cancel(call->engine->net, call->request);
        free_call(call);
}

static void drop_calls(struct engine_call_list *list) {
        while (!TAILQ_EMPTY(list))
                drop_call(TAILQ_FIRST(list));
}

static void drop_inspects(struct engine_call_list *list, const void *arg) {
        struct engine_call *call = TAILQ_FIRST(list);

        while (call) {
                struct engine_call *next = TAILQ_NEXT(call, link);

                if (call->container && call->arg == arg)
                        drop_call(call);
                call = next;
        }
}

void engine_cancel_inspects(struct engine *e, const void *arg) {
        drop_inspects(&e->waiting, arg);
        drop_inspects(&e->sent, arg);
        drop_inspects(&e->doomed, arg);
}

void engine_free(struct engine *e) {
        if (!e)
                return;
        drop_calls(&e->waiting);
        drop_calls(&e->sent);
        drop_calls(&e->doomed);
        net_cancel(e->net, e->ping);
        e->ping = NULL;
        e->freed = true;
        if (e->busy == 0)
                free(e);
}

/* Around whatever runs callbacks, which may free the engine: its lists are empty then, and its memory goes last. */
static void enter(struct engine *e) {
        e->busy++;
}

static void leave(struct engine *e) {
        if (--e->busy == 0 && e->freed)
                free(e);
}

const char *engine_api_version(const struct engine *e) {
        return e->version;
}

bool engine_is_podman(const struct engine *e) {
        return e->podman;
}

uint64_t engine_requests(const struct engine *e) {
        return e->requests;
}

/* ---- what went wrong, in docker's words ---- */

void engine_broken_promise(const struct engine *e, struct error *err) {
        (void)error_wrap(err, "the engine at %s sent an answer that is not what its API promises", e->endpoint->text);
        err->code = ERR_PROTOCOL;
}

static int not_connected(const struct engine *e, const struct error *cause, struct error *err) {
        const char *at = e->endpoint->text;

        if (cause->sys_errno == EACCES || cause->sys_errno == EPERM)
                (void)error_set(err, ERR_CONNECT,
                                "permission denied while trying to connect to the Docker daemon socket at %s: "
                                "run it as root or as a member of the socket's group",
                                at);
        else if (cause->sys_errno)
                (void)error_set(err, ERR_CONNECT, "Cannot connect to the Docker daemon at %s. Is the docker daemon running?", at);
        else
                (void)error_set(err, ERR_CONNECT, "error during connect: %s", cause->msg);
        err->sys_errno = cause->sys_errno;
        return -1;
}

static int no_answer(const struct engine *e, int64_t timeout_s, const struct error *cause, struct error *err) {
        const char *at = e->endpoint->text;

        switch (cause->code) {
        case ERR_CONNECT:
                return not_connected(e, cause, err);
        case ERR_TIMEOUT:
                return error_set(err, ERR_TIMEOUT, "the engine at %s did not answer within %lld s", at, (long long)timeout_s);
        case ERR_PROTOCOL:
                /* A TLS engine answers plain HTTP with an alert. That can only be so where nothing was understood yet. */
                if (!e->endpoint->unix_socket && !e->version[0])
                        return error_set(err, ERR_PROTOCOL,
                                         "error during connect: %s. Are you trying to connect to a TLS-enabled daemon without TLS?",
                                         cause->msg);
                return error_set(err, ERR_PROTOCOL, "error during connect: %s", cause->msg);
        default:
                return error_set(err, cause->code, "the engine at %s: %s", at, cause->msg);
        }
}

static const char *status_text(long status) {
        static const struct {
                long status;
                const char *text;
        } texts[] = {
                { 400, "Bad Request" },         { 401, "Unauthorized" },
                { 403, "Forbidden" },           { 404, "Not Found" },
                { 405, "Method Not Allowed" },  { 407, "Proxy Authentication Required" },
                { 408, "Request Timeout" },     { 409, "Conflict" },
                { 429, "Too Many Requests" },   { 500, "Internal Server Error" },
                { 501, "Not Implemented" },     { 502, "Bad Gateway" },
                { 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
        };

        for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
                if (texts[i].status == status)
                        return texts[i].text;
        }
        return "an unknown status";
}

static bool is_space(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct slice trimmed(struct slice s) {
        while (s.n > 0 && is_space(s.p[0])) {
                s.p++;
                s.n--;
        }
        while (s.n > 0 && is_space(s.p[s.n - 1]))
                s.n--;
        return s;
}

static bool is_json(const char *content_type) {
        struct slice rest = slice_str(content_type), type;

        return slice_split(&rest, ';', &type) && slice_eq_nocase(trimmed(type), "application/json");
}

/* More than this does not fit into an error, and a precision is an int. */
static int shown(struct slice s) {
        const size_t max = sizeof(((struct error *)0)->msg);

        return (int)(s.n < max ? s.n : max);
}

static int refused(const struct net_answer *answer, const char *url, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        enum err_code code = answer->status == 404 ? ERR_NOT_FOUND : ERR_ENGINE;
        struct slice text = trimmed(answer->body);

        if (answer->body.n > 0 && is_json(answer->content_type))
                text = trimmed(slice_str(decode_error_message(answer->body.p, answer->body.n, &a)));
        if (answer->body.n == 0)
                (void)error_set(err, code,
                                "request returned %s for API route and version %s, "
                                "check if the server supports the requested API version",
                                status_text(answer->status), url);
        else if (text.n == 0)
                (void)error_set(err, code, "Error response from daemon: API returned a %ld (%s) but provided no error-message",
                                answer->status, status_text(answer->status));
        else
                (void)error_set(err, code, "Error response from daemon: %.*s", shown(text), text.p);
        if (err)
                err->http_status = (int)answer->status;
        return -1;
}

/* 0 if there is an answer that means success. */
static int judge(const struct engine *e, const struct net_answer *answer, bool may_be_unchanged, const char *url,
                 struct error *err) {
        if (answer->status >= 400)
                return refused(answer, url, err);
        if ((answer->status >= 200 && answer->status < 300) || (answer->status == 304 && may_be_unchanged))
                return 0;
        (void)error_set(err, ERR_PROTOCOL, "HTTP status %ld", answer->status);
        engine_broken_promise(e, err);
        return -1;
}

/* ---- asking ---- */

static void note_server(struct engine *e, const struct net_answer *answer) {
        struct slice server = slice_str(answer->server);

        if (slice_skip_nocase(&server, "Libpod/"))
                e->podman = true;
}

static char *url_of(const struct engine *e, const char *version, const char *path) {
        struct buf url = BUF_INIT(64 * 1024);

        buf_add_str(&url, e->endpoint->base_url);
        if (version[0])
                buf_addf(&url, "/v%s", version);
        buf_add_str(&url, path);
        return url.data;
}

/* Go's rule, which docker follows: what is on this machine is never asked for through a proxy. */
static bool may_use_proxy(const struct endpoint *endpoint) {
        const char *host = endpoint->host;

        return !endpoint->unix_socket && !str_eq(host, "localhost") && !str_eq(host, "::1") && strncmp(host, "127.", 4) != 0;
}

static struct net_ask ask_of(const struct engine *e, const char *method, const char *url, int64_t timeout_s, size_t max_body) {
        return (struct net_ask){
                .method = method,
                .url = url,
                .unix_socket = e->endpoint->unix_socket,
                .user_agent = "autoheal/" AUTOHEAL_VERSION,
                .timeout_ms = timeout_s * 1000,
                .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                .max_body = max_body,
                .use_proxy = may_use_proxy(e->endpoint),
        };
}

/* The callback may free the engine: nothing of it may be touched afterwards unless between enter() and leave(). */
static void end_call(struct engine_call *call, const struct net_answer *answer, const struct error *err) {
        unlink_call(call);
        call->finish(call, answer, err);
        free_call(call);
}

static void call_answered(void *arg, const struct net_answer *answer, const struct error *cause) {
        struct engine_call *call = arg;
        struct engine *e = call->engine;
        char *url AUTO_FREE = url_of(e, e->version, call->path);
        struct error err = ERROR_INIT;
        int r;

        call->request = NULL;
        if (answer) {
                note_server(e, answer);
                r = judge(e, answer, str_eq(call->method, "POST"), url, &err);
        } else {
                r = no_answer(e, call->timeout_s, cause, &err);
        }
        end_call(call, r < 0 ? NULL : answer, r < 0 ? &err : NULL);
}

static int ask_now(struct engine *e, struct engine_call *call, struct error *err) {
        char *url AUTO_FREE = url_of(e, e->version, call->path);
        struct net_ask ask = ask_of(e, call->method, url, call->timeout_s, call->max_body);

        ask.cut_body = call->cut_body;
        if (net_ask(e->net, &ask, call_answered, call, &call->request, err) < 0)
                return -1;
        e->requests++;
        return 0;
}

/* ---- negotiating the version ---- */

static bool parse_version(const char *text, struct api_version *ret) {
        struct slice in = slice_str(text);
        uint64_t major, minor;

        if (!slice_number(&in, 9999, &major) || !slice_skip(&in, ".") || !slice_number(&in, 9999, &minor) || in.n > 0)
                return false;
        *ret = (struct api_version){ .major = (unsigned)major, .minor = (unsigned)minor };
        return true;
}

static bool is_below(struct api_version a, struct api_version b) {
        return a.major != b.major ? a.major < b.major : a.minor < b.minor;
}

static void keep_version(struct engine *e, struct api_version v) {
        (void)snprintf(e->version, sizeof(e->version), "%u.%u", v.major, v.minor);
}

static int read_ping(struct engine *e, const struct net_answer *answer, struct error *err) {
        const char *named = answer->api_version[0] ? answer->api_version : API_UNNAMED;
        struct api_version theirs, oldest, newest;

        if (!parse_version(named, &theirs)) {
                (void)error_set(err, ERR_PROTOCOL, "API version '%s'", named);
                engine_broken_promise(e, err);
                return -1;
        }
        if (!parse_version(ENGINE_API_MIN, &oldest) || !parse_version(ENGINE_API_MAX, &newest))
                abort();
        if (is_below(theirs, oldest))
                return error_set(err, ERR_ENGINE,
                                 "API version %s is not supported by this client: the minimum supported API version is %s", named,
                                 ENGINE_API_MIN);
        keep_version(e, is_below(newest, theirs) ? newest : theirs);
        return 0;
}

static void send_waiting(struct engine *e) {
        while (!TAILQ_EMPTY(&e->waiting)) {
                struct engine_call *call = TAILQ_FIRST(&e->waiting);
                struct error err = ERROR_INIT;

                unlink_call(call);
                link_call(&e->sent, call);
                if (ask_now(e, call, &err) < 0)
                        end_call(call, NULL, &err);
        }
}

static void fail_waiting(struct engine *e, const struct error *err) {
        /* What a callback asks for meanwhile waits for the next negotiation, not for this one's end. */
        while (!TAILQ_EMPTY(&e->waiting)) {
                struct engine_call *call = TAILQ_FIRST(&e->waiting);

                unlink_call(call);
                link_call(&e->doomed, call);
        }
        while (!TAILQ_EMPTY(&e->doomed))
                end_call(TAILQ_FIRST(&e->doomed), NULL, err);
}

static void ping_answered(void *arg, const struct net_answer *answer, const struct error *cause) {
        struct engine *e = arg;
        char *url AUTO_FREE = url_of(e, "", "/_ping");
        struct error err = ERROR_INIT;
        int r;

        e->ping = NULL;
        if (!answer) {
                r = no_answer(e, PING_TIMEOUT_S, cause, &err);
        } else {
                note_server(e, answer);
                r = judge(e, answer, false, url, &err);
                if (r == 0)
                        r = read_ping(e, answer, &err);
        }
        enter(e);
        if (r < 0)
                fail_waiting(e, &err);
        else
                send_waiting(e);
        leave(e);
}

static int negotiate(struct engine *e, struct error *err) {
        const char *fixed = getenv("DOCKER_API_VERSION");
        char *url AUTO_FREE = url_of(e, "", "/_ping");
        struct net_ask ask = ask_of(e, "GET", url, PING_TIMEOUT_S, PING_MAX_BODY);
        struct api_version v;

        if (fixed && fixed[0]) {
                if (!parse_version(fixed[0] == 'v' ? fixed + 1 : fixed, &v))
                        return error_set(err, ERR_INVALID, "invalid API version (%s): must be formatted <major>.<minor>", fixed);
                keep_version(e, v);
                return 0;
        }
        if (net_ask(e->net, &ask, ping_answered, e, &e->ping, err) < 0)
                return -1;
        e->requests++;
        return 0;
}

int engine_send(struct engine *e, const struct engine_call *wanted, struct error *err) {
        struct engine_call *call = xmalloc(sizeof(*call));

        *call = *wanted;
        call->engine = e;
        call->path = xstrdup(wanted->path);
        if ((!e->version[0] && !e->ping && negotiate(e, err) < 0) || (e->version[0] && ask_now(e, call, err) < 0)) {
                free_call(call);
                return -1;
        }
        link_call(e->version[0] ? &e->sent : &e->waiting, call);
        return 0;
}
