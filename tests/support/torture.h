/* SPDX-License-Identifier: MIT */
/*
 * Torture: a scene whose clocks (ours and the engine's) can be moved, whose passes are killed or get faults at their system
 * calls by the shim ($FAULT_SHIM), and whose random choices come from a seed that is printed when a test fails.
 */
#ifndef SUPPORT_TORTURE_H
#define SUPPORT_TORTURE_H

#include "support/remembered.h"
#include "support/scene.h"

/* Where a run is hit: the call-th system call on the data directory (all from it on if sticky). */
struct blow {
        const char *fault; /* as the shim knows them; NULL: none */
        long call;
        bool sticky;
};

struct torture {
        struct scene *scene;
        int64_t clock_s; /* how far our clock and the engine's run ahead */
        uint64_t random;
};

/* No brake, no cooldown, no grace, short stop timeouts, many events kept. TORTURE_SEED replaces the seed. */
void torture_begin(struct torture *t, struct scene *s, uint64_t seed);
/* At least 0, below n. */
uint64_t torture_random(struct torture *t, uint64_t n);
bool torture_chance(struct torture *t, unsigned percent);
/* Time goes by for us and the engine. */
void torture_wait(struct torture *t, int64_t seconds);
/* Now, by those clocks. */
int64_t torture_now_us(const struct torture *t);

/* Runs a command under the shim. */
const struct output *torture_run(struct torture *t, const char *arguments, struct blow blow);
/* What the shim hit in the last run: one line for each call; NULL nothing. To be freed. */
char *torture_report(struct torture *t);
/* Starts a command and kills it within the next limit_us microseconds. True if it was killed, false if it ended before; then *ret_exit is its exit code. */
bool torture_kill(struct torture *t, const char *arguments, uint64_t limit_us, int *ret_exit);

#endif
