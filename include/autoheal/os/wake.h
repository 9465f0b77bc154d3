/* SPDX-License-Identifier: MIT */
/*
 * Signals as bytes in a pipe, so that the one wait of the program sees them like everything else. Before wake_open() and after
 * wake_close() there is nothing to bring to an end: a signal then ends the process at once, with the exit status of
 * ERR_INTERRUPTED and never by the signal itself (docker reports a plugin that a signal killed as 255).
 *
 * A signal that was ignored when the program started stays ignored: nohup and a shell's background jobs ask for that.
 */
#ifndef AUTOHEAL_OS_WAKE_H
#define AUTOHEAL_OS_WAKE_H

#include "autoheal/util/error.h"

/* Catches SIGINT, SIGTERM and SIGHUP; ignores SIGPIPE and SIGXFSZ, so that the write says what is the matter. */
void wake_catch(void);

/*
 * As wake_catch(), and from now on *ret_fd becomes readable when a signal came; never close it. The third SIGINT or SIGTERM
 * ends the process at once, wherever it is: it may be the only way out of a write that blocks.
 */
MUST_USE int wake_open(int *ret_fd, struct error *err);
/* Catches one more, after wake_open(): SIGUSR1. */
void wake_catch_too(int signo);
void wake_close(void);

/* The next signal number that came, 0 when there is none. Never blocks. */
int wake_next(void);

/* wake_await_input() also gives up when this socket's other end is closed; -1: no socket (any more). */
void wake_follow(int socket_fd);
/* Waits until fd can be read (true), or one of the signals came or the followed socket ended (false): that is still to be read then. */
bool wake_await_input(int fd);

#endif
