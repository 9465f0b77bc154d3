/* SPDX-License-Identifier: MIT */
/* Which events are told, and to whom; and those that an interrupted writer did not come to post. */
#include "notify_internal.h"

#include "autoheal/util/sha256.h"
#include "autoheal/util/timefmt.h"

#define EVENT_MAX   ((size_t)1024 * 1024)
#define TOKENS_MAX  1000
#define WORD_LENGTH 16
#define OLD_NEWS_US (INT64_C(3600) * US_PER_S)

/* ---- To whom ---- */

static const char *or_none(const char *s) {
        return s && *s ? s : NULL;
}

static bool has_address(const struct service_text *url) {
        return url->file || (url->text && *url->text);
}

static bool alert_is_set(const struct config *c) {
        return c->alerts.enabled && c->alerts.notify_on_quarantine && has_address(&c->alerts.webhook);
}

static void alert(const struct config *c, struct service *ret) {
        *ret = (struct service){
                .name = SERVICE_ALERT_NAME, .type = SERVICE_ALERT, .enabled = alert_is_set(c), .url = c->alerts.webhook
        };
}

bool notify_find(const struct config *config, const char *name, struct service *ret) {
        if (str_eq(name, SERVICE_ALERT_NAME)) {
                alert(config, ret);
                return has_address(&ret->url);
        }
        for (size_t i = 0; i < config->notifications.n_services; i++) {
                if (!str_eq(config->notifications.services[i].name, name))
                        continue;
                *ret = config->notifications.services[i];
                return true;
        }
        return false;
}

bool queue_is_open(const struct config *config, const struct service *s) {
        return s->enabled && !s->wrong && (s->type == SERVICE_ALERT || s->always || config->notifications.enabled);
}

bool queue_is_wanted(const struct config *config) {
        if (alert_is_set(config))
                return true;
        for (size_t i = 0; i < config->notifications.n_services; i++)
                if (queue_is_open(config, &config->notifications.services[i]))
                        return true;
        return false;
}

/* ---- Which events ---- */

/* The earlier service's word for a check that has failed. */
static bool fits(const char *filter, const struct message *m) {
        if (str_eq(filter, "health_check_failed"))
                return str_eq(m->event, "health_check") && str_eq(m->status, "failure");
        return str_eq(filter, m->event);
}

/* A container whose label says "notify" is there for nothing else. */
static bool is_asked_for(const struct message *m) {
        return str_eq(m->event, event_type_name(EVENT_NOTIFY)) && m->container_name && !str_eq(m->status, "left-alone") &&
               !str_eq(m->reason, reason_name(REASON_UNEXPLAINED_STOP));
}

static bool passes(const struct config *c, const struct message *m) {
        const struct string_list *filters = &c->notifications.event_filters;

        if (filters->n == 0 || is_asked_for(m))
                return true;
        for (size_t i = 0; i < filters->n; i++)
                if (fits(filters->items[i], m))
                        return true;
        return false;
}

/* ---- Into the box ---- */

/* Two processes, or two messages of one event, never have the same. */
static const char *new_id(const struct outbox *box, const char *service, const struct message *m, struct now now) {
        struct arena *a = box->arena;
        char hex[SHA256_HEX_SIZE];
        const char *what = arena_printf(a, "%lld %lld %lld %zu %s %s %s", (long long)now.wall_us, (long long)now.mono_ms,
                                        (long long)m->at_us, box->n, service, m->event, m->stable_id ? m->stable_id : "");

        sha256_hex(hex, what, strlen(what));
        return arena_strndup(a, hex, 16);
}

static void queue_for(const struct queueing *q, const char *service, const struct message *m) {
        struct message one = *m;
        const char *dropped;

        one.service = service;
        dropped = (q->leaves ? outbox_leave : outbox_add)(q->box, &one, new_id(q->box, service, m, q->now), q->now);
        if (dropped && q->on_drop)
                q->on_drop(q->arg, dropped);
}

/* Without a plan at hand the limit is that of the configuration, which a label may have replaced. */
static int64_t limit_or_usual(const struct queueing *q, const char *container_name, int64_t limit) {
        return limit || !container_name ? limit : q->config->restart.max_restarts;
}

static size_t queue_message(const struct queueing *q, const struct message *m) {
        const struct config *c = q->config;
        struct service s;
        size_t n = 0;

        alert(c, &s);
        if (queue_is_open(c, &s) && str_eq(m->event, event_type_name(EVENT_QUARANTINE)) && str_eq(m->status, "quarantined")) {
                queue_for(q, s.name, m);
                n++;
        }
        for (size_t i = 0; passes(c, m) && i < c->notifications.n_services; i++) {
                if (!queue_is_open(c, &c->notifications.services[i]))
                        continue;
                queue_for(q, c->notifications.services[i].name, m);
                n++;
        }
        return n;
}

size_t queue_event(const struct queueing *q, const struct event *e, int64_t limit) {
        return queue_message(q, &(struct message){ .at_us = e->at_us,
                                                   .host = q->host,
                                                   .event = event_type_name(e->type),
                                                   .status = or_none(e->status),
                                                   .container_id = or_none(e->container_id),
                                                   .container_name = or_none(e->container_name),
                                                   .stable_id = or_none(e->stable_id),
                                                   .text = or_none(e->message),
                                                   .reason = or_none(e->reason),
                                                   .health_output = or_none(e->health_output),
                                                   .restart_count = e->restart_count,
                                                   .max_restarts = limit_or_usual(q, or_none(e->container_name), limit),
                                                   .has_exit_code = e->has_exit_code,
                                                   .exit_code = e->exit_code,
                                                   .oom_killed = e->oom_killed });
}

/* ---- What was announced and not posted ---- */

static const char *stored_text(struct json_value event, const char *key, struct arena *a) {
        return or_none(json_string(json_get(event, key), a));
}

/* The history has "name (stable id)". */
static const char *name_alone(const char *name, const char *stable_id, struct arena *a) {
        const char *end = name && stable_id ? arena_printf(a, " (%s)", stable_id) : NULL;
        size_t n = name ? strlen(name) : 0, m = end ? strlen(end) : 0;

        return m > 0 && n > m && str_eq(name + n - m, end) ? arena_strndup(a, name, n - m) : name;
}

static size_t queue_stored(const struct queueing *q, struct slice text) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct json_doc *doc AUTO_JSON = NULL;
        struct message m = { .host = q->host };

        if (json_parse(text.p, text.n, TOKENS_MAX, &doc, NULL) < 0)
                return 0;

        struct json_value e = json_root(doc);
        const char *time = stored_text(e, "timestamp", &a);

        if (!time || !time_parse_iso(slice_str(time), &m.at_us) || q->now.wall_us - m.at_us > OLD_NEWS_US)
                return 0;
        m.event = stored_text(e, "event_type", &a);
        m.status = stored_text(e, "status", &a);
        m.container_id = stored_text(e, "container_id", &a);
        m.stable_id = stored_text(e, "stable_id", &a);
        m.container_name = name_alone(stored_text(e, "container_name", &a), m.stable_id, &a);
        m.text = stored_text(e, "message", &a);
        m.reason = stored_text(e, "reason", &a);
        m.health_output = stored_text(e, "health_output", &a);
        m.has_exit_code = json_int(json_get(e, "exit_code"), &m.exit_code);
        (void)json_bool(json_get(e, "oom_killed"), &m.oom_killed);
        (void)json_int(json_get(e, "restart_count"), &m.restart_count);
        m.max_restarts = limit_or_usual(q, m.container_name, 0);
        return m.event ? queue_message(q, &m) : 0;
}

static void take(struct outbox *box, const char *word) {
        box->taken = arena_strndup(box->arena, word, WORD_LENGTH);
}

size_t queue_announced(const struct queueing *q, const struct state *before) {
        char last[SHA256_HEX_SIZE];
        size_t n = 0;

        if (!before || before->n_untold == 0)
                return 0;
        sha256_hex(last, before->untold[before->n_untold - 1].p, before->untold[before->n_untold - 1].n);
        if (q->box->taken && strncmp(last, q->box->taken, WORD_LENGTH) == 0)
                return 0;
        for (size_t i = 0; i < before->n_untold; i++)
                n += queue_stored(q, before->untold[i]);
        take(q->box, last);
        return n;
}

void queue_taken(const struct queueing *q, const struct event *events, size_t n) {
        struct buf text AUTO(buf_release) = BUF_INIT(EVENT_MAX);
        char last[SHA256_HEX_SIZE];

        if (n == 0)
                return;
        store_write_event(&text, &events[n - 1]);
        sha256_hex(last, buf_str(&text), text.len);
        take(q->box, last);
}
