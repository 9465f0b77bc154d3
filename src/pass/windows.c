/* SPDX-License-Identifier: MIT */
/* What deciding takes from the calendar and the clock on the wall: weekly windows, and the quiet time after the start of serve. */
#include "pass_internal.h"

#include "autoheal/os/zone.h"

static const struct zone local = { .offset_s = zone_offset_s };

size_t pass_open_windows(const struct config *config, struct now now, struct arena *a, struct window_period **ret) {
        return windows_open(config->maintenance.windows, config->maintenance.n_windows, &local, now.wall_us, a, ret);
}

bool pass_next_window(const struct config *config, struct now now, struct window_period *ret) {
        bool found = false;
        for (size_t i = 0; i < config->maintenance.n_windows; i++) {
                const struct window *w = &config->maintenance.windows[i];
                struct window_period p;
                if (!window_next(w, &local, now.wall_us, &p) ||
                    (p.start_us <= now.wall_us && !window_next(w, &local, p.until_us, &p)) ||
                    (found && ret->start_us <= p.start_us))
                        continue;
                *ret = p;
                found = true;
        }
        return found;
}

const char *pass_unknown_zone(const struct config *config) {
        for (size_t i = 0; i < config->maintenance.n_windows; i++)
                if (!config->maintenance.windows[i].utc)
                        return zone_unknown();
        return NULL;
}

void pass_add_windows(const struct pass *p, struct decide_input *in, struct arena *a) {
        const struct config *c = p->setup.config;
        struct window_period *open;
        int64_t quiet_ms = p->began_mono_ms + c->monitor.start_period_seconds * 1000 - in->now.mono_ms;
        in->n_windows = pass_open_windows(c, in->now, a, &open);
        in->windows = open;
        if (p->live && c->monitor.start_period_seconds > 0 && quiet_ms > 0)
                in->quiet_until_us = in->now.wall_us + quiet_ms * US_PER_MS;
}
