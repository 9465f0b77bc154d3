/* SPDX-License-Identifier: MIT */
/* Following events.json, which any process may replace, write in place, shorten or empty at any time. */
#include "follow.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"
#include "autoheal/os/watch_file.h"
#include "autoheal/util/strmap.h"
#include "live.h"

#define EVENTS_FILE "events.json"
#define ARENA_BLOCK ((size_t)64 * 1024)

/* ---- What is new ---- */

/* The documented keys, which every writer keeps. */
static const char *identity(const struct stored_event *e, struct arena *a) {
        return arena_printf(a, "%lld\x1f%s\x1f%s\x1f%s\x1f%lld\x1f%s\x1f%s", (long long)e->at_us, e->container_id,
                            e->container_name, e->type, (long long)e->restart_count, e->status, e->message);
}

static const char **identities(const struct stored_event *events, size_t n, struct arena *a) {
        const char **ids = arena_array(a, n, sizeof(*ids));
        for (size_t i = 0; i < n; i++)
                ids[i] = identity(&events[i], a);
        return ids;
}

/*
 * How many events at the end of before are those at the beginning of now: what is left of a history that lost its oldest. The
 * longest such run, by Knuth, Morris and Pratt, so that a long history of equal events takes no longer than another.
 */
static size_t overlap(const char *const *before, size_t n_before, const char *const *now, size_t n_now, struct arena *a) {
        size_t *shorter = arena_array(a, n_now + 1, sizeof(*shorter)); /* of a run that long: the next one to try */
        size_t k = 0;
        for (size_t i = 1; i < n_now; i++) {
                while (k > 0 && !str_eq(now[i], now[k]))
                        k = shorter[k];
                k += str_eq(now[i], now[k]);
                shorter[i + 1] = k;
        }
        k = 0;
        for (size_t i = 0; i < n_before && n_now > 0; i++) {
                while (k > 0 && (k == n_now || !str_eq(before[i], now[k])))
                        k = shorter[k];
                k += str_eq(before[i], now[k]);
        }
        return k;
}

/* Of a history that somebody edited elsewhere than at its ends: those that are there more often than before. */
static size_t added(const char *const *before, size_t n_before, const struct stored_event *now, const char *const *ids,
                    size_t n_now, const struct stored_event **ret) {
        struct strmap left AUTO(strmap_release) = STRMAP_INIT;
        size_t n = 0;
        for (size_t i = 0; i < n_before; i++) {
                size_t times = strmap_get(&left, before[i]);
                strmap_set(&left, before[i], times == STRMAP_NONE ? 1 : times + 1);
        }
        for (size_t i = 0; i < n_now; i++) {
                size_t times = strmap_get(&left, ids[i]);
                if (times == STRMAP_NONE || times == 0)
                        ret[n++] = &now[i];
                else
                        strmap_set(&left, ids[i], times - 1);
        }
        return n;
}

size_t follow_new_events(const struct stored_event *before, size_t n_before, const struct stored_event *now, size_t n_now,
                         struct arena *a, const struct stored_event ***ret) {
        const char **ids_before = identities(before, n_before, a), **ids = identities(now, n_now, a);
        size_t known = overlap(ids_before, n_before, ids, n_now, a), n = 0;
        *ret = arena_array(a, n_now, sizeof(**ret));
        if (known == 0)
                return added(ids_before, n_before, now, ids, n_now, *ret);
        for (size_t i = known; i < n_now; i++)
                (*ret)[n++] = &now[i];
        return n;
}

/* ---- Following ---- */

struct follower {
        struct live live;
        struct watch_file *file;
        follow_fn *show;
        void *arg;
        struct arena arena; /* of the events of the last look */
        struct stored_event *events;
        size_t n;
        bool unread;                                    /* it has changed and could not be read yet */
        int64_t failing_ms;                             /* monotonic: since when it cannot be read; 0: it can */
        char said[sizeof(((struct error *)NULL)->msg)]; /* what was said of that */
};

/* The directory anew each time: it may have come only now, or be another. */
static int read_events(const struct follower *f, struct arena *a, struct stored_event **ret, size_t *ret_n, struct error *err) {
        struct store *store = NULL;
        if (store_open(&store, f->live.session->location.path, STORE_READ, err) < 0)
                return -1;
        int r = store_read_events(store, a, ret, ret_n, err);
        store_close(store);
        return r;
}

/* Somebody who writes in place leaves it torn for a moment. What lasts is worth a line, once; it is read again all the same. */
static void note_failure(struct follower *f, const struct error *why) {
        int64_t now_ms = clock_read().mono_ms;
        if (f->failing_ms == 0)
                f->failing_ms = now_ms;
        if (now_ms - f->failing_ms < LIVE_EVERY_MS || str_eq(f->said, why->msg))
                return;
        (void)snprintf(f->said, sizeof(f->said), "%s", why->msg);
        log_error("%s", why->msg);
}

static void look(struct follower *f) {
        struct error why = ERROR_INIT;
        struct arena a = ARENA_INIT(ARENA_BLOCK);
        struct stored_event *events = NULL;
        const struct stored_event **fresh = NULL;
        size_t n = 0;
        f->unread = watch_file_changed(f->file) || f->unread;
        if (!f->unread)
                return;
        if (read_events(f, &a, &events, &n, &why) < 0) {
                note_failure(f, &why);
                arena_release(&a);
                return;
        }
        f->unread = false;
        f->failing_ms = 0;
        f->said[0] = '\0';
        /* Away is not emptied: what was there before may come back, and has been told. */
        if (!events) {
                arena_release(&a);
                return;
        }
        struct arena scratch AUTO(arena_release) = ARENA_INIT(ARENA_BLOCK);
        size_t n_fresh = follow_new_events(f->events, f->n, events, n, &scratch, &fresh);
        if (n_fresh > 0)
                f->show(f->arg, fresh, n_fresh, false);
        arena_release(&f->arena);
        f->arena = a;
        f->events = events;
        f->n = n;
}

/* What cannot be read at first is an error, as without --follow. */
static int begin(struct follower *f, struct error *err) {
        const struct stored_event **all = NULL;
        (void)watch_file_changed(f->file);
        if (read_events(f, &f->arena, &f->events, &f->n, err) < 0)
                return -1;
        struct arena scratch AUTO(arena_release) = ARENA_INIT(ARENA_BLOCK);
        size_t n = follow_new_events(NULL, 0, f->events, f->n, &scratch, &all);
        f->show(f->arg, all, n, true);
        return live_flush(&f->live, err);
}

static int64_t time_left_ms(int64_t until_us) {
        int64_t now_us = clock_read().wall_us;
        return until_us > now_us ? (until_us - now_us) / US_PER_MS + 1 : 0;
}

static int follow(struct follower *f, int64_t until_us, struct error *err) {
        if (begin(f, err) < 0)
                return -1;
        for (;;) {
                int64_t left_ms = time_left_ms(until_us);
                if (left_ms == 0)
                        return 0;
                if (live_wake_on(&f->live, watch_file_fd(f->file), err) < 0 ||
                    live_wait(&f->live, left_ms < LIVE_EVERY_MS ? left_ms : LIVE_EVERY_MS, err) < 0)
                        return -1;
                look(f);
                if (live_flush(&f->live, err) < 0)
                        return -1;
        }
}

int follow_events(struct session *s, int64_t until_us, follow_fn *show, void *arg) {
        struct error err = ERROR_INIT;
        struct follower f = { .show = show, .arg = arg, .arena = ARENA_INIT(ARENA_BLOCK) };
        int r = live_open(&f.live, s, &err);
        f.file = watch_file_new(s->location.path, EVENTS_FILE);
        if (r == 0)
                r = follow(&f, until_us, &err);
        net_unwatch(s->net, watch_file_fd(f.file));
        watch_file_free(f.file);
        arena_release(&f.arena);
        return r < 0 ? live_status(&f.live, &err) : 0;
}
