/* SPDX-License-Identifier: MIT */
/* Every route of /openapi.json and every status that it names there: a row for each (api_rows.h), brought about and looked at. */
#include "support/routes.h"
#include "support/service.h"
#include "support/wire.h"
#include "system/api_rows.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <sys/file.h>

#define READERS_MAX 32

/* ---- What the document says ---- */

static struct api_routes routes;

static bool is_named(struct json_value responses, int status) {
        char code[8];

        (void)snprintf(code, sizeof(code), "%d", status);
        return json_present(json_get(responses, code));
}

static bool has_row(const char *route, int status) {
        for (size_t i = 0; i < N_ELEMENTS(rows); i++)
                if (str_eq(rows[i].route, route) && rows[i].status == status)
                        return true;
        return false;
}

/*
 * 401, 403 and 413 have no rows, for they come about everywhere in the same way: see every_route_refuses_...(). So does 503 of the
 * lock, of which those rows tell that stand in WORLD_LOCKED.
 */
static void check_responses(const char *route, struct json_value responses) {
        struct arena a AUTO(arena_release) = ARENA_INIT(1024);
        struct json_iter it = json_iter(responses);
        const char *seen = "";

        for (; json_next(&it);) {
                const char *code = json_key_string(&it, &a);
                int status = (int)strtol(code, NULL, 10);

                if (strstr(seen, code))
                        fail_msg("%s names %s twice", route, code);
                seen = arena_printf(&a, "%s %s", seen, code);
                bool everywhere = str_eq(code, "default") || status == 401 || status == 403 || status == 413;
                bool of_the_lock = status == 503 && strncmp(route, "GET ", strlen("GET ")) != 0;
                if (!everywhere && !of_the_lock && !has_row(route, status))
                        fail_msg("no row for %s -> %d", route, status);
        }
        assert_true(json_present(json_get(responses, "default")));
}

/* ---- Rows ---- */

/* Valid until the next call. */
static const char *method_of(const char *route) {
        static char method[8];

        (void)snprintf(method, sizeof(method), "%.*s", (int)strcspn(route, " "), route);
        return method;
}

static const struct rest_answer *ask(const struct row *r) {
        const char *type = !r->body ? NULL : r->type ? r->type : "application/json";
        const char *method = method_of(r->route);

        return rest_send(method, r->path, type, r->body ? r->body : strchr("DG", method[0]) ? NULL : "");
}

/* An error is {"detail": ...}, and what comes from /api is JSON. */
static void check_shape(const struct row *r, const struct rest_answer *a) {
        bool tells_state = str_eq(r->path, "/health") || str_eq(r->path, "/ready");

        if (r->status >= 400 && !tells_state && !json_present(json_get(rest_root(a), "detail")))
                fail_msg("%s -> %ld without detail: %s", r->route, a->status, a->body);
        if ((r->status >= 400 || strncmp(r->path, "/api/", 5) == 0) && !a->doc)
                fail_msg("%s -> %ld is no JSON: %s", r->route, a->status, a->body);
        if (a->doc)
                check_contains(a->head, "Content-Type: application/json\r\n");
        check_contains(a->head, "X-Content-Type-Options: nosniff\r\n");
}

static void check_row(const struct row *r, const struct rest_answer *a) {
        if (a->status != r->status || (r->want && !strstr(a->body, r->want)))
                fail_msg("%s of %s %s: %ld, not %d with '%s': %s", r->route, r->path, r->body ? r->body : "", a->status, r->status,
                         r->want ? r->want : "", a->body);
        check_shape(r, a);
}

static void walk(enum world world) {
        size_t n = 0;

        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                if (rows[i].world != world)
                        continue;
                check_row(&rows[i], ask(&rows[i]));
                n++;
        }
        assert_true(n > 0);
}

static void begin(struct scene *s) {
        row_services(s);
        data_put(s, "config.json", ROW_CONFIG);
        data_put(s, "quarantine.json", "[\"gone\"]");
        scene_world(s, ROW_WORLD);
        rest_start(s);
        routes_read(&routes);
}

/* ---- What takes its time: asked at the beginning, heard at the end ---- */

#define SLOW_MAX   8
#define SCENES_MAX 8

/* A serve on a socket of its own. */
struct stage {
        struct scene *s;
        pid_t serve;
        int lock_fd; /* -1: none is kept */
};

static struct stage stages[SCENES_MAX];
static size_t n_stages;

static struct slow {
        const struct row *row;
        struct scene *s;
        pid_t client;
        char name[16]; /* of the file with the answer, its status last */
} slow[SLOW_MAX];
static size_t n_slow;

static void ask_slowly(struct scene *s, const struct row *r) {
        struct slow *w = &slow[n_slow++];
        AUTO_FREE char *socket = path_join(s->dir, "api.sock"), *answer = NULL;
        char url[160];

        assert_true(n_slow <= SLOW_MAX);
        *w = (struct slow){ .row = r, .s = s };
        (void)snprintf(w->name, sizeof(w->name), "answer-%zu", n_slow);
        (void)snprintf(url, sizeof(url), "http://localhost%s", r->path);
        answer = path_join(s->dir, w->name);
        const char *const argv[] = {
                "/usr/bin/curl",  "-q", "-s", "-m", "60", "--unix-socket", socket, "-X", method_of(r->route), "-w",
                "\n%{http_code}", url,  NULL
        };
        int fd = open(answer, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        w->client = run_background(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, fd);
        (void)close(fd);
}

static struct scene *set_stage(void) {
        struct stage *stage = &stages[n_stages++];
        void *scene;

        assert_true(n_stages <= SCENES_MAX);
        assert_int_equal(scene_setup(&scene), 0);
        *stage = (struct stage){ .s = scene, .lock_fd = -1 };
        scene_env(stage->s, "AUTOHEAL_MONITOR_INTERVAL_SECONDS=1");
        scene_world(stage->s, ROW_WORLD);
        stage->serve = service_start(stage->s, "");
        service_await(stage->s, "/ready", "\"ready\"");
        return stage->s;
}

/* A serve that waits for the lock does nothing else: each question has one to itself. */
static void ask_one_that_is_locked(const struct row *r) {
        struct scene *s = set_stage();
        AUTO_FREE char *path = path_join(s->data, "state.lock");
        int fd = open(path, O_RDWR | O_CLOEXEC);

        assert_int_equal(flock(fd, LOCK_EX), 0);
        stages[n_stages - 1].lock_fd = fd;
        ask_slowly(s, r);
}

static int begin_slow(void **state) {
        struct scene *frozen = set_stage();

        (void)state;
        scene_world(frozen, "fault list hang\nfault inspect hang\n");
        for (size_t i = 0; i < N_ELEMENTS(rows); i++)
                if (rows[i].world == WORLD_FROZEN && !str_eq(rows[i].path, "/health"))
                        ask_slowly(frozen, &rows[i]);
        for (size_t i = 0; i < N_ELEMENTS(rows); i++)
                if (rows[i].world == WORLD_LOCKED)
                        ask_one_that_is_locked(&rows[i]);
        return 0;
}

static int end_slow(void **state) {
        int worst = 0;

        (void)state;
        for (size_t i = 0; i < n_stages; i++) {
                void *scene = stages[i].s;

                if (stages[i].lock_fd >= 0)
                        (void)close(stages[i].lock_fd);
                worst |= run_end(stages[i].serve, SIGTERM) | scene_teardown(&scene);
        }
        return worst;
}

static void what_is_late_is_answered(void **state) {
        (void)state;
        assert_true(n_slow >= 7);
        for (size_t i = 0; i < n_slow; i++) {
                const struct slow *w = &slow[i];
                char status[16];

                assert_int_equal(run_end(w->client, 0), 0);
                AUTO_FREE char *text = file_get(w->s->dir, w->name);
                (void)snprintf(status, sizeof(status), "\n%d", w->row->status);
                if (!strstr(text, status) || !strstr(text, w->row->want))
                        fail_msg("%s: not%s with '%s', but %s", w->row->route, status, w->row->want, text);
        }
}

/* Of an engine that has not been given up yet. */
static void a_loop_that_does_not_turn_is_not_healthy(void **state) {
        struct scene *frozen = stages[0].s;

        (void)state;
        service_await(frozen, "/health", "{\"status\":\"unhealthy\"");
        AUTO_FREE char *socket = path_join(frozen->dir, "api.sock");
        const char *const argv[] = {
                "/usr/bin/curl",           "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", socket,
                "http://localhost/health", NULL
        };
        struct output o = { 0 };
        run_program(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)frozen->env }, &o);
        assert_string_equal(o.out, "503");
        output_release(&o);
}

/* ---- The tests ---- */

static void every_route_has_its_rows(void **state) {
        struct scene *s = *state;

        rest_start(s);
        routes_read(&routes);
        const struct rest_answer *a = rest_get("/openapi.json");
        for (size_t i = 0; i < routes.n; i++)
                check_responses(routes.items[i].name, routes_responses(rest_root(a), routes.items[i].name));
        for (size_t i = 0; i < N_ELEMENTS(rows); i++)
                if (!is_named(routes_responses(rest_root(a), rows[i].route), rows[i].status))
                        fail_msg("/openapi.json lacks %s -> %d", rows[i].route, rows[i].status);
}

/* A wrong token is answered after a while: all are asked at once. */
static void every_route_refuses_a_wrong_token(void **state) {
        struct wire w[ROUTES_MAX];
        struct wire_answer a AUTO(wire_answer_release) = { 0 };
        size_t n = 0;

        begin(*state);
        for (size_t i = 0; i < routes.n; i++) {
                char text[512];

                if (routes.items[i].is_free || routes.items[i].changes)
                        continue;
                (void)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\n\r\n",
                               routes.items[i].path);
                wire_open(&w[n], NULL, NULL, rest_port());
                wire_say(&w[n++], text);
        }
        assert_true(n > 10 && n <= 16);
        for (size_t i = 0; i < n; i++) {
                wire_hear(&w[i], &a, false);
                assert_int_equal(a.status, 401);
                check_contains(a.head, "WWW-Authenticate: Bearer ");
                check_contains(a.body, "{\"detail\":\"");
                wire_close(&w[i]);
        }
        rest_with_token(false);
        for (size_t i = 0; i < routes.n; i++)
                if (routes.items[i].changes)
                        check_status(rest_send(routes.items[i].method, routes.items[i].path, NULL, ""), 401);
}

static void every_route_refuses_a_foreign_host(void **state) {
        begin(*state);
        for (size_t i = 0; i < routes.n; i++) {
                rest_with_header("Host: evil.example");
                const struct rest_answer *a = rest_send(routes.items[i].method, routes.items[i].path, NULL, NULL);
                if (a->status != 403)
                        fail_msg("%s: %ld %s", routes.items[i].name, a->status, a->body);
                check_contains(a->body, "{\"detail\":\"");
        }
}

/* It is not waited for: neither the length that is told nor one chunk may be larger. */
static void every_route_refuses_too_much(void **state) {
        static const char *const sizes[] = { "Content-Length: 1048577\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n100001\r\n" };
        struct wire_answer a AUTO(wire_answer_release) = { 0 };
        size_t n = 0;

        begin(*state);
        for (size_t i = 0; i < routes.n; i++)
                for (size_t k = 0; k < N_ELEMENTS(sizes); k++) {
                        struct wire w;
                        char text[512];

                        if (!routes.items[i].has_body)
                                continue;
                        (void)snprintf(text, sizeof(text),
                                       "%s %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " REST_TOKEN "\r\n%s",
                                       routes.items[i].method, routes.items[i].path, sizes[k]);
                        wire_open(&w, NULL, NULL, rest_port());
                        wire_say(&w, text);
                        wire_hear(&w, &a, false);
                        assert_int_equal(a.status, 413);
                        check_contains(a.head, "Connection: close\r\n");
                        check_contains(a.body, "{\"detail\":\"the body is larger than 1048576 bytes\"}");
                        assert_true(wire_is_closed(&w));
                        wire_close(&w);
                        n++;
                }
        assert_true(n > 20);
}

static void where_all_is_well(void **state) {
        begin(*state);
        walk(WORLD_FINE);
}

static bool knows_that_it_is_away(void *arg) {
        (void)arg;
        return strstr(rest_get("/api/status")->body, "Cannot connect") != NULL;
}

static void where_there_is_no_engine(void **state) {
        struct scene *s = *state;

        fake_stop(s->fake);
        s->fake = NULL;
        rest_start_as(s, (struct rest_ask){ .early = true });
        assert_true(eventually(knows_that_it_is_away, NULL, 20000));
        walk(WORLD_UNSEEN);
}

static void where_the_engine_has_left(void **state) {
        struct scene *s = *state;

        begin(s);
        fake_stop(s->fake);
        s->fake = NULL;
        assert_true(eventually(knows_that_it_is_away, NULL, 20000));
        walk(WORLD_LEFT);
}

static void where_nothing_can_be_written(void **state) {
        struct scene *s = *state;

        data_put(s, "config.json", ROW_CONFIG);
        data_put(s, "quarantine.json", "[\"gone\"]");
        data_put(s, "events.json", "[{\"event_type\":\"restart\"}]");
        scene_world(s, ROW_WORLD);
        rest_start_as(s, (struct rest_ask){ .disk_full = true });
        walk(WORLD_UNSAVED);
}

static void where_the_configuration_is_broken(void **state) {
        struct scene *s = *state;

        begin(s);
        data_put(s, "config.json", "{\"restart\":");
        walk(WORLD_BROKEN);
}

static void where_the_history_is_torn(void **state) {
        struct scene *s = *state;

        begin(s);
        data_put(s, "events.json", "[{");
        walk(WORLD_TORN);
}

static void what_is_gzipped_needs_a_client_that_takes_it(void **state) {
        size_t n = 0;

        begin(*state);
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                if (rows[i].world != WORLD_UNPACKED)
                        continue;
                rest_with_header("Accept-Encoding: identity");
                check_row(&rows[i], ask(&rows[i]));
                n++;
        }
        assert_true(n > 0);
}

static void what_the_client_knows_is_not_sent_again(void **state) {
        begin(*state);
        for (size_t i = 0; i < routes.n; i++) {
                if (strncmp(routes.items[i].name, "GET ", 4) != 0 || str_eq(routes.items[i].path, "/api/events/stream"))
                        continue;
                const struct rest_answer *a = rest_get(routes.items[i].path);
                const char *tag = strstr(a->head, "ETag: ");
                char line[128];

                assert_int_equal(tag != NULL, has_row(routes.items[i].name, 304));
                (void)snprintf(line, sizeof(line), "If-None-Match: \"other\", W/%.*s",
                               tag ? (int)strcspn(tag + strlen("ETag: "), "\r") : 1, tag ? tag + strlen("ETag: ") : "*");
                long before = a->status;
                rest_with_header(line);
                a = rest_get(routes.items[i].path);
                check_status(a, tag ? 304 : before);
                if (!tag)
                        continue;
                assert_string_equal(a->body, "");
                check_contains(a->head, strchr(line, '/') + 1);
                rest_with_header("If-None-Match: \"other\"");
                check_status(rest_get(routes.items[i].path), 200);
        }
}

static void as_many_as_may_read_the_stream(void **state) {
        struct wire readers[READERS_MAX];
        struct wire_answer a AUTO(wire_answer_release) = { 0 };

        begin(*state);
        for (size_t i = 0; i < READERS_MAX; i++) {
                wire_open(&readers[i], NULL, NULL, rest_port());
                wire_say(&readers[i], "GET /api/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
                wire_hear(&readers[i], &a, false);
                assert_int_equal(a.status, 200);
                check_contains(a.head, "Content-Type: text/event-stream\r\n");
                while (!strstr(buf_str(&readers[i].in), "event: engine\n"))
                        wire_await_more(&readers[i]);
        }
        for (size_t i = 0; i < N_ELEMENTS(rows); i++)
                if (rows[i].world == WORLD_CROWDED && rows[i].status == 503)
                        check_row(&rows[i], ask(&rows[i]));
        for (size_t i = 0; i < READERS_MAX; i++)
                wire_close(&readers[i]);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                rest_test(every_route_has_its_rows),
                rest_test(every_route_refuses_a_wrong_token),
                rest_test(every_route_refuses_a_foreign_host),
                rest_test(every_route_refuses_too_much),
                cmocka_unit_test(a_loop_that_does_not_turn_is_not_healthy),
                rest_test(where_all_is_well),
                rest_test(where_there_is_no_engine),
                rest_test(where_the_engine_has_left),
                rest_test(where_nothing_can_be_written),
                rest_test(where_the_configuration_is_broken),
                rest_test(where_the_history_is_torn),
                rest_test(what_is_gzipped_needs_a_client_that_takes_it),
                rest_test(what_the_client_knows_is_not_sent_again),
                rest_test(as_many_as_may_read_the_stream),
                cmocka_unit_test(what_is_late_is_answered),
        };

        return cmocka_run_group_tests(tests, begin_slow, end_slow);
}
