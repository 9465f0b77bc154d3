/* SPDX-License-Identifier: MIT */
/*
 * HTTP byte by byte, for what no client does: a TCP connection of the test's own, and the answers that come on it in their
 * order. Everything here fails the test when it does not work within 20 s.
 *
 *         struct wire w;
 *         struct wire_answer a;
 *         wire_open(&w, NULL, NULL, port);
 *         wire_say(&w, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
 *         wire_hear(&w, &a, false);
 */
#ifndef SUPPORT_WIRE_H
#define SUPPORT_WIRE_H

#include "autoheal/util/buf.h"

struct wire {
        int fd;
        struct buf in; /* what came, from the first byte */
        size_t taken;  /* of answers that were heard */
};

struct wire_answer {
        int status;
        char *head; /* status line and header lines as they came */
        char *body;
        size_t body_len;
};

/* from, to: IPv4 addresses; NULL: the system chooses, 127.0.0.1. */
void wire_open(struct wire *w, const char *from, const char *to, int port);
void wire_close(struct wire *w);
void wire_say(struct wire *w, const char *text);
/* The next answer, 100 too; what was in a is released before. without_body: it answers a HEAD. */
void wire_hear(struct wire *w, struct wire_answer *a, bool without_body);
void wire_answer_release(struct wire_answer *a);
/* A header's value, to be freed; NULL: it is not there. */
char *wire_header(const struct wire_answer *a, const char *name);
/* Waits for bytes behind the last answer, which come to stand in `in`. */
void wire_await_more(struct wire *w);
/* Nothing more came, and the other side has closed. */
bool wire_is_closed(struct wire *w);
/* Something that was not heard yet is there right now. */
bool wire_has_more(struct wire *w);

#endif
