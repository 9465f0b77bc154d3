/* SPDX-License-Identifier: MIT */
/* `config`: what holds is shown with who says so, what is set is checked first and written alone, secrets stay secret. */
#include "support/scene.h"
#include "support/terminal.h"

#include <fcntl.h>
#include <sys/stat.h>

#define PRESENT                                                                                                                    \
        "{\n"                                                                                                                      \
        "    \"mine\": {\"x\":   1},\n"                                                                                            \
        "    \"restart\": {\n"                                                                                                     \
        "        \"mode\": \"health\",\n"                                                                                          \
        "        \"max_restarts\": 2\n"                                                                                            \
        "    },\n"                                                                                                                 \
        "    \"alerts\": {\"webhook\": \"https://hook/very-secret\"}\n"                                                            \
        "}\n"

/* With blanks in an argument. */
static const struct output *run_words(struct scene *s, const char *a, const char *b, const char *c, const char *d) {
        return scene_run_ask(s, (const char *[]){ a, b, c, d, NULL }, (struct run_ask){ 0 });
}

static const struct output *set(struct scene *s, const char *key, const char *value) {
        return run_words(s, "config", "set", key, value);
}

static void check_config(struct scene *s, const char *text) {
        AUTO_FREE char *is = data_get(s, "config.json");
        assert_non_null(is);
        assert_string_equal(is, text);
}

static void check_value(struct scene *s, const char *path, const char *raw) {
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = data_json(s, "config.json", &text);
        check_json(json_root(doc), path, raw);
}

/* The names of the copies, one a line, to be freed. */
static size_t count_copies(struct scene *s) {
        AUTO_FREE char *all = dir_snapshot(s->data, "");
        size_t n = 0;
        for (const char *p = all; (p = strstr(p, "config.json.bak-")) != NULL; p++)
                n++;
        return n;
}

/* ---- set ---- */

static void test_set_writes_one_key_and_leaves_the_rest(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json", PRESENT);
        const struct output *o = set(s, "restart.mode", "both");
        check_exit(o, 0);
        assert_string_equal(o->out, "restart.mode set to both (was health)\n");
        check_contains(o->err, "WARNING: ");
        check_contains(o->err, "mine: not known to this version, kept as it is");
        check_config(s, "{\n"
                        "    \"mine\": {\"x\":   1},\n"
                        "    \"restart\": {\n"
                        "        \"mode\": \"both\",\n"
                        "        \"max_restarts\": 2\n"
                        "    },\n"
                        "    \"alerts\": {\"webhook\": \"https://hook/very-secret\"}\n"
                        "}\n");
        check_exit(set(s, "restart.backoff.enabled", "false"), 0);
        check_value(s, "restart.backoff.enabled", "false");
        check_value(s, "mine.x", "1");
        assert_int_equal(count_events(s, "config", NULL), 2);
        assert_int_equal(fake_count(s->fake, ""), 2); /* negotiation and a list, for labels of restart.mode */
        assert_int_equal(scene_posts(s), 0);
}

static void test_set_makes_the_file(void **state) {
        struct scene *s = *state;
        check_exit(set(s, "restart.release_seconds", "null"), 0);
        check_config(s, "{\n  \"restart\": {\n    \"release_seconds\": null\n  }\n}\n");
        check_exit(set(s, "containers.excluded", "db, cache"), 0);
        check_config(s, "{\n  \"restart\": {\n    \"release_seconds\": null\n  },\n  \"containers\": {\n    \"excluded\": [\n"
                        "      \"db\",\n      \"cache\"\n    ]\n  }\n}\n");
}

static void test_set_takes_values_by_the_keys_type(void **state) {
        static const char *const good[][3] = {
                { "restart.max_restarts", "5", "5" },
                { "restart.backoff.multiplier", "1.5", "1.5" },
                { "brake.enabled", "F", "false" },
                { "monitor.label_value", "\xc3\xa9 \"x\"", "\"\xc3\xa9 \\\"x\\\"\"" },
                { "containers.selected", "", "[]" },
                { "alerts.webhook", "null", "null" },
                { "observability.log_level", "ERROR", "\"ERROR\"" },
        };
        struct scene *s = *state;
        for (size_t i = 0; i < N_ELEMENTS(good); i++) {
                check_exit(set(s, good[i][0], good[i][1]), 0);
                check_value(s, good[i][0], good[i][2]);
        }
}

static void test_set_refuses_what_is_wrong_and_writes_nothing(void **state) {
        static const char *const bad[][3] = {
                { "restart.max_parallel", "many", "restart.max_parallel: must be an integer, 1..64 (is 'many')\n" },
                { "restart.max_parallel", "65", "restart.max_parallel: must be 1..64 (is 65)\n" },
                { "restart.mode", "sometimes", "restart.mode: must be one of both, health, on-failure (is 'sometimes')\n" },
                { "restart.mod", "both", "unknown key 'restart.mod' (did you mean restart.mode?)\n" },
                { "restart", "{}", "'restart' is a section: name one of the keys in it\n" },
                { "filters.whitelist_names", "web[",
                  "filters.whitelist_names: 'web[' is no pattern: a '[' without its ']', or a "
                  "backslash at its end\n" },
                { "filters.blacklist_labels", "[\"x\"]",
                  "filters.blacklist_labels[0]: must be an object of strings (is a string)\n" },
                { "monitor.label_key", "", "monitor.label_key: must not be empty\n" },
                { "alerts.webhook", "********", "alerts.webhook: ******** stands for a value that is not shown, and is none\n" },
                { "brake.enabled", "\033[31m", "brake.enabled: must be true or false (is '\\x1b[31m')\n" },
        };
        struct scene *s = *state;
        data_put(s, "config.json", PRESENT);
        AUTO_FREE char *before = state_snapshot(s);
        for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
                const struct output *o = set(s, bad[i][0], bad[i][1]);
                check_exit(o, 1);
                assert_string_equal(o->out, "");
                assert_string_equal(o->err, bad[i][2]);
        }
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(after, before);
}

static void test_an_unknown_key_makes_no_directory(void **state) {
        struct scene *s = *state;
        check_exit(set(s, "nothing.like.this", "1"), 1);
        assert_false(file_there(s->dir, "data"));
}

static void test_set_says_that_little_can_quarantine(void **state) {
        struct scene *s = *state;
        const struct output *o = set(s, "restart.cooldown_seconds", "3600");
        check_exit(o, 0);
        check_contains(o->err, "restart.max_restarts: 3 restarts take at least ");
}

static void test_settings_that_are_only_kept(void **state) {
        struct scene *s = *state;
        const struct output *o = set(s, "uptime_kuma.enabled", "true");
        check_exit(o, 0);
        check_contains(o->err, "WARNING: uptime_kuma.enabled: kept as it is, this version does nothing with it\n");
        check_exit(set(s, "uptime_kuma.auto_restart_on_down", "true"), 0);
        o = scene_run(s, "config validate");
        check_exit(o, 0);
        check_contains(
                o->out,
                "/config.json: warning: uptime_kuma.enabled, uptime_kuma.auto_restart_on_down: kept as it is, this version does "
                "nothing with it\n");
        check_contains(o->out, ": 0 errors, 1 warning\n");
        file_put(s->dir, "new.json", "{\"uptime_kuma\": {\"username\": \"u\"}}");
        AUTO_FREE char *path = path_join(s->dir, "new.json");
        o = scene_run(s, "config validate %s", path);
        check_contains(o->out, "/new.json: warning: uptime_kuma.username: kept as it is, this version does nothing with it\n");
        o = scene_run(s, "config import --yes %s", path);
        check_exit(o, 0);
        check_contains(o->err, "/new.json: uptime_kuma.username: kept as it is, this version does nothing with it\n");
        o = scene_run(s, "config unset ui.refresh_seconds");
        check_exit(o, 0);
        check_lacks(o->err, "does nothing");
        o = set(s, "restart.max_parallel", "3");
        check_lacks(o->err, "does nothing");
}

static void test_a_doubtful_variable_is_not_blamed_on_the_file(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_RESTART_MODE=on-failure");
        const struct output *o = scene_run(s, "ps -a -v");
        check_contains(o->err, "WARNING: environment: AUTOHEAL_RESTART_MODE: on-failure: unhealthy containers are not healed\n");
        check_lacks(o->err, "config.json");
}

static void test_set_refuses_what_nobody_can_mean(void **state) {
        struct scene *s = *state;
        const struct output *o = set(s, "restart.backoff.multiplier", "1e400");
        check_exit(o, 1);
        assert_string_equal(o->err, "restart.backoff.multiplier: must be a number that fits, >= 1.0 (is 1e400)\n");
        o = set(s, "monitor.label_key", "a\x1b[31m");
        check_exit(o, 1);
        assert_string_equal(o->err, "monitor.label_key: a label's key must not have control characters\n");
        o = set(s, "filters.blacklist_labels", "[{\"a\\u0007\": \"b\"}]");
        check_exit(o, 1);
        assert_string_equal(o->err, "filters.blacklist_labels[0]: a label's key must not have control characters\n");
        assert_false(file_there(s->dir, "data"));
        o = scene_run(s, "config export --output=");
        check_exit(o, 125);
        check_contains(o->err, "--output needs the name of a file, or '-' for standard output, not ''\n");
        data_put(s, "config.json", "{\"monitor\": {\"label_key\": \"a\\u0007\"}}");
        o = scene_run(s, "ps -v");
        check_exit(o, 0);
        check_contains(o->err, "monitor.label_key: a label's key has control characters\n");
}

static void test_set_says_who_wins(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web label=autoheal.cooldown=5m\ncontainer db label=autoheal.cooldown=soon\n"
                       "container evil label=autoheal.cooldown=1s\n");
        scene_env(s, "AUTOHEAL_RESTART_COOLDOWN_SECONDS=7");
        const struct output *o = set(s, "restart.cooldown_seconds", "120");
        check_exit(o, 0);
        check_contains(o->err, "WARNING: AUTOHEAL_RESTART_COOLDOWN_SECONDS is set in the environment and wins: 7 holds");
        check_contains(o->err, "WARNING: a label wins for ");
        check_contains(o->err, "web (autoheal.cooldown=5m)");
        check_contains(o->err, "evil (autoheal.cooldown=1s)");
        check_lacks(o->err, "db (");
        check_value(s, "restart.cooldown_seconds", "120");
        o = set(s, "restart.verify_seconds", "5");
        check_exit(o, 0);
        check_lacks(o->err, "wins");
}

static void test_set_needs_no_engine(void **state) {
        struct scene *s = *state;
        scene_world(s, "fault any hang\n");
        const struct output *o = set(s, "restart.cooldown_seconds", "120");
        check_exit(o, 0);
        assert_string_equal(o->err, "");
        scene_env(s, "DOCKER_HOST=unix:///nonexistent/docker.sock");
        o = set(s, "restart.cooldown_seconds", "121");
        check_exit(o, 0);
        assert_string_equal(o->err, "");
        check_value(s, "restart.cooldown_seconds", "121");
}

static void test_another_engines_directory_is_not_changed(void **state) {
        struct scene *s = *state;
        scene_first_pass(s);
        scene_env(s, "DOCKER_HOST=unix:///nonexistent/docker.sock");
        const struct output *o = set(s, "restart.cooldown_seconds", "120");
        check_exit(o, 78);
        check_contains(o->err, "belongs to the engine at ");
        assert_false(file_there(s->data, "config.json"));
        check_exit(scene_run(s, "config unset restart.cooldown_seconds"), 78);
}

static void test_a_file_that_does_not_parse_is_never_overwritten(void **state) {
        static const char *const commands[] = { "config set restart.mode both", "config unset restart.mode", "config show",
                                                "config export", "config get restart.mode" };
        struct scene *s = *state;
        data_put(s, "config.json", "{\n \"restart\": {\"mode\": both}\n}\n");
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                const struct output *o = scene_run(s, "%s", commands[i]);
                check_exit(o, 78);
                assert_string_equal(o->out, "");
                check_contains(o->err, "/config.json: line 2, column 22: ");
        }
        check_config(s, "{\n \"restart\": {\"mode\": both}\n}\n");
}

static void test_one_error_after_the_other_can_be_mended(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json", "{\"restart\": {\"mode\": \"never\", \"max_parallel\": 99}}");
        check_exit(scene_run(s, "run"), 78);
        const struct output *o = set(s, "restart.mode", "both");
        check_exit(o, 0);
        check_contains(o->err, "restart.max_parallel: must be 1..64 (is 99): nothing is healed until that is mended");
        check_exit(set(s, "restart.max_parallel", "9"), 0);
        check_config(s, "{\"restart\": {\"mode\": \"both\", \"max_parallel\": 9}}");
        check_exit(scene_run(s, "run"), 0);
}

static void test_twenty_at_once_are_all_there(void **state) {
        static const char *const keys[] = {
                "restart.cooldown_seconds",
                "restart.start_grace_seconds",
                "restart.exit_grace_seconds",
                "restart.verify_seconds",
                "restart.max_exit_age_seconds",
                "restart.deploy_hold_seconds",
                "restart.max_restarts",
                "restart.max_restarts_window_seconds",
                "restart.max_parallel",
                "restart.backoff.initial_seconds",
                "restart.backoff.max_seconds",
                "brake.min_failing",
                "brake.max_unavailable",
                "brake.restarts_per_interval",
                "brake.max_failing_percent",
                "ui.max_log_entries",
                "ui.listen_port",
                "observability.metrics_port",
                "monitor.interval_seconds",
                "restart.release_seconds",
        };
        struct scene *s = *state;
        pid_t pids[N_ELEMENTS(keys)];
        /* Of several who make the directory, all but one are told to run it again. */
        check_exit(set(s, "brake.enabled", "true"), 0);
        for (size_t i = 0; i < N_ELEMENTS(keys); i++) {
                char line[128];
                (void)snprintf(line, sizeof(line), "config set %s 4%zu", keys[i], i % 10);
                pids[i] = scene_start(s, line);
        }
        for (size_t i = 0; i < N_ELEMENTS(keys); i++)
                assert_int_equal(run_end(pids[i], 0), 0);
        for (size_t i = 0; i < N_ELEMENTS(keys); i++) {
                char value[8];
                (void)snprintf(value, sizeof(value), "4%zu", i % 10);
                check_value(s, keys[i], value);
        }
        assert_int_equal(count_events(s, "config", NULL), N_ELEMENTS(keys) + 1);
}

static void test_secrets_are_in_no_event_and_no_output(void **state) {
        struct scene *s = *state;
        const struct output *o = set(s, "alerts.webhook", "https://hook/very-secret");
        check_exit(o, 0);
        assert_string_equal(o->out, "alerts.webhook set to ******** (was null)\n");
        o = set(s, "notifications.services",
                "[{\"name\":\"n\",\"type\":\"ntfy\",\"username\":\"u\",\"password\":\"very-secret\",\"topic\":\"t\"}]");
        check_exit(o, 0);
        check_lacks(o->out, "very-secret");
        check_contains(o->out, "\"topic\":\"t\"");
        static const char *const commands[] = { "config",        "config show alerts",  "config show --format json",
                                                "config export", "config validate",     "config get alerts.webhook",
                                                "events",        "events --format json" };
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                o = scene_run(s, "%s", commands[i]);
                check_exit(o, 0);
                check_lacks(o->out, "very-secret");
                check_lacks(o->err, "very-secret");
        }
        assert_string_equal(scene_run(s, "config get --secrets alerts.webhook")->out, "https://hook/very-secret\n");
        check_contains(scene_run(s, "config export --secrets")->out, "very-secret");
        check_contains(scene_run(s, "config show --secrets --no-trunc alerts")->out, " https://hook/very-secret ");
        AUTO_FREE char *events = data_get(s, "events.json");
        check_lacks(events, "very-secret");
}

/* ---- unset, get, show ---- */

static void test_unset_takes_keys_out(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json", PRESENT);
        const struct output *o = scene_run(s, "config unset restart.mode restart.max_restarts brake.enabled mine");
        check_exit(o, 0);
        assert_string_equal(o->out, "restart.mode unset (default: both)\nrestart.max_restarts unset (default: 3)\nmine unset\n");
        check_contains(o->err, "brake.enabled is not set in config.json\n");
        check_config(s, "{\n    \"alerts\": {\"webhook\": \"https://hook/very-secret\"}\n}\n");
        assert_int_equal(count_events(s, "config", NULL), 3);
        o = scene_run(s, "config unset alerts.webhook nonsense");
        check_exit(o, 1);
        assert_string_equal(o->out, "");
        check_contains(o->err, "unknown key 'nonsense'");
        check_exit(scene_run(s, "config unset alerts"), 0);
        check_config(s, "{}\n");
}

static void test_get_prints_what_holds(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json", PRESENT);
        assert_string_equal(scene_run(s, "config get restart.mode")->out, "health\n");
        assert_string_equal(scene_run(s, "config get restart.cooldown_seconds")->out, "60\n");
        assert_string_equal(scene_run(s, "config get containers.selected")->out, "[]\n");
        assert_string_equal(scene_run(s, "config get mine")->out, "{\"x\":1}\n");
        assert_string_equal(scene_run(s, "config get alerts.webhook")->out, "********\n");
        scene_env(s, "AUTOHEAL_RESTART_MODE=both");
        assert_string_equal(scene_run(s, "config get restart.mode")->out, "both\n");
        static const char *const bad[][2] = {
                { "restart.mod", "unknown key 'restart.mod' (did you mean restart.mode?)\n" },
                { "restart", "'restart' is a section: 'config show restart' lists the keys in it\n" },
                { "uptime_kuma.enabled", "'uptime_kuma.enabled' is not set\n" },
        };
        for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
                const struct output *o = scene_run(s, "config get %s", bad[i][0]);
                check_exit(o, 1);
                assert_string_equal(o->out, "");
                assert_string_equal(o->err, bad[i][1]);
        }
        assert_int_equal(fake_count(s->fake, ""), 0);
}

static void test_show_names_the_source_of_each_value(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json", PRESENT);
        scene_env(s, "AUTOHEAL_RESTART_MAX_RESTARTS=4");
        const struct output *o = scene_run(s, "config show --format json");
        check_exit(o, 0);
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        struct json_value v = json_line_where(&lines, "key", "restart.max_restarts");
        check_keys(v, "key, value, source, meaning, default, type, range, variable, in_file");
        check_json(v, "value", "4");
        check_json(v, "source", "\"AUTOHEAL_RESTART_MAX_RESTARTS\"");
        check_json(v, "in_file", "2");
        check_json(v, "default", "3");
        check_json(json_line_where(&lines, "key", "restart.mode"), "source", "\"config.json\"");
        check_json(json_line_where(&lines, "key", "restart.verify_seconds"), "source", "\"default\"");
        v = json_line_where(&lines, "key", "alerts.webhook");
        check_json(v, "value", "\"********\"");
        check_lacks(o->out, "uptime_kuma.enabled");
}

static void test_show_takes_keys_and_sections(void **state) {
        struct scene *s = *state;
        const struct output *o = scene_run(s, "config show restart.backoff uptime_kuma.enabled --format {{.Key}}={{.Value}}");
        check_exit(o, 0);
        assert_string_equal(o->out, "restart.backoff.enabled=true\nrestart.backoff.initial_seconds=10\n"
                                    "restart.backoff.multiplier=2.0\nrestart.backoff.max_seconds=300\nuptime_kuma.enabled=\n");
        o = scene_run(s, "config show restart nonsense");
        check_exit(o, 1);
        assert_string_equal(o->out, "");
        o = scene_run(s, "config");
        check_exit(o, 0);
        check_contains(o->out, "KEY ");
        check_contains(o->out, "monitor.interval_seconds ");
        assert_false(file_there(s->dir, "data"));
        assert_int_equal(fake_count(s->fake, ""), 0);
}

static void test_show_what_cannot_be_used(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json", "{\"restart\": {\"mode\": \"never\\u001b[1m\"}}");
        scene_env(s, "AUTOHEAL_BRAKE_MIN_FAILING=few");
        const struct output *o = scene_run(s, "config show restart.mode brake.min_failing");
        check_exit(o, 78);
        check_printable(o);
        check_contains(o->out, "never\\x1b[1m");
        check_contains(o->out, "few");
        check_contains(o->err, "restart.mode: must be one of ");
        check_contains(o->err, "environment: AUTOHEAL_BRAKE_MIN_FAILING: must be an integer (is 'few')");
}

/* ---- validate, export ---- */

static void test_validate_names_everything_and_its_place(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json", "{\"restrat\": {\"mode\": 1},\n \"restart\": {\"max_parallel\": 99,\n  \"mode\": \"never\"}}");
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=30s");
        scene_env(s, "AUTOHEAL_NONSENSE=1");
        const struct output *o = scene_run(s, "config validate");
        check_exit(o, 78);
        assert_string_equal(o->err, "");
        const char *last = o->out;
        static const char *const lines[] = {
                "/data/config.json:3:11: error: restart.mode: must be one of both, health, on-failure (is 'never')\n",
                "/data/config.json:2:30: error: restart.max_parallel: must be 1..64 (is 99)\n",
                "environment: error: AUTOHEAL_MONITOR_INTERVAL_SECONDS: must be an integer (is '30s')\n",
                "/data/config.json:1:14: warning: restrat.mode: unknown key, kept as it is (did you mean restart.mode?)\n",
                "environment: warning: AUTOHEAL_NONSENSE: unknown variable, ignored\n",
                "/data/config.json: 3 errors, 2 warnings\n",
        };
        for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
                check_contains(last, lines[i]);
                last = strstr(last, lines[i]);
        }
}

static void test_validate_a_file_alone(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=30s");
        file_put(s->dir, "new.json", "{\"ui\": {\"listen_port\": \"0\"}}");
        const struct output *o = scene_run(s, "config validate %s/new.json", s->dir);
        check_exit(o, 78);
        check_contains(o->out, "/new.json:1:24: error: ui.listen_port: must be 1..65535 (is 0)\n");
        const char *words[] = { "config", "validate", "-", NULL };
        o = scene_run_ask(s, words, (struct run_ask){ .stdin_text = "{}" });
        check_exit(o, 0);
        assert_string_equal(o->out, "standard input: valid\n");
        o = scene_run_ask(s, words, (struct run_ask){ .stdin_text = "{\"a\":}" });
        check_exit(o, 78);
        check_contains(o->out, "standard input: line 1, column 6: ");
        check_contains(o->out, "standard input: 1 error, 0 warnings\n");
        o = scene_run(s, "config validate %s/none.json", s->dir);
        check_exit(o, 1);
        check_contains(o->err, "none.json': No such file or directory");
        o = scene_run(s, "config validate %s", s->dir);
        check_exit(o, 1);
        check_contains(o->err, ": Is a directory");
        assert_false(file_there(s->dir, "data"));
}

static void test_validate_without_a_file_of_ones_own(void **state) {
        struct scene *s = *state;
        const struct output *o = scene_run(s, "config validate");
        check_exit(o, 0);
        assert_string_equal(o->out, "without a config.json: valid\n");
}

static void test_export_makes_a_new_file_only(void **state) {
        struct scene *s = *state;
        struct stat st;
        data_put(s, "config.json", PRESENT);
        const struct output *o = scene_run(s, "config export");
        check_exit(o, 0);
        assert_string_equal(o->out, "{\n  \"mine\": {\n    \"x\": 1\n  },\n  \"restart\": {\n    \"mode\": \"health\",\n"
                                    "    \"max_restarts\": 2\n  },\n  \"alerts\": {\n    \"webhook\": \"********\"\n  }\n}\n");
        AUTO_FREE char *path = path_join(s->dir, "out.json");
        check_silent(scene_run(s, "config export --secrets -o %s", path));
        AUTO_FREE char *text = file_get(s->dir, "out.json");
        check_contains(text, "very-secret");
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        o = scene_run(s, "config export -o %s", path);
        check_exit(o, 1);
        check_contains(o->err, "exists: remove it, or choose another name");
        AUTO_FREE char *again = file_get(s->dir, "out.json");
        assert_string_equal(again, text);
}

/* ---- import ---- */

static const struct output *import(struct scene *s, const char *text, const char *flags) {
        file_put(s->dir, "new.json", text);
        return scene_run(s, "config import %s %s/new.json", flags, s->dir);
}

static void test_import_shows_what_changes_and_keeps_a_copy(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json", PRESENT);
        const char *text = "{ \"restart\": { \"mode\": \"both\", \"verify_seconds\": 5 },\n \"mine\": 7,\n"
                           " \"alerts\": { \"webhook\": \"********\" } }";
        const char *diff = "mine: {\"x\":1} -> 7\n"
                           "restart.mode: \"health\" -> \"both\"\n"
                           "restart.max_restarts: removed: 2\n"
                           "restart.verify_seconds: added: 5\n";
        AUTO_FREE char *before = data_snapshot(s);
        const struct output *o = import(s, text, "--dry-run");
        check_exit(o, 0);
        assert_string_equal(o->out, diff);
        AUTO_FREE char *after = data_snapshot(s);
        assert_string_equal(after, before);

        o = import(s, text, "--yes");
        check_exit(o, 0);
        assert_true(strncmp(o->out, diff, strlen(diff)) == 0);
        check_contains(o->out, "config.json was replaced, the one before is config.json.bak-20");
        check_config(s, "{ \"restart\": { \"mode\": \"both\", \"verify_seconds\": 5 },\n \"mine\": 7,\n"
                        " \"alerts\": { \"webhook\": \"https://hook/very-secret\" } }");
        assert_int_equal(count_copies(s), 1);
        assert_int_equal(count_events(s, "config", NULL), 1);
        AUTO_FREE char *events = data_get(s, "events.json");
        check_contains(events, "which changes mine, restart.mode, restart.max_restarts, restart.verify_seconds");
        check_contains(events, "config.json.bak-20");

        o = import(s, text, "--yes");
        check_exit(o, 0);
        assert_string_equal(o->out, "nothing would change: config.json says the same\n");
        assert_int_equal(count_copies(s), 1);
}

static void test_import_names_all_errors_and_changes_nothing(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json", PRESENT);
        AUTO_FREE char *before = state_snapshot(s);
        const struct output *o =
                import(s,
                       "{\"restrat\": {\"mode\": 1}, \"yours\": 1, \"mine\": 2, \"uptime_kuma\": {\"enabled\": true},"
                       "\"restart\": {\"max_parallel\": 0, \"cooldown_seconds\": \"5\"},"
                       "\"notifications\": {\"services\": [{\"name\": \"n\", \"type\": \"gotify\", \"server_url\": \"https://g\", "
                       "\"app_token\": \"********\"}]}}",
                       "--yes");
        check_exit(o, 1);
        assert_string_equal(o->out, "");
        check_contains(o->err, "restrat.mode: unknown key (did you mean restart.mode?)\n");
        check_contains(o->err, "yours: unknown key\n");
        check_contains(o->err, "restart.max_parallel: must be 1..64 (is 0)\n");
        check_contains(o->err, "restart.cooldown_seconds: must be an integer (is a string)\n");
        check_contains(o->err, "notifications.services[0].app_token: is masked, and there is nothing in place to keep\n");
        check_contains(o->err, "/new.json: 5 errors, nothing was changed\n");
        check_lacks(o->err, "mine");
        check_lacks(o->err, "uptime_kuma");
        o = import(s, "{\"a\": 1,}", "--yes");
        check_exit(o, 1);
        check_contains(o->err, "/new.json: line 1, column 9: ");
        o = import(s, "[]", "--yes");
        check_exit(o, 1);
        check_contains(o->err, "/new.json: must be an object (is an array)");
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(after, before);
}

static void test_import_asks(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json", PRESENT);
        const struct output *o = import(s, "{}", "");
        check_exit(o, 1);
        check_contains(o->out, "restart.mode: removed: \"health\"\n");
        check_contains(o->err, "importing needs a confirmation: add --yes");
        check_config(s, PRESENT);
        static const struct {
                const char *answer, *out;
                bool replaced;
        } answers[] = { { "n\n", "Are you sure", false }, { "y\n", "config.json was replaced", true } };
        AUTO_FREE char *path = path_join(s->dir, "new.json");
        const char *argv[] = { getenv("AUTOHEAL_BIN"), "config", "import", path, NULL };
        for (size_t i = 0; i < N_ELEMENTS(answers); i++) {
                struct run_ask ask = { .argv = argv, .env = (const char *const *)(const void *)s->env };
                struct terminal t;
                terminal_start(&t, s->dir, &ask, TERMINAL_ALL);
                terminal_await(&t, "Are you sure you want to continue? [y/N]");
                terminal_type(&t, answers[i].answer);
                assert_int_equal(terminal_end(&t), 0);
                AUTO_FREE char *is = data_get(s, "config.json");
                assert_int_equal(str_eq(is, "{}"), answers[i].replaced);
        }
        assert_int_equal(count_copies(s), 1);
}

static void test_import_replaces_a_file_that_does_not_parse(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json", "{\"restart\":");
        const struct output *o = import(s, "{\"restart\": {\"mode\": \"health\"}}", "--yes");
        check_exit(o, 0);
        check_contains(o->err, "/config.json: line 1, column 12: ");
        check_contains(o->out, "restart.mode: added: \"health\"\n");
        check_config(s, "{\"restart\": {\"mode\": \"health\"}}");
        assert_int_equal(count_copies(s), 1);
}

static void test_import_into_nothing_and_from_standard_input(void **state) {
        struct scene *s = *state;
        const struct output *o = scene_run_ask(s, (const char *[]){ "config", "import", "--yes", "-", NULL },
                                               (struct run_ask){ .stdin_text = "{\"brake\": {\"min_failing\": 9}}\n" });
        check_exit(o, 0);
        assert_string_equal(o->out, "brake.min_failing: added: 9\nconfig.json was made\n");
        check_config(s, "{\"brake\": {\"min_failing\": 9}}\n");
        assert_int_equal(count_copies(s), 0);
        o = scene_run_ask(s, (const char *[]){ "config", "import", "--dry-run", "-", NULL },
                          (struct run_ask){ .stdin_text = "{}" });
        check_exit(o, 0);
        assert_string_equal(o->out, "brake.min_failing: removed: 9\n");
}

static void test_what_was_exported_comes_back(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json",
                 "{\"notifications\": {\"services\": [{\"name\": \"a\", \"url\": \"https://secret-a\"}, {\"name\": \"b\", \"url\": "
                 "\"https://secret-b\"}]}}");
        AUTO_FREE char *path = path_join(s->dir, "out.json");
        check_exit(scene_run(s, "config export -o %s", path), 0);
        const struct output *o = scene_run(s, "config import --yes %s", path);
        check_exit(o, 0);
        assert_string_equal(o->out, "nothing would change: config.json says the same\n");
        o = import(s,
                   "{\"notifications\": {\"services\": [{\"name\": \"b\", \"url\": \"********\"}, {\"name\": \"c\", \"url\": "
                   "\"https://secret-c\"}]}}",
                   "--yes");
        check_exit(o, 0);
        check_lacks(o->out, "secret");
        check_config(s, "{\"notifications\": {\"services\": [{\"name\": \"b\", \"url\": \"https://secret-b\"}, {\"name\": \"c\", "
                        "\"url\": \"https://secret-c\"}]}}");
}

static void test_a_full_disk_leaves_the_old_file(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json", PRESENT);
        const struct output *o = scene_run_ask(s, (const char *[]){ "config", "set", "restart.mode", "both", NULL },
                                               (struct run_ask){ .disk_full = true });
        assert_int_not_equal(o->exit_code, 0);
        check_config(s, PRESENT);
        file_put(s->dir, "new.json", "{}");
        AUTO_FREE char *path = path_join(s->dir, "new.json");
        o = scene_run_ask(s, (const char *[]){ "config", "import", "--yes", path, NULL }, (struct run_ask){ .disk_full = true });
        assert_int_not_equal(o->exit_code, 0);
        check_config(s, PRESENT);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_set_writes_one_key_and_leaves_the_rest),
                scene_test(test_set_makes_the_file),
                scene_test(test_set_takes_values_by_the_keys_type),
                scene_test(test_set_refuses_what_is_wrong_and_writes_nothing),
                scene_test(test_an_unknown_key_makes_no_directory),
                scene_test(test_set_says_that_little_can_quarantine),
                scene_test(test_settings_that_are_only_kept),
                scene_test(test_a_doubtful_variable_is_not_blamed_on_the_file),
                scene_test(test_set_refuses_what_nobody_can_mean),
                scene_test(test_set_says_who_wins),
                scene_test(test_set_needs_no_engine),
                scene_test(test_another_engines_directory_is_not_changed),
                scene_test(test_a_file_that_does_not_parse_is_never_overwritten),
                scene_test(test_one_error_after_the_other_can_be_mended),
                scene_test(test_twenty_at_once_are_all_there),
                scene_test(test_secrets_are_in_no_event_and_no_output),
                scene_test(test_unset_takes_keys_out),
                scene_test(test_get_prints_what_holds),
                scene_test(test_show_names_the_source_of_each_value),
                scene_test(test_show_takes_keys_and_sections),
                scene_test(test_show_what_cannot_be_used),
                scene_test(test_validate_names_everything_and_its_place),
                scene_test(test_validate_a_file_alone),
                scene_test(test_validate_without_a_file_of_ones_own),
                scene_test(test_export_makes_a_new_file_only),
                scene_test(test_import_shows_what_changes_and_keeps_a_copy),
                scene_test(test_import_names_all_errors_and_changes_nothing),
                scene_test(test_import_asks),
                scene_test(test_import_replaces_a_file_that_does_not_parse),
                scene_test(test_import_into_nothing_and_from_standard_input),
                scene_test(test_what_was_exported_comes_back),
                scene_test(test_a_full_disk_leaves_the_old_file),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
