/* SPDX-License-Identifier: MIT */
/* One-shot timers as a list in the order in which they are due: there are never more than a handful. */
#include "net/net_internal.h"

struct timer {
        struct timer *next;
        uint64_t id;
        int64_t due_ms;
        net_timer_fn *fn;
        void *arg;
};

uint64_t timers_add(struct timers *t, int64_t due_ms, net_timer_fn *fn, void *arg) {
        struct timer *timer = xcalloc(1, sizeof(*timer));
        struct timer **place = &t->first;

        timer->id = ++t->last_id;
        timer->due_ms = due_ms;
        timer->fn = fn;
        timer->arg = arg;
        while (*place && (*place)->due_ms <= due_ms)
                place = &(*place)->next;
        timer->next = *place;
        *place = timer;
        return timer->id;
}

void timers_cancel(struct timers *t, uint64_t id) {
        struct timer **place = &t->first;
        struct timer *timer;

        while (*place && (*place)->id != id)
                place = &(*place)->next;
        timer = *place;
        if (!timer)
                return;
        *place = timer->next;
        free(timer);
}

bool timers_empty(const struct timers *t) {
        return !t->first;
}

int64_t timers_wait_ms(const struct timers *t, int64_t now_ms, int64_t max_ms) {
        if (!t->first || t->first->due_ms - now_ms >= max_ms)
                return max_ms;
        return t->first->due_ms > now_ms ? t->first->due_ms - now_ms : 0;
}

void timers_run(struct timers *t, int64_t now_ms) {
        /* A timer of no delay that sets itself anew must not keep the loop from its other work. Those added meanwhile stand
         * behind all that were due before, so the first of them ends the round. */
        uint64_t newest = t->last_id;

        while (t->first && t->first->due_ms <= now_ms && t->first->id <= newest) {
                struct timer *timer = t->first;

                t->first = timer->next;
                timer->fn(timer->arg);
                free(timer);
        }
}

void timers_release(struct timers *t) {
        while (t->first) {
                struct timer *timer = t->first;

                t->first = timer->next;
                free(timer);
        }
}
