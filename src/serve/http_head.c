/* SPDX-License-Identifier: MIT */
/* What the lines of a request's header mean, and which of them make it one that is refused. */
#include "serve/http_parse_internal.h"

static const char *const method_names[] = {
        [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD",     [HTTP_POST] = "POST",
        [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS",
};
_Static_assert(N_ELEMENTS(method_names) == HTTP_METHOD_MAX_, "each method has its name");

const char *http_method_name(enum http_method m) {
        return m < HTTP_METHOD_MAX_ ? method_names[m] : "";
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool is_alphanumeric(char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool http_is_token_char(char c) {
        return is_alphanumeric(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

bool http_is_control(char c) {
        return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool is_token(struct slice s) {
        for (size_t i = 0; i < s.n; i++)
                if (!http_is_token_char(s.p[i]))
                        return false;
        return s.n > 0;
}

static bool has_control(struct slice s, char allowed) {
        for (size_t i = 0; i < s.n; i++)
                if (http_is_control(s.p[i]) && s.p[i] != allowed)
                        return true;
        return false;
}

/* "HTTP/1.1" */
static bool is_version(struct slice s) {
        return s.n == strlen("HTTP/1.1") && slice_skip(&s, "HTTP/") && is_digit(s.p[0]) && s.p[1] == '.' && is_digit(s.p[2]);
}

void http_head_request_line(struct http_parser *p, struct slice line) {
        struct slice method, target, version = line;

        if (!slice_split(&version, ' ', &method) || !slice_split(&version, ' ', &target) || !is_token(method) || target.n == 0 ||
            has_control(target, '\0') || !is_version(version)) {
                http_parser_break(p, 400, "malformed request line");
                return;
        }
        for (enum http_method m = 0; m < HTTP_METHOD_MAX_; m++)
                if (slice_eq(method, method_names[m]))
                        p->rq.method = m;
        p->rq.target = target;
        p->rq.minor = slice_eq(version, "HTTP/1.0") ? 0 : 1;
        if (p->rq.minor > 0 && !slice_eq(version, "HTTP/1.1"))
                http_parser_break(p, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
}

/* ---- headers that say how to read ---- */

static bool is_host(struct slice s) {
        for (size_t i = 0; i < s.n; i++)
                if (!is_alphanumeric(s.p[i]) && (s.p[i] == '\0' || !strchr("-._~!$&'()*+,;=%:[]", s.p[i])))
                        return false;
        return true;
}

static void take_host(struct http_parser *p, struct slice value) {
        if (p->has_host)
                http_parser_break(p, 400, "more than one 'Host' header");
        else if (!is_host(value))
                http_parser_break(p, 400, "malformed 'Host' header");
        p->has_host = true;
}

/* A zero in front is refused although it is allowed: there are programs that take such a number for octal. */
static void take_length(struct http_parser *p, struct slice value) {
        struct slice digits = value;

        if (p->has_length) {
                http_parser_break(p, 400, "more than one 'Content-Length' header");
                return;
        }
        p->has_length = true;
        while (digits.n > 0 && is_digit(digits.p[0])) {
                digits.p++;
                digits.n--;
        }
        if (value.n == 0 || digits.n > 0 || (value.n > 1 && value.p[0] == '0'))
                http_parser_break(p, 400, "malformed 'Content-Length' header");
        else if (!slice_number(&value, HTTP_BODY_MAX, &p->left))
                p->left = UINT64_MAX;
}

static void take_coding(struct http_parser *p, struct slice value) {
        if (p->has_coding || value.n == 0)
                http_parser_break(p, 400, "empty or repeated 'Transfer-Encoding' header");
        p->has_coding = true;
        p->chunked = slice_eq_nocase(value, "chunked");
}

static void take_connection(struct http_parser *p, struct slice value) {
        struct slice word;

        while (slice_split(&value, ',', &word)) {
                word = slice_trim(word);
                p->wants_close = p->wants_close || slice_eq_nocase(word, "close");
                p->wants_keep_alive = p->wants_keep_alive || slice_eq_nocase(word, "keep-alive");
        }
}

static void take_expectation(struct http_parser *p, struct slice value) {
        p->rq.expects_continue = slice_eq_nocase(value, "100-continue") && !p->has_expectation;
        p->has_expectation = true;
}

static const struct {
        const char *name;
        void (*take)(struct http_parser *p, struct slice value);
} known_headers[] = {
        { "Host", take_host },
        { "Content-Length", take_length },
        { "Transfer-Encoding", take_coding },
        { "Connection", take_connection },
        { "Expect", take_expectation },
};

void http_head_header(struct http_parser *p, struct slice line) {
        const char *colon = memchr(line.p, ':', line.n);
        struct http_header h;

        if (!colon) {
                http_parser_break(p, 400, "a line of the header has no colon");
                return;
        }
        h.name = (struct slice){ line.p, (size_t)(colon - line.p) };
        h.value = slice_trim((struct slice){ colon + 1, line.n - h.name.n - 1 });
        if (!is_token(h.name) || has_control(h.value, '\t')) {
                http_parser_break(p, 400, "malformed line in the header");
                return;
        }
        if (p->rq.n_headers == HTTP_HEADERS_MAX) {
                http_parser_break(p, 431, "the header has more than 100 lines");
                return;
        }
        p->rq.headers[p->rq.n_headers++] = h;
        for (size_t i = 0; i < N_ELEMENTS(known_headers); i++)
                if (slice_eq_nocase(h.name, known_headers[i].name))
                        known_headers[i].take(p, h.value);
}

struct slice http_header(const struct http_request *rq, const char *name) {
        for (size_t i = 0; i < rq->n_headers; i++)
                if (slice_eq_nocase(rq->headers[i].name, name))
                        return rq->headers[i].value;
        return (struct slice){ NULL, 0 };
}

/* ---- the header as a whole ---- */

struct target {
        struct slice host, path, query;
};

/* "/path?query", "http://host/path?query", or "*" for OPTIONS. False: it is none of these. */
static bool split_target(const struct http_request *rq, struct target *ret) {
        struct slice rest = rq->target, host = http_header(rq, "Host"), path = { "/", 1 }, before_query;
        size_t n = 0;

        if (memchr(rest.p, '#', rest.n))
                return false;
        if (slice_eq(rest, "*") && rq->method == HTTP_OPTIONS)
                rest = path;
        if (slice_skip_nocase(&rest, "http://") || slice_skip_nocase(&rest, "https://")) {
                while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
                        n++;
                host = (struct slice){ rest.p, n };
                rest = (struct slice){ rest.p + n, rest.n - n };
                if (host.n == 0 || !is_host(host))
                        return false;
        } else if (rest.p[0] != '/') {
                return false;
        }
        if (slice_split(&rest, '?', &before_query) && before_query.n > 0)
                path = before_query;
        *ret = (struct target){ host, path, rest };
        return true;
}

static char *put_string(struct http_parser *p, size_t *at, struct slice s) {
        char *string = p->head + *at;

        if (s.n > 0)
                memcpy(string, s.p, s.n);
        string[s.n] = '\0';
        *at += s.n + 1;
        return string;
}

static bool name_target(struct http_parser *p) {
        struct target target;
        size_t at = p->len;
        char *path;

        /* Before the target is split, for this moves what its parts point into. Together they are no longer than the header.
         * Nothing moves them afterwards. */
        http_parser_reserve(p, p->len + 4);
        if (!split_target(&p->rq, &target))
                return false;
        p->rq.query = put_string(p, &at, target.query);
        p->rq.host = put_string(p, &at, target.host);
        p->rq.path = path = put_string(p, &at, target.path);
        p->rq.raw_path = target.path;
        return http_percent_decode(target.path, false, path) && !has_control(slice_str(path), '\0') &&
               http_percent_decode(target.query, true, NULL);
}

void http_head_end(struct http_parser *p) {
        struct http_request *rq = &p->rq;
        bool has_body = p->chunked || p->left > 0;

        if (!p->has_host && rq->minor > 0) {
                http_parser_break(p, 400, "no 'Host' header");
        } else if (p->has_coding && (p->has_length || rq->minor == 0)) {
                http_parser_break(p, 400, "'Transfer-Encoding' beside 'Content-Length' or in HTTP/1.0");
        } else if (!name_target(p)) {
                http_parser_break(p, 400, "malformed target of the request");
        } else if (p->has_coding && !p->chunked) {
                http_parser_break(p, 501, "no transfer coding but 'chunked' is understood");
        } else if (p->has_expectation && !rq->expects_continue) {
                http_parser_break(p, 417, "no expectation but '100-continue' is understood");
        } else if (p->left > HTTP_BODY_MAX) {
                http_parser_break(p, 413, "the body is larger than 1048576 bytes");
        } else {
                rq->keep_alive = !p->wants_close && (rq->minor > 0 || p->wants_keep_alive);
                rq->expects_continue = rq->expects_continue && rq->minor > 0 && has_body;
                p->step = p->chunked ? CHUNK_SIZE : BODY_PLAIN;
                p->state = has_body ? HTTP_WANTS_BODY : HTTP_WHOLE;
        }
}
