/* SPDX-License-Identifier: MIT */
/* `docker autoheal explain CONTAINER`: every rule in order, with its numbers, and the one that decided. */
#include "items.h"

#include "autoheal/json/writer.h"
#include "autoheal/os/clock.h"

#define DOCUMENT_MAX ((size_t)1024 * 1024)

static const struct field fields[] = { ITEM_FIELDS, { "rules", "Rules", "RULES" } };
static const struct shape shape = { fields, N_ELEMENTS(fields), NULL };

static void print_rules(const struct plan_item *item, struct arena *a) {
        static const char *const header[] = { "", "RULE", "FINDING" };
        struct table t;
        table_init(&t, a, header, N_ELEMENTS(header));
        for (size_t i = 0; i < item->n_trace; i++) {
                const struct rule_trace *rule = &item->trace[i];
                table_add(&t, rule->applied ? "decides" : rule->reached ? "passed" : "not asked");
                table_add(&t, rule->rule);
                table_add(&t, rule->sentence);
        }
        table_print(&t, stdout);
}

/* Some sentences begin with the reason, for tables; where it has just been said it is not said again. */
static const char *without_reason(const struct plan_item *item) {
        const char *reason = reason_name(item->reason);
        size_t n = strlen(reason);
        bool again = strncmp(item->detail, reason, n) == 0 && strncmp(item->detail + n, ": ", 2) == 0;
        return again ? item->detail + n + 2 : item->detail;
}

static void print_text(const struct options *o, const struct plan_item *item) {
        struct arena a AUTO(arena_release) = ARENA_INIT((size_t)16 * 1024);
        const struct container *c = item->container;
        int64_t now_us = clock_read().wall_us;
        print_line(stdout, "Container:   %s (%s)", c->name, show_id(c->id, o->no_trunc, &a));
        print_line(stdout, "Stable id:   %s", item->stable_id);
        print_line(stdout, "Image:       %s", c->image);
        print_line(stdout, "Engine says: %s", c->status);
        print_line(stdout, "Monitored:   %s: %s", item->monitored ? "yes" : "no", item->monitor_detail);
        if (item->monitored) {
                print_line(stdout, "Verdict:     %s: %s", item_verdict(item, &a), item->verdict_detail);
                print_line(stdout, "Restarts:    %lld of %lld", (long long)item->restarts, (long long)item->max_restarts);
        }
        print_line(stdout, "Decision:    %s: %s", item_next(item, now_us, &a), without_reason(item));
        if (item->until_us)
                print_line(stdout, "Until:       %s (%s)", show_time(item->until_us, now_us, true, &a),
                           show_time(item->until_us, now_us, false, &a));
        (void)putchar('\n');
        print_rules(item, &a);
}

static const char *rules_json(const struct plan_item *item, struct arena *a) {
        struct buf b AUTO(buf_release) = BUF_INIT(DOCUMENT_MAX);
        struct json_writer w;
        json_writer_init(&w, &b, JSON_COMPACT);
        json_begin_array(&w);
        for (size_t i = 0; i < item->n_trace; i++) {
                json_begin_object(&w);
                json_key(&w, "rule");
                json_str(&w, item->trace[i].rule);
                json_key(&w, "decides");
                json_boolean(&w, item->trace[i].applied);
                json_key(&w, "reached");
                json_boolean(&w, item->trace[i].reached);
                json_key(&w, "finding");
                json_str(&w, item->trace[i].sentence);
                json_end_object(&w);
        }
        json_end_array(&w);
        return arena_strdup(a, buf_str(&b));
}

/* The row of ps, with the rules behind it. */
static void print_row(struct printer *p, const struct options *o, const struct plan_item *item) {
        struct arena a AUTO(arena_release) = ARENA_INIT((size_t)16 * 1024);
        struct value row[N_ELEMENTS(fields)];
        item_values(row, item, clock_read().wall_us, o->no_trunc, &a);
        row[N_ITEM_FIELDS] = value_json(rules_json(item, &a));
        printer_row(p, row);
        printer_close(p);
}

int cmd_explain(struct cli *cli) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct session s = { 0 };
        struct printer *p = NULL;
        struct pass *pass = NULL;
        struct plan_item *item = NULL;
        int status = 0;
        if (printer_open(&p, &cli->options, &shape, &a, &err) < 0)
                return session_fail(&err);
        if (session_open(&s, cli, STORE_READ, &err) < 0 || session_look(&s, true, &pass, &err) < 0 ||
            session_resolve(pass, cli->options.args[0], &item, &err) < 0)
                status = session_fail(&err);
        else if (printer_is_plain(p))
                print_text(&cli->options, item);
        else
                print_row(p, &cli->options, item);
        pass_free(pass);
        session_close(&s);
        return status;
}
