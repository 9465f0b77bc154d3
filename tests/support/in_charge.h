/* SPDX-License-Identifier: MIT */
/* A scene's data directory as one who makes passes would have it: who holds pass.lock, and when the last pass was. */
#ifndef SUPPORT_IN_CHARGE_H
#define SUPPORT_IN_CHARGE_H

#include "support/scene.h"

/* Writes pass.lock and holds it until *ret_fd is closed. */
void in_charge_hold(struct scene *s, const char *text, int *ret_fd);
/* The same as a serve that began so long ago; more: what stands behind its line. */
void in_charge_serve(struct scene *s, int64_t seconds_ago, const char *more, int *ret_fd);
void in_charge_last_pass(struct scene *s, int64_t seconds_ago);

#endif
