/* SPDX-License-Identifier: MIT */
/* `docker autoheal healthcheck add` and `rm`: checks of our own in custom_health_checks of config.json. */
#include "document.h"

#include "autoheal/config/remote.h"
#include "autoheal/os/log.h"
#include "autoheal/util/slice.h"

#define CHECKS    "custom_health_checks"
#define CHECK_MAX ((size_t)64 * 1024)

struct request {
        struct change change;
        const char *check; /* as JSON; NULL: it is taken out */
        struct config_issues issues;
        const char **done; /* names as they were typed, to print once all is saved */
        size_t n_done;
        bool written;
        int status;
        struct error err;
};

/* ---- What was typed ---- */

static void add_number(struct json_writer *w, const char *key, int64_t n) {
        if (n == NOT_GIVEN)
                return;
        json_key(w, key);
        json_num(w, n);
}

static void write_exec(struct json_writer *w, const char *command, struct arena *a) {
        const struct health_check check = { .kind = HEALTH_CHECK_EXEC, .command = command };
        const char *const *argv = health_check_argv(&check, a);
        json_key(w, "exec_command");
        json_begin_array(w);
        for (size_t i = 0; argv[i]; i++)
                json_str(w, argv[i]);
        json_end_array(w);
}

static int write_headers(struct json_writer *w, const struct string_list_option *list, struct arena *a, struct error *err) {
        if (list->n == 0)
                return 0;
        json_key(w, "http_headers");
        json_begin_object(w);
        for (size_t i = 0; i < list->n; i++) {
                struct slice value = slice_str(list->items[i]), name;
                if (!memchr(value.p, ':', value.n) || !slice_split(&value, ':', &name))
                        return error_set(err, ERR_USAGE, "invalid argument for \"--header\" flag: must be NAME: VALUE");
                slice_skip_blanks(&value);
                json_key(w, arena_strndup(a, name.p, name.n));
                json_str(w, value.p);
        }
        json_end_object(w);
        return 0;
}

static int write_http(struct json_writer *w, const struct options *o, struct arena *a, struct error *err) {
        int64_t status;
        json_key(w, "http_endpoint");
        json_str(w, o->check_http);
        if (o->check_expect && parse_int64(o->check_expect, 100, 599, &status)) {
                add_number(w, "http_expected_status", status);
        } else if (o->check_expect) {
                json_key(w, "http_expected_body");
                json_str(w, o->check_expect);
        }
        if (o->check_insecure) {
                json_key(w, "http_insecure_tls");
                json_boolean(w, true);
        }
        return write_headers(w, &o->check_headers, a, err);
}

static int check_flags(const struct options *o, struct error *err) {
        int n = (o->check_http != NULL) + (o->check_tcp != NULL) + (o->check_exec != NULL) + o->check_docker;
        int64_t port;
        if (n != 1)
                return error_set(err, ERR_USAGE, "one of --http, --tcp, --exec and --docker must be given");
        if (!o->check_http && (o->check_expect || o->check_insecure || o->check_headers.n))
                return error_set(err, ERR_USAGE, "--expect, --header and --insecure go with --http");
        if (o->check_tcp && !parse_int64(o->check_tcp, 1, UINT16_MAX, &port))
                return error_set(err, ERR_USAGE, "invalid argument \"%s\" for \"--tcp\" flag: must be a port, 1..65535",
                                 o->check_tcp);
        if (o->check_exec && !health_check_is_command(o->check_exec))
                return error_set(err, ERR_USAGE,
                                 "invalid argument for \"--exec\" flag: must be a command, or a JSON array of strings");
        return 0;
}

static const char *word_of(const struct options *o) {
        return o->check_http ? "http" : o->check_tcp ? "tcp" : o->check_exec ? "exec" : "docker";
}

static int write_check(const struct options *o, struct arena *a, const char **ret, struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(CHECK_MAX);
        struct json_writer w;
        int64_t port;
        if (check_flags(o, err) < 0)
                return -1;
        json_writer_init(&w, &text, JSON_COMPACT);
        json_begin_object(&w);
        json_key(&w, "check_type");
        json_str(&w, word_of(o));
        if (o->check_http && write_http(&w, o, a, err) < 0)
                return -1;
        if (o->check_tcp && parse_int64(o->check_tcp, 1, UINT16_MAX, &port))
                add_number(&w, "tcp_port", port);
        if (o->check_exec)
                write_exec(&w, o->check_exec, a);
        add_number(&w, "interval_seconds", o->check_interval_s);
        add_number(&w, "timeout_seconds", o->check_timeout_s);
        add_number(&w, "retries", o->check_retries);
        json_end_object(&w);
        if (text.overflowed)
                return error_set(err, ERR_INVALID, "the check is too long");
        *ret = arena_strdup(a, buf_str(&text));
        return 0;
}

/* ---- Whose ---- */

/* One that is gone can be taken out all the same. */
static int find(struct request *r, const char *typed, struct json_value checks, const char **ret_id, const struct container **ret_c,
                struct error *err) {
        struct pass *pass = r->change.pass;
        struct plan_item *item = NULL;
        *ret_id = typed;
        *ret_c = NULL;
        if (pass && session_resolve(pass, typed, &item, err) == 0) {
                *ret_id = item->stable_id;
                *ret_c = item->container;
                return 0;
        }
        if (!r->check && json_present(json_get(checks, typed)) && !(pass && err->code == ERR_AMBIGUOUS)) {
                error_clear(err);
                return 0;
        }
        return pass ? -1 : error_set(err, ERR_NOT_FOUND, "No such container: %s (the engine cannot be reached)", typed);
}

/* What is written here will not be run. */
static void warn_of_the_futile(const struct request *r, const char *stable_id) {
        const struct selection *sel = r->change.pass ? pass_selection(r->change.pass) : NULL;
        const struct plan *plan = r->change.pass ? pass_plan(r->change.pass) : NULL;
        for (size_t i = 0; r->check && plan && i < plan->n; i++) {
                const char *name = plan->items[i].container->name;
                if (!str_eq(sel[i].stable_id, stable_id))
                        continue;
                if (sel[i].check && sel[i].check->from_label)
                        log_warn("a label autoheal.check.%s of '%s' wins over it", health_check_kind_name(sel[i].check->kind),
                                 name);
                if (!sel[i].monitored)
                        log_warn("'%s' is not monitored, so that its check is not run: docker autoheal monitor %s", name, name);
        }
}

/* The whole map as it shall be; the same as before where nothing changes. */
static int change_one(struct request *r, const char *typed, const char **map, struct error *err) {
        struct json_doc *doc AUTO_JSON = NULL;
        const struct container *c = NULL;
        const char *stable_id = NULL, *old_key = NULL;
        if (json_parse(*map, strlen(*map), CONFIG_TOKENS_MAX, &doc, err) < 0 ||
            find(r, typed, json_root(doc), &stable_id, &c, err) < 0)
                return -1;
        struct json_value there = config_find_check(json_root(doc), stable_id, c ? c->id : NULL, c ? c->name : NULL, &old_key);
        if (!r->check && !json_present(there))
                return error_set(err, ERR_NOT_FOUND, "'%s' has no check in " CHECKS " of config.json", typed);
        *map = config_checks_with(json_root(doc), r->check ? stable_id : old_key,
                                  r->check ? slice_str(r->check) : (struct slice){ NULL, 0 }, old_key ? old_key : stable_id,
                                  &r->change.arena);
        document_event(&r->change, stable_id, r->check ? "health check set" : "health check removed");
        warn_of_the_futile(r, stable_id);
        r->done[r->n_done++] = typed;
        return 0;
}

static int change_all(struct request *r, struct error *err) {
        struct session *s = &r->change.session;
        const struct options *o = &s->cli->options;
        struct json_doc *doc AUTO_JSON = NULL;
        /* What was read before the lock may be another one by now. */
        if (store_read_config(s->store, &s->arena, &s->config_text, &s->config_len, err) < 0 || document_parse(s, &doc, err) < 0)
                return -1;
        struct json_value checks = config_at(doc ? json_root(doc) : (struct json_value){ .doc = NULL }, CHECKS);
        struct slice raw = json_type(checks) == JSON_OBJECT ? json_raw(checks) : slice_str("{}");
        const char *map = arena_strndup(&r->change.arena, raw.p, raw.n);
        r->done = arena_array(&s->arena, o->n_args, sizeof(*r->done));
        for (size_t i = 0; i < o->n_args; i++) {
                struct error why = ERROR_INIT;
                if (change_one(r, o->args[i], &map, &why) == 0)
                        continue;
                log_error("%s", why.msg);
                r->status = 1;
        }
        const struct config_edit edit = { CHECKS, str_eq(map, "{}") ? NULL : map };
        return r->n_done ? document_change(&r->change, &edit, 1, &r->issues, &r->written, err) : 0;
}

static void apply(void *arg, struct change *ch) {
        struct request *r = arg;
        if (change_all(r, &r->err) == 0)
                return;
        document_print_errors(&r->issues, false);
        /* What was not done is not told. */
        ch->events.n = 0;
        r->n_done = 0;
}

static int run(struct request *r, struct cli *cli) {
        struct error err = ERROR_INIT;
        int status = 0;
        if (change_open(&r->change, cli, ENGINE_IF_REACHED, &err) < 0) {
                status = session_fail(&err);
        } else {
                r->issues = (struct config_issues)CONFIG_ISSUES_INIT(&r->change.arena);
                if (document_save(&r->change, apply, r, &r->err, &r->written, &err) < 0)
                        status = session_fail(&err);
        }
        for (size_t i = 0; i < r->n_done && (r->written || status == 0); i++)
                print_line(stdout, "%s", r->done[i]);
        change_close(&r->change);
        return status ? status : r->status;
}

int cmd_healthcheck_add(struct cli *cli) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct request r = { .check = NULL };
        struct error err = ERROR_INIT;
        /* Before anything is opened, or made. */
        if (write_check(&cli->options, &a, &r.check, &err) < 0)
                return err.code == ERR_USAGE ? help_usage_error(cli, &err) : session_fail(&err);
        return run(&r, cli);
}

int cmd_healthcheck_rm(struct cli *cli) {
        struct request r = { .check = NULL };
        return run(&r, cli);
}
