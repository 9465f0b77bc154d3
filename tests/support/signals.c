/* SPDX-License-Identifier: MIT */
/*
 * The tests do not depend on how they were started: nohup and a shell's background jobs pass on signals that are ignored, and what
 * is tested here would go on ignoring them, as it should.
 */
#include <signal.h>

static void __attribute__((constructor)) take_signals_back(void) {
        (void)signal(SIGHUP, SIG_DFL);
        (void)signal(SIGINT, SIG_DFL);
        (void)signal(SIGQUIT, SIG_DFL);
        (void)signal(SIGPIPE, SIG_DFL);
}
