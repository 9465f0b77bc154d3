/* SPDX-License-Identifier: MIT */
/* What may come into the document: strict, but for what it has already. */
#include "edit_fixture.h"

static void check_judged(struct fixture *f, const char *text, const char *present, size_t errors, size_t new_errors) {
        size_t got = 99, got_new = 99;

        f->issues = (struct config_issues)CONFIG_ISSUES_INIT(&f->arena);
        error_clear(&f->err);
        if (config_judge("new.json", text, strlen(text), present, present ? strlen(present) : 0, &f->issues, &got, &got_new,
                         &f->err) < 0)
                fail_msg("'%s': %s", text, f->err.msg);
        assert_int_equal(count_errors(&f->issues), errors);
        assert_int_equal(got, errors);
        assert_int_equal(got_new, new_errors);
        assert_int_equal(f->err.code, ERR_NONE);
}

static void what_is_only_doubtful_passes(void **data) {
        struct fixture *f = *data;

        check_judged(f, "{\"restart\":{\"mode\":\"on-failure\"}}", NULL, 0, 0);
        check_issue(&f->issues, false, "restart.mode", "on-failure: unhealthy containers are not healed");
        check_judged(f, "{\"restart\":{\"max_restarts\":null,\"cooldown_seconds\":30.0}}", NULL, 0, 0);
        assert_int_equal(f->issues.n, 2);
        check_judged(f, "{\"uptime_kuma\":{\"enabled\":false},\"ui\":{\"enable\":true}}", NULL, 0, 0);
        assert_int_equal(f->issues.n, 0);
}

static void what_is_lax_is_an_error(void **data) {
        struct fixture *f = *data;

        check_judged(f,
                     "{\"restrat\":{\"mode\":\"both\"},\n \"restart\":{\"max_restarts\":\"5\",\"backoff\":{\"enabled\":\"true\"}}}",
                     NULL, 3, 3);
        check_issue(&f->issues, true, "restrat.mode", "unknown key (did you mean restart.mode?)");
        check_issue(&f->issues, true, "restart.max_restarts", "must be an integer (is a string)");
        assert_int_equal(find_issue(&f->issues, "restart.max_restarts")->line, 2);
        assert_int_equal(find_issue(&f->issues, "restart.max_restarts")->column, 28);
}

static void unless_it_is_there_already(void **data) {
        struct fixture *f = *data;
        const char *present = "{\"mine\":{\"x\":1},\"restart\":{\"max_restarts\":\"5\"}}";

        check_judged(f, "{\"mine\":[2],\"restart\":{\"max_restarts\":\"2\"}}", present, 0, 0);
        assert_int_equal(f->issues.n, 2);
        check_judged(f, "{\"mine\":[2],\"yours\":3}", present, 1, 1);
}

static void errors_that_are_there_already_are_no_new_ones(void **data) {
        struct fixture *f = *data;
        const char *present = "{\"restart\":{\"mode\":\"never\"}}";

        check_judged(f, "{\"restart\":{\"mode\":\"never\",\"max_restarts\":5}}", present, 1, 0);
        check_judged(f, "{\"restart\":{\"mode\":\"ever\",\"max_restarts\":0}}", present, 2, 2);
        check_judged(f, "{\"restart\":{\"mode\":\"both\"}}", present, 0, 0);
        check_judged(f, "{\"restart\":{\"mode\":\"never\"}}", "{\"restart\":", 1, 1);
}

static void what_is_no_document_cannot_be_judged(void **data) {
        struct fixture *f = *data;
        size_t errors, new_errors;

        assert_int_equal(config_judge("new.json", "{", 1, NULL, 0, &f->issues, &errors, &new_errors, &f->err), -1);
        assert_int_equal(f->err.code, ERR_CONFIG);
        assert_true(strncmp(f->err.msg, "new.json: line 1, column 2: ", 28) == 0);
        check_judged(f, "[]", NULL, 1, 1);
        check_issue(&f->issues, true, "the document", "must be an object (is an array)");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(what_is_only_doubtful_passes),         WITH_LOAD(what_is_lax_is_an_error),
                WITH_LOAD(unless_it_is_there_already),           WITH_LOAD(errors_that_are_there_already_are_no_new_ones),
                WITH_LOAD(what_is_no_document_cannot_be_judged),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
