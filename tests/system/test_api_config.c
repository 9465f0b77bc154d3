/* SPDX-License-Identifier: MIT */
/* The configuration over HTTP: reading, changing in parts, exporting, importing, and what nobody can set from there. */
#include "support/rest.h"

#include <dirent.h>
#include <unistd.h>

#define HOST(path) "cannot be changed over HTTP, for it concerns the host: use 'docker autoheal config set " path "' there"
#define READS_FILE                                                                                                                 \
        "cannot be set over HTTP, for it reads a file of the host: use 'docker autoheal config' there, or give the value itself"

static void check_file(struct scene *s, const char *path, const char *raw) {
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = data_json(s, "config.json", &text);

        check_json(json_root(doc), path, raw);
}

/* config.json is exactly that. */
static void check_text(struct scene *s, const char *wanted) {
        AUTO_FREE char *text = data_get(s, "config.json");

        assert_non_null(text);
        assert_string_equal(text, wanted);
}

static size_t count_copies(struct scene *s) {
        DIR *dir = opendir(s->data);
        size_t n = 0;

        assert_non_null(dir);
        for (struct dirent *e; (e = readdir(dir)) != NULL;)
                n += strncmp(e->d_name, "config.json.bak-", strlen("config.json.bak-")) == 0;
        (void)closedir(dir);
        return n;
}

/* ---- Reading ---- */

static void everything_is_shown_with_what_holds(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        data_put(s, "config.json",
                 "{\"restart\":{\"max_restarts\":7},\"alerts\":{\"webhook\":\"https://h/secret\"},"
                 "\"custom_health_checks\":{\"web\":{\"check_type\":\"docker\"}},\"uptime_kuma\":{\"api_token\":\"t0ken\"}}");
        scene_env(s, "AUTOHEAL_RESTART_COOLDOWN_SECONDS=5");
        rest_start(s);
        a = rest_get("/api/config");
        check_status(a, 200);
        check_json(rest_root(a), "restart.max_restarts", "7");
        check_json(rest_root(a), "restart.cooldown_seconds", "5");
        check_json(rest_root(a), "restart.backoff.multiplier", "2.0");
        check_json(rest_root(a), "restart.release_seconds", "null");
        check_json(rest_root(a), "monitor.label_key", "\"autoheal\"");
        check_json(rest_root(a), "filters.whitelist_labels", "[]");
        check_json(rest_root(a), "alerts.webhook", "\"********\"");
        check_json(rest_root(a), "notifications.event_filters",
                   "[\"restart\",\"quarantine\",\"health_check_failed\",\"auto_unquarantine\"]");
        check_json(rest_root(a), "uptime_kuma.api_token", "\"********\"");
        assert_false(json_present(json_get(rest_root(a), "custom_health_checks")));
        check_lacks(a->head, "X-Autoheal-Config-Error");
}

static void secrets_are_shown_to_who_has_the_token(void **state) {
        struct scene *s = *state;

        data_put(s, "config.json", "{\"alerts\":{\"webhook\":\"https://h/secret\"}}");
        rest_start(s);
        check_json(rest_root(rest_get("/api/config?secrets=true")), "alerts.webhook", "\"https://h/secret\"");
        check_json(rest_root(rest_get("/api/config/export?secrets=true")), "alerts.webhook", "\"https://h/secret\"");
        check_json(rest_root(rest_get("/api/config/export")), "alerts.webhook", "\"********\"");
        rest_with_token(false);
        check_json(rest_root(rest_get("/api/config")), "alerts.webhook", "\"********\"");
        check_status(rest_get("/api/config?secrets=true"), 403);
        check_status(rest_get("/api/config/export?secrets=true"), 403);
        check_status(rest_get("/api/notifications/config?secrets=true"), 403);
        check_status(rest_get("/api/healthchecks?secrets=true"), 403);
        check_lacks(rest_get("/api/config/settings")->body, "secret\"");
}

static void settings_tell_who_says_so(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;
        struct json_iter it;
        size_t seen = 0;

        data_put(s, "config.json", "{\"restart\":{\"max_restarts\":7,\"cooldown_seconds\":3}}");
        scene_env(s, "AUTOHEAL_RESTART_COOLDOWN_SECONDS=5");
        scene_world(s, "container web health=healthy label=autoheal=true label=autoheal.cooldown=9\n");
        rest_start(s);
        a = rest_get("/api/config/settings");
        check_status(a, 200);
        it = json_iter(rest_root(a));
        while (json_next(&it)) {
                if (json_string_eq(json_get(it.value, "path"), "restart.max_restarts")) {
                        check_json(it.value, "type", "\"int\"");
                        check_json(it.value, "default", "3");
                        check_json(it.value, "range", "\">= 1\"");
                        check_json(it.value, "value", "7");
                        check_json(it.value, "source", "\"config.json\"");
                        check_json(it.value, "host_only", "false");
                        check_json(it.value, "at_start", "false");
                        seen++;
                } else if (json_string_eq(json_get(it.value, "path"), "restart.cooldown_seconds")) {
                        check_json(it.value, "value", "5");
                        check_json(it.value, "in_file", "3");
                        check_json(it.value, "source", "\"environment\"");
                        check_json(it.value, "variable", "\"AUTOHEAL_RESTART_COOLDOWN_SECONDS\"");
                        check_json(it.value, "label", "\"autoheal.cooldown\"");
                        check_json(it.value, "labels", "[{\"container\":\"web\",\"label\":\"autoheal.cooldown\",\"value\":\"9\"}]");
                        check_json(it.value, "labels_total", "1");
                        seen++;
                } else if (json_string_eq(json_get(it.value, "path"), "ui.listen_port")) {
                        check_json(it.value, "host_only", "true");
                        check_json(it.value, "at_start", "true");
                        seen++;
                }
        }
        assert_int_equal(seen, 3);
}

/* ---- Changing ---- */

static void what_is_not_named_stays(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        data_put(s, "config.json", "{\n  \"restart\": { \"mode\": \"health\", \"max_restarts\": 5 },\n  \"mine\": [1]\n}\n");
        rest_start(s);
        a = rest_put("/api/config", "{\"restart\":{\"max_restarts\":6},\"monitor\":{}}");
        check_status(a, 200);
        check_json(rest_root(a), "status", "\"success\"");
        check_json(rest_root(a), "message", "\"Configuration updated\"");
        check_text(s, "{\n  \"restart\": { \"mode\": \"health\", \"max_restarts\": 6 },\n  \"mine\": [1]\n}\n");
        check_json(rest_root(rest_get("/api/config")), "restart.max_restarts", "6");
        check_json(rest_root(rest_put("/api/config/monitor", "{\"interval_seconds\":45}")), "message",
                   "\"Monitor configuration updated\"");
        check_json(rest_root(rest_put("/api/config/restart", "{\"backoff\":{\"multiplier\":1.5}}")), "message",
                   "\"Restart configuration updated\"");
        check_json(rest_root(rest_put("/api/config/observability", "{\"log_level\":\"DEBUG\"}")), "message",
                   "\"Observability configuration updated\"");
        check_file(s, "monitor.interval_seconds", "45");
        check_file(s, "restart.backoff.multiplier", "1.5");
        check_file(s, "restart.mode", "\"health\"");
        check_file(s, "observability.log_level", "\"DEBUG\"");
        assert_int_equal(count_copies(s), 0);
        assert_int_equal(count_events(s, "config", NULL), 4);
}

static void null_sets_the_default(void **state) {
        struct scene *s = *state;

        data_put(s, "config.json", "{\"restart\":{\"mode\":\"health\",\"max_restarts\":5},\"x\":1}");
        rest_start(s);
        check_status(rest_put("/api/config/restart", "{\"max_restarts\":null,\"cooldown_seconds\":null}"), 200);
        check_text(s, "{\"restart\":{\"mode\":\"health\"},\"x\":1}");
        check_status(rest_put("/api/config", "{\"restart\":null}"), 200);
        check_text(s, "{\"x\":1}");
}

static void what_comes_back_as_it_was_shown_changes_nothing(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *shown = NULL;

        data_put(s, "config.json",
                 "{\"alerts\":{\"webhook\":\"https://h/secret\"},\"restart\":{\"max_restarts\":7},\"notifications\":{\"services\":["
                 "{\"name\":\"a\",\"type\":\"gotify\",\"server_url\":\"https://g\",\"app_token\":\"t0\"}]}}");
        scene_env(s, "AUTOHEAL_RESTART_COOLDOWN_SECONDS=5");
        rest_start(s);
        shown = xstrdup(rest_get("/api/config")->body);
        AUTO_FREE char *before = data_get(s, "config.json");
        check_status(rest_put("/api/config", shown), 200);
        check_text(s, before);
        assert_int_equal(count_events(s, "config", NULL), 0);
}

static void all_that_is_wrong_is_told_and_nothing_changes(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        data_put(s, "config.json", "{\"restart\":{\"max_restarts\":5}}");
        rest_start(s);
        a = rest_put(
                "/api/config",
                "{\"restart\":{\"max_restarts\":0,\"mode\":\"sometimes\",\"backof\":{}},\"monitor\":7,\"ui\":{\"refresh_seconds\":"
                "\"soon\"},\"brake\":{\"enabled\":false}}");
        check_refused(a, "body,restart,max_restarts", "must be >= 1 (is 0)");
        check_refused(a, "body,restart,mode", "must be one of both, health, on-failure (is 'sometimes')");
        check_refused(a, "body,restart,backof", "unknown key 'restart.backof'");
        check_refused(a, "body,monitor", "must be an object");
        check_refused(a, "body,ui,refresh_seconds", "must be an integer (is 'soon')");
        assert_int_equal(json_count(json_get(rest_root(a), "detail")), 5);
        check_refused(rest_put("/api/config/restart", "{\"max_restarts\":0}"), "body,max_restarts", "must be >= 1 (is 0)");
        check_refused(rest_put("/api/config/monitor", "{\"interval_second\":9}"), "body,interval_second",
                      "unknown key 'monitor.interval_second' (did you mean monitor.interval_seconds?)");
        check_refused(rest_put("/api/config", "[]"), "body", "Input should be an object");
        check_refused(rest_put("/api/config", "{\"restart.max_restarts\":6}"), "body,restart,max_restarts",
                      "unknown key (a section is an object of its own, a dot does not make one)");
        check_status(rest_put("/api/config", "{"), 422);
        check_status(rest_put("/api/config", ""), 422);
        check_text(s, "{\"restart\":{\"max_restarts\":5}}");
        assert_int_equal(count_events(s, "config", NULL), 0);
}

/* Clients of the earlier service send what people typed. */
static void lax_types_are_understood(void **state) {
        struct scene *s = *state;

        data_put(s, "config.json", "{\"restart\":{\"max_restarts\":5}}");
        rest_start(s);
        check_status(rest_put("/api/config/monitor", "{\"interval_seconds\":\"30\",\"include_all\":\"false\"}"), 200);
        check_text(s, "{\"restart\":{\"max_restarts\":5}}");
        check_status(rest_put("/api/config/monitor", "{\"interval_seconds\":\"45\",\"include_all\":\"true\"}"), 200);
        check_status(rest_put("/api/config/observability", "{\"log_level\":\"debug\"}"), 200);
        check_file(s, "monitor", "{\"interval_seconds\":45,\"include_all\":true}");
        check_file(s, "observability.log_level", "\"DEBUG\"");
}

static void what_the_environment_says_wins_and_is_told(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        scene_env(s, "AUTOHEAL_RESTART_COOLDOWN_SECONDS=5");
        rest_start(s);
        a = rest_put("/api/config/restart", "{\"cooldown_seconds\":9}");
        check_status(a, 200);
        check_json(rest_root(a), "warnings",
                   "[\"restart.cooldown_seconds: AUTOHEAL_RESTART_COOLDOWN_SECONDS is set in the environment of serve and wins\"]");
        check_file(s, "restart.cooldown_seconds", "9");
        check_json(rest_root(rest_get("/api/config")), "restart.cooldown_seconds", "5");
}

/* What a change would come to is told, and nothing is changed by that. */
static void a_change_is_judged_beforehand(void **state) {
        struct scene *s = *state;
        static const char before[] = "{\"restart\":{\"max_restarts\":5}}";
        const struct rest_answer *a;

        data_put(s, "config.json", before);
        rest_start(s);
        a = rest_post("/api/config/validate", "{\"restart\":{\"max_restarts\":4}}");
        check_status(a, 200);
        check_json(rest_root(a), "status", "\"success\"");
        assert_false(json_present(json_get(rest_root(a), "warnings")));
        a = rest_post("/api/config/validate", "{\"restart\":{\"cooldown_seconds\":900}}");
        check_status(a, 200);
        check_json(rest_root(a), "status", "\"success\"");
        check_contains(a->body, "5 restarts take at least ");
        a = rest_post("/api/config/validate", "{\"restart\":{\"max_restarts\":0,\"mode\":\"sometimes\"}}");
        check_status(a, 200);
        check_json(rest_root(a), "status", "\"invalid\"");
        check_contains(a->body, "must be >= 1 (is 0)");
        check_contains(a->body, "must be one of both, health, on-failure (is 'sometimes')");
        check_contains(rest_post("/api/config/validate", "{\"ui\":{\"listen_port\":1}}")->body, "\"status\":\"invalid\"");
        check_text(s, before);
        check_json(rest_root(rest_get("/api/config")), "restart.max_restarts", "5");
        check_lacks(rest_get("/api/events")->body, "\"config\"");
}

static void what_is_doubtful_stands_in_the_status(void **state) {
        struct scene *s = *state;

        data_put(s, "config.json", "{\"restart\":{\"cooldown_seconds\":900}}");
        rest_start(s);
        check_contains(rest_get("/api/status")->body, "\"config_warnings\":[\"restart.");
        check_status(rest_put("/api/config", "{\"restart\":{\"cooldown_seconds\":60}}"), 200);
        check_contains(rest_get("/api/status")->body, "\"config_warnings\":[]");
}

static void changing_takes_the_token(void **state) {
        struct scene *s = *state;

        rest_start(s);
        rest_with_token(false);
        check_status(rest_put("/api/config", "{}"), 401);
        check_status(rest_put("/api/config/restart", "{\"max_restarts\":5}"), 401);
        check_status(rest_post("/api/config/import", "{}"), 401);
        check_status(rest_upload("/api/config/import", "file", "{}"), 401);
        check_status(rest_post("/api/notifications/services", "{}"), 401);
        check_status(rest_post("/api/healthchecks", "{}"), 401);
}

/* ---- What nobody can set from there ---- */

struct host_case {
        const char *json, *loc, *message;
};

static const struct host_case host_cases[] = {
        { "{\"hooks\":{\"pre_restart\":[\"sh\"]}}", "body,hooks,pre_restart", HOST("hooks.pre_restart") },
        { "{\"hooks\":{\"new\":1}}", "body,hooks", NULL },
        { "{\"observability\":{\"textfile\":\"/etc/cron.d/x\"}}", "body,observability,textfile", HOST("observability.textfile") },
        { "{\"observability\":{\"metrics_port\":1234}}", "body,observability,metrics_port", HOST("observability.metrics_port") },
        { "{\"observability\":{\"metrics_address\":\"0.0.0.0\"}}", "body,observability,metrics_address",
          HOST("observability.metrics_address") },
        { "{\"ui\":{\"listen_address\":\"0.0.0.0\"}}", "body,ui,listen_address", HOST("ui.listen_address") },
        { "{\"ui\":{\"listen_port\":1234}}", "body,ui,listen_port", HOST("ui.listen_port") },
        { "{\"notifications\":{\"services\":[{\"name\":\"x\",\"type\":\"gotify\",\"server_url\":\"https://"
          "g\",\"app_token\":{\"file\":"
          "\"/etc/shadow\"}}]}}",
          "body,notifications,services,0,app_token", READS_FILE },
        { "{\"alerts\":{\"webhook\":{\"file\":\"/etc/shadow\"}}}", "body,alerts,webhook", READS_FILE },
        { "{\"uptime_kuma\":{\"api_token\":{\"file\":\"/etc/shadow\",\"x\":1}}}", "body,uptime_kuma,api_token", READS_FILE },
};

static void check_host_case(const struct host_case *c, const struct rest_answer *a) {
        if (c->message)
                check_refused(a, c->loc, c->message);
        else
                check_status(a, 422);
        check_contains(a->body, "over HTTP");
}

static void nobody_sets_what_is_the_hosts(void **state) {
        struct scene *s = *state;

        data_put(s, "config.json", "{\"restart\":{\"max_restarts\":5}}");
        rest_start(s);
        for (size_t i = 0; i < N_ELEMENTS(host_cases); i++) {
                const struct host_case *c = &host_cases[i];

                check_host_case(c, rest_put("/api/config", c->json));
                check_host_case(c, rest_post("/api/config/import", c->json));
                check_host_case(c, rest_upload("/api/config/import", "file", c->json));
        }
        check_refused(rest_put("/api/config/observability", "{\"textfile\":\"/x\"}"), "body,textfile",
                      HOST("observability.textfile"));
        check_refused(rest_put("/api/config/observability", "{\"metrics_port\":1}"), "body,metrics_port",
                      HOST("observability.metrics_port"));
        check_refused(rest_put("/api/config/observability", "{\"log_level\":{\"file\":\"/x\"}}"), "body,log_level", READS_FILE);
        check_refused(
                rest_post("/api/notifications/services", "{\"name\":\"x\",\"type\":\"slack\",\"url\":{\"file\":\"/etc/shadow\"}}"),
                "body,url", READS_FILE);
        check_refused(
                rest_put("/api/notifications/config",
                         "{\"services\":[{\"name\":\"x\",\"type\":\"webhook\",\"url\":\"https://h\",\"headers\":{\"A\":{\"file\":"
                         "\"/etc/shadow\"}}}]}"),
                "body,services,0,headers,A", READS_FILE);
        check_text(s, "{\"restart\":{\"max_restarts\":5}}");
}

/* What does not count now counts as soon as somebody takes the other one out. */
static void nor_behind_a_second_one_of_the_name(void **state) {
        struct scene *s = *state;

        data_put(s, "config.json", "{\"ui\":{\"listen_port\":8123}}");
        rest_start(s);
        check_refused(rest_post("/api/config/import", "{\"ui\":{\"listen_port\":1},\"ui\":{\"listen_port\":8123}}"), "body,ui",
                      "stands there twice");
        check_refused(rest_post("/api/config/import", "{\"ui\":{\"listen_port\":1,\"listen_port\":8123}}"), "body,ui,listen_port",
                      "stands there twice");
        check_status(rest_post("/api/config/import", "{\"x\":[{\"file\":\"/a\"}]}"), 422);
        check_text(s, "{\"ui\":{\"listen_port\":8123}}");
}

static void what_is_the_hosts_may_come_back_as_it_is(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *exported = NULL;

        data_put(s, "config.json",
                 "{\"hooks\":{\"pre_restart\":[\"sh\"]},\"ui\":{\"listen_port\":8123},\"observability\":{\"textfile\":null},"
                 "\"notifications\":{\"services\":[{\"name\":\"x\",\"type\":\"gotify\",\"server_url\":\"https://g\",\"app_token\":{"
                 "\"file\":\"/run/secrets/g\"}}]}}");
        rest_start(s);
        exported = xstrdup(rest_get("/api/config/export")->body);
        check_status(rest_post("/api/config/import", exported), 200);
        check_status(rest_upload("/api/config/import", "file", exported), 200);
        check_status(rest_put("/api/config", exported), 200);
        check_json(
                rest_root(rest_get("/api/notifications/config")), "services",
                "[{\"name\":\"x\",\"type\":\"gotify\",\"enabled\":true,\"url\":null,\"headers\":null,\"username\":null,"
                "\"password\":"
                "null,\"bot_token\":null,\"chat_id\":null,\"topic\":null,\"server_url\":\"https://g\",\"app_token\":{\"file\":\"/"
                "run/"
                "secrets/g\"},\"user_key\":null,\"api_token\":null,\"from\":null,\"to\":null}]");
        /* What a file of the host holds does not go elsewhere. */
        check_status(rest_put("/api/notifications/services/x",
                              "{\"type\":\"gotify\",\"server_url\":\"https://evil\",\"app_token\":{\"file\":\"/run/secrets/g\"}}"),
                     422);
        /* Nor is it lost by what does not name it. */
        check_status(rest_post("/api/config/import", "{\"restart\":{\"max_restarts\":4}}"), 200);
        check_file(s, "ui.listen_port", "8123");
        check_file(s, "hooks", "{\"pre_restart\":[\"sh\"]}");
        check_file(s, "restart.max_restarts", "4");
        check_refused(rest_put("/api/config", "{\"ui\":{\"listen_port\":null}}"), "body,ui,listen_port", HOST("ui.listen_port"));
        check_status(rest_put("/api/config", "{\"hooks\":null}"), 422);
        check_status(rest_put("/api/config", "{\"hooks\":{\"pre_restart\":null}}"), 422);
        check_file(s, "hooks", "{\"pre_restart\":[\"sh\"]}");
}

/* ---- Out and in ---- */

static void the_export_is_a_file_that_can_be_imported(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;
        AUTO_FREE char *exported = NULL;

        data_put(s, "config.json",
                 "{\"restart\":{\"max_restarts\":7},\"custom_health_checks\":{\"web\":{\"check_type\":\"docker\"}}}");
        rest_start(s);
        a = rest_get("/api/config/export");
        check_status(a, 200);
        check_contains(a->head, "attachment; filename=autoheal-config-20");
        check_contains(a->head, "application/json");
        check_json(rest_root(a), "custom_health_checks.web.check_type", "\"docker\"");
        exported = xstrdup(a->body);
        a = rest_upload("/api/config/import", "file", "{}");
        check_json(rest_root(a), "message", "\"Configuration imported successfully\"");
        check_json(rest_root(rest_get("/api/config")), "restart.max_restarts", "3");
        assert_int_equal(count_copies(s), 1);
        check_status(rest_upload("/api/config/import", "file", exported), 200);
        check_json(rest_root(rest_get("/api/config")), "restart.max_restarts", "7");
        assert_int_equal(count_events(s, "config", NULL), 2);
}

static void an_import_that_is_wrong_changes_nothing(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        data_put(s, "config.json", "{\"mine\":1,\"restart\":{\"max_restarts\":5}}");
        rest_start(s);
        a = rest_post("/api/config/import", "{\"restart\":{\"max_restarts\":0,\"cooldown_seconds\":-1},\"new\":1,\"mine\":1}");
        check_refused(a, "body,restart,max_restarts", "must be >= 1 (is 0)");
        check_refused(a, "body,restart,cooldown_seconds", "must be 0..31536000 (is -1)");
        check_refused(a, "body,new", "unknown key");
        assert_int_equal(json_count(json_get(rest_root(a), "detail")), 3);
        check_refused(rest_upload("/api/config/import", "fil", "{}"), "body,file", "Field required");
        a = rest_upload("/api/config/import", "file", "{\"a\":");
        check_status(a, 422);
        check_contains(a->body, "json_invalid");
        check_refused(rest_upload("/api/config/import", "file", "[]"), "body", "Input should be an object");
        check_refused(rest_send("POST", "/api/config/import", "multipart/form-data", "{}"), "body",
                      "the content type has no boundary that can be used");
        check_refused(rest_post("/api/config/import", "{\"hooks\":{\"pre_restart\":[\"sh\"]}}"), "body,hooks,pre_restart",
                      HOST("hooks.pre_restart"));
        check_status(rest_send("POST", "/api/config/import", "text/plain", "{}"), 415);
        check_refused(rest_post("/api/config/import", "{\"alerts\":{\"webhook\":\"********\"}}"), "body,alerts,webhook",
                      "is masked, and there is nothing in place to keep");
        check_text(s, "{\"mine\":1,\"restart\":{\"max_restarts\":5}}");
        assert_int_equal(count_copies(s), 0);
}

static void both_can_be_switched_off(void **state) {
        struct scene *s = *state;

        data_put(s, "config.json", "{\"ui\":{\"allow_export_json\":false,\"allow_import_json\":false}}");
        rest_start(s);
        check_status(rest_get("/api/config/export"), 403);
        check_status(rest_post("/api/config/import", "{}"), 403);
        check_status(rest_upload("/api/config/import", "file", "{}"), 403);
        check_status(rest_get("/api/config"), 200);
}

/* ---- A broken file ---- */

static bool knows_that_it_is_broken(void *arg) {
        (void)arg;
        return strstr(rest_get("/api/config")->head, "X-Autoheal-Config-Error") != NULL;
}

static void a_broken_file_is_left_alone_but_can_be_replaced(void **state) {
        struct scene *s = *state;
        const struct rest_answer *a;

        data_put(s, "config.json", "{\"restart\":{\"max_restarts\":7},\"observability\":{\"metrics_port\":8123}}");
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        rest_start(s);
        data_put(s, "config.json", "{\"restart\":");
        assert_true(eventually(knows_that_it_is_broken, NULL, 20000));
        a = rest_get("/api/config");
        check_status(a, 200);
        check_json(rest_root(a), "restart.max_restarts", "7");
        a = rest_put("/api/config", "{\"restart\":{\"max_restarts\":8}}");
        check_status(a, 409);
        check_contains(a->body, "line 1, column 12");
        check_status(rest_put("/api/config/restart", "{\"max_restarts\":8}"), 409);
        check_status(rest_get("/api/config/export"), 409);
        check_refused(rest_post("/api/config/import", "{\"ui\":{\"listen_port\":1}}"), "body,ui,listen_port",
                      HOST("ui.listen_port"));
        check_text(s, "{\"restart\":");
        check_status(rest_post("/api/config/import", "{\"restart\":{\"max_restarts\":9}}"), 200);
        assert_int_equal(count_copies(s), 1);
        check_file(s, "observability", "{\"metrics_port\":8123}");
        a = rest_get("/api/config");
        check_json(rest_root(a), "restart.max_restarts", "9");
        check_lacks(a->head, "X-Autoheal-Config-Error");
}

static void a_value_that_is_wrong_in_the_file_can_be_mended(void **state) {
        struct scene *s = *state;

        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        rest_start(s);
        data_put(s, "config.json", "{\"restart\":{\"max_restarts\":0,\"mode\":\"health\"}}");
        assert_true(eventually(knows_that_it_is_broken, NULL, 20000));
        check_status(rest_put("/api/config/restart", "{\"cooldown_seconds\":7}"), 409);
        check_status(rest_put("/api/config/restart", "{\"max_restarts\":4}"), 200);
        check_text(s, "{\"restart\":{\"max_restarts\":4,\"mode\":\"health\"}}");
        check_lacks(rest_get("/api/config")->head, "X-Autoheal-Config-Error");
}

/* Also by the value that is in force, which is not what stands in the file; what does not mend it is refused, equal or not. */
static void the_value_in_force_mends_it_too(void **state) {
        struct scene *s = *state;
        const char *bad = "{\"restart\":{\"max_restarts\":0,\"mode\":\"health\"}}";

        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        data_put(s, "config.json", "{\"restart\":{\"max_restarts\":5,\"cooldown_seconds\":7}}");
        rest_start(s);
        data_put(s, "config.json", bad);
        assert_true(eventually(knows_that_it_is_broken, NULL, 20000));
        check_status(rest_put("/api/config/restart", "{\"cooldown_seconds\":7}"), 409);
        check_status(rest_put("/api/config/restart", "{\"mode\":\"health\"}"), 409);
        check_status(rest_put("/api/config/monitor", "{\"interval_seconds\":1}"), 409);
        check_text(s, bad);
        check_status(rest_put("/api/config", "{\"restart\":{\"max_restarts\":5},\"monitor\":{\"interval_seconds\":1}}"), 200);
        check_text(s, "{\"restart\":{\"max_restarts\":5,\"mode\":\"health\"}}");
        check_lacks(rest_get("/api/config")->head, "X-Autoheal-Config-Error");
}

static void a_file_that_is_gone_comes_back(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *path = path_join(s->data, "config.json");

        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        data_put(s, "config.json", "{\"restart\":{\"max_restarts\":5}}");
        rest_start(s);
        assert_int_equal(unlink(path), 0);
        assert_true(eventually(knows_that_it_is_broken, NULL, 20000));
        check_status(rest_put("/api/config/monitor", "{\"interval_seconds\":1}"), 200);
        assert_false(file_there(s->data, "config.json"));
        check_status(rest_put("/api/config/restart", "{\"max_restarts\":5}"), 200);
        check_file(s, "restart.max_restarts", "5");
        check_lacks(rest_get("/api/config")->head, "X-Autoheal-Config-Error");
}

/* Nobody has looked at it since. */
static void what_the_file_says_just_now_counts(void **state) {
        struct scene *s = *state;

        data_put(s, "config.json", "{\"restart\":{\"max_restarts\":5}}");
        rest_start(s);
        data_put(s, "config.json", "{\"restart\":{\"max_restarts\":6}}");
        check_status(rest_put("/api/config/restart", "{\"max_restarts\":5}"), 200);
        check_text(s, "{\"restart\":{\"max_restarts\":5}}");
        data_put(s, "config.json", "{\"restart\":{\"max_restarts\":0}}");
        check_status(rest_put("/api/config/restart", "{\"max_restarts\":5}"), 200);
        check_text(s, "{\"restart\":{\"max_restarts\":5}}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                rest_test(everything_is_shown_with_what_holds),
                rest_test(secrets_are_shown_to_who_has_the_token),
                rest_test(settings_tell_who_says_so),
                rest_test(what_is_not_named_stays),
                rest_test(null_sets_the_default),
                rest_test(what_comes_back_as_it_was_shown_changes_nothing),
                rest_test(all_that_is_wrong_is_told_and_nothing_changes),
                rest_test(lax_types_are_understood),
                rest_test(what_the_environment_says_wins_and_is_told),
                rest_test(a_change_is_judged_beforehand),
                rest_test(what_is_doubtful_stands_in_the_status),
                rest_test(changing_takes_the_token),
                rest_test(nobody_sets_what_is_the_hosts),
                rest_test(nor_behind_a_second_one_of_the_name),
                rest_test(what_is_the_hosts_may_come_back_as_it_is),
                rest_test(the_export_is_a_file_that_can_be_imported),
                rest_test(an_import_that_is_wrong_changes_nothing),
                rest_test(both_can_be_switched_off),
                rest_test(a_broken_file_is_left_alone_but_can_be_replaced),
                rest_test(a_value_that_is_wrong_in_the_file_can_be_mended),
                rest_test(the_value_in_force_mends_it_too),
                rest_test(a_file_that_is_gone_comes_back),
                rest_test(what_the_file_says_just_now_counts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
