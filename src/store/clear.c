/* SPDX-License-Identifier: MIT */
/* The history begins anew. */
#include "autoheal/store/store.h"

/* A state that is saved without announcing anything has nothing left to tell. */
static int forget_untold(struct store *s, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT((size_t)64 * 1024);
        struct state before AUTO(state_release), after AUTO(state_release);

        state_init(&before, &a);
        state_init(&after, &a);
        if (store_load(s, &before, &a, err) < 0)
                return -1;
        state_copy(&after, &before, &a);
        return store_save(s, &before, &after, true, err);
}

int store_clear_history(struct store *s, size_t *ret_n, struct error *err) {
        int r;

        if (store_lock_state(s, err) < 0)
                return -1;
        r = forget_untold(s, err);
        if (r == 0)
                r = store_clear_events(s, ret_n, err);
        store_unlock_state(s);
        return r;
}
