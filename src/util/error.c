/* SPDX-License-Identifier: MIT */
/* Errors: code and text in one object that the caller owns. */
#include "autoheal/util/error.h"

#include "autoheal/util/text.h"

#include <errno.h>
#include <stdarg.h>

/* Raw text is formatted into this first. Escaping never shortens, so what is cut here would not have fitted into msg either. */
#define RAW_SIZE 1024
/* A context may not push the cause out of the message; the text of a system error is short, so that its context may be longer. */
#define WRAP_CONTEXT_SIZE  256
#define ERRNO_CONTEXT_SIZE 400
#define REMEDY_ROOM        32
_Static_assert(RAW_SIZE > sizeof(((struct error *)0)->msg), "what is cut from the raw text must be cut from the message too");
_Static_assert(ERRNO_CONTEXT_SIZE + 64 < sizeof(((struct error *)0)->msg), "the text of a system error must fit");

PRINTF(2, 0)
static void format_raw(char ret[static RAW_SIZE], const char *fmt, va_list ap) {
        if (vsnprintf(ret, RAW_SIZE, fmt, ap) < 0)
                ret[0] = '\0';
}

/* Sets the text to "<context>: <cause>", the context cut to its size, the cause to what is left. cause may be err->msg itself. */
static void chain(struct error *err, const char *context, size_t context_size, const char *cause) {
        char chained[RAW_SIZE + sizeof(err->msg)];
        size_t used, n = strnlen(cause, sizeof(err->msg));

        (void)text_escape_into(chained, context_size, context);
        used = strlen(chained);
        memcpy(chained + used, ": ", 2);
        memcpy(chained + used + 2, cause, n);
        chained[used + 2 + n] = '\0';
        (void)text_escape_into(err->msg, sizeof(err->msg), chained);
        if (err->remedy_at)
                err->remedy_at += used + 2;
        if (strlen(chained) != strlen(err->msg))
                err->remedy_at = 0;
}

int(error_set)(struct error *err, enum err_code code, const char *fmt, ...) {
        char raw[RAW_SIZE];
        va_list ap;

        if (!err)
                return -1;
        va_start(ap, fmt);
        format_raw(raw, fmt, ap);
        va_end(ap);
        err->code = code;
        err->sys_errno = 0;
        err->http_status = 0;
        err->remedy_at = 0;
        (void)text_escape_into(err->msg, sizeof(err->msg), raw);
        return -1;
}

int(error_set_errno)(struct error *err, int sys_errno, const char *fmt, ...) {
        char raw[RAW_SIZE], reason[128];
        va_list ap;

        if (!err)
                return -1;
        va_start(ap, fmt);
        format_raw(raw, fmt, ap);
        va_end(ap);
        err->code = sys_errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
        err->sys_errno = sys_errno;
        err->http_status = 0;
        err->remedy_at = 0;
        chain(err, raw, ERRNO_CONTEXT_SIZE, strerror_r(sys_errno, reason, sizeof(reason)));
        return -1;
}

int(error_wrap)(struct error *err, const char *fmt, ...) {
        char raw[RAW_SIZE];
        va_list ap;

        if (!err)
                return -1;
        va_start(ap, fmt);
        format_raw(raw, fmt, ap);
        va_end(ap);
        chain(err, raw, WRAP_CONTEXT_SIZE, err->msg);
        return -1;
}

int(error_remedy)(struct error *err, const char *fmt, ...) {
        char raw[RAW_SIZE];
        va_list ap;
        size_t n;

        if (!err)
                return -1;
        va_start(ap, fmt);
        format_raw(raw, fmt, ap);
        va_end(ap);
        n = strlen(err->msg);
        /* A remedy of a few characters helps nobody. */
        if (n + REMEDY_ROOM > sizeof(err->msg))
                return -1;
        memcpy(err->msg + n, ": ", 2);
        err->remedy_at = n + 2;
        (void)text_escape_into(err->msg + n + 2, sizeof(err->msg) - n - 2, raw);
        return -1;
}

int error_length(const struct error *err) {
        return (int)(err->remedy_at ? err->remedy_at - strlen(": ") : strlen(err->msg));
}

void error_clear(struct error *err) {
        *err = (struct error)ERROR_INIT;
}

int err_exit_status(enum err_code code) {
        switch (code) {
        case ERR_NONE:
                return 0;
        case ERR_LOCKED:
                return 75;
        case ERR_CONFIG:
                return 78;
        case ERR_USAGE:
                return 125;
        case ERR_INTERRUPTED:
                return 130;
        default:
                return 1;
        }
}

static const char *const code_names[ERR_MAX_] = {
        [ERR_NONE] = "none",           [ERR_FAILED] = "failed",
        [ERR_INVALID] = "invalid",     [ERR_NOT_FOUND] = "not-found",
        [ERR_AMBIGUOUS] = "ambiguous", [ERR_IO] = "io",
        [ERR_TOO_LARGE] = "too-large", [ERR_CONNECT] = "connect",
        [ERR_TIMEOUT] = "timeout",     [ERR_PROTOCOL] = "protocol",
        [ERR_ENGINE] = "engine",       [ERR_CONFIG] = "config",
        [ERR_LOCKED] = "locked",       [ERR_USAGE] = "usage",
        [ERR_ARGUMENTS] = "arguments", [ERR_INTERRUPTED] = "interrupted",
};

const char *err_code_name(enum err_code code) {
        if ((unsigned)code >= N_ELEMENTS(code_names) || !code_names[code])
                return "unknown";
        return code_names[code];
}
