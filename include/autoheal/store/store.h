/* SPDX-License-Identifier: MIT */
/*
 * The data directory: finding it, its locks, and its files as a struct state. Several processes use one directory at once
 * (cron, the command line, later serve), so a change is always: store_lock_state(), store_load() afresh, change,
 * store_save(), store_unlock_state(). The lock is short: never held during engine or network calls.
 *
 * Files: quarantine.json, restart_counts.json, maintenance.json, events.json (the reference service's shapes),
 * containers.json and pass.json (ours), config.json (read as text; config parses it), pass.lock, state.lock.
 * Unknown keys in any file survive a rewrite, in place. A file that does not parse is never overwritten: loading fails with
 * ERR_CONFIG, "<path>: line L, column C: ...", and store_repair() keeps it beside the one that it rebuilds.
 */
#ifndef AUTOHEAL_STORE_STORE_H
#define AUTOHEAL_STORE_STORE_H

#include "autoheal/model/state.h"
#include "autoheal/os/lock.h"
#include "autoheal/util/buf.h"
#include "autoheal/util/error.h"

struct store;

/* Where the data directory is and who says so. */
struct store_location {
        char path[4096];
        const char *source; /* "--data-dir", "AUTOHEAL_DATA_DIR", "plugins.autoheal.data-dir", "/data", "default" */
};

/*
 * The order of the documentation: flag (NULL: not given), $AUTOHEAL_DATA_DIR, docker_config_value ("" none), /data where it
 * exists and is ours (holds one of our files, or contexts with one, or is empty) or, inside a container, can be made;
 * ${XDG_STATE_HOME:-~/.local/state}/docker-autoheal. Makes nothing.
 *
 * In the last two, a docker context other than "default" has a directory of its own, "contexts/<context>": a directory belongs
 * to one engine. A name that docker would not give a context goes by its SHA-256 there, so that it cannot lead elsewhere.
 */
MUST_USE int store_locate(struct store_location *ret, const char *flag, const char *docker_config_value, const char *context,
                          bool in_container, struct error *err);

enum store_content {
        STORE_MISSING, /* there is no such directory, or it may not be listed */
        STORE_EMPTY,
        STORE_OURS,    /* it holds one of our files */
        STORE_FOREIGN, /* it holds only what others put there */
};
/* What a directory holds, whoever owns it. */
enum store_content store_look(const char *path);

enum store_mode {
        STORE_READ,   /* creates nothing, takes no lock; a directory that is not there is empty */
        STORE_WRITE,  /* makes the directory; ERR_CONFIG with the remedy if this user may not write it */
        STORE_CHANGE, /* the same at the first write, so that what is refused leaves nothing behind; not for store_lock_pass() */
};
/*
 * ERR_CONFIG if the directory, config.json or a state file belongs to, or may be written by, somebody other than root and this
 * user, if the path leads through a symbolic link to nowhere, and, unless with STORE_READ, if the directory is STORE_FOREIGN.
 */
MUST_USE int store_open(struct store **ret, const char *path, enum store_mode mode, struct error *err);
void store_close(struct store *s); /* gives up its locks; NULL is fine */
const char *store_path(const struct store *s);

/* config.json as text. *ret_text is NULL if there is none. Lives in a. */
MUST_USE int store_read_config(struct store *s, struct arena *a, const char **ret_text, size_t *ret_len, struct error *err);

enum store_news {
        STORE_SAME,
        STORE_CHANGED,
        STORE_GONE, /* it was there */
};
/* What became of config.json, or of its owner and mode, since the last call (at the first one it has changed). To be asked before it is read. */
enum store_news store_config_news(struct store *s);
/* True if events.json was replaced since the last call, by whomever, and at the first one. To be asked before it is read. */
bool store_events_news(struct store *s);
/*
 * Replaces config.json, durably; its owner and mode stay, a new one is for its owner alone. Under the state lock, of a text made
 * from what was read under it. ERR_TOO_LARGE above what store_read_config() reads.
 */
MUST_USE int store_write_config(struct store *s, const char *text, size_t len, struct error *err);
/*
 * Copies config.json as it stands to "config.json.bak-<UTC time>", for its owner alone, whatever it holds. *ret_name lives in a;
 * NULL if there is no config.json. Under the state lock.
 */
MUST_USE int store_keep_config(struct store *s, struct now now, struct arena *a, const char **ret_name, struct error *err);

/* One reconciler per directory. ERR_LOCKED with the holder. Held until store_close(). */
MUST_USE int store_lock_pass(struct store *s, struct now now, struct lock_holder *ret_holder, struct error *err);
/* Tells the others that the one who holds it now means to keep it. */
void store_say_serving(struct store *s, struct now now);
/* ... and where it listens: lines of "api URL" and "metrics URL", or "nowhere". */
void store_say_places(struct store *s, const char *places);
/* Does a pass run on this directory, or serve? As lock_look(); works for readers too. */
MUST_USE int store_look_pass(struct store *s, bool *ret_runs, struct lock_holder *ret_holder, struct error *err);

/* A file that did not parse, and what came of it. */
struct store_repair {
        const char *file;    /* "quarantine.json" */
        const char *kept_as; /* "quarantine.json.corrupt-20260131T120000Z" */
        const char *error;   /* what was wrong with it: "line 3, column 5: ..." */
        const char *outcome; /* "3 quarantines rebuilt from containers.json"; says what could not be rebuilt */
};

/*
 * Sets broken state files aside and rebuilds them from the others, before anything is decided: quarantines from
 * containers.json, else from the last quarantine and release events; restart times from events.json and containers.json;
 * the maintenance flag from maintenance.json.last, a copy of the last good one that is kept at each write; without it
 * maintenance is on until now + window. Containers whose quarantine cannot be known get held_until_us = now + window.
 *
 * To be called under the state lock, before store_load(); does nothing where all files parse, and reads only what this handle
 * does not know to be good yet. A file that cannot be read, or whose owner or mode is wrong, is not broken: the error is the
 * one of store_load(). events.json alone fails nothing. The repairs live in a; those that were made before a failure are
 * in *ret as well. Reading commands do not call it: for them store_load() fails with ERR_CONFIG and the place.
 */
MUST_USE int store_repair(struct store *s, struct now now, int64_t window_s, struct arena *a, struct store_repair **ret,
                          size_t *ret_n, struct error *err);

/*
 * Read-modify-write lock; waits at most 10 s, or what store_set_patience() says; ERR_LOCKED after that. With STORE_CHANGE a directory that is not there is made and locked at the first
 * write, which is ERR_FAILED if somebody else made one meanwhile.
 */
MUST_USE int store_lock_state(struct store *s, struct error *err);
/* For who has others waiting meanwhile, and can try again. */
#define STORE_PATIENCE_MS 10000
void store_set_patience(struct store *s, int ms);
void store_unlock_state(struct store *s);

/*
 * Reads all state files into *ret (content in a). Files that are not there are empty; a directory that was removed, or replaced by
 * another one, since it was opened is an error. Integers in restart_counts.json are lifetime totals.
 */
MUST_USE int store_load(struct store *s, struct state *ret, struct arena *a, struct error *err);

/* The file whose content the last store_load() failed for; NULL: it did not fail, or the file could not even be read. */
const char *store_broken_file(const struct store *s);

/*
 * As store_load(), but if no state file was replaced since `known` was loaded by this handle, known is copied instead of
 * reading and parsing everything again.
 */
MUST_USE int store_reload(struct store *s, const struct state *known, struct state *ret, struct arena *a, struct error *err);

/* Makes the events part of next, to be saved with it; store_append_events() follows after store_save(). */
void store_announce_events(struct state *next, const struct event *events, size_t n);

/*
 * Writes what differs between prev (as loaded under the same lock) and next: each file whole and durable, quarantine.json
 * and containers.json first, then restart_counts.json. pass.json is written always, without fsync as long as it names the
 * same engine, unless skip_pass. Goes on after a failure and reports the first: what could be saved is saved. Saving
 * without the state lock, or what was loaded before it was taken, is a bug and aborts.
 */
MUST_USE int store_save(struct store *s, const struct state *prev, const struct state *next, bool skip_pass, struct error *err);

/*
 * After a store_save() that failed half-way: writes what prev says again, so that what was decided and will not be done does
 * not stand in one file and not in the other. Tells no events.
 */
MUST_USE int store_take_back(struct store *s, const struct state *next, const struct state *prev, struct error *err);

/* Appends events (oldest first) to events.json, dropping the oldest beyond max_entries and 16 MiB. Under the state lock. n == 0 does nothing. */
MUST_USE int store_append_events(struct store *s, const struct event *events, size_t n, int64_t max_entries, struct error *err);

/* An event as stored, for showing: any of the reference service's timestamps, unknown types included. */
struct stored_event {
        int64_t at_us;
        /* "" none. container_name is as stored, "name (stable id)"; stable_id is taken from it where an old event has no key of its own. */
        const char *type, *container_id, *container_name, *stable_id, *status, *message, *reason;
        int64_t restart_count;
        int64_t duration_ms; /* -1: none */
        struct slice raw;    /* the whole object */
};
/* Appends an event as one JSON object, as it is stored. */
void store_write_event(struct buf *out, const struct event *e);
/* All events, oldest first, in a. *ret is NULL if there is no events.json, and only then. */
MUST_USE int store_read_events(struct store *s, struct arena *a, struct stored_event **ret, size_t *ret_n, struct error *err);
/*
 * Empties the history: events.json, and what was announced and may not stand there yet, which would come back. Takes the state lock.
 * *ret_n: how many events there were.
 */
MUST_USE int store_clear_history(struct store *s, size_t *ret_n, struct error *err);
/* Empties events.json. Under the state lock. *ret_n: how many there were. */
MUST_USE int store_clear_events(struct store *s, size_t *ret_n, struct error *err);

#endif
