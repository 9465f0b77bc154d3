/* SPDX-License-Identifier: MIT */
/* Tables, times and lines as docker prints them, with everything from outside made printable. */
#include "cli_internal.h"

#include "autoheal/os/log.h"
#include "autoheal/util/text.h"
#include "autoheal/util/timefmt.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#define COLUMN_MIN 10
#define COLUMN_GAP 3
#define CELL_MAX   ((size_t)16 * 1024)
#define SHORT_ID   12

int output_is_json(const struct options *o, bool *ret_json, struct error *err) {
        if (o->format && !str_eq(o->format, "json") && !str_eq(o->format, "table"))
                return error_set(err, ERR_INVALID, "invalid format '%s': must be table or json", o->format);
        *ret_json = str_eq(o->format, "json");
        return 0;
}

void table_init(struct table *t, struct arena *a, const char *const *header, size_t columns) {
        *t = (struct table){ .arena = a, .columns = columns };
        for (size_t i = 0; i < columns; i++)
                table_add(t, header[i]);
}

void table_add(struct table *t, const char *text) {
        if (t->n == t->cap) {
                size_t cap = t->cap ? 2 * t->cap : 64;
                const char **cells = arena_array(t->arena, cap, sizeof(*cells));
                if (t->n)
                        memcpy(cells, t->cells, t->n * sizeof(*cells));
                t->cells = cells;
                t->cap = cap;
        }
        struct buf safe AUTO(buf_release) = BUF_INIT(CELL_MAX);
        text_escape(&safe, slice_str(text ? text : ""));
        t->cells[t->n++] = arena_strdup(t->arena, buf_str(&safe));
}

void table_print(const struct table *t, FILE *out) {
        size_t width[TABLE_COLUMNS_MAX] = { 0 };
        for (size_t i = 0; i < t->n; i++) {
                size_t w = text_width(t->cells[i]) + COLUMN_GAP;
                size_t *column = &width[i % t->columns];
                if (w > *column)
                        *column = w;
                if (*column < COLUMN_MIN)
                        *column = COLUMN_MIN;
        }
        for (size_t i = 0; i < t->n; i++) {
                bool last = i % t->columns == t->columns - 1;
                size_t pad = last ? 0 : width[i % t->columns] - text_width(t->cells[i]);
                (void)fprintf(out, "%s%*s%s", t->cells[i], (int)pad, "", last ? "\n" : "");
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
