/* SPDX-License-Identifier: MIT */
/*
 * What the handlers of the API share. A route is a row: method, path, right, handler, description; the router, 404, 405 with
 * Allow, HEAD and OPTIONS, /openapi.json and the check of who may follow from the rows.
 *
 * A handler fills call->reply and returns; one that has to wait for something takes the call with api_later() and ends it with
 * api_answer().
 */
#ifndef AUTOHEAL_SERVE_API_H
#define AUTOHEAL_SERVE_API_H

#include "autoheal/config/config.h"
#include "autoheal/json/writer.h"
#include "autoheal/pass/pass.h"
#include "autoheal/record/metrics.h"
#include "autoheal/serve/serve.h"
#include "serve/http_server.h"

enum right {
        RIGHT_FREE,   /* nobody is asked: /health, /ready, /metrics, static files */
        RIGHT_READ,   /* loopback and unix sockets free, others with the token */
        RIGHT_CHANGE, /* with the token on every address; on a unix socket its permissions decide */
};

#define CALL_PARAMS_MAX 2

struct api;

struct call {
        struct api *api;
        struct http_conn *conn;
        const struct http_request *rq;
        const struct route *route;
        const char *params[CALL_PARAMS_MAX]; /* of {id} and {name} in the path, decoded; "" none */
        const char *warning;                 /* goes with a success; NULL none */
        bool has_token;                      /* the right token came with it, or the unix socket stands for it */
        struct arena *a;                     /* lives as long as the call */
        struct http_reply reply;
        bool later;
};

struct route {
        enum http_method method;
        const char *path; /* "/api/containers/{id}/restart" */
        enum right right;
        void (*handle)(struct call *call);
        const char *summary; /* one line, for /openapi.json */
        const char *query;   /* "limit:integer,since:string"; NULL none */
        const char *body;    /* "application/json", "multipart/form-data"; NULL none */
        const char *codes;   /* "200,404,409": what it may answer beside what any route does (401, 403, 413) */
};
extern const struct route *const api_tables[]; /* one table a resource, each ended by a row without path; ends with NULL */

/* Everything that serve has, for the handlers. One for each process. */
struct api {
        const struct serve_setup *setup;
        struct pass *pass;
        struct metrics *metrics;
        struct http_server *http;
        struct streams *streams;      /* readers of /api/events/stream */
        const struct config *config;  /* in force now */
        const char *config_error;     /* why config.json is not in force; NULL: it is */
        const char **config_warnings; /* "place: what is doubtful there" of the configuration in force; they live as long as it */
        size_t n_config_warnings;
        char token[129]; /* "" without one (--no-auth) */
        struct token_guard *guard;
        struct answers *answers; /* kept ones */
        struct wait *waits;      /* calls that wait for something */
        bool stopping;           /* what would change something is refused */
        struct now began;
};

/* ---- What the loop calls, and what calls the loop ---- */

/*
 * Before anything is listened to: the token (from setup->token, the environment or the data directory), the guard and the list
 * of readers. setup, pass, metrics and config are in place. api_close() in any case, after the http server is freed.
 */
MUST_USE int api_open(struct api *api, struct error *err);
void api_close(struct api *api);
/* Where the token came from, for the log: "/data/api_token", "AUTOHEAL_API_TOKEN"; "" without one. Never the token. */
const char *api_token_source(const struct api *api);
/*
 * config.json was changed by a handler: it is read anew at once (serve.c). What api->config pointed to before stays readable until
 * the handler has returned. Not under the state lock.
 */
void api_config_changed(struct api *api);
/* Others may have changed it a moment ago: then it is read anew, before anything is made of it. Not under the state lock. */
void api_look_at_config(struct api *api);

#define API_STOPPING "serve is stopping: nothing new is begun"

/* The listeners, as http_conn_listener() tells them. */
enum listener { LISTENER_API, LISTENER_METRICS };

/* ---- router.c ---- */

/* A whole request: finds its route, asks who may, calls the handler. An http_request_fn with the api as arg. */
void api_handle(void *arg, struct http_conn *c, const struct http_request *rq);
/* A header has come whose body has not: answers at once what could not be answered otherwise, whatever the body (404, 405, 401). */
void api_refuse_early(void *arg, struct http_conn *c, const struct http_request *rq);
/* The call goes on after the handler has returned. gone: the client went away; the call is freed after that. */
void api_later(struct call *call, void (*gone)(void *arg), void *arg);
void api_answer(struct call *call);
/* A call that api_may() made wait is judged anew, from the beginning. */
void api_again(struct call *call);
/* The call has ended without api_answer(): its connection belongs to somebody else now. */
void api_leave(struct call *call);
/* Headers that go with every answer of the API; for those who answer by themselves. */
void api_common_headers(struct call *call);

/* ---- reply helpers (reply.c) ---- */

/* {"detail": "..."}: the shape of every error. Text from outside is escaped. */
void api_error(struct call *call, int status, const char *fmt, ...) PRINTF(3, 4);
/* The status that goes with the error's code: 404, 409, 413, 500, 502, 503, 504; 422 as api_refuse(), about the whole body. */
void api_fail(struct call *call, const struct error *err);
/* {"status":"success","message":"..."} */
void api_success(struct call *call, const char *fmt, ...) PRINTF(2, 3);
/* The same, but the object stays open for members that the handler adds before json_end_object(). */
void api_success_begin(struct call *call, struct json_writer *w, const char *fmt, ...) PRINTF(3, 4);
/* A writer into the reply's body, compact, application/json. */
void api_json(struct call *call, struct json_writer *w);
/* The body as JSON. Answers 422 (or 413, 415) itself and returns false if it is none. *ret is to be freed. */
bool api_body(struct call *call, struct json_doc **ret);
/* The same where a body may be left out: *ret is NULL then. */
bool api_body_optional(struct call *call, struct json_doc **ret);
/* False after an answer of 422: it is no object. */
bool api_is_object(struct call *call, struct json_value body);

/*
 * What is wrong with a body or a query, in the reference service's words: {"detail":[{"type":"missing","loc":["body","enabled"],
 * "msg":"Field required","input":{...}}]}. All of it is collected, then api_issues_answer() makes it the answer 422; it returns false
 * if there was nothing.
 */
struct api_issues {
        struct buf list;
        struct json_writer w;
        size_t n;
};
void api_issues_init(struct api_issues *i);
void api_issues_release(struct api_issues *i);
/* place: "body" or "query"; field: NULL for the whole; input: missing value: left out. */
void api_issue(struct api_issues *i, const char *type, const char *place, const char *field, const char *msg,
               struct json_value input);
bool api_issues_answer(struct call *call, struct api_issues *i);
/* The same about one thing. */
void api_refuse(struct call *call, const char *type, const char *place, const char *field, const char *msg);
/* true and false, and what the reference service takes for them: 1, 0, "on", "off", "yes", "no", ... */
bool api_bool(struct json_value v, bool *ret);
/* A parameter of the query; *ret stays as it is without one. False after an answer of 422. */
bool api_query_bool(struct call *call, const char *name, bool *ret);
bool api_query_int(struct call *call, const char *name, int64_t *ret);

/* ---- keep.c: answers that many ask for and few things change ---- */

enum kept { KEPT_STATUS, KEPT_RUNNING, KEPT_ALL, KEPT_MAX_ };
/* Answers from what is kept, with its ETag (304 where the client has it), after it was made anew if anything has changed since. */
void api_answer_kept(struct call *call, enum kept which, void (*make)(struct api *api, struct json_writer *w));
/* Something that is shown has changed. */
void api_changed(struct api *api);

/* ---- What one resource tells in another's answer ---- */

/* The whole configuration as GET /api/config answers it, secrets masked: one value (api_config.c). */
void api_write_config(struct api *api, struct json_writer *w);
/* The connection to the engine: one object (api_status.c). */
void api_write_engine(struct api *api, struct json_writer *w);
/* The container's custom check, or null: one value (api_healthchecks.c). */
void api_write_health_check(struct api *api, struct json_writer *w, const char *stable_id, const struct container *c);

/* ---- auth.c ---- */

/*
 * True if this request may; else call->reply says why not (401 with WWW-Authenticate, 403, 429), or the call waits until its token may
 * be looked at. Sets call->has_token.
 */
bool api_may(struct call *call, enum right right);

/* ---- stream.c: server-sent events ---- */

/* What everybody who reads the stream is told about, by the loop. */
void streams_event(struct api *api, const struct event *event);
/* What others have added to the history since the last call, which is logged as well; what is there at the first one is known. */
void streams_others(struct api *api);
/* The configuration was read anew, or cannot be. */
void streams_config(struct api *api);
void streams_turn(struct api *api);
void streams_engine(struct api *api);
/* To every reader: "event: <name>\ndata: <json>\n\n". */
void streams_send(struct streams *s, const char *name, struct slice json);

#endif
