/* SPDX-License-Identifier: MIT */
/*
 * What a data directory remembers, read with the program's own code as the next pass would read it, and what must be true
 * of it whatever happened to the pass before: all files parse, nothing lies about but known files and temporary ones.
 */
#ifndef SUPPORT_REMEMBERED_H
#define SUPPORT_REMEMBERED_H

#include "autoheal/store/store.h"

struct remembered {
        struct arena arena;
        struct state state;
        struct stored_event *events;
        size_t n_events;
};

/* Fails the test, with `when` and what is wrong, if a file does not parse. */
void remembered_load(struct remembered *ret, const char *dir, const char *when);
void remembered_release(struct remembered *r);

/* An empty memory if there is none. */
const struct memory *remembered_of(const struct remembered *r, const char *stable_id);
/* An action was written down and its outcome is not known yet. */
bool remembered_intent(const struct memory *m);
bool remembered_any_intent(const struct remembered *r);
/* Events of that type; stable_id, status and reason NULL: any. */
size_t remembered_events(const struct remembered *r, const char *type, const char *stable_id, const char *status,
                         const char *reason);

/* Fails the test if the directory holds something that no pass puts there on purpose. Returns how many temporary files there are. */
size_t check_directory(const char *dir, const char *when);
/* Makes the temporary files look old enough to be swept. */
void age_temporary_files(const char *dir);

/* Copies all regular files of a directory; what is in `to` before is removed. Makes `to` if need be. */
void dir_copy(const char *from, const char *to);

#endif
