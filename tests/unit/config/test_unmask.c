/* SPDX-License-Identifier: MIT */
/* Masks in a document that comes back are replaced by what is in place, where that is beyond doubt. */
#include "edit_fixture.h"

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
        (void)unmasked(f,
                       "{\"s\":[{\"name\":\"d\",\"token\":\"********\"},{\"token\":\"********\"},{\"name\":\"c\",\"token\":\"******"
                       "**\"}]}",
                       present);
        assert_int_equal(count_errors(&f->issues), 3);
}

static const char unclear[] = "is masked, and it is not clear what it was";

/* What has no name is known by its place, as long as nothing else was touched. */
static void an_element_without_a_name_must_be_where_it_was(void **data) {
        static const char urls[] = "{\"urls\":[\"https://u:A@h1\",\"https://u:B@h2\",\"http://h3\"]}";
        struct fixture *f = *data;

        assert_string_equal(unmasked(f, "{\"urls\":[\"********\",\"********\",\"http://h3\"]}", urls), urls);
        assert_int_equal(f->issues.n, 0);
        assert_string_equal(unmasked(f, "{\"urls\":[\"********\",\"http://h3\"]}", urls),
                            "{\"urls\":[\"********\",\"http://h3\"]}");
        check_issue(&f->issues, true, "urls[0]", unclear);
        (void)unmasked(f, "{\"urls\":[\"********\",\"http://h3\",\"********\"]}", urls);
        check_issue(&f->issues, true, "urls[0]", unclear);
        check_issue(&f->issues, true, "urls[2]", unclear);
        (void)unmasked(f, "{\"urls\":[\"********\",\"********\",\"http://h3\",\"********\"]}", urls);
        assert_int_equal(count_errors(&f->issues), 3);
        (void)unmasked(f, "{\"urls\":[\"********\"]}", "{\"urls\":[]}");
        check_issue(&f->issues, true, "urls[0]", "is masked, and there is nothing in place to keep");
}

static void objects_without_a_name_too(void **data) {
        static const char present[] = "{\"s\":[{\"to\":\"a\",\"token\":\"A\"},{\"to\":\"b\",\"token\":\"B\"}]}";
        struct fixture *f = *data;

        assert_string_equal(unmasked(f, "{\"s\":[{\"token\":\"********\",\"to\":\"a\"},{\"token\":\"B\",\"to\":\"b\"}]}", present),
                            "{\"s\":[{\"token\":\"A\",\"to\":\"a\"},{\"token\":\"B\",\"to\":\"b\"}]}");
        assert_int_equal(f->issues.n, 0);
        (void)unmasked(f, "{\"s\":[{\"to\":\"b\",\"token\":\"********\"},{\"to\":\"a\",\"token\":\"********\"}]}", present);
        check_issue(&f->issues, true, "s[0].token", unclear);
        check_issue(&f->issues, true, "s[1].token", unclear);
        (void)unmasked(f, "{\"s\":[[{\"token\":\"********\"}],0]}", present);
        check_issue(&f->issues, true, "s[0][0].token", unclear);
}

static void of_namesakes_the_place_decides_too(void **data) {
        static const char present[] = "{\"s\":[{\"name\":\"d\",\"token\":\"D\"},{\"name\":\"d\",\"token\":\"E\"}]}";
        struct fixture *f = *data;

        assert_string_equal(
                unmasked(f, "{\"s\":[{\"name\":\"d\",\"token\":\"********\"},{\"name\":\"d\",\"token\":\"********\"}]}", present),
                present);
        assert_int_equal(f->issues.n, 0);
        (void)unmasked(f, "{\"s\":[{\"name\":\"d\",\"token\":\"********\"}]}", present);
        check_issue(&f->issues, true, "s[0].token", unclear);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(a_mask_keeps_what_is_in_place),
                WITH_LOAD(a_mask_with_nothing_in_place_is_an_error),
                WITH_LOAD(services_are_told_apart_by_their_names),
                WITH_LOAD(an_element_without_a_name_must_be_where_it_was),
                WITH_LOAD(objects_without_a_name_too),
                WITH_LOAD(of_namesakes_the_place_decides_too),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
