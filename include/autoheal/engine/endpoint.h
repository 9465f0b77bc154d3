/* SPDX-License-Identifier: MIT */
/*
 * Which engine: resolves what the docker CLI would talk to, by its own rules: flags, environment, the CLI's config.json and
 * its stored contexts. unix://, tcp:// with or without TLS, and ssh://. What cannot be resolved is refused in docker's words:
 * talking to another engine than the one that was meant would be worse.
 */
#ifndef AUTOHEAL_ENGINE_ENDPOINT_H
#define AUTOHEAL_ENGINE_ENDPOINT_H

#include "autoheal/util/arena.h"
#include "autoheal/util/error.h"

/* docker's global flags as typed before the plugin's name. */
struct docker_flags {
        const char *host;                        /* -H; NULL: not given ("" counts as given) */
        const char *context;                     /* -c; NULL or "": not given */
        const char *config_dir;                  /* --config; NULL: not given */
        bool tls, tls_given;                     /* --tls; given in any form, --tls=false as well */
        bool tls_verify, tls_verify_given;       /* --tlsverify; likewise */
        const char *tls_ca, *tls_cert, *tls_key; /* --tlscacert, --tlscert, --tlskey; NULL: not given */
};

struct docker_header {
        const char *name, *value; /* as written: not validated */
};

/* The parts of the docker CLI's config.json that matter here. */
struct docker_config {
        const char *dir;             /* --config > $DOCKER_CONFIG > ~/.docker */
        const char *cert_dir;        /* the same without --config: where certificates are, if $DOCKER_CERT_PATH does not say */
        const char *current_context; /* "" none */
        const char *data_dir;        /* plugins.autoheal.data-dir, "" none */
        const struct docker_header *headers; /* HttpHeaders */
        size_t n_headers;
        const char *warning; /* "Error parsing config file (PATH): ..." or NULL: go on with what was read */
        /*
         * NULL, or why nobody can tell whether data_dir is set: the caller must not fall back on a default then, which may be
         * another directory than the one that holds what is known. ERR_CONFIG's text; to repair the file helps.
         */
        const char *data_dir_unknown;
};
void docker_config_read(struct docker_config *ret, const struct docker_flags *flags, struct arena *a);

struct endpoint {
        const char *text;     /* as docker shows it: "unix:///var/run/docker.sock", "tcp://host:2375", "ssh://me@host" */
        const char *base_url; /* "http://host:port/base"; a socket: "http://api.moby.localhost", ssh: "http://docker.example.com" */
        const char *unix_socket; /* NULL for tcp and ssh */
        const char *host;        /* tcp: host without port and brackets; "" for a socket and ssh */
        const char *source;      /* "-H", "DOCKER_HOST", "--context", "DOCKER_CONTEXT", "currentContext", "default" */
        const char *context;     /* the stored context's name; "default" for what flags and environment name */
        bool tls;                /* base_url begins with https:// */
        bool tls_verify;         /* the engine's certificate and name are checked */
        const char *tls_ca, *tls_cert, *tls_key; /* PEM files; NULL: none (no ca: the system's); cert and key: both or neither */
        const char *const *command; /* a program whose input and output are the connection (ssh), ends with NULL; NULL: none */
        const char *const *headers; /* "Name: value" for every request, value may be empty, ends with NULL; NULL: none */
};

/*
 * ERR_INVALID with docker's own words where docker has them; ERR_FAILED for flags that exclude each other, which docker says
 * without "Failed to initialize: ". get_env is a parameter so that tests need no environment. Reads the files of the context and of
 * TLS, and nothing else; opens no connection. After a failure ret->context is set all the same if the context is known, and
 * untouched if not, as all else is: a data directory belongs to a context, whether it can be resolved or not.
 */
MUST_USE int endpoint_resolve(struct endpoint *ret, const struct docker_flags *flags, const struct docker_config *cfg,
                              const char *(*get_env)(const char *name), struct arena *a, struct error *err);

#endif
