/* SPDX-License-Identifier: MIT */
/* Signals as bytes in a pipe. */
#include "autoheal/os/wake.h"

#include "autoheal/os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#define ENOUGH 3

/* Global because a signal handler gets no argument. */
static int wake_pipe[2] = { -1, -1 };
static int followed = -1;
static volatile sig_atomic_t times_told;

/*
 * A full pipe drops the byte: enough of them are waiting to be seen. SIGHUP is no third request: when a terminal is closed the kernel
 * sends it and so does the shell, and nobody is there who could mean more by a second one.
 */
static void on_signal(int signo) {
        int saved_errno = errno;
        unsigned char byte = (unsigned char)signo;

        if ((signo == SIGINT || signo == SIGTERM) && times_told < ENOUGH)
                times_told++;
        if (wake_pipe[1] < 0 || times_told >= ENOUGH)
                _exit(err_exit_status(ERR_INTERRUPTED));
        (void)!write(wake_pipe[1], &byte, 1);
        errno = saved_errno;
}

/* With valid signal numbers, which is what stands here, sigaction() cannot fail. */
void wake_catch(void) {
        static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
        struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART }, before;

        (void)sigfillset(&action.sa_mask);
        for (size_t i = 0; i < N_ELEMENTS(caught); i++) {
                (void)sigaction(caught[i], NULL, &before);
                if (before.sa_handler != SIG_IGN)
                        (void)sigaction(caught[i], &action, NULL);
        }
        action.sa_handler = SIG_IGN;
        (void)sigaction(SIGPIPE, &action, NULL);
        (void)sigaction(SIGXFSZ, &action, NULL);
}

int wake_open(int *ret_fd, struct error *err) {
        if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
                return error_set_errno(err, errno, "making a pipe for signals");
        wake_catch();
        *ret_fd = wake_pipe[0];
        return 0;
}

void wake_catch_too(int signo) {
        struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

        (void)sigfillset(&action.sa_mask);
        (void)sigaction(signo, &action, NULL);
}

void wake_close(void) {
        int ends[2] = { wake_pipe[0], wake_pipe[1] };

        wake_pipe[0] = wake_pipe[1] = -1;
        fd_close(&ends[0]);
        fd_close(&ends[1]);
        followed = -1;
}

int wake_next(void) {
        unsigned char byte;
        ssize_t n;

        do
                n = read(wake_pipe[0], &byte, 1);
        while (n < 0 && errno == EINTR);
        return n == 1 ? byte : 0;
}

void wake_follow(int socket_fd) {
        followed = socket_fd;
}

bool wake_await_input(int fd) {
        struct pollfd fds[] = { { .fd = wake_pipe[0], .events = POLLIN },
                                { .fd = followed, .events = POLLIN },
                                { .fd = fd, .events = POLLIN } };

        while (poll(fds, N_ELEMENTS(fds), -1) < 0)
                if (errno != EINTR)
                        return true;
        return !fds[0].revents && !fds[1].revents;
}
