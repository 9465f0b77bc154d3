/* SPDX-License-Identifier: MIT */
/* What wins over a setting of config.json: a variable of the environment, and labels of containers. */
#include "document.h"

#include "autoheal/os/log.h"

/* It is only a hint: nobody waits for an engine that does not answer at once. */
#define PATIENCE_MS 2000
#define NAMES_MAX   5
#define VALUE_SHOWN 40

struct ask {
        const struct container *containers;
        size_t n;
        bool ended;
};

static void say_variable(struct session *s, const struct setting_info *setting) {
        struct config_value v;
        config_look_up(&v, setting, (struct json_value){ .doc = NULL }, s->env, s->n_env, false, &s->arena);
        if (v.origin == ORIGIN_VARIABLE)
                log_warn("%s is set in the environment and wins: %s holds where it is set", setting->env,
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

static void listed(void *arg, const struct engine_list *list, const struct error *err) {
        struct ask *ask = arg;
        ask->ended = true;
        if (err)
                log_debug("looking for labels: %s", err->msg);
        else
                *ask = (struct ask){ .containers = list->containers, .n = list->n, .ended = true };
}

static void set_flag(void *arg) {
        bool *flag = arg;
        *flag = true;
}

/* What is not answered in time is ended without a callback when the session is closed. */
static void list_containers(struct session *s, struct ask *ret) {
        struct ask *ask = arena_new(&s->arena, struct ask);
        bool over = false;
        uint64_t timer = net_timer(s->net, PATIENCE_MS, set_flag, &over);
        if (engine_list_containers(s->engine, false, &s->arena, listed, ask, NULL) < 0)
                over = true;
        while (!over && !ask->ended && !s->interrupted)
                (void)net_run(s->net);
        net_timer_cancel(s->net, timer);
        *ret = *ask;
}

static void say_labels(struct session *s, const char *path) {
        struct buf names AUTO(buf_release) = BUF_INIT(4096);
        struct ask found;
        size_t n = 0;
        list_containers(s, &found);
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
