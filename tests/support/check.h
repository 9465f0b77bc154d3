/* SPDX-License-Identifier: MIT */
/*
 * cmocka and a few checks of our own whose failure shows the texts that were compared. Each ends the test when it does not
 * hold, and names the line of the test.
 */
#ifndef SUPPORT_CHECK_H
#define SUPPORT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "autoheal/json/reader.h"
#include "support/run.h"

#define check_contains(text, needle) check_contains_at((text), (needle), true, __FILE__, __LINE__)
#define check_lacks(text, needle)    check_contains_at((text), (needle), false, __FILE__, __LINE__)
void check_contains_at(const char *text, const char *needle, bool wanted, const char *file, int line);

/* Shows both outputs if the exit code is another one, or the program had to be killed. */
#define check_exit(output, code) check_exit_at((output), (code), __FILE__, __LINE__)
void check_exit_at(const struct output *o, int code, const char *file, int line);

/* Nothing at all on standard output and error. */
#define check_silent(output) check_silent_at((output), __FILE__, __LINE__)
void check_silent_at(const struct output *o, const char *file, int line);

/* Nothing in both outputs that a terminal would act on: valid UTF-8 without C0 (but newline), DEL, C1 or line separators. */
#define check_printable(output) check_printable_at((output), __FILE__, __LINE__)
void check_printable_at(const struct output *o, const char *file, int line);

/* ---- JSON ---- */

#define JSON_LINES_MAX 2048
struct json_lines { /* one document a line */
        struct json_doc *docs[JSON_LINES_MAX];
        size_t n;
};
/* Fails the test on a line that is not JSON. text must outlive the result. An empty text gives no line. */
#define json_lines_parse(ret, text) json_lines_parse_at((ret), (text), __FILE__, __LINE__)
void json_lines_parse_at(struct json_lines *ret, const char *text, const char *file, int line);
void json_lines_release(struct json_lines *l);
/* The line whose member has that string as value; fails the test if there is none. */
#define json_line_where(lines, key, value) json_line_where_at((lines), (key), (value), __FILE__, __LINE__)
struct json_value json_line_where_at(const struct json_lines *l, const char *key, const char *value, const char *file, int line);

/* The member's raw JSON is exactly that: check_json(v, "restarts", "1"), check_json(v, "name", "\"web\""), "a.b" goes deeper. */
#define check_json(value, path, raw) check_json_at((value), (path), (raw), __FILE__, __LINE__)
void check_json_at(struct json_value v, const char *path, const char *raw, const char *file, int line);
/* The member at "a.b.c"; missing if there is none. */
struct json_value json_at(struct json_value v, const char *path);
/* The object's keys are these, in this order: "name, id, state". */
#define check_keys(value, keys) check_keys_at((value), (keys), __FILE__, __LINE__)
void check_keys_at(struct json_value v, const char *keys, const char *file, int line);

#endif
