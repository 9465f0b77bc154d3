/* SPDX-License-Identifier: MIT */
/*
 * What broken state files said, as far as the other files tell:
 *
 *         broken               rebuilt from                                    not known any more
 *         quarantine.json      containers.json, else events.json               whom events.json does not tell of: held
 *         containers.json      quarantine.json (who), events.json (why, by     what was seen of each container, lifetime totals,
 *                              whom, since when), restart_counts.json (the     failures under way, unsettled actions
 *                              last restart)
 *         restart_counts.json  events.json, containers.json (the last one)     restarts that events.json has dropped
 *         pass.json            -                                               the engine, the last pass, the brake
 */
#include "store_internal.h"

#include "autoheal/util/now.h"
#include "autoheal/util/timefmt.h"

/* An event is written when the engine has answered, in whole milliseconds: so much it may differ from the time of the restart. */
#define EVENT_SLACK_US US_PER_S

const char *store_short_time(int64_t us, struct arena *a) {
        char iso[TIME_ISO_SIZE];

        time_format_iso(us, iso);
        return arena_printf(a, "%.19sZ", iso);
}

/* "1 quarantine", "2 quarantines" */
static const char *count(const struct store_rebuild *r, size_t n, const char *what) {
        return arena_printf(r->arena, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

/* ---- Quarantines ---- */

static bool is_type(const struct stored_event *e, enum event_type type) {
        return str_eq(e->type, event_type_name(type));
}

static bool is_quarantine(const struct stored_event *e) {
        return is_type(e, EVENT_QUARANTINE) && str_eq(e->status, "quarantined");
}

static bool is_release(const struct stored_event *e) {
        return is_type(e, EVENT_UNQUARANTINE) || is_type(e, EVENT_AUTO_UNQUARANTINE);
}

/* What the engine turned out not to have done does not hold, neither a restart nor a stop with its quarantine. */
static bool takes_back(const struct stored_event *e) {
        return str_eq(e->status, "failure") && strstr(e->message, "is taken back");
}

static bool tells_of_quarantine(const struct stored_event *e) {
        return *e->stable_id && (is_quarantine(e) || is_release(e) || (is_type(e, EVENT_QUARANTINE) && takes_back(e)));
}

/* The last quarantine or release of each stable id, as an index into the events. */
static void find_last_words(const struct store_rebuild *r, struct strmap *ret) {
        for (size_t i = 0; i < r->n_events; i++)
                if (tells_of_quarantine(&r->events[i]))
                        strmap_set(ret, r->events[i].stable_id, i);
}

static void take_details(struct memory *m, const struct stored_event *e) {
        enum reason reason = reason_parse(e->reason);

        m->quarantine_reason = reason == REASON_MAX_ ? REASON_NONE : reason;
        m->quarantined = reason == REASON_REQUESTED ? QUARANTINED_BY_PERSON : QUARANTINED_BY_AUTOHEAL;
        m->quarantined_us = e->at_us;
}

static size_t count_quarantined(const struct state *st) {
        size_t n = 0;

        for (size_t i = 0; i < st->n; i++)
                n += st->memories[i].quarantined != QUARANTINED_NOT;
        return n;
}

/* Neither list is left: events.json has the word. */
static void quarantine_by_events(const struct store_rebuild *r, const struct strmap *last_words) {
        for (size_t i = 0; i < r->n_events; i++) {
                const struct stored_event *e = &r->events[i];

                if (is_quarantine(e) && strmap_get(last_words, e->stable_id) == i)
                        take_details(state_get(r->state, e->stable_id), e);
        }
}

/* Whoever is named anywhere, and of whom no event tells. */
static size_t hold_unknown(struct store_rebuild *r, const struct strmap *last_words) {
        size_t n = 0;

        /* Also for those that no file names. */
        r->state->held_until_us = r->hold_until_us;
        for (size_t i = 0; i < r->n_events; i++)
                if (*r->events[i].stable_id && strmap_get(last_words, r->events[i].stable_id) == STRMAP_NONE)
                        (void)state_get(r->state, r->events[i].stable_id);
        for (size_t i = 0; i < r->state->n; i++) {
                struct memory *m = &r->state->memories[i];

                if (m->quarantined != QUARANTINED_NOT || strmap_get(last_words, m->stable_id) != STRMAP_NONE)
                        continue;
                m->held_until_us = r->hold_until_us;
                n++;
        }
        return n;
}

static void rebuild_list(struct store_rebuild *r, const struct strmap *last_words) {
        size_t n, n_held;

        if (r->there[STORE_CONTAINERS]) {
                n = count_quarantined(r->state);
                r->outcome[STORE_QUARANTINE] =
                        n == 0 ? "containers.json tells that nothing was quarantined"
                               : arena_printf(r->arena, "%s rebuilt from containers.json", count(r, n, "quarantine"));
                return;
        }
        quarantine_by_events(r, last_words);
        n = count_quarantined(r->state);
        n_held = hold_unknown(r, last_words);
        r->adds_to_containers = true; /* the hold of those that no file names stands there */

        const char *rebuilt = n == 0 ? "events.json tells of no quarantine"
                                     : arena_printf(r->arena, "%s rebuilt from events.json", count(r, n, "quarantine"));
        const char *unknown =
                n_held == 0 ? "" : arena_printf(r->arena, "of %s it is not known; ", count(r, n_held, "more container"));

        r->outcome[STORE_QUARANTINE] =
                arena_printf(r->arena,
                             "%s; %squarantines that no file tells of are lost, so nothing is done about any "
                             "container until %s",
                             rebuilt, unknown, store_short_time(r->hold_until_us, r->arena));
}

/* Who is quarantined stands in the list; a list that is not there was empty, or containers.json had its place. */
static size_t rebuild_details(struct store_rebuild *r, const struct strmap *last_words) {
        size_t n = 0;

        if (!r->there[STORE_QUARANTINE] && !r->broken[STORE_QUARANTINE])
                quarantine_by_events(r, last_words);
        for (size_t i = 0; i < r->state->n; i++) {
                struct memory *m = &r->state->memories[i];
                size_t last = strmap_get(last_words, m->stable_id);

                if (m->quarantined == QUARANTINED_NOT || last == STRMAP_NONE || !is_quarantine(&r->events[last]))
                        continue;
                take_details(m, &r->events[last]);
                n++;
        }
        return n;
}

/* ---- Restarts ---- */

/* A restart that an event tells of. */
struct told_restart {
        size_t memory; /* its position in the state */
        int64_t us;
        bool counts;  /* against the limit */
        bool unknown; /* how it ended was not known when the event was written */
};

struct told_restarts {
        struct told_restart *all; /* room for the events and one more for each memory */
        size_t n;
        size_t *last;         /* by memory: the position in all of its last one; SIZE_MAX: none */
        size_t *count_from;   /* by memory: those before were forgotten by a release */
        int64_t *released_us; /* by memory: when that was */
};

static bool is_restart(const struct stored_event *e) {
        return is_type(e, EVENT_RESTART) && e->at_us > 0 &&
               (str_eq(e->status, "success") || str_eq(e->status, "failure") || str_eq(e->status, "unknown"));
}

/* When it was asked for. */
static int64_t restart_us(const struct stored_event *e) {
        bool known = e->duration_ms > 0 && e->duration_ms < e->at_us / US_PER_MS;

        return e->at_us - (known ? e->duration_ms * US_PER_MS : 0);
}

static void add_told(struct told_restarts *t, size_t memory, int64_t us, bool counts, bool unknown) {
        t->last[memory] = t->n;
        t->all[t->n++] = (struct told_restart){ memory, us, counts, unknown };
}

static void add_event(struct told_restarts *t, struct state *st, const struct stored_event *e) {
        const struct memory *memory = state_get(st, e->stable_id);
        size_t m = (size_t)(memory - st->memories);

        if (is_release(e)) {
                t->count_from[m] = t->n;
                t->released_us[m] = e->at_us;
        } else if (!takes_back(e))
                add_told(t, m, restart_us(e), !str_eq(e->reason, reason_name(REASON_ENGINE_RESTART)), str_eq(e->status, "unknown"));
        else if (t->last[m] != SIZE_MAX && t->all[t->last[m]].unknown)
                t->all[t->last[m]].counts = false;
}

/* The events, and the last restart of each container as containers.json has it, to the microsecond. */
static struct told_restarts collect_restarts(const struct store_rebuild *r) {
        size_t max = r->state->n + r->n_events;
        struct told_restarts t = { .all = arena_array(r->arena, max + r->n_events, sizeof(*t.all)),
                                   .last = arena_array(r->arena, max, sizeof(*t.last)),
                                   .count_from = arena_array(r->arena, max, sizeof(*t.count_from)),
                                   .released_us = arena_array(r->arena, max, sizeof(*t.released_us)) };

        for (size_t i = 0; i < max; i++)
                t.last[i] = SIZE_MAX;
        for (size_t i = 0; i < r->n_events; i++)
                if (*r->events[i].stable_id && (is_restart(&r->events[i]) || is_release(&r->events[i])))
                        add_event(&t, r->state, &r->events[i]);
        for (size_t i = 0; i < r->state->n; i++) {
                int64_t own_us = r->state->memories[i].last_own_restart_us;

                if (own_us <= 0)
                        continue;
                if (t.last[i] != SIZE_MAX && t.all[t.last[i]].us >= own_us - EVENT_SLACK_US)
                        t.all[t.last[i]].us = own_us;
                else if (own_us > t.released_us[i])
                        add_told(&t, i, own_us, true, false);
        }
        return t;
}

static int by_memory_and_time(const void *a, const void *b) {
        const struct told_restart *x = a, *y = b;

        if (x->memory != y->memory)
                return x->memory < y->memory ? -1 : 1;
        return (x->us > y->us) - (x->us < y->us);
}

/* Leaves those that count, each time of a container once. */
static size_t reduce(struct told_restarts *t) {
        size_t n = 0, kept = 0;

        for (size_t i = 0; i < t->n; i++)
                if (t->all[i].counts && i >= t->count_from[t->all[i].memory])
                        t->all[n++] = t->all[i];
        qsort(t->all, n, sizeof(*t->all), by_memory_and_time);
        for (size_t i = 0; i < n; i++)
                if (kept == 0 || by_memory_and_time(&t->all[kept - 1], &t->all[i]) != 0)
                        t->all[kept++] = t->all[i];
        return kept;
}

static void rebuild_times(struct store_rebuild *r) {
        struct told_restarts t = collect_restarts(r);
        size_t n = reduce(&t), n_memories = 0;
        int64_t *us = arena_array(r->state->arena, n, sizeof(*us));

        for (size_t i = 0; i < n; i++) {
                struct memory *m = &r->state->memories[t.all[i].memory];

                if (m->n_restarts == 0) {
                        m->restarts_us = &us[i];
                        n_memories++;
                }
                us[i] = t.all[i].us;
                m->n_restarts++;
        }
        bool two = r->there[STORE_CONTAINERS];
        const char *from = two ? "events.json and containers.json" : "events.json";
        const char *rebuilt = n == 0 ? arena_printf(r->arena, "%s tell%s of no restart", from, two ? "" : "s")
                                     : arena_printf(r->arena, "%s of %s rebuilt from %s", count(r, n, "restart"),
                                                    count(r, n_memories, "container"), from);

        r->outcome[STORE_RESTART_COUNTS] = arena_printf(r->arena, "%s; restarts that %s not know of are not counted any more",
                                                        rebuilt, two ? "these two do" : "it does");
}

/* The cooldown counts from the last restart, even from one that does not count against the limit. */
static size_t rebuild_last_restarts(const struct store_rebuild *r) {
        size_t n = 0;

        for (size_t i = 0; i < r->n_events; i++) {
                const struct stored_event *e = &r->events[i];
                struct memory *m = *e->stable_id && is_restart(e) && !takes_back(e) ? state_get(r->state, e->stable_id) : NULL;

                if (m && restart_us(e) > m->last_own_restart_us)
                        m->last_own_restart_us = restart_us(e);
        }
        for (size_t i = 0; i < r->state->n; i++) {
                struct memory *m = &r->state->memories[i];

                if (m->n_restarts > 0 && m->restarts_us[m->n_restarts - 1] > m->last_own_restart_us)
                        m->last_own_restart_us = m->restarts_us[m->n_restarts - 1];
                m->last_restart_us = m->last_own_restart_us;
                n += m->last_restart_us > 0;
        }
        return n;
}

static void rebuild_containers(struct store_rebuild *r, const struct strmap *last_words) {
        size_t told = rebuild_details(r, last_words), n = count_quarantined(r->state), restarted = rebuild_last_restarts(r);
        const char *kept = "", *restarts = "";

        if (n > 0)
                kept = arena_printf(r->arena, "%s kept, and events.json tells why and by whom of %s; ", count(r, n, "quarantine"),
                                    told == 0   ? "none"
                                    : told == n ? "each"
                                                : arena_printf(r->arena, "%zu", told));
        if (restarted > 0)
                restarts = arena_printf(r->arena, "the last restart of %s rebuilt; ", count(r, restarted, "container"));
        r->outcome[STORE_CONTAINERS] = arena_printf(r->arena,
                                                    "%s%snot known any more: what was seen of each container, failures and actions "
                                                    "under way, lifetime totals",
                                                    kept, restarts);
}

void store_rebuild(struct store_rebuild *r) {
        struct strmap last_words AUTO(strmap_release) = STRMAP_INIT;

        find_last_words(r, &last_words);
        if (r->broken[STORE_QUARANTINE])
                rebuild_list(r, &last_words);
        if (r->broken[STORE_RESTART_COUNTS])
                rebuild_times(r);
        /* After the restart times: its last restarts come from them. */
        if (r->broken[STORE_CONTAINERS])
                rebuild_containers(r, &last_words);
        if (r->broken[STORE_PASS])
                r->outcome[STORE_PASS] = "made anew; not known any more: which engine this directory belongs to, the last pass, "
                                         "whether the brake is on";
}
