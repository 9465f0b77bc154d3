/* SPDX-License-Identifier: MIT */
/* Which engine an address means: the docker CLI's grammar of -H and DOCKER_HOST, and of what a stored context holds. */
#include "engine/endpoint_internal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define A10  "aaaaaaaaaa"
#define A100 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10
#define BAD  "unable to resolve docker endpoint: invalid bind address format: "
#define GO   "unable to resolve docker endpoint: "

/* As endpoint_resolve() does with -H. */
static int resolve(struct endpoint *ret, const char *value, struct arena *a, struct error *err) {
        struct endpoint ep = { .unix_socket = NULL };
        const char *address;

        if (address_complete(value, false, &address, a, err) < 0 || address_set(&ep, address, a, err) < 0)
                return -1;
        *ret = ep;
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
        { "tcp://tcp://h:1", "tcp://h:1", "http://h:1", NULL, "h" },
        { "unix://unix:///x", "unix:///x", "http://api.moby.localhost", "/x", "" },
        { "tcp://h:1?", "tcp://h:1", "http://h:1", NULL, "h" },
        { "tcp:///base", "tcp://localhost:2375/base", "http://localhost:2375/base", NULL, "localhost" },
};

static void addresses(void **state) {
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(address_rows); i++) {
                const struct address_row *row = &address_rows[i];
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct error err = ERROR_INIT;
                struct endpoint ep;

                if (resolve(&ep, row->address, &a, &err) < 0)
                        fail_msg("'%s': %s", row->address, err.msg);
                assert_string_equal(ep.text, row->text);
                assert_string_equal(ep.base_url, row->base_url);
                assert_string_equal(ep.host, row->host);
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
        { "SSH://h", BAD "SSH://h" },
        { "://x", BAD "://x" },
        { "tcp://[::1]", BAD "[::1]" },
        { "tcp://[::1]99", GO "parse \"tcp://[::1]99\": invalid port \"99\" after host" },
        { "tcp://[::1", GO "parse \"tcp://[::1\": missing ']' in host" },
        { "tcp://[]:1", BAD "[]:1" },
        { "tcp://[h]:1", BAD "[h]:1" },
        { "tcp://[fe80::1%eth0]:1", GO "parse \"tcp://[fe80::1%eth0]:1\": invalid URL escape \"%et\"" },
        { "tcp://[fe80::1%25eth0]:1", BAD "[fe80::1%25eth0]:1" },
        { "::1:2375", BAD "::1:2375" },
        { "tcp://h:0", BAD "h:0" },
        { "tcp://h:65536", BAD "h:65536" },
        { "tcp://h:99999999999999999999", BAD "h:99999999999999999999" },
        { "tcp://h:abc", GO "parse \"tcp://h:abc\": invalid port \":abc\" after host" },
        { "tcp://h:-1", GO "parse \"tcp://h:-1\": invalid port \":-1\" after host" },
        { "tcp://h:1:2", BAD "h:1:2" },
        { "tcp://a b:1", GO "parse \"tcp://a b:1\": invalid character \" \" in host name" },
        { "tcp://h%20x:1", GO "parse \"tcp://h%20x:1\": invalid URL escape \"%20\"" },
        { "tcp://h\r\nX: y", GO "parse \"tcp://h\\r\\nX: y\": net/url: invalid control character in URL" },
        { "tcp://h\033[2J", GO "parse \"tcp://h\\x1b[2J\": net/url: invalid control character in URL" },
        { "tcp://h\xc3\xa4:1", BAD "h\xc3\xa4:1" },
        { "tcp://h:1?x=1", BAD "h:1?x=1" },
        { "tcp://h:1/a?x=1", BAD "h:1/a?x=1" },
        { "tcp://h:1/a#b", BAD "h:1/a#b" },
        { "tcp://h:1/a b", BAD "h:1/a b" },
        { "tcp://h:1/%zz", GO "parse \"tcp://h:1/%zz\": invalid URL escape \"%zz\"" },
        { "tcp://a://b", "unable to resolve docker endpoint: invalid proto, expected tcp: a://b" },
        { "tcp://me:secret@h:1", BAD "a tcp:// address takes no user name" },
        { "tcp://me:secret@h:x", GO "parse \"tcp://me:xxxxx@h:x\": invalid port \":x\" after host" },
        { "https://me:secret@h:1", BAD "https://me:xxxxx@h:1" },
        { "https://me:sec/ret@h", BAD "https://me:xxxxx@h" },
        { "tcp://https://me:secret@h:1", GO "invalid proto, expected tcp: https://me:xxxxx@h:1" },
        { "unix://ssh://me:secret@h", GO "invalid proto, expected unix: ssh://me:xxxxx@h" },
        { "bogus://tcp://me:secret@h", BAD "bogus://tcp:xxxxx@h" },
        { "unix://a://b", "unable to resolve docker endpoint: invalid proto, expected unix: a://b" },
        { "unix:///x#\033[2J", "parse \"unix:///x\": net/url: invalid control character in URL" },
        { "unix:///%zz", "parse \"unix:///%zz\": invalid URL escape \"%zz\"" },
        { "unix:///" A100 "aaaaaaa", "unix socket path \"/" A100 "aaaaaaa\" is too long" },
        { "npipe://", "protocol not available" },
        { "npipe:////./pipe/docker_engine", "protocol not available" },
        { "fd://", "unable to parse docker host `fd://`" },
        { "fd://3", "unable to parse docker host `fd://3`" },
        { "ssh://", "ssh host connection is not valid: invalid SSH URL: hostname is empty" },
};

static void refused_addresses(void **state) {
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(refused_rows); i++) {
                const struct refused_row *row = &refused_rows[i];
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct error err = ERROR_INIT;
                struct endpoint ep = { .text = "untouched" };

                if (resolve(&ep, row->address, &a, &err) == 0)
                        fail_msg("'%s' became '%s'", row->address, ep.base_url);
                assert_int_equal(err.code, ERR_INVALID);
                assert_string_equal(err.msg, row->message);
                assert_string_equal(ep.text, "untouched");
        }
}

/* Of a stored context: nothing is filled in, and TLS is what the context says. */
static const struct stored_row {
        const char *address;
        bool tls;
        const char *base_url, *host; /* text is the address */
        const char *message;         /* or why nothing comes out */
} stored_rows[] = {
        { "tcp://h", false, "http://h", "h", NULL },
        { "tcp://h", true, "https://h", "h", NULL },
        { "tcp://h:2376", true, "https://h:2376", "h", NULL },
        { "tcp://h:", false, "http://h", "h", NULL },
        { "tcp://:1", false, "http://localhost:1", "localhost", NULL },
        { "tcp://[::1]", true, "https://[::1]", "::1", NULL },
        { "tcp://::1:5", false, "http://[::1]:5", "::1", NULL },
        { "tcp://h:1/base//", false, "http://h:1/base", "h", NULL },
        { "tcp://h/ba%20se", true, "https://h/ba%20se", "h", NULL },
        { "TCP://h:1", false, "http://h:1", "h", NULL },
        { "http://h:1", false, "http://h:1", "h", NULL },
        { "http://h:1", true, "https://h:1", "h", NULL },
        { "https://h:1", false, "http://h:1", "h", NULL },
        { "https://h", true, "https://h", "h", NULL },
        { "noscheme", false, NULL, NULL, "unable to parse docker host `noscheme`" },
        { "/run/x", false, NULL, NULL, "unable to parse docker host `/run/x`" },
        { "tcp:h", false, NULL, NULL, "unable to parse docker host `tcp:h`" },
        { "tcp://", false, NULL, NULL, "unable to parse docker host `tcp://`" },
        { "unix://", false, NULL, NULL, "unable to parse docker host `unix://`" },
        { "fd://", false, NULL, NULL, "unable to parse docker host `fd://`" },
        { "npipe://", false, NULL, NULL, "unable to parse docker host `npipe://`" },
        { "UNIX:///x", false, NULL, NULL, "unable to parse docker host `UNIX:///x`" },
        { "tcp://h#%zz", false, NULL, NULL, "parse \"tcp://h#%zz\": invalid URL escape \"%zz\"" },
        { "bogus://x", false, NULL, NULL, "unable to parse docker host `bogus://x`" },
        { "http://h:1/base", false, NULL, NULL, "unable to parse docker host `http://h:1/base`" },
        { "tcp://h:1?x", false, NULL, NULL, "unable to parse docker host `tcp://h:1?x`" },
        { "tcp://h:99999", false, NULL, NULL, "unable to parse docker host `tcp://h:99999`" },
        { "tcp://h\"$(x)", false, NULL, NULL, "unable to parse docker host `tcp://h\"$(x)`" },
        { "  tcp://h:1", false, NULL, NULL, "parse \"  tcp://h:1\": first path segment in URL cannot contain colon" },
        { "h:1", false, NULL, NULL, "unable to parse docker host `h:1`" },
        { "1:1", false, NULL, NULL, "parse \"1:1\": first path segment in URL cannot contain colon" },
        { "://x", false, NULL, NULL, "parse \"://x\": missing protocol scheme" },
        { "bogus://me:secret@h/x", false, NULL, NULL, "unable to parse docker host `bogus://me:xxxxx@h/x`" },
        { "me:secret@h", false, NULL, NULL, "unable to parse docker host `me:xxxxx@h`" },
        { "tcp://me:secret@h", false, NULL, NULL, BAD "a tcp:// address takes no user name" },
};

static void stored_addresses(void **state) {
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(stored_rows); i++) {
                const struct stored_row *row = &stored_rows[i];
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct error err = ERROR_INIT;
                struct endpoint ep = { .tls = row->tls };

                if ((address_set(&ep, row->address, &a, &err) < 0) != (row->message != NULL))
                        fail_msg("'%s': %s", row->address, row->message ? ep.base_url : err.msg);
                if (row->message) {
                        assert_string_equal(err.msg, row->message);
                        assert_int_equal(err.code, ERR_INVALID);
                        continue;
                }
                assert_string_equal(ep.text, row->address);
                assert_string_equal(ep.base_url, row->base_url);
                assert_string_equal(ep.host, row->host);
                assert_int_equal(ep.tls, row->tls);
                assert_null(ep.unix_socket);
        }
}

/* Neither a socket nor ssh uses it; an empty address with TLS is another engine. */
static void with_tls(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct endpoint ep = { .tls = true };
        const char *address;

        (void)state;
        assert_int_equal(address_set(&ep, "unix:///x", &a, NULL), 0);
        assert_false(ep.tls);
        ep = (struct endpoint){ .tls = true };
        assert_int_equal(address_set(&ep, "ssh://h", &a, NULL), 0);
        assert_false(ep.tls);
        assert_int_equal(address_complete(" ", true, &address, &a, NULL), 0);
        assert_string_equal(address, "tcp://localhost:2376");
        assert_int_equal(address_complete("tcp://h", true, &address, &a, NULL), 0);
        assert_string_equal(address, "tcp://h:2375");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(addresses),
                cmocka_unit_test(refused_addresses),
                cmocka_unit_test(stored_addresses),
                cmocka_unit_test(with_tls),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
