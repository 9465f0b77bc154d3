/* SPDX-License-Identifier: MIT */
/* Reads .case files: behaviour as data. tests/cases/decide/README.md tells the format. */
#ifndef AUTOHEAL_TESTS_CASE_FILE_H
#define AUTOHEAL_TESTS_CASE_FILE_H

#include "autoheal/util/now.h"
#include "autoheal/util/slice.h"
#include "autoheal/util/timefmt.h"

#include "autoheal/util/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define WORDS_MAX 48

/* One line of a case, cut into words; quotes are gone. */
struct case_line {
        int number;
        const char *keyword;
        const char *rest; /* what follows the keyword, as written */
        const char *words[WORDS_MAX];
        size_t n;
};

struct test_case {
        const char *file, *title;
        int number; /* of its first line */
        struct case_line *lines;
        size_t n_lines;
};

/* Ends the test. */
__attribute__((noreturn)) static inline void case_fail(const struct test_case *t, int line, const char *fmt, ...) PRINTF(3, 4);
static inline void case_fail(const struct test_case *t, int line, const char *fmt, ...) {
        char text[1024];
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        print_error("%s:%d: %s (case: %s)\n", t->file, line, text, t->title);
        fail();
        abort();
}

static inline bool is_blank(char c) {
        return c == ' ' || c == '\t';
}

/* The next word of *at; NULL at the end. Double quotes keep blanks together, also in the middle of a word. */
static inline char *case_word(char **at) {
        char *p = *at, *out, *word;
        bool quoted = false;

        while (is_blank(*p))
                p++;
        if (!*p)
                return NULL;
        word = out = p;
        while (*p && (quoted || !is_blank(*p))) {
                if (*p == '"')
                        quoted = !quoted;
                else
                        *out++ = *p;
                p++;
        }
        *at = *p ? p + 1 : p;
        *out = '\0';
        return word;
}

static inline void case_split(struct case_line *line, char *text, struct arena *a) {
        char *word, *at = arena_strdup(a, text);

        line->rest = "";
        line->keyword = case_word(&at);
        if (!line->keyword)
                return;
        while (is_blank(*text))
                text++;
        line->rest = text + strcspn(text, " \t");
        line->rest += strspn(line->rest, " \t");
        while ((word = case_word(&at)) && line->n < WORDS_MAX)
                line->words[line->n++] = word;
}

/* All cases of a file; *ret_n is 0 when there are none. */
static inline struct test_case *case_read(const char *path, struct arena *a, size_t *ret_n) {
        struct test_case *cases = arena_array(a, 256, sizeof(*cases)), *now = NULL;
        char text[4096];
        FILE *f = fopen(path, "re");
        int number = 0;
        size_t n = 0;

        assert_non_null(f);
        while (fgets(text, sizeof(text), f)) {
                struct case_line line = { .number = ++number };

                text[strcspn(text, "\r\n")] = '\0';
                char *kept = arena_strdup(a, text);
                case_split(&line, kept, a);
                if (!line.keyword || line.keyword[0] == '#')
                        continue;
                if (str_eq(line.keyword, "case")) {
                        assert_true(n < 256);
                        now = &cases[n++];
                        *now = (struct test_case){ .file = path, .title = line.rest, .number = number };
                        now->lines = arena_array(a, 64, sizeof(*now->lines));
                        continue;
                }
                if (!now) {
                        print_error("%s:%d: a line before the first case\n", path, number);
                        fail();
                        abort();
                }
                assert_true(now->n_lines < 64);
                now->lines[now->n_lines++] = line;
        }
        (void)fclose(f);
        *ret_n = n;
        return cases;
}

/* The value of "key=value"; NULL if the word has another key. */
static inline const char *case_value(const char *word, const char *key) {
        size_t n = strlen(key);

        return strncmp(word, key, n) == 0 && word[n] == '=' ? word + n + 1 : NULL;
}

/* "-59s", "+1.5h", "now", "never": microseconds, relative to base. False when malformed. */
static inline bool case_time(const char *text, int64_t base_us, int64_t *ret) {
        char *end;
        double unit;

        if (str_eq(text, "never") || str_eq(text, "now")) {
                *ret = str_eq(text, "now") ? base_us : 0;
                return true;
        }
        if (text[0] != '-' && text[0] != '+')
                return time_parse_iso(slice_str(text), ret);

        double value = strtod(text, &end);

        switch (*end) {
        case 's':
                unit = 1e6;
                break;
        case 'm':
                unit = 6e7;
                break;
        case 'h':
                unit = 3.6e9;
                break;
        case 'd':
                unit = 8.64e10;
                break;
        default:
                return false;
        }
        value *= unit;
        *ret = base_us + (int64_t)(value < 0 ? value - 0.5 : value + 0.5);
        return end[1] == '\0';
}

#endif
