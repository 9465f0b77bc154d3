/* SPDX-License-Identifier: MIT */
/* Both clocks, read together. */
#include "autoheal/util/base.h"

#include "autoheal/os/clock.h"

/* With a valid clock and pointer, which is what stands here, clock_gettime() cannot fail. */
static struct timespec read_one(clockid_t id) {
        struct timespec ts = { 0 };

        (void)clock_gettime(id, &ts);
        return ts;
}

struct now clock_read(void) {
        struct timespec mono = read_one(CLOCK_MONOTONIC), wall = read_one(CLOCK_REALTIME);

        return (struct now){
                .mono_ms = (int64_t)mono.tv_sec * 1000 + mono.tv_nsec / 1000000,
                .wall_us = (int64_t)wall.tv_sec * US_PER_S + wall.tv_nsec / 1000,
        };
}
