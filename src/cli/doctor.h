/* SPDX-License-Identifier: MIT */
/*
 * What `docker autoheal doctor` looks at. Each check adds findings and leaves behind what it found out for those that follow;
 * none ends the others. Nothing is changed: no file, no directory, no container.
 */
#ifndef AUTOHEAL_CLI_DOCTOR_H
#define AUTOHEAL_CLI_DOCTOR_H

#include "cli_internal.h"

#include <sys/types.h>

enum check {
        CHECK_PLUGIN,
        CHECK_ENGINE,
        CHECK_CALLS,
        CHECK_CLOCK,
        CHECK_DATA,
        CHECK_CONFIG,
        CHECK_PASSES,
        CHECK_HEALERS,
        CHECK_CONTAINERS,
        CHECK_MAX_
};

enum diagnosis {
        DIAGNOSIS_PROBLEM, /* keeps autoheal from working */
        DIAGNOSIS_WARNING, /* works, but perhaps not as it is meant */
        DIAGNOSIS_UNKNOWN, /* could not be looked at */
        DIAGNOSIS_OK,
        DIAGNOSIS_MAX_
};

struct finding {
        enum check check;
        enum diagnosis diagnosis;
        const char *text;
        const char *remedy; /* NULL none */
};

/* Our clock before and after one answer, and the engine's in between. */
struct clock_reading {
        int64_t asked_us, answered_us;
        int64_t engine_us; /* 0: it told none */
};

struct doctor {
        struct session session;
        struct error endpoint_error; /* ERR_NONE: the session has an endpoint */
        struct finding *findings;
        size_t n, cap;

        bool store_usable, config_good, state_good;
        struct state state; /* if state_good */

        bool connected;
        struct error info_error; /* what GET /info came to, if connected; ERR_NONE: it was answered */
        struct clock_reading clock;
        char engine_id[129]; /* "" not told */
        char engine_version[65];

        struct observation *observation; /* NULL: the containers could not be listed */
        struct selection *selection;     /* NULL: not listed, or the configuration is not known */
};

/* Adds a finding. remedy is borrowed: a literal, or in the session's arena; NULL none. */
void doctor_find(struct doctor *d, enum check check, enum diagnosis diagnosis, const char *remedy, const char *fmt, ...)
        PRINTF(5, 6);
/* Adds an error as finding and, if it has one, remedy. */
void doctor_find_error(struct doctor *d, enum check check, const struct error *err);
/* Waits until *done, which a callback sets; false if somebody asks us to stop before. */
bool doctor_wait(struct doctor *d, const bool *done);
/* "docker -c prod autoheal doctor" for words "-c prod". */
const char *doctor_command(struct doctor *d, const char *words);
/* "bob (uid 1000)" and "docker (gid 998)", "uid 1000" where it has no name; as a word of a command: "bob" or "1000". */
const char *doctor_user(struct doctor *d, uid_t uid);
const char *doctor_group(struct doctor *d, gid_t gid);
const char *doctor_user_word(struct doctor *d, uid_t uid);
const char *doctor_group_word(struct doctor *d, gid_t gid);
/* Is this process in the group, and does the system list the user in it? They differ until that user logs in anew. */
bool doctor_in_group(gid_t gid);
bool doctor_listed_in_group(gid_t gid, uid_t uid);
/* A word of a command that is shown as a remedy. */
const char *doctor_word(struct doctor *d, const char *text);
/* Text from outside, short enough to stand in a sentence. */
const char *doctor_short(struct doctor *d, const char *text);

/* Names in a sentence: the first ten, "and N more". */
struct doctor_names {
        struct buf text;
        size_t n;
};
#define DOCTOR_NAMES_INIT                                                                                                          \
        { .text = BUF_INIT(4096) }
void doctor_names_add(struct doctor *d, struct doctor_names *names, const char *name);
/* Lives in the session's arena; empties names. */
const char *doctor_names_end(struct doctor *d, struct doctor_names *names);

void doctor_plugin(struct doctor *d);
/* Finds and opens the data directory, loads configuration and state. */
void doctor_data(struct doctor *d);
void doctor_config(struct doctor *d);
/* Part of it. */
void doctor_notify(struct doctor *d);
/* Asks the engine who it is. */
void doctor_engine(struct doctor *d);
/* Who else has an engine, now that the one that was meant does not answer? */
void doctor_other_engines(struct doctor *d);
/* What a pass asks for: is it let through? Lists the containers on the way. */
void doctor_calls(struct doctor *d);
void doctor_clock(struct doctor *d);
/* Is the data directory that of this engine? */
void doctor_ownership(struct doctor *d);
void doctor_passes(struct doctor *d);
void doctor_healers(struct doctor *d);
void doctor_containers(struct doctor *d);
/* Part of it. */
void doctor_dependents(struct doctor *d);

#endif
