/* SPDX-License-Identifier: MIT */
/* Secrets are masked when a document is shown, and masks are replaced by what is in place when it comes back. */
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
        assert_string_equal(masked(f, "", "{\"tokens\":[\"a\",{\"b\":\"c\"}]}"),
                            "{\"tokens\":[\"********\",{\"b\":\"********\"}]}");
}

static void credentials_in_an_address_mask_it(void **data) {
        struct fixture *f = *data;

        assert_string_equal(masked(f, "uptime_kuma.server_url", "\"http://u:p@host/\""), "\"********\"");
        assert_string_equal(masked(f, "uptime_kuma.server_url", "\"http://host/a@b\""), "\"http://host/a@b\"");
        assert_string_equal(masked(f, "custom_health_checks", "{\"web\":{\"http_endpoint\":\"http://h/?x=1&api_key=5\"}}"),
                            "{\"web\":{\"http_endpoint\":\"********\"}}");
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

/* ---- Masks that come back ---- */

static const char *unmasked(struct fixture *f, const char *text, const char *present) {
        struct json_doc *doc AUTO_JSON = parsed(text), *old AUTO_JSON = present ? parsed(present) : NULL;
        struct buf out AUTO(buf_release) = BUF_INIT(CONFIG_MAX);
        struct json_value in_place = old ? json_root(old) : (struct json_value){ .doc = NULL };

        f->issues = (struct config_issues)CONFIG_ISSUES_INIT(&f->arena);
        config_unmask(&out, slice_str(text), json_root(doc), in_place, &f->issues);
        return arena_strdup(&f->arena, buf_str(&out));
}

static void a_mask_keeps_what_is_in_place(void **data) {
        struct fixture *f = *data;

        assert_string_equal(unmasked(f, "{ \"alerts\" : {\"webhook\": \"********\"},\n\"b\":1 }",
                                     "{\"alerts\":{\"webhook\":\"https:\\/\\/h\"}}"),
                            "{ \"alerts\" : {\"webhook\": \"https:\\/\\/h\"},\n\"b\":1 }");
        assert_int_equal(f->issues.n, 0);
        assert_string_equal(unmasked(f, "{\"a\":{\"token\":\"\\u002a*******\"}}", "{\"a\":{\"token\":12}}"),
                            "{\"a\":{\"token\":12}}");
        assert_string_equal(unmasked(f, "{\"a\":\"*\"}", NULL), "{\"a\":\"*\"}");
        assert_int_equal(f->issues.n, 0);
}

static void a_mask_with_nothing_in_place_is_an_error(void **data) {
        struct fixture *f = *data;

        assert_string_equal(unmasked(f, "{\"alerts\":\n {\"webhook\":\"********\"}}", "{\"alerts\":{}}"),
                            "{\"alerts\":\n {\"webhook\":\"********\"}}");
        check_issue(&f->issues, true, "alerts.webhook", "is masked, and there is nothing in place to keep");
        assert_int_equal(f->issues.items[0].line, 2);
        assert_int_equal(f->issues.items[0].column, 13);
        (void)unmasked(f, "{\"a\":[{\"token\":\"********\"}]}", NULL);
        check_issue(&f->issues, true, "a[0].token", "is masked, and there is nothing in place to keep");
        (void)unmasked(f, "{\"a\":\"********\"}", "{\"a\":\"********\"}");
        assert_int_equal(f->issues.n, 1);
}

static void services_are_told_apart_by_their_names(void **data) {
        static const char present[] = "{\"s\":[{\"name\":\"a\",\"token\":\"A\"},{\"name\":\"b\",\"token\":\"B\"},{\"token\":\"C\"},"
                                      "{\"name\":\"d\",\"token\":\"D\"},{\"name\":\"d\",\"token\":\"E\"}]}";
        struct fixture *f = *data;

        assert_string_equal(
                unmasked(f, "{\"s\":[{\"name\":\"b\",\"token\":\"********\"},{\"token\":\"********\",\"name\":\"a\"}]}", present),
                "{\"s\":[{\"name\":\"b\",\"token\":\"B\"},{\"token\":\"A\",\"name\":\"a\"}]}");
        assert_int_equal(f->issues.n, 0);
        assert_string_equal(
                unmasked(f, "{\"s\":[1,2,{\"token\":\"********\"},3,{\"name\":\"d\",\"token\":\"********\"}]}", present),
                "{\"s\":[1,2,{\"token\":\"C\"},3,{\"name\":\"d\",\"token\":\"E\"}]}");
        assert_int_equal(f->issues.n, 0);
        (void)unmasked(f,
                       "{\"s\":[{\"name\":\"d\",\"token\":\"********\"},{\"token\":\"********\"},{\"name\":\"c\",\"token\":\"******"
                       "**\"}]}",
                       present);
        assert_int_equal(count_errors(&f->issues), 3);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(tokens_passwords_and_addresses_are_masked),
                WITH_LOAD(credentials_in_an_address_mask_it),
                WITH_LOAD(what_is_no_secret_is_shown),
                WITH_LOAD(asked_for_they_are_shown_as_they_stand),
                WITH_LOAD(nothing_that_a_terminal_acts_on_is_written),
                WITH_LOAD(a_mask_keeps_what_is_in_place),
                WITH_LOAD(a_mask_with_nothing_in_place_is_an_error),
                WITH_LOAD(services_are_told_apart_by_their_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
