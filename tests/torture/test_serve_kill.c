/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at random points of a serve with work to do. After each one the files are read as the next start would read them: what
 * was recorded is there, and what the engine did was written down before. At the end one that is left alone settles everything.
 *
 * TORTURE_SEED replays a run.
 */
#include "support/torture.h"

#include <inttypes.h>
#include <signal.h>

#define SEED     UINT64_C(20260217)
#define KILLS    40
#define KILL_US  250000
#define N_MEMBER 6

struct torment {
        struct torture t;
        struct scene *s;
        char when[128];
        int64_t lifetime[N_MEMBER]; /* as it was remembered last */
        size_t n_events;
        size_t intents_seen;
        uint64_t seed;
};

static void name_of(size_t i, char ret[static 32]) {
        (void)snprintf(ret, 32, "member-%04zu", i);
}

static void check_member(struct torment *x, const struct remembered *r, const struct fake_action *a, size_t i) {
        const struct memory *m = remembered_of(r, a->name);
        int64_t open = remembered_intent(m);
        if (a->done > m->lifetime_restarts)
                fail_msg("%s: '%s' was restarted %" PRId64 " times, and %" PRId64 " are remembered", x->when, a->name, a->done,
                         m->lifetime_restarts);
        if (m->lifetime_restarts > a->asked + open)
                fail_msg("%s: '%s' was asked for %" PRId64 " times, and %" PRId64 " restarts are remembered, %" PRId64 " open",
                         x->when, a->name, a->asked, m->lifetime_restarts, open);
        /* One that was open and never done is taken back. */
        if (m->lifetime_restarts + 1 < x->lifetime[i])
                fail_msg("%s: '%s' had %" PRId64 " restarts, and has %" PRId64, x->when, a->name, x->lifetime[i],
                         m->lifetime_restarts);
        x->lifetime[i] = m->lifetime_restarts;
        x->intents_seen += (size_t)open;
}

static void check_all(struct torment *x) {
        struct remembered r;
        struct fake_action actions[N_MEMBER];
        (void)check_directory(x->s->data, x->when);
        remembered_load(&r, x->s->data, x->when);
        assert_int_equal(fake_actions(x->s->fake, actions, N_MEMBER, NULL), N_MEMBER);
        for (size_t i = 0; i < N_MEMBER; i++)
                check_member(x, &r, &actions[i], i);
        if (r.n_events < x->n_events)
                fail_msg("%s: %zu events were recorded, and %zu are", x->when, x->n_events, r.n_events);
        x->n_events = r.n_events;
        remembered_release(&r);
        age_temporary_files(x->s->data);
}

static void make_sick(struct torment *x) {
        for (size_t i = 0; i < N_MEMBER; i++) {
                char name[32], line[128];
                name_of(i, name);
                (void)snprintf(line, sizeof(line), "container %s health=unhealthy\nevent \"health_status: unhealthy\" %s\n", name,
                               name);
                if (torture_chance(&x->t, 60))
                        scene_world(x->s, line);
        }
}

static void make_well(struct torment *x) {
        for (size_t i = 0; i < N_MEMBER; i++) {
                char name[32], line[64];
                name_of(i, name);
                (void)snprintf(line, sizeof(line), "container %s health=healthy\n", name);
                scene_world(x->s, line);
        }
}

static bool nothing_is_open(void *arg) {
        struct torment *x = arg;
        struct remembered r;
        remembered_load(&r, x->s->data, x->when);
        bool open = remembered_any_intent(&r);
        remembered_release(&r);
        return !open;
}

/* Longer than any restart may take later, one that is left alone. */
static void come_to_rest(struct torment *x) {
        scene_world(x->s, "no-faults\n");
        fake_await_idle(x->s->fake);
        make_well(x);
        torture_wait(&x->t, 100);
        (void)snprintf(x->when, sizeof(x->when), "seed %" PRIu64 ", at rest", x->seed);
        fake_forget(x->s->fake);
        pid_t pid = scene_start(x->s, "serve");
        fake_await(x->s->fake, "/events", 1);
        assert_true(eventually(nothing_is_open, x, 20000));
        assert_int_equal(run_end(pid, SIGTERM), 0);
        check_all(x);
}

/* History tells of each restart that was done, once. */
static void check_history(struct torment *x) {
        struct remembered r;
        struct fake_action actions[N_MEMBER];
        remembered_load(&r, x->s->data, x->when);
        assert_int_equal(fake_actions(x->s->fake, actions, N_MEMBER, NULL), N_MEMBER);
        for (size_t i = 0; i < N_MEMBER; i++) {
                size_t told = remembered_events(&r, "restart", actions[i].name, "success", NULL);
                if ((int64_t)told != actions[i].done)
                        fail_msg("'%s' was restarted %" PRId64 " times, and the events tell of %zu", actions[i].name,
                                 actions[i].done, told);
        }
        remembered_release(&r);
}

static void test_killed_at_random(void **state) {
        struct torment x = { .s = *state };
        size_t kills = 0;
        torture_begin(&x.t, x.s, SEED);
        x.seed = x.t.random;
        scene_env(x.s, "AUTOHEAL_UI_ENABLE=false");
        scene_env(x.s, "AUTOHEAL_OBSERVABILITY_PROMETHEUS_ENABLED=false");
        scene_env(x.s, "AUTOHEAL_RESTART_MAX_RESTARTS=100");
        scene_env(x.s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        scene_world(x.s, "population 6 healthy label=autoheal=true\nfault restart delay=20 done\n");
        scene_first_pass(x.s);
        while (kills < KILLS) {
                int status;
                (void)snprintf(x.when, sizeof(x.when), "seed %" PRIu64 ", after %zu kills", x.seed, kills);
                make_sick(&x);
                if (torture_chance(&x.t, 20)) {
                        /* What is under way does not take that long. */
                        fake_await_idle(x.s->fake);
                        torture_wait(&x.t, 40);
                }
                kills += torture_kill(&x.t, "serve", KILL_US, &status);
                if (status != 128 + SIGKILL)
                        fail_msg("%s: it ended with %d", x.when, status);
                check_all(&x);
        }
        come_to_rest(&x);
        check_history(&x);
        assert_true(x.intents_seen > 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_killed_at_random),
        };
        return cmocka_run_group_tests_name("serve and kill -9", tests, NULL, NULL);
}
