/* SPDX-License-Identifier: MIT */
/* Signals as bytes in a pipe. */
#include "autoheal/os/wake.h"

#include "autoheal/os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

/* Global because a signal handler gets no argument. */
static int wake_pipe[2] = { -1, -1 };

/* A full pipe drops the byte: enough of them are waiting to be seen. */
static void on_signal(int signo) {
        int saved_errno = errno;
        unsigned char byte = (unsigned char)signo;

        (void)!write(wake_pipe[1], &byte, 1);
        errno = saved_errno;
}

static int set_action(int signo, void (*handler)(int), struct error *err) {
        struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

        (void)sigfillset(&action.sa_mask);
        if (sigaction(signo, &action, NULL) < 0)
                return error_set_errno(err, errno, "catching signal %d", signo);
        return 0;
}

int wake_open(int *ret_fd, struct error *err) {
        static const int caught[] = { SIGINT, SIGTERM, SIGHUP };

        if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
                return error_set_errno(err, errno, "making a pipe for signals");
        for (size_t i = 0; i < N_ELEMENTS(caught); i++)
                if (set_action(caught[i], on_signal, err) < 0)
                        return -1;
        if (set_action(SIGPIPE, SIG_IGN, err) < 0)
                return -1;
        *ret_fd = wake_pipe[0];
        return 0;
}

int wake_next(void) {
        unsigned char byte;
        ssize_t n;

        do
                n = read(wake_pipe[0], &byte, 1);
        while (n < 0 && errno == EINTR);
        return n == 1 ? byte : 0;
}
