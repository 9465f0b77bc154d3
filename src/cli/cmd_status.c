/* SPDX-License-Identifier: MIT */
/* `docker autoheal status`: engine, data directory, counts, maintenance, last pass, and what comes next. */
#include "cli_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"

#define DOCUMENT_MAX ((size_t)64 * 1024)

struct status {
        struct session session;
        struct state state;
        char server_version[65];
        bool connected, info_came;
        size_t total, monitored, quarantined, failing;
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
                if (item->until_us && (!st->next || item->until_us < st->next->until_us))
                        st->next = item;
        }
        for (size_t i = 0; i < st->state.n; i++)
                st->quarantined += st->state.memories[i].quarantined != QUARANTINED_NOT;
}

static void print_counts(const struct status *st) {
        if (st->connected)
                (void)printf("Containers:      %zu total, %zu monitored, %zu failing, %zu quarantined\n", st->total, st->monitored,
                             st->failing, st->quarantined);
        else
                (void)printf("Containers:      unknown, %zu quarantined\n", st->quarantined);
}

static void print_last_pass(const struct status *st, int64_t now_us, bool no_trunc, struct arena *a) {
        const struct pass_summary *l = &st->state.last_summary;
        if (st->state.last_pass_us == 0) {
                (void)printf("Last pass:       never\n");
                return;
        }
        (void)printf("Last pass:       %s: %s: %s\n", show_time(st->state.last_pass_us, now_us, no_trunc, a),
                     summary_monitored(l, a), summary_done(l, a));
}

static void print_scope(const struct maintenance_scope *scope, struct now now, struct arena *a) {
        const char *until = show_time(scope->until_us, now.wall_us, true, a);
        if (!record_maintenance_is_over(scope->until_us, now))
                print_line(stdout, "                 of %s%s%s%s%s", record_scope_name(scope, a), until[0] ? " until " : "", until,
                           scope->reason[0] ? ": " : "", scope->reason);
}

static void print_maintenance(const struct maintenance *m, struct now now, struct arena *a) {
        const char *until = show_time(m->until_us, now.wall_us, true, a);
        if (m->enabled && record_maintenance_is_over(m->until_us, now))
                (void)printf("Maintenance:     off (ended %s)\n", until);
        else if (m->enabled)
                print_line(stdout, "Maintenance:     on%s%s%s%s%s%s", m->start_us ? " since " : "",
                           show_time(m->start_us, now.wall_us, true, a), until[0] ? " until " : "", until, m->reason[0] ? ": " : "",
                           m->reason);
        else
                (void)printf("Maintenance:     off\n");
        for (size_t i = 0; i < m->n_scopes; i++)
                print_scope(&m->scopes[i], now, a);
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
        if (s->issues.n)
                (void)printf("Configuration:   %zu warning%s (-v shows them)\n", s->issues.n, s->issues.n == 1 ? "" : "s");
        print_counts(st);
        print_maintenance(&st->state.maintenance, now, &a);
        print_last_pass(st, now.wall_us, no_trunc, &a);
        if (st->next)
                print_line(stdout, "Next:            %s: %s", st->next->container->name, item_next(st->next, now.wall_us, &a));
}

static void write_engine(struct json_writer *w, const struct status *st) {
        const struct session *s = &st->session;
        json_key(w, "engine");
        json_begin_object(w);
        json_key(w, "endpoint");
        json_str(w, s->endpoint.text);
        json_key(w, "connected");
        json_boolean(w, st->connected);
        json_key(w, "version");
        json_str(w, st->server_version[0] ? st->server_version : NULL);
        json_key(w, "api_version");
        json_str(w, st->connected ? engine_api_version(s->engine) : NULL);
        json_end_object(w);
}

static void write_count(struct json_writer *w, const char *key, size_t n, bool known) {
        json_key(w, key);
        if (known)
                json_num(w, (int64_t)n);
        else
                json_null(w);
}

static void print_json(const struct status *st) {
        const struct maintenance *m = &st->state.maintenance;
        bool in_maintenance = m->enabled && !record_maintenance_is_over(m->until_us, clock_read());
        struct buf b AUTO(buf_release) = BUF_INIT(DOCUMENT_MAX);
        struct json_writer w;
        json_writer_init(&w, &b, JSON_COMPACT);
        json_begin_object(&w);
        write_engine(&w, st);
        json_key(&w, "data_dir");
        json_str(&w, st->session.location.path);
        write_count(&w, "total_containers", st->total, st->connected);
        write_count(&w, "monitored_containers", st->monitored, st->connected);
        write_count(&w, "quarantined_containers", st->quarantined, true);
        write_count(&w, "failing_containers", st->failing, st->connected);
        json_key(&w, "maintenance_mode");
        json_boolean(&w, in_maintenance);
        json_key(&w, "maintenance_start_time");
        json_time(&w, in_maintenance ? m->start_us : 0);
        json_key(&w, "last_pass");
        json_time(&w, st->state.last_pass_us);
        json_key(&w, "next_due");
        json_time(&w, st->next ? st->next->until_us : 0);
        json_end_object(&w);
        (void)printf("%s\n", buf_str(&b));
}

/* Without an engine the rest is still worth printing. */
static int look_and_print(struct status *st, bool json) {
        struct session *s = &st->session;
        struct error err = ERROR_INIT, unreachable = ERROR_INIT;
        struct pass *pass = NULL;
        int status = 0;
        if (store_load(s->store, &st->state, &s->arena, &err) < 0)
                return session_fail(&err);
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
        if (json)
                print_json(st);
        else
                print_text(st);
        (void)fflush(stdout);
        if (!st->connected)
                status = session_fail(&unreachable);
        pass_free(pass);
        return status;
}

int cmd_status(struct cli *cli) {
        struct status st = { .connected = false };
        struct error err = ERROR_INIT;
        bool json = false;
        int status;
        if (output_is_json(&cli->options, &json, &err) < 0)
                return session_fail(&err);
        if (session_open(&st.session, cli, STORE_READ, &err) < 0) {
                status = session_fail(&err);
        } else {
                state_init(&st.state, &st.session.arena);
                status = look_and_print(&st, json);
                state_release(&st.state);
        }
        session_close(&st.session);
        return status;
}
