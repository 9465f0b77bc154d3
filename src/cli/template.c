/* SPDX-License-Identifier: MIT */
/* Parses templates: text and actions, {{if}} blocks, pipelines, calls and operands. */
#include "template_internal.h"

#define DEPTH_MAX    100
#define NUMBER_MAX   10000 /* blanks that pad adds, characters that truncate leaves */
#define NAME_SHOWN   40    /* in messages, so that there is room for what there is instead */
#define FIELDS_SHOWN 400

static const struct {
        const char *name;
        size_t n_args;
} functions[] = {
        [FUNCTION_JSON] = { "json", 1 }, [FUNCTION_UPPER] = { "upper", 1 }, [FUNCTION_LOWER] = { "lower", 1 },
        [FUNCTION_JOIN] = { "join", 2 }, [FUNCTION_PAD] = { "pad", 3 },     [FUNCTION_TRUNCATE] = { "truncate", 2 },
};

/* ---- Words that there are ---- */

static void list_fields(const struct shape *shape, struct buf *out) {
        for (size_t i = 0; i < shape->n_fields; i++)
                if (shape->fields[i].name)
                        buf_addf(out, "%s%s", out->len ? ", " : "", shape->fields[i].name);
}

static int name_length(struct slice name) {
        return (int)(name.n < NAME_SHOWN ? name.n : NAME_SHOWN);
}

/* before "NAME" after: and what there is instead. */
static int fail_with_list(struct template_parser *ps, const char *before, struct slice name, const char *after) {
        struct buf fields AUTO(buf_release) = BUF_INIT(FIELDS_SHOWN);
        list_fields(ps->shape, &fields);
        return template_fail(ps, "%s\"%.*s\"%s: there are json, upper, lower, join, pad, truncate, if/else/end and the fields %s",
                             before, name_length(name), name.p, after, buf_str(&fields));
}

/* In docker's templates these are no functions. */
static bool is_reserved(struct slice name) {
        static const char *const words[] = { "block", "break", "continue", "define",   "else", "end", "false",
                                             "if",    "nil",   "range",    "template", "true", "with" };
        for (size_t i = 0; i < N_ELEMENTS(words); i++)
                if (slice_eq(name, words[i]))
                        return true;
        return false;
}

static int find_function(struct template_parser *ps, struct slice name, enum function *ret) {
        for (size_t i = 0; i < N_ELEMENTS(functions); i++) {
                if (slice_eq(name, functions[i].name)) {
                        *ret = (enum function)i;
                        return 0;
                }
        }
        return is_reserved(name) ? fail_with_list(ps, "", name, " cannot be used here")
                                 : fail_with_list(ps, "function ", name, " not defined");
}

/* The key of the object whose members' names begin with that name and a dot; NULL: there is none. */
static const char *find_object(const struct template_parser *ps, const char *name) {
        size_t len = strlen(name);
        for (size_t i = 0; i < ps->shape->n_fields; i++) {
                const struct field *f = &ps->shape->fields[i];
                const char *dot = f->key ? strchr(f->key, '.') : NULL;
                if (dot && f->name && strncmp(f->name, name, len) == 0 && f->name[len] == '.')
                        return arena_strndup(ps->a, f->key, (size_t)(dot - f->key));
        }
        return NULL;
}

/* ".Name"; "." is the row. */
static int resolve(struct template_parser *ps, struct slice typed, struct expr *ret) {
        const char *name = arena_strndup(ps->a, typed.p + 1, typed.n - 1);
        ret->kind = EXPR_OBJECT;
        if (!name[0])
                return 0;
        for (size_t i = 0; i < ps->shape->n_fields; i++) {
                if (str_eq(ps->shape->fields[i].name, name)) {
                        ret->kind = EXPR_FIELD;
                        ret->field = i;
                        return 0;
                }
        }
        ret->text = find_object(ps, name);
        if (ret->text)
                return 0;
        struct buf fields AUTO(buf_release) = BUF_INIT(FIELDS_SHOWN);
        list_fields(ps->shape, &fields);
        return template_fail(ps, "can't evaluate field %.*s: the fields are %s", name_length(slice_str(name)), name,
                             buf_str(&fields));
}

/* ---- Pipelines ---- */

static int parse_pipeline(struct template_parser *ps, const char *context, enum token_kind end, const struct expr **ret);

static bool ends_command(const struct token *t) {
        return t->kind == TOKEN_END || t->kind == TOKEN_PIPE || t->kind == TOKEN_CLOSE;
}

static int deeper(struct template_parser *ps) {
        return ++ps->depth > DEPTH_MAX ? template_fail(ps, "max expression depth exceeded") : 0;
}

static int unexpected(struct template_parser *ps, const char *context) {
        const struct token *t = &ps->token;
        if (t->kind == TOKEN_OTHER && t->text.p[0] == '$')
                return fail_with_list(ps, "undefined variable ", t->text, "");
        return template_fail(ps, "unexpected \"%.*s\" in %s", (int)t->text.n, t->text.p, context);
}

static int parse_parentheses(struct template_parser *ps, const struct expr **ret) {
        if (deeper(ps) < 0 || template_next(ps) < 0 || parse_pipeline(ps, "parenthesized pipeline", TOKEN_CLOSE, ret) < 0)
                return -1;
        ps->depth--;
        return template_next(ps);
}

static int check_call(struct template_parser *ps, const struct expr *call, size_t n_args) {
        const char *name = functions[call->function].name;
        size_t want = functions[call->function].n_args;
        if (n_args != want)
                return template_fail(ps, "wrong number of args for %s: want %zu got %zu", name, want, n_args);
        for (size_t i = 1; i < want && call->function != FUNCTION_JOIN; i++) {
                const struct expr *arg = call->args[i];
                if (arg->kind != EXPR_NUMBER || arg->number < 0 || arg->number > NUMBER_MAX)
                        return template_fail(ps, "wrong value for argument %zu of %s: must be a number from 0 to %d", i + 1, name,
                                             NUMBER_MAX);
        }
        return 0;
}

/* A constant, a field, something in parentheses, or a function without arguments, which then lacks them. */
static int parse_operand(struct template_parser *ps, const char *context, const struct expr **ret) {
        struct token t = ps->token;
        struct expr *e = arena_new(ps->a, struct expr);
        switch (t.kind) {
        case TOKEN_OPEN:
                return parse_parentheses(ps, ret);
        case TOKEN_FIELD:
                if (resolve(ps, t.text, e) < 0)
                        return -1;
                break;
        case TOKEN_TEXT:
                *e = (struct expr){ .kind = EXPR_TEXT, .text = t.string };
                break;
        case TOKEN_NUMBER:
                *e = (struct expr){ .kind = EXPR_NUMBER, .number = t.number };
                break;
        case TOKEN_WORD:
                return find_function(ps, t.text, &e->function) < 0 ? -1 : check_call(ps, e, 0);
        default:
                return unexpected(ps, context);
        }
        *ret = e;
        return template_next(ps);
}

/* piped: what comes from the left through a pipe, and becomes the last argument; NULL: nothing. */
static int parse_call(struct template_parser *ps, const struct expr *piped, const struct expr **ret) {
        struct expr *call = arena_new(ps->a, struct expr);
        size_t n = 0;
        call->kind = EXPR_CALL;
        if (find_function(ps, ps->token.text, &call->function) < 0 || template_next(ps) < 0)
                return -1;
        while (!ends_command(&ps->token)) {
                const struct expr *arg;
                if (parse_operand(ps, "operand", &arg) < 0)
                        return -1;
                if (n < TEMPLATE_ARGS_MAX)
                        call->args[n] = arg;
                n++;
        }
        if (piped && n < TEMPLATE_ARGS_MAX)
                call->args[n] = piped;
        if (check_call(ps, call, n + (piped != NULL)) < 0)
                return -1;
        *ret = call;
        return 0;
}

static int parse_command(struct template_parser *ps, const char *context, const struct expr *piped, const struct expr **ret) {
        if (ps->token.kind == TOKEN_WORD)
                return parse_call(ps, piped, ret);
        struct slice first = ps->token.text;
        if (parse_operand(ps, context, ret) < 0)
                return -1;
        if (ps->token.kind == TOKEN_OTHER)
                return unexpected(ps, "operand");
        if (piped || !ends_command(&ps->token))
                return template_fail(ps, "can't give argument to non-function %.*s", name_length(first), first.p);
        return 0;
}

/* Begins at its first token and ends at the token that closes it. */
static int parse_pipeline(struct template_parser *ps, const char *context, enum token_kind end, const struct expr **ret) {
        const struct expr *value = NULL;
        for (;;) {
                if (ps->token.kind == end)
                        return template_fail(ps, "missing value for %s", context);
                if (parse_command(ps, context, value, &value) < 0)
                        return -1;
                if (ps->token.kind != TOKEN_PIPE)
                        break;
                if (template_next(ps) < 0)
                        return -1;
        }
        if (ps->token.kind != end)
                return template_fail(ps, end == TOKEN_CLOSE ? "unclosed left paren" : "unexpected right paren");
        *ret = value;
        return 0;
}

/* ---- Text and actions ---- */

/* What ended a list of nodes. */
enum list_end { LIST_AT_EOF, LIST_AT_END, LIST_AT_ELSE, LIST_AT_ELSE_IF };

static int parse_list(struct template_parser *ps, const struct node **ret, enum list_end *ret_end);

/* Begins at the first token of the condition, ends behind {{end}}. */
static int parse_if(struct template_parser *ps, struct node *n) {
        enum list_end end;
        n->kind = NODE_IF;
        if (deeper(ps) < 0 || parse_pipeline(ps, "if", TOKEN_END, &n->expr) < 0 || parse_list(ps, &n->then, &end) < 0)
                return -1;
        if (end == LIST_AT_ELSE_IF) {
                struct node *inner = arena_new(ps->a, struct node);
                n->otherwise = inner;
                if (parse_if(ps, inner) < 0)
                        return -1;
                end = LIST_AT_END;
        } else if (end == LIST_AT_ELSE) {
                if (parse_list(ps, &n->otherwise, &end) < 0)
                        return -1;
                if (end == LIST_AT_ELSE || end == LIST_AT_ELSE_IF)
                        return template_fail(ps, "expected end; found {{else}}");
        }
        ps->depth--;
        return end == LIST_AT_EOF ? template_fail(ps, "unexpected EOF") : 0;
}

/* {{else}} or {{else if}}; the token is "else". */
static int parse_else(struct template_parser *ps, enum list_end *ret_end) {
        if (template_next(ps) < 0)
                return -1;
        *ret_end = LIST_AT_ELSE;
        if (ps->token.kind == TOKEN_END)
                return 0;
        if (ps->token.kind != TOKEN_WORD || !slice_eq(ps->token.text, "if"))
                return unexpected(ps, "else");
        *ret_end = LIST_AT_ELSE_IF;
        return template_next(ps);
}

/* 1: the list goes on with ret (which may stay without a kind: a comment), 0: it ends here. */
static int parse_action(struct template_parser *ps, struct node *ret, enum list_end *ret_end) {
        if (template_next(ps) < 0)
                return -1;
        struct slice word = ps->token.kind == TOKEN_WORD ? ps->token.text : (struct slice){ NULL, 0 };
        if (slice_eq(word, "end")) {
                *ret_end = LIST_AT_END;
                return template_next(ps) < 0 || (ps->token.kind != TOKEN_END && unexpected(ps, "end") < 0) ? -1 : 0;
        }
        if (slice_eq(word, "else"))
                return parse_else(ps, ret_end);
        ps->has_action = true;
        if (slice_eq(word, "if"))
                return template_next(ps) < 0 || parse_if(ps, ret) < 0 ? -1 : 1;
        ret->kind = NODE_ACTION;
        return parse_pipeline(ps, "command", TOKEN_END, &ret->expr) < 0 ? -1 : 1;
}

static int skip_comment(struct template_parser *ps) {
        const char *end = strstr(ps->p + 2, "*/");
        if (!end)
                return template_fail(ps, "unclosed comment");
        ps->p = end + 2;
        if (strncmp(ps->p, "}}", 2) != 0 && !(template_is_blank(*ps->p) && strncmp(ps->p + 1, "-}}", 3) == 0))
                return template_fail(ps, "comment ends before closing delimiter");
        return template_next(ps);
}

/* The text up to the next action, or to the end. */
static struct slice take_text(struct template_parser *ps) {
        if (ps->trim)
                while (template_is_blank(*ps->p))
                        ps->p++;
        ps->trim = false;
        const char *open = strstr(ps->p, "{{");
        struct slice text = { ps->p, open ? (size_t)(open - ps->p) : strlen(ps->p) };
        ps->p += text.n;
        if (open && open[2] == '-' && template_is_blank(open[3]))
                while (text.n && template_is_blank(text.p[text.n - 1]))
                        text.n--;
        return text;
}

/* Goes over "{{" and "{{- ". */
static void open_action(struct template_parser *ps) {
        ps->p += 2;
        if (ps->p[0] == '-' && template_is_blank(ps->p[1]))
                ps->p += 2;
}

static int parse_list(struct template_parser *ps, const struct node **ret, enum list_end *ret_end) {
        const struct node **at = ret;
        *at = NULL;
        *ret_end = LIST_AT_EOF;
        for (;;) {
                struct slice text = take_text(ps);
                struct node *n = arena_new(ps->a, struct node);
                if (text.n) {
                        n->kind = NODE_TEXT;
                        n->text = text;
                        *at = n;
                        at = &n->next;
                        n = arena_new(ps->a, struct node);
                }
                if (!*ps->p)
                        return 0;
                open_action(ps);
                if (strncmp(ps->p, "/*", 2) == 0) {
                        if (skip_comment(ps) < 0)
                                return -1;
                        continue;
                }
                int r = parse_action(ps, n, ret_end);
                if (r <= 0)
                        return r;
                *at = n;
                at = &n->next;
        }
}

int template_parse(struct template **ret, const char *text, const struct shape *shape, struct arena *a, struct error *err) {
        struct template_parser ps = { .shape = shape, .a = a, .err = err };
        struct template *t = arena_new(a, struct template);
        enum list_end end;
        ps.start = ps.p = arena_strdup(a, text);
        if (strlen(text) > TEMPLATE_MAX)
                return template_fail(&ps, "more than %zu bytes", TEMPLATE_MAX);
        if (parse_list(&ps, &t->first, &end) < 0)
                return -1;
        if (end != LIST_AT_EOF)
                return template_fail(&ps, "unexpected {{%s}}", end == LIST_AT_END ? "end" : "else");
        t->shape = shape;
        t->has_action = ps.has_action;
        *ret = t;
        return 0;
}

bool template_has_action(const struct template *t) {
        return t->has_action;
}
