/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into the program under torture: makes one of its system calls below a directory fail, or kills it there; and
 * moves its wall clock. Calls are counted over write, pwrite, fsync, rename, open, fallocate, ftruncate, link and unlink
 * (with their relatives) on files below TORTURE_DIR.
 *
 *         TORTURE_DIR     the directory, as /proc/self/fd shows it
 *         TORTURE_FAULT   ENOSPC, EIO, EACCES, EINTR, EROFS; SHORT (a write that takes half); KILL, KILL-AFTER (the call)
 *         TORTURE_CALL    which call, from 1
 *         TORTURE_STICKY  any value: all calls from that one on
 *         TORTURE_REPORT  a file that gets a line for each call that was hit
 *         TORTURE_CLOCK   seconds that the wall clock runs ahead
 *
 * A full disk, and one that is read-only, still lets files be read: ENOSPC and EROFS pass over opening for reading.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *dir, *report;
static size_t dir_len;
static int fault_errno;
static bool sticky, short_write, kill_before, kill_after;
static long wanted, seen, clock_shift_s;

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int at, const char *path, int flags);
int __openat64_2(int at, const char *path, int flags);

static long number(const char *name) {
        const char *text = getenv(name);
        return text ? strtol(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void) {
        static const struct {
                const char *name;
                int value;
        } errors[] = { { "ENOSPC", ENOSPC }, { "EIO", EIO }, { "EACCES", EACCES }, { "EINTR", EINTR }, { "EROFS", EROFS } };
        const char *fault = getenv("TORTURE_FAULT");
        dir = getenv("TORTURE_DIR");
        dir_len = dir ? strlen(dir) : 0;
        report = getenv("TORTURE_REPORT");
        sticky = getenv("TORTURE_STICKY") != NULL;
        wanted = number("TORTURE_CALL");
        clock_shift_s = number("TORTURE_CLOCK");
        if (!fault)
                return;
        for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
                if (strcmp(fault, errors[i].name) == 0)
                        fault_errno = errors[i].value;
        short_write = strcmp(fault, "SHORT") == 0;
        kill_before = strcmp(fault, "KILL") == 0;
        kill_after = strcmp(fault, "KILL-AFTER") == 0;
}

static bool is_below(const char *path) {
        return dir && strncmp(path, dir, dir_len) == 0 && (path[dir_len] == '/' || path[dir_len] == '\0');
}

static bool fd_path(int fd, char ret[PATH_MAX]) {
        char link[64];
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, ret, PATH_MAX - 1);
        if (n < 0)
                return false;
        ret[n] = '\0';
        return true;
}

static bool fd_is_below(int fd) {
        char path[PATH_MAX];
        return dir && wanted > 0 && fd_path(fd, path) && is_below(path);
}

static bool at_is_below(int at, const char *path) {
        char base[PATH_MAX];
        if (!dir || wanted <= 0)
                return false;
        if (path[0] == '/' || at == AT_FDCWD)
                return is_below(path);
        return fd_path(at, base) && is_below(base);
}

static void die(void) {
        syscall(SYS_kill, getpid(), SIGKILL);
}

static void say(const char *what, const char *name) {
        char line[512];
        int n = snprintf(line, sizeof(line), "%ld %s %.300s\n", seen, what, name ? name : "");
        long fd = report ? syscall(SYS_openat, AT_FDCWD, report, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
        if (fd < 0)
                return;
        syscall(SYS_write, fd, line, (size_t)n);
        syscall(SYS_close, fd);
}

/* Counts a call below the directory. True if it is the one, or one of those, that is hit. */
static bool hit(const char *what, const char *name) {
        seen++;
        if (sticky ? seen < wanted : seen != wanted)
                return false;
        say(what, name);
        if (kill_before)
                die();
        return true;
}

static long fail(void) {
        errno = fault_errno;
        return -1;
}

static long end(bool was_hit, long result) {
        if (was_hit && kill_after)
                die();
        return result;
}

/* Writes are what SHORT shortens; one byte at least is taken. */
static size_t taken(bool was_hit, size_t n) {
        return was_hit && short_write && n > 1 ? n / 2 : n;
}

ssize_t write(int fd, const void *data, size_t n) {
        bool h = fd_is_below(fd) && hit("write", NULL);
        if (h && fault_errno)
                return fail();
        return end(h, syscall(SYS_write, fd, data, taken(h, n)));
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at) {
        bool h = fd_is_below(fd) && hit("pwrite", NULL);
        if (h && fault_errno)
                return fail();
        return end(h, syscall(SYS_pwrite64, fd, data, taken(h, n), at));
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at) {
        return pwrite(fd, data, n, at);
}

int fsync(int fd) {
        bool h = fd_is_below(fd) && hit("fsync", NULL);
        return (int)(h && fault_errno ? fail() : end(h, syscall(SYS_fsync, fd)));
}

int fdatasync(int fd) {
        bool h = fd_is_below(fd) && hit("fdatasync", NULL);
        return (int)(h && fault_errno ? fail() : end(h, syscall(SYS_fdatasync, fd)));
}

int ftruncate(int fd, off_t n) {
        bool h = fd_is_below(fd) && hit("ftruncate", NULL);
        return (int)(h && fault_errno ? fail() : end(h, syscall(SYS_ftruncate, fd, n)));
}

int ftruncate64(int fd, off64_t n) {
        return ftruncate(fd, n);
}

int fallocate(int fd, int mode, off_t at, off_t n) {
        bool h = fd_is_below(fd) && hit("fallocate", NULL);
        return (int)(h && fault_errno ? fail() : end(h, syscall(SYS_fallocate, fd, mode, at, n)));
}

int fallocate64(int fd, int mode, off64_t at, off64_t n) {
        return fallocate(fd, mode, at, n);
}

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
        bool h = at_is_below(to_at, to) && hit("rename", to);
        return (int)(h && fault_errno ? fail() : end(h, syscall(SYS_renameat2, from_at, from, to_at, to, flags)));
}

int renameat(int from_at, const char *from, int to_at, const char *to) {
        return renameat2(from_at, from, to_at, to, 0);
}

int rename(const char *from, const char *to) {
        return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
        bool h = at_is_below(to_at, to) && hit("link", to);
        return (int)(h && fault_errno ? fail() : end(h, syscall(SYS_linkat, from_at, from, to_at, to, flags)));
}

int link(const char *from, const char *to) {
        return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* Removing works on a full disk. */
int unlinkat(int at, const char *path, int flags) {
        bool h = at_is_below(at, path) && fault_errno != ENOSPC && hit("unlink", path);
        return (int)(h && fault_errno ? fail() : end(h, syscall(SYS_unlinkat, at, path, flags)));
}

int unlink(const char *path) {
        return unlinkat(AT_FDCWD, path, 0);
}

static int open_any(int at, const char *path, int flags, mode_t mode) {
        bool reads = (flags & O_ACCMODE) == O_RDONLY && !(flags & O_CREAT);
        bool spared = reads && (fault_errno == ENOSPC || fault_errno == EROFS);
        bool h = !spared && at_is_below(at, path) && hit(reads ? "open for reading" : "open", path);
        return (int)(h && fault_errno ? fail() : end(h, syscall(SYS_openat, at, path, flags, mode)));
}

/* The mode is there only where the flags ask for one. */
#define MODE_OF(flags, ret)                                                                                                        \
        do {                                                                                                                       \
                va_list ap;                                                                                                        \
                va_start(ap, flags);                                                                                               \
                ret = (flags) & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;                                                    \
                va_end(ap);                                                                                                        \
        } while (0)

int open(const char *path, int flags, ...) {
        mode_t mode;
        MODE_OF(flags, mode);
        return open_any(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
        mode_t mode;
        MODE_OF(flags, mode);
        return open_any(AT_FDCWD, path, flags, mode);
}

int openat(int at, const char *path, int flags, ...) {
        mode_t mode;
        MODE_OF(flags, mode);
        return open_any(at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...) {
        mode_t mode;
        MODE_OF(flags, mode);
        return open_any(at, path, flags, mode);
}

int __open_2(const char *path, int flags) {
        return open_any(AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags) {
        return open_any(AT_FDCWD, path, flags, 0);
}

int __openat_2(int at, const char *path, int flags) {
        return open_any(at, path, flags, 0);
}

int __openat64_2(int at, const char *path, int flags) {
        return open_any(at, path, flags, 0);
}

int clock_gettime(clockid_t which, struct timespec *t) {
        long result = syscall(SYS_clock_gettime, which, t);
        if (result == 0 && which == CLOCK_REALTIME)
                t->tv_sec += clock_shift_s;
        return (int)result;
}
