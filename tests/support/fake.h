/* SPDX-License-Identifier: MIT */
/*
 * A fake engine of the test's own: started with script lines (docs/testing.md describes them), changed and asked while it
 * runs. The program is $FAKE_ENGINE. Everything here fails the test when it does not work.
 */
#ifndef SUPPORT_FAKE_H
#define SUPPORT_FAKE_H

#include "autoheal/util/base.h"

struct fake;

/* dir: where its socket and log go. With tcp it listens on a free loopback port as well. */
struct fake *fake_start(const char *dir, const char *script, bool tcp);
void fake_stop(struct fake *f); /* NULL is fine */

/* "unix:///.../docker.sock" and "tcp://127.0.0.1:port", for DOCKER_HOST. */
const char *fake_host(const struct fake *f);
const char *fake_tcp_host(const struct fake *f);

/* Runs script lines in the running engine. */
void fake_script(struct fake *f, const char *lines);
/* The request log since the start or the last fake_forget(), one "METHOD path -> status" a line, in the order of the answers. To be freed. */
char *fake_requests(struct fake *f);
void fake_forget(struct fake *f);
/* Lines of the request log that contain the text; "" counts all. */
size_t fake_count(struct fake *f, const char *what);
/* The most actions that were under way at once. */
size_t fake_peak_actions(struct fake *f);
/* Waits until at least n lines of the log contain the text; fails the test after 20 s. */
void fake_await(struct fake *f, const char *what, size_t n);

#endif
