/* SPDX-License-Identifier: MIT */
/*
 * The one error idiom. A function that can fail returns 0 or -1 and fills a struct error that the caller owns (nothing is
 * allocated while failing). Passing NULL for err is allowed everywhere: the text is then dropped.
 *
 *         if (file_read(dir, name, &buf, err) < 0)
 *                 return error_wrap(err, "reading '%s'", name);
 *
 * Codes are for programs (exit status, HTTP status), text is for people: lower case, no full stop, what failed first,
 * subjects in single quotes, so that messages chain with ": ". Text from outside is made printable before it is stored
 * (text_escape() in text.h), cut to fit.
 */
#ifndef AUTOHEAL_UTIL_ERROR_H
#define AUTOHEAL_UTIL_ERROR_H

#include "autoheal/util/base.h"

enum err_code {
        ERR_NONE,
        ERR_FAILED,      /* something failed; nothing more precise is known */
        ERR_INVALID,     /* input is malformed or out of range */
        ERR_NOT_FOUND,   /* no such file, container, key */
        ERR_AMBIGUOUS,   /* a name fits several */
        ERR_IO,          /* a system call failed; sys_errno says how */
        ERR_TOO_LARGE,   /* a peer sent more than the ceiling */
        ERR_CONNECT,     /* the engine cannot be reached */
        ERR_TIMEOUT,     /* no answer in time: the outcome is unknown */
        ERR_PROTOCOL,    /* the engine answered something that is not what its API promises */
        ERR_ENGINE,      /* the engine refused; http_status says how */
        ERR_CONFIG,      /* configuration or data directory is not usable as it is: exit 78 */
        ERR_LOCKED,      /* another pass runs: exit 75 */
        ERR_USAGE,       /* bad flags: exit 125 */
        ERR_ARGUMENTS,   /* bad number or kind of arguments: exit 1, printed in docker's usage frame */
        ERR_INTERRUPTED, /* a signal or docker asked us to stop: exit 130 */
        ERR_MAX_
};

struct error {
        enum err_code code;
        int sys_errno;    /* for ERR_IO, else 0 */
        int http_status;  /* for ERR_ENGINE, else 0 */
        size_t remedy_at; /* where in msg what helps begins; 0: it names none */
        char msg[512];
};

#define ERROR_INIT                                                                                                                 \
        { .code = ERR_NONE }

/* Each fills *err (if not NULL) and returns -1. */
int error_set(struct error *err, enum err_code code, const char *fmt, ...) PRINTF(3, 4);
/* As error_set() with ERR_IO; appends ": " and the text of sys_errno. ENOENT becomes ERR_NOT_FOUND. */
int error_set_errno(struct error *err, int sys_errno, const char *fmt, ...) PRINTF(3, 4);
/* Puts "<context>: " in front of the text. Keeps the codes. Returns -1. */
int error_wrap(struct error *err, const char *fmt, ...) PRINTF(2, 3);
/* Appends ": " and what helps, "run 'chmod go-w /data'", which error_wrap() keeps track of. Keeps the codes. Returns -1. */
int error_remedy(struct error *err, const char *fmt, ...) PRINTF(2, 3);
/* How much of the text stands before the remedy, for "%.*s". */
int error_length(const struct error *err);
void error_clear(struct error *err);

/* Lets the compiler see at every call that the result is -1: without it, it takes outputs for perhaps uninitialized after a failure. */
static inline int error_result(void) {
        return -1;
}
#define error_set(...)       (error_set(__VA_ARGS__), error_result())
#define error_set_errno(...) (error_set_errno(__VA_ARGS__), error_result())
#define error_wrap(...)      (error_wrap(__VA_ARGS__), error_result())
#define error_remedy(...)    (error_remedy(__VA_ARGS__), error_result())

/* Exit status of a program that ends with this error: 1, 75, 78, 125, 130. ERR_NONE is 0. */
int err_exit_status(enum err_code code);
/* Short name for json output and tests: "failed", "invalid", "not-found", ... Never NULL. */
const char *err_code_name(enum err_code code);

#endif
