/* SPDX-License-Identifier: MIT */
/* serve as a service: signals, configuration that changes, its log, others beside it, and how it says how it is. */
#include "support/service.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SICK "container web health=unhealthy label=autoheal=true\n"
#define WELL "container web health=healthy label=autoheal=true\n"

static void make_sick(struct scene *s) {
        scene_world(s, SICK "event \"health_status: unhealthy\" web\n");
}

/* ---- Ending ---- */

/* A socket of the API is one of the metrics, too. */
static void check_log_has_places(struct scene *s) {
        char line[512];
        (void)snprintf(line, sizeof(line), " - http - INFO - API at unix://%s/api.sock\n", s->dir);
        assert_int_equal(service_count_log(s, line), 1);
        (void)snprintf(line, sizeof(line), " - http - INFO - metrics at unix://%s/api.sock, where the API is: /metrics\n", s->dir);
        assert_int_equal(service_count_log(s, line), 1);
}

static void test_heals_what_events_tell_of(void **state) {
        struct scene *s = *state;
        scene_world(s, WELL);
        pid_t pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        assert_int_equal(scene_posts(s), 0);
        make_sick(s);
        service_await_events(s, "restart", "web", 1);
        assert_int_equal(scene_posts(s), 1);
        service_await_log(s, " - pass - INFO - restart web: restarted", 1);
        assert_int_equal(service_count_log(s, " - pass - INFO - restart web begins: "), 1);
        assert_int_equal(service_count_log(s, " - engine - INFO - connected: 1 container, 1 monitored\n"), 1);
        check_log_has_places(s);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        assert_int_equal(service_count_log(s, " - serve - INFO - stopping\n"), 1);
        assert_int_equal(service_count_log(s, " - serve - INFO - ended\n"), 1);
}

static bool action_under_way(void *fake) {
        return fake_peak_actions(fake) > 0;
}

static void test_restart_under_way_is_waited_for(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK "fault restart delay=500\n");
        pid_t pid = service_start(s, "");
        assert_true(eventually(action_under_way, s->fake, 20000));
        assert_int_equal(run_end(pid, SIGINT), 0);
        assert_int_equal(count_events(s, "restart", "web"), 1);
        assert_int_equal(service_count_log(s, "stopping: waiting for what is under way: restart web for "), 1);
}

/* It is left to the engine, and whoever comes next sees what became of it. */
static void test_second_signal_ends_at_once(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK "fault restart hang\n");
        pid_t pid = service_start(s, "");
        assert_true(eventually(action_under_way, s->fake, 20000));
        assert_int_equal(kill(pid, SIGTERM), 0);
        service_await_log(s, "stopping: waiting", 1);
        assert_int_equal(run_end(pid, SIGTERM), 130);
        assert_int_equal(count_events(s, "restart", "web"), 0);
        assert_int_equal(service_count_log(s, "left to the engine"), 1);
        char *text;
        AUTO_JSON struct json_doc *doc = data_json(s, "containers.json", &text);
        check_json(json_root(doc), "web.intent", "\"restart\"");
        free(text);
}

static void test_nothing_new_after_a_signal(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK "container db health=healthy label=autoheal=true\nfault restart delay=700 container=web\n");
        pid_t pid = service_start(s, "");
        assert_true(eventually(action_under_way, s->fake, 20000));
        assert_int_equal(kill(pid, SIGTERM), 0);
        service_await_log(s, "stopping: waiting", 1);
        scene_world(s, "container db health=unhealthy\nevent \"health_status: unhealthy\" db\n");
        assert_int_equal(run_await(pid, 30000), 0);
        assert_int_equal(count_events(s, "restart", "web"), 1);
        assert_int_equal(count_events(s, "restart", "db"), 0);
}

/* docker itself was told to end: all it does for its plugin is to close that socket. */
static void test_plugin_socket_that_closes_ends_it(void **state) {
        struct scene *s = *state;
        struct sockaddr_un addr = { .sun_family = AF_UNIX };
        char pair[256];
        int status = -1, listening = socket(AF_UNIX, SOCK_STREAM, 0);
        snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/plugin.sock", s->dir);
        snprintf(pair, sizeof(pair), "DOCKER_CLI_PLUGIN_SOCKET=%s", addr.sun_path);
        assert_int_equal(bind(listening, (struct sockaddr *)&addr, sizeof(addr)), 0);
        assert_int_equal(listen(listening, 1), 0);
        scene_env(s, pair);
        pid_t pid = service_start(s, "");
        close(accept(listening, NULL, NULL));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        close(listening);
}

/* ---- Configuration ---- */

static void test_changed_configuration_holds_without_a_signal(void **state) {
        struct scene *s = *state;
        scene_world(s, "container plain health=unhealthy\n");
        data_put(s, "config.json", "{\"monitor\":{\"interval_seconds\":1}}");
        pid_t pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        assert_int_equal(scene_posts(s), 0);
        data_put(s, "config.json",
                 "{\"monitor\":{\"interval_seconds\":1,\"include_all\":true},"
                 "\"observability\":{\"textfile\":\"/nowhere/a.prom\",\"log_level\":\"DEBUG\"}}");
        service_await_events(s, "restart", "plain", 1);
        service_await(s, "/ready", "\"ready\"");
        service_await_log(s, " - http - DEBUG - GET /ready from ", 1);
        assert_int_equal(service_count_log(s, " - config - WARNING - observability.textfile: serve writes no such file"), 1);
        assert_int_equal(service_count_log(s, " - config - INFO - the configuration was read anew\n"), 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

/* As a shell's redirection does it: for a moment there is nothing in it. */
static void test_emptied_configuration_is_looked_at_again(void **state) {
        struct scene *s = *state;
        scene_world(s, WELL);
        data_put(s, "config.json", "{\"monitor\":{\"interval_seconds\":1}}");
        pid_t pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        fake_forget(s->fake);
        data_put(s, "config.json", "");
        fake_await(s->fake, "/containers/json", 1);
        data_put(s, "config.json", "{\"monitor\":{\"interval_seconds\":1,\"label_value\":\"yes\"}}");
        service_await_log(s, "the configuration was read anew", 1);
        assert_int_equal(service_count_log(s, " - ERROR - "), 0);
        data_put(s, "config.json", "");
        service_await_log(s, " - config - ERROR - the configuration that was read last stays in force", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

static void test_broken_configuration_changes_nothing(void **state) {
        struct scene *s = *state;
        scene_world(s, WELL);
        data_put(s, "config.json", "{\"monitor\":{\"interval_seconds\":1}}");
        pid_t pid = service_start(s, "");
        data_put(s, "config.json", "{\"restart\":{\"mode\":\"sometimes\"}}");
        service_await_log(s, "must be one of both, health, on-failure (is 'sometimes')", 1);
        service_await(s, "/health", "\"config_valid\":false");
        service_await(s, "/metrics", "\nautoheal_config_valid 0\n");
        check_exit(scene_run(s, "ping"), 0);
        check_contains(s->last.out, "healthy; config.json cannot be used");
        /* It looks every second, and has said it once. */
        fake_forget(s->fake);
        fake_await(s->fake, "/containers/json", 2);
        make_sick(s);
        service_await_events(s, "restart", "web", 1);
        assert_int_equal(service_count_log(s, "'sometimes'"), 1);
        assert_int_equal(count_events(s, "config", NULL), 1);

        data_put(s, "config.json", "{\"monitor\":{\"interval_seconds\":1}}");
        service_await_log(s, "the configuration is in force again", 1);
        service_await(s, "/metrics", "\nautoheal_config_valid 1\n");
        assert_int_equal(count_events(s, "config", NULL), 2);
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

/* Many programs take a file away before they write it anew. */
static void test_configuration_that_is_gone_holds(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *path = path_join(s->data, "config.json");
        scene_world(s, SICK);
        data_put(s, "config.json", "{\"monitor\":{\"interval_seconds\":1},\"containers\":{\"excluded\":[\"web\"]}}");
        pid_t pid = service_start(s, "");
        assert_int_equal(unlink(path), 0);
        service_await_log(s, "config.json is gone", 1);
        fake_forget(s->fake);
        fake_await(s->fake, "/containers/json", 2);
        assert_int_equal(scene_posts(s), 0);
        assert_int_equal(kill(pid, SIGHUP), 0);
        service_await_events(s, "restart", "web", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

static void test_other_address_needs_a_restart(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json", "{}");
        pid_t pid = service_start(s, "");
        data_put(s, "config.json", "{\"observability\":{\"metrics_address\":\"127.0.0.1\"}}");
        assert_int_equal(kill(pid, SIGHUP), 0);
        service_await_log(s, "where to listen has changed: that takes a restart of serve", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

static void test_list_on_demand(void **state) {
        struct scene *s = *state;
        pid_t pid = service_start(s, "");
        /* The first, and the one that follows the beginning of the stream. */
        fake_await(s->fake, "/containers/json", 2);
        scene_world(s, SICK);
        assert_int_equal(kill(pid, SIGUSR1), 0);
        service_await_events(s, "restart", "web", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

static void test_wrong_at_the_start(void **state) {
        struct scene *s = *state;
        data_put(s, "config.json", "{\"restart\":{\"mode\":\"sometimes\"}}");
        check_exit(scene_run(s, "serve"), 78);
        check_contains(s->last.err, "config.json: restart.mode: must be one of");
        data_put(s, "config.json", "{\"ui\":{\"listen_address\":\"nohost.invalid\"}}");
        check_exit(scene_run(s, "serve"), 78);
        check_contains(s->last.err, "config.json: ui.listen_address: must be an IP address or localhost or unix:///path");
        check_exit(scene_run(s, "config validate"), 78);
        data_put(s, "config.json", "{}");
        scene_env(s, "AUTOHEAL_OBSERVABILITY_METRICS_ADDRESS=unix://rel");
        check_exit(scene_run(s, "serve"), 78);
        check_contains(s->last.err, "AUTOHEAL_OBSERVABILITY_METRICS_ADDRESS: must be an IP address");
        scene_env(s, "AUTOHEAL_OBSERVABILITY_METRICS_ADDRESS");
        scene_env(s, "AUTOHEAL_API_TOKEN_FILE=/nowhere/at/all");
        check_exit(scene_run(s, "serve"), 78);
        scene_env(s, "AUTOHEAL_API_TOKEN_FILE");
        data_put(s, "config.json", "{\"ui\":{\"listen_address\":\"unix:///nowhere/at/all.sock\"}}");
        check_exit(scene_run(s, "serve"), 1);
        check_contains(s->last.err, "/nowhere/at/all.sock");
        check_contains(s->last.err, "choose another place with ui.listen_address (AUTOHEAL_UI_LISTEN_ADDRESS)");
        assert_int_equal(service_count_log(s, "/nowhere/at/all.sock"), 1);
}

static void test_port_in_use(void **state) {
        struct scene *s = *state;
        struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t len = sizeof(addr);
        char pair[64];
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
        assert_int_equal(listen(fd, 1), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
        snprintf(pair, sizeof(pair), "AUTOHEAL_UI_LISTEN_PORT=%d", ntohs(addr.sin_port));
        scene_env(s, pair);
        check_exit(scene_run(s, "serve"), 1);
        check_contains(s->last.err, "another program already does");
        check_contains(s->last.err, "ui.listen_port (AUTOHEAL_UI_LISTEN_PORT)");
        close(fd);
}

/* ---- Beside it ---- */

static void test_pass_beside_it(void **state) {
        struct scene *s = *state;
        scene_world(s, WELL);
        pid_t pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        check_exit(scene_run(s, "run"), 0);
        check_silent(&s->last);
        const char *const run[] = { "run", NULL };
        check_exit(scene_run_ask(s, run, (struct run_ask){ .on_terminal = true }), 0);
        check_contains(s->last.out, "serve is in charge (pid ");
        check_contains(s->last.out, "nothing to do");
        check_exit(scene_run(s, "serve"), 75);
        check_contains(s->last.err, "serve is in charge");
        check_exit(scene_run(s, "status"), 0);
        check_contains(s->last.out, "\nServe:           in charge, pid ");
        assert_int_equal(run_end(pid, SIGKILL), 128 + SIGKILL);
        check_exit(scene_run(s, "status"), 0);
        check_lacks(s->last.out, "in charge");
        check_exit(scene_run(s, "run"), 0);
}

static bool is_refused(void *arg) {
        return scene_run(arg, "run")->exit_code == 75;
}

static void test_pass_beside_one_that_hangs(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        pid_t pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        assert_int_equal(kill(pid, SIGSTOP), 0);
        assert_true(eventually(is_refused, s, 20000));
        check_exit(scene_run(s, "ping"), 1);
        assert_int_equal(kill(pid, SIGCONT), 0);
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

static void test_ping(void **state) {
        struct scene *s = *state;
        pid_t pid = service_start(s, "");
        check_exit(scene_run(s, "ping"), 0);
        assert_string_equal(s->last.out, "healthy\n");
        check_exit(scene_run(s, "ping --url unix://%s/api.sock", s->dir), 0);
        check_exit(scene_run(s, "ping --url unix://%s/other.sock", s->dir), 1);
        check_contains(s->last.err, "serve does not answer");
        check_exit(scene_run(s, "ping --url tcp://x"), 125);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        check_exit(scene_run(s, "ping"), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_heals_what_events_tell_of),
                scene_test(test_restart_under_way_is_waited_for),
                scene_test(test_second_signal_ends_at_once),
                scene_test(test_nothing_new_after_a_signal),
                scene_test(test_plugin_socket_that_closes_ends_it),
                scene_test(test_changed_configuration_holds_without_a_signal),
                scene_test(test_emptied_configuration_is_looked_at_again),
                scene_test(test_broken_configuration_changes_nothing),
                scene_test(test_configuration_that_is_gone_holds),
                scene_test(test_other_address_needs_a_restart),
                scene_test(test_list_on_demand),
                scene_test(test_wrong_at_the_start),
                scene_test(test_port_in_use),
                scene_test(test_pass_beside_it),
                scene_test(test_pass_beside_one_that_hangs),
                scene_test(test_ping),
        };
        return cmocka_run_group_tests_name("serve", tests, NULL, NULL);
}
