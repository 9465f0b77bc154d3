/* SPDX-License-Identifier: MIT */
/* What docker prints below its own commands for us: `docker-cli-plugin-hooks`, from the data directory alone. */
#include "support/scene.h"

#define CALL "autoheal docker-cli-plugin-hooks {\"RootCmd\":\"ps\",\"Flags\":{\"all\":\"\"}}"

static void check_hint(struct scene *s, const char *text) {
        const struct output *o = scene_run(s, CALL);
        char answer[1024];
        check_exit(o, 0);
        assert_string_equal(o->err, "");
        snprintf(answer, sizeof(answer), "{\"Type\":0,\"Template\":\"%s\"}\n", text);
        assert_string_equal(o->out, text ? answer : "");
}

static void check_no_hint(struct scene *s) {
        const struct output *o = scene_run(s, CALL);
        check_exit(o, 0);
        check_silent(o);
}

static void test_nothing_to_say(void **state) {
        struct scene *s = *state;
        check_no_hint(s);
        assert_false(file_there(s->dir, "data"));
        check_exit(scene_run(s, "run"), 0);
        fake_forget(s->fake);
        AUTO_FREE char *before = data_snapshot(s);
        check_no_hint(s);
        AUTO_FREE char *after = data_snapshot(s);
        assert_string_equal(before, after);
        assert_int_equal(fake_count(s->fake, ""), 0);
}

static void test_quarantine_and_maintenance(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web label=autoheal=true\ncontainer db label=autoheal=true\n");
        check_exit(scene_run(s, "quarantine web"), 0);
        check_hint(s, "1 container is quarantined: docker autoheal ps");
        check_exit(scene_run(s, "quarantine db"), 0);
        check_hint(s, "2 containers are quarantined: docker autoheal ps");
        check_exit(scene_run(s, "maintenance on db"), 0);
        check_hint(s, "2 containers are quarantined: docker autoheal ps\\nMaintenance is on: docker autoheal maintenance status");
        check_exit(scene_run(s, "unquarantine --all"), 0);
        check_hint(s, "Maintenance is on: docker autoheal maintenance status");
        check_exit(scene_run(s, "maintenance off --all"), 0);
        check_no_hint(s);
        check_exit(scene_run(s, "maintenance on"), 0);
        check_hint(s, "Maintenance is on: docker autoheal maintenance status");
}

/* ps does not show it. */
static void test_a_quarantine_of_one_that_is_gone(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web label=autoheal=true\ncontainer db label=autoheal=true\n");
        check_exit(scene_run(s, "quarantine web db"), 0);
        scene_world(s, "remove web\n");
        check_exit(scene_run(s, "run"), 0);
        check_hint(s,
                   "1 container is quarantined: docker autoheal ps\\n1 that is gone is still quarantined: docker autoheal prune");
        const struct output *o = scene_run(s, "doctor");
        check_contains(o->out, "1 quarantined, and left alone: db\n");
        check_contains(o->out, "1 quarantined and gone: the next of that name is left alone: web\n");
        check_contains(o->out, "-> docker autoheal unquarantine NAME, or docker autoheal prune\n");
        check_exit(scene_run(s, "prune --yes"), 0);
        check_hint(s, "1 container is quarantined: docker autoheal ps");
}

static void test_maintenance_that_is_over(void **state) {
        struct scene *s = *state;
        const char *begin = "{\"enabled\": true, \"start_time\": \"2020-01-01T00:00:00+00:00\", \"until\": ";
        char text[256];
        snprintf(text, sizeof(text), "%s\"2999-01-02T00:00:00+00:00\"}", begin);
        data_put(s, "maintenance.json", text);
        check_hint(s, "Maintenance is on: docker autoheal maintenance status");
        snprintf(text, sizeof(text), "%s\"2020-01-02T00:00:00+00:00\"}", begin);
        data_put(s, "maintenance.json", text);
        check_no_hint(s);
}

static void test_a_pass_that_is_late(void **state) {
        struct scene *s = *state;
        check_exit(scene_run(s, "run"), 0);
        AUTO_FREE char *text = data_get(s, "pass.json");
        char *time = strstr(text, "\"time\": \"");
        if (!time)
                time = strstr(text, "\"20");
        assert_non_null(time);
        char *year = strstr(time, "20");
        memcpy(year, "2001", 4);
        file_put(s->data, "pass.json", text);
        const struct output *o = scene_run(s, CALL);
        check_exit(o, 0);
        check_contains(o->out, "The last pass was ");
        check_contains(o->out, " years ago: docker autoheal\"}");
}

static void test_no_engine_is_needed(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web label=autoheal=true\n");
        check_exit(scene_run(s, "quarantine web"), 0);
        const char *hosts[] = { "DOCKER_HOST=unix:///nonexistent/docker.sock", "DOCKER_HOST=bogus://x" };
        for (size_t i = 0; i < N_ELEMENTS(hosts); i++) {
                scene_env(s, hosts[i]);
                check_hint(s, "1 container is quarantined: docker autoheal ps");
        }
        scene_env(s, "DOCKER_HOST");
        scene_env(s, "DOCKER_CONTEXT=nope");
        check_hint(s, "1 container is quarantined: docker autoheal ps");
}

/* docker takes the text for a template: no name may stand in it. */
static void test_hostile_names(void **state) {
        struct scene *s = *state;
        data_put(s, "quarantine.json", "[\"{{.Name}}\", \"{{flag . \\\"x\\\"}}\", \"\\u001b[31m\"]");
        data_put(s, "maintenance.json", "{\"enabled\": true, \"reason\": \"{{arg . 0}}\"}");
        check_hint(s, "3 containers are quarantined: docker autoheal ps\\nMaintenance is on: docker autoheal maintenance status");
}

static void test_what_cannot_be_read(void **state) {
        struct scene *s = *state;
        data_put(s, "quarantine.json", "[\"web\",");
        check_no_hint(s);
        check_exit(scene_run(s, "autoheal docker-cli-plugin-hooks"), 0);
        check_exit(scene_run(s, "autoheal docker-cli-plugin-hooks {"), 0);
        AUTO_FREE char *docker = path_join(s->home, ".docker");
        dir_put(docker, 0700);
        file_put(docker, "config.json", "{");
        scene_env(s, "AUTOHEAL_DATA_DIR");
        check_no_hint(s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_nothing_to_say),
                scene_test(test_quarantine_and_maintenance),
                scene_test(test_a_quarantine_of_one_that_is_gone),
                scene_test(test_maintenance_that_is_over),
                scene_test(test_a_pass_that_is_late),
                scene_test(test_no_engine_is_needed),
                scene_test(test_hostile_names),
                scene_test(test_what_cannot_be_read),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
