/* SPDX-License-Identifier: MIT */
/*
 * What the metrics count: for all, and for each container under the label that its series carry. Kept in pass.json over passes,
 * and by a metrics registry for as long as its process lives.
 */
#ifndef AUTOHEAL_MODEL_COUNTERS_H
#define AUTOHEAL_MODEL_COUNTERS_H

#include "autoheal/util/arena.h"
#include "autoheal/util/strmap.h"

struct container_counts {
        const char *label;
        int64_t restarts, restart_failures, checks_failed;
};

/* What came of messages to a service. */
enum notified {
        NOTIFIED_SENT,
        NOTIFIED_FAILED,   /* an attempt has failed; it is tried again */
        NOTIFIED_GIVEN_UP, /* it could not be delivered for a day */
        NOTIFIED_DROPPED,  /* too many were waiting */
        NOTIFIED_MAX_
};
const char *notified_name(enum notified n); /* "sent", "failed", "given_up", "dropped" */

struct service_counts {
        const char *service;
        int64_t n[NOTIFIED_MAX_];
};

struct counters {
        struct arena *arena; /* owns the entries and their labels */
        struct container_counts *items;
        size_t n, cap;
        struct strmap index; /* label -> position */
        int64_t checks, quarantines;
        struct service_counts *services; /* in the order in which they were first told */
        size_t n_services, services_cap;
};

void counters_init(struct counters *c, struct arena *a);
/* Frees the index; the rest belongs to the arena. */
void counters_release(struct counters *c);
/* A deep copy whose content lives in a. */
void counters_copy(struct counters *ret, const struct counters *c, struct arena *a);
/* NULL if there is none. */
struct container_counts *counters_find(const struct counters *c, const char *label);
/* Made with zeros if there is none. Invalidates earlier pointers. */
struct container_counts *counters_get(struct counters *c, const char *label);
/* Forgets those that are not marked: keep has n elements. Invalidates earlier pointers. */
void counters_keep(struct counters *c, const bool *keep);
/* Services beyond a hundred, which nobody has at once, are not counted. */
#define COUNTERS_SERVICES_MAX 100
void counters_add_notified(struct counters *c, const char *service, enum notified what, int64_t n);
/* Those of src come to those of c. */
void counters_add_services(struct counters *c, const struct counters *src);
/* Adds, and stays at the largest number: what was read from a file may be anything. */
void counters_add(int64_t *count, int64_t n);

/*
 * The label of a container's series: its name as valid UTF-8 without control characters (newlines stay), U+FFFD in place of what
 * is not, cut at 200 bytes. Containers whose names are the same up to there share their series. Returns ret.
 */
#define COUNTERS_LABEL_SIZE 201
const char *counters_label(char ret[static COUNTERS_LABEL_SIZE], const char *name);

#endif
