/* SPDX-License-Identifier: MIT */
/*
 * Shared by the commands: the table of flags and commands, parsed options, the session (engine, data directory and
 * configuration opened together), and output in docker's manner.
 */
#ifndef AUTOHEAL_CLI_INTERNAL_H
#define AUTOHEAL_CLI_INTERNAL_H

#include "autoheal/cli/cli.h"
#include "autoheal/json/writer.h"
#include "autoheal/os/identity.h"
#include "autoheal/pass/pass.h"
#include "autoheal/record/record.h"

/* ---- Flags and commands (flags.c, commands.c, options.c) ---- */

/* Which command takes which flag. */
#define FLAG_ALL           (UINT64_C(1) << 0)
#define FLAG_ALLOW_NONE    (UINT64_C(1) << 1)
#define FLAG_CONTAINER     (UINT64_C(1) << 2)
#define FLAG_DATA_DIR      (UINT64_C(1) << 3)
#define FLAG_DRY_RUN       (UINT64_C(1) << 4)
#define FLAG_FORMAT        (UINT64_C(1) << 5)
#define FLAG_LIMIT         (UINT64_C(1) << 6)
#define FLAG_NO_TRUNC      (UINT64_C(1) << 7)
#define FLAG_QUIET         (UINT64_C(1) << 8)
#define FLAG_SINCE         (UINT64_C(1) << 9)
#define FLAG_TYPE          (UINT64_C(1) << 10)
#define FLAG_UNTIL         (UINT64_C(1) << 11)
#define FLAG_VERBOSE       (UINT64_C(1) << 12)
#define FLAG_YES           (UINT64_C(1) << 13)
#define FLAG_HELP          (UINT64_C(1) << 14)
#define FLAG_DOCKER        (UINT64_C(1) << 15) /* docker's own global flags, when run without docker */
#define FLAG_RELEASE_ALL   (UINT64_C(1) << 16) /* one name, another meaning: a help text of its own for --all */
#define FLAG_WARNINGS      (UINT64_C(1) << 17) /* --verbose of what only prints warnings */
#define FLAG_ALL_SCOPES    (UINT64_C(1) << 18) /* --all of maintenance off */
#define FLAG_END           (UINT64_C(1) << 19) /* --until of maintenance */
#define FLAG_FOR           (UINT64_C(1) << 20)
#define FLAG_REASON        (UINT64_C(1) << 21)
#define FLAG_WAIT          (UINT64_C(1) << 22)
#define FLAG_WAIT_STARTING (UINT64_C(1) << 23) /* --wait of check */
#define FLAG_WAIT_LOCK     (UINT64_C(1) << 24)
#define FLAG_FILTER        (UINT64_C(1) << 25)
#define FLAG_WATCH         (UINT64_C(1) << 26)
#define FLAG_FOLLOW        (UINT64_C(1) << 27)
#define FLAG_FORGET        (UINT64_C(1) << 28)
#define FLAG_OUTPUT        (UINT64_C(1) << 29)
#define FLAG_SECRETS       (UINT64_C(1) << 30)
#define FLAG_DIFF_ONLY     (UINT64_C(1) << 31) /* --dry-run of config import */
#define FLAG_VERSION       (UINT64_C(1) << 32) /* docker's --version */
#define FLAG_METRICS_FILE  (UINT64_C(1) << 34)
#define FLAG_NO_AUTH       (UINT64_C(1) << 35)
#define FLAG_PRINT_LINK    (UINT64_C(1) << 36)
#define FLAG_URL           (UINT64_C(1) << 37)
#define FLAG_CHECK         (UINT64_C(1) << 38) /* what healthcheck add takes */
#define FLAG_FORMAT_TEXT   (UINT64_C(1) << 33) /* --format of what prints a text of its own, not a table */

/* What completes the value of a flag, or the arguments of a command. */
enum complete {
        COMPLETE_NOTHING,
        COMPLETE_FILES,
        COMPLETE_DIRECTORIES,
        COMPLETE_CONTAINERS,
        COMPLETE_QUARANTINED, /* containers, and what is gone, under quarantine */
        COMPLETE_REMEMBERED,  /* containers, and stable ids that stand in the history */
        COMPLETE_SCOPES,      /* containers, project:NAME, label:KEY */
        COMPLETE_SCOPES_ON,   /* those that are under maintenance */
        COMPLETE_EVENT_TYPES,
        COMPLETE_FORMATS,
        COMPLETE_TEXT_FORMATS, /* of what has no table */
        COMPLETE_FILTERS,      /* KEY=VALUE of ps --filter */
        COMPLETE_CONTEXTS,
        COMPLETE_LOG_LEVELS,
        COMPLETE_CONFIG_KEYS,
        COMPLETE_CONFIG_PAIR, /* a key, then one of its values */
        COMPLETE_SERVICES,    /* names of notification services */
        COMPLETE_COMMANDS,    /* of help */
};

enum flag_kind { FLAG_IS_BOOL, FLAG_IS_STRING, FLAG_IS_NUMBER, FLAG_IS_DURATION, FLAG_IS_LIST };

#define EXIT_CANNOT_TELL 125 /* check, whatever keeps it from an answer */
#define LIMIT_DEFAULT    100
#define NOT_GIVEN        (-1) /* a duration */

/* A flag that may be given several times. */
#define LIST_OPTION_MAX 64
struct string_list_option {
        const char *items[LIST_OPTION_MAX];
        size_t n;
};

/* What was typed. Strings are argv's own. */
struct options {
        struct docker_flags docker;
        bool debug;
        const char *log_level;
        bool help, short_help, version;
        size_t n_hosts; /* how often -H was given */
        bool all, allow_none, dry_run, no_auth, no_trunc, print_link, quiet, yes;
        bool verbose, watch, follow, forget, secrets;
        struct string_list_option filters; /* --filter, in the order given */
        const char *output;
        const char *data_dir, *format, *container, *type, *since, *until;
        const char *reason;
        const char *metrics_file;
        const char *check_http, *check_tcp, *check_exec, *check_expect; /* of healthcheck add */
        struct string_list_option check_headers;
        int64_t check_interval_s, check_timeout_s, check_retries; /* NOT_GIVEN */
        bool check_docker, check_insecure;
        const char *url;
        int64_t limit;
        int64_t for_s, wait_s, wait_lock_s; /* seconds, or NOT_GIVEN */
        const char **args;
        size_t n_args;
};

#define OPTIONS_INIT                                                                                                               \
        {                                                                                                                          \
                .limit = LIMIT_DEFAULT, .for_s = NOT_GIVEN, .wait_s = NOT_GIVEN, .wait_lock_s = NOT_GIVEN,                         \
                .check_interval_s = NOT_GIVEN, .check_timeout_s = NOT_GIVEN, .check_retries = NOT_GIVEN                            \
        }

struct flag {
        const char *name;
        char shorthand; /* 0: none */
        enum flag_kind kind;
        uint64_t bit;
        size_t offset;       /* in struct options */
        const char *type;    /* as help shows it; NULL: what the kind is called */
        const char *initial; /* shown as (default X); NULL: none */
        const char *bare;    /* the value when it is given without one, which then only --name=value can give; NULL: it needs one */
        const char *help;
        enum complete complete;
};

struct cli;
struct command {
        const char *name; /* "ps"; of a command below another: "config set"; "" the program itself */
        const char *args; /* in the usage line; NULL none */
        size_t min_args, max_args;
        uint64_t flags;              /* FLAG_... */
        int (*run)(struct cli *cli); /* NULL: only groups those below it */
        const char *brief, *details; /* details: NULL none */
        enum complete complete;      /* its arguments */
        bool hidden;                 /* not listed by help */
};

struct cli {
        const char *program; /* as it appears in help: "docker autoheal" or "docker-autoheal" */
        bool standalone;
        const struct command *command; /* "" until one was named */
        struct options options;
};

/* Sorted by name, those below a command behind it. */
extern const struct command commands[];
extern const size_t n_commands;
const struct command *command_find(const char *name);
/* The command of that name directly below parent; NULL if there is none. */
const struct command *command_below(const struct command *parent, const char *name);
/* True if c stands directly below parent. */
bool command_is_below(const struct command *c, const struct command *parent);
bool command_is_group(const struct command *c);
/* What stands behind its name in the usage line; NULL nothing. */
const char *command_args(const struct command *c);
/* The last word of its name. */
const char *command_word(const struct command *c);
/* "docker autoheal config set" */
const char *command_path(const struct cli *cli, const struct command *c, struct arena *a);

/* Sorted by name. */
extern const struct flag flags[];
extern const size_t n_flags;
const struct flag *flag_find(const char *name, size_t len, uint64_t allowed);
const struct flag *flag_find_short(char c, uint64_t allowed);
const char *flag_type(const struct flag *f); /* "string"; "" for a bool */
/* What may stand behind the command's name, or before it while it is not named. */
uint64_t flags_of(const struct cli *cli, const struct command *c);

/*
 * Parses our own part of the command line, in pflag's grammar and words: command, flags and arguments in any order. Flags
 * before the command's name are its own, too. cli->command is set whether or not it succeeds, so that errors have a frame.
 */
MUST_USE int options_parse(struct cli *cli, int argc, char **argv, struct error *err);
/*
 * Parses docker's flags up to the first word; returns the index of that word (argc if there is none), -1 at a flag that is
 * not docker's. version: --version and -v are among them.
 */
MUST_USE int options_parse_docker(struct options *o, bool version, int argc, char **argv, struct error *err);

/* A command line that is not finished, as completion sees it. */
struct unfinished {
        const struct flag *awaits_value; /* the last word is this flag, and the next one its value; NULL none */
        bool only_words;                 /* "--" was there */
        bool *given;                     /* for each of flags[] whether it is there; to be freed */
};
/* Reads what stands before the word that is being typed: sets cli->command and the arguments. -1 if it is not a command line. */
MUST_USE int options_read_unfinished(struct cli *cli, int argc, char **argv, struct unfinished *ret);

/* ---- Help (help.c) ---- */

void help_print(const struct cli *cli, const struct command *command, FILE *out);
/* The error in docker's frame: text, usage line and a hint, on standard error. Returns the exit status. */
int help_usage_error(const struct cli *cli, const struct error *err);

/* ---- Completion, hooks (complete.c, hooks.c) ---- */

/* Answers docker's `__complete` (`__completeNoDesc`): argv without it and without the plugin's name. Returns the exit status. */
int complete_run(struct cli *cli, bool descriptions, int argc, char **argv);
/* Answers docker's `docker-cli-plugin-hooks`: what a person should know who just ran another docker command. Returns the exit status. */
int hooks_run(struct cli *cli);

/* ---- Session (session.c) ---- */

struct session {
        struct cli *cli;
        struct arena arena;
        struct docker_config docker_config;
        struct endpoint endpoint;
        struct store_location location;
        struct store *store;
        struct arena config_arena; /* of config.json as it was read last: from here to issues */
        const char *config_text;   /* of config.json as it was read; NULL: there is none */
        size_t config_len;
        const struct env_var *env; /* NULL: config.json was not read yet */
        size_t n_env;
        struct config config;
        struct config_issues issues;
        struct net *net;
        struct engine *engine;
        size_t under_way; /* restarts and stops that the engine was asked for and has not answered */
        volatile bool interrupted, abandon;
        char identity[IDENTITY_TOLD_SIZE]; /* as whom root of a container goes on; "" elsewhere */
        bool serves;                       /* SIGHUP and SIGUSR1 do not end it, they are counted: */
        volatile unsigned reload, look;    /* see serve_setup */
};

/* Resolves and opens everything a command needs; nothing is asked of the engine yet. */
MUST_USE int session_open(struct session *s, struct cli *cli, enum store_mode mode, struct error *err);
void session_close(struct session *s);
/*
 * session_open() in its parts, in their order, for who goes on after one failed; nothing is printed. After session_begin(),
 * failed or not, session_close() is due. A session without an endpoint must not be connected, one without a store not read
 * from.
 */
MUST_USE int session_begin(struct session *s, struct cli *cli, struct error *err); /* endpoint */
MUST_USE int session_locate(struct session *s, struct error *err);                 /* where the data directory is */
MUST_USE int session_become(struct session *s, struct error *err);                 /* root of a container: see identity.h */
MUST_USE int session_read_config(struct session *s, struct error *err); /* config and issues, anew each time; needs a store */
MUST_USE int session_connect(struct session *s, struct error *err);     /* net and engine */
/*
 * For commands about the configuration, whatever is wrong with it: *ret_wrong says what, and config are the defaults then.
 * Nothing of it is printed. Not connected.
 */
MUST_USE int session_open_config(struct session *s, struct cli *cli, enum store_mode mode, struct error *ret_wrong,
                                 struct error *err);
/*
 * session_open() for what has to work whatever is wrong with the configuration, because it needs nothing of it: of that it warns, and
 * config are the defaults then, with no limit to the history.
 */
MUST_USE int session_open_anyway(struct session *s, struct cli *cli, enum store_mode mode, struct error *err);
/* What helps when config.json is no JSON. */
#define SESSION_CONFIG_REMEDY "edit it, or replace it: docker autoheal config import FILE"
/* An issue with the place that it is about. Lives in the session. */
const char *session_describe(struct session *s, const struct config_issue *issue);
/*
 * From now on what is worth it goes to the log of the data directory as well; warnings about the configuration only where they
 * are printed. To be ended with log_attach(NULL) and log_file_free().
 */
struct log_file *session_log(struct session *s);
/* Gives up the locks; the data directory can only be read from now on. */
MUST_USE int session_stop_writing(struct session *s, struct error *err);
/* A pass that changes nothing. *ret is to be freed with pass_free() in any case. */
MUST_USE int session_look(struct session *s, bool want_trace, struct pass **ret, struct error *err);
/*
 * All containers, for a hint or a completion: an engine that does not answer within two seconds is not waited for (ERR_TIMEOUT).
 * The session must be connected; what is listed lives in its arena.
 */
MUST_USE int session_list_briefly(struct session *s, struct engine_list *ret, struct error *err);
/* Prints an error as docker does and returns the exit status that goes with it. */
int session_fail(const struct error *err);
/* It may be the beginning of a container's id. */
bool session_is_id_prefix(const char *name);
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
/* The same with session_open_anyway(). */
MUST_USE int change_open_anyway(struct change *ch, struct cli *cli, enum change_engine engine, struct error *err);
/* The same with session_open_config() and ENGINE_IF_IN_DOUBT. */
MUST_USE int change_open_config(struct change *ch, struct cli *cli, struct error *ret_wrong, struct error *err);
void change_close(struct change *ch);
/* Looks again. */
MUST_USE int change_look(struct change *ch, enum change_engine engine, struct error *err);
/* Reads the state into before and after, under the lock, which the caller holds. ERR_CONFIG for another engine's data directory. */
MUST_USE int change_load(struct change *ch, struct error *err);
/*
 * Takes the lock, does change_load(), lets apply change ch->after and add to ch->events, and saves both. *ret_saved, which is
 * always set: the state was; an error is then about the history alone.
 */
typedef void change_fn(void *arg, struct change *ch);
MUST_USE int change_save(struct change *ch, change_fn *apply, void *arg, bool *ret_saved, struct error *err);

/* What a container's name tells of a `recreate` that did not come to its end: *ret_of is the name that it was about. */
enum recreate_trace {
        RECREATE_NO_TRACE,
        RECREATE_ANEW,     /* the new one, which has not taken the old one's place */
        RECREATE_REPLACED, /* the old one, which could not be removed */
};
enum recreate_trace recreate_trace(const char *name, struct slice *ret_of);

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

/* ---- Whether serve is of any help (idle.c) ---- */

/* Since its last turn; since it began, if it has made none. */
int64_t idle_us(const struct state *state, const struct lock_holder *serve);
/* The same of the state in the data directory. */
MUST_USE int idle_read(struct session *s, const struct lock_holder *serve, int64_t *ret_us, struct error *err);
/* No turn for three intervals: it hangs, or its engine is away. */
bool idle_is_too_long(const struct session *s, int64_t us);

/* ---- The metrics of a pass (textfile.c) ---- */

struct metrics;
/*
 * Writes the metrics of a pass to the file that --metrics-file or observability.textfile names; nothing if neither does. pass may be
 * NULL: it could not begin. failure: why it did not go well, ERR_NONE: it did. m: what was heard of it. Says what is wrong, and returns
 * the exit status: 0 or 1.
 */
int textfile_write(struct session *s, struct metrics *m, struct pass *pass, const struct error *failure);

/* ---- Signals and docker's plugin socket (interrupt.c) ---- */

MUST_USE int interrupt_watch(struct session *s, struct error *err);

/* ---- Output (output.c, items.c) ---- */

/*
 * Rows of cells as docker aligns them: a column is as wide as its widest cell + 3, at least 10, where cells stand above each
 * other; the last cell of a row is not padded.
 */
#define TABLE_KEPT_MAX 32
struct table_cell {
        const char *text; /* printable */
        size_t width, padding;
        bool ends_row;
};
struct table {
        struct arena *arena;
        size_t columns;
        struct table_cell *cells; /* row by row, the header first */
        size_t n, cap;
        size_t kept[TABLE_KEPT_MAX]; /* how wide each column at least is: what was printed before had it so */
};
/* columns 0: rows come from table_add_lines() only. */
void table_init(struct table *t, struct arena *a, const char *const *header, size_t columns);
/* One cell; rows fill from the left. Text from outside is escaped here. */
void table_add(struct table *t, const char *text);
/* Rows of printable text: cells end at tabs, rows at newlines. */
void table_add_lines(struct table *t, const char *text);
void table_print(struct table *t, FILE *out);
/* Forgets the cells, whose memory is the arena's, and keeps to the columns. */
void table_clear(struct table *t);

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

void summary_print_json(const struct pass_summary *s);
/* "8 monitored (2 ok, 4 failing, 2 neither), 1 quarantined" */
const char *summary_monitored(const struct pass_summary *s, struct arena *a);
/* "1 restarted, 1 held, 0 released, 0 failed (0.1 s)", and more where there is some */
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
int cmd_events_clear(struct cli *cli);
int cmd_quarantine(struct cli *cli);
int cmd_recreate(struct cli *cli);
int cmd_unquarantine(struct cli *cli);
int cmd_version(struct cli *cli);
int cmd_help(struct cli *cli);
int cmd_maintenance_on(struct cli *cli);
int cmd_maintenance_off(struct cli *cli);
int cmd_maintenance_status(struct cli *cli);
int cmd_config_show(struct cli *cli);
int cmd_config_get(struct cli *cli);
int cmd_config_set(struct cli *cli);
int cmd_config_unset(struct cli *cli);
int cmd_config_validate(struct cli *cli);
int cmd_config_export(struct cli *cli);
int cmd_config_import(struct cli *cli);
int cmd_monitor(struct cli *cli);
int cmd_ignore(struct cli *cli);
int cmd_doctor(struct cli *cli);
int cmd_prune(struct cli *cli);
int cmd_serve(struct cli *cli);
int cmd_ping(struct cli *cli);
int cmd_notify_test(struct cli *cli);
int cmd_healthcheck_ls(struct cli *cli);
int cmd_healthcheck_add(struct cli *cli);
int cmd_healthcheck_rm(struct cli *cli);
int cmd_healthcheck_test(struct cli *cli);

#endif
