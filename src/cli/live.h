/* SPDX-License-Identifier: MIT */
/*
 * What `ps --watch` and `events --follow` have in common: they go on until somebody ends them. That is a signal, docker, or the
 * reader of what they print, who may go away while there is nothing to print.
 */
#ifndef AUTOHEAL_CLI_LIVE_H
#define AUTOHEAL_CLI_LIVE_H

#include "cli_internal.h"

#define LIVE_EVERY_MS 2000 /* between two looks at what nobody tells us of */

struct live {
        struct session *session;
        bool awake;       /* ends the wait: set by whatever somebody waits for */
        bool reader_gone; /* nobody reads standard output any more */
};

/* The session must be open. Closing it ends what is opened here. */
MUST_USE int live_open(struct live *l, struct session *session, struct error *err);
/* Wakes it when fd becomes readable; reading from it is left to whoever waits. fd < 0 is fine. */
MUST_USE int live_wake_on(struct live *l, int fd, struct error *err);
/* Shows what was printed. 0; -1: it is time to end, because of ERR_INTERRUPTED or because nobody reads. */
MUST_USE int live_flush(struct live *l, struct error *err);
/* Waits for so long, or until it is woken. As live_flush(). */
MUST_USE int live_wait(struct live *l, int64_t ms, struct error *err);
/* The exit status after -1, of these or of anything else; says why where that is worth a word. */
int live_status(const struct live *l, const struct error *err);

#endif
