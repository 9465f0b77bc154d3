/* SPDX-License-Identifier: MIT */
/* Containers that share the network of one that is gone, and the commands that make them anew. */
#include "support/family.h"

/* The last command that an event tells, typed as it stands. */
static void type_remedy(struct world *w) {
        world_do(w, "eval \"$(docker autoheal events --type orphaned -n 1 --format '{{.Message}}' | sed 's/.*anew with: //')\"");
}

static void check_is_in_network_of(struct world *w, const char *child, const char *parent) {
        char *id AUTO_FREE = world_inspect(w, parent, "container:{{.Id}}");
        check_inspect(w, child, "{{.HostConfig.NetworkMode}}", id);
        check_inspect(w, child, STATUS, "running");
}

static void test_an_orphan_is_made_anew_by_the_command_that_is_told(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        family_run(w, "vpn", "");
        family_run(w, "app", "--network container:vpn -v /kept -e WORD=kept --restart always");
        family_settle(w, (const char *const[]){ "vpn", "app", NULL });
        world_do(w, "docker exec app sh -c 'echo it >/kept/file'");
        world_do(w, "docker rm -f vpn");
        for (int i = 0; i < 3; i++)
                check_exit(world_run(w, "docker autoheal"), 0);
        assert_int_equal(world_count_events(w, "orphaned", "app"), 1);
        assert_int_equal(world_count_events(w, "restart", NULL), 0);
        check_judged(w, "app", "failing", "orphaned");
        /* There is none whose network it could share yet, and nothing is changed. */
        assert_int_equal(world_run(w, "docker autoheal recreate app")->exit_code, 1);
        check_contains(w->last.err, "there is no container 'vpn'");
        check_inspect(w, "app", STATUS, "running");
        family_run(w, "vpn", "");
        type_remedy(w);
        check_is_in_network_of(w, "app", "vpn");
        world_do(w, "docker exec app cat /kept/file");
        check_contains(w->last.out, "it");
        world_do(w, "docker exec app sh -c 'echo $WORD'");
        check_contains(w->last.out, "kept");
        check_inspect(w, "app", "{{.HostConfig.RestartPolicy.Name}}", "always");
        world_do(w, "docker ps -aq | wc -l");
        check_contains(w->last.out, "2\n");
        world_await(w, "app", HEALTH, "healthy");
        check_exit(world_run(w, "docker autoheal"), 0);
        assert_int_equal(world_count_events(w, "recovered", "app"), 1);
        family_comes_to_rest(w);
}

/* The image cannot be had any more: the old one is back in its place. */
static void test_what_cannot_be_made_anew_stays(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        family_run(w, "vpn", "");
        world_do(w, "docker tag autoheal-demo gone:1");
        world_do(w, "docker run -d --name app " MONITORED "--network container:vpn gone:1 " OBEDIENT);
        world_do(w, "docker autoheal");
        world_do(w, "docker rmi gone:1");
        world_do(w, "docker rm -f vpn");
        family_run(w, "vpn", "");
        char *id AUTO_FREE = world_inspect(w, "app", "{{.Id}}");
        assert_int_equal(world_run(w, "docker autoheal recreate app")->exit_code, 1);
        check_contains(w->last.err, "gone:1");
        check_inspect(w, "app", "{{.Id}}", id);
        check_inspect(w, "app", STATUS, "running");
        world_do(w, "docker ps -aq | wc -l");
        check_contains(w->last.out, "2\n");
}

/* It is created, and does not start: the program that it runs is not in the image any more. */
static void test_what_does_not_start_takes_no_place(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        family_run(w, "vpn", "");
        world_do(w, "docker tag autoheal-demo changing:1");
        world_do(w, "docker run -d --name app " MONITORED "--network container:vpn changing:1 " OBEDIENT);
        world_do(w, "docker autoheal");
        world_do(w, "tar c --files-from /dev/null | docker import - changing:1");
        world_do(w, "docker rm -f vpn");
        family_run(w, "vpn", "");
        char *id AUTO_FREE = world_inspect(w, "app", "{{.Id}}");
        assert_int_equal(world_run(w, "docker autoheal recreate app")->exit_code, 1);
        check_contains(w->last.err, "the new container could not be started: ");
        check_contains(w->last.err, "the old container is kept as 'app', and could not be started again: ");
        check_inspect(w, "app", "{{.Id}}", id);
        world_do(w, "docker ps -aq | wc -l");
        check_contains(w->last.out, "2\n");
        check_event(w, "orphaned", "app", "status", "\"failure\"");
        check_judged(w, "app", "failing", "orphaned");
        world_do(w, "docker tag autoheal-demo changing:1");
        world_do(w, "docker autoheal recreate app");
        check_is_in_network_of(w, "app", "vpn");
}

/* The engine removes it as soon as it has stopped. */
static void test_an_orphan_that_removes_itself(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        family_run(w, "vpn", "");
        world_do(w, "docker run -d --rm --name app -v /kept --network container:vpn " PLAIN);
        world_do(w, "docker exec app sh -c 'echo it >/kept/file'");
        world_do(w, "docker rm -f vpn");
        family_run(w, "vpn", "");
        world_do(w, "docker autoheal recreate app vpn");
        check_is_in_network_of(w, "app", "vpn");
        check_inspect(w, "app", "{{.HostConfig.AutoRemove}}", "true");
        world_do(w, "docker exec app cat /kept/file");
        check_contains(w->last.out, "it");
        world_do(w, "docker ps -aq | wc -l");
        check_contains(w->last.out, "2\n");
}

#define COMPOSE_FILE                                                                                                               \
        "mkdir \"$HOME/shop\" && cat >\"$HOME/shop/docker-compose.yml\" <<'END'\n"                                                 \
        "version: '2.4'\n"                                                                                                         \
        "services:\n"                                                                                                              \
        "  vpn:\n"                                                                                                                 \
        "    image: autoheal-demo\n"                                                                                               \
        "    command: sleep 1000\n"                                                                                                \
        "    stop_grace_period: 1s\n"                                                                                              \
        "    network_mode: none\n"                                                                                                 \
        "    labels: { autoheal: 'true' }\n"                                                                                       \
        "  app:\n"                                                                                                                 \
        "    image: autoheal-demo\n"                                                                                               \
        "    command: sleep 1000\n"                                                                                                \
        "    stop_grace_period: 1s\n"                                                                                              \
        "    network_mode: service:vpn\n"                                                                                          \
        "    labels: { autoheal: 'true' }\n"                                                                                       \
        "END\n"

static void test_compose_makes_its_own_anew(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_RESTART_DEPLOY_HOLD_SECONDS=0");
        world_do(w, COMPOSE_FILE);
        world_do(w, "cd \"$HOME/shop\" && docker-compose up -d");
        world_do(w, "docker autoheal");
        world_do(w, "docker rm -f shop_vpn_1");
        world_do(w, "docker autoheal");
        assert_int_equal(world_count_events(w, "orphaned", "shop_app_1"), 1);
        type_remedy(w);
        check_is_in_network_of(w, "shop_app_1", "shop_vpn_1");
        world_do(w, "docker autoheal");
        /* The other one is there again already: it need not be made anew as well. */
        world_do(w, "docker rm -f shop_vpn_1");
        world_do(w, "cd \"$HOME/shop\" && docker-compose up -d vpn");
        char *vpn AUTO_FREE = world_inspect(w, "shop_vpn_1", "{{.Id}}");
        world_do(w, "docker autoheal");
        type_remedy(w);
        check_inspect(w, "shop_vpn_1", "{{.Id}}", vpn);
        check_is_in_network_of(w, "shop_app_1", "shop_vpn_1");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_an_orphan_is_made_anew_by_the_command_that_is_told),
                world_test(test_what_cannot_be_made_anew_stays),
                world_test(test_what_does_not_start_takes_no_place),
                world_test(test_an_orphan_that_removes_itself),
                world_test(test_compose_makes_its_own_anew),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
