/* SPDX-License-Identifier: MIT */
/* Which proxy is used for which URL: Go's rules. */
#include "net/net_internal.h"

#include "support/check.h"

#define PLAIN  "http://plain.proxy:3128"
#define SECURE "http://secure.proxy:3129"

static const char *variables[16][2];

static const char *get_env(const char *name) {
        for (size_t i = 0; i < N_ELEMENTS(variables) && variables[i][0]; i++) {
                if (str_eq(variables[i][0], name))
                        return variables[i][1];
        }
        return NULL;
}

static void set_both(const char *no_proxy) {
        memset(variables, 0, sizeof(variables));
        variables[0][0] = "HTTP_PROXY";
        variables[0][1] = PLAIN;
        variables[1][0] = "HTTPS_PROXY";
        variables[1][1] = SECURE;
        variables[2][0] = "NO_PROXY";
        variables[2][1] = no_proxy;
}

static void by_scheme(void **state) {
        (void)state;
        set_both("");
        assert_string_equal(proxy_for("http://engine:2375/_ping", get_env), PLAIN);
        assert_string_equal(proxy_for("https://engine:2376/_ping", get_env), SECURE);
        variables[1][1] = "";
        assert_null(proxy_for("https://engine:2376/_ping", get_env));
        variables[0][1] = NULL;
        assert_null(proxy_for("http://engine:2375/_ping", get_env));
}

static void capitals_come_first(void **state) {
        (void)state;
        set_both("engine");
        variables[3][0] = "http_proxy";
        variables[3][1] = "http://small:1";
        variables[4][0] = "no_proxy";
        variables[4][1] = "other";
        variables[5][0] = "ALL_PROXY";
        variables[5][1] = "http://all:1";
        assert_string_equal(proxy_for("http://other/", get_env), PLAIN);
        assert_null(proxy_for("http://engine/", get_env));
        variables[0][1] = "";
        variables[2][1] = "";
        assert_string_equal(proxy_for("http://engine/", get_env), "http://small:1");
        assert_null(proxy_for("http://other/", get_env));
        variables[3][1] = NULL;
        assert_null(proxy_for("http://engine/", get_env));
}

static void never_for_this_machine(void **state) {
        static const char *const urls[] = { "http://localhost:2375/", "http://LocalHost/",        "http://127.0.0.1:2375/",
                                            "http://127.8.9.1/",      "https://[::1]:2376/_ping", "http://[::ffff:127.0.0.1]/" };

        (void)state;
        set_both("");
        for (size_t i = 0; i < N_ELEMENTS(urls); i++) {
                if (proxy_for(urls[i], get_env))
                        fail_msg("%s is asked for through a proxy", urls[i]);
        }
        assert_non_null(proxy_for("http://localhost.example.com/", get_env));
        assert_non_null(proxy_for("http://128.0.0.1/", get_env));
        assert_non_null(proxy_for("http://[::2]/", get_env));
}

static void exceptions(void **state) {
        static const struct {
                const char *no_proxy, *url;
                bool direct;
        } rows[] = {
                { "*", "http://engine/", true },
                { "engine", "http://engine:2375/", true },
                { " a , ENGINE\t,b", "http://Engine/", true },
                { "engine", "http://engine2/", false },
                { "engine", "http://anengine/", false },
                { "example.com", "http://example.com/", true },
                { "example.com", "http://a.b.example.com/", true },
                { "example.com", "http://notexample.com/", false },
                { ".example.com", "http://a.example.com/", true },
                { ".example.com", "http://example.com/", false },
                { "*.example.com", "http://a.example.com/", true },
                { "*.example.com", "http://example.com/", false },
                { "*example.com", "http://a.example.com/", false },
                { "example.com:2375", "http://example.com:2375/", true },
                { "example.com:2375", "http://example.com:2376/", false },
                { "example.com:80", "http://example.com/", true },
                { "example.com:443", "https://example.com/", true },
                { "192.0.2.1", "http://192.0.2.1:2375/", true },
                { "192.0.2.1", "http://192.0.2.10:2375/", false },
                { "192.0.2.1:2375", "http://192.0.2.1:2375/", true },
                { "192.0.2.1:2375", "http://192.0.2.1:2376/", false },
                { "192.0.2.0/24", "http://192.0.2.255/", true },
                { "192.0.2.0/24", "http://192.0.3.0/", false },
                { "192.0.2.128/25", "http://192.0.2.127/", false },
                { "192.0.2.128/25", "http://192.0.2.129/", true },
                { "192.0.2.99/23", "http://192.0.3.1/", true },
                { "0.0.0.0/0", "http://198.51.100.7/", true },
                { "0.0.0.0/0", "http://[2001:db8::1]/", false },
                { "0.0.0.0/0", "http://engine/", false },
                { "192.0.2.1/32", "http://192.0.2.1/", true },
                { "192.0.2.1/33", "http://192.0.2.1/", false },
                { "192.0.2.0/", "http://192.0.2.0/", false },
                { "192.0.2.0/-1", "http://192.0.2.0/", false },
                { "2001:db8::/32", "http://[2001:db8:1::5]:2375/", true },
                { "2001:db8::/32", "http://[2001:db9::5]:2375/", false },
                { "::/0", "http://[2001:db9::5]/", true },
                { "2001:db8::5", "http://[2001:DB8:0::5]/", true },
                { "[2001:db8::5]:2375", "http://[2001:db8::5]:2375/", true },
                { "[2001:db8::5]:2375", "http://[2001:db8::5]:2376/", false },
                { "[2001:db8::5]", "http://[2001:db8::5]:2376/", true },
                { ",,: ,:2375,[],[,]", "http://engine:2375/", false },
                { ".", "http://engine/", false },
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                set_both(rows[i].no_proxy);
                if (!proxy_for(rows[i].url, get_env) != rows[i].direct)
                        fail_msg("NO_PROXY='%s': %s is%s asked for through a proxy", rows[i].no_proxy, rows[i].url,
                                 rows[i].direct ? "" : " not");
        }
}

static void hostile_variables(void **state) {
        char *huge = xmalloc(100001);

        (void)state;
        memset(huge, 'x', 100000);
        huge[100000] = '\0';
        set_both(huge);
        assert_string_equal(proxy_for("http://engine/", get_env), PLAIN);
        memset(huge, ',', 100000);
        assert_string_equal(proxy_for("http://engine/", get_env), PLAIN);
        free(huge);
        set_both("\xff\xfe,\x01,a\nb");
        assert_string_equal(proxy_for("http://engine/", get_env), PLAIN);
        /* What is no URL is nobody's to ask a proxy for. */
        assert_null(proxy_for("http://", get_env));
        assert_null(proxy_for("", get_env));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(by_scheme),  cmocka_unit_test(capitals_come_first), cmocka_unit_test(never_for_this_machine),
                cmocka_unit_test(exceptions), cmocka_unit_test(hostile_variables),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
