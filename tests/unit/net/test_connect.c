/* SPDX-License-Identifier: MIT */
/* A connection that is made and closed, and requests to an address that is not their URL's host. */
#include "support/check.h"
#include "unit/net/script_server.h"

struct fixture {
        struct net *net;
        struct server *server;
        bool ended;
        struct error err;
        long status;
};

static int set_up(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));

        assert_int_equal(net_new(&f->net, NULL), 0);
        f->server = server_start_tcp(f->net);
        *state = f;
        return 0;
}

static int tear_down(void **state) {
        struct fixture *f = *state;

        server_stop(f->server);
        net_free(f->net);
        free(f);
        return 0;
}

static void ended(void *arg, const struct net_answer *answer, const struct error *err) {
        struct fixture *f = arg;

        f->ended = true;
        f->err = err ? *err : (struct error)ERROR_INIT;
        f->status = answer ? answer->status : -1;
}

static void wait_for(struct fixture *f) {
        while (!f->ended && net_run(f->net))
                continue;
        assert_true(f->ended);
        f->ended = false;
}

static void connects_and_hangs_up(void **state) {
        struct fixture *f = *state;
        struct net_request *r;

        assert_int_equal(net_connect(f->net, "127.0.0.1", f->server->port, 10000, ended, f, &r, NULL), 0);
        wait_for(f);
        assert_int_equal(f->err.code, ERR_NONE);
        assert_int_equal(f->status, 0);
        assert_int_equal(f->server->n_log, 0);
}

static void is_refused(void **state) {
        struct fixture *f = *state;
        struct net_request *r;
        int port = f->server->port;

        net_unwatch(f->net, f->server->listener);
        assert_int_equal(shutdown(f->server->listener, SHUT_RDWR), 0);
        assert_int_equal(net_connect(f->net, "127.0.0.1", port, 10000, ended, f, &r, NULL), 0);
        wait_for(f);
        assert_int_equal(f->err.code, ERR_CONNECT);
        assert_string_equal(f->err.msg, "cannot connect: Connection refused");
}

static void what_is_no_address(void **state) {
        static const char *const wrong[] = { "", "localhost", "1.2.3", "127.0.0.1:80", "[::1]", "::1%lo", "127.0.0.1/", "a b" };
        struct fixture *f = *state;
        struct net_request *r;
        struct error err = ERROR_INIT;

        for (size_t i = 0; i < N_ELEMENTS(wrong); i++) {
                assert_int_equal(net_connect(f->net, wrong[i], 80, 1000, ended, f, &r, &err), -1);
                assert_int_equal(err.code, ERR_INVALID);
        }
        assert_int_equal(net_connect(f->net, "127.0.0.1", 0, 1000, ended, f, &r, &err), -1);
        assert_int_equal(net_connect(f->net, "127.0.0.1", 65536, 1000, ended, f, &r, &err), -1);
        assert_int_equal(net_connect(f->net, "127.0.0.1", 80, 0, ended, f, &r, &err), -1);
}

static void it_can_be_cancelled(void **state) {
        struct fixture *f = *state;
        struct net_request *r;

        assert_int_equal(net_connect(f->net, "127.0.0.1", f->server->port, 10000, ended, f, &r, NULL), 0);
        net_cancel(f->net, r);
        assert_false(net_run(f->net));
        assert_false(f->ended);
}

/* The URL's host goes into the header; where the request goes is another matter. */
static void an_address_beside_the_host(void **state) {
        struct fixture *f = *state;
        struct net_request *r;
        char url[128];
        struct net_ask ask = {
                .method = "GET", .url = url, .address = "127.0.0.1", .timeout_ms = 10000, .max_body = 100, .once = true
        };

        (void)snprintf(url, sizeof(url), "http://shop.example:%d/x", f->server->port);
        server_reply(f->server, "GET /x HTTP", 200, "", "");
        assert_int_equal(net_ask(f->net, &ask, ended, f, &r, NULL), 0);
        wait_for(f);
        assert_int_equal(f->status, 200);
        check_contains(f->server->log[0], "\r\nHost: shop.example:");
        ask.host = "other.example";
        assert_int_equal(net_ask(f->net, &ask, ended, f, &r, NULL), 0);
        wait_for(f);
        check_contains(f->server->log[1], "\r\nHost: other.example\r\n");
        assert_int_equal(f->server->accepted, 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(connects_and_hangs_up, set_up, tear_down),
                cmocka_unit_test_setup_teardown(is_refused, set_up, tear_down),
                cmocka_unit_test_setup_teardown(what_is_no_address, set_up, tear_down),
                cmocka_unit_test_setup_teardown(it_can_be_cancelled, set_up, tear_down),
                cmocka_unit_test_setup_teardown(an_address_beside_the_host, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
