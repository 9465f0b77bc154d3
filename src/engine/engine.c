/* SPDX-License-Identifier: MIT */
/* One engine: negotiates the API version and sends calls, each when it is its turn. */
#include "autoheal/engine/engine.h"

#include "autoheal/util/slice.h"
#include "engine/engine_internal.h"
#include "metadata_json.h"

#define CONNECT_TIMEOUT_MS 10000
#define PING_TIMEOUT_S     10
#define PING_MAX_BODY      ((size_t)64 * 1024)
/* Beside what the call itself may take: ssh gives up connecting after 30 s, and can then say why. */
#define COMMAND_TIMEOUT_S 40
/*
 * Each connection through a command is another ssh to the same host. By default sshd drops some when more than ten are logging
 * in, and what is left of these ten is for actions.
 */
#define COMMAND_QUESTIONS 4
#define COMMAND_ADVICE    "make sure the URL is valid, and Docker 18.09 or later is installed on the remote host"
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
        bool doubted;       /* what answers on an old connection may be about to end */
        int64_t patience_s; /* 0: without end */
        uint64_t requests;
        struct net_request *ping;        /* the negotiation under way */
        struct engine_call_list waiting; /* for the version, or for their turn */
        struct engine_call_list sent;    /* their answers are awaited */
        struct engine_call_list doomed;  /* those that fail with the negotiation */
        unsigned busy;                   /* callbacks that are running */
        bool freed;                      /* by one of them: the last one frees the memory */
        void (*on_request)(void *arg, const char *operation, int code);
        void *on_request_arg;
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

/* Around whatever runs callbacks, which may free the engine: its lists are empty then, and its memory goes last. */
static void enter(struct engine *e) {
        e->busy++;
}

static void leave(struct engine *e) {
        if (--e->busy == 0 && e->freed)
                free(e);
}

static void send_waiting(struct engine *e);

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
        free(call->body);
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

static void drop_calls_of(struct engine_call_list *list, const void *arg, bool inspects_only) {
        struct engine_call *call = TAILQ_FIRST(list);

        while (call) {
                struct engine_call *next = TAILQ_NEXT(call, link);

                if (call->arg == arg && (call->container || !inspects_only))
                        drop_call(call);
                call = next;
        }
}

static void cancel(struct engine *e, const void *arg, bool inspects_only) {
        drop_calls_of(&e->waiting, arg, inspects_only);
        drop_calls_of(&e->sent, arg, inspects_only);
        drop_calls_of(&e->doomed, arg, inspects_only);
        /* Others may have waited for their place. */
        enter(e);
        send_waiting(e);
        leave(e);
}

void engine_cancel_inspects(struct engine *e, const void *arg) {
        cancel(e, arg, true);
}

void engine_doubt(struct engine *e) {
        e->doubted = true;
        if (!e->ping)
                e->version[0] = '\0';
}

void engine_cancel(struct engine *e, const void *arg) {
        cancel(e, arg, false);
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

void engine_broken_promise(const struct engine *e, struct error *err) {
        engine_say_broken_promise(e->endpoint, err);
}

const char *engine_api_version(const struct engine *e) {
        return e->version;
}

bool engine_is_podman(const struct engine *e) {
        return e->podman;
}

void engine_set_patience(struct engine *e, int64_t seconds) {
        e->patience_s = seconds;
}

uint64_t engine_requests(const struct engine *e) {
        return e->requests;
}

void engine_on_request(struct engine *e, void (*fn)(void *arg, const char *operation, int code), void *arg) {
        e->on_request = fn;
        e->on_request_arg = arg;
}

static void count(const struct engine *e, const char *operation, long code) {
        if (e->on_request && operation)
                e->on_request(e->on_request_arg, operation, (int)code);
}

void engine_count(struct engine_call *call, long code) {
        if (!call->counted)
                count(call->engine, call->operation, code);
        call->counted = true;
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

static bool is_question(const char *method) {
        return !str_eq(method, "POST") && !str_eq(method, "DELETE");
}

/* Its strings are borrowed, from tls too, until it is sent. */
static struct net_ask ask_of(const struct engine_question *q, const char *url, struct net_tls *tls, size_t max_body) {
        const struct endpoint *ep = q->endpoint;

        *tls = (struct net_tls){ .verify = ep->tls_verify, .ca = ep->tls_ca, .cert = ep->tls_cert, .key = ep->tls_key };
        return (struct net_ask){
                .method = q->method,
                .url = url,
                .tls = ep->tls ? tls : NULL,
                .command = ep->command,
                .command_advice = COMMAND_ADVICE,
                .headers = ep->headers,
                .unix_socket = ep->unix_socket,
                .user_agent = "autoheal/" AUTOHEAL_VERSION,
                .timeout_ms = q->timeout_s * 1000,
                .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                .max_body = max_body,
                .use_proxy = true,
        };
}

static struct engine_question question_of(const struct engine *e, const char *method, const char *version, const char *path,
                                          int64_t timeout_s) {
        return (struct engine_question){
                .endpoint = e->endpoint,
                .method = method,
                .version = version,
                .path = path,
                .timeout_s = timeout_s + (e->endpoint->command ? COMMAND_TIMEOUT_S : 0),
        };
}

static struct engine_question question_of_call(const struct engine_call *call) {
        const struct engine *e = call->engine;

        return question_of(e, call->method, e->version, call->path, call->timeout_s);
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
        struct engine_question q = question_of_call(call);
        struct error err = ERROR_INIT;
        int r;

        call->request = NULL;
        engine_count(call, answer ? answer->status : 0);
        if (answer) {
                note_server(e, answer);
                e->doubted = e->doubted && !call->fresh;
                r = engine_judge(&q, answer, &err);
        } else {
                r = engine_no_answer(&q, cause, &err);
        }
        enter(e);
        end_call(call, r < 0 ? NULL : answer, r < 0 ? &err : NULL);
        send_waiting(e);
        leave(e);
}

static int ask_now(struct engine *e, struct engine_call *call, struct error *err) {
        char *url AUTO_FREE = url_of(e, e->version, call->path);
        struct engine_question q = question_of_call(call);
        struct net_tls tls;
        struct net_ask ask = ask_of(&q, url, &tls, call->max_body);

        ask.cut_body = call->cut_body;
        ask.stream = call->stream;
        ask.body = call->body;
        ask.fresh = call->fresh = e->doubted;
        if (net_ask(e->net, &ask, call_answered, call, &call->request, err) < 0)
                return -1;
        e->requests++;
        return 0;
}

static bool may_be_sent(const struct engine *e, const struct engine_call *call) {
        const struct engine_call *other;
        size_t questions = 0;

        if (!e->version[0])
                return false;
        if (!e->endpoint->command || !is_question(call->method))
                return true;
        for (other = TAILQ_FIRST(&e->sent); other; other = TAILQ_NEXT(other, link))
                questions += is_question(other->method);
        return questions < COMMAND_QUESTIONS;
}

static struct engine_call *next_to_send(const struct engine *e) {
        struct engine_call *call;

        for (call = TAILQ_FIRST(&e->waiting); call; call = TAILQ_NEXT(call, link)) {
                if (may_be_sent(e, call))
                        return call;
        }
        return NULL;
}

static void send_waiting(struct engine *e) {
        struct engine_call *call;

        while ((call = next_to_send(e))) {
                struct error err = ERROR_INIT;

                unlink_call(call);
                link_call(&e->sent, call);
                if (ask_now(e, call, &err) < 0)
                        end_call(call, NULL, &err);
        }
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

static struct engine_question ping_question(const struct engine *e) {
        return question_of(e, "GET", "", "/_ping", PING_TIMEOUT_S);
}

static void ping_answered(void *arg, const struct net_answer *answer, const struct error *cause) {
        struct engine *e = arg;
        struct engine_question q = ping_question(e);
        struct error err = ERROR_INIT;
        int r;

        e->ping = NULL;
        count(e, "ping", answer ? answer->status : 0);
        if (!answer) {
                r = engine_no_answer(&q, cause, &err);
        } else {
                note_server(e, answer);
                r = engine_judge(&q, answer, &err);
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
        struct engine_question q = ping_question(e);
        struct net_tls tls;
        struct net_ask ask = ask_of(&q, url, &tls, PING_MAX_BODY);
        struct api_version v;

        if (fixed && fixed[0]) {
                if (!parse_version(fixed[0] == 'v' ? fixed + 1 : fixed, &v))
                        return error_set(err, ERR_INVALID, "invalid API version (%s): must be formatted <major>.<minor>", fixed);
                keep_version(e, v);
                return 0;
        }
        ask.fresh = e->doubted;
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
        call->body = wanted->body ? xstrdup(wanted->body) : NULL;
        if (e->patience_s > 0 && call->timeout_s > e->patience_s && str_eq(call->method, "GET"))
                call->timeout_s = e->patience_s;
        if ((!e->version[0] && !e->ping && negotiate(e, err) < 0) || (may_be_sent(e, call) && ask_now(e, call, err) < 0)) {
                free_call(call);
                return -1;
        }
        link_call(call->request ? &e->sent : &e->waiting, call);
        return 0;
}
