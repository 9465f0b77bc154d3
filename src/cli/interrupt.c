/* SPDX-License-Identifier: MIT */
/*
 * Being asked to stop: by a signal, or by docker closing the plugin socket (all it does when somebody stops docker itself).
 * One Ctrl-C may arrive both ways, and a closed terminal as SIGHUP and both ways besides: so only SIGINT and SIGTERM, which
 * somebody has to send on purpose, are ever taken for a second request. The third is seen to in os/wake.c.
 */
#include "cli_internal.h"

#include "autoheal/os/log.h"
#include "autoheal/os/wake.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A person who pressed Ctrl-C and sees nothing happen would press it again, without knowing what that means. */
static void begin_to_stop(struct session *s) {
        bool one = s->under_way == 1;
        s->interrupted = true;
        if (s->under_way > 0)
                log_error("interrupted: waiting for %zu restart%s under way; interrupt again to leave %s to the engine",
                          s->under_way, one ? "" : "s", one ? "it" : "them");
}

/* Of a service: what does not end it. */
static bool is_wish(struct session *s, int signo) {
        if (signo == SIGHUP)
                s->reload++;
        else if (signo == SIGUSR1)
                s->look++;
        return signo == SIGHUP || signo == SIGUSR1;
}

/*
 * The same signal twice before anybody looked is one request, as it is for the kernel: timeout(1) sends it to us and to our group.
 * All are taken before the first is answered: who answers to what is printed then interrupts again.
 */
static void signal_came(void *arg, int fd) {
        struct session *s = arg;
        int came[4]; /* all kinds that are caught */
        uint64_t seen = 0;
        size_t n = 0;
        (void)fd;
        for (int signo; (signo = wake_next()) != 0; seen |= UINT64_C(1) << signo) {
                if (s->serves && is_wish(s, signo))
                        continue;
                if (!(seen & UINT64_C(1) << signo) && n < N_ELEMENTS(came))
                        came[n++] = signo;
        }
        for (size_t i = 0; i < n; i++) {
                if (!s->interrupted)
                        begin_to_stop(s);
                else if (came[i] != SIGHUP)
                        s->abandon = true;
        }
}

static void socket_closed(void *arg, int fd) {
        struct session *s = arg;
        char byte;
        if (recv(fd, &byte, 1, MSG_DONTWAIT) > 0)
                return;
        net_unwatch(s->net, fd);
        wake_follow(-1);
        (void)close(fd);
        /* A Ctrl-C that made docker close it has reached us before, if it was meant for us too. */
        signal_came(s, -1);
        if (!s->interrupted)
                begin_to_stop(s);
}

/* A missing or dead socket is ignored: docker older than the contract, or no docker at all. */
static void watch_plugin_socket(struct session *s) {
        const char *name = getenv("DOCKER_CLI_PLUGIN_SOCKET");
        struct sockaddr_un addr = { .sun_family = AF_UNIX };
        size_t len = name ? strlen(name) : 0;
        if (len == 0 || len >= sizeof(addr.sun_path))
                return;
        memcpy(addr.sun_path, name, len);
        if (name[0] == '@')
                addr.sun_path[0] = '\0';
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return;
        socklen_t addr_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
        if (connect(fd, (const struct sockaddr *)&addr, addr_len) < 0 || net_watch(s->net, fd, socket_closed, s, NULL) < 0)
                (void)close(fd);
        else
                wake_follow(fd);
}

int interrupt_watch(struct session *s, struct error *err) {
        int fd = -1;
        if (wake_open(&fd, err) < 0 || net_watch(s->net, fd, signal_came, s, err) < 0)
                return -1;
        watch_plugin_socket(s);
        return 0;
}
