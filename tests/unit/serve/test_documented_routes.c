/* SPDX-License-Identifier: MIT */
/* The table of docs/api.md is the tables of routes: each with its right, what it does and its query, in their order, and no other. */
#include "autoheal/util/buf.h"
#include "serve/api.h"
#include "serve/openapi.h"
#include "support/check.h"
#include "support/files.h"

#define HEAD "\n| request | who may | what it does |\n| --- | --- | --- |\n"

static void add_query(struct buf *out, const struct route *r) {
        struct slice rest = slice_str(r->query), one, name;

        for (const char *before = "; query: "; slice_split(&rest, ',', &one); before = ", ") {
                (void)slice_split(&one, ':', &name);
                buf_addf(out, "%s`%.*s`", before, (int)name.n, name.p);
        }
}

static void add_row(struct buf *out, const struct route *r) {
        buf_addf(out, "| `%s %s` | %s | %s", http_method_name(r->method), r->path, openapi_right_name(r->right), r->summary);
        add_query(out, r);
        buf_add_str(out, " |\n");
}

static void the_document_has_every_route(void **unused) {
        struct buf table AUTO(buf_release) = BUF_INIT(65536);
        AUTO_FREE char *text = file_get("docs", "api.md");

        (void)unused;
        if (!text)
                fail_msg("docs/api.md cannot be read: run the tests from the top of the source tree");
        for (size_t t = 0; api_tables[t]; t++)
                for (const struct route *r = api_tables[t]; r->path; r++)
                        add_row(&table, r);
        char *begin = strstr(text, HEAD);
        assert_non_null(begin);
        begin += strlen(HEAD);
        char *end = strstr(begin, "\n\n");
        assert_non_null(end);
        end[1] = '\0';
        assert_string_equal(begin, buf_str(&table));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_document_has_every_route),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
