/* SPDX-License-Identifier: MIT */
/* Points in time as a person types them. */
#include "cli_internal.h"

#include "autoheal/util/timefmt.h"

#define UNIX_TIME_MAX   UINT64_C(253402300799) /* the end of the year 9999 */
#define UNIX_DIGITS_MIN 9                      /* fewer are an age in seconds; nobody means a time before 1973 */

/* "1764171205" or "1764171205.25" */
static bool parse_unix_time(struct slice text, int64_t *ret_us) {
        size_t before = text.n;
        uint64_t seconds;
        if (!slice_number(&text, UNIX_TIME_MAX, &seconds) || before - text.n < UNIX_DIGITS_MIN)
                return false;
        int64_t us = (int64_t)seconds * US_PER_S, unit = US_PER_S / 10;
        if (slice_skip(&text, ".") && text.n == 0)
                return false;
        for (; text.n && *text.p >= '0' && *text.p <= '9'; text.p++, text.n--, unit /= 10)
                us += (*text.p - '0') * unit;
        if (text.n)
                return false;
        *ret_us = us;
        return true;
}

bool when_parse(const char *text, int64_t *ret_us) {
        static const char *const rests[] = { "", ":00", "T00:00:00" };
        for (size_t i = 0; i < N_ELEMENTS(rests); i++) {
                char whole[64];
                int n = snprintf(whole, sizeof(whole), "%s%s", text, rests[i]);
                if (n > 0 && (size_t)n < sizeof(whole) && time_parse_iso(slice_str(whole), ret_us))
                        return true;
        }
        return parse_unix_time(slice_str(text), ret_us);
}
