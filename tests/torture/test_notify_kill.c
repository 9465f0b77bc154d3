/* SPDX-License-Identifier: MIT */
/* Passes that have something to tell end by kill -9 at random points: nobody's restart stays untold. */
#include "autoheal/util/buf.h"
#include "support/catcher.h"
#include "support/torture.h"

#define ROUNDS     40
#define CONTAINERS 4
#define LIMIT_US   60000
#define SEED       20251031

static struct catcher *catcher;

static int setup(void **state) {
        int r = scene_setup(state);
        struct scene *s = *state;

        catcher = catcher_start(s->dir);
        return r;
}

static int teardown(void **state) {
        catcher_stop(catcher);
        return scene_teardown(state);
}

static uint64_t seed(void) {
        const char *given = getenv("TORTURE_SEED");

        return given ? strtoull(given, NULL, 10) : SEED;
}

/* New names in each round, so that each restart is a message of its own. */
static void make_sick(struct scene *s, int round) {
        struct buf b AUTO(buf_release) = BUF_INIT(65536);

        for (int i = 0; i < CONTAINERS; i++)
                buf_addf(&b, "container c%d-%d- health=unhealthy label=autoheal=true started=-600\n", round, i);
        scene_world(s, buf_str(&b));
}

static void check_told(struct scene *s, int round) {
        AUTO_FREE char *log = file_get(s->dir, "catcher.log");

        for (int i = 0; i < CONTAINERS; i++) {
                char name[64], told[96];

                snprintf(name, sizeof(name), "c%d-%d-", round, i);
                if (count_events(s, "restart", name) == 0)
                        fail_msg("seed %llu, round %d: no restart of '%s'", (unsigned long long)seed(), round, name);
                snprintf(told, sizeof(told), "\"container_name\":\"%s\"", name);
                if (!log || !strstr(log, told))
                        fail_msg("seed %llu, round %d: nobody was told of '%s'", (unsigned long long)seed(), round, name);
        }
}

/* What the killed one had under way is settled after the stop timeout and half a minute; what was told already waits for a minute. */
static void tell_all(struct torture *t) {
        struct scene *s = t->scene;

        for (int i = 0; i < 10; i++) {
                torture_wait(t, 61);
                check_exit(torture_run(t, "run", (struct blow){ 0 }), 0);
                AUTO_FREE char *box = data_get(s, "outbox.json");
                if (box && strstr(box, "\"messages\":[]"))
                        return;
        }
        fail_msg("seed %llu: the outbox does not become empty: %s", (unsigned long long)seed(), data_get(s, "outbox.json"));
}

static void nobody_stays_untold(void **state) {
        struct scene *s = *state;
        struct torture t;
        struct buf b AUTO(buf_release) = BUF_INIT(4096);
        int killed = 0;

        torture_begin(&t, s, seed());
        buf_addf(&b,
                 "{\"notifications\":{\"enabled\":true,\"event_filters\":[\"restart\"],\"services\":[{\"name\":\"w\",\"type\":"
                 "\"webhook\",\"url\":\"http://127.0.0.1:%d/w\"}]},\"restart\":{\"cooldown_seconds\":0,\"backoff\":{\"enabled\":"
                 "false},\"max_restarts\":100,\"stop_timeout_seconds\":0},\"brake\":{\"enabled\":false},\"ui\":{\"max_log_"
                 "entries\":10000}}",
                 catcher_port(catcher));
        data_put(s, "config.json", buf_str(&b));
        scene_world(s, "container quiet health=healthy\n");
        check_exit(scene_run(s, "run"), 0);
        for (int round = 0; round < ROUNDS; round++) {
                int exit_code;

                make_sick(s, round);
                killed += torture_kill(&t, "run", LIMIT_US, &exit_code);
                fake_await_idle(s->fake);
                tell_all(&t);
                check_told(s, round);
                scene_world(s, "remove c*\n");
        }
        assert_true(killed > ROUNDS / 4);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(nobody_stays_untold, setup, teardown) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
