/* SPDX-License-Identifier: MIT */
/* `monitor` and `ignore`: by stable id into one list and out of the other, and no promise that does not come true. */
#include "support/scene.h"

#define SHOP                                                                                                                       \
        "container web label=com.docker.compose.project=shop label=com.docker.compose.service=web\n"                               \
        "container db id=dbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdb\n"

static void check_config(struct scene *s, const char *text) {
        AUTO_FREE char *is = data_get(s, "config.json");
        assert_non_null(is);
        assert_string_equal(is, text);
}

static void check_list(struct scene *s, const char *path, const char *raw) {
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = data_json(s, "config.json", &text);
        check_json(json_root(doc), path, raw);
}

static void check_monitored(struct scene *s, const char *name, bool is) {
        const struct output *o = scene_run(s, "ps --all --format json");
        check_exit(o, 0);
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        check_json(json_line_where(&lines, "name", name), "monitored", is ? "true" : "false");
}

static void test_monitor_by_stable_id(void **state) {
        struct scene *s = *state;
        scene_world(s, SHOP);
        check_monitored(s, "web", false);
        const struct output *o = scene_run(s, "monitor web dbdbdb");
        check_exit(o, 0);
        assert_string_equal(o->out, "web\ndbdbdb\n");
        assert_string_equal(o->err, "");
        check_config(s, "{\n  \"containers\": {\n    \"selected\": [\n      \"shop_web\",\n      \"db\"\n    ]\n  }\n}\n");
        check_monitored(s, "web", true);
        check_monitored(s, "db", true);
        assert_int_equal(count_events(s, "config", "shop_web"), 1);
        assert_int_equal(count_events(s, "config", "db"), 1);
        assert_int_equal(scene_posts(s), 0);
        o = scene_run(s, "monitor web");
        check_exit(o, 0);
        assert_string_equal(o->out, "web\n");
        assert_int_equal(count_events(s, "config", NULL), 2);
}

static void test_each_takes_out_of_the_others_list(void **state) {
        struct scene *s = *state;
        scene_world(s, SHOP);
        data_put(s, "config.json", "{\"mine\":1,\"containers\":{\"excluded\":[\"web\",\"dbdbdbdbdbdb\",\"other\"],\"x\":[2]}}");
        check_exit(scene_run(s, "monitor web db"), 0);
        check_config(s, "{\"mine\":1,\"containers\":{\"excluded\":[\"other\"],\"x\":[2],\"selected\":[\"shop_web\",\"db\"]}}");
        check_monitored(s, "web", true);
        check_exit(scene_run(s, "ignore web"), 0);
        check_config(s, "{\"mine\":1,\"containers\":{\"excluded\":[\"other\",\"shop_web\"],\"x\":[2],\"selected\":[\"db\"]}}");
        check_monitored(s, "web", false);
}

static void test_forget_takes_out_of_both(void **state) {
        struct scene *s = *state;
        scene_world(s, SHOP);
        data_put(s, "config.json", "{\"containers\":{\"selected\":[\"db\",\"gone\"],\"excluded\":[\"shop_web\",\"web\"]}}");
        const struct output *o = scene_run(s, "ignore --forget web gone db never");
        check_exit(o, 1);
        assert_string_equal(o->out, "web\ngone\ndb\n");
        check_contains(o->err, "No such container: never");
        check_config(s, "{\"containers\":{\"selected\":[],\"excluded\":[]}}");
        AUTO_FREE char *events = data_get(s, "events.json");
        check_contains(events, "\"taken out of containers.selected by ");
        check_contains(events, "\"taken out of containers.excluded by ");
        check_lacks(events, " and containers.excluded");
        o = scene_run(s, "monitor --forget web");
        check_exit(o, 0);
        assert_string_equal(o->out, "");
        check_contains(o->err, "web is in neither list\n");
}

static void test_what_is_not_monitored_all_the_same_is_said(void **state) {
        struct scene *s = *state;
        scene_world(s, "container no label=autoheal=false\ncontainer run label=com.docker.compose.oneoff=True\n"
                       "container task label=com.docker.swarm.task.id=t1\ncontainer pod label=io.kubernetes.pod.uid=u\n"
                       "container yes\n");
        const struct output *o = scene_run(s, "monitor no run task pod none yes");
        check_exit(o, 1);
        assert_string_equal(o->out, "yes\n");
        check_contains(o->err, "'no' is not monitored: its label says no, which wins over containers.selected\n");
        check_contains(o->err, "'run' is never monitored: a one-off run or a hook of Compose\n");
        check_contains(o->err, "'task' is never monitored: a Swarm task");
        check_contains(o->err, "'pod' is never monitored: part of a Kubernetes pod\n");
        check_contains(o->err, "No such container: none");
        check_list(s, "containers.selected", "[\n      \"yes\"\n    ]");
        check_exit(scene_run(s, "ignore no"), 0);
        o = scene_run(s, "monitor no");
        check_exit(o, 1);
        check_contains(o->err, "its label says no");
        check_list(s, "containers.excluded", "[\n      \"no\"\n    ]");
}

static void test_autoheals_own_container_is_never_monitored(void **state) {
        struct scene *s = *state;
        scene_world(s, SHOP);
        scene_env(s, "AUTOHEAL_CONTAINER_ID=dbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdb");
        const struct output *o = scene_run(s, "monitor db");
        check_exit(o, 1);
        check_contains(o->err, "'db' is never monitored: autoheal's own container\n");
        assert_false(file_there(s->data, "config.json"));
        assert_int_equal(count_events(s, "config", NULL), 0);
}

static void test_a_variable_that_wins_is_named(void **state) {
        struct scene *s = *state;
        scene_world(s, SHOP);
        scene_env(s, "AUTOHEAL_CONTAINERS_EXCLUDED=db");
        const struct output *o = scene_run(s, "monitor db");
        check_exit(o, 0);
        check_contains(o->err, "WARNING: AUTOHEAL_CONTAINERS_EXCLUDED is set in the environment and wins: [\"db\"] holds");
        check_monitored(s, "db", false);
}

static void test_ambiguous_names_are_errors(void **state) {
        struct scene *s = *state;
        scene_world(s, "container a id=aaaa111111111111111111111111111111111111111111111111111111111111\n"
                       "container b id=aaaa222222222222222222222222222222222222222222222222222222222222\n");
        const struct output *o = scene_run(s, "ignore aaaa");
        check_exit(o, 1);
        check_contains(o->err, "'aaaa' fits several containers: a, b");
        check_exit(scene_run_ask(s, (const char *[]){ "ignore", "", NULL }, (struct run_ask){ 0 }), 1);
        assert_false(file_there(s->data, "config.json"));
}

static void test_without_the_engine_what_is_remembered_will_do(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web label=autoheal=true\n");
        scene_first_pass(s);
        scene_world(s, "fault any refuse=500\n");
        const struct output *o = scene_run(s, "ignore web other");
        check_exit(o, 1);
        assert_string_equal(o->out, "web\n");
        check_contains(o->err,
                       "No such container: other (the engine cannot be reached, and nothing of that stable id is remembered)");
        check_list(s, "containers.excluded", "[\n      \"web\"\n    ]");
}

static void test_a_hostile_name_is_kept_as_it_is_and_shown_safely(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web \"label=monitoring.id=x\xe2\x80\xaey\\\"\"\n");
        const struct output *o = scene_run(s, "monitor web");
        check_exit(o, 0);
        check_printable(o);
        o = scene_run(s, "config show containers.selected");
        check_exit(o, 0);
        check_printable(o);
        check_lacks(o->out, "\xe2\x80\xae");
        check_monitored(s, "web", true);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_monitor_by_stable_id),
                scene_test(test_each_takes_out_of_the_others_list),
                scene_test(test_forget_takes_out_of_both),
                scene_test(test_what_is_not_monitored_all_the_same_is_said),
                scene_test(test_autoheals_own_container_is_never_monitored),
                scene_test(test_a_variable_that_wins_is_named),
                scene_test(test_ambiguous_names_are_errors),
                scene_test(test_without_the_engine_what_is_remembered_will_do),
                scene_test(test_a_hostile_name_is_kept_as_it_is_and_shown_safely),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
