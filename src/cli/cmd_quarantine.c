/* SPDX-License-Identifier: MIT */
/* `docker autoheal quarantine` and `unquarantine`: a person's word, kept until a person takes it back. */
#include "cli_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"

struct request {
        struct change change;
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
static void change_memory(struct request *r, const char *name, const char *stable_id, const struct container *c) {
        struct change *ch = &r->change;
        struct now now = clock_read();
        bool changed = r->release ? record_unquarantine(&ch->after, &ch->events, stable_id, c, now)
                                  : record_quarantine(&ch->after, &ch->events, stable_id, c, now);
        if (!changed && r->release) {
                print_line(stderr, "%s is not quarantined", name);
                return;
        }
        r->names[r->n_names++] = arena_strdup(&ch->arena, name);
}

/* One that is gone has no container, but its quarantine can still be lifted; without an engine a stable id has to do. */
static void change_one(struct request *r, const char *name) {
        const struct change *ch = &r->change;
        struct plan_item *item = NULL;
        struct error err = ERROR_INIT;
        if (!name[0]) {
                log_error("container name is empty");
                r->status = 1;
                return;
        }
        if (ch->pass && session_resolve(ch->pass, name, &item, &err) == 0) {
                change_memory(r, name, item->stable_id, item->container);
                return;
        }
        if (err.code != ERR_AMBIGUOUS && state_find(&ch->after, name) && (r->release || !ch->pass)) {
                change_memory(r, name, name, NULL);
                return;
        }
        if (!ch->pass)
                (void)error_set(&err, ERR_NOT_FOUND,
                                "No such container: %s (the engine cannot be reached, and nothing of that stable id is remembered)",
                                name);
        log_error("%s", err.msg);
        r->status = 1;
}

static void change_all(void *arg, struct change *ch) {
        struct request *r = arg;
        const struct options *o = &ch->session.cli->options;
        r->names = arena_array(&ch->arena, o->n_args + ch->after.n, sizeof(*r->names));
        for (size_t i = 0; i < o->n_args; i++)
                change_one(r, o->args[i]);
        for (size_t i = 0; r->release && o->all && i < ch->after.n; i++) {
                const char *id = ch->after.memories[i].stable_id;
                if (ch->after.memories[i].quarantined != QUARANTINED_NOT)
                        change_memory(r, id, id, find_container(ch, id));
        }
}

static int run(struct cli *cli, bool release) {
        struct request r = { .release = release };
        struct error err = ERROR_INIT;
        bool saved = false;
        int status = 0;
        if (change_open_anyway(&r.change, cli, ENGINE_IF_REACHED, &err) < 0 ||
            change_save(&r.change, change_all, &r, &saved, &err) < 0)
                status = session_fail(&err);
        for (size_t i = 0; saved && i < r.n_names; i++)
                print_line(stdout, "%s", r.names[i]);
        change_close(&r.change);
        return status ? status : r.status;
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
