/* SPDX-License-Identifier: MIT */
/* Replacing files: what is kept, what is refused, and that nothing is left behind. */
#include "autoheal/os/file.h"

#include "temporary_dir.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void assert_content(const struct temporary_dir *dir, const char *name, const char *wanted) {
        struct buf out AUTO(buf_release) = BUF_INIT(100000);
        struct error err = ERROR_INIT;

        assert_int_equal(file_read(dir->fd, name, &out, &err), 0);
        assert_string_equal(buf_str(&out), wanted);
}

/* Runs one check in a process of its own, whose privileges and limits may be taken away. 0: fine, 77: not possible here. */
static int in_child(int (*check)(const struct temporary_dir *), const struct temporary_dir *dir) {
        pid_t pid = fork();
        int status;

        if (pid == 0)
                _exit(check(dir));
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void test_new_file(void **state) {
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;

        assert_int_equal(file_replace(dir->fd, "f", "new", 3, FILE_DURABLE, &err), 0);
        assert_content(dir, "f", "new");
        assert_int_equal(mode_of(dir, "f"), S_IFREG | 0600);
        assert_int_equal(file_replace(dir->fd, "quick", "", 0, FILE_QUICK, &err), 0);
        assert_content(dir, "quick", "");
        assert_int_equal(count_entries(dir), 2);
}

static void test_keeps_mode(void **state) {
        static const mode_t modes[] = { 0600, 0640, 0644, 0400, 0666 };
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;

        for (size_t i = 0; i < N_ELEMENTS(modes); i++) {
                put_file(dir, "f", "old and longer", 0600);
                assert_int_equal(fchmodat(dir->fd, "f", modes[i], 0), 0);
                assert_int_equal(file_replace(dir->fd, "f", "new", 3, i % 2 ? FILE_QUICK : FILE_DURABLE, &err), 0);
                assert_int_equal(mode_of(dir, "f"), S_IFREG | modes[i]);
                assert_int_equal(fchmodat(dir->fd, "f", 0600, 0), 0);
                assert_content(dir, "f", "new");
        }
        assert_int_equal(count_entries(dir), 1);
}

static void test_owners(void **state) {
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;
        struct stat st;

        if (geteuid() != 0)
                skip(); /* only root can give files away */
        put_file(dir, "f", "old", 0640);
        assert_int_equal(fchownat(dir->fd, "f", 4711, 4712, 0), 0);
        assert_int_equal(file_replace(dir->fd, "f", "new", 3, FILE_QUICK, &err), 0);
        assert_int_equal(fstatat(dir->fd, "f", &st, 0), 0);
        assert_int_equal(st.st_uid, 4711);
        assert_int_equal(st.st_gid, 4712);
        assert_int_equal(st.st_mode & 07777, 0640);
        assert_int_equal(fchown(dir->fd, 4713, 4714), 0);
        assert_int_equal(file_replace(dir->fd, "new", "new", 3, FILE_QUICK, &err), 0);
        assert_int_equal(fstatat(dir->fd, "new", &st, 0), 0);
        assert_int_equal(st.st_uid, 4713);
        assert_int_equal(st.st_gid, 4714);
        assert_int_equal(st.st_mode & 07777, 0600);
}

/* As an ordinary user: a file in a group that is not ours stays ours, without what the group was allowed. */
static int replace_in_foreign_group(const struct temporary_dir *dir) {
        struct error err = ERROR_INIT;
        struct stat st;

        if (setgid(4711) < 0 || setuid(4711) < 0)
                return 77;
        if (file_replace(dir->fd, "f", "new", 3, FILE_QUICK, &err) < 0)
                return 1;
        if (fstatat(dir->fd, "f", &st, 0) < 0 || st.st_uid != 4711 || (st.st_mode & 07777) != 0604)
                return 2;
        /* A file of somebody else cannot be replaced by one of the same owner. */
        if (file_replace(dir->fd, "foreign", "new", 3, FILE_QUICK, &err) == 0)
                return 3;
        return strstr(err.msg, "giving 'foreign' to uid 4712") && err.sys_errno == EPERM ? 0 : 4;
}

static void test_foreign_group(void **state) {
        struct temporary_dir *dir = *state;

        if (geteuid() != 0)
                skip();
        put_file(dir, "f", "old", 0644);
        put_file(dir, "foreign", "old", 0644);
        assert_int_equal(fchownat(dir->fd, "f", 4711, 4712, 0), 0);
        assert_int_equal(fchownat(dir->fd, "foreign", 4712, 4712, 0), 0);
        assert_int_equal(fchown(dir->fd, 4711, 4711), 0);
        assert_int_equal(in_child(replace_in_foreign_group, dir), 0);
        assert_int_equal(count_entries(dir), 2);
}

static void test_link(void **state) {
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;

        assert_int_equal(mkdirat(dir->fd, "elsewhere", 0700), 0);
        put_file(dir, "elsewhere/f", "old", 0640);
        assert_int_equal(symlinkat("elsewhere/f", dir->fd, "link"), 0);
        assert_int_equal(file_replace(dir->fd, "link", "new", 3, FILE_DURABLE, &err), 0);
        assert_true(S_ISLNK(mode_of(dir, "link")));
        assert_int_equal(mode_of(dir, "elsewhere/f"), S_IFREG | 0640);
        assert_content(dir, "elsewhere/f", "new");
        assert_int_equal(count_entries(dir), 2);
        assert_int_equal(fchmodat(dir->fd, "elsewhere", 0770, 0), 0);
        assert_int_equal(file_replace(dir->fd, "link", "newer", 5, FILE_DURABLE, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_content(dir, "elsewhere/f", "new");
        assert_int_equal(symlinkat("missing", dir->fd, "dangling"), 0);
        assert_int_equal(file_replace(dir->fd, "dangling", "x", 1, FILE_DURABLE, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_string_equal(err.msg, "'dangling' is a symbolic link to 'missing', which is not there");
        assert_int_equal(count_entries(dir), 3);
}

/* The target of a link must pass the check too, not only its directory. */
static void test_link_to_foreign_file(void **state) {
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;

        put_file(dir, "target", "old", 0666);
        assert_int_equal(symlinkat("target", dir->fd, "link"), 0);
        assert_int_equal(file_replace(dir->fd, "link", "new", 3, FILE_DURABLE, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.msg, "may be written by others"));
        assert_int_equal(count_entries(dir), 2);
}

static void test_not_regular(void **state) {
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;

        assert_int_equal(mkfifoat(dir->fd, "fifo", 0600), 0);
        assert_int_equal(mkdirat(dir->fd, "d", 0700), 0);
        assert_int_equal(file_replace(dir->fd, "fifo", "x", 1, FILE_QUICK, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_int_equal(file_replace(dir->fd, "d", "x", 1, FILE_QUICK, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_int_equal(file_replace(dir->fd, "missing/f", "x", 1, FILE_QUICK, &err), -1);
        assert_int_equal(err.code, ERR_NOT_FOUND);
        assert_int_equal(count_entries(dir), 2);
}

static void test_long_name(void **state) {
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;
        char name[NAME_MAX + 2];

        memset(name, 'n', sizeof(name));
        name[NAME_MAX + 1] = '\0';
        assert_int_equal(file_replace(dir->fd, name, "x", 1, FILE_QUICK, &err), -1);
        assert_int_equal(err.sys_errno, ENAMETOOLONG);
        name[NAME_MAX] = '\0';
        assert_int_equal(file_replace(dir->fd, name, "x", 1, FILE_QUICK, &err), -1);
        assert_int_equal(err.sys_errno, ENAMETOOLONG);
        assert_int_equal(count_entries(dir), 0);
}

/* Names that a killed process with our pid left are passed over. */
static void test_taken_names(void **state) {
        struct temporary_dir *dir = *state;
        struct error err = ERROR_INIT;
        char name[64];

        for (int i = 0; i < 3; i++) {
                (void)snprintf(name, sizeof(name), ".f.%ld-%d.tmp", (long)getpid(), i);
                put_file(dir, name, "left", 0600);
        }
        assert_int_equal(file_replace(dir->fd, "f", "new", 3, FILE_QUICK, &err), 0);
        assert_content(dir, "f", "new");
        assert_content(dir, name, "left");
        assert_int_equal(count_entries(dir), 4);
}

static int replace_unprivileged(const struct temporary_dir *dir) {
        struct error err = ERROR_INIT;

        if (geteuid() == 0 && setuid(4711) < 0)
                return 77;
        if (file_replace(dir->fd, "f", "new", 3, FILE_DURABLE, &err) == 0)
                return 1;
        return err.code == ERR_IO && err.sys_errno == EACCES && strstr(err.msg, "'f'") ? 0 : 2;
}

static void test_directory_not_writable(void **state) {
        struct temporary_dir *dir = *state;

        put_file(dir, "f", "old", 0600);
        assert_int_equal(fchmod(dir->fd, 0555), 0);
        assert_int_equal(in_child(replace_unprivileged, dir), 0);
        assert_int_equal(fchmod(dir->fd, 0700), 0);
        assert_content(dir, "f", "old");
        assert_int_equal(count_entries(dir), 1);
}

/* A file size limit stands for the full disk: the write stops half-way. */
static int replace_limited(const struct temporary_dir *dir) {
        const struct rlimit limit = { 4096, 4096 };
        static char large[10000];
        struct error err = ERROR_INIT;

        if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &limit) < 0)
                return 77;
        if (file_replace(dir->fd, "f", large, sizeof(large), FILE_DURABLE, &err) == 0)
                return 1;
        return err.code == ERR_IO && err.sys_errno == EFBIG ? 0 : 2;
}

static void test_write_fails(void **state) {
        struct temporary_dir *dir = *state;

        put_file(dir, "f", "old", 0600);
        assert_int_equal(in_child(replace_limited, dir), 0);
        assert_content(dir, "f", "old");
        assert_int_equal(count_entries(dir), 1);
}

/*
 * Makes the file a mount of its own, as `docker run -v file:file` does. Returns the directory as it is seen then, -1
 * without the right to mount.
 */
static int mount_file(const struct temporary_dir *dir, unsigned long more_flags) {
        char path[128];

        (void)snprintf(path, sizeof(path), "%s/f", dir->path);
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return -1;
        if (mount(path, path, NULL, MS_BIND, NULL) < 0)
                return -1;
        if (more_flags && mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | more_flags, NULL) < 0)
                return -1;
        return open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int replace_mounted(const struct temporary_dir *dir) {
        struct error err = ERROR_INIT;
        int fd = mount_file(dir, 0);

        if (fd < 0)
                return 77;
        return file_replace(fd, "f", "new", 3, FILE_QUICK, &err) == 0 ? 0 : 1;
}

static void test_mounted_file(void **state) {
        struct temporary_dir *dir = *state;
        struct stat before, after;
        int result;

        put_file(dir, "f", "old and longer", 0640);
        assert_int_equal(fstatat(dir->fd, "f", &before, 0), 0);
        result = in_child(replace_mounted, dir);
        if (result == 77)
                skip(); /* no right to mount here */
        assert_int_equal(result, 0);
        assert_int_equal(fstatat(dir->fd, "f", &after, 0), 0);
        assert_true(before.st_ino == after.st_ino);
        assert_int_equal(mode_of(dir, "f"), S_IFREG | 0640);
        assert_content(dir, "f", "new");
        assert_int_equal(count_entries(dir), 1);
}

/* What an earlier attempt left is not in the way, and not kept once the file holds what it should. */
static void test_mounted_file_with_an_old_copy(void **state) {
        struct temporary_dir *dir = *state;
        int result;

        put_file(dir, "f", "half-writ", 0640);
        put_file(dir, ".f.copy", "of an earlier attempt", 0640);
        result = in_child(replace_mounted, dir);
        if (result == 77)
                skip(); /* no right to mount here */
        assert_int_equal(result, 0);
        assert_content(dir, "f", "new");
        assert_int_equal(count_entries(dir), 1);
}

static int replace_mounted_read_only(const struct temporary_dir *dir) {
        struct error err = ERROR_INIT;
        int fd = mount_file(dir, MS_RDONLY);

        if (fd < 0)
                return 77;
        if (file_replace(fd, "f", "new", 3, FILE_DURABLE, &err) == 0)
                return 1;
        if (err.sys_errno != EROFS || !strstr(err.msg, "mount its directory instead"))
                return 2;
        return strstr(err.msg, "'.f.copy'") ? 0 : 3;
}

/* Writing in place may have failed half-way: the copy is then the only whole one, and stays for a person to find. */
static void test_mounted_read_only(void **state) {
        struct temporary_dir *dir = *state;
        int result;

        put_file(dir, "f", "old", 0640);
        result = in_child(replace_mounted_read_only, dir);
        if (result == 77)
                skip(); /* no right to mount here */
        assert_int_equal(result, 0);
        assert_content(dir, "f", "old");
        assert_content(dir, ".f.copy", "new");
        assert_int_equal(mode_of(dir, ".f.copy"), S_IFREG | 0640);
        assert_int_equal(count_entries(dir), 2);
}

static void age(const struct temporary_dir *dir, const char *name, time_t seconds) {
        struct timespec times[2] = { { 0 } };
        struct stat st;

        assert_int_equal(fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
        times[0] = times[1] = (struct timespec){ st.st_mtime - seconds, 0 };
        assert_int_equal(utimensat(dir->fd, name, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void test_sweep(void **state) {
        static const char *const kept[] = { "f",         "f.1-2.tmp",   ".f.tmp",     ".f.1.tmp", ".f.1-.tmp", ".f.-2.tmp",
                                            "..1-2.tmp", ".f.1-2.tmp~", ".f.x-2.tmp", ".1-2.tmp", ".f.copy" };
        struct temporary_dir *dir = *state;

        for (size_t i = 0; i < N_ELEMENTS(kept); i++) {
                put_file(dir, kept[i], "", 0600);
                age(dir, kept[i], 3600);
        }
        put_file(dir, ".f.12-0.tmp", "", 0600);
        age(dir, ".f.12-0.tmp", 120);
        put_file(dir, ".config.json.4711-13.tmp", "", 0600);
        age(dir, ".config.json.4711-13.tmp", 120);
        put_file(dir, ".young.12-0.tmp", "", 0600);
        assert_int_equal(mkdirat(dir->fd, ".dir.12-0.tmp", 0700), 0);
        age(dir, ".dir.12-0.tmp", 120);
        dir_sweep_temporary(dir->fd);
        for (size_t i = 0; i < N_ELEMENTS(kept); i++)
                assert_int_equal(mode_of(dir, kept[i]), S_IFREG | 0600);
        assert_int_equal(mode_of(dir, ".young.12-0.tmp"), S_IFREG | 0600);
        assert_int_equal(count_entries(dir), N_ELEMENTS(kept) + 2);
        dir_sweep_temporary(-1);
}

static int publish(const struct temporary_dir *dir, const char *name, const char *text, struct error *err) {
        char path[512];

        (void)snprintf(path, sizeof(path), "%s/%s", dir->path, name);
        return file_publish(path, text, strlen(text), err);
}

static void test_published_for_all_to_read(void **state) {
        struct temporary_dir *dir = *state;
        mode_t mask = umask(0077);

        put_file(dir, "old", "old and longer", 0600);
        assert_int_equal(publish(dir, "f.prom", "new", NULL), 0);
        assert_int_equal(publish(dir, "old", "", NULL), 0);
        (void)umask(mask);
        assert_content(dir, "f.prom", "new");
        assert_content(dir, "old", "");
        assert_int_equal(mode_of(dir, "f.prom"), S_IFREG | 0644);
        assert_int_equal(mode_of(dir, "old"), S_IFREG | 0644);
        assert_int_equal(count_entries(dir), 2);
}

/* What a killed one left of this very file goes; everything else in that directory is somebody else's. */
static void test_published_sweeps_after_itself(void **state) {
        static const char *const kept[] = { ".f.prom.13-0.tmp", ".other.prom.12-0.tmp", ".f.12-0.tmp", "f.prom.12-0.tmp" };
        struct temporary_dir *dir = *state;
        size_t n = N_ELEMENTS(kept) + 1;

        put_file(dir, ".f.prom.12-0.tmp", "", 0600);
        age(dir, ".f.prom.12-0.tmp", 120);
        for (size_t i = 0; i < N_ELEMENTS(kept); i++) {
                put_file(dir, kept[i], "", 0600);
                /* The first one may be under way. */
                if (i > 0)
                        age(dir, kept[i], 120);
        }
        if (geteuid() == 0) {
                put_file(dir, ".f.prom.12-1.tmp", "", 0600);
                age(dir, ".f.prom.12-1.tmp", 120);
                assert_int_equal(fchownat(dir->fd, ".f.prom.12-1.tmp", 4711, 4712, 0), 0);
                n++;
        }
        assert_int_equal(publish(dir, "f.prom", "new", NULL), 0);
        assert_content(dir, "f.prom", "new");
        for (size_t i = 0; i < N_ELEMENTS(kept); i++)
                assert_int_equal(mode_of(dir, kept[i]), S_IFREG | 0600);
        assert_int_equal(count_entries(dir), n);
}

/* The directory may be somebody else's, who is not to choose what is overwritten. */
static void test_published_over_nothing_but_a_file(void **state) {
        static const char *const names[] = { "link", "nowhere", "directory", "fifo" };
        struct temporary_dir *dir = *state;

        put_file(dir, "target", "precious", 0600);
        assert_int_equal(symlinkat("target", dir->fd, "link"), 0);
        assert_int_equal(symlinkat("is-not-there", dir->fd, "nowhere"), 0);
        assert_int_equal(mkdirat(dir->fd, "directory", 0700), 0);
        assert_int_equal(mkfifoat(dir->fd, "fifo", 0600), 0);
        for (size_t i = 0; i < N_ELEMENTS(names); i++) {
                mode_t before = mode_of(dir, names[i]);
                struct error err = ERROR_INIT;

                assert_int_equal(publish(dir, names[i], "new", &err), -1);
                assert_int_equal(err.code, ERR_CONFIG);
                assert_non_null(strstr(err.msg, "is not a regular file"));
                assert_int_equal(mode_of(dir, names[i]), before);
        }
        assert_content(dir, "target", "precious");
        assert_int_equal(count_entries(dir), 5);
}

static void test_published_where_it_cannot_be(void **state) {
        static const char *const paths[] = { "", "/", "/tmp/", ".", "..", "/no-such-directory/f.prom", "/dev/null/f.prom" };
        struct temporary_dir *dir = *state;
        char name[NAME_MAX + 2];

        for (size_t i = 0; i < N_ELEMENTS(paths); i++) {
                struct error err = ERROR_INIT;

                assert_int_equal(file_publish(paths[i], "new", 3, &err), -1);
                assert_true(err.msg[0] != '\0');
        }
        memset(name, 'n', sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        assert_int_equal(publish(dir, name, "new", NULL), -1);
        name[sizeof(name) - 2] = '\0';
        assert_int_equal(publish(dir, name, "new", NULL), -1);
        assert_int_equal(count_entries(dir), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                with_dir(test_new_file),
                with_dir(test_keeps_mode),
                with_dir(test_owners),
                with_dir(test_foreign_group),
                with_dir(test_link),
                with_dir(test_link_to_foreign_file),
                with_dir(test_not_regular),
                with_dir(test_long_name),
                with_dir(test_taken_names),
                with_dir(test_directory_not_writable),
                with_dir(test_write_fails),
                with_dir(test_mounted_file),
                with_dir(test_mounted_file_with_an_old_copy),
                with_dir(test_mounted_read_only),
                with_dir(test_sweep),
                with_dir(test_published_for_all_to_read),
                with_dir(test_published_sweeps_after_itself),
                with_dir(test_published_over_nothing_but_a_file),
                with_dir(test_published_where_it_cannot_be),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
