/* SPDX-License-Identifier: MIT */
/* Headers that people want to be sent with every request, for what stands between them and the engine. */
#include "endpoint_internal.h"

#include "autoheal/util/slice.h"

#define VARIABLE    "DOCKER_CUSTOM_HEADERS"
#define HEADERS_MAX ((size_t)100)
#define HEADER_MAX  ((size_t)16 * 1024) /* bytes of a name and value */
#define NAME_CHARS  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"

static char upper(char c) {
        return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static char lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* As Go writes it: X-Foo-Bar. */
static const char *canonical(const char *name, struct arena *a) {
        char *copy = arena_strdup(a, name);

        for (char *c = copy; *c; c++)
                *c = c == copy || c[-1] == '-' ? upper(*c) : lower(*c);
        return copy;
}

static bool is_name(const char *s) {
        return *s && !s[strspn(s, NAME_CHARS)];
}

static bool is_value(const char *s) {
        for (; *s; s++)
                if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
                        return false;
        return true;
}

static struct slice without_blanks(const char *s) {
        struct slice value = slice_str(s);

        slice_skip_blanks(&value);
        while (value.n && (value.p[value.n - 1] == ' ' || value.p[value.n - 1] == '\t'))
                value.n--;
        return value;
}

/* The list that is being made: lines[i] is names[i] with its value. */
struct list {
        const char *names[HEADERS_MAX], *lines[HEADERS_MAX + 1];
        size_t n;
};

/* A later one takes the place of an earlier one of the same name. */
static int add(struct list *list, struct docker_header header, const char *from, struct arena *a, struct error *err) {
        const char *name;
        struct slice value = without_blanks(header.value);
        size_t at = 0;

        if (!is_name(header.name))
                return error_set(err, ERR_INVALID, "invalid header field name %s (from %s)", go_quote(header.name, a), from);
        name = canonical(header.name, a);
        if (!is_value(header.value))
                return error_set(err, ERR_INVALID, "invalid header field value for %s (from %s)", go_quote(name, a), from);
        if (strlen(name) + value.n > HEADER_MAX)
                return error_set(err, ERR_INVALID, "header field %s (from %s) is larger than %zu bytes", go_quote(name, a), from,
                                 HEADER_MAX);
        while (at < list->n && !str_eq(list->names[at], name))
                at++;
        if (at == HEADERS_MAX)
                return error_set(err, ERR_INVALID, "more than %zu header fields (from %s)", HEADERS_MAX, from);
        list->names[at] = name;
        list->lines[at] = arena_printf(a, "%s: %.*s", name, (int)value.n, value.p);
        list->n += at == list->n;
        return 0;
}

/* One field of a CSV record and what follows it, by the rules of Go's reader. False if it breaks them. *ret_more: a comma followed. */
static bool take_field(struct slice *in, struct buf *ret, bool *ret_more) {
        bool quoted = slice_skip(in, "\"");

        buf_clear(ret);
        while (in->n) {
                char c = *in->p;

                /* In quotes, two of them are one. */
                if (quoted && c == '"' && !slice_skip(in, "\"\""))
                        break;
                if (quoted && c == '"') {
                        buf_add_char(ret, c);
                        continue;
                }
                if (!quoted && c == '"')
                        return false;
                if (!quoted && (c == ',' || c == '\n'))
                        break;
                buf_add_char(ret, c);
                in->p++;
                in->n--;
        }
        if (quoted && !slice_skip(in, "\""))
                return false;
        *ret_more = slice_skip(in, ",");
        return *ret_more || in->n == 0 || *in->p == '\n';
}

/* place is where it stands in the list: what is wrong with it is told by that, for it may hold a secret wherever it is wrong. */
static int add_pair(struct list *list, const char *pair, size_t place, struct arena *a, struct error *err) {
        const char *eq = strchr(pair, '='), *name;
        struct slice bare = without_blanks(arena_strndup(a, pair, eq ? (size_t)(eq - pair) : strlen(pair)));

        if (bare.n == 0)
                return error_set(err, ERR_INVALID,
                                 "failed to set custom headers from " VARIABLE
                                 " environment variable: value contains a key=value pair with an empty key: pair %zu",
                                 place);
        if (!eq)
                return error_set(err, ERR_INVALID,
                                 "failed to set custom headers from " VARIABLE
                                 " environment variable: missing \"=\" in key=value pair %zu",
                                 place);
        name = arena_strndup(a, bare.p, bare.n);
        if (!is_name(name))
                return error_set(err, ERR_INVALID, "invalid header field name in key=value pair %zu (from " VARIABLE ")", place);
        return add(list, (struct docker_header){ name, eq + 1 }, VARIABLE, a, err);
}

static int refuse_record(struct error *err) {
        return error_set(err, ERR_INVALID,
                         "failed to parse custom headers from " VARIABLE
                         " environment variable: value must be formatted as comma-separated key=value pairs");
}

/* Go's reader takes "\r\n" for "\n", in quotes too, and drops a "\r" at the very end. */
static const char *with_plain_newlines(const char *s, struct arena *a) {
        char *copy = arena_strdup(a, s), *at = copy;

        for (; *s; s++)
                if (*s != '\r' || (s[1] != '\n' && s[1] != '\0'))
                        *at++ = *s;
        *at = '\0';
        return copy;
}

/* The first record counts, and no other; lines before it may be empty. */
static int add_from_variable(struct list *list, const char *value, struct arena *a, struct error *err) {
        struct buf field AUTO(buf_release) = BUF_INIT(DOCKER_FILE_MAX);
        struct slice rest = slice_str(with_plain_newlines(value, a));
        bool more = true;
        size_t place = 0;

        while (slice_skip(&rest, "\n"))
                ;
        if (rest.n == 0)
                return refuse_record(err);
        while (more) {
                if (!take_field(&rest, &field, &more) || field.overflowed)
                        return refuse_record(err);
                if (add_pair(list, buf_str(&field), ++place, a, err) < 0)
                        return -1;
        }
        return 0;
}

int headers_set(struct endpoint *ret, const struct docker_config *cfg, const char *(*get_env)(const char *name), struct arena *a,
                struct error *err) {
        const char *variable = get_env(VARIABLE), **lines;
        struct list list = { .n = 0 };

        if (variable && *variable) {
                if (add_from_variable(&list, variable, a, err) < 0)
                        return -1;
        } else {
                const char *from = arena_printf(a, "HttpHeaders in %s/config.json", cfg->dir);

                for (size_t i = 0; i < cfg->n_headers; i++)
                        if (add(&list, cfg->headers[i], from, a, err) < 0)
                                return -1;
        }
        if (list.n == 0)
                return 0;
        lines = arena_array(a, list.n + 1, sizeof(*lines));
        memcpy(lines, list.lines, list.n * sizeof(*lines));
        ret->headers = lines;
        return 0;
}
