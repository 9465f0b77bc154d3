/* SPDX-License-Identifier: MIT */
/*
 * Diagnostics on standard error. Libraries return errors and use log_debug() at most; pass, cli and serve warn.
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

#endif
