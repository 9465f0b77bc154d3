/* SPDX-License-Identifier: MIT */
/* Edits from a document that names the settings that are to change. */
#include "autoheal/config/remote.h"
#include "autoheal/util/text.h"
#include "config/edit_internal.h"

/* After that nobody reads them, and one is enough to refuse it all. */
#define ISSUES_MAX 1000

struct put {
        struct json_value whole, file;
        struct config_issues *issues;
        struct config_edit *edits;
        size_t n, cap;
};

static void add(struct put *p, const char *path, const char *json) {
        if (p->n == p->cap) {
                size_t cap = p->cap ? 2 * p->cap : 16;
                struct config_edit *grown = arena_array(p->issues->arena, cap, sizeof(*grown));

                if (p->n)
                        memcpy(grown, p->edits, p->n * sizeof(*grown));
                p->edits = grown;
                p->cap = cap;
        }
        p->edits[p->n++] = (struct config_edit){ path, json };
}

static void wrong(struct put *p, const char *path, const char *message, struct json_value at) {
        char shown[160];
        size_t n = p->issues->n;

        issue_error(p->issues, text_escape_into(shown, sizeof(shown), path), message);
        json_position(at, &p->issues->items[n].line, &p->issues->items[n].column);
}

static bool is_as_it_is(const struct put *p, struct json_value held, struct json_value v) {
        size_t n = 0;

        if (!json_present(held))
                return false;
        (void)config_diff(held, v, p->issues->arena, &n);
        return n == 0;
}

/* One of the words of the setting, in whatever letter case it was sent. */
static const char *known_word(const struct setting_info *s, const char *text, struct arena *a) {
        struct slice rest = slice_str(s->range), one;

        while (slice_split(&rest, ',', &one))
                if (slice_eq_nocase(slice_trim(one), text))
                        return typed_text(arena_strndup(a, slice_trim(one).p, slice_trim(one).n), a);
        return NULL;
}

/* The value that a lax one stands for, as JSON; NULL: it stands for itself. Earlier clients send what people typed. */
static const char *meant(const struct setting_info *s, struct json_value v, struct arena *a) {
        const char *text = json_string(v, a);
        struct slice raw = json_raw(v);

        switch (s->rule->kind) {
        case KIND_WORD:
                return text ? known_word(s, text, a) : NULL;
        case KIND_BOOL:
                if (json_type(v) == JSON_NUMBER)
                        text = arena_strndup(a, raw.p, raw.n);
                break;
        case KIND_INT:
        case KIND_NUMBER:
                break;
        default:
                return NULL;
        }
        return text && !str_eq(text, "null") ? typed_json(s, text, a) : NULL;
}

static void put_setting(struct put *p, const char *path, struct json_value v) {
        const char *json = meant(config_find_setting(path), v, p->issues->arena);
        struct json_doc *doc AUTO_JSON = NULL;

        if (json && json_parse(json, strlen(json), CONFIG_TOKENS_MAX, &doc, NULL) == 0)
                v = json_root(doc);
        if (json_type(v) == JSON_NULL)
                add(p, path, NULL);
        else if (!is_as_it_is(p, config_at(p->whole, path), v))
                add(p, path, config_json(path, v, true, p->issues->arena));
}

static void reset_section(struct put *p, const char *section) {
        const struct setting_info *settings;
        size_t n = config_settings(&settings), len = strlen(section);

        for (size_t i = 0; i < n; i++)
                if (strncmp(settings[i].path, section, len) == 0 && settings[i].path[len] == '.')
                        add(p, settings[i].path, NULL);
}

/* What this version does not know may come back as it stands in the file. */
static void put_unknown(struct put *p, const char *path, const char *key, struct json_value v, struct json_value at) {
        struct error why = ERROR_INIT;
        const char *message = "unknown key (a section is an object of its own, a dot does not make one)";

        if (p->issues->n >= ISSUES_MAX || is_as_it_is(p, config_at(p->file, path), v))
                return;
        if (config_is_host(path)) {
                message = CONFIG_NOT_FROM_AFAR "change config.json there";
        } else if (!strchr(key, '.')) {
                (void)config_unknown_key(path, &why);
                message = arena_strdup(p->issues->arena, why.msg);
        }
        wrong(p, path, message, at);
}

/* Recursion is bounded by the table: only its sections are entered. */
static void put_section(struct put *p, const char *section, struct json_value given) {
        struct json_iter it = json_iter(given);

        while (json_next(&it)) {
                const char *key = json_key_string(&it, p->issues->arena);
                const char *path = *section ? arena_printf(p->issues->arena, "%s.%s", section, key) : key;
                bool is_section = !strchr(key, '.') && config_is_section(path);

                if (!is_section && (strchr(key, '.') || !config_find_setting(path)))
                        put_unknown(p, path, key, it.value, it.key_value);
                else if (!is_section)
                        put_setting(p, path, it.value);
                else if (json_type(it.value) == JSON_OBJECT)
                        put_section(p, path, it.value);
                else if (json_type(it.value) == JSON_NULL)
                        reset_section(p, path);
                else
                        wrong(p, path, "must be an object", it.value);
        }
}

size_t config_edits(const char *section, struct json_value given, struct json_value whole, struct json_value file,
                    struct config_issues *issues, const struct config_edit **ret) {
        struct put p = { .whole = whole, .file = file, .issues = issues };

        put_section(&p, section, given);
        *ret = p.edits;
        return p.n;
}

/* ---- What others find ---- */

void config_add_error(struct config_issues *issues, const char *where, const char *message) {
        char shown[160];

        issue_error(issues, text_escape_into(shown, sizeof(shown), where), message);
}

void config_add_warning(struct config_issues *issues, const char *where, const char *message) {
        char shown[160];

        issue_warning(issues, text_escape_into(shown, sizeof(shown), where), message);
}
