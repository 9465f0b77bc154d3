/* SPDX-License-Identifier: MIT */
/* Scopes of maintenance as they are written. */
#include "autoheal/model/state.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void projects_and_labels_are_told_from_containers(void **state) {
        struct maintenance_scope scope = { .kind = SCOPE_MAX_ };

        (void)state;
        assert_int_equal(scope_parse("project:shop", &scope, NULL), 1);
        assert_int_equal(scope.kind, SCOPE_PROJECT);
        assert_string_equal(scope.value, "shop");
        assert_int_equal(scope_parse("label:tier=db", &scope, NULL), 1);
        assert_int_equal(scope.kind, SCOPE_LABEL);
        assert_string_equal(scope.value, "tier=db");
        assert_int_equal(scope_parse("label:tier", &scope, NULL), 1);
        assert_string_equal(scope.value, "tier");
}

static void what_is_neither_is_left_as_it_was(void **state) {
        static const char *const names[] = { "web", "", "projects:shop", "Project:shop", "labels" };
        struct maintenance_scope scope = { .kind = SCOPE_MAX_ };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(names); i++)
                assert_int_equal(scope_parse(names[i], &scope, NULL), 0);
        assert_int_equal(scope.kind, SCOPE_MAX_);
}

static void nothing_behind_the_colon_is_an_error(void **state) {
        static const struct {
                const char *text, *message;
        } bad[] = {
                { "project:", "scope 'project:' names no project" },
                { "label:", "scope 'label:' names no label" },
                { "label:=db", "scope 'label:=db' names no label" },
        };
        struct maintenance_scope scope = { .kind = SCOPE_MAX_ };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
                struct error err = ERROR_INIT;

                assert_int_equal(scope_parse(bad[i].text, &scope, &err), -1);
                assert_int_equal(err.code, ERR_INVALID);
                assert_string_equal(err.msg, bad[i].message);
        }
        assert_int_equal(scope.kind, SCOPE_MAX_);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(projects_and_labels_are_told_from_containers),
                cmocka_unit_test(what_is_neither_is_left_as_it_was),
                cmocka_unit_test(nothing_behind_the_colon_is_an_error),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
