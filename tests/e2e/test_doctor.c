/* SPDX-License-Identifier: MIT */
/* `docker autoheal doctor` on a real engine: what it asks for harms no container, and what it finds is so. */
#include "support/engine.h"
#include "support/recorder.h"

#define IMPOSSIBLE "_autoheal-doctor"

static void start_all_kinds(struct world *w) {
        world_do(w, "docker run -d --name sick " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name fine " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name crashed " MONITORED "autoheal-demo sh -c 'exit 3'");
        world_do(w, "docker create --name created " MONITORED "autoheal-demo " OBEDIENT);
        world_await(w, "sick", HEALTH, "healthy");
        world_await(w, "fine", HEALTH, "healthy");
        world_do(w, SICKEN, "sick");
        world_await(w, "sick", HEALTH, "unhealthy");
        world_await(w, "crashed", STATUS, "exited");
}

/* Every engine refuses the name, so no container can be hit by asking about it. */
static void test_the_name_that_is_asked_about_can_belong_to_nobody(void **state) {
        struct world *w = *state;
        const struct output *o = world_run(w, "docker create --name " IMPOSSIBLE " autoheal-demo true");
        assert_int_not_equal(o->exit_code, 0);
        check_contains(o->err, "Invalid container name");
        world_do(w, "docker create --name web autoheal-demo true");
        o = world_run(w, "docker rename web " IMPOSSIBLE);
        assert_int_not_equal(o->exit_code, 0);
        o = world_run(w, "docker restart " IMPOSSIBLE);
        check_exit(o, 1);
        check_contains(o->err, "No such container: " IMPOSSIBLE);
}

static void check_requests(struct recorder *r) {
        AUTO_FREE char *requests = recorder_requests(r);
        size_t posts = 0;
        char *rest;
        for (char *line = strtok_r(requests, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
                /* Some versions of docker ask for themselves before they call a plugin. */
                if (strncmp(line, "GET ", 4) == 0 || strncmp(line, "HEAD /_ping ", 12) == 0)
                        continue;
                check_contains(line, "POST /");
                check_contains(line, "/containers/" IMPOSSIBLE "/");
                posts++;
        }
        assert_int_equal(posts, 3);
}

static void test_nothing_is_started_stopped_or_written(void **state) {
        struct world *w = *state;
        start_all_kinds(w);
        AUTO_FREE char *before = world_starts(w);
        AUTO_FREE char *since = xstrdup(world_run(w, "date +%%s.%%N | tr -d '\\n'")->out);
        struct recorder *r = world_record(w);
        const struct output *o = world_run(w, "docker autoheal doctor");
        check_exit(o, 0);
        check_contains(o->out, "run by docker: ");
        check_contains(o->out, "calls       everything that a pass asks for is let through");
        check_contains(o->out, "clock       the engine's clock and ours agree");
        check_contains(o->out, "no pass was ever made with this data directory, and one would act on ");
        check_requests(r);
        AUTO_FREE char *after = world_starts(w);
        assert_string_equal(before, after);
        assert_false(file_there(w->dir, "data"));
        o = world_run(
                w,
                "docker events --since %s --until $(date +%%s.%%N) --filter event=start --filter event=stop --filter event=die "
                "--filter event=kill --filter event=restart",
                since);
        check_exit(o, 0);
        assert_string_equal(o->out, "");
}

static void test_containers_without_a_health_check(void **state) {
        struct world *w = *state;
        start_all_kinds(w);
        world_do(w, "docker run -d --name plain " MONITORED "autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name stopped " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        world_do(w, "docker stop -t 0 stopped");
        const struct output *o = world_run(w, "docker autoheal doctor --format json");
        check_exit(o, 0);
        check_contains(o->out, "\"2 monitored without a health check, so only crashes are seen: plain, crashed\"");
}

static void test_another_healer(void **state) {
        struct world *w = *state;
        world_do(w, "docker tag autoheal-demo willfarrell/autoheal:latest");
        world_do(w, "docker run -d --name healer willfarrell/autoheal " OBEDIENT);
        const struct output *o = world_run(w, "docker autoheal doctor");
        check_exit(o, 0);
        check_contains(o->out, "container 'healer' (image willfarrell/autoheal) restarts containers as well");
        check_contains(o->out, "none of 1 containers is monitored");
        world_do(w, "docker rm -f healer && docker rmi willfarrell/autoheal:latest");
        o = world_run(w, "docker autoheal doctor");
        check_lacks(o->out, "healers");
}

static void test_engine_that_went_away(void **state) {
        struct world *w = *state;
        world_do(w, "docker autoheal");
        world_engine_end(w, ENGINE_CRASH);
        const struct output *o = world_run(w, "docker autoheal doctor");
        check_exit(o, 1);
        assert_true(strncmp(o->out, "problem  engine      nobody listens at unix://", 46) == 0);
        check_contains(o->out, "-> systemctl status docker\n");
        check_contains(o->out, "ok       passes      the last pass was made ");
        world_engine_start(w);
        check_exit(world_run(w, "docker autoheal doctor"), 0);
}

static void test_engine_that_cannot_be_named(void **state) {
        struct world *w = *state;
        const struct output *o = world_run(w, "docker -H unix:///nowhere/docker.sock autoheal doctor");
        check_exit(o, 1);
        check_contains(o->out, "there is no socket at unix:///nowhere/docker.sock (-H)");
        /* Without docker, some versions of which look at the context themselves. */
        o = world_run(w, "\"$DOCKER_CONFIG\"/cli-plugins/docker-autoheal -c no-such-context doctor");
        check_exit(o, 1);
        assert_true(strncmp(o->out, "problem  engine      ", 21) == 0);
        check_contains(o->out, "no-such-context");
        check_contains(o->out, "-> docker context ls\n");
        check_contains(o->out, "ok       config ");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_the_name_that_is_asked_about_can_belong_to_nobody),
                world_test(test_nothing_is_started_stopped_or_written),
                world_test(test_containers_without_a_health_check),
                world_test(test_another_healer),
                world_test(test_engine_that_went_away),
                world_test(test_engine_that_cannot_be_named),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
