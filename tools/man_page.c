/* SPDX-License-Identifier: MIT */
/*
 * Prints the manual page docker-autoheal(1) as roff, from the tables that the program itself parses with. Fails if a command
 * has no example here, or an example belongs to no command.
 */
#include "cli/cli_internal.h"

#include "metadata_json.h"

#include <ctype.h>

struct example {
        const char *command, *line, *why;
};

static const struct example examples[] = {
        { "", "docker autoheal", "One pass; what cron or a timer runs every minute." },
        { "check", "docker autoheal check --wait=60s", "In CI, after the services were started." },
        { "config", "docker autoheal config", "What holds, and where it comes from." },
        { "config export", "docker autoheal config export -o autoheal.json", "A copy without passwords." },
        { "config get", "docker autoheal config get restart.max_restarts", "One value, for a script." },
        { "config import", "docker autoheal config import --dry-run autoheal.json", "What would change." },
        { "config set", "docker autoheal config set restart.cooldown_seconds 120", "Two minutes between restarts." },
        { "config show", "docker autoheal config show restart brake", "Two sections." },
        { "config unset", "docker autoheal config unset restart.cooldown_seconds", "Back to the default." },
        { "config validate", "docker autoheal config validate autoheal.json", "Before it is imported." },
        { "doctor", "docker autoheal doctor", "When nothing happens that should." },
        { "events", "docker autoheal events --since 24h --type restart", "The restarts of a day." },
        { "events clear", "docker autoheal events clear --yes", "Without being asked." },
        { "explain", "docker autoheal explain web", "Why web is restarted, or is not." },
        { "healthcheck add", "docker autoheal healthcheck add --http http://localhost:8080/health web",
          "Beside the engine's own." },
        { "healthcheck ls", "docker autoheal healthcheck ls", "Which there are, and what they say." },
        { "healthcheck rm", "docker autoheal healthcheck rm web", "It is not asked any more." },
        { "healthcheck test", "docker autoheal healthcheck test web", "Does it pass, and what does it print?" },
        { "ignore", "docker autoheal ignore db", "Never touch db, whatever its label says." },
        { "maintenance off", "docker autoheal maintenance off --all", "Of everything." },
        { "maintenance on", "docker autoheal maintenance on --for 2h --reason \"disk swap\" project:shop",
          "Of one Compose project." },
        { "maintenance status", "docker autoheal maintenance status", "What is on." },
        { "monitor", "docker autoheal monitor web worker", "Without a label on them." },
        { "notify test", "docker autoheal notify test ops", "Does the service get what it is told?" },
        { "ping", "docker autoheal ping", "Is serve healthy?" },
        { "prune", "docker autoheal prune", "After containers were removed for good." },
        { "ps", "docker autoheal ps --filter verdict=failing", "What is not well." },
        { "quarantine", "docker autoheal quarantine web", "Hands off web." },
        { "recreate", "docker autoheal recreate torrent", "The container whose network it shares was made anew." },
        { "run", "docker autoheal run --dry-run --verbose", "What a pass would do." },
        { "serve", "docker autoheal serve", "Until it is told to stop." },
        { "status", "docker autoheal status", "Is it running, and on which engine?" },
        { "unquarantine", "docker autoheal unquarantine web", "Once it is repaired." },
        { "version", "docker autoheal version", "The version." },
};

static const struct {
        const char *code, *meaning;
} exit_codes[] = {
        { "0", "Done; for check: all are well." },
        { "1", "Something failed; for check: a container is not well." },
        { "75", "Another pass is running on this data directory." },
        { "78", "The configuration or the data directory cannot be used as it is." },
        { "125", "Bad flags; for check: it cannot tell." },
        { "130", "Interrupted." },
};

static const struct {
        const char *name, *meaning;
} variables[] = {
        { "AUTOHEAL_DATA_DIR", "The data directory, unless --data-dir names it." },
        { "DEBUG", "Not empty: as docker's --debug." },
        { "DOCKER_CONFIG", "Directory of docker's client config files." },
        { "DOCKER_CONTEXT", "The context to use, unless DOCKER_HOST is set." },
        { "DOCKER_HOST", "The engine to talk to." },
        { "DOCKER_TLS_VERIFY, DOCKER_CERT_PATH, DOCKER_API_VERSION, DOCKER_CUSTOM_HEADERS", "As for docker." },
};

/* ---- roff ---- */

static void put_char(char c) {
        if (c == '\\')
                (void)fputs("\\e", stdout);
        else if (c == '-')
                (void)fputs("\\-", stdout);
        else if (c == '"')
                (void)fputs("\\(dq", stdout);
        else if (c == '~')
                (void)fputs("\\(ti", stdout);
        else if (c == '^')
                (void)fputs("\\(ha", stdout);
        else if (c == '`')
                (void)fputs("\\(ga", stdout);
        else if (c == '\'')
                (void)fputs("\\(aq", stdout);
        else
                (void)fputc(c, stdout);
}

/* Text on lines of their own: none of them can be taken for a request. */
static void put_text(const char *text) {
        for (const char *s = text; *s; s++) {
                if ((s == text || s[-1] == '\n') && *s == '.')
                        (void)fputs("\\&", stdout);
                put_char(*s);
        }
}

static void put_line(const char *text) {
        put_text(text);
        (void)fputc('\n', stdout);
}

static void put_request(const char *request, const char *text) {
        (void)printf("%s \"", request);
        put_text(text);
        (void)fputs("\"\n", stdout);
}

static void put_term(const char *term, const char *meaning) {
        (void)puts(".TP");
        put_request(".B", term);
        put_line(meaning);
}

/* ---- Its parts ---- */

/* whole: all lines of its help, of which each is a sentence or a row; else the first. */
static void put_flag(const struct flag *f, bool whole) {
        const char *type = flag_type(f);
        (void)puts(".TP");
        if (f->shorthand)
                (void)printf("\\fB\\-%c\\fR, ", f->shorthand);
        (void)fputs("\\fB", stdout);
        put_text("--");
        put_text(f->name);
        (void)fputs("\\fR", stdout);
        if (f->bare) {
                (void)fputs("[=\\fI", stdout);
                put_text(type);
                (void)printf("\\fR]");
        } else if (type[0]) {
                (void)fputs(" \\fI", stdout);
                put_text(type);
                (void)fputs("\\fR", stdout);
        }
        (void)fputc('\n', stdout);
        for (const char *s = f->help; *s && (whole || strncmp(s, ":\n", 2) != 0); s++) {
                if (*s == '\n')
                        (void)fputs("\n.br\n", stdout);
                else
                        put_char(*s);
        }
        if (f->initial || f->bare) {
                (void)fputs(" (default ", stdout);
                put_text(f->initial ? f->initial : f->bare);
                (void)fputc(')', stdout);
        }
        (void)fputc('\n', stdout);
}

static void put_flags(uint64_t bits, bool whole) {
        for (size_t i = 0; i < n_flags; i++)
                if (flags[i].bit & bits)
                        put_flag(&flags[i], whole);
}

static int put_example(const struct command *c) {
        for (size_t i = 0; i < N_ELEMENTS(examples); i++) {
                if (strcmp(examples[i].command, c->name) != 0)
                        continue;
                (void)puts(".PP");
                put_line(examples[i].why);
                (void)puts(".PP\n.RS 4\n.EX");
                put_line(examples[i].line);
                (void)puts(".EE\n.RE");
                return 0;
        }
        (void)fprintf(stderr, "man_page: command '%s' has no example\n", c->name);
        return -1;
}

static void put_sentence(const char *text) {
        put_text(text);
        (void)puts(".");
}

static int put_command(const struct command *c) {
        (void)fputs(".SS \"", stdout);
        put_text(c->name);
        if (c->flags)
                (void)fputs(" [OPTIONS]", stdout);
        const char *args = command_args(c);
        if (args) {
                (void)fputc(' ', stdout);
                put_text(args);
        }
        (void)fputc('"', stdout);
        (void)fputc('\n', stdout);
        put_sentence(c->brief);
        if (c->details) {
                (void)puts(".PP");
                put_line(c->details);
        }
        /* What all take is told once. */
        put_flags(c->flags & ~FLAG_DATA_DIR, false);
        return c->run ? put_example(c) : 0;
}

static int put_commands(void) {
        int result = 0;
        (void)puts(".SH COMMANDS");
        for (size_t i = 0; i < n_commands; i++)
                if (commands[i].name[0] && !commands[i].hidden && put_command(&commands[i]) < 0)
                        result = -1;
        for (size_t i = 0; i < N_ELEMENTS(examples); i++) {
                if (command_find(examples[i].command))
                        continue;
                (void)fprintf(stderr, "man_page: there is no command '%s' for the example\n", examples[i].command);
                result = -1;
        }
        return result;
}

static void put_environment(void) {
        const struct setting_info *settings = NULL;
        size_t n = config_settings(&settings);
        (void)puts(".SH ENVIRONMENT");
        for (size_t i = 0; i < N_ELEMENTS(variables); i++)
                put_term(variables[i].name, variables[i].meaning);
        (void)puts(".PP\nMost settings have a variable, which wins over the file:");
        for (size_t i = 0; i < n; i++)
                if (settings[i].env)
                        put_term(settings[i].env, settings[i].help);
}

static int put_head(void) {
        const struct command *program = command_find("");
        (void)printf(".TH DOCKER\\-AUTOHEAL 1 \"\" \"docker\\-autoheal %s\" \"Docker User Manuals\"\n", AUTOHEAL_VERSION);
        (void)puts(".nh\n.ad l\n.SH NAME");
        (void)fputs("docker\\-autoheal \\- ", stdout);
        put_char((char)tolower((unsigned char)program->brief[0]));
        put_line(program->brief + 1);
        (void)puts(".SH SYNOPSIS\n\\fBdocker autoheal\\fR [\\fIOPTIONS\\fR] [\\fICOMMAND\\fR]\n.br\n"
                   "\\fBdocker\\-autoheal\\fR [\\fIGLOBAL OPTIONS\\fR] [\\fIOPTIONS\\fR] [\\fICOMMAND\\fR]\n.SH DESCRIPTION");
        put_line(program->details);
        (void)puts(".PP\nThe second form works without docker, and takes docker\\(aqs global options itself.");
        int result = put_example(program);
        (void)puts(".SH OPTIONS\nAll commands take");
        put_flags(FLAG_DATA_DIR | FLAG_HELP, true);
        (void)puts(".PP\nWithout a command:");
        put_flags(program->flags & ~FLAG_DATA_DIR, true);
        (void)puts(".SS \"Global options\"\nThey are docker\\(aqs own, and stand before the word \\fBautoheal\\fR.");
        put_flags(FLAG_DOCKER, true);
        return result;
}

int main(void) {
        int head = put_head(), body = put_commands();
        (void)puts(".SH \"EXIT STATUS\"");
        for (size_t i = 0; i < N_ELEMENTS(exit_codes); i++)
                put_term(exit_codes[i].code, exit_codes[i].meaning);
        put_environment();
        (void)puts(".SH \"SEE ALSO\"\n\\fBdocker\\fR(1)");
        bool written = fflush(stdout) == 0 && !ferror(stdout);
        return head == 0 && body == 0 && written ? 0 : 1;
}
