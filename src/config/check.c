/* SPDX-License-Identifier: MIT */
/* Settings that are each fine and together hardly do what one wants. */
#include "config/config_internal.h"

struct source {
        const struct env_var *env;
        size_t n;
        struct arena *arena;
};

/* After so many restarts the waits are taken as constant, which can only make the sum smaller. */
#define STEPS_MAX 1000

/* The wait before the k-th restart (k >= 2) ends at the first pass after it. */
static int64_t in_passes(int64_t wait_s, int64_t interval_s) {
        int64_t passes = (wait_s + interval_s - 1) / interval_s;

        return (passes > 0 ? passes : 1) * interval_s;
}

/* Seconds from the first to the max_restarts-th restart, if nothing but the settings holds them up. */
static int64_t time_to_limit(const struct config *cfg) {
        double backoff = (double)cfg->restart.backoff_initial_seconds;
        double longest = (double)cfg->restart.backoff_max_seconds;
        int64_t total = 0, step = 0, left = cfg->restart.max_restarts - 1;

        for (int i = 0; i < STEPS_MAX && left > 0; i++, left--) {
                int64_t wait = cfg->restart.cooldown_seconds;

                if (cfg->restart.backoff_enabled)
                        wait += (int64_t)(backoff < longest ? backoff : longest);
                step = in_passes(wait, cfg->monitor.interval_seconds);
                total += step;
                if (backoff < longest)
                        backoff *= cfg->restart.backoff_multiplier;
        }
        if (left > 0 && left > (INT64_MAX - total) / step)
                return INT64_MAX;
        return total + left * step;
}

/* Who is to be told: the setting's variable, where that is set. */
static const char *source_of(const struct source *from, const char *path) {
        struct env_var set;

        return config_variable(config_find_setting(path), from->env, from->n, from->arena, &set) ? set.name : path;
}

/* Of several settings: a variable, if there is one among them. */
static const char *source_of_limit(const struct source *from) {
        static const char *const paths[] = {
                "restart.max_restarts",
                "restart.max_restarts_window_seconds",
                "restart.cooldown_seconds",
                "restart.backoff.enabled",
                "restart.backoff.initial_seconds",
                "restart.backoff.multiplier",
                "restart.backoff.max_seconds",
                "monitor.interval_seconds",
        };

        for (size_t i = 0; i < N_ELEMENTS(paths); i++) {
                const char *source = source_of(from, paths[i]);

                if (!str_eq(source, paths[i]))
                        return source;
        }
        return paths[0];
}

static void check_limit(const struct config *cfg, const struct source *from, struct config_issues *issues) {
        int64_t needed = time_to_limit(cfg), window = cfg->restart.max_restarts_window_seconds;

        if (needed <= window)
                return;
        issue_warning(issues, source_of_limit(from),
                      arena_printf(issues->arena,
                                   "%lld restarts take at least %lld s with cooldown %lld s%s a pass every %lld s, longer than "
                                   "restart.max_restarts_window_seconds (%lld): only the limit per episode can quarantine",
                                   (long long)cfg->restart.max_restarts, (long long)needed,
                                   (long long)cfg->restart.cooldown_seconds,
                                   cfg->restart.backoff_enabled ? ", back-off and" : " and",
                                   (long long)cfg->monitor.interval_seconds, (long long)window));
}

void config_check(const struct config *cfg, const struct env_var *env, size_t n_env, struct config_issues *issues) {
        struct source from = { .env = env, .n = n_env, .arena = issues->arena };

        check_limit(cfg, &from, issues);
        if (cfg->restart.mode == MODE_ON_FAILURE)
                issue_warning(issues, source_of(&from, "restart.mode"), "on-failure: unhealthy containers are not healed");
}
