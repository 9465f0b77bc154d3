/* SPDX-License-Identifier: MIT */
/* `docker autoheal explain CONTAINER`: every rule in order, with its numbers, and the one that decided. */
#include "cli_internal.h"

#include "autoheal/json/writer.h"
#include "autoheal/os/clock.h"

#define DOCUMENT_MAX ((size_t)1024 * 1024)

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
        print_line(stdout, "Decision:    %s: %s", item_next(item, now_us, &a), item->detail);
        if (item->until_us)
                print_line(stdout, "Until:       %s (%s)", show_time(item->until_us, now_us, true, &a),
                           show_time(item->until_us, now_us, false, &a));
        (void)putchar('\n');
        print_rules(item, &a);
}

/* The object of ps, with the rules behind it. */
static void print_json(const struct options *o, const struct plan_item *item) {
        struct buf b AUTO(buf_release) = BUF_INIT(DOCUMENT_MAX);
        struct json_writer w;
        json_writer_init(&w, &b, JSON_COMPACT);
        json_begin_object(&w);
        item_write_json(&w, item, o->no_trunc);
        json_key(&w, "rules");
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
        json_end_object(&w);
        (void)printf("%s\n", buf_str(&b));
}

int cmd_explain(struct cli *cli) {
        struct error err = ERROR_INIT;
        struct session s = { 0 };
        struct pass *pass = NULL;
        struct plan_item *item = NULL;
        bool json = false;
        int status = 0;
        if (output_is_json(&cli->options, &json, &err) < 0)
                return session_fail(&err);
        if (session_open(&s, cli, STORE_READ, &err) < 0 || session_look(&s, true, &pass, &err) < 0 ||
            session_resolve(pass, cli->options.args[0], &item, &err) < 0)
                status = session_fail(&err);
        else if (json)
                print_json(&cli->options, item);
        else
                print_text(&cli->options, item);
        pass_free(pass);
        session_close(&s);
        return status;
}
