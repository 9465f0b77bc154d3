/* SPDX-License-Identifier: MIT */
/* Help: the same whatever way it is asked for, in docker's layout to the letter, as wide as the terminal. */
#include "support/scene.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *help(struct scene *s, const char *arguments) {
        const struct output *o = scene_run(s, "%s", arguments);
        check_exit(o, 0);
        assert_string_equal(o->err, "");
        return o->out;
}

static void check_begins(const char *text, const char *begin) {
        if (strncmp(text, begin, strlen(begin)) != 0)
                fail_msg("'%s' does not begin with '%s'", text, begin);
}

/* ---- Ways to ask ---- */

static void test_ways_to_ask(void **state) {
        struct scene *s = *state;
        const struct {
                const char *usage;
                const char *forms[8];
        } rows[] = {
                { "Usage:  docker autoheal [OPTIONS] [COMMAND]\n",
                  { "help autoheal", "--help autoheal", "autoheal --help", "autoheal help", "-c x help autoheal",
                    "autoheal nope --help", "autoheal --help nope", "autoheal --dry-run --help" } },
                { "Usage:  docker autoheal ps [OPTIONS]\n",
                  { "help autoheal ps", "autoheal ps --help", "autoheal help ps", "--help autoheal ps", "autoheal --help ps",
                    "autoheal ps x --help", "autoheal -a ps --help" } },
                { "Usage:  docker autoheal config set [OPTIONS] KEY VALUE\n",
                  { "help autoheal config set", "autoheal config set --help", "autoheal config --help set",
                    "autoheal help config set", "autoheal --help config set a" } },
                { "Usage:  docker-autoheal [OPTIONS] [COMMAND]\n", { "help", "--help", "-D --help", "-c x --help" } },
                { "Usage:  docker-autoheal events [OPTIONS] [COMMAND]\n", { "help events", "events --help", "-D events --help" } },
        };
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                AUTO_FREE char *first = xstrdup(help(s, rows[i].forms[0]));
                check_begins(first, rows[i].usage);
                for (size_t k = 1; k < N_ELEMENTS(rows[i].forms) && rows[i].forms[k]; k++)
                        assert_string_equal(help(s, rows[i].forms[k]), first);
        }
        assert_int_equal(fake_count(s->fake, ""), 0);
        assert_false(file_there(s->dir, "data"));
}

static void test_short_form_is_deprecated(void **state) {
        struct scene *s = *state;
        const char *note = "Flag shorthand -h has been deprecated, use --help\n";
        const char *forms[] = { "autoheal ps -h", "-h autoheal ps", "autoheal -ah ps", "autoheal ps -qh" };
        for (size_t i = 0; i < N_ELEMENTS(forms); i++) {
                const char *text = help(s, forms[i]);
                check_begins(text, note);
                check_begins(text + strlen(note), "Usage:  docker autoheal ps [OPTIONS]\n");
        }
}

static void test_flags_are_checked_first(void **state) {
        struct scene *s = *state;
        const char *forms[] = { "autoheal ps --help --nope", "autoheal ps --nope --help", "autoheal --help --nope" };
        for (size_t i = 0; i < N_ELEMENTS(forms); i++) {
                const struct output *o = scene_run(s, "%s", forms[i]);
                check_exit(o, 125);
                assert_string_equal(o->out, "");
                check_begins(o->err, "unknown flag: --nope\n");
        }
        check_exit(scene_run(s, "autoheal version --help=false"), 0);
        check_contains(s->last.out, "version 0.");
}

static void test_unknown_topics(void **state) {
        struct scene *s = *state;
        const struct {
                const char *line, *says;
        } rows[] = { { "help autoheal nope", "unknown help topic: nope\n" },
                     { "autoheal help nope", "unknown help topic: nope\n" },
                     { "help autoheal config nope", "unknown help topic: nope\n" },
                     { "help autoheal ps more words", "unknown help topic: more words\n" },
                     { "help nope", "unknown help topic: nope\n" },
                     { "help autoheal \x1b[31m", "unknown help topic: \\x1b[31m\n" } };
        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                const struct output *o = scene_run(s, "%s", rows[i].line);
                check_exit(o, 1);
                assert_string_equal(o->err, rows[i].says);
                assert_string_equal(o->out, "");
        }
}

static void test_a_group_without_a_command(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *asked = xstrdup(help(s, "autoheal maintenance --help"));
        const struct output *o = scene_run(s, "autoheal maintenance");
        check_exit(o, 0);
        assert_string_equal(o->out, "");
        assert_string_equal(o->err, asked);
        assert_string_equal(asked, "Usage:  docker autoheal maintenance COMMAND\n\n"
                                   "Suspend restarts for a while, of all containers or of some\n\n"
                                   "Commands:\n"
                                   "  off         End maintenance\n"
                                   "  on          Begin maintenance, or move start and end of what is on\n"
                                   "  status      Show what is under maintenance, and until when\n\n"
                                   "Run 'docker autoheal maintenance COMMAND --help' for more information on a command.\n");
}

/* ---- Layout ---- */

static void test_every_listed_command_has_help(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *all = xstrdup(help(s, "autoheal --help"));
        const char *sections[] = { "\nManagement Commands:\n", "\nCommands:\n" };
        size_t n = 0;
        for (size_t i = 0; i < N_ELEMENTS(sections); i++) {
                const char *line = strstr(all, sections[i]);
                assert_non_null(line);
                for (line += strlen(sections[i]); strncmp(line, "  ", 2) == 0; line = strchr(line, '\n') + 1, n++) {
                        char name[32], usage[64];
                        snprintf(name, sizeof(name), "%.*s", (int)strcspn(line + 2, " "), line + 2);
                        snprintf(usage, sizeof(usage), "Usage:  docker autoheal %s ", name);
                        AUTO_FREE char *by_flag = NULL;
                        scene_run(s, "autoheal %s --help", name);
                        by_flag = xstrdup(s->last.out);
                        check_begins(by_flag, usage);
                        scene_run(s, "help autoheal %s", name);
                        assert_string_equal(s->last.out, by_flag);
                }
        }
        assert_true(n >= 15);
}

static void test_layout_of_a_command(void **state) {
        struct scene *s = *state;
        assert_string_equal(help(s, "autoheal maintenance on --help"),
                            "Usage:  docker autoheal maintenance on [OPTIONS] [SCOPE...]\n"
                            "\n"
                            "Begin maintenance, or move start and end of what is on\n"
                            "\n"
                            "A scope is a container, project:NAME (of Compose) or label:KEY[=VALUE]; without one it is about\n"
                            "all containers. It goes on until it is ended, unless --for or --until says until when.\n"
                            "\n"
                            "Options:\n"
                            "      --data-dir string   Data directory\n"
                            "      --for duration      End maintenance by itself after this time (2h, 90m)\n"
                            "      --reason string     Why, to be shown with it\n"
                            "      --until string      End maintenance by itself at this time\n"
                            "                          (2026-01-31T12:00:00Z; UTC without an offset)\n"
                            "  -v, --verbose           Print warnings off a terminal too\n");
}

static void test_layout_of_the_program(void **state) {
        struct scene *s = *state;
        const char *text = help(s, "autoheal --help");
        check_contains(
                text, "\n\nOptions:\n      --data-dir string       Data directory\n      --dry-run               Decide and print");
        check_contains(text, "\n      --wait duration[=2m]    Wait until what was restarted is well, fail\n"
                             "                              if it is not by then\n");
        check_contains(text, "\n\nManagement Commands:\n  config       Show and change the configuration\n  events       ");
        check_contains(text, "\n\nCommands:\n  check        Exit with 0");
        check_contains(text, "\n  unquarantine Release containers");
        check_contains(text, "\n\nRun 'docker autoheal COMMAND --help' for more information on a command.\n");
        check_lacks(text, "Global Options");
        check_lacks(text, "  help");
        check_contains(help(s, "autoheal events --help"),
                       "\n  -n, --limit int          Show the last n events (0: all) (default 100)\n");
        text = help(s, "--help");
        check_contains(
                text,
                "\n\nGlobal Options:\n      --config string      Location of client config files\n  -c, --context string     ");
        check_contains(text, "\n\nRun 'docker-autoheal COMMAND --help' for more information on a command.\n");
}

static void test_help_of_a_flag_is_the_commands_own(void **state) {
        struct scene *s = *state;
        const char *text = help(s, "autoheal unquarantine --help");
        check_contains(text, "Usage:  docker autoheal unquarantine [OPTIONS] CONTAINER... | --all\n");
        check_contains(text, "Release every quarantine\n");
        check_contains(text, "Print warnings off a terminal too\n");
        check_lacks(text, "not only those that are monitored");
        text = help(s, "autoheal ps --help");
        check_contains(text, "All containers, not only those that are monitored\n");
        check_lacks(text, "Release");
}

/* ---- Width ---- */

/* Standard input is a terminal of that width, standard output a file. */
static char *help_on_terminal(struct scene *s, unsigned short columns) {
        char line[1024];
        int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
        int ours = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_int_equal(ioctl(ours, TIOCSWINSZ, &(struct winsize){ .ws_row = 24, .ws_col = columns }), 0);
        snprintf(line, sizeof(line), "'%s' autoheal ps --help <'%s' >'%s/help'", getenv("AUTOHEAL_BIN"), ptsname(terminal), s->dir);
        const char *argv[] = { "/bin/sh", "-c", line, NULL };
        struct output o;
        run_program(&(struct run_ask){ .argv = argv, .env = (const char *const *)(const void *)s->env }, &o);
        check_exit(&o, 0);
        output_release(&o);
        close(ours);
        close(terminal);
        return file_get(s->dir, "help");
}

/* But for the one with a word that is longer than it should be. */
static size_t longest_line_of_options(const char *text) {
        size_t longest = 0;
        const char *line = strstr(text, "\nOptions:\n");
        assert_non_null(line);
        for (line += strlen("\nOptions:\n"); *line; line = strchr(line, '\n') + 1)
                if (strcspn(line, "\n") > longest && !memmem(line, strcspn(line, "\n"), "https:", strlen("https:")))
                        longest = strcspn(line, "\n");
        return longest;
}

static void test_as_wide_as_the_terminal(void **state) {
        struct scene *s = *state;
        AUTO_FREE char *wide = help_on_terminal(s, 200), *narrow = help_on_terminal(s, 60), *tiny = help_on_terminal(s, 20),
                       *unknown = help_on_terminal(s, 0);
        check_contains(wide, "\n  -f, --filter filter     Show containers that fit only (e.g. \"verdict=failing\")\n");
        check_contains(narrow, "\n  -f, --filter filter     Show containers that fit\n"
                               "                          only (e.g. \"verdict=failing\")\n");
        assert_true(longest_line_of_options(narrow) < 60);
        check_contains(tiny, "Show containers that fit only (e.g. \"verdict=failing\")\n");
        check_contains(unknown, "Show containers that fit only");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                scene_test(test_ways_to_ask),
                scene_test(test_short_form_is_deprecated),
                scene_test(test_flags_are_checked_first),
                scene_test(test_unknown_topics),
                scene_test(test_a_group_without_a_command),
                scene_test(test_every_listed_command_has_help),
                scene_test(test_layout_of_a_command),
                scene_test(test_layout_of_the_program),
                scene_test(test_help_of_a_flag_is_the_commands_own),
                scene_test(test_as_wide_as_the_terminal),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
