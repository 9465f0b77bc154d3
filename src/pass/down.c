/* SPDX-License-Identifier: MIT */
/* Did the engine end its containers before it went away, and since when? Who was stopped before that was stopped by a person. */
#include "live_internal.h"

/* An engine sends its signals to all that run at once. */
#define BATCH_US (2 * US_PER_S)
/* It ends soon afterwards, whether they have ended or not. */
#define PATIENCE_US (60 * US_PER_S)
/* One that still answers questions so long after the last end was not going down then. */
#define ALIVE_US (20 * US_PER_S)

/* The last that was watched of one container: a signal that it was sent, and its end. 0: none, or it was started again. */
struct fall {
        const char *id;
        int64_t killed_us, ended_us;
};

static struct fall *find(struct fall *falls, size_t n, const char *id) {
        for (size_t i = 0; i < n; i++)
                if (str_eq(falls[i].id, id))
                        return &falls[i];
        return NULL;
}

static void follow(struct fall *f, const struct watched *w) {
        if (str_eq(w->action, "kill") && (f->killed_us == 0 || f->ended_us != 0))
                *f = (struct fall){ .id = f->id, .killed_us = w->at_us };
        else if (str_eq(w->action, "die") || str_eq(w->action, "stop"))
                f->ended_us = w->at_us;
        else if (str_eq(w->action, "start"))
                *f = (struct fall){ .id = f->id };
}

/* Up to the break of the stream; falls has a place for each event. */
static size_t follow_all(const struct live *l, struct fall *falls) {
        size_t n = 0;
        for (size_t i = 0; i < l->n_watched; i++) {
                const struct watched *w = &l->watched[(l->first + i) % WATCHED_MAX];
                struct fall *f = find(falls, n, w->id);
                if (w->at_us > l->broke_after_us)
                        continue;
                if (!f) {
                        f = &falls[n++];
                        *f = (struct fall){ .id = w->id };
                }
                follow(f, w);
        }
        return n;
}

/* Killed, the engine ends nobody: they are alive, or die with the machine. */
static bool somebody_was_spared(const struct observation *obs, struct fall *falls, size_t n) {
        for (size_t i = 0; obs && i < obs->n; i++) {
                const struct fall *f = find(falls, n, obs->containers[i].id);
                if (obs->containers[i].state == CONTAINER_RUNNING && (!f || (f->killed_us == 0 && f->ended_us == 0)))
                        return true;
        }
        return false;
}

/*
 * From the last signal back, as long as the one before was sent just before it to somebody who had not ended yet. However close it
 * is: who had ended was stopped by somebody else, and is rather left alone for nothing than started against a person's will.
 */
static int64_t first_of_the_batch(const struct fall *falls, size_t n) {
        int64_t first_us = 0;
        bool earlier = true;
        for (size_t i = 0; i < n; i++)
                if (falls[i].killed_us > first_us)
                        first_us = falls[i].killed_us;
        while (earlier) {
                earlier = false;
                for (size_t i = 0; i < n; i++) {
                        const struct fall *f = &falls[i];
                        if (f->killed_us == 0 || f->killed_us >= first_us || first_us - f->killed_us > BATCH_US ||
                            (f->ended_us && f->ended_us < first_us))
                                continue;
                        first_us = f->killed_us;
                        earlier = true;
                }
        }
        return first_us;
}

int64_t live_down_us(const struct pass *p) {
        const struct live *l = p->live;
        const struct observation *obs = p->seen.observation;
        struct fall *falls = xcalloc(l->n_watched + 1, sizeof(*falls));
        size_t n = follow_all(l, falls);
        int64_t ended_us = 0, ret = 0;
        for (size_t i = 0; i < n; i++)
                if (falls[i].ended_us > ended_us)
                        ended_us = falls[i].ended_us;
        if (!somebody_was_spared(obs, falls, n) && !(obs && obs->engine_now_us - ALIVE_US > ended_us))
                ret = first_of_the_batch(falls, n);
        free(falls);
        return ret && l->broke_after_us - ret <= PATIENCE_US ? ret : 0;
}

void live_mark_fallen(const struct pass *p, struct observation *obs) {
        const struct live *l = p->live;
        struct fall *falls = xcalloc(l->n_watched + 1, sizeof(*falls));
        size_t n = l->down_us ? follow_all(l, falls) : 0;
        for (size_t i = 0; i < obs->n; i++) {
                const struct fall *f = find(falls, n, obs->containers[i].id);
                obs->containers[i].fell = f && f->killed_us >= l->down_us;
        }
        free(falls);
}
