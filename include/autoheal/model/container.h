/* SPDX-License-Identifier: MIT */
/*
 * What the engine says about containers: plain data, filled by engine and observe, read by decide. All strings belong to
 * the observation's arena and come from outside: whoever shows them escapes them. Never NULL unless said so.
 */
#ifndef AUTOHEAL_MODEL_CONTAINER_H
#define AUTOHEAL_MODEL_CONTAINER_H

#include "autoheal/util/arena.h"
#include "autoheal/util/now.h"

enum container_state {
        CONTAINER_UNKNOWN, /* a word that we do not know: nothing is done about it */
        CONTAINER_CREATED,
        CONTAINER_RUNNING,
        CONTAINER_PAUSED,
        CONTAINER_RESTARTING,
        CONTAINER_REMOVING,
        CONTAINER_EXITED,
        CONTAINER_DEAD,
        CONTAINER_STATE_MAX_
};

enum health {
        HEALTH_UNKNOWN, /* the answer does not tell (Podman's list) */
        HEALTH_NONE,    /* the container has no health check */
        HEALTH_STARTING,
        HEALTH_HEALTHY,
        HEALTH_UNHEALTHY,
        HEALTH_MAX_
};

enum restart_policy { POLICY_NO, POLICY_ALWAYS, POLICY_UNLESS_STOPPED, POLICY_ON_FAILURE, POLICY_MAX_ };

/* The engine's words ("running", "unhealthy", "unless-stopped") both ways. Unknown words give UNKNOWN; an unknown or empty policy is POLICY_NO. */
const char *container_state_name(enum container_state s);
enum container_state container_state_parse(const char *word);
const char *health_name(enum health h); /* "none", "starting", "healthy", "unhealthy", "unknown" */
enum health health_parse(const char *word);
const char *restart_policy_name(enum restart_policy p); /* "no", "always", ... */
enum restart_policy restart_policy_parse(const char *word);

struct label {
        const char *key, *value;
};

/* What the engine's journal tells about an exit. */
enum told {
        TOLD_NOTHING, /* not asked yet */
        TOLD_STOPPED, /* a person or a program stopped it */
        TOLD_CRASHED, /* its end stands alone */
        TOLD_LOST,    /* asked, and not found there any more: it need not be asked again */
        TOLD_MAX_
};

#define STOP_TIMEOUT_UNSET INT64_MIN /* the container names none: the engine's 10 s hold */

struct container {
        /* from the list */
        const char *id;       /* 64 hex digits */
        const char *name;     /* without the slash; "" while a container without names is being removed */
        const char *image;    /* as it was asked for */
        const char *image_id; /* "sha256:..." */
        const struct label *labels;
        size_t n_labels;
        const char *network_mode;     /* "bridge", "host", "container:<id>", ... */
        const char *const *addresses; /* IP addresses on its networks, those not empty */
        size_t n_addresses;
        const char *const *networks; /* names of its networks */
        size_t n_networks;
        enum container_state state;
        enum health health;
        const char *status; /* the engine's own text, "Up 5 minutes (unhealthy)" */
        int64_t created_us; /* engine's clock */
        int64_t up_s;       /* seconds it has run for at least, from the status text; -1: does not tell */

        /* from an inspect; only valid if `inspected` */
        bool inspected;
        int64_t started_us, finished_us; /* engine's clock, 0: never */
        int64_t exit_code;
        bool oom_killed;
        const char *state_error; /* "" when the last start worked */
        enum restart_policy policy;
        int64_t policy_max;     /* on-failure:N; 0: no limit */
        int64_t restart_count;  /* restarts by the engine's own policy */
        int64_t stop_timeout_s; /* STOP_TIMEOUT_UNSET, -1 (for ever) or >= 0 */
        int stop_signal;        /* its number; SIGTERM's where it names none */
        bool auto_remove;       /* --rm */
        int64_t failing_streak; /* health probes that failed, one after another */
        int64_t probe_start_us; /* engine's clock, beginning of the last health probe; 0: none yet */
        int64_t probe_end_us;   /* engine's clock, its end; 0: none yet */
        int64_t probe_exit_code;
        const char *probe_output; /* last probe's output as the engine kept it, at most 4096 bytes; "" none */

        /* from the journal, where it was read */
        enum told exit_told; /* about this finished_us */
        int64_t kill_us;     /* engine's clock: a signal that ends programs was sent, and it has not ended yet; 0 none */
        bool fell;           /* the engine was watched when it went down, and stopped this one among all others */
};

/* Value of a label, NULL if it is not there. */
const char *container_label(const struct container *c, const char *key);
/* The label by which Compose says to which project a container belongs. */
#define CONTAINER_PROJECT_LABEL "com.docker.compose.project"

/* The last time that a container of a Compose project was created, destroyed or renamed. */
struct project_change {
        const char *project;
        int64_t at_us; /* engine's clock */
};

/* What one look at the engine found. */
struct observation {
        struct container *containers;
        size_t n;
        struct now at;                        /* our clocks when the list arrived */
        int64_t engine_now_us;                /* the engine's clock then, from the Date header; at.wall_us if it sent none */
        bool journal_read;                    /* the fields of the journal below are filled */
        int64_t journal_oldest_us;            /* engine's clock: its oldest entry; 0: it is empty */
        size_t journal_entries;               /* how many it holds, of any kind */
        const struct project_change *changes; /* Compose projects in which something was created, removed or renamed */
        size_t n_changes;
        /*
         * Engine's clock: the last event that was watched before the stream of events broke, until the journal was read after
         * that; 0: it did not break. A journal that is not full and does not reach back to it is a new engine's. Who ended before
         * that event was stopped by the old one on its way down if it `fell`, else by a person.
         */
        int64_t stream_last_us;
        size_t n_unseen;        /* containers that were to be inspected and could not be */
        const char *unseen_why; /* what the engine said about the first of them; NULL none */
        const char *self_id;    /* 64 digits or "" */
        const char *self_host;  /* our host name: inside a container it is usually the beginning of its id */
        const char *
                engine_host; /* host of a tcp endpoint, "" for a socket: a container of that name or address is our way to the engine */
};

#endif
