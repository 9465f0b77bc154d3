/* SPDX-License-Identifier: MIT */
/* What results and people's wishes change in the state, and the events that tell of it. */
#include "autoheal/record/record.h"

static struct event event_of_result(const struct result *r, const struct memory *m) {
        return (struct event){ .at_us = r->ended_us,
                               .container_id = r->container_id,
                               .container_name = r->container_name,
                               .stable_id = r->stable_id,
                               .restart_count = m ? (int64_t)m->n_restarts : 0,
                               .reason = reason_name(r->verdict_reason),
                               .has_exit_code = r->has_exit_code,
                               .exit_code = r->exit_code,
                               .oom_killed = r->oom_killed,
                               .health_output = r->health_output[0] ? r->health_output : NULL,
                               .duration_ms = r->duration_ms };
}

static const char *restart_message(const struct result *r, struct arena *a) {
        const char *did = r->was_running ? "restart" : "start";
        switch (r->outcome) {
        case OUTCOME_SUCCESS:
                return arena_printf(a, "%sed in %.1f s: %s", did, (double)r->duration_ms / 1000.0, r->detail);
        case OUTCOME_UNKNOWN:
                return arena_printf(a, "%s was asked for, outcome unknown: %s; because: %s", did, r->error, r->detail);
        default:
                return arena_printf(a, "%s failed: %s; because: %s", did, r->error, r->detail);
        }
}

static const char *const outcome_status[OUTCOME_MAX_] = {
        [OUTCOME_NONE] = "failure",    [OUTCOME_SUCCESS] = "success", [OUTCOME_FAILURE] = "failure",
        [OUTCOME_UNKNOWN] = "unknown", [OUTCOME_GONE] = "gone",
};

static void record_restart(struct memory *m, struct event_list *events, const struct result *r) {
        if (r->outcome == OUTCOME_NONE || r->outcome == OUTCOME_GONE) {
                /* The engine was never asked, or the container is gone: what was counted beforehand did not happen. */
                if (m)
                        memory_take_back_restart(m, r->at_us);
                if (r->outcome == OUTCOME_GONE)
                        return;
        }
        struct event e = event_of_result(r, m);
        e.type = EVENT_RESTART;
        e.status = outcome_status[r->outcome];
        e.message = restart_message(r, events->arena);
        event_list_add(events, &e);
}

static void record_stop(struct memory *m, struct event_list *events, const struct result *r) {
        if (r->outcome == OUTCOME_GONE || !m)
                return;
        struct event e = event_of_result(r, m);
        e.type = EVENT_QUARANTINE;
        if (r->outcome == OUTCOME_SUCCESS || r->outcome == OUTCOME_UNKNOWN) {
                m->quarantined = QUARANTINED_BY_AUTOHEAL;
                m->quarantine_reason = REASON_STOPPED;
                m->quarantined_us = r->at_us;
                e.status = "quarantined";
                e.reason = reason_name(REASON_STOPPED);
                e.message = arena_printf(
                        events->arena, "%s and quarantined, as %s: %s",
                        r->outcome == OUTCOME_SUCCESS ? "stopped" : "told to stop (no answer came)",
                        r->verdict_reason == REASON_CRASH_LOOP ? "the engine restarts it in vain" : "its label asks", r->detail);
        } else {
                if (m->own_action_us == r->at_us)
                        memory_end_action(m);
                e.status = outcome_status[r->outcome];
                e.message = arena_printf(events->arena, "stop failed: %s; because: %s", r->error, r->detail);
        }
        event_list_add(events, &e);
}

/* What nobody knows the outcome of stays open, until a look at the container tells; the event about it is written already. */
static void end_intent(struct memory *m, const struct result *r, struct arena *a) {
        if (m->own_action_us != r->at_us)
                return;
        if (r->outcome == OUTCOME_UNKNOWN) {
                memory_say(m, arena_printf(a, "unknown:%lld", (long long)r->at_us), a);
                return;
        }
        m->intent = DECISION_NONE;
        if (r->outcome != OUTCOME_FAILURE)
                return;
        m->own_action_end_us = r->ended_us;
        if (r->decision == DECISION_RESTART)
                memory_restart_failed(m, r->at_us, a);
}

void record_result(struct state *state, struct event_list *events, struct result *r) {
        struct memory *m = state_find(state, r->stable_id);
        if (m)
                end_intent(m, r, state->arena);
        if (r->decision == DECISION_STOP)
                record_stop(m, events, r);
        else
                record_restart(m, events, r);
        r->restarts = m ? memory_restarts(m) : 0;
        r->quarantined = m && m->quarantined != QUARANTINED_NOT;
}

void record_summary(struct pass_summary *ret, const struct plan *plan, const struct result *results, size_t n_results,
                    int64_t duration_ms) {
        *ret = (struct pass_summary){ .duration_ms = duration_ms };
        for (size_t i = 0; i < plan->n; i++) {
                const struct plan_item *item = &plan->items[i];
                if (item->monitored)
                        ret->monitored++;
                if (item->monitored && item->verdict == VERDICT_OK)
                        ret->ok++;
                if (item->monitored && item->verdict == VERDICT_FAILING)
                        ret->failing++;
                if (item->monitored && item->quarantined)
                        ret->quarantined++;
                if (item->decision == DECISION_HOLD && item->reason != REASON_QUARANTINED)
                        ret->held++;
                if (item->reason == REASON_UNRECORDED || (item->monitored && item->verdict_reason == REASON_UNSEEN))
                        ret->failed++;
        }
        for (size_t i = 0; i < n_results; i++) {
                if (results[i].outcome == OUTCOME_SUCCESS && results[i].decision == DECISION_RESTART)
                        ret->restarted++;
                else if (results[i].outcome == OUTCOME_SUCCESS)
                        ret->stopped++;
                else if (results[i].outcome == OUTCOME_UNKNOWN)
                        ret->unknown++;
                else if (results[i].outcome == OUTCOME_FAILURE || results[i].outcome == OUTCOME_NONE)
                        ret->failed++;
        }
}

static struct event event_by_hand(const char *stable_id, const struct container *c, const struct memory *m, struct now now) {
        return (struct event){ .at_us = now.wall_us,
                               .container_id = c ? c->id : m->container_id,
                               .container_name = c ? c->name : (m->name && m->name[0] ? m->name : stable_id),
                               .stable_id = stable_id,
                               .restart_count = (int64_t)m->n_restarts,
                               .reason = reason_name(REASON_REQUESTED),
                               .duration_ms = -1 };
}

bool record_quarantine(struct state *state, struct event_list *events, const char *stable_id, const struct container *c,
                       struct now now) {
        struct memory *m = state_get(state, stable_id);
        if (m->quarantined == QUARANTINED_BY_PERSON)
                return false;
        /* So that it is known whom this is about, whatever name it goes by later. */
        if (c && !*m->container_id) {
                m->container_id = arena_strdup(state->arena, c->id);
                m->image_id = arena_strdup(state->arena, c->image_id);
                m->name = arena_strdup(state->arena, c->name);
        }
        m->quarantined = QUARANTINED_BY_PERSON;
        m->quarantine_reason = REASON_REQUESTED;
        m->quarantined_us = now.wall_us;
        struct event e = event_by_hand(stable_id, c, m, now);
        e.type = EVENT_QUARANTINE;
        e.status = "quarantined";
        e.message = arena_printf(events->arena, "quarantined by hand; release with: docker autoheal unquarantine %s", stable_id);
        event_list_add(events, &e);
        return true;
}

bool record_unquarantine(struct state *state, struct event_list *events, const char *stable_id, const struct container *c,
                         struct now now) {
        struct memory *m = state_find(state, stable_id);
        if (!m || m->quarantined == QUARANTINED_NOT)
                return false;
        m->quarantined = QUARANTINED_NOT;
        m->quarantine_reason = REASON_NONE;
        m->quarantined_us = 0;
        m->n_restarts = 0;
        m->episode_restarts = 0;
        /* So are those of the engine's own policy, or it would be quarantined for the same ones again. */
        m->restart_count = -1;
        struct event e = event_by_hand(stable_id, c, m, now);
        e.type = EVENT_UNQUARANTINE;
        e.status = "success";
        e.message = "released by hand; its restarts are counted anew";
        event_list_add(events, &e);
        return true;
}
