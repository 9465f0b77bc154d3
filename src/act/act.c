/* SPDX-License-Identifier: MIT */
/* The engine calls that a plan asks for, each beside the others, each reporting once. */
#include "autoheal/act/act.h"

#include "autoheal/os/clock.h"
#include "autoheal/util/text.h"

#define ENGINE_STOP_TIMEOUT_S 10  /* what the engine waits when neither the container nor the caller names a time */
#define FOR_EVER_S            300 /* a stop timeout of -1: somebody has to give up at some point */

struct action {
        struct actor *actor;
        struct result result;
        int64_t asked_mono_ms;
        struct container second_look; /* after a refusal */
        struct error refusal;
        struct arena arena;
        struct action *next;
};

struct actor {
        struct engine *engine;
        act_done_fn *done;
        void *arg;
        struct action *under_way;
        struct in_flight *in_flight; /* rebuilt for each actor_in_flight() */
};

struct actor *actor_new(struct engine *engine, act_done_fn *done, void *arg) {
        struct actor *a = xcalloc(1, sizeof(*a));
        a->engine = engine;
        a->done = done;
        a->arg = arg;
        return a;
}

static void free_action(struct action *x) {
        arena_release(&x->arena);
        free(x);
}

void actor_free(struct actor *a) {
        if (!a)
                return;
        for (struct action *x = a->under_way, *next; x; x = next) {
                next = x->next;
                free_action(x);
        }
        free(a->in_flight);
        free(a);
}

static void unlink_action(struct action *x) {
        struct action **p = &x->actor->under_way;
        while (*p != x)
                p = &(*p)->next;
        *p = x->next;
}

/* Only an answer tells; a connection that broke after the request was sent leaves the outcome open. */
static enum outcome outcome_of(const struct error *err) {
        if (!err)
                return OUTCOME_SUCCESS;
        switch (err->code) {
        case ERR_NOT_FOUND:
                return OUTCOME_GONE;
        case ERR_TIMEOUT:
        case ERR_PROTOCOL:
        case ERR_TOO_LARGE:
                return OUTCOME_UNKNOWN;
        case ERR_CONNECT:
        case ERR_INVALID:
                return OUTCOME_NONE;
        default:
                return OUTCOME_FAILURE;
        }
}

static void ended(struct action *x, const struct error *err) {
        x->result.outcome = outcome_of(err);
        struct now now = clock_read();
        x->result.ended_us = now.wall_us;
        x->result.duration_ms = now.mono_ms - x->asked_mono_ms;
        if (err)
                (void)snprintf(x->result.error, sizeof(x->result.error), "%s", err->msg);
        unlink_action(x);
        x->actor->done(x->actor->arg, &x->result);
        free_action(x);
}

void actor_abandon(struct actor *a) {
        while (a->under_way) {
                struct error err = ERROR_INIT;
                (void)error_set(&err, ERR_TIMEOUT, "not waited for");
                ended(a->under_way, &err);
        }
}

/* Engines answer 409 or 500 for a container that was removed meanwhile, and for much else; only a second look tells. */
static void looked_again(void *arg, struct container *c, const struct error *err) {
        struct action *x = arg;
        bool gone = err ? err->code == ERR_NOT_FOUND : c->state == CONTAINER_REMOVING || c->state == CONTAINER_DEAD;
        if (gone)
                x->refusal.code = ERR_NOT_FOUND;
        ended(x, &x->refusal);
}

static void answer_came(void *arg, const struct error *err) {
        struct action *x = arg;
        if (err && err->code == ERR_ENGINE && (err->http_status == 409 || err->http_status >= 500)) {
                x->refusal = *err;
                if (engine_inspect(x->actor->engine, &x->second_look, &x->arena, looked_again, x, NULL) == 0)
                        return;
        }
        ended(x, err);
}

static void describe(struct result *r, const struct plan_item *item, struct now now) {
        const struct container *c = item->container;
        (void)snprintf(r->stable_id, sizeof(r->stable_id), "%s", item->stable_id);
        (void)snprintf(r->container_id, sizeof(r->container_id), "%s", c->id);
        (void)snprintf(r->container_name, sizeof(r->container_name), "%s", c->name);
        (void)snprintf(r->detail, sizeof(r->detail), "%s", item->verdict_detail ? item->verdict_detail : "");
        r->decision = item->decision;
        r->verdict_reason = item->verdict_reason;
        r->at_us = now.wall_us;
        r->was_running = c->state == CONTAINER_RUNNING;
        if (!c->inspected)
                return;
        r->has_exit_code = !r->was_running;
        r->exit_code = c->exit_code;
        r->oom_killed = !r->was_running && c->oom_killed;
        if (r->was_running && c->probe_output)
                (void)text_escape_into(r->health_output, sizeof(r->health_output), c->probe_output);
}

void actor_start(struct actor *a, const struct plan_item *item, struct now now) {
        struct action *x = xcalloc(1, sizeof(*x));
        x->actor = a;
        x->arena = (struct arena)ARENA_INIT(4096);
        x->next = a->under_way;
        a->under_way = x;
        x->asked_mono_ms = now.mono_ms;
        describe(&x->result, item, now);

        int64_t timeout_s = item->stop_timeout_s;
        int64_t wait_s = timeout_s;
        if (timeout_s == STOP_TIMEOUT_UNSET)
                wait_s = ENGINE_STOP_TIMEOUT_S;
        else if (timeout_s < 0)
                timeout_s = wait_s = FOR_EVER_S;
        enum engine_action what = ENGINE_RESTART;
        if (item->decision == DECISION_STOP)
                what = ENGINE_STOP;
        else if (!x->result.was_running)
                what = ENGINE_START;

        x->second_look = (struct container){ .id = x->result.container_id };
        struct error err = ERROR_INIT;
        if (engine_act(a->engine, what, item->container->id, timeout_s, wait_s, answer_came, x, &err) < 0)
                ended(x, &err);
}

size_t actor_in_flight(struct actor *a, const struct in_flight **ret) {
        size_t n = 0;
        for (const struct action *x = a->under_way; x; x = x->next)
                n++;
        a->in_flight = xrealloc(a->in_flight, (n ? n : 1) * sizeof(*a->in_flight));
        size_t i = 0;
        for (const struct action *x = a->under_way; x; x = x->next)
                a->in_flight[i++] = (struct in_flight){ .stable_id = x->result.stable_id,
                                                        .container_id = x->result.container_id,
                                                        .decision = x->result.decision,
                                                        .since_us = x->result.at_us };
        *ret = a->in_flight;
        return n;
}
