/* SPDX-License-Identifier: MIT */
/*
 * A unix socket between a client and an engine that hands every byte on and writes down each request line before the
 * engine can see it. What is not HTTP/1.1 with a length is written down as "UNREADABLE", so that nothing passes unseen.
 */
#ifndef SUPPORT_RECORDER_H
#define SUPPORT_RECORDER_H

#include "autoheal/util/base.h"

struct recorder;

/* dir: where its socket and log go. engine: path of the engine's socket. */
struct recorder *recorder_start(const char *dir, const char *engine);
void recorder_stop(struct recorder *r); /* NULL is fine */

/* "unix:///...", for DOCKER_HOST. */
const char *recorder_host(const struct recorder *r);
/* The request lines since the start or the last recorder_forget(), one a line, to be freed. */
char *recorder_requests(const struct recorder *r);
void recorder_forget(struct recorder *r);

/* Fails the test unless there are requests and each is a GET or HEAD. */
#define check_only_reads(recorder) check_only_reads_at((recorder), __FILE__, __LINE__)
void check_only_reads_at(const struct recorder *r, const char *file, int line);

#endif
