/* SPDX-License-Identifier: MIT */
/* The log of a data directory: its lines, setting it aside, and what it does where it cannot be written. */
#include "autoheal/os/log.h"

#include "autoheal/json/reader.h"
#include "support/check.h"
#include "support/files.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG "logs/autoheal.log"

struct fixture {
        char *dir;
        struct log_file *log;
};

static const struct log_shape plain = { .least = LEVEL_INFO, .max_bytes = 0, .keep = 3 };

static int setup(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));
        f->dir = temp_dir_make();
        f->log = log_file_new(f->dir, &plain, false);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;
        log_attach(NULL);
        log_file_free(f->log);
        temp_dir_remove(f->dir);
        free(f);
        return 0;
}

static char *content(const struct fixture *f, const char *name) {
        return file_get(f->dir, name);
}

static unsigned mode_of(const struct fixture *f, const char *name) {
        AUTO_FREE char *path = path_join(f->dir, name);
        struct stat st;
        assert_int_equal(lstat(path, &st), 0);
        return st.st_mode & 07777U;
}

/* "dddd-dd-dd dd:dd:dd,ddd" */
static bool begins_with_time(const char *line) {
        for (const char *form = "dddd-dd-dd dd:dd:dd,ddd"; *form; form++, line++)
                if (*form == 'd' ? *line < '0' || *line > '9' : *line != *form)
                        return false;
        return true;
}

static void test_text(void **state) {
        struct fixture *f = *state;
        assert_false(file_there(f->dir, "logs"));
        log_file_write(f->log, LEVEL_DEBUG, "pass", "not wanted");
        assert_false(file_there(f->dir, "logs"));
        log_file_write(f->log, LEVEL_WARNING, "pass", "web is sick");
        log_file_write(f->log, LEVEL_INFO, "http", "100%s");
        AUTO_FREE char *text = content(f, LOG);
        assert_true(begins_with_time(text));
        char *second = strchr(text, '\n') + 1;
        assert_true(begins_with_time(second));
        assert_string_equal(second + 23, " - http - INFO - 100%s\n");
        second[-1] = '\0';
        assert_string_equal(text + 23, " - pass - WARNING - web is sick");
        assert_int_equal(mode_of(f, "logs"), 0700);
        assert_int_equal(mode_of(f, LOG), 0600);
}

static void test_json(void **state) {
        struct fixture *f = *state;
        struct log_shape shape = plain;
        struct json_lines lines;
        shape.json = true;
        log_file_reshape(f->log, &shape);
        log_file_write(f->log, LEVEL_ERROR, "pass", "a \"quote\"\n\x1b[2J\xff");
        log_file_write(f->log, LEVEL_INFO, "pass", "b");
        AUTO_FREE char *text = content(f, LOG);
        json_lines_parse(&lines, text);
        assert_int_equal(lines.n, 2);
        check_keys(json_root(lines.docs[0]), "timestamp, level, module, message");
        check_json(json_root(lines.docs[0]), "level", "\"ERROR\"");
        check_json(json_root(lines.docs[0]), "module", "\"pass\"");
        check_json(json_root(lines.docs[0]), "message", "\"a \\\"quote\\\"\\n\\u001b[2J\xef\xbf\xbd\"");
        json_lines_release(&lines);
}

/* However long, and whatever it is made of: one line, and a whole one. */
static void test_hostile(void **state) {
        static char text[100000];
        struct fixture *f = *state;
        struct log_shape shape = plain;
        memset(text, '\x01', sizeof(text) - 1);
        log_file_write(f->log, LEVEL_INFO, "pass", "web\n2026-01-01 00:00:00,000 - pass - INFO - forged\r\x1b[31m\xc2\x9b");
        log_attach(f->log);
        log_note(LEVEL_INFO, "pass", "%s", text);
        AUTO_FREE char *lines = content(f, LOG);
        char *second = strchr(lines, '\n') + 1;
        check_contains(lines, "web\\n2026-01-01 00:00:00,000 - pass - INFO - forged\\r\\x1b[31m\\u{009b}\n");
        assert_true(begins_with_time(second));
        assert_ptr_equal(strchr(second, '\n'), second + strlen(second) - 1);

        shape.json = true;
        log_file_reshape(f->log, &shape);
        log_note(LEVEL_INFO, "pass", "%s", text);
        AUTO_FREE char *all = content(f, LOG);
        struct json_lines json;
        json_lines_parse(&json, all + strlen(lines));
        assert_int_equal(json.n, 1);
        json_lines_release(&json);
}

static void test_levels_have_words(void **state) {
        (void)state;
        for (int i = 0; i < LEVEL_MAX_; i++)
                assert_int_equal(log_level_parse(log_level_name((enum log_level)i)), i);
        assert_int_equal(log_level_parse("TRACE"), LEVEL_MAX_);
}

/* ---- Setting aside ---- */

static void test_set_aside(void **state) {
        struct fixture *f = *state;
        const struct log_shape shape = { .least = LEVEL_INFO, .max_bytes = 100, .keep = 2 };
        log_file_reshape(f->log, &shape);
        for (const char *c = "12345"; *c; c++)
                log_file_write(f->log, LEVEL_INFO, "pass", (const char[]){ 'l', 'i', 'n', 'e', ' ', *c, '\0' });
        /* Two lines of 46 bytes fit. */
        AUTO_FREE char *now = content(f, LOG), *before = content(f, LOG ".1"), *first = content(f, LOG ".2");
        check_contains(now, "line 5\n");
        check_lacks(now, "line 4\n");
        check_contains(before, "line 3\n");
        check_contains(before, "line 4\n");
        check_contains(first, "line 1\n");
        check_contains(first, "line 2\n");
        log_file_write(f->log, LEVEL_INFO, "pass", "line 6");
        log_file_write(f->log, LEVEL_INFO, "pass", "line 7");
        AUTO_FREE char *oldest = content(f, LOG ".2");
        check_contains(oldest, "line 3\n");
        assert_false(file_there(f->dir, LOG ".3"));
}

static void test_nothing_is_kept(void **state) {
        struct fixture *f = *state;
        const struct log_shape shape = { .least = LEVEL_INFO, .max_bytes = 60, .keep = 0 };
        log_file_reshape(f->log, &shape);
        log_file_write(f->log, LEVEL_INFO, "pass", "line 1");
        log_file_write(f->log, LEVEL_INFO, "pass", "line 2");
        AUTO_FREE char *now = content(f, LOG);
        check_contains(now, "line 2\n");
        check_lacks(now, "line 1\n");
        assert_false(file_there(f->dir, LOG ".1"));
}

/* Those that are too many go with the next one, those of another program stay. */
static void test_fewer_are_kept(void **state) {
        struct fixture *f = *state;
        struct log_shape shape = { .least = LEVEL_INFO, .max_bytes = 60, .keep = 100 };
        char name[64];
        log_file_reshape(f->log, &shape);
        for (int i = 0; i <= 100; i++)
                log_file_write(f->log, LEVEL_INFO, "pass", "line");
        assert_true(file_there(f->dir, LOG ".100"));
        file_put(f->dir, LOG ".old", "");
        shape.keep = 2;
        log_file_reshape(f->log, &shape);
        log_file_write(f->log, LEVEL_INFO, "pass", "line");
        for (int i = 1; i <= 100; i++) {
                snprintf(name, sizeof(name), LOG ".%d", i);
                assert_int_equal(file_there(f->dir, name), i <= 2);
        }
        assert_true(file_there(f->dir, LOG ".old"));
}

/* logrotate, or another program of ours. */
static void test_renamed_by_another(void **state) {
        struct fixture *f = *state;
        AUTO_FREE char *log = path_join(f->dir, LOG), *old = path_join(f->dir, "logs/old");
        log_file_write(f->log, LEVEL_INFO, "pass", "before");
        assert_int_equal(rename(log, old), 0);
        log_file_write(f->log, LEVEL_INFO, "pass", "after");
        AUTO_FREE char *now = content(f, LOG);
        check_contains(now, "after");
        check_lacks(now, "before");
}

static void test_two_programs(void **state) {
        struct fixture *f = *state;
        const struct log_shape shape = { .least = LEVEL_INFO, .max_bytes = 100, .keep = 9 };
        struct log_file *other = log_file_new(f->dir, &shape, false);
        size_t n = 0;
        log_file_reshape(f->log, &shape);
        for (int i = 0; i < 10; i++) {
                log_file_write(f->log, LEVEL_INFO, "pass", "mine");
                log_file_write(other, LEVEL_INFO, "pass", "theirs");
        }
        for (int i = 0; i < 10; i++) {
                char name[64];
                snprintf(name, sizeof(name), "logs/autoheal.log.%d", i);
                AUTO_FREE char *text = content(f, i ? name : LOG);
                for (const char *p = text; (p = strchr(p, '\n')); p++)
                        n++;
        }
        assert_int_equal(n, 20);
        log_file_free(other);
}

/* ---- Where it cannot be written ---- */

static void test_links_are_not_followed(void **state) {
        struct fixture *f = *state;
        AUTO_FREE char *log = path_join(f->dir, LOG), *victim = path_join(f->dir, "victim"), *logs = path_join(f->dir, "logs");
        file_put(f->dir, "victim", "");
        dir_put(logs, 0700);
        assert_int_equal(symlink(victim, log), 0);
        log_file_write(f->log, LEVEL_INFO, "pass", "line");
        AUTO_FREE char *text = content(f, "victim");
        assert_string_equal(text, "");
}

static void test_directory_that_others_may_write(void **state) {
        struct fixture *f = *state;
        AUTO_FREE char *logs = path_join(f->dir, "logs");
        dir_put(logs, 0777);
        assert_int_equal(chmod(logs, 0777), 0);
        log_file_write(f->log, LEVEL_INFO, "pass", "line");
        assert_false(file_there(f->dir, LOG));
}

static void test_fifo_is_not_waited_for(void **state) {
        struct fixture *f = *state;
        AUTO_FREE char *logs = path_join(f->dir, "logs"), *log = path_join(f->dir, LOG);
        dir_put(logs, 0700);
        assert_int_equal(mkfifo(log, 0600), 0);
        log_file_write(f->log, LEVEL_INFO, "pass", "line");
        assert_int_equal(unlink(log), 0);
        log_file_write(f->log, LEVEL_INFO, "pass", "line");
        AUTO_FREE char *text = content(f, LOG);
        check_contains(text, "1 line before this one could not be written");
}

static void limit_files(rlim_t bytes) {
        struct rlimit limit;
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
        limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A line that went out half is ended before the next one. */
static void test_full_disk(void **state) {
        struct fixture *f = *state;
        signal(SIGXFSZ, SIG_IGN);
        log_file_write(f->log, LEVEL_INFO, "pass", "line 1");
        limit_files(60);
        log_file_write(f->log, LEVEL_INFO, "pass", "line 2");
        log_file_write(f->log, LEVEL_INFO, "pass", "line 3");
        limit_files(RLIM_INFINITY);
        log_file_write(f->log, LEVEL_INFO, "pass", "line 4");
        AUTO_FREE char *text = content(f, LOG);
        check_contains(text, "line 1\n");
        check_lacks(text, "line 3");
        check_contains(text, " - log - WARNING - 2 lines before this one could not be written: ");
        check_contains(text, "line 4\n");
        char *end_of_half = strstr(text, " - log - ");
        assert_int_equal(end_of_half[-24], '\n');
}

/* ---- Said aloud ---- */

#define LINE_MAX_LEN 16384

/* Standard output is a pipe that takes so many bytes more. Returns its other end. */
static int full_pipe(int room, int *ret_stdout) {
        static char filling[1024 * 1024];
        int fds[2];
        assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
        int size = fcntl(fds[1], F_GETPIPE_SZ);
        assert_true(size > room && (size_t)size <= sizeof(filling));
        memset(filling, '.', sizeof(filling));
        assert_int_equal(write(fds[1], filling, (size_t)(size - room)), size - room);
        *ret_stdout = dup(STDOUT_FILENO);
        assert_true(*ret_stdout >= 0);
        assert_int_equal(dup2(fds[1], STDOUT_FILENO), STDOUT_FILENO);
        (void)close(fds[1]);
        return fds[0];
}

static size_t drain(int fd, char *ret, size_t size) {
        size_t n = 0;
        ssize_t got;
        while ((got = read(fd, ret + n, size - 1 - n)) > 0)
                n += (size_t)got;
        ret[n] = '\0';
        return n;
}

/* A reader that stops in the middle of a line gets the next one on a line of its own. */
static void test_half_a_line_aloud(void **state) {
        struct fixture *f = *state;
        static char text[LINE_MAX_LEN], said[1024 * 1024];
        struct log_file *log = log_file_new(f->dir, &plain, true);
        int saved, fd = full_pipe(2 * PIPE_BUF, &saved);
        memset(text, 'x', sizeof(text) - 1);
        log_file_write(log, LEVEL_INFO, "pass", text);
        log_file_write(log, LEVEL_INFO, "pass", "not heard");
        size_t before = drain(fd, said, sizeof(said));
        bool half = said[before - 1] == 'x';
        log_file_write(log, LEVEL_INFO, "pass", "heard");
        (void)drain(fd, said, sizeof(said));
        assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
        (void)close(saved);
        (void)close(fd);
        log_file_free(log);
        assert_true(half);
        assert_int_equal(said[0], '\n');
        assert_true(begins_with_time(said + 1));
        check_contains(said, " - pass - INFO - heard\n");
        check_lacks(said, "not heard");
}

/* ---- What else is said ---- */

static void test_attached(void **state) {
        struct fixture *f = *state;
        log_note(LEVEL_INFO, "pass", "to nobody");
        log_attach(f->log);
        log_debug("too little");
        log_note(LEVEL_INFO, "pass", "a note");
        log_warn("a warning about %s", "web");
        log_attach(NULL);
        log_note(LEVEL_INFO, "pass", "to nobody again");
        AUTO_FREE char *text = content(f, LOG);
        check_contains(text, " - pass - INFO - a note\n");
        check_contains(text, " - autoheal - WARNING - a warning about web\n");
        check_lacks(text, "nobody");
        check_lacks(text, "too little");
}

#define log_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                log_test(test_text),
                log_test(test_json),
                log_test(test_hostile),
                log_test(test_levels_have_words),
                log_test(test_set_aside),
                log_test(test_nothing_is_kept),
                log_test(test_fewer_are_kept),
                log_test(test_renamed_by_another),
                log_test(test_two_programs),
                log_test(test_links_are_not_followed),
                log_test(test_directory_that_others_may_write),
                log_test(test_fifo_is_not_waited_for),
                log_test(test_full_disk),
                log_test(test_half_a_line_aloud),
                log_test(test_attached),
        };
        return cmocka_run_group_tests_name("log_file", tests, NULL, NULL);
}
