/* SPDX-License-Identifier: MIT */
/* What would be decided now, for whoever asks. Judging a thousand containers takes its time, and anybody may ask: it is kept for a moment. */
#include "live_internal.h"

#include "autoheal/os/clock.h"

#define KEEP_MS 1000 /* what follows from the time alone is that old at most */

void live_forget_foreseen(struct live *l) {
        arena_release(&l->foreseen.arena);
        l->foreseen = (struct foreseen){ .arena = ARENA_INIT(ARENA_BLOCK) };
}

static bool still_holds(const struct pass *p, const struct foreseen *f, bool want_trace, struct now now) {
        return f->there && f->turns == p->turns && (f->traced || !want_trace) && now.mono_ms - f->mono_ms < KEEP_MS;
}

void live_rehearse(struct pass *p, bool coming, bool want_trace, struct now now, struct plan *ret, struct arena *a) {
        struct state known AUTO(state_release), merged AUTO(state_release), next AUTO(state_release);
        state_init(&known, a);
        state_init(&merged, a);
        state_init(&next, a);
        struct decide_input in = { .config = p->setup.config,
                                   .state = recall_look_up(p, &known, &merged),
                                   .observation = p->seen.observation,
                                   .selection = coming ? p->coming.selection : p->seen.selection,
                                   .now = now,
                                   .want_trace = want_trace };
        in.n_in_flight = flight_as_seen(p, coming, &in.in_flight);
        pass_add_windows(p, &in, a);
        hook_add_asked(p, &in, a);
        in.asks_nobody = true;
        decide(ret, &next, &in, a);
}

static void think_again(struct pass *p, struct foreseen *f, bool want_trace, struct now now) {
        live_rehearse(p, false, want_trace, now, &f->plan, &f->arena);
        f->there = true;
        f->traced = want_trace;
        f->turns = p->turns;
        f->mono_ms = now.mono_ms;
}

static int foresee(struct pass *p, bool want_trace, const struct plan **ret, struct error *err) {
        struct foreseen *f = &p->live->foreseen;
        struct now now = clock_read();
        if (!p->seen.observation)
                return error_set(err, ERR_CONNECT, "the engine was not seen yet%s%s", p->live->why[0] ? ": " : "", p->live->why);
        if (!still_holds(p, f, want_trace, now)) {
                live_forget_foreseen(p->live);
                think_again(p, f, want_trace, now);
        }
        *ret = &f->plan;
        return 0;
}

int pass_explain(struct pass *p, const struct plan **ret, struct error *err) {
        return foresee(p, true, ret, err);
}

int pass_foresee(struct pass *p, const struct plan **ret, struct error *err) {
        return foresee(p, false, ret, err);
}
