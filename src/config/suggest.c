/* SPDX-License-Identifier: MIT */
/* What was probably meant by a misspelt key or variable. */
#include "autoheal/util/text.h"
#include "config/config_internal.h"

static const char *path_of(const struct setting_info *s) {
        return s->path;
}

static const char *variable_of(const struct setting_info *s) {
        return s->env;
}

/* "cooldown_seconds" is the end of "restart.cooldown_seconds", "restart.cooldown" its beginning. */
static bool is_part(const char *part, const char *whole) {
        size_t n_part = strlen(part), n_whole = strlen(whole);
        const char *tail;

        if (n_part >= n_whole)
                return false;
        tail = whole + n_whole - n_part;
        return (whole[n_part] == '_' && strncmp(whole, part, n_part) == 0) || (tail[-1] == '.' && strcmp(tail, part) == 0);
}

static const char *suggest(const char *name, const char *(*name_of)(const struct setting_info *)) {
        const struct setting_info *settings;
        size_t n = config_settings(&settings);
        const char *nearest = NULL, *only_part = NULL;
        size_t best = TEXT_DISTANCE_MAX + 1, parts = 0;

        for (size_t i = 0; i < n; i++) {
                const char *candidate = name_of(&settings[i]);
                size_t distance = candidate ? text_distance(name, candidate) : best;

                if (distance < best) {
                        best = distance;
                        nearest = candidate;
                }
                if (candidate && is_part(name, candidate)) {
                        parts++;
                        only_part = candidate;
                }
        }
        if (nearest)
                return nearest;
        return parts == 1 ? only_part : NULL;
}

const char *suggest_label(const char *key) {
        const struct label_info *labels;
        size_t n = config_labels(&labels), best = TEXT_DISTANCE_MAX + 1;
        const char *nearest = NULL;

        for (size_t i = 0; i < n; i++) {
                const char *candidate = labels[i].key;
                size_t len = strlen(candidate), distance;

                if (labels[i].whole || len == 0)
                        continue;
                /* As the setting is called. */
                distance =
                        strncmp(key, candidate, len) == 0 && strcmp(key + len, "_seconds") == 0 ? 0 : text_distance(key, candidate);
                if (distance < best) {
                        best = distance;
                        nearest = candidate;
                }
        }
        return nearest;
}

const char *suggest_path(const char *path) {
        return suggest(path, path_of);
}

const char *suggest_variable(const char *name) {
        return suggest(name, variable_of);
}
