/* SPDX-License-Identifier: MIT */
/* Negotiation, typed calls and error texts, against a scripted engine. */
#include "autoheal/engine/engine.h"
#include "support/check.h"
#include "unit/net/script_server.h"

#include <errno.h>

#define ID   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define JSON "Content-Type: application/json\r\n"

struct fixture {
        struct net *net;
        struct server *server;
        struct endpoint endpoint;
        struct engine *engine;
        struct arena arena;
        struct container container;

        int calls; /* done functions that were called */
        struct error err;
        char info_id[32];
        int64_t engine_now_us;
        size_t n;
        const struct container *containers;
        struct container *inspected;
        bool events_truncated;
        bool free_engine, ask_again; /* what the next callback does */
};

static int set_up(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));

        (void)unsetenv("DOCKER_API_VERSION");
        f->arena = (struct arena)ARENA_INIT(4096);
        assert_int_equal(net_new(&f->net, NULL), 0);
        f->server = server_start(f->net);
        f->endpoint = (struct endpoint){
                .text = "unix:///the/socket",
                .base_url = "http://api.moby.localhost",
                .unix_socket = f->server->path,
                .host = "",
                .source = "default",
        };
        f->container = (struct container){ .id = ID, .name = "web" };
        f->engine = engine_new(f->net, &f->endpoint);
        *state = f;
        return 0;
}

static int tear_down(void **state) {
        struct fixture *f = *state;

        (void)unsetenv("DOCKER_API_VERSION");
        engine_free(f->engine);
        server_stop(f->server);
        net_free(f->net);
        arena_release(&f->arena);
        free(f);
        return 0;
}

static void pong(struct fixture *f, const char *headers) {
        server_reply(f->server, "GET /_ping HTTP", 200, headers, "OK");
}

static void note_err(struct fixture *f, const struct error *err) {
        f->calls++;
        f->err = (struct error)ERROR_INIT;
        if (err)
                f->err = *err;
        if (f->free_engine) {
                engine_free(f->engine);
                f->engine = NULL;
        }
}

static void got_info(void *arg, const struct engine_info *info, const struct error *err) {
        struct fixture *f = arg;

        assert_true(!info != !err);
        note_err(f, err);
        if (info) {
                (void)snprintf(f->info_id, sizeof(f->info_id), "%s", info->id);
                f->engine_now_us = info->engine_now_us;
        }
        if (f->ask_again) {
                f->ask_again = false;
                assert_int_equal(engine_get_info(f->engine, got_info, f, NULL), 0);
        }
}

static void got_list(void *arg, const struct engine_list *list, const struct error *err) {
        struct fixture *f = arg;

        assert_true(!list != !err);
        note_err(f, err);
        if (list) {
                f->n = list->n;
                f->containers = list->containers;
                f->engine_now_us = list->engine_now_us;
        }
}

static void got_inspect(void *arg, struct container *c, const struct error *err) {
        struct fixture *f = arg;

        note_err(f, err);
        f->inspected = c;
}

static void got_action(void *arg, const struct error *err) {
        note_err(arg, err);
}

static void got_events(void *arg, const struct engine_events *events, const struct error *err) {
        struct fixture *f = arg;

        assert_true(!events != !err);
        note_err(f, err);
        if (events) {
                f->n = events->n;
                f->events_truncated = events->truncated;
        }
}

static void run(struct fixture *f, int calls) {
        while (f->calls < calls && net_run(f->net))
                ;
        assert_int_equal(f->calls, calls);
}

static void ask_info(struct fixture *f) {
        assert_int_equal(engine_get_info(f->engine, got_info, f, NULL), 0);
        run(f, f->calls + 1);
}

/* The version too is asked for on a new connection, and what was asked before proves nothing. */
static void a_doubted_engine_proves_itself_on_a_new_connection(void **state) {
        struct fixture *f = *state;

        pong(f, "Api-Version: 1.41\r\n");
        server_reply(f->server, "GET /v1.41/info HTTP", 200, JSON, "{\"ID\":\"A\"}");
        ask_info(f);
        assert_int_equal(f->server->accepted, 1);
        assert_int_equal(engine_get_info(f->engine, got_info, f, NULL), 0);
        engine_doubt(f->engine);
        run(f, f->calls + 1);
        assert_int_equal(f->server->accepted, 1);
        ask_info(f);
        assert_int_equal(f->server->accepted, 3);
        ask_info(f);
        assert_int_equal(f->server->accepted, 3);
}

static bool logged(const struct fixture *f, size_t i, const char *beginning) {
        return i < f->server->n_log && strncmp(f->server->log[i], beginning, strlen(beginning)) == 0;
}

/* ---- negotiation ---- */

static void takes_the_engines_version(void **state) {
        struct fixture *f = *state;

        pong(f, "Api-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\n");
        server_reply(f->server, "GET /v1.41/info HTTP/1.1\r\nHost: api.moby.localhost\r\nUser-Agent: autoheal/", 200,
                     JSON "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "{\"ID\":\"E1\",\"ServerVersion\":\"20.10.24\"}");
        assert_string_equal(engine_api_version(f->engine), "");
        ask_info(f);
        assert_int_equal(f->err.code, ERR_NONE);
        assert_string_equal(f->info_id, "E1");
        assert_int_equal(f->engine_now_us, INT64_C(784111777000000));
        assert_string_equal(engine_api_version(f->engine), "1.41");
        assert_false(engine_is_podman(f->engine));
        assert_int_equal(engine_requests(f->engine), 2);
        ask_info(f);
        assert_int_equal(engine_requests(f->engine), 3);
        assert_true(logged(f, 0, "GET /_ping HTTP/1.1\r\n"));
        assert_true(logged(f, 2, "GET /v1.41/info "));
        assert_int_equal(f->server->n_log, 3);
        assert_int_equal(f->server->accepted, 1);
}

static void negotiates(const char *headers, const char *version) {
        void *state;
        struct fixture *f;

        (void)set_up(&state);
        f = state;
        pong(f, headers);
        server_reply(f->server, "GET /v", 200, JSON, "{\"ID\":\"E1\"}");
        ask_info(f);
        assert_int_equal(f->err.code, ERR_NONE);
        assert_string_equal(engine_api_version(f->engine), version);
        (void)tear_down(&state);
}

static void takes_the_lower_version(void **state) {
        (void)state;
        negotiates("Api-Version: " ENGINE_API_MAX "\r\n", ENGINE_API_MAX);
        negotiates("Api-Version: " ENGINE_API_MIN "\r\n", ENGINE_API_MIN);
        negotiates("Api-Version: 1.9999\r\n", ENGINE_API_MAX);
        negotiates("Api-Version: 2.0\r\n", ENGINE_API_MAX);
        negotiates("Api-Version: 1.0040\r\n", "1.40");
        negotiates("", "1.24");
}

static void refuses_too_old_an_engine(void **state) {
        struct fixture *f = *state;

        /* Compared as numbers: as text 1.9 would come after 1.24. */
        pong(f, "Api-Version: 1.9\r\n");
        ask_info(f);
        assert_int_equal(f->err.code, ERR_ENGINE);
        assert_string_equal(f->err.msg,
                            "API version 1.9 is not supported by this client: the minimum supported API version is 1.24");
        assert_string_equal(engine_api_version(f->engine), "");
}

static void refuses_a_version_that_is_none(void **state) {
        static const char *const versions[] = {
                "junk", "1", "1.", ".41", "1.41.0", "v1.41", "1.41/../..", "1.99999999999999999999"
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(versions); i++) {
                char header[64], text[256];
                void *one;
                struct fixture *f;

                (void)set_up(&one);
                f = one;
                (void)snprintf(header, sizeof(header), "Api-Version: %s\r\n", versions[i]);
                (void)snprintf(
                        text, sizeof(text),
                        "the engine at unix:///the/socket sent an answer that is not what its API promises: API version '%s'",
                        versions[i]);
                pong(f, header);
                ask_info(f);
                assert_int_equal(f->err.code, ERR_PROTOCOL);
                assert_string_equal(f->err.msg, text);
                assert_int_equal(f->server->n_log, 1);
                (void)tear_down(&one);
        }
}

static void environment_fixes_the_version(void **state) {
        struct fixture *f = *state;

        (void)setenv("DOCKER_API_VERSION", "v1.30", 1);
        server_reply(f->server, "GET /v1.30/info ", 200, JSON, "{\"ID\":\"E1\"}");
        ask_info(f);
        assert_int_equal(f->err.code, ERR_NONE);
        assert_string_equal(engine_api_version(f->engine), "1.30");
        assert_int_equal(f->server->n_log, 1);
        assert_int_equal(engine_requests(f->engine), 1);
}

static void empty_version_in_the_environment_is_none(void **state) {
        (void)state;
        (void)setenv("DOCKER_API_VERSION", "", 1);
        negotiates("Api-Version: 1.41\r\n", "1.41");
}

static void junk_in_the_environment_is_refused(void **state) {
        static const char *const junk[] = { "junk", "1", "vv1.41", "1.41 ", "V1.41", "1.41/../../x", "-1.2" };
        struct fixture *f = *state;

        for (size_t i = 0; i < N_ELEMENTS(junk); i++) {
                struct error err = ERROR_INIT;
                char text[128];

                (void)setenv("DOCKER_API_VERSION", junk[i], 1);
                (void)snprintf(text, sizeof(text), "invalid API version (%s): must be formatted <major>.<minor>", junk[i]);
                assert_int_equal(engine_get_info(f->engine, got_info, f, &err), -1);
                assert_int_equal(err.code, ERR_INVALID);
                assert_string_equal(err.msg, text);
        }
        assert_false(net_run(f->net));
        assert_int_equal(f->calls, 0);
}

static void knows_podman(void **state) {
        struct fixture *f = *state;

        pong(f, "Api-Version: 1.40\r\nServer: Libpod/4.3.1 (linux)\r\n");
        server_reply(f->server, "GET /v1.40/info", 200, JSON, "{\"ID\":\"E1\"}");
        ask_info(f);
        assert_true(engine_is_podman(f->engine));
}

static void knows_podman_without_negotiation(void **state) {
        struct fixture *f = *state;

        (void)setenv("DOCKER_API_VERSION", "1.40", 1);
        server_reply(f->server, "GET /v1.40/info", 200, JSON "Server: Libpod/4.3.1 (linux)\r\n", "{\"ID\":\"E1\"}");
        ask_info(f);
        assert_true(engine_is_podman(f->engine));
}

static void calls_wait_for_the_version(void **state) {
        struct fixture *f = *state;

        pong(f, "Api-Version: 1.41\r\n");
        server_reply(f->server, "GET /v1.41/info", 200, JSON, "{\"ID\":\"E1\"}");
        server_reply(f->server, "POST /v1.41/containers/" ID "/restart ", 204, "", "");
        server_reply(f->server, "GET /v1.41/containers/json", 200, JSON, "[]");
        assert_int_equal(engine_get_info(f->engine, got_info, f, NULL), 0);
        assert_int_equal(engine_act(f->engine, ENGINE_RESTART, ID, STOP_TIMEOUT_UNSET, 10, got_action, f, NULL), 0);
        assert_int_equal(engine_list_containers(f->engine, false, &f->arena, got_list, f, NULL), 0);
        run(f, 3);
        assert_int_equal(f->err.code, ERR_NONE);
        assert_int_equal(f->server->n_log, 4);
        assert_true(logged(f, 0, "GET /_ping "));
        assert_int_equal(engine_requests(f->engine), 4);
}

static void note_request(void *arg, const char *operation, int code) {
        struct buf *b = arg;

        buf_addf(b, "%s %d\n", operation, code);
}

static void every_request_is_counted_once(void **state) {
        struct fixture *f = *state;
        struct buf told AUTO(buf_release) = BUF_INIT(4096);

        engine_on_request(f->engine, note_request, &told);
        pong(f, "Api-Version: 1.41\r\n");
        server_reply(f->server, "GET /v1.41/info", 200, JSON, "{\"ID\":\"E1\"}");
        server_reply(f->server, "POST /v1.41/containers/" ID "/restart ", 409, JSON, "{\"message\":\"no\"}");
        server_reply(f->server, "POST /v1.41/containers/" ID "/stop ", 304, "", "");
        server_reply(f->server, "GET /v1.41/containers/json", 200, JSON, "nonsense");
        server_reply(f->server, "GET /v1.41/events", 200, JSON, "");
        ask_info(f);
        assert_int_equal(engine_act(f->engine, ENGINE_RESTART, ID, STOP_TIMEOUT_UNSET, 10, got_action, f, NULL), 0);
        run(f, 2);
        assert_int_equal(engine_act(f->engine, ENGINE_STOP, ID, STOP_TIMEOUT_UNSET, 10, got_action, f, NULL), 0);
        run(f, 3);
        assert_int_equal(engine_list_containers(f->engine, false, &f->arena, got_list, f, NULL), 0);
        run(f, 4);
        assert_int_equal(engine_look_back(f->engine, 1, 2, &f->arena, got_events, f, NULL), 0);
        run(f, 5);
        assert_string_equal(buf_str(&told), "ping 200\ninfo 200\nrestart 409\nstop 304\nlist 200\nevents 200\n");
        engine_on_request(f->engine, NULL, NULL);
        ask_info(f);
        assert_null(strstr(buf_str(&told), "info 200\ninfo"));
}

static void a_request_without_an_answer_is_counted(void **state) {
        struct fixture *f = *state;
        struct buf told AUTO(buf_release) = BUF_INIT(4096);

        f->endpoint.unix_socket = "/no-such-directory/docker.sock";
        engine_on_request(f->engine, note_request, &told);
        ask_info(f);
        assert_int_equal(f->err.code, ERR_CONNECT);
        assert_string_equal(buf_str(&told), "ping 0\n");
}

static void all_waiting_fail_with_the_negotiation(void **state) {
        struct fixture *f = *state;

        server_reply(f->server, "GET /_ping", 500, JSON, "{\"message\":\"no\"}")->uses = 1;
        pong(f, "Api-Version: 1.41\r\n");
        server_reply(f->server, "GET /v1.41/info", 200, JSON, "{\"ID\":\"E1\"}");
        assert_int_equal(engine_get_info(f->engine, got_info, f, NULL), 0);
        assert_int_equal(engine_get_info(f->engine, got_info, f, NULL), 0);
        run(f, 2);
        assert_int_equal(f->err.code, ERR_ENGINE);
        assert_string_equal(f->err.msg, "Error response from daemon: no");
        assert_int_equal(f->server->n_log, 1);
        ask_info(f);
        assert_int_equal(f->err.code, ERR_NONE);
        assert_int_equal(f->server->n_log, 3);
}

static void callback_of_a_failed_negotiation_asks_anew(void **state) {
        struct fixture *f = *state;

        server_reply(f->server, "GET /_ping", 500, JSON, "{\"message\":\"no\"}")->uses = 1;
        pong(f, "Api-Version: 1.41\r\n");
        server_reply(f->server, "GET /v1.41/info", 200, JSON, "{\"ID\":\"E1\"}");
        f->ask_again = true;
        assert_int_equal(engine_get_info(f->engine, got_info, f, NULL), 0);
        assert_int_equal(engine_get_info(f->engine, got_info, f, NULL), 0);
        run(f, 3);
        assert_int_equal(f->err.code, ERR_NONE);
        assert_string_equal(f->info_id, "E1");
}

static void callback_frees_the_engine(void **state) {
        struct fixture *f = *state;

        /* The first callback frees it; two more wait for their answers. */
        pong(f, "Api-Version: 1.41\r\n");
        server_reply(f->server, "GET /v1.41/info", 200, JSON, "{\"ID\":\"E1\"}");
        f->free_engine = true;
        for (int i = 0; i < 3; i++)
                assert_int_equal(engine_get_info(f->engine, got_info, f, NULL), 0);
        while (net_run(f->net))
                ;
        assert_int_equal(f->calls, 1);
}

static void callback_of_a_failed_negotiation_frees_the_engine(void **state) {
        struct fixture *f = *state;

        server_reply(f->server, "GET /_ping", 500, "", "");
        f->free_engine = true;
        for (int i = 0; i < 3; i++)
                assert_int_equal(engine_get_info(f->engine, got_info, f, NULL), 0);
        while (net_run(f->net))
                ;
        assert_int_equal(f->calls, 1);
}

static void freed_engine_says_nothing(void **state) {
        struct fixture *f = *state;

        pong(f, "Api-Version: 1.41\r\n");
        assert_int_equal(engine_get_info(f->engine, got_info, f, NULL), 0);
        assert_true(net_run(f->net));
        engine_free(f->engine);
        f->engine = NULL;
        assert_false(net_run(f->net));
        assert_int_equal(f->calls, 0);
        engine_free(NULL);
}

/* ---- what went wrong ---- */

static void error_answers_in_dockers_words(void **state) {
        static const struct {
                int status;
                const char *headers, *body;
                enum err_code code;
                const char *text;
        } rows[] = {
                { 500, JSON, "{\"message\":\" boom \\n\"}", ERR_ENGINE, "Error response from daemon: boom" },
                { 404, JSON, "{\"message\":\"No such container: x\"}", ERR_NOT_FOUND,
                  "Error response from daemon: No such container: x" },
                { 409, "Content-Type: application/json; charset=utf-8\r\n", "{\"message\":\"busy\"}", ERR_ENGINE,
                  "Error response from daemon: busy" },
                { 400, JSON, "{\"message\":\"client version 1.45 is too new. Maximum supported API version is 1.41\"}", ERR_ENGINE,
                  "Error response from daemon: client version 1.45 is too new. Maximum supported API version is 1.41" },
                { 500, JSON, "{\"message\":\"\"}", ERR_ENGINE,
                  "Error response from daemon: API returned a 500 (Internal Server Error) but provided no error-message" },
                { 400, JSON, "{\"error\":\"x\"}", ERR_ENGINE,
                  "Error response from daemon: API returned a 400 (Bad Request) but provided no error-message" },
                { 400, JSON, "{\"message\":\"cut o", ERR_ENGINE,
                  "Error response from daemon: API returned a 400 (Bad Request) but provided no error-message" },
                { 502, "Content-Type: text/html\r\n", "\n <h1>Bad</h1>\n", ERR_ENGINE, "Error response from daemon: <h1>Bad</h1>" },
                { 400, "", "Client sent an HTTP request to an HTTPS server.\n", ERR_ENGINE,
                  "Error response from daemon: Client sent an HTTP request to an HTTPS server." },
                { 500, "", "a\x1b[31m\nb", ERR_ENGINE, "Error response from daemon: a\\x1b[31m\\nb" },
                { 404, "Content-Type: text/plain\r\n", "", ERR_NOT_FOUND,
                  "request returned 404 Not Found for API route and version http://%2Fthe%2Fsocket/v1.41/info, "
                  "check if the server supports the requested API version" },
                { 599, JSON, "", ERR_ENGINE,
                  "request returned 599 for API route and version http://%2Fthe%2Fsocket/v1.41/info, "
                  "check if the server supports the requested API version" },
        };
        struct fixture *f = *state;

        pong(f, "Api-Version: 1.41\r\n");
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                server_reply(f->server, "GET /v1.41/info", rows[i].status, rows[i].headers, rows[i].body)->uses = 1;
                ask_info(f);
                assert_string_equal(f->err.msg, rows[i].text);
                assert_int_equal(f->err.code, rows[i].code);
                assert_int_equal(f->err.http_status, rows[i].status);
        }
}

static void long_error_is_cut(void **state) {
        struct fixture *f = *state;
        struct buf body AUTO(buf_release) = BUF_INIT(20000);

        for (int i = 0; i < 2000; i++)
                buf_add_str(&body, "\x80\xffxyz");
        pong(f, "Api-Version: 1.41\r\n");
        server_reply(f->server, "GET /v1.41/info", 500, "", buf_str(&body));
        ask_info(f);
        assert_int_equal(f->err.code, ERR_ENGINE);
        assert_true(strlen(f->err.msg) < sizeof(f->err.msg));
        assert_true(strncmp(f->err.msg, "Error response from daemon: \\x80\\xffxyz", 39) == 0);
}

static void ping_may_be_refused(void **state) {
        struct fixture *f = *state;

        server_reply(f->server, "GET /_ping", 403, "", "");
        ask_info(f);
        assert_int_equal(f->err.code, ERR_ENGINE);
        assert_string_equal(f->err.msg, "request returned 403 Forbidden for API route and version http://%2Fthe%2Fsocket/_ping, "
                                        "check if the server supports the requested API version");
}

static void unexpected_success_is_none(void **state) {
        static const int statuses[] = { 301, 302, 304, 307 };
        struct fixture *f = *state;

        pong(f, "Api-Version: 1.41\r\n");
        for (size_t i = 0; i < N_ELEMENTS(statuses); i++) {
                server_reply(f->server, "GET /v1.41/info", statuses[i], "Location: /elsewhere\r\n", "")->uses = 1;
                ask_info(f);
                assert_int_equal(f->err.code, ERR_PROTOCOL);
                assert_non_null(strstr(f->err.msg, "is not what its API promises: HTTP status 30"));
        }
}

static void malformed_success_is_told(void **state) {
        static const char beginning[] = "the engine at unix:///the/socket sent an answer that is not what its API promises: ";
        struct fixture *f = *state;

        pong(f, "Api-Version: 1.41\r\n");
        server_reply(f->server, "GET /v1.41/", 200, JSON, "{\"Id\":");
        ask_info(f);
        assert_int_equal(f->err.code, ERR_PROTOCOL);
        assert_int_equal(strncmp(f->err.msg, beginning, strlen(beginning)), 0);
        assert_true(strlen(f->err.msg) > strlen(beginning));

        assert_int_equal(engine_list_containers(f->engine, false, &f->arena, got_list, f, NULL), 0);
        run(f, 2);
        assert_int_equal(f->err.code, ERR_PROTOCOL);
        assert_int_equal(strncmp(f->err.msg, beginning, strlen(beginning)), 0);

        assert_int_equal(engine_inspect(f->engine, &f->container, &f->arena, got_inspect, f, NULL), 0);
        run(f, 3);
        assert_int_equal(f->err.code, ERR_PROTOCOL);
        assert_int_equal(strncmp(f->err.msg, beginning, strlen(beginning)), 0);
        assert_false(f->container.inspected);
}

static void cut_answer_is_told(void **state) {
        struct fixture *f = *state;

        pong(f, "Api-Version: 1.41\r\n");
        server_raw(f->server, "GET /v1.41/info", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ID\"")->close = true;
        ask_info(f);
        assert_int_equal(f->err.code, ERR_PROTOCOL);
        assert_int_equal(
                strncmp(f->err.msg, "error during connect: Get \"http://%2Fthe%2Fsocket/v1.41/info\": no proper HTTP answer: ", 86),
                0);
}

static void too_large_an_answer_is_told(void **state) {
        struct fixture *f = *state;

        server_rule(f->server, "GET /_ping");
        buf_addf(&f->server->rules[0].reply, "HTTP/1.1 200 OK\r\n\r\n%066000d", 0);
        ask_info(f);
        assert_int_equal(f->err.code, ERR_TOO_LARGE);
        assert_string_equal(f->err.msg, "the engine at unix:///the/socket: the answer is larger than 65536 bytes");
}

static void no_engine(void **state) {
        static const char text[] = "Cannot connect to the Docker daemon at unix:///the/socket. Is the docker daemon running?";
        struct fixture *f = *state;

        net_unwatch(f->net, f->server->listener);
        (void)close(f->server->listener);
        f->server->listener = -1;
        ask_info(f);
        assert_int_equal(f->err.code, ERR_CONNECT);
        assert_int_equal(f->err.sys_errno, ECONNREFUSED);
        assert_string_equal(f->err.msg, text);
        (void)unlink(f->server->path);
        ask_info(f);
        assert_int_equal(f->err.code, ERR_CONNECT);
        assert_int_equal(f->err.sys_errno, ENOENT);
        assert_string_equal(f->err.msg, text);
}

static void no_permission(void **state) {
        struct fixture *f = *state;
        uid_t me = geteuid();

        assert_int_equal(chmod(f->server->path, 0), 0);
        if (me == 0)
                assert_int_equal(seteuid(65534), 0);
        ask_info(f);
        if (me == 0)
                assert_int_equal(seteuid(0), 0);
        assert_int_equal(f->err.code, ERR_CONNECT);
        assert_int_equal(f->err.sys_errno, EACCES);
        assert_string_equal(f->err.msg,
                            "permission denied while trying to connect to the Docker daemon socket at unix:///the/socket: "
                            "run it as root or as a member of the socket's group");
}

/* The engine at a port of this machine, under /base. */
static struct server *use_tcp(struct fixture *f, char url[static 64]) {
        struct server *tcp = server_start_tcp(f->net);

        (void)snprintf(url, 64, "http://127.0.0.1:%d/base", tcp->port);
        f->endpoint = (struct endpoint){ .text = "tcp://127.0.0.1", .base_url = url, .host = "127.0.0.1", .source = "-H" };
        return tcp;
}

static void tcp_endpoint(void **state) {
        struct fixture *f = *state;
        char url[64];
        struct server *tcp = use_tcp(f, url);

        server_reply(tcp, "GET /base/_ping", 200, "Api-Version: 1.41\r\n", "OK");
        server_reply(tcp, "GET /base/v1.41/info", 200, JSON, "{\"ID\":\"E1\"}");
        /* What is on this machine is not asked for through a proxy. */
        (void)setenv("HTTP_PROXY", "http://127.0.0.1:1", 1);
        ask_info(f);
        (void)unsetenv("HTTP_PROXY");
        assert_int_equal(f->err.code, ERR_NONE);
        assert_string_equal(f->info_id, "E1");
        server_stop(tcp);
}

static void engine_that_may_want_tls(void **state) {
        static const struct {
                const char *answer;
                bool may_want;
        } rows[] = {
                { "\x15\x03\x01\x01\x02\x02\x46", true }, /* what a TLS engine says to plain HTTP */
                { "SSH-2.0-OpenSSH\r\n", true },
                { "", false },
                { "HTTP/1.1 200 OK\r\nContent-Le", false },
        };
        struct fixture *f = *state;
        char url[64];
        struct server *tcp = use_tcp(f, url);

        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                char expected[128];

                server_raw(tcp, "GET /base/_ping", rows[i].answer)->close = true;
                tcp->rules[i].uses = 1;
                ask_info(f);
                assert_int_equal(f->err.code, ERR_PROTOCOL);
                (void)snprintf(expected, sizeof(expected), "%sGet \"%s/_ping\": no proper HTTP answer: ",
                               rows[i].may_want ? "" : "error during connect: ", url);
                assert_int_equal(strncmp(f->err.msg, expected, strlen(expected)), 0);
                assert_int_equal(!strstr(f->err.msg, ". Are you trying to connect to a TLS-enabled daemon without TLS?"),
                                 !rows[i].may_want);
        }
        server_stop(tcp);
}

static void nobody_at_a_port(void **state) {
        struct fixture *f = *state;
        char url[64];

        server_stop(use_tcp(f, url));
        ask_info(f);
        assert_int_equal(f->err.code, ERR_CONNECT);
        assert_string_equal(f->err.msg, "Cannot connect to the Docker daemon at tcp://127.0.0.1. Is the docker daemon running?");
}

static void unknown_host(void **state) {
        struct fixture *f = *state;

        f->endpoint.unix_socket = NULL;
        f->endpoint.host = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        f->endpoint.base_url = "http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:2375";
        ask_info(f);
        assert_int_equal(f->err.code, ERR_CONNECT);
        assert_int_equal(strncmp(f->err.msg, "error during connect: Get \"http://aaa", 37), 0);
        check_contains(f->err.msg, ":2375/_ping\": cannot connect: Could not resolve host: aaa");
}

static void headers_go_with_every_request(void **state) {
        static const char *const headers[] = { "X-Meta: a", "User-Agent: me", NULL };
        struct fixture *f = *state;

        f->endpoint.headers = headers;
        pong(f, "Api-Version: 1.41\r\n");
        server_reply(f->server, "GET /v1.41/info", 200, JSON, "{\"ID\":\"E1\"}");
        server_reply(f->server, "POST /v1.41/containers/" ID "/restart ", 204, "", "");
        ask_info(f);
        assert_int_equal(engine_act(f->engine, ENGINE_RESTART, ID, STOP_TIMEOUT_UNSET, 10, got_action, f, NULL), 0);
        run(f, 2);
        assert_int_equal(f->server->n_log, 3);
        for (size_t i = 0; i < 3; i++) {
                check_contains(f->server->log[i], "\r\nX-Meta: a\r\n");
                check_contains(f->server->log[i], "\r\nUser-Agent: autoheal/");
                check_lacks(f->server->log[i], "me\r\n");
        }
}

/* ---- through a command ---- */

static const char *shell[] = { "sh", "-c", NULL, NULL };

static void use_command(struct fixture *f, const char *script) {
        shell[2] = script;
        f->endpoint = (struct endpoint){
                .text = "ssh://me@host", .base_url = "http://docker.example.com", .host = "", .source = "-H", .command = shell
        };
}

static void failed_command_is_told_in_dockers_words(void **state) {
        struct fixture *f = *state;

        use_command(f, "echo 'ssh: no route' >&2; exit 255");
        ask_info(f);
        assert_int_equal(f->err.code, ERR_CONNECT);
        assert_string_equal(f->err.msg, "error during connect: Get \"http://docker.example.com/_ping\": "
                                        "command [sh -c echo 'ssh: no route' >&2; exit 255] has exited with exit status 255, "
                                        "make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: "
                                        "stderr=ssh: no route");
}

static void action_through_a_failed_command_may_have_been_done(void **state) {
        struct fixture *f = *state;

        use_command(f, "read a; exit 255");
        (void)setenv("DOCKER_API_VERSION", "1.41", 1);
        assert_int_equal(engine_act(f->engine, ENGINE_RESTART, ID, 1, 10, got_action, f, NULL), 0);
        run(f, 1);
        assert_int_equal(f->err.code, ERR_PROTOCOL);
        check_contains(f->err.msg,
                       "error during connect: Post \"http://docker.example.com/v1.41/containers/" ID "/restart?t=1\": ");
}

#define ANSWER                                                                                                                     \
        "printf 'HTTP/1.1 200 OK\\r\\nApi-Version: 1.41\\r\\nContent-Type: application/json\\r\\n"                                 \
        "Content-Length: 11\\r\\n\\r\\n{\"ID\":\"E1\"}'"
#define READ_REQUEST "read -r m p x; do while read -r l && [ \"$l\" != \"$r\" ]; do :; done"

static void questions_through_a_command_are_few_at_once(void **state) {
        struct fixture *f = *state;
        char starts[80];
        int lines = 0;
        FILE *file;

        /* Each start leaves a line, and only the ping is answered before there are four. */
        (void)snprintf(starts, sizeof(starts), "%s.starts", f->server->path);
        (void)setenv("STARTS", starts, 1);
        use_command(f, "echo >>$STARTS; r=$(printf '\\r'); while " READ_REQUEST "; "
                       "until [ $p = /_ping ] || [ $(wc -l <$STARTS) -ge 4 ]; do sleep 0.01; done; " ANSWER "; done");
        for (int i = 0; i < 20; i++)
                assert_int_equal(engine_get_info(f->engine, got_info, f, NULL), 0);
        run(f, 20);
        assert_string_equal(f->err.msg, "");
        assert_string_equal(f->info_id, "E1");
        file = fopen(starts, "r");
        assert_non_null(file);
        while (fgetc(file) == '\n')
                lines++;
        (void)fclose(file);
        (void)unlink(starts);
        assert_int_equal(lines, 4);
}

static void cancelled_inspects_make_room(void **state) {
        struct fixture *f = *state;

        /* Inspects are never answered, all else is. */
        use_command(f, "r=$(printf '\\r'); while " READ_REQUEST "; case $p in */json) exec sleep 1000;; esac; " ANSWER "; done");
        (void)setenv("DOCKER_API_VERSION", "1.41", 1);
        for (int i = 0; i < 6; i++)
                assert_int_equal(engine_inspect(f->engine, &f->container, &f->arena, got_inspect, f, NULL), 0);
        assert_int_equal(engine_get_info(f->engine, got_info, f, NULL), 0);
        assert_true(net_run(f->net));
        engine_cancel_inspects(f->engine, f);
        run(f, 1);
        assert_string_equal(f->err.msg, "");
        assert_string_equal(f->info_id, "E1");
}

/* ---- typed calls ---- */

static void lists_containers(void **state) {
        struct fixture *f = *state;

        pong(f, "Api-Version: 1.41\r\n");
        server_reply(f->server, "GET /v1.41/containers/json?all=1 HTTP", 200, JSON "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
                     "[{\"Id\":\"" ID
                     "\",\"Names\":[\"/web\"],\"Image\":\"i\",\"State\":\"running\",\"Status\":\"Up 5 minutes (unhealthy)\"}]");
        server_reply(f->server, "GET /v1.41/containers/json?all=1&filters=%7B%22health%22%3A%5B%22unhealthy%22%5D%7D HTTP", 200,
                     JSON, "[]");
        assert_int_equal(engine_list_containers(f->engine, false, &f->arena, got_list, f, NULL), 0);
        run(f, 1);
        assert_int_equal(f->err.code, ERR_NONE);
        assert_int_equal(f->n, 1);
        assert_string_equal(f->containers[0].id, ID);
        assert_string_equal(f->containers[0].name, "web");
        assert_int_equal(f->containers[0].health, HEALTH_UNHEALTHY);
        assert_int_equal(f->engine_now_us, INT64_C(784111777000000));
        assert_int_equal(engine_list_containers(f->engine, true, &f->arena, got_list, f, NULL), 0);
        run(f, 2);
        assert_int_equal(f->err.code, ERR_NONE);
        assert_int_equal(f->n, 0);
        assert_int_equal(f->engine_now_us, 0);
}

static void inspects_one(void **state) {
        struct fixture *f = *state;

        pong(f, "Api-Version: 1.41\r\n");
        server_reply(f->server, "GET /v1.41/containers/" ID "/json HTTP", 200, JSON,
                     "{\"Id\":\"" ID "\",\"Name\":\"/web\",\"RestartCount\":3,\"State\":{\"Status\":\"exited\",\"ExitCode\":137}}")
                ->uses = 1;
        server_reply(f->server, "GET /v1.41/containers/", 404, JSON, "{\"message\":\"No such container: x\"}");
        assert_int_equal(engine_inspect(f->engine, &f->container, &f->arena, got_inspect, f, NULL), 0);
        run(f, 1);
        assert_int_equal(f->err.code, ERR_NONE);
        assert_ptr_equal(f->inspected, &f->container);
        assert_true(f->container.inspected);
        assert_int_equal(f->container.exit_code, 137);
        assert_int_equal(f->container.restart_count, 3);
        assert_int_equal(engine_inspect(f->engine, &f->container, &f->arena, got_inspect, f, NULL), 0);
        run(f, 2);
        assert_int_equal(f->err.code, ERR_NOT_FOUND);
        assert_string_equal(f->err.msg, "Error response from daemon: No such container: x");
}

static void acts(void **state) {
        static const struct {
                enum engine_action what;
                int64_t stop_timeout_s;
                const char *request;
        } rows[] = {
                { ENGINE_RESTART, 7, "POST /v1.41/containers/" ID "/restart?t=7 HTTP" },
                { ENGINE_RESTART, STOP_TIMEOUT_UNSET, "POST /v1.41/containers/" ID "/restart HTTP" },
                { ENGINE_RESTART, -1, "POST /v1.41/containers/" ID "/restart?t=-1 HTTP" },
                { ENGINE_STOP, 0, "POST /v1.41/containers/" ID "/stop?t=0 HTTP" },
                { ENGINE_START, 7, "POST /v1.41/containers/" ID "/start HTTP" },
        };
        struct fixture *f = *state;

        pong(f, "Api-Version: 1.41\r\n");
        server_reply(f->server, "POST /", 204, "", "");
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                assert_int_equal(engine_act(f->engine, rows[i].what, ID, rows[i].stop_timeout_s, 10, got_action, f, NULL), 0);
                run(f, (int)i + 1);
                assert_int_equal(f->err.code, ERR_NONE);
                assert_true(logged(f, i + 1, rows[i].request));
                assert_non_null(strstr(f->server->log[i + 1], "\r\nContent-Length: 0\r\n"));
        }
}

static void action_outcomes(void **state) {
        static const struct {
                int status;
                const char *body;
                enum err_code code;
                int http_status;
        } rows[] = {
                { 204, "", ERR_NONE, 0 },
                { 304, "", ERR_NONE, 0 },
                { 404, "{\"message\":\"No such container: x\"}", ERR_NOT_FOUND, 404 },
                { 409, "{\"message\":\"is paused\"}", ERR_ENGINE, 409 },
                { 500, "{\"message\":\"cannot start\"}", ERR_ENGINE, 500 },
                { 302, "", ERR_PROTOCOL, 0 },
        };
        struct fixture *f = *state;

        pong(f, "Api-Version: 1.41\r\n");
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                server_reply(f->server, "POST /v1.41/containers/abc/start", rows[i].status, JSON, rows[i].body)->uses = 1;
                assert_int_equal(engine_act(f->engine, ENGINE_START, "abc", 0, 10, got_action, f, NULL), 0);
                run(f, (int)i + 1);
                assert_int_equal(f->err.code, rows[i].code);
                assert_int_equal(f->err.http_status, rows[i].http_status);
        }
}

static void action_that_broke_off_is_not_done(void **state) {
        struct fixture *f = *state;

        pong(f, "Api-Version: 1.41\r\n");
        server_raw(f->server, "POST /", "HTTP/1.1 204 No Content\r\nDate")->close = true;
        assert_int_equal(engine_act(f->engine, ENGINE_RESTART, ID, 1, 10, got_action, f, NULL), 0);
        run(f, 1);
        assert_int_equal(f->err.code, ERR_PROTOCOL);
        assert_int_equal(f->server->n_log, 2);
}

static void refuses_ids_that_are_none(void **state) {
        static const char *const ids[] = { "", "../info", "web", "abc/../x", "abc?x", "abc%2f", ID "0", "0123456789abcdef ", NULL };
        struct fixture *f = *state;

        for (size_t i = 0; i < N_ELEMENTS(ids); i++) {
                struct error err = ERROR_INIT;

                assert_int_equal(engine_act(f->engine, ENGINE_STOP, ids[i], 1, 10, got_action, f, &err), -1);
                assert_int_equal(err.code, ERR_INVALID);
                f->container.id = ids[i];
                assert_int_equal(engine_inspect(f->engine, &f->container, &f->arena, got_inspect, f, &err), -1);
        }
        assert_int_equal(engine_act(f->engine, ENGINE_STOP, ID, 1, -1, got_action, f, NULL), -1);
        assert_false(net_run(f->net));
        assert_int_equal(f->calls, 0);
}

static void looks_back(void **state) {
        struct fixture *f = *state;

        pong(f, "Api-Version: 1.41\r\n");
        server_reply(f->server, "GET /v1.41/events?since=1700000000.000001&until=1700000060.500000 HTTP", 200, JSON,
                     "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"" ID
                     "\",\"Attributes\":{\"exitCode\":\"3\"}},\"timeNano\":1700000001000000000}\n");
        assert_int_equal(
                engine_look_back(f->engine, INT64_C(1700000000000001), INT64_C(1700000060500000), &f->arena, got_events, f, NULL),
                0);
        run(f, 1);
        assert_string_equal(f->err.msg, "");
        assert_int_equal(f->n, 1);
        assert_false(f->events_truncated);
        assert_int_equal(engine_look_back(f->engine, -1, 5, &f->arena, got_events, f, NULL), -1);
        assert_int_equal(engine_look_back(f->engine, 6, 5, &f->arena, got_events, f, NULL), -1);
}

#define ENGINE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                ENGINE_TEST(takes_the_engines_version),
                cmocka_unit_test(takes_the_lower_version),
                ENGINE_TEST(a_doubted_engine_proves_itself_on_a_new_connection),
                ENGINE_TEST(refuses_too_old_an_engine),
                cmocka_unit_test(refuses_a_version_that_is_none),
                ENGINE_TEST(environment_fixes_the_version),
                cmocka_unit_test(empty_version_in_the_environment_is_none),
                ENGINE_TEST(junk_in_the_environment_is_refused),
                ENGINE_TEST(knows_podman),
                ENGINE_TEST(knows_podman_without_negotiation),
                ENGINE_TEST(calls_wait_for_the_version),
                ENGINE_TEST(every_request_is_counted_once),
                ENGINE_TEST(a_request_without_an_answer_is_counted),
                ENGINE_TEST(all_waiting_fail_with_the_negotiation),
                ENGINE_TEST(callback_of_a_failed_negotiation_asks_anew),
                ENGINE_TEST(callback_frees_the_engine),
                ENGINE_TEST(callback_of_a_failed_negotiation_frees_the_engine),
                ENGINE_TEST(freed_engine_says_nothing),
                ENGINE_TEST(error_answers_in_dockers_words),
                ENGINE_TEST(long_error_is_cut),
                ENGINE_TEST(ping_may_be_refused),
                ENGINE_TEST(unexpected_success_is_none),
                ENGINE_TEST(malformed_success_is_told),
                ENGINE_TEST(cut_answer_is_told),
                ENGINE_TEST(too_large_an_answer_is_told),
                ENGINE_TEST(no_engine),
                ENGINE_TEST(no_permission),
                ENGINE_TEST(tcp_endpoint),
                ENGINE_TEST(engine_that_may_want_tls),
                ENGINE_TEST(nobody_at_a_port),
                ENGINE_TEST(unknown_host),
                ENGINE_TEST(headers_go_with_every_request),
                ENGINE_TEST(failed_command_is_told_in_dockers_words),
                ENGINE_TEST(action_through_a_failed_command_may_have_been_done),
                ENGINE_TEST(questions_through_a_command_are_few_at_once),
                ENGINE_TEST(cancelled_inspects_make_room),
                ENGINE_TEST(lists_containers),
                ENGINE_TEST(inspects_one),
                ENGINE_TEST(acts),
                ENGINE_TEST(action_outcomes),
                ENGINE_TEST(action_that_broke_off_is_not_done),
                ENGINE_TEST(refuses_ids_that_are_none),
                ENGINE_TEST(looks_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
