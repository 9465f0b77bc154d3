/* SPDX-License-Identifier: MIT */
/* How long the serve in charge has made no turn, as far as the data directory tells. */
#include "cli_internal.h"

#include "autoheal/os/clock.h"

#define INTERVALS_MAX 3

int64_t idle_us(const struct state *state, const struct lock_holder *serve) {
        int64_t last_us = state->last_pass_us > serve->since_us ? state->last_pass_us : serve->since_us;
        return clock_read().wall_us - last_us;
}

int idle_read(struct session *s, const struct lock_holder *serve, int64_t *ret_us, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT((size_t)64 * 1024);
        struct state state AUTO(state_release);
        state_init(&state, &a);
        if (store_load(s->store, &state, &a, err) < 0)
                return -1;
        *ret_us = idle_us(&state, serve);
        return 0;
}

bool idle_is_too_long(const struct session *s, int64_t us) {
        return us > INTERVALS_MAX * s->config.monitor.interval_seconds * US_PER_S;
}
