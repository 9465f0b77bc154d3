/* SPDX-License-Identifier: MIT */
/* Which engine: each rule of the docker CLI for flags, environment and context, and its rules for TLS. */
#include "engine/endpoint_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "support/files.h"

#define CONFLICT    "conflicting options: cannot specify both --host and --context"
#define CERTIFICATE "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
#define KEY         "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"
/* SHA-256 of "c" and of "d". */
#define C_ID "2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6"
#define D_ID "18ac3e7343f016890c510e93f935261169d9e3f565436429830faf0934f4f8e4"

/* The environment of the row under test. */
static struct { const char *host, *context, *tls, *tls_verify, *cert_path, *sock, *other_names; } env;

static const char *get_env(const char *name) {
        static const struct {
                const char *name, **value;
        } known[] = {
                { "DOCKER_HOST", &env.host },
                { "DOCKER_CONTEXT", &env.context },
                { "DOCKER_TLS", &env.tls },
                { "DOCKER_TLS_VERIFY", &env.tls_verify },
                { "DOCKER_CERT_PATH", &env.cert_path },
                { "DOCKER_SOCK", &env.sock },
                { "AUTOHEAL_OTHER_NAMES", &env.other_names },
        };

        for (size_t i = 0; i < N_ELEMENTS(known); i++)
                if (str_eq(name, known[i].name))
                        return *known[i].value;
        return NULL;
}

/* A configuration directory with the stored contexts "c" and "d". */
static char *dir;

static void store_context(const char *id, const char *meta) {
        char *contexts AUTO_FREE = path_join(dir, "contexts"), *metas AUTO_FREE = path_join(contexts, "meta"),
                       *own AUTO_FREE = path_join(metas, id);

        (void)mkdir(contexts, 0700);
        (void)mkdir(metas, 0700);
        dir_put(own, 0700);
        file_put(own, "meta.json", meta);
}

static int setup(void **state) {
        (void)state;
        memset(&env, 0, sizeof(env));
        dir = temp_dir_make();
        store_context(C_ID, "{\"Name\":\"c\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://c.example\"}}}");
        store_context(D_ID, "{\"Name\":\"d\",\"Endpoints\":{\"docker\":{\"Host\":\"unix:///d\"}}}");
        return 0;
}

static int teardown(void **state) {
        (void)state;
        temp_dir_remove(dir);
        return 0;
}
#define endpoint_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static int resolve(struct endpoint *ret, struct docker_flags flags, const char *current_context, struct arena *a,
                   struct error *err) {
        struct docker_config cfg = { .dir = dir, .cert_dir = dir, .current_context = current_context, .data_dir = "" };

        return endpoint_resolve(ret, &flags, &cfg, get_env, a, err);
}

static const struct rule_row {
        struct docker_flags flags;
        const char *host, *context, *current;     /* DOCKER_HOST, DOCKER_CONTEXT, currentContext */
        const char *text, *source, *context_name; /* what comes out */
        const char *message;                      /* or why nothing does */
} rule_rows[] = {
        /* Where the address comes from. */
        { { 0 }, NULL, NULL, NULL, "unix:///var/run/docker.sock", "default", "default", NULL },
        { { 0 }, "tcp://e:1", NULL, NULL, "tcp://e:1", "DOCKER_HOST", "default", NULL },
        { { 0 }, "", NULL, NULL, "unix:///var/run/docker.sock", "default", "default", NULL },
        { { 0 }, "  ", NULL, NULL, "unix:///var/run/docker.sock", "DOCKER_HOST", "default", NULL },
        { { 0 }, "ssh://me@h", NULL, NULL, "ssh://me@h", "DOCKER_HOST", "default", NULL },
        { { .host = "tcp://f:1" }, "tcp://e:1", NULL, NULL, "tcp://f:1", "-H", "default", NULL },
        { { .host = "" }, "tcp://e:1", NULL, NULL, "unix:///var/run/docker.sock", "-H", "default", NULL },
        /* Which context. */
        { { .host = "tcp://f:1", .context = "c" }, NULL, NULL, NULL, NULL, NULL, NULL, CONFLICT },
        { { .host = "", .context = "default" }, NULL, NULL, NULL, NULL, NULL, NULL, CONFLICT },
        { { .host = "tcp://f:1", .context = "" }, NULL, NULL, NULL, "tcp://f:1", "-H", "default", NULL },
        { { .context = "c" }, NULL, NULL, NULL, "tcp://c.example", "--context", "c", NULL },
        { { .context = "c" }, "tcp://e:1", "d", "d", "tcp://c.example", "--context", "c", NULL },
        { { .context = "" }, NULL, "d", NULL, "unix:///d", "DOCKER_CONTEXT", "d", NULL },
        { { .context = "default" }, NULL, "c", "d", "unix:///var/run/docker.sock", "default", "default", NULL },
        { { .context = "default" }, "tcp://e:1", NULL, NULL, "tcp://e:1", "DOCKER_HOST", "default", NULL },
        { { .host = "tcp://f:1" }, NULL, "c", "d", "tcp://f:1", "-H", "default", NULL },
        { { 0 }, "tcp://e:1", "c", "d", "tcp://e:1", "DOCKER_HOST", "default", NULL },
        { { 0 }, NULL, "c", "d", "tcp://c.example", "DOCKER_CONTEXT", "c", NULL },
        { { 0 }, NULL, "default", "d", "unix:///var/run/docker.sock", "default", "default", NULL },
        { { 0 }, "", "", "d", "unix:///d", "currentContext", "d", NULL },
        { { 0 }, NULL, NULL, "default", "unix:///var/run/docker.sock", "default", "default", NULL },
};

static void rules(void **state) {
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(rule_rows); i++) {
                const struct rule_row *row = &rule_rows[i];
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct error err = ERROR_INIT;
                struct endpoint ep;
                int r;

                env.host = row->host;
                env.context = row->context;
                r = resolve(&ep, row->flags, row->current ? row->current : "", &a, &err);
                if ((r < 0) != (row->message != NULL))
                        fail_msg("row %zu: %s", i, r < 0 ? err.msg : ep.text);
                if (row->message) {
                        assert_string_equal(err.msg, row->message);
                        assert_int_equal(err.code, ERR_FAILED);
                        continue;
                }
                assert_string_equal(ep.text, row->text);
                assert_string_equal(ep.source, row->source);
                assert_string_equal(ep.context, row->context_name);
                assert_false(ep.tls);
                assert_int_equal(ep.command != NULL, strncmp(ep.text, "ssh:", 4) == 0);
        }
}

/* ---- TLS of what flags and environment name ---- */

#define TLS_ON   .tls = true, .tls_given = true
#define TLS_OFF  .tls_given = true
#define VERIFY   .tls_verify = true, .tls_verify_given = true
#define NOVERIFY .tls_verify_given = true

static const struct tls_row {
        struct docker_flags flags;
        const char *tls, *tls_verify; /* DOCKER_TLS, DOCKER_TLS_VERIFY */
        bool is_on, verifies;
} tls_rows[] = {
        { { 0 }, NULL, NULL, false, false },
        { { 0 }, "", "", false, false },
        { { TLS_ON }, NULL, NULL, true, false },
        { { TLS_OFF }, NULL, NULL, false, false },
        { { TLS_OFF }, "1", NULL, false, false },
        { { TLS_OFF }, NULL, "1", true, true },
        { { VERIFY }, NULL, NULL, true, true },
        { { NOVERIFY }, NULL, NULL, true, false },
        { { NOVERIFY }, NULL, "1", true, false },
        { { TLS_OFF, NOVERIFY }, NULL, "1", true, false },
        { { TLS_ON }, NULL, "1", true, true },
        { { 0 }, "0", NULL, true, false },
        { { 0 }, "1", NULL, true, false },
        { { 0 }, NULL, "0", true, true },
        { { 0 }, NULL, "1", true, true },
        /* A file alone does not ask for TLS. */
        { { .tls_ca = "/nowhere" }, NULL, NULL, false, false },
};

static void what_asks_for_tls(void **state) {
        (void)state;
        file_put(dir, "ca.pem", CERTIFICATE);
        for (size_t i = 0; i < N_ELEMENTS(tls_rows); i++) {
                const struct tls_row *row = &tls_rows[i];
                struct docker_flags flags = row->flags;
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct error err = ERROR_INIT;
                struct endpoint ep;

                env.tls = row->tls;
                env.tls_verify = row->tls_verify;
                flags.host = "tcp://h";
                if (resolve(&ep, flags, "", &a, &err) < 0)
                        fail_msg("row %zu: %s", i, err.msg);
                if (ep.tls != row->is_on || ep.tls_verify != row->verifies)
                        fail_msg("row %zu: TLS %d, verified %d", i, ep.tls, ep.tls_verify);
                assert_string_equal(ep.base_url, row->is_on ? "https://h:2375" : "http://h:2375");
                assert_string_equal(ep.text, "tcp://h:2375");
                assert_int_equal(ep.tls_ca != NULL, row->is_on);
                assert_null(ep.tls_cert);
                /* Without an address it is another one. */
                flags.host = "";
                assert_int_equal(resolve(&ep, flags, "", &a, &err), 0);
                assert_string_equal(ep.text, row->is_on ? "tcp://localhost:2376" : "unix:///var/run/docker.sock");
                assert_int_equal(ep.tls, row->is_on);
        }
}

static void expect_failure(struct docker_flags flags, const char *message) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct endpoint ep = { .text = "untouched" };
        struct error err = ERROR_INIT;

        if (resolve(&ep, flags, "", &a, &err) == 0)
                fail_msg("no error, but '%s' was expected", message);
        assert_string_equal(err.msg, message);
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(ep.text, "untouched");
}

static void missing_authority(void **state) {
        static const char *const hosts[] = { "tcp://h", "", "unix:///x", "ssh://h" };
        char message[512];

        (void)state;
        (void)snprintf(message, sizeof(message), "unable to resolve docker endpoint: open %s/ca.pem: no such file or directory",
                       dir);
        for (size_t i = 0; i < N_ELEMENTS(hosts); i++) {
                expect_failure((struct docker_flags){ .host = hosts[i], TLS_ON }, message);
                expect_failure((struct docker_flags){ .host = hosts[i], NOVERIFY }, message);
        }
        env.cert_path = "/nowhere/at-all/";
        expect_failure((struct docker_flags){ .host = "tcp://h", TLS_ON },
                       "unable to resolve docker endpoint: open /nowhere/at-all/ca.pem: no such file or directory");
        expect_failure((struct docker_flags){ .host = "tcp://h", TLS_ON, .tls_ca = "/nope" },
                       "unable to resolve docker endpoint: open /nope: no such file or directory");
        /* The address comes first. */
        expect_failure((struct docker_flags){ .host = "bogus://h", TLS_ON },
                       "unable to resolve docker endpoint: invalid bind address format: bogus://h");
        env.cert_path = "";
        expect_failure((struct docker_flags){ .host = "tcp://h", TLS_ON }, message);
}

static void own_certificate(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        const struct docker_flags flags = { .host = "tcp://h", VERIFY };
        struct endpoint ep;
        char message[512];

        (void)state;
        file_put(dir, "ca.pem", CERTIFICATE);
        file_put(dir, "cert.pem", "junk");
        /* Of no use without its key, and so not looked at. */
        assert_int_equal(resolve(&ep, flags, "", &a, NULL), 0);
        assert_null(ep.tls_cert);
        file_put(dir, "key.pem", "junk");
        expect_failure(flags, "no valid private key found");
        file_put(dir, "key.pem", "-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: AES,00\n\nMIIB\n-----END RSA PRIVATE KEY-----\n");
        expect_failure(flags, "private key is encrypted - support for encrypted private keys has been removed, see "
                              "https://docs.docker.com/go/deprecated/");
        file_put(dir, "key.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n");
        expect_failure(flags, "failed to retrieve context tls info: tls: failed to parse private key");
        file_put(dir, "key.pem", KEY);
        expect_failure(flags, "failed to retrieve context tls info: tls: failed to find any PEM data in certificate input");
        file_put(dir, "cert.pem", CERTIFICATE);
        assert_int_equal(resolve(&ep, flags, "", &a, NULL), 0);
        (void)snprintf(message, sizeof(message), "%s/cert.pem %s/key.pem %s/ca.pem", dir, dir, dir);
        assert_string_equal(arena_printf(&a, "%s %s %s", ep.tls_cert, ep.tls_key, ep.tls_ca), message);
        /* One that was asked for must be there. */
        expect_failure((struct docker_flags){ .host = "tcp://h", VERIFY, .tls_cert = "/nope" },
                       "unable to resolve docker endpoint: open /nope: no such file or directory");
        expect_failure((struct docker_flags){ .host = "tcp://h", VERIFY, .tls_key = "/nope" },
                       "unable to resolve docker endpoint: open /nope: no such file or directory");
        (void)snprintf(message, sizeof(message), "unable to resolve docker endpoint: read %s: is a directory", dir);
        expect_failure((struct docker_flags){ .host = "tcp://h", VERIFY, .tls_cert = dir }, message);
        assert_int_equal(resolve(&ep, (struct docker_flags){ .host = "tcp://h", VERIFY, .tls_cert = "" }, "", &a, NULL), 0);
        assert_null(ep.tls_cert);
        assert_null(ep.tls_key);
}

/* No file means the system's authorities, and never a connection without TLS. */
static void no_authority_on_purpose(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct endpoint ep;

        (void)state;
        assert_int_equal(resolve(&ep, (struct docker_flags){ .host = "tcp://h", VERIFY, .tls_ca = "" }, "", &a, NULL), 0);
        assert_null(ep.tls_ca);
        assert_true(ep.tls && ep.tls_verify);
}

static void authority_that_is_none(void **state) {
        static const char *const texts[] = { "",
                                             "junk",
                                             KEY,
                                             "-----BEGIN CERTIFICATE-----\n",
                                             "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
                                             "-----BEGIN CERTIFICATE-----\nMII!\n-----END CERTIFICATE-----\n",
                                             "-----BEGIN CERTIFICATE-----\njunk\n-----END CERTIFICATE-----\n" };
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct endpoint ep;

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
                file_put(dir, "ca.pem", texts[i]);
                expect_failure((struct docker_flags){ .host = "tcp://h", TLS_ON },
                               "failed to retrieve context tls info: ca.pem seems invalid");
                /* Where TLS is not used it need not be one. */
                assert_int_equal(resolve(&ep, (struct docker_flags){ .host = "unix:///x", TLS_ON }, "", &a, NULL), 0);
                assert_false(ep.tls);
                assert_null(ep.tls_ca);
        }
        file_put(dir, "ca.pem", "words\n" CERTIFICATE "words\n" CERTIFICATE);
        assert_int_equal(resolve(&ep, (struct docker_flags){ .host = "tcp://h", TLS_ON }, "", &a, NULL), 0);
}

static void stored_contexts_ignore_the_flags(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct endpoint ep;

        (void)state;
        env.tls = env.tls_verify = "1";
        assert_int_equal(resolve(&ep, (struct docker_flags){ .context = "c", VERIFY, .tls_ca = "/nope" }, "", &a, NULL), 0);
        assert_string_equal(ep.base_url, "http://c.example");
        assert_false(ep.tls);
}

/* The endpoint outlives the strings that it was made from. */
static void keeps_nothing_borrowed(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        char address[] = "unix:///one", context[] = "d";
        struct endpoint ep;

        (void)state;
        assert_int_equal(resolve(&ep, (struct docker_flags){ .host = address }, "", &a, NULL), 0);
        memset(address, 'x', sizeof(address) - 1);
        assert_string_equal(ep.text, "unix:///one");
        assert_string_equal(ep.unix_socket, "/one");
        assert_int_equal(resolve(&ep, (struct docker_flags){ .context = context }, "", &a, NULL), 0);
        *context = 'x';
        assert_string_equal(ep.context, "d");
}

/* ---- Another tool's variable ---- */

static void check_sock(const char *sock, const char *text) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct endpoint ep;

        env.sock = sock;
        if (resolve(&ep, (struct docker_flags){ 0 }, "", &a, &err) < 0)
                fail_msg("%s: %s", sock, err.msg);
        assert_string_equal(ep.text, text);
        assert_string_equal(ep.source, str_eq(text, "unix:///var/run/docker.sock") && !(sock && *sock) ? "default" : "DOCKER_SOCK");
        assert_false(ep.tls);
}

static void docker_sock_is_an_address_where_it_is_heeded(void **state) {
        (void)state;
        env.other_names = "true";
        check_sock("/run/user/1000/docker.sock", "unix:///run/user/1000/docker.sock");
        check_sock("unix:///x", "unix:///x");
        check_sock("tcp://proxy:2375", "tcp://proxy:2375");
        check_sock("", "unix:///var/run/docker.sock");
        check_sock(NULL, "unix:///var/run/docker.sock");
}

/* Elsewhere `docker ps` and `docker autoheal ps` would be about two engines. */
static void docker_sock_counts_for_nothing_otherwise(void **state) {
        static const char *const not_heeded[] = { NULL, "", "false", "0", "what" };
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct endpoint ep;

        (void)state;
        env.sock = "/other.sock";
        for (size_t i = 0; i < N_ELEMENTS(not_heeded); i++) {
                env.other_names = not_heeded[i];
                assert_int_equal(resolve(&ep, (struct docker_flags){ 0 }, "", &a, &err), 0);
                assert_string_equal(ep.source, "default");
        }
}

static void what_docker_has_for_it_wins_over_docker_sock(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct endpoint ep;

        (void)state;
        env.sock = "/other.sock";
        env.other_names = "1";
        assert_int_equal(resolve(&ep, (struct docker_flags){ .host = "unix:///f" }, "", &a, &err), 0);
        assert_string_equal(ep.text, "unix:///f");
        assert_int_equal(resolve(&ep, (struct docker_flags){ .context = "d" }, "", &a, &err), 0);
        assert_string_equal(ep.text, "unix:///d");
        assert_int_equal(resolve(&ep, (struct docker_flags){ 0 }, "d", &a, &err), 0);
        assert_string_equal(ep.text, "unix:///d");
        env.host = "unix:///h";
        assert_int_equal(resolve(&ep, (struct docker_flags){ 0 }, "", &a, &err), 0);
        assert_string_equal(ep.text, "unix:///h");
}

/* Its files are where that tool has them, and they are needed. */
static void docker_sock_with_tls_wants_its_files(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct endpoint ep;

        (void)state;
        env.sock = "tcps://far:2376";
        env.other_names = "true";
        assert_int_equal(resolve(&ep, (struct docker_flags){ 0 }, "", &a, &err), -1);
        assert_non_null(strstr(err.msg, "/certs/ca.pem"));
}

static void docker_sock_that_is_no_address_is_an_error(void **state) {
        static const char *const bad[] = { "gopher://x", "tcp://a b", "tcps://" };
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct endpoint ep;

        (void)state;
        env.other_names = "true";
        for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
                struct error err = ERROR_INIT;

                env.sock = bad[i];
                if (resolve(&ep, (struct docker_flags){ 0 }, "", &a, &err) == 0)
                        fail_msg("%s is taken for %s", bad[i], ep.text);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                endpoint_test(rules),
                endpoint_test(what_asks_for_tls),
                endpoint_test(missing_authority),
                endpoint_test(own_certificate),
                endpoint_test(no_authority_on_purpose),
                endpoint_test(authority_that_is_none),
                endpoint_test(stored_contexts_ignore_the_flags),
                endpoint_test(keeps_nothing_borrowed),
                endpoint_test(docker_sock_is_an_address_where_it_is_heeded),
                endpoint_test(docker_sock_counts_for_nothing_otherwise),
                endpoint_test(what_docker_has_for_it_wins_over_docker_sock),
                endpoint_test(docker_sock_with_tls_wants_its_files),
                endpoint_test(docker_sock_that_is_no_address_is_an_error),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
