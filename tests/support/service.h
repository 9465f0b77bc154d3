/* SPDX-License-Identifier: MIT */
/*
 * A serve in a scene, for tests of the service itself: it listens on a unix socket in the scene's directory, where everything is
 * allowed without a token. What it prints goes nowhere; its log is read in the data directory.
 */
#ifndef SUPPORT_SERVICE_H
#define SUPPORT_SERVICE_H

#include "support/scene.h"

/* "serve" and arguments after it. Waits until it answers. Ends with the test, or with run_end(). */
pid_t service_start(struct scene *s, const char *arguments);
/* What it says at that path, to be freed; "" if it does not answer. */
char *service_get(struct scene *s, const char *path);
/* Waits until the log holds that text at least n times; fails the test after 30 s and shows the log. */
void service_await_log(struct scene *s, const char *text, size_t n);
/* How often the log, those that were set aside left out, holds that text. */
size_t service_count_log(struct scene *s, const char *text);
/* Waits until its answer at that path holds the text. */
void service_await(struct scene *s, const char *path, const char *text);
/* Waits until events.json holds n events of that type about that container (NULL: any). */
void service_await_events(struct scene *s, const char *type, const char *stable_id, size_t n);

#endif
