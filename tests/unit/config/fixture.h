/* SPDX-License-Identifier: MIT */
/* What the tests of this folder share: a load whose pieces are thrown away together, and questions about its issues. */
#ifndef TEST_CONFIG_FIXTURE_H
#define TEST_CONFIG_FIXTURE_H

#include "autoheal/config/config.h"
#include "autoheal/util/buf.h"
#include "autoheal/util/slice.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fixture {
        struct arena arena;
        struct config cfg;
        struct config_issues issues;
        struct error err;
};

static inline int set_up(void **data) {
        struct fixture *f = xcalloc(1, sizeof(*f));

        f->arena = (struct arena)ARENA_INIT(16384);
        f->issues = (struct config_issues)CONFIG_ISSUES_INIT(&f->arena);
        *data = f;
        return 0;
}

static inline int tear_down(void **data) {
        struct fixture *f = *data;

        arena_release(&f->arena);
        free(f);
        return 0;
}

#define WITH_LOAD(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/* Loads anew: earlier issues are forgotten. */
static inline int load_with(struct fixture *f, const char *text, const struct env_var *env, size_t n_env) {
        f->issues = (struct config_issues)CONFIG_ISSUES_INIT(&f->arena);
        error_clear(&f->err);
        return config_load(&f->cfg, "/data/config.json", text, text ? strlen(text) : 0, env, n_env, &f->issues, &f->arena, &f->err);
}

static inline int load(struct fixture *f, const char *text) {
        return load_with(f, text, NULL, 0);
}

static inline size_t count_errors(const struct config_issues *issues) {
        size_t n = 0;

        for (size_t i = 0; i < issues->n; i++)
                n += issues->items[i].is_error;
        return n;
}

static inline const struct config_issue *find_issue(const struct config_issues *issues, const char *where) {
        for (size_t i = 0; i < issues->n; i++)
                if (str_eq(issues->items[i].where, where))
                        return &issues->items[i];
        return NULL;
}

/* Fails the test unless there is an issue with exactly that message there. */
static inline void check_issue(const struct config_issues *issues, bool is_error, const char *where, const char *message) {
        const struct config_issue *issue = find_issue(issues, where);

        for (size_t i = 0; !issue && i < issues->n; i++)
                print_message("issue: %s: %s\n", issues->items[i].where, issues->items[i].message);
        assert_non_null(issue);
        assert_string_equal(issue->message, message);
        assert_int_equal(issue->is_error, is_error);
}

/* Fails the test, and shows why, unless the text loads without any issue. */
static inline void check_clean(struct fixture *f, const char *text) {
        if (load(f, text) < 0)
                fail_msg("'%s': %s", text, f->err.msg);
        if (f->issues.n)
                fail_msg("'%s': %s: %s", text, f->issues.items[0].where, f->issues.items[0].message);
}

/* A document with one setting: {"restart":{"backoff":{"max_seconds":<value>}}}. */
static inline const char *document(struct arena *a, const char *path, const char *value) {
        struct slice rest = slice_str(path), name;
        const char *open = "", *close = "";

        while (slice_split(&rest, '.', &name)) {
                open = arena_printf(a, "%s{\"%.*s\":", open, (int)name.n, name.p);
                close = arena_printf(a, "%s}", close);
        }
        return arena_printf(a, "%s%s%s", open, value, close);
}

#endif
