/* SPDX-License-Identifier: MIT */
/*
 * A terminal that understands what is sent to it, as a person sees it: tmux, with a server of its own. The shell in it runs in the
 * scene's environment. Everything here fails the test when it does not work, or does not come within 20 s.
 */
#ifndef SUPPORT_SCREEN_H
#define SUPPORT_SCREEN_H

#include "support/scene.h"

struct screen {
        char *socket;
        unsigned commands; /* that were run */
};

void screen_open(struct screen *sc, struct scene *s, unsigned columns, unsigned rows);
void screen_close(struct screen *sc);
void screen_resize(const struct screen *sc, unsigned columns, unsigned rows);

/* Types the text and Enter. The binary is $AUTOHEAL. */
void screen_type(const struct screen *sc, const char *text);
/* One key in tmux's words: "C-c". */
void screen_key(const struct screen *sc, const char *key);

/* The lines that can be seen, without blanks at their ends and empty lines at the bottom, to be freed. */
char *screen_text(const struct screen *sc);
/* Waits until the text can be seen, or cannot be seen any more. */
void screen_await(const struct screen *sc, const char *text);
void screen_await_gone(const struct screen *sc, const char *text);

/*
 * Clears the screen, runs `command` (of the shell), and gives what it left on the screen when it has ended, with escape sequences
 * for colours if it sent any. To be freed. *ret_status: its exit status.
 */
char *screen_run(struct screen *sc, const char *command, int *ret_status);

#endif
