/* SPDX-License-Identifier: MIT */
/*
 * A unix socket whose connections are handed on to an engine's, each by a process of its own. What is done with the bytes on
 * their way is up to whoever starts it: the functions run in that process, so that what arg points to is each connection's own
 * copy. All of it ends with the test program.
 */
#ifndef SUPPORT_RELAY_H
#define SUPPORT_RELAY_H

#include "autoheal/util/base.h"

#include <sys/types.h>

/* Any may be NULL. One that returns false ends the connection. */
struct relay_fns {
        bool (*to_engine)(void *arg, char *bytes, size_t *n);
        bool (*to_client)(void *arg, char *bytes, size_t *n);
        bool (*goes_on)(void *arg); /* asked every few milliseconds */
};

/* path: where it listens; engine: path of the engine's socket. fns and arg must live as long as it. */
pid_t relay_start(const char *path, const char *engine, const struct relay_fns *fns, void *arg);
void relay_stop(pid_t pid);
/* "unix://" and the path, to be freed. */
char *relay_host(const char *path);

#endif
