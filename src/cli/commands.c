/* SPDX-License-Identifier: MIT */
/* The table of commands: one row for each, from which the parser, help, completion and the manual page follow. */
#include "cli_internal.h"

/* What commands take that only look: those that print a table, and those that print a text. */
#define LISTS  (FLAG_FORMAT | FLAG_NO_TRUNC)
#define TELLS  (FLAG_FORMAT_TEXT | FLAG_NO_TRUNC)
#define RUNS   (LISTS | FLAG_DRY_RUN | FLAG_METRICS_FILE | FLAG_QUIET | FLAG_VERBOSE | FLAG_WAIT | FLAG_WAIT_LOCK | FLAG_DATA_DIR)
#define ANY    SIZE_MAX
#define SCOPES "A scope is a container, project:NAME (of Compose) or label:KEY[=VALUE]; without one it is about\n"

const struct command commands[] = {
        { .name = "",
          .flags = RUNS,
          .run = cmd_run,
          .brief = "Restart unhealthy and crashed containers, quarantine hopeless ones",
          .details = "Without a command it makes one pass: look at all containers, restart or quarantine, exit." },
        { .name = "check",
          .flags = TELLS | FLAG_ALLOW_NONE | FLAG_QUIET | FLAG_VERBOSE | FLAG_WAIT_STARTING | FLAG_DATA_DIR,
          .run = cmd_check,
          .brief = "Exit with 0 if all monitored containers are well",
          .details = "Changes nothing. Names every monitored container that is not well and exits with 1 if there is\n"
                     "one: failing, quarantined, still starting, created but not started, restarting in a loop,\n"
                     "stopped for an unknown reason, or in a state that cannot be told. Exits with 1 as well if none\n"
                     "is monitored, with 0 if all are well, with 78 if the configuration or the data directory cannot\n"
                     "be used, and with 125 if there is no answer." },
        { .name = "config",
          .flags = LISTS | FLAG_SECRETS | FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_config_show,
          .brief = "Show and change the configuration",
          .details = "Without a command it shows each key with its value, where the value comes from, and what it means." },
        { .name = "config export",
          .flags = FLAG_OUTPUT | FLAG_SECRETS | FLAG_DATA_DIR,
          .run = cmd_config_export,
          .brief = "Print the configuration file",
          .details = "Passwords and tokens are masked unless --secrets is given; 'config import' keeps what is masked as it is." },
        { .name = "config get",
          .args = "KEY",
          .min_args = 1,
          .max_args = 1,
          .flags = FLAG_SECRETS | FLAG_DATA_DIR,
          .run = cmd_config_get,
          .brief = "Print the value of a key",
          .complete = COMPLETE_CONFIG_KEYS },
        { .name = "config import",
          .args = "FILE|-",
          .min_args = 1,
          .max_args = 1,
          .flags = FLAG_DIFF_ONLY | FLAG_YES | FLAG_DATA_DIR,
          .run = cmd_config_import,
          .brief = "Replace the configuration by a file",
          .details = "Checks the whole file, shows what would change and asks. The old one is kept beside it.",
          .complete = COMPLETE_FILES },
        { .name = "config set",
          .args = "KEY VALUE",
          .min_args = 2,
          .max_args = 2,
          .flags = FLAG_DATA_DIR,
          .run = cmd_config_set,
          .brief = "Set a key in the configuration file",
          .details = "Checks the value, and writes this key alone. Lists take commas between the items, or JSON; what can be\n"
                     "null takes null.",
          .complete = COMPLETE_CONFIG_PAIR },
        { .name = "config show",
          .args = "[KEY...]",
          .max_args = ANY,
          .flags = LISTS | FLAG_SECRETS | FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_config_show,
          .brief = "Show keys with value, source and meaning",
          .details = "A KEY may be a section, such as restart.",
          .complete = COMPLETE_CONFIG_KEYS },
        { .name = "config unset",
          .args = "KEY [KEY...]",
          .min_args = 1,
          .max_args = ANY,
          .flags = FLAG_DATA_DIR,
          .run = cmd_config_unset,
          .brief = "Take keys out of the configuration file",
          .complete = COMPLETE_CONFIG_KEYS },
        { .name = "config validate",
          .args = "[FILE|-]",
          .max_args = 1,
          .flags = FLAG_DATA_DIR,
          .run = cmd_config_validate,
          .brief = "Check the configuration, or a file, and name every error",
          .details = "Without a FILE it is about config.json and the environment. Exits with 78 if there is an error.",
          .complete = COMPLETE_FILES },
        { .name = "doctor",
          .flags = FLAG_FORMAT_TEXT | FLAG_DATA_DIR,
          .run = cmd_doctor,
          .brief = "Look for what keeps autoheal from working, and say what helps",
          .details = "Changes nothing. Exits with 1 if something was found that keeps it from working." },
        { .name = "events",
          .flags = LISTS | FLAG_CONTAINER | FLAG_FOLLOW | FLAG_LIMIT | FLAG_SINCE | FLAG_TYPE | FLAG_UNTIL | FLAG_DATA_DIR,
          .run = cmd_events,
          .brief = "Show what was done and why" },
        { .name = "events clear",
          .flags = FLAG_YES | FLAG_DATA_DIR,
          .run = cmd_events_clear,
          .brief = "Remove the whole history of events" },
        { .name = "explain",
          .args = "CONTAINER",
          .min_args = 1,
          .max_args = 1,
          .flags = TELLS | FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_explain,
          .brief = "Show every rule for one container, with the numbers",
          .complete = COMPLETE_CONTAINERS },
        { .name = "healthcheck", .brief = "Checks of our own, beside those of the engine" },
        { .name = "healthcheck add",
          .args = "CONTAINER",
          .min_args = 1,
          .max_args = 1,
          .flags = FLAG_CHECK | FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_healthcheck_add,
          .brief = "Give a container a check, or another one",
          .details = "One of --http, --tcp, --exec and --docker says what is checked. It is kept under the container's stable\n"
                     "id in 'custom_health_checks' of config.json. A check counts once it has passed for this version of the\n"
                     "container: 'healthcheck test' tells whether it does.",
          .complete = COMPLETE_CONTAINERS },
        { .name = "healthcheck ls",
          .flags = LISTS | FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_healthcheck_ls,
          .brief = "List checks, and what they say" },
        { .name = "healthcheck rm",
          .args = "CONTAINER [CONTAINER...]",
          .min_args = 1,
          .max_args = ANY,
          .flags = FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_healthcheck_rm,
          .brief = "Take checks out of the configuration file",
          .complete = COMPLETE_CONTAINERS },
        { .name = "healthcheck test",
          .args = "CONTAINER",
          .min_args = 1,
          .max_args = 1,
          .flags = FLAG_FORMAT_TEXT | FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_healthcheck_test,
          .brief = "Run the check of a container now",
          .details = "Shows whether it passes, how long it takes and what it prints. Nothing of that is remembered. Exits with\n"
                     "1 if it does not pass.",
          .complete = COMPLETE_CONTAINERS },
        { .name = "help",
          .args = "[COMMAND]",
          .max_args = ANY,
          .run = cmd_help,
          .brief = "Help about the command",
          .complete = COMPLETE_COMMANDS,
          .hidden = true },
        { .name = "ignore",
          .args = "CONTAINER [CONTAINER...]",
          .min_args = 1,
          .max_args = ANY,
          .flags = FLAG_FORGET | FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_ignore,
          .brief = "Never touch containers, whatever their labels say",
          .details = "Puts them into 'containers.excluded' by their stable ids, and takes them out of 'containers.selected'.",
          .complete = COMPLETE_CONTAINERS },
        { .name = "maintenance", .brief = "Suspend restarts for a while, of all containers or of some" },
        { .name = "maintenance off",
          .args = "[SCOPE...]",
          .max_args = ANY,
          .flags = FLAG_ALL_SCOPES | FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_maintenance_off,
          .brief = "End maintenance",
          .details = SCOPES "all containers, and that of scopes goes on unless --all is given.",
          .complete = COMPLETE_SCOPES_ON },
        { .name = "maintenance on",
          .args = "[SCOPE...]",
          .max_args = ANY,
          .flags = FLAG_END | FLAG_FOR | FLAG_REASON | FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_maintenance_on,
          .brief = "Begin maintenance, or move start and end of what is on",
          .details = SCOPES "all containers. It goes on until it is ended, unless --for or --until says until when.",
          .complete = COMPLETE_SCOPES },
        { .name = "maintenance status",
          .flags = LISTS | FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_maintenance_status,
          .brief = "Show what is under maintenance, and until when" },
        { .name = "monitor",
          .args = "CONTAINER [CONTAINER...]",
          .min_args = 1,
          .max_args = ANY,
          .flags = FLAG_FORGET | FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_monitor,
          .brief = "Monitor containers, with or without the label",
          .details = "Puts them into 'containers.selected' by their stable ids, and takes them out of 'containers.excluded'.",
          .complete = COMPLETE_CONTAINERS },
        { .name = "notify", .brief = "Tell notification services" },
        { .name = "notify test",
          .args = "[SERVICE]",
          .max_args = 1,
          .flags = FLAG_DATA_DIR | FLAG_WARNINGS,
          .run = cmd_notify_test,
          .brief = "Send a test message",
          .details = "Sends it to that service, or to each that is enabled, now and once, and tells what the service\n"
                     "answered. Exits with 1 if one of them has not taken it.",
          .complete = COMPLETE_SERVICES },
        { .name = "ping",
          .flags = FLAG_URL | FLAG_DATA_DIR,
          .run = cmd_ping,
          .brief = "Ask a running serve whether it is healthy",
          .details = "Finds its address in the configuration, unless --url names one. Prints 'healthy', or what is wrong\n"
                     "and exits with 1: for HEALTHCHECK in a Dockerfile." },
        { .name = "prune",
          .flags = FLAG_WARNINGS | FLAG_YES | FLAG_DATA_DIR,
          .run = cmd_prune,
          .brief = "Forget containers that are gone, their quarantine too",
          .details = "Lists what is remembered of containers that the engine does not have any more, and asks before\n"
                     "it is dropped. A container of the same stable id that comes back later starts anew." },
        { .name = "ps",
          .flags = LISTS | FLAG_ALL | FLAG_FILTER | FLAG_QUIET | FLAG_WARNINGS | FLAG_WATCH | FLAG_DATA_DIR,
          .run = cmd_ps,
          .brief = "List containers with verdict, restarts and next action" },
        { .name = "quarantine",
          .args = "CONTAINER [CONTAINER...]",
          .min_args = 1,
          .max_args = ANY,
          .flags = FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_quarantine,
          .brief = "Leave containers alone until a person releases them",
          .complete = COMPLETE_CONTAINERS },
        { .name = "recreate",
          .args = "CONTAINER [PARENT]",
          .min_args = 1,
          .max_args = 2,
          .flags = FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_recreate,
          .brief = "Make a container anew whose network's owner is gone",
          .details = "It shares the network of a container that was removed or made anew. It gets the same configuration and\n"
                     "volumes in the network of PARENT, which is the container of the same stable id as the one that is gone\n"
                     "unless it is named. The old one is removed when the new one runs. Where that fails, or is interrupted,\n"
                     "nothing is lost: the same command goes on from there.",
          .complete = COMPLETE_CONTAINERS },
        { .name = "run",
          .flags = RUNS,
          .run = cmd_run,
          .brief = "Make one pass (as without a command)",
          .details = "Looks at all containers, restarts those that are unhealthy or crashed, quarantines those that\n"
                     "restarting does not help, saves what it did and exits. Off a terminal only what was done or\n"
                     "failed is printed. Exits with 1 if something failed, with 75 if another pass is running and\n"
                     "with 78 if the configuration or the data directory cannot be used." },
        { .name = "serve",
          .flags = FLAG_NO_AUTH | FLAG_PRINT_LINK | FLAG_DATA_DIR,
          .run = cmd_serve,
          .brief = "Go on watching and healing, with a page and an HTTP API",
          .details = "Follows the engine's events and heals at once, until it is told to stop. SIGTERM and SIGINT end it\n"
                     "when the restarts under way have ended, a second one at once; SIGHUP reads the configuration anew;\n"
                     "SIGUSR1 looks at all containers now. What it does is printed, and kept in logs/autoheal.log of the\n"
                     "data directory. ui.* and observability.* of the configuration say where it listens." },
        { .name = "status",
          .flags = TELLS | FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_status,
          .brief = "Show engine, data directory, counts and last pass" },
        { .name = "unquarantine",
          .args = "CONTAINER... | --all",
          .max_args = ANY,
          .flags = FLAG_RELEASE_ALL | FLAG_WARNINGS | FLAG_DATA_DIR,
          .run = cmd_unquarantine,
          .brief = "Release containers from quarantine and count their restarts anew",
          .complete = COMPLETE_QUARANTINED },
        { .name = "version", .flags = FLAG_FORMAT_TEXT | FLAG_DATA_DIR, .run = cmd_version, .brief = "Show the version" },
};
const size_t n_commands = N_ELEMENTS(commands);

const struct command *command_find(const char *name) {
        for (size_t i = 0; i < n_commands; i++)
                if (str_eq(commands[i].name, name))
                        return &commands[i];
        return NULL;
}

const char *command_args(const struct command *c) {
        if (!command_is_group(c))
                return c->args;
        return c->run ? "[COMMAND]" : "COMMAND";
}

const char *command_word(const struct command *c) {
        const char *last = strrchr(c->name, ' ');
        return last ? last + 1 : c->name;
}

bool command_is_below(const struct command *c, const struct command *parent) {
        size_t len = strlen(parent->name), above = (size_t)(command_word(c) - c->name);
        if (c == parent)
                return false;
        return len == 0 ? above == 0 : above == len + 1 && strncmp(c->name, parent->name, len) == 0;
}

const struct command *command_below(const struct command *parent, const char *name) {
        for (size_t i = 0; i < n_commands; i++)
                if (command_is_below(&commands[i], parent) && str_eq(command_word(&commands[i]), name))
                        return &commands[i];
        return NULL;
}

bool command_is_group(const struct command *c) {
        for (size_t i = 0; i < n_commands; i++)
                if (command_is_below(&commands[i], c))
                        return true;
        return false;
}

const char *command_path(const struct cli *cli, const struct command *c, struct arena *a) {
        return arena_printf(a, "%s%s%s", cli->program, c->name[0] ? " " : "", c->name);
}
