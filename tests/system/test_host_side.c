/* SPDX-License-Identifier: MIT */
/* What nobody may over HTTP, with or without token: reach the host through the configuration, or see a secret by writing its mask back. */
#include "support/rest.h"
#include "support/routes.h"

#define SECRET "s3cr3t-of-the-tests"

static struct api_routes routes;

static void begin_as(struct scene *s, const char *arguments) {
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        rest_start_as(s, (struct rest_ask){ .arguments = arguments });
        routes_read(&routes);
}

/* ---- The host ---- */

#define FILE_VALUE "{\"file\":\"/etc/shadow\"}"

/* Each would make serve run, read or write something of the host's, or listen elsewhere. */
static const struct {
        const char *method, *path, *body;
} host_side[] = {
        { "PUT", "/api/config", "{\"hooks\":{\"pre_restart\":[\"/bin/sh\"]}}" },
        { "PUT", "/api/config", "{\"hooks\":null}" },
        { "PUT", "/api/config", "{\"hooks\":[]}" },
        { "PUT", "/api/config", "{\"\\u0068ooks\":{\"post_restart\":[\"/bin/sh\"]}}" },
        { "PUT", "/api/config", "{\"hooks\":{},\"hooks\":{\"pre_restart\":[\"/bin/sh\"]}}" },
        { "PUT", "/api/config", "{\"ui\":{\"listen_address\":\"0.0.0.0\"}}" },
        { "PUT", "/api/config", "{\"ui\":{\"listen_address\":\"unix:///run/x\"}}" },
        { "PUT", "/api/config", "{\"ui\":null}" },
        { "PUT", "/api/config", "{\"ui\":{\"listen_port\":null}}" },
        { "PUT", "/api/config", "{\"ui\":{\"listen_port\":1234}}" },
        { "PUT", "/api/config", "{\"observability\":null}" },
        { "PUT", "/api/config", "{\"observability\":{\"textfile\":\"/etc/cron.d/x\"}}" },
        { "PUT", "/api/config", "{\"observability\":{\"text\\u0066ile\":\"/etc/cron.d/x\"}}" },
        { "PUT", "/api/config", "{\"alerts\":{\"webhook\":" FILE_VALUE "}}" },
        { "PUT", "/api/config", "{\"alerts\":{\"webhook\":{\"fil\\u0065\":\"/etc/shadow\"}}}" },
        { "PUT", "/api/config", "{\"uptime_kuma\":{\"api_token\":" FILE_VALUE "}}" },
        { "PUT", "/api/config", "{\"notifications\":{\"services\":[{\"name\":\"x\",\"type\":\"slack\",\"url\":" FILE_VALUE "}]}}" },
        { "PUT", "/api/config", "{\"monitor\":{\"label_key\":" FILE_VALUE "}}" },
        { "PUT", "/api/config/monitor", "{\"label_value\":" FILE_VALUE "}" },
        { "PUT", "/api/config/restart", "{\"mode\":" FILE_VALUE "}" },
        { "PUT", "/api/config/observability", "{\"textfile\":\"/etc/cron.d/x\"}" },
        { "PUT", "/api/config/observability", "{\"textfile\":null}" },
        { "PUT", "/api/config/observability", "{\"metrics_address\":\"0.0.0.0\"}" },
        { "PUT", "/api/config/observability", "{\"metrics_port\":1}" },
        { "PUT", "/api/config/observability", "{\"log_level\":" FILE_VALUE "}" },
        { "PUT", "/api/notifications/config", "{\"services\":[{\"name\":\"x\",\"type\":\"slack\",\"url\":" FILE_VALUE "}]}" },
        { "PUT", "/api/notifications/config", "{\"event_filters\":[" FILE_VALUE "]}" },
        { "POST", "/api/notifications/services", "{\"name\":\"x\",\"type\":\"slack\",\"url\":" FILE_VALUE "}" },
        { "POST", "/api/notifications/services",
          "{\"name\":\"x\",\"type\":\"webhook\",\"url\":\"https://evil\",\"headers\":{\"A\":" FILE_VALUE "}}" },
        /* What a file of the host holds goes where the host says, and nowhere else. */
        { "PUT", "/api/notifications/services/ops",
          "{\"type\":\"gotify\",\"server_url\":\"https://evil\",\"app_token\":{\"file\":\"/run/secrets/g\"}}" },
        { "PUT", "/api/notifications/services/ops",
          "{\"type\":\"gotify\",\"server_url\":\"https://g\",\"app_token\":" FILE_VALUE "}" },
        { "PUT", "/api/notifications/services/ops",
          "{\"name\":\"mine\",\"type\":\"gotify\",\"server_url\":\"https://g\",\"app_token\":{\"file\":\"/run/secrets/g\"}}" },
        { "POST", "/api/notifications/services",
          "{\"name\":\"x\",\"type\":\"gotify\",\"server_url\":\"https://evil\",\"app_token\":{\"file\":\"/run/secrets/g\"}}" },
        { "POST", "/api/healthchecks",
          "{\"container_id\":\"web\",\"check_type\":\"http\",\"http_endpoint\":\"http://h/\",\"http_headers\":{\"A\":" FILE_VALUE
          "}}" },
        { "POST", "/api/healthchecks", "{\"container_id\":\"web\",\"check_type\":\"http\",\"http_endpoint\":" FILE_VALUE "}" },
        { "POST", "/api/healthchecks", "{\"container_id\":\"web\",\"check_type\":\"exec\",\"exec_command\":[" FILE_VALUE "]}" },
        { "POST", "/api/healthchecks",
          "{\"container_id\":\"web\",\"check_type\":\"http\",\"http_endpoint\":\"file:///etc/shadow\"}" },
        { "POST", "/api/containers/select", "{\"container_ids\":[" FILE_VALUE "],\"enabled\":true}" },
        { "POST", "/api/maintenance/enable", "{\"reason\":" FILE_VALUE "}" },
};

#define HOST_CONFIG                                                                                                                \
        "{\"hooks\":{\"pre_restart\":[\"/usr/bin/logger\"]},\"observability\":{\"textfile\":\"/var/lib/x.prom\"},"                 \
        "\"ui\":{\"listen_port\":8123},\"notifications\":{\"services\":[{\"name\":\"ops\",\"type\":\"gotify\","                    \
        "\"server_url\":\"https://g\",\"app_token\":{\"file\":\"/run/secrets/g\"}}]}}"

static void try_the_hosts_side(struct scene *s) {
        AUTO_FREE char *before = data_get(s, "config.json");

        for (size_t i = 0; i < N_ELEMENTS(host_side); i++) {
                const struct rest_answer *a =
                        rest_send(host_side[i].method, host_side[i].path, "application/json", host_side[i].body);
                if (a->status != 422)
                        fail_msg("%s %s %s: %ld %s", host_side[i].method, host_side[i].path, host_side[i].body, a->status, a->body);
                if (!str_eq(host_side[i].path, "/api/config"))
                        continue;
                /* The whole at once: what it names otherwise is refused, as json and as a form. */
                if (strstr(host_side[i].body, ":null") && !strstr(host_side[i].body, "hooks"))
                        continue;
                check_status(rest_post("/api/config/import", host_side[i].body), 422);
                check_status(rest_upload("/api/config/import", "file", host_side[i].body), 422);
        }
        AUTO_FREE char *after = data_get(s, "config.json");
        assert_string_equal(before, after);
        /* What is there already may be sent back. */
        check_status(
                rest_put("/api/config", "{\"ui\":{\"listen_port\":8123},\"observability\":{\"textfile\":\"/var/lib/x.prom\"}}"),
                200);
        check_status(rest_put("/api/config", before), 200);
        check_status(rest_post("/api/config/import", before), 200);
}

static void the_token_does_not_open_the_host(void **state) {
        data_put(*state, "config.json", HOST_CONFIG);
        begin_as(*state, NULL);
        try_the_hosts_side(*state);
}

static void nor_does_doing_without(void **state) {
        data_put(*state, "config.json", HOST_CONFIG);
        begin_as(*state, "--no-auth");
        rest_with_token(false);
        try_the_hosts_side(*state);
}

/* ---- Masks ---- */

#define MASK "********"
#define MASKED_CONFIG                                                                                                              \
        "{\"alerts\":{\"webhook\":\"https://h/" SECRET "\"},\"uptime_kuma\":{\"api_token\":\"" SECRET "\"},\"notifications\":{"    \
        "\"services\":[{\"name\":\"ops\",\"type\":\"webhook\",\"url\":\"https://h/" SECRET "\",\"headers\":{\"A\":\"" SECRET       \
        "\"}},{\"name\":\"two\",\"type\":\"ntfy\",\"topic\":\"t\",\"username\":\"u\",\"password\":\"" SECRET "\"}]},"              \
        "\"custom_health_checks\":{\"web\":{\"container_id\":\"web\",\"check_type\":\"http\",\"http_endpoint\":\"http://h/"        \
        "\",\"http_headers\":{\"A\":\"" SECRET "\"}}}}"

static size_t count_secrets(struct scene *s) {
        AUTO_FREE char *text = data_get(s, "config.json");
        size_t n = 0;

        check_lacks(text, MASK);
        for (const char *p = text; (p = strstr(p, SECRET)) != NULL; p++)
                n++;
        return n;
}

/* Without the token nobody sees them; shown as masks and sent back as masks they stay what they are. */
static void what_is_masked_stays_what_it_is(void **state) {
        static const struct {
                const char *shown, *method, *back;
        } ways[] = {
                { "/api/config", "PUT", "/api/config" },
                { "/api/config/export", "PUT", "/api/config" },
                { "/api/config/export", "POST", "/api/config/import" },
                { "/api/notifications/config", "PUT", "/api/notifications/config" },
                { "/api/healthchecks/web", "POST", "/api/healthchecks" },
        };
        struct scene *s = *state;

        data_put(s, "config.json", MASKED_CONFIG);
        begin_as(s, NULL);
        for (size_t i = 0; i < N_ELEMENTS(ways); i++) {
                rest_with_token(false);
                AUTO_FREE char *shown = xstrdup(rest_get(ways[i].shown)->body);
                check_lacks(shown, SECRET);
                check_contains(shown, MASK);
                rest_with_token(true);
                if (str_eq(ways[i].back, "/api/config/import"))
                        check_status(rest_upload(ways[i].back, "file", shown), 200);
                const struct rest_answer *a = rest_send(ways[i].method, ways[i].back, "application/json", shown);
                check_status(a, 200);
                check_lacks(a->body, SECRET);
                assert_int_equal(count_secrets(s), 6);
        }
        check_status(rest_put("/api/notifications/services/two",
                              "{\"type\":\"ntfy\",\"topic\":\"t\",\"username\":\"u\",\"password\":\"" MASK "\"}"),
                     200);
        assert_int_equal(count_secrets(s), 6);
}

/* A mask stands for what is in its own place, not for what somebody would like to move elsewhere, where it may be seen. */
static void a_mask_moves_nothing(void **state) {
        static const struct {
                const char *method, *path, *body;
        } moves[] = {
                { "PUT", "/api/config", "{\"uptime_kuma\":{\"username\":\"" MASK "\"}}" },
                { "PUT", "/api/notifications/services/two",
                  "{\"type\":\"ntfy\",\"topic\":\"t\",\"server_url\":\"" MASK "\",\"username\":\"u\",\"password\":\"p\"}" },
                { "PUT", "/api/notifications/services/two", "{\"type\":\"slack\",\"url\":\"" MASK "\"}" },
                { "POST", "/api/notifications/services", "{\"name\":\"new\",\"type\":\"slack\",\"url\":\"" MASK "\"}" },
                { "PUT", "/api/notifications/config",
                  "{\"services\":[{\"name\":\"new\",\"type\":\"slack\",\"url\":\"" MASK "\"}]}" },
                { "POST", "/api/healthchecks",
                  "{\"container_id\":\"web\",\"check_type\":\"http\",\"http_endpoint\":\"http://h/"
                  "\",\"http_headers\":{\"B\":\"" MASK "\"}}" },
                { "POST", "/api/config/import", "{\"alerts\":{},\"uptime_kuma\":{\"username\":\"" MASK "\"}}" },
        };
        struct scene *s = *state;

        data_put(s, "config.json", MASKED_CONFIG);
        begin_as(s, NULL);
        for (size_t i = 0; i < N_ELEMENTS(moves); i++) {
                const struct rest_answer *a = rest_send(moves[i].method, moves[i].path, "application/json", moves[i].body);
                if (a->status != 422 || !strstr(a->body, "is masked"))
                        fail_msg("%s %s: %ld %s", moves[i].path, moves[i].body, a->status, a->body);
                check_lacks(a->body, SECRET);
        }
        assert_int_equal(count_secrets(s), 6);
        rest_with_token(false);
        for (size_t i = 0; i < routes.n; i++)
                if (str_eq(routes.items[i].method, "GET") && !str_eq(routes.items[i].path, "/api/events/stream"))
                        check_lacks(rest_get(routes.items[i].path)->body, SECRET);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                rest_test(the_token_does_not_open_the_host),
                rest_test(nor_does_doing_without),
                rest_test(what_is_masked_stays_what_it_is),
                rest_test(a_mask_moves_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
