/* SPDX-License-Identifier: MIT */
/*
 * What --format asks for: one table of fields for each command gives its JSON, its template fields and its columns.
 *
 *         static const struct field fields[] = { { "name", "Name", "NAME" }, { "max_restarts", "MaxRestarts", "MAX RESTARTS" } };
 *         static const struct shape shape = { fields, N_ELEMENTS(fields), "table {{.Name}}\t{{.MaxRestarts}}" };
 *         if (printer_open(&p, &cli->options, &shape, &arena, &err) < 0) ...       before anything is asked of the engine
 *         const struct value row[] = { value_text(c->name), value_number(3) };    one value for each field, in their order
 *         printer_row(&p, row); ...
 *         printer_close(&p);
 *
 * Nothing given, and "table": the shape's table. "table TEMPLATE": own columns. "json": one object a line. Anything else: a
 * template, one line a row. Templates are docker's (Go's) as far as people type them: {{.Name}}, {{json .Name}}, {{json .}},
 * {{upper X}}, {{lower X}}, {{join X ", "}}, {{pad X left right}}, {{truncate X n}}, {{if X}}...{{else if X}}...{{else}}...{{end}},
 * pipes, trim markers, comments; "\t" and "\n" typed as two characters count as one. Text from outside is made printable.
 *
 * With --quiet a format is passed over, with docker's warning: the command prints its names itself.
 */
#ifndef AUTOHEAL_CLI_PRINTER_H
#define AUTOHEAL_CLI_PRINTER_H

#include "cli_internal.h"

struct field {
        /* In JSON, snake_case; NULL: for people only, absent from JSON; "": the value (VALUE_JSON) is the whole object, and no other is written. */
        const char *key;
        const char *
                name; /* in templates: "StableID"; a member of an object inside: "Engine.Endpoint" with key "engine.endpoint"; NULL: not there */
        const char *header; /* of its column */
};

struct shape {
        const struct field *fields;
        size_t n_fields;
        const char *
                table; /* the default: "table {{.ID}}\t{{.Name}}"; NULL: the command prints its own text and has no table; "table" is then refused */
};

enum value_kind { VALUE_NULL, VALUE_TEXT, VALUE_NUMBER, VALUE_BOOL, VALUE_TIME, VALUE_JSON };
struct value {
        enum value_kind kind;
        const char *text; /* VALUE_TEXT; VALUE_JSON: one JSON value, from the json writer; borrowed until the row is printed */
        int64_t number;   /* VALUE_NUMBER; VALUE_BOOL 0 or 1; VALUE_TIME: microseconds, 0 is null */
};
static inline struct value value_null(void) {
        return (struct value){ .kind = VALUE_NULL };
}
/* NULL gives null. */
static inline struct value value_text(const char *s) {
        return (struct value){ .kind = s ? VALUE_TEXT : VALUE_NULL, .text = s };
}
static inline struct value value_number(int64_t n) {
        return (struct value){ .kind = VALUE_NUMBER, .number = n };
}
static inline struct value value_bool(bool b) {
        return (struct value){ .kind = VALUE_BOOL, .number = b };
}
/* JSON: ISO 8601. For people: relative on a terminal, ISO elsewhere and with --no-trunc. */
static inline struct value value_time(int64_t us) {
        return (struct value){ .kind = us ? VALUE_TIME : VALUE_NULL, .number = us };
}
static inline struct value value_json(const char *json) {
        return (struct value){ .kind = json ? VALUE_JSON : VALUE_NULL, .text = json };
}

struct printer;

/* ERR_INVALID with docker's words for a template that is not one, or names a field that there is not (with those that there are). *ret lives in a. */
MUST_USE int printer_open(struct printer **ret, const struct options *o, const struct shape *shape, struct arena *a,
                          struct error *err);
/* True if nothing special was asked for: no format was given, or "table"; or --quiet. */
bool printer_is_default(const struct printer *p);
/* True if the command is to print its own text: printer_is_default(), and the shape has no table or there was --quiet. */
bool printer_is_plain(const struct printer *p);
bool printer_is_json(const struct printer *p);
/* Prints the row, or keeps it for the table. values: one for each field. */
void printer_row(struct printer *p, const struct value *values);
/*
 * Prints the rows that the table keeps, for a command that goes on: the header comes with the first call only, and later rows
 * keep to its columns as far as they fit.
 */
void printer_flush(struct printer *p);
/* Prints what printer_flush() has not printed yet. With --quiet nothing. */
void printer_close(struct printer *p);
/* From now on it prints there instead of to standard output. */
void printer_to(struct printer *p, FILE *out);

#endif
