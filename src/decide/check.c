/* SPDX-License-Identifier: MIT */
/*
 * Checks of our own: what their runs say about a container, and when the next one is due. What a run said holds for the same
 * start only, and it counts as a failure only where the check has passed once for this version of the container: a network that
 * autoheal cannot reach looks just like a sick container.
 */
#include "decide_internal.h"

/* ---- What it says ---- */

static enum check_standing engine_standing(const struct container *c) {
        switch (c->health) {
        case HEALTH_NONE:
                return STANDING_UNKNOWN;
        case HEALTH_HEALTHY:
                return STANDING_PASSED;
        case HEALTH_UNHEALTHY:
                return STANDING_FAILED;
        default:
                return STANDING_PENDING;
        }
}

/* What is remembered is about this check and this start. */
static bool is_about(const struct check_memory *m, const struct health_check *check, const struct container *c) {
        char print[HEALTH_CHECK_PRINT_SIZE];

        return c->inspected && c->started_us && m->started_us == c->started_us &&
               str_eq(m->print, health_check_print(check, print));
}

enum check_standing decide_check_standing(const struct health_check *check, const struct container *c, const struct memory *m) {
        if (!check || c->state != CONTAINER_RUNNING)
                return STANDING_NONE;
        if (check->wrong)
                return STANDING_UNKNOWN;
        if (check->kind == HEALTH_CHECK_DOCKER)
                return engine_standing(c);
        if (!m || !str_eq(m->container_id, c->id) || !is_about(&m->check, check, c))
                return STANDING_PENDING;
        switch (m->check.outcome) {
        case CHECK_PASSED:
                return STANDING_PASSED;
        case CHECK_UNKNOWN:
                return STANDING_UNKNOWN;
        case CHECK_FAILED:
                if (m->check.streak < check->retries)
                        return STANDING_PENDING;
                return m->check.proven ? STANDING_FAILED : STANDING_UNPROVEN;
        default:
                return STANDING_PENDING;
        }
}

static enum check_standing standing(const struct subject *s) {
        return decide_check_standing(s->sel->check, s->c, s->m);
}

/* As for the engine's own: a run from before its end says nothing about now. */
static bool within_start_grace(const struct subject *s) {
        int64_t grace_us = s->sel->policy.start_grace_s * US_PER_S;

        return grace_us > 0 && s->m->check.run_us <= engine_to_ours(s, s->c->started_us) + grace_us;
}

struct judgement decide_judge_check(const struct subject *s, struct judgement well) {
        enum check_standing is = s->sel->monitored ? standing(s) : STANDING_NONE;
        struct judgement ret = { .verdict = VERDICT_STARTING };

        if (is == STANDING_NONE)
                return well;
        ret.detail = explain_check(s, is);
        switch (is) {
        case STANDING_PASSED:
                return (struct judgement){ well.verdict, well.reason, ret.detail };
        case STANDING_FAILED:
                if (within_start_grace(s)) {
                        ret.reason = REASON_START_GRACE;
                        break;
                }
                ret.verdict = VERDICT_FAILING;
                ret.reason = REASON_CHECK;
                break;
        case STANDING_UNPROVEN:
                ret.reason = REASON_UNPROVEN;
                break;
        case STANDING_UNKNOWN:
                ret.reason = REASON_CHECK_UNKNOWN;
                break;
        default:
                ret.reason = REASON_CHECK_PENDING;
        }
        return ret;
}

/* ---- When it is due ---- */

int64_t decide_check_due_us(const struct config *cfg, const struct state *state, const struct observation *obs,
                            const struct selection *sel, size_t at, struct now now) {
        const struct container *c = &obs->containers[at];
        const struct health_check *check = sel[at].check;
        const struct memory *m = state_find(state, sel[at].stable_id);
        int64_t age_us, first_us, next_us;

        if (!sel[at].monitored || !check || check->wrong || check->kind == HEALTH_CHECK_DOCKER || c->state != CONTAINER_RUNNING ||
            !c->inspected || c->started_us == 0 || c->kill_us)
                return 0;
        if (!m || m->intent != DECISION_NONE || !str_eq(m->container_id, c->id))
                return 0;
        age_us = larger(obs->engine_now_us - c->started_us, 0);
        first_us = obs->at.wall_us - age_us + cfg->restart.verify_seconds * US_PER_S;
        if (!is_about(&m->check, check, c) || m->check.run_us == 0)
                return larger(first_us, 1);
        /* What was written down before a clock was set back. */
        next_us = m->check.run_us < now.wall_us ? m->check.run_us : now.wall_us;
        return larger(next_us + check->interval_s * US_PER_S, first_us);
}

/* ---- What is remembered ---- */

static void forget_outcome(struct check_memory *m) {
        m->run_us = m->streak = 0;
        m->outcome = CHECK_NOT_RUN;
        m->detail = "";
}

static void forget_runs(struct check_memory *m) {
        forget_outcome(m);
        m->started_us = m->exec_pid = 0;
        m->exec_id = "";
        m->lingers = false;
}

void decide_forget_check(struct memory *m) {
        forget_runs(&m->check);
        m->check.no_timeout = false;
}

void decide_recognise_check(struct subject *s) {
        struct check_memory *m = &s->m->check;
        const struct health_check *check = s->sel->check;
        char print[HEALTH_CHECK_PRINT_SIZE];

        if (!check) {
                *m = CHECK_MEMORY_NONE;
                return;
        }
        if (!str_eq(m->print, health_check_print(check, print))) {
                *m = CHECK_MEMORY_NONE;
                m->print = arena_strdup(s->round->next->arena, print);
        }
        if (s->c->inspected && s->c->started_us != m->started_us) {
                forget_runs(m);
                m->started_us = s->c->started_us;
        }
        /* A run that it was paused in has failed for that. */
        if (s->c->state == CONTAINER_PAUSED)
                forget_outcome(m);
}

/* ---- What is told ---- */

static void tell_standing(struct subject *s) {
        static const struct {
                const char *status;
                enum reason reason;
        } told[STANDING_MAX_] = {
                [STANDING_PASSED] = { "success", REASON_NONE },
                [STANDING_FAILED] = { "failure", REASON_CHECK },
                [STANDING_UNPROVEN] = { "unproven", REASON_UNPROVEN },
                [STANDING_UNKNOWN] = { "unknown", REASON_CHECK_UNKNOWN },
        };
        enum check_standing is = standing(s), before = s->m->check.told;

        if (!told[is].status || is == before)
                return;
        s->m->check.told = is;
        /* That it passes is news only where something else was told. */
        if (is != STANDING_PASSED || before != STANDING_NONE)
                decide_event(s, EVENT_HEALTH_CHECK, told[is].status, told[is].reason, explain_check(s, is));
}

/* Once for each: there is a process in the container that nobody can end from outside. */
static void tell_lingering(struct subject *s) {
        struct arena *a = s->round->a;
        const char *key = arena_printf(a, "lingers:%.12s", s->m->check.exec_id);

        if (!s->m->check.lingers || memory_said(s->m, key))
                return;
        memory_say(s->m, key, a);
        decide_event(s, EVENT_HEALTH_CHECK, "lingers", REASON_CHECK,
                     decide_say(a,
                                "what its check runs has not ended, and cannot be ended from outside: it is not run again before "
                                "that, or before the container starts anew"));
}

void decide_note_check(struct subject *s) {
        if (!s->sel->check || s->c->state != CONTAINER_RUNNING || s->is.verdict == VERDICT_STOPPING)
                return;
        tell_standing(s);
        tell_lingering(s);
}
