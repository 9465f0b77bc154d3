/* SPDX-License-Identifier: MIT */
/* Which engine: the docker CLI's rules for flags, environment and context, and its grammar of addresses. */
#include "autoheal/engine/endpoint.h"

#include "autoheal/util/slice.h"

#define DEFAULT_SOCKET   "/var/run/docker.sock"
#define DEFAULT_TCP_HOST "localhost"
#define DEFAULT_TCP_PORT "2375"
#define SOCKET_BASE_URL  "http://api.moby.localhost" /* what docker's own client sends as Host over a socket */
#define SOCKET_PATH_MAX  107                         /* sun_path less its NUL */

#define HEX_DIGITS       "0123456789abcdefABCDEF"
#define ALPHANUMERIC     HEX_DIGITS "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ"

/* Docker takes an empty variable as unset. */
static const char *env(const char *(*get_env)(const char *name), const char *name) {
        const char *value = get_env(name);

        return value && *value ? value : NULL;
}

static bool given(const char *s) {
        return s && *s;
}

/* A context other than "default" leads to an engine that we cannot look up: any other answer would be the wrong engine. */
static int check_context(const struct docker_flags *flags, const struct docker_config *cfg,
                         const char *(*get_env)(const char *name), struct arena *a, struct error *err) {
        const char *name, *from;

        if (flags->host && given(flags->context))
                return error_set(err, ERR_FAILED, "conflicting options: cannot specify both --host and --context");
        if (given(flags->context)) {
                name = flags->context;
                from = "--context";
        } else if (flags->host || env(get_env, "DOCKER_HOST")) {
                return 0;
        } else if (env(get_env, "DOCKER_CONTEXT")) {
                name = env(get_env, "DOCKER_CONTEXT");
                from = "DOCKER_CONTEXT";
        } else if (given(cfg->current_context)) {
                name = cfg->current_context;
                from = arena_printf(a, "currentContext in %s/config.json", cfg->dir);
        } else {
                return 0;
        }
        if (str_eq(name, "default"))
                return 0;
        return error_set(
                err, ERR_INVALID,
                "context '%s' (from %s): this version does not read stored contexts: name the engine with -H or DOCKER_HOST", name,
                from);
}

/* What asks for TLS, NULL if nothing does. Any value of the variables does, "0" too. */
static const char *tls_source(const struct docker_flags *flags, const char *(*get_env)(const char *name)) {
        if (flags->tls_verify)
                return "--tlsverify";
        if (flags->tls)
                return "--tls";
        /* --tlsverify=false means TLS without verification. */
        if (flags->tls_given)
                return "--tls or --tlsverify";
        if (env(get_env, "DOCKER_TLS"))
                return "DOCKER_TLS";
        return env(get_env, "DOCKER_TLS_VERIFY") ? "DOCKER_TLS_VERIFY" : NULL;
}

static int refuse_address(const char *address, struct error *err) {
        return error_set(err, ERR_INVALID, "unable to resolve docker endpoint: invalid bind address format: %s", address);
}

static int refuse_tls(const char *source, struct error *err) {
        return error_set(
                err, ERR_INVALID,
                "this version cannot use TLS (asked for by %s): reach the engine through its unix socket or a plain tcp:// address",
                source);
}

static int set_socket(struct endpoint *ret, const char *path, struct arena *a, struct error *err) {
        if (!*path)
                path = DEFAULT_SOCKET;
        if (strstr(path, "://"))
                return error_set(err, ERR_INVALID, "unable to resolve docker endpoint: invalid proto, expected unix: %s", path);
        if (strlen(path) > SOCKET_PATH_MAX)
                return error_set(err, ERR_INVALID, "unix socket path \"%s\" is too long", path);
        ret->unix_socket = path;
        ret->text = arena_printf(a, "unix://%s", path);
        ret->base_url = SOCKET_BASE_URL;
        ret->host = "";
        return 0;
}

static bool all_of(struct slice s, const char *allowed) {
        for (size_t i = 0; i < s.n; i++)
                if (!s.p[i] || !strchr(allowed, s.p[i]))
                        return false;
        return true;
}

/* Splits "host", "host:port", ":port" and "[v6]:port". The colon after the bracket is needed: docker wants it. */
static bool split_host_port(struct slice in, struct slice *ret_host, struct slice *ret_port) {
        bool bracket = slice_skip(&in, "[");

        if (bracket) {
                if (!slice_split(&in, ']', ret_host) || !memchr(ret_host->p, ':', ret_host->n) ||
                    !all_of(*ret_host, HEX_DIGITS ":."))
                        return false;
                *ret_port = in;
                return slice_skip(ret_port, ":");
        }
        *ret_host = *ret_port = (struct slice){ "", 0 };
        if (slice_split(&in, ':', ret_host))
                *ret_port = in;
        return all_of(*ret_host, ALPHANUMERIC "-._");
}

static bool is_port(struct slice s) {
        uint64_t port;

        return slice_number(&s, UINT16_MAX, &port) && s.n == 0 && port > 0;
}

/* What may stand in a URL's path as it is; a query or fragment would swallow the calls that are appended to it. */
static bool is_path(struct slice s) {
        return all_of(s, ALPHANUMERIC "/-._~%!$&'()*+,;=:@");
}

/* "host:port/path" of a tcp:// address. */
static int set_tcp(struct endpoint *ret, const char *address, const char *rest, struct arena *a, struct error *err) {
        const char *slash = strchr(rest, '/');
        struct slice path = slice_str(slash ? slash : ""), host, port;
        struct slice authority = { rest, slash ? (size_t)(slash - rest) : strlen(rest) };
        const char *open, *shut;

        if (memchr(authority.p, '@', authority.n))
                return error_set(
                        err, ERR_INVALID,
                        "unable to resolve docker endpoint: invalid bind address format: a tcp:// address takes no user name");
        if (strstr(rest, "://") || !split_host_port(authority, &host, &port) || !is_path(path))
                return refuse_address(address, err);
        if (host.n == 0)
                host = slice_str(DEFAULT_TCP_HOST);
        if (port.n == 0)
                port = slice_str(DEFAULT_TCP_PORT);
        if (!is_port(port))
                return refuse_address(address, err);
        ret->host = arena_strndup(a, host.p, host.n);
        open = strchr(ret->host, ':') ? "[" : "";
        shut = *open ? "]" : "";
        ret->text = arena_printf(a, "tcp://%s%s%s:%.*s%s", open, ret->host, shut, (int)port.n, port.p, path.p);
        while (path.n && path.p[path.n - 1] == '/')
                path.n--;
        ret->base_url = arena_printf(a, "http://%s%s%s:%.*s%.*s", open, ret->host, shut, (int)port.n, port.p, (int)path.n, path.p);
        ret->unix_socket = NULL;
        return 0;
}

/* address is trimmed and not empty. */
static int parse_address(struct endpoint *ret, const char *address, const char *tls, struct arena *a, struct error *err) {
        const char *separator = strstr(address, "://");
        const char *rest = separator ? separator + strlen("://") : address;
        struct slice scheme = separator ? (struct slice){ address, (size_t)(separator - address) } : slice_str("tcp");

        if (slice_eq(scheme, "unix"))
                return set_socket(ret, rest, a, err);
        if (slice_eq(scheme, "tcp"))
                return tls ? refuse_tls(tls, err) : set_tcp(ret, address, rest, a, err);
        /* Not its address: it may hold a password. */
        if (slice_eq(scheme, "ssh"))
                return error_set(
                        err, ERR_INVALID,
                        "this version cannot use ssh (asked for by %s): reach the engine through its unix socket or a plain tcp:// "
                        "address",
                        ret->source);
        if (slice_eq(scheme, "npipe"))
                return error_set(err, ERR_INVALID, "protocol not available");
        if (slice_eq(scheme, "fd"))
                return error_set(err, ERR_INVALID, "unable to parse docker host `%s`", address);
        return refuse_address(address, err);
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

int endpoint_resolve(struct endpoint *ret, const struct docker_flags *flags, const struct docker_config *cfg,
                     const char *(*get_env)(const char *name), struct arena *a, struct error *err) {
        const char *address = flags->host, *tls = tls_source(flags, get_env);
        struct endpoint found = { .source = "-H" };

        if (check_context(flags, cfg, get_env, a, err) < 0)
                return -1;
        if (!address) {
                address = env(get_env, "DOCKER_HOST");
                found.source = address ? "DOCKER_HOST" : "default";
        }
        address = trimmed(address ? address : "", a);
        if (*address) {
                if (parse_address(&found, address, tls, a, err) < 0)
                        return -1;
        } else if (tls) {
                /* docker's default with TLS is another engine than the socket: tcp://localhost:2376. */
                return refuse_tls(tls, err);
        } else if (set_socket(&found, "", a, err) < 0) {
                return -1;
        }
        *ret = found;
        return 0;
}
