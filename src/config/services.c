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
        [SERVICE_WEBHOOK] = { "webhook", "a webhook", { "url" }, "https", "http" },
        [SERVICE_DISCORD] = { "discord", "a discord service", { "url" }, "https", "http" },
        [SERVICE_SLACK] = { "slack", "a slack service", { "url" }, "https", "http" },
        [SERVICE_TELEGRAM] = { "telegram", "a telegram service", { "bot_token", "chat_id" }, "https", "http" },
        [SERVICE_NTFY] = { "ntfy", "an ntfy service", { "topic" }, "https", "http" },
        [SERVICE_GOTIFY] = { "gotify", "a gotify service", { "server_url", "app_token" }, "https", "http" },
        [SERVICE_PUSHOVER] = { "pushover", "a pushover service", { "user_key", "api_token" }, "https", "http" },
        [SERVICE_APPRISE] = { "apprise", "an apprise service", { "url" }, "https", "http" },
        [SERVICE_EMAIL] = { "email", "an email service", { "url", "from", "to" }, "smtps", "smtp" },
};
_Static_assert(N_ELEMENTS(types) == SERVICE_ALERT, "each type that can be configured has its row");

const char *service_type_name(enum service_type t) {
        return t == SERVICE_ALERT ? "alert" : types[t].name;
}

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
        else if (str_eq(name, SERVICE_ALERT_NAME) || str_eq(name, OTHER_NAME_WEBHOOK) || str_eq(name, OTHER_NAME_APPRISE))
                object_issue(o, "name", arena_printf(o->issues->arena, "must not be %s", name));
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

static void check_service(const struct object *o, struct json_value list, size_t at) {
        struct arena *a = o->issues->arena;
        const char *name = json_string(json_get(o->value, "name"), a);

        object_check(o);
        check_name(o);
        check_type(o);
        if (name && is_named_before(list, at, name))
                object_issue(o, "name", arena_printf(a, "must be unique (%s comes twice)", quoted(a, name)));
}

void services_check(struct load *l, const struct setting_info *s, struct json_value v) {
        struct arena *a = l->issues->arena;
        struct json_iter it = json_iter(v);
        struct service *services =
                arena_array(l->arena, json_count(v) < SERVICES_MAX ? json_count(v) : SERVICES_MAX, sizeof(*services));
        size_t n = 0;

        for (size_t i = 0; i < SERVICES_MAX && json_next(&it); i++) {
                const struct object o = { .issues = l->issues,
                                          .where = arena_printf(a, "%s[%zu]", s->path, i),
                                          .value = it.value,
                                          .fields = fields,
                                          .n = N_ELEMENTS(fields) };
                const struct type *type = find_type(json_string(json_get(it.value, "type"), a));
                size_t from = l->issues->n;

                if (json_type(it.value) != JSON_OBJECT)
                        continue;
                check_service(&o, v, i);
                service_read(&services[n++], it.value, type ? (enum service_type)(type - types) : SERVICE_TYPE_MAX_,
                             object_first_wrong(&o, from), l->arena);
        }
        l->cfg->notifications.services = services;
        l->cfg->notifications.n_services = n;
        if (json_count(v) > SERVICES_MAX)
                issue_lax(l->issues, s->path, "has more than 50 services", "must have at most 50 services");
}

void config_write_service(struct json_writer *w, struct json_value service, bool secrets) {
        object_write(w, "notifications.services", service, fields, N_ELEMENTS(fields), secrets);
}

/* ---- event_filters ---- */

/* The reference service's word for a check that has failed. */
#define CHECK_FAILED "health_check_failed"

static bool is_event(const char *word) {
        for (int t = 0; t < EVENT_TYPE_MAX_; t++)
                if (str_eq(event_type_name((enum event_type)t), word))
                        return true;
        return str_eq(word, CHECK_FAILED);
}

static const char *event_names(struct arena *a) {
        const char *list = event_type_name((enum event_type)0);

        for (int t = 1; t < EVENT_TYPE_MAX_; t++)
                list = arena_printf(a, "%s, %s", list, event_type_name((enum event_type)t));
        return arena_printf(a, "%s, %s", list, CHECK_FAILED);
}

void event_check(struct load *l, const struct setting_info *s, const char *where, size_t at, const char *word) {
        struct arena *a = l->issues->arena;
        const char *message;

        if (is_event(word))
                return;
        message = arena_printf(a, "must be one of %s (is %s)", event_names(a), quoted(a, word));
        if (where == s->path)
                issue_lax(l->issues, arena_printf(a, "%s[%zu]", where, at), message, message);
        else
                issue_error(l->issues, where, message);
}
