/* SPDX-License-Identifier: MIT */
/* `docker autoheal maintenance on`, `off` and `status`: hands off everything, or some containers, for a while. */
#include "printer.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"
#include "autoheal/util/timefmt.h"

static const struct field fields[] = {
        { "scope", "Scope", "SCOPE" },    { "start_time", "StartTime", "START TIME" },
        { "until", "Until", "UNTIL" },    { "seconds_left", "SecondsLeft", "SECONDS LEFT" },
        { "reason", "Reason", "REASON" }, { NULL, "Since", "SINCE" },
        { NULL, "Ends", "ENDS" },
};
static const struct shape shape = { fields, N_ELEMENTS(fields), "table {{.Scope}}\t{{.Since}}\t{{.Ends}}\t{{.Reason}}" };

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
                return str_eq(container_label(c, CONTAINER_PROJECT_LABEL), scope->value);
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

static void say(struct wish *w, const char *name) {
        struct arena *a = &w->change.arena;
        char until[TIME_ISO_SIZE] = "";
        if (w->on && w->until_us)
                time_format_iso(w->until_us, until);
        w->lines[w->n_lines++] =
                arena_printf(a, "maintenance of %s is %s%s%s", name, w->on ? "on" : "off", until[0] ? " until " : "", until);
}

/* name: what it is called when it is spoken of. */
static void set(struct wish *w, const struct maintenance_scope *scope, const char *name) {
        struct change *ch = &w->change;
        struct now now = clock_read();
        if (w->on)
                record_maintenance_on(&ch->after, &ch->events, scope, w->until_us, w->reason, now);
        else if (!record_maintenance_off(&ch->after, &ch->events, scope, now)) {
                print_line(stderr, "maintenance of %s is not on", name);
                return;
        }
        say(w, name);
}

static void set_typed(struct wish *w, const char *typed) {
        struct change *ch = &w->change;
        struct maintenance_scope scope;
        struct error err = ERROR_INIT;
        int parsed = scope_parse(typed, &scope, &err);
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
        set(w, &scope, typed);
}

static void end_all_scopes(struct wish *w, const struct maintenance *before, struct now now) {
        for (size_t i = 0; i < before->n_scopes; i++)
                if (!record_maintenance_is_over(before->scopes[i].until_us, now))
                        set(w, &before->scopes[i], record_scope_name(&before->scopes[i], &w->change.arena));
}

static void apply(void *arg, struct change *ch) {
        struct wish *w = arg;
        const struct options *o = &ch->session.cli->options;
        const struct maintenance *before = &ch->before.maintenance;
        w->lines = arena_array(&ch->arena, o->n_args + before->n_scopes + 1, sizeof(*w->lines));
        for (size_t i = 0; i < o->n_args; i++)
                set_typed(w, o->args[i]);
        if (o->n_args > 0)
                return;
        /* --all asks for an end, whatever there is to end. */
        if (!o->all || before->enabled || before->n_scopes == 0)
                set(w, NULL, record_scope_name(NULL, &ch->arena));
        if (o->all)
                end_all_scopes(w, before, clock_read());
}

static void warn_of_windows(struct change *ch) {
        struct window_period *open;
        if (pass_open_windows(&ch->session.config, clock_read(), &ch->arena, &open) > 0)
                log_warn("a weekly window is open, and goes on: docker autoheal maintenance status");
}

static int change_it(struct cli *cli, bool on, int64_t until_us) {
        struct wish w = { .on = on, .until_us = until_us, .reason = cli->options.reason ? cli->options.reason : "" };
        struct error err = ERROR_INIT;
        bool saved = false;
        int status = 0;
        if (change_open_anyway(&w.change, cli, cli->options.n_args > 0 ? ENGINE_IF_REACHED : ENGINE_IF_IN_DOUBT, &err) < 0 ||
            change_save(&w.change, apply, &w, &saved, &err) < 0)
                status = session_fail(&err);
        for (size_t i = 0; saved && i < w.n_lines; i++)
                print_line(stdout, "%s", w.lines[i]);
        if (saved && !on)
                warn_of_windows(&w.change);
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

static void print_scope(struct printer *p, const struct options *o, const char *name, const struct maintenance_scope *scope,
                        struct now now, struct arena *a) {
        const char *ends = scope->until_us ? show_time(scope->until_us, now.wall_us, o->no_trunc, a) : "by hand";
        const struct value row[] = {
                value_text(name),
                value_time(scope->start_us),
                value_time(scope->until_us),
                scope->until_us ? value_number((scope->until_us - now.wall_us + US_PER_S - 1) / US_PER_S) : value_null(),
                value_text(scope->reason && scope->reason[0] ? scope->reason : NULL),
                value_text(show_time(scope->start_us, now.wall_us, o->no_trunc, a)),
                value_text(ends),
        };
        _Static_assert(N_ELEMENTS(row) == N_ELEMENTS(fields), "one value for each field");
        printer_row(p, row);
}

/* By the calendar: nobody has switched it on, and nobody can switch it off but in the configuration. */
static size_t print_windows(struct printer *p, const struct options *o, const struct config *config, struct now now,
                            struct arena *a) {
        struct window_period *open;
        size_t n = pass_open_windows(config, now, a, &open);
        for (size_t i = 0; i < n; i++) {
                const struct maintenance_scope row = { .start_us = open[i].start_us,
                                                       .until_us = open[i].until_us,
                                                       .reason = "weekly window" };
                print_scope(p, o, record_scope_name(open[i].scope, a), &row, now, a);
        }
        return n;
}

static void print_next_window(const struct options *o, const struct config *config, struct now now, struct arena *a) {
        struct window_period next;
        if (pass_next_window(config, now, &next))
                print_line(stdout, "the next weekly window, of %s, begins %s and ends %s", record_scope_name(next.scope, a),
                           show_time(next.start_us, now.wall_us, o->no_trunc, a),
                           show_time(next.until_us, now.wall_us, o->no_trunc, a));
}

static void show(struct printer *p, const struct options *o, const struct maintenance *m, const struct config *config,
                 struct arena *a) {
        struct now now = clock_read();
        size_t n;
        bool all;
        const struct maintenance_scope *rows = list_what_is_on(m, now, a, &all, &n);
        for (size_t i = 0; i < n; i++)
                print_scope(p, o, record_scope_name(i == 0 && all ? NULL : &rows[i], a), &rows[i], now, a);
        n += print_windows(p, o, config, now, a);
        if (n == 0 && printer_is_default(p))
                (void)printf("maintenance is off\n");
        else
                printer_close(p);
        if (printer_is_default(p))
                print_next_window(o, config, now, a);
}

static int show_status(struct cli *cli) {
        struct session s = { 0 };
        struct state state = { 0 };
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct printer *p = NULL;
        int status = 0;
        if (printer_open(&p, &cli->options, &shape, &a, &err) < 0)
                return session_fail(&err);
        if (session_open_anyway(&s, cli, STORE_READ, &err) < 0) {
                status = session_fail(&err);
        } else {
                state_init(&state, &s.arena);
                if (store_load(s.store, &state, &s.arena, &err) < 0)
                        status = session_fail(&err);
                else
                        show(p, &cli->options, &state.maintenance, &s.config, &s.arena);
                state_release(&state);
        }
        session_close(&s);
        return status;
}

/* ---- The commands ---- */

static int choose_end(const struct options *o, int64_t *ret_us, struct error *err) {
        int64_t now_us = clock_read().wall_us, end_us = 0;
        if (o->until && o->for_s != NOT_GIVEN)
                return error_set(err, ERR_USAGE, "maintenance on takes --for or --until, not both");
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

int cmd_maintenance_on(struct cli *cli) {
        struct error err = ERROR_INIT;
        int64_t until_us = 0;
        if (choose_end(&cli->options, &until_us, &err) < 0)
                return help_usage_error(cli, &err);
        return change_it(cli, true, until_us);
}

int cmd_maintenance_off(struct cli *cli) {
        struct error err = ERROR_INIT;
        if (cli->options.all && cli->options.n_args > 0) {
                (void)error_set(&err, ERR_USAGE, "maintenance off takes scopes or --all, not both");
                return help_usage_error(cli, &err);
        }
        return change_it(cli, false, 0);
}

int cmd_maintenance_status(struct cli *cli) {
        return show_status(cli);
}
