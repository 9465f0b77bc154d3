/* SPDX-License-Identifier: MIT */
/* Making a container anew, with an engine that fails at any step, and with a kill at any step: the container is never lost. */
#include "support/scene.h"

#include <signal.h>

#define BEFORE           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define AFTER            "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define N_CONTAINERS_MAX 8

/* "app" lives in the network of a "vpn" that is gone, and there is another one. */
static void orphan(struct scene *s, const char *properties) {
        char *line AUTO_FREE = NULL;
        scene_no_waits(s);
        assert_true(asprintf(&line, "container vpn id=" BEFORE "\ncontainer app network=container:" BEFORE " %s\n", properties) >
                    0);
        scene_world(s, line);
        check_exit(scene_run(s, "run"), 0);
        scene_world(s, "remove vpn\ncontainer vpn id=" AFTER "\n");
        check_exit(scene_run(s, "run"), 0);
        fake_forget(s->fake);
}

/* Where it lives, and how it is: "running container:<id>"; "" there is none of that name. */
static void look(struct scene *s, const char *name, char *ret, size_t size) {
        const struct output *o = scene_run(s, "ps --all --format {{.Name}}={{.State}}={{.Verdict}}={{.Reason}}");
        char *line AUTO_FREE = NULL;
        assert_true(asprintf(&line, "\n%s=", name) > 0);
        char *all AUTO_FREE = NULL;
        assert_true(asprintf(&all, "\n%s", o->out) > 0);
        const char *at = strstr(all, line);
        (void)snprintf(ret, size, "%.*s", at ? (int)strcspn(at + strlen(line), "\n") : 0, at ? at + strlen(line) : "");
}

static size_t count_containers(struct scene *s) {
        struct fake_action all[N_CONTAINERS_MAX];
        return fake_actions(s->fake, all, N_ELEMENTS(all), NULL);
}

static void check_made_anew(struct scene *s) {
        char now[256];
        assert_int_equal(count_containers(s), 2);
        look(s, "app", now, sizeof(now));
        check_contains(now, "running=");
        check_lacks(now, "orphaned");
}

/* Whatever happened: there is one that has what "app" had, and the same command makes it well. */
static void check_not_lost(struct scene *s, const char *step) {
        assert_true(count_containers(s) >= 2);
        const struct output *o = scene_run(s, "recreate app");
        /* Perhaps all was done, and nobody was told. */
        if (o->exit_code != 0)
                check_contains(o->err, "does not share the network of a container that is gone");
        check_printable(o);
        struct fake_action all[N_CONTAINERS_MAX];
        size_t n = fake_actions(s->fake, all, N_ELEMENTS(all), NULL);
        if (n != 2)
                fail_msg("after '%s' there are %zu containers, not 2", step, n);
        check_made_anew(s);
}

static const char *const steps[] = { "create", "stop", "start", "remove", "rename" };

static void test_the_old_one_stays_until_the_new_one_runs(void **state) {
        struct scene *s = *state;
        orphan(s, "label=autoheal=true");
        const struct output *o = scene_run(s, "recreate app");
        check_exit(o, 0);
        assert_string_equal(o->out, "app\n");
        assert_string_equal(o->err, "");
        check_made_anew(s);
        char *requests AUTO_FREE = fake_requests(s->fake);
        const char *at = requests;
        for (size_t i = 0; i < N_ELEMENTS(steps); i++) {
                const char *next = strstr(at, str_eq(steps[i], "remove") ? "DELETE " : steps[i]);
                if (!next)
                        fail_msg("no '%s' in its place:\n%s", steps[i], requests);
                at = next + 1;
        }
        assert_int_equal(count_events(s, "orphaned", "app"), 2);
}

static void test_one_that_is_not_monitored(void **state) {
        struct scene *s = *state;
        orphan(s, "");
        assert_int_equal(scene_run(s, "recreate app")->exit_code, 1);
        check_contains(s->last.err, "name that container after it");
        check_exit(scene_run(s, "recreate app vpn"), 0);
        check_made_anew(s);
}

/* Some steps come at the end, when all is as good as done. */
static void each_step_fails(struct scene *s, const char *properties, const char *how) {
        for (size_t i = 0; i < N_ELEMENTS(steps); i++) {
                char *fault AUTO_FREE = NULL;
                orphan(s, properties);
                size_t told = count_events(s, "orphaned", NULL);
                assert_true(asprintf(&fault, "fault %s %s\n", steps[i], how) > 0);
                scene_world(s, fault);
                const struct output *o = scene_run(s, "recreate app");
                check_contains(o->err, " container ");
                check_printable(o);
                scene_world(s, "no-faults\n");
                bool changed = !str_eq(steps[i], "create") || !strstr(how, "500");
                assert_int_equal(count_events(s, "orphaned", NULL), told + (changed ? 1 : 0));
                /* The new one runs, and has its name. */
                if (strstr(o->err, "the old container is left as 'app-replaced-")) {
                        assert_int_equal(count_containers(s), 3);
                        check_contains(scene_run(s, "doctor")->out, "app-replaced-");
                        check_contains(s->last.out, "docker rm");
                        scene_world(s, "remove app-replaced-*\n");
                }
                check_not_lost(s, steps[i]);
                scene_world(s, "remove *\n");
        }
}

static void test_each_step_is_refused(void **state) {
        each_step_fails(*state, "label=autoheal=true", "500 message=no");
}

static void test_each_step_is_done_and_its_answer_is_lost(void **state) {
        each_step_fails(*state, "label=autoheal=true", "cut=0");
}

/* The engine removes what was started with --rm when it has stopped, and also when it cannot be started. */
static void test_one_that_removes_itself_cannot_be_started(void **state) {
        struct scene *s = *state;
        char now[256];
        orphan(s, "auto-remove=true label=autoheal=true label=kind=kept");
        scene_world(s, "fault start half message=\"no space\"\n");
        const struct output *o = scene_run(s, "recreate app");
        assert_int_equal(o->exit_code, 1);
        check_contains(o->err, "the new container could not be started");
        check_contains(o->err, "no space");
        scene_world(s, "no-faults\n");
        assert_int_equal(count_containers(s), 2);
        look(s, "app", now, sizeof(now));
        check_contains(now, "created=");
        check_contains(scene_run(s, "ps --all --filter label=kind=kept --format {{.Name}}")->out, "app\n");
}

/* Where something was begun the doctor tells what completes it. */
static void check_told(struct scene *s) {
        if (!strstr(scene_run(s, "ps --all --format {{.Name}}")->out, "app-anew-"))
                return;
        check_contains(scene_run(s, "doctor")->out, "app-anew-");
        check_contains(s->last.out, "docker autoheal recreate app");
}

static void killed_at_each_step(struct scene *s, const char *properties, const char *how) {
        for (size_t i = 0; i < N_ELEMENTS(steps); i++) {
                char *fault AUTO_FREE = NULL;
                orphan(s, properties);
                assert_true(asprintf(&fault, "fault %s %s\n", steps[i], how) > 0);
                scene_world(s, fault);
                pid_t pid = scene_start(s, "recreate app");
                fake_await(s->fake, "-> hang", 1);
                assert_int_equal(run_end(pid, SIGKILL), 128 + SIGKILL);
                scene_world(s, "no-faults\n");
                check_told(s);
                check_not_lost(s, steps[i]);
                scene_world(s, "remove *\n");
        }
}

static void test_killed_before_each_step(void **state) {
        killed_at_each_step(*state, "label=autoheal=true", "hang");
}

static void test_killed_after_each_step(void **state) {
        killed_at_each_step(*state, "label=autoheal=true", "hang done");
}

/* It is gone as soon as it has stopped. */
static void test_killed_with_one_that_removes_itself(void **state) {
        killed_at_each_step(*state, "auto-remove=true label=autoheal=true", "hang done");
}

/* By the stable id that both have, or by the name that the new one has so far. */
static void test_what_is_left_has_several_names(void **state) {
        struct scene *s = *state;
        char *anew AUTO_FREE = NULL;
        for (int i = 0; i < 2; i++) {
                orphan(s, "label=autoheal=true label=com.docker.compose.project=shop label=com.docker.compose.service=app "
                          "label=com.docker.compose.config-hash=1");
                scene_world(s, "fault remove hang done\n");
                pid_t pid = scene_start(s, "recreate app");
                fake_await(s->fake, "-> hang", 1);
                assert_int_equal(run_end(pid, SIGKILL), 128 + SIGKILL);
                scene_world(s, "no-faults\n");
                const char *all = scene_run(s, "ps --all --format {{.Name}}")->out, *at = strstr(all, "app-anew-");
                assert_non_null(at);
                free(anew);
                anew = strndup(at, strcspn(at, "\n"));
                check_exit(scene_run(s, "recreate %s", i == 0 ? "shop_app" : anew), 0);
                assert_string_equal(s->last.out, "app\n");
                check_made_anew(s);
                scene_world(s, "remove *\n");
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_the_old_one_stays_until_the_new_one_runs),
                scene_test(test_one_that_is_not_monitored),
                scene_test(test_each_step_is_refused),
                scene_test(test_each_step_is_done_and_its_answer_is_lost),
                scene_test(test_one_that_removes_itself_cannot_be_started),
                scene_test(test_killed_before_each_step),
                scene_test(test_killed_after_each_step),
                scene_test(test_what_is_left_has_several_names),
                scene_test(test_killed_with_one_that_removes_itself),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
