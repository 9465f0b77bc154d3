/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer with a ceiling. Appending past the ceiling drops what does not fit and sets `overflowed`, which
 * stays set: append freely, check once at the end. Always NUL-terminated once something was appended; the NUL is not
 * counted in len. Running out of memory aborts.
 *
 *         struct buf b AUTO(buf_release) = BUF_INIT(16 * 1024 * 1024);
 */
#ifndef AUTOHEAL_UTIL_BUF_H
#define AUTOHEAL_UTIL_BUF_H

#include "autoheal/util/base.h"

struct buf {
        char *data;
        size_t len, cap;
        size_t max; /* ceiling in bytes, NUL not included */
        bool overflowed;
};

#define BUF_INIT(ceiling)                                                                                                          \
        { .data = NULL, .len = 0, .cap = 0, .max = (ceiling), .overflowed = false }

void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_str(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
/* The content as a C string: "" when nothing was appended. Valid until the next append. */
const char *buf_str(const struct buf *b);
/* Empties it and keeps the memory. */
void buf_clear(struct buf *b);
/* Frees the content; the buffer can be used again. */
void buf_release(struct buf *b);

#endif
