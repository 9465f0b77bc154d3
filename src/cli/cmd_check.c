/* SPDX-License-Identifier: MIT */
/* `docker autoheal check`: are all monitored containers well? Changes nothing; for CI. */
#include "cli_internal.h"

#include "autoheal/os/clock.h"

static bool is_well(const struct plan_item *item) {
        if (item->quarantined || item->reason == REASON_UNEXPLAINED_STOP)
                return false;
        switch (item->verdict) {
        case VERDICT_FAILING:
        case VERDICT_STARTING:
        case VERDICT_RESTARTING:
        case VERDICT_CREATED:
        case VERDICT_UNKNOWN:
                return false;
        default:
                return true;
        }
}

static void print_item(const struct options *o, const struct plan_item *item, bool json, struct arena *a) {
        if (json)
                item_print_json(item, o->no_trunc);
        else if (o->quiet)
                print_line(stdout, "%s", item->container->name);
        else
                print_line(stdout, "%s: %s%s: %s", item->container->name, item_verdict(item, a),
                           item->quarantined ? ", quarantined" : "", item->verdict_detail);
}

static int judge(const struct options *o, const struct plan *plan, bool json) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        size_t monitored = 0, well = 0;
        for (size_t i = 0; i < plan->n; i++) {
                const struct plan_item *item = &plan->items[i];
                if (!item->monitored)
                        continue;
                monitored++;
                if (is_well(item))
                        well++;
                if (!is_well(item) || (o->verbose && (json || !o->quiet)))
                        print_item(o, item, json, &a);
        }
        if (!json && !o->quiet)
                (void)printf("%zu of %zu monitored containers are well\n", well, monitored);
        if (monitored == 0 && !o->allow_none) {
                (void)fflush(stdout);
                (void)fputs("no container is monitored (--allow-none accepts that)\n", stderr);
                return 1;
        }
        return well == monitored ? 0 : 1;
}

static bool none_starting(const struct plan *plan, void *unused) {
        (void)unused;
        for (size_t i = 0; i < plan->n; i++)
                if (plan->items[i].monitored && plan->items[i].verdict == VERDICT_STARTING)
                        return false;
        return true;
}

static int look(struct session *s, struct pass **ret, struct error *err) {
        int64_t wait_s = s->cli->options.wait_s;
        if (wait_s == NOT_GIVEN)
                return session_look(s, false, ret, err);
        return wait_look(s, clock_read().mono_ms + wait_s * 1000, none_starting, NULL, ret, err);
}

int cmd_check(struct cli *cli) {
        struct error err = ERROR_INIT;
        struct session s = { 0 };
        struct pass *pass = NULL;
        bool json = false;
        int status;
        if (output_is_json(&cli->options, &json, &err) < 0) {
                (void)session_fail(&err);
                return EXIT_CANNOT_TELL;
        }
        if (session_open(&s, cli, STORE_READ, &err) < 0 || look(&s, &pass, &err) < 0) {
                status = session_fail(&err);
                if (err.code != ERR_INTERRUPTED && err.code != ERR_CONFIG)
                        status = EXIT_CANNOT_TELL;
        } else {
                status = judge(&cli->options, pass_plan(pass), json);
        }
        pass_free(pass);
        session_close(&s);
        return status;
}
