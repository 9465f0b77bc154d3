/* SPDX-License-Identifier: MIT */
/* The log of a data directory: one write per line, set aside when it is full, silent when it cannot be written. */
#include "autoheal/json/writer.h"
#include "autoheal/os/clock.h"
#include "autoheal/os/file.h"
#include "autoheal/util/text.h"
#include "log_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define DIRECTORY "logs"
#define NAME      "autoheal.log"
/* What observability.log_keep may be at most. */
#define LOG_KEEP_MAX 100
/* A message of 16 KiB, every byte of it escaped. */
#define LINE_SIZE ((size_t)128 * 1024)

struct log_file {
        char *data_dir;
        struct log_shape shape;
        bool echo;
        int dirfd, fd;  /* of the directory "logs" and the file; -1: not open */
        bool half;      /* the last line did not go out whole */
        bool half_said; /* the same of standard output */
        uint64_t lost;  /* lines that could not be written */
        int lost_errno;
        unsigned opened; /* how often the file was: tells one descriptor from the next of the same number */
};

static const char *const levels[] = { "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL" };
_Static_assert(N_ELEMENTS(levels) == LEVEL_MAX_, "every level has a word");

const char *log_level_name(enum log_level level) {
        return (size_t)level < N_ELEMENTS(levels) ? levels[level] : "ERROR";
}

enum log_level log_level_parse(const char *word) {
        for (size_t i = 0; i < N_ELEMENTS(levels); i++)
                if (str_eq(levels[i], word))
                        return (enum log_level)i;
        return LEVEL_MAX_;
}

struct log_file *log_file_new(const char *dir, const struct log_shape *shape, bool echo) {
        struct log_file *f = xcalloc(1, sizeof(*f));

        f->data_dir = xstrdup(dir);
        f->shape = *shape;
        f->echo = echo;
        f->dirfd = f->fd = -1;
        return f;
}

void log_file_free(struct log_file *f) {
        if (!f)
                return;
        log_file_reopen(f);
        free(f->data_dir);
        free(f);
}

void log_file_reshape(struct log_file *f, const struct log_shape *shape) {
        f->shape = *shape;
}

void log_file_reopen(struct log_file *f) {
        fd_close(&f->fd);
        fd_close(&f->dirfd);
}

void log_file_hush(struct log_file *f) {
        if (f)
                f->echo = false;
}

bool log_file_echoes(const struct log_file *f) {
        return f->echo;
}

bool log_file_wants(const struct log_file *f, enum log_level level) {
        return level >= f->shape.least;
}

/* ---- Opening ---- */

/* Only root may give a file away, and only root writes into directories of others. */
static void give_to_owner(int data_fd, int fd) {
        struct stat st;

        if (geteuid() == 0 && fstat(data_fd, &st) == 0)
                (void)!fchown(fd, st.st_uid, st.st_gid);
}

/* Whoever else may write there could put a link to something of ours into it. */
static bool is_safe(int data_fd, int fd) {
        struct stat data, st;

        if (fstat(data_fd, &data) < 0 || fstat(fd, &st) < 0)
                return false;
        return (st.st_uid == 0 || st.st_uid == geteuid() || st.st_uid == data.st_uid) && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static int open_directory(struct log_file *f) {
        AUTO_CLOSE int data_fd = open(f->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        bool made;
        int fd;

        if (data_fd < 0)
                return -1;
        made = mkdirat(data_fd, DIRECTORY, 0700) == 0;
        fd = openat(data_fd, DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
                return -1;
        if (made)
                give_to_owner(data_fd, fd);
        if (!is_safe(data_fd, fd)) {
                (void)close(fd);
                errno = EPERM;
                return -1;
        }
        f->dirfd = fd;
        return 0;
}

static int open_file(struct log_file *f) {
        const int how = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
        struct stat st;

        if (f->dirfd < 0 && open_directory(f) < 0)
                return -1;
        f->fd = openat(f->dirfd, NAME, how);
        if (f->fd < 0 && errno == ENOENT) {
                f->fd = openat(f->dirfd, NAME, how | O_CREAT | O_EXCL, 0600);
                if (f->fd >= 0)
                        give_to_owner(f->dirfd, f->fd);
                /* Another program has made it meanwhile. */
                else if (errno == EEXIST)
                        f->fd = openat(f->dirfd, NAME, how);
        }
        if (f->fd < 0)
                return -1;
        if (fstat(f->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
                fd_close(&f->fd);
                errno = EINVAL;
                return -1;
        }
        f->opened++;
        return 0;
}

/* Whoever set it aside, another program of ours or logrotate: the name leads to the log. *ret_size is what it holds. */
static int open_present(struct log_file *f, int64_t *ret_size) {
        struct stat ours, named;

        if (f->fd >= 0 && (fstat(f->fd, &ours) < 0 || fstatat(f->dirfd, NAME, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
                           ours.st_ino != named.st_ino || ours.st_dev != named.st_dev))
                log_file_reopen(f);
        if (f->fd < 0 && (open_file(f) < 0 || fstat(f->fd, &ours) < 0))
                return -1;
        *ret_size = ours.st_size;
        return 0;
}

/* ---- Setting aside ---- */

static const char *kept_name(char ret[static NAME_MAX], int64_t i) {
        (void)snprintf(ret, NAME_MAX, "%s.%lld", NAME, (long long)i);
        return ret;
}

/* Those from a time when more were kept. */
static void forget_older(const struct log_file *f) {
        char name[NAME_MAX];

        for (int64_t i = f->shape.keep + 1; i <= LOG_KEEP_MAX; i++)
                (void)unlinkat(f->dirfd, kept_name(name, i), 0);
}

static void move_along(const struct log_file *f) {
        char from[NAME_MAX], to[NAME_MAX];

        forget_older(f);
        if (f->shape.keep == 0) {
                (void)unlinkat(f->dirfd, NAME, 0);
                return;
        }
        for (int64_t i = f->shape.keep - 1; i > 0; i--)
                (void)renameat(f->dirfd, kept_name(from, i), f->dirfd, kept_name(to, i + 1));
        (void)renameat(f->dirfd, NAME, f->dirfd, kept_name(to, 1));
}

/* Two that find it full at once must not set aside twice: the second one then has an old file locked, and sees that. */
static int make_room(struct log_file *f, size_t len, int64_t *size) {
        if (f->shape.max_bytes == 0 || *size == 0 || *size + (int64_t)len <= f->shape.max_bytes)
                return 0;
        unsigned locked = f->opened;
        if (flock(f->fd, LOCK_EX | LOCK_NB) < 0)
                return 0;
        if (open_present(f, size) < 0)
                return -1;
        if (f->opened != locked || *size + (int64_t)len <= f->shape.max_bytes)
                return 0;
        move_along(f);
        return open_present(f, size);
}

/* ---- Lines ---- */

static void add_local_time(struct buf *line, int64_t us) {
        time_t seconds = (time_t)(us / US_PER_S);
        struct tm tm = { 0 };

        (void)localtime_r(&seconds, &tm);
        buf_addf(line, "%04d-%02d-%02d %02d:%02d:%02d,%03d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                 tm.tm_sec, (int)(us % US_PER_S / US_PER_MS));
}

static void make_line(const struct log_file *f, struct buf *line, enum log_level level, const char *module, const char *text) {
        int64_t now_us = clock_read().wall_us;

        if (f->shape.json) {
                struct json_writer w;

                json_writer_init(&w, line, JSON_COMPACT);
                json_begin_object(&w);
                json_key(&w, "timestamp");
                json_time(&w, now_us);
                json_key(&w, "level");
                json_str(&w, log_level_name(level));
                json_key(&w, "module");
                json_str(&w, module);
                json_key(&w, "message");
                json_str(&w, text);
                json_end_object(&w);
        } else {
                add_local_time(line, now_us);
                buf_addf(line, " - %s - %s - ", module, log_level_name(level));
                text_escape(line, slice_str(text));
        }
        buf_add_char(line, '\n');
}

/* One write: what two programs write at once stands one after the other. */
static bool put(struct log_file *f, const struct buf *line) {
        ssize_t n;

        if (f->half && write(f->fd, "\n", 1) != 1)
                return false;
        f->half = false;
        do
                n = write(f->fd, line->data, line->len);
        while (n < 0 && errno == EINTR);
        if (n >= 0 && (size_t)n < line->len) {
                f->half = n > 0;
                errno = ENOSPC;
        }
        return n >= 0 && (size_t)n == line->len;
}

static bool append(struct log_file *f, const struct buf *line) {
        int64_t size = 0;

        return open_present(f, &size) == 0 && make_room(f, line->len, &size) == 0 && put(f, line);
}

/* A reader that has stopped must not stop us: a pipe that says it is ready takes PIPE_BUF bytes at once. How many went out. */
static size_t say(const char *text, size_t len) {
        struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
        ssize_t n = -1;

        if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT))
                n = write(STDOUT_FILENO, text, len < PIPE_BUF ? len : PIPE_BUF);
        return n > 0 ? (size_t)n : 0;
}

static void speak(struct log_file *f, const struct buf *line) {
        size_t at = 0, n;

        if (f->half_said && say("\n", 1) == 0)
                return;
        while (at < line->len && (n = say(line->data + at, line->len - at)) > 0)
                at += n;
        f->half_said = at > 0 && at < line->len;
}

static void say_lost(struct log_file *f) {
        struct buf line AUTO(buf_release) = BUF_INIT(LINE_SIZE);
        char text[256], why[128];

        (void)snprintf(text, sizeof(text), "%llu line%s before this one could not be written: %s", (unsigned long long)f->lost,
                       f->lost == 1 ? "" : "s", strerror_r(f->lost_errno, why, sizeof(why)));
        make_line(f, &line, LEVEL_WARNING, "log", text);
        if (append(f, &line))
                f->lost = 0;
}

void log_file_write(struct log_file *f, enum log_level level, const char *module, const char *text) {
        struct buf line AUTO(buf_release) = BUF_INIT(LINE_SIZE);
        int saved_errno = errno;

        if (!log_file_wants(f, level))
                return;
        make_line(f, &line, level, module, text);
        if (f->lost > 0)
                say_lost(f);
        if (f->lost > 0 || !append(f, &line)) {
                f->lost_errno = f->lost > 0 ? f->lost_errno : errno;
                f->lost++;
        }
        if (f->echo)
                speak(f, &line);
        errno = saved_errno;
}
