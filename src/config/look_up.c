/* SPDX-License-Identifier: MIT */
/* What holds for one key, and who says so. */
#include "config/edit_internal.h"

#include <math.h>

/* A whole number written as 30.0, and a number or boolean written as text, as they are read; NULL: as it stands. */
static const char *as_read(const struct setting_info *s, struct json_value v, struct arena *a) {
        const char *text = json_string(v, a);
        bool is_textual = s->rule->kind == KIND_STRING || s->rule->kind == KIND_WORD;
        double d;
        int64_t n;

        if (text && !is_textual && s->rule->kind != KIND_STRINGS)
                return typed_json(s, text, a);
        if (s->rule->kind == KIND_INT && json_double(v, &d) && !json_int(v, &n) && fabs(d) <= 0x1p53)
                return arena_printf(a, "%.0f", d);
        return NULL;
}

void config_look_up(struct config_value *ret, const struct setting_info *s, struct json_value root, const struct env_var *env,
                    size_t n_env, bool secrets, struct arena *a) {
        const char *other = other_default(s->path, env, n_env);
        struct json_value v = config_at(root, s->path);
        bool is_default = json_type(v) == JSON_NULL && !s->rule->nullable;
        struct env_var set;

        *ret = (struct config_value){ .origin = s->kept ? ORIGIN_NOWHERE : ORIGIN_DEFAULT, .json = s->kept ? NULL : s->initial };
        if (json_present(v)) {
                const char *read = as_read(s, v, a);

                ret->in_file = read ? read : config_json(s->path, v, secrets, a);
        }
        if (ret->in_file && (!is_default || s->kept)) {
                ret->origin = ORIGIN_FILE;
                ret->json = ret->in_file;
        }
        if (config_variable(s, env, n_env, a, &set)) {
                const char *text = set.value, *json = typed_json(s, text, a);

                ret->origin = ORIGIN_VARIABLE;
                ret->variable = set.name;
                /* What does not parse is shown as it is: nothing works until it is mended. */
                ret->json = json ? json : typed_text(text, a);
                if (s->rule->secret && !secrets && *text)
                        ret->json = typed_text(CONFIG_MASK, a);
        } else if (other && ret->origin == ORIGIN_DEFAULT) {
                ret->origin = ORIGIN_VARIABLE;
                ret->variable = other_default_name();
                ret->json = typed_text(other, a);
        }
}

const char *config_plain(const char *json, struct arena *a) {
        struct json_doc *doc AUTO_JSON = NULL;
        const char *text = NULL;

        if (json_parse(json, strlen(json), CONFIG_TOKENS_MAX, &doc, NULL) == 0)
                text = json_string(json_root(doc), a);
        return text ? text : json;
}
