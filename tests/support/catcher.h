/* SPDX-License-Identifier: MIT */
/*
 * A notification service on a port of the loopback, that writes down what it gets. What it answers stands in the path:
 * ".../500/..." is an answer of that status, ".../429/..." asks to come again in an hour, ".../busy/..." does so as Telegram does,
 * ".../302/..." leads elsewhere, ".../slow/..." never answers, ".../lie/..." is a page of HTML with 200, ".../garbage/..." is no
 * HTTP, ".../echo/..." an error that repeats all that it got, ".../huge/..." never ends. Anything else is taken, with the answer
 * that the service's maker documents. As long as catcher_refuse() says so, everything is answered with that status.
 */
#ifndef SUPPORT_CATCHER_H
#define SUPPORT_CATCHER_H

#include "autoheal/util/base.h"

struct catcher;

/* dir: where its log goes. */
struct catcher *catcher_start(const char *dir);
void catcher_stop(struct catcher *c); /* NULL is fine */
int catcher_port(const struct catcher *c);
/* 0: not any more. */
void catcher_refuse(struct catcher *c, int status);

/* What came whose request line holds the text, the n-th from 0; to be freed; NULL if there was none. "POST /path HTTP/1.1\r\n..." */
char *catcher_request(const struct catcher *c, const char *path, size_t n);
size_t catcher_count(const struct catcher *c, const char *path);
/* Waits until there are n; fails the test after 20 s. */
void catcher_await(const struct catcher *c, const char *path, size_t n);
/* The body of such a request, within it. */
const char *catcher_body(const char *request);

#endif
