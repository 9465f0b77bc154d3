/* SPDX-License-Identifier: MIT */
/* HTTP as clients may speak it, on every route: methods, HEAD, connections that go on, pipelines, chunks, "100 Continue", nonsense. */
#include "autoheal/util/slice.h"
#include "support/routes.h"
#include "support/wire.h"
#include "system/api_rows.h"

#define TEXT_MAX ((size_t)256 * 1024)
#define AUTH     "Host: localhost\r\nAuthorization: Bearer " REST_TOKEN "\r\n"

static struct api_routes routes;

static void begin(struct scene *s) {
        row_services(s);
        data_put(s, "config.json", ROW_CONFIG);
        scene_world(s, ROW_WORLD);
        rest_start(s);
        routes_read(&routes);
}

/* What comes gzipped only is another matter: test_page. */
static bool is_fine(const struct row *r) {
        return r->world == WORLD_FINE && strncmp(r->path, "/assets/", strlen("/assets/")) != 0;
}

static bool goes_well(const struct row *r) {
        return is_fine(r) && r->status == 200;
}

static bool is_get(const char *route) {
        return strncmp(route, "GET ", strlen("GET ")) == 0;
}

/* method: another one than the row's, or NULL. */
static void add_head(struct buf *out, const struct row *r, const char *method, const char *more) {
        const char *word = method ? method : r->route;

        buf_addf(out, "%.*s %s HTTP/1.1\r\n" AUTH, (int)strcspn(word, " "), word, r->path);
        if (r->body)
                buf_addf(out, "Content-Type: %s\r\n", r->type ? r->type : "application/json");
        buf_addf(out, "%s\r\n", more);
}

static void add_request(struct buf *out, const struct row *r) {
        char length[64] = "";

        if (r->body)
                (void)snprintf(length, sizeof(length), "Content-Length: %zu\r\n", strlen(r->body));
        add_head(out, r, NULL, length);
        buf_add_str(out, r->body ? r->body : "");
}

static void check_answer(const struct row *r, const struct wire_answer *a) {
        if (a->status != r->status || !strstr(a->body, r->want))
                fail_msg("%s: %d, not %d with '%s': %s%s", r->route, a->status, r->status, r->want, a->head, a->body);
}

/* ---- Methods ---- */

/* Nobody is asked for a token before it is clear that there is something to ask for. */
static void check_method(const char *method, const char *path, int status, const char *allow) {
        struct wire_answer a AUTO(wire_answer_release) = { 0 };
        bool is_head = strcmp(method, "HEAD") == 0;
        char text[512];
        struct wire w;

        (void)snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", method, path);
        wire_open(&w, NULL, NULL, rest_port());
        wire_say(&w, text);
        wire_hear(&w, &a, is_head);
        AUTO_FREE char *told = wire_header(&a, "Allow");
        if (a.status != status || !told || strcmp(told, allow) != 0)
                fail_msg("%s %s: %d, %s", method, path, a.status, a.head);
        if (status == 405 && !is_head)
                assert_string_equal(a.body, "{\"detail\":\"Method Not Allowed\"}");
        assert_true(wire_is_closed(&w));
        wire_close(&w);
}

static bool names(const char *allow, const char *method) {
        struct slice rest = slice_str(allow), one;

        while (slice_split(&rest, ',', &one)) {
                slice_skip_blanks(&one);
                if (slice_eq(one, method))
                        return true;
        }
        return false;
}

static void other_methods_are_told_which_there_are(void **state) {
        static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "BREW", "get" };
        size_t n = 0;

        begin(*state);
        for (size_t i = 0; i < routes.n; i++) {
                const char *path = routes.items[i].path;
                char allow[64];

                routes_allow(&routes, path, allow);
                check_method("OPTIONS", path, 204, allow);
                for (size_t m = 0; m < N_ELEMENTS(methods); m++) {
                        if (names(allow, methods[m]))
                                continue;
                        check_method(methods[m], path, 405, allow);
                        n++;
                }
        }
        assert_true(n > 5 * routes.n);
}

/* The answer to a GET without its body: what follows is the next answer. */
static void head_is_get_without_a_body(void **state) {
        struct wire_answer a AUTO(wire_answer_release) = { 0 }, b AUTO(wire_answer_release) = { 0 };
        struct wire w;

        begin(*state);
        wire_open(&w, NULL, NULL, rest_port());
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct buf text AUTO(buf_release) = BUF_INIT(TEXT_MAX);

                if (!goes_well(&rows[i]))
                        continue;
                if (is_get(rows[i].route))
                        add_head(&text, &rows[i], "HEAD", "");
                add_request(&text, &rows[i]);
                wire_say(&w, buf_str(&text));
                if (is_get(rows[i].route))
                        wire_hear(&w, &a, true);
                wire_hear(&w, &b, false);
                check_answer(&rows[i], &b);
                if (!is_get(rows[i].route))
                        continue;
                AUTO_FREE char *type = wire_header(&a, "Content-Type"), *length = wire_header(&a, "Content-Length");
                assert_int_equal(a.status, 200);
                assert_non_null(length);
                check_contains(b.head, type);
                check_contains(b.head, length);
        }
        wire_close(&w);
}

static void a_head_of_the_stream_ends(void **state) {
        struct wire_answer a AUTO(wire_answer_release) = { 0 };
        struct wire w;

        begin(*state);
        wire_open(&w, NULL, NULL, rest_port());
        wire_say(&w, "HEAD /api/events/stream HTTP/1.1\r\n" AUTH "Connection: close\r\n\r\n");
        wire_hear(&w, &a, true);
        assert_int_equal(a.status, 200);
        check_contains(a.head, "Content-Type: text/event-stream\r\n");
        assert_true(wire_is_closed(&w));
        wire_close(&w);
}

/* ---- Connections ---- */

static void one_connection_is_enough(void **state) {
        struct wire_answer a AUTO(wire_answer_release) = { 0 };
        struct wire w;

        begin(*state);
        wire_open(&w, NULL, NULL, rest_port());
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct buf text AUTO(buf_release) = BUF_INIT(TEXT_MAX);

                if (!goes_well(&rows[i]))
                        continue;
                add_request(&text, &rows[i]);
                wire_say(&w, buf_str(&text));
                wire_hear(&w, &a, false);
                check_answer(&rows[i], &a);
                check_lacks(a.head, "Connection: close");
        }
        wire_say(&w, "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        wire_hear(&w, &a, false);
        check_contains(a.head, "Connection: close\r\n");
        assert_true(wire_is_closed(&w));
        wire_close(&w);
}

/* What went wrong with one request is no reason to end the connection, as long as it is clear where the next begins. */
static void errors_keep_the_connection(void **state) {
        struct wire_answer a AUTO(wire_answer_release) = { 0 };
        struct wire w;
        size_t n = 0;

        begin(*state);
        wire_open(&w, NULL, NULL, rest_port());
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct buf text AUTO(buf_release) = BUF_INIT(TEXT_MAX);

                if (!is_fine(&rows[i]))
                        continue;
                add_request(&text, &rows[i]);
                wire_say(&w, buf_str(&text));
                wire_hear(&w, &a, false);
                check_answer(&rows[i], &a);
                n++;
        }
        assert_true(n > 80);
        wire_close(&w);
}

/* All at once, with what takes its time in between: one after another, in order. */
static void a_pipeline_is_answered_in_order(void **state) {
        struct buf text AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        struct wire_answer a AUTO(wire_answer_release) = { 0 };
        struct wire w;

        begin(*state);
        for (size_t i = 0; i < N_ELEMENTS(rows); i++)
                if (goes_well(&rows[i]))
                        add_request(&text, &rows[i]);
        wire_open(&w, NULL, NULL, rest_port());
        wire_say(&w, buf_str(&text));
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                if (!goes_well(&rows[i]))
                        continue;
                wire_hear(&w, &a, false);
                check_answer(&rows[i], &a);
        }
        assert_false(wire_has_more(&w));
        wire_close(&w);
}

static void http_1_0_is_spoken(void **state) {
        struct wire_answer a AUTO(wire_answer_release) = { 0 };
        struct wire w;

        begin(*state);
        for (int keep = 0; keep < 2; keep++) {
                wire_open(&w, NULL, NULL, rest_port());
                for (int i = 0; i < (keep ? 2 : 1); i++) {
                        wire_say(&w, keep ? "GET /api/status HTTP/1.0\r\n" AUTH "Connection: keep-alive\r\n\r\n"
                                          : "GET /api/status HTTP/1.0\r\n" AUTH "\r\n");
                        wire_hear(&w, &a, false);
                        assert_int_equal(a.status, 200);
                        check_contains(a.head, keep ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
                }
                if (!keep)
                        assert_true(wire_is_closed(&w));
                wire_close(&w);
        }
}

/* ---- Bodies ---- */

static void add_chunks(struct buf *out, const char *body) {
        size_t n = strlen(body), first = (n + 2) / 3;

        buf_addf(out, "%zx;name=\"va;lue\"\r\n%.*s\r\n", first, (int)first, body);
        buf_addf(out, "%04zX\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n", n - first, body + first);
}

static void bodies_may_come_in_chunks(void **state) {
        struct wire_answer a AUTO(wire_answer_release) = { 0 };
        struct wire w;
        size_t n = 0;

        begin(*state);
        wire_open(&w, NULL, NULL, rest_port());
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct buf text AUTO(buf_release) = BUF_INIT(TEXT_MAX);

                if (!goes_well(&rows[i]) || !rows[i].body)
                        continue;
                add_head(&text, &rows[i], NULL, "Transfer-Encoding: chunked\r\n");
                add_chunks(&text, rows[i].body);
                wire_say(&w, buf_str(&text));
                wire_hear(&w, &a, false);
                check_answer(&rows[i], &a);
                n++;
        }
        assert_true(n > 10);
        wire_close(&w);
}

static void check_continued(struct wire *w, const struct row *r, bool chunked) {
        struct buf text AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        struct wire_answer a AUTO(wire_answer_release) = { 0 };
        char more[96];

        (void)snprintf(more, sizeof(more), "Expect: 100-continue\r\nContent-Length: %zu\r\n", strlen(r->body));
        add_head(&text, r, NULL, chunked ? "Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n" : more);
        wire_say(w, buf_str(&text));
        wire_hear(w, &a, false);
        assert_int_equal(a.status, 100);
        buf_clear(&text);
        if (chunked)
                add_chunks(&text, r->body);
        else
                buf_add_str(&text, r->body);
        wire_say(w, buf_str(&text));
        wire_hear(w, &a, false);
        check_answer(r, &a);
}

static void a_client_may_ask_before_it_sends_a_body(void **state) {
        struct wire w;

        for (int chunked = 0; chunked < 2; chunked++) {
                begin(*state);
                wire_open(&w, NULL, NULL, rest_port());
                for (size_t i = 0; i < N_ELEMENTS(rows); i++)
                        if (goes_well(&rows[i]) && rows[i].body)
                                check_continued(&w, &rows[i], chunked == 1);
                wire_close(&w);
                rest_stop();
        }
}

/* It is not asked for a body that would not be read: not without the token, not where nobody takes one, not if it is too large. */
static void nor_is_it_asked_for_one_in_vain(void **state) {
        static const struct {
                const char *request;
                int status;
        } vain[] = {
                { "PUT /api/config HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n", 401 },
                { "PUT /api/config HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 5\r\n", 403 },
                { "PUT /api/nothing HTTP/1.1\r\n" AUTH "Content-Length: 5\r\n", 404 },
                { "PUT /api/status HTTP/1.1\r\n" AUTH "Content-Length: 5\r\n", 405 },
                { "PUT /api/config HTTP/1.1\r\n" AUTH "Content-Length: 9999999999999999999999\r\n", 413 },
        };
        struct wire_answer a AUTO(wire_answer_release) = { 0 };

        begin(*state);
        for (size_t i = 0; i < N_ELEMENTS(vain); i++) {
                struct wire w;
                char text[512];

                (void)snprintf(text, sizeof(text), "%sExpect: 100-continue\r\n\r\n", vain[i].request);
                wire_open(&w, NULL, NULL, rest_port());
                wire_say(&w, text);
                wire_hear(&w, &a, false);
                assert_int_equal(a.status, vain[i].status);
                assert_true(wire_is_closed(&w));
                wire_close(&w);
        }
}

/* ---- Nonsense ---- */

static void a_body_that_is_missing(void **state) {
        size_t n = 0;

        begin(*state);
        for (size_t i = 0; i < routes.n; i++) {
                const struct api_route *r = &routes.items[i];
                bool optional = strstr(r->path, "/api/maintenance/") != NULL;

                if (!r->has_body)
                        continue;
                check_status(rest_send(r->method, r->path, NULL, ""), optional ? 200 : 422);
                check_status(rest_send(r->method, r->path, "application/json", ""), optional ? 200 : 422);
                n++;
        }
        assert_true(n > 10);
}

static void a_body_that_nobody_can_read(void **state) {
        static const char *const bodies[] = { "{",   "{\"a\":1}}",  "nul", "{\"a\":\"\x01\"}", "{\"a\":\"\xff\"}",
                                              "1 2", "\"\\ud800\"", "'a'", "\xef\xbb\xbf",     "[[[[[[[[" };
        size_t n = 0;

        begin(*state);
        AUTO_FREE char *deep = xmalloc(300001);
        memset(deep, '[', 300000);
        deep[300000] = '\0';
        for (size_t i = 0; i < routes.n; i++) {
                const struct api_route *r = &routes.items[i];

                if (!r->has_body)
                        continue;
                for (size_t k = 0; k < N_ELEMENTS(bodies); k++, n++) {
                        const struct rest_answer *a = rest_send(r->method, r->path, "application/json", bodies[k]);
                        if (a->status != 422 || !strstr(a->body, "{\"detail\":"))
                                fail_msg("%s with %s: %ld %s", r->name, bodies[k], a->status, a->body);
                }
                check_status(rest_send(r->method, r->path, "application/json", deep), 422);
        }
        assert_true(n > 100);
        AUTO_FREE char *config = data_get(*state, "config.json");
        assert_string_equal(config, ROW_CONFIG);
}

static void a_request_that_is_none(void **state) {
        static const struct {
                const char *request;
                int status;
        } cases[] = {
                { "GET /api/status\r\n\r\n", 400 },
                { "GET /api/status HTTP/1.1\r\n\r\n", 400 },
                { "GET /api/status HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400 },
                { "GET /api/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400 },
                { "GET /api/status HTTP/2.0\r\nHost: localhost\r\n\r\n", 505 },
                { "POST /api/pass HTTP/1.1\r\n" AUTH "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
                { "POST /api/pass HTTP/1.1\r\n" AUTH "Transfer-Encoding: gzip\r\n\r\n", 501 },
                { "POST /api/pass HTTP/1.1\r\n" AUTH "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400 },
                { "POST /api/pass HTTP/1.1\r\n" AUTH "Expect: the-spanish-inquisition\r\n\r\n", 417 },
                { "\x16\x03\x01\x02\x01", 400 },
        };
        struct wire_answer a AUTO(wire_answer_release) = { 0 };

        begin(*state);
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                struct wire w;

                wire_open(&w, NULL, NULL, rest_port());
                wire_say(&w, cases[i].request);
                wire_hear(&w, &a, false);
                if (a.status != cases[i].status)
                        fail_msg("%s: %d, not %d", cases[i].request, a.status, cases[i].status);
                check_contains(a.head, "Connection: close\r\n");
                check_contains(a.body, "{\"detail\":\"");
                assert_true(wire_is_closed(&w));
                wire_close(&w);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                rest_test(other_methods_are_told_which_there_are),
                rest_test(head_is_get_without_a_body),
                rest_test(a_head_of_the_stream_ends),
                rest_test(one_connection_is_enough),
                rest_test(errors_keep_the_connection),
                rest_test(a_pipeline_is_answered_in_order),
                rest_test(http_1_0_is_spoken),
                rest_test(bodies_may_come_in_chunks),
                rest_test(a_client_may_ask_before_it_sends_a_body),
                rest_test(nor_is_it_asked_for_one_in_vain),
                rest_test(a_body_that_is_missing),
                rest_test(a_body_that_nobody_can_read),
                rest_test(a_request_that_is_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
