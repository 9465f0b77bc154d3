/* SPDX-License-Identifier: MIT */
/* As whom root of a container goes on: what decides it, and as root that it holds. */
#include "autoheal/os/identity.h"

#include "temporary_dir.h"

#include <errno.h>
#include <sys/wait.h>

#define OWNER 4711
#define GROUP 4712

static const char *in_dir(const struct temporary_dir *dir, const char *name, char ret[static 128]) {
        (void)snprintf(ret, 128, "%s/%s", dir->path, name);
        return ret;
}

static void check_told(const char *told, const char *text) {
        if (!strstr(told, text))
                fail_msg("'%s' does not say '%s'", told, text);
}

static void test_stays_root(void **state) {
        struct identity untouched = { .uid = 1, .gid = 2 };
        char told[IDENTITY_TOLD_SIZE], missing[128];
        struct identity_needs needs = { .data_dir = "/" };

        assert_false(identity_choose(&needs, &untouched, told));
        check_told(told, "stays root: the data directory '/' belongs to root");
        needs.data_dir = in_dir(*state, "missing", missing);
        assert_false(identity_choose(&needs, &untouched, told));
        check_told(told, "is not there yet");
        needs.data_dir = "/dev/null/below";
        assert_false(identity_choose(&needs, &untouched, told));
        check_told(told, "Not a directory");
        needs.data_dir = "/\x1b[2J";
        assert_false(identity_choose(&needs, &untouched, told));
        assert_null(strchr(told, '\x1b'));
        assert_int_equal(untouched.uid, 1);
        assert_int_equal(untouched.gid, 2);
}

/* Whoever runs the tests owns the directory; what only root can arrange is tried where root runs them. */
static void give(const struct temporary_dir *dir, uid_t uid, gid_t gid) {
        assert_int_equal(fchown(dir->fd, uid, gid), 0);
}

static void test_socket_decides_too(void **state) {
        const struct temporary_dir *dir = *state;
        struct identity id;
        char told[IDENTITY_TOLD_SIZE], socket[128];
        struct identity_needs needs = { .data_dir = dir->path, .socket = in_dir(dir, "engine.sock", socket) };

        if (geteuid() == 0)
                give(dir, OWNER, OWNER);
        assert_false(identity_choose(&needs, &id, told));
        check_told(told, "looking at the engine's socket");
        needs.socket = "/";
        assert_false(identity_choose(&needs, &id, told));
        check_told(told, "the engine's socket '/' belongs to root's group");
        needs.socket = dir->path;
        assert_true(identity_choose(&needs, &id, told));
        assert_int_equal(id.n_groups, 1);
        needs.socket = NULL;
        assert_true(identity_choose(&needs, &id, told));
        assert_int_equal(id.uid, geteuid() == 0 ? OWNER : geteuid());
        assert_int_equal(id.gid, geteuid() == 0 ? OWNER : getegid());
}

/* What a child finds that took another identity: its exit status says it, and the text comes through the pipe. */
enum { STAYED = 10, CHANGED, FAILED, WRONG };

static int look_around(const struct identity_needs *needs, char *ret_told) {
        struct error err = ERROR_INIT;
        gid_t groups[8];

        if (identity_take(needs, ret_told, &err) < 0)
                return FAILED;
        int n = getgroups((int)N_ELEMENTS(groups), groups);

        if (geteuid() == 0)
                return getuid() == 0 && getegid() == 0 ? STAYED : WRONG;
        if (getuid() != OWNER || geteuid() != OWNER || getgid() != GROUP || getegid() != GROUP)
                return WRONG;
        if (seteuid(0) == 0 || setgid(0) == 0 || access(needs->data_dir, W_OK) < 0)
                return WRONG;
        for (int i = 0; i < n; i++)
                if (groups[i] != GROUP && groups[i] != OWNER)
                        return WRONG;
        return CHANGED;
}

static int take_in_child(const struct identity_needs *needs, char ret_told[static IDENTITY_TOLD_SIZE]) {
        int ends[2], status;

        assert_int_equal(pipe(ends), 0);
        pid_t pid = fork();

        assert_true(pid >= 0);
        memset(ret_told, 0, IDENTITY_TOLD_SIZE);
        if (pid == 0) {
                int found = look_around(needs, ret_told);

                _exit(write(ends[1], ret_told, IDENTITY_TOLD_SIZE) == IDENTITY_TOLD_SIZE ? found : WRONG);
        }
        assert_int_equal(close(ends[1]), 0);
        assert_int_equal(read(ends[0], ret_told, IDENTITY_TOLD_SIZE), IDENTITY_TOLD_SIZE);
        assert_int_equal(close(ends[0]), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void test_takes_it(void **state) {
        const struct temporary_dir *dir = *state;
        char told[IDENTITY_TOLD_SIZE], socket[128], token[128];
        const char *const files[] = { in_dir(dir, "token", token), NULL };
        struct identity_needs needs = { .data_dir = dir->path, .socket = in_dir(dir, "engine.sock", socket), .files = files };

        put_file(dir, "engine.sock", "", 0660);
        put_file(dir, "token", "secret", 0600);
        if (geteuid() != 0) {
                /* Nobody else can give anything away: it is refused, and nothing was changed. */
                assert_int_not_equal(take_in_child(&needs, told), CHANGED);
                return;
        }
        give(dir, OWNER, OWNER);
        assert_int_equal(chown(socket, 0, GROUP), 0);
        assert_int_equal(take_in_child(&needs, told), STAYED);
        check_told(told, "uid 4711 with group 4712 could not open");
        check_told(told, "token': Permission denied");
        assert_int_equal(chown(token, OWNER, 0), 0);
        assert_int_equal(take_in_child(&needs, told), CHANGED);
        check_told(told, "runs as uid 4711 with group 4712");
        /* The group may not write to the socket. */
        assert_int_equal(chmod(socket, 0600), 0);
        assert_int_equal(take_in_child(&needs, told), STAYED);
        check_told(told, "engine.sock': Permission denied");
        /* The owner may not write into it: neither directory nor socket alone is enough. */
        assert_int_equal(chmod(socket, 0660), 0);
        assert_int_equal(fchmod(dir->fd, 0500), 0);
        assert_int_equal(take_in_child(&needs, told), STAYED);
        check_told(told, dir->path);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                with_dir(test_stays_root),
                with_dir(test_socket_decides_too),
                with_dir(test_takes_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
