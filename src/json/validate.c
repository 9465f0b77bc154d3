/* SPDX-License-Identifier: MIT */
/* The check of a JSON text against RFC 8259: one pass over the bytes, without recursion, that knows what it expects next. */
#include "autoheal/json/reader.h"
#include "autoheal/util/text.h"
#include "json_internal.h"

enum want {
        WANT_VALUE,
        WANT_FIRST_ELEMENT, /* or the end of an empty array */
        WANT_FIRST_KEY,     /* or the end of an empty object */
        WANT_KEY,
        WANT_COLON,
        WANT_NEXT, /* a comma, or the end of the array or object */
        WANT_END,
};

struct scan {
        const char *text;
        size_t len, pos;
        size_t tokens, max_tokens;
        enum want want;
        unsigned depth;
        uint64_t in_object; /* the open containers, one bit each, the innermost lowest */
        struct error *err;
};

void json_locate(const char *text, size_t offset, size_t *ret_line, size_t *ret_column) {
        size_t line = 1, line_start = 0;
        for (size_t i = 0; i < offset; i++) {
                if (text[i] == '\n') {
                        line++;
                        line_start = i + 1;
                }
        }
        *ret_line = line;
        *ret_column = offset - line_start + 1;
}

static int expected(const struct scan *s, const char *what) {
        size_t line, column;
        json_locate(s->text, s->pos, &line, &column);
        if (s->pos >= s->len)
                return error_set(s->err, ERR_INVALID, "line %zu, column %zu: expected %s, found the end of the text", line, column,
                                 what);
        unsigned char c = (unsigned char)s->text[s->pos];
        if (c >= 0x20 && c < 0x7f)
                return error_set(s->err, ERR_INVALID, "line %zu, column %zu: expected %s, found '%c'", line, column, what, c);
        return error_set(s->err, ERR_INVALID, "line %zu, column %zu: expected %s, found byte 0x%02x", line, column, what, c);
}

/* NUL at the end of the text; a NUL in the text fits nowhere either. */
static char peek(const struct scan *s) {
        return s->pos < s->len ? s->text[s->pos] : '\0';
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool is_hex_digit(char c) {
        return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static void skip_blanks(struct scan *s) {
        while (s->pos < s->len &&
               (s->text[s->pos] == ' ' || s->text[s->pos] == '\n' || s->text[s->pos] == '\t' || s->text[s->pos] == '\r'))
                s->pos++;
}

static int count_token(struct scan *s) {
        if (s->tokens == s->max_tokens) {
                size_t line, column;
                json_locate(s->text, s->pos, &line, &column);
                return error_set(s->err, ERR_TOO_LARGE, "line %zu, column %zu: expected at most %zu values and keys, found more",
                                 line, column, s->max_tokens);
        }
        s->tokens++;
        return 0;
}

static int scan_escape(struct scan *s) {
        s->pos++;
        char c = peek(s);
        if (c == '\0' || !strchr("\"\\/bfnrtu", c))
                return expected(s, "one of \" \\ / b f n r t u after a backslash");
        s->pos++;
        for (unsigned i = 0; c == 'u' && i < 4; i++, s->pos++) {
                if (!is_hex_digit(peek(s)))
                        return expected(s, "four hexadecimal digits after \\u");
        }
        return 0;
}

static size_t plain_run(const char *p, size_t n) {
        size_t i = 0;
        while (i < n && (unsigned char)p[i] >= 0x20 && (unsigned char)p[i] < 0x80 && p[i] != '"' && p[i] != '\\')
                i++;
        return i;
}

static int scan_string(struct scan *s) {
        s->pos++;
        for (;;) {
                s->pos += plain_run(s->text + s->pos, s->len - s->pos);
                char c = peek(s);
                if (c == '"') {
                        s->pos++;
                        return 0;
                }
                if (s->pos == s->len)
                        return expected(s, "'\"' at the end of a string");
                if ((unsigned char)c < 0x20)
                        return expected(s, "an escape for a control character in a string");
                if (c == '\\') {
                        if (scan_escape(s) < 0)
                                return -1;
                        continue;
                }
                size_t n = utf8_sequence(s->text + s->pos, s->len - s->pos, NULL);
                if (n == 0)
                        return expected(s, "valid UTF-8");
                s->pos += n;
        }
}

static int scan_digits(struct scan *s, const char *what) {
        if (!is_digit(peek(s)))
                return expected(s, what);
        while (is_digit(peek(s)))
                s->pos++;
        return 0;
}

static int scan_number(struct scan *s) {
        if (peek(s) == '-')
                s->pos++;
        if (peek(s) == '0') {
                s->pos++;
                if (is_digit(peek(s)))
                        return expected(s, "no digit after a leading zero");
        } else if (scan_digits(s, "a digit after '-'") < 0) {
                return -1;
        }
        if (peek(s) == '.') {
                s->pos++;
                if (scan_digits(s, "a digit after '.'") < 0)
                        return -1;
        }
        if (peek(s) == 'e' || peek(s) == 'E') {
                s->pos++;
                if (peek(s) == '+' || peek(s) == '-')
                        s->pos++;
                return scan_digits(s, "a digit in the exponent");
        }
        return 0;
}

static int scan_literal(struct scan *s, const char *word, const char *quoted) {
        for (; *word; word++, s->pos++) {
                if (peek(s) != *word)
                        return expected(s, quoted);
        }
        return 0;
}

static int open_container(struct scan *s, bool object) {
        _Static_assert(JSON_MAX_DEPTH == 64, "in_object has a bit for each level, and the message names the number");
        if (s->depth == JSON_MAX_DEPTH)
                return expected(s, "at most 64 levels of arrays and objects");
        s->depth++;
        s->in_object = s->in_object << 1 | object;
        s->pos++;
        s->want = object ? WANT_FIRST_KEY : WANT_FIRST_ELEMENT;
        return 0;
}

static void after_value(struct scan *s) {
        s->want = s->depth > 0 ? WANT_NEXT : WANT_END;
}

static void close_container(struct scan *s) {
        s->depth--;
        s->in_object >>= 1;
        s->pos++;
        after_value(s);
}

static int scan_value(struct scan *s, const char *what) {
        char c = peek(s);
        if (count_token(s) < 0)
                return -1;
        if (c == '{' || c == '[')
                return open_container(s, c == '{');
        after_value(s);
        if (c == '"')
                return scan_string(s);
        if (c == '-' || is_digit(c))
                return scan_number(s);
        if (c == 't')
                return scan_literal(s, "true", "'true'");
        if (c == 'f')
                return scan_literal(s, "false", "'false'");
        if (c == 'n')
                return scan_literal(s, "null", "'null'");
        return expected(s, what);
}

static int scan_key(struct scan *s, const char *what) {
        if (peek(s) != '"')
                return expected(s, what);
        if (count_token(s) < 0)
                return -1;
        s->want = WANT_COLON;
        return scan_string(s);
}

static int scan_next(struct scan *s) {
        bool object = s->in_object & 1;
        if (peek(s) == (object ? '}' : ']')) {
                close_container(s);
                return 0;
        }
        if (peek(s) != ',')
                return expected(s, object ? "',' or '}' after a value" : "',' or ']' after a value");
        s->pos++;
        s->want = object ? WANT_KEY : WANT_VALUE;
        return 0;
}

static int scan_step(struct scan *s) {
        switch (s->want) {
        case WANT_FIRST_ELEMENT:
                if (peek(s) != ']')
                        return scan_value(s, "a value or ']'");
                close_container(s);
                return 0;
        case WANT_FIRST_KEY:
                if (peek(s) != '}')
                        return scan_key(s, "a key in double quotes or '}'");
                close_container(s);
                return 0;
        case WANT_KEY:
                return scan_key(s, "a key in double quotes after ','");
        case WANT_COLON:
                if (peek(s) != ':')
                        return expected(s, "':' after a key");
                s->pos++;
                s->want = WANT_VALUE;
                return 0;
        case WANT_NEXT:
                return scan_next(s);
        case WANT_VALUE:
        case WANT_END:
                break;
        }
        return scan_value(s, "a value");
}

int json_validate(const char *text, size_t len, size_t max_tokens, size_t *ret_tokens, struct error *err) {
        struct scan s = { .text = text, .len = len, .max_tokens = max_tokens, .want = WANT_VALUE, .err = err };

        if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
                return error_set(err, ERR_INVALID,
                                 "line 1, column 1: expected a value, found a byte order mark: save the text as UTF-8 without one");
        while (s.want != WANT_END) {
                skip_blanks(&s);
                if (scan_step(&s) < 0)
                        return -1;
        }
        skip_blanks(&s);
        if (s.pos < s.len)
                return expected(&s, "the end of the text after the value");
        *ret_tokens = s.tokens;
        return 0;
}
