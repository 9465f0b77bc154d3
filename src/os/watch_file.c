/* SPDX-License-Identifier: MIT */
/* Changes of a file, by inotify and by looking at it. */
#include "autoheal/os/watch_file.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/file.h"

#include <limits.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#define EVENTS (IN_CREATE | IN_CLOSE_WRITE | IN_DELETE | IN_DELETE_SELF | IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF)
/* Two writes within one tick of the file system's clock leave the same time; other machines' clocks differ a little. */
#define RECENT_US (3 * US_PER_S)

struct version {
        dev_t dev;
        ino_t ino;
        off_t size;
        struct timespec written;
};

struct watch_file {
        char *dir, *name, *path;
        int fd;
        struct version version; /* all zero: it is not there */
        bool looked, recent; /* recent: it was written so shortly before the last look that its time may not tell the next write */
};

struct watch_file *watch_file_new(const char *dir, const char *name) {
        struct watch_file *w = xcalloc(1, sizeof(*w));
        size_t size = strlen(dir) + 1 + strlen(name) + 1;

        w->dir = xstrdup(dir);
        w->name = xstrdup(name);
        w->path = xmalloc(size);
        (void)snprintf(w->path, size, "%s/%s", dir, name);
        w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        return w;
}

void watch_file_free(struct watch_file *w) {
        if (!w)
                return;
        fd_close(&w->fd);
        free(w->dir);
        free(w->name);
        free(w->path);
        free(w);
}

int watch_file_fd(const struct watch_file *w) {
        return w->fd;
}

/* The descriptor tells of all files of the directory: only this one counts, and what says that something may have been missed. */
static bool concerns(const struct watch_file *w, const struct inotify_event *e) {
        if (e->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT))
                return true;
        return e->len > 0 && str_eq(e->name, w->name);
}

static bool take_events(const struct watch_file *w) {
        char buffer[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)] __attribute__((aligned(__alignof__(struct inotify_event))));
        bool told = false;
        ssize_t n;

        while (w->fd >= 0 && (n = read(w->fd, buffer, sizeof(buffer))) > 0) {
                for (const char *p = buffer; p < buffer + n;) {
                        const struct inotify_event *e = (const void *)p;

                        told = told || concerns(w, e);
                        p += sizeof(*e) + e->len;
                }
        }
        return told;
}

static bool same(const struct version *a, const struct version *b) {
        return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->written.tv_sec == b->written.tv_sec &&
               a->written.tv_nsec == b->written.tv_nsec;
}

static bool look(struct watch_file *w) {
        struct version is = { .ino = 0 };
        struct stat st;

        if (stat(w->path, &st) == 0)
                is = (struct version){ .dev = st.st_dev, .ino = st.st_ino, .size = st.st_size, .written = st.st_mtim };
        bool changed = !w->looked || w->recent || !same(&is, &w->version);
        int64_t written_us = (int64_t)is.written.tv_sec * US_PER_S + is.written.tv_nsec / 1000, now_us = clock_read().wall_us;

        w->looked = true;
        /* A time that is yet to come says nothing for as long as it takes to come. */
        w->recent = is.ino != 0 && written_us > now_us - RECENT_US && written_us <= now_us + RECENT_US;
        w->version = is;
        return changed;
}

bool watch_file_changed(struct watch_file *w) {
        bool told = take_events(w);

        /* Again at each call, which costs nothing where it is the same directory: it may be another, or have come only now. */
        if (w->fd >= 0)
                (void)inotify_add_watch(w->fd, w->dir, EVENTS | IN_ONLYDIR);
        return look(w) || told;
}
