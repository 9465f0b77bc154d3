/* SPDX-License-Identifier: MIT */
/* Broken files: finding them, keeping them under another name, and putting what could be rebuilt in their place. */
#include "store_internal.h"

#include "autoheal/os/file.h"
#include "autoheal/util/timefmt.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>

#define BEING_WRITTEN_TRIES 20
#define BEING_WRITTEN_AGE_S 2
#define FILES               (STORE_FILE_MAX_ + 1) /* the state files, and events.json */
#define EVENTS              STORE_FILE_MAX_
#define KEEP_TRIES          100

struct found {
        bool there, broken; /* a broken one is not there */
        struct store_text text;
        const char *wrong; /* what is broken about it */
};

struct repair {
        struct store *s;
        struct now now;
        struct arena *a;      /* the caller's */
        struct arena scratch; /* what is needed until the end only */
        struct state state;
        struct found files[FILES];
        struct found last; /* maintenance.json.last */
        const char *outcome[FILES];
        bool adds_to_containers;
        int64_t hold_until_us;
};

static void repair_release(struct repair *r) {
        for (size_t i = 0; i < FILES; i++)
                store_text_release(&r->files[i].text);
        store_text_release(&r->last.text);
        state_release(&r->state);
        arena_release(&r->scratch);
}

static const char *name_of(size_t file) {
        return file == EVENTS ? STORE_EVENTS : store_shapes[file]->name;
}

/* ---- Finding them ---- */

static int check(struct store *s, size_t file, struct json_value root, struct error *err) {
        struct arena a AUTO(arena_release) = ARENA_INIT(64 * 1024);
        struct state st AUTO(state_release) = { .index = STRMAP_INIT };

        if (file == EVENTS)
                return store_check_events(s, root, err);
        state_init(&st, &a);
        return store_shapes[file]->load(s, root, &st, err);
}

/* Without the path in front: who reads it knows the file. */
static const char *without_path(const struct repair *r, const char *name, const char *text) {
        size_t path = strlen(store_path(r->s)), n = strlen(name);

        if (strncmp(text, store_path(r->s), path) == 0 && text[path] == '/' && strncmp(text + path + 1, name, n) == 0 &&
            strncmp(text + path + 1 + n, ": ", 2) == 0)
                text += path + n + 3;
        return arena_strdup(r->a, text);
}

/* `name` is read as what `file` should be. Only content is broken: what cannot be read fails. */
static int examine_once(const struct repair *r, size_t file, const char *name, struct found *ret, struct error *err) {
        struct found f = { .text.text = BUF_INIT(file == EVENTS ? STORE_EVENTS_READ_MAX : STORE_STATE_MAX) };
        struct error wrong = ERROR_INIT;

        if (store_read_whole(r->s, name, &f.text.text, &f.there, &wrong) < 0) {
                if (wrong.code != ERR_TOO_LARGE) {
                        if (err)
                                *err = wrong;
                        return -1;
                }
                f.broken = true;
        } else if (f.there && file == STORE_PASS && f.text.text.len == 0)
                f.there = false; /* a power loss does that: it is as if missing */
        else if (f.there)
                f.broken = store_text_parse(r->s, name, &f.text, &wrong) < 0 ||
                           check(r->s, file, store_text_root(&f.text), &wrong) < 0;
        if (f.broken) {
                f.there = false;
                f.wrong = without_path(r, name, wrong.msg);
                store_text_release(&f.text);
        }
        *ret = f;
        return 0;
}

/* No decision is made from events.json: if it cannot even be read, that is said where something is to be written to it. */
/*
 * Programs that do not know our lock write in place: what is being written right now is not broken. Only a file that is still
 * young is looked at again, and not for long, since others wait for the lock.
 */
static bool is_being_written(const struct repair *r, const char *name, int tries) {
        static const struct timespec moment = { .tv_nsec = 50 * 1000 * 1000 };
        struct stat st;

        if (tries >= BEING_WRITTEN_TRIES || fstatat(r->s->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return false;
        if (llabs((long long)(r->now.wall_us / US_PER_S - st.st_mtim.tv_sec)) > BEING_WRITTEN_AGE_S)
                return false;
        (void)nanosleep(&moment, NULL);
        return true;
}

static int examine(const struct repair *r, size_t file, const char *name, struct found *ret, struct error *err) {
        int tries = 0;

        do {
                if (examine_once(r, file, name, ret, err) < 0)
                        return -1;
        } while (ret->broken && is_being_written(r, name, tries++));
        return 0;
}

static void examine_events(struct repair *r) {
        struct store_version is = store_version_of(r->s, STORE_EVENTS);

        if (examine(r, EVENTS, STORE_EVENTS, &r->files[EVENTS], NULL) == 0 && !r->files[EVENTS].broken)
                r->s->events_version = is;
}

static bool events_are_known(const struct store *s) {
        struct store_version is = store_version_of(s, STORE_EVENTS);

        return store_version_same(&is, &s->events_version);
}

static int examine_all(struct repair *r, bool *ret_broken, struct error *err) {
        bool state_known = store_is_known(r->s), broken = false;

        for (size_t i = 0; i < STORE_FILE_MAX_ && !state_known; i++) {
                if (examine(r, i, name_of(i), &r->files[i], err) < 0)
                        return -1;
                broken = broken || r->files[i].broken;
        }
        if (broken || !events_are_known(r->s))
                examine_events(r);
        *ret_broken = broken || r->files[EVENTS].broken;
        return 0;
}

/* ---- Rebuilding them ---- */

static int load_good(struct repair *r, struct error *err) {
        for (size_t i = 0; i < STORE_FILE_MAX_; i++)
                if (!r->files[i].broken && store_shapes[i]->load(r->s, store_text_root(&r->files[i].text), &r->state, err) < 0)
                        return -1;
        return 0;
}

static int rebuild_maintenance(struct repair *r, struct error *err) {
        struct maintenance *m = &r->state.maintenance;

        /* One that cannot be read helps as little as one that is not there. */
        if (examine(r, STORE_MAINTENANCE, STORE_MAINTENANCE_LAST, &r->last, NULL) < 0)
                r->last.there = false;
        if (r->last.there) {
                if (store_maintenance.load(r->s, store_text_root(&r->last.text), &r->state, err) < 0)
                        return -1;
                r->outcome[STORE_MAINTENANCE] =
                        arena_printf(r->a, "brought back from " STORE_MAINTENANCE_LAST ": maintenance of all containers is %s%s",
                                     m->enabled ? "on" : "off",
                                     m->n_scopes == 0   ? ""
                                     : m->n_scopes == 1 ? arena_printf(r->a, ", and there is 1 scope")
                                                        : arena_printf(r->a, ", and there are %zu scopes", m->n_scopes));
                return 0;
        }
        /* Whoever wrote it may have asked for hands off. */
        m->enabled = true;
        m->start_us = r->now.wall_us;
        m->until_us = r->hold_until_us;
        m->reason = "maintenance.json was broken";
        r->outcome[STORE_MAINTENANCE] = arena_printf(r->a,
                                                     "there is no good " STORE_MAINTENANCE_LAST
                                                     ": whether restarts were suspended is not known, so they are until %s",
                                                     store_short_time(r->hold_until_us, r->a));
        return 0;
}

static int rebuild(struct repair *r, struct error *err) {
        struct store_rebuild work = { .state = &r->state, .hold_until_us = r->hold_until_us, .arena = r->a };

        if (load_good(r, err) < 0)
                return -1;
        work.events = store_decode_events(store_text_root(&r->files[EVENTS].text), &r->scratch, &work.n_events);
        for (size_t i = 0; i < STORE_FILE_MAX_; i++) {
                work.broken[i] = r->files[i].broken;
                work.there[i] = r->files[i].there;
        }
        store_rebuild(&work);
        memcpy(r->outcome, work.outcome, sizeof(work.outcome));
        r->adds_to_containers = work.adds_to_containers;
        if (r->files[STORE_MAINTENANCE].broken && rebuild_maintenance(r, err) < 0)
                return -1;
        r->outcome[EVENTS] = "the history begins anew";
        return 0;
}

/* ---- Keeping them ---- */

static void close_directory(DIR **dir) {
        if (*dir)
                (void)closedir(*dir);
}

/* A repair that was killed has kept this very file already: *ret_kept is that name, or stays as it is. */
static void find_kept(const struct repair *r, const char *name, const struct stat *st, const char **ret_kept) {
        int fd = openat(r->s->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir AUTO(close_directory) = fd >= 0 ? fdopendir(fd) : NULL;
        const char *prefix = arena_printf(r->a, "%s.corrupt-", name);
        const struct dirent *e;
        struct stat other;

        if (!dir) {
                fd_close(&fd);
                return;
        }
        while ((e = readdir(dir)) != NULL)
                if (strncmp(e->d_name, prefix, strlen(prefix)) == 0 &&
                    fstatat(r->s->dirfd, e->d_name, &other, AT_SYMLINK_NOFOLLOW) == 0 && other.st_ino == st->st_ino &&
                    other.st_dev == st->st_dev) {
                        *ret_kept = arena_strdup(r->a, e->d_name);
                        return;
                }
}

static int copy_bytes(int from, int to, const char *name, struct error *err) {
        char chunk[16384];
        ssize_t n;

        while ((n = read(from, chunk, sizeof(chunk))) != 0) {
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return error_set_errno(err, errno, "reading '%s'", name);
                for (ssize_t done = 0; done < n;) {
                        ssize_t k = write(to, chunk + done, (size_t)(n - done));

                        if (k < 0 && errno != EINTR)
                                return error_set_errno(err, errno, "copying '%s'", name);
                        done += k > 0 ? k : 0;
                }
        }
        if (fsync(to) < 0)
                return error_set_errno(err, errno, "copying '%s'", name);
        return 0;
}

/* Where there are no hard links, or the file lies on another file system. False with errno EEXIST if the name is taken. */
static int copy_file(const struct repair *r, const char *name, const char *as, struct error *err) {
        AUTO_CLOSE int from = openat(r->s->dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        AUTO_CLOSE int to = -1;

        if (from < 0)
                return error_set_errno(err, errno, "opening '%s'", name);
        to = openat(r->s->dirfd, as, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (to < 0)
                return error_set_errno(err, errno, "making '%s'", as);
        if (copy_bytes(from, to, name, err) == 0)
                return 0;
        (void)unlinkat(r->s->dirfd, as, 0);
        return -1;
}

const char *store_kept_name(const char *name, const char *as, int64_t us, int number, struct arena *a) {
        char iso[TIME_ISO_SIZE], behind[16] = "";

        time_format_iso(us, iso);
        if (number > 1)
                (void)snprintf(behind, sizeof(behind), "-%d", number);
        return arena_printf(a, "%s.%s-%.4s%.2s%.2sT%.2s%.2s%.2sZ%s", name, as, iso, iso + 5, iso + 8, iso + 11, iso + 14, iso + 17,
                            behind);
}

static int keep_as(const struct repair *r, const char *name, const char *as, struct error *err) {
        if (linkat(r->s->dirfd, name, r->s->dirfd, as, AT_SYMLINK_FOLLOW) == 0)
                return 0;
        if (errno == EEXIST)
                return error_set_errno(err, EEXIST, "making '%s'", as);
        return copy_file(r, name, as, err);
}

/*
 * A link to it, not a rename: between the two system calls of a rename and a new file, a kill would leave a missing file,
 * which is not rebuilt. *ret_made: it must go again if the file is not replaced, else every try would leave one.
 */
static int keep(const struct repair *r, const char *name, const char **ret_kept, bool *ret_made, struct error *err) {
        struct error why = ERROR_INIT;
        const char *as = NULL;
        struct stat st;

        if (fstatat(r->s->dirfd, name, &st, 0) == 0 && st.st_nlink > 1)
                find_kept(r, name, &st, &as);
        *ret_made = !as;
        for (int i = 1; !as && i <= KEEP_TRIES; i++) {
                as = store_kept_name(name, "corrupt", r->now.wall_us, i, r->a);
                if (keep_as(r, name, as, &why) == 0)
                        break;
                as = NULL;
                if (why.sys_errno != EEXIST)
                        break;
        }
        if (!as) {
                if (err)
                        *err = why;
                return error_wrap(err, "keeping the broken %s/%s", store_path(r->s), name);
        }
        *ret_kept = as;
        return 0;
}

/* ---- Putting them in place ---- */

static int put_state_file(const struct repair *r, size_t file, struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);
        struct json_value in_place = store_text_root(&r->files[file].text);

        if (file == STORE_MAINTENANCE && r->last.there)
                buf_add(&text, r->last.text.text.data, r->last.text.text.len);
        else
                store_shapes[file]->format(&text, &r->state, &in_place);
        if (text.overflowed)
                return error_set(err, ERR_TOO_LARGE, "%s/%s: would become too large", store_path(r->s), name_of(file));
        if (file_replace(r->s->dirfd, name_of(file), text.data, text.len, FILE_DURABLE, err) < 0)
                return error_wrap(err, "data directory '%s'", store_path(r->s));
        return 0;
}

static int put_anew(const struct repair *r, size_t file, struct error *err) {
        return file == EVENTS ? store_put_events(r->s, NULL, 0, err) : put_state_file(r, file, err);
}

static int mend(const struct repair *r, size_t file, struct store_repair *ret, struct error *err) {
        struct store_version before = store_version_of(r->s, name_of(file)), after;
        const char *name = name_of(file), *kept;
        bool made;

        if (keep(r, name, &kept, &made, err) < 0)
                return -1;
        /* The kept one must be there for good before the other goes; its directory need not be the one that is synced then. */
        if (fsync(r->s->dirfd) < 0 && errno != EINVAL)
                (void)error_set_errno(err, errno, "syncing data directory '%s'", store_path(r->s));
        else if (put_anew(r, file, err) == 0) {
                *ret = (struct store_repair){ name, kept, r->files[file].wrong, r->outcome[file] };
                return 0;
        }
        after = store_version_of(r->s, name);
        if (made && store_version_same(&before, &after))
                (void)unlinkat(r->s->dirfd, kept, 0);
        return -1;
}

/*
 * containers.json first: it holds what was taken from the others, so that a kill in between leaves enough to go on from.
 * events.json, from which most is rebuilt, last.
 */
static int mend_all(const struct repair *r, struct store_repair *repairs, size_t *ret_n, struct error *err) {
        if (r->adds_to_containers && !r->files[STORE_CONTAINERS].broken && put_state_file(r, STORE_CONTAINERS, err) < 0)
                return -1;
        for (size_t i = 0; i < FILES; i++) {
                if (!r->files[i].broken)
                        continue;
                if (mend(r, i, &repairs[*ret_n], err) < 0)
                        return -1;
                ++*ret_n;
        }
        return 0;
}

int store_repair(struct store *s, struct now now, int64_t window_s, struct arena *a, struct store_repair **ret, size_t *ret_n,
                 struct error *err) {
        struct repair r AUTO(repair_release) = {
                .s = s, .now = now, .a = a, .scratch = ARENA_INIT(64 * 1024), .hold_until_us = now.wall_us + window_s * US_PER_S
        };
        bool broken;

        assert(store_is_locked(s));
        *ret = NULL;
        *ret_n = 0;
        state_init(&r.state, &r.scratch);
        if (examine_all(&r, &broken, err) < 0)
                return -1;
        if (!broken)
                return 0;
        s->loaded = s->known = false;
        *ret = arena_array(a, FILES, sizeof(**ret));
        if (rebuild(&r, err) < 0)
                return -1;
        return mend_all(&r, *ret, ret_n, err);
}
