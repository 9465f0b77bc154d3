/* SPDX-License-Identifier: MIT */
/* A scripted stand-in for the Docker Engine API: fake_engine --socket PATH [--tcp PORT] [--script FILE] [--log FILE]. */
#include "fake_engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static volatile int stop_asked;

static void on_signal(int signo) {
        (void)signo;
        stop_asked = 1;
}

/* The signals that end us stay blocked except during the wait, so that none is missed. */
static void catch_signals(void) {
        sigset_t ours;
        struct sigaction action = { .sa_handler = on_signal };
        sigemptyset(&ours);
        sigaddset(&ours, SIGTERM);
        sigaddset(&ours, SIGINT);
        sigprocmask(SIG_BLOCK, &ours, NULL);
        sigaction(SIGTERM, &action, NULL);
        sigaction(SIGINT, &action, NULL);
        signal(SIGPIPE, SIG_IGN);
}

static _Noreturn void die(const char *what) {
        fprintf(stderr, "fake_engine: %s: %s\n", what, strerror(errno));
        exit(1);
}

static int listen_unix(const char *path) {
        struct sockaddr_un addr = { .sun_family = AF_UNIX };
        if (strlen(path) >= sizeof(addr.sun_path)) {
                errno = ENAMETOOLONG;
                die(path);
        }
        memcpy(addr.sun_path, path, strlen(path) + 1);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 128) < 0)
                die(path);
        return fd;
}

/* Port 0 lets the system choose; *ret_port tells which. */
static int listen_tcp(const char *word, unsigned *ret_port) {
        int64_t port;
        int on = 1;
        struct sockaddr_in addr = { .sin_family = AF_INET };
        socklen_t len = sizeof(addr);
        errno = EINVAL;
        if (!parse_int64(word, 0, 65535, &port))
                die(word);
        addr.sin_port = htons((uint16_t)port);
        addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
            bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 128) < 0 ||
            getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
                die(word);
        *ret_port = ntohs(addr.sin_port);
        return fd;
}

static void load_script(struct world *w, const char *path) {
        struct buf text AUTO(buf_release) = BUF_INIT(16 * 1024 * 1024), why AUTO(buf_release) = BUF_INIT(64 * 1024);
        char chunk[4096];
        size_t n;
        FILE *f = fopen(path, "re");
        if (!f)
                die(path);
        while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
                buf_add(&text, chunk, n);
        fclose(f);
        if (script_run(w, buf_str(&text), &why))
                return;
        fprintf(stderr, "fake_engine: %s: %s", path, buf_str(&why));
        exit(1);
}

struct arguments {
        const char *socket, *tcp, *script, *log;
};

static bool parse_arguments(int argc, char **argv, struct arguments *ret) {
        struct {
                const char *flag;
                const char **value;
        } flags[] = { { "--socket", &ret->socket }, { "--tcp", &ret->tcp }, { "--script", &ret->script }, { "--log", &ret->log } };
        for (int i = 1; i < argc; i += 2) {
                size_t k = 0;
                while (k < N_ELEMENTS(flags) && !str_eq(argv[i], flags[k].flag))
                        k++;
                if (k == N_ELEMENTS(flags) || i + 1 == argc)
                        return false;
                *flags[k].value = argv[i + 1];
        }
        return ret->socket != NULL;
}

int main(int argc, char **argv) {
        struct arguments args = { 0 };
        struct world world;
        int listeners[2];
        size_t n = 0;
        unsigned port = 0;
        FILE *log = NULL;
        if (!parse_arguments(argc, argv, &args)) {
                fprintf(stderr, "usage: fake_engine --socket PATH [--tcp PORT] [--script FILE] [--log FILE]\n");
                return 125;
        }
        catch_signals();
        world_init(&world);
        if (args.script)
                load_script(&world, args.script);
        if (args.log && !(log = fopen(args.log, "ae")))
                die(args.log);
        listeners[n++] = listen_unix(args.socket);
        if (args.tcp)
                listeners[n++] = listen_tcp(args.tcp, &port);
        printf("ready %u\n", port);
        fflush(stdout);
        serve(&world, listeners, n, log, &stop_asked);
        for (size_t i = 0; i < n; i++)
                close(listeners[i]);
        unlink(args.socket);
        if (log)
                fclose(log);
        world_release(&world);
        return 0;
}
