/* SPDX-License-Identifier: MIT */
/*
 * Docker's templates, as far as people type them: parsed once against the fields of a shape, run for each row. Pure: text and
 * values go in, text comes out. What a template can get wrong is found while it is parsed; running it cannot fail.
 */
#ifndef AUTOHEAL_CLI_TEMPLATE_H
#define AUTOHEAL_CLI_TEMPLATE_H

#include "printer.h"

#define TEMPLATE_MAX ((size_t)16 * 1024) /* bytes of a template */

struct template;

/* ERR_INVALID with docker's words. *ret lives in a and borrows shape. */
MUST_USE int template_parse(struct template **ret, const char *text, const struct shape *shape, struct arena *a, struct error *err);
/* False for a text without any {{...}} but comments: each row would be the same. */
bool template_has_action(const struct template *t);

/* How times are shown to people. */
struct time_style {
        int64_t now_us;
        bool iso;
};
/* Appends the row. The fields' values are made printable; what stands in the template itself is the user's own. */
void template_run(const struct template *t, const struct value *values, struct time_style style, struct buf *out);
/* Appends the row of headers: each field gives its header, and functions but pad change nothing. */
void template_run_header(const struct template *t, struct buf *out);

/* ---- Values (value.c) ---- */

/* Appends the object of a row: all of it (NULL), or the members of an object inside ("engine"). */
void value_write_object(struct json_writer *w, const struct shape *shape, const struct value *values, const char *object);
void value_write_json(struct json_writer *w, struct value v);
/* Appends it for people, printable. */
void value_show(struct value v, struct time_style style, struct buf *out);
/* As Go's {{if}}: false for null, "", 0, false, and an empty array or object. */
bool value_is_true(struct value v);
/* Appends the elements of an array, printable, with sep between them; anything else as value_show(). */
void value_join(struct value v, const char *sep, struct time_style style, struct buf *out);

#endif
