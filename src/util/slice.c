/* SPDX-License-Identifier: MIT */
/* A cursor over borrowed bytes, and the numbers and booleans read with it. */
#include "autoheal/util/slice.h"

/* tolower() asks the locale, which must not decide what our files mean. */
static char lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same(const char *a, const char *b, size_t n, bool nocase) {
        if (!nocase)
                return n == 0 || memcmp(a, b, n) == 0;
        for (size_t i = 0; i < n; i++)
                if (lower(a[i]) != lower(b[i]))
                        return false;
        return true;
}

static bool equal(struct slice s, const char *str, bool nocase) {
        return str && strlen(str) == s.n && same(s.p, str, s.n, nocase);
}

static bool skip(struct slice *in, const char *prefix, bool nocase) {
        size_t n = strlen(prefix);

        if (in->n < n || !same(in->p, prefix, n, nocase))
                return false;
        if (n) {
                in->p += n;
                in->n -= n;
        }
        return true;
}

bool slice_eq(struct slice s, const char *str) {
        return equal(s, str, false);
}

bool slice_eq_nocase(struct slice s, const char *str) {
        return equal(s, str, true);
}

bool slice_skip(struct slice *in, const char *prefix) {
        return skip(in, prefix, false);
}

bool slice_skip_nocase(struct slice *in, const char *prefix) {
        return skip(in, prefix, true);
}

void slice_skip_blanks(struct slice *in) {
        while (in->n && (*in->p == ' ' || *in->p == '\t')) {
                in->p++;
                in->n--;
        }
}

struct slice slice_trim(struct slice s) {
        slice_skip_blanks(&s);
        while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
                s.n--;
        return s;
}

bool slice_number(struct slice *in, uint64_t max, uint64_t *ret) {
        struct slice rest = *in;
        uint64_t value = 0;

        while (rest.n && *rest.p >= '0' && *rest.p <= '9') {
                uint64_t digit = (uint64_t)(*rest.p - '0');

                if (digit > max || value > (max - digit) / 10)
                        return false;
                value = value * 10 + digit;
                rest.p++;
                rest.n--;
        }
        if (rest.n == in->n)
                return false;
        *in = rest;
        *ret = value;
        return true;
}

bool slice_split(struct slice *in, char sep, struct slice *ret_head) {
        const char *at;

        if (in->n == 0)
                return false;
        at = memchr(in->p, sep, in->n);
        if (at) {
                size_t head = (size_t)(at - in->p);

                *ret_head = (struct slice){ in->p, head };
                *in = (struct slice){ at + 1, in->n - head - 1 };
        } else {
                *ret_head = *in;
                *in = (struct slice){ in->p + in->n, 0 };
        }
        return true;
}

bool parse_int64(const char *s, int64_t min, int64_t max, int64_t *ret) {
        struct slice in = slice_str(s);
        bool negative = slice_skip(&in, "-");
        uint64_t magnitude;
        int64_t value;

        if (!negative)
                (void)slice_skip(&in, "+");
        if (!slice_number(&in, (uint64_t)INT64_MAX + negative, &magnitude) || in.n)
                return false;
        if (negative)
                /* Written so that INT64_MIN passes through no signed overflow. */
                value = magnitude ? -(int64_t)(magnitude - 1) - 1 : 0;
        else
                value = (int64_t)magnitude;
        if (value < min || value > max)
                return false;
        *ret = value;
        return true;
}

bool parse_bool(const char *s, bool *ret) {
        static const char *const yes[] = { "true", "t", "1" };
        static const char *const no[] = { "false", "f", "0" };
        struct slice in = slice_str(s);

        for (size_t i = 0; i < N_ELEMENTS(yes); i++) {
                bool is_yes = slice_eq_nocase(in, yes[i]);

                if (is_yes || slice_eq_nocase(in, no[i])) {
                        *ret = is_yes;
                        return true;
                }
        }
        return false;
}
