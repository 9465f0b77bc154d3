/* SPDX-License-Identifier: MIT */
/*
 * What is remembered between passes: the content of the data directory as plain data. decide() takes one state and makes
 * the next; store reads and writes it. Times are our wall clock unless a field says "engine's clock".
 */
#ifndef AUTOHEAL_MODEL_STATE_H
#define AUTOHEAL_MODEL_STATE_H

#include "autoheal/model/container.h"
#include "autoheal/model/counters.h"
#include "autoheal/model/plan.h"
#include "autoheal/util/slice.h"
#include "autoheal/util/strmap.h"

enum quarantined_by { QUARANTINED_NOT, QUARANTINED_BY_AUTOHEAL, QUARANTINED_BY_PERSON, QUARANTINED_BY_MAX_ };
const char *quarantined_by_name(enum quarantined_by q);
enum quarantined_by quarantined_by_parse(const char *word); /* unknown words: QUARANTINED_BY_AUTOHEAL */

/* What a run of a check of ours came to. */
enum check_outcome {
        CHECK_NOT_RUN, /* none has ended since the container started */
        CHECK_PASSED,
        CHECK_FAILED,
        CHECK_UNKNOWN, /* it could not be run */
        CHECK_OUTCOME_MAX_
};
const char *check_outcome_name(enum check_outcome o);     /* "none", "passed", "failed", "unknown" */
enum check_outcome check_outcome_parse(const char *word); /* other words: CHECK_NOT_RUN */

/* What a check of ours says about its container. */
enum check_standing {
        STANDING_NONE, /* there is no check, or nothing was said yet */
        STANDING_PENDING,
        STANDING_PASSED,
        STANDING_FAILED,   /* as often in a row as is asked for */
        STANDING_UNPROVEN, /* so as well, but it never passed for this version of the container */
        STANDING_UNKNOWN,
        STANDING_MAX_
};
const char *check_standing_name(enum check_standing s);     /* "none", "pending", "passed", "failed", "unproven", "unknown" */
enum check_standing check_standing_parse(const char *word); /* other words: STANDING_NONE */

/* What is remembered of a check of ours. */
struct check_memory {
        const char *print;   /* which check the rest is about: health_check_print(); "" none */
        int64_t started_us;  /* engine's clock: the StartedAt that outcome, streak, run_us, exec_id and exec_pid are about */
        int64_t run_us;      /* our clock: when its last run began; 0: it has not run since */
        int64_t streak;      /* runs that failed, one after another */
        const char *detail;  /* what the last run came to, printable; "" none */
        const char *exec_id; /* what it runs in the container; "" none */
        int64_t exec_pid;    /* as the engine's host counts; the engine forgets an exec minutes after its end; 0: not known */
        enum check_outcome outcome;
        enum check_standing told; /* by the last event */
        bool proven;              /* it has passed for this version of the container */
        bool lingers;             /* what it runs had not ended in time, and still has not */
        bool no_timeout;          /* the container has no program `timeout` */
};

#define CHECK_MEMORY_NONE                                                                                                          \
        (struct check_memory) {                                                                                                    \
                .print = "", .detail = "", .exec_id = ""                                                                           \
        }

/* What a run came to; the probe makes it, record keeps it. */
struct check_result {
        char stable_id[256];
        char container_name[256];
        char print[17];
        int64_t started_us; /* of the container, engine's clock */
        int64_t began_us;   /* our clock */
        int64_t duration_ms;
        enum check_outcome outcome;
        char detail[256];  /* one printable line */
        char output[1025]; /* what it printed, or the beginning of the answer; not printable yet */
        char exec_id[65];  /* "" none */
        int64_t exec_pid;
        bool lingers, no_timeout;
};

/* One container, by stable id. */
struct memory {
        const char *stable_id;

        /* restart_counts.json: when it was restarted by us (the intent's time), ascending, those in its window */
        int64_t *restarts_us;
        size_t n_restarts;

        /* quarantine.json says whether, containers.json why, by whom and since when */
        enum quarantined_by quarantined;
        enum reason quarantine_reason;
        int64_t quarantined_us; /* 0: unknown (a reference service's entry) */

        /* containers.json */
        const char *container_id, *image_id, *config_hash, *name; /* "" unknown; the version that the rest is about */
        int64_t started_us, finished_us;                          /* engine's clock, as last inspected; 0 unknown */
        int64_t restart_count;                                    /* the engine's own, as last inspected; -1 unknown */
        int64_t lifetime_restarts;
        bool lifetime_known; /* false: containers.json said nothing, config's containers.restart_counts holds */
        int64_t episode_us;  /* when the open episode began, 0: none */
        int64_t episode_restarts;
        enum verdict verdict;        /* last one */
        int64_t verdict_us;          /* since when; 0: not seen yet */
        int64_t ok_us;               /* ok without a break since; 0: not ok */
        int64_t ok_started_us;       /* engine's clock: the StartedAt that ok_us is about */
        int64_t paused_us;           /* engine's clock: first seen paused; cleared by a probe that ended later; 0 */
        int64_t last_restart_us;     /* last restart by anyone: the cooldown counts from here; 0 none */
        int64_t last_own_restart_us; /* last restart or start by us; 0 none */
        int64_t own_action_us; /* a restart, start or stop of ours whose effect (new StartedAt or FinishedAt) was not seen yet; 0 none */
        int64_t own_action_end_us; /* when the engine answered that it had failed: nothing later is its doing; 0: it did not answer so */
        int64_t first_exited_us; /* engine\'s clock: when it was first seen exited, with this FinishedAt; 0 */
        int64_t gone_us;         /* first noticed to be gone; 0: listed */
        enum decision
                intent; /* DECISION_RESTART or DECISION_STOP: decided at own_action_us, and no result is known yet; DECISION_NONE */
        enum told exit_told;    /* what the journal told about the exit at finished_us */
        int64_t own_started_us; /* engine's clock: the StartedAt that a restart of ours led to, which dependents follow; 0 none */
        int64_t parent_started_us; /* engine's clock: StartedAt of the container whose network it shares, as last inspected; 0 unknown */
        const char *parent;        /* stable id of that container; "" none */
        bool engine_stopped;       /* that exit was the engine's own doing */
        int64_t held_until_us; /* after a broken file was rebuilt: not acted on before that; 0 */
        struct check_memory check;
        const char **said; /* what was said once: "label:autoheal.cooldown=x", "unexplained:<FinishedAt>", ... */
        size_t n_said;
        struct slice raw; /* its object in containers.json as it was read, for unknown keys; p NULL: new, or none */
};

enum scope_kind { SCOPE_CONTAINER, SCOPE_PROJECT, SCOPE_LABEL, SCOPE_MAX_ };
const char *scope_kind_name(enum scope_kind k); /* "container", "project", "label" */

/* Maintenance of some containers. */
struct maintenance_scope {
        enum scope_kind kind;
        const char *value;          /* stable id or name; Compose project; "key=value" or "key" */
        int64_t start_us, until_us; /* until 0: no end */
        const char *reason;         /* "" none */
};
/*
 * "project:NAME" or "label:KEY[=VALUE]" as a person writes it: 1, and *ret has kind and value, which is part of text. 0: neither, so it is
 * a container. ERR_INVALID if nothing follows the colon.
 */
MUST_USE int scope_parse(const char *text, struct maintenance_scope *ret, struct error *err);

struct maintenance {
        bool enabled;       /* of all containers */
        int64_t start_us;   /* 0 unknown */
        int64_t until_us;   /* 0: no end */
        const char *reason; /* "" none */
        const struct maintenance_scope *scopes;
        size_t n_scopes;
};

struct state {
        struct arena *arena; /* owns everything below */
        struct memory *memories;
        size_t n, cap;
        struct strmap index; /* stable id -> position */
        struct maintenance maintenance;
        /*
         * Events that belong to this state and may not stand in events.json yet, as JSON. They are saved with it, so that a
         * kill between the two files loses none; whoever saves next adds those that are missing, each once. Not copied by
         * state_copy(): a next state announces its own.
         */
        const struct slice *untold;
        size_t n_untold;
        int64_t held_until_us; /* after files were rebuilt and nothing tells who was quarantined: nobody is acted on before that; 0 */
        /* pass.json */
        const char *engine_endpoint, *engine_id, *engine_api; /* "" unknown */
        const char *engine_name;                              /* of its host; "" unknown */
        int64_t last_pass_us;
        int64_t storm_us; /* since when so many are down that the brake is on; 0: it is off */
        struct pass_summary last_summary;
        struct counters counters; /* over all passes, for the metrics */
};

/* An empty state whose content will live in a. */
void state_init(struct state *s, struct arena *a);
/* A deep copy whose content lives in a. */
void state_copy(struct state *ret, const struct state *s, struct arena *a);
/*
 * Both ours and theirs were made of base: ours here, theirs by others, who changed the files. What one side alone changed is as it made
 * it. Where both changed the same: quarantines, holds and maintenance are theirs, for only people touch the files, and they know
 * what they want; restarts and counts are those of both; what was seen and done is ours. What they took away is gone, unless it was
 * acted on here. Counters and the last pass are ours; events that were not told yet are in neither. Lives in a, in which, or for
 * as long, theirs must live too.
 */
void state_merge(struct state *ret, const struct state *base, const struct state *ours, const struct state *theirs,
                 struct arena *a);
/* Frees the indexes; the rest belongs to the arena. */
void state_release(struct state *s);
/* Room for n memories in all: what grows one by one leaves every smaller table behind in the arena. Invalidates earlier pointers. */
void state_reserve(struct state *s, size_t n);
/* The memory of that stable id; NULL if there is none. */
struct memory *state_find(const struct state *s, const char *stable_id);
/* The memory of that stable id, made empty if there is none. Invalidates earlier pointers. */
struct memory *state_get(struct state *s, const char *stable_id);
/* Renames a memory (old files know containers by id or name). If `to` exists already, they are merged: restart times of both, the stronger quarantine, the sum of the lifetime restarts, the longer episode. */
void state_rename(struct state *s, const char *from, const char *to);
/* Moves the memory out of the state: the last one takes its place. Invalidates earlier pointers. */
void state_drop(struct state *s, const char *stable_id);

/* Adds a restart time, keeps the list ascending. A time that is there already is the same restart and not added again. Each call copies the list. */
void memory_add_restart(struct memory *m, int64_t us, struct arena *a);
/* An action of ours begins, or is nothing that anything could follow from any more. */
void memory_begin_action(struct memory *m, enum decision intent, int64_t us);
void memory_end_action(struct memory *m);
/* The restart that was written down for that time did not happen: its counts and its times are as they were before it. Once. */
void memory_take_back_restart(struct memory *m, int64_t us);
/*
 * Restarts for the sake of a parent: once for each of its starts (its id and StartedAt), and counted only when they fail. The
 * action at us serves that start; what served an earlier one of that parent is forgotten.
 */
void memory_serve(struct memory *m, const char *parent_id, int64_t started_us, int64_t us, struct arena *a);
bool memory_has_served(const struct memory *m, const char *parent_id, int64_t started_us);
/* Was the action at us for the sake of a parent? */
bool memory_served_by(const struct memory *m, int64_t us);
/* It was not made, or has failed. */
void memory_serve_nothing(struct memory *m, int64_t us);
/* The restart that was written down for that time has failed: if it was for a parent's sake it serves nothing, and counts. */
void memory_restart_failed(struct memory *m, int64_t us, struct arena *a);
/* Restarts that count towards the limit: those in the window or those of the episode, whichever are more. */
int64_t memory_restarts(const struct memory *m);
/* True if both remember the same (raw is not compared). */
bool memory_same(const struct memory *a, const struct memory *b);
bool check_memory_same(const struct check_memory *a, const struct check_memory *b);
bool memory_said(const struct memory *m, const char *what);
/* Remembers that `what` was said; the oldest is forgotten beyond 32. */
void memory_say(struct memory *m, const char *what, struct arena *a);
/* Forgets that anything was said that begins and ends so. */
void memory_unsay(struct memory *m, const char *begin, const char *end);

#endif
