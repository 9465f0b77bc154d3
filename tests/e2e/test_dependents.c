/* SPDX-License-Identifier: MIT */
/* Containers that depend on others: a shared network whose owner starts anew, and depends_on. */
#include "support/family.h"

/* ---- A shared network ---- */

static void run_chain(struct world *w, const char *options_of_first) {
        static const char *const names[] = { "vpn", "app", "end", "alone", NULL };
        world_no_waits(w);
        family_run(w, "vpn", options_of_first);
        family_run(w, "app", "--network container:vpn");
        family_run(w, "end", "--network container:app");
        family_run(w, "alone", "");
        family_settle(w, names);
        check_quiet_pass(w);
}

/* In order, once each, and not counted. */
static void check_chain_heals(struct world *w) {
        char *alone AUTO_FREE = world_inspect(w, "alone", STARTED);
        family_await_restart(w, "end", 1);
        family_comes_to_rest(w);
        assert_int_equal(world_count_events(w, "restart", "app"), 1);
        assert_int_equal(world_count_events(w, "restart", "end"), 1);
        check_event(w, "restart", "app", "reason", "\"stale-network\"");
        check_event(w, "restart", "end", "reason", "\"stale-network\"");
        check_event(w, "restart", "end", "restart_count", "0");
        assert_true(family_is_before(w, "vpn", "app"));
        assert_true(family_is_before(w, "app", "end"));
        check_inspect(w, "alone", STARTED, alone);
}

static void test_a_person_restarts_the_parent(void **state) {
        struct world *w = *state;
        /* It becomes healthy long after the next pass. */
        run_chain(w, "--health-interval 10s ");
        world_do(w, "docker restart -t 1 vpn");
        check_judged(w, "app", "failing", "parent");
        world_await(w, "vpn", HEALTH, "healthy");
        check_chain_heals(w);
        assert_int_equal(world_count_events(w, "restart", "vpn"), 0);
}

static void test_we_restart_the_parent(void **state) {
        struct world *w = *state;
        run_chain(w, "");
        world_do(w, SICKEN, "vpn");
        family_await_restart(w, "vpn", 1);
        check_chain_heals(w);
        assert_int_equal(world_count_events(w, "restart", "vpn"), 1);
}

static void test_the_policy_restarts_the_parent(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_do(w, "docker run -d --name vpn --restart always " SICKENABLE "-v \"$SHARE\":/share autoheal-demo sh -c "
                    "'while test ! -e /share/crash; do sleep 1; done; rm /share/crash; exit 3'");
        family_run(w, "app", "--network container:vpn");
        family_settle(w, (const char *const[]){ "vpn", "app", NULL });
        world_do(w, "touch \"$SHARE/crash\"");
        world_await(w, "vpn", "{{.RestartCount}}", "1");
        family_await_restart(w, "app", 1);
        family_comes_to_rest(w);
        check_event(w, "restart", "app", "reason", "\"stale-network\"");
        assert_true(family_is_before(w, "vpn", "app"));
}

static bool all_are_well(void *arg) {
        struct world *w = arg;
        check_exit(world_run(w, "docker autoheal"), 0);
        return world_run(w, "docker autoheal check -q")->exit_code == 0;
}

static void check_after_engine(struct world *w, enum engine_end how) {
        world_no_waits(w);
        family_run(w, "vpn", "--restart always");
        family_run(w, "app", "--restart always --network container:vpn");
        family_run(w, "end", "--restart unless-stopped --network container:app");
        family_settle(w, (const char *const[]){ "vpn", "app", "end", NULL });
        world_age(w, 60);
        world_engine_end(w, how);
        world_engine_start(w);
        assert_true(eventually(all_are_well, w, WORLD_AWAIT_MS));
        family_comes_to_rest(w);
        assert_true(family_is_before(w, "vpn", "app"));
        assert_true(family_is_before(w, "app", "end"));
        assert_true(world_count_events(w, "restart", "app") <= 2);
        assert_int_equal(world_count_events(w, "quarantine", NULL), 0);
}

static void test_the_engine_is_restarted(void **state) {
        check_after_engine(*state, ENGINE_HALT);
}

static void test_the_power_fails(void **state) {
        check_after_engine(*state, ENGINE_CUT);
}

static void test_started_in_vain_it_is_started_when_the_parent_is_back(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        family_run(w, "vpn", "");
        family_run(w, "app", "--network container:vpn");
        family_settle(w, (const char *const[]){ "vpn", "app", NULL });
        world_do(w, "docker stop vpn");
        assert_int_not_equal(world_run(w, "docker restart -t 1 app")->exit_code, 0);
        check_judged(w, "app", "failing", "parent");
        check_quiet_pass(w);
        world_do(w, "docker start vpn");
        family_await_restart(w, "app", 1);
        check_event(w, "restart", "app", "reason", "\"start-failed\"");
        check_event(w, "restart", "app", "restart_count", "0");
        family_comes_to_rest(w);
}

/* Its network is dead, and not to be helped by us. */
static void test_left_alone(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        family_run(w, "vpn", "");
        family_run(w, "kept", "--network container:vpn");
        family_run(w, "stopped", "--network container:vpn");
        world_do(w, "docker run -d --name stranger --network container:vpn " SICKENABLE PLAIN);
        family_settle(w, (const char *const[]){ "vpn", "kept", "stopped", "stranger", NULL });
        world_do(w, "docker stop stopped");
        world_do(w, "docker autoheal maintenance on kept");
        /* The list tells runs in whole seconds. */
        world_await(w, "stranger", "{{ge (len .State.Health.Log) 4}}", "true");
        world_do(w, "docker restart -t 1 vpn");
        world_await(w, "vpn", HEALTH, "healthy");
        char *before AUTO_FREE = world_starts(w);
        for (int i = 0; i < 3; i++)
                world_do(w, "docker autoheal");
        char *after AUTO_FREE = world_starts(w);
        assert_string_equal(before, after);
        assert_int_equal(world_count_events(w, "notify", "kept"), 1);
        assert_int_equal(world_count_events(w, "notify", "stranger"), 1);
        check_event(w, "notify", "stranger", "status", "\"left-alone\"");
        check_judged(w, "kept", "failing", "maintenance");
        check_judged(w, "stopped", "stopped", "manual-stop");
}

/* ---- depends_on ---- */

static void run_shop(struct world *w) {
        static const char *const names[] = { "db", "web", "front", "loose", "labelled", NULL };
        world_no_waits(w);
        family_run(w, "db", COMPOSE("shop", "db"));
        family_run(w, "web", COMPOSE("shop", "web") "--label com.docker.compose.depends_on=db:service_healthy:true");
        family_run(w, "front", COMPOSE("shop", "front") "--label com.docker.compose.depends_on=web:service_started:true");
        family_run(w, "loose", COMPOSE("shop", "loose") "--label com.docker.compose.depends_on=db:service_healthy:false");
        family_run(w, "labelled", "--label autoheal.depends_on=shop_db");
        family_settle(w, names);
}

static void test_after_our_restart_dependents_follow(void **state) {
        struct world *w = *state;
        run_shop(w);
        world_do(w, SICKEN, "db");
        family_await_restart(w, "db", 1);
        family_await_restart(w, "web", 1);
        family_await_restart(w, "front", 1);
        family_comes_to_rest(w);
        assert_int_equal(world_count_events(w, "restart", "db"), 1);
        assert_int_equal(world_count_events(w, "restart", "web"), 1);
        assert_int_equal(world_count_events(w, "restart", "front"), 1);
        assert_int_equal(world_count_events(w, "restart", "labelled"), 1);
        assert_int_equal(world_count_events(w, "restart", "loose"), 0);
        check_event(w, "restart", "web", "reason", "\"parent-restarted\"");
        check_event(w, "restart", "web", "restart_count", "0");
        assert_true(family_is_before(w, "db", "web"));
        assert_true(family_is_before(w, "web", "front"));
}

static void test_after_anybody_elses_restart_nobody_follows(void **state) {
        struct world *w = *state;
        run_shop(w);
        world_do(w, "docker stop -t 1 db");
        check_exit(world_run(w, "docker autoheal"), 0);
        world_do(w, "docker start db");
        world_await(w, "db", HEALTH, "healthy");
        check_quiet_pass(w);
        world_do(w, "docker restart -t 1 db");
        world_await(w, "db", HEALTH, "healthy");
        check_quiet_pass(w);
        assert_int_equal(world_count_events(w, "restart", NULL), 0);
}

/* What the engine and we start after it is nobody's order to restart something else. */
static void test_a_reboot_restarts_nobody_else(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        family_run(w, "db", COMPOSE("shop", "db"));
        family_run(w, "web",
                   "--restart always " COMPOSE("shop", "web") "--label com.docker.compose.depends_on=db:service_healthy:true");
        family_run(w, "labelled", "--restart always --label autoheal.depends_on=shop_db");
        family_settle(w, (const char *const[]){ "db", "web", "labelled", NULL });
        world_age(w, 60);
        world_engine_end(w, ENGINE_CUT);
        world_engine_start(w);
        family_await_restart(w, "db", 1);
        check_event(w, "restart", "db", "reason", "\"engine-restart\"");
        family_comes_to_rest(w);
        assert_true(family_is_before(w, "web", "db"));
        assert_int_equal(world_count_events(w, "restart", NULL), 1);
        world_do(w, "docker stop -t 1 db");
        world_do(w, "docker start db");
        world_await(w, "db", HEALTH, "healthy");
        family_comes_to_rest(w);
        assert_int_equal(world_count_events(w, "restart", NULL), 1);
}

static void test_a_circle_is_told_once_and_heals(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        family_run(w, "left", "--label autoheal.depends_on=right");
        family_run(w, "right", "--label autoheal.depends_on=left");
        world_await(w, "left", HEALTH, "healthy");
        world_await(w, "right", HEALTH, "healthy");
        check_exit(world_run(w, "docker autoheal"), 0);
        assert_int_equal(world_count_events(w, "config", NULL), 1);
        world_do(w, SICKEN, "left");
        family_await_restart(w, "left", 1);
        family_comes_to_rest(w);
        assert_int_equal(world_count_events(w, "restart", NULL), 1);
        assert_int_equal(world_count_events(w, "config", NULL), 1);
}

#define SHOP_SERVICE(name, more)                                                                                                   \
        "  " name ":\n"                                                                                                            \
        "    image: autoheal-demo\n"                                                                                               \
        "    command: sleep 1000\n"                                                                                                \
        "    stop_grace_period: 1s\n"                                                                                              \
        "    restart: always\n"                                                                                                    \
        "    healthcheck: { test: 'test ! -e /run/sick', interval: 1s, retries: 1 }\n"                                             \
        "    tmpfs: /run\n"                                                                                                        \
        "    labels: { autoheal: 'true' }\n" more

#define SHOP_FILE                                                                                                                  \
        "mkdir \"$HOME/shop\" && cat >\"$HOME/shop/docker-compose.yml\" <<'END'\n"                                                 \
        "version: '2.4'\n"                                                                                                         \
        "services:\n" SHOP_SERVICE("db", "    network_mode: none\n") SHOP_SERVICE("app", "    network_mode: service:db\n")         \
                SHOP_SERVICE("web", "    network_mode: none\n"                                                                     \
                                    "    depends_on: [ db ]\n") "END\n"

/* Version 1 tells of shared networks, and writes no label depends_on. */
static void test_docker_compose(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_RESTART_DEPLOY_HOLD_SECONDS=0");
        world_do(w, SHOP_FILE);
        world_do(w, "cd \"$HOME/shop\" && docker-compose up -d");
        family_settle(w, (const char *const[]){ "shop_db_1", "shop_app_1", "shop_web_1", NULL });
        world_do(w, "cd \"$HOME/shop\" && docker-compose restart db");
        family_await_restart(w, "shop_app_1", 1);
        family_comes_to_rest(w);
        assert_int_equal(world_count_events(w, "restart", NULL), 1);
        world_do(w, "docker stop -t 1 shop_db_1");
        world_do(w, "docker start shop_db_1");
        family_await_restart(w, "shop_app_1", 2);
        family_comes_to_rest(w);
        assert_int_equal(world_count_events(w, "restart", NULL), 2);
        world_age(w, 60);
        world_engine_end(w, ENGINE_CUT);
        world_engine_start(w);
        assert_true(eventually(all_are_well, w, WORLD_AWAIT_MS));
        family_comes_to_rest(w);
        assert_true(family_is_before(w, "shop_db_1", "shop_app_1"));
        assert_int_equal(world_count_events(w, "restart", "shop_db_1"), 0);
        assert_int_equal(world_count_events(w, "restart", "shop_web_1"), 0);
        world_do(w, SICKEN, "shop_db_1");
        family_await_restart(w, "shop_db_1", 1);
        family_comes_to_rest(w);
        assert_true(family_is_before(w, "shop_db_1", "shop_app_1"));
        assert_int_equal(world_count_events(w, "restart", "shop_web_1"), 0);
}

/* ---- serve ---- */

static bool is_started_after(void *arg) {
        return family_is_before(arg, "vpn", "app") && family_is_before(arg, "app", "end");
}

/* Nothing but events makes it look. */
static pid_t start_serve(struct world *w) {
        world_env(w, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600");
        world_env(w, "AUTOHEAL_UI_ENABLE=false");
        world_env(w, "AUTOHEAL_OBSERVABILITY_PROMETHEUS_ENABLED=false");
        pid_t pid = world_start(w, "exec docker autoheal serve");
        world_await_file(w->data, "pass.lock");
        return pid;
}

static void end_serve(struct world *w, pid_t pid) {
        assert_int_equal(world_serve_end(w, pid), 0);
        family_comes_to_rest(w);
}

static void test_serve_follows_at_once(void **state) {
        struct world *w = *state;
        run_chain(w, "");
        pid_t pid = start_serve(w);
        world_do(w, "docker restart -t 1 vpn");
        assert_true(eventually(is_started_after, w, WORLD_AWAIT_MS));
        world_await(w, "end", HEALTH, "healthy");
        end_serve(w, pid);
        assert_int_equal(world_count_events(w, "restart", "app"), 1);
        assert_int_equal(world_count_events(w, "restart", "end"), 1);
}

static bool is_front_started_last(void *arg) {
        return family_is_before(arg, "db", "web") && family_is_before(arg, "web", "front");
}

static void test_serve_follows_its_own_restarts(void **state) {
        struct world *w = *state;
        run_shop(w);
        pid_t pid = start_serve(w);
        char *before AUTO_FREE = world_inspect(w, "front", STARTED);
        world_do(w, "docker restart -t 1 db");
        world_await(w, "db", HEALTH, "healthy");
        check_inspect(w, "front", STARTED, before);
        world_do(w, SICKEN, "db");
        assert_true(eventually(is_front_started_last, w, WORLD_AWAIT_MS));
        world_await(w, "front", HEALTH, "healthy");
        end_serve(w, pid);
        assert_int_equal(world_count_events(w, "restart", "db"), 1);
        assert_int_equal(world_count_events(w, "restart", "web"), 1);
        assert_int_equal(world_count_events(w, "restart", "front"), 1);
        assert_int_equal(world_count_events(w, "restart", "labelled"), 1);
        assert_int_equal(world_count_events(w, "restart", "loose"), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_a_person_restarts_the_parent),
                world_test(test_we_restart_the_parent),
                world_test(test_the_policy_restarts_the_parent),
                world_test(test_the_engine_is_restarted),
                world_test(test_the_power_fails),
                world_test(test_started_in_vain_it_is_started_when_the_parent_is_back),
                world_test(test_left_alone),
                world_test(test_after_our_restart_dependents_follow),
                world_test(test_after_anybody_elses_restart_nobody_follows),
                world_test(test_a_reboot_restarts_nobody_else),
                world_test(test_a_circle_is_told_once_and_heals),
                world_test(test_docker_compose),
                world_test(test_serve_follows_at_once),
                world_test(test_serve_follows_its_own_restarts),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
