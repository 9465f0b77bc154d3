/* SPDX-License-Identifier: MIT */
/*
 * Signals as bytes in a pipe, so that the one wait of the program sees them like everything else. The handler writes one
 * byte and restores errno; it does nothing more.
 */
#ifndef AUTOHEAL_OS_WAKE_H
#define AUTOHEAL_OS_WAKE_H

#include "autoheal/util/error.h"

/* Catches SIGINT, SIGTERM and SIGHUP and ignores SIGPIPE. Call once. *ret_fd becomes readable when one came; never close it. */
MUST_USE int wake_open(int *ret_fd, struct error *err);
/* The next signal number that came, 0 when there is none. Never blocks. */
int wake_next(void);

#endif
