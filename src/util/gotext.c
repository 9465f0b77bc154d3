/* SPDX-License-Identifier: MIT */
/* Booleans, numbers and quoted text as Go's strconv has them. */
#include "autoheal/util/gotext.h"

#include "autoheal/util/text.h"

static void add_escaped(struct buf *out, unsigned char byte, char quote) {
        static const char letters[] = "abtnvfr"; /* 0x07 to 0x0d */
        if (byte == (unsigned char)quote || byte == '\\')
                buf_addf(out, "\\%c", byte);
        else if (byte >= 0x07 && byte <= 0x0d)
                buf_addf(out, "\\%c", letters[byte - 0x07]);
        else if (byte < ' ' || byte == 0x7f)
                buf_addf(out, "\\x%02x", byte);
        else
                buf_add_char(out, (char)byte);
}

static void add_rune(struct buf *out, const char *sequence, size_t n, uint32_t rune) {
        if (text_is_printable(rune) && rune != 0xa0 && rune != 0xad)
                buf_add(out, sequence, n);
        else
                buf_addf(out, rune > 0xffff ? "\\U%08x" : "\\u%04x", rune);
}

void gotext_quote(struct buf *out, const char *text) {
        buf_add_char(out, '"');
        for (size_t left = strlen(text), n; left > 0; text += n, left -= n) {
                uint32_t rune;
                n = utf8_sequence(text, left, &rune);
                if (n > 1)
                        add_rune(out, text, n, rune);
                else if (n == 1)
                        add_escaped(out, (unsigned char)*text, '"');
                else
                        buf_addf(out, "\\x%02x", (unsigned char)*text);
                n = n ? n : 1;
        }
        buf_add_char(out, '"');
}

void gotext_quote_byte(struct buf *out, unsigned char byte) {
        buf_add_char(out, '\'');
        if (byte < 0x80)
                add_escaped(out, byte, '\'');
        else
                add_rune(out, (char[2]){ (char)(0xc0 | (byte >> 6)), (char)(0x80 | (byte & 0x3f)) }, 2, byte);
        buf_add_char(out, '\'');
}

bool gotext_parse_bool(const char *text, bool *ret) {
        static const char *const yes[] = { "1", "t", "T", "TRUE", "true", "True" };
        static const char *const no[] = { "0", "f", "F", "FALSE", "false", "False" };
        for (size_t i = 0; i < N_ELEMENTS(yes); i++) {
                if (!str_eq(text, yes[i]) && !str_eq(text, no[i]))
                        continue;
                *ret = str_eq(text, yes[i]);
                return true;
        }
        return false;
}

/* 36 for what is no digit in any base. */
static unsigned digit(char c) {
        if (c >= '0' && c <= '9')
                return (unsigned)(c - '0');
        if (c >= 'a' && c <= 'z')
                return (unsigned)(c - 'a') + 10;
        if (c >= 'A' && c <= 'Z')
                return (unsigned)(c - 'A') + 10;
        return 36;
}

/* Skips "0x", "0o", "0b" or "0". */
static unsigned take_base(const char **text) {
        const char *s = *text;
        if (s[0] != '0' || s[1] == '\0')
                return 10;
        unsigned base = digit(s[1]) == digit('x') ? 16 : digit(s[1]) == digit('o') ? 8 : digit(s[1]) == digit('b') ? 2 : 0;
        *text += base ? 2 : 1;
        return base ? base : 8;
}

enum go_number gotext_parse_int(const char *text, int64_t *ret) {
        bool negative = *text == '-';
        uint64_t value = 0, most = (uint64_t)INT64_MAX + negative;
        if (*text == '-' || *text == '+')
                text++;
        const char *begin = text;
        unsigned base = take_base(&text);
        if (*text == '\0')
                return GO_INVALID_SYNTAX;
        for (; *text; text++) {
                if (*text == '_' && text > begin && text[-1] != '_' && digit(text[1]) < base)
                        continue;
                if (digit(*text) >= base)
                        return GO_INVALID_SYNTAX;
                if (value > (most - digit(*text)) / base)
                        return GO_OUT_OF_RANGE;
                value = value * base + digit(*text);
        }
        /* Written so that INT64_MIN passes through no signed overflow. */
        *ret = !negative ? (int64_t)value : value ? -(int64_t)(value - 1) - 1 : 0;
        return GO_NUMBER;
}
