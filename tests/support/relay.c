/* SPDX-License-Identifier: MIT */
/* One child that accepts, and one child of it for each connection. */
#include "support/relay.h"

#include "support/check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK   16384
#define LOOK_MS 5

/* ---- In the children ---- */

static bool hand_on(int from, int to, bool (*fn)(void *arg, char *bytes, size_t *n), void *arg) {
        char chunk[CHUNK];
        ssize_t got = read(from, chunk, sizeof(chunk));
        size_t n = got > 0 ? (size_t)got : 0;
        if (got <= 0 || (fn && !fn(arg, chunk, &n)))
                return false;
        for (size_t done = 0; done < n;) {
                ssize_t written = write(to, chunk + done, n - done);
                if (written < 0)
                        return false;
                done += (size_t)written;
        }
        return true;
}

static int unix_socket(const char *path, struct sockaddr_un *ret) {
        *ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
        if (strlen(path) >= sizeof(ret->sun_path))
                return -1;
        memcpy(ret->sun_path, path, strlen(path));
        return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static _Noreturn void serve(int client, const char *engine, const struct relay_fns *fns, void *arg) {
        struct sockaddr_un addr;
        int fd = unix_socket(engine, &addr);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (fd < 0 || connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
                _exit(1);
        struct pollfd fds[2] = { { .fd = client, .events = POLLIN }, { .fd = fd, .events = POLLIN } };
        while (!fns->goes_on || fns->goes_on(arg)) {
                if (poll(fds, 2, fns->goes_on ? LOOK_MS : -1) < 0)
                        _exit(1);
                if (fds[0].revents && !hand_on(client, fd, fns->to_engine, arg))
                        break;
                if (fds[1].revents && !hand_on(fd, client, fns->to_client, arg))
                        break;
        }
        _exit(0);
}

static _Noreturn void accept_all(int listener, const char *engine, const struct relay_fns *fns, void *arg) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGCHLD, SIG_IGN);
        signal(SIGPIPE, SIG_IGN);
        for (;;) {
                int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                if (client < 0)
                        _exit(1);
                if (fork() == 0)
                        serve(client, engine, fns, arg);
                close(client);
        }
}

/* ---- In the test ---- */

pid_t relay_start(const char *path, const char *engine, const struct relay_fns *fns, void *arg) {
        struct sockaddr_un addr;
        int listener = unix_socket(path, &addr);
        if (listener < 0 || bind(listener, (const struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(listener, 64) < 0)
                fail_msg("cannot listen on '%s': %s", path, strerror(errno));
        pid_t pid = fork();
        if (pid < 0)
                fail_msg("fork: %s", strerror(errno));
        if (pid == 0)
                accept_all(listener, engine, fns, arg);
        close(listener);
        return pid;
}

void relay_stop(pid_t pid) {
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
}

char *relay_host(const char *path) {
        char *host = xmalloc(strlen(path) + sizeof("unix://"));
        (void)snprintf(host, strlen(path) + sizeof("unix://"), "unix://%s", path);
        return host;
}
