/* SPDX-License-Identifier: MIT */
/* When a service is said to be dead: by how long nothing was decided, and by no clock that somebody sets. */
#include "support/check.h"

#include "serve/turning.h"

#define INTERVAL_S INT64_C(30)
#define LIMIT_S    (3 * INTERVAL_S)
#define BEGAN_S    INT64_C(1000)
#define NOON       (INT64_C(1769860800) * US_PER_S)

/* Seconds since it began; the wall clock ran along, but for what it was set by. -1: never. */
static struct now at(int64_t s, int64_t set_by_s) {
        if (s < 0)
                return (struct now){ 0 };
        return (struct now){ .mono_ms = (BEGAN_S + s) * 1000, .wall_us = NOON + (s + set_by_s) * US_PER_S };
}

struct row {
        const char *what;
        bool up;
        int64_t since, last_turn, now;
        bool turning;
};

static const struct row rows[] = {
        { "it has just begun", false, -1, -1, 1, true },
        { "it began long ago, and nothing was heard", false, -1, -1, LIMIT_S + 1, false },
        { "the engine was never there", false, 0, -1, 1000 * LIMIT_S, true },
        { "the engine is away", false, 10, 9, 1000 * LIMIT_S, true },
        { "a turn was made in time", true, 1, 100, 100 + LIMIT_S, true },
        { "none was made since", true, 1, 100, 101 + LIMIT_S, false },
        { "the engine came back after the last turn", true, 500, 100, 500 + LIMIT_S, true },
        { "it came back, and nothing followed", true, 500, 100, 501 + LIMIT_S, false },
        { "it answers, and no turn was ever made", true, 5, -1, 6 + LIMIT_S, false },
};

static bool judge(const struct row *r, int64_t set_by_s) {
        struct config config = { .monitor.interval_seconds = INTERVAL_S };
        struct pass_engine e = { .up = r->up, .since = at(r->since, 0), .last_turn = at(r->last_turn, 0) };
        e.since_us = e.since.wall_us;
        e.last_turn_us = e.last_turn.wall_us;
        return serve_is_turning(&e, at(0, 0), &config, at(r->now, set_by_s));
}

static void test_rows(void **state) {
        static const int64_t set_by_s[] = { 0, -3600, 86400 };
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++)
                for (size_t k = 0; k < N_ELEMENTS(set_by_s); k++)
                        if (judge(&rows[i], set_by_s[k]) != rows[i].turning)
                                fail_msg("%s (clock set by %lld s)", rows[i].what, (long long)set_by_s[k]);
}

/* Set back between two events, the clock tells them in the wrong order. */
static void test_clock_set_back_before_the_engine_came_back(void **state) {
        struct config config = { .monitor.interval_seconds = INTERVAL_S };
        struct pass_engine e = { .up = true, .since = at(500, -3600), .last_turn = at(100, 0) };
        (void)state;
        e.since_us = e.since.wall_us;
        e.last_turn_us = e.last_turn.wall_us;
        assert_true(serve_is_turning(&e, at(0, 0), &config, at(510, -3600)));
        assert_false(serve_is_turning(&e, at(0, 0), &config, at(501 + LIMIT_S, -3600)));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_clock_set_back_before_the_engine_came_back),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
