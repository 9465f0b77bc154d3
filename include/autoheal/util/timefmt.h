/* SPDX-License-Identifier: MIT */
/*
 * Times and durations as text. Pure: never asks a clock or the time zone database.
 */
#ifndef AUTOHEAL_UTIL_TIMEFMT_H
#define AUTOHEAL_UTIL_TIMEFMT_H

#include "autoheal/util/base.h"
#include "autoheal/util/slice.h"

#define TIME_ISO_SIZE 33 /* "2025-10-31T13:57:51.076821+00:00" and its NUL */

/* ISO 8601 in UTC with microseconds and "+00:00", years 1970 to 9999 (clamped). */
void time_format_iso(int64_t us, char ret[static TIME_ISO_SIZE]);
/*
 * Reads ISO 8601 / RFC 3339: date, 'T' or blank, time, optional fraction of any length (cut to microseconds), then 'Z', an
 * offset (+hh:mm, +hhmm, +hh) or nothing (UTC). Docker's "0001-01-01T00:00:00Z" and everything before 1970 give 0.
 * Leap second 60 is accepted as 59. False when malformed.
 */
bool time_parse_iso(struct slice text, int64_t *ret_us);
/* HTTP's Date: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7, the preferred form only). */
bool time_parse_http_date(struct slice text, int64_t *ret_us);
/* "90", "90s", "5m", "1h30m", "2d": whole seconds, each unit at most once, in falling order. False when malformed or above max_s. */
bool duration_parse(struct slice text, int64_t max_s, int64_t *ret_s);
/* "45s", "1m30s", "2h5m", "3d4h": the two largest units, for sentences. Negative counts as 0. */
#define DURATION_SIZE 24
void duration_format(int64_t s, char ret[static DURATION_SIZE]);
/* As docker's lists print an age: "Less than a second", "5 seconds", "About a minute", "3 hours", "2 weeks" (go-units HumanDuration). */
#define DURATION_HUMAN_SIZE 32
void duration_human(int64_t s, char ret[static DURATION_HUMAN_SIZE]);

#endif
