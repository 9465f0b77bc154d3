/* SPDX-License-Identifier: MIT */
/* `docker autoheal ps`: one line per container. */
#include "cli_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"

static bool shown(const struct options *o, const struct plan_item *item) {
        return o->all || item->monitored || item->quarantined;
}

static void print_items(const struct options *o, const struct plan *plan) {
        static const char *const header[] = { "CONTAINER ID", "NAME",        "VERDICT",    "MONITORED",
                                              "RESTARTS",     "QUARANTINED", "NEXT ACTION" };
        struct arena a AUTO(arena_release) = ARENA_INIT((size_t)64 * 1024);
        struct table t;
        table_init(&t, &a, header, N_ELEMENTS(header));
        int64_t now_us = clock_read().wall_us;
        for (size_t i = 0; i < plan->n; i++) {
                const struct plan_item *item = &plan->items[i];
                if (!shown(o, item))
                        continue;
                table_add(&t, show_id(item->container->id, o->no_trunc, &a));
                table_add(&t, item->container->name);
                table_add(&t, item_verdict(item, &a));
                table_add(&t, item->monitored ? "yes" : arena_printf(&a, "no (%s)", reason_name(item->monitor_reason)));
                table_add(&t, item->monitored
                                      ? arena_printf(&a, "%lld/%lld", (long long)item->restarts, (long long)item->max_restarts)
                                      : "");
                table_add(&t, item->quarantined ? "yes" : "no");
                table_add(&t, item->monitored ? item_next(item, now_us, &a) : "");
        }
        table_print(&t, stdout);
}

int cmd_ps(struct cli *cli) {
        const struct options *o = &cli->options;
        struct error err = ERROR_INIT;
        struct session s = { 0 };
        struct pass *pass = NULL;
        bool json = false;
        int status = 0;
        if (output_is_json(o, &json, &err) < 0)
                return session_fail(&err);
        if (o->quiet && o->format)
                log_warn("Ignoring custom format, because both --format and --quiet are set.");
        if (session_open(&s, cli, STORE_READ, &err) < 0 || session_look(&s, false, &pass, &err) < 0) {
                status = session_fail(&err);
        } else if (o->quiet || json) {
                const struct plan *plan = pass_plan(pass);
                for (size_t i = 0; i < plan->n; i++) {
                        if (!shown(o, &plan->items[i]))
                                continue;
                        if (o->quiet)
                                print_line(stdout, "%s", plan->items[i].container->name);
                        else
                                item_print_json(&plan->items[i], o->no_trunc);
                }
        } else {
                print_items(o, pass_plan(pass));
        }
        pass_free(pass);
        session_close(&s);
        return status;
}
