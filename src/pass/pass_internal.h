/* SPDX-License-Identifier: MIT */
/* What pass.c and look.c share: a pass under way. */
#ifndef AUTOHEAL_PASS_INTERNAL_H
#define AUTOHEAL_PASS_INTERNAL_H

#include "autoheal/act/act.h"
#include "autoheal/observe/observe.h"
#include "autoheal/os/self.h"
#include "autoheal/pass/pass.h"

#define ARENA_BLOCK ((size_t)32 * 1024)

/* One look: what was seen. Which containers are ours is worked out anew for each turn, what was listed may serve several. */
struct seen {
        struct arena arena, selection_arena;
        struct observation *observation;
        struct selection *selection;
};

struct live;

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
        bool touching;       /* the look under way goes over what was listed before */
        bool repairing;      /* files are being rebuilt: not again for what that itself writes */
        bool asking_engine;  /* whose id is needed before a turn */
        bool engine_unknown; /* it has to be asked again */
        bool stop_asked;     /* of a pass that goes on */
        uint64_t look_timer;

        /* what was remembered when the pass began: good enough to choose whom to look at closely, and for nothing else */
        struct arena known_arena;
        struct state known;

        /* one turn: what was thought */
        struct arena turn_arena;
        struct state prev, next;
        /* What could not be saved: of a pass that goes on, which heals from memory until it can be. */
        struct arena unsaved_arena;
        struct state unsaved;
        bool has_unsaved;
        struct plan plan;
        size_t turns;                      /* 0: there is no plan yet */
        int64_t n_quarantined, n_released; /* in all turns; of a pass that goes on in the last one */
        bool listed;                       /* the last turn thought about a new list */
        int64_t look_mono_ms, turn_ms;     /* when the last look began; how long the last turn took, its look included */

        /* what came of it */
        struct result *results;
        size_t n_results, n_recorded, cap_results;
        struct error failure, store_failure, events_failure;

        struct live *live; /* of a pass that goes on; NULL otherwise */
};

/* ---- pass.c ---- */

/* Remembers the first failure; the pass ends with it. */
void pass_fail(struct pass *p, const struct error *err);
size_t pass_in_flight(struct pass *p);
struct pass *pass_new(const struct pass_setup *setup);
bool pass_is_stopping(const struct pass *p);
/* Under the state lock. */
void pass_save_events(struct pass *p, const struct event *events, size_t n);
/* Reads what is remembered and asks for the first list. */
MUST_USE int pass_begin(struct pass *p, struct error *err);
/* Records what has ended, thinks about what was seen, looks again if that is wanted. */
MUST_USE int pass_advance(struct pass *p, struct error *err);
void pass_keep_unsaved(struct pass *p, const struct state *s);
/* What is on disk, or what could not be saved there. */
const struct state *pass_remembered(const struct pass *p, const struct state *on_disk);
/* Everything is on disk. */
void pass_forget_unsaved(struct pass *p);
/* ERR_CONFIG if what is remembered is about another engine than the one that answers. */
MUST_USE int pass_check_engine(struct pass *p, const struct state *known, struct error *err);
/* Broken files are set aside and rebuilt before anything is decided, under the state lock. */
MUST_USE int pass_repair(struct pass *p, struct error *err);
/* Asks whose engine it is; p->asking_engine until it has answered. */
MUST_USE int pass_ask_engine(struct pass *p, struct error *err);

/* ---- look.c ---- */

/* Begins a look; p->look_ready tells when p->coming is complete. */
MUST_USE int look_begin(struct pass *p, struct error *err);
/* A look at containers of the last list only, at those positions and at those that deciding needs. */
MUST_USE int look_touch(struct pass *p, const size_t *which, size_t n, struct error *err);
/* Timer: wants another look as long as something is under way. */
void look_again(void *arg);
void look_forget(struct seen *s);
/* What was seen last becomes what the turn thinks about. */
void look_take(struct pass *p);

/* ---- live.c: what is different in a pass that goes on ---- */

/* A look has failed. True if the pass goes on all the same. */
bool live_look_failed(struct pass *p, const struct error *err);
/* A look has come to its end; before the turn. */
void live_looked(struct pass *p, struct observation *obs);
/*
 * Puts what was watched into obs, and says whether the journal is to be asked as well: wanted is what deciding would say. Not
 * if all that it could tell was watched; in any case once after the stream broke.
 */
bool live_wants_journal(struct pass *p, struct observation *obs, bool wanted, const struct state *known);
/* What is being looked at was listed before the stream of events broke: nothing may follow from it, and a list is wanted. */
bool live_is_stale(struct pass *p);
/* It is known whose engine it is. */
void live_engine_known(struct pass *p);
void live_turned(struct pass *p);
void live_settled(struct pass *p, const struct result *result);
void live_free(struct live *l);

#endif
