/* SPDX-License-Identifier: MIT */
/* What a directory holds: ours, others', or nothing. */
#include "autoheal/util/base.h"

#include "store_fixture.h"

static void put_empty(const struct fixture *f, const char *name) {
        put(f, name, "");
}

static void test_content(void **state) {
        struct fixture *f = *state;

        assert_int_equal(store_look("/no/such/directory"), STORE_MISSING);
        assert_int_equal(store_look(f->dir), STORE_EMPTY);
        put_empty(f, "holiday.jpg");
        assert_int_equal(store_look(f->dir), STORE_FOREIGN);
        put_empty(f, "pass.lock");
        assert_int_equal(store_look(f->dir), STORE_OURS);
}

int main(void) {
        const struct CMUnitTest tests[] = { fixture_test(test_content) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
