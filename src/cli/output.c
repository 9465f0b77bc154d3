/* SPDX-License-Identifier: MIT */
/* Tables, times and lines as docker prints them, with everything from outside made printable. */
#include "cli_internal.h"

#include "autoheal/os/log.h"
#include "autoheal/os/wake.h"
#include "autoheal/util/text.h"
#include "autoheal/util/timefmt.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#define COLUMN_MIN 10
#define COLUMN_GAP 3
#define CELL_MAX   ((size_t)16 * 1024)
#define SHORT_ID   12

/* ---- Tables ---- */

void table_init(struct table *t, struct arena *a, const char *const *header, size_t columns) {
        *t = (struct table){ .arena = a, .columns = columns };
        for (size_t i = 0; i < columns; i++)
                table_add(t, header[i]);
}

static void add_cell(struct table *t, const char *printable, bool ends_row) {
        if (t->n == t->cap) {
                size_t cap = t->cap ? 2 * t->cap : 64;
                struct table_cell *cells = arena_array(t->arena, cap, sizeof(*cells));
                if (t->n)
                        memcpy(cells, t->cells, t->n * sizeof(*cells));
                t->cells = cells;
                t->cap = cap;
        }
        t->cells[t->n++] = (struct table_cell){ .text = printable, .width = text_width(printable), .ends_row = ends_row };
}

void table_add(struct table *t, const char *text) {
        struct buf safe AUTO(buf_release) = BUF_INIT(CELL_MAX);
        text_escape(&safe, slice_str(text ? text : ""));
        add_cell(t, arena_strdup(t->arena, buf_str(&safe)), t->n % t->columns == t->columns - 1);
}

/* A cell is cut as table_add() does it: every row is padded to the widest. */
static const char *cut_cell(const char *text, size_t len, struct arena *a) {
        if (len > CELL_MAX)
                for (len = CELL_MAX; len && ((unsigned char)text[len] & 0xc0) == 0x80;)
                        len--;
        return arena_strndup(a, text, len);
}

void table_add_lines(struct table *t, const char *text) {
        for (;;) {
                size_t len = strcspn(text, "\t\n");
                add_cell(t, cut_cell(text, len, t->arena), text[len] != '\t');
                if (!text[len])
                        return;
                text += len + 1;
        }
}

void table_clear(struct table *t) {
        t->cells = NULL;
        t->n = t->cap = 0;
}

/* Where each row begins, and where the last one ends. */
static size_t *find_rows(const struct table *t, size_t *ret_n) {
        size_t *starts = arena_array(t->arena, t->n + 1, sizeof(*starts)), n = 0;
        for (size_t i = 0; i < t->n; i++)
                if (t->cells[i].ends_row)
                        starts[++n] = i + 1;
        *ret_n = n;
        return starts;
}

static size_t column_width(const struct table *t, const size_t *starts, size_t n_rows, size_t column) {
        size_t kept = column < TABLE_KEPT_MAX ? t->kept[column] : 0;
        size_t width = kept > COLUMN_MIN ? kept : COLUMN_MIN;
        for (size_t row = 0; row < n_rows; row++) {
                size_t cell = t->cells[starts[row] + column].width + COLUMN_GAP;
                width = cell > width ? cell : width;
        }
        return width;
}

/* Makes the cells of one column equally wide where rows that have it stand above each other. False if no row has it. */
static bool align_column(struct table *t, const size_t *starts, size_t n_rows, size_t column) {
        bool any = false;
        for (size_t row = 0, n; row < n_rows; row += n ? n : 1) {
                for (n = 0; row + n < n_rows && starts[row + n] + column + 1 < starts[row + n + 1];)
                        n++;
                any = any || n > 0;
                size_t width = n ? column_width(t, starts + row, n, column) : 0;
                for (size_t i = row; i < row + n; i++)
                        t->cells[starts[i] + column].padding = width - t->cells[starts[i] + column].width;
        }
        return any;
}

void table_print(struct table *t, FILE *out) {
        size_t n_rows, column = 0;
        const size_t *starts = find_rows(t, &n_rows);
        while (align_column(t, starts, n_rows, column))
                column++;
        column = 0;
        for (size_t i = 0; i < t->n; i++) {
                const struct table_cell *cell = &t->cells[i];
                size_t width = cell->ends_row ? 0 : cell->width + cell->padding;
                (void)fprintf(out, "%s%*s%s", cell->text, (int)cell->padding, "", cell->ends_row ? "\n" : "");
                if (column < TABLE_KEPT_MAX && width > t->kept[column])
                        t->kept[column] = width;
                column = cell->ends_row ? 0 : column + 1;
        }
}

void print_line(FILE *out, const char *fmt, ...) {
        char line[8192];
        va_list ap;
        va_start(ap, fmt);
        (void)vsnprintf(line, sizeof(line), fmt, ap);
        va_end(ap);
        struct buf safe AUTO(buf_release) = BUF_INIT(CELL_MAX);
        text_escape(&safe, slice_str(line));
        (void)fprintf(out, "%s\n", buf_str(&safe));
}

const char *show_time(int64_t us, int64_t now_us, bool no_trunc, struct arena *a) {
        if (us == 0)
                return "";
        if (no_trunc) {
                char iso[TIME_ISO_SIZE];
                time_format_iso(us, iso);
                return arena_strdup(a, iso);
        }
        if (us > now_us) {
                char left[DURATION_SIZE];
                duration_format((us - now_us + US_PER_S - 1) / US_PER_S, left);
                return arena_printf(a, "in %s", left);
        }
        char age[DURATION_HUMAN_SIZE];
        duration_human((now_us - us) / US_PER_S, age);
        return arena_printf(a, "%s ago", age);
}

const char *show_id(const char *id, bool no_trunc, struct arena *a) {
        return no_trunc ? id : arena_strndup(a, id, strnlen(id, SHORT_ID));
}

int confirm(const struct options *o, const char *subject, const char *warning, struct error *err) {
        if (o->yes)
                return 1;
        if (!isatty(STDIN_FILENO))
                return error_set(err, ERR_FAILED, "%s needs a confirmation: add --yes", subject);
        (void)printf("WARNING! %s\nAre you sure you want to continue? [y/N] ", warning);
        (void)fflush(stdout);
        if (!wake_await_input(STDIN_FILENO)) {
                (void)printf("\n");
                return error_set(err, ERR_INTERRUPTED, "interrupted");
        }
        char answer[16] = "";
        if (!fgets(answer, sizeof(answer), stdin))
                return 0;
        return answer[0] == 'y' || answer[0] == 'Y';
}

/* stdio keeps that it failed, not why: one more byte of what is torn anyway makes the system say it again. */
bool output_flushed(void) {
        if (fflush(stdout) == 0 && !ferror(stdout))
                return true;
        clearerr(stdout);
        if ((fputc('\n', stdout) == EOF || fflush(stdout) != 0) && errno == EPIPE)
                return false;
        struct error err = ERROR_INIT;
        (void)(ferror(stdout) ? error_set_errno(&err, errno, "writing to standard output")
                              : error_set(&err, ERR_FAILED, "writing to standard output failed"));
        log_error("%s", err.msg);
        return false;
}
