/* SPDX-License-Identifier: MIT */
/* The plugin's argv forms: how docker calls it, and how a person does. */
#include "autoheal/cli/cli.h"

#include "cli_internal.h"

#include "autoheal/os/log.h"
#include "autoheal/os/wake.h"
#include "metadata_json.h"

#include <malloc.h>
#include <strings.h>

static int check_arguments(const struct cli *cli, struct error *err) {
        const struct command *c = cli->command;
        size_t n = cli->options.n_args;
        struct arena a AUTO(arena_release) = ARENA_INIT(1024);
        const char *path = command_path(cli, c, &a);
        if (n >= c->min_args && n <= c->max_args)
                return 0;
        if (command_is_group(c))
                return error_set(err, ERR_ARGUMENTS, "unknown command: %s %s", path, cli->options.args[0]);
        if (c->max_args == 0)
                return error_set(err, ERR_ARGUMENTS, "'%s' accepts no arguments", path);
        const char *s = c->max_args == 1 || (c->max_args == SIZE_MAX && c->min_args == 1) ? "" : "s";
        if (c->max_args == SIZE_MAX)
                return error_set(err, ERR_ARGUMENTS, "'%s' requires at least %zu argument%s", path, c->min_args, s);
        if (c->min_args == c->max_args)
                return error_set(err, ERR_ARGUMENTS, "'%s' requires %zu argument%s", path, c->min_args, s);
        if (c->min_args > 0)
                return error_set(err, ERR_ARGUMENTS, "'%s' requires at least %zu and at most %zu argument%s", path, c->min_args,
                                 c->max_args, s);
        return error_set(err, ERR_ARGUMENTS, "'%s' requires at most %zu argument%s", path, c->max_args, s);
}

/* ---- Help ---- */

/* "help", "help ps", "help config set": the words are those of one command. */
static int show_help(struct cli *cli, int argc, const char *const *words) {
        const struct command *c = command_find("");
        int i = 0;
        for (const struct command *below; i < argc && (below = command_below(c, words[i])); i++)
                c = below;
        if (i < argc) {
                struct buf rest AUTO(buf_release) = BUF_INIT(1024);
                for (; i < argc; i++)
                        buf_addf(&rest, " %s", words[i]);
                print_line(stderr, "unknown help topic:%s", buf_str(&rest));
                return 1;
        }
        help_print(cli, c, stdout);
        return 0;
}

int cmd_help(struct cli *cli) {
        return show_help(cli, (int)cli->options.n_args, cli->options.args);
}

/* ---- What docker's global flags ask for ---- */

/* As docker: -D wins over --log-level. False, and says so, if there is no such level. */
static bool apply_log_level(const struct options *o) {
        static const struct {
                const char *name;
                bool debug, warnings;
        } levels[] = {
                { "trace", true, true },    { "debug", true, true },   { "info", false, true },   { "warn", false, true },
                { "warning", false, true }, { "error", false, false }, { "fatal", false, false }, { "panic", false, false }
        };
        const char *debug = getenv("DEBUG"), *name = o->log_level && o->log_level[0] ? o->log_level : "info";
        bool on = o->debug || (debug && debug[0]);
        for (size_t i = 0; i < N_ELEMENTS(levels); i++) {
                if (strcasecmp(levels[i].name, name) != 0)
                        continue;
                log_set_debug(on || levels[i].debug);
                log_set_warnings(on || levels[i].warnings);
                return true;
        }
        log_error("Unable to parse logging level: %s", name);
        return false;
}

static bool apply_globals(const struct options *o) {
        if (!apply_log_level(o))
                return false;
        if (o->n_hosts > 1)
                log_error("Failed to initialize: unable to resolve docker endpoint: specify only one -H");
        return o->n_hosts <= 1;
}

/* ---- Commands ---- */

static int run_command(struct cli *cli, int argc, char **argv) {
        struct options *o = &cli->options;
        struct error err = ERROR_INIT;
        if (options_parse(cli, argc, argv, &err) < 0)
                return help_usage_error(cli, &err);
        if (o->short_help)
                (void)fputs("Flag shorthand -h has been deprecated, use --help\n", stdout);
        if (o->help) {
                help_print(cli, cli->command, stdout);
                return 0;
        }
        if (check_arguments(cli, &err) < 0)
                return help_usage_error(cli, &err);
        if (!cli->command->run) {
                help_print(cli, cli->command, stderr);
                return 0;
        }
        if (!apply_globals(o))
                return 1;
        return o->version ? cmd_version(cli) : cli->command->run(cli);
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

/* ---- argv ---- */

static bool is_completion(const char *word) {
        return str_eq(word, "__complete") || str_eq(word, "__completeNoDesc");
}

/* docker hands its own --version on with the rest, and a plugin's root does not know it. */
static int refuse_version(int argc, char **argv) {
        struct options scratch = OPTIONS_INIT;
        struct error err = ERROR_INIT;
        (void)!options_parse_docker(&scratch, false, argc, argv, &err);
        (void)fprintf(stderr, "%s\n\nUsage:  docker [OPTIONS] autoheal [ARG...]\n\nRun 'docker --help' for more information\n",
                      err.msg);
        return err_exit_status(err.code);
}

/* "<docker's flags> autoheal ...", "<docker's flags> help autoheal ..." and "__complete autoheal ...": argv from the word on. */
static int run_for_docker(struct cli *cli, int argc, char **argv) {
        cli->program = "docker autoheal";
        if (str_eq(argv[0], "help"))
                return show_help(cli, argc - 2, (const char *const *)(const void *)(argv + 2));
        if (is_completion(argv[0]))
                return complete_run(cli, str_eq(argv[0], "__complete"), argc - 2, argv + 2);
        if (argc > 1 && str_eq(argv[1], "docker-cli-plugin-hooks"))
                return hooks_run(cli);
        return run_command(cli, argc - 1, argv + 1);
}

/* Typed by a person: docker's flags are ours. */
static int run_standalone(struct cli *cli, int argc, char **argv) {
        cli->program = "docker-autoheal";
        cli->standalone = true;
        if (argc > 1 && is_completion(argv[1]))
                return complete_run(cli, str_eq(argv[1], "__complete"), argc - 2, argv + 2);
        return run_command(cli, argc - 1, argv + 1);
}

/* "-v" alone asks for the version, as docker's does; before a command or beside flags of ours it is --verbose. */
static bool asks_for_version(const struct cli *cli, int at, int argc) {
        return at == argc && cli->options.version && !cli->options.help;
}

int cli_main(int argc, char **argv) {
        if (argc > 1 && str_eq(argv[1], "docker-cli-plugin-metadata"))
                return finish(print_metadata());
        keep_freed_memory();
        wake_catch();
        struct cli cli = { .options = OPTIONS_INIT };
        int at = options_parse_docker(&cli.options, true, argc, argv, NULL), status;
        bool called = at > 0 && at < argc && str_eq(argv[at], "autoheal");
        bool about = at > 0 && at + 1 < argc && str_eq(argv[at + 1], "autoheal") &&
                     (str_eq(argv[at], "help") || is_completion(argv[at]));
        if ((called || about) && cli.options.version) {
                status = refuse_version(argc, argv);
        } else if (called || about) {
                status = run_for_docker(&cli, argc - at, argv + at);
        } else {
                bool version = asks_for_version(&cli, at, argc);
                cli.options = (struct options)OPTIONS_INIT;
                if (version)
                        status = cmd_version(&cli);
                else
                        status = run_standalone(&cli, argc, argv);
        }
        free(cli.options.args);
        return finish(status);
}
