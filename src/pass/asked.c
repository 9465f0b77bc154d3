/* SPDX-License-Identifier: MIT */
/* What people ask of a pass that goes on: a closer look at a container, a restart by hand. */
#include "live_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/record/record.h"

void live_init(struct live *l) {
        l->watched = xcalloc(WATCHED_MAX, sizeof(*l->watched));
        l->changed = (struct arena)ARENA_INIT(ARENA_BLOCK);
        live_forget_foreseen(l);
}

/* ---- A closer look ---- */

void pass_refresh(struct pass *p, const char *container_id, pass_refresh_fn *done, void *arg) {
        struct refresh *r = xcalloc(1, sizeof(*r));
        r->done = done;
        r->arg = arg;
        (void)snprintf(r->id, sizeof(r->id), "%s", container_id ? container_id : "");
        r->next = p->live->refreshes;
        p->live->refreshes = r;
        if (container_id)
                live_want_look(p, r->id);
        else
                p->live->want_turn = true;
}

void live_take_waiters(struct live *l) {
        for (struct refresh *r = l->refreshes; r; r = r->next)
                r->taken = true;
}

static bool is_there(const struct pass *p, const char *id) {
        const struct observation *obs = p->seen.observation;
        for (size_t i = 0; i < obs->n; i++)
                if (str_eq(obs->containers[i].id, id))
                        return obs->containers[i].state != CONTAINER_REMOVING;
        return false;
}

/* Who is called may ask for more: each is out of the list before. */
void live_answer_refreshes(struct pass *p) {
        struct refresh **at = &p->live->refreshes;
        while (*at) {
                struct refresh *r = *at;
                if (!r->taken) {
                        at = &r->next;
                        continue;
                }
                *at = r->next;
                r->done(r->arg, is_there(p, r->id));
                free(r);
                at = &p->live->refreshes;
        }
}

/* ---- Changing what is remembered ---- */

/*
 * The plan goes on pointing into what the turn remembered: that stays. What other changes have left since goes, for without an
 * engine there is no turn that would clear up.
 */
void live_remember(struct pass *p, const struct state *after) {
        struct state *known = p->turns > 0 ? &p->next : &p->known;
        struct arena *place = p->turns > 0 ? &p->live->changed : &p->known_arena, a = ARENA_INIT(ARENA_BLOCK);
        struct state copy;
        live_forget_foreseen(p->live);
        state_init(&copy, &a);
        state_copy(&copy, after, &a);
        state_release(known);
        arena_release(place);
        *place = a;
        *known = copy;
        known->arena = place;
}

static int change_recalled(struct pass *p, struct recall *r, pass_change_fn *apply, void *arg, struct error *err) {
        struct state after AUTO(state_release);
        struct event_list events = EVENT_LIST_INIT(&r->arena);
        state_copy(&after, r->state, &r->arena);
        if (p->turns > 0)
                decide_settle_names(&after, p->seen.observation, p->seen.selection);
        if (apply(arg, &after, &events, err) < 0)
                return -1;
        record_count_events(&after.counters, events.items, events.n);
        store_announce_events(&after, events.items, events.n);
        /* What cannot be saved now holds all the same: a full disk must not keep a person from taking a container out. */
        (void)recall_save(p, r, &after, events.items, events.n);
        live_remember(p, &after);
        return 0;
}

static int change(struct pass *p, pass_change_fn *apply, void *arg, struct error *err) {
        struct recall r AUTO(recall_end);
        return recall_begin(p, &r, err) < 0 ? -1 : change_recalled(p, &r, apply, arg, err);
}

int pass_change(struct pass *p, pass_change_fn *apply, void *arg, struct error *err) {
        if (change(p, apply, arg, err) < 0)
                return -1;
        p->live->want_turn = true;
        return 0;
}

/* ---- A restart by hand ---- */

static const struct plan_item *find_item(const struct pass *p, const char *id) {
        for (size_t i = 0; p->turns > 0 && i < p->plan.n; i++)
                if (str_eq(p->plan.items[i].container->id, id))
                        return &p->plan.items[i];
        return NULL;
}

static bool is_under_way(struct pass *p, const char *id) {
        const struct in_flight *f;
        size_t n = actor_in_flight(p->actor, &f);
        for (size_t i = 0; i < n; i++)
                if (str_eq(f[i].container_id, id))
                        return true;
        return false;
}

struct request {
        const struct plan_item *item;
        struct now now;
};

/* Written down before the engine is asked, as any restart is. */
static int write_down(void *arg, struct state *state, struct event_list *events, struct error *err) {
        const struct request *r = arg;
        (void)events;
        return record_request(state, r->item->stable_id, r->item->container, r->now, err);
}

/* As it is decided: by a person. */
static struct plan_item as_asked_for(const struct plan_item *item) {
        struct plan_item ret = *item;
        ret.decision = DECISION_RESTART;
        ret.reason = ret.verdict_reason = REASON_REQUESTED;
        ret.verdict_detail = ret.detail = "asked for by hand";
        return ret;
}

static int begin_restart(struct pass *p, struct asked *x, const struct plan_item *item, struct error *err) {
        struct plan_item asked_for = as_asked_for(item);
        struct now now = clock_read();
        if (change(p, write_down, &(struct request){ item, now }, err) < 0)
                return -1;
        x->waits = false;
        x->next = p->live->asked;
        p->live->asked = x;
        if (p->setup.on_start)
                p->setup.on_start(p->setup.arg, &asked_for);
        actor_start(p->actor, &asked_for, now);
        return 0;
}

static void ask_first(struct pass *p, struct asked *x, const struct plan_item *item) {
        struct plan_item asked_for = as_asked_for(item);
        x->waits = true;
        x->next = p->live->asked;
        p->live->asked = x;
        hook_ask(p, &asked_for, clock_read());
}

static void refuse(struct asked *x, const struct error *err) {
        if (x->done)
                x->done(x->arg, NULL, err);
        free(x);
}

/* NULL: it cannot be restarted now. */
static const struct plan_item *restartable(struct pass *p, const char *id, struct error *err) {
        const struct plan_item *item = find_item(p, id);
        if (!item)
                (void)error_set(err, ERR_NOT_FOUND, "no such container: %s", id);
        else if (is_under_way(p, id))
                (void)error_set(err, ERR_AMBIGUOUS, "a restart or stop of '%s' is under way already", item->container->name);
        else if (hook_is_asked(p, id))
                (void)error_set(err, ERR_AMBIGUOUS, "hooks.pre_restart is asked about '%s' already", item->container->name);
        else
                return item;
        return NULL;
}

void pass_restart(struct pass *p, const char *container_id, pass_restart_fn *done, void *arg) {
        struct error err = ERROR_INIT;
        const struct plan_item *item = restartable(p, container_id, &err);
        struct asked *x = xcalloc(1, sizeof(*x));
        x->done = done;
        x->arg = arg;
        (void)snprintf(x->id, sizeof(x->id), "%s", container_id);
        if (item && p->setup.config->hooks.pre_restart.n > 0)
                ask_first(p, x, item);
        else if (!item || begin_restart(p, x, item, &err) < 0)
                refuse(x, &err);
}

/* The one that waits for what the hook says about this container, out of the list; NULL: nobody does. */
static struct asked *take_waiting(struct live *l, const char *id) {
        for (struct asked **at = &l->asked; *at; at = &(*at)->next) {
                struct asked *x = *at;
                if (!x->waits || !str_eq(x->id, id))
                        continue;
                *at = x->next;
                return x;
        }
        return NULL;
}

/* The person is asked for no rule, but what the hook says about the host holds for everybody. */
void live_hook_answered(struct pass *p, const char *container_id, const struct hook_asked *asked) {
        struct asked *x = take_waiting(p->live, container_id);
        struct error err = ERROR_INIT;
        live_want_look(p, container_id);
        if (!x)
                return;
        const struct plan_item *item = restartable(p, container_id, &err);
        if (p->stop_asked)
                (void)error_set(&err, ERR_INTERRUPTED, "autoheal ends");
        else if (!asked->agreed && p->setup.config->hooks.pre_restart_veto)
                (void)error_set(&err, ERR_AMBIGUOUS, "hooks.pre_restart says no: %s", asked->why);
        else if (item && begin_restart(p, x, item, &err) == 0)
                x = NULL;
        hook_forget(p, container_id);
        if (x)
                refuse(x, &err);
}

void live_settled(struct pass *p, const struct result *result) {
        for (struct asked **at = &p->live->asked; *at; at = &(*at)->next) {
                struct asked *x = *at;
                /* Its own restart has not even begun. */
                if (x->waits || !str_eq(x->id, result->container_id))
                        continue;
                *at = x->next;
                if (x->done)
                        x->done(x->arg, result, NULL);
                free(x);
                break;
        }
        if (result->outcome == OUTCOME_NONE) {
                live_not_reached(p);
                return;
        }
        p->live->unreached = false;
        live_want_look(p, result->container_id);
}

/* ---- The end ---- */

void pass_forget_waiters(struct pass *p, const void *arg) {
        for (struct refresh **at = &p->live->refreshes; *at;) {
                struct refresh *r = *at;
                if (r->arg != arg) {
                        at = &r->next;
                        continue;
                }
                *at = r->next;
                free(r);
        }
        /* The restart goes on, and is recorded. */
        for (struct asked *x = p->live->asked; x; x = x->next)
                if (x->arg == arg)
                        x->done = NULL;
}

void live_free(struct live *l) {
        if (!l)
                return;
        while (l->refreshes) {
                struct refresh *next = l->refreshes->next;
                free(l->refreshes);
                l->refreshes = next;
        }
        while (l->asked) {
                struct asked *next = l->asked->next;
                free(l->asked);
                l->asked = next;
        }
        engine_unwatch(l->stream);
        arena_release(&l->changed);
        arena_release(&l->foreseen.arena);
        free(l->watched);
        free(l);
}
