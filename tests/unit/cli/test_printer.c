/* SPDX-License-Identifier: MIT */
/* Rows printed as --format asks: which form it is, JSON objects, tables as docker aligns them, and what is refused. */
#include "cli/printer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct field fields[] = { { "id", "ID", "CONTAINER ID" },  { "name", "Name", "NAME" }, { "engine.a", "Engine.A", "A" },
                                       { "engine.b", "Engine.B", "B" }, { NULL, "Words", "WORDS" }, { "last", "Last", "LAST" } };
static const struct shape shape = { fields, N_ELEMENTS(fields), "table {{.ID}}\t{{.Name}}\t{{.Words}}" };
static const struct shape plain_shape = { fields, N_ELEMENTS(fields), NULL };

struct desk {
        struct arena a;
        struct printer *p;
        FILE *out;
        char *text;
        size_t len;
};

static void begin(struct desk *d, const char *format, const struct shape *s) {
        struct options o = { .format = format };
        struct error err = ERROR_INIT;
        *d = (struct desk){ .a = ARENA_INIT(4096) };
        if (printer_open(&d->p, &o, s, &d->a, &err) < 0)
                fail_msg("'%s': %s", format ? format : "", err.msg);
        d->out = open_memstream(&d->text, &d->len);
        assert_non_null(d->out);
        printer_to(d->p, d->out);
}

static void row(struct desk *d, const char *id, const char *name, const char *words) {
        const struct value values[] = { value_text(id), value_text(name),  value_number(1),
                                        value_null(),   value_text(words), value_json("{\"x\":[]}") };
        printer_row(d->p, values);
}

static void check_so_far(struct desk *d, const char *expected) {
        assert_int_equal(fflush(d->out), 0);
        assert_string_equal(d->text, expected);
}

static void finish(struct desk *d, const char *expected) {
        printer_close(d->p);
        check_so_far(d, expected);
        (void)fclose(d->out);
        free(d->text);
        arena_release(&d->a);
}

static void test_json_objects(void **unused) {
        (void)unused;
        struct desk d;
        begin(&d, " json ", &shape);
        assert_true(printer_is_json(d.p));
        assert_false(printer_is_plain(d.p) || printer_is_default(d.p));
        row(&d, "1", "a<b", "hidden");
        row(&d, "2", NULL, NULL);
        finish(&d, "{\"id\":\"1\",\"name\":\"a<b\",\"engine\":{\"a\":1,\"b\":null},\"last\":{\"x\":[]}}\n"
                   "{\"id\":\"2\",\"name\":null,\"engine\":{\"a\":1,\"b\":null},\"last\":{\"x\":[]}}\n");
        begin(&d, "json", &shape);
        finish(&d, "");
}

/* What was stored is printed with all that was stored. */
static void test_whole_object(void **unused) {
        (void)unused;
        static const struct field stored[] = { { "", NULL, NULL }, { "name", "Name", "NAME" } };
        static const struct shape whole = { stored, N_ELEMENTS(stored), NULL };
        const struct value values[] = { value_json("{\"name\":\"x\",\"other\":1}"), value_text("x") };
        const char *formats[] = { "json", "{{json .}}" };
        struct desk d;
        for (size_t i = 0; i < N_ELEMENTS(formats); i++) {
                begin(&d, formats[i], &whole);
                printer_row(d.p, values);
                finish(&d, "{\"name\":\"x\",\"other\":1}\n");
        }
        begin(&d, "{{.Name}}", &whole);
        printer_row(d.p, values);
        finish(&d, "x\n");
}

static void test_default_table(void **unused) {
        (void)unused;
        const char *formats[] = { NULL, "", "  ", "table", " table " };
        struct desk d;
        for (size_t i = 0; i < N_ELEMENTS(formats); i++) {
                begin(&d, formats[i], &shape);
                assert_true(printer_is_default(d.p));
                assert_false(printer_is_plain(d.p) || printer_is_json(d.p));
                row(&d, "123456789012", "web", "x");
                row(&d, "1", "a\tb\n", "");
                finish(&d, "CONTAINER ID   NAME      WORDS\n"
                           "123456789012   web       x\n"
                           "1              a\\tb\\n    \n");
        }
        begin(&d, NULL, &shape);
        finish(&d, "CONTAINER ID   NAME      WORDS\n");
}

static void test_a_shape_without_table(void **unused) {
        (void)unused;
        struct desk d;
        const char *formats[] = { NULL, "", " " };
        for (size_t i = 0; i < N_ELEMENTS(formats); i++) {
                begin(&d, formats[i], &plain_shape);
                assert_true(printer_is_plain(d.p) && printer_is_default(d.p));
                row(&d, "1", "2", "3");
                finish(&d, "");
        }
}

static void test_templates(void **unused) {
        (void)unused;
        struct desk d;
        begin(&d, "  {{.Name}}\\t{{.ID}}\\n-- ", &shape);
        assert_false(printer_is_json(d.p) || printer_is_plain(d.p) || printer_is_default(d.p));
        row(&d, "1", "web", NULL);
        row(&d, "2", "db", NULL);
        finish(&d, "web\t1\n--\ndb\t2\n--\n");
}

/* A last cell is never padded, an empty one leaves the blanks before it, and width is what a terminal shows. */
static void test_own_table(void **unused) {
        (void)unused;
        struct desk d;
        begin(&d, "table{{.Name}}\\t{{upper .Words}}\\t{{.ID}}", &shape);
        row(&d, "1", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac", "a");
        row(&d, "", "e\xcc\x81", "a long one");
        finish(&d, "NAME         WORDS        CONTAINER ID\n"
                   "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac   A            1\n"
                   "e\xcc\x81            A LONG ONE   \n");
}

/* Columns are aligned where cells stand above each other. */
static void test_rows_of_several_lines(void **unused) {
        (void)unused;
        struct desk d;
        begin(&d, "table {{.Name}}\\t{{.ID}}\\t{{if .Words}}{{.Words}}\\n{{.Words}}{{end}}", &shape);
        row(&d, "1", "a name of some length", NULL);
        row(&d, "2", "b", "w");
        row(&d, "3", "c", NULL);
        finish(&d, "NAME      CONTAINER ID   WORDS\n"
                   "WORDS\n"
                   "a name of some length   1         \n"
                   "b                       2         w\n"
                   "w\n"
                   "c         3         \n");
}

static void test_flushed_tables_keep_their_columns(void **unused) {
        (void)unused;
        struct desk d;
        begin(&d, "table {{.Name}}\\t{{.ID}}", &shape);
        row(&d, "1", "a name of some length", NULL);
        printer_flush(d.p);
        check_so_far(&d, "NAME                    CONTAINER ID\na name of some length   1\n");
        row(&d, "2", "b", NULL);
        printer_flush(d.p);
        printer_flush(d.p);
        finish(&d, "NAME                    CONTAINER ID\na name of some length   1\nb                       2\n");
}

static void check_refused(const char *format, const char *message) {
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct options o = { .format = format };
        struct error err = ERROR_INIT;
        struct printer *p = NULL;
        assert_int_equal(printer_open(&p, &o, &shape, &a, &err), -1);
        assert_null(p);
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.msg, message);
}

static void test_what_is_refused(void **unused) {
        (void)unused;
        check_refused("{{.Name", "failed to parse template: template: :1: unclosed action");
        check_refused("table {{.Name", "failed to parse template: template: :1: unclosed action");
        check_refused("a\\n{{.Nope}}",
                      "failed to parse template: template: :2: can't evaluate field Nope: the fields are ID, Name, Engine.A, "
                      "Engine.B, Words, Last");
        check_refused("yaml", "invalid format 'yaml': must be table, json or a template such as '{{.ID}}'");
        check_refused("table ID", "invalid format 'table ID': must be table, json or a template such as '{{.ID}}'");
        check_refused("JSON\033", "invalid format 'JSON\\x1b': must be table, json or a template such as '{{.ID}}'");
}

/* Docker passes over the format, and its mistakes. */
static void test_quiet_wins(void **unused) {
        (void)unused;
        struct arena a AUTO(arena_release) = ARENA_INIT(4096);
        struct options o = { .format = "{{.Nope", .quiet = true };
        struct printer *p = NULL;
        assert_int_equal(printer_open(&p, &o, &shape, &a, NULL), 0);
        assert_true(printer_is_plain(p) && printer_is_default(p));
        assert_false(printer_is_json(p));
        printer_close(p);
}

static void test_a_row_without_end_is_left_out(void **unused) {
        (void)unused;
        struct desk d;
        size_t len = (size_t)17 * 1024 * 1024;
        AUTO_FREE char *name = xmalloc(len + 1);
        memset(name, 'x', len);
        name[len] = '\0';
        begin(&d, "json", &shape);
        row(&d, "1", name, NULL);
        finish(&d, "");
        begin(&d, "{{.Name}}", &shape);
        row(&d, "1", name, NULL);
        row(&d, "2", "web", NULL);
        finish(&d, "web\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_json_objects),
                cmocka_unit_test(test_whole_object),
                cmocka_unit_test(test_default_table),
                cmocka_unit_test(test_a_shape_without_table),
                cmocka_unit_test(test_templates),
                cmocka_unit_test(test_own_table),
                cmocka_unit_test(test_rows_of_several_lines),
                cmocka_unit_test(test_flushed_tables_keep_their_columns),
                cmocka_unit_test(test_what_is_refused),
                cmocka_unit_test(test_quiet_wins),
                cmocka_unit_test(test_a_row_without_end_is_left_out),
        };
        return cmocka_run_group_tests_name("printer", tests, NULL, NULL);
}
