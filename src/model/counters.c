/* SPDX-License-Identifier: MIT */
/* The table of what is counted for each container. */
#include "autoheal/model/counters.h"

#include "autoheal/util/text.h"

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

void counters_init(struct counters *c, struct arena *a) {
        *c = (struct counters){ .arena = a, .index = STRMAP_INIT };
}

void counters_release(struct counters *c) {
        strmap_release(&c->index);
}

struct container_counts *counters_find(const struct counters *c, const char *label) {
        size_t i = strmap_get(&c->index, label);

        return i == STRMAP_NONE ? NULL : &c->items[i];
}

static struct container_counts *append(struct counters *c, const struct container_counts *one) {
        if (c->n == c->cap) {
                size_t cap = c->cap ? c->cap * 2 : 16;
                struct container_counts *grown = arena_array(c->arena, cap, sizeof(*grown));

                if (c->n)
                        memcpy(grown, c->items, c->n * sizeof(*grown));
                c->items = grown;
                c->cap = cap;
        }
        c->items[c->n] = *one;
        strmap_set(&c->index, one->label, c->n);
        return &c->items[c->n++];
}

struct container_counts *counters_get(struct counters *c, const char *label) {
        struct container_counts *found = counters_find(c, label);

        if (found)
                return found;
        return append(c, &(struct container_counts){ .label = arena_strdup(c->arena, label) });
}

/* ---- Services ---- */

static const char *const notified_names[NOTIFIED_MAX_] = {
        [NOTIFIED_SENT] = "sent",
        [NOTIFIED_FAILED] = "failed",
        [NOTIFIED_GIVEN_UP] = "given_up",
        [NOTIFIED_DROPPED] = "dropped",
};

const char *notified_name(enum notified n) {
        return notified_names[n];
}

static struct service_counts *find_service(struct counters *c, const char *service) {
        for (size_t i = 0; i < c->n_services; i++)
                if (str_eq(c->services[i].service, service))
                        return &c->services[i];
        return NULL;
}

static struct service_counts *add_service(struct counters *c, const char *service) {
        if (c->n_services == COUNTERS_SERVICES_MAX)
                return NULL;
        if (c->n_services == c->services_cap) {
                size_t cap = c->services_cap ? 2 * c->services_cap : 8;
                struct service_counts *grown = arena_array(c->arena, cap, sizeof(*grown));

                if (c->n_services)
                        memcpy(grown, c->services, c->n_services * sizeof(*grown));
                c->services = grown;
                c->services_cap = cap;
        }
        c->services[c->n_services] = (struct service_counts){ .service = arena_strdup(c->arena, service) };
        return &c->services[c->n_services++];
}

void counters_add_notified(struct counters *c, const char *service, enum notified what, int64_t n) {
        struct service_counts *one = find_service(c, service);

        if (!one)
                one = add_service(c, service);
        if (one)
                counters_add(&one->n[what], n);
}

void counters_add_services(struct counters *c, const struct counters *src) {
        for (size_t i = 0; i < src->n_services; i++)
                for (int k = 0; k < NOTIFIED_MAX_; k++)
                        counters_add_notified(c, src->services[i].service, (enum notified)k, src->services[i].n[k]);
}

void counters_copy(struct counters *ret, const struct counters *c, struct arena *a) {
        counters_init(ret, a);
        ret->checks = c->checks;
        ret->quarantines = c->quarantines;
        counters_add_services(ret, c);
        for (size_t i = 0; i < c->n; i++) {
                struct container_counts one = c->items[i];

                one.label = arena_strdup(a, one.label);
                append(ret, &one);
        }
}

void counters_keep(struct counters *c, const bool *keep) {
        size_t n = c->n;

        strmap_release(&c->index);
        c->index = (struct strmap)STRMAP_INIT;
        c->n = 0;
        for (size_t i = 0; i < n; i++) {
                if (!keep[i])
                        continue;
                c->items[c->n] = c->items[i];
                strmap_set(&c->index, c->items[c->n].label, c->n);
                c->n++;
        }
}

void counters_add(int64_t *count, int64_t n) {
        if (__builtin_add_overflow(*count, n, count))
                *count = INT64_MAX;
}

const char *counters_label(char ret[static COUNTERS_LABEL_SIZE], const char *name) {
        size_t left = strnlen(name, COUNTERS_LABEL_SIZE + 3), at = 0;

        while (left > 0) {
                uint32_t cp = 0;
                size_t taken = utf8_sequence(name, left, &cp);
                bool shown = taken > 0 && (cp == '\n' || text_is_printable(cp));
                size_t n = shown ? taken : sizeof(replacement) - 1;

                if (at + n >= COUNTERS_LABEL_SIZE)
                        break;
                memcpy(ret + at, shown ? name : replacement, n);
                at += n;
                taken = taken > 0 ? taken : 1;
                name += taken;
                left -= taken;
        }
        ret[at] = '\0';
        return ret;
}
