/* SPDX-License-Identifier: MIT */
/* Text from outside made safe for a terminal, a log line and JSON. */
#include "autoheal/util/text.h"

/* A shell takes these as they are. */
#define PLAIN                                                                                                                      \
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"                                                                     \
        "0123456789"                                                                                                               \
        "/-._=:@%+,"

#define UNIT_SIZE 16 /* the longest escape, "\u{10ffff}", and more */

/* Length of the sequence that `first` begins and the smallest code point such a sequence may stand for; 0: begins none. */
static size_t sequence_length(unsigned char first, uint32_t *ret_bits, uint32_t *ret_least) {
        if (first < 0x80) {
                *ret_bits = first;
                *ret_least = 0;
                return 1;
        }
        if (first >= 0xc2 && first <= 0xdf) {
                *ret_bits = first & 0x1fU;
                *ret_least = 0x80;
                return 2;
        }
        if (first >= 0xe0 && first <= 0xef) {
                *ret_bits = first & 0x0fU;
                *ret_least = 0x800;
                return 3;
        }
        if (first >= 0xf0 && first <= 0xf4) {
                *ret_bits = first & 0x07U;
                *ret_least = 0x10000;
                return 4;
        }
        return 0;
}

size_t utf8_sequence(const char *s, size_t n, uint32_t *ret_cp) {
        uint32_t cp, least;
        size_t length = n ? sequence_length((unsigned char)s[0], &cp, &least) : 0;

        if (length == 0 || length > n)
                return 0;
        for (size_t i = 1; i < length; i++) {
                unsigned char c = (unsigned char)s[i];

                if ((c & 0xc0U) != 0x80)
                        return 0;
                cp = cp << 6 | (c & 0x3fU);
        }
        if (cp < least || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
                return 0;
        if (ret_cp)
                *ret_cp = cp;
        return length;
}

static bool is_control(uint32_t cp) {
        return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f);
}

/* What breaks a line, or turns the direction of the text around it so that it reads as something else. */
static bool is_layout(uint32_t cp) {
        return cp == 0x61c || cp == 0x200e || cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

bool text_is_printable(uint32_t cp) {
        return !is_control(cp) && !is_layout(cp);
}

/* Makes the first character (or invalid byte) of s printable. Returns how many bytes of s it was. */
static size_t escape_first(struct slice s, char ret[static UNIT_SIZE], size_t *ret_len) {
        uint32_t cp = 0;
        size_t length = utf8_sequence(s.p, s.n, &cp);
        int n;

        if (length && text_is_printable(cp)) {
                memcpy(ret, s.p, length);
                *ret_len = length;
                return length;
        }
        if (length && (cp == '\n' || cp == '\t' || cp == '\r'))
                n = snprintf(ret, UNIT_SIZE, "\\%c", cp == '\n' ? 'n' : cp == '\t' ? 't' : 'r');
        else if (length > 1)
                n = snprintf(ret, UNIT_SIZE, "\\u{%04x}", (unsigned)cp);
        else
                n = snprintf(ret, UNIT_SIZE, "\\x%02x", (unsigned)(unsigned char)s.p[0]);
        *ret_len = (size_t)n;
        return length ? length : 1;
}

void text_escape(struct buf *out, struct slice s) {
        char unit[UNIT_SIZE];
        size_t used, len;

        for (; s.n; s.p += used, s.n -= used) {
                used = escape_first(s, unit, &len);
                /* A character that the ceiling would cut in two is left out as a whole. */
                if (len > out->max - out->len) {
                        out->overflowed = true;
                        return;
                }
                buf_add(out, unit, len);
        }
}

const char *text_escape_into(char *ret, size_t size, const char *s) {
        static const char dots[] = "...";
        struct slice in = slice_str(s);
        size_t end = 0, cut = 0; /* cut: the last character border after which the dots still fit */
        char unit[UNIT_SIZE];
        size_t used, len;

        for (; in.n; in.p += used, in.n -= used) {
                if (end + sizeof(dots) <= size)
                        cut = end;
                used = escape_first(in, unit, &len);
                if (end + len >= size) {
                        memcpy(ret + cut, dots, sizeof(dots));
                        return ret;
                }
                memcpy(ret + end, unit, len);
                end += len;
        }
        ret[end] = '\0';
        return ret;
}

void text_percent_encode(struct buf *out, const char *s) {
        static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

        for (; *s; s++) {
                if (strchr(plain, *s))
                        buf_add_char(out, *s);
                else
                        buf_addf(out, "%%%02X", (unsigned)(unsigned char)*s);
        }
}

const char *text_shell_word(const char *s, struct arena *a) {
        char *word, *at;

        if (*s && strspn(s, PLAIN) == strlen(s))
                return s;
        word = at = arena_alloc(a, 4 * strlen(s) + 3);
        *at++ = '\'';
        for (; *s; s++) {
                if (*s == '\'') {
                        memcpy(at, "'\\'", 3);
                        at += 3;
                }
                *at++ = *s;
        }
        *at++ = '\'';
        *at = '\0';
        return word;
}
