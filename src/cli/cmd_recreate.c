/* SPDX-License-Identifier: MIT */
/*
 * `docker autoheal recreate CONTAINER [PARENT]`: makes one anew that shares the network of a container which is gone.
 *
 * Until the new one runs, it has a name that tells whose place it will take, and the old one stays what it is. So whatever ends
 * this half-way leaves a container that has all that is needed, and the same command, typed again, goes on from there.
 */
#include "cli_internal.h"

#include "autoheal/engine/decode.h"
#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"

#define DIGITS       12       /* of the old one's id, at the end of such a name */
#define ANEW         "-anew-" /* the new one's, before it takes the old one's place */
#define REPLACED     "-replaced-"
#define GONE_IN_MS   10000 /* the engine removes one with --rm by itself, a moment after it has stopped */
#define GONE_EACH_MS 100

struct recreation {
        struct change change;
        const char *name;              /* that it has and will have */
        const struct container *old;   /* NULL: it is gone, and the new one has to take its place */
        const struct container *found; /* the new one of an earlier attempt; NULL none */
        const struct container *parent;
        const char *stable_id;
        int64_t stop_timeout_s;
        bool runs, removes_itself;              /* the old one */
        const char *body, *new_id, *anew, *why; /* anew: the new one's name until then */
        bool begun;                             /* something was changed */

        /* the call under way */
        bool came;
        struct error err;
};

/* ---- Names ---- */

static bool ends_so(const char *name, const char *infix, struct slice *ret_of) {
        size_t n = strlen(name), tail = strlen(infix) + DIGITS;
        if (n <= tail || strncmp(name + n - tail, infix, strlen(infix)) != 0 ||
            strspn(name + n - DIGITS, "0123456789abcdef") != DIGITS)
                return false;
        *ret_of = (struct slice){ name, n - tail };
        return true;
}

enum recreate_trace recreate_trace(const char *name, struct slice *ret_of) {
        if (ends_so(name, ANEW, ret_of))
                return RECREATE_ANEW;
        return ends_so(name, REPLACED, ret_of) ? RECREATE_REPLACED : RECREATE_NO_TRACE;
}

static const char *name_with(struct recreation *r, const char *infix) {
        return arena_printf(&r->change.arena, "%s%s%.*s", r->name, infix, DIGITS, r->old->id);
}

/* ---- Calls, one after another ---- */

static void end_call(struct recreation *r, const struct error *err) {
        r->came = true;
        r->err = err ? *err : (struct error)ERROR_INIT;
}

/* It may have changed since it was listed, or not have been looked at closely then. */
static void text_came(void *arg, struct slice text, const struct error *err) {
        struct recreation *r = arg;
        struct error wrong = ERROR_INIT;
        struct container now = *r->old;
        if (!err && (decode_inspect(text.p, text.n, &r->change.arena, &now, &wrong) < 0 ||
                     decode_recreation(text.p, text.n, r->parent->id, &r->change.arena, &r->body, &wrong) < 0))
                err = &wrong;
        r->runs = now.state == CONTAINER_RUNNING || now.state == CONTAINER_PAUSED || now.state == CONTAINER_RESTARTING;
        r->removes_itself = now.auto_remove;
        end_call(r, err);
}

static void created(void *arg, const char *id, const struct error *err) {
        struct recreation *r = arg;
        if (!err)
                r->new_id = arena_strdup(&r->change.arena, id);
        end_call(r, err);
}

static void done(void *arg, const struct error *err) {
        end_call(arg, err);
}

/* A person who is impatient does not leave it half done: each call has a time-out. */
static int wait_for(struct recreation *r, int asked, struct error *err) {
        if (asked < 0)
                return -1;
        while (!r->came && net_run(r->change.session.net))
                continue;
        r->came = false;
        if (r->err.code == ERR_NONE)
                return 0;
        *err = r->err;
        return -1;
}

static int rename_one(struct recreation *r, const char *id, const char *name, struct error *err) {
        return wait_for(r, engine_rename(r->change.session.engine, id, name, done, r, err), err);
}

static int act(struct recreation *r, enum engine_action what, const char *id, struct error *err) {
        int64_t timeout_s = r->stop_timeout_s, wait_s = timeout_s == STOP_TIMEOUT_UNSET || timeout_s < 0 ? 300 : timeout_s;
        return wait_for(r, engine_act(r->change.session.engine, what, id, timeout_s, wait_s, done, r, err), err);
}

static int remove_one(struct recreation *r, const char *id, struct error *err) {
        return wait_for(r, engine_remove(r->change.session.engine, id, done, r, err), err);
}

static int create(struct recreation *r, const char *name, struct error *err) {
        return wait_for(r, engine_create(r->change.session.engine, name, r->body, created, r, err), err);
}

/* ---- Undoing ---- */

static void tell_left(const char *what, const struct error *err) {
        log_warn("%s: %s", what, err->msg);
}

/* The old one has removed itself. The new one is all that is left, and may have done so as well: it failed to start. */
static void keep_new(struct recreation *r) {
        struct error err = ERROR_INIT;
        if (rename_one(r, r->new_id, r->name, &err) == 0)
                return;
        if (err.code != ERR_NOT_FOUND) {
                tell_left(arena_printf(&r->change.arena, "the new container is left as '%s'", r->anew), &err);
                return;
        }
        error_clear(&err);
        if (create(r, r->name, &err) < 0)
                tell_left("the new container, which the engine removed, could not be made again", &err);
}

/* It is removed, by us or, with --rm, by the engine itself, which takes a moment. */
static bool is_gone(struct recreation *r, struct error *err) {
        int64_t end_mono_ms = clock_read().mono_ms + (r->removes_itself ? GONE_IN_MS : 0);
        for (;;) {
                error_clear(err);
                if (remove_one(r, r->old->id, err) == 0 || err->code == ERR_NOT_FOUND)
                        return true;
                if (wait_step(&r->change.session, end_mono_ms, GONE_EACH_MS, NULL) <= 0)
                        return false;
        }
}

/* Whatever of it fails is told, and the rest is undone all the same. */
static void undo(struct recreation *r, bool stopped) {
        struct error err = ERROR_INIT;
        if (stopped && r->removes_itself && is_gone(r, &err)) {
                keep_new(r);
                return;
        }
        error_clear(&err);
        /* A start whose answer did not come may have been made all the same. */
        if (stopped && act(r, ENGINE_STOP, r->new_id, &err) < 0 && err.code != ERR_NOT_FOUND)
                tell_left("the new container could not be stopped", &err);
        error_clear(&err);
        if (remove_one(r, r->new_id, &err) < 0 && err.code != ERR_NOT_FOUND)
                tell_left(arena_printf(&r->change.arena, "the new container is left as '%s'", r->anew), &err);
        error_clear(&err);
        if (stopped && act(r, ENGINE_START, r->old->id, &err) < 0)
                tell_left(arena_printf(&r->change.arena, "the old container is kept as '%s', and could not be started again",
                                       r->name),
                          &err);
}

/* ---- Doing ---- */

/* The new one runs. What the old one has, its name excepted, is in nobody's way: it is removed last. */
static int take_place(struct recreation *r, struct error *err) {
        struct error left = ERROR_INIT;
        if (r->old && !is_gone(r, &left)) {
                const char *replaced = name_with(r, REPLACED);
                if (rename_one(r, r->old->id, replaced, err) < 0)
                        return error_wrap(err, "the new container runs as '%s', and the old one could not be removed", r->anew);
                log_warn("the old container is left as '%s': %s", replaced, left.msg);
        }
        if (rename_one(r, r->new_id, r->name, err) < 0)
                return error_wrap(err, "the new container runs as '%s', and could not be given its name", r->anew);
        return 0;
}

static int make_new(struct recreation *r, struct error *err) {
        if (r->found && remove_one(r, r->found->id, err) < 0 && err->code != ERR_NOT_FOUND)
                return error_wrap(err, "'%s', which an earlier attempt has left, could not be removed", r->anew);
        error_clear(err);
        if (create(r, r->anew, err) < 0) {
                r->begun = err->code != ERR_ENGINE && err->code != ERR_NOT_FOUND;
                /* The next attempt finds it and removes it. */
                if (r->begun)
                        log_warn("the new container may be left as '%s'", r->anew);
                return error_wrap(err, "the new container could not be made, and the old one is kept");
        }
        r->begun = true;
        return 0;
}

static int stop_old(struct recreation *r, struct error *err) {
        if (!r->runs || act(r, ENGINE_STOP, r->old->id, err) == 0 || err->code == ERR_NOT_FOUND)
                return 0;
        return error_wrap(err, "the old container could not be stopped, and is kept");
}

static int start_new(struct recreation *r, struct error *err) {
        if (act(r, ENGINE_START, r->new_id, err) == 0)
                return 0;
        return error_wrap(err, "the new container could not be started");
}

static int replace(struct recreation *r, struct error *err) {
        if (make_new(r, err) < 0)
                return -1;
        if (stop_old(r, err) < 0 || start_new(r, err) < 0) {
                undo(r, r->runs);
                return -1;
        }
        error_clear(err);
        return take_place(r, err);
}

/* An earlier attempt has come so far that the new one runs, or that it is the only one. */
static int go_on(struct recreation *r, struct error *err) {
        r->begun = true;
        r->new_id = r->found->id;
        if (r->old && stop_old(r, err) < 0)
                return -1;
        error_clear(err);
        return take_place(r, err) < 0 ? -1 : start_new(r, err);
}

/* ---- Which ---- */

static const struct plan_item *find_item(struct recreation *r, bool (*is_it)(const struct plan_item *, const char *),
                                         const char *what) {
        const struct plan *plan = pass_plan(r->change.pass);
        for (size_t i = 0; i < plan->n; i++)
                if (is_it(&plan->items[i], what))
                        return &plan->items[i];
        return NULL;
}

static bool has_stable_id(const struct plan_item *item, const char *stable_id) {
        return str_eq(item->stable_id, stable_id);
}

static bool has_name(const struct plan_item *item, const char *name) {
        return str_eq(item->container->name, name);
}

static bool takes_place_of(const struct plan_item *item, const char *name) {
        struct slice of;
        return recreate_trace(item->container->name, &of) == RECREATE_ANEW && slice_eq(of, name);
}

static int find_parent(struct recreation *r, struct error *err) {
        const struct options *o = &r->change.session.cli->options;
        const struct memory *m = state_find(pass_state(r->change.pass), r->stable_id);
        struct plan_item *named = NULL;
        if (o->n_args > 1) {
                if (session_resolve(r->change.pass, o->args[1], &named, err) < 0)
                        return -1;
                r->parent = named->container;
        } else if (!m || !m->parent[0]) {
                (void)error_set(err, ERR_FAILED, "it is not known whose network '%s' shared: name that container after it",
                                r->name);
                return error_remedy(err, "docker autoheal recreate %s PARENT", r->name);
        } else {
                const struct plan_item *successor = find_item(r, has_stable_id, m->parent);
                if (!successor)
                        return error_set(err, ERR_FAILED,
                                         "there is no container '%s' whose network '%s' could share: make that one first",
                                         m->parent, r->name);
                r->parent = successor->container;
        }
        if (r->parent == r->old)
                return error_set(err, ERR_FAILED, "'%s' cannot share its own network", r->name);
        if (r->parent->state != CONTAINER_RUNNING)
                return error_set(err, ERR_FAILED, "'%s', whose network '%s' is to share, does not run: start it first",
                                 r->parent->name, r->name);
        return 0;
}

/* Nobody has that name, but one that an earlier attempt has made is to get it. */
static bool is_only_one_left(struct recreation *r, const char *name) {
        const struct plan_item *item = find_item(r, takes_place_of, name);
        if (!item)
                return false;
        r->name = name;
        r->found = item->container;
        r->anew = item->container->name;
        r->stable_id = item->stable_id;
        r->stop_timeout_s = item->stop_timeout_s;
        return true;
}

static int check_old(struct recreation *r, const struct plan_item *item, struct error *err) {
        const struct plan_item *found;
        r->old = item->container;
        r->name = item->container->name;
        r->stable_id = item->stable_id;
        r->stop_timeout_s = item->stop_timeout_s;
        r->anew = name_with(r, ANEW);
        if (!pass_selection(r->change.pass)[item - pass_plan(r->change.pass)->items].lost_parent)
                return error_set(err, ERR_FAILED, "'%s' does not share the network of a container that is gone", r->name);
        found = find_item(r, has_name, r->anew);
        r->found = found ? found->container : NULL;
        return 0;
}

/* Of two that bear the same stable id the new one may have been meant. */
static int find_old(struct recreation *r, struct error *err) {
        const char *name = r->change.session.cli->options.args[0];
        struct plan_item *named = NULL;
        struct slice of;
        int found = session_resolve(r->change.pass, name, &named, err);
        if (found < 0 && err->code != ERR_NOT_FOUND)
                return -1;
        if (found == 0 && recreate_trace(named->container->name, &of) == RECREATE_ANEW)
                name = arena_strndup(&r->change.arena, of.p, of.n);
        else if (found == 0)
                return check_old(r, named, err);

        const struct plan_item *old = find_item(r, has_name, name);
        if (old)
                return check_old(r, old, err);
        if (!is_only_one_left(r, name))
                return -1;
        error_clear(err);
        return 0;
}

static int recreate(struct recreation *r, struct error *err) {
        if (find_old(r, err) < 0)
                return -1;
        if (!r->old)
                return go_on(r, err);
        if (find_parent(r, err) < 0 ||
            wait_for(r, engine_inspect_text(r->change.session.engine, r->old->id, text_came, r, err), err) < 0)
                return -1;
        return r->found && r->found->state == CONTAINER_RUNNING ? go_on(r, err) : replace(r, err);
}

/* ---- The command ---- */

static void note(void *arg, struct change *ch) {
        const struct recreation *r = arg;
        const char *in = r->parent ? arena_printf(&ch->arena, " in the network of '%s'", r->parent->name) : "";
        const char *message = r->why ? arena_printf(&ch->arena, "could not be made anew%s: %s", in, r->why)
                                     : arena_printf(&ch->arena, "made anew by hand%s", in);
        event_list_add(&ch->events, &(struct event){ .at_us = clock_read().wall_us,
                                                     .type = EVENT_ORPHANED,
                                                     .status = r->why ? "failure" : "success",
                                                     .container_id = r->why && r->old ? r->old->id : r->new_id,
                                                     .container_name = r->name,
                                                     .stable_id = r->stable_id,
                                                     .reason = reason_name(REASON_REQUESTED),
                                                     .message = message,
                                                     .duration_ms = -1 });
}

/* It is in the history however it ended, if something was changed. */
static int finish(struct recreation *r, int result, struct error *err) {
        struct error unsaved = ERROR_INIT;
        bool saved = false;
        if (result < 0 && !r->begun)
                return session_fail(err);
        r->why = result < 0 ? err->msg : NULL;
        if (result == 0)
                print_line(stdout, "%s", r->name);
        if (change_save(&r->change, note, r, &saved, &unsaved) < 0 && result == 0)
                return session_fail(&unsaved);
        return result < 0 ? session_fail(err) : 0;
}

int cmd_recreate(struct cli *cli) {
        struct recreation r = { .err = ERROR_INIT };
        struct error err = ERROR_INIT;
        int result = change_open(&r.change, cli, ENGINE_NEEDED, &err) < 0 ? -1 : recreate(&r, &err);
        int status = finish(&r, result, &err);
        change_close(&r.change);
        return status;
}
