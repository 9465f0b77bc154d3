/* SPDX-License-Identifier: MIT */
/* The only caller of clock_gettime(). Read once per turn, passed on as struct now. */
#ifndef AUTOHEAL_OS_CLOCK_H
#define AUTOHEAL_OS_CLOCK_H

#include "autoheal/util/now.h"

struct now clock_read(void);

#endif
