/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: whatever document is edited stays one, only what was named changes, and what was masked comes back. The first
 * two bytes choose a key of the table and a value, the rest is the document.
 */
#include "autoheal/config/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
        if (!holds)
                abort();
}

/* NULL: it does not parse. */
static struct json_doc *parse(const char *text, size_t len) {
        struct json_doc *doc = NULL;

        return json_parse(text, len, CONFIG_TOKENS_MAX, &doc, NULL) == 0 ? doc : NULL;
}

/* Only what the path leads to, or a section on the way to it, may differ. */
static void check_only(const struct json_doc *before, const struct json_doc *after, const char *path) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        size_t n;
        const struct config_difference *d = config_diff(json_root(before), json_root(after), &a, &n);

        for (size_t i = 0; i < n; i++) {
                size_t len = strlen(d[i].path), most = strlen(path);

                require(strncmp(d[i].path, path, len < most ? len : most) == 0);
        }
}

static void edit(const char *text, size_t len, const struct json_doc *before, const struct setting_info *s, const char *json) {
        const struct config_edit change = { s->path, json }, undo = { s->path, NULL };
        struct buf set AUTO(buf_release) = BUF_INIT(2 * CONFIG_MAX), unset AUTO(buf_release) = BUF_INIT(2 * CONFIG_MAX);
        struct error err = ERROR_INIT;

        if (config_edit(&set, "fuzz", text, len, &change, 1, &err) < 0) {
                require(err.code == ERR_CONFIG || err.code == ERR_INVALID || err.code == ERR_TOO_LARGE);
                return;
        }
        struct json_doc *after AUTO_JSON = parse(buf_str(&set), set.len);
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);

        require(before && after);
        require(str_eq(config_json("", config_at(json_root(after), s->path), true, &a), json));
        check_only(before, after, s->path);
        require(config_edit(&unset, "fuzz", buf_str(&set), set.len, &undo, 1, &err) == 0);
        struct json_doc *without AUTO_JSON = parse(buf_str(&unset), unset.len);

        require(without && !json_present(config_at(json_root(without), s->path)));
        check_only(before, without, s->path);
}

static void mask(const struct json_doc *doc) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct config_issues issues = CONFIG_ISSUES_INIT(&a);
        struct buf back AUTO(buf_release) = BUF_INIT(2 * CONFIG_MAX);
        const char *masked = config_json("", json_root(doc), false, &a);
        struct json_doc *shown AUTO_JSON = parse(masked, strlen(masked));
        size_t n;

        require(shown);
        config_unmask(&back, slice_str(masked), json_root(shown), json_root(doc), &issues);
        struct json_doc *restored AUTO_JSON = parse(buf_str(&back), back.len);

        require(restored);
        (void)config_diff(json_root(doc), json_root(restored), &a, &n);
        require(n == 0 || issues.n > 0);
}

static void judge(const char *text, size_t len, const struct json_doc *doc) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct config_issues issues = CONFIG_ISSUES_INIT(&a);
        size_t errors, new_errors;
        bool parses = config_judge("fuzz", text, len, text, len, &issues, &errors, &new_errors, NULL) == 0;

        require(parses == (doc != NULL));
        /* It is its own past: nothing in it is new. */
        require(!parses || new_errors == 0);
        for (size_t i = 0; i < issues.n; i++)
                require(issues.items[i].line == 0 || issues.items[i].column > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char *const values[] = { "7",     "\"text\"", "null", "true", "[]", "[\"a\",\"b\"]", "{\"x\":{\"y\":[1,2]}}",
                                              "-1.5e3" };
        const struct setting_info *settings;
        size_t n = config_settings(&settings);

        if (size < 2)
                return 0;
        const struct setting_info *s = &settings[data[0] % n];
        const char *text = (const char *)data + 2;
        struct json_doc *doc AUTO_JSON = parse(text, size - 2);

        edit(text, size - 2, doc, s, values[data[1] % N_ELEMENTS(values)]);
        judge(text, size - 2, doc);
        if (doc)
                mask(doc);
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        AUTO_FREE char *typed = xcalloc(size - 1, 1);
        const char *json = NULL;

        memcpy(typed, text, size - 2);
        if (config_typed(s->path, typed, &a, &json, NULL) == 0) {
                struct json_doc *value AUTO_JSON = parse(json, strlen(json));
                require(value != NULL);
        }
        return 0;
}
