/* SPDX-License-Identifier: MIT */
/*
 * Tells when a file has changed: replaced by rename, written in place, removed, or come into being together with its directory.
 * The kernel says so at once where it can (inotify on the directory). It cannot where another machine writes, or the file is a
 * link or a mount from elsewhere, or there is no directory yet: so whoever waits also looks every few seconds.
 */
#ifndef AUTOHEAL_OS_WATCH_FILE_H
#define AUTOHEAL_OS_WATCH_FILE_H

#include "autoheal/util/base.h"

struct watch_file;

/* Never fails: without inotify only looking is left. Neither file nor directory need be there. */
struct watch_file *watch_file_new(const char *dir, const char *name);
void watch_file_free(struct watch_file *w); /* NULL is fine */
/* Readable when something happened in the directory; -1: the system gives none. */
int watch_file_fd(const struct watch_file *w);
/*
 * Looks, and takes what the descriptor has to tell. False only if the file is what it was at the call before; true at the first
 * call, and now and then for nothing. To be called before the file is read: what happens later is told by the next call.
 */
bool watch_file_changed(struct watch_file *w);

#endif
