/* SPDX-License-Identifier: MIT */
/*
 * Objects within lists and maps of the document (notification services, health checks): their fields in a table, from which the
 * check of types and bounds and the complete form of such an object follow.
 *
 * What is wrong with one is a warning in a file that is there already and an error where something is set: a service that cannot
 * be told must not keep containers from being healed. No value is shown, for it may be a secret.
 */
#ifndef AUTOHEAL_CONFIG_OBJECTS_H
#define AUTOHEAL_CONFIG_OBJECTS_H

#include "autoheal/config/edit.h"
#include "config/config_internal.h"

#define UNKNOWN_KEY     "unknown key"
#define FIELD_TEXT_MAX  4096 /* bytes of a text */
#define FIELD_ITEMS_MAX 256  /* of a list, members of an object */

enum field_kind {
        FIELD_TEXT,  /* one line */
        FIELD_TEXTS, /* a list of texts, or one alone */
        FIELD_ARGV,  /* a list of strings, at least one, the first not empty */
        FIELD_BODY,  /* text of several lines */
        FIELD_INT,
        FIELD_BOOL,
        FIELD_HEADERS, /* {"Name": "value"} */
};

struct field {
        const char *name;
        enum field_kind kind;
        bool file;           /* {"file": "/path"} may stand in place of a text */
        int64_t min, max;    /* of the integer */
        const char *initial; /* as JSON: what holds where it is null or not there */
};

struct object {
        struct config_issues *issues;
        const char *where; /* "notifications.services[0]" */
        struct json_value value;
        const struct field *fields;
        size_t n;
        bool strict; /* what is wrong with it is an error in a file that is there, too; unknown keys are not wrong */
};

/* Something is wrong with that member (NULL: with the object). message is a literal or belongs to the arena of the issues. */
void object_issue(const struct object *o, const char *name, const char *message);
/* Types and bounds of all members, and names that are not in the table. */
void object_check(const struct object *o);
/* Not null, and not an empty text. */
bool object_has(const struct object *o, const char *name);
/* An issue unless it has. why: what needs it, "a telegram service". */
void object_require(const struct object *o, const char *name, const char *why);
/* An issue if it is a text that is no address with one of the schemes ("http", "https"; NULL: none). */
void object_require_address(const struct object *o, const char *name, const char *scheme, const char *or_scheme);
/* The object with all fields of the table, in its order, then its unknown members; secrets masked unless they are asked for. path: where it stands, for what is a secret there. */
void object_write(struct json_writer *w, const char *path, struct json_value v, const struct field *fields, size_t n, bool secrets);

/* The first of the issues since `from` that keeps the object from being used; NULL: none does. */
const char *object_first_wrong(const struct object *o, size_t from);

/* {"file": ...}, whatever is in it; and what is wrong with it (NULL: nothing), a literal. */
bool is_file_form(struct json_value v);
const char *wrong_file(struct json_value v, struct arena *a);

/* The text begins with scheme:// and goes on with a host. */
bool is_address(const char *text, const char *scheme);
/* Valid UTF-8 without control characters: a line break in a header or an address would become syntax where it is sent. */
bool is_one_line(const char *text);

/* ---- Checks of whole settings, as setting_rule has them; the value is of the right type ---- */

/* One of a setting's strings, which are types of events. */
void event_check(struct load *l, const struct setting_info *s, const char *where, size_t at, const char *word);
/* The data of one; wrong belongs to the arena. */
void service_read(struct service *ret, struct json_value v, enum service_type type, const char *wrong, struct arena *a);
void services_check(struct load *l, const struct setting_info *s, struct json_value v);
void checks_check(struct load *l, const struct setting_info *s, struct json_value v);
void windows_check(struct load *l, const struct setting_info *s, struct json_value v);

#endif
