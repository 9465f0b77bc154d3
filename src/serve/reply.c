/* SPDX-License-Identifier: MIT */
/* Answers in the API's shapes, and bodies and queries that come in. */
#include "serve/api.h"

#include <stdarg.h>

#define BODY_TOKENS_MAX ((size_t)500 * 1000)
#define ISSUES_MAX      ((size_t)256 * 1024)
#define INPUT_MAX       ((size_t)1024) /* more of what was sent is not sent back */

/* ---- Answers ---- */

void api_json(struct call *call, struct json_writer *w) {
        call->reply.content_type = "application/json";
        json_writer_init(w, &call->reply.body, JSON_COMPACT);
}

PRINTF(2, 0)
static const char *format(struct arena *a, const char *fmt, va_list ap) {
        char text[2048];
        (void)vsnprintf(text, sizeof(text), fmt, ap);
        return arena_strdup(a, text);
}

void api_error(struct call *call, int status, const char *fmt, ...) {
        struct json_writer w;
        va_list ap;
        va_start(ap, fmt);
        const char *text = format(call->a, fmt, ap);
        va_end(ap);
        buf_clear(&call->reply.body);
        call->reply.status = status;
        api_json(call, &w);
        json_begin_object(&w);
        json_key(&w, "detail");
        json_str(&w, text);
        json_end_object(&w);
}

static int status_of(const struct error *err) {
        switch (err->code) {
        case ERR_NOT_FOUND:
                return 404;
        case ERR_AMBIGUOUS:
                return 409;
        case ERR_TOO_LARGE:
                return 413;
        case ERR_INVALID:
        case ERR_USAGE:
        case ERR_ARGUMENTS:
                return 422;
        case ERR_CONNECT:
        case ERR_PROTOCOL:
        case ERR_ENGINE:
                return 502;
        case ERR_LOCKED:
        case ERR_INTERRUPTED:
                return 503;
        case ERR_TIMEOUT:
                return 504;
        default:
                return 500;
        }
}

void api_fail(struct call *call, const struct error *err) {
        if (status_of(err) == 422)
                api_refuse(call, "value_error", "body", NULL, err->msg);
        else
                api_error(call, status_of(err), "%s", err->msg);
}

static void begin_success(struct call *call, struct json_writer *w, const char *text) {
        api_json(call, w);
        json_begin_object(w);
        json_key(w, "status");
        json_str(w, "success");
        json_key(w, "message");
        json_str(w, text);
        if (!call->warning)
                return;
        json_key(w, "warnings");
        json_begin_array(w);
        json_str(w, call->warning);
        json_end_array(w);
}

void api_success_begin(struct call *call, struct json_writer *w, const char *fmt, ...) {
        va_list ap;
        va_start(ap, fmt);
        begin_success(call, w, format(call->a, fmt, ap));
        va_end(ap);
}

void api_success(struct call *call, const char *fmt, ...) {
        struct json_writer w;
        va_list ap;
        va_start(ap, fmt);
        begin_success(call, &w, format(call->a, fmt, ap));
        va_end(ap);
        json_end_object(&w);
}

/* ---- What is wrong with what came in ---- */

void api_issues_init(struct api_issues *i) {
        *i = (struct api_issues){ .list = BUF_INIT(ISSUES_MAX) };
        json_writer_init(&i->w, &i->list, JSON_COMPACT);
        json_begin_array(&i->w);
}

void api_issues_release(struct api_issues *i) {
        buf_release(&i->list);
}

void api_issue(struct api_issues *i, const char *type, const char *place, const char *field, const char *msg,
               struct json_value input) {
        struct json_writer *w = &i->w;
        struct slice raw = json_raw(input);
        i->n++;
        if (i->list.len > ISSUES_MAX / 2)
                return;
        json_begin_object(w);
        json_key(w, "type");
        json_str(w, type);
        json_key(w, "loc");
        json_begin_array(w);
        json_str(w, place);
        if (field)
                json_str(w, field);
        json_end_array(w);
        json_key(w, "msg");
        json_str(w, msg);
        if (json_present(input) && raw.n <= INPUT_MAX) {
                json_key(w, "input");
                json_raw_value(w, raw);
        }
        json_end_object(w);
}

bool api_issues_answer(struct call *call, struct api_issues *i) {
        struct json_writer w;
        if (i->n == 0)
                return false;
        json_end_array(&i->w);
        buf_clear(&call->reply.body);
        call->reply.status = 422;
        api_json(call, &w);
        json_begin_object(&w);
        json_key(&w, "detail");
        json_raw_value(&w, (struct slice){ buf_str(&i->list), i->list.len });
        json_end_object(&w);
        return true;
}

void api_refuse(struct call *call, const char *type, const char *place, const char *field, const char *msg) {
        struct api_issues i AUTO(api_issues_release);
        api_issues_init(&i);
        api_issue(&i, type, place, field, msg, (struct json_value){ .doc = NULL });
        (void)api_issues_answer(call, &i);
}

/* ---- Bodies ---- */

static bool is_json(const struct http_request *rq) {
        struct slice type = http_header(rq, "Content-Type"), head;
        if (!type.p)
                return true;
        if (!slice_split(&type, ';', &head))
                return false;
        return slice_eq_nocase(slice_trim(head), "application/json");
}

bool api_body_optional(struct call *call, struct json_doc **ret) {
        struct slice body = call->rq->body;
        struct error err = ERROR_INIT;
        *ret = NULL;
        if (body.n == 0)
                return true;
        if (!is_json(call->rq)) {
                api_error(call, 415, "the body must be JSON: send it with 'Content-Type: application/json'");
                return false;
        }
        if (json_parse(body.p, body.n, BODY_TOKENS_MAX, ret, &err) == 0)
                return true;
        if (err.code == ERR_TOO_LARGE)
                api_error(call, 413, "the body holds too many values");
        else
                api_refuse(call, "json_invalid", "body", NULL, arena_printf(call->a, "JSON decode error: %s", err.msg));
        return false;
}

bool api_body(struct call *call, struct json_doc **ret) {
        if (!api_body_optional(call, ret))
                return false;
        if (*ret)
                return true;
        api_refuse(call, "missing", "body", NULL, "Field required");
        return false;
}

bool api_is_object(struct call *call, struct json_value body) {
        if (json_type(body) == JSON_OBJECT)
                return true;
        api_refuse(call, "model_attributes_type", "body", NULL, "Input should be an object");
        return false;
}

static bool word_is_bool(struct slice word, bool *ret) {
        static const char *const words[2][6] = { { "false", "0", "off", "no", "f", "n" }, { "true", "1", "on", "yes", "t", "y" } };
        for (size_t value = 0; value < 2; value++)
                for (size_t i = 0; i < N_ELEMENTS(words[value]); i++)
                        if (slice_eq_nocase(word, words[value][i])) {
                                *ret = value == 1;
                                return true;
                        }
        return false;
}

bool api_bool(struct json_value v, bool *ret) {
        int64_t number;
        struct slice raw = json_raw(v);
        if (json_bool(v, ret))
                return true;
        if (json_type(v) == JSON_STRING)
                return word_is_bool((struct slice){ raw.p + 1, raw.n - 2 }, ret);
        if (!json_int(v, &number) || (number != 0 && number != 1))
                return false;
        *ret = number == 1;
        return true;
}

bool api_query_bool(struct call *call, const char *name, bool *ret) {
        const char *value = http_query(call->rq, name, call->a);
        if (!value || word_is_bool(slice_str(value), ret))
                return true;
        api_refuse(call, "bool_parsing", "query", name, "Input should be a valid boolean, unable to interpret input");
        return false;
}

bool api_query_int(struct call *call, const char *name, int64_t *ret) {
        const char *value = http_query(call->rq, name, call->a);
        if (!value || parse_int64(value, INT64_MIN, INT64_MAX, ret))
                return true;
        api_refuse(call, "int_parsing", "query", name, "Input should be a valid integer, unable to parse string as an integer");
        return false;
}
