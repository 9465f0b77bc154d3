/* SPDX-License-Identifier: MIT */
/* `docker autoheal ps`: one line per container. */
#include "items.h"
#include "ps.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"
#include "autoheal/util/text.h"

#include <unistd.h>

static const struct field fields[] = { ITEM_FIELDS };
static const struct shape shape = { fields, N_ELEMENTS(fields),
                                    "table {{.ID}}\t{{.Name}}\t{{.VerdictText}}\t{{.MonitoredText}}\t{{.RestartsText}}\t"
                                    "{{.QuarantinedText}}\t{{.NextAction}}" };

bool ps_shows(const struct ps *ps, const struct plan_item *item) {
        bool listed = ps->options->all || item->monitored || item->quarantined || filter_wants_unmonitored(ps->filter);
        return listed && filter_fits(ps->filter, item);
}

int ps_open_printer(const struct ps *ps, struct printer **ret, struct arena *a, struct error *err) {
        return printer_open(ret, ps->options, &shape, a, err);
}

void ps_print_item(const struct ps *ps, struct printer *p, FILE *out, const struct plan_item *item, int64_t now_us) {
        struct arena a AUTO(arena_release) = ARENA_INIT(1024);
        struct value row[N_ITEM_FIELDS];
        if (ps->options->quiet) {
                print_line(out, "%s", item->container->name);
                return;
        }
        item_values(row, item, now_us, ps->options->no_trunc, &a);
        printer_row(p, row);
}

/* A header alone says nothing to who is new here. */
static void hint(const struct session *s, const struct ps *ps, const struct plan *plan, struct printer *p) {
        const struct options *o = ps->options;
        struct arena a AUTO(arena_release) = ARENA_INIT(1024);
        if (o->all || o->quiet || !printer_is_default(p) || !isatty(STDERR_FILENO))
                return;
        for (size_t i = 0; i < plan->n; i++)
                if (plan->items[i].monitored)
                        return;
        const char *label = arena_printf(&a, "%s=%s", s->config.monitor.label_key, s->config.monitor.label_value);
        (void)fflush(stdout);
        print_line(stderr,
                   "No container is monitored: start one with --label %s, or docker autoheal monitor NAME (ps -a shows all)",
                   text_shell_word(label, &a));
}

static int list(struct session *s, const struct ps *ps, struct printer *p) {
        struct error err = ERROR_INIT;
        struct pass *pass = NULL;
        int r = session_look(s, false, &pass, &err);
        int64_t now_us = clock_read().wall_us;
        const struct plan *plan = r == 0 ? pass_plan(pass) : NULL;
        for (size_t i = 0; plan && i < plan->n; i++)
                if (ps_shows(ps, &plan->items[i]))
                        ps_print_item(ps, p, stdout, &plan->items[i], now_us);
        if (r == 0) {
                printer_close(p);
                hint(s, ps, plan, p);
        }
        pass_free(pass);
        return r < 0 ? session_fail(&err) : 0;
}

static int refuse_filter(const struct cli *cli, const struct error *err, const struct buf *known) {
        if (err->code == ERR_USAGE)
                return help_usage_error(cli, err);
        log_error("%s%s%s", err->msg, known->len ? ": must be one of " : "", buf_str(known));
        return err_exit_status(err->code);
}

int cmd_ps(struct cli *cli) {
        struct arena a AUTO(arena_release) = ARENA_INIT((size_t)64 * 1024);
        struct buf known AUTO(buf_release) = BUF_INIT(2048);
        struct ps ps = { .options = &cli->options };
        struct error err = ERROR_INIT;
        struct session s = { 0 };
        struct printer *p = NULL;
        int status;
        if (filter_new(&ps.filter, &cli->options.filters, &known, &err) < 0)
                return refuse_filter(cli, &err, &known);
        if (ps_open_printer(&ps, &p, &a, &err) < 0 || session_open(&s, cli, STORE_READ, &err) < 0)
                status = session_fail(&err);
        else
                status = cli->options.watch ? watch_containers(&s, &ps, p) : list(&s, &ps, p);
        session_close(&s);
        filter_free(ps.filter);
        return status;
}
