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
/* SIGSTOP and SIGCONT: an engine that hangs, with all its connections. Nothing can be asked of it meanwhile. */
void fake_signal(struct fake *f, int signo);

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
/* One container's life in the fake engine. */
struct fake_action {
        char name[64];
        int64_t started_us;  /* StartedAt, engine's clock */
        int64_t asked, done; /* starts and restarts: requests that came, and those that took effect */
        int64_t stops_asked, stops_done;
};
/* Of all containers, into at most max places; returns how many. Requests whose client is gone already are seen to before. *ret_under_way (may be NULL): actions that have not ended yet. */
size_t fake_actions(struct fake *f, struct fake_action *ret, size_t max, size_t *ret_under_way);
/* Waits until no action is under way; fails the test after 20 s. */
void fake_await_idle(struct fake *f);
/* Waits until at least n lines of the log contain the text; fails the test after 20 s. */
void fake_await(struct fake *f, const char *what, size_t n);

#endif
