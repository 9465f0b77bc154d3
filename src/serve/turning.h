/* SPDX-License-Identifier: MIT */
/* Does it make turns, as it should? */
#ifndef AUTOHEAL_TURNING_H
#define AUTOHEAL_TURNING_H

#include "autoheal/config/config.h"
#include "autoheal/pass/pass.h"

/*
 * False when nothing was decided for three intervals although it had to be. While the engine is away no turn is due: it is asked again
 * and again, and a restart of ours would not bring it back. Where it answers, a turn has to follow. A clock that was set changes nothing.
 */
bool serve_is_turning(const struct pass_engine *e, struct now began, const struct config *config, struct now now);

#endif
