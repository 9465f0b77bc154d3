/* SPDX-License-Identifier: MIT */
/* notifications: services by their types, and which events they are told of. */
#include "autoheal/config/remote.h"
#include "config/objects.h"

#include "autoheal/model/plan.h"
#include "autoheal/util/text.h"

#define SERVICES_MAX    50
#define NAME_MAX_LENGTH 64

#define TEXT_FIELD(name_)                                                                                                          \
        { .name = name_, .kind = FIELD_TEXT }
#define SECRET_FIELD(name_)                                                                                                        \
        { .name = name_, .kind = FIELD_TEXT, .file = true }

/* In the order in which the reference service writes them; what is ours stands behind. */
static const struct field fields[] = {
        TEXT_FIELD("name"),
        TEXT_FIELD("type"),
        { .name = "enabled", .kind = FIELD_BOOL, .initial = "true" },
        SECRET_FIELD("url"),
        { .name = "headers", .kind = FIELD_HEADERS, .file = true },
        TEXT_FIELD("username"),
        SECRET_FIELD("password"),
        SECRET_FIELD("bot_token"),
        TEXT_FIELD("chat_id"),
        TEXT_FIELD("topic"),
        TEXT_FIELD("server_url"),
        SECRET_FIELD("app_token"),
        SECRET_FIELD("user_key"),
        SECRET_FIELD("api_token"),
        TEXT_FIELD("from"),
        { .name = "to", .kind = FIELD_TEXTS },
};

#define NEEDS_MAX 3

static const struct type {
        const char *name, *shown; /* "telegram", "a telegram service" */
        const char *needs[NEEDS_MAX];
        const char *scheme, *or_scheme; /* of its url */
} types[] = {
        { "webhook", "a webhook", { "url" }, "https", "http" },
        { "discord", "a discord service", { "url" }, "https", "http" },
        { "slack", "a slack service", { "url" }, "https", "http" },
        { "telegram", "a telegram service", { "bot_token", "chat_id" }, "https", "http" },
        { "ntfy", "an ntfy service", { "topic" }, "https", "http" },
        { "gotify", "a gotify service", { "server_url", "app_token" }, "https", "http" },
        { "pushover", "a pushover service", { "user_key", "api_token" }, "https", "http" },
        { "apprise", "an apprise service", { "url" }, "https", "http" },
        { "email", "an email service", { "url", "from", "to" }, "smtps", "smtp" },
};

static const char *type_names(struct arena *a) {
        const char *list = types[0].name;

        for (size_t i = 1; i < N_ELEMENTS(types); i++)
                list = arena_printf(a, "%s, %s", list, types[i].name);
        return list;
}

static const struct type *find_type(const char *name) {
        for (size_t i = 0; i < N_ELEMENTS(types); i++)
                if (str_eq(types[i].name, name))
                        return &types[i];
        return NULL;
}

/* The name is part of a path in the API. */
static void check_name(const struct object *o) {
        const char *name = json_string(json_get(o->value, "name"), o->issues->arena);

        if (!object_has(o, "name"))
                object_issue(o, "name", "must be set");
        else if (!name)
                return; /* that it is no text was told with the other fields */
        else if (strlen(name) > NAME_MAX_LENGTH)
                object_issue(o, "name", "must be at most 64 bytes long");
        else if (strchr(name, '/') || str_eq(name, ".") || str_eq(name, ".."))
                object_issue(o, "name", "must not contain a '/', nor be '.' or '..'");
}

/* A topic and a token are put into the path of an address. */
static void check_path_part(const struct object *o, const char *name) {
        const char *text = json_string(json_get(o->value, name), o->issues->arena);

        if (text && strpbrk(text, "/?#% \\"))
                object_issue(o, name, "must not contain any of / ? # % \\ or blanks");
}

static void check_type(const struct object *o) {
        struct arena *a = o->issues->arena;
        const char *word = json_string(json_get(o->value, "type"), a);
        const struct type *type = find_type(word);

        if (!type) {
                object_issue(o, "type",
                             arena_printf(a, word ? "must be one of %s (is %s)" : "must be one of %s", type_names(a),
                                          quoted(a, word ? word : "")));
                return;
        }
        for (size_t i = 0; i < NEEDS_MAX && type->needs[i]; i++)
                object_require(o, type->needs[i], type->shown);
        object_require_address(o, "url", type->scheme, type->or_scheme);
        object_require_address(o, "server_url", "https", "http");
        if (str_eq(type->name, "ntfy"))
                check_path_part(o, "topic");
        if (str_eq(type->name, "telegram"))
                check_path_part(o, "bot_token");
        if (object_has(o, "password") && !object_has(o, "username"))
                object_issue(o, "username", "must be set where there is a password");
}

static bool is_named_before(struct json_value list, size_t at, const char *name) {
        struct json_iter it = json_iter(list);

        for (size_t i = 0; i < at && json_next(&it); i++)
                if (json_string_eq(json_get(it.value, "name"), name))
                        return true;
        return false;
}

void services_check(struct load *l, const struct setting_info *s, struct json_value v) {
        struct arena *a = l->issues->arena;
        struct json_iter it = json_iter(v);

        for (size_t i = 0; i < SERVICES_MAX && json_next(&it); i++) {
                const struct object o = { .issues = l->issues,
                                          .where = arena_printf(a, "%s[%zu]", s->path, i),
                                          .value = it.value,
                                          .fields = fields,
                                          .n = N_ELEMENTS(fields) };
                const char *name = json_string(json_get(it.value, "name"), a);

                if (json_type(it.value) != JSON_OBJECT)
                        continue;
                object_check(&o);
                check_name(&o);
                check_type(&o);
                if (name && is_named_before(v, i, name))
                        object_issue(&o, "name", arena_printf(a, "must be unique (%s comes twice)", quoted(a, name)));
        }
        if (json_count(v) > SERVICES_MAX)
                issue_lax(l->issues, s->path, "has more than 50 services", "must have at most 50 services");
}

void config_write_service(struct json_writer *w, struct json_value service, bool secrets) {
        object_write(w, "notifications.services", service, fields, N_ELEMENTS(fields), secrets);
}

/* ---- event_filters ---- */

/* Events of the whole that this version does not make yet, the reference service's word for one, and its test. */
static const char *const more_events[] = { "health_check", "orphaned", "health_check_failed" };

static bool is_event(const char *word) {
        for (int t = 0; t < EVENT_TYPE_MAX_; t++)
                if (str_eq(event_type_name((enum event_type)t), word))
                        return true;
        for (size_t i = 0; i < N_ELEMENTS(more_events); i++)
                if (str_eq(more_events[i], word))
                        return true;
        return false;
}

static const char *event_names(struct arena *a) {
        const char *list = event_type_name((enum event_type)0);

        for (int t = 1; t < EVENT_TYPE_MAX_; t++)
                list = arena_printf(a, "%s, %s", list, event_type_name((enum event_type)t));
        for (size_t i = 0; i < N_ELEMENTS(more_events); i++)
                list = str_eq(more_events[i], "health_check_failed") ? list : arena_printf(a, "%s, %s", list, more_events[i]);
        return list;
}

void filters_check(struct load *l, const struct setting_info *s, struct json_value v) {
        struct arena *a = l->issues->arena;
        struct json_iter it = json_iter(v);
        const char *list = NULL;

        for (size_t i = 0; json_next(&it); i++) {
                const char *word = json_string(it.value, a), *message;

                if (!word || is_event(word))
                        continue;
                list = list ? list : event_names(a);
                message = arena_printf(a, "must be one of %s (is %s)", list, quoted(a, word));
                issue_lax(l->issues, arena_printf(a, "%s[%zu]", s->path, i), message, message);
        }
}
