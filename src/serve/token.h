/* SPDX-License-Identifier: MIT */
/* The bearer token of the API: where it comes from, whether it is the one that was shown, and how guessing is slowed. */
#ifndef AUTOHEAL_SERVE_TOKEN_H
#define AUTOHEAL_SERVE_TOKEN_H

#include "serve/api.h"

#define TOKEN_SIZE 129 /* and its NUL */
#define TOKEN_MIN  16

struct token_guard;

/*
 * The token: given (NULL: none), else $AUTOHEAL_API_TOKEN, else the content of the file that $AUTOHEAL_API_TOKEN_FILE names, else
 * <data_dir>/api_token, which is made if it is not there: 0600, 32 random bytes as hex digits. Where it cannot be written, the token
 * is one that nobody knows, and *ret_source says why. ERR_CONFIG for one that is too short, too long or has other characters than
 * printable ASCII, and for an api_token that others may read. get_env is getenv() but in tests. *ret_source is to be freed.
 */
MUST_USE int token_find(char ret[static TOKEN_SIZE], char **ret_source, const char *given, const char *data_dir,
                        const char *(*get_env)(const char *name), struct error *err);

/* In a time that does not tell how much of it is right. False for an empty token. */
bool token_is(const char *token, struct slice shown);

/* At most `most` wrong tokens wait at a time. */
struct token_guard *token_guard_new(struct net *net, size_t most);
/* NULL is fine. After the connections are gone. */
void token_guard_free(struct token_guard *g);
const char *token_guard_source(const struct token_guard *g);
/* Takes the text. */
void token_guard_set_source(struct token_guard *g, char *source);
/*
 * call->reply goes out after half a second. Where too many wait already it becomes 429 at once, and the connection ends: nobody's
 * memory is filled, and nobody with the right token waits for them.
 */
void token_slow_down(struct call *call);

#endif
