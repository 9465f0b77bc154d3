/* SPDX-License-Identifier: MIT */
/* Programs of the host that are run around what is done, as plain data: which there are, and what came of one. */
#ifndef AUTOHEAL_MODEL_HOOK_H
#define AUTOHEAL_MODEL_HOOK_H

#include "autoheal/util/base.h"

enum hook { HOOK_PRE_RESTART, HOOK_POST_RESTART, HOOK_ON_QUARANTINE, HOOK_MAX_ };
const char *hook_name(enum hook h); /* "pre_restart" */

/* What came of a hook that was run for one container. All text is printable. */
struct hook_result {
        enum hook hook;
        char stable_id[256];
        char container_id[65];
        char container_name[256];
        bool ok;        /* it has exited with 0 */
        char why[256];  /* what kept it from that: "exit status 1", "killed: not done after 30 s"; "": it is ok */
        char said[512]; /* the end of what it printed, as one line */
        int64_t duration_ms;
};

/*
 * hooks.pre_restart was asked whether a container may be restarted. Kept by the pass for as long as the answer may hold; of one
 * that nobody asks for any more it is dropped.
 */
struct hook_asked {
        const char *container_id;
        int64_t started_us, finished_us; /* engine's clock: the run of the container that it was asked about */
        int64_t asked_us;                /* our clock */
        int64_t answered_us;             /* our clock; 0: not yet */
        bool agreed;
        const char *why; /* "" it has agreed */
};

/* An answer holds for so long: what was true when it was given may not be so any more. */
#define HOOK_ANSWER_HOLDS_S 60

#endif
