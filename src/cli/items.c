/* SPDX-License-Identifier: MIT */
/* What is shown of a container in a plan, of a stored event and of a pass. */
#include "items.h"

#include "autoheal/json/writer.h"
#include "autoheal/util/text.h"
#include "autoheal/util/timefmt.h"

#define SUMMARY_MAX  ((size_t)1024)
#define ESCAPE_GROWS 6 /* one byte may become \u001b */

static const char *none_if(bool none, const char *word) {
        return none ? NULL : word;
}

static const char *monitored_text(const struct plan_item *item, struct arena *a) {
        return item->monitored ? "yes" : arena_printf(a, "no (%s)", reason_name(item->monitor_reason));
}

static const char *restarts_text(const struct plan_item *item, struct arena *a) {
        if (!item->monitored)
                return "";
        return arena_printf(a, "%lld/%lld", (long long)item->restarts, (long long)item->max_restarts);
}

void item_values(struct value *ret, const struct plan_item *item, int64_t now_us, bool no_trunc, struct arena *a) {
        const struct container *c = item->container;
        const struct value values[] = {
                [ITEM_NAME] = value_text(c->name),
                [ITEM_ID] = value_text(show_id(c->id, no_trunc, a)),
                [ITEM_STABLE_ID] = value_text(item->stable_id),
                [ITEM_IMAGE] = value_text(c->image),
                [ITEM_STATE] = value_text(container_state_name(c->state)),
                [ITEM_HEALTH] =
                        value_text(none_if(c->health == HEALTH_NONE || c->health == HEALTH_UNKNOWN, health_name(c->health))),
                [ITEM_VERDICT] = value_text(verdict_name(item->verdict)),
                [ITEM_MONITORED] = value_bool(item->monitored),
                [ITEM_QUARANTINED] = value_bool(item->quarantined),
                [ITEM_DECISION] = value_text(decision_name(item->decision)),
                [ITEM_REASON] = value_text(none_if(item->reason == REASON_NONE, reason_name(item->reason))),
                [ITEM_DETAIL] = value_text(none_if(!item->detail || !item->detail[0], item->detail)),
                [ITEM_UNTIL] = value_time(item->until_us),
                [ITEM_RESTARTS] = value_number(item->restarts),
                [ITEM_MAX_RESTARTS] = value_number(item->max_restarts),
                [ITEM_RESULT] = value_text(none_if(item->outcome == OUTCOME_NONE && !item->error, outcome_name(item->outcome))),
                [ITEM_ERROR] = value_text(item->error),
                [ITEM_STATUS] = value_text(c->status),
                [ITEM_MONITORED_TEXT] = value_text(monitored_text(item, a)),
                [ITEM_MONITOR_DETAIL] = value_text(item->monitor_detail),
                [ITEM_VERDICT_TEXT] = value_text(item_verdict(item, a)),
                [ITEM_VERDICT_DETAIL] = value_text(item->verdict_detail),
                [ITEM_RESTARTS_TEXT] = value_text(restarts_text(item, a)),
                [ITEM_QUARANTINED_TEXT] = value_text(item->quarantined ? "yes" : "no"),
                [ITEM_NEXT_ACTION] = value_text(item->monitored ? item_next(item, now_us, a) : ""),
        };
        _Static_assert(N_ELEMENTS(values) == N_ITEM_FIELDS, "one value for each field");
        memcpy(ret, values, sizeof(values));
}

/* ---- Stored events ---- */

static bool is_printable(struct slice s) {
        uint32_t cp = 0;
        for (size_t n; s.n && (n = utf8_sequence(s.p, s.n, &cp)) > 0 && text_is_printable(cp); s.p += n, s.n -= n)
                continue;
        return s.n == 0;
}

/* Scalars byte for byte, but for a string that a terminal would act on. */
static void copy_scalar(struct json_writer *w, struct json_value v, struct arena *a) {
        struct slice raw = json_raw(v);
        if (json_type(v) == JSON_STRING && !is_printable(raw))
                json_str(w, json_string(v, a));
        else
                json_raw_value(w, raw);
}

static void copy_value(struct json_writer *w, struct json_value v, struct arena *a) {
        enum json_type type = json_type(v);
        if (type != JSON_ARRAY && type != JSON_OBJECT) {
                copy_scalar(w, v, a);
                return;
        }
        if (type == JSON_ARRAY)
                json_begin_array(w);
        else
                json_begin_object(w);
        struct json_iter it = json_iter(v);
        while (json_next(&it)) {
                if (type == JSON_OBJECT)
                        json_key(w, json_key_string(&it, a));
                copy_value(w, it.value, a);
        }
        if (type == JSON_ARRAY)
                json_end_array(w);
        else
                json_end_object(w);
}

static const char *event_json(const struct stored_event *e, struct json_value object, struct arena *a) {
        struct buf b AUTO(buf_release) = BUF_INIT(ESCAPE_GROWS * e->raw.n);
        struct json_writer w;
        json_writer_init(&w, &b, JSON_COMPACT);
        copy_value(&w, object, a);
        return arena_strdup(a, buf_str(&b));
}

/* It is stored as "name (stable id)". */
static const char *plain_name(const struct stored_event *e, struct arena *a) {
        const char *open = strstr(e->container_name, " (");
        return open ? arena_strndup(a, e->container_name, (size_t)(open - e->container_name)) : e->container_name;
}

static struct value int_value(struct json_value v) {
        int64_t n = 0;
        return json_int(v, &n) ? value_number(n) : value_null();
}

static struct value bool_value(struct json_value v) {
        bool b = false;
        return json_bool(v, &b) ? value_bool(b) : value_null();
}

void event_values(struct value *ret, const struct stored_event *e, struct arena *a) {
        struct json_doc *doc AUTO_JSON = NULL;
        struct json_value object = { .doc = NULL };
        if (json_parse(e->raw.p, e->raw.n, e->raw.n + 1, &doc, NULL) == 0)
                object = json_root(doc);
        const struct value values[] = {
                [EVENT_FIELD_OBJECT] = value_json(event_json(e, object, a)),
                [EVENT_FIELD_TIMESTAMP] = value_time(e->at_us),
                [EVENT_FIELD_CONTAINER_ID] = value_text(e->container_id),
                [EVENT_FIELD_CONTAINER_NAME] = value_text(e->container_name),
                [EVENT_FIELD_TYPE] = value_text(e->type),
                [EVENT_FIELD_RESTART_COUNT] = value_number(e->restart_count),
                [EVENT_FIELD_STATUS] = value_text(e->status),
                [EVENT_FIELD_MESSAGE] = value_text(e->message),
                [EVENT_FIELD_STABLE_ID] = value_text(none_if(!e->stable_id[0], e->stable_id)),
                [EVENT_FIELD_REASON] = value_text(none_if(!e->reason[0], e->reason)),
                [EVENT_FIELD_EXIT_CODE] = int_value(json_get(object, "exit_code")),
                [EVENT_FIELD_OOM_KILLED] = bool_value(json_get(object, "oom_killed")),
                [EVENT_FIELD_HEALTH_OUTPUT] = value_text(json_string(json_get(object, "health_output"), a)),
                [EVENT_FIELD_DURATION_MS] = int_value(json_get(object, "duration_ms")),
                [EVENT_FIELD_CONTAINER] = value_text(plain_name(e, a)),
        };
        _Static_assert(N_ELEMENTS(values) == N_EVENT_FIELDS, "one value for each field");
        memcpy(ret, values, sizeof(values));
}

/* ---- One pass ---- */

void summary_print_json(const struct pass_summary *s) {
        struct buf b AUTO(buf_release) = BUF_INIT(SUMMARY_MAX);
        struct json_writer w;
        json_writer_init(&w, &b, JSON_COMPACT);
        json_begin_object(&w);
        json_key(&w, "summary");
        json_begin_object(&w);
        const struct {
                const char *key;
                int64_t value;
        } counts[] = { { "monitored", s->monitored },    { "ok", s->ok },         { "restarted", s->restarted },
                       { "stopped", s->stopped },        { "held", s->held },     { "quarantined", s->quarantined },
                       { "released", s->released },      { "failed", s->failed }, { "unknown", s->unknown },
                       { "duration_ms", s->duration_ms } };
        for (size_t i = 0; i < N_ELEMENTS(counts); i++) {
                json_key(&w, counts[i].key);
                json_num(&w, counts[i].value);
        }
        json_end_object(&w);
        json_end_object(&w);
        (void)printf("%s\n", buf_str(&b));
}

const char *summary_monitored(const struct pass_summary *s, struct arena *a) {
        return arena_printf(a, "%lld monitored (%lld ok, %lld failing, %lld neither), %lld quarantined", (long long)s->monitored,
                            (long long)s->ok, (long long)s->failing, (long long)(s->monitored - s->ok - s->failing),
                            (long long)s->quarantined);
}

/* ", 2 stopped"; "" where there are none. */
static const char *count_if_any(int64_t n, const char *what, struct arena *a) {
        return n > 0 ? arena_printf(a, ", %lld %s", (long long)n, what) : "";
}

const char *summary_done(const struct pass_summary *s, struct arena *a) {
        return arena_printf(a, "%lld restarted%s, %lld held%s, %lld released, %lld failed%s (%.1f s)", (long long)s->restarted,
                            count_if_any(s->stopped, "stopped", a), (long long)s->held,
                            count_if_any(s->newly_quarantined, "newly quarantined", a), (long long)s->released,
                            (long long)s->failed, count_if_any(s->unknown, "of unknown outcome", a),
                            (double)s->duration_ms / 1000.0);
}

const char *item_verdict(const struct plan_item *item, struct arena *a) {
        if (!item->monitored)
                return "";
        const char *verdict = verdict_name(item->verdict), *reason = reason_name(item->verdict_reason);
        if (item->verdict == VERDICT_OK || str_eq(verdict, reason) || item->verdict_reason == REASON_NONE)
                return verdict;
        return arena_printf(a, "%s (%s)", verdict, reason);
}

static const char *next_when_held(const struct plan_item *item, int64_t now_us, struct arena *a) {
        const char *reason = reason_name(item->reason);
        if (item->reason == REASON_QUARANTINED && item->until_us == 0)
                return "held (quarantined)";
        /* Its end is only the time by which the engine must have answered. */
        if (item->reason == REASON_IN_FLIGHT || item->reason == REASON_STOPPING)
                return arena_printf(a, "held (%s)", reason);
        const char *what = item->reason == REASON_QUARANTINED ? "release" : "restart";
        if (item->until_us == 0)
                return arena_printf(a, "held (%s)", reason);
        char left[DURATION_SIZE];
        int64_t wait_us = item->until_us > now_us ? item->until_us - now_us : 0;
        duration_format((wait_us + US_PER_S - 1) / US_PER_S, left);
        return arena_printf(a, "%s in %s (%s)", what, left, reason);
}

const char *item_next(const struct plan_item *item, int64_t now_us, struct arena *a) {
        switch (item->decision) {
        case DECISION_NONE:
                return item->quarantined ? "held (quarantined)" : "none";
        case DECISION_HOLD:
                return next_when_held(item, now_us, a);
        case DECISION_SKIP:
                return arena_printf(a, "none (%s)", reason_name(item->reason));
        default:
                return decision_name(item->decision);
        }
}
