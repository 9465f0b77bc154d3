/* SPDX-License-Identifier: MIT */
/* The data directory itself: opening and making it, its locks, and putting a file into it. */
#include "autoheal/store/outbox.h"
#include "store_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#define OTHER_PLACE "or choose another with --data-dir"
#define OWN_IT      "run as its owner, chown it, " OTHER_PLACE

static int on_read_only_file_system(const char *path, struct error *err) {
        (void)error_set(err, ERR_CONFIG, "data directory '%s' is on a read-only file system", path);
        return error_remedy(err, "make it writable, " OTHER_PLACE);
}

int store_access_remedy(const struct store *s, struct error *err) {
        struct stat st;

        /* Root refuses what belongs to somebody else: given away, it would be lost to the passes that root makes. */
        if (geteuid() != 0 && stat(s->path, &st) == 0 && st.st_uid == 0)
                return error_remedy(err, "it belongs to root: run as root, " OTHER_PLACE);
        return error_remedy(err, OWN_IT);
}

static int unwritable(const struct store *s, struct error *err) {
        (void)error_set(err, ERR_CONFIG, "data directory '%s' cannot be written by this user", s->path);
        return store_access_remedy(s, err);
}

static int make_directory(const char *path, struct error *err) {
        struct error why = ERROR_INIT;

        if (dir_make(path, &why) == 0)
                return 0;
        if (why.sys_errno == EROFS)
                return on_read_only_file_system(path, err);
        if (why.sys_errno == EACCES || why.sys_errno == EPERM) {
                (void)error_set(err, ERR_CONFIG, "data directory '%s' cannot be made by this user: %s", path, why.msg);
                return error_remedy(err, "make it, " OTHER_PLACE);
        }
        if (why.sys_errno == ENOTDIR || why.sys_errno == EEXIST)
                why.code = ERR_CONFIG;
        if (err)
                *err = why;
        return error_wrap(err, "data directory '%s'", path);
}

/* Leaves s->dirfd at -1 if there is no directory. */
static int open_directory(struct store *s, struct error *err) {
        s->dirfd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (s->dirfd >= 0)
                return file_check_owner(s->dirfd, s->path, err);
        if (errno == ENOENT && s->mode != STORE_WRITE)
                return 0;
        if (errno == EACCES) {
                (void)error_set(err, ERR_CONFIG, "data directory '%s' cannot be read by this user", s->path);
                return store_access_remedy(s, err);
        }
        if (errno == ENOTDIR) {
                (void)error_set(err, ERR_CONFIG, "data directory '%s' is not a directory", s->path);
                return error_remedy(err, "remove it, " OTHER_PLACE);
        }
        return error_set_errno(err, errno, "cannot open data directory '%s'", s->path);
}

static int check_file_owner(const struct store *s, const char *name, struct error *err) {
        AUTO_CLOSE int fd = openat(s->dirfd, name, O_PATH | O_CLOEXEC);
        char shown[4096 + NAME_MAX];

        if (fd < 0)
                return 0; /* there is none, or reading it says why not */
        (void)snprintf(shown, sizeof(shown), "%s/%s", s->path, name);
        return file_check_owner(fd, shown, err);
}

/* All that are wrong are named at once. Alone, events.json stops nothing here: no decision is made from it. */
static int check_file_owners(const struct store *s, struct error *err) {
        struct buf wrong AUTO(buf_release) = BUF_INIT(1024);
        struct error first = ERROR_INIT, why;
        unsigned self = geteuid();
        size_t n = check_file_owner(s, "config.json", &first) < 0;

        if (n)
                buf_add_str(&wrong, "config.json");
        for (size_t i = 0; i < STORE_FILE_MAX_; i++) {
                if (check_file_owner(s, store_shapes[i]->name, n ? &why : &first) == 0)
                        continue;
                buf_addf(&wrong, "%s%s", n++ ? ", " : "", store_shapes[i]->name);
        }
        if (n && check_file_owner(s, "events.json", &why) < 0) {
                buf_add_str(&wrong, ", events.json");
                n++;
        }
        if (n > 1) {
                (void)error_set(err, ERR_CONFIG,
                                "data directory '%s': %s may be written by others, or belong to somebody other than root or you "
                                "(uid %u)",
                                s->path, buf_str(&wrong), self);
                return error_remedy(err, "run 'chown -R %u %s; chmod -R go-w %s'", self, s->path, s->path);
        }
        if (n && err)
                *err = first;
        return n ? -1 : 0;
}

static int check_links(const struct store *s, struct error *err) {
        struct error why = ERROR_INIT;

        if (path_check_links(s->path, &why) == 0)
                return 0;
        (void)error_set(err, ERR_CONFIG, "data directory '%s': %s", s->path, why.msg);
        return error_remedy(err, "make that, " OTHER_PLACE);
}

/* Who mistypes a path would find our files between those of others. */
static int check_content(const struct store *s, struct error *err) {
        if (s->mode == STORE_READ || store_look(s->path) != STORE_FOREIGN)
                return 0;
        (void)error_set(err, ERR_CONFIG, "data directory '%s' holds files, none of them autoheal's", s->path);
        return error_remedy(err, "choose a new or an empty one with --data-dir");
}

static int open_at_path(struct store *s, struct error *err) {
        if (check_links(s, err) < 0 || check_content(s, err) < 0)
                return -1;
        if (s->mode == STORE_WRITE && make_directory(s->path, err) < 0)
                return -1;
        if (open_directory(s, err) < 0)
                return -1;
        if (s->dirfd < 0)
                return 0;
        if (check_file_owners(s, err) < 0)
                return -1;
        if (s->mode != STORE_READ && faccessat(s->dirfd, ".", W_OK | X_OK, AT_EACCESS) < 0) {
                if (errno == EROFS)
                        return on_read_only_file_system(s->path, err);
                if (errno == EACCES || errno == EPERM)
                        return unwritable(s, err);
                return error_set_errno(err, errno, "cannot look at data directory '%s'", s->path);
        }
        return 0;
}

int store_open(struct store **ret, const char *path, enum store_mode mode, struct error *err) {
        struct store *s = xcalloc(1, sizeof(*s));

        s->path = xstrdup(path);
        s->mode = mode;
        s->patience_ms = STORE_PATIENCE_MS;
        s->dirfd = s->pass_fd = s->state_fd = s->above_fd = -1;
        if (open_at_path(s, err) < 0) {
                store_close(s);
                return -1;
        }
        *ret = s;
        return 0;
}

void store_close(struct store *s) {
        if (!s)
                return;
        for (size_t i = 0; i < N_ELEMENTS(s->files); i++)
                store_text_release(&s->files[i]);
        fd_close(&s->state_fd);
        fd_close(&s->above_fd);
        fd_close(&s->pass_fd);
        fd_close(&s->dirfd);
        free(s->path);
        free(s);
}

const char *store_path(const struct store *s) {
        return s->path;
}

static int refuse_reader(const struct store *s, struct error *err) {
        if (s->mode != STORE_READ)
                return 0;
        return error_set(err, ERR_FAILED, "data directory '%s' was opened for reading only", s->path);
}

int store_lock_pass(struct store *s, struct now now, struct lock_holder *ret_holder, struct error *err) {
        assert(s->pass_fd < 0 && s->mode != STORE_CHANGE);
        if (refuse_reader(s, err) < 0)
                return -1;
        if (lock_try(s->dirfd, "pass.lock", now, &s->pass_fd, ret_holder, err) < 0)
                return error_wrap(err, "data directory '%s'", s->path);
        dir_sweep_temporary(s->dirfd);
        return 0;
}

void store_say_serving(struct store *s, struct now now) {
        assert(s->pass_fd >= 0);
        lock_say_serving(s->pass_fd, now);
}

void store_say_places(struct store *s, const char *places) {
        assert(s->pass_fd >= 0);
        lock_say_places(s->pass_fd, places);
}

int store_look_pass(struct store *s, bool *ret_runs, struct lock_holder *ret_holder, struct error *err) {
        if (s->dirfd < 0) {
                *ret_runs = false;
                return 0;
        }
        if (lock_look(s->dirfd, "pass.lock", ret_runs, ret_holder, err) < 0)
                return error_wrap(err, "data directory '%s'", s->path);
        return 0;
}

static int lock_state(struct store *s, struct error *err) {
        if (lock_wait(s->dirfd, "state.lock", s->patience_ms, &s->state_fd, err) < 0)
                return error_wrap(err, "data directory '%s'", s->path);
        return 0;
}

/* The nearest directory above, which those who want to make this one lock instead of it. */
static int lock_above(struct store *s, struct error *err) {
        AUTO_FREE char *path = xstrdup(s->path);
        struct stat st;

        while (stat(path, &st) < 0 && path[1] != '\0') {
                char *slash = strrchr(path, '/');

                if (!slash)
                        (void)snprintf(path, strlen(path) + 1, ".");
                else
                        slash[slash == path ? 1 : 0] = '\0';
        }
        return lock_wait_directory(path, s->patience_ms, &s->above_fd, err);
}

/* Leaves s->dirfd at -1, with the lock above, if it is to be made. */
static int lock_what_is_to_be_made(struct store *s, struct error *err) {
        /* Where that cannot be locked it is made right away. */
        bool locked = lock_above(s, NULL) == 0;

        if (!locked && make_directory(s->path, err) < 0)
                return -1;
        /* Somebody else may have made it until now. */
        if (open_at_path(s, err) < 0)
                return -1;
        if (s->dirfd >= 0)
                fd_close(&s->above_fd);
        return 0;
}

int store_lock_state(struct store *s, struct error *err) {
        assert(!store_is_locked(s));
        if (refuse_reader(s, err) < 0)
                return -1;
        if ((s->dirfd < 0 && lock_what_is_to_be_made(s, err) < 0) || (s->dirfd >= 0 && lock_state(s, err) < 0)) {
                fd_close(&s->above_fd);
                return -1;
        }
        s->loaded = false;
        return 0;
}

bool store_try_lock_state(struct store *s) {
        int patience_ms = s->patience_ms, r;

        s->patience_ms = 0;
        r = store_lock_state(s, NULL);
        s->patience_ms = patience_ms;
        return r == 0;
}

void store_set_patience(struct store *s, int ms) {
        s->patience_ms = ms;
}

void store_unlock_state(struct store *s) {
        fd_close(&s->state_fd);
        fd_close(&s->above_fd);
        /* What is in the files may be changed by others from now on: it is not kept, and a large directory costs no memory. */
        for (size_t i = 0; i < N_ELEMENTS(s->files); i++)
                store_text_release(&s->files[i]);
        s->loaded = s->known = false;
}

bool store_is_locked(const struct store *s) {
        return s->state_fd >= 0 || s->above_fd >= 0;
}

/* ---- The first write ---- */

static bool holds_file(const struct store *s) {
        bool any = store_version_of(s, "config.json").ino || store_version_of(s, STORE_EVENTS).ino;

        for (size_t i = 0; i < STORE_FILE_MAX_; i++)
                any = any || store_version_of(s, store_shapes[i]->name).ino;
        return any;
}

/* A pass makes it without asking for the lock above. */
static int make_and_lock(struct store *s, struct error *err) {
        if (make_directory(s->path, err) < 0 || open_at_path(s, err) < 0 || lock_state(s, err) < 0)
                return -1;
        if (holds_file(s))
                return error_set(err, ERR_FAILED, "data directory '%s' was made by somebody else meanwhile: run it again", s->path);
        return 0;
}

int store_put(struct store *s, const char *name, const void *data, size_t len, enum file_durability how, struct error *err) {
        if (s->above_fd >= 0 && make_and_lock(s, err) < 0) {
                /* What was decided holds only where nothing is: the next file is refused as well. */
                fd_close(&s->state_fd);
                fd_close(&s->dirfd);
                return -1;
        }
        fd_close(&s->above_fd);
        if (file_replace(s->dirfd, name, data, len, how, err) < 0)
                return error_wrap(err, "data directory '%s'", s->path);
        return 0;
}
