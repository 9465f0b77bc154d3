/* SPDX-License-Identifier: MIT */
/* `docker autoheal events clear`: the history begins anew. */
#include "cli_internal.h"

/* Events that were announced and may not stand in the history yet would come back after it was cleared: they go first. */
static int clear_locked(struct change *ch, size_t *ret_n, struct error *err) {
        struct store *store = ch->session.store;
        if (change_load(ch, err) < 0 || store_save(store, &ch->before, &ch->after, true, err) < 0)
                return -1;
        return store_clear_events(store, ret_n, err);
}

static int clear(struct change *ch, const struct options *o, struct error *err) {
        int yes = confirm(o, "clearing the events", "This will remove the whole history of events.", err);
        if (yes <= 0)
                return yes;
        size_t n = 0;
        if (store_lock_state(ch->session.store, err) < 0)
                return -1;
        int r = clear_locked(ch, &n, err);
        store_unlock_state(ch->session.store);
        if (r == 0)
                (void)printf("%zu event%s removed\n", n, n == 1 ? "" : "s");
        return r;
}

int cmd_events_clear(struct cli *cli) {
        struct change ch;
        struct error err = ERROR_INIT;
        int status = 0;
        if (change_open(&ch, cli, ENGINE_IF_IN_DOUBT, &err) < 0 || clear(&ch, &cli->options, &err) < 0)
                status = session_fail(&err);
        change_close(&ch);
        return status;
}
