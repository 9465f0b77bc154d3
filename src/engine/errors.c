/* SPDX-License-Identifier: MIT */
/* What went wrong between us and the engine, in docker's words where docker has some. */
#include "autoheal/engine/decode.h"
#include "autoheal/util/slice.h"
#include "autoheal/util/text.h"
#include "engine/engine_internal.h"

#include <errno.h>

#define URL_SHOWN 200 /* bytes; what is wrong comes after it and must fit as well */

/* ---- what was asked ---- */

/* Docker shows a socket as the host of a URL, in the way in which Go writes one. */
static void add_socket(struct buf *out, const char *path) {
        static const char plain[] = "-._~!$&'()*+,;=:[]<>\"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

        for (; *path; path++) {
                if (strchr(plain, *path))
                        buf_add_char(out, *path);
                else
                        buf_addf(out, "%%%02X", (unsigned)(unsigned char)*path);
        }
}

static const char *shown_url(const struct engine_question *q, char ret[static URL_SHOWN]) {
        const struct endpoint *ep = q->endpoint;
        struct buf url AUTO(buf_release) = BUF_INIT((size_t)64 * 1024);
        struct slice socket = slice_str(ep->text);

        if (ep->unix_socket) {
                (void)slice_skip(&socket, "unix://");
                buf_add_str(&url, "http://");
                add_socket(&url, socket.p);
        } else {
                buf_add_str(&url, ep->base_url);
        }
        if (q->version[0])
                buf_addf(&url, "/v%s", q->version);
        buf_add_str(&url, q->path);
        return text_escape_into(ret, URL_SHOWN, buf_str(&url));
}

/* As Go names a request that failed: Get "http://...": why */
static int say(enum err_code code, const char *frame, const struct engine_question *q, const char *why, struct error *err) {
        char url[URL_SHOWN];
        const char *verb = str_eq(q->method, "POST")     ? "Post"
                           : str_eq(q->method, "HEAD")   ? "Head"
                           : str_eq(q->method, "DELETE") ? "Delete"
                                                         : "Get";

        return error_set(err, code, "%s%s \"%s\": %s", frame, verb, shown_url(q, url), why);
}

/* ---- no answer ---- */

static int not_connected(const struct engine_question *q, const struct error *cause, struct error *err) {
        const struct endpoint *ep = q->endpoint;
        int why = cause->sys_errno;

        if (why == EKEYREJECTED)
                return say(ERR_CONNECT,
                           "the server probably has client authentication (--tlsverify) enabled; "
                           "check your TLS client certification settings: ",
                           q, cause->msg, err);
        if (ep->unix_socket && (why == EACCES || why == EPERM))
                (void)error_set(err, ERR_CONNECT,
                                "permission denied while trying to connect to the Docker daemon socket at %s: "
                                "run it as root or as a member of the socket's group",
                                ep->text);
        else if (ep->unix_socket || why == ECONNREFUSED || why == ETIMEDOUT)
                (void)error_set(err, ERR_CONNECT, "Cannot connect to the Docker daemon at %s. Is the docker daemon running?",
                                ep->text);
        else
                (void)say(ERR_CONNECT, "error during connect: ", q, cause->msg, err);
        err->sys_errno = why;
        return -1;
}

/* A TLS engine answers plain HTTP with an alert. That can only be so where nothing was understood yet. */
static bool may_want_tls(const struct engine_question *q, const struct error *cause) {
        const struct endpoint *ep = q->endpoint;

        return cause->sys_errno == EBADMSG && !ep->unix_socket && !ep->command && !ep->tls && !q->version[0];
}

int engine_no_answer(const struct engine_question *q, const struct error *cause, struct error *err) {
        const char *at = q->endpoint->text;
        char why[sizeof(cause->msg)];

        switch (cause->code) {
        case ERR_CONNECT:
                return not_connected(q, cause, err);
        case ERR_TIMEOUT:
                return error_set(err, ERR_TIMEOUT, "the engine at %s did not answer within %lld s", at, (long long)q->timeout_s);
        case ERR_PROTOCOL:
                if (!may_want_tls(q, cause))
                        return say(ERR_PROTOCOL, "error during connect: ", q, cause->msg, err);
                (void)snprintf(why, sizeof(why), "%.256s. Are you trying to connect to a TLS-enabled daemon without TLS?",
                               cause->msg);
                return say(ERR_PROTOCOL, "", q, why, err);
        default:
                return error_set(err, cause->code, "the engine at %s: %s", at, cause->msg);
        }
}

/* ---- an answer that is none ---- */

void engine_say_broken_promise(const struct endpoint *endpoint, struct error *err) {
        (void)error_wrap(err, "the engine at %s sent an answer that is not what its API promises", endpoint->text);
        err->code = ERR_PROTOCOL;
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
        return "";
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

static int refused(const struct engine_question *q, const struct net_answer *answer, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        enum err_code code = answer->status == 404 ? ERR_NOT_FOUND : ERR_ENGINE;
        const char *status = status_text(answer->status);
        struct slice text = trimmed(answer->body);
        char url[URL_SHOWN];

        if (answer->body.n > 0 && is_json(answer->content_type))
                text = trimmed(slice_str(decode_error_message(answer->body.p, answer->body.n, &a)));
        if (answer->body.n == 0)
                (void)error_set(err, code,
                                "request returned %ld%s%s for API route and version %s, "
                                "check if the server supports the requested API version",
                                answer->status, *status ? " " : "", status, shown_url(q, url));
        else if (text.n == 0)
                (void)error_set(err, code, "Error response from daemon: API returned a %ld (%s) but provided no error-message",
                                answer->status, status);
        else
                (void)error_set(err, code, "Error response from daemon: %.*s", shown(text), text.p);
        if (err)
                err->http_status = (int)answer->status;
        return -1;
}

int engine_judge(const struct engine_question *q, const struct net_answer *answer, struct error *err) {
        if (answer->status >= 400)
                return refused(q, answer, err);
        if ((answer->status >= 200 && answer->status < 300) || (answer->status == 304 && str_eq(q->method, "POST")))
                return 0;
        (void)error_set(err, ERR_PROTOCOL, "HTTP status %ld", answer->status);
        engine_say_broken_promise(q->endpoint, err);
        return -1;
}
