/* SPDX-License-Identifier: MIT */
/* Programs of the host around restarts and quarantines: when they run, what they are told, what becomes of those that misbehave. */
#include "autoheal/util/buf.h"
#include "support/rest.h"
#include "support/service.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT_MS 20000

/* ---- Hooks that are scripts in the scene's directory ---- */

/* Every hook runs it, in that directory and with $data; settings: the rest of the section. */
static void set_hooks(struct scene *s, const char *script, const char *names, const char *settings) {
        struct buf config AUTO(buf_release) = BUF_INIT(8192);
        struct buf text AUTO(buf_release) = BUF_INIT(8192);
        struct slice rest = slice_str(names), name;
        buf_addf(&text, "cd '%s'; data='%s'\n%s\n", s->dir, s->data, script);
        file_put(s->dir, "hook.sh", buf_str(&text));
        buf_add_str(&config, "{\"restart\":{\"cooldown_seconds\":0,\"backoff\":{\"enabled\":false}},\"hooks\":{");
        for (const char *comma = ""; slice_split(&rest, ' ', &name); comma = ",")
                buf_addf(&config, "%s\"%.*s\":[\"/bin/sh\",\"%s/hook.sh\"]", comma, (int)name.n, name.p, s->dir);
        buf_addf(&config, "%s}}", settings);
        data_put(s, "config.json", buf_str(&config));
}

static char *said(struct scene *s) {
        char *text = file_get(s->dir, "said");
        return text ? text : xstrdup("");
}

static void check_said(struct scene *s, const char *text) {
        AUTO_FREE char *is = said(s);
        assert_string_equal(is, text);
}

struct awaited {
        struct scene *s;
        const char *text;
};

static bool was_said(void *arg) {
        const struct awaited *w = arg;
        AUTO_FREE char *is = said(w->s);
        return strstr(is, w->text) != NULL;
}

static void await_said(struct scene *s, const char *text) {
        assert_true(eventually(was_said, &(struct awaited){ s, text }, LIMIT_MS));
}

static bool is_gone(void *arg) {
        const int64_t *pid = arg;
        char path[64], line[256] = "";
        (void)snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)*pid);
        FILE *f = fopen(path, "re");
        if (!f)
                return true;
        char *got = fgets(line, sizeof(line), f);
        (void)fclose(f);
        /* A zombie has ended; whoever should wait for it may be slow. */
        return got && strstr(line, ") Z ") != NULL;
}

/* Of the pid that a script wrote into that file. */
static void await_gone(struct scene *s, const char *file) {
        AUTO_FREE char *text = file_get(s->dir, file);
        int64_t pid;
        assert_non_null(text);
        text[strcspn(text, "\n")] = '\0';
        assert_true(parse_int64(text, 2, INT32_MAX, &pid));
        assert_true(eventually(is_gone, &pid, LIMIT_MS));
}

static size_t restarts_of(struct scene *s, const char *id) {
        AUTO_FREE char *none = data_get(s, "restart_counts.json"), *text = NULL;
        if (!none)
                return 0;
        AUTO_JSON struct json_doc *counts = data_json(s, "restart_counts.json", &text);
        return json_count(json_get(json_root(counts), id));
}

#define SICK_WEB "container web health=unhealthy label=autoheal=true probe=\"no answer\"\non-restart web health=healthy\n"

/* ---- In which order ---- */

static void test_before_what_is_written_down_and_after(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_WEB);
        set_hooks(s,
                  "echo $AUTOHEAL_HOOK $(cat $data/restart_counts.json | grep -c web) $(cat $data/events.json | grep -c "
                  "'\"restart\"') >>said",
                  "pre_restart post_restart on_quarantine", "");
        check_exit(scene_run(s, "run"), 0);
        check_said(s, "pre_restart 0 0\npost_restart 1 1\n");
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(restarts_of(s, "web"), 1);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
}

static void test_one_that_exited(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web exit=3 finished=-60 label=autoheal=true\n");
        set_hooks(s, "echo $AUTOHEAL_HOOK $AUTOHEAL_HOOK_REASON $AUTOHEAL_HOOK_EXIT_CODE $AUTOHEAL_HOOK_STATUS >>said",
                  "pre_restart post_restart", "");
        check_exit(scene_run(s, "run"), 0);
        check_said(s, "pre_restart exited 3\npost_restart exited 3 success\n");
        assert_int_equal(fake_count(s->fake, "/start -> 204"), 1);
}

static void test_a_restart_that_fails(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=unhealthy label=autoheal=true\nfault restart 500 message=\"no room\"\n");
        set_hooks(s, "echo $AUTOHEAL_HOOK $AUTOHEAL_HOOK_STATUS >>said", "post_restart", "");
        check_exit(scene_run(s, "run"), 1);
        check_said(s, "post_restart failure\n");
}

static void test_quarantine(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=unhealthy label=autoheal=true label=autoheal.max_restarts=1\n"
                       "on-restart web health=unhealthy\n"
                       "container fuse health=unhealthy label=autoheal=true label=autoheal.action=stop\n"
                       "container other health=healthy label=autoheal=true\n");
        set_hooks(s, "echo $AUTOHEAL_HOOK_CONTAINER $AUTOHEAL_HOOK_STATUS $AUTOHEAL_HOOK_REASON >>said", "on_quarantine", "");
        check_exit(scene_run(s, "run"), 0);
        check_said(s, "fuse quarantined stopped\n");
        check_exit(scene_run(s, "run"), 0);
        check_exit(scene_run(s, "run"), 0);
        check_exit(scene_run(s, "quarantine other"), 0);
        check_exit(scene_run(s, "run"), 0);
        check_said(s, "fuse quarantined stopped\nweb quarantined max-restarts\n");
}

static void test_who_only_looks_runs_none(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_WEB);
        set_hooks(s, "echo ran >>said", "pre_restart post_restart on_quarantine", ",\"pre_restart_veto\":true");
        const struct output *o = scene_run(s, "run --dry-run");
        check_exit(o, 0);
        check_contains(o->out, "web: would restart");
        check_exit(scene_run(s, "check"), 1);
        check_exit(scene_run(s, "ps"), 0);
        o = scene_run(s, "explain web");
        check_exit(o, 0);
        check_contains(o->out, "hooks.pre_restart is asked first");
        check_said(s, "");
}

/* ---- What it is told ---- */

static void test_environment_and_document(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_WEB);
        scene_env(s, "AUTOHEAL_API_TOKEN=hunter2hunter2hunter2");
        scene_env(s, "AUTOHEAL_HOOK_EXIT_CODE=77");
        scene_env(s, "NOTIFY_SOCKET=@nobody");
        set_hooks(s, "cat /dev/stdin >document; env >environment; echo fine >/dev/stdout", "pre_restart", "");
        check_exit(scene_run(s, "run"), 0);
        AUTO_FREE char *env = file_get(s->dir, "environment"), *text = file_get(s->dir, "document");
        check_contains(env, "AUTOHEAL_HOOK=pre_restart\n");
        check_contains(env, "AUTOHEAL_HOOK_CONTAINER=web\n");
        check_contains(env, "AUTOHEAL_HOOK_STABLE_ID=web\n");
        check_contains(env, "AUTOHEAL_HOOK_STATUS=\n");
        check_contains(env, "AUTOHEAL_HOOK_REASON=unhealthy\n");
        check_contains(env, "AUTOHEAL_HOOK_RESTARTS=1\n");
        check_contains(env, "AUTOHEAL_HOOK_MAX_RESTARTS=3\n");
        check_contains(env, "DOCKER_HOST=");
        check_lacks(env, "hunter2");
        check_lacks(env, "EXIT_CODE");
        check_lacks(env, "NOTIFY_SOCKET");
        AUTO_JSON struct json_doc *doc = NULL;
        assert_int_equal(json_parse(text, strlen(text), 1000, &doc, NULL), 0);
        struct json_value v = json_root(doc);
        check_keys(v, "hook, timestamp, host, container_id, container_name, stable_id, status, reason, message, restart_count, "
                      "max_restarts, exit_code, oom_killed, health_output");
        check_json(v, "hook", "\"pre_restart\"");
        check_json(v, "container_name", "\"web\"");
        check_json(v, "status", "null");
        check_json(v, "restart_count", "1");
        check_json(v, "exit_code", "null");
        check_json(v, "health_output", "\"no answer\"");
        AUTO_FREE char *log = data_get(s, "logs/autoheal.log");
        check_contains(log, "pre_restart web: done in ");
        check_contains(log, ": fine\n");
}

static void test_no_shell_splits_words(void **state) {
        struct scene *s = *state;
        struct buf config AUTO(buf_release) = BUF_INIT(4096);
        scene_world(s, SICK_WEB);
        file_put(s->dir, "hook.sh", "printf '%s|' \"$@\" >\"$1\"\n");
        buf_addf(&config,
                 "{\"hooks\":{\"post_restart\":[\"/bin/sh\",\"%s/hook.sh\",\"%s/said\",\"a  b\",\"$(touch x)\",\"; *\",\"\"]}}",
                 s->dir, s->dir);
        data_put(s, "config.json", buf_str(&config));
        check_exit(scene_run(s, "run"), 0);
        AUTO_FREE char *is = said(s);
        check_contains(is, "/said|a  b|$(touch x)|; *||");
}

/* Names and labels are somebody else's. */
static void test_hostile_words_are_one_line(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=unhealthy label=autoheal=true label=\"monitoring.id=a\\nb\\x1b[31m\" "
                       "probe=\"\\x1b]0;x\\x07\"\n");
        set_hooks(s, "env | grep -c '^b' >said; env | tr -d '[:print:]\\n' | wc -c >>said", "pre_restart", "");
        check_exit(scene_run(s, "run"), 0);
        check_said(s, "0\n0\n");
}

/* ---- One that says no ---- */

static void test_veto(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_WEB);
        set_hooks(s, "echo asked >>said; [ -e allowed ] || { echo 'a backup runs' >&2; exit 4; }", "pre_restart post_restart",
                  ",\"pre_restart_veto\":true");
        const struct output *o = scene_run(s, "run");
        check_exit(o, 0);
        check_contains(o->out, "web: hooks.pre_restart says no: exit status 4: a backup runs");
        o = scene_run(s, "run");
        check_exit(o, 0);
        check_silent(o);
        assert_int_equal(scene_posts(s), 0);
        assert_int_equal(count_events(s, "hook", "web"), 1);
        assert_int_equal(restarts_of(s, "web"), 0);
        check_said(s, "asked\nasked\n");
        file_put(s->dir, "allowed", "");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(restarts_of(s, "web"), 1);
        assert_int_equal(count_events(s, "hook", "web"), 1);
}

static void test_failure_is_no_veto(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_WEB);
        set_hooks(s, "echo gone wrong; exit 1", "pre_restart post_restart", "");
        const struct output *o = scene_run(s, "run");
        check_exit(o, 0);
        check_contains(o->err, "web: hooks.pre_restart failed, which holds nothing: exit status 1: gone wrong\n");
        check_contains(o->err, "web: hooks.post_restart failed: exit status 1: gone wrong\n");
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(count_events(s, "hook", "web"), 2);
}

static void test_one_that_cannot_be_run(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_WEB);
        data_put(s, "config.json", "{\"hooks\":{\"pre_restart\":[\"/nowhere/hook\"],\"pre_restart_veto\":true}}");
        const struct output *o = scene_run(s, "run");
        check_exit(o, 0);
        check_contains(o->out, "web: hooks.pre_restart says no: running '/nowhere/hook': No such file or directory");
        assert_int_equal(scene_posts(s), 0);
}

/* ---- What changes while it is asked ---- */

static void test_who_recovers_meanwhile_is_not_restarted(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_WEB);
        set_hooks(s, "echo $AUTOHEAL_HOOK >>said; while [ ! -e go ]; do sleep 0.02; done", "pre_restart post_restart", "");
        pid_t pid = scene_start(s, "run");
        await_said(s, "pre_restart");
        fake_script(s->fake, "container web health=healthy\n");
        file_put(s->dir, "go", "");
        assert_int_equal(run_await(pid, LIMIT_MS), 0);
        assert_int_equal(scene_posts(s), 0);
        assert_int_equal(restarts_of(s, "web"), 0);
        assert_int_equal(count_events(s, "recovered", "web"), 1);
        check_said(s, "pre_restart\n");
}

/* ---- Those that misbehave ---- */

#define HANGS_FOR_WEB                                                                                                              \
        "[ $AUTOHEAL_HOOK_CONTAINER = web ] || exit 0\n"                                                                           \
        "trap '' TERM\n(trap '' TERM HUP; sleep 1000) & echo $! >pid\necho $$ >leader\necho hangs >>said\nwait; sleep 1000"

static void test_one_that_hangs_is_killed_with_what_it_started(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_WEB);
        set_hooks(s, HANGS_FOR_WEB, "pre_restart", ",\"timeout_seconds\":1,\"pre_restart_veto\":true");
        const struct output *o = scene_run(s, "run");
        check_exit(o, 0);
        check_contains(o->out, "web: hooks.pre_restart says no: killed: not done after 1 s");
        assert_int_equal(scene_posts(s), 0);
        await_gone(s, "pid");
        await_gone(s, "leader");
}

static void test_one_that_hangs_delays_its_container_only(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_WEB "container db health=unhealthy label=autoheal=true\non-restart db health=healthy\n");
        set_hooks(s, HANGS_FOR_WEB, "pre_restart post_restart", "");
        pid_t pid = scene_start(s, "run");
        await_said(s, "hangs");
        fake_await(s->fake, "/restart -> 204", 1);
        fake_script(s->fake, "container late exit=1 finished=-60 label=autoheal=true\n");
        assert_int_equal(scene_posts(s), 1);
        /* And it is ended when somebody asks the pass to end. */
        assert_int_equal(run_end(pid, SIGTERM), 130);
        await_gone(s, "pid");
        await_gone(s, "leader");
        assert_int_equal(restarts_of(s, "web"), 0);
        assert_int_equal(restarts_of(s, "db"), 1);
}

static void test_one_that_prints_without_end(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_WEB);
        set_hooks(s,
                  "printf '\\033[31mred\\033[0m \\302\\237\\377'; head -c 3000000 /dev/zero | tr '\\0' x; printf 'the \\033 end'; "
                  "exit 1",
                  "post_restart", "");
        const struct output *o = scene_run(s, "run");
        check_exit(o, 0);
        check_printable(o);
        check_contains(o->err, "exit status 1: ...xxx");
        check_contains(o->err, "xthe end\n");
        assert_true(o->err_len < 4096);
        set_hooks(s, "exec yes", "pre_restart", ",\"timeout_seconds\":1");
        fake_script(s->fake, "container web health=unhealthy\n");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 2);
}

/* What it leaves in the background ends with it, and nobody waits for that. */
static void test_one_that_leaves_something_behind(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_WEB);
        set_hooks(s, "sleep 1000 & echo $! >pid", "pre_restart", "");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
        await_gone(s, "pid");
}

/* ---- Killed in between ---- */

static void test_kill_while_it_is_asked_begins_nothing(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_WEB);
        set_hooks(s, "echo $AUTOHEAL_HOOK >>said; [ -e go ] || { echo $$ >leader; exec sleep 1000; }", "pre_restart post_restart",
                  "");
        pid_t pid = scene_start(s, "run");
        await_said(s, "pre_restart");
        (void)run_end(pid, SIGKILL);
        await_gone(s, "leader");
        assert_int_equal(scene_posts(s), 0);
        assert_int_equal(restarts_of(s, "web"), 0);
        file_put(s->dir, "go", "");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(restarts_of(s, "web"), 1);
        check_said(s, "pre_restart\npre_restart\npost_restart\n");
}

/* The restart is done by the engine alone; who finds it done runs what comes after, once. */
static void test_kill_while_the_engine_restarts_forgets_nothing(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=unhealthy label=autoheal=true\non-restart web health=healthy\nfault restart "
                       "delay=1500 done\n");
        set_hooks(s, "echo $AUTOHEAL_HOOK $AUTOHEAL_HOOK_STATUS >>said", "pre_restart post_restart", "");
        pid_t pid = scene_start(s, "run");
        fake_await(s->fake, "/json -> 200", 2);
        struct fake_action web;
        size_t under_way = 0;
        for (int64_t end = now_ms() + LIMIT_MS; under_way == 0 && now_ms() < end;)
                (void)fake_actions(s->fake, &web, 1, &under_way);
        assert_int_equal(under_way, 1);
        (void)run_end(pid, SIGKILL);
        fake_await_idle(s->fake);
        check_exit(scene_run(s, "run"), 0);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(restarts_of(s, "web"), 1);
        check_said(s, "pre_restart\npost_restart success\n");
}

static void test_kill_while_what_comes_after_runs_repeats_nothing(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_WEB);
        set_hooks(s, "echo $AUTOHEAL_HOOK >>said; echo $$ >leader; exec sleep 1000", "post_restart", "");
        pid_t pid = scene_start(s, "run");
        await_said(s, "post_restart");
        (void)run_end(pid, SIGKILL);
        await_gone(s, "leader");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), 1);
        assert_int_equal(restarts_of(s, "web"), 1);
        check_said(s, "post_restart\n");
}

/* ---- serve ---- */

static void test_serve(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_WEB "container db health=unhealthy label=autoheal=true\non-restart db health=healthy\n");
        set_hooks(s, "echo $AUTOHEAL_HOOK $AUTOHEAL_HOOK_CONTAINER >>said\n" HANGS_FOR_WEB, "pre_restart post_restart", "");
        pid_t pid = service_start(s, "");
        await_said(s, "hangs");
        service_await_events(s, "restart", "db", 1);
        await_said(s, "post_restart db");
        service_await(s, "/api/plan", "\"hook\"");
        assert_int_equal(fake_count(s->fake, "/restart"), 1);
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(run_await(pid, LIMIT_MS), 0);
        service_await_log(s, "stopping: waiting for what is under way: 1 hook\n", 1);
        await_gone(s, "pid");
        await_gone(s, "leader");
        assert_int_equal(restarts_of(s, "web"), 0);
}

static void test_serve_asks_again_after_a_veto(void **state) {
        struct scene *s = *state;
        scene_world(s, SICK_WEB);
        scene_env(s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        set_hooks(s, "echo asked >>said; [ -e allowed ] || exit 4", "pre_restart", ",\"pre_restart_veto\":true");
        pid_t pid = service_start(s, "");
        await_said(s, "asked\nasked\nasked\n");
        assert_int_equal(scene_posts(s), 0);
        assert_int_equal(count_events(s, "hook", "web"), 1);
        file_put(s->dir, "allowed", "");
        service_await_events(s, "restart", "web", 1);
        assert_int_equal(run_end(pid, SIGTERM), 0);
        assert_int_equal(fake_count(s->fake, "/restart"), 1);
        assert_int_equal(restarts_of(s, "web"), 1);
}

static void test_by_hand(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        set_hooks(s, "echo $AUTOHEAL_HOOK $AUTOHEAL_HOOK_REASON >>said; [ -e allowed ] || { echo busy; exit 4; }",
                  "pre_restart post_restart", ",\"pre_restart_veto\":true");
        rest_start(s);
        const struct rest_answer *a = rest_post("/api/containers/web/restart", "");
        check_status(a, 409);
        check_contains(a->body, "hooks.pre_restart says no: exit status 4: busy");
        assert_int_equal(scene_posts(s), 0);
        check_said(s, "pre_restart requested\n");
        file_put(s->dir, "allowed", "");
        check_status(rest_post("/api/containers/web/restart", ""), 200);
        await_said(s, "post_restart requested\n");
        assert_int_equal(fake_count(s->fake, "/restart"), 1);
}

/* Beside this program: the answer comes when the hook has said something. */
static pid_t ask_by_hand(void) {
        pid_t pid = fork();
        if (pid == 0)
                _exit(rest_post("/api/containers/fuse/restart", "")->status != 200);
        return pid;
}

/* Another action of ours, which nobody is asked about, ends meanwhile. */
static void test_by_hand_waits_for_its_own_restart(void **state) {
        struct scene *s = *state;
        scene_world(s, "container fuse health=healthy label=autoheal=true label=autoheal.action=stop\n");
        set_hooks(s, "echo asked >>said; while [ ! -e allowed ]; do sleep 0.1; done", "pre_restart", "");
        rest_start(s);
        pid_t pid = ask_by_hand();
        await_said(s, "asked\n");
        scene_world(s, "container fuse health=unhealthy\nevent \"health_status: unhealthy\" fuse\n");
        service_await_events(s, "quarantine", "fuse", 1);
        file_put(s->dir, "allowed", "");
        fake_await(s->fake, "/start -> 204", 1);
        assert_int_equal(run_await(pid, LIMIT_MS), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_before_what_is_written_down_and_after),
                scene_test(test_one_that_exited),
                scene_test(test_a_restart_that_fails),
                scene_test(test_quarantine),
                scene_test(test_who_only_looks_runs_none),
                scene_test(test_environment_and_document),
                scene_test(test_no_shell_splits_words),
                scene_test(test_hostile_words_are_one_line),
                scene_test(test_veto),
                scene_test(test_failure_is_no_veto),
                scene_test(test_one_that_cannot_be_run),
                scene_test(test_who_recovers_meanwhile_is_not_restarted),
                scene_test(test_one_that_hangs_is_killed_with_what_it_started),
                scene_test(test_one_that_hangs_delays_its_container_only),
                scene_test(test_one_that_prints_without_end),
                scene_test(test_one_that_leaves_something_behind),
                scene_test(test_kill_while_it_is_asked_begins_nothing),
                scene_test(test_kill_while_the_engine_restarts_forgets_nothing),
                scene_test(test_kill_while_what_comes_after_runs_repeats_nothing),
                scene_test(test_serve),
                scene_test(test_serve_asks_again_after_a_veto),
                rest_test(test_by_hand),
                rest_test(test_by_hand_waits_for_its_own_restart),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
