/* SPDX-License-Identifier: MIT */
/* What mail and headers need for text that is no ASCII. */
#ifndef AUTOHEAL_UTIL_MIME_H
#define AUTOHEAL_UTIL_MIME_H

#include "autoheal/util/buf.h"

/* Appends base64 (RFC 4648, 4), in one line. */
void mime_base64(struct buf *out, const void *data, size_t len);

/*
 * Appends the value of a header: plain text as it is, anything else as encoded words (RFC 2047, UTF-8 in base64), none longer
 * than 75 characters and none cut inside of a character, with `between` between two of them: " ", or "\r\n " where the header is
 * folded. Control characters are encoded with the rest, so nothing of a text can begin a line.
 */
void mime_header(struct buf *out, const char *text, const char *between);

#endif
