/* SPDX-License-Identifier: MIT */
/* Programs that are connections, from libcurl's connecting to the end of the process. */
#include "net/net_internal.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/file.h"
#include "autoheal/util/tail.h"
#include "autoheal/util/text.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CHUNK       4096 /* bytes of standard error that are read at a time */
#define CHUNK_MAX   16   /* pieces of it that are read in one round: whoever prints for ever must not stop the loop */
#define PATIENCE_MS 3000 /* from being told to end until being killed */
#define LOOK_MS     20   /* between two looks whether one has ended */
#define SHOWN_MAX   120  /* bytes of the command in an error ... */
#define SAID_MAX    160  /* ... and of what it printed, so that both fit */

struct command {
        LIST_ENTRY(command) link;
        const struct program *program;
        const struct net_request *owner; /* that has opened the connection and is under way; NULL: none */
        int fd;                          /* libcurl's end of the connection; -1: closed */
        struct sockaddr_un name;         /* that end's own name, by which the other end is known */
        socklen_t name_len;
        bool accepted, hung_up, over;
        struct child child;
        struct error start_error;
        int64_t kill_at_ms; /* once the connection is closed */
        struct tail said;   /* on standard error */
};

/* ---- starting ---- */

static curl_socket_t open_connection(void *arg, curlsocktype purpose, struct curl_sockaddr *address) {
        const struct net_request *r = arg;
        struct command *c = xcalloc(1, sizeof(*c));

        (void)purpose;
        (void)address;
        c->program = r->program;
        c->owner = r;
        c->child.errors = -1;
        c->name.sun_family = AF_UNIX;
        c->name_len = sizeof(c->name);
        c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        /* Without a path the kernel chooses a name that nobody else has. */
        if (c->fd < 0 || bind(c->fd, (const struct sockaddr *)&c->name, sizeof(c->name.sun_family)) < 0 ||
            getsockname(c->fd, (struct sockaddr *)&c->name, &c->name_len) < 0) {
                fd_close(&c->fd);
                free(c);
                return CURL_SOCKET_BAD;
        }
        LIST_INSERT_HEAD(&r->commands->list, c, link);
        return c->fd;
}

static struct command *find_by_name(struct commands *all, const struct sockaddr_un *name, socklen_t len) {
        struct command *c;

        for (c = LIST_FIRST(&all->list); c; c = LIST_NEXT(c, link)) {
                if (c->fd >= 0 && !c->accepted && c->name_len == len && memcmp(&c->name, name, len) == 0)
                        return c;
        }
        return NULL;
}

static void start_command(struct command *c, int connection) {
        c->accepted = true;
        /* If it cannot be started, the connection is closed, which is the error that libcurl sees. */
        if (child_start(&c->child, (const char *const *)(const void *)c->program->argv, connection, &c->start_error) < 0)
                c->child = (struct child){ .errors = -1 };
}

/* Whoever connected and is not known is closed again. */
static void accept_connections(struct commands *all, const struct program *p) {
        for (;;) {
                struct sockaddr_un name;
                socklen_t len = sizeof(name);
                AUTO_CLOSE int fd = accept4(p->listener, (struct sockaddr *)&name, &len, SOCK_CLOEXEC);
                struct command *c = fd < 0 ? NULL : find_by_name(all, &name, len);

                if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
                        return;
                if (c)
                        start_command(c, fd);
        }
}

void commands_start(struct commands *all) {
        const struct program *p;

        for (p = LIST_FIRST(&all->programs); p; p = LIST_NEXT(p, link))
                accept_connections(all, p);
}

/* ---- ending ---- */

/* Has it closed its end, whether or not it took what was sent to it? */
static bool has_hung_up(int fd) {
        char byte;
        ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

        return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static int close_connection(void *arg, curl_socket_t fd) {
        struct commands *all = arg;
        struct command *c = LIST_FIRST(&all->list);

        while (c && c->fd != fd)
                c = LIST_NEXT(c, link);
        if (!c)
                return close(fd);
        /* One that hung up is ending: a signal would only spoil its exit status. */
        c->hung_up = c->accepted && has_hung_up(fd);
        if (!c->hung_up)
                child_signal(&c->child, SIGTERM);
        else if (!c->owner)
                all->broken = c;
        c->fd = -1;
        c->kill_at_ms = clock_read().mono_ms + PATIENCE_MS;
        return close(fd);
}

void commands_disown(const struct net_request *r) {
        struct command *c;

        if (!r->program)
                return;
        for (c = LIST_FIRST(&r->commands->list); c; c = LIST_NEXT(c, link)) {
                if (c->owner == r)
                        c->owner = NULL;
        }
}

struct command *commands_hung_up(const struct net_request *r) {
        struct command *c;

        if (!r->program)
                return NULL;
        /* The last one comes first: before it, it may have opened others that were closed again. */
        for (c = LIST_FIRST(&r->commands->list); c; c = LIST_NEXT(c, link)) {
                if (c->owner == r)
                        return c->hung_up ? c : NULL;
        }
        c = r->commands->broken;
        return c && c->program == r->program ? c : NULL;
}

static void read_errors(struct command *c) {
        char chunk[CHUNK];

        for (int i = 0; i < CHUNK_MAX && c->child.errors >= 0; i++) {
                ssize_t n = read(c->child.errors, chunk, sizeof(chunk));

                if (n > 0)
                        tail_add(&c->said, chunk, (size_t)n);
                else if (n < 0 && (errno == EAGAIN || errno == EINTR))
                        return;
                else
                        fd_close(&c->child.errors);
        }
}

static void free_command(struct command *c) {
        LIST_REMOVE(c, link);
        child_release(&c->child);
        free(c);
}

static void run_command(struct command *c, int64_t now_ms) {
        /* In this order: what it printed before it ended is there once it has. */
        bool ended = child_ended(&c->child);

        read_errors(c);
        if (c->fd >= 0)
                return;
        if (!ended && now_ms >= c->kill_at_ms)
                child_signal(&c->child, SIGKILL);
        c->over = ended || now_ms >= c->kill_at_ms;
}

void commands_run(struct commands *all, int64_t now_ms) {
        struct command *c;

        for (c = LIST_FIRST(&all->list); c; c = LIST_NEXT(c, link))
                run_command(c, now_ms);
}

void commands_sweep(struct commands *all) {
        struct command *c = LIST_FIRST(&all->list);

        while (c) {
                struct command *next = LIST_NEXT(c, link);

                if (c->fd < 0 && c->child.pid == 0)
                        free_command(c);
                c = next;
        }
}

bool command_is_over(const struct command *c) {
        return c->over;
}

void commands_release(struct commands *all) {
        int64_t kill_at_ms = clock_read().mono_ms + PATIENCE_MS;
        struct command *c;

        for (c = LIST_FIRST(&all->list); c; c = LIST_NEXT(c, link))
                child_signal(&c->child, SIGTERM);
        while (!LIST_EMPTY(&all->list) && clock_read().mono_ms < kill_at_ms) {
                commands_run(all, 0);
                commands_sweep(all);
                if (!LIST_EMPTY(&all->list))
                        (void)poll(NULL, 0, 1);
        }
        while (!LIST_EMPTY(&all->list))
                free_command(LIST_FIRST(&all->list));
        programs_release(&all->programs);
}

/* ---- waiting ---- */

size_t commands_count(const struct commands *all) {
        const struct command *c;
        size_t n = 0;

        for (c = LIST_FIRST(&all->list); c; c = LIST_NEXT(c, link))
                n++;
        return n;
}

bool commands_own(const struct commands *all, pid_t pid) {
        const struct command *c;

        for (c = LIST_FIRST(&all->list); c; c = LIST_NEXT(c, link)) {
                if (c->child.pid == pid)
                        return true;
        }
        return false;
}

unsigned commands_poll(const struct commands *all, struct curl_waitfd *ret) {
        const struct command *c;
        unsigned n = 0;

        for (c = LIST_FIRST(&all->list); c; c = LIST_NEXT(c, link)) {
                if (c->child.errors >= 0)
                        ret[n++] = (struct curl_waitfd){ .fd = c->child.errors, .events = CURL_WAIT_POLLIN };
        }
        return n;
}

int64_t commands_wait_ms(const struct commands *all, int64_t max_ms) {
        const struct command *c;

        /* Looked at again and again, for the little time from closing a connection to exiting: a handler for SIGCHLD would be
         * the whole program's, and not every kernel and sandbox has descriptors for processes. */
        for (c = LIST_FIRST(&all->list); c; c = LIST_NEXT(c, link)) {
                if (c->fd < 0 && max_ms > LOOK_MS)
                        return LOOK_MS;
        }
        return max_ms;
}

/* ---- words ---- */

static void show_words(char *const *argv, char ret[static SHOWN_MAX]) {
        struct buf words AUTO(buf_release) = BUF_INIT((size_t)64 * 1024);

        for (size_t i = 0; argv[i]; i++)
                buf_addf(&words, "%s%s", i ? " " : "", argv[i]);
        (void)text_escape_into(ret, SHOWN_MAX, buf_str(&words));
}

int command_error(const struct command *c, enum err_code code, const char *advice, struct error *err) {
        char status[CHILD_STATUS_SIZE], shown[SHOWN_MAX], line[SAID_MAX];
        const char *said = tail_line(&c->said, line, sizeof(line)); /* its end: the last words of ssh say what it came to */

        if (c->start_error.code != ERR_NONE)
                return error_set(err, ERR_CONNECT, "%s", c->start_error.msg);
        show_words(c->program->argv, shown);
        if (c->child.pid != 0)
                return error_set(err, code, "command [%s] has closed the connection and did not exit: stderr=%s", shown, said);
        return error_set(err, code, "command [%s] has exited with %s%s%s: stderr=%s", shown,
                         child_status_text(c->child.wait_status, status), *advice ? ", " : "", advice, said);
}

/* ---- libcurl's options ---- */

int commands_attach(struct commands *all, struct net_request *r, const struct net_ask *ask, struct error *err) {
        unsigned failed = 0;

        if (!ask->command)
                return 0;
        if (program_find(&all->programs, ask->command, &r->program, err) < 0)
                return -1;
        r->commands = all;
        r->advice = xstrdup(ask->command_advice ? ask->command_advice : "");
        failed |= curl_easy_setopt(r->easy, CURLOPT_UNIX_SOCKET_PATH, r->program->path);
        failed |= curl_easy_setopt(r->easy, CURLOPT_OPENSOCKETFUNCTION, open_connection);
        failed |= curl_easy_setopt(r->easy, CURLOPT_OPENSOCKETDATA, r);
        /* A connection outlives the request that opened it. */
        failed |= curl_easy_setopt(r->easy, CURLOPT_CLOSESOCKETFUNCTION, close_connection);
        failed |= curl_easy_setopt(r->easy, CURLOPT_CLOSESOCKETDATA, all);
        if (failed)
                return error_set(err, ERR_FAILED, "cannot prepare a connection through '%s'", ask->command[0]);
        return 0;
}
