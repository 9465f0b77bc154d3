/* SPDX-License-Identifier: MIT */
/*
 * What follows for a container from those that it depends on: it has a dead network, it is to be restarted after them, or it waits for
 * them. A shared network is a matter of fact: whoever started before it lives in one that is gone. Any other dependence
 * counts only after a restart of ours: what people and the engine start is nobody's order to restart something else.
 */
#include "decide_internal.h"

/* How long one without a health check, or that does not become healthy, is waited for. */
#define PARENT_WAIT_US (60 * US_PER_S)

/* ---- Times that can be relied on ---- */

/*
 * What was remembered holds if it was looked at in the last pass and has not started since: the list's words say for how long it has run
 * at least, and agree.
 */
static bool still_holds(const struct state *state, const struct observation *obs, const struct container *c, int64_t started_us) {
        int64_t since_pass_us = obs->at.wall_us - state->last_pass_us, run_us = obs->engine_now_us - started_us;
        int64_t most_s = decide_run_at_most_s(c);

        if (started_us == 0 || state->last_pass_us == 0 || since_pass_us < 0)
                return false;
        if (c->up_s < 0 || c->up_s > INT32_MAX || c->up_s * US_PER_S < since_pass_us)
                return false;
        return run_us >= c->up_s * US_PER_S - ENGINE_CLOCK_STEP_US &&
               (most_s < 0 || run_us <= most_s * US_PER_S + ENGINE_CLOCK_STEP_US);
}

/* Its StartedAt; 0: not known without a look. */
static int64_t started_us(const struct state *state, const struct observation *obs, const struct container *c,
                          int64_t remembered_us) {
        if (c->inspected)
                return c->started_us;
        return still_holds(state, obs, c, remembered_us) ? remembered_us : 0;
}

/* What is remembered of this very container; NULL nothing. */
static const struct memory *memory_of(const struct state *state, const struct selection *sel, const struct container *c) {
        const struct memory *m = state_find(state, sel->stable_id);

        return m && str_eq(m->container_id, c->id) ? m : NULL;
}

static int64_t own_started_us(const struct state *state, const struct observation *obs, const struct selection *sel, size_t i) {
        const struct memory *m = memory_of(state, &sel[i], &obs->containers[i]);

        return started_us(state, obs, &obs->containers[i], m ? m->started_us : 0);
}

/* That of the container whose network the i-th shares. */
static int64_t network_started_us(const struct state *state, const struct observation *obs, const struct selection *sel, size_t i,
                                  const struct parent *p) {
        const struct memory *m = memory_of(state, &sel[i], &obs->containers[i]);

        return started_us(state, obs, &obs->containers[p->at], m ? m->parent_started_us : 0);
}

static const struct parent *network_of(const struct selection *sel) {
        for (size_t k = 0; k < sel->n_parents; k++)
                if (sel->parents[k].how == DEPENDS_NETWORK)
                        return &sel->parents[k];
        return NULL;
}

/* When a restart of ours started that one, if it runs since; 0. */
static int64_t restarted_by_us_us(const struct state *state, const struct observation *obs, const struct selection *sel,
                                  size_t at) {
        const struct container *c = &obs->containers[at];
        const struct memory *m = sel[at].monitored ? memory_of(state, &sel[at], c) : NULL;

        if (!m || m->own_started_us == 0 || c->state != CONTAINER_RUNNING || m->quarantined)
                return 0;
        return (c->inspected ? c->started_us : m->started_us) == m->own_started_us ? m->own_started_us : 0;
}

/* ---- Why it is to be restarted ---- */

/*
 * It started before it had started, as was seen: a clock was set back in between, and times tell nothing any more. What is known is
 * that it started anew, and that the i-th has not since.
 */
static bool went_back(const struct state *state, const struct observation *obs, const struct selection *sel, size_t i,
                      int64_t own_us, int64_t parent_us) {
        const struct memory *m = memory_of(state, &sel[i], &obs->containers[i]);

        return m && parent_us != 0 && parent_us < m->parent_started_us && own_us == m->started_us;
}

/* The start of that parent that calls for a restart of the i-th; 0: none. */
static int64_t calling_start_us(const struct state *state, const struct observation *obs, const struct selection *sel, size_t i,
                                const struct parent *p) {
        const struct memory *m = state_find(state, sel[i].stable_id);
        int64_t own_us = own_started_us(state, obs, sel, i), parent_us;

        if (!p->restarts || own_us == 0)
                return 0;
        parent_us =
                p->how == DEPENDS_NETWORK ? network_started_us(state, obs, sel, i, p) : restarted_by_us_us(state, obs, sel, p->at);
        if (parent_us <= own_us && (p->how != DEPENDS_NETWORK || !went_back(state, obs, sel, i, own_us, parent_us)))
                return 0;
        if (m && memory_has_served(m, obs->containers[p->at].id, parent_us))
                return 0;
        return parent_us;
}

bool decide_find_call(const struct state *state, const struct observation *obs, const struct selection *sel, size_t i,
                      struct call *ret) {
        if (obs->containers[i].state != CONTAINER_RUNNING)
                return false;
        /* The network first: it tells more. */
        for (int how = DEPENDS_NETWORK; how <= DEPENDS_ORDER; how++)
                for (size_t k = 0; k < sel[i].n_parents; k++) {
                        const struct parent *p = &sel[i].parents[k];
                        int64_t us = (int)p->how == how ? calling_start_us(state, obs, sel, i, p) : 0;

                        if (us == 0)
                                continue;
                        *ret = (struct call){ how == DEPENDS_NETWORK ? REASON_STALE_NETWORK : REASON_PARENT_RESTARTED, p, us };
                        return true;
                }
        return false;
}

static size_t position(const struct subject *s) {
        return (size_t)(s - s->round->subjects);
}

bool decide_is_called(const struct subject *s, struct call *ret) {
        const struct decide_input *in = s->round->in;

        return s->sel->monitored && decide_find_call(s->round->next, in->observation, in->selection, position(s), ret);
}

bool decide_lacks_parent(const struct subject *s) {
        const struct parent *p = network_of(s->sel);
        const char *error = s->c->state_error, *id = s->sel->lost_parent;

        if (p)
                id = s->round->in->observation->containers[p->at].id;
        /* Engines say it in several ways, most of which name that container. */
        return id && *error &&
               ((strstr(error, "join") && strstr(error, "network")) || strstr(error, id) ||
                strstr(error, "is restarting, wait until"));
}

bool decide_is_for_parent(const struct subject *s) {
        if (s->is.reason == REASON_STALE_NETWORK || s->is.reason == REASON_PARENT_RESTARTED)
                return true;
        return s->is.reason == REASON_START_FAILED && decide_lacks_parent(s);
}

void decide_serve(struct subject *s) {
        const struct decide_input *in = s->round->in;
        struct arena *a = s->round->a;

        for (size_t k = 0; k < s->sel->n_parents; k++) {
                const struct parent *p = &s->sel->parents[k];
                int64_t us = calling_start_us(s->round->next, in->observation, in->selection, position(s), p);

                if (s->is.reason == REASON_START_FAILED && p->how == DEPENDS_NETWORK)
                        us = network_started_us(s->round->next, in->observation, in->selection, position(s), p);
                else if (us == 0)
                        continue;
                memory_serve(s->m, in->observation->containers[p->at].id, us, in->now.wall_us, a);
        }
}

/* What was restarted before it was first seen calls for nothing. */
void decide_forgo(struct subject *s) {
        const struct decide_input *in = s->round->in;

        for (size_t k = 0; k < s->sel->n_parents; k++) {
                const struct parent *p = &s->sel->parents[k];
                int64_t us =
                        p->how == DEPENDS_ORDER ? restarted_by_us_us(s->round->next, in->observation, in->selection, p->at) : 0;

                if (us)
                        memory_serve(s->m, in->observation->containers[p->at].id, us, 0, s->round->a);
        }
}

/* Podman's list does not, and an inspect does. */
static bool tells_network(const struct container *c) {
        return c->network_mode && *c->network_mode;
}

void decide_note_parent(struct subject *s) {
        const struct decide_input *in = s->round->in;
        const struct parent *p = network_of(s->sel);

        if (!p) {
                if (!s->sel->lost_parent && tells_network(s->c))
                        s->m->parent = "";
                s->m->parent_started_us = 0;
                return;
        }

        int64_t us = network_started_us(s->round->next, in->observation, in->selection, position(s), p);

        /* By what it was before a clock was set back it is known to have started anew, until that is seen to. */
        if (us == 0 || us >= s->m->parent_started_us || s->is.reason != REASON_STALE_NETWORK)
                s->m->parent_started_us = us;
        if (!str_eq(s->m->parent, in->selection[p->at].stable_id))
                s->m->parent = arena_strdup(s->round->next->arena, in->selection[p->at].stable_id);
}

/* ---- What has to be looked at ---- */

/* An action of ours has been asked for, and what it led to was not seen yet. */
static bool is_acted_on(const struct state *state, const struct selection *sel) {
        const struct memory *m = state_find(state, sel->stable_id);

        return m && m->own_action_us;
}

static bool may_call(const struct state *state, const struct observation *obs, const struct selection *sel,
                     const struct parent *p) {
        return p->restarts && (p->how == DEPENDS_NETWORK || restarted_by_us_us(state, obs, sel, p->at));
}

/* Whose network one shares never changes: who shares none is looked at once. */
static bool may_share_network(const struct state *state, const struct container *c, const struct selection *sel) {
        const struct memory *m = memory_of(state, sel, c);

        return !tells_network(c) && (!m || m->started_us == 0 || *m->parent);
}

void decide_need_parents(const struct state *state, const struct observation *obs, const struct selection *sel, size_t i,
                         bool *needed) {
        const struct container *c = &obs->containers[i];
        bool runs = c->state == CONTAINER_RUNNING, follows = false;
        struct call unused;

        if (!sel[i].monitored || c->state == CONTAINER_REMOVING || c->state == CONTAINER_DEAD)
                return;
        if (may_share_network(state, c, &sel[i]) || (runs && (sel[i].lost_parent || decide_find_call(state, obs, sel, i, &unused))))
                needed[i] = true;
        for (size_t k = 0; k < sel[i].n_parents; k++) {
                const struct parent *p = &sel[i].parents[k];

                follows |= may_call(state, obs, sel, p);
                /* Of what will be acted on nothing is trusted; where one of the two is doubtful both are looked at. */
                if (p->how == DEPENDS_NETWORK && (needed[i] || network_started_us(state, obs, sel, i, p) == 0))
                        needed[i] = needed[p->at] = true;
                else if (runs && p->restarts && p->how == DEPENDS_ORDER && is_acted_on(state, &sel[p->at]))
                        needed[i] = true;
        }
        if (runs && follows && own_started_us(state, obs, sel, i) == 0)
                needed[i] = true;
}

/* ---- Waiting for them ---- */

static bool will_be_acted_on(const struct subject *p) {
        /* Also by a person, who may restart what we would not. */
        if (p->in_flight)
                return true;
        if (!p->sel->monitored || p->m->quarantined || p->sel->policy.action != ACTION_RESTART || p->sel->lost_parent)
                return false;
        return p->is.verdict == VERDICT_RESTARTING ||
               (p->is.verdict == VERDICT_FAILING && decide_mode_covers(p->sel, p->is.reason));
}

static struct parent_hold waits(const struct subject *s, const struct subject *p, const struct parent *link, int64_t until_us) {
        return (struct parent_hold){ .on = true, .until_us = until_us, .sentence = explain_parent(s, p, link, until_us) };
}

/* Whatever becomes of the other one: without it there is no network. */
static struct parent_hold network_hold(const struct subject *s, const struct subject *p, const struct parent *link) {
        const struct decide_input *in = s->round->in;
        int64_t started = network_started_us(s->round->next, in->observation, in->selection, position(s), link);
        int64_t since_us = engine_to_ours(s, started);

        if (p->c->state != CONTAINER_RUNNING || p->is.verdict == VERDICT_STOPPING || will_be_acted_on(p))
                return waits(s, p, link, 0);
        if (p->c->health == HEALTH_HEALTHY || started == 0)
                return (struct parent_hold){ .on = false };
        /* By a clock that was set back it has not started yet: then it counts from when this was first seen. */
        if (started > engine_now(s) && s->m->verdict_us)
                since_us = s->m->verdict_us;
        if (in->now.wall_us - since_us >= PARENT_WAIT_US)
                return (struct parent_hold){ .on = false };
        return waits(s, p, link, since_us + PARENT_WAIT_US);
}

static struct parent_hold order_hold(const struct subject *s, const struct subject *p, const struct parent *link) {
        bool starting = p->is.verdict == VERDICT_STARTING && p->sel->monitored && !p->m->quarantined &&
                        p->sel->policy.action == ACTION_RESTART;

        if (starting)
                return waits(s, p, link, decide_verified_at_us(p));
        return will_be_acted_on(p) ? waits(s, p, link, 0) : (struct parent_hold){ .on = false };
}

struct parent_hold decide_parent_hold(const struct subject *s) {
        struct parent_hold longest = { .on = false };

        for (size_t k = 0; k < s->sel->n_parents; k++) {
                const struct parent *link = &s->sel->parents[k];
                const struct subject *p = &s->round->subjects[link->at];
                struct parent_hold h = link->how == DEPENDS_NETWORK ? network_hold(s, p, link) : order_hold(s, p, link);

                if (h.on && (!longest.on || (longest.until_us && (h.until_us == 0 || h.until_us > longest.until_us))))
                        longest = h;
        }
        return longest;
}

/* ---- Those that are left alone ---- */

/* People may have reasons not to have it monitored, but not to have it without a network. */
static bool is_left_to_people(const struct selection *sel) {
        return sel->reason == REASON_NOT_MONITORED || sel->reason == REASON_FILTERED || sel->reason == REASON_LABEL_FALSE ||
               sel->reason == REASON_EXCLUDED;
}

/* By the words of the list alone: nobody is looked at closely for what will be left alone. */
static int compare_runs(const struct container *a, const struct container *b) {
        int64_t a_most_s = decide_run_at_most_s(a), b_most_s = decide_run_at_most_s(b);

        if (a->up_s < 0 || b->up_s < 0)
                return 0;
        if (b_most_s >= 0 && a->up_s > b_most_s)
                return 1;
        return a_most_s >= 0 && a_most_s <= b->up_s ? -1 : 0;
}

static int compare_with_parent(const struct observation *obs, const struct selection *sel, size_t i) {
        const struct parent *p = network_of(&sel[i]);
        const struct container *c = &obs->containers[i];

        if (sel[i].monitored || !is_left_to_people(&sel[i]) || !p || !p->restarts || c->state != CONTAINER_RUNNING ||
            obs->containers[p->at].state != CONTAINER_RUNNING)
                return 0;
        return compare_runs(c, &obs->containers[p->at]);
}

bool decide_is_left_stale(const struct observation *obs, const struct selection *sel, size_t i) {
        return compare_with_parent(obs, sel, i) > 0;
}

void decide_tell_left_stale(struct subject *s) {
        const struct decide_input *in = s->round->in;
        struct memory *own = s->sel->monitored ? NULL : state_find(s->round->next, s->sel->stable_id);
        int is_older = own ? compare_with_parent(in->observation, in->selection, position(s)) : 0;
        const char *key = arena_printf(s->round->a, "left-stale:%.12s", s->c->id);

        if (is_older < 0)
                memory_unsay(own, key, "");
        if (is_older <= 0 || memory_said(own, key))
                return;
        memory_say(own, key, s->round->a);
        decide_event(s, EVENT_NOTIFY, "left-alone", REASON_STALE_NETWORK,
                     explain_left_stale(s, &in->observation->containers[network_of(s->sel)->at]));
}
