/* SPDX-License-Identifier: MIT */
/* --format of every command: templates, own tables, JSON, what a mistake is answered, and that nothing is asked before. */
#include "support/scene.h"

#include "autoheal/util/buf.h"

#define WORLD                                                                                                                      \
        "container web health=unhealthy label=autoheal=true image=\"shop/web:2\"\n"                                                \
        "container db health=healthy label=autoheal=true\n"                                                                        \
        "container plain\n"

/* Every command that prints what --format says, with what it needs. */
static const char *const commands[][4] = {
        { "ps", "-a" }, { "run", "--dry-run", "-v" }, { "check", "-v" }, { "explain", "web" }, { "status" },
        { "events" },   { "maintenance", "status" },  { "version" }
};

static const struct output *run_format(struct scene *s, const char *const command[4], const char *format, bool on_terminal) {
        const char *argv[8] = { NULL };
        size_t n = 0;
        for (; n < 4 && command[n]; n++)
                argv[n] = command[n];
        argv[n++] = "--format";
        argv[n] = format;
        return scene_run_ask(s, argv, (struct run_ask){ .on_terminal = on_terminal });
}

static const struct output *ps_format(struct scene *s, const char *format) {
        return run_format(s, commands[0], format, false);
}

/* Something in the history, and something under maintenance. */
static void make_history(struct scene *s) {
        scene_world(s, WORLD);
        check_exit(scene_run(s, "run"), 0);
        check_exit(scene_run(s, "maintenance on project:shop --reason disks"), 0);
}

/* ---- Templates ---- */

static void check_ps(struct scene *s, const char *format, const char *expected) {
        const struct output *o = ps_format(s, format);
        check_exit(o, 0);
        assert_string_equal(o->err, "");
        assert_string_equal(o->out, expected);
}

static void test_rows_of_a_template(void **state) {
        struct scene *s = *state;
        scene_world(s, WORLD);
        check_ps(s, "{{.Name}}\\t{{.Verdict}}", "web\tfailing\ndb\tok\nplain\tok\n");
        check_ps(s, " {{.Name}} {{.Restarts}}/{{.MaxRestarts}} {{.Monitored}} {{.Error}} ",
                 "web 0/3 true \ndb 0/3 true \nplain 0/3 false \n");
        check_ps(s, "{{if .Health}}{{upper .Name}}={{.Health}}{{else}}-{{end}}", "WEB=unhealthy\nDB=healthy\n-\n");
        check_ps(s, "{{json .Name}}{{json .Health}}{{json .Restarts}}",
                 "\"web\"\"unhealthy\"0\n\"db\"\"healthy\"0\n\"plain\"null0\n");
        check_ps(s, "{{.VerdictText}}|{{.MonitoredText}}|{{.RestartsText}}|{{.QuarantinedText}}|{{.NextAction}}",
                 "failing (unhealthy)|yes|0/3|no|restart\nok|yes|0/3|no|none\n|no (not-monitored)||no|\n");
        check_ps(s, "table {{.Name}}\\t{{lower .Image}}\\t{{.Verdict}}",
                 "NAME      IMAGE        VERDICT\nweb       shop/web:2   failing\ndb        app:1        ok\nplain     app:1       "
                 " ok\n");
}

static void test_ids(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        const struct output *o = scene_run(s, "ps --format {{.ID}}");
        assert_int_equal(o->out_len, 13);
        o = scene_run(s, "ps --no-trunc --format {{.ID}}");
        assert_int_equal(o->out_len, 65);
}

static void test_times(void **state) {
        struct scene *s = *state;
        const char *const status[4] = { "status" };
        make_history(s);
        const struct output *o = run_format(s, status, "{{.LastPass}}", false);
        check_exit(o, 0);
        check_contains(o->out, "+00:00\n");
        o = run_format(s, status, "{{.LastPass}}", true);
        check_exit(o, 0);
        check_contains(o->out, " ago");
        o = run_format(s, status, "{{json .LastPass}}", true);
        check_contains(o->out, "+00:00\"");
}

static void test_status_and_its_inner_object(void **state) {
        struct scene *s = *state;
        const char *const status[4] = { "status" };
        make_history(s);
        const struct output *o = run_format(s, status, "{{.Engine.Connected}} {{.TotalContainers}} {{.MaintenanceMode}}", false);
        check_exit(o, 0);
        assert_string_equal(o->out, "true 3 false\n");
        o = run_format(s, status, "{{json .Engine}}", false);
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        check_keys(json_root(lines.docs[0]), "endpoint, connected, version, api_version");
        o = run_format(s, status, "table {{.Engine.Connected}}\\t{{.FailingContainers}}", false);
        check_exit(o, 1);
        check_contains(o->err, "': must be json or a template such as '{{.Engine.Endpoint}}'\n");
}

/* What is not known prints nothing, and the exit code still tells. */
static void test_status_without_an_engine(void **state) {
        struct scene *s = *state;
        const char *const status[4] = { "status" };
        make_history(s);
        scene_env(s, "DOCKER_HOST=unix:///nowhere/docker.sock");
        const struct output *o = run_format(s, status, "[{{.Engine.Connected}}][{{.Engine.Version}}][{{.TotalContainers}}]", false);
        check_exit(o, 1);
        assert_string_equal(o->out, "[false][][]\n");
}

static void test_explain_has_its_rules(void **state) {
        struct scene *s = *state;
        const char *const explain[4] = { "explain", "web" };
        scene_world(s, WORLD);
        const struct output *o = run_format(s, explain, "{{json .Rules}}", false);
        check_exit(o, 0);
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        assert_int_equal(json_type(json_root(lines.docs[0])), JSON_ARRAY);
        assert_true(json_count(json_root(lines.docs[0])) > 5);
        o = run_format(s, explain, "{{json .}}", false);
        struct json_lines object AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&object, o->out);
        assert_int_equal(json_type(json_get(json_root(object.docs[0]), "rules")), JSON_ARRAY);
}

static void test_events(void **state) {
        struct scene *s = *state;
        const char *const events[4] = { "events", "--type", "restart" };
        make_history(s);
        const struct output *o =
                run_format(s, events, "{{.Container}} {{.EventType}} {{.Status}} {{.RestartCount}} {{.Reason}}", false);
        check_exit(o, 0);
        assert_string_equal(o->out, "web restart success 1 unhealthy\n");
}

/* Keys of other programs are printed, but nothing that a terminal would act on. */
static void test_foreign_events(void **state) {
        struct scene *s = *state;
        data_put(s, "events.json",
                 "[{\"timestamp\": \"2025-10-31T13:57:51+00:00\", \"container_name\": \"web (web)\", \"message\": \"\xc2\x9b"
                 "31m\xe2\x80\xae\", "
                 "\"theirs\": {\"a\": [1.50, \"\\u00e9\", \"\xc3\xa9\"]}}]\n");
        const struct output *o = scene_run(s, "events --format json");
        check_exit(o, 0);
        check_printable(o);
        assert_string_equal(o->out, "{\"timestamp\":\"2025-10-31T13:57:51+00:00\",\"container_name\":\"web (web)\",\"message\":"
                                    "\"\\u009b31m\\u202e\",\"theirs\":{\"a\":[1.50,\"\\u00e9\",\"\xc3\xa9\"]}}\n");
        o = scene_run(s, "events --format {{.Container}}={{.Message}}");
        check_exit(o, 0);
        check_printable(o);
        assert_string_equal(o->out, "web=\\u{009b}31m\\u{202e}\n");
}

/* ---- JSON ---- */

static void test_json_is_the_object(void **state) {
        struct scene *s = *state;
        make_history(s);
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                /* The one has a summary, the other tells how long ago things were. */
                if (strcmp(commands[i][0], "run") == 0 || strcmp(commands[i][0], "explain") == 0)
                        continue;
                AUTO_FREE char *json = xstrdup(run_format(s, commands[i], "json", false)->out);
                assert_true(json[0] == '{');
                assert_string_equal(run_format(s, commands[i], "{{json .}}", false)->out, json);
                assert_string_equal(run_format(s, commands[i], " json ", false)->out, json);
        }
}

/* With JSON the summary is the last line; a template is for the rows only. Neither has lines for people between. */
static void test_run(void **state) {
        struct scene *s = *state;
        const char *const run[4] = { "run" };
        scene_world(s, WORLD);
        const struct output *o = run_format(s, run, "{{.Name}}: {{.ActionText}}: {{.Result}}", false);
        check_exit(o, 0);
        assert_string_equal(o->out, "web: restarted: success\ndb: none: \n");
        o = run_format(s, run, "json", false);
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        assert_int_equal(lines.n, 3);
        check_json(json_root(lines.docs[2]), "summary.monitored", "2");
}

/* On a terminal too. */
static void test_run_on_a_terminal(void **state) {
        struct scene *s = *state;
        const char *const run[4] = { "run" };
        scene_world(s, WORLD);
        const struct output *o = run_format(s, run, "table {{.Name}}\\t{{.Decision}}", true);
        check_exit(o, 0);
        assert_string_equal(o->out, "NAME      DECISION\nweb       restart\ndb        none\n");
}

static void test_check(void **state) {
        struct scene *s = *state;
        const char *const check[4] = { "check" };
        scene_world(s, WORLD);
        const struct output *o = run_format(s, check, "{{.Name}}!", false);
        check_exit(o, 1);
        assert_string_equal(o->out, "web!\n");
}

static bool has_table(const char *const command[4]) {
        static const char *const without[] = { "check", "explain", "status", "version" };
        for (size_t i = 0; i < N_ELEMENTS(without); i++)
                if (str_eq(command[0], without[i]))
                        return false;
        return true;
}

static void test_table_is_the_default(void **state) {
        struct scene *s = *state;
        make_history(s);
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                AUTO_FREE char *first = xstrdup(run_format(s, commands[i], "", false)->out);
                first[strcspn(first, "\n")] = '\0';
                const struct output *o = run_format(s, commands[i], "table", false);
                if (!has_table(commands[i])) {
                        check_exit(o, str_eq(commands[i][0], "check") ? 125 : 1);
                        check_contains(o->err, "invalid format 'table': must be json or a template such as '{{.");
                        continue;
                }
                assert_int_equal(strncmp(o->out, first, strlen(first)), 0);
                assert_true(o->out_len > 0);
        }
}

static void test_no_rows(void **state) {
        struct scene *s = *state;
        const char *const maintenance[4] = { "maintenance", "status" };
        check_ps(s, "json", "");
        check_ps(s, "{{.Name}}", "");
        check_ps(s, "table {{.Name}}\\t{{.Verdict}}", "NAME      VERDICT\n");
        assert_string_equal(run_format(s, maintenance, "{{.Scope}}", false)->out, "");
        assert_string_equal(run_format(s, maintenance, "table {{.Scope}}", false)->out, "SCOPE\n");
        assert_string_equal(run_format(s, maintenance, "table", false)->out, "maintenance is off\n");
}

/* ---- Quiet ---- */

static void test_quiet_wins(void **state) {
        struct scene *s = *state;
        const char *lines[] = { "ps -q --format json", "ps -q --format {{.Nope", "check -q --format {{.Name}}",
                                "run --dry-run -q --format json" };
        scene_world(s, "container web health=unhealthy label=autoheal=true\n");
        for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
                const struct output *o = scene_run(s, "%s", lines[i]);
                assert_string_equal(o->out, "web\n");
                assert_string_equal(o->err, "WARNING: Ignoring custom format, because both --format and --quiet are set.\n");
        }
}

/* ---- Mistakes ---- */

static void test_mistakes_come_before_all_else(void **state) {
        struct scene *s = *state;
        const struct {
                const char *format, *message;
        } mistakes[] = { { "{{json .", "failed to parse template: template: :1: unclosed action\n" },
                         { "table {{", NULL },
                         { "{{.\033[31m}}", "failed to parse template: template: :1: bad character U+001B '\\x1b'\n" },
                         { "yaml", NULL } };
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                for (size_t k = 0; k < N_ELEMENTS(mistakes); k++) {
                        const struct output *o = run_format(s, commands[i], mistakes[k].format, false);
                        check_exit(o, strcmp(commands[i][0], "check") == 0 ? 125 : 1);
                        assert_string_equal(o->out, "");
                        check_printable(o);
                        if (mistakes[k].message)
                                check_contains(o->err, mistakes[k].message);
                        else if (has_table(commands[i]))
                                check_contains(o->err,
                                               k == 1 ? "failed to parse template: template: :1: unclosed action\n"
                                                      : "invalid format 'yaml': must be table, json or a template such as '{{.");
                        else
                                check_contains(o->err, "': must be json or a template such as '{{.");
                }
        }
        assert_int_equal(fake_count(s->fake, ""), 0);
        assert_false(file_there(s->data, "pass.lock"));
}

/* The fields that the error about an unknown one lists, to be freed. */
static char *list_fields(struct scene *s, const char *const command[4], const char *format, const char *before) {
        const struct output *o = run_format(s, command, format, false);
        check_contains(o->err, before);
        char *list = xstrdup(strstr(o->err, before) + strlen(before));
        list[strcspn(list, "\n")] = '\0';
        return list;
}

/* None is cut off, and each works. */
static void test_listed_fields_are_there(void **state) {
        struct scene *s = *state;
        make_history(s);
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                AUTO_FREE char *fields = list_fields(s, commands[i], "{{.Nope}}", "can't evaluate field Nope: the fields are ");
                AUTO_FREE char *again = list_fields(s, commands[i], "{{range .Nope}}", "if/else/end and the fields ");
                assert_string_equal(fields, again);
                struct buf template AUTO(buf_release) = BUF_INIT(4096);
                struct slice rest = slice_str(fields), name;
                while (slice_split(&rest, ',', &name)) {
                        slice_skip_blanks(&name);
                        assert_true(name.n > 0);
                        buf_addf(&template, "{{.%.*s}} {{json .%.*s}}\\n", (int)name.n, name.p, (int)name.n, name.p);
                }
                const struct output *o = run_format(s, commands[i], buf_str(&template), false);
                assert_string_equal(o->err, "");
                assert_true(o->out_len > 0);
        }
}

/* ---- Hostile values ---- */

static void test_nothing_hostile_is_printed(void **state) {
        struct scene *s = *state;
        const char *formats[] = { "{{.Name}}{{.Image}}{{.Detail}}", "table {{.Name}}\\t{{.Image}}\\t{{.VerdictDetail}}",
                                  "{{upper .Image}}{{truncate .Image 5}}", "{{pad .Image 1 1}}{{join .Image \" \"}}",
                                  "{{json .Image}}{{json .}}{{.}}" };
        scene_world(s, "container \"ev\\e[31m\\n\\ril\" health=unhealthy label=autoheal=true "
                       "image=\"im\\e]0;t\\x07\\xc2\\x9b\\xff\\xe2\\x80\\xae\"\n");
        for (size_t i = 0; i < N_ELEMENTS(formats); i++) {
                const struct output *o = ps_format(s, formats[i]);
                check_exit(o, 0);
                check_printable(o);
                check_lacks(o->out, "\xe2\x80\xae");
                check_contains(o->out, "im");
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_rows_of_a_template),
                scene_test(test_ids),
                scene_test(test_times),
                scene_test(test_status_and_its_inner_object),
                scene_test(test_status_without_an_engine),
                scene_test(test_explain_has_its_rules),
                scene_test(test_events),
                scene_test(test_foreign_events),
                scene_test(test_json_is_the_object),
                scene_test(test_run),
                scene_test(test_run_on_a_terminal),
                scene_test(test_check),
                scene_test(test_table_is_the_default),
                scene_test(test_no_rows),
                scene_test(test_quiet_wins),
                scene_test(test_mistakes_come_before_all_else),
                scene_test(test_listed_fields_are_there),
                scene_test(test_nothing_hostile_is_printed),
        };
        return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
