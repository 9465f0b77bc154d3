/* SPDX-License-Identifier: MIT */
/* The JSON writer: commas, colons, indentation and escapes, and an abort for every sequence of calls that would not be JSON. */
#include "autoheal/json/writer.h"
#include "autoheal/util/strmap.h"
#include "autoheal/util/text.h"
#include "autoheal/util/timefmt.h"

#include <inttypes.h>
#include <math.h>

static void require(bool correct_use) {
        if (!correct_use)
                abort();
}

static bool in_object(const struct json_writer *w) {
        return w->depth > 0 && (w->is_object & 1);
}

static void new_line(struct json_writer *w) {
        if (w->style != JSON_PRETTY)
                return;
        buf_add_char(w->out, '\n');
        for (unsigned i = 0; i < w->depth; i++)
                buf_add(w->out, "  ", 2);
}

static void separate(struct json_writer *w) {
        if (!w->first)
                buf_add_char(w->out, ',');
        if (w->depth > 0)
                new_line(w);
        w->first = false;
}

static void before_value(struct json_writer *w) {
        if (w->after_key) {
                w->after_key = false;
                return;
        }
        require(!in_object(w));
        require(w->depth > 0 || w->first);
        separate(w);
}

static void before_key(struct json_writer *w) {
        require(in_object(w) && !w->after_key);
        separate(w);
}

static void after_key(struct json_writer *w) {
        buf_add_str(w->out, w->style == JSON_PRETTY ? ": " : ":");
        w->after_key = true;
}

static void begin(struct json_writer *w, bool object) {
        before_value(w);
        require(w->depth < JSON_MAX_DEPTH);
        buf_add_char(w->out, object ? '{' : '[');
        w->depth++;
        w->is_object = w->is_object << 1 | object;
        w->first = true;
}

static void end(struct json_writer *w, bool object) {
        require(w->depth > 0 && in_object(w) == object && !w->after_key);
        bool empty = w->first;
        w->depth--;
        w->is_object >>= 1;
        w->first = false;
        if (!empty)
                new_line(w);
        buf_add_char(w->out, object ? '}' : ']');
}

void json_writer_init(struct json_writer *w, struct buf *out, enum json_style style) {
        *w = (struct json_writer){ .out = out, .style = style, .first = true };
}

void json_begin_object(struct json_writer *w) {
        begin(w, true);
}

void json_end_object(struct json_writer *w) {
        end(w, true);
}

void json_begin_array(struct json_writer *w) {
        begin(w, false);
}

void json_end_array(struct json_writer *w) {
        end(w, false);
}

static bool is_plain(uint32_t cp) {
        return cp != '"' && cp != '\\' && text_is_printable(cp);
}

static void add_escape(struct buf *out, uint32_t cp) {
        static const char short_escapes[] = "\"\"\\\\\bb\ff\nn\rr\tt";
        for (const char *e = short_escapes; *e; e += 2) {
                if ((uint32_t)*e == cp) {
                        buf_add_char(out, '\\');
                        buf_add_char(out, e[1]);
                        return;
                }
        }
        buf_addf(out, "\\u%04" PRIx32, cp);
}

static void add_string(struct buf *out, struct slice s) {
        size_t plain = 0; /* bytes at s.p that need no change and are not written yet */

        buf_add_char(out, '"');
        while (plain < s.n) {
                uint32_t cp = 0;
                size_t n = utf8_sequence(s.p + plain, s.n - plain, &cp);
                if (n > 0 && is_plain(cp)) {
                        plain += n;
                        continue;
                }
                buf_add(out, s.p, plain);
                if (n > 0)
                        add_escape(out, cp);
                else
                        buf_add_str(out, "\xef\xbf\xbd");
                plain += n > 0 ? n : 1;
                s = (struct slice){ s.p + plain, s.n - plain };
                plain = 0;
        }
        if (plain > 0)
                buf_add(out, s.p, plain);
        buf_add_char(out, '"');
}

void json_key(struct json_writer *w, const char *key) {
        require(key != NULL);
        before_key(w);
        add_string(w->out, slice_str(key));
        after_key(w);
}

void json_str(struct json_writer *w, const char *s) {
        if (s)
                json_strn(w, slice_str(s));
        else
                json_null(w);
}

void json_strn(struct json_writer *w, struct slice s) {
        before_value(w);
        add_string(w->out, s);
}

void json_num(struct json_writer *w, int64_t n) {
        before_value(w);
        buf_addf(w->out, "%" PRId64, n);
}

void json_boolean(struct json_writer *w, bool b) {
        before_value(w);
        buf_add_str(w->out, b ? "true" : "false");
}

void json_null(struct json_writer *w) {
        before_value(w);
        buf_add_str(w->out, "null");
}

void json_raw_value(struct json_writer *w, struct slice raw) {
        if (raw.n == 0) {
                json_null(w);
                return;
        }
        before_value(w);
        buf_add(w->out, raw.p, raw.n);
}

void json_time(struct json_writer *w, int64_t us) {
        char text[TIME_ISO_SIZE];

        if (us == 0) {
                json_null(w);
                return;
        }
        time_format_iso(us, text);
        json_str(w, text);
}

/* Writes the members of old that stay, and marks in `done` those that got their new value on the way. */
static void merge_old(struct json_writer *w, struct json_value old, const struct json_member *members, const struct strmap *index,
                      bool *done) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct json_iter it = json_iter(old);

        while (it.object && json_next(&it)) {
                size_t i = strmap_get(index, json_key_string(&it, &a));
                if (i != STRMAP_NONE && (done[i] || !members[i].raw.p))
                        continue;
                struct slice key = json_raw(it.key_value);
                before_key(w);
                buf_add(w->out, key.p, key.n);
                after_key(w);
                json_raw_value(w, i == STRMAP_NONE ? json_raw(it.value) : members[i].raw);
                if (i != STRMAP_NONE)
                        done[i] = true;
        }
}

void json_merge_object(struct json_writer *w, struct json_value old, const struct json_member *members, size_t n) {
        struct strmap index AUTO(strmap_release) = STRMAP_INIT;
        bool *done AUTO_FREE = xcalloc(n, sizeof(*done));

        for (size_t i = 0; i < n; i++)
                strmap_set(&index, members[i].key, i);
        json_begin_object(w);
        merge_old(w, old, members, &index, done);
        for (size_t i = 0; i < n; i++) {
                if (done[i] || !members[i].raw.p || strmap_get(&index, members[i].key) != i)
                        continue;
                json_key(w, members[i].key);
                json_raw_value(w, members[i].raw);
        }
        json_end_object(w);
}
