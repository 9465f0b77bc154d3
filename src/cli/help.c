/* SPDX-License-Identifier: MIT */
/* Help and usage errors in docker's layout, printed from the tables that parse. */
#include "cli_internal.h"

#include "autoheal/os/terminal.h"
#include "autoheal/util/text.h"

#include <unistd.h>

#define COLUMNS_DEFAULT  80
#define COMMAND_MIN      11
#define WRAP_MIN         24 /* below that text is not wrapped beside the flags */
#define WRAP_INDENT      16 /* but below them, that far in */
#define WRAP_SLOP        5  /* a last line may be that much longer, rather than to leave a short word alone */
#define FLAG_LINE_MAX    256
#define PROGRAM_LINE_MAX 128

/* ---- Wrapping, as pflag does it ---- */

/* How much of s goes onto a line of that width; *ret_next: where the next line begins. */
static size_t line_length(const char *s, size_t width, const char **ret_next) {
        size_t len = strlen(s), blank = 0, newline = 0;
        *ret_next = s + len;
        if (width + WRAP_SLOP > len)
                return len;
        for (size_t i = 1; i < width; i++) {
                if (s[i] == ' ' || s[i] == '\t' || s[i] == '\n')
                        blank = i;
                if (s[i] == '\n')
                        newline = i;
        }
        if (blank == 0)
                return len;
        size_t end = newline > 0 && newline < blank ? newline : blank;
        *ret_next = s + end + 1;
        return end;
}

static void print_indented(const char *s, size_t len, int indent, FILE *out) {
        for (size_t i = 0; i < len; i++) {
                (void)fputc(s[i], out);
                if (s[i] == '\n')
                        (void)fprintf(out, "%*s", indent, "");
        }
}

static void print_wrapped(const char *text, int indent, int columns, FILE *out) {
        int width = columns - indent;
        if (columns == 0) {
                print_indented(text, strlen(text), indent, out);
                return;
        }
        if (width < WRAP_MIN) {
                indent = WRAP_INDENT;
                width = columns - indent;
                if (width >= WRAP_MIN)
                        (void)fprintf(out, "\n%*s", indent, "");
        }
        if (width < WRAP_MIN) {
                print_indented(text, strlen(text), indent, out);
                return;
        }
        for (const char *s = text, *next; *s; s = next) {
                if (s != text)
                        (void)fprintf(out, "\n%*s", indent, "");
                print_indented(s, line_length(s, (size_t)(width - WRAP_SLOP), &next), indent, out);
        }
}

/* ---- Flags ---- */

static const char *flag_column(const struct flag *f, char ret[static FLAG_LINE_MAX]) {
        const char *type = flag_type(f);
        char letter[8] = "    ";
        /* -v means --verbose here but where docker's version is asked for alone. */
        if (f->shorthand && f->bit != FLAG_VERSION)
                (void)snprintf(letter, sizeof(letter), "-%c, ", f->shorthand);
        (void)snprintf(ret, FLAG_LINE_MAX, "  %s--%s%s%s%s%s%s", letter, f->name, type[0] ? " " : "", type, f->bare ? "[=" : "",
                       f->bare ? f->bare : "", f->bare ? "]" : "");
        return ret;
}

static void print_flags(const char *title, uint64_t bits, FILE *out) {
        char column[FLAG_LINE_MAX];
        size_t widest = 0, columns = COLUMNS_DEFAULT, rows;
        for (size_t i = 0; i < n_flags; i++)
                if ((flags[i].bit & bits) && strlen(flag_column(&flags[i], column)) > widest)
                        widest = strlen(column);
        if (widest == 0)
                return;
        (void)terminal_size(STDIN_FILENO, &columns, &rows);
        (void)fprintf(out, "\n%s:\n", title);
        for (size_t i = 0; i < n_flags; i++) {
                const struct flag *f = &flags[i];
                char text[2 * FLAG_LINE_MAX * 2];
                if (!(f->bit & bits))
                        continue;
                (void)snprintf(text, sizeof(text), "%s%s%s%s", f->help, f->initial ? " (default " : "",
                               f->initial ? f->initial : "", f->initial ? ")" : "");
                (void)fprintf(out, "%-*s   ", (int)widest, flag_column(f, column));
                print_wrapped(text, (int)widest + 3, (int)columns - 1, out);
                (void)fputc('\n', out);
        }
}

/* ---- Commands ---- */

static void print_commands(const char *title, const struct command *parent, bool groups, FILE *out) {
        int width = COMMAND_MIN;
        bool any = false;
        for (size_t i = 0; i < n_commands; i++) {
                const struct command *c = &commands[i];
                if (!command_is_below(c, parent))
                        continue;
                if ((int)strlen(command_word(c)) > width)
                        width = (int)strlen(command_word(c));
                any = any || (!c->hidden && command_is_group(c) == groups);
        }
        if (!any)
                return;
        (void)fprintf(out, "\n%s:\n", title);
        for (size_t i = 0; i < n_commands; i++) {
                const struct command *c = &commands[i];
                if (command_is_below(c, parent) && !c->hidden && command_is_group(c) == groups)
                        (void)fprintf(out, "  %-*s %s\n", width, command_word(c), c->brief);
        }
}

static void print_usage_line(const struct cli *cli, const struct command *c, FILE *out) {
        const char *args = command_args(c);
        (void)fprintf(out, "Usage:  %s%s%s%s%s%s\n", cli->program, c->name[0] ? " " : "", c->name, c->flags ? " [OPTIONS]" : "",
                      args ? " " : "", args ? args : "");
}

void help_print(const struct cli *cli, const struct command *c, FILE *out) {
        print_usage_line(cli, c, out);
        (void)fprintf(out, "\n%s\n", c->brief);
        if (c->details)
                (void)fprintf(out, "\n%s\n", c->details);
        print_flags("Options", c->flags, out);
        if (!command_is_group(c))
                return;
        print_commands("Management Commands", c, true, out);
        print_commands("Commands", c, false, out);
        print_flags("Global Options", flags_of(cli, c) & (FLAG_DOCKER | FLAG_VERSION), out);
        (void)fprintf(out, "\nRun '%s%s%s COMMAND --help' for more information on a command.\n", cli->program,
                      c->name[0] ? " " : "", c->name);
}

int help_usage_error(const struct cli *cli, const struct error *err) {
        const struct command *c = cli->command;
        bool of_arguments = err->code == ERR_ARGUMENTS;
        /* docker says "See" where it asks for at least so many. */
        const char *verb = of_arguments && c->max_args == SIZE_MAX ? "See" : "Run";
        (void)fprintf(stderr, "%s%s%s\n\n", of_arguments ? cli->standalone ? cli->program : "docker" : "", of_arguments ? ": " : "",
                      err->msg);
        print_usage_line(cli, c, stderr);
        (void)fprintf(stderr, "\n%s '%s%s%s --help' for more information\n", verb, cli->program, c->name[0] ? " " : "", c->name);
        /* 1 would say that something is not well, which was not even looked at. */
        return c->run == cmd_check ? EXIT_CANNOT_TELL : err_exit_status(err->code);
}
