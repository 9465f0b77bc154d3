/* SPDX-License-Identifier: MIT */
/* The API as clients of the earlier service know it: health, status, events, maintenance, and what the tables of routes say. */
#include "autoheal/util/buf.h"
#include "support/rest.h"
#include "support/service.h"

#include <poll.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static struct json_value element(struct json_value array, size_t n) {
        struct json_iter it = json_iter(array);

        for (size_t i = 0; json_next(&it); i++)
                if (i == n)
                        return it.value;
        return (struct json_value){ .doc = NULL };
}

static void health_and_readiness(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_world(s, "container web health=healthy label=autoheal=true\n");
        rest_start(s);
        rest_with_token(false);
        a = rest_get("/health");
        check_status(a, 200);
        check_keys(rest_root(a), "status, timestamp, docker_connected, monitoring_active, config_valid, state_saved");
        check_json(rest_root(a), "status", "\"healthy\"");
        check_json(rest_root(a), "docker_connected", "true");
        check_json(rest_root(a), "monitoring_active", "true");
        check_status(rest_get("/ready"), 200);
}

static bool is_disconnected(void *arg) {
        (void)arg;
        return strstr(rest_get("/health")->body, "\"docker_connected\":false") != NULL;
}

/* An engine that is away is no fault of ours: a restart would not bring it back. */
static void without_engine(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_world(s, "container web health=healthy label=autoheal=true\n");
        rest_start(s);
        fake_stop(s->fake);
        s->fake = NULL;
        assert_true(eventually(is_disconnected, NULL, 20000));
        a = rest_get("/health");
        check_status(a, 200);
        check_json(rest_root(a), "monitoring_active", "false");
        check_status(rest_get("/ready"), 503);
        check_status(rest_post("/api/pass", NULL), 502);
        /* What was seen last can still be read, and maintenance begun. */
        check_status(rest_get("/api/containers"), 200);
        check_status(rest_post("/api/maintenance/enable", NULL), 200);
        check_json(rest_root(rest_get("/api/status")), "maintenance_mode", "true");
}

static void status_has_its_fields(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_world(s, "container web health=healthy label=autoheal=true\n"
                       "container other\n"
                       "container old state=exited exit=0\n");
        data_put(s, "quarantine.json", "[\"gone\"]");
        rest_start(s);
        a = rest_get("/api/status");
        check_status(a, 200);
        check_json(rest_root(a), "monitoring_active", "true");
        check_json(rest_root(a), "docker_connected", "true");
        check_json(rest_root(a), "total_containers", "3");
        check_json(rest_root(a), "monitored_containers", "1");
        check_json(rest_root(a), "quarantined_containers", "1");
        check_json(rest_root(a), "maintenance_mode", "false");
        check_json(rest_root(a), "maintenance_start_time", "null");
        check_json(rest_root(a), "config.monitor.interval_seconds", "30");
        check_json(rest_root(a), "engine.connected", "true");
        check_json(rest_root(a), "quarantined_gone", "[\"gone\"]");
        check_json(rest_root(a), "token_needed", "true");
}

/* Before the first look nobody knows whose containers are gone. */
static void without_a_look_nothing_is_gone(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        data_put(s, "quarantine.json", "[\"web\"]");
        scene_env(s, "DOCKER_HOST=unix:///nowhere.sock");
        rest_start_as(s, (struct rest_ask){ .early = true });
        a = rest_get("/api/status");
        check_json(rest_root(a), "quarantined_containers", "1");
        check_json(rest_root(a), "quarantined_gone", "[]");
}

static void an_etag_saves_the_body(void **state) {
        struct scene *s = *state;
        char line[128] = "If-None-Match: ";

        scene_world(s, "container web\n");
        rest_start(s);
        const char *tag = strstr(rest_get("/api/containers")->head, "ETag: ");
        assert_non_null(tag);
        (void)snprintf(line + strlen(line), sizeof(line) - strlen(line), "%.*s", (int)strcspn(tag + 6, "\r"), tag + 6);
        rest_with_header(line);
        check_status(rest_get("/api/containers"), 304);
        rest_with_header("If-None-Match: \"another\"");
        check_status(rest_get("/api/containers"), 200);
}

static void head_and_options(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        rest_start(s);
        a = rest_send("HEAD", "/api/status", NULL, NULL);
        check_status(a, 200);
        assert_string_equal(a->body, "");
        a = rest_send("OPTIONS", "/api/events", NULL, NULL);
        check_status(a, 204);
        check_contains(a->head, "Allow: GET, HEAD, DELETE, OPTIONS\r\n");
        a = rest_put("/api/status", "{}");
        check_status(a, 405);
        check_json(rest_root(a), "detail", "\"Method Not Allowed\"");
        check_contains(a->head, "Allow: GET, HEAD, OPTIONS\r\n");
        a = rest_get("/api/nothing");
        check_status(a, 404);
        check_json(rest_root(a), "detail", "\"Not Found\"");
}

/* ---- Events ---- */

#define EARLIER                                                                                                                    \
        "[{\"timestamp\":\"2026-11-22T19:54:02.477307Z\",\"container_id\":\"0123456789abcdef\",\"container_name\":\"web (web)\","  \
        "\"event_type\":\"restart\",\"restart_count\":1,\"status\":\"success\",\"message\":\"one\",\"mine\":[1, 2]},"              \
        "{\"timestamp\":\"2026-11-22T21:54:03+01:00\",\"container_id\":\"\",\"container_name\":\"db (db)\","                       \
        "\"event_type\":\"quarantine\",\"restart_count\":3,\"status\":\"quarantined\",\"message\":\"two\"},"                       \
        "{\"timestamp\":\"2026-11-22T21:00:00.5\",\"container_id\":\"\",\"container_name\":\"web (web)\","                         \
        "\"event_type\":\"unquarantine\",\"restart_count\":0,\"status\":\"success\",\"message\":\"\\u001b[31mthree\"}]"

static void events_are_told_as_stored(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        data_put(s, "events.json", EARLIER);
        rest_start(s);
        a = rest_get("/api/events?limit=0");
        check_status(a, 200);
        check_keys(element(rest_root(a), 0),
                   "timestamp, container_id, container_name, event_type, restart_count, status, message, mine");
        check_json(element(rest_root(a), 0), "timestamp", "\"2026-11-22T19:54:02.477307+00:00\"");
        check_json(element(rest_root(a), 1), "timestamp", "\"2026-11-22T20:54:03.000000+00:00\"");
        check_json(element(rest_root(a), 2), "timestamp", "\"2026-11-22T21:00:00.500000+00:00\"");
        check_lacks(a->body, "\x1b");
}

static size_t count(const char *path) {
        const struct rest_answer *a = rest_get(path);

        check_status(a, 200);
        return json_count(rest_root(a));
}

static void events_are_filtered(void **state) {
        struct scene *s = *state;

        data_put(s, "events.json", EARLIER);
        rest_start(s);
        assert_int_equal(count("/api/events?limit=1"), 1);
        check_json(element(rest_root(rest_get("/api/events?limit=1&container=web")), 0), "event_type", "\"unquarantine\"");
        assert_int_equal(count("/api/events?type=quarantine"), 1);
        assert_int_equal(count("/api/events?container=web"), 2);
        assert_int_equal(count("/api/events?container=0123456789ab"), 1);
        assert_int_equal(count("/api/events?container=0123"), 0);
        assert_int_equal(count("/api/events?since=2026-11-22T20:54:03Z"), 2);
        assert_int_equal(count("/api/events?since=1s"), 0);
        check_status(rest_get("/api/events?limit=-1"), 422);
        check_refused(rest_get("/api/events?limit=many"), "query,limit",
                      "Input should be a valid integer, unable to parse string as an integer");
        check_status(rest_get("/api/events?since=yesterday"), 422);
}

static void events_can_be_cleared(void **state) {
        struct scene *s = *state;

        data_put(s, "events.json", EARLIER);
        rest_start(s);
        rest_with_token(false);
        check_status(rest_delete("/api/events"), 401);
        assert_int_equal(count("/api/events"), 3);
        rest_with_token(true);
        check_json(rest_root(rest_delete("/api/events")), "message", "\"All events cleared\"");
        assert_int_equal(count("/api/events"), 0);
        check_status(rest_post("/api/maintenance/enable", NULL), 200);
        assert_int_equal(count("/api/events"), 1);
}

/* ---- The stream ---- */

struct reader {
        int fd;
        struct buf text;
};

static void reader_open(struct reader *r, const char *headers) {
        struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)rest_port()) };
        char request[512];

        *r = (struct reader){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .text = BUF_INIT(1024 * 1024) };
        addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        assert_int_equal(connect(r->fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
        int n = snprintf(request, sizeof(request), "GET /api/events/stream HTTP/1.1\r\nHost: localhost\r\n%s\r\n", headers);
        assert_int_equal(write(r->fd, request, (size_t)n), n);
}

static void reader_close(struct reader *r) {
        (void)close(r->fd);
        buf_release(&r->text);
}

/* Reads until the text is there. */
static void reader_await(struct reader *r, const char *wanted) {
        char chunk[4096];

        while (!strstr(buf_str(&r->text), wanted)) {
                struct pollfd p = { .fd = r->fd, .events = POLLIN };
                ssize_t n = poll(&p, 1, 20000) == 1 ? read(r->fd, chunk, sizeof(chunk)) : 0;
                if (n <= 0)
                        fail_msg("no '%s' in: %s", wanted, buf_str(&r->text));
                buf_add(&r->text, chunk, (size_t)n);
        }
}

static void the_stream_tells_what_happens(void **state) {
        struct scene *s = *state;
        struct reader r;

        scene_world(s, "container web health=healthy label=autoheal=true\n");
        rest_start(s);
        reader_open(&r, "");
        reader_await(&r, "Content-Type: text/event-stream\r\n");
        reader_await(&r, "event: engine\ndata: {\"connected\":true");
        check_status(rest_post("/api/containers/web/quarantine", NULL), 200);
        reader_await(&r, "event: history\ndata: {\"timestamp\":");
        reader_await(&r, "\"event_type\":\"quarantine\"");
        reader_await(&r, "event: turn\ndata: {");
        check_status(rest_put("/api/config/restart", "{\"max_restarts\":9}"), 200);
        reader_await(&r, "event: config\ndata: {\"valid\":true");
        reader_close(&r);
}

/* Told once, and what serve has done itself not a second time. */
static void the_stream_tells_what_others_do(void **state) {
        struct scene *s = *state;
        struct reader r;

        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        rest_start(s);
        reader_open(&r, "");
        reader_await(&r, "event: engine");
        check_status(rest_post("/api/containers/web/quarantine", NULL), 200);
        check_exit(scene_run(s, "maintenance on"), 0);
        reader_await(&r, "\"event_type\":\"maintenance\"");
        check_exit(scene_run(s, "unquarantine web"), 0);
        reader_await(&r, "\"event_type\":\"unquarantine\"");
        check_exit(scene_run(s, "config set restart.max_restarts 9"), 0);
        reader_await(&r, "event: config\ndata: {\"valid\":true");
        check_exit(scene_run(s, "events clear --yes"), 0);
        service_await_log(s, " - history - INFO - the history was emptied\n", 1);
        assert_int_equal(service_count_log(s, " - history - INFO - maintenance: "), 1);
        assert_int_equal(service_count_log(s, " - history - INFO - unquarantine web "), 1);
        assert_int_equal(service_count_log(s, " - history - INFO - quarantine "), 0);
        reader_close(&r);
}

static void the_stream_goes_on_where_it_broke(void **state) {
        struct scene *s = *state;
        struct reader r;
        char last[128];

        scene_world(s, "container web health=healthy label=autoheal=true\n");
        rest_start(s);
        reader_open(&r, "");
        reader_await(&r, "event: engine");
        check_status(rest_post("/api/containers/web/quarantine", NULL), 200);
        reader_await(&r, "\"event_type\":\"quarantine\"");
        const char *id = strstr(buf_str(&r.text), "id: ");
        assert_non_null(id);
        (void)snprintf(last, sizeof(last), "Last-Event-ID: %.*s\r\n", (int)strcspn(id + 4, "\n"), id + 4);
        reader_close(&r);
        check_status(rest_post("/api/containers/web/unquarantine", NULL), 200);
        reader_open(&r, last);
        reader_await(&r, "\"event_type\":\"unquarantine\"");
        check_lacks(buf_str(&r.text), "\"event_type\":\"quarantine\"");
        reader_close(&r);
}

static void readers_are_limited(void **state) {
        struct scene *s = *state;
        struct reader readers[32];

        rest_start(s);
        for (size_t i = 0; i < N_ELEMENTS(readers); i++) {
                reader_open(&readers[i], "");
                reader_await(&readers[i], "event: engine");
        }
        check_status(rest_get("/api/events/stream"), 503);
        for (size_t i = 0; i < N_ELEMENTS(readers); i++)
                reader_close(&readers[i]);
        check_status(rest_get("/health"), 200);
}

/* ---- Maintenance ---- */

static void maintenance_of_everything(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        rest_start(s);
        a = rest_post("/api/maintenance/enable", NULL);
        check_status(a, 200);
        check_json(rest_root(a), "status", "\"success\"");
        check_json(rest_root(a), "message", "\"Maintenance mode enabled\"");
        check_json(rest_root(a), "maintenance_mode", "true");
        assert_int_equal(json_type(json_get(rest_root(a), "maintenance_start_time")), JSON_STRING);
        a = rest_get("/api/maintenance/status");
        check_json(rest_root(a), "maintenance_mode", "true");
        a = rest_post("/api/maintenance/disable", NULL);
        check_json(rest_root(a), "message", "\"Maintenance mode disabled\"");
        check_json(rest_root(a), "maintenance_mode", "false");
        a = rest_get("/api/maintenance/status");
        check_json(rest_root(a), "maintenance_start_time", "null");
        assert_int_equal(count_events(s, "maintenance", NULL), 2);
}

static void maintenance_of_scopes(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_world(s, "container web\n");
        rest_start(s);
        a = rest_post("/api/maintenance/enable",
                      "{\"scopes\":[\"web\",\"project:shop\"],\"until\":\"2100-01-01T00:00:00Z\",\"reason\":\"move\"}");
        check_status(a, 200);
        check_json(rest_root(a), "message", "\"Maintenance of web, project:shop enabled\"");
        check_json(rest_root(a), "maintenance_mode", "false");
        check_json(element(json_get(rest_root(a), "scopes"), 0), "scope", "\"web\"");
        check_json(element(json_get(rest_root(a), "scopes"), 1), "scope", "\"project:shop\"");
        check_json(element(json_get(rest_root(a), "scopes"), 1), "until", "\"2100-01-01T00:00:00.000000+00:00\"");
        check_json(element(json_get(rest_root(a), "scopes"), 1), "reason", "\"move\"");
        check_status(rest_post("/api/maintenance/enable", "{\"scopes\":[\"nobody\"]}"), 404);
        check_status(rest_post("/api/maintenance/enable", "{\"until\":\"2001-01-01T00:00:00Z\"}"), 422);
        check_status(rest_post("/api/maintenance/enable", "{\"scopes\":\"web\"}"), 422);
        check_status(rest_post("/api/maintenance/enable", "[]"), 422);
        check_status(rest_post("/api/maintenance/enable", NULL), 200);
        a = rest_post("/api/maintenance/disable", "{\"scopes\":[\"web\"]}");
        check_json(rest_root(a), "message", "\"Maintenance of web disabled; that of everything is on\"");
        assert_int_equal(json_count(json_get(rest_root(a), "scopes")), 1);
        a = rest_post("/api/maintenance/disable", NULL);
        check_json(rest_root(a), "message", "\"Maintenance mode disabled; that of project:shop goes on\"");
        a = rest_post("/api/maintenance/disable", "{\"all\":true}");
        check_json(rest_root(a), "message", "\"Maintenance mode disabled\"");
        assert_int_equal(json_count(json_get(rest_root(a), "scopes")), 0);
}

/* Else a slip of the pen would be about everything. */
static void maintenance_of_what_is_misspelt_is_refused(void **state) {
        struct scene *s = *state;

        scene_world(s, "container web\n");
        rest_start(s);
        check_status(rest_post("/api/maintenance/enable", "{\"scopes\":[\"web\"]}"), 200);
        AUTO_FREE char *before = data_get(s, "maintenance.json");
        check_refused(rest_post("/api/maintenance/enable", "{\"scope\":[\"web\"]}"), "body,scope",
                      "Extra inputs are not permitted");
        check_refused(rest_post("/api/maintenance/enable", "{\"scopes\":null}"), "body,scopes",
                      "Input should be a list of scopes that is not empty");
        check_refused(rest_post("/api/maintenance/enable", "{\"all\":false}"), "body,all", "Extra inputs are not permitted");
        check_refused(rest_post("/api/maintenance/disable", "{\"scope\":\"web\"}"), "body,scope", "Extra inputs are not permitted");
        check_refused(rest_post("/api/maintenance/disable", "{\"scopes\":null}"), "body,scopes",
                      "Input should be a list of scopes that is not empty");
        check_refused(rest_post("/api/maintenance/disable", "{\"all\":null}"), "body,all", "Input should be a valid boolean");
        check_refused(rest_post("/api/maintenance/disable", "{\"reason\":\"x\"}"), "body,reason", "Extra inputs are not permitted");
        AUTO_FREE char *after = data_get(s, "maintenance.json");
        assert_string_equal(before, after);
}

/* ---- A turn, a plan ---- */

static void a_turn_now(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_world(s, "container web health=healthy label=autoheal=true\n");
        rest_start(s);
        fake_forget(s->fake);
        a = rest_post("/api/pass", NULL);
        check_status(a, 200);
        check_json(rest_root(a), "summary.monitored", "1");
        check_json(rest_root(a), "summary.ok", "1");
        assert_int_equal(fake_count(s->fake, "/containers/json"), 1);
}

static void a_plan_changes_nothing(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_world(s, "container web health=healthy label=autoheal=true\n");
        rest_start(s);
        AUTO_FREE char *before = state_snapshot(s);
        a = rest_get("/api/plan");
        check_status(a, 200);
        check_keys(element(rest_root(a), 0),
                   "name, id, stable_id, image, state, health, verdict, monitored, quarantined, decision, reason, detail, until, "
                   "restarts, max_restarts, result, error");
        check_json(element(rest_root(a), 0), "verdict", "\"ok\"");
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(before, after);
}

/* ---- What it says of itself ---- */

static void it_is_described(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        rest_start(s);
        rest_with_token(false);
        a = rest_get("/openapi.json");
        check_status(a, 200);
        check_json(rest_root(a), "openapi", "\"3.1.0\"");
        struct json_value restart = json_get(json_get(json_get(rest_root(a), "paths"), "/api/containers/{id}/restart"), "post");
        assert_true(json_present(restart));
        check_json(element(json_get(restart, "parameters"), 0), "name", "\"id\"");
        assert_true(json_present(json_get(restart, "security")));
        a = rest_get("/docs");
        check_status(a, 200);
        check_contains(a->head, "Content-Security-Policy: default-src 'none'");
        check_contains(a->body, "/api/containers/{id}/restart");
        check_lacks(a->body, "<script");
        check_lacks(a->body, "http://");
        check_contains(rest_get("/")->body, "/docs");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                rest_test(health_and_readiness),
                rest_test(without_engine),
                rest_test(status_has_its_fields),
                rest_test(without_a_look_nothing_is_gone),
                rest_test(an_etag_saves_the_body),
                rest_test(head_and_options),
                rest_test(events_are_told_as_stored),
                rest_test(events_are_filtered),
                rest_test(events_can_be_cleared),
                rest_test(the_stream_tells_what_happens),
                rest_test(the_stream_tells_what_others_do),
                rest_test(the_stream_goes_on_where_it_broke),
                rest_test(readers_are_limited),
                rest_test(maintenance_of_everything),
                rest_test(maintenance_of_scopes),
                rest_test(maintenance_of_what_is_misspelt_is_refused),
                rest_test(a_turn_now),
                rest_test(a_plan_changes_nothing),
                rest_test(it_is_described),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
