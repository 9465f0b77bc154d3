/* SPDX-License-Identifier: MIT */
/* Weekly windows and the quiet time after the start of serve, from the outside: who is left alone, and where it is shown. */
#include "support/rest.h"
#include "support/service.h"

#include <time.h>

#define SICK                                                                                                                       \
        "container web health=unhealthy label=autoheal=true label=com.docker.compose.project=shop\n"                               \
        "container api health=unhealthy label=autoheal=true\n"
#define ALWAYS  "{\"from\":\"00:00\",\"to\":\"24:00\",\"timezone\":\"utc\"}"
#define OF_SHOP "{\"from\":\"00:00\",\"to\":\"24:00\",\"timezone\":\"utc\",\"scope\":\"project:shop\"}"

static void configure(struct scene *s, const char *windows) {
        char text[1024];

        snprintf(text, sizeof(text), "{\"maintenance\":{\"windows\":[%s]}}", windows);
        data_put(s, "config.json", text);
        scene_env(s, "AUTOHEAL_BRAKE_ENABLED=false");
}

/* A window of two hours whose middle is so many hours from now, as clocks in UTC show it. */
static const char *window_around(int hours, const char *zone) {
        static char text[256];
        time_t from = time(NULL) + (hours - 1) * 3600, to = from + 7200;
        struct tm a, b;

        (void)gmtime_r(&from, &a);
        (void)gmtime_r(&to, &b);
        snprintf(text, sizeof(text), "{\"from\":\"%02d:%02d\",\"to\":\"%02d:%02d\",\"timezone\":\"%s\"}", a.tm_hour, a.tm_min,
                 b.tm_hour, b.tm_min, zone);
        return text;
}

static void in_a_window_nothing_is_restarted(void **state) {
        struct scene *s = *state;
        const struct output *o;

        scene_world(s, SICK);
        configure(s, ALWAYS);
        o = scene_run(s, "run --format json");
        check_exit(o, 0);
        check_contains(o->out, "\"decision\":\"hold\",\"reason\":\"maintenance\",\"detail\":\"maintenance window since ");
        assert_int_equal(scene_posts(s), 0);
        configure(s, window_around(0, "utc"));
        o = scene_run(s, "run");
        check_exit(o, 0);
        assert_int_equal(scene_posts(s), 0);
        /* It was planned: no mail from cron each minute that it is open. */
        assert_string_equal(o->out, "");
        check_exit(scene_run(s, "maintenance on"), 0);
        assert_string_equal(scene_run(s, "run")->out, "maintenance is on: 2 failing containers are left alone\n");
        check_exit(scene_run(s, "maintenance off"), 0);
        configure(s, window_around(12, "utc"));
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 2);
}

static void a_scope_is_all_that_is_left_alone(void **state) {
        struct scene *s = *state;

        scene_world(s, SICK);
        configure(s, OF_SHOP);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(fake_count(s->fake, "/restart"), 1);
        check_contains(scene_run(s, "explain web")->out, "maintenance window of project:shop since ");
}

/* With clocks 12 hours ahead, what is now in UTC is not now there. */
static void local_time_is_that_of_tz(void **state) {
        struct scene *s = *state;

        scene_world(s, SICK);
        scene_env(s, "TZ=UTC");
        configure(s, window_around(0, "local"));
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 0);
        configure(s, window_around(12, "local"));
        scene_env(s, "TZ=ABC-12");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 0);
        configure(s, window_around(0, "local"));
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 2);
}

static void it_is_shown_wherever_maintenance_is(void **state) {
        struct scene *s = *state;
        const struct output *o;

        scene_world(s, SICK);
        configure(s, OF_SHOP);
        o = scene_run(s, "maintenance status");
        check_exit(o, 0);
        check_contains(o->out, "project:shop");
        check_contains(o->out, "weekly window");
        check_lacks(o->out, "maintenance is off");
        o = scene_run(s, "maintenance status --format json");
        check_contains(o->out, "\"scope\":\"project:shop\",\"start_time\":\"20");
        check_contains(scene_run(s, "status")->out,
                       "Maintenance:     on, not of all containers\n                 of project:shop until 20");
        check_contains(scene_run(s, "doctor")->out, "a weekly window is open until ");
        configure(s, OF_SHOP "," ALWAYS);
        check_contains(scene_run(s, "status")->out,
                       "Maintenance:     on, in a weekly window\n                 of project:shop until 20");
        configure(s, window_around(12, "utc"));
        check_contains(scene_run(s, "status")->out, "Maintenance:     off\n");
        o = scene_run(s, "maintenance status");
        check_contains(o->out, "maintenance is off\nthe next weekly window, of all containers, begins ");
        assert_string_equal(scene_run(s, "maintenance status --format json")->out, "");
}

/* Whoever ends maintenance must know that it goes on. */
static void off_warns_of_it(void **state) {
        struct scene *s = *state;
        const struct output *o;

        scene_world(s, SICK);
        configure(s, ALWAYS);
        check_exit(scene_run(s, "maintenance on"), 0);
        o = scene_run(s, "maintenance off");
        check_exit(o, 0);
        check_contains(o->err, "a weekly window is open, and goes on");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 0);
}

static void what_is_wrong_with_one_keeps_everything_from_being_restarted(void **state) {
        struct scene *s = *state;
        const struct output *o;

        scene_world(s, SICK);
        configure(s, "{\"from\":\"00:00\",\"to\":\"25:00\"}");
        o = scene_run(s, "run");
        check_exit(o, 78);
        check_contains(o->err, "maintenance.windows[0].to: must be a time from 00:00 to 24:00 (is '25:00')");
        assert_int_equal(scene_posts(s), 0);
        o = scene_run_ask(s, (const char *const[]){ "config", "set", "maintenance.windows", "[" ALWAYS "]", NULL },
                          (struct run_ask){ 0 });
        check_exit(o, 0);
        check_exit(scene_run(s, "run"), 0);
}

static void a_zone_that_nobody_knows_is_told(void **state) {
        struct scene *s = *state;
        const struct output *o;

        scene_world(s, SICK);
        scene_env(s, "TZ=Mars/Olympus");
        configure(s, ALWAYS);
        check_lacks(scene_run(s, "doctor")->out, "Mars/Olympus");
        configure(s, window_around(0, "local"));
        o = scene_run(s, "doctor");
        check_exit(o, 1);
        check_contains(o->out, "TZ is 'Mars/Olympus', which is not known here");
}

/* ---- serve ---- */

static void serve_says_so_too(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_world(s, SICK);
        scene_env(s, "TZ=Mars/Olympus");
        configure(s, ALWAYS ",{\"from\":\"00:00\",\"to\":\"24:00\",\"scope\":\"label:tier\"}");
        rest_start(s);
        a = rest_get("/api/maintenance/status");
        check_json(rest_root(a), "maintenance_mode", "false");
        assert_int_equal(json_count(json_get(rest_root(a), "windows")), 2);
        check_contains(a->body, "\"windows\":[{\"scope\":\"all containers\",\"start_time\":\"20");
        check_contains(a->body, "{\"scope\":\"label:tier\",\"start_time\":\"20");
        check_contains(a->body, "\"next_window\":{\"scope\":\"all containers\",\"start_time\":\"20");
        check_contains(rest_get("/api/plan")->body, "maintenance window since ");
        service_await_log(s, "config - WARNING - TZ is 'Mars/Olympus', which is not known here", 1);
        check_status(rest_put("/api/config", "{\"maintenance\":{\"windows\":[]}}"), 200);
        check_json(rest_root(rest_get("/api/maintenance/status")), "next_window", "null");
        fake_await(s->fake, "/restart", 2);
        check_refused(rest_put("/api/config", "{\"maintenance\":{\"windows\":[{\"from\":\"1\",\"to\":\"02:00\"}]}}"),
                      "body,maintenance,windows,0,from", "must be a time from 00:00 to 23:59 (is '1')");
}

static void serve_is_quiet_at_first(void **state) {
        struct scene *s = *state;

        scene_world(s, SICK);
        scene_env(s, "AUTOHEAL_START_PERIOD=1h");
        rest_start(s);
        check_contains(rest_get("/api/plan")->body,
                       "maintenance for monitor.start_period_seconds after the start of serve; until ");
        check_status(rest_get("/health"), 200);
        assert_int_equal(scene_posts(s), 0);
        /* A pass by hand begins nothing. */
        check_exit(scene_run(s, "explain web"), 0);
        check_lacks(scene_run(s, "explain web")->out, "start_period");
}

static void after_that_it_acts(void **state) {
        struct scene *s = *state;

        scene_world(s, SICK);
        configure(s, "");
        scene_env(s, "AUTOHEAL_MONITOR_START_PERIOD_SECONDS=1");
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600");
        rest_start(s);
        fake_await(s->fake, "/restart", 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(in_a_window_nothing_is_restarted),
                scene_test(a_scope_is_all_that_is_left_alone),
                scene_test(local_time_is_that_of_tz),
                scene_test(it_is_shown_wherever_maintenance_is),
                scene_test(off_warns_of_it),
                scene_test(what_is_wrong_with_one_keeps_everything_from_being_restarted),
                scene_test(a_zone_that_nobody_knows_is_told),
                rest_test(serve_says_so_too),
                rest_test(serve_is_quiet_at_first),
                rest_test(after_that_it_acts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
