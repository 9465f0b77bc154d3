/* SPDX-License-Identifier: MIT */
/* Masked values that come back: each becomes what stands in its place, as long as that is beyond doubt. */
#include "autoheal/config/remote.h"
#include "autoheal/util/text.h"
#include "config/edit_internal.h"

struct unmasking {
        struct buf *out;
        const char *written; /* the text up to here is in out */
        struct config_issues *issues;
        struct arena arena;
};

/* What stands in a place now. */
struct present {
        struct json_value v; /* missing: nothing */
        bool in_doubt;       /* it may be any of several */
};

static bool is_mask(struct json_value v) {
        return json_string_eq(v, CONFIG_MASK);
}

static void unmask_value(struct unmasking *u, const char *path, struct json_value v, struct present present) {
        struct slice raw = json_raw(v), kept = json_raw(present.v);
        char shown[160];

        if (present.in_doubt || !json_present(present.v) || is_mask(present.v)) {
                issue_error(u->issues, text_escape_into(shown, sizeof(shown), path),
                            present.in_doubt ? "is masked, and it is not clear what it was"
                                             : "is masked, and there is nothing in place to keep");
                json_position(v, &u->issues->items[u->issues->n - 1].line, &u->issues->items[u->issues->n - 1].column);
                return;
        }
        buf_add(u->out, u->written, (size_t)(raw.p - u->written));
        buf_add(u->out, kept.p, kept.n);
        u->written = raw.p + raw.n;
}

/* ---- Elements of a list ---- */

struct elements {
        struct json_value *values;
        size_t n;
        struct strmap index; /* by name, the first of each */
        size_t *namesakes;   /* of the first of each name, itself counted in */
        bool same_places;    /* masks aside the lists are the same: what has no name is where it was */
};

static const char *name_of(struct json_value v, struct arena *a) {
        return json_string(json_get(v, "name"), a);
}

static void elements_list(struct elements *ret, struct json_value list, struct json_value present, struct arena *a) {
        struct json_iter it = json_iter(present);
        size_t room = json_type(present) == JSON_ARRAY ? json_count(present) : 0;

        *ret = (struct elements){ .values = arena_array(a, room, sizeof(*ret->values)),
                                  .index = STRMAP_INIT,
                                  .namesakes = arena_array(a, room, sizeof(*ret->namesakes)),
                                  .same_places = values_same(list, present, true, a) };
        for (; ret->n < room && json_next(&it); ret->n++) {
                const char *name = name_of(it.value, a);
                size_t first = name ? strmap_get(&ret->index, name) : ret->n;

                ret->values[ret->n] = it.value;
                ret->namesakes[ret->n] = 0;
                if (first == STRMAP_NONE)
                        strmap_set(&ret->index, name, first = ret->n);
                ret->namesakes[first]++;
        }
}

static void elements_release(struct elements *e) {
        strmap_release(&e->index);
}

/*
 * The element that is the only one of that name, or else, where nothing was moved, the one in the same place: a token must not
 * go to another service.
 */
static struct present counterpart(const struct elements *e, struct json_value v, size_t at, struct arena *a) {
        const char *name = name_of(v, a);
        size_t first = name ? strmap_get(&e->index, name) : STRMAP_NONE;

        if (first != STRMAP_NONE && e->namesakes[first] == 1)
                return (struct present){ .v = e->values[first] };
        if (e->n == 0 || (name && first == STRMAP_NONE))
                return (struct present){ .in_doubt = false };
        if (!e->same_places)
                return (struct present){ .in_doubt = true };
        return (struct present){ .v = e->values[at] };
}

/* ---- All of it ---- */

static void unmask_at(struct unmasking *u, const char *path, struct json_value v, struct present present) {
        struct json_iter it = json_iter(v);

        if (json_type(v) == JSON_ARRAY) {
                struct elements before AUTO(elements_release);

                elements_list(&before, v, present.v, &u->arena);
                for (size_t i = 0; json_next(&it); i++)
                        unmask_at(u, arena_printf(&u->arena, "%s[%zu]", path, i), it.value,
                                  present.in_doubt ? present : counterpart(&before, it.value, i, &u->arena));
        } else if (json_type(v) == JSON_OBJECT) {
                struct members before AUTO(members_release);

                members_list(&before, present.v, &u->arena);
                while (json_next(&it)) {
                        const char *key = json_key_string(&it, &u->arena);

                        unmask_at(u, config_place(path, key, &u->arena), it.value,
                                  (struct present){ members_get(&before, key), present.in_doubt });
                }
        } else if (is_mask(v))
                unmask_value(u, path, v, present);
}

void config_unmask(struct buf *out, struct slice text, struct json_value root, struct json_value present,
                   struct config_issues *issues) {
        struct unmasking u = { .out = out, .written = text.p, .issues = issues, .arena = ARENA_INIT(16384) };

        unmask_at(&u, "", root, (struct present){ .v = present });
        buf_add(out, u.written, (size_t)(text.p + text.n - u.written));
        arena_release(&u.arena);
}
