/* SPDX-License-Identifier: MIT */
/* Allocation that aborts when memory is out. */
#include "autoheal/util/base.h"

static void *require(void *p) {
        if (!p)
                abort();
        return p;
}

void *xmalloc(size_t n) {
        return require(malloc(n ? n : 1));
}

void *xcalloc(size_t count, size_t size) {
        if (count == 0 || size == 0)
                return require(calloc(1, 1));
        return require(calloc(count, size));
}

void *xrealloc(void *p, size_t n) {
        /* realloc(p, 0) frees p on some systems and not on others. */
        return require(realloc(p, n ? n : 1));
}

char *xstrdup(const char *s) {
        return require(strdup(s));
}
