/* SPDX-License-Identifier: MIT */
/* Words as docker's Go library reads and prints them, for messages that a person has seen before. */
#ifndef AUTOHEAL_UTIL_GOTEXT_H
#define AUTOHEAL_UTIL_GOTEXT_H

#include "autoheal/util/buf.h"

/* Appends the text as %q does: in double quotes, with escapes for what cannot be printed. */
void gotext_quote(struct buf *out, const char *text);
/* A byte as %q prints it: 'x', and what is no ASCII as the Latin-1 letter of that number. */
void gotext_quote_byte(struct buf *out, unsigned char byte);

/* strconv.ParseBool: 1 t T TRUE true True, 0 f F FALSE false False, and nothing else. */
bool gotext_parse_bool(const char *text, bool *ret);

enum go_number { GO_NUMBER, GO_INVALID_SYNTAX, GO_OUT_OF_RANGE };
/* strconv.ParseInt(text, 0, 64): decimal, 0x, 0o, 0b or a leading 0, with _ between digits. */
enum go_number gotext_parse_int(const char *text, int64_t *ret);

#endif
