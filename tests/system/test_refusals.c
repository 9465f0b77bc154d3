/* SPDX-License-Identifier: MIT */
/* An engine that refuses an action, does not say what came of it, or fails while one is under way: what is told and counted. */
#include "support/scene.h"

#define PATIENT_MS 90000

static size_t counted_restarts(struct scene *s, const char *stable_id) {
        if (!file_there(s->data, "restart_counts.json"))
                return 0;
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = data_json(s, "restart_counts.json", &text);
        return json_count(json_get(json_root(doc), stable_id));
}

static size_t count_restarts_with(struct scene *s, const char *status) {
        size_t n = 0;
        if (!file_there(s->data, "events.json"))
                return 0;
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = data_json(s, "events.json", &text);
        struct json_iter it = json_iter(json_root(doc));
        while (json_next(&it))
                if (json_string_eq(json_get(it.value, "event_type"), "restart") &&
                    json_string_eq(json_get(it.value, "status"), status))
                        n++;
        return n;
}

/* ---- Refused: is the container still there? ---- */

static const char *const sick_world = "container web health=unhealthy label=autoheal=true\n";
static const char *const crashed_world = "container web exit=3 finished=-60 label=autoheal=true\n";

/* A pass over `world` in which the engine refuses; tells the result of web. */
static void run_refused(struct scene *s, const char *world, const char *script, int exit_code, const char *result) {
        scene_world(s, world);
        scene_world(s, script);
        const struct output *o = scene_run(s, "run --format json");
        check_exit(o, exit_code);
        assert_int_equal(scene_posts(s), 1);
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        check_json(json_line_where(&lines, "name", "web"), "result", result);
        check_json(json_root(lines.docs[lines.n - 1]), "summary.failed", exit_code ? "1" : "0");
}

static void check_failure(struct scene *s, const char *world, const char *script) {
        run_refused(s, world, script, 1, "\"failure\"");
        assert_int_equal(counted_restarts(s, "web"), 1);
        assert_int_equal(count_restarts_with(s, "failure"), 1);
        AUTO_FREE char *events = data_get(s, "events.json");
        check_contains(events, "port is taken");
}

static void check_gone(struct scene *s, const char *world, const char *script) {
        run_refused(s, world, script, 0, "\"gone\"");
        assert_int_equal(counted_restarts(s, "web"), 0);
        assert_int_equal(count_events(s, "restart", "web"), 0);
}

static void test_conflict_of_one_that_is_there_is_a_failure(void **state) {
        check_failure(*state, sick_world, "fault restart 409 message=\"port is taken\"\n");
}

static void test_conflict_at_a_start_is_a_failure(void **state) {
        check_failure(*state, crashed_world, "fault start 409 message=\"port is taken\"\n");
}

static void test_refused_start_is_a_failure(void **state) {
        check_failure(*state, crashed_world, "fault start 500 message=\"port is taken\"\n");
}

/* Whoever cannot be looked at again may well be there. */
static void test_conflict_without_a_second_look_is_a_failure(void **state) {
        check_failure(*state, sick_world, "fault restart 409 message=\"port is taken\"\nfault inspect 500 skip=1\n");
}

static void test_conflict_of_one_that_vanished_is_a_note(void **state) {
        check_gone(*state, sick_world,
                   "fault restart 409 message=\"removal is already in progress\"\nfault inspect 404 skip=1 message=\"No such "
                   "container: web\"\n");
}

static void test_conflict_of_one_that_is_being_removed_is_a_note(void **state) {
        check_gone(*state, sick_world, "on-restart web state=removing\nfault restart 409 done\n");
}

static void test_conflict_of_a_dead_one_is_a_note(void **state) {
        check_gone(*state, crashed_world, "on-restart web state=dead\nfault start 409 done\n");
}

static void test_refusal_of_one_that_vanished_is_a_note(void **state) {
        check_gone(*state, sick_world, "fault restart 500\nfault inspect 404 skip=1 message=\"No such container: web\"\n");
}

static void test_refusal_of_one_that_is_being_removed_is_a_note(void **state) {
        check_gone(*state, sick_world, "on-restart web state=removing\nfault restart 500 done\n");
}

/* Looks at the fleet go on while an action is under way, and give up on a container that hangs; the action's own look does not. */
static void test_second_look_that_hangs_ends_the_pass(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        scene_world(s, sick_world);
        scene_world(s, "fault restart 500 delay=1500 message=\"port is taken\"\nfault inspect hang skip=1\n");
        const struct output *o = scene_run_ask(s, (const char *[]){ "run", NULL }, (struct run_ask){ .deadline_ms = PATIENT_MS });
        assert_false(o->timed_out);
        check_exit(o, 1);
        check_contains(o->err, "port is taken");
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(counted_restarts(s, "web"), 1);
        assert_int_equal(count_restarts_with(s, "failure"), 1);
}

/* ---- Asked as it was meant ---- */

static void check_timeout(struct scene *s, const char *property, const char *request) {
        scene_world(s, sick_world);
        scene_world(s, property);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(fake_count(s->fake, request), 1);
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(count_restarts_with(s, "success"), 1);
}

static void test_restart_with_a_timeout_of_weeks(void **state) {
        check_timeout(*state, "container web stop-timeout=1209600\n", "/restart?t=1209600 -> 204");
}

static void test_restart_with_the_longest_timeout_there_is(void **state) {
        check_timeout(*state, "container web stop-timeout=2147483647\n", "/restart?t=2147483647 -> 204");
}

static void test_restart_with_a_timeout_of_weeks_by_label(void **state) {
        check_timeout(*state, "container web label=autoheal.stop.timeout=336h\n", "/restart?t=1209600 -> 204");
}

static void test_stop_with_a_timeout_of_weeks(void **state) {
        struct scene *s = *state;
        scene_world(s, sick_world);
        scene_world(s, "container web label=autoheal.action=stop stop-timeout=1209600\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(fake_count(s->fake, "/stop?t=1209600 -> 204"), 1);
}

/* ---- A look that fails after something was done ---- */

/* One at a time: when the first restart has ended, the second look finds out that the engine's list is broken. */
static void test_what_was_done_is_told_when_a_later_look_fails(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_RESTART_MAX_PARALLEL=1");
        scene_world(s, "container web health=unhealthy label=autoheal=true\n"
                       "container well health=healthy label=autoheal=true\n"
                       "container other health=unhealthy label=autoheal=true\n"
                       "fault list 500 skip=1 message=\"database is locked\"\n");
        const struct output *o = scene_run(s, "run --format json");
        check_exit(o, 1);
        check_contains(o->err, "database is locked");
        assert_int_equal(scene_posts(s), 1);
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        assert_int_equal(lines.n, 4);
        struct json_value done = json_line_where(&lines, "name", "web"), waits = json_line_where(&lines, "name", "other");
        check_json(done, "decision", "\"restart\"");
        check_json(done, "result", "\"success\"");
        check_json(done, "restarts", "1");
        check_json(waits, "decision", "\"hold\"");
        check_json(waits, "reason", "\"parallel\"");
        struct json_value last = json_root(lines.docs[lines.n - 1]);
        check_json(last, "summary.monitored", "3");
        check_json(last, "summary.restarted", "1");
        check_json(last, "summary.held", "1");
}

static void test_a_failed_first_look_tells_nothing(void **state) {
        struct scene *s = *state;
        scene_world(s, sick_world);
        scene_world(s, "fault list 500\n");
        const struct output *o = scene_run(s, "run --format json");
        check_exit(o, 1);
        assert_int_equal(o->out_len, 0);
}

/* ---- A stop whose answer is lost ---- */

static void check_lost_stop(struct scene *s, const char *fault) {
        scene_world(s, "container fuse health=unhealthy label=autoheal=true label=autoheal.action=stop\n");
        scene_world(s, fault);
        const struct output *o = scene_run(s, "run --format json");
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        struct json_value fuse = json_line_where(&lines, "name", "fuse");
        check_json(fuse, "result", "\"unknown\"");
        check_json(fuse, "quarantined", "true");
        check_json(json_root(lines.docs[lines.n - 1]), "summary.quarantined", "1");
        AUTO_FREE char *quarantine = data_get(s, "quarantine.json");
        check_contains(quarantine, "\"fuse\"");
        scene_world(s, "no-faults\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
}

static void test_lost_stop_that_was_done(void **state) {
        check_lost_stop(*state, "fault stop cut=0 done\n");
}

static void test_lost_stop_with_half_an_answer(void **state) {
        check_lost_stop(*state, "fault stop cut=20\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_conflict_of_one_that_is_there_is_a_failure),
                scene_test(test_conflict_at_a_start_is_a_failure),
                scene_test(test_refused_start_is_a_failure),
                scene_test(test_conflict_without_a_second_look_is_a_failure),
                scene_test(test_conflict_of_one_that_vanished_is_a_note),
                scene_test(test_conflict_of_one_that_is_being_removed_is_a_note),
                scene_test(test_conflict_of_a_dead_one_is_a_note),
                scene_test(test_refusal_of_one_that_vanished_is_a_note),
                scene_test(test_refusal_of_one_that_is_being_removed_is_a_note),
                scene_test(test_second_look_that_hangs_ends_the_pass),
                scene_test(test_restart_with_a_timeout_of_weeks),
                scene_test(test_restart_with_the_longest_timeout_there_is),
                scene_test(test_restart_with_a_timeout_of_weeks_by_label),
                scene_test(test_stop_with_a_timeout_of_weeks),
                scene_test(test_what_was_done_is_told_when_a_later_look_fails),
                scene_test(test_a_failed_first_look_tells_nothing),
                scene_test(test_lost_stop_that_was_done),
                scene_test(test_lost_stop_with_half_an_answer),
        };
        return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
