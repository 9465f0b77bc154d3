/* SPDX-License-Identifier: MIT */
/* `docker autoheal config` and `config show`: each key with its value, where that comes from, and what it means. */
#include "document.h"

#include "autoheal/os/log.h"
#include "printer.h"

#include <unistd.h>

#define VALUE_COLUMNS 40

static const struct field fields[] = {
        { "key", "Key", "KEY" },
        { NULL, "Value", "VALUE" },
        { "value", "JSON", "JSON" },
        { "source", "Source", "SOURCE" },
        { "meaning", "Meaning", "MEANING" },
        { "default", "Default", "DEFAULT" },
        { "type", "Type", "TYPE" },
        { "range", "Range", "RANGE" },
        { "variable", "Variable", "VARIABLE" },
        { "in_file", "InFile", "IN FILE" },
};
static const struct shape shape = { fields, N_ELEMENTS(fields), "table {{.Key}}\t{{.Value}}\t{{.Source}}\t{{.Meaning}}" };

static bool is_within(const char *path, const char *section) {
        size_t n = strlen(section);
        return str_eq(path, section) || (strncmp(path, section, n) == 0 && path[n] == '.');
}

static bool is_asked_for(const struct options *o, const char *path) {
        for (size_t i = 0; i < o->n_args; i++)
                if (is_within(path, o->args[i]))
                        return true;
        return o->n_args == 0;
}

static int check_keys(const struct options *o, struct error *err) {
        for (size_t i = 0; i < o->n_args; i++)
                if (!config_find_setting(o->args[i]) && !config_is_section(o->args[i]))
                        return config_unknown_key(o->args[i], err);
        return 0;
}

static const char *source(const struct config_value *v) {
        static const char *const words[] = {
                [ORIGIN_DEFAULT] = "default", [ORIGIN_FILE] = "config.json", [ORIGIN_VARIABLE] = NULL, [ORIGIN_NOWHERE] = "not set"
        };
        return v->origin == ORIGIN_VARIABLE ? v->variable : words[v->origin];
}

static struct value text_or_null(const char *text) {
        return value_text(text && *text ? text : NULL);
}

static void show_one(struct session *s, struct printer *p, const struct setting_info *setting, struct json_value root) {
        bool cut = printer_is_default(p) && !s->cli->options.no_trunc;
        struct config_value v;
        config_look_up(&v, setting, root, s->env, s->n_env, s->cli->options.secrets, &s->arena);
        if (v.origin == ORIGIN_NOWHERE && s->cli->options.n_args == 0)
                return;
        const char *plain = v.json ? config_plain(v.json, &s->arena) : NULL;
        const struct value row[] = {
                value_text(setting->path), value_text(plain && cut ? cut_text(plain, VALUE_COLUMNS, &s->arena) : plain),
                value_json(v.json),        value_text(source(&v)),
                value_text(setting->help), value_json(setting->initial[0] ? setting->initial : NULL),
                value_text(setting->type), text_or_null(setting->range),
                value_text(setting->env),  value_json(v.in_file),
        };
        _Static_assert(N_ELEMENTS(row) == N_ELEMENTS(fields), "one value for each field");
        printer_row(p, row);
}

static void show_all(struct session *s, struct printer *p, struct json_value root) {
        const struct setting_info *settings;
        size_t n = config_settings(&settings);
        for (size_t i = 0; i < n; i++)
                if (is_asked_for(&s->cli->options, settings[i].path))
                        show_one(s, p, &settings[i], root);
        printer_close(p);
}

/* Whatever is wrong with single values, the others are worth seeing; but 78 says that nothing is healed like this. */
static int tell_issues(struct session *s, const struct error *wrong) {
        for (size_t i = 0; i < s->issues.n; i++) {
                const struct config_issue *issue = &s->issues.items[i];
                if (issue->is_error)
                        log_error("%s", session_describe(s, issue));
                else if (s->cli->options.verbose || (isatty(STDERR_FILENO) && !issue->is_note))
                        log_warn("%s", session_describe(s, issue));
        }
        return err_exit_status(wrong->code);
}

int cmd_config_show(struct cli *cli) {
        struct session s = { 0 };
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct error err = ERROR_INIT, wrong;
        struct json_doc *doc AUTO_JSON = NULL;
        struct printer *p = NULL;
        int status = 0;
        if (printer_open(&p, &cli->options, &shape, &a, &err) < 0 || check_keys(&cli->options, &err) < 0)
                return session_fail(&err);
        if (session_open_config(&s, cli, STORE_READ, &wrong, &err) < 0 || document_parse(&s, &doc, &err) < 0) {
                status = session_fail(&err);
        } else {
                show_all(&s, p, doc ? json_root(doc) : (struct json_value){ .doc = NULL });
                (void)fflush(stdout);
                status = tell_issues(&s, &wrong);
        }
        session_close(&s);
        return status;
}
