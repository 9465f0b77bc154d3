/* SPDX-License-Identifier: MIT */
/* What is counted: restarts and quarantines by the events that tell of them, health checks by what a list says. */
#include "autoheal/record/record.h"

static void count_event(struct counters *c, const struct event *e) {
        char label[COUNTERS_LABEL_SIZE];
        bool by_hand = e->type == EVENT_QUARANTINE && str_eq(e->reason, reason_name(REASON_REQUESTED));

        if (e->type == EVENT_QUARANTINE && str_eq(e->status, "quarantined") && !by_hand)
                counters_add(&c->quarantines, 1);
        if (e->type != EVENT_RESTART || !e->container_name || *counters_label(label, e->container_name) == '\0')
                return;
        if (str_eq(e->status, "success"))
                counters_add(&counters_get(c, label)->restarts, 1);
        else if (str_eq(e->status, "failure") || str_eq(e->status, "unknown"))
                counters_add(&counters_get(c, label)->restart_failures, 1);
}

/* The engine keeps a stale health on what does not run. */
static bool has_health(const struct plan_item *item) {
        enum health h = item->container->health;

        return item->monitored && item->container->state == CONTAINER_RUNNING &&
               (h == HEALTH_STARTING || h == HEALTH_HEALTHY || h == HEALTH_UNHEALTHY);
}

void record_count_health(struct counters *c, const struct plan *plan) {
        char label[COUNTERS_LABEL_SIZE];

        for (size_t i = 0; i < plan->n; i++) {
                const struct plan_item *item = &plan->items[i];

                if (!has_health(item))
                        continue;
                counters_add(&c->checks, 1);
                if (item->container->health == HEALTH_UNHEALTHY && *counters_label(label, item->container->name))
                        counters_add(&counters_get(c, label)->checks_failed, 1);
        }
}

static void forget_gone(struct counters *c, const struct plan *plan) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        char label[COUNTERS_LABEL_SIZE];
        bool *keep = arena_array(&a, c->n, sizeof(*keep));

        for (size_t i = 0; c->n > 0 && i < plan->n; i++) {
                size_t at = strmap_get(&c->index, counters_label(label, plan->items[i].container->name));

                if (at != STRMAP_NONE)
                        keep[at] = true;
        }
        counters_keep(c, keep);
}

void record_count_events(struct counters *c, const struct event *events, size_t n) {
        for (size_t i = 0; i < n; i++)
                count_event(c, &events[i]);
}

void record_count_turn(struct counters *c, const struct plan *plan, bool listed) {
        if (listed)
                record_count_health(c, plan);
        record_count_events(c, plan->events, plan->n_events);
        forget_gone(c, plan);
}
