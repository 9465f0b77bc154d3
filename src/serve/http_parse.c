/* SPDX-License-Identifier: MIT */
/* Bytes to lines of a header and to a body, wherever they were cut. */
#include "serve/http_parse_internal.h"

#define FIRST_CAP  ((size_t)2 * 1024)
#define KEEP_CAP   ((size_t)4 * 1024) /* memory that a parser keeps between two requests, of header and of body */
#define DIGITS_MAX 16
#define EXTRAS_MAX HTTP_HEAD_MAX

struct http_parser *http_parser_new(void) {
        struct http_parser *p = xcalloc(1, sizeof(*p));

        http_parser_reset(p);
        return p;
}

void http_parser_free(struct http_parser *p) {
        if (!p)
                return;
        free(p->head);
        buf_release(&p->body);
        free(p);
}

void http_parser_reset(struct http_parser *p) {
        char *head = p->head;
        size_t cap = p->cap;
        struct buf body = p->body;

        if (cap > KEEP_CAP) {
                free(head);
                head = NULL;
                cap = 0;
        }
        if (body.cap > KEEP_CAP)
                buf_release(&body);
        buf_clear(&body);
        body.max = HTTP_BODY_MAX;
        *p = (struct http_parser){
                .state = HTTP_WANTS_HEAD,
                .reason = "",
                .head = head,
                .cap = cap,
                .body = body,
                .rq = { .method = HTTP_METHOD_MAX_, .path = "/", .query = "", .host = "", .body = { "", 0 } },
        };
}

void http_parser_break(struct http_parser *p, int status, const char *reason) {
        p->state = HTTP_BROKEN;
        p->status = status;
        p->reason = reason;
}

static void move_slice(struct slice *s, const char *from, const char *to) {
        if (s->p)
                s->p = to + (s->p - from);
}

void http_parser_reserve(struct http_parser *p, size_t n) {
        size_t cap = p->cap ? p->cap : FIRST_CAP;
        char *moved;

        if (p->len + n <= p->cap)
                return;
        while (cap < p->len + n)
                cap *= 2;
        moved = xmalloc(cap);
        if (p->len)
                memcpy(moved, p->head, p->len);
        move_slice(&p->rq.target, p->head, moved);
        for (size_t i = 0; i < p->rq.n_headers; i++) {
                move_slice(&p->rq.headers[i].name, p->head, moved);
                move_slice(&p->rq.headers[i].value, p->head, moved);
        }
        free(p->head);
        p->head = moved;
        p->cap = cap;
}

static void drop(struct slice *in, size_t n) {
        in->p += n;
        in->n -= n;
}

/* Asked before the line is whole: the first bytes of a TLS connection, say, may never hold a line end. */
static bool may_be_request_line(const struct http_parser *p, size_t from) {
        for (size_t i = from; i < p->len; i++) {
                char c = p->head[i];

                if (c == '\r' || c == '\n')
                        continue;
                if (i == 0 ? !http_is_token_char(c) : http_is_control(c))
                        return false;
        }
        return true;
}

static void take_first_line(struct http_parser *p, struct slice line, bool has_cr) {
        if (line.n > 0) {
                p->bare_lf = !has_cr;
                http_head_request_line(p, line);
                return;
        }
        if (p->blank_seen)
                http_parser_break(p, 400, "empty lines instead of a request");
        p->blank_seen = true;
        p->len = 0;
}

static void take_line(struct http_parser *p) {
        struct slice line = { p->head + p->line, p->len - p->line - 1 };
        bool has_cr = line.n > 0 && line.p[line.n - 1] == '\r';

        if (has_cr)
                line.n--;
        if (p->line == 0)
                take_first_line(p, line, has_cr);
        else if (has_cr == p->bare_lf)
                http_parser_break(p, 400, "some lines of the header end with CR LF, some with LF alone");
        else if (line.n == 0)
                http_head_end(p);
        else
                http_head_header(p, line);
        p->line = p->len;
}

static void take_head(struct http_parser *p, struct slice *in) {
        const char *lf = memchr(in->p, '\n', in->n);
        size_t n = lf ? (size_t)(lf - in->p) + 1 : in->n;
        size_t room = HTTP_HEAD_MAX - p->len, from = p->len;
        bool too_long = n > room;

        if (too_long)
                n = room;
        http_parser_reserve(p, n);
        if (n)
                memcpy(p->head + p->len, in->p, n);
        p->len += n;
        drop(in, n);
        if (p->line == 0 && !may_be_request_line(p, from))
                http_parser_break(p, 400, "this is not HTTP");
        else if (too_long && p->line == 0)
                http_parser_break(p, 414, "the request line is longer than 16384 bytes");
        else if (too_long)
                http_parser_break(p, 431, "the header is longer than 16384 bytes");
        else if (lf)
                take_line(p);
}

static void whole(struct http_parser *p) {
        p->rq.body = (struct slice){ buf_str(&p->body), p->body.len };
        p->state = HTTP_WHOLE;
}

static void take_size(struct http_parser *p, char c) {
        int digit = http_hex_digit(c);

        if (digit >= 0 && p->digits < DIGITS_MAX) {
                p->digits++;
                p->left = p->left * 16 + (unsigned)digit;
                if (p->left > HTTP_BODY_MAX - p->body.len)
                        http_parser_break(p, 413, "the body is larger than 1048576 bytes");
        } else if (p->digits > 0 && c == '\r') {
                p->step = CHUNK_LF;
        } else if (p->digits > 0 && c == ';') {
                p->step = CHUNK_EXTENSION;
        } else if (p->digits > 0 && (c == ' ' || c == '\t')) {
                p->step = CHUNK_BLANKS;
        } else {
                http_parser_break(p, 400, "malformed size of a chunk");
        }
}

/* Extensions and trailers: nobody asks what they say. */
static void take_extra(struct http_parser *p, char c) {
        bool blank = c == ' ' || c == '\t';

        if (++p->extras > EXTRAS_MAX)
                http_parser_break(p, 431, "the extensions and trailers of the body are longer than 16384 bytes");
        else if (p->step == CHUNK_BLANKS && !blank && c != ';')
                http_parser_break(p, 400, "malformed size of a chunk");
        else if (p->step == CHUNK_BLANKS)
                p->step = blank ? CHUNK_BLANKS : CHUNK_EXTENSION;
        else if (c == '\r')
                p->step = p->step == CHUNK_EXTENSION ? CHUNK_LF : p->step == TRAILER_LINE ? TRAILER_LF : TRAILERS_LF;
        else if (http_is_control(c) && c != '\t')
                http_parser_break(p, 400, "control characters in the extensions or trailers of the body");
        else if (p->step == TRAILER_START)
                p->step = TRAILER_LINE;
}

static void begin_chunk_size(struct http_parser *p) {
        p->step = CHUNK_SIZE;
        p->left = 0;
        p->digits = 0;
}

static void take_line_end(struct http_parser *p, char c) {
        if (c != (p->step == CHUNK_DATA_CR ? '\r' : '\n'))
                http_parser_break(p, 400, "a chunk or a trailer is not followed by CR LF");
        else if (p->step == CHUNK_DATA_CR)
                p->step = CHUNK_DATA_LF;
        else if (p->step == CHUNK_DATA_LF)
                begin_chunk_size(p);
        else if (p->step == CHUNK_LF)
                p->step = p->left > 0 ? CHUNK_DATA : TRAILER_START;
        else if (p->step == TRAILER_LF)
                p->step = TRAILER_START;
        else
                whole(p);
}

static void take_data(struct http_parser *p, struct slice *in) {
        size_t n = in->n < p->left ? in->n : (size_t)p->left;

        buf_add(&p->body, in->p, n);
        drop(in, n);
        p->left -= n;
        if (p->left > 0)
                return;
        if (p->step == BODY_PLAIN)
                whole(p);
        else
                p->step = CHUNK_DATA_CR;
}

static void take_body(struct http_parser *p, struct slice *in) {
        char c = in->p[0];

        switch (p->step) {
        case BODY_PLAIN:
        case CHUNK_DATA:
                take_data(p, in);
                return;
        case CHUNK_SIZE:
                take_size(p, c);
                break;
        case CHUNK_BLANKS:
        case CHUNK_EXTENSION:
        case TRAILER_START:
        case TRAILER_LINE:
                take_extra(p, c);
                break;
        case CHUNK_LF:
        case CHUNK_DATA_CR:
        case CHUNK_DATA_LF:
        case TRAILER_LF:
        case TRAILERS_LF:
                take_line_end(p, c);
                break;
        }
        drop(in, 1);
}

size_t http_parser_feed(struct http_parser *p, const char *bytes, size_t n) {
        struct slice in = { bytes, n };

        while (in.n > 0 && p->state == HTTP_WANTS_HEAD)
                take_head(p, &in);
        while (in.n > 0 && p->state == HTTP_WANTS_BODY)
                take_body(p, &in);
        return n - in.n;
}

enum http_state http_parser_state(const struct http_parser *p) {
        return p->state;
}

bool http_parser_is_fresh(const struct http_parser *p) {
        return p->state == HTTP_WANTS_HEAD && p->len == 0;
}

int http_parser_status(const struct http_parser *p) {
        return p->status;
}

const char *http_parser_reason(const struct http_parser *p) {
        return p->reason;
}

const struct http_request *http_parser_request(const struct http_parser *p) {
        return &p->rq;
}
