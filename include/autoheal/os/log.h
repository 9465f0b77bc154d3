/* SPDX-License-Identifier: MIT */
/*
 * Diagnostics on standard error, and the log. Libraries return errors and use log_debug() at most; pass, cli and serve warn.
 * Everything printed is made printable first. Debug lines appear with `docker -D`, `-l debug` or a non-empty $DEBUG.
 */
#ifndef AUTOHEAL_OS_LOG_H
#define AUTOHEAL_OS_LOG_H

#include "autoheal/util/base.h"

void log_set_debug(bool on);
/* Off: log_warn() prints nothing, as docker with `-l error`. On at start. */
void log_set_warnings(bool on);
bool log_debug_enabled(void);
void log_debug(const char *fmt, ...) PRINTF(1, 2);
/* "WARNING: ..." as docker prints warnings. */
void log_warn(const char *fmt, ...) PRINTF(1, 2);
void log_error(const char *fmt, ...) PRINTF(1, 2);

enum log_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR, LEVEL_CRITICAL, LEVEL_MAX_ };
const char *log_level_name(enum log_level level); /* "WARNING" */
enum log_level log_level_parse(const char *word); /* LEVEL_MAX_ for other words */

/*
 * The log of a data directory: <dir>/logs/autoheal.log, a line for each message,
 *
 *         2026-01-31 12:00:00,123 - serve - WARNING - text       (local time)
 *         {"timestamp":"2026-01-31T11:00:00.123456+00:00","level":"WARNING","module":"serve","message":"text"}
 *
 * Several programs may write one log at once. It is looked for anew before each line, so what renames it need not tell anybody.
 * Nothing here ever fails or waits: a line that cannot be written is dropped, and the next one that can says how many were.
 * Directory (0700) and file (0600) are made with the first line, and belong to whom the data directory belongs.
 */
struct log_shape {
        enum log_level least;
        bool json;
        int64_t max_bytes; /* set aside as autoheal.log.1, .2, ... before it grows beyond this; 0: never */
        int64_t keep;      /* so many of those */
};
struct log_file;
/* echo: every line goes to standard output as well. */
struct log_file *log_file_new(const char *dir, const struct log_shape *shape, bool echo);
void log_file_free(struct log_file *f); /* NULL is fine */
void log_file_reshape(struct log_file *f, const struct log_shape *shape);
void log_file_reopen(struct log_file *f);
void log_file_hush(struct log_file *f); /* no echo from now on; NULL is fine */
void log_file_write(struct log_file *f, enum log_level level, const char *module, const char *text);

/*
 * From now on log_debug(), log_warn() and log_error() go there too, as module "autoheal"; to one that echoes instead of to
 * standard error. NULL ends that.
 */
void log_attach(struct log_file *f);
/* A line for the attached log alone; without one it is dropped. */
void log_note(enum log_level level, const char *module, const char *fmt, ...) PRINTF(3, 4);

#endif
