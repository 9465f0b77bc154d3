/* SPDX-License-Identifier: MIT */
/* Which engine is reached, by flags, environment and stored contexts, what is said of each way to be wrong, and whose memory is used. */
#include "support/scene.h"

#include "autoheal/util/sha256.h"

#include <sys/stat.h>
#include <unistd.h>

#define FAILED     "Failed to initialize: "
#define UNRESOLVED FAILED "unable to resolve docker endpoint: "

/* "<home>/.docker/contexts/<kind>/<id of name>", made if it is not there; to be freed. */
static char *context_dir(struct scene *s, const char *kind, const char *name) {
        AUTO_FREE char *docker = path_join(s->home, ".docker"), *contexts = path_join(docker, "contexts"),
                       *base = path_join(contexts, kind);
        char id[SHA256_HEX_SIZE];
        sha256_hex(id, name, strlen(name));
        char *own = path_join(base, id);
        (void)mkdir(docker, 0700);
        (void)mkdir(contexts, 0700);
        (void)mkdir(base, 0700);
        (void)mkdir(own, 0700);
        return own;
}

static void store_meta(struct scene *s, const char *name, const char *meta) {
        AUTO_FREE char *own = context_dir(s, "meta", name);
        file_put(own, "meta.json", meta);
}

/* As `docker context create` writes it. */
static void store_context(struct scene *s, const char *name, const char *host) {
        char meta[1024];
        (void)snprintf(meta, sizeof(meta),
                       "{\"Name\":\"%s\",\"Metadata\":{},\"Endpoints\":{\"docker\":{\"Host\":\"%s\",\"SkipTLSVerify\":false}}}",
                       name, host);
        store_meta(s, name, meta);
}

static void store_pem(struct scene *s, const char *name, const char *file, const char *text) {
        AUTO_FREE char *own = context_dir(s, "tls", name), *docker = path_join(own, "docker");
        (void)mkdir(docker, 0700);
        file_put(docker, file, text);
}

static void put_docker_config(struct scene *s, const char *text) {
        AUTO_FREE char *docker = path_join(s->home, ".docker");
        (void)mkdir(docker, 0700);
        file_put(docker, "config.json", text);
}

static void set_env(struct scene *s, const char *name, const char *value) {
        char pair[1024];
        (void)snprintf(pair, sizeof(pair), "%s=%s", name, value);
        scene_env(s, pair);
}

static void check_reaches(struct scene *s, const char *arguments) {
        fake_forget(s->fake);
        const struct output *o = scene_run(s, "%s", arguments);
        check_exit(o, 0);
        check_contains(o->out, "web");
        assert_true(fake_count(s->fake, "/containers/json") >= 1);
}

/* Exit code 1, exactly that line on standard error, and no engine was asked. */
static void check_refused(struct scene *s, const char *arguments, const char *line) {
        char want[2048];
        fake_forget(s->fake);
        const struct output *o = scene_run(s, "%s", arguments);
        (void)snprintf(want, sizeof(want), "%s\n", line);
        check_exit(o, 1);
        assert_string_equal(o->err, want);
        assert_string_equal(o->out, "");
        assert_int_equal(fake_count(s->fake, ""), 0);
}

/* A world, and no way to it but the context "here"; "gone" leads to a socket that is not there. */
static void begin(struct scene *s) {
        scene_world(s, "container web health=healthy label=autoheal=true\n");
        scene_env(s, "DOCKER_HOST");
        store_context(s, "here", fake_host(s->fake));
        store_context(s, "gone", "unix:///nonexistent/docker.sock");
}

/* ---- Which one ---- */

static void test_by_flag(void **state) {
        struct scene *s = *state;
        begin(s);
        scene_env(s, "DOCKER_CONTEXT=gone");
        check_reaches(s, "-c here autoheal ps");
        check_reaches(s, "--context=here autoheal ps");
        check_reaches(s, "-c gone -c here autoheal ps");
        scene_env(s, "DOCKER_HOST=unix:///nonexistent/docker.sock");
        check_reaches(s, "-c here autoheal ps");
        check_reaches(s, "-c here ps");
}

static void test_by_variable(void **state) {
        struct scene *s = *state;
        begin(s);
        put_docker_config(s, "{\"currentContext\":\"gone\"}");
        scene_env(s, "DOCKER_CONTEXT=here");
        check_reaches(s, "autoheal ps");
        check_reaches(s, "--context= autoheal ps");
        /* An address counts more. */
        scene_env(s, "DOCKER_CONTEXT=gone");
        set_env(s, "DOCKER_HOST", fake_host(s->fake));
        check_reaches(s, "autoheal ps");
        set_env(s, "DOCKER_HOST", "");
        const struct output *o = scene_run(s, "autoheal ps");
        check_exit(o, 1);
        check_contains(o->err, "unix:///nonexistent/docker.sock");
}

static void test_by_current_context(void **state) {
        struct scene *s = *state;
        char line[1024];
        begin(s);
        put_docker_config(s, "{\"currentContext\":\"here\"}");
        check_reaches(s, "autoheal ps");
        put_docker_config(s, "{\"currentContext\":\"gone\"}");
        (void)snprintf(line, sizeof(line), "-H %s autoheal ps", fake_host(s->fake));
        check_reaches(s, line);
        check_reaches(s, "-c here autoheal ps");
        set_env(s, "DOCKER_HOST", fake_host(s->fake));
        check_reaches(s, "-c default autoheal ps");
}

static void test_contexts_of_another_configuration(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *docker = path_join(s->home, ".docker");
        char line[1024];
        begin(s);
        set_env(s, "HOME", s->dir);
        (void)snprintf(line, sizeof(line), "--config %s -c here autoheal ps", docker);
        check_reaches(s, line);
        set_env(s, "DOCKER_CONFIG", docker);
        check_reaches(s, "-c here autoheal ps");
}

static void test_host_and_context(void **state) {
        struct scene *s = *state;
        const char *conflict = "conflicting options: cannot specify both --host and --context";
        begin(s);
        check_refused(s, "-c here -H unix:///y autoheal ps", conflict);
        check_refused(s, "--host= -c default autoheal ps", conflict);
}

/* ---- What a context holds ---- */

static void test_kinds_of_addresses(void **state) {
        struct scene *s = *state;
        const char *port = strrchr(fake_tcp_host(s->fake), ':');
        char host[256];
        begin(s);
        (void)snprintf(host, sizeof(host), "tcp://127.0.0.1%s", port);
        store_context(s, "tcp", host);
        check_reaches(s, "-c tcp autoheal ps");
        (void)snprintf(host, sizeof(host), "http://localhost%s", port);
        store_context(s, "http", host);
        check_reaches(s, "-c http autoheal ps");
        (void)snprintf(host, sizeof(host), "https://127.0.0.1%s", port);
        store_context(s, "https", host);
        check_reaches(s, "-c https autoheal ps");
        /* Neither flags nor variables switch TLS on, and on a socket the files are not looked at. */
        scene_env(s, "DOCKER_TLS_VERIFY=1");
        scene_env(s, "DOCKER_CERT_PATH=/nonexistent");
        check_reaches(s, "--tlsverify -c tcp autoheal ps");
        store_pem(s, "here", "ca.pem", "junk");
        check_reaches(s, "-c here autoheal ps");
}

static void test_a_relative_path(void **state) {
        struct scene *s = *state;
        char cwd[4096];
        begin(s);
        assert_non_null(getcwd(cwd, sizeof(cwd)));
        const char *path = fake_host(s->fake) + strlen("unix://"), *name = strrchr(path, '/') + 1;
        AUTO_FREE char *dir = strndup(path, (size_t)(name - path));
        char host[256];
        (void)snprintf(host, sizeof(host), "unix://%s", name);
        store_context(s, "relative", host);
        assert_int_equal(chdir(dir), 0);
        const struct output *o = scene_run(s, "-c relative autoheal ps -q");
        assert_int_equal(chdir(cwd), 0);
        check_exit(o, 0);
        assert_string_equal(o->out, "web\n");
}

static void test_no_such_context(void **state) {
        struct scene *s = *state;
        char line[1024];
        begin(s);
        (void)snprintf(line, sizeof(line),
                       UNRESOLVED
                       "context \"nope\": context not found: open %s/.docker/contexts/meta/"
                       "ca3704aa0b06f5954c79ee837faa152d84d6b2d42838f0637a15eda8337dbdce/meta.json: no such file or directory",
                       s->home);
        check_refused(s, "-c nope autoheal ps", line);
        scene_env(s, "DOCKER_CONTEXT=nope");
        check_refused(s, "autoheal ps", line);
        scene_env(s, "DOCKER_CONTEXT");
        put_docker_config(s, "{\"currentContext\":\"nope\"}");
        check_refused(s, "autoheal ps", line);
}

static void test_refused_contexts(void **state) {
        struct scene *s = *state;
        static const struct {
                const char *meta, *line;
        } rows[] = {
                { "{\"Name\":\"bad\"}", UNRESOLVED "cannot find docker endpoint in context" },
                { "{\"Endpoints\":{\"docker\":null}}", UNRESOLVED "endpoint \"docker\" is not of type EndpointMeta" },
                { "{\"Endpoints\":{\"docker\":{\"Host\":\"noscheme\"}}}", FAILED "unable to parse docker host `noscheme`" },
                { "{\"Endpoints\":{\"docker\":{\"Host\":\"bogus://me:secret@h\"}}}",
                  FAILED "unable to parse docker host `bogus://me:xxxxx@h`" },
                { "{\"Endpoints\":{\"docker\":{\"Host\":\"tcp://h:x\"}}}",
                  FAILED "parse \"tcp://h:x\": invalid port \":x\" after host" },
                { "{\"Endpoints\":{\"docker\":{\"Host\":\"ssh://u:p@h\"}}}",
                  FAILED "ssh host connection is not valid: invalid SSH URL: plain-text password is not supported" },
                { "{\"Endpoints\":{\"docker\":{\"Host\":\"ssh://h?x=y\"}}}",
                  FAILED "ssh host connection is not valid: invalid SSH URL: query parameters are not allowed: \"x=y\"" },
        };
        begin(s);
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                store_meta(s, "bad", rows[i].meta);
                check_refused(s, "-c bad autoheal ps", rows[i].line);
        }
        store_meta(s, "bad", "{\"Endpoints\":{\"docker\":{\"Host\":\"\\u001b]0;owned\\u0007\"}}}");
        const struct output *o = scene_run(s, "-c bad autoheal ps");
        check_exit(o, 1);
        check_printable(o);
}

static void test_broken_certificates_of_a_context(void **state) {
        struct scene *s = *state;
        begin(s);
        store_context(s, "tls", "tcp://127.0.0.1:1");
        store_pem(s, "tls", "ca.pem", "junk");
        check_refused(s, "-c tls autoheal ps", FAILED "failed to retrieve context tls info: ca.pem seems invalid");
}

/* ---- The default context ---- */

static void test_refused_addresses(void **state) {
        struct scene *s = *state;
        char line[1024];
        begin(s);
        check_refused(s, "-H bogus://x autoheal ps", UNRESOLVED "invalid bind address format: bogus://x");
        check_refused(s, "-H https://h autoheal ps", UNRESOLVED "invalid bind address format: https://h");
        check_refused(s, "-H https://me:secret@h autoheal ps", UNRESOLVED "invalid bind address format: https://me:xxxxx@h");
        check_refused(s, "-H fd:// autoheal ps", FAILED "unable to parse docker host `fd://`");
        check_refused(s, "-H npipe:// autoheal ps", FAILED "protocol not available");
        check_refused(s, "-H ssh:// autoheal ps", FAILED "ssh host connection is not valid: invalid SSH URL: hostname is empty");
        check_refused(s, "-H ssh://h#f autoheal ps",
                      FAILED "ssh host connection is not valid: invalid SSH URL: fragments are not allowed: \"f\"");
        (void)snprintf(line, sizeof(line), UNRESOLVED "open %s/.docker/ca.pem: no such file or directory", s->home);
        check_refused(s, "--tls -H tcp://127.0.0.1:1 autoheal ps", line);
        check_refused(s, "--tlsverify=false -H tcp://127.0.0.1:1 autoheal ps", line);
        check_refused(s, "--config /nonexistent --tls autoheal ps", line);
        set_env(s, "DOCKER_HOST", fake_host(s->fake));
        scene_env(s, "DOCKER_TLS=0");
        check_refused(s, "autoheal ps", line);
        check_reaches(s, "--tls=false autoheal ps");
        scene_env(s, "DOCKER_CERT_PATH=/nonexistent");
        check_refused(s, "autoheal ps", UNRESOLVED "open /nonexistent/ca.pem: no such file or directory");
}

static void test_refused_headers(void **state) {
        struct scene *s = *state;
        begin(s);
        scene_env(s, "DOCKER_CUSTOM_HEADERS=X-Team=ops,secret");
        check_refused(s, "-c here autoheal ps",
                      FAILED
                      "failed to set custom headers from DOCKER_CUSTOM_HEADERS environment variable: missing \"=\" in key=value "
                      "pair 2");
        scene_env(s, "DOCKER_CUSTOM_HEADERS=x=1");
        put_docker_config(s, "{\"HttpHeaders\":{\"b c\":\"1\"}}");
        check_reaches(s, "-c here autoheal ps");
        scene_env(s, "DOCKER_CUSTOM_HEADERS");
        char line[1024];
        (void)snprintf(line, sizeof(line), FAILED "invalid header field name \"b c\" (from HttpHeaders in %s/.docker/config.json)",
                       s->home);
        check_refused(s, "-c here autoheal ps", line);
}

/* ---- Whose memory ---- */

static void test_a_data_directory_for_each_context(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *xdg = path_join(s->dir, "xdg"), *base = path_join(xdg, "docker-autoheal"),
                       *contexts = path_join(base, "contexts"), *here = path_join(contexts, "here");
        begin(s);
        set_env(s, "XDG_STATE_HOME", xdg);
        scene_env(s, "AUTOHEAL_DATA_DIR");
        scene_hide_data();
        check_exit(scene_run(s, "-c here autoheal"), 0);
        assert_true(file_there(here, "pass.json"));
        assert_false(file_there(base, "pass.json"));
        char line[1024];
        (void)snprintf(line, sizeof(line), "-H %s autoheal", fake_host(s->fake));
        check_exit(scene_run(s, "%s", line), 0);
        assert_true(file_there(base, "pass.json"));
        const struct output *o = scene_run(s, "-c here autoheal status");
        check_exit(o, 0);
        check_contains(o->out, here);
        /* A name that is a path stays below. */
        char odd[SHA256_HEX_SIZE];
        sha256_hex(odd, "../../odd", strlen("../../odd"));
        store_context(s, "../../odd", fake_host(s->fake));
        check_exit(scene_run(s, "-c ../../odd autoheal"), 0);
        AUTO_FREE char *below = path_join(contexts, odd);
        assert_true(file_there(below, "pass.json"));
}

/* Then one engine's memory would be used for another. */
static void test_a_named_data_directory_is_for_one_engine(void **state) {
        struct scene *s = *state;
        begin(s);
        check_exit(scene_run(s, "-c here autoheal"), 0);
        assert_true(file_there(s->data, "pass.json"));
        struct fake *other = NULL;
        AUTO_FREE char *dir = path_join(s->dir, "other");
        dir_put(dir, 0755);
        other = fake_start(dir, "engine-id ANOTHER\ncontainer web health=healthy label=autoheal=true\n", false);
        store_context(s, "there", fake_host(other));
        const struct output *o = scene_run(s, "-c there autoheal");
        fake_stop(other);
        check_exit(o, 78);
        check_contains(o->err, fake_host(s->fake));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_by_flag),
                scene_test(test_by_variable),
                scene_test(test_by_current_context),
                scene_test(test_contexts_of_another_configuration),
                scene_test(test_host_and_context),
                scene_test(test_kinds_of_addresses),
                scene_test(test_a_relative_path),
                scene_test(test_no_such_context),
                scene_test(test_refused_contexts),
                scene_test(test_broken_certificates_of_a_context),
                scene_test(test_refused_addresses),
                scene_test(test_refused_headers),
                scene_test(test_a_data_directory_for_each_context),
                scene_test(test_a_named_data_directory_is_for_one_engine),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
