/* SPDX-License-Identifier: MIT */
/* SEE: one look at the engine, as close as deciding needs it: the list, inspects, the journal. */
#include "pass_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"

static void look_failed(struct pass *p, const struct error *err) {
        p->looking = false;
        pass_fail(p, err);
}

static void looked(void *arg, struct observation *obs, const struct error *err) {
        struct pass *p = arg;
        if (err) {
                look_failed(p, err);
                return;
        }
        p->looking = false;
        p->look_ready = true;
        if (obs->n_unseen > 0)
                log_warn("%zu container%s could not be inspected and %s left alone: %s", obs->n_unseen,
                         obs->n_unseen == 1 ? "" : "s", obs->n_unseen == 1 ? "is" : "are", obs->unseen_why);
}

/* What the last turn left, or the pass began with: good enough to choose what to ask for, and for nothing else. */
static const struct state *hints(const struct pass *p) {
        return p->turns > 0 ? &p->next : &p->known;
}

/*
 * The engine's clock as well as it is known: its Date header tells whole seconds. Where ours agrees with it to the second it
 * is taken to be the same clock, so that the current second is asked for too: somebody may have stopped something in it.
 */
static int64_t engine_clock(const struct observation *obs) {
        struct now now = clock_read();
        int64_t apart_us = obs->at.wall_us - obs->engine_now_us;
        if (apart_us > -US_PER_S && apart_us < 2 * US_PER_S)
                return now.wall_us;
        return obs->engine_now_us + (now.mono_ms - obs->at.mono_ms) * US_PER_MS;
}

static void inspected(void *arg, struct observation *obs, const struct error *err) {
        struct pass *p = arg;
        struct error second = ERROR_INIT;
        if (err || !decide_wants_journal(hints(p), obs, p->coming.selection))
                looked(p, obs, err);
        else if (observe_journal(p->observer, obs, engine_clock(obs), &p->coming.arena, looked, p, &second) < 0)
                look_failed(p, &second);
}

static int look_closer(struct pass *p, struct error *err) {
        size_t *which = NULL;
        size_t n = decide_needs(hints(p), p->coming.observation, p->coming.selection, &p->coming.arena, &which);
        if (n == 0) {
                looked(p, p->coming.observation, NULL);
                return 0;
        }
        log_debug("looking closer at %zu of %zu containers", n, p->coming.observation->n);
        return observe_inspect(p->observer, p->coming.observation, which, n, &p->coming.arena, inspected, p, err);
}

static void listed(void *arg, struct observation *obs, const struct error *err) {
        struct pass *p = arg;
        if (err) {
                look_failed(p, err);
                return;
        }
        obs->at = clock_read();
        if (obs->engine_now_us == 0)
                obs->engine_now_us = obs->at.wall_us;
        obs->self_id = p->self_id;
        obs->self_host = p->self_host;
        obs->engine_host = p->setup.endpoint->host;
        p->coming.observation = obs;
        p->coming.selection = decide_select(p->setup.config, obs, &p->coming.arena);
        struct error second = ERROR_INIT;
        if (look_closer(p, &second) < 0)
                look_failed(p, &second);
}

void look_forget(struct seen *s) {
        arena_release(&s->arena);
        *s = (struct seen){ .arena = ARENA_INIT(ARENA_BLOCK) };
}

int look_begin(struct pass *p, struct error *err) {
        look_forget(&p->coming);
        p->look_wanted = false;
        p->looking = true;
        return observe_list(p->observer, &p->coming.arena, listed, p, err);
}

void look_again(void *arg) {
        struct pass *p = arg;
        p->look_timer = 0;
        p->look_wanted = pass_in_flight(p) > 0;
}
