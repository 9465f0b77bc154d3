/* SPDX-License-Identifier: MIT */
/* The whole configuration as one document: every setting, with what holds for it. */
#include "autoheal/config/remote.h"
#include "config/config_internal.h"

#define DEPTH_MAX 8

/* ---- One value, from its place in struct config ---- */

static void write_strings(struct json_writer *w, const void *place) {
        struct string_list list;

        memcpy(&list, place, sizeof(list));
        json_begin_array(w);
        for (size_t i = 0; i < list.n; i++)
                json_str(w, list.items[i]);
        json_end_array(w);
}

static void write_labels(struct json_writer *w, const void *place) {
        struct label_list list;

        memcpy(&list, place, sizeof(list));
        json_begin_array(w);
        for (size_t i = 0; i < list.n; i++) {
                json_begin_object(w);
                json_key(w, list.items[i].key);
                json_str(w, list.items[i].value);
                json_end_object(w);
        }
        json_end_array(w);
}

static void write_counts(struct json_writer *w, const struct config *cfg) {
        json_begin_object(w);
        for (size_t i = 0; i < cfg->containers.n_restart_counts; i++) {
                json_key(w, cfg->containers.restart_counts[i].key);
                json_num(w, cfg->containers.restart_counts[i].count);
        }
        json_end_object(w);
}

/* The shortest text that reads back as the same number, and as one with a fraction. */
static void write_number(struct json_writer *w, double d) {
        char text[40];
        int digits = 0;

        do {
                (void)snprintf(text, sizeof(text), "%.*g", ++digits, d);
        } while (digits < 17 && (strtod(text, NULL) < d || strtod(text, NULL) > d));
        if (!strpbrk(text, ".e"))
                (void)snprintf(text, sizeof(text), "%.1f", d);
        json_raw_value(w, slice_str(text));
}

static void write_text_or_file(struct json_writer *w, const void *place) {
        struct service_text t;

        memcpy(&t, place, sizeof(t));
        if (!t.file) {
                json_str(w, t.text);
                return;
        }
        json_begin_object(w);
        json_key(w, "file");
        json_str(w, t.file);
        json_end_object(w);
}

static void write_held(struct json_writer *w, const struct config *cfg, const struct setting_info *s) {
        const char *place = (const char *)cfg + s->rule->offset;
        int64_t n;
        double d;
        bool b;
        const char *text;

        switch (s->rule->kind) {
        case KIND_INT:
                memcpy(&n, place, sizeof(n));
                if (s->rule->nullable && n == SECONDS_NULL)
                        json_null(w);
                else
                        json_num(w, n);
                break;
        case KIND_NUMBER:
                memcpy(&d, place, sizeof(d));
                write_number(w, d);
                break;
        case KIND_BOOL:
                memcpy(&b, place, sizeof(b));
                json_boolean(w, b);
                break;
        case KIND_STRING:
        case KIND_WORD:
                if (s->rule->file) {
                        write_text_or_file(w, place);
                        break;
                }
                memcpy(&text, place, sizeof(text));
                json_str(w, text);
                break;
        case KIND_STRINGS:
                write_strings(w, place);
                break;
        case KIND_LABELS:
                write_labels(w, place);
                break;
        case KIND_COUNTS:
                write_counts(w, cfg);
                break;
        default:
                json_null(w);
        }
}

/* ---- The sections around them ---- */

struct sections {
        struct slice names[DEPTH_MAX];
        size_t n;
};

static bool same_name(struct slice a, struct slice b) {
        return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

/* Closes the sections that path is not in, opens those that it is in, and begins its member. */
static void enter(struct json_writer *w, struct sections *open, const char *path) {
        struct slice rest = slice_str(path), name, parts[DEPTH_MAX];
        size_t n = 0, common = 0;

        while (n < DEPTH_MAX && slice_split(&rest, '.', &name))
                parts[n++] = name;
        while (common < open->n && common + 1 < n && same_name(parts[common], open->names[common]))
                common++;
        for (; open->n > common; open->n--)
                json_end_object(w);
        for (size_t i = common; i < n; i++) {
                char key[64];

                (void)snprintf(key, sizeof(key), "%.*s", (int)parts[i].n, parts[i].p);
                json_key(w, key);
                if (i + 1 == n)
                        break;
                json_begin_object(w);
                open->names[open->n++] = parts[i];
        }
}

void config_whole(struct buf *out, const struct config *cfg, struct json_value file) {
        struct sections open = { .n = 0 };
        const struct setting_info *settings;
        size_t n = config_settings(&settings);
        struct json_writer w;

        json_writer_init(&w, out, JSON_COMPACT);
        json_begin_object(&w);
        for (size_t i = 0; i < n; i++) {
                const struct setting_info *s = &settings[i];
                struct json_value v = config_at(file, s->path);
                bool is_set = json_present(v) && json_type(v) != JSON_NULL;

                if (s->kept && !is_set && !*s->initial)
                        continue;
                enter(&w, &open, s->path);
                if (!s->kept && s->rule->kind != KIND_OBJECTS && s->rule->kind != KIND_MAP)
                        write_held(&w, cfg, s);
                else
                        json_raw_value(&w, is_set ? json_raw(v) : slice_str(s->initial));
        }
        while (open.n-- > 0)
                json_end_object(&w);
        json_end_object(&w);
}
