/* SPDX-License-Identifier: MIT */
/* The engine's events as they happen: they say what to look at, and they are the best evidence of who stopped what. */
#include "live_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"

#define RETRY_FIRST_MS INT64_C(100)
#define RETRY_MOST_MS  INT64_C(10000)
/* One that breaks sooner is as one that does not begin: what cuts it will cut the next. */
#define LASTED_MS INT64_C(10000)

/* ---- Keeping what was watched ---- */

static void copy_text(char *ret, size_t size, const char *text) {
        (void)snprintf(ret, size, "%s", text);
}

static bool is_same(const struct watched *w, const struct engine_event *e) {
        return w->at_us == e->at_us && str_eq(w->id, e->id) && strncmp(w->action, e->action, sizeof(w->action) - 1) == 0;
}

/* After a break the engine tells some for the second time. */
static bool is_known(const struct live *l, const struct engine_event *e) {
        if (e->at_us > l->last_event_us)
                return false;
        for (size_t i = 0; i < l->n_watched; i++)
                if (is_same(&l->watched[(l->first + i) % WATCHED_MAX], e))
                        return true;
        return false;
}

static void keep(struct live *l, const struct engine_event *e) {
        if (l->n_watched == WATCHED_MAX) {
                const struct watched *oldest = &l->watched[l->first];
                /* What is forgotten is not covered any more. */
                if (l->covered_us && oldest->at_us >= l->covered_us)
                        l->covered_us = oldest->at_us + 1;
                l->first = (l->first + 1) % WATCHED_MAX;
                l->n_watched--;
        }
        struct watched *w = &l->watched[(l->first + l->n_watched++) % WATCHED_MAX];
        *w = (struct watched){ .at_us = e->at_us, .exit_code = e->exit_code, .signal = e->signal };
        copy_text(w->action, sizeof(w->action), e->action);
        copy_text(w->id, sizeof(w->id), e->id);
        copy_text(w->project, sizeof(w->project), e->project);
        if (e->at_us > l->last_event_us)
                l->last_event_us = e->at_us;
}

static int by_time(const void *pa, const void *pb) {
        const struct engine_event *a = pa, *b = pb;
        return a->at_us < b->at_us ? -1 : a->at_us > b->at_us;
}

/* Into the shape in which the journal tells of them. */
static struct engine_events told(const struct live *l, struct arena *a) {
        struct engine_event *events = arena_array(a, l->n_watched, sizeof(*events));
        bool sorted = true;
        for (size_t i = 0; i < l->n_watched; i++) {
                const struct watched *w = &l->watched[(l->first + i) % WATCHED_MAX];
                events[i] = (struct engine_event){ .at_us = w->at_us,
                                                   .action = w->action,
                                                   .id = w->id,
                                                   .name = "",
                                                   .project = w->project,
                                                   .exit_code = w->exit_code,
                                                   .signal = w->signal };
                sorted = sorted && (i == 0 || events[i - 1].at_us <= events[i].at_us);
        }
        if (!sorted)
                qsort(events, l->n_watched, sizeof(*events), by_time);
        return (struct engine_events){ .events = events, .n = l->n_watched, .oldest_us = l->covered_us, .n_entries = l->n_watched };
}

/* ---- Watching ---- */

/* Nothing that a probe does, and nothing about an image or network, needs a look. */
static bool matters(const char *action) {
        static const char *const ones[] = { "create", "destroy", "rename", "start",   "restart", "die",
                                            "stop",   "kill",    "pause",  "unpause", "oom",     "update" };
        for (size_t i = 0; i < N_ELEMENTS(ones); i++)
                if (str_eq(ones[i], action))
                        return true;
        return strncmp(action, "health_status", strlen("health_status")) == 0;
}

static bool changes_the_list(const char *action) {
        return str_eq(action, "create") || str_eq(action, "destroy") || str_eq(action, "rename");
}

static void event_came(void *arg, const struct engine_event *e) {
        struct pass *p = arg;
        struct live *l = p->live;
        if (!matters(e->action) || is_known(l, e))
                return;
        keep(l, e);
        log_debug("engine: %s %.12s", e->action, e->id);
        if (changes_the_list(e->action))
                live_want_list_soon(p);
        else
                live_want_look(p, e->id);
        if (p->setup.on_engine_event)
                p->setup.on_engine_event(p->setup.arg, e->action);
}

/* Nothing can be taken for watched any more, unless it happens after a list that is begun from now on. */
static void uncover(struct live *l) {
        l->covered_us = 0;
        l->listed_watching = false;
}

/* What it led to shows in a list; whether somebody stopped somebody, in the journal alone. */
static void event_lost(void *arg) {
        struct pass *p = arg;
        log_debug("the engine sent an event that cannot be read");
        uncover(p->live);
        live_want_list_soon(p);
}

static void try_again(void *arg) {
        struct pass *p = arg;
        p->live->stream_timer = 0;
}

/* Another engine may be behind that address now: whose it is must be known before anything follows from what is seen. */
static void note_break(struct pass *p) {
        struct live *l = p->live;
        if (!l->broke) {
                l->broke = true;
                l->broke_after_us = l->last_event_us;
                l->down_us = live_down_us(p);
        }
        l->stale = true;
        p->engine_unknown = true;
        live_want_list_soon(p);
}

static void stream_ended(void *arg, const struct error *err) {
        struct pass *p = arg;
        struct live *l = p->live;
        log_debug("the engine's events ended: %s", err->msg);
        bool was_on = l->stream_on, lasted = was_on && clock_read().mono_ms - l->stream_mono_ms >= LASTED_MS;
        l->stream_retry_ms = l->stream_retry_ms && !lasted ? 2 * l->stream_retry_ms : RETRY_FIRST_MS;
        if (l->stream_retry_ms > RETRY_MOST_MS)
                l->stream_retry_ms = RETRY_MOST_MS;
        l->stream_timer = net_timer(p->setup.net, l->stream_retry_ms, try_again, p);
        l->stream = NULL;
        l->stream_on = false;
        uncover(l);
        if (was_on)
                note_break(p);
        /* What happened meanwhile shows in a list; whether the engine is there at all as well. One that refuses is there. */
        else if (err->code != ERR_ENGINE && err->code != ERR_NOT_FOUND)
                live_want_list_soon(p);
}

void live_lose_stream(struct pass *p, const struct error *err) {
        if (!p->live->stream)
                return;
        engine_unwatch(p->live->stream);
        stream_ended(p, err);
}

static void stream_began(void *arg) {
        struct pass *p = arg;
        struct live *l = p->live;
        l->stream_on = true;
        l->stream_mono_ms = clock_read().mono_ms;
        /* Between the list before and the beginning of the stream something may have happened. */
        live_want_list_soon(p);
}

void live_watch(struct pass *p) {
        static const struct engine_stream_fns fns = {
                .began = stream_began, .event = event_came, .lost = event_lost, .end = stream_ended
        };
        struct live *l = p->live;
        struct error err = ERROR_INIT;
        if (l->stream || l->stream_timer || !l->up)
                return;
        if (engine_watch(p->setup.engine, l->last_event_us, &fns, p, &l->stream, &err) < 0)
                stream_ended(p, &err);
}

void live_watch_at_once(struct pass *p) {
        net_timer_cancel(p->setup.net, p->live->stream_timer);
        p->live->stream_timer = 0;
        p->live->stream_retry_ms = 0;
}

void live_unwatch(struct pass *p) {
        engine_unwatch(p->live->stream);
        p->live->stream = NULL;
        p->live->stream_on = false;
}

/* ---- As evidence ---- */

bool live_is_stale(struct pass *p) {
        if (p->live->stale)
                p->live->want_list = true;
        return p->live->stale;
}

bool live_is_told_of_changes(const struct pass *p) {
        return p->live->stream_on && p->live->covered_us;
}

bool live_wants_journal(struct pass *p, struct observation *obs, bool wanted, const struct state *known) {
        struct live *l = p->live;
        if (l->n_watched == 0 && !wanted && !l->broke)
                return false;
        struct arena *a = &p->coming.selection_arena;
        struct engine_events events = told(l, a);
        journal_apply(obs, &events, a);
        if (l->broke) {
                /* How far back it reaches is what tells a new engine's journal. */
                obs->journal_read = false;
                obs->journal_oldest_us = 0;
                obs->journal_entries = 0;
                obs->stream_last_us = l->broke_after_us;
                live_mark_fallen(p, obs);
                return true;
        }
        bool covered = l->covered_us && decide_journal_from_us(known, obs, p->coming.selection, p->setup.config) >= l->covered_us;
        obs->journal_read = covered;
        return wanted && !covered;
}

/* The journal has been read, if it was to be: what broke the stream before this look is explained now or never. */
void live_stream_looked(struct pass *p, struct observation *obs) {
        struct live *l = p->live;
        if (obs->journal_read && !l->stale)
                l->broke = false;
        /* The engine's clock is known to the second. */
        if (l->listed_watching && l->covered_us == 0)
                l->covered_us = obs->engine_now_us + 2 * US_PER_S;
}
