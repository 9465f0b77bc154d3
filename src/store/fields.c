/* SPDX-License-Identifier: MIT */
/* Typed members of the objects in our files: reading them with errors that name the place, and writing them. */
#include "store_internal.h"

#include "autoheal/util/timefmt.h"

#include <stdarg.h>

int store_bad_value(const struct store *s, const char *name, struct json_value at, struct error *err, const char *fmt, ...) {
        char text[sizeof((struct error){ .code = ERR_NONE }.msg)];
        size_t line, column;
        va_list ap;

        va_start(ap, fmt);
        if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
                text[0] = '\0';
        va_end(ap);
        json_position(at, &line, &column);
        return error_set(err, ERR_CONFIG, "%s/%s: line %zu, column %zu: %s", s->path, name, line, column, text);
}

int store_expect(const struct store *s, const char *name, struct json_value v, enum json_type type, const char *what,
                 struct error *err) {
        if (!json_present(v) || json_type(v) == type)
                return 0;
        return store_bad_value(s, name, v, err, "%s must be %s, not %s", what, json_type_name(type), json_type_name(json_type(v)));
}

struct json_value store_field(struct store_fields *f, const char *key) {
        struct json_value v = json_get(f->object, key);

        f->n_known += json_present(v);
        if (json_type(v) == JSON_NULL)
                v.doc = NULL;
        return v;
}

void store_field_refuse(struct store_fields *f, const char *key, struct json_value v, const char *expected) {
        struct slice raw = json_raw(v);
        bool scalar = json_type(v) != JSON_ARRAY && json_type(v) != JSON_OBJECT;
        const char *dot = *f->path ? "." : "";

        if (f->failed)
                return;
        f->failed = true;
        if (scalar && raw.n <= 40)
                (void)store_bad_value(f->store, f->name, v, f->err, "'%.100s%s%s' must be %s, not %.*s", f->path, dot, key,
                                      expected, (int)raw.n, raw.p);
        else
                (void)store_bad_value(f->store, f->name, v, f->err, "'%.100s%s%s' must be %s, not %s", f->path, dot, key, expected,
                                      json_type_name(json_type(v)));
}

const char *store_field_string(struct store_fields *f, const char *key) {
        struct json_value v = store_field(f, key);
        const char *s;

        if (!json_present(v))
                return "";
        s = json_string(v, f->arena);
        if (!s)
                store_field_refuse(f, key, v, "a string");
        return s ? s : "";
}

int64_t store_field_time(struct store_fields *f, const char *key) {
        struct json_value v = store_field(f, key);
        const char *s;
        int64_t us = 0;

        if (!json_present(v))
                return 0;
        s = json_string(v, f->arena);
        if (!s || !time_parse_iso(slice_str(s), &us))
                store_field_refuse(f, key, v, "a time in ISO 8601");
        return us;
}

int64_t store_field_number(struct store_fields *f, const char *key, int64_t not_there) {
        struct json_value v = store_field(f, key);
        int64_t n = not_there;

        if (json_present(v) && (!json_int(v, &n) || n < 0))
                store_field_refuse(f, key, v, "a whole number, 0 or more");
        return n;
}

bool store_field_flag(struct store_fields *f, const char *key) {
        struct json_value v = store_field(f, key);
        bool b = false;

        if (json_present(v) && !json_bool(v, &b))
                store_field_refuse(f, key, v, "true or false");
        return b;
}

struct store_entry *store_entries(const struct state *st, struct json_value old, struct arena *a) {
        struct store_entry *entries = arena_array(a, st->n, sizeof(*entries));
        struct store_entry **entry_of = arena_array(a, st->n, sizeof(struct store_entry *));
        struct json_iter it = json_iter(old);
        size_t n = 0;

        while (json_next(&it)) {
                const char *id = json_type(old) == JSON_OBJECT ? json_key_string(&it, a) : json_string(it.value, a);
                const struct memory *m = id ? state_find(st, id) : NULL;

                if (!m)
                        continue;
                size_t i = (size_t)(m - st->memories);

                if (!entry_of[i])
                        entry_of[i] = &entries[n++];
                /* Of a key that is there twice the last value counts, as it did when it was loaded. */
                *entry_of[i] = (struct store_entry){ m, it.value };
        }
        for (size_t i = 0; i < st->n; i++)
                if (!entry_of[i])
                        entries[n++] = (struct store_entry){ &st->memories[i], { .doc = NULL } };
        return entries;
}

void store_lines_next(struct store_lines *lines) {
        buf_add_str(lines->out, lines->any ? ",\n" : "\n");
        lines->any = true;
}

void store_members_clear(struct store_members *m) {
        buf_clear(&m->text);
        m->n = 0;
}

void store_members_release(struct store_members *m) {
        buf_release(&m->text);
}

/* Offsets, not pointers: the buffer moves while it grows. */
static struct json_writer begin(struct store_members *m, const char *key) {
        struct json_writer w;

        if (m->n == STORE_MEMBERS_MAX)
                abort();
        m->member[m->n].key = key;
        m->member[m->n].at = m->text.len;
        json_writer_init(&w, &m->text, JSON_COMPACT);
        return w;
}

static void end(struct store_members *m) {
        m->member[m->n].len = m->text.len - m->member[m->n].at;
        m->member[m->n].present = m->member[m->n].len > 0;
        m->n++;
}

void store_member_string(struct store_members *m, const char *key, const char *value) {
        struct json_writer w = begin(m, key);

        if (value && *value)
                json_str(&w, value);
        end(m);
}

void store_member_time(struct store_members *m, const char *key, int64_t us) {
        struct json_writer w = begin(m, key);

        if (us > 0)
                json_time(&w, us);
        end(m);
}

void store_member_number(struct store_members *m, const char *key, int64_t value, bool present) {
        struct json_writer w = begin(m, key);

        if (present)
                json_num(&w, value);
        end(m);
}

void store_member_flag(struct store_members *m, const char *key, bool set) {
        struct json_writer w = begin(m, key);

        if (set)
                json_boolean(&w, true);
        end(m);
}

void store_member_strings(struct store_members *m, const char *key, const char *const *values, size_t n) {
        struct json_writer w = begin(m, key);

        if (n > 0) {
                json_begin_array(&w);
                for (size_t i = 0; i < n; i++)
                        json_str(&w, values[i]);
                json_end_array(&w);
        }
        end(m);
}

void store_member_raw(struct store_members *m, const char *key, struct slice raw) {
        struct json_writer w = begin(m, key);

        json_raw_value(&w, raw);
        end(m);
}

void store_members_write(struct buf *out, struct store_members *m, struct json_value old, enum json_style style) {
        struct json_member members[STORE_MEMBERS_MAX];
        struct json_writer w;

        for (size_t i = 0; i < m->n; i++) {
                members[i].key = m->member[i].key;
                members[i].raw.p = m->member[i].present ? m->text.data + m->member[i].at : NULL;
                members[i].raw.n = m->member[i].len;
        }
        json_writer_init(&w, out, style);
        json_merge_object(&w, old, members, m->n);
}
