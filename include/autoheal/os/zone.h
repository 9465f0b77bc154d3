/* SPDX-License-Identifier: MIT */
/* Local time, as TZ or /etc/localtime have it. The only place that asks libc for the time zone. */
#ifndef AUTOHEAL_OS_ZONE_H
#define AUTOHEAL_OS_ZONE_H

#include "autoheal/util/base.h"

/* How many seconds local clocks are ahead of UTC at that time. arg is not looked at: it has the type that struct zone wants. */
int64_t zone_offset_s(void *arg, int64_t utc_s);
/* The name in TZ that libc finds no zone for, and takes for UTC; NULL: it finds one, or TZ is not set. */
const char *zone_unknown(void);

#endif
