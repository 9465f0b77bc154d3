/* SPDX-License-Identifier: MIT */
/* outbox.json: messages that were not delivered yet. */
#include "autoheal/store/outbox.h"

#include "store_internal.h"

#include <errno.h>

#define NAME       STORE_OUTBOX
#define KEEP_TRIES 100

/* ---- Reading ---- */

static struct store_fields fields_of(const struct store *s, struct json_value object, const char *path, struct arena *a,
                                     struct error *err) {
        return (struct store_fields){ .store = s, .name = NAME, .path = path, .object = object, .arena = a, .err = err };
}

static const char *text(struct store_fields *f, const char *key) {
        const char *s = store_field_string(f, key);

        return *s ? s : NULL;
}

static int load_message(const struct store *s, struct json_value v, struct outbox *o, struct error *err) {
        struct store_fields f = fields_of(s, v, "messages", o->arena, err);

        if (store_expect(s, NAME, v, JSON_OBJECT, "a message", err) < 0)
                return -1;
        struct message m = {
                .id = text(&f, "id"),
                .service = text(&f, "service"),
                .queued_us = store_field_time(&f, "queued"),
                .due_us = store_field_time(&f, "due"),
                .attempts = store_field_number(&f, "attempts", 0),
                .at_us = store_field_time(&f, "timestamp"),
                .host = text(&f, "host"),
                .event = text(&f, "event_type"),
                .status = text(&f, "status"),
                .container_id = text(&f, "container_id"),
                .container_name = text(&f, "container_name"),
                .stable_id = text(&f, "stable_id"),
                .text = text(&f, "message"),
                .reason = text(&f, "reason"),
                .health_output = text(&f, "health_output"),
                .restart_count = store_field_number(&f, "restart_count", 0),
                .max_restarts = store_field_number(&f, "max_restarts", 0),
                .oom_killed = store_field_flag(&f, "oom_killed"),
                .more = store_field_number(&f, "more", 0),
                .more_failed = store_field_number(&f, "more_failed", 0),
                .more_since_us = store_field_time(&f, "more_since"),
        };
        struct json_value code = store_field(&f, "exit_code");

        m.has_exit_code = json_int(code, &m.exit_code);
        if (f.failed)
                return -1;
        if (!m.id || !m.service || !m.event)
                return store_bad_value(s, NAME, v, err, "a message must have 'id', 'service' and 'event_type'");
        outbox_adopt(o, &m);
        return 0;
}

static int load_told(const struct store *s, struct json_value v, struct outbox *o, struct error *err) {
        struct store_fields f = fields_of(s, v, "told", o->arena, err);

        if (store_expect(s, NAME, v, JSON_OBJECT, "each of 'told'", err) < 0)
                return -1;
        struct said t = { .service = store_field_string(&f, "service"),
                          .container = store_field_string(&f, "container"),
                          .event = store_field_string(&f, "event_type"),
                          .at_us = store_field_time(&f, "at") };

        if (f.failed)
                return -1;
        outbox_note_told(o, &t);
        return 0;
}

static int load(const struct store *s, struct json_value root, struct outbox *o, struct error *err) {
        struct store_fields f = fields_of(s, root, "", o->arena, err);
        struct json_value messages = store_field(&f, "messages"), told = store_field(&f, "told");
        struct json_iter it = json_iter(messages), told_it = json_iter(told);

        if (store_expect(s, NAME, root, JSON_OBJECT, "the whole file", err) < 0 ||
            store_expect(s, NAME, messages, JSON_ARRAY, "'messages'", err) < 0 ||
            store_expect(s, NAME, told, JSON_ARRAY, "'told'", err) < 0)
                return -1;
        o->dropped = store_field_number(&f, "dropped", 0);
        o->taken = text(&f, "taken");
        while (o->n < OUTBOX_MESSAGES_MAX && json_next(&it))
                if (load_message(s, it.value, o, err) < 0)
                        return -1;
        while (json_next(&told_it))
                if (load_told(s, told_it.value, o, err) < 0)
                        return -1;
        return f.failed ? -1 : 0;
}

int store_read_outbox(struct store *s, struct arena *a, struct outbox *ret, struct error *err) {
        struct store_text t AUTO(store_text_release) = { .doc = NULL };
        struct outbox o;

        outbox_init(&o, a);
        s->outbox_version = store_version_of(s, NAME);
        if (store_text_read(s, NAME, STORE_OUTBOX_MAX, &t, err) < 0 || load(s, store_text_root(&t), &o, err) < 0)
                return -1;
        *ret = o;
        return 0;
}

bool store_has_outbox(const struct store *s) {
        return store_version_of(s, NAME).ino != 0;
}

bool store_outbox_changed(const struct store *s) {
        struct store_version is = store_version_of(s, NAME);

        return !store_version_same(&is, &s->outbox_version);
}

/* ---- Writing ---- */

static void add_message(struct store_members *m, const struct message *x) {
        store_member_string(m, "id", x->id);
        store_member_string(m, "service", x->service);
        store_member_time(m, "queued", x->queued_us);
        store_member_time(m, "due", x->due_us);
        store_member_number(m, "attempts", x->attempts, x->attempts > 0);
        store_member_time(m, "timestamp", x->at_us);
        store_member_string(m, "host", x->host);
        store_member_string(m, "event_type", x->event);
        store_member_string(m, "status", x->status);
        store_member_string(m, "container_id", x->container_id);
        store_member_string(m, "container_name", x->container_name);
        store_member_string(m, "stable_id", x->stable_id);
        store_member_string(m, "message", x->text);
        store_member_string(m, "reason", x->reason);
        store_member_number(m, "exit_code", x->exit_code, x->has_exit_code);
        store_member_flag(m, "oom_killed", x->oom_killed);
        store_member_string(m, "health_output", x->health_output);
        store_member_number(m, "restart_count", x->restart_count, x->restart_count > 0);
        store_member_number(m, "max_restarts", x->max_restarts, x->max_restarts > 0);
        store_member_number(m, "more", x->more, x->more > 0);
        store_member_number(m, "more_failed", x->more_failed, x->more_failed > 0);
        store_member_time(m, "more_since", x->more_since_us);
}

static struct json_value in_place(struct json_value messages, const char *id) {
        struct json_iter it = json_iter(messages);

        while (json_next(&it))
                if (json_string_eq(json_get(it.value, "id"), id))
                        return it.value;
        return (struct json_value){ .doc = NULL };
}

static void write_messages(struct buf *out, struct store_members *m, const struct outbox *o, struct json_value old) {
        struct store_lines lines = { .out = out };

        buf_add_char(out, '[');
        for (size_t i = 0; i < o->n; i++) {
                store_lines_next(&lines);
                store_members_clear(m);
                add_message(m, &o->messages[i]);
                store_members_write(out, m, in_place(old, o->messages[i].id), JSON_COMPACT);
        }
        buf_add_char(out, ']');
}

static void write_told(struct buf *out, const struct outbox *o) {
        struct json_writer w;

        json_writer_init(&w, out, JSON_COMPACT);
        json_begin_array(&w);
        for (size_t i = 0; i < o->n_told; i++) {
                json_begin_object(&w);
                json_key(&w, "service");
                json_str(&w, o->told[i].service);
                json_key(&w, "container");
                json_str(&w, o->told[i].container);
                json_key(&w, "event_type");
                json_str(&w, o->told[i].event);
                json_key(&w, "at");
                json_time(&w, o->told[i].at_us);
                json_end_object(&w);
        }
        json_end_array(&w);
}

/* What is known of the messages is bounded, what others may have put beside it is not: then it is written without that. */
static void format(struct buf *out, const struct outbox *o, struct json_value old) {
        struct store_members m AUTO(store_members_release) = { .text = BUF_INIT(STORE_STATE_MAX) };
        struct buf messages AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);
        struct buf told AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);

        write_messages(&messages, &m, o, json_get(old, "messages"));
        write_told(&told, o);
        store_members_clear(&m);
        store_member_raw(&m, "messages", (struct slice){ messages.data, messages.len });
        store_member_raw(&m, "told", (struct slice){ told.data, told.len });
        store_member_number(&m, "dropped", o->dropped, o->dropped > 0);
        store_member_string(&m, "taken", o->taken);
        store_members_write(out, &m, old, JSON_COMPACT);
        buf_add_char(out, '\n');
}

int store_write_outbox(struct store *s, const struct outbox *o, struct error *err) {
        struct store_text there AUTO(store_text_release) = { .doc = NULL };
        struct buf out AUTO(buf_release) = BUF_INIT(STORE_OUTBOX_MAX);

        if (store_text_read(s, NAME, STORE_OUTBOX_MAX, &there, err) < 0)
                return -1;
        format(&out, o, store_text_root(&there));
        if (out.overflowed) {
                buf_clear(&out);
                out.overflowed = false;
                format(&out, o, (struct json_value){ .doc = NULL });
        }
        if (out.overflowed)
                return error_set(err, ERR_TOO_LARGE, "%s/%s: would become larger than the %zu MiB that are read", s->path, NAME,
                                 STORE_OUTBOX_MAX / 1024 / 1024);
        if (store_put(s, NAME, out.data, out.len, FILE_DURABLE, err) < 0)
                return -1;
        s->outbox_version = store_version_of(s, NAME);
        return 0;
}

/* ---- A broken one ---- */

int store_set_outbox_aside(struct store *s, struct now now, struct arena *a, const char **ret_name, struct error *err) {
        for (int i = 1; i <= KEEP_TRIES; i++) {
                const char *name = store_kept_name(NAME, "corrupt", now.wall_us, i, a);

                if (renameat2(s->dirfd, NAME, s->dirfd, name, RENAME_NOREPLACE) == 0) {
                        *ret_name = name;
                        return 0;
                }
                if (errno != EEXIST)
                        return error_set_errno(err, errno, "%s/%s: cannot be set aside", s->path, NAME);
        }
        return error_set(err, ERR_FAILED, "%s/%s: there are too many broken ones of this second", s->path, NAME);
}
