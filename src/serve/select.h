/* SPDX-License-Identifier: MIT */
/* POST /api/containers/select: containers.selected and containers.excluded of config.json. */
#ifndef AUTOHEAL_SERVE_SELECT_H
#define AUTOHEAL_SERVE_SELECT_H

#include "serve/api.h"

void select_containers(struct call *call);

#endif
