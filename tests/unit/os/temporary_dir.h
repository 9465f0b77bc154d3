/* SPDX-License-Identifier: MIT */
/* A directory of a test's own: made by make_dir(), emptied and removed by remove_dir(). */
#ifndef TESTS_UNIT_OS_TEMPORARY_DIR_H
#define TESTS_UNIT_OS_TEMPORARY_DIR_H

#include "autoheal/util/base.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct temporary_dir {
        char path[64];
        int fd;
};

static inline int make_dir(void **state) {
        struct temporary_dir *dir = xcalloc(1, sizeof(*dir));

        (void)snprintf(dir->path, sizeof(dir->path), "/tmp/autoheal-test-XXXXXX");
        if (!mkdtemp(dir->path))
                return -1;
        dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        *state = dir;
        return dir->fd < 0 ? -1 : 0;
}

static inline int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at) {
        (void)st;
        (void)flag;
        (void)at;
        return remove(path);
}

static inline int remove_dir(void **state) {
        struct temporary_dir *dir = *state;

        (void)close(dir->fd);
        (void)nftw(dir->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        free(dir);
        return 0;
}

static inline void put_file(const struct temporary_dir *dir, const char *name, const char *text, mode_t mode) {
        int fd = openat(dir->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        assert_int_equal(fchmod(fd, mode), 0);
        assert_int_equal(close(fd), 0);
}

static inline mode_t mode_of(const struct temporary_dir *dir, const char *name) {
        struct stat st;

        assert_int_equal(fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
        return st.st_mode;
}

static inline int count_entries(const struct temporary_dir *dir) {
        DIR *stream = opendir(dir->path);
        int n = 0;

        assert_non_null(stream);
        while (readdir(stream))
                n++;
        assert_int_equal(closedir(stream), 0);
        return n - 2; /* "." and ".." */
}

#define with_dir(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

#endif
