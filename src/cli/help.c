/* SPDX-License-Identifier: MIT */
/* Help in docker's layout, printed from the tables that parse. */
#include "cli_internal.h"

#define FLAG_COLUMN_GAP 3
#define COMMAND_COLUMN  11

static size_t flag_width(const struct flag *f) {
        return strlen("  -x, --") + strlen(f->name) + (f->type[0] ? 1 + strlen(f->type) : 0);
}

static void print_flags(unsigned bits, FILE *out) {
        size_t width = 0;
        for (size_t i = 0; i < n_flags; i++)
                if ((flags[i].bit & bits) && flag_width(&flags[i]) > width)
                        width = flag_width(&flags[i]);
        if (width == 0)
                return;
        (void)fputs("\nOptions:\n", out);
        for (size_t i = 0; i < n_flags; i++) {
                const struct flag *f = &flags[i];
                if (!(f->bit & bits))
                        continue;
                if (f->shorthand)
                        (void)fprintf(out, "  -%c, --%s", f->shorthand, f->name);
                else
                        (void)fprintf(out, "      --%s", f->name);
                if (f->type[0])
                        (void)fprintf(out, " %s", f->type);
                (void)fprintf(out, "%*s%s", (int)(width - flag_width(f) + FLAG_COLUMN_GAP), "", f->help);
                if (f->initial)
                        (void)fprintf(out, " (default %s)", f->initial);
                (void)fputc('\n', out);
        }
}

static void print_usage_line(const struct cli *cli, const struct command *c, FILE *out) {
        if (!c)
                (void)fprintf(out, "Usage:  %s [OPTIONS] [COMMAND]\n", cli->program);
        else
                (void)fprintf(out, "Usage:  %s %s [OPTIONS]%s%s\n", cli->program, c->name, c->args[0] ? " " : "", c->args);
}

static void print_program(const struct cli *cli, FILE *out) {
        print_usage_line(cli, NULL, out);
        (void)fputs("\nRestart unhealthy and crashed containers, quarantine hopeless ones\n\n"
                    "Without a command it makes one pass: look at all containers, restart or quarantine, exit.\n",
                    out);
        print_flags(command_find("run")->flags | FLAG_DATA_DIR | (cli->standalone ? (unsigned)FLAG_DOCKER : 0U), out);
        (void)fputs("\nCommands:\n", out);
        size_t width = COMMAND_COLUMN;
        for (size_t i = 0; i < n_commands; i++)
                if (strlen(commands[i].name) > width)
                        width = strlen(commands[i].name);
        for (size_t i = 0; i < n_commands; i++)
                (void)fprintf(out, "  %-*s %s\n", (int)width, commands[i].name, commands[i].brief);
        (void)fprintf(out, "\nRun '%s COMMAND --help' for more information on a command.\n", cli->program);
}

void help_print(const struct cli *cli, const struct command *c, FILE *out) {
        if (!c) {
                print_program(cli, out);
                return;
        }
        print_usage_line(cli, c, out);
        (void)fprintf(out, "\n%s\n", c->brief);
        if (c->details)
                (void)fprintf(out, "\n%s\n", c->details);
        print_flags(c->flags | FLAG_DATA_DIR, out);
}

int help_usage_error(const struct cli *cli, const struct error *err) {
        const struct command *c = cli->command;
        (void)fprintf(stderr, "%s%s\n\n", err->code == ERR_ARGUMENTS ? "docker: " : "", err->msg);
        print_usage_line(cli, c, stderr);
        (void)fprintf(stderr, "\nRun '%s%s%s --help' for more information\n", cli->program, c ? " " : "", c ? c->name : "");
        /* 1 would say that something is not well, which was not even looked at. */
        return c && c->run == cmd_check ? EXIT_CANNOT_TELL : err_exit_status(err->code);
}
