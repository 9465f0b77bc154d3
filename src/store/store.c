/* SPDX-License-Identifier: MIT */
/* Reading the files of the data directory into a state and saving what changed of it. */
#include "store_internal.h"

#include "autoheal/os/file.h"

#include <assert.h>
#include <errno.h>

const struct store_shape *const store_shapes[STORE_FILE_MAX_] = {
        [STORE_CONTAINERS] = &store_containers,
        [STORE_QUARANTINE] = &store_quarantine,
        [STORE_RESTART_COUNTS] = &store_restart_counts,
        [STORE_MAINTENANCE] = &store_maintenance,
        [STORE_PASS] = &store_pass,
};

int store_read_whole(const struct store *s, const char *name, struct buf *out, bool *ret_there, struct error *err) {
        struct error why = ERROR_INIT;

        *ret_there = s->dirfd >= 0;
        if (s->dirfd < 0 || file_read(s->dirfd, name, out, &why) == 0)
                return 0;
        if (why.code == ERR_NOT_FOUND) {
                *ret_there = false;
                return 0;
        }
        if (why.code == ERR_TOO_LARGE)
                return error_set(err, ERR_TOO_LARGE, "%s/%s: larger than the %zu MiB that are read", s->path, name,
                                 out->max / 1024 / 1024);
        if (why.sys_errno == EACCES || why.sys_errno == EPERM) {
                (void)error_set(err, ERR_CONFIG, "%s/%s: cannot be read by this user", s->path, name);
                return store_access_remedy(s, err);
        }
        if (err)
                *err = why;
        return error_wrap(err, "data directory '%s'", s->path);
}

/* Of a file that is there already, its size is as bad as its content. */
static int read_fitting(const struct store *s, const char *name, struct buf *out, bool *ret_there, struct error *err) {
        if (store_read_whole(s, name, out, ret_there, err) == 0)
                return 0;
        if (err && err->code == ERR_TOO_LARGE)
                err->code = ERR_CONFIG;
        return -1;
}

int store_read_config(struct store *s, struct arena *a, const char **ret_text, size_t *ret_len, struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(STORE_CONFIG_MAX);
        bool there;

        if (read_fitting(s, "config.json", &text, &there, err) < 0)
                return -1;
        *ret_text = there ? arena_strndup(a, buf_str(&text), text.len) : NULL;
        *ret_len = text.len;
        return 0;
}

int store_text_parse(const struct store *s, const char *name, struct store_text *t, struct error *err) {
        struct error why = ERROR_INIT;

        if (json_parse(buf_str(&t->text), t->text.len, STORE_MAX_TOKENS, &t->doc, &why) == 0)
                return 0;
        return error_set(err, ERR_CONFIG, "%s/%s: %s", s->path, name, why.msg);
}

int store_text_read(const struct store *s, const char *name, size_t max, struct store_text *ret, struct error *err) {
        struct store_text t AUTO(store_text_release) = { .text = BUF_INIT(max) };
        bool there;

        if (read_fitting(s, name, &t.text, &there, err) < 0)
                return -1;
        /* It is replaced without waiting for the disk: a power loss may leave it empty, and it can be made anew. */
        if (t.text.len == 0 && str_eq(name, store_shapes[STORE_PASS]->name))
                there = false;
        if (there && store_text_parse(s, name, &t, err) < 0)
                return -1;
        *ret = store_text_take(&t);
        return 0;
}

struct store_text store_text_take(struct store_text *t) {
        struct store_text taken = *t;

        *t = (struct store_text){ .doc = NULL };
        return taken;
}

void store_text_release(struct store_text *t) {
        json_doc_free(t->doc);
        t->doc = NULL;
        buf_release(&t->text);
}

struct json_value store_text_root(const struct store_text *t) {
        return t->doc ? json_root(t->doc) : (struct json_value){ .doc = NULL };
}

struct store_version store_version_of(const struct store *s, const char *name) {
        struct stat st;

        if (s->dirfd < 0 || fstatat(s->dirfd, name, &st, 0) < 0)
                return (struct store_version){ .ino = 0 };
        return (struct store_version){
                .dev = st.st_dev, .ino = st.st_ino, .size = st.st_size, .written = st.st_mtim, .changed = st.st_ctim
        };
}

static bool same_time(const struct timespec *a, const struct timespec *b) {
        return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool store_version_same(const struct store_version *a, const struct store_version *b) {
        return a->dev == b->dev && a->ino == b->ino && a->size == b->size && same_time(&a->written, &b->written);
}

enum store_news store_config_news(struct store *s) {
        struct store_version was = s->config_version, is = store_version_of(s, "config.json");
        bool first = !s->config_seen;

        s->config_version = is;
        s->config_seen = true;
        if (!first && store_version_same(&is, &was) && same_time(&is.changed, &was.changed))
                return STORE_SAME;
        return !first && is.ino == 0 ? STORE_GONE : STORE_CHANGED;
}

bool store_events_news(struct store *s) {
        struct store_version was = s->history_version;
        bool first = !s->history_seen;

        s->history_version = store_version_of(s, STORE_EVENTS);
        s->history_seen = true;
        return first || !store_version_same(&s->history_version, &was);
}

bool store_is_known(const struct store *s) {
        for (size_t i = 0; i < STORE_FILE_MAX_; i++) {
                struct store_version is = store_version_of(s, store_shapes[i]->name);

                if (!s->known || !store_version_same(&is, &s->versions[i]))
                        return false;
        }
        return true;
}

/* One that is there and can be read: then what it holds is the trouble. */
static bool is_broken(const struct store *s, const char *name) {
        struct buf text AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);
        struct error why = ERROR_INIT;
        bool there;

        return (store_read_whole(s, name, &text, &there, &why) == 0 && there) || why.code == ERR_TOO_LARGE;
}

static int load_files(struct store *s, struct state *st, struct error *err) {
        for (size_t i = 0; i < STORE_FILE_MAX_; i++) {
                struct store_text *t = &s->files[i];

                store_text_release(t);
                /* Before it is read: if it is replaced in between, it only looks changed once too often. */
                s->versions[i] = store_version_of(s, store_shapes[i]->name);
                if (store_text_read(s, store_shapes[i]->name, STORE_STATE_MAX, t, err) < 0 ||
                    store_shapes[i]->load(s, store_text_root(t), st, err) < 0) {
                        s->broken = is_broken(s, store_shapes[i]->name) ? store_shapes[i]->name : NULL;
                        return -1;
                }
        }
        return 0;
}

/* What is not there any more must not look like what was never there: nobody has emptied its files. */
static int check_still_there(const struct store *s, struct error *err) {
        struct stat opened, there;

        if (s->dirfd < 0)
                return 0;
        if (fstat(s->dirfd, &opened) < 0)
                return error_set_errno(err, errno, "cannot look at data directory '%s'", s->path);
        if (opened.st_nlink > 0 && stat(s->path, &there) == 0 && there.st_dev == opened.st_dev && there.st_ino == opened.st_ino)
                return 0;
        return error_set(err, ERR_FAILED, "data directory '%s' was removed or replaced while it was in use: start again", s->path);
}

int store_load(struct store *s, struct state *ret, struct arena *a, struct error *err) {
        struct state st;

        s->loaded = s->known = false;
        s->broken = NULL;
        if (check_still_there(s, err) < 0)
                return -1;
        memset(s->behind, 0, sizeof(s->behind));
        state_init(&st, a);
        if (load_files(s, &st, err) < 0) {
                state_release(&st);
                return s->broken ? error_remedy(err, "the next pass sets it aside and rebuilds it: docker autoheal run") : -1;
        }
        s->loaded = store_is_locked(s);
        s->known = true;
        s->loaded_into = ret;
        *ret = st;
        return 0;
}

const char *store_broken_file(const struct store *s) {
        return s->broken;
}

int store_reload(struct store *s, const struct state *known, struct state *ret, struct arena *a, struct error *err) {
        if (s->loaded_into != known || !store_is_known(s))
                return store_load(s, ret, a, err);
        state_copy(ret, known, a);
        ret->untold = known->untold;
        ret->n_untold = known->n_untold;
        s->loaded = store_is_locked(s);
        return 0;
}

/* Puts the text in place and remembers it as the file's, not yet parsed: few callers save twice under one lock. */
static int replace(struct store *s, enum store_file file, struct buf *text, enum file_durability how, struct error *err) {
        if (text->overflowed)
                return error_set(err, ERR_TOO_LARGE, "%s/%s: would become larger than the %zu MiB that are read", s->path,
                                 store_shapes[file]->name, text->max / 1024 / 1024);
        if (store_put(s, store_shapes[file]->name, text->data, text->len, how, err) < 0)
                return -1;
        s->known = false;
        store_text_release(&s->files[file]);
        s->files[file].text = *text;
        *text = (struct buf)BUF_INIT(STORE_STATE_MAX);
        return 0;
}

static bool same_text(const struct buf *a, const struct buf *b) {
        return a->len == b->len && memcmp(buf_str(a), buf_str(b), a->len) == 0;
}

static bool same_memories(const struct state *a, const struct state *b) {
        if (a->n != b->n)
                return false;
        for (size_t i = 0; i < a->n; i++)
                if (!memory_same(&a->memories[i], &b->memories[i]))
                        return false;
        return true;
}

/* What is known beyond the state is the same before and after, so it need not be merged in to see a difference. */
static bool differs(const struct store *s, enum store_file file, const struct state *prev, const struct state *next) {
        struct buf before AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);
        struct buf after AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);

        if (s->behind[file] ||
            (file == STORE_CONTAINERS && (prev->n_untold || next->n_untold || prev->held_until_us != next->held_until_us)))
                return true;
        if (file != STORE_MAINTENANCE && same_memories(prev, next))
                return false;
        store_shapes[file]->format(&before, prev, NULL);
        store_shapes[file]->format(&after, next, NULL);
        return !same_text(&before, &after);
}

static bool same_engine(const struct state *a, const struct state *b) {
        return str_eq(a->engine_endpoint, b->engine_endpoint) && str_eq(a->engine_id, b->engine_id);
}

static int save_file(struct store *s, enum store_file file, const struct state *prev, const struct state *next, struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);
        struct store_text *t = &s->files[file];
        enum file_durability how = FILE_DURABLE;

        if (file != STORE_PASS && !differs(s, file, prev, next))
                return 0;
        if (file == STORE_PASS && same_engine(prev, next) && prev->storm_us == next->storm_us)
                how = FILE_QUICK;
        if (!t->doc && t->text.len > 0 && store_text_parse(s, store_shapes[file]->name, t, err) < 0)
                return -1;
        struct json_value in_place = store_text_root(t);

        store_shapes[file]->format(&text, next, &in_place);
        if (replace(s, file, &text, how, err) < 0)
                return -1;
        s->behind[file] = false;
        return 0;
}

/*
 * A file of its own, not a link to maintenance.json: other programs write that in place, and a link would break with it. Also
 * brought up to date when somebody else has changed the flag.
 */
static int keep_last(struct store *s, const struct buf *good, struct error *err) {
        struct buf there AUTO(buf_release) = BUF_INIT(STORE_STATE_MAX);
        struct error why = ERROR_INIT;
        bool is;

        if (good->len == 0)
                return 0;
        if (store_read_whole(s, STORE_MAINTENANCE_LAST, &there, &is, &why) < 0 && why.code != ERR_TOO_LARGE) {
                if (err)
                        *err = why;
                return -1;
        }
        if (same_text(good, &there))
                return 0;
        return store_put(s, STORE_MAINTENANCE_LAST, good->data, good->len, FILE_DURABLE, err);
}

static int save_one(struct store *s, enum store_file file, const struct state *prev, const struct state *next, struct error *err) {
        if (save_file(s, file, prev, next, err) < 0)
                return -1;
        /* The copy is for a day that may never come: without it nothing that is saved now is worse. */
        if (file == STORE_MAINTENANCE)
                (void)!keep_last(s, &s->files[file].text, NULL);
        return 0;
}

static int save_all(struct store *s, const struct state *prev, const struct state *next, bool skip_pass, struct error *err) {
        struct error failure = ERROR_INIT;
        /* Maintenance before containers.json, which announces the event: what did not come into force is not told. */
        enum store_file order[] = { STORE_MAINTENANCE, STORE_CONTAINERS, STORE_QUARANTINE, STORE_RESTART_COUNTS, STORE_PASS };

        /* Without the lock, or with what was read before it, another process's change would be overwritten. */
        assert(store_is_locked(s) && s->loaded);
        _Static_assert(N_ELEMENTS(order) == STORE_FILE_MAX_, "every state file is saved");
        /* What an interrupted save announced must be in place before containers.json forgets the announcement. */
        if (s->behind[STORE_QUARANTINE]) {
                order[1] = STORE_QUARANTINE;
                order[2] = STORE_CONTAINERS;
        }
        for (size_t i = 0; i < N_ELEMENTS(order); i++) {
                struct error why = ERROR_INIT;

                if (order[i] == STORE_PASS && skip_pass)
                        continue;
                if (save_one(s, order[i], prev, next, &why) < 0 && failure.code == ERR_NONE)
                        failure = why;
        }
        if (failure.code == ERR_NONE)
                return 0;
        if (err)
                *err = failure;
        return -1;
}

int store_save(struct store *s, const struct state *prev, const struct state *next, bool skip_pass, struct error *err) {
        /* A history that cannot be written keeps no state from being saved. */
        (void)!store_tell_untold(s, prev, NULL);
        return save_all(s, prev, next, skip_pass, err);
}

int store_take_back(struct store *s, const struct state *next, const struct state *prev, struct error *err) {
        s->behind[STORE_CONTAINERS] = s->behind[STORE_QUARANTINE] = s->behind[STORE_RESTART_COUNTS] = true;
        return save_all(s, next, prev, true, err);
}
