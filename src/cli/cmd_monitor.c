/* SPDX-License-Identifier: MIT */
/* `docker autoheal monitor` and `ignore`: containers into containers.selected or containers.excluded of config.json. */
#include "document.h"

#include "autoheal/os/log.h"

enum wish { WISH_MONITOR, WISH_IGNORE, WISH_FORGET };

#define SELECTED "containers.selected"
#define EXCLUDED "containers.excluded"

/* One of the two lists, as config.json has it and as it shall be. */
struct names {
        const char **items;
        size_t n;
        bool changed;
};

struct request {
        struct change change;
        enum wish wish;
        struct names selected, excluded;
        const char **done; /* names as they were typed, to print once all is saved */
        size_t n_done;
        struct config_issues issues;
        bool written;
        int status;
        struct error err;
};

/* Whom a name means. */
struct target {
        const char *typed, *stable_id;
        const char *claimed_id;         /* what it asks to be called, where it had to give way; else the stable id */
        const struct container *c;      /* NULL: not there, or the engine cannot be asked */
        const struct plan_item *item;   /* NULL likewise */
        const struct selection *chosen; /* NULL likewise */
};

/* ---- The lists ---- */

/* What is no list of names is not written back as one. */
static int names_read(struct names *ret, const char *path, struct json_value root, size_t room, struct session *s,
                      struct error *err) {
        struct json_value list = config_at(root, path);
        enum json_type type = json_type(list);
        struct json_iter it = json_iter(list);
        *ret = (struct names){ .items = arena_array(&s->arena, json_count(list) + room, sizeof(*ret->items)) };
        if (type != JSON_ARRAY && type != JSON_NULL && type != JSON_MISSING)
                return error_set(err, ERR_CONFIG, "%s: %s: must be a list (is %s)", document_shown(s), path, json_type_name(type));
        while (type == JSON_ARRAY && json_next(&it)) {
                const char *name = json_string(it.value, &s->arena);
                if (!name)
                        return error_set(err, ERR_CONFIG, "%s: %s[%zu]: must be a string (is %s)", document_shown(s), path, ret->n,
                                         json_type_name(json_type(it.value)));
                ret->items[ret->n++] = name;
        }
        return 0;
}

static bool means(const char *entry, const struct target *t) {
        const struct string_list one = { .items = &entry, .n = 1 };
        if (!t->c)
                return str_eq(entry, t->stable_id);
        return decide_is_listed(&one, t->stable_id, t->c) || decide_is_listed(&one, t->claimed_id, t->c);
}

static bool names_have(const struct names *l, const struct target *t) {
        for (size_t i = 0; i < l->n; i++)
                if (means(l->items[i], t))
                        return true;
        return false;
}

static bool names_add(struct names *l, const struct target *t) {
        if (names_have(l, t))
                return false;
        l->items[l->n++] = t->stable_id;
        return l->changed = true;
}

static bool names_remove(struct names *l, const struct target *t) {
        size_t before = l->n;
        l->n = 0;
        for (size_t i = 0; i < before; i++)
                if (!means(l->items[i], t))
                        l->items[l->n++] = l->items[i];
        l->changed = l->changed || l->n < before;
        return l->n < before;
}

/* ---- One name ---- */

/* Without its container a name has to be one that is remembered; to be forgotten, one of the lists. */
static bool is_remembered(const struct request *r, const struct target *t) {
        if (r->wish == WISH_FORGET && (names_have(&r->selected, t) || names_have(&r->excluded, t)))
                return true;
        return !r->change.pass && state_find(&r->change.after, t->stable_id);
}

static int find_target(struct request *r, const char *typed, struct target *ret, struct error *err) {
        struct pass *pass = r->change.pass;
        struct plan_item *item = NULL;
        *ret = (struct target){ .typed = typed, .stable_id = typed, .claimed_id = typed };
        if (!typed[0])
                return error_set(err, ERR_NOT_FOUND, "container name is empty");
        if (pass && session_resolve(pass, typed, &item, err) == 0) {
                ret->item = item;
                ret->c = item->container;
                ret->stable_id = item->stable_id;
                ret->chosen = &pass_selection(pass)[item - pass_plan(pass)->items];
                ret->claimed_id = ret->chosen->claimed_id;
                return 0;
        }
        if (!(pass && err->code == ERR_AMBIGUOUS) && is_remembered(r, ret)) {
                error_clear(err);
                return 0;
        }
        if (pass)
                return -1;
        return error_set(err, ERR_NOT_FOUND,
                         "No such container: %s (the engine cannot be reached, and nothing of that stable id is remembered)",
                         typed);
}

/* To list it would promise what does not come true. */
static int check_can_be_monitored(const struct target *t, struct error *err) {
        if (!t->item)
                return 0;
        switch (t->item->monitor_reason) {
        case REASON_SELF:
        case REASON_SWARM_TASK:
        case REASON_ONE_OFF:
        case REASON_KUBERNETES:
                return error_set(err, ERR_FAILED, "'%s' is never monitored: %s", t->typed, t->item->monitor_detail);
        default:
                break;
        }
        if (t->chosen->policy.optin == OPTIN_FALSE)
                return error_set(err, ERR_FAILED, "'%s' is not monitored: its label says no, which wins over " SELECTED, t->typed);
        return 0;
}

/* What is to be told of it; NULL if all is so already. */
static const char *change_lists(struct request *r, const struct target *t) {
        bool was_selected = r->wish != WISH_MONITOR && names_remove(&r->selected, t);
        bool was_excluded = r->wish != WISH_IGNORE && names_remove(&r->excluded, t);
        bool is_new =
                (r->wish == WISH_MONITOR && names_add(&r->selected, t)) || (r->wish == WISH_IGNORE && names_add(&r->excluded, t));
        if (!was_selected && !was_excluded && !is_new)
                return NULL;
        if (r->wish == WISH_FORGET && was_selected && was_excluded)
                return "taken out of " SELECTED " and " EXCLUDED;
        if (r->wish == WISH_FORGET)
                return was_selected ? "taken out of " SELECTED : "taken out of " EXCLUDED;
        return r->wish == WISH_MONITOR ? "added to " SELECTED : "added to " EXCLUDED;
}

static void change_one(struct request *r, const char *typed) {
        struct error err = ERROR_INIT;
        struct target t;
        if (find_target(r, typed, &t, &err) < 0 || (r->wish == WISH_MONITOR && check_can_be_monitored(&t, &err) < 0)) {
                log_error("%s", err.msg);
                r->status = 1;
                return;
        }
        const char *message = change_lists(r, &t);
        if (message)
                document_event(&r->change, t.stable_id, message);
        else if (r->wish == WISH_FORGET) {
                print_line(stderr, "%s is in neither list", typed);
                return;
        }
        r->done[r->n_done++] = typed;
}

/* ---- All names ---- */

static int write_lists(struct request *r, struct error *err) {
        struct change *ch = &r->change;
        struct config_edit edits[2];
        size_t n = 0;
        if (r->selected.changed)
                edits[n++] = (struct config_edit){ SELECTED, config_list_json(r->selected.items, r->selected.n, &ch->arena) };
        if (r->excluded.changed)
                edits[n++] = (struct config_edit){ EXCLUDED, config_list_json(r->excluded.items, r->excluded.n, &ch->arena) };
        return n ? document_change(ch, edits, n, &r->issues, &r->written, err) : 0;
}

static int change_all(struct request *r, struct error *err) {
        struct session *s = &r->change.session;
        const struct options *o = &s->cli->options;
        struct json_doc *doc AUTO_JSON = NULL;
        /* What was read before the lock may be another one by now. */
        if (store_read_config(s->store, &s->arena, &s->config_text, &s->config_len, err) < 0 || document_parse(s, &doc, err) < 0)
                return -1;
        struct json_value root = doc ? json_root(doc) : (struct json_value){ .doc = NULL };
        if (names_read(&r->selected, SELECTED, root, o->n_args, s, err) < 0 ||
            names_read(&r->excluded, EXCLUDED, root, o->n_args, s, err) < 0)
                return -1;
        r->done = arena_array(&s->arena, o->n_args, sizeof(*r->done));
        for (size_t i = 0; i < o->n_args; i++)
                change_one(r, o->args[i]);
        return write_lists(r, err);
}

static void apply(void *arg, struct change *ch) {
        struct request *r = arg;
        if (change_all(r, &r->err) == 0)
                return;
        document_print_errors(&r->issues, false);
        /* What was not done is not told. */
        ch->events.n = 0;
        r->n_done = 0;
}

static int run(struct cli *cli, enum wish wish) {
        struct request r = { .wish = cli->options.forget ? WISH_FORGET : wish };
        struct error err = ERROR_INIT;
        int status = 0;
        if (change_open(&r.change, cli, ENGINE_IF_REACHED, &err) < 0) {
                status = session_fail(&err);
        } else {
                r.issues = (struct config_issues)CONFIG_ISSUES_INIT(&r.change.arena);
                if (document_save(&r.change, apply, &r, &r.err, &r.written, &err) < 0)
                        status = session_fail(&err);
        }
        for (size_t i = 0; i < r.n_done && (r.written || status == 0); i++)
                print_line(stdout, "%s", r.done[i]);
        if (status == 0 && r.n_done > 0) {
                document_say_who_wins(&r.change.session, SELECTED);
                document_say_who_wins(&r.change.session, EXCLUDED);
        }
        change_close(&r.change);
        return status ? status : r.status;
}

int cmd_monitor(struct cli *cli) {
        return run(cli, WISH_MONITOR);
}

int cmd_ignore(struct cli *cli) {
        return run(cli, WISH_IGNORE);
}
