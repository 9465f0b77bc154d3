/* SPDX-License-Identifier: MIT */
/* The fake engine's HTTP/1.1: bytes to a request, a reply to bytes. */
#include "fake_engine.h"

#include <ctype.h>
#include <stdarg.h>
#include <strings.h>

static int hex_digit(char c) {
        const char *digits = "0123456789abcdef";
        const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
        return at ? (int)(at - digits) : -1;
}

/* Percent-decodes; '+' is a blank in a query. False if it does not fit or holds %00. */
static bool decode(struct slice in, bool plus, char *ret, size_t size) {
        size_t n = 0;
        for (size_t i = 0; i < in.n; i++) {
                char c = in.p[i];
                if (c == '%') {
                        int high = i + 2 < in.n ? hex_digit(in.p[i + 1]) : -1;
                        int low = i + 2 < in.n ? hex_digit(in.p[i + 2]) : -1;
                        if (high < 0 || low < 0)
                                return false;
                        c = (char)(high * 16 + low);
                        i += 2;
                } else if (c == '+' && plus) {
                        c = ' ';
                }
                if (n + 1 >= size || c == '\0')
                        return false;
                ret[n++] = c;
        }
        ret[n] = '\0';
        return true;
}

bool http_query(const char *query, const char *key, char *ret, size_t size) {
        struct slice rest = slice_str(query), pair, name;
        while (slice_split(&rest, '&', &pair)) {
                if (slice_split(&pair, '=', &name) && slice_eq(name, key))
                        return decode(pair, true, ret, size);
        }
        return false;
}

static bool parse_first_line(struct slice line, struct request *ret) {
        struct slice method, target, path;
        if (!slice_split(&line, ' ', &method) || !slice_split(&line, ' ', &target) || method.n >= sizeof(ret->method))
                return false;
        if (!slice_eq(line, "HTTP/1.1") && !slice_eq(line, "HTTP/1.0"))
                return false;
        ret->keep_alive = slice_eq(line, "HTTP/1.1");
        snprintf(ret->method, sizeof(ret->method), "%.*s", (int)method.n, method.p);
        if (!slice_split(&target, '?', &path) || target.n >= sizeof(ret->query))
                return false;
        snprintf(ret->query, sizeof(ret->query), "%.*s", (int)target.n, target.n ? target.p : "");
        return decode(path, false, ret->path, sizeof(ret->path));
}

/* False if the header makes the request one that we cannot read. */
static bool parse_header(struct slice line, struct request *ret, uint64_t *ret_length) {
        struct slice name;
        if (!slice_split(&line, ':', &name))
                return true;
        slice_skip_blanks(&line);
        if (slice_eq_nocase(name, "content-length"))
                return slice_number(&line, 16 * 1024 * 1024, ret_length) && line.n == 0;
        if (slice_eq_nocase(name, "connection") && slice_eq_nocase(line, "close"))
                ret->keep_alive = false;
        return !slice_eq_nocase(name, "transfer-encoding");
}

ssize_t http_parse(struct slice in, struct request *ret) {
        const char *end = in.n ? memmem(in.p, in.n, "\r\n\r\n", 4) : NULL;
        if (!end)
                return in.n > 64 * 1024 ? -1 : 0;
        struct slice head = { in.p, (size_t)(end - in.p) + 2 }, line;
        uint64_t length = 0;
        bool first = true;
        while (slice_split(&head, '\n', &line)) {
                if (line.n == 0 || line.p[line.n - 1] != '\r')
                        return -1;
                line.n--;
                if (first ? !parse_first_line(line, ret) : !parse_header(line, ret, &length))
                        return -1;
                first = false;
        }
        size_t used = (size_t)(end - in.p) + 4;
        if (in.n - used < length)
                return 0;
        ret->body = (struct slice){ in.p + used, (size_t)length };
        return (ssize_t)(used + (size_t)length);
}

void reply_message(struct reply *r, int status, const char *fmt, ...) {
        char text[1024];
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        struct json_writer jw;
        buf_clear(&r->body);
        json_writer_init(&jw, &r->body, JSON_COMPACT);
        json_begin_object(&jw);
        json_key(&jw, "message");
        json_str(&jw, text);
        json_end_object(&jw);
        r->status = status;
        r->content_type = "application/json";
}

static const char *status_phrase(int status) {
        static const struct {
                int status;
                const char *phrase;
        } phrases[] = {
                { 200, "OK" },        { 204, "No Content" }, { 304, "Not Modified" },          { 400, "Bad Request" },
                { 404, "Not Found" }, { 409, "Conflict" },   { 500, "Internal Server Error" }, { 503, "Service Unavailable" },
        };
        for (size_t i = 0; i < N_ELEMENTS(phrases); i++)
                if (phrases[i].status == status)
                        return phrases[i].phrase;
        return "Scripted";
}

static void add_date(struct buf *out, int64_t us) {
        char text[64];
        time_t s = (time_t)(us / US_PER_S);
        struct tm tm;
        gmtime_r(&s, &tm);
        strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        buf_addf(out, "Date: %s\r\n", text);
}

/* Pieces of an odd size, so that a reader meets borders in the middle of words. */
static void add_chunks(struct buf *out, const struct buf *body, bool go_on) {
        for (size_t at = 0; at < body->len; at += 777) {
                size_t n = body->len - at < 777 ? body->len - at : 777;
                buf_addf(out, "%zx\r\n", n);
                buf_add(out, body->data + at, n);
                buf_add_str(out, "\r\n");
        }
        if (!go_on)
                buf_add_str(out, "0\r\n\r\n");
}

void http_write(struct buf *out, const struct world *w, const struct request *req, const struct reply *r, const struct fault *f) {
        bool no_body = r->status == 204 || r->status == 304;
        bool chunked = (r->stream || (f && f->chunked)) && !no_body;
        buf_addf(out, "HTTP/1.1 %d %s\r\n", r->status, status_phrase(r->status));
        buf_addf(out, "Api-Version: %s\r\nServer: %s\r\n", w->api, w->server);
        add_date(out, world_now_us(w));
        if (r->content_type && !no_body)
                buf_addf(out, "Content-Type: %s\r\n", r->content_type);
        if (!req->keep_alive)
                buf_add_str(out, "Connection: close\r\n");
        if (chunked)
                buf_add_str(out, "Transfer-Encoding: chunked\r\n");
        else if (!no_body)
                buf_addf(out, "Content-Length: %zu\r\n", r->body.len + (f ? (size_t)f->huge : 0));
        buf_add_str(out, "\r\n");
        if (no_body || str_eq(req->method, "HEAD"))
                return;
        if (chunked)
                add_chunks(out, &r->body, r->stream);
        else if (!f || f->huge == 0)
                buf_add(out, r->body.data, r->body.len);
}
