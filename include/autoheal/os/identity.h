/* SPDX-License-Identifier: MIT */
/*
 * As whom root goes on in a container: as the user to whom the data directory belongs, with the group of the engine's socket.
 */
#ifndef AUTOHEAL_OS_IDENTITY_H
#define AUTOHEAL_OS_IDENTITY_H

#include "autoheal/util/error.h"

#include <sys/types.h>

struct identity_needs {
        const char *socket;       /* the engine's; NULL: it is reached by TCP */
        const char *data_dir;     /* absolute */
        const char *const *files; /* what that user has to be able to read, ends with NULL; NULL: nothing */
};

struct identity {
        uid_t uid;
        gid_t gid;
        gid_t groups[2]; /* gid, and the data directory's unless it is the same or root's */
        size_t n_groups;
};

/* One line for the log: who it is now, or why it stays root. */
#define IDENTITY_TOLD_SIZE 512

/*
 * Gives root up for good, where neither the data directory's owner nor the socket's group is root's, the system lets us, and that
 * user can open all that is needed. ERR_FAILED: given up by half; what called this must not go on.
 */
MUST_USE int identity_take(const struct identity_needs *needs, char ret_told[static IDENTITY_TOLD_SIZE], struct error *err);

/* The part of it that changes nothing. False: it stays root, and ret_told says why. */
bool identity_choose(const struct identity_needs *needs, struct identity *ret, char ret_told[static IDENTITY_TOLD_SIZE]);

#endif
