/* SPDX-License-Identifier: MIT */
/*
 * What is done about a container: the rules in order, the first that applies wins. A rule only looks; what a decision
 * changes is its effect. So every rule can be asked, for explain, also when an earlier one has decided already.
 */
#include "decide_internal.h"

struct answer {
        bool applies;
        enum decision decision;
        enum reason reason;
        int64_t until_us;     /* our clock; 0: nobody knows */
        const char *sentence; /* with its numbers, also where it does not apply */
        effect_fn *effect;    /* NULL: nothing changes */
};

typedef struct answer rule_fn(const struct subject *s);

static struct answer passes(const char *sentence) {
        return (struct answer){ .sentence = sentence };
}

static struct answer decides(enum decision decision, enum reason reason, const char *sentence) {
        return (struct answer){ .applies = true, .decision = decision, .reason = reason, .sentence = sentence };
}

static struct answer with_effect(struct answer answer, effect_fn *effect) {
        answer.effect = effect;
        return answer;
}

static struct answer holds(enum reason reason, int64_t until_us, const char *sentence) {
        struct answer answer = decides(DECISION_HOLD, reason, sentence);

        answer.until_us = until_us;
        return answer;
}

static const struct config *config_of(const struct subject *s) {
        return s->round->in->config;
}

static int64_t now_us(const struct subject *s) {
        return s->round->in->now.wall_us;
}

static struct answer rule_monitored(const struct subject *s) {
        if (s->sel->monitored)
                return passes(s->sel->detail);
        return decides(DECISION_SKIP, s->sel->reason, s->sel->detail);
}

static struct answer rule_in_flight(const struct subject *s) {
        if (s->in_flight)
                return holds(REASON_IN_FLIGHT, 0, "an action of ours is under way");

        int64_t until_us = decide_intent_end_us(s);

        /* An action of which nobody heard the result: the engine goes on alone. */
        if (until_us && (s->c->inspected || now_us(s) < until_us))
                return holds(REASON_IN_FLIGHT, until_us, explain_intent(s, until_us));
        return passes("no action of ours is under way");
}

/* Well, but quarantined: what autoheal did is undone by proof, what a person did by a person only. */
static struct answer well_but_quarantined(const struct subject *s) {
        const struct memory *m = s->m;
        bool by_proof = config_of(s)->restart.auto_unquarantine && m->quarantined == QUARANTINED_BY_AUTOHEAL &&
                        m->quarantine_reason != REASON_STOPPED;
        bool same_start = s->c->inspected && m->ok_us && m->ok_started_us == s->c->started_us;
        int64_t until_us = larger(m->ok_us, m->quarantined_us) + s->sel->policy.release_s * US_PER_S;
        struct arena *a = s->round->a;

        if (!by_proof)
                return holds(REASON_QUARANTINED, 0, explain_quarantined(s));
        if (!same_start)
                return holds(REASON_QUARANTINED, 0, "quarantined; well, but not looked at closely: no proof");
        if (now_us(s) < until_us)
                return holds(REASON_QUARANTINED, until_us, explain_proof(s, until_us));
        return with_effect(decides(DECISION_RELEASE, REASON_PROVEN,
                                   decide_say(a, "released from quarantine: well for %s without a break, %s are asked for",
                                              decide_duration(a, (now_us(s) - m->ok_us) / US_PER_S),
                                              decide_duration(a, s->sel->policy.release_s))),
                           effect_release);
}

static struct answer rule_ok(const struct subject *s) {
        if (s->is.verdict != VERDICT_OK)
                return passes(decide_say(s->round->a, "not ok: %s", s->is.detail));
        if (s->m->quarantined)
                return well_but_quarantined(s);
        if (s->m->episode_us == 0)
                return decides(DECISION_NONE, s->is.reason, s->is.detail);
        return with_effect(decides(DECISION_NONE, REASON_RECOVERED, explain_recovered(s)), effect_recovered);
}

static struct answer rule_not_failing(const struct subject *s) {
        if (s->is.reason == REASON_CRASH_LOOP)
                return passes(decide_say(s->round->a, "restarting in vain: %s", s->is.detail));
        switch (s->is.verdict) {
        case VERDICT_FAILING:
                return passes(decide_say(s->round->a, "failing: %s", s->is.detail));
        case VERDICT_STOPPED:
                if (s->is.reason == REASON_MANUAL_STOP)
                        return decides(DECISION_SKIP, REASON_MANUAL_STOP, s->is.detail);
                if (s->is.reason == REASON_UNEXPLAINED_STOP)
                        return with_effect(decides(DECISION_SKIP, REASON_UNEXPLAINED_STOP, s->is.detail), effect_unexplained);
                return decides(DECISION_NONE, s->is.reason, s->is.detail);
        case VERDICT_STOPPING:
                return holds(REASON_STOPPING, decide_stopping_until_us(s), s->is.detail);
        default:
                return decides(DECISION_NONE, s->is.reason, s->is.detail);
        }
}

static const char only_include_all[] = "monitored only through monitor.include_all: exited ones are never started";

static struct answer rule_mode(const struct subject *s) {
        const char *mode = heal_mode_name(s->sel->policy.mode);
        const char *failure = reason_name(s->is.reason);
        struct arena *a = s->round->a;

        if (!decide_is_broken(s))
                return passes(s->sel->only_include_all ? decide_say(a, "mode %s; %s", mode, only_include_all)
                                                       : decide_say(a, "mode %s", mode));
        if (decide_mode_covers(s->sel, s->is.reason))
                return passes(decide_say(a, "mode %s heals what is %s", mode, failure));
        if (!decide_is_of_running(s->is.reason) && s->sel->only_include_all && s->sel->policy.mode != MODE_HEALTH)
                return decides(DECISION_SKIP, REASON_MODE, only_include_all);
        return decides(DECISION_SKIP, REASON_MODE, decide_say(a, "mode %s does not heal what is %s", mode, failure));
}

static struct answer rule_quarantined(const struct subject *s) {
        if (s->m->quarantined == QUARANTINED_NOT)
                return passes("not quarantined");
        return holds(REASON_QUARANTINED, 0, explain_quarantined(s));
}

static struct answer rule_maintenance(const struct subject *s) {
        struct hold_period h = decide_maintenance(s);

        if (!h.on)
                return passes(explain_maintenance(s, &h));
        return with_effect(holds(REASON_MAINTENANCE, h.until_us, explain_maintenance(s, &h)),
                           s->is.reason == REASON_STALE_NETWORK ? effect_maintained : NULL);
}

/* Its files were broken: it may be quarantined, and nobody knows. */
static struct answer rule_rebuilt(const struct subject *s) {
        int64_t until_us = larger(s->m->held_until_us, s->round->next->held_until_us);

        if (until_us <= now_us(s))
                return passes("what is known of it is complete");
        return holds(REASON_REBUILT, until_us, explain_rebuilt(s, until_us));
}

static struct answer rule_action(const struct subject *s) {
        struct arena *a = s->round->a;

        switch (s->sel->policy.action) {
        case ACTION_NONE:
                return decides(DECISION_SKIP, REASON_ACTION, decide_say(a, "%s; its label action is none", s->is.detail));
        case ACTION_NOTIFY:
                if (memory_said(s->m, decide_notify_key(s)))
                        return decides(DECISION_SKIP, REASON_ACTION,
                                       decide_say(a, "%s; its label action is notify, and that was done", s->is.detail));
                return with_effect(
                        decides(DECISION_NOTIFY, REASON_ACTION, decide_say(a, "%s; its label action is notify", s->is.detail)),
                        effect_notify);
        case ACTION_STOP:
                if (s->c->auto_remove)
                        return decides(DECISION_SKIP, REASON_ACTION,
                                       "its label action is stop, but it was started with --rm and would be removed");
                return passes("action stop");
        default:
                return passes("action restart");
        }
}

static rule_fn rule_parent, rule_storm;

/*
 * A rule further down is sure to hold it for longer than until then: that is what it waits for. Only where none between here
 * and there would do something about it.
 */
static bool is_held_longer(const struct subject *s, int64_t until_us) {
        struct answer parent = rule_parent(s), storm = rule_storm(s);

        if (parent.applies && parent.decision == DECISION_HOLD)
                return parent.until_us == 0 || parent.until_us > until_us;
        if (storm.applies)
                return storm.until_us == 0 || storm.until_us > until_us;
        return s->is.reason != REASON_CRASH_LOOP && !decide_is_used_up(s) && decide_spacing(s).until_us > until_us;
}

static struct answer rule_exit_grace(const struct subject *s) {
        struct arena *a = s->round->a;
        int64_t grace_s = config_of(s)->restart.exit_grace_seconds;

        if (s->c->state != CONTAINER_EXITED || !s->c->inspected)
                return passes("has not exited");

        int64_t age_us = engine_age_us(s, s->c->finished_us);
        int64_t until_us = engine_to_ours(s, s->c->finished_us) + grace_s * US_PER_S;
        const char *age = decide_duration(a, age_us / US_PER_S), *grace = decide_duration(a, grace_s);

        if (age_us >= grace_s * US_PER_S)
                return passes(decide_say(a, "exited %s ago, %s are waited for", age, grace));

        const char *sentence = decide_say(a, "exited %s ago, left alone for %s: it may be about to be recreated; until %s", age,
                                          grace, decide_time(a, until_us));

        return is_held_longer(s, until_us) ? passes(sentence) : holds(REASON_EXIT_GRACE, until_us, sentence);
}

/* Somebody creates, removes or renames containers of its Compose project; only known where the journal was read. */
static struct answer rule_deploy(const struct subject *s) {
        const struct observation *obs = s->round->in->observation;
        const char *project = container_label(s->c, CONTAINER_PROJECT_LABEL);
        int64_t hold_us = config_of(s)->restart.deploy_hold_seconds * US_PER_S;

        for (size_t i = 0; project && i < obs->n_changes; i++) {
                int64_t age_us = engine_age_us(s, obs->changes[i].at_us);

                if (!str_eq(obs->changes[i].project, project) || age_us >= hold_us)
                        continue;

                int64_t until_us = engine_to_ours(s, obs->changes[i].at_us) + hold_us;
                const char *sentence = explain_deploy(s, age_us, until_us);

                return is_held_longer(s, until_us) ? passes(sentence) : holds(REASON_DEPLOY, until_us, sentence);
        }
        return passes(project ? "no deployment seen in its Compose project" : "not part of a Compose project");
}

/* Without the container whose network it shares it cannot be started; before the one that it depends on it need not be. */
static struct answer rule_parent(const struct subject *s) {
        struct parent_hold h;

        if (s->sel->lost_parent && decide_is_broken(s))
                return with_effect(decides(DECISION_SKIP, REASON_ORPHANED, explain_orphan_remedy(s)), effect_orphaned);
        if (s->sel->n_parents == 0)
                return passes(s->sel->circle ? "depends on others in a circle, in which no order holds"
                                             : "depends on no other container");
        h = decide_parent_hold(s);
        if (!h.on)
                return passes("no container that it depends on is to be waited for");
        return decide_is_broken(s) ? holds(REASON_PARENT, h.until_us, h.sentence) : passes(h.sentence);
}

static struct answer rule_storm(const struct subject *s) {
        const struct round *r = s->round;
        struct turn turn = decide_turn(r);

        if (!r->brake.storm)
                return passes(decide_say(r->a, "no storm: %s", explain_down(r)));
        if (!decide_is_broken(s))
                return passes(explain_storm(r));
        if (decide_is_uncounted(s))
                return passes("started again after an engine restart, which no storm holds up");
        if (s->is.reason == REASON_CRASH_LOOP || decide_wants_stop(s))
                return holds(REASON_STORM, 0, decide_say(r->a, "%s; nobody is stopped or quarantined meanwhile", explain_storm(r)));
        if (decide_is_used_up(s))
                return passes(decide_say(r->a, "%s; no restart is left that would wait for its turn", explain_storm(r)));
        if (turn.now)
                return passes(decide_say(r->a, "%s; it is its turn", explain_storm(r)));
        if (turn.at_us && decide_spacing(s).until_us > turn.at_us)
                return passes(decide_say(r->a, "%s; its own wait ends after its turn", explain_storm(r)));
        return with_effect(holds(REASON_STORM, turn.at_us, explain_turn(s, turn.at_us)), effect_turn);
}

/* What is not to be stopped is left alone. */
static struct answer rule_crash_loop(const struct subject *s) {
        if (s->is.reason != REASON_CRASH_LOOP)
                return passes("not restarted by the engine in vain");
        if (decide_wants_stop(s))
                return passes("restarted by the engine in vain, and to be stopped");
        return with_effect(decides(DECISION_QUARANTINE, REASON_CRASH_LOOP, explain_crash_loop(s)), effect_crash_loop);
}

static struct answer rule_max_restarts(const struct subject *s) {
        int64_t restarts = memory_restarts(s->m);
        const char *sentence = explain_limit(s, restarts);

        if (restarts < s->sel->policy.max_restarts)
                return passes(sentence);
        if (decide_is_uncounted(s))
                return passes("started again after an engine restart, which counts for no limit");
        if (s->is.reason == REASON_CRASH_LOOP)
                return passes("the engine's own restarts are what counts here");
        if (s->round->brake.storm)
                return holds(REASON_STORM, 0,
                             decide_say(s->round->a, "%s; nobody is quarantined meanwhile", explain_storm(s->round)));
        return with_effect(decides(DECISION_QUARANTINE, REASON_MAX_RESTARTS, sentence), effect_quarantine);
}

static struct answer rule_cooldown(const struct subject *s) {
        struct spacing spacing = decide_spacing(s);

        if (spacing.until_us == 0)
                return passes(explain_spacing(s, &spacing));
        return holds(spacing.reason, spacing.until_us, explain_spacing(s, &spacing));
}

/* What is down takes nothing away when it is started. */
static struct answer rule_rolling(const struct subject *s) {
        int64_t down;

        if (s->c->state != CONTAINER_RUNNING)
                return passes("it is not running: nothing is taken away");
        down = decide_replicas_down(s);
        if (down < config_of(s)->brake.max_unavailable)
                return passes(explain_rolling(s, down));
        return holds(REASON_ROLLING, 0, explain_rolling(s, down));
}

static struct answer rule_parallel(const struct subject *s) {
        if (s->round->under_way < config_of(s)->restart.max_parallel)
                return passes(explain_parallel(s));
        return holds(REASON_PARALLEL, 0, explain_parallel(s));
}

/* The last one before it is done: what it says is asked for about nothing that another rule holds. */
static struct answer rule_hook(const struct subject *s) {
        struct consent c = decide_consent(s);
        const char *sentence = explain_consent(s, &c);

        switch (c.is) {
        case CONSENT_TO_ASK:
                return s->round->in->asks_nobody ? passes(sentence) : with_effect(holds(REASON_HOOK, 0, sentence), effect_ask);
        case CONSENT_ASKED:
                return with_effect(holds(REASON_HOOK, c.until_us, sentence), effect_turn);
        case CONSENT_REFUSED:
                return with_effect(holds(REASON_VETOED, c.until_us, sentence), effect_veto);
        default:
                return passes(sentence);
        }
}

static struct answer rule_act(const struct subject *s) {
        if (!decide_is_broken(s))
                return passes("nothing to do");
        if (decide_wants_stop(s))
                return with_effect(decides(DECISION_STOP, s->is.reason, explain_stop(s)), effect_stop);
        return with_effect(decides(DECISION_RESTART, s->is.reason, explain_restart(s)), effect_restart);
}

static const struct rule {
        const char *name;
        rule_fn *look;
} rules[] = {
        { "monitored", rule_monitored },
        { "in-flight", rule_in_flight },
        { "ok", rule_ok },
        { "not-failing", rule_not_failing },
        { "mode", rule_mode },
        { "quarantined", rule_quarantined },
        { "maintenance", rule_maintenance },
        { "rebuilt", rule_rebuilt },
        { "action", rule_action },
        { "exit-grace", rule_exit_grace },
        { "deploy", rule_deploy },
        { "parent", rule_parent },
        { "storm", rule_storm },
        { "crash-loop", rule_crash_loop },
        { "max-restarts", rule_max_restarts },
        { "cooldown", rule_cooldown },
        { "rolling", rule_rolling },
        { "parallel", rule_parallel },
        { "hook", rule_hook },
        { "act", rule_act },
};
_Static_assert(N_ELEMENTS(rules) <= TRACE_MAX, "readers of a trace reserve that much room");

static void trace(struct plan_item *item, const struct rule *rule, const struct answer *answer, bool reached) {
        item->trace[item->n_trace++] = (struct rule_trace){
                .rule = rule->name,
                .applied = reached && answer->applies,
                .reached = reached,
                .sentence = answer->sentence,
        };
}

void decide_rules(struct subject *s) {
        struct plan_item *item = s->item;
        bool want_trace = s->round->in->want_trace;
        struct answer decided = { .applies = false };

        if (want_trace)
                item->trace = arena_array(s->round->a, TRACE_MAX, sizeof(*item->trace));
        for (size_t i = 0; i < N_ELEMENTS(rules) && (want_trace || !decided.applies); i++) {
                struct answer answer = rules[i].look(s);

                if (want_trace)
                        trace(item, &rules[i], &answer, !decided.applies);
                if (answer.applies && !decided.applies)
                        decided = answer;
        }
        item->decision = decided.decision;
        item->reason = decided.reason;
        item->detail = decided.sentence;
        item->until_us = decided.until_us;
        if (decided.effect)
                decided.effect(s, decided.sentence);
}
