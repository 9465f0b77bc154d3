/* SPDX-License-Identifier: MIT */
/*
 * One run of a check of ours: an HTTP request, a connection, or a program in the container. Beside everything else on the same
 * net, and over at its own time limit. A kind of check is one file, and one row in probe.c.
 *
 * What a check runs in a container cannot be ended from outside. It runs under the container's own `timeout -s KILL` where there
 * is one. Where there is none, or what it began goes on behind its back, the next run looks for that first, and is none as long as
 * it lives: so a check never leaves more behind than it did once. A command that still runs, whoever began it (an earlier run, one
 * by hand, an autoheal that was killed), is waited for as long as the check may take: if it does not end, this run has failed.
 */
#ifndef AUTOHEAL_OBSERVE_PROBE_H
#define AUTOHEAL_OBSERVE_PROBE_H

#include "autoheal/config/health_check.h"
#include "autoheal/engine/engine.h"
#include "autoheal/model/state.h"

struct probe;

struct probe_ask {
        const struct health_check *check; /* copied, as all text here */
        const char *container_id;
        const char *address; /* an IP address at which the container is reached; NULL: it has none */
        enum health health;  /* the engine's own */
        const char *exec_id; /* what the last run ran in the container; "" nothing */
        int64_t exec_pid;    /* its pid; 0: not known */
        bool last_failed, no_timeout;
        bool last_hung; /* it failed because what it ran did not end */
};

/* result: outcome, detail, output, exec_id, exec_pid, lingers and no_timeout; the rest is left to who asked. The probe is gone by then. */
typedef void probe_done_fn(void *arg, const struct check_result *result);
/* done is called once, inside net_run(). */
struct probe *probe_begin(struct net *net, struct engine *engine, const struct probe_ask *ask, probe_done_fn *done, void *arg);
void probe_cancel(struct probe *p); /* without calling done; NULL is fine */

/* The address at which a container is reached: of its first network that has one, or of the container whose network it shares. NULL: none. */
const char *probe_address(const struct observation *obs, const struct container *c);

#endif
