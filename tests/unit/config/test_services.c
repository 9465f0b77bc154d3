/* SPDX-License-Identifier: MIT */
/* Notification services and health checks: what each kind needs, a warning in a file and an error where it is set. */
#include "autoheal/config/remote.h"
#include "edit_fixture.h"

static const char *service(struct fixture *f, const char *members) {
        return arena_printf(&f->arena, "{\"notifications\":{\"services\":[{\"name\":\"a\",%s}]}}", members);
}

static const char *check(struct fixture *f, const char *members) {
        return arena_printf(&f->arena, "{\"custom_health_checks\":{\"shop.web\":{%s}}}", members);
}

static void check_fine(struct fixture *f, const char *text) {
        check_clean(f, text);
}

static void check_wrong(struct fixture *f, const char *text, const char *where, const char *message) {
        size_t errors, new_errors;

        assert_int_equal(load(f, text), 0);
        check_issue(&f->issues, false, where, message);
        f->issues = (struct config_issues)CONFIG_ISSUES_INIT(&f->arena);
        assert_int_equal(config_judge("", text, strlen(text), NULL, 0, &f->issues, &errors, &new_errors, NULL), 0);
        check_issue(&f->issues, true, where, message);
        assert_true(find_issue(&f->issues, where)->line == 1 && find_issue(&f->issues, where)->column > 1);
}

static void each_type_has_what_it_needs(void **data) {
        struct fixture *f = *data;

        check_fine(f, service(f, "\"type\":\"webhook\",\"url\":\"http://h\",\"headers\":{\"X-A\":\"b\",\"C\":{\"file\":\"/d\"}}"));
        check_fine(f, service(f, "\"type\":\"discord\",\"url\":\"https://h\",\"username\":\"u\",\"enabled\":false"));
        check_fine(f, service(f, "\"type\":\"slack\",\"url\":{\"file\":\"/run/secrets/url\"}"));
        check_fine(f, service(f, "\"type\":\"telegram\",\"bot_token\":\"1:a\",\"chat_id\":\"-7\""));
        check_fine(f, service(f, "\"type\":\"ntfy\",\"topic\":\"t\",\"url\":null,\"username\":null,\"password\":null"));
        check_fine(f, service(f, "\"type\":\"gotify\",\"server_url\":\"https://g\",\"app_token\":\"t\""));
        check_fine(f, service(f, "\"type\":\"pushover\",\"user_key\":\"k\",\"api_token\":\"t\""));
        check_fine(f, service(f, "\"type\":\"apprise\",\"url\":\"http://apprise:8000/notify/x\""));
        check_fine(f, service(f, "\"type\":\"email\",\"url\":\"smtps://m:465\",\"from\":\"a@b\",\"to\":[\"c@d\",\"e@f\"]"));
        check_fine(f, service(f, "\"type\":\"email\",\"url\":\"smtp://m\",\"from\":\"a@b\",\"to\":\"c@d\""));
}

static void what_a_type_lacks_is_told(void **data) {
        struct fixture *f = *data;
        static const struct {
                const char *members, *field, *message;
        } cases[] = {
                { "\"type\":\"webhook\"", "url", "must be set for a webhook" },
                { "\"type\":\"discord\",\"url\":\"\"", "url", "must be set for a discord service" },
                { "\"type\":\"slack\",\"url\":null", "url", "must be set for a slack service" },
                { "\"type\":\"telegram\"", "bot_token", "must be set for a telegram service" },
                { "\"type\":\"telegram\"", "chat_id", "must be set for a telegram service" },
                { "\"type\":\"ntfy\"", "topic", "must be set for an ntfy service" },
                { "\"type\":\"gotify\"", "app_token", "must be set for a gotify service" },
                { "\"type\":\"pushover\"", "user_key", "must be set for a pushover service" },
                { "\"type\":\"apprise\"", "url", "must be set for an apprise service" },
                { "\"type\":\"email\"", "to", "must be set for an email service" },
                { "\"type\":\"email\",\"url\":\"https://h\"", "url", "must be an address that begins with smtps:// or smtp://" },
                { "\"type\":\"ntfy\",\"topic\":\"a/b\"", "topic", "must not contain any of / ? # % \\ or blanks" },
                { "\"type\":\"ntfy\",\"topic\":\"t\",\"password\":\"p\"", "username", "must be set where there is a password" },
                { "\"type\":\"slack\",\"url\":\"https://h\\r\\nX: y\"", "url", "must not contain control characters" },
                { "\"type\":\"slack\",\"url\":\"https:///x\"", "url", "must be an address that begins with https:// or http://" },
                { "\"type\":\"slack\",\"url\":{\"file\":\"x\"}", "url",
                  "must be {\"file\": \"/an/absolute/path\"} and nothing else" },
                { "\"type\":\"slack\",\"url\":{\"file\":\"/x\",\"y\":1}", "url",
                  "must be {\"file\": \"/an/absolute/path\"} and nothing else" },
                { "\"type\":\"slack\",\"url\":7", "url", "must be a string or {\"file\": \"/path\"}" },
                { "\"type\":\"slack\",\"url\":\"https://h\",\"enabled\":1", "enabled", "must be true or false" },
                { "\"type\":\"webhook\",\"url\":\"https://h\",\"headers\":{\"a b\":\"c\"}", "headers",
                  "has a name that is no header's" },
                { "\"type\":\"webhook\",\"url\":\"https://h\",\"headers\":{\"a\":\"b\\nc\"}", "headers",
                  "must have strings of one line, or {\"file\": \"/path\"}, as values" },
        };

        for (size_t i = 0; i < N_ELEMENTS(cases); i++)
                check_wrong(f, service(f, cases[i].members),
                            arena_printf(&f->arena, "notifications.services[0].%s", cases[i].field), cases[i].message);
        check_wrong(f, service(f, "\"type\":\"slack\",\"url\":\"https://h\",\"enabld\":true"),
                    "notifications.services[0]['enabld']", "unknown key (did you mean enabled?)");
}

static void names_are_unique_and_fit_into_a_path(void **data) {
        struct fixture *f = *data;
        const char *wide = "0123456789012345678901234567890123456789012345678901234567890123x";

        check_wrong(f, "{\"notifications\":{\"services\":[{}]}}", "notifications.services[0].name", "must be set");
        check_wrong(f, "{\"notifications\":{\"services\":[{\"name\":\"..\"}]}}", "notifications.services[0].name",
                    "must not contain a '/', nor be '.' or '..'");
        check_wrong(f, "{\"notifications\":{\"services\":[{\"name\":\"a\\u001b\"}]}}", "notifications.services[0].name",
                    "must not contain control characters");
        check_wrong(f, arena_printf(&f->arena, "{\"notifications\":{\"services\":[{\"name\":\"%s\"}]}}", wide),
                    "notifications.services[0].name", "must be at most 64 bytes long");
        check_wrong(f, "{\"notifications\":{\"services\":[{\"name\":\"b\"},{\"name\":\"\\u0062\"}]}}",
                    "notifications.services[1].name", "must be unique ('b' comes twice)");
}

/* A broken token must not come out in a message. */
static void no_value_is_shown(void **data) {
        struct fixture *f = *data;

        assert_int_equal(
                load(f,
                     service(f, "\"type\":\"telegram\",\"bot_token\":\"hunter2/\",\"chat_id\":\"hunter2\\n\",\"url\":\"hunter2\"")),
                0);
        assert_true(f->issues.n >= 3);
        for (size_t i = 0; i < f->issues.n; i++)
                assert_null(strstr(f->issues.items[i].message, "hunter2"));
}

static void each_kind_of_check_has_what_it_needs(void **data) {
        struct fixture *f = *data;

        check_fine(f, check(f, "\"container_id\":\"x\",\"check_type\":\"http\",\"http_endpoint\":\"http://localhost:80/h?x=1\","
                               "\"http_expected_status\":204,\"http_expected_body\":\"a\\nb\",\"http_headers\":{\"A\":\"b\"},"
                               "\"http_insecure_tls\":true,\"tcp_port\":null"));
        check_fine(f,
                   check(f, "\"check_type\":\"tcp\",\"tcp_port\":80,\"interval_seconds\":1,\"timeout_seconds\":1,\"retries\":1"));
        check_fine(f, check(f, "\"check_type\":\"exec\",\"exec_command\":[\"sh\",\"-c\",\"a\\nb\"]"));
        check_fine(f, check(f, "\"check_type\":\"docker\""));
        check_wrong(f, check(f, ""), "custom_health_checks['shop.web'].check_type", "must be one of http, tcp, exec, docker");
        check_wrong(f, check(f, "\"check_type\":\"tcp\""), "custom_health_checks['shop.web'].tcp_port",
                    "must be set for a tcp check");
        check_wrong(f, check(f, "\"check_type\":\"exec\",\"exec_command\":[\"\"]"), "custom_health_checks['shop.web'].exec_command",
                    "must begin with the name of a program");
        check_wrong(f, check(f, "\"check_type\":\"exec\",\"exec_command\":\"sh\""), "custom_health_checks['shop.web'].exec_command",
                    "must be an array of strings");
        check_wrong(f, check(f, "\"check_type\":\"http\",\"http_endpoint\":\"localhost\""),
                    "custom_health_checks['shop.web'].http_endpoint", "must be an address that begins with http:// or https://");
        check_wrong(f, check(f, "\"check_type\":\"docker\",\"interval_seconds\":0"),
                    "custom_health_checks['shop.web'].interval_seconds", "must be an integer, 1..31536000");
        check_wrong(f, check(f, "\"check_type\":\"docker\",\"retires\":1"), "custom_health_checks['shop.web']['retires']",
                    "unknown key (did you mean retries?)");
}

static void filters_are_events(void **data) {
        struct fixture *f = *data;

        check_fine(
                f,
                "{\"notifications\":{\"event_filters\":[\"restart\",\"health_check_failed\",\"health_check\",\"auto_monitor\"]}}");
        assert_int_equal(load(f, "{\"notifications\":{\"event_filters\":[\"restrt\"]}}"), 0);
        assert_non_null(find_issue(&f->issues, "notifications.event_filters[0]"));
        assert_non_null(
                strstr(find_issue(&f->issues, "notifications.event_filters[0]")->message, ", health_check_failed (is 'restrt')"));
}

static void many_are_too_many(void **data) {
        struct fixture *f = *data;
        const char *list = "";

        for (int i = 0; i < 51; i++)
                list = arena_printf(&f->arena, "%s%s{\"name\":\"%d\",\"type\":\"ntfy\",\"topic\":\"t\"}", list, i ? "," : "", i);
        assert_int_equal(load(f, arena_printf(&f->arena, "{\"notifications\":{\"services\":[%s]}}", list)), 0);
        check_issue(&f->issues, false, "notifications.services", "has more than 50 services");
        assert_int_equal(f->issues.n, 1);
}

/* ---- As data ---- */

static void a_service_is_data(void **data) {
        struct fixture *f = *data;
        const struct service *s;

        assert_int_equal(load(f,
                              "{\"notifications\":{\"enabled\":true,\"event_filters\":[],\"services\":[{\"name\":\"m\",\"type\":"
                              "\"email\",\"enabled\":false,\"url\":\"smtps://h\",\"from\":\"a@b\",\"to\":[\"c@d\",\"e@f\"],"
                              "\"username\":\"u\",\"password\":{\"file\":\"/run/secrets/p\"},\"mine\":1},{\"name\":\"w\",\"type\":"
                              "\"webhook\",\"url\":\"https://h\",\"headers\":{\"X-A\":\"b\",\"X-C\":{\"file\":\"/c\"}}}]},"
                              "\"alerts\":{\"webhook\":\"https://h/a\"}}"),
                         0);
        assert_true(f->cfg.notifications.enabled);
        assert_int_equal(f->cfg.notifications.event_filters.n, 0);
        assert_string_equal(f->cfg.alerts.webhook.text, "https://h/a");
        assert_int_equal(f->cfg.notifications.n_services, 2);
        s = &f->cfg.notifications.services[0];
        assert_string_equal(s->name, "m");
        assert_int_equal(s->type, SERVICE_EMAIL);
        assert_false(s->enabled);
        assert_null(s->wrong); /* a key of somebody else's is no reason */
        assert_string_equal(s->url.text, "smtps://h");
        assert_null(s->password.text);
        assert_string_equal(s->password.file, "/run/secrets/p");
        assert_int_equal(s->to.n, 2);
        assert_string_equal(s->to.items[1], "e@f");
        s = &f->cfg.notifications.services[1];
        assert_true(s->enabled);
        assert_int_equal(s->n_headers, 2);
        assert_string_equal(s->headers[0].name, "X-A");
        assert_string_equal(s->headers[0].value.text, "b");
        assert_string_equal(s->headers[1].value.file, "/c");
}

static void what_is_wrong_with_one_is_known(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, "{\"notifications\":{\"services\":[{\"name\":\"t\",\"type\":\"telegram\",\"chat_id\":\"1\"},"
                                 "{\"name\":\"p\",\"type\":\"pigeon\"},{\"name\":\"alerts.webhook\",\"type\":\"ntfy\","
                                 "\"topic\":\"t\"},{\"name\":7,\"type\":\"ntfy\",\"topic\":[]}]}}"),
                         0);
        assert_int_equal(f->cfg.notifications.n_services, 4);
        assert_string_equal(f->cfg.notifications.services[0].wrong, "bot_token must be set for a telegram service");
        assert_int_equal(f->cfg.notifications.services[1].type, SERVICE_TYPE_MAX_);
        assert_non_null(f->cfg.notifications.services[1].wrong);
        assert_string_equal(f->cfg.notifications.services[2].wrong, "name must not be alerts.webhook");
        assert_string_equal(f->cfg.notifications.services[3].name, "");
        assert_string_equal(f->cfg.notifications.services[3].wrong, "name must be a string");
}

static void the_defaults_are_those_of_the_earlier_service(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, NULL), 0);
        assert_false(f->cfg.notifications.enabled);
        assert_int_equal(f->cfg.notifications.event_filters.n, 4);
        assert_string_equal(f->cfg.notifications.event_filters.items[3], "auto_unquarantine");
        assert_true(f->cfg.alerts.enabled);
        assert_true(f->cfg.alerts.notify_on_quarantine);
        assert_null(f->cfg.alerts.webhook.text);
        assert_int_equal(load(f, "{\"alerts\":{\"webhook\":\"gopher://x\"}}"), 0);
        assert_non_null(find_issue(&f->issues, "alerts.webhook"));
}

static void the_alert_may_stand_in_a_file(void **data) {
        struct fixture *f = *data;
        const struct env_var env = { "AUTOHEAL_ALERTS_WEBHOOK", "https://h/env" };

        assert_int_equal(load(f, "{\"alerts\":{\"webhook\":{\"file\":\"/run/secrets/alert\"}}}"), 0);
        assert_int_equal(f->issues.n, 0);
        assert_null(f->cfg.alerts.webhook.text);
        assert_string_equal(f->cfg.alerts.webhook.file, "/run/secrets/alert");
        assert_int_equal(load_with(f, "{\"alerts\":{\"webhook\":{\"file\":\"/run/secrets/alert\"}}}", &env, 1), 0);
        assert_string_equal(f->cfg.alerts.webhook.text, "https://h/env");
        assert_null(f->cfg.alerts.webhook.file);
        assert_int_equal(load(f, "{\"alerts\":{\"webhook\":{\"file\":\"relative\"}}}"), -1);
        check_issue(&f->issues, true, "alerts.webhook", "must be {\"file\": \"/an/absolute/path\"} and nothing else");
        assert_int_equal(load(f, "{\"alerts\":{\"webhook\":{\"file\":\"/a\",\"b\":1}}}"), -1);
        assert_int_equal(load(f, "{\"alerts\":{\"webhook\":{}}}"), -1);
        /* A text that stands elsewhere has no other form. */
        assert_int_equal(load(f, "{\"observability\":{\"textfile\":{\"file\":\"/a\"}}}"), -1);
}

/* ---- The complete form ---- */

static void every_field_is_written(void **data) {
        struct fixture *f = *data;
        struct json_doc *doc AUTO_JSON = parsed("{\"type\":\"slack\",\"mine\":1,\"url\":\"https://h/s\",\"name\":\"a\"}");
        struct buf out AUTO(buf_release) = BUF_INIT(CONFIG_MAX);
        struct json_writer w;

        (void)f;
        json_writer_init(&w, &out, JSON_COMPACT);
        config_write_service(&w, json_root(doc), false);
        assert_string_equal(
                buf_str(&out),
                "{\"name\":\"a\",\"type\":\"slack\",\"enabled\":true,\"url\":\"********\",\"headers\":null,\"username\":null,"
                "\"password\":null,\"bot_token\":null,\"chat_id\":null,\"topic\":null,\"server_url\":null,\"app_token\":null,"
                "\"user_key\":null,\"api_token\":null,\"from\":null,\"to\":null,\"mine\":\"********\"}");
        buf_clear(&out);
        json_writer_init(&w, &out, JSON_COMPACT);
        config_write_check(&w, json_root(doc), true);
        assert_string_equal(
                buf_str(&out),
                "{\"container_id\":null,\"check_type\":null,\"interval_seconds\":30,\"timeout_seconds\":10,\"retries\":3,"
                "\"http_endpoint\":null,\"http_expected_status\":200,\"tcp_port\":null,\"exec_command\":null,"
                "\"http_expected_body\":null,\"http_headers\":null,\"http_insecure_tls\":false,\"type\":\"slack\",\"mine\":1,"
                "\"url\":\"https://h/s\",\"name\":\"a\"}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(each_type_has_what_it_needs),
                WITH_LOAD(what_a_type_lacks_is_told),
                WITH_LOAD(names_are_unique_and_fit_into_a_path),
                WITH_LOAD(no_value_is_shown),
                WITH_LOAD(each_kind_of_check_has_what_it_needs),
                WITH_LOAD(filters_are_events),
                WITH_LOAD(many_are_too_many),
                WITH_LOAD(a_service_is_data),
                WITH_LOAD(what_is_wrong_with_one_is_known),
                WITH_LOAD(the_defaults_are_those_of_the_earlier_service),
                WITH_LOAD(the_alert_may_stand_in_a_file),
                WITH_LOAD(every_field_is_written),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
