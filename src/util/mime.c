/* SPDX-License-Identifier: MIT */
/* Base64, and header words that are no ASCII. */
#include "autoheal/util/mime.h"

#include "autoheal/util/text.h"

/* An encoded word is at most 75 characters long; this many bytes of text fit into one beside its frame. */
#define WORD_BYTES 45

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void mime_base64(struct buf *out, const void *data, size_t len) {
        const unsigned char *p = data;

        for (size_t i = 0; i < len; i += 3) {
                size_t left = len - i;
                unsigned bits = (unsigned)p[i] << 16 | (left > 1 ? (unsigned)p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0U);

                buf_add_char(out, digits[bits >> 18 & 63]);
                buf_add_char(out, digits[bits >> 12 & 63]);
                buf_add_char(out, left > 1 ? digits[bits >> 6 & 63] : '=');
                buf_add_char(out, left > 2 ? digits[bits & 63] : '=');
        }
}

static bool is_plain(const char *text) {
        for (const char *p = text; *p; p++)
                if ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f)
                        return false;
        return !strstr(text, "=?");
}

/* How much of the text goes into one word: whole characters only. */
static size_t word_length(const char *text, size_t left) {
        size_t n = 0;

        while (n < left) {
                size_t used = utf8_sequence(text + n, left - n, NULL);

                used = used ? used : 1;
                if (n + used > WORD_BYTES)
                        break;
                n += used;
        }
        return n;
}

void mime_header(struct buf *out, const char *text, const char *between) {
        size_t left = strlen(text);

        if (is_plain(text)) {
                buf_add_str(out, text);
                return;
        }
        for (size_t n; left > 0; text += n, left -= n) {
                n = word_length(text, left);
                buf_add_str(out, "=?UTF-8?B?");
                mime_base64(out, text, n);
                buf_add_str(out, "?=");
                if (n < left)
                        buf_add_str(out, between);
        }
}
