/* SPDX-License-Identifier: MIT */
/* One value of one setting: is it within bounds, and where does it go. */
#include "autoheal/util/text.h"
#include "config/objects.h"

#include <arpa/inet.h>
#include <float.h>

/* What sockaddr_un holds, with its end. */
#define SOCKET_PATH_MAX 107

static const char *const wanted[] = {
        [KIND_INT] = "an integer",
        [KIND_NUMBER] = "a number",
        [KIND_BOOL] = "true or false",
        [KIND_STRING] = "a string",
        [KIND_WORD] = "a string",
        [KIND_STRINGS] = "an array of strings",
        [KIND_LABELS] = "an array of objects of strings",
        [KIND_COUNTS] = "an object of integers",
        [KIND_OBJECTS] = "an array of objects",
        [KIND_MAP] = "an object of objects",
};
_Static_assert(N_ELEMENTS(wanted) == KIND_MAX_, "every kind can be named");

const char *value_wanted(const struct setting_info *s) {
        if (s->rule->file)
                return "a string, {\"file\": \"/path\"} or null";
        if (s->rule->nullable)
                return s->rule->kind == KIND_INT ? "an integer or null" : "a string or null";
        return wanted[s->rule->kind];
}

/* Kept settings are checked, but have no place. */
static void put(const struct load *l, const struct setting_info *s, const void *value, size_t size) {
        if (!s->kept)
                memcpy((char *)l->cfg + s->rule->offset, value, size);
}

void value_int(struct load *l, const struct setting_info *s, const char *where, int64_t n) {
        if (n < s->rule->min || n > s->rule->max)
                issue_error(l->issues, where, arena_printf(l->issues->arena, "must be %s (is %lld)", s->range, (long long)n));
        else
                put(l, s, &n, sizeof(n));
}

void value_number(struct load *l, const struct setting_info *s, const char *where, double d) {
        if (!(d >= s->rule->least && d <= DBL_MAX))
                issue_error(l->issues, where, arena_printf(l->issues->arena, "must be %s (is %g)", s->range, d));
        else
                put(l, s, &d, sizeof(d));
}

void value_bool(struct load *l, const struct setting_info *s, bool b) {
        put(l, s, &b, sizeof(b));
}

static bool in_list(const char *list, const char *word) {
        struct slice rest = slice_str(list), one;

        while (slice_split(&rest, ',', &one)) {
                slice_skip_blanks(&one);
                if (slice_eq(one, word))
                        return true;
        }
        return false;
}

/* Nobody can type such a label, nor see it. */
void value_label_key(struct load *l, const char *where, const char *key) {
        size_t left = strlen(key);
        uint32_t cp = 0;

        for (size_t used; left > 0; key += used, left -= used) {
                used = utf8_sequence(key, left, &cp);
                if (used == 0 || !text_is_printable(cp)) {
                        issue_lax(l->issues, where, "a label's key has control characters",
                                  "a label's key must not have control characters");
                        return;
                }
        }
}

/* As serve understands it, which resolves no names; whether this machine has that address shows when it listens. */
static bool is_listened(const char *text) {
        struct slice s = slice_str(text);
        struct in6_addr room;

        if (slice_skip(&s, "unix://"))
                return s.n > 1 && s.n <= SOCKET_PATH_MAX && s.p[0] == '/';
        return str_eq(text, "localhost") || inet_pton(AF_INET, text, &room) == 1 || inet_pton(AF_INET6, text, &room) == 1;
}

static bool has_form(const struct setting_rule *rule, const char *text) {
        return (!rule->absolute || text[0] == '/') && (!rule->listens || is_listened(text));
}

void value_string(struct load *l, const struct setting_info *s, const char *where, const char *text) {
        struct arena *a = l->issues->arena;

        if (s->rule->kind == KIND_WORD && !in_list(s->range, text))
                issue_error(l->issues, where, arena_printf(a, "must be one of %s (is %s)", s->range, quoted(a, text)));
        else if ((int64_t)strlen(text) < s->rule->min)
                issue_error(l->issues, where, "must not be empty");
        else if (!has_form(s->rule, text))
                issue_error(l->issues, where, arena_printf(a, "must be %s (is %s)", s->range, quoted(a, text)));
        else if (s->rule->file)
                put(l, s, &(struct service_text){ .text = text }, sizeof(struct service_text));
        else
                put(l, s, &text, sizeof(text));
        if (s->rule->address && *text && !is_address(text, "https") && !is_address(text, "http"))
                issue_lax(l->issues, where, "is no address that begins with https:// or http://, and nobody is told there",
                          "must be an address that begins with https:// or http://");
        if (s->rule->is_label_key)
                value_label_key(l, where, text);
}

void value_file(struct load *l, const struct setting_info *s, struct json_value v) {
        const char *wrong = wrong_file(v, l->issues->arena);

        if (wrong)
                issue_error(l->issues, s->path, wrong);
        else
                put(l, s, &(struct service_text){ .file = json_string(json_get(v, "file"), l->arena) },
                    sizeof(struct service_text));
}

/* What follows the set that a '[' opened before p; NULL: it has no end. A ']' that comes first, or one of a class, ends nothing. */
static const char *after_set(const char *p) {
        const char *first = *p == '!' || *p == '^' ? p + 1 : p;

        for (p = first; *p && (*p != ']' || p == first); p++) {
                if (*p == '\\' && p[1]) {
                        p++;
                } else if (*p == '[' && p[1] == ':') {
                        const char *end = p + 2 + strspn(p + 2, "abcdefghijklmnopqrstuvwxyz");

                        p = strncmp(end, ":]", 2) == 0 ? end + 1 : p;
                }
        }
        return *p ? p + 1 : NULL;
}

/* What fnmatch() takes for a set or an escape that never ends matches nothing that anybody means. */
static bool is_pattern(const char *p) {
        while (p && *p) {
                if (*p == '[')
                        p = after_set(p + 1);
                else if (*p == '\\')
                        p = p[1] ? p + 2 : NULL;
                else
                        p++;
        }
        return p != NULL;
}

void value_strings(struct load *l, const struct setting_info *s, const char *where, struct string_list list) {
        struct arena *a = l->issues->arena;

        for (size_t i = 0; s->rule->patterns && i < list.n; i++)
                if (list.items[i] && !is_pattern(list.items[i]))
                        issue_error(l->issues, where,
                                    arena_printf(a, "%s is no pattern: a '[' without its ']', or a backslash at its end",
                                                 quoted(a, list.items[i])));
        for (size_t i = 0; s->rule->events && i < list.n; i++)
                if (list.items[i])
                        event_check(l, s, where, i, list.items[i]);
        if (s->rule->argv)
                argv_check(l, where, &list);
        put(l, s, &list, sizeof(list));
}

void value_null(struct load *l, const struct setting_info *s) {
        const char *none = NULL;

        if (s->rule->kind == KIND_INT)
                put(l, s, &(int64_t){ SECONDS_NULL }, sizeof(int64_t));
        else if (s->rule->file)
                put(l, s, &(struct service_text){ .text = NULL }, sizeof(struct service_text));
        else
                put(l, s, &none, sizeof(none));
}

/* JSON's grammar for numbers: no hexadecimal, no "inf", no locale. */
static bool parse_number(const char *text, double *ret) {
        struct json_doc *doc AUTO_JSON = NULL;

        if (json_parse(text, strlen(text), 1, &doc, NULL) < 0)
                return false;
        return json_double(json_root(doc), ret);
}

bool value_text(struct load *l, const struct setting_info *s, const char *where, const char *text) {
        struct arena *a = l->issues->arena;
        int64_t n;
        double d;
        bool b;

        if (s->rule->kind == KIND_INT && parse_int64(text, INT64_MIN, INT64_MAX, &n)) {
                value_int(l, s, where, n);
                return true;
        }
        if (s->rule->kind == KIND_NUMBER && parse_number(text, &d)) {
                value_number(l, s, where, d);
                return true;
        }
        if (s->rule->kind == KIND_BOOL && parse_bool(text, &b)) {
                value_bool(l, s, b);
                return true;
        }
        issue_error(l->issues, where, arena_printf(a, "must be %s (is %s)", value_wanted(s), quoted(a, text)));
        return false;
}
