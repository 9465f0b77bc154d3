/* SPDX-License-Identifier: MIT */
/*
 * What is under way as far as a look can tell. A look that had begun before an action ended shows what was before it, or half of
 * it: for whoever judges by that look the action goes on, or a container that is well again would be restarted once more.
 */
#include "pass_internal.h"

struct landed {
        char stable_id[256], container_id[65];
        enum decision decision;
        int64_t since_us;
        unsigned looks; /* had begun when it ended */
};

void flight_ended(struct pass *p, const struct result *result) {
        struct flight *f = &p->flight;
        if (result->outcome == OUTCOME_NONE)
                return;
        if (f->n == f->cap) {
                f->cap = f->cap ? 2 * f->cap : 16;
                f->landed = xrealloc(f->landed, f->cap * sizeof(*f->landed));
        }
        struct landed *l = &f->landed[f->n++];
        *l = (struct landed){ .decision = result->decision, .since_us = result->at_us, .looks = f->looks };
        (void)snprintf(l->stable_id, sizeof(l->stable_id), "%s", result->stable_id);
        (void)snprintf(l->container_id, sizeof(l->container_id), "%s", result->container_id);
}

/* The last look that began shows what became of it. */
static bool is_seen(const struct pass *p, const struct landed *l) {
        const struct observation *obs = p->seen.observation;
        if (l->looks == p->flight.looks)
                return false;
        for (size_t i = 0; p->touching && i < obs->n; i++)
                if (str_eq(obs->containers[i].id, l->container_id))
                        return p->touched[i];
        return !p->touching;
}

void flight_seen(struct pass *p) {
        struct flight *f = &p->flight;
        size_t left = 0;
        for (size_t i = 0; i < f->n; i++)
                if (!is_seen(p, &f->landed[i]))
                        f->landed[left++] = f->landed[i];
        f->n = left;
}

size_t flight_as_seen(struct pass *p, bool coming, const struct in_flight **ret) {
        struct flight *f = &p->flight;
        const struct in_flight *going;
        size_t n = actor_in_flight(p->actor, &going);
        f->all = xrealloc(f->all, (n + f->n + 1) * sizeof(*f->all));
        for (size_t i = 0; i < n; i++)
                f->all[i] = going[i];
        for (size_t i = 0; i < f->n; i++) {
                const struct landed *l = &f->landed[i];
                if (!coming || !is_seen(p, l))
                        f->all[n++] = (struct in_flight){ l->stable_id, l->container_id, l->decision, l->since_us };
        }
        *ret = f->all;
        return n;
}

void flight_release(struct flight *f) {
        free(f->landed);
        free(f->all);
}
