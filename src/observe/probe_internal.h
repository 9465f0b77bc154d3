/* SPDX-License-Identifier: MIT */
/* What the kinds of probes share: one that is under way, and its end. */
#ifndef AUTOHEAL_PROBE_INTERNAL_H
#define AUTOHEAL_PROBE_INTERNAL_H

#include "autoheal/observe/probe.h"

#define PROBE_TIMEOUT_MAX_S 3600
#define PROBE_OUTPUT_MAX    ((size_t)4096)

struct probe {
        struct net *net;
        struct engine *engine;
        struct arena arena; /* of what was asked */
        struct health_check check;
        struct probe_ask ask;
        struct check_result result;
        probe_done_fn *done;
        void *arg;

        struct net_request *request; /* http, tcp */
        uint64_t timer;              /* of the end that is known already, or of the time limit */

        /* exec */
        const char *const *words; /* what it runs */
        struct buf output;
        uint64_t look_timer;        /* until it is looked at again */
        int64_t look_ms;            /* the last such wait */
        struct engine_execs beside; /* what runs in the container, as far as it was not looked at yet */
        bool lives;                 /* something of the last run does */
        bool killed;                /* the last run was */
        bool runs;                  /* result.exec_id is under way */
        bool waits;                 /* that one is another run's, and this one's turn comes after it */
        bool wrapped;               /* it runs under `timeout` */
        bool time_is_up;            /* it may be on its way out */
        bool last_chance;           /* it should have been killed by now */
};

/* Begins the run; may end it at once. */
typedef void probe_start_fn(struct probe *p);
probe_start_fn probe_http_start, probe_tcp_start, probe_exec_start;

int64_t probe_timeout_ms(const struct probe *p);
/* Tells what came of it, inside net_run(). The probe is not to be touched any more. */
void probe_end(struct probe *p, enum check_outcome outcome, const char *fmt, ...) PRINTF(3, 4);

#endif
