/* SPDX-License-Identifier: MIT */
/* What serve looks at closely: what an event names, and whatever it is about to act on, but nobody for what happens to others. */
#include "support/service.h"

#include <signal.h>

#define ONES   "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS   "2222222222222222222222222222222222222222222222222222222222222222"
#define THREES "3333333333333333333333333333333333333333333333333333333333333333"
#define LEFT   "health=unhealthy label=autoheal=true label=autoheal.action=none\n"

/* Looks by itself for an hour no more. Waits until whatever happens is watched. */
static pid_t start(struct scene *s, const char *world) {
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600");
        scene_env(s, "AUTOHEAL_BRAKE_ENABLED=false");
        scene_world(s, world);
        pid_t pid = service_start(s, "");
        service_await(s, "/api/status", "\"events_watched\":true");
        fake_await(s->fake, "/containers/json", 2);
        return pid;
}

/* A turn is made, after what was told before. */
static void await_turn(struct scene *s, const char *container) {
        char path[128];
        snprintf(path, sizeof(path), "/api/containers/%s", container);
        service_await(s, path, "\"stable_id\"");
}

static void test_events_of_another(void **state) {
        struct scene *s = *state;
        pid_t pid = start(s, "container one id=" ONES " " LEFT "container two id=" TWOS " " LEFT "container plain id=" THREES "\n");
        await_turn(s, "plain");
        fake_forget(s->fake);
        scene_world(s, "event kill plain\nevent die plain\nevent start plain\nevent restart plain\n");
        service_await(s, "/metrics", "autoheal_events_received_total{action=\"restart\"} 1\n");
        await_turn(s, "plain");
        assert_true(fake_count(s->fake, "/containers/" THREES) >= 1);
        assert_int_equal(fake_count(s->fake, "/containers/" ONES), 0);
        assert_int_equal(fake_count(s->fake, "/containers/" TWOS), 0);
        scene_world(s, "event \"health_status: unhealthy\" two\n");
        fake_await(s->fake, "/containers/" TWOS, 1);
        assert_int_equal(fake_count(s->fake, "/containers/" ONES), 0);
        assert_int_equal(fake_count(s->fake, "/containers/json"), 0);
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

/* It got well, which nobody told: that is seen before it would be restarted. */
static void test_looks_when_a_hold_ends(void **state) {
        struct scene *s = *state;
        scene_no_waits(s);
        scene_env(s, "AUTOHEAL_RESTART_COOLDOWN_SECONDS=5");
        pid_t pid = start(s, "container web health=healthy label=autoheal=true\non-restart web health=unhealthy\n");
        scene_world(s, "container web health=unhealthy\nevent \"health_status: unhealthy\" web\n");
        service_await(s, "/api/containers/web/explain", "\"reason\":\"cooldown\"");
        scene_world(s, "container web health=healthy\n");
        service_await_events(s, "recovered", "web", 1);
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

/* The same where it is another's end that makes room for it. */
static void test_looks_before_it_acts(void **state) {
        struct scene *s = *state;
        scene_no_waits(s);
        scene_env(s, "AUTOHEAL_RESTART_MAX_PARALLEL=1");
        pid_t pid =
                start(s, "container web health=healthy label=autoheal=true\ncontainer other health=healthy label=autoheal=true\n"
                         "fault restart delay=60000\n");
        scene_world(s, "container web health=unhealthy\nevent \"health_status: unhealthy\" web\n");
        service_await(s, "/api/containers/web/explain", "\"reason\":\"in-flight\"");
        scene_world(s, "container other health=unhealthy\nevent \"health_status: unhealthy\" other\n");
        service_await(s, "/api/containers/other/explain", "\"reason\":\"parallel\"");
        scene_world(s, "container other health=healthy\n");
        scene_world(s, "release\n");
        service_await_events(s, "restart", "web", 1);
        service_await_events(s, "recovered", "other", 1);
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

/* A look that began before a restart had ended shows the container as it was: nothing follows from that, without any cooldown. */
static void test_look_older_than_a_restart(void **state) {
        struct scene *s = *state;
        scene_no_waits(s);
        pid_t pid = start(s, "container web id=" ONES " health=healthy label=autoheal=true\non-restart web health=healthy\n"
                             "container other id=" TWOS " " LEFT "fault restart delay=1000\n");
        scene_world(s, "container web health=unhealthy\nevent \"health_status: unhealthy\" web\n");
        service_await(s, "/api/containers/web/explain", "\"reason\":\"in-flight\"");
        scene_world(s, "fault inspect delay=60000 times=1 container=other\n");
        fake_forget(s->fake);
        assert_int_equal(kill(pid, SIGUSR1), 0);
        fake_await(s->fake, "/containers/" ONES "/json", 1);
        service_await_events(s, "restart", "web", 1);
        scene_world(s, "release\n");
        service_await_events(s, "recovered", "web", 1);
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_events_of_another),
                scene_test(test_looks_when_a_hold_ends),
                scene_test(test_looks_before_it_acts),
                scene_test(test_look_older_than_a_restart),
        };
        return cmocka_run_group_tests_name("what serve looks at", tests, NULL, NULL);
}
