/* SPDX-License-Identifier: MIT */
/* Stored contexts: what meta.json and the TLS directory say, and each way in which they can be wrong. */
#include "engine/endpoint_internal.h"

#include "autoheal/util/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/files.h"

#define UNRESOLVED "unable to resolve docker endpoint: "

static char *dir;

static const char *no_env(const char *name) {
        (void)name;
        return NULL;
}

static int setup(void **state) {
        (void)state;
        dir = temp_dir_make();
        return 0;
}

static int teardown(void **state) {
        (void)state;
        temp_dir_remove(dir);
        return 0;
}
#define context_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

/* Makes "<dir>/contexts/<kind>/<id of name>" and gives its path. */
static char *make_dir(const char *kind, const char *name) {
        char *contexts AUTO_FREE = path_join(dir, "contexts"), *base AUTO_FREE = path_join(contexts, kind), id[SHA256_HEX_SIZE];

        sha256_hex(id, name, strlen(name));
        (void)mkdir(contexts, 0700);
        (void)mkdir(base, 0700);
        char *own = path_join(base, id);
        (void)mkdir(own, 0700);
        return own;
}

static void store_context(const char *name, const char *meta) {
        char *own AUTO_FREE = make_dir("meta", name);

        file_put(own, "meta.json", meta);
}

/* The directory with the TLS files of its endpoint. */
static char *make_tls_dir(const char *name) {
        char *own AUTO_FREE = make_dir("tls", name), *docker = path_join(own, "docker");

        (void)mkdir(docker, 0700);
        return docker;
}

static int resolve(struct endpoint *ret, const char *name, struct arena *a, struct error *err) {
        const struct docker_flags flags = { .context = name };
        const struct docker_config cfg = { .dir = dir, .cert_dir = dir, .current_context = "", .data_dir = "" };

        return endpoint_resolve(ret, &flags, &cfg, no_env, a, err);
}

static void expect_failure(const char *name, const char *message) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct endpoint ep = { .text = "untouched" };
        struct error err = ERROR_INIT;

        if (resolve(&ep, name, &a, &err) == 0)
                fail_msg("context '%s' became '%s', but '%s' was expected", name, ep.text, message);
        assert_string_equal(err.msg, message);
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(ep.text, "untouched");
        /* Whose data directory it is does not depend on what is stored there. */
        assert_string_equal(ep.context, name);
}

static const struct meta_row {
        const char *meta, *text, *base_url;
        const char *message; /* or why not, after "context "x": parsing PATH: " if it begins with a blank */
} meta_rows[] = {
        { "{\"Name\":\"x\",\"Metadata\":{\"Description\":\"d\"},\"Endpoints\":{\"docker\":{\"Host\":\"tcp://"
          "h:1\",\"SkipTLSVerify\":false}}}",
          "tcp://h:1", "http://h:1", NULL },
        { "{\"endpoints\":{\"docker\":{\"HOST\":\"unix:///x\"}}}", "unix:///x", "http://api.moby.localhost", NULL },
        { "{\"Name\":\"another\",\"Endpoints\":{\"k\":null,\"docker\":{\"Host\":\"tcp://h\",\"More\":[1]}},\"More\":{}}", "tcp://h",
          "http://h", NULL },
        { "{\"Endpoints\":{\"docker\":{\"Host\":\"tcp://h\",\"SkipTLSVerify\":true}}}", "tcp://h", "https://h", NULL },
        { "{\"Endpoints\":{\"docker\":{\"Host\":\"\"}}}", "unix:///var/run/docker.sock", "http://api.moby.localhost", NULL },
        { "{\"Endpoints\":{\"docker\":{\"Host\":null,\"SkipTLSVerify\":null}}}", "unix:///var/run/docker.sock",
          "http://api.moby.localhost", NULL },
        { "{\"Endpoints\":{\"docker\":{}}}", "unix:///var/run/docker.sock", "http://api.moby.localhost", NULL },
        { "{\"Endpoints\":{\"docker\":{\"Host\":\"ssh://me@h\",\"SkipTLSVerify\":true}}}", "ssh://me@h",
          "http://docker.example.com", NULL },
        { "{\"Name\":\"x\"}", NULL, NULL, UNRESOLVED "cannot find docker endpoint in context" },
        { "{\"Endpoints\":{}}", NULL, NULL, UNRESOLVED "cannot find docker endpoint in context" },
        { "{\"Endpoints\":null}", NULL, NULL, UNRESOLVED "cannot find docker endpoint in context" },
        { "{\"Endpoints\":{\"DOCKER\":{\"Host\":\"tcp://h\"}}}", NULL, NULL, UNRESOLVED "cannot find docker endpoint in context" },
        { "null", NULL, NULL, UNRESOLVED "cannot find docker endpoint in context" },
        { "{\"Endpoints\":{\"docker\":null}}", NULL, NULL, UNRESOLVED "endpoint \"docker\" is not of type EndpointMeta" },
        { "{\"Endpoints\":{\"docker\":{\"Host\":\"noscheme\"}}}", NULL, NULL, "unable to parse docker host `noscheme`" },
        { "{\"Endpoints\":{\"docker\":{\"Host\":\"tcp://h:x\"}}}", NULL, NULL,
          "parse \"tcp://h:x\": invalid port \":x\" after host" },
        { "{\"Endpoints\":{\"docker\":{\"Host\":\"ssh://h?x\"}}}", NULL, NULL,
          "ssh host connection is not valid: invalid SSH URL: query parameters are not allowed: \"x\"" },
        { "{\"Endpoints\":{\"docker\":{\"Host\":\"tcp://h\\u001b[2J\"}}}", NULL, NULL,
          "parse \"tcp://h\\x1b[2J\": net/url: invalid control character in URL" },
        { "{\"Endpoints\":{\"docker\":{\"Host\":\"tcp://h\\u0000.evil\"}}}", NULL, NULL,
          "unable to parse docker host `tcp://h\xef\xbf\xbd.evil`" },
        { "", NULL, NULL, " line 1, column 1: expected a value, found the end of the text" },
        { "{\"Name\":", NULL, NULL, " line 1, column 9: expected a value, found the end of the text" },
        { "[]", NULL, NULL, " 'the whole file' must be an object, not an array" },
        { "{\"Name\":5,\"Endpoints\":{\"docker\":{}}}", NULL, NULL, " 'Name' must be a string, not a number" },
        { "{\"Metadata\":\"x\",\"Endpoints\":{\"docker\":{}}}", NULL, NULL, " 'Metadata' must be an object, not a string" },
        { "{\"Endpoints\":[]}", NULL, NULL, " 'Endpoints' must be an object, not an array" },
        { "{\"Endpoints\":{\"k\":\"x\",\"docker\":{}}}", NULL, NULL, " 'Endpoints.k' must be an object, not a string" },
        { "{\"Endpoints\":{\"docker\":\"x\"}}", NULL, NULL, " 'Endpoints.docker' must be an object, not a string" },
        { "{\"Endpoints\":{\"docker\":{\"Host\":5}}}", NULL, NULL, " 'Endpoints.docker.Host' must be a string, not a number" },
        { "{\"Endpoints\":{\"docker\":{\"SkipTLSVerify\":\"x\"}}}", NULL, NULL,
          " 'Endpoints.docker.SkipTLSVerify' must be true or false, not a string" },
};

static void meta_files(void **state) {
        char *own AUTO_FREE = make_dir("meta", "x"), message[1024];

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(meta_rows); i++) {
                const struct meta_row *row = &meta_rows[i];
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct error err = ERROR_INIT;
                struct endpoint ep;

                store_context("x", row->meta);
                if (row->message) {
                        bool place = *row->message == ' ';

                        (void)snprintf(message, sizeof(message), UNRESOLVED "context \"x\": parsing %s/meta.json:%s", own,
                                       row->message);
                        expect_failure("x", place ? message : row->message);
                        continue;
                }
                if (resolve(&ep, "x", &a, &err) < 0)
                        fail_msg("%s: %s", row->meta, err.msg);
                assert_string_equal(ep.text, row->text);
                assert_string_equal(ep.base_url, row->base_url);
                assert_string_equal(ep.context, "x");
                assert_int_equal(ep.tls, strncmp(ep.base_url, "https", 5) == 0);
                assert_false(ep.tls_verify);
        }
}

static void no_such_context(void **state) {
        char message[1024];

        (void)state;
        (void)snprintf(message, sizeof(message),
                       UNRESOLVED
                       "context \"nope\": context not found: open %s/contexts/meta/"
                       "ca3704aa0b06f5954c79ee837faa152d84d6b2d42838f0637a15eda8337dbdce/meta.json: no such file or directory",
                       dir);
        expect_failure("nope", message);
        (void)snprintf(message, sizeof(message),
                       UNRESOLVED
                       "context \"we\\\"ird\\\\\": context not found: open %s/contexts/meta/"
                       "9aea4466766472e095e086c7c2d4f71bde30a4547acdd95e8bcfda68ff4669bf/meta.json: no such file or directory",
                       dir);
        expect_failure("we\"ird\\", message);
}

static void no_file_in_its_place(void **state) {
        char *own AUTO_FREE = make_dir("meta", "x"), *meta AUTO_FREE = path_join(own, "meta.json"), message[1024];

        (void)state;
        assert_int_equal(mkdir(meta, 0700), 0);
        (void)snprintf(message, sizeof(message), UNRESOLVED "context \"x\": read %s: is a directory", meta);
        expect_failure("x", message);
        assert_int_equal(rmdir(meta), 0);
        assert_int_equal(symlink("meta.json", meta), 0);
        (void)snprintf(message, sizeof(message), UNRESOLVED "context \"x\": open %s: too many levels of symbolic links", meta);
        expect_failure("x", message);
        assert_int_equal(unlink(meta), 0);
        /* A pipe has nothing to say, and does not keep us waiting. */
        assert_int_equal(mkfifo(meta, 0600), 0);
        (void)snprintf(message, sizeof(message),
                       UNRESOLVED "context \"x\": parsing %s: line 1, column 1: expected a value, found the end of the text", meta);
        expect_failure("x", message);
}

static void a_meta_file_above_the_ceiling(void **state) {
        char *own AUTO_FREE = make_dir("meta", "x"), *text AUTO_FREE = xmalloc(DOCKER_FILE_MAX + 2), message[1024];

        (void)state;
        memset(text, ' ', DOCKER_FILE_MAX + 1);
        text[DOCKER_FILE_MAX + 1] = '\0';
        store_context("x", text);
        (void)snprintf(message, sizeof(message), UNRESOLVED "context \"x\": %s/meta.json: larger than 1048576 bytes", own);
        expect_failure("x", message);
}

#define CERTIFICATE "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
#define KEY         "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"

static void files_of_tls(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        char *tls AUTO_FREE = make_tls_dir("x"), *ca AUTO_FREE = path_join(tls, "ca.pem"),
                  *cert AUTO_FREE = path_join(tls, "cert.pem"), *key AUTO_FREE = path_join(tls, "key.pem");
        struct endpoint ep;

        (void)state;
        store_context("x", "{\"Endpoints\":{\"docker\":{\"Host\":\"tcp://h\"}}}");
        /* The directory is enough. */
        assert_int_equal(resolve(&ep, "x", &a, NULL), 0);
        assert_string_equal(ep.base_url, "https://h");
        assert_true(ep.tls && ep.tls_verify);
        assert_null(ep.tls_ca);
        file_put(tls, "ca.pem", CERTIFICATE);
        file_put(tls, "cert.pem", CERTIFICATE);
        assert_int_equal(resolve(&ep, "x", &a, NULL), 0);
        assert_string_equal(ep.tls_ca, ca);
        assert_null(ep.tls_cert);
        file_put(tls, "key.pem", KEY);
        assert_int_equal(chmod(key, 0666), 0);
        assert_int_equal(resolve(&ep, "x", &a, NULL), 0);
        assert_string_equal(ep.tls_cert, cert);
        assert_string_equal(ep.tls_key, key);
        store_context("x", "{\"Endpoints\":{\"docker\":{\"Host\":\"tcp://h:2376\",\"SkipTLSVerify\":true}}}");
        assert_int_equal(resolve(&ep, "x", &a, NULL), 0);
        assert_string_equal(ep.base_url, "https://h:2376");
        assert_true(ep.tls && !ep.tls_verify);
}

static void files_of_tls_that_are_none(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        char *tls AUTO_FREE = make_tls_dir("x"), *ca AUTO_FREE = path_join(tls, "ca.pem"), message[1024];
        struct endpoint ep;

        (void)state;
        store_context("x", "{\"Endpoints\":{\"docker\":{\"Host\":\"tcp://h\"}}}");
        file_put(tls, "ca.pem", "junk");
        expect_failure("x", "failed to retrieve context tls info: ca.pem seems invalid");
        store_context("x", "{\"Endpoints\":{\"docker\":{\"Host\":\"unix:///x\"}}}");
        assert_int_equal(resolve(&ep, "x", &a, NULL), 0);
        assert_false(ep.tls);
        assert_null(ep.tls_ca);
        /* What cannot be read is not taken for missing, on a socket either. */
        assert_int_equal(unlink(ca), 0);
        assert_int_equal(symlink("/nowhere/at-all", ca), 0);
        expect_failure("x", UNRESOLVED
                       "failed to retrieve TLS data (ca.pem) for context \"x\": TLS data for x/docker/ca.pem does not exist");
        assert_int_equal(unlink(ca), 0);
        assert_int_equal(symlink("ca.pem", ca), 0);
        (void)snprintf(message, sizeof(message),
                       UNRESOLVED
                       "failed to retrieve TLS data (ca.pem) for context \"x\": failed to read TLS data for endpoint docker: "
                       "open %s: too many levels of symbolic links",
                       ca);
        expect_failure("x", message);
        assert_int_equal(unlink(ca), 0);
        assert_int_equal(mkdir(ca, 0700), 0);
        assert_int_equal(resolve(&ep, "x", &a, NULL), 0);
}

/* A name is hashed as it is: it leads nowhere else. */
static void names(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct endpoint ep;

        (void)state;
        store_context("../../x", "{\"Endpoints\":{\"docker\":{\"Host\":\"tcp://odd\"}}}");
        assert_int_equal(resolve(&ep, "../../x", &a, NULL), 0);
        assert_string_equal(ep.text, "tcp://odd");
        assert_string_equal(ep.context, "../../x");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                context_test(meta_files),
                context_test(no_such_context),
                context_test(no_file_in_its_place),
                context_test(a_meta_file_above_the_ceiling),
                context_test(files_of_tls),
                context_test(files_of_tls_that_are_none),
                context_test(names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
