/* SPDX-License-Identifier: MIT */
/*
 * What a container is now. The hard question is whether an exited one was stopped or has fallen: exit codes cannot tell,
 * so better evidence is asked first. An operator's stop undone is worse than a crash left for a person.
 */
#include "decide_internal.h"

#include <signal.h>

static struct judgement is(enum verdict verdict, enum reason reason, const char *detail) {
        return (struct judgement){ .verdict = verdict, .reason = reason, .detail = detail };
}

/* ---- Running ---- */

int64_t decide_run_us(const struct subject *s) {
        if (s->c->inspected && s->c->started_us)
                return engine_age_us(s, s->c->started_us);
        return s->c->up_s >= 0 && s->c->up_s < INT64_MAX / US_PER_S ? s->c->up_s * US_PER_S : -1;
}

static bool has_proved_itself(const struct subject *s) {
        return decide_run_us(s) >= s->round->in->config->restart.verify_seconds * US_PER_S;
}

/* By its own policy, since it last had a verdict other than restarting. */
static int64_t engine_restarts(const struct subject *s) {
        const struct memory *m = s->m;

        if (!s->c->inspected)
                return 0;
        /* Never looked at closely before: the last one may have been just now, those before it are nobody's loop. */
        if (!decide_knows(s) || m->restart_count < 0)
                return s->c->restart_count > 0;
        return s->c->restart_count > m->restart_count ? s->c->restart_count - m->restart_count : 0;
}

static struct judgement restarting(const struct subject *s) {
        int64_t restarts = engine_restarts(s);

        if (restarts >= s->sel->policy.max_restarts)
                return is(VERDICT_RESTARTING, REASON_CRASH_LOOP,
                          decide_say(s->round->a, "the engine's own policy restarted it %lld times, and it never ran for %s",
                                     (long long)restarts,
                                     decide_duration(s->round->a, s->round->in->config->restart.verify_seconds)));
        if (restarts > 0 && s->m->restart_count < 0)
                return is(VERDICT_RESTARTING, REASON_RESTARTING,
                          decide_say(s->round->a, "the engine's own policy restarted it: %lld restarts, and it has just started",
                                     (long long)s->c->restart_count));
        if (restarts > 0)
                return is(VERDICT_RESTARTING, REASON_RESTARTING,
                          decide_say(s->round->a, "the engine's own policy restarted it: %lld restarts, %lld when last seen",
                                     (long long)s->c->restart_count, (long long)s->m->restart_count));
        return is(VERDICT_RESTARTING, REASON_RESTARTING, "the engine's own policy is restarting it");
}

bool decide_is_broken(const struct subject *s) {
        return s->is.verdict == VERDICT_FAILING || s->is.reason == REASON_CRASH_LOOP;
}

/* The last probe must have ended after the grace: one from before it says nothing about now. */
static bool within_start_grace(const struct subject *s) {
        int64_t grace_us = s->sel->policy.start_grace_s * US_PER_S;
        int64_t started_us = engine_now(s) - engine_age_us(s, s->c->started_us);

        if (grace_us == 0)
                return false;
        return s->c->inspected && s->c->probe_end_us <= started_us + grace_us;
}

/* After an unpause the engine shows the health from before the pause until the next probe. */
static bool is_stale_since_pause(const struct subject *s) {
        return decide_knows(s) && s->m->paused_us && s->c->inspected && s->c->probe_end_us <= s->m->paused_us + PAUSE_STEP_US;
}

/* However healthy it looks. */
static bool is_cut_off(const struct subject *s, struct judgement *ret) {
        struct call call;

        if (s->sel->monitored && s->sel->lost_parent)
                *ret = is(VERDICT_FAILING, REASON_ORPHANED, explain_orphan(s));
        else if (!decide_is_called(s, &call))
                return false;
        else if (!s->c->inspected)
                *ret = is(VERDICT_UNKNOWN, REASON_UNSEEN,
                          "a container that it depends on has started anew, and it was not looked at closely");
        else if (call.reason == REASON_STALE_NETWORK)
                *ret = is(VERDICT_FAILING, call.reason, explain_stale_network(s, &call));
        else
                *ret = is(VERDICT_FAILING, call.reason, explain_parent_restarted(s, &call));
        return true;
}

static struct judgement judge_running(const struct subject *s) {
        int64_t stopping_us = decide_stopping_until_us(s);
        struct judgement cut_off;

        if (stopping_us)
                return is(VERDICT_STOPPING, REASON_STOPPING, explain_stopping(s, stopping_us));
        if (is_cut_off(s, &cut_off))
                return cut_off;
        if (engine_restarts(s) > 0 && !has_proved_itself(s))
                return restarting(s);
        switch (s->c->health) {
        case HEALTH_HEALTHY:
                return decide_judge_check(s, is(VERDICT_OK, REASON_HEALTHY, "healthy"));
        case HEALTH_STARTING:
                return is(VERDICT_STARTING, REASON_STARTING, "its health check has not come to a result yet");
        case HEALTH_UNHEALTHY:
                if (s->sel->monitored && !s->c->inspected)
                        return is(VERDICT_UNKNOWN, REASON_UNSEEN, "unhealthy, but the engine does not let it be looked at closely");
                if (within_start_grace(s))
                        return is(VERDICT_STARTING, REASON_START_GRACE, explain_start_grace(s));
                if (is_stale_since_pause(s))
                        return is(VERDICT_STARTING, REASON_UNPAUSED,
                                  "unhealthy from before it was paused: waiting for the next probe");
                return is(VERDICT_FAILING, REASON_UNHEALTHY, explain_unhealthy(s));
        default:
                if (has_proved_itself(s))
                        return decide_judge_check(s, is(VERDICT_OK, REASON_RUNNING, explain_run(s)));
                return is(VERDICT_STARTING, REASON_STARTING, explain_run(s));
        }
}

/* ---- Exited ---- */

const char *decide_exit_key(const struct subject *s, const char *what) {
        return arena_printf(s->round->a, "%s:%lld", what, (long long)s->c->finished_us);
}

bool decide_exit_is_ours(const struct subject *s) {
        if (!decide_knows(s))
                return false;
        if (memory_said(s->m, decide_exit_key(s, "ours")))
                return true;
        return s->c->started_us == s->m->started_us && s->c->finished_us > s->m->finished_us &&
               decide_may_be_our_doing(s, s->c->finished_us);
}

/* The engine restarts by itself whatever it may: what its policy left down, it was told to. */
static bool policy_left_it_down(const struct container *c) {
        switch (c->policy) {
        case POLICY_ALWAYS:
        case POLICY_UNLESS_STOPPED:
                return true;
        case POLICY_ON_FAILURE:
                return c->exit_code != 0 && (c->policy_max == 0 || c->restart_count < c->policy_max);
        default:
                return false;
        }
}

/* docker stop and docker kill end so, and so does a crash under such a signal. */
static bool fits_a_stop(const struct container *c) {
        switch (c->exit_code) {
        case 128 + SIGINT:
        case 128 + SIGTERM:
        case 255:
                return true;
        case 128 + SIGKILL:
                return !c->oom_killed;
        default:
                return c->exit_code == 128 + c->stop_signal;
        }
}

/* When it came to its end, or was created if it never ran. */
static int64_t down_since_us(const struct container *c) {
        return c->finished_us == 0 && c->started_us == 0 ? c->created_us : c->finished_us;
}

static int64_t age_when_first_seen_us(const struct subject *s) {
        bool seen = decide_knows(s) && s->m->finished_us == s->c->finished_us && s->m->first_exited_us;

        if (!seen)
                return engine_age_us(s, down_since_us(s->c));
        return larger(s->m->first_exited_us - down_since_us(s->c), 0);
}

static struct judgement fallen(const struct subject *s, enum reason reason, const char *detail) {
        int64_t limit_us = s->round->in->config->restart.max_exit_age_seconds * US_PER_S;
        int64_t age_us = age_when_first_seen_us(s);

        if (limit_us > 0 && age_us > limit_us && s->m->episode_us == 0)
                return is(VERDICT_STOPPED, REASON_CORPSE, explain_corpse(s, age_us));
        return is(VERDICT_FAILING, reason, detail);
}

/* What ran is started again however long the engine was away, but only where somebody asked for that. */
static struct judgement judge_engine_stopped(const struct subject *s) {
        const char *detail = "the engine stopped it when it was restarted itself";

        if (!s->round->in->config->restart.after_engine_restart)
                return is(VERDICT_STOPPED, REASON_ENGINE_RESTART,
                          explain_exit(s, "stopped by the engine's own restart, and restart.after_engine_restart is false"));
        if (s->sel->only_include_all)
                return is(VERDICT_STOPPED, REASON_ENGINE_RESTART,
                          explain_exit(s, "stopped by the engine's own restart, and monitored only through monitor.include_all"));
        return is(VERDICT_FAILING, REASON_ENGINE_RESTART, explain_exit(s, detail));
}

/* Where neither an action of ours nor an error of the engine explains it: the best evidence first. */
static struct judgement judge_end(const struct subject *s) {
        const struct container *c = s->c;
        enum told told = decide_told(s);

        if (told == TOLD_STOPPED && !s->engine_stopped)
                return is(VERDICT_STOPPED, REASON_MANUAL_STOP, explain_exit(s, "stopped on purpose, the engine's journal tells"));
        if (told == TOLD_CRASHED && c->exit_code != 0)
                return fallen(s, REASON_EXITED, explain_exit(s, "nobody stopped it, the engine's journal tells"));
        if (told != TOLD_CRASHED && policy_left_it_down(c))
                return is(VERDICT_STOPPED, REASON_MANUAL_STOP,
                          explain_exit(s, "stopped on purpose, or the engine would have restarted it"));
        if (s->engine_stopped)
                return judge_engine_stopped(s);
        if (c->exit_code == 0)
                return is(VERDICT_STOPPED, REASON_FINISHED, "finished with code 0");
        if (c->policy == POLICY_ON_FAILURE)
                return fallen(s, REASON_EXITED, explain_exit(s, "the engine's own policy gave up"));
        if (fits_a_stop(c))
                return is(VERDICT_STOPPED, REASON_UNEXPLAINED_STOP,
                          explain_exit(s, "fits a stop as well as a crash, and nothing tells which"));
        return fallen(s, REASON_EXITED, explain_exit(s, NULL));
}

static struct judgement judge_exited(struct subject *s) {
        const struct container *c = s->c;
        const struct config *cfg = s->round->in->config;

        if (!c->inspected)
                return is(VERDICT_UNKNOWN, REASON_UNSEEN, "exited, but not looked at closely");
        if (s->m->quarantined && s->m->quarantine_reason == REASON_STOPPED)
                return is(VERDICT_STOPPED, REASON_STOPPED, explain_stopped(s));

        bool ours = decide_exit_is_ours(s);

        s->engine_stopped = !ours && decide_engine_stopped_it(s);
        /* Whoever stopped it has tried to start it since, where it lacks another one. */
        if (*c->state_error && (ours || decide_told(s) != TOLD_STOPPED || s->engine_stopped || decide_lacks_parent(s)))
                return fallen(s, REASON_START_FAILED, explain_start_failed(s));
        if (ours)
                return fallen(s, REASON_EXITED, explain_exit(s, "a restart of ours stopped it and did not start it again"));
        if (!cfg->restart.respect_manual_stop && !(s->engine_stopped && cfg->restart.after_engine_restart))
                return fallen(s, REASON_EXITED, explain_exit(s, "restart.respect_manual_stop is false"));
        return judge_end(s);
}

/* What was never started is nobody's failure, unless it was tried. */
static struct judgement judge_created(const struct subject *s) {
        if (s->c->inspected && *s->c->state_error)
                return fallen(s, REASON_START_FAILED, explain_start_failed(s));
        return is(VERDICT_CREATED, REASON_CREATED, "created, never started");
}

void decide_judge(struct subject *s) {
        switch (s->c->state) {
        case CONTAINER_CREATED:
                s->is = judge_created(s);
                return;
        case CONTAINER_RUNNING:
                s->is = judge_running(s);
                return;
        case CONTAINER_PAUSED:
                s->is = is(VERDICT_PAUSED, REASON_PAUSED, "paused");
                return;
        case CONTAINER_RESTARTING:
                s->is = restarting(s);
                return;
        case CONTAINER_REMOVING:
                s->is = is(VERDICT_REMOVING, REASON_REMOVING, "being removed");
                return;
        case CONTAINER_DEAD:
                s->is = is(VERDICT_REMOVING, REASON_REMOVING, "dead: its removal failed, and it cannot be started");
                return;
        case CONTAINER_EXITED:
                s->is = judge_exited(s);
                return;
        default:
                s->is = is(VERDICT_UNKNOWN, REASON_UNKNOWN, "the engine calls its state something that autoheal does not know");
                return;
        }
}
