/* SPDX-License-Identifier: MIT */
/* Reason and numbers to a sentence: one printable line, short enough for a terminal and a log. */
#include "decide_internal.h"

#include "autoheal/util/text.h"
#include "autoheal/util/timefmt.h"

#include <stdarg.h>

#define SENTENCE_SIZE    300
#define SHORT_SIZE       121
#define COMMAND_NAME_MAX 100
#define ISO_SECONDS_LEN  19

/* ---- Words ---- */

const char *decide_say(struct arena *a, const char *fmt, ...) {
        char raw[1024], line[SENTENCE_SIZE];
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(raw, sizeof(raw), fmt, ap);
        va_end(ap);
        return arena_strdup(a, text_escape_into(line, sizeof(line), raw));
}

const char *decide_duration(struct arena *a, int64_t seconds) {
        char text[DURATION_SIZE];

        duration_format(seconds, text);
        return arena_strdup(a, text);
}

const char *decide_time(struct arena *a, int64_t us) {
        char iso[TIME_ISO_SIZE];

        time_format_iso(us, iso);
        return arena_printf(a, "%.*s+00:00", ISO_SECONDS_LEN, iso);
}

const char *decide_short(struct arena *a, const char *text) {
        char line[SHORT_SIZE];

        return arena_strdup(a, text_escape_into(line, sizeof(line), text));
}

const char *decide_optin_label(const struct policy *policy, struct arena *a) {
        return arena_printf(a, "%s=%s", decide_short(a, policy->optin_by->key), decide_short(a, policy->optin_by->value));
}

const char *decide_command_name(const struct subject *s, const char *preferred) {
        static const char harmless[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
        size_t len = strlen(preferred);

        if (len > 0 && len <= COMMAND_NAME_MAX && preferred[0] != '-' && strspn(preferred, harmless) == len)
                return preferred;
        return arena_printf(s->round->a, "%.12s", s->c->id);
}

static const char *release_command(const struct subject *s) {
        return arena_printf(s->round->a, "docker autoheal unquarantine %s", decide_command_name(s, s->sel->stable_id));
}

/* "; until ...", or nothing where nobody knows. */
static const char *until(const struct subject *s, int64_t until_us) {
        return until_us ? arena_printf(s->round->a, "; until %s", decide_time(s->round->a, until_us)) : "";
}

/* ---- What it is ---- */

/* What the last probe printed, in one line: without the blanks around it, and with one in place of its line breaks. */
static const char *probe_output(const struct subject *s) {
        const char *from = s->c->probe_output ? s->c->probe_output : "";
        char line[SENTENCE_SIZE];
        size_t n = 0;

        for (; *from && n + 1 < sizeof(line); from++) {
                bool is_break = *from == '\n' || *from == '\r';
                bool is_blank = is_break || *from == ' ' || *from == '\t';

                if (is_blank && (n == 0 || (is_break && line[n - 1] == ' ')))
                        continue;
                line[n++] = is_break ? ' ' : *from;
        }
        while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
                n--;
        line[n] = '\0';
        return decide_short(s->round->a, line);
}

const char *explain_unhealthy(const struct subject *s) {
        struct arena *a = s->round->a;
        const struct container *c = s->c;
        const char *output = probe_output(s);

        if (!c->inspected || c->probe_end_us == 0)
                return "its health check fails";
        if (!*output)
                return decide_say(a, "last probe exited with %lld", (long long)c->probe_exit_code);
        return decide_say(a, "last probe exited with %lld (output: %s)", (long long)c->probe_exit_code, output);
}

const char *explain_start_grace(const struct subject *s) {
        struct arena *a = s->round->a;
        const char *grace = decide_duration(a, s->sel->policy.start_grace_s);

        int64_t until_us = engine_to_ours(s, s->c->started_us) + s->sel->policy.start_grace_s * US_PER_S;

        if (until_us <= s->round->in->now.wall_us)
                return decide_say(a, "unhealthy, but no probe has ended since its start grace of %s was over at %s", grace,
                                  decide_time(a, until_us));
        return decide_say(a, "unhealthy, but within its start grace of %s: counts after %s", grace, decide_time(a, until_us));
}

static const char *explain_pending(const struct subject *s) {
        const struct round *r = s->round;
        size_t at = (size_t)(s - r->subjects);
        const char *kind = health_check_kind_name(s->sel->check->kind);
        int64_t due_us = decide_check_due_us(r->in->config, r->next, r->in->observation, r->in->selection, at, r->in->now);

        if (s->m->check.outcome == CHECK_FAILED)
                return decide_say(r->a, "its %s check failed %lld of %lld times in a row: %s", kind, (long long)s->m->check.streak,
                                  (long long)s->sel->check->retries, s->m->check.detail);
        if (due_us > r->in->now.wall_us)
                return decide_say(r->a, "its %s check has not run since it started: due at %s", kind, decide_time(r->a, due_us));
        return decide_say(r->a, "its %s check has not come to a result since it started", kind);
}

static const char *why_unknown(const struct subject *s) {
        const struct health_check *check = s->sel->check;

        if (check->wrong)
                return check->wrong;
        return check->kind == HEALTH_CHECK_DOCKER ? "the container has no health check of its own" : s->m->check.detail;
}

/* "3 times in a row" */
static const char *in_a_row(const struct subject *s) {
        int64_t n = s->m->check.streak;

        return n == 1 ? "once" : decide_say(s->round->a, "%lld times in a row", (long long)n);
}

const char *explain_check(const struct subject *s, enum check_standing standing) {
        struct arena *a = s->round->a;
        const struct check_memory *m = &s->m->check;
        const char *kind = health_check_kind_name(s->sel->check->kind);

        switch (standing) {
        case STANDING_PASSED:
                if (s->sel->check->kind == HEALTH_CHECK_DOCKER)
                        return "healthy";
                return decide_say(a, "its %s check passed %s ago", kind,
                                  decide_duration(a, larger(s->round->in->now.wall_us - m->run_us, 0) / US_PER_S));
        case STANDING_FAILED:
                if (s->sel->check->kind == HEALTH_CHECK_DOCKER)
                        return explain_unhealthy(s);
                return decide_say(a, "its %s check failed %s: %s", kind, in_a_row(s), m->detail);
        case STANDING_UNPROVEN:
                return decide_say(a, "its %s check failed %s, but never passed for this version: %s", kind, in_a_row(s), m->detail);
        case STANDING_UNKNOWN:
                return decide_say(a, "its %s check cannot be run: %s", kind, why_unknown(s));
        default:
                return explain_pending(s);
        }
}

const char *explain_run(const struct subject *s) {
        struct arena *a = s->round->a;
        int64_t run_us = decide_run_us(s);
        const char *wanted = decide_duration(a, s->round->in->config->restart.verify_seconds);

        if (run_us < 0)
                return decide_say(a, "no health check, and the engine does not tell for how long it has run: %s are needed",
                                  wanted);
        /* Nothing of it comes from outside, and a large fleet has one for each container: it is not escaped. */
        return arena_printf(a, "no health check; has run for %s, and counts as well after %s",
                            decide_duration(a, run_us / US_PER_S), wanted);
}

const char *explain_exit(const struct subject *s, const char *why) {
        const struct container *c = s->c;
        /* OOMKilled stays set after a mere child was killed: it explains an exit, it does not make one. */
        const char *what = c->oom_killed && c->exit_code != 0 ? "out of memory (exit code" : "exited with code";
        const char *end = c->oom_killed && c->exit_code != 0 ? ")" : "";

        return decide_say(s->round->a, "%s %lld%s%s%s", what, (long long)c->exit_code, end, why ? ": " : "", why ? why : "");
}

const char *explain_stopping(const struct subject *s, int64_t until_us) {
        return decide_say(s->round->a, "somebody sent it a signal that ends programs: left alone while it may be stopping%s",
                          until(s, until_us));
}

const char *explain_start_failed(const struct subject *s) {
        return decide_say(s->round->a, "its last start failed: %s", decide_short(s->round->a, s->c->state_error));
}

const char *explain_corpse(const struct subject *s, int64_t age_us) {
        struct arena *a = s->round->a;

        return decide_say(a, "%s: had been %s for %s when first seen, more than %s",
                          s->c->state == CONTAINER_EXITED ? explain_exit(s, NULL) : explain_start_failed(s),
                          s->c->state == CONTAINER_EXITED ? "exited" : "created", decide_duration(a, age_us / US_PER_S),
                          decide_duration(a, s->round->in->config->restart.max_exit_age_seconds));
}

static const char *stop_asked_by(const struct subject *s) {
        return s->sel->policy.action == ACTION_STOP ? "its label action asks" : "was asked for when it was running";
}

const char *explain_stopped(const struct subject *s) {
        return decide_say(s->round->a, "stopped by autoheal, as %s, until released with: %s", stop_asked_by(s), release_command(s));
}

/* ---- On whom it depends ---- */

static const char *name_of(const struct round *r, const struct container *c) {
        return decide_short(r->a, *c->name ? c->name : c->id);
}

static const struct container *called_by(const struct subject *s, const struct call *call) {
        return &s->round->in->observation->containers[call->parent->at];
}

const char *explain_stale_network(const struct subject *s, const struct call *call) {
        struct arena *a = s->round->a;

        return decide_say(a, "shares the network of '%s', which started anew at %s: its own, of %s, is dead",
                          name_of(s->round, called_by(s, call)), decide_time(a, call->started_us),
                          decide_time(a, s->c->started_us));
}

const char *explain_parent_restarted(const struct subject *s, const struct call *call) {
        struct arena *a = s->round->a;

        return decide_say(a, "depends on '%s', which autoheal restarted at %s, and runs since %s",
                          name_of(s->round, called_by(s, call)), decide_time(a, call->started_us),
                          decide_time(a, s->c->started_us));
}

const char *explain_orphan(const struct subject *s) {
        const char *id = decide_short(s->round->a, s->sel->lost_parent);

        if (*s->m->parent)
                return decide_say(s->round->a, "shares the network of '%s' (%.12s), which is gone",
                                  decide_short(s->round->a, s->m->parent), id);
        return decide_say(s->round->a, "shares the network of container %.12s, which is gone", id);
}

const char *explain_parent(const struct subject *s, const struct subject *parent, const struct parent *link, int64_t until_us) {
        bool runs = parent->c->state == CONTAINER_RUNNING;

        return decide_say(s->round->a, "waits for '%s', %s: %s%s", name_of(s->round, parent->c),
                          link->how == DEPENDS_NETWORK ? "whose network it shares" : "on which it depends",
                          runs ? parent->is.detail : container_state_name(parent->c->state), until(s, until_us));
}

const char *explain_left_stale(const struct subject *s, const struct container *parent) {
        return decide_say(s->round->a,
                          "shares the network of '%s', which started anew: its own is dead; not monitored, so left alone; "
                          "restart it with: docker restart %s",
                          name_of(s->round, parent), decide_command_name(s, s->c->name));
}

/* ---- What is done about it ---- */

const char *explain_stop(const struct subject *s) {
        return decide_say(s->round->a, "%s; %s, until released with: %s", s->is.detail,
                          s->sel->policy.action == ACTION_STOP ? "its label action is stop" : "restart.stop_crash_loops is true",
                          release_command(s));
}

const char *explain_restart(const struct subject *s) {
        int64_t restarts = memory_restarts(s->m), most = s->sel->policy.max_restarts;

        if (decide_is_uncounted(s))
                return decide_say(s->round->a, "%s; counts for no limit", s->is.detail);
        if (decide_is_for_parent(s))
                return decide_say(s->round->a, "%s; counts for no limit unless it fails", s->is.detail);
        if (restarts >= most)
                return decide_say(s->round->a, "%s; no restart is left of %lld", s->is.detail, (long long)most);
        return decide_say(s->round->a, "%s; restart %lld of %lld", s->is.detail, (long long)restarts + 1, (long long)most);
}

const char *explain_recovered(const struct subject *s) {
        const struct memory *m = s->m;
        struct arena *a = s->round->a;
        const char *length = decide_duration(a, (s->round->in->now.wall_us - m->episode_us) / US_PER_S);

        if (m->episode_restarts > 0)
                return decide_say(a, "recovered after %s and %lld restart%s: %s", length, (long long)m->episode_restarts,
                                  m->episode_restarts == 1 ? "" : "s", s->is.detail);
        if (m->last_own_restart_us >= m->episode_us && memory_served_by(m, m->last_own_restart_us))
                return decide_say(a, "recovered after %s, restarted after a container that it depends on, which is not counted: %s",
                                  length, s->is.detail);
        if (s->c->inspected && memory_said(m, decide_exit_key(s, "engine-restart")))
                return decide_say(a, "recovered after %s, started again after an engine restart, which is not counted: %s", length,
                                  s->is.detail);
        return decide_say(a, "recovered after %s without a restart by autoheal: %s", length, s->is.detail);
}

const char *explain_intent(const struct subject *s, int64_t until_us) {
        struct arena *a = s->round->a;

        return decide_say(a, "a %s was asked for at %s and its result is not known: left alone until it is seen%s",
                          decision_name(s->m->intent), decide_time(a, s->m->own_action_us), until(s, until_us));
}

/* Those decided in this round are not under way yet, but have their places. */
const char *explain_parallel(const struct subject *s) {
        int64_t under_way = (int64_t)s->round->in->n_in_flight, decided = s->round->under_way - under_way;
        int64_t most = s->round->in->config->restart.max_parallel;

        if (decided == 0)
                return decide_say(s->round->a, "%lld of %lld actions under way", (long long)under_way, (long long)most);
        return decide_say(s->round->a, "%lld of %lld actions under way, and %lld decided before this one", (long long)under_way,
                          (long long)most, (long long)decided);
}

const char *explain_consent(const struct subject *s, const struct consent *c) {
        struct arena *a = s->round->a;
        bool before = memory_said(s->m, decide_veto_key(s));

        switch (c->is) {
        case CONSENT_TO_ASK:
                return before ? "hooks.pre_restart is asked first, which has said no before" : "hooks.pre_restart is asked first";
        case CONSENT_ASKED:
                return decide_say(a, "hooks.pre_restart was asked at %s%s%s", decide_time(a, c->asked->asked_us),
                                  c->asked->answered_us ? ", and its answer comes with the next look" : " and has not ended",
                                  until(s, c->until_us));
        case CONSENT_REFUSED:
                return decide_say(a, "hooks.pre_restart says no: %s%s", decide_short(a, c->asked->why), until(s, c->until_us));
        case CONSENT_GIVEN:
                return c->asked->agreed
                               ? "hooks.pre_restart has agreed"
                               : decide_say(a, "hooks.pre_restart failed, which holds nothing: %s", decide_short(a, c->asked->why));
        default:
                return s->round->in->config->hooks.pre_restart.n ? "hooks.pre_restart is asked before a restart only"
                                                                 : "no hooks.pre_restart to ask";
        }
}

const char *explain_proof(const struct subject *s, int64_t until_us) {
        struct arena *a = s->round->a;
        int64_t well_us = s->round->in->now.wall_us - s->m->ok_us;

        return decide_say(a, "quarantined; well for %s, is released after %s%s", decide_duration(a, well_us / US_PER_S),
                          decide_duration(a, s->sel->policy.release_s), until(s, until_us));
}

const char *explain_quarantined(const struct subject *s) {
        struct arena *a = s->round->a;
        const char *by = s->m->quarantined == QUARANTINED_BY_PERSON ? "a person" : "autoheal";

        if (s->m->quarantined_us == 0)
                return decide_say(a, "quarantined by %s; release with: %s", by, release_command(s));
        return decide_say(a, "quarantined by %s since %s; release with: %s", by, decide_time(a, s->m->quarantined_us),
                          release_command(s));
}

const char *explain_maintenance(const struct subject *s, const struct hold_period *h) {
        const struct maintenance *m = &s->round->next->maintenance;
        struct arena *a = s->round->a;

        if (h->on)
                return decide_say(a, "maintenance%s%s%s%s", decide_short(a, h->of), h->start_us ? " since " : "",
                                  h->start_us ? decide_time(a, h->start_us) : "", until(s, h->until_us));
        if (m->enabled)
                return decide_say(a, "maintenance is over since %s", decide_time(a, m->until_us));
        return m->n_scopes ? "no maintenance of this container" : "no maintenance";
}

const char *explain_rebuilt(const struct subject *s, int64_t until_us) {
        return decide_say(s->round->a, "its files were broken and rebuilt, and whether it was quarantined is not known%s",
                          until(s, until_us));
}

const char *explain_deploy(const struct subject *s, int64_t age_us, int64_t until_us) {
        struct arena *a = s->round->a;

        return decide_say(a, "containers of its Compose project '%s' changed %s ago: somebody may be deploying%s",
                          decide_short(a, container_label(s->c, CONTAINER_PROJECT_LABEL)), decide_duration(a, age_us / US_PER_S),
                          until(s, until_us));
}

/* ---- The brakes ---- */

const char *explain_down(const struct round *r) {
        return arena_printf(r->a, "%zu of %zu monitored containers are down", r->brake.down, r->brake.monitored);
}

const char *explain_storm(const struct round *r) {
        return arena_printf(r->a, "a storm: %s, the cause is likely the host; at most %lld restart%s every %s", explain_down(r),
                            (long long)r->in->config->brake.restarts_per_interval,
                            r->in->config->brake.restarts_per_interval == 1 ? "" : "s",
                            decide_duration(r->a, r->in->config->monitor.interval_seconds));
}

const char *explain_turn(const struct subject *s, int64_t until_us) {
        return decide_say(s->round->a, "%s; it is not its turn%s", explain_storm(s->round), until(s, until_us));
}

const char *explain_rolling(const struct subject *s, int64_t down) {
        return decide_say(s->round->a, "%lld other replica%s of its service taken down by autoheal, of %lld at a time",
                          (long long)down, down == 1 ? "" : "s", (long long)s->round->in->config->brake.max_unavailable);
}

const char *explain_crash_loop(const struct subject *s) {
        return decide_say(s->round->a, "%s; left to it, release with: %s", s->is.detail, release_command(s));
}

const char *explain_limit(const struct subject *s, int64_t restarts) {
        struct arena *a = s->round->a;
        const struct policy *p = &s->sel->policy;
        const struct memory *m = s->m;
        bool reached = restarts >= p->max_restarts;
        const char *where = (int64_t)m->n_restarts >= m->episode_restarts
                                    ? arena_printf(a, "in the last %lld s", (long long)p->window_s)
                                    : arena_printf(a, "since it began to fail at %s", decide_time(a, m->episode_us));
        const char *counted = arena_printf(a, "%lld restart%s %s", (long long)restarts, restarts == 1 ? "" : "s", where);

        if (!reached)
                return decide_say(a, "%s, of %lld", counted, (long long)p->max_restarts);
        counted = arena_printf(a, "%s reached the limit of %lld", counted, (long long)p->max_restarts);
        /* One that is well again is not to be quarantined. */
        if (s->is.verdict != VERDICT_FAILING && s->m->quarantined == QUARANTINED_NOT)
                return decide_say(a, "%s", counted);
        return decide_say(a, "%s; release with: %s", counted, release_command(s));
}

const char *explain_spacing(const struct subject *s, const struct spacing *p) {
        struct arena *a = s->round->a;

        if (p->since_s < 0)
                return "no restart to keep a distance from";
        return decide_say(a, "%slast restart %s ago, %s apart%s",
                          p->until_us ? arena_printf(a, "%s: ", reason_name(p->reason)) : "", decide_duration(a, p->since_s),
                          decide_duration(a, p->wait_s), until(s, p->until_us));
}
