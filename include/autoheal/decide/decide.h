/* SPDX-License-Identifier: MIT */
/*
 * THINK. A pure function from what is known to what is to be done: no input or output, no clock, no globals. Called for a
 * real pass, a dry run, `explain`, `check` and in thousands of table-driven tests alike. Deciding twice does no harm: every
 * limit counts recorded times, never calls.
 */
#ifndef AUTOHEAL_DECIDE_DECIDE_H
#define AUTOHEAL_DECIDE_DECIDE_H

#include "autoheal/config/config.h"
#include "autoheal/model/hook.h"
#include "autoheal/model/state.h"

/* How a container depends on another one. */
enum dependence {
        DEPENDS_NETWORK, /* it shares that one's network */
        DEPENDS_ORDER,   /* Compose's depends_on, or a label of ours: that one goes first */
};

/* A container that another one depends on. */
struct parent {
        size_t at; /* position in the observation */
        enum dependence how;
        bool restarts; /* what depends on it is restarted after it */
};

/* More are left out. */
#define PARENTS_MAX 32

/* Which container is which, and is it ours to look after? One per container of the observation, in its order. */
struct selection {
        const char *stable_id;
        const char *claimed_id; /* what its labels or its name ask for: another than stable_id where it had to give way */
        bool monitored;
        bool only_include_all;        /* nobody opted it in: mode health at most */
        enum reason reason;           /* why not, or REASON_NONE */
        const char *detail;           /* what opted it in or kept it out */
        const struct parent *parents; /* one for each container that it depends on; in no circle */
        size_t n_parents;
        const char *lost_parent;       /* id of the container whose network it shares, if that is gone; NULL */
        const char *unknown_parent;    /* first name in its label depends_on that is nobody's; NULL none */
        const char *circle;            /* names of those that depend on one another, this one among them; NULL none */
        bool tells_of_circle;          /* the first of them that is monitored */
        const struct container *rival; /* another live one claims the same stable id, both go by their names; NULL none */
        struct policy policy;
        const struct health_check *check; /* of ours, by its labels or else the configuration, in the same arena; NULL: none */
        const struct config_issue *label_issues; /* bad label values */
        size_t n_label_issues;
};

/* Names and selects all containers. Result lives in a. */
struct selection *decide_select(const struct config *cfg, const struct observation *obs, struct arena *a);

/* Does containers.selected or containers.excluded name it: by stable id, name, id, or the id's first 12 digits? */
bool decide_is_listed(const struct string_list *list, const char *stable_id, const struct container *c);

/*
 * Puts memories that are kept under another name (a container's id or name, as older files have them, or an id that
 * somebody else's label took over) under the stable ids of their containers. decide() begins with it; whoever changes one
 * memory by its stable id does it first.
 */
void decide_settle_names(struct state *state, const struct observation *obs, const struct selection *sel);

/*
 * The evidence that deciding needs beyond the list: positions of the containers that must be inspected first. A quiet
 * fleet gives none. Needed are, among the monitored: those unhealthy; exited ones and those only created; those that restart, or
 * were starting or restarting when last seen (is it in vain?); those whose quarantine, episode or intent is open (proof needs
 * their StartedAt). Returns the count; *ret lives in a.
 */
size_t decide_needs(const struct state *state, const struct observation *obs, const struct selection *sel, struct arena *a,
                    size_t **ret);

/*
 * Does deciding need the engine's journal as well? Asked after the inspects: true where something running would be acted on (is
 * somebody stopping it?) or something exited whose end is not explained yet. A quiet fleet, and one whose exits are explained, needs none.
 */
bool decide_wants_journal(const struct state *state, const struct observation *obs, const struct selection *sel);

/*
 * Where decide_wants_journal() says yes: the engine's time from which on everything that happened must be known. Whoever has
 * watched the engine's events since then need not ask its journal.
 */
int64_t decide_journal_from_us(const struct state *state, const struct observation *obs, const struct selection *sel,
                               const struct config *cfg);

/*
 * When the check of ours on the container at that position is due, by our clock; perhaps in the past. 0: it is not, for there is
 * none, or the container does not run, or was not looked at closely, or something is being done to it.
 */
int64_t decide_check_due_us(const struct config *cfg, const struct state *state, const struct observation *obs,
                            const struct selection *sel, size_t at, struct now now);
/* What it says about the container now. */
enum check_standing decide_check_standing(const struct health_check *check, const struct container *c, const struct memory *m);

struct decide_input {
        const struct config *config;
        const struct state *state;
        const struct observation *observation;
        const struct selection *selection; /* decide_select() of the same observation */
        const struct in_flight *in_flight;
        size_t n_in_flight;
        const struct window_period *windows; /* the weekly windows of the configuration that are open now */
        size_t n_windows;
        int64_t quiet_until_us;         /* serve has just begun: nothing is acted on before that; 0 */
        const struct hook_asked *asked; /* what hooks.pre_restart was asked, and has answered */
        size_t n_asked;
        bool asks_nobody; /* what hooks.pre_restart was not asked it has agreed to: for whoever only wants to know what would be done */
        struct now now;
        bool want_trace; /* fill plan_item.trace */
};

/*
 * Judges every container of the observation and decides. *ret_next is the state after this decision, restart times of the
 * decided restarts included (they are durable before the engine is asked). Everything lives in a.
 */
void decide(struct plan *ret_plan, struct state *ret_next, const struct decide_input *in, struct arena *a);

/*
 * Wait between the restart before and the k-th restart in the window (k >= 1), in seconds:
 * 0 for k = 1, else cooldown + min(max, initial * multiplier^(k-2)), or cooldown alone without back-off.
 */
int64_t backoff_wait_s(const struct config *cfg, int64_t cooldown_s, int64_t k);

#endif
