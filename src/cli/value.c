/* SPDX-License-Identifier: MIT */
/* A field's value as JSON and for people. */
#include "template.h"

#include "autoheal/util/text.h"
#include "autoheal/util/timefmt.h"

#include <inttypes.h>

/* ---- JSON ---- */

void value_write_json(struct json_writer *w, struct value v) {
        switch (v.kind) {
        case VALUE_NULL:
                json_null(w);
                return;
        case VALUE_TEXT:
                json_str(w, v.text);
                return;
        case VALUE_NUMBER:
                json_num(w, v.number);
                return;
        case VALUE_BOOL:
                json_boolean(w, v.number != 0);
                return;
        case VALUE_TIME:
                json_time(w, v.number);
                return;
        case VALUE_JSON:
                json_raw_value(w, slice_str(v.text));
                return;
        }
}

/* The object that a key belongs to: "engine" of "engine.endpoint"; empty if it stands in the row itself. */
static struct slice object_of(const char *key) {
        const char *dot = strchr(key, '.');
        return (struct slice){ key, dot ? (size_t)(dot - key) : 0 };
}

static bool same(struct slice a, struct slice b) {
        return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static void write_members(struct json_writer *w, const struct shape *shape, const struct value *values, struct slice object) {
        json_begin_object(w);
        for (size_t i = 0; i < shape->n_fields; i++) {
                const char *key = shape->fields[i].key;
                if (!key || !same(object_of(key), object))
                        continue;
                json_key(w, key + object.n + (object.n > 0));
                value_write_json(w, values[i]);
        }
        json_end_object(w);
}

void value_write_object(struct json_writer *w, const struct shape *shape, const struct value *values, const char *object) {
        struct slice inside = { NULL, 0 };
        if (object) {
                write_members(w, shape, values, slice_str(object));
                return;
        }
        for (size_t i = 0; i < shape->n_fields; i++) {
                if (str_eq(shape->fields[i].key, "")) {
                        value_write_json(w, values[i]);
                        return;
                }
        }
        json_begin_object(w);
        for (size_t i = 0; i < shape->n_fields; i++) {
                const char *key = shape->fields[i].key;
                if (!key)
                        continue;
                struct slice of = object_of(key);
                if (of.n == 0) {
                        json_key(w, key);
                        value_write_json(w, values[i]);
                } else if (!same(of, inside)) {
                        char name[64];
                        (void)snprintf(name, sizeof(name), "%.*s", (int)of.n, of.p);
                        json_key(w, name);
                        write_members(w, shape, values, of);
                }
                inside = of;
        }
        json_end_object(w);
}

/* ---- For people ---- */

static void show_when(int64_t us, struct time_style style, struct buf *out) {
        struct arena a AUTO(arena_release) = ARENA_INIT(128);
        buf_add_str(out, show_time(us, style.now_us, style.iso, &a));
}

/* A string inside JSON reads better without its quotes and escapes. */
static void show_json(struct json_value v, struct buf *out, struct arena *a) {
        const char *s = json_string(v, a);
        text_escape(out, s ? slice_str(s) : json_raw(v));
}

static struct json_doc *parse(const char *json) {
        struct json_doc *doc = NULL;
        size_t len = strlen(json);
        return json_parse(json, len, len + 1, &doc, NULL) < 0 ? NULL : doc;
}

void value_show(struct value v, struct time_style style, struct buf *out) {
        switch (v.kind) {
        case VALUE_NULL:
                return;
        case VALUE_TEXT:
                text_escape(out, slice_str(v.text));
                return;
        case VALUE_NUMBER:
                buf_addf(out, "%" PRId64, v.number);
                return;
        case VALUE_BOOL:
                buf_add_str(out, v.number ? "true" : "false");
                return;
        case VALUE_TIME:
                show_when(v.number, style, out);
                return;
        case VALUE_JSON:
                value_join(v, NULL, style, out);
                return;
        }
}

/* sep NULL: an array is shown as it is. */
void value_join(struct value v, const char *sep, struct time_style style, struct buf *out) {
        if (v.kind != VALUE_JSON) {
                value_show(v, style, out);
                return;
        }
        struct arena a AUTO(arena_release) = ARENA_INIT(1024);
        struct json_doc *doc AUTO_JSON = parse(v.text);
        struct json_value root = json_root(doc);
        if (!sep || json_type(root) != JSON_ARRAY) {
                if (json_type(root) != JSON_NULL)
                        show_json(root, out, &a);
                return;
        }
        struct json_iter it = json_iter(root);
        for (bool first = true; json_next(&it); first = false) {
                buf_add_str(out, first ? "" : sep);
                show_json(it.value, out, &a);
        }
}

static bool json_is_true(const char *json) {
        struct json_doc *doc AUTO_JSON = parse(json);
        struct json_value root = json_root(doc);
        double number = 0;
        bool yes = false;
        switch (json_type(root)) {
        case JSON_BOOL:
                return json_bool(root, &yes) && yes;
        case JSON_NUMBER:
                return !json_double(root, &number) || number < 0 || number > 0;
        case JSON_STRING:
                return !json_string_eq(root, "");
        case JSON_ARRAY:
        case JSON_OBJECT:
                return json_count(root) > 0;
        default:
                return false;
        }
}

bool value_is_true(struct value v) {
        switch (v.kind) {
        case VALUE_NULL:
                return false;
        case VALUE_TEXT:
                return v.text[0] != '\0';
        case VALUE_JSON:
                return json_is_true(v.text);
        default:
                return v.number != 0;
        }
}
