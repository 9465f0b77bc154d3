/* SPDX-License-Identifier: MIT */
/* `maintenance` and `prune`: what a person asks for is kept, shown, honoured by every pass, and taken back. */
#include "support/scene.h"

#define SICK_SHOP                                                                                                                  \
        "container web health=unhealthy label=autoheal=true label=com.docker.compose.project=shop "                                \
        "label=com.docker.compose.service=web label=tier=front\n"                                                                  \
        "container db health=unhealthy label=autoheal=true label=tier=back\n"

static void check_maintenance_json(struct scene *s, const char *path, const char *raw) {
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = data_json(s, "maintenance.json", &text);
        check_json(json_root(doc), path, raw);
}

static size_t count_scopes(struct scene *s) {
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = data_json(s, "maintenance.json", &text);
        return json_count(json_get(json_root(doc), "scopes"));
}

static void check_restarted(struct scene *s, bool web, bool db) {
        scene_run(s, "run");
        const struct output *o = scene_run(s, "events --type restart --format json");
        check_exit(o, 0);
        assert_int_equal(strstr(o->out, "\"stable_id\":\"shop_web\"") != NULL, web);
        assert_int_equal(strstr(o->out, "\"stable_id\":\"db\"") != NULL, db);
}

/* ---- Of all containers ---- */

static void test_on_holds_everything_until_off(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_SHOP);
        const struct output *o = scene_run(s, "maintenance on");
        check_exit(o, 0);
        assert_string_equal(o->out, "maintenance of all containers is on\n");
        assert_int_equal(fake_count(s->fake, ""), 0);
        check_maintenance_json(s, "enabled", "true");
        assert_int_equal(count_events(s, "maintenance", NULL), 1);
        check_restarted(s, false, false);
        o = scene_run(s, "status");
        check_contains(o->out, "Maintenance:     on since ");
        o = scene_run(s, "maintenance off");
        check_exit(o, 0);
        assert_string_equal(o->out, "maintenance of all containers is off\n");
        check_maintenance_json(s, "enabled", "false");
        check_maintenance_json(s, "start_time", "null");
        assert_int_equal(count_events(s, "maintenance", NULL), 2);
        check_restarted(s, true, true);
}

static void test_on_with_an_end_and_a_reason(void **state) {
        struct scene *s = *state;
        const struct output *o = scene_run(s, "maintenance on --for 2h --reason upgrade");
        check_exit(o, 0);
        check_contains(o->out, "maintenance of all containers is on until 2");
        o = scene_run(s, "maintenance status");
        check_exit(o, 0);
        check_contains(o->out, "SCOPE");
        check_contains(o->out, "all containers");
        check_contains(o->out, "in 2h");
        check_contains(o->out, "upgrade");
        o = scene_run(s, "maintenance status --format json");
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        struct json_value all = json_line_where(&lines, "scope", "all containers");
        check_keys(all, "scope, start_time, until, seconds_left, reason");
        check_json(all, "reason", "\"upgrade\"");
        assert_int_equal(lines.n, 1);
}

static void test_on_again_moves_start_and_end(void **state) {
        struct scene *s = *state;
        data_put(s, "maintenance.json",
                 "{\"enabled\": true, \"start_time\": \"2020-01-01T00:00:00Z\", \"until\": \"2099-01-01T00:00:00Z\", \"note\": "
                 "7}\n");
        check_exit(scene_run(s, "maintenance on"), 0);
        AUTO_FREE char *text = data_get(s, "maintenance.json");
        check_lacks(text, "2020-01-01");
        check_lacks(text, "2099-01-01");
        check_contains(text, "\"note\": 7");
        check_exit(scene_run(s, "maintenance on --until 2099-02-03T04:05:06Z"), 0);
        check_maintenance_json(s, "until", "\"2099-02-03T04:05:06.000000+00:00\"");
}

static void test_off_when_it_is_not_on(void **state) {
        struct scene *s = *state;
        const struct output *o = scene_run(s, "maintenance off");
        check_exit(o, 0);
        assert_string_equal(o->out, "");
        check_contains(o->err, "maintenance of all containers is not on");
        assert_int_equal(count_events(s, "maintenance", NULL), 0);
        o = scene_run(s, "maintenance status");
        check_exit(o, 0);
        assert_string_equal(o->out, "maintenance is off\n");
        o = scene_run(s, "maintenance status --format json");
        check_exit(o, 0);
        check_silent(o);
}

/* ---- Of some ---- */

static void test_a_container_by_its_name(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_SHOP);
        const struct output *o = scene_run(s, "maintenance on web --for 1h");
        check_exit(o, 0);
        check_contains(o->out, "maintenance of web is on until ");
        assert_int_equal(count_scopes(s), 1);
        check_maintenance_json(s, "enabled", "false");
        assert_int_equal(count_events(s, "maintenance", "shop_web"), 1);
        check_restarted(s, false, true);
        check_contains(scene_run(s, "status")->out, "of shop_web until ");
        o = scene_run(s, "maintenance off web");
        check_exit(o, 0);
        assert_string_equal(o->out, "maintenance of web is off\n");
        check_restarted(s, true, true);
}

/* The stable id is what is kept; who asked knows the name. */
static void test_the_answer_has_the_name_that_was_typed(void **state) {
        struct scene *s = *state;
        scene_world(s, "container shop-web-2 label=com.docker.compose.project=shop label=com.docker.compose.service=web "
                       "label=com.docker.compose.container-number=2\n");
        const struct output *o = scene_run(s, "maintenance on shop-web-2");
        check_exit(o, 0);
        assert_string_equal(o->out, "maintenance of shop-web-2 is on\n");
        o = scene_run(s, "maintenance off shop-web-2");
        assert_string_equal(o->out, "maintenance of shop-web-2 is off\n");
        o = scene_run(s, "maintenance off shop-web-2");
        assert_string_equal(o->err, "maintenance of shop-web-2 is not on\n");
}

static void test_a_project(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_SHOP);
        check_exit(scene_run(s, "maintenance on project:shop"), 0);
        check_restarted(s, false, true);
        check_exit(scene_run(s, "maintenance off project:shop"), 0);
        check_restarted(s, true, true);
}

static void test_a_label(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_SHOP);
        check_exit(scene_run(s, "maintenance on label:tier=back"), 0);
        check_restarted(s, true, false);
        check_exit(scene_run(s, "maintenance on label:tier"), 0);
        assert_int_equal(count_scopes(s), 2);
        check_exit(scene_run(s, "maintenance off label:tier=back label:tier"), 0);
        assert_int_equal(count_scopes(s), 0);
}

static void test_off_all_ends_every_scope(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_SHOP);
        check_exit(scene_run(s, "maintenance on"), 0);
        check_exit(scene_run(s, "maintenance on web project:shop label:tier=back"), 0);
        const struct output *o = scene_run(s, "maintenance off");
        check_exit(o, 0);
        assert_int_equal(count_scopes(s), 3);
        o = scene_run(s, "maintenance off --all");
        check_exit(o, 0);
        assert_string_equal(o->out, "maintenance of shop_web is off\nmaintenance of project:shop is off\n"
                                    "maintenance of label:tier=back is off\n");
        assert_int_equal(count_scopes(s), 0);
        assert_string_equal(scene_run(s, "maintenance status")->out, "maintenance is off\n");
}

/* What is over is not shown, and is cleared away by the next change. */
static void test_what_is_over(void **state) {
        struct scene *s = *state;
        data_put(s, "maintenance.json",
                 "{\"enabled\": true, \"start_time\": null, \"until\": \"2020-01-01T00:00:00Z\", \"scopes\": ["
                 "{\"kind\": \"project\", \"value\": \"shop\", \"until\": \"2020-01-01T00:00:00Z\"}]}\n");
        assert_string_equal(scene_run(s, "maintenance status")->out, "maintenance is off\n");
        check_lacks(scene_run(s, "status")->out, "project:shop");
        check_contains(scene_run(s, "maintenance off project:shop")->err, "maintenance of project:shop is not on");
        scene_world(s, SICK_SHOP);
        check_exit(scene_run(s, "maintenance on db"), 0);
        assert_int_equal(count_scopes(s), 1);
        check_exit(scene_run(s, "maintenance off"), 0);
        check_maintenance_json(s, "enabled", "false");
}

static void test_a_scope_that_fits_nothing_is_warned_of(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_SHOP);
        const struct output *o = scene_run(s, "maintenance on project:shpo");
        check_exit(o, 0);
        check_contains(o->err, "there is no container in project:shpo at present");
        o = scene_run(s, "maintenance on label:tier=front");
        check_exit(o, 0);
        assert_string_equal(o->err, "");
}

static void test_unknown_scopes(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_SHOP);
        const char *scopes[] = { "nothing", "projekt:shop", "project:", "label:", "label:=x" };
        for (size_t i = 0; i < N_ELEMENTS(scopes); i++) {
                const struct output *o = scene_run(s, "maintenance on %s", scopes[i]);
                check_exit(o, 1);
                assert_string_equal(o->out, "");
                assert_true(o->err_len > 0);
        }
        assert_int_equal(count_events(s, "maintenance", NULL), 0);
}

/* ---- Without an engine, and for another one ---- */

static void test_without_an_engine(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_SHOP);
        scene_first_pass(s);
        scene_world(s, "fault list 500\nfault ping 500\nfault info 500\n");
        const struct output *o = scene_run(s, "maintenance on");
        check_exit(o, 0);
        assert_string_equal(o->err, "");
        o = scene_run(s, "maintenance on db project:shop");
        check_exit(o, 0);
        assert_true(o->err_len > 0);
        assert_string_equal(o->out, "maintenance of db is on\nmaintenance of project:shop is on\n");
        check_exit(scene_run(s, "maintenance status"), 0);
        check_exit(scene_run(s, "maintenance off --all"), 0);
        assert_int_equal(count_scopes(s), 0);
        check_exit(scene_run(s, "maintenance on projekt:shop"), 1);
}

static void test_another_engines_directory(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_SHOP);
        scene_first_pass(s);
        AUTO_FREE char *before = state_snapshot(s);
        const struct output *o = scene_run(s, "-H unix:///nowhere/docker.sock maintenance on");
        check_exit(o, 78);
        check_contains(o->err, "belongs to the engine at");
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(after, before);
        check_exit(scene_run(s, "-H %s maintenance on", fake_tcp_host(s->fake)), 0);
}

/* ---- The command line ---- */

static void test_bad_command_lines(void **state) {
        struct scene *s = *state;
        const struct {
                const char *arguments;
                int exit_code;
                const char *says;
        } cases[] = { { "maintenance", 0, "\nCommands:\n" },
                      { "maintenance begin", 1, "unknown command: docker-autoheal maintenance begin\n" },
                      { "maintenance web", 1, "unknown command: docker-autoheal maintenance web\n" },
                      { "maintenance status web", 1, "accepts no arguments" },
                      { "maintenance off --for 2h", 125, "unknown flag: --for\n" },
                      { "maintenance on --all", 125, "unknown flag: --all\n" },
                      { "maintenance on --format json", 125, "unknown flag: --format\n" },
                      { "maintenance off --all web", 125, "scopes or --all" },
                      { "maintenance on --for 2h --until 2099-01-01", 125, "--for or --until" },
                      { "maintenance on --for 0", 125, "over at once" },
                      { "maintenance on --for soon", 125, "time: invalid duration \"soon\"" },
                      { "maintenance on --until 2020-01-01", 125, "past" },
                      { "maintenance on --until 2h", 125, "must be a time" },
                      { "prune web", 1, "accepts no arguments" },
                      { "run --for 2h", 125, "unknown flag: --for" } };
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                const struct output *o = scene_run(s, "%s", cases[i].arguments);
                check_exit(o, cases[i].exit_code);
                check_contains(o->err, cases[i].says);
                assert_string_equal(o->out, "");
        }
        assert_false(file_there(s->data, "maintenance.json"));
}

static void test_hostile_reason_and_scope(void **state) {
        struct scene *s = *state;
        const char *argv[] = { "maintenance", "on", "project:\033[31mred", "--reason", "\033]0;title\a\n", NULL };
        const char *commands[] = { "maintenance status", "status", "events", "maintenance off --all" };
        check_exit(scene_run_ask(s, argv, (struct run_ask){ 0 }), 0);
        check_printable(&s->last);
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                check_exit(scene_run(s, "%s", commands[i]), 0);
                check_printable(&s->last);
        }
}

/* ---- Twenty at once ---- */

static void test_no_change_is_lost(void **state) {
        struct scene *s = *state;
        pid_t pids[20];
        scene_world(s, SICK_SHOP);
        for (size_t i = 0; i < N_ELEMENTS(pids); i++) {
                char arguments[64];
                snprintf(arguments, sizeof(arguments), "maintenance on project:p%zu", i);
                pids[i] = scene_start(s, arguments);
        }
        for (size_t i = 0; i < N_ELEMENTS(pids); i++)
                assert_int_equal(run_end(pids[i], 0), 0);
        assert_int_equal(count_scopes(s), N_ELEMENTS(pids));
        assert_int_equal(count_events(s, "maintenance", NULL), N_ELEMENTS(pids));
}

/* ---- Prune ---- */

static void gone_world(struct scene *s) {
        scene_world(s, SICK_SHOP "container keep health=healthy label=autoheal=true\n");
        scene_first_pass(s);
        check_exit(scene_run(s, "quarantine db keep"), 0);
        scene_world(s, "remove db\nremove web\n");
}

static bool remembers(struct scene *s, const char *stable_id) {
        AUTO_FREE char *text = NULL, *quarantine = data_get(s, "quarantine.json");
        AUTO_JSON struct json_doc *containers = data_json(s, "containers.json", &text);
        char quoted[64];
        snprintf(quoted, sizeof(quoted), "\"%s\"", stable_id);
        return json_present(json_get(json_root(containers), stable_id)) || strstr(quarantine, quoted);
}

static void test_prune_drops_what_is_gone(void **state) {
        struct scene *s = *state;
        gone_world(s);
        const struct output *o = scene_run(s, "prune --yes");
        check_exit(o, 0);
        check_contains(o->out, "db\n");
        check_contains(o->out, "shop_web\n");
        check_lacks(o->out, "keep");
        assert_false(remembers(s, "db"));
        assert_false(remembers(s, "shop_web"));
        assert_true(remembers(s, "keep"));
        assert_int_equal(count_events(s, "unquarantine", "db"), 1);
        assert_int_equal(count_events(s, "unquarantine", "shop_web"), 0);
        o = scene_run(s, "prune --yes");
        check_exit(o, 0);
        check_silent(o);
}

static void test_prune_asks_first(void **state) {
        struct scene *s = *state;
        gone_world(s);
        AUTO_FREE char *before = state_snapshot(s);
        const struct output *o = scene_run(s, "prune");
        check_exit(o, 1);
        check_contains(o->out, "QUARANTINED");
        check_contains(o->out, "shop_web");
        check_contains(o->out, "by hand");
        check_lacks(o->out, "keep");
        check_contains(o->err, "add --yes");
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(after, before);
}

static void test_prune_needs_the_engine(void **state) {
        struct scene *s = *state;
        gone_world(s);
        AUTO_FREE char *before = state_snapshot(s);
        scene_world(s, "fault list 500\n");
        check_exit(scene_run(s, "prune --yes"), 1);
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(after, before);
}

static void test_prune_with_nothing_to_do(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_SHOP);
        scene_first_pass(s);
        const struct output *o = scene_run(s, "prune");
        check_exit(o, 0);
        check_contains(o->out, "nothing is remembered");
}

/* ---- History ---- */

static void test_what_was_cleared_stays_cleared(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=unhealthy label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        check_exit(scene_run(s, "events clear --yes"), 0);
        check_exit(scene_run(s, "run"), 0);
        AUTO_FREE char *events = data_get(s, "events.json");
        check_lacks(events, "restart\"");
}

/* 78 would say that nothing was done. */
static void test_done_but_not_in_the_history(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        data_put(s, "events.json", "[{");
        const struct output *o = scene_run(s, "quarantine web");
        check_exit(o, 1);
        assert_string_equal(o->out, "web\n");
        check_contains(o->err, "events.json");
        AUTO_FREE char *quarantine = data_get(s, "quarantine.json");
        check_contains(quarantine, "\"web\"");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_what_was_cleared_stays_cleared),
                scene_test(test_done_but_not_in_the_history),
                scene_test(test_on_holds_everything_until_off),
                scene_test(test_on_with_an_end_and_a_reason),
                scene_test(test_on_again_moves_start_and_end),
                scene_test(test_off_when_it_is_not_on),
                scene_test(test_a_container_by_its_name),
                scene_test(test_the_answer_has_the_name_that_was_typed),
                scene_test(test_a_project),
                scene_test(test_a_label),
                scene_test(test_off_all_ends_every_scope),
                scene_test(test_what_is_over),
                scene_test(test_a_scope_that_fits_nothing_is_warned_of),
                scene_test(test_unknown_scopes),
                scene_test(test_without_an_engine),
                scene_test(test_another_engines_directory),
                scene_test(test_bad_command_lines),
                scene_test(test_hostile_reason_and_scope),
                scene_test(test_no_change_is_lost),
                scene_test(test_prune_drops_what_is_gone),
                scene_test(test_prune_asks_first),
                scene_test(test_prune_needs_the_engine),
                scene_test(test_prune_with_nothing_to_do),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
