/* SPDX-License-Identifier: MIT */
/* A command that changes what is remembered: read afresh, changed and saved under the lock, whoever else does so as well. */
#include "cli_internal.h"

#include "autoheal/os/log.h"
#include "autoheal/os/self.h"

/* Nobody knows yet whose directory it is, or it belongs to the very endpoint that was named. */
static bool is_ours(const struct change *ch, const struct state *known) {
        return !known->engine_endpoint[0] || str_eq(known->engine_endpoint, ch->session.endpoint.text);
}

static int look_if_in_doubt(struct change *ch, bool *ret_doubt, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT((size_t)64 * 1024);
        struct state known AUTO(state_release);
        state_init(&known, &a);
        if (store_load(ch->session.store, &known, &a, err) < 0)
                return -1;
        *ret_doubt = !is_ours(ch, &known);
        return 0;
}

static void init(struct change *ch) {
        *ch = (struct change){ .arena = ARENA_INIT((size_t)64 * 1024) };
        ch->events = (struct event_list)EVENT_LIST_INIT(&ch->arena);
        state_init(&ch->before, &ch->arena);
        state_init(&ch->after, &ch->arena);
}

static int look_as_asked(struct change *ch, enum change_engine engine, struct error *err) {
        bool look = true;
        if (engine == ENGINE_IF_IN_DOUBT && look_if_in_doubt(ch, &look, err) < 0)
                return -1;
        return look ? change_look(ch, engine, err) : 0;
}

int change_open(struct change *ch, struct cli *cli, enum change_engine engine, struct error *err) {
        init(ch);
        if (session_open(&ch->session, cli, STORE_CHANGE, err) < 0)
                return -1;
        return look_as_asked(ch, engine, err);
}

int change_open_anyway(struct change *ch, struct cli *cli, enum change_engine engine, struct error *err) {
        init(ch);
        if (session_open_anyway(&ch->session, cli, STORE_CHANGE, err) < 0)
                return -1;
        return look_as_asked(ch, engine, err);
}

int change_open_config(struct change *ch, struct cli *cli, struct error *ret_wrong, struct error *err) {
        init(ch);
        if (session_open_config(&ch->session, cli, STORE_CHANGE, ret_wrong, err) < 0 || session_connect(&ch->session, err) < 0)
                return -1;
        return look_as_asked(ch, ENGINE_IF_IN_DOUBT, err);
}

int change_look(struct change *ch, enum change_engine engine, struct error *err) {
        struct error why = ERROR_INIT;
        pass_free(ch->pass);
        ch->pass = NULL;
        if (session_look(&ch->session, false, &ch->pass, &why) == 0)
                return 0;
        pass_free(ch->pass);
        ch->pass = NULL;
        if (engine == ENGINE_NEEDED || why.code == ERR_CONFIG || why.code == ERR_INTERRUPTED) {
                *err = why;
                return -1;
        }
        log_warn("%s", why.msg);
        return 0;
}

/* With an engine at hand the look has checked it. Without one only the endpoint tells whose directory this is. */
static int check_owner(const struct change *ch, struct error *err) {
        if (ch->pass || is_ours(ch, &ch->before))
                return 0;
        return error_set(
                err, ERR_CONFIG,
                "data directory '%s' belongs to the engine at %s, and the one at %s cannot be asked whether it is the same: "
                "name the right one with -H, or choose another directory with --data-dir",
                store_path(ch->session.store), ch->before.engine_endpoint, ch->session.endpoint.text);
}

int change_load(struct change *ch, struct error *err) {
        if (store_load(ch->session.store, &ch->before, &ch->arena, err) < 0 || check_owner(ch, err) < 0)
                return -1;
        state_copy(&ch->after, &ch->before, &ch->arena);
        return 0;
}

static int leave_messages(struct change *ch, struct error *err) {
        struct notify_news news = { .before = &ch->before, .events = ch->events.items, .n = ch->events.n };
        char host[256], kept[NOTIFY_KEPT_SIZE] = "";
        self_host_name(host, sizeof(host));
        int r = notify_leave(ch->session.store, &ch->session.config, ch->before.engine_name[0] ? ch->before.engine_name : host,
                             &news, kept, err);
        if (kept[0])
                log_warn("%s", kept);
        return r;
}

static int save_locked(struct change *ch, change_fn *apply, void *arg, bool *ret_saved, struct error *err) {
        struct store *store = ch->session.store;
        if (change_load(ch, err) < 0)
                return -1;
        if (ch->pass)
                decide_settle_names(&ch->after, pass_observation(ch->pass), pass_selection(ch->pass));
        apply(arg, ch);
        store_announce_events(&ch->after, ch->events.items, ch->events.n);
        if (store_save(store, &ch->before, &ch->after, true, err) < 0)
                return -1;
        *ret_saved = true;
        if (leave_messages(ch, err) < 0) {
                if (err)
                        err->code = ERR_FAILED;
                return error_wrap(err, "done, but nobody can be told");
        }
        if (store_append_events(store, ch->events.items, ch->events.n, ch->session.config.ui.max_log_entries, err) < 0) {
                /* What was asked for is done: 78 would say that nothing was. */
                if (err)
                        err->code = ERR_FAILED;
                return error_wrap(err, "done, but it could not be added to the history");
        }
        return 0;
}

int change_save(struct change *ch, change_fn *apply, void *arg, bool *ret_saved, struct error *err) {
        *ret_saved = false;
        if (store_lock_state(ch->session.store, err) < 0)
                return -1;
        int r = save_locked(ch, apply, arg, ret_saved, err);
        store_unlock_state(ch->session.store);
        return r;
}

void change_close(struct change *ch) {
        pass_free(ch->pass);
        state_release(&ch->before);
        state_release(&ch->after);
        arena_release(&ch->arena);
        session_close(&ch->session);
}
