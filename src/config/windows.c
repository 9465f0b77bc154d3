/* SPDX-License-Identifier: MIT */
/*
 * maintenance.windows: what each of them must be. Unlike a service that cannot be told, a window that is misread would let restarts
 * happen when nobody wants them: what is wrong with one is an error in a file that is there already, too.
 */
#include "autoheal/config/windows.h"
#include "config/objects.h"

#define WINDOWS_MAX 100
#define S_PER_HOUR  3600
#define ALL_DAYS    0x7fU

static const struct field fields[] = {
        { .name = "days", .kind = FIELD_TEXTS }, { .name = "from", .kind = FIELD_TEXT },
        { .name = "to", .kind = FIELD_TEXT },    { .name = "timezone", .kind = FIELD_TEXT, .initial = "\"local\"" },
        { .name = "scope", .kind = FIELD_TEXT },
};

static const char *const weekdays[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

const char *weekday_name(size_t day) {
        return weekdays[day];
}

static bool read_day(const char *word, unsigned *days) {
        for (size_t i = 0; i < N_ELEMENTS(weekdays); i++)
                if (slice_eq_nocase(slice_str(word), weekdays[i])) {
                        *days |= 1U << i;
                        return true;
                }
        return false;
}

/* What is no text was told with the other fields. */
static void read_days(const struct object *o, struct window *w) {
        struct json_value v = json_get(o->value, "days");
        struct json_iter it = json_iter(v);
        struct arena *a = o->issues->arena;
        const char *word = json_string(v, a);
        bool good = true;

        if (!object_has(o, "days")) {
                w->days = ALL_DAYS;
                return;
        }
        if (word)
                good = read_day(word, &w->days);
        while (json_type(v) == JSON_ARRAY && good && json_next(&it)) {
                word = json_string(it.value, a);
                good = !word || read_day(word, &w->days);
        }
        if (!good)
                object_issue(o, "days", arena_printf(a, "must be of mon, tue, wed, thu, fri, sat, sun (is %s)", quoted(a, word)));
        else if (json_type(v) == JSON_ARRAY && json_count(v) == 0)
                object_issue(o, "days", "must not be empty (without it: every day)");
}

static bool two_digits(struct slice *in, int64_t *ret) {
        struct slice head = { in->p, 2 };
        uint64_t n;

        if (in->n < 2 || !slice_number(&head, 99, &n) || head.n)
                return false;
        in->p += 2;
        in->n -= 2;
        *ret = (int64_t)n;
        return true;
}

static bool parse_time(const char *text, int64_t last_hour, int64_t *ret_s) {
        struct slice rest = slice_str(text);
        int64_t hour, minute;

        if (!two_digits(&rest, &hour) || !slice_skip(&rest, ":") || !two_digits(&rest, &minute) || rest.n)
                return false;
        *ret_s = hour * S_PER_HOUR + minute * 60;
        return minute < 60 && *ret_s <= last_hour * S_PER_HOUR + (last_hour < 24 ? 59 * 60 : 0);
}

static void read_time(const struct object *o, const char *name, int64_t last_hour, int64_t *ret_s) {
        struct arena *a = o->issues->arena;
        const char *text = json_string(json_get(o->value, name), a);

        if (!object_has(o, name))
                object_issue(o, name, "must be set");
        else if (text && !parse_time(text, last_hour, ret_s))
                object_issue(o, name,
                             arena_printf(a, "must be a time from 00:00 to %s (is %s)", last_hour < 24 ? "23:59" : "24:00",
                                          quoted(a, text)));
}

static void read_zone(const struct object *o, struct window *w) {
        struct arena *a = o->issues->arena;
        const char *word = json_string(json_get(o->value, "timezone"), a);

        w->utc = str_eq(word, "utc");
        if (word && !w->utc && !str_eq(word, "local"))
                object_issue(o, "timezone", arena_printf(a, "must be one of local, utc (is %s)", quoted(a, word)));
}

static void read_scope(const struct object *o, struct window *w, struct arena *a) {
        const char *text = json_string(json_get(o->value, "scope"), a);
        struct error err = ERROR_INIT;

        if (!text)
                return;
        w->has_scope = true;
        w->scope = (struct maintenance_scope){ .kind = SCOPE_CONTAINER, .value = text, .reason = "" };
        if (!*text || scope_parse(text, &w->scope, &err) < 0)
                object_issue(o, "scope", "must be a container, project:NAME or label:KEY[=VALUE]; without it: all containers");
}

/* Likely a slip of whoever meant no time at all. */
static void warn_of_always(const struct object *o, const struct window *w) {
        struct config_issues *issues = o->issues;
        size_t n = issues->n;

        if (w->days != ALL_DAYS || (w->from_s + 24 * S_PER_HOUR - w->to_s) % (24 * S_PER_HOUR) != 0)
                return;
        issue_warning(issues, o->where, "is open at all times: what it is about is never restarted");
        if (issues->n > n)
                json_position(o->value, &issues->items[n].line, &issues->items[n].column);
}

static void read_window(const struct object *o, struct window *ret, struct arena *a) {
        size_t n = o->issues->n;

        *ret = (struct window){ .days = 0 };
        object_check(o);
        read_days(o, ret);
        read_time(o, "from", 23, &ret->from_s);
        read_time(o, "to", 24, &ret->to_s);
        read_zone(o, ret);
        read_scope(o, ret, a);
        if (!object_first_wrong(o, n))
                warn_of_always(o, ret);
}

void windows_check(struct load *l, const struct setting_info *s, struct json_value v) {
        struct arena *a = l->issues->arena;
        struct json_iter it = json_iter(v);
        struct window *windows = arena_array(l->arena, json_count(v) < WINDOWS_MAX ? json_count(v) : WINDOWS_MAX, sizeof(*windows));
        size_t n = 0;

        for (size_t i = 0; i < WINDOWS_MAX && json_next(&it); i++) {
                const struct object o = { .issues = l->issues,
                                          .where = arena_printf(a, "%s[%zu]", s->path, i),
                                          .value = it.value,
                                          .fields = fields,
                                          .n = N_ELEMENTS(fields),
                                          .strict = true };

                if (json_type(it.value) == JSON_OBJECT)
                        read_window(&o, &windows[n++], l->arena);
        }
        l->cfg->maintenance.windows = windows;
        l->cfg->maintenance.n_windows = n;
        if (json_count(v) > WINDOWS_MAX)
                issue_error(l->issues, s->path, "must have at most 100 windows");
}
