/* SPDX-License-Identifier: MIT */
/* Bytes to requests: what is understood, what is refused and how, and that it does not matter where the bytes were cut. */
#include "autoheal/util/buf.h"
#include "serve/http_parse.h"
#include "support/check.h"

#define MANY ((size_t)HTTP_BODY_MAX + 64 * 1024)

static size_t feed(struct http_parser *p, const char *text) {
        return http_parser_feed(p, text, strlen(text));
}

/* The status of a request that is refused, 0 of one that is not. */
static int status_of(const char *bytes, size_t n) {
        struct http_parser *p = http_parser_new();
        int status;

        (void)http_parser_feed(p, bytes, n);
        status = http_parser_status(p);
        assert_int_equal(http_parser_state(p) == HTTP_BROKEN, status != 0);
        assert_int_equal(*http_parser_reason(p) != '\0', status != 0);
        http_parser_free(p);
        return status;
}

static void reads_a_request(void **state) {
        struct http_parser *p = http_parser_new();
        const struct http_request *rq = http_parser_request(p);

        (void)state;
        assert_true(http_parser_is_fresh(p));
        assert_int_equal(
                feed(p, "GET /api/containers/a%2Fb%20c?x=1&y=%41 HTTP/1.1\r\nHost: autoheal:8080\r\nX-Thing:\t two words \r\n"),
                93);
        assert_false(http_parser_is_fresh(p));
        assert_int_equal(http_parser_state(p), HTTP_WANTS_HEAD);
        assert_int_equal(feed(p, "\r\nGET"), 2);
        assert_int_equal(http_parser_state(p), HTTP_WHOLE);
        assert_int_equal(rq->method, HTTP_GET);
        assert_string_equal(rq->path, "/api/containers/a/b c");
        assert_string_equal(rq->query, "x=1&y=%41");
        assert_string_equal(rq->host, "autoheal:8080");
        assert_true(slice_eq(rq->target, "/api/containers/a%2Fb%20c?x=1&y=%41"));
        assert_true(slice_eq(http_header(rq, "x-thing"), "two words"));
        assert_null(http_header(rq, "x-other").p);
        assert_int_equal(rq->n_headers, 2);
        assert_int_equal(rq->minor, 1);
        assert_true(rq->keep_alive);
        assert_int_equal(rq->body.n, 0);
        assert_non_null(rq->body.p);
        assert_int_equal(feed(p, "GET / HTTP/1.1\r\n"), 0);
        http_parser_reset(p);
        assert_true(http_parser_is_fresh(p));
        http_parser_free(p);
}

static void knows_the_forms_of_a_target(void **state) {
        static const struct {
                const char *line, *path, *query, *host;
        } cases[] = {
                { "GET / ", "/", "", "h" },
                { "GET /? ", "/", "", "h" },
                { "GET /a?b?c ", "/a", "b?c", "h" },
                { "GET //x/../y/./%2e%2E ", "//x/../y/./..", "", "h" },
                { "GET /%25%34%31+%C3%A9 ", "/%41+\xc3\xa9", "", "h" },
                { "GET http://other:1/p?q ", "/p", "q", "other:1" },
                { "GET HTTPS://[::1]:8080 ", "/", "", "[::1]:8080" },
                { "GET http://other?q ", "/", "q", "other" },
                { "GET http://other?/p/%0A?r ", "/", "/p/%0A?r", "other" },
                { "GET http://other/a%2Fb?/p ", "/a/b", "/p", "other" },
                { "GET /?a=%26%3D%25+b ", "/", "a=%26%3D%25+b", "h" },
                { "OPTIONS * ", "/", "", "h" },
                { "BREW /pot ", "/pot", "", "h" },
        };
        struct http_parser *p = http_parser_new();

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                (void)feed(p, cases[i].line);
                (void)feed(p, "HTTP/1.1\r\nHost: h\r\n\r\n");
                assert_int_equal(http_parser_state(p), HTTP_WHOLE);
                assert_string_equal(http_parser_request(p)->path, cases[i].path);
                assert_string_equal(http_parser_request(p)->query, cases[i].query);
                assert_string_equal(http_parser_request(p)->host, cases[i].host);
                http_parser_reset(p);
        }
        http_parser_free(p);
}

static void keeps_the_path_as_it_was_sent(void **state) {
        static const struct {
                const char *line, *raw;
        } cases[] = {
                { "GET //x/../%2e%2E?q ", "//x/../%2e%2E" },
                { "GET http://other/a%2Fb?/p ", "/a%2Fb" },
                { "GET http://other?/p/%0A ", "/" },
                { "GET http://other ", "/" },
                { "OPTIONS * ", "/" },
                { "GET /? ", "/" },
        };
        struct http_parser *p = http_parser_new();

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                (void)feed(p, cases[i].line);
                (void)feed(p, "HTTP/1.1\r\nHost: h\r\n\r\n");
                assert_int_equal(http_parser_state(p), HTTP_WHOLE);
                assert_true(slice_eq(http_parser_request(p)->raw_path, cases[i].raw));
                http_parser_reset(p);
        }
        http_parser_free(p);
}

static void knows_its_methods(void **state) {
        static const char *const words[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get" };
        struct http_parser *p = http_parser_new();

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(words); i++) {
                enum http_method wanted = i < HTTP_METHOD_MAX_ ? (enum http_method)i : HTTP_METHOD_MAX_;

                (void)feed(p, words[i]);
                (void)feed(p, " / HTTP/1.0\r\n\r\n");
                assert_int_equal(http_parser_state(p), HTTP_WHOLE);
                assert_int_equal(http_parser_request(p)->method, wanted);
                assert_string_equal(http_method_name(wanted), i < HTTP_METHOD_MAX_ ? words[i] : "");
                http_parser_reset(p);
        }
        http_parser_free(p);
}

static void knows_who_would_like_to_go_on(void **state) {
        static const struct {
                const char *text;
                bool keep_alive;
        } cases[] = {
                { "GET / HTTP/1.1\r\nHost:\r\n\r\n", true },
                { "GET / HTTP/1.1\r\nHost:\r\nConnection: x , CLOSE\r\n\r\n", false },
                { "GET / HTTP/1.1\r\nHost:\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", false },
                { "GET / HTTP/1.0\r\n\r\n", false },
                { "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true },
                { "GET / HTTP/1.1\nHost: h\n\n", true },
                { "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", true },
        };
        struct http_parser *p = http_parser_new();

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                (void)feed(p, cases[i].text);
                assert_int_equal(http_parser_state(p), HTTP_WHOLE);
                assert_int_equal(http_parser_request(p)->keep_alive, cases[i].keep_alive);
                http_parser_reset(p);
        }
        http_parser_free(p);
}

static void an_empty_line_before_is_no_request_yet(void **state) {
        struct http_parser *p = http_parser_new();

        (void)state;
        assert_int_equal(feed(p, "\r\n"), 2);
        assert_true(http_parser_is_fresh(p));
        assert_int_equal(feed(p, "\r\n"), 2);
        assert_int_equal(http_parser_status(p), 400);
        http_parser_free(p);
}

#define POST(headers, body) "POST / HTTP/1.1\r\nHost: h\r\n" headers "\r\n" body
#define CHUNKED             "Transfer-Encoding: chunked\r\n"

static void reads_bodies(void **state) {
        static const struct {
                const char *text, *body;
        } cases[] = {
                { POST("Content-Length: 5\r\n", "he\0lo"), NULL },
                { POST("Content-Length: 0\r\n", ""), "" },
                { POST("content-length:3\r\n", "abc"), "abc" },
                { POST(CHUNKED, "3\r\nabc\r\n0\r\n\r\n"), "abc" },
                { POST(CHUNKED, "0\r\n\r\n"), "" },
                { POST("Transfer-Encoding: Chunked\r\n", "00A\r\n0123456789\r\n1;name=\"va;lue\"\r\nx\r\n0;e\r\n\r\n"),
                  "0123456789x" },
                { POST(CHUNKED, "1 \t;a\r\ny\r\n0\r\nTrailer: 1\r\nContent-Length: 5\r\n\r\n"), "y" },
        };
        struct http_parser *p = http_parser_new();

        (void)state;
        assert_int_equal(http_parser_feed(p, cases[0].text, sizeof(POST("Content-Length: 5\r\n", "he\0lo")) - 1), 52);
        assert_int_equal(http_parser_state(p), HTTP_WHOLE);
        assert_int_equal(http_parser_request(p)->body.n, 5);
        assert_memory_equal(http_parser_request(p)->body.p, "he\0lo", 5);
        for (size_t i = 1; i < N_ELEMENTS(cases); i++) {
                http_parser_reset(p);
                assert_int_equal(feed(p, cases[i].text), strlen(cases[i].text));
                assert_int_equal(http_parser_state(p), HTTP_WHOLE);
                assert_true(slice_eq(http_parser_request(p)->body, cases[i].body));
        }
        http_parser_free(p);
}

static void shows_the_header_before_the_body(void **state) {
        struct http_parser *p = http_parser_new();

        (void)state;
        (void)feed(p, POST("Content-Length: 2\r\nExpect: 100-Continue\r\n", ""));
        assert_int_equal(http_parser_state(p), HTTP_WANTS_BODY);
        assert_true(http_parser_request(p)->expects_continue);
        assert_int_equal(http_parser_request(p)->method, HTTP_POST);
        assert_int_equal(http_parser_request(p)->body.n, 0);
        assert_int_equal(feed(p, "abc"), 2);
        assert_int_equal(http_parser_state(p), HTTP_WHOLE);
        http_parser_reset(p);
        (void)feed(p, POST("Expect: 100-continue\r\n", ""));
        assert_int_equal(http_parser_state(p), HTTP_WHOLE);
        assert_false(http_parser_request(p)->expects_continue);
        http_parser_free(p);
}

static void refuses(void **state) {
        static const struct {
                const char *text;
                int status;
        } cases[] = {
                { "GET /\r\n", 400 }, /* HTTP/0.9 */
                { "GET  / HTTP/1.1\r\n", 400 },
                { "GET / HTTP/1.1 \r\n", 400 },
                { "GET / http/1.1\r\n", 400 },
                { "GET / HTTP/1.11\r\n", 400 },
                { " GET / HTTP/1.1\r\n", 400 },
                { "G\xc3\xa9T / HTTP/1.1\r\n", 400 },
                { "GET /\t HTTP/1.1\r\n", 400 },
                { "GET /a b HTTP/1.1\r\n", 400 },
                { "GET / HTTP/1.1\rX: y\r\n", 400 },
                { "\x16\x03\x01\x02", 400 }, /* TLS, of which no line end may ever come */
                { "GET / HTTP/1.1\x01", 400 },
                { "PRI * HTTP/2.0\r\n", 505 },
                { "GET / HTTP/1.2\r\n", 505 },
                { "GET / HTTP/0.9\r\n", 505 },
                { "GET * HTTP/1.0\r\n\r\n", 400 },
                { "GET a HTTP/1.0\r\n\r\n", 400 },
                { "CONNECT h:1 HTTP/1.0\r\n\r\n", 400 },
                { "GET http:///p HTTP/1.0\r\n\r\n", 400 },
                { "GET http://u@h/p HTTP/1.0\r\n\r\n", 400 },
                { "GET ftp://h/p HTTP/1.0\r\n\r\n", 400 },
                { "GET /a#b HTTP/1.0\r\n\r\n", 400 },
                { "GET /%00 HTTP/1.0\r\n\r\n", 400 },
                { "GET /%0a HTTP/1.0\r\n\r\n", 400 },
                { "GET /%09 HTTP/1.0\r\n\r\n", 400 },
                { "GET /%7f HTTP/1.0\r\n\r\n", 400 },
                { "GET /% HTTP/1.0\r\n\r\n", 400 },
                { "GET /%4 HTTP/1.0\r\n\r\n", 400 },
                { "GET /%4g HTTP/1.0\r\n\r\n", 400 },
                { "GET /?a=%4g HTTP/1.0\r\n\r\n", 400 },
                { "GET /?a=%zz&b HTTP/1.0\r\n\r\n", 400 },
                { "GET /?a=%00 HTTP/1.0\r\n\r\n", 400 },
                { "GET /?a=1&b=% HTTP/1.0\r\n\r\n", 400 },
                { "GET /?%2&5=b HTTP/1.0\r\n\r\n", 400 },
                { "GET http://h?%g HTTP/1.0\r\n\r\n", 400 },
                { "GET / HTTP/1.1\r\n\r\n", 400 },
                { "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n", 400 },
                { "GET / HTTP/1.1\r\nHost: a b\r\n", 400 },
                { "GET / HTTP/1.1\r\nHost: a/b\r\n", 400 },
                { "GET / HTTP/1.1\r\nHost: u@h\r\n", 400 },
                { POST("X : y\r\n", ""), 400 },
                { POST("X\r\n", ""), 400 },
                { POST(": y\r\n", ""), 400 },
                { POST("X(: y\r\n", ""), 400 },
                { POST(" folded\r\n", ""), 400 },
                { POST("X: y\r\n\tfolded\r\n", ""), 400 },
                { POST("X: a\rb\r\n", ""), 400 },
                { POST("X: a\x01z\r\n", ""), 400 },
                { POST("X: a\nY: b\r\n", ""), 400 },
                { "GET / HTTP/1.1\nHost: a\r\n", 400 },
                { POST("Content-Length: 5\r\nContent-Length: 5\r\n", ""), 400 },
                { POST("Content-Length: 5, 5\r\n", ""), 400 },
                { POST("Content-Length: +5\r\n", ""), 400 },
                { POST("Content-Length: -1\r\n", ""), 400 },
                { POST("Content-Length: 05\r\n", ""), 400 },
                { POST("Content-Length: 0x5\r\n", ""), 400 },
                { POST("Content-Length: 5 5\r\n", ""), 400 },
                { POST("Content-Length:\r\n", ""), 400 },
                { POST("Content-Length: 1048577\r\n", ""), 413 },
                { POST("Content-Length: 18446744073709551621\r\n", ""), 413 },
                { POST("Content-Length: 5\r\n" CHUNKED, ""), 400 },
                { POST(CHUNKED "Content-Length: 0\r\n", ""), 400 },
                { POST(CHUNKED CHUNKED, ""), 400 },
                { POST("Transfer-Encoding:\r\n", ""), 400 },
                { POST("Transfer-Encoding: gzip\r\n", ""), 501 },
                { POST("Transfer-Encoding: gzip, chunked\r\n", ""), 501 },
                { POST("Transfer-Encoding: xchunked\r\n", ""), 501 },
                { "POST / HTTP/1.0\r\n" CHUNKED "\r\n", 400 },
                { POST("Expect: 200-ok\r\n", ""), 417 },
                { POST("Expect: 100-continue\r\nExpect: 100-continue\r\n", ""), 417 },
                { POST(CHUNKED, "\r\n"), 400 },
                { POST(CHUNKED, "x\r\n"), 400 },
                { POST(CHUNKED, "-1\r\n"), 400 },
                { POST(CHUNKED, "0x1\r\n"), 400 },
                { POST(CHUNKED, "1\na\r\n"), 400 },
                { POST(CHUNKED, "1 1\r\n"), 400 },
                { POST(CHUNKED, "1 \r\n"), 400 },
                { POST(CHUNKED, "1;a\nb\r\n"), 400 },
                { POST(CHUNKED, "1\r\nab"), 400 },
                { POST(CHUNKED, "1\r\na\n"), 400 },
                { POST(CHUNKED, "1\r\na\r\r"), 400 },
                { POST(CHUNKED, "00000000000000001"), 400 },
                { POST(CHUNKED, "100001"), 413 },
                { POST(CHUNKED, "FFFFFFFFFFFFFFFF\r\n"), 413 },
                { POST(CHUNKED, "1\r\na\r\n100000"), 413 },
                { POST(CHUNKED, "0\r\nX: y\n"), 400 },
                { POST(CHUNKED, "0\r\nX: y\r\n\r\r"), 400 },
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                int status = status_of(cases[i].text, strlen(cases[i].text));

                if (status != cases[i].status)
                        fail_msg("%d instead of %d for %s", status, cases[i].status, cases[i].text);
        }
        assert_int_equal(status_of("GET /\0 HTTP/1.1\r\n", 17), 400);
        assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: a\0b\r\n", 28), 400);
}

/* A request of the given parts, with so many more bytes of `fill` in the middle. */
static int status_with(const char *before, char fill, size_t n, const char *after) {
        struct buf b AUTO(buf_release) = BUF_INIT(4 * MANY);

        buf_add_str(&b, before);
        for (size_t i = 0; i < n; i++)
                buf_add_char(&b, fill);
        buf_add_str(&b, after);
        assert_false(b.overflowed);
        return status_of(b.data, b.len);
}

static void keeps_its_limits(void **state) {
        static const char line[] = "GET / HTTP/1.0\r\n", rest[] = " HTTP/1.0\r\n";
        struct buf b AUTO(buf_release) = BUF_INIT(HTTP_HEAD_MAX);

        (void)state;
        assert_int_equal(status_with("GET /", 'a', HTTP_HEAD_MAX - 5 - strlen(rest) - 2, " HTTP/1.0\r\n\r\n"), 0);
        assert_int_equal(status_with("GET /", 'a', HTTP_HEAD_MAX - 5, ""), 0);
        assert_int_equal(status_with("GET /", 'a', HTTP_HEAD_MAX - 4, ""), 414);
        assert_int_equal(status_with(line, 'a', HTTP_HEAD_MAX - strlen(line) - 6, ": b\r\n\r\n"), 431);
        assert_int_equal(status_with("GET / HTTP/1.0\r\nA: ", 'a', HTTP_HEAD_MAX - strlen(line) - 7, "\r\n\r\n"), 0);
        assert_int_equal(status_with("GET / HTTP/1.0\r\nA: ", 'a', HTTP_HEAD_MAX - strlen(line) - 6, "\r\n\r\n"), 431);
        assert_int_equal(status_with(POST("Content-Length: 1048576\r\n", ""), 'b', HTTP_BODY_MAX, ""), 0);
        assert_int_equal(status_with(POST(CHUNKED, "100000\r\n"), 'b', HTTP_BODY_MAX, "\r\n0\r\n\r\n"), 0);
        assert_int_equal(status_with(POST(CHUNKED, "1;"), 'b', HTTP_HEAD_MAX + 1, ""), 431);
        assert_int_equal(status_with(POST(CHUNKED, "0\r\nX: "), 'b', HTTP_HEAD_MAX, ""), 431);
        buf_add_str(&b, line);
        for (int i = 0; i < HTTP_HEADERS_MAX; i++)
                buf_add_str(&b, "A: b\r\n");
        assert_int_equal(status_of(b.data, b.len), 0);
        buf_add_str(&b, "A: b\r\n");
        assert_int_equal(status_of(b.data, b.len), 431);
}

static void reads_queries(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(256);
        struct http_request rq = { .query = "limit=5&since=a%20b+c&&limit=6&empty=&bare&=x&e=a=b" };

        (void)state;
        assert_string_equal(http_query(&rq, "limit", &a), "5");
        assert_string_equal(http_query(&rq, "since", &a), "a b c");
        assert_string_equal(http_query(&rq, "empty", &a), "");
        assert_string_equal(http_query(&rq, "bare", &a), "");
        assert_string_equal(http_query(&rq, "e", &a), "a=b");
        assert_null(http_query(&rq, "lim", &a));
        rq.query = "";
        assert_null(http_query(&rq, "limit", &a));
}

/* ---- cuts ---- */

static void write_down(struct buf *out, const struct http_parser *p) {
        const struct http_request *rq = http_parser_request(p);

        buf_addf(out, "%d %s?%s %s %u %d %d\n", (int)rq->method, rq->path, rq->query, rq->host, rq->minor, rq->keep_alive,
                 rq->expects_continue);
        buf_add(out, rq->target.p, rq->target.n);
        for (size_t i = 0; i < rq->n_headers; i++) {
                buf_add_char(out, '\n');
                buf_add(out, rq->headers[i].name.p, rq->headers[i].name.n);
                buf_add_char(out, '=');
                buf_add(out, rq->headers[i].value.p, rq->headers[i].value.n);
        }
        buf_add_char(out, '\n');
        buf_add(out, rq->body.p, rq->body.n);
        buf_add_char(out, '\n');
}

/* Goes through all requests in the text, handing over the first `cut` bytes and then so many at a time. */
static void read_cut(struct buf *out, const char *text, size_t cut, size_t step) {
        struct http_parser *p = http_parser_new();
        size_t n = strlen(text), at = 0, until = cut ? cut : step;

        while (at < n && http_parser_state(p) != HTTP_BROKEN) {
                if (until > n)
                        until = n;
                at += http_parser_feed(p, text + at, until - at);
                if (http_parser_state(p) == HTTP_WHOLE) {
                        write_down(out, p);
                        http_parser_reset(p);
                }
                if (at == until)
                        until += step;
        }
        buf_addf(out, "%d %d %s", (int)http_parser_state(p), http_parser_status(p), http_parser_reason(p));
        http_parser_free(p);
}

static void does_not_mind_where_it_is_cut(void **state) {
        static const char *const texts[] = {
                "GET /a?b HTTP/1.1\r\nHost: h\r\nEmpty:\r\n\r\n\r\nPOST /%41 HTTP/1.1\r\nHost: i\r\nContent-Length: "
                "4\r\n\r\nbodyGET",
                POST(CHUNKED, "3\r\nabc\r\n1;x\r\nd\r\n0\r\nT: u\r\n\r\n") "GET / HTTP/1.0\n\nHEAD / HTTP/2.0\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n z\r\n\r\n",
                POST(CHUNKED, "3\r\nabcd\r\n0\r\n\r\n"),
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
                struct buf whole AUTO(buf_release) = BUF_INIT(8192);

                read_cut(&whole, texts[i], strlen(texts[i]), 1);
                for (size_t cut = 0; cut < strlen(texts[i]); cut++) {
                        struct buf cut_up AUTO(buf_release) = BUF_INIT(8192);

                        read_cut(&cut_up, texts[i], cut, cut ? strlen(texts[i]) : 1);
                        assert_string_equal(buf_str(&cut_up), buf_str(&whole));
                }
        }
}

/* The header moves in memory while it grows: what was read of it has to move along. */
static void a_header_that_comes_in_pieces_stays_whole(void **state) {
        struct http_parser *p = http_parser_new();
        char line[256];

        (void)state;
        (void)feed(p, "GET /somewhere HTTP/1.1\r\nHost: h\r\n");
        for (int i = 0; i < 90; i++) {
                (void)snprintf(line, sizeof(line), "Name-%d: %0140d\r\n", i, i);
                (void)feed(p, line);
        }
        (void)feed(p, "\r\n");
        assert_int_equal(http_parser_state(p), HTTP_WHOLE);
        assert_string_equal(http_parser_request(p)->path, "/somewhere");
        (void)snprintf(line, sizeof(line), "%0140d", 3);
        assert_true(slice_eq(http_header(http_parser_request(p), "name-3"), line));
        assert_true(slice_eq(http_header(http_parser_request(p), "host"), "h"));
        http_parser_free(p);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_a_request),
                cmocka_unit_test(knows_the_forms_of_a_target),
                cmocka_unit_test(keeps_the_path_as_it_was_sent),
                cmocka_unit_test(knows_its_methods),
                cmocka_unit_test(knows_who_would_like_to_go_on),
                cmocka_unit_test(an_empty_line_before_is_no_request_yet),
                cmocka_unit_test(reads_bodies),
                cmocka_unit_test(shows_the_header_before_the_body),
                cmocka_unit_test(refuses),
                cmocka_unit_test(keeps_its_limits),
                cmocka_unit_test(reads_queries),
                cmocka_unit_test(does_not_mind_where_it_is_cut),
                cmocka_unit_test(a_header_that_comes_in_pieces_stays_whole),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
