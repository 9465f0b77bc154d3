/* SPDX-License-Identifier: MIT */
/* What the two halves of the JSON reader share: the check of the text and the place of an error in it. */
#ifndef AUTOHEAL_JSON_INTERNAL_H
#define AUTOHEAL_JSON_INTERNAL_H

#include "autoheal/util/error.h"

/*
 * Checks the whole text against RFC 8259 and our limits, errors as json_parse(). *ret_tokens is how many tokens jsmn will
 * make of it: one per value and one per key.
 */
MUST_USE int json_validate(const char *text, size_t len, size_t max_tokens, size_t *ret_tokens, struct error *err);

/* Line and column, both from 1, of the byte at offset; the column counts bytes. */
void json_locate(const char *text, size_t offset, size_t *ret_line, size_t *ret_column);

#endif
