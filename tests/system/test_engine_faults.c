/* SPDX-License-Identifier: MIT */
/* An engine that is away, refuses, hangs, cuts its answers or sends garbage: nothing is decided on half a picture. */
#include "support/scene.h"

#include <signal.h>

static const char *const sick_world = "container web health=unhealthy label=autoheal=true\n"
                                      "container job exit=3 finished=-60 label=autoheal=true\n";

/* A directory that knows its engine, and an engine with work to do. */
static void prepare(struct scene *s) {
        scene_first_pass(s);
        scene_world(s, sick_world);
}

/* A pass that cannot see all containers says why, does nothing and writes nothing. */
static void check_blind_pass(struct scene *s, const char *fault) {
        prepare(s);
        scene_world(s, fault);
        AUTO_FREE char *before = state_snapshot(s);
        const struct output *o = scene_run(s, "run");
        check_exit(o, 1);
        assert_int_equal(o->out_len, 0);
        assert_true(o->err_len > 0);
        check_printable(o);
        check_lacks(o->err, "curl");
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(before, after);
        assert_int_equal(scene_posts(s), 0);

        check_exit(scene_run(s, "check"), 125);
        scene_world(s, "no-faults\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 2);
}

static void test_list_cut_in_the_body(void **state) {
        check_blind_pass(*state, "fault list cut=900\n");
}

static void test_list_cut_in_the_headers(void **state) {
        check_blind_pass(*state, "fault list cut=60\n");
}

static void test_list_cut_at_once(void **state) {
        check_blind_pass(*state, "fault list cut=0\n");
}

static void test_list_of_chunks_cut(void **state) {
        check_blind_pass(*state, "fault list chunked cut=900\n");
}

static void test_list_is_garbage(void **state) {
        check_blind_pass(*state, "fault list garbage\n");
}

static void test_list_is_no_http(void **state) {
        check_blind_pass(*state, "fault list not-http\n");
}

static void test_list_is_huge(void **state) {
        check_blind_pass(*state, "fault list huge=100M\n");
}

static void test_list_is_refused(void **state) {
        check_blind_pass(*state, "fault list 500 message=\"database is \\x1b[31mlocked\"\n");
}

static void test_list_is_forbidden(void **state) {
        check_blind_pass(*state, "fault list 403 message=\"forbidden by the proxy\"\n");
}

static void test_ping_is_refused(void **state) {
        check_blind_pass(*state, "fault ping 500\n");
}

static void test_ping_is_cut(void **state) {
        check_blind_pass(*state, "fault ping cut=0\n");
}

static void test_engine_is_too_old(void **state) {
        struct scene *s = *state;
        scene_world(s, sick_world);
        scene_world(s, "api 1.12\n");
        const struct output *o = scene_run(s, "run");
        check_exit(o, 1);
        check_contains(o->err, "1.12");
        assert_int_equal(scene_posts(s), 0);
}

static void test_huge_but_bearable_list(void **state) {
        struct scene *s = *state;
        prepare(s);
        scene_world(s, "fault list huge=1M\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 2);
}

static void test_connection_closed_between_requests(void **state) {
        struct scene *s = *state;
        prepare(s);
        scene_world(s, "fault inspect container=web cut=100000 times=1\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 2);
}

/* Told to stop while the engine hangs: ends at once, with docker's code for it, and nothing has changed. */
static void check_interrupted(struct scene *s, const char *fault, const char *awaited) {
        prepare(s);
        scene_world(s, fault);
        AUTO_FREE char *before = state_snapshot(s);
        pid_t pid = scene_start(s, "run");
        fake_await(s->fake, awaited, 1);
        assert_int_equal(run_end(pid, SIGTERM), 130);
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(before, after);
        assert_int_equal(scene_posts(s), 0);
}

static void test_list_hangs(void **state) {
        check_interrupted(*state, "fault list hang\n", "/containers/json?all=1 -> hang");
}

static void test_ping_hangs(void **state) {
        check_interrupted(*state, "fault ping hang\n", "/_ping -> hang");
}

static void test_inspect_hangs(void **state) {
        check_interrupted(*state, "fault inspect hang\n", "/json -> hang");
}

/* Told twice, a pass ends at once: the engine goes on, and the restart is on disk already. */
static void test_interrupted_while_restarting(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=unhealthy label=autoheal=true\nfault restart hang done\n");
        pid_t pid = scene_start(s, "run");
        fake_await(s->fake, "/restart -> hang", 1);
        AUTO_FREE char *during = data_get(s, "restart_counts.json");
        check_contains(during, "\"web\"");
        kill(pid, SIGINT); /* two of one kind could be merged into one */
        assert_int_equal(run_end(pid, SIGTERM), 130);
        scene_world(s, "no-faults\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
}

/* Told once, it waits for what is under way and writes it down. */
static bool action_under_way(void *fake) {
        return fake_peak_actions(fake) > 0;
}

static void test_restart_under_way_is_waited_for(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=unhealthy label=autoheal=true\nfault restart delay=300\n");
        pid_t pid = scene_start(s, "run");
        assert_true(eventually(action_under_way, s->fake, 20000));
        assert_int_equal(run_end(pid, SIGTERM), 130);
        assert_int_equal(fake_count(s->fake, "/restart -> 204"), 1);
        assert_int_equal(count_events(s, "restart", "web"), 1);
}

/* ---- One bad container holds up nobody ---- */

static void check_bad_inspect(struct scene *s, const char *fault) {
        scene_world(s, "container bad health=unhealthy label=autoheal=true\n"
                       "container good health=unhealthy label=autoheal=true\n");
        scene_world(s, fault);
        scene_run(s, "run");
        assert_false(s->last.timed_out);
        assert_int_equal(count_events(s, "restart", "good"), 1);
}

static void test_inspect_refused(void **state) {
        check_bad_inspect(*state, "fault inspect 500 container=bad\n");
}

static void test_inspect_garbage(void **state) {
        check_bad_inspect(*state, "fault inspect garbage container=bad\n");
}

static void test_inspect_huge(void **state) {
        check_bad_inspect(*state, "fault inspect huge=50M container=bad\n");
}

static void test_inspect_cut(void **state) {
        check_bad_inspect(*state, "fault inspect cut=700 container=bad\n");
}

/* What could not be looked at closely is not acted on either. */
static void test_inspect_hangs_for_one(void **state) {
        struct scene *s = *state;
        check_bad_inspect(s, "fault inspect hang container=bad\n");
        check_exit(&s->last, 1);
        check_contains(s->last.err, "1 container could not be inspected and is left alone");
        assert_int_equal(count_events(s, "restart", "bad"), 0);
        assert_int_equal(scene_posts(s), 1);
}

static void test_inspect_gone(void **state) {
        struct scene *s = *state;
        check_bad_inspect(s, "fault inspect 404 container=bad message=\"No such container: bad\"\n");
        check_exit(&s->last, 0);
        assert_int_equal(count_events(s, "restart", "bad"), 0);
        assert_int_equal(scene_posts(s), 1);
}

/* A socket proxy that hides /info is no reason not to heal. */
static void test_info_forbidden(void **state) {
        struct scene *s = *state;
        scene_world(s, sick_world);
        scene_world(s, "fault info 403\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 2);
}

/* ---- No engine ---- */

static void test_engine_is_away(void **state) {
        struct scene *s = *state;
        char pair[512];
        snprintf(pair, sizeof(pair), "DOCKER_HOST=unix://%s/nobody.sock", s->dir);
        scene_env(s, pair);
        const struct output *o = scene_run(s, "run");
        check_exit(o, 1);
        check_contains(o->err, "nobody.sock");
        check_contains(o->err, "Docker daemon");
        assert_int_equal(o->out_len, 0);
        check_exit(scene_run(s, "check"), 125);
        check_exit(scene_run(s, "ps"), 1);
        check_exit(scene_run(s, "explain web"), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_list_cut_in_the_body),
                scene_test(test_list_cut_in_the_headers),
                scene_test(test_list_cut_at_once),
                scene_test(test_list_of_chunks_cut),
                scene_test(test_list_is_garbage),
                scene_test(test_list_is_no_http),
                scene_test(test_list_is_huge),
                scene_test(test_list_is_refused),
                scene_test(test_list_is_forbidden),
                scene_test(test_ping_is_refused),
                scene_test(test_ping_is_cut),
                scene_test(test_engine_is_too_old),
                scene_test(test_huge_but_bearable_list),
                scene_test(test_connection_closed_between_requests),
                scene_test(test_list_hangs),
                scene_test(test_ping_hangs),
                scene_test(test_inspect_hangs),
                scene_test(test_interrupted_while_restarting),
                scene_test(test_restart_under_way_is_waited_for),
                scene_test(test_inspect_refused),
                scene_test(test_inspect_garbage),
                scene_test(test_inspect_huge),
                scene_test(test_inspect_cut),
                scene_test(test_inspect_hangs_for_one),
                scene_test(test_inspect_gone),
                scene_test(test_info_forbidden),
                scene_test(test_engine_is_away),
        };
        return cmocka_run_group_tests_name("engine faults", tests, NULL, NULL);
}
