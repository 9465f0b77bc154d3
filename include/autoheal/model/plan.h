/* SPDX-License-Identifier: MIT */
/*
 * What decide() answers: per container a verdict, a decision, a reason with a sentence, and the trace of rules that led
 * there; and the events that the answer itself makes (a quarantine, a release, a recovery). Strings belong to the arena
 * that decide() was given. Text that came from outside is not yet escaped.
 */
#ifndef AUTOHEAL_MODEL_PLAN_H
#define AUTOHEAL_MODEL_PLAN_H

#include "autoheal/model/container.h"
#include "autoheal/util/error.h"

enum verdict {
        VERDICT_OK,
        VERDICT_STARTING,
        VERDICT_FAILING,
        VERDICT_STOPPING, /* a person or a program is stopping it right now */
        VERDICT_STOPPED,
        VERDICT_PAUSED,
        VERDICT_RESTARTING,
        VERDICT_CREATED,
        VERDICT_REMOVING,
        VERDICT_UNKNOWN, /* it could not be looked at closely, or a state word that we do not know: nothing is done */
        VERDICT_MAX_
};

enum decision {
        DECISION_NONE,
        DECISION_RESTART, /* a running container is restarted, an exited one started */
        DECISION_STOP,
        DECISION_NOTIFY,
        DECISION_QUARANTINE,
        DECISION_RELEASE,
        DECISION_HOLD,
        DECISION_SKIP,
        DECISION_MAX_
};

/* The wire name of each stands in names.c: REASON_MANUAL_STOP is "manual-stop". */
enum reason {
        REASON_NONE,
        /* why it is not monitored */
        REASON_NOT_MONITORED, /* nothing opts it in */
        REASON_EXCLUDED,      /* containers.excluded */
        REASON_LABEL_FALSE,   /* its label says no */
        REASON_FILTERED,      /* a filter keeps it out */
        REASON_SELF,          /* autoheal's own container, or its way to the engine */
        REASON_SWARM_TASK,
        REASON_ONE_OFF, /* a Compose one-off run or hook */
        REASON_KUBERNETES,
        /* what it is */
        REASON_HEALTHY,     /* the engine says healthy */
        REASON_RUNNING,     /* no health check, has run for verify_seconds */
        REASON_STARTING,    /* the engine says so, or it has not run for verify_seconds */
        REASON_START_GRACE, /* unhealthy, but start_grace_seconds are not over */
        REASON_UNPAUSED,    /* unhealthy from before a pause */
        REASON_UNHEALTHY,
        REASON_CHECK,            /* a check of ours failed */
        REASON_CHECK_PENDING,    /* ... has not come to a result since it started, or not failed often enough in a row */
        REASON_UNPROVEN,         /* ... fails, but never passed for this version of it: perhaps it is the check that is wrong */
        REASON_CHECK_UNKNOWN,    /* ... cannot be run */
        REASON_EXITED,           /* exited with a failure */
        REASON_START_FAILED,     /* its last start failed */
        REASON_STALE_NETWORK,    /* shares the network of a container that has started anew since */
        REASON_PARENT_RESTARTED, /* depends on a container that we have restarted since */
        REASON_ORPHANED,         /* shares the network of a container that is gone */
        REASON_ENGINE_RESTART,   /* stopped by the engine when that was itself stopped, and not started again */
        REASON_STOPPING,
        REASON_FINISHED,         /* exited with 0 */
        REASON_MANUAL_STOP,      /* somebody stopped it */
        REASON_UNEXPLAINED_STOP, /* its exit code fits a stop as well as a crash, and nothing tells which */
        REASON_CORPSE,           /* exited before autoheal knew it, longer than max_exit_age_seconds ago */
        REASON_PAUSED,
        REASON_RESTARTING, /* the engine's own policy is at it */
        REASON_CRASH_LOOP, /* the engine's own policy restarts it in vain */
        REASON_CREATED,
        REASON_REMOVING,
        REASON_UNSEEN,  /* the engine did not let it be looked at closely */
        REASON_UNKNOWN, /* the engine used a word that we do not know */
        /* why something is done or not */
        REASON_IN_FLIGHT,
        REASON_RECOVERED,
        REASON_MODE,
        REASON_QUARANTINED,
        REASON_PROVEN,      /* released: was well for release_seconds */
        REASON_NEW_VERSION, /* released: another image or config-hash */
        REASON_MAINTENANCE,
        REASON_ACTION, /* label action none or notify */
        REASON_EXIT_GRACE,
        REASON_DEPLOY,  /* something is being deployed in its Compose project */
        REASON_PARENT,  /* waits for a container that it depends on */
        REASON_STORM,   /* so many are down that the cause is likely the host */
        REASON_ROLLING, /* another replica of its service is down by our hand */
        REASON_REBUILT, /* the files about it were broken: whether it was quarantined is not known */
        REASON_MAX_RESTARTS,
        REASON_COOLDOWN,
        REASON_BACKOFF,
        REASON_PARALLEL,   /* max_parallel actions are under way */
        REASON_HOOK,       /* hooks.pre_restart is asked first */
        REASON_VETOED,     /* hooks.pre_restart has said no */
        REASON_UNRECORDED, /* what is about to be done cannot be written down, so it is not done */
        REASON_STOPPED,    /* stopped by us, as its label action asks */
        REASON_REQUESTED,  /* a person asked */
        REASON_GONE,       /* not there any more */
        REASON_MAX_
};

const char *verdict_name(enum verdict v);
enum verdict verdict_parse(const char *word); /* VERDICT_UNKNOWN for other words */
const char *decision_name(enum decision d);
enum decision decision_parse(const char *word); /* DECISION_MAX_ for other words */
const char *reason_name(enum reason r);
enum reason reason_parse(const char *word); /* REASON_MAX_ for other words */
bool reason_keeps_out(enum reason r);       /* a container with that reason is not monitored */

/* What happened to an action. */
enum outcome {
        OUTCOME_NONE,    /* nothing was asked of the engine */
        OUTCOME_SUCCESS, /* the engine did it */
        OUTCOME_FAILURE, /* the engine refused */
        OUTCOME_UNKNOWN, /* no answer in time: the next observation decides */
        OUTCOME_GONE,    /* the container vanished or is being removed: a note, not an error */
        OUTCOME_MAX_
};
const char *outcome_name(enum outcome o); /* null-like "none", "success", "failure", "unknown", "gone" */

enum event_type {
        EVENT_RESTART,
        EVENT_QUARANTINE,
        EVENT_UNQUARANTINE,
        EVENT_AUTO_UNQUARANTINE,
        EVENT_RECOVERED,
        EVENT_AUTO_MONITOR,
        EVENT_NOTIFY,
        EVENT_CONFIG,
        EVENT_STORM,
        EVENT_CRASH_LOOP,
        EVENT_ENGINE,
        EVENT_STORE,
        EVENT_MAINTENANCE,
        EVENT_ORPHANED,
        EVENT_HEALTH_CHECK, /* what a check of ours says has changed */
        EVENT_HOOK,
        EVENT_TYPE_MAX_
};
const char *event_type_name(enum event_type t); /* "restart", "auto_unquarantine", ... */

/* One line of events.json. NULL strings and flags that say so are left out or null. */
struct event {
        int64_t at_us;
        enum event_type type;
        const char *container_id, *container_name, *stable_id;
        int64_t restart_count; /* restarts in the window, this one included */
        const char *status;    /* "success", "failure", "quarantined", or the state entered */
        const char *message;
        const char *reason; /* reason_name() or NULL */
        bool has_exit_code;
        int64_t exit_code;
        bool oom_killed;
        const char *health_output; /* last probe, 1 KiB at most; NULL none */
        int64_t duration_ms;       /* -1: none */
};

/* One rule of the pass as it looked for one container; for explain. */
struct rule_trace {
        const char *rule;     /* "cooldown", "quarantined", ... */
        bool applied;         /* this one decided */
        bool reached;         /* false: an earlier rule had decided already; the text still tells what it would have seen */
        const char *sentence; /* with its numbers */
};
#define TRACE_MAX 20

struct plan_item {
        const struct container *container;
        const char *stable_id;
        bool monitored;
        enum reason monitor_reason; /* why not, or REASON_NONE */
        const char *monitor_detail; /* "label autoheal=true", "containers.selected", "monitor.include_all", or why not */
        enum verdict verdict;
        enum reason verdict_reason;
        const char *verdict_detail; /* sentence with the numbers */
        enum decision decision;
        enum reason reason;
        const char *detail;             /* sentence with the numbers */
        int64_t until_us;               /* our clock: when a hold ends; 0: nobody knows */
        int64_t restarts, max_restarts; /* in the window or the episode, whichever is more; and the limit */
        bool quarantined;               /* after this decision */
        bool wants_hook;                /* hooks.pre_restart is to be asked, about a restart that nothing else holds */
        int64_t stop_timeout_s; /* for restart and stop: what to ask the engine for; -1: for ever, STOP_TIMEOUT_UNSET: leave it to the engine */
        struct rule_trace *trace; /* NULL unless asked for */
        size_t n_trace;
        /* filled by act and record */
        enum outcome outcome;
        const char *error; /* NULL none */
};

struct plan {
        struct plan_item *items; /* in the observation's order */
        size_t n;
        struct event *events; /* made by deciding; results make theirs in record */
        size_t n_events;
        int64_t next_due_us; /* our clock: the earliest time at which something changes by itself: the end of a hold or of a proof; 0 none */
};

/*
 * The container that a person named: by name, stable id, id or the beginning of one. ERR_NOT_FOUND and ERR_AMBIGUOUS list
 * candidates.
 */
MUST_USE int plan_find(struct plan *plan, const char *name, struct plan_item **ret, struct error *err);

/* Counters of one pass: what the containers were at its last look, and what it did. */
struct pass_summary {
        int64_t monitored, ok, failing, quarantined;
        int64_t restarted, stopped, newly_quarantined, released, held, failed;
        int64_t unknown;   /* actions of which nobody heard the result */
        int64_t under_way; /* actions that had not ended when this was written; 0: the pass is over */
        int64_t duration_ms;
};

/* An action that was started and has not ended. */
struct in_flight {
        const char *stable_id;
        const char *container_id;
        enum decision decision; /* DECISION_RESTART or DECISION_STOP */
        int64_t since_us;
};

/* What came of one action; act makes it, record keeps it. */
struct result {
        char stable_id[256];
        char container_id[65];
        char container_name[256];
        enum decision decision;
        enum reason verdict_reason; /* why it was done */
        enum outcome outcome;
        char error[512];  /* the engine's words, "" none */
        int64_t at_us;    /* our clock, when it was asked */
        int64_t ended_us; /* our clock, when its outcome was known */
        int64_t duration_ms;
        int64_t restarts; /* filled by record: in the window or the episode, whichever is more, this one included */
        bool quarantined; /* filled by record: afterwards */
        bool was_running;
        bool has_exit_code;
        int64_t exit_code;
        bool oom_killed;
        char health_output[1025];
        char detail[512];
};

#endif
