/* SPDX-License-Identifier: MIT */
/*
 * A program as a person runs it: in a session of its own, on a pseudo terminal whose keys send signals, or on none. Streams
 * that are not on the terminal are /dev/null and files. Everything here fails the test when it does not work.
 *
 *         struct terminal t;
 *         terminal_start(&t, dir, &ask, TERMINAL_ALL);
 *         terminal_await(&t, "under way");
 *         terminal_type(&t, CTRL_C);
 *         assert_int_equal(terminal_end(&t), 130);
 *
 * A program that outlives the one that started it becomes the test's child meanwhile, so that its end can be seen too.
 */
#ifndef SUPPORT_TERMINAL_H
#define SUPPORT_TERMINAL_H

#include "autoheal/util/buf.h"
#include "support/run.h"

/* Which streams are on the terminal. Without any there is no terminal. */
#define TERMINAL_INPUT   1u
#define TERMINAL_OUTPUT  2u
#define TERMINAL_ERROR   4u
#define TERMINAL_ALL     7u

#define CTRL_C           "\003"
#define TERMINAL_WAIT_MS 60000

struct terminal {
        pid_t pid;       /* of the program, which leads its session */
        int master;      /* -1: no terminal, or closed */
        char *dir;       /* holds the files "out" and "err" */
        struct buf text; /* what it showed so far */
        int exit_code;   /* of the program, once `ended` */
        bool ended;
};

/* ask: argv and env. dir: for the files, which are emptied. */
void terminal_start(struct terminal *t, const char *dir, const struct run_ask *ask, unsigned streams);
void terminal_type(struct terminal *t, const char *keys);
/* Waits until that text was shown, or stands in the files. */
void terminal_await(struct terminal *t, const char *text);
/* Waits until the program, docker, has started its plugin and that is connected to its socket. Returns the plugin. */
pid_t terminal_await_plugin(struct terminal *t);
/* As somebody does who closes the window. */
void terminal_close(struct terminal *t);
/* What was shown and what stands in the files, to be freed. */
char *terminal_seen(struct terminal *t);
/* Waits for the end of the program and of everything in its session. Returns the exit code, 128 + signal when one ended it. */
int terminal_end(struct terminal *t);
/* The same for a child that was left behind; before terminal_end(). */
int terminal_end_orphan(struct terminal *t, pid_t pid);

#endif
