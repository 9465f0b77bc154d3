/* SPDX-License-Identifier: MIT */
/* What could not be written down: a pass that goes on has a memory of its own, and heals from it until the disk takes it. */
#include "pass_internal.h"

const struct state *pass_remembered(const struct pass *p, const struct state *on_disk) {
        return p->has_unsaved ? &p->unsaved : on_disk;
}

void pass_keep_unsaved(struct pass *p, const struct state *s) {
        struct arena a = ARENA_INIT(ARENA_BLOCK);
        struct state copy;
        state_init(&copy, &a);
        state_copy(&copy, s, &a);
        state_release(&p->unsaved);
        arena_release(&p->unsaved_arena);
        p->unsaved_arena = a;
        p->unsaved = copy;
        p->unsaved.arena = &p->unsaved_arena;
        p->has_unsaved = true;
}

void pass_forget_unsaved(struct pass *p) {
        if (p->has_unsaved) {
                state_release(&p->unsaved);
                arena_release(&p->unsaved_arena);
                state_init(&p->unsaved, &p->unsaved_arena);
        }
        p->has_unsaved = false;
        error_clear(&p->store_failure);
}
