/* SPDX-License-Identifier: MIT */
/* HTTP requests, watches and timers on one loop, against a scripted server on that loop. */
#include "support/check.h"
#include "unit/net/script_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#define ANY_TIMEOUT_MS 20000
/* No label has more than 63 letters: no name server is needed to know that there is no such host. */
#define NOWHERE "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid"

struct seen {
        int calls;
        long status;
        bool truncated;
        char body[512], content_type[64], date[64], server[64], api_version[16];
        struct error err;
        struct net *net;
        struct net_request *request, *victim;
        int ready_fd, replacement_fd;
};

static void note(void *arg, const struct net_answer *answer, const struct error *err) {
        struct seen *s = arg;

        assert_true(!answer != !err);
        s->calls++;
        if (err) {
                s->err = *err;
                return;
        }
        assert_true(answer->body.n < sizeof(s->body));
        s->status = answer->status;
        s->truncated = answer->truncated;
        memcpy(s->body, answer->body.p, answer->body.n);
        s->body[answer->body.n] = '\0';
        (void)snprintf(s->content_type, sizeof(s->content_type), "%s", answer->content_type);
        (void)snprintf(s->date, sizeof(s->date), "%s", answer->date);
        (void)snprintf(s->server, sizeof(s->server), "%s", answer->server);
        (void)snprintf(s->api_version, sizeof(s->api_version), "%s", answer->api_version);
}

static struct net_ask plain(const struct server *server) {
        return (struct net_ask){
                .method = "GET",
                .url = "http://somewhere/thing",
                .unix_socket = server->path,
                .user_agent = "test/1",
                .timeout_ms = ANY_TIMEOUT_MS,
                .connect_timeout_ms = ANY_TIMEOUT_MS,
                .max_body = 500,
        };
}

static struct seen ask(struct net *n, const struct net_ask *a) {
        struct seen seen = { .net = n };

        assert_int_equal(net_ask(n, a, note, &seen, &seen.request, NULL), 0);
        while (seen.calls == 0 && net_run(n))
                ;
        assert_int_equal(seen.calls, 1);
        return seen;
}

static struct net *new_net(void) {
        struct net *n = NULL;

        assert_int_equal(net_new(&n, NULL), 0);
        return n;
}

struct fixture {
        struct net *net;
        struct server *server;
};

static int set_up(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));

        f->net = new_net();
        f->server = server_start(f->net);
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

static void hands_over_an_answer(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct seen seen;

        server_reply(
                f->server, "GET /thing HTTP/1.1\r\nHost: somewhere\r\nUser-Agent: test/1\r\n", 200,
                "Content-Type: application/json\r\nAPI-Version: 1.41\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nserver: Thing\r\n",
                "[1]");
        seen = ask(f->net, &a);
        assert_int_equal(seen.status, 200);
        assert_string_equal(seen.body, "[1]");
        assert_string_equal(seen.content_type, "application/json");
        assert_string_equal(seen.api_version, "1.41");
        assert_string_equal(seen.date, "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_string_equal(seen.server, "Thing");
        assert_false(seen.truncated);
}

static void missing_headers_are_empty(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct seen seen;

        server_reply(f->server, "GET /thing", 500, "", "");
        seen = ask(f->net, &a);
        assert_int_equal(seen.status, 500);
        assert_string_equal(seen.body, "");
        assert_string_equal(seen.content_type, "");
        assert_string_equal(seen.api_version, "");
        assert_string_equal(seen.date, "");
        assert_string_equal(seen.server, "");
}

static void redirect_is_an_answer(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);

        server_reply(f->server, "GET /thing", 302, "Location: http://somewhere/else\r\n", "");
        assert_int_equal(ask(f->net, &a).status, 302);
        assert_int_equal(f->server->n_log, 1);
}

static void connection_is_used_again(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);

        server_reply(f->server, "GET /thing", 200, "", "x");
        for (int i = 0; i < 3; i++)
                assert_int_equal(ask(f->net, &a).status, 200);
        assert_int_equal(f->server->n_log, 3);
        assert_int_equal(f->server->accepted, 1);
}

static void connection_is_made_anew_if_asked(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);

        server_reply(f->server, "GET /thing", 200, "", "x");
        (void)ask(f->net, &a);
        a.fresh = true;
        (void)ask(f->net, &a);
        assert_int_equal(f->server->accepted, 2);
        a.fresh = false;
        (void)ask(f->net, &a);
        assert_int_equal(f->server->accepted, 2);
}

static void connection_that_died_is_replaced(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);

        server_reply(f->server, "GET /thing", 200, "", "x")->close = true;
        for (int i = 0; i < 2; i++)
                assert_int_equal(ask(f->net, &a).status, 200);
        assert_int_equal(f->server->accepted, 2);
}

static void empty_post_has_no_body_and_its_own_connection(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);

        server_reply(f->server, "GET /thing", 200, "", "x");
        server_reply(f->server, "POST /thing", 204, "", "");
        (void)ask(f->net, &a);
        a.method = "POST";
        assert_int_equal(ask(f->net, &a).status, 204);
        assert_int_equal(f->server->accepted, 2);
        a.method = "GET";
        (void)ask(f->net, &a);
        assert_int_equal(f->server->accepted, 2);
        assert_non_null(strstr(f->server->log[1], "Content-Length: 0\r\n"));
        assert_null(strcasestr(f->server->log[1], "Expect:"));
        assert_null(strcasestr(f->server->log[1], "Content-Type:"));
        assert_null(strcasestr(f->server->log[1], "Transfer-Encoding:"));
}

static void post_that_dies_is_not_sent_again(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);

        server_reply(f->server, "GET /thing", 200, "", "x");
        server_raw(f->server, "POST /thing", "")->close = true;
        (void)ask(f->net, &a);
        a.method = "POST";
        assert_int_equal(ask(f->net, &a).err.code, ERR_PROTOCOL);
        assert_int_equal(f->server->n_log, 2);
}

static void body_of_a_post_is_copied_and_sent(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        char body[] = "{\"a\":1}";
        struct seen seen = { 0 };

        server_reply(f->server, "POST /thing", 201, "", "");
        a.method = "POST";
        a.body = body;
        assert_int_equal(net_ask(f->net, &a, note, &seen, &seen.request, NULL), 0);
        memset(body, 'x', sizeof(body) - 1);
        while (seen.calls == 0 && net_run(f->net))
                ;
        assert_int_equal(seen.status, 201);
        assert_non_null(strstr(f->server->log[0], "\r\nContent-Type: application/json\r\n"));
        assert_non_null(strstr(f->server->log[0], "\r\n\r\n{\"a\":1}"));
}

static void head_has_no_body(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);

        server_raw(f->server, "HEAD /thing", "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n");
        a.method = "HEAD";
        assert_int_equal(ask(f->net, &a).status, 200);
}

static void too_long_a_body_is_refused(void **state) {
        static const char *const answers[] = {
                "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789a",
                "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999\r\n\r\n0123456789a",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n6\r\n56789a\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\n\r\n0123456789a",
        };
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);

        a.max_body = 10;
        for (size_t i = 0; i < N_ELEMENTS(answers); i++) {
                struct seen seen;

                f->server->n_rules = 0;
                server_raw(f->server, "GET /thing", answers[i]);
                seen = ask(f->net, &a);
                buf_release(&f->server->rules[0].reply);
                assert_int_equal(seen.err.code, ERR_TOO_LARGE);
                assert_string_equal(seen.err.msg, "the answer is larger than 10 bytes");
        }
        f->server->n_rules = 0;
        server_reply(f->server, "GET /thing", 200, "", "0123456789");
        assert_string_equal(ask(f->net, &a).body, "0123456789");
}

static void too_long_a_body_is_cut_if_asked(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct seen seen;

        server_reply(f->server, "GET /thing", 200, "", "0123456789a");
        a.max_body = 10;
        a.cut_body = true;
        seen = ask(f->net, &a);
        assert_int_equal(seen.status, 200);
        assert_true(seen.truncated);
        assert_string_equal(seen.body, "0123456789");
        a.max_body = 11;
        seen = ask(f->net, &a);
        assert_false(seen.truncated);
        assert_string_equal(seen.body, "0123456789a");
}

static void too_many_headers_are_refused(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct server_rule *rule = server_raw(f->server, "GET /thing", "HTTP/1.1 200 OK\r\n");

        for (int i = 0; i < 1000; i++)
                buf_addf(&rule->reply, "X-Filler-%04d: %052d\r\n", i, i);
        buf_add_str(&rule->reply, "Content-Length: 0\r\n\r\n");
        assert_int_equal(ask(f->net, &a).err.code, ERR_TOO_LARGE);
        a.max_headers = (size_t)1024 * 1024;
        assert_int_equal(ask(f->net, &a).status, 200);
        a.max_headers = 100;
        assert_int_equal(ask(f->net, &a).err.code, ERR_TOO_LARGE);
}

static void interim_answers_count_as_headers(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct server_rule *rule = server_raw(f->server, "GET /thing", "");

        for (int i = 0; i < 4000; i++)
                buf_add_str(&rule->reply, "HTTP/1.1 100 Continue\r\n\r\n");
        assert_int_equal(ask(f->net, &a).err.code, ERR_TOO_LARGE);
}

static void endless_header_line_is_refused(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct server_rule *rule = server_raw(f->server, "GET /thing", "HTTP/1.1 200 OK\r\nX: ");

        for (int i = 0; i < 110 * 1024; i++)
                buf_add_char(&rule->reply, 'x');
        assert_int_equal(ask(f->net, &a).err.code, ERR_TOO_LARGE);
}

static void broken_answers_are_told_apart_from_answers(void **state) {
        static const char *const answers[] = {
                "",
                "HTTP/1.1 204 No Content\r\nDa",
                "HTTP/1.1 204 No Content\r\nDate: x\r\n",
                "HTTP/1.1 204",
                "HTTP/1.1 100 Continue\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n012",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n012",
                "\x15\x03\x01\x00\x02\x02\x46",
                "SSH-2.0-OpenSSH_9.2\r\n",
                "HTTP/9.9 200 OK\r\n\r\n",
                "HTTP/1.1 999999 OK\r\n\r\n",
                "HTTP/,.1 503 OK\r\nContent-Length: 2\r\n\r\nhi",
                "hTTp/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
                "HTTp/,.\n\nhi",
                "HTTP/garbage\r\n\r\n",
                "HTTP/1.1\r\n\r\n",
                "HTTP/1.1 20\r\n\r\n",
                "HTTP/1.1 2000\r\n\r\n",
                "\r\n\r\n\r\n\r\n",
        };
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);

        for (size_t i = 0; i < N_ELEMENTS(answers); i++) {
                struct seen seen;

                f->server->n_rules = 0;
                server_raw(f->server, "GET /thing", answers[i])->close = true;
                seen = ask(f->net, &a);
                buf_release(&f->server->rules[0].reply);
                if (seen.err.code != ERR_PROTOCOL)
                        fail_msg("answer %zu: status %ld, error '%s'", i, seen.status, seen.err.msg);
                assert_non_null(strstr(seen.err.msg, "no proper HTTP answer: "));
        }
        f->server->n_rules = 0;
}

static void tells_what_is_no_http(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);

        server_raw(f->server, "GET /thing", "SSH-2.0-OpenSSH_9.2\r\n")->close = true;
        assert_int_equal(ask(f->net, &a).err.sys_errno, EBADMSG);
        buf_release(&f->server->rules[0].reply);
        f->server->n_rules = 0;
        server_raw(f->server, "GET /thing", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n01")->close = true;
        assert_int_equal(ask(f->net, &a).err.sys_errno, 0);
}

static void missing_socket(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        char path[80];
        struct seen seen;

        (void)snprintf(path, sizeof(path), "%s/none", f->server->dir);
        a.unix_socket = path;
        seen = ask(f->net, &a);
        assert_int_equal(seen.err.code, ERR_CONNECT);
        assert_int_equal(seen.err.sys_errno, ENOENT);
        assert_string_equal(seen.err.msg, "cannot connect: No such file or directory");
}

static void refused_connection(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct seen seen;

        net_unwatch(f->net, f->server->listener);
        (void)close(f->server->listener);
        f->server->listener = -1;
        seen = ask(f->net, &a);
        assert_int_equal(seen.err.code, ERR_CONNECT);
        assert_int_equal(seen.err.sys_errno, ECONNREFUSED);
}

static void full_queue(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fillers[4];
        struct seen seen;

        memcpy(address.sun_path, f->server->path, strlen(f->server->path) + 1);
        net_unwatch(f->net, f->server->listener);
        assert_int_equal(listen(f->server->listener, 0), 0);
        for (size_t i = 0; i < N_ELEMENTS(fillers); i++) {
                fillers[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
                (void)connect(fillers[i], (struct sockaddr *)&address, sizeof(address));
        }
        seen = ask(f->net, &a);
        assert_int_equal(seen.err.code, ERR_CONNECT);
        assert_int_equal(seen.err.sys_errno, EAGAIN);
        for (size_t i = 0; i < N_ELEMENTS(fillers); i++)
                (void)close(fillers[i]);
}

static void refused_tcp_connection(void **state) {
        struct fixture *f = *state;
        struct server *tcp = server_start_tcp(f->net);
        struct net_ask a = plain(f->server);
        char url[64];
        struct seen seen;

        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/thing", tcp->port);
        server_stop(tcp);
        a.unix_socket = NULL;
        a.url = url;
        seen = ask(f->net, &a);
        assert_int_equal(seen.err.code, ERR_CONNECT);
        assert_int_equal(seen.err.sys_errno, ECONNREFUSED);
}

static void unknown_host(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct seen seen;

        a.unix_socket = NULL;
        a.url = "http://name with blanks/";
        seen = ask(f->net, &a);
        assert_int_equal(seen.err.code, ERR_INVALID);
        a.url = "http://" NOWHERE "/";
        seen = ask(f->net, &a);
        assert_int_equal(seen.err.code, ERR_CONNECT);
        assert_int_equal(seen.err.sys_errno, 0);
}

static void no_answer_in_time(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct seen seen;

        a.timeout_ms = 100;
        seen = ask(f->net, &a);
        assert_int_equal(seen.err.code, ERR_TIMEOUT);
        assert_string_equal(seen.err.msg, "no answer within 100 ms");
        assert_int_equal(f->server->n_log, 1);
}

static void half_an_answer_in_time(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);

        server_raw(f->server, "GET /thing", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n0");
        a.timeout_ms = 100;
        assert_int_equal(ask(f->net, &a).err.code, ERR_TIMEOUT);
}

static void no_answer_in_time_on_a_reused_connection(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);

        server_reply(f->server, "GET /thing", 200, "", "x")->uses = 1;
        assert_int_equal(ask(f->net, &a).status, 200);
        a.timeout_ms = 100;
        assert_int_equal(ask(f->net, &a).err.code, ERR_TIMEOUT);
        assert_int_equal(f->server->accepted, 1);
}

/* ---- Streams ---- */

struct streamed {
        struct seen seen; /* begins it: what becomes of the request is told to it */
        struct server *server;
        int began;
};

static void stream_began(void *arg) {
        ((struct streamed *)arg)->began++;
}

static void piece_came(void *arg, struct slice piece) {
        (void)arg;
        (void)piece;
}

static void hang_up(void *arg) {
        const struct streamed *s = arg;

        for (size_t i = 0; i < SERVER_CONNECTIONS; i++)
                if (s->server->connections[i].fd >= 0)
                        (void)shutdown(s->server->connections[i].fd, SHUT_RDWR);
}

static struct streamed ask_for_stream(struct fixture *f, int64_t hang_up_ms) {
        static const struct net_stream_fns fns = { .began = stream_began, .piece = piece_came };
        struct streamed s = { .server = f->server };
        struct net_ask a = plain(f->server);

        a.timeout_ms = 100;
        a.stream = &fns;
        assert_int_equal(net_ask(f->net, &a, note, &s, &s.seen.request, NULL), 0);
        if (hang_up_ms)
                (void)net_timer(f->net, hang_up_ms, hang_up, &s);
        while (s.seen.calls == 0 && net_run(f->net))
                continue;
        return s;
}

static void a_stream_that_does_not_begin_in_time(void **state) {
        struct fixture *f = *state;
        struct streamed s = ask_for_stream(f, 0);

        assert_int_equal(s.seen.err.code, ERR_TIMEOUT);
        assert_string_equal(s.seen.err.msg, "no answer within 100 ms");
        assert_int_equal(s.began, 0);
        assert_int_equal(f->server->n_log, 1);
}

static void a_refusal_that_does_not_end_in_time(void **state) {
        struct fixture *f = *state;
        struct streamed s;

        server_raw(f->server, "GET /thing", "HTTP/1.1 500 Oh\r\n\r\nno");
        s = ask_for_stream(f, 0);
        assert_int_equal(s.seen.err.code, ERR_TIMEOUT);
        assert_int_equal(s.began, 0);
}

/* However long it then says nothing. */
static void a_stream_that_has_begun_has_time(void **state) {
        struct fixture *f = *state;
        struct streamed s;

        server_raw(f->server, "GET /thing", "HTTP/1.1 200 OK\r\n\r\n");
        s = ask_for_stream(f, 500);
        assert_int_equal(s.began, 1);
        assert_int_equal(s.seen.err.code, ERR_NONE);
        assert_int_equal(s.seen.status, 200);
}

static void no_connection_in_time(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof(address);
        int listener = socket(AF_INET, SOCK_STREAM, 0), fillers[4];
        char url[64];
        struct seen seen;

        /* A full backlog of a listener that never accepts leaves a connection half open. */
        assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
        assert_int_equal(listen(listener, 0), 0);
        assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
        for (size_t i = 0; i < N_ELEMENTS(fillers); i++) {
                fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
                (void)connect(fillers[i], (struct sockaddr *)&address, sizeof(address));
        }
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/thing", ntohs(address.sin_port));
        a.unix_socket = NULL;
        a.url = url;
        a.timeout_ms = 100;
        seen = ask(f->net, &a);
        assert_int_equal(seen.err.code, ERR_CONNECT);
        assert_int_equal(seen.err.sys_errno, ETIMEDOUT);
        a.timeout_ms = ANY_TIMEOUT_MS;
        a.connect_timeout_ms = 100;
        seen = ask(f->net, &a);
        assert_int_equal(seen.err.code, ERR_CONNECT);
        assert_int_equal(seen.err.sys_errno, ETIMEDOUT);
        for (size_t i = 0; i < N_ELEMENTS(fillers); i++)
                (void)close(fillers[i]);
        (void)close(listener);
}

static void abstract_socket(void **state) {
        struct fixture *f = *state;
        struct server *abstract = server_start_abstract(f->net);
        struct net_ask a = plain(abstract);

        server_reply(abstract, "GET /thing", 200, "", "here");
        assert_string_equal(ask(f->net, &a).body, "here");
        server_stop(abstract);
}

static void proxy_only_if_asked(void **state) {
        struct fixture *f = *state;
        struct server *proxy = server_start_tcp(f->net), *other = server_start_tcp(f->net);
        struct net_ask a = plain(f->server);
        char url[64], proxy_url[64];
        struct seen seen;

        server_reply(f->server, "GET /thing", 200, "", "direct");
        server_reply(other, "GET /thing", 200, "", "direct");
        server_reply(proxy, "GET http://" NOWHERE ":2375/thing HTTP/1.1\r\nHost: " NOWHERE ":2375\r\n", 200, "", "through a proxy");
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/thing", other->port);
        (void)snprintf(proxy_url, sizeof(proxy_url), "http://127.0.0.1:%d", proxy->port);
        (void)unsetenv("NO_PROXY");
        (void)unsetenv("no_proxy");
        (void)setenv("HTTP_PROXY", proxy_url, 1);
        (void)setenv("http_proxy", proxy_url, 1);

        a.use_proxy = true;
        assert_string_equal(ask(f->net, &a).body, "direct");
        a.unix_socket = NULL;
        a.url = url;
        assert_string_equal(ask(f->net, &a).body, "direct");
        a.url = "http://" NOWHERE ":2375/thing";
        assert_string_equal(ask(f->net, &a).body, "through a proxy");
        (void)setenv("NO_PROXY", NOWHERE, 1);
        seen = ask(f->net, &a);
        assert_int_equal(seen.err.code, ERR_CONNECT);
        check_contains(seen.err.msg, NOWHERE);
        (void)unsetenv("NO_PROXY");
        a.use_proxy = false;
        assert_int_equal(ask(f->net, &a).err.code, ERR_CONNECT);
        assert_int_equal(proxy->n_log, 1);

        (void)unsetenv("HTTP_PROXY");
        (void)unsetenv("http_proxy");
        server_stop(proxy);
        server_stop(other);
}

static void tls_goes_through_a_proxy_by_connect(void **state) {
        static const struct net_tls tls = { .verify = true };
        struct fixture *f = *state;
        struct server *proxy = server_start_tcp(f->net);
        struct net_ask a = plain(f->server);
        const char *const secret[] = { "X-Token: secret", NULL };
        char proxy_url[64];
        struct seen seen;

        server_raw(proxy, "CONNECT " NOWHERE ":2376 HTTP/1.1\r\n", "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
        (void)snprintf(proxy_url, sizeof(proxy_url), "http://127.0.0.1:%d", proxy->port);
        (void)unsetenv("NO_PROXY");
        (void)setenv("HTTPS_PROXY", proxy_url, 1);
        a.use_proxy = true;
        a.unix_socket = NULL;
        a.url = "https://" NOWHERE ":2376/thing";
        a.tls = &tls;
        a.method = "POST";
        a.headers = secret;
        seen = ask(f->net, &a);
        (void)unsetenv("HTTPS_PROXY");
        /* Refused by the proxy: the engine has seen nothing of it, and the proxy nothing that is for the engine. */
        assert_int_equal(seen.err.code, ERR_CONNECT);
        check_contains(seen.err.msg, "403");
        assert_int_equal(proxy->n_log, 1);
        check_lacks(proxy->log[0], "secret");
        server_stop(proxy);
}

static void no_tls_where_tls_was_meant(void **state) {
        static const struct net_tls tls = { .verify = true };
        static const struct {
                const char *reply, *text;
        } rows[] = {
                { "HTTP/1.1 400 Bad Request\r\n\r\n", "tls: the server gave an answer without TLS to a TLS client" },
                { "", "tls: the server closed the connection during the handshake" },
                { "\x15\x03\x03\x1f\x02\x02\x28", NULL },
        };
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);

        a.url = "https://somewhere/thing";
        a.tls = &tls;
        a.method = "POST";
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct seen seen;

                f->server->greeting = rows[i].reply;
                seen = ask(f->net, &a);
                assert_int_equal(seen.err.code, ERR_CONNECT);
                assert_int_equal(seen.err.sys_errno, 0);
                if (rows[i].text)
                        assert_string_equal(seen.err.msg, rows[i].text);
                check_lacks(seen.err.msg, "error:0A");
        }
        f->server->greeting = NULL;
}

static void handshake_in_time(void **state) {
        static const struct net_tls tls = { .verify = true };
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct seen seen;

        /* Nothing was sent yet: the engine cannot have acted. */
        a.url = "https://somewhere/thing";
        a.tls = &tls;
        a.method = "POST";
        a.timeout_ms = 100;
        seen = ask(f->net, &a);
        assert_int_equal(seen.err.code, ERR_CONNECT);
        assert_int_equal(seen.err.sys_errno, ETIMEDOUT);
}

static void sends_headers(void **state) {
        static const char *const headers[] = { "X-One: 1",
                                               "X-Empty:",
                                               "X-Blank:  \t",
                                               "X-Two:two: 2; x",
                                               "user-agent: somebody else",
                                               "Host: elsewhere",
                                               "Content-Length: 5",
                                               "Content-Type: text/plain",
                                               "Transfer-Encoding: chunked",
                                               "Connection: close",
                                               "Upgrade: h2c",
                                               "Expect: 100-continue",
                                               "TE: trailers",
                                               "Trailer: X-One",
                                               "Accept-Encoding: gzip",
                                               "Authorization: Basic eA==",
                                               NULL };
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        const char *request;

        server_reply(f->server, "POST /thing", 200, "", "");
        a.method = "POST";
        a.headers = headers;
        assert_int_equal(ask(f->net, &a).status, 200);
        request = f->server->log[0];
        check_contains(request, "\r\nX-One: 1\r\n");
        check_contains(request, "\r\nX-Empty:\r\n");
        check_contains(request, "\r\nX-Blank:\r\n");
        check_contains(request, "\r\nX-Two:two: 2; x\r\n");
        check_contains(request, "\r\nAuthorization: Basic eA==\r\n");
        check_contains(request, "\r\nHost: somewhere\r\n");
        check_contains(request, "\r\nUser-Agent: test/1\r\n");
        check_contains(request, "\r\nContent-Length: 0\r\n");
        check_lacks(request, "lsewhere");
        check_lacks(request, "somebody");
        check_lacks(request, "text/plain");
        check_lacks(request, "chunked");
        check_lacks(request, "close");
        check_lacks(request, "h2c");
        check_lacks(request, "100-continue");
        check_lacks(request, "trailers");
        check_lacks(request, "Trailer");
        check_lacks(request, "gzip");
}

static void refuses_headers_that_are_none(void **state) {
        static const struct {
                const char *header, *text;
        } rows[] = {
                { "", "'' is no HTTP header" },
                { "X", "'X' is no HTTP header" },
                { "X;", "'X;' is no HTTP header" },
                { ": x", "': x' is no HTTP header" },
                { "X y: z", "'X y: z' is no HTTP header" },
                { "X\r\nY: z", "'X\\r\\nY: z' is no HTTP header" },
                { "X: secret\r\nY: z", "the value of the HTTP header 'X' holds a control character" },
                { "X: secret\x7f", "the value of the HTTP header 'X' holds a control character" },
        };
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);

        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                const char *const headers[] = { "X-Fine: x", rows[i].header, NULL };
                struct net_request *r = NULL;
                struct error err = ERROR_INIT;

                a.headers = headers;
                assert_int_equal(net_ask(f->net, &a, note, NULL, &r, &err), -1);
                assert_int_equal(err.code, ERR_INVALID);
                assert_string_equal(err.msg, rows[i].text);
        }
}

static void refuses_what_it_cannot_ask(void **state) {
        static const struct net_tls tls = { .verify = true };
        struct fixture *f = *state;
        struct net_request *r = NULL;
        struct net_ask a = plain(f->server);
        struct error err = ERROR_INIT;

        a.method = "BREW";
        assert_int_equal(net_ask(f->net, &a, note, NULL, &r, &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
        a = plain(f->server);
        a.url = "file:///etc/hostname";
        assert_int_equal(net_ask(f->net, &a, note, NULL, &r, &err), -1);
        a = plain(f->server);
        a.timeout_ms = 0;
        assert_int_equal(net_ask(f->net, &a, note, NULL, &r, &err), -1);
        /* Neither TLS without being told how, nor none where it was meant. */
        a = plain(f->server);
        a.url = "https://somewhere/thing";
        assert_int_equal(net_ask(f->net, &a, note, NULL, &r, &err), -1);
        a = plain(f->server);
        a.tls = &tls;
        assert_int_equal(net_ask(f->net, &a, note, NULL, &r, &err), -1);
        assert_null(r);
        assert_false(net_run(f->net));
}

static void cancel_one_and_self(void *arg, const struct net_answer *answer, const struct error *err) {
        struct seen *s = arg;

        note(arg, answer, err);
        net_cancel(s->net, s->victim);
        net_cancel(s->net, s->request);
        net_cancel(s->net, NULL);
}

static void callback_cancels(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct seen first = { .net = f->net }, second = { .net = f->net };

        /* Both may have ended in the same round: whichever is told first ends the other. */
        server_reply(f->server, "GET /thing", 200, "", "x");
        assert_int_equal(net_ask(f->net, &a, cancel_one_and_self, &first, &first.request, NULL), 0);
        assert_int_equal(net_ask(f->net, &a, cancel_one_and_self, &second, &second.request, NULL), 0);
        first.victim = second.request;
        second.victim = first.request;
        while (net_run(f->net))
                ;
        assert_int_equal(first.calls + second.calls, 1);
}

static void ask_again(void *arg, const struct net_answer *answer, const struct error *err) {
        struct seen *s = arg;
        struct net_ask a = { .method = "GET",
                             .url = "http://somewhere/again",
                             .unix_socket = s->body,
                             .timeout_ms = ANY_TIMEOUT_MS,
                             .max_body = 10 };

        (void)err;
        s->calls++;
        assert_non_null(answer);
        if (s->calls < 3)
                assert_int_equal(net_ask(s->net, &a, ask_again, s, &s->request, NULL), 0);
}

static void callback_asks(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct seen seen = { .net = f->net };

        (void)snprintf(seen.body, sizeof(seen.body), "%s", f->server->path);
        server_reply(f->server, "GET /", 200, "", "x");
        assert_int_equal(net_ask(f->net, &a, ask_again, &seen, &seen.request, NULL), 0);
        while (net_run(f->net))
                ;
        assert_int_equal(seen.calls, 3);
        assert_int_equal(f->server->accepted, 1);
}

static void cancelled_request_says_nothing(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct seen seen = { 0 };

        server_reply(f->server, "GET /thing", 200, "", "x");
        assert_int_equal(net_ask(f->net, &a, note, &seen, &seen.request, NULL), 0);
        assert_true(net_run(f->net));
        net_cancel(f->net, seen.request);
        assert_false(net_run(f->net));
        assert_int_equal(seen.calls, 0);
        /* And one that is still under way when everything ends. */
        assert_int_equal(net_ask(f->net, &a, note, &seen, &seen.request, NULL), 0);
}

static void first_round_performs_at_once(void **state) {
        struct fixture *f = *state;
        struct net_ask a = plain(f->server);
        struct seen seen = { 0 };
        struct pollfd p = { .fd = f->server->listener, .events = POLLIN };

        net_unwatch(f->net, f->server->listener);
        assert_int_equal(net_ask(f->net, &a, note, &seen, &seen.request, NULL), 0);
        assert_true(net_run(f->net));
        assert_int_equal(poll(&p, 1, 0), 1);
}

static void count(void *arg) {
        ++*(int *)arg;
}

static void timers_keep_the_loop_alive(void **state) {
        struct net *n = new_net();
        int late = 0, soon = 0, never = 0;
        uint64_t id;

        (void)state;
        assert_false(net_run(n));
        assert_int_not_equal(net_timer(n, 20, count, &late), 0);
        id = net_timer(n, 30, count, &never);
        (void)net_timer(n, -5, count, &soon);
        while (soon == 0)
                assert_true(net_run(n));
        assert_int_equal(late, 0);
        net_timer_cancel(n, id);
        net_timer_cancel(n, id);
        net_timer_cancel(n, 0);
        while (net_run(n))
                ;
        assert_int_equal(late, 1);
        assert_int_equal(soon, 1);
        assert_int_equal(never, 0);
        (void)net_timer(n, INT64_MAX, count, &never);
        net_free(n);
        assert_int_equal(never, 0);
}

static void note_ready(void *arg, int fd) {
        struct seen *s = arg;

        s->calls++;
        s->ready_fd = fd;
        net_unwatch(s->net, fd);
        if (s->replacement_fd > 0)
                assert_int_equal(net_watch(s->net, s->replacement_fd, note_ready, s, NULL), 0);
        s->replacement_fd = 0;
}

static void run_until(struct net *n, const int *calls, int wanted) {
        int ended = 0;
        uint64_t id = net_timer(n, ANY_TIMEOUT_MS, count, &ended);

        while (*calls < wanted && net_run(n))
                assert_int_equal(ended, 0);
        net_timer_cancel(n, id);
}

static void watches_data_and_hang_up(void **state) {
        struct net *n = new_net();
        struct seen data = { .net = n }, hang_up = { .net = n };
        int a[2], b[2];

        (void)state;
        assert_int_equal(pipe(a), 0);
        assert_int_equal(pipe(b), 0);
        assert_int_equal(net_watch(n, a[0], note_ready, &data, NULL), 0);
        assert_int_equal(net_watch(n, b[0], note_ready, &hang_up, NULL), 0);
        assert_false(net_run(n));
        assert_int_equal(write(a[1], "x", 1), 1);
        run_until(n, &data.calls, 1);
        assert_int_equal(data.ready_fd, a[0]);
        assert_int_equal(hang_up.calls, 0);
        (void)close(b[1]);
        run_until(n, &hang_up.calls, 1);
        assert_int_equal(hang_up.ready_fd, b[0]);
        assert_int_equal(data.calls, 1);
        (void)close(a[0]);
        (void)close(a[1]);
        (void)close(b[0]);
        net_free(n);
}

static void callback_replaces_a_watch(void **state) {
        struct net *n = new_net();
        struct seen seen = { .net = n };
        int a[2], b[2];

        (void)state;
        assert_int_equal(pipe(a), 0);
        assert_int_equal(pipe(b), 0);
        assert_int_equal(write(a[1], "x", 1), 1);
        assert_int_equal(write(b[1], "x", 1), 1);
        seen.replacement_fd = b[0];
        assert_int_equal(net_watch(n, a[0], note_ready, &seen, NULL), 0);
        run_until(n, &seen.calls, 1);
        assert_int_equal(seen.ready_fd, a[0]);
        assert_int_equal(seen.calls, 1);
        run_until(n, &seen.calls, 2);
        assert_int_equal(seen.ready_fd, b[0]);
        for (int i = 0; i < 2; i++) {
                (void)close(a[i]);
                (void)close(b[i]);
        }
        net_free(n);
}

static void drop_other(void *arg, int fd) {
        struct seen *s = arg;

        s->calls++;
        net_unwatch(s->net, fd);
        net_unwatch(s->net, s->replacement_fd + s->ready_fd - fd);
}

static void callback_unwatches_another_that_is_ready(void **state) {
        struct net *n = new_net();
        struct seen seen = { .net = n };
        int a[2], b[2], ended = 0;

        (void)state;
        assert_int_equal(pipe(a), 0);
        assert_int_equal(pipe(b), 0);
        (void)close(a[1]);
        (void)close(b[1]);
        seen.ready_fd = a[0];
        seen.replacement_fd = b[0];
        assert_int_equal(net_watch(n, a[0], drop_other, &seen, NULL), 0);
        assert_int_equal(net_watch(n, b[0], drop_other, &seen, NULL), 0);
        (void)net_timer(n, 0, count, &ended);
        while (net_run(n))
                ;
        assert_int_equal(seen.calls, 1);
        (void)close(a[0]);
        (void)close(b[0]);
        net_free(n);
}

static void put_into_its_place(void *arg, int fd) {
        struct seen *s = arg;

        net_unwatch(s->net, s->ready_fd);
        assert_int_equal(net_watch(s->net, s->replacement_fd, note_ready, s, NULL), 0);
        net_unwatch(s->net, fd);
}

static void idle_descriptor_in_the_place_of_a_ready_one_is_not_called(void **state) {
        struct net *n = new_net();
        struct seen seen = { .net = n };
        int a[2], b[2], idle[2], ended = 0;

        (void)state;
        assert_int_equal(pipe(a), 0);
        assert_int_equal(pipe(b), 0);
        assert_int_equal(pipe(idle), 0);
        (void)close(a[1]);
        (void)close(b[1]);
        seen.ready_fd = b[0];
        seen.replacement_fd = idle[0];
        assert_int_equal(net_watch(n, a[0], put_into_its_place, &seen, NULL), 0);
        assert_int_equal(net_watch(n, b[0], note_ready, &seen, NULL), 0);
        (void)net_timer(n, 0, count, &ended);
        while (net_run(n))
                ;
        assert_int_equal(seen.calls, 0);
        (void)close(a[0]);
        (void)close(b[0]);
        (void)close(idle[0]);
        (void)close(idle[1]);
        net_free(n);
}

static void watches_are_bounded_and_unique(void **state) {
        struct net *n = new_net();
        struct seen seen = { .net = n };
        struct error err = ERROR_INIT;
        int fds[NET_WATCHES_MAX + 1], one_more = NET_WATCHES_MAX;

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(fds); i++)
                fds[i] = open("/dev/null", O_RDONLY);
        for (size_t i = 0; i < NET_WATCHES_MAX; i++)
                assert_int_equal(net_watch(n, fds[i], note_ready, &seen, NULL), 0);
        assert_int_equal(net_watch(n, fds[one_more], note_ready, &seen, &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
        net_unwatch(n, fds[one_more]);
        net_unwatch(n, fds[3]);
        assert_int_equal(net_watch(n, fds[2], note_ready, &seen, &err), -1);
        assert_int_equal(net_watch(n, fds[one_more], note_ready, &seen, NULL), 0);
        for (size_t i = 0; i < N_ELEMENTS(fds); i++)
                (void)close(fds[i]);
        net_free(n);
}

static void free_of_nothing(void **state) {
        (void)state;
        net_free(NULL);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_SERVER(hands_over_an_answer),
                WITH_SERVER(missing_headers_are_empty),
                WITH_SERVER(redirect_is_an_answer),
                WITH_SERVER(connection_is_used_again),
                WITH_SERVER(connection_is_made_anew_if_asked),
                WITH_SERVER(connection_that_died_is_replaced),
                WITH_SERVER(empty_post_has_no_body_and_its_own_connection),
                WITH_SERVER(post_that_dies_is_not_sent_again),
                WITH_SERVER(body_of_a_post_is_copied_and_sent),
                WITH_SERVER(head_has_no_body),
                WITH_SERVER(too_long_a_body_is_refused),
                WITH_SERVER(too_long_a_body_is_cut_if_asked),
                WITH_SERVER(too_many_headers_are_refused),
                WITH_SERVER(interim_answers_count_as_headers),
                WITH_SERVER(endless_header_line_is_refused),
                WITH_SERVER(broken_answers_are_told_apart_from_answers),
                WITH_SERVER(tells_what_is_no_http),
                WITH_SERVER(missing_socket),
                WITH_SERVER(refused_connection),
                WITH_SERVER(full_queue),
                WITH_SERVER(refused_tcp_connection),
                WITH_SERVER(unknown_host),
                WITH_SERVER(no_answer_in_time),
                WITH_SERVER(half_an_answer_in_time),
                WITH_SERVER(no_answer_in_time_on_a_reused_connection),
                WITH_SERVER(a_stream_that_does_not_begin_in_time),
                WITH_SERVER(a_refusal_that_does_not_end_in_time),
                WITH_SERVER(a_stream_that_has_begun_has_time),
                WITH_SERVER(no_connection_in_time),
                WITH_SERVER(abstract_socket),
                WITH_SERVER(proxy_only_if_asked),
                WITH_SERVER(tls_goes_through_a_proxy_by_connect),
                WITH_SERVER(no_tls_where_tls_was_meant),
                WITH_SERVER(handshake_in_time),
                WITH_SERVER(sends_headers),
                WITH_SERVER(refuses_headers_that_are_none),
                WITH_SERVER(refuses_what_it_cannot_ask),
                WITH_SERVER(callback_cancels),
                WITH_SERVER(callback_asks),
                WITH_SERVER(cancelled_request_says_nothing),
                WITH_SERVER(first_round_performs_at_once),
                cmocka_unit_test(timers_keep_the_loop_alive),
                cmocka_unit_test(watches_data_and_hang_up),
                cmocka_unit_test(callback_replaces_a_watch),
                cmocka_unit_test(callback_unwatches_another_that_is_ready),
                cmocka_unit_test(idle_descriptor_in_the_place_of_a_ready_one_is_not_called),
                cmocka_unit_test(watches_are_bounded_and_unique),
                cmocka_unit_test(free_of_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
