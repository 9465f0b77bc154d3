/* SPDX-License-Identifier: MIT */
/*
 * The binary while it runs, for what goes on until somebody ends it: what it has printed so far can be read and awaited.
 * Everything here fails the test when it does not work, or does not come within 20 s.
 */
#ifndef SUPPORT_STREAM_H
#define SUPPORT_STREAM_H

#include "support/scene.h"

struct stream {
        pid_t pid;
        char *out, *err; /* files */
};

/* Arguments as for scene_run(). Standard output and error are files. */
void stream_start(struct stream *st, struct scene *s, const char *arguments);
/* What was printed so far, to be freed. */
char *stream_out(const struct stream *st);
char *stream_err(const struct stream *st);
/* Waits until the text stands in standard output, so often. */
void stream_await(const struct stream *st, const char *text, size_t times);
void stream_await_err(const struct stream *st, const char *text, size_t times);
/* Sends the signal (0: none) and waits for the end. Returns the exit code; the files go with the scene. */
int stream_end(struct stream *st, int signo);

/* How often it stands there. */
size_t count_text(const char *text, const char *needle);

#endif
