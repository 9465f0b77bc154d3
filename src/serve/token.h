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

/*
 * Who guesses is slowed down, each peer by itself: a wrong token takes one of `most` places of its peer for half a second, whether the
 * peer waits for the answer or hangs up. Once there is one more than that, no token of that peer is looked at before a place is free
 * again, the right one neither: what came first is looked at first. So a peer can try 2 * (most + 1) tokens a second, and no more.
 */
struct token_guard *token_guard_new(struct net *net, size_t most);
/* NULL is fine. After the connections are gone. */
void token_guard_free(struct token_guard *g);
const char *token_guard_source(const struct token_guard *g);
/* Takes the text. */
void token_guard_set_source(struct token_guard *g, char *source);
/* False: the call waits, and api_again() is called when its token may be looked at. Without a guard nobody waits. */
bool token_may_be_tried(struct call *call);
/* The call's token was wrong: its reply goes out after half a second. False: it was the one too many, and is to be refused at once. */
bool token_slow_down(struct call *call);

#endif
