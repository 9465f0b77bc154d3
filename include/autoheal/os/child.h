/* SPDX-License-Identifier: MIT */
/*
 * A program of our own at the other end of a socket: what is written to that is its standard input, what it writes to standard
 * output comes back, and `errors` gives its standard error. Used for ssh.
 *
 * It runs in a session of its own, so that a Ctrl-C meant for us does not reach it, with no signal blocked or ignored and no
 * descriptor but those three. The kernel kills it when we die, however that happens. child_start() blocks until the program
 * runs or is known not to, child_release() until it is gone; nothing else does.
 */
#ifndef AUTOHEAL_OS_CHILD_H
#define AUTOHEAL_OS_CHILD_H

#include "autoheal/util/error.h"

#include <sys/types.h>

struct child {
        pid_t pid;       /* 0: it has ended and was waited for */
        int wait_status; /* as of waitpid(), once it has ended */
        int errors;      /* not blocking; -1: closed */
};

/*
 * argv[0] is looked for in $PATH; argv ends with NULL. connection is its end of the socket, which stays the caller's to close:
 * as long as that is open, the other end does not see the program hang up. A program that cannot be run is an error here:
 * ERR_NOT_FOUND in the words of docker's language (exec: "ssh": executable file not found in $PATH), else ERR_IO.
 */
MUST_USE int child_start(struct child *ret, const char *const *argv, int connection, struct error *err);
/* Waits for it if it has ended; false while it lives. */
bool child_ended(struct child *c);
/* Does nothing if it has ended: a signal never reaches another process that got its pid. */
void child_signal(const struct child *c, int signo);
/* Closes errors, kills it if it lives, and waits for its end, which a program that is stuck in the kernel may delay. */
void child_release(struct child *c);

#define CHILD_STATUS_SIZE 64
/* "exit status 255", "signal: killed": how it ended. Returns ret. */
const char *child_status_text(int wait_status, char ret[static CHILD_STATUS_SIZE]);

#endif
