/* SPDX-License-Identifier: MIT */
/* A parsed template: what template.c makes of the tokens of template_token.c, and template_run.c walks. */
#ifndef AUTOHEAL_CLI_TEMPLATE_INTERNAL_H
#define AUTOHEAL_CLI_TEMPLATE_INTERNAL_H

#include "template.h"

#define TEMPLATE_ARGS_MAX 3

enum function { FUNCTION_JSON, FUNCTION_UPPER, FUNCTION_LOWER, FUNCTION_JOIN, FUNCTION_PAD, FUNCTION_TRUNCATE };

enum expr_kind {
        EXPR_TEXT,   /* a constant */
        EXPR_NUMBER, /* a constant */
        EXPR_FIELD,
        EXPR_OBJECT, /* the whole row, or an object inside */
        EXPR_CALL,
};
struct expr {
        enum expr_kind kind;
        const char *text; /* EXPR_TEXT; EXPR_OBJECT: key of the object inside, NULL: the row */
        int64_t number;   /* EXPR_NUMBER */
        size_t field;     /* EXPR_FIELD: its index in the shape */
        enum function function;
        const struct expr *args[TEMPLATE_ARGS_MAX];
};

enum node_kind { NODE_TEXT, NODE_ACTION, NODE_IF };
struct node {
        enum node_kind kind;
        struct slice text;                   /* NODE_TEXT */
        const struct expr *expr;             /* what is printed, or asked */
        const struct node *then, *otherwise; /* NODE_IF; NULL: nothing */
        const struct node *next;
};

struct template {
        const struct shape *shape;
        const struct node *first;
        bool has_action;
};

/* ---- Tokens (template_token.c) ---- */

enum token_kind {
        TOKEN_END, /* of the action */
        TOKEN_FIELD,
        TOKEN_WORD,
        TOKEN_TEXT,
        TOKEN_NUMBER,
        TOKEN_PIPE,
        TOKEN_OPEN,
        TOKEN_CLOSE,
        TOKEN_OTHER, /* a character that begins none of these */
};
struct token {
        enum token_kind kind;
        struct slice text;  /* as it was typed */
        const char *string; /* TOKEN_TEXT, decoded */
        int64_t number;     /* TOKEN_NUMBER */
};

struct template_parser {
        const char *start, *p; /* the whole text, and what is not read yet */
        const struct shape *shape;
        struct arena *a;
        struct error *err;
        struct token token; /* the one under way */
        unsigned depth;
        bool trim; /* the text that follows loses its leading blanks */
        bool has_action;
};

/* Reads the next token of an action into ps->token. */
MUST_USE int template_next(struct template_parser *ps);
/* ERR_INVALID in docker's frame, with the line. Returns -1. */
int template_fail(struct template_parser *ps, const char *fmt, ...) PRINTF(2, 3);
bool template_is_blank(char c);

#endif
