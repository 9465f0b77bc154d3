/* SPDX-License-Identifier: MIT */
/* Notification services over HTTP: what comes in is checked by its type, and what goes out shows no secret. */
#include "autoheal/util/buf.h"
#include "support/catcher.h"
#include "support/rest.h"

#define OPS_SHOWN                                                                                                                  \
        "{\"name\":\"ops\",\"type\":\"ntfy\",\"enabled\":true,\"url\":null,\"headers\":null,\"username\":\"u\",\"password\":"      \
        "\"********\",\"bot_token\":null,\"chat_id\":null,\"topic\":\"autoheal\",\"server_url\":null,\"app_token\":null,"          \
        "\"user_key\":null,\"api_token\":null,\"from\":null,\"to\":null}"
#define OPS "{\"name\":\"ops\",\"type\":\"ntfy\",\"topic\":\"autoheal\",\"username\":\"u\",\"password\":\"p4ss\"}"

static const char *with_ops = "{\"notifications\":{\"enabled\":true,\"services\":[" OPS "]}}";

/* A member of the first service in the file. */
static void check_first(struct scene *s, const char *key, const char *raw) {
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = data_json(s, "config.json", &text);
        struct json_iter it = json_iter(json_at(json_root(doc), "notifications.services"));

        assert_true(json_next(&it));
        check_json(it.value, key, raw);
}

static size_t count_services(struct scene *s) {
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = data_json(s, "config.json", &text);

        return json_count(json_at(json_root(doc), "notifications.services"));
}

static void without_any_the_defaults_are_shown(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        rest_start(s);
        a = rest_get("/api/notifications/config");
        check_status(a, 200);
        assert_string_equal(a->body, "{\"enabled\":false,\"services\":[],\"event_filters\":[\"restart\",\"quarantine\","
                                     "\"health_check_failed\",\"auto_unquarantine\"]}");
}

static void a_service_is_added_shown_and_deleted(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        rest_start(s);
        a = rest_post("/api/notifications/services", OPS);
        check_status(a, 200);
        check_json(rest_root(a), "status", "\"success\"");
        check_json(rest_root(a), "message", "\"Notification service 'ops' added\"");
        check_json(rest_root(a), "service", OPS_SHOWN);
        check_first(s, "password", "\"p4ss\"");
        a = rest_get("/api/notifications/config");
        check_json(rest_root(a), "services", "[" OPS_SHOWN "]");
        check_lacks(a->body, "p4ss");
        check_contains(rest_get("/api/notifications/config?secrets=true")->body, "p4ss");
        a = rest_post("/api/notifications/services", OPS);
        check_status(a, 400);
        check_json(rest_root(a), "detail", "\"Service with name 'ops' already exists\"");
        a = rest_delete("/api/notifications/services/ops");
        check_status(a, 200);
        check_json(rest_root(a), "message", "\"Notification service 'ops' deleted\"");
        assert_int_equal(count_services(s), 0);
        a = rest_delete("/api/notifications/services/ops");
        check_status(a, 404);
        check_json(rest_root(a), "detail", "\"Service 'ops' not found\"");
        assert_int_equal(count_events(s, "config", NULL), 2);
        AUTO_FREE char *events = data_get(s, "events.json");
        check_lacks(events, "p4ss");
}

static void a_service_is_replaced_and_keeps_what_is_masked(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        data_put(s, "config.json", with_ops);
        rest_start(s);
        a = rest_put("/api/notifications/services/ops",
                     "{\"type\":\"ntfy\",\"topic\":\"other\",\"username\":\"u\",\"password\":\"********\"}");
        check_status(a, 200);
        check_json(rest_root(a), "message", "\"Notification service 'ops' updated\"");
        check_first(s, "topic", "\"other\"");
        check_first(s, "name", "\"ops\"");
        check_first(s, "password", "\"p4ss\"");
        /* Under another name too, and what is not named is gone. */
        check_status(
                rest_put("/api/notifications/services/ops",
                         "{\"name\":\"dev ops\",\"type\":\"ntfy\",\"topic\":\"t\",\"username\":\"v\",\"password\":\"********\"}"),
                200);
        check_first(s, "password", "\"p4ss\"");
        check_status(rest_put("/api/notifications/services/dev%20ops", "{\"type\":\"ntfy\",\"topic\":\"t\"}"), 200);
        check_status(rest_post("/api/notifications/services", "{\"name\":\"b\",\"type\":\"ntfy\",\"topic\":\"t\"}"), 200);
        check_status(rest_put("/api/notifications/services/b", "{\"name\":\"dev ops\",\"type\":\"ntfy\",\"topic\":\"t\"}"), 400);
        check_status(rest_put("/api/notifications/services/none", "{\"type\":\"ntfy\",\"topic\":\"t\"}"), 404);
        check_refused(
                rest_put("/api/notifications/services/b", "{\"type\":\"pushover\",\"user_key\":\"********\",\"api_token\":\"t\"}"),
                "body,user_key", "is masked, and there is nothing in place to keep");
        assert_int_equal(count_services(s), 2);
}

static void what_is_wrong_with_a_service_is_told(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        rest_start(s);
        a = rest_post("/api/notifications/services", "{\"type\":\"telegram\",\"chat_id\":7,\"colour\":1}");
        check_refused(a, "body,name", "Field required");
        check_contains(a->body, "\"type\":\"missing\"");
        check_refused(a, "body,chat_id", "must be a string");
        check_refused(a, "body,bot_token", "must be set for a telegram service");
        check_refused(a, "body,colour", "unknown key");
        check_refused(rest_post("/api/notifications/services", "{\"name\":\"x\",\"type\":\"pigeon\"}"), "body,type",
                      "must be one of webhook, discord, slack, telegram, ntfy, gotify, pushover, apprise, email (is 'pigeon')");
        a = rest_post("/api/notifications/services", "{\"name\":\"a/b\",\"type\":\"slack\",\"url\":\"file:///etc/shadow\"}");
        check_refused(a, "body,name", "must not contain a '/', nor be '.' or '..'");
        check_refused(a, "body,url", "must be an address that begins with https:// or http://");
        check_refused(rest_post("/api/notifications/services", "[]"), "body", "Input should be an object");
        check_status(rest_post("/api/notifications/services", "{"), 422);
        check_status(rest_put("/api/notifications/config", "{\"services\":{}}"), 422);
        check_refused(rest_put("/api/notifications/config", "{\"service\":[]}"), "body,service",
                      "unknown key 'notifications.service' (did you mean notifications.services?)");
        check_refused(
                rest_put("/api/notifications/config", "{\"event_filters\":[\"restart\",\"restarted\"]}"), "body,event_filters,1",
                "must be one of restart, quarantine, unquarantine, auto_unquarantine, recovered, auto_monitor, notify, config, "
                "storm, crash_loop, engine, store, maintenance, orphaned, health_check, hook, health_check_failed (is "
                "'restarted')");
        a = rest_put("/api/notifications/config",
                     "{\"services\":[{\"name\":\"x\",\"type\":\"slack\",\"url\":\"https://a\"},{\"name\":"
                     "\"x\",\"type\":\"slack\",\"url\":\"https://a\"}]}");
        check_refused(a, "body,services,1,name", "must be unique ('x' comes twice)");
        assert_null(data_get(s, "config.json"));
}

/* One mistake is one error. */
static void each_mistake_is_told_once(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        data_put(s, "config.json", with_ops);
        rest_start(s);
        a = rest_post("/api/notifications/services", "{\"type\":\"ntfy\",\"topic\":\"t\"}");
        check_refused(a, "body,name", "Field required");
        assert_int_equal(json_count(json_get(rest_root(a), "detail")), 1);
        a = rest_post("/api/notifications/services", "{\"name\":null,\"type\":\"ntfy\",\"topic\":\"t\"}");
        check_refused(a, "body,name", "Field required");
        assert_int_equal(json_count(json_get(rest_root(a), "detail")), 1);
        a = rest_post("/api/notifications/services", "{\"name\":5,\"type\":\"ntfy\",\"topic\":\"t\"}");
        check_refused(a, "body,name", "must be a string");
        assert_int_equal(json_count(json_get(rest_root(a), "detail")), 1);
        a = rest_put("/api/notifications/services/ops", "{\"name\":5,\"type\":\"ntfy\",\"topic\":\"t\"}");
        check_refused(a, "body,name", "must be a string");
        assert_int_equal(json_count(json_get(rest_root(a), "detail")), 1);
        a = rest_post("/api/notifications/services", "{\"name\":\"n\",\"type\":\"slack\",\"url\":{\"file\":\"/etc/shadow\"}}");
        assert_int_equal(json_count(json_get(rest_root(a), "detail")), 1);
        assert_int_equal(count_services(s), 1);
        check_status(rest_put("/api/notifications/services/ops", "{\"name\":null,\"type\":\"ntfy\",\"topic\":\"t\"}"), 200);
        check_first(s, "name", "\"ops\"");
}

/* With its name it is more than can be read. */
static void a_service_of_too_many_values_is_refused(void **state) {
        struct scene *s = *state;
        struct buf text AUTO(buf_release) = BUF_INIT(1024 * 1024);

        data_put(s, "config.json", with_ops);
        rest_start(s);
        buf_add_str(&text, "{\"x\":[0");
        for (size_t i = 1; i < 499996; i++)
                buf_add_str(&text, ",0");
        buf_add_str(&text, "]}");
        const struct rest_answer *a = rest_put("/api/notifications/services/ops", buf_str(&text));
        check_status(a, 413);
        assert_true(json_present(json_get(rest_root(a), "detail")));
        check_first(s, "topic", "\"autoheal\"");
}

static void all_of_it_is_changed_in_parts(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        data_put(s, "config.json", with_ops);
        rest_start(s);
        a = rest_put("/api/notifications/config", "{\"event_filters\":[\"health_check_failed\",\"storm\"]}");
        check_status(a, 200);
        check_json(rest_root(a), "message", "\"Notification configuration updated\"");
        assert_false(json_present(json_get(rest_root(a), "warnings")));
        check_json(rest_root(a), "config.enabled", "true");
        check_json(rest_root(a), "config.services", "[" OPS_SHOWN "]");
        check_json(rest_root(a), "config.event_filters", "[\"health_check_failed\",\"storm\"]");
        a = rest_put("/api/notifications/config", "{\"enabled\":false,\"services\":[" OPS_SHOWN "]}");
        check_status(a, 200);
        check_json(rest_root(a), "config.enabled", "false");
        check_first(s, "password", "\"p4ss\"");
}

/* An older file may hold what would not be taken today: that must not keep anybody from deleting another one. */
static void what_was_wrong_before_hinders_nobody(void **state) {
        struct scene *s = *state;

        data_put(s, "config.json",
                 "{\"notifications\":{\"services\":[" OPS ",{\"name\":\"old\",\"type\":\"pigeon\",\"coop\":1}]}}");
        rest_start(s);
        check_status(rest_post("/api/notifications/services", "{\"name\":\"c\",\"type\":\"ntfy\",\"topic\":\"t\"}"), 200);
        check_status(rest_delete("/api/notifications/services/ops"), 200);
        check_status(rest_delete("/api/notifications/services/old"), 200);
        check_first(s, "name", "\"c\"");
}

static void a_test_says_what_the_service_said(void **state) {
        struct scene *s = *state;
        struct catcher *catcher = catcher_start(s->dir);
        struct buf config AUTO(buf_release) = BUF_INIT(8192);
        const struct rest_answer *a;

        buf_addf(&config,
                 "{\"notifications\":{\"services\":[{\"name\":\"ops\",\"type\":\"ntfy\",\"topic\":\"a\",\"server_url\":"
                 "\"http://127.0.0.1:%d\"},{\"name\":\"down\",\"type\":\"webhook\",\"url\":\"http://127.0.0.1:%d/500/p4ss\"},"
                 "{\"name\":\"off\",\"type\":\"ntfy\",\"topic\":\"t\",\"enabled\":false},{\"name\":\"bad\",\"type\":\"gotify\"}]}}",
                 catcher_port(catcher), catcher_port(catcher));
        data_put(s, "config.json", buf_str(&config));
        rest_start(s);
        a = rest_post("/api/notifications/test/ops", NULL);
        check_status(a, 200);
        assert_string_equal(a->body, "{\"status\":\"success\",\"message\":\"Test notification sent successfully\"}");
        assert_int_equal(catcher_count(catcher, "POST /a "), 1);
        a = rest_post("/api/notifications/test/down", NULL);
        check_status(a, 502);
        check_json(rest_root(a), "detail", "\"Service 'down': the service answers 500\"");
        check_lacks(a->body, "p4ss");
        a = rest_post("/api/notifications/test/off", NULL);
        check_status(a, 400);
        check_json(rest_root(a), "detail", "\"Service 'off' is disabled\"");
        a = rest_post("/api/notifications/test/bad", NULL);
        check_status(a, 422);
        check_refused(a, "path,name", "Service 'bad': server_url must be set for a gotify service");
        check_status(rest_post("/api/notifications/test/none", NULL), 404);
        catcher_stop(catcher);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                rest_test(without_any_the_defaults_are_shown),
                rest_test(a_service_is_added_shown_and_deleted),
                rest_test(a_service_is_replaced_and_keeps_what_is_masked),
                rest_test(what_is_wrong_with_a_service_is_told),
                rest_test(each_mistake_is_told_once),
                rest_test(a_service_of_too_many_values_is_refused),
                rest_test(all_of_it_is_changed_in_parts),
                rest_test(what_was_wrong_before_hinders_nobody),
                rest_test(a_test_says_what_the_service_said),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
