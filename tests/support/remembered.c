/* SPDX-License-Identifier: MIT */
/* What a data directory remembers. */
#include "support/remembered.h"

#include "support/check.h"
#include "support/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void remembered_load(struct remembered *ret, const char *dir, const char *when) {
        struct store *store = NULL;
        struct error err = ERROR_INIT;
        *ret = (struct remembered){ .arena = ARENA_INIT((size_t)64 * 1024) };
        if (store_open(&store, dir, STORE_READ, &err) < 0 || store_load(store, &ret->state, &ret->arena, &err) < 0 ||
            store_read_events(store, &ret->arena, &ret->events, &ret->n_events, &err) < 0)
                fail_msg("%s: what is remembered cannot be read: %s", when, err.msg);
        store_close(store);
}

void remembered_release(struct remembered *r) {
        state_release(&r->state);
        arena_release(&r->arena);
}

const struct memory *remembered_of(const struct remembered *r, const char *stable_id) {
        static const struct memory none;
        const struct memory *m = state_find(&r->state, stable_id);
        return m ? m : &none;
}

bool remembered_intent(const struct memory *m) {
        return m->own_action_us != 0 && m->intent != DECISION_NONE;
}

bool remembered_any_intent(const struct remembered *r) {
        for (size_t i = 0; i < r->state.n; i++)
                if (remembered_intent(&r->state.memories[i]))
                        return true;
        return false;
}

static bool fits(const char *is, const char *wanted) {
        return !wanted || str_eq(is, wanted);
}

size_t remembered_events(const struct remembered *r, const char *type, const char *stable_id, const char *status,
                         const char *reason) {
        size_t n = 0;
        for (size_t i = 0; i < r->n_events; i++) {
                const struct stored_event *e = &r->events[i];
                n += fits(e->type, type) && fits(e->stable_id, stable_id) && fits(e->status, status) && fits(e->reason, reason);
        }
        return n;
}

static bool is_temporary(const char *name) {
        size_t n = strlen(name);
        return name[0] == '.' && n > 4 && str_eq(name + n - 4, ".tmp");
}

static bool is_known(const char *name) {
        static const char *const known[] = { "config.json",
                                             "events.json",
                                             "restart_counts.json",
                                             "quarantine.json",
                                             "maintenance.json",
                                             "containers.json",
                                             "pass.json",
                                             "outbox.json",
                                             "api_token",
                                             "logs",
                                             "pass.lock",
                                             "state.lock",
                                             "quarantine.json.last",
                                             "maintenance.json.last" };
        for (size_t i = 0; i < N_ELEMENTS(known); i++)
                if (str_eq(name, known[i]))
                        return true;
        return false;
}

static DIR *open_dir(const char *dir) {
        DIR *d = opendir(dir);
        if (!d)
                fail_msg("cannot read '%s': %s", dir, strerror(errno));
        return d;
}

size_t check_directory(const char *dir, const char *when) {
        size_t temporary = 0;
        const struct dirent *entry;
        DIR *d = open_dir(dir);
        while ((entry = readdir(d))) {
                if (is_temporary(entry->d_name))
                        temporary++;
                else if (!is_known(entry->d_name) && !str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
                        fail_msg("%s: '%s' is left in the data directory", when, entry->d_name);
        }
        closedir(d);
        return temporary;
}

void age_temporary_files(const char *dir) {
        const struct timespec old[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
        const struct dirent *entry;
        DIR *d = open_dir(dir);
        while ((entry = readdir(d)))
                if (is_temporary(entry->d_name) && utimensat(dirfd(d), entry->d_name, old, AT_SYMLINK_NOFOLLOW) < 0)
                        fail_msg("cannot make '%s' old: %s", entry->d_name, strerror(errno));
        closedir(d);
}

static bool is_regular(DIR *d, const char *name) {
        struct stat st;
        return fstatat(dirfd(d), name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

void dir_copy(const char *from, const char *to) {
        const struct dirent *entry;
        if (mkdir(to, 0700) < 0 && errno != EEXIST)
                fail_msg("cannot make '%s': %s", to, strerror(errno));
        DIR *d = open_dir(to);
        while ((entry = readdir(d)))
                if (is_regular(d, entry->d_name))
                        (void)unlinkat(dirfd(d), entry->d_name, 0);
        closedir(d);
        d = open_dir(from);
        while ((entry = readdir(d))) {
                if (!is_regular(d, entry->d_name))
                        continue;
                AUTO_FREE char *text = file_get(from, entry->d_name);
                file_put(to, entry->d_name, text);
        }
        closedir(d);
}
