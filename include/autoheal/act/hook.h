/* SPDX-License-Identifier: MIT */
/*
 * Hooks: programs of the host that are run around what is done, without a shell. What it is about is in their environment
 * (AUTOHEAL_HOOK_...) and, as JSON, on their standard input. Each runs in a process group of its own; when it ends, or its time is
 * over, what is left of that group is killed. Nothing here waits: they run beside everything else, at most HOOKS_AT_ONCE of them,
 * the rest in the order in which they were asked for.
 */
#ifndef AUTOHEAL_ACT_HOOK_H
#define AUTOHEAL_ACT_HOOK_H

#include "autoheal/config/config.h"
#include "autoheal/model/hook.h"
#include "autoheal/model/plan.h"
#include "autoheal/net/net.h"

#define HOOKS_AT_ONCE 32

struct hooks;

/* Called once for each, inside net_run(), where anything may be started. The result is valid during the call. */
typedef void hook_done_fn(void *arg, const struct hook_result *result);

struct hooks *hooks_new(struct net *net, hook_done_fn *done, void *arg);
/* Kills what runs, without waiting for it and without a callback. NULL is fine. */
void hooks_free(struct hooks *h);

/* What a hook is told of. Borrowed during the call. */
struct hook_news {
        const struct event *event; /* as it is recorded; for HOOK_PRE_RESTART with status "" */
        int64_t max_restarts;
        int64_t stop_timeout_s; /* or STOP_TIMEOUT_UNSET */
        const char *host;
};
/* The command of that hook; it is empty where none is to be run. */
const struct string_list *hook_command(const struct config *cfg, enum hook which);
/* Begins it as soon as there is room. Does nothing once hooks_end() was called, nor if there is no such hook. */
void hooks_start(struct hooks *h, enum hook which, const struct config *cfg, const struct hook_news *news);
/* Those that done has not been called for. */
size_t hooks_under_way(const struct hooks *h);
/* No more are begun; those that run are told to end by SIGTERM, and killed 2 s later. */
void hooks_end(struct hooks *h);

#endif
