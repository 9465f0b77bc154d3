/* SPDX-License-Identifier: MIT */
/* Containers that depend on others, where the engine tells less (Podman's list), or what cannot be (a clock was set back). */
#include "support/scene.h"

#define APP "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define VPN "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void podman(struct scene *s) {
        scene_no_waits(s);
        scene_world(s, "server \"Libpod/4.3.1 (linux)\"\n"
                       "container vpn id=" VPN " started=-7200\n"
                       "container app network=container:" VPN " started=-3600 label=autoheal=true\n"
                       "container alone started=-3600 label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 0);
}

static size_t count_restarts(struct scene *s) {
        return fake_count(s->fake, "/restart -> 204");
}

static void test_podman_children_follow(void **state) {
        struct scene *s = *state;
        podman(s);
        for (size_t i = 1; i <= 2; i++) {
                scene_world(s, "container app started=-200\ncontainer vpn health=healthy started=0\n");
                check_exit(scene_run(s, "run"), 0);
                assert_int_equal(count_restarts(s), i);
                check_exit(scene_run(s, "run"), 0);
                assert_int_equal(count_restarts(s), i);
        }
        assert_int_equal(count_events(s, "restart", "app"), 2);
        assert_int_equal(count_events(s, "restart", "alone"), 0);
}

/* The first pass that sees it too. */
static void test_podman_first_sight(void **state) {
        struct scene *s = *state;
        scene_no_waits(s);
        scene_world(s, "server \"Libpod/4.3.1 (linux)\"\n"
                       "container vpn id=" VPN " started=-100\n"
                       "container app network=container:" VPN " started=-3600 label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(count_restarts(s), 1);
}

/* Those that share no network are looked at once, and never again. */
static void test_podman_is_asked_no_more_than_needed(void **state) {
        struct scene *s = *state;
        podman(s);
        check_exit(scene_run(s, "run"), 0);
        fake_forget(s->fake);
        check_exit(scene_run(s, "run"), 0);
        assert_true(fake_count(s->fake, "/json -> 200") <= 2);
}

/* One that could not be looked at is not taken for one that shares nothing. */
static void test_podman_cannot_tell(void **state) {
        struct scene *s = *state;
        podman(s);
        scene_world(s, "container vpn started=-100\nfault inspect 500 container=app\n");
        scene_run(s, "run");
        assert_int_equal(count_restarts(s), 0);
        scene_world(s, "no-faults\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(count_restarts(s), 1);
}

/* ---- Clocks ---- */

/* By the engine's clock it starts before its parent, again and again: that is no reason to restart it again. */
static void test_a_clock_set_back_makes_no_loop(void **state) {
        struct scene *s = *state;
        scene_no_waits(s);
        scene_world(s, "container vpn id=" VPN " started=-7200\n"
                       "container app network=container:" VPN " started=-3600 label=autoheal=true\n"
                       "container end network=container:" APP " started=-3000 label=autoheal=true\n"
                       "container app id=" APP "\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 0);
        scene_world(s, "container vpn health=healthy started=0\nclock -3600\n"
                       "on-restart app health=healthy\non-restart end health=healthy\n");
        for (int i = 0; i < 5; i++)
                check_exit(scene_run(s, "run"), 0);
        assert_int_equal(fake_count(s->fake, APP "/restart -> 204"), 1);
        assert_true(count_restarts(s) <= 2);
        assert_int_equal(count_events(s, "quarantine", NULL), 0);
        size_t n = count_restarts(s);
        scene_world(s, "clock 7200\n");
        for (int i = 0; i < 3; i++)
                check_exit(scene_run(s, "run"), 0);
        assert_int_equal(count_restarts(s), n);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_podman_children_follow),
                scene_test(test_podman_first_sight),
                scene_test(test_podman_is_asked_no_more_than_needed),
                scene_test(test_podman_cannot_tell),
                scene_test(test_a_clock_set_back_makes_no_loop),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
