/* SPDX-License-Identifier: MIT */
/*
 * The timers of a struct net, apart from any clock so that they can be tested with made-up times. Times are milliseconds
 * on whatever clock the caller uses.
 */
#ifndef AUTOHEAL_NET_NET_INTERNAL_H
#define AUTOHEAL_NET_NET_INTERNAL_H

#include "autoheal/net/net.h"

struct timer;
struct timers {
        struct timer *first; /* the soonest; those due at the same time stand in the order in which they were added */
        uint64_t last_id;
};

uint64_t timers_add(struct timers *t, int64_t due_ms, net_timer_fn *fn, void *arg);
void timers_cancel(struct timers *t, uint64_t id);
bool timers_empty(const struct timers *t);
/* How long until the first one is due: 0 if it is already, max_ms if none is due before. */
int64_t timers_wait_ms(const struct timers *t, int64_t now_ms, int64_t max_ms);
/* Runs those that are due, but none that a callback added meanwhile. Callbacks may cancel any and add some that are due at now_ms or later. */
void timers_run(struct timers *t, int64_t now_ms);
void timers_release(struct timers *t);

#endif
