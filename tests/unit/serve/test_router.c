/* SPDX-License-Identifier: MIT */
/* Finding the route of a request, and what is answered where there is none. */
#include "serve/api.h"
#include "support/check.h"
#include "unit/serve/fake_conn.h"

static struct call *kept; /* a call that goes on */
static int n_gone;

static void say(struct call *call) {
        struct json_writer w;
        api_json(call, &w);
        json_begin_object(&w);
        json_key(&w, "route");
        json_str(&w, call->route->path);
        json_key(&w, "first");
        json_str(&w, call->params[0]);
        json_key(&w, "second");
        json_str(&w, call->params[1]);
        json_end_object(&w);
}

static void count_gone(void *arg) {
        (void)arg;
        n_gone++;
}

static void say_later(struct call *call) {
        kept = call;
        api_later(call, count_gone, NULL);
}

/* An answer that comes before its handler has returned. */
static void say_at_once(struct call *call) {
        api_later(call, count_gone, NULL);
        api_success(call, "done");
        api_answer(call);
        assert_non_null(call->route);
}

static void echo(struct call *call) {
        struct json_doc *doc AUTO_JSON = NULL;
        bool flag = false;
        int64_t n = 7;
        if (!api_body(call, &doc) || !api_query_bool(call, "flag", &flag) || !api_query_int(call, "n", &n))
                return;
        api_success(call, "%s %lld %.*s", flag ? "yes" : "no", (long long)n, (int)json_raw(json_root(doc)).n,
                    json_raw(json_root(doc)).p);
}

static const struct route things[] = {
        { .method = HTTP_GET, .path = "/", .handle = say },
        { .method = HTTP_GET, .path = "/things", .handle = say },
        { .method = HTTP_GET, .path = "/things/{id}", .handle = say },
        { .method = HTTP_DELETE, .path = "/things/{id}", .handle = say },
        { .method = HTTP_POST, .path = "/things/select", .handle = say },
        { .method = HTTP_GET, .path = "/things/{id}/parts/{name}", .handle = say },
        { .path = NULL },
};
static const struct route others[] = {
        { .method = HTTP_GET, .path = "/later", .handle = say_later },
        { .method = HTTP_GET, .path = "/at-once", .handle = say_at_once },
        { .method = HTTP_POST, .path = "/echo", .handle = echo },
        { .path = NULL },
};
const struct route *const api_tables[] = { things, others, NULL };

static const struct serve_setup setup = { .no_auth = true };
static struct config config;
static struct api api = { .setup = &setup, .config = &config };

static void check(const char *request, int status, const char *body) {
        struct http_conn c = CONN_UNIX;
        ask(&api, &c, request);
        if (c.status != status || strcmp(c.body, body) != 0)
                fail_msg("%s: %d %s", request, c.status, c.body);
        conn_forget(&c);
}

static void test_paths(void **state) {
        (void)state;
        check("GET / HTTP/1.1\nHost: a\n", 200, "{\"route\":\"/\",\"first\":\"\",\"second\":\"\"}");
        check("GET /things?x=/y HTTP/1.1\nHost: a\n", 200, "{\"route\":\"/things\",\"first\":\"\",\"second\":\"\"}");
        check("GET /things/web HTTP/1.1\nHost: a\n", 200, "{\"route\":\"/things/{id}\",\"first\":\"web\",\"second\":\"\"}");
        check("GET http://a.b:1/things/web?q HTTP/1.1\nHost: a\n", 200,
              "{\"route\":\"/things/{id}\",\"first\":\"web\",\"second\":\"\"}");
        check("GET http://a.b:1 HTTP/1.1\nHost: a\n", 200, "{\"route\":\"/\",\"first\":\"\",\"second\":\"\"}");
        /* What stands behind the question mark is no path, whatever it looks like. */
        check("DELETE http://a.b:1?/things/web HTTP/1.1\nHost: a\nContent-Length: 0\n", 405, "{\"detail\":\"Method Not Allowed\"}");
        check("GET http://a.b:1?/things/a%0Ab HTTP/1.1\nHost: a\n", 200, "{\"route\":\"/\",\"first\":\"\",\"second\":\"\"}");
        check("GET /things/w/parts/n HTTP/1.1\nHost: a\n", 200,
              "{\"route\":\"/things/{id}/parts/{name}\",\"first\":\"w\",\"second\":\"n\"}");
}

/* A slash that belongs to a name comes encoded, and is none of the path's. */
static void test_encoded(void **state) {
        (void)state;
        check("GET /things/a%2Fb%20c HTTP/1.1\nHost: a\n", 200, "{\"route\":\"/things/{id}\",\"first\":\"a/b c\",\"second\":\"\"}");
        check("GET /things/a%2Fparts%2Fb HTTP/1.1\nHost: a\n", 200,
              "{\"route\":\"/things/{id}\",\"first\":\"a/parts/b\",\"second\":\"\"}");
        check("GET /thin%67s HTTP/1.1\nHost: a\n", 200, "{\"route\":\"/things\",\"first\":\"\",\"second\":\"\"}");
        check("GET /things/..%2f..%2fetc HTTP/1.1\nHost: a\n", 200,
              "{\"route\":\"/things/{id}\",\"first\":\"../../etc\",\"second\":\"\"}");
}

static void test_not_found(void **state) {
        static const char not_found[] = "{\"detail\":\"Not Found\"}";
        (void)state;
        check("GET /nothing HTTP/1.1\nHost: a\n", 404, not_found);
        check("POST /nothing HTTP/1.1\nHost: a\n", 404, not_found);
        check("OPTIONS /nothing HTTP/1.1\nHost: a\n", 404, not_found);
        check("GET /things/ HTTP/1.1\nHost: a\n", 404, not_found);
        check("GET //things HTTP/1.1\nHost: a\n", 404, not_found);
        check("GET /things/a/parts HTTP/1.1\nHost: a\n", 404, not_found);
        check("GET /things/a/parts/ HTTP/1.1\nHost: a\n", 404, not_found);
        check("GET /things/a/parts/b/c HTTP/1.1\nHost: a\n", 404, not_found);
        check("GET /1/2/3/4/5/6/7/8/9/10 HTTP/1.1\nHost: a\n", 404, not_found);
}

/* The exact path wins over the pattern, but only for the methods that it has. */
static void test_exact_first(void **state) {
        (void)state;
        check("POST /things/select HTTP/1.1\nHost: a\nContent-Length: 0\n", 200,
              "{\"route\":\"/things/select\",\"first\":\"\",\"second\":\"\"}");
        check("GET /things/select HTTP/1.1\nHost: a\n", 200, "{\"route\":\"/things/{id}\",\"first\":\"select\",\"second\":\"\"}");
}

static void test_methods(void **state) {
        struct http_conn c = CONN_UNIX;
        (void)state;
        ask(&api, &c, "PUT /things/web HTTP/1.1\nHost: a\nContent-Length: 0\n");
        assert_int_equal(c.status, 405);
        assert_string_equal(c.body, "{\"detail\":\"Method Not Allowed\"}");
        check_contains(c.headers, "Allow: GET, HEAD, DELETE, OPTIONS\r\n");
        ask(&api, &c, "BREW /things HTTP/1.1\nHost: a\n");
        assert_int_equal(c.status, 405);
        check_contains(c.headers, "Allow: GET, HEAD, OPTIONS\r\n");
        ask(&api, &c, "OPTIONS /things/select HTTP/1.1\nHost: a\n");
        assert_int_equal(c.status, 204);
        check_contains(c.headers, "Allow: GET, HEAD, POST, DELETE, OPTIONS\r\n");
        ask(&api, &c, "OPTIONS * HTTP/1.1\nHost: a\n");
        assert_int_equal(c.status, 204);
        check_contains(c.headers, "Allow: GET, HEAD, OPTIONS\r\n");
        ask(&api, &c, "HEAD /things/web HTTP/1.1\nHost: a\n");
        assert_int_equal(c.status, 200);
        check_contains(c.body, "\"first\":\"web\"");
        conn_forget(&c);
}

static void test_later(void **state) {
        struct http_conn c = CONN_UNIX;
        struct http_parser *p = request_parse("GET /later HTTP/1.1\nHost: a\n");
        (void)state;
        api_handle(&api, &c, http_parser_request(p));
        assert_false(c.answered);
        assert_non_null(c.gone);
        api_success(kept, "at last");
        api_answer(kept);
        assert_true(c.answered);
        assert_null(c.gone);
        assert_string_equal(c.body, "{\"status\":\"success\",\"message\":\"at last\"}");
        assert_int_equal(n_gone, 0);
        conn_forget(&c);
        http_parser_free(p);
}

static void test_client_goes_away(void **state) {
        struct http_conn c = CONN_UNIX;
        struct http_parser *p = request_parse("GET /later HTTP/1.1\nHost: a\n");
        (void)state;
        n_gone = 0;
        api_handle(&api, &c, http_parser_request(p));
        c.gone(c.gone_arg);
        assert_int_equal(n_gone, 1);
        assert_false(c.answered);
        http_parser_free(p);
}

static void test_answer_within_handler(void **state) {
        (void)state;
        check("GET /at-once HTTP/1.1\nHost: a\n", 200, "{\"status\":\"success\",\"message\":\"done\"}");
}

static void test_bodies(void **state) {
        (void)state;
        check("POST /echo?flag=ON&n=-3 HTTP/1.1\nHost: a\nContent-Type: application/json; charset=utf-8\nContent-Length: 2\n\n[]",
              200, "{\"status\":\"success\",\"message\":\"yes -3 []\"}");
        check("POST /echo HTTP/1.1\nHost: a\nContent-Length: 4\n\nnull", 200, "{\"status\":\"success\",\"message\":\"no 7 null\"}");
        check("POST /echo HTTP/1.1\nHost: a\nContent-Length: 0\n", 422,
              "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\"],\"msg\":\"Field required\"}]}");
        check("POST /echo HTTP/1.1\nHost: a\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 2\n\n{}", 415,
              "{\"detail\":\"the body must be JSON: send it with 'Content-Type: application/json'\"}");
        check("POST /echo?flag=perhaps HTTP/1.1\nHost: a\nContent-Length: 2\n\n{}", 422,
              "{\"detail\":[{\"type\":\"bool_parsing\",\"loc\":[\"query\",\"flag\"],\"msg\":\"Input should be a valid boolean, "
              "unable to "
              "interpret input\"}]}");
        check("POST /echo?n=1.5 HTTP/1.1\nHost: a\nContent-Length: 2\n\n{}", 422,
              "{\"detail\":[{\"type\":\"int_parsing\",\"loc\":[\"query\",\"n\"],\"msg\":\"Input should be a valid integer, unable "
              "to parse "
              "string as an integer\"}]}");
}

static void test_broken_body(void **state) {
        struct http_conn c = CONN_UNIX;
        (void)state;
        ask(&api, &c, "POST /echo HTTP/1.1\nHost: a\nContent-Length: 3\n\n{\"a");
        assert_int_equal(c.status, 422);
        check_contains(c.body,
                       "{\"detail\":[{\"type\":\"json_invalid\",\"loc\":[\"body\"],\"msg\":\"JSON decode error: line 1, column");
        conn_forget(&c);
}

/* The status follows from the code of the error alone. */
static void test_failures(void **state) {
        static const struct {
                enum err_code code;
                int status;
        } rows[] = { { ERR_NOT_FOUND, 404 }, { ERR_AMBIGUOUS, 409 }, { ERR_TOO_LARGE, 413 }, { ERR_INVALID, 422 },
                     { ERR_IO, 500 },        { ERR_CONFIG, 500 },    { ERR_CONNECT, 502 },   { ERR_ENGINE, 502 },
                     { ERR_LOCKED, 503 },    { ERR_TIMEOUT, 504 } };
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct arena a AUTO(arena_release) = ARENA_INIT(1024);
                struct call call = { .api = &api, .a = &a, .reply = HTTP_REPLY_INIT };
                struct error err = ERROR_INIT;
                (void)error_set(&err, rows[i].code, "it \"failed\"\x1b[31m");
                api_fail(&call, &err);
                assert_int_equal(call.reply.status, rows[i].status);
                check_contains(buf_str(&call.reply.body),
                               rows[i].status == 422
                                       ? "{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"body\"],\"msg\":\"it \\\"failed\\\""
                                       : "{\"detail\":\"it \\\"failed\\\"");
                check_lacks(buf_str(&call.reply.body), "\x1b");
                http_reply_release(&call.reply);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_paths),
                cmocka_unit_test(test_encoded),
                cmocka_unit_test(test_not_found),
                cmocka_unit_test(test_exact_first),
                cmocka_unit_test(test_methods),
                cmocka_unit_test(test_later),
                cmocka_unit_test(test_client_goes_away),
                cmocka_unit_test(test_answer_within_handler),
                cmocka_unit_test(test_bodies),
                cmocka_unit_test(test_broken_body),
                cmocka_unit_test(test_failures),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
