/* SPDX-License-Identifier: MIT */
/* Going on until somebody ends it. */
#include "live.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

static void wake(void *arg, int fd) {
        struct live *l = arg;
        l->awake = true;
        /* It stays readable until somebody reads from it, which the loop would take for something new each time. */
        net_unwatch(l->session->net, fd);
}

int live_wake_on(struct live *l, int fd, struct error *err) {
        if (fd < 0)
                return 0;
        net_unwatch(l->session->net, fd);
        return net_watch(l->session->net, fd, wake, l, err);
}

static void reader_left(void *arg, int fd) {
        struct live *l = arg;
        struct pollfd p = { .fd = fd };
        if (poll(&p, 1, 0) > 0 && (p.revents & POLLERR))
                l->reader_gone = true;
        net_unwatch(l->session->net, fd);
}

/* The writing end of a pipe is never readable; it wakes us for one reason only. One that can be read as well tells nothing. */
static bool tells_of_its_reader(int fd) {
        struct stat st;
        int mode = fcntl(fd, F_GETFL);
        return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && mode >= 0 && (mode & O_ACCMODE) == O_WRONLY;
}

int live_open(struct live *l, struct session *session, struct error *err) {
        *l = (struct live){ .session = session };
        if (!tells_of_its_reader(STDOUT_FILENO))
                return 0;
        return net_watch(session->net, STDOUT_FILENO, reader_left, l, err);
}

/* What stands in the pipe was printed; nobody is there to be told more. */
static int check_end(const struct live *l, struct error *err) {
        if (l->session->interrupted)
                return error_set(err, ERR_INTERRUPTED, "interrupted");
        return l->reader_gone ? error_set(err, ERR_FAILED, "nobody reads standard output") : 0;
}

/* Why it did not arrive is said at the end of the program, once. */
int live_flush(struct live *l, struct error *err) {
        if (fflush(stdout) != 0 || ferror(stdout))
                l->reader_gone = true;
        return check_end(l, err);
}

int live_status(const struct live *l, const struct error *err) {
        return l->reader_gone ? 1 : session_fail(err);
}

static void time_over(void *arg) {
        struct live *l = arg;
        l->awake = true;
}

int live_wait(struct live *l, int64_t ms, struct error *err) {
        uint64_t timer = net_timer(l->session->net, ms, time_over, l);
        while (!l->awake && !l->reader_gone && !l->session->interrupted)
                (void)net_run(l->session->net);
        net_timer_cancel(l->session->net, timer);
        l->awake = false;
        return check_end(l, err);
}
