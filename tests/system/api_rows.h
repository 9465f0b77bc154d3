/* SPDX-License-Identifier: MIT */
/*
 * What each route of the API has to answer: a row for each status that /openapi.json names, and the world in which it comes about.
 * Rows of one world go one after another, and can be gone through again.
 */
#ifndef SYSTEM_API_ROWS_H
#define SYSTEM_API_ROWS_H

#include "support/catcher.h"
#include "support/rest.h"

enum world {
        WORLD_FINE,
        WORLD_UNSEEN,  /* there is no engine, and never was */
        WORLD_UNSAVED, /* nothing can be written */
        WORLD_BROKEN,  /* config.json is no JSON */
        WORLD_TORN,    /* the history is no JSON */
        WORLD_FROZEN,  /* the engine has stopped answering */
        WORLD_LEFT,    /* the engine has ended since it was seen */
        WORLD_LOCKED,  /* another process keeps the state's lock; what it keeps from a change is the same for all that go one way */
        WORLD_CROWDED, /* as many read the stream as may */
        WORLD_KNOWN,   /* the client has that answer already */
        WORLD_UNPACKED, /* the client takes nothing that is gzipped */
};

/* Who is told: through a proxy, so that the rows need not know where. Ends with the test's process, or the next begins. */
static inline void row_services(struct scene *s) {
        static struct catcher *catcher;
        char variable[64];

        catcher_stop(catcher);
        catcher = catcher_start(s->dir);
        (void)snprintf(variable, sizeof(variable), "HTTP_PROXY=http://127.0.0.1:%d", catcher_port(catcher));
        scene_env(s, variable);
}

struct row {
        const char *route;
        int status;
        const char *path, *body; /* body NULL: none */
        const char *want;        /* stands in the answer; NULL: nothing in particular */
        const char *type;        /* of the body; NULL: JSON */
        enum world world;
};

#define ROW_OPS_OFF                                                                                                                \
        "{\"name\":\"ops\",\"type\":\"ntfy\",\"topic\":\"a\",\"server_url\":\"http://"                                             \
        "ntfy.example.org\"},{\"name\":\"down\",\"type\":"                                                                         \
        "\"webhook\",\"url\":\"http://hook.example.org/500/x\"},{\"name\":\"off\",\"type\":\"ntfy\",\"topic\":\"t\",\"enabled\":"  \
        "false}"
#define ROW_CHECKS "\"custom_health_checks\":{\"gone.one\":{\"check_type\":\"docker\"}}"
#define ROW_CONFIG "{\"notifications\":{\"services\":[" ROW_OPS_OFF ",{\"name\":\"bad\",\"type\":\"gotify\"}]}," ROW_CHECKS "}"
/* An import is judged as a whole: what is wrong with the file already would be refused. */
#define ROW_IMPORTED "{\"notifications\":{\"services\":[" ROW_OPS_OFF "]}," ROW_CHECKS "}"
#define ROW_FORM     "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.json\"\r\n\r\n" ROW_IMPORTED "\r\n--x--\r\n"
#define ROW_WORLD                                                                                                                  \
        "container web health=healthy label=autoheal=true\n"                                                                       \
        "container db health=healthy\n"                                                                                            \
        "container one id=abc0000000000000000000000000000000000000000000000000000000000001\n"                                      \
        "container two id=abc0000000000000000000000000000000000000000000000000000000000002\n"                                      \
        "fault restart 500 message=\"no space\" container=db\n"

#define ROW_IDS(ids)  "{\"container_ids\":[\"" ids "\"],\"enabled\":true}"
#define ROW_SCOPES(s) "{\"scopes\":[\"" s "\"]}"
#define ROW_CHECK(id) "{\"container_id\":\"" id "\",\"check_type\":\"docker\"}"
#define ROW_OPS(name) "{" name "\"type\":\"ntfy\",\"topic\":\"u\"}"

#define NO_CONTAINER  "{\"detail\":\"Container not found\"}"
#define SEVERAL       "'abc0' fits several containers: one, two"
#define UNSEEN        "the engine was not seen yet"
#define UNSAVED       "\"warnings\":[\"it holds, but cannot be saved yet: "
#define BROKEN        "config.json is broken"
#define LOCKED        "locked by another process"

/* A POST or PUT whose body is of another type, is no JSON, or is none of the right kind. */
#define WRONG_BODIES(route, path, wrong)                                                                                           \
        { route, 415, path, "{}", "Content-Type: application/json", "text/plain", WORLD_FINE },                                    \
                { route, 422, path, "{\"a\":", "json_invalid", NULL, WORLD_FINE },                                                 \
                { route, 422, path, "[]", "\"detail\":", NULL, WORLD_FINE }, {                                                     \
                route, 422, path, wrong, "\"loc\":[\"body\",", NULL, WORLD_FINE                                                    \
        }

/* A route about one container: no such one, several, none seen yet. */
#define NO_SUCH(route, rest)                                                                                                       \
        { route, 404, "/api/containers/nobody" rest, NULL, NO_CONTAINER, NULL, WORLD_FINE },                                       \
                { route, 409, "/api/containers/abc0" rest, NULL, SEVERAL, NULL, WORLD_FINE }, {                                    \
                route, 503, "/api/containers/web" rest, NULL, UNSEEN, NULL, WORLD_UNSEEN                                           \
        }

#define PUT_CONFIG(route, path, good, wrong)                                                                                       \
        { route, 200, path, good, "onfiguration updated", NULL, WORLD_FINE }, WRONG_BODIES(route, path, wrong),                    \
                { route, 409, path, good, BROKEN, NULL, WORLD_BROKEN }, {                                                          \
                route, 500, path, good, "\"detail\":\"", NULL, WORLD_UNSAVED                                                       \
        }

#define MAINTENANCE(route, path, done)                                                                                             \
        { route, 200, path, NULL, done, NULL, WORLD_FINE }, { route, 200, path, "{}", done, NULL, WORLD_FINE },                    \
                WRONG_BODIES(route, path, "{\"scopes\":\"web\"}"),                                                                 \
                { route, 404, path, ROW_SCOPES("nobody"), "nobody", NULL, WORLD_FINE },                                            \
                { route, 409, path, ROW_SCOPES("abc0"), SEVERAL, NULL, WORLD_FINE },                                               \
                { route, 503, path, ROW_SCOPES("web"), UNSEEN, NULL, WORLD_UNSEEN }, {                                             \
                route, 200, path, NULL, UNSAVED, NULL, WORLD_UNSAVED                                                               \
        }

static const struct row rows[] = {
        { "GET /", 200, "/", NULL, "/docs", NULL, WORLD_FINE },
        { "GET /", 304, "/", NULL, NULL, NULL, WORLD_KNOWN },
        { "GET /assets/{file}", 200, "/assets/main.js", NULL, "docker-autoheal", NULL, WORLD_FINE },
        { "GET /assets/{file}", 304, "/assets/main.js", NULL, NULL, NULL, WORLD_KNOWN },
        { "GET /assets/{file}", 404, "/assets/other.js", NULL, "{\"detail\":\"Not Found\"}", NULL, WORLD_FINE },
        { "GET /assets/{file}", 406, "/assets/main.js", NULL, "Accept-Encoding: gzip", NULL, WORLD_UNPACKED },
        { "GET /health", 200, "/health", NULL, "\"status\":\"healthy\"", NULL, WORLD_FINE },
        { "GET /health", 503, "/health", NULL, "\"status\":\"unhealthy\"", NULL, WORLD_FROZEN },
        { "GET /ready", 200, "/ready", NULL, "\"status\":\"ready\"", NULL, WORLD_FINE },
        { "GET /ready", 503, "/ready", NULL, "\"status\":\"not ready\"", NULL, WORLD_UNSEEN },
        { "GET /api/status", 200, "/api/status", NULL, "{\"monitoring_active\":true", NULL, WORLD_FINE },
        { "GET /api/status", 304, "/api/status", NULL, NULL, NULL, WORLD_KNOWN },

        { "GET /api/containers", 200, "/api/containers", NULL, "\"name\":\"web\"", NULL, WORLD_FINE },
        { "GET /api/containers", 304, "/api/containers", NULL, NULL, NULL, WORLD_KNOWN },
        { "GET /api/containers", 422, "/api/containers?include_stopped=maybe", NULL, "\"bool_parsing\"", NULL, WORLD_FINE },
        { "GET /api/containers", 503, "/api/containers", NULL, UNSEEN, NULL, WORLD_UNSEEN },
        { "POST /api/containers/select", 200, "/api/containers/select", ROW_IDS("web"), "Updated 1 containers", NULL, WORLD_FINE },
        WRONG_BODIES("POST /api/containers/select", "/api/containers/select", "{\"enabled\":true}"),
        { "POST /api/containers/select", 409, "/api/containers/select", ROW_IDS("abc0"), SEVERAL, NULL, WORLD_FINE },
        { "POST /api/containers/select", 409, "/api/containers/select", ROW_IDS("db"), BROKEN, NULL, WORLD_BROKEN },
        { "POST /api/containers/select", 500, "/api/containers/select", ROW_IDS("db"), NULL, NULL, WORLD_UNSAVED },
        { "GET /api/containers/{id}", 200, "/api/containers/web", NULL, "\"networks\":[", NULL, WORLD_FINE },
        NO_SUCH("GET /api/containers/{id}", ""),
        { "GET /api/containers/{id}", 504, "/api/containers/web", NULL, "within 5 s", NULL, WORLD_FROZEN },
        { "GET /api/containers/{id}", 502, "/api/containers/web", NULL, "Cannot connect", NULL, WORLD_LEFT },
        { "POST /api/containers/{id}/restart", 502, "/api/containers/web/restart", NULL, "Cannot connect", NULL, WORLD_LEFT },
        { "POST /api/containers/{id}/restart", 200, "/api/containers/web/restart", NULL, "Container web restarted", NULL,
          WORLD_FINE },
        NO_SUCH("POST /api/containers/{id}/restart", "/restart"),
        { "POST /api/containers/{id}/restart", 200, "/api/containers/web/restart", NULL, "Container web restarted", NULL,
          WORLD_UNSAVED },
        { "POST /api/containers/{id}/restart", 502, "/api/containers/db/restart", NULL, "Failed to restart container", NULL,
          WORLD_FINE },
        { "POST /api/containers/{id}/restart", 504, "/api/containers/web/restart", NULL, "nothing was restarted", NULL,
          WORLD_FROZEN },
        { "POST /api/containers/{id}/quarantine", 200, "/api/containers/web/quarantine", NULL, "Container web added to quarantine",
          NULL, WORLD_FINE },
        NO_SUCH("POST /api/containers/{id}/quarantine", "/quarantine"),
        { "POST /api/containers/{id}/quarantine", 200, "/api/containers/web/quarantine", NULL, UNSAVED, NULL, WORLD_UNSAVED },
        { "POST /api/containers/{id}/unquarantine", 200, "/api/containers/web/unquarantine", NULL,
          "Container web removed from quarantine", NULL, WORLD_FINE },
        NO_SUCH("POST /api/containers/{id}/unquarantine", "/unquarantine"),
        { "POST /api/containers/{id}/unquarantine", 200, "/api/containers/gone/unquarantine", NULL, UNSAVED, NULL, WORLD_UNSAVED },
        { "GET /api/containers/{id}/explain", 200, "/api/containers/web/explain", NULL, "\"rules\":[", NULL, WORLD_FINE },
        NO_SUCH("GET /api/containers/{id}/explain", "/explain"),

        MAINTENANCE("POST /api/maintenance/enable", "/api/maintenance/enable", "Maintenance mode enabled"),
        MAINTENANCE("POST /api/maintenance/disable", "/api/maintenance/disable", "Maintenance mode disabled"),
        { "POST /api/maintenance/enable", 503, "/api/maintenance/enable", NULL, LOCKED, NULL, WORLD_LOCKED },
        { "GET /api/maintenance/status", 200, "/api/maintenance/status", NULL, "\"scopes\":[", NULL, WORLD_FINE },

        { "GET /api/events", 200, "/api/events", NULL, "\"event_type\":", NULL, WORLD_FINE },
        { "GET /api/events", 422, "/api/events?limit=-1", NULL, "\"loc\":[\"query\",\"limit\"]", NULL, WORLD_FINE },
        { "GET /api/events", 500, "/api/events", NULL, "events.json", NULL, WORLD_TORN },
        { "DELETE /api/events", 500, "/api/events", NULL, NULL, NULL, WORLD_UNSAVED },
        { "DELETE /api/events", 503, "/api/events", NULL, LOCKED, NULL, WORLD_LOCKED },
        { "GET /api/events/stream", 200, "/api/events/stream", NULL, "event: engine", NULL, WORLD_CROWDED },
        { "GET /api/events/stream", 503, "/api/events/stream", NULL, "more are not served", NULL, WORLD_CROWDED },

        { "POST /api/pass", 200, "/api/pass", NULL, "\"summary\":{", NULL, WORLD_FINE },
        { "POST /api/pass", 502, "/api/pass", NULL, "Cannot connect", NULL, WORLD_UNSEEN },
        { "POST /api/pass", 504, "/api/pass", NULL, "within 15 s", NULL, WORLD_FROZEN },
        { "GET /api/plan", 200, "/api/plan", NULL, "\"verdict\":\"ok\"", NULL, WORLD_FINE },
        { "GET /api/plan", 503, "/api/plan", NULL, UNSEEN, NULL, WORLD_UNSEEN },

        { "GET /api/config", 200, "/api/config", NULL, "{\"monitor\":{\"interval_seconds\":", NULL, WORLD_FINE },
        { "GET /api/config", 422, "/api/config?secrets=maybe", NULL, "\"bool_parsing\"", NULL, WORLD_FINE },
        { "GET /api/config/settings", 200, "/api/config/settings", NULL, "\"path\":\"restart.mode\"", NULL, WORLD_FINE },
        PUT_CONFIG("PUT /api/config", "/api/config", "{\"restart\":{\"max_restarts\":5}}", "{\"restart\":{\"max_restarts\":0}}"),
        { "POST /api/config/validate", 200, "/api/config/validate", "{\"restart\":{\"max_restarts\":9}}", "It can be saved", NULL,
          WORLD_FINE },
        { "POST /api/config/validate", 200, "/api/config/validate", "{\"restart\":{\"max_restarts\":0}}", "\"invalid\"", NULL,
          WORLD_FINE },
        { "POST /api/config/validate", 409, "/api/config/validate", "{\"restart\":{\"max_restarts\":9}}", BROKEN, NULL,
          WORLD_BROKEN },
        { "POST /api/config/validate", 415, "/api/config/validate", "{}", "Content-Type: application/json", "text/plain",
          WORLD_FINE },
        { "POST /api/config/validate", 422, "/api/config/validate", "[]", "\"detail\":", NULL, WORLD_FINE },
        PUT_CONFIG("PUT /api/config/monitor", "/api/config/monitor", "{\"interval_seconds\":45}", "{\"interval_seconds\":0}"),
        PUT_CONFIG("PUT /api/config/restart", "/api/config/restart", "{\"mode\":\"health\"}", "{\"mode\":\"never\"}"),
        PUT_CONFIG("PUT /api/config/observability", "/api/config/observability", "{\"log_level\":\"DEBUG\"}", "{\"log_level\":1}"),
        { "DELETE /api/notifications/services/{name}", 503, "/api/notifications/services/ops", NULL, LOCKED, NULL, WORLD_LOCKED },
        { "GET /api/config/export", 200, "/api/config/export", NULL, "\"gone.one\"", NULL, WORLD_FINE },
        { "GET /api/config/export", 409, "/api/config/export", NULL, BROKEN, NULL, WORLD_BROKEN },
        { "GET /api/config/export", 422, "/api/config/export?secrets=maybe", NULL, "\"bool_parsing\"", NULL, WORLD_FINE },

        { "GET /api/healthchecks", 200, "/api/healthchecks", NULL, "{\"gone.one\":{", NULL, WORLD_FINE },
        { "GET /api/healthchecks", 422, "/api/healthchecks?secrets=maybe", NULL, "\"bool_parsing\"", NULL, WORLD_FINE },
        { "POST /api/healthchecks", 200, "/api/healthchecks", ROW_CHECK("web"), "Health check added for container ", NULL,
          WORLD_FINE },
        WRONG_BODIES("POST /api/healthchecks", "/api/healthchecks", "{\"check_type\":\"docker\"}"),
        { "POST /api/healthchecks", 404, "/api/healthchecks", ROW_CHECK("nobody"), NO_CONTAINER, NULL, WORLD_FINE },
        { "POST /api/healthchecks", 409, "/api/healthchecks", ROW_CHECK("abc0"), SEVERAL, NULL, WORLD_FINE },
        { "POST /api/healthchecks", 409, "/api/healthchecks", ROW_CHECK("web"), BROKEN, NULL, WORLD_BROKEN },
        { "POST /api/healthchecks", 500, "/api/healthchecks", ROW_CHECK("web"), NULL, NULL, WORLD_UNSAVED },
        { "POST /api/healthchecks", 503, "/api/healthchecks", ROW_CHECK("web"), UNSEEN, NULL, WORLD_UNSEEN },
        { "GET /api/healthchecks/{id}", 200, "/api/healthchecks/web", NULL, "\"check_type\":\"docker\"", NULL, WORLD_FINE },
        { "GET /api/healthchecks/{id}", 404, "/api/healthchecks/nobody", NULL, NO_CONTAINER, NULL, WORLD_FINE },
        { "GET /api/healthchecks/{id}", 404, "/api/healthchecks/db", NULL, "No custom health check found for this container", NULL,
          WORLD_FINE },
        { "GET /api/healthchecks/{id}", 409, "/api/healthchecks/abc0", NULL, SEVERAL, NULL, WORLD_FINE },
        { "GET /api/healthchecks/{id}", 422, "/api/healthchecks/web?secrets=maybe", NULL, "\"bool_parsing\"", NULL, WORLD_FINE },
        { "GET /api/healthchecks/{id}", 503, "/api/healthchecks/web", NULL, UNSEEN, NULL, WORLD_UNSEEN },
        { "POST /api/healthchecks/{id}/test", 200, "/api/healthchecks/web/test", NULL, "{\"status\":\"", NULL, WORLD_FINE },
        { "POST /api/healthchecks/{id}/test", 404, "/api/healthchecks/db/test", NULL,
          "No custom health check found for this container", NULL, WORLD_FINE },
        { "POST /api/healthchecks/{id}/test", 404, "/api/healthchecks/nobody/test", NULL, NO_CONTAINER, NULL, WORLD_FINE },
        { "POST /api/healthchecks/{id}/test", 409, "/api/healthchecks/abc0/test", NULL, SEVERAL, NULL, WORLD_FINE },
        { "POST /api/healthchecks/{id}/test", 504, "/api/healthchecks/web/test", NULL, "within 5 s", NULL, WORLD_FROZEN },
        { "POST /api/healthchecks/{id}/test", 503, "/api/healthchecks/web/test", NULL, UNSEEN, NULL, WORLD_UNSEEN },
        { "DELETE /api/healthchecks/{id}", 200, "/api/healthchecks/web", NULL, "Health check removed for container web", NULL,
          WORLD_FINE },
        { "DELETE /api/healthchecks/{id}", 404, "/api/healthchecks/nobody", NULL, NO_CONTAINER, NULL, WORLD_FINE },
        { "DELETE /api/healthchecks/{id}", 409, "/api/healthchecks/abc0", NULL, SEVERAL, NULL, WORLD_FINE },
        { "DELETE /api/healthchecks/{id}", 409, "/api/healthchecks/web", NULL, BROKEN, NULL, WORLD_BROKEN },
        { "DELETE /api/healthchecks/{id}", 500, "/api/healthchecks/gone.one", NULL, NULL, NULL, WORLD_UNSAVED },
        { "DELETE /api/healthchecks/{id}", 503, "/api/healthchecks/web", NULL, UNSEEN, NULL, WORLD_UNSEEN },

        { "GET /api/notifications/config", 200, "/api/notifications/config", NULL, "\"services\":[{\"name\":\"ops\"", NULL,
          WORLD_FINE },
        { "GET /api/notifications/config", 422, "/api/notifications/config?secrets=maybe", NULL, "\"bool_parsing\"", NULL,
          WORLD_FINE },
        { "PUT /api/notifications/config", 200, "/api/notifications/config", "{\"enabled\":true}", "\"config\":{\"enabled\":true",
          NULL, WORLD_FINE },
        WRONG_BODIES("PUT /api/notifications/config", "/api/notifications/config", "{\"enabled\":7}"),
        { "PUT /api/notifications/config", 409, "/api/notifications/config", "{\"enabled\":true}", BROKEN, NULL, WORLD_BROKEN },
        { "PUT /api/notifications/config", 500, "/api/notifications/config", "{\"enabled\":true}", NULL, NULL, WORLD_UNSAVED },
        { "POST /api/notifications/services", 200, "/api/notifications/services", ROW_OPS("\"name\":\"more\","),
          "Notification service 'more' added", NULL, WORLD_FINE },
        { "POST /api/notifications/services", 400, "/api/notifications/services", ROW_OPS("\"name\":\"ops\","),
          "{\"detail\":\"Service with name 'ops' already exists\"}", NULL, WORLD_FINE },
        WRONG_BODIES("POST /api/notifications/services", "/api/notifications/services", ROW_OPS("")),
        { "POST /api/notifications/services", 409, "/api/notifications/services", ROW_OPS("\"name\":\"m\","), BROKEN, NULL,
          WORLD_BROKEN },
        { "POST /api/notifications/services", 500, "/api/notifications/services", ROW_OPS("\"name\":\"m\","), NULL, NULL,
          WORLD_UNSAVED },
        { "PUT /api/notifications/services/{name}", 200, "/api/notifications/services/more", ROW_OPS(""),
          "Notification service 'more' updated", NULL, WORLD_FINE },
        { "PUT /api/notifications/services/{name}", 400, "/api/notifications/services/more", ROW_OPS("\"name\":\"ops\","),
          "Service with name 'ops' already exists", NULL, WORLD_FINE },
        { "PUT /api/notifications/services/{name}", 404, "/api/notifications/services/none", ROW_OPS(""),
          "{\"detail\":\"Service 'none' not found\"}", NULL, WORLD_FINE },
        WRONG_BODIES("PUT /api/notifications/services/{name}", "/api/notifications/services/more", "{\"type\":\"pigeon\"}"),
        { "PUT /api/notifications/services/{name}", 409, "/api/notifications/services/ops", ROW_OPS(""), BROKEN, NULL,
          WORLD_BROKEN },
        { "PUT /api/notifications/services/{name}", 500, "/api/notifications/services/ops", ROW_OPS(""), NULL, NULL,
          WORLD_UNSAVED },
        { "DELETE /api/notifications/services/{name}", 200, "/api/notifications/services/more", NULL,
          "Notification service 'more' deleted", NULL, WORLD_FINE },
        { "DELETE /api/notifications/services/{name}", 404, "/api/notifications/services/more", NULL,
          "{\"detail\":\"Service 'more' not found\"}", NULL, WORLD_FINE },
        { "DELETE /api/notifications/services/{name}", 409, "/api/notifications/services/ops", NULL, BROKEN, NULL, WORLD_BROKEN },
        { "DELETE /api/notifications/services/{name}", 500, "/api/notifications/services/ops", NULL, NULL, NULL, WORLD_UNSAVED },
        { "POST /api/notifications/test/{name}", 400, "/api/notifications/test/off", NULL,
          "{\"detail\":\"Service 'off' is disabled\"}", NULL, WORLD_FINE },
        { "POST /api/notifications/test/{name}", 404, "/api/notifications/test/none", NULL, "Service 'none' not found", NULL,
          WORLD_FINE },
        { "POST /api/notifications/test/{name}", 422, "/api/notifications/test/bad", NULL, "server_url must be set", NULL,
          WORLD_FINE },
        { "POST /api/notifications/test/{name}", 200, "/api/notifications/test/ops", NULL, "Test notification sent successfully",
          NULL, WORLD_FINE },
        { "POST /api/notifications/test/{name}", 502, "/api/notifications/test/down", NULL,
          "{\"detail\":\"Service 'down': the service answers 500\"}", NULL, WORLD_FINE },

        { "GET /metrics", 200, "/metrics", NULL, "autoheal_engine_up", NULL, WORLD_FROZEN },
        { "GET /metrics", 404, "/metrics", NULL, "observability.prometheus_enabled", NULL, WORLD_FINE },
        { "GET /openapi.json", 200, "/openapi.json", NULL, "\"openapi\":\"3.1.0\"", NULL, WORLD_FINE },
        { "GET /docs", 200, "/docs", NULL, "/api/containers/{id}/restart", NULL, WORLD_FINE },
        { "GET /redoc", 200, "/redoc", NULL, "/api/containers/{id}/restart", NULL, WORLD_FINE },

        { "POST /api/config/import", 415, "/api/config/import", "{}", "Content-Type: application/json", "text/plain", WORLD_FINE },
        { "POST /api/config/import", 422, "/api/config/import", "{}", "boundary", "multipart/form-data", WORLD_FINE },
        { "POST /api/config/import", 422, "/api/config/import", "--x--\r\n", "\"loc\":[\"body\",\"file\"]",
          "multipart/form-data; boundary=x", WORLD_FINE },
        { "POST /api/config/import", 422, "/api/config/import", "{\"restart\":{\"max_restarts\":0}}", "must be >= 1", NULL,
          WORLD_FINE },
        { "POST /api/config/import", 500, "/api/config/import", "{\"restart\":{\"max_restarts\":6}}", NULL, NULL, WORLD_UNSAVED },
        { "POST /api/config/import", 200, "/api/config/import", ROW_IMPORTED, "Configuration imported successfully", NULL,
          WORLD_FINE },
        { "POST /api/config/import", 200, "/api/config/import", ROW_FORM, "Configuration imported successfully",
          "multipart/form-data; boundary=x", WORLD_FINE },
        { "DELETE /api/events", 200, "/api/events", NULL, "All events cleared", NULL, WORLD_FINE },
};

#endif
