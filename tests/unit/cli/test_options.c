/* SPDX-License-Identifier: MIT */
/* The command line as pflag reads it, and the tables behind it: each form of a flag, docker's words, sorted names. */
#include "support/check.h"

#include "cli/cli_internal.h"

#define WORDS_MAX 24

/* A command line split at blanks ('' is an empty word), parsed. */
struct parsed {
        struct cli cli;
        struct error err;
        int result, argc;
        char *argv[WORDS_MAX];
        char text[512];
};

static void split(struct parsed *p, const char *line) {
        char *rest;
        snprintf(p->text, sizeof(p->text), "%s", line);
        for (char *word = strtok_r(p->text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
                assert_true(p->argc < WORDS_MAX);
                if (str_eq(word, "''"))
                        word[0] = '\0';
                p->argv[p->argc++] = word;
        }
}

static void parse_as(struct parsed *p, bool standalone, const char *line) {
        *p = (struct parsed){ .cli = { .program = standalone ? "docker-autoheal" : "docker autoheal",
                                       .standalone = standalone,
                                       .options = OPTIONS_INIT } };
        split(p, line);
        p->result = options_parse(&p->cli, p->argc, p->argv, &p->err);
}

static void release(struct parsed *p) {
        free(p->cli.options.args);
}

#define PARSE(p, line)                                                                                                             \
        struct parsed p AUTO(release);                                                                                             \
        parse_as(&(p), false, line);                                                                                               \
        assert_int_equal((p).result, 0)

static void check_error(const char *line, enum err_code code, const char *command, const char *text) {
        struct parsed p AUTO(release);
        parse_as(&p, false, line);
        assert_int_equal(p.result, -1);
        assert_string_equal(p.err.msg, text);
        assert_int_equal(p.err.code, code);
        assert_string_equal(p.cli.command->name, command);
}

/* ---- The tables ---- */

static void test_tables_are_sorted(void **state) {
        (void)state;
        for (size_t i = 1; i < n_commands; i++)
                assert_true(strcmp(commands[i - 1].name, commands[i].name) < 0);
        for (size_t i = 1; i < n_flags; i++)
                assert_true(strcmp(flags[i - 1].name, flags[i].name) <= 0);
}

static void test_no_command_has_a_name_or_letter_twice(void **state) {
        (void)state;
        for (size_t c = 0; c < n_commands; c++)
                for (size_t i = 0; i < n_flags; i++)
                        for (size_t k = i + 1; k < n_flags; k++) {
                                uint64_t bits = commands[c].flags | FLAG_HELP;
                                if (!(flags[i].bit & bits) || !(flags[k].bit & bits))
                                        continue;
                                assert_string_not_equal(flags[i].name, flags[k].name);
                                if (flags[i].shorthand)
                                        assert_int_not_equal(flags[i].shorthand, flags[k].shorthand);
                        }
}

static void test_commands_can_run_or_have_commands(void **state) {
        (void)state;
        for (size_t i = 0; i < n_commands; i++) {
                assert_true(commands[i].run || command_is_group(&commands[i]));
                assert_true(commands[i].min_args <= commands[i].max_args);
                assert_int_equal(commands[i].args != NULL, commands[i].max_args > 0);
                assert_non_null(commands[i].brief);
        }
        for (size_t i = 0; i < n_flags; i++)
                assert_non_null(flags[i].help);
}

/* ---- Forms ---- */

static void test_forms_of_a_value(void **state) {
        (void)state;
        const char *forms[] = { "events --limit 7", "events --limit=7", "events -n 7",      "events -n7",  "events -n=7",
                                "-n 7 events",      "--limit=7 events", "events -n 3 -n 7", "events -fn7", "events -f -n=0x7" };
        for (size_t i = 0; i < N_ELEMENTS(forms); i++) {
                PARSE(p, forms[i]);
                assert_string_equal(p.cli.command->name, "events");
                assert_int_equal(p.cli.options.limit, 7);
                assert_int_equal(p.cli.options.n_args, 0);
        }
}

static void test_forms_of_a_bool(void **state) {
        (void)state;
        const char *on[] = { "ps --all",   "ps -a",         "ps --all=true", "ps --all=1",   "ps --all=t",
                             "ps --all=T", "ps --all=TRUE", "ps --all=True", "ps -a=true",   "ps -qa",
                             "ps -aq",     "-a ps",         "ps -qa=true",   "ps --all=0 -a" };
        const char *off[] = { "ps",         "ps --all=false",      "ps --all=0",     "ps --all=f",
                              "ps --all=F", "ps --all=FALSE",      "ps --all=False", "ps -a=0",
                              "ps -a -a=0", "ps --all --all=false" };
        for (size_t i = 0; i < N_ELEMENTS(on); i++) {
                PARSE(p, on[i]);
                assert_true(p.cli.options.all);
        }
        for (size_t i = 0; i < N_ELEMENTS(off); i++) {
                PARSE(p, off[i]);
                assert_false(p.cli.options.all);
        }
}

static void test_a_bool_takes_no_word(void **state) {
        (void)state;
        PARSE(p, "explain --no-trunc false");
        assert_true(p.cli.options.no_trunc);
        assert_string_equal(p.cli.options.args[0], "false");
}

static void test_a_duration_that_may_be_left_out(void **state) {
        (void)state;
        PARSE(bare, "run --wait");
        assert_int_equal(bare.cli.options.wait_s, 120);
        PARSE(given, "run --wait=30s");
        assert_int_equal(given.cli.options.wait_s, 30);
        check_error("run --wait=soon", ERR_USAGE, "run",
                    "invalid argument \"soon\" for \"--wait\" flag: time: invalid duration \"soon\"");
        check_error("run --wait=", ERR_USAGE, "run", "invalid argument \"\" for \"--wait\" flag: time: invalid duration \"\"");
}

static void test_lists_add_up(void **state) {
        (void)state;
        PARSE(p, "ps -f verdict=ok --filter=state=running -f '' --filter label=a=b");
        assert_int_equal(p.cli.options.filters.n, 4);
        assert_string_equal(p.cli.options.filters.items[0], "verdict=ok");
        assert_string_equal(p.cli.options.filters.items[3], "label=a=b");
        check_error("ps --filter nope", ERR_USAGE, "ps",
                    "invalid argument \"nope\" for \"-f, --filter\" flag: bad format of filter (expected name=value)");
}

static void test_the_last_one_wins(void **state) {
        (void)state;
        PARSE(p, "ps --format json --data-dir /a --format=table --data-dir /b");
        assert_string_equal(p.cli.options.format, "table");
        assert_string_equal(p.cli.options.data_dir, "/b");
}

static void test_words_and_flags_mix(void **state) {
        (void)state;
        PARSE(p, "quarantine a -v b -- -c --data-dir --");
        assert_true(p.cli.options.verbose);
        assert_null(p.cli.options.data_dir);
        assert_int_equal(p.cli.options.n_args, 5);
        assert_string_equal(p.cli.options.args[0], "a");
        assert_string_equal(p.cli.options.args[2], "-c");
        assert_string_equal(p.cli.options.args[4], "--");
        PARSE(dash, "config import -");
        assert_string_equal(dash.cli.options.args[0], "-");
}

static void test_a_value_may_look_like_anything(void **state) {
        (void)state;
        PARSE(p, "ps --format --all --data-dir -- --filter=a=b=c");
        assert_string_equal(p.cli.options.format, "--all");
        assert_string_equal(p.cli.options.data_dir, "--");
        assert_false(p.cli.options.all);
        assert_string_equal(p.cli.options.filters.items[0], "a=b=c");
        PARSE(empty, "ps --format=");
        assert_string_equal(empty.cli.options.format, "");
}

/* ---- Which command ---- */

static void check_command(const char *line, const char *name, size_t n_args) {
        struct parsed p AUTO(release);
        parse_as(&p, false, line);
        assert_int_equal(p.result, 0);
        assert_string_equal(p.cli.command->name, name);
        assert_int_equal(p.cli.options.n_args, n_args);
}

static void test_which_command(void **state) {
        (void)state;
        check_command("", "", 0);
        check_command("--dry-run", "", 0);
        check_command("run", "run", 0);
        check_command("--format json ps", "ps", 0);
        check_command("--format ps ps", "ps", 0);
        check_command("--data-dir run ps", "ps", 0);
        check_command("-f verdict=ok ps", "ps", 0);
        check_command("-f events", "events", 0);
        check_command("config", "config", 0);
        check_command("config get restart.mode", "config get", 1);
        check_command("config --data-dir d set set get", "config set", 2);
        check_command("--data-dir d config --data-dir e get k", "config get", 1);
        check_command("explain ps", "explain", 1);
        check_command("monitor monitor ignore", "monitor", 2);
        check_command("maintenance", "maintenance", 0);
        check_command("maintenance --for 2h on web", "maintenance on", 1);
        check_command("nope ps", "", 2);
        check_command("config nope", "config", 1);
        check_command("-- ps", "", 1);
        check_command("config -- get", "config", 1);
        check_command("help config get", "help", 2);
        check_command("ps --help=false", "ps", 0);
}

/* A flag counts as given even with the value that it has anyway, and the frame is that of the command that was meant. */
static void test_flags_before_the_command_are_its_own(void **state) {
        (void)state;
        check_error("--limit 100 ps", ERR_USAGE, "", "unknown flag: --limit");
        check_error("--quiet=false status", ERR_USAGE, "status", "unknown flag: --quiet");
        check_error("--dry-run=false ps", ERR_USAGE, "ps", "unknown flag: --dry-run");
        check_error("--nope ps", ERR_USAGE, "", "unknown flag: --nope");
        check_error("events --since 1h clear", ERR_USAGE, "events clear", "unknown flag: --since");
        check_error("events clear --limit 100", ERR_USAGE, "events clear", "unknown flag: --limit");
        check_error("maintenance --for 2h", ERR_USAGE, "maintenance", "unknown flag: --for");
}

/* ---- Words for what is wrong ---- */

static void test_words_of_errors(void **state) {
        (void)state;
        const struct {
                const char *line, *command, *text;
        } rows[] = {
                { "--nope", "", "unknown flag: --nope" },
                { "ps --nope=x", "ps", "unknown flag: --nope" },
                { "ps --al", "ps", "unknown flag: --al" },
                { "ps -x", "ps", "unknown shorthand flag: 'x' in -x" },
                { "ps -aqx", "ps", "unknown shorthand flag: 'x' in -x" },
                { "ps -axq", "ps", "unknown shorthand flag: 'x' in -xq" },
                { "ps -a=", "ps", "unknown shorthand flag: '=' in -=" },
                { "ps ---all", "ps", "bad flag syntax: ---all" },
                { "ps --=x", "ps", "bad flag syntax: --=x" },
                { "ps --format", "ps", "flag needs an argument: --format" },
                { "events -n", "events", "flag needs an argument: 'n' in -n" },
                { "events -fn", "events", "flag needs an argument: 'n' in -n" },
                { "ps --all=maybe", "ps",
                  "invalid argument \"maybe\" for \"-a, --all\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax" },
                { "ps --all=", "ps",
                  "invalid argument \"\" for \"-a, --all\" flag: strconv.ParseBool: parsing \"\": invalid syntax" },
                { "ps --all=tRUE", "ps",
                  "invalid argument \"tRUE\" for \"-a, --all\" flag: strconv.ParseBool: parsing \"tRUE\": invalid syntax" },
                { "run --dry-run=x", "run",
                  "invalid argument \"x\" for \"--dry-run\" flag: strconv.ParseBool: parsing \"x\": invalid syntax" },
                { "ps --help=maybe", "ps",
                  "invalid argument \"maybe\" for \"--help\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax" },
                { "events -n abc", "events",
                  "invalid argument \"abc\" for \"-n, --limit\" flag: strconv.ParseInt: parsing \"abc\": invalid syntax" },
                { "events -n=", "events",
                  "invalid argument \"=\" for \"-n, --limit\" flag: strconv.ParseInt: parsing \"=\": invalid syntax" },
                { "events -n 99999999999999999999", "events",
                  "invalid argument \"99999999999999999999\" for \"-n, --limit\" flag: strconv.ParseInt: parsing "
                  "\"99999999999999999999\": value out of range" },
                { "ps --context default", "ps", "unknown flag: --context" },
                { "--context default ps", "", "unknown flag: --context" },
                { "-H x ps", "", "unknown shorthand flag: 'H' in -H" },
                { "--version", "", "unknown flag: --version" },
                { "ps --help --nope", "ps", "unknown flag: --nope" },
                { "ps \xc3\xa9=1 -\xc3\xa9", "ps", "unknown shorthand flag: '\xc3\x83' in -\xc3\xa9" },
        };
        for (size_t i = 0; i < N_ELEMENTS(rows); i++)
                check_error(rows[i].line, ERR_USAGE, rows[i].command, rows[i].text);
}

static void test_hostile_values_are_quoted(void **state) {
        (void)state;
        char value[] = "--all=\x1b[2J\"\xff\xe2\x80\xae";
        char *argv[] = { (char[]){ "ps" }, value };
        struct parsed p AUTO(release) = { .cli = { .program = "docker autoheal", .options = OPTIONS_INIT } };
        assert_int_equal(options_parse(&p.cli, 2, argv, &p.err), -1);
        assert_string_equal(p.err.msg,
                            "invalid argument \"\\x1b[2J\\\"\\xff\\u202e\" for \"-a, --all\" flag: strconv.ParseBool: parsing "
                            "\"\\x1b[2J\\\"\\xff\\u202e\": invalid syntax");
}

static void test_too_many_filters(void **state) {
        (void)state;
        static char ps[] = "ps", flag[] = "-fa=b";
        char *argv[LIST_OPTION_MAX + 2] = { ps };
        for (size_t i = 1; i < N_ELEMENTS(argv); i++)
                argv[i] = flag;
        struct parsed p AUTO(release) = { .cli = { .program = "docker autoheal", .options = OPTIONS_INIT } };
        assert_int_equal(options_parse(&p.cli, N_ELEMENTS(argv), argv, &p.err), -1);
        check_contains(p.err.msg, "too many of them");
}

/* ---- docker's own flags ---- */

static int parse_docker(struct parsed *p, const char *line) {
        *p = (struct parsed){ .cli = { .options = OPTIONS_INIT } };
        split(p, line);
        return options_parse_docker(&p->cli.options, true, p->argc, p->argv, &p->err);
}

static void test_docker_flags_end_at_the_first_word(void **state) {
        (void)state;
        struct parsed p;
        const struct {
                const char *line;
                int at;
        } rows[] = { { "plugin autoheal -c x", 1 },
                     { "plugin -c autoheal autoheal ps", 3 },
                     { "plugin -cX autoheal", 2 },
                     { "plugin --context=X autoheal", 2 },
                     { "plugin -Dlinfo autoheal", 2 },
                     { "plugin -- autoheal", 2 },
                     { "plugin --tlsverify=false autoheal", 2 },
                     { "plugin --tlscacert F --tls autoheal", 4 },
                     { "plugin -D", 2 },
                     { "plugin", 1 },
                     { "plugin --config D -l debug help", 5 },
                     { "plugin --nope autoheal", -1 },
                     { "plugin -c", -1 },
                     { "plugin --tls=maybe autoheal", -1 } };
        for (size_t i = 0; i < N_ELEMENTS(rows); i++)
                assert_int_equal(parse_docker(&p, rows[i].line), rows[i].at);
}

static void test_what_docker_flags_say(void **state) {
        (void)state;
        struct parsed p;
        assert_int_equal(parse_docker(&p, "plugin -c a -c b -H '' --config D -Dlwarn --tls=false --tlsverify --tlsverify=false x"),
                         13);
        const struct options *o = &p.cli.options;
        assert_string_equal(o->docker.context, "b");
        assert_string_equal(o->docker.host, "");
        assert_int_equal(o->n_hosts, 1);
        assert_string_equal(o->docker.config_dir, "D");
        assert_true(o->debug);
        assert_string_equal(o->log_level, "warn");
        assert_false(o->docker.tls);
        assert_true(o->docker.tls_given);
        assert_false(o->docker.tls_verify);
        assert_true(o->docker.tls_verify_given);
        assert_int_equal(parse_docker(&p, "plugin -H a --host=b x"), 4);
        assert_int_equal(p.cli.options.n_hosts, 2);
}

static void test_docker_version_flag(void **state) {
        (void)state;
        struct parsed p;
        assert_int_equal(parse_docker(&p, "plugin -Dv autoheal"), 2);
        assert_true(p.cli.options.version);
        struct options o = OPTIONS_INIT;
        assert_int_equal(options_parse_docker(&o, false, p.argc, p.argv, &p.err), -1);
        assert_string_equal(p.err.msg, "unknown shorthand flag: 'v' in -v");
}

static void test_standalone_takes_docker_flags_in_front(void **state) {
        (void)state;
        struct parsed p AUTO(release), behind AUTO(release), mixed AUTO(release);
        parse_as(&p, true, "-c foo --format json -D ps -v");
        assert_int_equal(p.result, 0);
        assert_string_equal(p.cli.command->name, "ps");
        assert_string_equal(p.cli.options.docker.context, "foo");
        assert_true(p.cli.options.debug && p.cli.options.verbose);
        parse_as(&behind, true, "ps -c foo");
        assert_int_equal(behind.result, -1);
        assert_string_equal(behind.err.msg, "unknown shorthand flag: 'c' in -c");
        parse_as(&mixed, true, "--dry-run -H unix:///x -v");
        assert_int_equal(mixed.result, 0);
        assert_true(mixed.cli.options.verbose && !mixed.cli.options.version);
}

/* ---- An unfinished line ---- */

static void test_unfinished_lines(void **state) {
        (void)state;
        const struct {
                const char *line, *command, *awaits;
                int result;
                bool only_words;
        } rows[] = { { "", "", NULL, 0, false },
                     { "ps --format", "ps", "format", 0, false },
                     { "ps -af", "ps", "filter", 0, false },
                     { "run --wait", "run", NULL, 0, false },
                     { "config set restart.mode", "config set", NULL, 0, false },
                     { "unquarantine --", "unquarantine", NULL, 0, true },
                     { "ps --nope", "ps", NULL, -1, false },
                     { "ps --all=maybe", "ps", NULL, -1, false } };
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                struct parsed p AUTO(release) = { .cli = { .program = "docker autoheal", .options = OPTIONS_INIT } };
                struct unfinished u;
                split(&p, rows[i].line);
                assert_int_equal(options_read_unfinished(&p.cli, p.argc, p.argv, &u), rows[i].result);
                assert_string_equal(p.cli.command->name, rows[i].command);
                assert_int_equal(u.awaits_value != NULL, rows[i].awaits != NULL);
                if (rows[i].awaits)
                        assert_string_equal(u.awaits_value->name, rows[i].awaits);
                assert_int_equal(u.only_words, rows[i].only_words);
                free(u.given);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_tables_are_sorted),
                cmocka_unit_test(test_no_command_has_a_name_or_letter_twice),
                cmocka_unit_test(test_commands_can_run_or_have_commands),
                cmocka_unit_test(test_forms_of_a_value),
                cmocka_unit_test(test_forms_of_a_bool),
                cmocka_unit_test(test_a_bool_takes_no_word),
                cmocka_unit_test(test_a_duration_that_may_be_left_out),
                cmocka_unit_test(test_lists_add_up),
                cmocka_unit_test(test_the_last_one_wins),
                cmocka_unit_test(test_words_and_flags_mix),
                cmocka_unit_test(test_a_value_may_look_like_anything),
                cmocka_unit_test(test_which_command),
                cmocka_unit_test(test_flags_before_the_command_are_its_own),
                cmocka_unit_test(test_words_of_errors),
                cmocka_unit_test(test_hostile_values_are_quoted),
                cmocka_unit_test(test_too_many_filters),
                cmocka_unit_test(test_docker_flags_end_at_the_first_word),
                cmocka_unit_test(test_what_docker_flags_say),
                cmocka_unit_test(test_docker_version_flag),
                cmocka_unit_test(test_standalone_takes_docker_flags_in_front),
                cmocka_unit_test(test_unfinished_lines),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
