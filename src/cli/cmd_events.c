/* SPDX-License-Identifier: MIT */
/* `docker autoheal events`: what was done, oldest first, as events.json keeps it. */
#include "follow.h"
#include "items.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"
#include "autoheal/util/timefmt.h"

#define AGE_MAX_S (INT64_C(100) * 365 * 86400)

static const struct field fields[] = { EVENT_FIELDS };
static const struct shape shape = {
        fields, N_ELEMENTS(fields),
        "table {{.Timestamp}}\t{{.Container}}\t{{.EventType}}\t{{.Status}}\t{{.RestartCount}}\t{{.Message}}"
};

struct filter {
        int64_t since_us, until_us;
        const char *container, *type;
        bool by_id; /* container is the beginning of an id: nothing goes by that name */
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

/* The reference service's container_name is "name (stable id)". */
static bool names_container(const struct stored_event *e, const char *name) {
        size_t len = strlen(name);
        if (str_eq(e->stable_id, name) || str_eq(e->container_name, name))
                return true;
        if (strncmp(e->container_name, name, len) == 0 && strncmp(e->container_name + len, " (", 2) == 0)
                return true;
        return false;
}

static bool is_of_container(const struct filter *f, const struct stored_event *e) {
        return names_container(e, f->container) || (f->by_id && strncmp(e->container_id, f->container, strlen(f->container)) == 0);
}

/* As with other commands, the beginning of an id counts where no name fits. False if the history knows no such container. */
static bool settle_container(struct filter *f, const struct stored_event *const *events, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (names_container(events[i], f->container))
                        return true;
        f->by_id = session_is_id_prefix(f->container);
        for (size_t i = 0; i < n; i++)
                if (is_of_container(f, events[i]))
                        return true;
        return false;
}

static bool passes(const struct filter *f, const struct stored_event *e) {
        return e->at_us >= f->since_us && e->at_us <= f->until_us && (!f->type || str_eq(e->type, f->type)) &&
               (!f->container || is_of_container(f, e));
}

static void print_event(struct printer *p, const struct stored_event *e) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct value row[N_EVENT_FIELDS];
        event_values(row, e, &a);
        printer_row(p, row);
}

struct view {
        struct filter *filter;
        struct printer *printer;
        size_t limit; /* 0: none */
        bool any;     /* one fitted */
};

/* The last ones of those that there are; of those that come later, all. */
static void print_events(struct view *v, const struct stored_event *const *events, size_t n, size_t limit) {
        size_t fitting = 0;
        for (size_t i = 0; i < n; i++)
                fitting += passes(v->filter, events[i]);
        size_t skip = limit && fitting > limit ? fitting - limit : 0;
        for (size_t i = 0; i < n; i++) {
                if (!passes(v->filter, events[i]))
                        continue;
                if (skip > 0)
                        skip--;
                else
                        print_event(v->printer, events[i]);
        }
        v->any = v->any || fitting > 0;
}

static void print_followed(void *arg, const struct stored_event *const *events, size_t n, bool first) {
        struct view *v = arg;
        if (first && v->filter->container)
                (void)settle_container(v->filter, events, n);
        print_events(v, events, n, first ? v->limit : 0);
        /* The columns are made for the first that come. */
        if (v->any)
                printer_flush(v->printer);
}

static int show(struct session *s, struct view *v, struct error *err) {
        struct stored_event *all = NULL;
        size_t n = 0;
        if (store_read_events(s->store, &s->arena, &all, &n, err) < 0)
                return -1;
        const struct stored_event **events = arena_array(&s->arena, n, sizeof(struct stored_event *));
        for (size_t i = 0; i < n; i++)
                events[i] = &all[i];
        bool known = !v->filter->container || settle_container(v->filter, events, n);
        print_events(v, events, n, v->limit);
        printer_close(v->printer);
        (void)fflush(stdout);
        if (!known)
                print_line(stderr, "the history knows no container '%s'", v->filter->container);
        return 0;
}

static int follow(struct session *s, struct view *v) {
        int status = follow_events(s, v->filter->until_us, print_followed, v);
        if (status == 0)
                printer_close(v->printer);
        return status;
}

/* A configuration that cannot be used keeps nobody from reading what was done. */
static int open_history(struct session *s, struct cli *cli, struct error *err) {
        struct error wrong;
        if (session_open_config(s, cli, STORE_READ, &wrong, err) < 0 || session_connect(s, err) < 0)
                return -1;
        if (wrong.code != ERR_NONE)
                log_warn("%s", wrong.msg);
        return 0;
}

static int run(struct cli *cli, struct filter *filter, struct printer *p) {
        struct view view = { .filter = filter, .printer = p, .limit = (size_t)cli->options.limit };
        struct session s = { 0 };
        struct error err = ERROR_INIT;
        int status = 0;
        if (open_history(&s, cli, &err) < 0)
                status = session_fail(&err);
        else if (cli->options.follow)
                status = follow(&s, &view);
        else if (show(&s, &view, &err) < 0)
                status = session_fail(&err);
        session_close(&s);
        return status;
}

int cmd_events(struct cli *cli) {
        struct options o = cli->options;
        struct arena a AUTO(arena_release) = ARENA_INIT((size_t)64 * 1024);
        struct error err = ERROR_INIT;
        struct filter filter;
        struct printer *p = NULL;
        if (make_filter(&o, &filter, &err) < 0)
                return help_usage_error(cli, &err);
        /* A line that stays cannot say "2 seconds ago". */
        o.no_trunc = o.no_trunc || o.follow;
        if (printer_open(&p, &o, &shape, &a, &err) < 0)
                return session_fail(&err);
        return run(cli, &filter, p);
}
