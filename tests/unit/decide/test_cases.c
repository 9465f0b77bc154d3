/* SPDX-License-Identifier: MIT */
/* Runs every case of tests/cases/decide: each is one test. What a case does not ask is checked for all of them alike. */
#include "case_world.h"

#include <dirent.h>

#define CASES_DIR    "tests/cases/decide"
#define SENTENCE_MAX 299
#define RULES        20

struct outcome_of {
        struct plan plan;
        struct state next;
};

static struct outcome_of think(const struct world *w, const struct state *state, const struct in_flight *in_flight, size_t n,
                               bool want_trace) {
        struct outcome_of o;
        struct decide_input in = { .config = &w->config,
                                   .state = state,
                                   .observation = &w->obs,
                                   .selection = w->selection,
                                   .in_flight = in_flight,
                                   .n_in_flight = n,
                                   .windows = w->windows,
                                   .n_windows = w->n_windows,
                                   .quiet_until_us = w->quiet_until_us,
                                   .asked = w->asked,
                                   .n_asked = w->n_asked,
                                   .asks_nobody = w->asks_nobody,
                                   .now = w->now,
                                   .want_trace = want_trace };

        decide(&o.plan, &o.next, &in, w->a);
        return o;
}

/* ---- What holds in every case ---- */

static void check_sentence(const struct test_case *t, const char *what, const char *text) {
        if (!text || !*text)
                case_fail(t, t->number, "%s is empty", what);
        if (strlen(text) > SENTENCE_MAX)
                case_fail(t, t->number, "%s has %zu bytes: %s", what, strlen(text), text);
        for (const char *p = text; *p; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        case_fail(t, t->number, "%s has a control character", what);
}

static void check_trace(const struct test_case *t, const struct plan_item *item) {
        size_t decided = 0;

        if (item->n_trace != RULES)
                case_fail(t, t->number, "the trace of '%s' has %zu rules", item->container->name, item->n_trace);
        for (size_t i = 0; i < item->n_trace; i++) {
                check_sentence(t, item->trace[i].rule, item->trace[i].sentence);
                if (item->decision == DECISION_NONE && !item->quarantined && strstr(item->trace[i].sentence, "unquarantine"))
                        case_fail(t, t->number, "rule %s of '%s' would release what is not quarantined", item->trace[i].rule,
                                  item->container->name);
                if (item->trace[i].reached != (decided == 0))
                        case_fail(t, t->number, "rule %s of '%s' is reached or not, wrongly", item->trace[i].rule,
                                  item->container->name);
                decided += item->trace[i].applied;
                if (item->trace[i].applied && !str_eq(item->trace[i].sentence, item->detail))
                        case_fail(t, t->number, "rule %s tells something else than the decision", item->trace[i].rule);
        }
        if (decided != 1)
                case_fail(t, t->number, "%zu rules decided on '%s'", decided, item->container->name);
}

static void check_same(const struct test_case *t, const struct plan *a, const struct plan *b) {
        if (a->n != b->n || a->n_events != b->n_events || a->next_due_us != b->next_due_us)
                case_fail(t, t->number, "deciding twice gives another plan");
        for (size_t i = 0; i < a->n; i++)
                if (a->items[i].decision != b->items[i].decision || a->items[i].reason != b->items[i].reason ||
                    a->items[i].until_us != b->items[i].until_us || !str_eq(a->items[i].detail, b->items[i].detail))
                        case_fail(t, t->number, "deciding twice decides differently on '%s'", a->items[i].container->name);
}

/* What was decided is under way now: the same look must not start it again, nor tell anything twice. */
static void check_settled(struct world *w, const struct outcome_of *first) {
        struct in_flight *under_way = arena_array(w->a, w->n_in_flight + first->plan.n, sizeof(*under_way));
        size_t n = w->n_in_flight;

        if (n)
                memcpy(under_way, w->in_flight, n * sizeof(*under_way));
        for (size_t i = 0; i < first->plan.n; i++) {
                const struct plan_item *item = &first->plan.items[i];

                if (item->decision == DECISION_RESTART || item->decision == DECISION_STOP)
                        under_way[n++] = (struct in_flight){ .stable_id = item->stable_id,
                                                             .container_id = item->container->id,
                                                             .decision = item->decision,
                                                             .since_us = w->now.wall_us };
        }

        struct outcome_of second = think(w, &first->next, under_way, n, false);

        for (size_t i = 0; i < second.plan.n; i++)
                if (second.plan.items[i].decision == DECISION_RESTART || second.plan.items[i].decision == DECISION_STOP)
                        case_fail(w->t, w->t->number, "'%s' is acted upon twice", second.plan.items[i].container->name);
        if (second.plan.n_events)
                case_fail(w->t, w->t->number, "the event %s is told twice", event_type_name(second.plan.events[0].type));
        state_release(&second.next);
}

static void check_always(struct world *w, const struct outcome_of *o) {
        struct outcome_of again = think(w, &w->state, w->in_flight, w->n_in_flight, false);

        for (size_t i = 0; i < o->plan.n; i++) {
                const struct plan_item *item = &o->plan.items[i];

                check_sentence(w->t, "a detail", item->detail);
                check_sentence(w->t, "a verdict's detail", item->verdict_detail);
                check_sentence(w->t, "a selection's detail", item->monitor_detail);
                if (item->reason == REASON_NONE)
                        case_fail(w->t, w->t->number, "the decision on '%s' has no reason", item->container->name);
                check_trace(w->t, item);
        }
        for (size_t i = 0; i < o->plan.n_events; i++)
                check_sentence(w->t, "a message", o->plan.events[i].message);
        check_same(w->t, &o->plan, &again.plan);
        check_settled(w, o);
        state_release(&again.next);
}

/* ---- What a case expects ---- */

static const struct plan_item *find_item(const struct world *w, const struct plan *plan, const struct case_line *l) {
        for (size_t i = 0; l->n > 0 && i < plan->n; i++)
                if (str_eq(plan->items[i].container->name, l->words[0]) ||
                    (str_eq(l->words[0], "(nameless)") && !*plan->items[i].container->name))
                        return &plan->items[i];
        case_fail(w->t, l->number, "no container '%s'", l->n > 0 ? l->words[0] : "");
}

static void same_word(const struct world *w, int line, const char *what, const char *is, const char *expected) {
        if (!str_eq(is, expected))
                case_fail(w->t, line, "%s is '%s', not '%s'", what, is ? is : "(none)", expected);
}

static void same_number(const struct world *w, int line, const char *what, int64_t is, int64_t expected) {
        if (is != expected)
                case_fail(w->t, line, "%s is %lld, not %lld", what, (long long)is, (long long)expected);
}

static void same_time(const struct world *w, int line, const char *what, int64_t is, const char *expected) {
        if (is != time_at(w, line, expected, w->now.wall_us))
                case_fail(w->t, line, "%s is %s%+.6fs, not %s", what, is ? "" : "never, ", (double)(is - w->now.wall_us) / 1e6,
                          expected);
}

static void has_text(const struct world *w, int line, const char *text, const char *part) {
        if (!text || !strstr(text, part))
                case_fail(w->t, line, "'%s' does not say '%s'", text ? text : "", part);
}

static void expect_property(const struct world *w, int line, const struct plan_item *item, const char *word) {
        const char *value;

        if ((value = case_value(word, "verdict")))
                same_word(w, line, "verdict", verdict_name(item->verdict), value);
        else if ((value = case_value(word, "because")))
                same_word(w, line, "the verdict's reason", reason_name(item->verdict_reason), value);
        else if ((value = case_value(word, "until")))
                same_time(w, line, "until", item->until_us, value);
        else if ((value = case_value(word, "says")))
                has_text(w, line, item->detail, value);
        else if ((value = case_value(word, "selection-says")))
                has_text(w, line, item->monitor_detail, value);
        else if ((value = case_value(word, "id")))
                same_word(w, line, "stable id", item->stable_id, value);
        else if ((value = case_value(word, "restarts")))
                same_number(w, line, "restarts", item->restarts, number(w, line, value));
        else if ((value = case_value(word, "max-restarts")))
                same_number(w, line, "max-restarts", item->max_restarts, number(w, line, value));
        else if ((value = case_value(word, "stop-timeout")))
                same_number(w, line, "stop-timeout", item->stop_timeout_s,
                            str_eq(value, "unset") ? STOP_TIMEOUT_UNSET : number(w, line, value));
        else if ((value = case_value(word, "quarantined")))
                same_number(w, line, "quarantined", item->quarantined, yes(w, line, value));
        else if ((value = case_value(word, "inspected")))
                same_number(w, line, "inspected", item->container->inspected, yes(w, line, value));
        else if ((value = case_value(word, "asks")))
                same_number(w, line, "asks", item->wants_hook, yes(w, line, value));
        else if ((value = case_value(word, "clash")))
                same_number(w, line, "clash", w->selection[item->container - w->listed].rival != NULL, yes(w, line, value));
        else
                case_fail(w->t, line, "'%s' cannot be expected", word);
}

static void expect_item(const struct world *w, const struct plan *plan, const struct case_line *l) {
        const struct plan_item *item = find_item(w, plan, l);

        if (l->n < 3)
                case_fail(w->t, l->number, "an expectation has a container, a decision and a reason");
        if (!str_eq(decision_name(item->decision), l->words[1]) || !str_eq(reason_name(item->reason), l->words[2]))
                case_fail(w->t, l->number, "it is '%s %s', not '%s %s': %s", decision_name(item->decision),
                          reason_name(item->reason), l->words[1], l->words[2], item->detail);
        for (size_t i = 3; i < l->n; i++)
                expect_property(w, l->number, item, l->words[i]);
}

static void expect_event(const struct world *w, const struct plan *plan, size_t at, const struct case_line *l) {
        const struct event *e = &plan->events[at];

        if (at >= plan->n_events)
                case_fail(w->t, l->number, "no such event: there are %zu", plan->n_events);
        if (l->n < 3)
                case_fail(w->t, l->number, "an event has a container, a type and a status");
        same_word(w, l->number, "the container", e->container_name ? e->container_name : "-", l->words[0]);
        same_word(w, l->number, "the type", event_type_name(e->type), l->words[1]);
        same_word(w, l->number, "the status", e->status, l->words[2]);
        for (size_t i = 3; i < l->n; i++) {
                const char *value;

                if ((value = case_value(l->words[i], "reason")))
                        same_word(w, l->number, "the reason", e->reason, value);
                else if ((value = case_value(l->words[i], "says")))
                        has_text(w, l->number, e->message, value);
                else if ((value = case_value(l->words[i], "restarts")))
                        same_number(w, l->number, "restarts", e->restart_count, number(w, l->number, value));
                else if ((value = case_value(l->words[i], "code")))
                        same_number(w, l->number, "code", e->has_exit_code ? e->exit_code : -1, number(w, l->number, value));
                else if ((value = case_value(l->words[i], "probe-output")))
                        same_word(w, l->number, "the probe's output", e->health_output, value);
                else if ((value = case_value(l->words[i], "lasted")))
                        same_number(w, l->number, "its length in ms", e->duration_ms, 1000 * number(w, l->number, value));
                else
                        case_fail(w->t, l->number, "an event has no '%s'", l->words[i]);
        }
}

static void expect_next_word(const struct world *w, int line, const struct memory *m, const char *word) {
        const char *value;

        if ((value = case_value(word, "restarts")))
                same_number(w, line, "restarts", (int64_t)m->n_restarts, number(w, line, value));
        else if ((value = case_value(word, "last-of-restarts")))
                same_time(w, line, "the last of the restarts", m->n_restarts ? m->restarts_us[m->n_restarts - 1] : 0, value);
        else if ((value = case_value(word, "quarantined")))
                same_word(w, line, "quarantined", quarantined_by_name(m->quarantined), value);
        else if ((value = case_value(word, "quarantine-reason")))
                same_word(w, line, "quarantine-reason", reason_name(m->quarantine_reason), value);
        else if ((value = case_value(word, "verdict")))
                same_word(w, line, "verdict", verdict_name(m->verdict), value);
        else if ((value = case_value(word, "intent")))
                same_word(w, line, "intent", decision_name(m->intent), value);
        else if ((value = case_value(word, "exit-told")))
                same_word(w, line, "what the journal told", tolds[m->exit_told], value);
        else if ((value = case_value(word, "engine-stopped")))
                same_number(w, line, "engine-stopped", m->engine_stopped, yes(w, line, value));
        else if ((value = case_value(word, "check-outcome")))
                same_word(w, line, "check-outcome", check_outcome_name(m->check.outcome), value);
        else if ((value = case_value(word, "check-told")))
                same_word(w, line, "check-told", check_standing_name(m->check.told), value);
        else if ((value = case_value(word, "check-proven")))
                same_number(w, line, "check-proven", m->check.proven, yes(w, line, value));
        else if ((value = case_value(word, "check-lingers")))
                same_number(w, line, "check-lingers", m->check.lingers, yes(w, line, value));
        else if ((value = case_value(word, "said"))) {
                if (str_eq(value, "none"))
                        same_number(w, line, "what was said", (int64_t)m->n_said, 0);
                else if (!memory_said(m, value))
                        case_fail(w->t, line, "'%s' is not remembered as said", value);
        } else
                compare_field(w, line, m, word);
}

static void expect_next(const struct world *w, const struct state *next, const struct case_line *l) {
        const struct memory *m = l->n > 0 ? state_find(next, l->words[0]) : NULL;

        if (l->n < 2)
                case_fail(w->t, l->number, "what is remembered of what?");
        if (str_eq(l->words[1], "none")) {
                if (m)
                        case_fail(w->t, l->number, "'%s' is remembered", l->words[0]);
                return;
        }
        if (!m)
                case_fail(w->t, l->number, "nothing is remembered of '%s'", l->words[0]);
        for (size_t i = 1; i < l->n; i++)
                expect_next_word(w, l->number, m, l->words[i]);
}

static void expect_trace(const struct world *w, const struct plan *plan, const struct case_line *l) {
        const struct plan_item *item = find_item(w, plan, l);

        if (l->n < 3)
                case_fail(w->t, l->number, "a trace has a container, a rule and what it came to");
        for (size_t i = 0; i < item->n_trace; i++) {
                const struct rule_trace *trace = &item->trace[i];
                const char *value;

                if (!str_eq(trace->rule, l->words[1]))
                        continue;
                same_word(w, l->number, "the rule",
                          !trace->reached  ? "unreached"
                          : trace->applied ? "decided"
                                           : "passed",
                          l->words[2]);
                if (l->n > 3 && (value = case_value(l->words[3], "says")))
                        has_text(w, l->number, trace->sentence, value);
                return;
        }
        case_fail(w->t, l->number, "no rule '%s'", l->words[1]);
}

static void run_case(void **state) {
        static const char *const given[] = { "now",         "engine-clock", "config",      "self",   "engine-host",
                                             "maintenance", "in-flight",    "container",   "memory", "scope",
                                             "journal",     "change",       "last-pass",   "storm",  "zone",
                                             "quiet",       "asked",        "asks-nobody", "looked" };
        const struct test_case *t = *state;
        struct arena a AUTO(arena_release) = ARENA_INIT(64 * 1024);
        struct world *w = arena_new(&a, struct world);
        size_t events = 0, expectations = 0;

        world_make(w, t, &a);

        struct outcome_of o = think(w, &w->state, w->in_flight, w->n_in_flight, true);

        check_always(w, &o);
        for (size_t i = 0; i < t->n_lines; i++) {
                const struct case_line *l = &t->lines[i];
                bool is_given = false;

                for (size_t k = 0; k < N_ELEMENTS(given); k++)
                        is_given |= str_eq(l->keyword, given[k]);
                expectations += !is_given;
                if (is_given)
                        continue;
                if (str_eq(l->keyword, "expect"))
                        expect_item(w, &o.plan, l);
                else if (str_eq(l->keyword, "event"))
                        expect_event(w, &o.plan, events++, l);
                else if (str_eq(l->keyword, "next"))
                        expect_next(w, &o.next, l);
                else if (str_eq(l->keyword, "next-due"))
                        same_time(w, l->number, "the next turn", o.plan.next_due_us, l->rest);
                else if (str_eq(l->keyword, "next-storm"))
                        same_time(w, l->number, "the storm's begin", o.next.storm_us, l->rest);
                else if (str_eq(l->keyword, "asks-journal"))
                        same_number(w, l->number, "asks-journal", w->wants_journal, yes(w, l->number, l->rest));
                else if (str_eq(l->keyword, "trace"))
                        expect_trace(w, &o.plan, l);
                else
                        case_fail(t, l->number, "unknown line '%s'", l->keyword);
        }
        if (events < o.plan.n_events)
                case_fail(t, t->number, "an event that nobody expects: %s %s: %s", o.plan.events[events].container_name,
                          event_type_name(o.plan.events[events].type), o.plan.events[events].message);
        if (expectations == 0)
                case_fail(t, t->number, "expects nothing");
        state_release(&o.next);
        state_release(&w->state);
}

static void file_has_cases(void **state) {
        const char *path = *state;

        print_error("%s:1: has no case\n", path);
        fail();
}

static int by_name(const struct dirent **a, const struct dirent **b) {
        return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_case_file(const struct dirent *e) {
        size_t n = strlen(e->d_name);

        return n > 5 && str_eq(e->d_name + n - 5, ".case");
}

int main(void) {
        struct arena a AUTO(arena_release) = ARENA_INIT(1024 * 1024);
        struct dirent **files = NULL;
        int n_files = scandir(CASES_DIR, &files, is_case_file, by_name);
        struct CMUnitTest *tests = arena_array(&a, 2000, sizeof(*tests));
        size_t n = 0;

        if (n_files <= 0) {
                print_error("no .case file in %s: run this from the top of the repository\n", CASES_DIR);
                return 1;
        }
        for (int f = 0; f < n_files; f++) {
                char *path = arena_printf(&a, "%s/%s", CASES_DIR, files[f]->d_name);
                size_t n_cases;
                struct test_case *cases = case_read(path, &a, &n_cases);

                if (n_cases == 0)
                        tests[n++] = (struct CMUnitTest){ .name = path, .test_func = file_has_cases, .initial_state = path };
                for (size_t i = 0; i < n_cases && n < 2000; i++)
                        tests[n++] = (struct CMUnitTest){ .name = arena_printf(&a, "%s:%d %s", files[f]->d_name, cases[i].number,
                                                                               cases[i].title),
                                                          .test_func = run_case,
                                                          .initial_state = &cases[i] };
                free(files[f]);
        }
        free(files);
        return _cmocka_run_group_tests("decide cases", tests, n, NULL, NULL);
}
