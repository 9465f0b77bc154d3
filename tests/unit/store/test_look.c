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

static void test_token_alone(void **state) {
        struct fixture *f = *state;

        put_empty(f, "api_token");
        assert_int_equal(store_look(f->dir), STORE_OURS);
}

/* A context's directory is made before a file comes into it, and the directory above it is to be used meanwhile. */
static void test_contexts(void **state) {
        struct fixture *f = *state;
        char path[256];

        file_path(f, "contexts", path);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(store_look(f->dir), STORE_EMPTY);
        file_path(f, "contexts/prod", path);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(store_look(f->dir), STORE_EMPTY);
        put_empty(f, "contexts/prod/notes.txt");
        assert_int_equal(store_look(f->dir), STORE_FOREIGN);
        put_empty(f, "contexts/prod/pass.lock");
        assert_int_equal(store_look(f->dir), STORE_OURS);
}

int main(void) {
        const struct CMUnitTest tests[] = { fixture_test(test_content), fixture_test(test_token_alone),
                                            fixture_test(test_contexts) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
