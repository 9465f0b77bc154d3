/* SPDX-License-Identifier: MIT */
/*
 * What is remembered: read from the disk, and saved there. A pass that goes on has a memory of its own beside it, which it heals
 * from as long as the disk cannot be read or written.
 */
#include "pass_internal.h"

/* ---- What could not be saved ---- */

static void forget_base(struct pass *p) {
        state_release(&p->base);
        arena_release(&p->base_arena);
        p->base_arena = (struct arena)ARENA_INIT(ARENA_BLOCK);
        state_init(&p->base, &p->base_arena);
        p->has_unsaved = false;
}

void recall_all_is_saved(struct pass *p) {
        forget_base(p);
        error_clear(&p->store_failure);
}

/* Part of it may have been saved, or not even that is known: then what was read before counts. */
static void keep_base(struct pass *p, const struct recall *r) {
        if (!r->readable && p->has_unsaved)
                return;
        forget_base(p);
        if (!r->can_save || store_load(p->setup.store, &p->base, &p->base_arena, NULL) < 0)
                state_copy(&p->base, r->readable ? &r->disk : r->state, &p->base_arena);
        p->has_unsaved = true;
}

/*
 * Others may have changed the disk since, and what they changed holds. Names are put right in all three: memories that only go by
 * another name are no change.
 */
static void merge(const struct pass *p, const struct state *on_disk, struct state *ret) {
        struct state base AUTO(state_release), theirs AUTO(state_release);
        struct arena *a = ret->arena;
        state_copy(&base, &p->base, a);
        state_copy(&theirs, on_disk, a);
        if (p->turns > 0) {
                decide_settle_names(&base, p->seen.observation, p->seen.selection);
                decide_settle_names(&theirs, p->seen.observation, p->seen.selection);
        }
        state_release(ret);
        state_merge(ret, &base, pass_state(p), &theirs, a);
}

static const struct state *remembered(const struct pass *p, const struct state *on_disk, struct state *merged) {
        if (!p->has_unsaved)
                return on_disk;
        merge(p, on_disk, merged);
        return merged;
}

const struct state *recall_look_up(const struct pass *p, struct state *disk, struct state *merged) {
        if (store_reload(p->setup.store, &p->known, disk, disk->arena, NULL) < 0)
                return pass_state(p);
        return remembered(p, disk, merged);
}

/* ---- Reading ---- */

static int read_disk(struct pass *p, struct recall *r, struct error *err) {
        if (store_reload(p->setup.store, &p->known, &r->disk, &r->arena, err) < 0)
                return -1;
        r->readable = true;
        return 0;
}

static int read_or_repair(struct pass *p, struct recall *r, struct error *err) {
        if (read_disk(p, r, err) == 0)
                return 0;
        if (!p->live || !r->locked || err->code != ERR_CONFIG || pass_repair(p, NULL) < 0)
                return -1;
        return read_disk(p, r, err);
}

void recall_from_memory(struct pass *p, struct recall *r, const struct error *why) {
        state_release(&r->merged);
        state_copy(&r->merged, pass_state(p), &r->arena);
        r->state = &r->merged;
        r->readable = r->can_save = false;
        r->why = *why;
}

int recall_begin(struct pass *p, struct recall *r, struct error *err) {
        struct error why = ERROR_INIT;
        *r = (struct recall){ .pass = p, .arena = ARENA_INIT(ARENA_BLOCK) };
        state_init(&r->disk, &r->arena);
        state_init(&r->merged, &r->arena);
        r->locked = !p->setup.read_only && store_lock_state(p->setup.store, &r->why) == 0;
        /* A read-only file system refuses even the lock, but what is on it can be read. */
        if (r->why.code == ERR_LOCKED || (r->why.code != ERR_NONE && !p->live)) {
                *err = r->why;
                return -1;
        }
        if (read_or_repair(p, r, &why) < 0) {
                *err = why;
                if (!p->live)
                        return -1;
                recall_from_memory(p, r, &why);
                return 0;
        }
        r->can_save = r->locked;
        r->state = remembered(p, &r->disk, &r->merged);
        return pass_check_engine(p, &r->disk, err);
}

void recall_end(struct recall *r) {
        if (r->locked)
                store_unlock_state(r->pass->setup.store);
        state_release(&r->disk);
        state_release(&r->merged);
        arena_release(&r->arena);
}

/* ---- Saving ---- */

static void note_failure(struct pass *p, const struct error *err) {
        /* A pass that goes on tells how it is now. */
        if (p->live || p->store_failure.code == ERR_NONE)
                p->store_failure = *err;
}

bool recall_save(struct pass *p, struct recall *r, const struct state *next, const struct event *events, size_t n) {
        if (r->can_save && store_save(p->setup.store, &r->disk, next, false, &r->why) == 0) {
                if (p->live)
                        recall_all_is_saved(p);
                pass_save_events(p, events, n);
                post_events(p, &r->disk, events, n, true);
                return true;
        }
        note_failure(p, &r->why);
        if (p->live) {
                keep_base(p, r);
                pass_tell_only(p, events, n);
                post_events(p, NULL, events, n, r->locked);
        }
        return false;
}

static int save_rest(struct pass *p, struct recall *r, struct error *err) {
        if (!r->can_save) {
                *err = r->why;
                return -1;
        }
        return store_save(p->setup.store, &r->disk, r->state, false, err);
}

int pass_save_rest(struct pass *p, struct error *err) {
        struct recall r;
        if (!p->has_unsaved)
                return 0;
        int ret = recall_begin(p, &r, err);
        if (ret == 0)
                ret = save_rest(p, &r, err);
        recall_end(&r);
        if (ret == 0)
                recall_all_is_saved(p);
        return ret;
}
