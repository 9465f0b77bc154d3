/* SPDX-License-Identifier: MIT */
/* Changes of a file are noticed however they are made, at once where the kernel tells of them. */
#include "autoheal/os/watch_file.h"

#include "autoheal/os/file.h"
#include "temporary_dir.h"

#include <poll.h>

static struct watch_file *watch(const struct temporary_dir *dir) {
        struct watch_file *w = watch_file_new(dir->path, "events.json");
        assert_true(watch_file_changed(w)); /* at first, always */
        return w;
}

static bool told(const struct watch_file *w) {
        struct pollfd p = { .fd = watch_file_fd(w), .events = POLLIN };
        return poll(&p, 1, 5000) == 1;
}

static void date(const struct temporary_dir *dir, const char *name, time_t second) {
        const struct timespec times[2] = { { .tv_sec = second }, { .tv_sec = second } };
        assert_int_equal(utimensat(dir->fd, name, times, 0), 0);
}

static void age(const struct temporary_dir *dir, const char *name) {
        date(dir, name, 1000000000);
}

static void test_a_quiet_file_has_not_changed(void **state) {
        const struct temporary_dir *dir = *state;
        put_file(dir, "events.json", "[]\n", 0600);
        age(dir, "events.json");
        struct watch_file *w = watch(dir);
        assert_false(watch_file_changed(w));
        assert_false(watch_file_changed(w));
        watch_file_free(w);
}

/* A clock that was wrong, or an archive: it would count as written just now for years. */
static void test_one_that_was_written_in_the_future_has_not_changed(void **state) {
        const struct temporary_dir *dir = *state;
        put_file(dir, "events.json", "[]\n", 0600);
        date(dir, "events.json", 4000000000);
        struct watch_file *w = watch(dir);
        assert_false(watch_file_changed(w));
        date(dir, "events.json", 4000000001);
        assert_true(watch_file_changed(w));
        watch_file_free(w);
}

static void test_neither_has_one_that_is_not_there(void **state) {
        const struct temporary_dir *dir = *state;
        struct watch_file *w = watch(dir);
        assert_false(watch_file_changed(w));
        watch_file_free(w);
}

static void test_replacing_writing_in_place_and_removing_are_told(void **state) {
        const struct temporary_dir *dir = *state;
        struct watch_file *w = watch(dir);
        assert_int_equal(file_replace(dir->fd, "events.json", "[1]", 3, FILE_QUICK, NULL), 0);
        assert_true(told(w));
        assert_true(watch_file_changed(w));
        put_file(dir, "events.json", "[2]", 0600);
        assert_true(told(w));
        assert_true(watch_file_changed(w));
        age(dir, "events.json");
        (void)watch_file_changed(w);
        assert_int_equal(unlinkat(dir->fd, "events.json", 0), 0);
        assert_true(told(w));
        assert_true(watch_file_changed(w));
        assert_false(watch_file_changed(w));
        watch_file_free(w);
}

static void test_other_files_do_not_count(void **state) {
        const struct temporary_dir *dir = *state;
        struct watch_file *w = watch(dir);
        put_file(dir, "pass.json", "{}", 0600);
        assert_true(told(w));
        assert_false(watch_file_changed(w));
        watch_file_free(w);
}

/* Without a word from the kernel, as where another machine writes: only the file itself can be looked at. */
static void test_a_target_elsewhere_is_looked_at(void **state) {
        const struct temporary_dir *dir = *state;
        struct temporary_dir *other = NULL;
        char target[128];
        assert_int_equal(make_dir((void **)&other), 0);
        put_file(other, "real", "[]", 0600);
        age(other, "real");
        (void)snprintf(target, sizeof(target), "%s/real", other->path);
        assert_int_equal(symlinkat(target, dir->fd, "events.json"), 0);
        struct watch_file *w = watch(dir);
        assert_false(watch_file_changed(w));
        put_file(other, "real", "[1]", 0600);
        assert_true(watch_file_changed(w));
        /* It was written just now: a second write within the same tick of the clock would look like the first. */
        assert_true(watch_file_changed(w));
        age(other, "real");
        (void)watch_file_changed(w);
        assert_false(watch_file_changed(w));
        watch_file_free(w);
        remove_dir((void **)&other);
}

static void test_a_directory_that_comes_later_and_again(void **state) {
        const struct temporary_dir *dir = *state;
        char path[128];
        (void)snprintf(path, sizeof(path), "%s/data", dir->path);
        struct watch_file *w = watch_file_new(path, "events.json");
        assert_true(watch_file_changed(w));
        assert_false(watch_file_changed(w));
        for (int i = 0; i < 2; i++) {
                assert_int_equal(mkdirat(dir->fd, "data", 0700), 0);
                (void)watch_file_changed(w);
                put_file(dir, "data/events.json", "[]", 0600);
                assert_true(told(w));
                assert_true(watch_file_changed(w));
                assert_int_equal(unlinkat(dir->fd, "data/events.json", 0), 0);
                assert_int_equal(unlinkat(dir->fd, "data", AT_REMOVEDIR), 0);
                assert_true(watch_file_changed(w));
        }
        watch_file_free(w);
        watch_file_free(NULL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                with_dir(test_a_quiet_file_has_not_changed),
                with_dir(test_one_that_was_written_in_the_future_has_not_changed),
                with_dir(test_neither_has_one_that_is_not_there),
                with_dir(test_replacing_writing_in_place_and_removing_are_told),
                with_dir(test_other_files_do_not_count),
                with_dir(test_a_target_elsewhere_is_looked_at),
                with_dir(test_a_directory_that_comes_later_and_again),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
