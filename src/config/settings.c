/* SPDX-License-Identifier: MIT */
/* The table of settings: one row for each key. */
#include "config/objects.h"

#define TEXT(x)    #x
#define TEXT_OF(x) TEXT(x)
#define RULE(...)                                                                                                                  \
        &(const struct setting_rule) {                                                                                             \
                __VA_ARGS__                                                                                                        \
        }
#define PLACE(of) .offset = offsetof(struct config, of)

#define ROW(path_, type_, initial_, range_, env_, help_, rule_)                                                                    \
        {                                                                                                                          \
                .path = path_, .type = type_, .initial = initial_, .range = range_, .env = env_, .help = help_, .kept = false,     \
                .rule = rule_                                                                                                      \
        }

#define BOOL(path, env, field, is, help)                                                                                           \
        ROW(path, "bool", #is, "", env, help, RULE(.kind = KIND_BOOL, PLACE(field), .initial.boolean = is))
#define BETWEEN(path, env, field, is, from, to, help)                                                                              \
        ROW(path, "int", #is, TEXT_OF(from) ".." TEXT_OF(to), env, help,                                                           \
            RULE(.kind = KIND_INT, PLACE(field), .min = from, .max = to, .initial.integer = is))
#define AT_LEAST(path, env, field, is, from, help)                                                                                 \
        ROW(path, "int", #is, ">= " #from, env, help,                                                                              \
            RULE(.kind = KIND_INT, PLACE(field), .min = from, .max = INT64_MAX, .initial.integer = is))
#define SECONDS(path, env, field, is, from, help) BETWEEN(path, env, field, is, from, SECONDS_MAX, help)
#define SECONDS_OR_NULL(path, env, field, help)                                                                                    \
        ROW(path, "int or null", "null", "0.." TEXT_OF(SECONDS_MAX), env, help,                                                    \
            RULE(.kind = KIND_INT, PLACE(field), .nullable = true, .max = SECONDS_MAX, .initial.integer = SECONDS_NULL))
#define NUMBER(path, env, field, is, from, help)                                                                                   \
        ROW(path, "number", #is, ">= " #from, env, help,                                                                           \
            RULE(.kind = KIND_NUMBER, PLACE(field), .least = from, .initial.number = is))
#define STRING(path, env, field, is, shortest, range, help)                                                                        \
        ROW(path, "string", "\"" is "\"", range, env, help,                                                                        \
            RULE(.kind = KIND_STRING, PLACE(field), .min = shortest, .initial.string = is))
#define PATH_OR_NULL(path, env, field, help)                                                                                       \
        ROW(path, "string or null", "null", "an absolute path", env, help,                                                         \
            RULE(.kind = KIND_STRING, PLACE(field), .nullable = true, .absolute = true))
#define LISTENED "an IP address or localhost or unix:///path"
#define WORD(path, env, field, is, words, help)                                                                                    \
        ROW(path, "string", "\"" is "\"", words, env, help, RULE(.kind = KIND_WORD, PLACE(field), .initial.string = is))
#define LIST(path, env, field, help) ROW(path, "list of strings", "[]", "", env, help, RULE(.kind = KIND_STRINGS, PLACE(field)))
#define PATTERNS(path, env, field, help)                                                                                           \
        ROW(path, "list of strings", "[]", "", env, help, RULE(.kind = KIND_STRINGS, PLACE(field), .patterns = true))
#define ARGV(path, env, field, help)                                                                                               \
        ROW(path, "list of strings", "[]", "a program and its arguments", env, help,                                               \
            RULE(.kind = KIND_STRINGS, PLACE(field), .argv = true))
#define LABELS(path, field, help) ROW(path, "list of {label: value}", "[]", "", NULL, help, RULE(.kind = KIND_LABELS, PLACE(field)))
#define COUNTS(path, field, help)                                                                                                  \
        ROW(path, "{stable id: int}", "{}", ">= 0", NULL, help, RULE(.kind = KIND_COUNTS, PLACE(field), .max = INT64_MAX))

#define KEPT(path_, type_, initial_, ...)                                                                                          \
        {                                                                                                                          \
                .path = path_, .type = type_, .initial = initial_, .range = "", .env = NULL, .help = "kept as it is",              \
                .kept = true, .rule = RULE(__VA_ARGS__)                                                                            \
        }
#define KEPT_BOOL(path, is)            KEPT(path, "bool", is, .kind = KIND_BOOL)
#define KEPT_STRING(path)              KEPT(path, "string", "\"\"", .kind = KIND_STRING)
#define KEPT_OBJECTS(path, is, check_) KEPT(path, "list of objects", is, .kind = KIND_OBJECTS, .check = check_)

static const char *const told_words[] = { "restart", "quarantine", "health_check_failed", "auto_unquarantine" };
static const struct string_list told_by_default = { told_words, N_ELEMENTS(told_words) };

static const struct setting_info settings[] = {
        SECONDS("monitor.interval_seconds", "AUTOHEAL_MONITOR_INTERVAL_SECONDS", monitor.interval_seconds, 30, 1,
                "how often a pass is expected to run; one that waits for its restarts looks again that often"),
        SECONDS("monitor.start_period_seconds", "AUTOHEAL_MONITOR_START_PERIOD_SECONDS", monitor.start_period_seconds, 0, 0,
                "serve restarts nothing that long after its own start"),
        ROW("monitor.label_key", "string", "\"autoheal\"", "not empty", "AUTOHEAL_MONITOR_LABEL_KEY",
            "label that opts a container in, and prefix of the other labels",
            RULE(.kind = KIND_STRING, PLACE(monitor.label_key), .is_label_key = true, .min = 1, .initial.string = "autoheal")),
        STRING("monitor.label_value", "AUTOHEAL_MONITOR_LABEL_VALUE", monitor.label_value, "true", 0, "",
               "value of that label that opts a container in"),
        BOOL("monitor.include_all", "AUTOHEAL_MONITOR_INCLUDE_ALL", monitor.include_all, false,
             "monitor every container that is not excluded"),
        BOOL("monitor.include_swarm_tasks", "AUTOHEAL_MONITOR_INCLUDE_SWARM_TASKS", monitor.include_swarm_tasks, false,
             "monitor tasks of Swarm services too, which Swarm replaces by itself"),
        LIST("containers.selected", "AUTOHEAL_CONTAINERS_SELECTED", containers.selected,
             "stable ids, names or ids of containers to monitor, filters or not"),
        LIST("containers.excluded", "AUTOHEAL_CONTAINERS_EXCLUDED", containers.excluded,
             "stable ids, names or ids of containers never to monitor; wins over everything else"),
        COUNTS("containers.restart_counts", containers.restart_counts,
               "totals of the earlier Python service; read as lifetime counts where none is known yet"),
        PATTERNS("filters.whitelist_names", "AUTOHEAL_FILTERS_WHITELIST_NAMES", filters.whitelist_names,
                 "patterns (*, ?, [a-z]); if there are any, a name must match one of them"),
        PATTERNS("filters.blacklist_names", "AUTOHEAL_FILTERS_BLACKLIST_NAMES", filters.blacklist_names,
                 "patterns; a name that matches one of them is kept out"),
        LABELS("filters.whitelist_labels", filters.whitelist_labels, "if there are any, a container must have one of these labels"),
        LABELS("filters.blacklist_labels", filters.blacklist_labels, "a container that has one of these labels is kept out"),
        WORD("restart.mode", "AUTOHEAL_RESTART_MODE", restart.mode_word, "both", "both, health, on-failure",
             "heal unhealthy running containers (health), exited ones (on-failure), or both"),
        SECONDS("restart.cooldown_seconds", "AUTOHEAL_RESTART_COOLDOWN_SECONDS", restart.cooldown_seconds, 60, 0,
                "least time between two restarts of one container"),
        AT_LEAST("restart.max_restarts", "AUTOHEAL_RESTART_MAX_RESTARTS", restart.max_restarts, 3, 1,
                 "restarts within the window or within one episode; then the container is quarantined"),
        SECONDS("restart.max_restarts_window_seconds", "AUTOHEAL_RESTART_MAX_RESTARTS_WINDOW_SECONDS",
                restart.max_restarts_window_seconds, 600, 1, "length of the restart window"),
        SECONDS_OR_NULL("restart.release_seconds", "AUTOHEAL_RESTART_RELEASE_SECONDS", restart.release_seconds,
                        "how long a quarantined container must be well to be released by itself; null: the restart window"),
        SECONDS("restart.start_grace_seconds", "AUTOHEAL_RESTART_START_GRACE_SECONDS", restart.start_grace_seconds, 0, 0,
                "unhealthy counts only that long after the start of a container"),
        BOOL("restart.backoff.enabled", "AUTOHEAL_RESTART_BACKOFF_ENABLED", restart.backoff_enabled, true,
             "wait longer before each further restart"),
        SECONDS("restart.backoff.initial_seconds", "AUTOHEAL_RESTART_BACKOFF_INITIAL_SECONDS", restart.backoff_initial_seconds, 10,
                1, "what the second restart waits beyond the cooldown"),
        NUMBER("restart.backoff.multiplier", "AUTOHEAL_RESTART_BACKOFF_MULTIPLIER", restart.backoff_multiplier, 2.0, 1.0,
               "by how much each further wait is longer than the one before"),
        SECONDS("restart.backoff.max_seconds", "AUTOHEAL_RESTART_BACKOFF_MAX_SECONDS", restart.backoff_max_seconds, 300, 1,
                "the longest wait beyond the cooldown"),
        BOOL("restart.respect_manual_stop", "AUTOHEAL_RESTART_RESPECT_MANUAL_STOP", restart.respect_manual_stop, true,
             "leave alone what exited with 0 or what somebody stopped; false: start whatever exited"),
        SECONDS("restart.exit_grace_seconds", "AUTOHEAL_RESTART_EXIT_GRACE_SECONDS", restart.exit_grace_seconds, 10, 0,
                "an exited container is left alone that long: Compose may be recreating it"),
        SECONDS("restart.max_exit_age_seconds", "AUTOHEAL_RESTART_MAX_EXIT_AGE_SECONDS", restart.max_exit_age_seconds, 86400, 0,
                "a container that had exited longer ago when it was first seen is left alone; 0: no limit"),
        SECONDS("restart.verify_seconds", "AUTOHEAL_RESTART_VERIFY_SECONDS", restart.verify_seconds, 30, 0,
                "without a health check, how long a container must have run to count as well"),
        SECONDS_OR_NULL("restart.stop_timeout_seconds", "AUTOHEAL_RESTART_STOP_TIMEOUT_SECONDS", restart.stop_timeout_seconds,
                        "time to stop before the engine kills; null: the container's own, else the engine's 10 s"),
        BETWEEN("restart.max_parallel", "AUTOHEAL_RESTART_MAX_PARALLEL", restart.max_parallel, 16, 1, 64,
                "restarts under way at once"),
        BOOL("restart.auto_unquarantine", "AUTOHEAL_RESTART_AUTO_UNQUARANTINE", restart.auto_unquarantine, true,
             "release from quarantine what has been well for restart.release_seconds"),
        BOOL("restart.after_engine_restart", "AUTOHEAL_RESTART_AFTER_ENGINE_RESTART", restart.after_engine_restart, true,
             "start again what an engine restart stopped and its own policy does not bring back"),
        BOOL("restart.stop_crash_loops", "AUTOHEAL_RESTART_STOP_CRASH_LOOPS", restart.stop_crash_loops, false,
             "stop what the engine's own policy restarts in vain"),
        BOOL("restart.dependents", "AUTOHEAL_RESTART_DEPENDENTS", restart.dependents, true,
             "restart what shares the network of a container that has started anew, or depends on one that was restarted by "
             "autoheal"),
        SECONDS("restart.deploy_hold_seconds", "AUTOHEAL_RESTART_DEPLOY_HOLD_SECONDS", restart.deploy_hold_seconds, 20, 0,
                "after a create, destroy or rename in a Compose project that project is left alone that long"),
        ROW("maintenance.windows", "list of objects", "[]", "", NULL,
            "weekly times at which nothing is restarted: see docs/configuration.md",
            RULE(.kind = KIND_OBJECTS, .check = windows_check)),
        BOOL("brake.enabled", "AUTOHEAL_BRAKE_ENABLED", brake.enabled, true,
             "slow down when so many are down that the cause is likely the host (a storm)"),
        BETWEEN("brake.max_failing_percent", "AUTOHEAL_BRAKE_MAX_FAILING_PERCENT", brake.max_failing_percent, 55, 1, 100,
                "share of the monitored containers that must be down for a storm; it ends below half of it"),
        AT_LEAST("brake.min_failing", "AUTOHEAL_BRAKE_MIN_FAILING", brake.min_failing, 3, 1,
                 "how many must be down for a storm, and have begun to fail within the restart window"),
        AT_LEAST("brake.restarts_per_interval", "AUTOHEAL_BRAKE_RESTARTS_PER_INTERVAL", brake.restarts_per_interval, 1, 1,
                 "restarts in any monitor.interval_seconds during a storm"),
        AT_LEAST("brake.max_unavailable", "AUTOHEAL_BRAKE_MAX_UNAVAILABLE", brake.max_unavailable, 1, 1,
                 "replicas of one Compose service that are taken down for a restart at a time"),
        BOOL("ui.enable", "AUTOHEAL_UI_ENABLE", ui.enable, true, "serve answers HTTP; read when it starts"),
        ROW("ui.listen_address", "string", "\"127.0.0.1\"", LISTENED, "AUTOHEAL_UI_LISTEN_ADDRESS",
            "where serve listens, with unix:///path on a socket; read when it starts",
            RULE(.kind = KIND_STRING, PLACE(ui.listen_address), .listens = true, .initial.string = "127.0.0.1")),
        BETWEEN("ui.listen_port", "AUTOHEAL_UI_LISTEN_PORT", ui.listen_port, 8080, 1, 65535,
                "port of ui.listen_address; read when serve starts"),
        BOOL("ui.allow_export_json", "AUTOHEAL_UI_ALLOW_EXPORT_JSON", ui.allow_export_json, true,
             "let the configuration be exported over HTTP"),
        BOOL("ui.allow_import_json", "AUTOHEAL_UI_ALLOW_IMPORT_JSON", ui.allow_import_json, true,
             "let a configuration be imported over HTTP"),
        SECONDS("ui.refresh_seconds", "AUTOHEAL_UI_REFRESH_SECONDS", ui.refresh_seconds, 5, 1, "how often the page asks anew"),
        BETWEEN("ui.max_log_entries", "AUTOHEAL_UI_MAX_LOG_ENTRIES", ui.max_log_entries, 1000, 1, 10000, "events that are kept"),
        LIST("ui.cors_origins", "AUTOHEAL_UI_CORS_ORIGINS", ui.cors_origins,
             "pages of these origins (https://status.example.org) may use the API from a browser"),
        BOOL("observability.prometheus_enabled", "AUTOHEAL_OBSERVABILITY_PROMETHEUS_ENABLED", observability.prometheus_enabled,
             true, "serve answers /metrics"),
        BETWEEN("observability.metrics_port", "AUTOHEAL_OBSERVABILITY_METRICS_PORT", observability.metrics_port, 9090, 1, 65535,
                "port of /metrics; read when serve starts"),
        ROW("observability.metrics_address", "string or null", "null", LISTENED, "AUTOHEAL_OBSERVABILITY_METRICS_ADDRESS",
            "where serve listens for /metrics; null: at ui.listen_address; read when it starts",
            RULE(.kind = KIND_STRING, PLACE(observability.metrics_address), .nullable = true, .listens = true)),
        PATH_OR_NULL("observability.textfile", "AUTOHEAL_OBSERVABILITY_TEXTFILE", observability.textfile,
                     "where a pass writes its metrics for the node exporter; null: nowhere"),
        WORD("observability.log_level", "AUTOHEAL_OBSERVABILITY_LOG_LEVEL", observability.log_level, "INFO",
             "DEBUG, INFO, WARNING, ERROR, CRITICAL", "the least that is worth a line in the log"),
        WORD("observability.log_format", "AUTOHEAL_OBSERVABILITY_LOG_FORMAT", observability.log_format, "text", "text, json",
             "lines of text, or a JSON object a line"),
        AT_LEAST("observability.log_max_bytes", "AUTOHEAL_OBSERVABILITY_LOG_MAX_BYTES", observability.log_max_bytes, 10485760, 0,
                 "the log is set aside and begun anew before it grows beyond this; 0: that is left to logrotate"),
        BETWEEN("observability.log_keep", "AUTOHEAL_OBSERVABILITY_LOG_KEEP", observability.log_keep, 3, 0, 100,
                "how many of those that were set aside are kept"),

        BOOL("alerts.enabled", "AUTOHEAL_ALERTS_ENABLED", alerts.enabled, true, "tell alerts.webhook"),
        ROW("alerts.webhook", "string or null", "null", "http:// or https://", "AUTOHEAL_ALERTS_WEBHOOK",
            "address that gets the event of each quarantine as JSON, or {\"file\": \"/path\"} that holds it; null: none",
            RULE(.kind = KIND_STRING, PLACE(alerts.webhook), .nullable = true, .secret = true, .address = true, .file = true)),
        BOOL("alerts.notify_on_quarantine", "AUTOHEAL_ALERTS_NOTIFY_ON_QUARANTINE", alerts.notify_on_quarantine, true,
             "tell alerts.webhook of quarantines, which is all that it is told of"),
        BOOL("notifications.enabled", "AUTOHEAL_NOTIFICATIONS_ENABLED", notifications.enabled, false,
             "tell notifications.services what happens"),
        ROW("notifications.services", "list of objects", "[]", "", NULL, "whom to tell: see docs/notifications.md",
            RULE(.kind = KIND_OBJECTS, .check = services_check)),
        ROW("notifications.event_filters", "list of strings",
            "[\"restart\",\"quarantine\",\"health_check_failed\",\"auto_unquarantine\"]", "",
            "AUTOHEAL_NOTIFICATIONS_EVENT_FILTERS", "which types of events they are told of; none: of all",
            RULE(.kind = KIND_STRINGS, PLACE(notifications.event_filters), .events = true, .initial.list = &told_by_default)),
        ARGV("hooks.pre_restart", "AUTOHEAL_HOOKS_PRE_RESTART", hooks.pre_restart,
             "program that is run before a container is restarted or started again: see docs/hooks.md"),
        ARGV("hooks.post_restart", "AUTOHEAL_HOOKS_POST_RESTART", hooks.post_restart, "program that is run after that"),
        ARGV("hooks.on_quarantine", "AUTOHEAL_HOOKS_ON_QUARANTINE", hooks.on_quarantine,
             "program that is run when autoheal quarantines a container"),
        BETWEEN("hooks.timeout_seconds", "AUTOHEAL_HOOKS_TIMEOUT_SECONDS", hooks.timeout_seconds, 30, 1, 3600,
                "a hook that runs for longer is killed, and what it has started with it"),
        BOOL("hooks.pre_restart_veto", "AUTOHEAL_HOOKS_PRE_RESTART_VETO", hooks.pre_restart_veto, false,
             "a hooks.pre_restart that fails holds the restart; false: it goes on"),
        KEPT_BOOL("uptime_kuma.enabled", "false"),
        KEPT_STRING("uptime_kuma.server_url"),
        KEPT_STRING("uptime_kuma.username"),
        KEPT_STRING("uptime_kuma.api_token"),
        KEPT_BOOL("uptime_kuma.auto_restart_on_down", "true"),
        KEPT_OBJECTS("uptime_kuma_mappings", "[]", NULL),
        ROW("custom_health_checks", "{stable id: object}", "{}", "", NULL, "checks of our own: see docs/health-checks.md",
            RULE(.kind = KIND_MAP, .check = checks_check)),
};

size_t config_settings(const struct setting_info **ret) {
        *ret = settings;
        return N_ELEMENTS(settings);
}

const struct setting_info *config_find_setting(const char *path) {
        for (size_t i = 0; i < N_ELEMENTS(settings); i++)
                if (strcmp(settings[i].path, path) == 0)
                        return &settings[i];
        return NULL;
}

bool config_is_section(const char *path) {
        size_t n = strlen(path);

        for (size_t i = 0; i < N_ELEMENTS(settings); i++)
                if (strncmp(settings[i].path, path, n) == 0 && settings[i].path[n] == '.')
                        return true;
        return false;
}

void config_defaults(struct config *ret) {
        *ret = (struct config){ 0 };
        for (size_t i = 0; i < N_ELEMENTS(settings); i++) {
                const struct setting_rule *rule = settings[i].rule;
                char *place = (char *)ret + rule->offset;

                if (settings[i].kept)
                        continue;
                if (rule->kind == KIND_INT)
                        memcpy(place, &rule->initial.integer, sizeof(rule->initial.integer));
                else if (rule->kind == KIND_NUMBER)
                        memcpy(place, &rule->initial.number, sizeof(rule->initial.number));
                else if (rule->kind == KIND_BOOL)
                        memcpy(place, &rule->initial.boolean, sizeof(rule->initial.boolean));
                else if (rule->kind == KIND_STRING || rule->kind == KIND_WORD)
                        memcpy(place, &rule->initial.string, sizeof(rule->initial.string));
                else if (rule->kind == KIND_STRINGS && rule->initial.list)
                        memcpy(place, rule->initial.list, sizeof(*rule->initial.list));
        }
        ret->restart.mode = heal_mode_parse(ret->restart.mode_word);
}
