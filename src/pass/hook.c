/* SPDX-License-Identifier: MIT */
/*
 * Hooks around what a pass does. hooks.pre_restart is asked before a restart is written down: what it says is an input of the turn
 * that follows its end. The others follow an event that is written down already; so does that of a restart which a later pass
 * finds done.
 */
#include "live_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/util/text.h"

/* A question to hooks.pre_restart, and its answer. */
struct question {
        struct hook_asked asked;
        char id[65], why[256];
        int64_t answered_mono_ms;
        struct question *next;
};

static struct question **find(struct pass *p, const char *id) {
        struct question **at = &p->questions;
        while (*at && !str_eq((*at)->id, id))
                at = &(*at)->next;
        return at;
}

static void drop(struct question **at) {
        struct question *q = *at;
        *at = q->next;
        free(q);
}

void hook_open(struct pass *p) {
        if (!p->setup.read_only)
                p->hooks = hooks_new(p->setup.net, hook_ended, p);
}

void hook_close(struct pass *p) {
        hooks_free(p->hooks);
        while (p->questions)
                drop(&p->questions);
}

size_t pass_hooks_under_way(const struct pass *p) {
        return p->hooks ? hooks_under_way(p->hooks) : 0;
}

void hook_stop(struct pass *p) {
        if (p->hooks)
                hooks_end(p->hooks);
}

static const struct plan_item *find_item(const struct pass *p, const char *container_id) {
        for (size_t i = 0; i < p->plan.n; i++)
                if (str_eq(p->plan.items[i].container->id, container_id))
                        return &p->plan.items[i];
        return NULL;
}

static void begin(struct pass *p, enum hook which, const struct event *event) {
        const struct plan_item *item = find_item(p, event->container_id);
        if (!p->hooks || hook_command(p->setup.config, which)->n == 0)
                return;
        if (p->setup.on_hook_start)
                p->setup.on_hook_start(p->setup.arg, which, event);
        hooks_start(p->hooks, which, p->setup.config,
                    &(struct hook_news){ .event = event,
                                         .max_restarts = item ? item->max_restarts : 0,
                                         .stop_timeout_s = item ? item->stop_timeout_s : STOP_TIMEOUT_UNSET,
                                         .host = p->host });
}

/* ---- Before ---- */

void hook_add_asked(const struct pass *p, struct decide_input *in, struct arena *a) {
        size_t n = 0;
        for (const struct question *q = p->questions; q; q = q->next)
                n++;
        struct hook_asked *asked = arena_array(a, n, sizeof(*asked));
        for (const struct question *q = p->questions; q; q = q->next)
                asked[in->n_asked++] = q->asked;
        in->asked = asked;
}

/* What it is asked about, as the event of the restart will tell it. */
static struct event event_of(const struct plan_item *item, struct now now) {
        const struct container *c = item->container;
        bool exited = c->inspected && c->state == CONTAINER_EXITED;
        return (struct event){ .at_us = now.wall_us,
                               .type = EVENT_RESTART,
                               .container_id = c->id,
                               .container_name = c->name,
                               .stable_id = item->stable_id,
                               .restart_count = item->restarts + (item->reason != REASON_REQUESTED),
                               .status = "",
                               .reason = reason_name(item->verdict_reason),
                               .message = item->verdict_detail,
                               .has_exit_code = exited,
                               .exit_code = exited ? c->exit_code : 0,
                               .oom_killed = exited && c->oom_killed,
                               .health_output = c->inspected && !exited ? c->probe_output : NULL,
                               .duration_ms = -1 };
}

bool hook_is_asked(struct pass *p, const char *container_id) {
        const struct question *q = *find(p, container_id);
        return q && q->asked.answered_us == 0;
}

void hook_forget(struct pass *p, const char *container_id) {
        struct question **at = find(p, container_id);
        if (*at)
                drop(at);
}

void hook_ask(struct pass *p, const struct plan_item *item, struct now now) {
        hook_forget(p, item->container->id);
        struct question *q = xcalloc(1, sizeof(*q));
        (void)snprintf(q->id, sizeof(q->id), "%s", item->container->id);
        q->asked = (struct hook_asked){ .container_id = q->id,
                                        .started_us = item->container->started_us,
                                        .finished_us = item->container->finished_us,
                                        .asked_us = now.wall_us,
                                        .why = q->why };
        q->next = p->questions;
        p->questions = q;
        struct event event = event_of(item, now);
        begin(p, HOOK_PRE_RESTART, &event);
}

/* An answer is good for one restart. What is too old, by whatever clock, says nothing to decide() and goes. */
static bool is_used_up(const struct pass *p, const struct question *q, struct now now) {
        int64_t interval_s = p->setup.config->monitor.interval_seconds;
        int64_t holds_s = interval_s > HOOK_ANSWER_HOLDS_S ? interval_s : HOOK_ANSWER_HOLDS_S;
        if (q->asked.answered_us == 0)
                return false;
        const struct plan_item *item = find_item(p, q->id);
        if (item && (item->decision == DECISION_RESTART || item->decision == DECISION_STOP))
                return true;
        return now.mono_ms - q->answered_mono_ms > holds_s * 1000;
}

void hook_turned(struct pass *p, struct now now) {
        for (struct question **at = &p->questions; *at;) {
                if (is_used_up(p, *at, now))
                        drop(at);
                else
                        at = &(*at)->next;
        }
        for (size_t i = 0; p->hooks && i < p->plan.n; i++)
                if (p->plan.items[i].wants_hook)
                        hook_ask(p, &p->plan.items[i], now);
}

/* ---- After ---- */

static bool begins_on_quarantine(const struct event *e) {
        /* Whoever did it by hand knows. */
        return e->type == EVENT_QUARANTINE && str_eq(e->status, "quarantined") && !str_eq(e->reason, reason_name(REASON_REQUESTED));
}

void hook_events(struct pass *p, const struct event *events, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (events[i].type == EVENT_RESTART)
                        begin(p, HOOK_POST_RESTART, &events[i]);
                else if (begins_on_quarantine(&events[i]))
                        begin(p, HOOK_ON_QUARANTINE, &events[i]);
        }
}

/* ---- The end of one ---- */

static void tell_failure(struct pass *p, const struct hook_result *r, struct now now) {
        struct arena a AUTO(arena_release) = ARENA_INIT(2048);
        bool goes_on = r->hook == HOOK_PRE_RESTART;
        struct event e = { .at_us = now.wall_us,
                           .type = EVENT_HOOK,
                           .container_id = r->container_id,
                           .container_name = r->container_name,
                           .stable_id = r->stable_id,
                           .status = "failure",
                           .message = arena_printf(&a, "hooks.%s failed%s: %s%s%s", hook_name(r->hook),
                                                   goes_on ? ", which holds nothing" : "", r->why, *r->said ? ": " : "", r->said),
                           .duration_ms = r->duration_ms };
        pass_tell(p, &e);
}

/* What follows is decided anew, about what is true by then. */
static void answer(struct pass *p, const struct hook_result *r, struct now now) {
        struct arena a AUTO(arena_release) = ARENA_INIT(2048);
        struct question *q = *find(p, r->container_id);
        if (!q || q->asked.answered_us)
                return;
        q->asked.agreed = r->ok;
        q->asked.answered_us = now.wall_us;
        q->answered_mono_ms = now.mono_ms;
        (void)text_escape_into(q->why, sizeof(q->why),
                               r->ok ? "" : arena_printf(&a, "%s%s%s", r->why, *r->said ? ": " : "", r->said));
        if (p->live)
                live_hook_answered(p, r->container_id, &q->asked);
        else
                p->look_wanted = true;
}

void hook_ended(void *arg, const struct hook_result *r) {
        struct pass *p = arg;
        struct now now = clock_read();
        bool asks = r->hook == HOOK_PRE_RESTART, vetoes = asks && p->setup.config->hooks.pre_restart_veto;
        if (p->setup.on_hook)
                p->setup.on_hook(p->setup.arg, r);
        if (!r->ok && !vetoes && !(asks && pass_is_stopping(p)))
                tell_failure(p, r, now);
        if (asks)
                answer(p, r, now);
}
