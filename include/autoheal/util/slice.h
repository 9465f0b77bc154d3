/* SPDX-License-Identifier: MIT */
/*
 * A borrowed run of bytes, and a cursor over it. Nothing here allocates; a slice is valid as long as what it points into.
 * The number readers consume digits from the front, refuse anything above `max`, and leave the slice untouched on failure.
 */
#ifndef AUTOHEAL_UTIL_SLICE_H
#define AUTOHEAL_UTIL_SLICE_H

#include "autoheal/util/base.h"

struct slice {
        const char *p;
        size_t n;
};

static inline struct slice slice_str(const char *s) {
        return (struct slice){ s, s ? strlen(s) : 0 };
}

bool slice_eq(struct slice s, const char *str);
bool slice_eq_nocase(struct slice s, const char *str);
/* Consumes the literal prefix. */
bool slice_skip(struct slice *in, const char *prefix);
bool slice_skip_nocase(struct slice *in, const char *prefix);
/* Consumes leading blanks and tabs. */
void slice_skip_blanks(struct slice *in);
/* Without the blanks and tabs around it. */
struct slice slice_trim(struct slice s);
/* Consumes decimal digits (at least one). */
bool slice_number(struct slice *in, uint64_t max, uint64_t *ret);
/* Splits at the first `sep`: *ret_head is what was before it, *in what comes after. Without sep: the whole, and *in is empty. False when *in was empty. */
bool slice_split(struct slice *in, char sep, struct slice *ret_head);
/* Whole-string decimal integer with optional sign, no blanks. */
bool parse_int64(const char *s, int64_t min, int64_t max, int64_t *ret);
/* true/false in any letter case, and 1/0, t/f, as Go's strconv.ParseBool plus any case. */
bool parse_bool(const char *s, bool *ret);

#endif
