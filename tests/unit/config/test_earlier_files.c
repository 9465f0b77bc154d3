/* SPDX-License-Identifier: MIT */
/* The documents that the earlier Python service wrote load as they are. */
#include "fixture.h"

/* As the Python service writes it after a save. */
static const char as_saved[] =
        "{\"monitor\":{\"interval_seconds\":30,\"label_key\":\"autoheal\",\"label_value\":\"true\",\"include_all\":false},"
        "\"containers\":{\"selected\":[\"shop_web\"],\"excluded\":[],\"restart_counts\":{\"shop_web\":2}},"
        "\"restart\":{\"mode\":\"both\",\"cooldown_seconds\":60,\"max_restarts\":3,\"max_restarts_window_seconds\":600,"
        "\"backoff\":{\"enabled\":true,\"initial_seconds\":10,\"multiplier\":2.0},\"respect_manual_stop\":true},"
        "\"filters\":{\"whitelist_names\":[],\"blacklist_names\":[],\"whitelist_labels\":[],\"blacklist_labels\":[]},"
        "\"ui\":{\"enable\":true,\"listen_address\":\"0.0.0.0\",\"listen_port\":3131,\"allow_export_json\":true,"
        "\"allow_import_json\":true,\"max_log_entries\":50},"
        "\"alerts\":{\"enabled\":true,\"webhook\":null,\"notify_on_quarantine\":true},"
        "\"observability\":{\"prometheus_enabled\":true,\"metrics_port\":9090,\"log_format\":\"json\",\"log_level\":\"INFO\"},"
        "\"uptime_kuma\":{\"enabled\":false,\"server_url\":\"\",\"username\":\"\",\"api_token\":\"\",\"auto_restart_on_down\":true}"
        ","
        "\"uptime_kuma_mappings\":[{\"container_id\":\"shop_web\",\"monitor_friendly_name\":\"Web\",\"auto_mapped\":true}],"
        "\"notifications\":{\"enabled\":false,\"services\":[{\"name\":\"ops\",\"type\":\"ntfy\",\"enabled\":true,\"url\":null,"
        "\"headers\":null,\"username\":null,\"password\":null,\"bot_token\":null,\"chat_id\":null,\"topic\":\"autoheal\","
        "\"server_url\":null,\"app_token\":null,\"user_key\":null,\"api_token\":null}],"
        "\"event_filters\":[\"restart\",\"quarantine\",\"health_check_failed\",\"auto_unquarantine\"]},"
        "\"custom_health_checks\":{\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\":{"
        "\"container_id\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"check_type\":\"http\","
        "\"interval_seconds\":30,\"timeout_seconds\":10,\"retries\":3,\"http_endpoint\":\"http://localhost:8080/health\","
        "\"http_expected_status\":200,\"tcp_port\":null,\"exec_command\":null}}}";

/* As its first start made it: no notifications yet, and its own default mode. */
static const char as_first_made[] =
        "{\n  \"monitor\": {\n    \"interval_seconds\": 30,\n    \"label_key\": \"autoheal\",\n    \"label_value\": \"true\",\n"
        "    \"include_all\": false\n  },\n  \"containers\": {\n    \"selected\": [],\n    \"excluded\": [],\n"
        "    \"restart_counts\": {}\n  },\n  \"restart\": {\n    \"mode\": \"on-failure\",\n    \"cooldown_seconds\": 60,\n"
        "    \"max_restarts\": 3,\n    \"max_restarts_window_seconds\": 600,\n    \"backoff\": {\n      \"enabled\": true,\n"
        "      \"initial_seconds\": 10,\n      \"multiplier\": 2\n    },\n    \"respect_manual_stop\": true\n  },\n"
        "  \"filters\": {\n    \"whitelist_names\": [],\n    \"blacklist_names\": [],\n    \"whitelist_labels\": [],\n"
        "    \"blacklist_labels\": []\n  },\n  \"ui\": {\n    \"enable\": true,\n    \"listen_address\": \"0.0.0.0\",\n"
        "    \"listen_port\": 3131,\n    \"allow_export_json\": true,\n    \"allow_import_json\": true,\n"
        "    \"max_log_entries\": 50\n  },\n  \"alerts\": {\n    \"enabled\": true,\n"
        "    \"webhook\": \"https://hooks.example/T0/secret\",\n    \"notify_on_quarantine\": true\n  },\n"
        "  \"observability\": {\n    \"prometheus_enabled\": true,\n    \"metrics_port\": 9090,\n    \"log_format\": \"json\",\n"
        "    \"log_level\": \"INFO\"\n  },\n  \"uptime_kuma\": {\n    \"enabled\": false,\n    \"server_url\": \"\",\n"
        "    \"username\": \"\",\n    \"api_token\": \"\",\n    \"auto_restart_on_down\": true\n  },\n"
        "  \"uptime_kuma_mappings\": [],\n  \"custom_health_checks\": {}\n}";

/* The example file of its first versions. */
static const char as_oldest[] =
        "{\"monitor\":{\"interval_seconds\":30,\"label_key\":\"autoheal\",\"label_value\":\"true\",\"include_all\":false},"
        "\"containers\":{\"selected\":[\"web\"],\"excluded\":[\"db\"]},"
        "\"restart\":{\"mode\":\"both\",\"cooldown_seconds\":60,\"max_restarts\":3,\"max_restarts_window_seconds\":600,"
        "\"backoff\":{\"enabled\":true,\"initial_seconds\":10,\"multiplier\":2.0},\"respect_manual_stop\":true},"
        "\"filters\":{\"whitelist_names\":[],\"blacklist_names\":[\"*-test\"],\"whitelist_labels\":[],"
        "\"blacklist_labels\":[{\"env\":\"dev\"}]},"
        "\"ui\":{\"enable\":true,\"listen_address\":\"0.0.0.0\",\"listen_port\":8080,\"allow_export_json\":true,"
        "\"allow_import_json\":true,\"max_log_entries\":50},"
        "\"alerts\":{\"enabled\":true,\"webhook\":null,\"notify_on_quarantine\":true},"
        "\"observability\":{\"prometheus_enabled\":true,\"metrics_port\":9090,\"log_format\":\"json\"},"
        "\"custom_health_checks\":{}}";

static void saved_file_of_the_python_service_loads_cleanly(void **data) {
        struct fixture *f = *data;

        check_clean(f, as_saved);
        assert_int_equal(f->cfg.containers.selected.n, 1);
        assert_string_equal(f->cfg.containers.selected.items[0], "shop_web");
        assert_int_equal(f->cfg.containers.n_restart_counts, 1);
        assert_string_equal(f->cfg.containers.restart_counts[0].key, "shop_web");
        assert_int_equal(f->cfg.containers.restart_counts[0].count, 2);
        assert_int_equal(f->cfg.ui.max_log_entries, 50);
}

static void first_file_of_the_python_service_loads_with_a_word_about_its_mode(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, as_first_made), 0);
        assert_int_equal(f->issues.n, 1);
        check_issue(&f->issues, false, "restart.mode", "on-failure: unhealthy containers are not healed");
        assert_int_equal(f->cfg.restart.mode, MODE_ON_FAILURE);
}

static void oldest_example_loads_cleanly(void **data) {
        struct fixture *f = *data;

        check_clean(f, as_oldest);
        assert_string_equal(f->cfg.containers.excluded.items[0], "db");
        assert_string_equal(f->cfg.filters.blacklist_names.items[0], "*-test");
        assert_int_equal(f->cfg.filters.blacklist_labels.n, 1);
        assert_string_equal(f->cfg.filters.blacklist_labels.items[0].key, "env");
        assert_string_equal(f->cfg.filters.blacklist_labels.items[0].value, "dev");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(saved_file_of_the_python_service_loads_cleanly),
                WITH_LOAD(first_file_of_the_python_service_loads_with_a_word_about_its_mode),
                WITH_LOAD(oldest_example_loads_cleanly),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
