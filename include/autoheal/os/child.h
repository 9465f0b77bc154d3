/* SPDX-License-Identifier: MIT */
/*
 * A program of our own, without a shell in between. child_start() gives it a socket: what is written to that is its standard
 * input, what it writes to standard output comes back, and `errors` gives its standard error. Used for ssh. child_start_alone()
 * gives it descriptors of the caller's. Used for hooks.
 *
 * It runs in a session and a process group of its own, so that a Ctrl-C meant for us does not reach it, with no signal blocked or
 * ignored and no descriptor but those three. The kernel kills it, but not what it has started, when we die, however that happens.
 * child_start() blocks until the program runs or is known not to, child_release() until it is gone; nothing else does.
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
/*
 * One that is left to itself: `in` is its standard input, `out` its standard output and standard error, and env, which ends with
 * NULL, its whole environment. Both descriptors stay the caller's to close; ret->errors is closed. Does not wait until the program
 * runs, which a file server that is gone may delay for ever: *ret_verdict, the caller's to close, is for child_verdict().
 */
MUST_USE int child_start_alone(struct child *ret, const char *const *argv, const char *const *env, int in, int out,
                               int *ret_verdict, struct error *err);
/* Of one that is over: -1, as child_start() fails, if the program could not be run. name: argv[0] */
MUST_USE int child_verdict(int verdict, const char *name, struct error *err);
/* Waits for it if it has ended; false while it lives. */
bool child_ended(struct child *c);
/* Does nothing if it has ended: a signal never reaches another process that got its pid. */
void child_signal(const struct child *c, int signo);
/* True if it has ended, but not waited for: what it started can still be reached by its pid. */
bool child_is_over(struct child *c);
/* child_signal() to it and to what it started, but for what has left its process group. */
void child_signal_group(const struct child *c, int signo);
/*
 * After its end: waits for those of its group that have become our children by that, as they do where we are the first process of a
 * container. True once there are none. pid: what it had.
 */
bool child_group_is_gone(pid_t pid);
/* A child of ours that has ended, whoever began it, and was not waited for; 0: there is none. It stays so. */
pid_t child_first_ended(void);
/* Waits for one that has ended and is no struct child's: what others left to us. False if there is no such child. */
bool child_forget(pid_t pid);
/* Closes errors, kills it if it lives, and waits for its end, which a program that is stuck in the kernel may delay. */
void child_release(struct child *c);

#define CHILD_STATUS_SIZE 64
/* "exit status 255", "signal: killed": how it ended. Returns ret. */
const char *child_status_text(int wait_status, char ret[static CHILD_STATUS_SIZE]);

#endif
