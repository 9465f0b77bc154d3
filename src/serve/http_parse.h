/* SPDX-License-Identifier: MIT */
/*
 * Bytes to a request, without a socket: HTTP/1.0 and 1.1 (RFC 9112), with the limits of a small server that trusts nobody. The
 * bytes may be cut anywhere. What is ambiguous is refused (two lengths, a length beside chunks, a name with a blank before the
 * colon, a line that begins with a blank, bare CR), for the next request on the connection must not begin in the wrong place.
 *
 * Lines end with CR LF. For requests typed by hand LF alone will do, if every line of the header ends so: what a proxy passed on
 * as one line with a LF in it must not become two. Chunks and trailers have to have CR LF. One empty line before a request is
 * left out.
 */
#ifndef AUTOHEAL_SERVE_HTTP_PARSE_H
#define AUTOHEAL_SERVE_HTTP_PARSE_H

#include "autoheal/util/arena.h"
#include "autoheal/util/slice.h"

#define HTTP_HEAD_MAX    ((size_t)16 * 1024)   /* request line and header together; more is 431 (414 within the request line) */
#define HTTP_BODY_MAX    ((size_t)1024 * 1024) /* more is 413; chunks count as what they carry */
#define HTTP_HEADERS_MAX 100                   /* more is 431 */

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_OPTIONS, HTTP_METHOD_MAX_ /* any other word */ };
const char *http_method_name(enum http_method m); /* "GET"; "" for others */

struct http_header {
        struct slice name, value; /* value without the blanks around it */
};

/* Valid until the parser is reset or freed. */
struct http_request {
        enum http_method method;
        struct slice target; /* as sent: origin form, or absolute form, whose authority then counts as Host */
        const char *path; /* percent-decoded once, begins with '/' ("*" gives "/"); a NUL or other control character in it is 400 */
        struct slice raw_path; /* the same as it was sent, for who must tell a slash from %2F */
        const char *query;     /* after the '?', as sent; what cannot be decoded in it is 400 too; "" none */
        const char *host;      /* Host, or the authority of the target; "" none (HTTP/1.0 only; 1.1 without is 400, two are 400) */
        unsigned minor;        /* HTTP/1.0 or 1.1; others are 505 */
        bool keep_alive;       /* the client would like to go on */
        bool expects_continue;
        struct http_header headers[HTTP_HEADERS_MAX];
        size_t n_headers;
        struct slice body;
};

enum http_state {
        HTTP_WANTS_HEAD, /* more bytes are needed; nothing came yet if http_parser_is_fresh() */
        HTTP_WANTS_BODY, /* the header is whole: method, path and headers of the request are valid */
        HTTP_WHOLE,
        HTTP_BROKEN, /* http_parser_status() says how; the connection is to be closed after the answer */
};

struct http_parser;
struct http_parser *http_parser_new(void);
void http_parser_free(struct http_parser *p); /* NULL is fine */
/* Forgets the request and is ready for the next. Gives back memory beyond a few KiB. */
void http_parser_reset(struct http_parser *p);
/* Takes bytes until one request is whole or broken; returns how many it took. */
size_t http_parser_feed(struct http_parser *p, const char *bytes, size_t n);
enum http_state http_parser_state(const struct http_parser *p);
bool http_parser_is_fresh(const struct http_parser *p); /* not a byte of the next request has come */
int http_parser_status(const struct http_parser *p);    /* of a broken one: 400, 413, 414, 417, 431, 501 (transfer codings), 505 */
const char *http_parser_reason(const struct http_parser *p); /* of a broken one, a sentence of ours without a full stop; else "" */
const struct http_request *http_parser_request(const struct http_parser *p);

/* The value of a header, letter case of the name ignored, the first if it came several times; p == NULL: it is not there. */
struct slice http_header(const struct http_request *rq, const char *name);
/* A parameter of the query, decoded ('+' is a blank); NULL if it is not there. Lives in a. */
const char *http_query(const struct http_request *rq, const char *name, struct arena *a);

#endif
