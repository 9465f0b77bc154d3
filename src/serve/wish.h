/* SPDX-License-Identifier: MIT */
/* What the handlers that find, change or wait for a container share. */
#ifndef AUTOHEAL_SERVE_WISH_H
#define AUTOHEAL_SERVE_WISH_H

#include "serve/api.h"

#include "autoheal/record/record.h"

/* False after an answer of 503: there was no turn yet, and so nothing to tell. */
bool wish_seen(struct call *call);
/*
 * The container that {id} names, in the plan of the last turn: by name, stable id, id or its beginning. NULL after an answer of
 * 404, 409 or 503.
 */
const struct plan_item *wish_find(struct call *call);
/* The same without an answer, for more than one; ERR_CONNECT where wish_seen() would be false. */
MUST_USE int wish_resolve(struct api *api, const char *name, const struct plan_item **ret, struct error *err);

/* pass_change(), and what was kept of answers is out of date. False after an answer. */
bool wish_change(struct call *call, pass_change_fn *apply, void *arg);

/* False after an answer of 502 or 504: the engine is away, and what only it can tell is not known. */
bool wish_engine(struct call *call);

/*
 * Something that a call waits for: it ends with what pass calls back, with the time (504 and that text), or because the client goes
 * away. Then nobody calls back any more.
 */
struct wait;
#define WISH_LOOK_MS INT64_C(4900) /* for a closer look: just before pass gives it up, which would pass for an answer */
/* Valid until wait_end(), until the client is gone, or until wait_end_all(). */
struct wait *wait_begin(struct call *call, int64_t limit_ms, const char *too_late);
const char *wait_id(const struct wait *w); /* the container's id, kept */
void wait_keep_id(struct wait *w, const char *id);
struct call *wait_call(struct wait *w);
/* Before the answer: frees the wait. */
struct call *wait_end(struct wait *w);
/* What is waited for will end by itself, whether the engine is away or we are stopping. */
void wait_to_the_end(struct wait *w);
/* Answers all others with that. */
void wait_end_all(struct api *api, int status, const char *text);
/* The same, with why it is away. */
void wait_engine_lost(struct api *api);

#endif
