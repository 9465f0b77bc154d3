/* SPDX-License-Identifier: MIT */
/* The table of labels, and the settings that hold for one container once its labels are read. */
#include "autoheal/util/text.h"
#include "autoheal/util/timefmt.h"
#include "config/config_internal.h"

#define STANDARD_PREFIX "autoheal"
#define STABLE_ID_MAX   200
/* More are not told: each one that was told is remembered for its container. */
#define UNKNOWN_LABELS_MAX 8

enum label_kind { LABEL_OPTIN, LABEL_ACTION, LABEL_MODE, LABEL_DURATION, LABEL_COUNT, LABEL_INTEGER, LABEL_STABLE_ID };

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

static const struct label_info labels[] = {
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

static const char *read_optin(const struct config *cfg, const struct label *l, enum label_optin *ret) {
        bool yes, ignored;

        if (strcmp(l->value, cfg->monitor.label_value) == 0) {
                *ret = OPTIN_TRUE;
                return NULL;
        }
        if (parse_bool(l->value, &yes)) {
                *ret = yes ? OPTIN_TRUE : OPTIN_FALSE;
                return NULL;
        }
        /* A label like tier=web serves other purposes too: tier=db is not a mistake. */
        if (!parse_bool(cfg->monitor.label_value, &ignored) && strcmp(l->key, STANDARD_PREFIX) != 0)
                return NULL;
        *ret = OPTIN_UNCLEAR;
        return "true or false";
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

static const char *read_value(struct policy *p, const struct config *cfg, const struct label_rule *rule, const struct label *l) {
        enum heal_action action;
        enum heal_mode mode;
        int64_t n = 0;
        const char *wrong;

        switch (rule->kind) {
        case LABEL_OPTIN:
                return read_optin(cfg, l, &p->optin);
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
        static const char *const reserved[] = { "depends_on", "monitor.enable", "restart.enable", "notify" };

        for (size_t i = 0; i < N_ELEMENTS(reserved); i++)
                if (strcmp(key, reserved[i]) == 0)
                        return true;
        return strncmp(key, "check.", strlen("check.")) == 0;
}

static bool is_in_table(const char *key) {
        for (size_t i = 0; i < N_ELEMENTS(labels); i++)
                if (!labels[i].whole && strcmp(key, labels[i].key) == 0)
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
        if (!key || is_in_table(key) || is_reserved(key))
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
        struct policy unused;

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
