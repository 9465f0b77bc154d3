/* SPDX-License-Identifier: MIT */
/*
 * A map from strings to indexes (size_t), open addressing, seeded against hostile keys. Keys are borrowed: they must outlive the map.
 * Used to find a container or a remembered state by name among thousands.
 */
#ifndef AUTOHEAL_UTIL_STRMAP_H
#define AUTOHEAL_UTIL_STRMAP_H

#include "autoheal/util/base.h"

struct strmap_slot;
struct strmap {
        struct strmap_slot *slots;
        size_t cap, len;
};

#define STRMAP_INIT                                                                                                                \
        { .slots = NULL, .cap = 0, .len = 0 }
#define STRMAP_NONE SIZE_MAX

/* Sets key to value, replacing an earlier one. */
void strmap_set(struct strmap *m, const char *key, size_t value);
/* STRMAP_NONE when key is not there. */
size_t strmap_get(const struct strmap *m, const char *key);
void strmap_release(struct strmap *m);

#endif
