/* SPDX-License-Identifier: MIT */
/* Which engine: each rule of the docker CLI for flags, environment, context and addresses. */
#include "autoheal/engine/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define A10         "aaaaaaaaaa"
#define A100        A10 A10 A10 A10 A10 A10 A10 A10 A10 A10
#define NO_CONTEXTS "this version does not read stored contexts: name the engine with -H or DOCKER_HOST"
#define NO_TLS      "reach the engine through its unix socket or a plain tcp:// address"
#define BAD         "unable to resolve docker endpoint: invalid bind address format: "

/* The environment of the row under test. */
static const char *env_host, *env_context, *env_tls, *env_tls_verify;

static const char *get_env(const char *name) {
        if (str_eq(name, "DOCKER_HOST"))
                return env_host;
        if (str_eq(name, "DOCKER_CONTEXT"))
                return env_context;
        if (str_eq(name, "DOCKER_TLS"))
                return env_tls;
        return str_eq(name, "DOCKER_TLS_VERIFY") ? env_tls_verify : NULL;
}

static int resolve(struct endpoint *ret, struct docker_flags flags, const char *current_context, struct arena *a,
                   struct error *err) {
        struct docker_config cfg = { .dir = "/home/me/.docker", .current_context = current_context, .data_dir = "" };

        return endpoint_resolve(ret, &flags, &cfg, get_env, a, err);
}

static int clear_env(void **state) {
        (void)state;
        env_host = env_context = env_tls = env_tls_verify = NULL;
        return 0;
}

static const struct address_row {
        const char *address, *text, *base_url, *unix_socket, *host;
} address_rows[] = {
        { "", "unix:///var/run/docker.sock", "http://api.moby.localhost", "/var/run/docker.sock", "" },
        { " \t ", "unix:///var/run/docker.sock", "http://api.moby.localhost", "/var/run/docker.sock", "" },
        { "unix://", "unix:///var/run/docker.sock", "http://api.moby.localhost", "/var/run/docker.sock", "" },
        { "unix:///run/user/1000/docker.sock", "unix:///run/user/1000/docker.sock", "http://api.moby.localhost",
          "/run/user/1000/docker.sock", "" },
        { "  unix:///x\n", "unix:///x", "http://api.moby.localhost", "/x", "" },
        { "unix://some/where", "unix://some/where", "http://api.moby.localhost", "some/where", "" },
        { "unix://@docker", "unix://@docker", "http://api.moby.localhost", "@docker", "" },
        { "unix:///with a blank", "unix:///with a blank", "http://api.moby.localhost", "/with a blank", "" },
        { "unix:///" A100 "aaaaaa", "unix:///" A100 "aaaaaa", "http://api.moby.localhost", "/" A100 "aaaaaa", "" },
        { "tcp://", "tcp://localhost:2375", "http://localhost:2375", NULL, "localhost" },
        { "tcp://docker.example", "tcp://docker.example:2375", "http://docker.example:2375", NULL, "docker.example" },
        { "tcp://192.0.2.7:1", "tcp://192.0.2.7:1", "http://192.0.2.7:1", NULL, "192.0.2.7" },
        { "tcp://h:65535", "tcp://h:65535", "http://h:65535", NULL, "h" },
        { "tcp://h:", "tcp://h:2375", "http://h:2375", NULL, "h" },
        { "tcp://my_host-1.x", "tcp://my_host-1.x:2375", "http://my_host-1.x:2375", NULL, "my_host-1.x" },
        { "h", "tcp://h:2375", "http://h:2375", NULL, "h" },
        { "h:99", "tcp://h:99", "http://h:99", NULL, "h" },
        { ":", "tcp://localhost:2375", "http://localhost:2375", NULL, "localhost" },
        { ":5555", "tcp://localhost:5555", "http://localhost:5555", NULL, "localhost" },
        { "tcp://[::1]:", "tcp://[::1]:2375", "http://[::1]:2375", NULL, "::1" },
        { "tcp://[::1]:99", "tcp://[::1]:99", "http://[::1]:99", NULL, "::1" },
        { "[2001:db8::7]:99/base", "tcp://[2001:db8::7]:99/base", "http://[2001:db8::7]:99/base", NULL, "2001:db8::7" },
        { "tcp://h:1/base", "tcp://h:1/base", "http://h:1/base", NULL, "h" },
        { "tcp://h:1/", "tcp://h:1/", "http://h:1", NULL, "h" },
        { "tcp://h:1/a/b%20c//", "tcp://h:1/a/b%20c//", "http://h:1/a/b%20c", NULL, "h" },
        { "h/base", "tcp://h:2375/base", "http://h:2375/base", NULL, "h" },
        { "tcp:///base", "tcp://localhost:2375/base", "http://localhost:2375/base", NULL, "localhost" },
};

static void addresses(void **state) {
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(address_rows); i++) {
                const struct address_row *row = &address_rows[i];
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct error err = ERROR_INIT;
                struct endpoint ep;

                if (resolve(&ep, (struct docker_flags){ .host = row->address }, "", &a, &err) < 0)
                        fail_msg("'%s': %s", row->address, err.msg);
                assert_string_equal(ep.text, row->text);
                assert_string_equal(ep.base_url, row->base_url);
                assert_string_equal(ep.host, row->host);
                assert_string_equal(ep.source, "-H");
                assert_int_equal(ep.unix_socket == NULL, row->unix_socket == NULL);
                if (row->unix_socket)
                        assert_string_equal(ep.unix_socket, row->unix_socket);
        }
}

static const struct refused_row {
        const char *address, *message;
} refused_rows[] = {
        { "http://h", BAD "http://h" },
        { "https://h:1", BAD "https://h:1" },
        { "bogus://x", BAD "bogus://x" },
        { "TCP://h", BAD "TCP://h" },
        { "://x", BAD "://x" },
        { "tcp://[::1]", BAD "tcp://[::1]" },
        { "tcp://[::1]99", BAD "tcp://[::1]99" },
        { "tcp://[::1", BAD "tcp://[::1" },
        { "tcp://[]:1", BAD "tcp://[]:1" },
        { "tcp://[h]:1", BAD "tcp://[h]:1" },
        { "tcp://[fe80::1%eth0]:1", BAD "tcp://[fe80::1%eth0]:1" },
        { "::1:2375", BAD "::1:2375" },
        { "tcp://h:0", BAD "tcp://h:0" },
        { "tcp://h:65536", BAD "tcp://h:65536" },
        { "tcp://h:abc", BAD "tcp://h:abc" },
        { "tcp://h:-1", BAD "tcp://h:-1" },
        { "tcp://h:1:2", BAD "tcp://h:1:2" },
        { "tcp://a b:1", BAD "tcp://a b:1" },
        { "tcp://h%20x:1", BAD "tcp://h%20x:1" },
        { "tcp://h\r\nX: y", BAD "tcp://h\\r\\nX: y" },
        { "tcp://h:1?x=1", BAD "tcp://h:1?x=1" },
        { "tcp://h:1/a?x=1", BAD "tcp://h:1/a?x=1" },
        { "tcp://h:1/a#b", BAD "tcp://h:1/a#b" },
        { "tcp://h:1/a b", BAD "tcp://h:1/a b" },
        { "tcp://tcp://h:1", BAD "tcp://tcp://h:1" },
        { "tcp://me:secret@h:1", BAD "a tcp:// address takes no user name" },
        { "unix://unix:///x", "unable to resolve docker endpoint: invalid proto, expected unix: unix:///x" },
        { "unix:///" A100 "aaaaaaa", "unix socket path \"/" A100 "aaaaaaa\" is too long" },
        { "npipe://", "protocol not available" },
        { "npipe:////./pipe/docker_engine", "protocol not available" },
        { "fd://", "unable to parse docker host `fd://`" },
        { "ssh://me:secret@h", "this version cannot use ssh (asked for by -H): " NO_TLS },
};

static void refused_addresses(void **state) {
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(refused_rows); i++) {
                const struct refused_row *row = &refused_rows[i];
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct error err = ERROR_INIT;
                struct endpoint ep = { .text = "untouched" };

                if (resolve(&ep, (struct docker_flags){ .host = row->address }, "", &a, &err) == 0)
                        fail_msg("'%s' became '%s'", row->address, ep.base_url);
                assert_int_equal(err.code, ERR_INVALID);
                assert_string_equal(err.msg, row->message);
                assert_string_equal(ep.text, "untouched");
        }
}

static const struct rule_row {
        struct docker_flags flags;
        const char *host, *context, *current; /* DOCKER_HOST, DOCKER_CONTEXT, currentContext */
        const char *tls, *tls_verify;         /* DOCKER_TLS, DOCKER_TLS_VERIFY */
        const char *text, *source;            /* what comes out */
        const char *message;                  /* or why nothing does */
} rule_rows[] = {
        /* Where the address comes from. */
        { .text = "unix:///var/run/docker.sock", .source = "default" },
        { .host = "tcp://e:1", .text = "tcp://e:1", .source = "DOCKER_HOST" },
        { .host = "", .text = "unix:///var/run/docker.sock", .source = "default" },
        { .host = "  ", .text = "unix:///var/run/docker.sock", .source = "DOCKER_HOST" },
        { .flags = { .host = "tcp://f:1" }, .host = "tcp://e:1", .text = "tcp://f:1", .source = "-H" },
        { .flags = { .host = "" }, .host = "tcp://e:1", .text = "unix:///var/run/docker.sock", .source = "-H" },
        /* Which context. */
        { .flags = { .host = "tcp://f:1", .context = "c" },
          .message = "conflicting options: cannot specify both --host and --context" },
        { .flags = { .host = "", .context = "default" },
          .message = "conflicting options: cannot specify both --host and --context" },
        { .flags = { .host = "tcp://f:1", .context = "" }, .text = "tcp://f:1", .source = "-H" },
        { .flags = { .context = "c" }, .message = "context 'c' (from --context): " NO_CONTEXTS },
        { .flags = { .context = "c" }, .host = "tcp://e:1", .message = "context 'c' (from --context): " NO_CONTEXTS },
        { .flags = { .context = "default" },
          .context = "c",
          .current = "d",
          .text = "unix:///var/run/docker.sock",
          .source = "default" },
        { .flags = { .context = "default" }, .host = "tcp://e:1", .text = "tcp://e:1", .source = "DOCKER_HOST" },
        { .flags = { .host = "tcp://f:1" }, .context = "c", .current = "d", .text = "tcp://f:1", .source = "-H" },
        { .host = "tcp://e:1", .context = "c", .current = "d", .text = "tcp://e:1", .source = "DOCKER_HOST" },
        { .context = "c", .current = "d", .message = "context 'c' (from DOCKER_CONTEXT): " NO_CONTEXTS },
        { .context = "default", .current = "d", .text = "unix:///var/run/docker.sock", .source = "default" },
        { .host = "",
          .context = "",
          .current = "d",
          .message = "context 'd' (from currentContext in /home/me/.docker/config.json): " NO_CONTEXTS },
        { .current = "default", .text = "unix:///var/run/docker.sock", .source = "default" },
        { .context = "a\033[2Jb", .message = "context 'a\\x1b[2Jb' (from DOCKER_CONTEXT): " NO_CONTEXTS },
        /* TLS. */
        { .flags = { .host = "tcp://f", .tls = true, .tls_given = true },
          .message = "this version cannot use TLS (asked for by --tls): " NO_TLS },
        { .flags = { .host = "tcp://f", .tls_verify = true, .tls_given = true },
          .message = "this version cannot use TLS (asked for by --tlsverify): " NO_TLS },
        { .flags = { .host = "tcp://f", .tls_given = true },
          .message = "this version cannot use TLS (asked for by --tls or --tlsverify): " NO_TLS },
        { .host = "tcp://e", .tls = "0", .message = "this version cannot use TLS (asked for by DOCKER_TLS): " NO_TLS },
        { .host = "tcp://e",
          .tls_verify = "1",
          .message = "this version cannot use TLS (asked for by DOCKER_TLS_VERIFY): " NO_TLS },
        { .host = "e", .tls_verify = "0", .message = "this version cannot use TLS (asked for by DOCKER_TLS_VERIFY): " NO_TLS },
        { .tls_verify = "1", .message = "this version cannot use TLS (asked for by DOCKER_TLS_VERIFY): " NO_TLS },
        { .host = "tcp://e:1", .tls = "", .tls_verify = "", .text = "tcp://e:1", .source = "DOCKER_HOST" },
        { .host = "unix:///x", .tls_verify = "1", .text = "unix:///x", .source = "DOCKER_HOST" },
        { .flags = { .host = "unix:///x", .tls = true, .tls_given = true }, .text = "unix:///x", .source = "-H" },
        { .host = "ssh://h", .message = "this version cannot use ssh (asked for by DOCKER_HOST): " NO_TLS },
};

static void rules(void **state) {
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(rule_rows); i++) {
                const struct rule_row *row = &rule_rows[i];
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct error err = ERROR_INIT;
                struct endpoint ep;
                int r;

                env_host = row->host;
                env_context = row->context;
                env_tls = row->tls;
                env_tls_verify = row->tls_verify;
                r = resolve(&ep, row->flags, row->current ? row->current : "", &a, &err);
                if ((r < 0) != (row->message != NULL))
                        fail_msg("row %zu: %s", i, r < 0 ? err.msg : ep.text);
                if (row->message) {
                        assert_string_equal(err.msg, row->message);
                        assert_int_equal(err.code, strncmp(err.msg, "conflicting", 11) == 0 ? ERR_FAILED : ERR_INVALID);
                } else {
                        assert_string_equal(ep.text, row->text);
                        assert_string_equal(ep.source, row->source);
                }
        }
}

/* The endpoint outlives the strings that it was made from. */
static void keeps_nothing_borrowed(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        char address[] = "unix:///one";
        struct endpoint ep;

        (void)state;
        assert_int_equal(resolve(&ep, (struct docker_flags){ .host = address }, "", &a, NULL), 0);
        memset(address, 'x', sizeof(address) - 1);
        assert_string_equal(ep.text, "unix:///one");
        assert_string_equal(ep.unix_socket, "/one");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(addresses, clear_env),
                cmocka_unit_test_setup(refused_addresses, clear_env),
                cmocka_unit_test_setup_teardown(rules, clear_env, clear_env),
                cmocka_unit_test_setup(keeps_nothing_borrowed, clear_env),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
