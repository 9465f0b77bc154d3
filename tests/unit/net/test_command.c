/* SPDX-License-Identifier: MIT */
/* Connections through programs: when they are started, what is said when they fail, and that none is left. */
#include "autoheal/net/net.h"

#include "support/check.h"
#include "support/files.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANY_TIMEOUT_MS 20000
/* Answers each request; $STARTS gets a line for each start. */
#define SERVER                                                                                                                     \
        "echo start >>\"$STARTS\"; r=$(printf '\\r'); while read -r l; do "                                                        \
        "[ \"$l\" != \"$r\" ] || printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi'; done"
#define FRAME(script, how) "command [sh -c " script "] has exited with " how ", is it there?: stderr="

struct fixture {
        struct net *net;
        char *dir;
        int calls;
        long status;
        char body[64];
        struct error err;
};

static int set_up(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));
        char *starts;

        f->dir = temp_dir_make();
        starts = path_join(f->dir, "starts");
        (void)setenv("STARTS", starts, 1);
        (void)setenv("DIR", f->dir, 1);
        free(starts);
        assert_int_equal(net_new(&f->net, NULL), 0);
        *state = f;
        return 0;
}

/* Whatever a test does, no child is left. */
static int tear_down(void **state) {
        struct fixture *f = *state;
        bool none;

        net_free(f->net);
        none = waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
        temp_dir_remove(f->dir);
        free(f);
        return none ? 0 : -1;
}

static void note(void *arg, const struct net_answer *answer, const struct error *err) {
        struct fixture *f = arg;

        assert_true(!answer != !err);
        f->calls++;
        f->err = (struct error)ERROR_INIT;
        f->status = 0;
        if (err) {
                f->err = *err;
                return;
        }
        f->status = answer->status;
        (void)snprintf(f->body, sizeof(f->body), "%.*s", (int)answer->body.n, answer->body.p);
}

static void begin(struct fixture *f, const char *method, const char *script, struct net_request **ret) {
        const char *const command[] = { "sh", "-c", script, NULL };
        struct net_ask ask = { .method = method,
                               .url = "http://docker.example.com/thing",
                               .command = command,
                               .command_advice = "is it there?",
                               .timeout_ms = ANY_TIMEOUT_MS,
                               .connect_timeout_ms = ANY_TIMEOUT_MS,
                               .max_body = 1000 };

        assert_int_equal(net_ask(f->net, &ask, note, f, ret, NULL), 0);
}

static void run(struct fixture *f, int calls) {
        while (f->calls < calls && net_run(f->net))
                ;
        assert_int_equal(f->calls, calls);
}

static void ask(struct fixture *f, const char *method, const char *script) {
        struct net_request *r;
        int calls = f->calls;

        begin(f, method, script, &r);
        run(f, calls + 1);
}

static size_t starts(struct fixture *f) {
        char *text = file_get(f->dir, "starts");
        size_t n = 0;

        for (const char *p = text; p && (p = strchr(p, '\n')); p++)
                n++;
        free(text);
        return n;
}

static void questions_share_one(void **state) {
        struct fixture *f = *state;

        for (int i = 0; i < 3; i++) {
                ask(f, "GET", SERVER);
                assert_string_equal(f->err.msg, "");
                assert_string_equal(f->body, "hi");
        }
        assert_int_equal(starts(f), 1);
        /* What changes something gets one of its own, and the others keep theirs. */
        ask(f, "POST", SERVER);
        assert_int_equal(f->status, 200);
        assert_int_equal(starts(f), 2);
        ask(f, "GET", SERVER);
        assert_int_equal(f->status, 200);
        assert_int_equal(starts(f), 2);
}

static void another_command_is_another_connection(void **state) {
        struct fixture *f = *state;

        ask(f, "GET", SERVER);
        ask(f, "GET", "x=1; " SERVER);
        assert_int_equal(starts(f), 2);
        ask(f, "GET", SERVER);
        assert_int_equal(starts(f), 2);
}

static void side_by_side(void **state) {
        struct fixture *f = *state;
        struct net_request *r;

        for (int i = 0; i < 5; i++)
                begin(f, "GET", SERVER, &r);
        run(f, 5);
        assert_int_equal(f->status, 200);
        assert_int_equal(starts(f), 5);
}

static void one_that_went_is_replaced(void **state) {
        struct fixture *f = *state;

        static const char once[] =
                "echo start >>\"$STARTS\"; r=$(printf '\\r'); while read -r l && [ \"$l\" != \"$r\" ]; do :; done; "
                "printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi'";
        ask(f, "GET", once);
        assert_int_equal(f->status, 200);
        ask(f, "GET", once);
        assert_int_equal(f->status, 200);
        assert_int_equal(starts(f), 2);
}

static void says_why_it_failed(void **state) {
        static const struct {
                const char *script, *text;
        } rows[] = {
                { "echo no route >&2; exit 255", FRAME("echo no route >&2; exit 255", "exit status 255") "no route" },
                { "exit 3", FRAME("exit 3", "exit status 3") },
                { "exit 0", FRAME("exit 0", "exit status 0") },
                { "kill -9 $$", FRAME("kill -9 $$", "signal: killed") },
                { "read a; echo b >&2; exit 4", FRAME("read a; echo b >&2; exit 4", "exit status 4") "b" },
                { "exec >&- <&-; sleep 0.1; echo late >&2; exit 5",
                  FRAME("exec >&- <&-; sleep 0.1; echo late >&2; exit 5", "exit status 5") "late" },
                { "printf 'HTTP/1.1 200 OK\\r\\nContent-'", FRAME("printf 'HTTP/1.1 200 OK\\r\\nContent-'", "exit status 0") },
        };
        struct fixture *f = *state;

        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                ask(f, "GET", rows[i].script);
                assert_string_equal(f->err.msg, rows[i].text);
                assert_int_equal(f->err.code, ERR_CONNECT);
                assert_int_equal(f->err.sys_errno, 0);
                /* Of an action nobody knows whether it got through. */
                ask(f, "POST", rows[i].script);
                assert_string_equal(f->err.msg, rows[i].text);
                assert_int_equal(f->err.code, ERR_PROTOCOL);
        }
}

static void keep_error(void *arg, const struct net_answer *answer, const struct error *err) {
        (void)answer;
        *(struct error *)arg = err ? *err : (struct error)ERROR_INIT;
}

static void begin_apart(struct fixture *f, const char *method, const char *script, struct error *ret_err) {
        const char *const command[] = { "sh", "-c", script, NULL };
        struct net_ask ask = { .method = method,
                               .url = "http://docker.example.com/thing",
                               .command = command,
                               .timeout_ms = ANY_TIMEOUT_MS,
                               .connect_timeout_ms = ANY_TIMEOUT_MS,
                               .max_body = 1000 };
        struct net_request *r;

        ret_err->code = ERR_NONE;
        assert_int_equal(net_ask(f->net, &ask, keep_error, ret_err, &r, NULL), 0);
}

/* Waits until the one that wrote its pid into that file has ended, and does not take the exit status. */
static void await_end(struct fixture *f, const char *name) {
        char *pid = file_get(f->dir, name);
        siginfo_t info;

        assert_int_equal(waitid(P_PID, (id_t)strtol(pid, NULL, 10), &info, WEXITED | WNOWAIT), 0);
        free(pid);
}

/* Both have written their pids and wait for a word; when it goes on they have both hung up, and nobody has looked yet. */
static void end_together(struct fixture *f, const struct error *a, const struct error *b) {
        while (!file_there(f->dir, "a") || !file_there(f->dir, "b"))
                assert_true(net_run(f->net));
        file_put(f->dir, "go", "");
        await_end(f, "a");
        await_end(f, "b");
        while (a->code == ERR_NONE || b->code == ERR_NONE)
                assert_true(net_run(f->net));
}

#define PID(name) "echo $$ >\"$DIR/new-" name "\"; mv \"$DIR/new-" name "\" \"$DIR/" name "\"; "
#define AWAIT_GO  "while [ ! -e \"$DIR/go\" ]; do sleep 0.01; done; "

/* Each request is told of its own. */
static void two_that_hang_up_together(void **state) {
        struct fixture *f = *state;
        struct error a, b;

        begin_apart(f, "POST", PID("a") AWAIT_GO "exit 11", &a);
        begin_apart(f, "POST", PID("b") AWAIT_GO "exit 22", &b);
        end_together(f, &a, &b);
        check_contains(a.msg, "exit status 11");
        check_contains(b.msg, "exit status 22");
}

/* The first answers once, and then in part; the connection was another request's then. */
static void one_that_was_taken_over_hangs_up_with_another(void **state) {
        static const char twice[] = "r=$(printf '\\r'); while read -r l && [ \"$l\" != \"$r\" ]; do :; done; "
                                    "printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi'; read -r l; "
                                    "printf 'HTTP/1.1 200 OK\\r\\n'; " PID("a") AWAIT_GO "exit 33";
        struct fixture *f = *state;
        struct error a, b;

        ask(f, "GET", twice);
        assert_int_equal(f->status, 200);
        begin_apart(f, "GET", twice, &a);
        begin_apart(f, "POST", PID("b") AWAIT_GO "exit 44", &b);
        end_together(f, &a, &b);
        check_contains(a.msg, "exit status 33");
        check_contains(b.msg, "exit status 44");
}

/* In mounts of its own: /tmp takes a directory, but no socket in it, and the others not even that. */
static _Noreturn void ask_without_room(struct fixture *f) {
        struct net_ask a = { .method = "GET", .url = "http://h/", .timeout_ms = ANY_TIMEOUT_MS, .max_body = 10 };
        const char *const command[] = { "sh", NULL };
        struct error err = ERROR_INIT;
        struct net_request *r;

        a.command = command;
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("tmpfs", "/dev/shm", "tmpfs", MS_RDONLY, "") < 0 || mount("tmpfs", "/run", "tmpfs", MS_RDONLY, "") < 0 ||
            mount("tmpfs", "/tmp", "tmpfs", 0, "nr_inodes=2") < 0)
                _exit(1);
        if (net_ask(f->net, &a, note, f, &r, &err) == 0)
                _exit(2);
        _exit(str_eq(err.msg, "making a socket for 'sh' in /tmp, /run or /dev/shm: No space left on device") ? 0 : 3);
}

static void says_why_there_is_no_socket(void **state) {
        pid_t pid = fork();
        int status = 0;

        if (pid == 0)
                ask_without_room(*state);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

static void shows_the_end_of_what_it_printed_in_one_line(void **state) {
        struct fixture *f = *state;

        ask(f, "GET", "printf ' a\\r\\n\\tb\\033[31m\\000c \\n\\n' >&2; exit 1");
        check_contains(f->err.msg, ": stderr=a b [31m c");
        assert_int_equal(strlen(strstr(f->err.msg, "stderr=")), strlen("stderr=a b [31m c"));

        ask(f, "GET", "i=0; while [ $i -lt 3000 ]; do echo line-$i; i=$((i+1)); done >&2; echo 'that is why' >&2; exit 1");
        check_contains(f->err.msg, ": stderr=...");
        check_contains(f->err.msg, " line-2999 that is why");
        assert_true(strlen(f->err.msg) < 450);

        /* Bytes that are no text, and a character where it is cut. */
        ask(f, "GET", "i=0; while [ $i -lt 200 ]; do printf '\\303\\251'; i=$((i+1)); done >&2; printf 'x\\377' >&2; exit 1");
        check_contains(f->err.msg, ": stderr=...\xc3\xa9");
        check_contains(f->err.msg, "\xc3\xa9x\\xff");
}

static void long_commands_are_cut(void **state) {
        struct fixture *f = *state;
        char script[2000];

        (void)snprintf(script, sizeof(script), "echo because >&2; exit 1; %01800d", 0);
        ask(f, "GET", script);
        check_contains(f->err.msg, "command [sh -c echo because >&2; exit 1; 000");
        check_contains(f->err.msg, "...] has exited with exit status 1, is it there?: stderr=because");
}

static void what_it_prints_never_blocks_it(void **state) {
        struct fixture *f = *state;

        ask(f, "GET", "head -c 3000000 /dev/zero >&2; " SERVER);
        assert_string_equal(f->err.msg, "");
        assert_int_equal(f->status, 200);
}

static void what_cannot_be_started(void **state) {
        const char *const command[] = { "no-such-program", "x", NULL };
        struct net_ask a = {
                .method = "POST", .url = "http://h/", .command = command, .timeout_ms = ANY_TIMEOUT_MS, .max_body = 10
        };
        struct fixture *f = *state;
        struct net_request *r;

        assert_int_equal(net_ask(f->net, &a, note, f, &r, NULL), 0);
        run(f, 1);
        assert_string_equal(f->err.msg, "exec: \"no-such-program\": executable file not found in $PATH");
        assert_int_equal(f->err.code, ERR_CONNECT);
}

static void one_that_hangs_up_and_stays_is_killed(void **state) {
        struct fixture *f = *state;

        ask(f, "GET", "trap '' TERM; exec >&- <&-; exec sleep 1000");
        check_contains(f->err.msg, "has closed the connection and did not exit: stderr=");
        assert_int_equal(f->err.code, ERR_CONNECT);
}

static void no_answer_in_time(void **state) {
        const char *const command[] = { "sh", "-c", "exec sleep 1000", NULL };
        struct net_ask a = { .method = "GET", .url = "http://h/", .command = command, .timeout_ms = 300, .max_body = 10 };
        struct fixture *f = *state;
        struct net_request *r;

        assert_int_equal(net_ask(f->net, &a, note, f, &r, NULL), 0);
        run(f, 1);
        assert_int_equal(f->err.code, ERR_TIMEOUT);
}

static void too_much_of_an_answer(void **state) {
        struct fixture *f = *state;

        ask(f, "GET", "printf 'HTTP/1.1 200 OK\\r\\n\\r\\n'; head -c 5000 /dev/zero; exec sleep 1000");
        assert_int_equal(f->err.code, ERR_TOO_LARGE);
}

static void cancelled_ones_say_nothing(void **state) {
        struct fixture *f = *state;
        struct net_request *connecting, *waiting, *hung_up;

        begin(f, "GET", SERVER, &connecting);
        net_cancel(f->net, connecting);
        begin(f, "GET", "echo up >\"$DIR/up\"; exec sleep 1000", &waiting);
        while (!file_there(f->dir, "up"))
                assert_true(net_run(f->net));
        net_cancel(f->net, waiting);
        /* Its exit status is awaited. */
        begin(f, "GET", "exec >&- <&-; echo gone >\"$DIR/gone\"; exec sleep 1000", &hung_up);
        while (!file_there(f->dir, "gone"))
                assert_true(net_run(f->net));
        assert_true(net_run(f->net));
        net_cancel(f->net, hung_up);
        assert_false(net_run(f->net));
        assert_int_equal(f->calls, 0);
}

static void all_are_ended_with_the_net(void **state) {
        struct fixture *f = *state;
        struct net_request *r;

        begin(f, "GET", "trap '' TERM; echo $$ >\"$DIR/new\"; mv \"$DIR/new\" \"$DIR/deaf\"; exec sleep 1000", &r);
        begin(f, "GET", "trap 'echo told >\"$DIR/told\"; exit 0' TERM; echo up >\"$DIR/up\"; while :; do sleep 0.1; done", &r);
        ask(f, "GET", SERVER);
        while (!file_there(f->dir, "deaf") || !file_there(f->dir, "up"))
                assert_true(net_run(f->net));
        char *pid = file_get(f->dir, "deaf");
        net_free(f->net);
        f->net = NULL;
        assert_true(file_there(f->dir, "told"));
        assert_int_equal(kill((pid_t)strtol(pid, NULL, 10), 0), -1);
        free(pid);
}

static void idle_one_that_ended_is_no_zombie(void **state) {
        struct fixture *f = *state;
        int ended = 0;

        ask(f, "GET",
            "r=$(printf '\\r'); while read -r l && [ \"$l\" != \"$r\" ]; do :; done; echo $$ >\"$DIR/pid\"; "
            "printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi'");
        assert_int_equal(f->status, 200);
        char *pid = file_get(f->dir, "pid");
        /* Other work keeps the loop going, and that is enough. */
        while (kill((pid_t)strtol(pid, NULL, 10), 0) == 0 && ended++ < 1000) {
                struct net_request *r;
                int calls = f->calls;

                begin(f, "GET", "exit 1", &r);
                run(f, calls + 1);
        }
        assert_int_equal(kill((pid_t)strtol(pid, NULL, 10), 0), -1);
        free(pid);
}

/* In a network without any interface nobody can be asked for the address of docker.example.com. */
static void no_name_is_looked_up(void **state) {
        struct fixture *f = *state;
        pid_t pid = fork();
        int status = 0;

        if (pid == 0) {
                if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
                        _exit(2);
                ask(f, "GET", SERVER);
                net_free(f->net);
                _exit(f->status == 200 ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

static void proxies_are_not_asked(void **state) {
        const char *const command[] = { "sh", "-c", SERVER, NULL };
        struct net_ask a = { .method = "GET",
                             .url = "http://docker.example.com/thing",
                             .command = command,
                             .timeout_ms = ANY_TIMEOUT_MS,
                             .max_body = 10,
                             .use_proxy = true };
        struct fixture *f = *state;
        struct net_request *r;

        (void)setenv("HTTP_PROXY", "http://127.0.0.1:1", 1);
        assert_int_equal(net_ask(f->net, &a, note, f, &r, NULL), 0);
        run(f, 1);
        (void)unsetenv("HTTP_PROXY");
        assert_int_equal(f->status, 200);
}

#define COMMAND_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                COMMAND_TEST(questions_share_one),
                COMMAND_TEST(another_command_is_another_connection),
                COMMAND_TEST(side_by_side),
                COMMAND_TEST(one_that_went_is_replaced),
                COMMAND_TEST(says_why_it_failed),
                COMMAND_TEST(two_that_hang_up_together),
                COMMAND_TEST(one_that_was_taken_over_hangs_up_with_another),
                COMMAND_TEST(says_why_there_is_no_socket),
                COMMAND_TEST(shows_the_end_of_what_it_printed_in_one_line),
                COMMAND_TEST(long_commands_are_cut),
                COMMAND_TEST(what_it_prints_never_blocks_it),
                COMMAND_TEST(what_cannot_be_started),
                COMMAND_TEST(one_that_hangs_up_and_stays_is_killed),
                COMMAND_TEST(no_answer_in_time),
                COMMAND_TEST(too_much_of_an_answer),
                COMMAND_TEST(cancelled_ones_say_nothing),
                COMMAND_TEST(all_are_ended_with_the_net),
                COMMAND_TEST(idle_one_that_ended_is_no_zombie),
                COMMAND_TEST(no_name_is_looked_up),
                COMMAND_TEST(proxies_are_not_asked),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
