/* SPDX-License-Identifier: MIT */
/* Status texts of the engine's list and names of signals: every form that is known, and what is none of them. */
#include "autoheal/engine/decode.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HOUR INT64_C(3600)
#define DAY  (24 * HOUR)
#define NONE INT64_MIN /* no exit code */

static const struct status_row {
        const char *text;
        enum health health;
        int64_t up_s, exit_code;
} status_rows[] = {
        { "Up Less than a second", HEALTH_NONE, 0, NONE },
        { "Up 1 second", HEALTH_NONE, 1, NONE },
        { "Up 59 seconds", HEALTH_NONE, 59, NONE },
        { "Up About a minute", HEALTH_NONE, 60, NONE },
        { "Up 1 minute", HEALTH_NONE, 60, NONE },
        { "Up 5 minutes", HEALTH_NONE, 300, NONE },
        { "Up About an hour", HEALTH_NONE, 1800, NONE },
        { "Up 2 hours", HEALTH_NONE, 2 * HOUR - 1800, NONE },
        { "Up 47 hours", HEALTH_NONE, 47 * HOUR - 1800, NONE },
        { "Up 2 days", HEALTH_NONE, 2 * DAY - 1800, NONE },
        { "Up 3 weeks", HEALTH_NONE, 21 * DAY - 1800, NONE },
        { "Up 4 months", HEALTH_NONE, 120 * DAY - 1800, NONE },
        { "Up 2 years", HEALTH_NONE, 730 * DAY - 1800, NONE },
        { "Up 0 hours", HEALTH_NONE, 0, NONE },
        { "Up 5 minutes (unhealthy)", HEALTH_UNHEALTHY, 300, NONE },
        { "Up 3 hours (healthy)", HEALTH_HEALTHY, 3 * HOUR - 1800, NONE },
        { "Up 2 seconds (health: starting)", HEALTH_STARTING, 2, NONE },
        { "Up About an hour (unhealthy)", HEALTH_UNHEALTHY, 1800, NONE },
        { "Up Less than a second (health: starting)", HEALTH_STARTING, 0, NONE },
        { "Up 5 minutes (none)", HEALTH_NONE, 300, NONE },
        { "Up 1 minute (Paused)", HEALTH_NONE, 60, NONE },
        { "Exited (137) 5 seconds ago", HEALTH_NONE, -1, 137 },
        { "Exited (0) About an hour ago", HEALTH_NONE, -1, 0 },
        { "Exited (-1) 2 days ago", HEALTH_NONE, -1, -1 },
        { "Restarting (1) 4 seconds ago", HEALTH_NONE, -1, 1 },
        { "Created", HEALTH_NONE, -1, NONE },
        { "Dead", HEALTH_NONE, -1, NONE },
        { "Removal In Progress", HEALTH_NONE, -1, NONE },
        /* What nobody knows tells neither health nor age. */
        { "", HEALTH_UNKNOWN, -1, NONE },
        { "up 5 minutes", HEALTH_UNKNOWN, -1, NONE },
        { "Up", HEALTH_UNKNOWN, -1, NONE },
        { "Up ", HEALTH_UNKNOWN, -1, NONE },
        { "Up 5 minutes (sleepy)", HEALTH_UNKNOWN, 300, NONE },
        { "Up 5 minutes (unhealthy", HEALTH_UNKNOWN, 300, NONE },
        { "Up 5 minutes ()", HEALTH_UNKNOWN, 300, NONE },
        { "Up 5 minutes (unhealthy) ", HEALTH_UNKNOWN, 300, NONE },
        { "Up (unhealthy)", HEALTH_UNHEALTHY, -1, NONE },
        { "Up 5 minutess", HEALTH_NONE, -1, NONE },
        { "Up 5minutes", HEALTH_NONE, -1, NONE },
        { "Up -5 minutes", HEALTH_NONE, -1, NONE },
        { "Up 5 fortnights", HEALTH_NONE, -1, NONE },
        { "Up 99999999999999999999 years (unhealthy)", HEALTH_UNHEALTHY, -1, NONE },
        { "Up 1000000 years", HEALTH_NONE, INT64_C(1000000) * 365 * DAY - 1800, NONE },
        { "Exited () 5 seconds ago", HEALTH_NONE, -1, NONE },
        { "Exited (137", HEALTH_NONE, -1, NONE },
        { "Exited (x) 5 seconds ago", HEALTH_NONE, -1, NONE },
        { "Exited (99999999999) 5 seconds ago", HEALTH_NONE, -1, NONE },
        { "Exited 5 seconds ago", HEALTH_UNKNOWN, -1, NONE },
};

static void status_texts(void **state) {
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(status_rows); i++) {
                const struct status_row *row = &status_rows[i];
                enum health health = HEALTH_MAX_;
                int64_t up_s = -77, exit_code = -77;
                bool has_exit_code = row->exit_code == NONE;

                decode_status_text(row->text, &health, &up_s, &exit_code, &has_exit_code);
                if (health != row->health || up_s != row->up_s)
                        fail_msg("'%s': health %s, up %lld s", row->text, health_name(health), (long long)up_s);
                if (has_exit_code != (row->exit_code != NONE))
                        fail_msg("'%s': %s exit code", row->text, has_exit_code ? "an" : "no");
                if (exit_code != (has_exit_code ? row->exit_code : 0))
                        fail_msg("'%s': exit code %lld", row->text, (long long)exit_code);
        }
}

static const struct signal_row {
        const char *text;
        int number;
} signal_rows[] = {
        { "SIGTERM", 15 },    { "TERM", 15 },       { "sigterm", 15 }, { "15", 15 },        { "9", 9 },
        { "64", 64 },         { "SIGHUP", 1 },      { "SIGKILL", 9 },  { "SIGQUIT", 3 },    { "SIGWINCH", 28 },
        { "IOT", 6 },         { "SIGRTMIN", 34 },   { "RTMIN+3", 37 }, { "RTMIN+0", 34 },   { "RTMIN+30", 64 },
        { "SIGRTMIN+3", 37 }, { "SIGRTMAX-2", 62 }, { "RTMAX", 64 },   { "RTMAX-30", 34 },  { "", 0 },
        { "SIG", 0 },         { "SIGNOPE", 0 },     { "0", 0 },        { "65", 0 },         { "-9", 0 },
        { "15 ", 0 },         { " TERM", 0 },       { "RTMIN+31", 0 }, { "RTMIN-1", 0 },    { "RTMAX+1", 0 },
        { "RTMIN+", 0 },      { "RTMIN+3x", 0 },    { "RTMIN+-3", 0 }, { "SIGSIGTERM", 0 }, { "99999999999999999999", 0 },
};

static void signals(void **state) {
        (void)state;
        for (size_t i = 0; i < N_ELEMENTS(signal_rows); i++)
                if (decode_signal(signal_rows[i].text) != signal_rows[i].number)
                        fail_msg("'%s' is %d, not %d", signal_rows[i].text, decode_signal(signal_rows[i].text),
                                 signal_rows[i].number);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(status_texts),
                cmocka_unit_test(signals),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
