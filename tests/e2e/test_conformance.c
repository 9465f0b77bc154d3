/* SPDX-License-Identifier: MIT */
/*
 * What the plugin says stands beside what docker itself says in the same situation: exit code, stream and words, after the
 * command's name was replaced. Where they differ on purpose it is a row of its own, and a line of docs/docker-cli.md.
 *
 * docker's words are those of version 28, and stand in docker-28.txt. Where that version is installed it is asked as well, and
 * must say what stands there (DOCKER_WORDS_UPDATE=1 writes the file anew). An older docker has other words, and resolves contexts
 * in other ways before it calls a plugin: there the plugin is called as version 28 calls it, with the same arguments.
 */
#include "support/engine.h"
#include "support/terminal.h"

#define PAIRS_MAX 4
#define TEXT_MAX  ((size_t)64 * 1024)

/* ---- docker's words ---- */

#define RECORD "docker-28.txt"

struct said {
        int exit_code;
        char *out, *err;
};

static void said_release(struct said *said) {
        free(said->out);
        free(said->err);
}

static void replace_all(struct buf *text, const char *from, const char *to) {
        struct buf result AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        const char *at = buf_str(text);
        for (const char *hit; (hit = strstr(at, from)); at = hit + strlen(from)) {
                buf_add(&result, at, (size_t)(hit - at));
                buf_add_str(&result, to);
        }
        buf_add_str(&result, at);
        buf_clear(text);
        buf_add_str(text, buf_str(&result));
}

/* Whole lines, without what is another one in each world. */
static char *settled(const struct world *w, const char *text) {
        struct buf result AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        buf_add_str(&result, text);
        if (result.len > 0 && result.data[result.len - 1] != '\n')
                buf_add_char(&result, '\n');
        replace_all(&result, w->host, "HOST");
        replace_all(&result, w->dir, "DIR");
        return xstrdup(buf_str(&result));
}

static struct said say(struct world *w, const char *prefix, const char *command) {
        world_run(w, "%s%s", prefix, command);
        return (struct said){ w->last.exit_code, settled(w, w->last.out), settled(w, w->last.err) };
}

/* The lines behind the entry that begin with mark. */
static char *recorded_lines(const char *entry, char mark) {
        struct buf result AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        for (const char *line = strchr(entry + 2, '\n') + 1; *line && *line != '$'; line = strchr(line, '\n') + 1)
                if (*line == mark)
                        buf_add(&result, line + 1, strcspn(line, "\n"));
        return xstrdup(buf_str(&result));
}

static struct said recorded(const char *command) {
        AUTO_FREE char *all = file_get("tests/e2e", RECORD);
        char head[512];
        snprintf(head, sizeof(head), "\n$ %s\n", command);
        const char *entry = all ? strstr(all, head) : NULL;
        if (!entry)
                fail_msg(RECORD " does not know '%s'", command);
        AUTO_FREE char *code = recorded_lines(entry + 1, '=');
        return (struct said){ (int)strtol(code, NULL, 10), recorded_lines(entry + 1, '|'), recorded_lines(entry + 1, '!') };
}

static void add_lines(struct buf *text, char mark, const char *lines) {
        for (const char *line = lines; *line; line += strcspn(line, "\n") + 1)
                buf_addf(text, "%c%.*s\n", mark, (int)strcspn(line, "\n"), line);
}

static void record(const char *command, const struct said *said) {
        AUTO_FREE char *before = file_get("tests/e2e", RECORD);
        struct buf text AUTO(buf_release) = BUF_INIT((size_t)1024 * 1024);
        buf_addf(&text, "%s$ %s\n=%d\n", before ? before : "\n", command, said->exit_code);
        add_lines(&text, '|', said->out);
        add_lines(&text, '!', said->err);
        file_put("tests/e2e", RECORD, buf_str(&text));
}

static void check_equal(const char *one, const struct said *a, const char *other, const struct said *b) {
        if (a->exit_code != b->exit_code || strcmp(a->out, b->out) != 0 || strcmp(a->err, b->err) != 0)
                fail_msg("'%s' exits with %d\nout: %s\nerr: %s\nbut '%s' with %d\nout: %s\nerr: %s", one, a->exit_code, a->out,
                         a->err, other, b->exit_code, b->out, b->err);
}

static struct said docker_says(struct world *w, const char *command) {
        if (world_docker_version(w) != 28)
                return recorded(command);
        struct said live = say(w, "", command);
        if (str_eq(getenv("DOCKER_WORDS_UPDATE"), "1"))
                record(command, &live);
        struct said stored AUTO(said_release) = recorded(command);
        check_equal(command, &live, RECORD, &stored);
        return live;
}

static struct said we_say(struct world *w, const char *command) {
        return say(w, world_docker_version(w) == 28 ? "" : AS_28, command);
}

/* ---- Comparing ---- */

struct same {
        const char *docker, *ours;        /* what is typed */
        const char *names[2 * PAIRS_MAX]; /* what docker says, and what we say instead: names of commands, flags, arguments */
};

static void use_our_names(char **text, const char *const *names, bool first_line) {
        struct buf result AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        buf_add(&result, *text, first_line ? strcspn(*text, "\n") : strlen(*text));
        for (size_t i = 0; names && i < PAIRS_MAX && names[2 * i]; i++)
                replace_all(&result, names[2 * i], names[2 * i + 1]);
        free(*text);
        *text = xstrdup(buf_str(&result));
}

/* first_line: what comes behind it is the text of a help, which is not the same. */
static void check_same(struct world *w, const struct same *row, bool first_line) {
        struct said docker AUTO(said_release) = docker_says(w, row->docker);
        struct said ours AUTO(said_release) = we_say(w, row->ours);
        use_our_names(&docker.out, row->names, first_line);
        use_our_names(&docker.err, row->names, first_line);
        use_our_names(&ours.out, NULL, first_line);
        use_our_names(&ours.err, NULL, first_line);
        check_equal(row->docker, &docker, row->ours, &ours);
}

#define NAMES(docker, ours)                                                                                                        \
        { docker, "docker autoheal " ours }

/* ---- The same ---- */

static const struct same flag_rows[] = {
        { "docker volume ls --nope", "docker autoheal ps --nope", NAMES("docker volume ls", "ps") },
        { "docker volume ls --nope=1", "docker autoheal ps --nope=1", NAMES("docker volume ls", "ps") },
        { "docker ps --al", "docker autoheal ps --al", NAMES("docker ps", "ps") },
        { "docker volume ls -x", "docker autoheal ps -x", NAMES("docker volume ls", "ps") },
        { "docker volume ls -qx", "docker autoheal ps -qx", NAMES("docker volume ls", "ps") },
        { "docker volume ls -qxq", "docker autoheal ps -qxq", NAMES("docker volume ls", "ps") },
        { "docker volume ls -q=", "docker autoheal ps -q=", NAMES("docker volume ls", "ps") },
        { "docker volume ls -\xc3\xa9", "docker autoheal ps -\xc3\xa9", NAMES("docker volume ls", "ps") },
        { "docker volume ls \"-'\"", "docker autoheal ps \"-'\"", NAMES("docker volume ls", "ps") },
        { "docker volume ls ---x", "docker autoheal ps ---x", NAMES("docker volume ls", "ps") },
        { "docker volume ls --=x", "docker autoheal ps --=x", NAMES("docker volume ls", "ps") },
        { "docker volume ls --format", "docker autoheal ps --format", NAMES("docker volume ls", "ps") },
        { "docker ps -n",
          "docker autoheal events -n",
          { "docker ps [OPTIONS]", "docker autoheal events [OPTIONS] [COMMAND]", "docker ps", "docker autoheal events" } },
        { "docker ps --all=maybe", "docker autoheal ps --all=maybe", NAMES("docker ps", "ps") },
        { "docker ps -a=maybe", "docker autoheal ps -a=maybe", NAMES("docker ps", "ps") },
        { "docker ps --all=", "docker autoheal ps --all=", NAMES("docker ps", "ps") },
        { "docker ps --all=tRUE", "docker autoheal ps --all=tRUE", NAMES("docker ps", "ps") },
        { "docker ps --no-trunc=yes", "docker autoheal ps --no-trunc=yes", NAMES("docker ps", "ps") },
        { "docker ps \"--all=$(printf 'a\\033\\t\\\"\\377')\"", "docker autoheal ps \"--all=$(printf 'a\\033\\t\\\"\\377')\"",
          NAMES("docker ps", "ps") },
        { "docker ps --help=maybe", "docker autoheal ps --help=maybe", NAMES("docker ps", "ps") },
        { "docker ps -n abc",
          "docker autoheal events -n abc",
          { "docker ps [OPTIONS]", "docker autoheal events [OPTIONS] [COMMAND]", "docker ps", "docker autoheal events", "--last",
            "--limit" } },
        { "docker ps --last=0x",
          "docker autoheal events --limit=0x",
          { "docker ps [OPTIONS]", "docker autoheal events [OPTIONS] [COMMAND]", "docker ps", "docker autoheal events", "--last",
            "--limit" } },
        { "docker ps -n=",
          "docker autoheal events -n=",
          { "docker ps [OPTIONS]", "docker autoheal events [OPTIONS] [COMMAND]", "docker ps", "docker autoheal events", "--last",
            "--limit" } },
        { "docker ps -n 99999999999999999999",
          "docker autoheal events -n 99999999999999999999",
          { "docker ps [OPTIONS]", "docker autoheal events [OPTIONS] [COMMAND]", "docker ps", "docker autoheal events", "--last",
            "--limit" } },
        { "docker run --health-interval=soon",
          "docker autoheal run --wait-lock=soon",
          { "docker run [OPTIONS] IMAGE [COMMAND] [ARG...]", "docker autoheal run [OPTIONS]", "docker run", "docker autoheal run",
            "--health-interval", "--wait-lock" } },
        { "docker ps --filter nope", "docker autoheal ps --filter nope", NAMES("docker ps", "ps") },
        { "docker ps --help --nope", "docker autoheal ps --help --nope", NAMES("docker ps", "ps") },
        { "docker ps --filter '' -q", "docker autoheal ps --filter '' -q", { NULL } },
        { "docker ps -qn 0x_5", "docker autoheal events -n 0x_5 --format '{{.Message}}'", { NULL } },
        { "docker ps -qn -5", "docker autoheal events -n -5 --format '{{.Message}}'", { NULL } },
        { "docker ps -q --all=T -- ", "docker autoheal ps -q --all=T --", { NULL } },
};

static const struct same argument_rows[] = {
        { "docker volume ls x", "docker autoheal ps x", NAMES("docker volume ls", "ps") },
        { "docker volume ls -- -x", "docker autoheal ps -- -x", NAMES("docker volume ls", "ps") },
        { "docker volume ls -", "docker autoheal ps -", NAMES("docker volume ls", "ps") },
        { "docker logs", "docker autoheal explain", NAMES("docker logs", "explain") },
        { "docker logs a b", "docker autoheal explain a b", NAMES("docker logs", "explain") },
        { "docker rm", "docker autoheal quarantine", NAMES("docker rm", "quarantine") },
        { "docker cp a",
          "docker autoheal config set a",
          { "docker cp [OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tdocker cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
            "docker autoheal config set [OPTIONS] KEY VALUE", "docker cp", "docker autoheal config set" } },
        { "docker volume nope", "docker autoheal maintenance nope", NAMES("docker volume", "maintenance") },
        { "docker volume nope -- ls", "docker autoheal maintenance nope -- on", NAMES("docker volume", "maintenance") },
        { "docker volume -- ls", "docker autoheal maintenance -- ls", NAMES("docker volume", "maintenance") },
        { "docker volume --nope ls", "docker autoheal maintenance --nope ls", NAMES("docker volume", "maintenance") },
        { "docker volume -q ls", "docker autoheal maintenance -q status", NAMES("docker volume", "maintenance") },
};

static const struct same help_beginnings[] = {
        { "docker volume", "docker autoheal maintenance", NAMES("docker volume", "maintenance") },
        { "docker volume --help", "docker autoheal maintenance --help", NAMES("docker volume", "maintenance") },
        { "docker help volume", "docker help autoheal maintenance", NAMES("docker volume", "maintenance") },
        { "docker volume --help nope", "docker autoheal maintenance --help nope", NAMES("docker volume", "maintenance") },
        { "docker volume nope --help", "docker autoheal maintenance nope --help", NAMES("docker volume", "maintenance") },
        { "docker volume ls --help", "docker autoheal ps --help", NAMES("docker volume ls", "ps") },
        { "docker volume ls x --help", "docker autoheal ps x --help", NAMES("docker volume ls", "ps") },
        { "docker volume ls -h", "docker autoheal ps -h", { NULL } },
        { "docker volume ls -qh", "docker autoheal ps -qh", { NULL } },
        { "docker volume ls -h | sed 1d", "docker autoheal ps -h | sed 1d", NAMES("docker volume ls", "ps") },
};

#define FORMAT_TEXT " | tr -s ' \\n' ' ' | grep -o 'Format output using .* templates'"
static const struct same help_parts[] = {
        { "docker volume --help | tail -1", "docker autoheal maintenance --help | tail -1", NAMES("docker volume", "maintenance") },
        { "docker volume create --help | sed -n '2,2p;4,5p'", "docker autoheal ps --help | sed -n '2,2p;4,5p'", { NULL } },
        /* The same text, but for where its column begins. */
        { "docker version --help" FORMAT_TEXT, "docker autoheal version --help" FORMAT_TEXT, { NULL } },
        { "docker volume ls --help" FORMAT_TEXT, "docker autoheal ps --help" FORMAT_TEXT, { NULL } },
};

/* docker's own flags, in front: the plugin must do what docker does with them. */
static const struct same global_rows[] = {
        { "docker -l bogus ps", "docker -l bogus autoheal ps", { NULL } },
        { "docker -c x -H unix:///y ps", "docker -c x -H unix:///y autoheal ps", { NULL } },
        { "docker -c nope ps", "docker -c nope autoheal ps", { NULL } },
        { "docker -cnope ps", "docker -cnope autoheal ps", { NULL } },
        { "docker --context=default -c nope ps", "docker --context=default -c nope autoheal ps", { NULL } },
        { "docker -c autoheal ps", "docker -c autoheal autoheal ps", { NULL } },
        { "docker -H bogus://x ps", "docker -H bogus://x autoheal ps", { NULL } },
        { "docker -H http://x:1 ps", "docker -H http://x:1 autoheal ps", { NULL } },
        { "docker -Hunix:///nowhere/docker.sock ps", "docker -Hunix:///nowhere/docker.sock autoheal ps", { NULL } },
        { "docker -H tcp://127.0.0.1:1 ps", "docker -H tcp://127.0.0.1:1 autoheal ps", { NULL } },
        { "docker --tlsverify --tlscacert /nowhere/ca.pem ps",
          "docker --tlsverify --tlscacert /nowhere/ca.pem autoheal ps",
          { NULL } },
        { "docker -Dlinfo -- ps -q", "docker -Dlinfo -- autoheal ps -q 2>/dev/null", { NULL } },
        { "docker --debug=false --tls=false ps -q", "docker --debug=false --tls=false autoheal ps -q", { NULL } },
        { "docker --tlscacert /nowhere ps -q", "docker --tlscacert /nowhere autoheal ps -q", { NULL } },
        { "DOCKER_HOST= DOCKER_CONTEXT=nope docker ps", "DOCKER_HOST= DOCKER_CONTEXT=nope docker autoheal ps", { NULL } },
        { "DOCKER_CONTEXT=nope docker ps -q", "DOCKER_CONTEXT=nope docker autoheal ps -q", { NULL } },
        { "DOCKER_HOST=bogus://x docker ps", "DOCKER_HOST=bogus://x docker autoheal ps", { NULL } },
        { "DOCKER_HOST=unix:///nowhere/docker.sock docker ps",
          "DOCKER_HOST=unix:///nowhere/docker.sock docker autoheal ps",
          { NULL } },
        { "docker ps -q --format '{{.ID}}'", "docker autoheal ps -q --format '{{.Name}}'", { NULL } },
        { "docker ps --format '{{'", "docker autoheal ps --format '{{'", { NULL } },
        { "docker ps --format '{{.ID}}'", "docker autoheal ps --format '{{.ID}}'", { NULL } },
        { "docker ps --format json", "docker autoheal ps --format json", { NULL } },
};

static void check_all(struct world *w, const struct same *rows, size_t n, bool first_line) {
        for (size_t i = 0; i < n; i++)
                check_same(w, &rows[i], first_line);
}

static void test_flags(void **state) {
        check_all(*state, flag_rows, N_ELEMENTS(flag_rows), false);
}

static void test_arguments(void **state) {
        check_all(*state, argument_rows, N_ELEMENTS(argument_rows), false);
}

static void test_help(void **state) {
        check_all(*state, help_beginnings, N_ELEMENTS(help_beginnings), true);
        check_all(*state, help_parts, N_ELEMENTS(help_parts), false);
}

static void test_global_flags(void **state) {
        check_all(*state, global_rows, N_ELEMENTS(global_rows), false);
}

static void test_broken_client_configuration(void **state) {
        struct world *w = *state;
        AUTO_FREE char *config = path_join(w->dir, "docker");
        file_put(config, "config.json", "{\"currentContext\": \"nope\"}");
        world_env(w, "DOCKER_HOST");
        check_same(w, &(const struct same){ "docker ps", "docker autoheal ps", { NULL } }, false);
        check_same(w,
                   &(const struct same){ "docker -c default ps --help", "docker -c default autoheal ps --help",
                                         NAMES("docker ps", "ps") },
                   true);
}

/* ---- On purpose not the same ---- */

static const struct {
        const char *situation; /* as docs/docker-cli.md names it */
        const char *docker, *ours;
        int docker_exits, we_exit;
        const char *docker_says, *we_say;
        bool docker_out, our_out; /* on standard output */
        bool of_engine;           /* docker's words depend on the engine's version more than on its own */
} differences[] = {
        { "No command after the plugin's name", "docker volume", "docker autoheal", 0, 0, "Usage:  docker volume COMMAND", "",
          false, false, false },
        { "`-H` twice", "docker -H a -H b ps", "docker -H a -H b autoheal ps", 1, 1, "endpoint: Specify only one -H\n",
          "Failed to initialize: unable to resolve docker endpoint: specify only one -H\n", false, false, false },
        { "Too many arguments where some are optional", "docker login a b", "docker autoheal config validate a b", 1, 1,
          "requires at most 1 argument\n\nUsage:  docker login [OPTIONS] [SERVER]\n\nSRun '",
          "requires at most 1 argument\n\nUsage:  docker autoheal config validate [OPTIONS] [FILE|-]\n\nRun '", false, false,
          false },
        { "An unknown container", "docker logs nope", "docker autoheal explain nope", 1, 1, ": No such container: nope\n",
          "No such container: nope", false, false, true },
        { "An unknown key of `--filter`", "docker ps --filter nope=1", "docker autoheal ps --filter nope=1", 1, 1,
          "nvalid filter 'nope'\n", "invalid filter 'nope' (did you mean name?): must be one of decision, ", false, false, true },
        { "A field that there is not in `--format`", "docker version --format '{{.Nope}}'",
          "docker autoheal version --format '{{.Nope}}'", 1, 1, "can't evaluate field Nope in type",
          "can't evaluate field Nope: the fields are ", false, false, false },
        { "A time that cannot be read", "docker events --since x", "docker autoheal events --since x", 1, 125,
          "failed to parse value as time or duration: \"x\"\n", "invalid argument \"x\" for \"--since\" flag: must be a time like ",
          false, false, false },
        { "A question where nobody can be asked", "docker volume prune", "docker autoheal events clear", 0, 1, "[y/N] ",
          "clearing the events needs a confirmation: add --yes\n", true, false, true },
        { "Completing a line that is wrong already", "docker __complete ps --nope ''", "docker __complete autoheal ps --nope ''", 0,
          0, ":0\n", ":1\n", true, true, false },
};

static void test_differences(void **state) {
        struct world *w = *state;
        AUTO_FREE char *docs = file_get("docs", "docker-cli.md");
        for (size_t i = 0; i < N_ELEMENTS(differences); i++) {
                char cell[128];
                struct said docker AUTO(said_release) =
                        differences[i].of_engine ? say(w, "", differences[i].docker) : docker_says(w, differences[i].docker);
                struct said ours AUTO(said_release) = we_say(w, differences[i].ours);
                assert_int_equal(docker.exit_code, differences[i].docker_exits);
                check_contains(differences[i].docker_out ? docker.out : docker.err, differences[i].docker_says);
                assert_int_equal(ours.exit_code, differences[i].we_exit);
                check_contains(differences[i].our_out ? ours.out : ours.err, differences[i].we_say);
                snprintf(cell, sizeof(cell), "| %s |", differences[i].situation);
                check_contains(docs, cell);
        }
}

/* ---- As docker sees a plugin ---- */

static void test_docker_lists_it(void **state) {
        struct world *w = *state;
        world_do(w, "docker --help | sed -n '/^Management Commands:/,/^$/p'");
        check_contains(w->last.out, "  autoheal*   Restart unhealthy and crashed containers, quarantine hopeless ones");
        world_do(w, "docker info");
        check_contains(w->last.out,
                       "  autoheal: Restart unhealthy and crashed containers, quarantine hopeless ones (docker-autoheal");
        check_lacks(w->last.err, "not valid");
        world_do(w, "docker info -f '{{json .ClientInfo.Plugins}}'");
        check_contains(w->last.out, "\"SchemaVersion\":\"0.1.0\",\"Vendor\":\"docker-autoheal\",\"Version\":\"v");
        check_lacks(w->last.out, "\"Err\"");
}

static void test_version_flags(void **state) {
        struct world *w = *state;
        const char *frame = "\n\nUsage:  docker [OPTIONS] autoheal [ARG...]\n\nRun 'docker --help' for more information\n";
        const struct {
                const char *line, *what;
        } rows[] = { { "docker --version autoheal ps", "unknown flag: --version" },
                     { "docker -v autoheal", "unknown shorthand flag: 'v' in -v" } };
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                char text[256];
                struct said ours AUTO(said_release) = we_say(w, rows[i].line);
                assert_int_equal(ours.exit_code, 125);
                snprintf(text, sizeof(text), "%s%s", rows[i].what, frame);
                assert_string_equal(ours.err, text);
                assert_string_equal(ours.out, "");
        }
}

/* After the plugin's name docker's flags are nobody's. */
static void test_global_flags_behind_the_name(void **state) {
        struct world *w = *state;
        const char *lines[] = { "docker autoheal --context default ps",
                                "docker autoheal ps --context default",
                                "docker autoheal ps --config d",
                                "docker autoheal -D ps",
                                "docker autoheal ps -H x",
                                "docker autoheal ps --tlsverify" };
        for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
                const struct output *o = world_run(w, "%s", lines[i]);
                check_exit(o, 125);
                check_contains(o->err, "unknown ");
                assert_string_equal(o->out, "");
        }
}

static void test_debug(void **state) {
        struct world *w = *state;
        const char *lines[] = { "docker -D autoheal status", "docker -l debug autoheal status", "DEBUG=1 docker autoheal status" };
        for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
                world_do(w, "%s", lines[i]);
                check_contains(w->last.err, "DEBUG: ");
        }
        world_do(w, "docker autoheal status");
        check_lacks(w->last.err, "DEBUG: ");
}

static void test_a_context_of_that_name(void **state) {
        struct world *w = *state;
        world_do(w, "docker run -d --name web " MONITORED "autoheal-demo " OBEDIENT);
        world_do(w, "docker context create autoheal --docker \"host=$DOCKER_HOST\"");
        world_env(w, "DOCKER_HOST");
        world_do(w, "docker -c autoheal autoheal ps -q");
        assert_string_equal(w->last.out, "web\n");
        world_do(w, "docker --context autoheal autoheal explain web");
        world_do(w, "docker -c other -c autoheal autoheal ps -q");
        assert_string_equal(w->last.out, "web\n");
}

/* ---- Hints below docker's own commands ---- */

static void show_ps_on_terminal(struct world *w, const char *hint) {
        const char *argv[] = { "/bin/sh", "-c", "docker ps", NULL };
        struct terminal t;
        terminal_start(&t, w->dir, &(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)w->env },
                       TERMINAL_ALL);
        terminal_await(&t, "What's next:");
        terminal_await(&t, hint);
        assert_int_equal(terminal_end(&t), 0);
}

/* An older docker knows no hooks: there it is called as docker would. */
static void test_hints(void **state) {
        struct world *w = *state;
        AUTO_FREE char *config = path_join(w->dir, "docker");
        const char *hint = "1 container is quarantined: docker autoheal ps";
        world_do(w, "docker run -d --name web " MONITORED "autoheal-demo " OBEDIENT);
        world_do(w, "docker autoheal quarantine web");
        file_put(config, "config.json", "{\"plugins\": {\"autoheal\": {\"hooks\": \"ps\"}}, \"features\": {\"hooks\": \"true\"}}");
        if (world_docker_version(w) == 28)
                show_ps_on_terminal(w, hint);
        world_do(w, AS_28 "docker autoheal docker-cli-plugin-hooks '{\"RootCmd\":\"ps\"}'");
        check_contains(w->last.out, hint);
        world_do(w, "docker ps");
        check_lacks(w->last.err, "quarantined");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                world_test(test_flags),
                world_test(test_arguments),
                world_test(test_help),
                world_test(test_global_flags),
                world_test(test_broken_client_configuration),
                world_test(test_differences),
                world_test(test_docker_lists_it),
                world_test(test_version_flags),
                world_test(test_global_flags_behind_the_name),
                world_test(test_debug),
                world_test(test_a_context_of_that_name),
                world_test(test_hints),
        };
        return cmocka_run_group_tests(tests, engine_group_setup, engine_group_teardown);
}
