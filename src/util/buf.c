/* SPDX-License-Identifier: MIT */
/* The growing byte buffer with a ceiling. */
#include "autoheal/util/buf.h"

#include <assert.h>
#include <stdarg.h>

#define FIRST_CAP 64

/* Makes room for n more bytes and the NUL, and returns how many of the n the ceiling allows. */
static size_t reserve(struct buf *b, size_t n) {
        size_t cap = b->cap ? b->cap : FIRST_CAP;

        assert(b->len <= b->max);
        assert(!b->data || (b->len < b->cap && b->data[b->len] == '\0'));
        if (n > b->max - b->len) {
                n = b->max - b->len;
                b->overflowed = true;
        }
        if (b->len + n < b->cap)
                return n;
        while (cap <= b->len + n)
                cap = cap > SIZE_MAX / 2 ? SIZE_MAX : cap * 2;
        b->data = xrealloc(b->data, cap);
        b->data[b->len] = '\0';
        b->cap = cap;
        return n;
}

void buf_add(struct buf *b, const void *data, size_t len) {
        size_t n = reserve(b, len);

        if (n == 0)
                return;
        memcpy(b->data + b->len, data, n);
        b->len += n;
        b->data[b->len] = '\0';
}

void buf_add_str(struct buf *b, const char *s) {
        buf_add(b, s, strlen(s));
}

void buf_add_char(struct buf *b, char c) {
        buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...) {
        va_list ap, again;
        int wanted;

        va_start(ap, fmt);
        va_copy(again, ap);
        wanted = vsnprintf(NULL, 0, fmt, ap);
        va_end(ap);
        if (wanted > 0) {
                size_t n = reserve(b, (size_t)wanted);

                (void)vsnprintf(b->data + b->len, n + 1, fmt, again);
                b->len += n;
        }
        va_end(again);
}

const char *buf_str(const struct buf *b) {
        return b->data ? b->data : "";
}

void buf_clear(struct buf *b) {
        b->len = 0;
        b->overflowed = false;
        if (b->data)
                b->data[0] = '\0';
}

void buf_release(struct buf *b) {
        free(b->data);
        b->data = NULL;
        b->len = b->cap = 0;
        b->overflowed = false;
}
