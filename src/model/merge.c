/* SPDX-License-Identifier: MIT */
/* Two changes of one state into one: what was remembered here meanwhile, and what others did to the files. */
#include "autoheal/model/state.h"

/* What base knows of a container that it does not know. */
static const struct memory nothing = { .stable_id = "",
                                       .container_id = "",
                                       .image_id = "",
                                       .config_hash = "",
                                       .name = "",
                                       .parent = "",
                                       .restart_count = -1,
                                       .check = { .print = "", .detail = "", .exec_id = "" } };

/* ---- Counts: what either side added is added, what either took away is gone ---- */

static int64_t sum_of_changes(int64_t base, int64_t ours, int64_t theirs) {
        int64_t ret;

        /* All were read from files: they may be anything, but are not negative. */
        if (__builtin_add_overflow(theirs, ours - base, &ret))
                return INT64_MAX;
        return ret > 0 ? ret : 0;
}

/* Of an ascending list from *at on: is it the next? Passes over what is smaller. */
static bool comes(const struct memory *m, size_t *at, int64_t us) {
        while (*at < m->n_restarts && m->restarts_us[*at] < us)
                ++*at;
        return *at < m->n_restarts && m->restarts_us[*at] == us;
}

static void merge_restarts(struct memory *m, const struct memory *base, const struct memory *theirs, struct arena *a) {
        size_t n = 0, o = 0, t = 0, in_base = 0, most = m->n_restarts + theirs->n_restarts;
        int64_t *merged = arena_array(a, most, sizeof(*merged));

        while (o < m->n_restarts || t < theirs->n_restarts) {
                bool has_o = o < m->n_restarts, has_t = t < theirs->n_restarts;
                int64_t us = has_o && (!has_t || m->restarts_us[o] <= theirs->restarts_us[t]) ? m->restarts_us[o]
                                                                                              : theirs->restarts_us[t];
                bool is_ours = has_o && m->restarts_us[o] == us, is_theirs = has_t && theirs->restarts_us[t] == us;

                /* In one of them only: added there, or taken out of the other. */
                if ((is_ours && is_theirs) || !comes(base, &in_base, us))
                        merged[n++] = us;
                o += is_ours;
                t += is_theirs;
        }
        m->restarts_us = merged;
        m->n_restarts = n;
}

/* ---- One container ---- */

static bool same_quarantine(const struct memory *a, const struct memory *b) {
        return a->quarantined == b->quarantined && a->quarantine_reason == b->quarantine_reason &&
               a->quarantined_us == b->quarantined_us;
}

/* What people decide. */
static void merge_wishes(struct memory *m, const struct memory *base, const struct memory *theirs) {
        if (!same_quarantine(base, theirs)) {
                m->quarantined = theirs->quarantined;
                m->quarantine_reason = theirs->quarantine_reason;
                m->quarantined_us = theirs->quarantined_us;
        }
        if (theirs->held_until_us != base->held_until_us)
                m->held_until_us = theirs->held_until_us;
        if (theirs->restart_count != base->restart_count)
                m->restart_count = theirs->restart_count;
}

/* What a pass has seen and done: where both changed it, ours is the newer. */
static void merge_history(struct memory *m, const struct memory *base, const struct memory *theirs) {
        if (m->episode_us == base->episode_us)
                m->episode_us = theirs->episode_us;
        if (m->last_restart_us == base->last_restart_us && m->last_own_restart_us == base->last_own_restart_us) {
                m->last_restart_us = theirs->last_restart_us;
                m->last_own_restart_us = theirs->last_own_restart_us;
        }
        if (m->own_action_us == base->own_action_us && m->own_action_end_us == base->own_action_end_us &&
            m->intent == base->intent) {
                m->own_action_us = theirs->own_action_us;
                m->own_action_end_us = theirs->own_action_end_us;
                m->intent = theirs->intent;
        }
        if (m->own_started_us == base->own_started_us)
                m->own_started_us = theirs->own_started_us;
        if (str_eq(m->parent, base->parent) && m->parent_started_us == base->parent_started_us) {
                m->parent = theirs->parent;
                m->parent_started_us = theirs->parent_started_us;
        }
        if (check_memory_same(&m->check, &base->check))
                m->check = theirs->check;
        if (!*m->container_id) {
                m->container_id = theirs->container_id;
                m->image_id = theirs->image_id;
                m->name = theirs->name;
        }
}

static void merge_memory(struct memory *m, const struct memory *base, const struct memory *theirs, struct arena *a) {
        if (memory_same(m, base)) {
                const char *stable_id = m->stable_id;

                *m = *theirs;
                m->stable_id = stable_id;
                return;
        }
        merge_restarts(m, base, theirs, a);
        m->lifetime_restarts = sum_of_changes(base->lifetime_restarts, m->lifetime_restarts, theirs->lifetime_restarts);
        m->lifetime_known = m->lifetime_known || theirs->lifetime_known;
        m->episode_restarts = sum_of_changes(base->episode_restarts, m->episode_restarts, theirs->episode_restarts);
        merge_wishes(m, base, theirs);
        merge_history(m, base, theirs);
        for (size_t i = 0; i < theirs->n_said; i++)
                if (!memory_said(base, theirs->said[i]))
                        memory_say(m, theirs->said[i], a);
        if (theirs->raw.p)
                m->raw = theirs->raw;
}

/* ---- All of them ---- */

/* What others took away is gone, unless it was acted on since. */
static bool is_forgotten(const struct memory *ours, const struct memory *base) {
        return ours->own_action_us == base->own_action_us && ours->lifetime_restarts == base->lifetime_restarts &&
               (ours->quarantined == QUARANTINED_NOT || same_quarantine(ours, base));
}

static void merge_ours(struct state *ret, const struct state *base, const struct state *theirs) {
        /* Backwards: dropping one puts the last in its place. */
        for (size_t i = ret->n; i-- > 0;) {
                struct memory *m = &ret->memories[i];
                const struct memory *b = state_find(base, m->stable_id), *t = state_find(theirs, m->stable_id);

                if (b && !t && is_forgotten(m, b))
                        state_drop(ret, m->stable_id);
                else if (b || t)
                        merge_memory(m, b ? b : &nothing, t ? t : &nothing, ret->arena);
        }
}

/* One that is not ours any more was dropped here, which holds unless others changed it. */
static void add_theirs(struct state *ret, const struct state *base, const struct state *ours, const struct state *theirs) {
        for (size_t i = 0; i < theirs->n; i++) {
                const struct memory *t = &theirs->memories[i], *b = state_find(base, t->stable_id);

                if (state_find(ours, t->stable_id) || (b && memory_same(b, t)))
                        continue;

                struct memory *m = state_get(ret, t->stable_id);
                const char *stable_id = m->stable_id;

                *m = *t;
                m->stable_id = stable_id;
        }
}

static bool same_text(const char *a, const char *b) {
        return str_eq(a ? a : "", b ? b : "");
}

static bool same_maintenance(const struct maintenance *a, const struct maintenance *b) {
        if (a->enabled != b->enabled || a->start_us != b->start_us || a->until_us != b->until_us ||
            !same_text(a->reason, b->reason) || a->n_scopes != b->n_scopes)
                return false;
        for (size_t i = 0; i < a->n_scopes; i++) {
                const struct maintenance_scope *x = &a->scopes[i], *y = &b->scopes[i];

                if (x->kind != y->kind || !str_eq(x->value, y->value) || x->start_us != y->start_us || x->until_us != y->until_us ||
                    !same_text(x->reason, y->reason))
                        return false;
        }
        return true;
}

void state_merge(struct state *ret, const struct state *base, const struct state *ours, const struct state *theirs,
                 struct arena *a) {
        state_copy(ret, ours, a);
        merge_ours(ret, base, theirs);
        add_theirs(ret, base, ours, theirs);
        if (!same_maintenance(&base->maintenance, &theirs->maintenance))
                ret->maintenance = theirs->maintenance;
        if (theirs->held_until_us != base->held_until_us)
                ret->held_until_us = theirs->held_until_us;
}
