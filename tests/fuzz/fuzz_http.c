/* SPDX-License-Identifier: MIT */
/*
 * Feeds the HTTP parser, once whole and once in cuts that the first byte chooses: the same requests and the same refusal have to
 * come out, with the text that the header promises.
 */
#include "autoheal/util/buf.h"
#include "serve/http_parse.h"

#define WRITTEN_MAX ((size_t)64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_slice(struct buf *out, struct slice s) {
        if (!s.p)
                abort();
        buf_addf(out, "%zu:", s.n);
        buf_add(out, s.p, s.n);
}

static void check_text(const char *s) {
        for (; *s; s++)
                if ((unsigned char)*s < 0x20 || *s == 0x7f)
                        abort();
}

static void write_down(struct buf *out, const struct http_request *rq) {
        struct arena a AUTO(arena_release) = ARENA_INIT(1024);
        const char *limit = http_query(rq, "a", &a);

        if (rq->path[0] != '/' || rq->minor > 1 || rq->n_headers > HTTP_HEADERS_MAX || rq->body.n > HTTP_BODY_MAX)
                abort();
        if (strlen(rq->path) > rq->target.n + 1 || strlen(rq->query) > rq->target.n)
                abort();
        check_text(rq->path);
        check_text(rq->query);
        check_text(rq->host);
        buf_addf(out, "%s %s?%s %s %u %d %d %s\n", http_method_name(rq->method), rq->path, rq->query, rq->host, rq->minor,
                 rq->keep_alive, rq->expects_continue, limit ? limit : "-");
        add_slice(out, rq->target);
        for (size_t i = 0; i < rq->n_headers; i++) {
                add_slice(out, rq->headers[i].name);
                add_slice(out, rq->headers[i].value);
        }
        add_slice(out, rq->body);
}

static size_t next_cut(uint32_t *seed) {
        *seed = *seed * 1664525 + 1013904223;
        return (*seed >> 24) % 17 + 1;
}

static void feed(struct buf *out, const char *text, size_t n, uint32_t *cuts) {
        struct http_parser *p = http_parser_new();
        size_t at = 0;

        while (at < n && http_parser_state(p) != HTTP_BROKEN) {
                size_t some = cuts ? next_cut(cuts) : n - at, taken;

                if (some > n - at)
                        some = n - at;
                taken = http_parser_feed(p, text + at, some);
                if (taken > some || (taken < some && http_parser_state(p) < HTTP_WHOLE))
                        abort();
                at += taken;
                if (http_parser_state(p) == HTTP_WHOLE) {
                        write_down(out, http_parser_request(p));
                        http_parser_reset(p);
                }
        }
        if ((http_parser_state(p) == HTTP_BROKEN) != (http_parser_status(p) >= 400))
                abort();
        buf_addf(out, "%d %d %s %d\n", (int)http_parser_state(p), http_parser_status(p), http_parser_reason(p),
                 http_parser_is_fresh(p));
        http_parser_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct buf whole AUTO(buf_release) = BUF_INIT(WRITTEN_MAX), cut AUTO(buf_release) = BUF_INIT(WRITTEN_MAX);
        uint32_t cuts;

        if (size == 0)
                return 0;
        cuts = data[0];
        feed(&whole, (const char *)data + 1, size - 1, NULL);
        feed(&cut, (const char *)data + 1, size - 1, &cuts);
        if (whole.len != cut.len || memcmp(whole.data, cut.data, whole.len) != 0)
                abort();
        return 0;
}
