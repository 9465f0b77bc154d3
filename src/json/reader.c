/* SPDX-License-Identifier: MIT */
/* The JSON reader: tokens of a text that was checked before, and what callers ask about them. */
#include "autoheal/json/reader.h"
#include "json_internal.h"

#include <limits.h>
#include <math.h>

/*
 * Not JSMN_STRICT: the text is known to be valid, and strict mode refuses a number or literal that ends the text.
 * Parent links keep jsmn linear; see link_siblings() for their second life.
 */
#define JSMN_PARENT_LINKS
#define JSMN_STATIC
#include <jsmn.h>

struct json_doc {
        const char *text;
        jsmntok_t *tokens;
        size_t n_tokens;
};

static const struct json_value missing;

/* From here on a token's `parent` is the index of the first token behind its subtree, so that skipping a value is one step. */
static void link_siblings(jsmntok_t *tokens, int n) {
        int open[JSON_MAX_DEPTH] = { 0 };
        unsigned depth = 0;

        for (int i = 0; i < n; i++) {
                while (depth > 0 && tokens[i].start >= tokens[open[depth - 1]].end)
                        tokens[open[--depth]].parent = i;
                if (tokens[i].type == JSMN_OBJECT || tokens[i].type == JSMN_ARRAY)
                        open[depth++] = i;
                else
                        tokens[i].parent = i + 1;
        }
        while (depth > 0)
                tokens[open[--depth]].parent = n;
}

int json_parse(const char *text, size_t len, size_t max_tokens, struct json_doc **ret_doc, struct error *err) {
        size_t n_tokens;
        jsmn_parser parser;

        if (len > INT_MAX)
                return error_set(err, ERR_TOO_LARGE, "a JSON text of %zu bytes is above the limit of %d", len, INT_MAX);
        if (json_validate(text, len, max_tokens, &n_tokens, err) < 0)
                return -1;
        struct json_doc *doc AUTO_JSON = xcalloc(1, sizeof(*doc));
        doc->text = text;
        doc->tokens = xcalloc(n_tokens, sizeof(*doc->tokens));
        doc->n_tokens = n_tokens;
        jsmn_init(&parser);
        int n = jsmn_parse(&parser, text, len, doc->tokens, (unsigned)n_tokens);
        if (n < 0 || (size_t)n != n_tokens)
                return error_set(err, ERR_FAILED, "the JSON tokenizer found %d tokens where the check found %zu", n, n_tokens);
        link_siblings(doc->tokens, n);
        *ret_doc = TAKE(doc);
        return 0;
}

void json_doc_free(struct json_doc *doc) {
        if (!doc)
                return;
        free(doc->tokens);
        free(doc);
}

struct json_value json_root(const struct json_doc *doc) {
        return (struct json_value){ .doc = doc };
}

static const jsmntok_t *token(struct json_value v) {
        return &v.doc->tokens[v.tok];
}

/* The text of a token: of a string what is between the quotes. */
static struct slice token_text(struct json_value v) {
        const jsmntok_t *t = token(v);
        return (struct slice){ v.doc->text + t->start, (size_t)(t->end - t->start) };
}

enum json_type json_type(struct json_value v) {
        if (!v.doc)
                return JSON_MISSING;
        const jsmntok_t *t = token(v);
        if (t->type == JSMN_OBJECT)
                return JSON_OBJECT;
        if (t->type == JSMN_ARRAY)
                return JSON_ARRAY;
        if (t->type == JSMN_STRING)
                return JSON_STRING;
        char c = v.doc->text[t->start];
        if (c == 'n')
                return JSON_NULL;
        return c == 't' || c == 'f' ? JSON_BOOL : JSON_NUMBER;
}

const char *json_type_name(enum json_type t) {
        static const char *const names[] = {
                [JSON_MISSING] = "nothing", [JSON_NULL] = "null",      [JSON_BOOL] = "true or false", [JSON_NUMBER] = "a number",
                [JSON_STRING] = "a string", [JSON_ARRAY] = "an array", [JSON_OBJECT] = "an object",
        };
        return names[t];
}

size_t json_count(struct json_value v) {
        enum json_type type = json_type(v);
        return type == JSON_OBJECT || type == JSON_ARRAY ? (size_t)token(v)->size : 0;
}

struct json_iter json_iter(struct json_value v) {
        return (struct json_iter){
                .doc = v.doc,
                .next_tok = v.tok + 1,
                .left = json_count(v),
                .object = json_type(v) == JSON_OBJECT,
        };
}

bool json_next(struct json_iter *it) {
        if (it->left == 0)
                return false;
        it->left--;
        if (it->object) {
                it->key_value = (struct json_value){ it->doc, it->next_tok++ };
                it->key = token_text(it->key_value);
        }
        it->value = (struct json_value){ it->doc, it->next_tok };
        it->next_tok = (size_t)token(it->value)->parent;
        return true;
}

static uint32_t hex4(const char *p) {
        uint32_t n = 0;
        for (int i = 0; i < 4; i++) {
                uint32_t c = (unsigned char)p[i];
                n = n << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        }
        return n;
}

/* Consumes the digits of \uXXXX, and those of a low surrogate that follows a high one. */
static uint32_t take_code_point(struct slice *in) {
        uint32_t cp = hex4(in->p);
        *in = (struct slice){ in->p + 4, in->n - 4 };
        if (cp >= 0xd800 && cp < 0xdc00 && in->n >= 6 && in->p[0] == '\\' && in->p[1] == 'u') {
                uint32_t low = hex4(in->p + 2);
                if (low >= 0xdc00 && low < 0xe000) {
                        *in = (struct slice){ in->p + 6, in->n - 6 };
                        return 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
                }
        }
        return cp == 0 || (cp >= 0xd800 && cp < 0xe000) ? 0xfffd : cp;
}

static size_t encode_utf8(uint32_t cp, char ret[static 4]) {
        if (cp < 0x80) {
                ret[0] = (char)cp;
                return 1;
        }
        size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
        for (size_t i = n - 1; i > 0; i--, cp >>= 6)
                ret[i] = (char)(0x80 | (cp & 0x3f));
        static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
        ret[0] = (char)(lead[n] | cp);
        return n;
}

/* Consumes one byte or one escape of a string's text. Returns how many bytes it stands for, none of them NUL. */
static size_t decode_next(struct slice *in, char ret[static 4]) {
        char c = in->p[0];
        if (c != '\\') {
                *in = (struct slice){ in->p + 1, in->n - 1 };
                ret[0] = c;
                return 1;
        }
        c = in->p[1];
        *in = (struct slice){ in->p + 2, in->n - 2 };
        if (c == 'u')
                return encode_utf8(take_code_point(in), ret);
        static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
        const char *letter = strchr(letters, c);
        ret[0] = letter ? meant[letter - letters] : c;
        return 1;
}

static char ascii_lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool string_matches(struct slice raw, const char *s, bool nocase) {
        char c[4];
        while (raw.n > 0) {
                size_t n = decode_next(&raw, c);
                for (size_t i = 0; i < n; i++, s++) {
                        if (c[i] != *s && !(nocase && ascii_lower(c[i]) == ascii_lower(*s)))
                                return false;
                }
        }
        return *s == '\0';
}

/* Nearly all keys are written without escapes, and nearly none is the one that is looked for. */
static bool key_matches(struct slice raw, const char *key, size_t len, bool nocase) {
        if (!nocase && raw.n == len && memcmp(raw.p, key, len) == 0)
                return !memchr(key, '\\', len);
        return (nocase || memchr(raw.p, '\\', raw.n)) && string_matches(raw, key, nocase);
}

static struct json_value find_member(struct json_value v, const char *key, bool nocase) {
        struct json_value found = missing;
        struct json_iter it = json_iter(v);
        size_t len = strlen(key);
        while (it.object && json_next(&it)) {
                if (key_matches(it.key, key, len, nocase))
                        found = it.value;
        }
        return found;
}

struct json_value json_get(struct json_value v, const char *key) {
        return find_member(v, key, false);
}

struct json_value json_get_nocase(struct json_value v, const char *key) {
        return find_member(v, key, true);
}

struct slice json_raw(struct json_value v) {
        if (!v.doc)
                return (struct slice){ NULL, 0 };
        struct slice s = token_text(v);
        return json_type(v) == JSON_STRING ? (struct slice){ s.p - 1, s.n + 2 } : s;
}

const char *json_string(struct json_value v, struct arena *a) {
        if (json_type(v) != JSON_STRING)
                return NULL;
        struct slice in = token_text(v);
        if (!memchr(in.p, '\\', in.n))
                return arena_strndup(a, in.p, in.n);
        char *ret = arena_alloc(a, in.n + 1);
        size_t len = 0;
        while (in.n > 0) {
                char c[4];
                size_t n = decode_next(&in, c);
                memcpy(ret + len, c, n);
                len += n;
        }
        return ret;
}

const char *json_key_string(const struct json_iter *it, struct arena *a) {
        return json_string(it->key_value, a);
}

bool json_string_eq(struct json_value v, const char *s) {
        return json_type(v) == JSON_STRING && string_matches(token_text(v), s, false);
}

bool json_int(struct json_value v, int64_t *ret) {
        if (json_type(v) != JSON_NUMBER)
                return false;
        struct slice in = token_text(v);
        bool negative = slice_skip(&in, "-");
        uint64_t n;
        if (!slice_number(&in, (uint64_t)INT64_MAX + negative, &n) || in.n > 0)
                return false;
        if (negative && n > 0)
                *ret = -(int64_t)(n - 1) - 1;
        else
                *ret = (int64_t)n;
        return true;
}

bool json_double(struct json_value v, double *ret) {
        if (json_type(v) != JSON_NUMBER)
                return false;
        struct slice in = token_text(v);
        char *copy AUTO_FREE = xmalloc(in.n + 1);
        memcpy(copy, in.p, in.n);
        copy[in.n] = '\0';
        double d = strtod(copy, NULL);
        if (!isfinite(d))
                return false;
        *ret = d;
        return true;
}

bool json_bool(struct json_value v, bool *ret) {
        if (json_type(v) != JSON_BOOL)
                return false;
        *ret = *token_text(v).p == 't';
        return true;
}

void json_position(struct json_value v, size_t *ret_line, size_t *ret_column) {
        *ret_line = *ret_column = 1;
        if (v.doc)
                json_locate(v.doc->text, (size_t)(json_raw(v).p - v.doc->text), ret_line, ret_column);
}
