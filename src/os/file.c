/* SPDX-License-Identifier: MIT */
/* Reading small files whole, whom they may belong to, and making directories. */
#include "autoheal/os/file.h"

#include "file_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

int file_check_owner(int fd, const char *shown, struct error *err) {
        struct stat st;
        uid_t self = geteuid();

        if (fstat(fd, &st) < 0)
                return error_set_errno(err, errno, "looking at '%s'", shown);
        /* /tmp and its like: what helps with a directory of one's own would spoil it for everybody. */
        if (S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX) && (st.st_mode & (S_IWGRP | S_IWOTH))) {
                (void)error_set(err, ERR_CONFIG, "'%s' is a shared directory", shown);
                return error_remedy(err, "choose one of your own with --data-dir");
        }
        if (st.st_uid != 0 && st.st_uid != self) {
                (void)error_set(err, ERR_CONFIG, "'%s' belongs to uid %u, not to root or you (uid %u)", shown, st.st_uid, self);
                return error_remedy(err, "run 'chown %u %s' or choose another directory with --data-dir", self, shown);
        }
        if (st.st_mode & (S_IWGRP | S_IWOTH)) {
                (void)error_set(err, ERR_CONFIG, "'%s' may be written by others (mode %04o)", shown, st.st_mode & 07777U);
                return error_remedy(err, "run 'chmod go-w %s'", shown);
        }
        return 0;
}

static int refuse_dangling(int dirfd, const char *name, struct error *err) {
        char to[PATH_MAX];
        ssize_t n = readlinkat(dirfd, name, to, sizeof(to) - 1);

        if (n < 0)
                return error_set_errno(err, errno, "following the symbolic link '%s'", name);
        to[n] = '\0';
        return error_set(err, ERR_CONFIG, "'%s' is a symbolic link to '%s', which is not there", name, to);
}

int path_check_links(const char *path, struct error *err) {
        AUTO_FREE char *part = xstrdup(path);
        struct stat st;

        for (char *p = part;; p++) {
                char end = *p;

                if (end && (end != '/' || p == part))
                        continue;
                *p = '\0';
                if (lstat(part, &st) == 0 && S_ISLNK(st.st_mode) && stat(part, &st) < 0 && errno == ENOENT)
                        return refuse_dangling(AT_FDCWD, part, err);
                if (!end)
                        return 0;
                *p = end;
        }
}

/* The absolute path that a symbolic link leads to, on the heap. */
static int follow_link(int dirfd, const char *name, char **ret_path, struct error *err) {
        char via[PATH_MAX], *path;
        int n;

        if (dirfd == AT_FDCWD || name[0] == '/')
                n = snprintf(via, sizeof(via), "%s", name);
        else
                n = snprintf(via, sizeof(via), "/proc/self/fd/%d/%s", dirfd, name);
        if (n < 0 || (size_t)n >= sizeof(via))
                return error_set_errno(err, ENAMETOOLONG, "following '%s'", name);
        path = realpath(via, NULL);
        if (!path && errno == ENOENT)
                return refuse_dangling(dirfd, name, err);
        if (!path)
                return error_set_errno(err, errno, "following the symbolic link '%s'", name);
        *ret_path = path;
        return 0;
}

/* Opens the directory part of path, checked if it was reached through a link, and copies the rest. */
static int split_path(int dirfd, const char *path, bool followed, struct file_place *ret, struct error *err) {
        const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
        AUTO_FREE char *parent = NULL;
        AUTO_CLOSE int fd = -1;
        size_t length = strlen(last);

        if (length == 0 || length >= sizeof(ret->name))
                return error_set_errno(err, length ? ENAMETOOLONG : EISDIR, "opening '%s'", path);
        if (slash) {
                parent = xstrdup(path);
                parent[slash == path ? 1 : slash - path] = '\0';
                fd = openat(dirfd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (fd < 0)
                        return error_set_errno(err, errno, "opening directory '%s'", parent);
                if (followed && file_check_owner(fd, parent, err) < 0)
                        return -1;
        }
        ret->dirfd = slash ? fd : dirfd;
        ret->opened = fd;
        ret->followed = followed;
        fd = -1;
        memcpy(ret->name, last, length + 1);
        return 0;
}

int file_place_find(int dirfd, const char *name, struct file_place *ret, struct error *err) {
        AUTO_FREE char *target = NULL;
        struct stat st;

        if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode)) {
                if (follow_link(dirfd, name, &target, err) < 0)
                        return -1;
        }
        return split_path(dirfd, target ? target : name, target != NULL, ret, err);
}

void file_place_release(struct file_place *place) {
        fd_close(&place->opened);
}

static int read_all(int fd, const char *name, struct buf *out, struct error *err) {
        char chunk[16384];

        for (;;) {
                ssize_t n = read(fd, chunk, sizeof(chunk));

                if (n == 0)
                        return 0;
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return error_set_errno(err, errno, "reading '%s'", name);
                buf_add(out, chunk, (size_t)n);
                if (out->overflowed)
                        return error_set(err, ERR_TOO_LARGE, "'%s' is larger than %zu bytes", name, out->max);
        }
}

static int open_for_reading(int dirfd, const char *name, int *ret_fd, struct error *err) {
        struct file_place place AUTO(file_place_release) = { .opened = -1 };
        AUTO_CLOSE int fd = -1;
        struct stat st;

        if (file_place_find(dirfd, name, &place, err) < 0)
                return -1;
        /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
        fd = openat(place.dirfd, place.name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return error_set_errno(err, errno, "opening '%s'", name);
        if (fstat(fd, &st) < 0)
                return error_set_errno(err, errno, "looking at '%s'", name);
        if (!S_ISREG(st.st_mode))
                return error_set(err, ERR_CONFIG, "'%s' is not a regular file", name);
        if (file_check_owner(fd, name, err) < 0)
                return -1;
        *ret_fd = fd;
        fd = -1;
        return 0;
}

int file_read(int dirfd, const char *name, struct buf *out, struct error *err) {
        AUTO_CLOSE int fd = -1;
        size_t before = out->len;

        if (open_for_reading(dirfd, name, &fd, err) < 0)
                return -1;
        if (read_all(fd, name, out, err) < 0) {
                out->len = before;
                if (out->data)
                        out->data[before] = '\0';
                return -1;
        }
        return 0;
}

/* mkdir() that is content with what is there already. */
static int make_one(const char *path, struct error *err) {
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
                return error_set_errno(err, errno, "making directory '%s'", path);
        return 0;
}

int dir_make(const char *path, struct error *err) {
        AUTO_FREE char *part = xstrdup(path);
        struct stat st;

        for (char *p = part; *p; p++) {
                if (*p != '/' || p == part)
                        continue;
                *p = '\0';
                /* A parent that exists may lie where mkdir() is refused. */
                if (stat(part, &st) < 0 && make_one(part, err) < 0)
                        return -1;
                *p = '/';
        }
        if (stat(path, &st) < 0) {
                if (make_one(path, err) < 0)
                        return -1;
                if (stat(path, &st) < 0)
                        return error_set_errno(err, errno, "looking at '%s'", path);
        }
        if (!S_ISDIR(st.st_mode))
                return error_set_errno(err, ENOTDIR, "making directory '%s'", path);
        return 0;
}
