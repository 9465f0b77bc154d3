/* SPDX-License-Identifier: MIT */
/* Memory in blocks that is freed all at once. */
#include "autoheal/util/arena.h"

#include <stdalign.h>
#include <stdarg.h>

struct arena_block {
        struct arena_block *next;
        size_t size, used;
        alignas(max_align_t) unsigned char data[];
};

static struct arena_block *make_block(size_t size) {
        struct arena_block *block;

        if (size > SIZE_MAX - sizeof(*block))
                abort();
        block = xcalloc(1, sizeof(*block) + size);
        block->size = size;
        return block;
}

static struct arena_block *add_block(struct arena *a, size_t n) {
        struct arena_block *block = make_block(n > a->block_size ? n : a->block_size);

        if (n > a->block_size && a->blocks) {
                /* Behind the first block, whose free rest stays in use. */
                block->next = a->blocks->next;
                a->blocks->next = block;
        } else {
                block->next = a->blocks;
                a->blocks = block;
        }
        return block;
}

void *arena_alloc(struct arena *a, size_t n) {
        const size_t align = alignof(max_align_t);
        struct arena_block *block = a->blocks;
        void *p;

        if (n > SIZE_MAX - align)
                abort();
        /* Nothing takes one unit too, so that every pointer points at something of its own. */
        n = n ? (n + align - 1) / align * align : align;
        if (!block || n > block->size - block->used)
                block = add_block(a, n);
        p = block->data + block->used;
        block->used += n;
        return p;
}

void *arena_array(struct arena *a, size_t count, size_t size) {
        if (size && count > SIZE_MAX / size)
                abort();
        return arena_alloc(a, count * size);
}

char *arena_strndup(struct arena *a, const char *s, size_t n) {
        char *copy;

        if (n == SIZE_MAX)
                abort();
        copy = arena_alloc(a, n + 1);
        if (n)
                memcpy(copy, s, n);
        return copy;
}

char *arena_strdup(struct arena *a, const char *s) {
        return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...) {
        va_list ap, again;
        char *text;
        int n;

        va_start(ap, fmt);
        va_copy(again, ap);
        n = vsnprintf(NULL, 0, fmt, ap);
        va_end(ap);
        if (n < 0)
                n = 0;
        text = arena_alloc(a, (size_t)n + 1);
        (void)vsnprintf(text, (size_t)n + 1, fmt, again);
        va_end(again);
        return text;
}

void arena_release(struct arena *a) {
        while (a->blocks) {
                struct arena_block *block = a->blocks;

                a->blocks = block->next;
                free(block);
        }
}
