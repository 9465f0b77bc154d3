/* SPDX-License-Identifier: MIT */
/* What is the host's own: nobody sets it from afar, and it may come back as it is. */
#include "autoheal/config/remote.h"
#include "edit_fixture.h"

static struct config_issues judged(struct fixture *f, const char *present, const char *new) {
        struct config_issues issues = CONFIG_ISSUES_INIT(&f->arena);
        struct json_doc *before AUTO_JSON = present ? parsed(present) : NULL, *after AUTO_JSON = parsed(new);

        config_check_host(json_root(after), before ? json_root(before) : (struct json_value){ .doc = NULL }, &issues);
        return issues;
}

static void check_passes(struct fixture *f, const char *present, const char *new) {
        struct config_issues issues = judged(f, present, new);

        if (issues.n)
                fail_msg("'%s': %s: %s", new, issues.items[0].where, issues.items[0].message);
}

static void check_refused(struct fixture *f, const char *present, const char *new, const char *where) {
        struct config_issues issues = judged(f, present, new);

        if (!find_issue(&issues, where))
                fail_msg("'%s' passes at %s", new, where);
        assert_int_equal(count_errors(&issues), issues.n);
}

static void settings_of_the_host_are_known(void **data) {
        (void)data;
        assert_true(config_is_host("hooks"));
        assert_true(config_is_host("hooks.pre_restart"));
        assert_true(config_is_host("ui.listen_address"));
        assert_true(config_is_host("ui.listen_port"));
        assert_true(config_is_host("observability.metrics_address"));
        assert_true(config_is_host("observability.metrics_port"));
        assert_true(config_is_host("observability.textfile"));
        assert_false(config_is_host("ui"));
        assert_false(config_is_host("hooks_of_mine"));
        assert_false(config_is_host("observability.log_level"));
        assert_false(config_is_host(""));
}

static void none_of_them_can_be_set(void **data) {
        struct fixture *f = *data;

        check_refused(f, NULL, "{\"hooks\":7}", "hooks");
        check_refused(f, NULL, "{\"hooks\":{\"a\":1}}", "hooks.a");
        check_refused(f, "{\"hooks\":{\"a\":[1]}}", "{\"hooks\":{\"a\":[2]}}", "hooks.a");
        check_refused(f, "{\"hooks\":{\"a\":[1]}}", "{}", "hooks.a");
        check_refused(f, NULL, "{\"hooks\":{\"pre_restart\":[\"/x\"]}}", "hooks.pre_restart");
        check_refused(f, NULL, "{\"hooks\":{\"post_restart\":[\"/x\"]}}", "hooks.post_restart");
        check_refused(f, NULL, "{\"hooks\":{\"on_quarantine\":[\"/x\"]}}", "hooks.on_quarantine");
        check_refused(f, "{\"hooks\":{\"on_quarantine\":[\"/x\"]}}", "{\"hooks\":{}}", "hooks.on_quarantine");
        check_refused(f, "{\"hooks\":{\"on_quarantine\":[\"/x\"]}}", "{}", "hooks.on_quarantine");
        check_refused(f, NULL, "{\"hooks\":{\"timeout_seconds\":31}}", "hooks.timeout_seconds");
        check_refused(f, NULL, "{\"hooks\":{\"pre_restart_veto\":true}}", "hooks.pre_restart_veto");
        check_refused(f, NULL, "{\"ui\":{\"listen_port\":81}}", "ui.listen_port");
        check_refused(f, "{\"ui\":{\"listen_port\":81}}", "{\"ui\":{\"listen_port\":null}}", "ui.listen_port");
        check_refused(f, "{\"ui\":{\"listen_port\":81}}", "{\"ui\":7}", "ui.listen_port");
        check_refused(f, NULL, "{\"ui\":{\"listen_address\":\"::\"}}", "ui.listen_address");
        check_refused(f, NULL, "{\"observability\":{\"textfile\":\"/x\"}}", "observability.textfile");
        check_refused(f, NULL, "{\"observability\":{\"metrics_address\":\"::\"}}", "observability.metrics_address");
        check_refused(f, NULL, "{\"observability\":{\"metrics_port\":1}}", "observability.metrics_port");
}

static void what_says_the_same_passes(void **data) {
        struct fixture *f = *data;

        check_passes(f, NULL, "{}");
        check_passes(f, NULL,
                     "{\"ui\":{\"listen_port\":8080,\"listen_address\":\"127.0.0.1\"},\"observability\":{\"textfile\":null}}");
        check_passes(f, "{\"ui\":{\"listen_port\":81}}", "{\"ui\":{\"listen_port\":81.0}}");
        check_passes(f, "{\"ui\":{\"listen_port\":8080}}", "{}");
        check_passes(f, NULL, "{\"hooks\":{}}");
        check_passes(f, NULL, "{\"hooks\":{\"pre_restart\":[],\"timeout_seconds\":30,\"pre_restart_veto\":false}}");
        check_passes(f, "{\"hooks\":{\"pre_restart\":[\"/x\",\"y\"]}}",
                     "{\"hooks\":{\"pre_restart\":[\"/x\", \"y\"],\"timeout_seconds\":30}}");
        check_passes(f, "{\"hooks\":{\"a\":1,\"b\":2}}", "{\"hooks\":{\"b\":2,\"a\":1},\"restart\":{\"max_restarts\":4}}");
}

static void no_file_can_be_read_from_afar(void **data) {
        struct fixture *f = *data;
        const char *service = "{\"notifications\":{\"services\":[{\"name\":\"a\",\"token\":{\"file\":\"/a\"}}]}}";

        check_refused(f, NULL, service, "notifications.services[0].token");
        check_refused(f, NULL, "{\"x\":{\"y\":[[{\"file\":1}]]}}", "x.y[0][0]");
        check_refused(f, NULL, "{\"file\":\"/a\"}", "");
        check_refused(f, NULL, "{\"x\":{\"a\":1,\"file\":\"/a\",\"b\":2}}", "x");
        check_refused(f, NULL, "{\"x\":{\"\\u0066ile\":\"/a\"}}", "x");
        check_refused(f, "{\"x\":{\"file\":\"/a\"}}", "{\"y\":{\"file\":\"/a\"}}", "y");
        check_refused(f, "{\"x\":{\"file\":\"/a\"}}", "{\"x\":{\"file\":\"/b\"},\"x\":{\"file\":\"/a\"}}", "x");
        check_passes(f, service, service);
        check_passes(f, service, "{\"notifications\":{\"services\":[{\"name\":\"a\",\"token\":\"t\"}]}}");
        check_passes(f, service, "{}");
        check_passes(f, NULL, "{\"x\":[\"file\",{\"files\":1}]}");
}

static void services_are_told_apart_by_their_names(void **data) {
        struct fixture *f = *data;
        const char *two = "{\"notifications\":{\"services\":[{\"name\":\"a\",\"token\":{\"file\":\"/a\"}},{\"name\":\"b\"}]}}";

        check_passes(f, two, "{\"notifications\":{\"services\":[{\"name\":\"b\"},{\"name\":\"a\",\"token\":{\"file\":\"/a\"}}]}}");
        check_refused(f, two, "{\"notifications\":{\"services\":[{\"name\":\"b\",\"token\":{\"file\":\"/a\"}}]}}",
                      "notifications.services[0].token");
}

/* Else a file's content goes to whoever changes the address. */
static void a_service_that_reads_a_file_goes_nowhere_else(void **data) {
        struct fixture *f = *data;
        const char *service = "{\"notifications\":{\"services\":[{\"name\":\"a\",\"type\":\"gotify\",\"server_url\":\"https://"
                              "a\",\"token\":{\"file\":\"/a\"}}]}}";

        check_passes(
                f, service,
                "{\"notifications\":{\"services\":[{\"name\":\"a\",\"type\":\"gotify\",\"server_url\":\"https://a\",\"url\":null,"
                "\"enabled\":false,\"token\":{\"file\":\"/a\"}}]}}");
        check_refused(
                f, service,
                "{\"notifications\":{\"services\":[{\"name\":\"a\",\"type\":\"gotify\",\"server_url\":\"https://b\",\"token\":{"
                "\"file\":\"/a\"}}]}}",
                "notifications.services[0].server_url");
        check_refused(f, service,
                      "{\"notifications\":{\"services\":[{\"name\":\"a\",\"type\":\"webhook\",\"url\":\"https://b\",\"server_url\":"
                      "\"https://a\",\"token\":{\"file\":\"/a\"}}]}}",
                      "notifications.services[0].url");
        check_passes(f, service,
                     "{\"notifications\":{\"services\":[{\"name\":\"a\",\"type\":\"gotify\",\"server_url\":\"https://"
                     "b\",\"token\":\"t\"}]}}");
}

/* Nobody can change what was never there. */
static void a_new_service_that_reads_a_file_is_told_that_alone(void **data) {
        struct fixture *f = *data;
        struct config_issues issues = judged(
                f, NULL, "{\"notifications\":{\"services\":[{\"name\":\"a\",\"type\":\"slack\",\"url\":{\"file\":\"/a\"}}]}}");

        assert_int_equal(issues.n, 1);
        assert_string_equal(issues.items[0].where, "notifications.services[0].url");
}

static void the_remedy_works(void **data) {
        struct fixture *f = *data;
        struct config_issues issues = judged(f, NULL, "{\"hooks\":{\"a\":1},\"ui\":{\"listen_port\":1}}");

        check_issue(&issues, true, "hooks.a", "cannot be changed over HTTP, for it concerns the host: change config.json there");
        check_issue(&issues, true, "ui.listen_port",
                    "cannot be changed over HTTP, for it concerns the host: use 'docker autoheal config set ui.listen_port' there");
}

/* As everybody else writes it: a container's name may have dots. */
static void a_check_has_one_place(void **data) {
        struct fixture *f = *data;

        check_refused(f, NULL, "{\"custom_health_checks\":{\"shop.web\":{\"http_headers\":{\"A\":{\"file\":\"/a\"}}}}}",
                      "custom_health_checks['shop.web'].http_headers.A");
        check_refused(f, NULL, "{\"custom_health_checks\":{\"web\":{\"http_headers\":{\"A.b\":{\"file\":\"/a\"}}}}}",
                      "custom_health_checks['web'].http_headers['A.b']");
        assert_string_equal(config_place("", "a.b", &f->arena), "a.b");
        assert_string_equal(config_place("restart", "mode", &f->arena), "restart.mode");
        assert_string_equal(config_place("x", "\x1b[31m", &f->arena), "x['\\x1b[31m']");
}

static void nothing_hides_behind_a_second_one_of_its_name(void **data) {
        struct fixture *f = *data;

        check_refused(f, NULL, "{\"ui\":{\"listen_port\":1},\"ui\":{}}", "ui");
        check_refused(f, NULL, "{\"ui\":{\"listen_port\":1,\"listen_port\":8080}}", "ui.listen_port");
        check_refused(f, "{\"hooks\":{}}", "{\"hooks\":{\"a\":1},\"hooks\":{}}", "hooks");
}

static void what_is_not_named_is_kept(void **data) {
        struct fixture *f = *data;
        struct json_doc *before AUTO_JSON = parsed("{\"hooks\":{\"a\":[1]},\"ui\":{\"listen_port\":81,\"listen_address\":\"127.0.0."
                                                   "1\"},\"observability\":{\"textfile\":\"/x\"}}");
        struct json_doc *after AUTO_JSON = parsed("{\"observability\":{\"textfile\":null}}");
        const struct config_edit *edits;

        assert_int_equal(config_keep_host(json_root(after), json_root(before), &f->arena, &edits), 2);
        assert_string_equal(edits[0].path, "hooks");
        assert_string_equal(edits[0].json, "{\"a\":[1]}");
        assert_string_equal(edits[1].path, "ui.listen_port");
        assert_string_equal(edits[1].json, "81");
}

static void what_is_not_named_of_the_hooks_is_kept(void **data) {
        struct fixture *f = *data;
        struct json_doc *before AUTO_JSON = parsed("{\"hooks\":{\"pre_restart\":[\"/x\"],\"timeout_seconds\":5}}");
        struct json_doc *after AUTO_JSON = parsed("{\"hooks\":{\"timeout_seconds\":5}}");
        const struct config_edit *edits;

        assert_int_equal(config_keep_host(json_root(after), json_root(before), &f->arena, &edits), 1);
        assert_string_equal(edits[0].path, "hooks.pre_restart");
        assert_string_equal(edits[0].json, "[\"/x\"]");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(settings_of_the_host_are_known),
                WITH_LOAD(none_of_them_can_be_set),
                WITH_LOAD(what_says_the_same_passes),
                WITH_LOAD(no_file_can_be_read_from_afar),
                WITH_LOAD(services_are_told_apart_by_their_names),
                WITH_LOAD(a_service_that_reads_a_file_goes_nowhere_else),
                WITH_LOAD(a_new_service_that_reads_a_file_is_told_that_alone),
                WITH_LOAD(the_remedy_works),
                WITH_LOAD(a_check_has_one_place),
                WITH_LOAD(nothing_hides_behind_a_second_one_of_its_name),
                WITH_LOAD(what_is_not_named_of_the_hooks_is_kept),
                WITH_LOAD(what_is_not_named_is_kept),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
