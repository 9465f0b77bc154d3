/* SPDX-License-Identifier: MIT */
/* Who may: each rule, by somebody who tries to get in without it. */
#include "autoheal/net/net.h"
#include "serve/token.h"
#include "support/check.h"
#include "unit/serve/fake_conn.h"

#define TOKEN "correct-horse-battery"

static bool had_token;

static void done(struct call *call) {
        had_token = call->has_token;
        api_success(call, "done");
}

static const struct route routes[] = {
        { .method = HTTP_GET, .path = "/free", .right = RIGHT_FREE, .handle = done },
        { .method = HTTP_GET, .path = "/read", .right = RIGHT_READ, .handle = done },
        { .method = HTTP_POST, .path = "/change", .right = RIGHT_CHANGE, .handle = done },
        { .path = NULL },
};
const struct route *const api_tables[] = { routes, NULL };

struct world {
        struct serve_setup setup;
        struct config config;
        struct api api;
};

static int set_up(void **state) {
        struct world *w = xcalloc(1, sizeof(*w));
        assert_int_equal(net_new(&w->setup.net, NULL), 0);
        w->api = (struct api){ .setup = &w->setup, .config = &w->config, .token = TOKEN };
        w->api.guard = token_guard_new(w->setup.net, 2);
        *state = w;
        return 0;
}

static int tear_down(void **state) {
        struct world *w = *state;
        token_guard_free(w->api.guard);
        net_free(w->setup.net);
        free(w);
        return 0;
}

/* The status; a wrong token's comes later. */
static int try(struct world *w, struct http_conn conn, const char *request) {
        struct http_parser *p = request_parse(request);
        struct http_conn c = conn;
        had_token = false;
        api_handle(&w->api, &c, http_parser_request(p));
        while (!c.answered)
                assert_true(net_run(w->setup.net));
        int status = c.status;
        conn_forget(&c);
        http_parser_free(p);
        return status;
}

#define NEAR  ((struct http_conn)CONN_LOOPBACK)
#define AFAR  ((struct http_conn)CONN_AFAR)
#define LOCAL ((struct http_conn)CONN_UNIX)
#define RIGHT "Authorization: Bearer " TOKEN "\n"
#define WRONG "Authorization: Bearer correct-horse-batterz\n"

static void test_loopback(void **state) {
        struct world *w = *state;
        assert_int_equal(try(w, NEAR, "GET /free HTTP/1.1\nHost: localhost:8080\n"), 200);
        assert_int_equal(try(w, NEAR, "GET /read HTTP/1.1\nHost: localhost:8080\n"), 200);
        assert_false(had_token);
        assert_int_equal(try(w, NEAR, "POST /change HTTP/1.1\nHost: localhost:8080\n"), 401);
        assert_int_equal(try(w, NEAR, "POST /change HTTP/1.1\nHost: localhost:8080\n" RIGHT), 200);
        assert_true(had_token);
}

static void test_from_elsewhere(void **state) {
        struct world *w = *state;
        assert_int_equal(try(w, AFAR, "GET /free HTTP/1.1\nHost: heal.example\n"), 200);
        assert_int_equal(try(w, AFAR, "GET /read HTTP/1.1\nHost: heal.example\n"), 401);
        assert_int_equal(try(w, AFAR, "GET /read HTTP/1.1\nHost: localhost\n"), 401);
        assert_int_equal(try(w, AFAR, "GET /read HTTP/1.1\nHost: heal.example\n" RIGHT), 200);
        assert_int_equal(try(w, AFAR, "POST /change HTTP/1.1\nHost: heal.example\n"), 401);
        assert_int_equal(try(w, AFAR, "POST /change HTTP/1.1\nHost: heal.example\n" RIGHT), 200);
}

/* One end alone does not make it loopback. */
static void test_half_loopback(void **state) {
        struct world *w = *state;
        assert_int_equal(try(w, (struct http_conn){ .peer_is_loopback = true }, "GET /read HTTP/1.1\nHost: localhost\n"), 401);
        assert_int_equal(try(w, (struct http_conn){ .own_is_loopback = true }, "GET /read HTTP/1.1\nHost: localhost\n"), 401);
}

static void test_unix(void **state) {
        struct world *w = *state;
        assert_int_equal(try(w, LOCAL, "POST /change HTTP/1.1\nHost: whatever\n"), 200);
        assert_true(had_token);
}

static void test_token_forms(void **state) {
        struct world *w = *state;
        static const char *const bad[] = {
                "Authorization: " TOKEN "\n",
                "Authorization: Basic " TOKEN "\n",
                "Authorization: Bearer\n",
                "Authorization: Bearer " TOKEN "x\n",
                "Authorization: Bearer correct-horse-batter\n",
                "Authorization: Bearer " TOKEN " " TOKEN "\n",
                "Authorization: Bearer \"" TOKEN "\"\n",
                "X-Token: " TOKEN "\n",
                "Cookie: token=" TOKEN "\n",
        };
        for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
                char request[512];
                (void)snprintf(request, sizeof(request),
                               "POST /change?token=" TOKEN "&access_token=" TOKEN " HTTP/1.1\nHost: localhost\n%s", bad[i]);
                if (try(w, NEAR, request) != 401)
                        fail_msg("accepted: %s", bad[i]);
        }
        assert_int_equal(try(w, NEAR, "POST /change HTTP/1.1\nHost: localhost\nauthorization: bearer   " TOKEN "\n"), 200);
}

/* Without a token of its own nothing equals "no token". */
static void test_empty_token(void **state) {
        struct world *w = *state;
        w->api.token[0] = '\0';
        assert_int_equal(try(w, NEAR, "POST /change HTTP/1.1\nHost: localhost\nAuthorization: Bearer \n"), 401);
        assert_int_equal(try(w, NEAR, "POST /change HTTP/1.1\nHost: localhost\n"), 401);
}

/* Whoever reads freely may not try tokens in passing. */
static void test_wrong_token_reads_nothing(void **state) {
        struct world *w = *state;
        assert_int_equal(try(w, NEAR, "GET /read HTTP/1.1\nHost: localhost\n" WRONG), 401);
        assert_int_equal(try(w, NEAR, "GET /free HTTP/1.1\nHost: localhost\n" WRONG), 200);
}

static void test_rebinding(void **state) {
        struct world *w = *state;
        static const char *const good[] = { "localhost",  "LocalHost:8080", "127.0.0.1", "127.0.0.1:1",
                                            "127.8.9.10", "[::1]",          "[::1]:8080" };
        static const char *const bad[] = { "evil.example",
                                           "127.0.0.1.evil.example",
                                           "localhost.evil.example",
                                           "localhost:80:80",
                                           "127.0.0.1.",
                                           "127.1",
                                           "128.0.0.1",
                                           "0.0.0.0",
                                           "[::2]",
                                           "[::1",
                                           "[::1]x",
                                           "::1",
                                           "localhost:evil",
                                           "127.0.0.256",
                                           "[localhost]",
                                           "[127.0.0.1]" };
        char request[256];
        for (size_t i = 0; i < N_ELEMENTS(good); i++) {
                (void)snprintf(request, sizeof(request), "GET /read HTTP/1.1\nHost: %s\n", good[i]);
                if (try(w, NEAR, request) != 200)
                        fail_msg("refused: %s", good[i]);
        }
        for (size_t i = 0; i < N_ELEMENTS(bad); i++)
                for (int k = 0; k < 2; k++) {
                        (void)snprintf(request, sizeof(request), "GET /%s HTTP/1.1\nHost: %s\n" RIGHT, k ? "free" : "read", bad[i]);
                        if (try(w, NEAR, request) != 403)
                                fail_msg("let in: %s", request);
                }
        assert_int_equal(try(w, NEAR, "GET /read HTTP/1.0\n"), 403);
        assert_int_equal(try(w, NEAR, "GET /read HTTP/1.0\n" RIGHT), 403);
        assert_int_equal(try(w, NEAR, "POST /change HTTP/1.0\n" RIGHT), 403);
        /* A simple probe. */
        assert_int_equal(try(w, NEAR, "GET /free HTTP/1.0\n"), 200);
        assert_int_equal(try(w, NEAR, "GET /free HTTP/1.0\nOrigin: http://evil.example\n"), 403);
        assert_int_equal(try(w, NEAR, "GET http://evil.example/free HTTP/1.0\n"), 403);
        /* An absolute target counts, whatever Host says. */
        assert_int_equal(try(w, NEAR, "GET http://evil.example/read HTTP/1.1\nHost: localhost\n"), 403);
}

static void test_foreign_pages(void **state) {
        struct world *w = *state;
        static const char *const bad[] = { "http://evil.example",   "null",           "http://localhost:3000",
                                           "http://localhost",      "localhost:8080", "http://localhost:8080.evil.example",
                                           "http://127.0.0.1:8080", "file://" };
        char request[256];
        for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
                (void)snprintf(request, sizeof(request), "POST /change HTTP/1.1\nHost: localhost:8080\nOrigin: %s\n" RIGHT, bad[i]);
                if (try(w, NEAR, request) != 403)
                        fail_msg("let in: %s", request);
                (void)snprintf(request, sizeof(request), "GET /free HTTP/1.1\nHost: localhost:8080\nOrigin: %s\n", bad[i]);
                if (try(w, NEAR, request) != 403)
                        fail_msg("let in: %s", request);
        }
        assert_int_equal(try(w, NEAR, "POST /change HTTP/1.1\nHost: localhost:8080\nOrigin: http://localhost:8080\n" RIGHT), 200);
        assert_int_equal(try(w, NEAR, "OPTIONS /change HTTP/1.1\nHost: localhost:8080\nOrigin: http://evil.example\n"), 403);
}

static void test_named_pages(void **state) {
        struct world *w = *state;
        static const char *const named[] = { "https://dash.example" };
        w->config.ui.cors_origins = (struct string_list){ named, 1 };
        struct http_conn c = NEAR;
        ask(&w->api, &c,
            "OPTIONS /change HTTP/1.1\nHost: localhost\nOrigin: https://dash.example\nAccess-Control-Request-Method: POST\n");
        assert_int_equal(c.status, 204);
        check_contains(c.headers, "Access-Control-Allow-Origin: https://dash.example\r\n");
        check_contains(c.headers, "Access-Control-Allow-Methods: POST, OPTIONS\r\n");
        check_contains(c.headers, "Access-Control-Allow-Headers: Authorization, ");
        check_contains(c.headers, "Vary: Origin\r\n");
        ask(&w->api, &c, "GET /free HTTP/1.1\nHost: localhost\nOrigin: https://dash.example\n");
        assert_int_equal(c.status, 200);
        check_contains(c.headers, "Access-Control-Allow-Origin: https://dash.example\r\n");
        /* It is no page of this host: loopback alone does not let it read. */
        ask(&w->api, &c, "GET /read HTTP/1.1\nHost: localhost\nOrigin: https://dash.example\n");
        assert_int_equal(c.status, 401);
        check_contains(c.headers, "Access-Control-Allow-Origin: https://dash.example\r\n");
        ask(&w->api, &c, "GET /read HTTP/1.1\nHost: localhost\nOrigin: http://localhost\n");
        assert_int_equal(c.status, 200);
        ask(&w->api, &c, "GET /read HTTP/1.1\nHost: localhost\nOrigin: https://dash.example\n" RIGHT);
        assert_int_equal(c.status, 200);
        check_contains(c.headers, "Access-Control-Allow-Origin: https://dash.example\r\n");
        ask(&w->api, &c, "POST /change HTTP/1.1\nHost: localhost\nOrigin: https://dash.example\n");
        assert_int_equal(c.status, 401);
        ask(&w->api, &c, "GET /read HTTP/1.1\nHost: localhost\nOrigin: https://dash.example.evil\n");
        assert_int_equal(c.status, 403);
        check_lacks(c.headers, "Access-Control-Allow-Origin");
        conn_forget(&c);
}

/* Whoever a proxy on this host asks for may be anywhere. */
static void test_proxies(void **state) {
        struct world *w = *state;
        static const char *const added[] = { "Forwarded: for=192.0.2.1",
                                             "Via: 1.1 proxy",
                                             "X-Forwarded-For: 192.0.2.1",
                                             "x-forwarded-host: a.example",
                                             "X-Forwarded-Proto: https",
                                             "X-Real-IP: 127.0.0.1",
                                             "Via:" };
        char request[256];
        for (size_t i = 0; i < N_ELEMENTS(added); i++)
                for (int with = 0; with < 2; with++) {
                        (void)snprintf(request, sizeof(request), "GET /read HTTP/1.1\nHost: localhost\n%s\n%s", added[i],
                                       with ? RIGHT : "");
                        if (try(w, NEAR, request) != (with ? 200 : 401))
                                fail_msg("%s", request);
                }
}

static void test_no_auth(void **state) {
        struct world *w = *state;
        w->setup.no_auth = true;
        assert_int_equal(try(w, AFAR, "POST /change HTTP/1.1\nHost: 192.0.2.7:8080\n"), 200);
        assert_true(had_token);
        assert_int_equal(try(w, NEAR, "POST /change HTTP/1.1\nHost: evil.example\n"), 403);
        assert_int_equal(try(w, NEAR, "POST /change HTTP/1.1\nHost: localhost\nOrigin: http://evil.example\n"), 403);
        /* Nobody is asked for a token, so the page's origin is all that tells. */
        assert_int_equal(try(w, AFAR, "POST /change HTTP/1.1\nHost: 192.0.2.7\nOrigin: http://evil.example\n"), 403);
        assert_int_equal(try(w, AFAR, "POST /change HTTP/1.1\nHost: 192.0.2.7\nOrigin: http://192.0.2.7\n"), 200);
        assert_int_equal(try(w, AFAR, "GET /read HTTP/1.1\nHost: 192.0.2.7\nOrigin: http://evil.example\n"), 200);
        assert_false(had_token);
}

/* A page elsewhere whose name is made to lead here is of our own origin, as its browser sees it. */
static void test_no_auth_rebinding(void **state) {
        struct world *w = *state;
        static const char *const named[] = { "https://Dash.example:8443", "null" };
        static const char *const good[] = { "192.0.2.7", "192.0.2.7:8080", "[2001:db8::7]:8080", "localhost:1",
                                            "127.0.0.1", "[::1]",          "dash.example",       "DASH.example:80" };
        static const char *const bad[] = { "evil.example", "192.0.2.7.evil.example", "dash.example.evil", "null",
                                           "192.0.2",      "192.0.2.7:evil",         "[2001:db8::7",      "[evil.example]" };
        char request[256];
        w->setup.no_auth = true;
        w->config.ui.cors_origins = (struct string_list){ named, 2 };
        for (size_t i = 0; i < N_ELEMENTS(good) + N_ELEMENTS(bad); i++) {
                bool is_good = i < N_ELEMENTS(good);
                const char *host = is_good ? good[i] : bad[i - N_ELEMENTS(good)];
                for (int k = 0; k < 3; k++) {
                        static const char *const lines[] = { "GET /read", "POST /change", "GET /free" };
                        (void)snprintf(request, sizeof(request), "%s HTTP/1.1\nHost: %s\nOrigin: http://%s\n", lines[k], host,
                                       host);
                        if (try(w, AFAR, request) != (is_good || k == 2 ? 200 : 403))
                                fail_msg("%s", request);
                }
        }
        assert_int_equal(try(w, AFAR, "GET /read HTTP/1.0\n"), 403);
        assert_int_equal(try(w, LOCAL, "POST /change HTTP/1.1\nHost: whatever\n"), 200);
}

/* Also where there is no such path, nothing tells more than that one may not. */
static void test_unknown_paths(void **state) {
        struct world *w = *state;
        assert_int_equal(try(w, NEAR, "GET /nothing HTTP/1.1\nHost: evil.example\n"), 403);
        assert_int_equal(try(w, NEAR, "PUT /read HTTP/1.1\nHost: evil.example\nContent-Length: 0\n"), 403);
}

/* ---- Guessing ---- */

struct guess {
        struct http_conn c;
        struct http_parser *p;
};

static void begin_guess_from(struct world *w, struct guess *g, const char *peer, const char *header) {
        char request[256];
        (void)snprintf(request, sizeof(request), "POST /change HTTP/1.1\nHost: localhost\n%s", header);
        *g = (struct guess){ .c = NEAR, .p = request_parse(request) };
        g->c.peer = peer;
        api_handle(&w->api, &g->c, http_parser_request(g->p));
}

static void begin_guess(struct world *w, struct guess *g, const char *header) {
        begin_guess_from(w, g, NULL, header);
}

static void end_guess(struct guess *g) {
        conn_forget(&g->c);
        http_parser_free(g->p);
}

/* Two wait; the third is refused at once, and until it was long enough ago nobody looks at what comes from there, right or wrong. */
static void test_guesses_wait(void **state) {
        struct world *w = *state;
        struct guess first, second, right, third, fourth, right_too, other;
        begin_guess(w, &first, WRONG);
        begin_guess(w, &second, WRONG);
        assert_false(first.c.answered);
        assert_false(second.c.answered);
        begin_guess(w, &right, RIGHT);
        assert_int_equal(right.c.status, 200);
        begin_guess(w, &third, WRONG);
        assert_int_equal(third.c.status, 429);
        check_contains(third.c.headers, "Retry-After: 1\r\n");
        check_lacks(third.c.headers, "WWW-Authenticate");
        begin_guess(w, &fourth, WRONG);
        begin_guess(w, &right_too, RIGHT);
        assert_false(fourth.c.answered);
        assert_false(right_too.c.answered);
        begin_guess_from(w, &other, "192.0.2.7", RIGHT);
        assert_int_equal(other.c.status, 200);
        while (!first.c.answered || !second.c.answered || !fourth.c.answered || !right_too.c.answered)
                assert_true(net_run(w->setup.net));
        assert_int_equal(first.c.status, 401);
        check_contains(first.c.headers, "WWW-Authenticate: Bearer ");
        assert_int_equal(second.c.status, 401);
        assert_int_equal(right_too.c.status, 200);
        end_guess(&first);
        end_guess(&second);
        end_guess(&right);
        end_guess(&third);
        end_guess(&fourth);
        end_guess(&right_too);
        end_guess(&other);
}

/* Else a guesser who does not wait for the answer would not be slowed down at all. */
static void test_guess_that_hangs_up_counts(void **state) {
        struct world *w = *state;
        struct guess wrong[3], right, impatient;
        for (size_t i = 0; i < N_ELEMENTS(wrong); i++) {
                begin_guess(w, &wrong[i], WRONG);
                if (!wrong[i].c.answered)
                        wrong[i].c.gone(wrong[i].c.gone_arg);
        }
        assert_int_equal(wrong[2].c.status, 429);
        begin_guess(w, &impatient, WRONG);
        begin_guess(w, &right, RIGHT);
        assert_false(impatient.c.answered);
        assert_false(right.c.answered);
        impatient.c.gone(impatient.c.gone_arg);
        while (!right.c.answered)
                assert_true(net_run(w->setup.net));
        assert_int_equal(right.c.status, 200);
        for (size_t i = 0; i < N_ELEMENTS(wrong); i++)
                end_guess(&wrong[i]);
        end_guess(&right);
        end_guess(&impatient);
}

#define auth_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                auth_test(test_loopback),
                auth_test(test_from_elsewhere),
                auth_test(test_half_loopback),
                auth_test(test_unix),
                auth_test(test_token_forms),
                auth_test(test_empty_token),
                auth_test(test_wrong_token_reads_nothing),
                auth_test(test_rebinding),
                auth_test(test_foreign_pages),
                auth_test(test_named_pages),
                auth_test(test_proxies),
                auth_test(test_no_auth),
                auth_test(test_no_auth_rebinding),
                auth_test(test_unknown_paths),
                auth_test(test_guesses_wait),
                auth_test(test_guess_that_hangs_up_counts),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
