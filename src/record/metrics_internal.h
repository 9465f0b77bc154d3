/* SPDX-License-Identifier: MIT */
/* What a metrics registry holds: metrics.c fills it, metrics_text.c writes it down. */
#ifndef AUTOHEAL_METRICS_INTERNAL_H
#define AUTOHEAL_METRICS_INTERNAL_H

#include "autoheal/record/metrics.h"

/* ---- Histograms ---- */

#define BUCKETS_MAX 16
struct bucket {
        const char *le; /* in seconds, as it is written */
        int64_t ms;
};
struct histogram {
        const char *name, *help;
        const struct bucket *bounds;
        size_t n_bounds;
        uint64_t counts[BUCKETS_MAX + 1]; /* each by itself; the last: above all bounds */
        int64_t sum_ms;
};
void histogram_observe(struct histogram *h, int64_t ms);

/* ---- Counters by a word and a number ---- */

/* A peer cannot make more series than that: codes beyond it are counted together. */
#define TALLIES_MAX 128
#define CODE_OTHER  (-1)
#define CODE_NONE   0 /* no answer */
struct tally {
        const char *word; /* "" none; a literal */
        int code;
        uint64_t n;
};
struct tallies {
        struct tally items[TALLIES_MAX];
        size_t n;
};

/* ---- The registry ---- */

struct shown_decision {
        enum decision decision;
        enum reason reason;
};

/* How long an action or an episode of one container took in the pass that this is about. */
struct took {
        const char *label;
        int64_t ms;
};
struct took_list {
        struct took *items;
        size_t n, cap;
};

struct metrics {
        struct arena arena; /* counters, decisions and lists: begun anew in each turn */
        struct counters counters;
        struct shown_decision *shown; /* by the counters' positions, as far as n_shown */
        size_t n_shown;

        bool engine_up, config_valid, storm;
        struct maintenance_end { /* of all containers */
                bool enabled;
                int64_t until_us;
        } maintenance;
        int64_t last_pass_us; /* 0: none yet */
        bool has_turn;        /* the gauges below are known */
        int64_t monitored, quarantined, verdicts[VERDICT_MAX_];
        int64_t present[DECISION_MAX_][REASON_MAX_]; /* in the last turn */
        int64_t last_duration_ms;
        struct took_list restarts, recoveries; /* the last of each container; for the textfile */

        uint64_t decided[DECISION_MAX_][REASON_MAX_];
        struct histogram restart_duration, time_to_recover, pass_duration;
        struct tallies requests, events, answers;
};

#endif
