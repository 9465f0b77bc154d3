/* SPDX-License-Identifier: MIT */
/* A data directory as the Python service left it is taken over: quarantines, counts, history and configuration hold. */
#include "support/engine.h"

#include "autoheal/util/timefmt.h"

#define COMPOSE(service) "--label com.docker.compose.project=shop --label com.docker.compose.service=" service " "

static const char config[] =
        "{\n"
        "  \"monitor\": {\"interval_seconds\": 30, \"label_key\": \"autoheal\", \"label_value\": \"true\", \"include_all\": "
        "false},\n"
        "  \"containers\": {\"selected\": [\"shop_web\"], \"excluded\": [], \"restart_counts\": {\"shop_web\": 7, \"shop_worker\": "
        "4}},\n"
        "  \"restart\": {\"mode\": \"on-failure\", \"cooldown_seconds\": 60, \"max_restarts\": 3, \"max_restarts_window_seconds\": "
        "600,\n"
        "    \"backoff\": {\"enabled\": true, \"initial_seconds\": 10, \"multiplier\": 2.0}, \"respect_manual_stop\": true},\n"
        "  \"filters\": {\"whitelist_names\": [], \"blacklist_names\": [], \"whitelist_labels\": [], \"blacklist_labels\": []},\n"
        "  \"ui\": {\"enable\": true, \"listen_address\": \"0.0.0.0\", \"listen_port\": 3131, \"allow_export_json\": true,\n"
        "    \"allow_import_json\": true, \"max_log_entries\": 50},\n"
        "  \"alerts\": {\"enabled\": true, \"webhook\": null, \"notify_on_quarantine\": true},\n"
        "  \"observability\": {\"prometheus_enabled\": true, \"metrics_port\": 9090, \"log_format\": \"json\", \"log_level\": "
        "\"INFO\"},\n"
        "  \"uptime_kuma\": {\"enabled\": false, \"server_url\": \"\", \"username\": \"\", \"api_token\": \"\", "
        "\"auto_restart_on_down\": true},\n"
        "  \"uptime_kuma_mappings\": [{\"container_id\": \"shop_web\", \"monitor_friendly_name\": \"Web\", \"auto_mapped\": "
        "true}],\n"
        "  \"notifications\": {\"enabled\": false, \"services\": [],\n"
        "    \"event_filters\": [\"restart\", \"quarantine\", \"health_check_failed\", \"auto_unquarantine\"]},\n"
        "  \"custom_health_checks\": {}\n"
        "}";

static const char events[] =
        "[\n"
        "  {\n    \"timestamp\": \"2025-11-22T19:54:02.477307Z\",\n    \"container_id\": \"736c6f77\",\n"
        "    \"container_name\": \"old (shop_web)\",\n    \"event_type\": \"restart\",\n    \"restart_count\": 1,\n"
        "    \"status\": \"success\",\n    \"message\": \"Restart successful: Container exited with code 1\"\n  },\n"
        "  {\n    \"timestamp\": \"2025-11-22T19:56:02.477307\",\n    \"container_id\": \"736c6f77\",\n"
        "    \"container_name\": \"old (shop_web)\",\n    \"event_type\": \"unquarantine\",\n    \"restart_count\": 0,\n"
        "    \"status\": \"success\",\n    \"message\": \"Container un-quarantined by user request\"\n  }\n"
        "]";

/* Three restarts within the window, as the service wrote them. */
static char *recent_counts(const char *stable_id) {
        char times[3][TIME_ISO_SIZE], *text;
        int64_t now_us = (int64_t)time(NULL) * 1000000;
        for (int i = 0; i < 3; i++)
                time_format_iso(now_us - (300 - 60 * i) * INT64_C(1000000), times[i]);
        if (asprintf(&text, "{\n  \"%s\": [\n    \"%s\",\n    \"%s\",\n    \"%s\"\n  ]\n}", stable_id, times[0], times[1],
                     times[2]) < 0)
                fail_msg("out of memory");
        return text;
}

static void put_data(struct world *w) {
        AUTO_FREE char *counts = recent_counts("shop_db");
        dir_put(w->data, 0755);
        file_put(w->data, "config.json", config);
        file_put(w->data, "events.json", events);
        file_put(w->data, "quarantine.json", "[\n  \"shop_web\",\n  \"gone_long_ago\"\n]");
        file_put(w->data, "maintenance.json", "{\n  \"enabled\": false,\n  \"start_time\": null\n}");
        file_put(w->data, "restart_counts.json", counts);
}

static void test_it_is_taken_over(void **state) {
        struct world *w = *state;
        put_data(w);
        world_env(w, "AUTOHEAL_RESTART_EXIT_GRACE_SECONDS=0");
        world_env(w, "AUTOHEAL_RESTART_DEPLOY_HOLD_SECONDS=0");
        world_do(w, "docker run -d --name web " COMPOSE("web") "autoheal-demo sh -c 'exit 3'");
        world_do(w, "docker run -d --name db " COMPOSE("db") MONITORED "autoheal-demo sh -c 'exit 3'");
        world_do(w, "docker run -d --name worker " COMPOSE("worker") MONITORED "autoheal-demo sh -c 'exit 3'");
        world_do(w, "docker run -d --name sick " MONITORED
                    "--health-cmd false --health-interval 1s --health-retries 1 autoheal-demo " OBEDIENT);
        world_await(w, "sick", HEALTH, "unhealthy");
        AUTO_FREE char *sick = world_inspect(w, "sick", STARTED);
        AUTO_FREE char *web = world_inspect(w, "web", STARTED);
        AUTO_FREE char *db = world_inspect(w, "db", STARTED);
        AUTO_FREE char *worker = world_inspect(w, "worker", STARTED);

        const struct output *o = world_run(w, "docker autoheal --format json");
        check_exit(o, 0);
        struct json_lines lines;
        json_lines_parse(&lines, o->out);
        check_json(json_line_where(&lines, "stable_id", "shop_web"), "reason", "\"quarantined\"");
        check_json(json_line_where(&lines, "stable_id", "shop_db"), "decision", "\"quarantine\"");
        check_json(json_line_where(&lines, "stable_id", "shop_db"), "restarts", "3");
        check_json(json_line_where(&lines, "stable_id", "shop_worker"), "decision", "\"restart\"");
        check_json(json_line_where(&lines, "stable_id", "sick"), "reason", "\"mode\"");
        json_lines_release(&lines);
        check_inspect(w, "sick", STARTED, sick);
        check_inspect(w, "web", STARTED, web);
        check_inspect(w, "db", STARTED, db);
        AUTO_FREE char *worker_after = world_inspect(w, "worker", STARTED);
        assert_string_not_equal(worker, worker_after);

        AUTO_FREE char *kept = file_get(w->data, "config.json");
        assert_string_equal(kept, config);
        AUTO_FREE char *quarantine = file_get(w->data, "quarantine.json");
        check_contains(quarantine, "\"shop_web\"");
        check_contains(quarantine, "\"shop_db\"");
        check_contains(quarantine, "\"gone_long_ago\"");
        check_data(w, "containers.json", "shop_worker.lifetime_restarts", "5");
        assert_int_equal(world_count_events(w, "restart", "old"), 1);
        assert_int_equal(world_count_events(w, "unquarantine", "old"), 1);
        assert_int_equal(world_count_events(w, "restart", "worker"), 1);
}

static void test_its_history_and_quarantines_are_shown_and_released(void **state) {
        struct world *w = *state;
        put_data(w);
        world_do(w, "docker run -d --name web " COMPOSE("web") "autoheal-demo sh -c 'exit 3'");
        world_await(w, "web", STATUS, "exited");
        world_env(w, "AUTOHEAL_RESTART_EXIT_GRACE_SECONDS=0");
        world_env(w, "AUTOHEAL_RESTART_DEPLOY_HOLD_SECONDS=0");

        world_do(w, "docker autoheal events --container shop_web");
        check_contains(w->last.out, "Container exited with code 1");
        world_do(w, "docker autoheal status --format json");
        check_contains(w->last.out, "\"quarantined_containers\":2");
        world_do(w, "docker autoheal unquarantine gone_long_ago web");
        AUTO_FREE char *quarantine = file_get(w->data, "quarantine.json");
        check_lacks(quarantine, "shop_web");
        check_lacks(quarantine, "gone_long_ago");
        world_do(w, "docker autoheal");
        check_contains(w->last.out, "web: started in ");
}

static void test_its_maintenance_holds(void **state) {
        struct world *w = *state;
        put_data(w);
        file_put(w->data, "maintenance.json", "{\n  \"enabled\": true,\n  \"start_time\": \"2025-11-22T19:55:55.358176+00:00\"\n}");
        world_env(w, "AUTOHEAL_RESTART_EXIT_GRACE_SECONDS=0");
        world_env(w, "AUTOHEAL_RESTART_DEPLOY_HOLD_SECONDS=0");
        world_do(w, "docker run -d --name worker " COMPOSE("worker") MONITORED "autoheal-demo sh -c 'exit 3'");
        world_await(w, "worker", STATUS, "exited");
        AUTO_FREE char *before = world_inspect(w, "worker", STARTED);
        world_do(w, "docker autoheal --format json");
        check_contains(w->last.out, "\"reason\":\"maintenance\"");
        check_inspect(w, "worker", STARTED, before);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_it_is_taken_over),
                world_test(test_its_history_and_quarantines_are_shown_and_released),
                world_test(test_its_maintenance_holds),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
