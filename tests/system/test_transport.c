/* SPDX-License-Identifier: MIT */
/* How requests get to an engine that is not on a socket of this machine: proxies, headers, and an ssh that is a script here. */
#include "support/scene.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- proxies: the fake engine itself stands where the proxy is, and writes down what it is asked for ---- */

/* No label has more than 63 letters: no name server is needed to know that there is no such host. */
#define NOWHERE "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.invalid"

static void use_proxy(struct scene *s) {
        char pair[128];
        fake_stop(s->fake);
        s->fake = fake_start(s->dir, "container web\n", true);
        (void)snprintf(pair, sizeof(pair), "HTTP_PROXY=http://%s", fake_tcp_host(s->fake) + strlen("tcp://"));
        scene_env(s, pair);
        scene_env(s, "DOCKER_HOST=tcp://" NOWHERE ":2375");
}

static void test_proxy_is_asked_for_the_whole_url(void **state) {
        struct scene *s = *state;
        use_proxy(s);
        (void)scene_run(s, "ps");
        AUTO_FREE char *requests = fake_requests(s->fake);
        check_contains(requests, "GET http://" NOWHERE ":2375/_ping");
}

static void test_no_proxy_is_asked_for_what_is_excepted(void **state) {
        static const char *const exceptions[] = { "NO_PROXY=" NOWHERE, "no_proxy=.invalid", "NO_PROXY=*",
                                                  "NO_PROXY=a,*.example.invalid" };
        struct scene *s = *state;
        use_proxy(s);
        for (size_t i = 0; i < N_ELEMENTS(exceptions); i++) {
                char name[16];
                scene_env(s, exceptions[i]);
                const struct output *o = scene_run(s, "ps");
                check_exit(o, 1);
                check_contains(o->err, "error during connect: Get \"http://" NOWHERE ":2375/_ping\": cannot connect: ");
                (void)snprintf(name, sizeof(name), "%.8s", exceptions[i]);
                scene_env(s, name);
        }
        assert_int_equal(fake_count(s->fake, ""), 0);
}

static void test_no_proxy_is_asked_for_this_machine(void **state) {
        struct scene *s = *state;
        char pair[128];
        use_proxy(s);
        (void)snprintf(pair, sizeof(pair), "DOCKER_HOST=%s", fake_tcp_host(s->fake));
        scene_env(s, pair);
        scene_env(s, "HTTP_PROXY=http://127.0.0.1:1");
        scene_env(s, "HTTPS_PROXY=http://127.0.0.1:1");
        scene_env(s, "ALL_PROXY=http://127.0.0.1:1");
        check_exit(scene_run(s, "ps"), 0);
        (void)snprintf(pair, sizeof(pair), "DOCKER_HOST=%s", fake_host(s->fake));
        scene_env(s, pair);
        check_exit(scene_run(s, "ps"), 0);
}

static void test_proxy_that_is_not_there(void **state) {
        struct scene *s = *state;
        use_proxy(s);
        scene_env(s, "HTTP_PROXY=http://me:secret@127.0.0.1:1");
        const struct output *o = scene_run(s, "ps");
        check_exit(o, 1);
        check_contains(o->err, "Cannot connect to the Docker daemon at tcp://" NOWHERE ":2375. Is the docker daemon running?");
        check_lacks(o->err, "secret");
}

/* ---- ssh ---- */

/* The script is the ssh that is found in $PATH; $DIR is the scene's directory. */
static void use_ssh(struct scene *s, const char *script) {
        AUTO_FREE char *bin = path_join(s->dir, "bin");
        AUTO_FREE char *ssh = path_join(bin, "ssh");
        char pair[256];
        if (!file_there(s->dir, "bin"))
                dir_put(bin, 0755);
        file_put(bin, "ssh", script);
        assert_int_equal(chmod(ssh, 0755), 0);
        (void)snprintf(pair, sizeof(pair), "PATH=%s:/usr/local/bin:/usr/bin:/bin", bin);
        scene_env(s, pair);
        (void)snprintf(pair, sizeof(pair), "DIR=%s", s->dir);
        scene_env(s, pair);
        scene_env(s, "DOCKER_HOST=ssh://me@far:2222/run/engine.sock");
}

static void test_what_ssh_is_told(void **state) {
        struct scene *s = *state;
        use_ssh(s, "#!/bin/sh\nfor a; do printf '<%s>\\n' \"$a\"; done >\"$DIR/told\"\necho 'no route' >&2\nexit 255\n");
        const struct output *o = scene_run(s, "ps");
        check_exit(o, 1);
        AUTO_FREE char *told = file_get(s->dir, "told");
        check_contains(told, "<-l>\n<me>\n");
        check_contains(told, "<-p>\n<2222>\n");
        check_contains(told, "<-T>\n");
        check_contains(told, "<-o ConnectTimeout=30>\n");
        check_contains(told, "<-->\n<far>\n");
        check_contains(told, "system dial-stdio");
        check_contains(o->err, "error during connect: Get \"http://docker.example.com/_ping\": command [ssh ");
        check_contains(o->err,
                       "] has exited with exit status 255, make sure the URL is valid, and Docker 18.09 or later is installed "
                       "on the remote host: stderr=no route\n");
}

static void test_hostile_words_of_ssh(void **state) {
        struct scene *s = *state;
        use_ssh(s, "#!/bin/sh\nprintf 'a\\033]0;title\\007\\n\\302\\233b\\377\\342\\200\\256' >&2\nexit 1\n");
        const struct output *o = scene_run(s, "ps");
        check_exit(o, 1);
        check_printable(o);
        check_contains(o->err, "stderr=a");
        use_ssh(s, "#!/bin/sh\nhead -c 3000000 /dev/zero | tr '\\0' x >&2\nexit 1\n");
        o = scene_run(s, "ps");
        check_exit(o, 1);
        assert_true(o->err_len < 600);
}

/* One that has ended and was not waited for yet has no command line either. */
static bool process_is_gone(void *arg) {
        char proc[64];
        AUTO_FREE char *pid = file_get(arg, "pid");
        (void)snprintf(proc, sizeof(proc), "/proc/%.20s", pid);
        proc[strcspn(proc, "\n")] = '\0';
        AUTO_FREE char *command = file_get(proc, "cmdline");
        return !command || !*command;
}

struct wanted_file {
        const char *dir, *name;
};

static bool is_there(void *arg) {
        const struct wanted_file *f = arg;
        return file_there(f->dir, f->name);
}

/* Runs with an ssh that never answers, until that has begun. */
static pid_t start_hanging(struct scene *s, const char *script) {
        use_ssh(s, script);
        pid_t pid = scene_start(s, "ps");
        assert_true(eventually(is_there, &(struct wanted_file){ s->dir, "up" }, 20000));
        return pid;
}

#define HANG "echo $$ >\"$DIR/pid\"\necho >\"$DIR/up\"\nexec sleep 1000\n"

static void test_interrupted_while_ssh_hangs(void **state) {
        struct scene *s = *state;
        pid_t pid = start_hanging(s, "#!/bin/sh\n" HANG);
        assert_int_equal(run_end(pid, SIGINT), 130);
        assert_true(process_is_gone(s->dir));
}

static void test_ssh_that_ignores_signals_is_killed(void **state) {
        struct scene *s = *state;
        pid_t pid = start_hanging(s, "#!/bin/sh\ntrap '' TERM HUP INT\n" HANG);
        assert_int_equal(run_end(pid, SIGINT), 130);
        assert_true(process_is_gone(s->dir));
}

static void test_ssh_dies_with_us(void **state) {
        struct scene *s = *state;
        pid_t pid = start_hanging(s, "#!/bin/sh\ntrap '' TERM HUP INT\n" HANG);
        assert_int_equal(run_end(pid, SIGKILL), 128 + SIGKILL);
        assert_true(eventually(process_is_gone, s->dir, 20000));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_proxy_is_asked_for_the_whole_url),
                scene_test(test_no_proxy_is_asked_for_what_is_excepted),
                scene_test(test_no_proxy_is_asked_for_this_machine),
                scene_test(test_proxy_that_is_not_there),
                scene_test(test_what_ssh_is_told),
                scene_test(test_hostile_words_of_ssh),
                scene_test(test_interrupted_while_ssh_hangs),
                scene_test(test_ssh_that_ignores_signals_is_killed),
                scene_test(test_ssh_dies_with_us),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
