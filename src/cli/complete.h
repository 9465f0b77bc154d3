/* SPDX-License-Identifier: MIT */
/* Completion: who knows candidates offers them, and what does not fit or could do harm in a shell is left out. */
#ifndef AUTOHEAL_CLI_COMPLETE_H
#define AUTOHEAL_CLI_COMPLETE_H

#include "cli_internal.h"

/* What the shell is to do with the candidates, as cobra numbers it. */
enum directive {
        DIRECTIVE_FILES = 0, /* and complete file names as well */
        DIRECTIVE_ERROR = 1,
        DIRECTIVE_NO_SPACE = 2,
        DIRECTIVE_NO_FILES = 4,
        DIRECTIVE_DIRECTORIES = 16,
};

struct completion {
        struct cli *cli;
        const char *typed; /* what the candidates must begin with */
        bool descriptions;
        bool skip_named; /* what is among the arguments already is not offered again */
        unsigned directive;
        struct strmap offered;
        struct buf out; /* what to print */
};

/*
 * One candidate, unless it does not begin with what was typed, was offered before, or holds anything but letters, digits and
 * "_.:=/@%+,-": shells evaluate what stands on the command line, and names come from outside. value must live until the
 * completion ends. description: our own words, NULL none; its first line counts.
 */
void complete_offer(struct completion *c, const char *value, const char *description);

/* Offers what kind asks for. -1 if it is not known, because the engine or the data directory does not tell. */
MUST_USE int complete_from_outside(struct completion *c, enum complete kind, struct session *s);
void complete_contexts(struct completion *c, struct session *s);
void complete_config(struct completion *c, enum complete kind, struct arena *a);

#endif
