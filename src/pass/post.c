/* SPDX-License-Identifier: MIT */
/* Telling people: what was saved is posted, and what waits is delivered beside the pass. */
#include "pass_internal.h"

#include "autoheal/os/log.h"

/* ---- What came of messages ---- */

static void notified(void *arg, const char *service, enum notified what, const char *why, int64_t again_s) {
        struct pass *p = arg;
        if (p->setup.on_notified)
                p->setup.on_notified(p->setup.arg, service, what, why, again_s);
}

static void history_came(void *arg, const struct event *event) {
        pass_tell_quietly(arg, event);
}

static void outbox_changed(void *arg, const struct error *why) {
        struct pass *p = arg;
        if (p->setup.on_outbox)
                p->setup.on_outbox(p->setup.arg, why);
}

/* ---- Posting ---- */

void post_open(struct pass *p) {
        struct notify_setup setup = { .net = p->setup.net,
                                      .store = p->setup.store,
                                      .config = p->setup.config,
                                      .host = p->host,
                                      .on_result = notified,
                                      .on_event = history_came,
                                      .on_trouble = outbox_changed,
                                      .arg = p };
        if (p->setup.notifies && !p->setup.read_only)
                p->notify = notify_new(&setup);
}

static int64_t limit_of(void *arg, const struct event *event) {
        const struct pass *p = arg;
        for (size_t i = 0; event->stable_id && i < p->plan.n; i++)
                if (str_eq(p->plan.items[i].stable_id, event->stable_id))
                        return p->plan.items[i].max_restarts;
        return 0;
}

void post_events(struct pass *p, const struct state *before, const struct event *events, size_t n, bool locked) {
        struct notify_news news = { .before = before, .events = events, .n = n, .limit = limit_of, .arg = p };
        if (p->notify)
                notify_post(p->notify, &news, locked);
        hook_events(p, events, n);
}

void post_count(struct pass *p, struct counters *c) {
        if (p->notify)
                (void)notify_count(p->notify, c);
}

/* ---- The end ---- */

/* What was counted after the last turn has no other turn to go with. */
static void save_counts(struct pass *p) {
        struct arena a AUTO(arena_release) = ARENA_INIT(1024);
        struct counters counted AUTO(counters_release);
        struct error why = ERROR_INIT;
        counters_init(&counted, &a);
        if (!notify_count(p->notify, &counted))
                return;
        struct recall r AUTO(recall_end);
        struct state after AUTO(state_release);
        state_init(&after, &r.arena);
        if (recall_begin(p, &r, &why) < 0 || !r.can_save) {
                log_debug("the counters of notifications are not saved: %s", why.code ? why.msg : r.why.msg);
                return;
        }
        state_copy(&after, r.state, &r.arena);
        counters_add_services(&after.counters, &counted);
        (void)recall_save(p, &r, &after, NULL, 0);
}

int pass_deliver(struct pass *p, int64_t limit_ms, struct error *err) {
        struct error unwritten = ERROR_INIT;
        if (!p->notify)
                return 0;
        notify_finish(p->notify, limit_ms, p->live ? p->setup.abandon : p->setup.interrupted, &unwritten);
        save_counts(p);
        if (unwritten.code == ERR_NONE)
                return 0;
        *err = unwritten;
        return -1;
}

const char *pass_host(const struct pass *p) {
        return p->host;
}
