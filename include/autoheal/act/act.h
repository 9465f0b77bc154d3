/* SPDX-License-Identifier: MIT */
/*
 * DO. Starts the engine calls that a plan asks for and reports each result. Never waits, never decides: how many may run at
 * once is decide's rule. An exited container is started, a running one restarted or stopped.
 */
#ifndef AUTOHEAL_ACT_ACT_H
#define AUTOHEAL_ACT_ACT_H

#include "autoheal/engine/engine.h"
#include "autoheal/model/plan.h"

struct actor;

/* Called once for each action, inside net_run(). The result is valid during the call. */
typedef void act_done_fn(void *arg, const struct result *result);

/* engine is borrowed. */
struct actor *actor_new(struct engine *engine, act_done_fn *done, void *arg);
/* Ends waiting for what is under way; the engine goes on with it. NULL is fine. */
void actor_free(struct actor *a);

/* Starts the action of an item whose decision is restart or stop. If it cannot even be sent, the result (outcome none) is reported before this returns. */
void actor_start(struct actor *a, const struct plan_item *item, struct now now);

/* Reports what is under way as unknown, "not waited for"; the engine goes on with it. Nothing may run the net after this. */
void actor_abandon(struct actor *a);

/* What is under way. The array is valid until the next call. */
size_t actor_in_flight(struct actor *a, const struct in_flight **ret);

#endif
