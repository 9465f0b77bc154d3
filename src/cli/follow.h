/* SPDX-License-Identifier: MIT */
/* `events --follow`: the history as it grows. */
#ifndef AUTOHEAL_CLI_FOLLOW_H
#define AUTOHEAL_CLI_FOLLOW_H

#include "cli_internal.h"

/*
 * Which of the events that are there now were not there at the look before, in their order; returns how many. The history may have
 * lost its oldest meanwhile, or all, and may have been written anew by a program that puts its blanks elsewhere or keeps fewer keys:
 * an event is the same if time, container, type, count, status and message are. *ret lives in a.
 */
size_t follow_new_events(const struct stored_event *before, size_t n_before, const struct stored_event *now, size_t n_now,
                         struct arena *a, const struct stored_event ***ret);

/* Prints these events: at first all that there are, then, each time, those that came. */
typedef void follow_fn(void *arg, const struct stored_event *const *events, size_t n, bool first);

/* Until then (INT64_MAX: for ever), or until it is ended. Returns the exit status; what failed has been said. */
int follow_events(struct session *s, int64_t until_us, follow_fn *show, void *arg);

#endif
