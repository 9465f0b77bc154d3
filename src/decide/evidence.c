/* SPDX-License-Identifier: MIT */
/*
 * What is known about the end of a container beyond its exit code: what the engine's journal tells, and whether the engine
 * itself was restarted. An answer is remembered with the exit that it is about.
 */
#include "decide_internal.h"

/* Of the 256 entries that the engine keeps. */
#define JOURNAL_NEARLY_FULL 200
#define KILL_MARGIN_S       10
/* An engine that starts ends what outlived the one before, and writes that down as if somebody had asked for it. */
#define ENGINE_START_US (60 * US_PER_S)
/* The newest second is not in the journal yet. */
#define JOURNAL_LAG_US (2 * US_PER_S)

/* ---- The journal ---- */

static bool remembers_exit(const struct subject *s) {
        return decide_knows(s) && s->m->finished_us == s->c->finished_us;
}

enum told decide_told(const struct subject *s) {
        if (s->c->exit_told == TOLD_STOPPED || s->c->exit_told == TOLD_CRASHED)
                return s->c->exit_told;
        return remembers_exit(s) ? s->m->exit_told : TOLD_NOTHING;
}

/* Once, however many it stopped. */
static void tell_engine_restart(struct round *r) {
        if (!r->engine_told)
                decide_round_event(r, EVENT_ENGINE, "restarted",
                                   "the engine was restarted since the last pass, and stopped what ran");
        r->engine_told = true;
}

void decide_note_evidence(struct subject *s) {
        struct memory *m = s->m;
        bool asked = s->round->in->observation->journal_read && engine_age_us(s, s->c->finished_us) >= JOURNAL_LAG_US;

        if (m->finished_us != s->c->finished_us) {
                m->exit_told = TOLD_NOTHING;
                m->engine_stopped = false;
        }
        if (s->c->state != CONTAINER_EXITED)
                return;
        if (s->engine_stopped && !m->engine_stopped)
                tell_engine_restart(s->round);
        m->engine_stopped = m->engine_stopped || s->engine_stopped;
        if (s->c->exit_told != TOLD_NOTHING)
                m->exit_told = s->c->exit_told;
        else if (m->exit_told == TOLD_NOTHING && asked)
                m->exit_told = TOLD_LOST;
}

int64_t decide_stopping_until_us(const struct subject *s) {
        const struct container *c = s->c;
        int64_t limit_us =
                (decide_bounded_timeout_s(c->inspected ? c->stop_timeout_s : STOP_TIMEOUT_UNSET) + KILL_MARGIN_S) * US_PER_S;
        int64_t killed_us = engine_to_ours(s, c->kill_us);

        if (c->state != CONTAINER_RUNNING || c->kill_us == 0 || engine_age_us(s, c->kill_us) > limit_us)
                return 0;
        /* An action of ours kills too, but what it has started again only a person does. */
        if (c->inspected && s->m->started_us && c->started_us != s->m->started_us && c->kill_us > c->started_us)
                return killed_us + limit_us;
        if (s->m->own_action_us && killed_us >= s->m->own_action_us - ENGINE_CLOCK_STEP_US &&
            decide_may_be_our_doing(s, c->kill_us))
                return 0;
        return killed_us + limit_us;
}

/* ---- The engine's own restart ---- */

int64_t decide_run_at_most_s(const struct container *c) {
        static const struct {
                int64_t below_s, step_s;
        } steps[] = { { 60, 1 }, { 3600, 60 }, { 48 * 3600, 3600 }, { 14 * 86400, 86400 } };

        if (c->up_s < 0)
                return -1;
        /* "30 minutes", or "About an hour", which begins there. */
        if (c->up_s == 1800)
                return 5400;
        for (size_t i = 0; i < N_ELEMENTS(steps); i++)
                if (c->up_s < steps[i].below_s)
                        return c->up_s + steps[i].step_s;
        return -1;
}

/* It is up, and nothing proves that it was started after that time (the engine's clock). */
static bool may_have_been_up(const struct observation *obs, const struct container *c, int64_t us) {
        int64_t most_s = decide_run_at_most_s(c);

        if (c->state != CONTAINER_RUNNING && c->state != CONTAINER_PAUSED)
                return false;
        if (c->inspected && c->started_us)
                return c->started_us <= us;
        return most_s < 0 || obs->engine_now_us - most_s * US_PER_S <= us;
}

bool decide_engine_restarted(const struct round *r) {
        const struct observation *obs = r->in->observation;
        int64_t pass_us = r->next->last_pass_us;

        if (!obs->journal_read || pass_us == 0 || pass_us > obs->at.wall_us)
                return false;
        /* A ring that is nearly full may have lost its old entries to health probes as well as to a restart. */
        if (obs->journal_entries >= JOURNAL_NEARLY_FULL)
                return false;

        int64_t then_us = obs->engine_now_us - (obs->at.wall_us - pass_us) + ENGINE_CLOCK_STEP_US;

        if (obs->stream_last_us)
                then_us = obs->stream_last_us;
        if (obs->journal_oldest_us && obs->journal_oldest_us <= then_us)
                return false;
        for (size_t i = 0; i < obs->n; i++)
                if (may_have_been_up(obs, &obs->containers[i], then_us))
                        return false;
        return true;
}

static bool ran_when_last_seen(const struct memory *m) {
        switch (m->verdict) {
        case VERDICT_OK:
        case VERDICT_STARTING:
        case VERDICT_STOPPING:
        case VERDICT_PAUSED:
        case VERDICT_RESTARTING:
                return true;
        case VERDICT_FAILING:
                return m->first_exited_us == 0;
        default:
                return false;
        }
}

/* Its end was watched, so it is known whether it was among all that the engine stopped on its way down. */
static bool was_watched(const struct subject *s) {
        return s->c->finished_us <= s->round->in->observation->stream_last_us;
}

bool decide_engine_stopped_it(const struct subject *s) {
        int64_t oldest_us = s->round->in->observation->journal_oldest_us;

        if (remembers_exit(s) && s->m->engine_stopped)
                return true;
        if (!s->round->engine_restarted || !decide_knows(s) || s->m->verdict_us == 0)
                return false;
        if (was_watched(s) ? !s->c->fell : !ran_when_last_seen(s->m))
                return false;
        /* What happened to it after the engine was up again was not the engine's doing. */
        return s->c->exit_told != TOLD_CRASHED && (oldest_us == 0 || s->c->finished_us <= oldest_us + ENGINE_START_US);
}

/* ---- What has to be asked for ---- */

/* Before something running is acted on: is somebody stopping it right now? */
static bool may_be_acted_on(const struct state *state, const struct observation *obs, const struct selection *all, size_t i) {
        const struct container *c = &obs->containers[i];
        const struct selection *sel = &all[i];
        const struct memory *m = state_find(state, sel->stable_id);
        enum heal_action action = sel->policy.action;
        struct call unused;
        bool fails = c->health == HEALTH_UNHEALTHY || decide_check_standing(sel->check, c, m) == STANDING_FAILED ||
                     sel->lost_parent || decide_find_call(state, obs, all, i, &unused);

        return c->state == CONTAINER_RUNNING && fails && decide_mode_covers(sel, REASON_UNHEALTHY) &&
               (action == ACTION_RESTART || action == ACTION_STOP) && !(m && m->quarantined);
}

static bool is_unexplained(const struct container *c, const struct selection *sel, const struct memory *m) {
        bool known = m && str_eq(m->container_id, c->id) && m->finished_us == c->finished_us;

        return c->state == CONTAINER_EXITED && decide_mode_covers(sel, REASON_EXITED) &&
               !(known && (m->exit_told != TOLD_NOTHING || m->engine_stopped)) &&
               !(m && m->quarantined && m->quarantine_reason == REASON_STOPPED);
}

/* Whether it is one whose past must be known, and since when (engine's clock). */
static bool wants_past(const struct state *state, const struct observation *obs, const struct selection *all, size_t i,
                       int64_t *ret_from_us) {
        const struct container *c = &obs->containers[i];
        const struct selection *sel = &all[i];
        const struct memory *m = state_find(state, sel->stable_id);
        int64_t before_us = (decide_bounded_timeout_s(c->stop_timeout_s) + KILL_MARGIN_S) * US_PER_S;

        /* With an open intent it is left alone anyway. */
        if (!sel->monitored || !c->inspected || (m && m->intent != DECISION_NONE))
                return false;
        if (may_be_acted_on(state, obs, all, i))
                *ret_from_us = obs->engine_now_us - before_us;
        else if (is_unexplained(c, sel, m))
                *ret_from_us = c->finished_us - before_us;
        else
                return false;
        return true;
}

int64_t decide_journal_from_us(const struct state *state, const struct observation *obs, const struct selection *sel,
                               const struct config *cfg) {
        int64_t earliest_us = obs->engine_now_us - cfg->restart.deploy_hold_seconds * US_PER_S, from_us;

        for (size_t i = 0; i < obs->n; i++)
                if (wants_past(state, obs, sel, i, &from_us) && from_us < earliest_us)
                        earliest_us = from_us;
        return earliest_us;
}

bool decide_wants_journal(const struct state *state, const struct observation *obs, const struct selection *sel) {
        int64_t unused;

        for (size_t i = 0; i < obs->n; i++)
                if (wants_past(state, obs, sel, i, &unused))
                        return true;
        return false;
}
