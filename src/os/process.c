/* SPDX-License-Identifier: MIT */
/* What this process uses, for process_* of the metrics. */
#include "autoheal/os/process.h"

#include "autoheal/os/file.h"
#include "autoheal/util/now.h"
#include "autoheal/util/slice.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>

#define PROC_CEILING ((size_t)1024 * 1024)
/* More than any of these numbers is, and little enough to multiply by microseconds or pages. */
#define FIELD_MAX (UINT64_C(1) << 49)

/* Positions in /proc/self/stat, counted from the one after the name: see proc(5). */
enum { STAT_UTIME = 11, STAT_STIME = 12, STAT_START = 19, STAT_VSIZE = 20, STAT_RSS = 21, STAT_FIELDS = 22 };

static bool read_fields(const char *self_stat, int64_t field[static STAT_FIELDS]) {
        /* The name stands in brackets and may hold anything, brackets and blanks too. */
        const char *after = strrchr(self_stat, ')');
        struct slice rest, word;
        uint64_t n;

        if (!after)
                return false;
        rest = slice_str(after + 1);
        slice_skip_blanks(&rest);
        for (size_t i = 0; i < STAT_FIELDS; i++) {
                if (!slice_split(&rest, ' ', &word))
                        return false;
                field[i] = slice_number(&word, FIELD_MAX, &n) ? (int64_t)n : 0;
        }
        return true;
}

static int64_t boot_s(const char *stat) {
        struct slice rest = slice_str(stat), line;
        uint64_t s;

        while (slice_split(&rest, '\n', &line))
                if (slice_skip(&line, "btime ") && slice_number(&line, INT64_MAX / US_PER_S / 2, &s))
                        return (int64_t)s;
        return -1;
}

bool process_usage_parse(const char *self_stat, const char *stat, int64_t ticks_per_s, int64_t page_size,
                         struct process_usage *ret) {
        int64_t field[STAT_FIELDS], boot = boot_s(stat);

        if (ticks_per_s < 100 || ticks_per_s > US_PER_S || !read_fields(self_stat, field))
                return false;
        ret->cpu_ms = (field[STAT_UTIME] + field[STAT_STIME]) * 1000 / ticks_per_s;
        ret->start_us = boot < 0 ? -1 : boot * US_PER_S + field[STAT_START] * (US_PER_S / ticks_per_s);
        ret->virtual_size = field[STAT_VSIZE];
        ret->resident_size = field[STAT_RSS] * page_size;
        return true;
}

static int64_t count_fds(void) {
        DIR *d = opendir("/proc/self/fd");
        const struct dirent *e;
        int64_t n = -1; /* the directory itself is one of them */

        if (!d)
                return -1;
        while ((e = readdir(d)) != NULL)
                n += e->d_name[0] != '.';
        (void)closedir(d);
        return n;
}

struct process_usage process_usage(void) {
        struct process_usage u = { -1, -1, -1, -1, -1, -1 };
        struct buf self_stat AUTO(buf_release) = BUF_INIT(PROC_CEILING), stat AUTO(buf_release) = BUF_INIT(PROC_CEILING);
        struct rlimit limit;

        if (file_read(AT_FDCWD, "/proc/self/stat", &self_stat, NULL) == 0) {
                if (file_read(AT_FDCWD, "/proc/stat", &stat, NULL) < 0)
                        buf_clear(&stat);
                (void)process_usage_parse(buf_str(&self_stat), buf_str(&stat), sysconf(_SC_CLK_TCK), sysconf(_SC_PAGESIZE), &u);
        }
        u.open_fds = count_fds();
        if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
                u.max_fds = (int64_t)limit.rlim_cur;
        return u;
}
