/* SPDX-License-Identifier: MIT */
/* Being told to stop in each way that a plugin can be told: signals, docker's plugin socket, a terminal that is closed. */
#include "support/scene.h"
#include "support/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SICK    "container web health=unhealthy label=autoheal=true\n"
#define HEALED  "on-restart web health=healthy\n"
#define SLOW    "fault restart delay=600000 done\n" /* until `release` */
#define WAITING "interrupted: waiting for 1 restart under way; interrupt again to leave it to the engine"
#define EOF_    (-1) /* among signals: docker closes the plugin socket */

/* A plugin of docker's, with the other end of its socket. */
struct plugin {
        struct scene *scene;
        struct terminal terminal;
        int conn;
};

static int listen_abstract(char name[64]) {
        static unsigned n;
        struct sockaddr_un addr = { .sun_family = AF_UNIX };
        snprintf(name, 64, "@docker_cli_test_%ld_%u", (long)getpid(), n++);
        memcpy(addr.sun_path, name, strlen(name));
        addr.sun_path[0] = '\0';
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
        assert_int_equal(bind(fd, (const struct sockaddr *)&addr, len), 0);
        assert_int_equal(listen(fd, 1), 0);
        return fd;
}

/* before: shell commands to be run first. Returns when the plugin listens to signals and to its socket. */
static void start(struct plugin *p, struct scene *s, const char *before, const char *arguments, unsigned streams) {
        char name[64], pair[128], command[4096];
        int listener = listen_abstract(name);
        snprintf(pair, sizeof(pair), "DOCKER_CLI_PLUGIN_SOCKET=%s", name);
        scene_env(s, pair);
        snprintf(command, sizeof(command), "%s exec \"%s\" %s", before, getenv("AUTOHEAL_BIN"), arguments);
        const char *argv[] = { "/bin/sh", "-c", command, NULL };
        p->scene = s;
        terminal_start(&p->terminal, s->dir, &(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env },
                       streams);
        struct pollfd ready = { .fd = listener, .events = POLLIN };
        if (poll(&ready, 1, TERMINAL_WAIT_MS) != 1) {
                AUTO_FREE char *seen = terminal_seen(&p->terminal);
                fail_msg("'%s' does not take the plugin socket; it says:\n%s", arguments, seen);
        }
        p->conn = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        assert_true(p->conn >= 0);
        close(listener);
        scene_env(s, "DOCKER_CLI_PLUGIN_SOCKET");
}

static void docker_lets_go(struct plugin *p) {
        if (p->conn >= 0)
                close(p->conn);
        p->conn = -1;
}

static void tell(struct plugin *p, int how) {
        if (how == EOF_)
                docker_lets_go(p);
        else
                assert_int_equal(kill(p->terminal.pid, how), 0);
}

static int end(struct plugin *p) {
        int code = terminal_end(&p->terminal);
        docker_lets_go(p);
        return code;
}

/* ---- What has to be true afterwards ---- */

static void check_intent(struct scene *s, const char *raw) {
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = data_json(s, "containers.json", &text);
        struct json_value intent = json_at(json_root(doc), "web.intent");
        if (raw)
                check_json(json_root(doc), "web.intent", raw);
        else
                assert_true(json_type(intent) == JSON_MISSING || json_type(intent) == JSON_NULL);
}

/* One restart was asked for, is counted and told of, and nobody does it again. */
static void check_recorded(struct scene *s) {
        assert_int_equal(scene_posts(s), 1);
        AUTO_FREE char *counts = data_get(s, "restart_counts.json");
        assert_non_null(counts);
        check_contains(counts, "\"web\"");
        assert_int_equal(count_events(s, "restart", "web"), 1);
        check_intent(s, NULL);
}

static void check_next_pass(struct scene *s) {
        scene_world(s, "no-faults\n");
        size_t posts = scene_posts(s);
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(scene_posts(s), posts);
        check_recorded(s);
}

/* ---- A restart under way ---- */

static bool action_under_way(void *arg) {
        struct fake_action unused;
        size_t n;
        (void)fake_actions(arg, &unused, 0, &n);
        return n == 1;
}

static void start_restart(struct plugin *p, struct scene *s, const char *before, const char *arguments, unsigned streams) {
        scene_world(s, SICK HEALED SLOW);
        start(p, s, before, arguments, streams);
        assert_true(eventually(action_under_way, s->fake, TERMINAL_WAIT_MS));
}

/* Told once, in however many ways: the restart is waited for and written down. */
static void check_waits(struct scene *s, const int *ways, size_t n) {
        struct plugin p;
        start_restart(&p, s, "", "run", 0);
        tell(&p, ways[0]);
        terminal_await(&p.terminal, WAITING);
        for (size_t i = 1; i < n; i++)
                tell(&p, ways[i]);
        scene_world(s, "release\n");
        assert_int_equal(end(&p), 130);
        assert_int_equal(fake_count(s->fake, "/restart -> 204"), 1);
        check_recorded(s);
        check_next_pass(s);
}

static void test_int_waits(void **state) {
        check_waits(*state, (int[]){ SIGINT }, 1);
}
static void test_term_waits(void **state) {
        check_waits(*state, (int[]){ SIGTERM }, 1);
}
static void test_hup_waits(void **state) {
        check_waits(*state, (int[]){ SIGHUP }, 1);
}
static void test_socket_waits(void **state) {
        check_waits(*state, (int[]){ EOF_ }, 1);
}
static void test_ctrl_c_that_comes_twice_waits(void **state) {
        check_waits(*state, (int[]){ SIGINT, EOF_ }, 2);
}
static void test_closed_terminal_that_comes_four_times_waits(void **state) {
        check_waits(*state, (int[]){ SIGHUP, EOF_, SIGHUP, SIGHUP }, 4);
}
static void test_socket_then_hup_waits(void **state) {
        check_waits(*state, (int[]){ EOF_, SIGHUP }, 2);
}

/* The socket closes while the signal that made docker close it is not seen yet: one Ctrl-C all the same. */
static void test_socket_before_the_signal_waits(void **state) {
        struct scene *s = *state;
        struct plugin p;
        start_restart(&p, s, "", "run", 0);
        tell(&p, SIGSTOP);
        docker_lets_go(&p);
        tell(&p, SIGINT);
        tell(&p, SIGCONT);
        terminal_await(&p.terminal, WAITING);
        scene_world(s, "release\n");
        assert_int_equal(end(&p), 130);
        check_recorded(s);
}

/* Told twice: left to the engine, which goes on; the next pass sees that it was done, and tells of it. */
static void check_leaves(struct scene *s, int first, int second) {
        struct plugin p;
        start_restart(&p, s, "", "run", 0);
        tell(&p, first);
        terminal_await(&p.terminal, WAITING);
        tell(&p, second);
        assert_int_equal(end(&p), 130);
        check_intent(s, "\"restart\"");
        check_exit(scene_run(s, "run"), 0);
        assert_int_equal(count_events(s, "restart", "web"), 0);
        check_intent(s, "\"restart\"");
        scene_world(s, "release\n");
        fake_await_idle(s->fake);
        assert_int_equal(fake_count(s->fake, "/restart -> done, nobody waited"), 1);
        check_next_pass(s);
}

static void test_int_twice_leaves(void **state) {
        check_leaves(*state, SIGINT, SIGINT);
}
static void test_term_after_int_leaves(void **state) {
        check_leaves(*state, SIGINT, SIGTERM);
}
static void test_int_after_hup_leaves(void **state) {
        check_leaves(*state, SIGHUP, SIGINT);
}
static void test_term_after_the_socket_leaves(void **state) {
        check_leaves(*state, EOF_, SIGTERM);
}

/* ---- Nothing under way ---- */

struct long_command {
        const char *arguments, *world, *awaited;
        size_t times;
        bool locked; /* another pass has the lock */
};

static const struct long_command long_commands[] = {
        { "run", SICK "fault list hang\n", "/containers/json?all=1 -> hang", 1, false },
        { "run --wait-lock 9m", SICK SLOW, "", 0, true },
        { "check --wait=9m", "container web health=starting label=autoheal=true\n", "/containers/json", 2, false },
        { "ps --watch", "container web health=starting label=autoheal=true\n", "/containers/json", 1, false },
        { "events --follow", "", "", 0, false },
};

static void check_ends(struct scene *s, const struct long_command *c, const int *ways, size_t n) {
        struct plugin p;
        pid_t first = 0;
        scene_world(s, "no-faults\n");
        scene_world(s, c->world);
        fake_forget(s->fake);
        if (c->locked) {
                first = scene_start(s, "run");
                assert_true(eventually(action_under_way, s->fake, TERMINAL_WAIT_MS));
        }
        start(&p, s, "", c->arguments, 0);
        if (c->times > 0)
                fake_await(s->fake, c->awaited, c->times);
        for (size_t i = 0; i < n; i++)
                tell(&p, ways[i]);
        AUTO_FREE char *seen = terminal_seen(&p.terminal);
        check_lacks(seen, "waiting for");
        assert_int_equal(end(&p), 130);
        assert_int_equal(scene_posts(s), 0);
        if (first)
                assert_int_equal(run_end(first, SIGKILL), 128 + SIGKILL);
        if (first)
                scene_world(s, "release\nremove web\n");
}

static void check_all_end(struct scene *s, const int *ways, size_t n) {
        for (size_t i = 0; i < N_ELEMENTS(long_commands); i++) {
                print_message("%s\n", long_commands[i].arguments);
                check_ends(s, &long_commands[i], ways, n);
        }
        scene_world(s, "no-faults\ncontainer web health=healthy label=autoheal=true\n");
        check_exit(scene_run(s, "run"), 0);
}

static void test_int_ends(void **state) {
        check_all_end(*state, (int[]){ SIGINT }, 1);
}
static void test_term_ends(void **state) {
        check_all_end(*state, (int[]){ SIGTERM }, 1);
}
static void test_hup_ends(void **state) {
        check_all_end(*state, (int[]){ SIGHUP }, 1);
}
static void test_socket_ends(void **state) {
        check_all_end(*state, (int[]){ EOF_ }, 1);
}

/* The restart is done; what it is waited for is that the container becomes well. */
static void test_run_wait_ends(void **state) {
        const int ways[] = { SIGINT, SIGTERM, SIGHUP, EOF_ };
        struct scene *s = *state;
        scene_no_waits(s);
        scene_env(s, "AUTOHEAL_RESTART_MAX_RESTARTS=9");
        for (size_t i = 0; i < N_ELEMENTS(ways); i++) {
                struct plugin p;
                scene_world(s, SICK "on-restart web health=starting\n");
                fake_forget(s->fake);
                start(&p, s, "", "run --wait=9m", 0);
                fake_await(s->fake, "/restart -> 204", 1);
                fake_await(s->fake, "/containers/json", fake_count(s->fake, "/containers/json") + 1);
                tell(&p, ways[i]);
                assert_int_equal(end(&p), 130);
                assert_int_equal(count_events(s, "restart", "web"), i + 1);
                check_intent(s, NULL);
        }
}

/* ---- Signals that somebody chose to ignore ---- */

static void check_goes_on(struct scene *s, const char *before, int signo, unsigned streams, int code) {
        struct plugin p;
        start_restart(&p, s, before, "run", streams);
        for (int i = 0; i < 3; i++)
                tell(&p, signo);
        if (streams)
                terminal_close(&p.terminal);
        scene_world(s, "release\n");
        assert_int_equal(end(&p), code);
        check_recorded(s);
        check_next_pass(s);
}

static void test_nohup(void **state) {
        check_goes_on(*state, "trap '' HUP;", SIGHUP, 0, 0);
}

static void test_background_job(void **state) {
        check_goes_on(*state, "trap '' INT;", SIGINT, 0, 0);
}

/* Nothing can be shown any more, which is a failure; it is done and written down all the same. */
static void test_nohup_and_the_terminal_is_closed(void **state) {
        check_goes_on(*state, "trap '' HUP;", SIGHUP, TERMINAL_ALL, 1);
}

/* ---- On a terminal ---- */

static void test_ctrl_c(void **state) {
        struct scene *s = *state;
        struct plugin p;
        start_restart(&p, s, "", "run", TERMINAL_ALL);
        terminal_await(&p.terminal, "Restarting web");
        terminal_type(&p.terminal, CTRL_C);
        terminal_await(&p.terminal, WAITING);
        scene_world(s, "release\n");
        terminal_await(&p.terminal, "web: restarted in ");
        assert_int_equal(end(&p), 130);
        check_recorded(s);
        check_next_pass(s);
}

static void test_ctrl_c_twice(void **state) {
        struct scene *s = *state;
        struct plugin p;
        start_restart(&p, s, "", "run", TERMINAL_ALL);
        terminal_type(&p.terminal, CTRL_C);
        terminal_await(&p.terminal, WAITING);
        terminal_type(&p.terminal, CTRL_C);
        terminal_await(&p.terminal, "outcome unknown");
        assert_int_equal(end(&p), 130);
        scene_world(s, "release\n");
        fake_await_idle(s->fake);
        check_next_pass(s);
}

static void test_terminal_is_closed(void **state) {
        struct scene *s = *state;
        struct plugin p;
        start_restart(&p, s, "", "run", TERMINAL_ALL);
        terminal_close(&p.terminal);
        docker_lets_go(&p);
        scene_world(s, "release\n");
        assert_int_equal(end(&p), 130);
        check_recorded(s);
        check_next_pass(s);
}

/* ---- At a question ---- */

static void start_question(struct plugin *p, struct scene *s) {
        scene_world(s, SICK HEALED);
        check_exit(scene_run(s, "run"), 0);
        start(p, s, "", "events clear", TERMINAL_ALL);
        terminal_await(&p->terminal, "[y/N] ");
}

static void test_ctrl_c_at_a_question(void **state) {
        struct scene *s = *state;
        struct plugin p;
        start_question(&p, s);
        terminal_type(&p.terminal, CTRL_C);
        assert_int_equal(end(&p), 130);
        assert_int_equal(count_events(s, "restart", "web"), 1);
}

static void test_docker_dies_at_a_question(void **state) {
        struct scene *s = *state;
        struct plugin p;
        start_question(&p, s);
        docker_lets_go(&p);
        assert_int_equal(end(&p), 130);
        assert_int_equal(count_events(s, "restart", "web"), 1);
}

static void test_an_answer_is_still_read(void **state) {
        struct scene *s = *state;
        struct plugin p;
        start_question(&p, s);
        terminal_type(&p.terminal, "y\n");
        terminal_await(&p.terminal, "removed");
        assert_int_equal(end(&p), 0);
        assert_int_equal(count_events(s, NULL, NULL), 0);
}

/* ---- Stuck where no loop turns ---- */

static bool is_full(void *arg) {
        int waiting = 0, *fds = arg;
        return ioctl(fds[0], FIONREAD, &waiting) == 0 && waiting >= fcntl(fds[1], F_GETPIPE_SZ);
}

/* Signals that are not delivered yet. */
static bool none_pending(void *arg) {
        char dir[32];
        const pid_t *pid = arg;
        snprintf(dir, sizeof(dir), "/proc/%d", (int)*pid);
        AUTO_FREE char *status = file_get(dir, "status");
        return status && strstr(status, "ShdPnd:\t0000000000000000") && strstr(status, "SigPnd:\t0000000000000000");
}

static bool catches_term(void *arg) {
        char dir[32];
        const pid_t *pid = arg;
        snprintf(dir, sizeof(dir), "/proc/%d", (int)*pid);
        AUTO_FREE char *status = file_get(dir, "status");
        const char *caught = status ? strstr(status, "SigCgt:\t") : NULL;
        return caught && strtoull(caught + strlen("SigCgt:\t"), NULL, 16) & 1ull << (SIGTERM - 1);
}

static void fill_history(struct scene *s) {
        struct buf text AUTO(buf_release) = BUF_INIT((size_t)4 * 1024 * 1024);
        for (int i = 0; i < 1000; i++)
                buf_addf(&text,
                         "%c{\"timestamp\":\"2026-01-31T13:57:51.076821+00:00\",\"container_id\":\"0123456789ab\","
                         "\"container_name\":\"web (web)\",\"event_type\":\"restart\",\"restart_count\":1,\"status\":\"success\","
                         "\"message\":\"restarted once more, and this is number %d of all the times that it had to be\"}",
                         i == 0 ? '[' : ',', i);
        buf_add_str(&text, "]");
        data_put(s, "events.json", buf_str(&text));
}

/* Nobody reads what it prints: no loop turns, and the third signal is the way out. */
static void test_the_third_ends_at_once(void **state) {
        struct scene *s = *state;
        const char *binary = getenv("AUTOHEAL_BIN");
        const char *argv[] = { binary, "events", "-n", "0", "--format", "json", NULL };
        int fds[2];
        fill_history(s);
        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        pid_t pid = run_background(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, fds[1]);
        assert_true(eventually(is_full, fds, TERMINAL_WAIT_MS));
        for (int i = 0; i < 2; i++) {
                assert_int_equal(kill(pid, i ? SIGTERM : SIGINT), 0);
                assert_true(eventually(none_pending, &pid, TERMINAL_WAIT_MS));
        }
        assert_int_equal(run_end(pid, SIGTERM), 130);
        assert_int_equal(close(fds[0]) | close(fds[1]), 0);
}

/* Where there is nothing to bring to an end the first one is enough, and it is an exit code, not a death by signal. */
static void test_before_there_is_a_session(void **state) {
        struct scene *s = *state;
        const char *argv[] = { getenv("AUTOHEAL_BIN"), "--help", NULL };
        int fds[2];
        char byte = 'x';
        assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
        while (write(fds[1], &byte, 1) == 1)
                ;
        assert_int_equal(fcntl(fds[1], F_SETFL, 0), 0);
        pid_t pid = run_background(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, fds[1]);
        assert_true(eventually(catches_term, &pid, TERMINAL_WAIT_MS));
        assert_int_equal(run_end(pid, SIGTERM), 130);
        assert_int_equal(close(fds[0]) | close(fds[1]), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_int_waits),
                scene_test(test_term_waits),
                scene_test(test_hup_waits),
                scene_test(test_socket_waits),
                scene_test(test_ctrl_c_that_comes_twice_waits),
                scene_test(test_closed_terminal_that_comes_four_times_waits),
                scene_test(test_socket_then_hup_waits),
                scene_test(test_socket_before_the_signal_waits),
                scene_test(test_int_twice_leaves),
                scene_test(test_term_after_int_leaves),
                scene_test(test_int_after_hup_leaves),
                scene_test(test_term_after_the_socket_leaves),
                scene_test(test_int_ends),
                scene_test(test_term_ends),
                scene_test(test_hup_ends),
                scene_test(test_socket_ends),
                scene_test(test_run_wait_ends),
                scene_test(test_nohup),
                scene_test(test_background_job),
                scene_test(test_nohup_and_the_terminal_is_closed),
                scene_test(test_ctrl_c),
                scene_test(test_ctrl_c_twice),
                scene_test(test_terminal_is_closed),
                scene_test(test_ctrl_c_at_a_question),
                scene_test(test_docker_dies_at_a_question),
                scene_test(test_an_answer_is_still_read),
                scene_test(test_the_third_ends_at_once),
                scene_test(test_before_there_is_a_session),
        };
        return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
