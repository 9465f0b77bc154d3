/* SPDX-License-Identifier: MIT */
/*
 * Each system call on the data directory fails, or is the last one, in turn: the same pass with work to do is run from the
 * same directory until one is no longer hit. After each: what was remembered is remembered, nothing was done that is not
 * written down, the message says what went wrong, and a pass without faults finishes what is left, once.
 */
#include "support/torture.h"

#include "autoheal/util/timefmt.h"

#include <inttypes.h>
#include <signal.h>

#define SEED      UINT64_C(7)
#define MAX_CALLS 2000
#define WEB       0
#define JOB       1
#define STOPME    2
#define HOPELESS  3
#define CURED     4
#define PERSON    5
#define N_NAMES   6

static const char *const names[N_NAMES] = { "web", "job", "stopme", "hopeless", "cured", "person" };

struct trial {
        struct torture t;
        struct scene *s;
        char *before; /* the directory as each trial finds it */
        struct remembered known;
        struct fake_action at_first[N_NAMES];
        int64_t clock_s;
        char sick_world[4096];
        char when[256];
};

static void check_run(struct trial *x, const char *arguments, int status) {
        const struct output *o = torture_run(&x->t, arguments, (struct blow){ .fault = NULL });
        check_exit(o, status);
}

static int64_t started_of(struct trial *x, const char *name) {
        struct fake_action all[N_NAMES];
        size_t n = fake_actions(x->s->fake, all, N_NAMES, NULL);
        for (size_t i = 0; i < n; i++)
                if (str_eq(all[i].name, name))
                        return all[i].started_us;
        fail_msg("no container '%s'", name);
        return 0;
}

static void add_line(struct trial *x, const char *name, const char *properties) {
        char iso[TIME_ISO_SIZE];
        size_t n = strlen(x->sick_world);
        time_format_iso(started_of(x, name), iso);
        snprintf(x->sick_world + n, sizeof(x->sick_world) - n, "container %s %s started=%s\n", name, properties, iso);
}

/* A directory that has something to lose: restarts, quarantines of both kinds, events; and a world that needs six things done. */
static void prepare(struct trial *x, struct scene *s) {
        x->s = s;
        x->before = path_join(s->dir, "before");
        data_put(s, "config.json", "{\"ours\": [1, 2]}\n");
        data_put(s, "maintenance.json", "{\"enabled\": false, \"start_time\": null, \"theirs\": 1}\n");
        torture_begin(&x->t, s, SEED);
        scene_first_pass(s);
        scene_world(s, "container web health=healthy label=autoheal=true\non-restart web health=healthy\n"
                       "container job label=autoheal=true\n"
                       "container stopme health=healthy label=autoheal=true label=autoheal.action=stop\n"
                       "container hopeless health=unhealthy label=autoheal=true\non-restart hopeless health=unhealthy\n"
                       "container cured health=unhealthy label=autoheal=true label=autoheal.max_restarts=2\n"
                       "on-restart cured health=unhealthy\n"
                       "container person health=unhealthy label=autoheal=true\n");
        check_run(x, "quarantine person", 0);
        for (int i = 0; i < 3; i++)
                check_run(x, "run", 0);
        scene_world(s, "container hopeless health=starting\ncontainer cured health=healthy\n");
        check_run(x, "run", 0);
        dir_copy(s->data, x->before);
        remembered_load(&x->known, s->data, "at first");
        assert_int_equal(remembered_of(&x->known, "hopeless")->n_restarts, 3);
        assert_int_equal(remembered_of(&x->known, "cured")->quarantined, QUARANTINED_BY_AUTOHEAL);
        add_line(x, "web", "exit=0 state=running health=unhealthy finished=never");
        add_line(x, "job", "state=exited exit=3 finished=-30");
        add_line(x, "stopme", "exit=0 state=running health=unhealthy finished=never");
        add_line(x, "hopeless", "health=unhealthy");
        torture_wait(&x->t, 40);
        x->clock_s = x->t.clock_s;
}

static void reset(struct trial *x) {
        torture_wait(&x->t, x->clock_s - x->t.clock_s);
        dir_copy(x->before, x->s->data);
        scene_world(x->s, "no-faults\nnew-journal\n");
        scene_world(x->s, x->sick_world);
        (void)fake_actions(x->s->fake, x->at_first, N_NAMES, NULL);
}

struct aftermath {
        struct remembered r;
        int64_t asked[N_NAMES], stops; /* since the trial began */
};

static void look(struct trial *x, struct aftermath *ret) {
        struct fake_action now[N_NAMES];
        remembered_load(&ret->r, x->s->data, x->when);
        (void)fake_actions(x->s->fake, now, N_NAMES, NULL);
        for (size_t i = 0; i < N_NAMES; i++)
                ret->asked[i] = now[i].asked - x->at_first[i].asked;
        ret->stops = now[STOPME].stops_asked - x->at_first[STOPME].stops_asked;
}

static int64_t counted(const struct trial *x, const struct aftermath *o, size_t i) {
        return remembered_of(&o->r, names[i])->lifetime_restarts - remembered_of(&x->known, names[i])->lifetime_restarts;
}

static bool same(struct slice a, struct slice b) {
        return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static void check_old_is_there(const struct trial *x, const struct aftermath *o) {
        AUTO_FREE char *config = data_get(x->s, "config.json"), *maintenance = data_get(x->s, "maintenance.json");
        if (!config || !str_eq(config, "{\"ours\": [1, 2]}\n"))
                fail_msg("%s: config.json has become: %s", x->when, config ? config : "(gone)");
        if (!maintenance || !strstr(maintenance, "\"theirs\""))
                fail_msg("%s: maintenance.json has become: %s", x->when, maintenance ? maintenance : "(gone)");
        if (remembered_of(&o->r, "person")->quarantined != QUARANTINED_BY_PERSON)
                fail_msg("%s: a person's quarantine is lost", x->when);
        if (remembered_of(&o->r, "hopeless")->n_restarts != 3)
                fail_msg("%s: restarts are forgotten", x->when);
        if (o->r.n_events < x->known.n_events)
                fail_msg("%s: events are lost", x->when);
        for (size_t i = 0; i < x->known.n_events; i++)
                if (!same(o->r.events[i].raw, x->known.events[i].raw))
                        fail_msg("%s: an old event has changed", x->when);
}

/* Nothing was asked of the engine that is not written down. */
static void check_recorded(const struct trial *x, const struct aftermath *o) {
        const struct memory *stopme = remembered_of(&o->r, "stopme");
        for (size_t i = 0; i < N_NAMES; i++)
                if (o->asked[i] > counted(x, o, i))
                        fail_msg("%s: '%s' was restarted, and that is not recorded", x->when, names[i]);
        if (o->stops > 0 && stopme->quarantined == QUARANTINED_NOT && stopme->intent != DECISION_STOP)
                fail_msg("%s: 'stopme' was stopped, and that is not recorded", x->when);
}

static void check_all_done(const struct trial *x, const struct aftermath *o) {
        static const int64_t wanted[N_NAMES] = { [WEB] = 1, [JOB] = 1 };
        for (size_t i = 0; i < N_NAMES; i++) {
                if (o->asked[i] != wanted[i])
                        fail_msg("%s: '%s' was restarted %" PRId64 " times instead of %" PRId64, x->when, names[i], o->asked[i],
                                 wanted[i]);
                if (counted(x, o, i) != wanted[i])
                        fail_msg("%s: of '%s' %" PRId64 " restarts are remembered instead of %" PRId64, x->when, names[i],
                                 counted(x, o, i), wanted[i]);
        }
        const struct memory *stopme = remembered_of(&o->r, "stopme");
        if (o->stops != 1)
                fail_msg("%s: 'stopme' was stopped %" PRId64 " times", x->when, o->stops);
        if (stopme->quarantined != QUARANTINED_BY_AUTOHEAL || stopme->quarantine_reason != REASON_STOPPED)
                fail_msg("%s: 'stopme' is stopped, and quarantined by %s for '%s'", x->when,
                         quarantined_by_name(stopme->quarantined), reason_name(stopme->quarantine_reason));
        if (remembered_of(&o->r, "hopeless")->quarantined != QUARANTINED_BY_AUTOHEAL)
                fail_msg("%s: 'hopeless' is not quarantined", x->when);
        if (remembered_of(&o->r, "cured")->quarantined != QUARANTINED_NOT)
                fail_msg("%s: 'cured' is not released", x->when);
}

static void check_event(const struct trial *x, const struct aftermath *o, const char *type, const char *name, const char *status,
                        bool all) {
        size_t n = remembered_events(&o->r, type, name, status, NULL) - remembered_events(&x->known, type, name, status, NULL);
        if (n > 1 || (all && n != 1))
                fail_msg("%s: the events tell %zu times of the %s of '%s'", x->when, n, type, name);
}

/* Nothing is told twice. Where no file could not be written, everything is told. */
static void check_history(const struct trial *x, const struct aftermath *o, bool all) {
        check_event(x, o, "restart", "web", "success", all);
        check_event(x, o, "restart", "job", "success", all);
        check_event(x, o, "quarantine", "stopme", "quarantined", all);
        check_event(x, o, "quarantine", "hopeless", "quarantined", all);
        check_event(x, o, "auto_unquarantine", "cured", NULL, all);
}

static void check_output(const struct trial *x, const struct output *o, bool may_die) {
        bool killed = o->exit_code == 128 + SIGKILL;
        if (o->exit_code != 0 && o->exit_code != 1 && o->exit_code != 78 && !(may_die && killed))
                fail_msg("%s: exit code %d, and it says: %s%s", x->when, o->exit_code, o->out, o->err);
        if (o->exit_code != 0 && !killed && o->err_len == 0)
                fail_msg("%s: it failed without a word", x->when);
}

/* What is left over is finished by passes that nothing disturbs; what may have been done is waited for first. */
static void recover(struct trial *x, bool all_told) {
        struct aftermath o;
        age_temporary_files(x->s->data);
        check_run(x, "run", 0);
        look(x, &o);
        bool open = remembered_any_intent(&o.r);
        check_recorded(x, &o);
        remembered_release(&o.r);
        for (int i = 0; open && i < 2; i++) {
                torture_wait(&x->t, 60);
                const struct output *out = torture_run(&x->t, "run", (struct blow){ .fault = NULL });
                check_output(x, out, false);
        }
        look(x, &o);
        check_old_is_there(x, &o);
        check_all_done(x, &o);
        check_history(x, &o, all_told);
        if (remembered_any_intent(&o.r))
                fail_msg("%s: an intent is still open", x->when);
        if (check_directory(x->s->data, x->when) != 0)
                fail_msg("%s: temporary files are left", x->when);
        remembered_release(&o.r);
}

/* False when the run was not hit any more. */
static bool one_trial(struct trial *x, struct blow blow) {
        bool may_die = strncmp(blow.fault, "KILL", 4) == 0;
        struct aftermath o;
        reset(x);
        const struct output *out = torture_run(&x->t, "run", blow);
        AUTO_FREE char *report = torture_report(&x->t);
        if (!report) {
                check_exit(out, 0);
                return false;
        }
        snprintf(x->when, sizeof(x->when), "%s%s at call %.150s", blow.fault, blow.sticky ? " and on" : "", report);
        x->when[strcspn(x->when, "\n")] = '\0';
        check_output(x, out, may_die);
        look(x, &o);
        check_old_is_there(x, &o);
        check_recorded(x, &o);
        remembered_release(&o.r);
        if (check_directory(x->s->data, x->when) != 0 && !may_die && !strstr(report, "unlink"))
                fail_msg("%s: temporary files are left", x->when);
        recover(x, may_die || str_eq(blow.fault, "SHORT"));
        return true;
}

static void try_all(struct scene *s, const char *fault, bool sticky, long least) {
        struct trial x = { .clock_s = 0 };
        long call = 1;
        prepare(&x, s);
        while (call < MAX_CALLS && one_trial(&x, (struct blow){ fault, call, sticky }))
                call++;
        print_message("%s%s: %ld calls\n", fault, sticky ? " and on" : "", call - 1);
        /* Fewer, and the shim missed the pass's calls. */
        assert_in_range(call - 1, least, MAX_CALLS - 2);
        remembered_release(&x.known);
        free(x.before);
}

static void test_no_space(void **state) {
        try_all(*state, "ENOSPC", false, 20);
}

static void test_no_space_from_then_on(void **state) {
        try_all(*state, "ENOSPC", true, 20);
}

static void test_input_output_error(void **state) {
        try_all(*state, "EIO", false, 30);
}

static void test_input_output_errors_from_then_on(void **state) {
        try_all(*state, "EIO", true, 30);
}

static void test_no_access(void **state) {
        try_all(*state, "EACCES", false, 30);
}

static void test_no_access_from_then_on(void **state) {
        try_all(*state, "EACCES", true, 30);
}

static void test_read_only_from_then_on(void **state) {
        try_all(*state, "EROFS", true, 20);
}

static void test_interrupted(void **state) {
        try_all(*state, "EINTR", false, 30);
}

static void test_half_a_write(void **state) {
        try_all(*state, "SHORT", false, 20);
}

static void test_killed_before_each_call(void **state) {
        try_all(*state, "KILL", false, 30);
}

static void test_killed_after_each_call(void **state) {
        try_all(*state, "KILL-AFTER", false, 30);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_no_space),
                scene_test(test_no_space_from_then_on),
                scene_test(test_input_output_error),
                scene_test(test_input_output_errors_from_then_on),
                scene_test(test_no_access),
                scene_test(test_no_access_from_then_on),
                scene_test(test_read_only_from_then_on),
                scene_test(test_interrupted),
                scene_test(test_half_a_write),
                scene_test(test_killed_before_each_call),
                scene_test(test_killed_after_each_call),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
