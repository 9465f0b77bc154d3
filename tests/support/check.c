/* SPDX-License-Identifier: MIT */
/* Checks whose failure shows what was compared. */
#include "support/check.h"

#include "autoheal/util/buf.h"
#include "autoheal/util/text.h"

static void show(const char *title, const char *text, size_t len) {
        struct buf b AUTO(buf_release) = BUF_INIT(64 * 1024);
        struct slice rest = { text, len }, line;
        while (slice_split(&rest, '\n', &line)) {
                buf_add_str(&b, "  | ");
                text_escape(&b, line);
                buf_add_char(&b, '\n');
        }
        print_error("%s:\n%s", title, buf_str(&b));
}

void check_contains_at(const char *text, const char *needle, bool wanted, const char *file, int line) {
        if ((text && strstr(text, needle) != NULL) == wanted)
                return;
        print_error("%s '%s' in this text", wanted ? "missing" : "unwanted", needle);
        show("", text ? text : "(null)", strlen(text ? text : "(null)"));
        _fail(file, line);
}

static void show_output(const struct output *o) {
        show("standard output", o->out, o->out_len);
        show("standard error", o->err, o->err_len);
}

void check_exit_at(const struct output *o, int code, const char *file, int line) {
        if (o->exit_code == code && !o->timed_out)
                return;
        print_error("exit code %d%s instead of %d\n", o->exit_code, o->timed_out ? " (killed at the deadline)" : "", code);
        show_output(o);
        _fail(file, line);
}

void check_silent_at(const struct output *o, const char *file, int line) {
        if (o->out_len == 0 && o->err_len == 0)
                return;
        print_error("output where there should be none\n");
        show_output(o);
        _fail(file, line);
}

static bool is_terminal_control(uint32_t cp) {
        bool c0 = cp < 0x20 && cp != '\n';
        return c0 || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 || cp == 0x2029;
}

static bool all_printable(const char *text, size_t len) {
        for (size_t i = 0; i < len;) {
                uint32_t cp = 0;
                size_t n = utf8_sequence(text + i, len - i, &cp);
                if (n == 0 || is_terminal_control(cp)) {
                        print_error("byte %zu (0x%02x) is not for a terminal\n", i, (unsigned char)text[i]);
                        return false;
                }
                i += n;
        }
        return true;
}

void check_printable_at(const struct output *o, const char *file, int line) {
        if (all_printable(o->out, o->out_len) && all_printable(o->err, o->err_len))
                return;
        show_output(o);
        _fail(file, line);
}

void json_lines_parse_at(struct json_lines *ret, const char *text, const char *file, int line) {
        struct slice rest = slice_str(text), one;
        struct error err = ERROR_INIT;
        ret->n = 0;
        while (slice_split(&rest, '\n', &one)) {
                if (one.n == 0 && rest.n == 0)
                        break;
                if (ret->n < JSON_LINES_MAX && json_parse(one.p, one.n, 100000, &ret->docs[ret->n], &err) == 0) {
                        ret->n++;
                        continue;
                }
                show("not JSON", one.p, one.n);
                print_error("%s\n", err.msg);
                _fail(file, line);
        }
}

void json_lines_release(struct json_lines *l) {
        for (size_t i = 0; i < l->n; i++)
                json_doc_free(l->docs[i]);
        l->n = 0;
}

struct json_value json_line_where_at(const struct json_lines *l, const char *key, const char *value, const char *file, int line) {
        for (size_t i = 0; i < l->n; i++)
                if (json_string_eq(json_get(json_root(l->docs[i]), key), value))
                        return json_root(l->docs[i]);
        print_error("no line with %s '%s' among %zu\n", key, value, l->n);
        for (size_t i = 0; i < l->n; i++) {
                struct slice raw = json_raw(json_root(l->docs[i]));
                show("line", raw.p, raw.n);
        }
        _fail(file, line);
        return (struct json_value){ 0 };
}

struct json_value json_at(struct json_value v, const char *path) {
        struct slice rest = slice_str(path), key;
        while (slice_split(&rest, '.', &key)) {
                char name[128];
                snprintf(name, sizeof(name), "%.*s", (int)key.n, key.p);
                v = json_get(v, name);
        }
        return v;
}

void check_json_at(struct json_value v, const char *path, const char *raw, const char *file, int line) {
        struct json_value member = json_at(v, path);
        if (json_present(member) && slice_eq(json_raw(member), raw))
                return;
        struct slice whole = json_present(v) ? json_raw(v) : slice_str("(missing)");
        print_error("'%s' should be %s", path, raw);
        show(" in", whole.p, whole.n);
        _fail(file, line);
}

void check_keys_at(struct json_value v, const char *keys, const char *file, int line) {
        struct buf have AUTO(buf_release) = BUF_INIT(64 * 1024);
        struct json_iter it = json_iter(v);
        while (json_next(&it))
                buf_addf(&have, "%s%.*s", have.len ? ", " : "", (int)it.key.n, it.key.p);
        if (strcmp(buf_str(&have), keys) == 0)
                return;
        print_error("keys are   %s\nshould be  %s\n", buf_str(&have), keys);
        _fail(file, line);
}
