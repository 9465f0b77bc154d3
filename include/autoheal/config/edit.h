/* SPDX-License-Identifier: MIT */
/*
 * Changing and showing config.json. Pure: text in, text out; who calls reads and writes the file, and re-reads it under
 * the state lock first. A change is: config_typed() for what a person typed, config_edit() for the new text,
 * config_judge() for what is wrong with that.
 *
 * Secrets (tokens, passwords, keys, webhook addresses, whatever carries them in its URL) are shown as CONFIG_MASK. A document
 * that still has the mask in a place keeps what is there: config_unmask() puts it back.
 */
#ifndef AUTOHEAL_CONFIG_EDIT_H
#define AUTOHEAL_CONFIG_EDIT_H

#include "autoheal/config/config.h"
#include "autoheal/json/writer.h"

#define CONFIG_MAX        ((size_t)4 * 1024 * 1024) /* bytes of config.json that are read and written */
#define CONFIG_TOKENS_MAX 500000

/* The value at a path such as "restart.backoff.max_seconds"; missing if there is none. "" is the root. */
struct json_value config_at(struct json_value root, const char *path);

/* ---- Changing it ---- */

struct config_edit {
        const char *path; /* known to the table or not; each part between dots is a member of the object before it */
        const char *json; /* the new value; NULL: it is taken out, and with it the sections that this leaves empty */
};

/*
 * Appends the changed document to *out. What is not named stays byte for byte, order and layout included; what is new is
 * laid out like its neighbours. text NULL: there is no file yet. ERR_CONFIG if the text is not an object in JSON (shown is the
 * file's path for messages), ERR_INVALID if a path leads through something that is no object, ERR_TOO_LARGE above
 * CONFIG_MAX.
 */
MUST_USE int config_edit(struct buf *out, const char *shown, const char *text, size_t len, const struct config_edit *edits,
                         size_t n, struct error *err);

/*
 * What a person typed as the value of a key, as JSON: by the key's type an integer, a number, true or false, null where it
 * may be, text as it is, JSON for lists and objects, for lists of strings with commas between the items too. ERR_INVALID
 * "restart.max_parallel: must be an integer, 1..64 (is 'many')", and for a key that is unknown or a section.
 * Ranges are left to config_judge().
 */
MUST_USE int config_typed(const char *path, const char *typed, struct arena *a, const char **ret_json, struct error *err);

/* ["web","db"] */
const char *config_list_json(const char *const *items, size_t n, struct arena *a);

/* ERR_NOT_FOUND "unknown key 'restart.mod' (did you mean restart.mode?)". Returns -1. */
int config_unknown_key(const char *path, struct error *err);

/*
 * Loads a document that is about to be put in place of the present one (NULL: there is none), without the environment. Issues
 * are those of config_load(), but what is lax is an error, unless the present document has it too. *ret_new_errors: how many
 * errors the present document does not have. ERR_CONFIG if it is no JSON.
 */
MUST_USE int config_judge(const char *shown, const char *text, size_t len, const char *present, size_t present_len,
                          struct config_issues *issues, size_t *ret_errors, size_t *ret_new_errors, struct error *err);

/* ---- Secrets ---- */

#define CONFIG_MASK "********"

/* Writes v, which stands at path ("": the document), with its secrets masked unless they are asked for. */
void config_write(struct json_writer *w, const char *path, struct json_value v, bool secrets);
/* The same as compact JSON in a. */
const char *config_json(const char *path, struct json_value v, bool secrets, struct arena *a);
/*
 * Appends text, a JSON document, with each mask replaced by what the present document (may be missing) has in that place.
 * Elements of a list are the same if they alone have the same "name"; those without one if, masks aside, the whole list is as it
 * was. A mask with nothing in its place, or with what is in doubt, is an error in issues.
 */
void config_unmask(struct buf *out, struct slice text, struct json_value root, struct json_value present,
                   struct config_issues *issues);

/* ---- Showing it ---- */

enum config_origin { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_VARIABLE, ORIGIN_NOWHERE /* a kept key that is not in the file */ };

/* What holds for one key of the table, labels aside. */
struct config_value {
        enum config_origin origin;
        const char *json;     /* compact; NULL: ORIGIN_NOWHERE. Secrets are masked unless they were asked for */
        const char *in_file;  /* what the file says; NULL: nothing */
        const char *variable; /* ORIGIN_VARIABLE: its name */
};
void config_look_up(struct config_value *ret, const struct setting_info *s, struct json_value root, const struct env_var *env,
                    size_t n_env, bool secrets, struct arena *a);
/* JSON as a person reads it: strings without their quotes. */
const char *config_plain(const char *json, struct arena *a);

enum config_difference_kind { DIFFERENCE_ADDED, DIFFERENCE_CHANGED, DIFFERENCE_REMOVED };
struct config_difference {
        enum config_difference_kind kind;
        const char *path;      /* "notifications.services[0].token" */
        const char *old, *new; /* compact JSON, secrets masked; NULL where there is none */
};
/* What makes one document of the other, key by key; order, layout and how a number is written count for nothing. */
struct config_difference *config_diff(struct json_value from, struct json_value to, struct arena *a, size_t *ret_n);

#endif
