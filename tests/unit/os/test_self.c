/* SPDX-License-Identifier: MIT */
/* Which container we run in, told from texts of many systems. */
#include "autoheal/os/self.h"

#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ID_A "3f4e8a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7"
#define ID_B "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void test_mountinfo(void **unused) {
        static const struct {
                const char *text, *id; /* id NULL: none */
        } cases[] = {
                { "651 630 0:53 / / rw,relatime - overlay overlay rw,lowerdir=/x\n"
                  "655 651 8:1 /var/lib/docker/containers/" ID_A "/resolv.conf /etc/resolv.conf rw - ext4 /dev/sda1 rw\n"
                  "656 651 8:1 /var/lib/docker/containers/" ID_A "/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n",
                  ID_A },
                { "656 651 8:1 /srv/docker/containers/" ID_B "/hosts /etc/hosts rw - ext4 /dev/sda1 rw", ID_B },
                { "656 651 0:23 /containers/storage/overlay-containers/" ID_A
                  "/userdata/hostname /etc/hostname rw - tmpfs tmpfs rw\n",
                  ID_A },
                /* The host, which sees the shared memory of its containers. */
                { "90 25 0:45 / /var/lib/docker/containers/" ID_A "/mounts/shm rw - tmpfs shm rw\n", NULL },
                /* A container that looks at the files of another one. */
                { "91 25 8:1 /var/lib/docker/containers/" ID_A "/logs /logs rw - ext4 /dev/sda1 rw\n", NULL },
                { "91 25 8:1 /var/lib/docker/containers /etc/hosts rw - ext4 /dev/sda1 rw\n", NULL },
                /* Too short, too long, not hexadecimal, no slash behind it. */
                { "1 2 8:1 /containers/3f4e8a1b2c3d/hostname /etc/hostname rw\n", NULL },
                { "1 2 8:1 /containers/" ID_A "0/hostname /etc/hostname rw\n", NULL },
                { "1 2 8:1 /containers/X" ID_A "/hostname /etc/hostname rw\n", NULL },
                { "1 2 8:1 /containers/" ID_A " /etc/hostname rw\n", NULL },
                { "1 2 8:1 /containers/", NULL },
                { "\n\n \n    \n", NULL },
                { "", NULL },
        };

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                char id[SELF_ID_SIZE] = "untouched";
                bool found = self_id_from_mountinfo(cases[i].text, id);

                assert_int_equal(found, cases[i].id != NULL);
                assert_string_equal(id, cases[i].id ? cases[i].id : "untouched");
        }
}

static void test_cgroup(void **unused) {
        static const struct {
                const char *text, *id;
        } cases[] = {
                { "12:pids:/docker/" ID_A "\n11:cpu:/docker/" ID_A "\n", ID_A },
                { "0::/system.slice/docker-" ID_A ".scope\n", ID_A },
                { "0::/system.slice/docker-" ID_A ".scope", ID_A },
                { "12:pids:/docker/" ID_A "/docker/" ID_B "\n", ID_B },
                { "1:name=systemd:/\n12:pids:/machine.slice/libpod-" ID_B ".scope/container\n", ID_B },
                { "0::/\n", NULL },
                { "0::/user.slice/user-1000.slice/session-3.scope\n", NULL },
                { "0::/docker/" ID_A "0\n", NULL },
                { "0::/docker/3f4e8a1b2c3d\n", NULL },
                { "", NULL },
        };

        (void)unused;
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                char id[SELF_ID_SIZE] = "untouched";
                bool found = self_id_from_cgroup(cases[i].text, id);

                assert_int_equal(found, cases[i].id != NULL);
                assert_string_equal(id, cases[i].id ? cases[i].id : "untouched");
        }
}

static void test_environment(void **unused) {
        char id[SELF_ID_SIZE], without[SELF_ID_SIZE];

        (void)unused;
        assert_int_equal(unsetenv("AUTOHEAL_CONTAINER_ID"), 0);
        self_container_id(without);
        assert_true(strlen(without) == 0 || strlen(without) == 64);
        assert_int_equal(setenv("AUTOHEAL_CONTAINER_ID", ID_B, 1), 0);
        self_container_id(id);
        assert_string_equal(id, ID_B);
        /* What is not an id is not believed. */
        assert_int_equal(setenv("AUTOHEAL_CONTAINER_ID", "\x1b[2J", 1), 0);
        self_container_id(id);
        assert_string_equal(id, without);
        assert_int_equal(setenv("AUTOHEAL_CONTAINER_ID", ID_B "0", 1), 0);
        self_container_id(id);
        assert_string_equal(id, without);
        assert_int_equal(setenv("AUTOHEAL_CONTAINER_ID", "", 1), 0);
        self_container_id(id);
        assert_string_equal(id, without);
}

static void test_host_name(void **unused) {
        char wanted[256], name[256], small[8];

        (void)unused;
        assert_int_equal(gethostname(wanted, sizeof(wanted)), 0);
        self_host_name(name, sizeof(name));
        assert_string_equal(name, wanted);
        self_host_name(small, sizeof(small));
        assert_true(strlen(small) < sizeof(small));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_mountinfo),
                cmocka_unit_test(test_cgroup),
                cmocka_unit_test(test_environment),
                cmocka_unit_test(test_host_name),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
