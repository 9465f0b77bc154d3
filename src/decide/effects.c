/* SPDX-License-Identifier: MIT */
/* What a decision changes in the next state, and the events that it makes. Restarts are counted before the engine is asked. */
#include "decide_internal.h"

#define HEALTH_OUTPUT_MAX 1024
#define EVENTS_FIRST      8

static void append_event(struct round *r, const struct event *e) {
        if (r->n_events == r->cap_events) {
                size_t cap = r->cap_events ? 2 * r->cap_events : EVENTS_FIRST;
                struct event *grown = arena_array(r->a, cap, sizeof(*grown));

                if (r->n_events)
                        memcpy(grown, r->events, r->n_events * sizeof(*grown));
                r->events = grown;
                r->cap_events = cap;
        }
        r->events[r->n_events++] = *e;
}

void decide_round_event(struct round *r, enum event_type type, const char *status, const char *message) {
        append_event(r,
                     &(struct event){
                             .at_us = r->in->now.wall_us, .type = type, .status = status, .message = message, .duration_ms = -1 });
}

void decide_event(struct subject *s, enum event_type type, const char *status, enum reason reason, const char *message) {
        const struct container *c = s->c;
        bool exited = c->inspected && c->state == CONTAINER_EXITED;
        bool unhealthy = c->inspected && c->state == CONTAINER_RUNNING && c->health == HEALTH_UNHEALTHY;
        struct event e = {
                .at_us = s->round->in->now.wall_us,
                .type = type,
                .container_id = c->id,
                .container_name = c->name,
                .stable_id = s->sel->stable_id,
                .restart_count = (int64_t)s->m->n_restarts,
                .status = status,
                .message = message,
                .reason = reason == REASON_NONE ? NULL : reason_name(reason),
                .has_exit_code = exited,
                .exit_code = exited ? c->exit_code : 0,
                .oom_killed = exited && c->oom_killed,
                .duration_ms = -1,
        };

        if (unhealthy && c->probe_output && *c->probe_output)
                e.health_output = arena_strndup(s->round->a, c->probe_output, strnlen(c->probe_output, HEALTH_OUTPUT_MAX));
        append_event(s->round, &e);
}

void decide_end_quarantine(struct memory *m) {
        m->quarantined = QUARANTINED_NOT;
        m->quarantine_reason = REASON_NONE;
        m->quarantined_us = 0;
}

void decide_clear_counts(struct memory *m) {
        m->n_restarts = 0;
        m->episode_us = 0;
        m->episode_restarts = 0;
        if (m->quarantined == QUARANTINED_BY_AUTOHEAL)
                decide_end_quarantine(m);
}

void effect_recovered(struct subject *s, const char *sentence) {
        struct memory *m = s->m;
        int64_t length_us = larger(s->round->in->now.wall_us - m->episode_us, 0);

        decide_event(s, EVENT_RECOVERED, reason_name(s->is.reason), REASON_RECOVERED, sentence);
        s->round->events[s->round->n_events - 1].duration_ms = length_us / US_PER_MS;
        m->episode_us = 0;
        m->episode_restarts = 0;
}

void effect_release(struct subject *s, const char *sentence) {
        decide_clear_counts(s->m);
        decide_event(s, EVENT_AUTO_UNQUARANTINE, "success", REASON_PROVEN, sentence);
}

/* Once per exit, and only where it would have been started again if it were a failure. */
void effect_unexplained(struct subject *s, const char *sentence) {
        struct arena *a = s->round->a;
        const char *key = decide_exit_key(s, "unexplained");

        if (!decide_mode_covers(s->sel, REASON_EXITED) || memory_said(s->m, key))
                return;
        memory_say(s->m, key, a);
        decide_event(s, EVENT_NOTIFY, "unexplained-stop", REASON_UNEXPLAINED_STOP,
                     decide_say(a, "%s; left alone, start it with: docker start %s", sentence, decide_command_name(s, s->c->name)));
}

const char *decide_notify_key(const struct subject *s) {
        return arena_printf(s->round->a, "notify:%lld", (long long)s->m->episode_us);
}

void effect_notify(struct subject *s, const char *sentence) {
        memory_say(s->m, decide_notify_key(s), s->round->a);
        decide_event(s, EVENT_NOTIFY, reason_name(s->is.reason), s->is.reason, sentence);
}

static void quarantine(struct subject *s, enum reason reason, const char *sentence) {
        s->m->quarantined = QUARANTINED_BY_AUTOHEAL;
        s->m->quarantine_reason = reason;
        s->m->quarantined_us = s->round->in->now.wall_us;
        decide_event(s, EVENT_QUARANTINE, "quarantined", reason, sentence);
}

void effect_quarantine(struct subject *s, const char *sentence) {
        quarantine(s, REASON_MAX_RESTARTS, sentence);
}

/* Once per episode: a stop may have to be asked for again. */
static void tell_crash_loop(struct subject *s) {
        const char *key = arena_printf(s->round->a, "crash-loop:%lld", (long long)s->m->episode_us);

        if (memory_said(s->m, key))
                return;
        memory_say(s->m, key, s->round->a);
        decide_event(s, EVENT_CRASH_LOOP, verdict_name(s->is.verdict), REASON_CRASH_LOOP, s->is.detail);
}

void effect_crash_loop(struct subject *s, const char *sentence) {
        tell_crash_loop(s);
        quarantine(s, REASON_CRASH_LOOP, sentence);
}

/* A dead network is told of even where nothing is done about it: it may look healthy. Once for each start of the other one. */
void effect_maintained(struct subject *s, const char *sentence) {
        const char *key = arena_printf(s->round->a, "maintained:%lld", (long long)s->m->parent_started_us);

        if (memory_said(s->m, key))
                return;
        memory_unsay(s->m, "maintained:", "");
        memory_say(s->m, key, s->round->a);
        decide_event(s, EVENT_NOTIFY, "left-alone", s->is.reason,
                     decide_say(s->round->a, "%s; left alone: %s", s->is.detail, sentence));
}

/* Once for each that it has lost. */
void effect_orphaned(struct subject *s, const char *sentence) {
        const char *key = arena_printf(s->round->a, "orphaned:%.12s", s->sel->lost_parent);

        if (memory_said(s->m, key))
                return;
        memory_say(s->m, key, s->round->a);
        decide_event(s, EVENT_ORPHANED, reason_name(s->is.reason), REASON_ORPHANED, sentence);
}

/* It waits for its turn in a storm, and those behind it wait for it. */
void effect_turn(struct subject *s, const char *sentence) {
        (void)sentence;
        s->round->brake.n_before++;
}

/* It has its turn in a storm, though it is not restarted yet. */
void effect_ask(struct subject *s, const char *sentence) {
        s->item->wants_hook = true;
        effect_turn(s, sentence);
}

void effect_veto(struct subject *s, const char *sentence) {
        const char *key = decide_veto_key(s);

        if (memory_said(s->m, key))
                return;
        memory_say(s->m, key, s->round->a);
        decide_event(s, EVENT_HOOK, reason_name(REASON_VETOED), s->is.reason, sentence);
}

/* The reference service's total, where we have none of our own yet. */
static int64_t configured_total(const struct subject *s) {
        const struct config *cfg = s->round->in->config;
        const char *names[] = { s->sel->stable_id, s->c->name, s->c->id };

        for (size_t k = 0; k < N_ELEMENTS(names); k++)
                for (size_t i = 0; i < cfg->containers.n_restart_counts; i++)
                        if (str_eq(cfg->containers.restart_counts[i].key, names[k]))
                                return cfg->containers.restart_counts[i].count;
        return 0;
}

bool decide_wants_stop(const struct subject *s) {
        if (s->is.reason == REASON_CRASH_LOOP)
                return !s->c->auto_remove &&
                       (s->round->in->config->restart.stop_crash_loops || s->sel->policy.action == ACTION_STOP);
        return s->sel->policy.action == ACTION_STOP;
}

bool decide_is_used_up(const struct subject *s) {
        return memory_restarts(s->m) >= s->sel->policy.max_restarts && !decide_is_uncounted(s);
}

bool decide_is_uncounted(const struct subject *s) {
        return s->is.reason == REASON_ENGINE_RESTART && !memory_said(s->m, decide_exit_key(s, "engine-restart"));
}

void effect_restart(struct subject *s, const char *sentence) {
        struct memory *m = s->m;
        int64_t now_us = s->round->in->now.wall_us;

        (void)sentence;
        if (!m->lifetime_known)
                m->lifetime_restarts = configured_total(s);
        m->lifetime_known = true;
        if (m->lifetime_restarts < INT64_MAX)
                m->lifetime_restarts++;
        m->last_restart_us = now_us;
        if (decide_is_uncounted(s)) {
                memory_say(m, decide_exit_key(s, "engine-restart"), s->round->a);
        } else if (decide_is_for_parent(s)) {
                decide_serve(s);
                m->last_own_restart_us = now_us;
                s->round->brake.n_before++;
        } else {
                memory_add_restart(m, now_us, s->round->a);
                m->episode_restarts++;
                m->last_own_restart_us = now_us;
                s->round->brake.n_before++;
        }
        memory_begin_action(m, DECISION_RESTART, now_us);
        s->round->under_way++;
}

void effect_stop(struct subject *s, const char *sentence) {
        (void)sentence;
        if (s->is.reason == REASON_CRASH_LOOP)
                tell_crash_loop(s);
        memory_begin_action(s->m, DECISION_STOP, s->round->in->now.wall_us);
        s->round->under_way++;
}
