/* SPDX-License-Identifier: MIT */
/* Kernel locks, and who holds them. */
#include "autoheal/os/lock.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/file.h"
#include "autoheal/os/self.h"
#include "autoheal/util/slice.h"
#include "autoheal/util/text.h"
#include "autoheal/util/timefmt.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>

#define POLL_MS   20
#define SERVING   " serve"
#define LOOK_MS   1000 /* how long lookers are waited for, who are done in no time ... */
#define AGAIN_MS  1    /* ... and how often */
#define LINE_SIZE 512  /* pid, an escaped host name and a time fit */

static int open_lock(int dirfd, const char *name, int how, int *ret_fd, struct error *err) {
        AUTO_CLOSE int fd = openat(dirfd, name, how | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
        struct stat st;

        if (fd < 0)
                return error_set_errno(err, errno, "opening lock file '%s'", name);
        if (fstat(fd, &st) < 0)
                return error_set_errno(err, errno, "looking at '%s'", name);
        if (!S_ISREG(st.st_mode))
                return error_set(err, ERR_CONFIG, "lock file '%s' is not a regular file", name);
        *ret_fd = fd;
        fd = -1;
        return 0;
}

/* 1: taken, 0: somebody else has it. */
static int take(int fd, const char *name, int how, struct error *err) {
        while (flock(fd, how | LOCK_NB) < 0) {
                if (errno == EWOULDBLOCK)
                        return 0;
                if (errno != EINTR)
                        return error_set_errno(err, errno, "locking '%s'", name);
        }
        return 1;
}

static int still_locked(const char *name, int ms, struct error *err) {
        return error_set(err, ERR_LOCKED, "'%s' is still locked by another process after %d ms", name, ms);
}

/* As take() for the exclusive lock: a shared one is of somebody who looks whether it is taken, and goes at once. */
static int take_from_lookers(int fd, const char *name, struct error *err) {
        int64_t deadline_ms = clock_read().mono_ms + LOOK_MS;

        for (;;) {
                int taken = take(fd, name, LOCK_EX, err), shared;

                if (taken != 0)
                        return taken;
                shared = take(fd, name, LOCK_SH, err);
                if (shared <= 0)
                        return shared;
                /* Others who want it must not take us for a looker for longer than it took to find out. */
                (void)flock(fd, LOCK_UN);
                if (clock_read().mono_ms >= deadline_ms)
                        return still_locked(name, LOOK_MS, err);
                (void)poll(NULL, 0, AGAIN_MS);
        }
}

/* On a full disk the lock holds all the same, only without a name to show: not a failure. */
static void write_holder(int fd, struct now now, const char *serving) {
        char host[LINE_SIZE / 2], when[TIME_ISO_SIZE], line[LINE_SIZE];
        int n;

        self_host_name(host, sizeof(host));
        time_format_iso(now.wall_us, when);
        n = snprintf(line, sizeof(line), "%ld %s %s%s\n", (long)getpid(), host, when, serving);
        if (ftruncate(fd, 0) == 0)
                (void)!pwrite(fd, line, (size_t)n, 0);
}

static bool ends_with(const struct slice *line, const char *text) {
        size_t n = strlen(text);

        return line->n > n && memcmp(line->p + line->n - n, text, n) == 0;
}

/* "pid host time" or "pid host time serve". The host may hold blanks: it is what stands between the first and the last. */
static bool parse_holder(struct slice line, struct lock_holder *ret) {
        char host[LINE_SIZE];
        const char *blank;
        uint64_t pid;
        int64_t since_us;
        size_t host_len;
        bool serves = ends_with(&line, SERVING);

        if (line.n >= sizeof(host))
                return false;
        if (serves)
                line.n -= strlen(SERVING);
        if (!slice_number(&line, INT32_MAX, &pid) || !slice_skip(&line, " "))
                return false;
        blank = line.n ? memrchr(line.p, ' ', line.n) : NULL;
        if (!blank)
                return false;
        host_len = (size_t)(blank - line.p);
        if (!time_parse_iso((struct slice){ blank + 1, line.n - host_len - 1 }, &since_us))
                return false;
        memcpy(host, line.p, host_len);
        host[host_len] = '\0';
        ret->serves = serves;
        ret->pid = (int64_t)pid;
        ret->since_us = since_us;
        (void)text_escape_into(ret->host, sizeof(ret->host), host);
        return true;
}

/* The lines after the first. */
static void copy_places(struct slice text, struct lock_holder *ret) {
        if (text.n >= sizeof(ret->places) || memchr(text.p, '\0', text.n))
                return;
        memcpy(ret->places, text.p, text.n);
        ret->places[text.n] = '\0';
}

/* The holder may be writing its lines just now: then nothing is known of it. */
static struct lock_holder read_holder(int fd) {
        char text[LINE_SIZE + LOCK_PLACES_SIZE];
        ssize_t n = pread(fd, text, sizeof(text), 0);
        struct lock_holder holder = { 0 };
        const char *end, *next;

        if (n <= 0 || text[n - 1] != '\n')
                return holder;
        end = text + n;
        next = (const char *)memchr(text, '\n', (size_t)n) + 1;
        if (parse_holder((struct slice){ text, (size_t)(next - text) - 1 }, &holder) && holder.serves)
                copy_places((struct slice){ next, (size_t)(end - next) }, &holder);
        return holder;
}

static int refuse(const struct lock_holder *holder, struct error *err) {
        char since[TIME_ISO_SIZE];

        if (!holder->pid)
                return error_set(err, ERR_LOCKED, "another pass runs");
        time_format_iso(holder->since_us, since);
        return error_set(err, ERR_LOCKED, "%s (pid %" PRId64 " on '%s' since %s)",
                         holder->serves ? "serve is in charge" : "another pass runs", holder->pid, holder->host, since);
}

int lock_try(int dirfd, const char *name, struct now now, int *ret_fd, struct lock_holder *ret_holder, struct error *err) {
        AUTO_CLOSE int fd = -1;
        struct lock_holder holder;
        int taken;

        if (open_lock(dirfd, name, O_RDWR | O_CREAT, &fd, err) < 0)
                return -1;
        taken = take_from_lookers(fd, name, err);
        if (taken < 0)
                return -1;
        if (!taken) {
                holder = read_holder(fd);
                if (ret_holder)
                        *ret_holder = holder;
                return refuse(&holder, err);
        }
        write_holder(fd, now, "");
        *ret_fd = fd;
        fd = -1;
        return 0;
}

void lock_say_serving(int fd, struct now now) {
        write_holder(fd, now, SERVING);
}

/* Behind the holder's line, which stays whole if the disk is full. */
void lock_say_places(int fd, const char *places) {
        size_t n = strlen(places);
        struct stat st;

        if (n < LOCK_PLACES_SIZE && fstat(fd, &st) == 0 && st.st_size > 0)
                (void)!pwrite(fd, places, n, st.st_size);
}

int lock_look(int dirfd, const char *name, bool *ret_held, struct lock_holder *ret_holder, struct error *err) {
        struct error why = ERROR_INIT;
        AUTO_CLOSE int fd = -1;
        int taken;

        if (open_lock(dirfd, name, O_RDONLY, &fd, &why) < 0) {
                if (why.code == ERR_NOT_FOUND) {
                        *ret_held = false;
                        return 0;
                }
                if (err)
                        *err = why;
                return -1;
        }
        taken = take(fd, name, LOCK_SH, err);
        if (taken < 0)
                return -1;
        *ret_held = !taken;
        if (!taken)
                *ret_holder = read_holder(fd);
        return 0;
}

static int wait_for(int fd, const char *name, int timeout_ms, struct error *err) {
        int64_t deadline_ms = clock_read().mono_ms + timeout_ms;
        int taken;

        while ((taken = take(fd, name, LOCK_EX, err)) == 0) {
                if (clock_read().mono_ms >= deadline_ms)
                        return still_locked(name, timeout_ms, err);
                (void)poll(NULL, 0, POLL_MS);
        }
        return taken < 0 ? -1 : 0;
}

int lock_wait(int dirfd, const char *name, int timeout_ms, int *ret_fd, struct error *err) {
        AUTO_CLOSE int fd = -1;

        if (open_lock(dirfd, name, O_RDWR | O_CREAT, &fd, err) < 0 || wait_for(fd, name, timeout_ms, err) < 0)
                return -1;
        *ret_fd = fd;
        fd = -1;
        return 0;
}

int lock_wait_directory(const char *path, int timeout_ms, int *ret_fd, struct error *err) {
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return error_set_errno(err, errno, "opening directory '%s'", path);
        if (wait_for(fd, path, timeout_ms, err) < 0)
                return -1;
        *ret_fd = fd;
        fd = -1;
        return 0;
}
