/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share: one round of deciding, one subject of it, and the order of the work.
 *
 *         select.c, identity.c   which container is which, and is it ours to look after?
 *         recognise.c            what is remembered, brought up to this observation: names, versions, clocks
 *         verdict.c              what a container is now
 *         remember.c             what this observation adds to the memory
 *         rules.c                what is done about it: the rules in order, the first that applies wins
 *         effects.c              what deciding so changes in the next state, and the events that it makes
 *         explain.c              reason and numbers to a sentence
 */
#ifndef AUTOHEAL_DECIDE_INTERNAL_H
#define AUTOHEAL_DECIDE_INTERNAL_H

#include "autoheal/decide/decide.h"

#define LABEL_PROJECT     "com.docker.compose.project"
#define LABEL_SERVICE     "com.docker.compose.service"
#define LABEL_NUMBER      "com.docker.compose.container-number"
#define LABEL_CONFIG_HASH "com.docker.compose.config-hash"

/* One call of decide(). */
struct round {
        const struct decide_input *in;
        struct state *next;
        struct strmap by_stable_id; /* positions in the observation */
        struct event *events;
        size_t n_events, cap_events;
        int64_t under_way; /* actions in flight, and those that were decided in this round */
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

/* ---- recognise.c ---- */

/* Memories kept under an id or a name move to the stable id; times from the future become now; old restarts are forgotten. */
void decide_tidy_state(struct round *r);
/* First sight, a new container of the same name, a new version; what is wrong with its labels. Monitored ones only. */
void decide_recognise(struct subject *s);
/* It is the very container that the memory is about. */
bool decide_knows(const struct subject *s);

/* ---- verdict.c ---- */

/* Fills s->is. */
void decide_judge(struct subject *s);
/* Its exit belongs to a restart of ours whose start half failed. */
bool decide_exit_is_ours(const struct subject *s);
/* What is remembered as said about this exit, in memory.said. */
const char *decide_exit_key(const struct subject *s, const char *what);
/* Microseconds that a running container has run for at least; -1: not known. */
int64_t decide_run_us(const struct subject *s);

/* ---- remember.c ---- */

/* After the verdict. Monitored ones only. */
void decide_remember(struct subject *s);
/* An action of ours is unsettled, and the engine may still have been at it at that time (our clock). */
bool decide_may_be_our_doing(const struct subject *s, int64_t us);
/* Whether its mode heals this kind of failure. */
bool decide_mode_covers(const struct selection *sel, enum reason failure);
/* What the engine is asked for: the policy's stop timeout, else the container's own. */
int64_t decide_stop_timeout_s(const struct subject *s);

/* ---- backoff.c ---- */

/* When the next restart may be, on our clock; 0: it may be now. */
struct spacing {
        int64_t until_us;
        int64_t wait_s;     /* that it has to be apart from the last one */
        int64_t since_s;    /* seconds since the last restart; -1: there was none */
        enum reason reason; /* REASON_COOLDOWN or REASON_BACKOFF */
};
struct spacing decide_spacing(const struct subject *s);

/* ---- rules.c ---- */

/* Runs the rules over the subject: fills the decision of s->item, then does what it entails. */
void decide_rules(struct subject *s);

/* ---- effects.c ---- */

/* What a decision changes; sentence is the decision's. */
typedef void effect_fn(struct subject *s, const char *sentence);
effect_fn effect_recovered, effect_release, effect_unexplained, effect_notify, effect_quarantine, effect_restart, effect_stop;
/* An event about the subject, with what is known of the failure. */
void decide_event(struct subject *s, enum event_type type, const char *status, enum reason reason, const char *message);
/* Forgets the restarts, the episode and, if it is autoheal's, the quarantine. */
void decide_clear_counts(struct memory *m);
const char *decide_notify_key(const struct subject *s);

/* ---- explain.c: sentences of one printable line, under 300 bytes ---- */

const char *decide_say(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
/* "12s", and "2026-01-01T00:00:48+00:00"; both live in a. */
const char *decide_duration(struct arena *a, int64_t seconds);
const char *decide_time(struct arena *a, int64_t us);
/* Text from outside in at most 120 bytes. */
const char *decide_short(struct arena *a, const char *text);
/* The label that opted the container in, "autoheal=true". */
const char *decide_optin_label(const struct config *cfg, const struct container *c, struct arena *a);
/* What to call it in a command that a person may paste into a shell: the preferred name if it is harmless there, else its id. */
const char *decide_command_name(const struct subject *s, const char *preferred);

const char *explain_unhealthy(const struct subject *s);
const char *explain_start_grace(const struct subject *s);
const char *explain_run(const struct subject *s);
const char *explain_exit(const struct subject *s, const char *why);
const char *explain_corpse(const struct subject *s, int64_t age_us);
const char *explain_proof(const struct subject *s, int64_t until_us);
/* Stopped by us; to be stopped by us; to be restarted by us, even where no restart is left. */
const char *explain_stopped(const struct subject *s);
const char *explain_stop(const struct subject *s);
const char *explain_restart(const struct subject *s);
const char *explain_parallel(const struct subject *s);
const char *explain_quarantined(const struct subject *s);
const char *explain_maintenance(const struct subject *s);
const char *explain_limit(const struct subject *s, int64_t restarts);
const char *explain_spacing(const struct subject *s, const struct spacing *p);

#endif
