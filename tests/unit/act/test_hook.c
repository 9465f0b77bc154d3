/* SPDX-License-Identifier: MIT */
/* Hooks as processes: what comes of them, how many run at once, and that none of them stops the loop. */
#include "autoheal/act/hook.h"

#include "support/check.h"
#include "support/files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_MS    20000
#define RESULTS_MAX 64

struct fixture {
        char *dir;
        struct net *net;
        struct hooks *hooks;
        struct config config;
        struct event event;
        const char *words[8];
        struct hook_result results[RESULTS_MAX];
        size_t n_results;
        bool asks_for_more; /* in the callback */
};

static struct hook_news news_of(const struct fixture *f) {
        return (struct hook_news){ .event = &f->event, .max_restarts = 3, .stop_timeout_s = STOP_TIMEOUT_UNSET, .host = "here" };
}

static void start(struct fixture *f, enum hook which) {
        struct hook_news news = news_of(f);

        hooks_start(f->hooks, which, &f->config, &news);
}

static void ended(void *arg, const struct hook_result *result) {
        struct fixture *f = arg;

        assert_true(f->n_results < RESULTS_MAX);
        f->results[f->n_results++] = *result;
        if (f->asks_for_more) {
                f->asks_for_more = false;
                start(f, HOOK_POST_RESTART);
        }
}

static int setup(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));

        f->dir = temp_dir_make();
        assert_int_equal(net_new(&f->net, NULL), 0);
        f->hooks = hooks_new(f->net, ended, f);
        config_defaults(&f->config);
        f->event = (struct event){ .at_us = INT64_C(1700000000000000),
                                   .type = EVENT_RESTART,
                                   .container_id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                                   .container_name = "web",
                                   .stable_id = "shop_web",
                                   .restart_count = 2,
                                   .status = "success",
                                   .reason = "unhealthy",
                                   .message = "restarted",
                                   .duration_ms = 12 };
        *state = f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;

        hooks_free(f->hooks);
        net_free(f->net);
        temp_dir_remove(f->dir);
        free(f);
        return 0;
}

#define hook_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

/* All three run this script, with the directory as $0. */
static void set_script(struct fixture *f, const char *script) {
        f->words[0] = "/bin/sh";
        f->words[1] = "-c";
        f->words[2] = script;
        f->words[3] = f->dir;
        f->config.hooks.pre_restart = f->config.hooks.post_restart = f->config.hooks.on_quarantine =
                (struct string_list){ .items = f->words, .n = 4 };
}

static void run_until(struct fixture *f, size_t n) {
        int64_t end_ms = now_ms() + LIMIT_MS;

        while (f->n_results < n && now_ms() < end_ms && net_run(f->net))
                continue;
        assert_int_equal(f->n_results, n);
}

static const struct hook_result *run(struct fixture *f, const char *script) {
        set_script(f, script);
        start(f, HOOK_POST_RESTART);
        run_until(f, f->n_results + 1);
        return &f->results[f->n_results - 1];
}

/* ---- What comes of them ---- */

static void tells_how_they_end(void **state) {
        static const struct {
                const char *script, *why, *said;
        } rows[] = {
                { "exit 0", "", "" },
                { "echo out; echo err >&2", "", "out err" },
                { "echo why; exit 3", "exit status 3", "why" },
                { "kill -KILL $$", "signal: killed", "" },
                { "printf 'a\\033b\\377'", "", "a b\\xff" },
                { "exec >&- 2>&-; exit 2", "exit status 2", "" },
                { "cat >/dev/null; exit 4", "exit status 4", "" },
        };
        struct fixture *f = *state;

        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                const struct hook_result *r = run(f, rows[i].script);

                assert_string_equal(r->why, rows[i].why);
                assert_string_equal(r->said, rows[i].said);
                assert_int_equal(r->ok, !*rows[i].why);
                assert_int_equal(r->hook, HOOK_POST_RESTART);
                assert_string_equal(r->container_name, "web");
                assert_string_equal(r->container_id, f->event.container_id);
                assert_string_equal(r->stable_id, "shop_web");
        }
        assert_int_equal(hooks_under_way(f->hooks), 0);
}

static void tells_what_cannot_be_run(void **state) {
        struct fixture *f = *state;

        set_script(f, "");
        f->words[0] = "/nowhere/hook";
        start(f, HOOK_PRE_RESTART);
        assert_int_equal(f->n_results, 0);
        assert_int_equal(hooks_under_way(f->hooks), 1);
        run_until(f, 1);
        assert_false(f->results[0].ok);
        assert_string_equal(f->results[0].why, "running '/nowhere/hook': No such file or directory");
        assert_int_equal(hooks_under_way(f->hooks), 0);
}

static void without_a_command_nothing_is_run(void **state) {
        struct fixture *f = *state;

        start(f, HOOK_ON_QUARANTINE);
        assert_int_equal(hooks_under_way(f->hooks), 0);
        assert_false(net_run(f->net));
}

static void whoever_is_told_may_ask_for_more(void **state) {
        struct fixture *f = *state;

        set_script(f, "exit 1");
        f->asks_for_more = true;
        start(f, HOOK_PRE_RESTART);
        run_until(f, 2);
        assert_int_equal(f->results[1].hook, HOOK_POST_RESTART);
}

static void prints_much_and_stops_nobody(void **state) {
        struct fixture *f = *state;
        const struct hook_result *r = run(f, "head -c 20000000 /dev/zero | tr '\\0' y; echo; echo last");

        assert_true(r->ok);
        assert_int_equal(strlen(r->said), sizeof(r->said) - 1);
        assert_memory_equal(r->said, "...yyy", 6);
        assert_string_equal(r->said + strlen(r->said) - 6, "y last");
}

/* ---- Those that do not end ---- */

static bool is_gone(void *arg) {
        const int64_t *pid = arg;
        char path[64], text[512] = "";
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)*pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return true;
        (void)!read(fd, text, sizeof(text) - 1);
        (void)close(fd);
        /* It has ended, and who adopted it has not waited for it yet. */
        return strstr(text, ") Z ") != NULL;
}

/* Of the process whose number a script left in that file. */
static void check_gone(struct fixture *f, const char *name) {
        AUTO_FREE char *text = file_get(f->dir, name);
        int64_t pid;

        assert_non_null(text);
        text[strcspn(text, "\n")] = '\0';
        assert_true(parse_int64(text, 2, INT32_MAX, &pid));
        assert_true(eventually(is_gone, &pid, LIMIT_MS));
}

#define STUBBORN "trap '' TERM HUP; (sleep 1000) & echo $! >$0/child; echo $$ >$0/leader; echo begun; sleep 1000; sleep 1000"

static void kills_the_whole_group_when_its_time_is_over(void **state) {
        struct fixture *f = *state;
        const struct hook_result *r;

        f->config.hooks.timeout_seconds = 1;
        r = run(f, STUBBORN);
        assert_false(r->ok);
        assert_string_equal(r->why, "killed: not done after 1 s");
        assert_string_equal(r->said, "begun");
        check_gone(f, "child");
        check_gone(f, "leader");
}

static void what_it_leaves_behind_ends_with_it(void **state) {
        struct fixture *f = *state;
        const struct hook_result *r = run(f, "sleep 1000 & echo $! >$0/child; echo done");

        assert_true(r->ok);
        assert_string_equal(r->said, "done");
        check_gone(f, "child");
}

/* As one of a file server that is gone: who wants to run it waits for whoever holds the lease. */
static void a_file_that_cannot_be_read_stops_nobody(void **state) {
        struct fixture *f = *state;
        AUTO_FREE char *path = path_join(f->dir, "program");
        int fd;

        file_put(f->dir, "program", "#!/bin/sh\n");
        assert_int_equal(chmod(path, 0700), 0);
        (void)signal(SIGIO, SIG_IGN);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_int_equal(fcntl(fd, F_SETLEASE, F_WRLCK), 0);
        f->config.hooks.timeout_seconds = 2;
        f->words[0] = path;
        f->config.hooks.post_restart = (struct string_list){ .items = f->words, .n = 1 };
        start(f, HOOK_POST_RESTART);
        set_script(f, "echo done");
        start(f, HOOK_PRE_RESTART);
        run_until(f, 1);
        assert_int_equal(f->results[0].hook, HOOK_PRE_RESTART);
        assert_true(f->results[0].ok);
        run_until(f, 2);
        assert_string_equal(f->results[1].why, "killed: not done after 2 s");
        (void)close(fd);
        (void)signal(SIGIO, SIG_DFL);
}

/* As in a container whose first process we are. */
static void no_orphan_stays_a_zombie(void **state) {
        struct fixture *f = *state;

        assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
        assert_true(run(f, "(sleep 1000 & sleep 1000) & sleep 1000 & echo done")->ok);
        while (net_run(f->net))
                continue;
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
        assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

/* What has left its group outlives it, and is waited for when it ends, before the next hook at the latest. */
static void no_fugitive_stays_a_zombie(void **state) {
        struct fixture *f = *state;

        assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
        assert_true(run(f, "setsid sh -c 'echo $$ >$0/child; while [ ! -e $0/go ]; do sleep 0.01; done' $0 & "
                           "while [ ! -s $0/child ]; do sleep 0.01; done")
                            ->ok);
        file_put(f->dir, "go", "on\n");
        check_gone(f, "child");
        assert_true(run(f, "echo done")->ok);
        while (net_run(f->net))
                continue;
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
        assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static bool has_begun(void *arg) {
        const struct fixture *f = arg;
        AUTO_FREE char *leader = file_get(f->dir, "leader");

        /* A shell makes the file before it writes to it. */
        return leader && *leader;
}

static void run_until_begun(struct fixture *f) {
        int64_t end_ms = now_ms() + LIMIT_MS;

        while (!has_begun(f) && now_ms() < end_ms)
                (void)net_run(f->net);
        assert_true(has_begun(f));
}

static void ends_them_politely_at_first(void **state) {
        struct fixture *f = *state;

        set_script(f, "trap 'echo tidied >$0/tidied; exit 0' TERM; echo $$ >$0/leader; while :; do sleep 0.01; done");
        start(f, HOOK_POST_RESTART);
        run_until_begun(f);
        hooks_end(f->hooks);
        hooks_end(f->hooks);
        run_until(f, 1);
        assert_false(f->results[0].ok);
        assert_string_equal(f->results[0].why, "ended, because autoheal ends");
        assert_true(file_there(f->dir, "tidied"));
        start(f, HOOK_POST_RESTART);
        assert_int_equal(hooks_under_way(f->hooks), 0);
}

static void and_kills_who_does_not_listen(void **state) {
        struct fixture *f = *state;

        set_script(f, STUBBORN);
        start(f, HOOK_POST_RESTART);
        run_until_begun(f);
        hooks_end(f->hooks);
        run_until(f, 1);
        assert_string_equal(f->results[0].why, "ended, because autoheal ends");
        check_gone(f, "child");
        check_gone(f, "leader");
}

static void freeing_kills_without_waiting(void **state) {
        struct fixture *f = *state;

        set_script(f, STUBBORN);
        start(f, HOOK_POST_RESTART);
        start(f, HOOK_POST_RESTART);
        run_until_begun(f);
        hooks_free(f->hooks);
        f->hooks = NULL;
        assert_int_equal(f->n_results, 0);
        check_gone(f, "child");
        check_gone(f, "leader");
}

/* ---- Many ---- */

static void the_rest_waits_for_room(void **state) {
        struct fixture *f = *state;
        size_t n = HOOKS_AT_ONCE + 5;
        int64_t end_ms = now_ms() + LIMIT_MS;

        set_script(f, "echo x >>$0/begun; while [ ! -e $0/go ]; do sleep 0.05; done");
        for (size_t i = 0; i < n; i++)
                start(f, HOOK_PRE_RESTART);
        for (AUTO_FREE char *begun = NULL; now_ms() < end_ms;) {
                free(TAKE(begun));
                begun = file_get(f->dir, "begun");
                if (begun && strlen(begun) >= 2 * (size_t)HOOKS_AT_ONCE) {
                        assert_int_equal(strlen(begun), 2 * HOOKS_AT_ONCE);
                        break;
                }
                (void)net_run(f->net);
        }
        assert_int_equal(hooks_under_way(f->hooks), n);
        file_put(f->dir, "go", "");
        run_until(f, n);
}

static void those_that_wait_are_forgotten_at_the_end(void **state) {
        struct fixture *f = *state;

        set_script(f, "sleep 1000");
        for (int i = 0; i < 3; i++)
                start(f, HOOK_PRE_RESTART);
        hooks_end(f->hooks);
        assert_int_equal(hooks_under_way(f->hooks), 0);
}

/* As the scripts of another tool are called. */
static void arguments_follow_where_they_are_asked_for(void **state) {
        struct fixture *f = *state;

        f->config.hooks.post_restart_args = true;
        assert_string_equal(run(f, "echo \"$@\"")->said, "/web 0123456789ab running 10");
        start(f, HOOK_PRE_RESTART);
        run_until(f, 2);
        assert_string_equal(f->results[1].said, "");
        f->event.has_exit_code = true;
        assert_string_equal(run(f, "echo \"$@\"")->said, "/web 0123456789ab exited 10");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                hook_test(tells_how_they_end),
                hook_test(tells_what_cannot_be_run),
                hook_test(without_a_command_nothing_is_run),
                hook_test(whoever_is_told_may_ask_for_more),
                hook_test(prints_much_and_stops_nobody),
                hook_test(kills_the_whole_group_when_its_time_is_over),
                hook_test(what_it_leaves_behind_ends_with_it),
                hook_test(no_orphan_stays_a_zombie),
                hook_test(no_fugitive_stays_a_zombie),
                hook_test(a_file_that_cannot_be_read_stops_nobody),
                hook_test(ends_them_politely_at_first),
                hook_test(and_kills_who_does_not_listen),
                hook_test(freeing_kills_without_waiting),
                hook_test(the_rest_waits_for_room),
                hook_test(those_that_wait_are_forgotten_at_the_end),
                hook_test(arguments_follow_where_they_are_asked_for),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
