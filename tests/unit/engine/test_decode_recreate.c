/* SPDX-License-Identifier: MIT */
/* The wish for a container like another one, in the network of a container that has taken the place of one that is gone. */
#include "autoheal/engine/decode.h"
#include "autoheal/json/reader.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NEW "1111111111111111111111111111111111111111111111111111111111111111"

struct fixture {
        struct arena a;
        struct json_doc *doc;
        struct error err;
};

static int make(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));

        f->a = (struct arena)ARENA_INIT(4096);
        f->err = (struct error)ERROR_INIT;
        *state = f;
        return 0;
}

static int drop(void **state) {
        struct fixture *f = *state;

        json_doc_free(f->doc);
        arena_release(&f->a);
        free(f);
        return 0;
}

/* The body, as a document. */
static struct json_value body_of(struct fixture *f, const char *inspect) {
        const char *body;

        assert_int_equal(decode_recreation(inspect, strlen(inspect), NEW, &f->a, &body, &f->err), 0);
        assert_int_equal(json_parse(body, strlen(body), 1000, &f->doc, &f->err), 0);
        return json_root(f->doc);
}

static void check_raw(struct json_value v, const char *raw) {
        struct slice is = json_raw(v);

        assert_int_equal(is.n, strlen(raw));
        assert_memory_equal(is.p, raw, is.n);
}

static void configuration_is_kept_and_the_network_changes(void **state) {
        struct json_value body =
                body_of(*state, "{\"Id\":\"x\",\"Config\":{\"Image\":\"app:1\",\"Env\":[\"A=1\"],\"Hostname\":\"abc\","
                                "\"Domainname\":\"\",\"ExposedPorts\":{\"80/tcp\":{}},\"MacAddress\":\"\",\"Unheard\":1e3},"
                                "\"HostConfig\":{\"NetworkMode\":\"container:old\",\"Memory\":5,\"Binds\":null}}");
        struct json_value host = json_get(body, "HostConfig");

        check_raw(json_get(body, "Image"), "\"app:1\"");
        check_raw(json_get(body, "Env"), "[\"A=1\"]");
        check_raw(json_get(body, "Unheard"), "1e3");
        assert_false(json_present(json_get(body, "Hostname")));
        assert_false(json_present(json_get(body, "Domainname")));
        assert_false(json_present(json_get(body, "ExposedPorts")));
        assert_false(json_present(json_get(body, "MacAddress")));
        check_raw(json_get(host, "NetworkMode"), "\"container:" NEW "\"");
        check_raw(json_get(host, "Memory"), "5");
        check_raw(json_get(host, "Binds"), "[]");
}

static void volumes_without_a_name_are_kept(void **state) {
        struct json_value body = body_of(
                *state,
                "{\"Config\":{},\"HostConfig\":{\"NetworkMode\":\"container:old\",\"Binds\":[\"data:/data:ro\",\"/etc:/etc\"],"
                "\"Mounts\":[{\"Type\":\"volume\",\"Source\":\"m\",\"Target\":\"/m\"}]},"
                "\"Mounts\":[{\"Type\":\"volume\",\"Name\":\"data\",\"Destination\":\"/data\",\"RW\":false},"
                "{\"Type\":\"bind\",\"Source\":\"/etc\",\"Destination\":\"/etc\",\"RW\":true},"
                "{\"Type\":\"volume\",\"Name\":\"m\",\"Destination\":\"/m\",\"RW\":true},"
                "{\"Type\":\"volume\",\"Name\":\"f00\",\"Destination\":\"/anon\",\"RW\":true},"
                "{\"Type\":\"volume\",\"Name\":\"f01\",\"Destination\":\"/read\",\"RW\":false},"
                "{\"Type\":\"volume\",\"Destination\":\"/nameless\"},{\"Type\":\"volume\",\"Name\":7,\"Destination\":[]},\"x\"]}");

        check_raw(json_get(json_get(body, "HostConfig"), "Binds"),
                  "[\"data:/data:ro\",\"/etc:/etc\",\"f00:/anon\",\"f01:/read:ro\"]");
}

static void what_else_it_shares_with_that_one_changes_too(void **state) {
        struct json_value body = body_of(*state, "{\"Config\":{},\"HostConfig\":{\"NetworkMode\":\"container:old\","
                                                 "\"PidMode\":\"container:old\",\"IpcMode\":\"container:other\"}}");
        struct json_value host = json_get(body, "HostConfig");

        check_raw(json_get(host, "PidMode"), "\"container:" NEW "\"");
        check_raw(json_get(host, "IpcMode"), "\"container:other\"");
}

static void anything_else_is_refused(void **state) {
        struct fixture *f = *state;
        static const char *const others[] = {
                "",
                "[]",
                "null",
                "{",
                "{}",
                "{\"Config\":{},\"HostConfig\":{\"NetworkMode\":\"bridge\"}}",
                "{\"Config\":{},\"HostConfig\":{\"NetworkMode\":7}}",
                "{\"Config\":[],\"HostConfig\":{\"NetworkMode\":\"container:old\"}}",
                "{\"Config\":{},\"HostConfig\":[]}",
                "{\"HostConfig\":{\"NetworkMode\":\"container:old\"}}",
        };

        for (size_t i = 0; i < N_ELEMENTS(others); i++) {
                const char *body = "untouched";

                error_clear(&f->err);
                assert_int_equal(decode_recreation(others[i], strlen(others[i]), NEW, &f->a, &body, &f->err), -1);
                assert_int_not_equal(f->err.code, ERR_NONE);
                assert_string_equal(body, "untouched");
        }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(configuration_is_kept_and_the_network_changes),
                TEST(volumes_without_a_name_are_kept),
                TEST(what_else_it_shares_with_that_one_changes_too),
                TEST(anything_else_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
