/* SPDX-License-Identifier: MIT */
/* Replacing small files whole, so that a crash between any two system calls leaves the old content or the new. */
#include "file_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/util/slice.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#define TEMPORARY_TRIES     100
#define TEMPORARY_SUFFIX    ".tmp"
#define TEMPORARY_MAX_AGE_S 60

/* What the file shall be like once it is replaced. */
struct shape {
        uid_t uid;
        gid_t gid;
        mode_t mode;
};

struct temporary {
        int dirfd; /* borrowed */
        int fd;
        char name[NAME_MAX + 1]; /* "" when there is nothing to remove */
};

static void remove_temporary(struct temporary *t) {
        fd_close(&t->fd);
        if (t->name[0])
                (void)unlinkat(t->dirfd, t->name, 0);
}

static int check_target(const struct file_place *place, const char *name, struct error *err) {
        AUTO_CLOSE int fd = openat(place->dirfd, place->name, O_PATH | O_CLOEXEC | O_NOFOLLOW);

        if (fd < 0)
                return error_set_errno(err, errno, "opening '%s'", name);
        return file_check_owner(fd, name, err);
}

static int find_shape(const struct file_place *place, const char *name, struct shape *ret, struct error *err) {
        struct stat st;

        if (fstatat(place->dirfd, place->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
                if (!S_ISREG(st.st_mode))
                        return error_set(err, ERR_CONFIG, "'%s' is not a regular file", name);
                if (place->followed && check_target(place, name, err) < 0)
                        return -1;
                *ret = (struct shape){ st.st_uid, st.st_gid, st.st_mode & 0777 };
                return 0;
        }
        if (errno != ENOENT)
                return error_set_errno(err, errno, "looking at '%s'", name);
        if (fstatat(place->dirfd, ".", &st, 0) < 0)
                return error_set_errno(err, errno, "looking at the directory of '%s'", name);
        *ret = (struct shape){ st.st_uid, st.st_gid, 0600 };
        return 0;
}

/* O_EXCL and another number on a clash: pids repeat in other pid namespaces. */
static int make_temporary(const struct file_place *place, const char *name, struct temporary *ret, struct error *err) {
        char temporary[NAME_MAX + 1];

        for (int i = 0; i < TEMPORARY_TRIES; i++) {
                int n = snprintf(temporary, sizeof(temporary), ".%s.%ld-%d" TEMPORARY_SUFFIX, place->name, (long)getpid(), i);
                int fd;

                if (n < 0 || (size_t)n >= sizeof(temporary))
                        return error_set_errno(err, ENAMETOOLONG, "making a temporary file for '%s'", name);
                fd = openat(place->dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
                if (fd >= 0) {
                        ret->dirfd = place->dirfd;
                        ret->fd = fd;
                        memcpy(ret->name, temporary, sizeof(temporary));
                        return 0;
                }
                if (errno != EEXIST)
                        break;
        }
        return error_set_errno(err, errno, "making a temporary file for '%s'", name);
}

static int write_all(int fd, const void *data, size_t len, const char *name, struct error *err) {
        const char *p = data;

        while (len) {
                ssize_t n = write(fd, p, len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return error_set_errno(err, errno, "writing '%s'", name);
                p += n;
                len -= (size_t)n;
        }
        return 0;
}

static int sync_file(int fd, const char *name, struct error *err) {
        if (fsync(fd) < 0)
                return error_set_errno(err, errno, "syncing '%s' to disk", name);
        return 0;
}

static int set_shape(int fd, const struct shape *shape, const char *name, struct error *err) {
        mode_t mode = shape->mode;

        if (fchown(fd, shape->uid, shape->gid) < 0) {
                int why = errno;

                if (geteuid() != shape->uid)
                        return error_set_errno(err, why, "giving '%s' to uid %u", name, shape->uid);
                /* Ours, but with a group that we may not give: what was meant for that group is not for ours. */
                mode &= ~(mode_t)S_IRWXG;
        }
        if (fchmod(fd, mode) < 0)
                return error_set_errno(err, errno, "setting the mode of '%s'", name);
        return 0;
}

static int sync_directory(int dirfd, const char *name, struct error *err) {
        AUTO_CLOSE int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        /* EINVAL: a file system that knows no fsync of directories, so there is nothing to wait for. */
        if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL))
                return error_set_errno(err, errno, "syncing the directory of '%s' to disk", name);
        return 0;
}

/* No O_TRUNC: the old content stays as long as it can, and the new one overwrites it from the front. */
static int overwrite(const struct file_place *place, const char *name, const void *data, size_t len, struct error *err) {
        AUTO_CLOSE int fd = openat(place->dirfd, place->name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

        if (fd < 0)
                return error_set_errno(err, errno, "opening '%s'", name);
        /* A full disk is better met before the old content is touched. */
        if (len && fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)len) < 0 && errno == ENOSPC)
                return error_set_errno(err, errno, "writing '%s'", name);
        if (write_all(fd, data, len, name, err) < 0)
                return -1;
        if (ftruncate(fd, (off_t)len) < 0)
                return error_set_errno(err, errno, "cutting '%s'", name);
        return sync_file(fd, name, err);
}

/*
 * The file itself is a mount. A copy under a name of its own is what a person comes back to if the machine dies half-way: it
 * is no temporary file that anybody sweeps, and it goes when the content is safely in place.
 */
static int replace_in_place(const struct file_place *place, struct temporary *t, const char *name, const void *data, size_t len,
                            struct error *err) {
        char copy[NAME_MAX + 1];

        (void)snprintf(copy, sizeof(copy), ".%.*s.copy", (int)(sizeof(copy) - sizeof("..copy")), place->name);
        if (sync_file(t->fd, t->name, err) < 0)
                return -1;
        if (renameat(t->dirfd, t->name, t->dirfd, copy) < 0)
                return error_set_errno(err, errno, "making '%s'", copy);
        t->name[0] = '\0';
        if (sync_directory(t->dirfd, copy, err) < 0)
                return -1;
        if (overwrite(place, name, data, len, err) < 0)
                return error_wrap(err,
                                  "'%s' is a mount of its own and cannot be replaced (mount its directory instead; the new content "
                                  "is in '%s')",
                                  name, copy);
        (void)unlinkat(t->dirfd, copy, 0);
        return 0;
}

int file_replace(int dirfd, const char *name, const void *data, size_t len, enum file_durability how, struct error *err) {
        struct file_place place AUTO(file_place_release) = { .opened = -1 };
        struct temporary t AUTO(remove_temporary) = { .fd = -1 };
        struct shape shape;

        if (file_place_find(dirfd, name, &place, err) < 0 || find_shape(&place, name, &shape, err) < 0)
                return -1;
        if (make_temporary(&place, name, &t, err) < 0 || write_all(t.fd, data, len, name, err) < 0)
                return -1;
        if (set_shape(t.fd, &shape, name, err) < 0)
                return -1;
        if (how == FILE_DURABLE && sync_file(t.fd, name, err) < 0)
                return -1;
        if (renameat(t.dirfd, t.name, place.dirfd, place.name) < 0) {
                if (errno == EBUSY || errno == EXDEV)
                        return replace_in_place(&place, &t, name, data, len, err);
                return error_set_errno(err, errno, "replacing '%s'", name);
        }
        t.name[0] = '\0';
        return how == FILE_DURABLE ? sync_directory(place.dirfd, name, err) : 0;
}

/* Consumes digits at the end of s. */
static bool cut_number(struct slice *s) {
        size_t before = s->n;

        while (s->n && s->p[s->n - 1] >= '0' && s->p[s->n - 1] <= '9')
                s->n--;
        return s->n < before;
}

static bool cut_suffix(struct slice *s, const char *suffix) {
        size_t n = strlen(suffix);

        if (s->n < n || memcmp(s->p + s->n - n, suffix, n) != 0)
                return false;
        s->n -= n;
        return true;
}

/* ".<name>.<pid>-<number>.tmp", as make_temporary() makes them; of: that name, NULL: any. */
static bool is_temporary_name(const char *name, const char *of) {
        struct slice s = slice_str(name);

        return cut_suffix(&s, TEMPORARY_SUFFIX) && cut_number(&s) && cut_suffix(&s, "-") && cut_number(&s) && cut_suffix(&s, ".") &&
               slice_skip(&s, ".") && (of ? slice_eq(s, of) : s.n > 0);
}

static void close_directory(DIR **dir) {
        if (*dir)
                (void)closedir(*dir);
}

/* of: only those of that name, and of ours. */
static void sweep(int dirfd, const char *of) {
        int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir AUTO(close_directory) = fd >= 0 ? fdopendir(fd) : NULL;
        int64_t now_s = clock_read().wall_us / US_PER_S;
        const struct dirent *entry;
        struct stat st;

        if (!dir) {
                fd_close(&fd);
                return;
        }
        while ((entry = readdir(dir))) {
                if (!is_temporary_name(entry->d_name, of) || fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        continue;
                if (S_ISREG(st.st_mode) && (!of || st.st_uid == geteuid()) && now_s - (int64_t)st.st_mtime > TEMPORARY_MAX_AGE_S)
                        (void)unlinkat(dirfd, entry->d_name, 0);
        }
}

void dir_sweep_temporary(int dirfd) {
        sweep(dirfd, NULL);
}

static int open_directory_of(const char *path, struct file_place *ret, struct error *err) {
        const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
        char *dir AUTO_FREE = slash ? xstrdup(path) : xstrdup(".");

        if (slash)
                dir[slash == path ? 1 : slash - path] = '\0';
        if (*name == '\0' || str_eq(name, ".") || str_eq(name, ".."))
                return error_set(err, ERR_INVALID, "'%s' is not the name of a file", path);
        if (strlen(name) > NAME_MAX)
                return error_set_errno(err, ENAMETOOLONG, "opening '%s'", path);
        ret->opened = ret->dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (ret->opened < 0)
                return error_set_errno(err, errno, "opening the directory of '%s'", path);
        (void)snprintf(ret->name, sizeof(ret->name), "%s", name);
        return 0;
}

int file_publish(const char *path, const void *data, size_t len, struct error *err) {
        struct file_place place AUTO(file_place_release) = { .dirfd = -1, .opened = -1 };
        struct temporary t AUTO(remove_temporary) = { .fd = -1 };
        struct stat st;

        if (open_directory_of(path, &place, err) < 0)
                return -1;
        /* To follow a link in another user's directory would be to write where that user wants. */
        if (fstatat(place.dirfd, place.name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
                return error_set(err, ERR_CONFIG, "'%s' is not a regular file", path);
        if (make_temporary(&place, path, &t, err) < 0 || write_all(t.fd, data, len, path, err) < 0)
                return -1;
        if (fchmod(t.fd, 0644) < 0)
                return error_set_errno(err, errno, "setting the mode of '%s'", path);
        if (renameat(t.dirfd, t.name, place.dirfd, place.name) < 0)
                return error_set_errno(err, errno, "replacing '%s'", path);
        t.name[0] = '\0';
        sweep(place.dirfd, place.name);
        return 0;
}
