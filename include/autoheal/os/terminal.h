/* SPDX-License-Identifier: MIT */
/* How large a terminal is, and when that changes. */
#ifndef AUTOHEAL_OS_TERMINAL_H
#define AUTOHEAL_OS_TERMINAL_H

#include "autoheal/util/base.h"

/* False if fd is no terminal, or one that does not know its size. */
bool terminal_size(int fd, size_t *ret_columns, size_t *ret_rows);

/*
 * A descriptor that becomes readable when the terminal of this process changes its size (SIGWINCH is blocked for that, for ever);
 * -1 if the system gives none. Close it when done.
 */
int terminal_watch_size(void);
/* Takes what the descriptor has to tell. */
void terminal_size_seen(int fd);

#endif
