/* SPDX-License-Identifier: MIT */
/*
 * The only way JSON is made. The writer keeps the stack of open containers, puts commas and colons, escapes strings
 * (invalid UTF-8 becomes U+FFFD; control characters, quotes and backslashes are escaped; separators, bidirectional controls, C1 and DEL as \uXXXX).
 * Misuse (a key outside an object, two keys in a row, unbalanced end, a second top-level value, more than JSON_MAX_DEPTH levels)
 * aborts: it is a bug.
 */
#ifndef AUTOHEAL_JSON_WRITER_H
#define AUTOHEAL_JSON_WRITER_H

#include "autoheal/json/reader.h"
#include "autoheal/util/buf.h"

enum json_style {
        JSON_COMPACT, /* one line, no blanks */
        JSON_PRETTY,  /* indent of two, as the reference service writes its files */
};

struct json_writer {
        struct buf *out;
        enum json_style style;
        unsigned depth;
        bool after_key, first;
        uint64_t is_object; /* the open containers, one bit each, the innermost lowest */
};

void json_writer_init(struct json_writer *w, struct buf *out, enum json_style style);
void json_begin_object(struct json_writer *w);
void json_end_object(struct json_writer *w);
void json_begin_array(struct json_writer *w);
void json_end_array(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
void json_str(struct json_writer *w, const char *s); /* NULL writes null */
void json_strn(struct json_writer *w, struct slice s);
void json_num(struct json_writer *w, int64_t n);
void json_boolean(struct json_writer *w, bool b);
void json_null(struct json_writer *w);
/* A value already in JSON, copied as it is in both styles: it must come from json_raw(). That of a missing value writes null. */
void json_raw_value(struct json_writer *w, struct slice raw);
/* ISO 8601 UTC with microseconds; null for 0. */
void json_time(struct json_writer *w, int64_t us);

/*
 * Rewriting an object of ours without losing what others put into it: members of `old` keep their place; those named in
 * `members` get the new value (or vanish if raw.p is NULL); members that `old` does not have are appended in the given order.
 * What others put there stays byte for byte. A key of `members` that `old` has several times is written once, where it stood
 * first; of a key that `members` has several times the last counts. old may be missing or not an object: then it is as if empty.
 */
struct json_member {
        const char *key;
        struct slice raw; /* JSON text of the new value; p == NULL: leave it out */
};
void json_merge_object(struct json_writer *w, struct json_value old, const struct json_member *members, size_t n);

#endif
