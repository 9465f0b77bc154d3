/* SPDX-License-Identifier: MIT */
/* Every setting with its meaning and bounds, what holds, and who says so: config.json, a variable, or labels of containers. */
#include "serve/settings_table.h"

#include "autoheal/config/remote.h"

#define NAMED_MAX 50 /* containers whose label wins over one setting; the others are counted */

struct table {
        struct api *api;
        struct json_writer *w;
        struct json_value file;
        struct arena *a;
};

static void member(struct json_writer *w, const char *key, const char *text) {
        json_key(w, key);
        json_str(w, text && *text ? text : NULL);
}

static void json_member(struct json_writer *w, const char *key, const char *json) {
        json_key(w, key);
        json_raw_value(w, slice_str(json && *json ? json : NULL));
}

static const char *source(enum config_origin origin) {
        static const char *const words[] = { [ORIGIN_DEFAULT] = "default",
                                             [ORIGIN_FILE] = "config.json",
                                             [ORIGIN_VARIABLE] = "environment",
                                             [ORIGIN_NOWHERE] = "not set" };
        return words[origin];
}

/* Where to listen, which is read once (listeners.c). */
static bool is_read_at_start(const char *path) {
        static const char *const paths[] = { "ui.enable",
                                             "ui.listen_address",
                                             "ui.listen_port",
                                             "observability.prometheus_enabled",
                                             "observability.metrics_address",
                                             "observability.metrics_port" };

        for (size_t i = 0; i < N_ELEMENTS(paths); i++)
                if (str_eq(paths[i], path))
                        return true;
        return false;
}

/* The label that may replace the setting, with its prefix; NULL: none may. */
static const char *label_of(const struct table *t, const char *path) {
        const struct label_info *labels;
        size_t n = config_labels(&labels);

        for (size_t i = 0; i < n; i++)
                if (str_eq(labels[i].setting, path))
                        return labels[i].whole ? labels[i].key
                                               : arena_printf(t->a, "%s%s%s", t->api->config->monitor.label_key,
                                                              *labels[i].key ? "." : "", labels[i].key);
        return NULL;
}

static void write_winning_labels(struct table *t, const char *path) {
        const struct observation *obs = pass_observation(t->api->pass);
        size_t n = 0;

        json_key(t->w, "labels");
        json_begin_array(t->w);
        for (size_t i = 0; obs && i < obs->n; i++) {
                const struct container *c = &obs->containers[i];
                const struct label *l = config_label_over(t->api->config, c, path);

                if (!l || ++n > NAMED_MAX)
                        continue;
                json_begin_object(t->w);
                member(t->w, "container", c->name);
                member(t->w, "label", l->key);
                json_key(t->w, "value");
                json_str(t->w, l->value);
                json_end_object(t->w);
        }
        json_end_array(t->w);
        json_key(t->w, "labels_total");
        json_num(t->w, (int64_t)n);
}

static void write_setting(struct table *t, const struct setting_info *s) {
        const struct serve_setup *setup = t->api->setup;
        const char *label = label_of(t, s->path);
        struct config_value v;

        config_look_up(&v, s, t->file, setup->env, setup->n_env, false, t->a);
        json_begin_object(t->w);
        member(t->w, "path", s->path);
        member(t->w, "type", s->type);
        json_member(t->w, "default", s->initial);
        member(t->w, "range", s->range);
        member(t->w, "env", s->env);
        member(t->w, "label", label);
        member(t->w, "help", s->help);
        json_key(t->w, "kept");
        json_boolean(t->w, s->kept);
        json_key(t->w, "host_only");
        json_boolean(t->w, config_is_host(s->path));
        json_key(t->w, "at_start");
        json_boolean(t->w, is_read_at_start(s->path));
        json_member(t->w, "value", v.json ? v.json : s->initial);
        json_member(t->w, "in_file", v.in_file);
        member(t->w, "source", source(v.origin));
        member(t->w, "variable", v.variable);
        if (label) {
                write_winning_labels(t, s->path);
        } else {
                json_key(t->w, "labels");
                json_begin_array(t->w);
                json_end_array(t->w);
                json_key(t->w, "labels_total");
                json_num(t->w, 0);
        }
        json_end_object(t->w);
}

void settings_write(struct api *api, struct json_writer *w, struct json_value file, struct arena *a) {
        struct table t = { .api = api, .w = w, .file = file, .a = a };
        const struct setting_info *settings;
        size_t n = config_settings(&settings);

        json_begin_array(w);
        for (size_t i = 0; i < n; i++)
                write_setting(&t, &settings[i]);
        json_end_array(w);
}
