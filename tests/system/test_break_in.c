/* SPDX-License-Identifier: MIT */
/* Attempts to get in without right: from other addresses, as another user, with other hosts and pages, by guessing. */
#include "support/port.h"
#include "support/rest.h"
#include "support/routes.h"
#include "support/service.h"
#include "support/wire.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <sys/stat.h>

#define NOBODY  65534
#define OUTSIDE "10.77.0.1" /* an address of the test's own network that is none of the loopback */
#define WRONG   "Bearer 0123456789abcdef0123456789abcdef"

static struct api_routes routes;

static void begin_as(struct scene *s, const char *arguments) {
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        rest_start_as(s, (struct rest_ask){ .arguments = arguments });
        routes_read(&routes);
}

static void check_untouched(struct scene *s) {
        static const char *const files[] = { "config.json", "quarantine.json", "maintenance.json" };

        for (size_t i = 0; i < N_ELEMENTS(files); i++)
                assert_false(file_there(s->data, files[i]));
        assert_int_equal(scene_posts(s), 0);
}

static void run(struct scene *s, const char *const *argv, uid_t uid, struct output *ret) {
        run_program(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env, .uid = uid }, ret);
}

/* ---- From where ---- */

/* A network of this process's own, which has two addresses on one interface. */
static void enter_network(void) {
        static const char *const commands[][8] = { { "/bin/ip", "link", "set", "lo", "up", NULL },
                                                   { "/bin/ip", "addr", "add", OUTSIDE "/32", "dev", "lo", NULL } };

        if (unshare(CLONE_NEWNET) < 0)
                fail_msg("this takes root, for a network of its own");
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                static const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
                struct output o = { 0 };

                run_program(&(struct run_ask){ .argv = commands[i], .env = env }, &o);
                check_exit(&o, 0);
                output_release(&o);
        }
}

/* Status of a request from one address to another. head: header lines. */
static int ask(const char *from, const char *to, const char *method, const char *path, const char *head) {
        struct wire_answer a AUTO(wire_answer_release) = { 0 };
        char text[768];
        struct wire w;

        (void)snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\n%s\r\n", method, path, head);
        wire_open(&w, from, to, rest_port());
        wire_say(&w, text);
        wire_hear(&w, &a, false);
        wire_close(&w);
        return a.status;
}

#define AT_HOME   "Host: localhost\r\n"
#define AT_OUTER  "Host: " OUTSIDE "\r\n"
#define WITH      "Authorization: Bearer " REST_TOKEN "\r\n"
#define FREE_ONLY 1
#define READ_TOO  2

/* What may be asked without the token: nothing but what is free, or what is read too. */
static void check_open(const char *from, const char *to, const char *head, int open) {
        for (size_t i = 0; i < routes.n; i++) {
                const struct api_route *r = &routes.items[i];
                bool may = r->is_free || (open == READ_TOO && !r->changes);

                if (str_eq(r->path, "/api/events/stream") && may)
                        continue;
                int status = ask(from, to, r->method, r->path, head);
                if (may != (status != 401) || status == 403)
                        fail_msg("%s from %s to %s: %d", r->name, from, to, status);
        }
}

static void what_comes_from_elsewhere_needs_the_token(void **state) {
        struct scene *s = *state;

        scene_env(s, "AUTOHEAL_UI_LISTEN_ADDRESS=0.0.0.0");
        begin_as(s, NULL);
        check_open("127.0.0.1", "127.0.0.1", AT_HOME, READ_TOO);
        check_open("127.0.0.9", "127.0.0.2", "Host: 127.0.0.2\r\n", READ_TOO);
        check_open(OUTSIDE, OUTSIDE, AT_OUTER, FREE_ONLY);
        /* A forwarder on this host, and a router that lets packets through to the loopback. */
        check_open("127.0.0.1", OUTSIDE, AT_OUTER, FREE_ONLY);
        check_open(OUTSIDE, "127.0.0.1", AT_HOME, FREE_ONLY);
        /* What it says of itself counts for nothing. */
        check_open(OUTSIDE, OUTSIDE, AT_HOME, FREE_ONLY);
        check_open(OUTSIDE, OUTSIDE, AT_OUTER "X-Forwarded-For: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\n",
                   FREE_ONLY);
        check_untouched(s);
        assert_int_equal(ask(OUTSIDE, OUTSIDE, "GET", "/api/status", AT_OUTER WITH), 200);
        assert_int_equal(ask(OUTSIDE, OUTSIDE, "GET", "/api/config?secrets=true", AT_OUTER), 401);
        assert_int_equal(ask(OUTSIDE, OUTSIDE, "GET", "/api/config?secrets=true", AT_OUTER WITH), 200);
        assert_int_equal(ask(OUTSIDE, OUTSIDE, "POST", "/api/pass", AT_OUTER WITH), 200);
}

static void by_default_nobody_elsewhere_gets_a_connection(void **state) {
        char url[64];

        begin_as(*state, NULL);
        (void)snprintf(url, sizeof(url), "http://" OUTSIDE ":%d/", rest_port());
        const char *const argv[] = { "/usr/bin/curl", "-q", "-s", "-m", "20", url, NULL };
        struct output o = { 0 };
        run(*state, argv, 0, &o);
        check_exit(&o, 7);
        output_release(&o);
}

/* ---- Which host, which page ---- */

static const char *const foreign[] = {
        "Host: evil.example\r\n",
        "Host: localhost.evil.example\r\n",
        "Host: 127.0.0.1.evil.example\r\n",
        "Host: 10.0.0.1\r\n",
        "Host: 0.0.0.0\r\n",
        "Host: [::2]\r\n",
        "Host: localhost:x\r\n",
        "Host:\r\n",
        AT_HOME "Origin: https://evil.example\r\n",
        AT_HOME "Origin: null\r\n",
        AT_HOME "Origin: http://localhost:1\r\n",
        AT_HOME "Origin: http://localhost.evil.example\r\n",
        AT_HOME "Origin: file://\r\n",
        AT_HOME "Origin:\r\n",
};

/* With the token too, which a page cannot know but a browser's extension may add. */
static void other_hosts_and_pages_get_nothing_on_loopback(void **state) {
        begin_as(*state, NULL);
        for (size_t i = 0; i < N_ELEMENTS(foreign); i++)
                for (size_t k = 0; k < routes.n; k++) {
                        char head[256];

                        for (int with = 0; with < 2; with++) {
                                (void)snprintf(head, sizeof(head), "%s%s", foreign[i], with ? WITH : "");
                                int status = ask(NULL, NULL, routes.items[k].method, routes.items[k].path, head);
                                if (status != 403)
                                        fail_msg("%s with %s: %d", routes.items[k].name, head, status);
                        }
                }
        check_untouched(*state);
        /* The address in the request line is what counts, where there is one. */
        assert_int_equal(ask(NULL, NULL, "GET", "http://evil.example/api/status", AT_HOME), 403);
        assert_int_equal(ask(NULL, NULL, "GET", "http://localhost/api/status", "Host: evil.example\r\n"), 200);
}

static void check_no_cors(struct wire *w, const char *method, const char *origin) {
        struct wire_answer a AUTO(wire_answer_release) = { 0 };
        char text[512];

        (void)snprintf(text, sizeof(text),
                       "%s /api/status HTTP/1.1\r\n" AT_HOME "%sAccess-Control-Request-Method: PUT\r\n"
                       "Access-Control-Request-Headers: authorization\r\n\r\n",
                       method, origin);
        wire_say(w, text);
        wire_hear(w, &a, false);
        check_lacks(a.head, "Access-Control-Allow-");
}

static void no_page_is_told_that_it_may(void **state) {
        struct wire w;

        begin_as(*state, NULL);
        wire_open(&w, NULL, NULL, rest_port());
        check_no_cors(&w, "GET", "");
        check_no_cors(&w, "GET", "Origin: https://evil.example\r\n");
        check_no_cors(&w, "OPTIONS", "Origin: https://evil.example\r\n");
        check_no_cors(&w, "OPTIONS", "");
        wire_close(&w);
}

/* ---- Another user of this host ---- */

static void another_user_changes_nothing(void **state) {
        struct scene *s = *state;
        char url[64];
        struct output o = { 0 };

        begin_as(s, NULL);
        (void)snprintf(url, sizeof(url), "http://localhost:%d/api/pass", rest_port());
        const char *const argv[] = { "/usr/bin/curl", "-q", "-s", "-X", "POST", "-w", "%{http_code}", "-m", "20", url, NULL };
        run(s, argv, NOBODY, &o);
        check_exit(&o, 0);
        check_contains(o.out, "401");
        output_release(&o);
}

static void nor_opens_the_socket_or_reads_the_token(void **state) {
        struct scene *s = *state;
        struct output o = { 0 };
        struct stat st;

        scene_world(s, "container web health=healthy label=autoheal=true\n");
        pid_t pid = service_start(s, "");
        service_await(s, "/ready", "\"ready\"");
        AUTO_FREE char *socket = path_join(s->dir, "api.sock"), *token = path_join(s->data, "api_token");
        /* So that the file's own mode is what keeps others out, not that of a directory. */
        assert_int_equal(chmod(s->data, 0755), 0);
        assert_int_equal(stat(socket, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(stat(token, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);

        const char *const ours[] = {
                "/usr/bin/curl", "-q", "-s", "-X", "POST", "-m", "20", "--unix-socket", socket, "http://localhost/api/pass", NULL
        };
        run(s, ours, NOBODY, &o);
        check_exit(&o, 7);
        output_release(&o);
        run(s, ours, 0, &o);
        check_exit(&o, 0);
        check_contains(o.out, "\"status\":\"success\"");
        output_release(&o);
        const char *const cat[] = { "/bin/cat", token, NULL };
        run(s, cat, NOBODY, &o);
        check_exit(&o, 1);
        assert_string_equal(o.out, "");
        output_release(&o);
        run(s, cat, 0, &o);
        check_exit(&o, 0);
        output_release(&o);
        assert_int_equal(run_end(pid, SIGTERM), 0);
}

/* A token that others could read is none. */
static void a_token_that_others_can_read_is_refused(void **state) {
        struct scene *s = *state;

        data_put(s, "config.json", "{}");
        data_put(s, "api_token", "0123456789abcdef0123456789abcdef\n");
        scene_env(s, "AUTOHEAL_OBSERVABILITY_PROMETHEUS_ENABLED=false");
        const struct output *o = scene_run(s, "serve");
        assert_int_not_equal(o->exit_code, 0);
        check_contains(o->err, "can be read by other users");
        check_lacks(o->err, "0123456789abcdef");
        check_lacks(o->out, "0123456789abcdef");
}

/* ---- The token ---- */

static void the_token_is_told_nowhere(void **state) {
        struct scene *s = *state;

        scene_env(s, "AUTOHEAL_OBSERVABILITY_LOG_LEVEL=DEBUG");
        begin_as(s, NULL);
        rest_with_token(false);
        check_status(rest_post("/api/pass?token=" REST_TOKEN, NULL), 401);
        check_status(rest_post("/api/pass?access_token=" REST_TOKEN "&authorization=Bearer+" REST_TOKEN, NULL), 401);
        check_status(rest_get("/api/config?secrets=true&token=" REST_TOKEN), 403);
        check_status(rest_send("POST", "/api/pass", "application/x-www-form-urlencoded", "token=" REST_TOKEN), 401);
        check_status(rest_get("/api/nothing?token=" REST_TOKEN), 404);
        check_lacks(rest_get("/api/nothing?token=" REST_TOKEN)->body, REST_TOKEN);
        check_status(rest_get("/api/events?since=" REST_TOKEN), 422);
        check_lacks(rest_get("/api/events?since=" REST_TOKEN)->body, REST_TOKEN);
        for (int with = 0; with < 2; with++) {
                rest_with_token(with == 1);
                for (size_t i = 0; i < routes.n; i++) {
                        char path[256];

                        if (!str_eq(routes.items[i].method, "GET") || str_eq(routes.items[i].path, "/api/events/stream"))
                                continue;
                        (void)snprintf(path, sizeof(path), "%s?secrets=%s&token=" REST_TOKEN, routes.items[i].path,
                                       with ? "true" : "false");
                        const struct rest_answer *a = rest_get(path);
                        check_lacks(a->body, REST_TOKEN);
                        check_lacks(a->head, REST_TOKEN);
                }
        }
        check_status(rest_post("/api/pass", NULL), 200);
        rest_stop();
        AUTO_FREE char *log = file_get(s->data, "logs/autoheal.log"), *events = file_get(s->data, "events.json");
        check_contains(log, "the token of the API is in AUTOHEAL_API_TOKEN");
        check_lacks(log, REST_TOKEN);
        check_lacks(events ? events : "", REST_TOKEN);
}

static bool is_served(void *arg) {
        AUTO_FREE char *text = file_get(arg, "printed");
        return strstr(text, "the token of the API is in ") && strchr(strstr(text, "the token of the API is in "), '\n');
}

/* Standard output of a serve with these arguments, to be freed; what it says on standard error is in the file "warned". */
static char *printed_by(struct scene *s, const char *argument) {
        AUTO_FREE char *path = path_join(s->dir, "printed");
        AUTO_FREE char *warned = path_join(s->dir, "warned");
        const char *const argv[] = { "/bin/sh", "-c", "exec \"$0\" serve $1 2>\"$2\"", getenv("AUTOHEAL_BIN"), argument,
                                     warned,    NULL };
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        pid_t pid = run_background(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, fd);
        (void)close(fd);
        assert_true(eventually(is_served, s->dir, 20000));
        assert_int_equal(run_end(pid, SIGTERM), 0);
        return file_get(s->dir, "printed");
}

/* What stands behind '#' stays in the browser. */
static void only_the_link_that_was_asked_for_holds_the_token(void **state) {
        struct scene *s = *state;
        char env[64], link[128];
        int port = port_free();

        (void)snprintf(env, sizeof(env), "AUTOHEAL_UI_LISTEN_PORT=%d", port);
        (void)snprintf(link, sizeof(link), "http://127.0.0.1:%d/#token=" REST_TOKEN "\n", port);
        scene_env(s, env);
        scene_env(s, "AUTOHEAL_OBSERVABILITY_PROMETHEUS_ENABLED=false");
        scene_env(s, "AUTOHEAL_API_TOKEN=" REST_TOKEN);
        AUTO_FREE char *with = printed_by(s, "--print-link"), *printed = file_get(s->dir, "warned");
        AUTO_FREE char *without = printed_by(s, ""), *nothing = file_get(s->dir, "warned");
        AUTO_FREE char *log = file_get(s->data, "logs/autoheal.log");
        /* The log on standard output stays a log. */
        assert_string_equal(printed, link);
        assert_string_equal(nothing, "");
        check_lacks(with, REST_TOKEN);
        check_lacks(without, REST_TOKEN);
        check_lacks(log, REST_TOKEN);
}

/* Browsers write quotes and angle brackets of a fragment as %22 and so on: a '%' of the token's own must not look like one of those. */
static void the_link_holds_any_token(void **state) {
        struct scene *s = *state;
        char env[64], link[160];
        int port = port_free();

        (void)snprintf(env, sizeof(env), "AUTOHEAL_UI_LISTEN_PORT=%d", port);
        (void)snprintf(link, sizeof(link), "http://127.0.0.1:%d/#token=a%%2541b%%22c%%3Cd%%3Ee%%60f%%23g%%2Fh%%3F0-1.2_3~4\n",
                       port);
        scene_env(s, env);
        scene_env(s, "AUTOHEAL_OBSERVABILITY_PROMETHEUS_ENABLED=false");
        scene_env(s, "AUTOHEAL_API_TOKEN=a%41b\"c<d>e`f#g/h?0-1.2_3~4");
        AUTO_FREE char *log = printed_by(s, "--print-link"), *printed = file_get(s->dir, "warned");
        assert_string_equal(printed, link);
}

static void say_wrong(struct wire *w, const char *from_head) {
        char text[256];

        (void)snprintf(text, sizeof(text), "POST /api/pass HTTP/1.1\r\n" AT_HOME "Authorization: %s\r\n\r\n", from_head);
        wire_open(w, NULL, NULL, rest_port());
        wire_say(w, text);
}

/* Whoever asks after them is answered before them; those beyond sixteen are not even listened to. */
static void guesses_wait_and_nobody_else_does(void **state) {
        struct wire guesses[16], one_more;
        struct wire_answer a AUTO(wire_answer_release) = { 0 };

        struct scene *s = *state;
        begin_as(s, NULL);
        for (size_t i = 0; i < N_ELEMENTS(guesses); i++)
                say_wrong(&guesses[i], i % 2 ? WRONG : "Basic dXNlcjpwYXNz");
        check_status(rest_get("/api/status"), 200);
        say_wrong(&one_more, WRONG);
        wire_hear(&one_more, &a, false);
        assert_int_equal(a.status, 429);
        check_contains(a.head, "Retry-After: 1\r\n");
        for (size_t i = 0; i < N_ELEMENTS(guesses); i++)
                assert_false(wire_has_more(&guesses[i]));
        for (size_t i = 0; i < N_ELEMENTS(guesses); i++) {
                wire_hear(&guesses[i], &a, false);
                assert_int_equal(a.status, 401);
                wire_close(&guesses[i]);
        }
        wire_close(&one_more);
        AUTO_FREE char *log = file_get(s->data, "logs/autoheal.log");
        const char *line = strstr(log, "127.0.0.1 showed a wrong API token\n");
        assert_non_null(line);
        assert_null(strstr(strchr(line, '\n'), "wrong API token"));
}

/* ---- Without tokens ---- */

static void without_tokens_other_pages_still_change_nothing(void **state) {
        struct scene *s = *state;

        scene_env(s, "AUTOHEAL_UI_LISTEN_ADDRESS=0.0.0.0");
        begin_as(s, "--no-auth");
        AUTO_FREE char *log = file_get(s->data, "logs/autoheal.log");
        check_contains(log, " - http - ERROR - the API asks nobody for a token (--no-auth): whoever reaches 0.0.0.0 can ");
        assert_int_equal(ask(NULL, NULL, "POST", "/api/pass", AT_HOME), 200);
        assert_int_equal(ask(OUTSIDE, OUTSIDE, "POST", "/api/pass", AT_OUTER), 200);
        for (size_t i = 0; i < N_ELEMENTS(foreign); i++)
                for (size_t k = 0; k < routes.n; k++)
                        if (ask(NULL, NULL, routes.items[k].method, routes.items[k].path, foreign[i]) != 403)
                                fail_msg("%s with %s", routes.items[k].name, foreign[i]);
        for (size_t k = 0; k < routes.n; k++)
                if (routes.items[k].changes)
                        assert_int_equal(ask(OUTSIDE, OUTSIDE, routes.items[k].method, routes.items[k].path,
                                             AT_OUTER "Origin: https://evil.example\r\n"),
                                         403);
        /* What such a page may read holds no secret, even if it asks for them. */
        assert_int_equal(ask(OUTSIDE, OUTSIDE, "GET", "/api/config?secrets=true", AT_OUTER "Origin: https://evil.example\r\n"),
                         403);
}

static int set_up(void **unused) {
        (void)unused;
        enter_network();
        return 0;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                rest_test(what_comes_from_elsewhere_needs_the_token),
                rest_test(by_default_nobody_elsewhere_gets_a_connection),
                rest_test(other_hosts_and_pages_get_nothing_on_loopback),
                rest_test(no_page_is_told_that_it_may),
                rest_test(another_user_changes_nothing),
                scene_test(nor_opens_the_socket_or_reads_the_token),
                scene_test(a_token_that_others_can_read_is_refused),
                rest_test(the_token_is_told_nowhere),
                scene_test(only_the_link_that_was_asked_for_holds_the_token),
                scene_test(the_link_holds_any_token),
                rest_test(guesses_wait_and_nobody_else_does),
                rest_test(without_tokens_other_pages_still_change_nothing),
        };

        return cmocka_run_group_tests(tests, set_up, NULL);
}
