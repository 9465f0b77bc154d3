/* SPDX-License-Identifier: MIT */
/* restart_counts.json: by stable id, when we restarted a container; an integer is a lifetime total from an older version. */
#include "store_internal.h"

#include "autoheal/util/timefmt.h"

#define NAME "restart_counts.json"

static int by_time(const void *a, const void *b) {
        const int64_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

static int load_times(struct store *s, struct json_value times, struct memory *m, struct arena *a, struct error *err) {
        int64_t *us = arena_array(a, json_count(times), sizeof(*us));
        struct json_iter it = json_iter(times);
        size_t n = 0, kept = 0;

        while (json_next(&it)) {
                const char *text = json_string(it.value, a);

                if (!text || !time_parse_iso(slice_str(text), &us[n]))
                        return store_bad_value(s, NAME, it.value, err, "a restart of '%.100s' must be a time in ISO 8601",
                                               m->stable_id);
                if (us[n] > 0)
                        n++;
        }
        qsort(us, n, sizeof(*us), by_time);
        for (size_t i = 0; i < n; i++)
                if (kept == 0 || us[kept - 1] != us[i])
                        us[kept++] = us[i];
        m->restarts_us = us;
        m->n_restarts = kept;
        return 0;
}

static int load_total(struct store *s, struct json_value total, struct memory *m, struct error *err) {
        int64_t n;

        if (!json_int(total, &n) || n < 0)
                return store_bad_value(s, NAME, total, err, "the total of '%.100s' must be a whole number, 0 or more",
                                       m->stable_id);
        if (m->lifetime_known)
                return 0;
        m->lifetime_restarts = n;
        m->lifetime_known = true;
        s->behind[STORE_CONTAINERS] = true;
        return 0;
}

static int load(struct store *s, struct json_value root, struct state *st, struct error *err) {
        struct json_iter it = json_iter(root);

        if (store_expect(s, NAME, root, JSON_OBJECT, "the whole file", err) < 0)
                return -1;
        while (json_next(&it)) {
                struct memory *m = state_get(st, json_key_string(&it, st->arena));
                int result;

                if (json_type(it.value) == JSON_NUMBER)
                        result = load_total(s, it.value, m, err);
                else if (json_type(it.value) == JSON_ARRAY)
                        result = load_times(s, it.value, m, st->arena, err);
                else
                        result = store_bad_value(s, NAME, it.value, err, "'%.100s' must be an array of times or a total, not %s",
                                                 m->stable_id, json_type_name(json_type(it.value)));
                if (result < 0)
                        return -1;
        }
        return 0;
}

static void write_times(struct json_writer *w, const struct memory *m) {
        json_begin_array(w);
        for (size_t i = 0; i < m->n_restarts; i++)
                json_time(w, m->restarts_us[i]);
        json_end_array(w);
}

static void format(struct buf *out, const struct state *st, const struct json_value *in_place) {
        struct json_value old = store_in_place(in_place);
        struct arena a AUTO(arena_release) = ARENA_INIT(16 * 1024);
        const struct store_entry *entries = store_entries(st, old, &a);
        struct json_writer w;

        json_writer_init(&w, out, JSON_PRETTY);
        json_begin_object(&w);
        for (size_t i = 0; i < st->n; i++) {
                const struct memory *m = entries[i].memory;
                bool total = json_type(entries[i].old) == JSON_NUMBER;

                if (m->n_restarts == 0 && !total)
                        continue;
                json_key(&w, m->stable_id);
                if (m->n_restarts > 0)
                        write_times(&w, m);
                else
                        json_raw_value(&w, json_raw(entries[i].old));
        }
        json_end_object(&w);
}

const struct store_shape store_restart_counts = { NAME, load, format };
