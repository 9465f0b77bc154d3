/* SPDX-License-Identifier: MIT */
/* Opening the directory: what is made, whose it may be, and where it may lie. */
#include "autoheal/util/base.h"

#include "store_fixture.h"

#include <sched.h>
#include <sys/mount.h>

static void refuse_open(const char *path, enum store_mode mode, const char *want) {
        struct store *s = NULL;
        struct error err = ERROR_INIT;

        assert_int_equal(store_open(&s, path, mode, &err), -1);
        assert_null(s);
        assert_int_equal(err.code, ERR_CONFIG);
        if (!strstr(err.msg, want))
                fail_msg("'%s' lacks '%s'", err.msg, want);
}

static void reading_creates_nothing(void **state) {
        struct fixture *f = *state;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct store *s;
        struct state st;
        struct stored_event *events;
        const char *config = "";
        size_t n = 99, len = 99;

        for (int there = 1; there >= 0; there--) {
                if (!there)
                        assert_int_equal(rmdir(f->dir), 0);
                s = open_store(f, STORE_READ);
                assert_string_equal(store_path(s), f->dir);
                assert_ok(store_load(s, &st, &a, &why));
                assert_int_equal(st.n, 0);
                assert_false(st.maintenance.enabled);
                assert_string_equal(st.engine_endpoint, "");
                assert_ok(store_read_events(s, &a, &events, &n, &why));
                assert_int_equal(n, 0);
                assert_ok(store_read_config(s, &a, &config, &len, &why));
                assert_null(config);
                assert_int_equal(len, 0);
                state_release(&st);
                store_close(s);
                if (there)
                        assert_int_equal(count_files(f->dir), 0);
        }
        assert_int_equal(access(f->dir, F_OK), -1);
}

static void writing_makes_the_directory(void **state) {
        struct fixture *f = *state;
        struct stat st;

        (void)snprintf(f->dir, sizeof(f->dir), "%s/a/b", f->base);
        store_close(open_store(f, STORE_WRITE));
        assert_int_equal(stat(f->dir, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
}

/* Locked, loaded and not changed; then written. */
static void a_change_makes_the_directory_when_it_writes(void **state) {
        struct fixture *f = *state;
        struct change c = { .arena = ARENA_INIT(4096) };

        assert_int_equal(rmdir(f->dir), 0);
        c.store = open_store(f, STORE_CHANGE);
        assert_ok(store_lock_state(c.store, &why));
        assert_ok(store_load(c.store, &c.prev, &c.arena, &why));
        state_copy(&c.next, &c.prev, &c.arena);
        assert_ok(store_save(c.store, &c.prev, &c.next, true, &why));
        assert_int_equal(access(f->dir, F_OK), -1);
        assert_ok(store_write_config(c.store, "{}", 2, &why));
        assert_int_equal(look(f, "config.json").st_size, 2);
        assert_true(S_ISREG(look(f, "state.lock").st_mode));
        change_end(&c);
}

static void a_change_takes_the_lock_of_a_directory_that_came(void **state) {
        struct fixture *f = *state;
        const char *text = NULL;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        size_t len = 0;

        assert_int_equal(rmdir(f->dir), 0);
        struct store *s = open_store(f, STORE_CHANGE);
        assert_int_equal(mkdir(f->dir, 0700), 0);
        put(f, "config.json", "{ }");
        assert_ok(store_lock_state(s, &why));
        assert_true(S_ISREG(look(f, "state.lock").st_mode));
        assert_ok(store_read_config(s, &a, &text, &len, &why));
        assert_string_equal(text, "{ }");
        store_close(s);
}

/* What was decided, was decided of an empty one. */
static void a_change_does_not_write_into_what_came_under_its_lock(void **state) {
        struct fixture *f = *state;
        struct error err = ERROR_INIT;

        assert_int_equal(rmdir(f->dir), 0);
        struct store *s = open_store(f, STORE_CHANGE);
        assert_ok(store_lock_state(s, &why));
        assert_int_equal(mkdir(f->dir, 0700), 0);
        put(f, "config.json", "{ }");
        for (int again = 0; again < 2; again++) {
                assert_int_equal(store_write_config(s, "{}", 2, &err), -1);
                assert_int_equal(err.code, ERR_FAILED);
                assert_non_null(strstr(err.msg, "was made by somebody else meanwhile"));
        }
        assert_int_equal(look(f, "config.json").st_size, 3);
        store_close(s);
}

static void not_a_directory(void **state) {
        struct fixture *f = *state;
        char path[256];

        put(f, "file", "");
        file_path(f, "file", path);
        refuse_open(path, STORE_READ, "not a directory");
        refuse_open(path, STORE_WRITE, path);
        file_path(f, "file/below", path);
        refuse_open(path, STORE_READ, path);
}

static void others_may_write(void **state) {
        struct fixture *f = *state;
        char path[256];

        assert_int_equal(chmod(f->dir, 0777), 0);
        refuse_open(f->dir, STORE_READ, "chmod");
        refuse_open(f->dir, STORE_WRITE, "chmod");
        assert_int_equal(chmod(f->dir, 0755), 0);
        put(f, "config.json", "{}");
        file_path(f, "config.json", path);
        assert_int_equal(chmod(path, 0664), 0);
        refuse_open(f->dir, STORE_READ, "config.json");
}

/* Telling one at a time would make a person run the command once for each. */
static void several_files_that_others_may_write(void **state) {
        struct fixture *f = *state;
        char path[256], want[1024];

        put(f, "config.json", "{}");
        put(f, "events.json", "[]");
        put(f, "quarantine.json", "[]");
        put(f, "pass.json", "{}");
        file_path(f, "quarantine.json", path);
        assert_int_equal(chmod(path, 0664), 0);
        (void)snprintf(want, sizeof(want), "'%s' may be written by others (mode 0664): run 'chmod go-w %s'", path, path);
        refuse_open(f->dir, STORE_READ, want);
        file_path(f, "config.json", path);
        assert_int_equal(chmod(path, 0666), 0);
        file_path(f, "events.json", path);
        assert_int_equal(chmod(path, 0666), 0);
        (void)snprintf(want, sizeof(want),
                       "data directory '%s': config.json, quarantine.json, events.json may be written by others, or belong to "
                       "somebody other than root or you (uid %u): run 'chown -R %u %s; chmod -R go-w %s'",
                       f->dir, geteuid(), geteuid(), f->dir, f->dir);
        refuse_open(f->dir, STORE_READ, want);
        refuse_open(f->dir, STORE_WRITE, want);
}

/* History stops no pass, whoever may write it: it is left alone when it is its turn. */
static void events_that_others_may_write(void **state) {
        struct fixture *f = *state;
        struct error err = ERROR_INIT;
        struct store *s;
        char path[256];

        put(f, "events.json", "[]");
        file_path(f, "events.json", path);
        assert_int_equal(chmod(path, 0666), 0);
        s = open_store(f, STORE_WRITE);
        assert_ok(store_lock_state(s, &why));
        assert_int_equal(store_append_events(s, &(struct event){ .at_us = NOW_US, .duration_ms = -1 }, 1, 10, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.msg, "chmod go-w"));
        assert_string_equal(get(f, "events.json"), "[]");
        store_close(s);
}

static void a_shared_directory(void **state) {
        struct fixture *f = *state;
        struct store *s = NULL;
        struct error err = ERROR_INIT;

        assert_int_equal(chmod(f->dir, 01777), 0);
        refuse_open(f->dir, STORE_WRITE, "is a shared directory: choose one of your own with --data-dir");
        assert_int_equal(store_open(&s, f->dir, STORE_READ, &err), -1);
        assert_null(strstr(err.msg, "chmod"));
}

/* Its disk may not be mounted yet: to read it as empty would be to forget every quarantine. */
static void a_link_that_leads_nowhere(void **state) {
        struct fixture *f = *state;
        char path[256], want[1024];

        file_path(f, "link", path);
        assert_int_equal(symlink("/nowhere/at-all", path), 0);
        (void)snprintf(want, sizeof(want),
                       "data directory '%s': '%s' is a symbolic link to '/nowhere/at-all', which is not there: ", path, path);
        refuse_open(path, STORE_READ, want);
        refuse_open(path, STORE_WRITE, want);
        file_path(f, "link/", path);
        refuse_open(path, STORE_READ, "/link' is a symbolic link to '/nowhere/at-all', which is not there: ");
        file_path(f, "link/below/it", path);
        refuse_open(path, STORE_READ, "/link' is a symbolic link to '/nowhere/at-all', which is not there: ");
        refuse_open(path, STORE_WRITE, "--data-dir");
        assert_int_equal(count_files(f->dir), 1);
}

static void belongs_to_somebody_else(void **state) {
        struct fixture *f = *state;
        char path[256];

        if (geteuid() != 0)
                skip();
        put(f, "config.json", "{}");
        file_path(f, "config.json", path);
        assert_int_equal(chown(path, 12345, 12345), 0);
        refuse_open(f->dir, STORE_READ, path);
        assert_int_equal(chown(path, 0, 0), 0);
        assert_int_equal(chown(f->dir, 12345, 12345), 0);
        refuse_open(f->dir, STORE_WRITE, "12345");
}

static int use_read_only(struct fixture *f) {
        struct arena a = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct store *s;
        struct state st;

        if (store_open(&s, f->dir, STORE_WRITE, &err) == 0 || err.code != ERR_CONFIG)
                return 1;
        if (!strstr(err.msg, "cannot be written by this user: it belongs to root: run as root, or choose another with --data-dir"))
                return 2;
        if (store_open(&s, f->dir, STORE_READ, &err) < 0 || store_load(s, &st, &a, &err) < 0)
                return 3;
        return st.n == 1 && state_find(&st, "shop_web") ? 0 : 4;
}

static void read_only_directory(void **state) {
        struct fixture *f = *state;

        put(f, "quarantine.json", "[\"shop_web\"]");
        assert_int_equal(chmod(f->dir, 0555), 0);
        assert_int_equal(as_ordinary_user(use_read_only, f), 0);
        assert_int_equal(chmod(f->dir, 0755), 0);
}

/* Runs in a child, whose mounts are its own. 77: no right to mount here. */
static int open_on_a_read_only_file_system(struct fixture *f) {
        char path[256], want[1024];

        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount(f->dir, f->dir, NULL, MS_BIND, NULL) < 0 || mount(NULL, f->dir, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0)
                return 77;
        file_path(f, "below/it", path);
        for (int i = 0; i < 2; i++) {
                const char *dir = i == 0 ? f->dir : path;
                struct error err = ERROR_INIT;
                struct store *s = NULL;

                (void)snprintf(want, sizeof(want), "data directory '%s' is on a read-only file system", dir);
                if (store_open(&s, dir, STORE_WRITE, &err) == 0 || err.code != ERR_CONFIG)
                        return 1 + i;
                if (!strstr(err.msg, want) || strstr(err.msg, "chown"))
                        return 3 + i;
                if (store_open(&s, dir, STORE_READ, &err) < 0)
                        return 5 + i;
                store_close(s);
        }
        return 0;
}

static void read_only_file_system(void **state) {
        pid_t pid = fork();
        int status = 0;

        if (pid == 0)
                _exit(open_on_a_read_only_file_system(*state));
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77)
                skip();
        assert_int_equal(WEXITSTATUS(status), 0);
}

static int make_where_not_allowed(struct fixture *f) {
        struct error err = ERROR_INIT;
        char path[256];
        struct store *s;

        file_path(f, "new", path);
        return store_open(&s, path, STORE_WRITE, &err) < 0 && err.code == ERR_CONFIG && strstr(err.msg, "--data-dir") ? 0 : 1;
}

static void directory_that_cannot_be_made(void **state) {
        struct fixture *f = *state;

        assert_int_equal(chmod(f->dir, 0555), 0);
        assert_int_equal(as_ordinary_user(make_where_not_allowed, f), 0);
        assert_int_equal(chmod(f->dir, 0755), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                fixture_test(reading_creates_nothing),
                fixture_test(writing_makes_the_directory),
                fixture_test(a_change_makes_the_directory_when_it_writes),
                fixture_test(a_change_takes_the_lock_of_a_directory_that_came),
                fixture_test(a_change_does_not_write_into_what_came_under_its_lock),
                fixture_test(not_a_directory),
                fixture_test(others_may_write),
                fixture_test(several_files_that_others_may_write),
                fixture_test(events_that_others_may_write),
                fixture_test(a_shared_directory),
                fixture_test(a_link_that_leads_nowhere),
                fixture_test(belongs_to_somebody_else),
                fixture_test(read_only_directory),
                fixture_test(read_only_file_system),
                fixture_test(directory_that_cannot_be_made),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
