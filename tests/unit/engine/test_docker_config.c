/* SPDX-License-Identifier: MIT */
/* The docker CLI's config.json: where it is, what is read of it, and what is wrong with it. */
#include "autoheal/engine/endpoint.h"
#include "autoheal/os/file.h"

#include <fcntl.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

static char dir[] = P_tmpdir "/autoheal-test-XXXXXX";
static char path[sizeof(dir) + sizeof("/config.json")];

static int make_dir(void **state) {
        (void)state;
        if (!mkdtemp(dir))
                return -1;
        snprintf(path, sizeof(path), "%s/config.json", dir);
        return unsetenv("DOCKER_CONFIG");
}

static int remove_file(void **state) {
        (void)state;
        (void)unlink(path);
        return 0;
}

static int remove_dir(void **state) {
        (void)state;
        return rmdir(dir);
}

static void write_config(const char *text, size_t len) {
        AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, len), len);
}

static void read_config(struct docker_config *ret, struct arena *a) {
        docker_config_read(ret, &(struct docker_flags){ .config_dir = dir }, a);
}

static const struct shape {
        const char *text, *current_context, *data_dir;
        const char *warning; /* what follows "Error parsing config file (PATH): " */
} shapes[] = {
        { "", "", "", NULL },
        { " \r\n\t", "", "", NULL },
        { "{}", "", "", NULL },
        { "null", "", "", NULL },
        { "{\"auths\":{\"r\":{\"auth\":\"x\"}},\"currentContext\":\"prod\"}", "prod", "", NULL },
        { "{\"CURRENTCONTEXT\":\"prod\"}", "prod", "", NULL },
        { "{\"currentContext\":\"\"}", "", "", NULL },
        { "{\"currentContext\":null,\"plugins\":null}", "", "", NULL },
        { "{\"plugins\":{\"autoheal\":{\"data-dir\":\"/srv/x\",\"hooks\":\"ps\"}}}", "", "/srv/x", NULL },
        { "{\"Plugins\":{\"autoheal\":{\"Data-Dir\":\"/srv/x\"}},\"currentContext\":\"c\"}", "c", "/srv/x", NULL },
        { "{\"plugins\":{\"compose\":{\"data-dir\":\"/srv/x\"}}}", "", "", NULL },
        { "{\"currentContext\":\"a\\u0000b\\n\"}",
          "a\xef\xbf\xbd"
          "b\n",
          "", NULL },
        /* Go reads one value and no more. */
        { "{\"currentContext\":\"prod\"} trailing {", "prod", "", NULL },
        { "{\"currentContext\":\"}\\\"{\"}{\"currentContext\":\"second\"}", "}\"{", "", NULL },
        /* A member of the wrong type does not cost the others. */
        { "{\"currentContext\":5,\"plugins\":{\"autoheal\":{\"data-dir\":\"/d\"}}}", "", "/d",
          "'currentContext' must be a string, not a number" },
        { "{\"currentContext\":\"c\",\"plugins\":{\"autoheal\":{\"data-dir\":[]}}}", "c", "",
          "'data-dir' must be a string, not an array" },
        { "{\"currentContext\":\"c\",\"plugins\":[{\"autoheal\":1}]}", "c", "", "'plugins' must be an object, not an array" },
        { "{\"plugins\":{\"autoheal\":\"/d\"}}", "", "", "'autoheal' must be an object, not a string" },
        { "{\"plugins\":{\"autoheal\":null,\"compose\":5}}", "", "", NULL },
        { "[]", "", "", "expected an object, got an array" },
        { "\"currentContext\"", "", "", "expected an object, got a string" },
        /* The rest of these messages is the JSON reader's. */
        { "{", "", "", "line 1, column 2: " },
        { "{\"currentContext\":\"c\",}", "", "", "line 1, column 23: " },
        { "{\n\"currentContext\":\"c\" x}", "", "", "line 2, column 22: " },
        { "\xef\xbb\xbf{}", "", "", "line 1, column 1: " },
};

static void file_shapes(void **state) {
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(shapes); i++) {
                const struct shape *s = &shapes[i];
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct docker_config cfg;
                char begin[sizeof(path) + 128];

                write_config(s->text, strlen(s->text));
                read_config(&cfg, &a);
                assert_string_equal(cfg.dir, dir);
                assert_string_equal(cfg.current_context, s->current_context);
                assert_string_equal(cfg.data_dir, s->data_dir);
                if ((cfg.warning != NULL) != (s->warning != NULL))
                        fail_msg("%s: warning %s", s->text, cfg.warning ? cfg.warning : "missing");
                if (!s->warning)
                        continue;
                snprintf(begin, sizeof(begin), "Error parsing config file (%s): %s", path, s->warning);
                if (strncmp(cfg.warning, begin, strlen(begin)) != 0)
                        fail_msg("%s: warning '%s'", s->text, cfg.warning);
        }
}

/* Only what leaves open whether a data directory is set counts; then the default could be another one than the one meant. */
static void unknown_data_dir(void **state) {
        static const struct {
                const char *text, *why;
        } cases[] = {
                { "", NULL },
                { "{\"plugins\":{\"autoheal\":{\"data-dir\":null}}}", NULL },
                { "{\"plugins\":{\"autoheal\":{\"data-dir\":\"/d\"}}} trailing {", NULL },
                { "{\"currentContext\":5}", NULL },
                { "{\"plugins\":{\"autoheal\":{\"data-dir\":[]}}}", "'data-dir' must be a string, not an array" },
                { "{\"plugins\":{\"autoheal\":5}}", "'autoheal' must be an object, not a number" },
                { "{\"currentContext\":5,\"plugins\":true}", "'plugins' must be an object, not true or false" },
                { "[]", "expected an object, got an array" },
                { "{\"plugins\":{\"autoheal\":{\"data-dir\":\"/d\"}},}", "line 1, column 43: " },
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct docker_config cfg;
                char begin[sizeof(path) + 256];

                write_config(cases[i].text, strlen(cases[i].text));
                read_config(&cfg, &a);
                if (!cases[i].why) {
                        assert_null(cfg.data_dir_unknown);
                        continue;
                }
                snprintf(begin, sizeof(begin),
                         "docker's configuration '%s' cannot be read, so it is not known which data directory is meant: %s", path,
                         cases[i].why);
                assert_non_null(cfg.data_dir_unknown);
                if (strncmp(cfg.data_dir_unknown, begin, strlen(begin)) != 0)
                        fail_msg("%s: '%s'", cases[i].text, cfg.data_dir_unknown);
                assert_string_equal(cfg.data_dir, "");
        }
}

static void headers(void **state) {
        static const struct {
                const char *text, *headers, *warning;
        } cases[] = {
                { "{\"HttpHeaders\":{\"X-A\":\"1\",\"b c\":\"a\\nb\"}}", "X-A=1|b c=a\nb|", NULL },
                { "{\"httpheaders\":{\"x\":\"\"}}", "x=|", NULL },
                { "{\"HttpHeaders\":{}}", "", NULL },
                { "{\"HttpHeaders\":null}", "", NULL },
                { "{\"HttpHeaders\":{\"a\":null,\"b\":\"2\"}}", "b=2|", NULL },
                { "{\"HttpHeaders\":{\"a\":5,\"b\":\"2\",\"c\":[\"x\"]}}", "b=2|",
                  "'HttpHeaders.a' must be a string, not a number" },
                { "{\"currentContext\":5,\"HttpHeaders\":[]}", "", "'currentContext' must be a string, not a number" },
                { "{\"HttpHeaders\":[]}", "", "'HttpHeaders' must be an object, not an array" },
        };

        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                struct arena a AUTO(arena_release) = ARENA_INIT(4096);
                struct docker_config cfg;
                const char *found = "";

                write_config(cases[i].text, strlen(cases[i].text));
                read_config(&cfg, &a);
                for (size_t k = 0; k < cfg.n_headers; k++)
                        found = arena_printf(&a, "%s%s=%s|", found, cfg.headers[k].name, cfg.headers[k].value);
                assert_string_equal(found, cases[i].headers);
                assert_int_equal(cfg.warning != NULL, cases[i].warning != NULL);
                if (cases[i].warning)
                        assert_non_null(strstr(cfg.warning, cases[i].warning));
                assert_null(cfg.data_dir_unknown);
        }
}

static void missing_file(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct docker_config cfg;

        (void)state;
        read_config(&cfg, &a);
        assert_null(cfg.warning);
        assert_null(cfg.data_dir_unknown);
        assert_string_equal(cfg.current_context, "");
        assert_string_equal(cfg.data_dir, "");
}

static void file_with_nul(void **state) {
        static const char text[] = "{\"currentContext\":\"c\0\"}";
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct docker_config cfg;

        (void)state;
        write_config(text, sizeof(text) - 1);
        read_config(&cfg, &a);
        assert_non_null(cfg.warning);
        assert_string_equal(cfg.current_context, "");
}

static void file_above_ceiling(void **state) {
        const size_t size = 1024 * 1024 + 1;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        char *text AUTO_FREE = xmalloc(size), expected[sizeof(path) + 128];
        struct docker_config cfg;

        (void)state;
        memset(text, ' ', size);
        memcpy(text + size - 22, "{\"currentContext\":\"c\"}", 22);
        write_config(text, size);
        read_config(&cfg, &a);
        snprintf(expected, sizeof(expected), "Error loading config file: %s: larger than 1048576 bytes", path);
        assert_non_null(cfg.warning);
        assert_string_equal(cfg.warning, expected);
        assert_non_null(strstr(cfg.data_dir_unknown, "is meant: larger than 1048576 bytes"));
        assert_string_equal(cfg.current_context, "");
        write_config(text + 1, size - 1);
        read_config(&cfg, &a);
        assert_null(cfg.warning);
        assert_string_equal(cfg.current_context, "c");
}

/* The CLI's file is the user's: others' permission to write it is not our business. */
static void file_that_all_may_write(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct docker_config cfg;

        (void)state;
        write_config("{\"currentContext\":\"c\"}", 22);
        assert_int_equal(chmod(path, 0666), 0);
        read_config(&cfg, &a);
        assert_null(cfg.warning);
        assert_string_equal(cfg.current_context, "c");
}

static void no_file_in_its_place(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        char below[sizeof(path)], expected[2 * sizeof(path) + 128];
        struct docker_config cfg;

        (void)state;
        assert_int_equal(mkdir(path, 0700), 0);
        read_config(&cfg, &a);
        assert_int_equal(rmdir(path), 0);
        assert_non_null(strstr(cfg.data_dir_unknown, "is meant: is a directory"));
        snprintf(expected, sizeof(expected), "Error parsing config file (%s): read %s: is a directory", path, path);
        assert_string_equal(cfg.warning, expected);

        assert_int_equal(mkfifo(path, 0600), 0);
        read_config(&cfg, &a);
        assert_int_equal(unlink(path), 0);
        assert_null(cfg.warning);

        write_config("{}", 2);
        snprintf(below, sizeof(below), "%s", path);
        docker_config_read(&cfg, &(struct docker_flags){ .config_dir = below }, &a);
        snprintf(expected, sizeof(expected), "Error loading config file: open %s/config.json: not a directory", path);
        assert_string_equal(cfg.warning, expected);
}

static void which_directory(void **state) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        char with_slash[sizeof(dir) + 1], expected[4096];
        const struct docker_flags none = { 0 }, empty = { .config_dir = "" }, given = { .config_dir = with_slash };
        char *home = getenv("HOME") ? xstrdup(getenv("HOME")) : NULL;
        const struct passwd *pw = getpwuid(getuid());
        struct docker_config cfg;

        (void)state;
        write_config("{\"currentContext\":\"c\"}", 22);
        snprintf(with_slash, sizeof(with_slash), "%s/", dir);
        setenv("HOME", "/nowhere", 1);
        setenv("DOCKER_CONFIG", "relative/dir", 1);
        docker_config_read(&cfg, &given, &a);
        assert_string_equal(cfg.dir, with_slash);
        assert_string_equal(cfg.cert_dir, "relative/dir");
        assert_string_equal(cfg.current_context, "c");
        docker_config_read(&cfg, &none, &a);
        assert_string_equal(cfg.dir, "relative/dir");
        docker_config_read(&cfg, &empty, &a);
        assert_string_equal(cfg.dir, "relative/dir");
        setenv("DOCKER_CONFIG", "", 1);
        docker_config_read(&cfg, &none, &a);
        assert_string_equal(cfg.dir, "/nowhere/.docker");
        assert_string_equal(cfg.cert_dir, "/nowhere/.docker");
        unsetenv("DOCKER_CONFIG");
        setenv("HOME", "", 1);
        docker_config_read(&cfg, &none, &a);
        snprintf(expected, sizeof(expected), "%s/.docker", pw ? pw->pw_dir : "");
        assert_string_equal(cfg.dir, pw ? expected : ".docker");
        if (home)
                setenv("HOME", home, 1);
        free(home);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(missing_file, remove_file),
                cmocka_unit_test_teardown(file_shapes, remove_file),
                cmocka_unit_test_teardown(unknown_data_dir, remove_file),
                cmocka_unit_test_teardown(headers, remove_file),
                cmocka_unit_test_teardown(file_with_nul, remove_file),
                cmocka_unit_test_teardown(file_above_ceiling, remove_file),
                cmocka_unit_test_teardown(file_that_all_may_write, remove_file),
                cmocka_unit_test_teardown(no_file_in_its_place, remove_file),
                cmocka_unit_test_teardown(which_directory, remove_file),
        };

        return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
