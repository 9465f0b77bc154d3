/* SPDX-License-Identifier: MIT */
/* What the engine's journal tells about containers: who was stopped, who is being stopped, and where something is deployed. */
#include "autoheal/observe/observe.h"
#include "autoheal/util/strmap.h"

#include <signal.h>

#define KILL_MARGIN_US        (10 * US_PER_S)
#define ENGINE_STOP_TIMEOUT_S 10
#define FOR_EVER_S            300
/* The engine writes FinishedAt and the entry one after the other. */
#define SAME_END_US US_PER_S

/* What is known of one container while its events go by, in the order of time. */
struct trail {
        int64_t kill_us, die_us;
        bool killed; /* before it died, close enough to be the cause */
        bool stopped;
};

static bool ends_programs(int signal, const struct container *c) {
        return signal == SIGTERM || signal == SIGKILL || signal == SIGINT || signal == SIGQUIT ||
               (c->inspected && signal == c->stop_signal);
}

static int64_t stop_timeout_us(const struct container *c) {
        if (!c->inspected || c->stop_timeout_s == STOP_TIMEOUT_UNSET)
                return ENGINE_STOP_TIMEOUT_S * US_PER_S;
        return (c->stop_timeout_s < 0 ? FOR_EVER_S : c->stop_timeout_s) * US_PER_S;
}

static void follow(struct trail *t, const struct engine_event *e, const struct container *c) {
        if (str_eq(e->action, "kill") && ends_programs(e->signal, c)) {
                t->kill_us = e->at_us;
        } else if (str_eq(e->action, "die")) {
                t->die_us = e->at_us;
                t->killed = t->kill_us && e->at_us - t->kill_us <= stop_timeout_us(c) + KILL_MARGIN_US;
                t->stopped = false;
        } else if (str_eq(e->action, "stop")) {
                t->stopped = t->die_us != 0;
        } else if (str_eq(e->action, "start")) {
                *t = (struct trail){ .die_us = 0 };
        }
}

static void conclude(struct container *c, const struct trail *t) {
        bool started_since = c->inspected && c->started_us > t->kill_us;
        if (c->state == CONTAINER_RUNNING && t->die_us == 0 && t->kill_us && !started_since)
                c->kill_us = t->kill_us;
        if (c->state != CONTAINER_EXITED || !c->inspected || t->die_us == 0)
                return;
        int64_t apart_us = t->die_us - c->finished_us;
        if (apart_us < -SAME_END_US || apart_us > SAME_END_US)
                return;
        c->exit_told = t->stopped || t->killed ? TOLD_STOPPED : TOLD_CRASHED;
}

static bool changes_project(const struct engine_event *e) {
        return *e->project && (str_eq(e->action, "create") || str_eq(e->action, "destroy") || str_eq(e->action, "rename"));
}

static void note_changes(struct observation *obs, const struct engine_events *events, struct arena *a) {
        struct strmap seen AUTO(strmap_release) = STRMAP_INIT;
        struct project_change *changes = arena_array(a, obs->n_changes + events->n, sizeof(*changes));
        size_t n = 0;
        /* What is known already from events that were watched stays known. */
        for (; n < obs->n_changes; n++) {
                changes[n] = obs->changes[n];
                strmap_set(&seen, changes[n].project, n);
        }
        for (size_t i = 0; i < events->n; i++) {
                const struct engine_event *e = &events->events[i];
                if (!changes_project(e))
                        continue;
                size_t at = strmap_get(&seen, e->project);
                if (at == STRMAP_NONE) {
                        at = n++;
                        strmap_set(&seen, e->project, at);
                }
                if (changes[at].at_us <= e->at_us)
                        changes[at] = (struct project_change){ e->project, e->at_us };
        }
        obs->changes = changes;
        obs->n_changes = n;
}

void journal_apply(struct observation *obs, const struct engine_events *events, struct arena *a) {
        struct strmap by_id AUTO(strmap_release) = STRMAP_INIT;
        struct trail *trails = arena_array(a, obs->n, sizeof(*trails));
        for (size_t i = 0; i < obs->n; i++)
                strmap_set(&by_id, obs->containers[i].id, i);
        for (size_t i = 0; i < events->n; i++) {
                size_t at = strmap_get(&by_id, events->events[i].id);
                if (at != STRMAP_NONE)
                        follow(&trails[at], &events->events[i], &obs->containers[at]);
        }
        for (size_t i = 0; i < obs->n; i++)
                conclude(&obs->containers[i], &trails[i]);
        note_changes(obs, events, a);
        obs->journal_oldest_us = events->oldest_us;
        obs->journal_entries = events->n_entries;
        obs->journal_read = true;
}
