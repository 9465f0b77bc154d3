/* SPDX-License-Identifier: MIT */
/* Stopped, or fallen? Each kind of evidence on a real engine: the journal, the restart policy, the last start, and none at all. */
#include "support/engine.h"

/* The engine's look back; `until` in the future would block the call. */
#define JOURNAL(name) "docker events --since 0 --until $(date +%%s) --filter container=" name
/* Ends with that code when it is told to; writes /share/<its name> when it can be told. */
#define ENDS_WITH(code) "sh -c 'trap \"exit " code "\" TERM; touch /share/$0; sleep 1000 & wait'"
/* Ends with 3 when a person sends USR1, which is no signal to end it. */
#define CRASHES_ON_USR1 "sh -c 'trap \"exit 3\" USR1; touch /share/$0; sleep 1000 & wait'"

static void check_pass_starts(struct world *w, const char *name) {
        AUTO_FREE char *says = NULL;
        if (asprintf(&says, "%s: started in ", name) < 0)
                fail_msg("out of memory");
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_contains(o->out, says);
}

/* ---- Stopped by a person ---- */

static const struct {
        const char *name, *command;
        const char *stopped_by; /* the command that ends it */
        const char *exit_code;
} ends[] = {
        { "obeys", ENDS_WITH("0"), "docker stop", "0" },
        { "obeys-with-5", ENDS_WITH("5"), "docker stop", "5" },
        { "obeys-with-143", ENDS_WITH("143"), "docker stop", "143" },
        { "ignores", "sh -c 'touch /share/$0; exec sleep 1000'", "docker stop -t 0", "137" },
        { "survives", "sh -c 'trap : TERM; touch /share/$0; while :; do sleep 1000 & wait; done'", "docker stop -t 0", "137" },
        { "killed", "sh -c 'touch /share/$0; exec sleep 1000'", "docker kill", "137" },
        { "termed", ENDS_WITH("143"), "docker kill -s TERM", "143" },
        { "interrupted", "sh -c 'trap \"exit 130\" INT; touch /share/$0; sleep 1000 & wait'", "docker kill -s INT", "130" },
};

static void run_all_ends(struct world *w, const char *policy) {
        for (size_t i = 0; i < N_ELEMENTS(ends); i++) {
                char name[64];
                snprintf(name, sizeof(name), "%s-%zu", ends[i].name, i);
                world_do(w, "docker run -d --name %s --restart %s " MONITORED SHARED "autoheal-demo %s %s", name, policy,
                         ends[i].command, name);
                world_await_file(w->share, name);
        }
        for (size_t i = 0; i < N_ELEMENTS(ends); i++)
                world_do(w, "%s %s-%zu", ends[i].stopped_by, ends[i].name, i);
}

static void check_all_ends_left_alone(struct world *w) {
        for (size_t i = 0; i < N_ELEMENTS(ends); i++) {
                char name[64], state[64];
                snprintf(name, sizeof(name), "%s-%zu", ends[i].name, i);
                snprintf(state, sizeof(state), "exited %s", ends[i].exit_code);
                world_await(w, name, "{{.State.Status}} {{.State.ExitCode}}", state);
        }
        AUTO_FREE char *before = world_starts(w);
        check_quiet_pass(w);
        check_quiet_pass(w);
        AUTO_FREE char *after = world_starts(w);
        assert_string_equal(before, after);
        for (size_t i = 1; i < N_ELEMENTS(ends); i++) {
                char name[64];
                snprintf(name, sizeof(name), "%s-%zu", ends[i].name, i);
                check_judged(w, name, "stopped", "manual-stop");
        }
        assert_int_equal(world_count_events(w, "notify", NULL), 0);
}

static void stopped_by_a_person_under(struct world *w, const char *policy) {
        world_no_waits(w);
        run_all_ends(w, policy);
        check_all_ends_left_alone(w);
}

static void test_stopped_under_policy_no(void **state) {
        stopped_by_a_person_under(*state, "no");
}

static void test_stopped_under_policy_always(void **state) {
        stopped_by_a_person_under(*state, "always");
}

static void test_stopped_under_policy_unless_stopped(void **state) {
        stopped_by_a_person_under(*state, "unless-stopped");
}

static void test_stopped_under_policy_on_failure(void **state) {
        stopped_by_a_person_under(*state, "on-failure");
}

static void test_stopped_under_policy_on_failure_with_a_limit(void **state) {
        stopped_by_a_person_under(*state, "on-failure:3");
}

static void test_stopped_between_two_passes(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_do(w, "docker run -d --name web " MONITORED "autoheal-demo sleep 1000");
        check_quiet_pass(w);
        check_judged(w, "web", "starting", "starting");
        world_do(w, "docker stop -t 0 web");
        world_await(w, "web", "{{.State.Status}} {{.State.ExitCode}}", "exited 137");
        check_quiet_pass(w);
        check_judged(w, "web", "stopped", "manual-stop");

        /* What was true of that exit proves nothing about the next one. */
        world_do(w, "docker rm web");
        world_do(w, "docker run -d --name web " MONITORED SHARED "autoheal-demo " CRASHES_ON_USR1 " ready");
        world_await_file(w->share, "ready");
        check_quiet_pass(w);
        world_do(w, "docker kill -s USR1 web");
        world_await(w, "web", "{{.State.Status}} {{.State.ExitCode}}", "exited 3");
        check_pass_starts(w, "web");
}

/* Its memory limit took a child, and the flag stays; then a person stops it. */
static void test_child_out_of_memory_then_stopped(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_do(w, "docker run -d --name parent --memory 16m --memory-swap 16m " MONITORED SHARED
                    "autoheal-demo sh -c 'tail /dev/zero; touch /share/survived; exec sleep 1000'");
        world_await_file(w->share, "survived");
        world_do(w, "docker stop -t 0 parent");
        world_await(w, "parent", "{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}", "exited 137 true");
        check_quiet_pass(w);
        check_judged(w, "parent", "stopped", "manual-stop");
}

/* ---- Being stopped by a person ---- */

static void test_stop_of_a_sick_container_wins(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_do(w,
                 "docker run -d --name sick " MONITORED SICKENABLE SHARED "autoheal-demo sh -c 'trap \"touch /share/asked\" TERM;"
                 " while ! test -e /share/enough; do sleep 1 & wait $!; done; exit 9'");
        world_await(w, "sick", HEALTH, "healthy");
        world_do(w, SICKEN, "sick");
        world_await(w, "sick", HEALTH, "unhealthy");
        AUTO_FREE char *started = world_inspect(w, "sick", STARTED);
        pid_t person = world_start(w, "exec docker stop -t 60 sick");
        world_await_file(w->share, "asked");

        check_quiet_pass(w);
        check_judged(w, "sick", "stopping", "stopping");
        check_inspect(w, "sick", "{{.State.Status}} {{.State.Health.Status}}", "running unhealthy");

        file_put(w->share, "enough", "");
        assert_int_equal(run_end(person, 0), 0);
        check_inspect(w, "sick", "{{.State.Status}} {{.State.ExitCode}}", "exited 9");
        check_quiet_pass(w);
        check_judged(w, "sick", "stopped", "manual-stop");
        check_inspect(w, "sick", STARTED, started);
}

/* ---- Fallen ---- */

/* `docker kill -s HUP` asks a program to read its configuration again. The engine takes it for a stop and starts it no more. */
static void test_reload_and_a_later_crash(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_do(w, "docker run -d --name reloaded --restart always " MONITORED SHARED
                    "autoheal-demo sh -c 'trap \"touch /share/reloaded\" HUP; trap \"exit 3\" USR1; touch /share/ready;"
                    " while :; do sleep 1000 & wait; done'");
        world_await_file(w->share, "ready");
        world_do(w, "docker kill -s HUP reloaded");
        world_await_file(w->share, "reloaded");
        world_do(w, "docker kill -s USR1 reloaded");
        world_await(w, "reloaded", "{{.State.Status}} {{.State.ExitCode}}", "exited 3");
        check_judged(w, "reloaded", "failing", "exited");
        check_pass_starts(w, "reloaded");
        check_event(w, "restart", "reloaded", "exit_code", "3");
}

/* A SIGTERM that it survived long ago does not explain its end: it fell by itself, 12 s later. */
static void test_survived_a_signal_and_crashed_later(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_do(w, "docker run -d --name survivor --stop-timeout 1 --restart always " MONITORED SHARED
                    "autoheal-demo sh -c 'trap \"sleep 13; exit 3\" TERM; touch /share/ready; sleep 1000 & wait'");
        world_await_file(w->share, "ready");
        world_do(w, "docker kill -s TERM survivor");
        world_await(w, "survivor", "{{.State.Status}} {{.State.ExitCode}}", "exited 3");
        check_pass_starts(w, "survivor");
}

/* Codes that look like a stop: the journal shows that nobody asked for it. */
static void test_crash_that_looks_like_a_stop(void **state) {
        static const char *const codes[] = { "137", "143", "130", "255" };
        struct world *w = *state;
        world_no_waits(w);
        for (size_t i = 0; i < N_ELEMENTS(codes); i++)
                world_do(w, "docker run -d --name ended-%s " MONITORED "autoheal-demo sh -c 'exit %s'", codes[i], codes[i]);
        world_env(w, "AUTOHEAL_BRAKE_ENABLED=false");
        for (size_t i = 0; i < N_ELEMENTS(codes); i++) {
                char name[32];
                snprintf(name, sizeof(name), "ended-%s", codes[i]);
                world_await(w, name, STATUS, "exited");
                check_judged(w, name, "failing", "exited");
        }
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        assert_int_equal(world_count_events(w, "restart", NULL), N_ELEMENTS(codes));
}

/* The same kill, die and stop come about as by a person's stop: they are ours. */
static void test_restart_of_ours_whose_start_fails(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_RESTART_MAX_RESTARTS=2");
        AUTO_FREE char *source = path_join(w->share, "source");
        dir_put(source, 0755);
        world_do(w, "docker run -d --name web " MONITORED SICKENABLE
                    "--mount type=bind,src=\"$SHARE\"/source,dst=/source autoheal-demo " OBEDIENT);
        world_await(w, "web", HEALTH, "healthy");
        world_do(w, SICKEN, "web");
        world_await(w, "web", HEALTH, "unhealthy");
        world_do(w, "rmdir \"$SHARE\"/source");

        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 1);
        check_inspect(w, "web", STATUS, "exited");
        check_event(w, "restart", "web", "status", "\"failure\"");
        check_judged(w, "web", "failing", "start-failed");

        o = world_run(w, "docker autoheal");
        check_exit(o, 1);
        assert_int_equal(world_count_events(w, "restart", "web"), 2);
        o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        assert_int_equal(world_count_events(w, "restart", "web"), 2);
        AUTO_FREE char *quarantined = file_get(w->data, "quarantine.json");
        check_contains(quarantined, "\"web\"");

        dir_put(source, 0755);
        world_do(w, "docker autoheal unquarantine web");
        check_pass_starts(w, "web");
        world_await(w, "web", HEALTH, "healthy");
}

/* Somebody else's start failed: of one that crashed, of one that a person had stopped, and of one that never ran. */
static void test_start_that_failed(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_BRAKE_ENABLED=false");
        AUTO_FREE char *source = path_join(w->share, "source");
        dir_put(source, 0755);
#define WITH_SOURCE MONITORED "--mount type=bind,src=\"$SHARE\"/source,dst=/tmp autoheal-demo "
        world_do(w, "docker run -d --name crashed " WITH_SOURCE "sh -c 'exit 3'");
        world_do(w, "docker run -d --name ended " WITH_SOURCE "true");
        world_do(w, "docker create --name new " WITH_SOURCE "sleep 1000");
        world_await(w, "crashed", STATUS, "exited");
        world_await(w, "ended", STATUS, "exited");
        world_do(w, "rmdir \"$SHARE\"/source && touch \"$SHARE\"/source");
        world_do(w, "! docker start crashed && ! docker start ended && ! docker start new");
        check_judged(w, "crashed", "failing", "start-failed");
        check_judged(w, "ended", "failing", "start-failed");
        check_judged(w, "new", "failing", "start-failed");

        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 1);
        check_event(w, "restart", "crashed", "reason", "\"start-failed\"");
        check_event(w, "restart", "new", "status", "\"failure\"");
        world_do(w, "rm \"$SHARE\"/source");
        dir_put(source, 0755);
        check_pass_starts(w, "new");
        check_inspect(w, "new", STATUS, "running");
        check_inspect(w, "new", "{{.State.Error}}", "");
}

/* ---- A journal that forgot ---- */

static bool is_forgotten(void *arg) {
        struct world *w = arg;
        static const char *const names[] = { "unseen", "unseen-always", "fell", "obeyed", "remembered" };
        for (size_t i = 0; i < N_ELEMENTS(names); i++) {
                const struct output *o = world_run(w, JOURNAL("%s"), names[i]);
                check_exit(o, 0);
                if (strstr(o->out, " die "))
                        return false;
        }
        return true;
}

static void test_journal_flooded_by_probes(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_BRAKE_ENABLED=false");
        world_do(w, "docker run -d --name remembered " MONITORED "autoheal-demo sleep 1000");
        world_do(w, "docker stop -t 0 remembered");
        check_quiet_pass(w);
        check_judged(w, "remembered", "stopped", "manual-stop");

        world_do(w, "docker run -d --name unseen " MONITORED "autoheal-demo sleep 1000");
        world_do(w, "docker run -d --name unseen-always --restart always " MONITORED "autoheal-demo sleep 1000");
        world_do(w, "docker run -d --name obeyed --restart always " MONITORED SHARED "autoheal-demo " ENDS_WITH("5") " obeyed");
        world_do(w, "docker run -d --name fell " MONITORED "autoheal-demo sh -c 'exit 3'");
        world_do(w, "docker run -d --name gave-up --restart on-failure:1 " MONITORED "autoheal-demo sh -c 'exit 143'");
        world_await_file(w->share, "obeyed");
        world_await(w, "gave-up", "{{.State.Status}} {{.RestartCount}}", "exited 1");
        world_do(w, "docker stop -t 0 unseen unseen-always && docker stop obeyed");
        for (int i = 0; i < 6; i++)
                world_do(w, "docker run -d --name probed-%d --health-cmd true --health-interval 1s autoheal-demo " OBEDIENT, i);
        assert_true(eventually(is_forgotten, w, WORLD_AWAIT_MS));

        check_judged(w, "remembered", "stopped", "manual-stop");
        check_judged(w, "unseen", "stopped", "unexplained-stop");
        check_judged(w, "unseen-always", "stopped", "manual-stop");
        check_judged(w, "obeyed", "stopped", "manual-stop");
        check_judged(w, "fell", "failing", "exited");
        check_judged(w, "gave-up", "failing", "exited");
        AUTO_FREE char *before = world_inspect(w, "unseen", STARTED);
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_contains(o->out, "docker start unseen");
        check_contains(o->out, "fell: started in ");
        check_contains(o->out, "gave-up: started in ");
        check_lacks(o->out, "remembered");
        check_lacks(o->out, "obeyed");
        check_inspect(w, "unseen", STARTED, before);
        check_inspect(w, "unseen-always", STATUS, "exited");
        check_inspect(w, "remembered", STATUS, "exited");
        assert_int_equal(world_count_events(w, "notify", "unseen"), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_stopped_under_policy_no),
                world_test(test_stopped_under_policy_always),
                world_test(test_stopped_under_policy_unless_stopped),
                world_test(test_stopped_under_policy_on_failure),
                world_test(test_stopped_under_policy_on_failure_with_a_limit),
                world_test(test_stopped_between_two_passes),
                world_test(test_child_out_of_memory_then_stopped),
                world_test(test_stop_of_a_sick_container_wins),
                world_test(test_reload_and_a_later_crash),
                world_test(test_survived_a_signal_and_crashed_later),
                world_test(test_crash_that_looks_like_a_stop),
                world_test(test_restart_of_ours_whose_start_fails),
                world_test(test_start_that_failed),
                world_test(test_journal_flooded_by_probes),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
