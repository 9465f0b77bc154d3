/* SPDX-License-Identifier: MIT */
/* `docker autoheal config get`, `set` and `unset`: one key of config.json. */
#include "document.h"

#include "autoheal/os/log.h"

#include <unistd.h>

#define VALUE_SHOWN 200

/* ---- get ---- */

/* Keys of others can be asked for too, if they are there. */
static int find_value(struct session *s, const char *path, bool secrets, const char **ret_json, struct error *err) {
        const struct setting_info *setting = config_find_setting(path);
        struct json_doc *doc AUTO_JSON = NULL;
        struct config_value v;
        if (!setting && config_is_section(path))
                return error_set(err, ERR_NOT_FOUND, "'%s' is a section: 'config show %s' lists the keys in it", path, path);
        if (document_parse(s, &doc, err) < 0)
                return -1;
        struct json_value root = doc ? json_root(doc) : (struct json_value){ .doc = NULL };
        struct json_value there = config_at(root, path);
        if (!setting && (!path[0] || !json_present(there)))
                return config_unknown_key(path, err);
        if (!setting) {
                *ret_json = config_json(path, there, secrets, &s->arena);
                return 0;
        }
        config_look_up(&v, setting, root, s->env, s->n_env, secrets, &s->arena);
        if (!v.json)
                return error_set(err, ERR_NOT_FOUND, "'%s' is not set", path);
        *ret_json = v.json;
        return 0;
}

int cmd_config_get(struct cli *cli) {
        struct session s = { 0 };
        struct error err = ERROR_INIT, wrong;
        const char *json = NULL;
        int status = 0;
        if (session_open_config(&s, cli, STORE_READ, &wrong, &err) < 0 ||
            find_value(&s, cli->options.args[0], cli->options.secrets, &json, &err) < 0)
                status = session_fail(&err);
        else if (isatty(STDOUT_FILENO))
                print_whole(stdout, config_plain(json, &s.arena));
        else
                (void)printf("%s\n", config_plain(json, &s.arena));
        session_close(&s);
        return status;
}

/* ---- set, unset ---- */

struct request {
        struct change change;
        struct config_edit *edits;
        size_t n;
        struct config_issues issues;
        const char **lines; /* to print once all is saved */
        size_t n_lines;
        bool written;
        struct error err;
};

/* Of the table: what holds without variables, before or after. */
static const char *shown_value(struct request *r, const struct setting_info *setting, struct json_value root) {
        struct config_value v;
        config_look_up(&v, setting, root, NULL, 0, false, &r->change.arena);
        return cut_text(v.json ? config_plain(v.json, &r->change.arena) : "not set", VALUE_SHOWN, &r->change.arena);
}

static const char *describe_set(struct request *r, const struct config_edit *edit, struct json_value root) {
        const struct setting_info *setting = config_find_setting(edit->path);
        struct arena *a = &r->change.arena;
        struct json_doc *doc AUTO_JSON = NULL;
        if (json_parse(edit->json, strlen(edit->json), CONFIG_TOKENS_MAX, &doc, NULL) < 0)
                return edit->path;
        const char *value = config_plain(config_json(edit->path, json_root(doc), false, a), a);
        return arena_printf(a, "%s set to %s (was %s)", edit->path, cut_text(value, VALUE_SHOWN, a), shown_value(r, setting, root));
}

static const char *describe_unset(struct request *r, const struct config_edit *edit) {
        const struct setting_info *setting = config_find_setting(edit->path);
        struct json_value nothing = { .doc = NULL };
        if (!setting || setting->kept)
                return arena_printf(&r->change.arena, "%s unset", edit->path);
        return arena_printf(&r->change.arena, "%s unset (default: %s)", edit->path, shown_value(r, setting, nothing));
}

/* What each edit will do; those of unset that find nothing are left out. */
static int describe(struct request *r, struct json_value root, struct error *err) {
        size_t kept = 0;
        r->lines = arena_array(&r->change.arena, r->n, sizeof(*r->lines));
        for (size_t i = 0; i < r->n; i++) {
                const struct config_edit *edit = &r->edits[i];
                bool is_there = json_present(config_at(root, edit->path));
                if (edit->json) {
                        r->lines[r->n_lines++] = describe_set(r, edit, root);
                } else if (is_there) {
                        r->lines[r->n_lines++] = describe_unset(r, edit);
                } else if (!edit->path[0] || (!config_find_setting(edit->path) && !config_is_section(edit->path))) {
                        return config_unknown_key(edit->path, err);
                } else {
                        print_line(stderr, "%s is not set in config.json", edit->path);
                        continue;
                }
                r->edits[kept++] = *edit;
        }
        r->n = kept;
        return 0;
}

static void apply(void *arg, struct change *ch) {
        struct request *r = arg;
        struct session *s = &ch->session;
        struct json_doc *doc AUTO_JSON = NULL;
        /* What was read before the lock may be another one by now. */
        if (store_read_config(s->store, &s->arena, &s->config_text, &s->config_len, &r->err) < 0 ||
            document_parse(s, &doc, &r->err) < 0 ||
            describe(r, doc ? json_root(doc) : (struct json_value){ .doc = NULL }, &r->err) < 0)
                return;
        if (r->n == 0 || document_change(ch, r->edits, r->n, &r->issues, &r->written, &r->err) < 0 || !r->written)
                return;
        for (size_t i = 0; i < r->n_lines; i++)
                document_event(ch, NULL, r->lines[i]);
}

static int save(struct request *r, struct cli *cli, struct error *err) {
        struct error wrong;
        if (change_open_config(&r->change, cli, &wrong, err) < 0)
                return -1;
        r->issues = (struct config_issues)CONFIG_ISSUES_INIT(&r->change.arena);
        return document_save(&r->change, apply, r, &r->err, &r->written, err);
}

/* Who sets it expects something of it. */
static void warn_if_kept(const struct config_edit *edit) {
        const struct setting_info *setting = config_find_setting(edit->path);
        if (edit->json && setting && setting->kept)
                log_warn("%s: " DOCUMENT_KEPT, edit->path);
}

static int run(struct request *r, struct cli *cli) {
        struct error err = ERROR_INIT;
        int status = 0;
        if (save(r, cli, &err) < 0) {
                bool is_judged = r->err.code == ERR_INVALID && r->issues.n > 0;
                if (is_judged)
                        document_print_errors(&r->issues, false);
                status = is_judged ? err_exit_status(err.code) : session_fail(&err);
        }
        for (size_t i = 0; i < r->n_lines && (r->written || status == 0); i++)
                print_whole(stdout, r->lines[i]);
        if (status == 0) {
                document_print_warnings(&r->change.session, &r->issues);
                for (size_t i = 0; i < r->n; i++)
                        warn_if_kept(&r->edits[i]);
                for (size_t i = 0; i < r->n; i++)
                        document_say_who_wins(&r->change.session, r->edits[i].path);
        }
        change_close(&r->change);
        return status;
}

int cmd_config_set(struct cli *cli) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct config_edit edit = { .path = cli->options.args[0] };
        struct request r = { .edits = &edit, .n = 1 };
        struct error err = ERROR_INIT;
        /* Before anything is opened, or made. */
        if (config_typed(edit.path, cli->options.args[1], &a, &edit.json, &err) < 0)
                return session_fail(&err);
        return run(&r, cli);
}

int cmd_config_unset(struct cli *cli) {
        const struct options *o = &cli->options;
        struct config_edit *edits AUTO_FREE = xcalloc(o->n_args, sizeof(*edits));
        struct request r = { .edits = edits, .n = o->n_args };
        for (size_t i = 0; i < o->n_args; i++)
                edits[i].path = o->args[i];
        return run(&r, cli);
}
