/* SPDX-License-Identifier: MIT */
/* The server against those who mean it no good, or do not know better: floods, slow ones, garbage, and time that runs out. */
#include "unit/serve/http_client.h"

#include <sys/resource.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

/* Nobody waits ten seconds for what is the same after some milliseconds. */
static void hurry(struct site *site, enum http_await what) {
        site->server->await_ms[what] = 20;
}

static bool is_closed(int fd) {
        struct buf out AUTO(buf_release) = BUF_INIT(ANSWER_MAX);

        return hear_some(fd, &out);
}

static void a_slow_header_is_told_so(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site);

        hurry(site, AWAIT_HEAD);
        tell(site, fd, "GET / HTTP/1.1\r\nX");
        while (!hear_some(fd, &answer)) {
                turn(site);
                /* Each byte comes in time; the header as a whole does not. */
                if (answer.len == 0)
                        (void)send(fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        }
        check_contains(answer.data, "HTTP/1.1 408 Request Timeout\r\n");
        check_contains(answer.data, "{\"detail\":\"the header did not come in time\"}");
        assert_int_equal(site->asked, 0);
        (void)close(fd);
}

static void a_slow_body_is_told_so(void **state) {
        struct site *site = *state;

        hurry(site, AWAIT_BODY);
        check_ends_with(site, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc", "HTTP/1.1 408 ",
                        "the body did not come in time");
        check_ends_with(site, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
                        "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 408 ");
}

static void an_idle_connection_ends_without_a_word(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd;

        hurry(site, AWAIT_REQUEST);
        fd = visit(site);
        hear_end(site, fd, &answer);
        (void)close(fd);
        assert_int_equal(answer.len, 0);
        fd = visit(site);
        tell(site, fd, GET("/a") "\r\n");
        hear_end(site, fd, &answer);
        assert_string_equal(body_of(&answer), "/a");
        (void)close(fd);
}

static void an_answer_that_nobody_takes_ends(void **state) {
        struct site *site = *state;
        int fd = visit(site);

        tell(site, fd, GET("/large"));
        until(site, site->asked == 1);
        hurry(site, AWAIT_TAKING);
        until(site, http_server_connections(site->server) == 0);
        (void)close(fd);
}

static void a_stream_that_nobody_takes_ends(void **state) {
        struct site *site = *state;
        static char piece[128 * 1024];
        int fd = visit(site);

        tell(site, fd, GET("/stream"));
        until(site, site->held);
        hurry(site, AWAIT_TAKING);
        /* Without anything to take it goes on. */
        for (int i = 0; i < 50; i++)
                turn(site);
        assert_int_equal(site->gone, 0);
        while (http_conn_untaken(site->held) == 0) {
                assert_true(http_stream_send(site->held, (struct slice){ piece, sizeof(piece) }));
                turn(site);
        }
        until(site, site->gone == 1);
        assert_int_equal(http_server_connections(site->server), 0);
        (void)close(fd);
}

static void who_does_not_hang_up_is_hung_up_on(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site);

        hurry(site, AWAIT_CLOSING);
        tell(site, fd, "rubbish\n");
        hear_end(site, fd, &answer);
        assert_int_equal(http_server_connections(site->server), 0);
        until(site, LIST_EMPTY(&site->server->lingering));
        (void)close(fd);
}

static void not_many_may_fail_to_hang_up(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fds[HTTP_LINGERING_MAX + 8];

        for (size_t i = 0; i < N_ELEMENTS(fds); i++) {
                fds[i] = visit(site);
                tell(site, fds[i], "rubbish\n");
                hear_end(site, fds[i], &answer);
        }
        assert_int_equal(count(answer.data, "HTTP/1.1 400 "), N_ELEMENTS(fds));
        assert_int_equal(site->server->n_lingering, HTTP_LINGERING_MAX);
        /* It is the first that was hung up on. */
        until(site, send(fds[0], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0);
        for (int i = 0; i < 5; i++) {
                tell(site, fds[N_ELEMENTS(fds) - 1], "x");
                turn(site);
        }
        for (size_t i = 0; i < N_ELEMENTS(fds); i++)
                (void)close(fds[i]);
}

/* ---- too many ---- */

static size_t n_idle(const struct site *site) {
        const struct http_conn *c;
        size_t n = 0;

        LIST_FOREACH(c, &site->server->conns, link)
        n += http_conn_is_idle(c);
        return n;
}

static void the_longest_idle_makes_room(void **state) {
        struct site *site = *state;
        int fds[HTTP_CONNECTIONS_MAX + 3];

        for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
                fds[i] = visit(site);
                until(site, http_server_connections(site->server) == i + 1);
                /* So that no two of them were let in at the same millisecond. */
                int64_t deadline_ms = LIST_FIRST(&site->server->conns)->deadline_ms;

                LIST_FIRST(&site->server->conns)->deadline_ms = deadline_ms - HTTP_CONNECTIONS_MAX + (int64_t)i;
        }
        tell(site, fds[0], "GET / HTTP/1.1\r\n");
        until(site, n_idle(site) == HTTP_CONNECTIONS_MAX - 1);
        for (size_t i = 0; i < 3; i++) {
                fds[HTTP_CONNECTIONS_MAX + i] = visit(site);
                until(site, is_closed(fds[i + 1]));
        }
        assert_int_equal(http_server_connections(site->server), HTTP_CONNECTIONS_MAX);
        assert_false(is_closed(fds[0]));
        assert_false(is_closed(fds[4]));
        assert_int_equal(site->answered, 0);
        for (size_t i = 0; i < N_ELEMENTS(fds); i++)
                (void)close(fds[i]);
}

static void without_room_it_says_so(void **state) {
        struct site *site = *state;
        int fds[HTTP_CONNECTIONS_MAX];

        for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
                fds[i] = visit(site);
                tell(site, fds[i], GET("/hold"));
        }
        until(site, site->asked == HTTP_CONNECTIONS_MAX);
        check_ends_with(site, GET("/"), "HTTP/1.1 503 Service Unavailable\r\n", "Retry-After: 1\r\n",
                        "{\"detail\":\"too many connections");
        assert_int_equal(site->asked, HTTP_CONNECTIONS_MAX);
        assert_int_equal(http_server_connections(site->server), HTTP_CONNECTIONS_MAX);
        for (size_t i = 0; i < N_ELEMENTS(fds); i++)
                (void)close(fds[i]);
}

static void a_crowd_that_asks_at_once_is_served(void **state) {
        struct site *site = *state;
        enum { CROWD = 400 };
        static int fds[CROWD];
        size_t served = 0;

        for (size_t i = 0; i < CROWD; i++) {
                fds[i] = visit(site);
                tell(site, fds[i], GET("/"));
                if (i % 50 == 49)
                        turn(site);
        }
        until(site, site->asked == CROWD);
        for (size_t i = 0; i < CROWD; i++) {
                struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);

                (void)hear_some(fds[i], &answer);
                served += strncmp(buf_str(&answer), "HTTP/1.1 200 OK", 15) == 0;
                (void)close(fds[i]);
        }
        assert_int_equal(served, CROWD);
}

static void without_descriptors_it_waits(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        struct rlimit before, none;
        int fd = visit(site);

        assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
        site->server->pause_ms = 50;
        tell(site, fd, "GET /a HTTP/1.0\r\n\r\n");
        none = (struct rlimit){ .rlim_cur = (rlim_t)fd + 1, .rlim_max = before.rlim_max };
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
        until(site, site->server->resume);
        assert_int_equal(site->asked, 0);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        hear_end(site, fd, &answer);
        assert_string_equal(body_of(&answer), "/a");
        (void)close(fd);
}

/* ---- odd requests ---- */

static void a_hundred_requests_in_one_packet_are_answered_in_order(void **state) {
        struct site *site = *state;
        struct buf all AUTO(buf_release) = BUF_INIT(ANSWER_MAX), answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site);
        char text[32];
        const char *at;

        for (int i = 0; i < 100; i++)
                buf_addf(&all, "GET /%03d HTTP/1.1\r\nHost: h\r\n%s\r\n", i, i == 99 ? "Connection: close\r\n" : "");
        tell_bytes(site, fd, all.data, all.len);
        hear_end(site, fd, &answer);
        at = answer.data;
        for (int i = 0; i < 100; i++) {
                (void)snprintf(text, sizeof(text), "\r\n\r\n/%03d", i);
                at = strstr(at, text);
                assert_non_null(at);
        }
        assert_int_equal(site->asked, 100);
        (void)close(fd);
}

static void a_request_may_be_cut_anywhere(void **state) {
        static const char text[] = "PUT /a%20b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        struct site *site = *state;
        int fd = visit(site);

        for (size_t cut = 0; cut < strlen(text); cut++) {
                int asked = site->asked;

                tell_bytes(site, fd, text, cut);
                turn(site);
                assert_int_equal(site->asked, asked);
                tell(site, fd, text + cut);
                until(site, site->asked == asked + 1);
                assert_string_equal(site->last_path, "/a b");
                assert_string_equal(site->last_body, "abc");
        }
        (void)close(fd);
}

static void what_follows_a_held_request_waits(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        int fd = visit(site);

        tell(site, fd, GET("/hold") GET("/hold") GET("/c"));
        for (int i = 1; i <= 2; i++) {
                until(site, site->held);
                assert_int_equal(site->asked, i);
                struct http_conn *held = site->held;

                site->held = NULL;
                say(held, "held");
        }
        until(site, (hear_some(fd, &answer), strstr(buf_str(&answer), "\r\n\r\n/c")));
        assert_int_equal(count(answer.data, "\r\n\r\nheld"), 2);
        (void)close(fd);
}

static void an_endless_body_is_not_read_to_its_end(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        static char piece[64 * 1024];
        int fd = visit(site);
        size_t sent = 0;
        ssize_t n;

        tell(site, fd, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1073741824\r\n\r\n");
        while ((n = send(fd, piece, sizeof(piece), MSG_DONTWAIT | MSG_NOSIGNAL)) > 0 || (n < 0 && errno == EAGAIN)) {
                sent += n > 0 ? (size_t)n : 0;
                assert_true(sent < ANSWER_MAX);
                if (answer.len == 0) {
                        char bytes[4096];
                        ssize_t heard = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

                        buf_add(&answer, bytes, heard > 0 ? (size_t)heard : 0);
                }
                turn(site);
        }
        assert_true(strncmp(buf_str(&answer), "HTTP/1.1 413 ", 13) == 0);
        until(site, LIST_EMPTY(&site->server->lingering));
        assert_int_equal(site->asked, 0);
        (void)close(fd);
}

static void endless_chunks_end_at_the_limit(void **state) {
        struct site *site = *state;
        struct buf answer AUTO(buf_release) = BUF_INIT(ANSWER_MAX);
        static char piece[64 * 1024 + 9];
        int fd = visit(site);

        memcpy(piece, "10000\r\n", 7);
        memcpy(piece + sizeof(piece) - 2, "\r\n", 2);
        tell(site, fd, "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 17; i++)
                tell_bytes(site, fd, piece, sizeof(piece));
        hear_end(site, fd, &answer);
        assert_true(strncmp(answer.data, "HTTP/1.1 413 ", 13) == 0);
        (void)close(fd);
}

/* Made of pieces of real requests as well, so that some get further than the first byte. */
static size_t make_garbage(unsigned *seed, char *ret, size_t size) {
        static const char *const pieces[] = {
                "GET ",
                "/",
                " HTTP/1.1\r\n",
                "Host: h\r\n",
                "\r\n",
                "Content-Length: 3\r\n",
                "Transfer-Encoding: chunked\r\n",
                "3\r\nabc\r\n",
                "0\r\n",
                "\n",
                "Expect: 100-continue\r\n",
                "POST /hold",
                "HEAD /stream",
                ":",
                "%41%00",
                "HTTP/1.0",
                "/large",
        };
        size_t n = 0;

        for (int i = rand_r(seed) % 30; i >= 0; i--) {
                const char *piece = pieces[(size_t)rand_r(seed) % N_ELEMENTS(pieces)];

                if (rand_r(seed) % 6 == 0 && n < size)
                        ret[n++] = (char)rand_r(seed);
                else if (n + strlen(piece) < size) {
                        memcpy(ret + n, piece, strlen(piece));
                        n += strlen(piece);
                }
        }
        return n;
}

static void survives_garbage(void **state) {
        struct site *site = *state;
        unsigned seed = 20251031;
        char garbage[1024];

        for (int i = 0; i < 1500; i++) {
                size_t n = make_garbage(&seed, garbage, sizeof(garbage)), cut = n ? (size_t)rand_r(&seed) % n : 0;
                int fd = visit(site);

                (void)send(fd, garbage, cut, MSG_DONTWAIT | MSG_NOSIGNAL);
                turn(site);
                (void)send(fd, garbage + cut, n - cut, MSG_DONTWAIT | MSG_NOSIGNAL);
                if (rand_r(&seed) % 2)
                        (void)shutdown(fd, SHUT_WR);
                turn(site);
                if (site->held && site->held->phase == PHASE_ASKED && rand_r(&seed) % 2)
                        say(site->held, "later");
                site->held = NULL;
                (void)close(fd);
        }
        check_ends_with(site, "GET /still HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK", "\r\n\r\n/still");
}

#define site_test(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

int main(void) {
        const struct CMUnitTest tests[] = {
                site_test(a_slow_header_is_told_so),
                site_test(a_slow_body_is_told_so),
                site_test(an_idle_connection_ends_without_a_word),
                site_test(an_answer_that_nobody_takes_ends),
                site_test(a_stream_that_nobody_takes_ends),
                site_test(who_does_not_hang_up_is_hung_up_on),
                site_test(not_many_may_fail_to_hang_up),
                site_test(the_longest_idle_makes_room),
                site_test(without_room_it_says_so),
                site_test(a_crowd_that_asks_at_once_is_served),
                site_test(without_descriptors_it_waits),
                site_test(a_hundred_requests_in_one_packet_are_answered_in_order),
                site_test(a_request_may_be_cut_anywhere),
                site_test(what_follows_a_held_request_waits),
                site_test(an_endless_body_is_not_read_to_its_end),
                site_test(endless_chunks_end_at_the_limit),
                site_test(survives_garbage),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
