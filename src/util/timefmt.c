/* SPDX-License-Identifier: MIT */
/* Times and durations as text, with calendar arithmetic of our own: libc's asks for the time zone. */
#include "autoheal/util/timefmt.h"

#include "autoheal/util/now.h"

#include <inttypes.h>

#define S_PER_MINUTE 60
#define S_PER_HOUR   3600
#define S_PER_DAY    86400
/* 9999-12-31T23:59:59.999999+00:00 */
#define LAST_US (INT64_C(253402300800) * US_PER_S - 1)

struct civil {
        int64_t year, month, day, hour, minute, second; /* month and day count from 1 */
};

/*
 * Days since 1970-01-01 of a date in the Gregorian calendar, and back, by 400-year eras that begin in March (Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms"). For years 0 to 9999.
 */
static int64_t days_from_civil(const struct civil *c) {
        int64_t year = c->month <= 2 ? c->year + 399 : c->year + 400; /* 400 more: the division below must not see -1 */
        int64_t era = year / 400, year_of_era = year % 400;
        int64_t day_of_year = (153 * (c->month > 2 ? c->month - 3 : c->month + 9) + 2) / 5 + c->day - 1;

        return (era - 1) * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void civil_from_days(int64_t days, struct civil *ret) {
        int64_t shifted = days + 719468;
        int64_t era = shifted / 146097, day_of_era = shifted % 146097;
        int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
        int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        int64_t march_month = (5 * day_of_year + 2) / 153;

        ret->day = day_of_year - (153 * march_month + 2) / 5 + 1;
        ret->month = march_month < 10 ? march_month + 3 : march_month - 9;
        ret->year = year_of_era + era * 400 + (ret->month <= 2 ? 1 : 0);
}

static int64_t days_in_month(int64_t year, int64_t month) {
        static const int64_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

        return month == 2 && leap ? 29 : days[month - 1];
}

/* Checks the fields, accepts second 60 as 59. */
static bool civil_to_us(struct civil c, int64_t *ret_us) {
        if (c.month < 1 || c.month > 12 || c.day < 1 || c.day > days_in_month(c.year, c.month))
                return false;
        if (c.hour > 23 || c.minute > 59 || c.second > 60)
                return false;
        if (c.second == 60)
                c.second = 59;
        *ret_us = (days_from_civil(&c) * S_PER_DAY + c.hour * S_PER_HOUR + c.minute * S_PER_MINUTE + c.second) * US_PER_S;
        return true;
}

void time_format_iso(int64_t us, char ret[static TIME_ISO_SIZE]) {
        struct civil c;
        int64_t seconds;

        if (us < 0)
                us = 0;
        if (us > LAST_US)
                us = LAST_US;
        seconds = us / US_PER_S % S_PER_DAY;
        civil_from_days(us / US_PER_S / S_PER_DAY, &c);
        (void)snprintf(ret, TIME_ISO_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%06u+00:00", (unsigned)c.year % 10000U,
                       (unsigned)c.month % 100U, (unsigned)c.day % 100U, (unsigned)(seconds / S_PER_HOUR) % 100U,
                       (unsigned)(seconds / S_PER_MINUTE) % 60U, (unsigned)seconds % 60U, (unsigned)(us % US_PER_S) % 1000000U);
}

/* Exactly `digits` decimal digits. */
static bool fixed_number(struct slice *in, size_t digits, int64_t *ret) {
        struct slice head = { in->p, digits };
        uint64_t value;

        if (in->n < digits || !slice_number(&head, UINT32_MAX, &value) || head.n)
                return false;
        in->p += digits;
        in->n -= digits;
        *ret = (int64_t)value;
        return true;
}

static bool clock_time(struct slice *in, struct civil *c) {
        return fixed_number(in, 2, &c->hour) && slice_skip(in, ":") && fixed_number(in, 2, &c->minute) && slice_skip(in, ":") &&
               fixed_number(in, 2, &c->second);
}

/* The digits after the point, as microseconds. At least one must be there; those past the sixth do not count. */
static bool fraction(struct slice *in, int64_t *ret_us) {
        int64_t us = 0, unit = US_PER_S / 10;
        size_t before = in->n;

        while (in->n && *in->p >= '0' && *in->p <= '9') {
                us += (*in->p - '0') * unit;
                unit /= 10;
                in->p++;
                in->n--;
        }
        *ret_us = us;
        return in->n < before;
}

/* "Z", "+hh:mm", "+hhmm", "+hh" or nothing, up to the end. */
static bool offset(struct slice in, int64_t *ret_s) {
        int64_t hours = 0, minutes = 0, sign = 1;

        *ret_s = 0;
        if (in.n == 0)
                return true;
        if (slice_skip_nocase(&in, "z"))
                return in.n == 0;
        if (slice_skip(&in, "-"))
                sign = -1;
        else if (!slice_skip(&in, "+"))
                return false;
        if (!fixed_number(&in, 2, &hours))
                return false;
        if (in.n) {
                (void)slice_skip(&in, ":");
                if (!fixed_number(&in, 2, &minutes))
                        return false;
        }
        *ret_s = sign * (hours * S_PER_HOUR + minutes * S_PER_MINUTE);
        return in.n == 0 && hours <= 23 && minutes <= 59;
}

bool time_parse_iso(struct slice text, int64_t *ret_us) {
        struct civil c;
        int64_t us, fraction_us = 0, offset_s;

        if (!fixed_number(&text, 4, &c.year) || !slice_skip(&text, "-") || !fixed_number(&text, 2, &c.month) ||
            !slice_skip(&text, "-") || !fixed_number(&text, 2, &c.day))
                return false;
        if (!slice_skip_nocase(&text, "t") && !slice_skip(&text, " "))
                return false;
        if (!clock_time(&text, &c) || !civil_to_us(c, &us))
                return false;
        if (slice_skip(&text, ".") && !fraction(&text, &fraction_us))
                return false;
        if (!offset(text, &offset_s))
                return false;
        us += fraction_us - offset_s * US_PER_S;
        *ret_us = us > 0 ? us : 0;
        return true;
}

/* Consumes one of the names and tells which. */
static bool name_index(struct slice *in, const char *const names[], size_t count, int64_t *ret) {
        for (size_t i = 0; i < count; i++)
                if (slice_skip(in, names[i])) {
                        *ret = (int64_t)i;
                        return true;
                }
        return false;
}

bool time_parse_http_date(struct slice text, int64_t *ret_us) {
        static const char *const days[] = { "Mon, ", "Tue, ", "Wed, ", "Thu, ", "Fri, ", "Sat, ", "Sun, " };
        static const char *const months[] = { " Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ",
                                              " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec " };
        struct civil c;
        int64_t weekday, us;

        if (!name_index(&text, days, N_ELEMENTS(days), &weekday) || !fixed_number(&text, 2, &c.day) ||
            !name_index(&text, months, N_ELEMENTS(months), &c.month) || !fixed_number(&text, 4, &c.year))
                return false;
        c.month++;
        if (!slice_skip(&text, " ") || !clock_time(&text, &c) || !slice_eq(text, " GMT") || !civil_to_us(c, &us))
                return false;
        *ret_us = us > 0 ? us : 0;
        return true;
}

static const struct {
        const char *suffix;
        int64_t seconds;
} units[] = {
        { "d", S_PER_DAY },
        { "h", S_PER_HOUR },
        { "m", S_PER_MINUTE },
        { "s", 1 },
};

/* One number and its unit, which must be units[*next] or a smaller one. A number alone is seconds if it is all there is. */
static bool duration_part(struct slice *in, bool whole, int64_t max_s, size_t *next, int64_t *ret_s) {
        uint64_t count;

        if (!slice_number(in, (uint64_t)max_s, &count))
                return false;
        if (in->n == 0 && whole) {
                *ret_s = (int64_t)count;
                return true;
        }
        while (*next < N_ELEMENTS(units) && !slice_skip(in, units[*next].suffix))
                (*next)++;
        if (*next == N_ELEMENTS(units) || (int64_t)count > max_s / units[*next].seconds)
                return false;
        *ret_s = (int64_t)count * units[(*next)++].seconds;
        return true;
}

bool duration_parse(struct slice text, int64_t max_s, int64_t *ret_s) {
        int64_t total = 0;
        size_t next = 0;
        bool first = true;

        if (text.n == 0 || max_s < 0)
                return false;
        while (text.n) {
                int64_t part;

                if (!duration_part(&text, first, max_s - total, &next, &part))
                        return false;
                total += part;
                first = false;
        }
        *ret_s = total;
        return true;
}

void duration_format(int64_t s, char ret[static DURATION_SIZE]) {
        size_t i = 0;
        int64_t large, small;

        if (s < 0)
                s = 0;
        while (i + 1 < N_ELEMENTS(units) && s < units[i].seconds)
                i++;
        large = s / units[i].seconds;
        small = i + 1 < N_ELEMENTS(units) ? s % units[i].seconds / units[i + 1].seconds : 0;
        (void)snprintf(ret, DURATION_SIZE, "%" PRId64 "%s", large, units[i].suffix);
        if (small) {
                size_t used = strlen(ret);

                (void)snprintf(ret + used, DURATION_SIZE - used, "%" PRId64 "%s", small, units[i + 1].suffix);
        }
}

/* "<count> <what>", and <what> alone for count 0. */
static void put_human(char ret[static DURATION_HUMAN_SIZE], int64_t count, const char *what) {
        if (count)
                (void)snprintf(ret, DURATION_HUMAN_SIZE, "%" PRId64 " %s", count, what);
        else
                (void)snprintf(ret, DURATION_HUMAN_SIZE, "%s", what);
}

void duration_human(int64_t s, char ret[static DURATION_HUMAN_SIZE]) {
        const int64_t day = 24, week = 7 * day, month = 30 * day, year = 365 * day; /* in hours */
        int64_t minutes = s / S_PER_MINUTE;
        int64_t hours = s / S_PER_HOUR + (s % S_PER_HOUR >= S_PER_HOUR / 2 ? 1 : 0);

        if (s < 1)
                put_human(ret, 0, "Less than a second");
        else if (s == 1)
                put_human(ret, 0, "1 second");
        else if (minutes < 1)
                put_human(ret, s, "seconds");
        else if (minutes == 1)
                put_human(ret, 0, "About a minute");
        else if (minutes < 60)
                put_human(ret, minutes, "minutes");
        else if (hours == 1)
                put_human(ret, 0, "About an hour");
        else if (hours < 2 * day)
                put_human(ret, hours, "hours");
        else if (hours < 2 * week)
                put_human(ret, hours / day, "days");
        else if (hours < 2 * month)
                put_human(ret, hours / week, "weeks");
        else if (hours < 2 * year)
                put_human(ret, hours / month, "months");
        else
                /* go-units does not round here, so two years minus some minutes are "1 years". */
                put_human(ret, s / S_PER_HOUR / year, "years");
}
