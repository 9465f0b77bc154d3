/* SPDX-License-Identifier: MIT */
/* What resolving an endpoint consists of: addresses as Go reads them, ssh, stored contexts, TLS files, headers. */
#ifndef AUTOHEAL_ENGINE_ENDPOINT_INTERNAL_H
#define AUTOHEAL_ENGINE_ENDPOINT_INTERNAL_H

#include "autoheal/engine/endpoint.h"
#include "autoheal/util/buf.h"

/* How docker begins what is wrong with an endpoint, as long as it is not about connecting to it. */
#define ENDPOINT_UNRESOLVED "unable to resolve docker endpoint: "

#define DOCKER_FILE_MAX     ((size_t)1024 * 1024)

/* s in double quotes, as Go's %q; control characters are left to error_set(). */
const char *go_quote(const char *s, struct arena *a);
/* "<dir>/<name>" */
const char *path_in(const char *dir, const char *name, struct arena *a);

/*
 * Appends a file of the docker CLI, which may be anybody's: its owner and mode are docker's business. The errors are Go's:
 * "open PATH: no such file or directory" (ERR_NOT_FOUND), "read PATH: is a directory" (ERR_IO, sys_errno is set for both);
 * ERR_TOO_LARGE "PATH: larger than N bytes" above ret's ceiling.
 */
MUST_USE int docker_file_read(const char *path, struct buf *ret, struct error *err);
/* The text of an errno as Go words it: "no such file or directory". */
const char *docker_errno_text(int sys_errno, struct arena *a);

/* A URL as Go's url.Parse() takes it apart. All strings live in the arena; what is not there is "". */
struct url {
        const char *scheme; /* small letters */
        bool has_user, has_password;
        const char *user;           /* percent-decoded, as are path and fragment */
        const char *hostname;       /* decoded, without port and brackets */
        bool in_brackets, has_port; /* [hostname]; a colon after it */
        const char *port;           /* digits */
        const char *path, *raw_path, *query, *fragment;
};
/* ERR_INVALID with Go's words: "parse "tcp://h:x": invalid port ":x" after host". A password in it is shown as "xxxxx". */
MUST_USE int url_parse(struct url *ret, const char *text, struct arena *a, struct error *err);

/* An address, whole or not, for an error: a password in it is shown as "xxxxx". text itself, if there is none. */
const char *url_shown(const char *text, struct arena *a);

/* A byte that no part of an address may have, however it was written there. */
bool url_has_control(const char *s);

/* Fills in text, base_url and command from an ssh:// URL. */
MUST_USE int ssh_endpoint(struct endpoint *ret, const char *address, const struct url *url, struct arena *a, struct error *err);

/*
 * The address that docker makes of -H or DOCKER_HOST: blanks trimmed, the default for an empty one, scheme, host and port of
 * tcp:// filled in. The error begins with ENDPOINT_UNRESOLVED.
 */
MUST_USE int address_complete(const char *value, bool tls, const char **ret, struct arena *a, struct error *err);
/*
 * Fills in text, base_url, unix_socket, host and command from an address that is whole: what address_complete() gave, or what
 * a stored context holds. ret->tls says whether TLS is asked for; it is cleared where it is not used (sockets, ssh).
 */
MUST_USE int address_set(struct endpoint *ret, const char *address, struct arena *a, struct error *err);

/* The TLS files and tls_verify of an endpoint that flags and environment name; ret->tls says whether they ask for TLS. */
MUST_USE int tls_from_flags(struct endpoint *ret, const struct docker_flags *flags, const struct docker_config *cfg,
                            const char *(*get_env)(const char *name), struct arena *a, struct error *err);
/* Whether they could be what they are taken for: ERR_INVALID, as docker says it. */
MUST_USE int tls_check(const struct endpoint *ep, struct error *err);

/* Reads the stored context `name`: *ret_address ("" none), and tls, tls_verify and the TLS files of ret. */
MUST_USE int context_read(struct endpoint *ret, const char *dir, const char *name, const char **ret_address, struct arena *a,
                          struct error *err);

/* Fills in headers from $DOCKER_CUSTOM_HEADERS, else from config.json. */
MUST_USE int headers_set(struct endpoint *ret, const struct docker_config *cfg, const char *(*get_env)(const char *name),
                         struct arena *a, struct error *err);

#endif
