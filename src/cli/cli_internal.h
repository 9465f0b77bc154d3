/* SPDX-License-Identifier: MIT */
/*
 * Shared by the commands: the table of flags and commands, parsed options, the session (engine, data directory and
 * configuration opened together), and output in docker's manner.
 */
#ifndef AUTOHEAL_CLI_INTERNAL_H
#define AUTOHEAL_CLI_INTERNAL_H

#include "autoheal/cli/cli.h"
#include "autoheal/json/writer.h"
#include "autoheal/pass/pass.h"
#include "autoheal/record/record.h"

/* ---- Flags and commands (options.c, cli.c) ---- */

enum flag_bit {
        FLAG_ALL = 1 << 0,
        FLAG_ALLOW_NONE = 1 << 1,
        FLAG_CONTAINER = 1 << 2,
        FLAG_DATA_DIR = 1 << 3,
        FLAG_DRY_RUN = 1 << 4,
        FLAG_FORMAT = 1 << 5,
        FLAG_LIMIT = 1 << 6,
        FLAG_NO_TRUNC = 1 << 7,
        FLAG_QUIET = 1 << 8,
        FLAG_SINCE = 1 << 9,
        FLAG_TYPE = 1 << 10,
        FLAG_UNTIL = 1 << 11,
        FLAG_VERBOSE = 1 << 12,
        FLAG_YES = 1 << 13,
        FLAG_HELP = 1 << 14,
        FLAG_DOCKER = 1 << 15, /* docker's own global flags, when run without docker */
        /* One name, another meaning: those of --all, --until, --verbose and --wait that have a help text of their own. */
        FLAG_RELEASE_ALL = 1 << 16,
        FLAG_WARNINGS = 1 << 17,
        FLAG_ALL_SCOPES = 1 << 18,
        FLAG_END = 1 << 19, /* --until of maintenance */
        FLAG_FOR = 1 << 20,
        FLAG_REASON = 1 << 21,
        FLAG_WAIT = 1 << 22,
        FLAG_WAIT_STARTING = 1 << 23, /* --wait of check */
        FLAG_WAIT_LOCK = 1 << 24,
};

enum flag_kind { FLAG_IS_BOOL, FLAG_IS_COUNT, FLAG_IS_STRING, FLAG_IS_NUMBER, FLAG_IS_DURATION };

#define EXIT_CANNOT_TELL 125 /* check, whatever keeps it from an answer */
#define LIMIT_DEFAULT    100
#define NOT_GIVEN        (-1) /* a duration */

/* What was typed. Strings are argv's own. */
struct options {
        struct docker_flags docker;
        bool debug;
        const char *log_level;
        bool help, short_help, version;
        bool all, allow_none, dry_run, no_trunc, quiet, yes;
        bool verbose;
        const char *data_dir, *format, *container, *type, *since, *until;
        const char *reason;
        int64_t limit;
        int64_t for_s, wait_s, wait_lock_s; /* seconds, or NOT_GIVEN */
        const char **args;
        size_t n_args;
};

#define OPTIONS_INIT                                                                                                               \
        { .limit = LIMIT_DEFAULT, .for_s = NOT_GIVEN, .wait_s = NOT_GIVEN, .wait_lock_s = NOT_GIVEN }

struct flag {
        const char *name;
        char shorthand; /* 0: none */
        enum flag_kind kind;
        enum flag_bit bit;
        size_t offset;       /* in struct options */
        const char *type;    /* as help shows it; "" for a bool */
        const char *initial; /* shown as (default X); NULL: none */
        const char *bare;    /* the value when it is given without one, which then only --name=value can give; NULL: it needs one */
        const char *help;
};

struct cli;
struct command {
        const char *name;
        const char *args; /* in the usage line; "" none */
        size_t min_args, max_args;
        unsigned flags; /* enum flag_bit */
        int (*run)(struct cli *cli);
        const char *brief, *details; /* details: NULL none */
};

struct cli {
        const char *program; /* as it appears in help: "docker autoheal" or "docker-autoheal" */
        bool standalone;
        const struct command *command;
        struct options options;
};

extern const struct command commands[];
extern const size_t n_commands;
const struct command *command_find(const char *name);
extern const struct flag flags[];
extern const size_t n_flags;

/* Parses our own part of the command line: command, flags and arguments in any order. */
MUST_USE int options_parse(struct cli *cli, int argc, char **argv, struct error *err);
/* Parses docker's flags up to the first word; returns the index of that word (argc if there is none), -1 at a flag that is not docker's. */
int options_parse_docker(struct options *o, int argc, char **argv);

/* ---- Help (help.c) ---- */

void help_print(const struct cli *cli, const struct command *command, FILE *out); /* NULL: of the program */
/* The error in docker's frame: text, usage line and a hint, on standard error. Returns the exit status. */
int help_usage_error(const struct cli *cli, const struct error *err);

/* ---- Session (session.c) ---- */

struct session {
        struct cli *cli;
        struct arena arena;
        struct docker_config docker_config;
        struct endpoint endpoint;
        struct store_location location;
        struct store *store;
        struct config config;
        struct config_issues issues;
        struct net *net;
        struct engine *engine;
        size_t under_way; /* restarts and stops that the engine was asked for and has not answered */
        volatile bool interrupted, abandon;
};

/* Resolves and opens everything a command needs; nothing is asked of the engine yet. */
MUST_USE int session_open(struct session *s, struct cli *cli, enum store_mode mode, struct error *err);
void session_close(struct session *s);
/* Gives up the locks; the data directory can only be read from now on. */
MUST_USE int session_stop_writing(struct session *s, struct error *err);
/* A pass that changes nothing. *ret is to be freed with pass_free() in any case. */
MUST_USE int session_look(struct session *s, bool want_trace, struct pass **ret, struct error *err);
/* Prints an error as docker does and returns the exit status that goes with it. */
int session_fail(const struct error *err);
/* The container that a person named: by name, stable id or id prefix. ERR_NOT_FOUND or ERR_AMBIGUOUS list candidates. */
MUST_USE int session_resolve(struct pass *pass, const char *name, struct plan_item **ret, struct error *err);

/* ---- Changing what is remembered (change.c) ---- */

enum change_engine {
        ENGINE_NEEDED,      /* nothing is changed without it */
        ENGINE_IF_REACHED,  /* asked; that it cannot be reached is worth a warning */
        ENGINE_IF_IN_DOUBT, /* asked only where the data directory may be another engine's */
};

struct change {
        struct session session;
        struct pass *pass; /* the last look; NULL: the engine was not asked, or cannot be reached */
        struct arena arena;
        struct state before, after; /* as it was read under the lock, and what is to be saved */
        struct event_list events;
};

/* Opens the session and looks. change_close() in any case. */
MUST_USE int change_open(struct change *ch, struct cli *cli, enum change_engine engine, struct error *err);
void change_close(struct change *ch);
/* Looks again. */
MUST_USE int change_look(struct change *ch, enum change_engine engine, struct error *err);
/*
 * Reads the state under the lock, lets apply change ch->after and add to ch->events, and saves both. ERR_CONFIG for another
 * engine's data directory. *ret_saved, which is always set: the state was; an error is then about the history alone.
 */
typedef void change_fn(void *arg, struct change *ch);
MUST_USE int change_save(struct change *ch, change_fn *apply, void *arg, bool *ret_saved, struct error *err);

/* ---- Waiting (wait.c) ---- */

/* Waits for step_ms, but not beyond end_mono_ms. 1: waited, 0: the end had come before, -1: ERR_INTERRUPTED. */
MUST_USE int wait_step(struct session *s, int64_t end_mono_ms, int64_t step_ms, struct error *err);
/* Looks every second until the plan is enough or the end has come. *ret, which must begin as NULL, is to be freed in any case. */
MUST_USE int wait_look(struct session *s, int64_t end_mono_ms, bool (*enough)(const struct plan *plan, void *arg), void *arg,
                       struct pass **ret, struct error *err);
/*
 * Waits until all that was restarted is well, at most so long, and returns the exit status; what is not well by then is named
 * on standard error. The pass' lock is given up before. tell: progress on standard error.
 */
int wait_until_well(struct session *s, const struct plan *done, int64_t seconds, bool tell);

/* ---- Signals and docker's plugin socket (interrupt.c) ---- */

MUST_USE int interrupt_watch(struct session *s, struct error *err);

/* ---- Output (output.c, items.c) ---- */

/* True for --format json; ERR_INVALID for anything that is neither that nor table. */
MUST_USE int output_is_json(const struct options *o, bool *ret_json, struct error *err);

#define TABLE_COLUMNS_MAX 8
struct table {
        struct arena *arena;
        size_t columns;
        const char **cells; /* row by row, the header first, all made printable */
        size_t n, cap;
};
void table_init(struct table *t, struct arena *a, const char *const *header, size_t columns);
/* One cell; rows fill from the left. Text from outside is escaped here. */
void table_add(struct table *t, const char *text);
/* As docker: columns padded to the widest cell + 3, at least 10, the last one not. */
void table_print(const struct table *t, FILE *out);

/* Prints a line with text from outside made printable. */
void print_line(FILE *out, const char *fmt, ...) PRINTF(2, 3);
/* "in 42s", "3 minutes ago" on a terminal; ISO with no_trunc. Lives in a. */
const char *show_time(int64_t us, int64_t now_us, bool no_trunc, struct arena *a);
/* The first 12 digits, or all. */
const char *show_id(const char *id, bool no_trunc, struct arena *a);
/* A point in time: "2026-01-31", "2026-01-31T12:00", "2026-01-31T12:00:00Z" (UTC without an offset), or Unix time of nine digits or more. */
bool when_parse(const char *text, int64_t *ret_us);
/* 1: yes, or --yes was given. 0: no. ERR_FAILED where nobody can be asked; subject: "clearing the events". */
MUST_USE int confirm(const struct options *o, const char *subject, const char *warning, struct error *err);
/* Flushes standard output; false, and says why, if what was printed did not arrive. Says nothing of a reader that went away. */
bool output_flushed(void);

/* The members of one container's object, for whoever opened it. */
void item_write_json(struct json_writer *w, const struct plan_item *item, bool no_trunc);
/* One container as one JSON object a line. */
void item_print_json(const struct plan_item *item, bool no_trunc);
/* One stored event as one JSON object a line, whatever blanks it was stored with. */
void event_print_json(const struct stored_event *e);
void summary_print_json(const struct pass_summary *s);
/* "8 monitored (2 ok, 4 failing, 2 neither)" */
const char *summary_monitored(const struct pass_summary *s, struct arena *a);
/* "0 restarted, 1 held, 0 quarantined, 0 released, 0 failed (0.1 s)" */
const char *summary_done(const struct pass_summary *s, struct arena *a);
/* "failing (unhealthy)" */
const char *item_verdict(const struct plan_item *item, struct arena *a);
/* What comes next, in words: "restart", "restart in 42s (cooldown)", "held (maintenance)". */
const char *item_next(const struct plan_item *item, int64_t now_us, struct arena *a);

/* ---- Commands ---- */

int cmd_run(struct cli *cli);
int cmd_check(struct cli *cli);
int cmd_ps(struct cli *cli);
int cmd_status(struct cli *cli);
int cmd_explain(struct cli *cli);
int cmd_events(struct cli *cli);
int cmd_quarantine(struct cli *cli);
int cmd_unquarantine(struct cli *cli);
int cmd_version(struct cli *cli);
int cmd_maintenance(struct cli *cli);
int cmd_prune(struct cli *cli);

#endif
