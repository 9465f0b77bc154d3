/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share: the open store, one row per state file, and typed fields of our objects.
 *
 * Each state file has a loader (its parsed text into a struct state) and, if this version changes it, a formatter (a struct
 * state into text, given the text in place). store_save() calls the formatter for the state before and for the state after:
 * a file is written only where the two differ.
 */
#ifndef AUTOHEAL_STORE_INTERNAL_H
#define AUTOHEAL_STORE_INTERNAL_H

#include "autoheal/json/reader.h"
#include "autoheal/json/writer.h"
#include "autoheal/store/store.h"
#include "autoheal/util/buf.h"

#include <sys/stat.h>

#define STORE_CONFIG_MAX       ((size_t)4 * 1024 * 1024)
#define STORE_EVENTS_READ_MAX  ((size_t)32 * 1024 * 1024)
#define STORE_EVENTS_WRITE_MAX ((size_t)16 * 1024 * 1024)
#define STORE_STATE_MAX        ((size_t)16 * 1024 * 1024)
#define STORE_MAX_TOKENS       ((size_t)2000000)
#define STORE_STATE_LOCK_MS    10000

/* The state files in the order in which they are loaded and saved. */
enum store_file {
        STORE_CONTAINERS,
        STORE_QUARANTINE, /* after containers: it has the last word on who is quarantined */
        STORE_RESTART_COUNTS,
        STORE_MAINTENANCE,
        STORE_PASS,
        STORE_FILE_MAX_
};

/* A file as it was last read or written; doc borrows text. Neither is set for a file that is not there. */
struct store_text {
        struct buf text;
        struct json_doc *doc;
};

/* Tells one version of a file from the next: every write of ours makes a new inode. All zero: there is no file. */
struct store_version {
        dev_t dev;
        ino_t ino;
        off_t size;
        struct timespec written;
};

struct store {
        char *path;
        int dirfd; /* -1: the directory is not there */
        enum store_mode mode;
        int pass_fd, state_fd; /* -1: not held */
        struct store_text files[STORE_FILE_MAX_];
        struct store_version versions[STORE_FILE_MAX_]; /* of what was loaded last */
        bool loaded;                                    /* files hold what is in the directory, read under the state lock */
        bool known;                   /* versions are those of the last state that was loaded, and nothing was saved since */
        bool behind[STORE_FILE_MAX_]; /* the state knows from the other files what this one does not say */
};

struct store_shape {
        const char *name;
        /* root is missing where there is no file. Values of a wrong type are ERR_CONFIG by store_bad_value(). */
        int (*load)(struct store *s, struct json_value root, struct state *st, struct error *err);
        /*
         * NULL: this version only reads it. `old` is the file in place: what it holds beyond the state is kept. NULL for old
         * leaves out everything that is not the state's own, which is enough, and quick, to see whether two states differ.
         */
        void (*format)(struct buf *out, const struct state *st, const struct json_value *old);
};
/* The value behind `old`; missing for NULL. */
static inline struct json_value store_in_place(const struct json_value *old) {
        return old ? *old : (struct json_value){ .doc = NULL };
}
extern const struct store_shape store_containers, store_quarantine, store_restart_counts, store_maintenance, store_pass;

/* store_locate() with another path for "/data". */
MUST_USE int store_locate_around(struct store_location *ret, const char *flag, const char *docker_config_value, bool in_container,
                                 const char *data, struct error *err);

/*
 * Reads and parses a file of the directory. ret must be empty; it stays so if the file is not there. ERR_CONFIG
 * "<path>: line L, column C: ..." if it is not JSON, or larger than max.
 */
MUST_USE int store_text_read(const struct store *s, const char *name, size_t max, struct store_text *ret, struct error *err);
void store_text_release(struct store_text *t);
/* Hands it over and leaves an empty one behind. */
struct store_text store_text_take(struct store_text *t);
struct json_value store_text_root(const struct store_text *t);

/* ERR_CONFIG "<path of the file>: line L, column C: <text>", with the place of `at`. Returns -1. */
int store_bad_value(const struct store *s, const char *name, struct json_value at, struct error *err, const char *fmt, ...)
        PRINTF(5, 6);
/* Fails unless v is missing or of that type; `what` names it: "the whole file". */
MUST_USE int store_expect(const struct store *s, const char *name, struct json_value v, enum json_type type, const char *what,
                          struct error *err);

/* The memories in the order in which a file (an object by stable id, or an array of stable ids) has them; then those that it lacks. */
struct store_entry {
        const struct memory *memory;
        struct json_value old; /* its value in the file; missing if it is not there */
};
/* state->n entries, each memory once. */
struct store_entry *store_entries(const struct state *st, struct json_value old, struct arena *a);

/* An array or object with one element a line. Begins an element; the caller writes it. */
struct store_lines {
        struct buf *out;
        bool any;
};
void store_lines_next(struct store_lines *lines);

/*
 * Reading the members of one object. The first value of a wrong type fills err and sets `failed`, after which nothing more
 * is reported: read all fields, then look once. null counts as not there.
 */
struct store_fields {
        const struct store *store;
        const char *name; /* of the file */
        const char *path; /* of the object in the file, "" for the whole */
        struct json_value object;
        struct arena *arena;
        bool failed;
        struct error *err;
};
const char *store_field_string(struct store_fields *f, const char *key);                /* "" if not there */
int64_t store_field_time(struct store_fields *f, const char *key);                      /* 0 if not there */
int64_t store_field_number(struct store_fields *f, const char *key, int64_t not_there); /* 0 or more */
bool store_field_flag(struct store_fields *f, const char *key);                         /* false if not there */
struct json_value store_field(const struct store_fields *f, const char *key);           /* missing for null */
/* The field `key` has a value that it must not have. */
void store_field_refuse(struct store_fields *f, const char *key, struct json_value v, const char *expected);

/* The members that we know of one object, for json_merge_object(). Values are kept in one buffer that is used again. */
#define STORE_MEMBERS_MAX 32
struct store_members {
        struct buf text;
        struct {
                const char *key;
                size_t at, len;
                bool present;
        } member[STORE_MEMBERS_MAX];
        size_t n;
};
void store_members_clear(struct store_members *m);
void store_members_release(struct store_members *m);
/* Each names a member that is ours; one whose value says nothing ("", 0 for a time, present false) is left out of the file. */
void store_member_string(struct store_members *m, const char *key, const char *value);
void store_member_time(struct store_members *m, const char *key, int64_t us);
void store_member_number(struct store_members *m, const char *key, int64_t value, bool present);
void store_member_strings(struct store_members *m, const char *key, const char *const *values, size_t n);
void store_member_raw(struct store_members *m, const char *key, struct slice raw);
/* Appends the object: what `old` holds beyond our members stays in its place. */
void store_members_write(struct buf *out, struct store_members *m, struct json_value old);

#endif
