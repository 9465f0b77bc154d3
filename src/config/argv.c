/* SPDX-License-Identifier: MIT */
/* A program and its arguments, which no shell splits into words. */
#include "config/edit_internal.h"
#include "config/objects.h"

static const char *wrong_words(const struct string_list *list) {
        const char *program = list->n ? list->items[0] : NULL;

        if (list->n > FIELD_ITEMS_MAX)
                return "must have at most 256 words";
        for (size_t i = 0; i < list->n; i++)
                if (list->items[i] && strlen(list->items[i]) > FIELD_TEXT_MAX)
                        return "must have words of at most 4096 bytes";
        if (program && (!*program || (*program != '/' && strchr(program, '/'))))
                return "must begin with the absolute path of a program, or its name";
        return NULL;
}

void argv_check(const struct load *l, const char *where, const struct string_list *list) {
        const char *wrong = wrong_words(list);

        if (wrong)
                issue_error(l->issues, where, wrong);
}

static bool are_strings(struct json_value list) {
        struct json_iter it = json_iter(list);

        if (json_type(list) != JSON_ARRAY)
                return false;
        while (json_next(&it))
                if (json_type(it.value) != JSON_STRING)
                        return false;
        return true;
}

const char *argv_json(const char *text, struct arena *a) {
        struct json_doc *doc AUTO_JSON = NULL;

        if (text[0] != '[')
                return text[strcspn(text, " \t\r\n")] ? NULL : config_list_json(&text, *text ? 1 : 0, a);
        if (json_parse(text, strlen(text), CONFIG_TOKENS_MAX, &doc, NULL) < 0 || !are_strings(json_root(doc)))
                return NULL;
        return arena_strdup(a, text);
}

struct string_list argv_list(const struct load *l, const char *where, const char *text) {
        const char *json = argv_json(text, l->arena);
        struct json_doc *doc AUTO_JSON = NULL;
        struct json_iter it;
        const char **items;
        size_t n = 0;

        if (!json || json_parse(json, strlen(json), CONFIG_TOKENS_MAX, &doc, NULL) < 0) {
                issue_error(l->issues, where,
                            arena_printf(l->issues->arena, "must be " ARGV_WANTED " (is %s)", quoted(l->issues->arena, text)));
                return (struct string_list){ .n = 0 };
        }
        items = arena_array(l->arena, json_count(json_root(doc)), sizeof(*items));
        it = json_iter(json_root(doc));
        while (json_next(&it))
                items[n++] = json_string(it.value, l->arena);
        return (struct string_list){ .items = items, .n = n };
}
