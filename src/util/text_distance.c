/* SPDX-License-Identifier: MIT */
/* How near two words are, to find what was probably meant by a misspelt one. */
#include "autoheal/util/text.h"

#define LENGTH_MAX 64

static size_t least(size_t a, size_t b) {
        return a < b ? a : b;
}

static int lower(char c) {
        return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Optimal string alignment distance: https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance. Three rows of its matrix are enough. */
size_t text_distance(const char *a, const char *b) {
        size_t n_a = strlen(a), n_b = strlen(b);
        size_t longer = n_a > n_b ? n_a : n_b;
        size_t rows[3][LENGTH_MAX + 1];

        if (longer > LENGTH_MAX || longer - least(n_a, n_b) > TEXT_DISTANCE_MAX)
                return TEXT_DISTANCE_MAX + 1;
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
        return least(rows[n_a % 3][n_b], TEXT_DISTANCE_MAX + 1);
}
