/* SPDX-License-Identifier: MIT */
/* One look at the engine: the list, then a closer look at those that were asked for, side by side. */
#include "autoheal/observe/observe.h"

#include "autoheal/util/strmap.h"

#define PARALLEL_INSPECTS 16
/* A healthy engine inspects in milliseconds; one container that it cannot inspect must not hold up the others. */
#define PATIENCE_MS 5000

struct observer {
        struct net *net;
        struct engine *engine;
        struct arena *arena;
        struct observation *obs;
        observe_fn *done;
        void *arg;
        const size_t *which;
        size_t n_which, next, under_way;
        uint64_t patience;        /* timer; 0: not set */
        struct error unreachable; /* the engine went away in the middle of a look */
};

struct observer *observer_new(struct net *net, struct engine *engine) {
        struct observer *o = xcalloc(1, sizeof(*o));
        o->net = net;
        o->engine = engine;
        return o;
}

void observer_free(struct observer *o) {
        if (!o)
                return;
        net_timer_cancel(o->net, o->patience);
        engine_cancel(o->engine, o);
        free(o);
}

static void finish(struct observer *o, const struct error *err) {
        o->done(o->arg, err ? NULL : o->obs, err);
}

/* Podman's list does not say who is unhealthy; its filter does. The others' health stays unknown. */
static void unhealthy_came(void *arg, const struct engine_list *list, const struct error *err) {
        struct observer *o = arg;
        if (err) {
                finish(o, err);
                return;
        }
        struct strmap unhealthy AUTO(strmap_release) = STRMAP_INIT;
        for (size_t i = 0; i < list->n; i++)
                strmap_set(&unhealthy, list->containers[i].id, i);
        for (size_t i = 0; i < o->obs->n; i++) {
                struct container *c = &o->obs->containers[i];
                if (c->state != CONTAINER_RUNNING)
                        continue;
                c->health = strmap_get(&unhealthy, c->id) == STRMAP_NONE ? HEALTH_UNKNOWN : HEALTH_UNHEALTHY;
        }
        finish(o, NULL);
}

static void list_came(void *arg, const struct engine_list *list, const struct error *err) {
        struct observer *o = arg;
        if (err) {
                finish(o, err);
                return;
        }
        o->obs->containers = list->containers;
        o->obs->n = list->n;
        o->obs->engine_now_us = list->engine_now_us;
        if (!engine_is_podman(o->engine)) {
                finish(o, NULL);
                return;
        }
        struct error second = ERROR_INIT;
        if (engine_list_containers(o->engine, true, o->arena, unhealthy_came, o, &second) < 0)
                finish(o, &second);
}

int observe_list(struct observer *o, struct arena *a, observe_fn *done, void *arg, struct error *err) {
        o->arena = a;
        o->done = done;
        o->arg = arg;
        o->obs = arena_new(a, struct observation);
        o->obs->self_id = o->obs->self_host = o->obs->engine_host = "";
        return engine_list_containers(o->engine, false, a, list_came, o, err);
}

static void inspect_next(struct observer *o);

static void note_unseen(struct observer *o, const char *why) {
        if (o->obs->n_unseen++ == 0)
                o->obs->unseen_why = arena_strdup(o->arena, why);
}

static void inspect_came(void *arg, struct container *c, const struct error *err) {
        struct observer *o = arg;
        o->under_way--;
        if (err && err->code == ERR_NOT_FOUND) {
                c->state = CONTAINER_REMOVING;
                c->inspected = false;
        } else if (err) {
                note_unseen(o, err->msg);
                if (err->code == ERR_CONNECT)
                        o->unreachable = *err;
        }
        inspect_next(o);
}

/* An engine that cannot be reached fails the whole look; a single container that cannot be inspected does not. */
static void inspect_next(struct observer *o) {
        while (o->next < o->n_which && o->under_way < PARALLEL_INSPECTS && o->unreachable.code == ERR_NONE) {
                struct container *c = &o->obs->containers[o->which[o->next++]];
                struct error err = ERROR_INIT;
                if (engine_inspect(o->engine, c, o->arena, inspect_came, o, &err) == 0)
                        o->under_way++;
                else
                        note_unseen(o, err.msg);
        }
        if (o->under_way > 0)
                return;
        net_timer_cancel(o->net, o->patience);
        o->patience = 0;
        finish(o, o->unreachable.code == ERR_NONE ? NULL : &o->unreachable);
}

/* Those that did not answer stay as the list showed them, and nothing is done about them this time. */
static void lose_patience(void *arg) {
        struct observer *o = arg;
        o->patience = 0;
        engine_cancel_inspects(o->engine, o);
        while (o->under_way > 0 || o->next < o->n_which) {
                note_unseen(o, "no answer to an inspect within 5 s");
                if (o->under_way > 0)
                        o->under_way--;
                else
                        o->next++;
        }
        finish(o, NULL);
}

static void events_came(void *arg, const struct engine_events *events, const struct error *err) {
        struct observer *o = arg;
        if (err && err->code == ERR_CONNECT) {
                finish(o, err);
                return;
        }
        if (events)
                journal_apply(o->obs, events, o->arena);
        finish(o, NULL);
}

int observe_journal(struct observer *o, struct observation *obs, int64_t until_us, struct arena *a, observe_fn *done, void *arg,
                    struct error *err) {
        o->arena = a;
        o->obs = obs;
        o->done = done;
        o->arg = arg;
        return engine_look_back(o->engine, 0, until_us, a, events_came, o, err);
}

int observe_inspect(struct observer *o, struct observation *obs, const size_t *which, size_t n, struct arena *a, observe_fn *done,
                    void *arg, struct error *err) {
        if (n == 0)
                return error_set(err, ERR_INVALID, "nothing to inspect");
        o->arena = a;
        o->obs = obs;
        o->done = done;
        o->arg = arg;
        o->which = which;
        o->n_which = n;
        o->next = o->under_way = 0;
        o->unreachable = (struct error)ERROR_INIT;
        o->patience = net_timer(o->net, PATIENCE_MS, lose_patience, o);
        inspect_next(o);
        return 0;
}
