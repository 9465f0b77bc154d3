/* SPDX-License-Identifier: MIT */
/* The list of problems that a load or a label has. */
#include "autoheal/config/remote.h"
#include "autoheal/util/text.h"
#include "config/config_internal.h"

#define WARNINGS_MAX 1000
#define QUOTED_SIZE  96

static void add(struct config_issues *issues, bool is_error, const char *where, const char *message) {
        if (issues->n == issues->cap) {
                size_t cap = issues->cap ? issues->cap * 2 : 8;
                struct config_issue *grown = arena_array(issues->arena, cap, sizeof(*grown));

                if (issues->n)
                        memcpy(grown, issues->items, issues->n * sizeof(*grown));
                issues->items = grown;
                issues->cap = cap;
        }
        issues->items[issues->n++] = (struct config_issue){
                .is_error = is_error,
                .where = arena_strdup(issues->arena, where),
                .message = message,
        };
}

void issue_error(struct config_issues *issues, const char *where, const char *message) {
        add(issues, true, where, message);
}

void issue_warning(struct config_issues *issues, const char *where, const char *message) {
        if (issues->n < WARNINGS_MAX)
                add(issues, false, where, message);
}

void issue_lax(struct config_issues *issues, const char *where, const char *message, const char *refused) {
        if (issues->n >= WARNINGS_MAX)
                return;
        add(issues, false, where, message);
        issues->items[issues->n - 1].refused = refused;
}

void issue_note(struct config_issues *issues, const char *where, const char *message) {
        add(issues, false, where, message);
        issues->items[issues->n - 1].is_note = true;
}

/* Names of containers may have dots, and so may what is no setting at all. */
const char *config_place(const char *outer, const char *key, struct arena *a) {
        const struct setting_info *s = config_find_setting(outer);
        bool is_plain = key[strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] == '\0';

        if (*outer && (!is_plain || (s && s->rule->kind == KIND_MAP)))
                return arena_printf(a, "%s[%s]", outer, quoted(a, key));
        return *outer ? arena_printf(a, "%s.%s", outer, key) : key;
}

const char *quoted(struct arena *a, const char *text) {
        char shown[QUOTED_SIZE];

        return arena_printf(a, "'%s'", text_escape_into(shown, sizeof(shown), text));
}
