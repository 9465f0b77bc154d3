/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share: the open store, one row per state file, and typed fields of our objects.
 *
 * Each state file has a loader (its parsed text into a struct state) and a formatter (a struct state into text, given the
 * text in place). store_save() calls the formatter for the state before and for the state after:
 * a file is written only where the two differ.
 */
#ifndef AUTOHEAL_STORE_INTERNAL_H
#define AUTOHEAL_STORE_INTERNAL_H

#include "autoheal/json/reader.h"
#include "autoheal/json/writer.h"
#include "autoheal/os/file.h"
#include "autoheal/store/store.h"
#include "autoheal/util/buf.h"

#include <sys/stat.h>

#define STORE_CONFIG_MAX       ((size_t)4 * 1024 * 1024)
#define STORE_EVENTS_READ_MAX  ((size_t)32 * 1024 * 1024)
#define STORE_EVENTS_WRITE_MAX ((size_t)16 * 1024 * 1024)
#define STORE_STATE_MAX        ((size_t)16 * 1024 * 1024)
/* 500 messages of the longest texts, all of which must be escaped, and what was said lately. */
#define STORE_OUTBOX_MAX ((size_t)8 * 1024 * 1024)
#define STORE_MAX_TOKENS ((size_t)2000000)
/* One event with everything that can be in it, escaped. */
#define STORE_EVENT_MAX ((size_t)1024 * 1024)
/* What ui.max_log_entries allows at most. */
#define STORE_EVENTS_MAX       ((size_t)10000)

#define STORE_EVENTS           "events.json"
#define STORE_OUTBOX           "outbox.json"
#define STORE_MAINTENANCE_LAST "maintenance.json.last" /* a copy of the last good maintenance.json */

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
        struct timespec changed; /* its owner and mode too: for config.json, which these decide whether it is read at all */
};

struct store {
        char *path;
        int dirfd; /* -1: the directory is not there */
        enum store_mode mode;
        int pass_fd, state_fd; /* -1: not held */
        int patience_ms;       /* how long the state lock is waited for */
        int above_fd;          /* the state lock as long as there is no directory: the one above it; -1: not held */
        struct store_text files[STORE_FILE_MAX_];
        struct store_version versions[STORE_FILE_MAX_]; /* of what was loaded last */
        struct store_version events_version;            /* of events.json when it was last found good */
        struct store_version outbox_version;            /* of outbox.json when it was last read or written */
        struct store_version config_version;            /* of config.json when somebody last asked */
        struct store_version history_version;           /* of events.json, the same */
        bool config_seen, history_seen;                 /* somebody has */
        bool loaded;                                    /* files hold what is in the directory, read under the state lock */
        bool known;                      /* versions are those of the last state that was loaded, and nothing was saved since */
        const struct state *loaded_into; /* where that state is; to tell it from others that were loaded before, never followed */
        const char *broken;              /* whose content the last store_load() failed for; NULL none */
        bool behind[STORE_FILE_MAX_];    /* the state knows from the other files what this one does not say */
};

struct store_shape {
        const char *name;
        /* root is missing where there is no file. Values of a wrong type are ERR_CONFIG by store_bad_value(). */
        int (*load)(struct store *s, struct json_value root, struct state *st, struct error *err);
        /*
         * `old` is the file in place: what it holds beyond the state is kept. NULL for old leaves out everything that is not
         * the state's own, which is enough, and quick, to see whether two states differ.
         */
        void (*format)(struct buf *out, const struct state *st, const struct json_value *old);
};
/* The value behind `old`; missing for NULL. */
static inline struct json_value store_in_place(const struct json_value *old) {
        return old ? *old : (struct json_value){ .doc = NULL };
}
extern const struct store_shape store_containers, store_quarantine, store_restart_counts, store_maintenance, store_pass;
extern const struct store_shape *const store_shapes[STORE_FILE_MAX_];

/* store_locate() with another path for "/data". */
MUST_USE int store_locate_around(struct store_location *ret, const char *flag, const char *docker_config_value, const char *context,
                                 bool in_container, const char *data, struct error *err);

/* Appends to an error what helps who may not get at the directory or a file in it. Returns -1. */
int store_access_remedy(const struct store *s, struct error *err);

/* Whether the state lock is held. */
bool store_is_locked(const struct store *s);
/* Replaces a file of the directory, under the state lock. Makes the directory if it is to be made at the first write. */
MUST_USE int store_put(struct store *s, const char *name, const void *data, size_t len, enum file_durability how,
                       struct error *err);

/*
 * Reads and parses a file of the directory. ret must be empty; it stays so if the file is not there. ERR_CONFIG
 * "<path>: line L, column C: ..." if it is not JSON, or larger than max.
 */
MUST_USE int store_text_read(const struct store *s, const char *name, size_t max, struct store_text *ret, struct error *err);
/* Its two halves. Here a file that is too large is ERR_TOO_LARGE. *ret_there is false, and *out empty, if there is none. */
MUST_USE int store_read_whole(const struct store *s, const char *name, struct buf *out, bool *ret_there, struct error *err);
MUST_USE int store_text_parse(const struct store *s, const char *name, struct store_text *t, struct error *err);
void store_text_release(struct store_text *t);
/* Hands it over and leaves an empty one behind. */
struct store_text store_text_take(struct store_text *t);
struct json_value store_text_root(const struct store_text *t);

struct store_version store_version_of(const struct store *s, const char *name);
bool store_version_same(const struct store_version *a, const struct store_version *b);
/* No state file was replaced since the last one was loaded, so all of them parse. */
bool store_is_known(const struct store *s);

/* ERR_CONFIG unless root, which may be missing, is what events.json must be. */
MUST_USE int store_check_events(const struct store *s, struct json_value root, struct error *err);
/* root is one that passed, or missing. */
struct stored_event *store_decode_events(struct json_value root, struct arena *a, size_t *ret_n);
/* Replaces events.json by these elements. */
MUST_USE int store_put_events(struct store *s, const struct slice *elements, size_t n, struct error *err);

/* Which of the announced events do not stand in events.json yet: theirs was the save that was interrupted. All, if it cannot be read. */
void store_find_pending(const struct store *s, const struct state *st, bool *ret_pending);
/* Adds to events.json what an interrupted writer announced and did not come to write. */
MUST_USE int store_tell_untold(struct store *s, const struct state *prev, struct error *err);

/* ERR_CONFIG "<path of the file>: line L, column C: <text>", with the place of `at`. Returns -1. */
int store_bad_value(const struct store *s, const char *name, struct json_value at, struct error *err, const char *fmt, ...)
        PRINTF(5, 6);
/* Fails unless v is missing or of that type; `what` names it: "the whole file". */
MUST_USE int store_expect(const struct store *s, const char *name, struct json_value v, enum json_type type, const char *what,
                          struct error *err);

/* What is known when broken files are to be made anew from the others. */
struct store_rebuild {
        bool broken[STORE_FILE_MAX_], there[STORE_FILE_MAX_]; /* a broken one is not there */
        struct state *state;                                  /* from the files that are good; completed by store_rebuild() */
        const struct stored_event *events;                    /* oldest first; none if events.json is not there, or broken */
        size_t n_events;
        int64_t hold_until_us;
        struct arena *arena;
        const char *outcome[STORE_FILE_MAX_]; /* filled for those that are broken, maintenance.json excepted */
        bool adds_to_containers;              /* filled: containers.json is not broken, but must be written */
};
void store_rebuild(struct store_rebuild *r);
/* "2025-10-31T13:57:51Z" */
const char *store_short_time(int64_t us, struct arena *a);
/* What a file is called that is kept: "config.json.bak-20251031T135751Z"; the number follows as "-2" if it is not 1. */
const char *store_kept_name(const char *name, const char *as, int64_t us, int number, struct arena *a);

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
        size_t n_known; /* members that were asked for and are there */
        bool failed;
        struct error *err;
};
const char *store_field_string(struct store_fields *f, const char *key);                /* "" if not there */
int64_t store_field_time(struct store_fields *f, const char *key);                      /* 0 if not there */
int64_t store_field_number(struct store_fields *f, const char *key, int64_t not_there); /* 0 or more */
bool store_field_flag(struct store_fields *f, const char *key);                         /* false if not there */
struct json_value store_field(struct store_fields *f, const char *key);                 /* missing for null */
/* The field `key` has a value that it must not have. */
void store_field_refuse(struct store_fields *f, const char *key, struct json_value v, const char *expected);

/* The members that we know of one object, for json_merge_object(). Values are kept in one buffer that is used again. */
#define STORE_MEMBERS_MAX 64
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
void store_member_flag(struct store_members *m, const char *key, bool set); /* left out if it is false */
void store_member_strings(struct store_members *m, const char *key, const char *const *values, size_t n);
void store_member_raw(struct store_members *m, const char *key, struct slice raw); /* null if raw.p is NULL */
/* Appends the object: what `old` holds beyond our members stays in its place. */
void store_members_write(struct buf *out, struct store_members *m, struct json_value old, enum json_style style);

#endif
