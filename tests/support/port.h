/* SPDX-License-Identifier: MIT */
/* A TCP port of the loopback that nobody listens on right now, for programs that must be told one. */
#ifndef SUPPORT_PORT_H
#define SUPPORT_PORT_H

/* Fails the test if there is none. */
int port_free(void);

#endif
