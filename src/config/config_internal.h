/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share: the rule behind each setting, the load in progress, and how problems are noted.
 * A load goes: defaults (settings.c), the document (parse.c), the variables (environment.c), doubtful combinations
 * (check.c). Both sources hand their values to value.c, which knows the bounds.
 */
#ifndef AUTOHEAL_CONFIG_INTERNAL_H
#define AUTOHEAL_CONFIG_INTERNAL_H

#include "autoheal/config/config.h"
#include "autoheal/json/reader.h"

/* No duration is longer: sums of a few of them in microseconds cannot overflow. */
#define SECONDS_MAX 31536000

#define ENV_PREFIX  "AUTOHEAL_"

enum setting_kind {
        KIND_INT,     /* int64_t */
        KIND_NUMBER,  /* double */
        KIND_BOOL,    /* bool */
        KIND_STRING,  /* const char * */
        KIND_WORD,    /* const char *, one of those in setting_info.range */
        KIND_STRINGS, /* struct string_list */
        KIND_LABELS,  /* struct label_list */
        KIND_COUNTS,  /* containers.restart_counts and its n */
        KIND_OBJECTS, /* an array of objects; only its check knows where they go */
        KIND_MAP,     /* an object of objects, likewise */
        KIND_MAX_
};

struct load;

struct setting_rule {
        enum setting_kind kind;
        size_t offset; /* into struct config, unless the setting is kept */
        bool nullable;
        bool patterns; /* each of the strings is a pattern of a shell */
        bool absolute; /* the string is an absolute path */
        bool listens;  /* the string is where to listen */
        bool is_label_key;
        bool secret;      /* the string is shown to nobody */
        bool address;     /* the string is an address of the web */
        bool file;        /* {"file": "/path"} may stand in its place: a struct service_text */
        bool events;      /* each of the strings is a type of event */
        bool argv;        /* the strings are a program and its arguments */
        int64_t min, max; /* of the integer; of a string's length */
        double least;     /* of the number */
        /* Looks into a value of the right type; NULL: nothing more to see. */
        void (*check)(struct load *l, const struct setting_info *s, struct json_value v);
        union {
                int64_t integer;
                double number;
                bool boolean;
                const char *string;
                const struct string_list *list; /* NULL: empty */
        } initial;
};

struct load {
        struct config *cfg;
        struct config_issues *issues;
        struct arena *arena;
};

/* ---- issues.c ---- */

/* message belongs to an arena or is a literal; where is copied. Warnings beyond a thousand are dropped, errors never. */
void issue_error(struct config_issues *issues, const char *where, const char *message);
void issue_warning(struct config_issues *issues, const char *where, const char *message);
/* A warning that is an error, with another message, where something is set. */
void issue_lax(struct config_issues *issues, const char *where, const char *message, const char *refused);
/* Neither: what follows from something, for whoever reads the log. */
void issue_note(struct config_issues *issues, const char *where, const char *message);
/* The text printable, in quotes, cut when long. */
const char *quoted(struct arena *a, const char *text);

/* ---- suggest.c ---- */

/* The path or variable name (of those that have one) in the table that was probably meant; NULL if none is near. */
const char *suggest_path(const char *path);
const char *suggest_variable(const char *name);
/* The same for the key of a label, without its prefix. */
const char *suggest_label(const char *key);

/* ---- value.c: bounds, then the value's place in struct config. `where` is what an issue names. ---- */

void value_int(struct load *l, const struct setting_info *s, const char *where, int64_t n);
void value_number(struct load *l, const struct setting_info *s, const char *where, double d);
void value_bool(struct load *l, const struct setting_info *s, bool b);
/* text belongs to the load's arena. */
void value_string(struct load *l, const struct setting_info *s, const char *where, const char *text);
/* {"file": "/path"} in place of a text. */
void value_file(struct load *l, const struct setting_info *s, struct json_value v);
/* Notes what no label's key should have. */
void value_label_key(struct load *l, const char *where, const char *key);
/* Items may be NULL: those that were no strings. */
void value_strings(struct load *l, const struct setting_info *s, const char *where, struct string_list list);
void value_null(struct load *l, const struct setting_info *s);
/* An integer, number or boolean as text. False if it is malformed, which is then noted. */
bool value_text(struct load *l, const struct setting_info *s, const char *where, const char *text);
/* What the setting's value must be, with an article: "an integer". */
const char *value_wanted(const struct setting_info *s);

/* ---- the steps ---- */

void document_apply(struct load *l, struct json_value root);
void environment_apply(struct load *l, const struct env_var *env, size_t n_env);
/* The value of a setting, as its variable writes it; an issue names the variable. */
void variable_apply(struct load *l, const struct setting_info *s, const struct env_var *set);

/* ---- other_names.c: variables that other tools have ---- */

#define OTHER_NAMES "AUTOHEAL_OTHER_NAMES"
bool other_name_is_known(const char *name);
/* What holds where a setting is set nowhere, because of one of them; NULL: its default. */
const char *other_default(const char *path, const struct env_var *env, size_t n_env);
const char *other_default_name(void);
void other_names_apply(struct load *l, const struct env_var *env, size_t n_env);
/* What follows from them. */
void other_names_note(const struct config *cfg, const struct env_var *env, size_t n_env, struct config_issues *issues);

/* "web, db": items without the blanks around them, empty ones left out. */
struct string_list split_list(const char *text, struct arena *a);
/* An issue names the variable where one has the doubtful value, else the path. */
void config_check(const struct config *cfg, const struct env_var *env, size_t n_env, struct config_issues *issues);

/* ---- argv.c ---- */

#define ARGV_WANTED "a JSON array of a program and its arguments, as in [\"/usr/local/bin/hook\",\"argument\"]"
void argv_check(const struct load *l, const char *where, const struct string_list *list);
/* What was typed, or a variable holds: such an array, or a program alone, or nothing, as JSON. NULL: it is none of these. */
const char *argv_json(const char *text, struct arena *a);
/* The same as a list; what is none of these is noted. */
struct string_list argv_list(const struct load *l, const char *where, const char *text);

/* ---- words.c ---- */

/* MODE_MAX_ and ACTION_MAX_ for other words. */
enum heal_mode heal_mode_parse(const char *word);
enum heal_action heal_action_parse(const char *word);

#endif
