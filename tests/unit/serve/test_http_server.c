/* SPDX-License-Identifier: MIT */
/* What the server promises: answers, connections that go on and end, streams, addresses. */
#include "unit/serve/http_client.h"

#include "support/files.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#define GET(path)       "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define GET_CLOSE(path) "GET " path " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

/* ---- answers ---- */

static void answers_with_all_headers(void **state) {
        struct site *site = *state;

        check_ends_with(site, GET_CLOSE("/thing"), "HTTP/1.1 200 OK\r\n", "\r\nDate: ", " GMT\r\n",
                        "\r\nContent-Type: text/plain\r\n", "\r\nContent-Length: 6\r\n", "\r\nConnection: close\r\n",
                        "\r\nX-Content-Type-Options: nosniff\r\n", "\r\nReferrer-Policy: no-referrer\r\n",
                        "\r\nCache-Control: no-store\r\n", "\r\n\r\n/thing");
        assert_int_equal(site->answered, 1);
        assert_int_equal(site->last_status, 200);
        assert_string_equal(site->last_peer, "127.0.0.1");
        assert_true(site->last_peer_loopback && site->last_own_loopback && !site->last_unix);
}

static void headers_of_the_handler_come_first(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site);

        tell(site, fd, GET_CLOSE("/fixed"));
        hear_end(site, fd, &answer);
        check_contains(answer.data, "cache-control: max-age=5\r\n");
        check_lacks(answer.data, "no-store");
        check_contains(answer.data, "X-Odd: a  Set-Cookie: b\r\n");
        check_lacks(answer.data, "\nSet-Cookie");
        check_lacks(answer.data, "Server:");
        assert_string_equal(body_of(&answer), "<p>");
        (void)close(fd);
}

static void head_is_get_without_its_body(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site);

        tell(site, fd, "HEAD /thing HTTP/1.1\r\nHost: h\r\n\r\n" GET_CLOSE("/x"));
        hear_end(site, fd, &answer);
        check_contains(answer.data, "Content-Length: 6\r\n");
        assert_true(strncmp(body_of(&answer), "HTTP/1.1 200 OK", 15) == 0);
        (void)close(fd);
}

static void what_has_no_body_says_so(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site);

        tell(site, fd, GET("/204") GET("/304"));
        until(site, (hear_some(fd, &answer), count(buf_str(&answer), "\r\n\r\n") == 2));
        check_contains(answer.data, "204 No Content");
        check_contains(answer.data, "304 Not Modified");
        check_lacks(answer.data, "Content-Length");
        buf_clear(&answer);
        tell(site, fd, GET_CLOSE("/200"));
        hear_end(site, fd, &answer);
        check_contains(answer.data, "Content-Length: 0\r\n");
        check_lacks(answer.data, "Content-Type:");
        (void)close(fd);
}

static void an_answer_that_does_not_fit_is_not_cut(void **state) {
        check_ends_with(*state, GET_CLOSE("/cut"), "HTTP/1.1 500 ", "{\"detail\":\"the answer is too large\"}");
}

static void errors_of_its_own_have_the_api_s_shape(void **state) {
        struct site *site = *state;

        check_ends_with(site, "GET /\r\n", "HTTP/1.1 400 Bad Request\r\n", "Content-Type: application/json\r\n",
                        "Connection: close\r\n", "{\"detail\":\"malformed request line\"}");
        check_ends_with(site, "\x16\x03\x01\x02", "HTTP/1.1 400 ", "{\"detail\":\"this is not HTTP\"}");
        check_ends_with(site, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 505 ");
        check_ends_with(site, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: br\r\n\r\n", "HTTP/1.1 501 ");
        check_ends_with(site, "POST / HTTP/1.1\r\nHost: h\r\nExpect: more\r\n\r\n", "HTTP/1.1 417 ");
        assert_int_equal(site->asked, 0);
        assert_int_equal(site->answered, 5);
}

/* ---- connections that go on ---- */

static void goes_on_as_the_client_likes(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site);

        tell(site, fd, GET("/a"));
        until(site, (hear_some(fd, &answer), strstr(buf_str(&answer), "\r\n\r\n/a")));
        check_lacks(answer.data, "Connection:");
        tell(site, fd, "GET /b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        until(site, (hear_some(fd, &answer), strstr(buf_str(&answer), "\r\n\r\n/b")));
        check_contains(answer.data, "Connection: keep-alive\r\n");
        tell(site, fd, "GET /c HTTP/1.0\r\n\r\n");
        hear_end(site, fd, &answer);
        check_contains(answer.data, "\r\n\r\n/c");
        (void)close(fd);
        fd = visit(site);
        tell(site, fd, GET("/close"));
        hear_end(site, fd, &answer);
        (void)close(fd);
}

static void reads_bodies_after_it_has_said_to_go_on(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site);

        tell(site, fd, "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        until(site, (hear_some(fd, &answer), answer.len > 0));
        assert_string_equal(answer.data, "HTTP/1.1 100 Continue\r\n\r\n");
        assert_int_equal(site->asked, 0);
        tell(site, fd, "body");
        until(site, site->asked == 1);
        assert_string_equal(site->last_body, "body");
        buf_clear(&answer);
        tell(site, fd, "PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\nConnection: close\r\n\r\nx");
        hear_end(site, fd, &answer);
        check_lacks(answer.data, "100 Continue");
        (void)close(fd);
}

static void handle_header(void *arg, struct http_conn *c, const struct http_request *rq) {
        const struct site *site = arg;

        (void)rq;
        if (site->refuse_early)
                answer_empty(c, site->refuse_early, false);
}

static void does_not_ask_for_a_body_that_it_refuses(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site);

        tell(site, fd, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n");
        hear_end(site, fd, &answer);
        assert_true(strncmp(answer.data, "HTTP/1.1 413 ", 13) == 0);
        (void)close(fd);
        buf_clear(&answer);
        fd = visit(site);
        http_server_on_header(site->server, handle_header);
        site->refuse_early = 401;
        tell(site, fd, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        hear_end(site, fd, &answer);
        assert_true(strncmp(answer.data, "HTTP/1.1 401 ", 13) == 0);
        check_contains(answer.data, "Connection: close\r\n");
        assert_int_equal(site->asked, 0);
        site->refuse_early = 0;
        (void)close(fd);
        check_ends_with(site, "PUT /ok HTTP/1.0\r\nContent-Length: 4\r\n\r\nbody", "\r\n\r\n/ok");
}

static void a_client_that_has_said_all_still_gets_its_answers(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site);

        tell(site, fd, GET("/hold") GET("/b"));
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        until(site, site->held);
        for (int i = 0; i < 20; i++)
                turn(site);
        assert_int_equal(site->gone, 0);
        say(site->held, "late");
        hear_end(site, fd, &answer);
        check_contains(answer.data, "\r\n\r\nlateHTTP/1.1 200 OK");
        check_contains(answer.data, "\r\n\r\n/b");
        assert_int_equal(http_server_connections(site->server), 0);
        (void)close(fd);
}

static void reset(int fd) {
        const struct linger now = { .l_onoff = 1, .l_linger = 0 };

        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
        (void)close(fd);
}

/* Answered all at once, what one has sent ahead would keep the others waiting for as long as that takes. */
static void who_sends_much_ahead_does_not_keep_others_waiting(void **state) {
        struct site *site = *state;
        struct buf much AUTO(buf_release) = BUF_INIT(ANSWER_MAX), answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int busy = visit(site), other = visit(site);

        for (int i = 0; i < 400; i++)
                buf_add_str(&much, GET("/a"));
        until(site, http_server_connections(site->server) == 2);
        tell_bytes(site, busy, much.data, much.len);
        tell(site, other, GET("/b"));
        until(site, (hear_some(other, &answer), answer.len > 0));
        assert_true(site->asked < 20);
        buf_clear(&answer);
        /* All of them are answered all the same, and in their order with what comes later. */
        tell(site, busy, GET_CLOSE("/last"));
        hear_end(site, busy, &answer);
        assert_int_equal(count(answer.data, "\r\n\r\n/a"), 400);
        assert_true(strlen(answer.data) > 5 && str_eq(answer.data + strlen(answer.data) - 5, "/last"));
        (void)close(busy);
        (void)close(other);
}

static void who_hangs_up_is_not_answered_to_the_end(void **state) {
        struct site *site = *state;
        struct buf much AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site);

        for (int i = 0; i < 400; i++)
                buf_add_str(&much, GET("/a"));
        tell_bytes(site, fd, much.data, much.len);
        until(site, site->asked > 2);
        reset(fd);
        until(site, http_server_connections(site->server) == 0);
        assert_true(site->asked < 400);
}

/* Between two of its requests a connection is not idle: the next one is its last. */
static void a_stop_between_two_requests_answers_one_more(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site), asked;

        tell(site, fd, GET("/a") GET("/b") GET("/c") GET("/d") GET("/e"));
        until(site, site->asked > 0);
        asked = site->asked;
        assert_true(asked < 4);
        http_server_stop(site->server);
        hear_end(site, fd, &answer);
        assert_int_equal(site->asked, asked + 1);
        assert_int_equal(count(answer.data, "HTTP/1.1 200 OK"), asked + 1);
        assert_int_equal(count(answer.data, "Connection: close\r\n"), 1);
        (void)close(fd);
}

static void half_a_request_is_no_request(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site);

        tell(site, fd, "GET / HTTP/1.1\r\n");
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        hear_end(site, fd, &answer);
        check_contains(answer.data, "400 Bad Request");
        assert_int_equal(site->asked, 0);
        (void)close(fd);
}

static void notices_who_is_gone(void **state) {
        struct site *site = *state;
        int fd = visit(site);

        tell(site, fd, GET("/hold"));
        until(site, site->held);
        reset(fd);
        until(site, site->gone == 1);
        fd = visit(site);
        tell(site, fd, GET("/large"));
        until(site, site->asked == 2);
        reset(fd);
        until(site, http_server_connections(site->server) == 0);
        assert_int_equal(site->gone, 1);
}

static void a_large_answer_arrives_whole(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site);
        const char *line, *end;

        tell(site, fd, GET("/large") GET_CLOSE("/after"));
        until(site, site->asked == 1);
        for (int i = 0; i < 20; i++)
                turn(site);
        assert_int_equal(site->asked, 1);
        hear_end(site, fd, &answer);
        check_contains(answer.data, "Content-Length: 16777216\r\n");
        line = body_of(&answer);
        end = line + 16777216;
        assert_true(answer.len > 16777216);
        assert_memory_equal(end, "HTTP/1.1 200 OK", 15);
        for (; line < end; line += sizeof(large_line))
                assert_memory_equal(line, large_line, sizeof(large_line));
        (void)close(fd);
}

/* ---- streams ---- */

static int open_stream(struct site *site) {
        int fd = visit(site);

        site->held = NULL;
        tell(site, fd, GET("/stream"));
        until(site, site->held);
        return fd;
}

static void streams(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = open_stream(site);

        assert_true(http_stream_send(site->held, slice_str("data: 1\n\n")));
        until(site, (hear_some(fd, &answer), strstr(buf_str(&answer), "data: 1\n\n")));
        check_contains(answer.data, "Content-Type: text/event-stream\r\n");
        check_contains(answer.data, "Connection: close\r\n");
        check_lacks(answer.data, "Content-Length");
        assert_true(http_stream_send(site->held, slice_str("data: 2\n\n")));
        http_server_stop(site->server);
        hear_end(site, fd, &answer);
        assert_string_equal(body_of(&answer), "data: 1\n\ndata: 2\n\n");
        assert_int_equal(site->gone, 1);
        (void)close(fd);
}

static void notices_a_reader_that_hung_up(void **state) {
        struct site *site = *state;

        (void)close(open_stream(site));
        until(site, site->gone == 1);
        assert_int_equal(http_server_connections(site->server), 0);
}

static void gives_up_a_reader_that_does_not_read(void **state) {
        struct site *site = *state;
        static char piece[16 * 1024];
        int fd = open_stream(site);
        size_t sent = 0;

        memset(piece, 'x', sizeof(piece));
        while (http_stream_send(site->held, (struct slice){ piece, sizeof(piece) })) {
                assert_int_equal(site->gone, 0);
                sent += sizeof(piece);
                assert_true(sent < ANSWER_MAX);
        }
        assert_int_equal(site->gone, 1);
        assert_true(sent > 256 * 1024);
        (void)close(fd);
}

static void a_burst_is_not_taken_for_a_slow_reader(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        static char piece[100 * 1024];
        int fd = open_stream(site);

        memset(piece, 'x', sizeof(piece));
        for (int i = 0; i < 100; i++) {
                assert_true(http_stream_send(site->held, (struct slice){ piece, sizeof(piece) }));
                (void)hear_some(fd, &answer);
        }
        http_server_stop(site->server);
        hear_end(site, fd, &answer);
        assert_int_equal(strlen(body_of(&answer)), 100 * sizeof(piece));
        (void)close(fd);
}

static void a_head_of_a_stream_has_an_end(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site);

        tell(site, fd, "HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n");
        until(site, site->held || site->gone);
        if (site->held)
                assert_true(http_stream_send(site->held, slice_str("data: 1\n\n")));
        hear_end(site, fd, &answer);
        assert_int_equal(site->gone, 1);
        assert_string_equal(body_of(&answer), "");
        (void)close(fd);
}

/* ---- the end ---- */

static void stops_when_all_have_their_answers(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int idle = visit(site), streaming = open_stream(site), asking = visit(site);

        site->held = NULL;
        tell(site, asking, GET("/hold") GET("/never"));
        until(site, site->held && http_server_connections(site->server) == 3);
        struct http_conn *held = site->held;

        http_server_stop(site->server);
        assert_int_equal(site->gone, 1);
        assert_int_equal(http_server_port(site->server, 1), 0);
        hear_end(site, idle, &answer);
        hear_end(site, streaming, &answer);
        assert_int_equal(http_server_connections(site->server), 1);
        buf_clear(&answer);
        say(held, "last");
        hear_end(site, asking, &answer);
        check_contains(answer.data, "Connection: close\r\n");
        assert_string_equal(body_of(&answer), "last");
        assert_int_equal(http_server_connections(site->server), 0);
        (void)close(idle);
        (void)close(streaming);
        (void)close(asking);
}

static void freeing_tells_who_waits(void **state) {
        struct site *site = *state;
        int asking = visit(site), streaming;

        tell(site, asking, GET("/hold"));
        until(site, site->held);
        streaming = open_stream(site);
        http_server_free(site->server);
        site->server = NULL;
        assert_int_equal(site->gone, 2);
        (void)close(asking);
        (void)close(streaming);
}

static size_t n_descriptors(void) {
        size_t n = 0;

        for (int fd = 0; fd < 1024; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

static void leaves_no_descriptor_behind(void **state) {
        struct site *site = *state;
        size_t before;

        (void)close(visit(site));
        before = n_descriptors();
        for (int i = 0; i < 500; i++) {
                int fd = visit(site);

                tell(site, fd, i % 3 == 0 ? GET_CLOSE("/") : i % 3 == 1 ? "rubbish\r\n" : GET("/hold"));
                if (i % 2)
                        reset(fd);
                else
                        (void)close(fd);
                turn(site);
                if (site->held)
                        say(site->held, "");
                site->held = NULL;
        }
        until(site, LIST_EMPTY(&site->server->conns) && LIST_EMPTY(&site->server->lingering));
        assert_int_equal(n_descriptors(), before);
}

/* ---- addresses ---- */

static void listens_on_both_families(void **state) {
        struct site *site = *state;
        int fd;

        assert_int_equal(http_server_listen(site->server, "::", 0, 1, NULL), 0);
        fd = connect_v4(site, 1);
        tell(site, fd, GET("/"));
        until(site, site->asked == 1);
        assert_string_equal(site->last_peer, "127.0.0.1");
        assert_true(site->last_peer_loopback && site->last_own_loopback);
        (void)close(fd);
}

static void tells_its_listeners_apart(void **state) {
        struct site *site = *state;

        assert_int_equal(http_server_listen(site->server, "localhost", 0, 7, NULL), 0);
        assert_int_equal(http_server_listen(site->server, "127.0.0.2", 0, 8, NULL), 0);
        assert_true(http_server_port(site->server, 7) > 0);
        assert_true(http_server_port(site->server, 8) > 0);
        assert_int_not_equal(http_server_port(site->server, 7), http_server_port(site->server, 8));
        assert_int_equal(http_server_port(site->server, 9), 0);
}

static void says_what_is_wrong_with_an_address(void **state) {
        struct site *site = *state;
        struct error err = ERROR_INIT;
        char text[80];
        int port;

        assert_int_equal(http_server_listen(site->server, "127.0.0.1", 0, 1, NULL), 0);
        port = http_server_port(site->server, 1);
        assert_int_equal(http_server_listen(site->server, "127.0.0.1", port, 2, &err), -1);
        assert_int_equal(err.code, ERR_IO);
        assert_int_equal(err.sys_errno, EADDRINUSE);
        (void)snprintf(text, sizeof(text), "cannot listen on '127.0.0.1:%d': another program already does", port);
        assert_string_equal(err.msg, text);
        assert_int_equal(http_server_listen(site->server, "192.0.2.1", 0, 2, &err), -1);
        assert_string_equal(err.msg, "cannot listen on '192.0.2.1:0': this machine does not have that address");
        static const char *const odd[] = { "", "example.com", "127.1", "[::1]", "1.2.3.4:80", "unix://", "unix://x", "unix:///" };

        for (size_t i = 0; i < N_ELEMENTS(odd); i++) {
                assert_int_equal(http_server_listen(site->server, odd[i], 0, 2, &err), -1);
                assert_int_equal(err.code, ERR_INVALID);
        }
        assert_int_equal(http_server_listen(site->server, "::1", 65536, 2, &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
}

static void knows_loopback_when_it_sees_it(void **state) {
        static const struct {
                const char *address;
                bool loopback;
        } cases[] = {
                { "127.0.0.1", true }, { "127.9.9.9", true },        { "128.0.0.1", false },       { "0.0.0.0", false },
                { "::1", true },       { "::ffff:127.0.0.1", true }, { "::ffff:10.0.0.1", false }, { "::", false },
                { "fe80::1", false },  { "::127.0.0.1", false },
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                struct http_address a;

                assert_int_equal(http_address_parse(&a, cases[i].address, 1, NULL), 0);
                if (http_address_is_loopback(&a.sa) != cases[i].loopback)
                        fail_msg("%s", cases[i].address);
        }
}

static void remove_dir(char **dir) {
        temp_dir_remove(*dir);
}

static int connect_unix(const char *path) {
        struct sockaddr_un un = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
        assert_int_equal(connect(fd, (const struct sockaddr *)&un, sizeof(un)), 0);
        return fd;
}

static void listens_on_a_unix_socket(void **state) {
        struct site *site = *state;
        struct error err = ERROR_INIT;
        char *dir AUTO(remove_dir) = temp_dir_make(), *path AUTO_FREE = path_join(dir, "api.sock"), address[128];
        struct stat st;
        mode_t mask = umask(0);
        int fd;

        (void)snprintf(address, sizeof(address), "unix://%s", path);
        assert_int_equal(http_server_listen(site->server, address, 8080, 1, NULL), 0);
        (void)umask(mask);
        assert_int_equal(lstat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_equal(http_server_port(site->server, 1), 0);
        fd = connect_unix(path);
        tell(site, fd, GET("/"));
        until(site, site->asked == 1);
        assert_true(site->last_unix && !site->last_peer_loopback && !site->last_own_loopback);
        assert_string_equal(site->last_peer, "unix");
        assert_int_equal(http_server_listen(site->server, address, 0, 2, &err), -1);
        assert_int_equal(err.sys_errno, EADDRINUSE);
        check_contains(err.msg, "another program already does");
        (void)close(fd);
        http_server_stop(site->server);
        assert_int_equal(lstat(path, &st), -1);
}

static void leaves_a_stale_socket(const char *path) {
        struct sockaddr_un un = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
        assert_int_equal(bind(fd, (const struct sockaddr *)&un, sizeof(un)), 0);
        (void)close(fd);
}

/* What is no stream cannot be asked whether somebody listens: it stays. */
static void leaves_a_socket_of_another_kind_alone(void **state) {
        struct site *site = *state;
        struct error err = ERROR_INIT;
        char *dir AUTO(remove_dir) = temp_dir_make(), *path AUTO_FREE = path_join(dir, "log"), address[128];
        struct sockaddr_un un = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        (void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
        (void)snprintf(address, sizeof(address), "unix://%s", path);
        assert_int_equal(bind(fd, (const struct sockaddr *)&un, sizeof(un)), 0);
        assert_int_equal(http_server_listen(site->server, address, 0, 1, &err), -1);
        assert_int_equal(err.code, ERR_IO);
        assert_true(file_there(dir, "log"));
        (void)close(fd);
}

/* Nobody has looked at the socket yet when so much is sent that it has to be written at once. */
static void a_reader_that_is_gone_does_not_kill_us(void **state) {
        struct site *site = *state;
        char *dir AUTO(remove_dir) = temp_dir_make(), *path AUTO_FREE = path_join(dir, "api.sock"), address[128];
        static char piece[128 * 1024];
        int fd;

        (void)signal(SIGPIPE, SIG_DFL);
        (void)snprintf(address, sizeof(address), "unix://%s", path);
        assert_int_equal(http_server_listen(site->server, address, 0, 1, NULL), 0);
        fd = connect_unix(path);
        tell(site, fd, GET("/stream"));
        until(site, site->held);
        (void)close(fd);
        for (int i = 0; i < 8 && http_stream_send(site->held, (struct slice){ piece, sizeof(piece) }); i++)
                ;
        assert_int_equal(site->gone, 1);
        assert_int_equal(http_server_connections(site->server), 0);
}

static void replaces_only_what_is_dead_and_its_own(void **state) {
        struct site *site = *state;
        struct error err = ERROR_INIT;
        char *dir AUTO(remove_dir) = temp_dir_make(), *path AUTO_FREE = path_join(dir, "api.sock"), address[128];
        char *moved AUTO_FREE = path_join(dir, "moved");
        struct stat st;

        (void)snprintf(address, sizeof(address), "unix://%s", path);
        leaves_a_stale_socket(path);
        assert_int_equal(http_server_listen(site->server, address, 0, 1, &err), 0);
        /* Another program's socket in our place stays when we end. */
        assert_int_equal(rename(path, moved), 0);
        leaves_a_stale_socket(path);
        http_server_stop(site->server);
        assert_int_equal(lstat(path, &st), 0);
        assert_int_equal(unlink(path), 0);
        file_put(dir, "api.sock", "");
        assert_int_equal(http_server_listen(site->server, address, 0, 1, &err), -1);
        check_contains(err.msg, "a file that is not a socket");
        assert_int_equal(lstat(path, &st), 0);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(symlink(moved, path), 0);
        assert_int_equal(http_server_listen(site->server, address, 0, 1, &err), -1);
        assert_int_equal(lstat(moved, &st), 0);
}

static void writes_dates_as_http_does(void **state) {
        char date[32];

        (void)state;
        http_date(784111777, date, sizeof(date));
        assert_string_equal(date, "Sun, 06 Nov 1994 08:49:37 GMT");
        http_date(0, date, sizeof(date));
        assert_string_equal(date, "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_string_equal(http_status_text(404), "Not Found");
        assert_string_equal(http_status_text(299), "");
}

#define site_test(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void) {
        const struct CMUnitTest tests[] = {
                site_test(answers_with_all_headers),
                site_test(headers_of_the_handler_come_first),
                site_test(head_is_get_without_its_body),
                site_test(what_has_no_body_says_so),
                site_test(an_answer_that_does_not_fit_is_not_cut),
                site_test(errors_of_its_own_have_the_api_s_shape),
                site_test(goes_on_as_the_client_likes),
                site_test(reads_bodies_after_it_has_said_to_go_on),
                site_test(does_not_ask_for_a_body_that_it_refuses),
                site_test(a_client_that_has_said_all_still_gets_its_answers),
                site_test(who_sends_much_ahead_does_not_keep_others_waiting),
                site_test(who_hangs_up_is_not_answered_to_the_end),
                site_test(a_stop_between_two_requests_answers_one_more),
                site_test(half_a_request_is_no_request),
                site_test(notices_who_is_gone),
                site_test(a_large_answer_arrives_whole),
                site_test(streams),
                site_test(notices_a_reader_that_hung_up),
                site_test(gives_up_a_reader_that_does_not_read),
                site_test(a_burst_is_not_taken_for_a_slow_reader),
                site_test(a_head_of_a_stream_has_an_end),
                site_test(stops_when_all_have_their_answers),
                site_test(freeing_tells_who_waits),
                site_test(leaves_no_descriptor_behind),
                site_test(listens_on_both_families),
                site_test(tells_its_listeners_apart),
                site_test(says_what_is_wrong_with_an_address),
                cmocka_unit_test(knows_loopback_when_it_sees_it),
                site_test(listens_on_a_unix_socket),
                site_test(leaves_a_socket_of_another_kind_alone),
                site_test(a_reader_that_is_gone_does_not_kill_us),
                site_test(replaces_only_what_is_dead_and_its_own),
                cmocka_unit_test(writes_dates_as_http_does),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
