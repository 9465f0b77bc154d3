/* SPDX-License-Identifier: MIT */
/* The last bytes of what somebody prints, however much that is, and the same as one line for people. */
#ifndef AUTOHEAL_UTIL_TAIL_H
#define AUTOHEAL_UTIL_TAIL_H

#include "autoheal/util/base.h"

#define TAIL_MAX 4096

struct tail {
        char bytes[TAIL_MAX];
        size_t n;
};

void tail_add(struct tail *t, const char *text, size_t n);
/*
 * Blanks, line breaks and control characters become one blank each time; if that does not fit, its end after "...". It is not
 * escaped. size: 8 at least. Returns ret.
 */
const char *tail_line(const struct tail *t, char *ret, size_t size);

#endif
