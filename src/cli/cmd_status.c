/* SPDX-License-Identifier: MIT */
/* `docker autoheal status`: engine, data directory, counts, maintenance, last pass, and what comes next. */
#include "printer.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"
#include "autoheal/store/outbox.h"

static const struct field fields[] = {
        { "engine.endpoint", "Engine.Endpoint", "ENDPOINT" },
        { "engine.connected", "Engine.Connected", "CONNECTED" },
        { "engine.version", "Engine.Version", "ENGINE VERSION" },
        { "engine.api_version", "Engine.APIVersion", "API VERSION" },
        { "data_dir", "DataDir", "DATA DIRECTORY" },
        { "total_containers", "TotalContainers", "TOTAL" },
        { "monitored_containers", "MonitoredContainers", "MONITORED" },
        { "quarantined_containers", "QuarantinedContainers", "QUARANTINED" },
        { "failing_containers", "FailingContainers", "FAILING" },
        { "maintenance_mode", "MaintenanceMode", "MAINTENANCE" },
        { "maintenance_start_time", "MaintenanceStartTime", "MAINTENANCE SINCE" },
        { "serve", "Serve", "SERVE" },
        { "notifications_waiting", "NotificationsWaiting", "MESSAGES WAITING" },
        { "last_pass", "LastPass", "LAST PASS" },
        { "next_due", "NextDue", "NEXT DUE" },
};
static const struct shape shape = { fields, N_ELEMENTS(fields), NULL };

struct status {
        struct session session;
        struct state state;
        bool pass_runs;
        struct lock_holder runner;
        char server_version[65];
        bool connected, info_came;
        size_t total, monitored, quarantined, failing;
        size_t quarantined_here; /* those of them that are no memory alone */
        size_t messages;         /* that wait for a notification service */
        int64_t messages_since_us;
        bool messages_known;
        const struct plan_item *next; /* the hold that ends first; NULL none */
};

static void info_came(void *arg, const struct engine_info *info, const struct error *err) {
        struct status *st = arg;
        st->info_came = true;
        if (!err)
                (void)snprintf(st->server_version, sizeof(st->server_version), "%s", info->server_version);
}

/* A socket proxy may forbid /info: the version is then left out. */
static void ask_version(struct status *st) {
        if (engine_get_info(st->session.engine, info_came, st, NULL) < 0)
                return;
        while (!st->info_came && !st->session.interrupted && net_run(st->session.net))
                continue;
}

static void count(struct status *st, const struct plan *plan) {
        st->total = plan->n;
        for (size_t i = 0; i < plan->n; i++) {
                const struct plan_item *item = &plan->items[i];
                st->monitored += item->monitored;
                st->failing += item->monitored && item->verdict == VERDICT_FAILING;
                st->quarantined_here += item->quarantined;
                if (item->until_us && (!st->next || item->until_us < st->next->until_us))
                        st->next = item;
        }
        for (size_t i = 0; i < st->state.n; i++)
                st->quarantined += st->state.memories[i].quarantined != QUARANTINED_NOT;
}

static void print_counts(const struct status *st, struct arena *a) {
        size_t gone = st->quarantined > st->quarantined_here ? st->quarantined - st->quarantined_here : 0;
        if (st->connected)
                (void)printf("Containers:      %zu total, %zu monitored, %zu failing, %zu quarantined%s\n", st->total,
                             st->monitored, st->failing, st->quarantined, gone ? arena_printf(a, " (%zu of them gone)", gone) : "");
        else
                (void)printf("Containers:      unknown, %zu quarantined\n", st->quarantined);
}

static void print_last_pass(const struct status *st, int64_t now_us, bool no_trunc, struct arena *a) {
        const struct pass_summary *l = &st->state.last_summary;
        if (st->state.last_pass_us == 0) {
                (void)printf("Last pass:       never\n");
                return;
        }
        /* Its counts would be taken for what it came to. */
        const char *came_to = l->under_way == 0 ? summary_done(l, a)
                              : st->pass_runs   ? arena_printf(a, "%lld under way", (long long)l->under_way)
                                                : arena_printf(a, "ended before it knew what became of %lld action%s",
                                                               (long long)l->under_way, l->under_way == 1 ? "" : "s");
        (void)printf("Last pass:       %s: %s: %s\n", show_time(st->state.last_pass_us, now_us, no_trunc, a),
                     summary_monitored(l, a), came_to);
}

static bool serves(const struct status *st) {
        return st->pass_runs && st->runner.serves;
}

static void print_running_pass(const struct status *st, int64_t now_us, bool no_trunc, struct arena *a) {
        if (!st->pass_runs || serves(st))
                return;
        if (st->runner.pid == 0)
                (void)printf("Running:         a pass\n");
        else
                print_line(stdout, "Running:         a pass since %s (pid %lld on '%s')",
                           show_time(st->runner.since_us, now_us, no_trunc, a), (long long)st->runner.pid, st->runner.host);
}

static void print_serve(const struct status *st, int64_t now_us, bool no_trunc, struct arena *a) {
        if (serves(st))
                print_line(stdout, "Serve:           in charge, pid %lld on '%s', began %s", (long long)st->runner.pid,
                           st->runner.host, show_time(st->runner.since_us, now_us, no_trunc, a));
}

static void print_scope(const struct maintenance_scope *scope, struct now now, struct arena *a) {
        const char *until = show_time(scope->until_us, now.wall_us, true, a);
        if (!record_maintenance_is_over(scope->until_us, now))
                print_line(stdout, "                 of %s%s%s%s%s", record_scope_name(scope, a), until[0] ? " until " : "", until,
                           scope->reason[0] ? ": " : "", scope->reason);
}

static bool any_scope_is_on(const struct maintenance *m, struct now now) {
        for (size_t i = 0; i < m->n_scopes; i++)
                if (!record_maintenance_is_over(m->scopes[i].until_us, now))
                        return true;
        return false;
}

static bool any_is_of_all(const struct window_period *open, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (!open[i].scope)
                        return true;
        return false;
}

static void print_windows(const struct window_period *open, size_t n, struct now now, struct arena *a) {
        for (size_t i = 0; i < n; i++)
                print_line(stdout, "                 of %s until %s: weekly window", record_scope_name(open[i].scope, a),
                           show_time(open[i].until_us, now.wall_us, true, a));
}

static void print_maintenance(const struct maintenance *m, const struct config *config, struct now now, struct arena *a) {
        const char *until = show_time(m->until_us, now.wall_us, true, a);
        struct window_period *open;
        size_t n = pass_open_windows(config, now, a, &open);
        bool is_over = m->enabled && record_maintenance_is_over(m->until_us, now);
        if (m->enabled && !is_over)
                print_line(stdout, "Maintenance:     on%s%s%s%s%s%s", m->start_us ? " since " : "",
                           show_time(m->start_us, now.wall_us, true, a), until[0] ? " until " : "", until, m->reason[0] ? ": " : "",
                           m->reason);
        else if (any_is_of_all(open, n))
                (void)printf("Maintenance:     on, in a weekly window\n");
        else if (n > 0 || any_scope_is_on(m, now))
                (void)printf("Maintenance:     on, not of all containers\n");
        else if (is_over)
                (void)printf("Maintenance:     off (ended %s)\n", until);
        else
                (void)printf("Maintenance:     off\n");
        for (size_t i = 0; i < m->n_scopes; i++)
                print_scope(&m->scopes[i], now, a);
        print_windows(open, n, now, a);
}

/* Nobody was there to ask whether it is the same engine. */
static bool may_be_anothers(const struct status *st) {
        return !st->connected && st->state.engine_endpoint[0] && !str_eq(st->state.engine_endpoint, st->session.endpoint.text);
}

static size_t count_warnings(const struct config_issues *issues) {
        size_t n = 0;
        for (size_t i = 0; i < issues->n; i++)
                n += !issues->items[i].is_note;
        return n;
}

static void print_messages(const struct status *st, int64_t now_us, bool no_trunc, struct arena *a) {
        if (!st->messages_known)
                (void)printf("Notifications:   unknown\n");
        else if (st->messages > 0)
                (void)printf("Notifications:   %zu waiting, the oldest: %s\n", st->messages,
                             show_time(st->messages_since_us, now_us, no_trunc, a));
}

static void print_text(struct status *st) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        const struct session *s = &st->session;
        bool no_trunc = s->cli->options.no_trunc;
        struct now now = clock_read();
        const char *version = st->server_version[0] ? arena_printf(&a, "%s, ", st->server_version) : "";
        if (st->connected)
                print_line(stdout, "Engine:          %s (%sAPI %s)", s->endpoint.text, version, engine_api_version(s->engine));
        else
                print_line(stdout, "Engine:          %s (not reached)", s->endpoint.text);
        print_line(stdout, "Data directory:  %s (%s)", s->location.path, s->location.source);
        if (may_be_anothers(st))
                print_line(stdout, "                 belongs to the engine at %s: what follows is of that one",
                           st->state.engine_endpoint);
        size_t warnings = count_warnings(&s->issues);
        if (warnings)
                (void)printf("Configuration:   %zu warning%s (-v shows them)\n", warnings, warnings == 1 ? "" : "s");
        print_counts(st, &a);
        print_serve(st, now.wall_us, no_trunc, &a);
        print_maintenance(&st->state.maintenance, &s->config, now, &a);
        print_last_pass(st, now.wall_us, no_trunc, &a);
        print_running_pass(st, now.wall_us, no_trunc, &a);
        print_messages(st, now.wall_us, no_trunc, &a);
        if (st->next)
                print_line(stdout, "Next:            %s: %s", st->next->container->name, item_next(st->next, now.wall_us, &a));
}

static struct value count_value(size_t n, bool known) {
        return known ? value_number((int64_t)n) : value_null();
}

/* NULL: no serve is in charge. */
static const char *serve_json(const struct status *st, struct buf *b) {
        struct json_writer w;
        if (!serves(st))
                return NULL;
        json_writer_init(&w, b, JSON_COMPACT);
        json_begin_object(&w);
        json_key(&w, "pid");
        json_num(&w, st->runner.pid);
        json_key(&w, "host");
        json_str(&w, st->runner.host);
        json_key(&w, "since");
        json_time(&w, st->runner.since_us);
        json_end_object(&w);
        return buf_str(b);
}

static void print_row(struct printer *p, const struct status *st) {
        struct buf b AUTO(buf_release) = BUF_INIT(4096);
        const struct session *s = &st->session;
        const struct maintenance *m = &st->state.maintenance;
        bool in_maintenance = m->enabled && !record_maintenance_is_over(m->until_us, clock_read());
        const struct value row[] = {
                value_text(s->endpoint.text),
                value_bool(st->connected),
                value_text(st->server_version[0] ? st->server_version : NULL),
                value_text(st->connected ? engine_api_version(s->engine) : NULL),
                value_text(s->location.path),
                count_value(st->total, st->connected),
                count_value(st->monitored, st->connected),
                count_value(st->quarantined, true),
                count_value(st->failing, st->connected),
                value_bool(in_maintenance),
                value_time(in_maintenance ? m->start_us : 0),
                value_json(serve_json(st, &b)),
                count_value(st->messages, st->messages_known),
                value_time(st->state.last_pass_us),
                value_time(st->next ? st->next->until_us : 0),
        };
        _Static_assert(N_ELEMENTS(row) == N_ELEMENTS(fields), "one value for each field");
        printer_row(p, row);
        printer_close(p);
}

static void count_messages(struct status *st) {
        struct session *s = &st->session;
        struct outbox box;
        struct error why = ERROR_INIT;
        if (store_read_outbox(s->store, &s->arena, &box, &why) < 0) {
                log_warn("messages that wait: %s", why.msg);
                return;
        }
        st->messages_known = true;
        st->messages = box.n;
        for (size_t i = 0; i < box.n; i++)
                if (i == 0 || box.messages[i].queued_us < st->messages_since_us)
                        st->messages_since_us = box.messages[i].queued_us;
}

/* Between the two a pass may end, and have written what it came to, or begin. */
static int load(struct status *st, struct error *err) {
        struct session *s = &st->session;
        struct error why = ERROR_INIT;
        if (store_load(s->store, &st->state, &s->arena, err) < 0)
                return -1;
        int64_t pass_us = st->state.last_pass_us;
        if (store_look_pass(s->store, &st->pass_runs, &st->runner, &why) < 0)
                log_warn("whether a pass runs just now: %s", why.msg);
        if (st->pass_runs || st->state.last_summary.under_way == 0)
                return 0;
        state_release(&st->state);
        state_init(&st->state, &s->arena);
        if (store_load(s->store, &st->state, &s->arena, err) < 0)
                return -1;
        st->pass_runs = st->state.last_pass_us != pass_us && st->state.last_summary.under_way > 0;
        return 0;
}

/* Without an engine the rest is still worth printing. */
static int look_and_print(struct status *st, struct printer *p) {
        struct session *s = &st->session;
        struct error err = ERROR_INIT, unreachable = ERROR_INIT;
        struct pass *pass = NULL;
        int status = 0;
        if (load(st, &err) < 0)
                return session_fail(&err);
        count_messages(st);
        if (session_look(s, false, &pass, &unreachable) == 0) {
                st->connected = true;
                ask_version(st);
        } else if (unreachable.code == ERR_CONFIG || unreachable.code == ERR_INTERRUPTED) {
                status = session_fail(&unreachable);
                pass_free(pass);
                return status;
        }
        static const struct plan nothing;
        count(st, st->connected ? pass_plan(pass) : &nothing);
        if (printer_is_plain(p))
                print_text(st);
        else
                print_row(p, st);
        (void)fflush(stdout);
        if (may_be_anothers(st) && !printer_is_plain(p))
                log_warn("data directory '%s' belongs to the engine at %s, and what it says is of that one", s->location.path,
                         st->state.engine_endpoint);
        if (!st->connected)
                status = session_fail(&unreachable);
        pass_free(pass);
        return status;
}

int cmd_status(struct cli *cli) {
        struct status st = { .connected = false };
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct printer *p = NULL;
        int status;
        if (printer_open(&p, &cli->options, &shape, &a, &err) < 0)
                return session_fail(&err);
        if (session_open(&st.session, cli, STORE_READ, &err) < 0) {
                status = session_fail(&err);
        } else {
                state_init(&st.state, &st.session.arena);
                status = look_and_print(&st, p);
                state_release(&st.state);
        }
        session_close(&st.session);
        return status;
}
