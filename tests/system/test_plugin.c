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
        const char *forms[] = { "-H %s autoheal ps",        "-H%s autoheal ps",
                                "-H=%s autoheal ps",        "--host %s autoheal ps",
                                "--host=%s autoheal ps",    "-DH %s autoheal ps",
                                "-H %s -- autoheal ps",     "-H %s ps",
                                "--host=%s autoheal ps --", "-l error -H %s autoheal ps" };
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
                                "-- autoheal ps",
                                "autoheal -- ps" };
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
        check_refused(s, "--tlsverify -H tcp://127.0.0.1:1 autoheal ps", 1, "TLS");
        check_refused(s, "--tlsverify=false -H tcp://127.0.0.1:1 autoheal ps", 1, "TLS");
        check_refused(s, "-H ssh://me@there autoheal ps", 1, "ssh");
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

/* ---- Help ---- */

static void check_help(struct scene *s, const char *arguments, const char *usage) {
        const struct output *o = scene_run(s, "%s", arguments);
        check_exit(o, 0);
        assert_int_equal(strncmp(o->out, usage, strlen(usage)), 0);
        check_contains(o->out, "Options:");
}

static void test_help(void **state) {
        struct scene *s = *state;
        const char *forms[] = { "help autoheal", "--help autoheal", "-h autoheal",       "autoheal --help",
                                "autoheal -h",   "autoheal help",   "-c x help autoheal" };
        for (size_t i = 0; i < N_ELEMENTS(forms); i++)
                check_help(s, forms[i], "Usage:  docker autoheal [OPTIONS] [COMMAND]\n");
        check_help(s, "--help", "Usage:  docker-autoheal ");
        check_help(s, "help", "Usage:  docker-autoheal ");
        check_help(s, "help autoheal ps", "Usage:  docker autoheal ps");
        check_help(s, "autoheal ps --help", "Usage:  docker autoheal ps");
        check_help(s, "autoheal help ps", "Usage:  docker autoheal ps");
        check_help(s, "autoheal run --help", "Usage:  docker autoheal run");
        check_help(s, "help ps", "Usage:  docker-autoheal ps");
        check_help(s, "ps --help", "Usage:  docker-autoheal ps");
        assert_int_equal(fake_count(s->fake, ""), 0);
}

static void test_help_of_what_is_not_there(void **state) {
        struct scene *s = *state;
        check_refused(s, "help autoheal nonsense", 1, "unknown help topic: nonsense");
        check_refused(s, "autoheal help nonsense", 1, "unknown help topic: nonsense");
}

static void test_every_command_has_help(void **state) {
        struct scene *s = *state;
        const char *commands[] = { "run", "ps", "status", "explain", "events", "quarantine", "unquarantine", "check", "version" };
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                char line[64], usage[64];
                snprintf(line, sizeof(line), "autoheal %s --help", commands[i]);
                snprintf(usage, sizeof(usage), "Usage:  docker autoheal %s", commands[i]);
                check_help(s, line, usage);
                AUTO_FREE char *by_flag = xstrdup(s->last.out);
                scene_run(s, "help autoheal %s", commands[i]);
                assert_string_equal(s->last.out, by_flag);
                check_contains(scene_run(s, "help autoheal")->out, commands[i]);
        }
}

static void test_help_of_a_flag_is_the_commands_own(void **state) {
        struct scene *s = *state;
        const struct output *o = scene_run(s, "autoheal unquarantine --help");
        check_contains(o->out, "Usage:  docker autoheal unquarantine [OPTIONS] CONTAINER... | --all\n");
        check_contains(o->out, "Release every quarantine\n");
        check_contains(o->out, "Print warnings off a terminal too\n");
        check_lacks(o->out, "not only those that are monitored");
        o = scene_run(s, "autoheal ps --help");
        check_contains(o->out, "All containers, not only those that are monitored\n");
        check_lacks(o->out, "Release");
        check_contains(scene_run(s, "autoheal run --help")->out,
                       "Print every monitored container, and warnings off a terminal too\n");
}

static void test_flags_before_the_command(void **state) {
        struct scene *s = *state;
        scene_world(s, "container web\n");
        check_reaches(s, "autoheal -a ps");
        check_exit(scene_run(s, "autoheal --all -v unquarantine"), 0);
        check_exit(scene_run(s, "autoheal --all -v status"), 125);
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
        check_refused(s, "-v autoheal", 125, "unknown flag: --version\n");
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

static void test_usage_errors_show_the_way(void **state) {
        struct scene *s = *state;
        const struct output *o = scene_run(s, "autoheal ps --nope");
        check_contains(o->err, "\nUsage:  docker autoheal ps");
        check_contains(o->err, "\nRun 'docker autoheal ps --help' for more information\n");
}

/* ---- Stand-alone ---- */

static void test_version(void **state) {
        struct scene *s = *state;
        const char *forms[] = { "autoheal version", "version", "--version" };
        for (size_t i = 0; i < N_ELEMENTS(forms); i++) {
                const struct output *o = scene_run(s, "%s", forms[i]);
                check_exit(o, 0);
                check_contains(o->out, "0.");
                assert_int_equal(o->err_len, 0);
        }
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
                scene_test(test_help),
                scene_test(test_help_of_what_is_not_there),
                scene_test(test_every_command_has_help),
                scene_test(test_help_of_a_flag_is_the_commands_own),
                scene_test(test_flags_before_the_command),
                scene_test(test_usage_errors),
                scene_test(test_usage_errors_show_the_way),
                scene_test(test_version),
                scene_test(test_without_a_word_it_is_a_pass),
                scene_test(test_end_of_the_plugin_socket),
                scene_test(test_plugin_socket_that_is_not_there),
        };
        return cmocka_run_group_tests_name("plugin", tests, NULL, NULL);
}
