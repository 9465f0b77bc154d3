/* SPDX-License-Identifier: MIT */
/*
 * Feeds what a container answers to a check of ours: to an HTTP request byte by byte as it stands, of an exec what comes as its
 * output. A server on the same loop sends it. The first byte chooses one, so that each has its own seeds.
 */
#include "autoheal/observe/probe.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#define ID16 "0123456789abcdef"
#define ID   ID16 ID16 ID16 ID16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct net *net;
static struct engine *engine;
static char url[64];
static struct slice answer; /* what is fed */
static bool over;

/* ---- The server ---- */

static void reply(int fd, const char *head, struct slice body) {
        /* What does not fit into the socket is cut off. */
        if (send(fd, head, strlen(head), MSG_NOSIGNAL) >= 0 && body.n > 0)
                (void)!send(fd, body.p, body.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)shutdown(fd, SHUT_WR);
}

static void answer_request(int fd, const char *request) {
        const struct slice nothing = { "", 0 };

        if (strncmp(request, "GET /check", 10) == 0)
                reply(fd, "", answer);
        else if (strstr(request, "/start HTTP"))
                reply(fd, "HTTP/1.1 200 OK\r\n\r\n", answer);
        else if (strstr(request, "POST "))
                reply(fd, "HTTP/1.1 201 Created\r\n\r\n{\"Id\":\"" ID "\"}", nothing);
        else if (strstr(request, "GET /_ping"))
                reply(fd, "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\n\r\nOK", nothing);
        else if (strstr(request, "/exec/"))
                reply(fd, "HTTP/1.1 200 OK\r\n\r\n{\"Running\":false,\"ExitCode\":3,\"Pid\":7}", nothing);
        else
                reply(fd, "HTTP/1.1 200 OK\r\n\r\n{\"ExecIDs\":null}", nothing);
}

static void readable(void *arg, int fd) {
        char request[8192];
        ssize_t n = recv(fd, request, sizeof(request) - 1, MSG_DONTWAIT);

        (void)arg;
        if (n > 0) {
                request[n] = '\0';
                answer_request(fd, request);
                return;
        }
        net_unwatch(net, fd);
        close(fd);
}

static void connected(void *arg, int listener) {
        int fd = accept(listener, NULL, NULL);

        (void)arg;
        if (fd >= 0 && net_watch(net, fd, readable, NULL, NULL) < 0)
                close(fd);
}

static struct endpoint endpoint;

static void begin(void) {
        struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
        socklen_t len = sizeof(addr);
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (listener < 0 || bind(listener, (struct sockaddr *)&addr, len) < 0 || listen(listener, 64) < 0 ||
            getsockname(listener, (struct sockaddr *)&addr, &len) < 0 || net_new(&net, NULL) < 0 ||
            net_watch(net, listener, connected, NULL, NULL) < 0)
                abort();
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", ntohs(addr.sin_port));
        endpoint = (struct endpoint){ .text = "tcp://engine", .base_url = url, .host = "", .source = "default" };
        engine = engine_new(net, &endpoint);
}

/* ---- What comes of it ---- */

static void done(void *arg, const struct check_result *r) {
        const struct health_check *check = arg;

        over = true;
        if (!memchr(r->detail, '\0', sizeof(r->detail)) || !memchr(r->output, '\0', sizeof(r->output)) || !r->detail[0])
                abort();
        for (const char *at = r->detail; *at; at++)
                if ((unsigned char)*at < ' ' || *at == '\x7f')
                        abort();
        if (r->outcome == CHECK_NOT_RUN || (check->kind == HEALTH_CHECK_EXEC && r->outcome == CHECK_PASSED))
                abort();
        if (r->outcome == CHECK_PASSED && !memmem(answer.p, answer.n, "200", 3))
                abort();
}

static void run(const struct health_check *check) {
        const struct probe_ask ask = { .check = check, .container_id = ID, .address = "127.0.0.1", .no_timeout = true };

        over = false;
        (void)probe_begin(net, engine, &ask, done, (void *)(uintptr_t)check);
        while (!over && net_run(net))
                continue;
        if (!over)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct health_check check = HEALTH_CHECK_INIT;
        char target[80];

        if (!net)
                begin();
        if (size == 0)
                return 0;
        answer = (struct slice){ (const char *)data + 1, size - 1 };
        (void)snprintf(target, sizeof(target), "%s/check", url);
        check.timeout_s = 5;
        switch (data[0]) {
        case 'b':
                check.expected_body = "fine";
                /* fall through */
        case 'h':
                check.kind = HEALTH_CHECK_HTTP;
                check.url = target;
                break;
        case 'x':
                check.kind = HEALTH_CHECK_EXEC;
                check.command = "true";
                break;
        default:
                return -1; /* keep it out of the corpus */
        }
        run(&check);
        return 0;
}
