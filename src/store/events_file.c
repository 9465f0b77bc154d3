/* SPDX-License-Identifier: MIT */
/* events.json: an array of what happened, oldest first; elements that are there already are kept byte by byte. */
#include "store_internal.h"

#include "autoheal/os/file.h"
#include "autoheal/util/timefmt.h"

#include <assert.h>

#define NAME              STORE_EVENTS
#define HEALTH_OUTPUT_MAX 1024
/* What surrounds the elements, and ",\n" before each. */
#define FRAME_SIZE     8
#define SEPARATOR_SIZE 2

int store_check_events(const struct store *s, struct json_value root, struct error *err) {
        struct json_iter it = json_iter(root);

        if (store_expect(s, NAME, root, JSON_ARRAY, "the whole file", err) < 0)
                return -1;
        while (json_next(&it))
                if (store_expect(s, NAME, it.value, JSON_OBJECT, "an event", err) < 0)
                        return -1;
        return 0;
}

static int read_events(const struct store *s, struct store_text *ret, struct error *err) {
        struct store_text t AUTO(store_text_release) = { .doc = NULL };

        if (store_text_read(s, NAME, STORE_EVENTS_READ_MAX, &t, err) < 0 || store_check_events(s, store_text_root(&t), err) < 0)
                return -1;
        *ret = store_text_take(&t);
        return 0;
}

static const char *or_empty(const char *s) {
        return s ? s : "";
}

/* As the reference service names a container: "name (stable id)". */
static void add_name(struct json_writer *w, const struct event *e) {
        const char *name = or_empty(e->container_name), *id = or_empty(e->stable_id);
        struct buf both AUTO(buf_release) = BUF_INIT(4096);

        buf_add_str(&both, *name ? name : id);
        if (*id)
                buf_addf(&both, " (%s)", id);
        json_key(w, "container_name");
        json_str(w, buf_str(&both));
}

/* At most HEALTH_OUTPUT_MAX bytes, not cut inside of a character. */
static struct slice shorten(const char *s) {
        size_t n = strlen(s);

        if (n > HEALTH_OUTPUT_MAX) {
                n = HEALTH_OUTPUT_MAX;
                while (n > HEALTH_OUTPUT_MAX - 4 && ((unsigned char)s[n] & 0xC0) == 0x80)
                        n--;
        }
        return (struct slice){ s, n };
}

static void add_details(struct json_writer *w, const struct event *e) {
        if (e->stable_id && *e->stable_id) {
                json_key(w, "stable_id");
                json_str(w, e->stable_id);
        }
        if (e->reason) {
                json_key(w, "reason");
                json_str(w, e->reason);
        }
        if (e->has_exit_code) {
                json_key(w, "exit_code");
                json_num(w, e->exit_code);
        }
        if (e->oom_killed) {
                json_key(w, "oom_killed");
                json_boolean(w, true);
        }
        if (e->health_output && *e->health_output) {
                json_key(w, "health_output");
                json_strn(w, shorten(e->health_output));
        }
        if (e->duration_ms >= 0) {
                json_key(w, "duration_ms");
                json_num(w, e->duration_ms);
        }
}

void store_write_event(struct buf *out, const struct event *e) {
        struct json_writer w;

        json_writer_init(&w, out, JSON_COMPACT);
        json_begin_object(&w);
        json_key(&w, "timestamp");
        json_time(&w, e->at_us);
        json_key(&w, "container_id");
        json_str(&w, or_empty(e->container_id));
        add_name(&w, e);
        json_key(&w, "event_type");
        json_str(&w, event_type_name(e->type));
        json_key(&w, "restart_count");
        json_num(&w, e->restart_count);
        json_key(&w, "status");
        json_str(&w, or_empty(e->status));
        json_key(&w, "message");
        json_str(&w, or_empty(e->message));
        add_details(&w, e);
        json_end_object(&w);
}

/* How many of the oldest must go. */
static size_t surplus(const struct slice *all, size_t n, size_t max_entries) {
        size_t size = FRAME_SIZE, kept = 0;

        while (kept < n && kept < max_entries && size + all[n - kept - 1].n + SEPARATOR_SIZE <= STORE_EVENTS_WRITE_MAX)
                size += all[n - ++kept].n + SEPARATOR_SIZE;
        return n - kept;
}

int store_put_events(struct store *s, const struct slice *elements, size_t n, struct error *err) {
        struct buf out AUTO(buf_release) = BUF_INIT(STORE_EVENTS_WRITE_MAX);
        struct store_lines lines = { .out = &out };

        buf_add_char(&out, '[');
        for (size_t i = 0; i < n; i++) {
                store_lines_next(&lines);
                buf_add(&out, elements[i].p, elements[i].n);
        }
        buf_add_str(&out, lines.any ? "\n]\n" : "]\n");
        assert(!out.overflowed);
        return store_put(s, NAME, out.data, out.len, FILE_DURABLE, err);
}

/* Adds elements that are JSON already, oldest first. */
static int append(struct store *s, const struct store_text *there, const struct slice *added, size_t n, size_t max_entries,
                  struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(64 * 1024);
        struct json_value root = store_text_root(there);
        struct slice *all = arena_array(&a, json_count(root) + n, sizeof(*all));
        struct json_iter it = json_iter(root);
        size_t k = 0, drop;

        while (json_next(&it))
                all[k++] = json_raw(it.value);
        for (size_t i = 0; i < n; i++)
                all[k++] = added[i];
        drop = surplus(all, k, max_entries);
        return store_put_events(s, all + drop, k - drop, err);
}

static struct slice *format_all(const struct event *events, size_t n, struct arena *a) {
        struct slice *texts = arena_array(a, n, sizeof(*texts));

        for (size_t i = 0; i < n; i++) {
                struct buf text AUTO(buf_release) = BUF_INIT(STORE_EVENT_MAX);

                store_write_event(&text, &events[i]);
                texts[i] = (struct slice){ arena_strndup(a, buf_str(&text), text.len), text.len };
        }
        return texts;
}

int store_append_events(struct store *s, const struct event *events, size_t n, int64_t max_entries, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(64 * 1024);
        struct store_text there AUTO(store_text_release) = { .doc = NULL };

        if (n == 0)
                return 0;
        assert(store_is_locked(s));
        if (read_events(s, &there, err) < 0)
                return -1;
        return append(s, &there, format_all(events, n, &a), n, max_entries > 0 ? (size_t)max_entries : 1, err);
}

void store_announce_events(struct state *next, const struct event *events, size_t n) {
        next->untold = format_all(events, n, next->arena);
        next->n_untold = n;
}

static bool stands_there(struct json_value root, struct slice text) {
        struct json_iter it = json_iter(root);

        while (json_next(&it)) {
                struct slice raw = json_raw(it.value);

                if (raw.n == text.n && memcmp(raw.p, text.p, text.n) == 0)
                        return true;
        }
        return false;
}

/* They are appended all at once, so the last one tells; the first of many may have been dropped as the oldest again. */
static bool are_told(struct json_value root, const struct state *st) {
        return st->n_untold == 0 || stands_there(root, st->untold[st->n_untold - 1]);
}

void store_find_pending(const struct store *s, const struct state *st, bool *ret_pending) {
        struct store_text there AUTO(store_text_release) = { .doc = NULL };
        bool known = st->n_untold > 0 && read_events(s, &there, NULL) == 0;
        bool told = known && are_told(store_text_root(&there), st);

        for (size_t i = 0; i < st->n_untold; i++)
                ret_pending[i] = !told && (!known || !stands_there(store_text_root(&there), st->untold[i]));
}

int store_tell_untold(struct store *s, const struct state *prev, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct store_text there AUTO(store_text_release) = { .doc = NULL };
        struct slice *missing = arena_array(&a, prev->n_untold, sizeof(*missing));
        size_t n = 0;

        if (prev->n_untold == 0)
                return 0;
        if (read_events(s, &there, err) < 0)
                return -1;
        if (are_told(store_text_root(&there), prev))
                return 0;
        for (size_t i = 0; i < prev->n_untold; i++)
                if (!stands_there(store_text_root(&there), prev->untold[i]))
                        missing[n++] = prev->untold[i];
        return n ? append(s, &there, missing, n, STORE_EVENTS_MAX, err) : 0;
}

/* Old events carry the stable id in the name only. A container's name has no blanks, so the first " (" ends it. */
static const char *id_from_name(const char *name, struct arena *a) {
        const char *open = strstr(name, " (");
        size_t n = open ? strlen(open) : 0;

        if (n < sizeof(" ()") || open[n - 1] != ')')
                return "";
        return arena_strndup(a, open + 2, n - 3);
}

static struct stored_event decode(struct json_value v, struct arena *a) {
        struct slice raw = json_raw(v);
        struct stored_event e = {
                .type = or_empty(json_string(json_get(v, "event_type"), a)),
                .container_id = or_empty(json_string(json_get(v, "container_id"), a)),
                .container_name = or_empty(json_string(json_get(v, "container_name"), a)),
                .stable_id = or_empty(json_string(json_get(v, "stable_id"), a)),
                .status = or_empty(json_string(json_get(v, "status"), a)),
                .message = or_empty(json_string(json_get(v, "message"), a)),
                .reason = or_empty(json_string(json_get(v, "reason"), a)),
                .raw = { arena_strndup(a, raw.p, raw.n), raw.n },
        };
        const char *time = json_string(json_get(v, "timestamp"), a);

        if (time && !time_parse_iso(slice_str(time), &e.at_us))
                e.at_us = 0;
        if (!json_int(json_get(v, "restart_count"), &e.restart_count))
                e.restart_count = 0;
        if (!json_int(json_get(v, "duration_ms"), &e.duration_ms) || e.duration_ms < 0)
                e.duration_ms = -1;
        if (!*e.stable_id)
                e.stable_id = id_from_name(e.container_name, a);
        return e;
}

struct stored_event *store_decode_events(struct json_value root, struct arena *a, size_t *ret_n) {
        struct stored_event *events = arena_array(a, json_count(root), sizeof(*events));
        struct json_iter it = json_iter(root);
        size_t n = 0;

        while (json_next(&it))
                events[n++] = decode(it.value, a);
        *ret_n = n;
        return events;
}

int store_read_events(struct store *s, struct arena *a, struct stored_event **ret, size_t *ret_n, struct error *err) {
        struct store_text t AUTO(store_text_release) = { .doc = NULL };

        if (read_events(s, &t, err) < 0) {
                if (err && err->code == ERR_CONFIG && !err->remedy_at)
                        return error_remedy(err, "the next pass sets it aside and begins a new one: docker autoheal run");
                return -1;
        }
        *ret = NULL;
        *ret_n = 0;
        if (t.doc)
                *ret = store_decode_events(store_text_root(&t), a, ret_n);
        return 0;
}

int store_clear_events(struct store *s, size_t *ret_n, struct error *err) {
        struct store_text t AUTO(store_text_release) = { .doc = NULL };
        size_t n;

        assert(store_is_locked(s));
        if (read_events(s, &t, err) < 0)
                return -1;
        n = json_count(store_text_root(&t));
        if (t.doc && store_put_events(s, NULL, 0, err) < 0)
                return -1;
        *ret_n = n;
        return 0;
}
