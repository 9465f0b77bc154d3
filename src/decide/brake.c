/* SPDX-License-Identifier: MIT */
/*
 * The brakes: a storm, where so many are down that the cause is likely the host and restarts in a hurry would make it worse,
 * and the replicas of one service, of which we never take down more than a few at a time.
 */
#include "decide_internal.h"

/* ---- Storm ---- */

/* A restart that has proved nothing yet does not end an episode. What its parent brings about is not the host's doing. */
static bool is_down(const struct subject *s) {
        bool is_known_why =
                decide_is_for_parent(s) || (s->is.verdict != VERDICT_FAILING && memory_served_by(s->m, s->m->last_own_restart_us));

        if (!s->sel->monitored || is_known_why || (decide_is_broken(s) && decide_parent_hold(s).on))
                return false;
        return s->sel->monitored && s->m->episode_us && s->m->quarantined == QUARANTINED_NOT && s->is.verdict != VERDICT_OK &&
               s->is.verdict != VERDICT_STOPPED && s->is.reason != REASON_ENGINE_RESTART && !s->m->engine_stopped;
}

static void count_down(struct brake *b, const struct round *r) {
        int64_t now_us = r->in->now.wall_us;

        for (size_t i = 0; i < r->n_subjects; i++) {
                const struct subject *s = &r->subjects[i];

                b->monitored += s->sel->monitored;
                if (!is_down(s))
                        continue;
                b->down++;
                b->recent += now_us - s->m->episode_us < s->sel->policy.window_s * US_PER_S;
        }
}

/* In percent of those monitored, without a division. */
static bool share_reaches(const struct brake *b, int64_t percent) {
        return (int64_t)b->down * 100 >= percent * (int64_t)b->monitored;
}

static bool begins(const struct brake *b, const struct config *cfg) {
        return b->monitored > 0 && share_reaches(b, cfg->brake.max_failing_percent) && (int64_t)b->down >= cfg->brake.min_failing &&
               (int64_t)b->recent >= cfg->brake.min_failing;
}

static bool goes_on(const struct brake *b, const struct config *cfg) {
        return b->down > 0 && (int64_t)b->down * 200 >= cfg->brake.max_failing_percent * (int64_t)b->monitored;
}

static int by_time(const void *pa, const void *pb) {
        int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;

        return a < b ? -1 : a > b;
}

/* Those of all containers, whoever decided them: turns, cron and other invocations share the brake. */
static void collect_restarts(struct brake *b, const struct round *r) {
        int64_t since_us = r->in->now.wall_us - r->in->config->monitor.interval_seconds * US_PER_S;
        size_t room = 0;

        for (size_t i = 0; i < r->next->n; i++)
                room += r->next->memories[i].n_restarts + 1;
        b->restarts_us = arena_array(r->a, room, sizeof(*b->restarts_us));
        for (size_t i = 0; i < r->next->n; i++) {
                const struct memory *m = &r->next->memories[i];
                bool last_counted = false;

                for (size_t k = 0; k < m->n_restarts; k++) {
                        last_counted |= m->restarts_us[k] == m->last_own_restart_us;
                        if (m->restarts_us[k] > since_us)
                                b->restarts_us[b->n_restarts++] = m->restarts_us[k];
                }
                /* A release forgets the restarts, the brake does not. */
                if (!last_counted && m->last_own_restart_us > since_us)
                        b->restarts_us[b->n_restarts++] = m->last_own_restart_us;
        }
        if (b->n_restarts)
                qsort(b->restarts_us, b->n_restarts, sizeof(*b->restarts_us), by_time);
}

void decide_storm(struct round *r) {
        struct brake *b = &r->brake;
        const struct config *cfg = r->in->config;
        bool was_on = r->next->storm_us != 0;

        count_down(b, r);
        b->storm = cfg->brake.enabled && (was_on ? goes_on(b, cfg) : begins(b, cfg));
        if (b->storm)
                collect_restarts(b, r);
        if (b->storm == was_on)
                return;
        r->next->storm_us = b->storm ? r->in->now.wall_us : 0;
        decide_round_event(r, EVENT_STORM, b->storm ? "begun" : "ended",
                           b->storm ? explain_storm(r) : decide_say(r->a, "the storm is over: %s", explain_down(r)));
}

struct turn decide_turn(const struct round *r) {
        const struct brake *b = &r->brake;
        int64_t most = r->in->config->brake.restarts_per_interval, made = (int64_t)b->n_restarts;

        if (!b->storm || made < most)
                return (struct turn){ .now = !b->storm || b->n_before < most - made };
        /* When those before it will really be restarted nobody knows: a decision is not a restart. */
        if (b->n_before > 0)
                return (struct turn){ .now = false };
        return (struct turn){ .at_us = b->restarts_us[made - most] + r->in->config->monitor.interval_seconds * US_PER_S };
}

/* ---- Replicas ---- */

/* Both are of one Compose service. */
static bool is_replica_of(const struct container *a, const struct container *b) {
        const char *project = container_label(a, CONTAINER_PROJECT_LABEL), *service = container_label(a, LABEL_SERVICE);

        return project && service && str_eq(project, container_label(b, CONTAINER_PROJECT_LABEL)) &&
               str_eq(service, container_label(b, LABEL_SERVICE));
}

/* An action of ours took it away, and it is neither well again nor known to have failed again. */
static bool is_taken_down(const struct subject *s) {
        const struct memory *m = s->m;

        if (s->in_flight || (s->sel->monitored && decide_may_be_under_way(s)) || decide_is_as_good_as_down(s))
                return true;
        return s->sel->monitored && m->episode_us && m->last_own_restart_us >= m->episode_us && s->is.reason != REASON_UNPROVEN &&
               s->is.reason != REASON_CHECK_UNKNOWN &&
               (s->is.verdict == VERDICT_STARTING || s->is.verdict == VERDICT_RESTARTING || s->is.verdict == VERDICT_UNKNOWN);
}

int64_t decide_replicas_down(const struct subject *s) {
        const struct round *r = s->round;
        int64_t n = 0;

        for (size_t i = 0; i < r->n_subjects; i++) {
                const struct subject *other = &r->subjects[i];

                if (other != s && is_replica_of(s->c, other->c) && is_taken_down(other))
                        n++;
        }
        return n;
}
