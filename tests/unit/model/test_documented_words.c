/* SPDX-License-Identifier: MIT */
/* docs/commands.md explains every event type and every reason, and none that is not there. */
#include "autoheal/model/plan.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TEXT_MAX 65536

static char text[TEXT_MAX];

static int read_documentation(void **unused) {
        FILE *file = fopen("docs/commands.md", "rb");

        (void)unused;
        if (!file)
                fail_msg("docs/commands.md cannot be read: run the tests from the top of the source tree");
        size_t n = fread(text, 1, sizeof(text) - 1, file);
        assert_int_equal(fclose(file), 0);
        assert_true(n > 0 && n < sizeof(text) - 1);
        text[n] = '\0';
        return 0;
}

/* From a heading to the next one of its level. */
static void section(const char *heading, char ret[static TEXT_MAX]) {
        const char *begin = strstr(text, heading);

        if (!begin)
                fail_msg("docs/commands.md lacks '%s'", heading);
        begin += strlen(heading);
        const char *end = strstr(begin, "\n## ");
        size_t n = end ? (size_t)(end - begin) : strlen(begin);
        memcpy(ret, begin, n);
        ret[n] = '\0';
}

static size_t rows(const char *in) {
        size_t n = 0;

        for (const char *at = in; (at = strstr(at, "\n| `")); at++)
                n++;
        return n;
}

static void check_row(const char *in, const char *word) {
        char row[64];

        (void)snprintf(row, sizeof(row), "\n| `%s` | ", word);
        if (!strstr(in, row))
                fail_msg("docs/commands.md lacks the row%s", row);
}

static void every_event_type_is_explained(void **unused) {
        char in[TEXT_MAX];

        (void)unused;
        section("\n## Events\n", in);
        for (unsigned i = 0; i < EVENT_TYPE_MAX_; i++)
                check_row(in, event_type_name((enum event_type)i));
        assert_int_equal(rows(in), EVENT_TYPE_MAX_);
}

static void every_reason_is_explained(void **unused) {
        char in[TEXT_MAX];

        (void)unused;
        section("\n## Reasons\n", in);
        for (unsigned i = REASON_NONE + 1; i < REASON_MAX_; i++)
                check_row(in, reason_name((enum reason)i));
        assert_int_equal(rows(in), REASON_MAX_ - 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_event_type_is_explained),
                cmocka_unit_test(every_reason_is_explained),
        };

        return cmocka_run_group_tests(tests, read_documentation, NULL);
}
