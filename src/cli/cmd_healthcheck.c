/* SPDX-License-Identifier: MIT */
/* `docker autoheal healthcheck ls` and `test`: which checks of our own there are, what they say, and one run of one. */
#include "printer.h"

#include "autoheal/os/clock.h"
#include "autoheal/util/text.h"

/* ---- ls ---- */

enum {
        LS_NAME,
        LS_STABLE_ID,
        LS_CHECK,
        LS_TARGET,
        LS_FROM,
        LS_INTERVAL,
        LS_STANDING,
        LS_FAILED,
        LS_RETRIES,
        LS_LAST_RUN,
        LS_DETAIL,
        N_LS_FIELDS
};

static const struct field ls_fields[] = {
        [LS_NAME] = { "name", "Name", "NAME" },
        [LS_STABLE_ID] = { "stable_id", "StableID", "STABLE ID" },
        [LS_CHECK] = { "check", "Check", "CHECK" },
        [LS_TARGET] = { "target", "Target", "TARGET" },
        [LS_FROM] = { "from", "From", "FROM" },
        [LS_INTERVAL] = { "interval_seconds", "Interval", "INTERVAL" },
        [LS_STANDING] = { "says", "Says", "SAYS" },
        [LS_FAILED] = { "failed", "Failed", "FAILED" },
        [LS_RETRIES] = { "retries", "Retries", "RETRIES" },
        [LS_LAST_RUN] = { "last_run", "LastRun", "LAST RUN" },
        [LS_DETAIL] = { "detail", "Detail", "DETAIL" },
};
static const struct shape ls_shape = { ls_fields, N_ELEMENTS(ls_fields),
                                       "table {{.Name}}\t{{.Check}}\t{{.Target}}\t{{.Says}}\t{{.LastRun}}\t{{.Detail}}" };

static const char *detail_of(const struct plan_item *item, const struct health_check *check, const struct memory *m) {
        if (check->wrong)
                return check->wrong;
        if (item && !item->monitored)
                return "not run, because the container is not monitored";
        if (check->kind == HEALTH_CHECK_DOCKER && item->container->health == HEALTH_NONE)
                return "the container has no health check of its own";
        return m && m->check.run_us ? m->check.detail : NULL;
}

static void print_check(struct printer *p, const struct plan_item *item, const char *key, const struct health_check *check,
                        const struct memory *m) {
        struct arena a AUTO(arena_release) = ARENA_INIT(1024);
        enum check_standing standing = item && item->monitored ? decide_check_standing(check, item->container, m) : STANDING_NONE;
        const struct check_memory none = { 0 }, *run = m && standing != STANDING_NONE ? &m->check : &none;
        const struct value row[N_LS_FIELDS] = {
                [LS_NAME] = value_text(item ? item->container->name : key),
                [LS_STABLE_ID] = value_text(item ? item->stable_id : key),
                [LS_CHECK] = value_text(health_check_kind_name(check->kind)),
                [LS_TARGET] = value_text(health_check_what(check, &a)),
                [LS_FROM] = value_text(check->from_label ? "label" : "configuration"),
                [LS_INTERVAL] = value_number(check->interval_s),
                [LS_STANDING] = value_text(standing == STANDING_NONE ? NULL : check_standing_name(standing)),
                [LS_FAILED] = value_number(run->streak),
                [LS_RETRIES] = value_number(check->retries),
                [LS_LAST_RUN] = value_time(run->run_us),
                [LS_DETAIL] = value_text(item ? detail_of(item, check, m) : "there is no such container"),
        };
        printer_row(p, row);
}

static bool is_used(const struct plan *plan, const char *key) {
        for (size_t i = 0; i < plan->n; i++) {
                const struct plan_item *item = &plan->items[i];
                if (str_eq(key, item->stable_id) || str_eq(key, item->container->id) || str_eq(key, item->container->name))
                        return true;
        }
        return false;
}

static void print_checks(struct printer *p, struct session *s, struct pass *pass) {
        const struct plan *plan = pass_plan(pass);
        const struct selection *sel = pass_selection(pass);
        for (size_t i = 0; i < plan->n; i++)
                if (sel[i].check)
                        print_check(p, &plan->items[i], NULL, sel[i].check, state_find(pass_state(pass), sel[i].stable_id));
        for (size_t i = 0; i < s->config.custom_health_checks.n; i++)
                if (!is_used(plan, s->config.custom_health_checks.items[i].key))
                        print_check(p, NULL, s->config.custom_health_checks.items[i].key,
                                    &s->config.custom_health_checks.items[i].check, NULL);
        printer_close(p);
}

int cmd_healthcheck_ls(struct cli *cli) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct session s = { 0 };
        struct printer *p = NULL;
        struct pass *pass = NULL;
        int status = 0;
        if (printer_open(&p, &cli->options, &ls_shape, &a, &err) < 0)
                return session_fail(&err);
        if (session_open(&s, cli, STORE_READ, &err) < 0 || session_look(&s, false, &pass, &err) < 0)
                status = session_fail(&err);
        else
                print_checks(p, &s, pass);
        pass_free(pass);
        session_close(&s);
        return status;
}

/* ---- test ---- */

static const struct field test_fields[] = {
        { "name", "Name", "NAME" },
        { "check", "Check", "CHECK" },
        { "target", "Target", "TARGET" },
        { "status", "Status", "STATUS" },
        { "duration_ms", "Duration", "DURATION" },
        { "message", "Message", "MESSAGE" },
        { "output", "Output", "OUTPUT" },
};
static const struct shape test_shape = { test_fields, N_ELEMENTS(test_fields), NULL };

struct run {
        bool ended;
        struct check_result result;
};

static void tested(void *arg, const struct check_result *result) {
        struct run *r = arg;
        r->ended = true;
        r->result = *result;
}

static int run_check(struct session *s, struct pass *pass, const struct plan_item *item, struct run *r, struct error *err) {
        struct check_test *test = NULL;
        int64_t began_ms = clock_read().mono_ms;
        if (pass_test_check(pass, item->container->id, tested, r, &test, err) < 0) {
                if (err->code == ERR_NOT_FOUND)
                        return error_remedy(err, "docker autoheal healthcheck add --http|--tcp|--exec ... %s",
                                            item->container->name);
                return -1;
        }
        while (!r->ended && !s->interrupted && net_run(s->net))
                continue;
        if (!r->ended) {
                pass_test_cancel(test);
                return error_set(err, ERR_INTERRUPTED, "interrupted");
        }
        r->result.duration_ms = clock_read().mono_ms - began_ms;
        return 0;
}

/* Line by line, so that it can be read. */
static void print_output(const char *text) {
        struct slice rest = slice_str(text), line;
        if (!*text)
                return;
        print_line(stdout, "Output:");
        while (rest.n > 0 && slice_split(&rest, '\n', &line))
                print_line(stdout, "  %.*s", (int)line.n, line.p);
}

static void print_result(struct printer *p, const struct plan_item *item, const struct health_check *check,
                         const struct check_result *r) {
        struct arena a AUTO(arena_release) = ARENA_INIT(1024);
        const struct value row[] = {
                value_text(item->container->name),
                value_text(health_check_kind_name(check->kind)),
                value_text(health_check_what(check, &a)),
                value_text(check_outcome_name(r->outcome)),
                value_number(r->duration_ms),
                value_text(r->detail),
                value_text(r->output[0] ? r->output : NULL),
        };
        _Static_assert(N_ELEMENTS(row) == N_ELEMENTS(test_fields), "one value for each field");
        if (!printer_is_plain(p)) {
                printer_row(p, row);
                printer_close(p);
                return;
        }
        print_line(stdout, "Check:   %s, %s", health_check_kind_name(check->kind), health_check_what(check, &a));
        print_line(stdout, "Status:  %s: %s", check_outcome_name(r->outcome), r->detail);
        print_line(stdout, "Time:    %lld ms", (long long)r->duration_ms);
        print_output(r->output);
}

int cmd_healthcheck_test(struct cli *cli) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct session s = { 0 };
        struct printer *p = NULL;
        struct pass *pass = NULL;
        struct plan_item *item = NULL;
        struct run r = { .ended = false };
        int status = 0;
        if (printer_open(&p, &cli->options, &test_shape, &a, &err) < 0)
                return session_fail(&err);
        if (session_open(&s, cli, STORE_READ, &err) < 0 || session_look(&s, false, &pass, &err) < 0 ||
            session_resolve(pass, cli->options.args[0], &item, &err) < 0 || run_check(&s, pass, item, &r, &err) < 0) {
                status = session_fail(&err);
        } else {
                print_result(p, item, pass_selection(pass)[item - pass_plan(pass)->items].check, &r.result);
                status = r.result.outcome == CHECK_PASSED ? 0 : 1;
        }
        pass_free(pass);
        session_close(&s);
        return status;
}
