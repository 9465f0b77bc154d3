/* SPDX-License-Identifier: MIT */
/* The words of a template's actions: fields, names, constants and punctuation. */
#include "template_internal.h"

#include "autoheal/util/text.h"

#include <inttypes.h>
#include <stdarg.h>

int template_fail(struct template_parser *ps, const char *fmt, ...) {
        char what[480];
        size_t line = 1;
        for (const char *p = ps->start; p < ps->p; p++)
                line += *p == '\n';
        va_list ap;
        va_start(ap, fmt);
        (void)vsnprintf(what, sizeof(what), fmt, ap);
        va_end(ap);
        return error_set(ps->err, ERR_INVALID, "failed to parse template: template: :%zu: %s", line, what);
}

bool template_is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static int take(struct template_parser *ps, enum token_kind kind, size_t len) {
        ps->token = (struct token){ .kind = kind, .text = { ps->p, len } };
        ps->p += len;
        return 0;
}

static bool may_follow(const char *p) {
        return !*p || template_is_blank(*p) || *p == '|' || *p == '(' || *p == ')' || strncmp(p, "}}", 2) == 0;
}

static int check_follows(struct template_parser *ps) {
        uint32_t cp = 0;
        if (may_follow(ps->p))
                return 0;
        size_t n = utf8_sequence(ps->p, strlen(ps->p), &cp);
        if (n == 0)
                return template_fail(ps, "bad character 0x%02x", (unsigned)(unsigned char)*ps->p);
        return template_fail(ps, "bad character U+%04" PRIX32 " '%.*s'", cp, (int)n, ps->p);
}

static int take_word(struct template_parser *ps, enum token_kind kind) {
        size_t len = 1;
        while (is_letter(ps->p[len]) || is_digit(ps->p[len]) || (kind == TOKEN_FIELD && ps->p[len] == '.'))
                len++;
        (void)take(ps, kind, len);
        return check_follows(ps);
}

static int take_number(struct template_parser *ps) {
        size_t len = 1;
        while (is_letter(ps->p[len]) || is_digit(ps->p[len]) || ps->p[len] == '.')
                len++;
        char *digits = arena_strndup(ps->a, ps->p, len);
        (void)take(ps, TOKEN_NUMBER, len);
        if (!parse_int64(digits, INT64_MIN, INT64_MAX, &ps->token.number))
                return template_fail(ps, "bad number syntax: \"%s\"", digits);
        return check_follows(ps);
}

static int take_raw_string(struct template_parser *ps) {
        const char *end = strchr(ps->p + 1, '`');
        if (!end)
                return template_fail(ps, "unterminated raw quoted string");
        const char *text = arena_strndup(ps->a, ps->p + 1, (size_t)(end - ps->p - 1));
        (void)take(ps, TOKEN_TEXT, (size_t)(end - ps->p) + 1);
        ps->token.string = text;
        return 0;
}

static void add_character(struct buf *out, uint32_t cp) {
        if (cp < 0x80) {
                buf_add_char(out, (char)cp);
        } else if (cp < 0x800) {
                buf_add_char(out, (char)(0xc0 | cp >> 6));
        } else if (cp < 0x10000) {
                buf_add_char(out, (char)(0xe0 | cp >> 12));
                buf_add_char(out, (char)(0x80 | (cp >> 6 & 0x3f)));
        } else {
                buf_add_char(out, (char)(0xf0 | cp >> 18));
                buf_add_char(out, (char)(0x80 | (cp >> 12 & 0x3f)));
                buf_add_char(out, (char)(0x80 | (cp >> 6 & 0x3f)));
        }
        if (cp >= 0x80)
                buf_add_char(out, (char)(0x80 | (cp & 0x3f)));
}

/* The hexadecimal digits of \x41, \u2026 and \U0001f600: *p stands behind the letter, and is moved behind them. */
static bool decode_hex(const char **p, size_t n_digits, uint32_t *ret) {
        uint32_t value = 0;
        for (size_t i = 0; i < n_digits; i++) {
                char c = **p;
                uint32_t digit = is_digit(c) ? (uint32_t)(c - '0') : (uint32_t)((c | 0x20) - 'a' + 10);
                if (digit > 15 || (!is_digit(c) && !is_letter(c)))
                        return false;
                value = value << 4 | digit;
                (*p)++;
        }
        *ret = value;
        return value != 0 && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
}

/* *p stands behind the backslash. */
static bool decode_escape(const char **p, struct buf *out) {
        static const char simple[] = "a\ab\bf\fn\nr\rt\tv\v\\\\\"\"";
        char c = *(*p)++;
        for (const char *s = simple; *s; s += 2) {
                if (*s == c) {
                        buf_add_char(out, s[1]);
                        return true;
                }
        }
        uint32_t cp = 0;
        if ((c != 'x' && c != 'u' && c != 'U') || !decode_hex(p, c == 'x' ? 2 : c == 'u' ? 4 : 8, &cp))
                return false;
        if (c == 'x')
                buf_add_char(out, (char)cp);
        else
                add_character(out, cp);
        return true;
}

static int take_string(struct template_parser *ps) {
        struct buf text AUTO(buf_release) = BUF_INIT(TEMPLATE_MAX);
        const char *p = ps->p + 1;
        while (*p && *p != '"') {
                bool escape = *p == '\\' && p[1];
                if (!escape)
                        buf_add_char(&text, *p);
                p++;
                if (escape && !decode_escape(&p, &text))
                        return template_fail(ps, "invalid syntax");
        }
        if (!*p)
                return template_fail(ps, "unterminated quoted string");
        (void)take(ps, TOKEN_TEXT, (size_t)(p - ps->p) + 1);
        ps->token.string = arena_strdup(ps->a, buf_str(&text));
        return 0;
}

/* A character, or a variable with its name. */
static int take_other(struct template_parser *ps) {
        size_t n = utf8_sequence(ps->p, strlen(ps->p), NULL);
        if (*ps->p == '$')
                while (is_letter(ps->p[n]) || is_digit(ps->p[n]))
                        n++;
        return take(ps, TOKEN_OTHER, n ? n : 1);
}

int template_next(struct template_parser *ps) {
        bool after_blank = false;
        for (; template_is_blank(*ps->p); ps->p++)
                after_blank = true;
        const char *p = ps->p;
        if (!*p)
                return template_fail(ps, "unclosed action");
        if (strncmp(p, "}}", 2) == 0)
                return take(ps, TOKEN_END, 2);
        if (after_blank && strncmp(p, "-}}", 3) == 0) {
                ps->trim = true;
                return take(ps, TOKEN_END, 3);
        }
        if (*p == '.')
                return take_word(ps, TOKEN_FIELD);
        if (is_letter(*p))
                return take_word(ps, TOKEN_WORD);
        if (is_digit(*p) || ((*p == '-' || *p == '+') && is_digit(p[1])))
                return take_number(ps);
        if (*p == '"')
                return take_string(ps);
        if (*p == '`')
                return take_raw_string(ps);
        if (*p == '|' || *p == '(' || *p == ')')
                return take(ps, *p == '|' ? TOKEN_PIPE : *p == '(' ? TOKEN_OPEN : TOKEN_CLOSE, 1);
        return take_other(ps);
}
