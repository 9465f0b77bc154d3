/* SPDX-License-Identifier: MIT */
/* When weekly windows are open, across midnight and across the days on which clocks are set. */
#include "autoheal/config/windows.h"

#include "autoheal/util/now.h"

#define S_PER_DAY     INT64_C(86400)
#define DAYS_BEFORE   2 /* began so many days ago and may be open still */
#define DAYS_AHEAD    8
#define FIRST_WEEKDAY 3 /* 1970-01-01 was a Thursday */

static int64_t floor_div(int64_t a, int64_t b) {
        return a / b - (a % b < 0);
}

static int64_t offset_at(const struct window *w, const struct zone *local, int64_t utc_s) {
        return w->utc ? 0 : local->offset_s(local->arg, utc_s);
}

/* The first second in (lo, hi] that has not the offset of lo; hi has another one. */
static int64_t transition(const struct window *w, const struct zone *local, int64_t lo, int64_t hi) {
        int64_t before = offset_at(w, local, lo);

        while (hi - lo > 1) {
                int64_t middle = lo + (hi - lo) / 2;

                if (offset_at(w, local, middle) == before)
                        lo = middle;
                else
                        hi = middle;
        }
        return hi;
}

/* When clocks show that many seconds since 1970: the first time, or the last. If never, the moment at which they skip it. */
static int64_t when_shown(const struct window *w, const struct zone *local, int64_t shown_s, bool last) {
        int64_t before = shown_s - offset_at(w, local, shown_s - S_PER_DAY);
        int64_t after = shown_s - offset_at(w, local, shown_s + S_PER_DAY);
        bool with_old = offset_at(w, local, before) == shown_s - before;
        bool with_new = offset_at(w, local, after) == shown_s - after;

        if (with_old && with_new)
                return (before < after) == last ? after : before;
        if (with_old || with_new)
                return with_old ? before : after;
        return after < before ? transition(w, local, after, before) : transition(w, local, before, after);
}

static bool begins_on(const struct window *w, int64_t day) {
        return w->days >> (unsigned)(((day + FIRST_WEEKDAY) % 7 + 7) % 7) & 1U;
}

bool window_next(const struct window *w, const struct zone *local, int64_t now_us, struct window_period *ret) {
        int64_t now_s = floor_div(now_us, US_PER_S);
        int64_t today = floor_div(now_s + offset_at(w, local, now_s), S_PER_DAY);

        for (int64_t day = today - DAYS_BEFORE; day <= today + DAYS_AHEAD; day++) {
                int64_t last_day = w->to_s > w->from_s ? day : day + 1, start_s, until_s;

                if (!begins_on(w, day))
                        continue;
                start_s = when_shown(w, local, day * S_PER_DAY + w->from_s, false);
                until_s = when_shown(w, local, last_day * S_PER_DAY + w->to_s, true);
                if (until_s <= start_s || until_s * US_PER_S <= now_us)
                        continue;
                *ret = (struct window_period){ .scope = w->has_scope ? &w->scope : NULL,
                                               .start_us = start_s * US_PER_S,
                                               .until_us = until_s * US_PER_S };
                return true;
        }
        return false;
}

size_t windows_open(const struct window *windows, size_t n, const struct zone *local, int64_t now_us, struct arena *a,
                    struct window_period **ret) {
        struct window_period *open = arena_array(a, n, sizeof(*open));
        size_t n_open = 0;

        for (size_t i = 0; i < n; i++)
                if (window_next(&windows[i], local, now_us, &open[n_open]) && open[n_open].start_us <= now_us)
                        n_open++;
        *ret = open;
        return n_open;
}
