/* SPDX-License-Identifier: MIT */
/* A growing list of events, with strings of its own. */
#include "autoheal/record/record.h"

void event_list_add(struct event_list *l, const struct event *e) {
        if (l->n == l->cap) {
                size_t cap = l->cap ? 2 * l->cap : 8;
                struct event *items = arena_array(l->arena, cap, sizeof(*items));
                if (l->n)
                        memcpy(items, l->items, l->n * sizeof(*items));
                l->items = items;
                l->cap = cap;
        }
        struct event *copy = &l->items[l->n++];
        *copy = *e;
        copy->container_id = arena_strdup(l->arena, e->container_id);
        copy->container_name = arena_strdup(l->arena, e->container_name);
        copy->stable_id = arena_strdup(l->arena, e->stable_id);
        copy->status = arena_strdup(l->arena, e->status);
        copy->message = arena_strdup(l->arena, e->message);
        copy->reason = arena_strdup(l->arena, e->reason);
        copy->health_output = arena_strdup(l->arena, e->health_output);
}
