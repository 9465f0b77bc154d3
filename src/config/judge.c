/* SPDX-License-Identifier: MIT */
/* Strict where something is set: what only gives a warning in a file that is there already may not come into it. */
#include "autoheal/config/edit.h"
#include "autoheal/util/strmap.h"
#include "config/config_internal.h"

static const char *identity(const struct config_issue *issue, struct arena *a) {
        return arena_printf(a, "%s: %s", issue->where, issue->message);
}

static int load(const char *shown, const char *text, size_t len, struct config_issues *issues, struct error *err) {
        struct error why = ERROR_INIT;
        struct config unused;
        size_t from = issues->n;

        /* With issues the document could at least be read. */
        if (config_load(&unused, shown, text, len, NULL, 0, issues, issues->arena, &why) == 0 || issues->n > from)
                return 0;
        if (err)
                *err = why;
        return -1;
}

int config_judge(const char *shown, const char *text, size_t len, const char *present, size_t present_len,
                 struct config_issues *issues, size_t *ret_errors, size_t *ret_new_errors, struct error *err) {
        struct config_issues before = CONFIG_ISSUES_INIT(issues->arena);
        struct strmap known AUTO(strmap_release) = STRMAP_INIT;
        size_t from = issues->n, errors = 0, new_errors = 0;

        if (load(shown, text, len, issues, err) < 0)
                return -1;
        /* One that does not parse has nothing that could be taken over. */
        if (present && load(shown, present, present_len, &before, NULL) < 0)
                before.n = 0;
        for (size_t i = 0; i < before.n; i++)
                strmap_set(&known, identity(&before.items[i], issues->arena), i);
        for (size_t i = from; i < issues->n; i++) {
                struct config_issue *issue = &issues->items[i];

                issue->known = strmap_get(&known, identity(issue, issues->arena)) != STRMAP_NONE;
                if (issue->refused && !issue->known) {
                        issue->is_error = true;
                        issue->message = issue->refused;
                }
                errors += issue->is_error;
                new_errors += issue->is_error && !issue->known;
        }
        *ret_errors = errors;
        *ret_new_errors = new_errors;
        return 0;
}
