/* SPDX-License-Identifier: MIT */
/* The size of a terminal. */
#include "autoheal/os/terminal.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

bool terminal_size(int fd, size_t *ret_columns, size_t *ret_rows) {
        struct winsize size;

        if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_row == 0)
                return false;
        *ret_columns = size.ws_col;
        *ret_rows = size.ws_row;
        return true;
}

int terminal_watch_size(void) {
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGWINCH);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -1;
        return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void terminal_size_seen(int fd) {
        struct signalfd_siginfo info;

        while (read(fd, &info, sizeof(info)) > 0)
                ;
}
