/* SPDX-License-Identifier: MIT */
/* `docker autoheal doctor`: each thing that can be wrong is made, found, and named with what helps. As root: it makes files of others. */
#include "support/in_charge.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/lock.h"
#include "autoheal/util/buf.h"
#include "autoheal/util/now.h"
#include "autoheal/util/sha256.h"
#include "autoheal/util/timefmt.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NOBODY 65534

static const char *const healthy_world = "container web health=healthy label=autoheal=true\n";

static char *line_of(const char *result, const char *check, const char *finding) {
        char *line = NULL;
        if (asprintf(&line, "%-9s%-12s%s", result, check, finding) < 0)
                fail_msg("out of memory");
        return line;
}

/* A line that begins so. */
static void check_finding(const struct output *o, const char *result, const char *check, const char *finding) {
        AUTO_FREE char *line = line_of(result, check, finding);
        check_contains(o->out, line);
        check_printable(o);
}

static void check_remedy(const struct output *o, const char *remedy) {
        AUTO_FREE char *line = line_of("", "", "-> ");
        AUTO_FREE char *whole = xmalloc(strlen(line) + strlen(remedy) + 1);
        memcpy(whole, line, strlen(line));
        memcpy(whole + strlen(line), remedy, strlen(remedy) + 1);
        check_contains(o->out, whole);
}

static const struct output *doctor(struct scene *s, int exit_code) {
        const struct output *o = scene_run(s, "doctor");
        check_exit(o, exit_code);
        return o;
}

static void set_host(struct scene *s, const char *scheme, const char *path) {
        char pair[4200];
        snprintf(pair, sizeof(pair), "DOCKER_HOST=%s%s", scheme, path);
        scene_env(s, pair);
}

/* ---- Nothing wrong ---- */

static void test_good_case_is_one_line_a_subject(void **state) {
        struct scene *s = *state;
        scene_world(s, healthy_world);
        scene_first_pass(s);
        const struct output *o = doctor(s, 0);
        check_finding(o, "ok", "plugin", "docker-autoheal ");
        check_finding(o, "ok", "engine", "Docker ");
        check_contains(o->out, "/docker.sock (DOCKER_HOST), API ");
        check_finding(o, "ok", "calls", "everything that a pass asks for is let through");
        check_finding(o, "ok", "clock", "the engine's clock and ours agree");
        check_finding(o, "ok", "data-dir", s->data);
        check_finding(o, "ok", "config", "there is no ");
        check_finding(o, "ok", "passes", "the last pass was made ");
        check_finding(o, "ok", "containers", "1 of 1 monitored\n");
        check_contains(o->out, "\n0 problems, ");
        check_lacks(o->out, "problem  ");
        check_lacks(o->out, "unknown  ");
        assert_string_equal(o->err, "");
}

static void test_text_is_the_same_on_a_terminal(void **state) {
        struct scene *s = *state;
        scene_world(s, healthy_world);
        const char *const argv[] = { "doctor", NULL };
        AUTO_FREE char *piped = xstrdup(scene_run_ask(s, argv, (struct run_ask){ 0 })->out);
        const struct output *o = scene_run_ask(s, argv, (struct run_ask){ .on_terminal = true });
        check_exit(o, 0);
        char *to = o->out;
        for (const char *from = o->out; *from; from++)
                if (*from != '\r')
                        *to++ = *from;
        *to = '\0';
        assert_string_equal(o->out, piped);
}

static void test_formats(void **state) {
        struct scene *s = *state;
        scene_world(s, healthy_world);
        const struct output *o = scene_run(s, "doctor --format json");
        check_exit(o, 0);
        struct json_lines lines AUTO(json_lines_release) = { .n = 0 };
        json_lines_parse(&lines, o->out);
        for (size_t i = 0; i < lines.n; i++)
                check_keys(json_root(lines.docs[i]), "check, result, finding, remedy");
        check_json(json_line_where(&lines, "check", "calls"), "result", "\"ok\"");
        check_json(json_line_where(&lines, "check", "calls"), "remedy", "null");
        check_json(json_line_where(&lines, "check", "passes"), "result", "\"warning\"");
        o = scene_run(s, "doctor --format {{.Check}}={{.Result}}");
        check_exit(o, 0);
        check_contains(o->out, "calls=ok\n");
        check_exit(scene_run(s, "doctor --bogus"), 125);
        check_exit(scene_run(s, "doctor --format {{.Bogus}}"), 1);
}

/* ---- It changes nothing ---- */

static void check_only_the_impossible(struct scene *s) {
        AUTO_FREE char *requests = fake_requests(s->fake);
        size_t posts = 0;
        char *rest;
        for (char *line = strtok_r(requests, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
                if (strncmp(line, "GET ", 4) == 0)
                        continue;
                check_contains(line, "/containers/_autoheal-doctor/");
                check_contains(line, " -> 404");
                posts++;
        }
        assert_int_equal(posts, 3);
}

static void test_nothing_is_started_stopped_or_written(void **state) {
        struct scene *s = *state;
        scene_world(s, "container sick health=unhealthy label=autoheal=true\ncontainer crashed exit=3 label=autoheal=true\n"
                       "container fine health=healthy label=autoheal=true\n");
        AUTO_FREE char *home_before = dir_snapshot(s->home, "");
        (void)doctor(s, 0);
        AUTO_FREE char *home_after = dir_snapshot(s->home, "");
        assert_string_equal(home_before, home_after);
        assert_false(file_there(s->dir, "data"));
        check_only_the_impossible(s);
        struct fake_action actions[8];
        size_t n = fake_actions(s->fake, actions, N_ELEMENTS(actions), NULL);
        assert_int_equal(n, 3);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(actions[i].asked + actions[i].stops_asked, 0);
}

static void test_a_data_directory_stays_as_it_is(void **state) {
        struct scene *s = *state;
        scene_world(s, "container sick health=unhealthy label=autoheal=true\n");
        data_put(s, "config.json", "{}");
        AUTO_FREE char *before = data_snapshot(s);
        (void)doctor(s, 0);
        AUTO_FREE char *after = data_snapshot(s);
        assert_string_equal(before, after);
        check_exit(scene_run(s, "run"), 0);
        AUTO_FREE char *passed = data_snapshot(s);
        (void)doctor(s, 0);
        AUTO_FREE char *examined = data_snapshot(s);
        assert_string_equal(passed, examined);
}

static void test_a_signal_ends_it(void **state) {
        struct scene *s = *state;
        scene_world(s, "fault list hang\n");
        pid_t pid = scene_start(s, "doctor");
        fake_await(s->fake, "_autoheal-doctor", 4);
        assert_int_equal(run_end(pid, SIGINT), 130);
}

/* ---- No engine ---- */

static void test_socket_that_is_not_there(void **state) {
        struct scene *s = *state;
        set_host(s, "unix://", "/nowhere/docker.sock");
        const struct output *o = doctor(s, 1);
        AUTO_FREE char *first = line_of("problem", "engine", "there is no socket at unix:///nowhere/docker.sock (DOCKER_HOST): ");
        assert_true(strncmp(o->out, first, strlen(first)) == 0);
        check_remedy(o, "systemctl status docker\n");
        check_finding(o, "unknown", "containers", "not looked at, because they could not be listed");
        check_finding(o, "ok", "data-dir", s->data);
        check_finding(o, "ok", "config", "");
}

static void test_socket_left_behind(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *path = path_join(s->dir, "left.sock");
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
        close(fd);
        set_host(s, "unix://", path);
        const struct output *o = doctor(s, 1);
        check_finding(o, "problem", "engine", "nobody listens at unix://");
        check_remedy(o, "systemctl status docker\n");
}

static void test_directory_in_place_of_the_socket(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *path = path_join(s->dir, "dir.sock");
        dir_put(path, 0755);
        set_host(s, "unix://", path);
        const struct output *o = doctor(s, 1);
        check_contains(o->out, "dir.sock (DOCKER_HOST) is a directory, not a socket: a container that mounts it was ");
        check_remedy(o, "rmdir ");
        file_put(path, "precious", "");
        o = doctor(s, 1);
        check_contains(o->out, "dir.sock (DOCKER_HOST) is a directory, not a socket\n");
        check_remedy(o, "name the engine's socket, unix:///var/run/docker.sock mostly\n");
        check_lacks(o->out, "rmdir");
}

static void test_tcp_that_is_refused_or_unknown(void **state) {
        struct scene *s = *state;
        set_host(s, "tcp://", "127.0.0.1:1");
        const struct output *o = doctor(s, 1);
        check_finding(o, "problem", "engine", "no connection to tcp://127.0.0.1:1 (DOCKER_HOST): Connection refused");
        set_host(s, "tcp://", "no-host.invalid:2375");
        o = doctor(s, 1);
        check_finding(o, "problem", "engine", "no connection to tcp://no-host.invalid:2375 (DOCKER_HOST): ");
        check_remedy(o, "getent hosts no-host.invalid\n");
}

static void test_engine_that_hangs(void **state) {
        struct scene *s = *state;
        scene_world(s, "fault ping hang\n");
        const struct output *o = doctor(s, 1);
        check_finding(o, "problem", "engine", "the engine at unix://");
        check_contains(o->out, "it takes connections, and hangs");
}

static void test_no_http_at_the_other_end(void **state) {
        struct scene *s = *state;
        scene_world(s, "fault any not-http\n");
        set_host(s, "", fake_tcp_host(s->fake));
        const struct output *o = doctor(s, 1);
        check_finding(o, "problem", "engine", "no usable answer from tcp://");
        check_remedy(o, "if it wants TLS: ");
}

/* ca.pem and key.pem: somebody who is not called 127.0.0.1. */
static void make_certificate(struct scene *s, const char *ca, const char *key) {
        struct output made;
        const char *const argv[] = { "/usr/bin/openssl", "req",   "-x509",    "-newkey", "rsa:2048",
                                     "-nodes",           "-subj", "/CN=test", "-days",   "1",
                                     "-keyout",          key,     "-out",     ca,        NULL };
        run_program(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, &made);
        check_exit(&made, 0);
        output_release(&made);
}

/* A server with that certificate; *ret_port is where it listens, as it says itself. */
static pid_t start_tls_server(struct scene *s, const char *ca, const char *key, char ret_port[static 16]) {
        const char *const argv[] = { "/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", ca, "-key", key, NULL };
        char text[1024] = "", *at = NULL;
        size_t n = 0;
        int fds[2];
        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        pid_t pid = run_background(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, fds[1]);
        close(fds[1]);
        while (!(at = strstr(text, "ACCEPT 127.0.0.1:")) || !strchr(at, '\n')) {
                ssize_t got = read(fds[0], text + n, sizeof(text) - 1 - n);
                if (got <= 0)
                        fail_msg("openssl s_server does not listen: %s", text);
                n += (size_t)got;
                text[n] = '\0';
        }
        close(fds[0]);
        snprintf(ret_port, 16, "%.*s", (int)strcspn(at + 17, "\n"), at + 17);
        return pid;
}

static void test_tls_that_fails(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *ca = path_join(s->dir, "ca.pem"), *key = path_join(s->dir, "key.pem");
        char pair[4200], port[16];
        make_certificate(s, ca, key);
        pid_t server = start_tls_server(s, ca, key, port);
        snprintf(pair, sizeof(pair), "DOCKER_CERT_PATH=%s", s->dir);
        scene_env(s, pair);
        scene_env(s, "DOCKER_TLS_VERIFY=1");
        snprintf(pair, sizeof(pair), "127.0.0.1:%s", port);
        set_host(s, "tcp://", pair);
        const struct output *o = scene_run(s, "doctor");
        (void)run_end(server, SIGTERM);
        check_exit(o, 1);
        check_finding(o, "problem", "engine", "no connection to tcp://127.0.0.1:");
        check_contains(o->out, " with TLS (authorities: ");
        check_contains(o->out, "/ca.pem, certificate: none, the engine's certificate is checked): ");
        check_remedy(o, "openssl s_client -connect 127.0.0.1:");
        assert_int_equal(unlink(ca), 0);
        o = doctor(s, 1);
        check_finding(o, "problem", "engine", "Failed to initialize: ");
        check_contains(o->out, "/ca.pem: no such file or directory");
}

static void test_address_that_is_none(void **state) {
        struct scene *s = *state;
        scene_env(s, "DOCKER_HOST=bogus://x");
        const struct output *o = doctor(s, 1);
        check_finding(o, "problem", "engine", "Failed to initialize: ");
        check_finding(o, "ok", "data-dir", s->data);
}

static void test_another_engine_that_answers(void **state) {
        struct scene *s = *state;
        char pair[4200];
        snprintf(pair, sizeof(pair), "XDG_RUNTIME_DIR=%s", s->dir);
        scene_env(s, pair);
        AUTO_FREE char *meant = xstrdup(fake_host(s->fake));
        set_host(s, "unix://", "/nowhere/docker.sock");
        const struct output *o = doctor(s, 1);
        check_finding(o, "warning", "engine", "another engine does answer, at unix://");
        snprintf(pair, sizeof(pair), "docker-autoheal -H %s doctor\n", meant);
        check_remedy(o, pair);
}

static void put_context(struct scene *s, const char *name, const char *id, const char *host) {
        char path[4200], text[8400];
        snprintf(path, sizeof(path), "%s/.docker/contexts/meta/%s", s->home, id);
        for (char *p = path + strlen(s->home) + 1; *p; p++) {
                if (*p != '/')
                        continue;
                *p = '\0';
                if (mkdir(path, 0700) < 0 && errno != EEXIST)
                        fail_msg("%s: %s", path, strerror(errno));
                *p = '/';
        }
        if (mkdir(path, 0700) < 0)
                fail_msg("%s: %s", path, strerror(errno));
        snprintf(text, sizeof(text), "{\"Name\":\"%s\",\"Metadata\":{},\"Endpoints\":{\"docker\":{\"Host\":\"%s\"}}}", name, host);
        file_put(path, "meta.json", text);
}

static void test_another_context_that_answers(void **state) {
        struct scene *s = *state;
        char id[SHA256_HEX_SIZE];
        sha256_hex(id, "rootless", strlen("rootless"));
        put_context(s, "rootless", id, fake_host(s->fake));
        sha256_hex(id, "gone", strlen("gone"));
        put_context(s, "gone", id, "unix:///nowhere/docker.sock");
        scene_env(s, "DOCKER_HOST");
        const struct output *o = scene_run(s, "-c gone doctor");
        check_exit(o, 1);
        check_finding(o, "problem", "engine",
                      "there is no socket at unix:///nowhere/docker.sock (context 'gone', from --context): ");
        check_remedy(o, "docker-autoheal -c rootless doctor\n");
        o = scene_run(s, "-c rootless doctor");
        check_exit(o, 0);
        check_contains(o->out, " (context 'rootless', from --context), API ");
}

/* The one of the default context may be in good order, and is beside the point. */
static void test_directory_of_a_context_that_cannot_be_resolved(void **state) {
        struct scene *s = *state;
        char pair[4200];
        scene_env(s, "DOCKER_HOST");
        scene_env(s, "AUTOHEAL_DATA_DIR");
        snprintf(pair, sizeof(pair), "XDG_STATE_HOME=%s", s->dir);
        scene_env(s, pair);
        const struct output *o = scene_run(s, "-c nosuch doctor");
        check_exit(o, 1);
        check_finding(o, "problem", "engine", "");
        check_finding(o, "ok", "data-dir", "");
        check_contains(o->out, "/contexts/nosuch (");
}

static void test_remedies_are_quoted_for_a_shell(void **state) {
        struct scene *s = *state;
        char pair[4200], remedy[4300];
        snprintf(pair, sizeof(pair), "%s/it's $HOME", s->dir);
        dir_put(pair, 0700);
        assert_int_equal(chown(pair, NOBODY, NOBODY), 0);
        snprintf(pair, sizeof(pair), "DOCKER_HOST=unix://%s/it's $HOME", s->dir);
        scene_env(s, pair);
        const struct output *o = doctor(s, 1);
        snprintf(remedy, sizeof(remedy), "rmdir '%s/it'\\''s $HOME', then start the engine\n", s->dir);
        check_remedy(o, remedy);
}

static void test_socket_that_may_not_be_used(void **state) {
        struct scene *s = *state;
        const char *path = strstr(fake_host(s->fake), "/");
        while (path[1] == '/')
                path++;
        assert_int_equal(chown(path, 0, 0), 0);
        assert_int_equal(chmod(path, 0660), 0);
        dir_put(s->data, 0700);
        assert_int_equal(chown(s->data, NOBODY, NOBODY), 0);
        const char *const argv[] = { "doctor", NULL };
        const struct output *o = scene_run_ask(s, argv, (struct run_ask){ .uid = NOBODY });
        check_exit(o, 1);
        check_finding(o, "problem", "engine", "permission denied at unix://");
        check_contains(o->out, "the socket belongs to root (uid 0) and group root (gid 0) (mode 0660), and ");
        check_contains(o->out, "(uid 65534) is not in that group");
        check_remedy(o, "sudo docker-autoheal doctor\n");
        assert_int_equal(chown(path, 0, 54321), 0);
        o = scene_run_ask(s, argv, (struct run_ask){ .uid = NOBODY });
        check_exit(o, 1);
        check_remedy(o, "sudo usermod -aG 54321 ");
        scene_env(s, "AUTOHEAL_CONTAINER_ID=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
        o = scene_run_ask(s, argv, (struct run_ask){ .uid = NOBODY });
        check_exit(o, 1);
        check_remedy(o, "--group-add 54321, ");
}

static void test_api_versions(void **state) {
        struct scene *s = *state;
        scene_env(s, "DOCKER_API_VERSION=9.99");
        const struct output *o = doctor(s, 1);
        check_finding(o, "problem", "engine", "DOCKER_API_VERSION=9.99 does not fit the engine at ");
        check_remedy(o, "unset DOCKER_API_VERSION");
        scene_env(s, "DOCKER_API_VERSION=junk");
        o = doctor(s, 1);
        check_finding(o, "problem", "engine", "DOCKER_API_VERSION=junk does not fit the engine at ");
        scene_env(s, "DOCKER_API_VERSION");
        scene_world(s, "api 1.12\n");
        o = doctor(s, 1);
        check_contains(o->out, "API version 1.12 is not supported by this client");
        check_remedy(o, "update the engine ");
}

/* ---- A socket proxy ---- */

static const struct forbidden {
        const char *operation, *result, *name, *remedy;
} forbiddens[] = {
        { "info", "warning", "GET /info is forbidden", "set INFO=1 on" },
        { "list", "problem", "GET /containers/json is forbidden", "set CONTAINERS=1 on" },
        { "inspect", "problem", "GET /containers/{id}/json is forbidden", "set CONTAINERS=1 on" },
        { "events", "warning", "GET /events is forbidden", "set EVENTS=1 on" },
        { "start", "problem", "POST /containers/{id}/start is forbidden", "set ALLOW_START=1 on" },
        { "stop", "warning", "POST /containers/{id}/stop is forbidden", "set ALLOW_STOP=1 on" },
        { "restart", "problem", "POST /containers/{id}/restart is forbidden", "set ALLOW_RESTARTS=1 on" },
};

static void test_each_call_that_is_forbidden(void **state) {
        struct scene *s = *state;
        scene_world(s, healthy_world);
        for (size_t i = 0; i < N_ELEMENTS(forbiddens); i++) {
                const struct forbidden *f = &forbiddens[i];
                char script[128];
                snprintf(script, sizeof(script), "no-faults\nfault %s 403 message=\"denied by policy\"\n", f->operation);
                scene_world(s, script);
                const struct output *o = doctor(s, str_eq(f->result, "problem"));
                check_finding(o, f->result, "calls", f->name);
                check_contains(o->out, "(HTTP status 403: Error response from daemon: denied by policy)");
                check_remedy(o, f->remedy);
                check_lacks(o->out, "everything that a pass asks for is let through");
                check_finding(o, "ok", "clock", "");
        }
}

/* A page that is not there is what a proxy says that hides what it forbids; the engine itself would name the container. */
static void test_answer_that_is_not_the_engines(void **state) {
        struct scene *s = *state;
        scene_world(s, "fault restart 404 message=\"no such page\"\nfault start 500 message=\"cannot\"\n");
        const struct output *o = doctor(s, 1);
        check_finding(o, "problem", "calls", "POST /containers/{id}/restart is forbidden");
        check_finding(o, "unknown", "calls", "POST /containers/{id}/start fails: Error response from daemon: cannot");
}

static void test_ping_that_is_forbidden(void **state) {
        struct scene *s = *state;
        scene_world(s, "fault any 403\n");
        const struct output *o = doctor(s, 1);
        check_contains(o->out, " refuses GET /_ping");
        check_remedy(o, "set PING=1 on");
        scene_world(s, "no-faults\nfault any 503\n");
        o = doctor(s, 1);
        check_contains(o->out, " that cannot reach the engine behind it (HTTP status 503)");
}

/* What the mode never asks for is not missed. */
static void test_mode_weighs_what_is_forbidden(void **state) {
        struct scene *s = *state;
        scene_world(s, "fault start 403\n");
        scene_env(s, "AUTOHEAL_RESTART_MODE=health");
        check_finding(doctor(s, 0), "warning", "calls", "POST /containers/{id}/start is forbidden");
        scene_world(s, "no-faults\nfault restart 403\n");
        check_finding(doctor(s, 1), "problem", "calls", "POST /containers/{id}/restart is forbidden");
        scene_env(s, "AUTOHEAL_RESTART_MODE=on-failure");
        check_finding(doctor(s, 0), "warning", "calls", "POST /containers/{id}/restart is forbidden");
}

/* ---- Clocks ---- */

static void test_clocks(void **state) {
        struct scene *s = *state;
        scene_world(s, "clock 20\n");
        const struct output *o = doctor(s, 0);
        check_finding(o, "warning", "clock", "the engine's clock is ");
        check_contains(o->out, " ahead of ours (there ");
        check_remedy(o, "timedatectl status");
        scene_world(s, "clock -3600\n");
        o = doctor(s, 1);
        check_finding(o, "problem", "clock", "the engine's clock is 59m59s behind ours (there ");
}

/* ---- The data directory ---- */

static void test_data_directory_that_belongs_to_others(void **state) {
        struct scene *s = *state;
        dir_put(s->data, 0700);
        assert_int_equal(chown(s->data, NOBODY, NOBODY), 0);
        const struct output *o = doctor(s, 1);
        check_contains(o->out, "' belongs to uid 65534, not to root or you (uid 0)\n");
        check_remedy(o, "run 'chown 0 ");
        check_finding(o, "unknown", "config", "not read, because the data directory cannot be used");
        check_finding(o, "ok", "engine", "");
        assert_int_equal(chown(s->data, 0, 0), 0);
        assert_int_equal(chmod(s->data, 0777), 0);
        o = doctor(s, 1);
        check_contains(o->out, "' may be written by others (mode 0777)\n");
        check_remedy(o, "run 'chmod go-w ");
}

static void test_data_directory_that_may_not_be_made_or_written(void **state) {
        struct scene *s = *state;
        const char *const argv[] = { "doctor", NULL };
        const struct output *o = scene_run_ask(s, argv, (struct run_ask){ .uid = NOBODY });
        check_exit(o, 1);
        check_contains(o->out, "' is not there, and ");
        check_contains(o->out, " may not make it: '");
        dir_put(s->data, 0755);
        o = scene_run_ask(s, argv, (struct run_ask){ .uid = NOBODY });
        check_exit(o, 1);
        check_contains(o->out, "' may not be written by ");
        check_remedy(o, "it belongs to root: run as root, or use a directory of your own with --data-dir\n");
        data_put(s, "pass.lock", "");
        AUTO_FREE char *lock = path_join(s->data, "pass.lock");
        assert_int_equal(chmod(lock, 0600), 0);
        assert_int_equal(chown(s->data, NOBODY, NOBODY), 0);
        o = scene_run_ask(s, argv, (struct run_ask){ .uid = NOBODY });
        check_exit(o, 1);
        check_contains(o->out, "/pass.lock' may not be opened by ");
        check_remedy(o, "sudo chown -R 65534 ");
}

/* They are not broken: to rebuild them, or to give root's directory away, would make it worse. */
static void test_files_that_may_not_be_read(void **state) {
        struct scene *s = *state;
        const char *const argv[] = { "doctor", NULL }, *const files[] = { "config.json", "containers.json", "events.json" };
        assert_int_equal(chmod(s->dir, 0755), 0);
        for (size_t i = 0; i < N_ELEMENTS(files); i++) {
                AUTO_FREE char *path = path_join(s->data, files[i]);
                data_put(s, files[i], i == 2 ? "[]" : "{}");
                assert_int_equal(chmod(s->data, 0755), 0);
                assert_int_equal(chmod(path, 0600), 0);
                const struct output *o = scene_run_ask(s, argv, (struct run_ask){ .uid = NOBODY });
                check_exit(o, 1);
                check_finding(o, "problem", "data-dir", "'");
                check_contains(o->out, files[i]);
                check_remedy(o, "it belongs to root: run as root, or use a directory of your own with --data-dir\n");
                check_contains(o->out, "\n1 problem, ");
                check_lacks(o->out, "rebuil");
                check_lacks(o->out, "chown");
                assert_int_equal(unlink(path), 0);
        }
}

static void test_data_directory_of_others_files(void **state) {
        struct scene *s = *state;
        data_put(s, "photo.jpg", "");
        const struct output *o = doctor(s, 0);
        check_contains(o->out, "holds only files that are not autoheal's: is it the right one?");
        data_put(s, "events.json", "[]");
        check_finding(doctor(s, 0), "ok", "data-dir", s->data);
}

/* The nearest directory that is there is the root of the file system, which goes with a container. */
static void test_data_directory_inside_a_container(void **state) {
        struct scene *s = *state;
        scene_env(s, "AUTOHEAL_DATA_DIR=/not-there-and-never-made");
        scene_env(s, "AUTOHEAL_CONTAINER_ID=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
        const struct output *o = doctor(s, 0);
        check_finding(o, "warning", "data-dir", "'/not-there-and-never-made' lies inside the container");
        check_remedy(o, "-v autoheal:/not-there-and-never-made,");
        assert_false(file_there("/", "not-there-and-never-made"));
}

static void test_data_directory_of_another_engine(void **state) {
        struct scene *s = *state;
        scene_world(s, "engine-id AAAA\n");
        scene_first_pass(s);
        scene_world(s, "engine-id BBBB\n");
        const struct output *o = doctor(s, 1);
        check_contains(o->out, "' belongs to engine AAAA at unix://");
        check_contains(o->out, " is BBBB: every command refuses");
        set_host(s, "unix://", "/nowhere/docker.sock");
        o = doctor(s, 1);
        check_contains(o->out, "' belongs to the engine at unix://");
        check_contains(o->out, "/docker.sock, so what it says of passes and containers is of that one\n");
        check_remedy(o, "choose another directory with --data-dir, or the other engine with -H or -c\n");
        scene_world(s, "fault info 403\n");
        set_host(s, "", fake_tcp_host(s->fake));
        o = doctor(s, 1);
        check_contains(o->out, " does not tell whether it is the same");
        check_remedy(o, "set INFO=1 on the socket proxy, or choose ");
}

static void test_broken_files(void **state) {
        static const char *const files[] = { "quarantine.json", "containers.json", "restart_counts.json", "maintenance.json",
                                             "pass.json" };
        struct scene *s = *state;
        for (size_t i = 0; i < N_ELEMENTS(files); i++) {
                data_put(s, files[i], "{\"\x1b[31m\": broken");
                const struct output *o = doctor(s, 1);
                check_finding(o, "problem", "data-dir", s->data);
                check_contains(o->out, files[i]);
                check_contains(o->out, ": line 1, column ");
                check_contains(o->out, "set it aside and rebuilt it ");
                check_remedy(o, "docker autoheal run, which rebuilds it; ");
                check_finding(o, "unknown", "passes", "the last one is not known");
                AUTO_FREE char *path = path_join(s->data, files[i]);
                assert_int_equal(unlink(path), 0);
        }
        data_put(s, "events.json", "nonsense");
        check_finding(doctor(s, 0), "warning", "data-dir", "the history is broken");
}

static void mount_data(struct scene *s, unsigned long flags, const char *options) {
        if (mount("tmpfs", s->data, "tmpfs", flags | MS_NOSUID | MS_NODEV, options) < 0)
                fail_msg("mounting a tmpfs (%s): %s", options, strerror(errno));
}

static void unmount_data(struct scene *s) {
        if (umount2(s->data, MNT_DETACH) < 0)
                fail_msg("unmounting: %s", strerror(errno));
}

static void test_room(void **state) {
        struct scene *s = *state;
        /* Mounts of ours are seen by nobody else, and go with us. */
        assert_true(unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
        dir_put(s->data, 0700);
        mount_data(s, 0, "size=8m,mode=700");
        const struct output *o = doctor(s, 1);
        check_finding(o, "problem", "data-dir", "the file system of '");
        check_contains(o->out, "' is full (8 MiB left)");
        check_remedy(o, "df -h ");
        unmount_data(s);
        mount_data(s, 0, "size=64m,mode=700");
        check_contains(doctor(s, 0)->out, "' is nearly full: 64 MiB left");
        unmount_data(s);
        mount_data(s, 0, "size=200m,nr_inodes=1,mode=700");
        check_contains(doctor(s, 1)->out, " MiB left, no inodes)");
        unmount_data(s);
        mount_data(s, MS_RDONLY, "size=200m,mode=700");
        check_contains(doctor(s, 1)->out, "' is on a read-only file system");
        unmount_data(s);
}

/* ---- The configuration ---- */

static void test_configuration_errors(void **state) {
        struct scene *s = *state;
        scene_world(s, healthy_world);
        data_put(s, "config.json", "{\n  \"restart\": {\"mode\": \"bogus\", \"max_restarts\": 0}\n}\n");
        scene_env(s, "AUTOHEAL_RESTART_COOLDOWN_SECONDS=soon");
        const struct output *o = doctor(s, 1);
        check_contains(o->out, "/config.json: restart.mode: must be ");
        check_contains(o->out, "/config.json: restart.max_restarts: must be ");
        check_finding(o, "problem", "config", "environment: AUTOHEAL_RESTART_COOLDOWN_SECONDS: ");
        check_remedy(o, "edit ");
        check_remedy(o, "correct or unset it where autoheal is started");
        check_finding(o, "unknown", "containers", "not looked at, because the configuration cannot be used");
        check_finding(o, "ok", "calls", "");
        data_put(s, "config.json", "{\n  \"restart\": {,}\n}\n");
        o = doctor(s, 1);
        check_contains(o->out, "/config.json: line 2, column ");
}

static void test_configuration_warnings(void **state) {
        struct scene *s = *state;
        scene_world(s, healthy_world);
        data_put(s, "config.json", "{\"restart\":{\"mode\":\"on-failure\"},\"bogus\":1}");
        scene_env(s, "AUTOHEAL_BOGUS=1");
        const struct output *o = doctor(s, 0);
        check_contains(o->out, "/config.json: restart.mode: on-failure: unhealthy containers are not healed");
        check_contains(o->out, "/config.json: bogus: ");
        check_finding(o, "warning", "config", "environment: AUTOHEAL_BOGUS: unknown variable");
        scene_env(s, "AUTOHEAL_BOGUS");
        data_put(s, "config.json", "{}");
        check_finding(doctor(s, 0), "ok", "config", "no error in ");
}

static void test_many_issues_are_bounded(void **state) {
        struct scene *s = *state;
        struct buf text AUTO(buf_release) = BUF_INIT(64 * 1024);
        buf_add_char(&text, '{');
        for (int i = 0; i < 50; i++)
                buf_addf(&text, "%s\"bogus%d\":1", i ? "," : "", i);
        buf_add_char(&text, '}');
        data_put(s, "config.json", buf_str(&text));
        const struct output *o = doctor(s, 0);
        check_finding(o, "warning", "config", "and 30 more");
        check_lacks(o->out, "bogus20");
}

static void test_maintenance_is_told(void **state) {
        struct scene *s = *state;
        scene_world(s, healthy_world);
        check_exit(scene_run(s, "maintenance on --reason disk-swap"), 0);
        const struct output *o = doctor(s, 0);
        check_finding(o, "warning", "config", "maintenance is on, disk-swap: nothing is restarted");
        check_remedy(o, "docker autoheal maintenance off\n");
        check_exit(scene_run(s, "maintenance off"), 0);
        check_exit(scene_run(s, "maintenance on web"), 0);
        check_finding(doctor(s, 0), "warning", "config", "maintenance of some containers is on");
}

/* ---- Passes ---- */

static void test_passes(void **state) {
        struct scene *s = *state;
        scene_world(s, healthy_world);
        const struct output *o = doctor(s, 0);
        check_finding(o, "warning", "passes", "no pass was ever made with this data directory\n");
        in_charge_last_pass(s, 120);
        check_finding(doctor(s, 0), "ok", "passes", "the last pass was made 2m");
        in_charge_last_pass(s, 3600);
        o = doctor(s, 0);
        check_finding(o, "warning", "passes", "the last pass was made 1h ago\n");
        check_remedy(o, "is serve, a timer or cron running? systemctl status docker-autoheal-serve; "
                        "systemctl list-timers docker-autoheal.timer; crontab -l\n");
        scene_world(s, "container sick health=unhealthy label=autoheal=true\n");
        check_finding(doctor(s, 1), "problem", "passes", "the last pass was made 1h ago, and one would act on sick\n");
        in_charge_last_pass(s, 120);
        o = doctor(s, 0);
        check_finding(o, "warning", "passes", "the last pass was made 2m");
        check_contains(o->out, " ago, and one would act on sick\n");
}

static void test_pass_that_runs(void **state) {
        struct scene *s = *state;
        char when[TIME_ISO_SIZE], line[128];
        int fd;
        time_format_iso(clock_read().wall_us, when);
        snprintf(line, sizeof(line), "4711 some\x1bhost %s\n", when);
        in_charge_hold(s, line, &fd);
        check_finding(doctor(s, 0), "ok", "passes", "a pass runs just now (pid 4711 on 'some\\x1bhost', since ");
        close(fd);
        in_charge_hold(s, "4711 host 2020-01-01T00:00:00.000000+00:00\n", &fd);
        const struct output *o = doctor(s, 1);
        check_finding(o, "problem", "passes", "a pass has been running for ");
        check_contains(o->out, "(pid 4711 on 'host', since 2020-01-01T00:00:00 UTC): no other can begin");
        check_remedy(o, "on 'host': ps -fp 4711, ");
        close(fd);
        in_charge_hold(s, "", &fd);
        check_finding(doctor(s, 0), "ok", "passes", "a pass runs just now\n");
        close(fd);
        check_finding(doctor(s, 0), "warning", "passes", "no pass was ever made");
}

/* ---- Containers ---- */

static void test_nothing_monitored(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy\ncontainer sick health=unhealthy\ncontainer out health=unhealthy "
                       "label=autoheal=false\n");
        const struct output *o = doctor(s, 0);
        check_finding(o, "warning", "containers", "none of 3 containers is monitored, so nothing is healed");
        check_remedy(o, "docker autoheal monitor NAME, or start one with --label autoheal=true\n");
        check_finding(o, "warning", "containers", "1 unhealthy and not monitored: sick\n");
}

static void test_no_health_check(void **state) {
        struct scene *s = *state;
        scene_world(
                s,
                "population 12 none label=autoheal=true\ncontainer web health=healthy label=autoheal=true\n"
                "container job exit=3 label=autoheal=true\ncontainer crashes label=autoheal=true label=autoheal.mode=on-failure\n");
        const struct output *o = doctor(s, 0);
        check_finding(o, "warning", "containers", "13 monitored without a health check, so only crashes are seen: ");
        check_contains(o->out, " and 3 more\n");
        check_lacks(o->out, "crashes,");
        check_remedy(o, "HEALTHCHECK in the Dockerfile, ");
        /* The list tells the health of what runs: only the one that does not is inspected, for this and for what is due. */
        assert_int_equal(fake_count(s->fake, "/json -> 200"), 2);
}

static void test_labels_lists_and_names(void **state) {
        struct scene *s = *state;
        scene_world(s, "container bad health=healthy label=autoheal=true label=autoheal.cooldown=soon\n"
                       "container unclear health=healthy label=autoheal=yes\n"
                       "container other health=healthy label=autoheal.cooldown=soon\n"
                       "container out health=healthy label=autoheal=false\n"
                       "container one health=healthy label=autoheal=true label=monitoring.id=same\n"
                       "container two health=healthy label=autoheal=true label=monitoring.id=same\n"
                       "container three health=healthy label=autoheal=true label=monitoring.id=same\n");
        data_put(s, "config.json", "{\"containers\":{\"selected\":[\"out\"]}}");
        const struct output *o = doctor(s, 0);
        check_finding(o, "warning", "containers", "container 'bad', label autoheal.cooldown=soon: ");
        check_finding(o, "warning", "containers", "container 'unclear', label autoheal=yes: must be true or false");
        check_lacks(o->out, "container 'other'");
        check_contains(o->out, " both claim the stable id 'same': each goes by its name\n");
        check_finding(o, "warning", "containers",
                      "1 named in containers.selected, and kept out all the same by a label that says no: out\n");
        const char *first = strstr(o->out, "both claim");
        assert_null(strstr(first + 1, "both claim"));
}

static void test_quarantined(void **state) {
        struct scene *s = *state;
        scene_world(s, healthy_world);
        check_exit(scene_run(s, "quarantine web"), 0);
        const struct output *o = doctor(s, 0);
        check_finding(o, "warning", "containers", "1 quarantined, and left alone: web\n");
        set_host(s, "unix://", "/nowhere/docker.sock");
        check_finding(doctor(s, 1), "warning", "containers", "1 quarantined, and left alone: web\n");
}

static void test_other_healers(void **state) {
        static const char *const are[] = { "container x image=willfarrell/autoheal:latest\n",
                                           "container x image=qdm12/deunhealth@sha256:00\n",
                                           "container x image=reg:5000/a/Docker-AutoHeal\n", "container shop-autoheal-1 image=y\n",
                                           "container autoheal image=y\n" };
        static const char *const are_not[] = { "container x image=autoheal-demo:latest\n", "container x image=y:autoheal\n",
                                               "container notautoheal image=y\n",
                                               "container x image=willfarrell/autoheal exit=0\n" };
        struct scene *s = *state;
        for (size_t i = 0; i < N_ELEMENTS(are); i++) {
                scene_world(s, i ? "remove *\n" : "");
                scene_world(s, are[i]);
                const struct output *o = doctor(s, 0);
                check_finding(o, "warning", "healers", "container '");
                check_contains(o->out, " is restarted twice");
                check_remedy(o, "docker stop ");
        }
        for (size_t i = 0; i < N_ELEMENTS(are_not); i++) {
                scene_world(s, "remove *\n");
                scene_world(s, are_not[i]);
                check_lacks(doctor(s, 0)->out, "healers");
        }
}

static void test_hostile_names_are_bounded_and_printable(void **state) {
        struct scene *s = *state;
        struct buf script AUTO(buf_release) = BUF_INIT(64 * 1024);
        buf_add_str(&script, "container \"a\\e[31m\\n\\x9b");
        for (int i = 0; i < 2000; i++)
                buf_add_char(&script, 'x');
        buf_add_str(&script, "\" label=autoheal=true label=\"autoheal.cooldown=\\e[2J\\xff\"\n"
                             "container \"b\\e[1m\" image=\"\\e[5m/autoheal\" label=monitoring.id=z label=autoheal=true\n"
                             "container c label=monitoring.id=z label=autoheal=true\n"
                             "fault restart 403 message=\"\\e[31m no\"\n");
        scene_world(s, buf_str(&script));
        const struct output *o = doctor(s, 1);
        check_printable(o);
        assert_true(o->out_len < 8192);
        o = scene_run(s, "doctor --format json");
        check_exit(o, 1);
        check_printable(o);
}

/* ---- The program ---- */

static void test_program_that_others_may_replace(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *real = xstrdup(getenv("AUTOHEAL_BIN"));
        AUTO_FREE char *dir = path_join(s->dir, "bin");
        AUTO_FREE char *copy = path_join(dir, "docker-autoheal");
        struct output o;
        dir_put(dir, 0755);
        run_program(&(struct run_ask){ .argv = (const char *const[]){ "/bin/cp", real, copy, NULL },
                                       .env = (const char *const[]){ NULL } },
                    &o);
        check_exit(&o, 0);
        output_release(&o);
        setenv("AUTOHEAL_BIN", copy, 1);
        check_lacks(doctor(s, 0)->out, "/bin'");
        assert_int_equal(chmod(dir, 0777), 0);
        check_finding(doctor(s, 0), "warning", "plugin", "everybody may replace the program that root runs, by writing '");
        assert_int_equal(chmod(dir, 0755), 0);
        assert_int_equal(chown(copy, NOBODY, 0), 0);
        check_contains(doctor(s, 0)->out, " (uid 65534) may replace the program that root runs, by writing '");
        setenv("AUTOHEAL_BIN", real, 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_good_case_is_one_line_a_subject),
                scene_test(test_text_is_the_same_on_a_terminal),
                scene_test(test_formats),
                scene_test(test_nothing_is_started_stopped_or_written),
                scene_test(test_a_data_directory_stays_as_it_is),
                scene_test(test_a_signal_ends_it),
                scene_test(test_socket_that_is_not_there),
                scene_test(test_socket_left_behind),
                scene_test(test_directory_in_place_of_the_socket),
                scene_test(test_tcp_that_is_refused_or_unknown),
                scene_test(test_engine_that_hangs),
                scene_test(test_no_http_at_the_other_end),
                scene_test(test_tls_that_fails),
                scene_test(test_address_that_is_none),
                scene_test(test_another_engine_that_answers),
                scene_test(test_another_context_that_answers),
                scene_test(test_directory_of_a_context_that_cannot_be_resolved),
                scene_test(test_remedies_are_quoted_for_a_shell),
                scene_test(test_socket_that_may_not_be_used),
                scene_test(test_api_versions),
                scene_test(test_each_call_that_is_forbidden),
                scene_test(test_answer_that_is_not_the_engines),
                scene_test(test_ping_that_is_forbidden),
                scene_test(test_mode_weighs_what_is_forbidden),
                scene_test(test_clocks),
                scene_test(test_data_directory_that_belongs_to_others),
                scene_test(test_data_directory_that_may_not_be_made_or_written),
                scene_test(test_data_directory_of_others_files),
                scene_test(test_data_directory_inside_a_container),
                scene_test(test_data_directory_of_another_engine),
                scene_test(test_files_that_may_not_be_read),
                scene_test(test_broken_files),
                scene_test(test_room),
                scene_test(test_configuration_errors),
                scene_test(test_configuration_warnings),
                scene_test(test_many_issues_are_bounded),
                scene_test(test_maintenance_is_told),
                scene_test(test_passes),
                scene_test(test_pass_that_runs),
                scene_test(test_nothing_monitored),
                scene_test(test_no_health_check),
                scene_test(test_labels_lists_and_names),
                scene_test(test_quarantined),
                scene_test(test_other_healers),
                scene_test(test_hostile_names_are_bounded_and_printable),
                scene_test(test_program_that_others_may_replace),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
