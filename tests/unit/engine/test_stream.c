/* SPDX-License-Identifier: MIT */
/* The stream of events, cut into events: whole ones, those that come in pieces, and lines that are none. */
#include "autoheal/engine/engine.h"
#include "support/check.h"
#include "unit/net/script_server.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define EVENT(action)                                                                                                              \
        "{\"Type\":\"container\",\"Action\":\"" action "\",\"Actor\":{\"ID\":\"" ID "\"},\"timeNano\":1700000000000000000}"

struct fixture {
        struct net *net;
        struct server *server;
        struct endpoint endpoint;
        struct engine *engine;
        struct engine_stream *stream;
        struct buf told; /* "began start lost end " */
        bool unwatch;    /* whoever is called next does */
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
        f->told = (struct buf)BUF_INIT(64 * 1024);
        *state = f;
        return 0;
}

static int tear_down(void **state) {
        struct fixture *f = *state;

        engine_unwatch(f->stream);
        engine_free(f->engine);
        server_stop(f->server);
        net_free(f->net);
        buf_release(&f->told);
        free(f);
        return 0;
}

static void tell(struct fixture *f, const char *what) {
        buf_addf(&f->told, "%s ", what);
        if (!f->unwatch)
                return;
        engine_unwatch(f->stream);
        f->stream = NULL;
        buf_add_str(&f->told, "end ");
}

static void began(void *arg) {
        buf_add_str(&((struct fixture *)arg)->told, "began ");
}

static void event_came(void *arg, const struct engine_event *e) {
        tell(arg, e->action);
}

static void lost(void *arg) {
        tell(arg, "lost");
}

static void ended(void *arg, const struct error *err) {
        struct fixture *f = arg;

        assert_non_null(err);
        f->stream = NULL;
        buf_add_str(&f->told, "end ");
}

/* What the engine sends becomes these calls. */
static void check_told(struct fixture *f, const char *sent, const char *told) {
        static const struct engine_stream_fns fns = { .began = began, .event = event_came, .lost = lost, .end = ended };

        server_reply(f->server, "GET /_ping HTTP", 200, "Api-Version: 1.41\r\n", "OK");
        server_reply(f->server, "GET /v1.41/events?", 200, "", sent);
        buf_clear(&f->told);
        assert_int_equal(engine_watch(f->engine, 0, &fns, f, &f->stream, NULL), 0);
        while (f->stream && net_run(f->net))
                continue;
        assert_string_equal(buf_str(&f->told), told);
}

static void events_are_lines(void **state) {
        check_told(*state, EVENT("start") "\n" EVENT("die") "\n", "began start die end ");
}

static void they_need_no_lines(void **state) {
        check_told(*state, EVENT("start") EVENT("die") " \r\n\n" EVENT("stop"), "began start die stop end ");
}

static void a_text_may_hold_what_ends_one(void **state) {
        check_told(*state, EVENT("a}\\\"b\\\\") "\n" EVENT("die") "\n", "began a}\"b\\ die end ");
}

/* Whatever it was: those that follow are heard. */
static void a_garbled_line_swallows_nothing(void **state) {
        static const char *const garbage[] = {
                "{xstatus\":\"start\",\"id\":\"1\"}",
                "{\"status\":\"start",
                "xstatus\":\"start\"}",
                "}",
                "]",
                "nonsense",
                "\"",
                "{\"status\":{\"a\":1}",
                "{'status':'start'}",
                "{\"status\":\"start\\\"}",
                "{\"a\" 1}",
                "\x01\xff\xfe",
        };

        for (size_t i = 0; i < N_ELEMENTS(garbage); i++) {
                void *fresh;
                char sent[4096];

                (void)snprintf(sent, sizeof(sent), EVENT("start") "\n%s\n" EVENT("die") "\n", garbage[i]);
                assert_int_equal(set_up(&fresh), 0);
                check_told(fresh, sent, "began start lost die end ");
                assert_int_equal(tear_down(&fresh), 0);
        }
        (void)state;
}

static void who_loses_one_may_stop_listening(void **state) {
        struct fixture *f = *state;

        f->unwatch = true;
        check_told(f, "garbage\n" EVENT("die") "\n", "began lost end ");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(events_are_lines, set_up, tear_down),
                cmocka_unit_test_setup_teardown(they_need_no_lines, set_up, tear_down),
                cmocka_unit_test_setup_teardown(a_text_may_hold_what_ends_one, set_up, tear_down),
                cmocka_unit_test_setup_teardown(a_garbled_line_swallows_nothing, set_up, tear_down),
                cmocka_unit_test_setup_teardown(who_loses_one_may_stop_listening, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
