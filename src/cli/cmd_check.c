/* SPDX-License-Identifier: MIT */
/* `docker autoheal check`: are all monitored containers well? Changes nothing; for CI. */
#include "items.h"

#include "autoheal/os/clock.h"

static const struct field fields[] = { ITEM_FIELDS };
static const struct shape shape = { fields, N_ELEMENTS(fields), NULL };

/* How many are what, among those that nothing is wrong with. */
enum { WELL, FINISHED, STOPPED_ON_PURPOSE, STOPPED, PAUSED, ENDING, KINDS };

static int kind_of(const struct plan_item *item) {
        switch (item->verdict) {
        case VERDICT_STOPPED:
                if (item->verdict_reason == REASON_FINISHED)
                        return FINISHED;
                return item->verdict_reason == REASON_MANUAL_STOP ? STOPPED_ON_PURPOSE : STOPPED;
        case VERDICT_PAUSED:
                return PAUSED;
        case VERDICT_STOPPING:
        case VERDICT_REMOVING:
                return ENDING;
        default:
                return WELL;
        }
}

static bool is_wrong(const struct plan_item *item) {
        if (item->quarantined || item->reason == REASON_UNEXPLAINED_STOP)
                return true;
        switch (item->verdict) {
        case VERDICT_FAILING:
        case VERDICT_STARTING:
        case VERDICT_RESTARTING:
        case VERDICT_CREATED:
        case VERDICT_UNKNOWN:
                return true;
        default:
                return false;
        }
}

static void print_counts(const size_t *n, size_t monitored) {
        static const char *const words[KINDS] = {
                [FINISHED] = "finished", [STOPPED_ON_PURPOSE] = "stopped on purpose", [STOPPED] = "stopped",
                [PAUSED] = "paused",     [ENDING] = "being stopped or removed",
        };
        (void)printf("%zu of %zu monitored containers are well", n[WELL], monitored);
        for (size_t i = WELL + 1; i < KINDS; i++)
                if (n[i] > 0)
                        (void)printf(", %zu %s", n[i], words[i]);
        (void)printf("\n");
}

static void print_item(const struct options *o, const struct plan_item *item, struct printer *p, struct arena *a) {
        struct value row[N_ITEM_FIELDS];
        if (o->quiet) {
                print_line(stdout, "%s", item->container->name);
        } else if (printer_is_plain(p)) {
                print_line(stdout, "%s: %s%s: %s", item->container->name, item_verdict(item, a),
                           item->quarantined ? ", quarantined" : "", item->verdict_detail);
        } else {
                item_values(row, item, clock_read().wall_us, o->no_trunc, a);
                printer_row(p, row);
        }
}

static int judge(const struct options *o, const struct plan *plan, struct printer *p) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        size_t monitored = 0, wrong = 0, n[KINDS] = { 0 };
        for (size_t i = 0; i < plan->n; i++) {
                const struct plan_item *item = &plan->items[i];
                if (!item->monitored)
                        continue;
                monitored++;
                if (is_wrong(item))
                        wrong++;
                else
                        n[kind_of(item)]++;
                if (is_wrong(item) || (o->verbose && !o->quiet))
                        print_item(o, item, p, &a);
        }
        printer_close(p);
        if (printer_is_plain(p) && !o->quiet)
                print_counts(n, monitored);
        if (monitored == 0 && !o->allow_none) {
                (void)fflush(stdout);
                (void)fputs("no container is monitored (--allow-none accepts that)\n", stderr);
                return 1;
        }
        return wrong > 0 ? 1 : 0;
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
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct session s = { 0 };
        struct printer *p = NULL;
        struct pass *pass = NULL;
        int status;
        if (printer_open(&p, &cli->options, &shape, &a, &err) < 0) {
                (void)session_fail(&err);
                return EXIT_CANNOT_TELL;
        }
        if (session_open(&s, cli, STORE_READ, &err) < 0 || look(&s, &pass, &err) < 0) {
                status = session_fail(&err);
                if (err.code != ERR_INTERRUPTED && err.code != ERR_CONFIG)
                        status = EXIT_CANNOT_TELL;
        } else {
                status = judge(&cli->options, pass_plan(pass), p);
        }
        pass_free(pass);
        session_close(&s);
        return status;
}
