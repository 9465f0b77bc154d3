/* SPDX-License-Identifier: MIT */
/* What happens becomes numbers, hostile names become labels, and what is gone has no series any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "autoheal/record/metrics.h"
#include "autoheal/util/slice.h"
#include "autoheal/util/text.h"

#define NOW_US (INT64_C(1700000000) * US_PER_S)
#define MOST   8

static const struct now now = { .mono_ms = 5000, .wall_us = NOW_US };

struct fixture {
        struct arena arena;
        struct metrics *m;
        struct state state;
        struct container containers[MOST];
        struct plan_item items[MOST];
        struct plan plan;
        struct buf text;
};

static int set_up(void **data) {
        struct fixture *f = xcalloc(1, sizeof(*f));
        f->arena = (struct arena)ARENA_INIT(4096);
        state_init(&f->state, &f->arena);
        f->plan.items = f->items;
        f->text = (struct buf)BUF_INIT((size_t)16 * 1024 * 1024);
        f->m = metrics_new();
        *data = f;
        return 0;
}

static int tear_down(void **data) {
        struct fixture *f = *data;
        metrics_free(f->m);
        state_release(&f->state);
        arena_release(&f->arena);
        buf_release(&f->text);
        free(f);
        return 0;
}

static struct plan_item *add(struct fixture *f, const char *name, enum health health) {
        struct container *c = &f->containers[f->plan.n];
        struct plan_item *item = &f->items[f->plan.n++];
        *c = (struct container){ .id = "0123", .name = name, .state = CONTAINER_RUNNING, .health = health };
        *item = (struct plan_item){ .container = c, .monitored = true, .verdict = VERDICT_OK, .reason = REASON_HEALTHY };
        return item;
}

static void turn(struct fixture *f) {
        metrics_turn(f->m, &f->plan, &f->state, now, 12);
}

static const char *text_of(struct fixture *f) {
        buf_clear(&f->text);
        metrics_write(f->m, now, &f->text);
        assert_false(f->text.overflowed);
        return buf_str(&f->text);
}

static bool has_line(const char *text, const char *line) {
        struct slice rest = slice_str(text), one;
        while (slice_split(&rest, '\n', &one))
                if (slice_eq(one, line))
                        return true;
        return false;
}

#define check_line(f, line) check_line_at((f), (line), __LINE__)
static void check_line_at(struct fixture *f, const char *line, int at) {
        if (!has_line(text_of(f), line))
                fail_msg("line %d: there is no '%s' in:\n%s", at, line, buf_str(&f->text));
}

static void check_none(struct fixture *f, const char *needle) {
        if (strstr(text_of(f), needle))
                fail_msg("there is '%s' in:\n%s", needle, buf_str(&f->text));
}

static struct event event_of(enum event_type type, const char *name, const char *status) {
        return (struct event){ .type = type, .container_name = name, .status = status, .duration_ms = -1 };
}

static struct result result_of(enum outcome outcome, int64_t ms) {
        return (struct result){ .container_name = "web", .decision = DECISION_RESTART, .outcome = outcome, .duration_ms = ms };
}

/* ---- What is counted ---- */

static void what_is_monitored_has_its_series_from_the_beginning(void **data) {
        struct fixture *f = *data;
        add(f, "web", HEALTH_HEALTHY);
        add(f, "other", HEALTH_UNHEALTHY)->monitored = false;
        turn(f);
        check_line(f, "autoheal_container_restarts_total{container_name=\"web\"} 0");
        check_line(f, "autoheal_restart_failures_total{container_name=\"web\"} 0");
        check_line(f, "autoheal_health_checks_failed_total{container_name=\"web\"} 0");
        check_none(f, "other");
}

static void events_count_restarts_and_quarantines(void **data) {
        struct fixture *f = *data;
        const struct event events[] = {
                event_of(EVENT_RESTART, "web", "success"),        event_of(EVENT_RESTART, "web", "failure"),
                event_of(EVENT_RESTART, "web", "unknown"),        event_of(EVENT_RESTART, "web", "gone"),
                event_of(EVENT_QUARANTINE, "web", "quarantined"), event_of(EVENT_QUARANTINE, "web", "failure"),
                event_of(EVENT_NOTIFY, "web", "unhealthy"),       event_of(EVENT_RESTART, NULL, "success"),
                event_of(EVENT_RESTART, "", "success"),
        };
        struct event by_hand = event_of(EVENT_QUARANTINE, "web", "quarantined");
        by_hand.reason = "requested";
        add(f, "web", HEALTH_HEALTHY);
        turn(f);
        for (size_t i = 0; i < N_ELEMENTS(events); i++)
                metrics_event(f->m, &events[i]);
        metrics_event(f->m, &by_hand);
        check_line(f, "autoheal_container_restarts_total{container_name=\"web\"} 1");
        check_line(f, "autoheal_restart_failures_total{container_name=\"web\"} 2");
        check_line(f, "autoheal_quarantines_total 1");
        check_none(f, "container_name=\"\"");
}

static void health_states_count_where_there_is_health(void **data) {
        struct fixture *f = *data;
        add(f, "web", HEALTH_UNHEALTHY);
        add(f, "db", HEALTH_STARTING);
        add(f, "well", HEALTH_HEALTHY);
        add(f, "plain", HEALTH_NONE);
        add(f, "podman", HEALTH_UNKNOWN);
        add(f, "other", HEALTH_UNHEALTHY)->monitored = false;
        add(f, "stale", HEALTH_UNHEALTHY);
        f->containers[6].state = CONTAINER_EXITED;
        turn(f);
        metrics_health_read(f->m, &f->plan);
        turn(f);
        check_line(f, "autoheal_health_checks_total 3");
        check_line(f, "autoheal_health_checks_failed_total{container_name=\"web\"} 1");
        check_line(f, "autoheal_health_checks_failed_total{container_name=\"stale\"} 0");
}

static void decisions_count_when_they_change(void **data) {
        struct fixture *f = *data;
        struct plan_item *web = add(f, "web", HEALTH_UNHEALTHY);
        add(f, "db", HEALTH_HEALTHY);
        turn(f);
        turn(f);
        check_line(f, "autoheal_decisions_total{decision=\"none\",reason=\"healthy\"} 2");
        web->decision = DECISION_HOLD;
        web->reason = REASON_COOLDOWN;
        turn(f);
        turn(f);
        check_line(f, "autoheal_decisions_total{decision=\"hold\",reason=\"cooldown\"} 1");
        web->reason = REASON_BACKOFF;
        turn(f);
        web->reason = REASON_COOLDOWN;
        turn(f);
        check_line(f, "autoheal_decisions_total{decision=\"hold\",reason=\"cooldown\"} 2");
        check_line(f, "autoheal_decisions_total{decision=\"hold\",reason=\"backoff\"} 1");
        check_line(f, "autoheal_decisions_total{decision=\"none\",reason=\"healthy\"} 2");
}

static void durations_fall_into_buckets(void **data) {
        struct fixture *f = *data;
        const struct result done = result_of(OUTCOME_SUCCESS, 100), slow = result_of(OUTCOME_SUCCESS, 101),
                            endless = result_of(OUTCOME_SUCCESS, 900000), refused = result_of(OUTCOME_FAILURE, 1),
                            before_time = result_of(OUTCOME_SUCCESS, -5);
        struct event recovered = event_of(EVENT_RECOVERED, "web", "healthy");
        metrics_result(f->m, &done);
        metrics_result(f->m, &slow);
        metrics_result(f->m, &endless);
        metrics_result(f->m, &refused);
        metrics_result(f->m, &before_time);
        check_line(f, "autoheal_restart_duration_seconds_bucket{le=\"0.1\"} 2");
        check_line(f, "autoheal_restart_duration_seconds_bucket{le=\"0.25\"} 3");
        check_line(f, "autoheal_restart_duration_seconds_bucket{le=\"300\"} 3");
        check_line(f, "autoheal_restart_duration_seconds_bucket{le=\"+Inf\"} 4");
        check_line(f, "autoheal_restart_duration_seconds_sum 900.201");
        check_line(f, "autoheal_restart_duration_seconds_count 4");
        metrics_event(f->m, &recovered);
        recovered.duration_ms = 61000;
        metrics_event(f->m, &recovered);
        check_line(f, "autoheal_time_to_recover_seconds_bucket{le=\"60\"} 0");
        check_line(f, "autoheal_time_to_recover_seconds_bucket{le=\"120\"} 1");
        check_line(f, "autoheal_time_to_recover_seconds_count 1");
        turn(f);
        check_line(f, "autoheal_pass_duration_seconds_bucket{le=\"0.01\"} 0");
        check_line(f, "autoheal_pass_duration_seconds_bucket{le=\"0.025\"} 1");
        check_line(f, "autoheal_pass_duration_seconds_sum 0.012");
}

static void requests_and_events_are_told_apart(void **data) {
        struct fixture *f = *data;
        metrics_engine_request(f->m, "list", 200);
        metrics_engine_request(f->m, "list", 200);
        metrics_engine_request(f->m, "list", 0);
        metrics_engine_request(f->m, "exec\"", 99999);
        metrics_engine_event(f->m, "health_status: unhealthy");
        metrics_engine_event(f->m, "die");
        metrics_engine_event(f->m, "no\nsuch\"action");
        metrics_http_answer(f->m, 200);
        metrics_http_answer(f->m, -7);
        check_line(f, "autoheal_engine_requests_total{code=\"200\",operation=\"list\"} 2");
        check_line(f, "autoheal_engine_requests_total{code=\"none\",operation=\"list\"} 1");
        check_line(f, "autoheal_engine_requests_total{code=\"other\",operation=\"other\"} 1");
        check_line(f, "autoheal_events_received_total{action=\"health_status\"} 1");
        check_line(f, "autoheal_events_received_total{action=\"die\"} 1");
        check_line(f, "autoheal_events_received_total{action=\"other\"} 1");
        check_line(f, "autoheal_http_requests_total{code=\"200\"} 1");
        check_line(f, "autoheal_http_requests_total{code=\"other\"} 1");
}

static size_t count_of(const char *text, const char *needle) {
        size_t n = 0;
        for (; (text = strstr(text, needle)) != NULL; text++)
                n++;
        return n;
}

/* An engine that answers with another code each time makes no more series than that. */
static void codes_are_bounded(void **data) {
        static const char *const operations[] = {
                "ping", "info", "list", "inspect", "start", "stop", "restart", "events", "other"
        };
        struct fixture *f = *data;
        for (size_t o = 0; o < N_ELEMENTS(operations); o++)
                for (int code = 100; code < 600; code++)
                        metrics_engine_request(f->m, operations[o], code);
        size_t n = count_of(text_of(f), "\nautoheal_engine_requests_total{");
        assert_true(n > 100 && n <= 128);
        check_line(f, "autoheal_engine_requests_total{code=\"100\",operation=\"ping\"} 1");
        check_line(f, "autoheal_engine_requests_total{code=\"other\",operation=\"events\"} 500");
}

/* ---- What is the case ---- */

static void gauges_tell_the_present(void **data) {
        struct fixture *f = *data;
        struct plan_item *web = add(f, "web", HEALTH_UNHEALTHY);
        web->verdict = VERDICT_FAILING;
        web->quarantined = true;
        add(f, "db", HEALTH_HEALTHY);
        add(f, "other", HEALTH_UNHEALTHY)->monitored = false;
        check_none(f, "autoheal_containers_monitored");
        check_none(f, "autoheal_last_pass_timestamp_seconds");
        check_line(f, "autoheal_engine_up 0");
        check_line(f, "autoheal_config_valid 1");
        turn(f);
        metrics_engine_up(f->m, true);
        metrics_config_valid(f->m, false);
        check_line(f, "autoheal_engine_up 1");
        check_line(f, "autoheal_config_valid 0");
        check_line(f, "autoheal_containers_monitored 2");
        check_line(f, "autoheal_containers_quarantined 1");
        check_line(f, "autoheal_containers{verdict=\"failing\"} 1");
        check_line(f, "autoheal_containers{verdict=\"ok\"} 1");
        check_line(f, "autoheal_containers{verdict=\"paused\"} 0");
        check_line(f, "autoheal_last_pass_timestamp_seconds 1700000000.000");
        check_line(f, "autoheal_storm 0");
        f->state.storm_us = NOW_US;
        turn(f);
        check_line(f, "autoheal_storm 1");
}

static void maintenance_ends_by_itself(void **data) {
        struct fixture *f = *data;
        turn(f);
        check_line(f, "autoheal_maintenance_mode 0");
        f->state.maintenance.enabled = true;
        turn(f);
        check_line(f, "autoheal_maintenance_mode 1");
        f->state.maintenance.until_us = NOW_US - 1;
        turn(f);
        check_line(f, "autoheal_maintenance_mode 0");
}

/* ---- Series of containers ---- */

static void gone_containers_have_no_series(void **data) {
        struct fixture *f = *data;
        const struct event restarted = event_of(EVENT_RESTART, "web", "success"),
                           quarantined = event_of(EVENT_QUARANTINE, "web", "quarantined");
        add(f, "web", HEALTH_HEALTHY);
        add(f, "db", HEALTH_HEALTHY);
        turn(f);
        metrics_event(f->m, &restarted);
        metrics_event(f->m, &quarantined);
        f->items[0].monitored = false;
        turn(f);
        check_line(f, "autoheal_container_restarts_total{container_name=\"web\"} 1");
        f->containers[0].name = "web2";
        turn(f);
        check_none(f, "container_name=\"web\"");
        check_line(f, "autoheal_container_restarts_total{container_name=\"db\"} 0");
        check_line(f, "autoheal_quarantines_total 1");
        f->containers[0].name = "web";
        f->items[0].monitored = true;
        turn(f);
        check_line(f, "autoheal_container_restarts_total{container_name=\"web\"} 0");
}

static void hostile_names_are_labels(void **data) {
        struct fixture *f = *data;
        add(f, "a\\b\"c\nd", HEALTH_HEALTHY);
        add(f, "\xff\xc0\x80x\x1b[2J\xe2\x80\xae", HEALTH_HEALTHY);
        add(f, "\xc3\xa4\xf0\x9f\x90\xb3", HEALTH_HEALTHY);
        add(f, "", HEALTH_HEALTHY);
        turn(f);
        check_line(f, "autoheal_container_restarts_total{container_name=\"a\\\\b\\\"c\\nd\"} 0");
        check_line(f, "autoheal_container_restarts_total{container_name=\""
                      "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx\xef\xbf\xbd[2J\xef\xbf\xbd\"} 0");
        check_line(f, "autoheal_container_restarts_total{container_name=\"\xc3\xa4\xf0\x9f\x90\xb3\"} 0");
        check_none(f, "container_name=\"\"");
        const char *text = text_of(f);
        for (size_t i = 0, n; i < f->text.len; i += n) {
                n = utf8_sequence(text + i, f->text.len - i, NULL);
                assert_true(n > 0);
        }
}

/* A whole character of three bytes does not fit into the last two. */
static void long_names_are_cut_at_a_character_and_share_a_series(void **data) {
        struct fixture *f = *data;
        char *one = xcalloc(1, 10001), *two = xcalloc(1, 10001);
        for (size_t i = 0; i < 10000; i++)
                one[i] = two[i] = 'n';
        memcpy(one + 198, "\xe2\x82\xac", 3);
        memcpy(two + 198, "\xe2\x82\xac", 3);
        two[9999] = 'm';
        add(f, one, HEALTH_HEALTHY);
        add(f, two, HEALTH_HEALTHY);
        turn(f);
        assert_int_equal(count_of(text_of(f), "autoheal_container_restarts_total{"), 1);
        const char *label = strstr(buf_str(&f->text), "autoheal_container_restarts_total{container_name=\"");
        assert_non_null(label);
        label += strlen("autoheal_container_restarts_total{container_name=\"");
        assert_int_equal(strspn(label, "n"), 198);
        assert_int_equal(label[198], '"');
        check_line(f, "autoheal_containers_monitored 2");
        free(one);
        free(two);
}

/* ---- The textfile ---- */

static void the_textfile_shows_what_is_remembered(void **data) {
        struct fixture *f = *data;
        const struct event restarted = event_of(EVENT_RESTART, "web", "success");
        const struct result took = result_of(OUTCOME_SUCCESS, 2345);
        struct event recovered = event_of(EVENT_RECOVERED, "db", "healthy");
        recovered.duration_ms = 90001;
        metrics_result(f->m, &took);
        metrics_event(f->m, &restarted);
        metrics_event(f->m, &recovered);
        add(f, "web", HEALTH_HEALTHY)->decision = DECISION_RESTART;
        add(f, "db", HEALTH_HEALTHY);
        turn(f);
        counters_get(&f->state.counters, "web")->restarts = 41;
        f->state.counters.checks = INT64_MAX;
        f->state.counters.quarantines = 7;
        f->state.last_pass_us = NOW_US - 1234 * US_PER_MS;
        metrics_restore(f->m, &f->state);
        metrics_write_textfile(f->m, now, &f->text);
        const char *text = buf_str(&f->text);
        assert_true(has_line(text, "autoheal_container_restarts_total{container_name=\"web\"} 41"));
        assert_true(has_line(text, "autoheal_container_restarts_total{container_name=\"db\"} 0"));
        assert_true(has_line(text, "autoheal_health_checks_total 9223372036854775807"));
        assert_true(has_line(text, "autoheal_quarantines_total 7"));
        assert_true(has_line(text, "autoheal_last_pass_timestamp_seconds 1699999998.766"));
        assert_true(has_line(text, "autoheal_last_pass_duration_seconds 0.012"));
        assert_true(has_line(text, "autoheal_last_pass_decisions{decision=\"restart\",reason=\"healthy\"} 1"));
        assert_true(has_line(text, "autoheal_last_pass_restart_duration_seconds{container_name=\"web\"} 2.345"));
        assert_true(has_line(text, "autoheal_last_pass_time_to_recover_seconds{container_name=\"db\"} 90.001"));
        assert_null(strstr(text, "_bucket"));
        assert_null(strstr(text, "process_"));
        assert_null(strstr(text, "decisions_total"));
}

static void a_full_counter_stays_full(void **data) {
        struct fixture *f = *data;
        add(f, "web", HEALTH_UNHEALTHY);
        turn(f);
        counters_get(&f->state.counters, "web")->checks_failed = INT64_MAX;
        metrics_restore(f->m, &f->state);
        metrics_health_read(f->m, &f->plan);
        check_line(f, "autoheal_health_checks_failed_total{container_name=\"web\"} 9223372036854775807");
}

/* ---- The format ---- */

/* Every series follows the HELP and TYPE of its family, which stand there once. */
static void every_family_has_help_and_type(void **data) {
        struct fixture *f = *data;
        add(f, "web", HEALTH_HEALTHY);
        turn(f);
        struct slice rest = slice_str(text_of(f)), line;
        char family[128] = "";
        while (slice_split(&rest, '\n', &line)) {
                struct slice word, after = line;
                if (slice_skip(&after, "# HELP ")) {
                        assert_true(slice_split(&after, ' ', &word));
                        (void)snprintf(family, sizeof(family), "# TYPE %.*s ", (int)word.n, word.p);
                        assert_true(after.n > 10);
                        assert_int_equal(count_of(buf_str(&f->text), family), 1);
                } else if (slice_skip(&after, "# TYPE ")) {
                        assert_int_equal(strncmp(line.p, family, strlen(family)), 0);
                } else {
                        assert_int_equal(strncmp(line.p, family + 7, strlen(family) - 8), 0);
                }
        }
        assert_int_equal(buf_str(&f->text)[f->text.len - 1], '\n');
}

static void the_process_tells_of_itself(void **data) {
        struct fixture *f = *data;
        static const char *const names[] = { "process_cpu_seconds_total ", "process_open_fds ", "process_resident_memory_bytes ",
                                             "process_start_time_seconds ", "process_virtual_memory_bytes " };
        const char *text = text_of(f);
        for (size_t i = 0; i < N_ELEMENTS(names); i++) {
                char line[64];
                (void)snprintf(line, sizeof(line), "\n%s", names[i]);
                const char *at = strstr(text, line);
                assert_non_null(at);
                assert_true(strtod(at + strlen(line), NULL) > 0 || i == 0);
        }
        metrics_free(NULL);
}

static char *read_document(const char *path) {
        char *text = xcalloc(1, 65536);
        FILE *file = fopen(path, "rb");
        if (!file)
                fail_msg("%s cannot be read: run the tests from the top of the source tree", path);
        size_t n = fread(text, 1, 65535, file);
        assert_true(n > 0 && n < 65535);
        (void)fclose(file);
        return text;
}

/* What an operator reads about and what is there are the same. */
static void documentation_has_every_name(void **data) {
        struct fixture *f = *data;
        char *doc = read_document("docs/metrics.md");
        const struct result took = result_of(OUTCOME_SUCCESS, 1);
        struct event recovered = event_of(EVENT_RECOVERED, "web", "healthy");
        recovered.duration_ms = 1;
        metrics_result(f->m, &took);
        metrics_event(f->m, &recovered);
        add(f, "web", HEALTH_HEALTHY);
        turn(f);
        (void)text_of(f);
        metrics_write_textfile(f->m, now, &f->text);
        struct slice rest = slice_str(buf_str(&f->text)), line, name, type;
        size_t n = 0;
        while (slice_split(&rest, '\n', &line)) {
                if (!slice_skip(&line, "# TYPE ") || !slice_split(&line, ' ', &name))
                        continue;
                char row[160];
                type = line;
                (void)snprintf(row, sizeof(row), "\n| `%.*s` | %.*s |", (int)name.n, name.p, (int)type.n, type.p);
                if (!strstr(doc, row))
                        fail_msg("docs/metrics.md lacks the row%s", row);
                n++;
        }
        assert_true(n > 30);
        free(doc);
}

/* A rule or a panel about a number that nobody writes would be silent for ever. */
static void rules_and_dashboard_ask_for_what_is_there(void **data) {
        static const char *const paths[] = { "docs/prometheus-rules.yml", "docs/grafana-dashboard.json" };
        char *doc = read_document("docs/metrics.md");
        (void)data;
        for (size_t i = 0; i < N_ELEMENTS(paths); i++) {
                char *text = read_document(paths[i]);
                size_t n_names = 0;
                for (const char *at = text; (at = strstr(at, "autoheal_")) != NULL; n_names++) {
                        size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz_");
                        if (n > strlen("_bucket") && strncmp(at + n - strlen("_bucket"), "_bucket", strlen("_bucket")) == 0)
                                n -= strlen("_bucket");
                        char row[160];
                        (void)snprintf(row, sizeof(row), "\n| `%.*s` |", (int)n, at);
                        if (!strstr(doc, row))
                                fail_msg("%s asks for %.*s, which docs/metrics.md does not have", paths[i], (int)n, at);
                        at += n;
                }
                assert_true(n_names >= 8);
                free(text);
        }
        free(doc);
}

#define METRICS_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                METRICS_TEST(what_is_monitored_has_its_series_from_the_beginning),
                METRICS_TEST(events_count_restarts_and_quarantines),
                METRICS_TEST(health_states_count_where_there_is_health),
                METRICS_TEST(decisions_count_when_they_change),
                METRICS_TEST(durations_fall_into_buckets),
                METRICS_TEST(requests_and_events_are_told_apart),
                METRICS_TEST(codes_are_bounded),
                METRICS_TEST(gauges_tell_the_present),
                METRICS_TEST(maintenance_ends_by_itself),
                METRICS_TEST(gone_containers_have_no_series),
                METRICS_TEST(hostile_names_are_labels),
                METRICS_TEST(long_names_are_cut_at_a_character_and_share_a_series),
                METRICS_TEST(the_textfile_shows_what_is_remembered),
                METRICS_TEST(a_full_counter_stays_full),
                METRICS_TEST(every_family_has_help_and_type),
                METRICS_TEST(the_process_tells_of_itself),
                METRICS_TEST(documentation_has_every_name),
                METRICS_TEST(rules_and_dashboard_ask_for_what_is_there),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
