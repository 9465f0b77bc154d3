/* SPDX-License-Identifier: MIT */
/* Settings from environment variables: AUTOHEAL_ and the path in capitals, with underscores for dots. */
#include "autoheal/util/text.h"
#include "config/config_internal.h"

/* Read elsewhere, or by the container image. */
static const char *const not_settings[] = {
        "AUTOHEAL_DATA_DIR", "AUTOHEAL_CONTAINER_ID", "AUTOHEAL_API_TOKEN", "AUTOHEAL_API_TOKEN_FILE", OTHER_NAMES,
};

/* What a hook is told: it may run `docker autoheal` itself. */
static bool is_told_a_hook(const char *name) {
        struct slice rest = slice_str(name);

        return slice_skip(&rest, "AUTOHEAL_HOOK") && (rest.n == 0 || rest.p[0] == '_');
}

static bool is_known_otherwise(const char *name) {
        for (size_t i = 0; i < N_ELEMENTS(not_settings); i++)
                if (strcmp(not_settings[i], name) == 0)
                        return true;
        return is_told_a_hook(name) || other_name_is_known(name);
}

static const struct setting_info *find_setting(const char *name) {
        const struct setting_info *settings;
        size_t n = config_settings(&settings);

        for (size_t i = 0; i < n; i++)
                if (str_eq(settings[i].env, name))
                        return &settings[i];
        return NULL;
}

struct string_list split_list(const char *text, struct arena *a) {
        struct slice rest = slice_str(text), item;
        size_t commas = 0, n = 0;
        const char **items;

        for (const char *p = text; *p; p++)
                commas += *p == ',';
        items = arena_array(a, commas + 1, sizeof(*items));
        while (slice_split(&rest, ',', &item)) {
                slice_skip_blanks(&item);
                while (item.n && (item.p[item.n - 1] == ' ' || item.p[item.n - 1] == '\t'))
                        item.n--;
                if (item.n)
                        items[n++] = arena_strndup(a, item.p, item.n);
        }
        return (struct string_list){ .items = items, .n = n };
}

void variable_apply(struct load *l, const struct setting_info *s, const struct env_var *set) {
        const char *text = set->value, *where = set->name;

        if (s->rule->nullable && strcmp(text, "null") == 0) {
                value_null(l, s);
                return;
        }
        switch (s->rule->kind) {
        case KIND_STRING:
        case KIND_WORD:
                value_string(l, s, where, arena_strdup(l->arena, text));
                break;
        case KIND_STRINGS:
                value_strings(l, s, where, s->rule->argv ? argv_list(l, where, text) : split_list(text, l->arena));
                break;
        default:
                (void)value_text(l, s, where, text);
        }
}

static void warn_unknown(const struct load *l, const char *name) {
        const char *meant = suggest_variable(name);
        char shown[160];

        (void)text_escape_into(shown, sizeof(shown), name);
        issue_warning(l->issues, shown,
                      meant ? arena_printf(l->issues->arena, "unknown variable, ignored (did you mean %s?)", meant)
                            : "unknown variable, ignored");
}

void environment_apply(struct load *l, const struct env_var *env, size_t n_env) {
        for (size_t i = 0; i < n_env; i++) {
                const struct setting_info *s;

                if (strncmp(env[i].name, ENV_PREFIX, strlen(ENV_PREFIX)) != 0 || is_known_otherwise(env[i].name))
                        continue;
                s = find_setting(env[i].name);
                if (s)
                        variable_apply(l, s, &env[i]);
                else
                        warn_unknown(l, env[i].name);
        }
        other_names_apply(l, env, n_env);
}
