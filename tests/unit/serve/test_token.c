/* SPDX-License-Identifier: MIT */
/* Where the token comes from, and which are none. */
#include "serve/token.h"
#include "support/check.h"
#include "support/files.h"

#include <sys/stat.h>
#include <unistd.h>

struct room {
        char *dir, token[TOKEN_SIZE], *source;
        struct error err;
};

static const char *env_token, *env_file;

static const char *fake_env(const char *name) {
        return str_eq(name, "AUTOHEAL_API_TOKEN") ? env_token : str_eq(name, "AUTOHEAL_API_TOKEN_FILE") ? env_file : NULL;
}

static int set_up(void **state) {
        struct room *r = xcalloc(1, sizeof(*r));
        r->dir = temp_dir_make();
        assert_int_equal(chmod(r->dir, 0700), 0);
        env_token = env_file = NULL;
        *state = r;
        return 0;
}

static int tear_down(void **state) {
        struct room *r = *state;
        temp_dir_remove(r->dir);
        free(r->source);
        free(r);
        return 0;
}

static int find(struct room *r, const char *given) {
        free(r->source);
        r->source = NULL;
        memset(r->token, 0, sizeof(r->token));
        error_clear(&r->err);
        return token_find(r->token, &r->source, given, r->dir, fake_env, &r->err);
}

static void put(struct room *r, const char *name, const char *text, mode_t mode) {
        char *path AUTO_FREE = path_join(r->dir, name);
        file_put(r->dir, name, text);
        assert_int_equal(chmod(path, mode), 0);
}

static void test_made_once(void **state) {
        struct room *r = *state;
        struct stat st;
        char *path AUTO_FREE = path_join(r->dir, "api_token"), first[TOKEN_SIZE];
        assert_int_equal(find(r, NULL), 0);
        assert_int_equal(strlen(r->token), 64);
        assert_int_equal(strspn(r->token, "0123456789abcdef"), 64);
        assert_string_equal(r->source, path);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        memcpy(first, r->token, sizeof(first));
        assert_int_equal(find(r, NULL), 0);
        assert_string_equal(r->token, first);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(find(r, NULL), 0);
        assert_string_not_equal(r->token, first);
}

static void test_order(void **state) {
        struct room *r = *state;
        char *path AUTO_FREE = path_join(r->dir, "secret");
        put(r, "secret", "from-a-file-of-mine\r\n", 0600);
        env_file = path;
        assert_int_equal(find(r, NULL), 0);
        assert_string_equal(r->token, "from-a-file-of-mine");
        assert_string_equal(r->source, path);
        env_token = "from-the-environment";
        assert_int_equal(find(r, NULL), 0);
        assert_string_equal(r->token, "from-the-environment");
        assert_string_equal(r->source, "AUTOHEAL_API_TOKEN");
        assert_int_equal(find(r, "from-the-command-line"), 0);
        assert_string_equal(r->token, "from-the-command-line");
        assert_false(file_there(r->dir, "api_token"));
}

/* Nobody's mistake may end in a token that is easy to guess, and the token itself is in no message. */
static void test_refused(void **state) {
        struct room *r = *state;
        char long_one[200];
        memset(long_one, 'x', sizeof(long_one));
        long_one[129] = '\0';
        const char *const bad[] = { "short-secret-15", "with a blank in it", "with\ttab-in-it-somewhere",
                                    "caf\xc3\xa9-caf\xc3\xa9-caf\xc3\xa9", long_one };
        for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
                env_token = bad[i];
                assert_int_equal(find(r, NULL), -1);
                assert_int_equal(r->err.code, ERR_CONFIG);
                check_contains(r->err.msg, "AUTOHEAL_API_TOKEN");
                check_lacks(r->err.msg, bad[i]);
        }
        long_one[128] = '\0';
        env_token = long_one;
        assert_int_equal(find(r, NULL), 0);
        env_token = "sixteen-letters.";
        assert_int_equal(find(r, NULL), 0);
}

static void test_bad_files(void **state) {
        struct room *r = *state;
        put(r, "api_token", "readable-by-everybody\n", 0644);
        assert_int_equal(find(r, NULL), -1);
        assert_int_equal(r->err.code, ERR_CONFIG);
        check_contains(r->err.msg, "chmod 600");
        put(r, "api_token", "\n", 0600);
        assert_int_equal(find(r, NULL), -1);
        check_contains(r->err.msg, "too short");
        env_file = "/nowhere/secret";
        assert_int_equal(find(r, NULL), -1);
        assert_int_equal(r->err.code, ERR_CONFIG);
        check_contains(r->err.msg, "AUTOHEAL_API_TOKEN_FILE");
}

/* A link that somebody else left is not followed out of sight. */
static void test_dangling_link(void **state) {
        struct room *r = *state;
        char *path AUTO_FREE = path_join(r->dir, "api_token");
        assert_int_equal(symlink("/nowhere/at/all", path), 0);
        assert_int_equal(find(r, NULL), -1);
        assert_int_equal(r->err.code, ERR_CONFIG);
}

static void test_comparison(void **state) {
        char long_one[400];
        (void)state;
        memset(long_one, 'x', sizeof(long_one));
        assert_true(token_is("0123456789abcdef", slice_str("0123456789abcdef")));
        assert_false(token_is("0123456789abcdef", slice_str("0123456789abcdeg")));
        assert_false(token_is("0123456789abcdef", slice_str("0123456789abcde")));
        assert_false(token_is("0123456789abcdef", (struct slice){ "0123456789abcdef\0", 17 }));
        assert_false(token_is("0123456789abcdef", slice_str("")));
        assert_false(token_is("", slice_str("")));
        assert_false(token_is("", (struct slice){ long_one, sizeof(long_one) }));
        assert_false(token_is("xxxxxxxxxxxxxxxx", (struct slice){ long_one, sizeof(long_one) }));
}

#define token_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                token_test(test_made_once), token_test(test_order),         token_test(test_refused),
                token_test(test_bad_files), token_test(test_dangling_link), cmocka_unit_test(test_comparison),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
