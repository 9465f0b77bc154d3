/* SPDX-License-Identifier: MIT */
/*
 * What it will not do. A row for each situation in which tools like this one are known to act wrongly: it is made on a real
 * engine, and nothing may come of it. The container that is at stake is called "it". docs/what-it-will-not-do.md shows the
 * same rows to users, and the last test compares the two.
 */
#include "support/engine.h"
#include "support/recorder.h"

#define DOCUMENT "docs/what-it-will-not-do.md"

struct row {
        const char *key;
        const char *reason; /* the word that `docker autoheal ps` shows for it; NULL: the document names none */
        void (*make)(struct world *w);
        void (*run)(struct world *w);   /* instead of two passes */
        void (*check)(struct world *w); /* beside what is checked of every row */
        bool others;                    /* somebody else is healed, and rightly */
        bool restless;                  /* the engine itself starts it again and again */
};

/* ---- Stopped by somebody ---- */

static void make_stopped_137(struct world *w) {
        world_do(w, "docker run -d --name it " MONITORED "autoheal-demo sleep 1000");
        world_do(w, "docker stop -t 0 it");
        world_await(w, "it", "{{.State.Status}} {{.State.ExitCode}}", "exited 137");
}

static void make_stopped_143(struct world *w) {
        world_do(w, "docker run -d --name it " MONITORED SHARED
                    "autoheal-demo sh -c 'trap \"exit 143\" TERM; touch /share/ready; sleep 1000 & wait'");
        world_await_file(w->share, "ready");
        world_do(w, "docker stop it");
        world_await(w, "it", "{{.State.Status}} {{.State.ExitCode}}", "exited 143");
}

static void make_killed(struct world *w) {
        world_do(w, "docker run -d --name it " MONITORED "autoheal-demo sleep 1000");
        world_do(w, "curl -sf --unix-socket \"${DOCKER_HOST#unix://}\" -X POST http://engine/containers/it/kill");
        world_await(w, "it", "{{.State.Status}} {{.State.ExitCode}}", "exited 137");
}

static void run_sick(struct world *w, const char *name, const char *options) {
        world_do(w, "docker run -d --name %s %s " MONITORED SICKENABLE "autoheal-demo " OBEDIENT, name, options);
        world_do(w, SICKEN, name);
        world_await(w, name, HEALTH, "unhealthy");
}

static void make_exited_unhealthy(struct world *w) {
        run_sick(w, "it", "");
        world_do(w, "docker stop it");
        world_await(w, "it", "{{.State.Status}} {{.State.Health.Status}}", "exited unhealthy");
}

static void make_being_stopped(struct world *w) {
        world_do(w, "docker run -d --name it " MONITORED SICKENABLE SHARED "autoheal-demo " STUBBORN);
        world_do(w, SICKEN, "it");
        world_await(w, "it", HEALTH, "unhealthy");
        world_start(w, "exec docker stop -t 60 it");
        world_await_file(w->share, "asked");
}

static void make_backup_stops(struct world *w) {
        world_do(w, "docker run -d --name it --restart unless-stopped " MONITORED "autoheal-demo sleep 1000");
        world_do(w, "curl -sf --unix-socket \"${DOCKER_HOST#unix://}\" -X POST 'http://engine/containers/it/stop?t=0'");
        world_await(w, "it", STATUS, "exited");
}

/* ---- In a state that is no failure ---- */

static void make_paused(struct world *w) {
        run_sick(w, "it", "");
        world_do(w, "docker pause it");
        world_await(w, "it", "{{.State.Status}} {{.State.Health.Status}}", "paused unhealthy");
}

/* Its next probe is seconds away: what the engine says of it is from before the pause. (The engine's clock tells whole seconds.) */
static void make_unpaused(struct world *w) {
        world_do(w, "docker run -d --name it " MONITORED
                    "--health-cmd false --health-interval 5s --health-retries 1 autoheal-demo " OBEDIENT);
        world_await(w, "it", HEALTH, "unhealthy");
        world_do(w, "second=$(date +%%s); until [ $(date +%%s) -gt $second ]; do :; done; docker pause it");
        check_exit(world_run(w, "docker autoheal"), 0);
        world_do(w, "docker unpause it");
        check_inspect(w, "it", "{{.State.Status}} {{.State.Health.Status}}", "running unhealthy");
}

static void make_starting(struct world *w) {
        world_do(w,
                 "docker run -d --name it " MONITORED
                 "--health-cmd false --health-interval 1s --health-retries 1 --health-start-period 600s autoheal-demo " OBEDIENT);
        world_await(w, "it", "{{gt (len .State.Health.Log) 1}}", "true");
        check_inspect(w, "it", HEALTH, "starting");
}

static void make_slow_starter(struct world *w) {
        world_do(w, "docker run -d --name it --label autoheal.start_grace=10m " MONITORED
                    "--health-cmd false --health-interval 1s --health-retries 1 autoheal-demo " OBEDIENT);
        world_await(w, "it", HEALTH, "unhealthy");
}

static void make_crash_loop(struct world *w) {
        world_do(w, "docker run -d --name it --restart always " MONITORED "autoheal-demo sh -c 'exit 1'");
        world_await(w, "it", "{{ge .RestartCount 3}}", "true");
}

static void make_crash_loop_unhealthy(struct world *w) {
        world_do(w, "docker run -d --name it --restart always " MONITORED
                    "--health-cmd false --health-interval 1s --health-retries 1 autoheal-demo sh -c 'sleep 3; exit 1'");
        check_exit(world_run(w, "docker autoheal"), 0);
        check_judged(w, "it", "starting", "starting");
        world_await(w, "it", "{{ge .RestartCount 1}} {{.State.Status}} {{.State.Health.Status}}", "true running unhealthy");
}

static bool is_given_up(void *arg) {
        struct world *w = arg;
        check_exit(world_run(w, "docker autoheal"), 0);
        return world_count_events(w, "crash_loop", "it") > 0;
}

static void run_until_given_up(struct world *w) {
        assert_true(eventually(is_given_up, w, WORLD_AWAIT_MS));
        check_exit(world_run(w, "docker autoheal"), 0);
}

static void check_given_up(struct world *w) {
        assert_int_equal(world_count_events(w, "crash_loop", "it"), 1);
        assert_int_equal(world_count_events(w, "restart", "it"), 0);
}

static bool is_corpse(void *arg) {
        struct world *w = arg;
        const struct output *o = world_run(w, "docker autoheal ps --format json");
        check_exit(o, 0);
        return strstr(o->out, "\"corpse\"");
}

static void make_corpse(struct world *w) {
        world_env(w, "AUTOHEAL_RESTART_MAX_EXIT_AGE_SECONDS=1");
        world_do(w, "docker run -d --name it " MONITORED "autoheal-demo sh -c 'exit 3'");
        world_await(w, "it", STATUS, "exited");
        assert_true(eventually(is_corpse, w, WORLD_AWAIT_MS));
}

static void make_probe_garbage(struct world *w) {
        world_do(w,
                 "docker run -d --name it " MONITORED "--health-interval 1s --health-cmd"
                 " 'printf \"\\033[31munhealthy\\377\\376{\\\"Status\\\":\\\"unhealthy\\\"}\\n\"; true' autoheal-demo " OBEDIENT);
        world_await(w, "it", HEALTH, "healthy");
}

/* ---- Somebody else's ---- */

static void run_crashed(struct world *w, const char *options) {
        world_do(w, "docker run -d --name it %s autoheal-demo sh -c 'exit 3'", options);
        world_await(w, "it", STATUS, "exited");
}

static void make_unlabelled(struct world *w) {
        run_crashed(w, "");
}

static void make_label_false(struct world *w) {
        world_env(w, "AUTOHEAL_MONITOR_INCLUDE_ALL=true");
        world_do(w, "docker run -d --name it --label autoheal=false " SICKENABLE "autoheal-demo " OBEDIENT);
        world_do(w, SICKEN, "it");
        world_await(w, "it", HEALTH, "unhealthy");
}

static void make_include_all_jobs(struct world *w) {
        world_env(w, "AUTOHEAL_MONITOR_INCLUDE_ALL=true");
        run_crashed(w, "");
}

static void make_one_off(struct world *w) {
        run_crashed(w, MONITORED "--label com.docker.compose.project=shop --label com.docker.compose.service=job"
                                 " --label com.docker.compose.oneoff=True");
}

static void make_swarm_task(struct world *w) {
        run_crashed(w, MONITORED "--label com.docker.swarm.task.id=0a1b2c3d4e --label com.docker.swarm.service.name=web");
}

static void make_kubernetes(struct world *w) {
        run_crashed(w, MONITORED "--label io.kubernetes.pod.uid=9d2c8f0e --label io.kubernetes.pod.name=web");
}

static void make_self_by_name(struct world *w) {
        run_sick(w, "it", "");
        AUTO_FREE char *id = world_inspect(w, "it", "AUTOHEAL_CONTAINER_ID={{.Id}}");
        world_env(w, id);
}

static void make_self(struct world *w) {
        run_sick(w, "it", "");
}

static void run_under_its_host_name(struct world *w) {
        for (int pass = 0; pass < 2; pass++)
                check_exit(world_run(w, "id=$(docker inspect --format '{{.Id}}' it);"
                                        " unshare --uts sh -c 'hostname '$(printf %%.12s $id)' && exec docker autoheal'"),
                           0);
}

/* As in a container with the host's network, or a host name of its own: only what the engine mounts tells. */
static void run_with_its_mounts(struct world *w) {
        for (int pass = 0; pass < 2; pass++)
                check_exit(world_run(w, "id=$(docker inspect --format '{{.Id}}' it); from=$SHARE/containers/$id; mkdir -p $from;"
                                        " cp /etc/hosts $from/hosts;"
                                        " unshare --mount sh -c \"mount --bind $from/hosts /etc/hosts && exec docker autoheal\""),
                           0);
}

static void make_healthy_replica(struct world *w) {
#define REPLICA(n)                                                                                                                 \
        "--label com.docker.compose.project=shop --label com.docker.compose.service=web --label "                                  \
        "com.docker.compose.container-number=" n " "
        world_env(w, "AUTOHEAL_RESTART_DEPLOY_HOLD_SECONDS=0");
        world_do(w, "docker run -d --name it " REPLICA("1") MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        run_sick(w, "other", REPLICA("2"));
        world_await(w, "it", HEALTH, "healthy");
}

static void check_other_was_healed(struct world *w) {
        assert_int_equal(world_count_events(w, "restart", "other"), 1);
}

/* ---- What happens while it waits ---- */

static void make_recovered(struct world *w) {
        run_sick(w, "it", "");
        world_env(w, "AUTOHEAL_RESTART_COOLDOWN_SECONDS=3600");
        check_exit(world_run(w, "docker autoheal"), 0);
        world_await(w, "it", HEALTH, "healthy");
        world_do(w, SICKEN, "it");
        world_await(w, "it", HEALTH, "unhealthy");
        check_exit(world_run(w, "docker autoheal"), 0);
        check_judged(w, "it", "failing", "cooldown");
        world_do(w, "docker exec it rm /run/sick");
        world_await(w, "it", HEALTH, "healthy");
        world_env(w, "AUTOHEAL_RESTART_COOLDOWN_SECONDS=0");
}

/* One restart at a time, and the first one is slow: "it" is queued behind it. */
static void make_queued(struct world *w) {
        world_env(w, "AUTOHEAL_RESTART_MAX_PARALLEL=1");
        world_env(w, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        world_do(w, "docker run -d --name it " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name other --label autoheal.stop.timeout=60 " MONITORED SICKENABLE SHARED
                    "autoheal-demo sh -c 'trap \"touch /share/asked; until test -e /share/gate; do sleep 1; done; exit 0\" TERM;"
                    " sleep 1000 & wait'");
        world_await(w, "it", HEALTH, "healthy");
        world_await(w, "other", HEALTH, "healthy");
        world_do(w, SICKEN, "other");
        world_await(w, "other", HEALTH, "unhealthy");
}

static bool is_noticed(void *arg) {
        struct world *w = arg;
        check_exit(world_run(w, "docker autoheal ps --format json"), 0);
        AUTO_FREE char *text = file_get(w->data, "containers.json");
        return text && strstr(strstr(text, "\"it\"") ? strstr(text, "\"it\"") : "", "\"failing\"");
}

static void run_and_meanwhile(struct world *w, const char *command) {
        pid_t pass = world_start(w, "exec docker autoheal");
        world_await_file(w->share, "asked");
        world_do(w, SICKEN, "it");
        world_await(w, "it", HEALTH, "unhealthy");
        assert_true(eventually(is_noticed, w, WORLD_AWAIT_MS));
        world_do(w, "%s", command);
        file_put(w->share, "gate", "");
        assert_int_equal(run_end(pass, 0), 0);
        check_exit(world_run(w, "docker autoheal"), 0);
}

static void run_while_it_recovers(struct world *w) {
        run_and_meanwhile(w, "docker exec it rm /run/sick; until docker inspect it | grep -q '\"healthy\"'; do :; done");
}

static void run_while_maintenance_begins(struct world *w) {
        run_and_meanwhile(w, "docker autoheal maintenance on");
}

static void make_recreated(struct world *w) {
        run_sick(w, "it", "--label com.docker.compose.project=shop --label com.docker.compose.service=web");
        world_do(w, "docker create --name new --label com.docker.compose.project=shop --label com.docker.compose.service=db"
                    " autoheal-demo sleep 1000");
}

static void make_other_healer(struct world *w) {
        world_env(w, "AUTOHEAL_RESTART_COOLDOWN_SECONDS=3600");
        world_do(w, "docker run -d --name it " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        world_await(w, "it", HEALTH, "healthy");
        check_exit(world_run(w, "docker autoheal"), 0);
        world_age(w, 60);
        world_do(w, "docker restart it");
        world_await(w, "it", HEALTH, "healthy");
        world_do(w, SICKEN, "it");
        world_await(w, "it", HEALTH, "unhealthy");
}

static void make_host_sick(struct world *w) {
        world_env(w, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=3600");
        run_crashed(w, MONITORED);
        for (int i = 0; i < 3; i++)
                world_do(w, "docker run -d --name other%d --label autoheal.priority=1 " MONITORED "autoheal-demo sh -c 'exit 3'",
                         i);
        for (int i = 0; i < 3; i++) {
                char name[32];
                snprintf(name, sizeof(name), "other%d", i);
                world_await(w, name, STATUS, "exited");
        }
}

static void check_one_was_tried(struct world *w) {
        assert_int_equal(world_count_events(w, "restart", NULL), 1);
        assert_int_equal(world_count_events(w, "storm", NULL), 1);
}

static void make_given_up(struct world *w) {
        world_env(w, "AUTOHEAL_RESTART_MAX_RESTARTS=1");
        world_do(w, "docker run -d --name it " MONITORED "autoheal-demo sh -c 'exit 3'");
        for (int pass = 0; pass < 2; pass++) {
                world_await(w, "it", STATUS, "exited");
                check_exit(world_run(w, "docker autoheal"), 0);
        }
        assert_int_equal(world_count_events(w, "quarantine", "it"), 1);
}

/* ---- Clocks ---- */

/* What is remembered lies an hour ahead. */
static void make_clock_back(struct world *w) {
        world_env(w, "AUTOHEAL_RESTART_COOLDOWN_SECONDS=600");
        world_do(w, "docker run -d --name it " MONITORED "autoheal-demo sh -c 'exit 3'");
        world_await(w, "it", STATUS, "exited");
        check_exit(world_run(w, "docker autoheal"), 0);
        world_await(w, "it", STATUS, "exited");
        world_age(w, -3600);
}

/* The window in which it was restarted too often seems to be long over. */
static void make_clock_forward(struct world *w) {
        make_given_up(w);
        world_age(w, 3600);
}

/* ---- Two at once, none at all ---- */

static void make_sick(struct world *w) {
        run_sick(w, "it", "");
}

static void make_broken_config(struct world *w) {
        run_sick(w, "it", "");
        dir_put(w->data, 0700);
        file_put(w->data, "config.json", "{\"restart\": {\"mode\": \"both\",}}");
}

static void run_refused(struct world *w) {
        for (int pass = 0; pass < 2; pass++)
                check_exit(world_run(w, "docker autoheal"), 78);
}

static void make_maintenance(struct world *w) {
        run_sick(w, "it", "");
        world_do(w, "docker autoheal maintenance on");
}

static const struct row rows[] = {
        { .key = "stopped-137", .reason = "manual-stop", .make = make_stopped_137 },
        { .key = "stopped-143", .reason = "manual-stop", .make = make_stopped_143 },
        { .key = "killed", .reason = "manual-stop", .make = make_killed },
        { .key = "stopped-sick", .reason = "manual-stop", .make = make_exited_unhealthy },
        { .key = "being-stopped", .reason = "stopping", .make = make_being_stopped },
        { .key = "backup-stops", .reason = "manual-stop", .make = make_backup_stops },
        { .key = "paused", .reason = "paused", .make = make_paused },
        { .key = "unpaused", .reason = "unpaused", .make = make_unpaused },
        { .key = "starting", .reason = "starting", .make = make_starting },
        { .key = "slow-starter", .reason = "start-grace", .make = make_slow_starter },
        { .key = "crash-loop",
          .reason = "quarantined",
          .make = make_crash_loop,
          .run = run_until_given_up,
          .check = check_given_up,
          .restless = true },
        { .key = "crash-loop-unhealthy",
          .reason = "quarantined",
          .make = make_crash_loop_unhealthy,
          .run = run_until_given_up,
          .check = check_given_up,
          .restless = true },
        { .key = "corpse", .reason = "corpse", .make = make_corpse },
        { .key = "probe-garbage", .reason = "healthy", .make = make_probe_garbage },
        { .key = "unlabelled", .reason = "not-monitored", .make = make_unlabelled },
        { .key = "label-false", .reason = "label-false", .make = make_label_false },
        { .key = "finished-jobs", .reason = "mode", .make = make_include_all_jobs },
        { .key = "one-off", .reason = "one-off", .make = make_one_off },
        { .key = "swarm-task", .reason = "swarm-task", .make = make_swarm_task },
        { .key = "kubernetes", .reason = "kubernetes", .make = make_kubernetes },
        { .key = "self-told", .reason = "self", .make = make_self_by_name },
        { .key = "self-host-name", .make = make_self, .run = run_under_its_host_name },
        { .key = "self-mounts", .make = make_self, .run = run_with_its_mounts },
        { .key = "healthy-replica",
          .reason = "healthy",
          .make = make_healthy_replica,
          .check = check_other_was_healed,
          .others = true },
        { .key = "recovered", .reason = "healthy", .make = make_recovered },
        { .key = "recovered-in-queue",
          .reason = "healthy",
          .make = make_queued,
          .run = run_while_it_recovers,
          .check = check_other_was_healed,
          .others = true },
        { .key = "maintenance", .reason = "maintenance", .make = make_maintenance },
        { .key = "maintenance-in-queue",
          .reason = "maintenance",
          .make = make_queued,
          .run = run_while_maintenance_begins,
          .check = check_other_was_healed,
          .others = true },
        { .key = "deploy", .reason = "deploy", .make = make_recreated },
        { .key = "other-healer", .reason = "cooldown", .make = make_other_healer },
        { .key = "host-sick", .reason = "storm", .make = make_host_sick, .check = check_one_was_tried, .others = true },
        { .key = "given-up", .reason = "quarantined", .make = make_given_up },
        { .key = "clock-back", .reason = "cooldown", .make = make_clock_back },
        { .key = "clock-forward", .reason = "quarantined", .make = make_clock_forward },
        { .key = "broken-config", .make = make_broken_config, .run = run_refused },
};

/* ---- The same for each row ---- */

/* The requests that name it, and do more than ask. */
static void check_not_touched(const struct recorder *r, const char *id) {
        AUTO_FREE char *requests = recorder_requests(r);
        struct slice rest = slice_str(requests), line;
        while (slice_split(&rest, '\n', &line)) {
                AUTO_FREE char *text = strndup(line.p, line.n);
                if (strstr(text, id) && strncmp(text, "GET ", 4) != 0)
                        fail_msg("the engine was asked: %s", text);
        }
}

static void run_two_passes(struct world *w) {
        for (int pass = 0; pass < 2; pass++) {
                const struct output *o = world_run(w, "docker autoheal");
                check_exit(o, 0);
                check_printable(o);
        }
}

static void check_reason(struct world *w, const char *word) {
        AUTO_FREE char *reason = NULL;
        struct json_lines lines;
        const struct output *o = world_run(w, "docker autoheal ps --all --format json");
        check_exit(o, 0);
        if (asprintf(&reason, "\"%s\"", word) < 0)
                fail_msg("out of memory");
        json_lines_parse(&lines, o->out);
        check_json(json_line_where(&lines, "name", "it"), "reason", reason);
        json_lines_release(&lines);
}

static void check_row(struct world *w, const struct row *row) {
        world_no_waits(w);
        row->make(w);
        AUTO_FREE char *id = world_inspect(w, "it", "{{.Id}}");
        AUTO_FREE char *before = world_inspect(w, "it", "{{.State.Status}} {{.State.StartedAt}}");
        struct recorder *r = world_record(w);
        row->run ? row->run(w) : run_two_passes(w);

        check_not_touched(r, id);
        if (!row->others && !row->run)
                check_only_reads(r);
        if (!row->restless)
                check_inspect(w, "it", "{{.State.Status}} {{.State.StartedAt}}", before);
        if (row->check)
                row->check(w);
        if (row->reason)
                check_reason(w, row->reason);
}

/* cmocka hands a test either its row or the group's engine: the setup exchanges one for the other. */
static void *engine;
static const struct row *row_of_test;

static int setup_engine(void **state) {
        (void)state;
        return engine_group_setup(&engine);
}

static int teardown_engine(void **state) {
        (void)state;
        return engine_group_teardown(&engine);
}

static int setup_row(void **state) {
        row_of_test = *state;
        *state = engine;
        return world_setup(state);
}

static void test_row(void **state) {
        check_row(*state, row_of_test);
}

/* Two passes at the same time: the second gives way, and it is restarted once. */
static void test_two_healers_at_once(void **state) {
        struct world *w = *state;
        make_sick(w);
        struct recorder *r = world_record(w);
        world_do(w, "docker autoheal & first=$!; docker autoheal & second=$!; docker autoheal & third=$!;"
                    " for pid in $first $second $third; do wait $pid || [ $? -eq 75 ] || exit 1; done");
        AUTO_FREE char *requests = recorder_requests(r);
        const char *restart = strstr(requests, "/restart");
        assert_non_null(restart);
        assert_null(strstr(restart + 1, "/restart"));
        assert_int_equal(world_count_events(w, "restart", "it"), 1);
}

/* The first column of each table row of the document is a key, the last one the reason. */
static bool documents(const char *document, const char *key, const char *reason) {
        AUTO_FREE char *begin = NULL;
        AUTO_FREE char *end = NULL;
        if (asprintf(&begin, "\n| `%s` |", key) < 0 || asprintf(&end, "| `%s` |", reason ? reason : "") < 0)
                fail_msg("out of memory");
        const char *row = strstr(document, begin);
        if (!row)
                return false;
        AUTO_FREE char *line = strndup(row + 1, strcspn(row + 1, "\n"));
        return !reason || strstr(line, end);
}

static void test_the_document_says_the_same(void **state) {
        (void)state;
        AUTO_FREE char *document = file_get(".", DOCUMENT);
        assert_non_null(document);
        size_t n = 0;
        for (const char *p = document; (p = strstr(p, "\n| `")); p++)
                n++;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++)
                if (!documents(document, rows[i].key, rows[i].reason))
                        fail_msg("%s does not show '%s' with reason '%s'", DOCUMENT, rows[i].key,
                                 rows[i].reason ? rows[i].reason : "(any)");
        assert_true(documents(document, "two-at-once", NULL));
        assert_int_equal(n, N_ELEMENTS(rows) + 1);
}

static struct CMUnitTest row_test(const struct row *row) {
        return (struct CMUnitTest){ .name = row->key,
                                    .test_func = test_row,
                                    .setup_func = setup_row,
                                    .teardown_func = world_teardown,
                                    .initial_state = (void *)(uintptr_t)row };
}

int main(void) {
        struct CMUnitTest tests[N_ELEMENTS(rows) + 2];
        for (size_t i = 0; i < N_ELEMENTS(rows); i++)
                tests[i] = row_test(&rows[i]);
        struct row two_at_once = { .key = "two-at-once" };
        tests[N_ELEMENTS(rows)] = row_test(&two_at_once);
        tests[N_ELEMENTS(rows)].test_func = test_two_healers_at_once;
        tests[N_ELEMENTS(rows) + 1] = (struct CMUnitTest)cmocka_unit_test(test_the_document_says_the_same);
        return cmocka_run_group_tests(tests, setup_engine, teardown_engine);
}
