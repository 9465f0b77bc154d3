/* SPDX-License-Identifier: MIT */
/* The docker CLI's grammar of addresses: unix://, tcp://, ssh://, and what stands in a stored context. */
#include "endpoint_internal.h"

#include "autoheal/util/slice.h"

#define DEFAULT_SOCKET   "/var/run/docker.sock"
#define DEFAULT_PIPE     "npipe:////./pipe/docker_engine"
#define DEFAULT_TLS      "tcp://localhost:2376"
#define DEFAULT_TCP_HOST "localhost"
#define DEFAULT_TCP_PORT "2375"                      /* with TLS as well: only an address that is empty gets 2376 */
#define SOCKET_BASE_URL  "http://api.moby.localhost" /* what docker's own client sends as Host over a socket */
#define SOCKET_PATH_MAX  107                         /* sun_path less its NUL */

#define HEX_DIGITS       "0123456789abcdefABCDEF"
#define ALPHANUMERIC     HEX_DIGITS "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ"

static bool all_of(const char *s, const char *allowed) {
        return s[strspn(s, allowed)] == '\0';
}

static bool is_host(const char *s) {
        return all_of(s, strchr(s, ':') ? HEX_DIGITS ":." : ALPHANUMERIC "-._");
}

static bool is_port(const char *s) {
        int64_t port;

        return all_of(s, "0123456789") && parse_int64(s, 1, UINT16_MAX, &port);
}

/* Docker drops a query and a fragment without a word, and what is meant by them is not known. The path goes before those of the calls. */
static bool is_tcp(const struct url *url) {
        return is_host(url->hostname) && (!*url->port || is_port(url->port)) && !*url->query && !*url->fragment &&
               all_of(url->raw_path, ALPHANUMERIC "/-._~%!$&'()*+,;=:@");
}

static const char *in_brackets(const char *host, struct arena *a) {
        return strchr(host, ':') ? arena_printf(a, "[%s]", host) : host;
}

/* Never with the address, which may hold a password. */
static int refuse_user(struct error *err) {
        return error_set(err, ERR_INVALID, ENDPOINT_UNRESOLVED "invalid bind address format: a tcp:// address takes no user name");
}

/* address is what follows tcp://. */
static int complete_tcp(const char *address, const char **ret, struct arena *a, struct error *err) {
        struct url url;
        const char *host, *port;

        if (url_parse(&url, arena_printf(a, "tcp://%s", address), a, err) < 0)
                return error_wrap(err, "unable to resolve docker endpoint");
        if (url.has_user)
                return refuse_user(err);
        host = *url.hostname ? url.hostname : DEFAULT_TCP_HOST;
        port = *url.port ? url.port : DEFAULT_TCP_PORT;
        /* Docker takes brackets for an IPv6 address with a port, and for nothing else. */
        if (!is_tcp(&url) || !!strchr(host, ':') != url.in_brackets || (url.in_brackets && !url.has_port))
                return error_set(err, ERR_INVALID, ENDPOINT_UNRESOLVED "invalid bind address format: %s", url_shown(address, a));
        *ret = arena_printf(a, "tcp://%s:%s%s", in_brackets(host, a), port, url.raw_path);
        return 0;
}

static const char *trimmed(const char *s, struct arena *a) {
        static const char blanks[] = " \t\n\v\f\r";
        size_t n;

        s += strspn(s, blanks);
        n = strlen(s);
        while (n && strchr(blanks, s[n - 1]))
                n--;
        return arena_strndup(a, s, n);
}

int address_complete(const char *value, bool tls, const char **ret, struct arena *a, struct error *err) {
        const char *address = trimmed(value, a), *separator = strstr(address, "://");
        struct slice rest = slice_str(separator ? separator + strlen("://") : address);
        struct slice scheme = separator ? (struct slice){ address, (size_t)(separator - address) } : slice_str("tcp");
        bool is_unix = slice_eq(scheme, "unix"), is_tcp_scheme = slice_eq(scheme, "tcp");

        if (!*address) {
                *ret = tls ? DEFAULT_TLS : "unix://" DEFAULT_SOCKET;
                return 0;
        }
        if (slice_eq(scheme, "ssh") || slice_eq(scheme, "npipe") || slice_eq(scheme, "fd")) {
                *ret = str_eq(address, "npipe://") ? DEFAULT_PIPE : address;
                return 0;
        }
        if (!is_unix && !is_tcp_scheme)
                return error_set(err, ERR_INVALID, ENDPOINT_UNRESOLVED "invalid bind address format: %s", url_shown(address, a));
        /* Docker forgives a scheme that is written twice. */
        (void)slice_skip(&rest, is_unix ? "unix://" : "tcp://");
        if (strstr(rest.p, "://"))
                return error_set(err, ERR_INVALID, ENDPOINT_UNRESOLVED "invalid proto, expected %s: %s", is_unix ? "unix" : "tcp",
                                 url_shown(rest.p, a));
        if (is_tcp_scheme)
                return complete_tcp(rest.p, ret, a, err);
        *ret = arena_printf(a, "unix://%s", *rest.p ? rest.p : DEFAULT_SOCKET);
        return 0;
}

static int set_socket(struct endpoint *ret, const char *address, const char *path, struct error *err) {
        if (strlen(path) > SOCKET_PATH_MAX)
                return error_set(err, ERR_INVALID, "unix socket path \"%s\" is too long", path);
        ret->unix_socket = path;
        ret->text = address;
        ret->base_url = SOCKET_BASE_URL;
        ret->host = "";
        return 0;
}

/* A host without a port gets the one of HTTP or HTTPS: docker fills in its own only where address_complete() does. */
static int set_tcp(struct endpoint *ret, const char *address, const struct url *url, struct arena *a, struct error *err) {
        const char *host = *url->hostname ? url->hostname : DEFAULT_TCP_HOST;
        int path_len = (int)strlen(url->raw_path);

        if (url->has_user)
                return refuse_user(err);
        /* Of another scheme than tcp docker makes the path a part of the host. */
        if (!is_tcp(url) || (*url->raw_path && !str_eq(url->scheme, "tcp")))
                return error_set(err, ERR_INVALID, "unable to parse docker host `%s`", url_shown(address, a));
        while (path_len && url->raw_path[path_len - 1] == '/')
                path_len--;
        ret->host = host;
        ret->text = address;
        ret->base_url = arena_printf(a, "%s://%s%s%s%.*s", ret->tls ? "https" : "http", in_brackets(host, a), *url->port ? ":" : "",
                                     url->port, path_len, url->raw_path);
        return 0;
}

int address_set(struct endpoint *ret, const char *address, struct arena *a, struct error *err) {
        const char *separator = strstr(address, "://"), *rest = separator ? separator + strlen("://") : "";
        bool tls = ret->tls;
        struct url url;

        if (url_parse(&url, address, a, err) < 0)
                return -1;
        ret->tls = false;
        if (str_eq(url.scheme, "ssh"))
                return ssh_endpoint(ret, address, &url, a, err);
        if (strncmp(address, "unix://", strlen("unix://")) == 0 && *rest)
                return set_socket(ret, address, rest, err);
        ret->tls = tls;
        if (str_eq(url.scheme, "npipe") && *rest)
                return error_set(err, ERR_INVALID, "protocol not available");
        if (*rest && (str_eq(url.scheme, "tcp") || str_eq(url.scheme, "http") || str_eq(url.scheme, "https")))
                return set_tcp(ret, address, &url, a, err);
        return error_set(err, ERR_INVALID, "unable to parse docker host `%s`", url_shown(address, a));
}
