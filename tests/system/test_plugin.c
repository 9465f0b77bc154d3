/* SPDX-License-Identifier: MIT */
/* The forms in which docker calls a plugin, docker's global flags, and usage errors in docker's manner. */
#include "support/scene.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Metadata ---- */

static void test_metadata(void **state) {
        struct scene *s = *state;
        while (s->n_env > 0) {
                AUTO_FREE char *name = strndup(s->env[0], strcspn(s->env[0], "="));
                scene_env(s, name);
        }
        const struct output *o = scene_run(s, "docker-cli-plugin-metadata");
        check_exit(o, 0);
        assert_int_equal(o->err_len, 0);
        AUTO_JSON struct json_doc *doc = NULL;
        struct error err = ERROR_INIT;
        assert_int_equal(json_parse(o->out, o->out_len, 1000, &doc, &err), 0);
        struct json_value v = json_root(doc);
        check_json(v, "SchemaVersion", "\"0.1.0\"");
        assert_int_equal(json_type(json_get(v, "Vendor")), JSON_STRING);
        assert_false(json_string_eq(json_get(v, "Vendor"), ""));
        assert_int_equal(json_type(json_get(v, "Version")), JSON_STRING);
        assert_int_equal(json_type(json_get(v, "ShortDescription")), JSON_STRING);
        assert_int_equal(fake_count(s->fake, ""), 0);
        AUTO_FREE char *data = data_snapshot(s);
        assert_string_equal(data, "absent\n");
}

/* ---- Global flags ---- */

/* The form reaches our engine although DOCKER_HOST names one that is not there. */
static void check_reaches(struct scene *s, const char *arguments) {
        fake_forget(s->fake);
        const struct output *o = scene_run(s, "%s", arguments);
        check_exit(o, 0);
        check_contains(o->out, "web");
        assert_true(fake_count(s->fake, "/containers/json") >= 1);
}

static void test_host_flag(void **state) {
        struct scene *s = *state;
        const char *forms[] = {
                "-H %s autoheal ps",        "-H%s autoheal ps",           "-H=%s autoheal ps",     "--host %s autoheal ps",
                "--host=%s autoheal ps",    "-DH %s autoheal ps",         "-H %s -- autoheal ps",  "-H %s ps",
                "--host=%s autoheal ps --", "-l error -H %s autoheal ps", "-H %s --data-dir d ps", "--data-dir d -Dlinfo -H %s ps"
        };
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        scene_env(s, "DOCKER_HOST=unix:///nonexistent/docker.sock");
        for (size_t i = 0; i < N_ELEMENTS(forms); i++) {
                char line[1024];
                const char *hole = strstr(forms[i], "%s");
                snprintf(line, sizeof(line), "%.*s%s%s", (int)(hole - forms[i]), forms[i], fake_host(s->fake), hole + 2);
                check_reaches(s, line);
        }
}

static void test_other_global_flags(void **state) {
        struct scene *s = *state;
        const char *forms[] = { "autoheal ps",
                                "-c default autoheal ps",
                                "-cdefault autoheal ps",
                                "--context=default autoheal ps",
                                "--context default autoheal ps",
                                "-c autoheal -c default autoheal ps",
                                "-l debug autoheal ps",
                                "--log-level=debug autoheal ps",
                                "-Dlinfo autoheal ps",
                                "--debug=false --tls=false autoheal ps",
                                "--tlscacert /nonexistent autoheal ps",
                                "--config /nonexistent autoheal ps",
                                "-- autoheal ps" };
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        for (size_t i = 0; i < N_ELEMENTS(forms); i++)
                check_reaches(s, forms[i]);
}

static void test_debug_goes_to_standard_error(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        const struct output *o = scene_run(s, "autoheal ps -q");
        check_exit(o, 0);
        assert_int_equal(o->err_len, 0);
        o = scene_run(s, "-D autoheal ps -q");
        check_exit(o, 0);
        assert_string_equal(o->out, "web\n");
        assert_true(o->err_len > 0);
        scene_env(s, "DEBUG=1");
        o = scene_run(s, "autoheal ps -q");
        assert_true(o->err_len > 0);
}

static void check_refused(struct scene *s, const char *arguments, int code, const char *text) {
        const struct output *o = scene_run(s, "%s", arguments);
        check_exit(o, code);
        check_contains(o->err, text);
        assert_int_equal(o->out_len, 0);
}

static void test_wrong_endpoints(void **state) {
        struct scene *s = *state;
        check_refused(s, "-H bogus://x autoheal ps", 1, "invalid bind address format: bogus://x");
        check_refused(s, "-H http://127.0.0.1:1 autoheal ps", 1, "invalid bind address format: http://127.0.0.1:1");
        check_refused(s, "-c nope autoheal ps", 1, "nope");
        check_refused(s, "-c x -H unix:///y autoheal ps", 1, "conflicting options: cannot specify both --host and --context");
        check_refused(s, "-H unix:///a -H unix:///b autoheal ps", 1, "specify only one -H");
        check_refused(s, "--tlsverify -H tcp://127.0.0.1:1 autoheal ps", 1, "/ca.pem: no such file or directory");
        check_refused(s, "--tlsverify=false -H tcp://127.0.0.1:1 autoheal ps", 1, "/ca.pem: no such file or directory");
        check_refused(s, "-H ssh://me:secret@there autoheal ps", 1, "plain-text password is not supported");
        assert_int_equal(fake_count(s->fake, ""), 0);
}

static void test_context_of_the_environment(void **state) {
        struct scene *s = *state;
        scene_env(s, "DOCKER_CONTEXT=elsewhere");
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        check_reaches(s, "autoheal ps");
        scene_env(s, "DOCKER_HOST");
        check_refused(s, "autoheal ps", 1, "elsewhere");
}

static void test_current_context_of_the_config_file(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *docker = path_join(s->home, ".docker");
        dir_put(docker, 0700);
        file_put(docker, "config.json", "{\"CurrentContext\": \"remote-box\"}\n");
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        check_reaches(s, "autoheal ps");
        scene_env(s, "DOCKER_HOST");
        check_refused(s, "autoheal ps", 1, "remote-box");
}

static void test_data_dir_of_the_config_file(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *docker = path_join(s->home, ".docker"), *chosen = path_join(s->dir, "chosen");
        char text[1024];
        dir_put(docker, 0700);
        snprintf(text, sizeof(text), "{\"plugins\": {\"autoheal\": {\"data-dir\": \"%s\"}}}\n", chosen);
        file_put(docker, "config.json", text);
        scene_env(s, "AUTOHEAL_DATA_DIR");
        check_exit(scene_run(s, "autoheal"), 0);
        assert_true(file_there(chosen, "pass.json"));
}

/* ---- Flags ---- */

static void test_flags_before_the_command(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web\n");
        check_reaches(s, "autoheal -a ps");
        check_exit(scene_run(s, "autoheal --all -v unquarantine"), 0);
        check_refused(s, "autoheal --all -v status", 125, "unknown flag: --all\n");
        check_refused(s, "autoheal --dry-run=false status", 125, "unknown flag: --dry-run\n");
        check_refused(s, "autoheal events --limit 100 clear", 125, "unknown flag: --limit\n");
}

static void test_log_levels(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        scene_env(s, "AUTOHEAL_NO_SUCH_SETTING=1");
        check_contains(scene_run(s, "ps -v")->err, "WARNING: ");
        check_contains(scene_run(s, "-l warn ps -v")->err, "WARNING: ");
        const char *silent[] = { "-l error ps -v", "-l fatal ps -v", "--log-level=PANIC ps -v" };
        for (size_t i = 0; i < N_ELEMENTS(silent); i++) {
                const struct output *o = scene_run(s, "%s", silent[i]);
                check_exit(o, 0);
                assert_int_equal(o->err_len, 0);
        }
        check_contains(scene_run(s, "-l Debug ps")->err, "DEBUG: ");
        check_contains(scene_run(s, "-D -l error ps")->err, "DEBUG: ");
        check_refused(s, "-l bogus ps", 1, "Unable to parse logging level: bogus\n");
        check_refused(s, "-l \x1b[2J ps", 1, "Unable to parse logging level: \\x1b[2J\n");
}

/* ---- Usage errors ---- */

static void test_usage_errors(void **state) {
        struct scene *s = *state;
        check_refused(s, "autoheal --nope", 125, "unknown flag: --nope\n");
        check_refused(s, "autoheal ps --nope", 125, "unknown flag: --nope\n");
        check_refused(s, "autoheal ps -x", 125, "unknown shorthand flag: 'x' in -x\n");
        check_refused(s, "autoheal ps --format", 125, "flag needs an argument: --format\n");
        check_refused(s, "autoheal events -n", 125, "flag needs an argument: 'n' in -n\n");
        check_refused(s, "autoheal events -n abc", 125, "invalid argument \"abc\" for \"-n, --limit\" flag");
        check_refused(s, "autoheal run --dry-run=maybe", 125, "invalid argument \"maybe\"");
        check_refused(s, "autoheal --context default ps", 125, "unknown flag: --context\n");
        check_refused(s, "autoheal -H x ps", 125, "unknown shorthand flag: 'H' in -H\n");
        check_refused(s, "-v autoheal", 125, "unknown shorthand flag: 'v' in -v\n");
        check_refused(s, "--version autoheal", 125, "unknown flag: --version\n");
        check_refused(s, "autoheal nonsense", 1, "unknown command: docker autoheal nonsense\n");
        check_refused(s, "autoheal ps x", 1, "'docker autoheal ps' accepts no arguments\n");
        check_refused(s, "autoheal explain", 1, "'docker autoheal explain' requires 1 argument\n");
        check_refused(s, "autoheal check x", 125, "'docker autoheal check' accepts no arguments\n");
        check_refused(s, "autoheal unquarantine --all x", 125, "unquarantine takes containers or --all, not both\n");
        check_refused(s, "autoheal quarantine", 1, "'docker autoheal quarantine' requires at least 1 argument\n");
        assert_int_equal(fake_count(s->fake, ""), 0);
        AUTO_FREE char *data = data_snapshot(s);
        assert_string_equal(data, "absent\n");
}

/* All of what is printed, as docker frames it. */
static void check_frame(struct scene *s, const char *arguments, const char *frame) {
        scene_run(s, "%s", arguments);
        assert_string_equal(s->last.err, frame);
        assert_string_equal(s->last.out, "");
}

static void test_frames(void **state) {
        struct scene *s = *state;
        check_frame(s, "autoheal ps --nope",
                    "unknown flag: --nope\n\nUsage:  docker autoheal ps [OPTIONS]\n\n"
                    "Run 'docker autoheal ps --help' for more information\n");
        check_frame(s, "autoheal config nope",
                    "docker: unknown command: docker autoheal config nope\n\nUsage:  docker autoheal config [OPTIONS] [COMMAND]\n\n"
                    "Run 'docker autoheal config --help' for more information\n");
        check_frame(s, "autoheal maintenance nope",
                    "docker: unknown command: docker autoheal maintenance nope\n\nUsage:  docker autoheal maintenance COMMAND\n\n"
                    "Run 'docker autoheal maintenance --help' for more information\n");
        check_frame(s, "autoheal config set restart.mode",
                    "docker: 'docker autoheal config set' requires 2 arguments\n\n"
                    "Usage:  docker autoheal config set [OPTIONS] KEY VALUE\n\n"
                    "Run 'docker autoheal config set --help' for more information\n");
        check_frame(s, "autoheal config validate a b",
                    "docker: 'docker autoheal config validate' requires at most 1 argument\n\n"
                    "Usage:  docker autoheal config validate [OPTIONS] [FILE|-]\n\n"
                    "Run 'docker autoheal config validate --help' for more information\n");
        check_frame(s, "autoheal quarantine",
                    "docker: 'docker autoheal quarantine' requires at least 1 argument\n\n"
                    "Usage:  docker autoheal quarantine [OPTIONS] CONTAINER [CONTAINER...]\n\n"
                    "See 'docker autoheal quarantine --help' for more information\n");
        check_frame(s, "nope",
                    "docker-autoheal: unknown command: docker-autoheal nope\n\nUsage:  docker-autoheal [OPTIONS] [COMMAND]\n\n"
                    "Run 'docker-autoheal --help' for more information\n");
        check_frame(s, "-Dv autoheal ps",
                    "unknown shorthand flag: 'v' in -v\n\nUsage:  docker [OPTIONS] autoheal [ARG...]\n\n"
                    "Run 'docker --help' for more information\n");
}

/* ---- Stand-alone ---- */

static void test_version(void **state) {
        struct scene *s = *state;
        const char *forms[] = { "autoheal version",      "version", "--version", "-v", "-D --version", "-c x -v",
                                "--data-dir d --version" };
        for (size_t i = 0; i < N_ELEMENTS(forms); i++) {
                const struct output *o = scene_run(s, "%s", forms[i]);
                check_exit(o, 0);
                check_contains(o->out, "0.");
                assert_int_equal(o->err_len, 0);
        }
        /* Beside what is ours it is --verbose. */
        scene_world(s, "container web label=autoheal=true\n");
        check_contains(scene_run(s, "--dry-run -v")->out, "web");
}

static void test_without_a_word_it_is_a_pass(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web health=unhealthy label=autoheal=true\n");
        check_exit(scene_run(s, "autoheal"), 0);
        assert_int_equal(scene_posts(s), 1);
        AUTO_FREE char *once = path_join(s->dir, "once");
        check_exit(scene_run(s, "--dry-run --data-dir %s", once), 0);
        assert_int_equal(scene_posts(s), 1);
}

/* ---- docker wants us to stop ---- */

static int listen_abstract(char name[64]) {
        struct sockaddr_un addr = { .sun_family = AF_UNIX };
        snprintf(name, 64, "@docker_cli_test_%ld", (long)getpid());
        memcpy(addr.sun_path, name, strlen(name));
        addr.sun_path[0] = '\0';
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
        assert_int_equal(bind(fd, (const struct sockaddr *)&addr, len), 0);
        assert_int_equal(listen(fd, 1), 0);
        return fd;
}

static void test_end_of_the_plugin_socket(void **state) {
        struct scene *s = *state;
        char name[64], pair[128];
        int status, listener = listen_abstract(name);
        snprintf(pair, sizeof(pair), "DOCKER_CLI_PLUGIN_SOCKET=%s", name);
        scene_env(s, pair);
        scene_world(s, "container web health=unhealthy label=autoheal=true\nfault list hang\n");
        pid_t pid = scene_start(s, "autoheal");
        int conn = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        assert_true(conn >= 0);
        fake_await(s->fake, "/containers/json?all=1 -> hang", 1);
        close(conn);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        close(listener);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 130);
        assert_int_equal(scene_posts(s), 0);
}

static void test_plugin_socket_that_is_not_there(void **state) {
        struct scene *s = *state;
        scene_env(s, "DOCKER_CLI_PLUGIN_SOCKET=@docker_cli_nobody_listens_here");
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        check_reaches(s, "autoheal ps");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_metadata),
                scene_test(test_host_flag),
                scene_test(test_other_global_flags),
                scene_test(test_debug_goes_to_standard_error),
                scene_test(test_wrong_endpoints),
                scene_test(test_context_of_the_environment),
                scene_test(test_current_context_of_the_config_file),
                scene_test(test_data_dir_of_the_config_file),
                scene_test(test_flags_before_the_command),
                scene_test(test_log_levels),
                scene_test(test_usage_errors),
                scene_test(test_frames),
                scene_test(test_version),
                scene_test(test_without_a_word_it_is_a_pass),
                scene_test(test_end_of_the_plugin_socket),
                scene_test(test_plugin_socket_that_is_not_there),
        };
        return cmocka_run_group_tests_name("plugin", tests, NULL, NULL);
}
