/* SPDX-License-Identifier: MIT */
/* The header of an answer, and the answers that the server gives by itself. */
#include "autoheal/json/writer.h"
#include "serve/http_internal.h"

static const struct {
        int status;
        const char *text;
} status_texts[] = {
        { 100, "Continue" },
        { 200, "OK" },
        { 201, "Created" },
        { 202, "Accepted" },
        { 204, "No Content" },
        { 301, "Moved Permanently" },
        { 302, "Found" },
        { 303, "See Other" },
        { 304, "Not Modified" },
        { 307, "Temporary Redirect" },
        { 308, "Permanent Redirect" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 406, "Not Acceptable" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 410, "Gone" },
        { 411, "Length Required" },
        { 412, "Precondition Failed" },
        { 413, "Content Too Large" },
        { 414, "URI Too Long" },
        { 415, "Unsupported Media Type" },
        { 417, "Expectation Failed" },
        { 421, "Misdirected Request" },
        { 422, "Unprocessable Content" },
        { 423, "Locked" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 502, "Bad Gateway" },
        { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" },
        { 505, "HTTP Version Not Supported" },
        { 507, "Insufficient Storage" },
};

const char *http_status_text(int status) {
        for (size_t i = 0; i < N_ELEMENTS(status_texts); i++)
                if (status_texts[i].status == status)
                        return status_texts[i].text;
        return "";
}

void http_reply_release(struct http_reply *r) {
        buf_release(&r->body);
        buf_release(&r->headers);
}

static void add_clean(struct buf *out, const char *s) {
        for (; *s; s++)
                buf_add_char(out, (unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s);
}

void http_reply_header(struct http_reply *r, const char *name, const char *value) {
        add_clean(&r->headers, name);
        buf_add_str(&r->headers, ": ");
        add_clean(&r->headers, value);
        buf_add_str(&r->headers, "\r\n");
}

static bool has_header(const struct http_reply *r, const char *name) {
        struct slice rest = { buf_str(&r->headers), r->headers.len }, line, key;

        while (slice_split(&rest, '\n', &line))
                if (slice_split(&line, ':', &key) && slice_eq_nocase(key, name))
                        return true;
        return false;
}

static const struct {
        const char *name, *line;
} default_headers[] = {
        { "X-Content-Type-Options", "X-Content-Type-Options: nosniff\r\n" },
        { "Referrer-Policy", "Referrer-Policy: no-referrer\r\n" },
        { "Cache-Control", "Cache-Control: no-store\r\n" },
};

void http_reply_head(struct buf *out, const struct http_reply *r, const size_t *length, const char *date, enum http_ending ending) {
        buf_addf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", r->status, http_status_text(r->status), date);
        if (r->content_type) {
                buf_add_str(out, "Content-Type: ");
                add_clean(out, r->content_type);
                buf_add_str(out, "\r\n");
        }
        if (length && r->status != 204 && r->status != 304)
                buf_addf(out, "Content-Length: %zu\r\n", *length);
        if (ending == ENDING_CLOSE)
                buf_add_str(out, "Connection: close\r\n");
        if (ending == ENDING_KEEP_10)
                buf_add_str(out, "Connection: keep-alive\r\n");
        for (size_t i = 0; i < N_ELEMENTS(default_headers); i++)
                if (!has_header(r, default_headers[i].name))
                        buf_add_str(out, default_headers[i].line);
        buf_add(out, buf_str(&r->headers), r->headers.len);
        buf_add_str(out, "\r\n");
}

void http_reply_detail(struct http_reply *r, int status, const char *detail) {
        struct json_writer w;

        r->status = status;
        r->content_type = "application/json";
        json_writer_init(&w, &r->body, JSON_COMPACT);
        json_begin_object(&w);
        json_key(&w, "detail");
        json_str(&w, detail);
        json_end_object(&w);
}

void http_date(int64_t wall_s, char *ret, size_t size) {
        static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
        static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
        time_t at = (time_t)wall_s;
        struct tm tm = { .tm_mday = 1, .tm_year = 70, .tm_wday = 4 };

        (void)gmtime_r(&at, &tm);
        (void)snprintf(ret, size, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
                       tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
