/* SPDX-License-Identifier: MIT */
/* One round of deciding: bring the memory up to date, judge every container, then let the rules decide in order of need. */
#include "decide_internal.h"

/* ---- What must be looked at closely ---- */

static bool has_open_business(const struct state *state, const char *key) {
        const struct memory *m = state_find(state, key);

        return m && (m->quarantined || m->episode_us || m->intent != DECISION_NONE || m->own_action_us);
}

size_t decide_needs(const struct state *state, const struct observation *obs, const struct selection *sel, struct arena *a,
                    size_t **ret) {
        size_t *needs = arena_array(a, obs->n, sizeof(*needs));
        bool *needed = arena_array(a, obs->n, sizeof(*needed));
        size_t n = 0;

        for (size_t i = 0; i < obs->n; i++) {
                const struct container *c = &obs->containers[i];
                const char *short_id = arena_printf(a, "%.12s", c->id);
                bool unhealthy = c->state == CONTAINER_RUNNING && c->health == HEALTH_UNHEALTHY;
                /* What a check says holds for one start only. */
                bool checked = c->state == CONTAINER_RUNNING && sel[i].check;

                if (!sel[i].monitored)
                        continue;
                decide_need_parents(state, obs, sel, i, needed);
                /* In these two the engine may be restarting it in vain: its count tells. */
                const struct memory *m = state_find(state, sel[i].stable_id);
                bool young = c->state == CONTAINER_RESTARTING ||
                             (m && (m->verdict == VERDICT_RESTARTING || (m->verdict == VERDICT_STARTING && m->verdict_us)));

                /* A memory may still be kept under one of the older names. */
                if (unhealthy || checked || young || c->state == CONTAINER_EXITED || c->state == CONTAINER_CREATED ||
                    has_open_business(state, sel[i].stable_id) || has_open_business(state, sel[i].claimed_id) ||
                    has_open_business(state, c->name) || has_open_business(state, c->id) || has_open_business(state, short_id))
                        needed[i] = true;
        }
        for (size_t i = 0; i < obs->n; i++)
                if (needed[i])
                        needs[n++] = i;
        *ret = needs;
        return n;
}

/* ---- The round ---- */

static bool is_in_flight(const struct decide_input *in, const struct container *c, const char *stable_id) {
        for (size_t i = 0; i < in->n_in_flight; i++)
                if (str_eq(in->in_flight[i].container_id, c->id) || str_eq(in->in_flight[i].stable_id, stable_id))
                        return true;
        return false;
}

/* A container that is on its way out is not worth a memory that it has not got yet. */
static bool deserves_memory(const struct round *r, size_t i) {
        enum container_state state = r->in->observation->containers[i].state;

        if (!r->in->selection[i].monitored)
                return decide_is_left_stale(r->in->observation, r->in->selection, i);
        return state != CONTAINER_REMOVING && state != CONTAINER_DEAD;
}

static struct memory *scratch_memory(const struct round *r, const char *stable_id) {
        const struct memory *known = state_find(r->next, stable_id);
        struct memory *m = arena_new(r->a, struct memory);

        if (known)
                *m = *known;
        else
                *m = (struct memory){ .stable_id = stable_id,
                                      .container_id = "",
                                      .image_id = "",
                                      .config_hash = "",
                                      .name = "",
                                      .parent = "",
                                      .restart_count = -1,
                                      .check = CHECK_MEMORY_NONE };
        return m;
}

static void begin(struct subject *s, struct round *r, size_t i) {
        const struct selection *sel = &r->in->selection[i];
        struct memory *own = sel->monitored ? state_find(r->next, sel->stable_id) : NULL;

        s->round = r;
        s->c = &r->in->observation->containers[i];
        s->sel = sel;
        s->m = own ? own : scratch_memory(r, sel->stable_id);
        s->in_flight = is_in_flight(r->in, s->c, sel->stable_id);
        if (own) {
                decide_recognise(s);
                decide_recognise_check(s);
                decide_settle(s);
        }
        decide_judge(s);
        if (own)
                decide_remember(s);
        decide_tell_left_stale(s);
}

/* In a storm by priority; the oldest open episode first; what has none needs nothing. Ties in the observation's order. */
static int by_need(const void *pa, const void *pb) {
        const struct subject *a = *(struct subject *const *)pa, *b = *(struct subject *const *)pb;
        int64_t ea = a->m->episode_us ? a->m->episode_us : INT64_MAX;
        int64_t eb = b->m->episode_us ? b->m->episode_us : INT64_MAX;

        if (a->round->brake.storm && a->sel->policy.priority != b->sel->policy.priority)
                return a->sel->policy.priority > b->sel->policy.priority ? -1 : 1;
        if (ea != eb)
                return ea < eb ? -1 : 1;
        return a < b ? -1 : a > b;
}

static bool is_counted(const struct memory *m, int64_t us) {
        return m->n_restarts > 0 && m->restarts_us[m->n_restarts - 1] == us;
}

static void fill(struct subject *s) {
        struct plan_item *item = s->item;

        item->container = s->c;
        item->stable_id = s->sel->stable_id;
        item->monitored = s->sel->monitored;
        item->monitor_reason = s->sel->reason;
        item->monitor_detail = s->sel->detail;
        item->verdict = s->is.verdict;
        item->verdict_reason = s->is.reason;
        item->verdict_detail = s->is.detail;
        /* One that is decided now is counted beforehand, but it has not happened yet. */
        item->restarts = memory_restarts(s->m) - (item->decision == DECISION_RESTART && is_counted(s->m, s->m->own_action_us));
        item->max_restarts = s->sel->policy.max_restarts;
        item->quarantined = s->m->quarantined != QUARANTINED_NOT;
        item->stop_timeout_s = decide_stop_timeout_s(s);
}

int64_t decide_verified_at_us(const struct subject *s) {
        int64_t run_us = decide_run_us(s);

        if (!s->sel->monitored || s->is.reason != REASON_STARTING || s->c->health != HEALTH_NONE || run_us < 0)
                return 0;
        return s->round->in->now.wall_us + larger(s->round->in->config->restart.verify_seconds * US_PER_S - run_us, 0);
}

static int64_t earliest(int64_t a, int64_t b) {
        if (a == 0 || b == 0)
                return larger(a, b);
        return a < b ? a : b;
}

static int64_t next_due_us(const struct round *r) {
        int64_t due_us = 0;

        for (size_t i = 0; i < r->n_subjects; i++) {
                due_us = earliest(due_us, r->subjects[i].item->until_us);
                due_us = earliest(due_us, decide_verified_at_us(&r->subjects[i]));
        }
        return due_us;
}

static void prepare(struct round *r) {
        const struct observation *obs = r->in->observation;

        for (size_t i = 0; i < obs->n; i++)
                strmap_set(&r->by_stable_id, r->in->selection[i].stable_id, i);
        decide_tidy_state(r);
        /* All of them before anyone points at one: making a memory moves the others. */
        for (size_t i = 0; i < obs->n; i++)
                if (deserves_memory(r, i))
                        (void)state_get(r->next, r->in->selection[i].stable_id);
}

static void begin_all(struct round *r, struct plan_item *items) {
        const size_t *order = decide_parents_first(r->in->selection, NULL, r->n_subjects, r->a);

        for (size_t i = 0; i < r->n_subjects; i++) {
                r->subjects[order[i]].item = &items[order[i]];
                begin(&r->subjects[order[i]], r, order[i]);
        }
}

/* In order of need, but no container before those that it depends on. */
static void rule_all(struct round *r) {
        size_t n = r->n_subjects;
        struct subject **by = arena_array(r->a, n, sizeof(*by));
        size_t *order = arena_array(r->a, n, sizeof(*order));

        for (size_t i = 0; i < n; i++)
                by[i] = &r->subjects[i];
        qsort(by, n, sizeof(*by), by_need);
        for (size_t i = 0; i < n; i++)
                order[i] = (size_t)(by[i] - r->subjects);
        order = decide_parents_first(r->in->selection, order, n, r->a);
        for (size_t i = 0; i < n; i++) {
                decide_rules(&r->subjects[order[i]]);
                fill(&r->subjects[order[i]]);
        }
}

void decide(struct plan *ret_plan, struct state *ret_next, const struct decide_input *in, struct arena *a) {
        struct round r = { .in = in, .next = ret_next, .by_stable_id = STRMAP_INIT, .under_way = (int64_t)in->n_in_flight, .a = a };
        size_t n = in->observation->n;
        struct subject *subjects = arena_array(a, n, sizeof(*subjects));
        struct plan_item *items = arena_array(a, n, sizeof(*items));

        r.subjects = subjects;
        r.n_subjects = n;
        state_copy(ret_next, in->state, a);
        prepare(&r);
        r.engine_restarted = decide_engine_restarted(&r);
        begin_all(&r, items);
        decide_storm(&r);
        rule_all(&r);
        *ret_plan = (struct plan){ .items = items, .n = n, .events = r.events, .n_events = r.n_events };
        ret_plan->next_due_us = next_due_us(&r);
        strmap_release(&r.by_stable_id);
}
