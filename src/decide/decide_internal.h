/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share: one round of deciding, one subject of it, and the order of the work.
 *
 *         select.c, identity.c   which container is which, and is it ours to look after?
 *         depend.c, circle.c     who depends on whom, and in which order
 *         recognise.c            what is remembered, brought up to this observation: names, versions, clocks
 *         settle.c               what became of actions whose results nobody heard
 *         evidence.c             was it stopped, and by whom?
 *         parents.c              what follows from those that it depends on
 *         verdict.c              what a container is now
 *         check.c                what a check of ours says to that, and when it is due
 *         remember.c             what this observation adds to the memory
 *         brake.c, maintain.c    what holds several at once: a storm, replicas, maintenance
 *         consent.c              what a hook says to a restart
 *         rules.c                what is done about it: the rules in order, the first that applies wins
 *         effects.c              what deciding so changes in the next state, and the events that it makes
 *         explain.c              reason and numbers to a sentence
 */
#ifndef AUTOHEAL_DECIDE_INTERNAL_H
#define AUTOHEAL_DECIDE_INTERNAL_H

#include "autoheal/decide/decide.h"

/* The engine's clock is known to the second only. */
#define ENGINE_CLOCK_STEP_US (2 * US_PER_S)

/* A pause is known to the second of the engine's Date header. */
#define PAUSE_STEP_US     US_PER_S

#define LABEL_SERVICE     "com.docker.compose.service"
#define LABEL_NUMBER      "com.docker.compose.container-number"
#define LABEL_CONFIG_HASH "com.docker.compose.config-hash"

/* Whether a storm is on, and what it was decided on. */
struct brake {
        bool storm;
        size_t monitored, down, recent; /* recent: began to fail within the restart window */
        int64_t *restarts_us;           /* during a storm: all of the last interval, ascending; none of this round */
        size_t n_restarts;
        int64_t n_before; /* decided so far in this round: to be restarted, or the next to have a turn */
};

/* One call of decide(). */
struct round {
        const struct decide_input *in;
        struct state *next;
        struct subject *subjects; /* in the observation's order */
        size_t n_subjects;
        struct brake brake;
        struct strmap by_stable_id; /* positions in the observation */
        struct event *events;
        size_t n_events, cap_events;
        bool engine_restarted; /* since the last pass */
        bool engine_told;      /* there is an event about it */
        int64_t under_way;     /* actions in flight, and those that were decided in this round */
        struct arena *a;
};

struct judgement {
        enum verdict verdict;
        enum reason reason;
        const char *detail;
};

/* One container of the round. */
struct subject {
        struct round *round;
        const struct container *c;
        const struct selection *sel;
        struct memory *m; /* in the next state; a scratch copy for what has none of its own: never NULL */
        struct judgement is;
        bool in_flight;
        bool engine_stopped;    /* its exit was the engine's own doing */
        int64_t known_since_us; /* our clock: since when it had its last verdict, before this round; 0: not known */
        struct plan_item *item;
};

/* ---- The engine's clock (decide_internal.h): a time in its future counts as now ---- */

static inline int64_t engine_now(const struct subject *s) {
        return s->round->in->observation->engine_now_us;
}

static inline int64_t engine_age_us(const struct subject *s, int64_t engine_us) {
        return engine_us < engine_now(s) ? engine_now(s) - engine_us : 0;
}

static inline int64_t engine_to_ours(const struct subject *s, int64_t engine_us) {
        return s->round->in->now.wall_us - engine_age_us(s, engine_us);
}

static inline int64_t larger(int64_t a, int64_t b) {
        return a > b ? a : b;
}

/* ---- identity.c ---- */

struct identity {
        const char *claimed; /* what its labels or its name ask for */
        const char *stable_id;
        const struct container *rival; /* another live one that claims the same; NULL none */
};
/*
 * One per container of the observation. No two get the same stable id. In the same order: policies, and which of them claim
 * nothing and go by their own names.
 */
struct identity *decide_identify(const struct observation *obs, const struct policy *policies, const bool *claimless,
                                 struct arena *a);

/* ---- select.c ---- */

/* A one-off run or a hook of Compose. */
bool decide_is_one_off(const struct container *c);

/* ---- depend.c, circle.c ---- */

/* Fills parents, lost_parent, unknown_parent and circle. After all else is known of the selection. */
void decide_link(const struct config *cfg, const struct observation *obs, struct selection *sel, struct arena *a);
/* The positions in that order (NULL: as they come), but each after those that it depends on. */
size_t *decide_parents_first(const struct selection *sel, const size_t *order, size_t n, struct arena *a);
/* Takes out of the parents whatever makes circles. */
void decide_break_circles(const struct observation *obs, struct selection *sel, struct arena *a);

/* ---- parents.c ---- */

/* A start of a parent that calls for a restart. */
struct call {
        enum reason reason; /* REASON_STALE_NETWORK or REASON_PARENT_RESTARTED */
        const struct parent *parent;
        int64_t started_us; /* engine's clock */
};
/* Whether a start of a parent calls for a restart of the i-th, which runs. */
bool decide_find_call(const struct state *state, const struct observation *obs, const struct selection *sel, size_t i,
                      struct call *ret);
bool decide_is_called(const struct subject *s, struct call *ret);
/* Its last start failed for want of the container whose network it shares. */
bool decide_lacks_parent(const struct subject *s);
/* Its restart is for the sake of a parent: it is counted only if it fails. */
bool decide_is_for_parent(const struct subject *s);
/* Remembers for which starts it is restarted; and, of one that is seen for the first time, which it is not restarted for. */
void decide_serve(struct subject *s);
void decide_forgo(struct subject *s);
/* Remembers whose network it shares, and when that started. Monitored ones only. */
void decide_note_parent(struct subject *s);
/* Marks which must be inspected for the sake of the i-th. */
void decide_need_parents(const struct state *state, const struct observation *obs, const struct selection *sel, size_t i,
                         bool *needed);
struct parent_hold {
        bool on;
        int64_t until_us; /* our clock; 0: nobody knows */
        const char *sentence;
};
/* The parent that it waits for. */
struct parent_hold decide_parent_hold(const struct subject *s);
/* It is not monitored, and its network is dead. That is told once. */
bool decide_is_left_stale(const struct observation *obs, const struct selection *sel, size_t i);
void decide_tell_left_stale(struct subject *s);

/* ---- recognise.c ---- */

/* Memories kept under an id or a name move to the stable id; times from the future become now; old restarts are forgotten. */
void decide_tidy_state(struct round *r);
/* First sight, a new container of the same name, a new version; what is wrong with its labels. Monitored ones only. */
void decide_recognise(struct subject *s);
/* It is the very container that the memory is about. */
bool decide_knows(const struct subject *s);

/* ---- settle.c ---- */

/* Ends the open intent, if a look at the container tells what became of it, or too much time has passed. Monitored ones only. */
void decide_settle(struct subject *s);
/* The container is another one: nobody will ever know. */
void decide_abandon_intent(struct subject *s);
/* When an open intent counts as not done, our clock; 0: none is open. */
int64_t decide_intent_end_us(const struct subject *s);
/* An action of ours is unsettled, and the engine may still have been at it at that time (the engine's clock). */
bool decide_may_be_our_doing(const struct subject *s, int64_t engine_us);
/* And may still be at it. */
bool decide_may_be_under_way(const struct subject *s);
/* Once nothing more can follow from it: it has failed and what it left is seen, or too much time has passed. */
void decide_forget_action(struct subject *s);
/* A stop timeout in seconds that can be reckoned with, whatever it is: unset, for ever, out of all bounds. */
int64_t decide_bounded_timeout_s(int64_t timeout_s);

/* ---- evidence.c ---- */

/* What the journal told about its present exit, now or earlier. */
enum told decide_told(const struct subject *s);
/* Somebody is stopping it: until when that may take, our clock; 0: nobody is. */
int64_t decide_stopping_until_us(const struct subject *s);
/* The engine was restarted since the last pass, beyond doubt. */
bool decide_engine_restarted(const struct round *r);
/* The engine stopped it when that was itself stopped. */
bool decide_engine_stopped_it(const struct subject *s);
/* Seconds that it may have run for at most, by the words of its status; -1: not known. */
int64_t decide_run_at_most_s(const struct container *c);
/* Remembers what was learnt about an exit. Before its FinishedAt is. */
void decide_note_evidence(struct subject *s);

/* ---- verdict.c ---- */

/* Fills s->is. */
void decide_judge(struct subject *s);
/* Its exit belongs to a restart of ours whose start half failed. */
bool decide_exit_is_ours(const struct subject *s);
/* What is remembered as said about this exit, in memory.said. */
const char *decide_exit_key(const struct subject *s, const char *what);
/* Failing, or restarted by the engine in vain. */
bool decide_is_broken(const struct subject *s);
/* Microseconds that a running container has run for at least; -1: not known. */
int64_t decide_run_us(const struct subject *s);

/* ---- check.c ---- */

/* Forgets what it said about another start, another version or another check. Monitored ones only. */
void decide_recognise_check(struct subject *s);
/* What it said of the container as it was before. */
void decide_forget_check(struct memory *m);
/* Where everything else says that a running one is well: what the check says to that. */
struct judgement decide_judge_check(const struct subject *s, struct judgement well);
/* An event where what it says has changed. Monitored ones only. */
void decide_note_check(struct subject *s);

/* ---- remember.c ---- */

/* After the verdict. Monitored ones only. */
void decide_remember(struct subject *s);
/* A failure of one that runs. */
bool decide_is_of_running(enum reason failure);
/* Whether its mode heals this kind of failure. */
bool decide_mode_covers(const struct selection *sel, enum reason failure);
/* What the engine is asked for: the policy's stop timeout, else the container's own. */
int64_t decide_stop_timeout_s(const struct subject *s);

/* ---- decide.c ---- */

/* When it will have run for long enough to count as well, our clock; 0: nothing of the kind. */
int64_t decide_verified_at_us(const struct subject *s);

/* ---- backoff.c ---- */

/* When the next restart may be, on our clock; 0: it may be now. */
struct spacing {
        int64_t until_us;
        int64_t wait_s;     /* that it has to be apart from the last one */
        int64_t since_s;    /* seconds since the last restart; -1: there was none */
        enum reason reason; /* REASON_COOLDOWN or REASON_BACKOFF */
};
struct spacing decide_spacing(const struct subject *s);

/* ---- brake.c ---- */

/* After all are judged: does a storm begin, or end? */
void decide_storm(struct round *r);
/* During a storm: whether the next container in order of need has its turn. */
struct turn {
        bool now;
        int64_t at_us; /* else when, our clock; 0: others go before it, nobody knows */
};
struct turn decide_turn(const struct round *r);
/* Other replicas of its Compose service that an action of ours took down. */
int64_t decide_replicas_down(const struct subject *s);

/* ---- maintain.c ---- */

struct hold_period {
        bool on;
        const char *of;             /* " of project:shop", " window of container web"; "" of everything */
        int64_t start_us, until_us; /* our clock; 0: unknown, no end */
};
/* The maintenance that covers it. */
struct hold_period decide_maintenance(const struct subject *s);

/* ---- consent.c ---- */

/* What hooks.pre_restart says to a restart of it. */
struct consent {
        enum { CONSENT_NEEDLESS, CONSENT_TO_ASK, CONSENT_ASKED, CONSENT_GIVEN, CONSENT_REFUSED } is;
        const struct hook_asked *asked; /* of the last three */
        int64_t until_us;               /* our clock: when it is given up, or asked again; 0: nobody knows */
};
struct consent decide_consent(const struct subject *s);
/* It is to be restarted as soon as that has agreed, or has agreed already. */
bool decide_is_as_good_as_down(const struct subject *s);
/* What a veto is remembered by, in memory.said: once per episode. */
const char *decide_veto_key(const struct subject *s);

/* ---- rules.c ---- */

/* Runs the rules over the subject: fills the decision of s->item, then does what it entails. */
void decide_rules(struct subject *s);

/* ---- effects.c ---- */

/* What a decision changes; sentence is the decision's. */
typedef void effect_fn(struct subject *s, const char *sentence);
effect_fn effect_recovered, effect_release, effect_unexplained, effect_notify, effect_quarantine, effect_crash_loop, effect_turn,
        effect_ask, effect_veto, effect_maintained, effect_orphaned, effect_restart, effect_stop;
/* An event about the subject, with what is known of the failure. */
void decide_event(struct subject *s, enum event_type type, const char *status, enum reason reason, const char *message);
/* An event that is about no single container. */
void decide_round_event(struct round *r, enum event_type type, const char *status, const char *message);
/* It is not quarantined any more. */
void decide_end_quarantine(struct memory *m);
/* Forgets the restarts, the episode and, if it is autoheal's, the quarantine. */
void decide_clear_counts(struct memory *m);
/* What the engine stopped is started once without being counted: nothing was wrong with it. */
bool decide_is_uncounted(const struct subject *s);
/* It was restarted as often as allowed, and the next restart would count. */
bool decide_is_used_up(const struct subject *s);
/* It is to be stopped, not restarted. */
bool decide_wants_stop(const struct subject *s);
const char *decide_notify_key(const struct subject *s);

/* ---- explain.c: sentences of one printable line, under 300 bytes ---- */

const char *decide_say(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
/* "12s", and "2026-01-01T00:00:48+00:00"; both live in a. */
const char *decide_duration(struct arena *a, int64_t seconds);
const char *decide_time(struct arena *a, int64_t us);
/* Text from outside in at most 120 bytes. */
const char *decide_short(struct arena *a, const char *text);
/* The label that opted the container in or out, "autoheal=true". There must be one. */
const char *decide_optin_label(const struct policy *policy, struct arena *a);
/* What to call it in a command that a person may paste into a shell: the preferred name if it is harmless there, else its id. */
const char *decide_command_name(const struct subject *s, const char *preferred);

const char *explain_unhealthy(const struct subject *s);
const char *explain_start_grace(const struct subject *s);
const char *explain_check(const struct subject *s, enum check_standing standing);
const char *explain_run(const struct subject *s);
const char *explain_stale_network(const struct subject *s, const struct call *call);
const char *explain_parent_restarted(const struct subject *s, const struct call *call);
const char *explain_orphan(const struct subject *s);
/* And the command that makes it anew. */
const char *explain_orphan_remedy(const struct subject *s);
/* What it waits for. */
const char *explain_parent(const struct subject *s, const struct subject *parent, const struct parent *link, int64_t until_us);
const char *explain_left_stale(const struct subject *s, const struct container *parent);
const char *explain_exit(const struct subject *s, const char *why);
const char *explain_stopping(const struct subject *s, int64_t until_us);
const char *explain_start_failed(const struct subject *s);
const char *explain_corpse(const struct subject *s, int64_t age_us);
const char *explain_proof(const struct subject *s, int64_t until_us);
/* Stopped by us; to be stopped by us; to be restarted by us, even where no restart is left. */
const char *explain_stopped(const struct subject *s);
const char *explain_stop(const struct subject *s);
const char *explain_restart(const struct subject *s);
const char *explain_intent(const struct subject *s, int64_t until_us);
const char *explain_parallel(const struct subject *s);
const char *explain_consent(const struct subject *s, const struct consent *c);
const char *explain_quarantined(const struct subject *s);
const char *explain_maintenance(const struct subject *s, const struct hold_period *h);
const char *explain_rebuilt(const struct subject *s, int64_t until_us);
const char *explain_deploy(const struct subject *s, int64_t age_us, int64_t until_us);
/* "8 of 10 monitored containers are down" */
const char *explain_down(const struct round *r);
const char *explain_storm(const struct round *r);
const char *explain_turn(const struct subject *s, int64_t until_us);
const char *explain_recovered(const struct subject *s);
const char *explain_crash_loop(const struct subject *s);
const char *explain_rolling(const struct subject *s, int64_t down);
const char *explain_limit(const struct subject *s, int64_t restarts);
const char *explain_spacing(const struct subject *s, const struct spacing *p);

#endif
