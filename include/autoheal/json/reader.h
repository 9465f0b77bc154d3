/* SPDX-License-Identifier: MIT */
/*
 * Reading JSON that nobody vouches for. json_parse() checks the whole text against RFC 8259 and then tokenizes it (jsmn,
 * which alone accepts most malformed documents): keys are strings and unique per object is NOT required (the last wins, as
 * in Go and Python), one value per key, commas and colons exactly where they belong, numbers, escapes, UTF-8, one
 * top-level value of any type, nothing after it, no byte order mark. Depth and token counts are limited.
 *
 * Values are handles into the document; they and everything borrowed from them live until json_doc_free().
 * A missing value is a handle with doc == NULL: every getter accepts it, so lookups chain without checks.
 */
#ifndef AUTOHEAL_JSON_READER_H
#define AUTOHEAL_JSON_READER_H

#include "autoheal/util/arena.h"
#include "autoheal/util/error.h"
#include "autoheal/util/slice.h"

#define JSON_MAX_DEPTH 64

enum json_type { JSON_MISSING, JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_doc;
struct json_value {
        const struct json_doc *doc;
        size_t tok;
};

/*
 * Parses text (borrowed: it must outlive the document; need not be NUL-terminated). max_tokens bounds memory (20 bytes each).
 * A token is a value or a key. On failure ERR_INVALID with "line L, column C: expected ..., found ..." (both from 1; column
 * counts bytes), ERR_TOO_LARGE above max_tokens.
 */
MUST_USE int json_parse(const char *text, size_t len, size_t max_tokens, struct json_doc **ret_doc, struct error *err);
void json_doc_free(struct json_doc *doc);
static inline void json_doc_freep(struct json_doc **doc) {
        json_doc_free(*doc);
}
#define AUTO_JSON AUTO(json_doc_freep)

struct json_value json_root(const struct json_doc *doc);
enum json_type json_type(struct json_value v);
const char *json_type_name(enum json_type t); /* "a string", "an object", ... for messages */
static inline bool json_present(struct json_value v) {
        return v.doc != NULL;
}

/* Member of an object by exact key; missing if v is not an object or has no such key. Last one wins. */
struct json_value json_get(struct json_value v, const char *key);
/* As json_get() with ASCII letter case ignored, as Go's decoder does (docker's config.json). */
struct json_value json_get_nocase(struct json_value v, const char *key);
/* Members or elements; 0 for other types. */
size_t json_count(struct json_value v);

/*
 * Iteration over an array or object:
 *         struct json_iter it = json_iter(v);
 *         while (json_next(&it)) use(it.key, it.value);
 * it.key is the raw (still escaped) text between the quotes of an object's key (empty for arrays); use json_key_string() to decode.
 */
struct json_iter {
        struct json_value value;
        struct slice key;
        struct json_value key_value;
        size_t next_tok, left;
        bool object;
        const struct json_doc *doc;
};
struct json_iter json_iter(struct json_value v);
bool json_next(struct json_iter *it);

/* The value's text as it stands in the document, quotes included for strings. */
struct slice json_raw(struct json_value v);
/*
 * Decoded string (escapes resolved, valid UTF-8; an unpaired surrogate escape becomes U+FFFD; \u0000 becomes U+FFFD so that C
 * strings hold), copied into the arena. NULL if it is not a string.
 */
const char *json_string(struct json_value v, struct arena *a);
/* Decodes key_value of an iterator. */
const char *json_key_string(const struct json_iter *it, struct arena *a);
/* True if v is a string equal to s (decoded), without copying. */
bool json_string_eq(struct json_value v, const char *s);
/* Integers only: no fraction, no exponent. False if it is not a number, not integral or does not fit. */
bool json_int(struct json_value v, int64_t *ret);
/* Any number that fits; the program must leave LC_NUMERIC as it is at start. */
bool json_double(struct json_value v, double *ret);
bool json_bool(struct json_value v, bool *ret);

/* Where the value stands in the text, both from 1; 1 and 1 if it is missing. */
void json_position(struct json_value v, size_t *ret_line, size_t *ret_column);

#endif
