/* SPDX-License-Identifier: MIT */
/* quarantine.json: an array of stable ids, which says who is quarantined. */
#include "store_internal.h"

#define NAME "quarantine.json"

/* Somebody, the reference service perhaps, released it without knowing containers.json. */
static void forget_details(struct memory *m) {
        m->quarantined = QUARANTINED_NOT;
        m->quarantine_reason = REASON_NONE;
        m->quarantined_us = 0;
}

/* A list that is not there releases nobody. */
static int keep_details(struct store *s, const struct state *st) {
        for (size_t i = 0; i < st->n; i++)
                if (st->memories[i].quarantined != QUARANTINED_NOT)
                        s->behind[STORE_QUARANTINE] = true;
        return 0;
}

/* Events whose save was interrupted: what they tell of holds, though this file was perhaps not written any more. */
static void find_announced(const struct store *s, struct strmap *ret, const struct state *st) {
        bool *pending = arena_array(st->arena, st->n_untold, sizeof(*pending));

        store_find_pending(s, st, pending);
        for (size_t i = 0; i < st->n_untold; i++) {
                struct json_doc *doc AUTO_JSON = NULL;

                if (!pending[i] || json_parse(st->untold[i].p, st->untold[i].n, STORE_MAX_TOKENS, &doc, NULL) < 0)
                        continue;
                struct json_value event = json_root(doc), type = json_get(event, "event_type");
                const char *id = json_string(json_get(event, "stable_id"), st->arena);

                if (id && (json_string_eq(type, event_type_name(EVENT_QUARANTINE)) ||
                           json_string_eq(type, event_type_name(EVENT_UNQUARANTINE)) ||
                           json_string_eq(type, event_type_name(EVENT_AUTO_UNQUARANTINE))))
                        strmap_set(ret, id, 0);
        }
}

static int load(struct store *s, struct json_value root, struct state *st, struct error *err) {
        struct strmap listed AUTO(strmap_release) = STRMAP_INIT, announced AUTO(strmap_release) = STRMAP_INIT;
        struct json_iter it = json_iter(root);

        if (store_expect(s, NAME, root, JSON_ARRAY, "the list of quarantined containers", err) < 0)
                return -1;
        if (!json_present(root))
                return keep_details(s, st);
        find_announced(s, &announced, st);
        while (json_next(&it)) {
                const char *id = json_string(it.value, st->arena);

                if (!id)
                        return store_expect(s, NAME, it.value, JSON_STRING, "a quarantined container", err);

                struct memory *m = state_get(st, id);

                strmap_set(&listed, m->stable_id, 0);
                if (m->quarantined != QUARANTINED_NOT)
                        continue;
                if (strmap_get(&announced, id) != STRMAP_NONE) {
                        s->behind[STORE_QUARANTINE] = true;
                        continue;
                }
                /* containers.json shall know it as well: this file may break. */
                m->quarantined = QUARANTINED_BY_AUTOHEAL;
                s->behind[STORE_CONTAINERS] = true;
        }
        for (size_t i = 0; i < st->n; i++) {
                struct memory *m = &st->memories[i];

                if (m->quarantined == QUARANTINED_NOT || strmap_get(&listed, m->stable_id) != STRMAP_NONE)
                        continue;
                if (strmap_get(&announced, m->stable_id) != STRMAP_NONE) {
                        s->behind[STORE_QUARANTINE] = true;
                        continue;
                }
                forget_details(m);
                s->behind[STORE_CONTAINERS] = true;
        }
        return 0;
}

static void format(struct buf *out, const struct state *st, const struct json_value *in_place) {
        struct json_value old = store_in_place(in_place);
        struct arena a AUTO(arena_release) = ARENA_INIT(16 * 1024);
        const struct store_entry *entries = store_entries(st, old, &a);
        struct json_writer w;

        json_writer_init(&w, out, JSON_PRETTY);
        json_begin_array(&w);
        for (size_t i = 0; i < st->n; i++)
                if (entries[i].memory->quarantined != QUARANTINED_NOT)
                        json_str(&w, entries[i].memory->stable_id);
        json_end_array(&w);
}

const struct store_shape store_quarantine = { NAME, load, format };
