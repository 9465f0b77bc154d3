/* SPDX-License-Identifier: MIT */
/* Templates: what each construct prints, what each mistake is answered, headers, and values from a hostile engine. */
#include "cli/template.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW_US INT64_C(1761919071076821) /* 2025-10-31T13:57:51.076821Z */

static const struct field fields[] = {
        { "name", "Name", "NAME" },
        { "restarts", "Restarts", "RESTARTS" },
        { "zero", "Zero", "ZERO" },
        { "monitored", "Monitored", "MONITORED" },
        { "quarantined", "Quarantined", "QUARANTINED" },
        { "detail", "Detail", "DETAIL" },
        { "until", "Until", "UNTIL" },
        { "list", "List", "LIST" },
        { "nothing", "Nothing", "NOTHING" },
        { "engine.endpoint", "Engine.Endpoint", "ENDPOINT" },
        { "engine.connected", "Engine.Connected", "CONNECTED" },
        { NULL, "NextAction", "NEXT ACTION" },
        { "hostile", "Hostile", "HOSTILE" },
        { "empty", "Empty", "EMPTY" },
};
static const struct shape shape = { fields, N_ELEMENTS(fields), NULL };

#define OBJECT                                                                                                                     \
        "{\"name\":\"web\",\"restarts\":3,\"zero\":0,\"monitored\":true,\"quarantined\":false,\"detail\":null,"                    \
        "\"until\":\"2025-10-31T13:58:51.076821+00:00\",\"list\":[\"a\",\"b\\tc\",7],\"nothing\":[],"                              \
        "\"engine\":{\"endpoint\":\"unix:///s\",\"connected\":true},\"hostile\":\"<\\u001b[31m\\u202e\\\"\xef\xbf\xbd\","          \
        "\"empty\":\"\"}"

static void make_row(struct value row[N_ELEMENTS(fields)]) {
        const struct value values[] = {
                value_text("web"),
                value_number(3),
                value_number(0),
                value_bool(true),
                value_bool(false),
                value_null(),
                value_time(NOW_US + INT64_C(60000000)),
                value_json("[\"a\",\"b\\tc\",7]"),
                value_json("[]"),
                value_text("unix:///s"),
                value_bool(true),
                value_text("restart in 42s"),
                value_text("<\033[31m\xe2\x80\xae\"\xff"),
                value_text(""),
        };
        _Static_assert(N_ELEMENTS(values) == N_ELEMENTS(fields), "one value for each field");
        memcpy(row, values, sizeof(values));
}

static void check_text(const char *text, const char *template, const char *expected) {
        if (strcmp(text, expected) != 0)
                fail_msg("'%s' gives '%s', not '%s'", template, text, expected);
}

static void check_style(const char *text, const char *expected, bool iso) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct buf out AUTO(buf_release) = BUF_INIT(65536);
        struct value row[N_ELEMENTS(fields)];
        struct error err = ERROR_INIT;
        struct template *t = NULL;
        make_row(row);
        if (template_parse(&t, text, &shape, &a, &err) < 0)
                fail_msg("'%s': %s", text, err.msg);
        template_run(t, row, (struct time_style){ NOW_US, iso }, &out);
        assert_false(out.overflowed);
        check_text(buf_str(&out), text, expected);
}

static void check_run(const char *text, const char *expected) {
        check_style(text, expected, true);
}

struct pair {
        const char *template, *expected;
};

static void check_pairs(const struct pair *pairs, size_t n) {
        for (size_t i = 0; i < n; i++)
                check_run(pairs[i].template, pairs[i].expected);
}

static void test_values(void **unused) {
        (void)unused;
        static const struct pair pairs[] = {
                { "", "" },
                { "plain } text { with }} braces", "plain } text { with }} braces" },
                { "{{.Name}}", "web" },
                { "{{ .Name }}|{{\t.Restarts\n}}", "web|3" },
                { "{{.Monitored}} {{.Quarantined}}", "true false" },
                { "[{{.Detail}}][{{.Empty}}][{{.Zero}}]", "[][][0]" },
                { "{{.List}} {{.Nothing}}", "[\"a\",\"b\\tc\",7] []" },
                { "{{.Engine.Endpoint}} {{.NextAction}}", "unix:///s restart in 42s" },
                { "{{.Engine}}", "{\"endpoint\":\"unix:///s\",\"connected\":true}" },
                { "{{.Until}}", "2025-10-31T13:58:51.076821+00:00" },
                { "{{5}} {{-7}} {{\"text\"}} {{`raw\\n`}}", "5 -7 text raw\\n" },
                { "{{\"\\x41\\u00e9\\U0001f600\\\"\\\\\\n\\r\"}}", "A\xc3\xa9\xf0\x9f\x98\x80\"\\\n\r" },
                { "{{(.Name)}}{{((.Restarts))}}", "web3" },
        };
        check_pairs(pairs, N_ELEMENTS(pairs));
        check_style("{{.Until}}", "in 1m", false);
}

static void test_json(void **unused) {
        (void)unused;
        check_run("{{json .}}", OBJECT);
        check_run("{{.}}", OBJECT);
        static const struct pair pairs[] = {
                { "{{json .Name}} {{json .Restarts}} {{json .Monitored}}", "\"web\" 3 true" },
                { "{{json .Detail}} {{json .Empty}} {{json .List}}", "null \"\" [\"a\",\"b\\tc\",7]" },
                { "{{json .Until}}", "\"2025-10-31T13:58:51.076821+00:00\"" },
                { "{{json .Engine}} {{json .Engine.Connected}}", "{\"endpoint\":\"unix:///s\",\"connected\":true} true" },
                { "{{json .Hostile}}", "\"<\\u001b[31m\\u202e\\\"\xef\xbf\xbd\"" },
                { "{{.Name | upper | json}} {{json \"a\\\"b\"}} {{json 5}}", "\"WEB\" \"a\\\"b\" 5" },
        };
        check_pairs(pairs, N_ELEMENTS(pairs));
        check_style("{{json .Until}}", "\"2025-10-31T13:58:51.076821+00:00\"", false);
}

static void test_functions(void **unused) {
        (void)unused;
        static const struct pair pairs[] = {
                { "{{upper .Name}} {{lower \"ÀBC\"}} {{.Name|upper|lower}}", "WEB Àbc web" },
                { "{{upper .Restarts}} {{upper .Detail}}", "3 " },
                { "{{join .List \", \"}} {{join .Name \",\"}} {{join .Nothing \",\"}} {{join .Detail \",\"}}",
                  "a, b\\tc, 7 web  " },
                { "{{join .List \"\n\"}} {{\", \" | join .List}}", "a\nb\\tc\n7 a, b\\tc, 7" },
                { "[{{pad .Name 2 3}}][{{pad .Empty 2 3}}][{{pad .Name 0 0}}]", "[  web   ][][web]" },
                { "{{truncate .Name 2}} {{truncate .Name 0}} {{truncate .Name 99}} {{2 | truncate .Name}}", "we  web we" },
                { "{{truncate \"äöü\" 2}}", "äö" },
                { "{{upper (truncate .Name 1)}} {{(pad .Name 1 0) | upper}}", "W  WEB" },
                { "{{join .Engine \"-\"}}", "{\"endpoint\":\"unix:///s\",\"connected\":true}" },
        };
        check_pairs(pairs, N_ELEMENTS(pairs));
}

static void test_conditions(void **unused) {
        (void)unused;
        static const struct pair pairs[] = {
                { "{{if .Monitored}}yes{{end}}", "yes" },
                { "{{if .Quarantined}}yes{{end}}", "" },
                { "{{if .Quarantined}}yes{{else}}no{{end}}", "no" },
                { "{{if .Zero}}a{{else if .Detail}}b{{else if .Restarts}}c{{else}}d{{end}}", "c" },
                { "{{if .Zero}}a{{else if .Detail}}b{{else}}d{{end}}!", "d!" },
                { "{{if .Monitored}}{{if .Empty}}x{{else}}y{{end}}z{{end}}", "yz" },
                { "{{if .Name}}1{{end}}{{if .Empty}}2{{end}}{{if .List}}3{{end}}{{if .Nothing}}4{{end}}{{if .Until}}5{{end}}",
                  "135" },
                { "{{if 0}}1{{end}}{{if 7}}2{{end}}{{if \"\"}}3{{end}}{{if \"x\"}}4{{end}}{{if .}}5{{end}}", "245" },
                { "{{if .Empty | upper}}1{{else}}2{{end}}", "2" },
        };
        check_pairs(pairs, N_ELEMENTS(pairs));
}

static void test_json_is_true_as_in_go(void **unused) {
        (void)unused;
        static const struct {
                const char *json;
                bool is_true;
        } cases[] = { { "null", false }, { "false", false }, { "true", true },  { "0", false },       { "0.0", false },
                      { "-0", false },   { "0.5", true },    { "1e400", true }, { "\"\"", false },    { "\"a\"", true },
                      { "[]", false },   { "[0]", true },    { "{}", false },   { "{\"a\":1}", true } };
        for (size_t i = 0; i < N_ELEMENTS(cases); i++)
                if (value_is_true(value_json(cases[i].json)) != cases[i].is_true)
                        fail_msg("%s", cases[i].json);
}

static void test_trim_markers_and_comments(void **unused) {
        (void)unused;
        static const struct pair pairs[] = {
                { "a {{- .Name -}} b", "awebb" },          { "a \n\t{{- .Name }} b", "aweb b" },
                { "a {{ .Name -}} \n b", "a webb" },       { "{{- -3 -}} x", "-3x" },
                { "a{{/* {{.Nope}} */}}b", "ab" },         { "a {{- /* c */ -}} b", "ab" },
                { "{{if .Name -}} a {{- end}} b", "a b" },
        };
        check_pairs(pairs, N_ELEMENTS(pairs));
}

static void test_nothing_hostile_comes_through(void **unused) {
        (void)unused;
        static const struct pair pairs[] = {
                { "{{.Hostile}}", "<\\x1b[31m\\u{202e}\"\\xff" },
                { "{{upper .Hostile}}", "<\\X1B[31M\\U{202E}\"\\XFF" },
                { "{{pad .Hostile 1 0}}", " <\\x1b[31m\\u{202e}\"\\xff" },
                { "{{truncate .Hostile 3}}", "<\\x" },
                { "{{join .Hostile \"\"}}", "<\\x1b[31m\\u{202e}\"\\xff" },
                /* What the user typed is the user's. */
                { "\033[1m{{.Name}}{{\"\\x1b[0m\"}}", "\033[1mweb\033[0m" },
        };
        check_pairs(pairs, N_ELEMENTS(pairs));
}

static void test_mistakes(void **unused) {
        (void)unused;
        static const struct pair pairs[] = {
                { "{{", "unclosed action" },
                { "{{.Name", "unclosed action" },
                { "a\n{{.Name", ":2: unclosed action" },
                { "{{.Name}", "bad character U+007D '}'" },
                { "{{.Name!}}", "bad character U+0021 '!'" },
                { "{{.Na\xc3\xa9}}", "bad character U+00E9" },
                { "{{}}", "missing value for command" },
                { "{{if}}x{{end}}", "missing value for if" },
                { "{{.Name | }}", "missing value for command" },
                { "{{()}}", "missing value for parenthesized pipeline" },
                { "{{if .Name}}x", "unexpected EOF" },
                { "{{if .Name}}x{{else}}y", "unexpected EOF" },
                { "{{if .Name}}x{{else if .Zero}}y", "unexpected EOF" },
                { "{{if .Name}}x{{else}}y{{else}}z{{end}}", "expected end; found {{else}}" },
                { "{{end}}", "unexpected {{end}}" },
                { "x{{else}}", "unexpected {{else}}" },
                { "{{if .Name}}{{end .Name}}", "unexpected \".Name\" in end" },
                { "{{if .Name}}{{else .Name}}{{end}}", "unexpected \".Name\" in else" },
                { "{{\"abc}}", "unterminated quoted string" },
                { "{{`abc}}", "unterminated raw quoted string" },
                { "{{\"\\q\"}}", "invalid syntax" },
                { "{{\"\\x00\"}}", "invalid syntax" },
                { "{{\"\\ud800\"}}", "invalid syntax" },
                { "{{/* abc }}", "unclosed comment" },
                { "{{/* abc */ .Name}}", "comment ends before closing delimiter" },
                { "{{(.Name}}", "unclosed left paren" },
                { "{{.Name)}}", "unexpected right paren" },
                { "{{upper}}", "wrong number of args for upper: want 1 got 0" },
                { "{{upper .Name .Name}}", "wrong number of args for upper: want 1 got 2" },
                { "{{.Name | upper .Name}}", "wrong number of args for upper: want 1 got 2" },
                { "{{json}}", "wrong number of args for json: want 1 got 0" },
                { "{{pad 1 2 3 4 5}}", "wrong number of args for pad: want 3 got 5" },
                { "{{upper lower}}", "wrong number of args for lower: want 1 got 0" },
                { "{{truncate .Name .Restarts}}", "argument 2 of truncate: must be a number from 0 to 10000" },
                { "{{truncate .Name -1}}", "argument 2 of truncate" },
                { "{{.Name | truncate 3}}", "argument 2 of truncate" },
                { "{{pad .Name 1 10001}}", "argument 3 of pad" },
                { "{{pad .Name 99999999999999999999 1}}", "bad number syntax: \"99999999999999999999\"" },
                { "{{0x10}}", "bad number syntax: \"0x10\"" },
                { "{{.Name .Name}}", "can't give argument to non-function .Name" },
                { "{{.Name | .Zero}}", "can't give argument to non-function .Zero" },
                { "{{!}}", "unexpected \"!\" in command" },
                { "{{upper !}}", "unexpected \"!\" in operand" },
                { "{{if !}}{{end}}", "unexpected \"!\" in if" },
                { "{{| upper}}", "unexpected \"|\" in command" },
        };
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        for (size_t i = 0; i < N_ELEMENTS(pairs); i++) {
                struct error err = ERROR_INIT;
                struct template *t = NULL;
                if (template_parse(&t, pairs[i].template, &shape, &a, &err) == 0)
                        fail_msg("'%s' was accepted", pairs[i].template);
                assert_null(t);
                assert_int_equal(err.code, ERR_INVALID);
                assert_int_equal(strncmp(err.msg, "failed to parse template: template: :", 37), 0);
                if (!strstr(err.msg, pairs[i].expected))
                        fail_msg("'%s': %s", pairs[i].template, err.msg);
        }
}

/* What is not there is named, and so is everything that is. */
static void test_what_there_is_not(void **unused) {
        (void)unused;
        static const struct pair pairs[] = {
                { "{{.Nope}}", "can't evaluate field Nope: " },
                { "{{.name}}", "can't evaluate field name: " },
                { "{{.Name.First}}", "can't evaluate field Name.First: " },
                { "{{.Engine.Nope}}", "can't evaluate field Engine.Nope: " },
                { "{{range .List}}{{end}}", "\"range\" cannot be used here: " },
                { "{{title .Name}}", "function \"title\" not defined: " },
                { "{{printf \"%s\" .Name}}", "function \"printf\" not defined: " },
                { "{{upper print}}", "function \"print\" not defined: " },
                { "{{if eq .Name \"web\"}}{{end}}", "function \"eq\" not defined: " },
                { "{{$x := 3}}", "undefined variable \"$x\": " },
                { "{{upper true}}", "\"true\" cannot be used here: " },
        };
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        for (size_t i = 0; i < N_ELEMENTS(pairs); i++) {
                struct error err = ERROR_INIT;
                struct template *t = NULL;
                assert_int_equal(template_parse(&t, pairs[i].template, &shape, &a, &err), -1);
                if (!strstr(err.msg, pairs[i].expected) || !strstr(err.msg, "Name, Restarts, ") || !strstr(err.msg, ", Empty"))
                        fail_msg("'%s': %s", pairs[i].template, err.msg);
                bool lists_functions = strstr(err.msg, "json, upper, lower, join, pad, truncate, if/else/end") != NULL;
                assert_int_equal(lists_functions, pairs[i].template[2] != '.');
        }
}

static void test_headers(void **unused) {
        (void)unused;
        static const struct pair pairs[] = {
                { "{{.Name}}\t{{.Engine.Endpoint}}", "NAME\tENDPOINT" },
                { "{{lower .Name}} {{json .Restarts}} {{truncate .Name 1}} {{join .List \",\"}}", "NAME RESTARTS NAME LIST" },
                { "[{{pad .Name 1 2}}]", "[ NAME  ]" },
                { "{{.Name | lower}} {{\", \" | join .List}}", "NAME LIST" },
                { "{{if .Quarantined}}{{.Name}}{{else}}x{{end}}", "NAME" },
                { "{{json .}}{{.}}{{json .Engine}}", "" },
        };
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        for (size_t i = 0; i < N_ELEMENTS(pairs); i++) {
                struct buf out AUTO(buf_release) = BUF_INIT(4096);
                struct template *t = NULL;
                assert_int_equal(template_parse(&t, pairs[i].template, &shape, &a, NULL), 0);
                template_run_header(t, &out);
                check_text(buf_str(&out), pairs[i].template, pairs[i].expected);
        }
}

static void check_depth(const char *open, const char *close, size_t n, bool good) {
        struct arena a AUTO(arena_release) = ARENA_INIT(65536);
        struct buf text AUTO(buf_release) = BUF_INIT(TEMPLATE_MAX * 2);
        struct error err = ERROR_INIT;
        struct template *t = NULL;
        bool inside = open[0] == '(';
        buf_add_str(&text, inside ? "{{" : "");
        for (size_t i = 0; i < n; i++)
                buf_add_str(&text, open);
        buf_add_str(&text, inside ? ".Name" : "x");
        for (size_t i = 0; i < n; i++)
                buf_add_str(&text, close);
        buf_add_str(&text, inside ? "}}" : "");
        int r = template_parse(&t, buf_str(&text), &shape, &a, &err);
        if ((r == 0) != good)
                fail_msg("%zu times %s: %s", n, open, err.msg);
        if (!good)
                assert_non_null(strstr(err.msg, "max expression depth exceeded"));
}

static void test_depth_has_a_limit(void **unused) {
        (void)unused;
        check_depth("(", ")", 100, true);
        check_depth("(", ")", 101, false);
        check_depth("(", "", 5000, false);
        check_depth("{{if .Name}}", "{{end}}", 100, true);
        check_depth("{{if .Name}}", "{{end}}", 101, false);
        check_depth("{{if .Zero}}{{else if .Zero}}", "{{end}}", 50, true);
        check_depth("{{if .Zero}}{{else if .Zero}}", "{{end}}", 51, false);
}

static void test_length_has_a_limit(void **unused) {
        (void)unused;
        struct arena a AUTO(arena_release) = ARENA_INIT(65536);
        struct error err = ERROR_INIT;
        struct template *t = NULL;
        AUTO_FREE char *text = xcalloc(1, TEMPLATE_MAX + 2);
        memset(text, 'x', TEMPLATE_MAX);
        assert_int_equal(template_parse(&t, text, &shape, &a, NULL), 0);
        assert_false(template_has_action(t));
        text[TEMPLATE_MAX] = 'x';
        assert_int_equal(template_parse(&t, text, &shape, &a, &err), -1);
        assert_non_null(strstr(err.msg, "more than 16384 bytes"));
}

/* Both what is made on the way and the row itself. */
static void test_output_has_a_limit(void **unused) {
        (void)unused;
        static const char *const templates[] = { "{{pad .Name 9000 9000}}{{pad .Name 9000 9000}}", "{{json .List}}{{json .}}{{.}}",
                                                 "{{upper .Hostile}}{{.Hostile}}{{.Hostile}}{{.Hostile}}{{.Hostile}}" };
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct value row[N_ELEMENTS(fields)];
        make_row(row);
        for (size_t i = 0; i < N_ELEMENTS(templates); i++) {
                struct buf out AUTO(buf_release) = BUF_INIT(100);
                struct template *t = NULL;
                assert_int_equal(template_parse(&t, templates[i], &shape, &a, NULL), 0);
                template_run(t, row, (struct time_style){ NOW_US, true }, &out);
                assert_true(out.overflowed);
                assert_true(out.len <= 100);
        }
}

static void test_whether_it_asks_for_anything(void **unused) {
        (void)unused;
        static const struct {
                const char *template;
                bool asks;
        } cases[] = { { "", false },         { "yaml", false }, { "{{/* c */}}", false },
                      { "{{.Name}}", true }, { "{{5}}", true }, { "{{if .Name}}{{end}}", true } };
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
                struct template *t = NULL;
                assert_int_equal(template_parse(&t, cases[i].template, &shape, &a, NULL), 0);
                assert_int_equal(template_has_action(t), cases[i].asks);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_values),
                cmocka_unit_test(test_json),
                cmocka_unit_test(test_functions),
                cmocka_unit_test(test_conditions),
                cmocka_unit_test(test_json_is_true_as_in_go),
                cmocka_unit_test(test_trim_markers_and_comments),
                cmocka_unit_test(test_nothing_hostile_comes_through),
                cmocka_unit_test(test_mistakes),
                cmocka_unit_test(test_what_there_is_not),
                cmocka_unit_test(test_headers),
                cmocka_unit_test(test_depth_has_a_limit),
                cmocka_unit_test(test_length_has_a_limit),
                cmocka_unit_test(test_output_has_a_limit),
                cmocka_unit_test(test_whether_it_asks_for_anything),
        };
        return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
