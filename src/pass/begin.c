/* SPDX-License-Identifier: MIT */
/* Before the first turn: what is remembered, is it whole, and whose engine is it about? */
#include "pass_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"

/* ---- Whose engine is it? ---- */

int pass_check_engine(struct pass *p, const struct state *known, struct error *err) {
        const char *text = p->setup.endpoint->text;
        if (known->engine_endpoint[0] && !p->engine_id[0] && !str_eq(known->engine_endpoint, text))
                return error_set(
                        err, ERR_CONFIG,
                        "data directory '%s' belongs to the engine at %s, and the one at %s does not tell whether it is the "
                        "same: let it answer GET /info, or choose another directory with --data-dir",
                        store_path(p->setup.store), known->engine_endpoint, text);
        if (known->engine_id[0] && p->engine_id[0] && !str_eq(known->engine_id, p->engine_id))
                return error_set(err, ERR_CONFIG,
                                 "data directory '%s' belongs to engine %s at %s, not to engine %s at %s: choose another one with "
                                 "--data-dir",
                                 store_path(p->setup.store), known->engine_id, known->engine_endpoint, p->engine_id, text);
        return 0;
}

static void info_came(void *arg, const struct engine_info *info, const struct error *err) {
        struct pass *p = arg;
        p->asking_engine = false;
        if (err && err->code != ERR_ENGINE && err->code != ERR_NOT_FOUND) {
                p->engine_unknown = true;
                if (!p->live || !live_look_failed(p, err))
                        pass_fail(p, err);
                return;
        }
        /* A socket proxy may forbid /info: then the endpoint alone tells whose directory it is. */
        if (err)
                log_debug("the engine does not tell its id: %s", err->msg);
        else if (info->id[0])
                (void)snprintf(p->engine_id, sizeof(p->engine_id), "%s", info->id);
        if (!err && info->name[0])
                (void)snprintf(p->host, sizeof(p->host), "%s", info->name);
        if (p->live)
                live_engine_known(p);
}

int pass_ask_engine(struct pass *p, struct error *err) {
        p->asking_engine = true;
        /* It may become so while the answer is awaited, which then says too little. */
        p->engine_unknown = false;
        return engine_get_info(p->setup.engine, info_came, p, err);
}

static void tell_repairs(struct pass *p, const struct store_repair *repairs, size_t n, struct now now, struct arena *a) {
        struct event *events = arena_array(a, n, sizeof(*events));
        for (size_t i = 0; i < n; i++) {
                const struct store_repair *r = &repairs[i];
                events[i] = (struct event){ .at_us = now.wall_us,
                                            .type = EVENT_STORE,
                                            .status = "rebuilt",
                                            .message = arena_printf(a, "%s was broken (%s) and is kept as %s: %s", r->file,
                                                                    r->error, r->kept_as, r->outcome),
                                            .duration_ms = -1 };
        }
        pass_save_events(p, events, n);
        post_events(p, NULL, events, n, true);
}

/* Broken files are set aside and rebuilt before anything is decided, under the state lock. */
int pass_repair(struct pass *p, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(ARENA_BLOCK);
        struct now now = clock_read();
        struct store_repair *repairs = NULL;
        size_t n = 0;
        p->repairing = true;
        int r = store_repair(p->setup.store, now, p->setup.config->restart.max_restarts_window_seconds, &a, &repairs, &n, err);
        if (n > 0)
                tell_repairs(p, repairs, n, now, &a);
        p->repairing = false;
        return r;
}

static int repair_locked(struct pass *p, struct error *err) {
        if (store_lock_state(p->setup.store, err) < 0)
                return -1;
        int r = pass_repair(p, err);
        store_unlock_state(p->setup.store);
        return r;
}

static int load_known(struct pass *p, struct error *err) {
        struct error why = ERROR_INIT;
        if (store_load(p->setup.store, &p->known, &p->known_arena, &why) == 0)
                return 0;
        if (!p->setup.read_only && why.code == ERR_CONFIG && repair_locked(p, err) == 0)
                return store_load(p->setup.store, &p->known, &p->known_arena, err);
        if (err && err->code == ERR_NONE)
                *err = why;
        return -1;
}

/*
 * The engine works on its list while we read what is remembered. Its id is asked once, and again when the endpoint changes;
 * a pass that goes on asks at the start, too, and waits for nothing: its engine may be away.
 * A data directory that cannot be read is the worse news, whatever the engine says.
 */
int pass_begin(struct pass *p, struct error *err) {
        if (look_begin(p, err) < 0)
                return -1;
        while (!p->live && p->looking && engine_api_version(p->setup.engine)[0] == '\0' && !pass_is_stopping(p))
                (void)net_run(p->setup.net);
        if (load_known(p, err) < 0) {
                error_clear(&p->failure);
                return -1;
        }
        if (str_eq(p->known.engine_endpoint, p->setup.endpoint->text)) {
                (void)snprintf(p->engine_id, sizeof(p->engine_id), "%s", p->known.engine_id);
                if (p->known.engine_name[0])
                        (void)snprintf(p->host, sizeof(p->host), "%s", p->known.engine_name);
                if (!p->live)
                        return 0;
        }
        /* An engine that did not answer is asked when it does. */
        if (p->failure.code != ERR_NONE || p->engine_unknown)
                return 0;
        return pass_ask_engine(p, err);
}
