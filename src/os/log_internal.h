/* SPDX-License-Identifier: MIT */
/* What log.c needs to know of a log. */
#ifndef AUTOHEAL_OS_LOG_INTERNAL_H
#define AUTOHEAL_OS_LOG_INTERNAL_H

#include "autoheal/os/log.h"

bool log_file_echoes(const struct log_file *f);
bool log_file_wants(const struct log_file *f, enum log_level level);

#endif
