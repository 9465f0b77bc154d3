/* SPDX-License-Identifier: MIT */
/* `docker autoheal events`: what was done, oldest first, as events.json keeps it. */
#include "cli_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"
#include "autoheal/util/timefmt.h"

#include <unistd.h>

#define AGE_MAX_S (INT64_C(100) * 365 * 86400)

struct filter {
        int64_t since_us, until_us;
        const char *container, *type;
};

/* A point in time as docker reads it, or an age such as "90m". */
static int parse_when(const char *flag, const char *text, int64_t now_us, int64_t *ret_us, struct error *err) {
        int64_t age_s;
        if (when_parse(text, ret_us))
                return 0;
        if (duration_parse(slice_str(text), AGE_MAX_S, &age_s)) {
                *ret_us = now_us - age_s * US_PER_S;
                return 0;
        }
        return error_set(err, ERR_USAGE,
                         "invalid argument \"%s\" for \"--%s\" flag: must be a time like 2026-01-31T12:00:00Z, Unix time or an age "
                         "like 90m",
                         text, flag);
}

static int check_type(const char *type, struct error *err) {
        struct buf known AUTO(buf_release) = BUF_INIT(400);
        for (size_t i = 0; i < EVENT_TYPE_MAX_; i++) {
                const char *name = event_type_name((enum event_type)i);
                if (str_eq(name, type))
                        return 0;
                buf_addf(&known, "%s%s", i ? ", " : "", name);
        }
        return error_set(err, ERR_USAGE, "invalid argument \"%s\" for \"--type\" flag: must be one of %s", type, buf_str(&known));
}

static int make_filter(const struct options *o, struct filter *ret, struct error *err) {
        int64_t now_us = clock_read().wall_us;
        *ret = (struct filter){ .since_us = INT64_MIN, .until_us = INT64_MAX, .container = o->container, .type = o->type };
        if (o->since && parse_when("since", o->since, now_us, &ret->since_us, err) < 0)
                return -1;
        if (o->until && parse_when("until", o->until, now_us, &ret->until_us, err) < 0)
                return -1;
        if (ret->since_us > ret->until_us)
                return error_set(err, ERR_USAGE, "--since %s is later than --until %s", o->since, o->until);
        if (o->type && check_type(o->type, err) < 0)
                return -1;
        if (o->container && !o->container[0])
                return error_set(err, ERR_USAGE, "invalid argument \"\" for \"--container\" flag: container name is empty");
        return 0;
}

/* Somebody who names a container means to remove its events only: there is no such command, and all would be lost. */
static int refuse_filters(const struct options *o, struct error *err) {
        const struct {
                const char *name;
                bool given;
        } filters[] = { { "--container", o->container != NULL },
                        { "--limit", o->limit != LIMIT_DEFAULT },
                        { "--since", o->since != NULL },
                        { "--type", o->type != NULL },
                        { "--until", o->until != NULL } };
        struct buf given AUTO(buf_release) = BUF_INIT(100);
        for (size_t i = 0; i < N_ELEMENTS(filters); i++)
                if (filters[i].given)
                        buf_addf(&given, "%s%s", given.len ? ", " : "", filters[i].name);
        return given.len ? error_set(err, ERR_USAGE, "events clear takes no filters: %s", buf_str(&given)) : 0;
}

/* The reference service's container_name is "name (stable id)". */
static bool names_container(const struct stored_event *e, const char *name) {
        size_t len = strlen(name);
        if (str_eq(e->stable_id, name) || str_eq(e->container_name, name))
                return true;
        if (strncmp(e->container_name, name, len) == 0 && strncmp(e->container_name + len, " (", 2) == 0)
                return true;
        return len >= 12 && strncmp(e->container_id, name, len) == 0;
}

static bool passes(const struct filter *f, const struct stored_event *e) {
        return e->at_us >= f->since_us && e->at_us <= f->until_us && (!f->type || str_eq(e->type, f->type)) &&
               (!f->container || names_container(e, f->container));
}

static const char *plain_name(const struct stored_event *e, struct arena *a) {
        const char *open = strstr(e->container_name, " (");
        return open ? arena_strndup(a, e->container_name, (size_t)(open - e->container_name)) : e->container_name;
}

static void print_table(const struct stored_event *const *events, size_t n, bool no_trunc, struct arena *a) {
        static const char *const header[] = { "TIME", "CONTAINER", "EVENT", "STATUS", "RESTARTS", "MESSAGE" };
        struct table t;
        table_init(&t, a, header, N_ELEMENTS(header));
        int64_t now_us = clock_read().wall_us;
        for (size_t i = 0; i < n; i++) {
                const struct stored_event *e = events[i];
                table_add(&t, show_time(e->at_us, now_us, no_trunc || !isatty(STDOUT_FILENO), a));
                table_add(&t, plain_name(e, a));
                table_add(&t, e->type);
                table_add(&t, e->status);
                table_add(&t, arena_printf(a, "%lld", (long long)e->restart_count));
                table_add(&t, e->message);
        }
        table_print(&t, stdout);
}

static int show(struct session *s, const struct filter *f, bool json, struct error *err) {
        struct stored_event *all = NULL;
        size_t n_all = 0, n = 0;
        if (store_read_events(s->store, &s->arena, &all, &n_all, err) < 0)
                return -1;
        const struct stored_event **chosen = arena_array(&s->arena, n_all, sizeof(struct stored_event *));
        for (size_t i = 0; i < n_all; i++)
                if (passes(f, &all[i]))
                        chosen[n++] = &all[i];
        size_t limit = (size_t)s->cli->options.limit;
        size_t first = limit && n > limit ? n - limit : 0;
        if (!json) {
                print_table(chosen + first, n - first, s->cli->options.no_trunc, &s->arena);
                return 0;
        }
        for (size_t i = first; i < n; i++)
                event_print_json(chosen[i]);
        return 0;
}

/* Events that were announced and may not stand in the history yet would come back after it was cleared. */
static int forget_untold(struct session *s, struct error *err) {
        struct state before AUTO(state_release), after AUTO(state_release);
        state_init(&before, &s->arena);
        state_init(&after, &s->arena);
        if (store_load(s->store, &before, &s->arena, err) < 0)
                return -1;
        state_copy(&after, &before, &s->arena);
        return store_save(s->store, &before, &after, true, err);
}

static int clear(struct session *s, struct error *err) {
        int yes = confirm(&s->cli->options, "clearing the events", "This will remove the whole history of events.", err);
        if (yes <= 0)
                return yes;
        size_t n = 0;
        if (store_lock_state(s->store, err) < 0)
                return -1;
        int r = forget_untold(s, err);
        if (r == 0)
                r = store_clear_events(s->store, &n, err);
        store_unlock_state(s->store);
        if (r == 0)
                (void)printf("%zu event%s removed\n", n, n == 1 ? "" : "s");
        return r;
}

int cmd_events(struct cli *cli) {
        const struct options *o = &cli->options;
        bool clearing = o->n_args == 1;
        struct error err = ERROR_INIT;
        struct filter filter;
        bool json = false;
        if (clearing && !str_eq(o->args[0], "clear")) {
                (void)error_set(&err, ERR_ARGUMENTS, "'%s events' knows only 'clear', not '%s'", cli->program, o->args[0]);
                return help_usage_error(cli, &err);
        }
        if ((clearing && refuse_filters(o, &err) < 0) || make_filter(o, &filter, &err) < 0)
                return help_usage_error(cli, &err);
        if (output_is_json(o, &json, &err) < 0)
                return session_fail(&err);
        struct session s = { 0 };
        int status = 0;
        if (session_open(&s, cli, clearing ? STORE_WRITE : STORE_READ, &err) < 0)
                status = session_fail(&err);
        else if ((clearing ? clear(&s, &err) : show(&s, &filter, json, &err)) < 0)
                status = session_fail(&err);
        session_close(&s);
        return status;
}
