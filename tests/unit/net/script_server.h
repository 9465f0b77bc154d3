/* SPDX-License-Identifier: MIT */
/*
 * A scripted HTTP server for tests, on the very loop that is tested: it accepts, reads and answers from net_watch()
 * callbacks. It logs each request as it came. What no rule answers stays unanswered, with the connection open.
 */
#ifndef AUTOHEAL_TESTS_SCRIPT_SERVER_H
#define AUTOHEAL_TESTS_SCRIPT_SERVER_H

#include "autoheal/net/net.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define SERVER_CONNECTIONS 6
#define SERVER_RULES       16
#define SERVER_LOG         32

struct server_connection {
        int fd; /* -1: free */
        size_t n;
        char in[8192];
};

struct server_rule {
        const char *request; /* "GET /path": the beginning of a request line */
        struct buf reply;
        bool close; /* after the reply */
        int uses;   /* left; negative: any number */
};

struct server {
        struct net *net;
        int listener;
        char dir[32];
        char path[64]; /* of the socket; "@..." for an abstract one, "" for TCP */
        int port;
        struct server_connection connections[SERVER_CONNECTIONS];
        struct server_rule rules[SERVER_RULES];
        size_t n_rules;
        int accepted;
        const char *greeting;  /* NULL: none; else said to whatever comes, and the connection is closed */
        char *log[SERVER_LOG]; /* head and body of each request */
        size_t n_log;
};

static inline void server_answer(struct server *s, int fd, const char *request) {
        for (size_t i = 0; i < s->n_rules; i++) {
                struct server_rule *rule = &s->rules[i];

                if (rule->uses == 0 || strncmp(request, rule->request, strlen(rule->request)) != 0)
                        continue;
                if (rule->uses > 0)
                        rule->uses--;
                /* Nobody reads on after a cancelled request; whoever waits for an answer would notice that part of it is missing. */
                if (rule->reply.len > 0)
                        (void)!send(fd, rule->reply.data, rule->reply.len, MSG_NOSIGNAL);
                if (rule->close)
                        (void)shutdown(fd, SHUT_RDWR);
                return;
        }
}

/* Length of the first complete request in the buffer, 0 if there is none yet. */
static inline size_t server_request_length(const struct server_connection *c) {
        const char *end = memmem(c->in, c->n, "\r\n\r\n", 4);
        const char *length = strcasestr(c->in, "\r\nContent-Length:");
        size_t want;

        if (!end)
                return 0;
        want = (size_t)(end - c->in) + 4;
        if (length && length < end)
                want += strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
        return c->n >= want ? want : 0;
}

static inline void server_readable(void *arg, int fd) {
        struct server *s = arg;
        struct server_connection *c = s->connections;
        ssize_t got;
        size_t used;

        while (c->fd != fd)
                c++;
        got = read(fd, c->in + c->n, sizeof(c->in) - 1 - c->n);
        if (got <= 0) {
                net_unwatch(s->net, fd);
                (void)close(fd);
                c->fd = -1;
                return;
        }
        if (s->greeting) {
                (void)!send(fd, s->greeting, strlen(s->greeting), MSG_NOSIGNAL);
                (void)shutdown(fd, SHUT_RDWR);
                return;
        }
        c->n += (size_t)got;
        c->in[c->n] = '\0';
        while ((used = server_request_length(c)) > 0) {
                char *request = strndup(c->in, used);

                assert_true(s->n_log < SERVER_LOG);
                s->log[s->n_log++] = request;
                memmove(c->in, c->in + used, c->n - used + 1);
                c->n -= used;
                server_answer(s, fd, request);
        }
}

static inline void server_acceptable(void *arg, int fd) {
        struct server *s = arg;
        struct server_connection *c = s->connections;
        int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

        assert_true(got >= 0);
        while (c < s->connections + SERVER_CONNECTIONS && c->fd >= 0)
                c++;
        assert_true(c < s->connections + SERVER_CONNECTIONS);
        c->fd = got;
        c->n = 0;
        s->accepted++;
        assert_int_equal(net_watch(s->net, got, server_readable, s, NULL), 0);
}

static inline void server_listen(struct server *s, struct net *net, int family, const void *address, socklen_t size) {
        s->net = net;
        for (size_t i = 0; i < SERVER_CONNECTIONS; i++)
                s->connections[i].fd = -1;
        s->listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(s->listener >= 0);
        assert_int_equal(bind(s->listener, address, size), 0);
        assert_int_equal(listen(s->listener, 16), 0);
        assert_int_equal(net_watch(net, s->listener, server_acceptable, s, NULL), 0);
}

/* On a unix socket in a directory of its own. */
static inline struct server *server_start(struct net *net) {
        struct server *s = xcalloc(1, sizeof(*s));
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        (void)snprintf(s->dir, sizeof(s->dir), "/tmp/autoheal-test-XXXXXX");
        assert_non_null(mkdtemp(s->dir));
        (void)snprintf(s->path, sizeof(s->path), "%s/socket", s->dir);
        memcpy(address.sun_path, s->path, strlen(s->path) + 1);
        server_listen(s, net, AF_UNIX, &address, sizeof(address));
        return s;
}

static inline struct server *server_start_abstract(struct net *net) {
        struct server *s = xcalloc(1, sizeof(*s));
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int n = snprintf(s->path, sizeof(s->path), "@autoheal-test-%ld", (long)getpid());

        memcpy(address.sun_path + 1, s->path + 1, (size_t)n - 1);
        server_listen(s, net, AF_UNIX, &address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n));
        return s;
}

static inline struct server *server_start_tcp(struct net *net) {
        struct server *s = xcalloc(1, sizeof(*s));
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof(address);

        server_listen(s, net, AF_INET, &address, sizeof(address));
        assert_int_equal(getsockname(s->listener, (struct sockaddr *)&address, &size), 0);
        s->port = ntohs(address.sin_port);
        return s;
}

static inline struct server_rule *server_rule(struct server *s, const char *request) {
        struct server_rule *rule = &s->rules[s->n_rules++];

        assert_true(s->n_rules <= SERVER_RULES);
        *rule = (struct server_rule){ .request = request, .reply = BUF_INIT(1024 * 1024), .uses = -1 };
        return rule;
}

/* Those bytes, as they are. The first rule that fits and is not used up answers. */
static inline struct server_rule *server_raw(struct server *s, const char *request, const char *bytes) {
        struct server_rule *rule = server_rule(s, request);

        buf_add_str(&rule->reply, bytes);
        return rule;
}

/* A whole answer; headers are lines that end with \r\n. */
static inline struct server_rule *server_reply(struct server *s, const char *request, int status, const char *headers,
                                               const char *body) {
        struct server_rule *rule = server_rule(s, request);

        buf_addf(&rule->reply, "HTTP/1.1 %d Whatever\r\n%s", status, headers);
        if (status != 304 && status != 204)
                buf_addf(&rule->reply, "Content-Length: %zu\r\n", strlen(body));
        buf_addf(&rule->reply, "\r\n%s", body);
        return rule;
}

static inline void server_stop(struct server *s) {
        for (size_t i = 0; i < SERVER_CONNECTIONS; i++) {
                if (s->connections[i].fd >= 0) {
                        net_unwatch(s->net, s->connections[i].fd);
                        (void)close(s->connections[i].fd);
                }
        }
        net_unwatch(s->net, s->listener);
        (void)close(s->listener);
        if (s->path[0] == '/')
                (void)unlink(s->path);
        if (s->dir[0])
                (void)rmdir(s->dir);
        for (size_t i = 0; i < s->n_rules; i++)
                buf_release(&s->rules[i].reply);
        for (size_t i = 0; i < s->n_log; i++)
                free(s->log[i]);
        free(s);
}

#endif
