/* SPDX-License-Identifier: MIT */
/*
 * What a service tells the system's manager: datagrams to the socket that $NOTIFY_SOCKET names (sd_notify(3)). Without one
 * nothing is told. Nothing here ever fails or waits.
 */
#ifndef AUTOHEAL_SERVE_NOTIFY_SOCKET_H
#define AUTOHEAL_SERVE_NOTIFY_SOCKET_H

#include "autoheal/util/base.h"

struct notifier {
        int fd;              /* connected; -1: nobody listens */
        int64_t watchdog_ms; /* how long the manager waits for a sign of life; 0: it does not */
};

/* Reads NOTIFY_SOCKET (a path, or "@name" for an abstract one), WATCHDOG_USEC and WATCHDOG_PID. */
void notifier_open(struct notifier *ret);
void notifier_close(struct notifier *n);
/* Lines such as "READY=1". */
void notifier_tell(const struct notifier *n, const char *fmt, ...) PRINTF(2, 3);

#endif
