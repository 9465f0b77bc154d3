/* SPDX-License-Identifier: MIT */
/* What a person typed, or a variable holds, as the value of one key: as JSON. */
#include "autoheal/util/text.h"
#include "config/edit_internal.h"

/* What is larger once it is escaped is cut, and then found to be no JSON. */
#define JSON_ROOM (2 * CONFIG_MAX)

const char *typed_text(const char *text, struct arena *a) {
        struct buf b AUTO(buf_release) = BUF_INIT(JSON_ROOM);
        struct json_writer w;

        json_writer_init(&w, &b, JSON_COMPACT);
        json_str(&w, text);
        return arena_strdup(a, buf_str(&b));
}

const char *config_list_json(const char *const *items, size_t n, struct arena *a) {
        struct buf b AUTO(buf_release) = BUF_INIT(JSON_ROOM);
        struct json_writer w;

        json_writer_init(&w, &b, JSON_COMPACT);
        json_begin_array(&w);
        for (size_t i = 0; i < n; i++)
                json_str(&w, items[i]);
        json_end_array(&w);
        return arena_strdup(a, buf_str(&b));
}

static bool is_number(const char *text) {
        struct json_doc *doc AUTO_JSON = NULL;

        return json_parse(text, strlen(text), 1, &doc, NULL) == 0 && json_type(json_root(doc)) == JSON_NUMBER;
}

const char *typed_json(const struct setting_info *s, const char *text, struct arena *a) {
        struct string_list list;
        int64_t n;
        bool b;

        if (s->rule->nullable && strcmp(text, "null") == 0)
                return "null";
        switch (s->rule->kind) {
        case KIND_INT:
                return parse_int64(text, INT64_MIN, INT64_MAX, &n) ? arena_printf(a, "%lld", (long long)n) : NULL;
        case KIND_NUMBER:
                return is_number(text) ? arena_strdup(a, text) : NULL;
        case KIND_BOOL:
                return parse_bool(text, &b) ? (b ? "true" : "false") : NULL;
        case KIND_STRING:
        case KIND_WORD:
                return typed_text(text, a);
        case KIND_STRINGS:
                if (s->rule->argv)
                        return argv_json(text, a);
                list = split_list(text, a);
                return config_list_json(list.items, list.n, a);
        default:
                return NULL;
        }
}

/* ---- Typed by a person ---- */

int config_unknown_key(const char *path, struct error *err) {
        const char *meant = suggest_path(path);

        return meant ? error_set(err, ERR_NOT_FOUND, "unknown key '%s' (did you mean %s?)", path, meant)
                     : error_set(err, ERR_NOT_FOUND, "unknown key '%s'", path);
}

static bool is_utf8(const char *text) {
        size_t n = strlen(text);

        while (n > 0) {
                size_t used = utf8_sequence(text, n, NULL);

                if (used == 0)
                        return false;
                text += used;
                n -= used;
        }
        return true;
}

static int wrong_json(const struct setting_info *s, const struct error *why, struct error *err) {
        return error_set(err, ERR_INVALID, "%s: must be %s in JSON: %s", s->path, value_wanted(s), why->msg);
}

/* A pattern of a shell may begin with a bracket too. */
static bool is_meant_as_json(const struct setting_info *s, const char *typed) {
        return typed[0] == '[' && (!s->rule->patterns || typed[1] == '"');
}

static int typed_list(const struct setting_info *s, const char *typed, struct arena *a, const char **ret_json, struct error *err) {
        struct json_doc *doc AUTO_JSON = NULL;
        struct error why = ERROR_INIT;

        if (typed[0] == '[' && json_parse(typed, strlen(typed), CONFIG_TOKENS_MAX, &doc, &why) == 0)
                *ret_json = arena_strdup(a, typed);
        else if (is_meant_as_json(s, typed))
                return wrong_json(s, &why, err);
        else
                *ret_json = typed_json(s, typed, a);
        if (!*ret_json)
                return error_set(err, ERR_INVALID, "%s: must be " ARGV_WANTED " (is %s)", s->path, quoted(a, typed));
        return 0;
}

static int typed_composite(const struct setting_info *s, const char *typed, struct arena *a, const char **ret_json,
                           struct error *err) {
        struct json_doc *doc AUTO_JSON = NULL;
        struct error why = ERROR_INIT;

        if (json_parse(typed, strlen(typed), CONFIG_TOKENS_MAX, &doc, &why) < 0)
                return wrong_json(s, &why, err);
        *ret_json = arena_strdup(a, typed);
        return 0;
}

static int wrong_scalar(const struct setting_info *s, const char *typed, struct arena *a, struct error *err) {
        return error_set(err, ERR_INVALID, "%s: must be %s%s%s (is %s)", s->path, value_wanted(s), *s->range ? ", " : "", s->range,
                         quoted(a, typed));
}

int config_typed(const char *path, const char *typed, struct arena *a, const char **ret_json, struct error *err) {
        const struct setting_info *s = config_find_setting(path);

        if (!s && config_is_section(path))
                return error_set(err, ERR_INVALID, "'%s' is a section: name one of the keys in it", path);
        if (!s)
                return config_unknown_key(path, err);
        if (strlen(typed) > CONFIG_MAX)
                return error_set(err, ERR_TOO_LARGE, "%s: larger than the %zu MiB that are read", path, CONFIG_MAX / 1024 / 1024);
        if (!is_utf8(typed))
                return error_set(err, ERR_INVALID, "%s: must be text in UTF-8", path);
        if (strstr(typed, CONFIG_MASK))
                return error_set(err, ERR_INVALID, "%s: " CONFIG_MASK " stands for a value that is not shown, and is none", path);
        switch (s->rule->kind) {
        case KIND_STRINGS:
                return typed_list(s, typed, a, ret_json, err);
        case KIND_LABELS:
        case KIND_COUNTS:
        case KIND_OBJECTS:
        case KIND_MAP:
                return typed_composite(s, typed, a, ret_json, err);
        default:
                break;
        }
        if (s->rule->file && typed[0] == '{')
                return typed_composite(s, typed, a, ret_json, err);
        *ret_json = typed_json(s, typed, a);
        return *ret_json ? 0 : wrong_scalar(s, typed, a, err);
}
