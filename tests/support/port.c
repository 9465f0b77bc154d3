/* SPDX-License-Identifier: MIT */
/* The system chooses the port: it does not choose the same one again soon. */
#include "support/port.h"

#include "support/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int port_free(void) {
        struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof(at);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || getsockname(fd, (struct sockaddr *)&at, &size) < 0)
                fail_msg("no free port on the loopback");
        (void)close(fd);
        return ntohs(at.sin_port);
}
