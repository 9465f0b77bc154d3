/* SPDX-License-Identifier: MIT */
/* One pass against the fake engine: what is asked of it, what is healed, what is left alone. */
#include "support/scene.h"

/* ---- A quiet pass ---- */

static void check_quiet_pass(struct scene *s, const char *population) {
        scene_world(s, population);
        scene_first_pass(s);
        const struct output *o = scene_run(s, "run");
        check_exit(o, 0);
        check_silent(o);
        assert_int_equal(fake_count(s->fake, ""), 2);
        assert_int_equal(fake_count(s->fake, "/_ping -> 200"), 1);
        assert_int_equal(fake_count(s->fake, "GET /v1.41/containers/json?all=1 -> 200"), 1);
}

static void test_quiet_pass_asks_twice_for_10(void **state) {
        check_quiet_pass(*state, "population 10 healthy label=autoheal=true\n");
}

static void test_quiet_pass_asks_twice_for_1000(void **state) {
        check_quiet_pass(*state, "population 1000 healthy label=autoheal=true\n");
}

static void test_quiet_pass_without_health_checks(void **state) {
        check_quiet_pass(*state, "population 10 none label=autoheal=true\n");
}

static void test_quiet_pass_touches_pass_json_alone(void **state) {
        struct scene *s = *state;
        scene_world(s, "population 10 healthy label=autoheal=true\n");
        scene_first_pass(s);
        scene_first_pass(s);
        AUTO_FREE char *pass_before = data_get(s, "pass.json");
        AUTO_FREE char *path = path_join(s->data, "pass.json");
        assert_int_equal(remove(path), 0);
        AUTO_FREE char *before = state_snapshot(s);
        file_put(s->data, "pass.json", pass_before);
        check_exit(scene_run(s, "run"), 0);
        AUTO_FREE char *pass_after = data_get(s, "pass.json");
        assert_non_null(pass_after);
        assert_string_not_equal(pass_before, pass_after);
        assert_int_equal(remove(path), 0);
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(before, after);
}

/* ---- What is healed ---- */

static void test_unhealthy_is_restarted(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=unhealthy label=autoheal=true started=-600 probe=\"connection refused\"\n"
                       "on-restart web health=healthy\n");
        const struct output *o = scene_run(s, "run");
        check_exit(o, 0);
        check_contains(o->out, "web");
        assert_int_equal(o->err_len, 0);
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(fake_count(s->fake, "/restart"), 1);

        AUTO_FREE char *text = NULL, *counts_text = NULL;
        AUTO_JSON struct json_doc *counts = data_json(s, "restart_counts.json", &counts_text);
        assert_int_equal(json_count(json_get(json_root(counts), "web")), 1);
        AUTO_JSON struct json_doc *events = data_json(s, "events.json", &text);
        struct json_iter it = json_iter(json_root(events));
        bool found = false;
        while (json_next(&it)) {
                if (!json_string_eq(json_get(it.value, "event_type"), "restart"))
                        continue;
                found = true;
                check_json(it.value, "container_name", "\"web (web)\"");
                check_json(it.value, "status", "\"success\"");
                check_json(it.value, "restart_count", "1");
                check_json(it.value, "reason", "\"unhealthy\"");
                check_json(it.value, "health_output", "\"connection refused\"");
        }
        assert_true(found);

        scene_run(s, "run");
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(count_events(s, "recovered", "web"), 1);
}

static void test_crashes_are_started(void **state) {
        struct scene *s = *state;
        scene_world(s, "container crashed exit=3 finished=-60 label=autoheal=true\n"
                       "container oom exit=137 oom=true finished=-60 label=autoheal=true\n"
                       "container gave-up exit=1 finished=-60 policy=on-failure:3 restart-count=3 label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(fake_count(s->fake, "/start -> 204"), 3);
        assert_int_equal(scene_posts(s), 3);
        assert_int_equal(count_events(s, "restart", NULL), 3);
}

static void test_restart_sends_the_timeout_of_the_label(void **state) {
        struct scene *s = *state;
        scene_world(s, "container slow health=unhealthy label=autoheal=true label=autoheal.stop.timeout=7\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(fake_count(s->fake, "/restart?t=7 -> 204"), 1);
}

static void test_action_stop_quarantines(void **state) {
        struct scene *s = *state;
        scene_world(s, "container fuse health=unhealthy label=autoheal=true label=autoheal.action=stop\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(fake_count(s->fake, "/stop"), 1);
        assert_int_equal(scene_posts(s), 1);
        AUTO_FREE char *quarantine = data_get(s, "quarantine.json");
        check_contains(quarantine, "\"fuse\"");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
}

/* ---- What is left alone ---- */

static void test_stops_are_left_alone(void **state) {
        struct scene *s = *state;
        scene_world(s, "container finished exit=0 finished=-60 label=autoheal=true\n"
                       "container always exit=1 finished=-60 policy=always label=autoheal=true\n"
                       "container unless exit=1 finished=-60 policy=unless-stopped label=autoheal=true\n"
                       "container on-failure exit=1 finished=-60 policy=on-failure label=autoheal=true\n"
                       "container not-exhausted exit=1 finished=-60 policy=on-failure:5 restart-count=2 label=autoheal=true\n"
                       "container killed exit=137 finished=-60 label=autoheal=true\n"
                       "container terminated exit=143 finished=-60 label=autoheal=true\n"
                       "container interrupted exit=130 finished=-60 label=autoheal=true\n"
                       "container power-loss exit=255 finished=-60 label=autoheal=true\n"
                       "container usr1 exit=138 stop-signal=SIGUSR1 finished=-60 label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 0);
        assert_int_equal(count_events(s, "restart", NULL), 0);
}

static void test_other_states_are_left_alone(void **state) {
        struct scene *s = *state;
        scene_world(s, "container paused state=paused health=unhealthy label=autoheal=true\n"
                       "container looping state=restarting health=unhealthy exit=1 label=autoheal=true\n"
                       "container created state=created label=autoheal=true\n"
                       "container leaving state=removing nameless=true label=autoheal=true\n"
                       "container dead state=dead exit=1 label=autoheal=true\n"
                       "container odd state=levitating health=unhealthy label=autoheal=true\n"
                       "container starting health=starting started=-1 label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 0);
}

static void test_nobody_asked_for_these(void **state) {
        struct scene *s = *state;
        scene_world(s, "container plain health=unhealthy\n"
                       "container no health=unhealthy label=autoheal=False\n"
                       "container task health=unhealthy label=autoheal=true label=com.docker.swarm.task.id=x "
                       "label=com.docker.swarm.service.id=y\n"
                       "container once health=unhealthy label=autoheal=true label=com.docker.compose.oneoff=True\n"
                       "container pod health=unhealthy label=autoheal=true label=io.kubernetes.pod.uid=x\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 0);
        assert_int_equal(fake_count(s->fake, "/json -> "), 0);
}

static void test_never_itself(void **state) {
        struct scene *s = *state;
        scene_world(s, "container me health=unhealthy label=autoheal=true"
                       " id=abababababababababababababababababababababababababababababababab\n");
        scene_env(s, "AUTOHEAL_CONTAINER_ID=abababababababababababababababababababababababababababababababab");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 0);
}

static void test_mode_health_starts_nothing(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_RESTART_MODE=health");
        scene_world(s, "container crashed exit=3 finished=-60 label=autoheal=true\n"
                       "container sick health=unhealthy label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(fake_count(s->fake, "/restart"), 1);
        assert_int_equal(scene_posts(s), 1);
}

/* While its cooldown holds it anyway, and no pass has seen yet what the last restart came to. */
static void test_a_stop_in_the_cooldown_is_seen(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=unhealthy label=autoheal=true\non-restart web health=unhealthy\n");
        check_exit(scene_run(s, "run"), 0);
        check_contains(scene_run(s, "ps")->out, "(cooldown)");
        scene_world(s, "event kill web 0 signal=15\n");
        const struct output *o = scene_run(s, "ps");
        check_contains(o->out, " stopping ");
        check_contains(o->out, " held (stopping)");
        check_lacks(o->out, "restart in");
}

/* The engine's clock decides about the engine's times, wherever ours stands. */
static void test_clocks_that_differ(void **state) {
        struct scene *s = *state;
        scene_world(s, "clock 7200\n"
                       "container fresh exit=3 finished=-3 label=autoheal=true\n"
                       "container crashed exit=3 finished=-60 label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(count_events(s, "restart", "crashed"), 1);
        scene_world(s, "clock -172800\n"
                       "container crashed-2 exit=3 finished=-60 label=autoheal=true\n"
                       "container fresh-2 exit=3 finished=-3 label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(count_events(s, "restart", "crashed-2"), 1);
        assert_int_equal(count_events(s, "restart", "fresh-2"), 0);
}

/* ---- What the engine answers to an action ---- */

static void check_action_answer(struct scene *s, const char *fault, int exit_code, const char *event_status) {
        scene_world(s, "container web health=unhealthy label=autoheal=true\n");
        scene_world(s, fault);
        const struct output *o = scene_run(s, "run --format json");
        check_exit(o, exit_code);
        assert_int_equal(scene_posts(s), 1);
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        check_json(json_line_where(&lines, "name", "web"), "result", event_status);
}

static void test_304_is_done(void **state) {
        check_action_answer(*state, "fault restart 304\n", 0, "\"success\"");
}

static void test_404_is_a_note(void **state) {
        check_action_answer(*state, "fault restart 404 message=\"No such container: web\"\n", 0, "\"gone\"");
}

static void test_500_is_a_failure_and_counts(void **state) {
        struct scene *s = *state;
        check_action_answer(s, "fault restart 500 message=\"cannot start: no such device\"\n", 1, "\"failure\"");
        AUTO_FREE char *text = NULL, *events = data_get(s, "events.json");
        AUTO_JSON struct json_doc *counts = data_json(s, "restart_counts.json", &text);
        assert_int_equal(json_count(json_get(json_root(counts), "web")), 1);
        check_contains(events, "\"failure\"");
        check_contains(events, "no such device");
}

/* The engine may have done it: neither success nor failure is claimed, it counts, and the next look decides. */
static void check_lost_answer(struct scene *s, const char *fault) {
        scene_world(s, "container web health=unhealthy label=autoheal=true\n");
        scene_world(s, fault);
        const struct output *o = scene_run(s, "run --format json");
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        check_json(json_line_where(&lines, "name", "web"), "result", "\"unknown\"");
        check_json(json_line_where(&lines, "name", "web"), "restarts", "1");
        scene_world(s, "no-faults\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
}

static void test_answer_that_never_comes_is_unknown(void **state) {
        check_lost_answer(*state, "fault restart cut=0 done\n");
}

static void test_answer_cut_in_its_headers_is_unknown(void **state) {
        check_lost_answer(*state, "fault restart cut=60 done\n");
}

static void test_failure_is_told_on_standard_error(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=unhealthy label=autoheal=true\n"
                       "container other health=unhealthy label=autoheal=true\n"
                       "fault restart 500 container=web message=\"cannot start: no such device\"\n");
        const struct output *o = scene_run(s, "run");
        check_exit(o, 1);
        check_contains(o->err, "web");
        check_contains(o->err, "no such device");
        check_contains(o->out, "other");
        check_lacks(o->out, "no such device");
}

static void test_at_most_max_parallel_at_once(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_RESTART_MAX_PARALLEL=2");
        scene_world(s, "population 6 unhealthy label=autoheal=true\n"
                       "fault restart delay=150\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(fake_count(s->fake, "/restart"), 6);
        assert_int_equal(fake_peak_actions(s->fake), 2);
}

static void test_one_slow_restart_holds_up_nobody(void **state) {
        struct scene *s = *state;
        scene_world(s, "population 8 unhealthy label=autoheal=true\n"
                       "fault restart delay=300\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(fake_count(s->fake, "/restart"), 8);
        assert_int_equal(fake_peak_actions(s->fake), 8);
}

/* ---- Engines ---- */

static void test_over_tcp(void **state) {
        struct scene *s = *state;
        char pair[128];
        snprintf(pair, sizeof(pair), "DOCKER_HOST=%s", fake_tcp_host(s->fake));
        scene_env(s, pair);
        scene_world(s, "container web health=unhealthy label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
}

/* A proxy in the environment is for the internet, not for an engine on a socket or on loopback. */
static void test_no_proxy_on_the_way(void **state) {
        struct scene *s = *state;
        scene_env(s, "http_proxy=http://127.0.0.1:9");
        scene_env(s, "HTTP_PROXY=http://127.0.0.1:9");
        scene_env(s, "ALL_PROXY=http://127.0.0.1:9");
        check_exit(scene_run(s, "run"), 0);
        char pair[128];
        snprintf(pair, sizeof(pair), "DOCKER_HOST=%s", fake_tcp_host(s->fake));
        scene_env(s, pair);
        check_exit(scene_run(s, "run"), 0);
}

static void test_podman_is_asked_who_is_unhealthy(void **state) {
        struct scene *s = *state;
        scene_world(s, "server \"Libpod/4.3.1 (linux)\"\n"
                       "container sick health=unhealthy label=autoheal=true\n"
                       "container well health=healthy label=autoheal=true\n"
                       "on-restart sick health=healthy\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(fake_count(s->fake, "/containers/json?all=1&filters="), 1);
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(count_events(s, "restart", "sick"), 1);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
}

static void check_api(struct scene *s, const char *script, const char *path) {
        scene_world(s, script);
        fake_forget(s->fake);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(fake_count(s->fake, path), 1);
}

static void test_version_is_negotiated(void **state) {
        struct scene *s = *state;
        check_api(s, "api 1.24\n", "GET /v1.24/containers/json?all=1 -> 200");
        check_api(s, "api 1.44\n", "GET /v1.44/containers/json?all=1 -> 200");
        check_api(s, "api 1.99\n", "GET /v1.51/containers/json?all=1 -> 200");
}

static void test_chunked_answers_are_read(void **state) {
        struct scene *s = *state;
        scene_world(s, "population 50 healthy label=autoheal=true\n"
                       "container web health=unhealthy label=autoheal=true\n"
                       "fault list chunked\nfault inspect chunked\nfault info chunked\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_quiet_pass_asks_twice_for_10),
                scene_test(test_quiet_pass_asks_twice_for_1000),
                scene_test(test_quiet_pass_without_health_checks),
                scene_test(test_quiet_pass_touches_pass_json_alone),
                scene_test(test_unhealthy_is_restarted),
                scene_test(test_crashes_are_started),
                scene_test(test_restart_sends_the_timeout_of_the_label),
                scene_test(test_action_stop_quarantines),
                scene_test(test_stops_are_left_alone),
                scene_test(test_other_states_are_left_alone),
                scene_test(test_nobody_asked_for_these),
                scene_test(test_never_itself),
                scene_test(test_mode_health_starts_nothing),
                scene_test(test_a_stop_in_the_cooldown_is_seen),
                scene_test(test_clocks_that_differ),
                scene_test(test_304_is_done),
                scene_test(test_404_is_a_note),
                scene_test(test_500_is_a_failure_and_counts),
                scene_test(test_answer_that_never_comes_is_unknown),
                scene_test(test_answer_cut_in_its_headers_is_unknown),
                scene_test(test_failure_is_told_on_standard_error),
                scene_test(test_at_most_max_parallel_at_once),
                scene_test(test_one_slow_restart_holds_up_nobody),
                scene_test(test_over_tcp),
                scene_test(test_no_proxy_on_the_way),
                scene_test(test_podman_is_asked_who_is_unhealthy),
                scene_test(test_version_is_negotiated),
                scene_test(test_chunked_answers_are_read),
        };
        return cmocka_run_group_tests_name("pass", tests, NULL, NULL);
}
