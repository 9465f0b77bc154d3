/* SPDX-License-Identifier: MIT */
/* Which values are secrets, and writing a document without showing them. */
#include "autoheal/util/text.h"
#include "config/edit_internal.h"

#define NAME_MAX_LENGTH 64

static bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_word_in(const char *text, const char *word) {
        const char *at = text;
        size_t n = strlen(word);

        while ((at = strstr(at, word)) != NULL) {
                if ((at == text || !is_letter(at[-1])) && !is_letter(at[n]))
                        return true;
                at += n;
        }
        return false;
}

/* "api_token", "Password", "user_key"; not "monkey". */
static bool names_a_secret(const char *name) {
        static const char *const parts[] = { "token",      "password", "passwd", "passphrase",   "secret",
                                             "credential", "webhook",  "apikey", "authorization" };
        static const char *const words[] = { "key", "pass", "auth", "sig", "signature" };
        char small[NAME_MAX_LENGTH + 1];
        size_t n = 0;

        for (; n < NAME_MAX_LENGTH && name[n]; n++)
                small[n] = lower(name[n]);
        small[n] = '\0';
        for (size_t i = 0; i < N_ELEMENTS(parts); i++)
                if (strstr(small, parts[i]))
                        return true;
        for (size_t i = 0; i < N_ELEMENTS(words); i++)
                if (is_word_in(small, words[i]))
                        return true;
        return false;
}

/* An address that carries credentials: user:password@host, or ?token=... */
static bool is_secret_address(const char *text) {
        const char *rest = strstr(text, "://"), *query;

        if (!rest)
                return false;
        rest += strlen("://");
        query = strchr(rest, '?');
        return rest[strcspn(rest, "@/?#")] == '@' || (query && names_a_secret(query));
}

/* ---- Places ---- */

struct place place_root(void) {
        return (struct place){ .kind = PLACE_BY_NAME, .in_table = true };
}

/* What a path of the table is; false if it is none. */
static bool enter_table(struct place *p, const char *section, const char *key) {
        const struct setting_info *s;
        int n = snprintf(p->section, sizeof(p->section), "%s%s%s", section, *section ? "." : "", key);

        if (n < 0 || (size_t)n >= sizeof(p->section))
                return false;
        p->in_table = config_is_section(p->section);
        if (p->in_table)
                return true;
        s = config_find_setting(p->section);
        if (!s)
                return false;
        if (!s->kept)
                p->kind = PLACE_OPEN;
        else if (s->rule->kind == KIND_MAP)
                p->kind = PLACE_IDS;
        else if (str_eq(s->path, "notifications.services"))
                p->kind = PLACE_SERVICE;
        return p->kind != PLACE_BY_NAME;
}

struct place place_enter(const struct place *outer, const char *key) {
        struct place p = { .kind = outer->kind };

        if (outer->kind == PLACE_OPEN || outer->kind == PLACE_SECRET)
                return p;
        if (outer->in_table && enter_table(&p, outer->section, key))
                return p;
        if (outer->kind == PLACE_IDS)
                p.kind = PLACE_BY_NAME;
        else if (names_a_secret(key))
                p.kind = PLACE_SECRET;
        else if (outer->kind == PLACE_SERVICE && (str_eq(key, "url") || str_eq(key, "headers")))
                p.kind = PLACE_SECRET;
        return p;
}

/* The elements of a list stand where the list does. */
static struct place element_of(const struct place *list) {
        return (struct place){ .kind = list->kind };
}

/* ---- Writing ---- */

/* {"file": "/run/secrets/x"} tells where a secret is, not what it is. */
static bool is_file_reference(struct json_value v) {
        return json_count(v) == 1 && json_type(json_get(v, "file")) == JSON_STRING;
}

static bool is_secret(const struct place *p, struct json_value v, const char *text) {
        if (p->kind == PLACE_OPEN)
                return false;
        if (p->kind == PLACE_SECRET)
                return text ? *text != '\0' : json_type(v) == JSON_NUMBER;
        return text && is_secret_address(text);
}

/* As it stands, unless a terminal would act on it. */
static void write_scalar(struct json_writer *w, struct json_value v, const char *text) {
        struct slice raw = json_raw(v);

        for (size_t i = 0, used; text && i < raw.n; i += used) {
                uint32_t cp = 0;

                used = utf8_sequence(raw.p + i, raw.n - i, &cp);
                if (used == 0 || !text_is_printable(cp)) {
                        json_str(w, text);
                        return;
                }
        }
        json_raw_value(w, raw);
}

static void write_at(struct json_writer *w, const struct place *p, struct json_value v, bool secrets, struct arena *a) {
        struct json_iter it = json_iter(v);
        enum json_type type = json_type(v);
        struct place open = { .kind = PLACE_OPEN };

        if (type == JSON_ARRAY) {
                struct place element = element_of(p);

                json_begin_array(w);
                while (json_next(&it))
                        write_at(w, &element, it.value, secrets, a);
                json_end_array(w);
        } else if (type == JSON_OBJECT) {
                if (p->kind == PLACE_SECRET && is_file_reference(v))
                        p = &open;
                json_begin_object(w);
                while (json_next(&it)) {
                        const char *key = json_key_string(&it, a);
                        struct place inner = place_enter(p, key);

                        json_key(w, key);
                        write_at(w, &inner, it.value, secrets, a);
                }
                json_end_object(w);
        } else {
                const char *text = json_string(v, a);

                if (!secrets && is_secret(p, v, text))
                        json_str(w, CONFIG_MASK);
                else
                        write_scalar(w, v, text);
        }
}

void place_write(struct json_writer *w, const struct place *p, struct json_value v, bool secrets) {
        struct arena a AUTO(arena_release) = ARENA_INIT(16384);

        write_at(w, p, v, secrets, &a);
}

void config_write(struct json_writer *w, const char *path, struct json_value v, bool secrets) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct slice rest = slice_str(path), name;
        struct place p = place_root();

        while (slice_split(&rest, '.', &name))
                p = place_enter(&p, arena_strndup(&a, name.p, name.n));
        place_write(w, &p, v, secrets);
}

const char *config_json(const char *path, struct json_value v, bool secrets, struct arena *a) {
        struct buf b AUTO(buf_release) = BUF_INIT(2 * CONFIG_MAX);
        struct json_writer w;

        json_writer_init(&w, &b, JSON_COMPACT);
        config_write(&w, path, v, secrets);
        return arena_strdup(a, buf_str(&b));
}

/* ---- Putting masked values back ---- */

struct unmasking {
        struct buf *out;
        const char *written; /* the text up to here is in out */
        struct config_issues *issues;
        struct arena arena;
};

static bool is_mask(struct json_value v) {
        return json_string_eq(v, CONFIG_MASK);
}

static void unmask_value(struct unmasking *u, const char *path, struct json_value v, struct json_value present) {
        struct slice raw = json_raw(v), kept = json_raw(present);
        char shown[160];

        if (!json_present(present) || is_mask(present)) {
                issue_error(u->issues, text_escape_into(shown, sizeof(shown), path),
                            "is masked, and there is nothing in place to keep");
                json_position(v, &u->issues->items[u->issues->n - 1].line, &u->issues->items[u->issues->n - 1].column);
                return;
        }
        buf_add(u->out, u->written, (size_t)(raw.p - u->written));
        buf_add(u->out, kept.p, kept.n);
        u->written = raw.p + raw.n;
}

static const char *name_of(struct json_value v, struct arena *a) {
        return json_string(json_get(v, "name"), a);
}

static bool same_name(const char *a, const char *b) {
        return a ? str_eq(a, b) : !b;
}

/* The element that was `v` before: of the same name, in the same place or else the only one. A token must not go to another service. */
static struct json_value counterpart(struct json_value v, size_t at, struct json_value list, struct arena *a) {
        struct json_iter it = json_iter(list);
        struct json_value found = { .doc = NULL };
        const char *name = name_of(v, a);
        size_t n = 0;

        for (size_t i = 0; !it.object && json_next(&it); i++) {
                bool same = same_name(name, name_of(it.value, a));

                if (i == at && same)
                        return it.value;
                if (name && same) {
                        found = it.value;
                        n++;
                }
        }
        return n == 1 ? found : (struct json_value){ .doc = NULL };
}

static void unmask_at(struct unmasking *u, const char *path, struct json_value v, struct json_value present) {
        struct json_iter it = json_iter(v);

        if (json_type(v) == JSON_ARRAY) {
                for (size_t i = 0; json_next(&it); i++)
                        unmask_at(u, arena_printf(&u->arena, "%s[%zu]", path, i), it.value,
                                  counterpart(it.value, i, present, &u->arena));
        } else if (json_type(v) == JSON_OBJECT) {
                struct members before AUTO(members_release);

                members_list(&before, present, &u->arena);
                while (json_next(&it)) {
                        const char *key = json_key_string(&it, &u->arena);

                        unmask_at(u, arena_printf(&u->arena, "%s%s%s", path, *path ? "." : "", key), it.value,
                                  members_get(&before, key));
                }
        } else if (is_mask(v))
                unmask_value(u, path, v, present);
}

void config_unmask(struct buf *out, struct slice text, struct json_value root, struct json_value present,
                   struct config_issues *issues) {
        struct unmasking u = { .out = out, .written = text.p, .issues = issues, .arena = ARENA_INIT(16384) };

        unmask_at(&u, "", root, present);
        buf_add(out, u.written, (size_t)(text.p + text.n - u.written));
        arena_release(&u.arena);
}
