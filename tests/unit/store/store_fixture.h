/* SPDX-License-Identifier: MIT */
/* A data directory of its own for each test of this folder, and short ways to look into it and to change it. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include "autoheal/store/store.h"
#include "autoheal/util/buf.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW_US INT64_C(1761918000000000) /* 2025-10-31T13:40:00Z */

struct fixture {
        char base[64]; /* removed at the end */
        char dir[80];  /* the data directory */
        char text[65536];
};

static inline int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw) {
        (void)st;
        (void)kind;
        (void)ftw;
        return remove(path);
}

static inline int fixture_setup(void **state) {
        struct fixture *f = xcalloc(1, sizeof(*f));

        (void)snprintf(f->base, sizeof(f->base), "/tmp/autoheal-store-XXXXXX");
        if (!mkdtemp(f->base) || chmod(f->base, 0755) < 0)
                return -1;
        (void)snprintf(f->dir, sizeof(f->dir), "%s/data", f->base);
        *state = f;
        return mkdir(f->dir, 0755);
}

static inline int fixture_teardown(void **state) {
        struct fixture *f = *state;

        (void)nftw(f->base, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        free(f);
        return 0;
}

#define fixture_test(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

static inline void file_path(const struct fixture *f, const char *name, char ret[static 256]) {
        (void)snprintf(ret, 256, "%s/%s", f->dir, name);
}

static inline void put_bytes(const struct fixture *f, const char *name, const char *text, size_t len) {
        char path[256];
        FILE *file;

        file_path(f, name, path);
        file = fopen(path, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(text, 1, len, file), len);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(chmod(path, 0644), 0);
}

static inline void put(const struct fixture *f, const char *name, const char *text) {
        put_bytes(f, name, text, strlen(text));
}

/* The file's text, valid until the next call; NULL if there is none. */
static inline const char *get(struct fixture *f, const char *name) {
        char path[256];
        size_t n;
        FILE *file;

        file_path(f, name, path);
        file = fopen(path, "r");
        if (!file)
                return NULL;
        n = fread(f->text, 1, sizeof(f->text) - 1, file);
        f->text[n] = '\0';
        (void)fclose(file);
        return f->text;
}

static inline size_t count_files(const char *dir) {
        DIR *d = opendir(dir);
        const struct dirent *e;
        size_t n = 0;

        assert_non_null(d);
        while ((e = readdir(d)) != NULL)
                n += !str_eq(e->d_name, ".") && !str_eq(e->d_name, "..");
        (void)closedir(d);
        return n;
}

static inline struct stat look(const struct fixture *f, const char *name) {
        char path[256];
        struct stat st = { 0 };

        file_path(f, name, path);
        assert_int_equal(lstat(path, &st), 0);
        return st;
}

static inline bool same_file(const struct stat *a, const struct stat *b) {
        return a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
               a->st_size == b->st_size;
}

#define assert_ok(call)                                                                                                            \
        do {                                                                                                                       \
                struct error why = ERROR_INIT;                                                                                     \
                if ((call) < 0)                                                                                                    \
                        fail_msg("%s: %s", #call, why.msg);                                                                        \
        } while (0)

static inline struct store *open_store(const struct fixture *f, enum store_mode mode) {
        struct store *s = NULL;
        struct error err = ERROR_INIT;

        if (store_open(&s, f->dir, mode, &err) < 0)
                fail_msg("store_open: %s", err.msg);
        return s;
}

/* A read-modify-write under way: locked and loaded, `next` is to be changed. */
struct change {
        struct store *store;
        struct arena arena;
        struct state prev, next;
};

static inline void change_begin(struct change *c, const struct fixture *f) {
        *c = (struct change){ .store = open_store(f, STORE_WRITE), .arena = ARENA_INIT(4096) };
        assert_ok(store_lock_state(c->store, &why));
        assert_ok(store_load(c->store, &c->prev, &c->arena, &why));
        state_copy(&c->next, &c->prev, &c->arena);
}

static inline void change_end(struct change *c) {
        state_release(&c->prev);
        state_release(&c->next);
        arena_release(&c->arena);
        store_close(c->store);
}

static inline void change_save(struct change *c) {
        assert_ok(store_save(c->store, &c->prev, &c->next, false, &why));
        change_end(c);
}

/* Runs fn in a child process as an ordinary user (if this one is root); what it returns is the child's exit status. */
static inline int as_ordinary_user(int (*fn)(struct fixture *), struct fixture *f) {
        pid_t pid = fork();
        int status = 0;

        if (pid == 0)
                _exit(geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0) ? 99 : fn(f));
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

#endif
