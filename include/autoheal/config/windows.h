/* SPDX-License-Identifier: MIT */
/*
 * Weekly maintenance windows (maintenance.windows): what the configuration says of them, and when they are open. Pure: the time
 * zone is the caller's to know, as a function from a time to the offset that local clocks have then.
 *
 * A window begins on each of its days, when a clock there shows `from`, and ends when it shows `to`: on the same day, or on the next
 * one where `to` is not later than `from`. When clocks are set back, a time that is shown twice begins a window the first time and ends it the
 * last; when they are set forward, a time that is never shown is the moment at which they are. So a window is longer or shorter by what
 * clocks are set, and one that lies wholly in what is left out is not opened.
 */
#ifndef AUTOHEAL_CONFIG_WINDOWS_H
#define AUTOHEAL_CONFIG_WINDOWS_H

#include "autoheal/model/state.h"
#include "autoheal/util/arena.h"

struct window {
        unsigned days;                  /* on which it begins: bit 0 is Monday, bit 6 Sunday */
        int64_t from_s, to_s;           /* since midnight, as clocks show it; to_s up to 24 hours */
        bool utc;                       /* else local time */
        bool has_scope;                 /* else all containers */
        struct maintenance_scope scope; /* kind and value */
};

/* How many seconds local clocks are ahead of UTC at that time. */
struct zone {
        int64_t (*offset_s)(void *arg, int64_t utc_s);
        void *arg;
};

/* One time that a window is, or will be, open. */
struct window_period {
        const struct maintenance_scope *scope; /* NULL: all containers */
        int64_t start_us, until_us;
};

/* The period that is under way, else the next one. False if there is none within eight days. */
bool window_next(const struct window *w, const struct zone *local, int64_t now_us, struct window_period *ret);
/* The periods that are under way. *ret lives in a. */
size_t windows_open(const struct window *windows, size_t n, const struct zone *local, int64_t now_us, struct arena *a,
                    struct window_period **ret);

/* "sun" for 6 */
const char *weekday_name(size_t day);

#endif
