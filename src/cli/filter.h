/* SPDX-License-Identifier: MIT */
/*
 * Which containers `ps --filter KEY=VALUE` asks for, in docker's grammar: key trimmed and in small letters, value trimmed, an empty
 * argument means nothing. Different keys must all fit, of the same key one is enough, but labels must all fit.
 */
#ifndef AUTOHEAL_CLI_FILTER_H
#define AUTOHEAL_CLI_FILTER_H

#include "cli_internal.h"

struct item_filter;

/*
 * ERR_USAGE, in docker's words, for what is not KEY=VALUE; ERR_INVALID for a key or word that there is not, and then *known, which
 * must be empty, gets the list of those that there are (else nothing). Without any filter everything fits.
 */
MUST_USE int filter_new(struct item_filter **ret, const struct string_list_option *given, struct buf *known, struct error *err);
void filter_free(struct item_filter *f); /* NULL is fine */
bool filter_fits(const struct item_filter *f, const struct plan_item *item);
/* It asks for what is not monitored, which would be hidden without --all: monitored=false, or a reason why it is not. */
bool filter_wants_unmonitored(const struct item_filter *f);

/* For completion: the i-th key, and the i-th word that a key takes; NULL past the last, and for a key that takes any text. */
const char *filter_key(size_t i);
const char *filter_word(const char *key, size_t i);

#endif
