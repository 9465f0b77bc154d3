/* SPDX-License-Identifier: MIT */
/* The directory's locks, config.json as text, and what happens when a file cannot be written. */
#include "autoheal/util/base.h"

#include "store_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

static const struct now now = { .mono_ms = 1, .wall_us = NOW_US };

static void a_reader_takes_no_lock(void **state) {
        struct fixture *f = *state;
        struct store *s = open_store(f, STORE_READ);
        struct error err = ERROR_INIT;

        assert_int_equal(store_lock_state(s, &err), -1);
        assert_int_equal(store_lock_pass(s, now, NULL, &err), -1);
        store_close(s);
        assert_int_equal(count_files(f->dir), 0);
}

static void config_is_read_as_text(void **state) {
        struct fixture *f = *state;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct store *s = open_store(f, STORE_READ);
        struct error err = ERROR_INIT;
        const char *text = NULL;
        size_t len = 0;

        put(f, "config.json", "{ not json");
        assert_ok(store_read_config(s, &a, &text, &len, &why));
        assert_string_equal(text, "{ not json");
        assert_int_equal(len, 10);
        put(f, "config.json", "");
        assert_ok(store_read_config(s, &a, &text, &len, &why));
        assert_string_equal(text, "");
        assert_int_equal(len, 0);

        char *big AUTO_FREE = xcalloc(1, 4 * 1024 * 1024 + 1);

        memset(big, ' ', 4 * 1024 * 1024 + 1);
        put_bytes(f, "config.json", big, 4 * 1024 * 1024 + 1);
        assert_int_equal(store_read_config(s, &a, &text, &len, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.msg, "config.json"));
        store_close(s);
}

static void one_pass_at_a_time(void **state) {
        struct fixture *f = *state;
        struct store *first = open_store(f, STORE_WRITE), *second = open_store(f, STORE_WRITE);
        struct lock_holder holder = { 0 };
        struct error err = ERROR_INIT;

        assert_ok(store_lock_pass(first, now, NULL, &why));
        assert_int_equal(store_lock_pass(second, now, &holder, &err), -1);
        assert_int_equal(err.code, ERR_LOCKED);
        assert_int_equal(holder.pid, getpid());
        assert_int_equal(holder.since_us, NOW_US);
        store_close(first);
        assert_ok(store_lock_pass(second, now, NULL, &why));
        store_close(second);
}

static void the_state_lock_is_given_up(void **state) {
        struct fixture *f = *state;
        struct store *s = open_store(f, STORE_WRITE);
        int dirfd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;
        struct error err = ERROR_INIT;

        assert_ok(store_lock_state(s, &why));
        assert_int_equal(lock_try(dirfd, "state.lock", now, &fd, NULL, &err), -1);
        assert_int_equal(err.code, ERR_LOCKED);
        store_unlock_state(s);
        assert_ok(lock_try(dirfd, "state.lock", now, &fd, NULL, &why));
        (void)close(fd);
        assert_ok(store_lock_state(s, &why));
        store_close(s);
        assert_ok(lock_try(dirfd, "state.lock", now, &fd, NULL, &why));
        (void)close(fd);
        (void)close(dirfd);
        store_close(NULL);
}

/* A killed process's temporary files go when the next pass begins. */
static void a_pass_sweeps(void **state) {
        struct fixture *f = *state;
        struct store *s = open_store(f, STORE_WRITE);
        const struct timespec old[2] = { { .tv_sec = 1000000 }, { .tv_sec = 1000000 } };
        char path[256];

        put(f, ".pass.json.123-0.tmp", "");
        file_path(f, ".pass.json.123-0.tmp", path);
        assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
        assert_ok(store_lock_pass(s, now, NULL, &why));
        assert_int_equal(access(path, F_OK), -1);
        store_close(s);
}

/* Four processes at once each quarantine a container of their own. */
static void nobody_overwrites_another(void **state) {
        struct fixture *f = *state;
        struct change c;
        pid_t pids[4];

        for (size_t i = 0; i < N_ELEMENTS(pids); i++) {
                char id[16];

                (void)snprintf(id, sizeof(id), "web_%zu", i);
                pids[i] = fork();
                assert_true(pids[i] >= 0);
                if (pids[i] > 0)
                        continue;
                change_begin(&c, f);
                state_get(&c.next, id)->quarantined = QUARANTINED_BY_PERSON;
                change_save(&c);
                _exit(0);
        }
        for (size_t i = 0; i < N_ELEMENTS(pids); i++) {
                int status;

                assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
                assert_int_equal(status, 0);
        }
        change_begin(&c, f);
        assert_int_equal(c.prev.n, 4);
        for (size_t i = 0; i < c.prev.n; i++)
                assert_int_equal(c.prev.memories[i].quarantined, QUARANTINED_BY_PERSON);
        change_end(&c);
}

static int save_without_lock(struct fixture *f) {
        struct arena a = ARENA_INIT(4096);
        struct error err = ERROR_INIT;
        struct store *s;
        struct state st;

        (void)close(STDERR_FILENO);
        if (store_open(&s, f->dir, STORE_WRITE, &err) < 0 || store_load(s, &st, &a, &err) < 0 || store_lock_state(s, &err) < 0)
                return 1;
        return store_save(s, &st, &st, false, &err); /* loaded before it was locked */
}

static void saving_what_was_loaded_before_the_lock_aborts(void **state) {
        struct fixture *f = *state;
        pid_t pid = fork();
        int status = 0;

        if (pid == 0)
                _exit(save_without_lock(f));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
        assert_null(get(f, "pass.json"));
}

/* Files may not grow: every write fails as on a full disk. */
static void full_disk(void **state) {
        struct fixture *f = *state;
        struct rlimit before, none;
        struct error err = ERROR_INIT;
        struct stat old, new;
        struct change c;
        int saved, added;
        size_t files;

        put(f, "quarantine.json", "[\"a\"]");
        put(f, "events.json", "[{\"message\":\"old\"}]");
        old = look(f, "quarantine.json");
        change_begin(&c, f);
        files = count_files(f->dir);
        state_get(&c.next, "b")->quarantined = QUARANTINED_BY_AUTOHEAL;
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        (void)signal(SIGXFSZ, SIG_IGN);
        none = before;
        none.rlim_cur = 0;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
        saved = store_save(c.store, &c.prev, &c.next, false, &err);
        added = store_append_events(c.store, &(struct event){ .at_us = NOW_US, .duration_ms = -1 }, 1, 10, NULL);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(saved, -1);
        assert_int_equal(added, -1);
        assert_int_equal(err.code, ERR_IO);
        assert_int_equal(err.sys_errno, EFBIG);
        assert_non_null(strstr(err.msg, "containers.json"));
        change_end(&c);
        new = look(f, "quarantine.json");
        assert_true(same_file(&old, &new));
        assert_string_equal(get(f, "events.json"), "[{\"message\":\"old\"}]");
        assert_int_equal(count_files(f->dir), files);
}

static void what_can_be_saved_is_saved(void **state) {
        struct fixture *f = *state;
        struct error err = ERROR_INIT;
        struct memory *m;
        struct change c;
        char path[256];

        change_begin(&c, f);
        m = state_get(&c.next, "shop_web");
        m->quarantined = QUARANTINED_BY_AUTOHEAL;
        m->quarantined_us = NOW_US;
        memory_add_restart(m, NOW_US, &c.arena);
        file_path(f, "containers.json", path);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(store_save(c.store, &c.prev, &c.next, false, &err), -1);
        assert_non_null(strstr(err.msg, "containers.json"));
        change_end(&c);
        assert_string_equal(get(f, "quarantine.json"), "[\n  \"shop_web\"\n]");
        assert_non_null(get(f, "restart_counts.json"));
        assert_non_null(get(f, "pass.json"));
}

/* What is known is good until somebody else writes, and not a moment longer. */
static void reloading_sees_what_others_wrote(void **state) {
        struct fixture *f = *state;
        struct arena a = ARENA_INIT(4096);
        struct state known, again;
        struct change c;

        put(f, "quarantine.json", "[\"web\"]");
        struct store *s = open_store(f, STORE_WRITE);
        assert_ok(store_load(s, &known, &a, &why));
        assert_ok(store_reload(s, &known, &again, &a, &why));
        assert_int_equal(again.n, 1);
        state_release(&again);

        change_begin(&c, f);
        state_get(&c.next, "db")->quarantined = QUARANTINED_BY_PERSON;
        change_save(&c);
        assert_ok(store_reload(s, &known, &again, &a, &why));
        assert_int_equal(again.n, 2);
        assert_int_equal(state_find(&again, "db")->quarantined, QUARANTINED_BY_PERSON);
        state_release(&again);
        state_release(&known);
        arena_release(&a);
        store_close(s);
}

/* Nobody emptied its files: what it held must not look as if it had never been. */
static void a_directory_that_is_gone_is_not_an_empty_one(void **state) {
        struct fixture *f = *state;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct state st;
        struct error err = ERROR_INIT;
        char aside[128];

        put(f, "quarantine.json", "[\"web\"]");
        struct store *s = open_store(f, STORE_WRITE);
        (void)snprintf(aside, sizeof(aside), "%s.aside", f->dir);
        assert_int_equal(rename(f->dir, aside), 0);
        assert_int_equal(store_load(s, &st, &a, &err), -1);
        assert_non_null(strstr(err.msg, "was removed or replaced while it was in use"));
        assert_int_equal(mkdir(f->dir, 0755), 0);
        assert_int_equal(store_load(s, &st, &a, &err), -1);
        assert_int_equal(rmdir(f->dir), 0);
        assert_int_equal(rename(aside, f->dir), 0);
        assert_ok(store_load(s, &st, &a, &why));
        assert_int_equal(st.n, 1);
        state_release(&st);
        store_close(s);
}

/* What was loaded into another state since then is newer than what is known. */
static void reloading_does_not_go_back(void **state) {
        struct fixture *f = *state;
        struct arena a = ARENA_INIT(4096);
        struct state known, other, again;
        struct change c;

        put(f, "quarantine.json", "[\"web\"]");
        struct store *s = open_store(f, STORE_WRITE);
        assert_ok(store_load(s, &known, &a, &why));
        change_begin(&c, f);
        state_get(&c.next, "db")->quarantined = QUARANTINED_BY_PERSON;
        change_save(&c);
        assert_ok(store_load(s, &other, &a, &why));
        assert_ok(store_reload(s, &known, &again, &a, &why));
        assert_int_equal(again.n, 2);
        state_release(&again);
        state_release(&other);
        state_release(&known);
        arena_release(&a);
        store_close(s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                fixture_test(a_reader_takes_no_lock),
                fixture_test(config_is_read_as_text),
                fixture_test(one_pass_at_a_time),
                fixture_test(the_state_lock_is_given_up),
                fixture_test(a_pass_sweeps),
                fixture_test(nobody_overwrites_another),
                fixture_test(saving_what_was_loaded_before_the_lock_aborts),
                fixture_test(reloading_does_not_go_back),
                fixture_test(a_directory_that_is_gone_is_not_an_empty_one),
                fixture_test(reloading_sees_what_others_wrote),
                fixture_test(full_disk),
                fixture_test(what_can_be_saved_is_saved),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
