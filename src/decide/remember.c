/* SPDX-License-Identifier: MIT */
/* What an observation adds to the memory of a container. Nothing changes when nothing has changed. */
#include "decide_internal.h"

bool decide_is_of_running(enum reason failure) {
        return failure == REASON_UNHEALTHY || failure == REASON_CHECK || failure == REASON_STALE_NETWORK ||
               failure == REASON_PARENT_RESTARTED || failure == REASON_ORPHANED;
}

bool decide_mode_covers(const struct selection *sel, enum reason failure) {
        enum heal_mode mode = sel->policy.mode;
        bool health = mode == MODE_BOTH || mode == MODE_HEALTH;
        /* What nobody opted in is never started again. */
        bool exits = (mode == MODE_BOTH || mode == MODE_ON_FAILURE) && !sel->only_include_all;

        return decide_is_of_running(failure) ? health : exits;
}

int64_t decide_stop_timeout_s(const struct subject *s) {
        int64_t timeout_s = s->sel->policy.stop_timeout_s;

        return timeout_s == STOP_TIMEOUT_UNSET && s->c->inspected ? s->c->stop_timeout_s : timeout_s;
}

static void set_text(struct subject *s, const char **field, const char *value) {
        if (!str_eq(*field, value))
                *field = arena_strdup(s->round->next->arena, value);
}

static void note_container(struct subject *s) {
        const char *hash = container_label(s->c, LABEL_CONFIG_HASH);

        set_text(s, &s->m->container_id, s->c->id);
        set_text(s, &s->m->image_id, s->c->image_id);
        set_text(s, &s->m->config_hash, hash ? hash : "");
        set_text(s, &s->m->name, s->c->name);
}

static void note_pause(struct subject *s) {
        struct memory *m = s->m;

        if (s->is.verdict != VERDICT_PAUSED) {
                if (s->c->inspected && s->c->probe_end_us > m->paused_us + PAUSE_STEP_US)
                        m->paused_us = 0;
        } else if (m->paused_us == 0 || m->verdict != VERDICT_PAUSED) {
                m->paused_us = engine_now(s);
        }
}

static void note_verdict(struct subject *s) {
        struct memory *m = s->m;

        if (m->verdict_us && m->verdict == s->is.verdict)
                return;
        /* What was well and begins anew was restarted by somebody, though nobody looked closely. */
        if (s->known_since_us && m->verdict == VERDICT_OK && s->is.reason == REASON_STARTING && !s->c->inspected &&
            !decide_may_be_under_way(s))
                m->last_restart_us = s->round->in->now.wall_us;
        m->verdict = s->is.verdict;
        m->verdict_us = s->round->in->now.wall_us;
}

/* Proof of health is unbroken while the container is ok and has the same StartedAt. */
static void note_health(struct subject *s) {
        struct memory *m = s->m;

        if (s->is.verdict != VERDICT_OK) {
                m->ok_us = m->ok_started_us = 0;
        } else if (m->ok_us == 0 || (s->c->inspected && m->ok_started_us != s->c->started_us)) {
                m->ok_us = s->round->in->now.wall_us;
                m->ok_started_us = s->c->inspected ? s->c->started_us : 0;
        }
}

/* Also one that was never inspected before: it may have started after it was last seen to change. */
static bool is_started_anew(const struct subject *s, int64_t started_us) {
        if (s->m->started_us)
                return s->c->started_us != s->m->started_us;
        return s->known_since_us && started_us > s->known_since_us + ENGINE_CLOCK_STEP_US;
}

/* What the engine had stopped is started in its place: nobody follows that, nor a start by others of what we stopped. */
static bool is_followed(const struct subject *s) {
        return decide_may_be_our_doing(s, s->c->started_us) && !memory_said(s->m, decide_exit_key(s, "engine-restart")) &&
               s->m->quarantine_reason != REASON_STOPPED;
}

/* A restart by anyone begins the cooldown: two healers do not add up. */
static void note_start_or_exit(struct subject *s) {
        struct memory *m = s->m;
        int64_t started_us = engine_to_ours(s, s->c->started_us);
        bool started_anew = is_started_anew(s, started_us);
        bool exited_anew = s->c->state == CONTAINER_EXITED && s->c->finished_us > m->finished_us;

        if (started_anew && !decide_may_be_our_doing(s, s->c->started_us))
                m->last_restart_us = larger(m->last_restart_us, started_us);
        if (started_anew)
                m->own_started_us = is_followed(s) ? s->c->started_us : 0;
        if (exited_anew && s->is.reason != REASON_STOPPED && decide_exit_is_ours(s))
                memory_say(m, decide_exit_key(s, "ours"), s->round->a);
        if (started_anew || exited_anew)
                memory_end_action(m);
}

/* Exited, or not even started. */
static bool is_down(const struct subject *s) {
        return s->c->state == CONTAINER_EXITED || s->is.reason == REASON_START_FAILED;
}

static void note_inspection(struct subject *s) {
        struct memory *m = s->m;

        note_start_or_exit(s);
        decide_note_evidence(s);
        if (!is_down(s))
                m->first_exited_us = 0;
        else if (m->first_exited_us == 0 || m->finished_us != s->c->finished_us)
                m->first_exited_us = engine_now(s);
        m->started_us = s->c->started_us;
        m->finished_us = s->c->finished_us;
        /* In a loop it is counted from where that began; a start by hand begins at 0. */
        if (s->is.verdict != VERDICT_RESTARTING || s->c->restart_count < m->restart_count)
                m->restart_count = s->c->restart_count;
        else if (m->restart_count < 0)
                m->restart_count = larger(s->c->restart_count - 1, 0);
}

static void open_episode(struct subject *s) {
        if (!decide_is_broken(s) || s->m->episode_us || !decide_mode_covers(s->sel, s->is.reason))
                return;
        s->m->episode_us = s->round->in->now.wall_us;
        s->m->episode_restarts = 0;
}

void decide_remember(struct subject *s) {
        s->known_since_us = decide_knows(s) ? s->m->verdict_us : 0;
        note_container(s);
        note_pause(s);
        note_verdict(s);
        note_health(s);
        decide_note_parent(s);
        /* Half of an action of ours is not a state that anything follows from. */
        bool at_it = s->in_flight || s->m->intent != DECISION_NONE;

        if (s->c->inspected && !at_it)
                note_inspection(s);
        if (!at_it)
                decide_forget_action(s);
        decide_note_check(s);
        open_episode(s);
}
