/* SPDX-License-Identifier: MIT */
/* The parser's inside: http_parse.c takes bytes, http_head.c gives the lines of a header their meaning. */
#ifndef AUTOHEAL_SERVE_HTTP_PARSE_INTERNAL_H
#define AUTOHEAL_SERVE_HTTP_PARSE_INTERNAL_H

#include "autoheal/util/buf.h"
#include "serve/http_parse.h"

/* What the next byte of a body belongs to. */
enum body_step {
        BODY_PLAIN, /* Content-Length */
        CHUNK_SIZE,
        CHUNK_BLANKS,    /* between size and extension */
        CHUNK_EXTENSION, /* ends with CR */
        CHUNK_LF,        /* of the line with the size */
        CHUNK_DATA,
        CHUNK_DATA_CR,
        CHUNK_DATA_LF,
        TRAILER_START, /* of a line: an empty one ends the body */
        TRAILER_LINE,
        TRAILER_LF,
        TRAILERS_LF, /* the very last */
};

struct http_parser {
        enum http_state state;
        int status; /* of a broken request */
        const char *reason;

        /* The header as it came; behind it, once it is whole, path, query and host as strings. */
        char *head;
        size_t len, cap;
        size_t line;     /* where the line that is under way begins */
        bool blank_seen; /* an empty line in front of the request was left out */
        bool bare_lf;    /* the request line ended with LF alone */

        bool has_host, has_length, has_coding, has_expectation;
        bool chunked;     /* else the transfer coding is one that we do not know */
        bool wants_close; /* what the Connection headers say */
        bool wants_keep_alive;

        enum body_step step;
        uint64_t left;   /* bytes of the body, or of the chunk, that have not come */
        unsigned digits; /* of the chunk's size */
        size_t extras;   /* bytes of extensions and trailers */
        struct buf body;

        struct http_request rq;
};

void http_parser_break(struct http_parser *p, int status, const char *reason);
/* Makes room for n bytes behind the header. All slices of the request follow when it moves. */
void http_parser_reserve(struct http_parser *p, size_t n);

/* Lines without their ends. Each may break the request. */
void http_head_request_line(struct http_parser *p, struct slice line);
void http_head_header(struct http_parser *p, struct slice line);
/* The empty line has come: what the header says as a whole. */
void http_head_end(struct http_parser *p);

bool http_is_token_char(char c);
bool http_is_control(char c); /* C0 and DEL */
int http_hex_digit(char c);   /* -1: it is none */
/*
 * Decodes into ret, which has room for in.n + 1 bytes; NULL: only tries. False if a percent sign is not followed by two hex digits,
 * or a NUL comes out.
 */
bool http_percent_decode(struct slice in, bool plus_is_blank, char *ret);

#endif
