/* SPDX-License-Identifier: MIT */
/* Temporary directories and whole files for tests. */
#include "support/files.h"

#include "autoheal/util/buf.h"
#include "support/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

char *path_join(const char *dir, const char *name) {
        size_t n = strlen(dir) + strlen(name) + 2;
        char *path = xmalloc(n);
        snprintf(path, n, "%s/%s", dir, name);
        return path;
}

char *temp_dir_make(void) {
        const char *base = getenv("TMPDIR");
        char *path = path_join(base && *base ? base : "/tmp", "autoheal-test-XXXXXX");
        if (!mkdtemp(path) || chmod(path, 0755) < 0)
                fail_msg("cannot make '%s': %s", path, strerror(errno));
        return path;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw) {
        (void)st, (void)kind, (void)ftw;
        return remove(path);
}

void temp_dir_remove(char *dir) {
        if (dir)
                (void)nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
        free(dir);
}

void dir_put(const char *path, unsigned mode) {
        if (mkdir(path, mode) < 0 || chmod(path, mode) < 0)
                fail_msg("cannot make '%s': %s", path, strerror(errno));
}

void file_put(const char *dir, const char *name, const char *text) {
        AUTO_FREE char *path = path_join(dir, name);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (fd < 0 || fchmod(fd, 0644) < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0)
                fail_msg("cannot write '%s': %s", path, strerror(errno));
}

char *file_get(const char *dir, const char *name) {
        AUTO_FREE char *path = path_join(dir, name);
        struct buf text = BUF_INIT(64 * 1024 * 1024);
        char chunk[16 * 1024];
        ssize_t n;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return NULL;
        while ((n = read(fd, chunk, sizeof(chunk))) > 0)
                buf_add(&text, chunk, (size_t)n);
        close(fd);
        if (n < 0 || text.overflowed)
                fail_msg("cannot read '%s'", path);
        return text.data ? text.data : xstrdup("");
}

bool file_there(const char *dir, const char *name) {
        AUTO_FREE char *path = path_join(dir, name);
        struct stat st;
        return lstat(path, &st) == 0;
}

static void add_entry(struct buf *out, const char *dir, const char *name) {
        AUTO_FREE char *path = path_join(dir, name);
        struct stat st;
        if (lstat(path, &st) < 0)
                fail_msg("cannot look at '%s': %s", path, strerror(errno));
        buf_addf(out, "%s mode=%o size=%lld inode=%llu mtime=%lld.%09ld ctime=%lld.%09ld\n", name, (unsigned)st.st_mode,
                 (long long)st.st_size, (unsigned long long)st.st_ino, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                 (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}

static bool wanted(const char *name, const char *suffix) {
        size_t n = strlen(name), end = strlen(suffix);
        return !str_eq(name, "..") && n >= end && str_eq(name + n - end, suffix);
}

char *dir_snapshot(const char *path, const char *suffix) {
        struct buf text = BUF_INIT(4 * 1024 * 1024);
        struct dirent **entries = NULL;
        int n = scandir(path, &entries, NULL, alphasort);
        if (n < 0)
                return xstrdup("absent\n");
        for (int i = 0; i < n; i++) {
                if (wanted(entries[i]->d_name, suffix))
                        add_entry(&text, path, entries[i]->d_name);
                free(entries[i]);
        }
        free(entries);
        return text.data ? text.data : xstrdup("");
}
