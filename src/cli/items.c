/* SPDX-License-Identifier: MIT */
/* How one container of a plan is shown. */
#include "cli_internal.h"

#include "autoheal/json/writer.h"
#include "autoheal/util/timefmt.h"

#define LINE_MAX_BYTES ((size_t)1024 * 1024)

static void print_json_line(const struct buf *b) {
        (void)printf("%s\n", buf_str(b));
}

static void json_word_or_null(struct json_writer *w, const char *key, const char *word, bool absent) {
        json_key(w, key);
        json_str(w, absent ? NULL : word);
}

void item_write_json(struct json_writer *w, const struct plan_item *item, bool no_trunc) {
        const struct container *c = item->container;
        struct arena a AUTO(arena_release) = ARENA_INIT(1024);
        json_word_or_null(w, "name", c->name, false);
        json_word_or_null(w, "id", show_id(c->id, no_trunc, &a), false);
        json_word_or_null(w, "stable_id", item->stable_id, false);
        json_word_or_null(w, "image", c->image, false);
        json_word_or_null(w, "state", container_state_name(c->state), false);
        json_word_or_null(w, "health", health_name(c->health), c->health == HEALTH_NONE || c->health == HEALTH_UNKNOWN);
        json_word_or_null(w, "verdict", verdict_name(item->verdict), false);
        json_key(w, "monitored");
        json_boolean(w, item->monitored);
        json_key(w, "quarantined");
        json_boolean(w, item->quarantined);
        json_word_or_null(w, "decision", decision_name(item->decision), false);
        json_word_or_null(w, "reason", reason_name(item->reason), item->reason == REASON_NONE);
        json_word_or_null(w, "detail", item->detail, !item->detail || !item->detail[0]);
        json_key(w, "until");
        json_time(w, item->until_us);
        json_key(w, "restarts");
        json_num(w, item->restarts);
        json_key(w, "max_restarts");
        json_num(w, item->max_restarts);
        json_word_or_null(w, "result", outcome_name(item->outcome), item->outcome == OUTCOME_NONE && !item->error);
        json_word_or_null(w, "error", item->error, !item->error);
}

void item_print_json(const struct plan_item *item, bool no_trunc) {
        struct buf b AUTO(buf_release) = BUF_INIT(LINE_MAX_BYTES);
        struct json_writer w;
        json_writer_init(&w, &b, JSON_COMPACT);
        json_begin_object(&w);
        item_write_json(&w, item, no_trunc);
        json_end_object(&w);
        print_json_line(&b);
}

static void copy_value(struct json_writer *w, struct json_value v, struct arena *a) {
        enum json_type type = json_type(v);
        if (type != JSON_ARRAY && type != JSON_OBJECT) {
                json_raw_value(w, json_raw(v));
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

void event_print_json(const struct stored_event *e) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct json_doc *doc AUTO_JSON = NULL;
        if (json_parse(e->raw.p, e->raw.n, e->raw.n + 1, &doc, NULL) < 0)
                return;
        struct buf b AUTO(buf_release) = BUF_INIT(LINE_MAX_BYTES);
        struct json_writer w;
        json_writer_init(&w, &b, JSON_COMPACT);
        copy_value(&w, json_root(doc), &a);
        print_json_line(&b);
}

void summary_print_json(const struct pass_summary *s) {
        struct buf b AUTO(buf_release) = BUF_INIT(LINE_MAX_BYTES);
        struct json_writer w;
        json_writer_init(&w, &b, JSON_COMPACT);
        json_begin_object(&w);
        json_key(&w, "summary");
        json_begin_object(&w);
        const struct {
                const char *key;
                int64_t value;
        } counts[] = { { "monitored", s->monitored },     { "ok", s->ok },
                       { "restarted", s->restarted },     { "held", s->held },
                       { "quarantined", s->quarantined }, { "released", s->released },
                       { "failed", s->failed },           { "duration_ms", s->duration_ms } };
        for (size_t i = 0; i < N_ELEMENTS(counts); i++) {
                json_key(&w, counts[i].key);
                json_num(&w, counts[i].value);
        }
        json_end_object(&w);
        json_end_object(&w);
        print_json_line(&b);
}

const char *summary_monitored(const struct pass_summary *s, struct arena *a) {
        return arena_printf(a, "%lld monitored (%lld ok, %lld failing, %lld neither)", (long long)s->monitored, (long long)s->ok,
                            (long long)s->failing, (long long)(s->monitored - s->ok - s->failing));
}

const char *summary_done(const struct pass_summary *s, struct arena *a) {
        return arena_printf(a, "%lld restarted, %lld held, %lld quarantined, %lld released, %lld failed (%.1f s)",
                            (long long)s->restarted, (long long)s->held, (long long)s->quarantined, (long long)s->released,
                            (long long)s->failed, (double)s->duration_ms / 1000.0);
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
