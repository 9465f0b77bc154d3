/* SPDX-License-Identifier: MIT */
/* A real engine for one test program, and one world in it per test. */
#include "support/engine.h"

#include "autoheal/util/buf.h"
#include "autoheal/util/timefmt.h"
#include "support/proxy.h"
#include "support/recorder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCRIPT      "scripts/private-engine.sh"
#define COMMAND_MAX ((size_t)64 * 1024)
#define REPORT      "checker." /* what a sanitizer or valgrind has to say goes to files of this name */
#define DEADLINE_MS 120000
#define OPTIONS_MAX 16

struct private_engine {
        char *dir;
        const char *const *options; /* for dockerd; NULL: none */
        int lifeline;               /* the guardian ends the engine when this closes, in whatever way */
        pid_t guardian;
        unsigned n_worlds;
        bool down;
};

static char *text_of(const char *fmt, ...) PRINTF(1, 2);
static char *text_of(const char *fmt, ...) {
        char *text;
        va_list ap;
        va_start(ap, fmt);
        int n = vasprintf(&text, fmt, ap);
        va_end(ap);
        if (n < 0)
                fail_msg("out of memory");
        return text;
}

/* The docker that a person would get, and the programs of a root whose PATH lacks them. */
static char *path_variable(void) {
        const char *path = getenv("PATH");
        return text_of("PATH=%s:/usr/local/sbin:/usr/sbin:/sbin", path && *path ? path : "/usr/local/bin:/usr/bin:/bin");
}

/* ---- The engine ---- */

static _Noreturn void stand_guard(int lifeline, const char *dir) {
        char *const env[] = { path_variable(), NULL };
        char byte;
        setsid();
        for (int signo = 1; signo < NSIG; signo++)
                if (signo != SIGCHLD)
                        signal(signo, SIG_IGN);
        while (read(lifeline, &byte, 1) < 0 && errno == EINTR)
                ;
        signal(SIGPIPE, SIG_DFL);
        execle("/bin/sh", "sh", SCRIPT, "stop", dir, (char *)NULL, env);
        _exit(127);
}

static void post_guardian(struct private_engine *e) {
        int fds[2];
        if (pipe2(fds, O_CLOEXEC) < 0 || (e->guardian = fork()) < 0)
                fail_msg("cannot watch over the engine: %s", strerror(errno));
        if (e->guardian == 0) {
                close(fds[1]);
                stand_guard(fds[0], e->dir);
        }
        close(fds[0]);
        e->lifeline = fds[1];
}

static void manage(const struct private_engine *e, const char *action) {
        const char *argv[OPTIONS_MAX + 5] = { "/bin/sh", SCRIPT, action, e->dir, NULL };
        AUTO_FREE char *path = path_variable();
        const char *env[] = { path, NULL };
        struct output o;
        for (size_t i = 0; e->options && e->options[i] && str_eq(action, "start"); i++) {
                if (i == OPTIONS_MAX)
                        fail_msg("too many options for dockerd");
                argv[4 + i] = e->options[i];
        }
        run_program(&(struct run_ask){ .argv = argv, .env = env, .deadline_ms = DEADLINE_MS }, &o);
        check_exit(&o, 0);
        output_release(&o);
}

int engine_group_setup(void **state) {
        return engine_group_setup_with(state, NULL);
}

int engine_group_setup_with(void **state, const char *const *options) {
        struct private_engine *e = xcalloc(1, sizeof(*e));
        e->dir = temp_dir_make();
        e->options = options;
        post_guardian(e);
        *state = e;
        manage(e, "start");
        manage(e, "image");
        return 0;
}

int engine_group_teardown(void **state) {
        struct private_engine *e = *state;
        int status = 0;
        close(e->lifeline);
        while (waitpid(e->guardian, &status, 0) < 0 && errno == EINTR)
                ;
        free(e->dir);
        free(e);
        return status == 0 ? 0 : -1;
}

/* ---- The world ---- */

static void set_env(struct world *w, char *pair) {
        world_env(w, pair);
        free(pair);
}

/* The metadata call is made before each command; under valgrind it would double the time and prove nothing new. */
static void install_plugin(struct world *w) {
        const char *binary = getenv("AUTOHEAL_BIN");
        AUTO_FREE char *config = path_join(w->dir, "docker");
        AUTO_FREE char *plugins = path_join(config, "cli-plugins");
        AUTO_FREE char *plugin = path_join(plugins, "docker-autoheal");
        if (!binary)
                fail_msg("AUTOHEAL_BIN does not name the binary");
        dir_put(config, 0700);
        dir_put(plugins, 0700);
        if (!str_eq(getenv("TEST_VALGRIND"), "1")) {
                if (symlink(binary, plugin) < 0)
                        fail_msg("cannot make '%s': %s", plugin, strerror(errno));
                return;
        }
        AUTO_FREE char *wrapper = text_of("#!/bin/sh\n[ \"$1\" != docker-cli-plugin-metadata ] || exec '%s' \"$@\"\n"
                                          "exec valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite "
                                          "--log-file='%s/" REPORT "%%p' '%s' \"$@\"\n",
                                          binary, w->dir, binary);
        file_put(plugins, "docker-autoheal", wrapper);
        if (chmod(plugin, 0700) < 0)
                fail_msg("cannot make '%s' executable: %s", plugin, strerror(errno));
}

int world_setup(void **state) {
        struct world *w = xcalloc(1, sizeof(*w));
        w->engine = *state;
        *state = w;
        w->dir = text_of("%s/world-%u", w->engine->dir, w->engine->n_worlds++);
        w->data = path_join(w->dir, "data");
        w->share = path_join(w->dir, "share");
        w->host = text_of("unix://%s/docker.sock", w->engine->dir);
        AUTO_FREE char *home = path_join(w->dir, "home");
        dir_put(w->dir, 0700);
        dir_put(w->share, 0777);
        dir_put(home, 0700);
        install_plugin(w);
        set_env(w, path_variable());
        set_env(w, text_of("HOME=%s", home));
        set_env(w, text_of("DOCKER_CONFIG=%s/docker", w->dir));
        set_env(w, text_of("DOCKER_HOST=%s", w->host));
        set_env(w, text_of("AUTOHEAL_DATA_DIR=%s", w->data));
        set_env(w, text_of("SHARE=%s", w->share));
        set_env(w, text_of("ASAN_OPTIONS=exitcode=99:log_path=%s/" REPORT "asan", w->dir));
        set_env(w, text_of("UBSAN_OPTIONS=print_stacktrace=1:exitcode=99:log_path=%s/" REPORT "ubsan", w->dir));
        return 0;
}

static int count_reports(const char *dir) {
        DIR *d = opendir(dir);
        int n = 0;
        for (struct dirent *e; d && (e = readdir(d));) {
                if (strncmp(e->d_name, REPORT, strlen(REPORT)) != 0)
                        continue;
                AUTO_FREE char *text = file_get(dir, e->d_name);
                if (!text || !*text)
                        continue;
                print_error("%s:\n%s\n", e->d_name, text);
                n++;
        }
        if (d)
                closedir(d);
        return n;
}

int world_teardown(void **state) {
        struct world *w = *state;
        AUTO_FREE char *direct = text_of("DOCKER_HOST=%s", w->host);
        world_env(w, direct);
        recorder_stop(w->recorder);
        proxy_stop(w->proxy);
        if (w->engine->down)
                world_engine_start(w);
        const struct output *o = world_run(w, "ids=$(docker ps -aq) && { [ -z \"$ids\" ] || docker rm -f $ids; }");
        int failed = o->exit_code != 0;
        if (failed)
                print_error("cannot remove the containers: %s\n", o->err);
        failed += count_reports(w->dir);
        output_release(&w->last);
        for (size_t i = 0; i < w->n_env; i++)
                free(w->env[i]);
        free(w->data);
        free(w->share);
        free(w->host);
        temp_dir_remove(w->dir);
        free(w);
        return failed ? -1 : 0;
}

void world_env(struct world *w, const char *pair) {
        size_t name_len = strcspn(pair, "="), i = 0;
        while (i < w->n_env && (strncmp(w->env[i], pair, name_len) != 0 || w->env[i][name_len] != '='))
                i++;
        if (i < w->n_env) {
                free(w->env[i]);
                w->env[i] = w->env[--w->n_env];
                w->env[w->n_env] = NULL;
        }
        if (pair[name_len] == '\0')
                return;
        if (w->n_env == WORLD_ENV_MAX)
                fail_msg("too many variables");
        w->env[w->n_env++] = xstrdup(pair);
        w->env[w->n_env] = NULL;
}

void world_no_waits(struct world *w) {
        world_env(w, "AUTOHEAL_RESTART_EXIT_GRACE_SECONDS=0");
        world_env(w, "AUTOHEAL_RESTART_COOLDOWN_SECONDS=0");
        world_env(w, "AUTOHEAL_RESTART_BACKOFF_ENABLED=false");
}

void world_engine_end(struct world *w, enum engine_end how) {
        static const char *const actions[] = { [ENGINE_HALT] = "halt", [ENGINE_CRASH] = "crash", [ENGINE_CUT] = "cut" };
        w->engine->down = true;
        manage(w->engine, actions[how]);
}

void world_engine_start(struct world *w) {
        manage(w->engine, "start");
        w->engine->down = false;
}

struct recorder *world_record(struct world *w) {
        if (!w->recorder)
                w->recorder = recorder_start(w->dir, w->host + strlen("unix://"));
        set_env(w, text_of("DOCKER_HOST=%s", recorder_host(w->recorder)));
        return w->recorder;
}

struct proxy *world_proxy(struct world *w) {
        if (!w->proxy)
                w->proxy = proxy_start(w->dir, w->host + strlen("unix://"));
        return w->proxy;
}

/* ---- Commands ---- */

static void run_text(struct world *w, const char *command, struct output *ret) {
        const char *argv[] = { "/bin/sh", "-c", command, NULL };
        const char *const *env = (const char *const *)(const void *)w->env;
        run_program(&(struct run_ask){ .argv = argv, .env = env, .deadline_ms = DEADLINE_MS }, ret);
}

static void run_list(struct world *w, const char *fmt, va_list ap) PRINTF(2, 0);
static void run_list(struct world *w, const char *fmt, va_list ap) {
        AUTO_FREE char *command = NULL;
        if (vasprintf(&command, fmt, ap) < 0)
                fail_msg("out of memory");
        output_release(&w->last);
        run_text(w, command, &w->last);
}

const struct output *world_run(struct world *w, const char *command, ...) {
        va_list ap;
        va_start(ap, command);
        run_list(w, command, ap);
        va_end(ap);
        return &w->last;
}

void world_do(struct world *w, const char *command, ...) {
        va_list ap;
        va_start(ap, command);
        run_list(w, command, ap);
        va_end(ap);
        if (w->last.exit_code != 0)
                print_error("%s\n", command);
        check_exit(&w->last, 0);
}

pid_t world_start(struct world *w, const char *command) {
        const char *argv[] = { "/bin/sh", "-c", command, NULL };
        return run_background(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)w->env }, -1);
}

int world_serve_end(struct world *w, pid_t pid) {
        world_do(w, "kill -TERM $(ps -o pid= --ppid %d)", (int)pid);
        return run_end(pid, 0);
}

/* An older docker resolves its context first, whatever it is asked: a configuration that is broken must not be in the way. */
int world_docker_version(struct world *w) {
        static const char before[] = "Docker version ";
        world_do(w, "DOCKER_CONFIG=/nonexistent docker --version");
        if (strncmp(w->last.out, before, strlen(before)) != 0)
                fail_msg("docker --version says: %s", w->last.out);
        return (int)strtol(w->last.out + strlen(before), NULL, 10);
}

/* ---- What is ---- */

char *world_inspect(struct world *w, const char *container, const char *format) {
        AUTO_FREE char *command = text_of("docker -H '%s' inspect --format '%s' '%s' 2>/dev/null", w->host, format, container);
        struct output o;
        run_text(w, command, &o);
        o.out[strcspn(o.out, "\n")] = '\0';
        char *text = xstrdup(o.out);
        output_release(&o);
        return text;
}

struct wanted {
        struct world *w;
        const char *container, *format, *value;
        char *seen;
};

static bool is_as_wanted(void *arg) {
        struct wanted *wanted = arg;
        free(wanted->seen);
        wanted->seen = world_inspect(wanted->w, wanted->container, wanted->format);
        return str_eq(wanted->seen, wanted->value);
}

void world_await(struct world *w, const char *container, const char *format, const char *value) {
        struct wanted wanted = { .w = w, .container = container, .format = format, .value = value };
        if (!eventually(is_as_wanted, &wanted, WORLD_AWAIT_MS))
                fail_msg("%s of '%s' is '%s' and does not become '%s'", format, container, wanted.seen, value);
        free(wanted.seen);
}

void check_inspect_at(struct world *w, const char *container, const char *format, const char *value, const char *file, int line) {
        AUTO_FREE char *seen = world_inspect(w, container, format);
        if (str_eq(seen, value))
                return;
        print_error("%s of '%s' is '%s' instead of '%s'\n", format, container, seen, value);
        _fail(file, line);
}

char *world_starts(struct world *w) {
        world_do(w, "docker inspect --format '{{.Name}} {{.State.Status}} {{.State.StartedAt}}' $(docker ps -aq) | sort");
        return xstrdup(w->last.out);
}

void check_judged_at(struct world *w, const char *name, const char *verdict, const char *reason, const char *file, int line) {
        struct json_lines lines;
        AUTO_FREE char *raw_verdict = text_of("\"%s\"", verdict);
        AUTO_FREE char *raw_reason = text_of("\"%s\"", reason);
        const struct output *o = world_run(w, "docker autoheal ps --all --format json");
        check_exit_at(o, 0, file, line);
        json_lines_parse_at(&lines, o->out, file, line);
        struct json_value item = json_line_where_at(&lines, "name", name, file, line);
        check_json_at(item, "verdict", raw_verdict, file, line);
        check_json_at(item, "reason", raw_reason, file, line);
        json_lines_release(&lines);
}

void check_quiet_pass_at(struct world *w, const char *file, int line) {
        struct recorder *r = world_record(w);
        recorder_forget(r);
        const struct output *o = world_run(w, "docker autoheal");
        check_exit_at(o, 0, file, line);
        check_silent_at(o, file, line);
        check_only_reads_at(r, file, line);
}

struct awaited_file {
        const char *dir, *name;
};

static bool is_there(void *arg) {
        const struct awaited_file *f = arg;
        return file_there(f->dir, f->name);
}

void world_await_file(const char *dir, const char *name) {
        struct awaited_file f = { .dir = dir, .name = name };
        if (!eventually(is_there, &f, WORLD_AWAIT_MS))
                fail_msg("'%s/%s' does not appear", dir, name);
}

/* ---- What is remembered ---- */

/* Parses a file of the data directory; NULL if it is not there. */
static struct json_doc *parse_data(struct world *w, const char *name, char **ret_text) {
        struct json_doc *doc = NULL;
        struct error err = ERROR_INIT;
        *ret_text = file_get(w->data, name);
        if (*ret_text && json_parse(*ret_text, strlen(*ret_text), 1000000, &doc, &err) < 0)
                fail_msg("%s: %s", name, err.msg);
        return doc;
}

static void age_file(struct world *w, const char *name, int64_t seconds) {
        AUTO_FREE char *text = file_get(w->data, name);
        for (char *p = text; p && strlen(p) >= TIME_ISO_SIZE - 1; p++) {
                char aged[TIME_ISO_SIZE];
                int64_t at_us = 0;
                if (p[4] != '-' || p[10] != 'T' || !time_parse_iso((struct slice){ p, TIME_ISO_SIZE - 1 }, &at_us) || at_us == 0)
                        continue;
                time_format_iso(at_us - seconds * 1000000, aged);
                memcpy(p, aged, TIME_ISO_SIZE - 1);
        }
        if (text)
                file_put(w->data, name, text);
}

void world_age(struct world *w, int64_t seconds) {
        static const char *const files[] = { "containers.json", "restart_counts.json", "pass.json", "events.json" };
        for (size_t i = 0; i < N_ELEMENTS(files); i++)
                age_file(w, files[i], seconds);
}

/* A container is named "name (stable id)" there. */
static bool is_about(struct json_value event, const char *container) {
        struct slice name = json_raw(json_get(event, "container_name"));
        size_t len = strlen(container);
        return name.n > len + 2 && strncmp(name.p + 1, container, len) == 0 && strncmp(name.p + 1 + len, " (", 2) == 0;
}

static size_t find_events(const struct json_doc *doc, const char *type, const char *container, struct json_value *ret_last) {
        size_t n = 0;
        struct json_iter it = json_iter(json_root(doc));
        while (json_next(&it)) {
                if (!json_string_eq(json_get(it.value, "event_type"), type) || (container && !is_about(it.value, container)))
                        continue;
                *ret_last = it.value;
                n++;
        }
        return n;
}

size_t world_count_events(struct world *w, const char *type, const char *container) {
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = parse_data(w, "events.json", &text);
        struct json_value unused = { 0 };
        return doc ? find_events(doc, type, container, &unused) : 0;
}

void check_event_at(struct world *w, const char *type, const char *container, const char *path, const char *raw, const char *file,
                    int line) {
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = parse_data(w, "events.json", &text);
        struct json_value last = { 0 };
        if (!doc || find_events(doc, type, container, &last) == 0) {
                print_error("no event '%s' for '%s'\n", type, container);
                _fail(file, line);
        }
        check_json_at(last, path, raw, file, line);
}

void check_data_at(struct world *w, const char *name, const char *path, const char *raw, const char *file, int line) {
        AUTO_FREE char *text = NULL;
        AUTO_JSON struct json_doc *doc = parse_data(w, name, &text);
        if (!doc) {
                print_error("there is no %s\n", name);
                _fail(file, line);
        }
        check_json_at(json_root(doc), path, raw, file, line);
}
