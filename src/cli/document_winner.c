/* SPDX-License-Identifier: MIT */
/* What wins over a setting of config.json: a variable of the environment, and labels of containers. */
#include "document.h"

#include "autoheal/os/log.h"

#define NAMES_MAX   5
#define VALUE_SHOWN 40

static void say_variable(struct session *s, const struct setting_info *setting) {
        struct config_value v;
        config_look_up(&v, setting, (struct json_value){ .doc = NULL }, s->env, s->n_env, false, &s->arena);
        if (v.origin == ORIGIN_VARIABLE)
                log_warn("%s is set in the environment and wins: %s holds where it is set", v.variable,
                         cut_text(config_plain(v.json, &s->arena), VALUE_SHOWN, &s->arena));
}

static bool has_label(const char *path) {
        const struct label_info *labels;
        size_t n = config_labels(&labels);
        for (size_t i = 0; i < n; i++)
                if (str_eq(labels[i].setting, path))
                        return true;
        return false;
}

static void say_labels(struct session *s, const char *path) {
        struct buf names AUTO(buf_release) = BUF_INIT(4096);
        struct engine_list found = { .n = 0 };
        struct error err = ERROR_INIT;
        size_t n = 0;
        /* It is only a hint. */
        if (session_list_briefly(s, &found, &err) < 0)
                log_debug("looking for labels: %s", err.msg);
        for (size_t i = 0; i < found.n; i++) {
                const struct label *l = config_label_over(&s->config, &found.containers[i], path);
                if (l && ++n <= NAMES_MAX)
                        buf_addf(&names, "%s%s (%s=%s)", n > 1 ? ", " : "", found.containers[i].name, l->key, l->value);
        }
        if (n > NAMES_MAX)
                buf_addf(&names, ", and %zu more", n - NAMES_MAX);
        if (n > 0)
                log_warn("a label wins for %s", buf_str(&names));
}

void document_say_who_wins(struct session *s, const char *path) {
        const struct setting_info *setting = config_find_setting(path);
        if (!setting)
                return;
        say_variable(s, setting);
        if (s->engine && has_label(path))
                say_labels(s, path);
}
