/* SPDX-License-Identifier: MIT */
/*
 * What a person sees: each command on a terminal of 80 and of 200 columns and in a pipe, compared with the files in tests/golden/.
 * tests/golden/README.md tells how they are made anew, and what is replaced in them.
 */
#include "support/screen.h"

#include "autoheal/os/clock.h"
#include "autoheal/util/buf.h"
#include "autoheal/util/timefmt.h"

#define GOLDEN_DIR "tests/golden"
#define SHOWN_DIR  "/tmp/autoheal-test-XXXXXX" /* as long as the real one, so that lines break where they did */
#define TEXT_MAX   ((size_t)1024 * 1024)

static const struct {
        const char *name, *command;
} commands[] = {
        { .name = "help", .command = "--help" },
        { .name = "ps-help", .command = "ps --help" },
        { .name = "ps", .command = "ps" },
        { .name = "ps-all", .command = "ps --all" },
        { .name = "ps-filter", .command = "ps --filter verdict=failing --filter project=shop" },
        { .name = "ps-json", .command = "ps --format json --filter name=api" },
        { .name = "dry-run", .command = "run --dry-run" },
        { .name = "status", .command = "status" },
        { .name = "explain", .command = "explain shop-worker-1" },
        { .name = "events", .command = "events" },
        { .name = "config", .command = "config show restart.backoff monitor" },
        { .name = "doctor", .command = "doctor" },
        { .name = "maintenance", .command = "maintenance status" },
        { .name = "check", .command = "check" },
        { .name = "flag-error", .command = "ps --nope" },
        { .name = "command-error", .command = "pss" },
        { .name = "argument-error", .command = "explain" },
        { .name = "filter-error", .command = "ps --filter verdict=sick" },
        { .name = "name-error", .command = "explain shop" },
};

/* ---- A world whose words do not depend on when it is looked at ---- */

#define WORLD                                                                                                                      \
        "container shop-web-1 health=healthy label=autoheal=true label=com.docker.compose.project=shop\n"                          \
        "container shop-api-1 health=unhealthy probe-exit=7 streak=4 label=autoheal=true label=com.docker.compose.project=shop "   \
        "\"probe=curl: (7) Failed to connect to localhost port 8080\"\n"                                                           \
        "container shop-worker-1 health=unhealthy label=autoheal=true label=autoheal.cooldown=20000 "                              \
        "label=com.docker.compose.project=shop\n"                                                                                  \
        "container shop-migrate-1 exit=0 finished=-7200 label=autoheal=true\n"                                                     \
        "container billing health=unhealthy label=autoheal=true\n"                                                                 \
        "container importer exit=3 finished=-3600 label=autoheal=true\n"                                                           \
        "container search health=starting label=autoheal=true\n"                                                                   \
        "container backup state=paused label=autoheal=true\n"                                                                      \
        "container database health=healthy\n"                                                                                      \
        "container cache label=autoheal=false\n"

/* Between the full units in which it is told, so that some seconds more or less do not show. */
#define PASS_AGE_S 7230

static const char *ago(int64_t seconds, char ret[static TIME_ISO_SIZE]) {
        time_format_iso(clock_read().wall_us - seconds * US_PER_S, ret);
        return ret;
}

static void put_events(struct scene *s) {
        static const struct {
                int64_t age_s;
                const char *name, *type, *status, *message;
                int restarts;
        } events[] = {
                { 26 * 3600, "billing", "restart", "success", "restarted in 3.1 s: last probe exited with 1: timeout", 1 },
                { 25 * 3600, "billing", "restart", "failure", "restart refused by the engine: no space left on device", 2 },
                { 24 * 3600, "billing", "quarantine", "quarantined",
                  "quarantined: 3 restarts within 10m did not help; release with: docker autoheal unquarantine billing", 3 },
                { PASS_AGE_S, "shop-worker-1", "restart", "success", "restarted in 10.2 s: last probe exited with 1", 1 },
                { 1830, "shop-web-1", "recovered", "success", "recovered after 2m10s and 1 restart", 1 },
        };
        struct buf text AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        char iso[TIME_ISO_SIZE];
        for (size_t i = 0; i < N_ELEMENTS(events); i++)
                buf_addf(&text,
                         "%s{\"timestamp\":\"%s\",\"container_id\":\"\",\"container_name\":\"%s (%s)\",\"event_type\":\"%s\","
                         "\"restart_count\":%d,\"status\":\"%s\",\"message\":\"%s\"}",
                         i ? ",\n" : "[\n", ago(events[i].age_s, iso), events[i].name, events[i].name, events[i].type,
                         events[i].restarts, events[i].status, events[i].message);
        buf_add_str(&text, "\n]\n");
        data_put(s, "events.json", buf_str(&text));
}

static void put_data(struct scene *s) {
        char iso[TIME_ISO_SIZE];
        struct buf text AUTO(buf_release) = BUF_INIT(TEXT_MAX);
        put_events(s);
        data_put(s, "quarantine.json", "[\"billing\"]\n");
        data_put(s, "config.json", "{\"restart\": {\"max_restarts\": 5}, \"monitor\": {\"interval_seconds\": 60}}\n");
        buf_addf(&text, "{\"shop-api-1\": [\"%s\"]}\n", ago(400, iso));
        data_put(s, "restart_counts.json", buf_str(&text));
        buf_clear(&text);
        buf_addf(&text, "{\"shop-worker-1\": {\"last_restart\": \"%s\"}}\n", ago(PASS_AGE_S, iso));
        data_put(s, "containers.json", buf_str(&text));
        buf_clear(&text);
        buf_addf(&text,
                 "{\"engine\":{\"endpoint\":\"%s\",\"id\":\"FAKE:ENGI:NE01\",\"api_version\":\"1.41\"},\"last_pass\":{\"time\":\"%"
                 "s\","
                 "\"monitored\":8,\"ok\":1,\"failing\":4,\"restarted\":1,\"held\":1,\"quarantined\":1,\"released\":0,\"failed\":0,"
                 "\"duration_ms\":3100}}",
                 fake_host(s->fake), ago(PASS_AGE_S, iso));
        data_put(s, "pass.json", buf_str(&text));
        buf_clear(&text);
        buf_addf(&text,
                 "{\"enabled\": false, \"start_time\": null, \"scopes\": [{\"kind\": \"project\", \"value\": \"crm\", "
                 "\"start_time\": \"%s\", \"reason\": \"disk swap\"}]}\n",
                 ago(PASS_AGE_S, iso));
        data_put(s, "maintenance.json", buf_str(&text));
}

/* A copy of the binary at a path of known length. */
static void copy_binary(struct scene *s) {
        AUTO_FREE char *path = path_join(s->dir, "docker-autoheal");
        const char *argv[] = { "/bin/cp", getenv("AUTOHEAL_BIN"), path, NULL };
        struct output o;
        run_program(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, &o);
        check_exit(&o, 0);
        output_release(&o);
        setenv("AUTOHEAL_BIN", path, 1);
}

static char *original_binary;

static int setup(void **state) {
        unsetenv("TMPDIR");
        original_binary = xstrdup(getenv("AUTOHEAL_BIN"));
        if (scene_setup(state) != 0)
                return -1;
        struct scene *s = *state;
        copy_binary(s);
        scene_world(s, WORLD);
        put_data(s);
        return 0;
}

static int teardown(void **state) {
        setenv("AUTOHEAL_BIN", original_binary, 1);
        free(original_binary);
        return scene_teardown(state);
}

/* ---- What is replaced ---- */

/* How much of text the pattern takes, in which # is a digit; a terminal may have broken the line anywhere within it. 0: it does not fit. */
static size_t match(const char *text, const char *pattern) {
        size_t n = 0;
        for (const char *p = pattern; *p; n++) {
                bool same = *p == '#' ? text[n] >= '0' && text[n] <= '9' : text[n] == *p;
                if (!same && (p == pattern || text[n] != '\n'))
                        return 0;
                p += same;
        }
        return n;
}

/* By something equally long, so that lines and columns stay as they are. */
static void replace_all(char *text, const char *pattern, const char *by) {
        assert_int_equal(strlen(pattern), strlen(by));
        for (char *p = text; *p; p++) {
                size_t n = match(p, pattern);
                const char *next = by;
                for (size_t i = 0; i < n; i++)
                        if (p[i] != '\n')
                                p[i] = *next++;
        }
}

static char *normalized(const struct scene *s, char *text) {
        replace_all(text, s->dir, SHOWN_DIR);
        replace_all(text, "####-##-##T##:##:##.######+00:00", "YYYY-MM-DDThh:mm:ss.uuuuuu+00:00");
        replace_all(text, "####-##-##T##:##:##+00:00", "YYYY-MM-DDThh:mm:ss+00:00");
        return text;
}

static void compare(const char *name, const char *where, const char *seen) {
        char file[128];
        snprintf(file, sizeof(file), "%s.%s", name, where);
        if (getenv("GOLDEN_UPDATE")) {
                file_put(GOLDEN_DIR, file, seen);
                return;
        }
        AUTO_FREE char *expected = file_get(GOLDEN_DIR, file);
        if (!expected)
                fail_msg("there is no " GOLDEN_DIR "/%s: `make golden` makes it", file);
        if (!str_eq(expected, seen))
                fail_msg(GOLDEN_DIR
                         "/%s is not what is seen. If that is as it should be: `make golden`\n--- expected\n%s--- seen\n%s",
                         file, expected, seen);
}

/* ---- The three places ---- */

static void check_terminal(struct scene *s, unsigned columns) {
        struct screen sc;
        char where[16];
        snprintf(where, sizeof(where), "%u", columns);
        screen_open(&sc, s, columns, 120);
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                struct buf line AUTO(buf_release) = BUF_INIT(1024);
                int status;
                buf_addf(&line, "$AUTOHEAL %s", commands[i].command);
                AUTO_FREE char *seen = normalized(s, screen_run(&sc, buf_str(&line), &status));
                check_lacks(seen, "\033");
                struct buf all AUTO(buf_release) = BUF_INIT(TEXT_MAX);
                buf_addf(&all, "%s[exit status %d]\n", seen, status);
                compare(commands[i].name, where, buf_str(&all));
        }
        screen_close(&sc);
}

static void test_80_columns(void **state) {
        check_terminal(*state, 80);
}

static void test_200_columns(void **state) {
        check_terminal(*state, 200);
}

/* There is no colour, so there is none to leave out. */
static void test_no_color_changes_nothing(void **state) {
        struct scene *s = *state;
        if (getenv("GOLDEN_UPDATE"))
                return;
        scene_env(s, "NO_COLOR=1");
        check_terminal(s, 80);
}

static void test_in_a_pipe(void **state) {
        struct scene *s = *state;
        for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
                struct buf all AUTO(buf_release) = BUF_INIT(TEXT_MAX);
                const struct output *o = scene_run(s, "%s", commands[i].command);
                check_printable(o);
                buf_addf(&all, "%s[standard error]\n%s[exit status %d]\n", o->out, o->err, o->exit_code);
                AUTO_FREE char *seen = normalized(s, xstrdup(buf_str(&all)));
                compare(commands[i].name, "pipe", seen);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_80_columns, setup, teardown),
                cmocka_unit_test_setup_teardown(test_200_columns, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_color_changes_nothing, setup, teardown),
                cmocka_unit_test_setup_teardown(test_in_a_pipe, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
