/* SPDX-License-Identifier: MIT */
/* `docker autoheal maintenance on`, `off` and `status`: hands off everything, or some containers, for a while. */
#include "cli_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"
#include "autoheal/util/timefmt.h"

#define PROJECT_LABEL "com.docker.compose.project"

struct wish {
        struct change change;
        bool on;
        int64_t until_us;
        const char *reason;
        const char **lines; /* to print once all is saved */
        size_t n_lines;
        int status;
};

/* ---- Scopes as they are typed ---- */

/* 1: it is a project or a label, 0: it must be a container. */
static int parse_scope(const char *typed, struct maintenance_scope *ret, struct error *err) {
        struct slice rest = slice_str(typed);
        enum scope_kind kind = SCOPE_CONTAINER;
        if (slice_skip(&rest, "project:"))
                kind = SCOPE_PROJECT;
        else if (slice_skip(&rest, "label:"))
                kind = SCOPE_LABEL;
        else
                return 0;
        if (rest.n == 0 || rest.p[0] == '=')
                return error_set(err, ERR_INVALID, "scope '%s' names no %s", typed, scope_kind_name(kind));
        *ret = (struct maintenance_scope){ .kind = kind, .value = rest.p };
        return 1;
}

static bool is_on_already(const struct change *ch, const char *name) {
        const struct maintenance *m = &ch->after.maintenance;
        for (size_t i = 0; i < m->n_scopes; i++)
                if (m->scopes[i].kind == SCOPE_CONTAINER && str_eq(m->scopes[i].value, name))
                        return true;
        return false;
}

/* By stable id, so that it outlives the container; without an engine as it was typed. */
static int resolve_container(const struct change *ch, const char *typed, struct maintenance_scope *ret, struct error *err) {
        struct plan_item *item = NULL;
        *ret = (struct maintenance_scope){ .kind = SCOPE_CONTAINER, .value = typed };
        if (!typed[0])
                return error_set(err, ERR_NOT_FOUND, "container name is empty");
        if (is_on_already(ch, typed))
                return 0;
        if (!ch->pass && !strchr(typed, ':'))
                return 0;
        if (ch->pass && session_resolve(ch->pass, typed, &item, err) == 0) {
                ret->value = item->stable_id;
                return 0;
        }
        if (strchr(typed, ':'))
                return error_set(err, ERR_NOT_FOUND, "unknown scope '%s': must be a container, project:NAME or label:KEY[=VALUE]",
                                 typed);
        return -1;
}

static bool label_fits(const struct container *c, const char *wanted) {
        const char *eq = strchr(wanted, '=');
        size_t len = eq ? (size_t)(eq - wanted) : strlen(wanted);
        for (size_t i = 0; i < c->n_labels; i++) {
                const struct label *l = &c->labels[i];
                if (strlen(l->key) == len && strncmp(l->key, wanted, len) == 0 && (!eq || str_eq(l->value, eq + 1)))
                        return true;
        }
        return false;
}

static bool fits(const struct maintenance_scope *scope, const struct container *c) {
        if (scope->kind == SCOPE_PROJECT)
                return str_eq(container_label(c, PROJECT_LABEL), scope->value);
        return scope->kind == SCOPE_CONTAINER || label_fits(c, scope->value);
}

/* It may be started later; but it may also be a slip of the pen, and nothing would be held. */
static void warn_if_empty(const struct change *ch, const struct maintenance_scope *scope, const char *typed) {
        const struct plan *plan = ch->pass ? pass_plan(ch->pass) : NULL;
        if (!plan)
                return;
        for (size_t i = 0; i < plan->n; i++)
                if (fits(scope, plan->items[i].container))
                        return;
        log_warn("there is no container in %s at present", typed);
}

/* ---- on, off ---- */

static void say(struct wish *w, const struct maintenance_scope *scope) {
        struct arena *a = &w->change.arena;
        char until[TIME_ISO_SIZE] = "";
        if (w->on && w->until_us)
                time_format_iso(w->until_us, until);
        w->lines[w->n_lines++] = arena_printf(a, "maintenance of %s is %s%s%s", record_scope_name(scope, a), w->on ? "on" : "off",
                                              until[0] ? " until " : "", until);
}

static void set(struct wish *w, const struct maintenance_scope *scope) {
        struct change *ch = &w->change;
        struct now now = clock_read();
        if (w->on)
                record_maintenance_on(&ch->after, &ch->events, scope, w->until_us, w->reason, now);
        else if (!record_maintenance_off(&ch->after, &ch->events, scope, now)) {
                print_line(stderr, "maintenance of %s is not on", record_scope_name(scope, &ch->arena));
                return;
        }
        say(w, scope);
}

static void set_typed(struct wish *w, const char *typed) {
        struct change *ch = &w->change;
        struct maintenance_scope scope;
        struct error err = ERROR_INIT;
        int parsed = parse_scope(typed, &scope, &err);
        if (w->on && ch->after.maintenance.n_scopes >= RECORD_SCOPES_MAX)
                parsed = error_set(&err, ERR_FAILED, "'%s': %d scopes are under maintenance already: end some of them first", typed,
                                   RECORD_SCOPES_MAX);
        if (parsed < 0 || (parsed == 0 && resolve_container(ch, typed, &scope, &err) < 0)) {
                log_error("%s", err.msg);
                w->status = 1;
                return;
        }
        if (w->on)
                warn_if_empty(ch, &scope, typed);
        set(w, &scope);
}

static void end_all_scopes(struct wish *w, const struct maintenance *before, struct now now) {
        for (size_t i = 0; i < before->n_scopes; i++)
                if (!record_maintenance_is_over(before->scopes[i].until_us, now))
                        set(w, &before->scopes[i]);
}

static void apply(void *arg, struct change *ch) {
        struct wish *w = arg;
        const struct options *o = &ch->session.cli->options;
        const struct maintenance *before = &ch->before.maintenance;
        w->lines = arena_array(&ch->arena, o->n_args + before->n_scopes + 1, sizeof(*w->lines));
        for (size_t i = 1; i < o->n_args; i++)
                set_typed(w, o->args[i]);
        if (o->n_args > 1)
                return;
        /* --all asks for an end, whatever there is to end. */
        if (!o->all || before->enabled || before->n_scopes == 0)
                set(w, NULL);
        if (o->all)
                end_all_scopes(w, before, clock_read());
}

static int change_it(struct cli *cli, bool on, int64_t until_us) {
        struct wish w = { .on = on, .until_us = until_us, .reason = cli->options.reason ? cli->options.reason : "" };
        struct error err = ERROR_INIT;
        bool saved = false;
        int status = 0;
        if (change_open(&w.change, cli, cli->options.n_args > 1 ? ENGINE_IF_REACHED : ENGINE_IF_IN_DOUBT, &err) < 0 ||
            change_save(&w.change, apply, &w, &saved, &err) < 0)
                status = session_fail(&err);
        for (size_t i = 0; saved && i < w.n_lines; i++)
                print_line(stdout, "%s", w.lines[i]);
        change_close(&w.change);
        return status ? status : w.status;
}

/* ---- status ---- */

/* The rows: what is on, that of all containers first. */
static struct maintenance_scope *list_what_is_on(const struct maintenance *m, struct now now, struct arena *a, bool *ret_all,
                                                 size_t *ret_n) {
        struct maintenance_scope *rows = arena_array(a, m->n_scopes + 1, sizeof(*rows));
        *ret_n = 0;
        *ret_all = m->enabled && !record_maintenance_is_over(m->until_us, now);
        if (*ret_all)
                rows[(*ret_n)++] =
                        (struct maintenance_scope){ .start_us = m->start_us, .until_us = m->until_us, .reason = m->reason };
        for (size_t i = 0; i < m->n_scopes; i++)
                if (!record_maintenance_is_over(m->scopes[i].until_us, now))
                        rows[(*ret_n)++] = m->scopes[i];
        return rows;
}

static void print_json(const char *name, const struct maintenance_scope *row, struct now now) {
        struct buf b AUTO(buf_release) = BUF_INIT((size_t)64 * 1024);
        struct json_writer w;
        json_writer_init(&w, &b, JSON_COMPACT);
        json_begin_object(&w);
        json_key(&w, "scope");
        json_str(&w, name);
        json_key(&w, "start_time");
        json_time(&w, row->start_us);
        json_key(&w, "until");
        json_time(&w, row->until_us);
        json_key(&w, "seconds_left");
        if (row->until_us)
                json_num(&w, (row->until_us - now.wall_us + US_PER_S - 1) / US_PER_S);
        else
                json_null(&w);
        json_key(&w, "reason");
        json_str(&w, row->reason && row->reason[0] ? row->reason : NULL);
        json_end_object(&w);
        (void)printf("%s\n", buf_str(&b));
}

static void show(const struct options *o, const struct maintenance *m, bool json, struct arena *a) {
        static const char *const header[] = { "SCOPE", "SINCE", "ENDS", "REASON" };
        struct now now = clock_read();
        struct table t;
        size_t n;
        bool all;
        const struct maintenance_scope *rows = list_what_is_on(m, now, a, &all, &n);
        table_init(&t, a, header, N_ELEMENTS(header));
        for (size_t i = 0; i < n; i++) {
                const char *name = record_scope_name(i == 0 && all ? NULL : &rows[i], a);
                if (json) {
                        print_json(name, &rows[i], now);
                        continue;
                }
                table_add(&t, name);
                table_add(&t, show_time(rows[i].start_us, now.wall_us, o->no_trunc, a));
                table_add(&t, rows[i].until_us ? show_time(rows[i].until_us, now.wall_us, o->no_trunc, a) : "by hand");
                table_add(&t, rows[i].reason);
        }
        if (!json && n == 0)
                (void)printf("maintenance is off\n");
        else if (!json)
                table_print(&t, stdout);
}

static int show_status(struct cli *cli) {
        struct session s = { 0 };
        struct state state = { 0 };
        struct error err = ERROR_INIT;
        bool json = false;
        int status = 0;
        if (output_is_json(&cli->options, &json, &err) < 0)
                return session_fail(&err);
        if (session_open(&s, cli, STORE_READ, &err) < 0) {
                status = session_fail(&err);
        } else {
                state_init(&state, &s.arena);
                if (store_load(s.store, &state, &s.arena, &err) < 0)
                        status = session_fail(&err);
                else
                        show(&cli->options, &state.maintenance, json, &s.arena);
                state_release(&state);
        }
        session_close(&s);
        return status;
}

/* ---- The command ---- */

/* A flag that does not go with the word would be passed over in silence. */
static int check_flags(const struct options *o, struct error *err) {
        const struct {
                const char *flag, *word;
                bool given;
        } flags_given[] = { { "--for", "on", o->for_s != NOT_GIVEN },    { "--until", "on", o->until != NULL },
                            { "--reason", "on", o->reason != NULL },     { "--all", "off", o->all },
                            { "--format", "status", o->format != NULL }, { "--no-trunc", "status", o->no_trunc } };
        for (size_t i = 0; i < N_ELEMENTS(flags_given); i++)
                if (flags_given[i].given && !str_eq(flags_given[i].word, o->args[0]))
                        return error_set(err, ERR_USAGE, "%s goes with 'maintenance %s' only", flags_given[i].flag,
                                         flags_given[i].word);
        if (o->all && o->n_args > 1)
                return error_set(err, ERR_USAGE, "maintenance off takes scopes or --all, not both");
        if (o->until && o->for_s != NOT_GIVEN)
                return error_set(err, ERR_USAGE, "maintenance on takes --for or --until, not both");
        return 0;
}

static int choose_end(const struct options *o, int64_t *ret_us, struct error *err) {
        int64_t now_us = clock_read().wall_us, end_us = 0;
        if (o->for_s == 0)
                return error_set(err, ERR_USAGE, "invalid argument \"0\" for \"--for\" flag: it would be over at once");
        if (o->for_s != NOT_GIVEN)
                end_us = now_us + o->for_s * US_PER_S;
        if (o->until && !when_parse(o->until, &end_us))
                return error_set(err, ERR_USAGE,
                                 "invalid argument \"%s\" for \"--until\" flag: must be a time like 2026-01-31T12:00:00Z or Unix "
                                 "time (for an age like 2h: --for)",
                                 o->until);
        if (o->until && end_us <= now_us)
                return error_set(err, ERR_USAGE, "invalid argument \"%s\" for \"--until\" flag: that time is past", o->until);
        *ret_us = end_us;
        return 0;
}

int cmd_maintenance(struct cli *cli) {
        const struct options *o = &cli->options;
        struct error err = ERROR_INIT;
        int64_t until_us = 0;
        bool on = str_eq(o->args[0], "on"), off = str_eq(o->args[0], "off"), status = str_eq(o->args[0], "status");
        if (!on && !off && !status)
                (void)error_set(&err, ERR_ARGUMENTS, "'%s maintenance' knows only 'on', 'off' and 'status', not '%s'", cli->program,
                                o->args[0]);
        else if (status && o->n_args > 1)
                (void)error_set(&err, ERR_ARGUMENTS, "'%s maintenance status' accepts no arguments", cli->program);
        else if (check_flags(o, &err) == 0)
                (void)!choose_end(o, &until_us, &err);
        if (err.code != ERR_NONE)
                return help_usage_error(cli, &err);
        return status ? show_status(cli) : change_it(cli, on, until_us);
}
