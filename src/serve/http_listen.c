/* SPDX-License-Identifier: MIT */
/* Addresses to listen on: TCP and unix sockets. */
#include "autoheal/os/file.h"
#include "serve/http_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BACKLOG 128

static int parse_unix(struct http_address *ret, const char *path, struct error *err) {
        struct sockaddr_un *un = (struct sockaddr_un *)&ret->sa;
        size_t n = strlen(path);

        if (path[0] != '/' || path[1] == '\0')
                return error_set(err, ERR_INVALID, "'unix://%s' is no address: it has to be unix:// and an absolute path", path);
        if (n >= sizeof(un->sun_path))
                return error_set(err, ERR_INVALID, "the path of a unix socket has at most %zu bytes, and '%s' has %zu",
                                 sizeof(un->sun_path) - 1, path, n);
        un->sun_family = AF_UNIX;
        memcpy(un->sun_path, path, n + 1);
        ret->is_unix = true;
        ret->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
        (void)snprintf(ret->shown, sizeof(ret->shown), "unix://%s", path);
        return 0;
}

int http_address_parse(struct http_address *ret, const char *address, int port, struct error *err) {
        struct http_address a = { .len = 0 };
        struct sockaddr_in *in = (struct sockaddr_in *)&a.sa;
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a.sa;
        struct slice s = slice_str(address);

        if (slice_skip(&s, "unix://")) {
                if (parse_unix(&a, s.p, err) < 0)
                        return -1;
                *ret = a;
                return 0;
        }
        if (port < 0 || port > 65535)
                return error_set(err, ERR_INVALID, "%d is no port", port);
        if (str_eq(address, "localhost"))
                address = "127.0.0.1";
        if (inet_pton(AF_INET, address, &in->sin_addr) == 1) {
                in->sin_family = AF_INET;
                in->sin_port = htons((uint16_t)port);
                a.len = sizeof(*in);
                (void)snprintf(a.shown, sizeof(a.shown), "%s:%d", address, port);
        } else if (inet_pton(AF_INET6, address, &in6->sin6_addr) == 1) {
                in6->sin6_family = AF_INET6;
                in6->sin6_port = htons((uint16_t)port);
                a.len = sizeof(*in6);
                (void)snprintf(a.shown, sizeof(a.shown), "[%s]:%d", address, port);
        } else {
                return error_set(err, ERR_INVALID,
                                 "'%s' cannot be listened on: it has to be an IP address, 'localhost' or 'unix:///path' (names are "
                                 "not resolved)",
                                 address);
        }
        *ret = a;
        return 0;
}

static bool is_loopback_v4(uint32_t network_order) {
        return ntohl(network_order) >> 24 == 127;
}

/* The IPv4 address in an IPv6 one, as a dual-stack listener shows it. */
static uint32_t mapped_v4(const struct in6_addr *a) {
        uint32_t v4;

        memcpy(&v4, &a->s6_addr[12], sizeof(v4));
        return v4;
}

bool http_address_is_loopback(const struct sockaddr_storage *sa) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;

        if (sa->ss_family == AF_INET)
                return is_loopback_v4(in->sin_addr.s_addr);
        if (sa->ss_family != AF_INET6)
                return false;
        if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
                return is_loopback_v4(mapped_v4(&in6->sin6_addr));
        return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

void http_address_show(const struct sockaddr_storage *sa, char *ret, size_t size) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
        uint32_t v4;

        (void)snprintf(ret, size, "unix");
        if (sa->ss_family == AF_INET) {
                (void)inet_ntop(AF_INET, &in->sin_addr, ret, (socklen_t)size);
        } else if (sa->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
                v4 = mapped_v4(&in6->sin6_addr);
                (void)inet_ntop(AF_INET, &v4, ret, (socklen_t)size);
        } else if (sa->ss_family == AF_INET6) {
                (void)inet_ntop(AF_INET6, &in6->sin6_addr, ret, (socklen_t)size);
        }
}

static int cannot_listen(const struct http_address *a, int sys_errno, struct error *err) {
        if (sys_errno == EADDRINUSE)
                (void)error_set(err, ERR_IO, "cannot listen on '%s': another program already does", a->shown);
        else if (sys_errno == EADDRNOTAVAIL)
                (void)error_set(err, ERR_IO, "cannot listen on '%s': this machine does not have that address", a->shown);
        else
                return error_set_errno(err, sys_errno, "cannot listen on '%s'", a->shown);
        if (err)
                err->sys_errno = sys_errno;
        return -1;
}

static int open_tcp(struct http_listener *l, const struct http_address *a, struct error *err) {
        AUTO_CLOSE int fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        struct sockaddr_storage got = { 0 };
        socklen_t len = sizeof(got);
        const int on = 1, off = 0;
        const unsigned unanswered_ms = 30000;

        if (fd < 0)
                return cannot_listen(a, errno, err);
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        /* Linux hands these down to what is accepted. The second ends a stream whose reader vanished without a word. */
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_ms, sizeof(unanswered_ms));
        if (a->sa.ss_family == AF_INET6)
                (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
        if (bind(fd, (const struct sockaddr *)&a->sa, a->len) < 0 || listen(fd, BACKLOG) < 0 ||
            getsockname(fd, (struct sockaddr *)&got, &len) < 0)
                return cannot_listen(a, errno, err);
        /* The port stands in the same place for both families. */
        l->port = ntohs(((struct sockaddr_in *)&got)->sin_port);
        l->fd = fd;
        fd = -1;
        return 0;
}

/* Removes the socket file of a program that has ended. What is not a socket, or is listened on, stays. */
static int remove_stale(const struct http_address *a, const char *path, struct error *err) {
        AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        struct stat st;

        if (fd < 0 || lstat(path, &st) < 0)
                return cannot_listen(a, errno, err);
        if (!S_ISSOCK(st.st_mode))
                return error_set(err, ERR_IO,
                                 "cannot listen on '%s': there is a file that is not a socket; remove it or choose another path",
                                 a->shown);
        if (connect(fd, (const struct sockaddr *)&a->sa, a->len) == 0 || errno == EAGAIN)
                return cannot_listen(a, EADDRINUSE, err);
        if (errno != ECONNREFUSED || unlink(path) < 0)
                return cannot_listen(a, errno, err);
        return 0;
}

static int open_unix(struct http_listener *l, const struct http_address *a, struct error *err) {
        const char *path = ((const struct sockaddr_un *)&a->sa)->sun_path;
        AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        struct stat st;

        /* Linux makes the file with the mode that the socket has when it is bound, less the umask: so it is never wider than
         * this, and the umask of the whole process stays as it is. Nobody can connect before listen() in any case. */
        if (fd < 0 || fchmod(fd, 0600) < 0)
                return cannot_listen(a, errno, err);
        if (bind(fd, (const struct sockaddr *)&a->sa, a->len) < 0) {
                if (errno != EADDRINUSE)
                        return cannot_listen(a, errno, err);
                if (remove_stale(a, path, err) < 0)
                        return -1;
                if (bind(fd, (const struct sockaddr *)&a->sa, a->len) < 0)
                        return cannot_listen(a, errno, err);
        }
        if (lstat(path, &st) < 0)
                return cannot_listen(a, errno, err);
        if (st.st_mode & 077) {
                (void)unlink(path);
                return error_set(err, ERR_IO, "cannot listen on '%s': others could connect to it there (mode %03o instead of 600)",
                                 a->shown, (unsigned)st.st_mode & 0777);
        }
        l->path = xstrdup(path);
        l->dev = st.st_dev;
        l->ino = st.st_ino;
        l->fd = fd;
        fd = -1;
        return listen(l->fd, BACKLOG) < 0 ? cannot_listen(a, errno, err) : 0;
}

int http_listener_open(struct http_listener *l, const struct http_address *address, struct error *err) {
        return address->is_unix ? open_unix(l, address, err) : open_tcp(l, address, err);
}

void http_listener_free(struct http_listener *l) {
        struct stat st;

        fd_close(&l->fd);
        if (l->path && lstat(l->path, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_dev == l->dev && st.st_ino == l->ino)
                (void)unlink(l->path);
        free(l->path);
        free(l);
}
