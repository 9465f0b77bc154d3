/* SPDX-License-Identifier: MIT */
/* Containers that depend on each other, in a world of support/engine.h: run, watched and healed by one pass after another, as cron makes them. */
#ifndef SUPPORT_FAMILY_H
#define SUPPORT_FAMILY_H

#include "support/engine.h"

/* What Compose writes on a container. */
#define COMPOSE(project, service)                                                                                                  \
        "--label com.docker.compose.project=" project " --label com.docker.compose.service=" service                               \
        " --label com.docker.compose.config-hash=1 --label com.docker.compose.oneoff=False "
#define PLAIN "autoheal-demo " OBEDIENT

/* One that is monitored and can be made sick. */
void family_run(struct world *w, const char *name, const char *options);
/* All of them healthy, and seen so by a pass that finds nothing to do; names end with NULL. */
void family_settle(struct world *w, const char *const *names);
/* Makes passes until it was restarted for the nth time, and waits until it is healthy. */
void family_await_restart(struct world *w, const char *container, size_t n);
/* Makes passes until nothing is done any more. */
void family_comes_to_rest(struct world *w);
/* It was started before the other one. */
bool family_is_before(struct world *w, const char *first, const char *second);

#endif
