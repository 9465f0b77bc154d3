/* SPDX-License-Identifier: MIT */
/* The file system below a path: how much room is left on it, and what kind it is. Changes nothing. */
#ifndef AUTOHEAL_OS_DISK_H
#define AUTOHEAL_OS_DISK_H

#include "autoheal/util/error.h"

struct disk {
        uint64_t free_bytes; /* that this user may fill */
        uint64_t free_files; /* UINT64_MAX: the file system sets no limit */
        bool read_only;
        const char *network; /* "NFS", "CIFS", "FUSE", ...: flock() may not hold between hosts; NULL: local */
};

/* Of the nearest directory above path that exists, or of path itself. */
MUST_USE int disk_look(const char *path, struct disk *ret, struct error *err);

#endif
