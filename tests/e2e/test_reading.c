/* SPDX-License-Identifier: MIT */
/* Commands that only look ask the engine nothing but GET and HEAD, and write nothing at all. */
#include "support/engine.h"
#include "support/recorder.h"

static const struct reading {
        const char *command;
        int exit_code;
        bool asks_engine;
} readings[] = {
        { "docker autoheal --dry-run", 0, true },
        { "docker autoheal run --dry-run --format json", 0, true },
        { "docker autoheal run --dry-run -v", 0, true },
        { "docker autoheal explain sick", 0, true },
        { "docker autoheal explain crashed --format json", 0, true },
        { "docker autoheal check", 1, true },
        { "docker autoheal ps", 0, true },
        { "docker autoheal ps --all --format json", 0, true },
        { "docker autoheal status", 0, true },
        { "docker autoheal status --format json", 0, true },
        { "docker autoheal events", 0, false },
        { "docker autoheal version", 0, false },
};

static void start_sick_and_crashed(struct world *w) {
        world_no_waits(w);
        world_do(w, "docker run -d --name sick " MONITORED SICKENABLE "autoheal-demo " OBEDIENT);
        world_do(w, "docker run -d --name crashed " MONITORED "autoheal-demo sh -c 'exit 3'");
        world_await(w, "sick", HEALTH, "healthy");
        world_do(w, SICKEN, "sick");
        world_await(w, "sick", HEALTH, "unhealthy");
        world_await(w, "crashed", STATUS, "exited");
}

static void read_everything(struct world *w, struct recorder *r) {
        for (size_t i = 0; i < N_ELEMENTS(readings); i++) {
                recorder_forget(r);
                AUTO_FREE char *before = dir_snapshot(w->data, "");
                const struct output *o = world_run(w, "%s", readings[i].command);
                if (o->exit_code != readings[i].exit_code)
                        print_error("%s\n", readings[i].command);
                check_exit(o, readings[i].exit_code);
                assert_true(o->out_len > 0);
                if (readings[i].asks_engine)
                        check_only_reads(r);
                AUTO_FREE char *after = dir_snapshot(w->data, "");
                assert_string_equal(before, after);
        }
}

static void test_reading_changes_nothing(void **state) {
        struct world *w = *state;
        start_sick_and_crashed(w);
        AUTO_FREE char *sick = world_inspect(w, "sick", STARTED);
        AUTO_FREE char *crashed = world_inspect(w, "crashed", STARTED);
        AUTO_FREE char *home = path_join(w->dir, "home");
        AUTO_FREE char *home_before = dir_snapshot(home, "");
        struct recorder *r = world_record(w);

        read_everything(w, r);
        assert_false(file_there(w->dir, "data"));
        AUTO_FREE char *home_after = dir_snapshot(home, "");
        assert_string_equal(home_before, home_after);
        check_inspect(w, "sick", STARTED, sick);
        check_inspect(w, "crashed", STARTED, crashed);

        /* The recorder would have seen it. */
        recorder_forget(r);
        const struct output *o = world_run(w, "docker autoheal");
        check_exit(o, 0);
        AUTO_FREE char *requests = recorder_requests(r);
        check_contains(requests, "POST ");
        check_contains(requests, "/restart");
        check_contains(requests, "/start");
        assert_true(file_there(w->data, "pass.json"));
}

static void test_reading_leaves_a_data_directory_as_it_is(void **state) {
        struct world *w = *state;
        world_do(w, "docker autoheal");
        start_sick_and_crashed(w);
        read_everything(w, world_record(w));
}

static void test_dry_run_says_what_a_pass_would_do(void **state) {
        struct world *w = *state;
        start_sick_and_crashed(w);
        const struct output *o = world_run(w, "docker autoheal --dry-run");
        check_exit(o, 0);
        check_contains(o->out, "sick: would restart: ");
        check_contains(o->out, "crashed: would restart: ");
        o = world_run(w, "docker autoheal explain sick");
        check_exit(o, 0);
        check_contains(o->out, "failing (unhealthy)");
        check_contains(o->out, "cooldown");
        o = world_run(w, "docker autoheal explain nobody");
        check_exit(o, 1);
        check_contains(o->err, "No such container: nobody");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_reading_changes_nothing),
                world_test(test_reading_leaves_a_data_directory_as_it_is),
                world_test(test_dry_run_says_what_a_pass_would_do),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
