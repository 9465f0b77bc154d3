/* SPDX-License-Identifier: MIT */
/* Delivering what waits in the outbox: one message at a time for each service, retries, and writing down what came of it. */
#include "notify_internal.h"

#include "autoheal/os/clock.h"

#include <sys/queue.h>

#define SAVE_AGAIN_MS 1000
/* What others put into the box, and messages whose minute ends, are looked for that often; nothing is read if nothing changed. */
#define LOOK_EVERY_MS 5000
/* Whoever was asked so long before the end has had his time. */
#define SILENT_MS 5000

struct delivery {
        LIST_ENTRY(delivery) link;
        struct notify *notify;
        struct attempt *attempt;
        int64_t begun_ms;
        char id[OUTBOX_NAME_MAX + 1], service[OUTBOX_NAME_MAX + 1];
};

struct notify {
        struct notify_setup setup;
        struct box box;
        struct counters counted; /* since notify_count() */
        struct arena counted_arena;
        LIST_HEAD(delivery_list, delivery) deliveries;
        uint64_t timer;       /* when something is due */
        bool unsaved;         /* the box in memory is not the one on disk */
        bool finishing;       /* nothing new is begun after the time is over */
        struct error trouble; /* what keeps it from being saved */
};

static void look_soon(struct notify *n);

/* ---- Counting and telling ---- */

static void tell(struct notify *n, const char *service, enum notified what, const char *why, int64_t again_s) {
        counters_add_notified(&n->counted, service, what, 1);
        if (n->setup.on_result)
                n->setup.on_result(n->setup.arg, service, what, why, again_s);
}

static void dropped(void *arg, const char *service) {
        tell(arg, service, NOTIFIED_DROPPED, "too many messages wait", 0);
}

bool notify_count(struct notify *n, struct counters *c) {
        bool any = n->counted.n_services > 0;

        counters_add_services(c, &n->counted);
        counters_release(&n->counted);
        arena_release(&n->counted_arena);
        n->counted_arena = (struct arena)ARENA_INIT(1024);
        counters_init(&n->counted, &n->counted_arena);
        return any;
}

static void tell_kept(struct notify *n) {
        char text[sizeof(n->box.kept)];

        if (!n->box.kept[0])
                return;
        memcpy(text, n->box.kept, sizeof(text));
        n->box.kept[0] = '\0';
        if (n->setup.on_event)
                n->setup.on_event(n->setup.arg, &(struct event){ .at_us = clock_read().wall_us,
                                                                 .type = EVENT_STORE,
                                                                 .status = "rebuilt",
                                                                 .message = text,
                                                                 .duration_ms = -1 });
}

/* ---- Memory and disk ---- */

static void trouble(struct notify *n, const struct error *why) {
        bool was = n->trouble.code != ERR_NONE;

        if (why)
                n->trouble = *why;
        else
                error_clear(&n->trouble);
        if (was != (why != NULL) && n->setup.on_trouble)
                n->setup.on_trouble(n->setup.arg, why);
}

static bool write_locked(struct notify *n) {
        struct error why = ERROR_INIT;

        if (box_write(&n->box, n->setup.store, dropped, n, &why) < 0) {
                trouble(n, &why);
                return false;
        }
        n->unsaved = false;
        trouble(n, NULL);
        return true;
}

static bool read_locked(struct notify *n) {
        struct error why = ERROR_INIT;

        if (box_read(&n->box, n->setup.store, true, clock_read(), &why) == 0)
                return true;
        trouble(n, &why);
        return false;
}

/* Nobody waits for the lock on account of messages: what cannot be written now is written in a moment. */
static void synchronise(struct notify *n) {
        if (!store_try_lock_state(n->setup.store))
                return;
        if (read_locked(n) && n->unsaved)
                (void)write_locked(n);
        store_unlock_state(n->setup.store);
        tell_kept(n);
}

/* ---- What becomes of the old ---- */

static void give_up_service(struct notify *n, const char *service, int64_t count, const struct message *oldest) {
        struct arena a AUTO(arena_release) = ARENA_INIT(2048);
        const char *about = oldest->container_name ? arena_printf(&a, " of '%s'", oldest->container_name) : "";
        const char *text = arena_printf(&a, "gave up telling '%s' after a day: %lld message%s, the oldest about %s%s", service,
                                        (long long)count, count == 1 ? "" : "s", oldest->event, about);

        for (int64_t i = 0; i < count; i++)
                tell(n, service, NOTIFIED_GIVEN_UP, text, 0);
        if (n->setup.on_event)
                n->setup.on_event(n->setup.arg, &(struct event){ .at_us = clock_read().wall_us,
                                                                 .type = EVENT_NOTIFY,
                                                                 .status = "failure",
                                                                 .message = text,
                                                                 .duration_ms = -1 });
}

static bool is_hopeless(const struct message *m, struct now now) {
        return !m->under_way && outbox_is_too_old(m, now);
}

static void give_up_old(struct notify *n, struct now now) {
        struct outbox *o = &n->box.o;

        for (size_t i = 0; i < o->n;) {
                struct message oldest = o->messages[i];
                int64_t count = 0;

                if (!is_hopeless(&oldest, now)) {
                        i++;
                        continue;
                }
                for (size_t k = i; k < o->n;) {
                        const struct message *m = &o->messages[k];

                        if (!str_eq(m->service, oldest.service) || !is_hopeless(m, now)) {
                                k++;
                                continue;
                        }
                        outbox_remove(o, m->id);
                        count++;
                }
                n->unsaved = true;
                give_up_service(n, oldest.service, count, &oldest);
        }
}

/* A service that was taken out of the configuration gets nothing more; one that is switched off may be back within a day. */
static bool is_homeless(const struct notify *n, const struct message *m, struct now now) {
        struct service s;

        if (m->under_way)
                return false;
        if (!notify_find(n->setup.config, m->service, &s))
                return true;
        return !queue_is_open(n->setup.config, &s) && outbox_is_too_old(m, now);
}

static void drop_homeless(struct notify *n, struct now now) {
        struct outbox *o = &n->box.o;

        for (size_t i = 0; i < o->n;) {
                if (!is_homeless(n, &o->messages[i], now)) {
                        i++;
                        continue;
                }
                outbox_remove(o, o->messages[i].id);
                n->unsaved = true;
        }
}

/* ---- One delivery ---- */

static bool is_served(const struct notify *n, const char *service) {
        const struct delivery *d;

        LIST_FOREACH(d, &n->deliveries, link)
        if (str_eq(d->service, service))
                return true;
        return false;
}

/* What waits for the same service is not due before this one is, unless it was this one alone that it did not want. */
static void pause_service(struct notify *n, const struct message *failed) {
        for (size_t i = 0; i < n->box.o.n; i++) {
                struct message *m = &n->box.o.messages[i];

                if (m != failed && str_eq(m->service, failed->service) && m->due_us < failed->due_us)
                        m->due_us = failed->due_us;
        }
}

static void failed(struct notify *n, const char *id, const char *service, const struct sent *sent) {
        struct message *m = outbox_find(&n->box.o, id);
        int64_t again_s = m ? outbox_failed(m, sent->wait_s, clock_read()) : 0;

        if (m && !sent->rejected)
                pause_service(n, m);
        n->unsaved = true;
        tell(n, service, NOTIFIED_FAILED, sent->why, again_s);
}

static void ended(void *arg, const struct sent *sent) {
        struct delivery *d = arg;
        struct notify *n = d->notify;

        LIST_REMOVE(d, link);
        if (sent->done) {
                outbox_remove(&n->box.o, d->id);
                n->unsaved = true;
                tell(n, d->service, NOTIFIED_SENT, "", 0);
        } else {
                failed(n, d->id, d->service, sent);
        }
        free(d);
        look_soon(n);
}

static void deliver(struct notify *n, struct message *m, const struct service *s) {
        struct delivery *d = xcalloc(1, sizeof(*d));
        struct error err = ERROR_INIT;
        struct sent sent = { .done = false };

        d->notify = n;
        d->begun_ms = clock_read().mono_ms;
        (void)snprintf(d->id, sizeof(d->id), "%s", m->id);
        (void)snprintf(d->service, sizeof(d->service), "%s", m->service);
        outbox_begin(&n->box.o, m, clock_read());
        if (attempt_begin(n->setup.net, s, m, ended, d, &d->attempt, &err) == 0) {
                LIST_INSERT_HEAD(&n->deliveries, d, link);
                return;
        }
        (void)snprintf(sent.why, sizeof(sent.why), "%.*s", (int)sizeof(sent.why) - 1, err.msg);
        failed(n, d->id, d->service, &sent);
        free(d);
}

/* ---- What is due ---- */

static bool is_due(const struct notify *n, const struct message *m, struct service *ret, struct now now) {
        return !m->under_way && m->due_us <= now.wall_us && !is_served(n, m->service) &&
               notify_find(n->setup.config, m->service, ret) && queue_is_open(n->setup.config, ret);
}

static void begin_due(struct notify *n, struct now now) {
        struct service s;

        for (size_t i = 0; i < n->box.o.n && !n->finishing; i++)
                if (is_due(n, &n->box.o.messages[i], &s, now))
                        deliver(n, &n->box.o.messages[i], &s);
}

bool notify_is_busy(const struct notify *n) {
        struct now now = clock_read();
        struct service s;

        if (!LIST_EMPTY(&n->deliveries))
                return true;
        for (size_t i = 0; i < n->box.o.n; i++)
                if (is_due(n, &n->box.o.messages[i], &s, now))
                        return true;
        return false;
}

/* When to look again; -1: there is nothing to wait for. */
static int64_t next_look_ms(const struct notify *n, struct now now) {
        int64_t ms = n->box.o.n > 0 ? LOOK_EVERY_MS : -1;

        for (size_t i = 0; i < n->box.o.n; i++) {
                const struct message *m = &n->box.o.messages[i];
                int64_t left = m->under_way ? LOOK_EVERY_MS : (m->due_us - now.wall_us) / US_PER_MS + 1;

                if (left > 0 && left < ms)
                        ms = left;
        }
        return n->unsaved ? SAVE_AGAIN_MS : ms;
}

static void look(void *arg) {
        struct notify *n = arg;
        struct now now = clock_read();
        int64_t ms;

        n->timer = 0;
        tell_kept(n);
        outbox_settle(&n->box.o, now);
        drop_homeless(n, now);
        give_up_old(n, now);
        begin_due(n, now);
        if (n->unsaved)
                synchronise(n);
        ms = n->finishing ? -1 : next_look_ms(n, now);
        if (ms >= 0)
                n->timer = net_timer(n->setup.net, ms, look, n);
}

/* In the next round, once for all that happens in this one. */
static void look_soon(struct notify *n) {
        if (n->finishing)
                return;
        net_timer_cancel(n->setup.net, n->timer);
        n->timer = net_timer(n->setup.net, 0, look, n);
}

/* ---- From outside ---- */

struct notify *notify_new(const struct notify_setup *setup) {
        struct notify *n = xcalloc(1, sizeof(*n));
        struct error why = ERROR_INIT;

        n->setup = *setup;
        n->counted_arena = (struct arena)ARENA_INIT(1024);
        counters_init(&n->counted, &n->counted_arena);
        LIST_INIT(&n->deliveries);
        box_init(&n->box);
        /* A broken one is set aside when the lock is held; that it cannot be read is told then. */
        if (store_has_outbox(setup->store) && box_read(&n->box, setup->store, false, clock_read(), &why) < 0)
                n->unsaved = true;
        if (n->box.o.n > 0 || n->unsaved)
                look_soon(n);
        return n;
}

static void cancel_all(struct notify *n) {
        while (!LIST_EMPTY(&n->deliveries)) {
                struct delivery *d = LIST_FIRST(&n->deliveries);
                struct message *m = outbox_find(&n->box.o, d->id);

                if (m)
                        m->under_way = false;
                LIST_REMOVE(d, link);
                attempt_cancel(d->attempt);
                free(d);
        }
}

void notify_free(struct notify *n) {
        if (!n)
                return;
        cancel_all(n);
        net_timer_cancel(n->setup.net, n->timer);
        box_release(&n->box);
        counters_release(&n->counted);
        arena_release(&n->counted_arena);
        free(n);
}

/* How many messages there are of it, new ones or in others. */
static size_t queue_news(const struct queueing *q, const struct notify_news *news) {
        size_t n = queue_announced(q, news->before);

        for (size_t i = 0; i < news->n; i++)
                n += queue_event(q, &news->events[i], news->limit ? news->limit(news->arg, &news->events[i]) : 0);
        if (news->before)
                queue_taken(q, news->events, news->n);
        return n;
}

void notify_post(struct notify *n, const struct notify_news *news, bool locked) {
        struct queueing q = { .box = &n->box.o,
                              .config = n->setup.config,
                              .host = n->setup.host,
                              .now = clock_read(),
                              .on_drop = dropped,
                              .arg = n };
        bool changed = store_outbox_changed(n->setup.store), readable = locked;
        size_t added;

        if (!changed && !queue_is_wanted(n->setup.config))
                return;
        if (changed && locked)
                readable = read_locked(n);
        added = queue_news(&q, news);
        n->unsaved = n->unsaved || added > 0;
        if (n->unsaved && readable)
                (void)write_locked(n);
        if (n->unsaved)
                box_tidy(&n->box);
        if (n->unsaved || changed || added > 0)
                look_soon(n);
}

int notify_leave(struct store *s, const struct config *config, const char *host, const struct notify_news *news,
                 char ret_kept[static NOTIFY_KEPT_SIZE], struct error *err) {
        struct box b AUTO(box_release);
        struct queueing q = { .box = &b.o, .config = config, .host = host, .now = clock_read(), .leaves = true };

        box_init(&b);
        if (news->n == 0 || !queue_is_wanted(config))
                return 0;
        if (box_read(&b, s, true, q.now, err) < 0)
                return -1;
        if (b.kept[0])
                memcpy(ret_kept, b.kept, NOTIFY_KEPT_SIZE);
        return queue_news(&q, news) > 0 ? box_write(&b, s, NULL, NULL, err) : 0;
}

/* Else each of many short passes would wait for a service that never answers, and none would find out that it does not. */
static void fail_silent(struct notify *n) {
        int64_t now_ms = clock_read().mono_ms;
        const struct delivery *d = NULL;

        LIST_FOREACH(d, &n->deliveries, link) {
                struct sent sent = { .done = false };

                if (now_ms - d->begun_ms < SILENT_MS)
                        continue;
                (void)snprintf(sent.why, sizeof(sent.why), "no answer within %llds", (long long)(now_ms - d->begun_ms) / 1000);
                failed(n, d->id, d->service, &sent);
        }
}

static void time_is_over(void *arg) {
        struct notify *n = arg;

        n->finishing = true;
}

void notify_finish(struct notify *n, int64_t limit_ms, const volatile bool *interrupted, struct error *unwritten) {
        uint64_t timer = net_timer(n->setup.net, limit_ms, time_is_over, n);

        while (!n->finishing && !(interrupted && *interrupted) && notify_is_busy(n))
                (void)net_run(n->setup.net);
        net_timer_cancel(n->setup.net, timer);
        if (n->finishing)
                fail_silent(n);
        n->finishing = true;
        cancel_all(n);
        net_timer_cancel(n->setup.net, n->timer);
        n->timer = 0;
        error_clear(unwritten);
        if (!n->unsaved)
                return;
        if (store_lock_state(n->setup.store, unwritten) < 0)
                return;
        if (read_locked(n))
                (void)write_locked(n);
        store_unlock_state(n->setup.store);
        tell_kept(n);
        *unwritten = n->trouble;
}
