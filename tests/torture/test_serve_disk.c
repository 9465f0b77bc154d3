/* SPDX-License-Identifier: MIT */
/* serve on a disk that fails while it runs: full, read-only, broken. It goes on healing from memory, and says what it cannot do. */
#include "support/service.h"

#include <signal.h>

#define SICK "container web health=unhealthy label=autoheal=true\nevent \"health_status: unhealthy\" web\n"

/* From the start of the service on each turn takes some calls: what it needs to begin with has been written before the fault. */
#define CALLS_BEFORE "60"

static void begin_fault(struct scene *s, const char *fault) {
        const char *const pairs[][2] = { { "TORTURE_DIR", s->data },
                                         { "TORTURE_FAULT", fault },
                                         { "TORTURE_CALL", CALLS_BEFORE },
                                         { "TORTURE_STICKY", "1" },
                                         { "LD_PRELOAD", getenv("FAULT_SHIM") } };
        for (size_t i = 0; i < N_ELEMENTS(pairs); i++) {
                char pair[4200];
                assert_non_null(pairs[i][1]);
                snprintf(pair, sizeof(pair), "%s=%s", pairs[i][0], pairs[i][1]);
                scene_env(s, pair);
        }
}

static void end_fault(struct scene *s) {
        scene_env(s, "LD_PRELOAD");
}

static void check_fault(struct scene *s, const char *fault) {
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        scene_first_pass(s);
        begin_fault(s, fault);
        pid_t pid = service_start(s, "");
        end_fault(s);
        service_await(s, "/health", "\"state_saved\":false");
        service_await(s, "/health", "\"status\":\"healthy\"");
        check_exit(scene_run(s, "ping"), 0);
        check_contains(s->last.out, "the state cannot be saved");
        scene_world(s, SICK);
        fake_await(s->fake, "/restart -> 204", 1);
        /* The cooldown holds, though nothing was written down. */
        scene_world(s, SICK);
        fake_forget(s->fake);
        fake_await(s->fake, "/containers/json", 3);
        assert_int_equal(scene_posts(s), 0);
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

static void test_read_only(void **state) {
        check_fault(*state, "EROFS");
}

static void test_full(void **state) {
        check_fault(*state, "ENOSPC");
}

/* Nor can it be read. */
static void test_unreadable(void **state) {
        check_fault(*state, "EIO");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_read_only),
                scene_test(test_full),
                scene_test(test_unreadable),
        };
        return cmocka_run_group_tests_name("serve on a failing disk", tests, NULL, NULL);
}
