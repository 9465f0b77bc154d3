/* SPDX-License-Identifier: MIT */
/*
 * Settings: one table (settings.c) gives each key's JSON path, type, default, bounds, environment name and help; the
 * parser, the environment, the labels and the documentation follow from it. Pure: the caller reads the file and passes
 * the environment.
 *
 * Precedence: container label > AUTOHEAL_<SECTION>_<KEY> > config.json > default.
 */
#ifndef AUTOHEAL_CONFIG_CONFIG_H
#define AUTOHEAL_CONFIG_CONFIG_H

#include "autoheal/config/health_check.h"
#include "autoheal/config/services.h"
#include "autoheal/config/windows.h"
#include "autoheal/model/container.h"
#include "autoheal/util/arena.h"
#include "autoheal/util/error.h"

enum heal_mode { MODE_BOTH, MODE_HEALTH, MODE_ON_FAILURE, MODE_MAX_ };
const char *heal_mode_name(enum heal_mode m); /* "both", "health", "on-failure" */

enum heal_action { ACTION_RESTART, ACTION_STOP, ACTION_NOTIFY, ACTION_NONE, ACTION_MAX_ };
const char *heal_action_name(enum heal_action a);

struct label_list { /* {key: value} pairs, any of which matches */
        const struct label *items;
        size_t n;
};

struct count_entry {
        const char *key;
        int64_t count;
};

struct health_check_entry {
        const char *key; /* stable id; the reference service's files have a container's id or name too */
        struct health_check check;
};

#define SECONDS_NULL (-1) /* a duration that is null: the documented fallback holds */

/* All settings that this version acts on, parsed and within bounds. Strings and lists belong to the arena given to config_load(). Seconds unless named otherwise. */
struct config {
        struct {
                int64_t interval_seconds;
                int64_t start_period_seconds; /* of serve: nothing is restarted that long after its start */
                const char *label_key, *label_value;
                bool include_all, include_swarm_tasks;
        } monitor;
        struct {
                struct string_list selected, excluded;
                const struct count_entry *restart_counts; /* the reference service's totals */
                size_t n_restart_counts;
        } containers;
        struct {
                struct string_list whitelist_names, blacklist_names;
                struct label_list whitelist_labels, blacklist_labels;
        } filters;
        struct {
                const char *mode_word; /* as written */
                enum heal_mode mode;
                int64_t cooldown_seconds, max_restarts, max_restarts_window_seconds;
                int64_t release_seconds; /* SECONDS_NULL: the restart window */
                int64_t start_grace_seconds;
                bool backoff_enabled;
                int64_t backoff_initial_seconds, backoff_max_seconds;
                double backoff_multiplier;
                bool respect_manual_stop;
                int64_t exit_grace_seconds;
                int64_t max_exit_age_seconds; /* 0: no limit */
                int64_t verify_seconds;
                int64_t stop_timeout_seconds; /* SECONDS_NULL: the container's own */
                int64_t max_parallel;
                bool auto_unquarantine;
                bool after_engine_restart; /* start again what an engine restart stopped */
                bool stop_crash_loops;     /* stop what the engine's own policy restarts in vain */
                bool dependents;           /* restart what depends on a container that has started anew */
                int64_t deploy_hold_seconds;
        } restart;
        struct {
                const struct window *windows;
                size_t n_windows;
        } maintenance;
        struct {
                bool enabled;
                int64_t max_failing_percent, min_failing;
                int64_t restarts_per_interval;
                int64_t max_unavailable; /* replicas of one Compose service that we take down at a time */
        } brake;
        struct {
                bool enable;
                const char *listen_address; /* or unix:///path */
                int64_t listen_port;
                bool allow_export_json, allow_import_json;
                int64_t refresh_seconds;
                int64_t max_log_entries;
                struct string_list cors_origins;
        } ui;
        struct {
                bool enabled;
                struct service_text webhook; /* of the earlier service; NULL: none */
                bool notify_on_quarantine;
        } alerts;
        struct {
                bool enabled;
                struct string_list event_filters; /* none: all events */
                const struct service *services;
                size_t n_services;
        } notifications;
        struct {
                const struct health_check_entry *items; /* by key, ascending */
                size_t n;
        } custom_health_checks;
        struct {
                struct string_list pre_restart, post_restart, on_quarantine; /* a program and its arguments; none: no hook */
                int64_t timeout_seconds;
                bool pre_restart_veto; /* a pre_restart that fails holds the restart */
                bool post_restart_args; /* name, short id, state and stop timeout follow as arguments, as POST_RESTART_SCRIPT has them */
        } hooks;
        struct {
                bool prometheus_enabled;
                int64_t metrics_port;
                const char *metrics_address;        /* NULL: ui.listen_address */
                const char *textfile;               /* absolute; NULL: none */
                const char *log_level, *log_format; /* as written: "INFO", "text" */
                int64_t log_max_bytes;              /* 0: no rotation of ours */
                int64_t log_keep;
        } observability;
};

/* Something wrong or doubtful in a document, the environment or a label. */
struct config_issue {
        bool is_error;       /* else a warning: the pass goes on */
        bool is_note;        /* not even that: what follows from something, for the log */
        const char *where;   /* JSON path "restart.mode", variable name, or label key */
        const char *message; /* "must be one of both, health, on-failure (is 'sometimes')"; never a secret's value */
        const char *refused; /* its message as an error where something is set, as for an unknown key; NULL: it is the same there */
        bool known;          /* config_judge() alone: the present document has it too */
        size_t line, column; /* where it stands in the document, both from 1; 0: nowhere */
};
struct config_issues {
        struct config_issue *items;
        size_t n, cap;
        struct arena *arena;
};
#define CONFIG_ISSUES_INIT(a)                                                                                                      \
        { .items = NULL, .n = 0, .cap = 0, .arena = (a) }

struct setting_info;

/* One environment variable. */
struct env_var {
        const char *name, *value;
};

/*
 * What the environment says of a setting: its own variable, or one that another tool has for the same (AUTOHEAL_INTERVAL). *ret is the
 * variable's name, and the value as the setting's own variable would have it; it lives in a or is the environment's. False: nothing.
 */
bool config_variable(const struct setting_info *s, const struct env_var *env, size_t n_env, struct arena *a, struct env_var *ret);
/* Where an issue is: true if that is a variable, not a path in the document. */
bool config_is_variable(const char *where);

void config_defaults(struct config *ret);

/*
 * Defaults, then the document (text may be NULL: there is no file), then the variables that begin with "AUTOHEAL_"
 * (others in env are ignored). Every problem is collected in issues: wrong type, out of range, not in the list, malformed
 * variable (errors); unknown key, number or boolean as text, unknown AUTOHEAL_ variable, combinations that can hardly
 * quarantine, mode on-failure (warnings). Keys of the reference service that this version does not act on
 * (uptime_kuma* and some more) are checked for type and range where the documentation gives
 * one, and otherwise left alone.
 * Beyond a thousand issues further warnings are dropped, errors never. `where` and `message` are printable.
 * Returns -1 with ERR_CONFIG, *ret untouched, if there is at least one error issue or the text does not parse: then err says
 * "<shown>: line L, column C: ..." or "<shown>: restart.mode: must be ... (and 2 more)".
 * shown is the file's path for messages.
 */
MUST_USE int config_load(struct config *ret, const char *shown, const char *text, size_t len, const struct env_var *env,
                         size_t n_env, struct config_issues *issues, struct arena *a, struct error *err);

/* The check that the configuration has for that key; NULL: none. */
const struct health_check *config_health_check(const struct config *cfg, const char *key);

/* The table, for documentation and tests: everything a person needs to know about one key. */
struct setting_rule; /* what the parser needs to know */
struct setting_info {
        const char *path;    /* "restart.backoff.initial_seconds" */
        const char *type;    /* "int", "bool", "number", "string", "list of strings", ... */
        const char *initial; /* default, as JSON; "" if there is none */
        const char *range;   /* "1..64", ">= 0", "both, health, on-failure", "" */
        const char *env;     /* "AUTOHEAL_RESTART_BACKOFF_INITIAL_SECONDS"; NULL: no variable */
        const char *help;
        bool kept; /* of the reference service: checked, not acted on, left in the file as it is */
        const struct setting_rule *rule;
};
size_t config_settings(const struct setting_info **ret);
/* The row with that path; NULL if there is none. */
const struct setting_info *config_find_setting(const char *path);
/* True for "restart" and "restart.backoff": what settings stand in. */
bool config_is_section(const char *path);

/* ---- Labels: what one container asks for ---- */

enum label_optin {
        OPTIN_NONE,
        OPTIN_TRUE,
        OPTIN_FALSE,
        OPTIN_UNCLEAR, /* the label is there and neither true nor false: it opts nobody in, nor out */
};

/* The settings that hold for one container: config with its labels applied. */
struct policy {
        enum label_optin optin;       /* <label_key>=<label_value> or true: TRUE; false (any letter case): FALSE */
        const struct label *optin_by; /* the label that says so; NULL: none does */
        enum heal_action action;
        enum heal_mode mode;
        int64_t cooldown_s, start_grace_s, max_restarts, window_s;
        int64_t priority;  /* higher first when the brake limits */
        int64_t release_s; /* SECONDS_NULL resolved: >= 0 */
        int64_t stop_timeout_s; /* label, else config, else the container's own where it was inspected, else STOP_TIMEOUT_UNSET; -1: for ever */
        const char *stable_id;     /* monitoring.id, NULL none */
        const char *depends_on;    /* stable ids, with commas between them; NULL none */
        struct health_check check; /* of its labels, whose text it borrows; kind HEALTH_CHECK_NONE: they ask for none */
};

/*
 * The table of labels, for documentation and tests. `key` is without the prefix (which is monitor.label_key) and the dot
 * after it, "" for the prefix itself.
 */
struct label_rule; /* what policy_for() needs to know */
struct label_info {
        const char *key, *type, *help;
        bool whole;          /* the key stands alone, it has no prefix */
        const char *setting; /* path of the setting that it replaces; NULL: none */
        const struct label_rule *rule;
};
size_t config_labels(const struct label_info **ret);

/* The container's label that wins over the setting at that path; NULL if none does. One with a bad value wins over nothing. */
const struct label *config_label_over(const struct config *cfg, const struct container *c, const char *path);

/*
 * With another label_key than "autoheal" both prefixes are read and the configured one wins. A label with a bad value adds
 * a warning to issues (may be NULL) with `where` = the label and "<key>=<value>: ..." as message, which ends with what holds.
 * So do the first few labels below a prefix that are not in the table; below a configured prefix only where a known label is
 * near, since others may use it too.
 */
void policy_for(struct policy *ret, const struct config *cfg, const struct container *c, struct config_issues *issues);

#endif
