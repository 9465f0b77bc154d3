/* SPDX-License-Identifier: MIT */
/* Runs a parsed template over one row of values, or over the headers. */
#include "template_internal.h"

#include "autoheal/util/text.h"

struct run {
        const struct shape *shape;
        const struct value *values; /* NULL: the headers */
        struct time_style style;
        struct arena arena; /* what is made on the way */
        size_t max;         /* ceiling of the row, and of each text on the way */
        bool overflowed;
};

struct operand {
        struct value value;
        bool printable; /* VALUE_TEXT: as it is to be printed */
};

static struct operand evaluate(struct run *r, const struct expr *e);

static struct operand printable(const char *text) {
        return (struct operand){ .value = value_text(text), .printable = true };
}

static struct operand keep(struct run *r, const struct buf *text) {
        r->overflowed = r->overflowed || text->overflowed;
        return printable(arena_strndup(&r->arena, buf_str(text), text->len));
}

static const char *text_of(struct run *r, struct operand o) {
        if (o.printable)
                return o.value.text;
        struct buf text AUTO(buf_release) = BUF_INIT(r->max);
        value_show(o.value, r->style, &text);
        return keep(r, &text).value.text;
}

/* ---- Functions ---- */

static struct operand as_json(struct run *r, struct operand o) {
        struct buf text AUTO(buf_release) = BUF_INIT(r->max);
        struct json_writer w;
        json_writer_init(&w, &text, JSON_COMPACT);
        value_write_json(&w, o.value);
        return keep(r, &text);
}

static struct operand change_case(struct run *r, const char *text, char first, char last) {
        char *changed = arena_strdup(&r->arena, text);
        for (char *p = changed; *p; p++)
                if (*p >= first && *p <= last)
                        *p ^= 'a' ^ 'A';
        return printable(changed);
}

static struct operand join(struct run *r, struct operand list, const char *separator) {
        if (list.printable)
                return list;
        struct buf text AUTO(buf_release) = BUF_INIT(r->max);
        value_join(list.value, separator, r->style, &text);
        return keep(r, &text);
}

/* As docker's: what is empty stays so. */
static struct operand pad(struct run *r, const char *text, int64_t left, int64_t right) {
        if (!*text)
                return printable("");
        return printable(arena_printf(&r->arena, "%*s%s%*s", (int)left, "", text, (int)right, ""));
}

static struct operand truncate_to(struct run *r, const char *text, int64_t characters) {
        size_t len = strlen(text), end = 0;
        for (int64_t i = 0; i < characters && end < len; i++) {
                size_t n = utf8_sequence(text + end, len - end, NULL);
                end += n ? n : 1;
        }
        return printable(arena_strndup(&r->arena, text, end));
}

static struct operand call(struct run *r, const struct expr *e) {
        struct operand first = evaluate(r, e->args[0]);
        if (!r->values && e->function != FUNCTION_PAD)
                return first;
        switch (e->function) {
        case FUNCTION_JSON:
                return as_json(r, first);
        case FUNCTION_UPPER:
                return change_case(r, text_of(r, first), 'a', 'z');
        case FUNCTION_LOWER:
                return change_case(r, text_of(r, first), 'A', 'Z');
        case FUNCTION_JOIN:
                return join(r, first, text_of(r, evaluate(r, e->args[1])));
        case FUNCTION_PAD:
                return pad(r, text_of(r, first), e->args[1]->number, e->args[2]->number);
        case FUNCTION_TRUNCATE:
                return truncate_to(r, text_of(r, first), e->args[1]->number);
        }
        return first;
}

/* ---- Expressions and nodes ---- */

static struct operand field_of(const struct run *r, size_t field) {
        if (r->values)
                return (struct operand){ .value = r->values[field] };
        const char *header = r->shape->fields[field].header;
        return printable(header ? header : "");
}

static struct operand object(struct run *r, const char *key) {
        struct buf text AUTO(buf_release) = BUF_INIT(r->max);
        struct json_writer w;
        if (!r->values)
                return printable("");
        json_writer_init(&w, &text, JSON_COMPACT);
        value_write_object(&w, r->shape, r->values, key);
        return (struct operand){ .value = value_json(keep(r, &text).value.text) };
}

static struct operand evaluate(struct run *r, const struct expr *e) {
        switch (e->kind) {
        case EXPR_TEXT:
                return printable(e->text);
        case EXPR_NUMBER:
                return (struct operand){ .value = value_number(e->number) };
        case EXPR_FIELD:
                return field_of(r, e->field);
        case EXPR_OBJECT:
                return object(r, e->text);
        case EXPR_CALL:
                return call(r, e);
        }
        return printable("");
}

static void print(const struct run *r, struct operand o, struct buf *out) {
        if (o.printable)
                buf_add_str(out, o.value.text);
        else
                value_show(o.value, r->style, out);
}

static void run_list(struct run *r, const struct node *n, struct buf *out) {
        for (; n; n = n->next) {
                switch (n->kind) {
                case NODE_TEXT:
                        buf_add(out, n->text.p, n->text.n);
                        break;
                case NODE_ACTION:
                        print(r, evaluate(r, n->expr), out);
                        break;
                case NODE_IF:
                        run_list(r, value_is_true(evaluate(r, n->expr).value) ? n->then : n->otherwise, out);
                        break;
                }
        }
}

static void run(const struct template *t, const struct value *values, struct time_style style, struct buf *out) {
        struct run r = { .shape = t->shape, .values = values, .style = style, .arena = ARENA_INIT(4096), .max = out->max };
        run_list(&r, t->first, out);
        out->overflowed = out->overflowed || r.overflowed;
        arena_release(&r.arena);
}

void template_run(const struct template *t, const struct value *values, struct time_style style, struct buf *out) {
        run(t, values, style, out);
}

void template_run_header(const struct template *t, struct buf *out) {
        run(t, NULL, (struct time_style){ .iso = true }, out);
}
