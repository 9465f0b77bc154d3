/* SPDX-License-Identifier: MIT */
/* Side by side where that is right, one after another where it is not: slow stops, a sick host, replicas of one service. */
#include "support/engine.h"

#include "autoheal/model/state.h"
#include "autoheal/util/timefmt.h"

/* ---- Side by side ---- */

#define SLOW 10

static void name_slow(char *ret, size_t size, int i) {
        snprintf(ret, size, "slow-%d", i);
}

/* Each says when it is asked to stop, and does so when the gate is opened. */
static void run_slow_ones(struct world *w) {
        for (int i = 0; i < SLOW; i++)
                world_do(w,
                         "docker run -d --name slow-%d --label autoheal.stop.timeout=100 " MONITORED SICKENABLE SHARED
                         "autoheal-demo sh -c 'trap \"touch /share/slow-%d; until test -e /share/gate; do sleep 1; done; exit 0\" "
                         "TERM;"
                         " sleep 1000 & wait'",
                         i, i);
        for (int i = 0; i < SLOW; i++) {
                char name[32];
                name_slow(name, sizeof(name), i);
                world_await(w, name, HEALTH, "healthy");
                world_do(w, SICKEN, name);
        }
        for (int i = 0; i < SLOW; i++) {
                char name[32];
                name_slow(name, sizeof(name), i);
                world_await(w, name, HEALTH, "unhealthy");
        }
}

/* No gate opens before all ten are asked, and the eleventh is up again before it opens. */
static void test_nobody_waits_for_slow_stops(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_BRAKE_ENABLED=false");
        world_env(w, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        world_do(w, "docker run -d --name eleventh " MONITORED SHARED
                    "autoheal-demo sh -c 'trap \"exit 3\" USR1; touch /share/ready; sleep 1000 & wait'");
        world_await_file(w->share, "ready");
        run_slow_ones(w);
        pid_t pass = world_start(w, "exec docker autoheal");
        for (int i = 0; i < SLOW; i++) {
                char name[32];
                name_slow(name, sizeof(name), i);
                world_await_file(w->share, name);
        }
        AUTO_FREE char *before = world_inspect(w, "eleventh", STARTED);
        world_do(w, "rm \"$SHARE\"/ready && docker kill -s USR1 eleventh");
        world_await_file(w->share, "ready");
        AUTO_FREE char *after = world_inspect(w, "eleventh", STARTED);
        assert_string_not_equal(before, after);
        assert_int_equal(world_count_events(w, "restart", "slow-0"), 0);

        file_put(w->share, "gate", "");
        assert_int_equal(run_end(pass, 0), 0);
        for (int i = 0; i < SLOW; i++) {
                char name[32];
                name_slow(name, sizeof(name), i);
                assert_int_equal(world_count_events(w, "restart", name), 1);
                check_inspect(w, name, STATUS, "running");
                check_event(w, "restart", name, "status", "\"success\"");
        }
        check_event(w, "restart", "eleventh", "status", "\"success\"");
}

/* ---- A sick host ---- */

#define DOWN 8

static bool is_calm(void *arg) {
        struct world *w = arg;
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        if (world_count_events(w, "storm", NULL) == 2)
                return true;
        assert_int_equal(world_count_events(w, "quarantine", NULL), 0);
        return false;
}

static int64_t event_time(struct world *w, const char *name) {
        struct error err = ERROR_INIT;
        int64_t at = 0;
        AUTO_FREE char *text = file_get(w->data, "events.json");
        AUTO_JSON struct json_doc *doc = NULL;
        if (!text || json_parse(text, strlen(text), 1000000, &doc, &err) < 0)
                fail_msg("no events");
        struct json_iter it = json_iter(json_root(doc));
        while (json_next(&it)) {
                struct slice at_text = json_raw(json_get(it.value, "timestamp"));
                if (json_string_eq(json_get(it.value, "event_type"), "restart") &&
                    json_string_eq(json_get(it.value, "stable_id"), name) &&
                    !time_parse_iso((struct slice){ at_text.p + 1, at_text.n - 2 }, &at))
                        fail_msg("a time that cannot be read");
        }
        return at;
}

/* The one that nothing helps has its only restart first; it is not given up while the storm lasts, and nobody waits for it. */
static void test_one_at_a_time_while_the_host_is_sick(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=2");
        world_env(w, "AUTOHEAL_RESTART_MAX_RESTARTS=1");
        world_env(w, "AUTOHEAL_RESTART_VERIFY_SECONDS=1");
        for (int i = 0; i < 2; i++)
                world_do(w, "docker run -d --name well-%d " MONITORED "autoheal-demo " OBEDIENT, i);
        for (int i = 0; i < DOWN; i++)
                world_do(w,
                         "docker run -d --name down-%d --label autoheal.priority=%d " MONITORED SHARED
                         "autoheal-demo sh -c 'test -e /share/fixed-$0 && exec sleep 1000; exit 1' %d",
                         i, DOWN - i, i);
        for (int i = 0; i < DOWN; i++) {
                char name[32];
                snprintf(name, sizeof(name), "down-%d", i);
                world_await(w, name, STATUS, "exited");
                snprintf(name, sizeof(name), "fixed-%d", i);
                if (i > 0)
                        file_put(w->share, name, "");
        }
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        assert_int_equal(world_count_events(w, "storm", NULL), 1);
        assert_int_equal(world_count_events(w, "restart", NULL), 1);
        assert_int_equal(world_count_events(w, "restart", "down-0"), 1);
        check_judged(w, "down-7", "failing", "storm");

        assert_true(eventually(is_calm, w, WORLD_AWAIT_MS));
        int64_t last = event_time(w, "down-0");
        for (int i = 1; i < 6; i++) {
                char name[32];
                snprintf(name, sizeof(name), "down-%d", i);
                assert_int_equal(world_count_events(w, "restart", name), 1);
                int64_t at = event_time(w, name);
                if (at - last < 2 * US_PER_S - US_PER_S / 2)
                        fail_msg("'%s' was restarted %lld us after the one before it", name, (long long)(at - last));
                last = at;
        }
        for (int pass = 0; pass < 3; pass++)
                check_exit(world_run(w, "docker autoheal"), 0);
        assert_int_equal(world_count_events(w, "storm", NULL), 2);
        assert_int_equal(world_count_events(w, "restart", "down-0"), 1);
        assert_int_equal(world_count_events(w, "quarantine", NULL), 1);
        assert_int_equal(world_count_events(w, "quarantine", "down-0"), 1);
}

/* ---- Replicas ---- */

#define REPLICAS 3
#define REPLICA                                                                                                                    \
        "docker run -d --name web-%d --label com.docker.compose.project=shop --label com.docker.compose.service=web "              \
        "--label com.docker.compose.container-number=%d " MONITORED SHARED "--health-cmd 'test -e /share/well-%d' "                \
        "--health-interval 1s --health-retries 1 --health-start-period 600s autoheal-demo " OBEDIENT

/* The one that the last pass restarted has to be well again before another is taken. */
static int restarted_replica(struct world *w, const bool done[REPLICAS]) {
        int which = -1, n = 0;
        for (int i = 0; i < REPLICAS; i++) {
                char name[32];
                snprintf(name, sizeof(name), "web-%d", i + 1);
                size_t restarts = world_count_events(w, "restart", name);
                assert_int_equal(restarts > 1, 0);
                if (restarts == 1 && !done[i]) {
                        which = i;
                        n++;
                }
        }
        assert_int_equal(n, 1);
        return which;
}

static void test_replicas_go_one_after_another(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_RESTART_DEPLOY_HOLD_SECONDS=0");
        for (int i = 0; i < REPLICAS; i++)
                world_do(w, "docker run -d --name other-%d " MONITORED "autoheal-demo " OBEDIENT, i);
        for (int i = 1; i <= REPLICAS; i++) {
                char file[32], name[32];
                snprintf(file, sizeof(file), "well-%d", i);
                snprintf(name, sizeof(name), "web-%d", i);
                file_put(w->share, file, "");
                world_do(w, REPLICA, i, i, i);
                world_await(w, name, HEALTH, "healthy");
        }
        world_do(w, "rm \"$SHARE\"/well-*");
        for (int i = 1; i <= REPLICAS; i++) {
                char name[32];
                snprintf(name, sizeof(name), "web-%d", i);
                world_await(w, name, HEALTH, "unhealthy");
        }
        bool done[REPLICAS] = { false };
        for (size_t k = 1; k <= REPLICAS; k++) {
                for (int pass = 0; pass < 2; pass++) {
                        check_exit(world_run(w, "docker autoheal"), 0);
                        assert_int_equal(world_count_events(w, "restart", NULL), k);
                }
                int which = restarted_replica(w, done);
                char file[32], name[32];
                snprintf(file, sizeof(file), "well-%d", which + 1);
                snprintf(name, sizeof(name), "web-%d", which + 1);
                check_inspect(w, name, HEALTH, "starting");
                file_put(w->share, file, "");
                world_await(w, name, HEALTH, "healthy");
                done[which] = true;
        }
        assert_int_equal(world_count_events(w, "storm", NULL), 0);
}

/* Starting one that lies on the ground takes nothing away. */
static void test_exited_replicas_are_not_held(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_RESTART_DEPLOY_HOLD_SECONDS=0");
        for (int i = 0; i < REPLICAS; i++)
                world_do(w, "docker run -d --name other-%d " MONITORED "autoheal-demo " OBEDIENT, i);
        for (int i = 1; i <= REPLICAS; i++)
                world_do(w,
                         "docker run -d --name web-%d --label com.docker.compose.project=shop"
                         " --label com.docker.compose.service=web --label com.docker.compose.container-number=%d " MONITORED
                         "autoheal-demo sh -c 'test -e /once && exec sleep 1000; touch /once; exit 3'",
                         i, i);
        for (int i = 1; i <= REPLICAS; i++) {
                char name[32];
                snprintf(name, sizeof(name), "web-%d", i);
                world_await(w, name, STATUS, "exited");
        }
        check_exit(world_run(w, "docker autoheal"), 0);
        assert_int_equal(world_count_events(w, "restart", NULL), REPLICAS);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_nobody_waits_for_slow_stops),
                world_test(test_one_at_a_time_while_the_host_is_sick),
                world_test(test_replicas_go_one_after_another),
                world_test(test_exited_replicas_are_not_held),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
