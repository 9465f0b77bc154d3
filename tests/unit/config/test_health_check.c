/* SPDX-License-Identifier: MIT */
/* Checks of our own: as the configuration and labels have them, and what tells one from another. */
#include "fixture.h"

static const struct health_check *configured(struct fixture *f, const char *members) {
        const char *text =
                arena_printf(&f->arena, "{\"custom_health_checks\":{\"web\":{%s},\"a\":{\"check_type\":\"docker\"}}}", members);

        assert_int_equal(load(f, text), 0);
        return config_health_check(&f->cfg, "web");
}

static void what_the_configuration_has(void **data) {
        struct fixture *f = *data;
        const struct health_check *c = configured(
                f, "\"check_type\":\"http\",\"http_endpoint\":\"http://localhost/\",\"http_expected_status\":204,\"retries\":5,"
                   "\"http_expected_body\":\"a\\nb\",\"http_headers\":{\"A\":\"1\",\"B\":\"2\"},\"http_insecure_tls\":true");

        assert_int_equal(c->kind, HEALTH_CHECK_HTTP);
        assert_null(c->wrong);
        assert_false(c->from_label);
        assert_string_equal(c->url, "http://localhost/");
        assert_int_equal(c->expected_status, 204);
        assert_string_equal(c->expected_body, "a\nb");
        assert_string_equal(c->headers[0], "A: 1");
        assert_string_equal(c->headers[1], "B: 2");
        assert_null(c->headers[2]);
        assert_true(c->insecure_tls);
        assert_int_equal(c->interval_s, 30);
        assert_int_equal(c->timeout_s, 10);
        assert_int_equal(c->retries, 5);
        c = configured(f, "\"check_type\":\"exec\",\"exec_command\":[\"a\",\"b c\"],\"interval_seconds\":1,\"timeout_seconds\":2");
        assert_string_equal(health_check_argv(c, &f->arena)[1], "b c");
        assert_null(health_check_argv(c, &f->arena)[2]);
        assert_int_equal(c->interval_s, 1);
        assert_int_equal(c->timeout_s, 2);
        assert_int_equal(config_health_check(&f->cfg, "a")->kind, HEALTH_CHECK_DOCKER);
        assert_null(config_health_check(&f->cfg, "b"));
        assert_null(config_health_check(&f->cfg, ""));
}

static void of_equal_keys_the_last_counts(void **data) {
        struct fixture *f = *data;

        assert_int_equal(load(f, "{\"custom_health_checks\":{\"w\":{\"check_type\":\"tcp\",\"tcp_port\":1},"
                                 "\"w\":{\"check_type\":\"tcp\",\"tcp_port\":2}}}"),
                         0);
        assert_int_equal(f->cfg.custom_health_checks.n, 1);
        assert_int_equal(config_health_check(&f->cfg, "w")->port, 2);
}

/* A file that is there already: it is warned of, and the check is there to say why it is not run. */
static void what_cannot_be_run_says_why(void **data) {
        static const struct {
                const char *members, *wrong;
        } rows[] = {
                { "\"check_type\":\"http\"", "http_endpoint must be set for an http check" },
                { "\"check_type\":\"tcp\",\"tcp_port\":70000", "tcp_port must be an integer, 1..65535" },
                { "\"check_type\":\"exec\",\"exec_command\":[1]", "exec_command must be an array of strings" },
                { "\"check_type\":\"ping\"", "check_type must be one of http, tcp, exec, docker (is 'ping')" },
                { "\"check_type\":\"docker\",\"other\":1", NULL },
        };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                const struct health_check *c = configured(f, rows[i].members);

                if (rows[i].wrong ? !str_eq(c->wrong, rows[i].wrong) : c->wrong != NULL)
                        fail_msg("%s: %s", rows[i].members, c->wrong ? c->wrong : "nothing is wrong");
        }
}

static void commands(void **data) {
        struct fixture *f = *data;
        struct health_check c = { .kind = HEALTH_CHECK_EXEC, .command = " [\"a\", \"\", \"\\u0041\"] " };
        const char *const *argv = health_check_argv(&c, &f->arena);

        assert_string_equal(argv[0], "a");
        assert_string_equal(argv[1], "");
        assert_string_equal(argv[2], "A");
        assert_null(argv[3]);
        c.command = "[ -e /x ] && true";
        argv = health_check_argv(&c, &f->arena);
        assert_string_equal(argv[0], "/bin/sh");
        assert_string_equal(argv[2], c.command);
        assert_true(health_check_is_command("pg_isready -q"));
        assert_true(health_check_is_command("[\"a\"]"));
        assert_true(health_check_is_command("[ -e /x ]"));
        assert_false(health_check_is_command(""));
        assert_false(health_check_is_command(" \t"));
        assert_false(health_check_is_command("[]"));
        assert_false(health_check_is_command("[\"\"]"));
        assert_false(health_check_is_command("[\"a\",1]"));
}

static void what_means_the_container_itself(void **data) {
        static const char *const local[] = { "http://localhost", "https://LOCALHOST:8443/x?y", "http://localhost#a",
                                             "http://localhost/@" };
        static const char *const others[] = { "http://localhost.example.org",
                                              "http://localhost@example.org/",
                                              "http://a@localhost/",
                                              "http://localhost:x@example.org",
                                              "http://localhost\\@example.org",
                                              "http://127.0.0.1/",
                                              "localhost",
                                              "http:///localhost",
                                              "" };

        (void)data;
        for (size_t i = 0; i < N_ELEMENTS(local); i++)
                if (!health_check_is_local(local[i]))
                        fail_msg("%s", local[i]);
        for (size_t i = 0; i < N_ELEMENTS(others); i++)
                if (health_check_is_local(others[i]))
                        fail_msg("%s", others[i]);
}

static void what_tells_one_from_another(void **data) {
        static const char *const one[] = { "ab", NULL }, *const two[] = { "a", "b", NULL };
        struct health_check a = HEALTH_CHECK_INIT, b = HEALTH_CHECK_INIT;
        char pa[HEALTH_CHECK_PRINT_SIZE], pb[HEALTH_CHECK_PRINT_SIZE];

        (void)data;
        a.kind = b.kind = HEALTH_CHECK_EXEC;
        a.argv = one;
        b.argv = two;
        assert_string_not_equal(health_check_print(&a, pa), health_check_print(&b, pb));
        b.argv = one;
        b.interval_s = b.timeout_s = b.retries = 77;
        assert_string_equal(health_check_print(&a, pa), health_check_print(&b, pb));
        assert_int_equal(strlen(pa), HEALTH_CHECK_PRINT_SIZE - 1);
}

static void what_is_shown_of_it(void **data) {
        static const char *const argv[] = { "sh", "-c", "echo $X\x1b[31m", NULL };
        static const char *const with_password[] = { "curl", "-f", "http://u:s3cret@localhost/", NULL };
        struct fixture *f = *data;
        struct health_check c = { .kind = HEALTH_CHECK_HTTP, .url = "https://u:p@h:1/a/b?key=s3cret#x" };

        assert_string_equal(health_check_what(&c, &f->arena), "GET https://h:1/a/b?...");
        c = (struct health_check){ .kind = HEALTH_CHECK_TCP, .port = 80 };
        assert_string_equal(health_check_what(&c, &f->arena), "port 80");
        c = (struct health_check){ .kind = HEALTH_CHECK_EXEC, .argv = argv };
        assert_null(strchr(health_check_what(&c, &f->arena), '\x1b'));
        /* As the configuration shows them. */
        c.argv = with_password;
        assert_string_equal(health_check_what(&c, &f->arena), "curl -f ********");
        c = (struct health_check){ .kind = HEALTH_CHECK_EXEC, .command = "curl -f 'http://localhost/?token=s3cret'" };
        assert_string_equal(health_check_what(&c, &f->arena), "********");
        assert_string_equal(health_check_kind_name(HEALTH_CHECK_NONE), "none");
}

/* ---- Labels ---- */

static struct policy with_labels(struct fixture *f, const struct label *labels, size_t n) {
        struct container c = { .id = "", .name = "", .labels = labels, .n_labels = n };
        struct policy p;

        config_defaults(&f->cfg);
        f->issues = (struct config_issues)CONFIG_ISSUES_INIT(&f->arena);
        policy_for(&p, &f->cfg, &c, &f->issues);
        return p;
}

static void what_labels_have(void **data) {
        static const struct label labels[] = { { "autoheal.check.expect", "ready" },
                                               { "autoheal.check.http", "http://localhost:1/" },
                                               { "autoheal.check.interval", "1m" },
                                               { "autoheal.check.timeout", "3" },
                                               { "autoheal.check.retries", "2" } };
        struct fixture *f = *data;
        struct policy p = with_labels(f, labels, N_ELEMENTS(labels));

        assert_int_equal(f->issues.n, 0);
        assert_int_equal(p.check.kind, HEALTH_CHECK_HTTP);
        assert_true(p.check.from_label);
        assert_string_equal(p.check.expected_body, "ready");
        assert_int_equal(p.check.expected_status, 200);
        assert_int_equal(p.check.interval_s, 60);
        assert_int_equal(p.check.timeout_s, 3);
        assert_int_equal(p.check.retries, 2);
        p = with_labels(f, NULL, 0);
        assert_int_equal(p.check.kind, HEALTH_CHECK_NONE);
}

static void labels_that_make_no_sense(void **data) {
        static const struct {
                const char *key, *value, *message;
        } rows[] = {
                { "autoheal.check.http", "http://example.org/",
                  "autoheal.check.http=http://example.org/: must be an address of the container itself, such as "
                  "http://localhost:8080/health; "
                  "the label is ignored" },
                { "autoheal.check.tcp", "0", "autoheal.check.tcp=0: must be a port, 1..65535; the label is ignored" },
                { "autoheal.check.exec", "[1]",
                  "autoheal.check.exec=[1]: must be a command: a text, or a JSON array of strings; the label is ignored" },
                { "autoheal.check.expect", "200",
                  "autoheal.check.expect=200: must be set beside check.http; the label is ignored" },
                { "autoheal.check.interval", "5s",
                  "autoheal.check.interval=5s: must be set beside check.http, check.tcp or check.exec; the label is ignored" },
                { "autoheal.check.htpp", "x", "autoheal.check.htpp=x: unknown label (did you mean autoheal.check.http?)" },
        };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct label label = { rows[i].key, rows[i].value };
                struct policy p = with_labels(f, &label, 1);

                check_issue(&f->issues, false, rows[i].key, rows[i].message);
                assert_int_equal(p.check.kind, HEALTH_CHECK_NONE);
        }
}

static void a_bad_value_leaves_the_usual_one(void **data) {
        static const struct label labels[] = { { "autoheal.check.tcp", "80" },
                                               { "autoheal.check.interval", "0" },
                                               { "autoheal.check.retries", "x" } };
        struct fixture *f = *data;
        struct policy p = with_labels(f, labels, N_ELEMENTS(labels));

        assert_int_equal(p.check.interval_s, 30);
        assert_int_equal(p.check.retries, 3);
        assert_int_equal(f->issues.n, 2);
        assert_string_equal(f->issues.items[0].message,
                            "autoheal.check.interval=0: must be a duration like 90, 90s, 5m or 1h30m, above 0; '30s' holds");
        assert_string_equal(f->issues.items[1].message, "autoheal.check.retries=x: must be an integer >= 1; '3' holds");
}

static void of_several_kinds_one_holds(void **data) {
        static const struct label labels[] = { { "autoheal.check.exec", "true" }, { "autoheal.check.tcp", "80" } };
        struct fixture *f = *data;
        struct policy p = with_labels(f, labels, N_ELEMENTS(labels));

        assert_int_equal(p.check.kind, HEALTH_CHECK_TCP);
        assert_null(p.check.command);
        check_issue(&f->issues, false, "autoheal.check.exec",
                    "autoheal.check.exec=true: must be the only one of check.http, check.tcp and check.exec; the label is ignored");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(what_the_configuration_has),
                WITH_LOAD(of_equal_keys_the_last_counts),
                WITH_LOAD(what_cannot_be_run_says_why),
                WITH_LOAD(commands),
                WITH_LOAD(what_means_the_container_itself),
                WITH_LOAD(what_tells_one_from_another),
                WITH_LOAD(what_is_shown_of_it),
                WITH_LOAD(what_labels_have),
                WITH_LOAD(labels_that_make_no_sense),
                WITH_LOAD(a_bad_value_leaves_the_usual_one),
                WITH_LOAD(of_several_kinds_one_holds),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
