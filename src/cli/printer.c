/* SPDX-License-Identifier: MIT */
/* Prints rows as --format asks: one JSON object a line, a template's text, or a table of its cells. */
#include "printer.h"

#include "autoheal/os/clock.h"
#include "autoheal/os/log.h"
#include "template.h"

#include <unistd.h>

#define ROW_MAX ((size_t)16 * 1024 * 1024)

enum mode { MODE_NOTHING, MODE_JSON, MODE_TEMPLATE, MODE_TABLE };

struct printer {
        const struct shape *shape;
        struct template *template; /* NULL unless MODE_TEMPLATE or MODE_TABLE */
        enum mode mode;
        bool is_default, iso;
        bool headed;       /* the header is in the table, or was printed */
        struct arena rows; /* of the table, until they are printed */
        struct table table;
        FILE *out;
};

/* ---- What was asked for ---- */

/* Blanks around it do not count, and what docker's users type as \t and \n does. */
static char *unfold(const char *format, struct arena *a) {
        size_t len = strlen(format), n = 0;
        char *text = arena_alloc(a, len + 1);
        for (size_t i = 0; i < len; i++) {
                bool pair = format[i] == '\\' && (format[i + 1] == 't' || format[i + 1] == 'n');
                text[n++] = !pair ? format[i] : format[i + 1] == 't' ? '\t' : '\n';
                i += pair;
        }
        return text;
}

static const char *trim(const char *format, struct arena *a) {
        format += strspn(format, " ");
        size_t len = strlen(format);
        while (len && format[len - 1] == ' ')
                len--;
        return arena_strndup(a, format, len);
}

static int refuse(const struct printer *p, const char *format, struct error *err) {
        const struct field *f = p->shape->fields;
        return error_set(err, ERR_INVALID, "invalid format '%s': must be %sjson or a template such as '{{.%s}}'", format,
                         p->shape->table ? "table, " : "", f[0].name ? f[0].name : f[1].name);
}

static int parse(struct printer *p, const char *format, const char *text, struct arena *a, struct error *err) {
        if (template_parse(&p->template, unfold(trim(text, a), a), p->shape, a, err) < 0)
                return -1;
        if (!template_has_action(p->template))
                return refuse(p, format, err);
        return 0;
}

static int choose(struct printer *p, const char *typed, struct arena *a, struct error *err) {
        const char *format = trim(typed ? typed : "", a);
        bool table = strncmp(format, "table", strlen("table")) == 0;
        if (table && !p->shape->table)
                return refuse(p, format, err);
        p->is_default = !format[0] || str_eq(format, "table");
        if (p->is_default)
                format = p->shape->table;
        if (!format)
                return 0;
        if (str_eq(format, "json")) {
                p->mode = MODE_JSON;
                return 0;
        }
        table = strncmp(format, "table", strlen("table")) == 0;
        p->mode = table ? MODE_TABLE : MODE_TEMPLATE;
        return parse(p, format, table ? format + strlen("table") : format, a, err);
}

int printer_open(struct printer **ret, const struct options *o, const struct shape *shape, struct arena *a, struct error *err) {
        struct printer *p = arena_new(a, struct printer);
        p->shape = shape;
        p->iso = o->no_trunc || !isatty(STDOUT_FILENO);
        p->rows.block_size = (size_t)64 * 1024;
        p->is_default = o->quiet;
        if (o->quiet && o->format)
                log_warn("Ignoring custom format, because both --format and --quiet are set.");
        if (!o->quiet && choose(p, o->format, a, err) < 0)
                return -1;
        table_init(&p->table, &p->rows, NULL, 0);
        p->out = stdout;
        *ret = p;
        return 0;
}

void printer_to(struct printer *p, FILE *out) {
        p->out = out;
}

bool printer_is_default(const struct printer *p) {
        return p->is_default;
}

bool printer_is_plain(const struct printer *p) {
        return p->mode == MODE_NOTHING;
}

bool printer_is_json(const struct printer *p) {
        return p->mode == MODE_JSON;
}

/* ---- Rows ---- */

static void print_text(const struct printer *p, const struct buf *row) {
        (void)fwrite(buf_str(row), 1, row->len, p->out);
        (void)fputc('\n', p->out);
}

static void add_header(struct printer *p) {
        struct buf header AUTO(buf_release) = BUF_INIT(ROW_MAX);
        if (p->headed)
                return;
        p->headed = true;
        template_run_header(p->template, &header);
        table_add_lines(&p->table, buf_str(&header));
}

void printer_row(struct printer *p, const struct value *values) {
        struct buf row AUTO(buf_release) = BUF_INIT(ROW_MAX);
        struct json_writer w;
        if (p->mode == MODE_NOTHING)
                return;
        if (p->mode == MODE_JSON) {
                json_writer_init(&w, &row, JSON_COMPACT);
                value_write_object(&w, p->shape, values, NULL);
        } else {
                template_run(p->template, values, (struct time_style){ clock_read().wall_us, p->iso }, &row);
        }
        if (row.overflowed) {
                log_warn("a row of more than %zu MiB is left out", ROW_MAX / 1024 / 1024);
        } else if (p->mode == MODE_TABLE) {
                add_header(p);
                table_add_lines(&p->table, buf_str(&row));
        } else {
                print_text(p, &row);
        }
}

static void print_table(struct printer *p) {
        if (p->mode != MODE_TABLE)
                return;
        add_header(p);
        table_print(&p->table, p->out);
        table_clear(&p->table);
        arena_release(&p->rows);
}

void printer_flush(struct printer *p) {
        print_table(p);
        (void)fflush(p->out);
}

void printer_close(struct printer *p) {
        print_table(p);
}
