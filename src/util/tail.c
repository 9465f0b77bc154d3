/* SPDX-License-Identifier: MIT */
/* The last bytes of what somebody prints. */
#include "autoheal/util/tail.h"

void tail_add(struct tail *t, const char *text, size_t n) {
        size_t skip = n > TAIL_MAX ? n - TAIL_MAX : 0, drop;

        text += skip;
        n -= skip;
        drop = t->n + n > TAIL_MAX ? t->n + n - TAIL_MAX : 0;
        memmove(t->bytes, t->bytes + drop, t->n - drop);
        t->n -= drop;
        memcpy(t->bytes + t->n, text, n);
        t->n += n;
}

const char *tail_line(const struct tail *t, char *ret, size_t size) {
        static const char dots[] = "...";
        char line[TAIL_MAX + 1];
        size_t n = 0, from;

        for (size_t i = 0; i < t->n; i++) {
                bool blank = (unsigned char)t->bytes[i] <= ' ';

                if (!blank)
                        line[n++] = t->bytes[i];
                else if (n > 0 && line[n - 1] != ' ')
                        line[n++] = ' ';
        }
        while (n > 0 && line[n - 1] == ' ')
                n--;
        line[n] = '\0';
        if (n < size) {
                memcpy(ret, line, n + 1);
                return ret;
        }
        from = n - (size - 1) + strlen(dots);
        /* Not in the middle of a character. */
        while (((unsigned char)line[from] & 0xc0U) == 0x80)
                from++;
        memcpy(ret, dots, strlen(dots));
        memcpy(ret + strlen(dots), line + from, n - from + 1);
        return ret;
}
