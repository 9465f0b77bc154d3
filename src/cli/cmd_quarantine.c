/* SPDX-License-Identifier: MIT */
/* `docker autoheal quarantine` and `unquarantine`: a person's word, kept until a person takes it back. */
#include "cli_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"
#include "autoheal/record/record.h"

struct change {
        struct session *session;
        struct pass *pass; /* NULL: the engine cannot be reached */
        struct arena arena;
        struct state before, after;
        struct event_list events;
        bool release;
        const char **names; /* as they were typed, to print once all is saved */
        size_t n_names;
        int status;
};

static const struct container *find_container(const struct change *ch, const char *stable_id) {
        const struct plan *plan = ch->pass ? pass_plan(ch->pass) : NULL;
        for (size_t i = 0; plan && i < plan->n; i++)
                if (str_eq(plan->items[i].stable_id, stable_id))
                        return plan->items[i].container;
        return NULL;
}

/* Asking for what is so already is no failure, but only what was done is printed as done: a release of the wrong one must show. */
static void apply(struct change *ch, const char *name, const char *stable_id, const struct container *c) {
        struct now now = clock_read();
        bool changed = ch->release ? record_unquarantine(&ch->after, &ch->events, stable_id, c, now)
                                   : record_quarantine(&ch->after, &ch->events, stable_id, c, now);
        if (!changed && ch->release) {
                print_line(stderr, "%s is not quarantined", name);
                return;
        }
        ch->names[ch->n_names++] = arena_strdup(&ch->arena, name);
}

/* One that is gone has no container, but its quarantine can still be lifted; without an engine a stable id has to do. */
static void change_one(struct change *ch, const char *name) {
        struct plan_item *item = NULL;
        struct error err = ERROR_INIT;
        if (!name[0]) {
                log_error("container name is empty");
                ch->status = 1;
                return;
        }
        if (ch->pass && session_resolve(ch->pass, name, &item, &err) == 0) {
                apply(ch, name, item->stable_id, item->container);
                return;
        }
        if (err.code != ERR_AMBIGUOUS && state_find(&ch->after, name) && (ch->release || !ch->pass)) {
                apply(ch, name, name, NULL);
                return;
        }
        if (!ch->pass)
                (void)error_set(&err, ERR_NOT_FOUND,
                                "No such container: %s (the engine cannot be reached, and nothing of that stable id is remembered)",
                                name);
        log_error("%s", err.msg);
        ch->status = 1;
}

static void change_all(struct change *ch) {
        const struct options *o = &ch->session->cli->options;
        ch->names = arena_array(&ch->arena, o->n_args + ch->after.n, sizeof(*ch->names));
        for (size_t i = 0; i < o->n_args; i++)
                change_one(ch, o->args[i]);
        for (size_t i = 0; ch->release && o->all && i < ch->after.n; i++) {
                const char *id = ch->after.memories[i].stable_id;
                if (ch->after.memories[i].quarantined != QUARANTINED_NOT)
                        apply(ch, id, id, find_container(ch, id));
        }
}

/* With an engine at hand the look has checked it. Without one only the endpoint tells whose directory this is. */
static int check_owner(const struct change *ch, struct error *err) {
        const char *owner = ch->before.engine_endpoint, *named = ch->session->endpoint.text;
        if (ch->pass || !owner[0] || str_eq(owner, named))
                return 0;
        return error_set(
                err, ERR_CONFIG,
                "data directory '%s' belongs to the engine at %s, and the one at %s cannot be asked whether it is the same: "
                "name the right one with -H, or choose another directory with --data-dir",
                store_path(ch->session->store), owner, named);
}

static int save(struct change *ch, struct error *err) {
        struct store *store = ch->session->store;
        if (store_lock_state(store, err) < 0)
                return -1;
        int r = store_load(store, &ch->before, &ch->arena, err);
        if (r == 0)
                r = check_owner(ch, err);
        if (r == 0) {
                state_copy(&ch->after, &ch->before, &ch->arena);
                if (ch->pass)
                        decide_settle_names(&ch->after, pass_observation(ch->pass), pass_selection(ch->pass));
                change_all(ch);
                r = store_save(store, &ch->before, &ch->after, true, err);
        }
        bool saved = r == 0;
        if (saved && store_append_events(store, ch->events.items, ch->events.n, ch->session->config.ui.max_log_entries, err) < 0)
                r = error_wrap(err, "done, but it could not be added to the history");
        store_unlock_state(store);
        for (size_t i = 0; saved && i < ch->n_names; i++)
                print_line(stdout, "%s", ch->names[i]);
        return r;
}

static int run(struct cli *cli, bool release) {
        struct error err = ERROR_INIT;
        struct session s = { 0 };
        struct change ch = { .session = &s, .arena = ARENA_INIT((size_t)64 * 1024), .release = release };
        ch.events = (struct event_list)EVENT_LIST_INIT(&ch.arena);
        state_init(&ch.before, &ch.arena);
        state_init(&ch.after, &ch.arena);
        int status = 0;
        if (session_open(&s, cli, STORE_WRITE, &err) < 0) {
                status = session_fail(&err);
        } else if (session_look(&s, false, &ch.pass, &err) < 0 && (err.code == ERR_CONFIG || err.code == ERR_INTERRUPTED)) {
                status = session_fail(&err);
        } else {
                if (err.code != ERR_NONE) {
                        pass_free(ch.pass);
                        ch.pass = NULL;
                        log_warn("%s", err.msg);
                }
                error_clear(&err);
                status = save(&ch, &err) < 0 ? session_fail(&err) : ch.status;
        }
        pass_free(ch.pass);
        state_release(&ch.before);
        state_release(&ch.after);
        arena_release(&ch.arena);
        session_close(&s);
        return status;
}

int cmd_quarantine(struct cli *cli) {
        return run(cli, false);
}

int cmd_unquarantine(struct cli *cli) {
        struct error err = ERROR_INIT;
        bool named = cli->options.n_args > 0;
        if (!named && !cli->options.all)
                (void)error_set(&err, ERR_ARGUMENTS, "'%s unquarantine' requires at least 1 argument, or --all", cli->program);
        else if (named && cli->options.all)
                (void)error_set(&err, ERR_USAGE, "unquarantine takes containers or --all, not both");
        if (err.code != ERR_NONE)
                return help_usage_error(cli, &err);
        return run(cli, true);
}
