/* SPDX-License-Identifier: MIT */
/* The readers of GET /api/events/stream; what is told to them is in api.h. */
#ifndef AUTOHEAL_SERVE_STREAM_H
#define AUTOHEAL_SERVE_STREAM_H

#include "serve/api.h"

#define STREAM_READERS_MAX 32

struct streams *streams_new(struct net *net);
/* After the connections are gone. NULL is fine. */
void streams_free(struct streams *s);
/* The handler: takes the call's connection over. */
void stream_begin(struct call *call);

#endif
