/* SPDX-License-Identifier: MIT */
/*
 * Which engine: resolves what the docker CLI would talk to, by its own rules (flags, environment, the CLI's config.json).
 * This version reaches unix:// and tcp:// endpoints. TLS, ssh and stored contexts other than "default" are refused with a
 * message that names them: silently talking to another engine than the one that was meant would be worse.
 */
#ifndef AUTOHEAL_ENGINE_ENDPOINT_H
#define AUTOHEAL_ENGINE_ENDPOINT_H

#include "autoheal/util/arena.h"
#include "autoheal/util/error.h"

/* docker's global flags as typed before the plugin's name. */
struct docker_flags {
        const char *host;                /* -H; NULL: not given ("" counts as given) */
        const char *context;             /* -c; NULL or "": not given */
        const char *config_dir;          /* --config; NULL: not given */
        bool tls, tls_verify, tls_given; /* tls_given: --tls or --tlsverify in any form */
};

/* The parts of the docker CLI's config.json that matter here. */
struct docker_config {
        const char *dir;             /* --config > $DOCKER_CONFIG > ~/.docker */
        const char *current_context; /* "" none */
        const char *data_dir;        /* plugins.autoheal.data-dir, "" none */
        const char *warning;         /* "Error parsing config file (PATH): ..." or NULL: go on with what was read */
        /*
         * NULL, or why nobody can tell whether data_dir is set: the caller must not fall back on a default then, which may be
         * another directory than the one that holds what is known. ERR_CONFIG's text, with the remedy.
         */
        const char *data_dir_unknown;
};
void docker_config_read(struct docker_config *ret, const struct docker_flags *flags, struct arena *a);

struct endpoint {
        const char *text;        /* as docker shows it: "unix:///var/run/docker.sock", "tcp://host:2375" */
        const char *base_url;    /* "http://api.moby.localhost" or "http://host:port/base", no slash at the end */
        const char *unix_socket; /* NULL for tcp */
        const char *host;        /* tcp: host without port and brackets; "" for a socket */
        const char *source;      /* "-H", "DOCKER_HOST", "default": for status and doctor */
};

/* ERR_INVALID with docker's own words where docker has them. getenv is a parameter so that tests need no environment. */
MUST_USE int endpoint_resolve(struct endpoint *ret, const struct docker_flags *flags, const struct docker_config *cfg,
                              const char *(*get_env)(const char *name), struct arena *a, struct error *err);

#endif
