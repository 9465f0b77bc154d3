/* SPDX-License-Identifier: MIT */
/* A program and its arguments as a setting: in the document, in a variable, typed. */
#include "autoheal/config/edit.h"
#include "config/config_internal.h"
#include "fixture.h"

static void check_words(const struct string_list *list, size_t n, const char *const *words) {
        assert_int_equal(list->n, n);
        for (size_t i = 0; i < n; i++)
                assert_string_equal(list->items[i], words[i]);
}

static void stands_in_the_document(void **data) {
        static const char *const words[] = { "/usr/local/bin/hook", "a b", "$(x)", "", "-c" };
        struct fixture *f = *data;

        assert_int_equal(load(f, "{}"), 0);
        assert_int_equal(f->cfg.hooks.pre_restart.n, 0);
        assert_int_equal(f->cfg.hooks.timeout_seconds, 30);
        assert_false(f->cfg.hooks.pre_restart_veto);
        assert_int_equal(load(f, "{\"hooks\":{\"pre_restart\":[\"/usr/local/bin/hook\",\"a b\",\"$(x)\",\"\",\"-c\"],"
                                 "\"timeout_seconds\":5,\"pre_restart_veto\":true}}"),
                         0);
        check_words(&f->cfg.hooks.pre_restart, N_ELEMENTS(words), words);
        assert_int_equal(f->cfg.hooks.timeout_seconds, 5);
        assert_true(f->cfg.hooks.pre_restart_veto);
        assert_int_equal(f->issues.n, 0);
}

static void what_is_none_is_an_error(void **data) {
        static const struct {
                const char *json, *message;
        } rows[] = {
                { "\"/usr/local/bin/hook\"", "must be an array of strings (is a string)" },
                { "{}", "must be an array of strings (is an object)" },
                { "[\"\"]", "must begin with the absolute path of a program, or its name" },
                { "[\"\",\"a\"]", "must begin with the absolute path of a program, or its name" },
                { "[\"./hook\"]", "must begin with the absolute path of a program, or its name" },
                { "[\"../hook\"]", "must begin with the absolute path of a program, or its name" },
        };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                f->issues.n = 0;
                assert_int_equal(load(f, arena_printf(&f->arena, "{\"hooks\":{\"post_restart\":%s}}", rows[i].json)), -1);
                check_issue(&f->issues, true, "hooks.post_restart", rows[i].message);
        }
        f->issues.n = 0;
        assert_int_equal(load(f, "{\"hooks\":{\"on_quarantine\":[\"/x\",7]}}"), -1);
        check_issue(&f->issues, true, "hooks.on_quarantine[1]", "must be a string (is a number)");
        f->issues.n = 0;
        assert_int_equal(load(f, "{\"hooks\":{\"timeout_seconds\":0}}"), -1);
        check_issue(&f->issues, true, "hooks.timeout_seconds", "must be 1..3600 (is 0)");
}

static void has_its_bounds(void **data) {
        struct fixture *f = *data;
        struct buf many AUTO(buf_release) = BUF_INIT(65536);
        char *word = arena_alloc(&f->arena, 5000);

        buf_add_str(&many, "{\"hooks\":{\"pre_restart\":[\"/x\"");
        for (int i = 0; i < 256; i++)
                buf_add_str(&many, ",\"y\"");
        buf_add_str(&many, "]}}");
        assert_int_equal(load(f, buf_str(&many)), -1);
        check_issue(&f->issues, true, "hooks.pre_restart", "must have at most 256 words");
        memset(word, 'x', 4097);
        f->issues.n = 0;
        assert_int_equal(load(f, arena_printf(&f->arena, "{\"hooks\":{\"pre_restart\":[\"/x\",\"%s\"]}}", word)), -1);
        check_issue(&f->issues, true, "hooks.pre_restart", "must have words of at most 4096 bytes");
}

static void is_typed_as_json_or_as_a_program_alone(void **data) {
        static const struct {
                const char *typed, *json; /* NULL: refused */
        } rows[] = {
                { "[\"/x\",\"a b\"]", "[\"/x\",\"a b\"]" },
                { "[]", "[]" },
                { "", "[]" },
                { "/usr/local/bin/hook", "[\"/usr/local/bin/hook\"]" },
                { "/with,comma", "[\"/with,comma\"]" },
                { "/x y", NULL },
                { "/x\ty", NULL },
                { "[\"/x\",7]", NULL },
        };
        struct fixture *f = *data;

        for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
                const char *json = argv_json(rows[i].typed, &f->arena);

                if (rows[i].json)
                        assert_string_equal(json, rows[i].json);
                else
                        assert_null(json);
        }
        assert_null(argv_json("[", &f->arena));

        struct error err = ERROR_INIT;
        const char *json = NULL;

        assert_int_equal(config_typed("hooks.pre_restart", "/x", &f->arena, &json, &err), 0);
        assert_string_equal(json, "[\"/x\"]");
        assert_int_equal(config_typed("hooks.pre_restart", "/x y", &f->arena, &json, &err), -1);
        assert_string_equal(err.msg, "hooks.pre_restart: must be a JSON array of a program and its arguments, as in "
                                     "[\"/usr/local/bin/hook\",\"argument\"] (is '/x y')");
        assert_int_equal(config_typed("hooks.pre_restart", "[\"/x\"", &f->arena, &json, &err), -1);
}

static void a_variable_says_the_same(void **data) {
        static const char *const words[] = { "/x", "a,b" };
        struct fixture *f = *data;
        struct env_var env[] = { { "AUTOHEAL_HOOKS_POST_RESTART", "[\"/x\",\"a,b\"]" },
                                 { "AUTOHEAL_HOOKS_PRE_RESTART", "/y" },
                                 { "AUTOHEAL_HOOKS_PRE_RESTART_VETO", "true" },
                                 /* What a hook is told, and hands down to what it runs. */
                                 { "AUTOHEAL_HOOK", "pre_restart" },
                                 { "AUTOHEAL_HOOK_CONTAINER", "web" } };

        assert_int_equal(config_load(&f->cfg, "config", NULL, 0, env, N_ELEMENTS(env), &f->issues, &f->arena, NULL), 0);
        assert_int_equal(f->issues.n, 0);
        check_words(&f->cfg.hooks.post_restart, 2, words);
        check_words(&f->cfg.hooks.pre_restart, 1, (const char *const[]){ "/y" });
        assert_true(f->cfg.hooks.pre_restart_veto);
        env[1].value = "/y z";
        assert_int_equal(config_load(&f->cfg, "config", NULL, 0, env, N_ELEMENTS(env), &f->issues, &f->arena, NULL), -1);
        check_issue(
                &f->issues, true, "AUTOHEAL_HOOKS_PRE_RESTART",
                "must be a JSON array of a program and its arguments, as in [\"/usr/local/bin/hook\",\"argument\"] (is '/y z')");
}

/* What can be seen to be a secret, though the place for one is a file. */
static void an_address_with_credentials_is_masked(void **data) {
        struct fixture *f = *data;
        const char *text = "{\"hooks\":{\"pre_restart\":[\"curl\",\"https://u:hunter2@h/\",\"plain\"]}}";
        struct json_doc *doc AUTO_JSON = NULL;

        assert_int_equal(json_parse(text, strlen(text), 100, &doc, NULL), 0);
        assert_string_equal(config_json("", json_root(doc), false, &f->arena),
                            "{\"hooks\":{\"pre_restart\":[\"curl\",\"********\",\"plain\"]}}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_LOAD(stands_in_the_document),   WITH_LOAD(what_is_none_is_an_error),
                WITH_LOAD(has_its_bounds),           WITH_LOAD(is_typed_as_json_or_as_a_program_alone),
                WITH_LOAD(a_variable_says_the_same), WITH_LOAD(an_address_with_credentials_is_masked),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
