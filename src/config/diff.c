/* SPDX-License-Identifier: MIT */
/* What makes one document of another, key by key. */
#include "config/edit_internal.h"

struct diff {
        struct config_difference *items;
        size_t n, cap;
        struct arena *arena;
};

static const struct json_value nothing;

static const char *shown(const struct diff *d, const struct place *p, struct json_value v) {
        struct buf b AUTO(buf_release) = BUF_INIT(2 * CONFIG_MAX);
        struct json_writer w;

        if (!json_present(v))
                return NULL;
        json_writer_init(&w, &b, JSON_COMPACT);
        place_write(&w, p, v, false);
        return arena_strdup(d->arena, buf_str(&b));
}

static void add(struct diff *d, const char *path, const struct place *p, struct json_value from, struct json_value to) {
        if (d->n == d->cap) {
                size_t cap = d->cap ? 2 * d->cap : 16;
                struct config_difference *grown = arena_array(d->arena, cap, sizeof(*grown));

                if (d->n)
                        memcpy(grown, d->items, d->n * sizeof(*grown));
                d->items = grown;
                d->cap = cap;
        }
        d->items[d->n++] = (struct config_difference){
                .kind = !json_present(from) ? DIFFERENCE_ADDED
                        : json_present(to)  ? DIFFERENCE_CHANGED
                                            : DIFFERENCE_REMOVED,
                .path = path,
                .old = shown(d, p, from),
                .new = shown(d, p, to),
        };
}

/* ---- Equality ---- */

static bool same_text(struct slice a, struct slice b) {
        return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static bool same_number(struct json_value a, struct json_value b) {
        int64_t i, j;
        double x, y;

        if (json_int(a, &i) && json_int(b, &j))
                return i == j;
        return json_double(a, &x) && json_double(b, &y) && x >= y && x <= y;
}

static bool same_objects(struct json_value a, struct json_value b, bool masks_fit, struct arena *scratch) {
        struct members before AUTO(members_release), after AUTO(members_release);
        bool is = true;

        members_list(&before, a, scratch);
        members_list(&after, b, scratch);
        for (size_t i = 0; is && i < before.n; i++)
                is = values_same(before.values[i], members_get(&after, before.keys[i]), masks_fit, scratch);
        return is && before.n == after.n;
}

static bool same_arrays(struct json_value a, struct json_value b, bool masks_fit, struct arena *scratch) {
        struct json_iter i = json_iter(a), j = json_iter(b);

        while (json_next(&i))
                if (!json_next(&j) || !values_same(i.value, j.value, masks_fit, scratch))
                        return false;
        return !json_next(&j);
}

bool values_same(struct json_value a, struct json_value b, bool masks_fit, struct arena *scratch) {
        enum json_type type = json_type(a);

        if (masks_fit && json_string_eq(a, CONFIG_MASK))
                return json_present(b);
        if (type != json_type(b))
                return false;
        if (same_text(json_raw(a), json_raw(b)))
                return true;
        if (type == JSON_OBJECT)
                return same_objects(a, b, masks_fit, scratch);
        if (type == JSON_ARRAY)
                return same_arrays(a, b, masks_fit, scratch);
        if (type == JSON_STRING)
                return str_eq(json_string(a, scratch), json_string(b, scratch));
        return type == JSON_NUMBER && same_number(a, b);
}

/* ---- Differences ---- */

static void diff_at(struct diff *d, const char *path, const struct place *p, struct json_value from, struct json_value to);

static void diff_member(struct diff *d, const char *path, const struct place *outer, const char *key, struct json_value from,
                        struct json_value to) {
        struct place p = place_enter(outer, key);

        diff_at(d, *path ? arena_printf(d->arena, "%s.%s", path, key) : key, &p, from, to);
}

static void diff_objects(struct diff *d, const char *path, const struct place *p, struct json_value from, struct json_value to) {
        struct members before AUTO(members_release), after AUTO(members_release);

        members_list(&before, from, d->arena);
        members_list(&after, to, d->arena);
        for (size_t i = 0; i < before.n; i++)
                diff_member(d, path, p, before.keys[i], before.values[i], members_get(&after, before.keys[i]));
        for (size_t i = 0; i < after.n; i++)
                if (!json_present(members_get(&before, after.keys[i])))
                        diff_member(d, path, p, after.keys[i], nothing, after.values[i]);
}

static bool is_list_of_objects(struct json_value v) {
        struct json_iter it = json_iter(v);

        while (json_next(&it))
                if (json_type(it.value) != JSON_OBJECT)
                        return false;
        return json_type(v) == JSON_ARRAY && json_count(v) > 0;
}

static void diff_lists(struct diff *d, const char *path, const struct place *p, struct json_value from, struct json_value to) {
        struct json_iter i = json_iter(from), j = json_iter(to);
        struct place element = { .kind = p->kind };

        for (size_t k = 0;; k++) {
                bool has_old = json_next(&i), has_new = json_next(&j);

                if (!has_old && !has_new)
                        return;
                diff_at(d, arena_printf(d->arena, "%s[%zu]", path, k), &element, has_old ? i.value : nothing,
                        has_new ? j.value : nothing);
        }
}

static void diff_at(struct diff *d, const char *path, const struct place *p, struct json_value from, struct json_value to) {
        struct arena scratch AUTO(arena_release) = ARENA_INIT(4096);
        enum json_type old = json_type(from), new = json_type(to);

        if ((old == JSON_OBJECT && new == JSON_OBJECT) ||
            (p->in_table && (old == JSON_OBJECT || new == JSON_OBJECT) && (old == JSON_MISSING || new == JSON_MISSING)))
                diff_objects(d, path, p, from, to);
        else if (is_list_of_objects(from) && is_list_of_objects(to))
                diff_lists(d, path, p, from, to);
        else if (!values_same(from, to, false, &scratch))
                add(d, path, p, from, to);
}

struct config_difference *config_diff(struct json_value from, struct json_value to, struct arena *a, size_t *ret_n) {
        struct diff d = { .arena = a };
        struct place root = place_root();

        diff_at(&d, "", &root, from, to);
        *ret_n = d.n;
        return d.items;
}
