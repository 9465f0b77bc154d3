/* SPDX-License-Identifier: MIT */
/* `ps --filter KEY=VALUE`, in docker's grammar: one table of keys, and which containers fit. */
#include "filter.h"

#include "autoheal/util/text.h"

#include <ctype.h>
#include <regex.h>

/* One --filter that was given. */
struct condition {
        const struct key *key;
        char *value;
        regex_t pattern;
        bool has_pattern;
};

struct item_filter {
        struct condition *conditions;
        size_t n;
        bool wants_unmonitored;
};

struct key {
        const char *name;
        const char *(*word)(size_t i); /* the words that it takes, NULL past the last; NULL: any text */
        bool (*fits)(const struct plan_item *item, const struct condition *c);
        bool all_must_fit; /* given several times: all of them, else any */
};

/* ---- What each key compares ---- */

static bool fits_name(const struct plan_item *item, const struct condition *c) {
        char with_slash[512];
        const char *name = item->container->name;
        /* The engine's own names begin with a slash, and people know patterns for them: "^/web$". */
        (void)snprintf(with_slash, sizeof(with_slash), "/%s", name);
        return str_eq(name, c->value) || regexec(&c->pattern, name, 0, NULL, 0) == 0 ||
               regexec(&c->pattern, with_slash, 0, NULL, 0) == 0;
}

static bool fits_id(const struct plan_item *item, const struct condition *c) {
        return strncmp(item->container->id, c->value, strlen(c->value)) == 0;
}

static bool fits_label(const struct plan_item *item, const struct condition *c) {
        const struct container *box = item->container;
        const char *eq = strchr(c->value, '=');
        size_t len = eq ? (size_t)(eq - c->value) : strlen(c->value);
        for (size_t i = 0; i < box->n_labels; i++) {
                const char *key = box->labels[i].key;
                if (strlen(key) == len && memcmp(key, c->value, len) == 0 && (!eq || str_eq(box->labels[i].value, eq + 1)))
                        return true;
        }
        return false;
}

static bool fits_project(const struct plan_item *item, const struct condition *c) {
        return str_eq(container_label(item->container, CONTAINER_PROJECT_LABEL), c->value);
}

static bool fits_state(const struct plan_item *item, const struct condition *c) {
        return str_eq(container_state_name(item->container->state), c->value);
}

static bool fits_health(const struct plan_item *item, const struct condition *c) {
        return str_eq(health_name(item->container->health), c->value);
}

static bool fits_verdict(const struct plan_item *item, const struct condition *c) {
        return str_eq(verdict_name(item->verdict), c->value);
}

static bool fits_decision(const struct plan_item *item, const struct condition *c) {
        return str_eq(decision_name(item->decision), c->value);
}

/* Any of those that a person sees in the table: why it is not monitored, what it is, why something is done. */
static bool fits_reason(const struct plan_item *item, const struct condition *c) {
        return str_eq(reason_name(item->reason), c->value) || str_eq(reason_name(item->verdict_reason), c->value) ||
               (!item->monitored && str_eq(reason_name(item->monitor_reason), c->value));
}

static bool fits_monitored(const struct plan_item *item, const struct condition *c) {
        return item->monitored == str_eq(c->value, "true");
}

static bool fits_quarantined(const struct plan_item *item, const struct condition *c) {
        return item->quarantined == str_eq(c->value, "true");
}

/* ---- The keys and their words ---- */

static const char *state_word(size_t i) {
        return i < CONTAINER_STATE_MAX_ ? container_state_name((enum container_state)i) : NULL;
}

static const char *health_word(size_t i) {
        return i < HEALTH_MAX_ ? health_name((enum health)i) : NULL;
}

static const char *verdict_word(size_t i) {
        return i < VERDICT_MAX_ ? verdict_name((enum verdict)i) : NULL;
}

static const char *decision_word(size_t i) {
        return i < DECISION_MAX_ ? decision_name((enum decision)i) : NULL;
}

static const char *reason_word(size_t i) {
        return i + 1 < REASON_MAX_ ? reason_name((enum reason)(i + 1)) : NULL;
}

static const char *bool_word(size_t i) {
        static const char *const words[] = { "true", "false" };
        return i < N_ELEMENTS(words) ? words[i] : NULL;
}

static const struct key keys[] = {
        { "decision", decision_word, fits_decision, false },
        { "health", health_word, fits_health, false },
        { "id", NULL, fits_id, false },
        { "label", NULL, fits_label, true },
        { "monitored", bool_word, fits_monitored, false },
        { "name", NULL, fits_name, false },
        { "project", NULL, fits_project, false },
        { "quarantined", bool_word, fits_quarantined, false },
        { "reason", reason_word, fits_reason, false },
        { "state", state_word, fits_state, false },
        { "verdict", verdict_word, fits_verdict, false },
};

static const struct key *find_key(const char *name) {
        for (size_t i = 0; i < N_ELEMENTS(keys); i++)
                if (str_eq(keys[i].name, name))
                        return &keys[i];
        return NULL;
}

const char *filter_key(size_t i) {
        return i < N_ELEMENTS(keys) ? keys[i].name : NULL;
}

const char *filter_word(const char *key, size_t i) {
        const struct key *k = find_key(key);
        return k && k->word ? k->word(i) : NULL;
}

/* ---- Reading what was given ---- */

static char *trimmed(const char *text, size_t len) {
        while (len && isspace((unsigned char)text[0])) {
                text++;
                len--;
        }
        while (len && isspace((unsigned char)text[len - 1]))
                len--;
        char *copy = xcalloc(len + 1, 1);
        memcpy(copy, text, len);
        return copy;
}

static bool takes(const struct key *k, const char *value) {
        const char *word = NULL;
        for (size_t i = 0; k->word && (word = k->word(i)); i++)
                if (str_eq(word, value))
                        return true;
        return !k->word;
}

static void list_words(struct buf *known, const char *(*word)(size_t i)) {
        const char *w = NULL;
        for (size_t i = 0; (w = word(i)); i++)
                buf_addf(known, "%s%s", i ? ", " : "", w);
}

/* The words of a key are all in small letters. */
static void lower(char *text) {
        for (; *text; text++)
                *text = (char)tolower((unsigned char)*text);
}

/* The key that was probably meant; NULL if none is near. */
static const char *similar_key(const char *name) {
        size_t best = TEXT_DISTANCE_MAX + 1;
        const char *similar = NULL;
        for (size_t i = 0; i < N_ELEMENTS(keys); i++) {
                size_t distance = text_distance(name, keys[i].name);
                if (distance >= best || distance >= strlen(name))
                        continue;
                best = distance;
                similar = keys[i].name;
        }
        return similar;
}

/* 1 and 0 are docker's too. */
static void normalize_bool(struct condition *c) {
        bool on = false;
        if (c->key->word != bool_word || !parse_bool(c->value, &on))
                return;
        free(c->value);
        c->value = xstrdup(on ? "true" : "false");
}

static int compile(struct condition *c, struct error *err) {
        if (regcomp(&c->pattern, c->value, REG_EXTENDED | REG_NOSUB) != 0)
                return error_set(err, ERR_INVALID, "invalid filter 'name=%s': not a regular expression", c->value);
        c->has_pattern = true;
        return 0;
}

static int set_value(struct condition *c, struct buf *known, struct error *err) {
        normalize_bool(c);
        if (c->key->word)
                lower(c->value);
        if (!takes(c->key, c->value)) {
                list_words(known, c->key->word);
                return error_set(err, ERR_INVALID, "invalid filter '%s=%s'", c->key->name, c->value);
        }
        bool names_none = c->key->fits == fits_label && (c->value[0] == '\0' || c->value[0] == '=');
        if (names_none)
                return error_set(err, ERR_INVALID, "invalid filter 'label=%s': a label is KEY or KEY=VALUE", c->value);
        return c->key->fits == fits_name ? compile(c, err) : 0;
}

static bool wants_unmonitored(const struct condition *c) {
        if (c->key->fits == fits_monitored)
                return str_eq(c->value, "false");
        return c->key->fits == fits_reason && reason_keeps_out(reason_parse(c->value));
}

static int add(struct item_filter *f, const char *text, struct buf *known, struct error *err) {
        const char *eq = strchr(text, '=');
        if (!eq)
                return error_set(err, ERR_USAGE,
                                 "invalid argument \"%s\" for \"-f, --filter\" flag: bad format of filter (expected name=value)",
                                 text);
        AUTO_FREE char *name = trimmed(text, (size_t)(eq - text));
        lower(name);
        const struct key *key = find_key(name);
        if (!key) {
                const char *similar = similar_key(name);
                list_words(known, filter_key);
                return similar ? error_set(err, ERR_INVALID, "invalid filter '%s' (did you mean %s?)", name, similar)
                               : error_set(err, ERR_INVALID, "invalid filter '%s'", name);
        }
        struct condition *c = &f->conditions[f->n++];
        c->key = key;
        c->value = trimmed(eq + 1, strlen(eq + 1));
        if (set_value(c, known, err) < 0)
                return -1;
        f->wants_unmonitored = f->wants_unmonitored || wants_unmonitored(c);
        return 0;
}

int filter_new(struct item_filter **ret, const struct string_list_option *given, struct buf *known, struct error *err) {
        struct item_filter *f = xcalloc(1, sizeof(*f));
        f->conditions = xcalloc(given->n + 1, sizeof(*f->conditions));
        for (size_t i = 0; i < given->n; i++) {
                if (given->items[i][0] == '\0' || add(f, given->items[i], known, err) == 0)
                        continue;
                filter_free(f);
                return -1;
        }
        *ret = f;
        return 0;
}

void filter_free(struct item_filter *f) {
        if (!f)
                return;
        for (size_t i = 0; i < f->n; i++) {
                if (f->conditions[i].has_pattern)
                        regfree(&f->conditions[i].pattern);
                free(f->conditions[i].value);
        }
        free(f->conditions);
        free(f);
}

static bool key_fits(const struct item_filter *f, const struct key *key, const struct plan_item *item) {
        bool given = false;
        for (size_t i = 0; i < f->n; i++) {
                if (f->conditions[i].key != key)
                        continue;
                given = true;
                if (key->fits(item, &f->conditions[i]) != key->all_must_fit)
                        return !key->all_must_fit;
        }
        return !given || key->all_must_fit;
}

bool filter_fits(const struct item_filter *f, const struct plan_item *item) {
        for (size_t i = 0; i < N_ELEMENTS(keys); i++)
                if (!key_fits(f, &keys[i], item))
                        return false;
        return true;
}

bool filter_wants_unmonitored(const struct item_filter *f) {
        return f->wants_unmonitored;
}
