/* SPDX-License-Identifier: MIT */
/*
 * Kernel locks (flock) on files of their own that are never renamed or removed. The kernel drops them when the process
 * ends, however it ends.
 */
#ifndef AUTOHEAL_OS_LOCK_H
#define AUTOHEAL_OS_LOCK_H

#include "autoheal/util/error.h"
#include "autoheal/util/now.h"

#define LOCK_PLACES_SIZE 1536

/* Who holds a lock, as the holder wrote it into the file. */
struct lock_holder {
        int64_t pid;                   /* in the holder's own pid namespace; 0: unknown */
        char host[65];                 /* its host name, made printable; "" unknown */
        int64_t since_us;              /* when it took the lock; 0: unknown */
        bool serves;                   /* it holds it as long as it lives, see lock_say_serving() */
        char places[LOCK_PLACES_SIZE]; /* as lock_say_places() was told, unescaped; "" unknown */
};

/*
 * Takes the lock without waiting for who has it (only for lock_look(), 1 s at most) and writes the holder (one JSON-free line:
 * "pid host ISO-time\n") into the file.
 * Returns the descriptor in *ret_fd: closing it unlocks. ERR_LOCKED if somebody else has it, with *ret_holder (may be NULL) filled.
 */
MUST_USE int lock_try(int dirfd, const char *name, struct now now, int *ret_fd, struct lock_holder *ret_holder, struct error *err);

/* Of a lock that was taken: adds " serve" to the line. now: when it was taken. */
void lock_say_serving(int fd, struct now now);
/* After lock_say_serving(): adds where it listens, lines of text. What does not fit into struct lock_holder is left out as a whole. */
void lock_say_places(int fd, const char *places);

/*
 * Is the lock held by somebody else, and by whom? Makes nothing and writes nothing; a lock file that is not there is not held.
 * Finding out means to hold a shared lock for a moment.
 */
MUST_USE int lock_look(int dirfd, const char *name, bool *ret_held, struct lock_holder *ret_holder, struct error *err);

/* Takes a short lock, waiting at most timeout_ms for it (polling; ERR_LOCKED after that). Writes no holder. */
MUST_USE int lock_wait(int dirfd, const char *name, int timeout_ms, int *ret_fd, struct error *err);
/* The same with a directory that is there, for what is to be made in it. */
MUST_USE int lock_wait_directory(const char *path, int timeout_ms, int *ret_fd, struct error *err);

#endif
