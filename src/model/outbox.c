/* SPDX-License-Identifier: MIT */
/* The box of messages that wait: merging, limits, back-off. */
#include "autoheal/model/outbox.h"

#include "autoheal/util/text.h"

#define FUTURE_US (5 * US_PER_S)

void outbox_init(struct outbox *o, struct arena *a) {
        *o = (struct outbox){ .arena = a };
}

/* ---- Copies ---- */

/* Not cut inside of a character. */
static const char *copy_text(struct arena *a, const char *s, size_t max) {
        size_t n = 0, len = s ? strlen(s) : 0;

        if (len <= max)
                return arena_strdup(a, s);
        for (size_t used = 1; n < max; n += used) {
                used = utf8_sequence(s + n, len - n, NULL);
                used = used ? used : 1;
                if (n + used > max)
                        break;
        }
        return arena_strndup(a, s, n);
}

static void copy_strings(struct message *m, struct arena *a) {
        const char **names[] = { &m->id,           &m->service,        &m->host,      &m->event, &m->status,
                                 &m->container_id, &m->container_name, &m->stable_id, &m->reason };

        for (size_t i = 0; i < N_ELEMENTS(names); i++)
                *names[i] = copy_text(a, *names[i], OUTBOX_NAME_MAX);
        m->text = copy_text(a, m->text, OUTBOX_TEXT_MAX);
        m->health_output = copy_text(a, m->health_output, OUTBOX_TEXT_MAX);
}

void outbox_adopt(struct outbox *o, const struct message *m) {
        if (o->n == o->cap) {
                size_t cap = o->cap ? 2 * o->cap : 8;
                struct message *grown = arena_array(o->arena, cap, sizeof(*grown));

                if (o->n)
                        memcpy(grown, o->messages, o->n * sizeof(*grown));
                o->messages = grown;
                o->cap = cap;
        }
        o->messages[o->n] = *m;
        copy_strings(&o->messages[o->n++], o->arena);
}

static bool is_about(const struct said *t, const struct said *same) {
        return str_eq(t->service, same->service) && str_eq(t->container, same->container) && str_eq(t->event, same->event);
}

static struct said *find_told(const struct outbox *o, const struct said *same) {
        for (size_t i = 0; i < o->n_told; i++)
                if (is_about(&o->told[i], same))
                        return &o->told[i];
        return NULL;
}

void outbox_note_told(struct outbox *o, const struct said *t) {
        struct said *there = find_told(o, t);

        if (there) {
                there->at_us = t->at_us > there->at_us ? t->at_us : there->at_us;
                return;
        }
        if (o->n_told == OUTBOX_TOLD_MAX)
                memmove(o->told, o->told + 1, --o->n_told * sizeof(*o->told));
        if (o->n_told == o->told_cap) {
                size_t cap = o->told_cap ? 2 * o->told_cap : 8;
                struct said *grown = arena_array(o->arena, cap, sizeof(*grown));

                if (o->n_told)
                        memcpy(grown, o->told, o->n_told * sizeof(*grown));
                o->told = grown;
                o->told_cap = cap;
        }
        o->told[o->n_told++] =
                (struct said){ copy_text(o->arena, t->service, OUTBOX_NAME_MAX), copy_text(o->arena, t->container, OUTBOX_NAME_MAX),
                               copy_text(o->arena, t->event, OUTBOX_NAME_MAX), t->at_us };
}

void outbox_copy(struct outbox *ret, const struct outbox *o, struct arena *a) {
        outbox_init(ret, a);
        ret->dropped = o->dropped;
        ret->taken = arena_strdup(a, o->taken);
        for (size_t i = 0; i < o->n; i++)
                outbox_adopt(ret, &o->messages[i]);
        for (size_t i = 0; i < o->n_told; i++)
                outbox_note_told(ret, &o->told[i]);
}

/* ---- In and out ---- */

/* What has no container is about the whole. */
static struct said about(const struct message *m) {
        const char *container = m->stable_id ? m->stable_id : m->container_name;

        return (struct said){ .service = m->service, .container = container ? container : "", .event = m->event };
}

static struct message *find_waiting(const struct outbox *o, const struct message *m) {
        struct said key = about(m);

        for (size_t i = 0; i < o->n; i++) {
                struct said other = about(&o->messages[i]);

                if (!o->messages[i].under_way && is_about(&other, &key))
                        return &o->messages[i];
        }
        return NULL;
}

struct message *outbox_find(const struct outbox *o, const char *id) {
        for (size_t i = 0; i < o->n; i++)
                if (str_eq(o->messages[i].id, id))
                        return &o->messages[i];
        return NULL;
}

static void remove_at(struct outbox *o, size_t at) {
        memmove(&o->messages[at], &o->messages[at + 1], (o->n - at - 1) * sizeof(*o->messages));
        o->n--;
}

void outbox_remove(struct outbox *o, const char *id) {
        const struct message *m = outbox_find(o, id);

        if (m)
                remove_at(o, (size_t)(m - o->messages));
}

/* Not what is on its way: what comes of it has to find it. */
const char *outbox_drop_oldest(struct outbox *o) {
        for (size_t i = 0; i < o->n; i++) {
                const char *service = o->messages[i].service;

                if (o->messages[i].under_way)
                        continue;
                remove_at(o, i);
                o->dropped++;
                return service;
        }
        return NULL;
}

static bool is_failure(const struct message *m) {
        return str_eq(m->status, "failure");
}

/* What a file says may be as large as a number can be. */
static int64_t sum(int64_t a, int64_t b, bool one) {
        a = a > 0 ? a : 0;
        b = b > 0 ? b : 0;
        return a < INT64_MAX - 1 - b ? a + b + one : INT64_MAX;
}

static int64_t began_us(const struct message *m) {
        return m->more ? m->more_since_us : m->at_us;
}

/* The newest speaks; what it takes the place of is counted. */
static void merge(struct message *old, const struct message *m, struct arena *a) {
        const struct message *silent = m->at_us < old->at_us ? m : old;
        struct message next = silent == m ? *old : *m;

        next.id = old->id;
        next.service = old->service;
        next.queued_us = old->queued_us;
        next.due_us = old->due_us;
        next.attempts = old->attempts;
        next.more = sum(old->more, m->more, true);
        next.more_failed = sum(old->more_failed, m->more_failed, is_failure(silent));
        next.more_since_us = began_us(old) < began_us(m) ? began_us(old) : began_us(m);
        next.under_way = false;
        copy_strings(&next, a);
        *old = next;
}

/* Not within the minute since the same was said. */
static int64_t due(const struct outbox *o, const struct message *m, int64_t due_us) {
        struct said key = about(m);
        const struct said *said = find_told(o, &key);

        return said && said->at_us + OUTBOX_QUIET_US > due_us ? said->at_us + OUTBOX_QUIET_US : due_us;
}

const char *outbox_add(struct outbox *o, const struct message *m, const char *id, struct now now) {
        struct message *waiting = find_waiting(o, m);

        if (!waiting)
                return outbox_leave(o, m, id, now);
        merge(waiting, m, o->arena);
        return NULL;
}

const char *outbox_leave(struct outbox *o, const struct message *m, const char *id, struct now now) {
        struct message next = *m;
        const char *dropped = NULL;

        next.id = id;
        next.queued_us = now.wall_us;
        next.due_us = due(o, m, now.wall_us);
        next.attempts = next.more = next.more_failed = next.more_since_us = 0;
        next.under_way = false;
        if (o->n >= OUTBOX_MESSAGES_MAX)
                dropped = outbox_drop_oldest(o);
        outbox_adopt(o, &next);
        return dropped;
}

void outbox_take_in(struct outbox *o, const struct message *m) {
        struct message *waiting = find_waiting(o, m);
        struct message next = *m;

        if (waiting) {
                merge(waiting, m, o->arena);
                return;
        }
        next.due_us = due(o, m, m->due_us);
        outbox_adopt(o, &next);
}

/* ---- Waiting ---- */

void outbox_begin(struct outbox *o, struct message *m, struct now now) {
        struct said t = about(m);

        t.at_us = now.wall_us;
        m->under_way = true;
        outbox_note_told(o, &t);
}

int64_t outbox_failed(struct message *m, int64_t wait_s, struct now now) {
        int64_t s = OUTBOX_RETRY_FIRST_S;

        for (int64_t i = 0; i < m->attempts && s < OUTBOX_RETRY_MOST_S; i++)
                s *= 2;
        s = wait_s > s ? wait_s : s;
        s = s < OUTBOX_RETRY_MOST_S ? s : OUTBOX_RETRY_MOST_S;
        m->attempts++;
        m->under_way = false;
        m->due_us = now.wall_us + s * US_PER_S;
        return s;
}

bool outbox_is_too_old(const struct message *m, struct now now) {
        return now.wall_us - m->queued_us >= OUTBOX_GIVE_UP_US;
}

void outbox_settle(struct outbox *o, struct now now) {
        size_t n = 0;

        for (size_t i = 0; i < o->n; i++) {
                struct message *m = &o->messages[i];

                if (m->queued_us > now.wall_us + FUTURE_US)
                        m->queued_us = now.wall_us;
                if (m->due_us > now.wall_us + OUTBOX_RETRY_MOST_S * US_PER_S)
                        m->due_us = now.wall_us + OUTBOX_QUIET_US;
        }
        for (size_t i = 0; i < o->n_told; i++) {
                struct said t = o->told[i];

                if (t.at_us > now.wall_us + FUTURE_US)
                        t.at_us = now.wall_us;
                if (now.wall_us - t.at_us < OUTBOX_QUIET_US)
                        o->told[n++] = t;
        }
        o->n_told = n;
}
