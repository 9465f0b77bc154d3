/* SPDX-License-Identifier: MIT */
/* Who may do what over HTTP, tried by those who may not. */
#include "support/rest.h"

#include <signal.h>
#include <unistd.h>

#include <sys/stat.h>

static const struct {
        const char *method, *path;
} changes[] = {
        { "POST", "/api/containers/select" },
        { "POST", "/api/containers/web/restart" },
        { "POST", "/api/containers/web/quarantine" },
        { "POST", "/api/containers/web/unquarantine" },
        { "POST", "/api/maintenance/enable" },
        { "POST", "/api/maintenance/disable" },
        { "PUT", "/api/config" },
        { "POST", "/api/config/validate" },
        { "PUT", "/api/config/monitor" },
        { "PUT", "/api/config/restart" },
        { "PUT", "/api/config/observability" },
        { "POST", "/api/config/import" },
        { "POST", "/api/healthchecks" },
        { "DELETE", "/api/healthchecks/web" },
        { "DELETE", "/api/events" },
        { "PUT", "/api/notifications/config" },
        { "POST", "/api/notifications/services" },
        { "POST", "/api/notifications/test/ops" },
        { "POST", "/api/pass" },
};

static void world(struct scene *s) {
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        rest_start(s);
}

/* Other users of the host reach its loopback too. */
static void nothing_is_changed_without_token(void **state) {
        struct scene *s = *state;

        world(s);
        AUTO_FREE char *before = state_snapshot(s);
        rest_with_token(false);
        for (size_t i = 0; i < N_ELEMENTS(changes); i++) {
                const struct rest_answer *a = rest_send(changes[i].method, changes[i].path, "application/json", "{}");
                if (a->status != 401)
                        fail_msg("%s %s: %ld %s", changes[i].method, changes[i].path, a->status, a->body);
                check_contains(a->head, "WWW-Authenticate: Bearer ");
        }
        AUTO_FREE char *after = state_snapshot(s);
        assert_string_equal(before, after);
        assert_int_equal(scene_posts(s), 0);
}

/* Every route that is no GET is among those above, or asks for the token as well. */
static void no_route_is_forgotten(void **state) {
        struct scene *s = *state;

        world(s);
        rest_with_token(false);
        AUTO_FREE char *docs = xstrdup(rest_get("/docs")->body);
        size_t n = 0;
        for (const char *row = docs; (row = strstr(row, "<tr><td>")) != NULL;) {
                char method[16], path[128];
                row += strlen("<tr><td>");
                (void)snprintf(method, sizeof(method), "%.*s", (int)strcspn(row, "<"), row);
                const char *code = strstr(row, "<code>") + strlen("<code>");
                (void)snprintf(path, sizeof(path), "%.*s", (int)strcspn(code, "<"), code);
                if (str_eq(method, "GET"))
                        continue;
                n++;
                const struct rest_answer *a = rest_send(method, path, "application/json", "{}");
                if (a->status != 401)
                        fail_msg("%s %s: %ld", method, path, a->status);
        }
        assert_true(n >= N_ELEMENTS(changes));
}

static void reading_on_loopback_is_free(void **state) {
        static const char *const paths[] = { "/",           "/health",         "/ready",
                                             "/api/status", "/api/containers", "/api/events",
                                             "/api/config", "/docs",           "/api/containers/web",
                                             "/api/plan",   "/openapi.json",   "/api/maintenance/status" };
        struct scene *s = *state;

        world(s);
        rest_with_token(false);
        for (size_t i = 0; i < N_ELEMENTS(paths); i++)
                check_status(rest_get(paths[i]), 200);
}

static void the_token_is_not_taken_from_elsewhere(void **state) {
        struct scene *s = *state;

        world(s);
        rest_with_token(false);
        check_status(rest_post("/api/pass?token=" REST_TOKEN, NULL), 401);
        check_status(rest_post("/api/pass?access_token=" REST_TOKEN "&api_token=" REST_TOKEN, NULL), 401);
        rest_with_header("Cookie: token=" REST_TOKEN);
        check_status(rest_post("/api/pass", NULL), 401);
        rest_with_header("Authorization: Basic " REST_TOKEN);
        check_status(rest_post("/api/pass", NULL), 401);
        rest_with_header("Authorization: Bearer " REST_TOKEN "0");
        check_status(rest_post("/api/pass", NULL), 401);
        rest_with_header("Authorization: Bearer " REST_TOKEN);
        check_status(rest_post("/api/pass", NULL), 200);
}

/* A page of an attacker's whose name suddenly means 127.0.0.1. */
static void rebinding_is_refused(void **state) {
        struct scene *s = *state;

        world(s);
        rest_with_header("Host: evil.example");
        check_status(rest_get("/api/status"), 403);
        rest_with_header("Host: localhost.evil.example:80");
        check_status(rest_get("/health"), 403);
        rest_with_header("Host: evil.example");
        check_status(rest_post("/api/pass", NULL), 403);
        rest_with_header("Host: localhost:1");
        check_status(rest_get("/api/status"), 200);
}

static void foreign_pages_are_refused(void **state) {
        struct scene *s = *state;
        char own[64];

        world(s);
        rest_with_header("Origin: https://evil.example");
        check_status(rest_post("/api/pass", NULL), 403);
        rest_with_header("Origin: null");
        check_status(rest_get("/api/status"), 403);
        rest_with_header("Origin: http://localhost:3000");
        check_status(rest_get("/api/status"), 403);
        (void)snprintf(own, sizeof(own), "Origin: http://127.0.0.1:%d", rest_port());
        rest_with_header(own);
        check_status(rest_post("/api/pass", NULL), 200);
        check_lacks(rest_get("/api/status")->head, "Access-Control-");
}

static void named_pages_may_ask(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        data_put(s, "config.json", "{\"ui\":{\"cors_origins\":[\"https://dash.example\"]}}");
        world(s);
        rest_with_header("Origin: https://dash.example");
        a = rest_send("OPTIONS", "/api/pass", NULL, NULL);
        check_status(a, 204);
        check_contains(a->head, "Access-Control-Allow-Origin: https://dash.example\r\n");
        rest_with_header("Origin: https://dash.example");
        check_status(rest_post("/api/pass", NULL), 200);
        rest_with_header("Origin: https://other.example");
        check_status(rest_get("/api/status"), 403);
        rest_with_token(false);
        rest_with_header("Origin: https://dash.example");
        check_status(rest_post("/api/pass", NULL), 401);
}

/* At least half a second for each: the guard of an answer that comes too early. */
static void guessing_is_slow_and_blocks_nobody(void **state) {
        struct scene *s = *state;

        world(s);
        rest_with_token(false);
        int64_t began = now_ms();
        for (int i = 0; i < 3; i++) {
                rest_with_header("Authorization: Bearer 0123456789abcdef0123456789abcdef");
                check_status(rest_post("/api/pass", NULL), 401);
        }
        assert_true(now_ms() - began >= 1500);
}

static bool is_there(void *path) {
        return access(path, F_OK) == 0;
}

static void the_token_is_made_for_its_owner(void **state) {
        struct scene *s = *state;
        struct stat st;

        world(s);
        rest_stop();
        scene_env(s, "AUTOHEAL_API_TOKEN");
        pid_t pid = scene_start(s, "serve");
        AUTO_FREE char *path = path_join(s->data, "api_token");
        assert_true(eventually(is_there, path, 20000));
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        AUTO_FREE char *token = data_get(s, "api_token"), *log = file_get(s->data, "logs/autoheal.log");
        assert_int_equal(strlen(token), 65);
        token[64] = '\0';
        check_contains(log, path);
        check_lacks(log, token);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                rest_test(nothing_is_changed_without_token),
                rest_test(no_route_is_forgotten),
                rest_test(reading_on_loopback_is_free),
                rest_test(the_token_is_not_taken_from_elsewhere),
                rest_test(rebinding_is_refused),
                rest_test(foreign_pages_are_refused),
                rest_test(named_pages_may_ask),
                rest_test(guessing_is_slow_and_blocks_nobody),
                rest_test(the_token_is_made_for_its_owner),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
