/* SPDX-License-Identifier: MIT */
/* Loading: reads the document against the table and puts the steps together. */
#include "autoheal/config/edit.h"
#include "autoheal/util/text.h"
#include "config/objects.h"

#include <math.h>

static bool is_null(struct json_value v) {
        return json_type(v) == JSON_NULL;
}

/* The issues since `from` are about what stands there. */
static void locate(const struct load *l, size_t from, struct json_value v) {
        size_t line = 0, column = 0;

        if (from < l->issues->n)
                json_position(v, &line, &column);
        for (size_t i = from; i < l->issues->n; i++) {
                if (l->issues->items[i].line)
                        continue;
                l->issues->items[i].line = line;
                l->issues->items[i].column = column;
        }
}

/* ---- one value ---- */

static void wrong_type(const struct load *l, const char *where, const char *must_be, struct json_value v) {
        const char *is = json_type_name(json_type(v));

        issue_error(l->issues, where, arena_printf(l->issues->arena, "must be %s (is %s)", must_be, is));
}

/* The value as it stands in the document, cut when long. Never for strings: they may be secrets. */
static const char *shown_number(const struct load *l, struct json_value v) {
        struct slice raw = json_raw(v);

        return arena_printf(l->issues->arena, "%.*s", (int)(raw.n > 40 ? 40 : raw.n), raw.p);
}

static void apply_number(struct load *l, const struct setting_info *s, struct json_value v) {
        struct arena *a = l->issues->arena;
        int64_t n;
        double d;

        if (s->rule->kind == KIND_NUMBER) {
                if (json_double(v, &d))
                        value_number(l, s, s->path, d);
                else
                        issue_error(l->issues, s->path,
                                    arena_printf(a, "must be a number that fits, %s (is %s)", s->range, shown_number(l, v)));
                return;
        }
        if (json_int(v, &n)) {
                value_int(l, s, s->path, n);
                return;
        }
        /* 2^53: up to there a double is the integer that was written. */
        if (!json_double(v, &d) || !(fabs(d) <= 0x1p53)) {
                issue_error(l->issues, s->path, arena_printf(a, "must be %s (is %s)", s->range, shown_number(l, v)));
                return;
        }
        n = (int64_t)d;
        if ((double)n < d || (double)n > d) {
                issue_error(l->issues, s->path, arena_printf(a, "must be an integer (is %s)", shown_number(l, v)));
                return;
        }
        issue_warning(l->issues, s->path, arena_printf(a, "%s is read as %lld", shown_number(l, v), (long long)n));
        value_int(l, s, s->path, n);
}

static void apply_text(struct load *l, const struct setting_info *s, struct json_value v) {
        const char *text = json_string(v, l->arena);
        const char *what = s->rule->kind == KIND_BOOL ? "a boolean" : "a number";

        if (value_text(l, s, s->path, text))
                issue_lax(l->issues, s->path, arena_printf(l->issues->arena, "%s is written as text", what),
                          arena_printf(l->issues->arena, "must be %s (is a string)", value_wanted(s)));
}

static void apply_scalar(struct load *l, const struct setting_info *s, struct json_value v) {
        enum setting_kind kind = s->rule->kind;
        enum json_type type = json_type(v);
        bool is_numeric = kind == KIND_INT || kind == KIND_NUMBER;
        bool is_textual = kind == KIND_STRING || kind == KIND_WORD;
        bool b;

        if (is_numeric && type == JSON_NUMBER)
                apply_number(l, s, v);
        else if (kind == KIND_BOOL && json_bool(v, &b))
                value_bool(l, s, b);
        else if (is_textual && type == JSON_STRING)
                value_string(l, s, s->path, json_string(v, l->arena));
        else if (!is_textual && type == JSON_STRING)
                apply_text(l, s, v);
        else
                wrong_type(l, s->path, value_wanted(s), v);
}

/* ---- lists ---- */

static void apply_strings(struct load *l, const struct setting_info *s, struct json_value v) {
        struct json_iter it = json_iter(v);
        const char **items = arena_array(l->arena, json_count(v), sizeof(*items));
        size_t n = 0;

        while (json_next(&it)) {
                const char *item = json_string(it.value, l->arena);

                if (item)
                        items[n] = item;
                else
                        wrong_type(l, arena_printf(l->arena, "%s[%zu]", s->path, n), "a string", it.value);
                n++;
        }
        value_strings(l, s, s->path, (struct string_list){ .items = items, .n = n });
}

static size_t count_pairs(struct json_value list) {
        struct json_iter it = json_iter(list);
        size_t n = 0;

        while (json_next(&it))
                n += json_type(it.value) == JSON_OBJECT ? json_count(it.value) : 0;
        return n;
}

static void apply_labels(struct load *l, const struct setting_info *s, struct json_value v) {
        struct json_iter list = json_iter(v);
        struct label *items = arena_array(l->arena, count_pairs(v), sizeof(*items));
        size_t n = 0;

        for (size_t i = 0; json_next(&list); i++) {
                const char *where = arena_printf(l->arena, "%s[%zu]", s->path, i);
                struct json_iter pair = json_iter(list.value);

                if (json_type(list.value) != JSON_OBJECT) {
                        wrong_type(l, where, "an object of strings", list.value);
                        continue;
                }
                while (json_next(&pair)) {
                        items[n] = (struct label){ json_key_string(&pair, l->arena), json_string(pair.value, l->arena) };
                        value_label_key(l, where, items[n].key);
                        if (!items[n].value)
                                wrong_type(l, where, "an object of strings", pair.value);
                        n++;
                }
        }
        memcpy((char *)l->cfg + s->rule->offset, &(struct label_list){ .items = items, .n = n }, sizeof(struct label_list));
}

static void apply_counts(struct load *l, const struct setting_info *s, struct json_value v) {
        struct json_iter it = json_iter(v);
        struct count_entry *entries = arena_array(l->arena, json_count(v), sizeof(*entries));
        size_t n = 0;

        while (json_next(&it)) {
                struct count_entry *e = &entries[n++];
                const char *where;

                e->key = json_key_string(&it, l->arena);
                if (json_int(it.value, &e->count) && e->count >= 0)
                        continue;
                where = arena_printf(l->arena, "%s[%s]", s->path, quoted(l->arena, e->key));
                issue_error(l->issues, where, "must be an integer >= 0");
        }
        l->cfg->containers.restart_counts = entries;
        l->cfg->containers.n_restart_counts = n;
}

/* Kept lists and maps: their elements must be objects. What is in those, only the setting's own check knows. */
static void check_objects(struct load *l, const struct setting_info *s, struct json_value v) {
        struct json_iter it = json_iter(v);

        for (size_t i = 0; json_next(&it); i++) {
                if (json_type(it.value) == JSON_OBJECT)
                        continue;
                wrong_type(l, arena_printf(l->arena, "%s[%zu]", s->path, i), "an object", it.value);
        }
}

static void apply_composite(struct load *l, const struct setting_info *s, struct json_value v,
                            void (*kind)(struct load *, const struct setting_info *, struct json_value)) {
        kind(l, s, v);
        if (s->rule->check)
                s->rule->check(l, s, v);
}

static void apply(struct load *l, const struct setting_info *s, struct json_value v) {
        static void (*const composite[KIND_MAX_])(struct load *, const struct setting_info *, struct json_value) = {
                [KIND_STRINGS] = apply_strings, [KIND_LABELS] = apply_labels, [KIND_COUNTS] = apply_counts,
                [KIND_OBJECTS] = check_objects, [KIND_MAP] = check_objects,
        };
        enum setting_kind kind = s->rule->kind;
        enum json_type needed = kind == KIND_COUNTS || kind == KIND_MAP ? JSON_OBJECT : JSON_ARRAY;

        if (is_null(v) && s->rule->nullable)
                value_null(l, s);
        else if (is_null(v))
                issue_warning(l->issues, s->path, "null is read as the default");
        else if (s->rule->file && is_file_form(v))
                value_file(l, s, v);
        else if (!composite[kind])
                apply_scalar(l, s, v);
        else if (json_type(v) != needed)
                wrong_type(l, s->path, value_wanted(s), v);
        else
                apply_composite(l, s, v, composite[kind]);
}

/* ---- the document ---- */

enum place { PLACE_UNKNOWN, PLACE_SECTION, PLACE_SETTING };

static enum place place_of(const char *path) {
        if (config_find_setting(path))
                return PLACE_SETTING;
        return config_is_section(path) ? PLACE_SECTION : PLACE_UNKNOWN;
}

/* A misspelt section: its keys are worth looking at one by one. */
static bool resembles_section(const char *path) {
        static const char *const sections[] = { "monitor", "containers", "filters", "restart", "restart.backoff", "brake" };

        for (size_t i = 0; i < N_ELEMENTS(sections); i++)
                if (text_distance(path, sections[i]) <= TEXT_DISTANCE_MAX)
                        return true;
        return false;
}

static void warn_unknown(struct load *l, const char *path, const char *key) {
        const char *meant = suggest_path(path);
        const char *message = "not known to this version, kept as it is", *refused = "unknown key";
        char shown[160];

        if (strchr(key, '.')) {
                message = "not known, kept as it is (a section is an object of its own, a dot does not make one)";
                refused = "unknown key (a section is an object of its own, a dot does not make one)";
        } else if (meant) {
                message = arena_printf(l->issues->arena, "unknown key, kept as it is (did you mean %s?)", meant);
                refused = arena_printf(l->issues->arena, "unknown key (did you mean %s?)", meant);
        }
        (void)text_escape_into(shown, sizeof(shown), path);
        issue_lax(l->issues, shown, message, refused);
}

/* Finds what the table does not have. Recursion is bounded: known sections are two deep, and only one misspelt level is entered. */
static void walk(struct load *l, struct json_value object, const char *prefix, bool misspelt) {
        struct json_iter it = json_iter(object);

        while (json_next(&it)) {
                const char *key = json_key_string(&it, l->arena);
                const char *path = *prefix ? arena_printf(l->arena, "%s.%s", prefix, key) : key;
                enum place kind = strchr(key, '.') ? PLACE_UNKNOWN : place_of(path);
                bool is_object = json_type(it.value) == JSON_OBJECT;
                size_t from = l->issues->n;

                if (kind == PLACE_SETTING)
                        continue;
                if ((kind == PLACE_SECTION && is_object) || (is_object && !misspelt && resembles_section(path))) {
                        walk(l, it.value, path, kind == PLACE_UNKNOWN);
                        continue;
                }
                if (kind == PLACE_SECTION && is_null(it.value))
                        issue_warning(l->issues, path, "null is read as the default");
                else if (kind == PLACE_SECTION)
                        wrong_type(l, path, "an object", it.value);
                else
                        warn_unknown(l, path, key);
                locate(l, from, it.key_value);
        }
}

void document_apply(struct load *l, struct json_value root) {
        const struct setting_info *settings;
        size_t n = config_settings(&settings);

        if (json_type(root) != JSON_OBJECT) {
                wrong_type(l, "the document", "an object", root);
                return;
        }
        for (size_t i = 0; i < n; i++) {
                struct json_value v = config_at(root, settings[i].path);
                size_t from = l->issues->n;

                if (json_present(v))
                        apply(l, &settings[i], v);
                locate(l, from, v);
        }
        walk(l, root, "", false);
}

/* ---- loading ---- */

/* The first error and how many more there are; 0 if there is none. */
static int report(const struct config_issues *issues, size_t from, const char *shown, struct error *err) {
        const struct config_issue *first = NULL;
        const char *source;
        size_t more = 0;

        for (size_t i = from; i < issues->n; i++) {
                if (!issues->items[i].is_error)
                        continue;
                if (first)
                        more++;
                else
                        first = &issues->items[i];
        }
        if (!first)
                return 0;
        source = config_is_variable(first->where) ? "environment" : shown;
        if (more)
                return error_set(err, ERR_CONFIG, "%s: %s: %s (and %zu more)", source, first->where, first->message, more);
        return error_set(err, ERR_CONFIG, "%s: %s: %s", source, first->where, first->message);
}

int config_load(struct config *ret, const char *shown, const char *text, size_t len, const struct env_var *env, size_t n_env,
                struct config_issues *issues, struct arena *a, struct error *err) {
        struct json_doc *doc AUTO_JSON = NULL;
        struct error cause = ERROR_INIT;
        struct config cfg;
        struct load l = { .cfg = &cfg, .issues = issues, .arena = a };
        size_t from = issues->n;

        config_defaults(&cfg);
        if (other_default("restart.mode", env, n_env))
                cfg.restart.mode_word = other_default("restart.mode", env, n_env);
        if (text && json_parse(text, len, CONFIG_TOKENS_MAX, &doc, &cause) < 0)
                return error_set(err, ERR_CONFIG, "%s: %s", shown, cause.msg);
        if (text)
                document_apply(&l, json_root(doc));
        environment_apply(&l, env, n_env);
        if (report(issues, from, shown, err) < 0)
                return -1;
        cfg.restart.mode = heal_mode_parse(cfg.restart.mode_word);
        config_check(&cfg, env, n_env, issues);
        other_names_note(&cfg, env, n_env, issues);
        *ret = cfg;
        return 0;
}
