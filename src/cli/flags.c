/* SPDX-License-Identifier: MIT */
/* The table of flags: ours, and docker's own for when it is run without docker. */
#include "cli_internal.h"

#define FLAG(name_, short_, kind_, field, ...)                                                                                     \
        { .name = name_, .shorthand = short_, .kind = FLAG_IS_##kind_, .offset = offsetof(struct options, field), __VA_ARGS__ }

/* docker's own words. */
#define FORMAT_HELP(table)                                                                                                         \
        "Format output using a custom template:\n" table "'json':             Print in JSON format\n"                              \
        "'TEMPLATE':         Print output using the given Go template.\n"                                                          \
        "Refer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates"
#define TABLE_HELP                                                                                                                 \
        "'table':            Print output in table format with column headers (default)\n"                                         \
        "'table TEMPLATE':   Print output in table format using the given Go template\n"

const struct flag flags[] = {
        FLAG("all", 'a', BOOL, all, .bit = FLAG_ALL, .help = "All containers, not only those that are monitored"),
        FLAG("all", 'a', BOOL, all, .bit = FLAG_RELEASE_ALL, .help = "Release every quarantine"),
        FLAG("all", 'a', BOOL, all, .bit = FLAG_ALL_SCOPES, .help = "End the maintenance of every scope too"),
        FLAG("allow-none", 0, BOOL, allow_none, .bit = FLAG_ALLOW_NONE, .help = "Succeed if no container is monitored"),
        FLAG("config", 0, STRING, docker.config_dir, .bit = FLAG_DOCKER, .complete = COMPLETE_DIRECTORIES,
             .help = "Location of client config files"),
        FLAG("container", 0, STRING, container, .bit = FLAG_CONTAINER, .complete = COMPLETE_REMEMBERED,
             .help = "Show events of this container only"),
        FLAG("context", 'c', STRING, docker.context, .bit = FLAG_DOCKER, .complete = COMPLETE_CONTEXTS,
             .help = "Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and default context set "
                     "with \"docker context use\")"),
        FLAG("data-dir", 0, STRING, data_dir, .bit = FLAG_DATA_DIR, .complete = COMPLETE_DIRECTORIES, .help = "Data directory"),
        FLAG("debug", 'D', BOOL, debug, .bit = FLAG_DOCKER, .help = "Enable debug mode"),
        FLAG("docker", 0, BOOL, check_docker, .bit = FLAG_CHECK, .help = "The health that the engine tells"),
        FLAG("dry-run", 0, BOOL, dry_run, .bit = FLAG_DRY_RUN, .help = "Decide and print, but change nothing"),
        FLAG("dry-run", 0, BOOL, dry_run, .bit = FLAG_DIFF_ONLY, .help = "Show what would change, but change nothing"),
        FLAG("exec", 0, STRING, check_exec, .bit = FLAG_CHECK, .type = "command",
             .help = "Run this in the container: a JSON array as it is, a text by /bin/sh"),
        FLAG("expect", 0, STRING, check_expect, .bit = FLAG_CHECK, .type = "status or text",
             .help = "Of --http: the status, or what the body must hold"),
        FLAG("filter", 'f', LIST, filters, .bit = FLAG_FILTER, .type = "filter", .complete = COMPLETE_FILTERS,
             .help = "Show containers that fit only (e.g. \"verdict=failing\")"),
        FLAG("follow", 'f', BOOL, follow, .bit = FLAG_FOLLOW, .help = "Go on showing events as they come"),
        FLAG("for", 0, DURATION, for_s, .bit = FLAG_FOR, .help = "End maintenance by itself after this time (2h, 90m)"),
        FLAG("forget", 0, BOOL, forget, .bit = FLAG_FORGET, .help = "Take containers out of 'selected' and 'excluded'"),
        FLAG("format", 0, STRING, format, .bit = FLAG_FORMAT, .complete = COMPLETE_FORMATS, .help = FORMAT_HELP(TABLE_HELP)),
        FLAG("format", 0, STRING, format, .bit = FLAG_FORMAT_TEXT, .complete = COMPLETE_TEXT_FORMATS, .help = FORMAT_HELP("")),
        FLAG("header", 0, LIST, check_headers, .bit = FLAG_CHECK, .type = "name: value", .help = "Of --http: send this header too"),
        FLAG("help", 'h', BOOL, help, .bit = FLAG_HELP, .help = "Print usage"),
        FLAG("host", 'H', STRING, docker.host, .bit = FLAG_DOCKER, .type = "list", .help = "Daemon socket to connect to"),
        FLAG("http", 0, STRING, check_http, .bit = FLAG_CHECK, .type = "url",
             .help = "Ask for this address; localhost means the container"),
        FLAG("insecure", 0, BOOL, check_insecure, .bit = FLAG_CHECK, .help = "Of --http: take any certificate"),
        FLAG("interval", 0, DURATION, check_interval_s, .bit = FLAG_CHECK, .initial = "30s", .help = "Time between two runs"),
        FLAG("limit", 'n', NUMBER, limit, .bit = FLAG_LIMIT, .initial = "100", .help = "Show the last n events (0: all)"),
        FLAG("log-level", 'l', STRING, log_level, .bit = FLAG_DOCKER, .initial = "\"info\"", .complete = COMPLETE_LOG_LEVELS,
             .help = "Set the logging level (\"debug\", \"info\", \"warn\", \"error\", \"fatal\")"),
        FLAG("metrics-file", 0, STRING, metrics_file, .bit = FLAG_METRICS_FILE, .complete = COMPLETE_FILES,
             .help = "Write metrics to this file, for the node exporter"),
        FLAG("no-auth", 0, BOOL, no_auth, .bit = FLAG_NO_AUTH, .help = "Let everybody who reaches the API use it, without a token"),
        FLAG("no-trunc", 0, BOOL, no_trunc, .bit = FLAG_NO_TRUNC, .help = "Don't truncate output; print times as ISO 8601"),
        FLAG("output", 'o', STRING, output, .bit = FLAG_OUTPUT, .complete = COMPLETE_FILES,
             .help = "Write to a file instead of standard output"),
        FLAG("print-link", 0, BOOL, print_link, .bit = FLAG_PRINT_LINK, .help = "Print a link to the page, with the token in it"),
        FLAG("quiet", 'q', BOOL, quiet, .bit = FLAG_QUIET, .help = "Print container names only"),
        FLAG("reason", 0, STRING, reason, .bit = FLAG_REASON, .help = "Why, to be shown with it"),
        FLAG("retries", 0, NUMBER, check_retries, .bit = FLAG_CHECK, .initial = "3", .help = "Runs in a row that have to fail"),
        FLAG("secrets", 0, BOOL, secrets, .bit = FLAG_SECRETS, .help = "Show passwords and tokens as they are"),
        FLAG("since", 0, STRING, since, .bit = FLAG_SINCE,
             .help = "Show events since a time (2026-01-31T12:00:00Z; UTC without an offset) or age (90m)"),
        FLAG("tcp", 0, STRING, check_tcp, .bit = FLAG_CHECK, .type = "port", .help = "Connect to this port of the container"),
        FLAG("timeout", 0, DURATION, check_timeout_s, .bit = FLAG_CHECK, .initial = "10s", .help = "Time that a run may take"),
        FLAG("tls", 0, BOOL, docker.tls, .bit = FLAG_DOCKER, .help = "Use TLS; implied by --tlsverify"),
        FLAG("tlscacert", 0, STRING, docker.tls_ca, .bit = FLAG_DOCKER, .complete = COMPLETE_FILES,
             .help = "Trust certs signed only by this CA"),
        FLAG("tlscert", 0, STRING, docker.tls_cert, .bit = FLAG_DOCKER, .complete = COMPLETE_FILES,
             .help = "Path to TLS certificate file"),
        FLAG("tlskey", 0, STRING, docker.tls_key, .bit = FLAG_DOCKER, .complete = COMPLETE_FILES, .help = "Path to TLS key file"),
        FLAG("tlsverify", 0, BOOL, docker.tls_verify, .bit = FLAG_DOCKER, .help = "Use TLS and verify the remote"),
        FLAG("type", 0, STRING, type, .bit = FLAG_TYPE, .complete = COMPLETE_EVENT_TYPES, .help = "Show events of this type only"),
        FLAG("until", 0, STRING, until, .bit = FLAG_UNTIL, .help = "Show events until a time (UTC without an offset) or age"),
        FLAG("until", 0, STRING, until, .bit = FLAG_END,
             .help = "End maintenance by itself at this time (2026-01-31T12:00:00Z; UTC without an offset)"),
        FLAG("url", 0, STRING, url, .bit = FLAG_URL, .help = "Ask there (http://host:port, unix:///path)"),
        FLAG("verbose", 'v', BOOL, verbose, .bit = FLAG_VERBOSE,
             .help = "Print every monitored container, and warnings off a terminal too"),
        FLAG("verbose", 'v', BOOL, verbose, .bit = FLAG_WARNINGS, .help = "Print warnings off a terminal too"),
        FLAG("version", 'v', BOOL, version, .bit = FLAG_VERSION, .help = "Print version information and quit"),
        FLAG("wait", 0, DURATION, wait_s, .bit = FLAG_WAIT, .bare = "2m",
             .help = "Wait until what was restarted is well, fail if it is not by then"),
        FLAG("wait", 0, DURATION, wait_s, .bit = FLAG_WAIT_STARTING, .bare = "2m", .help = "Wait until no container is starting"),
        FLAG("wait-lock", 0, DURATION, wait_lock_s, .bit = FLAG_WAIT_LOCK, .help = "Wait so long for another pass to end"),
        FLAG("watch", 'w', BOOL, watch, .bit = FLAG_WATCH, .help = "Go on, and show what changes"),
        FLAG("yes", 'y', BOOL, yes, .bit = FLAG_YES, .help = "Don't ask for confirmation"),
};
const size_t n_flags = N_ELEMENTS(flags);

const struct flag *flag_find(const char *name, size_t len, uint64_t allowed) {
        for (size_t i = 0; i < n_flags; i++)
                if ((flags[i].bit & allowed) && strlen(flags[i].name) == len && strncmp(flags[i].name, name, len) == 0)
                        return &flags[i];
        return NULL;
}

const struct flag *flag_find_short(char c, uint64_t allowed) {
        for (size_t i = 0; i < n_flags; i++)
                if ((flags[i].bit & allowed) && flags[i].shorthand == c && c)
                        return &flags[i];
        return NULL;
}

const char *flag_type(const struct flag *f) {
        static const char *const types[] = { [FLAG_IS_BOOL] = "",
                                             [FLAG_IS_STRING] = "string",
                                             [FLAG_IS_NUMBER] = "int",
                                             [FLAG_IS_DURATION] = "duration",
                                             [FLAG_IS_LIST] = "list" };
        return f->type ? f->type : types[f->kind];
}

uint64_t flags_of(const struct cli *cli, const struct command *c) {
        bool is_program = c->name[0] == '\0';
        return c->flags | FLAG_HELP | (cli->standalone && is_program ? FLAG_DOCKER | FLAG_VERSION : 0);
}
