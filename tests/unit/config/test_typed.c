/* SPDX-License-Identifier: MIT */
/* What a person types as a value becomes JSON by the key's type, or an error that says what is allowed. */
#include "autoheal/config/edit.h"
#include "fixture.h"

static void check_typed(struct fixture *f, const char *path, const char *typed, const char *json) {
        const char *got = NULL;

        error_clear(&f->err);
        if (config_typed(path, typed, &f->arena, &got, &f->err) < 0)
                fail_msg("%s '%s': %s", path, typed, f->err.msg);
        assert_string_equal(got, json);
}

static void check_refused(struct fixture *f, const char *path, const char *typed, enum err_code code, const char *message) {
        const char *got = "untouched";

        error_clear(&f->err);
        assert_int_equal(config_typed(path, typed, &f->arena, &got, &f->err), -1);
        assert_string_equal(f->err.msg, message);
        assert_int_equal(f->err.code, code);
}

static void scalars(void **data) {
        struct fixture *f = *data;

        check_typed(f, "restart.cooldown_seconds", "120", "120");
        check_typed(f, "restart.cooldown_seconds", "-5", "-5");
        check_typed(f, "restart.cooldown_seconds", "+007", "7");
        check_typed(f, "restart.release_seconds", "null", "null");
        check_typed(f, "restart.backoff.multiplier", "1.50", "1.50");
        check_typed(f, "restart.backoff.multiplier", "2e0", "2e0");
        check_typed(f, "brake.enabled", "TRUE", "true");
        check_typed(f, "brake.enabled", "0", "false");
        check_typed(f, "restart.mode", "health", "\"health\"");
        check_typed(f, "monitor.label_value", "", "\"\"");
        check_typed(f, "monitor.label_value", "a \"b\" \\ \xc3\xa9", "\"a \\\"b\\\" \\\\ \xc3\xa9\"");
        check_typed(f, "alerts.webhook", "null", "null");
        check_typed(f, "alerts.webhook", "https://hook", "\"https://hook\"");
        check_typed(f, "alerts.webhook", "{\"file\":\"/run/x\"}", "{\"file\":\"/run/x\"}");
        check_typed(f, "monitor.label_value", "{x", "\"{x\"");
}

static void lists_of_strings(void **data) {
        struct fixture *f = *data;

        check_typed(f, "containers.excluded", "web, db ,,", "[\"web\",\"db\"]");
        check_typed(f, "containers.excluded", "", "[]");
        check_typed(f, "containers.excluded", "[\"a,b\", \"c\"]", "[\"a,b\", \"c\"]");
        check_typed(f, "containers.excluded", "[]", "[]");
        check_typed(f, "filters.whitelist_names", "[a-z]*,web", "[\"[a-z]*\",\"web\"]");
        check_typed(f, "filters.whitelist_names", "[\"[a-z]*\"]", "[\"[a-z]*\"]");
        check_refused(
                f, "containers.excluded", "[web]", ERR_INVALID,
                "containers.excluded: must be an array of strings in JSON: line 1, column 2: expected a value or ']', found 'w'");
        check_refused(f, "filters.whitelist_names", "[\"web\"", ERR_INVALID,
                      "filters.whitelist_names: must be an array of strings in JSON: line 1, column 7: expected ',' or ']' after a "
                      "value, found "
                      "the end of the text");
}

static void other_lists_and_objects_are_json(void **data) {
        struct fixture *f = *data;

        check_typed(f, "filters.blacklist_labels", "[{\"env\": \"dev\"}]", "[{\"env\": \"dev\"}]");
        check_typed(f, "custom_health_checks", "{}", "{}");
        check_refused(f, "filters.blacklist_labels", "env=dev", ERR_INVALID,
                      "filters.blacklist_labels: must be an array of objects of strings in JSON: line 1, column 1: expected a "
                      "value, found 'e'");
}

static void what_is_wrong_is_named_with_what_is_allowed(void **data) {
        struct fixture *f = *data;

        check_refused(f, "restart.max_parallel", "many", ERR_INVALID,
                      "restart.max_parallel: must be an integer, 1..64 (is 'many')");
        check_refused(f, "restart.max_parallel", "", ERR_INVALID, "restart.max_parallel: must be an integer, 1..64 (is '')");
        check_refused(f, "restart.max_parallel", "1.5", ERR_INVALID, "restart.max_parallel: must be an integer, 1..64 (is '1.5')");
        check_refused(f, "restart.max_restarts", "99999999999999999999", ERR_INVALID,
                      "restart.max_restarts: must be an integer, >= 1 (is '99999999999999999999')");
        check_refused(f, "restart.stop_timeout_seconds", "10s", ERR_INVALID,
                      "restart.stop_timeout_seconds: must be an integer or null, 0..31536000 (is '10s')");
        check_refused(f, "restart.backoff.multiplier", "0x2", ERR_INVALID,
                      "restart.backoff.multiplier: must be a number, >= 1.0 (is '0x2')");
        check_refused(f, "brake.enabled", "yes", ERR_INVALID, "brake.enabled: must be true or false (is 'yes')");
        check_refused(f, "brake.enabled", "a\033[1m", ERR_INVALID, "brake.enabled: must be true or false (is 'a\\x1b[1m')");
}

static void unknown_keys_are_refused_with_what_was_meant(void **data) {
        struct fixture *f = *data;

        check_refused(f, "restrat.mode", "both", ERR_NOT_FOUND, "unknown key 'restrat.mode' (did you mean restart.mode?)");
        check_refused(f, "cooldown_seconds", "1", ERR_NOT_FOUND,
                      "unknown key 'cooldown_seconds' (did you mean restart.cooldown_seconds?)");
        check_refused(f, "completely.else", "1", ERR_NOT_FOUND, "unknown key 'completely.else'");
        check_refused(f, "", "1", ERR_NOT_FOUND, "unknown key ''");
        check_refused(f, "restart", "{}", ERR_INVALID, "'restart' is a section: name one of the keys in it");
        check_refused(f, "restart.backoff", "{}", ERR_INVALID, "'restart.backoff' is a section: name one of the keys in it");
}

static void text_that_cannot_be_json_is_refused(void **data) {
        struct fixture *f = *data;

        check_refused(f, "monitor.label_value", "a\xff", ERR_INVALID, "monitor.label_value: must be text in UTF-8");
        check_refused(f, "containers.selected", "a\xc0\xaf", ERR_INVALID, "containers.selected: must be text in UTF-8");
}

static void a_mask_is_no_value(void **data) {
        struct fixture *f = *data;

        check_refused(f, "alerts.webhook", CONFIG_MASK, ERR_INVALID,
                      "alerts.webhook: ******** stands for a value that is not shown, and is none");
        check_refused(f, "notifications.services", "[{\"token\":\"" CONFIG_MASK "\"}]", ERR_INVALID,
                      "notifications.services: ******** stands for a value that is not shown, and is none");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(scalars),
                WITH_LOAD(lists_of_strings),
                WITH_LOAD(other_lists_and_objects_are_json),
                WITH_LOAD(what_is_wrong_is_named_with_what_is_allowed),
                WITH_LOAD(unknown_keys_are_refused_with_what_was_meant),
                WITH_LOAD(text_that_cannot_be_json_is_refused),
                WITH_LOAD(a_mask_is_no_value),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
