/* SPDX-License-Identifier: MIT */
/* Local time from libc. */
#include "autoheal/os/zone.h"

#include "autoheal/os/file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZONES "/usr/share/zoneinfo"
#define MAGIC "TZif"

/* localtime_r() alone would go on with the zone that it saw first. */
int64_t zone_offset_s(void *arg, int64_t utc_s) {
        time_t t = (time_t)utc_s;
        struct tm tm;

        (void)arg;
        tzset();
        return localtime_r(&t, &tm) ? tm.tm_gmtoff : 0;
}

/* "CET-1CEST,M3.5.0,M10.5.0/3", "<+0330>-3:30", "UTC": libc needs no file for these. */
static bool is_rule(const char *text) {
        size_t n = text[0] == '<' ? strcspn(text, ">") + 1 : strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

        if (strcmp(text, "UTC") == 0 || strcmp(text, "GMT") == 0)
                return true;
        return n >= 3 && n < strlen(text) && strchr("+-0123456789", text[n]);
}

/* A directory of zones, or any other file, is taken for UTC like one that is not there. */
static bool is_zone_file(const char *path) {
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        char head[sizeof(MAGIC) - 1];
        struct stat st;

        return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && read(fd, head, sizeof(head)) == (ssize_t)sizeof(head) &&
               memcmp(head, MAGIC, sizeof(head)) == 0;
}

const char *zone_unknown(void) {
        const char *name = getenv("TZ"), *dir = getenv("TZDIR");
        char path[PATH_MAX];
        int n;

        if (!name || !*name)
                return NULL;
        if (*name == ':')
                name++;
        if (*name == '/')
                n = snprintf(path, sizeof(path), "%s", name);
        else
                n = snprintf(path, sizeof(path), "%s/%s", dir && *dir ? dir : ZONES, name);
        if (n > 0 && (size_t)n < sizeof(path) && is_zone_file(path))
                return NULL;
        return is_rule(name) ? NULL : name;
}
