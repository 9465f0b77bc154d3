/* SPDX-License-Identifier: MIT */
/* What pass.c and look.c share: a pass under way. */
#ifndef AUTOHEAL_PASS_INTERNAL_H
#define AUTOHEAL_PASS_INTERNAL_H

#include "autoheal/act/act.h"
#include "autoheal/observe/observe.h"
#include "autoheal/os/self.h"
#include "autoheal/pass/pass.h"

#define ARENA_BLOCK ((size_t)32 * 1024)

/* One look: what was seen. */
struct seen {
        struct arena arena;
        struct observation *observation;
        struct selection *selection;
};

struct pass {
        struct pass_setup setup;
        struct observer *observer;
        struct actor *actor;
        int64_t began_mono_ms;
        char self_id[SELF_ID_SIZE], self_host[256];
        char engine_id[129];

        struct seen seen;   /* what the last turn thought about; its plan points into it */
        struct seen coming; /* a look that is under way, or waits for its turn */
        bool looking, look_ready, look_wanted;
        bool repairing;     /* files are being rebuilt: not again for what that itself writes */
        bool asking_engine; /* whose id is needed before a turn */
        uint64_t look_timer;

        /* what was remembered when the pass began: good enough to choose whom to look at closely, and for nothing else */
        struct arena known_arena;
        struct state known;

        /* one turn: what was thought */
        struct arena turn_arena;
        struct state prev, next;
        struct plan plan;
        size_t turns;                      /* 0: there is no plan yet */
        int64_t n_quarantined, n_released; /* in all turns */

        /* what came of it */
        struct result *results;
        size_t n_results, n_recorded, cap_results;
        struct error failure, store_failure, events_failure;
};

/* Remembers the first failure; the pass ends with it. */
void pass_fail(struct pass *p, const struct error *err);
size_t pass_in_flight(struct pass *p);

/* Begins a look; p->look_ready tells when p->coming is complete. */
MUST_USE int look_begin(struct pass *p, struct error *err);
/* Timer: wants another look as long as something is under way. */
void look_again(void *arg);
void look_forget(struct seen *s);

#endif
