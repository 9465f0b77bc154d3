/* SPDX-License-Identifier: MIT */
/* sd_notify(3), without a library. */
#include "serve/notify_socket.h"

#include "autoheal/os/file.h"
#include "autoheal/util/slice.h"

#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>

#define MESSAGE_SIZE 1024

static int connect_to(const char *name) {
        struct sockaddr_un addr = { .sun_family = AF_UNIX };
        size_t len = strlen(name);
        AUTO_CLOSE int fd = -1;
        int ret;

        if ((name[0] != '/' && name[0] != '@') || name[1] == '\0' || len >= sizeof(addr.sun_path))
                return -1;
        memcpy(addr.sun_path, name, len);
        if (name[0] == '@')
                addr.sun_path[0] = '\0';
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || connect(fd, (const struct sockaddr *)&addr, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
                return -1;
        ret = fd;
        fd = -1;
        return ret;
}

static bool number_in(const char *variable, int64_t *ret) {
        const char *value = getenv(variable);

        return value && parse_int64(value, 1, INT64_MAX / 2, ret);
}

void notifier_open(struct notifier *ret) {
        const char *name = getenv("NOTIFY_SOCKET");
        int64_t us = 0, pid = 0;

        *ret = (struct notifier){ .fd = name ? connect_to(name) : -1 };
        /* The variables may be meant for somebody whose child we are. */
        if (ret->fd < 0 || !number_in("WATCHDOG_USEC", &us) || (number_in("WATCHDOG_PID", &pid) && pid != (int64_t)getpid()))
                return;
        ret->watchdog_ms = us / 1000 > 0 ? us / 1000 : 1;
}

void notifier_close(struct notifier *n) {
        fd_close(&n->fd);
}

void notifier_tell(const struct notifier *n, const char *fmt, ...) {
        char text[MESSAGE_SIZE];
        va_list ap;

        if (n->fd < 0)
                return;
        va_start(ap, fmt);
        int len = vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        if (len > 0)
                (void)!send(n->fd, text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}
