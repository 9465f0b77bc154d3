/* SPDX-License-Identifier: MIT */
/* What restarting does not help is given up after max_restarts, over separate invocations, and released by proof or by a person. */
#include "support/engine.h"

/* Well only while its share holds a file of that name. */
#define FIXABLE(name) "sh -c 'test -e /share/" name " && exec sleep 1000; exit 1'"

static void check_healed(struct world *w, const char *name) {
        AUTO_FREE char *before = world_inspect(w, name, STARTED);
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_contains(o->out, "started in ");
        AUTO_FREE char *after = world_inspect(w, name, STARTED);
        assert_string_not_equal(before, after);
}

static bool is_quarantined(struct world *w, const char *stable_id) {
        AUTO_FREE char *text = file_get(w->data, "quarantine.json");
        AUTO_FREE char *quoted = NULL;
        if (asprintf(&quoted, "\"%s\"", stable_id) < 0)
                fail_msg("out of memory");
        return text && strstr(text, quoted);
}

static void check_quarantines(struct world *w, const char *name) {
        AUTO_FREE char *before = world_inspect(w, name, STARTED);
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_contains(o->out, "quarantined: ");
        assert_true(is_quarantined(w, name));
        check_inspect(w, name, STARTED, before);
}

static void test_three_failures_and_release_by_hand(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_do(w, "docker run -d --name hopeless " MONITORED SHARED "autoheal-demo " FIXABLE("fixed"));
        for (int i = 0; i < 3; i++) {
                world_await(w, "hopeless", STATUS, "exited");
                check_healed(w, "hopeless");
        }
        world_await(w, "hopeless", STATUS, "exited");
        check_quarantines(w, "hopeless");
        AUTO_FREE char *started = world_inspect(w, "hopeless", STARTED);
        for (int i = 0; i < 3; i++) {
                const struct output *o = world_run(w, "docker autoheal");
                check_exit(o, 0);
                check_silent(o);
        }
        check_inspect(w, "hopeless", STARTED, started);
        assert_int_equal(world_count_events(w, "restart", "hopeless"), 3);
        assert_int_equal(world_count_events(w, "quarantine", "hopeless"), 1);
        const struct output *o = world_run(w, "docker autoheal check");
        check_exit(o, 1);
        check_contains(o->out, "hopeless");

        file_put(w->share, "fixed", "");
        o = world_run(w, "docker autoheal unquarantine hopeless");
        check_exit(o, 0);
        assert_string_equal(o->out, "hopeless\n");
        assert_false(is_quarantined(w, "hopeless"));
        check_healed(w, "hopeless");
        check_inspect(w, "hopeless", STATUS, "running");
        assert_int_equal(world_count_events(w, "unquarantine", "hopeless"), 1);
}

/* Its restarts lie further apart than the window, but it was never well in between: they count for the episode. */
static void test_slow_starts_do_not_escape(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_RESTART_MAX_RESTARTS_WINDOW_SECONDS=1");
        world_do(w, "docker run -d --name slow " MONITORED
                    "--health-cmd false --health-interval 1s --health-retries 2 autoheal-demo " OBEDIENT);
        for (int i = 0; i < 3; i++) {
                const struct output *o = world_run(w, "docker autoheal");
                check_exit(o, 0);
                check_lacks(o->out, "slow");
                world_await(w, "slow", HEALTH, "unhealthy");
                check_healed(w, "slow");
        }
        world_await(w, "slow", HEALTH, "unhealthy");
        check_quarantines(w, "slow");
}

static bool is_released_by_proof(void *arg) {
        struct world *w = arg;
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        return !is_quarantined(w, "checked") && !is_quarantined(w, "unchecked");
}

static void test_proof_releases_but_not_what_a_person_quarantined(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_RESTART_RELEASE_SECONDS=1");
        world_env(w, "AUTOHEAL_RESTART_VERIFY_SECONDS=1");
        world_env(w, "AUTOHEAL_RESTART_MAX_RESTARTS=1");
        world_do(w, "docker run -d --name checked " MONITORED SHARED
                    "--health-cmd 'test -e /share/well' --health-interval 1s --health-retries 1 autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name unchecked " MONITORED SHARED "autoheal-demo " FIXABLE("well"));
        world_do(w, "docker run -d --name by-hand " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        for (int i = 0; i < 2; i++) {
                world_await(w, "checked", HEALTH, "unhealthy");
                world_await(w, "unchecked", STATUS, "exited");
                const struct output *o = world_run(w, "docker autoheal");
                check_exit(o, 0);
        }
        assert_true(is_quarantined(w, "checked"));
        assert_true(is_quarantined(w, "unchecked"));
        world_do(w, "docker autoheal quarantine by-hand");
        world_await(w, "by-hand", HEALTH, "healthy");

        file_put(w->share, "well", "");
        world_do(w, "docker start unchecked");
        world_await(w, "checked", HEALTH, "healthy");
        assert_true(eventually(is_released_by_proof, w, WORLD_AWAIT_MS));
        assert_int_equal(world_count_events(w, "auto_unquarantine", "checked"), 1);
        assert_int_equal(world_count_events(w, "auto_unquarantine", "unchecked"), 1);

        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        assert_true(is_quarantined(w, "by-hand"));
        assert_int_equal(world_count_events(w, "auto_unquarantine", "by-hand"), 0);
        world_do(w, "docker autoheal unquarantine --all");
        assert_false(is_quarantined(w, "by-hand"));
}

static void test_new_version_starts_afresh(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_RESTART_MAX_RESTARTS=1");
        world_do(w, "docker run -d --name web --label com.docker.compose.config-hash=1 " MONITORED "autoheal-demo sh -c 'exit 1'");
        world_await(w, "web", STATUS, "exited");
        check_healed(w, "web");
        world_await(w, "web", STATUS, "exited");
        check_quarantines(w, "web");

        world_do(w, "docker rm web");
        world_do(w, "docker run -d --name web --label com.docker.compose.config-hash=1 " MONITORED "autoheal-demo sh -c 'exit 1'");
        world_await(w, "web", STATUS, "exited");
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_silent(o);
        assert_true(is_quarantined(w, "web"));

        world_do(w, "docker rm web");
        world_do(w, "docker run -d --name web --label com.docker.compose.config-hash=2 " MONITORED "autoheal-demo sh -c 'exit 1'");
        world_await(w, "web", STATUS, "exited");
        check_healed(w, "web");
        assert_false(is_quarantined(w, "web"));
        assert_int_equal(world_count_events(w, "auto_unquarantine", "web"), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_three_failures_and_release_by_hand),
                world_test(test_slow_starts_do_not_escape),
                world_test(test_proof_releases_but_not_what_a_person_quarantined),
                world_test(test_new_version_starts_afresh),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
