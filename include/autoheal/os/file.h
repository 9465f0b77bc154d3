/* SPDX-License-Identifier: MIT */
/*
 * Small files, read whole and replaced whole, relative to a directory descriptor. Everything is opened with
 * O_CLOEXEC | O_NOFOLLOW; a name that is a symbolic link is resolved first (its target's directory and file must pass
 * file_check_owner() as well) and then the target is read or replaced. A link that leads nowhere is ERR_CONFIG, "'<name>' is a
 * symbolic link to '<target>', which is not there": what it leads to may be out of reach for now, which is not the same as a
 * file that nobody has made.
 */
#ifndef AUTOHEAL_OS_FILE_H
#define AUTOHEAL_OS_FILE_H

#include "autoheal/util/buf.h"
#include "autoheal/util/error.h"

#include <unistd.h>

/* Closes *fd if it is open and marks it closed. */
static inline void fd_close(int *fd) {
        if (*fd >= 0) {
                (void)close(*fd);
                *fd = -1;
        }
}
#define AUTO_CLOSE AUTO(fd_close)

/* Appends the whole file to *out. ERR_NOT_FOUND if it is not there; ERR_TOO_LARGE above out's ceiling; ERR_CONFIG if its owner or mode lets others write it. */
MUST_USE int file_read(int dirfd, const char *name, struct buf *out, struct error *err);

enum file_durability {
        FILE_DURABLE, /* fsync of file and directory: survives a power loss as old or new */
        FILE_QUICK,   /* rename only: old or new after a kill, perhaps empty after a power loss */
};

/*
 * Replaces (or makes) the file: unique temporary file in the same directory, written, synced, renamed, directory synced;
 * the temporary file is removed on failure. A replaced file keeps its owner and mode; a new one gets the directory's owner
 * and mode 0600. Where rename is refused because the file itself is a mount (EBUSY, EXDEV), the content is written
 * in place after a synced copy was made beside it (".<name>.copy"), which is removed at the end; if writing fails half-way
 * the copy stays, and the message names it and says to mount the directory instead.
 */
MUST_USE int file_replace(int dirfd, const char *name, const void *data, size_t len, enum file_durability how, struct error *err);

/*
 * Replaces (or makes) a file that others are to read, in a directory that may be another user's: mode 0644, ours, whole, by a
 * rename in its directory; not synced. What is there under that name and is no regular file stays, a symbolic link too: ERR_CONFIG.
 * Temporary files that a killed one left there of this very file are removed if they are ours and older than 60 s.
 */
MUST_USE int file_publish(const char *path, const void *data, size_t len, struct error *err);

/*
 * ERR_CONFIG (with the chown or chmod that helps) unless fd belongs to root or to this user and nobody else may write it.
 * `shown` is the path for the message. For a directory that is shared on purpose (its sticky bit is set, as /tmp's is) the
 * message says to choose another.
 */
MUST_USE int file_check_owner(int fd, const char *shown, struct error *err);

/* ERR_CONFIG, as above, if the path or a parent in it is a symbolic link that leads nowhere; 0 if it is there or simply missing. */
MUST_USE int path_check_links(const char *path, struct error *err);

/* Makes a directory and its missing parents (mode 0700 for those made). Existing is fine. */
MUST_USE int dir_make(const char *path, struct error *err);

/* Removes temporary files that a killed file_replace() left in the directory, if older than 60 s. */
void dir_sweep_temporary(int dirfd);

#endif
