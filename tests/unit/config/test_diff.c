/* SPDX-License-Identifier: MIT */
/* Two documents compared: one line for each key, secrets masked, layout and order ignored. */
#include "edit_fixture.h"

/* "+path new; -path old; ~path old -> new", one a line. */
static const char *diff(struct fixture *f, const char *from, const char *to) {
        struct json_doc *a AUTO_JSON = from ? parsed(from) : NULL, *b AUTO_JSON = parsed(to);
        struct buf out AUTO(buf_release) = BUF_INIT(65536);
        struct json_value old = a ? json_root(a) : (struct json_value){ .doc = NULL };
        size_t n;
        const struct config_difference *list = config_diff(old, json_root(b), &f->arena, &n);

        for (size_t i = 0; i < n; i++) {
                assert_int_equal(list[i].old == NULL, list[i].kind == DIFFERENCE_ADDED);
                assert_int_equal(list[i].new == NULL, list[i].kind == DIFFERENCE_REMOVED);
                buf_addf(&out, "%c%s %s%s%s\n", "+~-"[list[i].kind], list[i].path, list[i].old ? list[i].old : "",
                         list[i].kind == DIFFERENCE_CHANGED ? " -> " : "", list[i].new ? list[i].new : "");
        }
        return arena_strdup(&f->arena, buf_str(&out));
}

static void changed_added_and_removed(void **data) {
        struct fixture *f = *data;

        assert_string_equal(diff(f, "{\"restart\":{\"mode\":\"both\",\"max_restarts\":3,\"backoff\":{\"enabled\":true}}}",
                                 "{\"restart\":{\"max_restarts\":5,\"mode\":\"both\",\"backoff\":{\"max_seconds\":9}},\"brake\":{"
                                 "\"enabled\":false}}"),
                            "~restart.max_restarts 3 -> 5\n-restart.backoff.enabled true\n+restart.backoff.max_seconds 9\n"
                            "+brake.enabled false\n");
        assert_string_equal(diff(f, NULL, "{\"restart\":{\"mode\":\"both\"}}"), "+restart.mode \"both\"\n");
        assert_string_equal(diff(f, "{\"restart\":{\"mode\":\"both\"},\"x\":{\"y\":[1, 2]}}", "{}"),
                            "-restart.mode \"both\"\n-x {\"y\":[1,2]}\n");
}

static void what_says_the_same_is_the_same(void **data) {
        struct fixture *f = *data;

        assert_string_equal(diff(f, "{\"a\":[1,{\"b\":null,\"c\":\"\\u00e9\"}],\"n\":30,\"d\":1,\"d\":2}",
                                 "{ \"d\": 2.0, \"n\": 3e1,\n \"a\": [ 1, {\"c\": \"\xc3\xa9\", \"b\": null} ] }"),
                            "");
        assert_string_equal(diff(f, "{\"n\":9007199254740993}", "{\"n\":9007199254740992}"),
                            "~n 9007199254740993 -> 9007199254740992\n");
        assert_string_equal(diff(f, "{\"a\":[1],\"b\":[1,2],\"c\":{\"x\":1}}", "{\"a\":[1,2],\"b\":[2,1],\"c\":{\"x\":\"1\"}}"),
                            "~a [1] -> [1,2]\n~b [1,2] -> [2,1]\n~c.x 1 -> \"1\"\n");
}

static void secrets_are_masked(void **data) {
        struct fixture *f = *data;

        assert_string_equal(
                diff(f,
                     "{\"alerts\":{\"webhook\":\"https://a\"},\"notifications\":{\"services\":[{\"name\":\"n\",\"url\":\"u\"}]}}",
                     "{\"alerts\":{\"webhook\":\"https://b\"},\"notifications\":{\"services\":[{\"name\":\"n\",\"url\":\"v\"},"
                     "{\"name\":\"m\",\"token\":\"t\"}]}}"),
                "~alerts.webhook \"********\" -> \"********\"\n"
                "~notifications.services[0].url \"********\" -> \"********\"\n"
                "+notifications.services[1] {\"name\":\"m\",\"token\":\"********\"}\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(changed_added_and_removed),
                WITH_LOAD(what_says_the_same_is_the_same),
                WITH_LOAD(secrets_are_masked),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
