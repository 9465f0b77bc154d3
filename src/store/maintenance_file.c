/* SPDX-License-Identifier: MIT */
/* maintenance.json: whether, for which containers and how long somebody asked us to keep our hands off. */
#include "store_internal.h"

#define NAME       "maintenance.json"
#define SCOPES_MAX 1000

static bool scope_kind_parse(const char *word, enum scope_kind *ret) {
        for (int i = 0; i < SCOPE_MAX_; i++) {
                if (!str_eq(scope_kind_name((enum scope_kind)i), word))
                        continue;
                *ret = (enum scope_kind)i;
                return true;
        }
        return false;
}

/* A scope that is not understood is not passed over: somebody asked to leave something alone. */
static int load_scope(struct store *s, struct json_value v, struct maintenance_scope *sc, struct arena *a, struct error *err) {
        struct store_fields f = { .store = s, .name = NAME, .path = "scopes", .object = v, .arena = a, .err = err };

        if (store_expect(s, NAME, v, JSON_OBJECT, "a scope", err) < 0)
                return -1;
        sc->value = store_field_string(&f, "value");
        sc->start_us = store_field_time(&f, "start_time");
        sc->until_us = store_field_time(&f, "until");
        sc->reason = store_field_string(&f, "reason");
        const char *kind = store_field_string(&f, "kind");

        if (f.failed)
                return -1;
        if (!scope_kind_parse(kind, &sc->kind))
                return store_bad_value(s, NAME, v, err, "the 'kind' of a scope must be \"container\", \"project\" or \"label\"");
        if (!*sc->value)
                return store_bad_value(s, NAME, v, err, "the 'value' of a scope must be a string that is not empty");
        return 0;
}

static int load_scopes(struct store *s, struct json_value array, struct state *st, struct error *err) {
        struct maintenance_scope *scopes = arena_array(st->arena, json_count(array), sizeof(*scopes));
        struct json_iter it = json_iter(array);
        size_t n = 0;

        if (store_expect(s, NAME, array, JSON_ARRAY, "'scopes'", err) < 0)
                return -1;
        if (json_count(array) > SCOPES_MAX)
                return store_bad_value(s, NAME, array, err, "'scopes' must have at most %d elements", SCOPES_MAX);
        while (json_next(&it))
                if (load_scope(s, it.value, &scopes[n++], st->arena, err) < 0)
                        return -1;
        st->maintenance.scopes = scopes;
        st->maintenance.n_scopes = n;
        return 0;
}

static int load(struct store *s, struct json_value root, struct state *st, struct error *err) {
        struct store_fields f = { .store = s, .name = NAME, .path = "", .object = root, .arena = st->arena, .err = err };

        if (store_expect(s, NAME, root, JSON_OBJECT, "the whole file", err) < 0)
                return -1;
        st->maintenance.enabled = store_field_flag(&f, "enabled");
        st->maintenance.start_us = store_field_time(&f, "start_time");
        st->maintenance.until_us = store_field_time(&f, "until");
        st->maintenance.reason = store_field_string(&f, "reason");
        if (f.failed)
                return -1;
        return load_scopes(s, store_field(&f, "scopes"), st, err);
}

/* The element of the file that is about the same containers; missing if there is none. */
static struct json_value scope_in_place(struct json_value array, const struct maintenance_scope *sc) {
        struct json_iter it = json_iter(array);

        while (json_next(&it))
                if (json_string_eq(json_get(it.value, "kind"), scope_kind_name(sc->kind)) &&
                    json_string_eq(json_get(it.value, "value"), sc->value))
                        return it.value;
        return (struct json_value){ .doc = NULL };
}

static void write_scopes(struct buf *out, const struct maintenance *mt, struct json_value array) {
        struct store_members m AUTO(store_members_release) = { .text = BUF_INIT(STORE_STATE_MAX) };

        buf_add_char(out, '[');
        for (size_t i = 0; i < mt->n_scopes; i++) {
                const struct maintenance_scope *sc = &mt->scopes[i];

                if (i > 0)
                        buf_add_char(out, ',');
                store_members_clear(&m);
                store_member_string(&m, "kind", scope_kind_name(sc->kind));
                store_member_string(&m, "value", sc->value);
                store_member_time(&m, "start_time", sc->start_us);
                store_member_time(&m, "until", sc->until_us);
                store_member_string(&m, "reason", sc->reason);
                store_members_write(out, &m, scope_in_place(array, sc), JSON_COMPACT);
        }
        buf_add_char(out, ']');
}

/* The two members of the reference service are there always, and first. */
static void format(struct buf *out, const struct state *st, const struct json_value *in_place) {
        static const struct slice yes = { "true", 4 }, no = { "false", 5 }, null = { NULL, 0 };
        struct json_value old = store_in_place(in_place);
        const struct maintenance *mt = &st->maintenance;
        struct store_members m AUTO(store_members_release) = { .text = BUF_INIT(STORE_STATE_MAX) };
        struct buf scopes AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);

        store_member_raw(&m, "enabled", mt->enabled ? yes : no);
        if (mt->start_us > 0)
                store_member_time(&m, "start_time", mt->start_us);
        else
                store_member_raw(&m, "start_time", null);
        store_member_time(&m, "until", mt->until_us);
        store_member_string(&m, "reason", mt->reason);
        write_scopes(&scopes, mt, json_get(old, "scopes"));
        if (mt->n_scopes > 0)
                store_member_raw(&m, "scopes", (struct slice){ scopes.data, scopes.len });
        else
                store_member_string(&m, "scopes", "");
        store_members_write(out, &m, old, JSON_PRETTY);
}

const struct store_shape store_maintenance = { NAME, load, format };
