/* SPDX-License-Identifier: MIT */
/* The program's HTTP side among those who mean it no good: a good client is answered while all of them still wait, and it heals. */
#include "autoheal/util/buf.h"
#include "support/rest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define SICK      "container web health=unhealthy label=autoheal=true\nevent \"health_status: unhealthy\" web\n"
#define GIGABYTE  INT64_C(1073741824)
#define CROWD_MAX 500
#define ANSWERS   25

struct crowd {
        int fds[CROWD_MAX];
        size_t n;
};

static void crowd_release(struct crowd *c) {
        for (size_t i = 0; i < c->n; i++)
                (void)close(c->fds[i]);
}

/* ---- Those who mean no good ---- */

static int knock(void) {
        struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = 4096;
        at.sin_port = htons((uint16_t)rest_port());
        /* Before the connection, or the window is agreed already. */
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
        assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
        return fd;
}

static void say(int fd, const char *text) {
        assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void come(struct crowd *c, size_t n, const char *text) {
        for (size_t i = 0; i < n; i++) {
                assert_true(c->n < CROWD_MAX);
                c->fds[c->n] = knock();
                say(c->fds[c->n++], text);
        }
}

static bool is_open(int fd) {
        struct tcp_info info;
        socklen_t len = sizeof(info);
        assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
        return info.tcpi_state == TCP_ESTABLISHED;
}

static size_t count_open(const struct crowd *c) {
        size_t n = 0;
        for (size_t i = 0; i < c->n; i++)
                n += is_open(c->fds[i]);
        return n;
}

/* They are let in at different turns: what they ask for has to arrive before anybody is said to be answered beside them. */
static bool nothing_unread(void *arg) {
        const struct crowd *c = arg;
        for (size_t i = 0; i < c->n; i++) {
                struct tcp_info info;
                socklen_t len = sizeof(info);
                assert_int_equal(getsockopt(c->fds[i], IPPROTO_TCP, TCP_INFO, &info, &len), 0);
                if (info.tcpi_unacked > 0)
                        return false;
        }
        return true;
}

/* ---- The good client, and the healing ---- */

static void check_good_client(void) {
        for (int i = 0; i < ANSWERS; i++) {
                check_status(rest_get("/health"), 200);
                check_status(rest_get("/api/containers"), 200);
                check_status(rest_put("/api/config/monitor", i % 2 ? "{\"interval_seconds\":31}" : "{\"interval_seconds\":30}"),
                             200);
        }
}

static bool is_healed(void *arg) {
        return count_events(arg, "restart", "web") > 0;
}

static void check_heals(struct scene *s) {
        scene_world(s, SICK);
        assert_true(eventually(is_healed, s, 20000));
}

static void start(struct scene *s) {
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        rest_start(s);
}

/* What came until the end, or until it holds the text. */
static void hear(int fd, const char *text, char *ret, size_t size) {
        size_t n = 0;
        ssize_t got;
        const struct timeval limit = { .tv_sec = 20 };
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        ret[0] = '\0';
        while (n < size - 1 && !(text && strstr(ret, text)) && (got = recv(fd, ret + n, size - 1 - n, 0)) > 0) {
                n += (size_t)got;
                ret[n] = '\0';
        }
}

/* ---- Tests ---- */

/* The longest idle go for the new ones; who waits for events is not idle. */
static void test_500_idle(void **state) {
        struct scene *s = *state;
        struct crowd crowd AUTO(crowd_release) = { .n = 0 };
        char heard[16384];
        start(s);
        int stream = knock();
        say(stream, "GET /api/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
        hear(stream, "\r\n\r\n", heard, sizeof(heard));
        come(&crowd, CROWD_MAX, "");
        check_good_client();
        check_heals(s);
        assert_in_range(count_open(&crowd), 100, 128);
        assert_true(is_open(crowd.fds[CROWD_MAX - 1]));
        hear(stream, "\"event_type\":\"restart\"", heard, sizeof(heard));
        check_contains(heard, "\"event_type\":\"restart\"");
        close(stream);
}

static void test_slow_ones(void **state) {
        struct scene *s = *state;
        struct crowd crowd AUTO(crowd_release) = { .n = 0 };
        /* More answers than the sockets on both sides hold. */
        struct buf many AUTO(buf_release) = BUF_INIT(65536);
        for (int i = 0; i < 300; i++)
                buf_add_str(&many, "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n");
        start(s);
        come(&crowd, 25, "G");
        come(&crowd, 25, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
        come(&crowd, 25,
             "PUT /api/config/monitor HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " REST_TOKEN
             "\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
        come(&crowd, 25, buf_str(&many));
        assert_true(eventually(nothing_unread, &crowd, 20000));
        check_good_client();
        check_heals(s);
        assert_int_equal(count_open(&crowd), crowd.n);
        /* One more byte from each of those who write keeps nobody waiting either. */
        for (size_t i = 0; i < 75; i++)
                say(crowd.fds[i], " ");
        check_good_client();
        assert_int_equal(count_open(&crowd), crowd.n);
}

/* Who will say no more is answered all the same. */
static void test_half_closed(void **state) {
        struct scene *s = *state;
        struct crowd crowd AUTO(crowd_release) = { .n = 0 };
        char heard[16384];
        start(s);
        come(&crowd, 20, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
        come(&crowd, 20, "GET /health HTTP/1.1\r\nHost: ");
        come(&crowd, 20, "");
        for (size_t i = 0; i < crowd.n; i++)
                assert_int_equal(shutdown(crowd.fds[i], SHUT_WR), 0);
        check_good_client();
        check_heals(s);
        for (size_t i = 0; i < crowd.n; i++) {
                hear(crowd.fds[i], NULL, heard, sizeof(heard));
                if (i < 20)
                        check_contains(heard, "\"status\":\"healthy\"");
                else if (i < 40)
                        check_contains(heard, "HTTP/1.1 400 Bad Request\r\n");
                else
                        assert_string_equal(heard, "");
        }
}

/* curl is told 413, and stops: it sends a small part at most. */
static void check_too_large(struct scene *s, const char *option, const char *header) {
        AUTO_FREE char *path = path_join(s->dir, "gigabyte");
        char url[128];
        struct output o = { 0 };
        snprintf(url, sizeof(url), "http://127.0.0.1:%d/api/config/import", rest_port());
        const char *const argv[] = { "/usr/bin/curl",
                                     "-sS",
                                     "-m",
                                     "25",
                                     "-o",
                                     "/dev/null",
                                     "-w",
                                     "%{http_code} %{size_upload}",
                                     "-X",
                                     "POST",
                                     "-H",
                                     "Authorization: Bearer " REST_TOKEN,
                                     "-H",
                                     header,
                                     option,
                                     path,
                                     url,
                                     NULL };
        run_program(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, &o);
        if (strncmp(o.out, "413 ", 4) != 0)
                fail_msg("%s %s: '%s' '%s'", option, header, o.out, o.err);
        assert_in_range(strtoull(o.out + 4, NULL, 10), 0, 64 * 1024 * 1024);
        output_release(&o);
}

static void test_gigabyte(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *path = path_join(s->dir, "gigabyte");
        start(s);
        file_put(s->dir, "gigabyte", "");
        /* Full of zeros, of which none takes room. */
        assert_int_equal(truncate(path, GIGABYTE), 0);
        check_too_large(s, "-T", "Accept: */*");
        check_too_large(s, "-T", "Expect:");
        check_too_large(s, "-T", "Transfer-Encoding: chunked");
        check_good_client();
        check_heals(s);
}

/* In the middle of bodies that will be too large, others are answered. */
static void test_bodies_under_way(void **state) {
        struct scene *s = *state;
        struct crowd crowd AUTO(crowd_release) = { .n = 0 };
        static char piece[64 * 1024 + 9];
        char heard[4096];
        start(s);
        memset(piece, 'x', sizeof(piece));
        memcpy(piece, "10000\r\n", 7);
        memcpy(piece + sizeof(piece) - 2, "\r\n", 2);
        come(&crowd, 10,
             "POST /api/config/import HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " REST_TOKEN
             "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int part = 0; part < 17; part++) {
                for (size_t i = 0; i < crowd.n; i++)
                        assert_int_equal(send(crowd.fds[i], piece, sizeof(piece), MSG_NOSIGNAL), (ssize_t)sizeof(piece));
                if (part == 8) {
                        check_good_client();
                        check_heals(s);
                        assert_int_equal(count_open(&crowd), crowd.n);
                }
        }
        for (size_t i = 0; i < crowd.n; i++) {
                hear(crowd.fds[i], NULL, heard, sizeof(heard));
                check_contains(heard, "HTTP/1.1 413 ");
        }
}

static void test_random_bytes(void **state) {
        struct scene *s = *state;
        struct crowd crowd AUTO(crowd_release) = { .n = 0 };
        unsigned seed = 20260131;
        char bytes[2048];
        start(s);
        while (crowd.n < CROWD_MAX) {
                size_t n = 1 + (size_t)rand_r(&seed) % sizeof(bytes);
                for (size_t i = 0; i < n; i++)
                        bytes[i] = (char)rand_r(&seed);
                crowd.fds[crowd.n] = knock();
                (void)!send(crowd.fds[crowd.n++], bytes, n, MSG_NOSIGNAL);
                if (crowd.n % 100 == 0)
                        check_status(rest_get("/health"), 200);
        }
        check_good_client();
        check_heals(s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                rest_test(test_500_idle), rest_test(test_slow_ones),        rest_test(test_half_closed),
                rest_test(test_gigabyte), rest_test(test_bodies_under_way), rest_test(test_random_bytes),
        };
        return cmocka_run_group_tests_name("serve among the hostile", tests, NULL, NULL);
}
