/* SPDX-License-Identifier: MIT */
/* Quarantine across invocations: when restarting does not help, who may release, and what a release forgets. */
#include "support/scene.h"

static bool quarantined(struct scene *s, const char *stable_id) {
        if (!file_there(s->data, "quarantine.json"))
                return false;
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = data_json(s, "quarantine.json", &text);
        struct json_iter it = json_iter(json_root(doc));
        while (json_next(&it))
                if (json_string_eq(it.value, stable_id))
                        return true;
        return false;
}

static size_t recorded_restarts(struct scene *s, const char *stable_id) {
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = data_json(s, "restart_counts.json", &text);
        return json_count(json_get(json_root(doc), stable_id));
}

static void hopeless_world(struct scene *s) {
        scene_no_waits(s);
        scene_world(s, "container web health=unhealthy label=autoheal=true\non-restart web health=unhealthy\n");
}

static void run_until_quarantined(struct scene *s) {
        hopeless_world(s);
        for (int i = 0; i < 4; i++)
                scene_run(s, "run");
        assert_true(quarantined(s, "web"));
        fake_forget(s->fake);
}

static void test_three_restarts_then_quarantine(void **state) {
        struct scene *s = *state;
        hopeless_world(s);
        for (size_t i = 1; i <= 3; i++) {
                check_exit(scene_run(s, "run"), 0);
                assert_int_equal(scene_posts(s), i);
                assert_int_equal(recorded_restarts(s, "web"), i);
                assert_false(quarantined(s, "web"));
        }
        const struct output *o = scene_run(s, "run");
        assert_int_equal(scene_posts(s), 3);
        assert_true(quarantined(s, "web"));
        check_contains(o->out, "web");
        assert_int_equal(count_events(s, "quarantine", "web"), 1);
        o = scene_run(s, "run");
        check_exit(o, 0);
        check_silent(o);
        assert_int_equal(scene_posts(s), 3);
        assert_int_equal(count_events(s, "quarantine", "web"), 1);
}

static void test_limit_of_a_label(void **state) {
        struct scene *s = *state;
        hopeless_world(s);
        scene_world(s, "container web label=autoheal.max_restarts=1\n");
        scene_run(s, "run");
        scene_run(s, "run");
        assert_int_equal(scene_posts(s), 1);
        assert_true(quarantined(s, "web"));
}

/* Every restart takes longer than the window to fail: the episode remembers what the window has forgotten. */
static void test_slow_starts_do_not_escape(void **state) {
        struct scene *s = *state;
        hopeless_world(s);
        scene_world(s, "on-restart web health=starting\n");
        for (size_t i = 1; i <= 3; i++) {
                scene_world(s, "container web health=unhealthy\n");
                check_exit(scene_run(s, "run"), 0);
                assert_int_equal(scene_posts(s), i);
                check_exit(scene_run(s, "run"), 0);
                data_put(s, "restart_counts.json", "{}\n");
        }
        scene_world(s, "container web health=unhealthy\n");
        scene_run(s, "run");
        assert_int_equal(scene_posts(s), 3);
        assert_true(quarantined(s, "web"));
}

/* Proof of health between failures ends the episode: then only the window counts. */
static void test_recovery_ends_the_episode(void **state) {
        struct scene *s = *state;
        hopeless_world(s);
        scene_world(s, "on-restart web health=healthy\n");
        for (size_t i = 1; i <= 4; i++) {
                scene_world(s, "container web health=unhealthy\n");
                check_exit(scene_run(s, "run"), 0);
                check_exit(scene_run(s, "run"), 0);
                data_put(s, "restart_counts.json", "{}\n");
                assert_int_equal(count_events(s, "recovered", "web"), i);
        }
        assert_int_equal(scene_posts(s), 4);
        assert_false(quarantined(s, "web"));
}

static void test_cooldown_holds(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=unhealthy label=autoheal=true\non-restart web health=unhealthy\n");
        check_exit(scene_run(s, "run"), 0);
        const struct output *o = scene_run(s, "run");
        check_exit(o, 0);
        check_silent(o);
        assert_int_equal(scene_posts(s), 1);
        o = scene_run(s, "ps --format json");
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        struct json_value web = json_line_where(&lines, "name", "web");
        check_json(web, "decision", "\"hold\"");
        check_json(web, "restarts", "1");
        check_json(web, "max_restarts", "3");
        assert_int_equal(json_type(json_get(web, "until")), JSON_STRING);
}

/* ---- Release by proof ---- */

static void test_released_by_proof_at_once(void **state) {
        struct scene *s = *state;
        run_until_quarantined(s);
        scene_env(s, "AUTOHEAL_RESTART_RELEASE_SECONDS=0");
        scene_world(s, "container web health=healthy\n");
        check_exit(scene_run(s, "run"), 0);
        assert_false(quarantined(s, "web"));
        assert_int_equal(count_events(s, "auto_unquarantine", "web"), 1);
        assert_int_equal(scene_posts(s), 0);
}

static bool released_in_a_pass(void *arg) {
        struct scene *s = arg;
        check_exit(scene_run(s, "run"), 0);
        return !quarantined(s, "web");
}

static void test_released_after_a_second_of_health(void **state) {
        struct scene *s = *state;
        run_until_quarantined(s);
        scene_env(s, "AUTOHEAL_RESTART_RELEASE_SECONDS=1");
        scene_world(s, "container web health=healthy\n");
        assert_true(eventually(released_in_a_pass, s, 20000));
        assert_int_equal(count_events(s, "auto_unquarantine", "web"), 1);
        assert_int_equal(scene_posts(s), 0);
}

static void test_not_released_before_its_time(void **state) {
        struct scene *s = *state;
        run_until_quarantined(s);
        scene_env(s, "AUTOHEAL_RESTART_RELEASE_SECONDS=3600");
        scene_world(s, "container web health=healthy\n");
        for (int i = 0; i < 3; i++)
                check_exit(scene_run(s, "run"), 0);
        assert_true(quarantined(s, "web"));
}

static void test_starting_is_no_proof(void **state) {
        struct scene *s = *state;
        run_until_quarantined(s);
        scene_env(s, "AUTOHEAL_RESTART_RELEASE_SECONDS=0");
        scene_world(s, "container web health=starting\n");
        check_exit(scene_run(s, "run"), 0);
        assert_true(quarantined(s, "web"));
}

static void test_auto_unquarantine_off(void **state) {
        struct scene *s = *state;
        run_until_quarantined(s);
        scene_env(s, "AUTOHEAL_RESTART_RELEASE_SECONDS=0");
        scene_env(s, "AUTOHEAL_RESTART_AUTO_UNQUARANTINE=false");
        scene_world(s, "container web health=healthy\n");
        check_exit(scene_run(s, "run"), 0);
        assert_true(quarantined(s, "web"));
}

static void test_new_version_is_released(void **state) {
        struct scene *s = *state;
        run_until_quarantined(s);
        scene_world(s, "remove web\n"
                       "container web id=cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd health=unhealthy "
                       "label=autoheal=true"
                       " image-id=sha256:2222222222222222222222222222222222222222222222222222222222222222\n");
        scene_run(s, "run");
        scene_run(s, "run");
        assert_false(quarantined(s, "web"));
        assert_true(scene_posts(s) >= 1);
}

/* ---- A person's word ---- */

static void test_a_persons_quarantine_stays(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_RESTART_RELEASE_SECONDS=0");
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        const struct output *o = scene_run(s, "quarantine web");
        check_exit(o, 0);
        check_contains(o->out, "web");
        assert_true(quarantined(s, "web"));
        assert_int_equal(count_events(s, "quarantine", "web"), 1);
        check_exit(scene_run(s, "run"), 0);
        check_exit(scene_run(s, "run"), 0);
        assert_true(quarantined(s, "web"));
        scene_world(s, "container web health=unhealthy\n");
        check_exit(scene_run(s, "run"), 0);
        assert_true(quarantined(s, "web"));
        assert_int_equal(scene_posts(s), 0);
}

static void test_unquarantine_counts_anew(void **state) {
        struct scene *s = *state;
        run_until_quarantined(s);
        const struct output *o = scene_run(s, "unquarantine web");
        check_exit(o, 0);
        check_contains(o->out, "web");
        assert_false(quarantined(s, "web"));
        assert_int_equal(recorded_restarts(s, "web"), 0);
        assert_int_equal(count_events(s, "unquarantine", "web"), 1);
        for (size_t i = 1; i <= 3; i++) {
                check_exit(scene_run(s, "run"), 0);
                assert_int_equal(scene_posts(s), i);
        }
        scene_run(s, "run");
        assert_int_equal(scene_posts(s), 3);
        assert_true(quarantined(s, "web"));
}

static void test_unquarantine_all(void **state) {
        struct scene *s = *state;
        scene_world(s, "population 3 healthy label=autoheal=true\n");
        check_exit(scene_run(s, "quarantine member-0000 member-0001"), 0);
        check_exit(scene_run(s, "unquarantine --all"), 0);
        assert_false(quarantined(s, "member-0000"));
        assert_false(quarantined(s, "member-0001"));
        assert_int_equal(count_events(s, "unquarantine", NULL), 2);
}

static void test_unquarantine_one_that_is_gone(void **state) {
        struct scene *s = *state;
        run_until_quarantined(s);
        scene_world(s, "remove web\n");
        check_exit(scene_run(s, "run"), 0);
        assert_true(quarantined(s, "web"));
        check_exit(scene_run(s, "unquarantine web"), 0);
        assert_false(quarantined(s, "web"));
}

static void test_unknown_names(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        const struct output *o = scene_run(s, "quarantine nobody web");
        check_exit(o, 1);
        check_contains(o->err, "nobody");
        check_contains(o->out, "web");
        assert_true(quarantined(s, "web"));
        o = scene_run(s, "unquarantine nobody");
        check_exit(o, 1);
        check_contains(o->err, "nobody");
        assert_true(quarantined(s, "web"));
}

static const char *const second_web = "container web health=healthy label=autoheal=true label=monitoring.id=front"
                                      " id=cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd\n";

/* "web" is the stable id of one that is gone, and the name of one that is there: the container is meant. */
static void test_both_commands_mean_the_same_container(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        scene_first_pass(s);
        check_exit(scene_run(s, "quarantine web"), 0);
        scene_world(s, "remove web\n");
        scene_world(s, second_web);
        const char *names[] = { "web", "front", "cdcdcdcdcdcd" };
        for (size_t i = 0; i < N_ELEMENTS(names); i++) {
                char typed[32];
                snprintf(typed, sizeof(typed), "%s\n", names[i]);
                const struct output *o = scene_run(s, "quarantine %s", names[i]);
                check_exit(o, 0);
                assert_string_equal(o->out, typed);
                assert_true(quarantined(s, "front"));
                o = scene_run(s, "unquarantine %s", names[i]);
                check_exit(o, 0);
                assert_string_equal(o->out, typed);
                assert_false(quarantined(s, "front"));
                assert_true(quarantined(s, "web"));
        }
        scene_world(s, "remove web\n");
        check_exit(scene_run(s, "unquarantine web"), 0);
        assert_false(quarantined(s, "web"));
}

/* Another container of that name is not the one that was quarantined, and does not take the quarantine along either. */
static void test_a_quarantine_is_not_adopted_by_another_container(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        scene_first_pass(s);
        check_exit(scene_run(s, "quarantine web"), 0);
        scene_world(s, "remove web\n");
        scene_world(s, second_web);
        check_exit(scene_run(s, "run"), 0);
        check_exit(scene_run(s, "run"), 0);
        assert_true(quarantined(s, "web"));
        assert_false(quarantined(s, "front"));
}

/* Without a pass in between: the label of a stranger does not undo what a person has just said. */
static void test_a_taken_over_id_does_not_end_a_quarantine(void **state) {
        struct scene *s = *state;
        scene_world(s, "container shop-web-1 exit=1 finished=-60 label=autoheal=true label=com.docker.compose.project=shop"
                       " label=com.docker.compose.service=web\n");
        check_exit(scene_run(s, "quarantine shop-web-1"), 0);
        assert_true(quarantined(s, "shop_web"));
        scene_world(s, "container evil health=healthy label=monitoring.id=shop_web\n");
        check_exit(scene_run(s, "run"), 0);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 0);
        assert_true(quarantined(s, "shop-web-1"));
}

static void test_unquarantine_what_is_not_quarantined(void **state) {
        struct scene *s = *state;
        hopeless_world(s);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(recorded_restarts(s, "web"), 1);
        const struct output *o = scene_run(s, "unquarantine web");
        check_exit(o, 0);
        assert_int_equal(o->out_len, 0);
        assert_string_equal(o->err, "web is not quarantined\n");
        assert_int_equal(recorded_restarts(s, "web"), 1);
        assert_int_equal(count_events(s, "unquarantine", NULL), 0);
}

static void test_all_and_a_name_contradict_each_other(void **state) {
        struct scene *s = *state;
        run_until_quarantined(s);
        const struct output *o = scene_run(s, "unquarantine --all web");
        check_exit(o, 125);
        check_contains(o->err, "not both");
        assert_true(quarantined(s, "web"));
}

static void test_an_empty_name_is_called_empty(void **state) {
        struct scene *s = *state;
        const char *commands[][3] = { { "quarantine", "" }, { "unquarantine", "" }, { "explain", "" }, { "explain", "/" } };
        const char *hosts[] = { "DOCKER_HOST=unix:///nonexistent/docker.sock", NULL };
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                const struct output *o = scene_run_ask(s, commands[i], (struct run_ask){ 0 });
                check_exit(o, 1);
                assert_string_equal(o->err, "container name is empty\n");
        }
        scene_env(s, hosts[0]);
        const struct output *o = scene_run_ask(s, commands[0], (struct run_ask){ 0 });
        check_exit(o, 1);
        check_contains(o->err, "\ncontainer name is empty\n");
}

/* ---- The engine cannot be reached ---- */

static void remember_web_of(struct scene *s, const char *endpoint) {
        char text[512];
        snprintf(text, sizeof(text), "{\"engine\":{\"endpoint\":\"%s\",\"id\":\"A\"}}\n", endpoint);
        data_put(s, "pass.json", text);
        data_put(s, "containers.json", "{\"web\":{\"name\":\"web\"}}\n");
        scene_env(s, "DOCKER_HOST=unix:///nonexistent/docker.sock");
}

static void test_a_stable_id_will_do_without_an_engine(void **state) {
        struct scene *s = *state;
        remember_web_of(s, "unix:///nonexistent/docker.sock");
        const struct output *o = scene_run(s, "quarantine web");
        check_exit(o, 0);
        assert_string_equal(o->out, "web\n");
        assert_true(quarantined(s, "web"));
}

/* "web" of this directory may be another one than "web" of the engine that was named. */
static void test_the_directory_of_another_engine_is_left_alone(void **state) {
        struct scene *s = *state;
        remember_web_of(s, "tcp://elsewhere:2375");
        AUTO_FREE char *before = state_snapshot(s);
        const char *commands[] = { "quarantine web", "unquarantine web", "unquarantine --all" };
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                const struct output *o = scene_run(s, "%s", commands[i]);
                check_exit(o, 78);
                assert_int_equal(o->out_len, 0);
                check_contains(o->err, "tcp://elsewhere:2375");
                check_contains(o->err, "unix:///nonexistent/docker.sock");
                check_contains(o->err, "--data-dir");
        }
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(before, after);
}

/* Nobody is told of a quarantine, or of a release, that did not last until the next command. */
static void test_what_cannot_be_saved_is_not_printed(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy label=autoheal=true\ncontainer kept health=healthy label=autoheal=true\n");
        scene_first_pass(s);
        check_exit(scene_run(s, "quarantine kept"), 0);
        AUTO_FREE char *before = state_snapshot(s);
        const char *commands[][3] = { { "quarantine", "web" }, { "unquarantine", "kept" }, { "unquarantine", "--all" } };
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                const struct output *o = scene_run_ask(s, commands[i], (struct run_ask){ .disk_full = true });
                check_exit(o, 1);
                assert_int_equal(o->out_len, 0);
                check_contains(o->err, s->data);
        }
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(before, after);
}

/* ---- Files of older versions, and of the reference service ---- */

/* No pass has renamed it yet: whatever a person calls the container must lead to what the old file says. */
static void check_unquarantine_before_a_pass(struct scene *s, const char *old_key) {
        const char *names[] = { "by-name", "shop-web", "efefefefefef" };
        char list[64];
        snprintf(list, sizeof(list), "[\"%s\"]\n", old_key);
        scene_world(s, "container by-name health=healthy label=autoheal=true label=monitoring.id=shop-web"
                       " id=efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef\n");
        for (size_t i = 0; i < N_ELEMENTS(names); i++) {
                data_put(s, "quarantine.json", list);
                check_exit(scene_run(s, "unquarantine %s", names[i]), 0);
                check_exit(scene_run(s, "run"), 0);
                assert_false(quarantined(s, "shop-web"));
                assert_false(quarantined(s, old_key));
        }
}

static void test_unquarantine_before_an_old_name_was_renamed(void **state) {
        check_unquarantine_before_a_pass(*state, "by-name");
}

static void test_unquarantine_before_an_old_id_was_renamed(void **state) {
        check_unquarantine_before_a_pass(*state, "efefefefefef");
}

static void test_old_keys_are_understood(void **state) {
        struct scene *s = *state;
        data_put(s, "quarantine.json", "[\"efefefefefef\", \"by-name\"]\n");
        scene_world(s, "container web health=unhealthy label=autoheal=true"
                       " id=efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef\n"
                       "container by-name health=unhealthy label=autoheal=true label=monitoring.id=shop-web\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 0);
        assert_true(quarantined(s, "web"));
        assert_true(quarantined(s, "shop-web"));
        assert_false(quarantined(s, "efefefefefef"));
        assert_false(quarantined(s, "by-name"));
}

static void test_maintenance_holds(void **state) {
        struct scene *s = *state;
        data_put(s, "maintenance.json", "{\"enabled\": true, \"start_time\": \"2025-10-31T13:57:51.076821+00:00\"}\n");
        scene_world(s, "container well health=healthy label=autoheal=true\n");
        check_silent(scene_run(s, "run"));
        scene_world(s, "container web health=unhealthy label=autoheal=true\n");
        const struct output *o = scene_run(s, "run");
        check_exit(o, 0);
        assert_string_equal(o->out, "maintenance is on: 1 failing container is left alone\n");
        assert_int_equal(scene_posts(s), 0);
        data_put(s, "maintenance.json", "{\"enabled\": false, \"start_time\": null}\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_three_restarts_then_quarantine),
                scene_test(test_limit_of_a_label),
                scene_test(test_slow_starts_do_not_escape),
                scene_test(test_recovery_ends_the_episode),
                scene_test(test_cooldown_holds),
                scene_test(test_released_by_proof_at_once),
                scene_test(test_released_after_a_second_of_health),
                scene_test(test_not_released_before_its_time),
                scene_test(test_starting_is_no_proof),
                scene_test(test_auto_unquarantine_off),
                scene_test(test_new_version_is_released),
                scene_test(test_a_persons_quarantine_stays),
                scene_test(test_unquarantine_counts_anew),
                scene_test(test_unquarantine_all),
                scene_test(test_unquarantine_one_that_is_gone),
                scene_test(test_unknown_names),
                scene_test(test_both_commands_mean_the_same_container),
                scene_test(test_a_quarantine_is_not_adopted_by_another_container),
                scene_test(test_a_taken_over_id_does_not_end_a_quarantine),
                scene_test(test_unquarantine_what_is_not_quarantined),
                scene_test(test_all_and_a_name_contradict_each_other),
                scene_test(test_an_empty_name_is_called_empty),
                scene_test(test_a_stable_id_will_do_without_an_engine),
                scene_test(test_the_directory_of_another_engine_is_left_alone),
                scene_test(test_what_cannot_be_saved_is_not_printed),
                scene_test(test_unquarantine_before_an_old_name_was_renamed),
                scene_test(test_unquarantine_before_an_old_id_was_renamed),
                scene_test(test_old_keys_are_understood),
                scene_test(test_maintenance_holds),
        };
        return cmocka_run_group_tests_name("quarantine", tests, NULL, NULL);
}
