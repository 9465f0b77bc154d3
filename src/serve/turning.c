/* SPDX-License-Identifier: MIT */
/* Does it make turns, as it should? */
#include "turning.h"

#define INTERVALS_MAX 3

bool serve_is_turning(const struct pass_engine *e, struct now began, const struct config *config, struct now now) {
        int64_t limit_ms = INTERVALS_MAX * config->monitor.interval_seconds * 1000;
        int64_t last_ms = e->last_turn_us ? e->last_turn.mono_ms : began.mono_ms;
        if (!e->up && e->since_us)
                return true;
        /* It has just come back. */
        if (e->up && e->since.mono_ms > last_ms)
                last_ms = e->since.mono_ms;
        return now.mono_ms - last_ms <= limit_ms;
}
