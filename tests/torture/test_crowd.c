/* SPDX-License-Identifier: MIT */
/* Many processes on one data directory: no change is lost, and only one of them is a pass. */
#include "support/torture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEED       UINT64_C(20)
#define N_PEOPLE   20
#define N_PASSES   3
#define N_COMMANDS 12 /* each person's */

/* One who gives commands about a container of their own, one after another. */
struct person {
        char name[16];
        pid_t pid;
        size_t given;
        bool quarantined, maintained;
        size_t quarantine_changes, maintenance_changes;
};

struct crowd {
        struct torture t;
        struct scene *s;
        struct person people[N_PEOPLE];
        pid_t passes[N_PASSES];
        size_t passes_run, passes_locked;
};

static void give_command(struct crowd *c, struct person *p) {
        char command[64];
        if (torture_chance(&c->t, 50)) {
                p->quarantined = !p->quarantined;
                p->quarantine_changes++;
                snprintf(command, sizeof(command), "%s %s", p->quarantined ? "quarantine" : "unquarantine", p->name);
        } else {
                p->maintained = !p->maintained;
                p->maintenance_changes++;
                snprintf(command, sizeof(command), "maintenance %s %s", p->maintained ? "on" : "off", p->name);
        }
        p->given++;
        p->pid = scene_start(c->s, command);
}

static void person_ended(struct crowd *c, struct person *p, int status) {
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                fail_msg("a command about '%s' ended with status %x", p->name, (unsigned)status);
        p->pid = 0;
        if (p->given < N_COMMANDS)
                give_command(c, p);
}

static void pass_ended(struct crowd *c, pid_t *pass, int status, bool again) {
        if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 75))
                fail_msg("a pass ended with status %x", (unsigned)status);
        c->passes_locked += WEXITSTATUS(status) == 75;
        c->passes_run += WEXITSTATUS(status) == 0;
        *pass = again ? scene_start(c->s, "run") : 0;
}

static bool people_are_busy(const struct crowd *c) {
        for (size_t i = 0; i < N_PEOPLE; i++)
                if (c->people[i].pid != 0)
                        return true;
        return false;
}

static bool passes_run(const struct crowd *c) {
        for (size_t i = 0; i < N_PASSES; i++)
                if (c->passes[i] != 0)
                        return true;
        return false;
}

static void go_on(struct crowd *c) {
        int status;
        pid_t pid = waitpid(-1, &status, 0);
        if (pid < 0)
                fail_msg("waitpid: %s", strerror(errno));
        for (size_t i = 0; i < N_PEOPLE; i++)
                if (c->people[i].pid == pid)
                        person_ended(c, &c->people[i], status);
        for (size_t i = 0; i < N_PASSES; i++)
                if (c->passes[i] == pid)
                        pass_ended(c, &c->passes[i], status, people_are_busy(c));
}

static size_t scopes_of(const struct remembered *r, const char *name) {
        size_t n = 0;
        for (size_t i = 0; i < r->state.maintenance.n_scopes; i++)
                n += str_eq(r->state.maintenance.scopes[i].value, name);
        return n;
}

static void check_person(const struct remembered *r, const struct person *p) {
        bool quarantined = remembered_of(r, p->name)->quarantined == QUARANTINED_BY_PERSON;
        if (quarantined != p->quarantined)
                fail_msg("'%s' is %squarantined, and should%s be", p->name, quarantined ? "" : "not ",
                         p->quarantined ? "" : " not");
        if (scopes_of(r, p->name) != p->maintained)
                fail_msg("'%s' has %zu maintenance scopes instead of %d", p->name, scopes_of(r, p->name), p->maintained);
        size_t told = remembered_events(r, "quarantine", p->name, NULL, "requested") +
                      remembered_events(r, "unquarantine", p->name, NULL, "requested");
        if (told != p->quarantine_changes)
                fail_msg("'%s' was quarantined and released %zu times, and the events tell of %zu", p->name, p->quarantine_changes,
                         told);
}

static void test_no_change_is_lost(void **state) {
        struct crowd c = { .s = *state };
        struct remembered r;
        size_t maintenance_changes = 0;
        torture_begin(&c.t, c.s, SEED);
        scene_env(c.s, "LD_PRELOAD");
        for (size_t i = 0; i < N_PEOPLE; i++) {
                char line[128];
                snprintf(c.people[i].name, sizeof(c.people[i].name), "person-%02zu", i);
                snprintf(line, sizeof(line), "container %s health=healthy label=autoheal=true\n", c.people[i].name);
                scene_world(c.s, line);
        }
        scene_world(c.s, "container sick health=unhealthy label=autoheal=true label=autoheal.max_restarts=1000\n"
                         "on-restart sick health=unhealthy\n");
        scene_first_pass(c.s);
        for (size_t i = 0; i < N_PEOPLE; i++)
                give_command(&c, &c.people[i]);
        for (size_t i = 0; i < N_PASSES; i++)
                c.passes[i] = scene_start(c.s, "run");
        while (people_are_busy(&c) || passes_run(&c))
                go_on(&c);

        remembered_load(&r, c.s->data, "in the end");
        for (size_t i = 0; i < N_PEOPLE; i++) {
                check_person(&r, &c.people[i]);
                maintenance_changes += c.people[i].maintenance_changes;
        }
        assert_int_equal(remembered_events(&r, "maintenance", NULL, NULL, NULL), maintenance_changes);
        struct fake_action all[N_PEOPLE + 1];
        size_t n = fake_actions(c.s->fake, all, N_ELEMENTS(all), NULL);
        assert_string_equal(all[n - 1].name, "sick");
        assert_int_equal(remembered_of(&r, "sick")->lifetime_restarts, all[n - 1].done);
        assert_int_equal(remembered_events(&r, "restart", "sick", "success", NULL), all[n - 1].done);
        assert_int_equal(check_directory(c.s->data, "in the end"), 0);
        remembered_release(&r);
        /* They met. */
        assert_true(c.passes_run > 2);
        assert_true(c.passes_locked > 0);
}

/* ---- Only one pass ---- */

static bool action_is_under_way(void *arg) {
        size_t n;
        struct fake_action unused;
        (void)fake_actions(arg, &unused, 0, &n);
        return n > 0;
}

/* Starts a pass that waits for its restart. */
static pid_t start_long_pass(struct scene *s) {
        scene_first_pass(s);
        scene_world(s, "container web health=unhealthy label=autoheal=true\nfault restart delay=600000\n");
        pid_t pid = scene_start(s, "run");
        assert_true(eventually(action_is_under_way, s->fake, 20000));
        return pid;
}

static void check_refused(struct scene *s, const char *holder) {
        char host[256];
        assert_int_equal(gethostname(host, sizeof(host)), 0);
        host[sizeof(host) - 1] = '\0';
        const struct output *o = scene_run(s, "run --verbose");
        check_exit(o, 75);
        check_contains(o->err, holder);
        check_contains(o->err, host);
        /* From cron it is not worth a mail. */
        o = scene_run(s, "run");
        check_exit(o, 75);
        check_silent(o);
}

/* Children are made in a pid namespace of their own from now on. Returns what leads back; -1 where that is not allowed. */
static int enter_pid_namespace(void) {
        int back = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
        if (back >= 0 && unshare(CLONE_NEWPID) == 0)
                return back;
        if (back >= 0)
                close(back);
        return -1;
}

static void leave_pid_namespace(int back) {
        if (setns(back, CLONE_NEWPID) < 0)
                fail_msg("setns: %s", strerror(errno));
        close(back);
}

static void test_second_pass_names_the_first(void **state) {
        struct scene *s = *state;
        char holder[64];
        pid_t pid = start_long_pass(s);
        snprintf(holder, sizeof(holder), "pid %ld ", (long)pid);
        check_refused(s, holder);
        run_end(pid, SIGKILL);
        assert_int_equal(scene_posts(s), 0);
}

static void test_second_pass_in_another_pid_namespace(void **state) {
        struct scene *s = *state;
        char holder[64];
        pid_t pid = start_long_pass(s);
        snprintf(holder, sizeof(holder), "pid %ld ", (long)pid);
        int back = enter_pid_namespace();
        if (back < 0) {
                run_end(pid, SIGKILL);
                skip();
        }
        const struct output *o = scene_run(s, "run --verbose");
        leave_pid_namespace(back);
        check_exit(o, 75);
        check_contains(o->err, holder);
        run_end(pid, SIGKILL);
}

static void test_first_pass_in_another_pid_namespace(void **state) {
        struct scene *s = *state;
        int back = enter_pid_namespace();
        if (back < 0)
                skip();
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=600");
        pid_t pid = 0;
        /* The first child is the namespace's init, and no other can follow when that has ended: no pass before the long one. */
        scene_world(s, "container web health=unhealthy label=autoheal=true\nfault restart delay=600000\n");
        pid = scene_start(s, "run");
        leave_pid_namespace(back);
        assert_true(eventually(action_is_under_way, s->fake, 20000));
        check_refused(s, "pid 1 ");
        run_end(pid, SIGKILL);
}

/* The kernel frees the lock of one that was killed. */
static void test_lock_of_a_killed_pass_is_free(void **state) {
        struct scene *s = *state;
        pid_t pid = start_long_pass(s);
        run_end(pid, SIGKILL);
        scene_world(s, "no-faults\n");
        check_exit(scene_run(s, "run"), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_no_change_is_lost),
                scene_test(test_second_pass_names_the_first),
                scene_test(test_second_pass_in_another_pid_namespace),
                scene_test(test_first_pass_in_another_pid_namespace),
                scene_test(test_lock_of_a_killed_pass_is_free),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
