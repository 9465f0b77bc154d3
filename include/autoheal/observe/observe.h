/* SPDX-License-Identifier: MIT */
/*
 * SEE. One look at the engine: the list of all containers, and an inspect of those that somebody needs to know more about.
 * Asynchronous; changes nothing. Which ones need a closer look is decide's to say: pass hands the positions over.
 */
#ifndef AUTOHEAL_OBSERVE_OBSERVE_H
#define AUTOHEAL_OBSERVE_OBSERVE_H

#include "autoheal/engine/engine.h"

struct observer;

/* Both are borrowed. */
struct observer *observer_new(struct net *net, struct engine *engine);
void observer_free(struct observer *o); /* cancels a look that is under way; NULL is fine */

/* obs or err; obs lives in the arena of the call. */
typedef void observe_fn(void *arg, struct observation *obs, const struct error *err);

/* Lists all containers (on Podman, whose list has no health, a second list tells the unhealthy). One look at a time. */
MUST_USE int observe_list(struct observer *o, struct arena *a, observe_fn *done, void *arg, struct error *err);

/*
 * Inspects the containers at those positions of obs, 16 at a time. One that is gone meanwhile becomes CONTAINER_REMOVING;
 * one that cannot be inspected for another reason, or within 5 s, stays as it was (not inspected): a bad container holds up
 * nobody.
 */
MUST_USE int observe_inspect(struct observer *o, struct observation *obs, const size_t *which, size_t n, struct arena *a,
                             observe_fn *done, void *arg, struct error *err);

/*
 * Asks the engine's journal what happened until `until_us` (engine's clock, not in its future) and fills the fields of obs
 * that come from there. An engine that does not let its journal be read (a socket proxy) leaves journal_read false; that is
 * no error: not seeing something proves nothing.
 */
MUST_USE int observe_journal(struct observer *o, struct observation *obs, int64_t until_us, struct arena *a, observe_fn *done,
                             void *arg, struct error *err);

/* The part of it that thinks: what the events say about the containers of obs. */
void journal_apply(struct observation *obs, const struct engine_events *events, struct arena *a);

#endif
