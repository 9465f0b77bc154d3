/* SPDX-License-Identifier: MIT */
/* `docker autoheal [run]`: one pass, and what it prints while and after it runs. */
#include "items.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"
#include "autoheal/record/metrics.h"
#include "autoheal/record/record.h"
#include "autoheal/util/timefmt.h"

#include <unistd.h>

#define STALE_HOLDER_US (INT64_C(900) * US_PER_S) /* a pass that runs for longer than 15 minutes is worth a word to cron */
#define LOCK_EVERY_MS   50
#define DELIVER_MS      10000

static const struct field fields[] = { ITEM_FIELDS, { NULL, "ActionText", "ACTION" }, { NULL, "ReasonText", "REASON" } };
static const struct shape shape = { fields, N_ELEMENTS(fields),
                                    "table {{.Name}}\t{{.VerdictText}}\t{{.ActionText}}\t{{.ReasonText}}" };

struct run {
        struct session session;
        struct printer *printer;
        struct metrics *metrics;
        struct log_file *log;     /* NULL: nothing is kept of a dry run */
        bool terminal, formatted; /* formatted: --format asks for other rows than the table's */
        bool quiet, verbose, dry_run, no_trunc;
};

static const char *doing(enum decision decision, bool was_running) {
        if (decision == DECISION_STOP)
                return "Stopping";
        return was_running ? "Restarting" : "Starting";
}

static const char *done(enum decision decision, bool was_running) {
        if (decision == DECISION_STOP)
                return "stopped";
        return was_running ? "restarted" : "started";
}

static void show_start(void *arg, const struct plan_item *item) {
        struct run *r = arg;
        r->session.under_way++;
        if (r->terminal)
                print_line(stderr, "%s %s: %s", doing(item->decision, item->container->state == CONTAINER_RUNNING),
                           item->container->name, item->verdict_detail);
}

static void show_result(void *arg, const struct result *result) {
        struct run *r = arg;
        r->session.under_way--;
        metrics_result(r->metrics, result);
        if (!r->terminal)
                return;
        if (result->outcome == OUTCOME_SUCCESS)
                print_line(stderr, "%s: %s in %.1f s", result->container_name, done(result->decision, result->was_running),
                           (double)result->duration_ms / 1000.0);
        else
                print_line(stderr, "%s: %s", result->container_name,
                           result->error[0] ? result->error : outcome_name(result->outcome));
}

/* The restart or the recovery that follows says the same. */
static bool is_told_by_another(const struct event *e) {
        return e->type == EVENT_HEALTH_CHECK && (str_eq(e->status, "failure") || str_eq(e->status, "success"));
}

/* Off a terminal, what was done is a line each; a quiet pass prints nothing, so that cron mails only when there is something to read. */
static void show_event(void *arg, const struct event *e) {
        const struct run *r = arg;
        metrics_event(r->metrics, e);
        record_log(e);
        bool about_all = e->type == EVENT_STORE || e->type == EVENT_STORM || e->type == EVENT_ENGINE;
        bool minor = e->type == EVENT_AUTO_MONITOR || is_told_by_another(e);
        if ((r->terminal && !about_all) || r->formatted || r->quiet || (minor && !r->verbose))
                return;
        bool bad = str_eq(e->status, "failure") || str_eq(e->status, "unknown");
        /* Of a stop the message says it itself. */
        bool says_it = bad || str_eq(e->reason, reason_name(REASON_STOPPED));
        (void)fflush(stdout);
        print_line(bad ? stderr : stdout, "%s%s%s%s", e->container_name ? e->container_name : "", e->container_name ? ": " : "",
                   e->type == EVENT_QUARANTINE && !says_it ? "quarantined: " : "", e->message);
}

static void show_hook_start(void *arg, enum hook hook, const struct event *about) {
        const struct run *r = arg;
        if (r->terminal)
                print_line(stderr, "Running hooks.%s for %s", hook_name(hook), about->container_name);
}

/* One that failed is an event, which off a terminal is printed. */
static void show_hook(void *arg, const struct hook_result *h) {
        const struct run *r = arg;
        record_log_hook(h);
        if (r->terminal && !h->ok)
                print_line(stderr, "%s: hooks.%s: %s%s%s", h->container_name, hook_name(h->hook), h->why, *h->said ? ": " : "",
                           h->said);
}

/* What cannot be delivered is tried again by the next pass: news for a person who looks, no mail from cron. */
static void show_notified(void *arg, const char *service, enum notified what, const char *why, int64_t again_s) {
        const struct run *r = arg;
        record_log_notified(service, what, why, again_s);
        char again[DURATION_SIZE];
        duration_format(again_s, again);
        if (what == NOTIFIED_FAILED && (r->terminal || r->verbose))
                print_line(stderr, "telling '%s' failed: %s; tried again by the first pass after %s", service, why, again);
}

static int deliver(struct pass *pass) {
        struct error err = ERROR_INIT;
        if (pass_deliver(pass, DELIVER_MS, &err) == 0)
                return 0;
        log_error("messages that could not be delivered are lost: %s", err.msg);
        return 1;
}

static const char *outcome_word(const struct plan_item *item, struct arena *a) {
        switch (item->outcome) {
        case OUTCOME_SUCCESS:
                return done(item->decision, item->container->state == CONTAINER_RUNNING);
        case OUTCOME_GONE:
                return "gone meanwhile";
        case OUTCOME_UNKNOWN:
                return arena_printf(a, "%s: outcome unknown", decision_name(item->decision));
        default:
                return arena_printf(a, "%s failed", decision_name(item->decision));
        }
}

static const char *action_word(const struct run *r, const struct plan_item *item, int64_t now_us, struct arena *a) {
        if (r->dry_run)
                return item_next(item, now_us, a);
        switch (item->decision) {
        case DECISION_RESTART:
        case DECISION_STOP:
                return outcome_word(item, a);
        case DECISION_QUARANTINE:
                return "quarantined";
        case DECISION_RELEASE:
                return "released";
        case DECISION_NOTIFY:
                return "notified";
        default:
                return item_next(item, now_us, a);
        }
}

static void print_items(const struct run *r, const struct plan *plan, struct arena *a) {
        struct value row[N_ELEMENTS(fields)];
        int64_t now_us = clock_read().wall_us;
        for (size_t i = 0; i < plan->n; i++) {
                const struct plan_item *item = &plan->items[i];
                if (!item->monitored)
                        continue;
                item_values(row, item, now_us, r->no_trunc, a);
                row[N_ITEM_FIELDS] = value_text(action_word(r, item, now_us, a));
                row[N_ITEM_FIELDS + 1] = value_text(item->error ? item->error : item->detail);
                printer_row(r->printer, row);
        }
        printer_close(r->printer);
}

static bool acts(const struct plan_item *item) {
        return item->decision != DECISION_NONE && item->decision != DECISION_SKIP && item->decision != DECISION_HOLD;
}

static size_t count_acts(const struct plan *plan) {
        size_t n = 0;
        for (size_t i = 0; i < plan->n; i++)
                n += plan->items[i].monitored && acts(&plan->items[i]);
        return n;
}

static void print_summary(const struct run *r, const struct plan *plan, const struct pass_summary *s, struct arena *a) {
        if (r->dry_run)
                (void)printf("\n%s: a pass would act on %zu, %lld held. Nothing was changed.\n", summary_monitored(s, a),
                             count_acts(plan), (long long)s->held);
        else
                (void)printf("\n%s: %s\n", summary_monitored(s, a), summary_done(s, a));
        if (s->monitored == 0)
                (void)printf("No container is monitored: start one with --label autoheal=true, or set monitor.include_all.\n");
}

static bool is_maintained_by_hand(const struct maintenance *m) {
        struct now now = clock_read();
        bool is = m->enabled && !record_maintenance_is_over(m->until_us, now);
        for (size_t i = 0; i < m->n_scopes; i++)
                is = is || !record_maintenance_is_over(m->scopes[i].until_us, now);
        return is;
}

/*
 * Nothing was done and something is wrong: silence would say that all is well. A weekly window was planned, and ends by itself:
 * while it is open cron need not mail each minute.
 */
static void print_maintenance(struct pass *pass) {
        const struct plan *plan = pass_plan(pass);
        size_t n = 0;
        if (!is_maintained_by_hand(&pass_state(pass)->maintenance))
                return;
        for (size_t i = 0; i < plan->n; i++)
                n += plan->items[i].decision == DECISION_HOLD && plan->items[i].reason == REASON_MAINTENANCE;
        if (n > 0)
                (void)printf("maintenance is on: %zu failing container%s left alone\n", n, n == 1 ? " is" : "s are");
}

static void print_dry_lines(const struct run *r, const struct plan *plan) {
        for (size_t i = 0; i < plan->n; i++) {
                const struct plan_item *item = &plan->items[i];
                if (item->monitored && acts(item))
                        print_line(stdout, r->quiet ? "%s" : "%s: would %s: %s", item->container->name,
                                   decision_name(item->decision), item->detail);
        }
}

static void print_outcome(struct run *r, struct pass *pass) {
        struct plan *plan = pass_plan(pass);
        if (!plan)
                return;
        struct pass_summary summary = pass_summary(pass);
        struct arena a AUTO(arena_release) = ARENA_INIT((size_t)64 * 1024);
        if (r->quiet) {
                for (size_t i = 0; i < plan->n; i++)
                        if (plan->items[i].monitored && acts(&plan->items[i]))
                                print_line(stdout, "%s", plan->items[i].container->name);
        } else if (r->formatted) {
                print_items(r, plan, &a);
                if (printer_is_json(r->printer))
                        summary_print_json(&summary);
        } else if (r->terminal || r->verbose) {
                print_items(r, plan, &a);
                print_summary(r, plan, &summary, &a);
        } else {
                if (r->dry_run)
                        print_dry_lines(r, plan);
                print_maintenance(pass);
        }
}

static int report(struct run *r, struct pass *pass, const struct error *failure) {
        print_outcome(r, pass);
        (void)fflush(stdout);
        const struct error *unsaved = pass_store_error(pass);
        int status = 0;
        if (unsaved) {
                log_error("the state cannot be saved, so nothing was restarted that could not be recorded: %s", unsaved->msg);
                status = 1;
        }
        const struct error *unwritten = pass_events_error(pass);
        if (unwritten) {
                log_error("what was done could not be added to the history: %s", unwritten->msg);
                status = 1;
        }
        if (pass_summary(pass).failed > 0)
                status = 1;
        return failure ? session_fail(failure) : status;
}

/* One that does not turn is no help, and what it began with is no news: what counts is for how long. */
static int report_serve(struct run *r, const struct lock_holder *holder, const struct error *err) {
        int64_t us = clock_read().wall_us - holder->since_us;
        bool known = idle_read(&r->session, holder, &us, NULL) == 0;
        char age[DURATION_SIZE];
        if (known && !idle_is_too_long(&r->session, us)) {
                if (isatty(STDERR_FILENO))
                        print_line(stderr, "%s: nothing to do", err->msg);
                return 0;
        }
        duration_format(us / US_PER_S, age);
        if (isatty(STDERR_FILENO) || us > STALE_HOLDER_US || r->verbose)
                log_error("%s: it has made no turn for %s", err->msg, known ? age : "how long cannot be told");
        return err_exit_status(err->code);
}

/* Somebody else reconciles already: not worth a mail unless it hangs. */
static int report_locked(struct run *r, const struct lock_holder *holder, const struct error *err) {
        if (holder->serves)
                return report_serve(r, holder, err);
        bool stale = holder->since_us != 0 && clock_read().wall_us - holder->since_us > STALE_HOLDER_US;
        if (isatty(STDERR_FILENO) || stale || r->verbose)
                log_error("%s", err->msg);
        return err_exit_status(err->code);
}

static int run_pass(struct run *r) {
        struct session *s = &r->session;
        r->log = r->dry_run ? NULL : session_log(s);
        struct pass_setup setup = { .net = s->net,
                                    .engine = s->engine,
                                    .endpoint = &s->endpoint,
                                    .store = s->store,
                                    .config = &s->config,
                                    .read_only = r->dry_run,
                                    .notifies = !r->dry_run,
                                    .on_notified = show_notified,
                                    .interrupted = &s->interrupted,
                                    .abandon = &s->abandon,
                                    .on_start = show_start,
                                    .on_result = show_result,
                                    .on_event = show_event,
                                    .on_hook_start = show_hook_start,
                                    .on_hook = show_hook,
                                    .arg = r };
        struct error err = ERROR_INIT;
        struct pass *pass = NULL;
        bool failed = pass_run(&setup, &pass, &err) < 0;
        int status = report(r, pass, failed ? &err : NULL);
        int undelivered = deliver(pass);
        status = status ? status : undelivered;
        int unwritten = r->dry_run ? 0 : textfile_write(s, r->metrics, pass, &err);
        status = status ? status : unwritten;
        int64_t wait_s = s->cli->options.wait_s;
        if (wait_s != NOT_GIVEN && !failed) {
                int unwell = wait_until_well(s, pass_plan(pass), wait_s, r->terminal);
                status = status ? status : unwell;
        }
        pass_free(pass);
        return status;
}

static int lock(struct run *r, struct lock_holder *ret_holder, struct error *err) {
        struct session *s = &r->session;
        int64_t wait_s = s->cli->options.wait_lock_s, end_ms = clock_read().mono_ms + (wait_s == NOT_GIVEN ? 0 : wait_s) * 1000;
        for (;;) {
                struct error why = ERROR_INIT;
                if (store_lock_pass(s->store, clock_read(), ret_holder, &why) == 0)
                        return 0;
                int waited = why.code == ERR_LOCKED ? wait_step(s, end_ms, LOCK_EVERY_MS, err) : 0;
                if (waited > 0)
                        continue;
                if (waited == 0)
                        *err = why;
                return -1;
        }
}

/* What would be ignored is not what was meant. */
static int check_flags(const struct options *o, struct error *err) {
        if (o->dry_run && o->wait_s != NOT_GIVEN)
                return error_set(err, ERR_USAGE, "--dry-run restarts nothing that --wait could wait for");
        if (o->dry_run && o->wait_lock_s != NOT_GIVEN)
                return error_set(err, ERR_USAGE, "--dry-run takes no lock that --wait-lock could wait for");
        return 0;
}

int cmd_run(struct cli *cli) {
        const struct options *o = &cli->options;
        struct run r = { .quiet = o->quiet, .verbose = o->verbose, .dry_run = o->dry_run, .no_trunc = o->no_trunc };
        struct arena a AUTO(arena_release) = ARENA_INIT((size_t)64 * 1024);
        struct error err = ERROR_INIT;
        if (check_flags(o, &err) < 0)
                return help_usage_error(cli, &err);
        if (printer_open(&r.printer, o, &shape, &a, &err) < 0)
                return session_fail(&err);
        if (o->metrics_file && !*o->metrics_file) {
                (void)error_set(&err, ERR_USAGE, "invalid argument \"\" for \"--metrics-file\" flag: must name a file");
                return session_fail(&err);
        }
        r.metrics = metrics_new();
        r.formatted = !printer_is_default(r.printer);
        r.terminal = isatty(STDOUT_FILENO) && !r.formatted && !r.quiet;
        int status;
        struct lock_holder holder = { 0 };
        if (session_open(&r.session, cli, r.dry_run ? STORE_READ : STORE_WRITE, &err) < 0) {
                status = session_fail(&err);
                if (!r.dry_run)
                        (void)textfile_write(&r.session, r.metrics, NULL, &err);
        } else if (!r.dry_run && lock(&r, &holder, &err) < 0)
                status = err.code == ERR_LOCKED ? report_locked(&r, &holder, &err) : session_fail(&err);
        else
                status = run_pass(&r);
        log_attach(NULL);
        log_file_free(r.log);
        session_close(&r.session);
        metrics_free(r.metrics);
        return status;
}
