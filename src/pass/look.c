/* SPDX-License-Identifier: MIT */
/* SEE: one look at the engine, as close as deciding needs it: the list, inspects, the journal. */
#include "pass_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"

#define LOOK_KEEPS_MS 2000 /* what was seen may wait for its turn that long */

static void look_failed(struct pass *p, const struct error *err) {
        p->looking = false;
        if (!p->live || !live_look_failed(p, err))
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
        p->ready_mono_ms = clock_read().mono_ms;
        if (p->live)
                live_looked(p, obs);
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

/* What was listed may be the last turn's as well, in whose arena an inspect then leaves its text. */
static struct arena *observation_arena(struct pass *p) {
        return p->touching ? &p->seen.arena : &p->coming.arena;
}

static int look_closer(struct pass *p, const size_t *which, size_t n, struct error *err);
static size_t what_is_needed(struct pass *p, size_t **ret);

static size_t count_networkless(const struct observation *obs) {
        size_t n = 0;
        for (size_t i = 0; i < obs->n; i++)
                n += !obs->containers[i].network_mode || !*obs->containers[i].network_mode;
        return n;
}

/* Where the list does not tell whose network they share, the inspects did just now: their parents are needed too, once. */
static size_t parents_that_came_to_light(struct pass *p, size_t **ret) {
        const struct observation *obs = p->coming.observation;
        size_t n, left = 0;
        if (p->touching || p->n_networkless == 0 || count_networkless(obs) == p->n_networkless)
                return 0;
        p->n_networkless = 0;
        n = what_is_needed(p, ret);
        for (size_t i = 0; i < n; i++)
                if (!obs->containers[(*ret)[i]].inspected)
                        (*ret)[left++] = (*ret)[i];
        return left;
}

static bool changes_something(enum decision d) {
        return d != DECISION_NONE && d != DECISION_HOLD && d != DECISION_SKIP;
}

/* However well it is known: nothing is done about one that this look has not seen closely. */
static size_t about_to_be_acted_on(struct pass *p, size_t **ret) {
        struct arena a AUTO(arena_release) = ARENA_INIT(ARENA_BLOCK);
        struct plan plan;
        size_t n = 0;
        if (!p->touching || !p->spared)
                return 0;
        live_rehearse(p, true, false, clock_read(), &plan, &a);
        *ret = arena_array(&p->coming.selection_arena, plan.n, sizeof(**ret));
        for (size_t i = 0; i < plan.n; i++)
                if (!p->touched[i] && (changes_something(plan.items[i].decision) || plan.items[i].verdict_reason == REASON_UNSEEN))
                        (*ret)[n++] = i;
        return n;
}

static void inspected(void *arg, struct observation *obs, const struct error *err) {
        struct pass *p = arg;
        struct error second = ERROR_INIT;
        if (!err && p->live && live_is_stale(p)) {
                p->looking = false;
                return;
        }
        size_t *which = NULL, n = err ? 0 : parents_that_came_to_light(p, &which);
        if (n > 0) {
                if (look_closer(p, which, n, &second) < 0)
                        look_failed(p, &second);
                return;
        }
        bool wanted = !err && decide_wants_journal(hints(p), obs, p->coming.selection);
        if (!err && p->live)
                wanted = live_wants_journal(p, obs, wanted, hints(p));
        n = err ? 0 : about_to_be_acted_on(p, &which);
        if (n > 0) {
                if (look_closer(p, which, n, &second) < 0)
                        look_failed(p, &second);
                return;
        }
        if (!wanted)
                looked(p, obs, err);
        else if (observe_journal(p->observer, obs, engine_clock(obs), observation_arena(p), looked, p, &second) < 0)
                look_failed(p, &second);
}

static int look_closer(struct pass *p, const size_t *which, size_t n, struct error *err) {
        struct observation *obs = p->coming.observation;
        if (n == 0) {
                inspected(p, obs, NULL);
                return 0;
        }
        /* One that cannot be looked at now must not be judged by what was seen of it before. */
        for (size_t i = 0; p->touching && i < n; i++) {
                p->touched[which[i]] = true;
                obs->containers[which[i]].inspected = false;
        }
        log_debug("looking closer at %zu of %zu containers", n, obs->n);
        return observe_inspect(p->observer, obs, which, n, observation_arena(p), inspected, p, err);
}

static size_t what_is_needed(struct pass *p, size_t **ret) {
        struct seen *c = &p->coming;
        c->selection = decide_select(p->setup.config, c->observation, &c->selection_arena);
        return decide_needs(hints(p), c->observation, c->selection, &c->selection_arena, ret);
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
        p->n_networkless = count_networkless(obs);
        struct error second = ERROR_INIT;
        size_t *which = NULL, n = what_is_needed(p, &which);
        if (look_closer(p, which, n, &second) < 0)
                look_failed(p, &second);
}

void look_forget(struct seen *s) {
        arena_release(&s->arena);
        arena_release(&s->selection_arena);
        *s = (struct seen){ .arena = ARENA_INIT(ARENA_BLOCK), .selection_arena = ARENA_INIT(ARENA_BLOCK) };
}

bool look_is_outdated(const struct pass *p) {
        return p->look_config != p->config_changes || clock_read().mono_ms - p->ready_mono_ms > LOOK_KEEPS_MS;
}

void look_drop(struct pass *p) {
        p->look_ready = false;
        live_look_dropped(p, p->coming.observation);
}

void look_take(struct pass *p) {
        p->look_ready = false;
        p->listed = !p->touching;
        if (p->touching) {
                arena_release(&p->seen.selection_arena);
                p->seen.selection_arena = p->coming.selection_arena;
                p->seen.selection = p->coming.selection;
                p->coming.selection_arena = (struct arena)ARENA_INIT(ARENA_BLOCK);
        } else {
                look_forget(&p->seen);
                p->seen = p->coming;
                p->coming = (struct seen){ .arena = ARENA_INIT(ARENA_BLOCK), .selection_arena = ARENA_INIT(ARENA_BLOCK) };
        }
        flight_seen(p);
        p->touching = false;
}

/* Of a look at some of the listed that no turn took: what it found in the events lies in its own arena. */
static void forget_coming(struct pass *p) {
        if (p->touching)
                p->seen.observation->n_changes = 0;
        look_forget(&p->coming);
}

static void look_starts(struct pass *p) {
        p->looking = true;
        p->flight.looks++;
        p->look_mono_ms = clock_read().mono_ms;
        p->look_config = p->config_changes;
}

int look_begin(struct pass *p, struct error *err) {
        forget_coming(p);
        p->look_wanted = false;
        p->touching = false;
        look_starts(p);
        return observe_list(p->observer, &p->coming.arena, listed, p, err);
}

/* Time goes on for those that are not looked at: their words "Up 5 minutes" were true when they were listed. */
static void grow_older(struct seen *s) {
        struct observation *obs = s->observation;
        struct now now = clock_read();
        int64_t passed_ms = now.mono_ms - obs->at.mono_ms + s->rest_ms;
        s->rest_ms = passed_ms % 1000;
        obs->engine_now_us = engine_clock(obs);
        obs->at = now;
        for (size_t i = 0; i < obs->n; i++) {
                struct container *c = &obs->containers[i];
                if (c->up_s >= 0)
                        c->up_s += passed_ms / 1000;
                c->kill_us = 0;
                c->exit_told = TOLD_NOTHING;
                c->fell = false;
        }
}

static size_t *merged(const size_t *a, size_t n_a, const size_t *b, size_t n_b, size_t n_all, struct arena *arena, size_t *ret_n) {
        bool *in = arena_array(arena, n_all, sizeof(*in));
        size_t *ret = arena_array(arena, n_a + n_b, sizeof(*ret));
        *ret_n = 0;
        for (size_t i = 0; i < n_a + n_b; i++) {
                size_t at = i < n_a ? a[i] : b[i - n_a];
                if (!in[at])
                        ret[(*ret_n)++] = at;
                in[at] = true;
        }
        return ret;
}

/* They may lie where the last look at some of the listed put them, which goes when this one is taken. */
static void keep_changes(struct observation *obs, struct arena *a) {
        struct project_change *kept = arena_array(a, obs->n_changes, sizeof(*kept));
        for (size_t i = 0; i < obs->n_changes; i++)
                kept[i] = obs->changes[i];
        obs->changes = kept;
}

/* Its hold has ended; or it waits for a probe, and nothing tells of those that change nothing. */
static bool is_due(const struct plan_item *item, int64_t now_us) {
        return (item->until_us && item->until_us <= now_us) || item->verdict_reason == REASON_START_GRACE ||
               item->verdict_reason == REASON_UNPAUSED;
}

/* What a look finds out about one of them may call for a restart of others. */
static bool somebody_depends(const struct pass *p) {
        for (size_t i = 0; i < p->coming.observation->n; i++)
                if (p->coming.selection[i].n_parents > 0)
                        return true;
        return false;
}

/* Leaves out those of which nothing was told since they were seen closely, unless they are due. */
static size_t spare_those_known(struct pass *p, size_t *which, size_t n) {
        const struct observation *obs = p->coming.observation;
        bool told = live_is_told_of_changes(p) && p->plan.n == obs->n;
        size_t left = 0;
        for (size_t i = 0; i < n; i++)
                if (!told || !obs->containers[which[i]].inspected || is_due(&p->plan.items[which[i]], obs->at.wall_us))
                        which[left++] = which[i];
        p->spared = left < n || somebody_depends(p);
        return left;
}

int look_touch(struct pass *p, const size_t *which, size_t n, struct error *err) {
        forget_coming(p);
        p->look_wanted = false;
        p->touching = true;
        look_starts(p);
        p->coming.observation = p->seen.observation;
        struct observation *obs = p->coming.observation;
        grow_older(&p->seen);
        keep_changes(obs, &p->coming.selection_arena);
        obs->journal_read = false;
        obs->n_unseen = 0;
        obs->stream_last_us = 0;
        size_t *needed = NULL, n_needed = what_is_needed(p, &needed), n_all = 0;
        n_needed = spare_those_known(p, needed, n_needed);
        p->touched = arena_array(&p->coming.selection_arena, obs->n, sizeof(*p->touched));
        const size_t *all = merged(which, n, needed, n_needed, obs->n, &p->coming.selection_arena, &n_all);
        return look_closer(p, all, n_all, err);
}

void look_again(void *arg) {
        struct pass *p = arg;
        p->look_timer = 0;
        p->look_wanted = pass_waits(p);
}
