/* SPDX-License-Identifier: MIT */
/* What the files of a pass share: a pass under way. */
#ifndef AUTOHEAL_PASS_INTERNAL_H
#define AUTOHEAL_PASS_INTERNAL_H

#include "autoheal/act/act.h"
#include "autoheal/act/hook.h"
#include "autoheal/observe/observe.h"
#include "autoheal/observe/probe.h"
#include "autoheal/os/self.h"
#include "autoheal/pass/pass.h"
#include "autoheal/record/notify.h"

#define ARENA_BLOCK ((size_t)32 * 1024)

/* One look: what was seen. Which containers are ours is worked out anew for each turn, what was listed may serve several. */
struct seen {
        struct arena arena, selection_arena;
        struct observation *observation;
        struct selection *selection;
        int64_t rest_ms; /* of a second, by which its containers have not grown older yet */
};

/* Actions that ended after the look had begun by which the next turn judges: see flight.c. */
struct landed;
struct flight {
        struct landed *landed;
        size_t n, cap;
        struct in_flight *all; /* of the last flight_as_seen() */
        unsigned looks;        /* how many have begun */
};

struct live;

struct pass {
        struct pass_setup setup;
        struct observer *observer;
        struct actor *actor;
        struct flight flight;
        int64_t began_mono_ms;
        char self_id[SELF_ID_SIZE], self_host[256];
        char engine_id[129];
        char host[256];             /* as people know it: what the engine calls it, or else we do */
        struct notify *notify;      /* NULL: nobody is told anything */
        struct hooks *hooks;        /* NULL: none are run */
        struct question *questions; /* to hooks.pre_restart */

        struct seen seen;   /* what the last turn thought about; its plan points into it */
        struct seen coming; /* a look that is under way, or waits for its turn */
        bool looking, look_ready, look_wanted;
        bool touching; /* the look under way goes over what was listed before */
        bool *touched,
                spared; /* whom it has seen closely; some that deciding needs were left as they had been seen, or may turn out to be needed */
        size_t n_networkless;                 /* of the list under way: those of which it does not tell whose network they share */
        bool repairing;                       /* files are being rebuilt: not again for what that itself writes */
        bool asking_engine;                   /* whose id is needed before a turn */
        bool engine_unknown;                  /* it has to be asked again */
        bool stop_asked;                      /* of a pass that goes on */
        uint64_t look_timer, turn_timer;      /* turn_timer: what was seen waits for the state lock */
        int64_t ready_mono_ms;                /* since when it waits for its turn */
        unsigned config_changes, look_config; /* how often the configuration changed, and had when the look began */

        /* what was remembered when the pass began: good enough to choose whom to look at closely, and for nothing else */
        struct arena known_arena;
        struct state known;

        /* one turn: what was thought */
        struct arena turn_arena;
        struct state next;
        /*
         * Of a pass that goes on: what was on disk when something could not be saved for the first time. What others change there
         * differs from it, and what is not saved yet is what pass_state() has beyond it.
         */
        struct arena base_arena;
        struct state base;
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

        /* Checks of our own. */
        struct checking *checks;      /* under way */
        struct check_result *checked; /* ended, and not written down yet */
        size_t n_checks, n_checked, cap_checked;
        bool check_news, check_write; /* they say something else than what is remembered; they have waited for long enough */
        bool check_locked;            /* somebody else has the state lock: it is tried again when they have waited */
        uint64_t check_timer, check_write_timer; /* of a pass that goes on: the next is due; those that have ended have waited */
        struct arena checks_arena;               /* of a single pass: whose check has run in it */
        struct strmap checks_made;

        struct live *live; /* of a pass that goes on; NULL otherwise */
};

/* ---- pass.c ---- */

/* Remembers the first failure; the pass ends with it. */
void pass_fail(struct pass *p, const struct error *err);
size_t pass_in_flight(struct pass *p);
/* Actions or hooks are under way. */
bool pass_is_busy(struct pass *p);
/* Those, or checks that a single pass waits for: what else happens meanwhile is looked for. */
bool pass_waits(struct pass *p);
struct pass *pass_new(const struct pass_setup *setup);
bool pass_is_stopping(const struct pass *p);
/* Reads what is remembered and asks for the first list. */
MUST_USE int pass_begin(struct pass *p, struct error *err);
/* Records what has ended, thinks about what was seen, looks again if that is wanted. */
MUST_USE int pass_advance(struct pass *p, struct error *err);
/* ERR_CONFIG if what is remembered is about another engine than the one that answers. */
MUST_USE int pass_check_engine(struct pass *p, const struct state *known, struct error *err);
/* Broken files are set aside and rebuilt before anything is decided, under the state lock. */
MUST_USE int pass_repair(struct pass *p, struct error *err);
/* Asks whose engine it is; p->asking_engine until it has answered. */
MUST_USE int pass_ask_engine(struct pass *p, struct error *err);

/* ---- windows.c ---- */

/* The weekly windows that are open, and whether serve has just begun; now must be set. Lives in a. */
void pass_add_windows(const struct pass *p, struct decide_input *in, struct arena *a);

/* ---- settle.c ---- */

/* The actor's callback: what came of it is kept until pass_settle(). */
void pass_action_ended(void *arg, const struct result *result);
/* Writes down what came of the actions that ended since the last call. */
MUST_USE int pass_settle(struct pass *p, struct error *err);
/* Under the state lock. */
void pass_save_events(struct pass *p, const struct event *events, size_t n);
/* pass_tell(), but it goes to no service. */
void pass_tell_quietly(struct pass *p, const struct event *event);
/* To who listens, not to the history. */
void pass_tell_only(const struct pass *p, const struct event *events, size_t n);

/* ---- hook.c ---- */

void hook_open(struct pass *p);
void hook_close(struct pass *p);
/* The hooks' callback. */
void hook_ended(void *arg, const struct hook_result *result);
/* Hooks that have not ended. */
/* Ends them; none is begun from now on. */
void hook_stop(struct pass *p);
/* What hooks.pre_restart was asked and has answered. Lives in a, and until the next turn. */
void hook_add_asked(const struct pass *p, struct decide_input *in, struct arena *a);
/* After a turn: asks it what that wants to know, and forgets answers that were used. */
void hook_turned(struct pass *p, struct now now);
void hook_ask(struct pass *p, const struct plan_item *item, struct now now);
void hook_forget(struct pass *p, const char *container_id);
/* It was asked about that container and has not answered. */
bool hook_is_asked(struct pass *p, const char *container_id);
/* Runs what follows events that were saved, or could not be in a pass that goes on. */
void hook_events(struct pass *p, const struct event *events, size_t n);

/* ---- checks.c: checks of our own ---- */

void checks_init(struct pass *p);
/* After a turn: begins those that are due. */
void checks_begin(struct pass *p);
/* Writes down what those say that have ended, if it is time for that. */
MUST_USE int checks_settle(struct pass *p, struct error *err);
/* Some are under way, or say what is not written down yet. */
bool checks_are_busy(const struct pass *p);
/* Ends those under way: nothing is known of them. */
void checks_cancel(struct pass *p);
void checks_free(struct pass *p);

/* ---- post.c: telling people ---- */

void post_open(struct pass *p);
/* Events that were saved, and announced in a state that was made of `before` (NULL: they were not). locked: the state lock is held. */
void post_events(struct pass *p, const struct state *before, const struct event *events, size_t n, bool locked);
void post_count(struct pass *p, struct counters *c);
/* ---- flight.c ---- */

void flight_ended(struct pass *p, const struct result *result);
/* A look is taken: what ended before it began is seen. */
void flight_seen(struct pass *p);
/*
 * For decide(): what is under way, and what had not ended yet when the look began that was taken last; coming: the one under way.
 * Valid until the next call.
 */
size_t flight_as_seen(struct pass *p, bool coming, const struct in_flight **ret);
void flight_release(struct flight *f);

/* ---- recall.c ---- */

/* What is remembered, as it is when a change of it begins. */
struct recall {
        struct pass *pass;
        struct arena arena;
        struct state disk, merged;
        const struct state *state; /* what is remembered; lives in arena */
        bool locked;
        bool readable;    /* disk is what is on disk */
        bool can_save;    /* and the lock is held */
        struct error why; /* what keeps it from being saved; ERR_NONE: nothing does */
};
/*
 * Takes the state lock, unless the pass only reads, and reads what is on disk. In a pass that goes on what could not be saved yet comes
 * to that, files that are broken are repaired, and where nothing can be read its own memory holds: then only ERR_LOCKED, and
 * ERR_CONFIG because it is another engine's directory, are failures. recall_end() follows in any case.
 */
MUST_USE int recall_begin(struct pass *p, struct recall *r, struct error *err);
/* After a recall_begin() that failed: goes on with what the pass remembers itself, and cannot save. */
void recall_from_memory(struct pass *p, struct recall *r, const struct error *why);
/*
 * Saves what was made of r->state, and tells the events. If that cannot be, false and r->why; a pass that goes on keeps it then,
 * as its pass_state(), until it can be.
 */
bool recall_save(struct pass *p, struct recall *r, const struct state *next, const struct event *events, size_t n);
void recall_end(struct recall *r);
/* Just to look, without the lock: both states are to be empty, and the result may be one of them. */
const struct state *recall_look_up(const struct pass *p, struct state *disk, struct state *merged);
/* Nothing is left that could not be saved. */
void recall_all_is_saved(struct pass *p);

/* ---- look.c ---- */

/* Begins a look; p->look_ready tells when p->coming is complete. */
MUST_USE int look_begin(struct pass *p, struct error *err);
/* A look at containers of the last list only, at those positions and at those that deciding needs. */
MUST_USE int look_touch(struct pass *p, const size_t *which, size_t n, struct error *err);
/* Timer: wants another look as long as something is under way. */
void look_again(void *arg);
void look_forget(struct seen *s);
/* It was begun under another configuration, or has waited for too long: nothing may follow from it. */
bool look_is_outdated(const struct pass *p);
/* Forgets what was seen last, and wants a new list. */
void look_drop(struct pass *p);
/* What was seen last becomes what the turn thinks about. */
void look_take(struct pass *p);

/* ---- live.c: what is different in a pass that goes on ---- */

/* A look has failed. True if the pass goes on all the same. */
bool live_look_failed(struct pass *p, const struct error *err);
/* What was seen is dropped before a turn thought about it. */
void live_look_dropped(struct pass *p, const struct observation *obs);
/* What is remembered becomes that, without a turn. */
void live_remember(struct pass *p, const struct state *after);
/* A look has come to its end; before the turn. */
void live_looked(struct pass *p, struct observation *obs);
/*
 * Puts what was watched into obs, and says whether the journal is to be asked as well: wanted is what deciding would say. Not
 * if all that it could tell was watched; in any case once after the stream broke.
 */
bool live_wants_journal(struct pass *p, struct observation *obs, bool wanted, const struct state *known);
/* What is being looked at was listed before the stream of events broke: nothing may follow from it, and a list is wanted. */
bool live_is_stale(struct pass *p);
/* Whatever changes is told, and has been since what was listed last was seen closely. */
bool live_is_told_of_changes(const struct pass *p);
/* What would be decided about what was listed last; coming: as the look under way has seen it. Everything lives in a. */
void live_rehearse(struct pass *p, bool coming, bool want_trace, struct now now, struct plan *ret, struct arena *a);
/* It is known whose engine it is. */
void live_engine_known(struct pass *p);
void live_turned(struct pass *p);
void live_settled(struct pass *p, const struct result *result);
/* hooks.pre_restart has answered about a container. */
void live_hook_answered(struct pass *p, const char *container_id, const struct hook_asked *asked);
void live_free(struct live *l);

#endif
