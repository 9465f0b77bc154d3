/* SPDX-License-Identifier: MIT */
/* Bodies of forms, taken apart at their boundary. */
#include "serve/multipart.h"

#define BOUNDARY_MAX 70 /* RFC 2046 */

static bool is_blank(char c) {
        return c == ' ' || c == '\t';
}

static void advance(struct slice *s, size_t n) {
        s->p += n;
        s->n -= n;
}

/* The first `what` in s; s.n if there is none. */
static size_t find(struct slice s, struct slice what) {
        for (size_t at = 0; what.n <= s.n && at <= s.n - what.n; at++) {
                const char *first = memchr(s.p + at, what.p[0], s.n - what.n - at + 1);

                if (!first)
                        break;
                at = (size_t)(first - s.p);
                if (memcmp(first, what.p, what.n) == 0)
                        return at;
        }
        return s.n;
}

/* ---- Parameters: ; name=value; name="quoted \" value" ---- */

static bool quoted_value(struct slice *in, struct slice *ret) {
        size_t n = 1;

        while (n < in->n && in->p[n] != '"')
                n += in->p[n] == '\\' && n + 1 < in->n ? 2 : 1;
        if (n >= in->n)
                return false;
        *ret = (struct slice){ in->p + 1, n - 1 };
        advance(in, n + 1);
        slice_skip_blanks(in);
        return in->n == 0 || in->p[0] == ';';
}

static bool plain_value(struct slice *in, struct slice *ret) {
        const char *end = memchr(in->p, ';', in->n);
        size_t n = end ? (size_t)(end - in->p) : in->n;

        *ret = slice_trim((struct slice){ in->p, n });
        advance(in, n);
        return true;
}

/* The next one. False at the end, and with *ret_broken set if it is malformed. */
static bool next_parameter(struct slice *in, struct slice *ret_name, struct slice *ret_value, bool *ret_broken) {
        const char *equals;

        slice_skip_blanks(in);
        if (!slice_skip(in, ";"))
                return false;
        equals = in->n ? memchr(in->p, '=', in->n) : NULL;
        if (!equals) {
                *ret_broken = slice_trim(*in).n > 0;
                return false;
        }
        *ret_name = slice_trim((struct slice){ in->p, (size_t)(equals - in->p) });
        advance(in, (size_t)(equals - in->p) + 1);
        slice_skip_blanks(in);
        *ret_broken = !(in->n && in->p[0] == '"' ? quoted_value(in, ret_value) : plain_value(in, ret_value));
        return !*ret_broken;
}

/* What stands before the first parameter; *in is the rest. */
static struct slice first_word(struct slice *in) {
        const char *end = in->n ? memchr(in->p, ';', in->n) : NULL;
        size_t n = end ? (size_t)(end - in->p) : in->n;
        struct slice word = slice_trim((struct slice){ in->p, n });

        advance(in, n);
        return word;
}

bool multipart_is(struct slice content_type) {
        return content_type.p && slice_eq_nocase(first_word(&content_type), "multipart/form-data");
}

static bool is_boundary(struct slice s) {
        static const char others[] = "'()+_,-./:=? ";

        for (size_t i = 0; i < s.n; i++) {
                char c = s.p[i];
                bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), is_digit = c >= '0' && c <= '9';

                if (!is_letter && !is_digit && !memchr(others, c, sizeof(others) - 1))
                        return false;
        }
        return s.n > 0 && s.n <= BOUNDARY_MAX && s.p[s.n - 1] != ' ';
}

static int read_boundary(struct slice content_type, struct slice *ret, struct error *err) {
        struct slice name, value, found = { NULL, 0 };
        bool broken = false;

        if (!multipart_is(content_type))
                return error_set(err, ERR_INVALID, "the content type must be multipart/form-data");
        (void)first_word(&content_type);
        while (next_parameter(&content_type, &name, &value, &broken)) {
                if (!slice_eq_nocase(name, "boundary"))
                        continue;
                if (found.p)
                        return error_set(err, ERR_INVALID, "the content type has two boundaries");
                found = value;
        }
        if (broken || !found.p || !is_boundary(found))
                return error_set(err, ERR_INVALID, "the content type has no boundary that can be used");
        *ret = found;
        return 0;
}

/* ---- One part ---- */

static int read_disposition(struct slice value, struct multipart_part *part, struct error *err) {
        struct slice name, text;
        bool broken = false;

        if (!slice_eq_nocase(first_word(&value), "form-data"))
                return error_set(err, ERR_INVALID, "a part is no form-data");
        while (next_parameter(&value, &name, &text, &broken)) {
                if (slice_eq_nocase(name, "name"))
                        part->name = text;
                else if (slice_eq_nocase(name, "filename"))
                        part->filename = text;
        }
        return broken ? error_set(err, ERR_INVALID, "the header of a part is malformed") : 0;
}

static bool is_plain_encoding(struct slice value) {
        return slice_eq_nocase(value, "7bit") || slice_eq_nocase(value, "8bit") || slice_eq_nocase(value, "binary");
}

static int read_header_line(struct slice line, struct multipart_part *part, struct error *err) {
        const char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
        struct slice name, value;

        if (!colon || colon == line.p || is_blank(line.p[0]) || is_blank(colon[-1]) || memchr(line.p, '\0', line.n))
                return error_set(err, ERR_INVALID, "the header of a part is malformed");
        name = (struct slice){ line.p, (size_t)(colon - line.p) };
        value = slice_trim((struct slice){ colon + 1, line.n - name.n - 1 });
        if (slice_eq_nocase(name, "content-disposition"))
                return read_disposition(value, part, err);
        if (slice_eq_nocase(name, "content-transfer-encoding") && !is_plain_encoding(value))
                return error_set(err, ERR_INVALID, "a part is encoded, which forms do not do");
        return 0;
}

/* The header and what follows it; s is everything between two delimiters. */
static int read_part(struct slice s, struct multipart_part *part, struct error *err) {
        *part = (struct multipart_part){ .name = { NULL, 0 } };
        for (size_t used = 0;;) {
                size_t n = find(s, slice_str("\r\n"));

                if (n == s.n || used + n > MULTIPART_HEADER_MAX)
                        return error_set(err, ERR_INVALID, "the header of a part has no end, or is too long");
                if (n == 0)
                        break;
                if (read_header_line((struct slice){ s.p, n }, part, err) < 0)
                        return -1;
                advance(&s, n + 2);
                used += n + 2;
        }
        advance(&s, 2);
        part->body = s;
        return part->name.p ? 0 : error_set(err, ERR_INVALID, "a part has no name");
}

/* ---- The body ---- */

enum delimiter { DELIMITER_NONE, DELIMITER_NEXT, DELIMITER_LAST };

/* What stands behind "--boundary": takes the rest of its line. */
static enum delimiter end_of_delimiter(struct slice *s) {
        struct slice rest = *s;
        bool last = slice_skip(&rest, "--");

        slice_skip_blanks(&rest);
        if (!slice_skip(&rest, "\r\n") && !(last && rest.n == 0))
                return DELIMITER_NONE;
        *s = rest;
        return last ? DELIMITER_LAST : DELIMITER_NEXT;
}

/* Takes everything up to the next delimiter and that too. *ret: what stood before it, without the line break that belongs to it. */
static enum delimiter next_delimiter(struct slice *s, struct slice delimiter, struct slice *ret) {
        const char *from = s->p;

        while (s->n > 0) {
                size_t at = find(*s, delimiter);
                enum delimiter kind;

                if (at == s->n)
                        break;
                *ret = (struct slice){ from, (size_t)(s->p + at - from) };
                advance(s, at + delimiter.n);
                kind = end_of_delimiter(s);
                if (kind != DELIMITER_NONE)
                        return kind;
        }
        return DELIMITER_NONE;
}

int multipart_parse(struct multipart *ret, struct slice content_type, struct slice body, struct error *err) {
        char delimiter[BOUNDARY_MAX + sizeof("\r\n--")];
        struct slice boundary = { NULL, 0 }, first, between;
        struct multipart m = { .n = 0 };
        enum delimiter kind;

        if (read_boundary(content_type, &boundary, err) < 0)
                return -1;
        (void)snprintf(delimiter, sizeof(delimiter), "\r\n--%.*s", (int)boundary.n, boundary.p);
        /* The first stands at the very beginning, where no line ends before it, or behind a preamble. */
        first = slice_str(delimiter + 2);
        kind = DELIMITER_NONE;
        if (body.n >= first.n && memcmp(body.p, first.p, first.n) == 0) {
                advance(&body, first.n);
                kind = end_of_delimiter(&body);
        }
        if (kind == DELIMITER_NONE)
                kind = next_delimiter(&body, slice_str(delimiter), &between);
        if (kind == DELIMITER_NONE)
                return error_set(err, ERR_INVALID, "the body does not begin with its boundary");
        while (kind == DELIMITER_NEXT) {
                struct slice part = { NULL, 0 };

                if (m.n == MULTIPART_PARTS_MAX)
                        return error_set(err, ERR_INVALID, "the form has more than %d parts", MULTIPART_PARTS_MAX);
                kind = next_delimiter(&body, slice_str(delimiter), &part);
                if (kind == DELIMITER_NONE)
                        return error_set(err, ERR_INVALID, "the body ends in the middle of a part");
                if (read_part(part, &m.parts[m.n++], err) < 0)
                        return -1;
        }
        *ret = m;
        return 0;
}

const struct multipart_part *multipart_find(const struct multipart *m, const char *name, size_t *ret_n) {
        const struct multipart_part *found = NULL;

        *ret_n = 0;
        for (size_t i = 0; i < m->n; i++) {
                if (!slice_eq(m->parts[i].name, name))
                        continue;
                found = found ? found : &m->parts[i];
                (*ret_n)++;
        }
        return found;
}
