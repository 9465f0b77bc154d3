/* SPDX-License-Identifier: MIT */
/* The memory is brought up to this observation before anything is judged: names, clocks, old restarts, new versions. */
#include "decide_internal.h"

#define CLOCK_SLACK_US   (5 * US_PER_S)
#define SHORT_ID_SIZE    13
#define GONE_FOR_GOOD_US (INT64_C(7) * 86400 * US_PER_S)
/* Hosts that make thousands of short-lived ones a day: beyond so many an hour has to do, or the files would become too large. */
#define GONE_KEPT_MAX   1000
#define GONE_A_WHILE_US (INT64_C(3600) * US_PER_S)

/* ---- Names: files of the reference service know containers by id or name ---- */

struct names {
        struct state *state;
        const struct strmap *taken; /* the stable ids of those that are listed */
};

static void adopt(const struct names *n, const char *key, const struct container *c, const char *stable_id) {
        const struct memory *m = state_find(n->state, key);

        if (!m || str_eq(key, stable_id) || strmap_get(n->taken, key) != STRMAP_NONE)
                return;
        /* It is about another container, which may come back. */
        if (*m->container_id && !str_eq(m->container_id, c->id))
                return;

        /* Both are about this container: the one under the name that it went by is the newer, the other one its copy. */
        const struct memory *copy = state_find(n->state, stable_id);

        if (copy && *m->container_id && str_eq(copy->container_id, m->container_id))
                state_drop(n->state, stable_id);
        state_rename(n->state, key, stable_id);
}

/*
 * Somebody else's label took over its stable id: what is known of it goes along to the name it falls back to, or that label
 * could end its quarantine. If the other one keeps the id, it is a copy: Compose recreating a service looks the same.
 */
static void follow(const struct names *n, const struct container *c, const struct selection *sel) {
        const struct memory *claimed = state_find(n->state, sel->claimed_id), *own = state_find(n->state, sel->stable_id);
        struct memory known;

        if (!claimed || str_eq(sel->claimed_id, sel->stable_id) || !str_eq(claimed->container_id, c->id) ||
            (own && *own->container_id))
                return;
        known = *claimed;

        struct memory *m = state_get(n->state, sel->stable_id);

        known.stable_id = m->stable_id;
        *m = known;
        if (strmap_get(n->taken, sel->claimed_id) == STRMAP_NONE)
                state_drop(n->state, sel->claimed_id);
}

void decide_settle_names(struct state *state, const struct observation *obs, const struct selection *sel) {
        struct strmap taken AUTO(strmap_release) = STRMAP_INIT;

        for (size_t i = 0; i < obs->n; i++)
                strmap_set(&taken, sel[i].stable_id, i);
        for (size_t i = 0; i < obs->n; i++) {
                const struct container *c = &obs->containers[i];
                const struct names names = { .state = state, .taken = &taken };
                char short_id[SHORT_ID_SIZE];

                (void)snprintf(short_id, sizeof(short_id), "%s", c->id);
                adopt(&names, c->id, c, sel[i].stable_id);
                adopt(&names, short_id, c, sel[i].stable_id);
                adopt(&names, c->name, c, sel[i].stable_id);
                follow(&names, c, &sel[i]);
        }
}

/* ---- Clocks ---- */

/* A clock was set back: such a time then blocks for its own length at most, and no restart is forgotten. */
static void mend_time(int64_t *us, int64_t now_us) {
        if (*us > now_us + CLOCK_SLACK_US)
                *us = now_us;
}

static void mend_restarts(struct memory *m, int64_t now_us) {
        if (m->n_restarts == 0 || m->restarts_us[m->n_restarts - 1] <= now_us + CLOCK_SLACK_US)
                return;
        /* A microsecond apart, since equal times count as one restart. Also those within the slack, so that the order stays. */
        for (size_t i = 0; i < m->n_restarts; i++)
                if (m->restarts_us[i] > now_us)
                        m->restarts_us[i] = now_us - (int64_t)(m->n_restarts - i);
}

static void mend_clocks(struct memory *m, int64_t now_us) {
        bool counted = m->n_restarts > 0 && m->restarts_us[m->n_restarts - 1] == m->own_action_us;

        mend_restarts(m, now_us);
        mend_time(&m->quarantined_us, now_us);
        mend_time(&m->verdict_us, now_us);
        mend_time(&m->episode_us, now_us);
        mend_time(&m->ok_us, now_us);
        mend_time(&m->last_restart_us, now_us);
        mend_time(&m->last_own_restart_us, now_us);
        mend_time(&m->own_action_us, now_us);
        mend_time(&m->own_action_end_us, now_us);
        mend_time(&m->gone_us, now_us);
        mend_time(&m->check.run_us, now_us);
        /* An intent and its restart stay together: it may have to be taken back. */
        if (counted && m->own_action_us > m->restarts_us[m->n_restarts - 1])
                m->own_action_us = m->restarts_us[m->n_restarts - 1];
}

static void prune_restarts(struct memory *m, int64_t window_s, int64_t now_us) {
        size_t old = 0;

        while (old < m->n_restarts && now_us - m->restarts_us[old] >= window_s * US_PER_S)
                old++;
        if (old == 0)
                return;
        m->restarts_us += old;
        m->n_restarts -= old;
}

static int64_t window_of(const struct round *r, const struct memory *m) {
        size_t at = strmap_get(&r->by_stable_id, m->stable_id);

        if (at != STRMAP_NONE && r->in->selection[at].monitored)
                return r->in->selection[at].policy.window_s;
        return r->in->config->restart.max_restarts_window_seconds;
}

/* It lasts for one window at most, so that a clock that was set back does not hold for longer. */
static void mend_hold(int64_t *until_us, int64_t window_s, int64_t now_us) {
        if (*until_us <= now_us)
                *until_us = 0;
        else if (*until_us > now_us + window_s * US_PER_S)
                *until_us = now_us + window_s * US_PER_S;
}

/* What could still matter if it came back is never forgotten, nor is a count. */
static bool is_forgettable(const struct memory *m) {
        return m->gone_us && m->quarantined == QUARANTINED_NOT && m->n_restarts == 0 && m->lifetime_restarts == 0;
}

static int longest_gone_first(const void *pa, const void *pb) {
        const struct memory *a = pa, *b = pb;

        if (a->gone_us != b->gone_us)
                return a->gone_us < b->gone_us ? -1 : 1;
        return strcmp(a->stable_id, b->stable_id);
}

static void forget_surplus(struct round *r, int64_t now_us) {
        struct state *state = r->next;
        struct memory *gone;
        size_t n = 0;

        for (size_t i = 0; i < state->n; i++)
                n += is_forgettable(&state->memories[i]);
        if (n <= GONE_KEPT_MAX)
                return;
        gone = arena_array(r->a, n, sizeof(*gone));
        n = 0;
        for (size_t i = 0; i < state->n; i++)
                if (is_forgettable(&state->memories[i]))
                        gone[n++] = state->memories[i];
        qsort(gone, n, sizeof(*gone), longest_gone_first);
        for (size_t i = 0; i < n - GONE_KEPT_MAX && now_us - gone[i].gone_us >= GONE_A_WHILE_US; i++)
                state_drop(state, gone[i].stable_id);
}

static void note_presence(const struct round *r, struct memory *m, int64_t now_us) {
        if (strmap_get(&r->by_stable_id, m->stable_id) != STRMAP_NONE)
                m->gone_us = 0;
        else if (m->gone_us == 0)
                m->gone_us = now_us;
}

void decide_tidy_state(struct round *r) {
        int64_t now_us = r->in->now.wall_us;

        decide_settle_names(r->next, r->in->observation, r->in->selection);
        /* Backwards: dropping one puts the last in its place. */
        mend_time(&r->next->storm_us, now_us);
        mend_hold(&r->next->held_until_us, r->in->config->restart.max_restarts_window_seconds, now_us);
        for (size_t i = r->next->n; i-- > 0;) {
                struct memory *m = &r->next->memories[i];

                mend_clocks(m, now_us);
                mend_hold(&m->held_until_us, window_of(r, m), now_us);
                prune_restarts(m, window_of(r, m), now_us);
                note_presence(r, m, now_us);
                if (is_forgettable(m) && now_us - m->gone_us >= GONE_FOR_GOOD_US)
                        state_drop(r->next, m->stable_id);
        }
        forget_surplus(r, now_us);
}

/* ---- Containers ---- */

bool decide_knows(const struct subject *s) {
        return str_eq(s->m->container_id, s->c->id);
}

static bool differ(const char *remembered, const char *now) {
        return remembered && *remembered && now && *now && strcmp(remembered, now) != 0;
}

static bool is_new_version(const struct subject *s) {
        return differ(s->m->image_id, s->c->image_id) || differ(s->m->config_hash, container_label(s->c, LABEL_CONFIG_HASH));
}

/* What was true of another container under this name only. */
static void forget_container(struct memory *m) {
        m->started_us = m->finished_us = 0;
        m->restart_count = -1;
        m->ok_us = m->ok_started_us = 0;
        m->paused_us = 0;
        memory_end_action(m);
        m->intent = DECISION_NONE;
        m->first_exited_us = 0;
        m->exit_told = TOLD_NOTHING;
        m->engine_stopped = false;
        m->own_started_us = m->parent_started_us = 0;
        decide_forget_check(m);
}

static void begin_anew(struct subject *s) {
        bool release = s->m->quarantined == QUARANTINED_BY_AUTOHEAL;

        decide_clear_counts(s->m);
        s->m->check.proven = false;
        if (release)
                decide_event(s, EVENT_AUTO_UNQUARANTINE, "success", REASON_NEW_VERSION,
                             "released from quarantine: it was created anew with another image or configuration");
}

static void warn_about_labels(struct subject *s) {
        struct arena *a = s->round->a;

        for (size_t i = 0; i < s->sel->n_label_issues; i++) {
                const char *message = decide_say(a, "%s", s->sel->label_issues[i].message);
                const char *key = arena_printf(a, "label:%s", message);

                if (memory_said(s->m, key))
                        continue;
                memory_say(s->m, key, a);
                decide_event(s, EVENT_CONFIG, "warning", REASON_NONE, message);
        }
}

static void warn_about_clash(struct subject *s) {
        struct arena *a = s->round->a;
        const char *claimed = decide_short(a, s->sel->claimed_id);
        const char *key = arena_printf(a, "clash:%s", claimed);
        const struct container *rival = s->sel->rival;

        if (!rival || memory_said(s->m, key))
                return;
        memory_say(s->m, key, a);
        decide_event(s, EVENT_CONFIG, "warning", REASON_NONE,
                     decide_say(a, "container '%s' claims the stable id '%s' too: both go by their names",
                                decide_short(a, *rival->name ? rival->name : rival->id), claimed));
}

static void warn_about_circle(struct subject *s) {
        struct arena *a = s->round->a;
        const char *message =
                decide_say(a, "%s depend on one another: no order holds among them", s->sel->circle ? s->sel->circle : "");
        const char *key = arena_printf(a, "circle:%s", message);

        if (!s->sel->tells_of_circle || memory_said(s->m, key))
                return;
        memory_say(s->m, key, a);
        decide_event(s, EVENT_CONFIG, "warning", REASON_NONE, message);
}

void decide_recognise(struct subject *s) {
        struct memory *m = s->m;

        if (!*m->container_id) {
                forget_container(m);
                if (s->sel->policy.optin == OPTIN_TRUE)
                        decide_event(s, EVENT_AUTO_MONITOR, "enabled", REASON_NONE,
                                     decide_say(s->round->a, "label %s seen for the first time",
                                                decide_optin_label(&s->sel->policy, s->round->a)));
        } else if (!decide_knows(s)) {
                decide_abandon_intent(s);
                if (is_new_version(s))
                        begin_anew(s);
                forget_container(m);
        }
        if (!decide_knows(s))
                decide_forgo(s);
        warn_about_labels(s);
        warn_about_clash(s);
        warn_about_circle(s);
}
