/* SPDX-License-Identifier: MIT */
/* What was probably meant by a misspelt key or variable. */
#include "config/config_internal.h"

#define LENGTH_MAX 64

static size_t least(size_t a, size_t b) {
        return a < b ? a : b;
}

static int lower(char c) {
        return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Optimal string alignment distance: https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance. Three rows of its matrix are enough. */
size_t suggest_distance(const char *a, const char *b) {
        size_t n_a = strlen(a), n_b = strlen(b);
        size_t longer = n_a > n_b ? n_a : n_b;
        size_t rows[3][LENGTH_MAX + 1];

        if (longer > LENGTH_MAX || longer - least(n_a, n_b) > SUGGEST_MAX)
                return SUGGEST_MAX + 1;
        for (size_t j = 0; j <= n_b; j++)
                rows[0][j] = j;
        for (size_t i = 1; i <= n_a; i++) {
                size_t *row = rows[i % 3];
                const size_t *above = rows[(i + 2) % 3], *above_that = rows[(i + 1) % 3];

                row[0] = i;
                for (size_t j = 1; j <= n_b; j++) {
                        bool same = lower(a[i - 1]) == lower(b[j - 1]);
                        bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);

                        row[j] = least(above[j - 1] + !same, least(above[j], row[j - 1]) + 1);
                        if (swapped)
                                row[j] = least(row[j], above_that[j - 2] + 1);
                }
        }
        return least(rows[n_a % 3][n_b], SUGGEST_MAX + 1);
}

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
        size_t best = SUGGEST_MAX + 1, parts = 0;

        for (size_t i = 0; i < n; i++) {
                const char *candidate = name_of(&settings[i]);
                size_t distance = candidate ? suggest_distance(name, candidate) : best;

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
        size_t n = config_labels(&labels), best = SUGGEST_MAX + 1;
        const char *nearest = NULL;

        for (size_t i = 0; i < n; i++) {
                const char *candidate = labels[i].key;
                size_t len = strlen(candidate), distance;

                if (labels[i].whole || len == 0)
                        continue;
                /* As the setting is called. */
                distance = strncmp(key, candidate, len) == 0 && strcmp(key + len, "_seconds") == 0
                                   ? 0
                                   : suggest_distance(key, candidate);
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
