/* SPDX-License-Identifier: MIT */
/* What the engine's journal says about containers, as rows of events and what follows from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "autoheal/observe/observe.h"

#include <signal.h>

#define T(seconds) (INT64_C(1700000000) * US_PER_S + (int64_t)((seconds)*1e6))
#define ID         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER      "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define EVENT(at, what)                                                                                                            \
        { .at_us = T(at), .action = (what), .id = ID, .name = "web", .project = "", .exit_code = -1 }
#define KILL(at, number)                                                                                                           \
        { .at_us = T(at), .action = "kill", .id = ID, .name = "web", .project = "", .signal = (number) }
#define OF_OTHER(at, what)                                                                                                         \
        { .at_us = T(at), .action = (what), .id = OTHER, .name = "db", .project = "", .exit_code = -1 }
#define IN_PROJECT(at, what, p)                                                                                                    \
        { .at_us = T(at), .action = (what), .id = OTHER, .name = "db", .project = (p) }

struct row {
        const char *what;
        struct engine_event events[8];
        int64_t stop_timeout_s;
        int stop_signal;
        double finished; /* 0: it runs */
        enum told told;
        double kill; /* 0: none is under way */
};

static const struct row rows[] = {
        { "docker stop", { KILL(10, SIGTERM), EVENT(11, "die"), EVENT(11.1, "stop") }, 10, SIGTERM, 11, TOLD_STOPPED, 0 },
        { "docker stop that had to kill",
          { KILL(0, SIGTERM), KILL(10, SIGKILL), EVENT(10.2, "die"), EVENT(10.3, "stop") },
          10,
          SIGTERM,
          10.1,
          TOLD_STOPPED,
          0 },
        { "docker kill", { KILL(10, SIGKILL), EVENT(10.1, "die") }, 10, SIGTERM, 10.1, TOLD_STOPPED, 0 },
        { "a crash", { EVENT(10, "die") }, 10, SIGTERM, 10, TOLD_CRASHED, 0 },
        { "a reload, and a crash later", { KILL(5, SIGHUP), EVENT(10, "die") }, 10, SIGTERM, 10, TOLD_CRASHED, 0 },
        { "its own stop signal, survived for a moment", { KILL(5, SIGUSR1), EVENT(10, "die") }, 10, SIGUSR1, 10, TOLD_STOPPED, 0 },
        { "a SIGTERM it survived, and a crash much later",
          { KILL(0, SIGTERM), EVENT(21, "die") },
          10,
          SIGTERM,
          21,
          TOLD_CRASHED,
          0 },
        { "a SIGTERM just within its stop timeout and ten seconds",
          { KILL(0, SIGTERM), EVENT(20, "die") },
          10,
          SIGTERM,
          20,
          TOLD_STOPPED,
          0 },
        { "the end of an earlier run",
          { KILL(1, SIGTERM), EVENT(1, "die"), EVENT(1, "stop"), EVENT(2, "start") },
          10,
          SIGTERM,
          10,
          TOLD_NOTHING,
          0 },
        { "another end than the one that is seen",
          { KILL(1, SIGTERM), EVENT(2, "die"), EVENT(2, "stop") },
          10,
          SIGTERM,
          10,
          TOLD_NOTHING,
          0 },
        { "a flooded journal", { EVENT(11.1, "stop") }, 10, SIGTERM, 11, TOLD_NOTHING, 0 },
        { "somebody else's end", { OF_OTHER(10, "die"), OF_OTHER(10, "stop") }, 10, SIGTERM, 10, TOLD_NOTHING, 0 },
        { "being stopped right now", { KILL(10, SIGTERM) }, 10, SIGTERM, 0, TOLD_NOTHING, 10 },
        { "reloaded right now", { KILL(10, SIGHUP) }, 10, SIGTERM, 0, TOLD_NOTHING, 0 },
        { "killed, died and started again",
          { KILL(10, SIGTERM), EVENT(11, "die"), EVENT(12, "start") },
          10,
          SIGTERM,
          0,
          TOLD_NOTHING,
          0 },
};

static void what_it_tells(void **state) {
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                const struct row *row = &rows[i];
                struct arena a = ARENA_INIT(4096);
                struct container c = { .id = ID,
                                       .inspected = true,
                                       .state = row->finished > 0 ? CONTAINER_EXITED : CONTAINER_RUNNING,
                                       .finished_us = row->finished > 0 ? T(row->finished) : 0,
                                       .stop_timeout_s = row->stop_timeout_s,
                                       .stop_signal = row->stop_signal };
                struct observation obs = { .containers = &c, .n = 1 };
                size_t n = 0;
                while (n < N_ELEMENTS(row->events) && row->events[n].id)
                        n++;
                journal_apply(&obs, &(struct engine_events){ .events = row->events, .n = n, .oldest_us = T(0) }, &a);
                if (c.exit_told != row->told)
                        fail_msg("%s: told %d, not %d", row->what, (int)c.exit_told, (int)row->told);
                if (c.kill_us != (row->kill > 0 ? T(row->kill) : 0))
                        fail_msg("%s: another signal is under way", row->what);
                assert_true(obs.journal_read);
                assert_int_equal(obs.journal_oldest_us, T(0));
                arena_release(&a);
        }
}

/* Its start may not be among what is known, as when the engine was started again in between. */
static void a_signal_from_before_its_start_is_over(void **state) {
        static const struct engine_event events[] = { KILL(10, SIGTERM) };
        const double started[] = { 9, 11 };
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(started); i++) {
                struct arena a = ARENA_INIT(4096);
                struct container c = { .id = ID, .inspected = true, .state = CONTAINER_RUNNING, .started_us = T(started[i]) };
                struct observation obs = { .containers = &c, .n = 1 };
                journal_apply(&obs, &(struct engine_events){ .events = events, .n = N_ELEMENTS(events) }, &a);
                assert_int_equal(c.kill_us, i == 0 ? T(10) : 0);
                arena_release(&a);
        }
}

static void where_something_is_deployed(void **state) {
        static const struct engine_event events[] = {
                IN_PROJECT(1, "create", "shop"), IN_PROJECT(2, "start", "shop"), IN_PROJECT(3, "destroy", "blog"),
                IN_PROJECT(4, "rename", "shop"), IN_PROJECT(5, "die", "blog"),   IN_PROJECT(6, "create", ""),
        };
        struct arena a = ARENA_INIT(4096);
        struct observation obs = { .n = 0 };
        (void)state;
        journal_apply(&obs, &(struct engine_events){ .events = events, .n = N_ELEMENTS(events) }, &a);
        assert_int_equal(obs.n_changes, 2);
        assert_string_equal(obs.changes[0].project, "shop");
        assert_int_equal(obs.changes[0].at_us, T(4));
        assert_string_equal(obs.changes[1].project, "blog");
        assert_int_equal(obs.changes[1].at_us, T(3));
        arena_release(&a);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_it_tells),
                cmocka_unit_test(a_signal_from_before_its_start_is_over),
                cmocka_unit_test(where_something_is_deployed),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
