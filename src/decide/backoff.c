/* SPDX-License-Identifier: MIT */
/* How far apart restarts must be: the cooldown after anybody's restart, the growing wait after our own. */
#include "decide_internal.h"

int64_t backoff_wait_s(const struct config *cfg, int64_t cooldown_s, int64_t k) {
        double most = (double)cfg->restart.backoff_max_seconds;
        double wait = (double)cfg->restart.backoff_initial_seconds;

        if (k < 2)
                return 0;
        if (!cfg->restart.backoff_enabled)
                return cooldown_s;
        for (int64_t i = 2; i < k && wait < most; i++)
                wait *= cfg->restart.backoff_multiplier;
        return cooldown_s + (int64_t)(wait < most ? wait : most);
}

/* Counted in whole seconds, so that a cron job that runs each minute, give or take, meets a wait of 60 s. */
static int64_t wait_end_us(int64_t from_us, int64_t wait_s, int64_t now_us) {
        int64_t from_s = from_us / US_PER_S;

        if (from_us == 0 || wait_s == 0 || now_us / US_PER_S - from_s >= wait_s)
                return 0;
        return (from_s + wait_s) * US_PER_S;
}

struct spacing decide_spacing(const struct subject *s) {
        const struct memory *m = s->m;
        int64_t now_us = s->round->in->now.wall_us;
        int64_t cooldown_s = s->sel->policy.cooldown_s;
        int64_t backoff_s = backoff_wait_s(s->round->in->config, cooldown_s, (int64_t)m->n_restarts + 1);
        int64_t cooldown_end = wait_end_us(m->last_restart_us, cooldown_s, now_us);
        int64_t backoff_end = wait_end_us(m->last_own_restart_us, backoff_s, now_us);
        int64_t last_us = larger(m->last_restart_us, m->last_own_restart_us);

        return (struct spacing){
                .until_us = larger(cooldown_end, backoff_end),
                .wait_s = cooldown_end > backoff_end ? cooldown_s : larger(cooldown_s, backoff_s),
                .since_s = last_us ? larger(now_us / US_PER_S - last_us / US_PER_S, 0) : -1,
                .reason = cooldown_end == 0 && backoff_end > 0 ? REASON_BACKOFF : REASON_COOLDOWN,
        };
}
