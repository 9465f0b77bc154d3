/* SPDX-License-Identifier: MIT */
/* The file that a pass writes for the node exporter: what it says, who may read it, and that no pass heals less because of it. */
#include "support/scene.h"

#include <sys/stat.h>
#include <unistd.h>

#define WORLD                                                                                                                      \
        "container web health=unhealthy label=autoheal=true started=-600\non-restart web health=unhealthy\n"                       \
        "container db health=healthy label=autoheal=true started=-600\ncontainer other health=unhealthy started=-600\n"

static bool is_line_of(const char *text, const char *line) {
        size_t n = strlen(line);
        for (const char *at = text; (at = strstr(at, line)) != NULL; at++)
                if ((at == text || at[-1] == '\n') && at[n] == '\n')
                        return true;
        return false;
}

#define check_metric(s, line) check_metric_at((s), (line), __LINE__)
static void check_metric_at(struct scene *s, const char *line, int at) {
        AUTO_FREE char *text = file_get(s->dir, "autoheal.prom");
        if (!text || !is_line_of(text, line))
                fail_msg("line %d: there is no '%s' in:\n%s", at, line, text ? text : "(no file)");
}

static void check_lacks_metric(struct scene *s, const char *needle) {
        AUTO_FREE char *text = file_get(s->dir, "autoheal.prom");
        assert_non_null(text);
        check_lacks(text, needle);
}

static const struct output *run_with_file(struct scene *s) {
        return scene_run(s, "run --metrics-file %s/autoheal.prom", s->dir);
}

static size_t metric_files(struct scene *s) {
        AUTO_FREE char *names = dir_snapshot(s->dir, "");
        size_t n = 0;
        for (const char *at = names; (at = strstr(at, "autoheal.prom")) != NULL; at++)
                n++;
        return n;
}

static void check_promtool(struct scene *s) {
        AUTO_FREE char *text = file_get(s->dir, "autoheal.prom");
        const char *const argv[] = { "/usr/bin/promtool", "check", "metrics", NULL };
        const char *const env[] = { "PATH=/usr/bin:/bin", NULL };
        struct output o = { 0 };
        assert_non_null(text);
        run_program(&(struct run_ask){ .argv = argv, .env = env, .stdin_text = text }, &o);
        check_exit(&o, 0);
        check_silent(&o);
        output_release(&o);
}

/* ---- What it says ---- */

static void test_counters_go_on(void **state) {
        struct scene *s = *state;
        scene_no_waits(s);
        scene_world(s, WORLD);
        check_exit(run_with_file(s), 0);
        check_metric(s, "autoheal_container_restarts_total{container_name=\"web\"} 1");
        check_metric(s, "autoheal_container_restarts_total{container_name=\"db\"} 0");
        check_metric(s, "autoheal_health_checks_total 2");
        check_metric(s, "autoheal_engine_up 1");
        check_metric(s, "autoheal_config_valid 1");
        check_metric(s, "autoheal_containers_monitored 2");
        check_metric(s, "autoheal_last_pass_decisions{decision=\"restart\",reason=\"unhealthy\"} 1");
        check_lacks_metric(s, "other");
        check_promtool(s);

        check_exit(run_with_file(s), 0);
        check_metric(s, "autoheal_container_restarts_total{container_name=\"web\"} 2");
        check_metric(s, "autoheal_health_checks_total 4");
        check_metric(s, "autoheal_health_checks_failed_total{container_name=\"web\"} 2");

        /* Those of a pass without the file count as well. */
        check_exit(scene_run(s, "run"), 0);
        check_exit(run_with_file(s), 0);
        check_metric(s, "autoheal_container_restarts_total{container_name=\"web\"} 3");
        check_metric(s, "autoheal_quarantines_total 1");
        check_metric(s, "autoheal_containers_quarantined 1");
        check_metric(s, "autoheal_last_pass_decisions{decision=\"quarantine\",reason=\"max-restarts\"} 1");
        check_lacks_metric(s, "autoheal_last_pass_restart_duration_seconds");
        check_promtool(s);
        assert_int_equal(metric_files(s), 1);
}

static void test_failures_count(void **state) {
        struct scene *s = *state;
        scene_world(s, WORLD "fault restart 500 message=\"no\"\n");
        check_exit(run_with_file(s), 1);
        check_metric(s, "autoheal_restart_failures_total{container_name=\"web\"} 1");
        check_metric(s, "autoheal_container_restarts_total{container_name=\"web\"} 0");
        check_metric(s, "autoheal_engine_up 1");
}

static void test_gone_containers_are_gone(void **state) {
        struct scene *s = *state;
        scene_world(s, WORLD);
        check_exit(run_with_file(s), 0);
        scene_world(s, "remove web\n");
        check_exit(run_with_file(s), 0);
        check_lacks_metric(s, "\"web\"");
        check_metric(s, "autoheal_health_checks_total 3");
        AUTO_FREE char *kept = data_get(s, "pass.json");
        check_lacks(kept, "\"web\"");
}

static void test_an_old_directory_begins_at_zero(void **state) {
        struct scene *s = *state;
        scene_first_pass(s);
        AUTO_FREE char *pass = data_get(s, "pass.json");
        check_lacks(pass, "counters");
        scene_world(s, "container db health=healthy label=autoheal=true\n");
        check_exit(run_with_file(s), 0);
        check_metric(s, "autoheal_health_checks_total 1");
}

static void test_hostile_names(void **state) {
        struct scene *s = *state;
        scene_world(s, "container \"a\\\"b\\\\c\\nd\\x1b[2J\\xff\" health=unhealthy label=autoheal=true started=-600\n");
        (void)run_with_file(s);
        AUTO_FREE char *text = file_get(s->dir, "autoheal.prom");
        assert_non_null(text);
        assert_null(strchr(text, '\x1b'));
        check_contains(text, "autoheal_containers_monitored 1\n");
        check_promtool(s);
}

/* ---- When it does not go well ---- */

static void test_an_engine_that_is_away(void **state) {
        struct scene *s = *state;
        scene_world(s, WORLD);
        check_exit(run_with_file(s), 0);
        AUTO_FREE char *before = file_get(s->dir, "autoheal.prom");
        const char *last = strstr(before, "\nautoheal_last_pass_timestamp_seconds ");
        assert_non_null(last);
        AUTO_FREE char *line = xstrdup(last + 1);
        line[strcspn(line, "\n")] = '\0';

        scene_env(s, "DOCKER_HOST=unix:///no-such-directory/docker.sock");
        check_exit(run_with_file(s), 1);
        check_metric(s, "autoheal_engine_up 0");
        check_metric(s, "autoheal_config_valid 1");
        check_metric(s, line);
        check_metric(s, "autoheal_container_restarts_total{container_name=\"web\"} 1");
        check_lacks_metric(s, "autoheal_containers_monitored");
        check_promtool(s);
}

static void test_a_configuration_that_is_not_valid(void **state) {
        struct scene *s = *state;
        scene_world(s, WORLD);
        check_exit(run_with_file(s), 0);
        data_put(s, "config.json", "{\"restart\":{\"mode\":\"sometimes\"}}");
        fake_forget(s->fake);
        check_exit(run_with_file(s), 78);
        check_metric(s, "autoheal_config_valid 0");
        check_metric(s, "autoheal_container_restarts_total{container_name=\"web\"} 1");
        assert_int_equal(fake_count(s->fake, ""), 0);
        check_promtool(s);
}

/* It heals, and then says what it could not write. */
static void test_a_file_that_cannot_be_written(void **state) {
        struct scene *s = *state;
        scene_no_waits(s);
        scene_world(s, WORLD);
        const struct output *o = scene_run(s, "run --metrics-file %s/missing/autoheal.prom", s->dir);
        check_exit(o, 1);
        check_contains(o->err, "the metrics could not be written: ");
        check_contains(o->err, "/missing/autoheal.prom'");
        assert_int_equal(scene_posts(s), 1);

        file_put(s->dir, "precious", "precious");
        AUTO_FREE char *link = path_join(s->dir, "autoheal.prom");
        assert_int_equal(symlink("precious", link), 0);
        o = run_with_file(s);
        check_exit(o, 1);
        check_contains(o->err, "is not a regular file");
        assert_int_equal(scene_posts(s), 2);
        AUTO_FREE char *kept = file_get(s->dir, "precious");
        assert_string_equal(kept, "precious");
}

/* ---- Who asks for it ---- */

static void test_nobody_asks_for_it(void **state) {
        struct scene *s = *state;
        scene_world(s, WORLD);
        check_exit(scene_run(s, "run"), 0);
        check_exit(scene_run(s, "run --dry-run --metrics-file %s/autoheal.prom", s->dir), 0);
        assert_int_equal(metric_files(s), 0);
}

static void test_the_setting_asks_and_the_flag_wins(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *variable = NULL, *path = path_join(s->dir, "autoheal.prom");
        assert_true(asprintf(&variable, "AUTOHEAL_OBSERVABILITY_TEXTFILE=%s", path) > 0);
        scene_env(s, variable);
        scene_world(s, WORLD);
        check_exit(scene_run(s, "run --metrics-file %s/other.prom", s->dir), 0);
        assert_int_equal(metric_files(s), 0);
        assert_true(file_there(s->dir, "other.prom"));
        check_exit(scene_run(s, "run"), 0);
        check_metric(s, "autoheal_engine_up 1");
        scene_env(s, "AUTOHEAL_OBSERVABILITY_TEXTFILE=autoheal.prom");
        const struct output *o = scene_run(s, "run");
        check_exit(o, 78);
        check_contains(o->err, "AUTOHEAL_OBSERVABILITY_TEXTFILE: must be an absolute path (is 'autoheal.prom')");
}

static void test_everybody_may_read_it(void **state) {
        struct scene *s = *state;
        scene_world(s, WORLD);
        check_exit(run_with_file(s), 0);
        AUTO_FREE char *path = path_join(s->dir, "autoheal.prom");
        assert_int_equal(chmod(path, 0600), 0);
        check_exit(run_with_file(s), 0);
        struct stat st;
        assert_int_equal(lstat(path, &st), 0);
        assert_int_equal(st.st_mode, S_IFREG | 0644);
}

static void test_a_file_without_a_name(void **state) {
        struct scene *s = *state;
        const struct output *o = scene_run(s, "run --metrics-file=");
        check_exit(o, 125);
        check_contains(o->err, "invalid argument \"\" for \"--metrics-file\" flag");
        check_exit(scene_run(s, "ps --metrics-file x"), 125);
        assert_int_equal(fake_count(s->fake, ""), 0);
}

/* ---- What is asked of the numbers ---- */

/* promtool plays series to the rules, and compares what they say. */
static void test_alerting_rules(void **state) {
        static const char *const promtool[][5] = {
                { "/usr/bin/promtool", "check", "rules", "docs/prometheus-rules.yml", NULL },
                { "/usr/bin/promtool", "test", "rules", "tests/cases/prometheus/rules.yml", NULL },
        };
        const char *const env[] = { "PATH=/usr/bin:/bin", NULL };
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(promtool); i++) {
                struct output o = { 0 };
                run_program(&(struct run_ask){ .argv = promtool[i], .env = env }, &o);
                check_exit(&o, 0);
                check_contains(o.out, "SUCCESS");
                output_release(&o);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_counters_go_on),
                scene_test(test_failures_count),
                scene_test(test_gone_containers_are_gone),
                scene_test(test_an_old_directory_begins_at_zero),
                scene_test(test_hostile_names),
                scene_test(test_an_engine_that_is_away),
                scene_test(test_a_configuration_that_is_not_valid),
                scene_test(test_a_file_that_cannot_be_written),
                scene_test(test_nobody_asks_for_it),
                scene_test(test_the_setting_asks_and_the_flag_wins),
                scene_test(test_everybody_may_read_it),
                scene_test(test_a_file_without_a_name),
                cmocka_unit_test(test_alerting_rules),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
