/* SPDX-License-Identifier: MIT */
/* The registry of metrics: what happens becomes counters, gauges and histograms. */
#include "metrics_internal.h"

#include "autoheal/record/record.h"

#define ARENA_BLOCK ((size_t)16 * 1024)

static const struct bucket restart_bounds[] = {
        { "0.1", 100 },  { "0.25", 250 }, { "0.5", 500 },  { "1", 1000 },   { "2.5", 2500 },   { "5", 5000 },
        { "10", 10000 }, { "15", 15000 }, { "30", 30000 }, { "60", 60000 }, { "120", 120000 }, { "300", 300000 },
};
static const struct bucket recover_bounds[] = {
        { "1", 1000 },     { "5", 5000 },     { "10", 10000 },   { "30", 30000 },     { "60", 60000 },     { "120", 120000 },
        { "300", 300000 }, { "600", 600000 }, { "900", 900000 }, { "1800", 1800000 }, { "3600", 3600000 },
};
static const struct bucket pass_bounds[] = {
        { "0.001", 1 },  { "0.002", 2 }, { "0.005", 5 }, { "0.01", 10 },  { "0.025", 25 }, { "0.05", 50 },  { "0.1", 100 },
        { "0.25", 250 }, { "0.5", 500 }, { "1", 1000 },  { "2.5", 2500 }, { "5", 5000 },   { "10", 10000 },
};
_Static_assert(N_ELEMENTS(restart_bounds) <= BUCKETS_MAX && N_ELEMENTS(recover_bounds) <= BUCKETS_MAX &&
                       N_ELEMENTS(pass_bounds) <= BUCKETS_MAX,
               "every bound has a bucket");

#define HISTOGRAM(name_, help_, bounds_)                                                                                           \
        { .name = name_, .help = help_, .bounds = bounds_, .n_bounds = N_ELEMENTS(bounds_) }

struct metrics *metrics_new(void) {
        struct metrics *m = xcalloc(1, sizeof(*m));

        m->arena = (struct arena)ARENA_INIT(ARENA_BLOCK);
        counters_init(&m->counters, &m->arena);
        m->config_valid = true;
        m->restart_duration =
                (struct histogram)HISTOGRAM("autoheal_restart_duration_seconds",
                                            "Time that the engine took for restarts and starts that it did.", restart_bounds);
        m->time_to_recover = (struct histogram)HISTOGRAM("autoheal_time_to_recover_seconds",
                                                         "Time from the first failure of an episode until the container was well.",
                                                         recover_bounds);
        m->pass_duration = (struct histogram)HISTOGRAM("autoheal_pass_duration_seconds",
                                                       "Time from the first question to the engine until the decisions were saved.",
                                                       pass_bounds);
        return m;
}

void metrics_free(struct metrics *m) {
        if (!m)
                return;
        counters_release(&m->counters);
        arena_release(&m->arena);
        free(m);
}

void histogram_observe(struct histogram *h, int64_t ms) {
        size_t i = 0;

        if (ms < 0)
                ms = 0;
        while (i < h->n_bounds && ms > h->bounds[i].ms)
                i++;
        h->counts[i]++;
        counters_add(&h->sum_ms, ms);
}

/* ---- Tallies ---- */

static struct tally *find_tally(struct tallies *t, const char *word, int code) {
        for (size_t i = 0; i < t->n; i++)
                if (t->items[i].code == code && str_eq(t->items[i].word, word))
                        return &t->items[i];
        return NULL;
}

/* word is one of `words`, or the last of them stands for it. */
static void tally(struct tallies *t, const char *const *words, size_t n_words, const char *word, int code) {
        size_t w = 0;

        while (w + 1 < n_words && !str_eq(words[w], word))
                w++;

        struct tally *one = find_tally(t, words[w], code);

        /* The last places are for the codes that are counted together, one for each word. */
        if (!one && t->n + n_words >= TALLIES_MAX) {
                code = CODE_OTHER;
                one = find_tally(t, words[w], code);
        }
        if (!one) {
                one = &t->items[t->n++];
                *one = (struct tally){ .word = words[w], .code = code };
        }
        one->n++;
}

static int known_code(int code) {
        return code == CODE_NONE || (code >= 100 && code <= 599) ? code : CODE_OTHER;
}

void metrics_engine_request(struct metrics *m, const char *operation, int code) {
        static const char *const words[] = { "ping", "info", "list", "inspect", "start", "stop", "restart", "events", "other" };

        tally(&m->requests, words, N_ELEMENTS(words), operation, known_code(code));
}

void metrics_engine_event(struct metrics *m, const char *action) {
        static const char *const words[] = { "create", "destroy", "rename",  "start", "restart", "die",           "stop",
                                             "kill",   "pause",   "unpause", "oom",   "update",  "health_status", "other" };
        const char *colon = strchr(action, ':'); /* "health_status: healthy" */
        char word[32];

        (void)snprintf(word, sizeof(word), "%.*s", colon ? (int)(colon - action < 31 ? colon - action : 31) : 31, action);
        tally(&m->events, words, N_ELEMENTS(words), word, CODE_NONE);
}

void metrics_http_answer(struct metrics *m, int status) {
        static const char *const words[] = { "" };

        tally(&m->answers, words, N_ELEMENTS(words), "", known_code(status));
}

/* ---- What is the case ---- */

void metrics_engine_up(struct metrics *m, bool up) {
        m->engine_up = up;
}

void metrics_config_valid(struct metrics *m, bool valid) {
        m->config_valid = valid;
}

static void take_state(struct metrics *m, const struct state *state) {
        m->storm = state->storm_us != 0;
        m->maintenance.enabled = state->maintenance.enabled;
        m->maintenance.until_us = state->maintenance.until_us;
}

static void take_gauges(struct metrics *m, const struct plan *plan) {
        memset(m->verdicts, 0, sizeof(m->verdicts));
        memset(m->present, 0, sizeof(m->present));
        m->monitored = m->quarantined = 0;
        m->has_turn = true;
        for (size_t i = 0; i < plan->n; i++) {
                const struct plan_item *item = &plan->items[i];

                if (!item->monitored)
                        continue;
                m->monitored++;
                m->quarantined += item->quarantined;
                m->verdicts[item->verdict]++;
                m->present[item->decision][item->reason]++;
        }
}

/* ---- Series of containers ---- */

static void copy_took(struct took_list *l, const struct counters *there, struct arena *a) {
        struct took_list kept = { .items = arena_array(a, l->n, sizeof(*l->items)), .cap = l->n };

        for (size_t i = 0; i < l->n; i++)
                if (counters_find(there, l->items[i].label))
                        kept.items[kept.n++] = (struct took){ counters_find(there, l->items[i].label)->label, l->items[i].ms };
        *l = kept;
}

static void note_took(struct metrics *m, struct took_list *l, const char *name, int64_t ms) {
        char label[COUNTERS_LABEL_SIZE];

        if (!name || *counters_label(label, name) == '\0')
                return;
        for (size_t i = 0; i < l->n; i++)
                if (str_eq(l->items[i].label, label)) {
                        l->items[i].ms = ms;
                        return;
                }
        if (l->n == l->cap) {
                size_t cap = l->cap ? 2 * l->cap : 16;
                struct took *grown = arena_array(&m->arena, cap, sizeof(*grown));

                if (l->n)
                        memcpy(grown, l->items, l->n * sizeof(*grown));
                l->items = grown;
                l->cap = cap;
        }
        l->items[l->n++] = (struct took){ arena_strdup(&m->arena, label), ms };
}

/* One that is monitored has its series from the beginning, so that the first restart is an increase. */
static void keep_series(const struct metrics *m, struct counters *next, struct shown_decision *shown,
                        const struct plan_item *item) {
        char label[COUNTERS_LABEL_SIZE];
        const struct container_counts *old;
        size_t before = next->n;

        if (*counters_label(label, item->container->name) == '\0')
                return;
        old = counters_find(&m->counters, label);
        if (!old && !item->monitored)
                return;

        struct container_counts *one = counters_get(next, label);

        if (next->n == before)
                return;
        shown[before] = (struct shown_decision){ DECISION_MAX_, REASON_MAX_ };
        if (!old)
                return;
        one->restarts = old->restarts;
        one->restart_failures = old->restart_failures;
        one->checks_failed = old->checks_failed;

        size_t at = (size_t)(old - m->counters.items);

        if (at < m->n_shown)
                shown[before] = m->shown[at];
}

static void count_decision(struct metrics *m, const struct plan_item *item) {
        char label[COUNTERS_LABEL_SIZE];
        size_t at = strmap_get(&m->counters.index, counters_label(label, item->container->name));

        if (!item->monitored || at == STRMAP_NONE)
                return;

        struct shown_decision *shown = &m->shown[at];

        if (shown->decision == item->decision && shown->reason == item->reason)
                return;
        *shown = (struct shown_decision){ item->decision, item->reason };
        m->decided[item->decision][item->reason]++;
}

void metrics_turn(struct metrics *m, const struct plan *plan, const struct state *state, struct now now, int64_t duration_ms) {
        struct arena a = ARENA_INIT(ARENA_BLOCK);
        struct counters next;
        struct shown_decision *shown = arena_array(&a, plan->n, sizeof(*shown));

        counters_init(&next, &a);
        next.checks = m->counters.checks;
        next.quarantines = m->counters.quarantines;
        counters_add_services(&next, &m->counters);
        for (size_t i = 0; i < plan->n; i++)
                keep_series(m, &next, shown, &plan->items[i]);
        copy_took(&m->restarts, &next, &a);
        copy_took(&m->recoveries, &next, &a);
        counters_release(&m->counters);
        arena_release(&m->arena);
        m->arena = a;
        m->counters = next;
        m->counters.arena = &m->arena;
        m->shown = shown;
        m->n_shown = next.n;

        for (size_t i = 0; i < plan->n; i++)
                count_decision(m, &plan->items[i]);
        take_gauges(m, plan);
        take_state(m, state);
        m->last_pass_us = now.wall_us;
        m->last_duration_ms = duration_ms;
        histogram_observe(&m->pass_duration, duration_ms);
}

void metrics_health_read(struct metrics *m, const struct plan *plan) {
        record_count_health(&m->counters, plan);
}

void metrics_result(struct metrics *m, const struct result *result) {
        if (result->decision != DECISION_RESTART || result->outcome != OUTCOME_SUCCESS)
                return;
        histogram_observe(&m->restart_duration, result->duration_ms);
        note_took(m, &m->restarts, result->container_name, result->duration_ms);
}

void metrics_event(struct metrics *m, const struct event *event) {
        record_count_events(&m->counters, event, 1);
        if (event->type != EVENT_RECOVERED || event->duration_ms < 0)
                return;
        histogram_observe(&m->time_to_recover, event->duration_ms);
        note_took(m, &m->recoveries, event->container_name, event->duration_ms);
}

void metrics_check(struct metrics *m, const struct check_result *result) {
        record_count_check(&m->counters, result);
}

void metrics_notified(struct metrics *m, const char *service, enum notified what) {
        counters_add_notified(&m->counters, service, what, 1);
}

void metrics_restore(struct metrics *m, const struct state *state) {
        struct counters *c = &m->counters;

        for (size_t i = 0; i < c->n; i++)
                c->items[i].restarts = c->items[i].restart_failures = c->items[i].checks_failed = 0;
        for (size_t i = 0; i < state->counters.n; i++) {
                const struct container_counts *old = &state->counters.items[i];
                struct container_counts *one = counters_get(c, old->label);

                one->restarts = old->restarts;
                one->restart_failures = old->restart_failures;
                one->checks_failed = old->checks_failed;
        }
        c->checks = state->counters.checks;
        c->quarantines = state->counters.quarantines;
        c->n_services = 0;
        counters_add_services(c, &state->counters);
        take_state(m, state);
        m->last_pass_us = state->last_pass_us;
}
