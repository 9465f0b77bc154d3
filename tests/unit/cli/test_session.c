/* SPDX-License-Identifier: MIT */
/* A session that goes on for days reads config.json many times. */
#include "cli/cli_internal.h"
#include "support/check.h"
#include "support/files.h"

static void read_again(struct session *s) {
        struct error err = ERROR_INIT;
        if (session_read_config(s, &err) < 0)
                fail_msg("%s", err.msg);
}

static void test_reading_the_configuration_again_keeps_nothing(void **state) {
        struct session s = { .arena = ARENA_INIT(1024), .config_arena = ARENA_INIT(1024) };
        char *dir = temp_dir_make();
        size_t n_issues = 0;
        (void)state;
        file_put(dir, "config.json", "{\"nonsense\": 1, \"restart\": {\"max_restarts\": 7}}");
        (void)snprintf(s.location.path, sizeof(s.location.path), "%s", dir);
        assert_int_equal(store_open(&s.store, dir, STORE_READ, NULL), 0);
        for (int i = 0; i < 3; i++) {
                read_again(&s);
                assert_int_equal(s.config.restart.max_restarts, 7);
                assert_true(i == 0 ? s.issues.n > 0 : s.issues.n == n_issues);
                n_issues = s.issues.n;
                assert_null(s.arena.blocks);
        }
        file_put(dir, "config.json", "{\"restart\": nonsense");
        assert_int_equal(session_read_config(&s, NULL), -1);
        file_put(dir, "config.json", "{}");
        read_again(&s);
        assert_string_equal(s.config_text, "{}");
        assert_int_equal(s.issues.n, 0);
        assert_null(s.arena.blocks);
        session_close(&s);
        temp_dir_remove(dir);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_reading_the_configuration_again_keeps_nothing),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
