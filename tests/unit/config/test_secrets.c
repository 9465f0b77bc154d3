/* SPDX-License-Identifier: MIT */
/* Secrets are masked when a document is shown. */
#include "edit_fixture.h"

static const char *masked(struct fixture *f, const char *path, const char *text) {
        struct json_doc *doc AUTO_JSON = parsed(text);

        return config_json(path, json_root(doc), false, &f->arena);
}

static void tokens_passwords_and_addresses_are_masked(void **data) {
        struct fixture *f = *data;

        assert_string_equal(masked(f, "",
                                   "{\"alerts\":{\"webhook\":\"https://h/1\",\"enabled\":true},"
                                   "\"uptime_kuma\":{\"api_token\":\"t\",\"username\":\"u\",\"server_url\":\"http://k\"}}"),
                            "{\"alerts\":{\"webhook\":\"********\",\"enabled\":true},"
                            "\"uptime_kuma\":{\"api_token\":\"********\",\"username\":\"u\",\"server_url\":\"http://k\"}}");
        assert_string_equal(
                masked(f, "notifications.services",
                       "[{\"name\":\"n\",\"type\":\"ntfy\",\"url\":\"https://x\",\"headers\":{\"X\":\"y\"},\"password\":\"p\","
                       "\"bot_token\":\"b\",\"app_token\":\"a\",\"user_key\":\"k\",\"api_token\":7,\"topic\":\"t\",\"chat_id\":"
                       "\"c\"}]"),
                "[{\"name\":\"n\",\"type\":\"ntfy\",\"url\":\"********\",\"headers\":{\"X\":\"********\"},\"password\":\"********"
                "\","
                "\"bot_token\":\"********\",\"app_token\":\"********\",\"user_key\":\"********\",\"api_token\":\"********\","
                "\"topic\":\"t\",\"chat_id\":\"c\"}]");
        assert_string_equal(masked(f, "", "{\"x\":{\"Client-Secret\":\"s\",\"KEY\":\"k\",\"monkey\":\"m\",\"keyboard\":\"b\"}}"),
                            "{\"x\":{\"Client-Secret\":\"********\",\"KEY\":\"********\",\"monkey\":\"m\",\"keyboard\":\"b\"}}");
        assert_string_equal(masked(f, "custom_health_checks",
                                   "{\"web\":{\"http_endpoint\":\"http://h/\",\"http_headers\":{\"X-Y\":\"z\",\"N\":null}}}"),
                            "{\"web\":{\"http_endpoint\":\"http://h/\",\"http_headers\":{\"X-Y\":\"********\",\"N\":null}}}");
        assert_string_equal(masked(f, "", "{\"tokens\":[\"a\",{\"b\":\"c\"}]}"),
                            "{\"tokens\":[\"********\",{\"b\":\"********\"}]}");
}

static void credentials_in_an_address_mask_it(void **data) {
        struct fixture *f = *data;

        assert_string_equal(masked(f, "uptime_kuma.server_url", "\"http://u:p@host/\""), "\"********\"");
        assert_string_equal(masked(f, "uptime_kuma.server_url", "\"http://host/a?b=c#d\""), "\"http://host/a?b=c#d\"");
        assert_string_equal(masked(f, "custom_health_checks", "{\"web\":{\"http_endpoint\":\"http://h/?x=1&api_key=5\"}}"),
                            "{\"web\":{\"http_endpoint\":\"********\"}}");
}

static const char *const mask = "\"********\"";

static void credentials_are_found_wherever_they_stand_in_the_address(void **data) {
        static const char *const secret[] = {
                "mailto://u:p/w@host",
                "http://u:p?w@host/",
                "http://u:p#w@host/",
                "see http://a/ and http://u:p@b/",
                "http://a http://u:p@b/",
                "http://h/?x=1&accessKey=5",
                "http://h/x?privateKey=5&y=",
                "http://h/#/?token=5",
                "http://h/?xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx&token=5",
        };
        static const char *const open[] = { "http://h/?monkey=1", "http://h/ a@b", "a@b http://h/", "://", "http://h/ ?token=" };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(secret); i++)
                assert_string_equal(masked(f, "uptime_kuma.server_url", arena_printf(&f->arena, "\"%s\"", secret[i])), mask);
        for (size_t i = 0; i < N_ELEMENTS(open); i++) {
                const char *text = arena_printf(&f->arena, "\"%s\"", open[i]);

                assert_string_equal(masked(f, "uptime_kuma.server_url", text), text);
        }
}

static void words_in_names_are_found_in_any_spelling(void **data) {
        static const char *const secret[] = { "privateKey", "accessKey", "userPass",   "pwd",     "dbPwd",     "bearer",  "Cookie",
                                              "SSLKey",     "keyId",     "access_key", "API-KEY", "accesskey", "x.authX", "keys" };
        static const char *const open[] = {
                "monkey", "MONKEY", "Monkey", "keyboard", "compass", "author", "design", "passing", ""
        };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(secret); i++)
                assert_string_equal(masked(f, "", arena_printf(&f->arena, "{\"%s\":\"v\"}", secret[i])),
                                    arena_printf(&f->arena, "{\"%s\":%s}", secret[i], mask));
        for (size_t i = 0; i < N_ELEMENTS(open); i++) {
                const char *text = arena_printf(&f->arena, "{\"%s\":\"v\"}", open[i]);

                assert_string_equal(masked(f, "", text), text);
        }
}

static void of_a_service_only_what_is_known_to_be_no_secret_is_shown(void **data) {
        struct fixture *f = *data;

        assert_string_equal(
                masked(f, "notifications.services",
                       "[{\"name\":\"n\",\"enabled\":true,\"priority\":5,\"events\":[\"restart\"],\"topic\":\"http://u:p@h/\","
                       "\"address\":\"https://hooks.slack.com/services/T/B/X\",\"server_url\":\"https://h/\",\"pin\":12,"
                       "\"more\":{\"name\":\"x\"},\"urls\":[\"slack://tokenA/tokenB\",{\"name\":\"y\"}]},"
                       "\"discord://a/b\"]"),
                "[{\"name\":\"n\",\"enabled\":true,\"priority\":5,\"events\":[\"restart\"],\"topic\":\"********\","
                "\"address\":\"********\",\"server_url\":\"https://h/\",\"pin\":\"********\","
                "\"more\":{\"name\":\"********\"},\"urls\":[\"********\",{\"name\":\"********\"}]},"
                "\"********\"]");
}

static void the_server_of_a_service_is_shown_if_nothing_else_is_in_its_address(void **data) {
        static const char *const open[] = { "https://ntfy.sh", "http://10.0.0.7:8080/gotify/", "HTTPS://h", "" };
        static const char *const secret[] = { "https://u:p@h/",      "https://u@h",  "u:p@h",       "h",
                                              "https://h/?t=1",      "https://h/#k", "tgram://1:2", "//h",
                                              "https://h/\\\\@evil", " https://h",   "7",           "http:/h" };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(open); i++) {
                const char *text = arena_printf(&f->arena, "[{\"server_url\":\"%s\"}]", open[i]);

                assert_string_equal(masked(f, "notifications.services", text), text);
        }
        for (size_t i = 0; i < N_ELEMENTS(secret); i++)
                assert_string_equal(
                        masked(f, "notifications.services", arena_printf(&f->arena, "[{\"server_url\":\"%s\"}]", secret[i])),
                        "[{\"server_url\":\"********\"}]");
        assert_string_equal(masked(f, "notifications.services", "[{\"server_url\":[\"https://h/?a\",{\"x\":\"https://h/\"}]}]"),
                            "[{\"server_url\":[\"********\",{\"x\":\"********\"}]}]");
        assert_string_equal(masked(f, "notifications.services", "[{\"server_url\":7,\"url\":\"https://h/\"}]"),
                            "[{\"server_url\":\"********\",\"url\":\"********\"}]");
}

static void what_is_no_secret_is_shown(void **data) {
        struct fixture *f = *data;

        /* Settings that this version acts on hold none, whatever their names are like. */
        assert_string_equal(masked(f, "", "{\"monitor\":{\"label_key\":\"autoheal\"}}"),
                            "{\"monitor\":{\"label_key\":\"autoheal\"}}");
        assert_string_equal(masked(f, "containers.restart_counts", "{\"token-server\":3}"), "{\"token-server\":3}");
        assert_string_equal(masked(f, "custom_health_checks", "{\"auth_token\":{\"check_type\":\"http\"}}"),
                            "{\"auth_token\":{\"check_type\":\"http\"}}");
        assert_string_equal(masked(f, "", "{\"alerts\":{\"webhook\":null},\"uptime_kuma\":{\"api_token\":\"\"}}"),
                            "{\"alerts\":{\"webhook\":null},\"uptime_kuma\":{\"api_token\":\"\"}}");
        assert_string_equal(masked(f, "", "{\"alerts\":{\"webhook\":{\"file\":\"/run/secrets/x\"}}}"),
                            "{\"alerts\":{\"webhook\":{\"file\":\"/run/secrets/x\"}}}");
        assert_string_equal(masked(f, "", "{\"alerts\":{\"webhook\":{\"file\":\"a\",\"more\":\"b\"}}}"),
                            "{\"alerts\":{\"webhook\":{\"file\":\"********\",\"more\":\"********\"}}}");
}

static void asked_for_they_are_shown_as_they_stand(void **data) {
        struct fixture *f = *data;
        const char *text = "{\"alerts\":{\"webhook\":\"https://h\\/1\"},\"a\":[1.50,{\"b\":[]}]}";
        struct json_doc *doc AUTO_JSON = parsed(text);

        assert_string_equal(config_json("", json_root(doc), true, &f->arena), text);
}

static void nothing_that_a_terminal_acts_on_is_written(void **data) {
        struct fixture *f = *data;

        assert_string_equal(masked(f, "", "{\"a\":\"x\xe2\x80\xaey\",\"b\xc2\x9b\":\"\x7f\"}"),
                            "{\"a\":\"x\\u202ey\",\"b\\u009b\":\"\\u007f\"}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(tokens_passwords_and_addresses_are_masked),
                WITH_LOAD(credentials_in_an_address_mask_it),
                WITH_LOAD(credentials_are_found_wherever_they_stand_in_the_address),
                WITH_LOAD(words_in_names_are_found_in_any_spelling),
                WITH_LOAD(of_a_service_only_what_is_known_to_be_no_secret_is_shown),
                WITH_LOAD(the_server_of_a_service_is_shown_if_nothing_else_is_in_its_address),
                WITH_LOAD(what_is_no_secret_is_shown),
                WITH_LOAD(asked_for_they_are_shown_as_they_stand),
                WITH_LOAD(nothing_that_a_terminal_acts_on_is_written),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
