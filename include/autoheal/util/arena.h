/* SPDX-License-Identifier: MIT */
/*
 * Memory that lives and dies together: what one turn observes and decides. Nothing is freed singly; arena_release() frees
 * all. Memory comes zeroed and aligned for any type. Running out of memory aborts.
 */
#ifndef AUTOHEAL_UTIL_ARENA_H
#define AUTOHEAL_UTIL_ARENA_H

#include "autoheal/util/base.h"

struct arena_block;
struct arena {
        struct arena_block *blocks;
        size_t block_size; /* bytes asked from malloc at a time; larger requests get a block of their own */
};

#define ARENA_INIT(size)                                                                                                           \
        { .blocks = NULL, .block_size = (size) }

void *arena_alloc(struct arena *a, size_t n) MUST_USE;
/* count * size, aborts on overflow. count 0 gives a valid pointer. */
void *arena_array(struct arena *a, size_t count, size_t size) MUST_USE;
char *arena_strdup(struct arena *a, const char *s) MUST_USE;            /* NULL gives NULL */
char *arena_strndup(struct arena *a, const char *s, size_t n) MUST_USE; /* copies n bytes and adds a NUL */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3) MUST_USE;
void arena_release(struct arena *a);

/* arena_new(a, struct x) is one zeroed struct x. */
#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
