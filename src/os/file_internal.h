/* SPDX-License-Identifier: MIT */
/* Where a name in a directory really is: shared by reading and replacing. */
#ifndef AUTOHEAL_OS_FILE_INTERNAL_H
#define AUTOHEAL_OS_FILE_INTERNAL_H

#include "autoheal/os/file.h"

#include <limits.h>

struct file_place {
        int dirfd;               /* the directory that the file itself lies in */
        int opened;              /* dirfd if it was opened for this, else -1: what file_place_release() closes */
        bool followed;           /* name was a symbolic link */
        char name[NAME_MAX + 1]; /* in that directory; not a symbolic link when it was looked at */
};

/*
 * Follows name if it is a symbolic link; the directory that it leads to must pass file_check_owner(). ERR_CONFIG if it leads
 * nowhere. A name that does not exist is found where it would be.
 */
MUST_USE int file_place_find(int dirfd, const char *name, struct file_place *ret, struct error *err);
void file_place_release(struct file_place *place);

#endif
