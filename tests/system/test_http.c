/* SPDX-License-Identifier: MIT */
/* What the service owes its clients beyond single requests: turns, last answers, what is refused early, and a lock that is held. */
#include "autoheal/util/buf.h"
#include "support/port.h"
#include "support/rest.h"
#include "support/service.h"
#include "support/wire.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#define LINES "Host: localhost\r\nAuthorization: Bearer " REST_TOKEN "\r\n"
#define WELL  "container web health=healthy label=autoheal=true\n"

/* ---- Requests that are not what they seem ---- */

static void what_cannot_be_decoded_is_refused(void **state) {
        static const char *const paths[] = { "/api/events?since=%zz", "/api/events?limit=%zz", "/api/events?type=%00",
                                             "/api/containers?include_stopped=%", "/api/config?secrets=%4" };
        struct scene *s = *state;

        rest_start(s);
        for (size_t i = 0; i < N_ELEMENTS(paths); i++)
                check_status(rest_get(paths[i]), 400);
        check_status(rest_get("/api/events?limit=%31&since=9%30m"), 200);
}

static void a_path_behind_a_question_mark_is_none(void **state) {
        struct scene *s = *state;
        struct wire w;
        struct wire_answer a AUTO(wire_answer_release) = { 0 };

        rest_start(s);
        wire_open(&w, NULL, NULL, rest_port());
        wire_say(&w, "POST http://localhost:8080?/api/maintenance/enable HTTP/1.1\r\n" LINES "Content-Length: 0\r\n\r\n");
        wire_hear(&w, &a, false);
        assert_int_equal(a.status, 405);
        wire_say(&w, "OPTIONS * HTTP/1.1\r\n" LINES "\r\n");
        wire_hear(&w, &a, false);
        assert_int_equal(a.status, 204);
        wire_close(&w);
        check_json(rest_root(rest_get("/api/status")), "maintenance_mode", "false");
}

static void the_head_of_a_stream_has_no_length(void **state) {
        struct scene *s = *state;
        struct wire w;
        struct wire_answer a AUTO(wire_answer_release) = { 0 };

        rest_start(s);
        for (int i = 0; i < 40; i++) {
                wire_open(&w, NULL, NULL, rest_port());
                wire_say(&w, "HEAD /api/events/stream HTTP/1.1\r\n" LINES "Last-Event-ID: 0\r\n\r\n");
                wire_hear(&w, &a, true);
                assert_int_equal(a.status, 200);
                check_contains(a.head, "Content-Type: text/event-stream\r\n");
                check_contains(a.head, "X-Accel-Buffering: no\r\n");
                check_contains(a.head, "Connection: close\r\n");
                check_lacks(a.head, "Content-Length");
                assert_true(wire_is_closed(&w));
                wire_close(&w);
        }
}

/* ---- Why, again and again ---- */

/* The judgement is kept for a moment, but not beyond what changes it. */
static void an_explanation_follows_what_is_changed(void **state) {
        struct scene *s = *state;

        scene_world(s, WELL);
        rest_start(s);
        for (int i = 0; i < 3; i++) {
                check_json(rest_root(rest_get("/api/containers/web/explain")), "quarantined", "false");
                check_status(rest_get("/api/plan"), 200);
                check_status(rest_post("/api/containers/web/quarantine", NULL), 200);
                const struct rest_answer *a = rest_get("/api/containers/web/explain");
                check_json(rest_root(a), "quarantined", "true");
                assert_true(json_count(json_get(rest_root(a), "rules")) > 5);
                check_contains(rest_get("/api/plan")->body, "\"quarantined\":true");
                check_status(rest_put("/api/config/restart", i % 2 ? "{\"max_restarts\":7}" : "{\"max_restarts\":8}"), 200);
                check_status(rest_get("/api/containers/web/explain"), 200);
                check_status(rest_post("/api/containers/web/unquarantine", NULL), 200);
        }
}

static bool says_quarantined(void *arg) {
        (void)arg;
        return strstr(rest_get("/api/containers/web/explain")->body, "\"quarantined\":true") != NULL;
}

/* What somebody else has changed shows without a turn. */
static void an_explanation_follows_the_command_line(void **state) {
        struct scene *s = *state;

        scene_world(s, WELL);
        rest_start(s);
        assert_false(says_quarantined(NULL));
        check_exit(scene_run(s, "quarantine web"), 0);
        assert_true(eventually(says_quarantined, NULL, 20000));
}

/* ---- A lock that somebody else holds ---- */

static int lock_state(const struct scene *s) {
        AUTO_FREE char *path = path_join(s->data, "state.lock");
        int fd = open(path, O_RDWR | O_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(flock(fd, LOCK_EX), 0);
        return fd;
}

static void a_lock_of_others_keeps_nobody_waiting(void **state) {
        static const struct {
                const char *method, *path, *body;
        } changes[] = {
                { "PUT", "/api/config/restart", "{\"max_restarts\":7}" },
                { "POST", "/api/maintenance/enable", NULL },
                { "POST", "/api/containers/web/quarantine", NULL },
                { "DELETE", "/api/events", NULL },
        };
        struct scene *s = *state;

        scene_world(s, WELL);
        rest_start(s);
        int fd = lock_state(s);
        for (size_t i = 0; i < N_ELEMENTS(changes); i++) {
                const struct rest_answer *a =
                        rest_send(changes[i].method, changes[i].path, changes[i].body ? "application/json" : NULL, changes[i].body);
                check_status(a, 503);
                check_contains(a->body, "still locked by another process after 200 ms");
        }
        scene_world(s, "container web health=unhealthy\nevent \"health_status: unhealthy\" web\n");
        check_status(rest_get("/ready"), 200);
        check_json(rest_root(rest_get("/api/containers/web/explain")), "name", "\"web\"");
        assert_int_equal(scene_posts(s), 0);
        (void)close(fd);
        service_await_events(s, "restart", "web", 1);
        check_status(rest_put("/api/config/restart", "{\"max_restarts\":7}"), 200);
}

/* ---- A service with all its listeners, and its end ---- */

static int api_port, metrics_port;

static bool is_ready(void *arg) {
        struct wire w;
        struct wire_answer a AUTO(wire_answer_release) = { 0 };

        (void)arg;
        wire_open(&w, NULL, NULL, api_port);
        wire_say(&w, "GET /ready HTTP/1.1\r\n" LINES "\r\n");
        wire_hear(&w, &a, false);
        wire_close(&w);
        return a.status == 200;
}

static pid_t start(struct scene *s) {
        char line[128];

        api_port = port_free();
        (void)snprintf(line, sizeof(line), "AUTOHEAL_UI_LISTEN_PORT=%d", api_port);
        scene_env(s, line);
        metrics_port = port_free();
        (void)snprintf(line, sizeof(line), "AUTOHEAL_OBSERVABILITY_METRICS_PORT=%d", metrics_port);
        scene_env(s, line);
        scene_env(s, "AUTOHEAL_API_TOKEN=" REST_TOKEN);
        pid_t pid = scene_start(s, "serve");
        service_await_log(s, " - http - INFO - metrics at ", 1);
        assert_true(eventually(is_ready, NULL, 20000));
        return pid;
}

/* Nobody sends a body there that would be wanted. */
static void metrics_refuse_before_the_body(void **state) {
        static const struct {
                const char *line;
                int status;
        } rows[] = { { "POST /metrics", 405 }, { "PUT /api/config", 404 }, { "POST /", 404 } };
        struct scene *s = *state;
        struct wire_answer a AUTO(wire_answer_release) = { 0 };
        char text[512];

        scene_world(s, WELL);
        pid_t pid = start(s);
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct wire w;

                (void)snprintf(text, sizeof(text),
                               "%s HTTP/1.1\r\n" LINES "Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n", rows[i].line);
                wire_open(&w, NULL, NULL, metrics_port);
                wire_say(&w, text);
                wire_hear(&w, &a, false);
                assert_int_equal(a.status, rows[i].status);
                assert_true(wire_is_closed(&w));
                wire_close(&w);
        }
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

static bool action_under_way(void *fake) {
        return fake_peak_actions(fake) > 0;
}

static void who_waits_is_answered_before_the_end(void **state) {
        struct scene *s = *state;
        struct wire w, idle;
        struct wire_answer a AUTO(wire_answer_release) = { 0 };

        scene_world(s, WELL "fault restart delay=500\n");
        pid_t pid = start(s);
        wire_open(&idle, NULL, NULL, api_port);
        wire_open(&w, NULL, NULL, api_port);
        wire_say(&w, "POST /api/containers/web/restart HTTP/1.1\r\n" LINES "Content-Length: 0\r\n\r\n");
        assert_true(eventually(action_under_way, s->fake, 20000));
        assert_int_equal(run_end(pid, SIGTERM), 0);
        wire_hear(&w, &a, false);
        assert_int_equal(a.status, 200);
        check_contains(a.body, "Container web restarted");
        wire_close(&w);
        wire_close(&idle);
}

/* One who never says what he wants does not keep it from ending. */
static void who_says_nothing_is_not_waited_for(void **state) {
        struct scene *s = *state;
        struct wire w;

        scene_world(s, WELL);
        pid_t pid = start(s);
        wire_open(&w, NULL, NULL, api_port);
        wire_say(&w, "GET /health HTTP/1.1\r\n");
        assert_int_equal(run_end(pid, SIGTERM), 0);
        wire_close(&w);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                rest_test(what_cannot_be_decoded_is_refused),       rest_test(a_path_behind_a_question_mark_is_none),
                rest_test(the_head_of_a_stream_has_no_length),      rest_test(an_explanation_follows_what_is_changed),
                rest_test(an_explanation_follows_the_command_line), rest_test(a_lock_of_others_keeps_nobody_waiting),
                scene_test(metrics_refuse_before_the_body),         scene_test(who_waits_is_answered_before_the_end),
                scene_test(who_says_nothing_is_not_waited_for),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
