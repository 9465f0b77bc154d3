/* SPDX-License-Identifier: MIT */
/* Connections through programs: when they are started, what is said when they fail, and that none is left. */
#include "autoheal/net/net.h"

#include "support/check.h"
#include "support/files.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
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

        begin(f, "GET", "trap '' TERM; echo $$ >\"$DIR/deaf\"; exec sleep 1000", &r);
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
