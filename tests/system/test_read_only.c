/* SPDX-License-Identifier: MIT */
/* Commands that only look send only GET and HEAD, and neither make nor touch a file. */
#include "support/scene.h"

static const char *const looking[] = {
        "run --dry-run",
        "run --dry-run --format json",
        "ps",
        "ps --all",
        "ps --format json",
        "explain web",
        "explain --format json job",
        "check",
        "check --format json",
        "status",
        "status --format json",
        "events",
        "events --format json",
        "version",
        "help",
};

static const char *const busy_world = "container web health=unhealthy label=autoheal=true\n"
                                      "container job exit=3 finished=-60 label=autoheal=true\n"
                                      "container killed exit=137 finished=-60 label=autoheal=true\n"
                                      "container well health=healthy label=autoheal=true\n"
                                      "container other health=unhealthy\n";

static void check_looks_only(struct scene *s) {
        for (size_t i = 0; i < N_ELEMENTS(looking); i++) {
                AUTO_FREE char *data_before = data_snapshot(s), *home_before = dir_snapshot(s->home, "");
                scene_run(s, "%s", looking[i]);
                assert_false(s->last.timed_out);
                AUTO_FREE char *data_after = data_snapshot(s), *home_after = dir_snapshot(s->home, "");
                if (strcmp(data_before, data_after) != 0 || strcmp(home_before, home_after) != 0)
                        fail_msg("'%s' wrote:\n%s\nbefore:\n%s", looking[i], data_after, data_before);
        }
        assert_int_equal(fake_count(s->fake, ""), fake_count(s->fake, "GET ") + fake_count(s->fake, "HEAD "));
}

static void test_nothing_is_created(void **state) {
        struct scene *s = *state;
        scene_world(s, busy_world);
        check_looks_only(s);
        AUTO_FREE char *after = data_snapshot(s);
        assert_string_equal(after, "absent\n");
}

static void test_nothing_is_touched(void **state) {
        struct scene *s = *state;
        scene_first_pass(s);
        scene_world(s, busy_world);
        check_looks_only(s);
}

static void test_default_directory_is_not_created(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_DATA_DIR");
        scene_world(s, busy_world);
        check_looks_only(s);
}

static void test_dry_run_says_what_a_pass_would_do(void **state) {
        struct scene *s = *state;
        scene_world(s, busy_world);
        const struct output *o = scene_run(s, "run --dry-run --format json");
        check_exit(o, 0);
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        check_json(json_line_where(&lines, "name", "web"), "decision", "\"restart\"");
        check_json(json_line_where(&lines, "name", "web"), "reason", "\"unhealthy\"");
        check_json(json_line_where(&lines, "name", "job"), "decision", "\"restart\"");
        check_json(json_line_where(&lines, "name", "job"), "reason", "\"exited\"");
        check_json(json_line_where(&lines, "name", "killed"), "verdict", "\"stopped\"");
        check_json(json_line_where(&lines, "name", "well"), "verdict", "\"ok\"");
        check_json(json_line_where(&lines, "name", "well"), "decision", "\"none\"");
        assert_int_equal(scene_posts(s), 0);
}

static void test_ps_shows_monitored_ones(void **state) {
        struct scene *s = *state;
        scene_world(s, busy_world);
        const struct output *o = scene_run(s, "ps");
        check_exit(o, 0);
        check_contains(o->out, "web");
        check_contains(o->out, "failing");
        check_lacks(o->out, "other");
        o = scene_run(s, "ps --all");
        check_exit(o, 0);
        check_contains(o->out, "other");
        o = scene_run(s, "ps -q");
        check_exit(o, 0);
        check_contains(o->out, "web\n");
        check_lacks(o->out, " ");
}

static void test_explain_names_rules_and_numbers(void **state) {
        struct scene *s = *state;
        scene_world(s, busy_world);
        const struct output *o = scene_run(s, "explain web");
        check_exit(o, 0);
        check_contains(o->out, "unhealthy");
        check_contains(o->out, "cooldown");
        check_contains(o->out, "restart");
        AUTO_FREE char *id = NULL;
        o = scene_run(s, "ps --format json --no-trunc");
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        struct slice raw = json_raw(json_get(json_line_where(&lines, "name", "web"), "id"));
        assert_int_equal(raw.n, 66);
        id = strndup(raw.p + 1, 10);
        o = scene_run(s, "explain %s", id);
        check_exit(o, 0);
        check_contains(o->out, "web");
}

static void test_unknown_container_lists_candidates(void **state) {
        struct scene *s = *state;
        scene_world(s, busy_world);
        const struct output *o = scene_run(s, "explain we");
        check_exit(o, 1);
        check_contains(o->err, "web");
        assert_int_equal(o->out_len, 0);
        scene_world(s, "container one id=aaaa000000000000000000000000000000000000000000000000000000000001\n"
                       "container two id=aaaa000000000000000000000000000000000000000000000000000000000002\n");
        o = scene_run(s, "explain aaaa");
        check_exit(o, 1);
        check_contains(o->err, "one");
        check_contains(o->err, "two");
}

static void test_what_was_probably_meant(void **state) {
        struct scene *s = *state;
        scene_world(s, "container alpha label=autoheal=true\ncontainer shop-web-1 label=autoheal=true\n"
                       "container lonely id=f000000000000000000000000000000000000000000000000000000000000001\n");
        const struct output *o = scene_run(s, "explain shop-wbe-1");
        check_exit(o, 1);
        assert_string_equal(o->err, "No such container: shop-wbe-1 (did you mean shop-web-1?)\n");
        o = scene_run(s, "explain quite-another");
        assert_string_equal(o->err, "No such container: quite-another (there are: alpha, shop-web-1)\n");
        o = scene_run(s, "explain f");
        check_exit(o, 0);
        check_contains(o->out, "lonely");
}

/* A bare header says nothing to who is new here. */
static void test_nothing_monitored(void **state) {
        struct scene *s = *state;
        const char *const argv[] = { "ps", NULL }, *const all[] = { "ps", "-a", NULL }, *const quiet[] = { "ps", "-q", NULL };
        const char *hint = "No container is monitored: start one with --label autoheal=true, or docker autoheal monitor NAME "
                           "(ps -a shows all)";
        scene_world(s, "container web health=healthy\n");
        const struct output *o = scene_run_ask(s, argv, (struct run_ask){ .on_terminal = true });
        check_exit(o, 0);
        check_contains(o->out, hint);
        check_lacks(scene_run_ask(s, all, (struct run_ask){ .on_terminal = true })->out, "No container");
        check_lacks(scene_run_ask(s, quiet, (struct run_ask){ .on_terminal = true })->out, "No container");
        assert_string_equal(scene_run(s, "ps")->err, "");
        scene_env(s, "AUTOHEAL_MONITOR_LABEL_KEY=heal me");
        check_contains(scene_run_ask(s, argv, (struct run_ask){ .on_terminal = true })->out, "--label 'heal me=true', ");
        scene_world(s, "container db health=healthy label=autoheal=true\n");
        scene_env(s, "AUTOHEAL_MONITOR_LABEL_KEY");
        check_lacks(scene_run_ask(s, argv, (struct run_ask){ .on_terminal = true })->out, "No container");
}

/* ---- check: 0 well, 1 not, 125 cannot tell ---- */

static void check_verdict(struct scene *s, const char *world, int exit_code) {
        scene_world(s, world);
        check_exit(scene_run(s, "check"), exit_code);
}

static void test_check_none_monitored(void **state) {
        check_verdict(*state, "container other health=healthy\n", 1);
        check_exit(scene_run(*state, "check --allow-none"), 0);
}

static void test_check_all_well(void **state) {
        check_verdict(*state, "container web health=healthy label=autoheal=true\ncontainer done exit=0 label=autoheal=true\n", 0);
        check_contains(((struct scene *)*state)->last.out, "1 of 2 monitored containers are well, 1 finished\n");
}

static void test_check_counts_as_well_only_what_runs(void **state) {
        check_verdict(*state,
                      "container web health=healthy label=autoheal=true\ncontainer off exit=1 policy=always label=autoheal=true\n"
                      "container held state=paused label=autoheal=true\ncontainer done exit=0 label=autoheal=true\n",
                      0);
        check_contains(((struct scene *)*state)->last.out,
                       "1 of 4 monitored containers are well, 1 finished, 1 stopped on purpose, 1 paused\n");
}

static void test_check_failing(void **state) {
        check_verdict(*state, "population 3 healthy label=autoheal=true\ncontainer web health=unhealthy label=autoheal=true\n", 1);
        check_contains(((struct scene *)*state)->last.out, "web");
}

static void test_check_starting(void **state) {
        check_verdict(*state, "container web health=starting started=-2 label=autoheal=true\n", 1);
}

static void test_check_created(void **state) {
        check_verdict(*state, "container web health=healthy label=autoheal=true\ncontainer new state=created label=autoheal=true\n",
                      1);
        check_contains(((struct scene *)*state)->last.out, "new: created");
        check_contains(((struct scene *)*state)->last.out, "\n1 of 2 monitored containers are well\n");
        check_lacks(((struct scene *)*state)->last.out, "web");
}

static void test_check_verbose_lists_all(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy label=autoheal=true\ncontainer other\n");
        const struct output *o = scene_run(s, "check -v");
        check_exit(o, 0);
        check_contains(o->out, "web: ok");
        check_lacks(o->out, "other");
        assert_int_equal(scene_run(s, "check -v -q")->out_len, 0);
}

static void test_check_that_cannot_tell(void **state) {
        struct scene *s = *state;
        check_exit(scene_run(s, "check web"), 125);
        check_exit(scene_run(s, "check --format yaml"), 125);
        check_exit(scene_run(s, "check --nope"), 125);
        scene_env(s, "DOCKER_HOST=unix:///nonexistent/docker.sock");
        check_exit(scene_run(s, "check"), 125);
}

static void test_check_quarantined(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        check_exit(scene_run(s, "quarantine web"), 0);
        check_exit(scene_run(s, "check"), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_nothing_is_created),
                scene_test(test_nothing_is_touched),
                scene_test(test_default_directory_is_not_created),
                scene_test(test_dry_run_says_what_a_pass_would_do),
                scene_test(test_ps_shows_monitored_ones),
                scene_test(test_explain_names_rules_and_numbers),
                scene_test(test_unknown_container_lists_candidates),
                scene_test(test_what_was_probably_meant),
                scene_test(test_nothing_monitored),
                scene_test(test_check_none_monitored),
                scene_test(test_check_all_well),
                scene_test(test_check_counts_as_well_only_what_runs),
                scene_test(test_check_failing),
                scene_test(test_check_starting),
                scene_test(test_check_created),
                scene_test(test_check_verbose_lists_all),
                scene_test(test_check_that_cannot_tell),
                scene_test(test_check_quarantined),
        };
        return cmocka_run_group_tests_name("read only", tests, NULL, NULL);
}
