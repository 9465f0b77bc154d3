/* SPDX-License-Identifier: MIT */
/*
 * Checks of our own: what custom_health_checks and the labels autoheal.check.* ask for, as data. What is wrong with one was told
 * when it was read; a check of the configuration is here all the same, with `wrong`, so that who wants to run it can say why not.
 */
#ifndef AUTOHEAL_CONFIG_HEALTH_CHECK_H
#define AUTOHEAL_CONFIG_HEALTH_CHECK_H

#include "autoheal/util/arena.h"

enum health_check_kind {
        HEALTH_CHECK_NONE, /* there is no check */
        HEALTH_CHECK_HTTP,
        HEALTH_CHECK_TCP,
        HEALTH_CHECK_EXEC,
        HEALTH_CHECK_DOCKER, /* the engine's own health, which needs no run of ours */
        HEALTH_CHECK_MAX_
};
const char *health_check_kind_name(enum health_check_kind k); /* "http"; of HEALTH_CHECK_NONE "none" */

/* Strings are NULL where nothing was set. */
struct health_check {
        enum health_check_kind kind;
        bool from_label;   /* it may come from an image that somebody else made: it reaches its own container only */
        const char *wrong; /* why it cannot be run: "http_endpoint must be set for an http check"; NULL: it can */
        int64_t interval_s, timeout_s, retries;

        const char *url; /* http:// or https://; localhost means the container */
        int64_t expected_status;
        const char *expected_body;  /* the answer's body must hold it */
        const char *const *headers; /* "Name: value"; ends with NULL; NULL: none */
        bool insecure_tls;          /* any certificate will do */

        int64_t port; /* of the container */

        /* One of the two: words, which end with NULL; or as a label has it, see health_check_argv(). */
        const char *const *argv;
        const char *command;
};

#define HEALTH_CHECK_INIT                                                                                                          \
        { .kind = HEALTH_CHECK_NONE, .interval_s = 30, .timeout_s = 10, .retries = 3, .expected_status = 200 }

/* The words that an exec check runs, in a: of a command that is a JSON array its strings, of any other /bin/sh -c. */
const char *const *health_check_argv(const struct health_check *check, struct arena *a);
/* True if it can be a command: not empty, and where it is a JSON array, one of strings, the first of which is not empty. */
bool health_check_is_command(const char *text);

/* True if the URL's host is localhost: the container itself. */
bool health_check_is_local(const char *url);

/*
 * Tells one check from another: what is asked, not how often. A check that asks something else has to prove itself anew. Secrets
 * cannot be read from it.
 */
#define HEALTH_CHECK_PRINT_SIZE 17
const char *health_check_print(const struct health_check *check, char ret[static HEALTH_CHECK_PRINT_SIZE]);

/* A deep copy that lives in a. */
void health_check_copy(struct health_check *ret, const struct health_check *check, struct arena *a);

/* "GET http://localhost:8080/health", "port 5432", "pg_isready -q", "the engine's own health": one printable line, cut to fit, without what may be a secret in an address. */
const char *health_check_what(const struct health_check *check, struct arena *a);

#endif
