/* SPDX-License-Identifier: MIT */
/* What a pass must not touch: what a person stopped, what nobody opted in, and what is in no state to be restarted. */
#include "support/engine.h"
#include "support/recorder.h"

#define ALL_STARTS "docker inspect --format '{{.Name}} {{.State.Status}} {{.State.StartedAt}}' $(docker ps -aq) | sort"

static char *all_starts(struct world *w) {
        world_do(w, ALL_STARTS);
        return xstrdup(w->last.out);
}

/* The object of `ps --all` for one container. */
static void check_ps(struct world *w, const char *name, const char *verdict, const char *reason) {
        AUTO_FREE char *raw_verdict = NULL, *raw_reason = NULL;
        struct json_lines lines;
        const struct output *o = world_run(w, "docker autoheal ps --all --format json");
        check_exit(o, 0);
        if (asprintf(&raw_verdict, "\"%s\"", verdict) < 0 || asprintf(&raw_reason, "\"%s\"", reason) < 0)
                fail_msg("out of memory");
        json_lines_parse(&lines, o->out);
        struct json_value item = json_line_where(&lines, "name", name);
        check_json(item, "verdict", raw_verdict);
        check_json(item, "reason", raw_reason);
        json_lines_release(&lines);
}

/* Exit codes cannot tell a stop from a crash, but a policy that restarts by itself left down only what it was told to. */
static void test_stopped_under_a_policy(void **state) {
        static const char *const policies[] = { "always", "unless-stopped", "on-failure" };
        struct world *w = *state;
        world_no_waits(w);
        for (size_t i = 0; i < N_ELEMENTS(policies); i++) {
                const char *p = policies[i];
                world_do(w, "docker run -d --name %s-0 --restart %s " MONITORED "autoheal-demo " OBEDIENT, p, p);
                world_do(w,
                         "docker run -d --name %s-5 --restart %s " MONITORED
                         "autoheal-demo sh -c 'trap \"exit 5\" TERM; touch /ready; sleep 1000 & wait'",
                         p, p);
                world_do(w,
                         "docker run -d --name %s-143 --restart %s " MONITORED
                         "autoheal-demo sh -c 'trap \"exit 143\" TERM; touch /ready; sleep 1000 & wait'",
                         p, p);
                world_do(w, "docker run -d --name %s-137 --restart %s " MONITORED "autoheal-demo sleep 1000", p, p);
                world_do(w, "docker run -d --name %s-kill --restart %s " MONITORED "autoheal-demo sleep 1000", p, p);
        }
        world_do(w, "for p in always unless-stopped on-failure; do for c in 5 143; do"
                    " until docker exec $p-$c test -e /ready; do :; done; done; done");
        world_do(w, "for p in always unless-stopped on-failure; do docker stop -t 1 $p-0 $p-5 $p-143 $p-137 & done; wait;"
                    " for p in always unless-stopped on-failure; do docker kill $p-kill; done");
        for (size_t i = 0; i < N_ELEMENTS(policies); i++) {
                char name[64];
                snprintf(name, sizeof(name), "%s-kill", policies[i]);
                world_await(w, name, STATUS, "exited");
                check_inspect(w, name, "{{.State.ExitCode}}", "137");
                snprintf(name, sizeof(name), "%s-5", policies[i]);
                check_inspect(w, name, "{{.State.Status}} {{.State.ExitCode}}", "exited 5");
                snprintf(name, sizeof(name), "%s-137", policies[i]);
                check_inspect(w, name, "{{.State.Status}} {{.State.ExitCode}}", "exited 137");
        }
        AUTO_FREE char *before = all_starts(w);
        for (int pass = 0; pass < 2; pass++) {
                const struct output *o = world_run(w, "docker autoheal");
                check_exit(o, 0);
                check_silent(o);
        }
        AUTO_FREE char *after = all_starts(w);
        assert_string_equal(before, after);
        check_lacks(after, "running");
        check_ps(w, "always-5", "stopped", "manual-stop");
        check_ps(w, "unless-stopped-137", "stopped", "manual-stop");
        check_ps(w, "on-failure-kill", "stopped", "manual-stop");
}

/* Stopped while it crashed again and again: its code is that of a crash. */
static void test_stopped_in_mid_crash_loop(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_do(w, "docker run -d --name looping --restart always " MONITORED "autoheal-demo sh -c 'exit 1'");
        world_await(w, "looping", "{{ge .RestartCount 3}}", "true");
        world_do(w, "docker stop -t 1 looping");
        world_await(w, "looping", "{{.State.Status}} {{.State.ExitCode}}", "exited 1");
        AUTO_FREE char *before = all_starts(w);
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_silent(o);
        AUTO_FREE char *after = all_starts(w);
        assert_string_equal(before, after);
        check_ps(w, "looping", "stopped", "manual-stop");
}

static void start_what_is_left_alone(struct world *w) {
        world_do(w, "docker run -d --name paused " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name unlabelled " SICKENABLE "autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name refused --label autoheal=false " SICKENABLE "autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name starting " MONITORED
                    "--health-cmd false --health-interval 1s --health-start-period 600s autoheal-demo " OBEDIENT);
        world_do(w, "docker create --name created " MONITORED "autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name looping --restart always " MONITORED "autoheal-demo sh -c 'exit 1'");
        world_do(w, "docker run -d --name job --label com.docker.compose.project=shop --label com.docker.compose.service=job"
                    " --label com.docker.compose.oneoff=True " MONITORED "autoheal-demo sh -c 'exit 3'");
        world_do(w, "docker run -d --name unlabelled-job autoheal-demo sh -c 'exit 3'");
        world_do(w, "docker run -d --name finished " MONITORED "autoheal-demo true");
        static const char *const sick[] = { "paused", "unlabelled", "refused" };
        for (size_t i = 0; i < N_ELEMENTS(sick); i++) {
                world_await(w, sick[i], HEALTH, "healthy");
                world_do(w, SICKEN, sick[i]);
        }
        for (size_t i = 0; i < N_ELEMENTS(sick); i++)
                world_await(w, sick[i], HEALTH, "unhealthy");
        world_do(w, "docker pause paused");
        world_await(w, "paused", "{{.State.Status}} {{.State.Health.Status}}", "paused unhealthy");
        world_await(w, "job", STATUS, "exited");
        world_await(w, "unlabelled-job", STATUS, "exited");
        world_await(w, "finished", STATUS, "exited");
        /* The engine's waits grow, so that from here on it is found restarting. */
        world_await(w, "looping", "{{ge .RestartCount 4}}", "true");
        world_await(w, "looping", STATUS, "restarting");
}

static void test_states_and_labels(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        start_what_is_left_alone(w);
        struct recorder *r = world_record(w);

        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_silent(o);
        check_only_reads(r);
        check_inspect(w, "starting", HEALTH, "starting");

        check_ps(w, "paused", "paused", "paused");
        check_ps(w, "created", "created", "created");
        check_ps(w, "starting", "starting", "starting");
        check_ps(w, "finished", "stopped", "finished");
        o = world_run(w, "docker autoheal ps --all");
        check_exit(o, 0);
        check_contains(o->out, "no (not-monitored)");
        check_contains(o->out, "no (label-false)");
        check_contains(o->out, "no (one-off)");
        check_only_reads(r);
        world_do(w, "docker unpause paused");
}

/* Whom nobody opted in is never started again; a running one that is sick is healed. */
static void test_include_all_over_finished_jobs(void **state) {
        struct world *w = *state;
        world_no_waits(w);
        world_env(w, "AUTOHEAL_MONITOR_INCLUDE_ALL=true");
        world_do(w, "docker run -d --name job-0 autoheal-demo true");
        world_do(w, "docker run -d --name job-3 autoheal-demo sh -c 'exit 3'");
        world_do(w, "docker run -d --name job-137 autoheal-demo sh -c 'kill -9 $$'");
        world_do(w, "docker run -d --name job-255 autoheal-demo sh -c 'exit 255'");
        world_do(w, "docker run -d --name gave-up --restart on-failure:1 autoheal-demo sh -c 'exit 3'");
        world_do(w, "docker run -d --name service " SICKENABLE "autoheal-demo " OBEDIENT);
        world_await(w, "service", HEALTH, "healthy");
        world_do(w, SICKEN, "service");
        world_await(w, "service", HEALTH, "unhealthy");
        world_await(w, "gave-up", "{{.State.Status}} {{.RestartCount}}", "exited 1");
        world_do(w, "docker stop -t 0 job-137");
        static const char *const jobs[] = { "job-0", "job-3", "job-137", "job-255", "gave-up" };
        char *before[N_ELEMENTS(jobs)];
        for (size_t i = 0; i < N_ELEMENTS(jobs); i++) {
                world_await(w, jobs[i], STATUS, "exited");
                before[i] = world_inspect(w, jobs[i], STARTED);
        }

        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        check_contains(o->out, "service: restarted in ");
        for (size_t i = 0; i < N_ELEMENTS(jobs); i++) {
                check_inspect(w, jobs[i], STARTED, before[i]);
                check_inspect(w, jobs[i], STATUS, "exited");
                free(before[i]);
        }
        assert_int_equal(world_count_events(w, "restart", NULL), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_stopped_under_a_policy),
                world_test(test_stopped_in_mid_crash_loop),
                world_test(test_states_and_labels),
                world_test(test_include_all_over_finished_jobs),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
