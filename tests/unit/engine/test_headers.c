/* SPDX-License-Identifier: MIT */
/* The headers that people ask for, by config.json and by DOCKER_CUSTOM_HEADERS. */
#include "engine/endpoint_internal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOT_CSV                                                                                                                    \
        "failed to parse custom headers from DOCKER_CUSTOM_HEADERS environment variable: value must be formatted as "              \
        "comma-separated key=value pairs"
#define BAD_NAME(n) "invalid header field name in key=value pair " #n " (from DOCKER_CUSTOM_HEADERS)"
#define NOT_SET     "failed to set custom headers from DOCKER_CUSTOM_HEADERS environment variable: "

static const char *variable;

static const char *get_env(const char *name) {
        return str_eq(name, "DOCKER_CUSTOM_HEADERS") ? variable : NULL;
}

static const char *joined(const char *const *headers, struct arena *a) {
        const char *text = "";

        for (size_t i = 0; headers && headers[i]; i++)
                text = arena_printf(a, "%s%s|", text, headers[i]);
        return text;
}

static int set(struct endpoint *ret, const struct docker_header *headers, size_t n, struct arena *a, struct error *err) {
        struct docker_config cfg = { .dir = "/cfg", .headers = headers, .n_headers = n };

        return headers_set(ret, &cfg, get_env, a, err);
}

static void from_the_variable(void **state) {
        static const struct {
                const char *value, *headers, *message;
        } rows[] = {
                { "", "", NULL },
                { "a=b", "A: b|", NULL },
                { "a=b,c=d", "A: b|C: d|", NULL },
                { "x-foo-BAR=1", "X-Foo-Bar: 1|", NULL },
                { "a=", "A: |", NULL },
                { "a=  ", "A: |", NULL },
                { " x = y ", "X: y|", NULL },
                { "x=a\tb", "X: a\tb|", NULL },
                { "x=\xc3\xa4", "X: \xc3\xa4|", NULL },
                { "x=a=b", "X: a=b|", NULL },
                { "a=1,b=2,A=3", "A: 3|B: 2|", NULL },
                { "\"a=b,c\"", "A: b,c|", NULL },
                { "\"a=\"\"q\"\"\",b=2", "A: \"q\"|B: 2|", NULL },
                { "\"a=\"\"\"", "A: \"|", NULL },
                { "\n\r\na=b\nc=d", "A: b|", NULL },
                { "a=b\r\nc=d", "A: b|", NULL },
                { "a=b\r", "A: b|", NULL },
                /* Which of them are not sent is known where they are sent. */
                { "host=evil", "Host: evil|", NULL },
                { "=x", NULL, NOT_SET "value contains a key=value pair with an empty key: pair 1" },
                { "a=b,", NULL, NOT_SET "value contains a key=value pair with an empty key: pair 2" },
                { ",", NULL, NOT_SET "value contains a key=value pair with an empty key: pair 1" },
                { "noeq", NULL, NOT_SET "missing \"=\" in key=value pair 1" },
                { "a=b,c=d,noeq,e=f", NULL, NOT_SET "missing \"=\" in key=value pair 3" },
                { "a=b\"c", NULL, NOT_CSV },
                { "\"a=b", NULL, NOT_CSV },
                { "\"a=b\"\"", NULL, NOT_CSV },
                { "\"a=b\"c", NULL, NOT_CSV },
                { "\"", NULL, NOT_CSV },
                { "\n", NULL, NOT_CSV },
                { "a b=c", NULL, BAD_NAME(1) },
                { "a(=1", NULL, BAD_NAME(1) },
                { "q=1,Authorization: Bearer secret==", NULL, BAD_NAME(2) },
                { "\xc3\xa4=1", NULL, BAD_NAME(1) },
                { "\"x=a\r\nX-Evil: 1\"", NULL, "invalid header field value for \"X\" (from DOCKER_CUSTOM_HEADERS)" },
                { "\"a\nb=1\"", NULL, BAD_NAME(1) },
                { "x=a\rb", NULL, "invalid header field value for \"X\" (from DOCKER_CUSTOM_HEADERS)" },
                { "x=a\001b", NULL, "invalid header field value for \"X\" (from DOCKER_CUSTOM_HEADERS)" },
                { "x=a\177b", NULL, "invalid header field value for \"X\" (from DOCKER_CUSTOM_HEADERS)" },
                { "user-agent=a\rb", NULL, "invalid header field value for \"User-Agent\" (from DOCKER_CUSTOM_HEADERS)" },
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct endpoint ep = { .headers = NULL };
                struct error err = ERROR_INIT;
                int r;

                variable = rows[i].value;
                r = set(&ep, NULL, 0, &a, &err);
                if ((r < 0) != (rows[i].message != NULL))
                        fail_msg("'%s': %s", rows[i].value, r < 0 ? err.msg : joined(ep.headers, &a));
                if (rows[i].message)
                        assert_string_equal(err.msg, rows[i].message);
                else
                        assert_string_equal(joined(ep.headers, &a), rows[i].headers);
                if (r < 0)
                        assert_null(ep.headers);
        }
        variable = NULL;
}

static void from_the_file(void **state) {
        static const struct docker_header good[] = { { "x-a", " y " }, { "X-B", "" }, { "X-A", "z" } };
        static const struct docker_header bad[] = { { "x-a", "1" }, { "b c", "2" } };
        static const struct docker_header nameless[] = { { "", "1" } };
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct endpoint ep = { .headers = NULL };
        struct error err = ERROR_INIT;

        (void)state;
        assert_int_equal(set(&ep, good, N_ELEMENTS(good), &a, &err), 0);
        assert_string_equal(joined(ep.headers, &a), "X-A: z|X-B: |");
        assert_int_equal(set(&ep, bad, N_ELEMENTS(bad), &a, &err), -1);
        assert_string_equal(err.msg, "invalid header field name \"b c\" (from HttpHeaders in /cfg/config.json)");
        assert_int_equal(err.code, ERR_INVALID);
        assert_int_equal(set(&ep, nameless, 1, &a, &err), -1);
        /* The variable takes the place of all of them, of bad ones too. */
        variable = "q=1";
        assert_int_equal(set(&ep, bad, N_ELEMENTS(bad), &a, &err), 0);
        assert_string_equal(joined(ep.headers, &a), "Q: 1|");
        variable = NULL;
}

static void ceilings(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct docker_header many[101];
        char names[101][8], *value AUTO_FREE = xmalloc(16 * 1024 + 1);
        struct endpoint ep = { .headers = NULL };
        struct error err = ERROR_INIT;

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(many); i++) {
                (void)snprintf(names[i], sizeof(names[i]), "X-%zu", i);
                many[i] = (struct docker_header){ names[i], "v" };
        }
        assert_int_equal(set(&ep, many, 100, &a, &err), 0);
        assert_int_equal(set(&ep, many, 101, &a, &err), -1);
        assert_string_equal(err.msg, "more than 100 header fields (from HttpHeaders in /cfg/config.json)");
        memset(value, 'v', (size_t)16 * 1024);
        value[16 * 1024] = '\0';
        assert_int_equal(set(&ep, &(struct docker_header){ "X", value }, 1, &a, &err), -1);
        assert_string_equal(err.msg, "header field \"X\" (from HttpHeaders in /cfg/config.json) is larger than 16384 bytes");
        assert_int_equal(set(&ep, &(struct docker_header){ "X", value + 1 }, 1, &a, &err), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(from_the_variable),
                cmocka_unit_test(from_the_file),
                cmocka_unit_test(ceilings),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
