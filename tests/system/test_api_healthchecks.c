/* SPDX-License-Identifier: MIT */
/* Custom health checks over HTTP: one for each container, under its stable id. */
#include "support/rest.h"

#define WORLD                                                                                                                      \
        "container web health=healthy label=com.docker.compose.project=shop label=com.docker.compose.service=web\n"                \
        "container db health=healthy\n"
#define HTTP "{\"container_id\":\"web\",\"check_type\":\"http\",\"http_endpoint\":\"http://localhost:8080/health\"}"
#define HTTP_SHOWN                                                                                                                 \
        "{\"container_id\":\"web\",\"check_type\":\"http\",\"interval_seconds\":30,\"timeout_seconds\":10,\"retries\":3,"          \
        "\"http_endpoint\":\"http://localhost:8080/health\",\"http_expected_status\":200,\"tcp_port\":null,\"exec_command\":null," \
        "\"http_expected_body\":null,\"http_headers\":null,\"http_insecure_tls\":false}"

static void begin(struct scene *s) {
        scene_world(s, WORLD);
        rest_start(s);
}

static void a_check_is_added_shown_and_removed(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;
        AUTO_FREE char *text = NULL;

        begin(s);
        assert_string_equal(rest_get("/api/healthchecks")->body, "{}");
        a = rest_get("/api/healthchecks/web");
        check_status(a, 404);
        check_json(rest_root(a), "detail", "\"No custom health check found for this container\"");
        a = rest_post("/api/healthchecks", HTTP);
        check_status(a, 200);
        check_contains(a->body, "{\"status\":\"success\",\"message\":\"Health check added for container ");
        check_lacks(a->body, "warnings");
        assert_string_equal(rest_get("/api/healthchecks")->body, "{\"shop_web\":" HTTP_SHOWN "}");
        assert_string_equal(rest_get("/api/healthchecks/web")->body, HTTP_SHOWN);
        assert_string_equal(rest_get("/api/healthchecks/shop_web")->body, HTTP_SHOWN);
        check_json(rest_root(rest_get("/api/containers/web")), "custom_health_check", HTTP_SHOWN);
        assert_false(json_present(json_get(rest_root(rest_get("/api/config")), "custom_health_checks")));
        check_status(rest_post("/api/healthchecks", "{\"container_id\":\"shop_web\",\"check_type\":\"docker\"}"), 200);
        assert_int_equal(json_count(rest_root(rest_get("/api/healthchecks"))), 1);
        a = rest_delete("/api/healthchecks/web");
        check_status(a, 200);
        check_json(rest_root(a), "message", "\"Health check removed for container web\"");
        check_status(rest_delete("/api/healthchecks/web"), 200);
        assert_string_equal(rest_get("/api/healthchecks")->body, "{}");
        check_status(rest_get("/api/healthchecks/nobody"), 404);
        check_status(rest_delete("/api/healthchecks/nobody"), 404);
        text = data_get(s, "events.json");
        check_contains(text, "custom_health_checks");
}

static void what_is_wrong_with_a_check_is_told(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        begin(s);
        a = rest_post("/api/healthchecks",
                      "{\"container_id\":\"web\",\"check_type\":\"http\",\"retries\":0,\"timeout_seconds\":\"10\",\"tcp_prot\":1}");
        check_refused(a, "body,http_endpoint", "must be set for an http check");
        check_refused(a, "body,retries", "must be an integer, 1..1000");
        check_refused(a, "body,timeout_seconds", "must be an integer, 1..3600");
        check_refused(a, "body,tcp_prot", "unknown key (did you mean tcp_port?)");
        check_refused(rest_post("/api/healthchecks", "{\"container_id\":\"web\",\"check_type\":\"ping\"}"), "body,check_type",
                      "must be one of http, tcp, exec, docker (is 'ping')");
        check_refused(rest_post("/api/healthchecks",
                                "{\"container_id\":\"web\",\"check_type\":\"http\",\"http_endpoint\":\"file:///x\"}"),
                      "body,http_endpoint", "must be an address that begins with http:// or https://");
        check_refused(rest_post("/api/healthchecks", "{\"container_id\":\"web\",\"check_type\":\"exec\",\"exec_command\":[]}"),
                      "body,exec_command", "must not be empty");
        check_refused(rest_post("/api/healthchecks", "{\"container_id\":\"web\",\"check_type\":\"tcp\",\"tcp_port\":70000}"),
                      "body,tcp_port", "must be an integer, 1..65535");
        check_refused(rest_post("/api/healthchecks", "{\"check_type\":\"docker\"}"), "body,container_id", "Field required");
        check_status(rest_post("/api/healthchecks", "{\"container_id\":\"nobody\",\"check_type\":\"docker\"}"), 404);
        check_status(rest_post("/api/healthchecks", "[]"), 422);
        assert_null(data_get(s, "config.json"));
}

/* What runs in the container is the container's business, what is read on the host is not. */
static void commands_run_in_the_container(void **state) {
        struct scene *s = *state;

        begin(s);
        check_status(rest_post("/api/healthchecks",
                               "{\"container_id\":\"db\",\"check_type\":\"exec\",\"exec_command\":[\"sh\",\"-c\",\"a\\nb\"]}"),
                     200);
        check_status(
                rest_post(
                        "/api/healthchecks",
                        "{\"container_id\":\"db\",\"check_type\":\"http\",\"http_endpoint\":\"http://localhost/\",\"http_headers\":"
                        "{\"Authorization\":{\"file\":\"/etc/shadow\"}}}"),
                422);
        check_contains(rest_get("/api/healthchecks/db")->body, "a\\nb");
}

static void what_is_wrong_has_one_place(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_world(s, "container web health=healthy label=monitoring.id=shop.web\n");
        rest_start(s);
        a = rest_post("/api/healthchecks",
                      "{\"container_id\":\"web\",\"check_type\":\"http\",\"http_endpoint\":\"http://localhost/\",\"retries\":0,"
                      "\"http_headers\":{\"A\":{\"file\":\"/etc/shadow\"},\"B\":\"********\"}}");
        check_refused(a, "body,http_headers,A",
                      "cannot be set over HTTP, for it reads a file of the host: use 'docker autoheal config' there, or give the "
                      "value itself");
        check_refused(a, "body,http_headers", "must have strings of one line as values");
        check_refused(a, "body,retries", "must be an integer, 1..1000");
        check_refused(a, "body,http_headers,B", "is masked, and there is nothing in place to keep");
        check_refused(rest_put("/api/config", "{\"custom_health_checks\":{\"a.b\":{\"check_type\":\"docker\",\"http_headers\":{"
                                              "\"A\":\"********\"}}}}"),
                      "body,custom_health_checks,a.b,http_headers,A", "is masked, and there is nothing in place to keep");
}

static void secrets_of_a_check_are_masked_and_kept(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        begin(s);
        check_status(
                rest_post(
                        "/api/healthchecks",
                        "{\"container_id\":\"db\",\"check_type\":\"http\",\"http_endpoint\":\"http://localhost/\",\"http_headers\":"
                        "{\"Authorization\":\"Bearer s3cret\"}}"),
                200);
        a = rest_get("/api/healthchecks/db");
        check_json(rest_root(a), "http_headers", "{\"Authorization\":\"********\"}");
        AUTO_FREE char *shown = xstrdup(a->body);
        check_status(rest_post("/api/healthchecks", shown), 200);
        check_contains(rest_get("/api/healthchecks/db?secrets=true")->body, "Bearer s3cret");
}

/* The reference service keeps a check under the container's full id, and nobody may be left with one of a container that is gone. */
static void checks_of_other_keys_are_found_and_removed(void **state) {
        struct scene *s = *state;

        data_put(s, "config.json",
                 "{\"custom_health_checks\":{\"db\":{\"check_type\":\"docker\"},\"gone.one\":{\"check_type\":\"ping\",\"x\":1},"
                 "\"web\":{"
                 "\"container_id\":\"web\",\"check_type\":\"tcp\",\"tcp_port\":80}}}");
        begin(s);
        check_json(rest_root(rest_get("/api/healthchecks/shop_web")), "tcp_port", "80");
        check_status(rest_post("/api/healthchecks", HTTP), 200);
        check_keys(rest_root(rest_get("/api/healthchecks")), "db, gone.one, shop_web");
        check_status(rest_get("/api/healthchecks/gone.one"), 200);
        check_status(rest_delete("/api/healthchecks/gone.one"), 200);
        check_keys(rest_root(rest_get("/api/healthchecks")), "db, shop_web");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                rest_test(a_check_is_added_shown_and_removed),     rest_test(what_is_wrong_with_a_check_is_told),
                rest_test(commands_run_in_the_container),          rest_test(what_is_wrong_has_one_place),
                rest_test(secrets_of_a_check_are_masked_and_kept), rest_test(checks_of_other_keys_are_found_and_removed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
