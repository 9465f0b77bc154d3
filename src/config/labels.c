/* SPDX-License-Identifier: MIT */
/* The table of labels, and the settings that hold for one container once its labels are read. */
#include "autoheal/util/text.h"
#include "autoheal/util/timefmt.h"
#include "config/config_internal.h"

#define STANDARD_PREFIX "autoheal"
#define STABLE_ID_MAX   200

enum label_kind { LABEL_OPTIN, LABEL_ACTION, LABEL_MODE, LABEL_DURATION, LABEL_COUNT, LABEL_STABLE_ID };

struct label_rule {
        enum label_kind kind;
        size_t offset; /* into struct policy */
        int64_t min;
};

#define RULE(...)                                                                                                                  \
        &(const struct label_rule) {                                                                                               \
                __VA_ARGS__                                                                                                        \
        }
#define ROW(key_, type_, help_, kind_, field, min_)                                                                                \
        {                                                                                                                          \
                .key = key_, .type = type_, .help = help_, .whole = false,                                                         \
                .rule = RULE(.kind = kind_, .offset = offsetof(struct policy, field), .min = min_)                                 \
        }

static const struct label_info labels[] = {
        ROW("", "true or false", "opts the container in; false keeps it out, even with `monitor.include_all`", LABEL_OPTIN, optin,
            0),
        ROW("action", "restart, stop, notify, none", "what is done about a failure", LABEL_ACTION, action, 0),
        ROW("mode", "both, health, on-failure", "in place of `restart.mode`", LABEL_MODE, mode, 0),
        ROW("stop.timeout", "duration", "in place of `restart.stop_timeout_seconds`", LABEL_DURATION, stop_timeout_s, 0),
        ROW("cooldown", "duration", "in place of `restart.cooldown_seconds`", LABEL_DURATION, cooldown_s, 0),
        ROW("start_grace", "duration", "in place of `restart.start_grace_seconds`", LABEL_DURATION, start_grace_s, 0),
        ROW("max_restarts", "int >= 1", "in place of `restart.max_restarts`", LABEL_COUNT, max_restarts, 1),
        ROW("window", "duration >= 1", "in place of `restart.max_restarts_window_seconds`", LABEL_DURATION, window_s, 1),
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

        if (strcmp(l->value, cfg->monitor.label_value) == 0)
                *ret = OPTIN_TRUE;
        else if (parse_bool(l->value, &yes))
                *ret = yes ? OPTIN_TRUE : OPTIN_FALSE;
        else if (parse_bool(cfg->monitor.label_value, &ignored) || strcmp(l->key, STANDARD_PREFIX) == 0)
                return "true or false";
        /* Else it is a label like tier=web that serves other purposes too: tier=db is not a mistake. */
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
        case LABEL_STABLE_ID:
                if (!is_stable_id(l->value))
                        return "1 to 200 bytes of text without control characters";
                p->stable_id = l->value;
                return NULL;
        }
        return NULL;
}

static void note_bad(struct config_issues *issues, const struct label *l, const char *must_be) {
        char key[160], value[96];

        (void)text_escape_into(key, sizeof(key), l->key);
        (void)text_escape_into(value, sizeof(value), l->value);
        issue_warning(issues, key, arena_printf(issues->arena, "%s=%s: must be %s", key, value, must_be));
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
                        note_bad(issues, l, must_be);
        }
        p.release_s = cfg->restart.release_seconds != SECONDS_NULL ? cfg->restart.release_seconds : p.window_s;
        *ret = p;
}
