/* SPDX-License-Identifier: MIT */
/*
 * Actions that were written down and whose results nobody heard, because the pass that asked for them ended or no answer
 * came: the engine went on alone, and what it made of them is read off the container.
 */
#include "decide_internal.h"

#define STOP_TIMEOUT_FOR_EVER_S 300
#define STOP_TIMEOUT_ENGINE_S   10
#define STOP_TIMEOUT_MOST_S     (INT64_C(366) * 86400)
/* What a restart takes at most beside the stop timeout. */
#define SETTLING_S 30

int64_t decide_bounded_timeout_s(int64_t timeout_s) {
        if (timeout_s == STOP_TIMEOUT_UNSET)
                return STOP_TIMEOUT_ENGINE_S;
        if (timeout_s < 0)
                return STOP_TIMEOUT_FOR_EVER_S;
        return timeout_s < STOP_TIMEOUT_MOST_S ? timeout_s : STOP_TIMEOUT_MOST_S;
}

/* What an action of ours takes at most. */
static int64_t action_s(const struct subject *s) {
        return decide_bounded_timeout_s(decide_stop_timeout_s(s)) + SETTLING_S;
}

/* Such a time is within what the action takes at most. Our clock. */
static bool is_within(const struct subject *s, int64_t us) {
        return (us - s->m->own_action_us) / US_PER_S <= action_s(s);
}

bool decide_may_be_under_way(const struct subject *s) {
        return s->m->own_action_us && s->m->own_action_end_us == 0 && is_within(s, s->round->in->now.wall_us);
}

/*
 * When it had failed, by the engine's clock. Both are taken to be one clock where they agree as well as whole seconds can tell;
 * else the second is rounded up.
 */
static int64_t failed_us(const struct subject *s) {
        const struct observation *obs = s->round->in->observation;
        int64_t apart_us = obs->at.wall_us - obs->engine_now_us;

        if (apart_us > -US_PER_S && apart_us < ENGINE_CLOCK_STEP_US)
                return s->m->own_action_end_us;
        return s->m->own_action_end_us - apart_us + ENGINE_CLOCK_STEP_US;
}

bool decide_may_be_our_doing(const struct subject *s, int64_t engine_us) {
        if (s->m->own_action_us == 0)
                return false;
        if (s->m->own_action_end_us)
                return engine_us <= failed_us(s);
        return is_within(s, engine_to_ours(s, engine_us));
}

void decide_forget_action(struct subject *s) {
        /* A look that began before it had failed shows less than it left. */
        bool is_settled =
                s->m->own_action_end_us && s->c->inspected && s->round->in->observation->at.wall_us >= s->m->own_action_end_us;

        if (is_settled || !is_within(s, s->round->in->now.wall_us))
                memory_end_action(s->m);
}

int64_t decide_intent_end_us(const struct subject *s) {
        if (s->m->intent == DECISION_NONE || s->m->own_action_us == 0)
                return 0;
        return s->m->own_action_us + action_s(s) * US_PER_S;
}

static void tell(struct subject *s, const char *status, const char *message) {
        bool stop = s->m->intent == DECISION_STOP;

        decide_event(s, stop ? EVENT_QUARANTINE : EVENT_RESTART, status, stop ? REASON_STOPPED : REASON_NONE, message);
}

/* An event that says that its outcome is not known was written when no answer came. */
static bool was_told(const struct subject *s) {
        return memory_said(s->m, arena_printf(s->round->a, "unknown:%lld", (long long)s->m->own_action_us));
}

static const char seen_later[] = "seen after the pass that asked for it had ended";

static void settle_restart(struct subject *s, bool is_over) {
        struct memory *m = s->m;
        const struct container *c = s->c;
        bool stopped_anew = c->finished_us != m->finished_us;
        bool started_anew = c->started_us != m->started_us;

        if (!started_anew && !is_over)
                return;
        if (started_anew) {
                if (!was_told(s))
                        tell(s, "success", decide_say(s->round->a, "%s: %s", stopped_anew ? "restarted" : "started", seen_later));
        } else if (c->state != CONTAINER_RUNNING && (stopped_anew || *c->state_error)) {
                /* It was tried, so it counts: or a start that fails each time would be tried for ever. */
                memory_restart_failed(m, m->own_action_us, s->round->a);
                tell(s, "failure", decide_say(s->round->a, "did not start again: %s", seen_later));
        } else {
                memory_take_back_restart(m, m->own_action_us);
                tell(s, "failure", "was not done by the engine and is taken back");
        }
        m->intent = DECISION_NONE;
}

static void settle_stop(struct subject *s, bool is_over) {
        struct memory *m = s->m;
        bool done = s->c->finished_us != m->finished_us || s->c->state == CONTAINER_EXITED;
        bool ours = m->quarantine_reason == REASON_STOPPED && m->quarantined_us == m->own_action_us;

        if (!done && !is_over)
                return;
        /* Without a time: the list of quarantines was written before the writer was interrupted, the reason was not. */
        if (done && (m->quarantined == QUARANTINED_NOT || (m->quarantined == QUARANTINED_BY_AUTOHEAL && m->quarantined_us == 0))) {
                m->quarantined = QUARANTINED_BY_AUTOHEAL;
                m->quarantine_reason = REASON_STOPPED;
                m->quarantined_us = m->own_action_us;
        } else if (!done && m->quarantined == QUARANTINED_BY_AUTOHEAL && ours) {
                decide_end_quarantine(m);
        }
        if (!done)
                tell(s, "failure", "the stop was not done by the engine and is taken back");
        else if (!was_told(s))
                tell(s, "quarantined", decide_say(s->round->a, "stopped and quarantined: %s", seen_later));
        if (!done)
                memory_end_action(m);
        m->intent = DECISION_NONE;
}

void decide_settle(struct subject *s) {
        /* What was seen counts, not the time of this turn: the look may have been a little earlier. */
        bool is_over = s->round->in->observation->at.wall_us >= decide_intent_end_us(s);

        if (s->m->intent == DECISION_NONE || s->in_flight || !s->c->inspected)
                return;
        if (s->m->intent == DECISION_STOP)
                settle_stop(s, is_over);
        else
                settle_restart(s, is_over);
}

void decide_abandon_intent(struct subject *s) {
        if (s->m->intent == DECISION_NONE)
                return;
        if (!was_told(s))
                tell(s, "unknown", "the container was replaced by another before the outcome was seen");
        s->m->intent = DECISION_NONE;
}
