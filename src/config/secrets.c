/* SPDX-License-Identifier: MIT */
/* Which values are secrets, and writing a document without showing them. */
#include "autoheal/util/text.h"
#include "config/edit_internal.h"

static bool is_upper(char c) {
        return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c) {
        return c >= 'a' && c <= 'z';
}

static bool is_letter(char c) {
        return is_upper(c) || is_lower(c);
}

/* Between two words: "api_|token", "private|Key", "SSL|Key". */
static bool is_border(const char *text, size_t at) {
        if (at == 0 || !is_letter(text[at - 1]) || !is_letter(text[at]))
                return true;
        return is_upper(text[at]) && (is_lower(text[at - 1]) || is_lower(text[at + 1]));
}

static bool holds(const char *text, size_t len, const char *word, bool as_a_word) {
        size_t n = strlen(word);

        for (size_t i = 0; i + n <= len; i++)
                if (strncasecmp(text + i, word, n) == 0 && (!as_a_word || (is_border(text, i) && is_border(text, i + n))))
                        return true;
        return false;
}

/* "api_token", "Password", "privateKey"; not "monkey". */
static bool names_a_secret(const char *text, size_t len) {
        static const char *const parts[] = { "token",  "password",   "passwd",        "passphrase", "pwd",
                                             "secret", "credential", "authorization", "webhook",    "bearer",
                                             "cookie", "accesskey",  "apikey",        "privatekey" };
        static const char *const words[] = { "key", "keys", "pass", "auth", "sig", "signature" };

        for (size_t i = 0; i < N_ELEMENTS(parts); i++)
                if (holds(text, len, parts[i], false))
                        return true;
        for (size_t i = 0; i < N_ELEMENTS(words); i++)
                if (holds(text, len, words[i], true))
                        return true;
        return false;
}

/* A password may hold anything. */
bool has_secret_address(const char *text) {
        while ((text = strstr(text, "://")) != NULL) {
                size_t len = strcspn(text += strlen("://"), " \t\r\n");
                const char *query = memchr(text, '?', len);

                if (memchr(text, '@', len) || (query && names_a_secret(query, len - (size_t)(query - text))))
                        return true;
        }
        return false;
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
        if (s->rule->secret)
                p->kind = PLACE_SECRET;
        else if (str_eq(s->path, "notifications.services"))
                p->kind = PLACE_SERVICE;
        else if (s->rule->kind == KIND_MAP)
                p->kind = PLACE_IDS;
        else if (!s->kept && !s->rule->argv)
                p->kind = PLACE_OPEN;
        return p->kind != PLACE_BY_NAME;
}

/* http://host:port/path, and nothing in it that a credential could be. */
static bool is_plain_address(const char *text) {
        struct slice rest = slice_str(text);

        return (slice_skip_nocase(&rest, "https://") || slice_skip_nocase(&rest, "http://")) && !strpbrk(text, "@?#");
}

/* There are many kinds of services, and what each calls its secrets is not known: only what is known to be none is shown. */
static bool is_shown_of_service(const char *key) {
        static const char *const keys[] = { "name",     "type",  "enabled", "events",   "event_filters",
                                            "username", "topic", "chat_id", "priority", "timeout_seconds" };

        for (size_t i = 0; i < N_ELEMENTS(keys); i++)
                if (str_eq(key, keys[i]))
                        return true;
        return false;
}

struct place place_enter(const struct place *outer, const char *key) {
        struct place p = { .kind = outer->kind };

        if (outer->kind == PLACE_OPEN || outer->kind == PLACE_SECRET)
                return p;
        if (outer->in_table && enter_table(&p, outer->section, key))
                return p;
        if (outer->kind == PLACE_IDS)
                p.kind = PLACE_BY_NAME;
        else if (outer->kind == PLACE_SERVER)
                p.kind = PLACE_SECRET;
        else if (outer->kind == PLACE_SERVICE && is_shown_of_service(key))
                p.kind = PLACE_BY_NAME;
        else if (outer->kind == PLACE_SERVICE && str_eq(key, "server_url"))
                p.kind = PLACE_SERVER;
        else if (outer->kind == PLACE_SERVICE || str_eq(key, "http_headers") || names_a_secret(key, strlen(key)))
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
        if (p->kind == PLACE_SERVER && text && is_plain_address(text))
                return false;
        if (p->kind == PLACE_SECRET || p->kind == PLACE_SERVICE || p->kind == PLACE_SERVER)
                return text ? *text != '\0' : json_type(v) == JSON_NUMBER;
        return text && has_secret_address(text);
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
