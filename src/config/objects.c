/* SPDX-License-Identifier: MIT */
/* Objects within lists and maps against the table of their fields. */
#include "config/objects.h"

#include "autoheal/util/text.h"

#define FORM_MAX (4 * CONFIG_MAX)

static struct arena *arena_of(const struct object *o) {
        return o->issues->arena;
}

/* In the same words for a file that is there and for what is to come into it. */
static void add_issue(const struct object *o, const char *where, struct json_value at, const char *message) {
        size_t n = o->issues->n;

        if (o->strict && strncmp(message, UNKNOWN_KEY, strlen(UNKNOWN_KEY)) != 0)
                issue_error(o->issues, where, message);
        else
                issue_lax(o->issues, where, message, message);
        if (o->issues->n > n)
                json_position(at, &o->issues->items[n].line, &o->issues->items[n].column);
}

void object_issue(const struct object *o, const char *name, const char *message) {
        struct json_value v = name ? json_get(o->value, name) : o->value;

        add_issue(o, name ? arena_printf(arena_of(o), "%s.%s", o->where, name) : o->where, json_present(v) ? v : o->value, message);
}

/* ---- One value ---- */

bool is_one_line(const char *text) {
        for (size_t i = 0, n = strlen(text), used; i < n; i += used) {
                uint32_t cp = 0;

                used = utf8_sequence(text + i, n - i, &cp);
                if (used == 0 || !text_is_printable(cp))
                        return false;
        }
        return true;
}

/* NULL: it is fine. */
static const char *wrong_text(const char *text, bool one_line) {
        if (!text)
                return "must be a string";
        if (strlen(text) > FIELD_TEXT_MAX)
                return "must be at most 4096 bytes long";
        return one_line && !is_one_line(text) ? "must not contain control characters" : NULL;
}

bool is_file_form(struct json_value v) {
        return json_type(v) == JSON_OBJECT && json_present(json_get(v, "file"));
}

const char *wrong_file(struct json_value v, struct arena *a) {
        const char *path = json_string(json_get(v, "file"), a);

        if (json_count(v) != 1 || !path || path[0] != '/' || !is_one_line(path) || strlen(path) > FIELD_TEXT_MAX)
                return "must be {\"file\": \"/an/absolute/path\"} and nothing else";
        return NULL;
}

static const char *wrong_line(const struct object *o, const struct field *f, struct json_value v) {
        if (f->file && is_file_form(v))
                return wrong_file(v, arena_of(o));
        if (f->file && json_type(v) != JSON_STRING)
                return "must be a string or {\"file\": \"/path\"}";
        return wrong_text(json_string(v, arena_of(o)), true);
}

static const char *wrong_list(const struct object *o, const struct field *f, struct json_value v) {
        struct json_iter it = json_iter(v);

        if (f->kind == FIELD_TEXTS && json_type(v) == JSON_STRING)
                return wrong_line(o, f, v);
        if (json_type(v) != JSON_ARRAY)
                return "must be an array of strings";
        if (json_count(v) > FIELD_ITEMS_MAX)
                return "must have at most 256 items";
        if (f->kind == FIELD_ARGV && json_count(v) == 0)
                return "must not be empty";
        for (size_t i = 0; json_next(&it); i++) {
                const char *text = json_string(it.value, arena_of(o));
                const char *wrong = wrong_text(text, f->kind == FIELD_TEXTS);

                if (!text)
                        return "must be an array of strings";
                if (wrong)
                        return wrong;
                if (f->kind == FIELD_ARGV && i == 0 && !*text)
                        return "must begin with the name of a program";
        }
        return NULL;
}

static bool is_header_name(const char *name) {
        return *name && strlen(name) <= 256 &&
               name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~")] == '\0';
}

static const char *wrong_headers(const struct object *o, const struct field *f, struct json_value v) {
        struct json_iter it = json_iter(v);

        if (json_type(v) != JSON_OBJECT)
                return "must be an object of strings";
        if (json_count(v) > FIELD_ITEMS_MAX)
                return "must have at most 256 members";
        while (json_next(&it)) {
                if (!is_header_name(json_key_string(&it, arena_of(o))))
                        return "has a name that is no header's";
                if (wrong_line(o, f, it.value))
                        return f->file ? "must have strings of one line, or {\"file\": \"/path\"}, as values"
                                       : "must have strings of one line as values";
        }
        return NULL;
}

static const char *wrong_int(const struct object *o, const struct field *f, struct json_value v) {
        int64_t n;

        if (json_int(v, &n) && n >= f->min && n <= f->max)
                return NULL;
        return arena_printf(arena_of(o), "must be an integer, %lld..%lld", (long long)f->min, (long long)f->max);
}

static const char *wrong(const struct object *o, const struct field *f, struct json_value v) {
        bool b;

        switch (f->kind) {
        case FIELD_INT:
                return wrong_int(o, f, v);
        case FIELD_BOOL:
                return json_bool(v, &b) ? NULL : "must be true or false";
        case FIELD_BODY:
                return wrong_text(json_string(v, arena_of(o)), false);
        case FIELD_HEADERS:
                return wrong_headers(o, f, v);
        case FIELD_TEXTS:
        case FIELD_ARGV:
                return wrong_list(o, f, v);
        case FIELD_TEXT:
                break;
        }
        return wrong_line(o, f, v);
}

/* ---- The object ---- */

static const struct field *find_field(const struct field *fields, size_t n, const char *name) {
        for (size_t i = 0; i < n; i++)
                if (str_eq(fields[i].name, name))
                        return &fields[i];
        return NULL;
}

static const struct field *nearest(const struct object *o, const char *name) {
        const struct field *found = NULL;
        size_t best = TEXT_DISTANCE_MAX + 1;

        for (size_t i = 0; i < o->n; i++) {
                size_t distance = text_distance(name, o->fields[i].name);

                if (distance < best) {
                        best = distance;
                        found = &o->fields[i];
                }
        }
        return found;
}

static void unknown(const struct object *o, const char *key, struct json_value at) {
        const struct field *meant = nearest(o, key);
        const char *where = arena_printf(arena_of(o), "%s[%s]", o->where, quoted(arena_of(o), key));

        add_issue(o, where, at, meant ? arena_printf(arena_of(o), UNKNOWN_KEY " (did you mean %s?)", meant->name) : UNKNOWN_KEY);
}

void object_check(const struct object *o) {
        struct json_iter it = json_iter(o->value);

        if (json_count(o->value) > FIELD_ITEMS_MAX) {
                object_issue(o, NULL, "must have at most 256 members");
                return;
        }
        while (json_next(&it)) {
                const char *key = json_key_string(&it, arena_of(o));
                const struct field *f = find_field(o->fields, o->n, key);
                const char *message = NULL;

                if (f && json_type(it.value) != JSON_NULL)
                        message = wrong(o, f, it.value);
                if (!f)
                        unknown(o, key, it.key_value);
                else if (message)
                        add_issue(o, arena_printf(arena_of(o), "%s.%s", o->where, key), it.value, message);
        }
}

bool object_has(const struct object *o, const char *name) {
        struct json_value v = json_get(o->value, name);

        return json_present(v) && json_type(v) != JSON_NULL && !json_string_eq(v, "");
}

void object_require(const struct object *o, const char *name, const char *why) {
        if (!object_has(o, name))
                object_issue(o, name, arena_printf(arena_of(o), "must be set for %s", why));
}

const char *object_first_wrong(const struct object *o, size_t from) {
        size_t n = strlen(o->where);

        for (size_t i = from; i < o->issues->n; i++) {
                const struct config_issue *issue = &o->issues->items[i];

                if (strncmp(issue->message, UNKNOWN_KEY, strlen(UNKNOWN_KEY)) == 0)
                        continue;
                return issue->where[n] == '.' ? arena_printf(arena_of(o), "%s %s", issue->where + n + 1, issue->message)
                                              : issue->message;
        }
        return NULL;
}

bool is_address(const char *text, const char *scheme) {
        struct slice rest = slice_str(text);

        return scheme && slice_skip_nocase(&rest, scheme) && slice_skip(&rest, "://") && rest.n > 0 &&
               !strchr("/:?#@", rest.p[0]) && !strpbrk(text, " \\");
}

void object_require_address(const struct object *o, const char *name, const char *scheme, const char *or_scheme) {
        const char *text = json_string(json_get(o->value, name), arena_of(o));

        if (!text || !*text || is_address(text, scheme) || is_address(text, or_scheme))
                return;
        object_issue(o, name,
                     or_scheme ? arena_printf(arena_of(o), "must be an address that begins with %s:// or %s://", scheme, or_scheme)
                               : arena_printf(arena_of(o), "must be an address that begins with %s://", scheme));
}

/* ---- Its complete form ---- */

static void write_members(struct json_writer *w, struct json_value v, const struct field *fields, size_t n, struct arena *a) {
        struct json_iter it = json_iter(v);

        json_begin_object(w);
        for (size_t i = 0; i < n; i++) {
                struct json_value member = json_get(v, fields[i].name);
                bool is_set = json_present(member) && json_type(member) != JSON_NULL;

                json_key(w, fields[i].name);
                json_raw_value(w, is_set ? json_raw(member) : slice_str(fields[i].initial ? fields[i].initial : "null"));
        }
        while (json_next(&it)) {
                const char *key = json_key_string(&it, a);

                if (find_field(fields, n, key))
                        continue;
                json_key(w, key);
                json_raw_value(w, json_raw(it.value));
        }
        json_end_object(w);
}

void object_write(struct json_writer *w, const char *path, struct json_value v, const struct field *fields, size_t n,
                  bool secrets) {
        struct buf text AUTO(buf_release) = BUF_INIT(FORM_MAX);
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct json_doc *doc AUTO_JSON = NULL;
        struct json_writer form;

        json_writer_init(&form, &text, JSON_COMPACT);
        write_members(&form, v, fields, n, &a);
        if (text.overflowed || json_parse(buf_str(&text), text.len, CONFIG_TOKENS_MAX, &doc, NULL) < 0)
                json_null(w);
        else
                config_write(w, path, json_root(doc), secrets);
}
