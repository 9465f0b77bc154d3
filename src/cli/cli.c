/* SPDX-License-Identifier: MIT */
/* The table of commands, and the forms in which docker calls a plugin. */
#include "cli_internal.h"

#include "autoheal/os/log.h"
#include "metadata_json.h"

#include <malloc.h>

#define READS (FLAG_FORMAT | FLAG_NO_TRUNC)

const struct command commands[] = {
        { "check", "", 0, 0, READS | FLAG_ALLOW_NONE | FLAG_QUIET | FLAG_VERBOSE | FLAG_WAIT_STARTING, cmd_check,
          "Tell whether all monitored containers are well, for CI",
          "Changes nothing. Prints each monitored container that is not well and exits with 1 if there is\n"
          "one: failing, quarantined, still starting, created but not started, restarting in a loop,\n"
          "stopped for an unknown reason, or in a state that cannot be told. Exits with 1 as well if none\n"
          "is monitored, with 0 if all are well, with 78 if the configuration or the data directory cannot\n"
          "be used, and with 125 if there is no answer." },
        { "events", "[clear]", 0, 1,
          FLAG_CONTAINER | FLAG_FORMAT | FLAG_LIMIT | FLAG_NO_TRUNC | FLAG_SINCE | FLAG_TYPE | FLAG_UNTIL | FLAG_YES, cmd_events,
          "Show what was done and why", "'events clear' empties the history." },
        { "explain", "CONTAINER", 1, 1, READS | FLAG_WARNINGS, cmd_explain, "Show every rule for one container, with the numbers",
          NULL },
        { "maintenance", "on|off|status [SCOPE...]", 1, SIZE_MAX,
          READS | FLAG_ALL_SCOPES | FLAG_END | FLAG_FOR | FLAG_REASON | FLAG_WARNINGS, cmd_maintenance,
          "Suspend restarts for a while, of all containers or of some",
          "A scope is a container, project:NAME (of Compose) or label:KEY[=VALUE]; without one it is about\n"
          "all containers. 'on' takes --for, --until and --reason, and moves start and end of what is on\n"
          "already. 'off --all' ends the maintenance of every scope too." },
        { "prune", "", 0, 0, FLAG_WARNINGS | FLAG_YES, cmd_prune, "Forget containers that are gone, their quarantine too",
          "Lists what is remembered of containers that the engine does not have any more, and asks before\n"
          "it is dropped. A container of the same stable id that comes back later starts anew." },
        { "ps", "", 0, 0, READS | FLAG_ALL | FLAG_QUIET | FLAG_WARNINGS, cmd_ps,
          "List containers with verdict, restarts and next action", NULL },
        { "quarantine", "CONTAINER [CONTAINER...]", 1, SIZE_MAX, FLAG_WARNINGS, cmd_quarantine,
          "Leave containers alone until a person releases them", NULL },
        { "run", "", 0, 0, READS | FLAG_DRY_RUN | FLAG_QUIET | FLAG_VERBOSE | FLAG_WAIT | FLAG_WAIT_LOCK, cmd_run,
          "Make one pass (as without a command)",
          "Looks at all containers, restarts those that are unhealthy or crashed, quarantines those that\n"
          "restarting does not help, saves what it did and exits. Off a terminal only what was done or\n"
          "failed is printed. Exits with 1 if something failed, with 75 if another pass is running and\n"
          "with 78 if the configuration or the data directory cannot be used." },
        { "status", "", 0, 0, READS | FLAG_WARNINGS, cmd_status, "Show engine, data directory, counts and last pass", NULL },
        { "unquarantine", "CONTAINER... | --all", 0, SIZE_MAX, FLAG_RELEASE_ALL | FLAG_WARNINGS, cmd_unquarantine,
          "Release containers from quarantine and count their restarts anew", NULL },
        { "version", "", 0, 0, FLAG_FORMAT, cmd_version, "Show the version", NULL },
};
const size_t n_commands = N_ELEMENTS(commands);

const struct command *command_find(const char *name) {
        for (size_t i = 0; i < n_commands; i++)
                if (str_eq(commands[i].name, name))
                        return &commands[i];
        return NULL;
}

static int check_arguments(const struct cli *cli, struct error *err) {
        const struct command *c = cli->command;
        size_t n = cli->options.n_args;
        if (n >= c->min_args && n <= c->max_args)
                return 0;
        if (c->max_args == 0)
                return error_set(err, ERR_ARGUMENTS, "'%s %s' accepts no arguments", cli->program, c->name);
        if (c->max_args == SIZE_MAX)
                return error_set(err, ERR_ARGUMENTS, "'%s %s' requires at least %zu argument%s", cli->program, c->name, c->min_args,
                                 c->min_args == 1 ? "" : "s");
        if (c->min_args == c->max_args)
                return error_set(err, ERR_ARGUMENTS, "'%s %s' requires %zu argument%s", cli->program, c->name, c->min_args,
                                 c->min_args == 1 ? "" : "s");
        return error_set(err, ERR_ARGUMENTS, "'%s %s' accepts at most %zu argument%s", cli->program, c->name, c->max_args,
                         c->max_args == 1 ? "" : "s");
}

static int usage_error(const struct cli *cli, const struct error *err) {
        if (err->code == ERR_USAGE || err->code == ERR_ARGUMENTS)
                return help_usage_error(cli, err);
        log_error("%s", err->msg);
        return err_exit_status(err->code);
}

/* "help", "help ps" and "ps --help". */
static int show_help(const struct cli *cli, const char *topic) {
        const struct command *c = topic ? command_find(topic) : NULL;
        if (topic && !c) {
                (void)fprintf(stderr, "unknown help topic: ");
                print_line(stderr, "%s", topic);
                return 1;
        }
        if (cli->options.short_help)
                (void)fputs("Flag shorthand -h has been deprecated, use --help\n", stderr);
        help_print(cli, c, stdout);
        return 0;
}

static void apply_debug(const struct options *o) {
        const char *debug = getenv("DEBUG");
        log_set_debug(o->debug || (debug && debug[0]) || str_eq(o->log_level, "debug"));
}

static int run_command(struct cli *cli, int argc, char **argv) {
        struct error err = ERROR_INIT;
        bool wants_help = argc > 0 && str_eq(argv[0], "help");
        if (wants_help || cli->options.help)
                return show_help(cli, argc > (int)wants_help ? argv[wants_help] : NULL);
        if (options_parse(cli, argc, argv, &err) < 0)
                return usage_error(cli, &err);
        if (cli->options.help)
                return show_help(cli,
                                 argc > 0 && argv[0][0] == '-' && cli->command == command_find("run") ? NULL : cli->command->name);
        if (check_arguments(cli, &err) < 0)
                return usage_error(cli, &err);
        apply_debug(&cli->options);
        return cli->command->run(cli);
}

static int print_metadata(void) {
        (void)fputs(AUTOHEAL_METADATA_JSON, stdout);
        return 0;
}

/*
 * A pass lives for milliseconds and uses a few MiB again and again: giving them back to the kernel between two steps only
 * to fault them in anew took a third of its CPU time with 1,000 containers.
 */
static void keep_freed_memory(void) {
#ifdef M_MMAP_THRESHOLD
        (void)mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
        (void)mallopt(M_TRIM_THRESHOLD, 256 * 1024 * 1024);
        (void)mallopt(M_TOP_PAD, 1024 * 1024);
#endif
}

/* What nobody could read was not done well. */
static int finish(int status) {
        return output_flushed() || status != 0 ? status : 1;
}

/* "<docker's flags> autoheal ..." and "<docker's flags> help autoheal ..." come from docker; everything else was typed by a person. */
int cli_main(int argc, char **argv) {
        if (argc > 1 && str_eq(argv[1], "docker-cli-plugin-metadata"))
                return finish(print_metadata());
        keep_freed_memory();
        struct cli cli = { .program = "docker autoheal", .options = OPTIONS_INIT };
        int at = options_parse_docker(&cli.options, argc, argv);
        int status;
        if (at > 0 && at < argc && str_eq(argv[at], "autoheal")) {
                if (cli.options.version) {
                        struct error err = ERROR_INIT;
                        (void)error_set(&err, ERR_USAGE, "unknown flag: --version");
                        return usage_error(&cli, &err);
                }
                status = run_command(&cli, argc - at - 1, argv + at + 1);
        } else if (at > 0 && at + 1 < argc && str_eq(argv[at], "help") && str_eq(argv[at + 1], "autoheal")) {
                status = show_help(&cli, at + 2 < argc ? argv[at + 2] : NULL);
        } else {
                cli.options = (struct options)OPTIONS_INIT;
                cli.program = "docker-autoheal";
                cli.standalone = true;
                if (argc == 2 && str_eq(argv[1], "--version"))
                        status = cmd_version(&cli);
                else
                        status = run_command(&cli, argc - 1, argv + 1);
        }
        free(cli.options.args);
        return finish(status);
}
