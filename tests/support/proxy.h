/* SPDX-License-Identifier: MIT */
/* A unix socket between a client and an engine on which the engine's answers suffer, as long as the test wants it. */
#ifndef SUPPORT_PROXY_H
#define SUPPORT_PROXY_H

#include "autoheal/util/base.h"

struct proxy;

enum proxy_mode {
        PROXY_PASS,     /* every byte arrives */
        PROXY_CUT,      /* connections end at once, those that are there as well */
        PROXY_TRUNCATE, /* a connection ends with the 250th byte from the engine */
        PROXY_GARBLE,   /* answers are HTTP still, but their JSON misses the first quote of each piece */
        PROXY_NOISE,    /* about every 20th byte is another one, in headers too */
        PROXY_DELAY,    /* each piece comes 300 ms late */
};

/* dir: where its socket goes. engine: path of the engine's socket. It begins with PROXY_PASS. */
struct proxy *proxy_start(const char *dir, const char *engine);
void proxy_stop(struct proxy *p); /* NULL is fine */
/* From now on, for connections that are there too. */
void proxy_set(struct proxy *p, enum proxy_mode mode);

/* "unix:///...", for DOCKER_HOST. */
const char *proxy_host(const struct proxy *p);

#endif
