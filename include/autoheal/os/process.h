/* SPDX-License-Identifier: MIT */
/* What /proc tells about this process, now. */
#ifndef AUTOHEAL_OS_PROCESS_H
#define AUTOHEAL_OS_PROCESS_H

#include "autoheal/util/base.h"

/* -1: not known */
struct process_usage {
        int64_t cpu_ms;       /* user and system */
        int64_t start_us;     /* wall clock */
        int64_t virtual_size; /* bytes, as the next */
        int64_t resident_size;
        int64_t open_fds, max_fds;
};
struct process_usage process_usage(void);

/* The pure part, for tests: what /proc/self/stat and /proc/stat say. False, *ret untouched, if the first is not as proc(5) has it. */
bool process_usage_parse(const char *self_stat, const char *stat, int64_t ticks_per_s, int64_t page_size,
                         struct process_usage *ret);

#endif
