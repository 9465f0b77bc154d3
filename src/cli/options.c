/* SPDX-License-Identifier: MIT */
/* Flags as docker's own parser (pflag) reads them: --f v, --f=v, -f v, -fv, -abc, --b=false, "--" ends them. */
#include "cli_internal.h"

#include "autoheal/util/timefmt.h"

#define DURATION_MAX_S (INT64_C(100) * 365 * 86400)

#define FLAG(field, kind_, bit_, name_, short_, type_, initial_, help_)                                                            \
        {                                                                                                                          \
                .name = name_, .shorthand = short_, .kind = kind_, .bit = bit_, .offset = offsetof(struct options, field),         \
                .type = type_, .initial = initial_, .help = help_                                                                  \
        }
/* A duration that may be left out, as pflag's NoOptDefVal: --wait, --wait=2m. */
#define WAIT_FLAG(bit_, help_)                                                                                                     \
        {                                                                                                                          \
                .name = "wait", .kind = FLAG_IS_DURATION, .bit = bit_, .offset = offsetof(struct options, wait_s),                 \
                .type = "duration[=2m]", .bare = "2m", .help = help_                                                               \
        }

const struct flag flags[] = {
        FLAG(all, FLAG_IS_BOOL, FLAG_ALL, "all", 'a', "", NULL, "All containers, not only those that are monitored"),
        FLAG(all, FLAG_IS_BOOL, FLAG_RELEASE_ALL, "all", 'a', "", NULL, "Release every quarantine"),
        FLAG(all, FLAG_IS_BOOL, FLAG_ALL_SCOPES, "all", 'a', "", NULL, "End the maintenance of every scope too"),
        FLAG(allow_none, FLAG_IS_BOOL, FLAG_ALLOW_NONE, "allow-none", 0, "", NULL, "Succeed if no container is monitored"),
        FLAG(container, FLAG_IS_STRING, FLAG_CONTAINER, "container", 0, "string", NULL, "Show events of this container only"),
        FLAG(data_dir, FLAG_IS_STRING, FLAG_DATA_DIR, "data-dir", 0, "string", NULL, "Data directory"),
        FLAG(dry_run, FLAG_IS_BOOL, FLAG_DRY_RUN, "dry-run", 0, "", NULL, "Decide and print, but change nothing"),
        FLAG(for_s, FLAG_IS_DURATION, FLAG_FOR, "for", 0, "duration", NULL, "End maintenance by itself after this time (2h, 90m)"),
        FLAG(format, FLAG_IS_STRING, FLAG_FORMAT, "format", 0, "string", NULL,
             "Output format: table or json (one object per line)"),
        FLAG(limit, FLAG_IS_NUMBER, FLAG_LIMIT, "limit", 'n', "int", "100", "Show the last n events (0: all)"),
        FLAG(no_trunc, FLAG_IS_BOOL, FLAG_NO_TRUNC, "no-trunc", 0, "", NULL, "Don't truncate output; print times as ISO 8601"),
        FLAG(quiet, FLAG_IS_BOOL, FLAG_QUIET, "quiet", 'q', "", NULL, "Print container names only"),
        FLAG(reason, FLAG_IS_STRING, FLAG_REASON, "reason", 0, "string", NULL, "Why, to be shown with it"),
        FLAG(since, FLAG_IS_STRING, FLAG_SINCE, "since", 0, "string", NULL,
             "Show events since a time (2026-01-31T12:00:00Z) or age (90m)"),
        FLAG(type, FLAG_IS_STRING, FLAG_TYPE, "type", 0, "string", NULL, "Show events of this type only"),
        FLAG(until, FLAG_IS_STRING, FLAG_UNTIL, "until", 0, "string", NULL, "Show events until a time or age"),
        FLAG(until, FLAG_IS_STRING, FLAG_END, "until", 0, "string", NULL,
             "End maintenance by itself at this time (2026-01-31T12:00:00Z)"),
        FLAG(verbose, FLAG_IS_BOOL, FLAG_VERBOSE, "verbose", 'v', "", NULL,
             "Print every monitored container, and warnings off a terminal too"),
        FLAG(verbose, FLAG_IS_BOOL, FLAG_WARNINGS, "verbose", 'v', "", NULL, "Print warnings off a terminal too"),
        WAIT_FLAG(FLAG_WAIT, "Wait until what was restarted is well, fail if it is not by then"),
        WAIT_FLAG(FLAG_WAIT_STARTING, "Wait until no container is starting"),
        FLAG(wait_lock_s, FLAG_IS_DURATION, FLAG_WAIT_LOCK, "wait-lock", 0, "duration", NULL,
             "Wait so long for another pass to end"),
        FLAG(yes, FLAG_IS_BOOL, FLAG_YES, "yes", 'y', "", NULL, "Don't ask for confirmation"),
        FLAG(help, FLAG_IS_BOOL, FLAG_HELP, "help", 0, "", NULL, "Print usage"),
        FLAG(docker.config_dir, FLAG_IS_STRING, FLAG_DOCKER, "config", 0, "string", NULL,
             "Location of docker's client config files"),
        FLAG(docker.context, FLAG_IS_STRING, FLAG_DOCKER, "context", 'c', "string", NULL, "Name of docker's context"),
        FLAG(debug, FLAG_IS_BOOL, FLAG_DOCKER, "debug", 'D', "", NULL, "Enable debug mode"),
        FLAG(docker.host, FLAG_IS_STRING, FLAG_DOCKER, "host", 'H', "list", NULL, "Daemon socket to connect to"),
        FLAG(log_level, FLAG_IS_STRING, FLAG_DOCKER, "log-level", 'l', "string", "\"info\"", "Logging level"),
        FLAG(docker.tls, FLAG_IS_BOOL, FLAG_DOCKER, "tls", 0, "", NULL, "Use TLS"),
        FLAG(docker.tls_verify, FLAG_IS_BOOL, FLAG_DOCKER, "tlsverify", 0, "", NULL, "Use TLS and verify the remote"),
};
const size_t n_flags = N_ELEMENTS(flags);

/* docker hands these on as well; what they name is only used with TLS. */
static const char *const docker_paths[] = { "tlscacert", "tlscert", "tlskey" };

static const struct flag *find_long(const char *name, size_t len, unsigned allowed) {
        for (size_t i = 0; i < n_flags; i++)
                if ((flags[i].bit & allowed) && strlen(flags[i].name) == len && strncmp(flags[i].name, name, len) == 0)
                        return &flags[i];
        return NULL;
}

static const struct flag *find_short(char c, unsigned allowed) {
        for (size_t i = 0; i < n_flags; i++)
                if ((flags[i].bit & allowed) && flags[i].shorthand == c && c)
                        return &flags[i];
        return NULL;
}

static int bad_value(const struct flag *f, const char *value, const char *why, struct error *err) {
        if (f->shorthand)
                return error_set(err, ERR_USAGE, "invalid argument \"%s\" for \"-%c, --%s\" flag: %s", value, f->shorthand, f->name,
                                 why);
        return error_set(err, ERR_USAGE, "invalid argument \"%s\" for \"--%s\" flag: %s", value, f->name, why);
}

static int set(struct options *o, const struct flag *f, const char *value, struct error *err) {
        void *field = (char *)o + f->offset;
        if (f->kind == FLAG_IS_BOOL) {
                bool on = true;
                if (value && !parse_bool(value, &on))
                        return bad_value(f, value, "strconv.ParseBool: parsing: invalid syntax", err);
                *(bool *)field = on;
                if (str_eq(f->name, "tls") || str_eq(f->name, "tlsverify"))
                        o->docker.tls_given = o->docker.tls_given || on || str_eq(f->name, "tlsverify");
                return 0;
        }
        if (f->kind == FLAG_IS_NUMBER) {
                if (!parse_int64(value, 0, 1000000, (int64_t *)field))
                        return bad_value(f, value, "must be a whole number from 0 to 1000000", err);
                return 0;
        }
        if (f->kind == FLAG_IS_DURATION) {
                if (!duration_parse(slice_str(value), DURATION_MAX_S, (int64_t *)field))
                        return bad_value(f, value, "must be a duration such as 30s, 2m or 1h30m", err);
                return 0;
        }
        if (str_eq(f->name, "host") && *(const char **)field)
                return error_set(err, ERR_FAILED, "specify only one -H");
        *(const char **)field = value;
        return 0;
}

/* "--name", "--name=value" or "--name value" at argv[*i]; advances *i over what it took. */
static int parse_long(struct options *o, unsigned allowed, int argc, char **argv, int *i, struct error *err) {
        const char *name = argv[*i] + 2;
        const char *eq = strchr(name, '=');
        size_t len = eq ? (size_t)(eq - name) : strlen(name);
        const struct flag *f = find_long(name, len, allowed);
        if (!f && (allowed & FLAG_DOCKER))
                for (size_t k = 0; k < N_ELEMENTS(docker_paths); k++)
                        if (strlen(docker_paths[k]) == len && strncmp(docker_paths[k], name, len) == 0) {
                                *i += eq ? 1 : 2;
                                return 0;
                        }
        if (!f)
                return error_set(err, ERR_USAGE, "unknown flag: --%.*s", (int)len, name);
        const char *value = eq ? eq + 1 : NULL;
        (*i)++;
        if (!value && f->bare)
                value = f->bare;
        if (!value && f->kind != FLAG_IS_BOOL) {
                if (*i >= argc)
                        return error_set(err, ERR_USAGE, "flag needs an argument: --%s", f->name);
                value = argv[(*i)++];
        }
        return set(o, f, value, err);
}

/* "-a", "-abc", "-nvalue", "-n=value" or "-n value". */
static int parse_shorts(struct options *o, unsigned allowed, int argc, char **argv, int *i, struct error *err) {
        const char *word = argv[(*i)++];
        for (const char *p = word + 1; *p; p++) {
                if (*p == 'h') {
                        o->help = o->short_help = true;
                        continue;
                }
                const struct flag *f = find_short(*p, allowed);
                if (!f)
                        return error_set(err, ERR_USAGE, "unknown shorthand flag: '%c' in %s", *p, word);
                if (f->kind == FLAG_IS_BOOL && p[1] != '=') {
                        if (set(o, f, NULL, err) < 0)
                                return -1;
                        continue;
                }
                const char *value = p[1] == '=' ? p + 2 : p + 1;
                if (!*value && f->kind != FLAG_IS_BOOL) {
                        if (*i >= argc)
                                return error_set(err, ERR_USAGE, "flag needs an argument: '%c' in %s", *p, word);
                        value = argv[(*i)++];
                }
                return set(o, f, value, err);
        }
        return 0;
}

static bool is_used(const struct flag *f, const struct options *o, const struct options *initial) {
        bool number = f->kind == FLAG_IS_NUMBER || f->kind == FLAG_IS_DURATION;
        size_t size = f->kind == FLAG_IS_BOOL ? sizeof(bool) : number ? sizeof(int64_t) : sizeof(char *);
        return memcmp((const char *)o + f->offset, (const char *)initial + f->offset, size) != 0;
}

/* Flags may stand before the command's name; whether it knows them can only be said once it is known. */
static int check_known(const struct cli *cli, const struct options *initial, struct error *err) {
        unsigned known = cli->command->flags | FLAG_HELP | FLAG_DATA_DIR | FLAG_DOCKER;
        for (size_t i = 0; i < n_flags; i++) {
                const char *name = flags[i].name;
                if (is_used(&flags[i], &cli->options, initial) && !find_long(name, strlen(name), known))
                        return error_set(err, ERR_USAGE, "unknown flag: --%s", name);
        }
        return 0;
}

static int take_word(struct cli *cli, const char *word, struct error *err) {
        if (!cli->command) {
                cli->command = command_find(word);
                if (!cli->command)
                        return error_set(err, ERR_ARGUMENTS, "unknown command: %s %s", cli->program, word);
                return 0;
        }
        cli->options.args[cli->options.n_args++] = word;
        return 0;
}

int options_parse(struct cli *cli, int argc, char **argv, struct error *err) {
        struct options *o = &cli->options;
        struct options initial = *o;
        o->args = xcalloc((size_t)argc + 1, sizeof(*o->args));
        bool only_words = false;
        for (int i = 0; i < argc;) {
                const char *word = argv[i];
                unsigned allowed = cli->standalone ? ~0U : ~(unsigned)FLAG_DOCKER;
                if (cli->command)
                        allowed = cli->command->flags | FLAG_HELP | FLAG_DATA_DIR;
                if (only_words || word[0] != '-' || word[1] == '\0') {
                        if (take_word(cli, word, err) < 0)
                                return -1;
                        i++;
                } else if (str_eq(word, "--")) {
                        only_words = true;
                        i++;
                } else if (word[1] == '-') {
                        if (parse_long(o, allowed, argc, argv, &i, err) < 0)
                                return -1;
                } else if (parse_shorts(o, allowed, argc, argv, &i, err) < 0) {
                        return -1;
                }
        }
        if (!cli->command)
                cli->command = command_find("run");
        return check_known(cli, &initial, err);
}

int options_parse_docker(struct options *o, int argc, char **argv) {
        for (int i = 1; i < argc;) {
                const char *word = argv[i];
                if (word[0] != '-' || word[1] == '\0')
                        return i;
                if (str_eq(word, "--"))
                        return i + 1;
                if (str_eq(word, "-v") || str_eq(word, "--version")) {
                        o->version = true;
                        i++;
                        continue;
                }
                unsigned allowed = FLAG_DOCKER | FLAG_HELP;
                int r = word[1] == '-' ? parse_long(o, allowed, argc, argv, &i, NULL)
                                       : parse_shorts(o, allowed, argc, argv, &i, NULL);
                if (r < 0)
                        return -1;
        }
        return argc;
}
