/* SPDX-License-Identifier: MIT */
/* Running something in a container: what is asked, what it prints wherever it is cut, and what became of it. */
#include "autoheal/engine/decode.h"
#include "support/check.h"
#include "unit/net/script_server.h"

#define ID   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define EXEC "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

struct fixture {
        struct net *net;
        struct server *server;
        struct endpoint endpoint;
        struct engine *engine;
        struct buf told;
        bool ended, cancels;
};

static int set_up(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));

        (void)unsetenv("DOCKER_API_VERSION");
        assert_int_equal(net_new(&f->net, NULL), 0);
        f->server = server_start(f->net);
        f->endpoint = (struct endpoint){ .text = "unix:///the/socket",
                                         .base_url = "http://api.moby.localhost",
                                         .unix_socket = f->server->path,
                                         .host = "",
                                         .source = "default" };
        f->engine = engine_new(f->net, &f->endpoint);
        f->told = (struct buf)BUF_INIT(1024 * 1024);
        server_reply(f->server, "GET /_ping HTTP", 200, "Api-Version: 1.41\r\n", "OK");
        *state = f;
        return 0;
}

static int tear_down(void **state) {
        struct fixture *f = *state;

        engine_free(f->engine);
        server_stop(f->server);
        net_free(f->net);
        buf_release(&f->told);
        free(f);
        return 0;
}

static void wait_for(struct fixture *f) {
        while (!f->ended && net_run(f->net))
                continue;
        assert_true(f->ended);
        f->ended = false;
}

/* ---- Making it ---- */

static void created(void *arg, const char *exec_id, const struct error *err) {
        struct fixture *f = arg;

        f->ended = true;
        buf_addf(&f->told, "%s", err ? err->msg : exec_id);
}

static void it_is_made_of_words(void **state) {
        static const char *const argv[] = { "sh", "-c", "echo \"\x01\"", NULL };
        struct fixture *f = *state;

        server_reply(f->server, "POST /v1.41/containers/" ID "/exec HTTP", 201, "", "{\"Id\":\"" EXEC "\"}");
        assert_int_equal(engine_exec_create(f->engine, ID, argv, created, f, NULL), 0);
        wait_for(f);
        assert_string_equal(buf_str(&f->told), EXEC);
        check_contains(f->server->log[1],
                       "\r\n\r\n{\"AttachStdout\":true,\"AttachStderr\":true,\"Cmd\":[\"sh\",\"-c\",\"echo \\\"\\u0001\\\"\"]}");
        check_contains(f->server->log[1], "\r\nContent-Type: application/json\r\n");
}

static void an_id_is_hex(void **state) {
        static const char *const argv[] = { "a", NULL };
        struct fixture *f = *state;
        struct error err = ERROR_INIT;

        server_reply(f->server, "POST /v1.41/containers/" ID "/exec HTTP", 201, "", "{\"Id\":\"../x\"}");
        assert_int_equal(engine_exec_create(f->engine, ID, argv, created, f, NULL), 0);
        wait_for(f);
        check_contains(buf_str(&f->told), "it has no id");
        assert_int_equal(engine_exec_create(f->engine, "../x", argv, created, f, &err), -1);
        assert_int_equal(engine_exec_look(f->engine, "a/b", NULL, f, &err), -1);
        assert_int_equal(engine_exec_start(f->engine, "", NULL, f, &err), -1);
}

/* ---- Running it ---- */

static void printed(void *arg, struct slice piece) {
        struct fixture *f = arg;

        buf_add(&f->told, piece.p, piece.n);
        if (!f->cancels)
                return;
        engine_cancel(f->engine, f);
        f->ended = true;
}

static void ended(void *arg, const struct error *err) {
        struct fixture *f = arg;

        f->ended = true;
        buf_addf(&f->told, "|%s", err ? err->msg : "end");
}

static void began(void *arg) {
        struct fixture *f = arg;

        buf_add_str(&f->told, ">");
}

static const struct engine_exec_fns fns = { printed, ended, began };

static void check_printed(struct fixture *f, const char *sent, size_t n, const char *told) {
        struct server_rule *rule = server_raw(f->server, "POST /v1.41/exec/" EXEC "/start HTTP",
                                              "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n");

        buf_add(&rule->reply, sent, n);
        rule->close = true;
        buf_clear(&f->told);
        assert_int_equal(engine_exec_start(f->engine, EXEC, &fns, f, NULL), 0);
        wait_for(f);
        assert_string_equal(buf_str(&f->told), told);
}

#define FRAME(stream, length) stream "\0\0\0\0\0\0" length
static const char frames[] = FRAME("\1", "\5") "hello" FRAME("\2", "\0") FRAME("\2", "\1") "!" FRAME("\1", "\3") "abc";

static void output_is_taken_out_of_its_frames(void **state) {
        check_printed(*state, frames, sizeof(frames) - 1, ">hello!abc|end");
}

/* Wherever it ends: what has come is handed over, and nothing else. */
static void it_may_end_anywhere(void **state) {
        static const size_t at[] = { 0, 1, 7, 8, 9, 13, 14, 20, 28, 29, 30, 39 };
        static const char *const told[] = { "", "", "", "", "h", "hello", "hello", "hello", "hello", "hello", "hello!", "hello!a" };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(at); i++) {
                char wanted[64];
                void *fresh;

                assert_int_equal(set_up(&fresh), 0);
                (void)snprintf(wanted, sizeof(wanted), ">%s|end", told[i]);
                check_printed(fresh, frames, at[i], wanted);
                assert_int_equal(tear_down(&fresh), 0);
        }
}

static void a_frame_may_claim_to_be_endless(void **state) {
        static const char sent[] = "\1\0\0\0\xff\xff\xff\xffonly this";

        check_printed(*state, sent, sizeof(sent) - 1, ">only this|end");
}

static void who_listens_may_stop(void **state) {
        struct fixture *f = *state;

        f->cancels = true;
        check_printed(f, frames, sizeof(frames) - 1, ">hello!abc");
        while (net_run(f->net))
                continue;
        assert_string_equal(buf_str(&f->told), ">hello!abc");
}

static void it_may_be_refused(void **state) {
        struct fixture *f = *state;

        server_reply(f->server, "POST /v1.41/exec/" EXEC "/start HTTP", 409, "Content-Type: application/json\r\n",
                     "{\"message\":\"Container is paused\"}");
        assert_int_equal(engine_exec_start(f->engine, EXEC, &fns, f, NULL), 0);
        wait_for(f);
        assert_string_equal(buf_str(&f->told), "|Error response from daemon: Container is paused");
}

/* ---- What became of it ---- */

static struct arena arena = ARENA_INIT(4096);

static int release_arena(void **state) {
        (void)state;
        arena_release(&arena);
        return 0;
}

static void check_exec(const char *text, int r, bool running, int64_t exit_code, int64_t pid) {
        struct engine_exec exec = { .pid = -5 };
        struct error err = ERROR_INIT;

        assert_int_equal(decode_exec(text, strlen(text), &arena, &exec, &err), r);
        if (r < 0) {
                assert_int_equal(err.code, ERR_PROTOCOL);
                assert_int_equal(exec.pid, -5);
                return;
        }
        assert_int_equal(exec.running, running);
        assert_int_equal(exec.exit_code, exit_code);
        assert_int_equal(exec.pid, pid);
}

static void what_became_of_it(void **state) {
        (void)state;
        check_exec("{\"Running\":false,\"ExitCode\":0,\"Pid\":12}", 0, false, 0, 12);
        check_exec("{\"Running\":true,\"ExitCode\":null,\"Pid\":12}", 0, true, -1, 12);
        check_exec("{\"Running\":false,\"ExitCode\":126,\"Pid\":0}", 0, false, 126, 0);
        check_exec("{\"Running\":false,\"ExitCode\":\"1\",\"Pid\":-7}", 0, false, -1, 0);
        check_exec("{\"ExitCode\":0}", -1, false, 0, 0);
        check_exec("{\"Running\":\"no\"}", -1, false, 0, 0);
        check_exec("[]", -1, false, 0, 0);
        check_exec("{\"Running\":fal", -1, false, 0, 0);
}

/* In one line; `process` is its ProcessConfig. */
static void check_words(const char *process, const char *words) {
        char text[512], is[512] = "";
        struct engine_exec exec;

        (void)snprintf(text, sizeof(text), "{\"Running\":true,\"ProcessConfig\":%s}", process);
        assert_int_equal(decode_exec(text, strlen(text), &arena, &exec, NULL), 0);
        for (size_t i = 0; exec.argv[i]; i++)
                (void)snprintf(is + strlen(is), sizeof(is) - strlen(is), "%s|", exec.argv[i]);
        assert_string_equal(is, words);
}

static void what_it_runs(void **state) {
        (void)state;
        check_words("{\"entrypoint\":\"/bin/sh\",\"arguments\":[\"-c\",\"a  b\"]}", "/bin/sh|-c|a  b|");
        check_words("{\"entrypoint\":\"true\",\"arguments\":null}", "true|");
        check_words("{\"arguments\":[\"a\"]}", "");
        check_words("{\"entrypoint\":7,\"arguments\":[\"a\"]}", "");
        check_words("{\"entrypoint\":\"a\",\"arguments\":[7,\"b\"]}", "a||b|");
        check_words("null", "");
}

static void check_execs(const char *text, int r, size_t n) {
        struct engine_execs execs = { .n = 7 };

        assert_int_equal(decode_execs(text, strlen(text), &arena, &execs, NULL), r);
        assert_int_equal(execs.n, r < 0 ? 7 : n);
        for (size_t i = 0; r == 0 && i < n; i++)
                assert_string_equal(execs.ids[i], EXEC);
}

static void what_runs_in_a_container(void **state) {
        struct buf many AUTO(buf_release) = BUF_INIT(64 * 1024);

        (void)state;
        check_execs("{\"ExecIDs\":[\"" EXEC "\"]}", 0, 1);
        check_execs("{\"ExecIDs\":[\"../x\",7,\"" EXEC "\",\"\",{}]}", 0, 1);
        check_execs("{\"ExecIDs\":null}", 0, 0);
        check_execs("{}", 0, 0);
        check_execs("[]", -1, 0);
        buf_add_str(&many, "{\"ExecIDs\":[\"" EXEC "\"");
        for (int i = 0; i < 200; i++)
                buf_add_str(&many, ",\"" EXEC "\"");
        buf_add_str(&many, "]}");
        check_execs(buf_str(&many), 0, ENGINE_EXECS_MAX);
}

static void check_session(const char *text, int r, bool lives) {
        bool is = !lives;

        assert_int_equal(decode_session(text, strlen(text), 42, &is, NULL), r);
        if (r == 0)
                assert_int_equal(is, lives);
}

static void who_is_of_its_session(void **state) {
        (void)state;
        check_session("{\"Titles\":[\"PID\",\"SID\"],\"Processes\":[[\"1\",\"1\"],[\"43\",\"42\"]]}", 0, true);
        check_session("{\"Processes\":[[\"42\",\"1\"],[\"43\",\"420\"],[\"44\"],[],7,null,[\"1\",42]]}", 0, false);
        check_session("{\"Processes\":null}", 0, false);
        check_session("{}", 0, false);
        check_session("[]", -1, false);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(it_is_made_of_words, set_up, tear_down),
                cmocka_unit_test_setup_teardown(an_id_is_hex, set_up, tear_down),
                cmocka_unit_test_setup_teardown(output_is_taken_out_of_its_frames, set_up, tear_down),
                cmocka_unit_test(it_may_end_anywhere),
                cmocka_unit_test_setup_teardown(a_frame_may_claim_to_be_endless, set_up, tear_down),
                cmocka_unit_test_setup_teardown(who_listens_may_stop, set_up, tear_down),
                cmocka_unit_test_setup_teardown(it_may_be_refused, set_up, tear_down),
                cmocka_unit_test_teardown(what_became_of_it, release_arena),
                cmocka_unit_test_teardown(what_it_runs, release_arena),
                cmocka_unit_test_teardown(what_runs_in_a_container, release_arena),
                cmocka_unit_test(who_is_of_its_session),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
