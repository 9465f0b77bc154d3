/* SPDX-License-Identifier: MIT */
/* Reading small files, whom they may belong to, and making directories. */
#include "autoheal/os/file.h"

#include "temporary_dir.h"

#include <errno.h>

static void test_read(void **state) {
        struct temporary_dir *dir = *state;
        struct buf out AUTO(buf_release) = BUF_INIT(1000);
        struct error err = ERROR_INIT;

        put_file(dir, "f", "content", 0600);
        buf_add_str(&out, "before ");
        assert_int_equal(file_read(dir->fd, "f", &out, &err), 0);
        assert_string_equal(buf_str(&out), "before content");
        put_file(dir, "empty", "", 0644);
        buf_clear(&out);
        assert_int_equal(file_read(dir->fd, "empty", &out, &err), 0);
        assert_int_equal(out.len, 0);
}

static void test_read_path(void **state) {
        struct temporary_dir *dir = *state;
        struct buf out AUTO(buf_release) = BUF_INIT(1000);
        struct error err = ERROR_INIT;
        char path[128];

        put_file(dir, "f", "content", 0600);
        (void)snprintf(path, sizeof(path), "%s/f", dir->path);
        assert_int_equal(file_read(AT_FDCWD, path, &out, &err), 0);
        assert_string_equal(buf_str(&out), "content");
}

static void test_read_missing(void **state) {
        struct temporary_dir *dir = *state;
        struct buf out AUTO(buf_release) = BUF_INIT(1000);
        struct error err = ERROR_INIT;

        assert_int_equal(file_read(dir->fd, "missing", &out, &err), -1);
        assert_int_equal(err.code, ERR_NOT_FOUND);
        assert_non_null(strstr(err.msg, "'missing'"));
        assert_int_equal(file_read(dir->fd, "missing", &out, NULL), -1);
        assert_int_equal(file_read(dir->fd, "", &out, &err), -1);
}

/* What it leads to may be on a disk that is not mounted: that is not the same as a file that nobody has made yet. */
static void test_read_dangling_link(void **state) {
        struct temporary_dir *dir = *state;
        struct buf out AUTO(buf_release) = BUF_INIT(1000);
        struct error err = ERROR_INIT;

        assert_int_equal(symlinkat("gone/missing", dir->fd, "dangling"), 0);
        assert_int_equal(file_read(dir->fd, "dangling", &out, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_string_equal(err.msg, "'dangling' is a symbolic link to 'gone/missing', which is not there");
        assert_int_equal(symlinkat("dangling", dir->fd, "via"), 0);
        assert_int_equal(file_read(dir->fd, "via", &out, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_int_equal(out.len, 0);
}

static void test_read_too_large(void **state) {
        struct temporary_dir *dir = *state;
        struct buf out AUTO(buf_release) = BUF_INIT(10);
        struct error err = ERROR_INIT;

        put_file(dir, "fits", "0123456789", 0600);
        assert_int_equal(file_read(dir->fd, "fits", &out, &err), 0);
        buf_clear(&out);
        put_file(dir, "large", "0123456789x", 0600);
        buf_add_str(&out, "kept");
        assert_int_equal(file_read(dir->fd, "large", &out, &err), -1);
        assert_int_equal(err.code, ERR_TOO_LARGE);
        assert_string_equal(buf_str(&out), "kept");
}

static void test_read_link(void **state) {
        struct temporary_dir *dir = *state;
        struct buf out AUTO(buf_release) = BUF_INIT(1000);
        struct error err = ERROR_INIT;

        assert_int_equal(mkdirat(dir->fd, "elsewhere", 0700), 0);
        put_file(dir, "elsewhere/f", "content", 0600);
        assert_int_equal(symlinkat("elsewhere/f", dir->fd, "link"), 0);
        assert_int_equal(symlinkat("link", dir->fd, "link-to-link"), 0);
        assert_int_equal(file_read(dir->fd, "link-to-link", &out, &err), 0);
        assert_string_equal(buf_str(&out), "content");
        assert_int_equal(fchmodat(dir->fd, "elsewhere", 0777, 0), 0);
        assert_int_equal(file_read(dir->fd, "link", &out, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.msg, "elsewhere' may be written by others (mode 0777): run 'chmod go-w "));
        assert_int_equal(symlinkat("loop", dir->fd, "loop"), 0);
        assert_int_equal(file_read(dir->fd, "loop", &out, &err), -1);
        assert_int_equal(err.sys_errno, ELOOP);
}

static void test_read_not_regular(void **state) {
        struct temporary_dir *dir = *state;
        struct buf out AUTO(buf_release) = BUF_INIT(1000);
        struct error err = ERROR_INIT;

        assert_int_equal(mkfifoat(dir->fd, "fifo", 0600), 0);
        assert_int_equal(file_read(dir->fd, "fifo", &out, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_string_equal(err.msg, "'fifo' is not a regular file");
        assert_int_equal(mkdirat(dir->fd, "d", 0700), 0);
        assert_int_equal(file_read(dir->fd, "d", &out, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
}

static void test_read_writable_by_others(void **state) {
        static const mode_t bad[] = { 0620, 0602, 0666, 0777 };
        struct temporary_dir *dir = *state;
        struct buf out AUTO(buf_release) = BUF_INIT(1000);
        struct error err = ERROR_INIT;
        char wanted[128];

        for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
                put_file(dir, "f", "content", bad[i]);
                assert_int_equal(file_read(dir->fd, "f", &out, &err), -1);
                assert_int_equal(err.code, ERR_CONFIG);
                (void)snprintf(wanted, sizeof(wanted), "'f' may be written by others (mode %04o): run 'chmod go-w f'", bad[i]);
                assert_string_equal(err.msg, wanted);
                assert_int_equal(out.len, 0);
        }
        put_file(dir, "f", "content", 0755);
        assert_int_equal(file_read(dir->fd, "f", &out, &err), 0);
}

static void test_foreign_owner(void **state) {
        struct temporary_dir *dir = *state;
        struct buf out AUTO(buf_release) = BUF_INIT(1000);
        struct error err = ERROR_INIT;

        if (geteuid() != 0)
                skip(); /* only root can give files away */
        put_file(dir, "f", "content", 0600);
        assert_int_equal(fchownat(dir->fd, "f", 4711, 4711, 0), 0);
        assert_int_equal(file_read(dir->fd, "f", &out, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_string_equal(err.msg, "'f' belongs to uid 4711, not to root or you (uid 0): run 'chown 0 f' or choose another "
                                     "directory with --data-dir");
        assert_int_equal(out.len, 0);
}

/* Nobody may be told to take /tmp away from the others. */
static void test_shared_directory(void **state) {
        static const mode_t shared[] = { 01777, 01770, 01702 };
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;

        for (size_t i = 0; i < N_ELEMENTS(shared); i++) {
                assert_int_equal(fchmod(dir->fd, shared[i]), 0);
                assert_int_equal(file_check_owner(dir->fd, "/tmp", &err), -1);
                assert_int_equal(err.code, ERR_CONFIG);
                assert_string_equal(err.msg, "'/tmp' is a shared directory: choose one of your own with --data-dir");
        }
        /* Where only its owner may write, the bit says nothing; and it says nothing of a file. */
        assert_int_equal(fchmod(dir->fd, 01755), 0);
        assert_int_equal(file_check_owner(dir->fd, "d", &err), 0);
        assert_int_equal(fchmod(dir->fd, 0777), 0);
        assert_int_equal(file_check_owner(dir->fd, "d", &err), -1);
        assert_non_null(strstr(err.msg, "chmod go-w d"));
}

static void test_dir_make(void **state) {
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;
        char path[128];

        (void)snprintf(path, sizeof(path), "%s/a/b//c/", dir->path);
        assert_int_equal(dir_make(path, &err), 0);
        assert_int_equal(mode_of(dir, "a"), S_IFDIR | 0700);
        assert_int_equal(mode_of(dir, "a/b/c"), S_IFDIR | 0700);
        assert_int_equal(dir_make(path, &err), 0);
        assert_int_equal(dir_make("/", &err), 0);
        assert_int_equal(dir_make("", &err), -1);
}

static void test_dir_make_keeps_mode(void **state) {
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;
        char path[128];

        assert_int_equal(mkdirat(dir->fd, "a", 0700), 0);
        assert_int_equal(fchmodat(dir->fd, "a", 0755, 0), 0);
        (void)snprintf(path, sizeof(path), "%s/a", dir->path);
        assert_int_equal(dir_make(path, &err), 0);
        assert_int_equal(mode_of(dir, "a"), S_IFDIR | 0755);
}

static void test_dir_make_over_file(void **state) {
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;
        char path[128];

        put_file(dir, "f", "", 0600);
        (void)snprintf(path, sizeof(path), "%s/f", dir->path);
        assert_int_equal(dir_make(path, &err), -1);
        assert_int_equal(err.sys_errno, ENOTDIR);
        (void)snprintf(path, sizeof(path), "%s/f/below", dir->path);
        assert_int_equal(dir_make(path, &err), -1);
        assert_int_equal(err.sys_errno, ENOTDIR);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                with_dir(test_read),
                with_dir(test_read_path),
                with_dir(test_read_missing),
                with_dir(test_read_dangling_link),
                with_dir(test_read_too_large),
                with_dir(test_read_link),
                with_dir(test_read_not_regular),
                with_dir(test_read_writable_by_others),
                with_dir(test_foreign_owner),
                with_dir(test_shared_directory),
                with_dir(test_dir_make),
                with_dir(test_dir_make_keeps_mode),
                with_dir(test_dir_make_over_file),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
