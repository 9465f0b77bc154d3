/* SPDX-License-Identifier: MIT */
/* The table of labels, and the settings that hold for one container once its labels are read. */
#include "autoheal/util/text.h"
#include "autoheal/util/timefmt.h"
#include "config/objects.h"

#define STANDARD_PREFIX "autoheal"
#define STABLE_ID_MAX   200
/* More are not told: each one that was told is remembered for its container. */
#define UNKNOWN_LABELS_MAX 8

enum label_kind {
        LABEL_OTHER_OPTIN, /* of tools that heal what is unhealthy, and nothing else */
        LABEL_OTHER_RESTART,
        LABEL_OPTIN, /* wins over those */
        LABEL_ACTION,
        LABEL_MODE,
        LABEL_DURATION,
        LABEL_COUNT,
        LABEL_INTEGER,
        LABEL_STABLE_ID,
        LABEL_STABLE_IDS,
        LABEL_CHECK_HTTP,
        LABEL_CHECK_TCP,
        LABEL_CHECK_EXEC,
        LABEL_CHECK_EXPECT, /* below those that it belongs to */
};

struct label_rule {
        enum label_kind kind;
        size_t offset; /* into struct policy */
        int64_t min;
};

#define RULE(...)                                                                                                                  \
        &(const struct label_rule) {                                                                                               \
                __VA_ARGS__                                                                                                        \
        }
#define ROW(key_, type_, help_, setting_, kind_, field, min_)                                                                      \
        {                                                                                                                          \
                .key = key_, .type = type_, .help = help_, .whole = false, .setting = setting_,                                    \
                .rule = RULE(.kind = kind_, .offset = offsetof(struct policy, field), .min = min_)                                 \
        }
/* One that stands for a setting of the configuration. */
#define REPLACES(key, type, setting, kind, field, min) ROW(key, type, "in place of " setting, setting, kind, field, min)

/* Of another tool: the key stands alone. */
#define OTHER(key_, help_, kind_)                                                                                                  \
        { .key = key_, .type = "true or false", .help = help_, .whole = true, .rule = RULE(.kind = kind_) }

static const struct label_info labels[] = {
        OTHER("deunhealth.restart.on.unhealthy", "of another tool: as autoheal, with mode health", LABEL_OTHER_OPTIN),
        OTHER("autoheal.monitor.enable", "of another tool: as autoheal, with mode health", LABEL_OTHER_OPTIN),
        OTHER("autoheal.restart.enable", "of another tool: false is autoheal.action=notify", LABEL_OTHER_RESTART),
        ROW("", "true or false", "opts the container in; false keeps it out, even with monitor.include_all", NULL, LABEL_OPTIN,
            optin, 0),
        ROW("action", "restart, stop, notify, none", "what is done about a failure", NULL, LABEL_ACTION, action, 0),
        REPLACES("mode", "both, health, on-failure", "restart.mode", LABEL_MODE, mode, 0),
        REPLACES("stop.timeout", "duration", "restart.stop_timeout_seconds", LABEL_DURATION, stop_timeout_s, 0),
        REPLACES("cooldown", "duration", "restart.cooldown_seconds", LABEL_DURATION, cooldown_s, 0),
        REPLACES("start_grace", "duration", "restart.start_grace_seconds", LABEL_DURATION, start_grace_s, 0),
        REPLACES("max_restarts", "int >= 1", "restart.max_restarts", LABEL_COUNT, max_restarts, 1),
        REPLACES("window", "duration >= 1", "restart.max_restarts_window_seconds", LABEL_DURATION, window_s, 1),
        ROW("priority", "int", "during a storm the highest is restarted first; 0 without it", NULL, LABEL_INTEGER, priority,
            INT64_MIN),
        ROW("depends_on", "stable ids with commas between them",
            "containers that go first, and after whose restart by autoheal it is restarted", NULL, LABEL_STABLE_IDS, depends_on, 0),
        ROW("check.http", "address", "a check of ours: the address of the container, with localhost as its host, that is asked",
            NULL, LABEL_CHECK_HTTP, check.url, 0),
        ROW("check.tcp", "port", "a check of ours: the port of the container that is connected to", NULL, LABEL_CHECK_TCP,
            check.port, 1),
        ROW("check.exec", "command",
            "a check of ours: what is run in the container: a JSON array is run as it is, a text by /bin/sh", NULL,
            LABEL_CHECK_EXEC, check.command, 0),
        ROW("check.interval", "duration >= 1", "between two runs of that check; 30s without it", NULL, LABEL_DURATION,
            check.interval_s, 1),
        ROW("check.timeout", "duration >= 1", "how long a run may take; 10s without it", NULL, LABEL_DURATION, check.timeout_s, 1),
        ROW("check.retries", "int >= 1", "runs in a row that have to fail; 3 without it", NULL, LABEL_COUNT, check.retries, 1),
        ROW("check.expect", "status or text", "of check.http: the status, 200 without it, or what the body must hold", NULL,
            LABEL_CHECK_EXPECT, check.expected_body, 0),
        { .key = "monitoring.id",
          .type = "text",
          .help = "stable id: the name under which the container is remembered",
          .whole = true,
          .rule = RULE(.kind = LABEL_STABLE_ID, .offset = offsetof(struct policy, stable_id)) },
};

size_t config_labels(const struct label_info **ret) {
        *ret = labels;
        return N_ELEMENTS(labels);
}

static bool has_name(const char *label, const char *prefix, const char *key) {
        size_t n = strlen(prefix);

        if (strncmp(label, prefix, n) != 0)
                return false;
        if (!*key)
                return label[n] == '\0';
        return label[n] == '.' && strcmp(label + n + 1, key) == 0;
}

/* The container's label of that row: the configured prefix wins. */
static const struct label *find_label(const struct container *c, const struct label_info *info, const char *prefix) {
        const struct label *standard = NULL;

        for (size_t i = 0; i < c->n_labels; i++) {
                const struct label *l = &c->labels[i];

                if (info->whole ? strcmp(l->key, info->key) == 0 : has_name(l->key, prefix, info->key))
                        return l;
                if (!info->whole && has_name(l->key, STANDARD_PREFIX, info->key))
                        standard = l;
        }
        return standard;
}

/* Each reader returns NULL, or what the value must be. */

static void opt_in(struct policy *p, enum label_optin optin, const struct label *by, enum heal_mode mode) {
        p->optin = optin;
        p->optin_by = by;
        p->mode = mode;
}

static const char *read_optin(const struct config *cfg, const struct label *l, struct policy *p) {
        bool yes, ignored;

        if (strcmp(l->value, cfg->monitor.label_value) == 0) {
                opt_in(p, OPTIN_TRUE, l, cfg->restart.mode);
                return NULL;
        }
        if (parse_bool(l->value, &yes)) {
                opt_in(p, yes ? OPTIN_TRUE : OPTIN_FALSE, l, cfg->restart.mode);
                return NULL;
        }
        /* A label like tier=web serves other purposes too: tier=db is not a mistake. */
        if (!parse_bool(cfg->monitor.label_value, &ignored) && strcmp(l->key, STANDARD_PREFIX) != 0)
                return NULL;
        opt_in(p, OPTIN_UNCLEAR, l, cfg->restart.mode);
        return "true or false";
}

static const char *read_other(const struct label_rule *rule, const struct label *l, struct policy *p) {
        bool yes;

        if (!parse_bool(l->value, &yes))
                return "true or false";
        if (rule->kind == LABEL_OTHER_OPTIN)
                opt_in(p, yes ? OPTIN_TRUE : OPTIN_FALSE, l, MODE_HEALTH);
        else if (!yes)
                p->action = ACTION_NOTIFY;
        return NULL;
}

static const char *read_duration(const struct label *l, int64_t min, int64_t *ret) {
        int64_t s;

        if (!duration_parse(slice_str(l->value), SECONDS_MAX, &s) || s < min)
                return min > 0 ? "a duration like 90, 90s, 5m or 1h30m, above 0" : "a duration like 90, 90s, 5m or 1h30m";
        *ret = s;
        return NULL;
}

/* It becomes a key in files and a name in output. */
static bool is_stable_id(const char *id) {
        size_t n = strlen(id);

        if (n == 0 || n > STABLE_ID_MAX)
                return false;
        while (*id) {
                uint32_t cp;
                size_t used = utf8_sequence(id, n, &cp);

                if (used == 0 || cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
                        return false;
                id += used;
                n -= used;
        }
        return true;
}

static bool are_stable_ids(const char *list) {
        struct slice in = slice_str(list), id;
        char text[STABLE_ID_MAX + 1];

        while (slice_split(&in, ',', &id)) {
                id = slice_trim(id);
                if (id.n > STABLE_ID_MAX)
                        return false;
                memcpy(text, id.p, id.n);
                text[id.n] = '\0';
                if (!is_stable_id(text))
                        return false;
        }
        return *list != '\0';
}

/* ---- Labels of a check ---- */

static const char *begin_check(struct health_check *check, enum health_check_kind kind) {
        if (check->kind != HEALTH_CHECK_NONE)
                return "the only one of check.http, check.tcp and check.exec";
        check->kind = kind;
        check->from_label = true;
        return NULL;
}

/* A label may come from an image that somebody else made. */
static const char *read_check_http(const struct label *l, struct health_check *check) {
        if (!(is_address(l->value, "http") || is_address(l->value, "https")) || !health_check_is_local(l->value) ||
            !is_one_line(l->value))
                return "an address of the container itself, such as http://localhost:8080/health";
        check->url = l->value;
        return begin_check(check, HEALTH_CHECK_HTTP);
}

static const char *read_check_tcp(const struct label *l, struct health_check *check) {
        int64_t port;

        if (!parse_int64(l->value, 1, UINT16_MAX, &port))
                return "a port, 1..65535";
        if (check->kind == HEALTH_CHECK_NONE)
                check->port = port;
        return begin_check(check, HEALTH_CHECK_TCP);
}

static const char *read_check_exec(const struct label *l, struct health_check *check) {
        if (!health_check_is_command(l->value))
                return "a command: a text, or a JSON array of strings";
        if (check->kind == HEALTH_CHECK_NONE)
                check->command = l->value;
        return begin_check(check, HEALTH_CHECK_EXEC);
}

static const char *read_check_expect(const struct label *l, struct health_check *check) {
        int64_t n;

        if (check->kind != HEALTH_CHECK_HTTP)
                return "set beside check.http";
        if (parse_int64(l->value, 100, 599, &n))
                check->expected_status = n;
        else if (*l->value)
                check->expected_body = l->value;
        else
                return "a status, 100..599, or a text";
        return NULL;
}

/* How a check is run, of whichever kind. */
static bool goes_with_a_check(const struct label_rule *rule) {
        return rule->offset == offsetof(struct policy, check.interval_s) ||
               rule->offset == offsetof(struct policy, check.timeout_s) || rule->offset == offsetof(struct policy, check.retries);
}

static const char *read_value(struct policy *p, const struct config *cfg, const struct label_rule *rule, const struct label *l) {
        enum heal_action action;
        enum heal_mode mode;
        int64_t n = 0;
        const char *wrong;

        if (goes_with_a_check(rule) && p->check.kind == HEALTH_CHECK_NONE)
                return "set beside check.http, check.tcp or check.exec";
        switch (rule->kind) {
        case LABEL_OTHER_OPTIN:
        case LABEL_OTHER_RESTART:
                return read_other(rule, l, p);
        case LABEL_OPTIN:
                return read_optin(cfg, l, p);
        case LABEL_ACTION:
                action = heal_action_parse(l->value);
                if (action == ACTION_MAX_)
                        return "one of restart, stop, notify, none";
                p->action = action;
                return NULL;
        case LABEL_MODE:
                mode = heal_mode_parse(l->value);
                if (mode == MODE_MAX_)
                        return "one of both, health, on-failure";
                p->mode = mode;
                return NULL;
        case LABEL_DURATION:
                wrong = read_duration(l, rule->min, &n);
                if (!wrong)
                        memcpy((char *)p + rule->offset, &n, sizeof(n));
                return wrong;
        case LABEL_COUNT:
                if (!parse_int64(l->value, rule->min, INT64_MAX, &n))
                        return "an integer >= 1";
                memcpy((char *)p + rule->offset, &n, sizeof(n));
                return NULL;
        case LABEL_INTEGER:
                if (!parse_int64(l->value, rule->min, INT64_MAX, &n))
                        return "an integer";
                memcpy((char *)p + rule->offset, &n, sizeof(n));
                return NULL;
        case LABEL_STABLE_ID:
                if (!is_stable_id(l->value))
                        return "1 to 200 bytes of text without control characters";
                p->stable_id = l->value;
                return NULL;
        case LABEL_STABLE_IDS:
                if (!are_stable_ids(l->value))
                        return "stable ids with commas between them";
                p->depends_on = l->value;
                return NULL;
        case LABEL_CHECK_HTTP:
                return read_check_http(l, &p->check);
        case LABEL_CHECK_TCP:
                return read_check_tcp(l, &p->check);
        case LABEL_CHECK_EXEC:
                return read_check_exec(l, &p->check);
        case LABEL_CHECK_EXPECT:
                return read_check_expect(l, &p->check);
        }
        return NULL;
}

static const char *duration(struct arena *a, int64_t seconds) {
        char text[DURATION_SIZE];

        duration_format(seconds, text);
        return arena_printf(a, "'%s' holds", text);
}

/* What is in force in place of a bad value: a message that changes with each look would be told each time. */
static const char *what_holds(const struct policy *p, const struct config *cfg, const struct label_rule *rule, struct arena *a) {
        int64_t n;

        if (goes_with_a_check(rule) && p->check.kind == HEALTH_CHECK_NONE)
                return "the label is ignored";
        switch (rule->kind) {
        case LABEL_ACTION:
                return arena_printf(a, "'%s' holds", heal_action_name(p->action));
        case LABEL_MODE:
                return arena_printf(a, "'%s' holds", heal_mode_name(p->mode));
        case LABEL_DURATION:
                memcpy(&n, (const char *)p + rule->offset, sizeof(n));
                if (rule->offset == offsetof(struct policy, stop_timeout_s) && cfg->restart.stop_timeout_seconds == SECONDS_NULL)
                        return "the container's own holds";
                return duration(a, n);
        case LABEL_COUNT:
        case LABEL_INTEGER:
                memcpy(&n, (const char *)p + rule->offset, sizeof(n));
                return arena_printf(a, "'%lld' holds", (long long)n);
        default:
                return "the label is ignored";
        }
}

static void note(struct config_issues *issues, const struct label *l, const char *message) {
        char key[160], value[96];

        (void)text_escape_into(key, sizeof(key), l->key);
        (void)text_escape_into(value, sizeof(value), l->value);
        issue_warning(issues, key, arena_printf(issues->arena, "%s=%s: %s", key, value, message));
}

/* ---- Labels that are not in the table ---- */

/* Names that mean something to other versions. */
static bool is_reserved(const char *key) {
        static const char *const reserved[] = { "notify" };

        for (size_t i = 0; i < N_ELEMENTS(reserved); i++)
                if (strcmp(key, reserved[i]) == 0)
                        return true;
        return false;
}

/* key: what follows the prefix and a dot in whole. */
static bool is_in_table(const char *key, const char *whole) {
        for (size_t i = 0; i < N_ELEMENTS(labels); i++)
                if (strcmp(labels[i].whole ? whole : key, labels[i].key) == 0)
                        return true;
        return false;
}

/* What follows the prefix and a dot; NULL if it does not begin so. */
static const char *key_below(const char *label, const char *prefix) {
        size_t n = strlen(prefix);

        return strncmp(label, prefix, n) == 0 && label[n] == '.' ? label + n + 1 : NULL;
}

/* False if nothing is to be told about it. */
static bool note_unknown(struct config_issues *issues, const struct config *cfg, const struct label *l) {
        const char *prefix = cfg->monitor.label_key, *key = key_below(l->key, prefix), *meant;

        if (!key && strcmp(l->key, prefix) != 0) {
                prefix = STANDARD_PREFIX;
                key = key_below(l->key, prefix);
        }
        if (!key || is_in_table(key, l->key) || is_reserved(key))
                return false;
        meant = suggest_label(key);
        /* The prefix that somebody chose may have labels of others below it. */
        if (!meant && strcmp(prefix, STANDARD_PREFIX) != 0)
                return false;
        note(issues, l,
             meant ? arena_printf(issues->arena, "unknown label (did you mean %s.%s?)", prefix, meant) : "unknown label");
        return true;
}

static void note_unknown_labels(struct config_issues *issues, const struct config *cfg, const struct container *c) {
        int noted = 0;

        for (size_t i = 0; i < c->n_labels && noted < UNKNOWN_LABELS_MAX; i++)
                noted += note_unknown(issues, cfg, &c->labels[i]);
}

const struct label *config_label_over(const struct config *cfg, const struct container *c, const char *path) {
        struct policy unused = { .check = HEALTH_CHECK_INIT };

        for (size_t i = 0; i < N_ELEMENTS(labels); i++) {
                const struct label *l = str_eq(labels[i].setting, path) ? find_label(c, &labels[i], cfg->monitor.label_key) : NULL;

                if (l && !read_value(&unused, cfg, labels[i].rule, l))
                        return l;
        }
        return NULL;
}

void policy_for(struct policy *ret, const struct config *cfg, const struct container *c, struct config_issues *issues) {
        struct policy p = {
                .optin = OPTIN_NONE,
                .action = ACTION_RESTART,
                .mode = cfg->restart.mode,
                .cooldown_s = cfg->restart.cooldown_seconds,
                .start_grace_s = cfg->restart.start_grace_seconds,
                .max_restarts = cfg->restart.max_restarts,
                .window_s = cfg->restart.max_restarts_window_seconds,
                .stop_timeout_s = c->inspected ? c->stop_timeout_s : STOP_TIMEOUT_UNSET,
                .check = HEALTH_CHECK_INIT,
        };

        if (cfg->restart.stop_timeout_seconds != SECONDS_NULL)
                p.stop_timeout_s = cfg->restart.stop_timeout_seconds;
        for (size_t i = 0; i < N_ELEMENTS(labels); i++) {
                const struct label *l = find_label(c, &labels[i], cfg->monitor.label_key);
                const char *must_be = l ? read_value(&p, cfg, labels[i].rule, l) : NULL;

                if (must_be && issues)
                        note(issues, l,
                             arena_printf(issues->arena, "must be %s; %s", must_be,
                                          what_holds(&p, cfg, labels[i].rule, issues->arena)));
        }
        if (issues)
                note_unknown_labels(issues, cfg, c);
        p.release_s = cfg->restart.release_seconds != SECONDS_NULL ? cfg->restart.release_seconds : p.window_s;
        *ret = p;
}
