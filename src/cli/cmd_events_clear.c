/* SPDX-License-Identifier: MIT */
/* `docker autoheal events clear`: the history begins anew. */
#include "cli_internal.h"

/* Events that were announced and may not stand in the history yet would come back after it was cleared. */
static int forget_untold(struct session *s, struct error *err) {
        struct state before AUTO(state_release), after AUTO(state_release);
        state_init(&before, &s->arena);
        state_init(&after, &s->arena);
        if (store_load(s->store, &before, &s->arena, err) < 0)
                return -1;
        state_copy(&after, &before, &s->arena);
        return store_save(s->store, &before, &after, true, err);
}

static int clear(struct session *s, struct error *err) {
        int yes = confirm(&s->cli->options, "clearing the events", "This will remove the whole history of events.", err);
        if (yes <= 0)
                return yes;
        size_t n = 0;
        if (store_lock_state(s->store, err) < 0)
                return -1;
        int r = forget_untold(s, err);
        if (r == 0)
                r = store_clear_events(s->store, &n, err);
        store_unlock_state(s->store);
        if (r == 0)
                (void)printf("%zu event%s removed\n", n, n == 1 ? "" : "s");
        return r;
}

int cmd_events_clear(struct cli *cli) {
        struct session s = { 0 };
        struct error err = ERROR_INIT;
        int status = 0;
        if (session_open(&s, cli, STORE_WRITE, &err) < 0 || clear(&s, &err) < 0)
                status = session_fail(&err);
        session_close(&s);
        return status;
}
