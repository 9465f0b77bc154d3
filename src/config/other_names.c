/* SPDX-License-Identifier: MIT */
/*
 * Variables that the most used shell tool for this reads, so that its Compose file works with our image. Each stands for a setting, and
 * loses against the setting's own variable; an empty one is not set, as there.
 *
 * Names that are not ours alone (WEBHOOK_URL ...) are heeded only where AUTOHEAL_OTHER_NAMES says so, as the image does: elsewhere they
 * may be meant for other programs, which must not get our messages, nor have their scripts run.
 */
#include "autoheal/util/text.h"
#include "autoheal/util/timefmt.h"
#include "config/objects.h"

#define CHOOSES  "AUTOHEAL_CONTAINER_LABEL"
#define ALL      "all"
#define BLANKS   " \t\n"
#define JSON_KEY "content" /* where WEBHOOK_JSON_KEY is not set, as in that tool's image */

typedef const char *convert_fn(const char *text, struct arena *a);

static convert_fn as_it_is, as_seconds, as_include_all, as_label_key, as_command;

/* In the order in which they are applied. */
static const struct other_name {
        const char *name, *path; /* path NULL: no single setting */
        convert_fn *convert;     /* to what the setting's own variable would say; NULL: it says nothing about the setting */
} names[] = {
        { CHOOSES, "monitor.include_all", as_include_all },
        { CHOOSES, "monitor.label_key", as_label_key },
        { "AUTOHEAL_INTERVAL", "monitor.interval_seconds", as_seconds },
        { "AUTOHEAL_START_PERIOD", "monitor.start_period_seconds", as_seconds },
        { "AUTOHEAL_DEFAULT_STOP_TIMEOUT", "restart.stop_timeout_seconds", as_seconds },
        { "AUTOHEAL_ONLY_MONITOR_RUNNING", NULL, NULL },
        { "POST_RESTART_SCRIPT", "hooks.post_restart", as_command },
        { OTHER_NAME_WEBHOOK, NULL, NULL },
        { "WEBHOOK_JSON_KEY", NULL, NULL },
        { OTHER_NAME_APPRISE, NULL, NULL },
};

static const char *as_it_is(const char *text, struct arena *a) {
        (void)a;
        return text;
}

/* That tool hands them to sleep, which takes units. What is malformed is for the setting to refuse. */
static const char *as_seconds(const char *text, struct arena *a) {
        int64_t s;

        return duration_parse(slice_str(text), SECONDS_MAX, &s) ? arena_printf(a, "%lld", (long long)s) : text;
}

static const char *as_include_all(const char *text, struct arena *a) {
        (void)a;
        return strcmp(text, ALL) == 0 ? "true" : NULL;
}

static const char *as_label_key(const char *text, struct arena *a) {
        return strcmp(text, ALL) == 0 ? NULL : as_it_is(text, a);
}

/* A shell there makes words of it. */
static const char *as_command(const char *text, struct arena *a) {
        const char **words = arena_array(a, strlen(text) / 2 + 1, sizeof(*words));
        size_t n = 0;

        for (text += strspn(text, BLANKS); *text; text += strspn(text, BLANKS)) {
                size_t length = strcspn(text, BLANKS);

                words[n++] = arena_strndup(a, text, length);
                text += length;
        }
        return config_list_json(words, n, a);
}

/* ---- What is set ---- */

static bool is_ours(const char *name) {
        return strncmp(name, ENV_PREFIX, strlen(ENV_PREFIX)) == 0;
}

static const char *value_of(const char *name, const struct env_var *env, size_t n_env) {
        for (size_t i = 0; i < n_env; i++)
                if (strcmp(env[i].name, name) == 0)
                        return env[i].value;
        return NULL;
}

static bool heeds_all(const struct env_var *env, size_t n_env) {
        const char *text = value_of(OTHER_NAMES, env, n_env);
        bool yes;

        return text && parse_bool(text, &yes) && yes;
}

/* NULL: it is not set, or not heeded. */
static const char *heeded(const char *name, const struct env_var *env, size_t n_env) {
        const char *text = value_of(name, env, n_env);

        return text && *text && (is_ours(name) || heeds_all(env, n_env)) ? text : NULL;
}

bool other_name_is_known(const char *name) {
        for (size_t i = 0; i < N_ELEMENTS(names); i++)
                if (str_eq(names[i].name, name))
                        return true;
        return false;
}

bool config_is_variable(const char *where) {
        return is_ours(where) || other_name_is_known(where);
}

bool config_variable(const struct setting_info *s, const struct env_var *env, size_t n_env, struct arena *a, struct env_var *ret) {
        const char *text = s->env ? value_of(s->env, env, n_env) : NULL;

        if (text) {
                *ret = (struct env_var){ s->env, text };
                return true;
        }
        for (size_t i = 0; i < N_ELEMENTS(names); i++) {
                text = str_eq(names[i].path, s->path) ? heeded(names[i].name, env, n_env) : NULL;
                text = text ? names[i].convert(text, a) : NULL;
                if (!text)
                        continue;
                *ret = (struct env_var){ names[i].name, text };
                return true;
        }
        return false;
}

const char *other_default(const char *path, const struct env_var *env, size_t n_env) {
        return str_eq(path, "restart.mode") && heeded(CHOOSES, env, n_env) ? heal_mode_name(MODE_HEALTH) : NULL;
}

const char *other_default_name(void) {
        return CHOOSES;
}

/* ---- Whom to tell ---- */

static void add_service(struct load *l, const char *name, enum service_type type, const char *url, const char *json_key) {
        const struct service *old = l->cfg->notifications.services;
        size_t n = l->cfg->notifications.n_services;
        struct service *services = arena_array(l->arena, n + 1, sizeof(*services));

        if (!is_address(url, "https") && !is_address(url, "http")) {
                issue_error(l->issues, name, "must be an address that begins with https:// or http://");
                return;
        }
        if (n)
                memcpy(services, old, n * sizeof(*services));
        services[n] = (struct service){ .name = name,
                                        .type = type,
                                        .enabled = true,
                                        .always = true,
                                        .url.text = arena_strdup(l->arena, url),
                                        .json_key = arena_strdup(l->arena, json_key) };
        l->cfg->notifications.services = services;
        l->cfg->notifications.n_services = n + 1;
}

static void add_services(struct load *l, const struct env_var *env, size_t n_env) {
        const char *webhook = heeded(OTHER_NAME_WEBHOOK, env, n_env), *key = heeded("WEBHOOK_JSON_KEY", env, n_env),
                   *apprise = heeded(OTHER_NAME_APPRISE, env, n_env);

        if (webhook)
                add_service(l, OTHER_NAME_WEBHOOK, SERVICE_WEBHOOK, webhook, key ? key : JSON_KEY);
        if (apprise)
                add_service(l, OTHER_NAME_APPRISE, SERVICE_APPRISE, apprise, NULL);
}

/* ---- All of them ---- */

static void check_bool(struct load *l, const char *name, const char *text) {
        struct arena *a = l->issues->arena;
        bool unused;

        if (text && !parse_bool(text, &unused))
                issue_error(l->issues, name, arena_printf(a, "must be true or false (is %s)", quoted(a, text)));
}

/* No label's key has one; who means a value, too, has a setting for it. */
static void check_label(struct load *l, const char *text) {
        struct arena *a = l->issues->arena;

        if (text && strpbrk(text, "= \t"))
                issue_error(
                        l->issues, CHOOSES,
                        arena_printf(a, "must be the key of a label, or " ALL " (is %s); its value is AUTOHEAL_MONITOR_LABEL_VALUE",
                                     quoted(a, text)));
}

void other_names_apply(struct load *l, const struct env_var *env, size_t n_env) {
        const struct setting_info *settings;
        size_t n = config_settings(&settings);
        struct env_var set;

        check_bool(l, OTHER_NAMES, value_of(OTHER_NAMES, env, n_env));
        check_bool(l, "AUTOHEAL_ONLY_MONITOR_RUNNING", heeded("AUTOHEAL_ONLY_MONITOR_RUNNING", env, n_env));
        check_label(l, heeded(CHOOSES, env, n_env));
        for (size_t i = 0; i < n; i++)
                if (config_variable(&settings[i], env, n_env, l->arena, &set) && !str_eq(set.name, settings[i].env)) {
                        variable_apply(l, &settings[i], &set);
                        l->cfg->hooks.post_restart_args |= str_eq(settings[i].path, "hooks.post_restart");
                }
        add_services(l, env, n_env);
}

void other_names_note(const struct config *cfg, const struct env_var *env, size_t n_env, struct config_issues *issues) {
        bool health = cfg->restart.mode == MODE_HEALTH;
        char window[DURATION_SIZE];

        if (!heeded(CHOOSES, env, n_env))
                return;
        duration_format(cfg->restart.max_restarts_window_seconds, window);
        issue_note(issues, CHOOSES,
                   arena_printf(issues->arena,
                                "it chooses the containers, and %s%s; what was restarted %lld times within %s is quarantined",
                                health ? "only unhealthy ones are restarted (restart.mode is health)" : "restart.mode is set to ",
                                health ? "" : heal_mode_name(cfg->restart.mode), (long long)cfg->restart.max_restarts, window));
}
