/* SPDX-License-Identifier: MIT */
/*
 * kill -9 at random points of passes with work to do, and of commands that people give between them. After each one the
 * files are read as the next pass would read them, and compared with what the engine did and what people were told.
 *
 * TORTURE_KILLS (1000) says how many, TORTURE_SEED replays a run.
 */
#include "support/torture.h"

#include <inttypes.h>

#define SEED       UINT64_C(20260131)
#define KILLS      1000
#define MAX_ROUNDS 20000
#define N_HANDS    3
#define SETTLE_S   31 /* stop timeout and 30 s: after that an action that was not done is taken back */
/* Most end early in the pass, where it writes; some live to see what the engine answers. */
#define KILL_EARLY_US 15000
#define KILL_LATE_US  60000

static const char *const names[] = { "sick-0", "sick-1", "sick-2", "weak-0", "weak-1", "heal-0",
                                     "heal-1", "heal-2", "stop-0", "hand-0", "hand-1", "hand-2" };

static const char world[] = "container sick-0 health=unhealthy label=autoheal=true\n"
                            "on-restart sick-0 health=unhealthy\n"
                            "container sick-1 health=unhealthy label=autoheal=true\n"
                            "on-restart sick-1 health=unhealthy\n"
                            "container sick-2 health=unhealthy label=autoheal=true label=autoheal.max_restarts=8\n"
                            "on-restart sick-2 health=unhealthy\n"
                            "container weak-0 exit=3 label=autoheal=true\n"
                            "on-restart weak-0 exit=3\n"
                            "container weak-1 exit=3 label=autoheal=true label=autoheal.max_restarts=8\n"
                            "on-restart weak-1 exit=3\n"
                            "container heal-0 health=unhealthy label=autoheal=true\n"
                            "on-restart heal-0 health=healthy\n"
                            "container heal-1 health=unhealthy label=autoheal=true\n"
                            "on-restart heal-1 health=healthy\n"
                            "container heal-2 health=unhealthy label=autoheal=true\n"
                            "on-restart heal-2 health=healthy\n"
                            "container stop-0 health=unhealthy label=autoheal=true label=autoheal.action=stop\n"
                            "container hand-0 health=unhealthy label=autoheal=true\n"
                            "container hand-1 health=unhealthy label=autoheal=true\n"
                            "container hand-2 health=unhealthy label=autoheal=true\n";

/* What people want of one container: one word at a time is given, taken back, and so on. */
enum word { QUARANTINE, MAINTENANCE, N_WORDS };
static const char *const commands[N_WORDS][2] = { { "unquarantine", "quarantine" }, { "maintenance off", "maintenance on" } };

struct torment {
        struct torture t;
        struct scene *s;
        uint64_t seed;
        size_t kills, rounds, commands, intents_seen, quarantines_seen;
        bool hands[N_HANDS][N_WORDS]; /* what people were told last */
        size_t hand_changes[N_HANDS][N_WORDS];
        struct fake_action before[N_ELEMENTS(names)], after[N_ELEMENTS(names)];
        struct remembered known; /* as the last pass left it */
        bool busy;               /* the engine was at something when the pass began */
        char when[128];
};

static const char *when(struct torment *x, const char *what) {
        snprintf(x->when, sizeof(x->when), "seed %" PRIu64 ", round %zu, after %zu kills, %s", x->seed, x->rounds, x->kills, what);
        return x->when;
}

static const struct fake_action *find(const struct fake_action *actions, const char *name) {
        for (size_t i = 0; i < N_ELEMENTS(names); i++)
                if (str_eq(actions[i].name, name))
                        return &actions[i];
        fail_msg("no container '%s'", name);
        return NULL;
}

static void look_at_engine(struct torment *x, struct fake_action *ret) {
        size_t under_way;
        if (fake_actions(x->s->fake, ret, N_ELEMENTS(names), &under_way) != N_ELEMENTS(names))
                fail_msg("the fake engine lost a container");
        if (ret == x->before)
                x->busy = under_way > 0;
}

/* ---- what must be true ---- */

static void check_counts(struct torment *x, const struct memory *m, const char *name) {
        const struct fake_action *a = find(x->after, name);
        if (a->done > m->lifetime_restarts)
                fail_msg("%s: '%s' was restarted %" PRId64 " times, and %" PRId64 " are remembered", x->when, name, a->done,
                         m->lifetime_restarts);
        int64_t open = remembered_intent(m) && m->intent == DECISION_RESTART;
        if (m->lifetime_restarts > a->asked + open)
                fail_msg("%s: a restart of '%s' was asked for %" PRId64 " times, and %" PRId64 " are remembered, %" PRId64
                         " of them open",
                         x->when, name, a->asked, m->lifetime_restarts, open);
}

/* What was written down and not seen done yet is not asked for again, until it can be said that it will not happen. */
static void check_not_doubled(struct torment *x, const char *name) {
        const struct memory *m = remembered_of(&x->known, name);
        const struct fake_action *before = find(x->before, name), *after = find(x->after, name);
        if (!remembered_intent(m) || x->busy || torture_now_us(&x->t) >= m->own_action_us + SETTLE_S * US_PER_S)
                return;
        x->intents_seen++;
        if (m->intent == DECISION_RESTART && before->started_us <= m->own_action_us && after->asked > before->asked)
                fail_msg("%s: a restart of '%s' was asked for again while the one of %" PRId64 " is open", x->when, name,
                         m->own_action_us);
        if (m->intent == DECISION_STOP && before->stops_done == 0 && after->stops_asked > before->stops_asked)
                fail_msg("%s: a stop of '%s' was asked for again while the one of %" PRId64 " is open", x->when, name,
                         m->own_action_us);
}

static bool has_word(const struct remembered *r, const char *name, enum word word) {
        const struct maintenance *m = &r->state.maintenance;
        if (word == QUARANTINE)
                return remembered_of(r, name)->quarantined == QUARANTINED_BY_PERSON;
        for (size_t i = 0; i < m->n_scopes; i++)
                if (str_eq(m->scopes[i].value, name))
                        return true;
        return false;
}

static void check_hands(struct torment *x, const struct remembered *r) {
        for (size_t i = 0; i < N_HANDS; i++) {
                char name[16];
                snprintf(name, sizeof(name), "hand-%zu", i);
                for (enum word w = 0; w < N_WORDS; w++)
                        if (has_word(r, name, w) != x->hands[i][w])
                                fail_msg("%s: '%s %s' was done, and is lost", x->when, commands[w][x->hands[i][w]], name);
        }
}

static void check_settings(struct torment *x) {
        AUTO_FREE char *config = data_get(x->s, "config.json"), *maintenance = data_get(x->s, "maintenance.json");
        if (!config || !str_eq(config, "{\"restart\": {\"max_restarts\": 3}, \"ours\": [1, 2]}\n"))
                fail_msg("%s: config.json has become: %s", x->when, config ? config : "(gone)");
        if (!maintenance || !strstr(maintenance, "\"theirs\""))
                fail_msg("%s: maintenance.json has become: %s", x->when, maintenance ? maintenance : "(gone)");
}

/* Reads everything afresh and makes it what the next check compares with. */
static void check_all(struct torment *x) {
        struct remembered now;
        (void)check_directory(x->s->data, x->when);
        remembered_load(&now, x->s->data, x->when);
        look_at_engine(x, x->after);
        for (size_t i = 0; i < N_ELEMENTS(names); i++) {
                const struct memory *m = remembered_of(&now, names[i]);
                check_counts(x, m, names[i]);
                check_not_doubled(x, names[i]);
                x->quarantines_seen += m->quarantined == QUARANTINED_BY_AUTOHEAL;
        }
        check_hands(x, &now);
        check_settings(x);
        remembered_release(&x->known);
        x->known = now;
        memcpy(x->before, x->after, sizeof(x->before));
        age_temporary_files(x->s->data);
}

/* ---- what happens ---- */

static void change_world(struct torment *x) {
        static const char *const changes[] = {
                "container heal-0 health=unhealthy\n",
                "container heal-1 health=unhealthy\n",
                "container heal-2 health=unhealthy\n",
                "container heal-0 health=unhealthy\ncontainer heal-1 health=unhealthy\ncontainer heal-2 health=unhealthy\n",
                "container sick-0 health=healthy\ncontainer sick-1 health=healthy\n",
                "container sick-0 health=unhealthy\ncontainer sick-1 health=unhealthy\n",
                "fault restart 500 times=1 container=heal-0\n",
                "fault start 500 times=1\n",
                "fault restart delay=20 done times=2\n",
                "fault restart delay=5 times=1\n",
                "flood 100 sick-0\n",
        };
        scene_world(x->s, changes[torture_random(&x->t, N_ELEMENTS(changes))]);
}

static void pass_time(struct torment *x) {
        fake_await_idle(x->s->fake);
        look_at_engine(x, x->before);
        torture_wait(&x->t, (int64_t[]){ 12, 40, 300, 700 }[torture_random(&x->t, 4)]);
}

/* Whom autoheal has given up somebody lets try again; what it was told to stop somebody starts again. */
static void release_one(struct torment *x) {
        static const char *const released[] = { "sick-0", "sick-1", "sick-2", "weak-0", "weak-1", "stop-0" };
        const char *name = released[torture_random(&x->t, N_ELEMENTS(released))];
        char command[64];
        int status;
        snprintf(command, sizeof(command), "unquarantine %s", name);
        x->kills += torture_kill(&x->t, command, torture_chance(&x->t, 40) ? KILL_EARLY_US : 20000000, &status);
        fake_await_idle(x->s->fake);
        struct remembered r;
        remembered_load(&r, x->s->data, when(x, command));
        bool open = remembered_intent(remembered_of(&r, "stop-0"));
        remembered_release(&r);
        if (!open)
                scene_world(x->s, "container stop-0 exit=0 state=running health=unhealthy started=0 finished=never\n");
}

/* The command may be killed as well: then it has either happened or not. */
static void give_command(struct torment *x) {
        size_t i = torture_random(&x->t, N_HANDS);
        enum word w = (enum word)torture_random(&x->t, N_WORDS);
        /* Maintenance that is on already is set anew, which is a change. */
        bool wish = w == MAINTENANCE ? !x->hands[i][w] : torture_chance(&x->t, 50);
        char command[64], name[16];
        int status;
        snprintf(name, sizeof(name), "hand-%zu", i);
        snprintf(command, sizeof(command), "%s %s", commands[w][wish], name);
        bool killed = torture_kill(&x->t, command, torture_chance(&x->t, 40) ? KILL_EARLY_US : 20000000, &status);
        x->commands++;
        x->kills += killed;
        if (!killed && status != 0)
                fail_msg("%s: '%s' ended with %d", when(x, "command"), command, status);
        struct remembered r;
        remembered_load(&r, x->s->data, when(x, command));
        bool is = has_word(&r, name, w);
        remembered_release(&r);
        if (!killed && is != wish)
                fail_msg("%s: it said that it was done, and it is not", x->when);
        x->hand_changes[i][w] += x->hands[i][w] != is;
        x->hands[i][w] = is;
}

static void one_round(struct torment *x) {
        int status;
        x->rounds++;
        if (torture_chance(&x->t, 60))
                change_world(x);
        if (torture_chance(&x->t, 25))
                give_command(x);
        if (torture_chance(&x->t, 20))
                release_one(x);
        if (torture_chance(&x->t, 15))
                pass_time(x);
        when(x, "before the pass");
        look_at_engine(x, x->before);
        bool killed = torture_kill(&x->t, "run", torture_chance(&x->t, 50) ? KILL_EARLY_US : KILL_LATE_US, &status);
        x->kills += killed;
        when(x, killed ? "killed" : "not killed");
        if (!killed && status != 0 && status != 1)
                fail_msg("%s: the pass ended with %d", x->when, status);
        check_all(x);
}

/* Everybody is well from now on, and passes are left alone until all is settled. */
static void come_to_rest(struct torment *x) {
        const struct output *o;
        scene_world(x->s, "no-faults\n");
        fake_await_idle(x->s->fake);
        for (int i = 0; i < 6; i++) {
                for (size_t k = 0; k < N_ELEMENTS(names); k++) {
                        char line[128];
                        bool by_hand = strncmp(names[k], "stop", 4) == 0;
                        snprintf(line, sizeof(line),
                                 "on-restart %s health=%s\ncontainer %s state=running finished=never health=%s\n", names[k],
                                 strncmp(names[k], "weak", 4) == 0 ? "none" : "healthy", names[k],
                                 strncmp(names[k], "weak", 4) == 0 ? "none" : "healthy");
                        if (!by_hand)
                                scene_world(x->s, line);
                }
                torture_wait(&x->t, 100);
                o = torture_run(&x->t, "run", (struct blow){ .fault = NULL });
                check_exit(o, 0);
        }
        when(x, "at rest");
        check_all(x);
        if (remembered_any_intent(&x->known))
                fail_msg("%s: an intent is still open", x->when);
        assert_int_equal(check_directory(x->s->data, x->when), 0);
}

/* History tells of each restart that was done once, and of each word that a person gave once. */
static void check_history(struct torment *x) {
        size_t maintenance = 0;
        for (size_t i = 0; i < N_ELEMENTS(names); i++) {
                const struct fake_action *a = find(x->after, names[i]);
                size_t told = remembered_events(&x->known, "restart", names[i], "success", NULL);
                if ((int64_t)told != a->done)
                        fail_msg("%s: '%s' was restarted %" PRId64 " times, and the events tell of %zu", x->when, names[i], a->done,
                                 told);
        }
        for (size_t i = 0; i < N_HANDS; i++) {
                char name[16];
                snprintf(name, sizeof(name), "hand-%zu", i);
                size_t told = remembered_events(&x->known, "quarantine", name, NULL, "requested") +
                              remembered_events(&x->known, "unquarantine", name, NULL, "requested");
                if (told != x->hand_changes[i][QUARANTINE])
                        fail_msg("%s: '%s' was quarantined and released by hand %zu times, and the events tell of %zu", x->when,
                                 name, x->hand_changes[i][QUARANTINE], told);
                maintenance += x->hand_changes[i][MAINTENANCE];
        }
        /* A command that is killed between maintenance.json and its event has changed the one without the other. */
        size_t told = remembered_events(&x->known, "maintenance", NULL, NULL, NULL);
        if (told > maintenance || told < maintenance - maintenance / 4)
                fail_msg("%s: maintenance was changed %zu times, and the events tell of %zu", x->when, maintenance, told);
}

static void test_killed_at_random(void **state) {
        static struct torment torment;
        struct torment *x = &torment;
        const char *wanted = getenv("TORTURE_KILLS");
        size_t kills = wanted ? strtoul(wanted, NULL, 10) : KILLS, told = 0;
        x->s = *state;
        data_put(x->s, "config.json", "{\"restart\": {\"max_restarts\": 3}, \"ours\": [1, 2]}\n");
        data_put(x->s, "maintenance.json", "{\"enabled\": false, \"start_time\": null, \"theirs\": 1}\n");
        torture_begin(&x->t, x->s, SEED);
        x->seed = x->t.random;
        scene_first_pass(x->s);
        scene_world(x->s, world);
        remembered_load(&x->known, x->s->data, "at first");
        while (x->kills < kills && x->rounds < MAX_ROUNDS)
                one_round(x);
        come_to_rest(x);
        check_history(x);
        for (size_t i = 0; i < N_ELEMENTS(names); i++)
                told += (size_t)find(x->after, names[i])->done;
        print_message("seed %" PRIu64 ": %zu kills in %zu rounds, %zu restarts, %zu commands, %zu open intents met\n", x->seed,
                      x->kills, x->rounds, told, x->commands, x->intents_seen);
        /* Passes that had nothing to do prove nothing. */
        assert_true(x->kills >= kills);
        assert_true(told > kills / 10);
        assert_true(x->intents_seen > kills / 50);
        assert_true(x->quarantines_seen > 0);
        remembered_release(&x->known);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_killed_at_random),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
