/* SPDX-License-Identifier: MIT */
/* What clients of the earlier Python service do and read: its curl lines through the real curl, each field by name and type. */
#include "autoheal/util/buf.h"
#include "support/rest.h"

#include <dirent.h>

#define WORDS_MAX 32
#define DIGITS    "0123456789"

/* "web" has been looked at closely, for it is unhealthy; nobody restarts it, for it is not monitored. */
#define WORLD                                                                                                                      \
        "container web health=unhealthy streak=4 probe=refused probe-exit=2 policy=always "                                        \
        "label=com.docker.compose.project=shop label=com.docker.compose.service=web\n"                                             \
        "container db health=healthy label=autoheal=true\n"                                                                        \
        "container plain\n"                                                                                                        \
        "container old state=exited exit=3\n"

/* ---- The real curl ---- */

struct curl {
        struct output o;
        int status;
        char *body; /* in o */
        struct json_doc *doc;
};

static void curl_release(struct curl *c) {
        json_doc_free(c->doc);
        output_release(&c->o);
}

/* The words are split at blanks, and $ before a path is where serve listens. Those that read go without the token, as documented. */
static void curl(struct scene *s, struct curl *ret, const char *line) {
        struct buf text AUTO(buf_release) = BUF_INIT(65536);
        const char *argv[WORDS_MAX + 1] = { "/usr/bin/curl" };
        size_t n = 1;
        char *rest = NULL;

        buf_addf(&text, "%s -s -S -m 20 -w \n%%{http_code} ", strstr(line, "-X ") || strstr(line, "-F ") ? "-K auth" : "-q");
        for (const char *c = line; *c; c++)
                if (*c == '$')
                        buf_addf(&text, "http://localhost:%d", rest_port());
                else
                        buf_add_char(&text, *c);
        for (char *word = strtok_r(text.data, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
                assert_true(n < WORDS_MAX);
                argv[n++] = word;
        }
        AUTO_FREE char *auth = path_join(s->home, "auth");
        file_put(s->home, "auth", "header = \"Authorization: Bearer " REST_TOKEN "\"\n");
        if (strcmp(argv[1], "-K") == 0)
                argv[2] = auth;
        *ret = (struct curl){ .status = 0 };
        run_program(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, &ret->o);
        check_exit(&ret->o, 0);
        char *status = strrchr(ret->o.out, '\n');
        assert_non_null(status);
        ret->status = (int)strtol(status + 1, NULL, 10);
        *status = '\0';
        ret->body = ret->o.out;
        (void)!json_parse(ret->body, strlen(ret->body), 1000000, &ret->doc, NULL);
}

/* ---- Fields ---- */

/* YYYY-mm-ddTHH:MM:SS.mmmmmm+00:00 */
static bool is_time(struct slice s) {
        static const char shape[] = "0000-00-00T00:00:00.000000+00:00";

        if (s.n != strlen(shape))
                return false;
        for (size_t i = 0; i < s.n; i++)
                if (shape[i] == '0' && i < strlen(shape) - strlen("+00:00") ? !strchr(DIGITS, s.p[i]) : s.p[i] != shape[i])
                        return false;
        return true;
}

static bool is_of_type(struct json_value v, char type) {
        struct slice raw = json_raw(v);
        int64_t n;

        switch (type) {
        case 's':
                return json_type(v) == JSON_STRING;
        case 't':
                return json_type(v) == JSON_STRING && is_time((struct slice){ raw.p + 1, raw.n - 2 });
        case 'i':
                return json_int(v, &n);
        case 'd':
                return json_type(v) == JSON_NUMBER;
        case 'b':
                return json_type(v) == JSON_BOOL;
        case 'o':
                return json_type(v) == JSON_OBJECT;
        case 'a':
                return json_type(v) == JSON_ARRAY;
        case 'n':
                return json_present(v) && json_type(v) == JSON_NULL;
        default:
                fail_msg("'%c' is no type", type);
                return false;
        }
}

/* "a.0.b": the member of the first element of a member. */
static struct json_value field_of(struct json_value v, struct slice path) {
        struct slice name;

        while (slice_split(&path, '.', &name)) {
                char key[64];
                struct json_iter it = json_iter(v);
                uint64_t at;
                struct slice digits = name;

                (void)snprintf(key, sizeof(key), "%.*s", (int)name.n, name.p);
                if (json_type(v) != JSON_ARRAY || !slice_number(&digits, 1000, &at)) {
                        v = json_get(v, key);
                        continue;
                }
                v = (struct json_value){ .doc = NULL };
                for (uint64_t i = 0; json_next(&it); i++)
                        if (i == at)
                                v = it.value;
        }
        return v;
}

/* "name=s health.log=on": each is there and of one of these types: s text, t time, i integer, d number, b, o, a, n null. */
static void check_fields(const char *line, const struct curl *c, const char *fields) {
        struct slice rest = slice_str(fields), one, path;

        while (slice_split(&rest, ' ', &one)) {
                bool fits = false;

                if (!slice_split(&one, '=', &path))
                        continue;
                struct json_value v = c->doc ? field_of(json_root(c->doc), path) : (struct json_value){ .doc = NULL };
                for (size_t i = 0; i < one.n && json_present(v); i++)
                        fits = fits || is_of_type(v, one.p[i]);
                if (!fits)
                        fail_msg("%s: '%.*s' is not of type %.*s in %s", line, (int)path.n, path.p, (int)one.n, one.p, c->body);
        }
}

/* ---- Rows ---- */

struct line {
        const char *curl;
        int status;
        const char *says; /* stands in the answer as it is; NULL: nothing in particular */
        const char *fields;
};

#define SUCCESS "{\"status\":\"success\",\"message\":\""
#define JSON    " -H Content-Type:application/json -d "

#define CONTAINER                                                                                                                  \
        "0.id=s 0.name=s 0.image=s 0.status=s 0.state=o 0.labels=o 0.restart_count=i 0.monitored=b 0.quarantined=b "               \
        "0.uptime_kuma_status=i 0.uptime_kuma_monitor_name=n 0.health.status=s 0.health.failing_streak=in 0.health.log=on "
#define STATE                                                                                                                      \
        "state.Status=s state.Running=b state.Paused=b state.Restarting=b state.Dead=b state.OOMKilled=b state.ExitCode=i "        \
        "state.Error=s state.StartedAt=t state.FinishedAt=tn state.Health.Status=s state.Health.FailingStreak=i "                  \
        "state.Health.Log.0.ExitCode=i state.Health.Log.0.Output=s state.Health.Log.0.Start=t state.Health.Log.0.End=t "
#define CONTAINER_DETAILS                                                                                                          \
        "id=s full_id=s name=s stable_id=s image=s image_id=s status=s labels=o networks.0=s created=t started_at=t "              \
        "finished_at=tn exit_code=i restart_count=i health.status=s health.failing_streak=i health.log.ExitCode=i "                \
        "restart_policy.Name=s restart_policy.MaximumRetryCount=i compose_project=s compose_service=s monitored=b quarantined=b "  \
        "recent_restart_count=i total_restart_count=i custom_health_check=n " STATE
#define EVENT "0.timestamp=t 0.container_id=s 0.container_name=s 0.event_type=s 0.restart_count=i 0.status=s 0.message=s"

static const struct line reading[] = {
        { "$/health", 200, "\"status\":\"healthy\"", "status=s timestamp=t docker_connected=b monitoring_active=b" },
        { "$/api/status", 200, "\"total_containers\":4,\"monitored_containers\":1,\"quarantined_containers\":0",
          "monitoring_active=b docker_connected=b total_containers=i monitored_containers=i quarantined_containers=i "
          "maintenance_mode=b maintenance_start_time=n config.monitor=o config.restart=o" },
        { "$/api/containers", 200, NULL, CONTAINER },
        { "$/api/containers?include_stopped=false", 200, "\"name\":\"plain\"", CONTAINER },
        { "$/api/containers?include_stopped=true", 200, "\"name\":\"old\"", CONTAINER },
        { "$/api/containers/web", 200, "\"ExitCode\":2,\"Output\":\"refused\"", CONTAINER_DETAILS },
        { "$/api/containers/shop_web", 200, "\"stable_id\":\"shop_web\"", CONTAINER_DETAILS },
        { "$/api/containers/plain", 200, "\"health\":null", "compose_project=n compose_service=n state.Status=s labels=o" },
        { "$/api/containers/nobody", 404, "{\"detail\":\"Container not found\"}", "" },
        { "$/api/maintenance/status", 200, NULL, "maintenance_mode=b maintenance_start_time=n" },
        { "$/api/events?limit=50", 200, "\"container_name\":\"db (db)\",\"event_type\":\"auto_monitor\"", EVENT },
        { "$/api/events", 200, NULL, EVENT },
        { "$/api/healthchecks", 200, "{}", "" },
        { "$/api/healthchecks/web", 404, "{\"detail\":\"No custom health check found for this container\"}", "" },
        { "$/api/healthchecks/nobody", 404, "{\"detail\":\"Container not found\"}", "" },
        { "$/api/notifications/config", 200, NULL, "enabled=b services=a event_filters.0=s" },
        { "$/docs", 200, "<html", "" },
        { "$/redoc", 200, "<html", "" },
        { "$/openapi.json", 200, NULL, "openapi=s info.title=s info.version=s paths=o" },
        { "$/api/nothing", 404, "{\"detail\":\"Not Found\"}", "" },
        { "$/api/config", 200, NULL,
          "monitor.interval_seconds=i monitor.label_key=s monitor.label_value=s monitor.include_all=b containers.selected=a "
          "containers.excluded=a containers.restart_counts=o restart.mode=s restart.cooldown_seconds=i restart.max_restarts=i "
          "restart.max_restarts_window_seconds=i restart.backoff.enabled=b restart.backoff.initial_seconds=i "
          "restart.backoff.multiplier=d restart.respect_manual_stop=b filters.whitelist_names=a filters.blacklist_names=a "
          "filters.whitelist_labels=a filters.blacklist_labels=a ui.enable=b ui.listen_address=s ui.listen_port=i "
          "ui.allow_export_json=b ui.allow_import_json=b ui.max_log_entries=i alerts.enabled=b alerts.webhook=n "
          "alerts.notify_on_quarantine=b observability.prometheus_enabled=b observability.metrics_port=i "
          "observability.log_format=s observability.log_level=s uptime_kuma.enabled=b uptime_kuma.server_url=s "
          "uptime_kuma.username=s uptime_kuma.api_token=s uptime_kuma.auto_restart_on_down=b uptime_kuma_mappings=a "
          "notifications.enabled=b notifications.services=a notifications.event_filters=a" },
};

#define SERVICE                                                                                                                    \
        "status=s message=s service.name=s service.type=s service.enabled=b service.url=n service.headers=n service.username=sn "  \
        "service.password=sn service.bot_token=n service.chat_id=n service.topic=s service.server_url=sn service.app_token=n "     \
        "service.user_key=n service.api_token=n"
#define CHECK                                                                                                                      \
        "container_id=s check_type=s interval_seconds=i timeout_seconds=i retries=i http_endpoint=sn http_expected_status=i "      \
        "tcp_port=in exec_command=an"
#define ISSUE "detail.0.type=s detail.0.loc.0=s detail.0.loc.1=s detail.0.msg=s"

static const struct line changing[] = {
        { "-X POST $/api/containers/select" JSON "{\"container_ids\":[\"web\",\"plain\"],\"enabled\":true}", 200,
          SUCCESS "Updated 2 containers\"}", "" },
        { "-X POST $/api/containers/select" JSON "{\"container_ids\":[\"plain\",\"unknown\"],\"enabled\":false}", 200,
          SUCCESS "Updated 2 containers\"", "" },
        { "-X POST $/api/containers/select" JSON "{\"enabled\":true}", 422,
          "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"container_ids\"],\"msg\":\"Field "
          "required\",\"input\":{\"enabled\":true}",
          ISSUE },
        { "-X POST $/api/containers/select" JSON "{\"enabled\"", 422, "{\"detail\":[{\"type\":\"json_invalid\",\"loc\":[\"body\"",
          "" },
        { "-X POST $/api/containers/shop_web/restart", 200, SUCCESS "Container shop_web restarted\"}", "" },
        { "-X POST $/api/containers/nobody/restart", 404, "{\"detail\":\"Container not found\"}", "" },
        { "-X POST $/api/containers/web/quarantine", 200, SUCCESS, "" },
        { "-X POST $/api/containers/web/unquarantine", 200, SUCCESS "Container web removed from quarantine\"}", "" },
        { "-X POST $/api/containers/nobody/unquarantine", 404, "{\"detail\":\"Container not found\"}", "" },
        { "-X POST $/api/maintenance/enable", 200, SUCCESS "Maintenance mode enabled\",\"maintenance_mode\":true",
          "maintenance_start_time=t" },
        { "$/api/maintenance/status", 200, "{\"maintenance_mode\":true", "maintenance_start_time=t" },
        { "$/api/status", 200, "\"maintenance_mode\":true", "maintenance_start_time=t" },
        { "-X POST $/api/maintenance/disable", 200, SUCCESS "Maintenance mode disabled\",\"maintenance_mode\":false", "" },
        { "-X PUT $/api/config" JSON "{\"monitor\":{\"interval_seconds\":20}}", 200, SUCCESS "Configuration updated\"}", "" },
        { "-X PUT $/api/config/monitor" JSON "{\"interval_seconds\":30,\"label_key\":\"autoheal\",\"label_value\":\"true\"}", 200,
          SUCCESS "Monitor configuration updated\"}", "" },
        { "-X PUT $/api/config/restart" JSON
          "{\"mode\":\"both\",\"cooldown_seconds\":60,\"max_restarts\":3,\"max_restarts_window_seconds\":600,\"backoff\":{"
          "\"enabled\":true,\"initial_seconds\":10,\"multiplier\":2.0},\"respect_manual_stop\":true}",
          200, SUCCESS "Restart configuration updated\"}", "" },
        { "-X PUT $/api/config/restart" JSON "{\"max_restarts\":0}", 422, "\"loc\":[\"body\",\"max_restarts\"]", ISSUE },
        { "-X PUT $/api/config/observability" JSON "{\"log_level\":\"DEBUG\",\"prometheus_enabled\":true}", 200,
          SUCCESS "Observability configuration updated\"", "" },
        { "-X POST $/api/healthchecks" JSON
          "{\"container_id\":\"web\",\"check_type\":\"http\",\"interval_seconds\":30,\"timeout_seconds\":5,\"retries\":3,"
          "\"http_endpoint\":\"http://localhost:8080/health\",\"http_expected_status\":200}",
          200, SUCCESS "Health check added for container ", "" },
        { "-X POST $/api/healthchecks" JSON "{\"container_id\":\"db\",\"check_type\":\"tcp\",\"tcp_port\":5432}", 200, SUCCESS,
          "" },
        { "-X POST $/api/healthchecks" JSON "{\"container_id\":\"plain\",\"check_type\":\"exec\",\"exec_command\":[\"true\"]}", 200,
          SUCCESS, "" },
        { "$/api/healthchecks/web", 200, "\"http_endpoint\":\"http://localhost:8080/health\"", CHECK },
        { "$/api/healthchecks/db", 200, "\"tcp_port\":5432", CHECK },
        { "$/api/healthchecks", 200, "\"exec_command\":[\"true\"]", "" },
        { "$/api/containers/web", 200, NULL, "custom_health_check.check_type=s custom_health_check.http_endpoint=s" },
        { "-X DELETE $/api/healthchecks/web", 200, SUCCESS "Health check removed for container web\"}", "" },
        { "-X DELETE $/api/healthchecks/web", 200, SUCCESS "Health check removed for container web\"}", "" },
        { "-X DELETE $/api/healthchecks/nobody", 404, "{\"detail\":\"Container not found\"}", "" },
        { "-X POST $/api/notifications/services" JSON
          "{\"name\":\"ops\",\"type\":\"ntfy\",\"enabled\":true,\"topic\":\"autoheal\",\"server_url\":\"https://ntfy.sh\"}",
          200, SUCCESS "Notification service 'ops' added\",\"service\":{", SERVICE },
        { "-X POST $/api/notifications/services" JSON "{\"name\":\"ops\",\"type\":\"ntfy\",\"topic\":\"t\"}", 400,
          "{\"detail\":\"Service with name 'ops' already exists\"}", "" },
        { "-X PUT $/api/notifications/services/ops" JSON "{\"type\":\"ntfy\",\"topic\":\"other\",\"url\":null,\"headers\":null}",
          200, SUCCESS "Notification service 'ops' updated\",\"service\":{", SERVICE },
        { "-X PUT $/api/notifications/services/none" JSON "{\"type\":\"ntfy\",\"topic\":\"t\"}", 404,
          "{\"detail\":\"Service 'none' not found\"}", "" },
        { "-X PUT $/api/notifications/config" JSON "{\"enabled\":true,\"event_filters\":[\"restart\",\"unquarantine\"]}", 200,
          SUCCESS "Notification configuration updated\",\"config\":{", "config.services.0.name=s config.event_filters.1=s" },
        { "$/api/notifications/config", 200, "\"server_url\":null", "services.0.name=s services.0.topic=s services.0.api_token=n" },
        { "-X POST $/api/notifications/test/none", 404, "{\"detail\":\"Service 'none' not found\"}", "" },
        { "-X DELETE $/api/notifications/services/ops", 200, SUCCESS "Notification service 'ops' deleted\"}", "" },
        { "-X DELETE $/api/notifications/services/ops", 404, "{\"detail\":\"Service 'ops' not found\"}", "" },
        { "$/api/events?limit=1", 200, "\"event_type\":\"config\"", EVENT },
        { "-X DELETE $/api/events", 200, SUCCESS "All events cleared\"}", "" },
        { "$/api/events", 200, "[]", "" },
        { "-X PATCH $/api/config", 405, "{\"detail\":\"Method Not Allowed\"}", "" },
};

static void follow(struct scene *s, const struct line *lines, size_t n) {
        for (size_t i = 0; i < n; i++) {
                struct curl c AUTO(curl_release);

                curl(s, &c, lines[i].curl);
                if (c.status != lines[i].status || (lines[i].says && !strstr(c.body, lines[i].says)))
                        fail_msg("%s: %d, not %d with %s: %s", lines[i].curl, c.status, lines[i].status, lines[i].says, c.body);
                check_fields(lines[i].curl, &c, lines[i].fields);
        }
}

static void begin(struct scene *s) {
        scene_world(s, WORLD);
        rest_start(s);
}

static void what_they_read(void **state) {
        begin(*state);
        follow(*state, reading, N_ELEMENTS(reading));
}

static void what_they_change(void **state) {
        begin(*state);
        follow(*state, changing, N_ELEMENTS(changing));
}

/* ---- Times, the export, the import ---- */

/* Of whatever is an object's member and looks like a time: all in one shape. */
static void check_times(const char *path, const char *body) {
        for (const char *p = body; (p = strstr(p, "\"20")) != NULL; p++) {
                size_t n = strcspn(p + 1, "\"");

                if (n > 10 && p[11] == 'T' && !is_time((struct slice){ p + 1, n }))
                        fail_msg("%s: %.*s", path, (int)n, p + 1);
        }
}

static void every_time_is_of_one_shape(void **state) {
        static const char *const paths[] = { "$/health",     "$/api/status",         "$/api/containers?include_stopped=true",
                                             "$/api/events", "$/api/containers/web", "$/api/maintenance/status",
                                             "$/api/plan",   "$/api/containers/old", "$/api/containers/web/explain" };
        struct scene *s = *state;

        data_put(s, "events.json",
                 "[{\"timestamp\":\"2026-11-22T19:54:02.477307Z\",\"event_type\":\"restart\"},{\"timestamp\":"
                 "\"2026-11-22T19:55:00.1\",\"event_type\":\"unquarantine\"}]");
        begin(s);
        check_status(rest_post("/api/maintenance/enable", "{\"scopes\":[\"db\"],\"until\":\"2100-01-01T00:00:00Z\"}"), 200);
        check_status(rest_post("/api/containers/web/quarantine", NULL), 200);
        for (size_t i = 0; i < N_ELEMENTS(paths); i++) {
                struct curl c AUTO(curl_release);

                curl(s, &c, paths[i]);
                assert_int_equal(c.status, 200);
                check_times(paths[i], c.body);
                assert_true(strstr(c.body, "+00:00\"") || strstr(paths[i], "plan") || strstr(paths[i], "explain"));
        }
}

static char *exported_name(const char *dir) {
        DIR *d = opendir(dir);
        char *name = NULL;

        assert_non_null(d);
        for (struct dirent *e; (e = readdir(d)) != NULL;)
                if (strncmp(e->d_name, "autoheal-config-", strlen("autoheal-config-")) == 0 && !name)
                        name = xstrdup(e->d_name);
        (void)closedir(d);
        assert_non_null(name);
        return name;
}

/* -F "file=@name", with a type or without, and behind "100 Continue". */
static void check_import(struct scene *s, const char *file, const char *options) {
        struct buf line AUTO(buf_release) = BUF_INIT(4096);
        struct curl c AUTO(curl_release);

        buf_addf(&line, "-F file=@%s%s $/api/config/import", file, options);
        curl(s, &c, buf_str(&line));
        if (c.status != 200)
                fail_msg("%s: %d %s", buf_str(&line), c.status, c.body);
        assert_string_equal(c.body, SUCCESS "Configuration imported successfully\"}");
}

static void what_was_exported_is_imported(void **state) {
        struct scene *s = *state;
        struct buf line AUTO(buf_release) = BUF_INIT(4096);
        struct curl c AUTO(curl_release);

        data_put(s, "config.json",
                 "{\"restart\":{\"cooldown_seconds\":7},\"custom_health_checks\":{\"web\":{\"check_type\":\"docker\"}}}");
        begin(s);
        buf_addf(&line, "-OJ --output-dir %s $/api/config/export", s->home);
        curl(s, &c, buf_str(&line));
        assert_int_equal(c.status, 200);
        AUTO_FREE char *name = exported_name(s->home), *file = path_join(s->home, name), *text = file_get(s->home, name);
        /* autoheal-config-20260131-120000.json */
        assert_int_equal(strlen(name), strlen("autoheal-config-20260131-120000.json"));
        assert_int_equal(strspn(name + strlen("autoheal-config-"), DIGITS), 8);
        check_contains(name, ".json");
        check_contains(text, "\"custom_health_checks\"");

        check_status(rest_put("/api/config/restart", "{\"cooldown_seconds\":4}"), 200);
        check_import(s, file, "");
        check_json(rest_root(rest_get("/api/config")), "restart.cooldown_seconds", "7");
        check_status(rest_put("/api/config/restart", "{\"cooldown_seconds\":4}"), 200);
        check_import(s, file, ";type=application/json;filename=other.json -H Expect:100-continue");
        check_json(rest_root(rest_get("/api/config")), "restart.cooldown_seconds", "7");
        check_status(rest_put("/api/config/restart", "{\"cooldown_seconds\":4}"), 200);
        check_import(s, file, ";type=text/plain -H Transfer-Encoding:chunked -F more=1");
        check_json(rest_root(rest_get("/api/config")), "restart.cooldown_seconds", "7");
        check_json(rest_root(rest_get("/api/healthchecks")), "web.check_type", "\"docker\"");
}

static void an_import_that_is_none_is_refused(void **state) {
        struct scene *s = *state;
        const struct {
                const char *name, *text, *field, *says;
        } files[] = { { "no.json", "{\"restart\":", "file", "json_invalid" },
                      { "empty.json", "", "file", "json_invalid" },
                      { "list.json", "[]", "file", "Input should be an object" },
                      { "good.json", "{}", "upload",
                        "\"type\":\"missing\",\"loc\":[\"body\",\"file\"],\"msg\":\"Field required\"" } };

        begin(s);
        for (size_t i = 0; i < N_ELEMENTS(files); i++) {
                struct buf line AUTO(buf_release) = BUF_INIT(4096);
                struct curl c AUTO(curl_release);

                file_put(s->home, files[i].name, files[i].text);
                buf_addf(&line, "-F %s=@%s/%s $/api/config/import", files[i].field, s->home, files[i].name);
                curl(s, &c, buf_str(&line));
                assert_int_equal(c.status, 422);
                check_contains(c.body, "{\"detail\":");
                check_contains(c.body, files[i].says);
        }
        assert_null(data_get(s, "config.json"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                rest_test(what_they_read),
                rest_test(what_they_change),
                rest_test(every_time_is_of_one_shape),
                rest_test(what_was_exported_is_imported),
                rest_test(an_import_that_is_none_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
