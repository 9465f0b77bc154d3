/* SPDX-License-Identifier: MIT */
/* Percent-decoding, and the parameters of a query. */
#include "serve/http_parse_internal.h"

int http_hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool http_percent_decode(struct slice in, bool plus_is_blank, char *ret) {
        size_t n = 0;

        for (size_t i = 0; i < in.n; i++) {
                char c = in.p[i];

                if (c == '%') {
                        int high = in.n - i > 2 ? http_hex_digit(in.p[i + 1]) : -1;
                        int low = in.n - i > 2 ? http_hex_digit(in.p[i + 2]) : -1;

                        if (high < 0 || low < 0 || (high == 0 && low == 0))
                                return false;
                        c = (char)(high * 16 + low);
                        i += 2;
                } else if (c == '+' && plus_is_blank) {
                        c = ' ';
                }
                if (ret)
                        ret[n++] = c;
        }
        if (ret)
                ret[n] = '\0';
        return true;
}

const char *http_query(const struct http_request *rq, const char *name, struct arena *a) {
        struct slice rest = slice_str(rq->query), pair, key;
        char *value;

        while (slice_split(&rest, '&', &pair)) {
                if (!slice_split(&pair, '=', &key) || !slice_eq(key, name))
                        continue;
                value = arena_alloc(a, pair.n + 1);
                /* The parser lets no other query through. */
                return http_percent_decode(pair, true, value) ? value : NULL;
        }
        return NULL;
}
