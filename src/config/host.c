/* SPDX-License-Identifier: MIT */
/* What is the host's own and not to be set from afar. */
#include "autoheal/config/remote.h"
#include "autoheal/util/text.h"
#include "config/edit_internal.h"

#define SERVICES     "notifications.services"
#define ELEMENTS_MAX 2000 /* of a list in which the one that was there is looked for */
#define ISSUES_MAX   1000 /* after that nobody reads them */

static const char *const host_settings[] = {
        "hooks.pre_restart",          "hooks.post_restart",     "hooks.on_quarantine", "hooks.timeout_seconds",
        "hooks.pre_restart_veto",     "ui.listen_address",      "ui.listen_port",      "observability.metrics_address",
        "observability.metrics_port", "observability.textfile",
};

/* With all that other versions may know in it. */
#define HOST_SECTION "hooks"

/* Where a service sends to: with a file's content, if that is how its token is given. */
static const char *const destination[] = { "type", "url", "server_url", "headers", "chat_id", "topic", "username", "from", "to" };

static bool is_within(const char *path, const char *outer) {
        size_t n = strlen(outer);

        return strncmp(path, outer, n) == 0 && (path[n] == '\0' || path[n] == '.');
}

bool config_is_host(const char *path) {
        for (size_t i = 0; i < N_ELEMENTS(host_settings); i++)
                if (is_within(path, host_settings[i]))
                        return true;
        return is_within(path, HOST_SECTION);
}

static bool same(struct json_value a, struct json_value b) {
        struct arena scratch AUTO(arena_release) = ARENA_INIT(4096);
        size_t n = 0;

        if (!json_present(a) || !json_present(b))
                return json_present(a) == json_present(b);
        (void)config_diff(a, b, &scratch, &n);
        return n == 0;
}

static void refuse(struct config_issues *issues, const char *path, const char *message, struct json_value at) {
        char shown[160];
        size_t n = issues->n;

        issue_error(issues, text_escape_into(shown, sizeof(shown), path), message);
        json_position(at, &issues->items[n].line, &issues->items[n].column);
}

static void refuse_setting(struct config_issues *issues, const char *path, struct json_value at) {
        const char *message = CONFIG_NOT_FROM_AFAR "change config.json there";

        if (config_find_setting(path))
                message = arena_printf(issues->arena, CONFIG_NOT_FROM_AFAR "use 'docker autoheal config set %s' there", path);
        refuse(issues, path, message, at);
}

/* ---- Settings ---- */

/* As it is read: what is missing or null has its default. */
static bool same_setting(const char *path, struct json_value new, struct json_value present, struct arena *a) {
        const struct setting_info *s = config_find_setting(path);
        struct json_doc *initial AUTO_JSON = NULL;

        if (s && *s->initial && json_parse(s->initial, strlen(s->initial), CONFIG_TOKENS_MAX, &initial, NULL) == 0) {
                struct config_value was, is;

                config_look_up(&was, s, present, NULL, 0, true, a);
                config_look_up(&is, s, new, NULL, 0, true, a);
                return str_eq(was.json, is.json) || same(config_at(new, path), config_at(present, path));
        }
        return same(config_at(new, path), config_at(present, path));
}

static bool is_known(const char *key, struct arena *a) {
        return config_find_setting(arena_printf(a, HOST_SECTION ".%s", key)) != NULL;
}

/* What this version does not know of the section; a section that is none has nothing else. */
static void check_section(struct json_value new, struct json_value present, struct config_issues *issues) {
        struct json_value is = config_at(new, HOST_SECTION), was = config_at(present, HOST_SECTION);
        struct json_iter it = json_iter(is);
        struct arena *a = issues->arena;

        if (json_present(is) && json_type(is) != JSON_OBJECT && !same(is, was))
                refuse_setting(issues, HOST_SECTION, is);
        while (json_type(is) == JSON_OBJECT && issues->n < ISSUES_MAX && json_next(&it)) {
                const char *key = json_key_string(&it, a);

                if (!is_known(key, a) && !same(it.value, json_get(was, key)))
                        refuse_setting(issues, arena_printf(a, HOST_SECTION ".%s", key), it.key_value);
        }
        it = json_iter(was);
        while (json_type(was) == JSON_OBJECT && issues->n < ISSUES_MAX && json_next(&it)) {
                const char *key = json_key_string(&it, a);

                if (!is_known(key, a) && !json_present(json_get(is, key)))
                        refuse_setting(issues, arena_printf(a, HOST_SECTION ".%s", key), is);
        }
}

static void check_settings(struct json_value new, struct json_value present, struct config_issues *issues) {
        check_section(new, present, issues);
        for (size_t i = 0; i < N_ELEMENTS(host_settings); i++)
                if (!same_setting(host_settings[i], new, present, issues->arena))
                        refuse_setting(issues, host_settings[i], config_at(new, host_settings[i]));
}

/* ---- Wherever they stand ---- */

static bool is_file(struct json_value v) {
        return json_type(v) == JSON_OBJECT && json_present(json_get(v, "file"));
}

static void walk(struct config_issues *issues, const char *path, struct json_value v, struct json_value before);

/* The element of the same name, or without one in the same place. */
static struct json_value element_before(struct json_value list, struct json_value element, size_t at, struct arena *a) {
        const char *name = json_string(json_get(element, "name"), a);
        struct json_iter it = json_iter(list);

        if (json_type(list) != JSON_ARRAY || json_count(list) > ELEMENTS_MAX)
                return (struct json_value){ .doc = NULL };
        for (size_t i = 0; json_next(&it); i++)
                if (name ? json_string_eq(json_get(it.value, "name"), name) : i == at)
                        return it.value;
        return (struct json_value){ .doc = NULL };
}

static bool holds_file(struct json_value v) {
        struct json_iter it = json_iter(v);

        if (is_file(v))
                return true;
        while (json_next(&it))
                if (holds_file(it.value))
                        return true;
        return false;
}

static void check_destination(struct config_issues *issues, const char *path, struct json_value service, struct json_value before) {
        for (size_t i = 0; i < N_ELEMENTS(destination); i++) {
                struct json_value is = json_get(service, destination[i]), was = json_get(before, destination[i]);
                bool none = !json_present(is) || json_type(is) == JSON_NULL,
                     had_none = !json_present(was) || json_type(was) == JSON_NULL;

                if ((none && had_none) || same(is, was))
                        continue;
                refuse(issues, arena_printf(issues->arena, "%s.%s", path, destination[i]),
                       "cannot be changed over HTTP, for the service sends what a file of the host holds: use 'docker autoheal "
                       "config' there",
                       is);
        }
}

static void walk_list(struct config_issues *issues, const char *path, struct json_value v, struct json_value before) {
        struct json_iter it = json_iter(v);

        for (size_t i = 0; json_next(&it) && issues->n < ISSUES_MAX; i++) {
                const char *where = arena_printf(issues->arena, "%s[%zu]", path, i);
                struct json_value was;

                if (!holds_file(it.value))
                        continue;
                was = element_before(before, it.value, i, issues->arena);
                walk(issues, where, it.value, was);
                if (str_eq(path, SERVICES) && json_present(was))
                        check_destination(issues, where, it.value, was);
        }
}

/* Every member of a name that comes several times: the one that counts now may be taken out later. */
static void walk_object(struct config_issues *issues, const char *path, struct json_value v, struct json_value before) {
        struct members was AUTO(members_release);
        struct json_iter it = json_iter(v);

        members_list(&was, before, issues->arena);
        while (json_next(&it) && issues->n < ISSUES_MAX) {
                const char *key = json_key_string(&it, issues->arena);
                const char *where = config_place(path, key, issues->arena);

                if (!config_is_host(where))
                        walk(issues, where, it.value, members_get(&was, key));
        }
}

static void walk(struct config_issues *issues, const char *path, struct json_value v, struct json_value before) {
        if (is_file(v) && !same(v, before))
                refuse(issues, path,
                       "cannot be set over HTTP, for it reads a file of the host: use 'docker autoheal config' there, or give the "
                       "value itself",
                       v);
        else if (json_type(v) == JSON_ARRAY)
                walk_list(issues, path, v, before);
        else if (json_type(v) == JSON_OBJECT)
                walk_object(issues, path, v, before);
}

/*
 * A name that stands several times on the way to a setting of the host: what does not count now would count once the other is taken
 * out.
 */
static void check_hidden(struct json_value object, const char *prefix, struct config_issues *issues) {
        struct arena *a = issues->arena;
        struct strmap seen AUTO(strmap_release) = STRMAP_INIT;
        struct json_iter it = json_iter(object);

        for (size_t i = 0; json_next(&it); i++) {
                const char *key = json_key_string(&it, a);
                const char *path = *prefix ? arena_printf(a, "%s.%s", prefix, key) : key;

                if (strmap_get(&seen, key) != STRMAP_NONE && (config_is_host(path) || config_is_section(path)))
                        refuse(issues, path, "stands there twice", it.key_value);
                strmap_set(&seen, key, i);
                if (config_is_section(path) && json_type(it.value) == JSON_OBJECT)
                        check_hidden(it.value, path, issues);
        }
}

void config_check_host(struct json_value new, struct json_value present, struct config_issues *issues) {
        check_settings(new, present, issues);
        if (json_type(new) == JSON_OBJECT)
                check_hidden(new, "", issues);
        walk(issues, "", new, present);
}

size_t config_keep_host(struct json_value new, struct json_value present, struct arena *a, const struct config_edit **ret) {
        struct config_edit *edits = arena_array(a, N_ELEMENTS(host_settings) + 1, sizeof(*edits));
        struct json_value section = config_at(present, HOST_SECTION), named = config_at(new, HOST_SECTION);
        bool whole = json_present(section) && !json_present(named);
        size_t n = 0;

        if (whole)
                edits[n++] = (struct config_edit){ HOST_SECTION, config_json(HOST_SECTION, section, true, a) };
        for (size_t i = 0; i < N_ELEMENTS(host_settings); i++) {
                struct json_value before = config_at(present, host_settings[i]);

                if (json_present(before) && (json_type(named) == JSON_OBJECT || !is_within(host_settings[i], HOST_SECTION)) &&
                    !json_present(config_at(new, host_settings[i])) && !same_setting(host_settings[i], new, present, a))
                        edits[n++] = (struct config_edit){ host_settings[i], config_json(host_settings[i], before, true, a) };
        }
        *ret = edits;
        return n;
}
