/* SPDX-License-Identifier: MIT */
/*
 * An HTTP client that keeps its connections: `load PORT REQUESTS CONNECTIONS METHOD PATH [HEADER]` asks 127.0.0.1:PORT so many
 * times, one request at a time on each connection, and prints requests a second, and the median and longest answer in ms.
 */
#include "autoheal/util/base.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64
#define HEAD_MAX        8192

struct conn {
        int fd;
        char head[HEAD_MAX]; /* what has come of it */
        size_t n_head;
        size_t body_left;
        bool in_body;
        double asked_ms;
};

struct run {
        char request[2048];
        struct conn conns[CONNECTIONS_MAX];
        size_t n_conns;
        double *took_ms;
        size_t wanted, asked, answered;
};

static _Noreturn void die(const char *what) {
        (void)fprintf(stderr, "load: %s: %s\n", what, errno ? strerror(errno) : "not as expected");
        exit(1);
}

static double now_ms(void) {
        struct timespec t;
        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int dial(unsigned port) {
        struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
                die("connect");
        return fd;
}

static void ask(struct run *r, struct conn *c) {
        size_t len = strlen(r->request);
        if (r->asked == r->wanted)
                return;
        r->asked++;
        c->n_head = c->body_left = 0;
        c->in_body = false;
        c->asked_ms = now_ms();
        if (send(c->fd, r->request, len, MSG_NOSIGNAL) != (ssize_t)len)
                die("send");
}

/* Anything but 200 would be another figure. */
static void take_head(struct conn *c) {
        const char *length = strcasestr(c->head, "\r\nContent-Length:");
        errno = 0;
        if (strncmp(c->head, "HTTP/1.1 200", strlen("HTTP/1.1 200")) != 0 || !length) {
                (void)fprintf(stderr, "%s\n", c->head);
                die("the answer");
        }
        c->body_left = strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
        c->in_body = true;
}

/* Returns how many bytes belonged to the head. */
static size_t add_to_head(struct conn *c, const char *data, size_t n) {
        size_t before = c->n_head, take = n < HEAD_MAX - 1 - before ? n : HEAD_MAX - 1 - before;
        memcpy(c->head + before, data, take);
        c->head[before + take] = '\0';
        char *end = strstr(c->head, "\r\n\r\n");
        c->n_head += take;
        if (!end) {
                if (c->n_head == HEAD_MAX - 1)
                        die("a long head");
                return take;
        }
        end[2] = '\0';
        take_head(c);
        return (size_t)(end + 4 - c->head) - before;
}

static void take(struct run *r, struct conn *c) {
        static char data[256 * 1024];
        ssize_t n = recv(c->fd, data, sizeof(data), 0);
        if (n <= 0)
                die("the connection ended");
        size_t used = c->in_body ? 0 : add_to_head(c, data, (size_t)n);
        if (!c->in_body)
                return;
        if ((size_t)n - used > c->body_left)
                die("more than an answer");
        c->body_left -= (size_t)n - used;
        if (c->body_left > 0)
                return;
        r->took_ms[r->answered++] = now_ms() - c->asked_ms;
        ask(r, c);
}

static void run(struct run *r) {
        struct pollfd fds[CONNECTIONS_MAX];
        for (size_t i = 0; i < r->n_conns; i++)
                fds[i] = (struct pollfd){ .fd = r->conns[i].fd, .events = POLLIN };
        for (size_t i = 0; i < r->n_conns; i++)
                ask(r, &r->conns[i]);
        while (r->answered < r->wanted) {
                if (poll(fds, r->n_conns, 60000) <= 0)
                        die("no answer");
                for (size_t i = 0; i < r->n_conns; i++)
                        if (fds[i].revents)
                                take(r, &r->conns[i]);
        }
}

static int by_value(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;
        return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
        static struct run r;
        if (argc < 6) {
                (void)fprintf(stderr, "usage: load PORT REQUESTS CONNECTIONS METHOD PATH [HEADER]\n");
                return 2;
        }
        r.wanted = strtoul(argv[2], NULL, 10);
        r.n_conns = strtoul(argv[3], NULL, 10);
        if (r.wanted < 1 || r.n_conns < 1 || r.n_conns > CONNECTIONS_MAX)
                die("the numbers");
        (void)snprintf(r.request, sizeof(r.request), "%s %s HTTP/1.1\r\nHost: localhost\r\n%s%s%s\r\n", argv[4], argv[5],
                       argc > 6 ? argv[6] : "", argc > 6 ? "\r\n" : "",
                       strcmp(argv[4], "POST") == 0 ? "Content-Length: 0\r\n" : "");
        r.took_ms = xcalloc(r.wanted, sizeof(*r.took_ms));
        for (size_t i = 0; i < r.n_conns; i++)
                r.conns[i].fd = dial((unsigned)strtoul(argv[1], NULL, 10));
        double began_ms = now_ms();
        run(&r);
        double all_ms = now_ms() - began_ms;
        qsort(r.took_ms, r.wanted, sizeof(*r.took_ms), by_value);
        (void)printf("%.0f %.3f %.3f\n", (double)r.wanted / all_ms * 1e3, r.took_ms[r.wanted / 2], r.took_ms[r.wanted - 1]);
        free(r.took_ms);
        return 0;
}
