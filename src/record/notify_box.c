/* SPDX-License-Identifier: MIT */
/* The box in memory beside the one on disk, into which others put messages as well. */
#include "notify_internal.h"

#define BLOCK ((size_t)16 * 1024)

void box_init(struct box *b) {
        *b = (struct box){ .arena = ARENA_INIT(BLOCK), .base_arena = ARENA_INIT(4096) };
        outbox_init(&b->o, &b->arena);
}

void box_release(struct box *b) {
        arena_release(&b->arena);
        arena_release(&b->base_arena);
}

static bool was_there(const struct box *b, const char *id) {
        for (size_t i = 0; i < b->n_base; i++)
                if (str_eq(b->base[i], id))
                        return true;
        return false;
}

static void note_base(struct box *b, const struct outbox *disk) {
        arena_release(&b->base_arena);
        b->base_arena = (struct arena)ARENA_INIT(4096);
        b->base = arena_array(&b->base_arena, disk->n, sizeof(*b->base));
        b->n_base = disk->n;
        for (size_t i = 0; i < disk->n; i++)
                b->base[i] = arena_strdup(&b->base_arena, disk->messages[i].id);
}

static int read_disk(struct box *b, struct store *s, bool locked, struct now now, struct arena *a, struct outbox *ret,
                     struct error *err) {
        struct error why = ERROR_INIT;
        const char *name;

        if (store_read_outbox(s, a, ret, &why) == 0)
                return 0;
        outbox_init(ret, a);
        if (why.code != ERR_CONFIG || !locked || store_set_outbox_aside(s, now, a, &name, &why) < 0) {
                *err = why;
                return -1;
        }
        (void)snprintf(b->kept, sizeof(b->kept),
                       "outbox.json was broken and is kept as %s: messages that waited in it are not sent", name);
        return 0;
}

int box_read(struct box *b, struct store *s, bool locked, struct now now, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(BLOCK);
        struct outbox disk;

        if (read_disk(b, s, locked, now, &a, &disk, err) < 0)
                return -1;
        for (size_t i = 0; i < disk.n; i++)
                if (!was_there(b, disk.messages[i].id) && !outbox_find(&b->o, disk.messages[i].id))
                        outbox_take_in(&b->o, &disk.messages[i]);
        for (size_t i = 0; i < disk.n_told; i++)
                outbox_note_told(&b->o, &disk.told[i]);
        if (disk.dropped > b->o.dropped)
                b->o.dropped = disk.dropped;
        /* Whoever posted last knows best what was posted. */
        if (disk.taken)
                b->o.taken = arena_strdup(&b->arena, disk.taken);
        note_base(b, &disk);
        outbox_settle(&b->o, now);
        return 0;
}

void box_tidy(struct box *b) {
        struct arena a = ARENA_INIT(BLOCK);
        struct outbox copy;

        outbox_copy(&copy, &b->o, &a);
        arena_release(&b->arena);
        b->arena = a;
        b->o = copy;
        b->o.arena = &b->arena;
}

int box_write(struct box *b, struct store *s, void (*on_drop)(void *arg, const char *service), void *arg, struct error *err) {
        struct error why = ERROR_INIT;
        const char *dropped;

        while (b->o.n > OUTBOX_MESSAGES_MAX && (dropped = outbox_drop_oldest(&b->o)) != NULL)
                if (on_drop)
                        on_drop(arg, dropped);
        while (store_write_outbox(s, &b->o, &why) < 0) {
                dropped = why.code == ERR_TOO_LARGE ? outbox_drop_oldest(&b->o) : NULL;
                if (!dropped) {
                        *err = why;
                        return -1;
                }
                if (on_drop)
                        on_drop(arg, dropped);
                error_clear(&why);
        }
        note_base(b, &b->o);
        box_tidy(b);
        return 0;
}
