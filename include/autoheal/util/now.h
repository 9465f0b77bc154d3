/* SPDX-License-Identifier: MIT */
/*
 * The time, read once per turn by clock_read() and passed to whoever needs it.
 *
 * mono_ms  milliseconds on CLOCK_MONOTONIC: for deadlines and ages inside this process
 * wall_us  microseconds since 1970-01-01T00:00:00Z on CLOCK_REALTIME: for what is stored or shown
 *
 * All stored times in this program are int64_t microseconds since 1970 in UTC, with 0 for "never".
 */
#ifndef AUTOHEAL_UTIL_NOW_H
#define AUTOHEAL_UTIL_NOW_H

#include <stdint.h>

#define US_PER_S  INT64_C(1000000)
#define US_PER_MS INT64_C(1000)

struct now {
        int64_t mono_ms;
        int64_t wall_us;
};

#endif
