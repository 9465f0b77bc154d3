/* SPDX-License-Identifier: MIT */
/* A data directory without space, without inodes or read-only: what cannot be written down is not done, and said. As root: it mounts small file systems of its own. */
#include "autoheal/util/buf.h"
#include "support/torture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE      4096
#define MAX_PAGES 60

static bool may_mount;

/* Mounts of ours are seen by nobody else, and go with us. */
static int enter_mount_namespace(void **state) {
        (void)state;
        may_mount = unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
        return 0;
}

static char *volume_of(struct scene *s) {
        return path_join(s->dir, "volume");
}

static void mount_volume(struct scene *s, unsigned long flags, const char *options) {
        AUTO_FREE char *volume = volume_of(s);
        if (mount("tmpfs", volume, "tmpfs", flags | MS_NOSUID | MS_NODEV, options) < 0)
                fail_msg("mounting a tmpfs (%s): %s", options, strerror(errno));
}

/* History that takes more than a page, so that there is a point where state can be saved and history cannot. */
static void put_history(struct scene *s) {
        struct buf text AUTO(buf_release) = BUF_INIT(1024 * 1024);
        buf_add_char(&text, '[');
        for (int i = 0; i < 100; i++)
                buf_addf(&text,
                         "%s{\"timestamp\":\"2026-01-31T12:00:%02d.000000+00:00\",\"container_id\":\"0123456789ab\","
                         "\"container_name\":\"past (past)\",\"event_type\":\"restart\",\"restart_count\":1,\"status\":\"success\","
                         "\"message\":\"restarted long ago, number %d\"}",
                         i ? ",\n" : "", i % 60, i);
        buf_add_str(&text, "]\n");
        data_put(s, "events.json", buf_str(&text));
}

/* The data directory becomes one on a small volume, and knows a quarantine, restarts and the engine; work is to be done. */
static void begin(struct scene *s, const char *options) {
        if (!may_mount)
                skip();
        AUTO_FREE char *volume = volume_of(s);
        char pair[4200];
        dir_put(volume, 0755);
        mount_volume(s, 0, options);
        free(s->data);
        s->data = path_join(volume, "data");
        snprintf(pair, sizeof(pair), "AUTOHEAL_DATA_DIR=%s", s->data);
        scene_env(s, pair);
        scene_env(s, "AUTOHEAL_BRAKE_ENABLED=false");
        scene_no_waits(s);
        put_history(s);
        scene_world(s, "container kept health=unhealthy label=autoheal=true\n"
                       "container old health=unhealthy label=autoheal=true\n");
        check_exit(scene_run(s, "quarantine kept"), 0);
        check_exit(scene_run(s, "run"), 0);
        scene_world(s, "container web health=unhealthy label=autoheal=true\non-restart web health=healthy\n"
                       "container job exit=3 finished=-60 label=autoheal=true\n"
                       "container old health=healthy\n");
        fake_forget(s->fake);
}

static int full_disk_teardown(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *volume = volume_of(s);
        if (may_mount)
                (void)umount2(volume, MNT_DETACH);
        return scene_teardown(state);
}

/* Takes all space of the volume but that many pages. */
static void fill(struct scene *s, off_t pages_left) {
        static const char page[PAGE];
        AUTO_FREE char *volume = volume_of(s), *filler = path_join(volume, "filler");
        int fd = open(filler, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        off_t size = 0;
        ssize_t n;
        while (fd >= 0 && (n = write(fd, page, sizeof(page))) > 0)
                size += n;
        if (fd < 0 || errno != ENOSPC || size < pages_left * PAGE || ftruncate(fd, size - pages_left * PAGE) < 0)
                fail_msg("cannot fill the volume: %s", strerror(errno));
        close(fd);
}

static void empty(struct scene *s) {
        AUTO_FREE char *volume = volume_of(s), *filler = path_join(volume, "filler");
        if (unlink(filler) < 0)
                fail_msg("cannot remove the filler: %s", strerror(errno));
}

/* Takes all names that the volume has left. */
static void fill_inodes(struct scene *s, bool take) {
        AUTO_FREE char *volume = volume_of(s);
        for (int i = 0; i < 1000; i++) {
                char name[32];
                snprintf(name, sizeof(name), "taken-%d", i);
                AUTO_FREE char *path = path_join(volume, name);
                int fd = take ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : unlink(path);
                if (fd < 0)
                        return;
                if (take)
                        close(fd);
        }
        fail_msg("the volume has too many inodes");
}

static int64_t lifetime_of(struct scene *s, const char *name) {
        struct remembered r;
        remembered_load(&r, s->data, name);
        int64_t n = remembered_of(&r, name)->lifetime_restarts;
        remembered_release(&r);
        return n;
}

static void check_kept(struct scene *s, const char *when) {
        struct remembered r;
        remembered_load(&r, s->data, when);
        if (remembered_of(&r, "kept")->quarantined != QUARANTINED_BY_PERSON)
                fail_msg("%s: the quarantine is lost", when);
        if (remembered_events(&r, "restart", "past", NULL, NULL) != 100)
                fail_msg("%s: history is lost", when);
        if (remembered_of(&r, "old")->lifetime_restarts != 1 || remembered_events(&r, "restart", "old", "success", NULL) != 1)
                fail_msg("%s: the restart of before is lost", when);
        remembered_release(&r);
}

/* It refuses to act as often as it is run, says what it cannot do and why, and goes on showing what is. */
static void check_refuses(struct scene *s, const char *why) {
        for (int i = 0; i < 5; i++) {
                const struct output *o = scene_run(s, "run");
                assert_int_not_equal(o->exit_code, 0);
                assert_true(o->exit_code == 1 || o->exit_code == 78);
                check_contains(o->err, why);
                check_contains(o->err, s->data);
                assert_int_equal(scene_posts(s), 0);
                check_kept(s, why);
        }
        const struct output *o = scene_run(s, "ps");
        check_exit(o, 0);
        check_contains(o->out, "web");
        assert_int_not_equal(scene_run(s, "quarantine web")->exit_code, 0);
        check_kept(s, why);
}

/* With space again, a pass does what was left undone, once. */
static void check_resumes(struct scene *s) {
        check_exit(scene_run(s, "run"), 0);
        check_kept(s, "with space again");
        assert_int_equal(lifetime_of(s, "web"), 1);
        assert_int_equal(lifetime_of(s, "job"), 1);
        assert_int_equal(scene_posts(s), 2);
        assert_int_equal(count_events(s, "restart", "web"), 1);
        assert_int_equal(check_directory(s->data, "with space again"), 0);
}

static void test_full(void **state) {
        struct scene *s = *state;
        begin(s, "size=512k,mode=0755");
        fill(s, 0);
        check_refuses(s, "No space left on device");
        empty(s);
        check_resumes(s);
}

static void test_no_inodes(void **state) {
        struct scene *s = *state;
        begin(s, "size=512k,nr_inodes=40,mode=0755");
        fill_inodes(s, true);
        check_refuses(s, "No space left on device");
        fill_inodes(s, false);
        check_resumes(s);
}

static void test_read_only(void **state) {
        struct scene *s = *state;
        begin(s, "size=512k,mode=0755");
        mount_volume(s, MS_REMOUNT | MS_RDONLY, "size=512k");
        check_refuses(s, "read-only");
        mount_volume(s, MS_REMOUNT, "size=512k");
        check_resumes(s);
}

/* From no page left to as many as it takes: whatever could be saved, the restarts that were made are among it. */
static void test_nearly_full(void **state) {
        struct scene *s = *state;
        begin(s, "size=512k,mode=0755");
        AUTO_FREE char *before = path_join(s->dir, "before");
        dir_copy(s->data, before);
        int64_t posts = 0;
        off_t pages = 0;
        for (int status = 1; status != 0; pages++) {
                char when[64];
                snprintf(when, sizeof(when), "with %ld pages left", (long)pages);
                scene_world(s, "container web exit=0 state=running health=unhealthy started=-3600 finished=never\n"
                               "container job state=exited exit=3 finished=-60\nnew-journal\n");
                dir_copy(before, s->data);
                fake_forget(s->fake);
                fill(s, pages);
                const struct output *o = scene_run(s, "run");
                status = o->exit_code;
                posts = (int64_t)scene_posts(s);
                if (status != 0 && status != 1)
                        fail_msg("%s: exit code %d: %s", when, status, o->err);
                if (status == 1 && !strstr(o->err, "No space left on device"))
                        fail_msg("%s: it does not say what is wrong: %s", when, o->err);
                check_kept(s, when);
                if (lifetime_of(s, "web") + lifetime_of(s, "job") < posts)
                        fail_msg("%s: %" PRId64 " restarts were made, and not all of them are remembered", when, posts);
                empty(s);
                assert_in_range(pages, 0, MAX_PAGES);
        }
        assert_int_equal(posts, 2);
        /* History alone takes more, or nothing was tried. */
        assert_in_range(pages, 5, MAX_PAGES);
}

static bool action_is_under_way(void *arg) {
        size_t n;
        struct fake_action unused;
        (void)fake_actions(arg, &unused, 0, &n);
        return n >= 2;
}

/* The disk fills up while the engine restarts: the result is not written down, and the next pass sees what became of it. */
static void test_full_while_restarting(void **state) {
        struct scene *s = *state;
        int status;
        begin(s, "size=512k,mode=0755");
        scene_world(s, "fault restart delay=700\nfault start delay=700\n");
        pid_t pid = scene_start(s, "run");
        assert_true(eventually(action_is_under_way, s->fake, 20000));
        fill(s, 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 1);
        check_kept(s, "filled while restarting");
        assert_int_equal(lifetime_of(s, "web"), 1);
        assert_int_equal(lifetime_of(s, "job"), 1);
        empty(s);
        scene_world(s, "no-faults\n");
        check_resumes(s);
}

#define disk_test(test) cmocka_unit_test_setup_teardown(test, scene_setup, full_disk_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                disk_test(test_full),
                disk_test(test_no_inodes),
                disk_test(test_read_only),
                disk_test(test_nearly_full),
                disk_test(test_full_while_restarting),
        };
        return cmocka_run_group_tests(tests, enter_mount_namespace, NULL);
}
