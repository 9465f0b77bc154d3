/* SPDX-License-Identifier: MIT */
/* Room on a file system, of a directory that is there and of one that is not. */
#include "autoheal/os/disk.h"

#include "temporary_dir.h"

#include <errno.h>

static void test_directory(void **state) {
        struct temporary_dir *dir = *state;
        struct disk disk = { .network = "untouched" };
        struct error err = ERROR_INIT;

        assert_int_equal(disk_look(dir->path, &disk, &err), 0);
        assert_true(disk.free_bytes > 0);
        assert_true(disk.free_files > 0);
        assert_false(disk.read_only);
}

static void test_nearest_that_is_there(void **state) {
        struct temporary_dir *dir = *state;
        struct disk disk = { 0 };
        struct error err = ERROR_INIT;
        char path[256];

        (void)snprintf(path, sizeof(path), "%s/not/yet/made", dir->path);
        assert_int_equal(disk_look(path, &disk, &err), 0);
        assert_true(disk.free_bytes > 0);
        put_file(dir, "file", "", 0600);
        (void)snprintf(path, sizeof(path), "%s/file/below", dir->path);
        assert_int_equal(disk_look(path, &disk, &err), 0);
        assert_int_equal(count_entries(dir), 1);
        assert_int_equal(disk_look("/no-such-directory-at-all", &disk, &err), 0);
}

static void test_path_that_is_too_long(void **state) {
        struct disk disk = { .free_bytes = 77 };
        struct error err = ERROR_INIT;
        char path[8192];

        (void)state;
        memset(path, 'x', sizeof(path));
        path[0] = '/';
        path[sizeof(path) - 1] = '\0';
        assert_int_equal(disk_look(path, &disk, &err), -1);
        assert_int_equal(err.code, ERR_IO);
        assert_int_equal(err.sys_errno, ENAMETOOLONG);
        assert_true(disk.free_bytes == 77);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                with_dir(test_directory),
                with_dir(test_nearest_that_is_there),
                cmocka_unit_test(test_path_that_is_too_long),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
