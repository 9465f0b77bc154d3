/* SPDX-License-Identifier: MIT */
/* Programs that do not know our lock write in place: what is being written is not broken, and a backup copy is not the state. */
#include "autoheal/util/base.h"

#include "store_fixture.h"

#include "autoheal/os/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

/* In a child: as soon as somebody else holds state.lock, the rest of the file arrives. */
static void finish_when_locked(struct fixture *f) {
        char path[256];

        file_path(f, "state.lock", path);
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
                (void)flock(fd, LOCK_UN);
        put(f, "quarantine.json", "[\"web\"]");
        _exit(0);
}

static void what_is_being_written_is_not_broken(void **state) {
        struct fixture *f = *state;
        struct arena a = ARENA_INIT(4096);
        struct store_repair *repairs;
        struct state st;
        size_t n = 99;
        int status;

        put(f, "quarantine.json", "[\"we");
        pid_t pid = fork();
        if (pid == 0)
                finish_when_locked(f);
        struct store *s = open_store(f, STORE_WRITE);
        assert_ok(store_lock_state(s, &why));
        assert_ok(store_repair(s, clock_read(), 600, &a, &repairs, &n, &why));
        assert_int_equal(n, 0);
        assert_ok(store_load(s, &st, &a, &why));
        assert_int_equal(state_find(&st, "web")->quarantined, QUARANTINED_BY_AUTOHEAL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        state_release(&st);
        arena_release(&a);
        store_close(s);
}

static void a_copy_that_cannot_be_kept_stops_nothing(void **state) {
        struct fixture *f = *state;
        struct change c;
        char path[256];

        file_path(f, "maintenance.json.last", path);
        assert_int_equal(mkdir(path, 0700), 0);
        for (int i = 0; i < 2; i++) {
                change_begin(&c, f);
                c.next.maintenance.enabled = !c.next.maintenance.enabled;
                change_save(&c);
        }
        change_begin(&c, f);
        assert_false(c.prev.maintenance.enabled);
        change_end(&c);
        assert_int_equal(rmdir(path), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                fixture_test(what_is_being_written_is_not_broken),
                fixture_test(a_copy_that_cannot_be_kept_stops_nothing),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
