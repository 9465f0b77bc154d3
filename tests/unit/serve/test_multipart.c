/* SPDX-License-Identifier: MIT */
/* Forms: as curl and browsers send them, and as nobody should. */
#include "serve/multipart.h"

#include "autoheal/util/arena.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TYPE "multipart/form-data; boundary=XX"

static int parse(struct multipart *ret, const char *type, const char *body) {
        struct error err = ERROR_INIT;

        return multipart_parse(ret, slice_str(type), slice_str(body), &err);
}

static void check_refused(const char *type, const char *body, const char *message) {
        struct multipart m;
        struct error err = ERROR_INIT;

        assert_int_equal(multipart_parse(&m, slice_str(type), slice_str(body), &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.msg, message);
}

static void check_part(const struct multipart *m, const char *name, const char *filename, const char *body) {
        size_t n;
        const struct multipart_part *p = multipart_find(m, name, &n);

        assert_non_null(p);
        assert_int_equal(n, 1);
        assert_true(slice_eq(p->body, body));
        assert_true(filename ? slice_eq(p->filename, filename) : !p->filename.p);
}

static void as_curl_sends_it(void **state) {
        struct multipart m;

        (void)state;
        assert_int_equal(parse(&m, "multipart/form-data; boundary=------------------------1b2c3d4e5f607182",
                               "--------------------------1b2c3d4e5f607182\r\n"
                               "Content-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\"; c.json\"\r\n"
                               "Content-Type: application/json\r\n\r\n"
                               "{\"a\":\r\n 1}\n\r\n"
                               "--------------------------1b2c3d4e5f607182--\r\n"),
                         0);
        assert_int_equal(m.n, 1);
        check_part(&m, "file", "a \\\"b\\\"; c.json", "{\"a\":\r\n 1}\n");
}

static void as_a_browser_sends_it(void **state) {
        struct multipart m;
        size_t n;

        (void)state;
        assert_int_equal(parse(&m, "multipart/form-data; boundary=----WebKitFormBoundaryAbC",
                               "------WebKitFormBoundaryAbC\r\n"
                               "Content-Disposition: form-data; name=\"note\"\r\n\r\n"
                               "\r\n"
                               "------WebKitFormBoundaryAbC\r\n"
                               "Content-Disposition: form-data; name=\"file\"; filename=\"x.json\"\r\n"
                               "Content-Type: application/json\r\n\r\n"
                               "{}\r\n"
                               "------WebKitFormBoundaryAbC--\r\n"),
                         0);
        assert_int_equal(m.n, 2);
        check_part(&m, "note", NULL, "");
        check_part(&m, "file", "x.json", "{}");
        assert_null(multipart_find(&m, "other", &n));
        assert_int_equal(n, 0);
}

static void letter_case_blanks_quotes_and_what_stands_around(void **state) {
        struct multipart m;

        (void)state;
        assert_int_equal(parse(&m, "Multipart/Form-Data ; charset=utf-8 ; BOUNDARY=\"XX y\"",
                               "preamble\r\n--XX y \t\r\ncontent-disposition:FORM-DATA;name=a\r\nx-other: 1\r\n\r\n1\r\n--XX "
                               "yes\r\n2\r\n--XX "
                               "y--\r\nepilogue\r\n--XX y\r\n"),
                         0);
        assert_int_equal(m.n, 1);
        check_part(&m, "a", NULL, "1\r\n--XX yes\r\n2");
        assert_int_equal(parse(&m, TYPE, "--XX--"), 0);
        assert_int_equal(m.n, 0);
}

static void bytes_are_left_as_they_are(void **state) {
        static const char body[] = "--XX\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n\0\xff\r\n-\r\n--X\r\n\r\n--XX--";
        struct multipart m;
        struct error err = ERROR_INIT;

        (void)state;
        assert_int_equal(multipart_parse(&m, slice_str(TYPE), (struct slice){ body, sizeof(body) - 1 }, &err), 0);
        assert_int_equal(m.n, 1);
        assert_int_equal(m.parts[0].body.n, 12);
        assert_memory_equal(m.parts[0].body.p, "\0\xff\r\n-\r\n--X\r\n", 12);
}

static void the_content_type_must_have_one_boundary(void **state) {
        static const char *const types[] = {
                "multipart/form-data",
                "multipart/form-data;",
                "multipart/form-data; boundary",
                "multipart/form-data; boundary=",
                "multipart/form-data; boundary=\"\"",
                "multipart/form-data; boundary=\"XX",
                "multipart/form-data; boundary=\"XX\"y",
                "multipart/form-data; boundary=\"XX \"",
                "multipart/form-data; boundary=X<X",
                "multipart/form-data; boundary=0123456789012345678901234567890123456789012345678901234567890123456789x",
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(types); i++)
                check_refused(types[i], "--XX--", "the content type has no boundary that can be used");
        check_refused("multipart/form-data; boundary=XX; boundary=YY", "--XX--", "the content type has two boundaries");
        check_refused("multipart/mixed; boundary=XX", "--XX--", "the content type must be multipart/form-data");
        check_refused("", "--XX--", "the content type must be multipart/form-data");
        assert_false(multipart_is((struct slice){ NULL, 0 }));
        assert_false(multipart_is(slice_str("application/json")));
        assert_true(multipart_is(slice_str("multipart/form-data")));
}

static void what_is_cut_or_malformed_is_refused(void **state) {
        (void)state;
        check_refused(TYPE, "", "the body does not begin with its boundary");
        check_refused(TYPE, "{}", "the body does not begin with its boundary");
        check_refused(TYPE, "--XXZ\r\n\r\n--XXZ--", "the body does not begin with its boundary");
        check_refused(TYPE, "--XX\r\n", "the body ends in the middle of a part");
        check_refused(TYPE, "--XX\r\nContent-Disposition: form-data; name=f\r\n\r\n{}", "the body ends in the middle of a part");
        check_refused(TYPE, "--XX\r\nContent-Disposition: form-data; name=f\r\n\r\n{}\n--XX--",
                      "the body ends in the middle of a part");
        check_refused(TYPE, "--XX\r\nContent-Disposition: form-data; name=f\r\n--XX--",
                      "the header of a part has no end, or is too long");
        check_refused(TYPE, "--XX\r\n\r\n{}\r\n--XX--", "a part has no name");
        check_refused(TYPE, "--XX\r\nContent-Disposition: attachment; name=f\r\n\r\n{}\r\n--XX--", "a part is no form-data");
        check_refused(TYPE, "--XX\r\nContent-Disposition: form-data; name=\"f\r\n\r\n{}\r\n--XX--",
                      "the header of a part is malformed");
        check_refused(TYPE, "--XX\r\nContent-Disposition : form-data; name=f\r\n\r\n{}\r\n--XX--",
                      "the header of a part is malformed");
        check_refused(TYPE, "--XX\r\nContent-Disposition: form-data;\r\n name=f\r\n\r\n{}\r\n--XX--",
                      "the header of a part is malformed");
        check_refused(TYPE,
                      "--XX\r\nContent-Disposition: form-data; name=f\r\nContent-Transfer-Encoding: base64\r\n\r\ne30=\r\n--XX--",
                      "a part is encoded, which forms do not do");
}

static void there_are_bounds(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(65536);
        const char *part = "--XX\r\nContent-Disposition: form-data; name=f\r\n\r\n\r\n";
        char *body = arena_strdup(&a, ""), *wide = arena_alloc(&a, MULTIPART_HEADER_MAX + 1);
        struct multipart m;
        size_t n;

        (void)state;
        for (int i = 0; i < MULTIPART_PARTS_MAX; i++)
                body = arena_printf(&a, "%s%s", body, part);
        assert_int_equal(parse(&m, TYPE, arena_printf(&a, "%s--XX--", body)), 0);
        assert_int_equal(m.n, MULTIPART_PARTS_MAX);
        assert_ptr_equal(multipart_find(&m, "f", &n), &m.parts[0]);
        assert_int_equal(n, MULTIPART_PARTS_MAX);
        check_refused(TYPE, arena_printf(&a, "%s%s--XX--", body, part), "the form has more than 16 parts");
        memset(wide, 'x', MULTIPART_HEADER_MAX);
        check_refused(TYPE, arena_printf(&a, "--XX\r\nX: %s\r\nContent-Disposition: form-data; name=f\r\n\r\n\r\n--XX--", wide),
                      "the header of a part has no end, or is too long");
}

/* Whatever is missing at the end is noticed. */
static void every_beginning_of_a_form_is_refused(void **state) {
        static const char body[] = "--XX\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n{}\r\n--XX--";
        struct multipart m;

        (void)state;
        for (size_t n = 0; n < sizeof(body) - 1; n++)
                assert_int_equal(multipart_parse(&m, slice_str(TYPE), (struct slice){ body, n }, NULL), -1);
        assert_int_equal(multipart_parse(&m, slice_str(TYPE), (struct slice){ body, sizeof(body) - 1 }, NULL), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(as_curl_sends_it),
                cmocka_unit_test(as_a_browser_sends_it),
                cmocka_unit_test(letter_case_blanks_quotes_and_what_stands_around),
                cmocka_unit_test(bytes_are_left_as_they_are),
                cmocka_unit_test(the_content_type_must_have_one_boundary),
                cmocka_unit_test(what_is_cut_or_malformed_is_refused),
                cmocka_unit_test(there_are_bounds),
                cmocka_unit_test(every_beginning_of_a_form_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
