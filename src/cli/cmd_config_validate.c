/* SPDX-License-Identifier: MIT */
/* `docker autoheal config validate`: every error and warning of the present configuration, or of a file. */
#include "document.h"

static void print_issue(const char *shown, const struct config_issue *issue, struct arena *a) {
        const char *kind = issue->is_error ? "error" : issue->is_note ? "note" : "warning";
        if (config_is_variable(issue->where))
                shown = "environment";
        if (issue->line > 0)
                shown = arena_printf(a, "%s:%zu:%zu", shown, issue->line, issue->column);
        print_whole(stdout, arena_printf(a, "%s: %s: %s: %s", shown, kind, issue->where, issue->message));
}

static size_t print_issues(const char *shown, const struct config_issues *issues, bool errors, struct arena *a) {
        size_t n = 0;
        for (size_t i = 0; i < issues->n; i++) {
                if (issues->items[i].is_error != errors)
                        continue;
                print_issue(shown, &issues->items[i], a);
                n += !issues->items[i].is_note;
        }
        return n;
}

static const char *plural(size_t n) {
        return n == 1 ? "" : "s";
}

/* The findings are what was asked for: they go to standard output. wrong without an issue: it is not even JSON. */
static int report(const char *shown, const struct config_issues *issues, const char *text, size_t len, const struct error *wrong,
                  struct arena *a) {
        struct json_doc *doc AUTO_JSON = NULL;
        size_t errors = print_issues(shown, issues, true, a), warnings = print_issues(shown, issues, false, a);
        const char *kept =
                text && json_parse(text, len, CONFIG_TOKENS_MAX, &doc, NULL) == 0 ? document_kept(json_root(doc), a) : NULL;
        if (kept) {
                print_whole(stdout, arena_printf(a, "%s: warning: %s: " DOCUMENT_KEPT, shown, kept));
                warnings++;
        }
        if (wrong->code != ERR_NONE && errors == 0) {
                print_whole(stdout, wrong->msg);
                errors = 1;
        }
        if (errors || warnings)
                print_whole(stdout, arena_printf(a, "%s: %zu error%s, %zu warning%s", shown, errors, plural(errors), warnings,
                                                 plural(warnings)));
        else
                print_whole(stdout, arena_printf(a, "%s: valid", shown));
        return errors ? err_exit_status(ERR_CONFIG) : 0;
}

static int validate_present(struct cli *cli) {
        struct session s = { 0 };
        struct error err = ERROR_INIT, wrong;
        int status = session_open_config(&s, cli, STORE_READ, &wrong, &err) < 0 ? session_fail(&err) : 0;
        if (status == 0)
                status = report(s.config_text ? document_shown(&s) : "without a config.json", &s.issues, s.config_text,
                                s.config_len, &wrong, &s.arena);
        session_close(&s);
        return status;
}

/* The file alone: it may be meant for another environment. */
static int validate_file(const char *name) {
        struct arena a AUTO(arena_release) = ARENA_INIT((size_t)64 * 1024);
        struct config_issues issues = CONFIG_ISSUES_INIT(&a);
        struct error err = ERROR_INIT;
        struct config unused;
        const char *shown = NULL, *text = NULL;
        size_t len = 0;
        if (document_read_input(name, &a, &shown, &text, &len, &err) < 0)
                return session_fail(&err);
        (void)!config_load(&unused, shown, text, len, NULL, 0, &issues, &a, &err);
        return report(shown, &issues, text, len, &err, &a);
}

int cmd_config_validate(struct cli *cli) {
        return cli->options.n_args > 0 ? validate_file(cli->options.args[0]) : validate_present(cli);
}
