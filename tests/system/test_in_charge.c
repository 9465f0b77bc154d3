/* SPDX-License-Identifier: MIT */
/* What the commands make of a serve that is in charge: one that turns, one that does not, and one that cannot be asked. */
#include "support/in_charge.h"
#include "support/port.h"
#include "support/service.h"

#include "autoheal/util/buf.h"

#include <signal.h>
#include <unistd.h>

#define HOUR (INT64_C(3600))

/* ---- ping ---- */

/* What says where to listen is read at the start only. */
static void test_ping_asks_where_it_began_to_listen(void **state) {
        struct scene *s = *state;
        pid_t pid = service_start(s, "");
        scene_env(s, "AUTOHEAL_UI_LISTEN_ADDRESS=unix:///nowhere/api.sock");
        check_exit(scene_run(s, "ping"), 0);
        assert_string_equal(s->last.out, "healthy\n");
        scene_env(s, "AUTOHEAL_UI_ENABLE=false");
        check_exit(scene_run(s, "ping"), 0);
        assert_string_equal(s->last.out, "healthy\n");
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

static bool ping_is(struct scene *s, int status, const char *text) {
        const struct output *o = scene_run(s, "ping");
        return o->exit_code == status && strstr(status ? o->err : o->out, text);
}

static bool is_healthy(void *arg) {
        return ping_is(arg, 0, "healthy");
}

static bool is_judged_healthy(void *arg) {
        return ping_is(arg, 0, "it has no API");
}

static bool is_unhealthy(void *arg) {
        return ping_is(arg, 1, "unhealthy: no turn was made for three intervals");
}

static void test_ping_of_one_that_listens_everywhere(void **state) {
        struct scene *s = *state;
        char pair[64];
        snprintf(pair, sizeof(pair), "AUTOHEAL_UI_LISTEN_PORT=%d", port_free());
        scene_env(s, pair);
        scene_env(s, "AUTOHEAL_UI_LISTEN_ADDRESS=0.0.0.0");
        scene_env(s, "AUTOHEAL_OBSERVABILITY_PROMETHEUS_ENABLED=false");
        pid_t pid = scene_start(s, "serve");
        assert_true(eventually(is_healthy, s, 30000));
        scene_env(s, "AUTOHEAL_UI_LISTEN_PORT=1");
        check_exit(scene_run(s, "ping"), 0);
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

static void test_ping_without_an_api(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        scene_env(s, "AUTOHEAL_UI_ENABLE=false");
        scene_env(s, "AUTOHEAL_OBSERVABILITY_PROMETHEUS_ENABLED=false");
        pid_t pid = scene_start(s, "serve");
        assert_true(eventually(is_judged_healthy, s, 30000));
        assert_int_equal(kill(pid, SIGSTOP), 0);
        assert_true(eventually(is_unhealthy, s, 30000));
        scene_env(s, "DOCKER_HOST=unix:///nonexistent/docker.sock");
        check_exit(scene_run(s, "ping"), 0);
        assert_string_equal(s->last.out, "healthy; the engine is away\n");
        assert_int_equal(kill(pid, SIGCONT), 0);
        assert_true(eventually(is_judged_healthy, s, 30000));
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

static void test_ping_of_nobody(void **state) {
        struct scene *s = *state;
        int fd;
        check_exit(scene_run(s, "ping"), 1);
        check_contains(s->last.err, "no serve is in charge of data directory '");
        in_charge_hold(s, "4711 host 2020-01-01T00:00:00.000000+00:00\n", &fd);
        check_exit(scene_run(s, "ping"), 1);
        check_contains(s->last.err, "no serve is in charge of data directory '");
        close(fd);
}

/* A disk that is full keeps it from saying where it listens. */
static void test_ping_of_one_that_could_not_say_where(void **state) {
        struct scene *s = *state;
        static const char *const mores[] = { "", "api", "api http://[::1]:1" };
        scene_env(s, "AUTOHEAL_UI_LISTEN_ADDRESS=unix:///nowhere/api.sock");
        for (size_t i = 0; i < N_ELEMENTS(mores); i++) {
                int fd;
                in_charge_serve(s, 10, mores[i], &fd);
                check_exit(scene_run(s, "ping"), 1);
                check_contains(s->last.err, "serve does not answer at /nowhere/api.sock: ");
                close(fd);
        }
}

static void test_ping_of_a_place_that_is_none(void **state) {
        struct scene *s = *state;
        static const char *const places[] = { "ftp://x", "unix://relative", "\x1b[2J", "" };
        for (size_t i = 0; i < N_ELEMENTS(places); i++) {
                char more[64];
                int fd;
                snprintf(more, sizeof(more), "metrics http://x:1\napi %s\n", places[i]);
                in_charge_serve(s, 10, more, &fd);
                check_exit(scene_run(s, "ping"), 1);
                check_contains(s->last.err, "pass.lock: no place where serve could be asked: '");
                check_lacks(s->last.err, "\x1b");
                close(fd);
        }
}

/* ---- run ---- */

static void check_run(struct scene *s, int status, const char *said) {
        const struct output *o = scene_run(s, "run");
        check_exit(o, status);
        assert_int_equal(o->out_len, 0);
        if (*said)
                check_contains(o->err, said);
        else
                assert_string_equal(o->err, "");
}

/* cron mails whatever is printed: that it began long ago is no reason. */
static void test_run_beside_one_that_turns(void **state) {
        struct scene *s = *state;
        int fd;
        in_charge_serve(s, 1000 * HOUR, "nowhere\n", &fd);
        in_charge_last_pass(s, 20);
        check_run(s, 0, "");
        close(fd);
}

static void test_run_beside_one_that_does_not_turn(void **state) {
        struct scene *s = *state;
        int fd;
        in_charge_serve(s, 1000 * HOUR, "nowhere\n", &fd);
        in_charge_last_pass(s, 300);
        check_run(s, 75, "");
        check_exit(scene_run(s, "run --verbose"), 75);
        check_contains(s->last.err, "serve is in charge (pid 4711 on 'host' since ");
        check_contains(s->last.err, "): it has made no turn for 5m");
        in_charge_last_pass(s, HOUR);
        check_run(s, 75, "): it has made no turn for 1h");
        data_put(s, "pass.json", "{");
        check_run(s, 75, "): it has made no turn for how long cannot be told");
        close(fd);
}

/* What was before it began is not its fault. */
static void test_run_beside_one_that_begins(void **state) {
        struct scene *s = *state;
        int fd;
        in_charge_last_pass(s, 1000 * HOUR);
        in_charge_serve(s, 10, "", &fd);
        check_run(s, 0, "");
        close(fd);
}

/* ---- doctor ---- */

static void check_doctor(struct scene *s, int status, const char *said) {
        const struct output *o = scene_run(s, "doctor");
        check_exit(o, status);
        check_contains(o->out, said);
        check_lacks(o->out, "a pass runs just now");
        check_lacks(o->out, "a pass has been running");
}

static void test_doctor_beside_it(void **state) {
        struct scene *s = *state;
        int fd;
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        in_charge_serve(s, HOUR, "", &fd);
        in_charge_last_pass(s, 20);
        check_doctor(s, 0, "ok       passes      serve is in charge (pid 4711 on 'host', since ");
        in_charge_last_pass(s, 2 * HOUR);
        check_doctor(s, 1, "), but has made no turn for 1h\n");
        check_contains(s->last.out, "/logs/autoheal.log; start it anew if it hangs\n");
        scene_env(s, "DOCKER_HOST=unix:///nonexistent/docker.sock");
        check_doctor(s, 1, ") and waits for the engine\n");
        close(fd);
}

static void test_doctor_names_serve(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        check_exit(scene_run(s, "doctor"), 0);
        check_contains(s->last.out, "./install.sh --serve; or a timer run one every minute: ./install.sh --timer\n");
}

/* ---- status ---- */

static void test_status_tells_what_is_gone(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web\ncontainer db\n");
        check_exit(scene_run(s, "quarantine web db"), 0);
        check_exit(scene_run(s, "status"), 0);
        check_contains(s->last.out, ", 2 quarantined\n");
        scene_world(s, "remove web\n");
        check_exit(scene_run(s, "status"), 0);
        check_contains(s->last.out, ", 2 quarantined (1 of them gone)\n");
}

/* ---- A configuration that cannot be used, while serve goes on with what it read before ---- */

static void check_done(struct scene *s, const char *command, const char *said) {
        const struct output *o = scene_run(s, "%s", command);
        check_exit(o, 0);
        check_contains(o->out, said);
        check_contains(o->err, "the configuration cannot be used, and nothing of it is needed for this: ");
}

static void test_the_brake_works_with_a_broken_configuration(void **state) {
        static const char *const broken[] = { "", "{", "{\"restart\":{\"max_restarts\":0}}" };
        struct scene *s = *state;
        scene_world(s, "container web\n");
        scene_first_pass(s);
        for (size_t i = 0; i < N_ELEMENTS(broken); i++) {
                data_put(s, "config.json", broken[i]);
                check_done(s, "quarantine web", "web\n");
                check_exit(scene_run(s, "run"), 78);
                check_done(s, "unquarantine web", "web\n");
                check_done(s, "maintenance on", "maintenance of all containers is on\n");
                check_done(s, "maintenance status", "all containers");
                check_done(s, "maintenance on web", "maintenance of web is on\n");
                check_done(s, "maintenance off --all", "maintenance of all containers is off\n");
                check_exit(scene_run(s, "monitor web"), 78);
        }
        data_put(s, "config.json", "{}");
        scene_env(s, "AUTOHEAL_RESTART_MAX_RESTARTS=none");
        check_done(s, "quarantine web", "web\n");
        assert_int_equal(count_events(s, "quarantine", "web"), 4);
}

/* How many it would let be kept cannot be read. */
static void test_a_broken_configuration_shortens_no_history(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_UI_MAX_LOG_ENTRIES=5000");
        scene_world(s, "container web\n");
        struct buf text AUTO(buf_release) = BUF_INIT((size_t)1024 * 1024);
        for (int i = 0; i < 1500; i++)
                buf_addf(&text,
                         "%s{\"timestamp\":\"2026-01-31T12:00:00+00:00\",\"container_name\":\"web\",\"container_id\":\"web\","
                         "\"event_type\":\"restart\",\"restart_count\":0,\"status\":\"success\",\"message\":\"%d\"}",
                         i ? "," : "[", i);
        buf_add_str(&text, "]");
        data_put(s, "events.json", buf_str(&text));
        data_put(s, "config.json", "{");
        check_done(s, "quarantine web", "web\n");
        assert_int_equal(count_events(s, "restart", NULL), 1500);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_ping_asks_where_it_began_to_listen),
                scene_test(test_ping_of_one_that_listens_everywhere),
                scene_test(test_ping_without_an_api),
                scene_test(test_ping_of_nobody),
                scene_test(test_ping_of_one_that_could_not_say_where),
                scene_test(test_ping_of_a_place_that_is_none),
                scene_test(test_run_beside_one_that_turns),
                scene_test(test_run_beside_one_that_does_not_turn),
                scene_test(test_run_beside_one_that_begins),
                scene_test(test_doctor_beside_it),
                scene_test(test_doctor_names_serve),
                scene_test(test_status_tells_what_is_gone),
                scene_test(test_the_brake_works_with_a_broken_configuration),
                scene_test(test_a_broken_configuration_shortens_no_history),
        };
        return cmocka_run_group_tests_name("in_charge", tests, NULL, NULL);
}
