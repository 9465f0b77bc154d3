/* SPDX-License-Identifier: MIT */
/* Which directory is chosen, and who is said to have chosen it. */
#include "autoheal/util/base.h"

#include "autoheal/util/sha256.h"
#include "store/store_internal.h"
#include "store_fixture.h"

static int setup(void **state) {
        struct fixture *f;

        if (fixture_setup(state) < 0)
                return -1;
        f = *state;
        (void)unsetenv("AUTOHEAL_DATA_DIR");
        (void)unsetenv("XDG_STATE_HOME");
        (void)setenv("HOME", f->base, 1);
        return 0;
}
#define locate_test(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)

static struct store_location locate(const struct fixture *f, const char *flag, const char *docker, bool in_container) {
        struct store_location l = { .source = NULL };

        assert_ok(store_locate_around(&l, flag, docker, "default", in_container, f->dir, &why));
        return l;
}

#define assert_location(l, want_source, want_path)                                                                                 \
        do {                                                                                                                       \
                struct store_location got = (l);                                                                                   \
                assert_string_equal(got.source, want_source);                                                                      \
                assert_string_equal(got.path, want_path);                                                                          \
        } while (0)

static void in_order(void **state) {
        struct fixture *f = *state;

        put(f, "config.json", "{}");
        (void)setenv("AUTOHEAL_DATA_DIR", "/from/env", 1);
        assert_location(locate(f, "/from/flag", "/from/docker", false), "--data-dir", "/from/flag");
        assert_location(locate(f, NULL, "/from/docker", false), "AUTOHEAL_DATA_DIR", "/from/env");
        (void)setenv("AUTOHEAL_DATA_DIR", "", 1);
        assert_location(locate(f, NULL, "/from/docker", false), "plugins.autoheal.data-dir", "/from/docker");
        assert_location(locate(f, NULL, "", false), "/data", f->dir);
        assert_location(locate(f, NULL, NULL, false), "/data", f->dir);
}

static void relative_paths(void **state) {
        struct fixture *f = *state;
        struct store_location l = { .source = "untouched" };
        struct error err = ERROR_INIT;
        char want[256], cwd[4096];

        assert_non_null(getcwd(cwd, sizeof(cwd)));
        assert_int_equal(chdir(f->base), 0);
        (void)snprintf(want, sizeof(want), "%s/some/where", f->base);
        assert_location(locate(f, "some/where", NULL, false), "--data-dir", want);
        assert_int_equal(chdir(cwd), 0);
        assert_int_equal(store_locate_around(&l, NULL, "some/where", "default", false, f->dir, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.msg, "plugins.autoheal.data-dir"));
        assert_int_equal(store_locate_around(&l, "", NULL, "default", false, f->dir, &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
        assert_string_equal(l.source, "untouched");
}

static void tilde_in_the_docker_option(void **state) {
        struct fixture *f = *state;
        char want[256];

        (void)snprintf(want, sizeof(want), "%s/heal", f->base);
        assert_location(locate(f, NULL, "~/heal", false), "plugins.autoheal.data-dir", want);
        assert_location(locate(f, NULL, "~", false), "plugins.autoheal.data-dir", f->base);
}

static void too_long(void **state) {
        struct fixture *f = *state;
        struct store_location l;
        struct error err = ERROR_INIT;
        char path[5000];

        memset(path, 'x', sizeof(path) - 1);
        path[0] = '/';
        path[sizeof(path) - 1] = '\0';
        assert_int_equal(store_locate_around(&l, path, NULL, "default", false, f->dir, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
}

static void the_default(void **state) {
        struct fixture *f = *state;
        char want[256];

        put(f, "somebody-elses.txt", "");
        (void)snprintf(want, sizeof(want), "%s/.local/state/docker-autoheal", f->base);
        assert_location(locate(f, NULL, NULL, false), "default", want);
        (void)setenv("XDG_STATE_HOME", "relative", 1);
        assert_location(locate(f, NULL, NULL, false), "default", want);
        (void)setenv("XDG_STATE_HOME", "/xdg", 1);
        assert_location(locate(f, NULL, NULL, false), "default", "/xdg/docker-autoheal");
        /* inside a container too: a directory that belongs to somebody else is not taken over */
        assert_location(locate(f, NULL, NULL, true), "default", "/xdg/docker-autoheal");
}

static void data_is_ours(void **state) {
        static const char *const names[] = { "config.json",      "events.json",     "quarantine.json", "restart_counts.json",
                                             "maintenance.json", "containers.json", "pass.json" };
        struct fixture *f = *state;
        char path[256];

        assert_location(locate(f, NULL, NULL, false), "/data", f->dir);
        put(f, "somebody-elses.txt", "");
        for (size_t i = 0; i < N_ELEMENTS(names); i++) {
                assert_string_equal(locate(f, NULL, NULL, false).source, "default");
                put(f, names[i], "");
                assert_location(locate(f, NULL, NULL, false), "/data", f->dir);
                file_path(f, names[i], path);
                assert_int_equal(unlink(path), 0);
        }
}

static void data_of_an_empty_file_system(void **state) {
        struct fixture *f = *state;
        char path[256];

        file_path(f, "lost+found", path);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_location(locate(f, NULL, NULL, false), "/data", f->dir);
}

static void data_that_is_not_there(void **state) {
        struct fixture *f = *state;

        assert_int_equal(rmdir(f->dir), 0);
        assert_string_equal(locate(f, NULL, NULL, false).source, "default");
        assert_location(locate(f, NULL, NULL, true), "/data", f->dir);
        assert_int_equal(access(f->dir, F_OK), -1);
}

static void data_that_is_a_file(void **state) {
        struct fixture *f = *state;
        FILE *file;

        assert_int_equal(rmdir(f->dir), 0);
        file = fopen(f->dir, "w");
        assert_non_null(file);
        (void)fclose(file);
        assert_string_equal(locate(f, NULL, NULL, true).source, "default");
}

/* Its disk may not be mounted yet. */
static void data_that_leads_nowhere(void **state) {
        struct fixture *f = *state;
        struct store_location l = { .source = "untouched" };
        struct error err = ERROR_INIT;

        assert_int_equal(rmdir(f->dir), 0);
        assert_int_equal(symlink("/nowhere/at-all", f->dir), 0);
        for (int in_container = 0; in_container < 2; in_container++) {
                assert_int_equal(store_locate_around(&l, NULL, NULL, "default", in_container, f->dir, &err), -1);
                assert_int_equal(err.code, ERR_CONFIG);
                assert_non_null(strstr(err.msg, "is a symbolic link to '/nowhere/at-all', which is not there"));
                assert_non_null(strstr(err.msg, "--data-dir"));
        }
        assert_string_equal(l.source, "untouched");
        assert_location(locate(f, "/from/flag", NULL, false), "--data-dir", "/from/flag");
}

static int locate_blind(struct fixture *f) {
        struct store_location l;
        struct error err = ERROR_INIT;

        return store_locate_around(&l, NULL, NULL, "default", false, f->dir, &err) < 0 && err.code == ERR_CONFIG &&
                               strstr(err.msg, f->dir) && strstr(err.msg, "--data-dir")
                       ? 0
                       : 1;
}

static void data_that_nobody_may_look_into(void **state) {
        struct fixture *f = *state;

        assert_int_equal(chmod(f->dir, geteuid() == 0 ? 0700 : 0000), 0);
        assert_int_equal(as_ordinary_user(locate_blind, f), 0);
        assert_int_equal(chmod(f->dir, 0700), 0);
}

static int locate_unmakable(struct fixture *f) {
        return str_eq(locate(f, NULL, NULL, true).source, "default") ? 0 : 1;
}

static void data_that_cannot_be_made(void **state) {
        struct fixture *f = *state;

        assert_int_equal(rmdir(f->dir), 0);
        assert_int_equal(chmod(f->base, 0555), 0);
        assert_int_equal(as_ordinary_user(locate_unmakable, f), 0);
        assert_int_equal(chmod(f->base, 0755), 0);
}

static struct store_location locate_of(const struct fixture *f, const char *context) {
        struct store_location l = { .source = NULL };

        assert_ok(store_locate_around(&l, NULL, NULL, context, false, f->dir, &why));
        return l;
}

/* A directory belongs to one engine, so each context has its own; where somebody named one, that is the one. */
static void a_context_of_its_own(void **state) {
        struct fixture *f = *state;
        struct store_location l;
        char want[512];

        (void)snprintf(want, sizeof(want), "%s/contexts/prod_1.eu+x-y", f->dir);
        assert_location(locate_of(f, "prod_1.eu+x-y"), "/data", want);
        assert_location(locate_of(f, "default"), "/data", f->dir);
        assert_ok(store_locate_around(&l, "/from/flag", NULL, "prod", false, f->dir, &why));
        assert_string_equal(l.path, "/from/flag");
        assert_ok(store_locate_around(&l, NULL, "/from/docker", "prod", false, f->dir, &why));
        assert_string_equal(l.path, "/from/docker");
        (void)setenv("AUTOHEAL_DATA_DIR", "/from/env", 1);
        assert_location(locate_of(f, "prod"), "AUTOHEAL_DATA_DIR", "/from/env");
        (void)unsetenv("AUTOHEAL_DATA_DIR");
        put(f, "somebody-elses.txt", "");
        (void)setenv("XDG_STATE_HOME", "/xdg", 1);
        assert_location(locate_of(f, "prod"), "default", "/xdg/docker-autoheal/contexts/prod");
        (void)unsetenv("XDG_STATE_HOME");
        (void)snprintf(want, sizeof(want), "%s/.local/state/docker-autoheal/contexts/prod", f->base);
        assert_location(locate_of(f, "prod"), "default", want);
}

/* Names that docker would not give a context go by their SHA-256. */
static void a_context_with_an_odd_name(void **state) {
        static const struct {
                const char *name, *id;
        } rows[] = {
                { "..", "5ec1f7e700f37c3d0b2981d04855fc34b94aaa15457b05ca571817442d228f81" },
                { "x", "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" },
                { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
                { "a/../../b", NULL },
                { "/etc", NULL },
                { ".hidden", NULL },
                { "with blank", NULL },
                { "line\nbreak", NULL },
        };
        struct fixture *f = *state;
        char want[512], long_name[202];

        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                char id[SHA256_HEX_SIZE];

                sha256_hex(id, rows[i].name, strlen(rows[i].name));
                if (rows[i].id)
                        assert_string_equal(id, rows[i].id);
                (void)snprintf(want, sizeof(want), "%s/contexts/%s", f->dir, id);
                assert_location(locate_of(f, rows[i].name), "/data", want);
        }
        memset(long_name, 'n', sizeof(long_name) - 1);
        long_name[sizeof(long_name) - 1] = '\0';
        assert_int_equal(strlen(strrchr(locate_of(f, long_name).path, '/')), 1 + SHA256_HEX_SIZE - 1);
        long_name[200] = '\0';
        assert_string_equal(strrchr(locate_of(f, long_name).path, '/') + 1, long_name);
}

/* Where only contexts were used so far, the directory is ours all the same; somebody else's "contexts" does not make it so. */
static void data_that_holds_contexts(void **state) {
        struct fixture *f = *state;
        char path[512];

        file_path(f, "contexts", path);
        assert_int_equal(mkdir(path, 0700), 0);
        file_path(f, "contexts/prod", path);
        assert_int_equal(mkdir(path, 0700), 0);
        put(f, "contexts/prod/somebody-elses.txt", "");
        assert_string_equal(locate_of(f, "prod").source, "default");
        assert_string_equal(locate_of(f, "default").source, "default");
        put(f, "contexts/prod/pass.json", "");
        assert_string_equal(locate_of(f, "other").source, "/data");
        assert_location(locate_of(f, "default"), "/data", f->dir);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                locate_test(in_order),
                locate_test(relative_paths),
                locate_test(tilde_in_the_docker_option),
                locate_test(too_long),
                locate_test(the_default),
                locate_test(data_is_ours),
                locate_test(data_of_an_empty_file_system),
                locate_test(data_that_is_not_there),
                locate_test(data_that_is_a_file),
                locate_test(data_that_leads_nowhere),
                locate_test(data_that_nobody_may_look_into),
                locate_test(data_that_cannot_be_made),
                locate_test(a_context_of_its_own),
                locate_test(a_context_with_an_odd_name),
                locate_test(data_that_holds_contexts),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
