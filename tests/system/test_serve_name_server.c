/* SPDX-License-Identifier: MIT */
/* serve and a name server that never answers: HTTP goes on, and so does its end. In a network and with a resolver of its own (as root). */
#include "support/service.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

/* For longer than any test waits. */
#define RESOLVER "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n"
#define SERVICES "hosts: files dns\n"

static void hide(const char *path, const char *dir, const char *name, const char *text) {
        AUTO_FREE char *instead = path_join(dir, name);
        file_put(dir, name, text);
        if (mount(instead, path, NULL, MS_BIND, NULL) < 0)
                fail_msg("cannot put '%s' over '%s': %s", instead, path, strerror(errno));
}

/* This program, and what it starts, have nothing but a loopback. */
static int leave_the_network(void **state) {
        char *dir = temp_dir_make();
        struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
        if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                fail_msg("cannot leave the network: %s", strerror(errno));
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (ioctl(fd, SIOCSIFFLAGS, &loopback) < 0)
                fail_msg("no loopback: %s", strerror(errno));
        close(fd);
        hide("/etc/resolv.conf", dir, "resolv.conf", RESOLVER);
        hide("/etc/nsswitch.conf", dir, "nsswitch.conf", SERVICES);
        *state = dir;
        return 0;
}

static int forget_files(void **state) {
        temp_dir_remove(*state);
        return 0;
}

static int listen_as_name_server(void) {
        struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        const struct timeval limit = { .tv_sec = 20 };
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
        assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
        return fd;
}

static void await_question(int fd, const char *label) {
        char packet[512];
        ssize_t n = recv(fd, packet, sizeof(packet), 0);
        if (n <= 0 || !memmem(packet, (size_t)n, label, strlen(label)))
                fail_msg("nobody asks for '%s'", label);
}

static void check_answers(struct scene *s) {
        for (int i = 0; i < 20; i++) {
                AUTO_FREE char *health = service_get(s, "/health");
                AUTO_FREE char *status = service_get(s, "/api/status");
                check_contains(health, "\"docker_connected\":false");
                check_contains(status, "\"endpoint\":\"tcp://engine.example:2375\"");
        }
}

static void test_engine_without_an_address(void **state) {
        struct scene *s = *state;
        int server = listen_as_name_server();
        scene_env(s, "DOCKER_HOST=tcp://engine.example:2375");
        pid_t pid = service_start(s, "");
        await_question(server, "engine");
        check_answers(s);
        /* It ends while the question is still open. */
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(run_await(pid, 20000), 0);
        close(server);
}

/* Healing goes on while nobody knows where a message is to go. */
static void test_service_without_an_address(void **state) {
        struct scene *s = *state;
        int server = listen_as_name_server();
        data_put(s, "config.json",
                 "{\"notifications\":{\"enabled\":true,\"services\":[{\"name\":\"chat\",\"type\":\"slack\",\"url\":"
                 "\"https://chat.example/hook\"}]}}");
        scene_world(s, "container web health=healthy label=autoheal=true\ncontainer db health=healthy label=autoheal=true\n");
        pid_t pid = service_start(s, "");
        service_await(s, "/health", "healthy");
        fake_script(s->fake, "container web health=unhealthy\nevent \"health_status: unhealthy\" web\n");
        await_question(server, "chat");
        fake_script(s->fake, "container db health=unhealthy\nevent \"health_status: unhealthy\" db\n");
        service_await_events(s, "restart", "db", 1);
        service_await_log(s, "telling 'chat' failed: cannot connect: Connection timed out", 1);
        assert_int_equal(kill(pid, SIGTERM), 0);
        assert_int_equal(run_await(pid, 20000), 0);
        const struct output *o = scene_run(s, "notify test");
        check_exit(o, 1);
        assert_string_equal(o->err, "chat: not sent: cannot connect: Connection timed out\n");
        close(server);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_engine_without_an_address),
                scene_test(test_service_without_an_address),
        };
        return cmocka_run_group_tests_name("serve and a silent name server", tests, leave_the_network, forget_files);
}
