/* SPDX-License-Identifier: MIT */
/*
 * The programs that connections are made with, each with a socket of ours that libcurl connects to. libcurl knows and compares
 * connections by that path, so that each program keeps its own; it can neither use an abstract name (it never uses such a
 * connection twice) nor be handed a socket that is connected already (7.88 connects it once more).
 */
#include "net/net_internal.h"

#include "autoheal/os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 64

static char **copy_words(const char *const *argv) {
        size_t n = 0;
        char **copy;

        while (argv[n])
                n++;
        copy = xcalloc(n + 1, sizeof(*copy));
        for (size_t i = 0; i < n; i++)
                copy[i] = xstrdup(argv[i]);
        return copy;
}

static bool same_words(char *const *a, const char *const *b) {
        while (*a && *b && str_eq(*a, *b)) {
                a++;
                b++;
        }
        return !*a && !*b;
}

/*
 * Listens in a new directory; 0, or errno. Nobody else can reach that, and nothing of it stays: /proc leads to the socket
 * without its name.
 */
static int listen_in(struct program *p, const char *parent) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        char dir[64];
        int why = 0;

        (void)snprintf(dir, sizeof(dir), "%s/autoheal-XXXXXX", parent);
        if (!mkdtemp(dir))
                return errno;
        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", dir);
        p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (p->listener >= 0 && bind(p->listener, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
            listen(p->listener, BACKLOG) == 0)
                p->handle = open(address.sun_path, O_PATH | O_CLOEXEC);
        if (p->handle < 0) {
                why = errno;
                fd_close(&p->listener);
        }
        (void)unlink(address.sun_path);
        (void)rmdir(dir);
        (void)snprintf(p->path, sizeof(p->path), "/proc/self/fd/%d", p->handle);
        return why;
}

static void free_program(struct program *p) {
        fd_close(&p->listener);
        fd_close(&p->handle);
        for (size_t i = 0; p->argv[i]; i++)
                free(p->argv[i]);
        free(p->argv);
        free(p);
}

int program_find(struct program_list *all, const char *const *argv, const struct program **ret, struct error *err) {
        static const char *const parents[] = { "/tmp", "/run", "/dev/shm" };
        struct program *p;
        int why = 0;

        for (p = LIST_FIRST(all); p; p = LIST_NEXT(p, link)) {
                if (same_words(p->argv, argv)) {
                        *ret = p;
                        return 0;
                }
        }
        p = xcalloc(1, sizeof(*p));
        p->argv = copy_words(argv);
        p->listener = p->handle = -1;
        /* Of several reasons the first one is told, which is about the usual place. */
        for (size_t i = 0; i < N_ELEMENTS(parents) && p->handle < 0; i++) {
                int failed = listen_in(p, parents[i]);

                why = why ? why : failed;
        }
        if (p->handle < 0) {
                free_program(p);
                return error_set_errno(err, why, "making a socket for '%s' in /tmp, /run or /dev/shm", argv[0]);
        }
        LIST_INSERT_HEAD(all, p, link);
        *ret = p;
        return 0;
}

void programs_release(struct program_list *all) {
        while (!LIST_EMPTY(all)) {
                struct program *p = LIST_FIRST(all);

                LIST_REMOVE(p, link);
                free_program(p);
        }
}
