/* SPDX-License-Identifier: MIT */
/* The engine's clock and ours: restarts and events are compared by time. */
#include "doctor.h"

#include "autoheal/util/timefmt.h"

#define SKEW_WARNING_S 5
#define SKEW_PROBLEM_S 60

/* The Date header tells whole seconds, and the answer took its time: what lies within both is no difference. */
static int64_t skew_of(const struct clock_reading *c) {
        int64_t least = c->engine_us - c->answered_us, most = c->engine_us + US_PER_S - c->asked_us;
        return least > 0 ? least : most < 0 ? most : 0;
}

void doctor_clock(struct doctor *d) {
        char engine[TIME_ISO_SIZE], ours[TIME_ISO_SIZE], apart[DURATION_SIZE];
        if (!d->connected)
                return;
        if (d->clock.engine_us == 0) {
                doctor_find(d, CHECK_CLOCK, DIAGNOSIS_UNKNOWN, NULL,
                            "the engine does not tell its time: its clock is taken to be right");
                return;
        }
        int64_t skew_us = skew_of(&d->clock), size_us = skew_us < 0 ? -skew_us : skew_us;
        if (size_us <= SKEW_WARNING_S * US_PER_S) {
                doctor_find(d, CHECK_CLOCK, DIAGNOSIS_OK, NULL, "the engine's clock and ours agree within %d s", SKEW_WARNING_S);
                return;
        }
        time_format_iso(d->clock.engine_us, engine);
        time_format_iso(d->clock.answered_us, ours);
        duration_format(size_us / US_PER_S, apart);
        doctor_find(d, CHECK_CLOCK, size_us > SKEW_PROBLEM_S * US_PER_S ? DIAGNOSIS_PROBLEM : DIAGNOSIS_WARNING,
                    "timedatectl status, on both hosts: is the clock synchronized?",
                    "the engine's clock is %s %s ours (there %.19s, here %.19s UTC): times of events and restarts do not fit",
                    apart, skew_us > 0 ? "ahead of" : "behind", engine, ours);
}
