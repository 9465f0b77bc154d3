/* SPDX-License-Identifier: MIT */
/*
 * Running a program: arguments, environment and standard input go in, output and exit code come out. Output has a ceiling
 * and the program a deadline; past either it is killed (by its own pid) and the result says so. Programs die with the test.
 */
#ifndef SUPPORT_RUN_H
#define SUPPORT_RUN_H

#include "autoheal/util/base.h"

#include <sys/types.h>

struct run_ask {
        const char *const *argv; /* argv[0] is the path; ends with NULL */
        const char *const *env;  /* the whole environment; ends with NULL */
        const char *stdin_text;  /* NULL: /dev/null */
        int64_t deadline_ms;     /* 0: 30 s */
        uid_t uid;               /* run as that user and group; 0: as we are */
        bool disk_full;          /* every write to a file fails */
        bool on_terminal;        /* standard output and error are a pseudo terminal (both arrive in out) */
};

#define OUTPUT_MAX (8u * 1024 * 1024)

struct output {
        int exit_code;   /* 128 + signal when one ended it, as a shell reports */
        bool timed_out;  /* killed at the deadline, or for too much output */
        char *out, *err; /* NUL-terminated */
        size_t out_len, err_len;
};

/* Fails the test if it cannot even be started. */
void run_program(const struct run_ask *ask, struct output *ret);
void output_release(struct output *o);

/* A program in the background. Its output goes to /dev/null unless out_fd >= 0, which then becomes its standard output. */
pid_t run_background(const struct run_ask *ask, int out_fd);
/* Sends the signal and waits for its end; one that does not end in three minutes is killed, and fails the test. Returns the exit code as above. */
int run_end(pid_t pid, int signo);
/* Waits for its end so long at most. Returns the exit code as above; -1 if it goes on. */
int run_await(pid_t pid, int64_t limit_ms);

/* Milliseconds on the monotonic clock. */
int64_t now_ms(void);
/* Calls condition(arg) every 5 ms until it is true; false when limit_ms have passed. */
bool eventually(bool (*condition)(void *arg), void *arg, int64_t limit_ms);

#endif
