/* SPDX-License-Identifier: MIT */
/* serve and its data directory while others change it, and while it cannot be read, written or locked: nothing that anybody did is lost. */
#include "support/rest.h"
#include "support/service.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define WEB  "container web health=healthy label=autoheal=true\n"
#define DB   "container db health=healthy label=autoheal=true\n"
#define SICK "container web health=unhealthy\nevent \"health_status: unhealthy\" web\n"

/* What a running serve writes fails, as on a full disk, until it is lifted. */
static void fill_disk(pid_t pid, bool full) {
        struct rlimit limit = { full ? 0 : RLIM_INFINITY, RLIM_INFINITY };
        assert_int_equal(prlimit(pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

static pid_t begin_with(struct scene *s, const char *world, const char *interval) {
        char pair[64];
        snprintf(pair, sizeof(pair), "AUTOHEAL_MONITOR_INTERVAL_SECONDS=%s", interval);
        scene_env(s, pair);
        scene_world(s, world);
        pid_t pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        return pid;
}

static void check_file(struct scene *s, const char *name, const char *path, const char *raw) {
        char *text;
        AUTO_JSON struct json_doc *doc = data_json(s, name, &text);
        check_json(json_root(doc), path, raw);
        free(text);
}

static void check_holds(struct scene *s, const char *name, const char *text) {
        AUTO_FREE char *there = data_get(s, name);
        assert_non_null(there);
        check_contains(there, text);
}

static void check_lacks_in(struct scene *s, const char *name, const char *text) {
        AUTO_FREE char *there = data_get(s, name);
        if (there)
                check_lacks(there, text);
}

static bool action_under_way(void *fake) {
        return fake_peak_actions(fake) > 0;
}

/* A few looks later. */
static void await_looks(struct scene *s) {
        fake_forget(s->fake);
        fake_await(s->fake, "/containers/json", 3);
}

/* ---- The disk is full ---- */

static void test_what_others_change_meanwhile_holds(void **state) {
        struct scene *s = *state;
        data_put(s, "quarantine.json", "[\"cache\"]");
        pid_t pid = begin_with(s, WEB DB "container cache health=healthy label=autoheal=true\n", "1");
        fill_disk(pid, true);
        scene_world(s, SICK);
        fake_await(s->fake, "/restart -> 204", 1);
        service_await(s, "/health", "\"state_saved\":false");

        check_exit(scene_run(s, "quarantine db"), 0);
        check_exit(scene_run(s, "unquarantine cache"), 0);
        check_exit(scene_run(s, "maintenance on project:shop"), 0);
        scene_world(s, "container db health=unhealthy\nevent \"health_status: unhealthy\" db\n");
        await_looks(s);
        assert_int_equal(scene_posts(s), 0);
        service_await(s, "/api/status", "\"quarantined_containers\":1");

        fill_disk(pid, false);
        service_await(s, "/health", "\"state_saved\":true");
        await_looks(s);
        assert_int_equal(scene_posts(s), 0);
        check_holds(s, "quarantine.json", "\"db\"");
        check_lacks_in(s, "quarantine.json", "\"cache\"");
        check_holds(s, "maintenance.json", "\"shop\"");
        check_file(s, "containers.json", "db.quarantined_by", "\"person\"");
        check_file(s, "containers.json", "web.lifetime_restarts", "1");
        check_holds(s, "restart_counts.json", "\"web\"");
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

/* A person must be able to take a container out, disk or not. */
static void test_what_is_asked_for_holds_unsaved(void **state) {
        struct scene *s = *state;
        scene_world(s, WEB DB);
        rest_start_as(s, (struct rest_ask){ .disk_full = false });
        pid_t pid = rest_pid();
        fill_disk(pid, true);
        const struct rest_answer *a = rest_post("/api/containers/db/quarantine", "");
        check_status(a, 200);
        check_contains(a->body, "\"warnings\":[\"it holds, but cannot be saved yet: ");
        scene_world(s, "container db health=unhealthy\nevent \"health_status: unhealthy\" db\n");
        check_status(rest_post("/api/pass", ""), 200);
        check_contains(rest_get("/api/containers/db/explain")->body, "\"reason\":\"quarantined\"");
        check_lacks_in(s, "quarantine.json", "\"db\"");
        fill_disk(pid, false);
        check_status(rest_post("/api/pass", ""), 200);
        check_holds(s, "quarantine.json", "\"db\"");
        check_file(s, "containers.json", "db.quarantined_by", "\"person\"");
        assert_int_equal(scene_posts(s), 0);
        rest_stop();
}

static void test_what_was_not_saved_is_when_it_ends(void **state) {
        struct scene *s = *state;
        pid_t pid = begin_with(s, WEB DB, "3600");
        fill_disk(pid, true);
        scene_world(s, SICK);
        service_await(s, "/api/containers/web", "\"restarts\":1");
        check_lacks_in(s, "restart_counts.json", "\"web\"");
        check_exit(scene_run(s, "quarantine db"), 0);
        fill_disk(pid, false);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        check_holds(s, "restart_counts.json", "\"web\"");
        check_holds(s, "quarantine.json", "\"db\"");
        check_file(s, "containers.json", "web.lifetime_restarts", "1");
        check_lacks_in(s, "containers.json", "\"intent\"");
}

static void test_what_is_lost_is_said(void **state) {
        struct scene *s = *state;
        pid_t pid = begin_with(s, WEB, "3600");
        fill_disk(pid, true);
        scene_world(s, SICK);
        fake_await(s->fake, "/restart -> 204", 1);
        service_await(s, "/health", "\"state_saved\":false");
        /* The log can be written, the state cannot. */
        assert_int_equal(chmod(s->data, 0700), 0);
        AUTO_FREE char *containers = path_join(s->data, "containers.json");
        assert_int_equal(chmod(containers, 0666), 0);
        fill_disk(pid, false);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        assert_int_equal(service_count_log(s, "what could not be saved until now is lost: "), 1);
}

/* ---- It cannot be read ---- */

static void test_broken_while_a_restart_is_under_way(void **state) {
        struct scene *s = *state;
        data_put(s, "quarantine.json", "[\"db\"]");
        pid_t pid = begin_with(s, WEB DB "fault restart delay=30000\n", "3600");
        scene_world(s, SICK);
        assert_true(eventually(action_under_way, s->fake, 20000));
        data_put(s, "quarantine.json", "{broken");
        scene_world(s, "release\n");
        service_await_events(s, "restart", "web", 1);
        service_await_events(s, "store", NULL, 1);
        check_holds(s, "quarantine.json", "\"db\"");
        assert_int_equal(run_end(pid, SIGTERM), 0);
        check_lacks_in(s, "containers.json", "\"intent\"");
}

/* As one who may not read it finds it: its owner or mode is wrong. */
static void test_unreadable_file(void **state) {
        struct scene *s = *state;
        data_put(s, "quarantine.json", "[\"db\"]");
        pid_t pid = begin_with(s, WEB DB, "1");
        AUTO_FREE char *path = path_join(s->data, "containers.json");
        assert_int_equal(chmod(path, 0666), 0);
        service_await_log(s, "it goes on from memory: ", 1);
        service_await(s, "/health", "\"state_saved\":false");
        scene_world(s, SICK "container db health=unhealthy\nevent \"health_status: unhealthy\" db\n");
        fake_await(s->fake, "/restart -> 204", 1);
        await_looks(s);
        /* The cooldown holds, and so does the quarantine. */
        assert_int_equal(scene_posts(s), 0);
        service_await(s, "/health", "\"status\":\"healthy\"");
        assert_int_equal(chmod(path, 0600), 0);
        service_await(s, "/health", "\"state_saved\":true");
        check_file(s, "containers.json", "web.lifetime_restarts", "1");
        check_holds(s, "quarantine.json", "\"db\"");
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

/* What is gone has not been emptied by anybody: who was quarantined stays so. */
static void test_replaced_directory(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *aside = path_join(s->dir, "aside");
        data_put(s, "quarantine.json", "[\"db\"]");
        pid_t pid = begin_with(s, WEB DB, "1");
        assert_int_equal(rename(s->data, aside), 0);
        dir_put(s->data, 0700);
        service_await(s, "/health", "\"state_saved\":false");
        scene_world(s, SICK "container db health=unhealthy\nevent \"health_status: unhealthy\" db\n");
        fake_await(s->fake, "/restart -> 204", 1);
        await_looks(s);
        assert_int_equal(scene_posts(s), 0);
        service_await(s, "/api/status", "was removed or replaced while it was in use");
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

/* ---- Somebody else holds the lock ---- */

static int take_lock(struct scene *s) {
        AUTO_FREE char *path = path_join(s->data, "state.lock");
        int fd = open(path, O_RDWR | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(flock(fd, LOCK_EX), 0);
        return fd;
}

static void test_nothing_is_decided_while_the_lock_is_held(void **state) {
        struct scene *s = *state;
        data_put(s, "quarantine.json", "[\"db\"]");
        pid_t pid = begin_with(s, WEB DB, "3600");
        int fd = take_lock(s);
        scene_world(s, SICK);
        service_await_log(s, "nothing is decided until the state lock is free: ", 1);
        service_await(s, "/api/status", "\"total_containers\":2");
        service_await(s, "/api/status", "\"quarantined_containers\":1");
        assert_int_equal(scene_posts(s), 0);
        close(fd);
        service_await_events(s, "restart", "web", 1);
        service_await(s, "/health", "\"state_saved\":true");
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

static void test_a_result_outlives_the_lock(void **state) {
        struct scene *s = *state;
        pid_t pid = begin_with(s, WEB "fault restart delay=30000\n", "3600");
        scene_world(s, SICK);
        assert_true(eventually(action_under_way, s->fake, 20000));
        int fd = take_lock(s);
        scene_world(s, "release\n");
        service_await_log(s, "nothing is decided until the state lock is free: ", 1);
        close(fd);
        service_await(s, "/health", "\"state_saved\":true");
        assert_int_equal(run_end(pid, SIGTERM), 0);
        check_lacks_in(s, "containers.json", "\"intent\"");
        check_file(s, "containers.json", "web.lifetime_restarts", "1");
}

/* ---- The configuration ---- */

static void test_what_was_seen_before_a_change_is_looked_at_anew(void **state) {
        struct scene *s = *state;
        pid_t pid = begin_with(s, WEB, "3600");
        scene_world(s, "fault inspect delay=30000 times=1\n" SICK);
        check_exit(scene_run(s, "config set containers.excluded [\"web\"]"), 0);
        assert_int_equal(kill(pid, SIGHUP), 0);
        service_await_log(s, "the configuration was read anew", 1);
        fake_forget(s->fake);
        scene_world(s, "release\n");
        fake_await(s->fake, "/containers/json", 1);
        service_await(s, "/api/containers/web", "\"monitored\":false");
        assert_int_equal(run_end(pid, SIGTERM), 0);
        assert_int_equal(count_events(s, "restart", "web"), 0);
}

static void test_a_mode_that_is_put_right_is_noticed(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json", "{}");
        AUTO_FREE char *path = path_join(s->data, "config.json");
        pid_t pid = begin_with(s, WEB, "1");
        assert_int_equal(chmod(path, 0666), 0);
        service_await(s, "/health", "\"config_valid\":false");
        assert_int_equal(chmod(path, 0600), 0);
        service_await(s, "/health", "\"config_valid\":true");
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_what_others_change_meanwhile_holds),
                scene_test(test_what_is_asked_for_holds_unsaved),
                scene_test(test_what_was_not_saved_is_when_it_ends),
                scene_test(test_what_is_lost_is_said),
                scene_test(test_broken_while_a_restart_is_under_way),
                scene_test(test_unreadable_file),
                scene_test(test_replaced_directory),
                scene_test(test_nothing_is_decided_while_the_lock_is_held),
                scene_test(test_a_result_outlives_the_lock),
                scene_test(test_what_was_seen_before_a_change_is_looked_at_anew),
                scene_test(test_a_mode_that_is_put_right_is_noticed),
        };
        /* Whoever writes beyond the limit gets an error for it, as on a full disk. */
        (void)signal(SIGXFSZ, SIG_IGN);
        return cmocka_run_group_tests_name("serve and a data directory that changes", tests, NULL, NULL);
}
