/* SPDX-License-Identifier: MIT */
/* Words of the engine that stand for numbers: the status text of its list, and names of signals. */
#include "autoheal/engine/decode.h"
#include "autoheal/util/slice.h"

#include <signal.h>

#define MINUTE INT64_C(60)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* Larger counts do not happen; the limit keeps the product small. */
#define COUNT_MAX 1000000

static const struct unit {
        const char *name;
        int64_t seconds;
} units[] = {
        { "second", 1 },     { "minute", MINUTE },  { "hour", HOUR },      { "day", DAY },
        { "week", 7 * DAY }, { "month", 30 * DAY }, { "year", 365 * DAY },
};

/*
 * Least age that the words can stand for; -1 if they are none of go-units' HumanDuration(). It cuts seconds and minutes, but
 * rounds to whole hours and makes everything larger of those.
 */
static int64_t least_age(struct slice words) {
        uint64_t count;

        if (slice_eq(words, "Less than a second"))
                return 0;
        if (slice_eq(words, "About a minute"))
                return MINUTE;
        if (slice_eq(words, "About an hour"))
                return HOUR / 2;
        if (!slice_number(&words, COUNT_MAX, &count) || !slice_skip(&words, " "))
                return -1;
        for (size_t i = 0; i < N_ELEMENTS(units); i++) {
                struct slice rest = words;
                int64_t age = (int64_t)count * units[i].seconds;

                if (!slice_skip(&rest, units[i].name))
                        continue;
                (void)slice_skip(&rest, "s");
                if (rest.n)
                        return -1;
                return units[i].seconds < HOUR || age == 0 ? age : age - HOUR / 2;
        }
        return -1;
}

/* What stands in brackets behind the age: "unhealthy)", "health: starting)", "Paused)". */
static enum health health_in_brackets(struct slice words) {
        if (words.n == 0 || words.p[words.n - 1] != ')')
                return HEALTH_UNKNOWN;
        words.n--;
        if (slice_eq(words, "Paused"))
                return HEALTH_NONE;
        (void)slice_skip(&words, "health: ");
        for (size_t h = 0; h < HEALTH_MAX_; h++)
                if (slice_eq(words, health_name((enum health)h)))
                        return (enum health)h;
        return HEALTH_UNKNOWN;
}

/* "137) 5 seconds ago" */
static bool exit_code_in_brackets(struct slice words, int64_t *ret) {
        bool negative = slice_skip(&words, "-");
        uint64_t n;

        if (!slice_number(&words, INT32_MAX, &n) || !slice_skip(&words, ")"))
                return false;
        *ret = negative ? -(int64_t)n : (int64_t)n;
        return true;
}

void decode_status_text(const char *status, enum health *ret_health, int64_t *ret_up_s, int64_t *ret_exit_code,
                        bool *ret_has_exit_code) {
        struct slice in = slice_str(status), age;

        *ret_health = HEALTH_UNKNOWN;
        *ret_up_s = -1;
        *ret_exit_code = 0;
        *ret_has_exit_code = false;
        if (slice_skip(&in, "Up ") && slice_split(&in, '(', &age)) {
                while (age.n && age.p[age.n - 1] == ' ')
                        age.n--;
                *ret_up_s = least_age(age);
                *ret_health = in.n ? health_in_brackets(in) : HEALTH_NONE;
        } else if (slice_skip(&in, "Exited (") || slice_skip(&in, "Restarting (")) {
                *ret_has_exit_code = exit_code_in_brackets(in, ret_exit_code);
                *ret_health = HEALTH_NONE;
        } else if (slice_eq(in, "Created") || slice_eq(in, "Dead") || slice_eq(in, "Removal In Progress")) {
                *ret_health = HEALTH_NONE;
        }
}

/* As the kernel and the engine count: the C library's SIGRTMIN is no constant and may leave some out. */
#define RTMIN 34
#define RTMAX 64

static const struct signal_name {
        const char *name;
        int number;
} signals[] = {
        { "HUP", SIGHUP },   { "INT", SIGINT },       { "QUIT", SIGQUIT },     { "ILL", SIGILL },   { "TRAP", SIGTRAP },
        { "ABRT", SIGABRT }, { "IOT", SIGABRT },      { "BUS", SIGBUS },       { "FPE", SIGFPE },   { "KILL", SIGKILL },
        { "USR1", SIGUSR1 }, { "SEGV", SIGSEGV },     { "USR2", SIGUSR2 },     { "PIPE", SIGPIPE }, { "ALRM", SIGALRM },
        { "TERM", SIGTERM }, { "STKFLT", SIGSTKFLT }, { "CHLD", SIGCHLD },     { "CLD", SIGCHLD },  { "CONT", SIGCONT },
        { "STOP", SIGSTOP }, { "TSTP", SIGTSTP },     { "TTIN", SIGTTIN },     { "TTOU", SIGTTOU }, { "URG", SIGURG },
        { "XCPU", SIGXCPU }, { "XFSZ", SIGXFSZ },     { "VTALRM", SIGVTALRM }, { "PROF", SIGPROF }, { "WINCH", SIGWINCH },
        { "IO", SIGIO },     { "POLL", SIGIO },       { "PWR", SIGPWR },       { "SYS", SIGSYS },   { "RTMIN", RTMIN },
        { "RTMAX", RTMAX },
};

/* "RTMIN+3", "RTMAX-2" */
static int realtime_signal(struct slice in) {
        bool from_min = slice_skip_nocase(&in, "RTMIN+");
        uint64_t n;

        if ((!from_min && !slice_skip_nocase(&in, "RTMAX-")) || !slice_number(&in, RTMAX - RTMIN, &n) || in.n)
                return 0;
        return from_min ? RTMIN + (int)n : RTMAX - (int)n;
}

int decode_signal(const char *text) {
        struct slice in = slice_str(text);
        int64_t number;

        if (parse_int64(text, 1, RTMAX, &number))
                return (int)number;
        (void)slice_skip_nocase(&in, "SIG");
        for (size_t i = 0; i < N_ELEMENTS(signals); i++)
                if (slice_eq_nocase(in, signals[i].name))
                        return signals[i].number;
        return realtime_signal(in);
}
