/* SPDX-License-Identifier: MIT */
/* What the decoders share: members of an object read in one walk, bounded text, and what list and inspect have in common. */
#ifndef AUTOHEAL_ENGINE_DECODE_INTERNAL_H
#define AUTOHEAL_ENGINE_DECODE_INTERNAL_H

#include "autoheal/engine/decode.h"
#include "autoheal/json/reader.h"

#define DECODE_TEXT_MAX          ((size_t)64 * 1024) /* bytes of a name or label value */
#define DECODE_PROBE_MAX         ((size_t)4096)      /* bytes of a probe's output */
#define DECODE_LABELS_MAX        ((size_t)4096)      /* of one container */
#define DECODE_ADDRESSES_MAX     ((size_t)256)       /* of one container */

#define DECODE_LIST_TOKENS_MAX   ((size_t)8 * 1000 * 1000)
#define DECODE_OBJECT_TOKENS_MAX ((size_t)400 * 1000)

/* Parses an answer whose top level must be of that type. `what` names the answer in the error: ERR_PROTOCOL, or ERR_TOO_LARGE. */
MUST_USE int decode_parse(const char *text, size_t len, size_t max_tokens, enum json_type want, const char *what,
                          struct json_doc **ret_doc, struct error *err);

/* Which member of an object is wanted, and where to. */
struct member {
        struct slice key;
        struct json_value *ret;
};
#define MEMBER(name, value)                                                                                                        \
        { .key = { (name), sizeof(name) - 1 }, .ret = (value) }

/*
 * Walks the object once and fills in the members that are there (the last of equal ones); leaves the others as they are. Keys
 * written with escapes are not found: no engine does that.
 */
void decode_members(struct json_value object, const struct member *members, size_t n);

/* Goes through an array or object; through nothing if v is not of that type. */
struct json_iter decode_iter(struct json_value v, enum json_type want);

/* The string, cut to max bytes at a character border; "" if it is not a string. */
const char *decode_text(struct json_value v, size_t max, struct arena *a);
/* The integer, brought into min..max; `otherwise` if it is not one. */
int64_t decode_int(struct json_value v, int64_t min, int64_t max, int64_t otherwise);
/* True for 64 hex digits. */
bool decode_is_id(struct json_value v);
/* A container's name without the slash in front; "" if it is not a string. */
const char *decode_name(struct json_value v, struct arena *a);
/* Fills in labels and n_labels from an object; none if it is something else. */
void decode_labels(struct json_value v, struct arena *a, struct container *c);

/* Length of the JSON object that text begins with, by its braces and strings alone; 0 if text ends before the object does. */
size_t decode_object_length(const char *text, size_t len);
/* Offset of the first byte at or after `at` that is not JSON white space. */
size_t decode_skip_space(const char *text, size_t len, size_t at);

#endif
