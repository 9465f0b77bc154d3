/* SPDX-License-Identifier: MIT */
/* New text for config.json by cutting and pasting in the old one, so that nobody's layout, order or unknown key is lost. */
#include "autoheal/config/edit.h"
#include "config/config_internal.h"

#define NEW_FILE   "{}\n"
#define INDENT_MAX 8

/* How the members of one object are laid out. */
struct layout {
        bool lines;          /* each on a line of its own; else all on one */
        struct slice indent; /* of the members, with lines */
        struct slice unit;   /* one level more */
        struct slice gap;    /* between comma and key, without lines */
        struct slice colon;  /* between key and value */
};

struct document {
        const char *text;
        size_t len;
        struct json_doc *doc;
        bool lines;        /* the members of the root stand on lines of their own */
        struct slice unit; /* by which they are indented */
};

static void document_release(struct document *d) {
        json_doc_free(d->doc);
}

/* ---- Looking at the text ---- */

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int too_large(struct error *err) {
        return error_set(err, ERR_TOO_LARGE, "would become larger than the %zu MiB that are read", CONFIG_MAX / 1024 / 1024);
}

static const char *end_of(struct slice s) {
        return s.p + s.n;
}

/* The blanks right before p. */
static struct slice blanks_before(const struct document *d, const char *p) {
        const char *from = p;

        while (from > d->text && is_blank(from[-1]))
                from--;
        return (struct slice){ from, (size_t)(p - from) };
}

/* What follows the last line break in blanks; false if there is none. */
static bool indent_in(struct slice blanks, struct slice *ret) {
        const char *p = end_of(blanks);

        while (p > blanks.p && p[-1] != '\n')
                p--;
        if (p == blanks.p)
                return false;
        *ret = (struct slice){ p, (size_t)(end_of(blanks) - p) };
        return true;
}

/* The blanks at the beginning of the line that p stands in. */
static struct slice line_indent(const struct document *d, const char *p) {
        const char *from = p, *to;

        while (from > d->text && from[-1] != '\n')
                from--;
        for (to = from; to < p && (*to == ' ' || *to == '\t'); to++)
                continue;
        return (struct slice){ from, (size_t)(to - from) };
}

static int document_open(struct document *d, const char *shown, const char *text, size_t len, struct error *err) {
        struct error why = ERROR_INIT;
        struct json_iter it;

        *d = (struct document){ .text = text, .len = len, .lines = true, .unit = slice_str("  ") };
        if (json_parse(text, len, CONFIG_TOKENS_MAX, &d->doc, &why) < 0)
                return error_set(err, ERR_CONFIG, "%s: %s", shown, why.msg);
        if (json_type(json_root(d->doc)) != JSON_OBJECT)
                return error_set(err, ERR_CONFIG, "%s: must be an object (is %s)", shown,
                                 json_type_name(json_type(json_root(d->doc))));
        it = json_iter(json_root(d->doc));
        if (json_next(&it)) {
                struct slice indent;

                d->lines = indent_in(blanks_before(d, json_raw(it.key_value).p), &indent);
                if (d->lines && indent.n > 0 && indent.n <= INDENT_MAX)
                        d->unit = indent;
        }
        return 0;
}

/* The last member of that name, and how many there are of it. */
static size_t find_member(struct json_value object, struct slice name, struct json_iter *ret) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct json_iter it = json_iter(object);
        size_t n = 0;

        while (it.object && json_next(&it)) {
                if (!slice_eq(name, json_key_string(&it, &a)))
                        continue;
                *ret = it;
                n++;
        }
        return n;
}

static struct json_value member(struct json_value object, struct slice name) {
        struct json_iter found;

        return find_member(object, name, &found) ? found.value : (struct json_value){ .doc = NULL };
}

struct json_value config_at(struct json_value root, const char *path) {
        struct slice rest = slice_str(path), name;
        struct json_value v = root;

        while (slice_split(&rest, '.', &name))
                v = member(v, name);
        return v;
}

/* ---- Writing values ---- */

static void add_slice(struct buf *out, struct slice s) {
        buf_add(out, s.p, s.n);
}

/* All lines but the first are indented by `indent` and one unit for each level. */
static void add_value(struct buf *out, struct json_value v, bool lines, struct slice indent, struct slice unit) {
        struct buf text AUTO(buf_release) = BUF_INIT(CONFIG_MAX);
        struct json_writer w;

        json_writer_init(&w, &text, lines ? JSON_PRETTY : JSON_COMPACT);
        config_write(&w, "", v, true);
        out->overflowed = out->overflowed || text.overflowed;
        for (const char *p = buf_str(&text); *p;) {
                buf_add_char(out, *p);
                if (*p++ != '\n')
                        continue;
                add_slice(out, indent);
                for (; p[0] == ' ' && p[1] == ' '; p += 2)
                        add_slice(out, unit);
        }
}

/* {"backoff": {"max_seconds": 5}} for "backoff.max_seconds" and 5. */
static int nest(const char *path, struct json_value v, struct json_doc **ret, struct buf *text, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct slice rest = slice_str(path), name;
        struct json_writer w;
        size_t depth = 0;

        json_writer_init(&w, text, JSON_COMPACT);
        for (; slice_split(&rest, '.', &name); depth++) {
                if (depth == JSON_MAX_DEPTH)
                        return error_set(err, ERR_INVALID, "the path has too many parts");
                json_begin_object(&w);
                json_key(&w, arena_strndup(&a, name.p, name.n));
        }
        json_raw_value(&w, json_raw(v));
        while (depth-- > 0)
                json_end_object(&w);
        if (text->overflowed)
                return too_large(err);
        return json_parse(buf_str(text), text->len, CONFIG_TOKENS_MAX, ret, err);
}

/* ---- Setting ---- */

static struct layout layout_of(const struct document *d, struct json_value object) {
        struct layout l = { .lines = d->lines, .unit = d->unit, .gap = slice_str(""), .colon = slice_str(": ") };
        struct json_iter it = json_iter(object);
        struct slice key, blanks;

        while (json_next(&it))
                continue;
        if (!json_count(object))
                return l;
        key = json_raw(it.key_value);
        blanks = blanks_before(d, key.p);
        l.lines = indent_in(blanks, &l.indent);
        l.colon = (struct slice){ end_of(key), (size_t)(json_raw(it.value).p - end_of(key)) };
        l.gap = blanks.n == 0 && l.colon.n > 1 ? slice_str(" ") : blanks;
        return l;
}

static void add_member(struct buf *out, const char *key, struct json_value v, const struct layout *l) {
        struct json_writer w;

        json_writer_init(&w, out, JSON_COMPACT);
        json_str(&w, key);
        add_slice(out, l->colon);
        add_value(out, v, l->lines, l->indent, l->unit);
}

/* A new member behind the last one of the object. */
static void insert(struct buf *out, const struct document *d, struct json_value object, const char *key, struct json_value v) {
        struct slice raw = json_raw(object), base = line_indent(d, raw.p);
        struct layout l = layout_of(d, object);
        struct json_iter it = json_iter(object);
        const char *at = raw.p + 1, *rest = at;
        struct buf indent AUTO(buf_release) = BUF_INIT(CONFIG_MAX);

        while (json_next(&it))
                rest = at = end_of(json_raw(it.value));
        if (!json_count(object)) {
                rest = end_of(raw) - 1;
                add_slice(&indent, base);
                add_slice(&indent, l.unit);
                l.indent = (struct slice){ buf_str(&indent), indent.len };
        }
        buf_add(out, d->text, (size_t)(at - d->text));
        if (json_count(object))
                buf_add_char(out, ',');
        if (l.lines)
                buf_add_char(out, '\n');
        add_slice(out, l.lines ? l.indent : l.gap);
        add_member(out, key, v, &l);
        if (!json_count(object) && l.lines) {
                buf_add_char(out, '\n');
                add_slice(out, base);
        }
        buf_add(out, rest, (size_t)(d->text + d->len - rest));
}

static void replace(struct buf *out, const struct document *d, struct json_value old, struct json_value v) {
        struct slice raw = json_raw(old);
        bool lines = json_count(old) ? memchr(raw.p, '\n', raw.n) != NULL : d->lines;

        buf_add(out, d->text, (size_t)(raw.p - d->text));
        add_value(out, v, lines, line_indent(d, raw.p), d->unit);
        buf_add(out, end_of(raw), (size_t)(d->text + d->len - end_of(raw)));
}

/* How far the path leads: *ret_last is the last object on it, *ret_name the member that comes next and *ret_rest what follows that. */
static int follow(const struct document *d, const char *path, struct json_value *ret_last, struct slice *ret_name,
                  const char **ret_rest, struct error *err) {
        struct json_value v = json_root(d->doc);
        struct slice rest = slice_str(path), name;

        while (slice_split(&rest, '.', &name)) {
                struct json_value child = member(v, name);

                /* null in place of a section is read as the default. */
                if (!rest.n || !json_present(child) || json_type(child) == JSON_NULL) {
                        *ret_last = v;
                        *ret_name = name;
                        *ret_rest = rest.n ? rest.p : "";
                        return 0;
                }
                if (json_type(child) != JSON_OBJECT)
                        return error_set(err, ERR_INVALID, "%.*s: must be an object (is %s)", (int)(end_of(name) - path), path,
                                         json_type_name(json_type(child)));
                v = child;
        }
        return error_set(err, ERR_INVALID, "the path is empty");
}

static int set(struct buf *out, const struct document *d, const struct config_edit *edit, struct error *err) {
        struct buf nested AUTO(buf_release) = BUF_INIT(CONFIG_MAX);
        struct json_doc *doc AUTO_JSON = NULL, *nested_doc AUTO_JSON = NULL;
        struct arena a AUTO(arena_release) = ARENA_INIT(1024);
        struct json_value last, child;
        struct slice name;
        const char *rest;

        if (follow(d, edit->path, &last, &name, &rest, err) < 0)
                return -1;
        if (json_parse(edit->json, strlen(edit->json), CONFIG_TOKENS_MAX, &doc, err) < 0 ||
            nest(rest, json_root(doc), &nested_doc, &nested, err) < 0)
                return error_wrap(err, "%s", edit->path);
        child = member(last, name);
        if (json_present(child))
                replace(out, d, child, json_root(nested_doc));
        else
                insert(out, d, last, arena_strndup(&a, name.p, name.n), json_root(nested_doc));
        return 0;
}

/* ---- Taking out ---- */

/* The text without that member and one comma. */
static void cut(struct buf *out, const struct document *d, struct json_value object, const struct json_iter *which) {
        struct slice key = json_raw(which->key_value);
        const char *from = blanks_before(d, key.p).p, *to = end_of(json_raw(which->value));
        struct json_iter next = *which;

        if (from[-1] == ',')
                from--;
        else if (json_next(&next)) {
                from = key.p;
                to = json_raw(next.key_value).p;
        } else
                to = end_of(json_raw(object)) - 1;
        buf_add(out, d->text, (size_t)(from - d->text));
        buf_add(out, to, (size_t)(d->text + d->len - to));
}

/* A name that stands several times goes once for each call. False if the path is not there. */
static bool take_out(struct buf *out, const struct document *d, const char *path) {
        struct json_value object = json_root(d->doc), cut_from = object;
        struct slice rest = slice_str(path), name;
        struct json_iter found, cut_out = json_iter(object);
        bool may_go = false;

        if (!*path)
                return false;
        while (slice_split(&rest, '.', &name)) {
                size_t n = find_member(object, name, &found);

                if (n == 0)
                        return false;
                /* A section that holds nothing else goes as a whole, unless an earlier one of its name would then count. */
                if (!may_go || n < json_count(object)) {
                        cut_from = object;
                        cut_out = found;
                }
                may_go = n == 1;
                object = found.value;
        }
        cut(out, d, cut_from, &cut_out);
        return true;
}

/* ---- All changes, one after the other ---- */

/* *ret_again: there may be more to take out. */
static int apply(struct buf *out, const struct document *d, const struct config_edit *edit, bool *ret_again, struct error *err) {
        *ret_again = false;
        if (edit->json)
                return set(out, d, edit, err);
        *ret_again = take_out(out, d, edit->path);
        if (!*ret_again)
                buf_add(out, d->text, d->len);
        return 0;
}

int config_edit(struct buf *out, const char *shown, const char *text, size_t len, const struct config_edit *edits, size_t n,
                struct error *err) {
        struct buf now AUTO(buf_release) = BUF_INIT(CONFIG_MAX);
        struct document d AUTO(document_release) = { .doc = NULL };

        if (len > CONFIG_MAX)
                return error_set(err, ERR_TOO_LARGE, "%s: larger than the %zu MiB that are read", shown, CONFIG_MAX / 1024 / 1024);
        buf_add(&now, text ? text : NEW_FILE, text ? len : strlen(NEW_FILE));
        if (document_open(&d, shown, buf_str(&now), now.len, err) < 0)
                return -1;
        for (size_t i = 0; i < n;) {
                struct buf next AUTO(buf_release) = BUF_INIT(CONFIG_MAX);
                struct error why = ERROR_INIT;
                bool again;

                if (apply(&next, &d, &edits[i], &again, err) < 0)
                        return -1;
                if (next.overflowed) {
                        (void)too_large(err);
                        return error_wrap(err, "%s", edits[i].path);
                }
                document_release(&d);
                buf_release(&now);
                now = next;
                next = (struct buf)BUF_INIT(CONFIG_MAX);
                d.doc = NULL;
                if (document_open(&d, edits[i].path, buf_str(&now), now.len, &why) < 0)
                        return error_set(err, ERR_INVALID, "%s", why.msg);
                i += !again;
        }
        buf_add(out, buf_str(&now), now.len);
        return 0;
}
