/* SPDX-License-Identifier: MIT */
/*
 * Text from outside (names, labels, probe output, engine messages) made safe for a terminal or a log line.
 */
#ifndef AUTOHEAL_UTIL_TEXT_H
#define AUTOHEAL_UTIL_TEXT_H

#include "autoheal/util/arena.h"
#include "autoheal/util/buf.h"
#include "autoheal/util/slice.h"

/* Length of the valid UTF-8 sequence at s (1..4), 0 if the bytes there are not one (overlong, surrogate, above U+10FFFF, cut). *ret_cp may be NULL. */
size_t utf8_sequence(const char *s, size_t n, uint32_t *ret_cp);
/* False for what text_escape() escapes: control characters, separators and bidirectional controls. */
bool text_is_printable(uint32_t cp);
/*
 * Appends s printable: control characters (C0, DEL, C1), line and paragraph separators and bidirectional controls
 * (U+061C, U+200E/F, U+202A..E, U+2066..9) as \n, \t, \r, \xHH or \u{HHHH}; invalid bytes as \xHH; everything else as it is.
 * A backslash stays single: the result is for reading, not for parsing back.
 */
void text_escape(struct buf *out, struct slice s);
/* text_escape() into a fixed array, cut at a character border with "..." when it does not fit. size >= 8. Returns ret. */
const char *text_escape_into(char *ret, size_t size, const char *s);
/* Single changes (insert, delete, replace, swap neighbours) that make b of a, letter case ignored; more than TEXT_DISTANCE_MAX counts as TEXT_DISTANCE_MAX + 1. */
#define TEXT_DISTANCE_MAX 2
size_t text_distance(const char *a, const char *b);
/* One word for a shell, whatever is in it: s, in quotes if it needs them. */
const char *text_shell_word(const char *s, struct arena *a);
/* Appends s as a part of a URL or a form: everything but unreserved characters (RFC 3986) as %XX. */
void text_percent_encode(struct buf *out, const char *s);
/* Columns on a terminal: 2 for wide East Asian and emoji, 0 for combining marks, 1 otherwise. s must be escaped UTF-8. */
size_t text_width(const char *s);
/* The first max_columns - 1 columns and an ellipsis character if s is wider, else s; as docker cuts. */
void text_ellipsis(struct buf *out, const char *s, size_t max_columns);

#endif
